//! Questions that the input leaves open and that have only two answers: both are tried.
//!
//! A default that depends on an unknown release is held as "either" by the model, which knows nothing of what
//! belongs together: that all denies of a device do it, or none. Here each answer gets a model of its own, exact
//! in this point, and everything is judged again. A pair that is proven in all of these worlds is proven, one
//! that is violated in all is violated, and else the questions are named on which it depends.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_diag::FileId;
use sekisho_model::Alternative;

use crate::analysis::{Analysis, AnalysisError, analyze};
use crate::policy::{Date, Policy};
use crate::proof::verdict::plain;
use crate::proof::{Because, Evidence, Finding, FindingKind, Note, ProofError, Reason, Report, Verdict};
use crate::routing::Routing;
use crate::snapshot::{Answered, Snapshot};

/// Questions that are tried in one run; with more of them the pairs stay as they are.
const MOST: usize = 4;

/// What was judged.
pub struct Asked<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// What is permitted.
    pub policy: &'a Policy,
    /// What follows from both.
    pub analysis: &'a Analysis,
    /// Day of evaluation.
    pub as_of: Date,
    /// Reasons why nothing may be proven.
    pub blocked: &'a [Reason],
    /// Inputs that do not show where they end.
    pub open_ended: &'a [String],
}

/// An ordered pair by the names of its ends.
type Ends = (String, String);

/// A question about one file.
struct Open {
    file: FileId,
    device: String,
    alternative: Alternative,
}

/// One world: the verdicts with one answer to each question.
struct World {
    report: Report,
    /// The pairs by the names of their ends, as positions in the report.
    pairs: BTreeMap<Ends, usize>,
}

/// Decides pairs that depend on open questions. `load` reads the snapshot again with answers; `None` when it
/// cannot be read.
///
/// # Errors
/// [`ProofError`] when the packet sets outgrow their budget.
pub fn settle(
    report: &mut Report,
    asked: &Asked<'_>,
    load: impl Fn(&Answered) -> Option<Snapshot>,
) -> Result<(), ProofError> {
    let undecided = undecided(report);
    let open = open(report, asked.snapshot);
    if undecided.is_empty() || open.is_empty() || open.len() > MOST {
        return Ok(());
    }
    let mut worlds = Vec::new();
    for answers in 0..1_usize << open.len() {
        let mut answered = Answered::new();
        for (at, question) in open.iter().enumerate() {
            let answer = answers >> at & 1 == 1;
            answered.entry(question.file).or_default().insert(question.alternative.name, answer);
        }
        let Some(snapshot) = load(&answered).filter(|s| same_texts(s, asked.snapshot)) else { return Ok(()) };
        let Some(world) = judge(asked, &snapshot)? else { return Ok(()) };
        worlds.push(world);
    }
    report.disagreement |= worlds.iter().any(|w| w.report.disagreement);
    for ends in undecided {
        merge(report, asked, &open, &worlds, &ends);
    }
    report.settle();
    Ok(())
}

/// Pairs of which a packet may arrive and none surely does.
fn undecided(report: &Report) -> BTreeSet<Ends> {
    let maybe = report.findings.iter().filter(|f| matches!(f.kind, FindingKind::MaybeOpen { .. }));
    maybe.filter_map(|f| f.from.clone().zip(f.to.clone())).collect()
}

/// Open questions about files that the undecided pairs depend on.
fn open(report: &Report, snapshot: &Snapshot) -> Vec<Open> {
    let reasons = report.findings.iter().filter(|f| matches!(f.kind, FindingKind::MaybeOpen { .. }));
    let places =
        reasons.flat_map(|f| f.locations.iter().chain(f.reasons.iter().filter_map(|r| r.place.as_ref())));
    let files: BTreeSet<&str> = places.map(|p| p.file.as_str()).collect();
    let mut out: Vec<Open> = Vec::new();
    for device in &snapshot.devices {
        for file in device.files.iter().filter(|f| files.contains(snapshot.sources.path(**f))) {
            for alternative in &device.alternatives {
                let known = |o: &Open| (o.file, o.alternative.name) == (*file, alternative.name);
                if !out.iter().any(known) {
                    let (device, alternative) = (device.name.clone(), alternative.clone());
                    out.push(Open { file: *file, device, alternative });
                }
            }
        }
    }
    out
}

/// Whether a snapshot was read from the same texts, so that its places are those of the other.
// SOUNDNESS: a file that changed in between would mix two networks.
fn same_texts(a: &Snapshot, b: &Snapshot) -> bool {
    let names = |s: &Snapshot| s.devices.iter().map(|d| d.name.clone()).collect::<Vec<String>>();
    let files = |s: &Snapshot| {
        let files = s.files.iter().map(|f| (f.path.clone(), f.sha256.clone(), f.file));
        files.collect::<Vec<(String, String, Option<FileId>)>>()
    };
    names(a) == names(b) && files(a) == files(b)
}

fn judge(asked: &Asked<'_>, snapshot: &Snapshot) -> Result<Option<World>, ProofError> {
    let sources = &asked.snapshot.sources;
    let analysis = match analyze(&snapshot.devices, asked.policy, sources) {
        Ok(analysis) => analysis,
        Err(AnalysisError::Policy(_)) => return Ok(None),
        Err(AnalysisError::Sets(error)) => return Err(error.into()),
    };
    let (as_of, blocked, open_ended) = (asked.as_of, asked.blocked, asked.open_ended);
    let report = analysis.prove(&snapshot.devices, asked.policy, sources, as_of, blocked, open_ended)?;
    let name = |id| analysis.domains.get(id).map_or_else(String::new, |d| d.id.clone());
    let pairs = report.pairs.iter().enumerate().map(|(at, p)| ((name(p.from), name(p.to)), at)).collect();
    Ok(Some(World { report, pairs }))
}

impl World {
    fn verdict(&self, ends: &Ends) -> Verdict {
        let pair = self.pairs.get(ends).and_then(|at| self.report.pairs.get(*at));
        pair.map_or(Verdict::Undecided, |p| p.verdict)
    }
}

/// Puts the verdicts of all worlds on one pair together.
fn merge(report: &mut Report, asked: &Asked<'_>, open: &[Open], worlds: &[World], ends: &Ends) {
    let verdicts: Vec<Verdict> = worlds.iter().map(|w| w.verdict(ends)).collect();
    let about = |f: &Finding| f.from.as_ref() == Some(&ends.0) && f.to.as_ref() == Some(&ends.1);
    let maybe = |f: &Finding| about(f) && matches!(f.kind, FindingKind::MaybeOpen { .. });
    let name = |id| asked.analysis.domains.get(id).map_or("", |d| d.id.as_str());
    let Some(pair) = report.pairs.iter_mut().find(|p| (name(p.from), name(p.to)) == (&ends.0, &ends.1))
    else {
        return;
    };
    let all = |verdict| verdicts.iter().all(|v| *v == verdict);
    if all(Verdict::Proven) {
        let found = worlds.iter().filter_map(|w| w.report.pairs.get(*w.pairs.get(ends)?));
        pair.verdict = Verdict::Proven;
        pair.either_way = true;
        pair.assurance.routing = Routing::Any;
        for other in found {
            if other.assurance.routing == Routing::Given {
                pair.assurance.routing = Routing::Given;
            }
            pair.assumptions.extend(other.assumptions.iter().cloned());
            pair.replies = pair.replies.max(other.replies);
        }
        pair.assumptions.sort();
        pair.assumptions.dedup();
        for (id, text) in worlds.iter().flat_map(|w| &w.report.assumptions) {
            if pair.assumptions.contains(id) && !report.assumptions.iter().any(|(known, _)| known == id) {
                report.assumptions.push((id.clone(), text.clone()));
            }
        }
        report.assumptions.sort();
        report.findings.retain(|f| !maybe(f));
        let questions = open.iter().map(|o| (o.device.clone(), o.alternative.name)).collect();
        let kind = FindingKind::EitherWay { questions };
        let mut finding = plain(kind, Verdict::Proven, &format!("{}->{}", ends.0, ends.1));
        (finding.from, finding.to) = (Some(ends.0.clone()), Some(ends.1.clone()));
        finding.locations = open.iter().filter_map(|o| place(asked, o)).collect();
        report.findings.push(finding);
    } else if all(Verdict::Violated) {
        let shows = |f: &&Finding| about(f) && f.verdict == Verdict::Violated;
        let Some(shown) = worlds.first().and_then(|w| w.report.findings.iter().find(shows)) else { return };
        pair.verdict = Verdict::Violated;
        pair.either_way = true;
        report.findings.retain(|f| !maybe(f));
        report.findings.push(shown.clone());
    } else {
        let decides = |at: usize| {
            let flipped = |n: usize| verdicts.get(n ^ (1 << at));
            verdicts.iter().enumerate().any(|(n, verdict)| flipped(n).is_some_and(|other| other != verdict))
        };
        let deciding = open.iter().enumerate().filter(|(at, _)| decides(*at)).map(|(_, open)| open);
        let named: Vec<Reason> = deciding
            .map(|o| {
                let why = Because::Alternative { device: o.device.clone(), name: o.alternative.name };
                Reason::new(place(asked, o), why)
            })
            .collect();
        let Some(finding) = report.findings.iter_mut().find(|f| maybe(f)) else { return };
        if named.is_empty() {
            return;
        }
        // With an answer to each question nothing else is open.
        if !verdicts.contains(&Verdict::Undecided) {
            finding.reasons.clear();
        }
        finding.minimal = None;
        finding.reasons.splice(0..0, named);
    }
}

fn place(asked: &Asked<'_>, open: &Open) -> Option<Evidence> {
    let sources = &asked.snapshot.sources;
    let span = open.alternative.span?;
    Some(Evidence { file: sources.path(span.file).to_owned(), line: sources.line(span), note: Note::None })
}
