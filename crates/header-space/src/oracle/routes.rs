//! Longest-prefix partitions against the longest match of single addresses.

use sekisho_net::{Family, Field, Packet, Prefix, bits_addr};

use super::generate;
use crate::random::Random;
use crate::{Manager, Set, lpm_partition};

fn routes(random: &mut Random, family: Family) -> Vec<(Prefix, u32)> {
    let base = generate::wide(random);
    (0..1 + random.below(60))
        .map(|_| {
            let near = base ^ (generate::wide(random) & 0x0303_0000_0000_0000_0000_0000_0303_0003);
            let length = random.below(family.bits() + 1);
            let addr = bits_addr(family, near & family.max_addr());
            (Prefix::new(addr, length).unwrap(), random.below(5))
        })
        .collect()
}

/// The key of the longest match; of equal prefixes the last.
fn longest(routes: &[(Prefix, u32)], family: Family, addr: u128) -> Option<u32> {
    let matching = routes.iter().filter(|(prefix, _)| prefix.contains(bits_addr(family, addr)));
    matching.max_by_key(|(prefix, _)| prefix.len()).map(|(_, key)| *key)
}

#[test]
fn partitions_follow_the_longest_match() {
    for (seed, family) in (0..200).zip([Family::V4, Family::V6].into_iter().cycle()) {
        let mut random = Random::new(seed);
        let mut routes = routes(&mut random, family);
        let partition = lpm_partition(family, &routes);
        let mut all: Vec<(u128, u128, Option<u32>)> = Vec::new();
        for (key, ranges) in &partition.by_key {
            assert!(!ranges.is_empty());
            all.extend(ranges.iter().map(|r| (r.0, r.1, Some(*key))));
            let apart = ranges.iter().zip(ranges.iter().skip(1)).all(|(a, b)| a.1 + 1 < b.0);
            assert!(apart, "ranges touch or are not sorted");
        }
        all.extend(partition.gaps.iter().map(|r| (r.0, r.1, None)));
        all.sort_unstable();
        // Every address is in exactly one range.
        assert_eq!((all[0].0, all[all.len() - 1].1), (0, family.max_addr()));
        assert!(all.iter().zip(all.iter().skip(1)).all(|(a, b)| a.1.checked_add(1) == Some(b.0)));
        for (low, high, key) in all {
            assert_eq!(longest(&routes, family, low), key);
            assert_eq!(longest(&routes, family, high), key);
        }
        for &(prefix, _) in &routes.clone() {
            for addr in [prefix.first(), prefix.last(), prefix.first().wrapping_sub(1) & family.max_addr()] {
                let key = longest(&routes, family, addr);
                let ranges = match key {
                    Some(key) => &partition.by_key.iter().find(|(k, _)| *k == key).unwrap().1,
                    None => &partition.gaps,
                };
                assert!(ranges.iter().any(|r| r.0 <= addr && addr <= r.1));
            }
        }
        // Routes of the other family and the order of distinct prefixes do not matter.
        let other = if family == Family::V4 { Family::V6 } else { Family::V4 };
        routes.insert(0, (Prefix::all(other), 9));
        assert_eq!(lpm_partition(family, &routes), partition);
    }
}

#[test]
fn partitions_become_sets() {
    let prefix = |text| Prefix::parse(text).unwrap();
    let routes = [(prefix("10.0.0.0/8"), 'a'), (prefix("10.1.0.0/16"), 'b'), (prefix("10.1.2.0/24"), 'a')];
    let partition = lpm_partition(Family::V4, &routes);
    let mut sets = Manager::new(Family::V4);
    let mut union = sets.field_ranges(Field::Dst, &partition.gaps).unwrap();
    for (key, ranges) in &partition.by_key {
        let set = sets.field_ranges(Field::Dst, ranges).unwrap();
        let packet = Packet::zero(Family::V4).with(Field::Dst, 0x0a01_0203);
        assert_eq!(sets.contains(set, &packet), *key == 'a');
        assert!(sets.disjoint(set, union));
        union = sets.or(union, set).unwrap();
    }
    assert_eq!(union, Set::FULL);
}

#[test]
fn no_routes_leave_one_gap() {
    let partition = lpm_partition::<u8>(Family::V6, &[]);
    assert_eq!((partition.by_key.len(), partition.gaps), (0, vec![(0, u128::MAX)]));
}
