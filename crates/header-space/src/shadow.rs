//! Lines that no packet reaches, because earlier lines take all their packets.
//!
//! For each line: a few packets of it are looked up in the unions of earlier lines. One outside all of them shows
//! that the line is live and is the evidence. Only if all are covered, the unions are subtracted exactly. The unions
//! form a binary counter, so that each line takes part in few of them.

use sekisho_net::{Field, Packet};

use crate::layout::low_mask;
use crate::random::Random;
use crate::{FoldLine, Manager, Set, SetError};

/// Packets tried before the exact test: both corners of the line, then random ones.
const SAMPLES: u32 = 24;

/// Whether a line of a first-match list can take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one per line of a list, and a packet is plain data")]
pub enum Shadow {
    /// It can: no earlier line is certain to take this packet, and the line may match it.
    Live(Packet),
    /// Earlier lines are certain to take every packet that it may match.
    Shadowed,
    /// It matches no packet at all.
    Empty,
}

impl Manager {
    /// Tests every line of a first-match list, whatever the lines do.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn find_shadowed(&mut self, lines: &[FoldLine]) -> Result<Vec<Shadow>, SetError> {
        let mut counter = Counter::default();
        let mut random = Random::new(1);
        let mut shadows = Vec::with_capacity(lines.len());
        for line in lines {
            let shadow = self.shadow_of(line.may, &counter, &mut random)?;
            // What a shadowed line matches is in the counter already.
            if matches!(shadow, Shadow::Live(_)) {
                counter.add(self, line.must)?;
            }
            shadows.push(shadow);
        }
        Ok(shadows)
    }

    /// The earlier lines that hide a line, by position: each takes some packet that no line before it takes. `None` if
    /// the line is not shadowed or does not exist.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn shadowing_lines(
        &mut self,
        lines: &[FoldLine],
        position: usize,
    ) -> Result<Option<Vec<usize>>, SetError> {
        let Some(line) = lines.get(position) else {
            return Ok(None);
        };
        let mut rest = line.may;
        let mut hiding = Vec::new();
        for (index, earlier) in lines.iter().enumerate().take(position) {
            if !self.disjoint(rest, earlier.must) {
                hiding.push(index);
                rest = self.diff(rest, earlier.must)?;
            }
        }
        Ok((rest.is_empty() && !line.may.is_empty()).then_some(hiding))
    }

    fn shadow_of(&mut self, line: Set, counter: &Counter, random: &mut Random) -> Result<Shadow, SetError> {
        if line.is_empty() {
            return Ok(Shadow::Empty);
        }
        for attempt in 0..SAMPLES {
            let packet = match attempt {
                0 => self.walk(line, Packet::zero(self.family()), Step::Lowest),
                1 => self.walk(line, self.top_packet(), Step::Highest),
                _ => self.walk(line, self.random_packet(random), Step::Random(random)),
            };
            if counter.unions().all(|union| !self.contains(union, &packet)) {
                return Ok(Shadow::Live(packet));
            }
        }
        let mut rest = line;
        for union in counter.unions() {
            rest = self.diff(rest, union)?;
            if rest.is_empty() {
                break;
            }
        }
        Ok(self.pick(rest).map_or(Shadow::Shadowed, Shadow::Live))
    }

    /// A packet of a set that is not empty: follows edges that do not end in the empty set, and keeps the fields of
    /// `start` where the set does not care.
    fn walk(&self, set: Set, start: Packet, mut step: Step<'_>) -> Packet {
        let mut packet = start;
        let mut at = set;
        while let Some((level, child, low, high)) = self.diagram().step(at, |edges| step.choose(edges)) {
            let digit = match &mut step {
                Step::Lowest => low,
                Step::Highest => high,
                Step::Random(random) => low + random.below(high - low + 1),
            };
            let kept = packet.get(level.field) & !(low_mask(level.width) << level.shift);
            packet.set(level.field, kept | u128::from(digit) << level.shift);
            at = child;
        }
        packet
    }

    fn top_packet(&self) -> Packet {
        let mut packet = Packet::zero(self.family());
        for field in Field::ALL {
            packet.set(field, u128::MAX);
        }
        packet
    }

    fn random_packet(&self, random: &mut Random) -> Packet {
        let mut packet = Packet::zero(self.family());
        for field in Field::ALL {
            let low = u128::from(random.next());
            let value =
                if field.bits(self.family()) > 64 { low | u128::from(random.next()) << 64 } else { low };
            packet.set(field, value);
        }
        packet
    }
}

/// Which edge a walk takes.
enum Step<'a> {
    Lowest,
    Highest,
    Random(&'a mut Random),
}

impl Step<'_> {
    /// Where to start among `edges` edges, and whether to go on upwards from there while the child is empty.
    fn choose(&mut self, edges: u32) -> (u32, bool) {
        match self {
            Step::Lowest => (0, true),
            Step::Highest => (edges - 1, false),
            Step::Random(random) => (random.below(edges), true),
        }
    }
}

/// Unions of 1, 2, 4, ... lines, as a binary counter.
#[derive(Default)]
struct Counter {
    digits: Vec<Option<Set>>,
}

impl Counter {
    /// The unions, largest first.
    fn unions(&self) -> impl Iterator<Item = Set> {
        self.digits.iter().rev().copied().flatten()
    }

    fn add(&mut self, manager: &mut Manager, set: Set) -> Result<(), SetError> {
        let mut carry = set;
        for digit in &mut self.digits {
            match digit.take() {
                Some(union) => carry = manager.or(union, carry)?,
                None => {
                    *digit = Some(carry);
                    return Ok(());
                }
            }
        }
        self.digits.push(Some(carry));
        Ok(())
    }
}
