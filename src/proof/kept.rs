//! What a run takes over from the proofs of the run before.
//!
//! A search looks at the edges of the nodes that it met and at no others. If none of them is another than
//! before, and graphs have one shape, it takes the same steps in the same order and finds the same: verdicts,
//! packets, ways. What a finding quotes is always made anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use sekisho_net::Family;

use super::crossing::Replies;
use super::isolation::Source;
use super::sessions::Sessions;
use super::target::Targets;
use super::{Orders, Question, leans};
use crate::graph::location::DomainId;
use crate::graph::sessions::keeps_sessions;
use crate::graph::{Changed, Graph, Node, Sets};
use crate::policy::Date;
use crate::search::Met;

/// The proofs of a run.
pub(crate) struct Kept {
    pub(super) as_of: Date,
    /// The packet sets of the run, those of the targets among them.
    pub(crate) base: Sets,
    pub(super) targets: Arc<Targets>,
    pub(super) orders: Arc<Orders>,
    /// By domain.
    pub(super) sources: Vec<Arc<Source>>,
    pub(super) found: Sessions,
    /// By domain; none when no session can be opened.
    pub(super) replies: Vec<Arc<Replies>>,
    pub(super) leans: leans::Found,
    /// Sources that were taken over.
    pub(super) unchanged: usize,
}

impl Kept {
    /// Sources from which nothing was searched again.
    pub(crate) fn unchanged(&self) -> usize {
        self.unchanged
    }
}

/// The run before, of a question that differs in some devices alone: policy, domains, files and the shapes of
/// both graphs are the same, and sets made then are sets now.
pub(crate) struct Before {
    pub(crate) kept: Kept,
    /// Devices that are not the same.
    pub(crate) devices: BTreeSet<usize>,
    /// Paths of their files.
    pub(crate) files: BTreeSet<String>,
    /// Whether layer 2, addresses and routes are the same, places in the files included.
    pub(crate) wired: bool,
    /// What is another in the graph under the routes given.
    pub(crate) given: Changed,
    /// What is another in the graph under any routes.
    pub(crate) any: Changed,
}

impl Before {
    /// What was found out about a source, if it is the same now.
    // SOUNDNESS: both searches met none of the nodes at which an edge differs, so they take the same steps.
    // What is read beside the graphs is the same: domains, whitelist, targets (compared), and the devices with
    // sessions that begin on a way that was met (a way out of a changed device counts as changed).
    pub(super) fn source(&self, from: DomainId) -> Option<&Arc<Source>> {
        let source = self.kept.sources.get(from.0)?;
        let same = |changed: &Changed, met: &Met| !changed.nodes().any(|node| met.has(node));
        let (given, any) = &source.met;
        (same(&self.given, given) && same(&self.any, any)).then_some(source)
    }

    /// Whether the same sessions are open as before, and undone alike.
    pub(super) fn has_sessions(&self, question: &Question<'_>, found: &Sessions) -> bool {
        let mut devices = self.devices.iter().filter_map(|index| question.devices.get(*index));
        (self.wired || !devices.any(keeps_sessions)) && *found == self.kept.found
    }

    /// What was found out about the replies of a source, if it is the same now. `judged` are all sources now;
    /// the sessions are those of before ([`Before::has_sessions`]).
    // SOUNDNESS: no device with sessions changed beyond lists and translations, whose sessions are compared; so is
    // what answers a finding; the searches met no node at which an edge differs.
    pub(super) fn replies(&self, judged: &[Arc<Source>], from: DomainId) -> Option<&Arc<Replies>> {
        let replies = self.kept.replies.get(from.0)?;
        let answered = |(now, then): (&Arc<Source>, &Arc<Source>)| {
            let left = |s: &Source| s.pairs.iter().find(|p| p.to == from).map(|p| p.left.clone());
            Arc::ptr_eq(now, then) || left(now) == left(then)
        };
        let same = !self.given.nodes().any(|node| replies.met.has(node))
            && judged.len() == self.kept.sources.len()
            && judged.iter().zip(&self.kept.sources).all(answered);
        same.then_some(replies)
    }

    /// The nodes at which something differs, in either graph.
    pub(super) fn changed_nodes(&self, question: &Question<'_>) -> BTreeSet<(Family, Node)> {
        let of = |graph: &Graph, changed: &Changed| {
            let nodes = changed.nodes().filter_map(|index| graph.graph.node_weight(index).copied());
            nodes.collect::<Vec<_>>()
        };
        of(question.graph, &self.given).into_iter().chain(of(question.any, &self.any)).collect()
    }
}
