//! How a header is cut into diagram levels: field order and digit widths.
//!
//! The order of fields is [`Field::ALL`]. An address is cut into digits of 16 bits (most significant first), a
//! port is one digit, the TCP flags are eight digits of one bit, every other field is one digit. A digit that
//! would be shredded by the wildcard masks of a network is cut into 8 + 8 bits, see [`Layout::for_masks`].
//! Fields that a set does not depend on have no node, so unused fields cost nothing.
//! INVARIANT: every field owns at least one level, its levels are adjacent, and `Src` and `Src0` are cut alike.

use sekisho_net::{FIELD_COUNT, Family, Field, FieldSet};

/// Intervals of one mask within one 16-bit digit beyond which the digit is cut in two.
const MASK_INTERVALS: u64 = 1 << 10;
/// Intervals of all masks of distinct shape within one 16-bit digit beyond which the digit is cut in two.
const SHAPE_INTERVALS: u64 = 1 << 13;
/// Widest digit, bits.
const DIGIT_BITS: u32 = 16;

/// One digit of a header field: a level of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The field that the digit belongs to.
    pub field: Field,
    /// Bits of the field below the digit.
    pub shift: u32,
    /// Width in bits, 1 to 16.
    pub width: u32,
}

impl Level {
    /// Largest value of the digit.
    #[inline]
    pub(crate) fn top(self) -> u32 {
        (1 << self.width) - 1
    }

    /// The digit of a field value.
    #[inline]
    pub(crate) fn digit(self, value: u128) -> u32 {
        // No digit crosses bit 64, and 64-bit shifts are cheaper.
        let half = if self.shift < 64 { value as u64 } else { (value >> 64) as u64 };
        (half >> (self.shift & 63)) as u32 & self.top()
    }
}

/// The lowest `bits` bits set.
pub(crate) fn low_mask(bits: u32) -> u128 {
    if bits >= 128 { u128::MAX } else { (1 << bits) - 1 }
}

/// Field order and digit widths of a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    family: Family,
    levels: Vec<Level>,
    /// First level of each field, and one past the last field.
    first: [u32; FIELD_COUNT + 1],
}

impl Layout {
    /// The usual layout: 16-bit digits.
    #[must_use]
    pub fn new(family: Family) -> Self {
        Self::with_cuts(family, |_, _| false)
    }

    /// A layout with digits of 8 bits everywhere: slower on prefixes, immune to masks.
    #[must_use]
    pub fn narrow(family: Family) -> Self {
        Self::with_cuts(family, |_, _| true)
    }

    /// A layout whose digits suit the masks of a network: a 16-bit digit in which some mask would expand to more
    /// than 1,024 intervals, or all distinct masks together to more than 8,192, is cut into 8 + 8 bits.
    ///
    /// Give it every [`FieldSet::Mask`] that will be built; other sets are ignored. Costs n log n.
    #[must_use]
    pub fn for_masks<'a>(family: Family, masks: impl IntoIterator<Item = (Field, &'a FieldSet)>) -> Self {
        let mut shapes: Vec<(Field, u128)> = Vec::new();
        for (field, set) in masks {
            if let FieldSet::Mask { care, .. } = set {
                // Src0 holds old values of Src, so both must be cut alike.
                let field = if field == Field::Src0 { Field::Src } else { field };
                shapes.push((field, care & field.max(family)));
            }
        }
        shapes.sort_unstable();
        shapes.dedup();
        Self::with_cuts(family, |field, shift| {
            let field = if field == Field::Src0 { Field::Src } else { field };
            let mut total = 0;
            shapes.iter().filter(|(owner, _)| *owner == field).any(|(_, care)| {
                let expansion = expansion(care >> shift, DIGIT_BITS);
                total += expansion;
                expansion > MASK_INTERVALS || total > SHAPE_INTERVALS
            })
        })
    }

    /// Cuts every 16-bit digit for which `cut(field, shift)` holds into two.
    fn with_cuts(family: Family, cut: impl Fn(Field, u32) -> bool) -> Self {
        let mut levels = Vec::new();
        let mut first = [0; FIELD_COUNT + 1];
        for (slot, field) in first.iter_mut().zip(Field::ALL) {
            *slot = levels.len() as u32;
            let digit = if field == Field::Flags { 1 } else { DIGIT_BITS };
            let mut shift = field.bits(family);
            while shift > 0 {
                let width = shift.min(digit);
                shift -= width;
                if width == DIGIT_BITS && cut(field, shift) {
                    levels.push(Level { field, shift: shift + 8, width: 8 });
                    levels.push(Level { field, shift, width: 8 });
                } else {
                    levels.push(Level { field, shift, width });
                }
            }
        }
        if let Some(end) = first.last_mut() {
            *end = levels.len() as u32;
        }
        Self { family, levels, first }
    }

    /// Address family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Levels from the top of the diagram to its bottom.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The level of an index; indices come from nodes of the same layout.
    #[expect(clippy::indexing_slicing, reason = "a node's level comes from this layout")]
    pub(crate) fn level(&self, index: u32) -> Level {
        self.levels[index as usize]
    }

    /// First level of a field.
    #[expect(clippy::indexing_slicing, reason = "Field::index is below FIELD_COUNT by construction")]
    pub(crate) fn first(&self, field: Field) -> u32 {
        self.first[field.index()]
    }

    /// One past the last level of a field.
    #[expect(clippy::indexing_slicing, reason = "the array has FIELD_COUNT + 1 slots")]
    pub(crate) fn end(&self, field: Field) -> u32 {
        self.first[field.index() + 1]
    }
}

/// Intervals of a mask within the lowest `width` bits: 2 to the number of free bits above the trailing free run.
fn expansion(care: u128, width: u32) -> u64 {
    let free = !care & low_mask(width);
    let above = free.count_ones() - free.trailing_ones();
    1 << above
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(care: u128) -> FieldSet {
        FieldSet::mask(0, care)
    }

    #[test]
    fn usual_digits() {
        let v4 = Layout::new(Family::V4);
        assert_eq!(v4.levels().len(), 2 + 1 + 1 + 1 + 8 + 1 + 1 + 1 + 1 + 1 + 2 + 2);
        assert_eq!((v4.first(Field::Dst), v4.end(Field::Src)), (0, v4.levels().len() as u32));
        assert_eq!(Layout::new(Family::V6).levels().len(), 3 * 8 + 16);
    }

    #[test]
    fn a_shredding_mask_cuts_its_digit_only() {
        let even = mask(0xffff_0001);
        let v4 = Layout::for_masks(Family::V4, [(Field::Dst, &even)]);
        let widths =
            |field| v4.levels().iter().filter(|l| l.field == field).map(|l| l.width).collect::<Vec<_>>();
        assert_eq!(widths(Field::Dst), [16, 8, 8]);
        assert_eq!(widths(Field::Src), [16, 16]);
    }

    #[test]
    fn one_mask_may_cost_so_much() {
        // 10 and 11 free bits above a fixed one.
        let cut = |care| {
            let mask = mask(care);
            Layout::for_masks(Family::V4, [(Field::Dst, &mask)]) != Layout::new(Family::V4)
        };
        assert_eq!((cut(0xffff_f801), cut(0xffff_f001)), (false, true));
    }

    #[test]
    fn octet_masks_keep_wide_digits() {
        let octets = mask(0xff00_00ff);
        assert_eq!(Layout::for_masks(Family::V4, [(Field::Src, &octets)]), Layout::new(Family::V4));
    }

    #[test]
    fn src_and_src0_are_cut_alike() {
        let even = mask(1);
        let v6 = Layout::for_masks(Family::V6, [(Field::Src, &even)]);
        let cuts = |field| {
            v6.levels().iter().filter(|l| l.field == field).map(|l| (l.shift, l.width)).collect::<Vec<_>>()
        };
        assert_eq!(cuts(Field::Src), cuts(Field::Src0));
        assert_eq!(cuts(Field::Src).len(), 9);
    }

    #[test]
    fn many_middling_shapes_cut_too() {
        // 9 free bits above a fixed bit: 512 to 1,024 intervals each, in shapes that differ.
        let sets: Vec<FieldSet> =
            (0..14).map(|i| mask(0xffff_0001 | (1 << (1 + i)) | (0xf000 >> i))).collect();
        let layout = Layout::for_masks(Family::V4, sets.iter().map(|s| (Field::Dst, s)));
        assert_eq!(layout.levels().iter().filter(|l| l.field == Field::Dst).count(), 3);
    }
}
