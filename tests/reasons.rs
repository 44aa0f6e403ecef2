//! What is named for an undecided pair decides it, and nothing of it can be left out.
//!
//! Random networks of three routers with lines that depend on something. For each undecided pair the named lines
//! are resolved in the configs themselves, in the harmless way (a permit that may not hold is taken out, a deny that
//! may not hold holds, a protocol that may bring routes is taken out), and everything is judged again: with
//! all of them resolved the pair is proven, with any one left as it is it is not.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use sekisho::analysis::analyze;
use sekisho::policy::{self, Date};
use sekisho::proof::{FindingKind, Report, Verdict};
use sekisho::snapshot::{self, LoadOptions};

/// Networks in one run.
const NETWORKS: u64 = 300;

/// Undecided pairs that must come up, by the number of reasons: at least so many with more than one.
const SEVERAL: usize = 20;

const POLICY: &str = "schema_version = 1
[[zones]]
id = \"a\"
kind = \"other\"
subnets = [\"10.1.0.0/24\"]
[[zones]]
id = \"b\"
kind = \"other\"
subnets = [\"10.2.0.0/24\"]
";

/// Numbers that look random.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

type Files = BTreeMap<String, String>;

/// A list of lines about few hosts of zone b, some of which depend on something.
fn list(rng: &mut Rng, name: &str, out: &mut String) {
    let mut lines = BTreeSet::new();
    writeln!(out, "ip access-list extended {name}").unwrap();
    for _ in 0..rng.below(5) {
        let action = if rng.chance(55) { "permit" } else { "deny" };
        let host =
            if rng.chance(30) { "any".to_owned() } else { format!("host 10.2.0.{}", 5 + rng.below(3)) };
        let protocol = if rng.chance(70) { "ip" } else { "tcp" };
        let condition = match rng.below(10) {
            0 => "",
            1..4 => " dscp ef",
            _ => " time-range HOURS",
        };
        // Few lines let pass for certain, else nothing is undecided.
        let action = if condition.is_empty() && rng.chance(80) { "deny" } else { action };
        // A second line with the same match does not count on IOS, and would once the first is taken out.
        let line = format!(" {protocol} any {host}{condition}");
        if lines.insert(line.clone()) {
            writeln!(out, " {action}{line}").unwrap();
        }
    }
    writeln!(out, " {} ip any any", if rng.chance(35) { "permit" } else { "deny" }).unwrap();
}

fn network(rng: &mut Rng) -> Files {
    let head = |name: &str| {
        format!(
            "version 15.7\nhostname {name}\nno ip source-route\ntime-range HOURS\n periodic daily 1:00 to 2:00\n"
        )
    };
    let port = |n: u64, address: &str, lists: &str| {
        format!("interface GigabitEthernet0/{n}\n ip address {address}\n no ip proxy-arp\n{lists}")
    };
    let mut files = Files::new();
    let mut r1 = head("r1");
    r1 += &port(0, "10.1.0.1 255.255.255.0", " ip access-group IN in\n");
    r1 += &port(1, "10.9.0.1 255.255.255.252", " ip access-group OUT out\n");
    r1 += &port(2, "10.9.1.1 255.255.255.252", "");
    if rng.chance(25) {
        r1 += "router ospf 1\n network 10.0.0.0 0.255.255.255 area 0\n";
    } else {
        r1 += "ip route 10.2.0.0 255.255.255.0 10.9.0.2\nip route 10.2.0.0 255.255.255.0 10.9.1.2\n";
    }
    list(rng, "IN", &mut r1);
    list(rng, "OUT", &mut r1);
    files.insert("r1.cfg".to_owned(), r1 + "end\n");
    for (name, link, host) in [("r2", "10.9.0.2", 1), ("r3", "10.9.1.2", 2)] {
        let mut config = head(name);
        config += &port(0, &format!("{link} 255.255.255.252"), " ip access-group FROM in\n");
        let lists = " ip access-group TO out\n ip access-group SHUT in\n";
        config += &port(1, &format!("10.2.0.{host} 255.255.255.0"), lists);
        list(rng, "FROM", &mut config);
        list(rng, "TO", &mut config);
        config += "ip access-list extended SHUT\n deny ip any any\n";
        files.insert(format!("{name}.cfg"), config + "end\n");
    }
    files
}

fn judge(files: &Files) -> (Verdict, Report) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let mut snapshot = snapshot::load(dir.path(), &LoadOptions::default()).unwrap();
    let file = snapshot.sources.add("zones.toml", POLICY);
    let policy = policy::load(&snapshot.sources, file).0.unwrap();
    let as_of = Date::parse("2026-12-01").unwrap();
    let analysis = analyze(&snapshot.devices, &policy, &snapshot.sources).unwrap();
    let report = analysis.prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &[], &[]).unwrap();
    let [a, b] = ["a", "b"].map(|id| {
        let mut ids = analysis.domains.ids();
        ids.find(|d| analysis.domains.get(*d).is_some_and(|d| d.id == id)).unwrap()
    });
    let verdict = report.pairs.iter().find(|p| (p.from, p.to) == (a, b)).unwrap().verdict;
    (verdict, report)
}

/// The files with some lines resolved in the harmless way.
fn resolve(files: &Files, places: &BTreeSet<(String, u32)>) -> Files {
    let mut out = files.clone();
    for (file, line) in places {
        let text = out.get_mut(file).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = usize::try_from(*line).unwrap() - 1;
        let was = lines[at].clone();
        // An empty line keeps the places of the others.
        if was.starts_with(" permit") {
            lines[at].clear();
        } else if let Some(deny) = was.strip_suffix(" time-range HOURS").or(was.strip_suffix(" dscp ef")) {
            lines[at] = deny.to_owned();
        } else if was.starts_with("router ospf") {
            lines[at].clear();
            lines[at + 1].clear();
        } else {
            panic!("{file}:{line}: `{was}` is nothing to resolve");
        }
        *text = lines.join("\n") + "\n";
    }
    out
}

#[test]
fn what_is_named_decides_and_nothing_can_be_left_out() {
    let mut by_count: BTreeMap<usize, usize> = BTreeMap::new();
    for seed in 1..=NETWORKS {
        let files = network(&mut Rng(seed * 7_919));
        let (verdict, report) = judge(&files);
        if verdict != Verdict::Undecided {
            continue;
        }
        let ends =
            |f: &&sekisho::proof::Finding| (f.from.as_deref(), f.to.as_deref()) == (Some("a"), Some("b"));
        let maybe = |f: &&sekisho::proof::Finding| matches!(f.kind, FindingKind::MaybeOpen { .. });
        let finding = report.findings.iter().filter(maybe).find(ends).unwrap();
        let about =
            format!("seed {seed}: {:#?}\n{}", finding.reasons, files.values().cloned().collect::<String>());
        assert_eq!(finding.minimal, Some(true), "{about}");
        let place = |r: &sekisho::proof::Reason| r.place.as_ref().map(|p| (p.file.clone(), p.line));
        let places: BTreeSet<(String, u32)> =
            finding.reasons.iter().map(|r| place(r).unwrap_or_else(|| panic!("{about}"))).collect();
        assert_eq!(places.len(), finding.reasons.len(), "{about}");
        let (verdict, still) = judge(&resolve(&files, &places));
        let still: Vec<_> = still.findings.iter().map(|f| (&f.kind, &f.reasons)).collect();
        assert_eq!(verdict, Verdict::Proven, "{about}\n{still:#?}");
        for left in &places {
            let others: BTreeSet<(String, u32)> = places.iter().filter(|p| *p != left).cloned().collect();
            let verdict = judge(&resolve(&files, &others)).0;
            assert_ne!(verdict, Verdict::Proven, "{left:?} can be left out\n{about}");
        }
        *by_count.entry(places.len()).or_default() += 1;
    }
    println!("undecided pairs by the number of reasons: {by_count:?}");
    let several: usize = by_count.iter().filter(|(n, _)| **n > 1).map(|(_, count)| count).sum();
    assert!(several >= SEVERAL, "{by_count:?}");
}
