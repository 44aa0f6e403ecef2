//! Moving a prefix onto another, against its definition on single packets.

use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, bits_addr};

use super::generate;
use crate::random::Random;
use crate::{Layout, Manager, SetError};

#[test]
fn a_shift_keeps_offsets() {
    for family in Family::ALL {
        for layout in [Layout::new(family), Layout::narrow(family)] {
            let mut random = Random::new(11);
            let mut sets = Manager::with_layout(layout);
            for _ in 0..400 {
                let field = [Field::Dst, Field::Src, Field::Src0][random.below(3) as usize];
                let len = random.below(family.bits() + 1);
                let base = |random: &mut Random| generate::wide(random) & family.max_addr();
                let (a, b) = (base(&mut random), base(&mut random));
                let from = Prefix::new(bits_addr(family, a), len).unwrap();
                let to = Prefix::new(bits_addr(family, b), len).unwrap();
                let cubes: Vec<Cube> = (0..3)
                    .map(|n| {
                        let values = match n {
                            0 => {
                                FieldSet::range(from.first() + (from.last() - from.first()) / 3, from.last())
                            }
                            _ => generate::field_set(&mut random, field, family),
                        };
                        let other = [Field::Dst, Field::Dport, Field::Src][random.below(3) as usize];
                        let others = generate::field_set(&mut random, other, family);
                        Cube::any().with(other, others).with(field, values)
                    })
                    .collect();
                let before = sets.cubes(&cubes).unwrap();
                let after = sets.shift_prefix(before, field, from, to).unwrap();
                let back = sets.shift_prefix(after, field, to, from).unwrap();
                let inside =
                    sets.cube(&Cube::any().with(field, FieldSet::range(from.first(), from.last()))).unwrap();
                let kept = sets.and(before, inside).unwrap();
                assert_eq!(back, kept, "{field:?} {from} {to}");
                for _ in 0..20 {
                    let near = &cubes[random.below(3) as usize];
                    let mut packet = generate::packet_near(&mut random, near, family);
                    let host = to.last() - to.first();
                    packet.set(field, to.first() | (packet.get(field) & host));
                    let old = packet.with(field, from.first() | (packet.get(field) & host));
                    assert_eq!(sets.contains(after, &packet), sets.contains(before, &old));
                }
            }
        }
    }
}

#[test]
fn prefixes_must_fit() {
    let mut sets = Manager::new(Family::V4);
    let p = |text: &str| Prefix::parse(text).unwrap();
    let all = crate::Set::FULL;
    for (field, from, to) in [
        (Field::Dst, "10.0.0.0/8", "10.0.0.0/9"),
        (Field::Dport, "10.0.0.0/8", "11.0.0.0/8"),
        (Field::Dst, "fd00::/8", "fc00::/8"),
    ] {
        assert_eq!(sets.shift_prefix(all, field, p(from), p(to)), Err(SetError::WidthMismatch));
    }
}
