//! From configured and exported routes to what a device does with a destination address.
//!
//! [`Fib::build`] computes, per VRF and family, two partitions of the destinations: what **may** happen
//! (the union over every table that may be the truth) and what **surely** happens. The rules are those
//! of `docs/semantics.md` section 5; what they cannot know (a routing protocol without an exported
//! table, an unread row) is [`Fib::anywhere`].

mod any;
mod config;
mod doubt;
mod exported;
mod partition;
mod region;

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::{AddressRole, Device, InterfaceId, Scope, VrfId};
use sekisho_net::{Family, Prefix};

pub use any::{Routing, joined_vrfs};
pub use doubt::{Doubt, Of, Why};
pub use region::{Region, regions};

use crate::topology::is_up;

/// Whom a packet is handed to on the segment of the egress interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// The destination itself: it is on the segment.
    Destination,
    /// A next hop.
    Address(IpAddr),
    /// Some neighbour, not known which.
    Any,
}

/// What the look-up of a destination decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// Out by an interface.
    Forward {
        /// Egress interface.
        interface: InterfaceId,
        /// Neighbour.
        target: Target,
    },
    /// Dropped by a route.
    Discard,
    /// Delivered to the device.
    Receive,
    /// By any interface of a VRF to any neighbour.
    Anywhere(VrfId),
}

/// The destinations of one decision: sorted disjoint inclusive ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What happens.
    pub decision: Decision,
    /// To which destinations.
    pub ranges: Vec<(u128, u128)>,
}

/// One route of the table used, for the `routes` command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FibRoute {
    /// Destination.
    pub prefix: Prefix,
    /// `connected`, `local`, `static`, or the word of the exported table.
    pub protocol: String,
    /// Next-hop address.
    pub next_hop: Option<IpAddr>,
    /// Next-hop interface, by id.
    pub interface: Option<InterfaceId>,
    /// Whether it drops.
    pub discard: bool,
    /// Where it stands.
    pub span: Span,
}

/// What one VRF does with destinations of one family.
#[derive(Clone, Debug, Default)]
pub struct Fib {
    /// Addresses of up interfaces of the VRF.
    pub own: Vec<(IpAddr, AddressRole)>,
    /// What may happen. Ranges of different entries overlap where several things may happen.
    pub maybe: Vec<Entry>,
    /// What surely happens; ranges overlap for equal-cost paths.
    pub sure: Vec<Entry>,
    /// Why any destination may go anywhere in the VRF; empty when the routes are known.
    pub anywhere: Vec<Doubt>,
    /// The routes behind `sure`, in the order of prefixes.
    pub routes: Vec<FibRoute>,
    /// Whether `sure` rests on the config although other routes may exist.
    pub config_only: bool,
}

impl Fib {
    /// Computes the table of a VRF.
    #[must_use]
    pub fn build(device: &Device, vrf: VrfId, family: Family) -> Self {
        let mut fib = Self { own: own_addresses(device, vrf, family), ..Self::default() };
        let Some(table) = device.vrf(vrf) else { return fib };
        let config = config::table(device, vrf, family);
        let exported: Vec<_> = table
            .tables
            .iter()
            .filter(|(f, _)| *f == family)
            .map(|(_, t)| exported::table(device, vrf, t))
            .collect();
        for poison in device.poisons.iter().filter(|p| p.scope == Scope::Routes(vrf, family)) {
            fib.anywhere.push(Doubt::new(poison.span, Why::UnreadRoutes { cause: poison.why.clone() }));
        }
        if exported.is_empty() {
            for (_, span) in table.unknown_routes.iter().filter(|(f, _)| *f == family) {
                fib.anywhere.push(Doubt::new(*span, Why::NoTable { vrf: table.name.clone() }));
            }
        }
        for garbled in exported.iter().flat_map(|t| &t.garbled) {
            fib.anywhere.push(Doubt::new(*garbled, Why::GarbledRow));
        }
        // SOUNDNESS: a row that is missing may be longer than any row that is there.
        for (_, export) in table.tables.iter().filter(|(f, t)| *f == family && !t.complete) {
            let first = export.routes.first().map(|r| r.span);
            fib.anywhere.push(Doubt::new(first, Why::MissingRows));
        }
        let mut maybe = partition::maybe(family, &config);
        for one in &exported {
            maybe.extend(partition::maybe(family, one));
        }
        let chosen = match exported.as_slice() {
            [] => Some(&config),
            [one] if one.complete && one.garbled.is_empty() => Some(one),
            [_] => Some(&config),
            _ => None,
        };
        fib.config_only = exported.is_empty() && !fib.anywhere.is_empty();
        if let Some(table) = chosen {
            fib.sure = partition::sure(family, table);
            fib.routes = table.listing.clone();
        }
        fib.maybe = partition::merge(maybe);
        fib
    }

    /// What may happen to a destination of the VRF by leaks: VRFs whose routes may appear in it.
    #[must_use]
    pub fn leak_closure(device: &Device, vrf: VrfId) -> Vec<VrfId> {
        let mut out = vec![vrf];
        let mut at = 0;
        while let Some(&next) = out.get(at) {
            for leak in device.vrf(next).into_iter().flat_map(|v| &v.leaks) {
                if !out.contains(&leak.from) {
                    out.push(leak.from);
                }
            }
            at += 1;
        }
        out
    }

    /// Where a neighbour's address leads in a VRF, as for a configured next hop, and whether it lies on a
    /// connected network.
    #[must_use]
    pub fn next_hop(device: &Device, vrf: VrfId, addr: IpAddr) -> (Vec<Decision>, bool) {
        let on_link = !config::connected_to(device, vrf, addr).is_empty();
        let mut resolver = config::Resolver::new(device);
        (resolver.next_hop(vrf, addr, None, config::Mode::Maybe, config::MAX_DEPTH), on_link)
    }

    /// Longest sure match of an address, for the `routes` command and for tests.
    pub fn sure_decisions(&self, addr: u128) -> impl Iterator<Item = Decision> + '_ {
        decisions(&self.sure, addr)
    }

    /// Everything that may happen to an address, own addresses and unknown routes left out.
    pub fn maybe_decisions(&self, addr: u128) -> impl Iterator<Item = Decision> + '_ {
        decisions(&self.maybe, addr)
    }
}

fn decisions(entries: &[Entry], addr: u128) -> impl Iterator<Item = Decision> + '_ {
    entries
        .iter()
        .filter(move |e| {
            let after = e.ranges.partition_point(|(lo, _)| *lo <= addr);
            after.checked_sub(1).and_then(|i| e.ranges.get(i)).is_some_and(|(_, hi)| addr <= *hi)
        })
        .map(|e| e.decision)
}

/// Addresses that the VRF answers for.
fn own_addresses(device: &Device, vrf: VrfId, family: Family) -> Vec<(IpAddr, AddressRole)> {
    let mut out: Vec<_> = device
        .interface_ids()
        .filter(|(id, _)| is_up(device, *id))
        .filter_map(|(_, i)| i.l3.as_ref().filter(|l3| l3.vrf == vrf))
        .flat_map(|l3| &l3.addresses)
        .filter(|a| Family::of(a.addr) == family)
        .map(|a| (a.addr, a.role))
        .collect();
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests;
