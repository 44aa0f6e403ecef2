//! What a translation makes of blocks of headers.
//!
//! The first translation of a source moves it into the field of the source as sent. That ties two fields
//! together, which no block can say: the image is the product, which holds more. Where sources keep their
//! offset in another prefix, blocks are cut first, so that each product is small; any cut is right.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sekisho_plain::address::number;
use sekisho_plain::format::{Nat, NatRule, Rewrite, Target, Values};
use sekisho_plain::{Family, Prefix};

use crate::block::{
    Block, Budget, DPORT, DST, MARK, SPORT, SRC, SRC0, Spent, TRANSLATED, inner, masked, outer, outside, top,
};

/// Everything that a table may make of some headers. Sources that are shifted are cut at `cuts`.
///
/// # Errors
/// [`Spent`] when the budget is used up.
pub fn image(
    nat: &Nat,
    family: Family,
    headers: &[Block],
    cuts: &BTreeSet<u128>,
    budget: &mut Budget,
) -> Result<Vec<Block>, Spent> {
    let mut out = Vec::new();
    let mut left = headers.to_vec();
    for rule in nat.rules.iter().filter(|r| r.family == family) {
        let hits = outer(&rule.matches, family);
        let hit: Vec<Block> = left.iter().flat_map(|b| hits.iter().filter_map(|h| h.meet(b))).collect();
        for block in &hit {
            let made = rewritten(rule, family, *block, cuts);
            budget.take(made.len())?;
            out.extend(made);
        }
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
fn rewritten(rule: &NatRule, family: Family, block: Block, cuts: &BTreeSet<u128>) -> Vec<Block> {
    let mut blocks = vec![block];
    for rewrite in &rule.rewrites {
        let one = |b: &Block| match rewrite {
            Rewrite::Src(to) => {
                let pieces = cut(to, *b, cuts).into_iter().flat_map(|b| sent(family, b));
                pieces.flat_map(|b| address(family, SRC, to, b)).collect()
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

/// The places where a block must be cut so that a later cut on either side of a shift falls between blocks.
#[must_use]
pub fn cuts_of<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> BTreeSet<u128> {
    let ranges = blocks.into_iter().flat_map(|b| [b.range(SRC), b.range(SRC0)]);
    ranges.flat_map(|(lo, hi)| [Some(lo), hi.checked_add(1)]).flatten().collect()
}

/// A block whose source is about to be shifted, in pieces: cut where its own address or the new one is a cut.
fn cut(to: &Target<IpAddr>, block: Block, cuts: &BTreeSet<u128>) -> Vec<Block> {
    let (lo, hi) = block.range(SRC);
    let mut starts = BTreeSet::from([lo]);
    if let Target::Shift { from, to } = to {
        let own = cuts.range(from.first()..=from.last()).copied();
        let moved = cuts.range(to.first()..=to.last()).map(|c| from.first() | (c & from.host_mask()));
        starts.extend(own.chain(moved).filter(|c| lo < *c && *c <= hi));
    }
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([hi]);
    starts.iter().zip(ends).map(|(lo, hi)| block.with(SRC, (*lo, hi))).collect()
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
