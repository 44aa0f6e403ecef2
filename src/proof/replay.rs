//! Replaying a packet by the reference semantics, and naming the lines that let it through.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::Action;
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, addr_bits};
use sekisho_reference::format::Port;
use sekisho_reference::{Branch, Disposition, Options, Reference, Start};

use super::Question;
use super::evidence::{Evidence, Note};
use super::isolation::Path;
use super::verdict::{Witness, WitnessHop, WitnessStep, evidence};
use crate::graph::Node;
use crate::graph::location::{Domain, DomainId, Location};
use crate::search::TraceStep;
use crate::topology::PortRef;

/// A witness and the lines responsible, most telling first.
pub(super) struct Replayed {
    pub(super) witness: Witness,
    pub(super) locations: Vec<Evidence>,
}

/// Walks the packet of a path from where it enters, and compares the end.
pub(super) fn replay(
    question: &Question<'_>,
    reference: Option<&Reference<'_>>,
    (from, to): (DomainId, DomainId),
    path: &Path,
) -> Replayed {
    let sent = path.steps.first().map_or(path.packet, |s| s.packet);
    let mut witness = Witness {
        sent,
        arrived: path.packet,
        enters: None,
        hops: Vec::new(),
        ranges: path.ranges.clone(),
        replayed: false,
    };
    let (Some(source), Some(target), Some(reference)) =
        (question.domains.get(from), question.domains.get(to), reference)
    else {
        return Replayed { witness, locations: Vec::new() };
    };
    let Some((port, packet)) = entry(path) else {
        witness.replayed = shares_segment(question, reference, source, target);
        return Replayed { witness, locations: segment_lines(question, path) };
    };
    witness.enters = Some(port_name(question, port));
    let walk = |sure_only| {
        let options = Options { sure_only, ..Options::default() };
        reference.walk(Start::Ingress(to_port(port)), to_plain(&packet), options)
    };
    let sure = walk(true);
    let confirming = sure.branches.iter().find(|b| b.sure && reaches(question, b, target));
    witness.replayed = confirming.is_some();
    let any;
    let branch = match confirming {
        Some(branch) => Some(branch),
        None => {
            any = walk(false);
            any.main()
        }
    };
    let Some(branch) = branch else { return Replayed { witness, locations: Vec::new() } };
    witness.hops = hops(question, branch);
    let locations = branch_lines(question, branch);
    Replayed { witness, locations }
}

/// The interface by which the packet of a path enters the first device, and its header there.
pub(super) fn entry(path: &Path) -> Option<(PortRef, Packet)> {
    entry_of(&path.steps)
}

/// The same of the steps of a path.
pub(super) fn entry_of(steps: &[TraceStep]) -> Option<(PortRef, Packet)> {
    steps.iter().find_map(|s| match s.node {
        Node::Arrive(port) => Some((port, s.packet)),
        _ => None,
    })
}

/// Whether a walk ended at a location of the domain.
pub(super) fn reaches(question: &Question<'_>, branch: &Branch, target: &Domain) -> bool {
    if !matches!(branch.disposition, Disposition::DeliveredToSubnet | Disposition::ExitsNetwork) {
        return false;
    }
    let (Some(device), Some(interface)) = (branch.end.device, branch.end.out_interface) else { return false };
    // A neighbour that forwards has put it on another wire than the last device did.
    let by_neighbour = branch.wires.last().filter(|w| w.sure.is_some()).map(|w| w.port);
    let Port { device, interface } = by_neighbour.unwrap_or(Port { device, interface });
    let Ok(interface) = u32::try_from(interface) else { return false };
    let port = PortRef { device, interface: sekisho_model::InterfaceId(interface) };
    let Some(place) = question.topology.of_interface(port) else { return false };
    target
        .locations
        .iter()
        .any(|l| l.place == place && l.next_hop.is_none_or(|addr| branch.end.target == Some(addr)))
}

/// Whether some location of each surely lie on one wire, by the reference semantics.
fn shares_segment(
    question: &Question<'_>,
    reference: &Reference<'_>,
    source: &Domain,
    target: &Domain,
) -> bool {
    let ends = |domain: &Domain| -> Vec<(Location, Port)> {
        let locations = domain.locations.iter();
        locations.filter_map(|l| Some((l.clone(), to_port(any_port(question, l)?)))).collect()
    };
    let targets = ends(target);
    let meet = |a: Port, b: Port| {
        let there = reference.segments.sure(b);
        reference.segments.sure(a).iter().any(|s| there.contains(s))
    };
    ends(source).iter().any(|(l, a)| {
        targets.iter().filter(|(other, _)| other.place == l.place).any(|(_, b)| a == b || meet(*a, *b))
    })
}

/// The interface of a location, or any port on its part of the segment.
fn any_port(question: &Question<'_>, location: &Location) -> Option<PortRef> {
    location.port.or_else(|| {
        let segment = question.topology.segment(location.place.segment)?;
        let layer3 = segment.interfaces.iter().map(|(p, part)| (*p, *part));
        let wires = segment.wires.iter().map(|(p, _, part)| (*p, *part));
        layer3.chain(wires).find(|(_, part)| *part == location.place.part).map(|(p, _)| p)
    })
}

pub(super) fn to_port(port: PortRef) -> Port {
    Port { device: port.device, interface: port.interface.0 as usize }
}

/// The header in the types of the reference semantics.
#[must_use]
pub fn to_plain(packet: &Packet) -> sekisho_reference::Packet {
    let byte = |f: Field| u8::try_from(packet.get(f)).unwrap_or(0);
    let port = |f: Field| u16::try_from(packet.get(f)).unwrap_or(0);
    let src0 = (packet.get(Field::Translated) == 1)
        .then(|| sekisho_net::bits_addr(packet.family, packet.get(Field::Src0)));
    sekisho_reference::Packet {
        src: packet.src(),
        dst: packet.dst(),
        proto: byte(Field::Proto),
        sport: port(Field::Sport),
        dport: port(Field::Dport),
        flags: byte(Field::Flags),
        icmp_type: byte(Field::IcmpType),
        icmp_code: byte(Field::IcmpCode),
        later_fragment: packet.is_later_fragment(),
        src0,
        mark: 0,
    }
}

/// The header in our own types.
#[must_use]
pub fn from_plain(packet: &sekisho_reference::Packet) -> Packet {
    let family = Family::of(packet.dst);
    let number = |a: IpAddr| addr_bits(a);
    Packet::zero(family)
        .with(Field::Src, number(packet.src))
        .with(Field::Dst, number(packet.dst))
        .with(Field::Proto, u128::from(packet.proto))
        .with(Field::Sport, u128::from(packet.sport))
        .with(Field::Dport, u128::from(packet.dport))
        .with(Field::Flags, u128::from(packet.flags))
        .with(Field::IcmpType, u128::from(packet.icmp_type))
        .with(Field::IcmpCode, u128::from(packet.icmp_code))
        .with(Field::Fragment, u128::from(packet.later_fragment))
        .with(Field::Translated, u128::from(packet.src0.is_some()))
        .with(Field::Src0, packet.src0.map_or(0, number))
}

/// `device:interface` of a port.
fn port_name(question: &Question<'_>, port: PortRef) -> String {
    let device = question.devices.get(port.device);
    let interface = device.and_then(|d| d.interface(port.interface));
    format!("{}:{}", device.map_or("?", |d| d.name.as_str()), interface.map_or("?", |i| i.name.as_str()))
}

fn hops(question: &Question<'_>, branch: &Branch) -> Vec<WitnessHop> {
    let name = |device: usize, interface: Option<usize>| {
        let device = question.devices.get(device)?;
        Some(device.interfaces.get(interface?)?.name.clone())
    };
    branch
        .hops
        .iter()
        .map(|hop| WitnessHop {
            device: question.devices.get(hop.device).map_or(String::new(), |d| d.name.clone()),
            in_interface: name(hop.device, hop.in_interface).unwrap_or_default(),
            out_interface: name(hop.device, hop.out_interface),
            arrives: from_plain(&hop.packet_in),
            leaves: from_plain(&hop.packet_out),
            steps: hop
                .steps
                .iter()
                .map(|s| WitnessStep {
                    stage: s.stage.clone(),
                    decision: s.decision.clone(),
                    why: s.why.clone(),
                    place: s.place.as_deref().and_then(|p| place(p, Note::None)),
                })
                .collect(),
        })
        .collect()
}

/// `FILE:LINE` as evidence.
pub(super) fn place(text: &str, note: Note) -> Option<Evidence> {
    let (file, line) = text.rsplit_once(':')?;
    Some(Evidence { file: file.to_owned(), line: line.parse().ok()?, note })
}

/// The lines behind a walk: decisions first, then the interfaces that it passed.
pub(super) fn branch_lines(question: &Question<'_>, branch: &Branch) -> Vec<Evidence> {
    let mut out: Vec<Evidence> = Vec::new();
    let mut add = |e: Evidence| {
        if !out.iter().any(|o| o.file == e.file && o.line == e.line) {
            out.push(e);
        }
    };
    // What lets the packet through comes first: filters, then translations and policy routes, then routes.
    // A list that denies nothing (a check of the source) lets nothing through that would not pass anyway.
    let mut decided: Vec<_> = branch.hops.iter().flat_map(|h| h.steps.iter().map(move |s| (h, s))).collect();
    decided.sort_by_key(|(hop, step)| match step.stage.as_str() {
        "filter" if denies_nothing(question, hop.device, step.place.as_deref()) => 3,
        "filter" => 0,
        "nat" | "policy-route" => 1,
        _ => 2,
    });
    for (hop, step) in decided {
        let note = Note::Step { stage: step.stage.clone(), decision: step.decision.clone() };
        let Some(found) = step.place.as_deref().and_then(|p| place(p, note)) else { continue };
        origins(question, hop, &found).into_iter().for_each(&mut add);
        let objects = objects(question, hop, &found);
        add(found);
        objects.into_iter().for_each(&mut add);
    }
    for hop in &branch.hops {
        let Some(device) = question.devices.get(hop.device) else { continue };
        for (index, note) in [(hop.in_interface, Note::Enters), (hop.out_interface, Note::Leaves)] {
            let Some(interface) = index.and_then(|i| device.interfaces.get(i)) else { continue };
            add(evidence(question, interface.span, note));
            if let Some(span) = interface.l3.as_ref().and_then(|l3| l3.vrf_span) {
                add(evidence(question, span, Note::Vrf));
            }
        }
    }
    out
}

/// Whether the line belongs to a list that has no deny, at its end neither.
fn denies_nothing(question: &Question<'_>, device: usize, line: Option<&str>) -> bool {
    let Some(found) = line.and_then(|p| place(p, Note::None)) else { return false };
    let mut lists = question.devices.get(device).into_iter().flat_map(|d| &d.lists);
    let stands = |line: &sekisho_model::Line| evidence(question, line.span, Note::None) == found;
    lists.find(|list| list.lines.iter().any(stands)).is_some_and(|list| {
        let permits = |line: &sekisho_model::Line| line.action == Action::Permit;
        list.default != Action::Deny && list.lines.iter().all(permits)
    })
}

/// The entries of other lists through which a filter line got its predicate, as far as they match.
fn origins(question: &Question<'_>, hop: &sekisho_reference::Hop, found: &Evidence) -> Vec<Evidence> {
    let Some(device) = question.devices.get(hop.device) else { return Vec::new() };
    let packets = [from_plain(&hop.packet_in), from_plain(&hop.packet_out)];
    let lines = || device.lists.iter().flat_map(|l| l.lines.iter().map(move |line| (l, line)));
    let stands = |span: Span| evidence(question, span, found.note.clone()) == *found;
    let mut out = Vec::new();
    for span in lines().filter(|(_, line)| stands(line.span)).flat_map(|(_, line)| &line.origins) {
        for (list, line) in lines().filter(|(_, line)| line.span == *span) {
            if packets.iter().any(|p| p.family == list.family && line.matches.may_match(p)) {
                out.push(evidence(question, line.span, Note::List { name: list.name.clone() }));
            }
        }
    }
    out
}

/// The named objects through which a filter line got its predicate, as far as they match.
fn objects(question: &Question<'_>, hop: &sekisho_reference::Hop, found: &Evidence) -> Vec<Evidence> {
    let Some(device) = question.devices.get(hop.device) else { return Vec::new() };
    let packets = [from_plain(&hop.packet_in), from_plain(&hop.packet_out)];
    let lines = device.lists.iter().flat_map(|l| &l.lines);
    let line = lines.into_iter().find(|l| evidence(question, l.span, found.note.clone()) == *found);
    let mut out = Vec::new();
    for span in line.iter().flat_map(|l| &l.origins) {
        let sets = device.sets.iter().filter(|s| s.span == *span);
        let matching = |s: &&sekisho_model::NamedSet| {
            packets.iter().any(|p| p.family == s.family && s.matches.may_match(p))
        };
        out.extend(
            sets.filter(matching).map(|s| evidence(question, s.span, Note::Object { name: s.name.clone() })),
        );
    }
    out
}

/// The lines that put two domains on one wire.
fn segment_lines(question: &Question<'_>, path: &Path) -> Vec<Evidence> {
    let Node::Shared(part) = path.at else { return config_lines(question, path) };
    let Some(segment) = question.topology.segment_of(part).and_then(|s| question.topology.segment(s)) else {
        return Vec::new();
    };
    let mut out: Vec<Evidence> = Vec::new();
    let mut add = |span: Option<Span>, note: Note| {
        let Some(span) = span else { return };
        let e = evidence(question, span, note);
        if !out.iter().any(|o| o.file == e.file && o.line == e.line) {
            out.push(e);
        }
    };
    let mut trunks = Vec::new();
    for (port, tag, _) in segment.wires.iter().filter(|(_, _, p)| *p == part) {
        let interface = question.devices.get(port.device).and_then(|d| d.interface(port.interface));
        let Some((interface, l2)) = interface.and_then(|i| Some((i, i.l2.as_ref()?))) else { continue };
        if l2.mode == sekisho_model::L2Mode::Access {
            let note = Note::Access { interface: interface.name.clone() };
            trunks.push((l2.access_span.or(Some(interface.span)), note));
        } else {
            let vlan = if *tag == 0 { l2.native_vlan } else { *tag };
            let note = |all| Note::Carries { interface: interface.name.clone(), vlan, all };
            trunks.insert(0, (l2.allowed_span.or(l2.mode_span).or(Some(interface.span)), note(false)));
            if l2.allowed_span.is_none() {
                trunks.insert(0, (Some(interface.span), note(true)));
            }
        }
    }
    for (span, note) in trunks {
        add(span, note);
    }
    for (port, _) in &segment.interfaces {
        let interface = question.devices.get(port.device).and_then(|d| d.interface(port.interface));
        add(interface.map(|i| i.span), Note::OnSegment);
    }
    out
}

/// The interfaces on the way of a path that was not walked.
pub(super) fn config_lines(question: &Question<'_>, path: &Path) -> Vec<Evidence> {
    lines_on_the_way(question, &path.steps)
}

/// The interfaces by which a packet enters and leaves devices.
pub(super) fn lines_on_the_way(question: &Question<'_>, steps: &[TraceStep]) -> Vec<Evidence> {
    let mut out: Vec<Evidence> = Vec::new();
    for step in steps {
        let (port, note) = match step.node {
            Node::Arrive(port) => (port, Note::Enters),
            Node::Sent(port, _) => (port, Note::Leaves),
            _ => continue,
        };
        let interface = question.devices.get(port.device).and_then(|d| d.interface(port.interface));
        if let Some(interface) = interface {
            out.push(evidence(question, interface.span, note));
        }
    }
    out.dedup();
    out
}

/// Lines that let packets pass because they look like replies.
pub(super) fn reply_lines(question: &Question<'_>, replies: &[(Family, Vec<Cube>)]) -> Vec<Evidence> {
    let samples: Vec<Packet> =
        replies.iter().flat_map(|(family, cubes)| cubes.iter().map(|c| sample(*family, c))).collect();
    let mut out = Vec::new();
    for list in question.devices.iter().flat_map(|d| &d.lists) {
        for line in list.lines.iter().filter(|l| l.stateless_reply) {
            if samples.iter().any(|p| p.family == list.family && line.matches.may_match(p)) {
                out.push(evidence(question, line.span, Note::List { name: list.name.clone() }));
            }
        }
    }
    out
}

/// One packet of a cube.
fn sample(family: Family, cube: &Cube) -> Packet {
    let mut packet = Packet::zero(family);
    for field in Field::ALL {
        let value = match cube.get(field) {
            FieldSet::Any => 0,
            FieldSet::Ranges(ranges) => ranges.first().map_or(0, |r| r.0),
            FieldSet::Mask { value, .. } => *value,
        };
        packet.set(field, value);
    }
    packet
}
