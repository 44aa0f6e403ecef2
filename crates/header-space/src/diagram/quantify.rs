//! Forgetting a field, overwriting it, moving one field's values into another, exchanging two fields.
#![expect(clippy::indexing_slicing, reason = "edge positions come from node spans")]

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use sekisho_net::{Field, FieldSet};

use super::{Built, Diagram, Op, TERMINAL};
use crate::Set;
use crate::layout::low_mask;

/// Numbers of the rewrites seen so far. Looked up only, never iterated.
pub(super) type Rewrites = FxHashMap<(Field, FieldSet), u32>;

/// A move of values from one field to another, and the results so far by set and level.
struct Moves {
    from: Field,
    to: Field,
    done: FxHashMap<(Set, u32), Set>,
}

impl Diagram {
    /// All packets that a packet of the set becomes when `field` is replaced by a value of `values`.
    pub(crate) fn set_field(&mut self, set: Set, field: Field, values: &FieldSet) -> Built {
        if values.is_empty() {
            return Ok(Set::EMPTY);
        }
        let op = match self.rewrites.get(&(field, values.clone())) {
            Some(&op) => op,
            None => {
                let op = Op::REWRITE + self.rewrites.len() as u32;
                self.rewrites.insert((field, values.clone()), op);
                op
            }
        };
        self.overwrite(set, field, values, op)
    }

    fn overwrite(&mut self, set: Set, field: Field, values: &FieldSet, op: u32) -> Built {
        if set == Set::EMPTY {
            return Ok(set);
        }
        let node = self.node(set);
        if node.level >= self.layout.end(field) {
            return self.constrain(field, values, set);
        }
        if let Some(result) = self.recall(op, set.0, 0) {
            return Ok(Set(result));
        }
        let result = if node.level >= self.layout.first(field) {
            let rest = self.forget(set, field)?;
            self.constrain(field, values, rest)?
        } else {
            let base = self.scratch.len();
            for i in node.span() {
                let edge = self.edges[i];
                let child = self.overwrite(edge.child, field, values, op)?;
                self.push(base, edge.last, child);
            }
            self.intern(node.level, base)?
        };
        self.remember(op, set.0, 0, result.0);
        Ok(result)
    }

    /// The union over all values of `field`, for a set whose first digit is of that field or later.
    fn forget(&mut self, set: Set, field: Field) -> Built {
        let node = self.node(set);
        if node.level >= self.layout.end(field) {
            return Ok(set);
        }
        // The set's first digit names the field, so the memory need not.
        if let Some(result) = self.recall(Op::FORGET, set.0, 0) {
            return Ok(Set(result));
        }
        let mut children: Vec<Set> = self.edges[node.span()].iter().map(|edge| edge.child).collect();
        children.sort_unstable();
        children.dedup();
        for child in &mut children {
            *child = self.forget(*child, field)?;
        }
        let result = self.union_all(&mut children)?;
        self.remember(Op::FORGET, set.0, 0, result.0);
        Ok(result)
    }

    /// Moves the values of `from` into `to`: the old values of `to` are forgotten and `from` becomes free.
    /// Both fields must have one width.
    pub(crate) fn rename_field(&mut self, set: Set, from: Field, to: Field) -> Built {
        if from == to {
            return Ok(set);
        }
        let set = self.set_field(set, to, &FieldSet::Any)?;
        if (from, to) == (Field::Src, Field::Src0) {
            // Adjacent and cut alike, and `to` is free now: the digits only change their level.
            return self.shift_levels(set);
        }
        self.substitute(set, self.layout.first(from), &mut Moves { from, to, done: FxHashMap::default() })
    }

    /// Every digit of `Src` becomes the same digit of `Src0`; the set must not depend on `Src0`.
    fn shift_levels(&mut self, set: Set) -> Built {
        let node = self.node(set);
        if node.level == TERMINAL {
            return Ok(set);
        }
        if let Some(result) = self.recall(Op::SHIFT, set.0, 0) {
            return Ok(Set(result));
        }
        let first = self.layout.first(Field::Src);
        let level = if node.level >= first {
            node.level - first + self.layout.first(Field::Src0)
        } else {
            node.level
        };
        let base = self.scratch.len();
        for i in node.span() {
            let edge = self.edges[i];
            let child = self.shift_levels(edge.child)?;
            self.push(base, edge.last, child);
        }
        let result = self.intern(level, base)?;
        self.remember(Op::SHIFT, set.0, 0, result.0);
        Ok(result)
    }

    /// Every value of `field` in the prefix `from` becomes the value at the same offset of `to`; packets
    /// outside `from` are dropped. Both prefixes have `fixed` leading bits.
    pub(crate) fn shift_prefix(&mut self, set: Set, field: Field, from: u128, to: u128, fixed: u32) -> Built {
        let bits = field.bits(self.layout.family());
        let host = low_mask(bits.saturating_sub(fixed));
        let inside = self.constrain(field, &FieldSet::range(from & !host, from | host), Set::FULL)?;
        let set = self.and(set, inside)?;
        self.move_digits(set, field, (from & !host, to & !host, host), &mut FxHashMap::default())
    }

    /// The digits of `field` with their fixed bits exchanged, for a set that has no others.
    fn move_digits(
        &mut self,
        set: Set,
        field: Field,
        (from, to, host): (u128, u128, u128),
        done: &mut FxHashMap<Set, Set>,
    ) -> Built {
        let node = self.node(set);
        if node.level >= self.layout.end(field) {
            return Ok(set);
        }
        if let Some(&result) = done.get(&set) {
            return Ok(result);
        }
        let base = self.scratch.len();
        if node.level < self.layout.first(field) {
            for i in node.span() {
                let edge = self.edges[i];
                let child = self.move_digits(edge.child, field, (from, to, host), done)?;
                self.push(base, edge.last, child);
            }
        } else {
            let place = self.layout.level(node.level);
            let (old, new, free) = (place.digit(from), place.digit(to), place.digit(host));
            if free == place.top() {
                // No fixed bit here nor below.
                return Ok(set);
            }
            if new > 0 {
                self.push(base, new - 1, Set::EMPTY);
            }
            for i in node.span() {
                let edge = self.edges[i];
                if edge.last < old {
                    continue;
                }
                let child = self.move_digits(edge.child, field, (from, to, host), done)?;
                self.push(base, new + (edge.last - old).min(free), child);
                if edge.last - old >= free {
                    break;
                }
            }
            if new + free < place.top() {
                self.push(base, place.top(), Set::EMPTY);
            }
        }
        let result = self.intern(node.level, base)?;
        done.insert(set, result);
        Ok(result)
    }

    /// Exchanges the values of two fields of one width.
    pub(crate) fn swap_fields(&mut self, set: Set, a: Field, b: Field) -> Built {
        if a == b {
            return Ok(set);
        }
        let mut moves = Moves { from: b, to: a, done: FxHashMap::default() };
        self.swap_digits(set, a, b, self.layout.first(a), &mut moves)
    }

    /// Takes the digits of `a` from `level` on off the set, and moves `b` to `a` in what is left, which is free of `a`.
    fn swap_digits(&mut self, set: Set, a: Field, b: Field, level: u32, moves: &mut Moves) -> Built {
        if set.is_constant() {
            return Ok(set);
        }
        if level == self.layout.end(a) {
            return self.substitute(set, self.layout.first(b), moves);
        }
        let mut sets = Vec::new();
        for (rest, digits) in self.split_digit(set, level)? {
            let rest = self.swap_digits(rest, a, b, level + 1, moves)?;
            let values = self.same_bits(b, level, &digits)?;
            sets.push(self.and(values, rest)?);
        }
        self.union_all(&mut sets)
    }

    /// The general move, for a set free of the target: fixes the digits of the source from `level` on, one by one, and
    /// asks the same bits of the target. Exact for every order and cut of the two fields, but it visits every distinct
    /// prefix of digit values that the set tells apart.
    fn substitute(&mut self, set: Set, level: u32, moves: &mut Moves) -> Built {
        if set.is_constant() || level == self.layout.end(moves.from) {
            return Ok(set);
        }
        if let Some(&result) = moves.done.get(&(set, level)) {
            return Ok(result);
        }
        let mut sets = Vec::new();
        for (rest, digits) in self.split_digit(set, level)? {
            let rest = self.substitute(rest, level + 1, moves)?;
            let values = self.same_bits(moves.to, level, &digits)?;
            sets.push(self.and(values, rest)?);
        }
        let result = self.union_all(&mut sets)?;
        moves.done.insert((set, level), result);
        Ok(result)
    }

    /// What is left of the set under each value of one digit, with the ranges of values that leave it.
    fn split_digit(&mut self, set: Set, level: u32) -> Built<BTreeMap<Set, Vec<(u32, u32)>>> {
        let mut parts: BTreeMap<Set, Vec<(u32, u32)>> = BTreeMap::new();
        let cuts = self.cuts(set, level);
        if cuts.is_empty() {
            parts.insert(set, vec![(0, self.layout.level(level).top())]);
        }
        let mut low = 0;
        for last in cuts {
            let rest = self.fix_digit(set, level, low, &mut FxHashMap::default())?;
            parts.entry(rest).or_default().push((low, last));
            low = last.wrapping_add(1);
        }
        Ok(parts)
    }

    /// The last values of all intervals that the set tells apart at `level`, ascending.
    fn cuts(&self, set: Set, level: u32) -> BTreeSet<u32> {
        let mut cuts = BTreeSet::new();
        let mut seen = FxHashSet::default();
        let mut open = vec![set];
        while let Some(set) = open.pop() {
            let node = self.node(set);
            if node.level > level || !seen.insert(set) {
                continue;
            }
            for edge in &self.edges[node.span()] {
                if node.level == level {
                    cuts.insert(edge.last);
                } else {
                    open.push(edge.child);
                }
            }
        }
        cuts
    }

    /// The set under a fixed value of one digit.
    fn fix_digit(&mut self, set: Set, level: u32, digit: u32, done: &mut FxHashMap<Set, Set>) -> Built {
        let node = self.node(set);
        if node.level > level {
            return Ok(set);
        }
        if node.level == level {
            return Ok(self.child(node, digit));
        }
        if let Some(&result) = done.get(&set) {
            return Ok(result);
        }
        let base = self.scratch.len();
        for i in node.span() {
            let edge = self.edges[i];
            let child = self.fix_digit(edge.child, level, digit, done)?;
            self.push(base, edge.last, child);
        }
        let result = self.intern(node.level, base)?;
        done.insert(set, result);
        Ok(result)
    }

    /// The packets whose bits of `field` at the place of the digit `level` lie in one of `digits`.
    fn same_bits(&mut self, field: Field, level: u32, digits: &[(u32, u32)]) -> Built {
        let place = self.layout.level(level);
        let mut sets = Vec::new();
        for &(low, last) in digits {
            let mut next = u64::from(low);
            while next <= u64::from(last) {
                // The widest aligned block that starts here and does not pass the end.
                let room = 63 - (u64::from(last) + 1 - next).leading_zeros();
                let bits = room.min(next.trailing_zeros()).min(place.width);
                let care = low_mask(place.width) & !low_mask(bits);
                let values = FieldSet::mask(u128::from(next) << place.shift, care << place.shift);
                sets.push(self.constrain(field, &values, Set::FULL)?);
                next += 1 << bits;
            }
        }
        self.union_all(&mut sets)
    }
}
