//! The Stanford backbone, from raw files to verdicts: 16 real routers, the tables of 12 of them.
//!
//! The material is not part of the repository. It is looked for at `$SEKISHO_CORPUS`, else beside the
//! workspace in `shared/corpus`; without it every test here is skipped and says so.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

#[path = "stanford/forwarding.rs"]
mod forwarding;
#[path = "stanford/ledger.rs"]
mod ledger;
#[path = "stanford/material.rs"]
mod material;
#[path = "stanford/matrix.rs"]
mod matrix;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use sekisho::analysis::{analyze, tables};
use sekisho::policy::{self, Date, Policy};
use sekisho::proof::{Finding, Report, Verdict, Witness};
use sekisho::snapshot::{self, LoadOptions, Role, Snapshot};
use sekisho_net::{Cube, Family, Field};

use forwarding::Other;
use material::{Links, backbone, own};

/// Day of evaluation.
const AS_OF: &str = "2026-12-01";
/// Configurations and route tables: everything that a verdict reads.
const READ: &[&str] = &["_rtr_config.txt", "_rtr_route.txt"];
/// Tables that say nothing about forwarding of packets between networks.
const LISTED: &[&str] = &[
    "_rtr_arp_table.txt",
    "_rtr_mac_table.txt",
    "_rtr_spanning_tree.txt",
    "hassel_port_map.txt",
    "hassel_topology.tf",
];
/// Largest resident memory, in KiB.
const MEMORY: u64 = 1 << 20;

fn load(directory: &Path) -> Snapshot {
    snapshot::load(directory, &LoadOptions::default()).unwrap()
}

/// What a file is listed as.
fn role(snapshot: &Snapshot, path: &str) -> Role {
    snapshot.files.iter().find(|f| f.path == path).unwrap_or_else(|| panic!("{path} is lost")).role.clone()
}

/// The router in the name of a file.
fn router(path: &str) -> String {
    path.split("_rtr").next().unwrap().to_owned() + "_rtr"
}

#[test]
fn tables_of_other_kinds_are_listed_and_block_nothing() {
    let Some(backbone) = backbone("tables_of_other_kinds_are_listed_and_block_nothing") else { return };
    let links = Links::to(&backbone, &[READ, LISTED].concat());
    let snapshot = load(links.path());
    assert_eq!(snapshot.files.len(), 28 + 50);
    assert_eq!(snapshot.devices.len(), 16);
    let mut others = BTreeMap::new();
    for file in &snapshot.files {
        let own = router(&file.path);
        match &file.role {
            Role::Config(devices) if file.path.ends_with(READ[0]) => assert_eq!(*devices, [own]),
            Role::Routes(devices) if file.path.ends_with(READ[1]) => assert_eq!(*devices, [own]),
            Role::Other(why) if LISTED.iter().any(|l| file.path.ends_with(l)) => {
                *others.entry(why.as_str()).or_insert(0) += 1;
            }
            other => panic!("{}: {other:?}", file.path),
        }
    }
    println!("{others:?}");
    let expected = [
        ("a MAC address table", 16),
        ("a spanning-tree table", 16),
        ("an ARP table", 16),
        ("a list of port numbers of an analysis tool", 1),
        ("a transfer function of an analysis tool", 1),
    ];
    assert_eq!(others, BTreeMap::from(expected));
    let nothing: [&[String]; 2] = [&snapshot.unread, &snapshot.unused_tables];
    assert!(nothing.iter().all(|n| n.is_empty()), "{nothing:?}");
    assert!(snapshot.cut_off.is_empty());
}

/// The whole directory is no snapshot: it holds the same network a second time, as tables of other tools.
/// None of them is lost, those that might be devices block every proof, and no router learns from them.
#[test]
fn the_whole_directory_is_listed_and_proves_nothing() {
    let Some(backbone) = backbone("the_whole_directory_is_listed_and_proves_nothing") else { return };
    let snapshot = load(&backbone);
    let updates = "apkeep_dataplane/stanford/updates";
    let Role::Unread(why) = role(&snapshot, updates) else { panic!("{updates}") };
    assert!(why.contains("not recognised"), "{why}");
    assert!(snapshot.unread.iter().any(|p| p == updates));
    for path in &snapshot.unread {
        assert!(path.starts_with("apkeep_dataplane/"), "{path}");
    }
    let mut on_disk = 0;
    let mut work = vec![backbone.clone()];
    while let Some(directory) = work.pop() {
        for path in fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() { work.push(path) } else { on_disk += 1 }
        }
    }
    assert_eq!(snapshot.files.len(), on_disk);
    println!("{on_disk} files, {} of them unread", snapshot.unread.len());
    let alone = load(Links::to(&backbone, READ).path());
    for device in &alone.devices {
        let same = snapshot.devices.iter().find(|d| d.name == device.name).unwrap();
        let routes =
            |d: &sekisho_model::Device| d.vrfs[0].tables.iter().map(|(_, t)| t.routes.len()).sum::<usize>();
        assert_eq!((routes(same), same.interfaces.len()), (routes(device), device.interfaces.len()));
        assert!(same.files.len() == 1 && same.poisons.len() == device.poisons.len(), "{}", device.name);
    }
}

#[test]
fn every_line_is_explained() {
    let Some(backbone) = backbone("every_line_is_explained") else { return };
    let snapshot = load(Links::to(&backbone, READ).path());
    let explained: ledger::Explained = toml::from_str(&own("unrecognized.toml")).unwrap();
    let (counts, problems) = ledger::problems(&snapshot, &explained);
    println!("{counts:?}");
    assert!(problems.is_empty(), "{problems:#?}");
    // The explanations are whole: nothing is unrecognized or unsupported.
    assert!(!counts.contains_key("unrecognized") && !counts.contains_key("unsupported"), "{counts:?}");
}

struct Judged {
    report: Report,
    names: Vec<String>,
    policy: Policy,
}

fn judge(backbone: &Path) -> Judged {
    let links = Links::to(backbone, READ);
    let start = Instant::now();
    let mut snapshot = load(links.path());
    let read = start.elapsed();
    assert!(snapshot.unread.is_empty() && snapshot.unused_tables.is_empty() && snapshot.cut_off.is_empty());
    let file = snapshot.sources.add("zones.toml", own("zones.toml"));
    let (policy, said) = policy::load(&snapshot.sources, file);
    let policy = policy.unwrap_or_else(|| panic!("{said:?}"));
    let analysis = analyze(&snapshot.devices, &policy, &snapshot.sources).unwrap();
    let built = start.elapsed();
    let as_of = Date::parse(AS_OF).unwrap();
    let report = analysis.prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &[], &[]).unwrap();
    println!("read {read:.2?}, built after {built:.2?}, judged after {:.2?}", start.elapsed());
    let names = analysis.domains.list.iter().map(|d| d.id.clone()).collect();
    Judged { report, names, policy }
}

/// The one finding of a pair that carries a witness.
fn witness<'r>(report: &'r Report, from: &str, to: &str) -> (&'r Finding, &'r Witness) {
    let of_pair = |f: &&Finding| f.from.as_deref() == Some(from) && f.to.as_deref() == Some(to);
    let found: Vec<&Finding> =
        report.findings.iter().filter(of_pair).filter(|f| f.verdict == Verdict::Violated).collect();
    let [finding] = found[..] else { panic!("{} findings of {from} -> {to}", found.len()) };
    (finding, finding.witness.as_ref().unwrap_or_else(|| panic!("{from} -> {to} has no witness")))
}

#[test]
fn verdicts_are_as_the_configurations_say() {
    let Some(backbone) = backbone("verdicts_are_as_the_configurations_say") else { return };
    let Judged { report, names, policy } = judge(&backbone);
    let domains: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(report.pairs.len(), domains.len() * (domains.len() - 1));
    let expected = matrix::read(&own("matrix.md"), &domains);
    let mut wrong = Vec::new();
    let mut counts = BTreeMap::new();
    for pair in &report.pairs {
        let (from, to) = (domains[pair.from.0], domains[pair.to.0]);
        let want = &expected[&(from.to_owned(), to.to_owned())];
        *counts.entry(pair.verdict.word()).or_insert(0) += 1;
        if pair.verdict.word() != want.verdict {
            wrong.push(format!(
                "{from} -> {to} is {}, not {}: {}",
                pair.verdict.word(),
                want.verdict,
                want.why
            ));
        }
        if pair.verdict == Verdict::Proven {
            for id in ["inferred-cabling", "host-forwarding"] {
                assert!(pair.assumptions.iter().any(|a| a == id), "{from} -> {to}: {:?}", pair.assumptions);
            }
        }
        if pair.verdict == Verdict::Violated {
            let (finding, witness) = witness(&report, from, to);
            assert!(witness.replayed, "{}", finding.id);
            assert!(witness.ranges[0].contains(&witness.arrived), "{}", finding.id);
            assert!(!witness.hops.is_empty() && !finding.locations.is_empty(), "{}", finding.id);
        }
    }
    println!("{} pairs: {counts:?}", report.pairs.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(counts.len(), 3, "all three verdicts occur: {counts:?}");
    assert!(!report.disagreement);
    assert_eq!(report.verdict, Verdict::Violated);
    let reachable = |from: &str, to: &str| {
        let at = |name| domains.iter().position(|d| *d == name).unwrap();
        report.pairs.iter().find(|p| (p.from.0, p.to.0) == (at(from), at(to))).unwrap().reachable
    };
    assert!(
        reachable("library", "press") && !reachable("lab-lan", "press") && !reachable("press", "lab-lan")
    );
    the_list_of_the_clinic_counts(&report);
    the_witness_is_not_whitelisted(&report, &policy);
    let peak = peak_memory();
    println!("peak memory {peak:?} KiB");
    assert!(peak.is_none_or(|kib| kib <= MEMORY), "{peak:?}");
}

/// List 199 on poza_rtr lets everybody but one host pass, by its last line.
fn the_list_of_the_clinic_counts(report: &Report) {
    let stopped = u128::from(u32::from_be_bytes([171, 64, 201, 44]));
    for to in ["press", "ext:isp"] {
        let (_, witness) = witness(report, "clinic", to);
        let mut places = witness.hops[0].steps.iter().filter_map(|s| s.place.as_ref());
        assert!(places.any(|p| (p.file.as_str(), p.line) == ("poza_rtr_config.txt", 45)), "{witness:?}");
        assert_ne!(witness.sent.get(Field::Src), stopped);
        let holds = |cube: &Cube, value| cube.get(Field::Src).contains(value);
        assert!(!holds(&witness.ranges[0], stopped) && holds(&witness.ranges[0], stopped - 1), "{witness:?}");
    }
}

/// The clinic may use TCP 443 of the library: what is shown is something else.
fn the_witness_is_not_whitelisted(report: &Report, policy: &Policy) {
    let (_, witness) = witness(report, "clinic", "library");
    let flow = policy.flows.iter().find(|f| f.id.value == "F-2").unwrap();
    let granted = flow.cubes(witness.arrived.family);
    assert!(!granted.is_empty() && granted.iter().all(|c| !c.contains(&witness.arrived)), "{witness:?}");
}

/// Highest resident memory of this process in KiB, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn tables_are_as_another_tool_normalised_them() {
    let Some(backbone) = backbone("tables_are_as_another_tool_normalised_them") else { return };
    let links = Links::to(&backbone, READ);
    let snapshot = load(links.path());
    let fibs = tables(&snapshot.devices);
    let other = Other::read(&backbone.join("apkeep_dataplane/stanford-noacl"));
    let mut sum: BTreeMap<&str, forwarding::Kind> = BTreeMap::new();
    let mut compared = 0;
    for (index, device) in snapshot.devices.iter().enumerate() {
        let fib = &fibs[&(index, 0, Family::V4)];
        if device.vrfs[0].tables.is_empty() {
            continue;
        }
        compared += 1;
        // Nothing of the table is in doubt, so that what is compared is the whole table.
        assert!(fib.anywhere.is_empty() && !fib.config_only, "{}: {:?}", device.name, fib.anywhere);
        let received = forwarding::received(&backbone.join(format!("{}_route.txt", device.name)));
        for (kind, found) in forwarding::compare(&other, device, fib, &received) {
            sum.entry(kind).or_default().add(found);
        }
    }
    assert_eq!(compared, 12);
    for (kind, found) in &sum {
        println!("{kind}: {} addresses in {} ranges", found.addresses, found.ranges.len());
        for range in found.ranges.iter().filter(|_| *kind != "same").take(8) {
            println!("    {range}");
        }
    }
    let explained: forwarding::Explained = toml::from_str(&own("forwarding.toml")).unwrap();
    let problems = explained.problems(&sum);
    assert!(problems.is_empty(), "{problems:#?}");
}
