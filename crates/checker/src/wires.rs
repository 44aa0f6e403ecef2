//! Who may be on a wire with whom: segments of layer 2, by the rules of `docs/semantics.md` section 2.
//!
//! A segment is a class of attachment points under all joins; the points of a *part* surely share a wire.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_plain::address::{Family, Prefix, is_link_local};
use sekisho_plain::cable::is_linked;
use sekisho_plain::format::{Encapsulation, Interface, Kind, L2, Mode, Network, Port, Tri};

/// Where something attaches to layer 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Point {
    /// The layer-3 side of an interface.
    Layer3(Port),
    /// Frames with a tag (0: untagged) on the wire of a port.
    Wire(Port, u16),
    /// A VLAN inside a device.
    Bridge(usize, u16),
}

impl Point {
    fn device(self) -> usize {
        match self {
            Self::Layer3(port) | Self::Wire(port, _) => port.device,
            Self::Bridge(device, _) => device,
        }
    }
}

/// A class of attachment points that may share a wire.
#[derive(Default)]
pub(crate) struct Segment {
    pub(crate) layer3: Vec<Port>,
    pub(crate) points: Vec<Point>,
    pub(crate) devices: BTreeSet<usize>,
    /// Up switched ports without a declared cable: somebody may plug in.
    pub(crate) open_ports: BTreeSet<Port>,
    /// Sure joins alone make it up, and every port on it is the end of a declared cable.
    pub(crate) closed: bool,
}

/// All segments.
pub(crate) struct Wires {
    pub(crate) segments: Vec<Segment>,
    at: BTreeMap<Point, (usize, usize)>,
    /// Whoever can send on the first can send on the second, by double tagging.
    pub(crate) hops: BTreeSet<(usize, usize)>,
    /// Segments that meet at an open port.
    pub(crate) open_trunks: Vec<BTreeSet<usize>>,
    linked: BTreeSet<Port>,
}

/// Classes of points: union-find without ranks.
struct Classes(Vec<usize>);

impl Classes {
    fn find(&self, mut x: usize) -> usize {
        while let Some(&up) = self.0.get(x).filter(|up| **up != x) {
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

struct Builder<'a> {
    network: &'a Network,
    /// Ports whose far side the policy names.
    attached: &'a BTreeSet<Port>,
    linked: BTreeSet<Port>,
    /// Untagged, and every VLAN number that some device tells apart.
    tags: Vec<u16>,
    points: BTreeMap<Point, usize>,
    sure: Vec<(usize, usize)>,
    maybe: Vec<(usize, usize)>,
    /// Devices with a trunk that is presumed to lead to a neighbour.
    presumed: BTreeSet<usize>,
}

impl Wires {
    pub(crate) fn new(network: &Network, attached: &BTreeSet<Port>) -> Self {
        let linked = network.ports().map(|(p, _)| p).filter(|p| is_linked(network, *p)).collect();
        let mut builder = Builder {
            network,
            attached,
            linked,
            tags: tags(network),
            points: BTreeMap::new(),
            sure: Vec::new(),
            maybe: Vec::new(),
            presumed: BTreeSet::new(),
        };
        for (port, interface) in network.ports().filter(|(p, _)| network.is_up(*p)) {
            builder.interface(port, interface);
        }
        builder.cables();
        let neighbours = builder.subnets();
        builder.trunks(&neighbours);
        builder.finish()
    }

    /// Segment and part of the layer-3 side of an up interface.
    pub(crate) fn of_interface(&self, port: Port) -> Option<(usize, usize)> {
        self.at.get(&Point::Layer3(port)).copied()
    }

    /// Segments of everything on the wire of a port.
    pub(crate) fn of_port(&self, port: Port) -> BTreeSet<usize> {
        let wires = self.at.range(Point::Wire(port, 0)..=Point::Wire(port, u16::MAX));
        wires.map(|(_, (segment, _))| *segment).collect()
    }

    /// Segment of a VLAN of a device.
    pub(crate) fn of_vlan(&self, device: usize, vlan: u16) -> Option<usize> {
        self.at.get(&Point::Bridge(device, vlan)).map(|(segment, _)| *segment)
    }

    /// Segments of all VLANs of a device.
    pub(crate) fn of_vlans(&self, device: usize) -> BTreeSet<usize> {
        let all = self.at.range(Point::Bridge(device, 0)..=Point::Bridge(device, u16::MAX));
        all.map(|(_, (segment, _))| *segment).collect()
    }

    /// Whether some up port has neither a declared cable nor lies only on segments that are named.
    pub(crate) fn are_inferred(&self, network: &Network, named: &BTreeSet<usize>) -> bool {
        let used = |s: &usize| {
            let segment = self.segments.get(*s);
            segment.is_some_and(|s| s.points.iter().any(|p| !matches!(p, Point::Wire(..))))
        };
        network.ports().filter(|(p, _)| network.is_up(*p) && !self.linked.contains(p)).any(
            |(port, interface)| {
                let layer3 = self.of_interface(port).map(|(segment, _)| segment);
                let mut on = self.of_port(port).into_iter().chain(layer3).filter(used);
                matches!(interface.kind, Kind::Physical | Kind::Aggregate) && !on.all(|s| named.contains(&s))
            },
        )
    }

    /// Owners of an address on a segment, with their parts and whether they share it.
    pub(crate) fn owners(&self, network: &Network, segment: usize, addr: IpAddr) -> Vec<(Port, usize, bool)> {
        let on = self.segments.get(segment).into_iter().flat_map(|s| &s.layer3);
        on.filter_map(|p| Some((*p, self.of_interface(*p)?.1, network.interface(*p)?.owns(addr)?))).collect()
    }

    /// Connected prefixes on a segment, host prefixes left out.
    pub(crate) fn prefixes(&self, network: &Network, segment: usize) -> BTreeSet<Prefix> {
        let on = self.segments.get(segment).into_iter().flat_map(|s| &s.layer3);
        let connected = on.filter_map(|p| network.interface(*p)).flat_map(Interface::connected);
        connected.map(|a| a.prefix).filter(|p| p.len() < p.family().bits()).collect()
    }

    /// Nobody but modelled interfaces can be on the segment.
    pub(crate) fn is_transit(&self, network: &Network, segment: usize) -> bool {
        let Some(it) = self.segments.get(segment) else { return false };
        if !it.open_ports.is_empty() || it.layer3.len() < 2 {
            return false;
        }
        let unknown = it
            .layer3
            .iter()
            .filter_map(|p| network.interface(*p))
            .any(|i| i.has_unknown_address(Family::Ipv4) || i.has_unknown_address(Family::Ipv6));
        let prefixes = self.prefixes(network, segment);
        let full = |p: &Prefix| {
            usable(*p, 8).is_some_and(|mut all| all.all(|a| !self.owners(network, segment, a).is_empty()))
        };
        it.closed || (!unknown && !prefixes.is_empty() && prefixes.iter().all(full))
    }
}

/// The usable addresses of a prefix with at most so many host bits.
pub(crate) fn usable(prefix: Prefix, most: u8) -> Option<impl Iterator<Item = IpAddr>> {
    let family = prefix.family();
    let host_bits = family.bits() - prefix.len();
    let edge = u128::from(family == Family::Ipv4 && host_bits >= 2);
    (host_bits <= most)
        .then(|| (prefix.first() + edge..=prefix.last() - edge).map(move |a| family.address(a)))
}

/// Untagged, and one number of every class of VLANs that all devices treat alike.
fn tags(network: &Network) -> Vec<u16> {
    let mut out = BTreeSet::from([1]);
    for device in &network.devices {
        out.extend(&device.vlans);
    }
    for (_, interface) in network.ports() {
        out.extend(interface.svi_vlan);
        if let Encapsulation::Vlan(tag) = interface.encapsulation {
            out.insert(tag);
        }
        if let Some(l2) = &interface.l2 {
            out.extend([l2.access_vlan, l2.native_vlan].into_iter().chain(l2.voice_vlan));
            out.extend(l2.allowed.iter().flat_map(|&(lo, hi)| [lo, hi.saturating_add(1)]));
        }
    }
    std::iter::once(0).chain(out.into_iter().filter(|v| (1..=4094).contains(v))).collect()
}

fn allows(l2: &L2, vlan: u16) -> bool {
    l2.allowed.iter().any(|&(lo, hi)| lo <= vlan && vlan <= hi)
}

impl Builder<'_> {
    fn point(&mut self, point: Point) -> usize {
        let next = self.points.len();
        *self.points.entry(point).or_insert(next)
    }

    fn join(&mut self, a: Point, b: Point, sure: bool) {
        let pair = (self.point(a), self.point(b));
        if sure { self.sure.push(pair) } else { self.maybe.push(pair) }
    }

    fn vlans(&self) -> Vec<u16> {
        self.tags.iter().copied().filter(|t| *t != 0).collect()
    }

    fn interface(&mut self, port: Port, interface: &Interface) {
        let sure = !self.network.is_poisoned(port);
        let unread = self.network.interface_poison(port).is_some();
        let cable = interface.parent.map_or(port, |parent| Port { interface: parent, ..port });
        if interface.l3.is_some() {
            self.layer3(port, interface, cable, sure);
            if unread && interface.parent.is_some() {
                // The unread line may be the one that names the tag.
                for tag in self.tags.clone() {
                    self.join(Point::Layer3(port), Point::Wire(cable, tag), false);
                }
            }
        }
        if let Some(l2) = &interface.l2 {
            self.switched(port, l2, sure && l2.mode != Mode::Dynamic);
        }
        let wired = !matches!(interface.kind, Kind::Svi | Kind::Tunnel | Kind::Loopback | Kind::Null);
        if unread && wired {
            // An unread line may put the port into any VLAN, by any tag.
            for tag in self.tags.clone() {
                self.join(Point::Wire(cable, tag), Point::Wire(cable, 0), false);
                for vlan in self.vlans() {
                    self.join(Point::Wire(cable, tag), Point::Bridge(port.device, vlan), false);
                }
            }
        }
        if let Some(whole) = interface.aggregate.map(|i| Port { interface: i, ..port })
            && self.network.is_up(whole)
        {
            for tag in self.tags.clone() {
                self.join(Point::Wire(port, tag), Point::Wire(whole, tag), sure);
            }
        }
    }

    fn layer3(&mut self, port: Port, interface: &Interface, cable: Port, sure: bool) {
        let me = Point::Layer3(port);
        self.point(me);
        if let Some(vlan) = interface.svi_vlan {
            return self.join(me, Point::Bridge(port.device, vlan), sure);
        }
        if matches!(interface.kind, Kind::Loopback | Kind::Null | Kind::Tunnel) {
            return;
        }
        match interface.encapsulation {
            Encapsulation::Untagged => self.join(me, Point::Wire(cable, 0), sure),
            Encapsulation::Vlan(tag) => self.join(me, Point::Wire(cable, tag), sure),
            Encapsulation::Unknown => {
                for tag in self.tags.clone() {
                    self.join(me, Point::Wire(cable, tag), false);
                }
            }
        }
    }

    fn switched(&mut self, port: Port, l2: &L2, sure: bool) {
        let bridge = |vlan| Point::Bridge(port.device, vlan);
        if l2.mode != Mode::Trunk {
            self.join(Point::Wire(port, 0), bridge(l2.access_vlan), sure);
            if let Some(voice) = l2.voice_vlan {
                self.join(Point::Wire(port, voice), bridge(voice), sure);
            }
        }
        if l2.mode != Mode::Access {
            for vlan in self.vlans().into_iter().filter(|v| allows(l2, *v)) {
                let tag = if vlan == l2.native_vlan { 0 } else { vlan };
                self.join(Point::Wire(port, tag), bridge(vlan), sure);
            }
        }
    }

    /// Declared cables, and ports that virtual systems share.
    fn cables(&mut self) {
        let ends = self.network.links.iter().chain(&self.network.same_ports);
        for &(a, b) in
            ends.filter(|(a, b)| self.network.is_up(*a) && self.network.is_up(*b)).collect::<Vec<_>>()
        {
            for tag in self.tags.clone() {
                self.join(Point::Wire(a, tag), Point::Wire(b, tag), true);
            }
        }
    }

    /// Joins that connected prefixes suggest. Returns devices that surely are neighbours.
    fn subnets(&mut self) -> BTreeSet<(usize, usize)> {
        let network = self.network;
        let up = network.ports().filter(|(p, i)| network.is_up(*p) && i.is_attached());
        let mut ends: Vec<(Prefix, Port, &Interface)> = up
            .flat_map(|(p, i)| i.connected().map(move |a| (a.prefix, p, i)))
            .filter(|(prefix, ..)| prefix.len() < prefix.family().bits())
            .filter(|(prefix, ..)| !is_link_local(prefix.family().address(prefix.first())))
            .collect();
        ends.sort_by_key(|(prefix, port, _)| (prefix.family(), prefix.first(), prefix.len(), *port));
        let mut neighbours = BTreeSet::new();
        for (at, &(wide, a, left)) in ends.iter().enumerate() {
            let inside = ends.iter().skip(at + 1).take_while(|(p, ..)| wide.overlaps(*p));
            for &(narrow, b, right) in inside {
                let vrf = |i: &Interface| i.l3.as_ref().map(|l3| l3.vrf);
                if a.device == b.device && vrf(left) == vrf(right) {
                    continue;
                }
                let twin = left.connected().any(|x| right.connected().any(|y| x.addr == y.addr));
                let free = !self.linked.contains(&a) && !self.linked.contains(&b);
                let tunnel = left.kind == Kind::Tunnel || right.kind == Kind::Tunnel;
                // Two tables of one device may use the same addresses, which is what they are for.
                let sure = wide == narrow && !twin && free && !tunnel && a.device != b.device;
                self.join(Point::Layer3(a), Point::Layer3(b), sure);
                if sure {
                    neighbours.insert((a.device.min(b.device), a.device.max(b.device)));
                }
            }
        }
        neighbours
    }

    /// VLANs that leave devices by ports without a declared cable.
    fn trunks(&mut self, neighbours: &BTreeSet<(usize, usize)>) {
        let mut by_vlan: BTreeMap<u16, Vec<(usize, Point, bool)>> = BTreeMap::new();
        for (vlan, end) in self.tagged() {
            by_vlan.entry(vlan).or_default().push(end);
        }
        for ends in by_vlan.into_values() {
            for (at, &(a, from, a_routed)) in ends.iter().enumerate() {
                for &(b, to, b_routed) in ends.iter().skip(at + 1).filter(|(b, ..)| *b != a) {
                    let near = neighbours.contains(&(a.min(b), a.max(b)));
                    // Where one of the two has no layer 3 in the VLAN, subnets cannot tell.
                    if near || !a_routed || !b_routed {
                        self.join(from, to, false);
                        self.presumed.extend([a, b]);
                    }
                }
            }
        }
    }

    /// Per VLAN (0: untagged) where it leaves: device, point, whether the device routes it.
    fn tagged(&self) -> Vec<(u16, (usize, Point, bool))> {
        let network = self.network;
        let mut out = Vec::new();
        let stated = |i: &Interface| i.addresses().next().is_some();
        for (port, interface) in network.ports().filter(|(p, i)| network.is_up(*p) && i.aggregate.is_none()) {
            let Some(device) = network.device(port.device) else { continue };
            let free = |p: Port| !self.attached.contains(&p) && !self.linked.contains(&p);
            if let Some(l2) = interface.l2.as_ref().filter(|l2| l2.mode != Mode::Access && free(port)) {
                let routed = |vlan: u16| {
                    let mut all =
                        network.ports().filter(|(p, i)| p.device == port.device && i.svi_vlan == Some(vlan));
                    all.any(|(p, i)| network.is_up(p) && stated(i))
                };
                for vlan in self.vlans().into_iter().filter(|v| allows(l2, *v) && device.vlans.contains(v)) {
                    out.push((vlan, (port.device, Point::Bridge(port.device, vlan), routed(vlan))));
                }
                let native = l2.native_vlan;
                if allows(l2, native) {
                    out.push((0, (port.device, Point::Bridge(port.device, native), routed(native))));
                }
            }
            let tag = match interface.encapsulation {
                Encapsulation::Vlan(vlan) => Some(vlan),
                Encapsulation::Untagged => Some(0),
                Encapsulation::Unknown => None,
            };
            let parent = interface.parent.map(|p| Port { interface: p, ..port });
            if let (Some(parent), Some(vlan)) = (parent, tag)
                && free(parent)
                && !self.attached.contains(&port)
            {
                out.push((vlan, (port.device, Point::Layer3(port), stated(interface))));
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    fn finish(self) -> Wires {
        let mut sure = Classes((0..self.points.len()).collect());
        self.sure.iter().for_each(|&(a, b)| sure.join(a, b));
        let mut may = Classes(sure.0.clone());
        let doubtful: Vec<_> = self.maybe.iter().filter(|(a, b)| sure.find(*a) != sure.find(*b)).collect();
        doubtful.iter().for_each(|&&(a, b)| may.join(a, b));
        let mut wires = Wires {
            segments: Vec::new(),
            at: BTreeMap::new(),
            hops: BTreeSet::new(),
            open_trunks: Vec::new(),
            linked: self.linked.clone(),
        };
        let mut numbers = BTreeMap::new();
        for (&point, &index) in &self.points {
            let fresh = wires.segments.len();
            let number = *numbers.entry(may.find(index)).or_insert(fresh);
            if number == fresh {
                wires.segments.push(Segment::default());
            }
            wires.at.insert(point, (number, sure.find(index)));
            let Some(segment) = wires.segments.get_mut(number) else { continue };
            segment.points.push(point);
            segment.devices.insert(point.device());
            segment.layer3.extend(if let Point::Layer3(port) = point { Some(port) } else { None });
        }
        let open: BTreeSet<usize> =
            doubtful.iter().filter_map(|(a, _)| numbers.get(&may.find(*a)).copied()).collect();
        for (number, segment) in wires.segments.iter_mut().enumerate() {
            self.close(segment, open.contains(&number));
        }
        self.hops(&mut wires);
        self.open_trunks(&mut wires);
        wires
    }

    /// Finds the open ports of a segment, and whether cables alone make it up.
    fn close(&self, segment: &mut Segment, doubtful: bool) {
        let ports = || {
            segment
                .points
                .iter()
                .filter_map(|p| if let Point::Wire(port, _) = p { Some(*port) } else { None })
        };
        let whole = |p: &Port| self.network.interface(*p).is_some_and(|i| i.aggregate.is_none());
        let switched = |p: &Port| self.network.interface(*p).is_some_and(|i| i.l2.is_some());
        let bridges =
            |p: &Port| segment.points.iter().any(|x| matches!(x, Point::Bridge(d, _) if *d == p.device));
        let free = |p: &Port| !self.linked.contains(p);
        let open = ports().filter(|p| whole(p) && switched(p) && bridges(p) && free(p)).collect();
        let closed = !doubtful && ports().next().is_some() && ports().all(|p| !whole(&p) || !free(&p));
        (segment.open_ports, segment.closed) = (open, closed);
    }

    /// Where frames with one tag more than they show may end up: from every segment with a host port, over
    /// trunks that carry it as their native VLAN, as often as the sender likes to add tags.
    fn hops(&self, wires: &mut Wires) {
        let network = self.network;
        let mut next: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (port, interface) in network.ports().filter(|(p, _)| network.is_up(*p)) {
            let tagged = network.device(port.device).is_some_and(|d| d.tags_native == Tri::Yes);
            let Some(l2) = interface.l2.as_ref().filter(|l2| l2.mode != Mode::Access && !tagged) else {
                continue;
            };
            let Some(from) = wires.of_vlan(port.device, l2.native_vlan) else { continue };
            for vlan in self.vlans().into_iter().filter(|v| *v != l2.native_vlan && allows(l2, *v)) {
                let to = wires.at.get(&Point::Wire(port, vlan)).map(|(segment, _)| *segment);
                next.entry(from).or_default().extend(to.filter(|to| *to != from));
            }
        }
        let host_port = |p: &Port| {
            network.interface(*p).and_then(|i| i.l2.as_ref()).is_some_and(|l2| l2.mode != Mode::Trunk)
        };
        for (start, segment) in wires.segments.iter().enumerate() {
            if !segment.open_ports.iter().any(host_port) {
                continue;
            }
            let mut work = vec![start];
            while let Some(at) = work.pop() {
                for &to in next.get(&at).into_iter().flatten() {
                    if to != start && wires.hops.insert((start, to)) {
                        work.push(to);
                    }
                }
            }
        }
    }

    /// Ports that carry several VLANs, whose far side is neither declared nor, for a trunk, presumed.
    fn open_trunks(&self, wires: &mut Wires) {
        let network = self.network;
        for (port, interface) in network.ports().filter(|(p, i)| network.is_up(*p) && i.aggregate.is_none()) {
            let Some(l2) = &interface.l2 else { continue };
            let presumed = l2.mode == Mode::Trunk && self.presumed.contains(&port.device);
            if presumed || self.attached.contains(&port) || self.linked.contains(&port) {
                continue;
            }
            let bridged = |s: &usize| {
                let points = wires.segments.get(*s).into_iter().flat_map(|s| &s.points);
                points.into_iter().any(|p| matches!(p, Point::Bridge(..)))
            };
            let carried: BTreeSet<usize> = wires.of_port(port).into_iter().filter(bridged).collect();
            if carried.len() > 1 {
                wires.open_trunks.push(carried);
            }
        }
    }
}
