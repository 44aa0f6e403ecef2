//! From field sets to diagrams: ranges in one pass over the sorted list, masks digit by digit.

use std::borrow::Cow;

use sekisho_net::{Cube, Field, FieldSet};

use super::{Built, Diagram};
use crate::Set;
use crate::layout::low_mask;

/// An inclusive range of field values.
type Range = (u128, u128);

impl Diagram {
    /// The packets of a cube.
    pub(crate) fn cube(&mut self, cube: &Cube) -> Built {
        let mut set = Set::FULL;
        for &field in Field::ALL.iter().rev() {
            match cube.get(field) {
                FieldSet::Any => {}
                values => set = self.constrain(field, values, set)?,
            }
        }
        Ok(set)
    }

    /// The packets whose `field` has one of the values.
    pub(crate) fn field_values(&mut self, field: Field, values: &FieldSet) -> Built {
        self.constrain(field, values, Set::FULL)
    }

    /// `below`, which depends on fields after `field` only, limited to values of `field` in `values`.
    pub(super) fn constrain(&mut self, field: Field, values: &FieldSet, below: Set) -> Built {
        match values {
            FieldSet::Any => Ok(below),
            FieldSet::Ranges(ranges) => self.ranges(field, ranges, below),
            FieldSet::Mask { value, care } => self.mask(field, *value, *care, below),
        }
    }

    /// As [`Diagram::constrain`], for ranges; linear if they are ascending and disjoint.
    pub(crate) fn ranges(&mut self, field: Field, ranges: &[Range], below: Set) -> Built {
        let ranges = canonical(ranges, field.max(self.layout.family()));
        if ranges.is_empty() || below == Set::EMPTY {
            return Ok(Set::EMPTY);
        }
        let first = self.layout.first(field);
        if first + 1 == self.layout.end(field) {
            self.one_digit_ranges(first, &ranges, below)
        } else {
            self.digit_ranges(first, 0, &ranges, below)
        }
    }

    /// As [`Diagram::digit_ranges`], for a field of one digit.
    fn one_digit_ranges(&mut self, level: u32, ranges: &[Range], below: Set) -> Built {
        let top = self.layout.level(level).top();
        let base = self.scratch.len();
        let mut next = 0;
        for &(low, high) in ranges {
            let (low, high) = (low as u32, high as u32);
            if low > next {
                self.push(base, low - 1, Set::EMPTY);
            }
            self.push(base, high, below);
            next = high + 1;
        }
        if next <= top {
            self.push(base, top, Set::EMPTY);
        }
        self.intern(level, base)
    }

    /// The part of `ranges` within the block of values that starts at `block` and is indexed by the digit `level`.
    fn digit_ranges(&mut self, level: u32, block: u128, ranges: &[Range], below: Set) -> Built {
        let digit = self.layout.level(level);
        let end = block | low_mask(digit.width + digit.shift);
        let base = self.scratch.len();
        let mut next: u32 = 0;
        let mut rest = ranges;
        while next <= digit.top() {
            let start = block | u128::from(next) << digit.shift;
            while let Some((_, tail)) = rest.split_first().filter(|(first, _)| first.1 < start) {
                rest = tail;
            }
            let Some(&(low, high)) = rest.first().filter(|first| first.0 <= end) else {
                self.push(base, digit.top(), Set::EMPTY);
                break;
            };
            let last = start | low_mask(digit.shift);
            if low > last {
                next = ((low - block) >> digit.shift) as u32;
                self.push(base, next - 1, Set::EMPTY);
                continue;
            }
            if low <= start && high >= last {
                // The range covers this digit value, and all that end at or before `high`.
                let covered =
                    if high >= end { digit.top() } else { ((high + 1 - block) >> digit.shift) as u32 - 1 };
                self.push(base, covered, below);
                next = covered + 1;
                continue;
            }
            let overlapping = rest.partition_point(|range| range.0 <= last);
            let (inside, _) = rest.split_at(overlapping);
            let child = self.digit_ranges(level + 1, start, inside, below)?;
            self.push(base, next, child);
            next += 1;
        }
        self.intern(level, base)
    }

    /// As [`Diagram::constrain`], for a mask. A digit costs 2 to the number of its free bits above the trailing run.
    fn mask(&mut self, field: Field, value: u128, care: u128, below: Set) -> Built {
        let max = field.max(self.layout.family());
        if value & !care & max != 0 || below == Set::EMPTY {
            return Ok(Set::EMPTY);
        }
        let mut set = below;
        for level in (self.layout.first(field)..self.layout.end(field)).rev() {
            let digit = self.layout.level(level);
            let (value, care) = (digit.digit(value), digit.digit(care));
            if care == 0 {
                continue;
            }
            let free = digit.top() & !care;
            let run = low_mask(free.trailing_ones()) as u32;
            let scattered = free & !run;
            let base = self.scratch.len();
            let mut next = 0;
            let mut chosen = 0;
            loop {
                let low = value | chosen;
                if low > next {
                    self.push(base, low - 1, Set::EMPTY);
                }
                self.push(base, low | run, set);
                next = (low | run) + 1;
                if chosen == scattered {
                    break;
                }
                // Next larger subset of the scattered free bits.
                chosen = chosen.wrapping_sub(scattered) & scattered;
            }
            if next <= digit.top() {
                self.push(base, digit.top(), Set::EMPTY);
            }
            set = self.intern(level, base)?;
        }
        Ok(set)
    }
}

/// Sorted, disjoint, within the field; borrowed when the list already is.
fn canonical(ranges: &[Range], max: u128) -> Cow<'_, [Range]> {
    let valid = ranges.iter().all(|&(low, high)| low <= high && high <= max);
    let sorted = ranges.iter().zip(ranges.iter().skip(1)).all(|(a, b)| a.1 < b.0);
    if valid && sorted {
        return Cow::Borrowed(ranges);
    }
    let mut list: Vec<Range> =
        ranges.iter().filter(|r| r.0 <= r.1 && r.0 <= max).map(|r| (r.0, r.1.min(max))).collect();
    list.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(list.len());
    for (low, high) in list {
        match merged.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    Cow::Owned(merged)
}
