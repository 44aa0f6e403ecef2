//! Every operation against its definition on every packet of the small universe, in several layouts.

use sekisho_net::{Family, Field, FieldSet};

use super::small::{Members, Small};
use crate::random::Random;
use crate::{Layout, Manager, Set, Weights};

fn zip(a: &Members, b: &Members, operation: impl Fn(bool, bool) -> bool) -> Members {
    a.iter().zip(b).map(|(&a, &b)| operation(a, b)).collect()
}

fn random_operations(layout: Layout, seeds: std::ops::Range<u64>) {
    let small = Small::new(layout.family());
    let fields = [Field::Dst, Field::Proto, Field::Flags, Field::Translated, Field::Src0, Field::Src];
    for seed in seeds {
        let mut random = Random::new(seed);
        let mut sets = Manager::with_layout(layout.clone());
        let mut pool: Vec<(Set, Members)> =
            (0..4).map(|_| small.random_set(&mut sets, &mut random)).collect();
        for step in 0..50 {
            let (a, in_a) = pool[random.below(pool.len() as u32) as usize].clone();
            let (b, in_b) = pool[random.below(pool.len() as u32) as usize].clone();
            let field = fields[random.below(6) as usize];
            let values = small.field_set(&mut random, field);
            let what = random.below(11);
            let (set, expected) = match what {
                0 => (sets.and(a, b).unwrap(), zip(&in_a, &in_b, |a, b| a && b)),
                1 => (sets.or(a, b).unwrap(), zip(&in_a, &in_b, |a, b| a || b)),
                2 => (sets.diff(a, b).unwrap(), zip(&in_a, &in_b, |a, b| a && !b)),
                3 => (sets.complement(a).unwrap(), in_a.iter().map(|a| !a).collect()),
                4 => (sets.set_field(a, field, &values).unwrap(), small.set_field(&in_a, field, &values)),
                5 => (
                    sets.preimage_set_field(a, field, &values).unwrap(),
                    small.preimage(&in_a, field, &values),
                ),
                6 => {
                    let addresses = [Field::Dst, Field::Src0, Field::Src];
                    let from = addresses[random.below(3) as usize];
                    // Values of a source have bits that destinations of the universe do not vary.
                    let to = addresses[1 + random.below(2) as usize];
                    (sets.rename_field(a, from, to).unwrap(), small.rename(&in_a, from, to))
                }
                8 => {
                    let pairs =
                        [(Field::Src, Field::Src0), (Field::Src0, Field::Src), (Field::Src, Field::Src)];
                    let (x, y) = pairs[random.below(3) as usize];
                    (sets.swap_fields(a, x, y).unwrap(), small.swap(&in_a, x, y))
                }
                7 => {
                    let some: Vec<_> = pool.iter().filter(|_| random.below(3) == 0).cloned().collect();
                    let none = vec![false; in_a.len()];
                    let union = some.iter().fold(none, |all, (_, one)| zip(&all, one, |a, b| a || b));
                    (sets.union_all(some.iter().map(|(set, _)| *set).collect()).unwrap(), union)
                }
                _ => small.random_set(&mut sets, &mut random),
            };
            assert_eq!(
                small.of_set(&sets, set),
                expected,
                "seed {seed} step {step} operation {what} {field:?}"
            );
            assert_eq!(sets.subset(a, b), zip(&in_a, &in_b, |a, b| !a || b).iter().all(|&x| x));
            assert_eq!(sets.disjoint(a, b), zip(&in_a, &in_b, |a, b| !(a && b)).iter().all(|&x| x));
            assert!(
                pool.iter().all(|(other, members)| (*other == set) == (*members == expected)),
                "canonical"
            );
            pool.push((set, expected));
        }
        witnesses(&small, &sets, &pool);
    }
}

/// Packets and boxes out of the sets of a pool.
fn witnesses(small: &Small, sets: &Manager, pool: &[(Set, Members)]) {
    let weights = Weights::new(5);
    let mut copy = sets.clone();
    for (set, members) in pool.iter().take(24) {
        let picked = sets.pick(*set);
        assert_eq!(picked.is_some(), members.contains(&true));
        if let Some(packet) = picked {
            assert!(sets.contains(*set, &packet));
            let cube = sets.widen(*set, &packet);
            assert!(cube.contains(&packet));
            let taken = copy.cube(&cube).unwrap();
            assert!(copy.subset(taken, *set));
            // Maximal: no whole field can be freed any more.
            for field in Field::ALL.into_iter().filter(|&field| *cube.get(field) != FieldSet::Any) {
                let freed = copy.cube(&cube.clone().with(field, FieldSet::Any)).unwrap();
                assert!(!copy.subset(freed, *set), "{field:?} could be free");
            }
        }
    }
    for (set, members) in pool.iter().take(6) {
        let (boxes, complete) = sets.cover(*set, 4096);
        assert!(complete);
        assert_eq!(*members, small.members(|packet| boxes.iter().any(|cube| cube.contains(packet))));
        let (some, complete) = sets.cover(*set, 1);
        assert_eq!(complete, boxes.len() <= 1);
        assert!(some.iter().eq(boxes.iter().take(1)));
        for (other, _) in pool {
            assert_eq!(set == other, sets.fingerprint(*set, &weights) == sets.fingerprint(*other, &weights));
        }
    }
}

#[test]
fn operations_follow_their_definitions_v4() {
    random_operations(Layout::new(Family::V4), 0..6);
    random_operations(Layout::narrow(Family::V4), 6..9);
    let even = FieldSet::mask(0, 1);
    random_operations(Layout::for_masks(Family::V4, [(Field::Src, &even)]), 9..12);
}

#[test]
fn operations_follow_their_definitions_v6() {
    random_operations(Layout::new(Family::V6), 20..24);
}

#[test]
fn flags_are_shown_as_masks() {
    let mut sets = Manager::new(Family::V4);
    let syn = sekisho_net::Cube::any().with(Field::Flags, FieldSet::mask(0x02, 0x17));
    let set = sets.cube(&syn).unwrap();
    assert_eq!(sets.cover(set, 10), (vec![syn], true));
}

#[test]
fn boxes_show_prefixes_and_protocol_lists() {
    let mut sets = Manager::new(Family::V4);
    let cube = sekisho_net::Cube::any()
        .with(Field::Dst, FieldSet::range(0x0a01_0200, 0x0a01_02ff))
        .with(Field::Proto, FieldSet::Ranges(vec![(6, 6), (17, 17)]))
        .with(Field::Dport, FieldSet::range(80, 443));
    let set = sets.cube(&cube).unwrap();
    assert_eq!(sets.cover(set, 10), (vec![cube], true));
}
