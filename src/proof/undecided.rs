//! Findings about pairs that are undecided: an example, and what would decide it.

use std::collections::BTreeMap;

use sekisho_diag::Span;

use super::evidence::{Because, Note, Reason};
use super::isolation::Path;
use super::reasons::Deciding;
use super::verdict::{Finding, FindingKind, Verdict, about, evidence};
use super::{Question, replay};
use crate::graph::Node;
use crate::graph::location::DomainId;
use crate::routing::{Doubt, Why};

/// A finding with a packet that may arrive, and what would decide it.
pub(super) fn undecided(
    question: &Question<'_>,
    from: DomainId,
    to: DomainId,
    path: &Path,
    both: bool,
    unnamed: &[BTreeMap<String, Span>],
) -> Finding {
    let (family, example) = (path.family, path.packet);
    if both {
        let mut finding =
            about(question, from, to, FindingKind::MaybeOpen { family, example }, Verdict::Undecided);
        blame(question, &mut finding, &path.doubts);
        if finding.reasons.is_empty() {
            no_step(question, &mut finding, path);
        }
        return finding;
    }
    let of = |id: DomainId| unnamed.get(id.0).into_iter().flatten();
    let interfaces: BTreeMap<&String, Span> = of(from).chain(of(to)).map(|(n, s)| (n, *s)).collect();
    let names: Vec<String> = interfaces.keys().map(|name| (*name).clone()).collect();
    let kind = FindingKind::NotAssigned { family, example, interfaces: names.clone() };
    let mut finding = about(question, from, to, kind, Verdict::Undecided);
    finding.locations = interfaces.into_values().map(|s| evidence(question, s, Note::NoZone)).collect();
    let why = Because::NotAssigned { interfaces: names };
    finding.reasons.push(Reason::new(finding.locations.first().cloned(), why));
    finding
}

/// The same where it is known which doubts it takes.
pub(super) fn decidable(
    question: &Question<'_>,
    (from, to): (DomainId, DomainId),
    path: &Path,
    deciding: &Deciding,
) -> Finding {
    let kind = FindingKind::MaybeOpen { family: path.family, example: path.packet };
    let mut finding = about(question, from, to, kind, Verdict::Undecided);
    blame(question, &mut finding, &deciding.doubts);
    for path in &deciding.rest {
        no_step(question, &mut finding, path);
    }
    finding.minimal = Some(deciding.minimal);
    finding
}

/// Names doubts as reasons.
fn blame(question: &Question<'_>, finding: &mut Finding, doubts: &[Doubt]) {
    for doubt in doubts {
        let place = doubt.span.map(|s| evidence(question, s, Note::Doubt(doubt.why.clone())));
        if let Some(place) = place.iter().find(|p| !finding.locations.contains(p)) {
            finding.locations.push(place.clone());
        }
        finding.reasons.push(Reason::new(place, Because::Doubt(doubt.why.clone())));
    }
}

/// Names why a packet may not arrive that no step in doubt stops: joins of wires, or that no host is certain to
/// get it.
fn no_step(question: &Question<'_>, finding: &mut Finding, path: &Path) {
    let joins = joins(question, path);
    let (lines, reasons) = if joins.is_empty() {
        (replay::config_lines(question, path), vec![Reason::new(None, Because::NoHost)])
    } else {
        (joins.iter().filter_map(|r| r.place.clone()).collect(), joins)
    };
    for line in lines {
        if !finding.locations.contains(&line) {
            finding.locations.push(line);
        }
    }
    for reason in reasons {
        if !finding.reasons.contains(&reason) {
            finding.reasons.push(reason);
        }
    }
}

/// Why the place where a packet arrives may not be on the wire of the target: joins that are not sure.
fn joins(question: &Question<'_>, path: &Path) -> Vec<Reason> {
    const MOST: usize = 4;
    let segment = match path.at {
        Node::Wire(segment) | Node::Neighbour(segment, _) => Some(segment),
        Node::Handed(part) | Node::Shared(part) => question.topology.segment_of(part),
        _ => None,
    };
    let joins = segment.and_then(|s| question.topology.segment(s)).map(|s| s.doubtful_joins.as_slice());
    let mut out: Vec<Reason> = joins
        .unwrap_or_default()
        .iter()
        .map(|join| {
            let why = Why::OneWire { cause: join.why.clone() };
            let span = join.spans.first();
            let place = span.map(|s| evidence(question, *s, Note::Doubt(why.clone())));
            Reason::new(place, Because::Doubt(why))
        })
        .collect();
    out.dedup();
    out.truncate(MOST);
    out
}
