//! Chains of sessions: what reaches where when somebody on the way opens the next session.
//!
//! PROVEN speaks of packets. A host that got a session may open another one, so that two zones may be joined
//! although no packet passes between them. [`judge`] composes the sessions that whitelist entries permit and
//! packets can use, and what was found open, hop by hop; to the Internet as well. On the same graph
//! [`waypoint`] asks whether every chain passes a gateway. Here no packet sets are at hand: [`hops`] looked at
//! them while the searches ran.
//!
//! SOUNDNESS: a hop that may be taken counts where a chain is denied, and only hops that surely can be taken
//! where one is shown. Devices of the snapshot open no sessions here (assumption `device-sessions`).

mod chains;
pub(super) mod hops;
mod machines;
pub(super) mod waypoint;

use std::collections::BTreeSet;

use sekisho_diag::Code;

pub use chains::{By, Chain, Hop};
use chains::{Edge, Sessions, Tree};
use rayon::prelude::*;
pub use waypoint::{Direction, Waypoint};

use super::isolation::{Judged, Source};
use super::verdict::{Finding, FindingKind, Report, Verdict, evidence, plain};
use super::{Note, Question, assume};
use crate::graph::location::{Domain, DomainId, DomainKind, Domains};
use crate::policy::{Flow, InternetRule, Policy, ZoneRef};
use crate::proof::InternetStatus;

/// Sessions lead from a zone to others that it has no direct permission for.
pub const CHAIN: Code = Code("relay/chain");
/// Sessions lead to or from the Internet, and the zone forbids it.
pub const INTERNET: Code = Code("relay/internet");
/// A chain of sessions goes around a gateway.
pub const BYPASSED: Code = Code("waypoint/bypassed");
/// A gateway whose address others could use.
pub const SHARES_SEGMENT: Code = Code("waypoint/shares-segment");

/// What was found about chains and gateways.
#[derive(Clone, Debug)]
pub enum RelayFinding {
    /// From a domain chains lead where no packet goes.
    Chain {
        /// To how many domains.
        targets: usize,
        /// The shortest of them.
        shortest: Chain,
    },
    /// A chain joins a zone and the Internet.
    Internet {
        /// The shortest.
        chain: Chain,
        /// Whether it comes from there.
        inward: bool,
    },
    /// A chain goes around a gateway.
    Bypassed {
        /// The gateway, and those beside it.
        gateways: Vec<String>,
        /// The shortest.
        chain: Chain,
    },
    /// Others could use the addresses of a gateway.
    SharesSegment {
        /// The gateway.
        gateway: String,
    },
}

impl RelayFinding {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Chain { .. } => CHAIN,
            Self::Internet { .. } => INTERNET,
            Self::Bypassed { .. } => BYPASSED,
            Self::SharesSegment { .. } => SHARES_SEGMENT,
        }
    }

    /// Whether it becomes a breach by `--deny relay`, and whether the chain surely exists.
    pub(super) fn deniable(&self) -> Option<bool> {
        match self {
            Self::Chain { shortest: chain, .. } | Self::Internet { chain, .. } => Some(chain.sure),
            Self::Bypassed { .. } | Self::SharesSegment { .. } => None,
        }
    }
}

/// Chains and gateways. Places are the domains by index, and after them the Internet.
#[derive(Clone, Debug, Default)]
pub struct Relays {
    sessions: Sessions,
    /// By the place where a chain begins: the shortest chains that exist, and those that may.
    trees: Vec<(Tree, Tree)>,
    /// Gateways, by id and direction.
    pub waypoints: Vec<Waypoint>,
}

impl Relays {
    /// The hops of the shortest chain between two places that no direct session joins: of one that exists,
    /// else of one that may.
    fn hops(&self, from: usize, to: usize) -> Vec<&Edge> {
        let Some((sure, may)) = self.trees.get(from).filter(|_| from != to) else { return Vec::new() };
        let maybe = self.sessions.along(may, to);
        // What passes through a machine is no direct session.
        if matches!(
            maybe.as_slice(),
            [] | [Edge { by: By::Flow(_) | By::Open | By::Helper | By::Undecided | By::Outside, .. }]
        ) {
            return Vec::new();
        }
        let certain = self.sessions.along(sure, to);
        if certain.is_empty() { maybe } else { certain }
    }

    /// The shortest chain from a domain to another, or to the Internet, that no direct session joins.
    #[must_use]
    pub fn chain(
        &self,
        domains: &Domains,
        policy: &Policy,
        (from, to): (DomainId, Option<DomainId>),
    ) -> Option<Chain> {
        let to = to.map_or(domains.list.len(), |id| id.0);
        chains::told((domains, policy), &self.hops(from.0, to), None)
    }

    /// How many pairs of domains chains alone join, and how many of these by chains that exist.
    #[must_use]
    pub fn joined(&self, domains: &Domains) -> (usize, usize) {
        let (mut all, mut sure) = (0, 0);
        for (from, to) in domains.ids().flat_map(|from| domains.ids().map(move |to| (from.0, to.0))) {
            let hops = self.hops(from, to);
            all += usize::from(!hops.is_empty());
            sure += usize::from(!hops.is_empty() && hops.iter().all(|h| h.sure));
        }
        (all, sure)
    }

    /// Takes all proofs back.
    pub(super) fn doubt(&mut self) {
        for waypoint in self.waypoints.iter_mut().filter(|w| w.verdict == Verdict::Proven) {
            waypoint.verdict = Verdict::Undecided;
            waypoint.assumptions.clear();
        }
    }
}

/// Adds chains, gateways and the findings about them; the pairs and externals are judged already.
pub(super) fn judge(question: &Question<'_>, judged: &[Source], report: &mut Report) {
    let places = question.domains.list.len() + 1;
    let sessions = Sessions::of(places, edges(question, judged, report));
    let leans: BTreeSet<String> = report.pairs.iter().flat_map(|p| &p.assumptions).cloned().collect();
    let waypoints = waypoint::judge(question, &sessions, &leans);
    let trees =
        (0..places).into_par_iter().map(|p| (sessions.tree(p, |e| e.sure), sessions.tree(p, |_| true)));
    let trees = trees.collect();
    report.relays = Relays { sessions, trees, waypoints };
    let mut found = relays(question, &report.relays);
    found.extend(bypassed(question, &report.relays.waypoints));
    found.extend(shared(question));
    report.findings.extend(found);
    let used: BTreeSet<&String> = report.relays.waypoints.iter().flat_map(|w| &w.assumptions).collect();
    let mut more = assume::of_gateways(question);
    more.retain(|(id, _)| used.contains(id));
    report.assumptions.extend(more);
    report.assumptions.sort();
}

/// Everything that may carry a session.
fn edges(question: &Question<'_>, judged: &[Source], report: &Report) -> Vec<Edge> {
    let mut out = outside(question, report);
    out.extend(machines::hops(question));
    let cells: Vec<(DomainId, &Judged)> =
        judged.iter().flat_map(|s| s.pairs.iter().map(|p| (s.from, p))).collect();
    for ((from, pair), cell) in cells.into_iter().zip(&report.pairs) {
        let place = (from.0, pair.to.0);
        let before = out.len();
        for carried in &pair.carried {
            out.extend(of_flow(question, place, carried));
        }
        let declared = |id| question.domains.get(id).is_some_and(Domain::is_declared);
        if pair.open.is_some() || pair.doubtful.is_some() {
            let sure = cell.verdict == Verdict::Violated && declared(from) && declared(pair.to);
            out.push(hop(place, By::Open, sure));
        }
        if pair.helped {
            out.push(hop(place, By::Helper, false));
        }
        // SOUNDNESS: where nothing is decided about packets, nothing is about sessions.
        if cell.verdict != Verdict::Proven && out.len() == before {
            out.push(hop(place, By::Undecided, false));
        }
    }
    out
}

fn hop((from, to): (usize, usize), by: By, sure: bool) -> Edge {
    Edge { from, to, by, gateway: None, sure, gone: BTreeSet::new(), weaker: BTreeSet::new() }
}

/// The hop of a whitelist entry.
fn of_flow(question: &Question<'_>, place: (usize, usize), carried: &hops::Carried) -> Option<Edge> {
    let flow = question.policy.flows.get(carried.flow)?;
    let mut edge = hop(place, By::Flow(carried.flow), carried.sure);
    edge.gateway = flow.via.map(|v| v.value).or_else(|| at_gateway(question, flow));
    for (number, direction) in question.whitelist.directions(question).iter().enumerate() {
        if flow.via.is_some_and(|v| direction.gateways.contains(&v.value)) {
            edge.gone.insert(number);
        }
        let Some(left) = carried.without.get(&number) else { continue };
        if !left.may {
            edge.gone.insert(number);
        } else if !left.sure {
            edge.weaker.insert(number);
        }
    }
    Some(edge)
}

/// The gateway at which an entry begins or ends although it does not say so.
fn at_gateway(question: &Question<'_>, flow: &Flow) -> Option<usize> {
    question.policy.gateways.iter().position(|g| g.leg_of(flow).is_some())
}

/// Hops through networks that are not ours.
fn outside(question: &Question<'_>, report: &Report) -> Vec<Edge> {
    let internet = question.domains.list.len();
    let mut out = Vec::new();
    for (place, domain) in question.domains.list.iter().enumerate() {
        let status = report.externals.iter().find(|e| e.id == domain.id).map(|e| e.internet);
        if let Some(status) = status.filter(|s| *s != InternetStatus::No) {
            out.push(hop((place, internet), By::Outside, status == InternetStatus::Yes));
            out.push(hop((internet, place), By::Outside, false));
        }
        let DomainKind::External(index) = domain.kind else { continue };
        let Some(external) = question.policy.externals.get(index) else { continue };
        for reference in external.same_network_as.iter().chain(&external.reachable_via) {
            let other = match reference.value {
                ZoneRef::Internet => Some(internet),
                other => question.domains.of_reference(other).map(|id| id.0),
            };
            if let Some(other) = other.filter(|other| *other != place) {
                out.push(hop((place, other), By::Outside, false));
                out.push(hop((other, place), By::Outside, false));
            }
        }
    }
    out
}

/// Findings about chains.
fn relays(question: &Question<'_>, relays: &Relays) -> Vec<Finding> {
    let domains = question.domains;
    let forbids = |id: DomainId| match domains.get(id).map(|d| d.kind) {
        Some(DomainKind::Zone(index)) => {
            question.policy.zones.get(index).is_some_and(|z| z.internet == InternetRule::Forbidden)
        }
        _ => false,
    };
    let is_declared = |id: DomainId| domains.get(id).is_some_and(Domain::is_declared);
    let internet = domains.list.len();
    let told = |from, to| chains::told((domains, question.policy), &relays.hops(from, to), None);
    let mut out = Vec::new();
    for from in domains.ids().filter(|id| is_declared(*id)) {
        if forbids(from) {
            for (inward, chain) in [(false, told(from.0, internet)), (true, told(internet, from.0))] {
                let found =
                    chain.map(|c| about(question, RelayFinding::Internet { chain: c.clone(), inward }, &c));
                out.extend(found);
            }
        }
        let mut targets = 0;
        let mut nearest: Option<((bool, usize), usize)> = None;
        for to in domains.ids().filter(|id| is_declared(*id)) {
            let hops = relays.hops(from.0, to.0);
            if hops.is_empty() {
                continue;
            }
            targets += 1;
            // The first of the shortest that exist, else of those that may.
            let rank = (!hops.iter().all(|h| h.sure), hops.len());
            if nearest.is_none_or(|(best, _)| rank < best) {
                nearest = Some((rank, to.0));
            }
        }
        if let Some(chain) = nearest.and_then(|(_, to)| told(from.0, to)) {
            let kind = RelayFinding::Chain { targets, shortest: chain.clone() };
            out.push(about(question, kind, &chain));
        }
    }
    out
}

/// Findings about gateways that chains go around, once for each direction.
fn bypassed(question: &Question<'_>, waypoints: &[Waypoint]) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for waypoint in waypoints {
        let Some(chain) = waypoint.around.as_ref().filter(|_| seen.insert((&waypoint.from, &waypoint.to)))
        else {
            continue;
        };
        let gateways = std::iter::once(&waypoint.gateway).chain(&waypoint.beside).cloned().collect();
        let mut finding = about(question, RelayFinding::Bypassed { gateways, chain: chain.clone() }, chain);
        finding.verdict = waypoint.verdict;
        finding.severity = super::verdict::severity(waypoint.verdict);
        out.push(finding);
    }
    out
}

/// Gateways whose address others could use.
fn shared(question: &Question<'_>) -> Vec<Finding> {
    let used: BTreeSet<usize> =
        question.whitelist.directions(question).iter().flat_map(|d| d.gateways.iter().copied()).collect();
    let gateways = used.into_iter().filter_map(|g| question.policy.gateways.get(g));
    let shared = gateways.filter(|g| !waypoint::is_alone(question, g));
    shared
        .map(|gateway| {
            let id = gateway.id.value.clone();
            let kind = FindingKind::Relay(RelayFinding::SharesSegment { gateway: id.clone() });
            let mut finding = plain(kind, Verdict::Proven, &id);
            finding.locations.extend(gateway.legs.iter().map(|l| evidence(question, l.span, Note::None)));
            finding
        })
        .collect()
}

/// A finding about the ends of a chain, with the entries along it.
fn about(question: &Question<'_>, kind: RelayFinding, chain: &Chain) -> Finding {
    let from = chain.hops.first().map_or(String::new(), |h| h.from.clone());
    let to = chain.hops.last().map_or(String::new(), |h| h.to.clone());
    let subject = match kind {
        // Whatever is nearest on the day, it is the same finding.
        RelayFinding::Chain { .. } => from.clone(),
        _ => format!("{from}->{to}"),
    };
    let mut finding = plain(FindingKind::Relay(kind), Verdict::Proven, &subject);
    for id in chain.hops.iter().filter_map(|h| h.flow.as_ref()) {
        let flow = question.policy.flows.iter().find(|f| f.id.value == *id);
        finding.locations.extend(flow.map(|f| evidence(question, f.span, Note::Flow)));
    }
    finding.from = Some(from);
    finding.to = Some(to);
    finding
}
