//! Broken exports of the samples: no line that is missing or garbled makes an open pair proven.
//!
//! Of every base and variant lines are deleted (the file as it then stands is the truth) and
//! garbled in several ways (the file as it was is the truth). What is truly open is found by sampled packets
//! and the reference semantics. Taken are a twenty-fourth of the lines of the branch office and of its variants a twelfth of those
//! beside the change and a few others; of the town and its variants fewer of both. Which ones depends on the lines alone.
//! `SEKISHO_MUTATIONS=all` in the environment takes all of them, `SEKISHO_MUTATIONS=town/base` all
//! of one network alone.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failed test may panic"
)]

#[path = "common/sample.rs"]
mod sample;
#[path = "common/truth.rs"]
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rayon::prelude::*;
use sample::{Case, Loaded, Sample, TOWN};
use sekisho::analysis::network_of;
use sekisho::policy::Date;
use sekisho::proof::Verdict;
use sekisho_model::{Coverage, Ledger};
use sha2::{Digest, Sha256};
use truth::Truth;

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// It is taken out of the file.
    Deleted,
    /// Two letters of its first word change places.
    Misspelt,
    /// A character of its longest word is lost.
    Lost,
    /// The rest of it is cut off.
    Cut,
    /// A digit of its first address becomes a letter.
    Letter,
    /// The blank after its first word is lost.
    Joined,
    /// It is broken in the middle, as by a narrow terminal.
    Wrapped,
    /// The line break behind it is lost.
    Glued,
    /// Its last word is lost.
    Short,
}

const GARBLED: [Kind; 8] = [
    Kind::Misspelt,
    Kind::Lost,
    Kind::Cut,
    Kind::Letter,
    Kind::Joined,
    Kind::Wrapped,
    Kind::Glued,
    Kind::Short,
];

/// A sample or a variant of one.
struct Network {
    case: Case,
    /// Texts of the sample's configs by file name.
    base: BTreeMap<String, String>,
    /// Of how many lines one is taken.
    stride: u32,
    /// Of how many lines that changed, or stand beside a change, one is taken.
    beside: u32,
}

impl Network {
    /// A sample and its variants.
    fn all(sample: Sample) -> Vec<Self> {
        let base = sample.base();
        let files = base.files.clone();
        // The town is larger and takes longer: fewer of its lines.
        let (every, rest, beside) = if sample == TOWN { (240, 20000, 64) } else { (24, 480, 12) };
        let mut out = vec![Self { base: files.clone(), case: base, stride: every, beside }];
        let variants = sample.variants().into_iter();
        out.extend(variants.map(|case| Self { base: files.clone(), case, stride: rest, beside }));
        out
    }

    /// Whether a line that is taken is also deleted.
    fn deletes(&self, file: &str, line: usize) -> bool {
        let hash = Sha256::digest(format!("{} {file}:{line}", self.case.name));
        !self.case.name.starts_with(TOWN.name) || hash[4] < 12
    }

    /// Whether a line is taken.
    fn takes(&self, file: &str, line: usize, changed: bool) -> bool {
        let hash = Sha256::digest(format!("{} {file}:{line}", self.case.name));
        let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        number.is_multiple_of(if changed { self.beside } else { self.stride })
    }
}

/// A broken network.
struct Mutant<'a> {
    case: &'a Case,
    file: &'a str,
    /// Line from 1.
    line: usize,
    kind: Kind,
    before: &'a str,
    /// The line now; `None` when it is gone.
    after: Option<String>,
}

impl Mutant<'_> {
    fn text(&self) -> String {
        let lines = self.case.files[self.file].lines().enumerate();
        let mut out = String::new();
        for (n, line) in lines {
            let line = if n + 1 == self.line { self.after.as_deref() } else { Some(line) };
            if let Some(line) = line {
                let end = if n + 1 == self.line && self.kind == Kind::Glued { ' ' } else { '\n' };
                write!(out, "{line}{end}").unwrap();
            }
        }
        out
    }

    fn describe(&self) -> String {
        let after = self.after.as_deref().unwrap_or("(deleted)");
        format!(
            "{} {}:{} {:?} `{}` -> `{after}`",
            self.case.name, self.file, self.line, self.kind, self.before
        )
    }
}

/// What one mutant gave.
#[derive(Default)]
struct Outcome {
    proven: usize,
    undecided: usize,
    violated: usize,
    /// Runs without a verdict, and why.
    stopped: Vec<String>,
    open: usize,
    /// Of a deleted line that opened a pair which was closed: the verdict of the pair.
    broke: Vec<Verdict>,
    /// Open pairs that are called proven, in words.
    false_proven: Vec<String>,
    /// Pairs that are called proven although the reference semantics finds a possible way.
    differs: Vec<String>,
    /// Pairs that are called violated although the whole file proves them.
    false_violated: Vec<String>,
    /// The same where the garbled line is a good line of another meaning.
    other_meaning: Vec<String>,
}

#[test]
fn no_broken_line_of_the_branch_proves_an_open_pair() {
    broken(sample::BRANCH);
}

#[test]
fn no_broken_line_of_the_town_proves_an_open_pair() {
    broken(TOWN);
}

/// Mutants of a sample and its variants.
fn broken(sample: Sample) {
    let wanted = std::env::var("SEKISHO_MUTATIONS").ok();
    let all = wanted.is_some();
    let mut networks = Network::all(sample);
    networks.retain(|n| wanted.as_deref().is_none_or(|w| w == "all" || w == n.case.name));
    no_false_verdict(&networks, all);
}

/// A FortiGate between five networks: some pairs are proven, some open.
#[test]
fn no_broken_line_of_a_fortigate_proves_an_open_pair() {
    alone("fortigate");
}

/// Two routers and a FortiGate between them, that nothing but subnets joins: the way is open.
#[test]
fn no_broken_line_between_routers_without_cables_proves_an_open_pair() {
    alone("between");
}

/// Mutants of a network of `tests/data`: of a sixth of its lines, or of all.
fn alone(name: &str) {
    let dir = sample::root().join("tests/data").join(name);
    let case = Case {
        name: name.to_owned(),
        files: sample::configs(&dir),
        policy: fs::read_to_string(dir.join("zones.toml")).unwrap(),
        as_of: Date::parse("2026-12-01").unwrap(),
        expected: toml::Table::new(),
    };
    let stride = if std::env::var_os("SEKISHO_MUTATIONS").is_some() { 1 } else { 6 };
    no_false_verdict(&[Network { base: case.files.clone(), case, stride, beside: stride }], true);
}

/// Judges every mutant of the networks.
fn no_false_verdict(networks: &[Network], all: bool) {
    let start = Instant::now();
    let known = Known::default();
    let whole: BTreeMap<&str, Arc<Judged>> =
        networks.par_iter().map(|n| (n.case.name.as_str(), whole(&n.case, &known))).collect();
    println!("{} networks as they are: {} s", networks.len(), start.elapsed().as_secs());
    let mutants: Vec<Mutant<'_>> = networks.iter().flat_map(|network| mutants(network, all)).collect();
    println!("{} mutants", mutants.len());
    let outcomes: Vec<(&Mutant<'_>, Outcome)> = mutants
        .par_iter()
        .map_init(
            || tempfile::tempdir().unwrap(),
            |dir, mutant| (mutant, judge(mutant, &whole[mutant.case.name.as_str()], dir.path(), &known)),
        )
        .collect();
    report(networks, &outcomes);
    let different = known.judged.lock().unwrap().len();
    let seconds = |of: &AtomicU64| of.load(Ordering::Relaxed) / 1_000_000;
    println!(
        "{} mutants, {different} different networks, {} s (over all threads: {} s proving, {} s walking)",
        outcomes.len(),
        start.elapsed().as_secs(),
        seconds(&known.proving),
        seconds(&known.walking)
    );
    let bad: Vec<&String> = outcomes.iter().flat_map(|(_, o)| &o.false_proven).collect();
    let wrong: Vec<&String> = outcomes.iter().flat_map(|(_, o)| &o.false_violated).collect();
    assert!(bad.is_empty(), "{} false PROVEN:\n{}", bad.len(), join(&bad));
    assert!(wrong.is_empty(), "{} false VIOLATED:\n{}", wrong.len(), join(&wrong));
}

fn join(lines: &[&String]) -> String {
    lines.iter().map(|l| format!("  {l}\n")).collect()
}

/// What is said about a network, and what is true if every line of it is.
struct Judged {
    /// Or why the run stops.
    verdict: Result<Verdict, String>,
    verdicts: BTreeMap<(String, String), Verdict>,
    /// Only where it was asked for.
    truth: Option<Truth>,
}

/// Networks that were judged already, by everything that a verdict depends on.
#[derive(Default)]
struct Known {
    judged: Mutex<BTreeMap<[u8; 32], Arc<Judged>>>,
    /// Microseconds over all threads.
    proving: AtomicU64,
    walking: AtomicU64,
}

impl Known {
    fn judge(&self, loaded: Loaded, case: &Case, with_truth: bool) -> Arc<Judged> {
        let key = key(&loaded, case);
        let known = self.judged.lock().unwrap().get(&key).cloned();
        if let Some(judged) = known.filter(|j| !with_truth || j.truth.is_some()) {
            return judged;
        }
        let start = Instant::now();
        let run = loaded.judge(case.as_of);
        add(&self.proving, start);
        let start = Instant::now();
        let judged = match run {
            Ok(run) => Judged {
                verdict: Ok(run.report.verdict),
                verdicts: run.verdicts(),
                truth: with_truth.then(|| truth::find(&run)),
            },
            Err(stop) => {
                Judged { verdict: Err(stop.0), verdicts: BTreeMap::new(), truth: Some(Truth::default()) }
            }
        };
        add(&self.walking, start);
        let judged = Arc::new(judged);
        self.judged.lock().unwrap().insert(key, judged.clone());
        judged
    }
}

fn add(sum: &AtomicU64, start: Instant) {
    sum.fetch_add(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// A fingerprint of everything but the numbers of the lines.
fn key(loaded: &Loaded, case: &Case) -> [u8; 32] {
    let snapshot = &loaded.snapshot;
    let network = network_of(&snapshot.devices, Some(&loaded.policy), &snapshot.sources);
    let vlans: Vec<&Vec<u16>> = snapshot.devices.iter().map(|d| &d.vlans).collect();
    let rest = (vlans, &snapshot.unread, &snapshot.incomplete, &case.policy, case.as_of);
    let text = format!("{rest:?}\n{}", serde_json::to_string(&network).unwrap());
    let text = text.replace(".conf:", ".cfg:");
    let mut parts = text.split(".cfg:");
    let mut hash = Sha256::new();
    hash.update(parts.next().unwrap_or_default());
    for part in parts {
        hash.update(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    hash.finalize().into()
}

/// A network as it is.
fn whole(case: &Case, known: &Known) -> Arc<Judged> {
    let dir = tempfile::tempdir().unwrap();
    case.write(dir.path());
    let judged = known.judge(sample::load(dir.path(), &case.policy).unwrap(), case, true);
    for (pair, opening) in &judged.truth.as_ref().unwrap().open {
        assert_ne!(judged.verdicts[pair], Verdict::Proven, "{}: {pair:?} is open: {opening}", case.name);
    }
    judged
}

/// Mutants of a network: of the lines that are taken, and of those that make or may make the variant.
fn mutants(network: &Network, all: bool) -> Vec<Mutant<'_>> {
    let case = &network.case;
    let mut out = Vec::new();
    for (file, text) in &case.files {
        let changed = changed_lines(&network.base[file], text);
        for (n, before) in text.lines().enumerate() {
            let line = n + 1;
            let taken = all || network.takes(file, line, changed.contains(&n));
            if !taken || before.trim().is_empty() || before.trim() == "!" {
                continue;
            }
            // What is true of a file without the line has to be walked, which takes long in the town.
            if all || network.deletes(file, line) {
                out.push(Mutant { case, file, line, kind: Kind::Deleted, before, after: None });
            }
            // The last two kinds are dear and rarely tell anything new: of the changed lines only.
            let kinds = if all || changed.contains(&n) { &GARBLED[..] } else { &GARBLED[..4] };
            for &kind in kinds {
                if let Some(after) = garble(before, kind).filter(|a| a != before) {
                    out.push(Mutant { case, file, line, kind, before, after: Some(after) });
                }
            }
        }
    }
    out
}

/// The lines (from 0) of the second text that are not in the first, or stand where one is missing, and two
/// more on both sides.
fn changed_lines(before: &str, after: &str) -> BTreeSet<usize> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // Length of the longest common subsequence of the rests that start at both indices.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let mut out = BTreeSet::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        out.extend(j.saturating_sub(2)..=j + 2);
        if j < new.len() && (i == old.len() || common[i][j + 1] >= common[i + 1][j]) {
            j += 1;
        } else {
            i += 1;
        }
    }
    out
}

/// A damaged line; `None` when the kind does not apply to it.
fn garble(line: &str, kind: Kind) -> Option<String> {
    let indent = line.len() - line.trim_start().len();
    let (blanks, text) = line.split_at(indent);
    match kind {
        Kind::Deleted => None,
        Kind::Misspelt => {
            let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
            let mut letters: Vec<char> = first.chars().collect();
            let at = (0..letters.len().saturating_sub(1)).rev().find(|&i| letters[i] != letters[i + 1])?;
            letters.swap(at, at + 1);
            let first: String = letters.into_iter().collect();
            let gap = if rest.is_empty() { "" } else { " " };
            Some(format!("{blanks}{first}{gap}{rest}"))
        }
        Kind::Lost => {
            let words: Vec<&str> = text.split(' ').collect();
            let letters = |w: &str| w.len() > 1 && w.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
            let longest = words.iter().filter(|w| letters(w)).max_by_key(|w| w.len())?;
            let at = longest.len() / 2;
            let damaged = format!("{}{}", &longest[..at], &longest[at + 1..]);
            Some(format!("{blanks}{}", text.replacen(longest, &damaged, 1)))
        }
        Kind::Cut => {
            let at = (text.len() * 3 / 5).max(1);
            text.is_char_boundary(at).then(|| format!("{blanks}{}", text[..at].trim_end()))
        }
        Kind::Joined => text.contains(' ').then(|| format!("{blanks}{}", text.replacen(' ', "", 1))),
        Kind::Wrapped => {
            let blanks_at: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
            let at = *blanks_at.get(blanks_at.len() / 2)?;
            Some(format!("{blanks}{}\n{}", &text[..at], &text[at + 1..]))
        }
        Kind::Glued => Some(line.to_owned()),
        Kind::Short => text.rsplit_once(' ').map(|(rest, _)| format!("{blanks}{rest}")),
        Kind::Letter => {
            let word = text.split(' ').find(|w| is_address(w))?;
            let at = word.rfind(|c: char| c.is_ascii_digit())?;
            let damaged = format!("{}o{}", &word[..at], &word[at + 1..]);
            Some(format!("{blanks}{}", text.replacen(word, &damaged, 1)))
        }
    }
}

fn is_address(word: &str) -> bool {
    let addr = word.split_once('/').map_or(word, |(a, _)| a);
    addr.parse::<std::net::IpAddr>().is_ok()
}

fn judge(mutant: &Mutant<'_>, whole: &Judged, dir: &std::path::Path, known: &Known) -> Outcome {
    mutant.case.write(dir);
    fs::write(dir.join(mutant.file), mutant.text()).unwrap();
    let mut outcome = Outcome::default();
    let loaded = sample::load(dir, &mutant.case.policy).unwrap_or_else(|stop| panic!("{}", stop.0));
    let snapshot = &loaded.snapshot;
    let ledger = snapshot.ledgers.iter().find(|l| snapshot.sources.path(l.file) == mutant.file);
    let lines = mutant.line..mutant.line + mutant.after.as_ref().map_or(1, |a| a.lines().count());
    let states = |l: &Ledger| lines.filter_map(|n| Some(l.get(u32::try_from(n).ok()?)?.state)).max();
    let state = ledger.and_then(states);
    let deleted = mutant.kind == Kind::Deleted;
    let judged = known.judge(loaded, mutant.case, deleted);
    match &judged.verdict {
        Ok(Verdict::Proven) => outcome.proven = 1,
        Ok(Verdict::Undecided) => outcome.undecided = 1,
        Ok(Verdict::Violated) => outcome.violated = 1,
        Err(why) => outcome.stopped.push(format!("{}: {why}", mutant.describe())),
    }
    let truth = if deleted { &judged.truth } else { &whole.truth };
    let open = &truth.as_ref().unwrap().open;
    outcome.open = open.values().filter(|o| o.sure).count();
    let closed_before = |pair| whole.truth.as_ref().is_some_and(|t| !t.open.contains_key(pair));
    if deleted {
        let broken = open.iter().filter(|(pair, o)| o.sure && closed_before(*pair));
        outcome.broke.extend(broken.filter_map(|(pair, _)| judged.verdicts.get(pair).copied()));
    }
    // A garbled line may be a good line of another meaning; nobody can tell.
    let understood = !deleted && state == Some(Coverage::Modeled);
    for (pair, &verdict) in &judged.verdicts {
        let was = whole.verdicts.get(pair).copied().filter(|_| !deleted);
        let why = match (verdict, open.get(pair), was) {
            (Verdict::Proven, Some(opening), _) if opening.sure => format!("proven and open: {opening}"),
            (Verdict::Proven, Some(opening), _) => format!("proven and perhaps open: {opening}"),
            (Verdict::Proven, None, Some(was)) if was != Verdict::Proven => {
                format!("proven, was {}", was.word())
            }
            (Verdict::Violated, _, Some(Verdict::Proven)) => "violated, was proven".to_owned(),
            _ => continue,
        };
        let state = state.map_or("in no ledger", Coverage::word);
        let text = format!("{} ({state}): {} -> {} {why}", mutant.describe(), pair.0, pair.1);
        let perhaps = open.get(pair).is_some_and(|o| !o.sure);
        match verdict {
            _ if understood => outcome.other_meaning.push(text),
            Verdict::Proven if perhaps => outcome.differs.push(text),
            Verdict::Proven => outcome.false_proven.push(text),
            _ => outcome.false_violated.push(text),
        }
    }
    outcome
}

fn report(networks: &[Network], outcomes: &[(&Mutant<'_>, Outcome)]) {
    println!(
        "{:<42} {:>7} {:>7} {:>9} {:>8} {:>7} {:>10} {:>12} {:>14} {:>13} {:>8}",
        "network",
        "mutants",
        "proven",
        "undecided",
        "violated",
        "stopped",
        "open pairs",
        "false PROVEN",
        "false VIOLATED",
        "other meaning",
        "differs"
    );
    let line = |name: &str, of: &[&Outcome]| {
        let sum = |f: &dyn Fn(&Outcome) -> usize| of.iter().map(|o| f(o)).sum::<usize>();
        println!(
            "{name:<42} {:>7} {:>7} {:>9} {:>8} {:>7} {:>10} {:>12} {:>14} {:>13} {:>8}",
            of.len(),
            sum(&|o| o.proven),
            sum(&|o| o.undecided),
            sum(&|o| o.violated),
            sum(&|o| o.stopped.len()),
            sum(&|o| o.open),
            sum(&|o| o.false_proven.len()),
            sum(&|o| o.false_violated.len()),
            sum(&|o| o.other_meaning.len()),
            sum(&|o| o.differs.len()),
        );
    };
    for Network { case, .. } in networks {
        let of: Vec<&Outcome> =
            outcomes.iter().filter(|(m, _)| m.case.name == case.name).map(|(_, o)| o).collect();
        line(&case.name, &of);
    }
    for kind in [Kind::Deleted].into_iter().chain(GARBLED) {
        let of: Vec<&Outcome> = outcomes.iter().filter(|(m, _)| m.kind == kind).map(|(_, o)| o).collect();
        line(&format!("{kind:?}"), &of);
    }
    let of: Vec<&Outcome> = outcomes.iter().map(|(_, o)| o).collect();
    line("all", &of);
    score(&of);
    list("stopped", of.iter().flat_map(|o| &o.stopped));
    let other = "judged by a garbled line that is a good line of another meaning";
    list(other, of.iter().flat_map(|o| &o.other_meaning));
    list("proven, but possible by the reference semantics", of.iter().flat_map(|o| &o.differs));
}

/// How many edits that break isolation are caught: a deleted line that opens a pair which was closed.
fn score(of: &[&Outcome]) {
    let breaking: Vec<&&Outcome> = of.iter().filter(|o| !o.broke.is_empty()).collect();
    let has = |o: &&&Outcome, verdict| o.broke.contains(&verdict);
    let caught = breaking.iter().filter(|o| !has(o, Verdict::Proven)).count();
    let shown = breaking.iter().filter(|o| has(o, Verdict::Violated)).count();
    println!(
        "mutation score: {caught} of {} edits that break isolation are caught, {shown} of them with a packet",
        breaking.len()
    );
}

fn list<'a>(title: &str, lines: impl Iterator<Item = &'a String>) {
    let lines: Vec<&String> = lines.collect();
    if !lines.is_empty() {
        println!("{title}:\n{}", join(&lines));
    }
}
