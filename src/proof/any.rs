//! Which targets a source cannot reach under any routes: first whatever the header, then with packet sets.
//!
//! Isolation that holds under any routing leans on filters, gates, VRFs and segments alone. It is asked
//! before the routes are looked at. A pair that is not apart here may still be apart under the routes given.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::NodeIndex;
use sekisho_header_space::Set;
use sekisho_net::Family;

use super::target::{Sink, Targets};
use super::whitelist::{self, Permitted};
use super::{ProofError, Question, isolation};
use crate::graph::Sets;
use crate::graph::location::{Domain, DomainId};
use crate::search::{Order, Progress, SearchError, leading_to, may_reach, touched};

/// A pair that no routing joins beyond the whitelist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Apart {
    /// Whether packets arrive that only look like replies of whitelisted TCP sessions.
    pub(super) replies: bool,
}

/// Whether every address of a domain has a location, so that no route says where the domain is.
pub(super) fn is_located(domain: &Domain) -> bool {
    domain.unlocated.values().all(Vec::is_empty)
}

/// Whether where both ends are depends on no route.
fn is_offered(question: &Question<'_>, from: &Domain, to: &Domain) -> bool {
    let declared = from.is_declared() && to.is_declared();
    // What belongs to nobody depends on where all others are.
    let settled = || question.domains.list.iter().all(is_located);
    is_located(from) && is_located(to) && (declared || settled())
}

/// A target that may still be apart.
struct Candidate {
    sinks: Vec<(Family, Sink)>,
    permitted: BTreeMap<Family, Permitted>,
    replies: bool,
}

/// The targets that are apart from a source under any routes.
pub(super) fn apart(
    question: &Question<'_>,
    targets: &Targets,
    order: &Order,
    sets: &mut Sets,
    (from, domain): (DomainId, &Domain),
) -> Result<BTreeMap<DomainId, Apart>, ProofError> {
    let mut out = BTreeMap::new();
    let offered = |to: &DomainId| {
        *to != from && question.domains.get(*to).is_some_and(|d| is_offered(question, domain, d))
    };
    let offered: Vec<DomainId> = question.domains.ids().filter(offered).collect();
    if offered.is_empty() {
        return Ok(out);
    }
    let seeds: Vec<(NodeIndex, Set)> = isolation::seeds(question, question.any, sets, domain)?
        .into_iter()
        .map(|(node, pair)| (node, pair.may))
        .collect();
    let sensitive = isolation::is_mynumber(question, domain);
    let obeyed = !question.any.source_routing.is_empty();
    let routed = |to: &DomainId| {
        obeyed
            && (sensitive || question.domains.get(*to).is_some_and(|d| isolation::is_mynumber(question, d)))
    };
    let (with, without): (Vec<DomainId>, Vec<DomainId>) = offered.into_iter().partition(routed);
    for (source_routes, wanted) in [(false, without), (true, with)] {
        if !wanted.is_empty() {
            search(question, targets, order, sets, (from, &seeds, source_routes), &wanted, &mut out)?;
        }
    }
    Ok(out)
}

/// One search for targets under one rule about source routes.
fn search(
    question: &Question<'_>,
    targets: &Targets,
    order: &Order,
    sets: &mut Sets,
    (from, seeds, source_routes): (DomainId, &[(NodeIndex, Set)], bool),
    wanted: &[DomainId],
    out: &mut BTreeMap<DomainId, Apart>,
) -> Result<(), ProofError> {
    let starts: Vec<NodeIndex> = seeds.iter().map(|(node, _)| *node).collect();
    let forward = touched(question.any, &starts, source_routes);
    let is_touched = |index: NodeIndex| forward.get(index.index()).is_some_and(|t| *t);
    let mut open: BTreeMap<DomainId, Candidate> = BTreeMap::new();
    for &to in wanted {
        let mut candidate = Candidate { sinks: Vec::new(), permitted: BTreeMap::new(), replies: false };
        for family in Family::ALL {
            let sinks = targets.get(family, to).into_iter().flat_map(|t| &t.any);
            let met = sinks.filter(|s| is_touched(s.index)).map(|s| (family, *s));
            candidate.sinks.extend(met);
        }
        if candidate.sinks.is_empty() {
            out.insert(to, Apart { replies: false });
            continue;
        }
        for family in Family::ALL {
            let permitted = whitelist::permitted(question, sets.of(family), from, to)?;
            candidate.permitted.insert(family, permitted);
        }
        open.insert(to, candidate);
    }
    let ends: BTreeSet<NodeIndex> =
        open.values().flat_map(|c| c.sinks.iter().map(|(_, s)| s.index)).collect();
    let ends: Vec<NodeIndex> = ends.into_iter().collect();
    let mut within = leading_to(question.any, &ends, source_routes);
    within.iter_mut().zip(&forward).for_each(|(w, f)| *w &= *f);
    let mut waiting: BTreeMap<NodeIndex, Vec<DomainId>> = BTreeMap::new();
    for (to, candidate) in &open {
        for (_, sink) in &candidate.sinks {
            waiting.entry(sink.index).or_default().push(*to);
        }
    }
    let heard = |sets: &mut Sets, node: NodeIndex, has: Set| -> Result<Progress, SearchError> {
        let Some(listening) = waiting.get(&node) else { return Ok(Progress::GoOn) };
        for to in listening {
            if let Some(candidate) = open.get_mut(to)
                && candidate.is_reached(sets, node, has)?
            {
                open.remove(to);
            }
        }
        Ok(if open.is_empty() { Progress::Stop } else { Progress::GoOn })
    };
    if !waiting.is_empty() {
        may_reach(question.any, order, sets, seeds, (&within, source_routes), heard)?;
    }
    out.extend(open.into_iter().map(|(to, c)| (to, Apart { replies: c.replies })));
    Ok(())
}

impl Candidate {
    /// Whether what a node has holds a packet that counts and is not permitted.
    fn is_reached(&mut self, sets: &mut Sets, node: NodeIndex, has: Set) -> Result<bool, SearchError> {
        for (family, sink) in self.sinks.iter().filter(|(_, s)| s.index == node) {
            let Some(permitted) = self.permitted.get(family) else { return Ok(true) };
            let manager = sets.of(*family);
            let arrived = manager.and(has, sink.counts.may)?;
            let left = manager.diff(arrived, permitted.flows)?;
            self.replies |= !manager.disjoint(left, permitted.replies);
            if !manager.diff(left, permitted.replies)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
