//! Edges on the wire: who gets what a host or an interface puts on a segment.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_header_space::{Set, SetError};
use sekisho_model::{AddressRole, Device, Interface, InterfaceKind};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, addr_bits, bits_addr};

use super::build::Builder;
use super::classes::all_parts;
use super::location::DomainKind;
use super::transfer::{Op, Pair};
use super::{Lean, Node, device};
use crate::policy::{Declared, Transit, ZoneRef};
use crate::routing::{Doubt, Target, Why};
use crate::topology::{PartId, Place, PortRef, Segment, SegmentId, is_up};

/// Owners of the addresses on a segment: address, then (port, part, role).
type Owners = BTreeMap<u128, Vec<(PortRef, PartId, AddressRole)>>;

/// A segment, and what is the same for everything that is put on it.
struct Wire<'a> {
    id: SegmentId,
    segment: &'a Segment,
    /// Its parts, of those that are alike one.
    parts: BTreeSet<PartId>,
    /// Whether it has several parts, alike or not.
    several: bool,
    /// Whether its hosts may reach beyond it, by a port that carries other VLANs as well.
    beyond: bool,
    /// Neighbours behind which some domain lies.
    next_hops: BTreeSet<(IpAddr, PartId)>,
    owners: Owners,
    /// Interfaces whose address is not known: they may own any.
    nameless: Vec<(PortRef, Doubt)>,
}

pub(super) fn build(b: &mut Builder<'_>) -> Result<(), SetError> {
    let topology = b.input.topology;
    relays(b)?;
    let mut sent: BTreeMap<SegmentId, Vec<(PortRef, Target)>> = BTreeMap::new();
    for (family, node, _) in b.graph.nodes() {
        if let (true, Node::Sent(port, target)) = (family == b.family, node)
            && let Some(place) = topology.of_interface(port)
        {
            sent.entry(place.segment).or_default().push((port, target));
        }
    }
    let mut next_hops = b.input.domains.next_hops();
    let hops = topology.double_tags().iter().map(|hop| hop.from);
    let beyond: BTreeSet<SegmentId> = hops
        .chain(topology.open_trunks().iter().flat_map(|(_, segments)| segments.iter().copied()))
        .collect();
    for (index, segment) in topology.segments().iter().enumerate() {
        let id = SegmentId(u32::try_from(index).unwrap_or(u32::MAX));
        if b.graph.classes.segment(id) != id {
            continue;
        }
        let all = all_parts(segment);
        let wire = Wire {
            id,
            segment,
            several: all.len() > 1,
            beyond: beyond.contains(&id),
            parts: all.into_iter().map(|part| b.graph.classes.part(part)).collect(),
            next_hops: next_hops.remove(&id).unwrap_or_default(),
            owners: segment.addresses(b.input.devices, b.family),
            nameless: nameless(b, segment),
        };
        hosts(b, &wire)?;
        for (port, target) in sent.remove(&id).unwrap_or_default() {
            put(b, &wire, port, target)?;
        }
    }
    // A place for which another stands has the same hops and the same ports.
    let stands = |b: &Builder<'_>, id: SegmentId| b.graph.classes.segment(id) == id;
    for hop in topology.double_tags() {
        if !stands(b, hop.from) || !stands(b, hop.to) {
            continue;
        }
        let trunk = b.input.devices.get(hop.trunk.device).and_then(|d| d.interface(hop.trunk.interface));
        b.maybe(
            Node::Sender(hop.from),
            Node::Flood(hop.to),
            Doubt::new(trunk.map(|t| t.span), Why::DoubleTag),
        );
    }
    for (port, segments) in topology.open_trunks() {
        let interface = b.input.devices.get(port.device).and_then(|d| d.interface(port.interface));
        let doubt = Doubt::new(interface.map(|i| i.span), Why::Plugged);
        for &segment in segments {
            if !stands(b, segment) {
                continue;
            }
            b.maybe(Node::Sender(segment), Node::Plugged(*port), doubt.clone());
            b.maybe(Node::Plugged(*port), Node::Flood(segment), doubt.clone());
        }
    }
    tunnels(b);
    externals(b);
    grey(b);
    forwarders(b)
}

/// Why the parts of a segment may be one.
fn join_doubts(segment: &Segment) -> Vec<Doubt> {
    let doubts = segment.doubtful_joins.iter().take(8);
    let mut out: Vec<Doubt> = doubts
        .map(|join| Doubt::new(join.spans.first().copied(), Why::OneWire { cause: join.why.clone() }))
        .collect();
    out.dedup();
    out
}

/// What a host on the segment may do, and who hears a flood.
fn hosts(b: &mut Builder<'_>, wire: &Wire<'_>) -> Result<(), SetError> {
    let &Wire { id, segment, ref parts, .. } = wire;
    let doubts = join_doubts(segment);
    for &part in parts {
        let inject = Node::Inject(part);
        b.pass(inject, Node::Shared(part));
        if wire.beyond {
            b.edge(inject, Node::Sender(id), vec![Op::Keep(Pair::DOUBTFUL)], Vec::new());
        }
        if wire.several {
            b.edge(inject, Node::Flood(id), vec![Op::Keep(Pair::DOUBTFUL)], doubts.clone());
        } else {
            b.pass(inject, Node::Wire(id));
        }
        b.maybe(Node::Flood(id), Node::Handed(part), Doubt::new(None, Why::Anybody));
    }
    b.edge(Node::Flood(id), Node::Wire(id), vec![Op::Keep(Pair::DOUBTFUL)], Vec::new());
    for &(addr, at) in &wire.next_hops {
        if Family::of(addr) != b.family {
            continue;
        }
        let neighbour = Node::Neighbour(id, addr);
        b.maybe(Node::Flood(id), neighbour, Doubt::new(None, Why::Anybody));
        b.pass(Node::Inject(at), neighbour);
    }
    for &(port, part) in &segment.interfaces {
        let arrive = Node::Arrive(port);
        b.pass(Node::Inject(part), arrive);
        b.edge(Node::Flood(id), arrive, vec![Op::Keep(Pair::DOUBTFUL)], doubts.clone());
        if let Some(doubt) = proxy_doubt(b, port).filter(|_| segment.interfaces.len() > DIRECT) {
            b.maybe(Node::Proxy(id), arrive, doubt);
        }
    }
    Ok(())
}

/// Broadcasts that a device relays: whatever is on the wire may be one.
///
/// SOUNDNESS: the relayed packet is the device's own, so that no list of the interface by which it leaves need see it.
fn relays(b: &mut Builder<'_>) -> Result<(), SetError> {
    let topology = b.input.topology;
    for (index, device) in b.input.devices.iter().enumerate() {
        // What is relayed alike from several interfaces goes on from one node.
        let mut alike = Vec::new();
        for (id, interface) in device.interface_ids().filter(|(_, i)| !i.relays.is_empty()) {
            let Some(place) = topology.of_interface(PortRef { device: index, interface: id }) else {
                continue;
            };
            let family = b.family;
            for relay in interface.relays.iter().filter(|r| Family::of(r.to) == family) {
                let ports = relay.ports.iter().map(|p| (u128::from(p.lo()), u128::from(p.hi()))).collect();
                let udp = Cube::any()
                    .with(Field::Proto, FieldSet::one(17))
                    .with(Field::Dport, FieldSet::Ranges(ports))
                    .with(Field::Fragment, FieldSet::one(0));
                let heard = b.sets.cube(&udp)?;
                let broadcast = broadcasts(b, interface)?;
                let heard = b.sets.and(heard, broadcast)?;
                let relayed = device::relayed(b, relay.to, &relay.ports)?;
                let mut ops = vec![Op::Keep(Pair::at_most(heard))];
                ops.extend([Field::Dst, Field::Src, Field::Translated].map(Op::Forget));
                ops.push(Op::Keep(Pair::at_most(relayed)));
                let key = (relay.vrf, interface.context, relay.to, relayed);
                let known = alike.iter().position(|other| *other == key);
                let me = Node::Relayed(index, known.unwrap_or(alike.len()));
                let doubt = Doubt::new(relay.span, Why::Relay);
                b.edge(Node::Wire(place.segment), me, ops, vec![doubt]);
                if known.is_none() {
                    alike.push(key);
                    b.pass(me, Node::Look(index, relay.vrf, interface.context));
                    b.leaning(Lean::Look(index, relay.vrf), |b| {
                        for target in device::own_packets(b, index, relay.vrf, relay.to) {
                            b.pass(me, target);
                        }
                        Ok(())
                    })?;
                }
            }
        }
    }
    Ok(())
}

/// Packets that everybody on the segment of an interface takes for a broadcast.
fn broadcasts(b: &mut Builder<'_>, interface: &Interface) -> Result<Set, SetError> {
    let addresses =
        interface.l3.iter().flat_map(|l3| &l3.addresses).filter(|a| a.prefix.family() == b.family);
    let directed: Vec<(u128, u128)> = addresses.map(|a| (a.prefix.last(), a.prefix.last())).collect();
    let mut sets = vec![b.not_unicast];
    for range in directed {
        sets.push(b.sets.field_ranges(Field::Dst, &[range])?);
    }
    b.sets.union_all(sets)
}

/// What an interface put on the segment.
fn put(b: &mut Builder<'_>, wire: &Wire<'_>, port: PortRef, target: Target) -> Result<(), SetError> {
    let &Wire { id, segment, .. } = wire;
    let Some(Place { part, .. }) = b.input.topology.of_interface(port) else { return Ok(()) };
    let from = Node::Sent(port, target);
    let interface = b.input.devices.get(port.device).and_then(|d| d.interface(port.interface));
    // A sender does not deliver to itself: an address that it owns alone is owned by nobody here.
    let others = |found: &[(PortRef, PartId, AddressRole)]| -> Vec<_> {
        found.iter().copied().filter(|(p, _, _)| *p != port).collect()
    };
    let mut nameless: Vec<_> = wire.nameless.iter().filter(|(p, _)| *p != port).cloned().collect();
    if let Target::Address(addr) = target {
        nameless.extend(unstated(b, wire, port, addr));
    }
    b.edge(from, Node::Wire(id), vec![Op::Keep(Pair::DOUBTFUL)], Vec::new());
    if interface.is_some_and(|i| i.kind == InterfaceKind::Tunnel) {
        return Ok(());
    }
    match target {
        Target::Any => anyone(b, wire, port, from),
        Target::Address(addr) => {
            let found = wire.owners.get(&addr_bits(addr)).filter(|_| Family::of(addr) == b.family);
            match found.map(|found| others(found)).filter(|found| !found.is_empty()) {
                Some(found) => {
                    let sure = deliver(b, from, segment, part, &found, Set::FULL);
                    if !sure {
                        unowned(b, port, from, wire, part, Pair::DOUBTFUL);
                        to_nameless(b, from, &nameless, Set::FULL);
                    }
                }
                None if b.input.domains.known.contains(&addr) => b.pass(from, Node::Neighbour(id, addr)),
                None => {
                    let pair = if nameless.is_empty() { Pair::FULL } else { Pair::DOUBTFUL };
                    unowned(b, port, from, wire, part, pair);
                    to_nameless(b, from, &nameless, Set::FULL);
                    if wire.next_hops.iter().any(|(a, _)| *a == addr) {
                        b.pass(from, Node::Neighbour(id, addr));
                    }
                }
            }
        }
        Target::Destination => {
            let (mut owned, mut surely_owned) = (Vec::new(), Vec::new());
            for (&addr, found) in &wire.owners {
                let found = others(found);
                if found.is_empty() {
                    continue;
                }
                let set = b.sets.field_ranges(Field::Dst, &[(addr, addr)])?;
                owned.push(set);
                if deliver(b, from, segment, part, &found, set) {
                    surely_owned.push(set);
                }
            }
            for addr in known_on(b, segment) {
                let bits = addr_bits(addr);
                let set = b.sets.field_ranges(Field::Dst, &[(bits, bits)])?;
                b.edge(from, Node::Neighbour(id, addr), vec![Op::Keep(Pair::exact(set))], Vec::new());
                owned.push(set);
                surely_owned.push(set);
            }
            let owned = b.sets.union_all(owned)?;
            let surely_owned = b.sets.union_all(surely_owned)?;
            let mut pair = Pair { may: b.sets.complement(surely_owned)?, sure: b.sets.complement(owned)? };
            if !nameless.is_empty() {
                pair.sure = Set::EMPTY;
            }
            to_nameless(b, from, &nameless, pair.may);
            unowned(b, port, from, wire, part, pair);
        }
    }
    Ok(())
}

/// To any neighbour: everybody on the segment but the sender itself.
fn anyone(b: &mut Builder<'_>, wire: &Wire<'_>, sender: PortRef, from: Node) {
    let &Wire { id, segment, .. } = wire;
    let doubt = Doubt::new(None, Why::NextHop);
    if segment.interfaces.len() > DIRECT {
        return b.maybe(from, Node::Flood(id), doubt);
    }
    let all = || vec![Op::Keep(Pair::DOUBTFUL)];
    let mut doubts = vec![doubt.clone()];
    doubts.extend(join_doubts(segment));
    for &(port, _) in segment.interfaces.iter().filter(|(p, _)| *p != sender) {
        b.edge(from, Node::Arrive(port), all(), doubts.clone());
    }
    let doubts = vec![doubt, Doubt::new(None, Why::Anybody)];
    for &part in &wire.parts {
        b.edge(from, Node::Handed(part), all(), doubts.clone());
    }
    let family = b.family;
    for &(addr, _) in wire.next_hops.iter().filter(|(a, _)| Family::of(*a) == family) {
        b.edge(from, Node::Neighbour(id, addr), all(), doubts.clone());
    }
}

/// Interfaces on a segment whose address is not known: they may own any.
fn nameless(b: &Builder<'_>, segment: &Segment) -> Vec<(PortRef, Doubt)> {
    let mut out = Vec::new();
    for &(port, _) in &segment.interfaces {
        let interface = b.input.devices.get(port.device).and_then(|d| d.interface(port.interface));
        let l3 = interface.and_then(|i| i.l3.as_ref());
        let unknown = match b.family {
            Family::V4 => l3.and_then(|l3| l3.unknown_v4),
            Family::V6 => l3.and_then(|l3| l3.unknown_v6),
        };
        out.extend(unknown.map(|span| (port, Doubt::new(span, Why::Address))));
    }
    out
}

/// Interfaces that may have made themselves a link-local address which no config states.
fn unstated(b: &Builder<'_>, wire: &Wire<'_>, sender: PortRef, addr: IpAddr) -> Vec<(PortRef, Doubt)> {
    if !matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local()) {
        return Vec::new();
    }
    let interfaces = wire.segment.interfaces.iter().map(|(port, _)| *port).filter(|p| *p != sender);
    interfaces
        .filter_map(|port| {
            let interface = b.input.devices.get(port.device)?.interface(port.interface)?;
            let why = Why::LinkLocal { interface: interface.name.clone(), address: addr };
            interface.accepts(b.family).possible().then(|| (port, Doubt::new(interface.span, why)))
        })
        .collect()
}

fn to_nameless(b: &mut Builder<'_>, from: Node, nameless: &[(PortRef, Doubt)], set: Set) {
    for (port, doubt) in nameless {
        b.edge(from, Node::Arrive(*port), vec![Op::Keep(Pair::at_most(set))], vec![doubt.clone()]);
    }
}

/// Addresses of the family that the policy gives to neighbours on this segment.
fn known_on(b: &Builder<'_>, segment: &Segment) -> BTreeSet<IpAddr> {
    let prefixes = segment.prefixes(b.input.devices).into_iter().filter(|p| p.family() == b.family);
    let inside = |p: Prefix| bits_addr(b.family, p.first())..=bits_addr(b.family, p.last());
    prefixes.flat_map(|p| b.input.domains.known.range(inside(p)).copied()).collect()
}

/// To the owners of an address. Returns whether somebody surely gets it.
fn deliver(
    b: &mut Builder<'_>,
    from: Node,
    segment: &Segment,
    part: PartId,
    owners: &[(PortRef, PartId, AddressRole)],
    set: Set,
) -> bool {
    let near = owners.iter().filter(|(_, p, _)| *p == part).count();
    let shared = || owners.iter().all(|(_, _, r)| *r == AddressRole::Shared);
    let alone = owners.len() == near && (near == 1 || shared() || are_members(b, owners));
    let mut doubts = if alone { Vec::new() } else { join_doubts(segment) };
    if near > 1 && !alone {
        doubts.push(Doubt::new(None, Why::SeveralOwners));
    }
    for &(port, _, _) in owners {
        let pair = if alone { Pair::exact(set) } else { Pair::at_most(set) };
        let doubts = doubts.clone();
        b.edge(from, Node::Arrive(port), vec![Op::Keep(pair)], doubts);
    }
    alone
}

/// Whether the owners of an address are members of one cluster: one of them answers.
fn are_members(b: &Builder<'_>, owners: &[(PortRef, PartId, AddressRole)]) -> bool {
    let mut clusters = owners.iter().map(|(port, _, _)| {
        let device = b.input.devices.get(port.device)?;
        device.cluster.as_ref().map(|c| c.name.as_str())
    });
    let first = clusters.next().flatten();
    first.is_some() && clusters.all(|c| c == first)
}

/// Interfaces on a segment up to which each sender has edges of its own to those that may answer for
/// others; beyond, all senders share one node, which also leads back to the sender.
const DIRECT: usize = 32;

/// To whoever answers for an address that nobody surely owns.
fn unowned(b: &mut Builder<'_>, sender: PortRef, from: Node, wire: &Wire<'_>, part: PartId, pair: Pair) {
    let &Wire { id, segment, .. } = wire;
    let op = vec![Op::Keep(Pair::at_most(pair.may))];
    if segment.interfaces.len() > DIRECT {
        b.edge(from, Node::Proxy(id), op.clone(), Vec::new());
    } else {
        for &(port, _) in segment.interfaces.iter().filter(|(p, _)| *p != sender) {
            if let Some(doubt) = proxy_doubt(b, port) {
                b.edge(from, Node::Arrive(port), op.clone(), vec![doubt]);
            }
        }
    }
    b.edge(from, Node::Handed(part), vec![Op::Keep(pair)], Vec::new());
    for &other in wire.parts.iter().filter(|p| **p != part) {
        b.edge(from, Node::Handed(other), op.clone(), Vec::new());
    }
}

/// Why an interface may get packets for addresses that are not its own; `None` when it certainly does not.
fn proxy_doubt(b: &Builder<'_>, port: PortRef) -> Option<Doubt> {
    let interface = b.input.devices.get(port.device)?.interface(port.interface)?;
    interface.l3.as_ref().filter(|l3| l3.proxy_arp.possible())?;
    Some(Doubt::new(interface.span, Why::ProxyArp { interface: interface.name.clone() }))
}

/// From one tunnel end to the tunnels of the device that owns the other end.
fn tunnels(b: &mut Builder<'_>) {
    let devices = b.input.devices;
    let mut owners: BTreeMap<IpAddr, BTreeSet<usize>> = BTreeMap::new();
    let mut up: BTreeSet<IpAddr> = BTreeSet::new();
    for (index, device) in devices.iter().enumerate() {
        for (id, interface) in device.interface_ids() {
            for address in interface.l3.iter().flat_map(|l3| &l3.addresses) {
                owners.entry(address.addr).or_default().insert(index);
                if is_up(device, id) {
                    up.insert(address.addr);
                }
            }
        }
    }
    let nodes: Vec<Node> = b.graph.nodes().filter(|(f, _, _)| *f == b.family).map(|(_, n, _)| n).collect();
    for node in nodes {
        let Node::Sent(port, _) = node else { continue };
        let interface = devices.get(port.device).and_then(|d| d.interface(port.interface));
        let Some(tunnel) = interface.and_then(|i| i.tunnel.as_ref()) else { continue };
        let paired = b.input.topology.paired();
        if let Some(far) = paired.far_ends((port.device, port.interface)) {
            for &(device, interface) in far {
                let to = Node::Arrive(PortRef { device, interface });
                b.maybe(node, to, Doubt::new(tunnel.span, Why::TunnelEnd));
            }
            continue;
        }
        // A tunnel without a stated destination (multipoint) may end at any other device.
        let others = || (0..devices.len()).filter(|d| *d != port.device);
        let mut ends: BTreeSet<usize> =
            tunnel.destination.and_then(|end| owners.get(&end).cloned()).unwrap_or_default();
        match tunnel.destination {
            Some(end) if up.contains(&end) => {}
            // Nobody who is up states the far end: it may be an address that a device learns.
            Some(_) => ends.extend(others().filter(|d| devices.get(*d).is_some_and(learns_addresses))),
            None => ends.extend(others()),
        }
        for other in ends {
            let Some(device) = devices.get(other) else { continue };
            let open = |id| paired.far_ends((other, id)).is_none();
            let ends = device.interface_ids().filter(|(id, i)| i.tunnel.is_some() && i.is_up() && open(*id));
            for (id, _) in ends {
                let to = Node::Arrive(PortRef { device: other, interface: id });
                b.maybe(node, to, Doubt::new(tunnel.span, Why::TunnelEnd));
            }
        }
    }
}

/// Whether an up interface of the device has an address that its config does not state.
fn learns_addresses(device: &Device) -> bool {
    device
        .interface_ids()
        .filter(|(id, _)| is_up(device, *id))
        .any(|(_, i)| i.l3.as_ref().is_some_and(|l3| l3.unknown_v4.is_some() || l3.unknown_v6.is_some()))
}

/// Externals that hand packets from one of their links to another.
fn externals(b: &mut Builder<'_>) {
    let policy = b.input.policy;
    let count = policy.externals.len();
    let mut group: Vec<usize> = (0..count).collect();
    for (index, external) in policy.externals.iter().enumerate() {
        for reference in external.same_network_as.iter().chain(&external.reachable_via) {
            let ZoneRef::External(other) = reference.value else { continue };
            let (Some(&a), Some(&c)) = (group.get(index), group.get(other)) else { continue };
            for slot in group.iter_mut().filter(|s| **s == c) {
                *slot = a;
            }
        }
    }
    let mut links: BTreeMap<usize, Vec<(Place, Option<IpAddr>, usize)>> = BTreeMap::new();
    for domain in &b.input.domains.list {
        let DomainKind::External(index) = domain.kind else { continue };
        let Some(&group) = group.get(index) else { continue };
        for location in &domain.locations {
            links.entry(group).or_default().push((location.place, location.next_hop, index));
        }
    }
    for links in links.into_values() {
        for &(place, next_hop, index) in &links {
            let Some(external) = policy.externals.get(index) else { continue };
            if external.transit == Transit::Excluded {
                continue;
            }
            let from = match next_hop {
                Some(addr) => Node::Neighbour(place.segment, addr),
                None => Node::Wire(place.segment),
            };
            let why = Why::ExternalForwards { external: external.id.value.clone() };
            let doubt = Doubt::new(external.span, why);
            let others: BTreeSet<PartId> =
                links.iter().filter(|(p, _, _)| p.segment != place.segment).map(|(p, _, _)| p.part).collect();
            for part in others {
                b.havoc(from, Node::Inject(part), &doubt);
            }
        }
    }
}

/// Declared neighbours that do forward: what is surely handed to one of their addresses, for a host of the
/// subnet of another, arrives there.
fn forwarders(b: &mut Builder<'_>) -> Result<(), SetError> {
    let policy = b.input.policy;
    for host in policy.hosts.iter().filter(|h| h.forwards == Declared::Yes) {
        let addresses: Vec<IpAddr> =
            host.addresses.iter().map(|a| a.value).filter(|a| Family::of(*a) == b.family).collect();
        for &leg in &addresses {
            for (there, part, set) in beside(b, leg)? {
                for &other in addresses.iter().filter(|a| **a != leg) {
                    for here in homes(b, other).into_iter().filter(|here| *here != there) {
                        let node = Node::Neighbour(here, other);
                        b.edge(node, Node::Handed(part), vec![Op::Keep(Pair::exact(set))], Vec::new());
                    }
                }
            }
        }
    }
    Ok(())
}

/// Packets to any address in the ranges.
fn destinations(b: &mut Builder<'_>, ranges: Vec<(u128, u128)>) -> Result<Set, SetError> {
    let mut sets = Vec::new();
    for range in ranges {
        sets.push(b.sets.field_ranges(Field::Dst, &[range])?);
    }
    b.sets.union_all(sets)
}

/// Segments with a connected prefix that holds the address.
fn homes(b: &Builder<'_>, addr: IpAddr) -> Vec<SegmentId> {
    let segments = b.input.topology.segments().iter().enumerate();
    let holds = segments.filter(|(_, s)| s.prefixes(b.input.devices).iter().any(|p| p.contains(addr)));
    holds.map(|(n, _)| SegmentId(u32::try_from(n).unwrap_or(u32::MAX))).collect()
}

/// Segments without doubtful joins where the address is, and the destinations that are hosts beside it:
/// those of its subnet that no modelled interface and no other declared neighbour owns.
fn beside(b: &mut Builder<'_>, addr: IpAddr) -> Result<Vec<(SegmentId, PartId, Set)>, SetError> {
    let topology = b.input.topology;
    let mut out = Vec::new();
    for id in homes(b, addr) {
        let Some(segment) = topology.segment(id) else { continue };
        let parts: Vec<PartId> = all_parts(segment).into_iter().collect();
        let &[part] = parts.as_slice() else { continue };
        let part = b.graph.classes.part(part);
        let prefixes = segment.prefixes(b.input.devices);
        let own = prefixes.iter().filter(|p| p.contains(addr)).map(|p| (p.first(), p.last())).collect();
        let known = known_on(b, segment).into_iter().map(addr_bits);
        let taken = segment.addresses(b.input.devices, b.family).into_keys().chain(known);
        let taken = taken.map(|a| (a, a)).collect();
        let (own, taken) = (destinations(b, own)?, destinations(b, taken)?);
        out.push((id, part, b.sets.diff(own, taken)?));
    }
    Ok(out)
}

/// Declared neighbours that may forward: from every segment where they are to every other.
fn grey(b: &mut Builder<'_>) {
    let policy = b.input.policy;
    for (index, host) in policy.hosts.iter().enumerate().filter(|(_, h)| h.forwards != Declared::No) {
        let me = Node::Grey(index);
        let doubt = Doubt::new(host.span, Why::HostForwards { host: host.id.value.clone() });
        for (n, segment) in b.input.topology.segments().iter().enumerate() {
            let id = SegmentId(u32::try_from(n).unwrap_or(u32::MAX));
            let prefixes = segment.prefixes(b.input.devices);
            if !host.addresses.iter().any(|a| prefixes.iter().any(|p| p.contains(a.value))) {
                continue;
            }
            b.maybe(Node::Wire(id), me, doubt.clone());
            b.maybe(me, Node::Flood(id), doubt.clone());
            for hop in b.input.topology.double_tags().iter().filter(|h| h.from == id) {
                b.maybe(me, Node::Flood(hop.to), doubt.clone());
            }
        }
    }
}
