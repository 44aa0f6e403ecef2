//! What a source can bring where: one fixpoint per source, both readings and both families at once.
//!
//! A worklist in the order of strongly connected components pushes only what is new along each edge
//! (every transfer is union-distributive). Each push is logged with what caused it, so that any packet of
//! the result can be followed back to where it was sent ([`Reach::trace`]).

use std::collections::BTreeSet;

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use sekisho_header_space::SetError;
use sekisho_net::{Family, Packet};

use crate::graph::transfer::{self, Pair, Reading};
use crate::graph::{Graph, Node, Sets};

/// Why a search ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The packet sets outgrew their budget.
    #[error(transparent)]
    Sets(#[from] SetError),
}

/// The order in which nodes are taken from the worklist.
pub struct Order(Vec<usize>);

impl Order {
    /// Ranks the nodes of a graph so that causes come before effects wherever there is no cycle.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let mut rank = vec![0; graph.graph.node_count()];
        for (n, component) in tarjan_scc(&graph.graph).into_iter().rev().enumerate() {
            for node in component {
                if let Some(slot) = rank.get_mut(node.index()) {
                    *slot = n;
                }
            }
        }
        Self(rank)
    }

    fn rank(&self, node: NodeIndex) -> usize {
        self.0.get(node.index()).copied().unwrap_or(0)
    }
}

/// One push of new packets to a node.
#[derive(Clone, Copy, Debug)]
struct Push {
    new: Pair,
    /// The edge and what went into it; `None` for a seed.
    cause: Option<(EdgeIndex, Pair)>,
}

/// What a source can bring where.
pub struct Reach {
    state: Vec<Pair>,
    log: Vec<Vec<Push>>,
}

/// One step of a followed packet, from the source on.
#[derive(Clone, Debug)]
pub struct TraceStep {
    /// Family of the packet here.
    pub family: Family,
    /// Where it is.
    pub node: Node,
    /// Its header here.
    pub packet: Packet,
    /// The edge that brought it here; `None` at the source.
    pub edge: Option<EdgeIndex>,
}

/// Computes everything that packets put at the seeds can bring anywhere.
///
/// # Errors
/// [`SearchError`] when the packet sets outgrow their budget.
pub fn forward_reach(
    graph: &Graph,
    order: &Order,
    sets: &mut Sets,
    seeds: &[(NodeIndex, Pair)],
    source_routes: bool,
) -> Result<Reach, SearchError> {
    let count = graph.graph.node_count();
    let mut reach = Reach { state: vec![Pair::EMPTY; count], log: vec![Vec::new(); count] };
    let mut pending = vec![Pair::EMPTY; count];
    let mut work: BTreeSet<(usize, NodeIndex)> = BTreeSet::new();
    for &(node, pair) in seeds {
        if let Some(family) = graph.graph.node_weight(node).map(|(f, _)| *f)
            && push(sets, family, &mut reach, &mut pending, node, pair, None)?
        {
            work.insert((order.rank(node), node));
        }
    }
    while let Some((_, node)) = work.pop_first() {
        let Some(slot) = pending.get_mut(node.index()) else { continue };
        let input = std::mem::replace(slot, Pair::EMPTY);
        let Some(&(family, _)) = graph.graph.node_weight(node) else { continue };
        for edge in graph.graph.edges_directed(node, Direction::Outgoing) {
            if edge.weight().source_route && !source_routes {
                continue;
            }
            let Some(&(to_family, _)) = graph.graph.node_weight(edge.target()) else { continue };
            let ops = &edge.weight().ops;
            let output = if transfer::is_havoc(ops) {
                Pair::DOUBTFUL
            } else {
                transfer::apply(sets.of(family), ops, input)?
            };
            let cause = Some((edge.id(), input));
            if push(sets, to_family, &mut reach, &mut pending, edge.target(), output, cause)? {
                work.insert((order.rank(edge.target()), edge.target()));
            }
        }
    }
    Ok(reach)
}

/// Adds what is new of `output` to a node; tells whether anything was.
fn push(
    sets: &mut Sets,
    family: Family,
    reach: &mut Reach,
    pending: &mut [Pair],
    node: NodeIndex,
    output: Pair,
    cause: Option<(EdgeIndex, Pair)>,
) -> Result<bool, SearchError> {
    let (Some(state), Some(log), Some(slot)) =
        (reach.state.get_mut(node.index()), reach.log.get_mut(node.index()), pending.get_mut(node.index()))
    else {
        return Ok(false);
    };
    if output.may.is_empty() {
        return Ok(false);
    }
    let sets = sets.of(family);
    let new = if state.may.is_empty() {
        output
    } else {
        Pair { may: sets.diff(output.may, state.may)?, sure: sets.diff(output.sure, state.sure)? }
    };
    if new.may.is_empty() && new.sure.is_empty() {
        return Ok(false);
    }
    *state = Pair { may: sets.or(state.may, new.may)?, sure: sets.or(state.sure, new.sure)? };
    // What is new for certain may be old as a possibility; the pair that goes on must stay nested.
    let mut may = sets.or(slot.may, new.may)?;
    if new.sure != new.may {
        may = sets.or(may, new.sure)?;
    }
    *slot = Pair { may, sure: sets.or(slot.sure, new.sure)? };
    log.push(Push { new, cause });
    Ok(true)
}

impl Reach {
    /// What can be at a node.
    #[must_use]
    pub fn at(&self, node: NodeIndex) -> Pair {
        self.state.get(node.index()).copied().unwrap_or(Pair::EMPTY)
    }

    /// Whether anything at all can be at a node.
    #[must_use]
    pub fn touches(&self, node: NodeIndex) -> bool {
        !self.at(node).may.is_empty()
    }

    /// Follows a packet at a node back to its source, under a reading. Empty when the packet is not
    /// there, or when an inexact translation lies on the way.
    ///
    /// # Errors
    /// [`SearchError`] when the packet sets outgrow their budget.
    pub fn trace(
        &self,
        graph: &Graph,
        sets: &mut Sets,
        node: NodeIndex,
        packet: Packet,
        reading: Reading,
    ) -> Result<Vec<TraceStep>, SearchError> {
        let mut steps = Vec::new();
        let (mut node, mut packet) = (node, packet);
        loop {
            let Some(&(family, place)) = graph.graph.node_weight(node) else { return Ok(Vec::new()) };
            let pushes = self.log.get(node.index()).map_or(&[][..], Vec::as_slice);
            let found = pushes.iter().find(|p| sets.get(family).contains(p.new.get(reading), &packet));
            let Some(found) = found else { return Ok(Vec::new()) };
            steps.push(TraceStep { family, node: place, packet, edge: found.cause.map(|(e, _)| e) });
            let Some((edge, input)) = found.cause else { break };
            let Some((from, _)) = graph.graph.edge_endpoints(edge) else { return Ok(Vec::new()) };
            let Some(&(from_family, _)) = graph.graph.node_weight(from) else { return Ok(Vec::new()) };
            let Some(weight) = graph.graph.edge_weight(edge) else { return Ok(Vec::new()) };
            let input = input.get(reading);
            let before = if transfer::is_havoc(&weight.ops) {
                sets.get(from_family).pick(input)
            } else {
                transfer::source(sets.of(from_family), &weight.ops, input, &packet, reading)?
            };
            let Some(before) = before else { return Ok(Vec::new()) };
            (node, packet) = (from, before);
        }
        steps.reverse();
        Ok(steps)
    }
}
