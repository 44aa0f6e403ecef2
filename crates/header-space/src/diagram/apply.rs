//! Intersection, union, difference, and the tests that build nothing.
#![expect(
    clippy::indexing_slicing,
    reason = "edge positions come from node spans; a list ends at the digit's top"
)]

use super::{Built, Diagram, Op};
use crate::Set;

/// A binary operation on sets, resolved at compile time.
pub(super) trait Combine {
    const OP: u32;
    /// The result where it needs no descent.
    fn known(a: Set, b: Set) -> Option<Set>;
    /// The result if it is the same for every right operand.
    fn absorbs_left(a: Set) -> Option<Set>;
    /// The result if it is the same for every left operand.
    fn absorbs_right(b: Set) -> Option<Set>;
    /// Operands in memory order.
    fn order(a: Set, b: Set) -> (Set, Set);
}

pub(super) struct And;
pub(super) struct Or;
pub(super) struct Diff;

impl Combine for And {
    const OP: u32 = Op::AND;
    #[inline(always)]
    fn known(a: Set, b: Set) -> Option<Set> {
        if a == b || b == Set::FULL {
            Some(a)
        } else if a == Set::EMPTY || b == Set::EMPTY {
            Some(Set::EMPTY)
        } else if a == Set::FULL {
            Some(b)
        } else {
            None
        }
    }
    #[inline(always)]
    fn absorbs_left(a: Set) -> Option<Set> {
        (a == Set::EMPTY).then_some(Set::EMPTY)
    }
    #[inline(always)]
    fn absorbs_right(b: Set) -> Option<Set> {
        (b == Set::EMPTY).then_some(Set::EMPTY)
    }
    #[inline(always)]
    fn order(a: Set, b: Set) -> (Set, Set) {
        if a > b { (b, a) } else { (a, b) }
    }
}

impl Combine for Or {
    const OP: u32 = Op::OR;
    #[inline(always)]
    fn known(a: Set, b: Set) -> Option<Set> {
        if a == b || b == Set::EMPTY {
            Some(a)
        } else if a == Set::FULL || b == Set::FULL {
            Some(Set::FULL)
        } else if a == Set::EMPTY {
            Some(b)
        } else {
            None
        }
    }
    #[inline(always)]
    fn absorbs_left(a: Set) -> Option<Set> {
        (a == Set::FULL).then_some(Set::FULL)
    }
    #[inline(always)]
    fn absorbs_right(b: Set) -> Option<Set> {
        (b == Set::FULL).then_some(Set::FULL)
    }
    #[inline(always)]
    fn order(a: Set, b: Set) -> (Set, Set) {
        if a > b { (b, a) } else { (a, b) }
    }
}

impl Combine for Diff {
    const OP: u32 = Op::DIFF;
    #[inline(always)]
    fn known(a: Set, b: Set) -> Option<Set> {
        if a == Set::EMPTY || b == Set::FULL || a == b {
            Some(Set::EMPTY)
        } else if b == Set::EMPTY {
            Some(a)
        } else {
            None
        }
    }
    #[inline(always)]
    fn absorbs_left(a: Set) -> Option<Set> {
        (a == Set::EMPTY).then_some(Set::EMPTY)
    }
    #[inline(always)]
    fn absorbs_right(b: Set) -> Option<Set> {
        (b == Set::FULL).then_some(Set::EMPTY)
    }
    #[inline(always)]
    fn order(a: Set, b: Set) -> (Set, Set) {
        (a, b)
    }
}

impl Diagram {
    pub(crate) fn and(&mut self, a: Set, b: Set) -> Built {
        self.apply::<And>(a, b)
    }

    pub(crate) fn or(&mut self, a: Set, b: Set) -> Built {
        self.apply::<Or>(a, b)
    }

    pub(crate) fn diff(&mut self, a: Set, b: Set) -> Built {
        self.apply::<Diff>(a, b)
    }

    #[inline(always)]
    fn apply<O: Combine>(&mut self, a: Set, b: Set) -> Built {
        match O::known(a, b) {
            Some(result) => Ok(result),
            None => self.descend::<O>(a, b),
        }
    }

    fn descend<O: Combine>(&mut self, a: Set, b: Set) -> Built {
        let (a, b) = O::order(a, b);
        if let Some(result) = self.recall(O::OP, a.0, b.0) {
            return Ok(Set(result));
        }
        let (left, right) = (self.node(a), self.node(b));
        let base = self.scratch.len();
        let level = left.level.min(right.level);
        if left.level == right.level {
            self.sweep::<O>(left.span(), right.span(), base)?;
        } else if left.level < right.level {
            for i in left.span() {
                let edge = self.edges[i];
                let child = self.apply::<O>(edge.child, b)?;
                self.push(base, edge.last, child);
            }
        } else {
            for j in right.span() {
                let edge = self.edges[j];
                let child = self.apply::<O>(a, edge.child)?;
                self.push(base, edge.last, child);
            }
        }
        let result = self.intern(level, base)?;
        self.remember(O::OP, a.0, b.0, result.0);
        Ok(result)
    }

    /// Walks two edge lists of one level in step; an absorbing edge skips over its partner's edges at once.
    #[inline(always)]
    fn sweep<O: Combine>(
        &mut self,
        left: std::ops::Range<usize>,
        right: std::ops::Range<usize>,
        base: usize,
    ) -> Built<()> {
        let (mut i, mut j) = (left.start, right.start);
        loop {
            let (p, q) = (self.edges[i], self.edges[j]);
            if p.last >= q.last
                && let Some(child) = O::absorbs_left(p.child)
            {
                self.push(base, p.last, child);
                i += 1;
                if i == left.end {
                    return Ok(());
                }
                j = self.seek(j, right.end, p.last);
                j += usize::from(self.edges[j].last == p.last);
                continue;
            }
            if q.last >= p.last
                && let Some(child) = O::absorbs_right(q.child)
            {
                self.push(base, q.last, child);
                j += 1;
                if j == right.end {
                    return Ok(());
                }
                i = self.seek(i, left.end, q.last);
                i += usize::from(self.edges[i].last == q.last);
                continue;
            }
            let child = self.apply::<O>(p.child, q.child)?;
            if p.last < q.last {
                self.push(base, p.last, child);
                i += 1;
            } else if p.last > q.last {
                self.push(base, q.last, child);
                j += 1;
            } else {
                self.push(base, p.last, child);
                i += 1;
                j += 1;
                if i == left.end {
                    return Ok(());
                }
            }
        }
    }

    /// First position from `from` on whose edge reaches `digit`: doubling steps, then bisection.
    #[inline(always)]
    fn seek(&self, from: usize, end: usize, digit: u32) -> usize {
        if self.edges[from].last >= digit {
            return from;
        }
        let mut low = from;
        let mut step = 1;
        while low + step < end && self.edges[low + step].last < digit {
            low += step;
            step *= 2;
        }
        let high = (low + step).min(end);
        low + 1 + self.edges[low + 1..high].partition_point(|edge| edge.last < digit)
    }

    /// Whether `a` lies within `b`; builds no node and stops at the first packet outside.
    pub(crate) fn subset(&mut self, a: Set, b: Set) -> bool {
        if a == Set::EMPTY || b == Set::FULL || a == b {
            return true;
        }
        if b == Set::EMPTY || a == Set::FULL {
            return false;
        }
        if let Some(result) = self.recall(Op::SUBSET, a.0, b.0) {
            return result == 1;
        }
        let (left, right) = (self.node(a), self.node(b));
        let result = if left.level == right.level {
            let (mut i, mut j) = (left.start as usize, right.start as usize);
            loop {
                let (p, q) = (self.edges[i], self.edges[j]);
                if p.child != Set::EMPTY && !self.subset(p.child, q.child) {
                    break false;
                }
                let last = if p.child == Set::EMPTY { p.last } else { p.last.min(q.last) };
                i += usize::from(p.last == last);
                if i == left.span().end {
                    break true;
                }
                j = self.seek(j, right.span().end, last);
                j += usize::from(self.edges[j].last == last);
            }
        } else if left.level < right.level {
            left.span().all(|i| self.subset(self.edges[i].child, b))
        } else {
            right.span().all(|j| self.subset(a, self.edges[j].child))
        };
        self.remember(Op::SUBSET, a.0, b.0, u32::from(result));
        result
    }

    /// Whether no packet is in both; builds no node and stops at the first one that is.
    pub(crate) fn disjoint(&mut self, a: Set, b: Set) -> bool {
        if a == Set::EMPTY || b == Set::EMPTY {
            return true;
        }
        if a == b || a == Set::FULL || b == Set::FULL {
            return false;
        }
        let (a, b) = And::order(a, b);
        if let Some(result) = self.recall(Op::DISJOINT, a.0, b.0) {
            return result == 1;
        }
        let (left, right) = (self.node(a), self.node(b));
        let result = if left.level == right.level {
            let (mut i, mut j) = (left.start as usize, right.start as usize);
            loop {
                let (p, q) = (self.edges[i], self.edges[j]);
                if !self.disjoint(p.child, q.child) {
                    break false;
                }
                let mut last = p.last.min(q.last);
                if p.child == Set::EMPTY {
                    last = p.last;
                } else if q.child == Set::EMPTY {
                    last = q.last;
                }
                i = self.seek(i, left.span().end, last);
                j = self.seek(j, right.span().end, last);
                i += usize::from(self.edges[i].last == last);
                j += usize::from(self.edges[j].last == last);
                if i == left.span().end || j == right.span().end {
                    break true;
                }
            }
        } else if left.level < right.level {
            left.span().all(|i| self.disjoint(self.edges[i].child, b))
        } else {
            right.span().all(|j| self.disjoint(a, self.edges[j].child))
        };
        self.remember(Op::DISJOINT, a.0, b.0, u32::from(result));
        result
    }

    /// Union of many sets: a balanced tree over the distinct operands.
    pub(crate) fn union_all(&mut self, sets: &mut Vec<Set>) -> Built {
        loop {
            sets.sort_unstable();
            sets.dedup();
            if sets.first() == Some(&Set::EMPTY) && sets.len() > 1 {
                sets.remove(0);
            }
            match sets.as_slice() {
                [] => return Ok(Set::EMPTY),
                [only] => return Ok(*only),
                // FULL has the smallest id but EMPTY's.
                [first, ..] if *first == Set::FULL => return Ok(Set::FULL),
                _ => {}
            }
            let half = sets.len() / 2;
            for pair in 0..half {
                sets[pair] = self.or(sets[2 * pair], sets[2 * pair + 1])?;
            }
            if sets.len() % 2 == 1 {
                sets[half] = sets[sets.len() - 1];
            }
            sets.truncate(sets.len().div_ceil(2));
        }
    }
}
