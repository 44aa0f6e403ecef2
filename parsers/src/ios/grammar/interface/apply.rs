//! What a statement changes: a later line wins, `no` removes.

use sekisho_diag::{Span, Spanned};
use sekisho_model::{InterfaceKind, VlanSet};

use super::Statement;
use crate::ios::ast::inspect::Inspection;
use crate::ios::ast::interface::{AllowedVlans, Interface, Restriction, Switchport, Tunnel};
use crate::ios::grammar::switchport::SwitchLine;

impl Interface {
    /// An interface with no line yet.
    pub(super) fn new(name: Spanned<String>, kind: InterfaceKind) -> Self {
        Self {
            name,
            kind,
            description: None,
            shutdown: None,
            vrf: None,
            no_address: false,
            routed_port: false,
            addresses4: Vec::new(),
            unknown4: None,
            learns_default4: None,
            addresses6: Vec::new(),
            unknown6: None,
            learns_default6: None,
            ipv6_enabled: None,
            shared: Vec::new(),
            switchport: Switchport::default(),
            encapsulation: None,
            channel_group: None,
            access_groups: Vec::new(),
            rpf: Vec::new(),
            helpers: Vec::new(),
            multicast: Vec::new(),
            routing: Vec::new(),
            proxy_arp: None,
            local_proxy_arp: false,
            nat_side: None,
            zone: None,
            policy_v4: None,
            policy_v6: None,
            tunnel: Tunnel::default(),
            service_policies: Vec::new(),
            inspections: Vec::new(),
            restrictions: Vec::new(),
        }
    }
}

/// Applies a statement that stands at `span`.
pub(super) fn apply(statement: Statement, interface: &mut Interface, span: Span) {
    match statement {
        Statement::Description(text) => interface.description = text.map(|t| Spanned::new(t, span)),
        Statement::Shutdown(on) => interface.shutdown = on.then_some(span),
        Statement::Vrf(name) => interface.vrf = name.map(|n| Spanned::new(n, span)),
        Statement::Switch(line) => apply_switch(line, &mut interface.switchport, span),
        Statement::Encapsulation(tag) => interface.encapsulation = tag.map(|t| Spanned::new(t, span)),
        Statement::ChannelGroup(group) => interface.channel_group = group.map(|g| Spanned::new(g, span)),
        Statement::AccessGroup(group) => {
            interface
                .access_groups
                .retain(|g| (g.value.family, g.value.direction) != (group.family, group.direction));
            interface.access_groups.push(Spanned::new(group, span));
        }
        Statement::NoAccessGroup(family, direction) => interface
            .access_groups
            .retain(|g| g.value.family != family || direction.is_some_and(|d| g.value.direction != d)),
        Statement::Inspect(new) => {
            let slot = |i: &Inspection| (i.family, i.direction);
            interface.inspections.retain(|i| slot(&i.value) != slot(&new));
            interface.inspections.push(Spanned::new(new, span));
        }
        Statement::NoInspect(family, name, direction) => interface.inspections.retain(|i| {
            i.value.family != family
                || name.as_ref().is_some_and(|n| *n != i.value.name)
                || direction.is_some_and(|d| d != i.value.direction)
        }),
        Statement::Rpf(rpf) => {
            interface.rpf.retain(|r| r.value.family != rpf.family);
            interface.rpf.push(Spanned::new(rpf, span));
        }
        Statement::NoRpf(family) => interface.rpf.retain(|r| r.value.family != family),
        Statement::Helper(helper) => interface.helpers.push(Spanned::new(helper, span)),
        Statement::NoHelper(to) => interface.helpers.retain(|h| to.is_some_and(|a| h.value.to != a)),
        Statement::Multicast(family) => interface.multicast.push((family, span)),
        Statement::Routing(family) => interface.routing.push((family, span)),
        Statement::ProxyArp(on) => interface.proxy_arp = Some(Spanned::new(on, span)),
        Statement::LocalProxyArp(on) => interface.local_proxy_arp = on,
        Statement::NatSide(side) => interface.nat_side = Some(Spanned::new(side, span)),
        Statement::NoNatSide => interface.nat_side = None,
        Statement::Zone(name) => interface.zone = name.map(|n| Spanned::new(n, span)),
        Statement::Policy(sekisho_net::Family::V4, name) => {
            interface.policy_v4 = name.map(|n| Spanned::new(n, span));
        }
        Statement::Policy(sekisho_net::Family::V6, name) => {
            interface.policy_v6 = name.map(|n| Spanned::new(n, span));
        }
        Statement::TunnelSource(end) => interface.tunnel.source = Some(end),
        Statement::TunnelDestination(end) => interface.tunnel.destination = Some(end),
        Statement::TunnelVrf(name) => interface.tunnel.vrf = Some(Spanned::new(name, span)),
        Statement::TunnelProtection(name) => {
            interface.tunnel.protection = Some(Spanned::new(name, span));
        }
        Statement::ServicePolicy(direction, name) => {
            interface.service_policies.push(Spanned::new((direction, name), span));
        }
        Statement::Restrict(directions, why) => {
            for &direction in directions {
                interface.restrictions.push(Restriction { direction, why: why.to_owned(), span });
            }
        }
        Statement::RoutedPort => interface.routed_port = true,
        Statement::TunnelMode | Statement::Approximate(_) | Statement::Poison(_) | Statement::Ignored => {}
        other => apply_address(other, interface, span),
    }
}

fn apply_address(statement: Statement, interface: &mut Interface, span: Span) {
    match statement {
        Statement::Address4(address) => {
            // A second primary address replaces the first; the same secondary counts once.
            interface.addresses4.retain(|a| {
                if address.secondary {
                    a.value.addr != address.addr
                } else {
                    a.value.secondary && a.value.addr != address.addr
                }
            });
            interface.addresses4.push(Spanned::new(address, span));
            interface.unknown4 = None;
            interface.no_address = false;
        }
        Statement::NoAddress4(None) => {
            interface.addresses4.clear();
            interface.unknown4 = None;
            interface.learns_default4 = None;
            interface.no_address = true;
        }
        Statement::NoAddress4(Some(address)) => interface.addresses4.retain(|a| a.value.addr != address.addr),
        Statement::Unknown4 { learns_default } => {
            interface.addresses4.clear();
            interface.unknown4 = Some(span);
            if learns_default {
                interface.learns_default4 = Some(span);
            }
        }
        Statement::LearnsDefault4 => interface.learns_default4 = Some(span),
        Statement::Address6(address) if interface.addresses6.iter().all(|a| a.value != address) => {
            interface.addresses6.push(Spanned::new(address, span));
        }
        Statement::NoAddress6(None) => {
            interface.addresses6.clear();
            interface.unknown6 = None;
            interface.learns_default6 = None;
        }
        Statement::NoAddress6(Some(address)) => {
            interface.addresses6.retain(|a| (a.value.addr, a.value.len) != (address.addr, address.len))
        }
        Statement::Unknown6 { learns_default } => {
            interface.unknown6 = Some(span);
            if learns_default {
                interface.learns_default6 = Some(span);
            }
        }
        Statement::Ipv6Enable(on) => interface.ipv6_enabled = on.then_some(span),
        Statement::Shared { group, addr } => interface.shared.push(Spanned::new((group, addr), span)),
        Statement::NoShared { group, addr } => {
            interface.shared.retain(|s| s.value.0 != group || addr.is_some_and(|a| a != s.value.1))
        }
        _ => {}
    }
}

fn apply_switch(line: SwitchLine, port: &mut Switchport, span: Span) {
    match line {
        SwitchLine::Plain(on) => port.plain = Some(Spanned::new(on, span)),
        SwitchLine::Mode(mode) => port.mode = mode.map(|m| Spanned::new(m, span)),
        SwitchLine::Access(vlan) => port.access = vlan.map(|v| Spanned::new(v, span)),
        SwitchLine::Voice(vlan) => port.voice = vlan.map(|v| Spanned::new(v, span)),
        SwitchLine::Native(vlan) => port.native = vlan.map(|v| Spanned::new(v, span)),
        SwitchLine::Allowed(None) => port.allowed = None,
        SwitchLine::Allowed(Some(edit)) => {
            let mut set = port.allowed.take().map_or_else(VlanSet::all, |s| s.value);
            edit_vlans(&mut set, &edit);
            port.allowed = Some(Spanned::new(set, span));
        }
        SwitchLine::Strange(_) => port.other = Some(span),
    }
}

fn edit_vlans(set: &mut VlanSet, edit: &AllowedVlans) {
    match edit {
        AllowedVlans::Set(list) => {
            *set = VlanSet::none();
            for &(lo, hi) in list {
                set.insert(lo, hi);
            }
        }
        AllowedVlans::Add(list) => {
            for &(lo, hi) in list {
                set.insert(lo, hi);
            }
        }
        AllowedVlans::Remove(list) => {
            for &(lo, hi) in list {
                set.remove(lo, hi);
            }
        }
        AllowedVlans::Except(list) => {
            *set = VlanSet::all();
            for &(lo, hi) in list {
                set.remove(lo, hi);
            }
        }
    }
}
