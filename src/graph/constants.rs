//! The sources that the tests of a snapshot can tell apart, for translations that move many at once.
//!
//! A source that moves to the same offset of another network is remembered as it was sent. Which one was sent
//! and which one is seen are tied together, and no product of two ranges says so. But between two addresses at
//! which no test of a source begins or ends all sources are alike: there the product is as good as the pairs.
//! So a network is cut into parts at the constants of all tests, and each part moves as a product.
//!
//! Entry: [`Constants::of`].

use std::collections::BTreeSet;

use sekisho_model::{NatRule, Stage, Target};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, addr_bits};

use super::Input;

/// Parts into which the addresses of a network may fall.
const PARTS: usize = 256;

/// Bits of a pattern, beyond its lowest run of free ones, that may be free; more tell too many sources apart.
const COPIES: u32 = 8;

/// Addresses up to which the shift of a source is followed one by one.
pub(super) const SHIFTED: u128 = 64;

/// Where tests of sources begin, or end before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Constants {
    at: BTreeSet<u128>,
    /// Whether some test tells sources apart in a pattern that is too fine.
    fine: bool,
}

impl Constants {
    /// The constants of a family; none if no large network of sources is moved, so that nobody asks.
    pub(super) fn of(input: &Input<'_>, family: Family) -> Self {
        let mut found = Self::default();
        let mut rules = input.devices.iter().flat_map(|d| &d.nats).flat_map(|n| &n.rules);
        if !rules.any(|r| r.family == family && moves_many(r)) {
            return found;
        }
        for (index, device) in input.devices.iter().enumerate() {
            let lists = device.lists.iter().filter(|l| l.family == family);
            for line in lists.flat_map(|l| &l.lines) {
                found.cubes(&line.matches.may, family);
                found.cubes(line.matches.must(), family);
            }
            for rule in device.nats.iter().flat_map(|n| &n.rules).filter(|r| r.family == family) {
                found.cubes(&rule.matches.may, family);
                found.cubes(rule.matches.must(), family);
                for rewrite in rule.rewrites.iter().filter(|r| r.field == Field::Src) {
                    if let Target::Shift { from, to } = rewrite.target {
                        [from, to].into_iter().for_each(|p| found.range(p.first(), p.last()));
                    }
                }
            }
            let entries = device.policy_routes.iter().flat_map(|p| &p.entries);
            for entry in entries.filter(|e| e.family == family) {
                found.cubes(&entry.matches.may, family);
                found.cubes(entry.matches.must(), family);
            }
            if device.interfaces.iter().flat_map(|i| &i.ingress).any(checks_sources) {
                let fibs = input.fibs.iter().filter(|((d, _, f), _)| (*d, *f) == (index, family));
                for entry in fibs.flat_map(|(_, fib)| fib.maybe.iter().chain(&fib.sure)) {
                    entry.ranges.iter().for_each(|&(lo, hi)| found.range(lo, hi));
                }
            }
        }
        for flow in &input.policy.flows {
            found.cubes(&flow.cubes(family), family);
            found.cubes(&flow.reply_cubes(family), family);
        }
        let gateways = input.policy.gateways.iter().flat_map(|g| g.addresses());
        for address in gateways.map(|a| a.value).filter(|a| Family::of(*a) == family) {
            let at = addr_bits(address);
            found.range(at, at);
        }
        found
    }

    /// The parts, as ranges of offsets, of a network that moves to another of its size. `None` when there are
    /// too many.
    pub(super) fn parts(&self, from: Prefix, to: Prefix) -> Option<Vec<(u128, u128)>> {
        if self.fine {
            return None;
        }
        let mut starts = BTreeSet::from([0]);
        for prefix in [from, to] {
            starts.extend(self.at.range(prefix.first()..=prefix.last()).map(|c| c - prefix.first()));
        }
        let last = from.last() - from.first();
        let ends = starts.iter().skip(1).map(|next| next - 1).chain([last]);
        let parts: Vec<(u128, u128)> = starts.iter().copied().zip(ends).collect();
        (parts.len() <= PARTS).then_some(parts)
    }

    fn cubes(&mut self, cubes: &[Cube], family: Family) {
        for set in cubes.iter().flat_map(|c| [c.get(Field::Src), c.get(Field::Src0)]) {
            match set {
                FieldSet::Any => {}
                FieldSet::Ranges(ranges) => ranges.iter().for_each(|&(lo, hi)| self.range(lo, hi)),
                FieldSet::Mask { value, care } => self.mask(*value, *care, family.max_addr()),
            }
        }
    }

    fn range(&mut self, lo: u128, hi: u128) {
        self.at.insert(lo);
        self.at.extend(hi.checked_add(1));
    }

    /// A pattern is a run of addresses, copied for each value of the free bits above it.
    fn mask(&mut self, value: u128, care: u128, max: u128) {
        let (value, care) = (value & care & max, care & max);
        let low = if care == 0 { max } else { (1 << care.trailing_zeros()) - 1 };
        let copies = max & !care & !low;
        if copies.count_ones() > COPIES {
            self.fine = true;
            return;
        }
        let mut copy = 0;
        loop {
            self.range(value | copy, value | copy | low);
            copy = copy.wrapping_sub(copies) & copies;
            if copy == 0 {
                return;
            }
        }
    }
}

/// Whether a rule moves more sources than are followed one by one.
fn moves_many(rule: &NatRule) -> bool {
    rule.rewrites.iter().any(|r| match r.target {
        Target::Shift { from, .. } => r.field == Field::Src && from.last() - from.first() >= SHIFTED,
        Target::OneOf(_) | Target::Unknown => false,
    })
}

fn checks_sources(stage: &Stage) -> bool {
    match stage {
        Stage::AntiSpoof { .. } => true,
        Stage::When { stage, .. } => checks_sources(stage),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).unwrap()
    }

    fn constants(sets: &[FieldSet]) -> Constants {
        let mut found = Constants::default();
        for set in sets {
            found.cubes(&[Cube::any().with(Field::Src, set.clone())], Family::V4);
        }
        found
    }

    fn check(sets: &[FieldSet], expected: Option<&[(u128, u128)]>) {
        let parts = constants(sets).parts(prefix("10.1.0.0/24"), prefix("10.9.0.0/24"));
        assert_eq!(parts.as_deref(), expected);
    }

    #[test]
    fn a_network_is_cut_where_tests_begin_and_end_on_either_side() {
        let host = FieldSet::prefix(prefix("10.1.0.5/32"));
        let seen = FieldSet::prefix(prefix("10.9.0.128/25"));
        let elsewhere = FieldSet::prefix(prefix("10.3.0.0/24"));
        check(&[host, seen, elsewhere], Some(&[(0, 4), (5, 5), (6, 127), (128, 255)]));
    }

    #[test]
    fn patterns_are_cut_as_long_as_they_are_coarse() {
        // Every other block of 64 addresses, in every network of the second octet.
        check(&[FieldSet::mask(0x0a00_0040, 0xff00_ff40)], None);
        check(
            &[FieldSet::mask(0x0a01_0040, 0xffff_ff40)],
            Some(&[(0, 63), (64, 127), (128, 191), (192, 255)]),
        );
    }

    #[test]
    fn more_than_256_parts_are_none() {
        let hosts = |n: u128| (0..n).map(|h| FieldSet::one(0x0a01_0000 + 4 * h)).collect::<Vec<_>>();
        let parts = |n| constants(&hosts(n)).parts(prefix("10.1.0.0/16"), prefix("10.9.0.0/16"));
        assert_eq!(parts(128).map(|p| p.len()), Some(256));
        assert_eq!(parts(129), None);
    }
}
