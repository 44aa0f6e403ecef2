//! The table that the configuration itself states: connected prefixes and configured routes.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use sekisho_model::{AddressRole, Device, InterfaceId, InterfaceKind, NextHop, Route, VrfId};
use sekisho_net::{Family, Prefix};

use super::partition::Table;
use super::{Decision, Fib, FibRoute, Target};
use crate::topology::is_up;

/// How deep a next hop is resolved through other routes.
pub(super) const MAX_DEPTH: u32 = 8;

/// Computes the table of a VRF.
pub(super) fn table(device: &Device, vrf: VrfId, family: Family) -> Table {
    let mut out = Table { complete: true, ..Table::default() };
    connected(device, vrf, family, &mut out);
    let Some(table) = device.vrf(vrf) else { return out };
    let routes: Vec<&Route> = table.routes.iter().filter(|r| r.prefix.family() == family).collect();
    let mut groups: BTreeMap<Prefix, Vec<&Route>> = BTreeMap::new();
    for &route in &routes {
        groups.entry(route.prefix).or_default().push(route);
    }
    let mut resolver = Resolver::new(device);
    for (prefix, group) in groups {
        static_group(&mut resolver, vrf, prefix, &group, &mut out);
    }
    out.listing.sort_by_key(|r| (r.prefix, r.span));
    out
}

/// Connected prefixes of up interfaces; an interface with an unknown address may carry any prefix.
fn connected(device: &Device, vrf: VrfId, family: Family, out: &mut Table) {
    for (id, interface) in device.interface_ids().filter(|(id, _)| is_up(device, *id)) {
        let Some(l3) = interface.l3.as_ref().filter(|l3| l3.vrf == vrf) else { continue };
        if !interface.accepts(family).possible() {
            continue;
        }
        let decision = Decision::Forward { interface: id, target: Target::Destination };
        let own = l3.addresses.iter().filter(|a| Family::of(a.addr) == family && a.role == AddressRole::Own);
        for address in own {
            let group = out.base.entry(address.prefix).or_default();
            if !group.contains(&decision) && address.prefix.len() < family.bits() {
                group.push(decision);
            }
            if group.is_empty() {
                group.push(Decision::Receive);
            }
            let row = |prefix, protocol: &str| FibRoute {
                prefix,
                protocol: protocol.to_owned(),
                next_hop: None,
                interface: Some(id),
                discard: false,
                span: address.span,
            };
            out.listing.push(row(address.prefix, "connected"));
            if address.prefix.len() < family.bits() {
                out.listing.push(row(Prefix::host(address.addr), "local"));
            }
        }
        let unknown = match family {
            Family::V4 => l3.unknown_v4.is_some(),
            Family::V6 => l3.unknown_v6.is_some(),
        };
        if unknown {
            // SOUNDNESS: the unknown prefix may be longer than any route, so it counts for every destination.
            out.anything.push(Decision::Forward { interface: id, target: Target::Any });
        }
    }
}

/// Configured routes of one prefix; a connected network of an up interface beats them all.
fn static_group<'a>(
    resolver: &mut Resolver<'a>,
    vrf: VrfId,
    prefix: Prefix,
    group: &[&'a Route],
    out: &mut Table,
) {
    if out.base.contains_key(&prefix) {
        return;
    }
    let sure: Vec<Vec<Decision>> = group.iter().map(|r| resolve(resolver, vrf, r, Mode::Sure)).collect();
    let installed = group.iter().zip(&sure).filter(|(r, sure)| !r.conditional && !sure.is_empty());
    let best = installed.map(|(r, _)| r.distance).min();
    for (route, sure) in group.iter().zip(sure) {
        let base = !route.conditional && Some(route.distance) == best && !sure.is_empty();
        if base {
            let decisions = out.base.entry(prefix).or_default();
            for decision in &sure {
                if !decisions.contains(decision) {
                    decisions.push(*decision);
                }
            }
            for decision in &sure {
                out.listing.push(listed(route, *decision));
            }
        }
        for decision in resolve(resolver, vrf, route, Mode::Maybe) {
            if !(base && sure.contains(&decision)) {
                out.conditional.push((prefix, decision));
            }
        }
    }
}

fn listed(route: &Route, decision: Decision) -> FibRoute {
    let (interface, target) = match decision {
        Decision::Forward { interface, target } => (Some(interface), Some(target)),
        _ => (None, None),
    };
    let stated = match route.next_hop {
        NextHop::Via { addr, .. } => Some(addr),
        _ => None,
    };
    FibRoute {
        prefix: route.prefix,
        protocol: "static".to_owned(),
        next_hop: stated.or(match target {
            Some(Target::Address(addr)) => Some(addr),
            _ => None,
        }),
        interface,
        discard: decision == Decision::Discard,
        span: route.span,
    }
}

/// Which routes a resolution may lean on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    /// Only what is surely there, longest match.
    Sure,
    /// Every route that covers the address.
    Maybe,
}

/// Where a configured route leads; empty when it cannot be installed.
fn resolve<'a>(resolver: &mut Resolver<'a>, vrf: VrfId, route: &'a Route, mode: Mode) -> Vec<Decision> {
    let device = resolver.device;
    let usable = |id: InterfaceId| {
        is_up(device, id)
            && device.interface(id).is_some_and(|i| i.l3.is_some() && i.kind != InterfaceKind::Null)
    };
    match route.next_hop {
        NextHop::Discard => vec![Decision::Discard],
        NextHop::Receive => vec![Decision::Receive],
        NextHop::Unknown => match mode {
            Mode::Sure => Vec::new(),
            Mode::Maybe => vec![Decision::Anywhere(vrf)],
        },
        NextHop::Interface(interface) if usable(interface) => {
            vec![Decision::Forward { interface, target: Target::Destination }]
        }
        NextHop::Via { addr, interface: Some(interface), .. } if usable(interface) => {
            vec![Decision::Forward { interface, target: Target::Address(addr) }]
        }
        NextHop::Interface(_) | NextHop::Via { interface: Some(_), .. } => Vec::new(),
        NextHop::Via { addr, interface: None, vrf: other } => {
            // SOUNDNESS: of routes that lean on each other nobody knows which one is there first, so that none hides
            // a shorter one.
            resolver.settles = mode == Mode::Sure || !leans_on_itself(device, vrf, route);
            resolver.next_hop(other.unwrap_or(vrf), addr, Some(route), mode, MAX_DEPTH)
        }
    }
}

/// Resolves next hops of a device.
pub(super) struct Resolver<'a> {
    device: &'a Device,
    /// Whether a longer route that is surely there hides the shorter ones.
    settles: bool,
    /// What is known already: routes that lean on each other are met again and again.
    known: HashMap<Asked, Vec<Decision>>,
}

/// One question: VRF, address, the route whose next hop it is (which does not lead there itself; by its place in
/// memory), which routes count and whether longer ones hide shorter ones, and how many routes it may lean on one after another.
type Asked = (VrfId, IpAddr, Option<*const Route>, (Mode, bool), u32);

impl<'a> Resolver<'a> {
    /// A resolver in which longer routes hide shorter ones.
    pub(super) fn new(device: &'a Device) -> Self {
        Self { device, settles: true, known: HashMap::new() }
    }

    /// Resolves the address of a next hop by connected prefixes, else through other routes; what may be
    /// includes the VRFs that leak into this one.
    pub(super) fn next_hop(
        &mut self,
        vrf: VrfId,
        addr: IpAddr,
        through: Option<&'a Route>,
        mode: Mode,
        depth: u32,
    ) -> Vec<Decision> {
        let asked = (vrf, addr, through.map(std::ptr::from_ref), (mode, self.settles), depth);
        if let Some(known) = self.known.get(&asked) {
            return known.clone();
        }
        let mut out = Vec::new();
        if mode == Mode::Maybe {
            for other in Fib::leak_closure(self.device, vrf).into_iter().skip(1) {
                self.resolve_in(other, addr, through, mode, depth, &mut out);
            }
        }
        self.resolve_in(vrf, addr, through, mode, depth, &mut out);
        out.sort();
        out.dedup();
        self.known.insert(asked, out.clone());
        out
    }

    /// Resolves the address of a next hop in one VRF alone.
    fn resolve_in(
        &mut self,
        vrf: VrfId,
        addr: IpAddr,
        through: Option<&'a Route>,
        mode: Mode,
        depth: u32,
        out: &mut Vec<Decision>,
    ) {
        let on_link = connected_to(self.device, vrf, addr);
        if !on_link.is_empty() {
            let target = Target::Address(addr);
            out.extend(on_link.into_iter().map(|interface| Decision::Forward { interface, target }));
            return;
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        let Some(table) = self.device.vrf(vrf) else { return };
        let mut covering: Vec<&'a Route> = table
            .routes
            .iter()
            .filter(|r| r.prefix.contains(addr) && through.is_none_or(|t| !std::ptr::eq(t, *r)))
            .filter(|r| mode == Mode::Maybe || !r.conditional)
            .collect();
        covering.sort_by_key(|r| (std::cmp::Reverse(r.prefix.len()), r.distance));
        // The longest match that is surely there hides the shorter ones; one that cannot be installed does not.
        while let Some(first) = covering.first() {
            let (len, distance) = (first.prefix.len(), first.distance);
            let before = out.len();
            let mut settled = false;
            for route in covering.iter().filter(|r| r.prefix.len() == len) {
                if mode == Mode::Sure && route.distance != distance {
                    continue;
                }
                out.extend(self.through_route(vrf, addr, route, mode, depth));
                let surely = self.through_route(vrf, addr, route, Mode::Sure, depth);
                settled |= self.settles && !route.conditional && !surely.is_empty();
            }
            if settled || (mode == Mode::Sure && out.len() == before) {
                return;
            }
            covering.retain(|r| r.prefix.len() < len);
        }
    }

    /// Where one configured route leads for a next hop that it covers.
    fn through_route(
        &mut self,
        vrf: VrfId,
        addr: IpAddr,
        route: &'a Route,
        mode: Mode,
        depth: u32,
    ) -> Vec<Decision> {
        match route.next_hop {
            NextHop::Discard => vec![Decision::Discard],
            NextHop::Unknown if mode == Mode::Maybe => vec![Decision::Anywhere(vrf)],
            NextHop::Interface(interface) if is_up(self.device, interface) => {
                vec![Decision::Forward { interface, target: Target::Address(addr) }]
            }
            NextHop::Via { addr, interface: Some(interface), .. } if is_up(self.device, interface) => {
                vec![Decision::Forward { interface, target: Target::Address(addr) }]
            }
            NextHop::Via { addr, interface: None, vrf: other } => {
                self.next_hop(other.unwrap_or(vrf), addr, Some(route), mode, depth)
            }
            NextHop::Receive
            | NextHop::Unknown
            | NextHop::Interface(_)
            | NextHop::Via { interface: Some(_), .. } => Vec::new(),
        }
    }
}

/// Whether a route is among those that its own next hop may be resolved through.
fn leans_on_itself(device: &Device, vrf: VrfId, route: &Route) -> bool {
    let mut seen: Vec<&Route> = Vec::new();
    let mut open = vec![(vrf, route)];
    while let Some((vrf, at)) = open.pop() {
        let NextHop::Via { addr, interface: None, vrf: other } = at.next_hop else { continue };
        for vrf in Fib::leak_closure(device, other.unwrap_or(vrf)) {
            if !connected_to(device, vrf, addr).is_empty() {
                continue;
            }
            let routes = device.vrf(vrf).map_or(&[][..], |table| table.routes.as_slice());
            for next in routes.iter().filter(|r| r.prefix.contains(addr)) {
                if std::ptr::eq(next, route) && !std::ptr::eq(at, route) {
                    return true;
                }
                if !seen.iter().any(|known| std::ptr::eq(*known, next)) {
                    seen.push(next);
                    open.push((vrf, next));
                }
            }
        }
    }
    false
}

/// Up interfaces of the VRF whose longest connected prefix holds the address.
pub(super) fn connected_to(device: &Device, vrf: VrfId, addr: IpAddr) -> Vec<InterfaceId> {
    let mut best = 0;
    let mut out = Vec::new();
    for (id, interface) in device.interface_ids().filter(|(id, _)| is_up(device, *id)) {
        let Some(l3) = interface.l3.as_ref().filter(|l3| l3.vrf == vrf) else { continue };
        for address in l3.addresses.iter().filter(|a| a.role == AddressRole::Own && a.prefix.contains(addr)) {
            let len = address.prefix.len() + 1;
            if len > best {
                out.clear();
                best = len;
            }
            if len == best && !out.contains(&id) {
                out.push(id);
            }
        }
    }
    out
}
