//! `sekisho margin` against judging every copy that lacks a line.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const DAY: [&str; 4] = ["--as-of", "2026-11-24", "--format", "json"];

fn sekisho(directory: &Path, args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(args)
        .args(DAY)
        .current_dir(directory)
        .env_remove("LANG")
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Verdicts by pair, and the number of lines that are not understood.
fn verdicts(directory: &Path) -> (BTreeMap<(String, String), String>, u64) {
    let view = sekisho(directory, &["verify"]);
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let pairs = view["pairs"].as_array().unwrap();
    let pairs = pairs.iter().map(|p| ((text(&p["from"]), text(&p["to"])), text(&p["verdict"]))).collect();
    let count = |state: &str| view["coverage"][state].as_u64().unwrap();
    (pairs, count("unsupported") + count("unrecognized"))
}

#[test]
fn a_line_holds_what_is_not_proven_without_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let from = root.join("tests/data/two-routers");
    let work = tempfile::tempdir().unwrap();
    fs::create_dir(work.path().join("configs")).unwrap();
    for name in ["zones.toml", "configs/r1.cfg", "configs/r2.cfg"] {
        fs::copy(from.join(name), work.path().join(name)).unwrap();
    }
    let view = sekisho(work.path(), &["margin"]);
    let schema = fs::read_to_string(root.join("docs/schema/margin.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(validator.is_valid(&view));
    let mut told: BTreeSet<(String, u64, String)> = BTreeSet::new();
    for line in view["lines"].as_array().unwrap() {
        for pair in line["pairs"].as_array().unwrap() {
            let pair = format!("{} {} {}", pair["from"], pair["to"], pair["verdict"]);
            told.insert((line["file"].as_str().unwrap().to_owned(), line["line"].as_u64().unwrap(), pair));
        }
    }
    let (whole, unread) = verdicts(work.path());
    let mut found = BTreeSet::new();
    for name in ["r1.cfg", "r2.cfg"] {
        let path = work.path().join("configs").join(name);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for at in 0..lines.len() {
            let mut without = lines.clone();
            without[at] = "";
            fs::write(&path, format!("{}\n", without.join("\n"))).unwrap();
            let (now, left) = verdicts(work.path());
            if left != unread {
                continue;
            }
            for (pair, verdict) in whole.iter().filter(|(_, v)| *v == "proven") {
                if let Some(after) = now.get(pair).filter(|after| *after != verdict) {
                    let pair = format!("{:?} {:?} {after:?}", pair.0, pair.1);
                    found.insert((name.to_owned(), at as u64 + 1, pair));
                }
            }
        }
        fs::write(&path, &text).unwrap();
    }
    assert!(!found.is_empty());
    // Where the end of the file is lost, nothing can be said of walls.
    found.retain(|(name, line, _)| {
        let text = fs::read_to_string(work.path().join("configs").join(name)).unwrap();
        text.lines().nth(usize::try_from(*line).unwrap() - 1) != Some("end")
    });
    assert_eq!(told, found);
}

/// What `margin` says with other options, the number of lines that were judged again apart.
fn margin(directory: &Path, policy: &str, options: &[&str]) -> (Value, u64, u64) {
    let args = [&["margin", ".", "--policy", policy], options].concat();
    let mut view = sekisho(directory, &args);
    let again = view["judged_again"].take().as_u64().unwrap();
    let tried = view["tried"].as_u64().unwrap();
    (view, again, tried)
}

/// A network of `samples` in a directory of its own, a variant laid over it.
fn laid_out(sample: &str, variant: Option<&str>) -> tempfile::TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(sample);
    let work = tempfile::tempdir().unwrap();
    let variant = variant.map(|name| from.join("variants").join(name));
    for directory in [Some(from.join("base")), variant].into_iter().flatten() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "cfg" || e == "conf") {
                fs::copy(&path, work.path().join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    work
}

/// `SEKISHO_MARGIN=1`: every line of the networks.
#[test]
fn one_step_tells_what_judging_again_tells() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let networks = [
        ("branch", None, "samples/branch/zones.toml", "br-mnt1.cfg"),
        ("branch", Some("undecided-dual-homed-server"), "samples/branch/zones.toml", "br-mnt1.cfg"),
        ("town", None, "zones.toml", "A-MNT1.cfg"),
    ];
    let every = std::env::var("SEKISHO_MARGIN").is_ok();
    let (mut held, mut again, mut tried) = (0, 0, 0);
    for (sample, variant, policy, file) in networks {
        let work = laid_out(sample, variant);
        let policy = root.join(policy);
        let options: &[&str] = if every { &[] } else { &["--file", file] };
        let (quick, few, lines) = margin(work.path(), policy.to_str().unwrap(), options);
        let thorough = [options, &["--thorough"]].concat();
        let (all, many, _) = margin(work.path(), policy.to_str().unwrap(), &thorough);
        assert_eq!(quick, all, "{sample} {variant:?}");
        assert!(few < many, "{sample} {variant:?}: {few} of {many} lines were judged again");
        held += quick["lines"].as_array().unwrap().len();
        again += few;
        tried += lines;
    }
    assert!(held > 0 && again > 0 && again < tried, "{held} lines hold, {again} of {tried} judged again");
}
