//! Flows that must work: walked by the reference semantics in both directions, in every world and by every
//! choice of the devices.
//!
//! The boxes of a flow are cut wherever any list, translation or route makes a difference, and one packet of
//! each part is walked. A part works if every way of its packet leads to the target, and every way of the
//! answer back; it is broken if no way does in any world. The sender may choose its gateway.

use std::collections::BTreeSet;

use sekisho_model::{AddressRole, Device, Predicate};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, Protocol, addr_bits, flags};
use sekisho_reference::{Branch, Disposition, Options, Reference, Session, Start, Walk};

use super::evidence::{Because, Evidence, Note, Reason};
use super::replay::{branch_lines, reaches, to_plain, to_port};
use super::verdict::{FindingKind, Report, Verdict, evidence, plain};
use super::whitelist::{is_internet, joins};
use super::{ProofError, Question};
use crate::graph::Sets;
use crate::graph::location::{Domain, DomainId, Location};
use crate::policy::{Flow, ZoneRef};
use crate::topology::PortRef;

/// Packets that are walked for one flow.
const PACKETS: usize = 512;

/// Whether a required flow works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Requirement {
    /// In every world, by every choice.
    Met,
    /// Not known.
    Undecided,
    /// In no world.
    Broken,
}

impl Requirement {
    /// `met`, `undecided` or `broken`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Undecided => "undecided",
            Self::Broken => "broken",
        }
    }
}

/// What was found about one part.
struct Part {
    state: Requirement,
    /// Whether it is about the answer.
    back: bool,
    packet: Packet,
    lines: Vec<Evidence>,
    reasons: Vec<Reason>,
}

/// Judges all required flows.
pub(super) fn judge(question: &Question<'_>, sets: &mut Sets, report: &mut Report) -> Result<(), ProofError> {
    if question.policy.required.is_empty() {
        return Ok(());
    }
    let reference = Reference::new(question.network.get()).ok();
    for flow in &question.policy.required {
        let id = flow.id.value.clone();
        if !permitted(question, sets, flow)? {
            let kind = FindingKind::RequiredNotPermitted { required: id.clone() };
            let mut finding = plain(kind, Verdict::Proven, &id);
            finding.severity = sekisho_diag::Severity::Warning;
            finding.locations.push(evidence(question, flow.span, Note::Required));
            report.findings.push(finding);
        }
        let part = reference.as_ref().map_or_else(nothing_known, |r| worst(question, r, flow));
        report.required.push((id.clone(), part.state));
        if part.state == Requirement::Met {
            continue;
        }
        let sure = part.state == Requirement::Broken;
        let kind =
            FindingKind::RequiredBroken { required: id.clone(), back: part.back, example: part.packet, sure };
        let verdict = if sure { Verdict::Violated } else { Verdict::Undecided };
        let mut finding = plain(kind, verdict, &id);
        finding.locations.push(evidence(question, flow.span, Note::Required));
        finding.locations.extend(part.lines);
        if !sure {
            finding.reasons = part.reasons;
            if finding.reasons.is_empty() {
                finding.reasons.push(Reason::new(finding.locations.first().cloned(), Because::NotAlways));
            }
        }
        report.findings.push(finding);
    }
    Ok(())
}

fn nothing_known() -> Part {
    part(Requirement::Undecided, Packet::zero(Family::V4), Because::NotAlways)
}

fn part(state: Requirement, packet: Packet, why: Because) -> Part {
    Part { state, back: false, packet, lines: Vec::new(), reasons: vec![Reason::new(None, why)] }
}

/// Whether the whitelist has every packet of the flow.
fn permitted(question: &Question<'_>, sets: &mut Sets, flow: &Flow) -> Result<bool, ProofError> {
    if flow.from.value == flow.to.value {
        return Ok(true);
    }
    for family in Family::ALL {
        let manager = sets.of(family);
        let wanted = manager.cubes(&flow.cubes(family))?;
        for from in ends(question, flow.from.value) {
            for to in ends(question, flow.to.value) {
                let granted =
                    question.policy.granted(question.as_of).filter(|f| joins(question, f, from, to));
                let cubes: Vec<Cube> = granted.flat_map(|f| f.cubes(family)).collect();
                let granted = manager.cubes(&cubes)?;
                if !manager.subset(wanted, granted) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// The domains that a reference stands for.
fn ends(question: &Question<'_>, reference: ZoneRef) -> Vec<DomainId> {
    match reference {
        ZoneRef::Internet => question.domains.ids().filter(|id| is_internet(question, *id)).collect(),
        _ => question.domains.of_reference(reference).into_iter().collect(),
    }
}

/// The worst part of a flow.
fn worst(question: &Question<'_>, reference: &Reference<'_>, flow: &Flow) -> Part {
    let mut out: Option<Part> = None;
    let (from, to) = (ends(question, flow.from.value), ends(question, flow.to.value));
    for family in Family::ALL {
        for source in from.iter().filter_map(|id| question.domains.get(*id)) {
            for target in to.iter().filter_map(|id| question.domains.get(*id)) {
                let Some(packets) = packets(question, flow, family, source, target) else {
                    return part(Requirement::Undecided, Packet::zero(family), Because::TooManyParts);
                };
                for packet in packets {
                    let found = walk_both(question, reference, (source, target), packet);
                    if out.as_ref().is_none_or(|o| found.state > o.state) {
                        out = Some(found);
                    }
                }
            }
        }
    }
    out.unwrap_or_else(|| part(Requirement::Undecided, Packet::zero(Family::V4), Because::NoLocation))
}

/// One packet there, and its answer back.
fn walk_both(
    question: &Question<'_>,
    reference: &Reference<'_>,
    (source, target): (&Domain, &Domain),
    packet: Packet,
) -> Part {
    let there = best(question, reference, (source, target), &packet, &[]);
    if there.state != Requirement::Met {
        return there.part(packet, false);
    }
    let mut worst: Option<Part> = None;
    for way in &there.ways {
        let answer = answer(&super::from_plain(&way.end.packet));
        let back = best(question, reference, (target, source), &answer, &reference.opened(way));
        if worst.as_ref().is_none_or(|w| back.state > w.state) {
            worst = Some(back.part(answer, true));
        }
    }
    worst.unwrap_or_else(|| part(Requirement::Undecided, packet, Because::NotAlways))
}

fn exchanged(packet: &sekisho_reference::Packet) -> sekisho_reference::Packet {
    sekisho_reference::Packet {
        src: packet.dst,
        dst: packet.src,
        sport: packet.dport,
        dport: packet.sport,
        src0: None,
        ..*packet
    }
}

/// The answer to a packet that arrived.
fn answer(packet: &Packet) -> Packet {
    let mut out = super::from_plain(&exchanged(&to_plain(packet)));
    match (out.proto(), out.family) {
        (Protocol::TCP, _) => out.set(Field::Flags, u128::from(flags::SYN | flags::ACK)),
        (Protocol::ICMP, _) => out.set(Field::IcmpType, 0),
        (Protocol::ICMPV6, _) => out.set(Field::IcmpType, 129),
        _ => {}
    }
    out
}

/// What becomes of a packet from the best gateway of its sender.
struct Best {
    state: Requirement,
    /// Ways to the target.
    ways: Vec<Branch>,
    lines: Vec<Evidence>,
    reasons: Vec<Reason>,
}

impl Best {
    fn part(self, packet: Packet, back: bool) -> Part {
        Part { state: self.state, back, packet, lines: self.lines, reasons: self.reasons }
    }
}

fn best(
    question: &Question<'_>,
    reference: &Reference<'_>,
    (source, target): (&Domain, &Domain),
    packet: &Packet,
    sessions: &[Session],
) -> Best {
    let nowhere = Reason::new(None, Because::NoLocation);
    let mut out =
        Best { state: Requirement::Broken, ways: Vec::new(), lines: Vec::new(), reasons: vec![nowhere] };
    let entrances = entrances(question, source, packet);
    if entrances.is_empty() {
        out.state = Requirement::Undecided;
    }
    for (n, choice) in choices(question, entrances).into_iter().enumerate() {
        let found = choice.into_iter().map(|port| {
            let start = Start::Ingress(to_port(port));
            let walk = reference.walk_among(sessions, start, to_plain(packet), Options::default());
            outcome(question, &walk, target)
        });
        // Which member of a cluster gets the packet is nobody's choice.
        let Some(found) = found.reduce(|worst, one| if one.state > worst.state { one } else { worst }) else {
            continue;
        };
        if n == 0 || found.state < out.state {
            out = found;
        }
        if out.state == Requirement::Met {
            break;
        }
    }
    out
}

/// The entrances among which a sender may choose; those of one cluster are one.
fn choices(question: &Question<'_>, entrances: Vec<PortRef>) -> Vec<Vec<PortRef>> {
    let cluster = |p: &PortRef| {
        let device = question.devices.get(p.device)?;
        let interface = device.interface(p.interface)?;
        Some((device.cluster.as_ref()?.name.as_str(), interface.name.as_str()))
    };
    let mut out: Vec<Vec<PortRef>> = Vec::new();
    for port in entrances {
        let mine = cluster(&port);
        let same = |c: &&mut Vec<PortRef>| mine.is_some() && c.first().is_some_and(|p| cluster(p) == mine);
        match out.iter_mut().find(same) {
            Some(choice) => choice.push(port),
            None => out.push(vec![port]),
        }
    }
    out
}

/// Whether all ways of a walk lead to the target.
fn outcome(question: &Question<'_>, walk: &Walk, target: &Domain) -> Best {
    let there: Vec<&Branch> = walk.branches.iter().filter(|b| reaches(question, b, target)).collect();
    // A way that is only possible and was on the wire of the target did arrive.
    let passed = |b: &&Branch| !b.sure && b.wires.iter().any(|w| on_wire(question, target, w.port));
    let stray: Vec<&Branch> =
        walk.branches.iter().filter(|b| !reaches(question, b, target) && !passed(b)).collect();
    let open = |b: &&&Branch| b.disposition == Disposition::InsufficientInfo || b.anywhere();
    let state = if walk.exhausted || stray.iter().any(|b| open(&b)) {
        Requirement::Undecided
    } else if there.is_empty() && !walk.branches.iter().any(|b| passed(&b)) {
        Requirement::Broken
    } else if stray.is_empty() && there.iter().any(|b| b.sure) {
        Requirement::Met
    } else {
        Requirement::Undecided
    };
    let main = stray.iter().find(|b| b.sure).or(stray.first());
    let lines = main.map_or(Vec::new(), |b| branch_lines(question, b));
    let reasons = main.map_or(Vec::new(), |b| {
        let word = b.disposition.word();
        vec![Reason::new(lines.first().cloned(), Because::Stray { end: word.to_owned() })]
    });
    Best { state, ways: there.into_iter().cloned().collect(), lines, reasons }
}

fn on_wire(question: &Question<'_>, target: &Domain, port: sekisho_reference::format::Port) -> bool {
    let Ok(interface) = u32::try_from(port.interface) else { return false };
    let port = PortRef { device: port.device, interface: sekisho_model::InterfaceId(interface) };
    let place = question.topology.of_interface(port);
    place.is_some_and(|p| target.locations.iter().any(|l| l.place.segment == p.segment))
}

/// Interfaces to which the sender of a packet may hand it.
fn entrances(question: &Question<'_>, source: &Domain, packet: &Packet) -> Vec<PortRef> {
    let src = packet.src();
    let holds = |l: &&Location| {
        let segment = question.topology.segment(l.place.segment);
        segment.is_some_and(|s| s.prefixes(question.devices).iter().any(|p| p.contains(src)))
    };
    let mut homes: Vec<&Location> = source.locations.iter().filter(holds).collect();
    if homes.is_empty() {
        homes = source.locations.iter().filter(|l| l.next_hop.is_some() || l.port.is_some()).collect();
    }
    let mut out = BTreeSet::new();
    for home in homes {
        let Some(segment) = question.topology.segment(home.place.segment) else { continue };
        out.extend(segment.interfaces.iter().filter(|(_, part)| *part == home.place.part).map(|(p, _)| *p));
    }
    out.into_iter().collect()
}

/// One packet of each part of a flow; `None` when there are too many parts.
fn packets(
    question: &Question<'_>,
    flow: &Flow,
    family: Family,
    source: &Domain,
    target: &Domain,
) -> Option<Vec<Packet>> {
    let mut out = Vec::new();
    let fresh = flow
        .cubes(family)
        .into_iter()
        .filter(|c| c.get(Field::Translated).contains(0) && c.get(Field::Fragment).contains(0));
    for cube in fresh {
        let senders = hosts(question, source, family, cube.get(Field::Src));
        let receivers = hosts(question, target, family, cube.get(Field::Dst));
        let ports = |set: &FieldSet, lo: u128| match set {
            FieldSet::Ranges(ranges) => ranges.clone(),
            _ => vec![(lo, 65_535)],
        };
        let proto = match cube.get(Field::Proto) {
            FieldSet::Ranges(ranges) => ranges.first().map_or(6, |r| r.0),
            _ => 6,
        };
        let choose = |field, ranges: &[(u128, u128)]| parts(question, family, field, ranges);
        let src = choose(Field::Src, &senders)?;
        let dst = choose(Field::Dst, &receivers)?;
        let has_ports = Protocol(u8::try_from(proto).unwrap_or(0)).has_ports();
        let dport =
            if has_ports { choose(Field::Dport, &ports(cube.get(Field::Dport), 0))? } else { vec![0] };
        let sport =
            if has_ports { choose(Field::Sport, &ports(cube.get(Field::Sport), 1024))? } else { vec![0] };
        let count = src.len() * dst.len() * dport.len() * sport.len();
        if out.len() + count > PACKETS {
            return None;
        }
        let kind = match cube.get(Field::IcmpType) {
            FieldSet::Ranges(ranges) => ranges.first().map_or(8, |r| r.0),
            _ if family == Family::V6 => 128,
            _ => 8,
        };
        for &s in &src {
            for &d in &dst {
                for &dp in &dport {
                    for &sp in &sport {
                        let mut packet = Packet::zero(family)
                            .with(Field::Src, s)
                            .with(Field::Dst, d)
                            .with(Field::Proto, proto)
                            .with(Field::Dport, dp)
                            .with(Field::Sport, sp);
                        match packet.proto() {
                            Protocol::TCP => packet.set(Field::Flags, u128::from(flags::SYN)),
                            Protocol::ICMP | Protocol::ICMPV6 => packet.set(Field::IcmpType, kind),
                            _ => {}
                        }
                        out.push(packet);
                    }
                }
            }
        }
    }
    Some(out)
}

/// Addresses of hosts of a domain within a set, as ranges: its own, or the set itself if it is behind a neighbour.
fn hosts(question: &Question<'_>, domain: &Domain, family: Family, set: &FieldSet) -> Vec<(u128, u128)> {
    let segments = domain.locations.iter().filter_map(|l| question.topology.segment(l.place.segment));
    let mut own: Vec<(u128, u128)> = Vec::new();
    for prefix in segments.flat_map(|s| s.prefixes(question.devices)).filter(|p| p.family() == family) {
        let edge = u128::from(family == Family::V4 && prefix.len() < 31);
        own.push((prefix.first() + edge, prefix.last() - edge));
    }
    own.sort_unstable();
    own.dedup();
    match set {
        FieldSet::Ranges(ranges) => {
            let mut inside = Vec::new();
            for &(lo, hi) in ranges {
                let met = own.iter().filter(|o| o.0 <= hi && lo <= o.1).map(|o| (o.0.max(lo), o.1.min(hi)));
                let met: Vec<_> = met.collect();
                if met.is_empty() { inside.push((lo, hi)) } else { inside.extend(met) }
            }
            inside
        }
        _ => own,
    }
}

/// One value of each part of some ranges between which no rule of any device tells; `None` when a rule tells
/// values apart that lie side by side in too many places.
fn parts(
    question: &Question<'_>,
    family: Family,
    field: Field,
    ranges: &[(u128, u128)],
) -> Option<Vec<u128>> {
    let mut cuts: BTreeSet<u128> = BTreeSet::new();
    for &(lo, hi) in ranges {
        cuts.insert(lo);
        cuts.insert(hi.saturating_add(1));
    }
    let inside = |v: u128| ranges.iter().any(|&(lo, hi)| lo <= v && v <= hi);
    let mut owned = BTreeSet::new();
    for device in question.devices {
        for cube in tests(device, family) {
            cut(cube.get(field), field, family, &mut cuts, &inside)?;
        }
        if matches!(field, Field::Src | Field::Dst) {
            for prefix in networks(device) {
                if prefix.family() == family {
                    cuts.insert(prefix.first());
                    cuts.insert(prefix.last().saturating_add(1));
                }
            }
            let addresses =
                device.interfaces.iter().filter_map(|i| i.l3.as_ref()).flat_map(|l3| &l3.addresses);
            owned.extend(addresses.filter(|a| a.role == AddressRole::Own).map(|a| addr_bits(a.addr)));
        }
    }
    let mut out = Vec::new();
    let list: Vec<u128> = cuts.into_iter().collect();
    for (n, &lo) in list.iter().enumerate() {
        let end = list.get(n + 1).map_or(u128::MAX, |next| next - 1);
        let free = (lo..=end.min(lo.saturating_add(16))).find(|v| inside(*v) && !owned.contains(v));
        out.extend(free);
    }
    (out.len() <= PACKETS).then_some(out)
}

/// All tests of headers on a device.
fn tests(device: &Device, family: Family) -> Vec<&Cube> {
    let lists = device.lists.iter().filter(|l| l.family == family).flat_map(|l| &l.lines).map(|l| &l.matches);
    let rules = device.nats.iter().flat_map(|n| &n.rules).filter(|r| r.family == family).map(|r| &r.matches);
    let steered = device.policy_routes.iter().flat_map(|p| &p.entries).filter(|e| e.family == family);
    let all: Vec<&Predicate> = lists.chain(rules).chain(steered.map(|e| &e.matches)).collect();
    all.into_iter().flat_map(|p| p.may.iter().chain(p.must())).collect()
}

/// All networks that routes and addresses of a device name.
fn networks(device: &Device) -> Vec<sekisho_net::Prefix> {
    let connected = device.interfaces.iter().filter_map(|i| i.l3.as_ref()).flat_map(|l3| &l3.addresses);
    let mut out: Vec<_> = connected.map(|a| a.prefix).collect();
    for vrf in &device.vrfs {
        out.extend(vrf.routes.iter().map(|r| r.prefix));
        out.extend(vrf.tables.iter().flat_map(|(_, t)| &t.routes).map(|r| r.prefix));
    }
    out
}

/// Adds the values at which a set begins and ends.
fn cut(
    set: &FieldSet,
    field: Field,
    family: Family,
    cuts: &mut BTreeSet<u128>,
    inside: &dyn Fn(u128) -> bool,
) -> Option<()> {
    match set {
        FieldSet::Any => {}
        FieldSet::Ranges(ranges) => {
            for &(lo, hi) in ranges {
                cuts.insert(lo);
                cuts.insert(hi.saturating_add(1));
            }
        }
        FieldSet::Mask { value, care } => {
            let max = field.max(family);
            let free = !care & max;
            // A mask that is no prefix tells neighbours apart; one that no value of the flow meets does not.
            if free & free.wrapping_add(1) != 0 {
                return if inside(*value) { None } else { Some(()) };
            }
            cuts.insert(value & max);
            cuts.insert((value & max | free).saturating_add(1));
        }
    }
    Some(())
}
