//! Random cubes at full width: prefixes, ranges, lists, masks of odd shape, values at the edges.

use sekisho_net::{Cube, Family, Field, FieldSet, Packet};

use crate::random::Random;

/// 128 random bits.
pub(super) fn wide(random: &mut Random) -> u128 {
    u128::from(random.next()) << 64 | u128::from(random.next())
}

/// A value that often sits near a power of two or an edge, and else is from a few, so that sets meet.
fn value(random: &mut Random, max: u128) -> u128 {
    let value = match random.below(6) {
        0 => wide(random),
        1 => 0,
        2 => u128::MAX,
        3 => (1u128 << random.below(128)).wrapping_sub(u128::from(random.below(3))),
        _ => 0x0a01_0000_0000_0000_0000_0000_0a01_0203 ^ u128::from(random.below(4)) << (8 * random.below(5)),
    };
    value & max
}

pub(super) fn field_set(random: &mut Random, field: Field, family: Family) -> FieldSet {
    let max = field.max(family);
    let width = field.bits(family);
    match random.below(9) {
        0 => FieldSet::one(value(random, max)),
        1 | 2 => {
            let (a, b) = (value(random, max), value(random, max));
            FieldSet::range(a.min(b), a.max(b))
        }
        3 => {
            // Unsorted, overlapping, some reversed, some beyond the width.
            let ranges = (0..random.below(5))
                .map(|_| (value(random, u128::MAX), value(random, u128::MAX)))
                .map(|(a, b)| if random_bit(a) { (a & max, b & max) } else { (a.min(b), a.max(b)) });
            FieldSet::Ranges(ranges.collect())
        }
        4 | 5 => {
            let length = random.below(width + 1);
            let host = max.checked_shr(length).unwrap_or(0);
            FieldSet::mask(value(random, max), max & !host)
        }
        6 => {
            // A few free bits here and there.
            let free = (0..random.below(7)).fold(0u128, |free, _| free | 1 << random.below(width));
            FieldSet::mask(value(random, max), max & !free)
        }
        7 => {
            let care = (0..random.below(7)).fold(0u128, |care, _| care | 1 << random.below(width));
            FieldSet::mask(value(random, max), care)
        }
        _ => FieldSet::Any,
    }
}

fn random_bit(value: u128) -> bool {
    value.count_ones() % 2 == 1
}

/// A cube with about half of the given fields limited.
pub(super) fn cube(random: &mut Random, fields: &[Field], family: Family) -> Cube {
    let mut cube = Cube::any();
    for &field in fields {
        if random.below(2) == 0 {
            cube.set(field, field_set(random, field, family));
        }
    }
    cube
}

/// A packet inside, at the edge of, or just outside the cube in each field.
pub(super) fn packet_near(random: &mut Random, cube: &Cube, family: Family) -> Packet {
    let mut packet = Packet::zero(family);
    for field in Field::ALL {
        let max = field.max(family);
        let near = match cube.get(field) {
            FieldSet::Any => value(random, max),
            FieldSet::Ranges(ranges) if ranges.is_empty() => value(random, max),
            FieldSet::Ranges(ranges) => {
                let (low, high) = ranges[random.below(ranges.len() as u32) as usize];
                [low, high, low.wrapping_sub(1), high.wrapping_add(1)][random.below(4) as usize]
            }
            FieldSet::Mask { value, care } => {
                let inside = value | (wide(random) & !care);
                if random.below(4) == 0 { inside ^ 1 << random.below(field.bits(family)) } else { inside }
            }
        };
        packet.set(field, near);
    }
    packet
}
