//! Does every chain of sessions between two sides pass the gateways that stand between them?
//!
//! The flows that go `via` a gateway say between which domains it stands ([`directions`]). The flows of all
//! gateways of a direction and everything that their addresses send or get are taken away; if no chain is left,
//! every one passes one of them. A gateway is an address: that the one who uses it is the gateway holds by
//! itself only where nobody else is on its segment and in its zone.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_net::{Family, bits_addr};

use super::chains::{Chain, Sessions, told};
use crate::graph::location::{Domain, DomainId};
use crate::policy::{Declared, Flow, Gateway, ZoneKind, ZoneRef};
use crate::proof::{Question, Verdict, whitelist};
use crate::topology::{Segment, SegmentId};

/// Two sides, and the gateways that stand between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Direction {
    pub(super) from: DomainId,
    pub(super) to: DomainId,
    /// By index.
    pub(super) gateways: BTreeSet<usize>,
}

/// The answer for one gateway and direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waypoint {
    /// Id of the gateway.
    pub gateway: String,
    /// The side that begins.
    pub from: String,
    /// The other side.
    pub to: String,
    /// Gateways besides this one by which chains go from the one side to the other.
    pub beside: Vec<String>,
    /// Whether every chain passes this gateway or one of those beside it.
    pub verdict: Verdict,
    /// The shortest chain that goes around all of them, if there may be one.
    pub around: Option<Chain>,
    /// Ids of the assumptions of a proof.
    pub assumptions: Vec<String>,
}

/// The directions in which flows in force go by gateways.
pub(in crate::proof) fn directions(question: &Question<'_>) -> Vec<Direction> {
    let mut out: BTreeMap<(DomainId, DomainId), BTreeSet<usize>> = BTreeMap::new();
    for flow in question.policy.granted(question.as_of) {
        let Some(index) = flow.via.map(|v| v.value) else { continue };
        let Some(gateway) = question.policy.gateways.get(index) else { continue };
        for (from, to) in sides(question, index, gateway, flow) {
            out.entry((from, to)).or_default().insert(index);
        }
    }
    // A machine with a leg on either side stands between them as well, whatever goes by it.
    for ((from, to), gateways) in &mut out {
        let on = |gateway: &Gateway, side: DomainId| {
            gateway
                .legs
                .iter()
                .any(|l| question.domains.of_reference(ZoneRef::Zone(l.zone.value)) == Some(side))
        };
        for (index, gateway) in question.policy.gateways.iter().enumerate() {
            if gateway.void.is_none() && on(gateway, *from) && on(gateway, *to) {
                gateways.insert(index);
            }
        }
    }
    out.into_iter().map(|((from, to), gateways)| Direction { from, to, gateways }).collect()
}

/// Between which domains sessions go on when they pass a gateway by a flow.
fn sides(
    question: &Question<'_>,
    index: usize,
    gateway: &Gateway,
    flow: &Flow,
) -> BTreeSet<(DomainId, DomainId)> {
    let Some(leg) = gateway.leg_of(flow) else { return BTreeSet::new() };
    let zone = |leg: usize| gateway.legs.get(leg).map(|l| ZoneRef::Zone(l.zone.value));
    let other = zone(1 - leg.min(1)).filter(|_| gateway.legs.len() > 1);
    let ends = is_end(gateway, flow);
    let (near, at) = if ends { (flow.from.value, flow.to.value) } else { (flow.to.value, flow.from.value) };
    let beyond: Vec<ZoneRef> = match other {
        // In a zone of gateways alone nobody wants to stay.
        None if is_relay(question, at) => {
            far_ends(question, index, gateway, near, |f| is_end(gateway, f) != ends)
        }
        Some(zone) if zone == at => {
            far_ends(question, index, gateway, near, |f| gateway.leg_of(f).is_some_and(|l| l != leg))
        }
        Some(zone) if zone != near => vec![zone],
        // It goes from zone to zone by itself: what is near is the other side.
        _ => vec![at],
    };
    let beyond = if beyond.is_empty() { vec![at] } else { beyond };
    let mut out = BTreeSet::new();
    for far in beyond {
        for near in whitelist::standing(question, near) {
            for far in whitelist::standing(question, far).into_iter().filter(|far| *far != near) {
                out.insert(if ends { (near, far) } else { (far, near) });
            }
        }
    }
    out
}

/// Whether the session of a flow ends at a leg of the gateway; else the gateway opens it.
fn is_end(gateway: &Gateway, flow: &Flow) -> bool {
    gateway.legs.iter().any(|l| flow.to.value == ZoneRef::Zone(l.zone.value) && l.holds(&flow.dst))
}

fn is_relay(question: &Question<'_>, zone: ZoneRef) -> bool {
    let ZoneRef::Zone(index) = zone else { return false };
    question.policy.zones.get(index).is_some_and(|z| z.kind == ZoneKind::Relay)
}

/// The ends of some flows by a gateway that are neither its zones nor near.
fn far_ends(
    question: &Question<'_>,
    index: usize,
    gateway: &Gateway,
    near: ZoneRef,
    other: impl Fn(&Flow) -> bool,
) -> Vec<ZoneRef> {
    let others = question.policy.granted(question.as_of).filter(|f| f.via.is_some_and(|v| v.value == index));
    let zones: BTreeSet<ZoneRef> = gateway.legs.iter().map(|l| ZoneRef::Zone(l.zone.value)).collect();
    let ends: BTreeSet<ZoneRef> =
        others.filter(|f| other(f)).flat_map(|f| [f.from.value, f.to.value]).collect();
    ends.difference(&zones).copied().filter(|end| *end != near).collect()
}

/// Judges all gateways. `leans` are the assumptions of the pairs.
pub(super) fn judge(question: &Question<'_>, sessions: &Sessions, leans: &BTreeSet<String>) -> Vec<Waypoint> {
    let mut out = Vec::new();
    for (number, direction) in question.whitelist.directions(question).iter().enumerate() {
        let (from, to) = (direction.from.0, direction.to.0);
        let left = sessions.shortest(from, to, |edge, sure| {
            !edge.gone.contains(&number) && (!sure || (edge.sure && !edge.weaker.contains(&number)))
        });
        let around = told((question.domains, question.policy), &left, Some(number));
        let verdict = match &around {
            None => Verdict::Proven,
            Some(chain) if chain.sure => Verdict::Violated,
            Some(_) => Verdict::Undecided,
        };
        let gateways: Vec<&Gateway> =
            direction.gateways.iter().filter_map(|g| question.policy.gateways.get(*g)).collect();
        let mut assumptions = leans.clone();
        if gateways.iter().any(|g| !is_alone(question, g)) {
            assumptions.insert(super::super::assume::GATEWAY_ADDRESS.to_owned());
        }
        if gateways.iter().any(|g| g.forwarding == Declared::No && g.evidence.is_none()) {
            assumptions.insert(super::super::assume::GATEWAY_FORWARDING.to_owned());
        }
        assumptions.insert(super::super::assume::DEVICE_SESSIONS.to_owned());
        for gateway in &gateways {
            let others = gateways.iter().filter(|g| g.id.value != gateway.id.value);
            out.push(Waypoint {
                gateway: gateway.id.value.clone(),
                from: super::chains::name(question.domains, from),
                to: super::chains::name(question.domains, to),
                beside: others.map(|g| g.id.value.clone()).collect(),
                verdict,
                around: around.clone(),
                assumptions: match verdict {
                    Verdict::Proven => assumptions.iter().cloned().collect(),
                    _ => Vec::new(),
                },
            });
        }
    }
    out.sort_by(|a, b| (&a.gateway, &a.from, &a.to).cmp(&(&b.gateway, &b.from, &b.to)));
    out
}

/// Whether the gateway is a place and not only an address: nobody else can be on the segments of its legs,
/// nor anywhere else in their zones.
///
/// SOUNDNESS: who is elsewhere in the zone may send with the gateway's address, whatever the segment is.
pub(super) fn is_alone(question: &Question<'_>, gateway: &Gateway) -> bool {
    let mine: BTreeSet<IpAddr> = gateway.addresses().map(|a| a.value).collect();
    gateway.legs.iter().all(|leg| {
        let domain = question.domains.of_reference(ZoneRef::Zone(leg.zone.value));
        let Some(domain) = domain.and_then(|id| question.domains.get(id)) else { return false };
        !domain.locations.is_empty()
            && domain.unlocated.values().all(Vec::is_empty)
            && domain.locations.iter().all(|l| l.next_hop.is_none())
            && domain.segments().into_iter().all(|s| is_taken(question, domain, s, &mine))
    })
}

/// Whether every usable address of a segment belongs to a modelled interface or to the gateway, at most one
/// socket is open, and the segment is nobody else's.
fn is_taken(question: &Question<'_>, domain: &Domain, id: SegmentId, mine: &BTreeSet<IpAddr>) -> bool {
    let Some(segment) = question.topology.segment(id) else { return false };
    let prefixes = segment.prefixes(question.devices);
    let taken = |prefix: &sekisho_net::Prefix| {
        let family = prefix.family();
        let owned = segment.addresses(question.devices, family);
        let host_bits = family.bits() - prefix.len();
        let edge = u128::from(family == Family::V4 && host_bits >= 2);
        let mut usable = prefix.first() + edge..=prefix.last() - edge;
        host_bits <= 3 && usable.all(|a| owned.contains_key(&a) || mine.contains(&bits_addr(family, a)))
    };
    segment.open_ports.len() <= 1
        && segment.doubtful_joins.is_empty()
        && !has_unknown_address(question, segment)
        && question.domains.on_segment(id).all(|d| d.id == domain.id)
        && !prefixes.is_empty()
        && prefixes.iter().all(taken)
}

fn has_unknown_address(question: &Question<'_>, segment: &Segment) -> bool {
    segment.interfaces.iter().any(|(port, _)| {
        let interface = question.devices.get(port.device).and_then(|d| d.interface(port.interface));
        interface
            .and_then(|i| i.l3.as_ref())
            .is_none_or(|l3| l3.unknown_v4.is_some() || l3.unknown_v6.is_some())
    })
}
