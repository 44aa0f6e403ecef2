//! The part of a drawn network that speaks IPv4, and the same in IPv6: `10.A.B.C` becomes `2001:db8:A:B::C`
//! (A and B as one number), a /24 a /64.

use std::net::IpAddr;

use sekisho_model::{
    Action, Device, NextHop, PolicyRouteAction, Predicate, Rewrite, RuleList, Scope, Stage, Target, Tri,
};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, Prefix, addr_bits, bits_addr};

/// What is left without IPv6 and without relays, which IPv4 alone has.
pub fn without_v6(devices: &[Device]) -> Vec<Device> {
    let mut out = devices.to_vec();
    for device in &mut out {
        device.forwards_v6 = Tri::No;
        for interface in &mut device.interfaces {
            interface.relays.clear();
            for stages in [&mut interface.ingress, &mut interface.egress] {
                stages.retain(|s| !matches!(s, Stage::AntiSpoof { family: Family::V6, .. }));
            }
            let Some(l3) = &mut interface.l3 else { continue };
            l3.addresses.retain(|a| a.prefix.family() == Family::V4);
            (l3.ipv6, l3.unknown_v6) = (Tri::No, None);
        }
        for list in device.lists.iter_mut().filter(|l| l.family == Family::V6) {
            let (name, span) = (list.name.clone(), list.span);
            *list = RuleList {
                name,
                family: Family::V4,
                lines: Vec::new(),
                default: Action::Permit,
                span,
                stateful: false,
                default_opens: false,
            };
        }
        for vrf in &mut device.vrfs {
            vrf.routes.retain(|r| r.prefix.family() == Family::V4);
            vrf.unknown_routes.retain(|(family, _)| *family == Family::V4);
        }
        device.poisons.retain(|p| !matches!(p.scope, Scope::Routes(_, Family::V6)));
    }
    out
}

/// The mirror image of devices that speak IPv4 alone.
pub fn mirrored(devices: &[Device]) -> Vec<Device> {
    let mut out = devices.to_vec();
    for device in &mut out {
        (device.forwards_v6, device.forwards_v4) = (device.forwards_v4, Tri::No);
        for interface in &mut device.interfaces {
            let accepts = interface.accepts(Family::V4);
            for stages in [&mut interface.ingress, &mut interface.egress] {
                for stage in stages.iter_mut() {
                    if let Stage::AntiSpoof { family, .. } = stage {
                        *family = Family::V6;
                    }
                }
            }
            if let Some(tunnel) = &mut interface.tunnel {
                (tunnel.source, tunnel.destination) = (tunnel.source.map(addr), tunnel.destination.map(addr));
            }
            let Some(l3) = &mut interface.l3 else { continue };
            (l3.ipv6, l3.unknown_v6, l3.unknown_v4) = (accepts, l3.unknown_v4, None);
            for address in &mut l3.addresses {
                (address.addr, address.prefix) = (addr(address.addr), prefix(address.prefix));
            }
        }
        for list in &mut device.lists {
            list.family = Family::V6;
            list.lines.iter_mut().for_each(|l| predicate(&mut l.matches));
        }
        for rule in device.nats.iter_mut().flat_map(|n| &mut n.rules) {
            rule.family = Family::V6;
            predicate(&mut rule.matches);
            rule.rewrites.iter_mut().for_each(rewrite);
        }
        for entry in device.policy_routes.iter_mut().flat_map(|p| &mut p.entries) {
            entry.family = Family::V6;
            predicate(&mut entry.matches);
            match &mut entry.action {
                PolicyRouteAction::NextHops { addresses, .. }
                | PolicyRouteAction::DefaultNextHops(addresses) => {
                    addresses.iter_mut().for_each(|a| *a = addr(*a));
                }
                _ => {}
            }
        }
        for vrf in &mut device.vrfs {
            for route in &mut vrf.routes {
                route.prefix = prefix(route.prefix);
                if let NextHop::Via { addr: hop, .. } = &mut route.next_hop {
                    *hop = addr(*hop);
                }
            }
            vrf.unknown_routes.iter_mut().for_each(|(family, _)| *family = Family::V6);
        }
        for poison in &mut device.poisons {
            if let Scope::Routes(_, family) = &mut poison.scope {
                *family = Family::V6;
            }
        }
    }
    out
}

/// The mirror image of a packet.
pub fn packet(p: &Packet) -> Packet {
    let mut out = Packet::zero(Family::V6);
    for field in Field::ALL {
        out.set(field, if is_address(field) { bits(p.get(field)) } else { p.get(field) });
    }
    out
}

fn is_address(field: Field) -> bool {
    matches!(field, Field::Dst | Field::Src | Field::Src0)
}

fn bits(v4: u128) -> u128 {
    let net = if v4 >> 24 == 0x0a { 0x2001_0db8 << 96 } else { 0 };
    net | ((v4 >> 8) & 0xffff) << 64 | (v4 & 0xff)
}

fn addr(v4: IpAddr) -> IpAddr {
    bits_addr(Family::V6, bits(addr_bits(v4)))
}

fn prefix(v4: Prefix) -> Prefix {
    let len = match v4.len() {
        0 => 0,
        24 => 64,
        longer => longer + 96,
    };
    Prefix::new(bits_addr(Family::V6, bits(v4.first())), len).unwrap()
}

fn field_set(set: &FieldSet) -> FieldSet {
    match set {
        FieldSet::Any => FieldSet::Any,
        FieldSet::Ranges(ranges) => {
            let whole = |lo: u128, hi: u128| lo & 0xff == 0 && hi & 0xff == 0xff;
            let fill = |lo, hi| if whole(lo, hi) { (1 << 64) - 1 } else { 0 };
            FieldSet::Ranges(ranges.iter().map(|&(lo, hi)| (bits(lo), bits(hi) | fill(lo, hi))).collect())
        }
        FieldSet::Mask { value, care } => FieldSet::mask(bits(*value), bits(*care)),
    }
}

fn cube(cube: &Cube) -> Cube {
    let mut out = cube.clone();
    for field in Field::ALL.into_iter().filter(|f| is_address(*f)) {
        out.set(field, field_set(cube.get(field)));
    }
    out
}

fn predicate(predicate: &mut Predicate) {
    predicate.may.iter_mut().for_each(|c| *c = cube(c));
    predicate.must.iter_mut().flatten().for_each(|c| *c = cube(c));
}

fn rewrite(rewrite: &mut Rewrite) {
    match &mut rewrite.target {
        Target::OneOf(set) if is_address(rewrite.field) => *set = field_set(set),
        Target::Shift { from, to } => (*from, *to) = (prefix(*from), prefix(*to)),
        _ => {}
    }
}
