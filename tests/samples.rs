//! The samples: proven as they are, and broken by each of the usual mistakes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test may panic")]

#[path = "common/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sample::{Case, Run, SAMPLES};
use sekisho::proof::{Cabling, FindingKind, Verdict};
use sekisho_model::Coverage;
use serde::Deserialize;

/// What a variant must give: `expected.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The mistake in one sentence.
    about: String,
    /// Verdict of the whole run.
    verdict: String,
    /// Day on which it is evaluated, if the day matters.
    as_of: Option<String>,
    /// A code that some finding with this verdict must have.
    code: Option<String>,
    /// Verdicts of single pairs.
    pairs: Vec<ExpectedPair>,
    /// Lines that the findings must name.
    lines: Vec<Line>,
    /// Words that the findings must name: hosts, zones, ids of flows.
    #[serde(default)]
    words: Vec<String>,
    /// Lines that they should name and do not yet.
    #[serde(default)]
    wanted: Vec<Line>,
}

/// An ordered pair and its verdict.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedPair {
    /// Source.
    from: String,
    /// Target.
    to: String,
    /// `proven`, `undecided` or `violated`.
    verdict: String,
}

/// A line of a config or of the policy, without the blanks around it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// File name.
    file: String,
    /// Its text.
    text: String,
}

fn judge(case: &Case) -> Run {
    let dir = tempfile::tempdir().unwrap();
    case.write(dir.path());
    let run = sample::load(dir.path(), &case.policy).and_then(|loaded| loaded.judge(case.as_of));
    run.unwrap_or_else(|stop| panic!("{}: {}", case.name, stop.0))
}

/// Lines of the configs that are not understood to the last word.
fn unread(run: &Run) -> Vec<String> {
    let mut out = Vec::new();
    for ledger in &run.snapshot.ledgers {
        let source = run.snapshot.sources.get(ledger.file).unwrap();
        for (line, state) in ledger.iter() {
            let state = state.map_or(Coverage::Unrecognized, |s| s.state);
            if !matches!(state, Coverage::Modeled | Coverage::Ignored) {
                out.push(format!("{}:{line} {}: {}", source.path(), state.word(), source.line_text(line)));
            }
        }
    }
    out
}

/// Pairs that are not proven and the findings, for a failure's message.
fn describe(run: &Run) -> String {
    let mut out = format!("as of {}\n", run.as_of);
    for ((from, to), verdict) in run.verdicts().iter().filter(|(_, v)| **v != Verdict::Proven) {
        writeln!(out, "  {from} -> {to}: {}", verdict.word()).unwrap();
    }
    for finding in &run.report.findings {
        let ends = (finding.from.as_deref().unwrap_or("-"), finding.to.as_deref().unwrap_or("-"));
        writeln!(out, "  {} {} {} -> {}", finding.verdict.word(), finding.kind.code().0, ends.0, ends.1)
            .unwrap();
        for place in &finding.locations {
            writeln!(out, "    {}:{} {}", place.file, place.line, place.note).unwrap();
        }
        for reason in &finding.reasons {
            writeln!(out, "    because {}", reason.text).unwrap();
        }
        if let Some(witness) = &finding.witness {
            writeln!(out, "    witness {}, replayed {}", witness.sent, witness.replayed).unwrap();
        }
    }
    out
}

#[test]
fn the_bases_are_proven() {
    for sample in SAMPLES {
        let run = judge(&sample.base());
        assert_eq!(unread(&run), Vec::<String>::new());
        assert!(run.snapshot.diagnostics.is_empty(), "{:?}", run.snapshot.diagnostics);
        assert_eq!(run.report.verdict, Verdict::Proven, "{}\n{}", sample.name, describe(&run));
        let ends = run.policy.zones.len() + run.policy.externals.len();
        assert_eq!(run.report.pairs.len(), ends * (ends - 1), "nobody but the declared zones and externals");
        let unused =
            |kind: &FindingKind| matches!(kind, FindingKind::Unused { .. } | FindingKind::ModelDisconnected);
        assert!(!run.report.findings.iter().any(|f| unused(&f.kind)), "\n{}", describe(&run));
        let assumed: Vec<&str> = run.report.assumptions.iter().map(|(id, _)| id.as_str()).collect();
        for unwelcome in ["complete-export", "source-route", "exported-routes"] {
            assert!(!assumed.contains(&unwelcome), "{assumed:?}");
        }
        assert!(run.report.pairs.iter().all(|p| p.assurance.cabling == Cabling::Declared));
        println!("{}: assumptions: {}", sample.name, assumed.join(", "));
    }
}

#[test]
fn each_variant_is_found() {
    let mut table: Vec<(String, String, String)> = Vec::new();
    let mut wrong = String::new();
    let mut unnamed: Vec<String> = Vec::new();
    for sample in SAMPLES {
        let base = sample.base();
        let variants = sample.variants();
        assert!(variants.len() >= 10);
        for case in variants {
            let expected: Expected = case.expected.clone().try_into().unwrap();
            let run = judge(&case);
            let mut bad = problems(&run, &expected);
            bad.extend(drift(&base, &case));
            if !bad.is_empty() {
                let bad: String = bad.iter().map(|b| format!("  {b}\n")).collect();
                writeln!(wrong, "{}:\n{bad}{}", case.name, describe(&run)).unwrap();
            }
            let named = named(&run, &expected.verdict);
            let known = |l: &&Line| named.contains(&(l.file.as_str(), l.text.as_str()));
            let missing = expected.wanted.iter().filter(|l| !known(l));
            unnamed.extend(missing.map(|l| format!("{}: `{}` of {}", case.name, l.text, l.file)));
            table.push((case.name.clone(), run.report.verdict.word().to_owned(), expected.about));
        }
    }
    println!("{:<42} {:<10} about", "variant", "verdict");
    for (name, verdict, about) in &table {
        println!("{name:<42} {verdict:<10} {about}");
    }
    unnamed.iter().for_each(|line| println!("no finding names yet: {line}"));
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What is not as expected.
fn problems(run: &Run, expected: &Expected) -> Vec<String> {
    let mut out = Vec::new();
    if run.report.verdict.word() != expected.verdict {
        out.push(format!("the run is {} and not {}", run.report.verdict.word(), expected.verdict));
    }
    let verdicts = run.verdicts();
    for pair in &expected.pairs {
        let verdict = verdicts.get(&(pair.from.clone(), pair.to.clone()));
        let word = verdict.map_or("missing", |v| v.word());
        if word != pair.verdict {
            out.push(format!("{} -> {} is {word} and not {}", pair.from, pair.to, pair.verdict));
        }
    }
    if run.report.disagreement {
        out.push("the reference semantics disagrees".to_owned());
    }
    let telling = run.report.findings.iter().filter(|f| f.verdict.word() == expected.verdict);
    if let Some(code) = &expected.code
        && !telling.clone().any(|f| f.kind.code().0 == code)
    {
        out.push(format!("no finding {code}"));
    }
    for finding in run.report.findings.iter().filter(|f| f.verdict == Verdict::Violated) {
        let witness = matches!(finding.kind, FindingKind::Open { .. } | FindingKind::SharedSegment { .. });
        if witness && !finding.witness.as_ref().is_some_and(|w| w.replayed) {
            out.push(format!("{} has no replayed witness", finding.id));
        }
    }
    let named = named(run, &expected.verdict);
    for line in expected.lines.iter().filter(|l| !named.contains(&(l.file.as_str(), l.text.as_str()))) {
        out.push(format!("no finding names `{}` of {}", line.text, line.file));
    }
    out
}

/// Files and lines that the findings with this verdict name.
fn named<'a>(run: &'a Run, verdict: &str) -> Vec<(&'a str, &'a str)> {
    let telling = run.report.findings.iter().filter(|f| f.verdict.word() == verdict);
    telling
        .flat_map(|f| f.locations.iter().chain(f.reasons.iter().filter_map(|r| r.place.as_ref())))
        .filter_map(|place| {
            let (_, file) = run.snapshot.sources.iter().find(|(_, f)| f.path() == place.file)?;
            Some((file.path(), file.line_text(place.line).trim()))
        })
        .collect()
}

/// A variant is the base but for a few lines; otherwise one of the two has been edited alone.
fn drift(base: &Case, case: &Case) -> Vec<String> {
    const MOST: usize = 24;
    let mut texts: BTreeMap<&str, (&str, &str)> = case
        .files
        .iter()
        .map(|(name, text)| (name.as_str(), (base.files[name].as_str(), text.as_str())))
        .collect();
    texts.insert("zones.toml", (&base.policy, &case.policy));
    let changed: usize = texts.values().map(|(old, new)| differing(old, new)).sum();
    let fits = (1..=MOST).contains(&changed);
    if fits { Vec::new() } else { vec![format!("{changed} lines differ from the base")] }
}

/// Lines that one text has more often than the other.
fn differing(old: &str, new: &str) -> usize {
    let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
    old.lines().for_each(|l| *counts.entry(l).or_default() += 1);
    new.lines().for_each(|l| *counts.entry(l).or_default() -= 1);
    counts.values().map(|n| n.unsigned_abs()).sum()
}
