//! What a source can bring where: one fixpoint per source, both readings and both families at once.
//!
//! A worklist pushes only what is new along each edge (every transfer is union-distributive): in the order
//! of strongly connected components, and within one in sweeps along the way of a packet, so that a place
//! has heard from all its neighbours before it is taken up again. Each push is logged with what caused it, so that any packet of
//! the result can be followed back to where it was sent ([`Reach::trace`]).

mod met;
mod spread;

use std::collections::BTreeSet;

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use sekisho_header_space::{Manager, Set, SetError};
use sekisho_net::{Family, Packet};

use crate::graph::resolve::Resolved;
use crate::graph::sessions::Known;
use crate::graph::transfer::{self, Op, Pair, Reading};
use crate::graph::{Edge, Graph, Node, Sets};

pub use met::Met;
pub use spread::{Kept, Progress, Rules, leading_to, may_reach, touched};

/// Why a search ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The packet sets outgrew their budget.
    #[error(transparent)]
    Sets(#[from] SetError),
}

/// The order in which nodes are taken from the worklist: component, and station on the way of a packet.
pub struct Order(Vec<(u32, u32)>);

impl Order {
    /// Ranks the nodes of a graph so that causes come before effects wherever there is no cycle.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let mut rank = vec![(0, 0); graph.graph.node_count()];
        for (n, component) in (0..).zip(tarjan_scc(&graph.graph).into_iter().rev()) {
            for node in component {
                if let (Some(slot), Some((_, place))) =
                    (rank.get_mut(node.index()), graph.graph.node_weight(node))
                {
                    *slot = (n, station(*place));
                }
            }
        }
        Self(rank)
    }

    fn rank(&self, node: NodeIndex) -> (u32, u32) {
        self.0.get(node.index()).copied().unwrap_or_default()
    }
}

/// Where on the way from segment to segment a place lies.
fn station(place: Node) -> u32 {
    match place {
        Node::Inject(_) => 0,
        Node::Sender(_) | Node::Grey(_) => 1,
        Node::Plugged(_) => 2,
        Node::PoisonedDevice(_) | Node::PoisonedInterface(_) | Node::Anywhere(_) => 3,
        Node::Flood(_) | Node::Proxy(_) => 4,
        Node::Arrive(_) => 5,
        Node::Steer(_) | Node::Replied(_) => 6,
        Node::Relayed(..) => 7,
        Node::Look(..) => 8,
        Node::Local(..) => 9,
        Node::Leave(..) => 10,
        Node::Sent(..) => 11,
        Node::Wire(_) => 12,
        Node::Neighbour(..) | Node::Handed(_) | Node::Shared(_) => 13,
    }
}

/// Nodes with packets to push on, by component, sweep and station.
#[derive(Default)]
struct Work {
    queue: BTreeSet<(u32, u32, u32, NodeIndex)>,
    waiting: Vec<bool>,
}

impl Work {
    fn of(count: usize) -> Self {
        Self { queue: BTreeSet::new(), waiting: vec![false; count] }
    }

    /// Adds a node that got packets while `now` was taken up (component, sweep and station).
    fn add(&mut self, order: &Order, node: NodeIndex, now: (u32, u32, u32)) {
        let Some(waiting) = self.waiting.get_mut(node.index()) else { return };
        if std::mem::replace(waiting, true) {
            return;
        }
        let (component, station) = order.rank(node);
        let sweep = if component != now.0 { 0 } else { now.1 + u32::from(station <= now.2) };
        self.queue.insert((component, sweep, station, node));
    }

    fn take(&mut self) -> Option<(NodeIndex, (u32, u32, u32))> {
        let (component, sweep, station, node) = self.queue.pop_first()?;
        if let Some(waiting) = self.waiting.get_mut(node.index()) {
            *waiting = false;
        }
        Some((node, (component, sweep, station)))
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
    search(graph, order, sets, seeds, Steps { source_routes, ..Steps::default() })
}

/// Which steps a search takes besides the ordinary ones.
#[derive(Clone, Copy, Default)]
pub struct Steps<'a> {
    /// Those of packets whose source route a device obeys.
    pub source_routes: bool,
    /// Those of packets of these sessions.
    pub sessions: Option<&'a Known>,
    /// What some steps are with doubts about them resolved.
    pub resolved: Option<&'a Resolved>,
}

impl Steps<'_> {
    fn takes(self, edge: &Edge) -> bool {
        (!edge.source_route || self.source_routes) && (edge.session.is_none() || self.sessions.is_some())
    }

    fn ops<'e>(&'e self, at: EdgeIndex, edge: &'e Edge) -> &'e [Op] {
        self.resolved.map_or(edge.ops.as_slice(), |resolved| resolved.ops(at, edge))
    }

    /// What a step makes of packets.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub fn output(
        self,
        sets: &mut Manager,
        (at, edge): (EdgeIndex, &Edge),
        input: Pair,
    ) -> Result<Pair, SetError> {
        let ops = self.ops(at, edge);
        match (edge.session, self.sessions) {
            (Some(port), Some(known)) => known.apply(sets, port, ops, input),
            (Some(_), None) => Ok(Pair::EMPTY),
            (None, _) if transfer::is_havoc(ops) => Ok(Pair::DOUBTFUL),
            (None, _) => transfer::apply(sets, ops, input),
        }
    }
}

impl Steps<'_> {
    /// A packet of `input` that a step turns into another one.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub fn source(
        self,
        sets: &mut Manager,
        (at, edge): (EdgeIndex, &Edge),
        input: Set,
        packet: &Packet,
        reading: Reading,
    ) -> Result<Option<Packet>, SetError> {
        let ops = self.ops(at, edge);
        if let (Some(port), Some(known)) = (edge.session, self.sessions) {
            for ops in known.ways(sets.family(), port, ops) {
                if let Some(before) = transfer::source(sets, &ops, input, packet, reading)? {
                    return Ok(Some(before));
                }
            }
            return Ok(None);
        }
        if transfer::is_havoc(ops) {
            return Ok(sets.pick(input));
        }
        transfer::source(sets, ops, input, packet, reading)
    }
}

/// [`forward_reach`] by more steps than the ordinary ones.
///
/// # Errors
/// [`SearchError`] when the packet sets outgrow their budget.
pub fn search(
    graph: &Graph,
    order: &Order,
    sets: &mut Sets,
    seeds: &[(NodeIndex, Pair)],
    steps: Steps<'_>,
) -> Result<Reach, SearchError> {
    let count = graph.graph.node_count();
    let mut reach = Reach { state: vec![Pair::EMPTY; count], log: vec![Vec::new(); count] };
    let mut pending = vec![Pair::EMPTY; count];
    let mut work = Work::of(count);
    for &(node, pair) in seeds {
        if let Some(family) = graph.graph.node_weight(node).map(|(f, _)| *f)
            && push(sets, family, &mut reach, &mut pending, node, pair, None)?
        {
            work.add(order, node, (u32::MAX, 0, 0));
        }
    }
    while let Some((node, now)) = work.take() {
        let Some(slot) = pending.get_mut(node.index()) else { continue };
        let input = std::mem::replace(slot, Pair::EMPTY);
        let Some(&(family, _)) = graph.graph.node_weight(node) else { continue };
        for edge in graph.graph.edges_directed(node, Direction::Outgoing) {
            if !steps.takes(edge.weight()) {
                continue;
            }
            let Some(&(to_family, _)) = graph.graph.node_weight(edge.target()) else { continue };
            let output = steps.output(sets.of(family), (edge.id(), edge.weight()), input)?;
            let cause = Some((edge.id(), input));
            if push(sets, to_family, &mut reach, &mut pending, edge.target(), output, cause)? {
                work.add(order, edge.target(), now);
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

    /// What may be at each node.
    pub(crate) fn into_may(self) -> Vec<Set> {
        self.state.into_iter().map(|pair| pair.may).collect()
    }

    /// Adds the nodes where anything can be.
    pub fn met(&self, met: &mut Met) {
        for (index, _) in self.state.iter().enumerate().filter(|(_, pair)| !pair.may.is_empty()) {
            met.add(NodeIndex::new(index));
        }
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
        self.trace_by(graph, sets, (node, packet), reading, Steps::default())
    }

    /// [`Reach::trace`] in a search by more steps than the ordinary ones.
    ///
    /// # Errors
    /// [`SearchError`] when the packet sets outgrow their budget.
    pub fn trace_by(
        &self,
        graph: &Graph,
        sets: &mut Sets,
        (node, packet): (NodeIndex, Packet),
        reading: Reading,
        by: Steps<'_>,
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
            let before = by.source(sets.of(from_family), (edge, weight), input, &packet, reading)?;
            let Some(before) = before else { return Ok(Vec::new()) };
            (node, packet) = (from, before);
        }
        steps.reverse();
        Ok(steps)
    }
}
