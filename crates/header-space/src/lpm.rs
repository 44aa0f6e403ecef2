//! Longest-prefix match, turned inside out: for each next hop the addresses that use it.
//!
//! One sweep over the routes, sorted by address and length, with a stack of the prefixes that are open. The result
//! feeds [`crate::Manager::field_ranges`] directly; subtracting prefixes one by one would cost 50 to 100 times more.

use std::collections::BTreeMap;

use sekisho_net::{Family, Prefix};

/// The addresses of a family, by next hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LpmPartition<K> {
    /// Ascending by key; per key its inclusive ranges, ascending, disjoint and not adjacent, at least one.
    pub by_key: Vec<(K, Vec<(u128, u128)>)>,
    /// Addresses that no route covers, ascending, disjoint and not adjacent.
    pub gaps: Vec<(u128, u128)>,
}

/// Splits the addresses of a family by the longest matching route.
///
/// A key stands for everything that the route does. If a prefix occurs more than once, its last key in the order
/// given wins: routes with several next hops need one key for the set of them. Routes of the other family are passed
/// over. Keys whose routes are hidden altogether do not appear. Costs n log n.
#[must_use]
pub fn lpm_partition<K: Copy + Ord>(family: Family, routes: &[(Prefix, K)]) -> LpmPartition<K> {
    let mut sorted: Vec<(u128, u128, K)> = routes
        .iter()
        .filter(|(prefix, _)| prefix.family() == family)
        .map(|&(prefix, key)| (prefix.first(), prefix.last(), key))
        .collect();
    // Stable, so that of equal prefixes the last one given lies innermost.
    sorted.sort_by_key(|&(first, last, _)| (first, std::cmp::Reverse(last)));
    let mut sweep = Sweep { next: Some(0), by_key: BTreeMap::new(), gaps: Vec::new() };
    let mut open: Vec<(u128, K)> = Vec::new();
    for (first, last, key) in sorted {
        while let Some((end, key)) = open.pop_if(|(end, _)| *end < first) {
            sweep.give(end, Some(key));
        }
        if let Some(before) = first.checked_sub(1) {
            sweep.give(before, open.last().map(|&(_, key)| key));
        }
        open.push((last, key));
    }
    while let Some((end, key)) = open.pop() {
        sweep.give(end, Some(key));
    }
    sweep.give(family.max_addr(), None);
    LpmPartition { by_key: sweep.by_key.into_iter().collect(), gaps: sweep.gaps }
}

struct Sweep<K> {
    /// First address not given yet; `None` when all are.
    next: Option<u128>,
    by_key: BTreeMap<K, Vec<(u128, u128)>>,
    gaps: Vec<(u128, u128)>,
}

impl<K: Copy + Ord> Sweep<K> {
    /// Gives all addresses up to `end` that are left to a key or to the gaps.
    fn give(&mut self, end: u128, key: Option<K>) {
        let Some(start) = self.next.filter(|&start| start <= end) else {
            return;
        };
        self.next = end.checked_add(1);
        let ranges = match key {
            Some(key) => self.by_key.entry(key).or_default(),
            None => &mut self.gaps,
        };
        match ranges.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(start) => last.1 = end,
            _ => ranges.push((start, end)),
        }
    }
}
