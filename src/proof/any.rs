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
use crate::graph::location::{Domain, DomainId};
use crate::graph::{Graph, Sets};
use crate::search::{Met, Order, Progress, Rules, SearchError, leading_to, may_reach, touched};

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

/// The targets that are apart from a source under any routes. `met` gets the nodes that were looked at.
pub(super) fn apart(
    question: &Question<'_>,
    targets: &Targets,
    order: &Order,
    sets: &mut Sets,
    (from, domain): (DomainId, &Domain),
    met: &mut Met,
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
            let source = (from, seeds.as_slice(), source_routes);
            out.extend(search(question, targets, order, sets, source, &wanted, met)?);
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
    met: &mut Met,
) -> Result<BTreeMap<DomainId, Apart>, ProofError> {
    let mut candidates = Vec::new();
    for &to in wanted {
        let mut sinks = Vec::new();
        for family in Family::ALL {
            sinks.extend(targets.get(family, to).into_iter().flat_map(|t| &t.any).map(|s| (family, *s)));
        }
        candidates.push(Candidate::of(question, sets, (from, to), sinks)?);
    }
    let rules = Rules { source_routes, kept: &[] };
    let mut steps = usize::MAX;
    let way = Way { graph: question.any, order, seeds, rules };
    Ok(way.apart(sets, candidates, &mut steps, met)?.unwrap_or_default())
}

/// How targets are looked for.
pub(super) struct Way<'a> {
    pub(super) graph: &'a Graph,
    pub(super) order: &'a Order,
    pub(super) seeds: &'a [(NodeIndex, Set)],
    pub(super) rules: Rules<'a>,
}

impl Way<'_> {
    /// The candidates that nothing outside the whitelist reaches; `None` when the steps did not suffice.
    /// `met` gets the nodes that were looked at.
    pub(super) fn apart(
        &self,
        sets: &mut Sets,
        candidates: Vec<Candidate>,
        steps: &mut usize,
        met: &mut Met,
    ) -> Result<Option<BTreeMap<DomainId, Apart>>, ProofError> {
        let mut out = BTreeMap::new();
        let starts: Vec<NodeIndex> = self.seeds.iter().map(|(node, _)| *node).collect();
        let forward = touched(self.graph, &starts, self.rules);
        let is_touched = |index: NodeIndex| forward.get(index.index()).is_some_and(|t| *t);
        let mut open: BTreeMap<DomainId, Candidate> = BTreeMap::new();
        for mut candidate in candidates {
            candidate.sinks.retain(|(_, sink)| is_touched(sink.index));
            if candidate.sinks.is_empty() {
                out.insert(candidate.to, Apart { replies: false });
            } else {
                open.insert(candidate.to, candidate);
            }
        }
        if open.is_empty() {
            return Ok(Some(out));
        }
        let mut waiting: BTreeMap<NodeIndex, BTreeSet<DomainId>> = BTreeMap::new();
        for (to, candidate) in &open {
            for (_, sink) in &candidate.sinks {
                waiting.entry(sink.index).or_default().insert(*to);
            }
        }
        let ends: Vec<NodeIndex> = waiting.keys().copied().collect();
        let mut within = leading_to(self.graph, &ends, self.rules);
        within.iter_mut().zip(&forward).for_each(|(w, f)| *w &= *f);
        let heard = |sets: &mut Sets, node: NodeIndex, has: Set| -> Result<Progress, SearchError> {
            met.add(node);
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
        let within = (within.as_slice(), self.rules);
        if !may_reach(self.graph, self.order, sets, self.seeds, within, steps, heard)? {
            return Ok(None);
        }
        out.extend(open.into_iter().map(|(to, c)| (to, Apart { replies: c.replies })));
        Ok(Some(out))
    }
}

/// A target that may still be apart.
pub(super) struct Candidate {
    to: DomainId,
    sinks: Vec<(Family, Sink)>,
    permitted: BTreeMap<Family, Permitted>,
    replies: bool,
}

impl Candidate {
    pub(super) fn of(
        question: &Question<'_>,
        sets: &mut Sets,
        (from, to): (DomainId, DomainId),
        sinks: Vec<(Family, Sink)>,
    ) -> Result<Self, ProofError> {
        let mut permitted = BTreeMap::new();
        for family in Family::ALL {
            permitted.insert(family, whitelist::permitted(question, sets.of(family), from, to)?);
        }
        Ok(Self { to, sinks, permitted, replies: false })
    }

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
