//! One step beyond what may be where: does a change let anything out of it?
//!
//! What may be at each node, from one source, is an invariant: every step maps it into itself. If the steps that a
//! change makes otherwise do so as well, it is one of the changed network too, so nothing arrives anywhere that
//! could not arrive before, and what was proven still is. No search is needed for that.

use sekisho_header_space::Set;

use super::{ProofError, Question, isolation, sessions};
use crate::graph::transfer::Pair;
use crate::graph::{Graph, Remade, Sets};
use crate::search::{Order, SearchError, Steps, forward_reach};

/// What may be at each node, from each source.
pub(crate) struct Invariants(Vec<Invariant>);

/// What may be at each node.
struct Invariant {
    source_routes: bool,
    may: Vec<Set>,
}

impl Invariants {
    /// Those of a question; their sets belong to `sets`. `None` where a proof rests on more: where helpers may
    /// open anything.
    ///
    /// # Errors
    /// [`ProofError`] when the packet sets outgrow their budget.
    pub(crate) fn of(question: &Question<'_>, sets: &mut Sets) -> Result<Option<Self>, ProofError> {
        let graph = question.graph;
        if sessions::may_help(&graph.exits, question.devices, sets)? {
            return Ok(None);
        }
        let order = Order::of(graph);
        let sensitive = |d: &_| isolation::is_mynumber(question, d);
        let any_sensitive = question.domains.list.iter().any(sensitive);
        let mut out = Vec::new();
        for domain in &question.domains.list {
            let seeds = isolation::seeds(question, graph, sets, domain)?;
            for source_routes in [false, true] {
                // As the judgement has it: source routes count where one end is a system of マイナンバー利用事務系.
                let wanted = if source_routes { any_sensitive } else { !sensitive(domain) };
                if wanted {
                    let may = forward_reach(graph, &order, sets, &seeds, source_routes)?.into_may();
                    out.push(Invariant { source_routes, may });
                }
            }
        }
        Ok(Some(Self(out)))
    }

    /// Whether nothing escapes by steps that were made again.
    ///
    /// # Errors
    /// [`SearchError`] when the packet sets outgrow their budget.
    // SOUNDNESS: a search unites what union-distributive steps make of what is there; its result lies within
    // every invariant that holds the seeds, and these are the same.
    pub(crate) fn hold(&self, graph: &Graph, sets: &mut Sets, remade: &Remade) -> Result<bool, SearchError> {
        for (at, (from, to), edge) in remade.differing(graph).filter(|(.., edge)| edge.session.is_none()) {
            let (Some(&(family, _)), Some(&(to_family, _))) =
                (graph.graph.node_weight(from), graph.graph.node_weight(to))
            else {
                return Ok(false);
            };
            for Invariant { source_routes, may } in &self.0 {
                let held =
                    |node: petgraph::graph::NodeIndex| may.get(node.index()).copied().unwrap_or(Set::EMPTY);
                let (here, there) = (held(from), held(to));
                if here.is_empty() || (edge.source_route && !source_routes) {
                    continue;
                }
                let steps = Steps { source_routes: *source_routes, sessions: None, resolved: None };
                let output = steps.output(sets.of(family), (at, edge), Pair::at_most(here))?.may;
                if !sets.of(to_family).subset(output, there) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
