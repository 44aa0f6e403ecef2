//! Tables as a device printed them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sekisho_model::{Device, InterfaceId, L3, NextHop, RouteTable, TableRoute, VrfId};
use sekisho_net::Prefix;

use super::partition::Table;
use super::{Decision, FibRoute, Target, config};
use crate::topology::is_up;

/// Computes the table of an export.
pub(super) fn table(device: &Device, vrf: VrfId, export: &RouteTable) -> Table {
    let mut out = Table { complete: export.complete, garbled: export.garbled.clone(), ..Table::default() };
    for row in &export.routes {
        let Some(decisions) = resolve(device, vrf, export, row) else {
            out.garbled.push(row.span);
            continue;
        };
        for decision in decisions {
            if row.backup || matches!(decision, Decision::Anywhere(_)) {
                out.conditional.push((row.prefix, decision));
                continue;
            }
            let group = out.base.entry(row.prefix).or_default();
            if !group.contains(&decision) {
                group.push(decision);
            }
            let (interface, next_hop) = match decision {
                Decision::Forward { interface, target: Target::Address(addr) } => {
                    (Some(interface), Some(addr))
                }
                Decision::Forward { interface, .. } => (Some(interface), None),
                Decision::Receive => (owner(device, vrf, row), None),
                _ => (None, None),
            };
            out.listing.push(FibRoute {
                prefix: row.prefix,
                protocol: row.protocol.clone(),
                next_hop: stated(row).or(next_hop),
                interface: interface.or(stated_interface(row)),
                discard: decision == Decision::Discard,
                span: row.span,
            });
        }
    }
    out.listing.sort_by_key(|r| (r.prefix, r.span));
    out
}

/// The interface that has the address of a host row.
fn owner(device: &Device, vrf: VrfId, row: &TableRoute) -> Option<InterfaceId> {
    let mut layers = device.interface_ids().filter_map(|(id, i)| Some((id, i.l3.as_ref()?)));
    let has = |id, l3: &L3| {
        let mut own = l3.addresses.iter().map(|a| Prefix::host(a.addr));
        l3.vrf == vrf && is_up(device, id) && own.any(|own| own == row.prefix)
    };
    layers.find(|(id, l3)| has(*id, l3)).map(|(id, _)| id)
}

fn stated(row: &TableRoute) -> Option<IpAddr> {
    match row.next_hop {
        NextHop::Via { addr, .. } => Some(addr),
        _ => None,
    }
}

fn stated_interface(row: &TableRoute) -> Option<InterfaceId> {
    match row.next_hop {
        NextHop::Via { interface, .. } => interface,
        NextHop::Interface(interface) => Some(interface),
        _ => None,
    }
}

/// Where a row leads; `None` when it cannot be made sense of.
fn resolve(device: &Device, vrf: VrfId, export: &RouteTable, row: &TableRoute) -> Option<Vec<Decision>> {
    let out = match row.next_hop {
        NextHop::Discard => vec![Decision::Discard],
        NextHop::Receive => vec![Decision::Receive],
        NextHop::Unknown => return None,
        NextHop::Interface(interface) => {
            usable(device, interface)?;
            vec![Decision::Forward { interface, target: Target::Destination }]
        }
        NextHop::Via { addr, interface: Some(interface), .. } => {
            usable(device, interface)?;
            vec![Decision::Forward { interface, target: Target::Address(addr) }]
        }
        NextHop::Via { addr, interface: None, vrf: other } => {
            let mut out = Vec::new();
            if other.is_some_and(|v| v != vrf) {
                out = config::Resolver::new(device).next_hop(
                    other?,
                    addr,
                    None,
                    config::Mode::Maybe,
                    config::MAX_DEPTH,
                );
            } else {
                through_rows((device, vrf, export), addr, config::MAX_DEPTH, &mut BTreeSet::new(), &mut out);
            }
            if out.is_empty() {
                return None;
            }
            out
        }
    };
    Some(out)
}

fn usable(device: &Device, interface: InterfaceId) -> Option<()> {
    (is_up(device, interface) && device.interface(interface)?.l3.is_some()).then_some(())
}

/// Resolves a next hop through the connected networks and the other rows of the table.
fn through_rows(
    (device, vrf, export): (&Device, VrfId, &RouteTable),
    addr: IpAddr,
    depth: u32,
    seen: &mut BTreeSet<(IpAddr, u32)>,
    out: &mut Vec<Decision>,
) {
    // Rows may name each other in many ways; each address counts once.
    if !seen.insert((addr, depth)) {
        return;
    }
    let on_link = config::connected_to(device, vrf, addr);
    if !on_link.is_empty() {
        let target = Target::Address(addr);
        out.extend(on_link.into_iter().map(|interface| Decision::Forward { interface, target }));
        return;
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    let covering = export.routes.iter().filter(|r| r.prefix.contains(addr) && !r.backup);
    let longest = covering.clone().map(|r| r.prefix.len()).max();
    for row in covering.filter(|r| Some(r.prefix.len()) == longest) {
        match row.next_hop {
            NextHop::Discard => out.push(Decision::Discard),
            NextHop::Interface(interface) if is_up(device, interface) => {
                out.push(Decision::Forward { interface, target: Target::Address(addr) });
            }
            NextHop::Via { addr, interface: Some(interface), .. } if is_up(device, interface) => {
                out.push(Decision::Forward { interface, target: Target::Address(addr) });
            }
            NextHop::Via { addr: next, interface: None, .. } if next != addr => {
                through_rows((device, vrf, export), next, depth, seen, out);
            }
            _ => {}
        }
    }
}
