//! Crossings as the reference semantics sees them: the opener's packet is walked first, and the reply while the
//! devices know the sessions that it surely opened.
//!
//! A crossing that is not confirmed is told as possible, never as certain.

use sekisho_net::{Cube, Field, FieldSet, Packet, Protocol};
use sekisho_reference::{Options, Reference, Session, Start};

use super::{Crossing, opening};
use crate::graph::location::DomainId;
use crate::proof::Question;
use crate::proof::replay::{entry_of, from_plain, reaches, to_plain, to_port};
use crate::proof::sessions::Opened;
use crate::topology::PortRef;

/// Openers that are walked for one crossing, and interfaces to which each is handed.
const OPENERS: usize = 16;
const ENTRANCES: usize = 64;

/// Whether the reference semantics lets the reply of a crossing through, after its session was opened. The packet of
/// the crossing is then one that was walked: the ports that a translation chose are those of its session.
pub(in crate::proof) fn confirm(
    question: &Question<'_>,
    reference: &Reference<'_>,
    opened: &[Opened],
    crossing: &mut Crossing,
) -> bool {
    let (Some((n, _)), Some((told, arrived, goes_on)), Some((enters, sent))) =
        (crossing.session, crossing.told, entry_of(&crossing.steps))
    else {
        return false;
    };
    let (Some(session), Some(target)) = (opened.get(n), question.domains.get(crossing.to)) else {
        return false;
    };
    let options = Options { sure_only: true, ..Options::default() };
    for opener in openers(session, &arrived, &goes_on) {
        for port in entrances(question, session.by) {
            let walk = reference.walk(Start::Ingress(to_port(port)), to_plain(&opener), options);
            let ways = walk.branches.iter().filter(|b| b.sure);
            let known: Vec<Session> = ways.flat_map(|way| reference.opened(way)).filter(|s| s.sure).collect();
            for reply in replies(&known, told, &arrived, &sent) {
                let start = Start::Ingress(to_port(enters));
                let walk = reference.walk_among(&known, start, to_plain(&reply), options);
                if walk.branches.iter().any(|b| b.sure && reaches(question, b, target)) {
                    if reply != sent {
                        crossing.sent = reply;
                    }
                    return true;
                }
            }
        }
    }
    false
}

/// Packets that may have opened the session of a reply.
fn openers(session: &Opened, arrived: &Packet, goes_on: &Packet) -> Vec<Packet> {
    let mut out = vec![opening(arrived, goes_on)];
    // An ICMP error or a later fragment does not show the whole session.
    if arrived.is_later_fragment() || matches!(arrived.proto(), Protocol::ICMP | Protocol::ICMPV6) {
        let whole = session.sure.iter().filter(|c| c.get(Field::Fragment).contains(0));
        let to = whole.filter(|c| c.get(Field::Dst).contains(arrived.get(Field::Dst)));
        out.extend(to.take(OPENERS).map(|c| {
            let reply = lowest(c, arrived).with(Field::Dst, arrived.get(Field::Dst));
            opening(&reply, &reply.with(Field::Dst, goes_on.get(Field::Dst)))
        }));
    }
    out
}

/// A packet of a box.
fn lowest(cube: &Cube, like: &Packet) -> Packet {
    let mut packet = Packet::zero(like.family);
    for field in [Field::Src, Field::Dst, Field::Proto, Field::Sport, Field::Dport] {
        packet.set(
            field,
            match cube.get(field) {
                FieldSet::Ranges(ranges) => ranges.first().map_or(0, |r| r.0),
                FieldSet::Mask { value, .. } => *value,
                FieldSet::Any if field == Field::Proto => u128::from(Protocol::TCP.0),
                FieldSet::Any => like.get(field),
            },
        );
    }
    packet
}

/// The reply as sent, and with the ports of a session, where only those differ on its way.
fn replies(known: &[Session], told: PortRef, arrived: &Packet, sent: &Packet) -> Vec<Packet> {
    let mut out = vec![*sent];
    let ends = |p: &Packet| [Field::Src, Field::Dst, Field::Proto].map(|f| p.get(f));
    for session in known.iter().filter(|s| s.on == to_port(told)) {
        let reply = from_plain(&session.arrives);
        if ends(&reply) == ends(arrived) && ends(arrived) == ends(sent) {
            let ports = sent.with(Field::Sport, reply.get(Field::Sport));
            out.push(ports.with(Field::Dport, reply.get(Field::Dport)));
        }
    }
    out.dedup();
    out
}

/// The interfaces to which a domain may surely hand a packet.
fn entrances(question: &Question<'_>, domain: DomainId) -> Vec<PortRef> {
    let locations = question.domains.get(domain).map_or(&[][..], |d| d.locations.as_slice());
    let mut out = Vec::new();
    for place in locations.iter().map(|l| l.place) {
        let Some(segment) = question.topology.segment(place.segment) else { continue };
        out.extend(segment.interfaces.iter().filter(|(_, part)| *part == place.part).map(|(p, _)| *p));
    }
    out.sort_unstable();
    out.dedup();
    out.truncate(ENTRANCES);
    out
}
