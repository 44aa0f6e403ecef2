//! Generated municipal networks: the intact one is proven, every mistake is found at the pair it opens.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "a failed test may panic, and shares a module with others"
)]

#[path = "common/sample.rs"]
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use sample::{AS_OF, Run, load};
use sekisho::policy::Date;
use sekisho::proof::Verdict;
use sekisho_model::{Coverage, Ledger};
use sekisho_wan::fault::Kind;
use sekisho_wan::plan::Sites;
use sekisho_wan::policy::Zoning;
use sekisho_wan::{Network, Options, generate};

/// Two towns and a city, or six towns.
const DEVICES: usize = 50;

fn judge(network: &Network) -> Run {
    let directory = tempfile::tempdir().unwrap();
    for file in &network.files {
        fs::write(directory.path().join(&file.name), &file.text).unwrap();
    }
    load(directory.path(), &network.policy).unwrap().judge(Date::parse(AS_OF).unwrap()).unwrap()
}

/// Pairs that are not proven.
fn open(run: &Run) -> BTreeMap<(String, String), Verdict> {
    run.verdicts().into_iter().filter(|(_, v)| *v != Verdict::Proven).collect()
}

fn every_form() -> Vec<Options> {
    let mut out = Vec::new();
    for sites in [Sites::Identical, Sites::Perturbed] {
        for zoning in [Zoning::Shared, Zoning::PerSite] {
            out.push(Options { devices: DEVICES, seed: 7, sites, zoning, rules: 5, ..Options::default() });
        }
    }
    out
}

#[test]
fn the_intact_network_is_proven() {
    for options in every_form() {
        let network = generate(&options);
        let run = judge(&network);
        assert_eq!(run.report.verdict, Verdict::Proven, "{options:?}: {:?}", open(&run));
        let unread = |l: &Ledger| l.count(Coverage::Unsupported) + l.count(Coverage::Unrecognized);
        let bad: usize = run.snapshot.ledgers.iter().map(unread).sum();
        assert_eq!(bad, 0, "{options:?}: lines that are not understood");
    }
}

#[test]
fn every_mistake_is_found_at_its_pair() {
    for options in every_form() {
        for kind in Kind::ALL {
            let network = generate(&Options { faults: 1, kinds: vec![kind], ..options.clone() });
            let [fault] = network.faults.as_slice() else { panic!("one mistake was asked for") };
            let run = judge(&network);
            let pair = network.pair(fault);
            let open = open(&run);
            assert_eq!(open.get(&pair), Some(&Verdict::Violated), "{options:?} {fault:?}: {open:?}");
            let hops = run.report.findings.iter().filter_map(|f| f.witness.as_ref()).flat_map(|w| &w.hops);
            let lines = run.report.findings.iter().flat_map(|f| &f.locations).map(|l| l.file.clone());
            let files: BTreeSet<String> = lines.chain(hops.map(|h| h.device.clone())).collect();
            assert!(files.iter().any(|f| f.starts_with(&fault.device)), "{fault:?}: {files:?}");
        }
    }
}

#[test]
fn a_city_is_proven_and_its_mistakes_are_found() {
    let options = Options { devices: 290, seed: 3, sites: Sites::Perturbed, ..Options::default() };
    let network = generate(&options);
    assert!(network.sites.iter().any(|s| s.city));
    let run = judge(&network);
    assert_eq!(run.report.verdict, Verdict::Proven, "{:?}", open(&run));
}

#[test]
fn a_seed_gives_one_network() {
    let options =
        Options { devices: 60, sites: Sites::Perturbed, rules: 10, faults: 2, ..Options::default() };
    let (a, b) = (generate(&options), generate(&options));
    assert_eq!((&a.files, &a.policy), (&b.files, &b.policy));
    let other = generate(&Options { seed: 2, ..options });
    assert_ne!(a.files, other.files);
}
