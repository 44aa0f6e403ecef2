//! `sekisho diff`: what a change opens and closes, from outside.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn base() -> PathBuf {
    root().join("samples/town/base")
}

/// The town with the files of a variant.
fn variant(name: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for directory in [base(), root().join("samples/town/variants").join(name)] {
        for entry in fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()) {
            if entry.extension().is_some_and(|e| e == "cfg" || e == "conf") {
                fs::copy(&entry, copy.path().join(entry.file_name().unwrap())).unwrap();
            }
        }
    }
    copy
}

fn run(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("diff")
        .args(args)
        .args(["--as-of", "2026-11-24"])
        .current_dir(directory)
        .env_remove("LANG")
        .env_remove("LC_ALL")
        .env_remove("COLUMNS")
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The change between two directories as JSON, checked against its schema.
fn diff(before: &Path, after: &Path) -> (i32, Value) {
    let args = [before.to_str().unwrap(), after.to_str().unwrap(), "--format", "json"];
    let output = run(root(), &args);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = fs::read_to_string(root().join("docs/schema/diff.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    (code(&output), value)
}

/// Pairs with something on a side: `from -> to`.
fn pairs(view: &Value, side: &str) -> BTreeSet<String> {
    let all = view["pairs"].as_array().unwrap().iter().filter(|p| !p[side].is_null());
    all.map(|p| format!("{} -> {}", p["from"].as_str().unwrap(), p["to"].as_str().unwrap())).collect()
}

/// Whether an address lies in a set as the report writes it: prefix, range, `ADDRESS mask MASK`, address.
fn holds(set: &str, addr: u32) -> bool {
    let number = |text: &str| u32::from(text.parse::<Ipv4Addr>().unwrap());
    if let Some((value, mask)) = set.split_once(" mask ") {
        return addr & number(mask) == number(value);
    }
    if let Some((lo, hi)) = set.split_once('-') {
        return (number(lo)..=number(hi)).contains(&addr);
    }
    let (first, len) = set.split_once('/').unwrap_or((set, "32"));
    let host = u32::MAX.checked_shr(len.parse().unwrap()).unwrap_or(0);
    addr & !host == number(first)
}

#[test]
fn no_change_is_no_difference() {
    let (code, view) = diff(&base(), &base());
    assert_eq!(code, 0);
    for key in ["files", "pairs", "verdicts", "new", "resolved"] {
        assert_eq!(view[key].as_array().unwrap().len(), 0, "{key}");
    }
    assert!(!view["persisting"].as_array().unwrap().is_empty());
}

#[test]
fn a_wider_object_opens_exactly_what_it_adds() {
    let after = variant("wide-object");
    let (code, view) = diff(&base(), after.path());
    assert_eq!(code, 1);
    assert_eq!(pairs(&view, "opened"), BTreeSet::from(["mynumber -> ext:lgwan-net".to_owned()]));
    assert_eq!(pairs(&view, "closed"), BTreeSet::new());
    let opened = &view["pairs"][0]["opened"];
    assert_eq!((opened["complete"].as_bool(), opened["forbidden"].as_bool()), (Some(true), Some(true)));
    // 172.30.20.10 was open before, and nothing beyond the /22 is open now.
    let ranges = opened["ranges"].as_array().unwrap();
    assert!(ranges.iter().all(|r| r["proto"] == serde_json::json!(["tcp"])));
    let open = |addr: u32| {
        let values = ranges.iter().flat_map(|r| r["dst"].as_array().unwrap());
        values.into_iter().any(|v| holds(v.as_str().unwrap(), addr))
    };
    let first = u32::from(Ipv4Addr::new(172, 30, 20, 0));
    for addr in first - 256..first + 1536 {
        let expected = (first..first + 1024).contains(&addr) && addr != first + 10;
        assert_eq!(open(addr), expected, "{}", Ipv4Addr::from(addr));
    }
    let passes = &opened["passes"][0];
    assert_eq!(
        (passes["changed"].as_bool(), passes["location"]["file"].as_str()),
        (Some(true), Some("A-FW1.conf"))
    );
    let stops = opened["stops"][0]["location"]["line"].as_u64().unwrap() as usize;
    let text = fs::read_to_string(base().join("A-FW1.conf")).unwrap();
    assert_eq!(text.lines().nth(stops - 1).unwrap().trim(), "edit 99");
    assert_eq!(view["new"][0]["code"], "isolation/open");
    assert_eq!(view["verdicts"][0]["before"], "proven");
    assert_eq!(view["verdicts"][0]["after"], "violated");
}

#[test]
fn the_way_back_closes_what_the_way_there_opened() {
    for name in ["any-any-left", "old-policy-enabled", "trunk-all-vlans", "ipv6-left-open", "vip-exposure"] {
        let after = variant(name);
        let (there, back) = (diff(&base(), after.path()), diff(after.path(), &base()));
        assert_eq!((there.0, back.0), (1, 0), "{name}");
        assert!(!pairs(&there.1, "opened").is_empty(), "{name}");
        assert_eq!(pairs(&there.1, "opened"), pairs(&back.1, "closed"), "{name}");
        assert_eq!(pairs(&there.1, "closed"), pairs(&back.1, "opened"), "{name}");
        let ranges = |view: &Value, side: &str| -> BTreeSet<String> {
            let all = view["pairs"].as_array().unwrap().iter().filter(|p| !p[side].is_null());
            all.map(|p| format!("{} {} {} {}", p["from"], p["to"], p["family"], p[side]["ranges"])).collect()
        };
        assert_eq!(ranges(&there.1, "opened"), ranges(&back.1, "closed"), "{name}");
        let ids = |view: &Value, key: &str| -> BTreeSet<String> {
            view[key].as_array().unwrap().iter().map(|f| f["id"].to_string()).collect()
        };
        assert_eq!(ids(&there.1, "new"), ids(&back.1, "resolved"), "{name}");
    }
}

#[test]
fn a_worse_violation_is_new_although_its_finding_is_not() {
    let (before, after) = (variant("wide-object"), variant("wide-object"));
    let path = after.path().join("A-FW1.conf");
    let text = fs::read_to_string(&path).unwrap();
    let (head, policy) = text.split_once("\n    edit 32\n").unwrap();
    assert!(policy.contains("set service \"HTTPS\""));
    let wider = policy.replacen("set service \"HTTPS\"", "set service \"ALL\"", 1);
    fs::write(&path, format!("{head}\n    edit 32\n{wider}")).unwrap();
    let (code, view) = diff(before.path(), after.path());
    assert_eq!(code, 1);
    assert_eq!(view["new"].as_array().unwrap().len(), 0);
    assert_eq!(view["verdict"], "violated");
}

#[test]
fn what_nobody_understands_is_new_and_undecided() {
    let after = variant("undecided-garbled-policy");
    let (code, view) = diff(&base(), after.path());
    assert_eq!(code, 3);
    assert!(
        view["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|p| p["opened"].is_null() || p["opened"]["sure"] == false)
    );
}

#[test]
fn revisions_are_read_from_git() {
    let work = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=sekisho", "-c", "user.email=sekisho@example.invalid"])
            .args(args)
            .current_dir(work.path())
            .output();
        let Ok(output) = output else { return false };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        true
    };
    if !git(&["init", "-q"]) {
        println!("SKIPPED: there is no git on this machine");
        return;
    }
    let configs = work.path().join("configs");
    fs::create_dir(&configs).unwrap();
    let put = |from: &Path| {
        for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap().path()) {
            fs::copy(&entry, configs.join(entry.file_name().unwrap())).unwrap();
        }
    };
    put(&base());
    let policy = fs::read_to_string(root().join("zones.toml")).unwrap();
    let policy: String =
        policy
            .lines()
            .map(|l| {
                if l.starts_with("snapshot") {
                    "snapshot = \"configs\"\n".to_owned()
                } else {
                    format!("{l}\n")
                }
            })
            .collect();
    fs::write(work.path().join("zones.toml"), policy).unwrap();
    git(&["add", "-A"]);
    git(&["commit", "-qm", "before"]);
    put(variant("policy-order").path());
    git(&["add", "-A"]);
    git(&["commit", "-qm", "after"]);
    let output = run(work.path(), &["--git", "HEAD~1..HEAD", "--format", "json"]);
    assert_eq!(code(&output), 1, "{}", String::from_utf8_lossy(&output.stderr));
    let view: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(pairs(&view, "opened"), BTreeSet::from(["lgwan -> inet".to_owned()]));
    assert_eq!(view["files"][0]["file"], "A-FW1.conf");
    for (range, said) in [("HEAD", "REV..REV"), ("nowhere..HEAD", "nowhere")] {
        let output = run(work.path(), &["--git", range]);
        assert_eq!(code(&output), 2);
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{range}");
    }
    let output = run(work.path(), &["--git", "HEAD~1..HEAD", "elsewhere"]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("elsewhere"));
}
