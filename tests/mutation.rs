//! Broken exports of the sample branch office: no line that is missing or garbled makes an open pair proven.
//!
//! Of the base and of every variant each line is deleted (the file as it then stands is the truth) and
//! garbled in four ways (the file as it was is the truth). What is truly open is found by sampled packets
//! and the reference semantics. All lines of the base are taken; of the variants those beside the change
//! and every few others; all of them with `SEKISHO_MUTATIONS=all` in the environment.

#[path = "common/branch.rs"]
mod branch;
#[path = "common/truth.rs"]
mod truth;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Mutex;
use std::time::Instant;

use branch::Case;
use rayon::prelude::*;
use sekisho::proof::Verdict;
use sekisho_model::Coverage;
use truth::{Opening, Truth, Truths};

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
}

const GARBLED: [Kind; 4] = [Kind::Misspelt, Kind::Lost, Kind::Cut, Kind::Letter];

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
                writeln!(out, "{line}").unwrap();
            }
        }
        out
    }

    fn describe(&self) -> String {
        let after = self.after.as_deref().unwrap_or("(deleted)");
        format!("{} {}:{} {:?} `{}` -> `{after}`", self.case.name, self.file, self.line, self.kind, self.before)
    }
}

/// What one mutant gave.
#[derive(Default)]
struct Outcome {
    proven: usize,
    undecided: usize,
    violated: usize,
    stopped: usize,
    open: usize,
    /// Open pairs that are called proven, in words.
    false_proven: Vec<String>,
    /// The same where the garbled line is a good line of another meaning.
    other_meaning: Vec<String>,
}

#[test]
fn no_broken_line_proves_an_open_pair() {
    let start = Instant::now();
    let base = branch::base();
    let mut cases = vec![base.clone()];
    cases.extend(branch::variants());
    let all = std::env::var("SEKISHO_MUTATIONS").is_ok_and(|v| v == "all");
    let truths = Truths::default();
    let known: BTreeMap<&str, (std::sync::Arc<Truth>, Verdicts)> =
        cases.par_iter().map(|case| (case.name.as_str(), whole(case, &truths))).collect();
    let mutants: Vec<Mutant<'_>> = cases.iter().flat_map(|case| mutants(case, &base, all)).collect();
    let done = Mutex::new(0_usize);
    let outcomes: Vec<(&Mutant<'_>, Outcome)> = mutants
        .par_iter()
        .map_init(
            || tempfile::tempdir().unwrap(),
            |dir, mutant| {
                let (truth, before) = &known[mutant.case.name.as_str()];
                let outcome = judge(mutant, truth, before, dir.path(), &truths);
                *done.lock().unwrap() += 1;
                (mutant, outcome)
            },
        )
        .collect();
    report(&cases, &outcomes);
    let bad: Vec<&String> = outcomes.iter().flat_map(|(_, o)| &o.false_proven).collect();
    println!("{} mutants in {:.1} s", outcomes.len(), start.elapsed().as_secs_f32());
    assert_eq!(outcomes.len(), *done.lock().unwrap());
    assert!(bad.is_empty(), "{} false PROVEN:\n{}", bad.len(), join(&bad));
}

fn join(lines: &[&String]) -> String {
    lines.iter().map(|l| format!("  {l}\n")).collect()
}

type Verdicts = BTreeMap<(String, String), Verdict>;

/// What is open in a network as it is, and what is said about it.
fn whole(case: &Case, truths: &Truths) -> (std::sync::Arc<Truth>, Verdicts) {
    let dir = tempfile::tempdir().unwrap();
    case.write(dir.path());
    let run = branch::run(dir.path(), &case.policy).unwrap();
    let truth = truths.of(&run, &case.policy);
    let verdicts = run.verdicts();
    for (pair, opening) in &truth.open {
        let verdict = verdicts[pair];
        assert_ne!(verdict, Verdict::Proven, "{}: {pair:?} is open: {opening}", case.name);
    }
    (truth, verdicts)
}

/// Mutants of a network: of every line of the base, and of the lines that make or may make the variant.
fn mutants<'a>(case: &'a Case, base: &'a Case, all: bool) -> Vec<Mutant<'a>> {
    /// Lines of a variant between two that are taken.
    const STRIDE: usize = 11;
    let mut out = Vec::new();
    for (file, text) in &case.files {
        let original = &base.files[file];
        let changed = changed_lines(original, text);
        for (n, before) in text.lines().enumerate() {
            let near = changed.is_some_and(|(lo, hi)| lo <= n && n <= hi);
            let taken = all || case.name == "base" || near || (n * 7 + case.name.len()) % STRIDE == 0;
            if !taken || before.trim().is_empty() || before.trim() == "!" {
                continue;
            }
            let line = n + 1;
            out.push(Mutant { case, file, line, kind: Kind::Deleted, before, after: None });
            for kind in GARBLED {
                if let Some(after) = garble(before, kind).filter(|a| a != before) {
                    out.push(Mutant { case, file, line, kind, before, after: Some(after) });
                }
            }
        }
    }
    out
}

/// The lines (from 0) between the common head and the common tail of two texts, and three more on both sides.
fn changed_lines(before: &str, after: &str) -> Option<(usize, usize)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if old == new {
        return None;
    }
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    Some((head.saturating_sub(3), (new.len().saturating_sub(tail) + 2).max(head + 2)))
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

fn judge(
    mutant: &Mutant<'_>,
    truth: &Truth,
    before: &Verdicts,
    dir: &std::path::Path,
    truths: &Truths,
) -> Outcome {
    mutant.case.write(dir);
    fs::write(dir.join(mutant.file), mutant.text()).unwrap();
    let mut outcome = Outcome::default();
    let Ok(run) = branch::run(dir, &mutant.case.policy) else {
        outcome.stopped = 1;
        return outcome;
    };
    match run.report.verdict {
        Verdict::Proven => outcome.proven = 1,
        Verdict::Undecided => outcome.undecided = 1,
        Verdict::Violated => outcome.violated = 1,
    }
    let own = (mutant.kind == Kind::Deleted).then(|| truths.of(&run, &mutant.case.policy));
    let open = &own.as_deref().unwrap_or(truth).open;
    outcome.open = open.values().filter(|o| o.sure).count();
    let ledger = run.snapshot.ledgers.iter().find(|l| run.snapshot.sources.path(l.file) == mutant.file);
    let state = ledger.and_then(|l| l.get(u32::try_from(mutant.line).unwrap())).map(|s| s.state);
    let understood = mutant.kind != Kind::Deleted && state == Some(Coverage::Modeled);
    let verdicts = run.verdicts();
    for (pair, verdict) in verdicts.iter().filter(|(_, v)| **v == Verdict::Proven) {
        let opening = open.get(pair);
        let was = before.get(pair).filter(|v| mutant.kind != Kind::Deleted && **v != Verdict::Proven);
        if opening.is_none() && was.is_none() {
            continue;
        }
        let why = match (opening, was) {
            (Some(Opening { sure: true, .. }), _) => format!("open: {}", opening.unwrap()),
            (Some(opening), _) => format!("perhaps open: {opening}"),
            (None, was) => format!("was {}", was.map_or("", |v| v.word())),
        };
        let text = format!(
            "{} ({}): {} -> {} is {}, {why}",
            mutant.describe(),
            state.map_or("not in a ledger", Coverage::word),
            pair.0,
            pair.1,
            verdict.word()
        );
        if understood { &mut outcome.other_meaning } else { &mut outcome.false_proven }.push(text);
    }
    outcome
}

fn report(cases: &[Case], outcomes: &[(&Mutant<'_>, Outcome)]) {
    println!(
        "{:<28} {:>7} {:>7} {:>9} {:>8} {:>7} {:>10} {:>12} {:>13}",
        "network", "mutants", "proven", "undecided", "violated", "stopped", "open pairs", "false PROVEN", "other meaning"
    );
    let line = |name: &str, of: &[&Outcome]| {
        let sum = |f: &dyn Fn(&Outcome) -> usize| of.iter().map(|o| f(o)).sum::<usize>();
        println!(
            "{name:<28} {:>7} {:>7} {:>9} {:>8} {:>7} {:>10} {:>12} {:>13}",
            of.len(),
            sum(&|o| o.proven),
            sum(&|o| o.undecided),
            sum(&|o| o.violated),
            sum(&|o| o.stopped),
            sum(&|o| o.open),
            sum(&|o| o.false_proven.len()),
            sum(&|o| o.other_meaning.len()),
        );
    };
    for case in cases {
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
    let other: Vec<&String> = of.iter().flat_map(|o| &o.other_meaning).collect();
    if !other.is_empty() {
        println!("proven because the garbled line is a good line of another meaning:\n{}", join(&other));
    }
}
