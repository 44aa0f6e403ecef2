//! Interfaces: what they are, what they belong to, and their own part of the programs of stages.

mod layer2;
mod layer3;
mod stages;

use std::collections::BTreeMap;

use sekisho_diag::{SourceFile, Span};
use sekisho_model::{
    AdminState, Context, ContextId, Device, Encapsulation, Interface, InterfaceId, InterfaceKind, Tunnel,
};

use super::acl::Lists;
use super::inspect;
use super::poison_at;
use super::vrf::vrf_id;
use crate::common::{Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::ast::interface::{self as ast, NatSide, TunnelEnd};
use crate::ios::names;

/// Creates the interfaces. Their stages of translation, zones and policy routes are added later.
pub(super) fn lower_interfaces(
    config: &Config,
    source: &SourceFile,
    lists: &Lists,
    device: &mut Device,
    marks: &mut Marks,
) {
    let facts = layer2::Facts::of(config);
    let mut contexts = Contexts::default();
    for interface in &config.interfaces {
        let mut lowered = Interface::new(interface.name.value.clone(), interface.kind, interface.name.span);
        lowered.description = interface.description.as_ref().map(|d| d.value.clone());
        if let Some(span) = interface.shutdown {
            lowered.admin = AdminState::Down;
            lowered.admin_span = Some(span);
        }
        if interface.kind == InterfaceKind::Svi {
            lowered.svi_vlan = names::svi_vlan(&interface.name.value);
        }
        lowered.encapsulation = encapsulation(interface, source, marks);
        lowered.l2 = layer2::port(interface, &facts, source, marks);
        lowered.l3 = layer3::routed(interface, config, device);
        lowered.relays = layer3::relays(interface, config, device);
        lowered.multicast = interface.multicast.first().map(|(_, span)| *span);
        lowered.context = contexts.of(interface, config, device);
        stages::bind(interface, config, lists, &mut lowered, marks);
        device.interfaces.push(lowered);
    }
    for interface in &config.interfaces {
        if interface.kind == InterfaceKind::Tunnel {
            let tunnel = tunnel(interface, config, device);
            if let Some(lowered) = find(device, &interface.name.value) {
                lowered.tunnel = Some(tunnel);
            }
        }
    }
    relations(config, device);
    static_arps(config, source, device, marks);
    stages::restrict_vlans(config, device);
}

fn find<'a>(device: &'a mut Device, name: &str) -> Option<&'a mut Interface> {
    device.interfaces.iter_mut().find(|i| i.name == name)
}

/// Tag of a sub-interface.
///
/// A native sub-interface takes the untagged frames. One without an encapsulation may take any.
fn encapsulation(interface: &ast::Interface, source: &SourceFile, marks: &mut Marks) -> Encapsulation {
    match (&interface.encapsulation, interface.kind) {
        (Some(tag), InterfaceKind::Subinterface) if tag.value.native => Encapsulation::Untagged,
        (Some(tag), InterfaceKind::Subinterface) => Encapsulation::Vlan(tag.value.vlan),
        (None, InterfaceKind::Subinterface) => Encapsulation::Unknown,
        (Some(tag), _) => {
            let scope = PendingScope::Interface(interface.name.value.clone());
            poison_at(marks, source, tag.span, scope, "tag on an interface that is no sub-interface");
            Encapsulation::Unknown
        }
        (None, _) => Encapsulation::Untagged,
    }
}

/// The distinct (zone, translation side) pairs, in order of appearance; 0 is neither. An interface that
/// notes sessions on arrival is a class of its own.
#[derive(Default)]
struct Contexts {
    known: BTreeMap<Class, ContextId>,
}

/// Zone, translation side, and the name of an interface that is a class of its own.
type Class = (Option<String>, Option<NatSide>, Option<String>);

impl Contexts {
    fn of(&mut self, interface: &ast::Interface, config: &Config, device: &mut Device) -> ContextId {
        let zone = interface.zone.as_ref().map(|z| z.value.clone());
        let side = interface.nat_side.as_ref().map(|s| s.value);
        let words = match side {
            Some(NatSide::Inside) => Some("nat inside"),
            Some(NatSide::Outside) => Some("nat outside"),
            None => None,
        };
        let own = inspect::opens_on_arrival(interface, config).then(|| interface.name.value.clone());
        let parts = [zone.as_ref().map(|z| format!("zone {z}")), words.map(str::to_owned), own.clone()];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if name.is_empty() {
            return ContextId(0);
        }
        *self.known.entry((zone, side, own)).or_insert_with(|| {
            device.contexts.push(Context { name });
            ContextId(u32::try_from(device.contexts.len() - 1).unwrap_or(u32::MAX))
        })
    }
}

fn tunnel(interface: &ast::Interface, config: &Config, device: &Device) -> Tunnel {
    let address = |end: &TunnelEnd| match end {
        TunnelEnd::Address(addr) => Some(*addr),
        TunnelEnd::Interface(name) => config
            .interfaces
            .iter()
            .find(|i| i.name.value == *name)
            .and_then(|i| i.addresses4.first())
            .map(|a| a.value.addr.into()),
        TunnelEnd::Other => None,
    };
    Tunnel {
        destination: interface.tunnel.destination.as_ref().and_then(address),
        source: interface.tunnel.source.as_ref().and_then(address),
        outer_vrf: vrf_id(device, interface.tunnel.vrf.as_ref().map(|v| v.value.as_str())),
        authenticated: protection(interface, config),
        span: interface.name.span,
    }
}

/// The protection of a tunnel, if every transform set of its profile authenticates.
///
/// A protected tunnel takes no packet in the clear. Source: Cisco IOS Security Configuration Guide, IPsec
/// Virtual Tunnel Interfaces; `%CRYPTO-4-RECVD_PKT_NOT_IPSEC` is what it says of such a packet.
// SOUNDNESS: a profile without transform sets has those of the release, which are not credited.
fn protection(interface: &ast::Interface, config: &Config) -> Option<Span> {
    let named = interface.tunnel.protection.as_ref()?;
    let mut profiles = config.global.ipsec_profiles.iter().filter(|(name, _)| *name == named.value);
    let (_, sets) = profiles.next().filter(|_| profiles.next().is_none())?;
    let safe = !sets.is_empty() && sets.iter().all(|s| config.global.authenticating.contains(s));
    safe.then_some(named.span)
}

/// A static ARP entry may hand the packets of a neighbour to somebody else on the segment.
fn static_arps(config: &Config, source: &SourceFile, device: &Device, marks: &mut Marks) {
    for entry in &config.global.static_arps {
        for interface in &device.interfaces {
            let holds = |l3: &sekisho_model::L3| l3.addresses.iter().any(|a| a.prefix.contains(entry.value));
            if interface.l3.as_ref().is_some_and(holds) {
                let scope = PendingScope::Interface(interface.name.clone());
                poison_at(marks, source, entry.span, scope, "static neighbour entry");
            }
        }
    }
}

/// Parents and aggregates. One that has no block of its own is added, up and empty; a sub-interface
/// of a port that is shut down is down as well.
fn relations(config: &Config, device: &mut Device) {
    for interface in &config.interfaces {
        let name = &interface.name.value;
        if interface.kind == InterfaceKind::Subinterface
            && let Some(parent) = names::parent(name)
        {
            let parent = implied(device, parent, interface.name.span);
            let down = device.interface(parent).filter(|p| !p.is_up()).and_then(|p| p.admin_span);
            if let Some(lowered) = find(device, name) {
                lowered.parent = Some(parent);
                if let Some(span) = down {
                    lowered.admin = AdminState::Down;
                    lowered.admin_span.get_or_insert(span);
                }
            }
        }
        if let Some(group) = &interface.channel_group {
            let aggregate = implied(device, &format!("Port-channel{}", group.value), group.span);
            if let Some(lowered) = find(device, name) {
                lowered.aggregate = Some(aggregate);
            }
        }
    }
}

/// The interface of a name, added when the file has no block for it.
fn implied(device: &mut Device, name: &str, span: Span) -> InterfaceId {
    if let Some((id, _)) = device.interface_ids().find(|(_, i)| i.name == name) {
        return id;
    }
    let kind = names::canonical(name).map_or(InterfaceKind::Other, |(_, kind)| kind);
    device.interfaces.push(Interface::new(name.to_owned(), kind, span));
    InterfaceId(u32::try_from(device.interfaces.len() - 1).unwrap_or(u32::MAX))
}
