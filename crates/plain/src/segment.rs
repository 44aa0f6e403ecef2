//! Who is on the wire with whom: layer-2 segments under all joins and under the sure ones.
//!
//! Tags that no device tells apart are one tag here, so that a cable is a few joins and not 4,095.
//! The numbers of segments mean nothing outside one [`Segments`]. Entry: [`Segments::new`].

use std::collections::{BTreeMap, BTreeSet};

use crate::address::is_link_local;
use crate::cable::{base, is_linked};
use crate::format::{Encapsulation, Interface, Kind, Mode, Network, Port, Tri};

/// Tag of an untagged frame.
const UNTAGGED: u16 = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    /// Frames with a tag on a port.
    Wire(Port, u16),
    /// A VLAN inside a device.
    Bridge(usize, u16),
    /// The layer 3 of an interface.
    Routed(Port),
}

impl Node {
    fn device(self) -> usize {
        match self {
            Self::Wire(port, _) | Self::Routed(port) => port.device,
            Self::Bridge(device, _) => device,
        }
    }
}

/// Classes of nodes: each node's class is the smallest member.
#[derive(Clone, Debug, Default)]
struct Classes(Vec<usize>);

impl Classes {
    fn find(&self, mut x: usize) -> usize {
        while let Some(&up) = self.0.get(x).filter(|&&up| up != x) {
            x = up;
        }
        x
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        if let Some(slot) = self.0.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

/// The segments of a network.
#[derive(Clone, Debug)]
pub struct Segments {
    nodes: BTreeMap<Node, usize>,
    may: Classes,
    sure: Classes,
    /// One-way: whoever can send on the first can send on the second.
    double_tagging: BTreeSet<(usize, usize)>,
    open: BTreeSet<usize>,
    /// Layer-3 interfaces and devices on each may-segment.
    on: BTreeMap<usize, (Vec<Port>, BTreeSet<usize>)>,
}

/// Whether two interfaces share a segment: (in some world, in every world).
#[must_use]
pub fn same_segment(network: &Network, a: Port, b: Port) -> (bool, bool) {
    let segments = Segments::new(network);
    let meet = |x: Vec<usize>, y: Vec<usize>| x.iter().any(|s| y.contains(s));
    let may = meet(segments.may(a), segments.may(b));
    (may, meet(segments.sure(a), segments.sure(b)))
}

/// The tags that some device tells apart from the others, each followed by a stand-in for the rest.
fn tags(network: &Network) -> BTreeSet<u16> {
    let mut named = BTreeSet::from([UNTAGGED, 1]);
    let mut cut = |lo: u16, hi: u16| named.extend([lo, hi.saturating_add(1)]);
    for (_, interface) in network.ports() {
        if let Encapsulation::Vlan(v) = interface.encapsulation {
            cut(v, v);
        }
        if let Some(v) = interface.svi_vlan {
            cut(v, v);
        }
        if let Some(l2) = &interface.l2 {
            let single = [Some(l2.access_vlan), Some(l2.native_vlan), l2.voice_vlan];
            single.into_iter().flatten().for_each(|v| cut(v, v));
            l2.allowed.iter().for_each(|&(lo, hi)| cut(lo, hi));
        }
    }
    named.retain(|t| *t <= 4094);
    named
}

struct Builder<'a> {
    network: &'a Network,
    tags: BTreeSet<u16>,
    /// Interfaces under which a declared cable ends.
    linked: BTreeSet<Port>,
    out: Segments,
}

impl Builder<'_> {
    fn node(&mut self, node: Node) -> usize {
        let fresh = self.out.nodes.len();
        let id = *self.out.nodes.entry(node).or_insert(fresh);
        if id == fresh {
            self.out.may.0.push(id);
            self.out.sure.0.push(id);
        }
        id
    }

    fn join(&mut self, a: Node, b: Node, sure: bool) {
        let (a, b) = (self.node(a), self.node(b));
        self.out.may.join(a, b);
        if sure {
            self.out.sure.join(a, b);
        }
    }

    fn interface(&mut self, port: Port, interface: &Interface) {
        let sure = !self.network.is_poisoned(port);
        let wire = |tag| Node::Wire(port, tag);
        let bridge = |vlan| Node::Bridge(port.device, vlan);
        let tags = self.tags.clone();
        // What sits on a VLAN or on the wire of another port has no wire of its own.
        if !matches!(interface.kind, Kind::Svi | Kind::Tunnel | Kind::Subinterface) {
            self.node(wire(UNTAGGED));
        }
        let unread = interface.l2.is_none() && self.network.interface_poison(port).is_some();
        if interface.l3.is_some() || unread {
            self.routed(port, interface, sure);
        }
        if let Some(l2) = &interface.l2 {
            let sure = sure && l2.mode != Mode::Dynamic;
            if l2.mode != Mode::Trunk {
                self.join(wire(UNTAGGED), bridge(l2.access_vlan), sure);
                if let Some(voice) = l2.voice_vlan {
                    self.join(wire(voice), bridge(voice), sure);
                }
            }
            for &vlan in tags.iter().filter(|&&v| v != UNTAGGED && l2.allows(v)) {
                let tag = if vlan == l2.native_vlan { UNTAGGED } else { vlan };
                self.join(wire(tag), bridge(vlan), sure);
            }
        }
        if let Some(aggregate) = interface.aggregate.map(|i| Port { interface: i, ..port })
            && self.network.is_up(aggregate)
        {
            let sure = sure && !self.network.is_poisoned(aggregate);
            for &tag in &tags {
                self.join(wire(tag), Node::Wire(aggregate, tag), sure);
            }
        }
        let has_wire = !matches!(interface.kind, Kind::Svi | Kind::Tunnel);
        if has_wire && self.network.interface_poison(port).is_some() {
            // An unread line may make this a port of any VLAN, by any tag of the cable.
            let cable = base(self.network, port);
            for &tag in &tags {
                self.join(Node::Wire(cable, tag), Node::Wire(cable, UNTAGGED), false);
                self.join(Node::Wire(cable, UNTAGGED), bridge(tag.max(1)), false);
            }
        }
    }

    fn routed(&mut self, port: Port, interface: &Interface, sure: bool) {
        let routed = Node::Routed(port);
        let parent = interface.parent.map(|_| base(self.network, port));
        self.node(routed);
        match (interface.kind, parent, interface.svi_vlan) {
            (Kind::Tunnel, ..) => {}
            (Kind::Svi, _, Some(vlan)) => self.join(routed, Node::Bridge(port.device, vlan), sure),
            (Kind::Subinterface, Some(parent), _) => match interface.encapsulation {
                Encapsulation::Untagged => self.join(routed, Node::Wire(parent, UNTAGGED), sure),
                Encapsulation::Vlan(tag) => self.join(routed, Node::Wire(parent, tag), sure),
                Encapsulation::Unknown => {
                    for tag in self.tags.clone() {
                        self.join(routed, Node::Wire(parent, tag), false);
                    }
                }
            },
            _ => self.join(routed, Node::Wire(port, UNTAGGED), sure),
        }
    }

    fn links(&mut self) {
        for &(a, b) in &self.network.links {
            if !self.network.is_up(a) || !self.network.is_up(b) {
                continue;
            }
            let sure = !self.network.is_poisoned(a) && !self.network.is_poisoned(b);
            for tag in self.tags.clone() {
                let (a, b) = (self.plug(a, tag), self.plug(b, tag));
                if let (Some(a), Some(b)) = (a, b) {
                    self.join(a, b, sure);
                }
            }
        }
    }

    /// A port that virtual systems share is one wire.
    fn shared_ports(&mut self) {
        for &(a, b) in &self.network.same_ports {
            if self.network.is_up(a) && self.network.is_up(b) {
                let sure = !self.network.is_poisoned(a) && !self.network.is_poisoned(b);
                for tag in self.tags.clone() {
                    self.join(Node::Wire(a, tag), Node::Wire(b, tag), sure);
                }
            }
        }
    }

    /// The end of a cable: a port for every tag; an interface without a port for untagged frames.
    fn plug(&self, port: Port, tag: u16) -> Option<Node> {
        let port = base(self.network, port);
        match self.network.interface(port)?.kind {
            Kind::Svi | Kind::Tunnel => (tag == UNTAGGED).then_some(Node::Routed(port)),
            _ => Some(Node::Wire(port, tag)),
        }
    }

    /// Joins that the addresses suggest.
    fn inferred(&mut self) {
        let network = self.network;
        // Every link has the same link-local prefix: it says nothing about cables.
        let say = |i: &Interface| -> Vec<_> {
            i.connected().filter(|a| !is_link_local(a.addr)).map(|a| (a.addr, a.prefix)).collect()
        };
        let vrf = |i: &Interface| i.l3.as_ref().map(|l3| l3.vrf);
        let attached: Vec<_> = network
            .ports()
            .filter(|(p, i)| network.is_up(*p) && i.is_attached() && i.l3.is_some())
            .map(|(p, i)| (p, (p.device, vrf(i)), i.kind == Kind::Tunnel, say(i)))
            .collect();
        let mut adjacent = BTreeSet::new();
        for (at, (a, a_table, a_tunnel, left)) in attached.iter().enumerate() {
            for (b, b_table, b_tunnel, right) in attached.iter().skip(at + 1) {
                let pairs = || left.iter().flat_map(|p| right.iter().map(move |q| (p, q)));
                let overlap = pairs().any(|(p, q)| p.1.overlaps(q.1));
                let same = pairs().any(|(p, q)| p.1 == q.1);
                let twin = pairs().any(|(p, q)| p.0 == q.0);
                if !overlap || a_table == b_table {
                    continue;
                }
                let free = !self.linked.contains(a) && !self.linked.contains(b);
                // Two tables of one device may use the same addresses, which is what they are for.
                let cabled = same && !twin && free && !a_tunnel && !b_tunnel && a.device != b.device;
                let poisoned = network.is_poisoned(*a) || network.is_poisoned(*b);
                self.join(Node::Routed(*a), Node::Routed(*b), cabled && !poisoned);
                if cabled && a.device != b.device {
                    adjacent.insert((a.device, b.device));
                }
            }
        }
        let free = self.free_trunks();
        for (a, b) in adjacent {
            let (Some(left), Some(right)) = (free.get(&a), free.get(&b)) else { continue };
            for &vlan in left.intersection(right) {
                self.join(Node::Bridge(a, vlan), Node::Bridge(b, vlan), false);
            }
        }
    }

    /// Per device the VLANs that leave it by a trunk without a declared cable.
    fn free_trunks(&self) -> BTreeMap<usize, BTreeSet<u16>> {
        let mut free: BTreeMap<usize, BTreeSet<u16>> = BTreeMap::new();
        for (port, interface) in self.network.ports() {
            let Some(l2) = interface.l2.as_ref().filter(|_| self.network.is_up(port)) else { continue };
            if !self.linked.contains(&port) {
                let tags = self.tags.iter().filter(|&&v| v != UNTAGGED && l2.allows(v));
                free.entry(port.device).or_default().extend(tags);
            }
        }
        free
    }

    fn find_open(&mut self) {
        let network = self.network;
        let (mut closed, mut open) = (BTreeSet::new(), BTreeSet::new());
        for (&node, &id) in &self.out.nodes {
            let class = self.out.may.find(id);
            let real = |p: &Port| {
                let kind = network.interface(*p).map(|i| i.kind);
                !matches!(kind, Some(Kind::Svi | Kind::Tunnel | Kind::Subinterface))
            };
            match node {
                Node::Wire(port, _) if real(&port) && self.linked.contains(&port) => closed.insert(class),
                Node::Wire(port, _) if real(&port) => open.insert(class),
                _ => false,
            };
        }
        let all = self.out.nodes.values().map(|&id| self.out.may.find(id));
        self.out.open = all.filter(|c| open.contains(c) || !closed.contains(c)).collect();
    }

    fn double_tagging(&mut self) {
        let network = self.network;
        let up: Vec<_> = network
            .ports()
            .filter(|(p, _)| network.is_up(*p))
            .filter_map(|(p, i)| Some((p, i.l2.as_ref()?)))
            .collect();
        let hosts: BTreeSet<usize> = up
            .iter()
            .filter(|(p, l2)| l2.mode != Mode::Trunk && !self.linked.contains(p))
            .filter_map(|(p, l2)| self.out.class(Node::Bridge(p.device, l2.access_vlan)))
            .collect();
        for (p, l2) in up {
            let tagged = network.device(p.device).is_some_and(|d| d.tags_native == Tri::Yes);
            let native = self.node(Node::Bridge(p.device, l2.native_vlan));
            let native = self.out.may.find(native);
            if l2.mode == Mode::Access || tagged || !hosts.contains(&native) {
                continue;
            }
            for &vlan in self.tags.iter().filter(|&&v| v != UNTAGGED && l2.allows(v)) {
                if let Some(class) = self.out.class(Node::Bridge(p.device, vlan)) {
                    self.out.double_tagging.insert((native, class));
                }
            }
        }
    }
}

impl Segments {
    /// The segments of a network.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        let out = Self {
            nodes: BTreeMap::new(),
            may: Classes::default(),
            sure: Classes::default(),
            double_tagging: BTreeSet::new(),
            open: BTreeSet::new(),
            on: BTreeMap::new(),
        };
        let linked = network.ports().map(|(p, _)| p).filter(|p| is_linked(network, *p)).collect();
        let mut builder = Builder { network, tags: tags(network), linked, out };
        for (port, interface) in network.ports() {
            if network.is_up(port) && interface.is_attached() {
                builder.interface(port, interface);
            }
        }
        builder.links();
        builder.shared_ports();
        builder.inferred();
        builder.double_tagging();
        builder.find_open();
        builder.out.list_members();
        builder.out
    }

    fn class(&self, node: Node) -> Option<usize> {
        self.nodes.get(&node).map(|&n| self.may.find(n))
    }

    fn nodes_of(&self, port: Port) -> impl Iterator<Item = usize> {
        let routed = self.nodes.get(&Node::Routed(port)).copied();
        let wires = Node::Wire(port, UNTAGGED)..=Node::Wire(port, u16::MAX);
        let wires = self.nodes.range(wires).map(|(_, &id)| id).filter(move |_| routed.is_none());
        routed.into_iter().chain(wires)
    }

    /// May-segments of an interface: of its layer 3, else one for every tag on its wire. None for a
    /// loopback or an interface that is down.
    #[must_use]
    pub fn may(&self, port: Port) -> Vec<usize> {
        let all: BTreeSet<_> = self.nodes_of(port).map(|n| self.may.find(n)).collect();
        all.into_iter().collect()
    }

    /// Sure-segments of an interface.
    #[must_use]
    pub fn sure(&self, port: Port) -> Vec<usize> {
        let all: BTreeSet<_> = self.nodes_of(port).map(|n| self.sure.find(n)).collect();
        all.into_iter().collect()
    }

    /// The sure-segments of an interface that lie within one of its may-segments.
    #[must_use]
    pub fn sure_within(&self, port: Port, may: usize) -> Vec<usize> {
        let within = self.nodes_of(port).filter(|&n| self.may.find(n) == may);
        let all: BTreeSet<_> = within.map(|n| self.sure.find(n)).collect();
        all.into_iter().collect()
    }

    /// May-segment of a VLAN inside a device, if any port or interface is in it.
    #[must_use]
    pub fn vlan(&self, device: usize, vlan: u16) -> Option<usize> {
        self.class(Node::Bridge(device, vlan))
    }

    fn list_members(&mut self) {
        for (node, &id) in &self.nodes {
            let (routed, devices) = self.on.entry(self.may.find(id)).or_default();
            routed.extend(if let Node::Routed(port) = node { Some(*port) } else { None });
            devices.insert(node.device());
        }
    }

    /// Up layer-3 interfaces on a may-segment (and interfaces whose layer 3 may be an unread line).
    #[must_use]
    pub fn routed(&self, may: usize) -> Vec<Port> {
        self.on.get(&may).map_or_else(Vec::new, |(routed, _)| routed.clone())
    }

    /// May-segments that declared cables do not close: some port on them has none, or they have no port.
    #[must_use]
    pub fn open(&self) -> &BTreeSet<usize> {
        &self.open
    }

    /// Every up interface on a may-segment that declared cables do not close.
    #[must_use]
    pub fn open_ports(&self) -> BTreeSet<Port> {
        let port = |node: &Node| match node {
            Node::Wire(port, _) | Node::Routed(port) => Some(*port),
            Node::Bridge(..) => None,
        };
        let on = self.nodes.iter().filter(|&(_, &n)| self.open.contains(&self.may.find(n)));
        on.filter_map(|(node, _)| port(node)).collect()
    }

    /// Devices that touch a may-segment by any port or interface.
    #[must_use]
    pub fn devices(&self, may: usize) -> BTreeSet<usize> {
        self.on.get(&may).map_or_else(BTreeSet::new, |(_, devices)| devices.clone())
    }

    /// May-segments on which a sender on `may` can send: itself, and what double tagging reaches.
    #[must_use]
    pub fn sendable(&self, may: usize) -> BTreeSet<usize> {
        let mut out = BTreeSet::from([may]);
        let mut grown = true;
        while grown {
            let more: Vec<_> = self.double_tagging.iter().filter(|(a, _)| out.contains(a)).collect();
            grown = more.into_iter().fold(false, |any, (_, b)| out.insert(*b) || any);
        }
        out
    }
}
