//! What a source may bring where, for questions that need no packet to show: no second reading, no way
//! back, and an end as soon as the answer is known.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use sekisho_header_space::{Set, SetError};
use sekisho_net::Family;

use super::{Order, SearchError, Work};
use crate::graph::transfer::{self, Pair};
use crate::graph::{Edge, Graph, Sets};
use crate::routing::Routing;

/// Whether a search goes on after a node got more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The answer is not known yet.
    GoOn,
    /// The answer is known.
    Stop,
}

/// For which destinations of each family something that leans on routes decides as given; for the others
/// any way.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// As given, and any way.
    v4: (Set, Set),
    v6: (Set, Set),
}

impl Kept {
    /// As given for every destination.
    pub const ALL: Self = Self { v4: (Set::FULL, Set::EMPTY), v6: (Set::FULL, Set::EMPTY) };
    /// As given for none.
    pub const NONE: Self = Self { v4: (Set::EMPTY, Set::FULL), v6: (Set::EMPTY, Set::FULL) };

    /// As given for these destinations.
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    pub fn of(sets: &mut Sets, v4: Set, v6: Set) -> Result<Self, SetError> {
        let others = (sets.of(Family::V4).complement(v4)?, sets.of(Family::V6).complement(v6)?);
        Ok(Self { v4: (v4, others.0), v6: (v6, others.1) })
    }

    fn get(&self, family: Family, routing: Routing) -> Set {
        let (given, any) = if family == Family::V4 { self.v4 } else { self.v6 };
        if routing == Routing::Given { given } else { any }
    }
}

/// Which steps of a graph a search takes.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Whether source routes are obeyed.
    pub source_routes: bool,
    /// In a graph under either routing: what decides as given, one entry for each of [`Graph::leans`].
    pub kept: &'a [Kept],
}

impl Rules<'_> {
    /// The packets that may take an edge by what it leans on.
    fn admits(&self, edge: &Edge, family: Family) -> Set {
        // Packets of sessions are not new ones.
        if edge.session.is_some() || (edge.source_route && !self.source_routes) {
            return Set::EMPTY;
        }
        let Some((at, routing)) = edge.leans else { return Set::FULL };
        self.kept.get(at as usize).map_or(Set::FULL, |kept| kept.get(family, routing))
    }
}

/// Nodes that anything at all may get to, whatever its header: by edges that are not certainly closed.
#[must_use]
pub fn touched(graph: &Graph, seeds: &[NodeIndex], rules: Rules<'_>) -> Vec<bool> {
    walked(graph, seeds, rules, Direction::Outgoing)
}

/// Nodes from which anything at all may get to one of these.
#[must_use]
pub fn leading_to(graph: &Graph, ends: &[NodeIndex], rules: Rules<'_>) -> Vec<bool> {
    walked(graph, ends, rules, Direction::Incoming)
}

fn walked(graph: &Graph, from: &[NodeIndex], rules: Rules<'_>, direction: Direction) -> Vec<bool> {
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
            let Some(&(family, _)) = graph.graph.node_weight(edge.source()) else { continue };
            if rules.admits(edge.weight(), family).is_empty() {
                continue;
            }
            let next = if direction == Direction::Outgoing { edge.target() } else { edge.source() };
            add(next, &mut queue);
        }
    }
    seen
}

/// Computes what packets put at the seeds may bring to the nodes in `within`, and tells `heard` of all that
/// a node has whenever it gets more. Ends when `heard` says so, or when `steps` edges were followed; tells
/// whether they sufficed.
///
/// # Errors
/// [`SearchError`] when the packet sets outgrow their budget.
pub fn may_reach(
    graph: &Graph,
    order: &Order,
    sets: &mut Sets,
    seeds: &[(NodeIndex, Set)],
    (within, rules): (&[bool], Rules<'_>),
    steps: &mut usize,
    mut heard: impl FnMut(&mut Sets, NodeIndex, Set) -> Result<Progress, SearchError>,
) -> Result<bool, SearchError> {
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
            Some(Progress::Stop) => return Ok(true),
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
            if !within.get(target.index()).is_some_and(|w| *w) {
                continue;
            }
            let Some(&(to_family, _)) = graph.graph.node_weight(target) else { continue };
            let admitted = rules.admits(edge.weight(), family);
            let input = sets.of(family).and(input, admitted)?;
            if input.is_empty() {
                continue;
            }
            let Some(left) = steps.checked_sub(1) else { return Ok(false) };
            *steps = left;
            let ops = &edge.weight().ops;
            let output = if transfer::is_havoc(ops) {
                Set::FULL
            } else {
                transfer::apply(sets.of(family), ops, Pair::at_most(input))?.may
            };
            match push(sets, to_family, target, output, &mut pending)? {
                Some(Progress::Stop) => return Ok(true),
                Some(Progress::GoOn) => work.add(order, target, now),
                None => {}
            }
        }
    }
    Ok(true)
}
