//! The reachability graph: places where packets can be, and what happens between them.
//!
//! A [`Node`] is a place (a segment, the arrival on an interface, the look-up of a VRF for one ingress
//! context, ...). An [`Edge`] carries a [`transfer::Op`] program on packet sets, in two readings: what
//! may pass and what surely passes. IPv4 and IPv6 have their own nodes in one graph, because tunnels and
//! unread lines turn one into the other. Every rule is from `docs/semantics.md`.
//!
//! Entry function: [`Graph::build`]. The packet sets of the edges live in [`Sets`], one manager per
//! family, which searches clone.

mod build;
mod change;
mod classes;
mod constants;
mod device;
pub mod location;
pub mod resolve;
mod segment;
pub mod sessions;
pub mod transfer;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use sekisho_header_space::{Manager, Set, SetError};
use sekisho_model::{ContextId, Device, VrfId};
use sekisho_net::{Family, bits_addr};

use crate::policy::Policy;
use crate::routing::{Doubt, Fib, Routing, Target};
use crate::topology::{PartId, Place, PortRef, SegmentId, Topology};

pub use build::Filters;
pub(crate) use change::{Changed, Remade};
use classes::Classes;
use location::Domains;
use sessions::Exit;
use transfer::Op;

/// A place where a packet can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// In the hands of a host that sends on a part of a segment.
    Inject(PartId),
    /// On a segment, for whoever listens.
    Flood(SegmentId),
    /// On a segment, for whoever answers for an address that nobody surely owns.
    Proxy(SegmentId),
    /// Seen on the wire of a segment.
    Wire(SegmentId),
    /// Seen on a part of a segment because a host of that part sent it.
    Shared(PartId),
    /// Handed to an unmodelled neighbour on a part of a segment that the policy does not name.
    Handed(PartId),
    /// Handed to the neighbour with this address, which the policy names.
    Neighbour(SegmentId, IpAddr),
    /// In the hands of some host on a segment, for what it may do beyond its segment.
    Sender(SegmentId),
    /// In the hands of whoever is plugged into a port that carries several VLANs.
    Plugged(PortRef),
    /// Held by a declared neighbour that may forward (index into the policy's hosts).
    Grey(usize),
    /// Arriving on an interface, before its stages.
    Arrive(PortRef),
    /// After the stages of the ingress interface, before its policy route.
    Steer(PortRef),
    /// A packet of a session, told as such on this interface, its translation undone; before its policy route.
    Replied(PortRef),
    /// Before the route look-up of a VRF.
    Look(usize, VrfId, ContextId),
    /// After the look-up, before the stages of the egress interface.
    Leave(PortRef, ContextId, Target),
    /// After the stages of the egress interface.
    Sent(PortRef, Target),
    /// Made by a device of a broadcast that it heard (number of the relay on the device).
    Relayed(usize, usize),
    /// Delivered to a device.
    Local(usize, VrfId, ContextId),
    /// Somewhere in a device with an unread line.
    PoisonedDevice(usize),
    /// Somewhere about an interface with an unread line.
    PoisonedInterface(PortRef),
    /// In the hands of a device of which an interface may be missing in the model.
    Anywhere(usize),
}

/// What happens between two places.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Operations in order.
    pub ops: Vec<Op>,
    /// Why the step may not happen, when it is not sure.
    pub doubts: Vec<Doubt>,
    /// Whether the step is taken only in searches that obey source routes.
    pub source_route: bool,
    /// Whether the step is taken only by packets of sessions that the device of this port knows; its
    /// operations are those that come before the translation is undone.
    pub session: Option<PortRef>,
    /// In a graph under either routing: what the step leans on (index into [`Graph::leans`]), and under which
    /// routing of it the step exists.
    pub leans: Option<(u32, Routing)>,
}

/// Something that a device decides by its routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lean {
    /// The look-ups of a VRF of a device.
    Look(usize, VrfId),
    /// The source check of an interface.
    SourceCheck(PortRef),
    /// Where the next hops of the policy route of an interface lead.
    PolicyRoute(PortRef),
}

/// The managers of the two families.
#[derive(Clone)]
pub struct Sets {
    v4: Manager,
    v6: Manager,
}

impl Sets {
    /// Empty managers that hold at most `budget` nodes each.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            v4: Manager::new(Family::V4).with_budget(budget),
            v6: Manager::new(Family::V6).with_budget(budget),
        }
    }

    /// The manager of a family.
    pub fn of(&mut self, family: Family) -> &mut Manager {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// The manager of a family, to read from.
    #[must_use]
    pub fn get(&self, family: Family) -> &Manager {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// Marks everything made so far as the base that every search starts from.
    pub fn freeze(&mut self) {
        self.v4.freeze();
        self.v6.freeze();
    }

    /// Drops everything made since [`Sets::freeze`].
    pub fn rollback(&mut self) {
        self.v4.rollback();
        self.v6.rollback();
    }
}

/// Everything that the graph is built from.
pub struct Input<'a> {
    /// Devices of the snapshot.
    pub devices: &'a [Device],
    /// Layer 2.
    pub topology: &'a Topology,
    /// Tables by (device, VRF index, family).
    pub fibs: &'a BTreeMap<(usize, u32, Family), Fib>,
    /// Who is where.
    pub domains: &'a Domains,
    /// The policy, for externals and hosts.
    pub policy: &'a Policy,
}

/// The reachability graph of a snapshot.
pub struct Graph {
    /// Nodes of both families and the edges between them.
    pub graph: DiGraph<(Family, Node), Edge>,
    index: BTreeMap<(Family, Node), NodeIndex>,
    classes: Arc<Classes>,
    /// Packets that a host may surely send: everything but martians.
    pub ordinary: BTreeMap<Family, Set>,
    /// Whether some device may obey source routes: their indices.
    pub source_routing: Vec<usize>,
    /// Steps that only packets of sessions take.
    pub session_edges: Vec<EdgeIndex>,
    /// Where sessions begin.
    pub exits: Vec<Exit>,
    /// In a graph under either routing: what is decided by routes.
    pub leans: Vec<Lean>,
    /// Where the edges inside each device are, by family.
    inside: BTreeMap<(Family, usize), Range<usize>>,
}

impl Graph {
    /// Builds the graph under the routes that are given, or under any.
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    pub fn build(input: &Input<'_>, routing: Routing, sets: &mut Sets) -> Result<Self, SetError> {
        build::build(input, routing, sets, &mut build::Shared::of(input, &mut Filters::default()))
    }

    /// Builds the graph under the routes that are given, and the one under any routes.
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    pub fn build_both(input: &Input<'_>, sets: &mut Sets) -> Result<(Self, Self), SetError> {
        Self::build_both_with(input, sets, &mut Filters::default())
    }

    /// As [`Graph::build_both`]. `filters` are what `sets` holds compiled already; the rest is added.
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    pub fn build_both_with(
        input: &Input<'_>,
        sets: &mut Sets,
        filters: &mut Filters,
    ) -> Result<(Self, Self), SetError> {
        let mut shared = build::Shared::of(input, filters);
        let given = build::build(input, Routing::Given, sets, &mut shared)?;
        let any = build::build(input, Routing::Any, sets, &mut shared)?;
        Ok((given, any))
    }

    /// Builds the graph with the steps under the routes given beside those under any routes, so that a search
    /// may choose for each of [`Graph::leans`].
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    pub fn build_either(input: &Input<'_>, sets: &mut Sets) -> Result<Self, SetError> {
        build::build_either(input, sets)
    }

    /// The index of a node, if anything leads to or from it.
    #[must_use]
    pub fn find(&self, family: Family, node: Node) -> Option<NodeIndex> {
        self.index.get(&(family, self.classes.node(node))).copied()
    }

    /// The place of which the nodes stand for those of this one as well.
    #[must_use]
    pub fn stands_for(&self, place: Place) -> Place {
        Place { segment: self.classes.segment(place.segment), part: self.classes.part(place.part) }
    }

    /// The index of a node, made if need be.
    pub(crate) fn node(&mut self, family: Family, node: Node) -> NodeIndex {
        let node = self.classes.node(node);
        *self.index.entry((family, node)).or_insert_with(|| self.graph.add_node((family, node)))
    }

    /// The neighbours of a family that have a node of their own on a segment.
    pub fn neighbours(&self, family: Family, segment: SegmentId) -> impl Iterator<Item = IpAddr> + '_ {
        let ends = [0, family.max_addr()].map(|bits| Node::Neighbour(segment, bits_addr(family, bits)));
        let [first, last] = ends.map(|node| (family, node));
        self.index.range(first..=last).filter_map(|((_, node), _)| match node {
            Node::Neighbour(_, addr) => Some(*addr),
            _ => None,
        })
    }

    /// The indices of its nodes.
    pub(crate) fn into_index(self) -> BTreeMap<(Family, Node), NodeIndex> {
        self.index
    }

    /// All nodes, in a fixed order.
    pub fn nodes(&self) -> impl Iterator<Item = (Family, Node, NodeIndex)> + '_ {
        self.index.iter().map(|(&(family, node), &index)| (family, node, index))
    }
}
