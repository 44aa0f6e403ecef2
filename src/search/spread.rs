//! What a source may bring where, for questions that need no packet to show: no second reading, no way
//! back, and an end as soon as the answer is known.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use sekisho_header_space::Set;
use sekisho_net::Family;

use super::{Order, SearchError, Work};
use crate::graph::transfer::{self, Pair};
use crate::graph::{Graph, Sets};

/// Whether a search goes on after a node got more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The answer is not known yet.
    GoOn,
    /// The answer is known.
    Stop,
}

/// Nodes that anything at all may get to, whatever its header: by edges that are not certainly closed.
#[must_use]
pub fn touched(graph: &Graph, seeds: &[NodeIndex], source_routes: bool) -> Vec<bool> {
    walked(graph, seeds, source_routes, Direction::Outgoing)
}

/// Nodes from which anything at all may get to one of these.
#[must_use]
pub fn leading_to(graph: &Graph, ends: &[NodeIndex], source_routes: bool) -> Vec<bool> {
    walked(graph, ends, source_routes, Direction::Incoming)
}

fn walked(graph: &Graph, from: &[NodeIndex], source_routes: bool, direction: Direction) -> Vec<bool> {
    let mut seen = vec![false; graph.graph.node_count()];
    let mut queue: VecDeque<NodeIndex> = VecDeque::new();
    let mut add = |node: NodeIndex, queue: &mut VecDeque<NodeIndex>| {
        if let Some(slot) = seen.get_mut(node.index()).filter(|slot| !**slot) {
            *slot = true;
            queue.push_back(node);
        }
    };
    for &node in from {
        add(node, &mut queue);
    }
    while let Some(node) = queue.pop_front() {
        for edge in graph.graph.edges_directed(node, direction) {
            if edge.weight().source_route && !source_routes {
                continue;
            }
            let next = if direction == Direction::Outgoing { edge.target() } else { edge.source() };
            add(next, &mut queue);
        }
    }
    seen
}

/// Computes what packets put at the seeds may bring to the nodes in `within`, and tells `heard` of all that
/// a node has whenever it gets more. Ends when `heard` says so.
///
/// # Errors
/// [`SearchError`] when the packet sets outgrow their budget.
pub fn may_reach(
    graph: &Graph,
    order: &Order,
    sets: &mut Sets,
    seeds: &[(NodeIndex, Set)],
    (within, source_routes): (&[bool], bool),
    mut heard: impl FnMut(&mut Sets, NodeIndex, Set) -> Result<Progress, SearchError>,
) -> Result<(), SearchError> {
    let count = graph.graph.node_count();
    let mut state = vec![Set::EMPTY; count];
    let mut pending = vec![Set::EMPTY; count];
    let mut work = Work::of(count);
    let mut push = |sets: &mut Sets,
                    family: Family,
                    node: NodeIndex,
                    set: Set,
                    pending: &mut [Set]|
     -> Result<Option<Progress>, SearchError> {
        let (Some(has), Some(waits)) = (state.get_mut(node.index()), pending.get_mut(node.index())) else {
            return Ok(None);
        };
        let manager = sets.of(family);
        let new = manager.diff(set, *has)?;
        if new.is_empty() {
            return Ok(None);
        }
        *has = manager.or(*has, new)?;
        *waits = manager.or(*waits, new)?;
        heard(sets, node, *has).map(Some)
    };
    for &(node, set) in seeds {
        let Some(&(family, _)) = graph.graph.node_weight(node) else { continue };
        match push(sets, family, node, set, &mut pending)? {
            Some(Progress::Stop) => return Ok(()),
            Some(Progress::GoOn) => work.add(order, node, (u32::MAX, 0, 0)),
            None => {}
        }
    }
    while let Some((node, now)) = work.take() {
        let Some(slot) = pending.get_mut(node.index()) else { continue };
        let input = std::mem::replace(slot, Set::EMPTY);
        let Some(&(family, _)) = graph.graph.node_weight(node) else { continue };
        for edge in graph.graph.edges_directed(node, Direction::Outgoing) {
            let target = edge.target();
            let wanted = within.get(target.index()).is_some_and(|w| *w);
            if !wanted || (edge.weight().source_route && !source_routes) {
                continue;
            }
            let Some(&(to_family, _)) = graph.graph.node_weight(target) else { continue };
            let ops = &edge.weight().ops;
            let output = if transfer::is_havoc(ops) {
                Set::FULL
            } else {
                transfer::apply(sets.of(family), ops, Pair::at_most(input))?.may
            };
            match push(sets, to_family, target, output, &mut pending)? {
                Some(Progress::Stop) => return Ok(()),
                Some(Progress::GoOn) => work.add(order, target, now),
                None => {}
            }
        }
    }
    Ok(())
}
