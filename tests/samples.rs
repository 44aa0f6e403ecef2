//! The samples: proven as they are, and broken by each of the usual mistakes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test may panic")]

#[path = "samples/city.rs"]
mod city;
#[path = "common/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sample::{BRANCH, Case, Run, Sample, TOWN};
use sekisho::proof::{Cabling, FindingKind, Verdict};
use sekisho_model::Coverage;
use sekisho_net::Family;
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

/// Lines of the configs that are not understood to the last word. The lines of a routing process are
/// approximated where the exported table counts instead.
fn unread(run: &Run) -> Vec<String> {
    let tables = |file| {
        let device = run.snapshot.devices.iter().find(|d| d.files.contains(&file));
        device.is_some_and(|d| d.vrfs.iter().any(|v| !v.tables.is_empty()))
    };
    let mut out = Vec::new();
    for ledger in &run.snapshot.ledgers {
        let source = run.snapshot.sources.get(ledger.file).unwrap();
        for (line, state) in ledger.iter() {
            let state = state.map_or(Coverage::Unrecognized, |s| s.state);
            let instead = state == Coverage::Approximated && tables(ledger.file);
            if !matches!(state, Coverage::Modeled | Coverage::Ignored) && !instead {
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

/// The city: pairs of firewalls, routers and switches.
const CITY: Sample = Sample { name: "city", policy: "samples/city/zones.toml" };

/// All samples.
const SAMPLES: [Sample; 3] = [TOWN, BRANCH, CITY];

/// Assumptions that a sample can do without.
const UNWELCOME: [&str; 3] = ["complete-export", "source-route", "exported-routes"];

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
        // Nobody says whether a FortiGate obeys source routes; the city's lines to the Government Cloud speak
        // a routing protocol.
        let needed = |id: &str| match id {
            "source-route" => sample != BRANCH,
            "exported-routes" => sample == CITY,
            _ => false,
        };
        for unwelcome in UNWELCOME.into_iter().filter(|id| !needed(id)) {
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

/// Pairs of the town between which anything at all may pass, with the flows that are whitelisted there.
const CROSSINGS: [(&str, &str, &[&str]); 13] = [
    ("mynumber", "juki-cs", &["A13", "A14"]),
    ("mynumber", "lgwan", &["A08"]),
    ("mynumber", "ext:lgwan-net", &["A09", "A10", "A11", "A12"]),
    ("mynumber", "ext:govcloud", &["A16", "A17"]),
    ("juki-cs", "ext:juki-net", &["A15"]),
    ("lgwan", "inet", &["A01", "A02", "A07"]),
    ("lgwan", "ext:lgwan-net", &["A03", "A04-tcp", "A04-udp", "A05"]),
    ("inet", "lgwan", &["A06"]),
    ("inet", "ext:seccloud", &["A18", "A19", "A20"]),
    ("admin", "mgmt", &["A21"]),
    // What looks like a reply of A21.
    ("mgmt", "admin", &[]),
    ("ext:lgwan-net", "mynumber", &["A11r"]),
    ("ext:lgwan-net", "lgwan", &["A03r"]),
];

#[test]
fn the_town_keeps_its_invariants() {
    let run = judge(&TOWN.base());
    let verdicts = run.verdicts();
    let name = |id| run.analysis.domains.get(id).unwrap().id.clone();
    let reachable: BTreeMap<(String, String), bool> =
        run.report.pairs.iter().map(|p| ((name(p.from), name(p.to)), p.reachable)).collect();
    let mut flows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for flow in run.policy.granted(run.as_of) {
        let end = |reference| name(run.analysis.domains.of_reference(reference).unwrap());
        let pair = (end(flow.from.value), end(flow.to.value));
        flows.entry(pair).or_default().push(flow.id.value.clone());
    }
    flows.values_mut().for_each(|ids| ids.sort());
    // What may pass between two zones is exactly this: proven, and nothing but these flows.
    let only = |from: &str, to: &str, ids: &[&str]| {
        let pair = (from.to_owned(), to.to_owned());
        assert_eq!(verdicts[&pair], Verdict::Proven, "{pair:?}\n{}", describe(&run));
        let known = flows.get(&pair).map_or(&[][..], Vec::as_slice);
        assert_eq!(known, ids, "{pair:?}");
        if ids.is_empty() && pair != ("mgmt".to_owned(), "admin".to_owned()) {
            assert!(!reachable[&pair], "{pair:?}: something passes");
        }
    };
    let ends: Vec<String> = run.analysis.domains.ids().map(name).collect();
    let others = |of: &'static str| ends.iter().map(String::as_str).filter(move |e| *e != of);

    // I1: no path between the My Number segment and the Internet segment, in either direction.
    for inner in ["mynumber", "juki-cs"] {
        for outer in ["inet", "ext:seccloud"] {
            only(inner, outer, &[]);
            only(outer, inner, &[]);
        }
    }
    // I2: between the My Number segment and the LGWAN side only A08 to A12.
    only("mynumber", "lgwan", &["A08"]);
    only("lgwan", "mynumber", &[]);
    only("mynumber", "ext:lgwan-net", &["A09", "A10", "A11", "A12"]);
    only("ext:lgwan-net", "mynumber", &["A11r"]);
    // I3: between the LGWAN segment and the Internet segment only A01, A02, A06 and A07.
    only("lgwan", "inet", &["A01", "A02", "A07"]);
    only("inet", "lgwan", &["A06"]);
    only("lgwan", "ext:seccloud", &[]);
    only("ext:seccloud", "lgwan", &[]);
    only("ext:lgwan-net", "inet", &[]);
    only("inet", "ext:lgwan-net", &[]);
    // I4: nobody outside opens a session into the My Number segment, but for A11.
    for outer in ["ext:seccloud", "ext:govcloud", "ext:juki-net", "ext:taxvendor"] {
        only(outer, "mynumber", &[]);
    }
    // I5: the devices are managed from the administrator's PC alone, and nobody reaches that.
    others("mgmt").for_each(|from| only(from, "mgmt", if from == "admin" { &["A21"] } else { &[] }));
    others("admin").for_each(|from| only(from, "admin", &[]));
    // I6: the same in IPv6, where no flow is whitelisted: so a proven pair has none at all.
    for flow in run.policy.granted(run.as_of) {
        let ends = [&flow.src, &flow.dst];
        let v4 = |p: &sekisho_diag::Spanned<sekisho_net::Prefix>| p.value.family() == Family::V4;
        assert!(ends.iter().all(|e| !e.is_empty() && e.iter().all(v4)), "{}", flow.id.value);
    }
    assert!(verdicts.values().all(|v| *v == Verdict::Proven));
    // I7: at the register gateway only A13, A14 and A15.
    for other in others("juki-cs") {
        only(other, "juki-cs", if other == "mynumber" { &["A13", "A14"] } else { &[] });
        only("juki-cs", other, if other == "ext:juki-net" { &["A15"] } else { &[] });
    }
    // And nothing passes anywhere else, while every flow can be used (`the_bases_are_proven`).
    for (pair, reachable) in &reachable {
        let crossing = CROSSINGS.iter().find(|(from, to, _)| *from == pair.0 && *to == pair.1);
        assert_eq!(*reachable, crossing.is_some(), "{pair:?}");
        only(&pair.0, &pair.1, crossing.map_or(&[], |(_, _, ids)| ids));
    }
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
    if expected.as_of.as_ref().is_some_and(|day| *day != run.as_of.to_string()) {
        out.push(format!("evaluated on {}", run.as_of));
    }
    let said = describe(run);
    out.extend(expected.words.iter().filter(|w| !said.contains(*w)).map(|w| format!("nothing says `{w}`")));
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
    const MOST: usize = 40;
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
