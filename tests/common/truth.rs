//! What is truly open between two domains of a network: sampled packets and the reference semantics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use sekisho_model::{Action, Device};
use sekisho_net::{Cube, Family, Field, FieldSet, addr_bits, bits_addr, flags};
use sekisho_reference::format::Port;
use sekisho_reference::{Disposition, Options, Packet, Reference, Start};

use super::sample::Run;
use sekisho::graph::location::{Domain, DomainId};
use sekisho::policy::Flow;
use sekisho::topology::PortRef;

/// A packet that crosses without permission.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The packet as it arrives; `None` when both ends are on one wire.
    pub packet: Option<Packet>,
    /// Whether it arrives in every world.
    pub sure: bool,
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.packet {
            Some(packet) => write!(f, "{packet}"),
            None => f.write_str("one wire"),
        }
    }
}

/// Open pairs by the names of their ends.
#[derive(Debug, Default)]
pub struct Truth {
    /// Pairs that are open, or may be.
    pub open: BTreeMap<(String, String), Opening>,
}

/// A declared domain and where it is, by the reference semantics.
struct Place<'a> {
    id: DomainId,
    domain: &'a Domain,
    /// Ports from whose segments its hosts send.
    starts: Vec<Port>,
    /// Segments under the sure joins, and under all joins.
    sure: BTreeSet<usize>,
    may: BTreeSet<usize>,
    /// Addresses that its hosts may have.
    hosts: Vec<IpAddr>,
}

/// Most packets at the edges of lists and flows that are walked from one domain.
const MOST_RARE: usize = 200;

/// What is open in a network.
pub fn find(run: &Run) -> Truth {
    let network = run.analysis.network(&run.snapshot.devices, &run.policy, &run.snapshot.sources);
    let network = network.get();
    let reference = Reference::new(network).unwrap();
    let places: Vec<Place<'_>> = places(run, &reference);
    let mut truth = Truth::default();
    for a in &places {
        for b in places.iter().filter(|b| b.id != a.id) {
            let (sure, may) = (!a.sure.is_disjoint(&b.sure), !a.may.is_disjoint(&b.may));
            if sure || may {
                note(&mut truth, a, b, Opening { packet: None, sure });
            }
        }
    }
    let extra = nat_targets(&run.snapshot.devices);
    for from in &places {
        let (usual, edges) = samples(run, from, &places, &extra);
        for (n, &start) in from.starts.iter().enumerate() {
            let edges = if n == 0 { edges.as_slice() } else { &[] };
            for packet in usual.iter().chain(edges) {
                let walk = reference.walk(Start::Segment(start), *packet, Options::default());
                for branch in &walk.branches {
                    if !matches!(
                        branch.disposition,
                        Disposition::DeliveredToSubnet
                            | Disposition::ExitsNetwork
                            | Disposition::NeighborUnreachable
                    ) {
                        continue;
                    }
                    let Some(wire) = branch.wires.last().filter(|_| !branch.hops.is_empty()) else {
                        continue;
                    };
                    for to in places.iter().filter(|to| to.id != from.id) {
                        let there = wire.sure.is_some_and(|s| to.sure.contains(&s));
                        let sure =
                            branch.sure && there && branch.disposition != Disposition::NeighborUnreachable;
                        if !sure && !to.may.contains(&wire.may) {
                            continue;
                        }
                        if !permitted(run, from.id, to.id, &branch.end.packet) {
                            note(&mut truth, from, to, Opening { packet: Some(branch.end.packet), sure });
                        }
                    }
                }
            }
        }
    }
    truth
}

fn note(truth: &mut Truth, from: &Place<'_>, to: &Place<'_>, opening: Opening) {
    let pair = (from.domain.id.clone(), to.domain.id.clone());
    let known = truth.open.entry(pair).or_insert_with(|| opening.clone());
    if opening.sure && !known.sure {
        *known = opening;
    }
}

fn places<'a>(run: &'a Run, reference: &Reference<'_>) -> Vec<Place<'a>> {
    let domains = &run.analysis.domains;
    let declared = domains.ids().filter_map(|id| Some((id, domains.get(id).filter(|d| d.is_declared())?)));
    declared
        .map(|(id, domain)| {
            let mut place = Place {
                id,
                domain,
                starts: Vec::new(),
                sure: BTreeSet::new(),
                may: BTreeSet::new(),
                hosts: Vec::new(),
            };
            for location in domain.locations.iter().filter(|l| l.next_hop.is_none()) {
                let segment = run.analysis.topology.segment(location.place.segment).unwrap();
                let layer3 = segment.interfaces.iter().filter(|(_, part)| *part == location.place.part);
                let open = segment
                    .wires
                    .iter()
                    .filter(|(p, _, part)| *part == location.place.part && segment.open_ports.contains(p));
                let port = layer3.map(|(p, _)| *p).next().or_else(|| open.map(|(p, _, _)| *p).next());
                let Some(port) = port.map(plain) else { continue };
                if !place.starts.contains(&port) {
                    place.starts.push(port);
                }
                place.sure.extend(reference.segments.sure(port));
                place.may.extend(reference.segments.may(port));
                for prefix in segment.prefixes(&run.snapshot.devices) {
                    let owned = segment.addresses(&run.snapshot.devices, prefix.family());
                    let free = (prefix.first() + 1..prefix.last()).filter(|a| !owned.contains_key(a));
                    place.hosts.extend(free.take(1).map(|a| bits_addr(prefix.family(), a)));
                }
            }
            for flow in &run.policy.flows {
                let ends = [(flow.from.value, &flow.src), (flow.to.value, &flow.dst)];
                for (end, addresses) in ends {
                    if domains.of_reference(end) == Some(id) {
                        place.hosts.extend(addresses.iter().map(|p| {
                            let edge = u128::from(p.value.len() < p.value.family().bits());
                            bits_addr(p.value.family(), p.value.first() + edge)
                        }));
                    }
                }
            }
            place.hosts.sort();
            place.hosts.dedup();
            place
        })
        .collect()
}

fn plain(port: PortRef) -> Port {
    Port { device: port.device, interface: port.interface.0 as usize }
}

/// Addresses that translations answer for.
fn nat_targets(devices: &[Device]) -> Vec<IpAddr> {
    let mut out = BTreeSet::new();
    for rule in devices.iter().flat_map(|d| &d.nats).flat_map(|n| &n.rules) {
        for cube in &rule.matches.may {
            if let FieldSet::Ranges(ranges) = cube.get(Field::Dst) {
                out.extend(ranges.iter().map(|(lo, _)| bits_addr(rule.family, *lo)));
            }
        }
    }
    out.into_iter().collect()
}

/// Packets that a domain sends, from each of its segments: to every host of the others by the usual
/// protocols; from one of them: the edges of the whitelist and of every line of every list.
fn samples(
    run: &Run,
    from: &Place<'_>,
    places: &[Place<'_>],
    extra: &[IpAddr],
) -> (Vec<Packet>, Vec<Packet>) {
    let (mut common, mut rare) = (BTreeSet::new(), BTreeSet::new());
    let others = || places.iter().filter(|p| p.id != from.id).flat_map(|p| &p.hosts).chain(extra).copied();
    let own = |family: Family| from.hosts.iter().copied().filter(move |a| Family::of(*a) == family);
    for dst in others() {
        let family = Family::of(dst);
        let src = own(family).next().or_else(|| others().find(|a| Family::of(*a) == family));
        common.extend(src.map(|src| usual(src, dst)).into_iter().flatten());
    }
    for flow in run.policy.granted(run.as_of) {
        let mine = run.analysis.domains.of_reference(flow.from.value) == Some(from.id);
        rare.extend(edges(flow).into_iter().take(if mine { usize::MAX } else { 1 }));
    }
    for list in run.snapshot.devices.iter().flat_map(|d| &d.lists) {
        let family = list.family;
        let of_family = |p: &Place<'_>| p.hosts.iter().copied().find(|a| Family::of(*a) == family);
        let targets: Vec<IpAddr> = places.iter().filter(|p| p.id != from.id).filter_map(of_family).collect();
        let src = own(family).next().or_else(|| targets.first().copied());
        for cube in list.lines.iter().filter(|l| l.action != Action::Deny).flat_map(|l| &l.matches.may) {
            for dst in &targets {
                rare.extend(corners(cube, family, src, *dst));
                if !matches!(cube.get(Field::Dst), FieldSet::Any) {
                    break;
                }
            }
        }
    }
    // A firewall with many policies has more corners than there is time to walk: every so many of them.
    let step = rare.len().div_ceil(MOST_RARE).max(1);
    (common.into_iter().collect(), rare.into_iter().step_by(step).collect())
}

fn usual(src: IpAddr, dst: IpAddr) -> Vec<Packet> {
    let (icmp, echo) = if dst.is_ipv4() { (1, 8) } else { (58, 128) };
    let tcp = |port| Packet { flags: flags::SYN, ..Packet::new(src, dst, 6).ports(40_000, port) };
    let mut out: Vec<Packet> = [22, 443, 3389].into_iter().map(tcp).collect();
    out.push(Packet::new(src, dst, 17).ports(40_000, 53));
    out.push(Packet { icmp_type: echo, ..Packet::new(src, dst, icmp) });
    out.push(Packet { later_fragment: true, ..Packet::new(src, dst, 6) });
    out
}

/// Packets at and beside the edges of a whitelist entry.
fn edges(flow: &Flow) -> Vec<Packet> {
    let mut out = Vec::new();
    for family in Family::ALL {
        for cube in flow.cubes(family) {
            let ends = |field| -> Vec<u128> {
                let mut out: Vec<u128> = match cube.get(field) {
                    FieldSet::Ranges(ranges) => ranges
                        .iter()
                        .flat_map(|&(lo, hi)| [lo.saturating_sub(1), lo, hi, hi.saturating_add(1)])
                        .filter(|v| *v <= field.max(family))
                        .collect(),
                    _ => vec![40_000],
                };
                out.dedup();
                out
            };
            let (Some(src), true) =
                (ends(Field::Src).get(1).copied(), *cube.get(Field::Src) != FieldSet::Any)
            else {
                continue;
            };
            let one = |field, other| match cube.get(field) {
                FieldSet::Ranges(ranges) => ranges.first().map_or(other, |r| r.0),
                _ => other,
            };
            let packet = |src, dst, dport| {
                let proto = one(Field::Proto, 6);
                let narrow = |v: u128| u8::try_from(v).unwrap_or(0);
                let packet = Packet {
                    flags: flags::SYN,
                    icmp_type: narrow(one(Field::IcmpType, 0)),
                    ..Packet::new(bits_addr(family, src), bits_addr(family, dst), narrow(proto))
                };
                packet.ports(40_000, u16::try_from(dport).unwrap_or(u16::MAX))
            };
            let first_port = one(Field::Dport, 443);
            let first_dst = one(Field::Dst, 0);
            out.extend(ends(Field::Dst).into_iter().map(|dst| packet(src, dst, first_port)));
            out.extend(ends(Field::Dport).into_iter().map(|port| packet(src, first_dst, port)));
            out.extend(ends(Field::Src).into_iter().map(|src| packet(src, first_dst, first_port)));
        }
    }
    out
}

/// Two corners of a cube, with likely values where it says nothing.
fn corners(cube: &Cube, family: Family, src: Option<IpAddr>, dst: IpAddr) -> Vec<Packet> {
    let corner = |high: bool| {
        let value = |field: Field, other: u128| match cube.get(field) {
            FieldSet::Any => other,
            FieldSet::Ranges(ranges) if high => ranges.last().map_or(other, |r| r.1),
            FieldSet::Ranges(ranges) => ranges.first().map_or(other, |r| r.0),
            FieldSet::Mask { value, care } if high => *value | (!care & field.max(family)),
            FieldSet::Mask { value, .. } => *value,
        };
        let byte = |field, other| u8::try_from(value(field, other)).unwrap_or(u8::MAX);
        let port = |field, other| u16::try_from(value(field, other)).unwrap_or(u16::MAX);
        let src = bits_addr(family, value(Field::Src, src.map_or(0, addr_bits)));
        let dst = bits_addr(family, value(Field::Dst, addr_bits(dst)));
        Packet {
            flags: byte(Field::Flags, u128::from(flags::SYN)),
            icmp_type: byte(Field::IcmpType, 8),
            icmp_code: byte(Field::IcmpCode, 0),
            later_fragment: value(Field::Fragment, 0) == 1,
            ..Packet::new(src, dst, byte(Field::Proto, 6))
                .ports(port(Field::Sport, 40_000), port(Field::Dport, 443))
        }
    };
    vec![corner(false), corner(true)]
}

/// Whether the whitelist permits a packet on arrival, or it looks like a reply to what it permits.
fn permitted(run: &Run, from: DomainId, to: DomainId, packet: &Packet) -> bool {
    permits(run, from, to, &ours(packet))
}

/// The same for a packet of the engine.
pub fn permits(run: &Run, from: DomainId, to: DomainId, packet: &sekisho_net::Packet) -> bool {
    let domains = &run.analysis.domains;
    run.policy.granted(run.as_of).any(|flow| {
        let ends = (domains.of_reference(flow.from.value), domains.of_reference(flow.to.value));
        let inside = |cubes: Vec<Cube>| cubes.iter().any(|c| c.contains(packet));
        (ends == (Some(from), Some(to)) && inside(flow.cubes(packet.family)))
            || (ends == (Some(to), Some(from)) && inside(flow.reply_cubes(packet.family)))
    })
}

fn ours(packet: &Packet) -> sekisho_net::Packet {
    sekisho_net::Packet::zero(Family::of(packet.dst))
        .with(Field::Src, addr_bits(packet.src))
        .with(Field::Dst, addr_bits(packet.dst))
        .with(Field::Proto, u128::from(packet.proto))
        .with(Field::Sport, u128::from(packet.sport))
        .with(Field::Dport, u128::from(packet.dport))
        .with(Field::Flags, u128::from(packet.flags))
        .with(Field::IcmpType, u128::from(packet.icmp_type))
        .with(Field::IcmpCode, u128::from(packet.icmp_code))
        .with(Field::Fragment, u128::from(packet.later_fragment))
        .with(Field::Translated, u128::from(packet.src0.is_some()))
        .with(Field::Src0, packet.src0.map_or(0, addr_bits))
}
