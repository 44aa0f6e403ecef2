//! Joins that no cable declares: equal or overlapping subnets, and VLANs of trunks without a cable.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_diag::Span;
use sekisho_model::{AddressRole, Device, Encapsulation, InterfaceKind, L2Mode, VrfId};
use sekisho_net::{Family, Prefix};

use super::join::Joins;
use super::{Point, PortRef, is_up};

/// An up interface with a connected prefix.
struct Attached {
    port: PortRef,
    vrf: VrfId,
    prefix: Prefix,
    span: Span,
    tunnel: bool,
}

/// Adds the inferred joins. Returns whether there was any.
pub(super) fn infer(devices: &[Device], attached: &BTreeSet<PortRef>, joins: &mut Joins) -> bool {
    let ends = connected(devices);
    let mut by_prefix: BTreeMap<Prefix, Vec<&Attached>> = BTreeMap::new();
    for end in &ends {
        by_prefix.entry(end.prefix).or_default().push(end);
    }
    let mut neighbours: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut any = false;
    for group in by_prefix.values() {
        for (i, a) in group.iter().enumerate() {
            for b in group.iter().skip(i + 1) {
                any |= same_prefix(devices, a, b, joins, &mut neighbours);
            }
        }
    }
    let prefixes: Vec<&Prefix> = by_prefix.keys().collect();
    for (i, wide) in prefixes.iter().enumerate() {
        let inside = prefixes
            .iter()
            .skip(i + 1)
            .take_while(|p| wide.family() == p.family() && p.first() <= wide.last());
        for narrow in inside.filter(|p| wide.covers(p)) {
            for a in by_prefix.get(wide).into_iter().flatten() {
                for b in by_prefix.get(narrow).into_iter().flatten().filter(|b| apart(a, b)) {
                    let why = format!("{wide} and {narrow} overlap");
                    joins.maybe(Point::Layer3(a.port), Point::Layer3(b.port), why, vec![a.span, b.span]);
                    any = true;
                }
            }
        }
    }
    any | trunks(devices, attached, &neighbours, joins)
}

/// Up interfaces with an own address, link-local and host prefixes left out.
fn connected(devices: &[Device]) -> Vec<Attached> {
    let mut out = Vec::new();
    for (index, device) in devices.iter().enumerate() {
        for (id, interface) in device.interface_ids() {
            if !is_up(device, id) || matches!(interface.kind, InterfaceKind::Loopback | InterfaceKind::Null) {
                continue;
            }
            let Some(l3) = &interface.l3 else { continue };
            for address in l3.addresses.iter().filter(|a| a.role == AddressRole::Own) {
                let prefix = address.prefix;
                let link_local = prefix.family() == Family::V6 && prefix.first() >> 118 == 0x3fa;
                if link_local || prefix.len() >= prefix.family().bits() {
                    continue;
                }
                out.push(Attached {
                    port: PortRef { device: index, interface: id },
                    vrf: l3.vrf,
                    prefix,
                    span: address.span,
                    tunnel: interface.kind == InterfaceKind::Tunnel,
                });
            }
        }
    }
    out
}

/// Whether the two are on different devices or in different VRFs of one device.
fn apart(a: &Attached, b: &Attached) -> bool {
    a.port.device != b.port.device || a.vrf != b.vrf
}

/// Joins two interfaces with the same connected prefix.
fn same_prefix(
    devices: &[Device],
    a: &Attached,
    b: &Attached,
    joins: &mut Joins,
    neighbours: &mut BTreeSet<(usize, usize)>,
) -> bool {
    if !apart(a, b) {
        return false;
    }
    let own = |x: &Attached| {
        let l3 = devices
            .get(x.port.device)
            .and_then(|d| d.interface(x.port.interface))
            .and_then(|i| i.l3.as_ref());
        l3.into_iter()
            .flat_map(|l3| &l3.addresses)
            .filter(|y| y.role == AddressRole::Own)
            .map(|y| y.addr)
            .collect()
    };
    let (left, right): (BTreeSet<_>, BTreeSet<_>) = (own(a), own(b));
    let why = format!("both have {}", a.prefix);
    // Two tables of one device may use the same addresses, which is what they are for.
    let sure = left.is_disjoint(&right)
        && a.port.device != b.port.device
        && !a.tunnel
        && !b.tunnel
        && !joins.on_cable(devices, a.port)
        && !joins.on_cable(devices, b.port);
    let (from, to) = (Point::Layer3(a.port), Point::Layer3(b.port));
    if sure {
        joins.sure(from, to);
        neighbours.insert((a.port.device.min(b.port.device), a.port.device.max(b.port.device)));
    } else {
        joins.maybe(from, to, why, vec![a.span, b.span]);
    }
    true
}

/// Key of the frames without a tag, whatever VLAN each end takes them for.
const UNTAGGED: u16 = 0;

/// A port without a cable that carries a tagged VLAN, and where that VLAN then lies.
struct Tagged {
    device: usize,
    vlan: u16,
    point: Point,
    routed: bool,
    span: Span,
}

/// Joins the VLANs of trunks without a cable: of devices that are neighbours by subnet, and wherever
/// one of the two has no layer-3 interface in the VLAN, so that subnets cannot tell.
fn trunks(
    devices: &[Device],
    attached: &BTreeSet<PortRef>,
    neighbours: &BTreeSet<(usize, usize)>,
    joins: &mut Joins,
) -> bool {
    let mut by_vlan: BTreeMap<u16, Vec<Tagged>> = BTreeMap::new();
    for tagged in tagged_ports(devices, attached, joins) {
        by_vlan.entry(tagged.vlan).or_default().push(tagged);
    }
    let mut any = false;
    for (vlan, ends) in &by_vlan {
        for (i, a) in ends.iter().enumerate() {
            for b in ends.iter().skip(i + 1).filter(|b| b.device != a.device) {
                let near = neighbours.contains(&(a.device.min(b.device), a.device.max(b.device)));
                if near || !a.routed || !b.routed {
                    let what = if *vlan == UNTAGGED {
                        "untagged traffic".to_owned()
                    } else {
                        format!("VLAN {vlan}")
                    };
                    let why = format!("{what} leaves both devices by a trunk without a declared cable");
                    joins.maybe(a.point, b.point, why, vec![a.span, b.span]);
                    joins.presumed.extend([a.device, b.device]);
                    any = true;
                }
            }
        }
    }
    any
}

fn tagged_ports(devices: &[Device], attached: &BTreeSet<PortRef>, joins: &Joins) -> Vec<Tagged> {
    let mut out = Vec::new();
    for (index, device) in devices.iter().enumerate() {
        let routed: BTreeSet<u16> = device
            .interface_ids()
            .filter(|(id, i)| is_up(device, *id) && i.l3.as_ref().is_some_and(|l3| !l3.addresses.is_empty()))
            .filter_map(|(_, i)| i.svi_vlan)
            .collect();
        let mut seen = BTreeSet::new();
        let mut seen_native = BTreeSet::new();
        for (id, interface) in device.interface_ids() {
            let port = PortRef { device: index, interface: id };
            if !is_up(device, id) || interface.aggregate.is_some() {
                continue;
            }
            if let Some(l2) = &interface.l2
                && l2.mode != L2Mode::Access
                && !attached.contains(&port)
                && !joins.on_cable(devices, port)
            {
                for &vlan in &joins.vlans {
                    if l2.allowed.contains(vlan) && device.vlans.contains(&vlan) && seen.insert(vlan) {
                        let span = l2.allowed_span.or(l2.mode_span).unwrap_or(interface.span);
                        let point = Point::Bridge(index, vlan);
                        out.push(Tagged { device: index, vlan, point, routed: routed.contains(&vlan), span });
                    }
                }
                let native = l2.native_vlan;
                if l2.allowed.contains(native) && seen_native.insert(native) {
                    let point = Point::Bridge(index, native);
                    let routed = routed.contains(&native);
                    out.push(Tagged { device: index, vlan: UNTAGGED, point, routed, span: interface.span });
                }
            }
            let tag = match interface.encapsulation {
                Encapsulation::Vlan(vlan) => Some(vlan),
                Encapsulation::Untagged => Some(UNTAGGED),
                Encapsulation::Unknown => None,
            };
            if let (Some(parent), Some(vlan)) = (interface.parent, tag) {
                let parent = PortRef { device: index, interface: parent };
                if !attached.contains(&parent)
                    && !attached.contains(&port)
                    && !joins.on_cable(devices, parent)
                {
                    let point = Point::Layer3(port);
                    let routed = interface.l3.as_ref().is_some_and(|l3| !l3.addresses.is_empty());
                    out.push(Tagged { device: index, vlan, point, routed, span: interface.span });
                }
            }
        }
    }
    out
}
