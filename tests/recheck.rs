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

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sample::{AS_OF, BRANCH, Case, TOWN};
use sekisho::analysis::{Analysis, AnalysisError, analyze};
use sekisho::policy::{self, Date, Policy};
use sekisho::recheck::Recheck;
use sekisho::report::messages::Lang;
use sekisho::report::{json, verify};
use sekisho::snapshot::{self, LoadOptions, Snapshot};
use sekisho_wan::plan::Sites;
use sekisho_wan::policy::Zoning;
use sekisho_wan::random::Random;
use sekisho_wan::{Options, generate};

/// Changes of each network; `SEKISHO_RECHECKS` names another number.
fn changes() -> usize {
    std::env::var("SEKISHO_RECHECKS").ok().and_then(|n| n.parse().ok()).unwrap_or(10)
}

/// What a run says, or why it stops.
fn say(
    snapshot: &Snapshot,
    policy: &Policy,
    analysis: Result<&Analysis, &AnalysisError>,
    as_of: Date,
) -> String {
    let analysis = match analysis {
        Ok(analysis) => analysis,
        Err(error) => return format!("{error:?}"),
    };
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

fn read(policy: &str, snapshot: &mut Snapshot) -> Option<Policy> {
    let file = snapshot.sources.add("zones.toml", policy);
    policy::load(&snapshot.sources, file).0
}

fn day() -> Date {
    Date::parse(AS_OF).unwrap()
}

fn cold(directory: &Path, policy: &str, as_of: Date) -> String {
    let mut snapshot = snapshot::load(directory, &LoadOptions::default()).unwrap();
    let Some(policy) = read(policy, &mut snapshot) else { return "no policy".to_owned() };
    let analysis = analyze(&snapshot.devices, &policy, &snapshot.sources);
    say(&snapshot, &policy, analysis.as_ref(), as_of)
}

fn again(recheck: &mut Recheck, directory: &Path, policy: &str, as_of: Date) -> String {
    let mut snapshot = recheck.load(directory, &LoadOptions::default()).unwrap();
    let Some(policy) = read(policy, &mut snapshot) else { return "no policy".to_owned() };
    let analysis = recheck.analyze(&snapshot.devices, &policy, &snapshot.sources);
    let said = say(&snapshot, &policy, analysis.as_ref(), as_of);
    if let Ok(analysis) = analysis {
        recheck.keep(snapshot.devices, analysis);
    }
    said
}

/// A network as it changes.
struct Changing {
    first: Case,
    now: Case,
    rng: Random,
}

impl Changing {
    fn of(case: Case, seed: u64) -> Self {
        Self { first: case.clone(), now: case, rng: Random::new(seed, 0) }
    }

    fn pick(&mut self, n: usize) -> usize {
        self.rng.below(u32::try_from(n).unwrap()) as usize
    }

    fn name(&mut self) -> String {
        let names: Vec<String> = self.now.files.keys().cloned().collect();
        names[self.pick(names.len())].clone()
    }

    /// Changes a line of some file, takes a change back, or changes what files there are, or the policy.
    fn change(&mut self) -> String {
        let name = self.name();
        let mut lines: Vec<String> = self.now.files[&name].lines().map(str::to_owned).collect();
        let at = self.pick(lines.len());
        let to = self.pick(lines.len());
        let line = lines[at].clone();
        let kind = self.pick(15);
        match kind {
            0 => {
                let before = self.first.files.get(&name).cloned();
                lines = before.unwrap_or_default().lines().map(str::to_owned).collect();
            }
            1 | 2 => drop(lines.remove(at)),
            3 => lines.insert(at, line.clone()),
            4 => lines[at] = line.replace("deny", "permit").replace(".10 ", ".11 "),
            5 => {
                let line = lines.remove(at);
                lines.insert(to.min(lines.len()), line);
            }
            // What stands below moves, and nothing else.
            6 => lines.insert(at, if name.ends_with(".cfg") { "!" } else { "" }.to_owned()),
            7 => lines[at] = line.chars().rev().collect(),
            8 => lines[at] = line.replacen(|c: char| c.is_ascii_digit(), "7", 1),
            9..=11 => {
                // A rule, so that nothing but a list changes.
                let rule = |l: &String| [" permit", " deny", "set action"].iter().any(|w| l.contains(w));
                let rules: Vec<usize> = (0..lines.len()).filter(|n| rule(&lines[*n])).collect();
                if let Some(&at) = rules.get(self.pick(rules.len().max(1))) {
                    let kept =
                        lines[at].replace("permit", "?").replace("deny", "permit").replace('?', "deny");
                    match kind {
                        9 => drop(lines.remove(at)),
                        10 => lines[at] = kept,
                        _ => lines.insert(at, lines[at].clone()),
                    }
                }
            }
            12 => {
                self.now.files = self.first.files.clone();
                return "all as it was".to_owned();
            }
            13 if self.now.policy == self.first.policy => {
                let policy = self.first.policy.clone();
                let flows: Vec<&str> = policy.split("[[flows]]").collect();
                let gone = 1 + self.pick(flows.len().max(2) - 1);
                let left = flows.iter().enumerate().filter(|(n, _)| *n != gone).map(|(_, f)| *f);
                self.now.policy = left.collect::<Vec<_>>().join("[[flows]]");
                return format!("flow {gone} of the policy gone");
            }
            13 => {
                self.now.policy = self.first.policy.clone();
                return "the policy as it was".to_owned();
            }
            _ if self.now.files.len() > 2 => {
                self.now.files.remove(&name);
                return format!("{name} gone");
            }
            _ => {}
        }
        self.now.files.insert(name.clone(), lines.join("\n") + "\n");
        format!("{name}:{} to {to}, {kind}, `{line}`", at + 1)
    }

    /// Every state after some changes is judged again, and from nothing. Tells how many different answers there
    /// were, and from how many sources nothing was searched again.
    fn check(mut self, changes: usize) -> (usize, usize) {
        let mut recheck = Recheck::default();
        let mut seen = BTreeSet::new();
        let mut kept = 0;
        for round in 0..=changes {
            let several = if self.pick(4) == 0 { 2 } else { usize::from(round > 0) };
            let what: Vec<String> = (0..several).map(|_| self.change()).collect();
            let directory = tempfile::tempdir().unwrap();
            self.now.write(directory.path());
            let day = if self.pick(8) == 0 { Date::parse("2031-01-01").unwrap() } else { day() };
            let new = again(&mut recheck, directory.path(), &self.now.policy, day);
            let from_nothing = cold(directory.path(), &self.now.policy, day);
            assert_eq!(new, from_nothing, "{}: round {round}, after {what:?}", self.now.name);
            kept += recheck.unchanged_sources();
            seen.insert(new);
        }
        (seen.len(), kept)
    }
}

fn check(case: Case, seed: u64) {
    let changes = changes();
    let (seen, kept) = Changing::of(case, seed).check(changes);
    assert!(seen > changes / 4, "the changes hardly change a thing");
    assert!(kept > changes / 2, "hardly anything is taken over: {kept}");
}

#[test]
fn changes_of_the_town() {
    check(TOWN.base(), 1);
}

#[test]
fn changes_of_the_branch() {
    check(BRANCH.base(), 2);
}

/// A generated network as a case.
fn wan(options: &Options) -> Case {
    let network = generate(options);
    Case {
        name: format!("{options:?}"),
        files: network.files.into_iter().map(|f| (f.name, f.text)).collect(),
        policy: network.policy,
        ..BRANCH.base()
    }
}

#[test]
fn changes_of_generated_networks() {
    for (seed, zoning) in [(3, Zoning::Shared), (4, Zoning::PerSite)] {
        let options =
            Options { devices: 24, seed, sites: Sites::Perturbed, zoning, faults: 2, ..Options::default() };
        check(wan(&options), seed);
    }
}

#[test]
fn a_rule_of_one_site_concerns_few_sources() {
    let case = wan(&Options { devices: 24, zoning: Zoning::PerSite, ..Options::default() });
    let directory = tempfile::tempdir().unwrap();
    case.write(directory.path());
    let mut recheck = Recheck::default();
    again(&mut recheck, directory.path(), &case.policy, day());
    assert_eq!(recheck.unchanged_sources(), 0);
    again(&mut recheck, directory.path(), &case.policy, day());
    let all = recheck.unchanged_sources();
    let name = case.files.keys().find(|n| n.contains("SCR1")).unwrap();
    let rule = " permit udp host 172.27.1.6 eq domain host 10.128.1.11\n";
    let text = case.files[name].replace("SC-IN\n 10", &format!("SC-IN\n 5{rule} 10"));
    assert_ne!(text, case.files[name]);
    fs::write(directory.path().join(name), text).unwrap();
    let said = again(&mut recheck, directory.path(), &case.policy, day());
    assert_eq!(said, cold(directory.path(), &case.policy, day()));
    let kept = recheck.unchanged_sources();
    assert!(kept < all && 2 * kept > all, "{kept} of {all} sources");
}

#[test]
fn files_that_come_and_go() {
    let case = TOWN.base();
    let directory = tempfile::tempdir().unwrap();
    case.write(directory.path());
    let mut recheck = Recheck::default();
    again(&mut recheck, directory.path(), &case.policy, day());
    for name in case.files.keys() {
        let path = directory.path().join(name);
        fs::remove_file(&path).unwrap();
        let gone = again(&mut recheck, directory.path(), &case.policy, day());
        assert_eq!(gone, cold(directory.path(), &case.policy, day()), "{name} is gone");
        fs::write(&path, &case.files[name]).unwrap();
        let back = again(&mut recheck, directory.path(), &case.policy, day());
        assert_eq!(back, cold(directory.path(), &case.policy, day()), "{name} is back");
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
