//! What no zone and no external claims: `unassigned`, and `undeclared:DEVICE:INTERFACE` for the far side
//! of a routed interface that is alone on its segment.

use std::collections::BTreeMap;

use super::{Context, Domain, DomainKind, Domains, Location};
use sekisho_model::{InterfaceKind, L2Mode};
use sekisho_net::{Family, Prefix, bits_addr};

use crate::topology::{Place, PortRef, Segment, SegmentId};

/// Gives every segment without a declared location to somebody.
pub(super) fn rest(context: &Context<'_>, domains: &mut Domains) {
    let empty = |id: String, kind| Domain {
        id,
        kind,
        locations: Vec::new(),
        unlocated: BTreeMap::new(),
        broken: Vec::new(),
    };
    let mut unassigned = empty("unassigned".to_owned(), DomainKind::Unassigned);
    let mut undeclared = Vec::new();
    // Segments with a location, and whether it is more than neighbours.
    let mut claimed: BTreeMap<SegmentId, bool> = BTreeMap::new();
    for location in domains.list.iter().flat_map(|d| &d.locations) {
        *claimed.entry(location.place.segment).or_default() |= location.next_hop.is_none();
    }
    for (index, segment) in context.topology.segments().iter().enumerate() {
        let id = SegmentId(u32::try_from(index).unwrap_or(u32::MAX));
        let neighbours_only = claimed.contains_key(&id);
        if claimed.get(&id).is_some_and(|whole| *whole) || !inhabitable(context, segment) {
            continue;
        }
        if segment.is_transit(context.devices) || (neighbours_only && is_taken(context, domains, id, segment))
        {
            continue;
        }
        if neighbours_only {
            for (place, port) in places(id, segment) {
                let mut rest =
                    location(context, place, port, "no zone names the other addresses of the segment");
                rest.others_only = true;
                unassigned.locations.push(rest);
            }
            continue;
        }
        match alone(context, segment) {
            Some(port) => {
                let Some(place) = context.topology.of_interface(port) else { continue };
                let name = name(context, port);
                let mut domain = empty(format!("undeclared:{name}"), DomainKind::Undeclared(port));
                domain.locations.push(location(
                    context,
                    place,
                    Some(port),
                    "no zone and no external names it",
                ));
                undeclared.push(domain);
            }
            None => {
                for (place, port) in places(id, segment) {
                    unassigned.locations.push(location(context, place, port, "no zone names it"));
                }
            }
        }
    }
    undeclared.sort_by(|a, b| a.id.cmp(&b.id));
    if !unassigned.locations.is_empty() {
        domains.list.push(unassigned);
    }
    domains.list.extend(undeclared);
}

/// Whether every usable address belongs to an interface or to a neighbour that the policy names, and
/// nobody can plug in.
fn is_taken(context: &Context<'_>, domains: &Domains, id: SegmentId, segment: &Segment) -> bool {
    let prefixes = segment.prefixes(context.devices);
    let taken = |prefix: &Prefix| {
        let family = prefix.family();
        let owned = segment.addresses(context.devices, family);
        let known = |a: &u128| domains.is_next_hop(id, bits_addr(family, *a));
        let host_bits = family.bits() - prefix.len();
        let edge = u128::from(family == Family::V4 && host_bits >= 2);
        let mut usable = prefix.first() + edge..=prefix.last() - edge;
        host_bits <= 3 && usable.all(|a| known(&a) || owned.contains_key(&a))
    };
    segment.open_ports.is_empty() && !prefixes.is_empty() && prefixes.iter().all(taken)
}

fn name(context: &Context<'_>, port: PortRef) -> String {
    let device = context.devices.get(port.device);
    let interface = device.and_then(|d| d.interface(port.interface));
    format!("{}:{}", device.map_or("?", |d| d.name.as_str()), interface.map_or("?", |i| i.name.as_str()))
}

fn location(context: &Context<'_>, place: Place, port: Option<PortRef>, why: &str) -> Location {
    let device = port.and_then(|p| context.devices.get(p.device).zip(Some(p.interface)));
    let span = device.and_then(|(d, i)| d.interface(i)).map(|i| i.span);
    Location { place, next_hop: None, port, why: why.to_owned(), span, others_only: false }
}

/// Whether somebody could sit on the segment: it has layer 3, or a host port.
fn inhabitable(context: &Context<'_>, segment: &Segment) -> bool {
    let layer3 = segment.interfaces.iter().any(|(port, _)| {
        let interface = context.devices.get(port.device).and_then(|d| d.interface(port.interface));
        let paired = context.topology.paired().far_ends((port.device, port.interface)).is_some();
        interface.is_some_and(|i| !paired && !matches!(i.kind, InterfaceKind::Loopback | InterfaceKind::Null))
    });
    let host_port = segment.open_ports.iter().any(|port| {
        let interface = context.devices.get(port.device).and_then(|d| d.interface(port.interface));
        interface.and_then(|i| i.l2.as_ref()).is_some_and(|l2| l2.mode != L2Mode::Trunk)
    });
    layer3 || host_port
}

/// The routed interface that is alone on its segment, if that is so.
fn alone(context: &Context<'_>, segment: &Segment) -> Option<PortRef> {
    match segment.interfaces.as_slice() {
        [(port, _)] if segment.bridges.is_empty() => {
            let interface = context.devices.get(port.device)?.interface(port.interface)?;
            (interface.svi_vlan.is_none()).then_some(*port)
        }
        _ => None,
    }
}

/// The places of a segment, each with an interface on it where there is one.
fn places(id: SegmentId, segment: &Segment) -> Vec<(Place, Option<PortRef>)> {
    let mut out: BTreeMap<Place, Option<PortRef>> = BTreeMap::new();
    for &(port, part) in &segment.interfaces {
        out.entry(Place { segment: id, part }).or_insert(Some(port));
    }
    for &(port, _, part) in &segment.wires {
        if segment.open_ports.contains(&port) {
            out.entry(Place { segment: id, part }).or_insert(Some(port));
        }
    }
    out.into_iter().collect()
}
