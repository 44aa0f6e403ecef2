//! What a translation makes of blocks of headers.
//!
//! The first translation of a source moves it into the field of the source as sent. That ties two fields
//! together, which no block can say: the image is the product, which holds more.

use std::net::IpAddr;

use sekisho_plain::address::number;
use sekisho_plain::format::{Nat, NatRule, Rewrite, Target, Values};
use sekisho_plain::{Family, Prefix};

use crate::block::{
    Block, Budget, DPORT, DST, MARK, SPORT, SRC, SRC0, Spent, TRANSLATED, inner, masked, outer, outside, top,
};

/// Everything that a table may make of some headers.
///
/// # Errors
/// [`Spent`] when the budget is used up.
pub fn image(nat: &Nat, family: Family, headers: &[Block], budget: &mut Budget) -> Result<Vec<Block>, Spent> {
    let mut out = Vec::new();
    let mut left = headers.to_vec();
    for rule in nat.rules.iter().filter(|r| r.family == family) {
        let hits = outer(&rule.matches, family);
        let hit: Vec<Block> = left.iter().flat_map(|b| hits.iter().filter_map(|h| h.meet(b))).collect();
        out.extend(hit.iter().flat_map(|b| rewritten(rule, family, *b)));
        out.extend(hit.iter().filter(|_| rule.may_skip));
        let sure = inner(&rule.matches, family);
        let mut rest = Vec::new();
        for block in &left {
            rest.extend(outside(block, &sure, budget)?);
        }
        left = rest;
    }
    out.extend(left);
    out.sort_unstable();
    out.dedup();
    Ok(out)
}

/// What the rewrites of a rule make of a block.
fn rewritten(rule: &NatRule, family: Family, block: Block) -> Vec<Block> {
    let mut blocks = vec![block];
    for rewrite in &rule.rewrites {
        let one = |b: &Block| match rewrite {
            Rewrite::Src(to) => {
                sent(family, *b).into_iter().flat_map(|b| address(family, SRC, to, b)).collect()
            }
            Rewrite::Dst(to) => address(family, DST, to, *b),
            Rewrite::Sport(to) => small(family, SPORT, to, *b),
            Rewrite::Dport(to) => small(family, DPORT, to, *b),
            Rewrite::Mark(to) => small(family, MARK, to, *b),
        };
        blocks = blocks.iter().flat_map(one).collect();
    }
    blocks
}

/// A block with the source remembered: of headers that were not translated before it becomes the source
/// as sent.
fn sent(family: Family, block: Block) -> Vec<Block> {
    let fresh = block.meet(&Block::full(family).with(TRANSLATED, (0, 0)));
    let later = block.meet(&Block::full(family).with(TRANSLATED, (1, 1)));
    let fresh = fresh.map(|b| b.with(SRC0, b.range(SRC)).with(TRANSLATED, (1, 1)));
    fresh.into_iter().chain(later).collect()
}

fn address(family: Family, field: usize, to: &Target<IpAddr>, block: Block) -> Vec<Block> {
    let any = vec![block.with(field, (0, family.max()))];
    match to {
        Target::Unknown => any,
        // An empty pool says nothing about what the device does.
        Target::OneOf(Values::Ranges(ranges)) if ranges.is_empty() => any,
        Target::OneOf(Values::Ranges(ranges)) => {
            let fits = |(lo, hi): &(IpAddr, IpAddr)| {
                let mine = Family::of(*lo) == family && Family::of(*hi) == family;
                mine.then(|| block.with(field, (number(*lo), number(*hi))))
            };
            ranges.iter().filter(|(lo, hi)| lo <= hi).filter_map(fits).collect()
        }
        Target::OneOf(Values::Mask { value, care }) => {
            let values = masked(number(*value), number(*care), family.max(), true);
            values.into_iter().map(|v| block.with(field, v)).collect()
        }
        Target::Shift { from, to } => shift(family, field, (*from, *to), block).unwrap_or(any),
    }
}

/// The same offset in another prefix; outside the prefix the field may become anything.
fn shift(family: Family, field: usize, (from, to): (Prefix, Prefix), block: Block) -> Option<Vec<Block>> {
    if from.len() != to.len() || from.family() != family || to.family() != family {
        return None;
    }
    let (lo, hi) = block.range(field);
    let (first, last) = (lo.max(from.first()), hi.min(from.last()));
    if lo < from.first() || hi > from.last() {
        return None;
    }
    let moved = |x: u128| to.first() | (x & from.host_mask());
    Some(vec![block.with(field, (moved(first), moved(last)))])
}

fn small(family: Family, field: usize, to: &Target<u16>, block: Block) -> Vec<Block> {
    let any = vec![block.with(field, (0, top(family, field)))];
    match to {
        Target::Unknown | Target::Shift { .. } => any,
        Target::OneOf(Values::Ranges(ranges)) if ranges.is_empty() => any,
        Target::OneOf(Values::Ranges(ranges)) => {
            let fits = ranges.iter().filter(|(lo, hi)| lo <= hi);
            fits.map(|&(lo, hi)| block.with(field, (lo.into(), hi.into()))).collect()
        }
        Target::OneOf(Values::Mask { value, care }) => {
            let values = masked((*value).into(), (*care).into(), top(family, field), true);
            values.into_iter().map(|v| block.with(field, v)).collect()
        }
    }
}
