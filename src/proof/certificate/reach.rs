//! The steps of the checker's plan as operations on packet sets, and what leads back to a forbidden set.
//!
//! The plan is the checker's own: places and steps that it derives from the plain network and the policy.
//! Nothing of our graph is in it. Sets are those of the checker as well: what a line may match is widened
//! to blocks and what it must match is narrowed to blocks exactly as the check does it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_checker as checker;

use sekisho_checker::{Block, Change, Entry, Plan};
use sekisho_header_space::{FoldAction, FoldDefault, FoldLine, Manager, Set, SetError};
use sekisho_net::{Cube, Family, Field, FieldSet};
use sekisho_plain as plain;
use sekisho_plain::format::{Action, List, Nat, Rewrite, Target};

use crate::graph::Sets;

/// The family of a place.
pub(super) fn family_of(family: plain::Family) -> Family {
    match family {
        plain::Family::Ipv4 => Family::V4,
        plain::Family::Ipv6 => Family::V6,
    }
}

/// A block as a cube.
pub(super) fn to_cube(block: &Block, family: Family) -> Cube {
    let mut cube = Cube::any();
    for (field, (lo, hi)) in Field::ALL.into_iter().zip(block.0) {
        if (lo, hi) != (0, field.max(family)) {
            cube.set(field, FieldSet::range(lo, hi));
        }
    }
    cube
}

/// Blocks as a set.
pub(super) fn to_set(sets: &mut Manager, blocks: &[Block]) -> Result<Set, SetError> {
    let family = sets.family();
    let cubes: Vec<Cube> = blocks.iter().map(|b| to_cube(b, family)).collect();
    sets.cubes(&cubes)
}

/// What a step does to a set.
#[derive(Clone)]
pub(super) enum Op<'n> {
    /// Only these go on.
    Keep(Set),
    /// A translation, by its position in [`Machine::nats`].
    Translate(&'n Nat, usize),
    /// The field takes any value of a range.
    Assign(Field, (u128, u128)),
    /// Anything may come out.
    Anything,
    /// If something lies in the first set, the second comes out.
    Make(Set, Set),
}

/// A rule of a translation.
struct Rule<'n> {
    /// Headers that it may get.
    takes: Set,
    rewrites: &'n [Rewrite],
}

/// A translation of one family.
struct Translation<'n> {
    rules: Vec<Rule<'n>>,
    /// Headers that may pass unchanged.
    unchanged: Set,
}

/// A plan with its steps as operations on packet sets.
pub(super) struct Machine<'p, 'n> {
    pub(super) plan: &'p Plan<'n>,
    /// One per step of the plan.
    pub(super) ops: Vec<Op<'n>>,
    /// Steps from each place.
    pub(super) out: Vec<Vec<usize>>,
    /// Steps to each place.
    into: Vec<Vec<usize>>,
    /// Family of each place.
    families: Vec<Family>,
    /// Order of the places in which causes come before effects wherever there is no cycle.
    rank: Vec<usize>,
    nats: Vec<Translation<'n>>,
    /// Where shifted sources are cut.
    cuts: BTreeMap<Family, BTreeSet<u128>>,
}

/// Parts into which a plan's tests of sources may cut shifted ones; beyond, they are not cut.
const CUTS: usize = 4096;

impl<'p, 'n> Machine<'p, 'n> {
    /// Compiles the steps of a plan.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub(super) fn new(plan: &'p Plan<'n>, whitelist: &[Entry], sets: &mut Sets) -> Result<Self, SetError> {
        let count = plan.places.len();
        let mut machine = Self {
            plan,
            ops: Vec::with_capacity(plan.steps.len()),
            out: vec![Vec::new(); count],
            into: vec![Vec::new(); count],
            families: plan.places.iter().map(|(f, _)| family_of(*f)).collect(),
            rank: Vec::new(),
            nats: Vec::new(),
            cuts: cuts(plan, whitelist),
        };
        let mut lists: BTreeMap<(*const List, Family), Set> = BTreeMap::new();
        let mut nats: BTreeMap<(*const Nat, Family), usize> = BTreeMap::new();
        let mut kept: BTreeMap<(&[Block], &[Block], Family), Set> = BTreeMap::new();
        for (index, step) in plan.steps.iter().enumerate() {
            let family = machine.family(step.from);
            let manager = sets.of(family);
            let op = match &step.change {
                Change::Pass => Op::Keep(Set::FULL),
                Change::Within(blocks) => Op::Keep(select(manager, &mut kept, blocks, &[])?),
                Change::Select(within, without) => Op::Keep(select(manager, &mut kept, within, without)?),
                Change::Filter(list) => {
                    let key = (std::ptr::from_ref::<List>(list), family);
                    let keep = match lists.get(&key) {
                        Some(keep) => *keep,
                        None => permitted(manager, list)?,
                    };
                    lists.insert(key, keep);
                    Op::Keep(keep)
                }
                Change::Translate(nat) => {
                    let key = (std::ptr::from_ref::<Nat>(nat), family);
                    let at = match nats.get(&key) {
                        Some(at) => *at,
                        None => {
                            machine.nats.push(translation(manager, nat)?);
                            machine.nats.len() - 1
                        }
                    };
                    nats.insert(key, at);
                    Op::Translate(nat, at)
                }
                Change::Assign(field, range) => match Field::ALL.get(*field) {
                    Some(field) => Op::Assign(*field, *range),
                    None => Op::Anything,
                },
                Change::Anything => Op::Anything,
                Change::Make(when, made) => {
                    let set = to_set(manager, made)?;
                    Op::Make(to_set(manager, when)?, set)
                }
            };
            machine.ops.push(op);
            if let Some(steps) = machine.out.get_mut(step.from) {
                steps.push(index);
            }
            if let Some(steps) = machine.into.get_mut(step.to) {
                steps.push(index);
            }
        }
        machine.rank = machine.ranks();
        Ok(machine)
    }

    /// The family of a place.
    pub(super) fn family(&self, place: usize) -> Family {
        self.families.get(place).copied().unwrap_or(Family::V4)
    }

    /// Where shifted sources of a family are cut.
    pub(super) fn cuts(&self, family: Family) -> &BTreeSet<u128> {
        const NONE: &BTreeSet<u128> = &BTreeSet::new();
        self.cuts.get(&family).unwrap_or(NONE)
    }

    /// Where a place stands in the order of the places.
    pub(super) fn rank(&self, place: usize) -> usize {
        self.rank.get(place).copied().unwrap_or_default()
    }

    /// Reverse postorder of a depth-first walk.
    fn ranks(&self) -> Vec<usize> {
        let count = self.plan.places.len();
        let mut rank = vec![usize::MAX; count];
        let mut next = count;
        for root in 0..count {
            let mut stack = vec![(root, 0)];
            while let Some((place, at)) = stack.pop() {
                let Some(slot) = rank.get_mut(place) else { continue };
                if at == 0 {
                    if *slot != usize::MAX {
                        continue;
                    }
                    *slot = usize::MAX - 1;
                }
                match self.out.get(place).and_then(|steps| steps.get(at)) {
                    Some(step) => {
                        stack.push((place, at + 1));
                        stack.extend(self.plan.steps.get(*step).map(|s| (s.to, 0)));
                    }
                    None => {
                        next = next.saturating_sub(1);
                        *slot = next;
                    }
                }
            }
        }
        rank
    }

    /// For every place the headers that some steps may bring into a forbidden set.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub(super) fn backward(&self, sets: &mut Sets, forbidden: &[(usize, Set)]) -> Result<Vec<Set>, SetError> {
        let count = self.plan.places.len();
        let mut all = vec![Set::EMPTY; count];
        let mut pending = vec![Set::EMPTY; count];
        let mut queue: BTreeSet<(std::cmp::Reverse<usize>, usize)> = BTreeSet::new();
        let mut push = |sets: &mut Sets,
                        pending: &mut Vec<Set>,
                        queue: &mut BTreeSet<(std::cmp::Reverse<usize>, usize)>,
                        place: usize,
                        set: Set|
         -> Result<(), SetError> {
            let manager = sets.of(self.family(place));
            let (Some(known), Some(waiting)) = (all.get_mut(place), pending.get_mut(place)) else {
                return Ok(());
            };
            let new = manager.diff(set, *known)?;
            if !new.is_empty() {
                *known = manager.or(*known, new)?;
                *waiting = manager.or(*waiting, new)?;
                queue.insert((std::cmp::Reverse(self.rank(place)), place));
            }
            Ok(())
        };
        for &(place, set) in forbidden {
            push(sets, &mut pending, &mut queue, place, set)?;
        }
        while let Some((_, place)) = queue.pop_first() {
            let new = pending.get_mut(place).map_or(Set::EMPTY, |p| std::mem::replace(p, Set::EMPTY));
            for &index in self.into.get(place).into_iter().flatten() {
                let (Some(step), Some(op)) = (self.plan.steps.get(index), self.ops.get(index)) else {
                    continue;
                };
                let before = self.before(sets.of(self.family(place)), op, new)?;
                push(sets, &mut pending, &mut queue, step.from, before)?;
            }
        }
        Ok(all)
    }

    /// The headers that an operation may make of a set.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub(super) fn after(&self, sets: &mut Manager, op: &Op<'_>, set: Set) -> Result<Set, SetError> {
        match op {
            _ if set.is_empty() => Ok(Set::EMPTY),
            Op::Keep(keep) => sets.and(set, *keep),
            Op::Assign(field, range) => sets.set_field(set, *field, &FieldSet::range(range.0, range.1)),
            // The constants are the same in both families.
            Op::Anything | Op::Translate(..) => Ok(Set::FULL),
            Op::Make(when, made) => Ok(if sets.disjoint(set, *when) { Set::EMPTY } else { *made }),
        }
    }

    /// The headers that an operation may turn into one of a set.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub(super) fn before(&self, sets: &mut Manager, op: &Op<'_>, after: Set) -> Result<Set, SetError> {
        if after.is_empty() {
            return Ok(Set::EMPTY);
        }
        match op {
            Op::Keep(keep) => sets.and(after, *keep),
            Op::Assign(field, range) => {
                sets.preimage_set_field(after, *field, &FieldSet::range(range.0, range.1))
            }
            // The constants are the same in both families.
            Op::Anything => Ok(Set::FULL),
            Op::Make(when, made) => Ok(if sets.disjoint(*made, after) { Set::EMPTY } else { *when }),
            Op::Translate(_, at) => {
                let Some(table) = self.nats.get(*at) else { return Ok(Set::FULL) };
                let mut all = vec![sets.and(after, table.unchanged)?];
                for rule in &table.rules {
                    let mut set = after;
                    for rewrite in rule.rewrites.iter().rev() {
                        set = before_rewrite(sets, rewrite, self.cuts(sets.family()), set)?;
                    }
                    all.push(sets.and(set, rule.takes)?);
                }
                sets.union_all(all)
            }
        }
    }
}

/// The headers in one of the first blocks and in none of the second.
fn select<'b>(
    sets: &mut Manager,
    kept: &mut BTreeMap<(&'b [Block], &'b [Block], Family), Set>,
    within: &'b [Block],
    without: &'b [Block],
) -> Result<Set, SetError> {
    let key = (within, without, sets.family());
    if let Some(set) = kept.get(&key) {
        return Ok(*set);
    }
    let (within, without) = (to_set(sets, within)?, to_set(sets, without)?);
    let set = sets.diff(within, without)?;
    kept.insert(key, set);
    Ok(set)
}

/// The headers that a list may permit, as the check reads it.
fn permitted(sets: &mut Manager, list: &List) -> Result<Set, SetError> {
    let family = list.family;
    let mut lines = Vec::with_capacity(list.lines.len());
    for line in &list.lines {
        let may = to_set(sets, &checker::outer(&line.matches, family))?;
        let must = to_set(sets, &checker::inner(&line.matches, family))?;
        let action = match line.action {
            Action::Permit => FoldAction::Permit,
            Action::Deny => FoldAction::Deny,
            Action::Unknown => FoldAction::Unknown,
        };
        lines.push(FoldLine { action, may, must });
    }
    let default = match list.default {
        Action::Deny => FoldDefault::Deny,
        // What may pass is asked for.
        Action::Permit | Action::Unknown => FoldDefault::Permit,
    };
    Ok(sets.fold_list(&lines, default)?.may_permit)
}

/// The rules of a translation for the family of the manager.
fn translation<'n>(sets: &mut Manager, nat: &'n Nat) -> Result<Translation<'n>, SetError> {
    let mut rules = Vec::new();
    let mut left = Set::FULL;
    let mut unchanged = Vec::new();
    let family = sets.family();
    for rule in nat.rules.iter().filter(|r| family_of(r.family) == family) {
        let may = to_set(sets, &checker::outer(&rule.matches, rule.family))?;
        let must = to_set(sets, &checker::inner(&rule.matches, rule.family))?;
        let takes = sets.and(left, may)?;
        if rule.may_skip {
            unchanged.push(takes);
        }
        rules.push(Rule { takes, rewrites: &rule.rewrites });
        left = sets.diff(left, must)?;
    }
    unchanged.push(left);
    Ok(Translation { rules, unchanged: sets.union_all(unchanged)? })
}

/// The headers that a rewrite may turn into one of a set.
fn before_rewrite(
    sets: &mut Manager,
    rewrite: &Rewrite,
    cuts: &BTreeSet<u128>,
    after: Set,
) -> Result<Set, SetError> {
    match rewrite {
        Rewrite::Src(target) => before_source(sets, target, cuts, after),
        Rewrite::Dst(target) => match shifts(target, sets.family()) {
            Some((from, to)) => {
                let inside = sets.shift_prefix(after, Field::Dst, to, from)?;
                let any = sets.set_field(after, Field::Dst, &FieldSet::Any)?;
                let other = outside(sets, any, Field::Dst, from)?;
                sets.or(inside, other)
            }
            None => {
                let values = addresses(sets.family(), target);
                sets.preimage_set_field(after, Field::Dst, &values)
            }
        },
        Rewrite::Sport(target) => {
            let values = numbers(sets.family(), target);
            sets.preimage_set_field(after, Field::Sport, &values)
        }
        Rewrite::Dport(target) => {
            let values = numbers(sets.family(), target);
            sets.preimage_set_field(after, Field::Dport, &values)
        }
        Rewrite::Mark(target) => {
            let values = numbers(sets.family(), target);
            sets.preimage_set_field(after, Field::Mark, &values)
        }
    }
}

/// The same for the source, which the first translation remembers.
// SOUNDNESS: which source of a part is shifted to which is left out, so that more leads to the set than there is.
fn before_source(
    sets: &mut Manager,
    target: &Target<IpAddr>,
    cuts: &BTreeSet<u128>,
    after: Set,
) -> Result<Set, SetError> {
    let Some((from, to)) = shifts(target, sets.family()) else {
        let values = addresses(sets.family(), target);
        return before_seen(sets, &values, after);
    };
    let mut all = Vec::new();
    for (lo, hi) in parts(from, to, cuts) {
        let sent = FieldSet::range(from.first() + lo, from.first() + hi);
        let inside = sets.cube(&Cube::any().with(Field::Src, sent))?;
        let seen = FieldSet::range(to.first() + lo, to.first() + hi);
        let shifted = before_seen(sets, &seen, after)?;
        all.push(sets.and(shifted, inside)?);
    }
    let any = before_seen(sets, &FieldSet::Any, after)?;
    all.push(outside(sets, any, Field::Src, from)?);
    sets.union_all(all)
}

/// Offsets between which no cut lies on either side of a shift.
fn parts(
    from: sekisho_net::Prefix,
    to: sekisho_net::Prefix,
    cuts: &BTreeSet<u128>,
) -> impl Iterator<Item = (u128, u128)> {
    let mut starts = BTreeSet::from([0]);
    for prefix in [from, to] {
        starts.extend(cuts.range(prefix.first()..=prefix.last()).map(|c| c - prefix.first()));
    }
    let mut ends: Vec<u128> = starts.iter().skip(1).map(|next| next - 1).collect();
    ends.push(from.last() - from.first());
    starts.into_iter().zip(ends)
}

/// Where the tests of a plan, and the whitelist, begin or stop to match sources; nothing if no source is shifted.
fn cuts(plan: &Plan<'_>, whitelist: &[Entry]) -> BTreeMap<Family, BTreeSet<u128>> {
    let mut out: BTreeMap<Family, BTreeSet<u128>> = BTreeMap::new();
    let is_shift = |r: &Rewrite| matches!(r, Rewrite::Src(Target::Shift { .. }));
    let shifts = |c: &Change<'_>| match c {
        Change::Translate(nat) => nat.rules.iter().flat_map(|r| &r.rewrites).any(is_shift),
        _ => false,
    };
    if !plan.steps.iter().any(|s| shifts(&s.change)) {
        return out;
    }
    for entry in whitelist {
        let blocks = entry.cubes.iter().flat_map(|c| checker::blocks(c, entry.family, false));
        let blocks: Vec<Block> = blocks.collect();
        out.entry(family_of(entry.family)).or_default().extend(checker::cuts_of(&blocks));
    }
    let mut seen: BTreeSet<(*const (), Family)> = BTreeSet::new();
    for step in &plan.steps {
        let Some((plain, _)) = plan.places.get(step.from) else { continue };
        let family = family_of(*plain);
        let tests: Vec<&plain::format::Predicate> = match &step.change {
            Change::Filter(list) if seen.insert((std::ptr::from_ref::<List>(list).cast(), family)) => {
                list.lines.iter().map(|l| &l.matches).collect()
            }
            Change::Translate(nat) if seen.insert((std::ptr::from_ref::<Nat>(nat).cast(), family)) => {
                nat.rules.iter().filter(|r| r.family == *plain).map(|r| &r.matches).collect()
            }
            _ => Vec::new(),
        };
        let of = |p: &&plain::format::Predicate| [checker::outer(p, *plain), checker::inner(p, *plain)];
        let mut blocks: Vec<Block> = tests.iter().flat_map(of).flatten().collect();
        match &step.change {
            Change::Within(within) => blocks.extend(within.iter()),
            Change::Select(within, without) => blocks.extend(within.iter().chain(without.iter())),
            Change::Make(when, _) => blocks.extend(when.iter()),
            _ => {}
        }
        out.entry(family).or_default().extend(checker::cuts_of(&blocks));
    }
    out.retain(|_, cuts| cuts.len() <= CUTS);
    out
}

/// The headers that get one of some sources, and are in a set afterwards.
fn before_seen(sets: &mut Manager, values: &FieldSet, after: Set) -> Result<Set, SetError> {
    let seen = Cube::any().with(Field::Src, values.clone()).with(Field::Translated, FieldSet::one(1));
    let seen = sets.cube(&seen)?;
    let moved = sets.and(after, seen)?;
    let again = sets.set_field(moved, Field::Src, &FieldSet::Any)?;
    let first = sets.rename_field(again, Field::Src0, Field::Src)?;
    let first = sets.set_field(first, Field::Translated, &FieldSet::one(0))?;
    sets.or(first, again)
}

/// The headers whose field is outside a prefix.
fn outside(sets: &mut Manager, set: Set, field: Field, prefix: sekisho_net::Prefix) -> Result<Set, SetError> {
    let inside = sets.cube(&Cube::any().with(field, FieldSet::prefix(prefix)))?;
    sets.diff(set, inside)
}

/// The two prefixes of a shift that keeps the offset.
fn shifts(target: &Target<IpAddr>, family: Family) -> Option<(sekisho_net::Prefix, sekisho_net::Prefix)> {
    let prefix = |p: plain::Prefix| {
        let addr = p.family().address(p.first());
        sekisho_net::Prefix::new(addr, u32::from(p.len())).ok().filter(|p| p.family() == family)
    };
    match target {
        Target::Shift { from, to } if from.len() == to.len() => Some((prefix(*from)?, prefix(*to)?)),
        _ => None,
    }
}

/// What an address may become.
fn addresses(family: Family, target: &Target<IpAddr>) -> FieldSet {
    match target {
        Target::OneOf(values) => {
            let cube = plain::format::Cube { dst: Some(values.clone()), ..Default::default() };
            ranges(&cube, family, Field::Dst.index())
        }
        Target::Shift { .. } | Target::Unknown => FieldSet::Any,
    }
}

/// What a port or a mark may become.
fn numbers(family: Family, target: &Target<u16>) -> FieldSet {
    match target {
        Target::OneOf(values) => {
            let cube = plain::format::Cube { dport: Some(values.clone()), ..Default::default() };
            ranges(&cube, family, Field::Dport.index())
        }
        Target::Shift { .. } | Target::Unknown => FieldSet::Any,
    }
}

/// The values of a field of a cube, widened as the check does it.
fn ranges(cube: &plain::format::Cube, family: Family, field: usize) -> FieldSet {
    let family = match family {
        Family::V4 => plain::Family::Ipv4,
        Family::V6 => plain::Family::Ipv6,
    };
    FieldSet::Ranges(checker::blocks(cube, family, true).iter().map(|b| b.range(field)).collect())
}
