//! The network with its zones as a graph: devices, segments, who sits on them, cables.
//!
//! Verdicts play no part here. [`view`] is the one source of text, JSON and picture; [`svg`] draws it.

mod draw;
mod layout;
mod scene;
pub mod svg;

use sekisho_model::{Device, Interface, InterfaceId, InterfaceKind};
use serde::Serialize;

use super::model;
use crate::graph::location::{Domain, DomainKind, Domains};
use crate::policy::{Declared, ExternalKind, Policy};
use crate::report::messages::Lang;
use crate::report::verify::kind_word;
use crate::topology::{PortRef, SegmentId, Topology, is_up};

#[cfg(test)]
mod tests;

/// Version of the JSON.
pub const SCHEMA: &str = "sekisho-graph/1";

/// The network.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct View {
    /// `sekisho-graph/1`.
    pub schema: &'static str,
    /// Zones, externals, `unassigned`, `undeclared:*`.
    pub zones: Vec<ZoneView>,
    /// Devices in the order of the snapshot.
    pub devices: Vec<DeviceView>,
    /// Segments with somebody on them, by number.
    pub segments: Vec<SegmentView>,
    /// Declared cables.
    pub links: Vec<LinkView>,
}

/// An area.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ZoneView {
    /// Id, as in the matrix.
    pub id: String,
    /// `zone`, `external`, `unassigned` or `undeclared`.
    pub kind: &'static str,
    /// Name in the language of the report, if the policy has one.
    pub name: Option<String>,
    /// Of an external or an undeclared far side: connected to the Internet, as declared with evidence;
    /// `internet` when it is the Internet itself.
    pub internet: Option<&'static str>,
    /// Segments on which anybody belongs to it.
    pub segments: Vec<u32>,
    /// Single neighbours that belong to it.
    pub neighbours: Vec<NeighbourView>,
}

/// A neighbour without a config.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NeighbourView {
    /// Its segment.
    pub segment: u32,
    /// Its address.
    pub address: String,
}

/// A device.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceView {
    /// Name.
    pub device: String,
    /// Operating system, by the name that `--os` takes.
    pub os: &'static str,
    /// The product.
    pub product: &'static str,
    /// Up ports that lead somewhere.
    pub ports: Vec<PortView>,
}

/// A port of a device.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PortView {
    /// Interface.
    pub interface: String,
    /// Addresses, each with its prefix length.
    pub addresses: Vec<String>,
    /// VRF of a routed interface that is not in the global table.
    pub vrf: Option<String>,
    /// Segments that somebody behind the port sits on, or that the routed interface sits on.
    pub segments: Vec<u32>,
    /// Whether it routes.
    pub routed: bool,
}

/// A segment.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SegmentView {
    /// Number, as `show links` has it.
    pub segment: u32,
    /// Connected prefixes.
    pub prefixes: Vec<String>,
    /// VLAN numbers.
    pub vlans: Vec<u16>,
}

/// A declared cable.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LinkView {
    /// One end.
    pub a: EndView,
    /// The other end.
    pub b: EndView,
}

/// An end of a cable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EndView {
    /// Device.
    pub device: String,
    /// Interface.
    pub interface: String,
}

/// What the graph is made from.
pub struct Parts<'a> {
    /// Devices of the snapshot.
    pub devices: &'a [Device],
    /// Layer 2.
    pub topology: &'a Topology,
    /// Who is where.
    pub domains: &'a Domains,
    /// The policy.
    pub policy: &'a Policy,
}

/// Builds the view.
#[must_use]
pub fn view(parts: &Parts<'_>, lang: Lang) -> View {
    let devices: Vec<DeviceView> = (0..parts.devices.len()).filter_map(|i| device(parts, i)).collect();
    let zones: Vec<ZoneView> = parts.domains.list.iter().map(|d| zone(d, parts, lang)).collect();
    let mut used: Vec<u32> = zones
        .iter()
        .flat_map(|z| z.segments.iter().copied().chain(z.neighbours.iter().map(|n| n.segment)))
        .chain(devices.iter().flat_map(|d| d.ports.iter().flat_map(|p| p.segments.iter().copied())))
        .collect();
    used.sort_unstable();
    used.dedup();
    let end = |port: PortRef| {
        let found = parts.devices.get(port.device);
        let interface = found.and_then(|d| d.interface(port.interface));
        EndView {
            device: found.map_or(String::new(), |d| d.name.clone()),
            interface: interface.map_or(String::new(), |i| i.name.clone()),
        }
    };
    View {
        schema: SCHEMA,
        zones,
        segments: used.into_iter().filter_map(|n| segment(parts, n)).collect(),
        links: parts.topology.links().iter().map(|l| LinkView { a: end(l.a), b: end(l.b) }).collect(),
        devices,
    }
}

fn zone(domain: &Domain, parts: &Parts<'_>, lang: Lang) -> ZoneView {
    let (names, internet) = match domain.kind {
        DomainKind::Zone(i) => (parts.policy.zones.get(i).map(|z| (&z.name_ja, &z.name_en)), None),
        DomainKind::External(i) => {
            let external = parts.policy.externals.get(i);
            let word = external.map(|e| match e.internet {
                Declared::Yes if matches!(e.kind, ExternalKind::Isp | ExternalKind::Breakout) => "internet",
                Declared::Yes => "yes",
                Declared::No => "no",
                Declared::Unknown => "unknown",
            });
            (external.map(|e| (&e.name_ja, &e.name_en)), word)
        }
        DomainKind::Unassigned => (None, None),
        DomainKind::Undeclared(_) => (None, Some("unknown")),
    };
    let name = names.and_then(|(ja, en)| if lang == Lang::Ja { ja.clone() } else { en.clone() });
    let mut neighbours: Vec<NeighbourView> = domain
        .locations
        .iter()
        .filter_map(|l| Some(NeighbourView { segment: l.place.segment.0, address: l.next_hop?.to_string() }))
        .collect();
    neighbours.dedup_by(|a, b| a.segment == b.segment && a.address == b.address);
    ZoneView {
        id: domain.id.clone(),
        kind: kind_word(domain.kind),
        name,
        internet,
        segments: domain.segments().into_iter().map(|s| s.0).collect(),
        neighbours,
    }
}

fn device(parts: &Parts<'_>, index: usize) -> Option<DeviceView> {
    let device = parts.devices.get(index)?;
    let ports = device
        .interface_ids()
        .filter(|(id, i)| {
            is_up(device, *id) && !matches!(i.kind, InterfaceKind::Loopback | InterfaceKind::Null)
        })
        .filter_map(|(id, i)| port(parts, (index, device), id, i))
        .collect();
    let (os, product) = model::system(device.os);
    Some(DeviceView { device: device.name.clone(), os, product, ports })
}

/// A port that routes, or behind which somebody may sit, or that has a declared cable.
fn port(
    parts: &Parts<'_>,
    (index, device): (usize, &Device),
    id: InterfaceId,
    interface: &Interface,
) -> Option<PortView> {
    let port = PortRef { device: index, interface: id };
    let place = parts.topology.of_interface(port).filter(|_| interface.l3.is_some());
    let cabled = |port: PortRef| parts.topology.links().iter().any(|l| l.a == port || l.b == port);
    let linked = cabled(port);
    // The cables of an aggregate are those of its members.
    let mut members = device.interface_ids().filter(|(_, i)| i.aggregate == Some(id));
    let bundled = members.any(|(member, _)| cabled(PortRef { device: index, interface: member }));
    // Nobody sits on a wire that no zone claims and no interface is on.
    let peopled = |s: &SegmentId| {
        parts.domains.on_segment(*s).next().is_some()
            || parts.topology.segment(*s).is_some_and(|s| !s.interfaces.is_empty())
    };
    let mut segments: Vec<u32> = match place {
        Some(place) => vec![place.segment.0],
        None if linked || bundled || interface.l2.is_none() => Vec::new(),
        None => parts.topology.of_port(port).map(|(_, p)| p.segment).filter(peopled).map(|s| s.0).collect(),
    };
    segments.sort_unstable();
    segments.dedup();
    if segments.is_empty() && !linked {
        return None;
    }
    let addresses =
        interface.l3.iter().flat_map(|l3| &l3.addresses).map(|a| format!("{}/{}", a.addr, a.prefix.len()));
    let vrf = interface.l3.as_ref().and_then(|l3| device.vrf(l3.vrf)).map(|v| v.name.clone());
    Some(PortView {
        interface: interface.name.clone(),
        addresses: addresses.collect(),
        vrf: vrf.filter(|v| v != "default"),
        segments,
        routed: place.is_some(),
    })
}

fn segment(parts: &Parts<'_>, number: u32) -> Option<SegmentView> {
    let segment = parts.topology.segment(SegmentId(number))?;
    let mut vlans: Vec<u16> = segment.bridges.iter().map(|(_, vlan, _)| *vlan).collect();
    vlans.sort_unstable();
    vlans.dedup();
    Some(SegmentView {
        segment: number,
        prefixes: segment.prefixes(parts.devices).iter().map(ToString::to_string).collect(),
        vlans,
    })
}
