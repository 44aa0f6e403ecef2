//! A universe of 4,096 packets: twelve bits of the header vary, all sets depend on these bits only. A set is then a list
//! of 4,096 answers, and every operation is its definition, tried on every packet.

use sekisho_net::{Cube, Family, Field, FieldSet, Packet};

use crate::random::Random;
use crate::{Manager, Set};

/// Packets of the universe.
pub(super) const SIZE: usize = 1 << 12;

/// The answers for all packets.
pub(super) type Members = Vec<bool>;

pub(super) struct Small {
    pub(super) family: Family,
    /// Field and bit (0 is the least significant) of each bit of a packet's number. High bits of digits, since low ones
    /// alone make wide nodes.
    bits: [(Field, u32); 12],
    pub(super) packets: Vec<Packet>,
}

impl Small {
    pub(super) fn new(family: Family) -> Self {
        let top = family.bits() - 1;
        let bits = [
            (Field::Dst, 12),
            (Field::Dst, top),
            (Field::Proto, 7),
            (Field::Flags, 1),
            (Field::Flags, 4),
            (Field::Translated, 0),
            (Field::Src0, 12),
            (Field::Src0, 29),
            (Field::Src0, top),
            (Field::Src, 12),
            (Field::Src, 29),
            (Field::Src, top),
        ];
        let mut small = Self { family, bits, packets: Vec::new() };
        small.packets = (0..SIZE).map(|number| small.packet(number)).collect();
        small
    }

    fn packet(&self, number: usize) -> Packet {
        let mut packet = Packet::zero(self.family);
        for (position, &(field, bit)) in self.bits.iter().enumerate() {
            if number >> position & 1 == 1 {
                packet.set(field, packet.get(field) | 1 << bit);
            }
        }
        packet
    }

    /// The number of a packet, bits outside the universe ignored.
    fn number(&self, packet: &Packet) -> usize {
        let bits = self.bits.iter().enumerate();
        bits.fold(0, |number, (position, &(field, bit))| {
            number | ((packet.get(field) >> bit & 1) as usize) << position
        })
    }

    /// The values of a field within the universe.
    fn values(&self, field: Field) -> Vec<u128> {
        let mut values: Vec<u128> = self.packets.iter().map(|packet| packet.get(field)).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// A set of values that depends on the bits of the universe only.
    pub(super) fn field_set(&self, random: &mut Random, field: Field) -> FieldSet {
        let mine = self.bits.iter().filter(|(owner, _)| *owner == field);
        let care =
            mine.fold(0u128, |care, (_, bit)| if random.below(3) > 0 { care | 1 << bit } else { care });
        let value = super::generate::wide(random) & care;
        let top = field.bits(self.family) - 1;
        if care == 1 << top && random.below(2) == 0 {
            // The same set as a range.
            let half = 1u128 << top;
            return if value == 0 {
                FieldSet::range(0, half - 1)
            } else {
                FieldSet::range(half, field.max(self.family))
            };
        }
        if random.below(12) == 0 { FieldSet::Ranges(Vec::new()) } else { FieldSet::mask(value, care) }
    }

    pub(super) fn cube(&self, random: &mut Random) -> Cube {
        let mut cube = Cube::any();
        for (field, _) in self.bits {
            if random.below(3) == 0 {
                cube.set(field, self.field_set(random, field));
            }
        }
        cube
    }

    pub(super) fn members(&self, inside: impl Fn(&Packet) -> bool) -> Members {
        self.packets.iter().map(inside).collect()
    }

    /// The packets of a set of the engine.
    pub(super) fn of_set(&self, sets: &Manager, set: Set) -> Members {
        self.members(|packet| sets.contains(set, packet))
    }

    /// A random set, as a union of some cubes, both ways.
    pub(super) fn random_set(&self, sets: &mut Manager, random: &mut Random) -> (Set, Members) {
        let cubes: Vec<Cube> = (0..random.below(4)).map(|_| self.cube(random)).collect();
        let set = sets.cubes(&cubes).unwrap();
        (set, self.members(|packet| cubes.iter().any(|cube| cube.contains(packet))))
    }

    pub(super) fn set_field(&self, members: &Members, field: Field, values: &FieldSet) -> Members {
        let olds = self.values(field);
        self.members(|after| {
            values.contains(after.get(field))
                && olds.iter().any(|&old| members[self.number(&after.with(field, old))])
        })
    }

    pub(super) fn preimage(&self, target: &Members, field: Field, values: &FieldSet) -> Members {
        let news: Vec<u128> = self.values(field).into_iter().filter(|&new| values.contains(new)).collect();
        self.members(|before| news.iter().any(|&new| target[self.number(&before.with(field, new))]))
    }

    pub(super) fn rename(&self, members: &Members, from: Field, to: Field) -> Members {
        if from == to {
            return members.clone();
        }
        // Bits of `to` that `from` does not vary are zero in every packet, and no set asks for them.
        let olds = self.values(to);
        self.members(|after| {
            let before = after.with(from, after.get(to));
            olds.iter().any(|&old| members[self.number(&before.with(to, old))])
        })
    }

    pub(super) fn swap(&self, members: &Members, a: Field, b: Field) -> Members {
        self.members(|after| members[self.number(&after.with(a, after.get(b)).with(b, after.get(a)))])
    }
}
