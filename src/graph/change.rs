//! What is another in a graph than in the one before: compared edge by edge, or made again for devices of
//! which nothing but lists, translations and policy routes changed.
//!
//! Graphs are compared only if they are of one shape: the same nodes and edges between them, in the same
//! order. What a search does then differs only from the nodes on at which an edge differs.

use std::collections::BTreeSet;
use std::ops::Range;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use sekisho_header_space::SetError;
use sekisho_net::Family;

use super::sessions::Exit;
use super::{Edge, Filters, Graph, Input, Node, Sets, build};
use crate::routing::Routing;

/// The nodes of a graph at which something is another than before; every other node has the same edges,
/// which do the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changed {
    nodes: BTreeSet<NodeIndex>,
}

impl Changed {
    /// The nodes.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.nodes.iter().copied()
    }
}

/// The edges inside a device, made again.
pub(super) struct Redone {
    /// Those that the graph has.
    inside: Range<usize>,
    edges: Vec<Edge>,
    /// Ways out on which sessions begin.
    pub(super) exits: Vec<Exit>,
    same: bool,
}

impl Redone {
    pub(super) fn of(inside: Range<usize>) -> Self {
        Self { inside, edges: Vec::new(), exits: Vec::new(), same: true }
    }

    /// The edges do not run as before.
    pub(super) fn differs(&mut self) {
        self.same = false;
    }

    /// Takes the next edge. The index is that of the edge in whose place it comes.
    pub(super) fn add(
        &mut self,
        graph: &DiGraph<(Family, Node), Edge>,
        ends: (NodeIndex, NodeIndex),
        edge: Edge,
    ) -> Option<EdgeIndex> {
        let index = EdgeIndex::new(self.inside.start + self.edges.len());
        let before = graph.edge_weight(index).filter(|_| index.index() < self.inside.end);
        let like = |other: &Edge| {
            (other.source_route, other.session, other.leans) == (edge.source_route, edge.session, edge.leans)
        };
        if graph.edge_endpoints(index) != Some(ends) || !before.is_some_and(like) {
            self.same = false;
            return None;
        }
        self.edges.push(edge);
        Some(index)
    }

    /// Itself, if every edge is there.
    pub(super) fn finished(self) -> Option<Self> {
        (self.same && self.edges.len() == self.inside.len()).then_some(self)
    }
}

/// What some devices do now, for the graph of which it was made.
pub(crate) struct Remade {
    inside: Vec<Redone>,
    exits: Vec<Exit>,
    devices: BTreeSet<usize>,
}

impl Remade {
    /// Edges that do something else than those of the graph, with their ends.
    pub(crate) fn differing<'a>(
        &'a self,
        graph: &'a Graph,
    ) -> impl Iterator<Item = (EdgeIndex, (NodeIndex, NodeIndex), &'a Edge)> {
        let made = self.inside.iter().flat_map(|d| d.inside.clone().map(EdgeIndex::new).zip(&d.edges));
        made.filter_map(|(index, edge)| {
            let before = graph.graph.edge_weight(index)?;
            let ends = graph.graph.edge_endpoints(index)?;
            (!is_same(before, edge)).then_some((index, ends, edge))
        })
    }

    /// Ways out of the devices on which sessions begin.
    pub(crate) fn exits(&self) -> &[Exit] {
        &self.exits
    }
}

/// Whether two programs do the same.
fn is_same(a: &Edge, b: &Edge) -> bool {
    a.ops.len() == b.ops.len() && a.ops.iter().zip(&b.ops).all(|(a, b)| a.is_same(b))
}

/// Whether two ways out are the same but for what opens sessions on them.
fn leaves_alike(a: &Exit, b: &Exit) -> bool {
    (a.family, a.edge, a.port, a.context) == (b.family, b.edge, b.port, b.context)
}

impl Graph {
    /// What some devices do now, made again; `None` when their edges do not run as before from node to node.
    /// The graph stays as it is until it takes the result ([`Graph::take`]).
    ///
    /// `input` must be that of the graph but for lists, translations, policy routes and stages of these
    /// devices, `sets` and `filters` those with which it was made, without what was compiled of them.
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    // SOUNDNESS: the edges between devices are made from interfaces, addresses, tunnels, relays, domains and
    // layer 2 alone; the edges inside a device from the device. So the result is the graph made from nothing.
    pub(crate) fn redo(
        &mut self,
        input: &Input<'_>,
        routing: Routing,
        sets: &mut Sets,
        filters: &mut Filters,
        devices: &BTreeSet<usize>,
    ) -> Result<Option<Remade>, SetError> {
        let mut all = Vec::new();
        for family in Family::ALL {
            for &device in devices {
                let done = build::redo(input, (routing, family), sets, filters, self, device)?;
                let Some(done) = done else { return Ok(None) };
                all.push(done);
            }
        }
        let exits: Vec<Exit> = all.iter_mut().flat_map(|done| std::mem::take(&mut done.exits)).collect();
        let before = || self.exits.iter().filter(|exit| devices.contains(&exit.port.device));
        let like = before().count() == exits.len() && before().zip(&exits).all(|(a, b)| leaves_alike(a, b));
        Ok(like.then(|| Remade { inside: all, exits, devices: devices.clone() }))
    }

    /// Puts what devices do now in the place of what they did. Tells what is another.
    pub(crate) fn take(&mut self, remade: Remade) -> Changed {
        let Remade { inside, exits, devices } = remade;
        let mut changed = Changed::default();
        for done in inside {
            for (index, edge) in done.inside.map(EdgeIndex::new).zip(done.edges) {
                let from = self.graph.edge_endpoints(index).map(|(from, _)| from);
                let Some(slot) = self.graph.edge_weight_mut(index) else { continue };
                if !is_same(slot, &edge) {
                    changed.nodes.extend(from);
                }
                *slot = edge;
            }
        }
        let slots = self.exits.iter_mut().filter(|exit| devices.contains(&exit.port.device));
        for (slot, exit) in slots.zip(exits) {
            *slot = exit;
        }
        self.add_exits_of(&devices, &mut changed);
        changed
    }

    /// What is another than in the graph before, whose sets are of the same managers; `None` if it is of
    /// another shape. `devices` are those that are not the same as before.
    pub(crate) fn changed_from(&self, before: &Self, devices: &BTreeSet<usize>) -> Option<Changed> {
        let (now, then) = (&self.graph, &before.graph);
        let like = self.classes == before.classes
            && self.ordinary == before.ordinary
            && self.source_routing == before.source_routing
            && self.session_edges == before.session_edges
            && self.leans == before.leans
            && now.node_count() == then.node_count()
            && now.edge_count() == then.edge_count()
            && now.node_weights().eq(then.node_weights())
            && self.exits.len() == before.exits.len()
            && self.exits.iter().zip(&before.exits).all(|(a, b)| leaves_alike(a, b));
        if !like {
            return None;
        }
        let mut changed = Changed::default();
        for (a, b) in now.raw_edges().iter().zip(then.raw_edges()) {
            let flags = |e: &Edge| (e.source_route, e.session, e.leans);
            if (a.source(), a.target(), flags(&a.weight)) != (b.source(), b.target(), flags(&b.weight)) {
                return None;
            }
            if !is_same(&a.weight, &b.weight) {
                changed.nodes.insert(a.source());
            }
        }
        for (a, b) in self.exits.iter().zip(&before.exits) {
            if a != b {
                changed.nodes.extend(now.edge_endpoints(a.edge).map(|(from, _)| from));
            }
        }
        self.add_exits_of(devices, &mut changed);
        Some(changed)
    }

    /// Which sessions begin on the ways out of a device depends on all of it.
    fn add_exits_of(&self, devices: &BTreeSet<usize>, changed: &mut Changed) {
        for exit in self.exits.iter().filter(|e| devices.contains(&e.port.device)) {
            changed.nodes.extend(self.graph.edge_endpoints(exit.edge).map(|(from, _)| from));
        }
    }
}
