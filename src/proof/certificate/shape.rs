//! Sets of blocks as a certificate writes them: each once, the first is every header.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sekisho_checker::{Block, top};
use sekisho_net::Field;
use sekisho_plain::Family;
use sekisho_plain::format::{Cube, Values};

/// The sets of a certificate.
pub(super) struct Shelf {
    /// In the order in which they were first used.
    pub(super) sets: Vec<Vec<Cube>>,
    index: BTreeMap<(u8, Vec<Block>), usize>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self { sets: vec![vec![Cube::default()]], index: BTreeMap::new() }
    }
}

impl Shelf {
    /// The position of a set.
    pub(super) fn place(&mut self, mut blocks: Vec<Block>, family: Family) -> usize {
        let full = Block::full(family);
        if blocks.iter().any(|b| b.holds(&full)) {
            return 0;
        }
        blocks.sort_unstable();
        blocks.dedup();
        let all = blocks.clone();
        blocks.retain(|b| !all.iter().any(|other| other != b && other.holds(b)));
        // Without addresses a set reads the same in both families.
        let free = |b: &Block, f: Field| b.range(f.index()) == full.range(f.index());
        let addressed = |b: &Block| [Field::Dst, Field::Src, Field::Src0].iter().any(|f| !free(b, *f));
        let key: Vec<Block> = blocks
            .iter()
            .map(|b| Block(Field::ALL.map(|f| if free(b, f) { (0, u128::MAX) } else { b.range(f.index()) })))
            .collect();
        let bits = if blocks.iter().any(addressed) { family.bits() } else { 0 };
        let sets = &mut self.sets;
        *self.index.entry((bits, key)).or_insert_with(|| {
            sets.push(blocks.iter().map(|b| cube(b, family)).collect());
            sets.len() - 1
        })
    }
}

/// A block as a cube of the plain network.
fn cube(block: &Block, family: Family) -> Cube {
    let range = |field: Field| {
        let (lo, hi) = block.range(field.index());
        ((lo, hi) != (0, top(family, field.index()))).then_some((lo, hi))
    };
    let addresses = |field| -> Option<Values<IpAddr>> {
        range(field).map(|(lo, hi)| Values::Ranges(vec![(family.address(lo), family.address(hi))]))
    };
    let numbers = |field| -> Option<Values<u16>> {
        let small = |x: u128| u16::try_from(x).unwrap_or(u16::MAX);
        range(field).map(|(lo, hi)| Values::Ranges(vec![(small(lo), small(hi))]))
    };
    Cube {
        dst: addresses(Field::Dst),
        proto: numbers(Field::Proto),
        dport: numbers(Field::Dport),
        sport: numbers(Field::Sport),
        flags: numbers(Field::Flags),
        icmp_type: numbers(Field::IcmpType),
        icmp_code: numbers(Field::IcmpCode),
        fragment: numbers(Field::Fragment),
        mark: numbers(Field::Mark),
        translated: numbers(Field::Translated),
        src0: addresses(Field::Src0),
        src: addresses(Field::Src),
    }
}
