//! Judging a section in the process, as `sekisho verify` does.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use sekisho::alternatives::{self, Asked};
use sekisho::analysis::{Analysis, AnalysisError, analyze};
use sekisho::graph::location::DomainId;
use sekisho::policy::{self, Date, Policy};
use sekisho::proof::{Because, Denied, Destinations, Evidence, Leaning, Note, Reason, Report};
use sekisho::snapshot::{self, LoadOptions, Snapshot};
use sekisho_diag::{Diagnostic, Severity};

use crate::case::{Expect, Section};

/// Day of evaluation.
const AS_OF: &str = "2026-12-01";

/// What came out.
struct Run {
    snapshot: Snapshot,
    said: Vec<Diagnostic>,
    policy: Policy,
    /// No verdict when the policy has mistakes.
    judged: Option<(Analysis, Report)>,
}

/// The file of a device.
fn config(name: &str, body: &str) -> String {
    if body.starts_with("config ") {
        return format!(
            "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n\
             config system global\n set hostname \"{name}\"\nend\n{body}"
        );
    }
    format!("version 15.7\nhostname {name}\nno ip source-route\nno ipv6 source-route\n{body}end\n")
}

fn run(section: &Section) -> Run {
    let dir = tempfile::tempdir().unwrap();
    for (name, body) in &section.devices {
        fs::write(dir.path().join(format!("{name}.cfg")), config(name, body)).unwrap();
    }
    for (name, text) in &section.files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let mut snapshot = snapshot::load(dir.path(), &LoadOptions::default()).unwrap();
    let file = snapshot.sources.add("zones.toml", format!("schema_version = 1\n{}", section.policy));
    let (policy, mut said) = policy::load(&snapshot.sources, file);
    said.extend(snapshot.diagnostics.iter().cloned());
    let Some(policy) = policy else {
        return Run { snapshot, said, policy: Policy::default(), judged: None };
    };
    let as_of = Date::parse(AS_OF).unwrap();
    said.extend(policy.date_findings(as_of));
    let analysis = match analyze(&snapshot.devices, &policy, &snapshot.sources) {
        Ok(analysis) => analysis,
        Err(AnalysisError::Policy(errors)) => {
            said.extend(errors);
            return Run { snapshot, said, policy, judged: None };
        }
        Err(error) => panic!("{error}"),
    };
    said.extend(analysis.domains.diagnostics.iter().cloned());
    let blocked = blocked(&snapshot);
    let open: Vec<String> = snapshot
        .incomplete
        .iter()
        .filter(|f| !snapshot.cut_off.contains(f))
        .map(|f| snapshot.sources.path(*f).to_owned())
        .collect();
    let mut report =
        analysis.prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &blocked, &open).unwrap();
    let asked = Asked {
        snapshot: &snapshot,
        policy: &policy,
        analysis: &analysis,
        as_of,
        blocked: &blocked,
        open_ended: &open,
    };
    let load = |answers: &_| snapshot::load_answered(dir.path(), &LoadOptions::default(), answers).ok();
    alternatives::settle(&mut report, &asked, load).unwrap();
    Run { snapshot, said, policy, judged: Some((analysis, report)) }
}

/// Why nothing may be proven: files that could not be read, or were cut off.
fn blocked(snapshot: &Snapshot) -> Vec<Reason> {
    let mut out: Vec<Reason> = snapshot
        .unread
        .iter()
        .map(|file| Reason::new(None, Because::UnreadFile { file: file.clone() }))
        .collect();
    for id in &snapshot.cut_off {
        let file = snapshot.sources.path(*id).to_owned();
        let place = Evidence { file: file.clone(), line: 1, note: Note::None };
        out.push(Reason::new(Some(place), Because::CutOff { file }));
    }
    out
}

/// What is wrong with a section, as lines; adds the verdicts of the expected pairs.
pub fn problems(section: &Section, verdicts: &mut BTreeSet<String>) -> String {
    let run = run(section);
    let mut wrong = String::new();
    for expected in &section.expect {
        let problem = match (expected, &run.judged) {
            (Expect::Stops(text), None) => {
                verdicts.insert("stops".to_owned());
                let errors = run.said.iter().filter(|d| d.severity == Severity::Error);
                let said: Vec<&str> = errors.map(|d| d.message.as_str()).collect();
                (!said.iter().any(|m| m.contains(text.as_str()))).then(|| format!("says {said:?}"))
            }
            (Expect::Stops(_), Some(_)) => Some("there is a verdict".to_owned()),
            (Expect::Finds(_) | Expect::Says(_), None) => said(&run, expected),
            (_, None) => Some("there is no verdict".to_owned()),
            (_, Some((analysis, report))) => judged(&run, analysis, report, expected, verdicts),
        };
        if let Some(problem) = problem {
            writeln!(wrong, "  {expected:?}: {problem}").unwrap();
        }
    }
    if run.judged.as_ref().is_some_and(|(_, r)| r.disagreement) {
        wrong.push_str("  the reference semantics disagrees\n");
    }
    if wrong.is_empty() { wrong } else { format!("## {}\n{wrong}{}", section.name, describe(&run)) }
}

fn judged(
    run: &Run,
    analysis: &Analysis,
    report: &Report,
    expected: &Expect,
    verdicts: &mut BTreeSet<String>,
) -> Option<String> {
    let name = |id| analysis.domains.get(id).map_or("", |d| d.id.as_str());
    match expected {
        Expect::Pair(from, to, word) => {
            let found = report.pairs.iter().find(|p| name(p.from) == from && name(p.to) == to);
            let got = found.map_or("absent", |p| p.verdict.word());
            verdicts.insert(got.to_owned());
            let fits = got == word || (word == "open" && matches!(got, "undecided" | "violated"));
            (!fits).then(|| format!("is {got}"))
        }
        Expect::Routing(from, to, word) => {
            let found = report.pairs.iter().find(|p| name(p.from) == from && name(p.to) == to);
            let got = found.map_or("absent", |p| p.assurance.routing.word());
            (got != word).then(|| format!("is {got}"))
        }
        Expect::Leans(from, to, wanted) => {
            let found = report.pairs.iter().find(|p| name(p.from) == from && name(p.to) == to);
            let leanings = found.and_then(|p| p.leans_on.as_ref());
            let mut got: Vec<String> =
                leanings.into_iter().flat_map(|l| &l.on).map(|leaning| leaning_words(run, leaning)).collect();
            if leanings.is_some_and(|l| !l.minimal) {
                got.push("and more".to_owned());
            }
            let got = got.join("; ");
            (got != *wanted).then(|| format!("leans on {got}"))
        }
        Expect::Verdict(word) => {
            verdicts.insert(report.verdict.word().to_owned());
            (report.verdict.word() != word).then(|| format!("is {}", report.verdict.word()))
        }
        Expect::Names(device, line) => {
            let file = if device.contains('.') { device.clone() } else { format!("{device}.cfg") };
            let source = run.snapshot.sources.iter().map(|(_, f)| f).find(|f| f.path() == file);
            let Some(source) = source else { return Some(format!("no file {file}")) };
            let wanted: Vec<u32> =
                (1..=source.line_count()).filter(|n| source.line_text(*n).trim() == line.trim()).collect();
            if wanted.is_empty() {
                return Some("no such line".to_owned());
            }
            let places = report
                .findings
                .iter()
                .flat_map(|f| f.locations.iter().chain(f.reasons.iter().filter_map(|r| r.place.as_ref())));
            let steps = report.findings.iter().filter_map(|f| f.witness.as_ref());
            let hit = places.clone().any(|p| p.file == file && wanted.contains(&p.line));
            (!hit).then(|| format!("not among {:?}, {} witnesses", places.collect::<Vec<_>>(), steps.count()))
        }
        Expect::Finds(_) | Expect::Says(_) => said(run, expected),
        Expect::Assumes(id, wanted) => {
            let has = report.assumptions.iter().any(|(i, _)| i == id);
            (has != *wanted).then(|| format!("assumes {:?}", report.assumptions))
        }
        Expect::Cabling(word) => {
            let all = report.pairs.iter().map(|p| p.assurance.cabling_word());
            let wrong: BTreeSet<&str> = all.filter(|w| w != word).collect();
            (!wrong.is_empty()).then(|| format!("is {wrong:?}"))
        }
        Expect::External(id, word) => {
            let found = report.externals.iter().find(|e| e.id == *id).map_or("absent", |e| e.internet.word());
            (found != word).then(|| format!("is {found}"))
        }
        Expect::Replies(from, to, word) => {
            let found = report.pairs.iter().find(|p| name(p.from) == from && name(p.to) == to);
            let got = found.map_or("absent", |p| p.replies.word());
            verdicts.insert(got.to_owned());
            (got != word).then(|| format!("is {got}"))
        }
        Expect::Chain(from, to, wanted) => {
            let end = |id: &str| analysis.domains.ids().find(|d| name(*d) == id);
            let internet = DomainId(analysis.domains.list.len());
            let ends = (end(from).unwrap_or(internet), end(to));
            let chain = report.relays.chain(&analysis.domains, &run.policy, ends);
            let got = chain.map_or("none".to_owned(), |c| {
                let flows = c.hops.iter().map(|h| h.flow.clone().unwrap_or("-".to_owned()));
                let flows: Vec<String> = flows.collect();
                format!("{} {}", if c.sure { "exists" } else { "may" }, flows.join(" "))
            });
            verdicts.insert(got.split(' ').next().unwrap_or_default().to_owned());
            (got != *wanted).then(|| format!("is {got}"))
        }
        Expect::Gateway(gateway, ends, word) => {
            let mut all = report.relays.waypoints.iter();
            let found = all.find(|w| w.gateway == *gateway && format!("{} -> {}", w.from, w.to) == *ends);
            let got = found.map_or("absent", |w| w.verdict.word());
            verdicts.insert(got.to_owned());
            (got != word).then(|| format!("is {got}: {:?}", report.relays.waypoints))
        }
        Expect::DeniedRelay(word) => {
            let mut report = report.clone();
            report.deny(Denied { relay: true, ..Denied::default() });
            verdicts.insert(report.verdict.word().to_owned());
            (report.verdict.word() != word).then(|| format!("is {}", report.verdict.word()))
        }
        Expect::Required(id, word) => {
            let found = report.required.iter().find(|(i, _)| i == id).map_or("absent", |(_, r)| r.word());
            verdicts.insert(found.to_owned());
            (found != word).then(|| format!("is {found}"))
        }
        Expect::Stops(_) => None,
    }
}

/// Looks for a code or a text among everything that is told.
fn said(run: &Run, expected: &Expect) -> Option<String> {
    let findings = run.judged.iter().flat_map(|(_, r)| &r.findings);
    let mut codes: BTreeSet<String> = findings.clone().map(|f| f.kind.code().0.to_owned()).collect();
    codes.extend(run.said.iter().map(|d| d.code.as_str().to_owned()));
    let mut texts: Vec<String> = run.said.iter().map(|d| d.message.clone()).collect();
    texts.extend(findings.clone().flat_map(|f| f.reasons.iter().map(|r| r.text.clone())));
    texts.extend(findings.clone().map(|f| format!("{:?}", f.kind)));
    texts.extend(findings.filter_map(|f| f.witness.as_ref()).map(|w| format!("{}, {:?}", w.sent, w.hops)));
    match expected {
        Expect::Finds(code) => (!codes.contains(code)).then(|| format!("finds {codes:?}")),
        Expect::Says(text) => {
            (!texts.iter().any(|t| t.contains(text.as_str()))).then(|| format!("says {texts:#?}"))
        }
        _ => None,
    }
}

/// Everything that came out, for a failure's message.
fn describe(run: &Run) -> String {
    let mut out = String::new();
    for diagnostic in &run.said {
        let place = diagnostic.span.map_or(String::new(), |s| {
            format!("{}:{} ", run.snapshot.sources.path(s.file), run.snapshot.sources.line(s))
        });
        writeln!(out, "    {} {place}{}", diagnostic.code.as_str(), diagnostic.message).unwrap();
    }
    let Some((analysis, report)) = &run.judged else { return out };
    let name = |id| analysis.domains.get(id).map_or("", |d| d.id.as_str());
    for pair in &report.pairs {
        writeln!(out, "    {} -> {}: {}", name(pair.from), name(pair.to), pair.verdict.word()).unwrap();
    }
    for finding in &report.findings {
        let ends = (finding.from.as_deref().unwrap_or("-"), finding.to.as_deref().unwrap_or("-"));
        writeln!(out, "    {} {} {} -> {}", finding.verdict.word(), finding.kind.code().0, ends.0, ends.1)
            .unwrap();
        for place in &finding.locations {
            writeln!(out, "      {}:{} {}", place.file, place.line, place.note).unwrap();
        }
        for reason in &finding.reasons {
            writeln!(out, "      because {}", reason.text).unwrap();
        }
        if let Some(witness) = &finding.witness {
            writeln!(out, "      witness {}, replayed {}", witness.sent, witness.replayed).unwrap();
        }
    }
    out
}

/// A leaning as `leans` writes it: the lines of routes must be those that have the prefix.
fn leaning_words(run: &Run, leaning: &Leaning) -> String {
    match leaning {
        Leaning::Look { device, destinations, lines, .. } => match destinations {
            Destinations::All => format!("{device} all"),
            Destinations::WithoutRoute(family) => format!("{device} no {} route", family.word()),
            Destinations::Of(prefix) => {
                assert!(!lines.is_empty(), "no line of {prefix}");
                for line in lines {
                    let (_, file) = run.snapshot.sources.iter().find(|(_, f)| f.path() == line.file).unwrap();
                    let text = file.line_text(line.line);
                    assert!(text.contains("address") || text.contains("route"), "{text}");
                }
                format!("{device} {prefix}")
            }
        },
        Leaning::SourceCheck { device, interface, .. } => format!("{device} check {interface}"),
        Leaning::PolicyRoute { device, interface, .. } => format!("{device} policy {interface}"),
    }
}
