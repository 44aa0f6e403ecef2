//! Any-routing: what a look-up may do when nothing is taken for granted about routes.
//!
//! Own addresses are delivered. Everything else that is routed at all may leave by every interface of the
//! VRF, and of the VRFs that the configuration joins with it, to any neighbour; it may be received, and it
//! may be dropped.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::address::is_unroutable;
use crate::fib::{Leg, Toward, Via, View};
use crate::format::{NextHop, Vrf};

/// Everything that a look-up may do under some routes.
pub(crate) fn look_up(view: View<'_>, vrf: usize, addr: IpAddr) -> Vec<Leg> {
    let mut out = Vec::new();
    if let Some((shared, place)) = view.own_address(vrf, addr) {
        out.push(Leg::new(Via::Local, true, Some(&place), "own address"));
        if !shared {
            return out;
        }
    }
    if is_unroutable(addr) {
        let alone = out.is_empty();
        out.extend(view.unroutable(vrf, addr).into_iter().map(|l| if alone { l } else { l.maybe() }));
        return out;
    }
    let vias = [Via::NoRoute, Via::Local].into_iter().chain(everywhere(view, vrf));
    out.extend(vias.map(|via| Leg::new(via, false, None, "by some route")));
    out
}

/// Out by every interface that some route may name, to any neighbour.
pub(crate) fn everywhere(view: View<'_>, vrf: usize) -> Vec<Via> {
    let all = joined(view, vrf).into_iter().flat_map(|v| view.interfaces(v));
    let attached = all.filter(|(_, i)| i.is_attached());
    attached.map(|(interface, _)| Via::Out { interface, target: Toward::Any }).collect()
}

/// The VRFs between which the configuration lets packets pass: by leaks, and by routes that name another
/// VRF or an interface of one.
fn joined(view: View<'_>, vrf: usize) -> BTreeSet<usize> {
    let mut out = BTreeSet::from([vrf]);
    loop {
        let tables = out.iter().filter_map(|v| view.device.vrfs.get(*v));
        let next: BTreeSet<usize> = tables.flat_map(|table| beyond(view, table)).collect();
        if next.is_subset(&out) {
            return out;
        }
        out.extend(next);
    }
}

/// The VRFs that the leaks and routes of one name.
fn beyond(view: View<'_>, table: &Vrf) -> Vec<usize> {
    let home = |interface: usize| Some(view.device.interfaces.get(interface)?.l3.as_ref()?.vrf);
    let rows = table.tables.iter().flat_map(|t| &t.rows).map(|row| row.next_hop);
    let mut out: Vec<usize> = table.leaks.iter().map(|leak| leak.from).collect();
    for next_hop in table.routes.iter().map(|route| route.next_hop).chain(rows) {
        match next_hop {
            NextHop::Via { interface, vrf, .. } => {
                out.extend(vrf.into_iter().chain(interface.and_then(home)))
            }
            NextHop::Interface(interface) => out.extend(home(interface)),
            NextHop::Discard | NextHop::Receive | NextHop::Unknown => {}
        }
    }
    out
}
