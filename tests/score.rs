//! The mutation score: edits that break isolation, and how many of them are caught.
//!
//! Usual slips are made in the samples and in generated networks, all of which are proven as they are: lists taken off, permits
//! widened, ports in other VLANs, members of a pair that differ (`score/edit.rs` has all kinds). An edit
//! breaks isolation if the reference semantics walks a packet outside the whitelist that surely arrives:
//! one of the packets that `common/truth.rs` samples, or the witness of a finding. It is caught if that
//! pair is violated; undecided is counted apart. No pair that is open is proven, and no violated pair has
//! a witness that does not arrive or is permitted.
//!
//! ```sh
//! SEKISHO_SCORE=300 cargo test --release --test score -- --nocapture
//! ```
//!
//! tries as many edits of every network, several generated ones among them, and a tenth as many of the city, and prints the table.
//! Without the variable a few edits of each kind are tried on the small ones.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    reason = "a failed test may panic, and shares modules with others"
)]

#[path = "score/edit.rs"]
mod edit;
#[path = "common/sample.rs"]
mod sample;
#[path = "common/truth.rs"]
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use edit::{Edit, Kind};
use rayon::prelude::*;
use sample::{AS_OF, BRANCH, Case, Run, Sample, TOWN};
use sekisho::policy::Date;
use sekisho::proof::{FindingKind, Verdict};
use sekisho_wan::plan::Sites;
use sekisho_wan::policy::Zoning;
use sekisho_wan::{Options, generate};

/// Edits of each network in a run of all tests.
const EDITS: usize = 22;
/// Share of the edits that break isolation which must be shown with a packet, in percent.
const TARGET: usize = 95;
const CITY: Sample = Sample { name: "city", policy: "samples/city/zones.toml" };

/// A generated network as a case.
fn generated(name: &str, options: &Options) -> Case {
    let network = generate(options);
    Case {
        name: name.to_owned(),
        files: network.files.into_iter().map(|f| (f.name, f.text)).collect(),
        policy: network.policy,
        as_of: Date::parse(AS_OF).unwrap(),
        expected: toml::Table::new(),
    }
}

fn networks(long: bool) -> Vec<Case> {
    let town = |seed, zoning| Options {
        devices: 11,
        seed,
        sites: Sites::Perturbed,
        zoning,
        rules: 3,
        ..Options::default()
    };
    let mut out = vec![BRANCH.base(), TOWN.base(), generated("wan of one town", &town(1, Zoning::Shared))];
    if long {
        let three = Options { devices: 30, ..town(2, Zoning::PerSite) };
        out.push(generated("wan of three towns", &three));
        out.push(generated("wan of another town", &town(5, Zoning::PerSite)));
        out.push(CITY.base());
    }
    out
}

/// Edits of a network, as many of each kind as can be, in an order that the seed determines.
fn chosen(case: &Case, count: usize) -> Vec<Edit> {
    let mut seed =
        case.name.bytes().fold(0x9e37_79b9_u64, |s, b| s.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut next = move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut by_kind: BTreeMap<Kind, Vec<(u64, Edit)>> = BTreeMap::new();
    for edit in edit::all(&case.files) {
        by_kind.entry(edit.kind).or_default().push((next(), edit));
    }
    let mut queues: Vec<Vec<(u64, Edit)>> = by_kind.into_values().collect();
    queues.iter_mut().for_each(|q| q.sort_by_key(|(n, _)| *n));
    let mut out = Vec::new();
    while out.len() < count && queues.iter().any(|q| !q.is_empty()) {
        out.extend(queues.iter_mut().filter_map(|q| q.pop().map(|(_, e)| e)));
    }
    out.truncate(count);
    out
}

/// What an edit led to.
#[derive(Default)]
struct Outcome {
    /// Pairs that the reference semantics shows open, with the verdict.
    broken: Vec<((String, String), Verdict)>,
    /// Whether the sampled packets alone show one of them.
    sampled: bool,
    /// Why there is no verdict.
    stopped: Option<String>,
    proven: bool,
    false_proven: Vec<String>,
    /// Proven pairs for which the reference semantics finds a possible way.
    differs: Vec<String>,
    false_violated: Vec<String>,
}

fn judge(case: &Case, dir: &Path) -> Result<Run, String> {
    case.write(dir);
    sample::load(dir, &case.policy).and_then(|loaded| loaded.judge(case.as_of)).map_err(|stop| stop.0)
}

fn outcome(case: &Case, edit: &Edit, dir: &Path) -> Outcome {
    let mut case = case.clone();
    let before = &case.files[&edit.file];
    let what = format!("{}: {}", case.name, edit.describe(before));
    let text = edit.apply(before);
    case.files.insert(edit.file.clone(), text);
    let run = match judge(&case, dir) {
        Ok(run) => run,
        Err(why) => return Outcome { stopped: Some(format!("{what}: {why}")), ..Outcome::default() },
    };
    let mut out = Outcome { proven: run.report.verdict == Verdict::Proven, ..Outcome::default() };
    let verdicts = run.verdicts();
    let mut broken: BTreeSet<(String, String)> = BTreeSet::new();
    for finding in run.report.findings.iter().filter(|f| f.verdict == Verdict::Violated) {
        let FindingKind::Open { .. } = finding.kind else { continue };
        let (Some(from), Some(to)) = (&finding.from, &finding.to) else { continue };
        let id = |name: &String| {
            let domains = &run.analysis.domains;
            domains.ids().find(|id| domains.get(*id).is_some_and(|d| d.id == *name)).unwrap()
        };
        match &finding.witness {
            Some(w) if w.replayed && !truth::permits(&run, id(from), id(to), &w.arrived) => {
                broken.insert((from.clone(), to.clone()));
            }
            _ => out.false_violated.push(format!("{what}: {from} -> {to}")),
        }
    }
    for (pair, opening) in truth::find(&run).open {
        if verdicts[&pair] == Verdict::Proven {
            let text = format!("{what}: {} -> {}: {opening}", pair.0, pair.1);
            if opening.sure { out.false_proven.push(text) } else { out.differs.push(text) }
        }
        if opening.sure {
            out.sampled = true;
            broken.insert(pair);
        }
    }
    out.broken = broken.into_iter().map(|pair| (pair.clone(), verdicts[&pair])).collect();
    out
}

/// Sums over some edits.
#[derive(Default)]
struct Sum {
    edits: usize,
    stopped: usize,
    breaking: usize,
    sampled: usize,
    shown: usize,
    undecided: usize,
    false_proven: usize,
    differs: usize,
    false_violated: usize,
}

impl Sum {
    fn of<'a>(all: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut sum = Self::default();
        for o in all {
            sum.edits += 1;
            sum.stopped += usize::from(o.stopped.is_some());
            sum.false_proven += o.false_proven.len();
            sum.differs += o.differs.len();
            sum.false_violated += o.false_violated.len();
            if o.broken.is_empty() {
                continue;
            }
            sum.breaking += 1;
            sum.sampled += usize::from(o.sampled);
            // All pairs that are open must be violated, so that one violation hides nothing else.
            let shown = o.broken.iter().all(|(_, v)| *v == Verdict::Violated);
            let proven = o.broken.iter().any(|(_, v)| *v == Verdict::Proven);
            sum.shown += usize::from(shown);
            sum.undecided += usize::from(!shown && !proven);
        }
        sum
    }

    fn print(&self, name: &str) {
        let share = (self.shown * 1000)
            .checked_div(self.breaking)
            .map_or_else(|| "-".to_owned(), |permille| format!("{}.{} %", permille / 10, permille % 10));
        println!(
            "{name:<26} {:>6} {:>8} {:>9} {:>8} {:>8} {:>10} {:>8} {:>13} {:>8} {:>15}",
            self.edits,
            self.stopped,
            self.breaking,
            self.sampled,
            self.shown,
            self.undecided,
            share,
            self.false_proven,
            self.differs,
            self.false_violated
        );
    }
}

/// Names of the columns.
fn head() {
    println!(
        "{:<26} {:>6} {:>8} {:>9} {:>8} {:>8} {:>10} {:>8} {:>13} {:>8} {:>15}",
        "network, then kind",
        "edits",
        "stopped",
        "breaking",
        "sampled",
        "violated",
        "undecided",
        "score",
        "false PROVEN",
        "differs",
        "false VIOLATED"
    );
}

#[test]
fn edits_that_break_isolation_are_caught() {
    let start = Instant::now();
    let wanted = std::env::var("SEKISHO_SCORE").ok().map(|n| n.parse::<usize>().unwrap());
    let cases = networks(wanted.is_some());
    let mut work: Vec<(&Case, Edit)> = Vec::new();
    for case in &cases {
        let dir = tempfile::tempdir().unwrap();
        let run = judge(case, dir.path()).unwrap_or_else(|why| panic!("{}: {why}", case.name));
        assert_eq!(run.report.verdict, Verdict::Proven, "{} as it is", case.name);
        // Walking all samples of the city takes long.
        let share = if case.name.starts_with(CITY.name) { 10 } else { 1 };
        let count = wanted.unwrap_or(EDITS).div_ceil(share);
        work.extend(chosen(case, count).into_iter().map(|edit| (case, edit)));
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    head();
    for case in &cases {
        let done: Vec<Outcome> = work
            .par_iter()
            .filter(|(c, _)| c.name == case.name)
            .map(|(case, edit)| outcome(case, edit, tempfile::tempdir().unwrap().path()))
            .collect();
        Sum::of(done.iter()).print(&case.name);
        outcomes.extend(done);
    }
    let all = || work.iter().zip(&outcomes);
    for kind in Kind::ALL {
        Sum::of(all().filter(|((_, e), _)| e.kind == kind).map(|(_, o)| o)).print(&format!("{kind:?}"));
    }
    let sum = Sum::of(outcomes.iter());
    sum.print("all");
    println!("{} s", start.elapsed().as_secs());
    for ((case, edit), outcome) in all() {
        let text = || format!("{}: {}", case.name, edit.describe(&case.files[&edit.file]));
        if outcome.broken.iter().any(|(_, v)| *v != Verdict::Violated) {
            println!("not violated: {}: {:?}", text(), outcome.broken);
        }
        outcome.differs.iter().for_each(|t| println!("proven, but possible by the reference semantics: {t}"));
        outcome.stopped.iter().for_each(|t| println!("stopped: {t}"));
    }
    let bad: Vec<&String> = outcomes.iter().flat_map(|o| &o.false_proven).collect();
    assert!(bad.is_empty(), "{} false PROVEN: {bad:#?}", bad.len());
    let bad: Vec<&String> = outcomes.iter().flat_map(|o| &o.false_violated).collect();
    assert!(bad.is_empty(), "{} false VIOLATED: {bad:#?}", bad.len());
    assert!(sum.breaking * 8 > sum.edits, "{} of {} edits break anything", sum.breaking, sum.edits);
    assert!(sum.shown * 100 >= sum.breaking * TARGET, "{} of {} are caught", sum.shown, sum.breaking);
}
