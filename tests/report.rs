//! The report of `verify` as people see it: in both languages, at 80 and 120 columns, with and without
//! colours; the drawing of the network.

#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sample with the files of a variant in place of its own.
fn sample(variant: Option<&str>) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let configs = directory.path().join("configs");
    fs::create_dir(&configs).unwrap();
    let mut policy = root().join("samples/branch/zones.toml");
    let mut from = vec![root().join("samples/branch/base")];
    from.extend(variant.map(|v| root().join("samples/branch/variants").join(v)));
    for source in from {
        for entry in fs::read_dir(&source).unwrap().map(|e| e.unwrap().path()) {
            match entry.file_name().unwrap().to_str().unwrap() {
                "zones.toml" => policy.clone_from(&entry),
                name if name.ends_with(".cfg") => {
                    fs::copy(&entry, configs.join(name)).unwrap();
                }
                _ => {}
            }
        }
    }
    let text = fs::read_to_string(policy).unwrap();
    let line = text.lines().find(|l| l.starts_with("snapshot = ")).unwrap();
    let text = text.replace(line, "snapshot = \"configs\"");
    fs::write(directory.path().join("zones.toml"), text).unwrap();
    directory
}

fn run(directory: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(args)
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    assert_ne!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn verify(directory: &Path, lang: &str, width: &str, color: &str) -> String {
    let args = ["verify", "--as-of", "2026-12-01", "--lang", lang, "--width", width, "--color", color];
    run(directory, &args)
}

/// A text without the marks of colours.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, r)| r);
    }
    out + rest
}

/// Compares a text with its file; `UPDATE_REPORT=1` writes the file.
fn check(name: &str, text: &str) {
    let path: PathBuf = root().join("tests/data/report").join(name);
    if std::env::var_os("UPDATE_REPORT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    for (at, (is, was)) in text.lines().zip(written.lines()).enumerate() {
        assert_eq!(is, was, "line {} of {}; UPDATE_REPORT=1 writes it anew", at + 1, path.display());
    }
    assert_eq!(text.lines().count(), written.lines().count(), "{}: UPDATE_REPORT=1", path.display());
}

#[test]
fn reports_are_as_they_were_and_fit() {
    for (variant, short) in [
        (None, "proven"),
        (Some("svi-without-vrf"), "violated"),
        (Some("undecided-garbled-line"), "undecided"),
    ] {
        let directory = sample(variant);
        for lang in ["en", "ja"] {
            for width in ["80", "120"] {
                let text = verify(directory.path(), lang, width, "never");
                let most: usize = width.parse().unwrap();
                for line in text.lines() {
                    assert!(line.width() <= most, "{} columns of {width}: {line}", line.width());
                }
                assert!(!text.contains('\u{1b}'));
                check(&format!("{short}-{lang}-{width}.txt"), &text);
                let colored = verify(directory.path(), lang, width, "always");
                assert_ne!(colored, text, "colours were asked for");
                let trimmed: Vec<String> = plain(&colored).lines().map(|l| l.trim_end().to_owned()).collect();
                let expected: Vec<&str> = text.lines().map(str::trim_end).collect();
                assert_eq!(trimmed, expected, "colours change nothing but colours");
            }
        }
        check(&format!("{short}-en-80-color.txt"), &verify(directory.path(), "en", "80", "always"));
    }
}

#[test]
fn no_color_is_obeyed() {
    let directory = sample(None);
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["verify", "--as-of", "2026-12-01"])
        .current_dir(directory.path())
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains('\u{1b}'));
}

#[test]
fn one_unread_line_is_one_entry() {
    let directory = sample(Some("undecided-garbled-line"));
    let text = verify(directory.path(), "en", "80", "never");
    let decide = text.split("What would decide the undecided").nth(1).unwrap();
    let first = decide.lines().take(6).collect::<Vec<_>>().join("\n");
    assert!(first.contains("zone-membr security LGWAN"), "the garbled line comes first:\n{first}");
    assert_eq!(text.matches("zone-membr security LGWAN").count(), 1, "{text}");
    let args = ["verify", "--as-of", "2026-12-01", "--format", "json"];
    let view: serde_json::Value = serde_json::from_str(&run(directory.path(), &args)).unwrap();
    let undecided: Vec<_> =
        view["findings"].as_array().unwrap().iter().filter(|f| f["code"] == "isolation/undecided").collect();
    let pairs: Vec<_> =
        view["pairs"].as_array().unwrap().iter().filter(|p| p["verdict"] == "undecided").collect();
    assert_eq!(undecided.len(), pairs.len(), "findings stay per pair");
    let group = &view["groups"][0];
    assert!(group["pairs"].as_array().unwrap().len() > 30, "{group}");
    assert_eq!(group["location"]["file"], "br-edge1.cfg");
}

#[test]
fn advice_fits_what_was_found() {
    for (variant, parts) in [
        ("svi-without-vrf", &["put `br-core1:Vlan111` into VRF MYNUM"][..]),
        ("default-route-leak", &["remove the route at br-core1.cfg:", "leads from VRF MYNUM"]),
        ("policy-route-bypass", &["remove or narrow the policy route at br-core1.cfg:"]),
        ("wide-object", &["narrow br-edge1.cfg:", "lets more pass than flows F-04"]),
        ("nat-exposure", &["translation at br-mnt1.cfg:"]),
        ("ipv6-left-open", &["nothing filters IPv6 at `br-mnt1:GigabitEthernet0/0`"]),
        ("trunk-all-vlans", &["take the VLAN off br-"]),
    ] {
        let text = verify(sample(Some(variant)).path(), "en", "400", "never");
        for part in parts {
            assert!(text.contains(part), "{variant}: `{part}` is missing in\n{text}");
        }
    }
}

#[test]
fn japanese_reports_speak_japanese() {
    for variant in
        ["undecided-garbled-line", "undecided-dual-homed-server", "undecided-new-segment", "nat-exposure"]
    {
        let text = verify(sample(Some(variant)).path(), "ja", "400", "never");
        for english in ["permit (list", "connected ", "may ", " not ", "unrecognized", "nobody", "whitelist"]
        {
            for line in text.lines() {
                // Lines of a config are quoted as they are.
                assert!(!line.contains(english) || line.contains(".cfg:"), "{variant}: {line}");
            }
        }
    }
}

/// Whether a text is one well-formed element: tags close in order, attributes are quoted.
fn assert_well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml.trim();
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a bare `>` in {text}");
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot"].contains(&name), "&{name}");
        }
        let (tag, after) = after.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag.split([' ', '/']).next().unwrap();
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = after;
        assert!(!open.is_empty() || rest.trim().is_empty(), "text after the root");
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?}");
}

#[test]
fn the_network_is_drawn_whole() {
    let directory = sample(None);
    let draw = |args: &[&str]| run(directory.path(), args);
    for lang in ["en", "ja"] {
        let svg = draw(&["show", "graph", "--format", "svg", "--lang", lang]);
        assert_well_formed(&svg);
        assert_eq!(svg, draw(&["show", "graph", "--format", "svg", "--lang", lang]), "the same bytes");
        assert_eq!(svg, draw(&["show", "zones", "--format", "svg", "--lang", lang]));
        let json = draw(&["show", "graph", "--format", "json", "--lang", lang]);
        let view: serde_json::Value = serde_json::from_str(&json).unwrap();
        let mut shown: Vec<String> = Vec::new();
        for zone in view["zones"].as_array().unwrap() {
            shown.push(zone["id"].as_str().unwrap().to_owned());
            shown.extend(zone["name"].as_str().map(str::to_owned));
        }
        for device in view["devices"].as_array().unwrap() {
            shown.push(device["device"].as_str().unwrap().to_owned());
            assert_eq!(device["os"], "cisco_ios");
        }
        assert!(shown.len() >= 18, "four zones, three externals with names, four devices: {shown:?}");
        for text in shown {
            assert!(svg.contains(&format!(">{text}</text>")), "{text} is missing");
        }
        for forbidden in ["<script", "href", "url(", "@import"] {
            assert!(!svg.contains(forbidden), "{forbidden}");
        }
    }
    let svg = draw(&["show", "graph", "--format", "svg", "--lang", "ja"]);
    assert!(svg.contains("インターネット接続あり") && svg.contains("自治体情報セキュリティクラウド"));
    let text = draw(&["show", "graph", "--lang", "en", "--width", "80"]);
    assert!(text.lines().all(|l| l.width() <= 80), "{text}");
    for part in ["mynumber  My Number segment", "Vlan110", "10.10.10.254/24", "br-acc1:GigabitEthernet0/9"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_picture_is_drawn_of_graphs_alone() {
    let directory = sample(None);
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["show", "coverage", "--format", "svg"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("svg"));
    assert!(output.stdout.is_empty());
}
