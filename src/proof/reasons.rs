//! What would decide an undecided pair, none of which can be left out.
//!
//! A set of doubts is *enough* if nothing outside the whitelist may arrive once all of them are resolved in
//! the harmless way (`graph::resolve`). One that is enough is found by following a packet that still arrives
//! and resolving the doubts on its way, again and again; then each is left out for a trial. Fewer doubts resolved
//! never let less arrive, so that what is left after one round is minimal: without any one of it something
//! may still arrive. It need not be the smallest, and within a bounded number of searches it may not be found.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::isolation::{self, Arrived, Judged, Path, Source};
use super::target::{Sink, Targets};
use super::{ProofError, Question, whitelist};
use crate::graph::Sets;
use crate::graph::location::{Domain, DomainId};
use crate::graph::resolve::{Doubtful, Key, key};
use crate::graph::transfer::{Pair, Reading};
use crate::routing::Doubt;
use crate::search::{Order, Steps, search};

/// Edges that may be looked at for all pairs of a run together.
const EDGES: usize = 8_000_000;
/// Searches for one pair.
const SEARCHES: usize = 64;
/// Searches without which nothing is found out.
const LEAST: usize = 3;

/// What would decide a pair.
#[derive(Clone)]
pub(super) struct Deciding {
    /// Doubts, in the order in which they were met.
    pub(super) doubts: Vec<Doubt>,
    /// Whether none of them can be left out; else the searches did not suffice to find out.
    pub(super) minimal: bool,
    /// Packets that may arrive although all are resolved, by no step that is in doubt: whether the place where they
    /// are counts as the target is.
    pub(super) rest: Vec<Path>,
}

/// Finds out what would decide the pairs between declared domains of which a packet may arrive and none surely
/// does.
pub(super) fn find(
    question: &Question<'_>,
    (targets, order): (&Targets, &Order),
    base: &Sets,
    judged: &mut [Source],
) -> Result<(), ProofError> {
    let declared = |id| question.domains.get(id).is_some_and(Domain::is_declared);
    let open = |from: DomainId, pair: &Judged| {
        declared(from) && declared(pair.to) && pair.open.is_none() && pair.doubtful.is_some()
    };
    let asked: Vec<(DomainId, DomainId)> = judged
        .iter()
        .flat_map(|s| s.pairs.iter().filter(|p| open(s.from, p)).map(|p| (s.from, p.to)))
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    let searches = EDGES / (question.graph.graph.edge_count().max(1) * asked.len());
    if searches < LEAST {
        return Ok(());
    }
    let doubtful = Doubtful::of(question.graph);
    let found: Vec<Result<Option<Deciding>, ProofError>> = asked
        .par_iter()
        .map_init(
            || base.clone(),
            |sets, &(from, to)| {
                let searches = searches.min(SEARCHES);
                let mut trial =
                    Trial { question, targets, order, doubtful: &doubtful, sets, from, to, searches };
                let found = trial.deciding();
                trial.sets.rollback();
                found
            },
        )
        .collect();
    for ((from, to), found) in asked.into_iter().zip(found) {
        let found = found?;
        let mut pairs = judged.iter_mut().filter(|s| s.from == from).flat_map(|s| &mut s.pairs);
        if let Some(pair) = pairs.find(|p| p.to == to) {
            pair.deciding = found;
        }
    }
    Ok(())
}

/// One pair.
struct Trial<'a, 'q> {
    question: &'a Question<'q>,
    targets: &'a Targets,
    order: &'a Order,
    doubtful: &'a Doubtful,
    sets: &'a mut Sets,
    from: DomainId,
    to: DomainId,
    /// Searches that are left.
    searches: usize,
}

impl Trial<'_, '_> {
    /// `None` when the pair is undecided for another reason than a doubtful step, or nothing was found out.
    fn deciding(&mut self) -> Result<Option<Deciding>, ProofError> {
        let mut doubts: Vec<Doubt> = Vec::new();
        let mut rest: Vec<Path> = Vec::new();
        let mut enough = false;
        while self.searches > 0 {
            let resolved = doubts.iter().map(key).collect();
            let Some(path) = self.still_arrives(&resolved, &rest)? else {
                enough = true;
                break;
            };
            let new = path.doubts.iter().filter(|d| !resolved.contains(&key(d)));
            let new: Vec<Doubt> = new.cloned().collect();
            if new.is_empty() {
                rest.push(path);
            }
            doubts.extend(new);
        }
        if doubts.is_empty() && rest.is_empty() {
            return Ok(None);
        }
        let mut minimal = enough;
        let mut at = doubts.len();
        while enough && at > 0 {
            at -= 1;
            if self.searches == 0 {
                minimal = false;
                break;
            }
            let others = doubts.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, d)| key(d)).collect();
            if self.still_arrives(&others, &rest)?.is_none() {
                doubts.remove(at);
            }
        }
        Ok(Some(Deciding { doubts, minimal, rest }))
    }

    /// A packet outside the whitelist that may arrive with these doubts resolved, elsewhere than where some others
    /// did, and its way.
    fn still_arrives(&mut self, resolved: &BTreeSet<Key>, rest: &[Path]) -> Result<Option<Path>, ProofError> {
        self.searches = self.searches.saturating_sub(1);
        let question = self.question;
        let (Some(from), Some(to)) = (question.domains.get(self.from), question.domains.get(self.to)) else {
            return Ok(None);
        };
        let source_routes = [from, to].into_iter().any(|domain| isolation::is_mynumber(question, domain));
        let seeds = isolation::seeds(question, question.graph, self.sets, from)?;
        let steps = self.doubtful.resolve(question.graph, question.devices, self.sets, resolved)?;
        let by = Steps { source_routes, sessions: None, resolved: Some(&steps) };
        let reach = search(question.graph, self.order, self.sets, &seeds, by)?;
        for family in sekisho_net::Family::ALL {
            let Some(target) = self.targets.get(family, self.to) else { continue };
            let manager = self.sets.of(family);
            let permitted = whitelist::permitted(question, manager, self.from, self.to)?;
            let known = |node| rest.iter().any(|path| (path.family, path.at) == (family, node));
            for &Sink { index, node, counts } in target.sinks.iter().filter(|sink| !known(sink.node)) {
                let may = manager.and(reach.at(index).may, counts.may)?;
                let may = manager.diff(may, permitted.flows)?;
                let left = Pair::at_most(manager.diff(may, permitted.replies)?);
                if left.may.is_empty() {
                    continue;
                }
                let preferred = self.targets.preferred(family, self.from, self.to);
                let arrived = [Arrived { index, node, left }];
                let wishes = (family, preferred.as_slice());
                return isolation::follow(question, self.sets, &reach, wishes, &arrived, (Reading::May, by));
            }
        }
        Ok(None)
    }
}
