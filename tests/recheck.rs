//! A recheck after a change says, byte for byte, what a run from nothing says.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    reason = "a failed test may panic, and shares a module with others"
)]

#[path = "common/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sample::{AS_OF, BRANCH, Case, Sample, TOWN};
use sekisho::analysis::{Analysis, AnalysisError, analyze};
use sekisho::policy::{self, Date, Policy};
use sekisho::recheck::Recheck;
use sekisho::report::messages::Lang;
use sekisho::report::{json, verify};
use sekisho::snapshot::{self, LoadOptions, Snapshot};
use sekisho_wan::random::Random;

/// Edits of each sample.
const EDITS: usize = 16;

/// What a run says, or why it stops.
fn say(snapshot: &Snapshot, policy: &Policy, analysis: Result<&Analysis, &AnalysisError>) -> String {
    let analysis = match analysis {
        Ok(analysis) => analysis,
        Err(error) => return format!("{error:?}"),
    };
    let as_of = Date::parse(AS_OF).unwrap();
    let report = analysis.prove(&snapshot.devices, policy, &snapshot.sources, as_of, &[], &[]).unwrap();
    let parts = verify::Parts {
        report: &report,
        devices: &snapshot.devices,
        topology: &analysis.topology,
        domains: &analysis.domains,
        policy,
        policy_file: ("zones.toml".to_owned(), String::new()),
        as_of,
        sources: &snapshot.sources,
        files: &snapshot.files,
        ledgers: &snapshot.ledgers,
        diagnostics: &snapshot.diagnostics,
    };
    json::render(&verify::view(&parts, Lang::En))
}

fn read(policy: &str, snapshot: &mut Snapshot) -> Policy {
    let file = snapshot.sources.add("zones.toml", policy);
    policy::load(&snapshot.sources, file).0.unwrap()
}

fn cold(directory: &Path, policy: &str) -> String {
    let mut snapshot = snapshot::load(directory, &LoadOptions::default()).unwrap();
    let policy = read(policy, &mut snapshot);
    let analysis = analyze(&snapshot.devices, &policy, &snapshot.sources);
    say(&snapshot, &policy, analysis.as_ref())
}

fn again(recheck: &mut Recheck, directory: &Path, policy: &str) -> String {
    let mut snapshot = recheck.load(directory, &LoadOptions::default()).unwrap();
    let policy = read(policy, &mut snapshot);
    let analysis = recheck.analyze(&snapshot.devices, &policy, &snapshot.sources);
    let said = say(&snapshot, &policy, analysis.as_ref());
    if let Ok(analysis) = analysis {
        recheck.keep(snapshot.devices, analysis);
    }
    said
}

/// Deletes, doubles or garbles a line of some file, or takes an earlier edit back.
fn edit(rng: &mut Random, case: &Case, files: &mut BTreeMap<String, String>) -> String {
    let names: Vec<String> = files.keys().cloned().collect();
    let pick = |rng: &mut Random, n: usize| rng.below(u32::try_from(n).unwrap()) as usize;
    let name = names[pick(rng, names.len())].clone();
    let kind = rng.below(4);
    if kind == 0 {
        files.insert(name.clone(), case.files[&name].clone());
        return format!("{name} as it was");
    }
    let mut lines: Vec<String> = files[&name].lines().map(str::to_owned).collect();
    let at = pick(rng, lines.len());
    let line = lines[at].clone();
    match kind {
        1 => drop(lines.remove(at)),
        2 => lines.insert(at, line.clone()),
        _ => lines[at] = line.replace("deny", "permit").replace(".10 ", ".11 "),
    }
    files.insert(name.clone(), lines.join("\n") + "\n");
    format!("{name}:{} {kind} `{line}`", at + 1)
}

fn check(sample: Sample, seed: u64) {
    let case = sample.base();
    let directory = tempfile::tempdir().unwrap();
    case.write(directory.path());
    let mut recheck = Recheck::default();
    assert_eq!(again(&mut recheck, directory.path(), &case.policy), cold(directory.path(), &case.policy));
    let mut rng = Random::new(seed, 0);
    let mut files = case.files.clone();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..EDITS {
        let what = edit(&mut rng, &case, &mut files);
        for (name, text) in &files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let (new, from_nothing) =
            (again(&mut recheck, directory.path(), &case.policy), cold(directory.path(), &case.policy));
        assert_eq!(new, from_nothing, "after {what}");
        assert!(recheck.unchanged_files() + 1 >= files.len(), "after {what}");
        seen.insert(new);
    }
    assert!(seen.len() > EDITS / 4, "the edits hardly change a thing");
}

#[test]
fn edits_of_the_town() {
    check(TOWN, 1);
}

#[test]
fn edits_of_the_branch() {
    check(BRANCH, 2);
}

#[test]
fn files_that_come_and_go() {
    let case = TOWN.base();
    let directory = tempfile::tempdir().unwrap();
    case.write(directory.path());
    let mut recheck = Recheck::default();
    again(&mut recheck, directory.path(), &case.policy);
    for name in case.files.keys() {
        let path = directory.path().join(name);
        fs::remove_file(&path).unwrap();
        let gone = again(&mut recheck, directory.path(), &case.policy);
        assert_eq!(gone, cold(directory.path(), &case.policy), "{name} is gone");
        fs::write(&path, &case.files[name]).unwrap();
        let back = again(&mut recheck, directory.path(), &case.policy);
        assert_eq!(back, cold(directory.path(), &case.policy), "{name} is back");
    }
}

#[test]
fn watch_tells_what_changed() {
    let case = TOWN.base();
    let directory = tempfile::tempdir().unwrap();
    let (configs, policy) = (directory.path().join("configs"), directory.path().join("zones.toml"));
    fs::create_dir(&configs).unwrap();
    case.write(&configs);
    fs::write(&policy, &case.policy).unwrap();
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["watch", "--runs", "2", "--interval", "20", "--as-of", AS_OF, "--lang", "en", "--policy"])
        .arg(&policy)
        .arg(&configs)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let router = case.files["A-MNT1.cfg"].replace(
        "ip access-list extended HOSHU-IN\n",
        "ip access-list extended HOSHU-IN\n permit tcp host 10.99.0.10 host 10.10.20.11 eq 3389\n",
    );
    fs::write(configs.join("A-MNT1.cfg"), router).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("changed: ext:taxvendor -> mynumber: "), "{text}");
    assert_eq!(output.status.code(), Some(1), "{text}");
}
