//! The command line from outside: output, exit codes, JSON against its schemas.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const DAY: [&str; 2] = ["--as-of", "2026-11-24"];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/two-routers")
}

/// Runs the program in a directory, without the environment's locale and colours.
fn sekisho(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(args)
        .current_dir(directory)
        .env_remove("LANG")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env_remove("COLUMNS")
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn verify(directory: &Path, more: &[&str]) -> Output {
    sekisho(directory, &[&["verify"], &DAY[..], more].concat())
}

/// A copy of the example with some lines of a file replaced.
fn changed(file: &str, from: &str, to: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("configs")).unwrap();
    for name in ["zones.toml", "configs/r1.cfg", "configs/r2.cfg"] {
        let mut text = fs::read_to_string(data().join(name)).unwrap();
        if name == file {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        fs::write(copy.path().join(name), text).unwrap();
    }
    copy
}

fn closed() -> TempDir {
    changed("configs/r1.cfg", " permit tcp 10.1.0.0 0.0.0.255 host 10.2.0.9 eq 3389\n", "")
}

fn assert_fits(name: &str, instance: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(name);
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(instance).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&out(output)).unwrap_or_else(|e| panic!("{e}: {}{}", out(output), err(output)))
}

#[test]
fn a_violation_is_shown_with_its_packet() {
    let run = verify(&data(), &[]);
    assert_eq!(code(&run), 1, "{}", err(&run));
    let text = out(&run);
    for part in [
        "office     -         x VIOLATED",
        "servers    + proven  -",
        "error[isolation/open]",
        "host 10.2.0.9 eq 3389",
        "r1.cfg:18",
        "  ranges     tcp from 10.1.0.0/24 to 10.2.0.",
        "VIOLATED (exit 1)",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let view = json(&verify(&data(), &["--format", "json"]));
    assert_fits("verify.json", &view);
    let finding = &view["findings"][0];
    assert_eq!(view["verdict"], "violated");
    assert_eq!(finding["witness"]["packet"]["dport"], 3389);
    assert_eq!(finding["witness"]["replayed"], true);
    assert_eq!(finding["locations"][0]["line"], 18);
    assert_eq!(view["coverage"]["unrecognized"], 0);
}

#[test]
fn a_proof_exits_with_zero() {
    let copy = closed();
    let run = verify(copy.path(), &[]);
    assert_eq!(code(&run), 0, "{}{}", out(&run), err(&run));
    assert!(out(&run).contains("PROVEN (exit 0)"));
    let named = verify(&data(), &["--policy", copy.path().join("zones.toml").to_str().unwrap()]);
    assert_eq!(code(&named), 0, "the snapshot is relative to the policy");
    let japanese = verify(copy.path(), &["--lang", "ja"]);
    assert!(out(&japanese).contains("証明（終了コード 0）"));
}

#[test]
fn what_is_not_understood_is_undecided() {
    let copy = changed(
        "configs/r1.cfg",
        " permit tcp 10.1.0.0 0.0.0.255 host 10.2.0.9 eq 3389\n",
        " permit frobnicate any any\n",
    );
    let run = verify(copy.path(), &[]);
    assert_eq!(code(&run), 3, "{}", out(&run));
    assert!(out(&run).contains("What would decide the undecided"), "{}", out(&run));
    assert!(out(&run).contains("r1.cfg:18"), "{}", out(&run));
    assert!(err(&run).contains("ios/acl-unread-entry"), "{}", err(&run));
}

#[test]
fn a_cut_export_proves_nothing() {
    let cut = changed("configs/r2.cfg", "\nno ip source-route\nend\n", "\n");
    fs::write(
        cut.path().join("configs/r1.cfg"),
        fs::read_to_string(closed().path().join("configs/r1.cfg")).unwrap(),
    )
    .unwrap();
    let run = verify(cut.path(), &[]);
    assert_eq!(code(&run), 3, "{}", out(&run));
    assert!(out(&run).contains("it may be cut off"), "{}", out(&run));
}

#[test]
fn a_file_that_is_not_read_proves_nothing() {
    let copy = closed();
    fs::write(copy.path().join("configs/other.cfg"), "something that nobody knows\nat all\n").unwrap();
    let run = verify(copy.path(), &["--format", "json"]);
    assert_eq!(code(&run), 3, "{}", out(&run));
    assert!(out(&run).contains("isolation/incomplete-input"));
    assert!(err(&run).contains("other.cfg"), "{}", err(&run));
}

#[test]
fn approvals_are_judged_on_the_day() {
    let copy = closed();
    let policy = copy.path().join("zones.toml");
    let text = fs::read_to_string(&policy)
        .unwrap()
        .replace("id = \"F-1\"\n", "id = \"F-1\"\nexpires = 2027-03-31\n");
    fs::write(&policy, text).unwrap();
    assert_eq!(code(&verify(copy.path(), &[])), 0);
    let later = sekisho(copy.path(), &["verify", "--as-of", "2027-04-01"]);
    assert_eq!(code(&later), 1, "{}", out(&later));
    assert!(err(&later).contains("zones/expired"), "{}", err(&later));
}

#[test]
fn what_cannot_run_exits_with_two() {
    let empty = tempfile::tempdir().unwrap();
    let no_policy = sekisho(empty.path(), &["verify"]);
    assert_eq!(code(&no_policy), 2);
    assert!(err(&no_policy).contains("there is no `zones.toml`"), "{}", err(&no_policy));
    assert!(out(&no_policy).is_empty());
    for (args, part) in [
        (vec!["verify", "--nonsense"], "--nonsense"),
        (vec!["verify", "--as-of", "2026-02-30"], "YYYY-MM-DD"),
        (vec!["verify", "--os", "nonsense"], "cisco_ios"),
        (vec!["verify", "--encoding", "nonsense"], "shift_jis"),
        (vec!["verify", "nowhere"], "nowhere"),
        (
            vec![
                "trace", "configs", "--from", "r1:Gi9/9", "--src", "10.1.0.2", "--dst", "10.2.0.2",
                "--proto", "tcp",
            ],
            "GigabitEthernet0/0",
        ),
        (
            vec![
                "trace", "configs", "--from", "Gi0/0", "--src", "10.1.0.2", "--dst", "10.2.0.2", "--proto",
                "tcp",
            ],
            "more than one",
        ),
        (
            vec![
                "trace", "configs", "--from", "r1:Gi0/0", "--src", "::1", "--dst", "10.2.0.2", "--proto",
                "tcp",
            ],
            "IPv6",
        ),
        (
            vec![
                "trace", "configs", "--from", "r1:Gi0/0", "--src", "10.1.0.2", "--dst", "10.2.0.2",
                "--proto", "tpc",
            ],
            "tpc",
        ),
        (
            vec![
                "filter",
                "configs/r1.cfg",
                "--name",
                "NONE",
                "--src",
                "10.1.0.2",
                "--dst",
                "10.2.0.2",
                "--proto",
                "tcp",
            ],
            "FROM-OFFICE",
        ),
        (
            vec!["filter", "configs/r1.cfg", "--src", "10.1.0.2", "--dst", "10.2.0.2", "--proto", "tcp"],
            "--name",
        ),
        (vec!["routes", "configs", "--vrf", "NONE"], "default"),
        (vec!["explain", "isolation/opne"], "isolation/open"),
        (vec!["explain", "isolation/../../x"], "no code"),
    ] {
        let run = sekisho(&data(), &args);
        assert_eq!(code(&run), 2, "{args:?}: {}{}", out(&run), err(&run));
        assert!(err(&run).contains(part), "{args:?}: {}", err(&run));
        assert!(out(&run).is_empty(), "{args:?}");
    }
    let copy = changed("zones.toml", "kind = \"other\"", "kynd = \"other\"");
    let run = verify(copy.path(), &[]);
    assert_eq!(code(&run), 2);
    assert!(
        err(&run).contains("error[zones/unknown-key]") && err(&run).contains("zones.toml:"),
        "{}",
        err(&run)
    );
    let nothing = tempfile::tempdir().unwrap();
    fs::write(nothing.path().join("readme.txt"), "nothing\n").unwrap();
    assert_eq!(code(&verify(&data(), &[nothing.path().to_str().unwrap()])), 2);
}

#[test]
fn a_packet_is_followed() {
    let base = [
        "trace", "configs", "--from", "r1:gi0/0", "--src", "10.1.0.5", "--dst", "10.2.0.9", "--proto", "tcp",
    ];
    let run = sekisho(&data(), &[&base[..], &["--dport", "443"]].concat());
    assert_eq!(code(&run), 0, "{}", err(&run));
    assert!(out(&run).contains("certainly passes: delivered to subnet"), "{}", out(&run));
    let denied = json(&sekisho(&data(), &[&base[..], &["--dport", "22", "--format", "json"]].concat()));
    assert_fits("trace.json", &denied);
    assert_eq!(denied["disposition"], "denied_in");
    assert_eq!((&denied["possible"], &denied["certain"]), (&false.into(), &false.into()));
    assert_eq!(denied["hops"][0]["steps"][0]["line"], 19);
    assert_eq!(denied["final"]["dport"], 22);
}

#[test]
fn one_filter_is_asked() {
    let ask = |more: &[&str]| {
        let base = ["filter", "configs/r1.cfg", "--format", "json", "--src", "10.1.0.5", "--dst", "10.2.0.9"];
        let run = sekisho(&data(), &[&base[..], more].concat());
        assert_eq!(code(&run), 0, "{}", err(&run));
        let view = json(&run);
        assert_fits("filter.json", &view);
        view
    };
    let rdp = ask(&["--proto", "tcp", "--dport", "3389", "--name", "FROM-OFFICE"]);
    assert_eq!(
        (&rdp["decision"], &rdp["line"], &rdp["file"]),
        (&"permit".into(), &18.into(), &"r1.cfg".into())
    );
    let ssh = ask(&["--proto", "6", "--dport", "22", "--interface", "Gi0/0", "--stage", "in"]);
    assert_eq!(
        (&ssh["decision"], &ssh["possible"], &ssh["line"]),
        (&"deny".into(), &false.into(), &19.into())
    );
    let open = ask(&["--proto", "udp", "--dport", "53", "--interface", "Gi0/1", "--stage", "out"]);
    assert_eq!((&open["decision"], &open["line"]), (&"permit".into(), &Value::Null));
    assert!(open["note"].as_str().unwrap().contains("GigabitEthernet0/1"));
}

#[test]
fn groups_and_zone_pairs_are_asked() {
    let directory = tempfile::tempdir().unwrap();
    let config = "version 15.2\nhostname fw\n!\nobject-group service WEB\n tcp eq 443\n!\n\
        zone security IN\nzone security OUT\n!\nclass-map type inspect match-any C\n match protocol tcp\n!\n\
        policy-map type inspect P\n class type inspect C\n  inspect\n class class-default\n  drop\n!\n\
        zone-pair security IN-OUT source IN destination OUT\n service-policy type inspect P\n!\n\
        interface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n zone-member security IN\n!\n\
        interface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n zone-member security OUT\n!\nend\n";
    fs::write(directory.path().join("fw.cfg"), config).unwrap();
    let ask = |more: &[&str]| {
        let base = ["filter", "fw.cfg", "--format", "json", "--src", "10.1.0.5", "--dst", "10.2.0.9"];
        let run = sekisho(directory.path(), &[&base[..], more].concat());
        assert_eq!(code(&run), 0, "{}", err(&run));
        json(&run)["decision"].as_str().unwrap().to_owned()
    };
    assert_eq!(ask(&["--proto", "tcp", "--dport", "443", "--object-group", "WEB"]), "permit");
    assert_eq!(ask(&["--proto", "tcp", "--dport", "80", "--object-group", "WEB"]), "deny");
    assert_eq!(ask(&["--proto", "tcp", "--from-zone", "IN", "--to-zone", "OUT"]), "permit");
    assert_eq!(ask(&["--proto", "udp", "--from-zone", "IN", "--to-zone", "OUT"]), "deny");
    assert_eq!(ask(&["--proto", "tcp", "--from-zone", "OUT", "--to-zone", "IN"]), "deny");
    let policy = ["--proto", "tcp", "--interface", "Gi0/1", "--stage", "policy", "--in-interface", "Gi0/0"];
    assert_eq!(ask(&policy), "permit");
}

#[test]
fn what_was_understood_is_shown() {
    let routes = json(&sekisho(&data(), &["routes", "configs", "--device", "r1", "--format", "json"]));
    assert_fits("routes.json", &routes);
    let rows = routes.as_array().unwrap();
    let fixed = rows.iter().find(|r| r["protocol"] == "static").unwrap();
    assert_eq!(fixed["prefix"], "10.2.0.0/24");
    assert_eq!(fixed["next_hop_ip"], "192.0.2.2");
    assert_eq!(fixed["vrf"], "default");
    assert!(rows.iter().all(|r| r["device"] == "r1"));
    for topic in ["coverage", "zones", "links", "model", "graph"] {
        let run = sekisho(&data(), &["show", topic, "--format", "json"]);
        assert_eq!(code(&run), 0, "{}", err(&run));
        assert_fits(&format!("{topic}.json"), &json(&run));
        assert!(out(&sekisho(&data(), &["show", topic])).contains("r1"), "{topic}");
    }
    let lines = out(&sekisho(&data(), &["show", "coverage", "configs", "--lines", "ignored"]));
    assert!(lines.contains("r1.cfg:6:"), "{lines}");
}

#[test]
fn pages_and_completions() {
    assert!(out(&sekisho(&data(), &["explain", "isolation/open"])).starts_with("# isolation/open"));
    assert!(out(&sekisho(&data(), &["explain"])).lines().count() > 50);
    for shell in ["bash", "zsh", "fish"] {
        assert!(out(&sekisho(&data(), &["completions", shell])).contains("sekisho"));
    }
    assert_eq!(code(&sekisho(&data(), &["--help"])), 0);
    assert!(out(&sekisho(&data(), &["--version"])).starts_with("sekisho "));
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let run = |threads: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.args(["verify", "--format", "json", "--as-of", "2026-11-24"]).current_dir(data());
        command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    assert_eq!(run("1"), run("7"));
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command
        .args(["verify", "--as-of", "2026-11-24"])
        .current_dir(data())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(!err(&output).contains("panicked"));
}

/// A closed network whose only flow ends on a day and whose first router has a password, and its certificate.
fn proven_until_march() -> TempDir {
    let copy = closed();
    let policy = copy.path().join("zones.toml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace("id = \"F-1\"\n", "id = \"F-1\"\nexpires = 2027-03-31\n")).unwrap();
    let router = copy.path().join("configs/r1.cfg");
    let text = fs::read_to_string(&router).unwrap();
    let with_secret = text.replace("hostname r1\n", "hostname r1\nenable secret 9 $9$Kept/Quiet\n");
    fs::write(&router, with_secret).unwrap();
    let run = verify(copy.path(), &["--certificate", "proof.json", "--check"]);
    assert_eq!(code(&run), 0, "{}{}", out(&run), err(&run));
    copy
}

fn check(directory: &Path, day: &str, more: &[&str]) -> Output {
    sekisho(directory, &[&["check", "proof.json", "--as-of", day], more].concat())
}

/// Row 43 of the ways to a false proof: a proof is worth nothing after the last day of what it used.
#[test]
fn a_certificate_is_refused_after_its_last_day() {
    let copy = proven_until_march();
    assert_eq!(code(&check(copy.path(), "2027-03-31", &[])), 0);
    let late = check(copy.path(), "2027-04-01", &[]);
    assert_eq!(code(&late), 4, "{}", out(&late));
    assert!(out(&late).contains("2027-03-31"), "{}", out(&late));
    assert_eq!(code(&check(copy.path(), "2026-11-23", &[])), 4, "before the day of the proof");
}

/// Row 44 of the ways to a false proof: what was taken out of a file cannot be checked again. There is no
/// redaction here; a file blacked out by hand is another file, and the certificate says so.
#[test]
fn a_redacted_file_is_not_the_one_that_was_proven() {
    let copy = proven_until_march();
    let files = ["--configs", "configs", "--policy", "zones.toml"];
    assert_eq!(code(&check(copy.path(), "2026-11-24", &files)), 0);
    let proof = fs::read_to_string(copy.path().join("proof.json")).unwrap();
    assert!(!proof.contains("Kept"), "the certificate shows a password");
    let router = copy.path().join("configs/r1.cfg");
    let text = fs::read_to_string(&router).unwrap();
    for hidden in
        [text.replace("$9$Kept/Quiet", "<removed>"), text.replace("enable secret 9 $9$Kept/Quiet\n", "")]
    {
        assert_ne!(hidden, text);
        fs::write(&router, hidden).unwrap();
        let run = check(copy.path(), "2026-11-24", &files);
        assert_eq!(code(&run), 4, "{}", out(&run));
        assert!(out(&run).contains("r1.cfg"), "{}", out(&run));
    }
}
