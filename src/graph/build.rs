//! Assembling the graph: devices, then segments, then what crosses between the families.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use sekisho_header_space::{Manager, Set, SetError};
use sekisho_model::{Action, Device, ListId, NatId, RuleList};
use sekisho_net::Family;

use super::change::Redone;
use super::classes::Classes;
use super::constants::Constants;
use super::sessions::Exit;
use super::transfer::{self, Op, Pair, Translation};
use super::{Edge, Graph, Input, Lean, Node, Sets, device, segment, sessions};
use crate::routing::{Doubt, Routing};
use crate::topology::PortRef;

/// Lists and translation tables of a family, compiled.
#[derive(Clone, Default)]
pub(super) struct Compiled {
    /// By device, list, and whether it is about packets of sessions.
    lists: BTreeMap<(usize, ListId, bool), Pair>,
    /// What opens sessions in a list.
    openings: BTreeMap<(usize, ListId), Pair>,
    nats: BTreeMap<(usize, NatId), Option<Arc<Translation>>>,
    /// What the tables were compiled by.
    constants: Constants,
}

impl Compiled {
    /// Forgets devices.
    fn forget(&mut self, changed: &BTreeSet<usize>) {
        self.lists.retain(|(device, ..), _| !changed.contains(device));
        self.openings.retain(|(device, _), _| !changed.contains(device));
        self.nats.retain(|(device, _), _| !changed.contains(device));
    }

    /// Forgets the translations if other constants hold.
    fn compile_by(&mut self, constants: Constants) {
        if self.constants != constants {
            self.nats.clear();
            self.constants = constants;
        }
    }
}

/// Compiled lists and tables of both families, whose sets belong to the managers that compiled them.
#[derive(Clone, Default)]
pub struct Filters {
    v4: Compiled,
    v6: Compiled,
}

impl Filters {
    /// Forgets what belongs to devices that have changed.
    pub fn forget(&mut self, changed: &BTreeSet<usize>) {
        self.v4.forget(changed);
        self.v6.forget(changed);
    }
}

/// Lines from which on a list is compiled apart.
const LONG: usize = 16;

/// The graph under construction, for one family at a time.
pub(super) struct Builder<'a> {
    pub(super) input: &'a Input<'a>,
    /// What is taken for granted about routes.
    pub(super) routing: Routing,
    /// Whether the graph has the steps under either routing.
    either: bool,
    /// What the steps that are being made lean on.
    label: Option<(u32, Routing)>,
    pub(super) graph: &'a mut Graph,
    pub(super) sets: &'a mut Manager,
    pub(super) family: Family,
    /// Multicast destinations.
    pub(super) multicast: Set,
    /// All destinations that are never routed, multicast included.
    pub(super) not_unicast: Set,
    compiled: &'a mut Compiled,
    /// Edges between nodes that stand for several places.
    repeated: BTreeSet<(NodeIndex, NodeIndex, Pair, bool)>,
    /// The edges of a device that are made again; none are added to the graph then.
    redone: Option<Redone>,
}

/// What graphs of one input have in common.
pub(super) struct Shared<'a> {
    classes: Arc<Classes>,
    filters: &'a mut Filters,
}

impl<'a> Shared<'a> {
    pub(super) fn of(input: &Input<'_>, filters: &'a mut Filters) -> Self {
        let classes = Arc::new(Classes::of(input.devices, input.topology, input.domains));
        filters.v4.compile_by(Constants::of(input, Family::V4));
        filters.v6.compile_by(Constants::of(input, Family::V6));
        Self { classes, filters }
    }
}

pub(super) fn build(
    input: &Input<'_>,
    routing: Routing,
    sets: &mut Sets,
    shared: &mut Shared<'_>,
) -> Result<Graph, SetError> {
    assemble(input, (routing, false), sets, shared)
}

pub(super) fn build_either(input: &Input<'_>, sets: &mut Sets) -> Result<Graph, SetError> {
    assemble(input, (Routing::Given, true), sets, &mut Shared::of(input, &mut Filters::default()))
}

fn assemble(
    input: &Input<'_>,
    (routing, either): (Routing, bool),
    sets: &mut Sets,
    shared: &mut Shared<'_>,
) -> Result<Graph, SetError> {
    let mut graph = Graph {
        graph: DiGraph::new(),
        index: BTreeMap::new(),
        classes: Arc::clone(&shared.classes),
        ordinary: BTreeMap::new(),
        source_routing: Vec::new(),
        session_edges: Vec::new(),
        exits: Vec::new(),
        leans: Vec::new(),
        inside: BTreeMap::new(),
    };
    for (index, device) in input.devices.iter().enumerate() {
        if device.source_route.possible() {
            graph.source_routing.push(index);
        }
    }
    for family in Family::ALL {
        let manager = sets.of(family);
        let ordinary = transfer::ordinary(manager)?;
        graph.ordinary.insert(family, ordinary);
        let (multicast, not_unicast) = transfer::not_unicast(manager)?;
        let compiled = match family {
            Family::V4 => &mut shared.filters.v4,
            Family::V6 => &mut shared.filters.v6,
        };
        let mut builder = Builder {
            input,
            routing,
            either,
            label: None,
            graph: &mut graph,
            sets: manager,
            family,
            multicast,
            not_unicast,
            compiled,
            repeated: BTreeSet::new(),
            redone: None,
        };
        for index in 0..input.devices.len() {
            let first = builder.graph.graph.edge_count();
            device::build(&mut builder, index)?;
            let inside = first..builder.graph.graph.edge_count();
            builder.graph.inside.insert((family, index), inside);
        }
        segment::build(&mut builder)?;
    }
    Ok(graph)
}

/// Makes the edges inside a device again, beside those that the graph has; `None` when they do not run as
/// before from node to node.
pub(super) fn redo(
    input: &Input<'_>,
    (routing, family): (Routing, Family),
    sets: &mut Sets,
    filters: &mut Filters,
    graph: &mut Graph,
    index: usize,
) -> Result<Option<Redone>, SetError> {
    let Some(inside) = graph.inside.get(&(family, index)).cloned() else { return Ok(None) };
    let manager = sets.of(family);
    let (multicast, not_unicast) = transfer::not_unicast(manager)?;
    let compiled = match family {
        Family::V4 => &mut filters.v4,
        Family::V6 => &mut filters.v6,
    };
    // SOUNDNESS: translations of every device are cut where the tests of all devices begin and end.
    if compiled.constants != Constants::of(input, family) {
        return Ok(None);
    }
    let mut builder = Builder {
        input,
        routing,
        either: false,
        label: None,
        graph,
        sets: manager,
        family,
        multicast,
        not_unicast,
        compiled,
        repeated: BTreeSet::new(),
        redone: Some(Redone::of(inside)),
    };
    device::build(&mut builder, index)?;
    Ok(builder.redone.and_then(Redone::finished))
}

impl Builder<'_> {
    /// A device of the snapshot; the index comes from the snapshot itself.
    pub(super) fn device(&self, index: usize) -> Option<&'_ Device> {
        self.input.devices.get(index)
    }

    /// Makes steps that lean on routes: in a graph under either routing those of both.
    pub(super) fn leaning(
        &mut self,
        lean: Lean,
        mut make: impl FnMut(&mut Self) -> Result<(), SetError>,
    ) -> Result<(), SetError> {
        if !self.either {
            return make(self);
        }
        let known = self.graph.leans.iter().position(|other| *other == lean);
        let at = known.unwrap_or(self.graph.leans.len());
        if known.is_none() {
            self.graph.leans.push(lean);
        }
        for routing in [Routing::Given, Routing::Any] {
            self.routing = routing;
            self.label = Some((u32::try_from(at).unwrap_or(u32::MAX), routing));
            make(self)?;
        }
        self.routing = Routing::Given;
        self.label = None;
        Ok(())
    }

    /// Adds an edge within the family.
    pub(super) fn edge(&mut self, from: Node, to: Node, ops: Vec<Op>, doubts: Vec<Doubt>) {
        let _ = self.new_edge(from, to, ops, doubts);
    }

    /// The same; `None` when nothing passes, or the same edge was there before.
    pub(super) fn new_edge(
        &mut self,
        from: Node,
        to: Node,
        ops: Vec<Op>,
        doubts: Vec<Doubt>,
    ) -> Option<EdgeIndex> {
        let nothing = ops.iter().any(|op| matches!(op, Op::Keep(p) if p.may.is_empty()));
        if nothing {
            return None;
        }
        // Nobody asks why a step may not happen where the question is what no routing lets pass.
        let asks = self.routing == Routing::Given && !self.either;
        let doubts = if asks { doubts } else { Vec::new() };
        let joined = self.graph.classes.is_joined(from) || self.graph.classes.is_joined(to);
        let (from, to) = (self.node(self.family, from)?, self.node(self.family, to)?);
        if joined && self.is_repeated(from, to, &ops) {
            return None;
        }
        self.add(from, to, Edge { ops, doubts, source_route: false, session: None, leans: self.label })
    }

    /// The index of a node, made if need be. `None`, where edges are made again: there was none before.
    fn node(&mut self, family: Family, node: Node) -> Option<NodeIndex> {
        let Some(redone) = &mut self.redone else { return Some(self.graph.node(family, node)) };
        let found = self.graph.find(family, node);
        if found.is_none() {
            redone.differs();
        }
        found
    }

    /// Adds an edge; where edges are made again, takes its place.
    fn add(&mut self, from: NodeIndex, to: NodeIndex, edge: Edge) -> Option<EdgeIndex> {
        match &mut self.redone {
            None => Some(self.graph.graph.add_edge(from, to, edge)),
            Some(redone) => redone.add(&self.graph.graph, (from, to), edge),
        }
    }

    /// Adds a way out on which sessions begin.
    pub(super) fn exit(&mut self, exit: Exit) {
        match &mut self.redone {
            None => self.graph.exits.push(exit),
            Some(redone) => redone.exits.push(exit),
        }
    }

    /// Whether the same edge was made before, for another of the places that a node stands for.
    fn is_repeated(&mut self, from: NodeIndex, to: NodeIndex, ops: &[Op]) -> bool {
        let (pair, havoc) = match ops {
            [] => (Pair::FULL, false),
            [Op::Keep(pair)] => (*pair, false),
            [Op::Havoc] => (Pair::DOUBTFUL, true),
            _ => return false,
        };
        if let Some(redone) = &mut self.redone {
            // Whether it was made before, for another device, is not known here.
            redone.differs();
        }
        !self.repeated.insert((from, to, pair, havoc))
    }

    /// Whether the graph has the steps of packets of sessions: under the routes that were given only.
    pub(super) fn follows_sessions(&self) -> bool {
        self.routing == Routing::Given && !self.either
    }

    /// Adds the edge of packets of sessions that the device of a port knows.
    pub(super) fn session(&mut self, port: PortRef, ops: Vec<Op>, doubts: Vec<Doubt>) {
        let from = self.node(self.family, Node::Arrive(port));
        let to = self.node(self.family, Node::Replied(port));
        let (Some(from), Some(to)) = (from, to) else { return };
        let edge = Edge { ops, doubts, source_route: false, session: Some(port), leans: self.label };
        let index = self.add(from, to, edge);
        if self.redone.is_none() {
            self.graph.session_edges.extend(index);
        }
    }

    /// Adds an edge that lets everything pass, surely.
    pub(super) fn pass(&mut self, from: Node, to: Node) {
        self.edge(from, to, Vec::new(), Vec::new());
    }

    /// Adds an edge that may let everything pass.
    pub(super) fn maybe(&mut self, from: Node, to: Node, doubt: Doubt) {
        self.edge(from, to, vec![Op::Keep(Pair::DOUBTFUL)], vec![doubt]);
    }

    /// Adds an edge into both families: if anything arrives, anything leaves.
    pub(super) fn havoc(&mut self, from: Node, to: Node, doubt: &Doubt) {
        let joined = self.graph.classes.is_joined(from) || self.graph.classes.is_joined(to);
        let Some(from) = self.node(self.family, from) else { return };
        for family in Family::ALL {
            let Some(to) = self.node(family, to) else { return };
            if joined && self.is_repeated(from, to, &[Op::Havoc]) {
                continue;
            }
            let edge = Edge {
                ops: vec![Op::Havoc],
                doubts: vec![doubt.clone()],
                source_route: false,
                session: None,
                leans: self.label,
            };
            self.add(from, to, edge);
        }
    }

    /// Adds the edge of packets whose source route a device obeys.
    pub(super) fn source_route(&mut self, from: Node, to: Node, doubt: Doubt) {
        let ops = vec![Op::Forget(sekisho_net::Field::Dst)];
        let (Some(from), Some(to)) = (self.node(self.family, from), self.node(self.family, to)) else {
            return;
        };
        let edge = Edge { ops, doubts: vec![doubt], source_route: true, session: None, leans: self.label };
        self.add(from, to, edge);
    }

    /// What a list of a device may and surely does permit, of new packets or of those of sessions that the
    /// device knows; everything for a list of the other family.
    pub(super) fn list(&mut self, device: usize, id: ListId, in_session: bool) -> Result<Pair, SetError> {
        let list = self.input.devices.get(device).and_then(|d| d.list(id));
        let differs = in_session && list.is_some_and(|l| l.lines.iter().any(|line| line.replies.is_some()));
        if let Some(&done) = self.compiled.lists.get(&(device, id, differs)) {
            return Ok(done);
        }
        let pair = match list {
            Some(list) if list.family == self.family => self.compile(list, differs)?,
            Some(_) => Pair::FULL,
            None => Pair::DOUBTFUL,
        };
        self.compiled.lists.insert((device, id, differs), pair);
        Ok(pair)
    }

    /// Packets that may match a line of a list which opens sessions, and those that surely open one if they
    /// pass.
    pub(super) fn opening(&mut self, device: usize, id: ListId) -> Result<Pair, SetError> {
        if let Some(&done) = self.compiled.openings.get(&(device, id)) {
            return Ok(done);
        }
        let Some(list) = self.input.devices.get(device).and_then(|d| d.list(id)) else {
            return Ok(Pair::EMPTY);
        };
        let mut may = Vec::new();
        for line in list.lines.iter().filter(|l| l.opens && l.action != Action::Deny) {
            may.push(self.sets.cubes(&line.matches.may)?);
        }
        let may = if list.default_opens { Set::FULL } else { self.sets.union_all(may)? };
        let sure = self.compile(&sessions::only_opening(list), false)?.sure;
        let pair = Pair { may: self.sets.or(may, sure)?, sure };
        self.compiled.openings.insert((device, id), pair);
        Ok(pair)
    }

    /// Compiles a list. What a long one needs on the way is not kept.
    fn compile(&mut self, list: &RuleList, in_session: bool) -> Result<Pair, SetError> {
        if list.lines.len() < LONG {
            return transfer::compile_list(list, in_session, self.sets);
        }
        let mut scratch = Manager::with_layout(self.sets.layout().clone());
        let pair = transfer::compile_list(list, in_session, &mut scratch)?;
        let kept = self.sets.import(&scratch, &[pair.may, pair.sure])?;
        match kept.as_slice() {
            &[may, sure] => Ok(Pair { may, sure }),
            _ => Ok(Pair::DOUBTFUL),
        }
    }

    /// The translation table of a device for the family; `None` when it has no rule for it.
    pub(super) fn nat(&mut self, device: usize, id: NatId) -> Result<Option<Arc<Translation>>, SetError> {
        if let Some(done) = self.compiled.nats.get(&(device, id)) {
            return Ok(done.clone());
        }
        let table = self.input.devices.get(device).and_then(|d| d.nat(id));
        let compiled = match table {
            Some(table) => Translation::compile_by(table, &self.compiled.constants, self.sets)?.map(Arc::new),
            None => None,
        };
        self.compiled.nats.insert((device, id), compiled.clone());
        Ok(compiled)
    }
}
