//! What an edge does to packet sets: filters, translations, havoc.
//!
//! A pair (may, sure) is carried through each operation: *may* collects what passes in some world, *sure*
//! what passes in every world by some choice of the device. Sure stays within may.

use std::sync::Arc;

use sekisho_diag::Span;
use sekisho_header_space::{FoldAction, FoldDefault, FoldLine, Manager, Set, SetError};
use sekisho_model::{Action, NatTable, RuleList, Target};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, Prefix};

use super::constants::{Constants, SHIFTED};

/// Which of the two readings a computation follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reading {
    /// In some world.
    May,
    /// In every world, by some choice.
    Sure,
}

/// What may be and what surely is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// In some world.
    pub may: Set,
    /// In every world; within `may`.
    pub sure: Set,
}

impl Pair {
    /// Nothing.
    pub const EMPTY: Pair = Pair { may: Set::EMPTY, sure: Set::EMPTY };
    /// Everything, surely.
    pub const FULL: Pair = Pair { may: Set::FULL, sure: Set::FULL };
    /// Everything, perhaps.
    pub const DOUBTFUL: Pair = Pair { may: Set::FULL, sure: Set::EMPTY };

    /// Exactly this set.
    #[must_use]
    pub fn exact(set: Set) -> Self {
        Self { may: set, sure: set }
    }

    /// At most this set.
    #[must_use]
    pub fn at_most(set: Set) -> Self {
        Self { may: set, sure: Set::EMPTY }
    }

    /// One of the two sets.
    #[must_use]
    pub fn get(self, reading: Reading) -> Set {
        match reading {
            Reading::May => self.may,
            Reading::Sure => self.sure,
        }
    }
}

/// One operation of an edge.
#[derive(Clone, Debug)]
pub enum Op {
    /// Only these packets pass.
    Keep(Pair),
    /// A translation table.
    Translate(Arc<Translation>),
    /// If anything arrives, anything leaves (perhaps in the other family). Only as the single operation.
    Havoc,
    /// The field may become anything.
    Forget(Field),
    /// The field takes each of these values, which nobody else can see: the step is sure.
    Assign(Field, FieldSet),
}

impl Op {
    /// Whether both do the same to every set, of one manager; where they stand does not matter.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Keep(a), Self::Keep(b)) => a == b,
            (Self::Translate(a), Self::Translate(b)) => Arc::ptr_eq(a, b) || a.is_same(b),
            (Self::Havoc, Self::Havoc) => true,
            (Self::Forget(a), Self::Forget(b)) => a == b,
            (Self::Assign(a, values), Self::Assign(b, others)) => a == b && values == others,
            _ => false,
        }
    }
}

/// A compiled rule of a translation table.
#[derive(Clone, Debug)]
struct Rule {
    matches: Pair,
    rewrites: Vec<Rewrite>,
    may_skip: bool,
    span: Span,
}

/// The rewrite of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rewrite {
    field: Field,
    target: Target,
    /// For the shift of a large network of sources: parts, as ranges of offsets, whose sources no test tells
    /// apart. `None` when there are too many.
    parts: Option<Vec<(u128, u128)>>,
}

/// A translation table compiled for one family.
#[derive(Clone, Debug)]
pub struct Translation {
    rules: Vec<Rule>,
}

impl Translation {
    /// Compiles the rules of a family; `None` when the table has none.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub fn compile(table: &NatTable, sets: &mut Manager) -> Result<Option<Self>, SetError> {
        Self::compile_by(table, &Constants::default(), sets)
    }

    /// As [`Translation::compile`], with what later tests of sources tell apart.
    pub(super) fn compile_by(
        table: &NatTable,
        constants: &Constants,
        sets: &mut Manager,
    ) -> Result<Option<Self>, SetError> {
        let mut rules = Vec::new();
        let family = sets.family();
        for rule in table.rules.iter().filter(|r| r.family == family) {
            let may = sets.cubes(&rule.matches.may)?;
            let sure = if rule.matches.is_exact() { may } else { sets.cubes(rule.matches.must())? };
            let rewrites = rule.rewrites.iter().map(|r| Rewrite {
                field: r.field,
                target: r.target.clone(),
                parts: match r.target {
                    Target::Shift { from, to } => constants.parts(from, to),
                    Target::OneOf(_) | Target::Unknown => None,
                },
            });
            let rewrites = rewrites.collect();
            rules.push(Rule {
                matches: Pair { may, sure },
                rewrites,
                may_skip: rule.may_skip,
                span: rule.span,
            });
        }
        Ok((!rules.is_empty()).then_some(Self { rules }))
    }

    /// Whether both do the same to every set.
    fn is_same(&self, other: &Self) -> bool {
        let same = |a: &Rule, b: &Rule| {
            a.matches == b.matches && a.rewrites == b.rewrites && a.may_skip == b.may_skip
        };
        self.rules.len() == other.rules.len() && self.rules.iter().zip(&other.rules).all(|(a, b)| same(a, b))
    }

    /// For each rule the packets that it gets, then those that no rule gets.
    fn parts(&self, sets: &mut Manager, input: Set, reading: Reading) -> Result<(Vec<Set>, Set), SetError> {
        let mut left = input;
        let mut parts = Vec::new();
        let mut skipped = Vec::new();
        for rule in &self.rules {
            let (take, drop) = match reading {
                Reading::May => (rule.matches.may, rule.matches.sure),
                Reading::Sure => (rule.matches.sure, rule.matches.may),
            };
            let part = sets.and(left, take)?;
            if rule.may_skip && reading == Reading::May {
                skipped.push(part);
            }
            parts.push(part);
            left = sets.diff(left, drop)?;
        }
        skipped.push(left);
        Ok((parts, sets.union_all(skipped)?))
    }

    fn image(&self, sets: &mut Manager, input: Set, reading: Reading) -> Result<Set, SetError> {
        if input.is_empty() {
            return Ok(Set::EMPTY);
        }
        let (parts, rest) = self.parts(sets, input, reading)?;
        let mut out = vec![rest];
        for (rule, part) in self.rules.iter().zip(parts) {
            let mut part = part;
            for to in &rule.rewrites {
                part = rewrite(sets, part, to, reading)?;
            }
            out.push(part);
        }
        sets.union_all(out)
    }

    /// A packet of `input` that the table may turn (or surely can turn) into `output`, with the line of
    /// the rule that does it.
    fn source(
        &self,
        sets: &mut Manager,
        input: Set,
        output: &Packet,
        reading: Reading,
    ) -> Result<Option<(Packet, Option<Span>)>, SetError> {
        let (parts, rest) = self.parts(sets, input, reading)?;
        for (rule, part) in self.rules.iter().zip(parts) {
            for cube in before(rule, output, reading) {
                let cube = sets.cube(&cube)?;
                let candidates = sets.and(part, cube)?;
                if let Some(packet) = sets.pick(candidates) {
                    return Ok(Some((packet, Some(rule.span))));
                }
            }
        }
        Ok(sets.contains(rest, output).then_some((*output, None)))
    }
}

/// The set after one field has been rewritten.
fn rewrite(sets: &mut Manager, set: Set, to: &Rewrite, reading: Reading) -> Result<Set, SetError> {
    if set.is_empty() {
        return Ok(set);
    }
    let (field, parts) = (to.field, to.parts.as_deref());
    let values = match (&to.target, reading) {
        (Target::OneOf(values), _) => values.clone(),
        (Target::Shift { from, to }, _)
            if from.len() == to.len() && [from, to].iter().all(|p| p.family() == sets.family()) =>
        {
            return shift(sets, set, (field, parts), (*from, *to), reading);
        }
        // Prefixes that do not fit each other say nothing about the result.
        (Target::Unknown | Target::Shift { .. }, Reading::May) => FieldSet::Any,
        (Target::Unknown | Target::Shift { .. }, Reading::Sure) => return Ok(Set::EMPTY),
    };
    if field != Field::Src {
        return sets.set_field(set, field, &values);
    }
    let (first, later) = as_sent(sets, set)?;
    let both = sets.or(first, later)?;
    sets.set_field(both, Field::Src, &values)
}

/// The packets whose source is translated for the first time, with the source as sent remembered and `Src`
/// free, and the others.
fn as_sent(sets: &mut Manager, set: Set) -> Result<(Set, Set), SetError> {
    let fresh = sets.cube(&Cube::any().with(Field::Translated, FieldSet::one(0)))?;
    let first = sets.and(set, fresh)?;
    let later = sets.diff(set, fresh)?;
    let first = sets.rename_field(first, Field::Src, Field::Src0)?;
    Ok((sets.set_field(first, Field::Translated, &FieldSet::one(1))?, later))
}

/// The set after an address has moved to the same offset of another prefix. Exact for destinations, for sources
/// that were translated before, and for small prefixes. Of a large prefix of sources the parts that no test
/// tells apart move as products, and one source of each stands for what surely does.
fn shift(
    sets: &mut Manager,
    set: Set,
    (field, parts): (Field, Option<&[(u128, u128)]>),
    (from, to): (Prefix, Prefix),
    reading: Reading,
) -> Result<Set, SetError> {
    if field != Field::Src {
        return sets.shift_prefix(set, field, from, to);
    }
    let fresh = sets.cube(&Cube::any().with(Field::Translated, FieldSet::one(0)))?;
    let first = sets.and(set, fresh)?;
    let later = sets.diff(set, fresh)?;
    let mut out = vec![sets.shift_prefix(later, field, from, to)?];
    let size = from.last() - from.first();
    let one_by_one: Vec<(u128, u128)>;
    let moved: &[(u128, u128)] = match (parts, reading) {
        _ if size < SHIFTED => {
            one_by_one = (0..=size).map(|n| (n, n)).collect();
            &one_by_one
        }
        (Some(parts), Reading::May) => parts,
        // SOUNDNESS: a product holds pairs of sources that do not belong together, so it shows nothing for
        // certain; one source of it, exactly, stands for all that no test tells apart from it.
        (Some(parts), Reading::Sure) => {
            one_by_one = parts.iter().map(|part| typical(*part)).collect();
            &one_by_one
        }
        // SOUNDNESS: the product of the whole over-approximates.
        (None, Reading::May) => &[(0, size)],
        (None, Reading::Sure) => &[],
    };
    for &(lo, hi) in moved {
        let sent = FieldSet::range(from.first() + lo, from.first() + hi);
        let sent = sets.cube(&Cube::any().with(field, sent))?;
        let part = sets.and(first, sent)?;
        let (part, _) = as_sent(sets, part)?;
        out.push(sets.set_field(part, field, &FieldSet::range(to.first() + lo, to.first() + hi))?);
    }
    sets.union_all(out)
}

/// An offset of a part that reads well: the second, as the first may be the address of a network.
fn typical((lo, hi): (u128, u128)) -> (u128, u128) {
    let one = if hi - lo > 1 { lo + 1 } else { lo };
    (one, one)
}

/// Cubes of the packets that a rule may have turned into `output`.
fn before(rule: &Rule, output: &Packet, reading: Reading) -> Vec<Cube> {
    let mut cube = Cube::any();
    for field in Field::ALL {
        cube.set(field, FieldSet::one(output.get(field)));
    }
    if output.get(Field::Translated) == 0 {
        cube.set(Field::Src0, FieldSet::Any);
    }
    let mut cubes = vec![cube];
    for Rewrite { field, target, .. } in &rule.rewrites {
        let value = output.get(*field);
        let mut sent = FieldSet::Ranges(Vec::new());
        let (hit, old) = match target {
            Target::OneOf(values) => (values.contains(value), FieldSet::Any),
            Target::Unknown => (reading == Reading::May, FieldSet::Any),
            Target::Shift { from, to } => {
                let inside = (to.first()..=to.last()).contains(&value);
                let offset = value.wrapping_sub(to.first());
                // What a product made of it may have been any source of the prefix.
                if reading == Reading::May {
                    sent = FieldSet::prefix(*from);
                }
                (inside, FieldSet::one(from.first().wrapping_add(offset)))
            }
        };
        if !hit {
            return Vec::new();
        }
        let mut next = Vec::new();
        for cube in cubes {
            if *field != Field::Src {
                next.push(cube.with(*field, old.clone()));
                continue;
            }
            if output.get(Field::Translated) == 1 {
                let before = output.get(Field::Src0);
                if old.contains(before) || sent.contains(before) {
                    let first = cube.clone().with(Field::Src, FieldSet::one(before));
                    next.push(
                        first.with(Field::Translated, FieldSet::one(0)).with(Field::Src0, FieldSet::Any),
                    );
                }
                next.push(cube.with(Field::Src, old.clone()));
            }
        }
        cubes = next;
    }
    cubes
}

/// Runs the operations on a pair. Havoc is not among them; see [`is_havoc`].
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub fn apply(sets: &mut Manager, ops: &[Op], input: Pair) -> Result<Pair, SetError> {
    let mut now = input;
    for op in ops {
        if now.may.is_empty() {
            return Ok(Pair::EMPTY);
        }
        now = step(sets, op, now)?;
    }
    Ok(now)
}

fn step(sets: &mut Manager, op: &Op, now: Pair) -> Result<Pair, SetError> {
    Ok(match op {
        Op::Keep(keep) => Pair { may: sets.and(now.may, keep.may)?, sure: sets.and(now.sure, keep.sure)? },
        Op::Translate(table) => {
            let may = table.image(sets, now.may, Reading::May)?;
            let sure = table.image(sets, now.sure, Reading::Sure)?;
            Pair { may: sets.or(may, sure)?, sure }
        }
        Op::Havoc => Pair::DOUBTFUL,
        Op::Forget(field) => Pair::at_most(sets.set_field(now.may, *field, &FieldSet::Any)?),
        Op::Assign(field, values) => {
            let may = sets.set_field(now.may, *field, values)?;
            let sure = if now.sure == now.may { may } else { sets.set_field(now.sure, *field, values)? };
            Pair { may, sure }
        }
    })
}

/// Whether an edge havocs: its output does not depend on what arrives, only on whether anything does.
#[must_use]
pub fn is_havoc(ops: &[Op]) -> bool {
    matches!(ops, [Op::Havoc])
}

/// A packet of `input` that the operations turn into `output` under a reading. `None` when there is none.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub fn source(
    sets: &mut Manager,
    ops: &[Op],
    input: Set,
    output: &Packet,
    reading: Reading,
) -> Result<Option<Packet>, SetError> {
    let mut inputs = vec![input];
    let mut now = input;
    for op in ops {
        let pair = match reading {
            Reading::May => Pair::at_most(now),
            Reading::Sure => Pair::exact(now),
        };
        now = step(sets, op, pair)?.get(reading);
        inputs.push(now);
    }
    if !sets.contains(now, output) {
        return Ok(None);
    }
    let mut packet = *output;
    for (op, input) in ops.iter().zip(&inputs).rev() {
        match op {
            Op::Keep(_) => {
                if !sets.contains(*input, &packet) {
                    return Ok(None);
                }
            }
            Op::Translate(table) => match table.source(sets, *input, &packet, reading)? {
                Some((before, _)) => packet = before,
                None => return Ok(None),
            },
            Op::Assign(field, values) if !values.contains(packet.get(*field)) => return Ok(None),
            Op::Forget(field) | Op::Assign(field, _) => {
                let mut cube = Cube::any();
                for other in Field::ALL.into_iter().filter(|f| f != field) {
                    cube.set(other, FieldSet::one(packet.get(other)));
                }
                let cube = sets.cube(&cube)?;
                let candidates = sets.and(*input, cube)?;
                match sets.pick(candidates) {
                    Some(before) => packet = before,
                    None => return Ok(None),
                }
            }
            Op::Havoc => match sets.pick(*input) {
                Some(before) => packet = before,
                None => return Ok(None),
            },
        }
    }
    Ok(Some(packet))
}

/// The packets of the list's family that a list may and surely does permit: of new ones, or of those of
/// sessions that the device knows.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub fn compile_list(list: &RuleList, in_session: bool, sets: &mut Manager) -> Result<Pair, SetError> {
    let mut lines = Vec::with_capacity(list.lines.len());
    for line in &list.lines {
        let matches = line.matches_of(in_session);
        let may = sets.cubes(&matches.may)?;
        let must = if matches.is_exact() { may } else { sets.cubes(matches.must())? };
        let action = match line.action {
            Action::Permit => FoldAction::Permit,
            Action::Deny => FoldAction::Deny,
            Action::Unknown => FoldAction::Unknown,
        };
        lines.push(FoldLine { action, may, must });
    }
    let default = match list.default {
        Action::Permit => FoldDefault::Permit,
        Action::Deny => FoldDefault::Deny,
        Action::Unknown => {
            lines.push(FoldLine { action: FoldAction::Unknown, may: Set::FULL, must: Set::FULL });
            FoldDefault::Deny
        }
    };
    let folded = sets.fold_list(&lines, default)?;
    Ok(Pair { may: folded.may_permit, sure: folded.must_permit })
}

/// Every packet but martians. Source: `docs/semantics.md` section 1.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub fn ordinary(sets: &mut Manager) -> Result<Set, SetError> {
    let family = sets.family();
    let bad: &[(u128, u128)] = match family {
        Family::V4 => &[(0, 0x00ff_ffff), (0x7f00_0000, 0x7fff_ffff), (0xe000_0000, 0xffff_ffff)],
        Family::V6 => &[(0, 1), (0xfe80 << 112, (0xfec0 << 112) - 1), (0xff00 << 112, u128::MAX)],
    };
    let dst = sets.field_ranges(Field::Dst, bad)?;
    let src = sets.field_ranges(Field::Src, bad)?;
    let martians = sets.or(dst, src)?;
    sets.complement(martians)
}

/// Destinations that a route look-up never forwards: multicast, limited broadcast, IPv6 link-local.
/// The first set holds the multicast ones alone.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub fn not_unicast(sets: &mut Manager) -> Result<(Set, Set), SetError> {
    match sets.family() {
        Family::V4 => {
            let multicast = sets.field_ranges(Field::Dst, &[(0xe000_0000, 0xefff_ffff)])?;
            let broadcast = sets.field_ranges(Field::Dst, &[(0xffff_ffff, 0xffff_ffff)])?;
            Ok((multicast, sets.or(multicast, broadcast)?))
        }
        Family::V6 => {
            let multicast = sets.field_ranges(Field::Dst, &[(0xff00 << 112, u128::MAX)])?;
            let link_local = sets.field_ranges(Field::Dst, &[(0xfe80 << 112, (0xfec0 << 112) - 1)])?;
            Ok((multicast, sets.or(multicast, link_local)?))
        }
    }
}
