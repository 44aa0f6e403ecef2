//! The joins of `docs/semantics.md` section 2, as two union-finds over attachment points.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;
use sekisho_diag::Span;
use sekisho_model::{
    Device, Encapsulation, InnerWires, Interface, InterfaceId, InterfaceKind, L2Mode, L2Port, PairedTunnels,
};

use super::segment::{PartId, Place, Segment, SegmentId};
use super::{DoubleTag, Join, Point, PortLink, PortRef, Topology, infer, is_up, vlans};

/// Joins collected so far.
pub(super) struct Joins {
    points: BTreeMap<Point, usize>,
    sure: Vec<(usize, usize)>,
    maybe: Vec<(usize, usize, Join)>,
    /// Ports with a declared cable, and the aggregates of such ports.
    linked: BTreeSet<PortRef>,
    /// Devices with a trunk that is presumed to lead to a neighbour.
    pub(super) presumed: BTreeSet<usize>,
    /// VLAN numbers that are told apart.
    pub(super) vlans: Vec<u16>,
}

impl Joins {
    fn point(&mut self, point: Point) -> usize {
        let next = self.points.len();
        *self.points.entry(point).or_insert(next)
    }

    /// The two surely share a wire.
    pub(super) fn sure(&mut self, a: Point, b: Point) {
        let pair = (self.point(a), self.point(b));
        self.sure.push(pair);
    }

    /// The two may share a wire.
    pub(super) fn maybe(&mut self, a: Point, b: Point, why: String, spans: Vec<Span>) {
        let (a, b) = (self.point(a), self.point(b));
        self.maybe.push((a, b, Join { why, spans }));
    }

    /// Sure unless `doubt` names a reason.
    fn join(&mut self, a: Point, b: Point, doubt: Option<(&str, Span)>) {
        match doubt {
            None => self.sure(a, b),
            Some((why, span)) => self.maybe(a, b, why.to_owned(), vec![span]),
        }
    }

    /// Whether the cable of the port that carries this interface is declared. For a switched virtual
    /// interface: of any port that carries its VLAN.
    pub(super) fn on_cable(&self, devices: &[Device], port: PortRef) -> bool {
        let Some(device) = devices.get(port.device) else { return false };
        let Some(interface) = device.interface(port.interface) else { return false };
        if self.linked.contains(&port) {
            return true;
        }
        let at = |id: InterfaceId| PortRef { device: port.device, interface: id };
        if interface.parent.is_some_and(|p| self.linked.contains(&at(p)))
            || interface.aggregate.is_some_and(|a| self.linked.contains(&at(a)))
        {
            return true;
        }
        let Some(vlan) = interface.svi_vlan else { return false };
        device.interface_ids().any(|(id, i)| {
            self.linked.contains(&at(id))
                && is_up(device, id)
                && i.l2.as_ref().is_some_and(|l2| carries(l2, vlan))
        })
    }
}

/// Whether a switched port may carry a VLAN.
fn carries(port: &L2Port, vlan: u16) -> bool {
    let access = port.access_vlan == vlan || port.voice_vlan == Some(vlan);
    match port.mode {
        L2Mode::Access => access,
        L2Mode::Trunk => port.allowed.contains(vlan),
        L2Mode::Dynamic => access || port.allowed.contains(vlan),
    }
}

pub(super) fn build(devices: &[Device], links: &[PortLink], attached: &BTreeSet<PortRef>) -> Topology {
    let mut joins = Joins {
        points: BTreeMap::new(),
        sure: Vec::new(),
        maybe: Vec::new(),
        linked: BTreeSet::new(),
        presumed: BTreeSet::new(),
        vlans: vlans::representatives(devices),
    };
    let inner = InnerWires::of(devices);
    let port = |(device, interface)| PortRef { device, interface };
    let cables = inner.cables.iter().map(|w| PortLink { a: port(w.a), b: port(w.b), span: Some(w.span) });
    let links: Vec<PortLink> = links.iter().copied().chain(cables).collect();
    for link in &links {
        for end in [link.a, link.b] {
            joins.linked.insert(end);
            let device = devices.get(end.device);
            if let Some(aggregate) = device.and_then(|d| d.interface(end.interface)).and_then(|i| i.aggregate)
            {
                joins.linked.insert(PortRef { device: end.device, interface: aggregate });
            }
        }
    }
    share_cables(&inner, &mut joins);
    for (index, device) in devices.iter().enumerate() {
        let device_doubt = device.device_poison().map(|p| ("a line of the device is not understood", p.span));
        for (id, interface) in device.interface_ids() {
            if !is_up(device, id) {
                continue;
            }
            let port = PortRef { device: index, interface: id };
            let poison = device.interface_poison(id);
            let doubt =
                device_doubt.or(poison.map(|p| ("a line of the interface is not understood", p.span)));
            layer3(port, interface, doubt, &mut joins);
            if let (Some(poison), Some(parent)) = (poison, interface.parent) {
                // The unread line may be the one that names the tag.
                let wire = PortRef { device: index, interface: parent };
                for tag in tags(&joins.vlans) {
                    let why = "the tag of the sub-interface may be another".to_owned();
                    joins.maybe(Point::Layer3(port), Point::Wire(wire, tag), why, vec![poison.span]);
                }
            }
            switched(port, interface, doubt, &mut joins);
            let wired = !matches!(
                interface.kind,
                InterfaceKind::Svi | InterfaceKind::Tunnel | InterfaceKind::Loopback | InterfaceKind::Null
            );
            if poison.is_some() && wired {
                let cable = PortRef { device: index, interface: interface.parent.unwrap_or(id) };
                any_vlan(cable, device, doubt, &mut joins);
            }
            if let Some(aggregate) = interface.aggregate.filter(|a| is_up(device, *a)) {
                let whole = PortRef { device: index, interface: aggregate };
                for tag in tags(&joins.vlans) {
                    joins.join(Point::Wire(port, tag), Point::Wire(whole, tag), doubt);
                }
            }
        }
    }
    let cables = cable_joins(devices, &links, &mut joins);
    for wire in &inner.same_ports {
        let (copy, owner) = (port(wire.a), port(wire.b));
        if [copy, owner].iter().all(|p| devices.get(p.device).is_some_and(|d| is_up(d, p.interface))) {
            for tag in tags(&joins.vlans) {
                joins.sure(Point::Wire(copy, tag), Point::Wire(owner, tag));
            }
        }
    }
    let inferred = infer::infer(devices, attached, &mut joins);
    let mut topology = classes(devices, &joins, cables);
    topology.open_trunks = open_trunks(devices, attached, &joins, &topology);
    topology.inferred = inferred;
    topology
}

/// A cable on a port that virtual systems share is a cable on each of its copies. The copy itself is none.
fn share_cables(inner: &InnerWires, joins: &mut Joins) {
    let port = |(device, interface)| PortRef { device, interface };
    let linked = |joins: &Joins, end| joins.linked.contains(&port(end));
    for _ in 0..2 {
        for wire in &inner.same_ports {
            if linked(joins, wire.a) || linked(joins, wire.b) {
                joins.linked.extend([port(wire.a), port(wire.b)]);
            }
        }
    }
}

/// Untagged, and every VLAN that is told apart.
fn tags(vlans: &[u16]) -> Vec<u16> {
    std::iter::once(0).chain(vlans.iter().copied()).collect()
}

/// Puts the layer-3 side of an interface on its wire or VLAN.
fn layer3(port: PortRef, interface: &Interface, doubt: Option<(&str, Span)>, joins: &mut Joins) {
    if interface.l3.is_none() {
        return;
    }
    let me = Point::Layer3(port);
    joins.point(me);
    if let Some(vlan) = interface.svi_vlan {
        joins.join(me, Point::Bridge(port.device, vlan), doubt);
        return;
    }
    let wire = PortRef { device: port.device, interface: interface.parent.unwrap_or(port.interface) };
    match interface.kind {
        InterfaceKind::Loopback | InterfaceKind::Null | InterfaceKind::Tunnel => {}
        _ => match interface.encapsulation {
            Encapsulation::Untagged => joins.join(me, Point::Wire(wire, 0), doubt),
            Encapsulation::Vlan(tag) => joins.join(me, Point::Wire(wire, tag), doubt),
            Encapsulation::Unknown => {
                for tag in tags(&joins.vlans) {
                    let why = "the encapsulation of the sub-interface is not known".to_owned();
                    joins.maybe(me, Point::Wire(wire, tag), why, vec![interface.span]);
                }
            }
        },
    }
}

/// Joins the wire of a switched port with the VLANs of its device.
fn switched(port: PortRef, interface: &Interface, doubt: Option<(&str, Span)>, joins: &mut Joins) {
    let Some(l2) = &interface.l2 else { return };
    let vlan = |v: u16| Point::Bridge(port.device, v);
    let dynamic = l2.mode_span.or(Some(interface.span)).map(|s| ("the port negotiates access or trunk", s));
    let doubt = if l2.mode == L2Mode::Dynamic { doubt.or(dynamic) } else { doubt };
    if l2.mode != L2Mode::Trunk {
        joins.join(Point::Wire(port, 0), vlan(l2.access_vlan), doubt);
        if let Some(voice) = l2.voice_vlan {
            joins.join(Point::Wire(port, voice), vlan(voice), doubt);
        }
    }
    if l2.mode != L2Mode::Access {
        let carried: Vec<u16> = joins.vlans.iter().copied().filter(|v| l2.allowed.contains(*v)).collect();
        for v in carried {
            let tag = if v == l2.native_vlan { 0 } else { v };
            joins.join(Point::Wire(port, tag), vlan(v), doubt);
        }
    }
}

/// A port with an unread line, or a part of it with one, may be in any VLAN of the device, by any tag.
fn any_vlan(port: PortRef, device: &Device, doubt: Option<(&str, Span)>, joins: &mut Joins) {
    let all = joins.vlans.clone();
    for tag in tags(&all) {
        joins.join(Point::Wire(port, tag), Point::Wire(port, 0), doubt);
        for &vlan in all.iter().filter(|v| device.vlans.contains(v)) {
            joins.join(Point::Wire(port, tag), Point::Bridge(port.device, vlan), doubt);
        }
    }
}

/// Joins the wires of declared cables between up ports.
fn cable_joins(devices: &[Device], links: &[PortLink], joins: &mut Joins) -> Vec<PortLink> {
    let up = |p: PortRef| devices.get(p.device).is_some_and(|d| is_up(d, p.interface));
    let mut used = Vec::new();
    for link in links.iter().filter(|l| up(l.a) && up(l.b)) {
        for tag in tags(&joins.vlans) {
            joins.sure(Point::Wire(link.a, tag), Point::Wire(link.b, tag));
        }
        used.push(*link);
    }
    used
}

/// Turns the joins into segments and parts, numbered in the order of their smallest point.
fn classes(devices: &[Device], joins: &Joins, links: Vec<PortLink>) -> Topology {
    let count = joins.points.len();
    let mut sure: UnionFind<usize> = UnionFind::new(count);
    for &(a, b) in &joins.sure {
        sure.union(a, b);
    }
    let mut may = sure.clone();
    for (a, b, _) in &joins.maybe {
        may.union(*a, *b);
    }
    let mut segment_ids: BTreeMap<usize, SegmentId> = BTreeMap::new();
    let mut part_ids: BTreeMap<usize, PartId> = BTreeMap::new();
    let mut segments: Vec<Segment> = Vec::new();
    let mut parts: Vec<SegmentId> = Vec::new();
    let mut points = BTreeMap::new();
    for (&point, &index) in &joins.points {
        let segment = *segment_ids.entry(may.find(index)).or_insert_with(|| {
            segments.push(Segment::default());
            SegmentId(u32::try_from(segments.len() - 1).unwrap_or(u32::MAX))
        });
        let part = *part_ids.entry(sure.find(index)).or_insert_with(|| {
            parts.push(segment);
            PartId(u32::try_from(parts.len() - 1).unwrap_or(u32::MAX))
        });
        points.insert(point, Place { segment, part });
        let Some(entry) = segments.get_mut(segment.0 as usize) else { continue };
        match point {
            Point::Layer3(port) => {
                entry.interfaces.push((port, part));
                entry.devices.insert(port.device);
            }
            Point::Wire(port, tag) => {
                entry.wires.push((port, tag, part));
                entry.devices.insert(port.device);
            }
            Point::Bridge(device, vlan) => {
                entry.bridges.push((device, vlan, part));
                entry.devices.insert(device);
            }
        }
    }
    for (a, b, join) in &joins.maybe {
        let root = segment_ids.get(&may.find(*a));
        if !sure.equiv(*a, *b)
            && let Some(segment) = root.and_then(|id| segments.get_mut(id.0 as usize))
        {
            segment.doubtful_joins.push(join.clone());
        }
    }
    let mut linked = joins.linked.clone();
    for (index, device) in devices.iter().enumerate() {
        for (id, _) in device.interface_ids() {
            let port = PortRef { device: index, interface: id };
            if joins.on_cable(devices, port) {
                linked.insert(port);
            }
        }
    }
    for segment in &mut segments {
        close(segment, devices, &joins.linked);
    }
    let double_tags = double_tags(devices, &segments, &points, &joins.vlans);
    Topology {
        segments,
        parts,
        points,
        double_tags,
        open_trunks: Vec::new(),
        linked,
        inferred: false,
        links,
        paired: PairedTunnels::of(devices),
    }
}

/// Finds the open ports of a segment, and whether cables alone make it up.
fn close(segment: &mut Segment, devices: &[Device], linked: &BTreeSet<PortRef>) {
    let switched = |p: &PortRef| {
        let interface = devices.get(p.device).and_then(|d| d.interface(p.interface));
        interface.is_some_and(|i| i.l2.is_some() && i.aggregate.is_none())
    };
    let member_linked = |p: &PortRef| {
        devices.get(p.device).is_some_and(|d| {
            d.interface_ids().any(|(id, i)| {
                i.aggregate == Some(p.interface)
                    && linked.contains(&PortRef { device: p.device, interface: id })
            })
        })
    };
    let on_bridge: BTreeSet<usize> = segment.bridges.iter().map(|(d, _, _)| *d).collect();
    let mut open: Vec<PortRef> = segment
        .wires
        .iter()
        .filter(|(p, _, _)| on_bridge.contains(&p.device) && switched(p))
        .map(|(p, _, _)| *p)
        .filter(|p| !linked.contains(p) && !member_linked(p))
        .collect();
    open.dedup();
    let mut wired = segment.wires.iter().map(|(p, _, _)| p).filter(|p| {
        let interface = devices.get(p.device).and_then(|d| d.interface(p.interface));
        interface.is_some_and(|i| i.aggregate.is_none())
    });
    segment.closed_by_cables = segment.doubtful_joins.is_empty()
        && !segment.wires.is_empty()
        && wired.all(|p| linked.contains(p) || member_linked(p));
    segment.open_ports = open;
}

/// The segments of ports that carry several VLANs and whose far side is neither declared nor, for a trunk,
/// presumed to be the neighbour that subnets and VLANs suggest.
fn open_trunks(
    devices: &[Device],
    attached: &BTreeSet<PortRef>,
    joins: &Joins,
    topology: &Topology,
) -> Vec<(PortRef, Vec<SegmentId>)> {
    let mut out = Vec::new();
    for (index, device) in devices.iter().enumerate() {
        for (id, interface) in device.interface_ids().filter(|(id, _)| is_up(device, *id)) {
            let port = PortRef { device: index, interface: id };
            let Some(l2) = interface.l2.as_ref().filter(|_| interface.aggregate.is_none()) else { continue };
            let presumed = l2.mode == L2Mode::Trunk && joins.presumed.contains(&index);
            if presumed || attached.contains(&port) || joins.on_cable(devices, port) {
                continue;
            }
            let carried: BTreeSet<SegmentId> = topology
                .of_port(port)
                .map(|(_, place)| place.segment)
                .filter(|s| topology.segment(*s).is_some_and(|s| !s.bridges.is_empty()))
                .collect();
            if carried.len() > 1 {
                out.push((port, carried.into_iter().collect()));
            }
        }
    }
    out
}

/// Where frames with one tag more than they show may end up: from every segment with a host port, over
/// trunks that carry it as their native VLAN, as often as the sender likes to add tags.
fn double_tags(
    devices: &[Device],
    segments: &[Segment],
    points: &BTreeMap<Point, Place>,
    vlans: &[u16],
) -> Vec<DoubleTag> {
    let mut hops: BTreeMap<SegmentId, BTreeMap<SegmentId, PortRef>> = BTreeMap::new();
    for (index, device) in devices.iter().enumerate().filter(|(_, d)| !d.tags_native.certain()) {
        for (id, interface) in device.interface_ids().filter(|(id, _)| is_up(device, *id)) {
            let Some(l2) = interface.l2.as_ref().filter(|l2| l2.mode != L2Mode::Access) else { continue };
            let trunk = PortRef { device: index, interface: id };
            let Some(from) = points.get(&Point::Bridge(index, l2.native_vlan)) else { continue };
            for &vlan in vlans.iter().filter(|v| **v != l2.native_vlan && l2.allowed.contains(**v)) {
                if let Some(to) =
                    points.get(&Point::Wire(trunk, vlan)).filter(|to| to.segment != from.segment)
                {
                    hops.entry(from.segment).or_default().entry(to.segment).or_insert(trunk);
                }
            }
        }
    }
    let host_port = |port: &PortRef| {
        let interface = devices.get(port.device).and_then(|d| d.interface(port.interface));
        interface.and_then(|i| i.l2.as_ref()).is_some_and(|l2| l2.mode != L2Mode::Trunk)
    };
    let mut out = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let start = SegmentId(u32::try_from(index).unwrap_or(u32::MAX));
        if !hops.contains_key(&start) || !segment.open_ports.iter().any(host_port) {
            continue;
        }
        let mut seen = BTreeSet::from([start]);
        let mut work = vec![start];
        while let Some(at) = work.pop() {
            for (&to, &trunk) in hops.get(&at).into_iter().flatten() {
                if seen.insert(to) {
                    out.push(DoubleTag { from: start, to, trunk });
                    work.push(to);
                }
            }
        }
    }
    out
}
