//! Tables to partitions of the destinations.

use std::collections::BTreeMap;

use sekisho_diag::Span;
use sekisho_header_space::lpm_partition;
use sekisho_net::{Family, Prefix};

use super::{Decision, Entry, FibRoute};

/// A table before longest-prefix match.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Routes that are surely there: of one prefix, all are used.
    pub(super) base: BTreeMap<Prefix, Vec<Decision>>,
    /// Routes that may be there.
    pub(super) conditional: Vec<(Prefix, Decision)>,
    /// What may happen to any destination, however long its match.
    pub(super) anything: Vec<Decision>,
    /// Whether a destination without a route is certainly dropped.
    pub(super) complete: bool,
    /// Rows that were not understood.
    pub(super) garbled: Vec<Span>,
    /// For the user.
    pub(super) listing: Vec<FibRoute>,
}

/// What the base decides: sure, because all members of a prefix are choices of the device.
pub(super) fn sure(family: Family, table: &Table) -> Vec<Entry> {
    let routes: Vec<(Prefix, usize)> = table.base.keys().enumerate().map(|(i, p)| (*p, i)).collect();
    let groups: Vec<&Vec<Decision>> = table.base.values().collect();
    let mut out = Vec::new();
    for (key, ranges) in lpm_partition(family, &routes).by_key {
        for &decision in groups.get(key).into_iter().copied().flatten() {
            out.push(Entry { decision, ranges: ranges.clone() });
        }
    }
    merge(out)
}

/// What may happen: the base's result, and each conditional route where no longer base route exists.
pub(super) fn maybe(family: Family, table: &Table) -> Vec<Entry> {
    let mut out = sure(family, table);
    for &(prefix, decision) in &table.conditional {
        out.push(Entry { decision, ranges: not_longer(prefix, table) });
    }
    for &decision in &table.anything {
        out.push(Entry { decision, ranges: vec![(0, family.max_addr())] });
    }
    out
}

/// The destinations of a prefix for which the base has no longer match.
fn not_longer(prefix: Prefix, table: &Table) -> Vec<(u128, u128)> {
    let mut out = Vec::new();
    let mut from = Some(prefix.first());
    let longer = table
        .base
        .range(prefix..)
        .map(|(p, _)| *p)
        .take_while(|p| p.family() == prefix.family() && p.first() <= prefix.last());
    for inner in longer.filter(|p| p.len() > prefix.len() && prefix.covers(p)) {
        let Some(start) = from else { break };
        if inner.first() > start {
            out.push((start, inner.first() - 1));
        }
        if inner.last() >= start {
            from = inner.last().checked_add(1);
        }
    }
    if let Some(start) = from.filter(|s| *s <= prefix.last()) {
        out.push((start, prefix.last()));
    }
    out
}

/// One entry per decision, its ranges sorted, joined and disjoint; empty ones left out.
pub(super) fn merge(entries: Vec<Entry>) -> Vec<Entry> {
    let mut by_decision: BTreeMap<Decision, Vec<(u128, u128)>> = BTreeMap::new();
    for entry in entries {
        by_decision.entry(entry.decision).or_default().extend(entry.ranges);
    }
    let mut out = Vec::new();
    for (decision, mut ranges) in by_decision {
        ranges.sort_unstable();
        let mut joined: Vec<(u128, u128)> = Vec::new();
        for (lo, hi) in ranges {
            match joined.last_mut() {
                Some((_, end)) if lo <= end.saturating_add(1) => *end = (*end).max(hi),
                _ => joined.push((lo, hi)),
            }
        }
        if !joined.is_empty() {
            out.push(Entry { decision, ranges: joined });
        }
    }
    out
}
