//! The invariant of one source: for each place a few blocks that hold whatever the source can bring there,
//! and nothing that leads to a forbidden set.
//!
//! Places from which nothing leads to a forbidden set hold every header. At the others a header that
//! arrives is widened to a block as far as it stays clear of what leads on; images are taken of the blocks,
//! with the checker's own arithmetic, so that the result is inductive for the check as it stands.

use std::collections::BTreeSet;
use std::collections::HashMap;

use sekisho_checker as checker;
use sekisho_checker::{Block, Budget};
use sekisho_header_space::{Manager, Set, SetError};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet};
use sekisho_plain as plain;

use super::reach::{Machine, Op, to_cube, to_set};
use crate::graph::Sets;

/// Fields in the order in which they are widened: those that an isolation hardly ever leans on come first.
const ORDER: [Field; 12] = [
    Field::Sport,
    Field::Flags,
    Field::IcmpType,
    Field::IcmpCode,
    Field::Mark,
    Field::Src0,
    Field::Translated,
    Field::Src,
    Field::Dport,
    Field::Fragment,
    Field::Proto,
    Field::Dst,
];

/// Blocks that the image of one translation may fall into.
const MOST: u64 = 1 << 20;

/// Why there is no invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failed {
    /// The sets outgrew their budget.
    #[error(transparent)]
    Sets(#[from] SetError),
    /// What the source brings to a place meets what leads from there to a forbidden set.
    #[error("the source brings to place {place} what leads to a forbidden set")]
    Meets {
        /// The place, by its position in the plan.
        place: usize,
    },
    /// A translation falls into too many blocks.
    #[error("a translation falls into too many blocks")]
    Spent,
}

/// What a source is allowed to hold at one place.
#[derive(Clone, Default)]
pub(super) struct Region {
    /// Blocks in the order in which they were found.
    pub(super) blocks: Vec<Block>,
    /// Their union.
    set: Option<Set>,
    /// Blocks whose images have been taken.
    done: usize,
}

impl Region {
    fn set(&self) -> Set {
        self.set.unwrap_or(Set::EMPTY)
    }
}

/// How blocks are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// As wide as they stay clear of what leads to a forbidden set.
    Wide,
    /// As wide as they stay within what arrives.
    Exact,
}

/// Finds an invariant: one region per place of the plan.
///
/// # Errors
/// [`Failed`] when there is none of this kind.
pub(super) fn invariant(
    machine: &Machine<'_, '_>,
    sets: &mut Sets,
    sources: &[usize],
    backward: &[Set],
    choice: Choice,
) -> Result<Vec<Region>, Failed> {
    let mut work = Work {
        machine,
        backward,
        choice,
        regions: vec![Region::default(); machine.plan.places.len()],
        queue: BTreeSet::new(),
        widened: HashMap::new(),
    };
    for &place in sources {
        let family = machine.plan.places.get(place).map_or(plain::Family::Ipv4, |(f, _)| *f);
        let sent = Block::full(family).with(Field::Translated.index(), (0, 0));
        let sent = to_set(sets.of(machine.family(place)), &[sent])?;
        work.arrive(sets, place, sent)?;
    }
    while let Some((_, place)) = work.queue.pop_first() {
        work.push(sets, place)?;
    }
    Ok(work.regions)
}

struct Work<'a, 'p, 'n> {
    machine: &'a Machine<'p, 'n>,
    backward: &'a [Set],
    choice: Choice,
    regions: Vec<Region>,
    queue: BTreeSet<(usize, usize)>,
    /// Blocks by what they must stay clear of and where they start.
    widened: HashMap<(Family, Set, Packet), Block>,
}

impl Work<'_, '_, '_> {
    /// Takes the images of the new blocks of a place.
    fn push(&mut self, sets: &mut Sets, place: usize) -> Result<(), Failed> {
        let Some(region) = self.regions.get_mut(place) else { return Ok(()) };
        let new: Vec<Block> = region.blocks.get(region.done..).unwrap_or_default().to_vec();
        region.done = region.blocks.len();
        let family = self.machine.family(place);
        let from = to_set(sets.of(family), &new)?;
        for &index in self.machine.out.get(place).into_iter().flatten() {
            let (Some(step), Some(op)) = (self.machine.plan.steps.get(index), self.machine.ops.get(index))
            else {
                continue;
            };
            let manager = sets.of(family);
            let image = match op {
                Op::Translate(nat, _) => {
                    let mut budget = Budget(MOST);
                    let blocks =
                        checker::image(nat, self.plain(place), &new, self.machine.cuts(family), &mut budget);
                    to_set(manager, &blocks.map_err(|_| Failed::Spent)?)?
                }
                _ => self.machine.after(manager, op, from)?,
            };
            self.arrive(sets, step.to, image)?;
        }
        Ok(())
    }

    fn plain(&self, place: usize) -> plain::Family {
        self.machine.plan.places.get(place).map_or(plain::Family::Ipv4, |(family, _)| *family)
    }

    /// Adds headers to what a place holds.
    fn arrive(&mut self, sets: &mut Sets, place: usize, set: Set) -> Result<(), Failed> {
        let family = self.machine.family(place);
        let manager = sets.of(family);
        let avoid = self.backward.get(place).copied().unwrap_or(Set::FULL);
        let Some(region) = self.regions.get(place) else { return Ok(()) };
        let before = region.set();
        if set.is_empty() || before.is_full() || manager.subset(set, before) {
            return Ok(());
        }
        let plain = self.plain(place);
        let mut found = Vec::new();
        let mut now = before;
        if avoid.is_empty() {
            found.push(Block::full(plain));
            now = Set::FULL;
        } else {
            if !manager.disjoint(set, avoid) {
                return Err(Failed::Meets { place });
            }
            let avoid = match self.choice {
                Choice::Wide => avoid,
                Choice::Exact => {
                    let all = manager.or(before, set)?;
                    manager.complement(all)?
                }
            };
            let mut left = manager.diff(set, now)?;
            while let Some(packet) = manager.pick(left) {
                let key = (family, avoid, packet);
                let block = match self.widened.get(&key) {
                    Some(block) => *block,
                    None => widen(manager, avoid, &packet)?,
                };
                self.widened.insert(key, block);
                let cube = to_set(manager, &[block])?;
                now = manager.or(now, cube)?;
                left = manager.diff(left, cube)?;
                found.push(block);
            }
        }
        if let Some(region) = self.regions.get_mut(place) {
            region.blocks.extend(found);
            region.set = Some(now);
            self.queue.insert((self.machine.rank(place), place));
        }
        Ok(())
    }
}

/// A header on its way: where it is, and what it is there.
pub(super) type Way = Vec<(usize, Packet)>;

/// What came new to a place, and by which step of which earlier entry.
type Entry = (usize, Set, Option<(usize, usize)>);

/// The way of a header from a source to where it is forbidden; headers that a translation made are not
/// followed exactly. `None` when there is none.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub(super) fn way(
    machine: &Machine<'_, '_>,
    sets: &mut Sets,
    sources: &[usize],
    forbidden: &[(usize, Set)],
    backward: &[Set],
) -> Result<Option<Way>, SetError> {
    let mut holds = vec![Set::EMPTY; machine.plan.places.len()];
    // What came new to a place, and by which step of which earlier entry.
    let mut log: Vec<Entry> = Vec::new();
    for &place in sources {
        let manager = sets.of(machine.family(place));
        let sent = manager.cube(&Cube::any().with(Field::Translated, FieldSet::one(0)))?;
        log.push((place, sent, None));
    }
    let mut at = 0;
    while let Some(&(place, came, cause)) = log.get(at) {
        let manager = sets.of(machine.family(place));
        let Some(held) = holds.get_mut(place) else { break };
        let leads = manager.and(came, backward.get(place).copied().unwrap_or(Set::EMPTY))?;
        let new = manager.diff(leads, *held)?;
        *held = manager.or(*held, new)?;
        if let Some(entry) = log.get_mut(at) {
            *entry = (place, new, cause);
        }
        for (_, set) in forbidden.iter().filter(|(at, _)| *at == place) {
            let arrived = manager.and(new, *set)?;
            if let Some(packet) = manager.pick(arrived) {
                return trace(machine, sets, &log, at, packet).map(Some);
            }
        }
        if !new.is_empty() {
            for &index in machine.out.get(place).into_iter().flatten() {
                let (Some(step), Some(op)) = (machine.plan.steps.get(index), machine.ops.get(index)) else {
                    continue;
                };
                let image = machine.after(sets.of(machine.family(place)), op, new)?;
                if !image.is_empty() {
                    log.push((step.to, image, Some((at, index))));
                }
            }
        }
        at += 1;
    }
    Ok(None)
}

/// Follows a header back to a source.
fn trace(
    machine: &Machine<'_, '_>,
    sets: &mut Sets,
    log: &[Entry],
    last: usize,
    packet: Packet,
) -> Result<Way, SetError> {
    let mut way = Vec::new();
    let mut now = (last, packet);
    while let Some(&(place, _, cause)) = log.get(now.0) {
        way.push((place, now.1));
        let Some((before, step)) = cause else { break };
        let (Some(&(from, held, _)), Some(op)) = (log.get(before), machine.ops.get(step)) else { break };
        let other_family = machine.family(from) != machine.family(place);
        let manager = sets.of(machine.family(from));
        let candidates = if other_family {
            held
        } else {
            let cube = Block(Field::ALL.map(|f| (now.1.get(f), now.1.get(f))));
            let one = to_set(manager, &[cube])?;
            let sources = machine.before(manager, op, one)?;
            manager.and(held, sources)?
        };
        let Some(packet) = manager.pick(candidates).or_else(|| manager.pick(held)) else { break };
        now = (before, packet);
    }
    way.reverse();
    Ok(way)
}

/// The block around a packet, field by field as wide as it has nothing in common with a set.
fn widen(sets: &mut Manager, avoid: Set, packet: &Packet) -> Result<Block, SetError> {
    let family = sets.family();
    let mut block = Block(Field::ALL.map(|f| (packet.get(f), packet.get(f))));
    for field in ORDER {
        let (at, value, max) = (field.index(), packet.get(field), field.max(family));
        let full = block.with(at, (0, max));
        if clear(sets, avoid, &full)? {
            block = full;
            continue;
        }
        let down = reach(value, |n| clear(sets, avoid, &block.with(at, (value - n, value))))?;
        let lo = value - down;
        let up = reach(max - value, |n| clear(sets, avoid, &block.with(at, (lo, value + n))))?;
        block = block.with(at, (lo, value + up));
    }
    Ok(block)
}

fn clear(sets: &mut Manager, avoid: Set, block: &Block) -> Result<bool, SetError> {
    let family = sets.family();
    let cube = sets.cube(&to_cube(block, family))?;
    Ok(sets.disjoint(cube, avoid))
}

/// The largest step up to `room` that holds, where 0 does and holding is monotone.
fn reach(room: u128, mut holds: impl FnMut(u128) -> Result<bool, SetError>) -> Result<u128, SetError> {
    if room == 0 || holds(room)? {
        return Ok(room);
    }
    let (mut good, mut bad) = (0, room);
    let mut step = 1;
    while step < bad && holds(step)? {
        good = step;
        step = step.saturating_mul(2);
    }
    bad = bad.min(step);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if holds(middle)? { good = middle } else { bad = middle }
    }
    Ok(good)
}
