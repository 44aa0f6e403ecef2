//! Fingerprints that depend on the packets of a set and on nothing else.
//!
//! Every bit of every field gets a random weight w; a packet weighs the product of w for its ones and 1 - w for its
//! zeros; a set weighs the sum over its packets, modulo the prime 2^61 - 1. Equal sets weigh the same in every engine,
//! field order and cut of digits; unequal ones differ but for a chance of about (bits of a header) / 2^61.

use rustc_hash::FxHashMap;
use sekisho_net::{FIELD_COUNT, Field};

use crate::diagram::Diagram;
use crate::layout::Level;
use crate::{Manager, Set};

const PRIME: u64 = (1 << 61) - 1;

/// Numbers modulo 2^61 - 1.
pub(crate) mod modulo {
    use super::PRIME;

    pub(crate) fn add(a: u64, b: u64) -> u64 {
        let sum = a + b;
        if sum >= PRIME { sum - PRIME } else { sum }
    }

    pub(crate) fn sub(a: u64, b: u64) -> u64 {
        if a >= b { a - b } else { a + PRIME - b }
    }

    pub(crate) fn mul(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        add((product & u128::from(PRIME)) as u64, (product >> 61) as u64)
    }
}

/// One weight per bit of each header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Most significant bit first; IPv4 addresses use the first 32.
    bits: [[u64; 128]; FIELD_COUNT],
}

impl Weights {
    /// The weights of a seed; the same on every machine.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = crate::random::Random::new(seed);
        let mut bits = [[0; 128]; FIELD_COUNT];
        for weight in bits.iter_mut().flatten() {
            *weight = random.next() % PRIME;
        }
        Self { bits }
    }

    /// The weight of a field's bit, counted from 0 at the most significant one. 0 beyond the field's width.
    #[must_use]
    pub fn bit(&self, field: Field, bit: u32) -> u64 {
        self.bits.get(field.index()).and_then(|bits| bits.get(bit as usize)).copied().unwrap_or(0)
    }

    /// The weight of all values below `digit` of a level.
    fn below(&self, level: Level, first_bit: u32, digit: u64) -> u64 {
        if digit >> level.width != 0 {
            return 1;
        }
        let mut sum = 0;
        let mut path = 1;
        for bit in 0..level.width {
            let one = self.bit(level.field, first_bit + bit);
            let zero = modulo::sub(1, one);
            if digit >> (level.width - 1 - bit) & 1 == 1 {
                sum = modulo::add(sum, modulo::mul(path, zero));
                path = modulo::mul(path, one);
            } else {
                path = modulo::mul(path, zero);
            }
        }
        sum
    }
}

impl Manager {
    /// The weight of the set: equal sets have equal fingerprints, in whatever manager.
    #[must_use]
    pub fn fingerprint(&self, set: Set, weights: &Weights) -> u64 {
        weigh(self.diagram(), set, weights, &mut FxHashMap::default())
    }
}

fn weigh(diagram: &Diagram, set: Set, weights: &Weights, done: &mut FxHashMap<Set, u64>) -> u64 {
    let Some((level, branches)) = diagram.branches(set) else {
        return u64::from(set.is_full());
    };
    if let Some(&weight) = done.get(&set) {
        return weight;
    }
    let level = diagram.layout.level(level);
    let first_bit = level.field.bits(diagram.layout.family()) - level.shift - level.width;
    let mut sum = 0;
    let mut before = 0;
    for (last, child) in branches {
        let upto = weights.below(level, first_bit, u64::from(last) + 1);
        let child = weigh(diagram, child, weights, done);
        sum = modulo::add(sum, modulo::mul(modulo::sub(upto, before), child));
        before = upto;
    }
    done.insert(set, sum);
    sum
}
