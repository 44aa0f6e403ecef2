//! Sets of headers as lists of blocks: one interval per field.
//!
//! A cube of the plain network may hold several ranges or a bit pattern per field. On the side of what may
//! pass it is widened to blocks that hold it ([`outer`]), on the side of what certainly stops it is narrowed
//! to blocks inside it ([`inner`]). Both are exact unless a pattern falls into too many ranges.

use std::net::IpAddr;

use sekisho_plain::Family;
use sekisho_plain::address::number;
use sekisho_plain::format::{Cube, Predicate, Values};

/// Fields of a header, in the order of a block.
pub const FIELDS: usize = 12;
/// Destination address.
pub const DST: usize = 0;
/// Protocol.
pub const PROTO: usize = 1;
/// Destination port.
pub const DPORT: usize = 2;
/// Source port.
pub const SPORT: usize = 3;
/// TCP flags.
pub const FLAGS: usize = 4;
/// ICMP type.
pub const ICMP_TYPE: usize = 5;
/// ICMP code.
pub const ICMP_CODE: usize = 6;
/// 0: whole or first fragment; 1: later fragment.
pub const FRAGMENT: usize = 7;
/// What a device writes on a packet for its own later stages.
pub const MARK: usize = 8;
/// 1: the source has been translated.
pub const TRANSLATED: usize = 9;
/// Source as sent, of a translated packet.
pub const SRC0: usize = 10;
/// Source address.
pub const SRC: usize = 11;

/// Ranges into which the values of one field, and blocks into which one cube, may fall; beyond, a cube is
/// widened or narrowed.
const MOST: usize = 4096;

/// The largest value of a field.
#[must_use]
pub fn top(family: Family, field: usize) -> u128 {
    match field {
        DST | SRC | SRC0 => family.max(),
        DPORT | SPORT | MARK => 0xffff,
        FRAGMENT | TRANSLATED => 1,
        _ => 0xff,
    }
}

/// All headers whose every field lies in an inclusive range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block(pub [(u128, u128); FIELDS]);

impl Block {
    /// Every header of a family.
    #[must_use]
    pub fn full(family: Family) -> Self {
        Self(std::array::from_fn(|field| (0, top(family, field))))
    }

    /// The same block with one field narrowed to a range.
    #[must_use]
    pub fn with(mut self, field: usize, range: (u128, u128)) -> Self {
        if let Some(slot) = self.0.get_mut(field) {
            *slot = range;
        }
        self
    }

    /// The range of a field.
    #[must_use]
    pub fn range(&self, field: usize) -> (u128, u128) {
        self.0.get(field).copied().unwrap_or((1, 0))
    }

    /// The headers in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let mut out = *self;
        for (slot, (lo, hi)) in out.0.iter_mut().zip(other.0) {
            *slot = (slot.0.max(lo), slot.1.min(hi));
            if slot.0 > slot.1 {
                return None;
            }
        }
        Some(out)
    }

    /// Whether the two have a header in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| a.0 <= b.1 && b.0 <= a.1)
    }

    /// Whether every header of the other is in this one.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| a.0 <= b.0 && b.1 <= a.1)
    }

    /// The headers of this block outside another, as disjoint blocks.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Vec<Self> {
        if !self.meets(other) {
            return vec![*self];
        }
        let mut out = Vec::new();
        let mut rest = *self;
        for field in 0..FIELDS {
            let ((lo, hi), (cut_lo, cut_hi)) = (rest.range(field), other.range(field));
            if lo < cut_lo {
                out.push(rest.with(field, (lo, cut_lo - 1)));
            }
            if cut_hi < hi {
                out.push(rest.with(field, (cut_hi + 1, hi)));
            }
            rest = rest.with(field, (lo.max(cut_lo), hi.min(cut_hi)));
        }
        out
    }
}

/// How many blocks may still be made; the check gives up when none are left.
#[derive(Debug)]
pub struct Budget(pub u64);

/// The check was given up: no more blocks may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the budget of the check is used up")]
pub struct Spent;

impl Budget {
    pub(crate) fn take(&mut self, n: usize) -> Result<(), Spent> {
        self.0 = self.0.checked_sub(n as u64 + 1).ok_or(Spent)?;
        Ok(())
    }
}

/// The headers of a block outside all the others, as disjoint blocks.
///
/// # Errors
/// [`Spent`] when the budget is used up.
pub fn outside(block: &Block, others: &[Block], budget: &mut Budget) -> Result<Vec<Block>, Spent> {
    let mut left = vec![*block];
    for other in others.iter().filter(|o| o.meets(block)) {
        if left.is_empty() {
            break;
        }
        left = left.iter().flat_map(|b| b.minus(other)).collect();
        budget.take(left.len())?;
    }
    Ok(left)
}

/// A header of a block that lies in none of the others, if there is one.
///
/// # Errors
/// [`Spent`] when the budget is used up.
pub fn uncovered<'a>(
    block: &Block,
    others: impl Iterator<Item = &'a Block> + Clone,
    budget: &mut Budget,
) -> Result<Option<Block>, Spent> {
    budget.take(1)?;
    let mut rest = others;
    while let Some(other) = rest.next() {
        if other.holds(block) {
            return Ok(None);
        }
        if other.meets(block) {
            for piece in block.minus(other) {
                // Those before `other` do not meet the block at all.
                if let Some(found) = uncovered(&piece, rest.clone(), budget)? {
                    return Ok(Some(found));
                }
            }
            return Ok(None);
        }
    }
    Ok(Some(*block))
}

/// Blocks that together hold every header that may match.
#[must_use]
pub fn outer(predicate: &Predicate, family: Family) -> Vec<Block> {
    predicate.may.iter().flat_map(|cube| blocks(cube, family, true)).collect()
}

/// Blocks of headers that certainly match.
#[must_use]
pub fn inner(predicate: &Predicate, family: Family) -> Vec<Block> {
    let must = predicate.must.as_ref().unwrap_or(&predicate.may);
    must.iter().flat_map(|cube| blocks(cube, family, false)).collect()
}

/// The blocks of a cube: around it, or inside it.
#[must_use]
pub fn blocks(cube: &Cube, family: Family, around: bool) -> Vec<Block> {
    let mut out = vec![Block::full(family)];
    for field in 0..FIELDS {
        let Some(mut ranges) = ranges(cube, family, field, around) else { continue };
        if out.len().saturating_mul(ranges.len()) > MOST {
            if !around {
                return Vec::new();
            }
            let hull = ranges.iter().fold((u128::MAX, 0), |h, r| (h.0.min(r.0), h.1.max(r.1)));
            ranges = vec![hull];
        }
        let narrowed = |b: &Block| ranges.iter().map(|r| b.with(field, *r)).collect::<Vec<_>>();
        out = out.iter().flat_map(narrowed).collect();
    }
    out
}

/// The values of a field of a cube; `None` for any value.
fn ranges(cube: &Cube, family: Family, field: usize, around: bool) -> Option<Vec<(u128, u128)>> {
    let max = top(family, field);
    let address = |values: &Option<Values<IpAddr>>| {
        let of = |a: &IpAddr| (Family::of(*a) == family).then(|| number(*a));
        values.as_ref().map(|v| match v {
            Values::Ranges(r) => r.iter().filter_map(|(lo, hi)| Some((of(lo)?, of(hi)?))).collect(),
            Values::Mask { value, care } => match (of(value), of(care)) {
                (Some(value), Some(care)) => masked(value, care, max, around),
                _ => Vec::new(),
            },
        })
    };
    let small = |values: &Option<Values<u16>>| {
        values.as_ref().map(|v| match v {
            Values::Ranges(r) => r.iter().map(|&(lo, hi)| (lo.into(), hi.into())).collect(),
            Values::Mask { value, care } => masked((*value).into(), (*care).into(), max, around),
        })
    };
    let all: Option<Vec<(u128, u128)>> = match field {
        DST => address(&cube.dst),
        PROTO => small(&cube.proto),
        DPORT => small(&cube.dport),
        SPORT => small(&cube.sport),
        FLAGS => small(&cube.flags),
        ICMP_TYPE => small(&cube.icmp_type),
        ICMP_CODE => small(&cube.icmp_code),
        FRAGMENT => small(&cube.fragment),
        MARK => small(&cube.mark),
        TRANSLATED => small(&cube.translated),
        SRC0 => address(&cube.src0),
        _ => address(&cube.src),
    };
    all.map(|ranges| {
        ranges
            .into_iter()
            .filter(|(lo, hi)| lo <= hi && *lo <= max)
            .map(|(lo, hi)| (lo, hi.min(max)))
            .collect()
    })
}

/// The values that equal `value` on the bits of `care`, as ranges.
pub(crate) fn masked(value: u128, care: u128, max: u128, around: bool) -> Vec<(u128, u128)> {
    let (value, care) = (value & care & max, care & max);
    // The free bits below the lowest bit that matters make a run; those above make copies of it.
    let low = if care == 0 { max } else { (1u128 << care.trailing_zeros()) - 1 };
    let copies = max & !care & !low;
    if copies.count_ones() > 8 {
        return if around { vec![(value, value | (max & !care))] } else { Vec::new() };
    }
    let mut out = Vec::new();
    let mut copy = 0;
    loop {
        out.push((value | copy, value | copy | low));
        copy = copy.wrapping_sub(copies) & copies;
        if copy == 0 {
            return out;
        }
    }
}
