//! Sets of addresses as pairs (must, may).
//!
//! Negation and exclusion swap the two: what a negated set must hold is what the set may not hold.

use sekisho_net::{Family, FieldSet, Wildcard};

use crate::common::cube::{Ranges, minus, normal};

/// Bit patterns with more runs than this are not written as ranges.
const MANY: u32 = 10;

/// Addresses: disjoint sorted ranges, and bit patterns that are no ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values {
    ranges: Ranges,
    /// Value and the bits that must match.
    masks: Vec<(u128, u128)>,
}

/// On which side a difference errs that cannot be written.
#[derive(Clone, Copy)]
enum Side {
    Large,
    Small,
}

impl Values {
    /// An inclusive range.
    pub(crate) fn range(lo: u128, hi: u128) -> Self {
        Self { ranges: normal(vec![(lo, hi)]), masks: Vec::new() }
    }

    /// Every address.
    pub(crate) fn all(family: Family) -> Self {
        Self::range(0, family.max_addr())
    }

    /// Addresses of a bit pattern.
    pub(crate) fn wildcard(wildcard: Wildcard) -> Self {
        if let Some(prefix) = wildcard.as_prefix() {
            return Self::range(prefix.first(), prefix.last());
        }
        match wildcard.to_field_set() {
            FieldSet::Mask { value, care } => Self { ranges: Vec::new(), masks: vec![(value, care)] },
            _ => Self::all(wildcard.family()),
        }
    }

    /// No address.
    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.masks.is_empty()
    }

    /// Every address.
    pub(crate) fn is_all(&self, family: Family) -> bool {
        self.ranges == [(0, family.max_addr())]
    }

    /// As sets of one field, whose union it is.
    pub(crate) fn field_sets(&self, family: Family) -> Vec<FieldSet> {
        if self.is_all(family) {
            return vec![FieldSet::Any];
        }
        let ranges = (!self.ranges.is_empty()).then(|| FieldSet::Ranges(self.ranges.clone()));
        ranges
            .into_iter()
            .chain(self.masks.iter().map(|&(value, care)| FieldSet::mask(value, care)))
            .collect()
    }

    /// The union of many.
    pub(crate) fn union<'v>(all: impl IntoIterator<Item = &'v Values>) -> Self {
        let (mut ranges, mut masks) = (Vec::new(), Vec::new());
        for values in all {
            ranges.extend(&values.ranges);
            masks.extend(&values.masks);
        }
        masks.sort_unstable();
        masks.dedup();
        Self { ranges: normal(ranges), masks }
    }

    fn minus(&self, take: &Values, family: Family, side: Side) -> Self {
        let mut taken = take.ranges.clone();
        for &(value, care) in &take.masks {
            match (expand(value, care, family), side) {
                (Some(ranges), _) => taken.extend(ranges),
                // SOUNDNESS: too much stays.
                (None, Side::Large) => {}
                // SOUNDNESS: too much goes.
                (None, Side::Small) => taken.push((value, value | (family.max_addr() & !care))),
            }
        }
        let taken = normal(taken);
        if taken.is_empty() {
            return self.clone();
        }
        let (mut from, mut masks) = (self.ranges.clone(), Vec::new());
        for &(value, care) in &self.masks {
            match (expand(value, care, family), side) {
                (Some(ranges), _) => from.extend(ranges),
                (None, Side::Large) => masks.push((value, care)),
                (None, Side::Small) => {}
            }
        }
        Self { ranges: minus(&normal(from), &taken), masks }
    }

    #[cfg(test)]
    pub(crate) fn contains(&self, x: u128) -> bool {
        self.ranges.iter().any(|&(lo, hi)| lo <= x && x <= hi)
            || self.masks.iter().any(|&(value, care)| x & care == value)
    }
}

/// A bit pattern as ranges, unless there are too many of them.
fn expand(value: u128, care: u128, family: Family) -> Option<Ranges> {
    let free = family.max_addr() & !care;
    let low = free.trailing_ones();
    let run = if low == 128 { u128::MAX } else { (1 << low) - 1 };
    let high = free & !run;
    if high.count_ones() > MANY {
        return None;
    }
    let mut out = Vec::new();
    // All subsets of the free bits above the low run, by counting within them.
    let mut subset: u128 = 0;
    loop {
        let lo = value | subset;
        out.push((lo, lo | run));
        subset = subset.wrapping_sub(high) & high;
        if subset == 0 {
            return Some(out);
        }
    }
}

/// What a name stands for: addresses that it must and may hold, must within may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddressSet {
    /// In every world.
    pub must: Values,
    /// In some world.
    pub may: Values,
}

impl AddressSet {
    /// Exactly these.
    pub(crate) fn exact(values: Values) -> Self {
        Self { must: values.clone(), may: values }
    }

    /// At most these.
    pub(crate) fn at_most(values: Values) -> Self {
        Self { must: Values::default(), may: values }
    }

    /// Anything or nothing.
    pub(crate) fn unknown(family: Family) -> Self {
        Self::at_most(Values::all(family))
    }

    /// The union of many.
    pub(crate) fn union<'s>(all: impl IntoIterator<Item = &'s AddressSet> + Clone) -> Self {
        Self {
            must: Values::union(all.clone().into_iter().map(|s| &s.must)),
            may: Values::union(all.into_iter().map(|s| &s.may)),
        }
    }

    /// Without the others.
    pub(crate) fn without(&self, take: &AddressSet, family: Family) -> Self {
        Self {
            must: self.must.minus(&take.may, family, Side::Small),
            may: self.may.minus(&take.must, family, Side::Large),
        }
    }

    /// Everything else.
    pub(crate) fn negated(&self, family: Family) -> Self {
        Self::exact(Values::all(family)).without(self, family)
    }

    /// Whether must equals may.
    pub(crate) fn is_exact(&self) -> bool {
        self.must == self.may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(value: u128, care: u128) -> Values {
        Values::wildcard(Wildcard::new(Family::V4, value, care))
    }

    #[test]
    fn patterns_become_all_their_ranges() {
        // 10.0-255.5.0/24: the second octet is free.
        let (value, care) = (0x0a00_0500, 0xff00_ff00);
        let ranges = expand(value, care, Family::V4).unwrap();
        assert_eq!(ranges.len(), 256);
        assert!(ranges.contains(&(0x0a07_0500, 0x0a07_05ff)));
        assert_eq!(expand(1, 1, Family::V4), None);
        assert_eq!(expand(0, 0, Family::V6), Some(vec![(0, u128::MAX)]));
    }

    #[test]
    fn a_difference_errs_on_the_right_side() {
        let odd = AddressSet::exact(mask(1, 1));
        let rest = odd.negated(Family::V4);
        for x in [0u128, 1, 7, 1000] {
            let inside = x % 2 == 0;
            assert!(!inside || rest.may.contains(x));
            assert!(inside || !rest.must.contains(x));
        }
        let few = AddressSet::exact(mask(0x0a00_0500, 0xff00_ff00));
        let rest = few.negated(Family::V4);
        assert!(rest.is_exact());
        assert!(!rest.may.contains(0x0a09_0507) && rest.must.contains(0x0a09_0607));
    }
}
