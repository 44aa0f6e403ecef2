//! The destinations of a VRF by the routes that decide about them: what can be taken for granted or not,
//! route by route.

use std::collections::BTreeMap;

use sekisho_diag::Span;
use sekisho_header_space::lpm_partition;
use sekisho_model::{Device, VrfId};
use sekisho_net::{Family, Prefix};

use super::Fib;
use crate::topology::is_up;

/// Destinations for which the same routes are the longest match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The prefix of those routes; `None` for destinations without any route.
    pub prefix: Option<Prefix>,
    /// Where they stand: routes of the configuration, connected networks, rows of exported tables.
    pub lines: Vec<Span>,
    /// The destinations, sorted disjoint ranges.
    pub ranges: Vec<(u128, u128)>,
}

/// Splits the destinations of a VRF by its routes and those that leak into it, sorted by prefix;
/// destinations without a route last.
#[must_use]
pub fn regions(device: &Device, vrf: VrfId, family: Family) -> Vec<Region> {
    let mut lines: BTreeMap<Prefix, Vec<Span>> = BTreeMap::new();
    for id in Fib::leak_closure(device, vrf) {
        for (_, interface) in device.interface_ids().filter(|(at, _)| is_up(device, *at)) {
            let l3 = interface.l3.iter().filter(|l3| l3.vrf == id);
            for address in l3.flat_map(|l3| &l3.addresses).filter(|a| a.prefix.family() == family) {
                lines.entry(address.prefix).or_default().push(address.span);
            }
        }
        let Some(table) = device.vrf(id) else { continue };
        for route in table.routes.iter().filter(|r| r.prefix.family() == family) {
            lines.entry(route.prefix).or_default().push(route.span);
        }
        for row in table.tables.iter().filter(|(f, _)| *f == family).flat_map(|(_, t)| &t.routes) {
            lines.entry(row.prefix).or_default().push(row.span);
        }
    }
    let routes: Vec<(Prefix, usize)> = lines.keys().enumerate().map(|(at, p)| (*p, at)).collect();
    let all: Vec<(Prefix, Vec<Span>)> = lines.into_iter().collect();
    let partition = lpm_partition(family, &routes);
    let mut out: Vec<Region> = partition
        .by_key
        .into_iter()
        .filter_map(|(at, ranges)| {
            let (prefix, mut lines) = all.get(at)?.clone();
            lines.sort_unstable();
            lines.dedup();
            Some(Region { prefix: Some(prefix), lines, ranges })
        })
        .collect();
    if !partition.gaps.is_empty() {
        out.push(Region { prefix: None, lines: Vec::new(), ranges: partition.gaps });
    }
    out
}
