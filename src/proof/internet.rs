//! The flag of every external and whitelisted peer: does its endpoint also reach the Internet?
//!
//! A declared "no" counts with evidence only, and the graph may contradict it: a sure path wins over any
//! declaration, a possible path makes it unknown (design section 6).

use super::isolation::{Arrival, Source};
use super::verdict::{FindingKind, Report, Verdict, evidence, plain};
use super::whitelist::{external_is_internet, is_internet};
use super::{Because, ExternalStatus, InternetStatus, Note, Question, Reason};
use crate::graph::location::{DomainId, DomainKind};
use crate::policy::{Declared, InternetRule};

/// Adds the status of every external and the findings about them.
pub(super) fn judge(question: &Question<'_>, judged: &[Source], report: &mut Report) {
    for id in question.domains.ids() {
        let Some(domain) = question.domains.get(id) else { continue };
        match domain.kind {
            DomainKind::External(index) => external(question, judged, id, index, report),
            DomainKind::Undeclared(_) => report.externals.push(ExternalStatus {
                id: domain.id.clone(),
                internet: InternetStatus::Unknown,
                verdict: Verdict::Undecided,
            }),
            _ => {}
        }
    }
    for source in judged {
        for &(flow, arrival) in &source.peers {
            peer(question, flow, arrival, report);
        }
    }
}

/// What of a source reaches the Internet; whether something that may be the Internet is reached.
fn reach(question: &Question<'_>, judged: &[Source], id: DomainId) -> (Arrival, bool) {
    let mut sum = Arrival::default();
    let mut unknown = false;
    for pair in judged.iter().filter(|s| s.from == id).flat_map(|s| &s.pairs) {
        if is_internet(question, pair.to) {
            sum.may |= pair.arrival.may;
            sum.sure |= pair.arrival.sure;
        } else if question.domains.get(pair.to).is_some_and(|d| matches!(d.kind, DomainKind::Undeclared(_))) {
            unknown |= pair.arrival.may;
        }
    }
    (sum, unknown)
}

fn external(question: &Question<'_>, judged: &[Source], id: DomainId, index: usize, report: &mut Report) {
    let (Some(domain), Some(entry)) = (question.domains.get(id), question.policy.externals.get(index)) else {
        return;
    };
    let (arrival, unknown) = reach(question, judged, id);
    let itself = external_is_internet(question.policy, index);
    let path = arrival.sure && !itself;
    let internet = match entry.internet {
        Declared::Yes => InternetStatus::Yes,
        _ if path => InternetStatus::Yes,
        Declared::Unknown => InternetStatus::Unknown,
        Declared::No if arrival.may || unknown => InternetStatus::Unknown,
        Declared::No => InternetStatus::No,
    };
    let rule =
        question.policy.zones.get(entry.attached_to.value).map_or(InternetRule::Unstated, |z| z.internet);
    let worst = match internet {
        InternetStatus::Yes => Verdict::Violated,
        InternetStatus::Unknown => Verdict::Undecided,
        InternetStatus::No => Verdict::Proven,
    };
    let verdict = if rule == InternetRule::Forbidden { worst } else { Verdict::Proven };
    report.externals.push(ExternalStatus { id: domain.id.clone(), internet, verdict });
    if internet == InternetStatus::No || rule == InternetRule::Allowed {
        return;
    }
    let external = domain.id.clone();
    let kind = if internet == InternetStatus::Yes {
        FindingKind::EndpointConnected { external, contradicted: entry.internet != Declared::Yes }
    } else {
        let possible_path = entry.internet == Declared::No;
        FindingKind::EndpointUnknown { external, possible_path }
    };
    let mut finding = plain(kind, verdict, &domain.id);
    finding.to = Some(domain.id.clone());
    finding.from = question.policy.zones.get(entry.attached_to.value).map(|z| z.id.value.clone());
    finding.locations.push(evidence(question, entry.internet_declared.span, Note::Declared));
    for location in &domain.locations {
        let port = location.port.and_then(|p| question.devices.get(p.device)?.interface(p.interface));
        finding.locations.extend(port.map(|i| evidence(question, i.span, Note::Link)));
    }
    if internet == InternetStatus::Unknown {
        let declared = entry.internet == Declared::No;
        let why = if declared { Because::PossiblePath } else { Because::NoEvidence };
        finding.reasons.push(Reason::new(finding.locations.first().cloned(), why));
    }
    report.findings.push(finding);
}

fn peer(question: &Question<'_>, flow: usize, arrival: Arrival, report: &mut Report) {
    let Some(entry) = question.policy.flows.get(flow).filter(|_| arrival.may) else { return };
    let verdict = if arrival.sure { Verdict::Violated } else { Verdict::Undecided };
    let kind = FindingKind::PeerConnected { flow: entry.id.value.clone(), sure: arrival.sure };
    let mut finding = plain(kind, verdict, &entry.id.value);
    finding.locations.push(evidence(question, entry.span, Note::Flow));
    if !arrival.sure {
        finding.reasons.push(Reason::new(finding.locations.first().cloned(), Because::PeerMayReach));
    }
    report.findings.push(finding);
}
