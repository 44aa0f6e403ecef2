//! Budgets, compaction, import, rollback, and masks that would shred a digit.

use sekisho_net::{Cube, Family, Field, FieldSet};

use super::generate;
use crate::random::Random;
use crate::{FoldAction, FoldDefault, FoldLine, Layout, Manager, Set, SetError, Weights};

fn cubes(seed: u64, count: u32) -> Vec<Cube> {
    let mut random = Random::new(seed);
    (0..count).map(|_| generate::cube(&mut random, &Field::ALL, Family::V4)).collect()
}

#[test]
fn a_spent_budget_is_an_error_and_harms_nothing() {
    let cubes = cubes(1, 60);
    let mut roomy = Manager::new(Family::V4);
    let expected: Vec<Set> = cubes.iter().map(|cube| roomy.cube(cube).unwrap()).collect();
    let weights = Weights::new(1);
    let mut errors = 0;
    for budget in [2, 3, 10, 50, 200] {
        let mut sets = Manager::new(Family::V4).with_budget(budget);
        let (mut made, mut union) = (Vec::new(), Set::EMPTY);
        for (cube, set) in cubes.iter().zip(&expected) {
            match sets.cube(cube) {
                Ok(mine) => made.push((mine, roomy.fingerprint(*set, &weights))),
                Err(error) => {
                    let spent = match error {
                        SetError::NodeBudget { limit } => limit == budget,
                        SetError::IntervalBudget { limit } => limit > budget,
                        _ => false,
                    };
                    assert!(spent, "{error:?}");
                    errors += 1;
                }
            }
            let line = FoldLine::exact(FoldAction::Deny, made.last().map_or(Set::FULL, |made| made.0));
            let _ = sets.fold_list(&[line], FoldDefault::Permit);
            let _ = sets.set_field(union, Field::Dst, &FieldSet::one(7));
            let _ = sets.rename_field(union, Field::Src, Field::Dst);
            if let Some((last, _)) = made.last() {
                union = sets.or(union, *last).unwrap_or(union);
            }
            assert!(sets.node_count() <= budget.max(2));
        }
        // What was made stays what it was, and small things still work.
        for (set, fingerprint) in &made {
            assert_eq!(sets.fingerprint(*set, &weights), *fingerprint);
            assert!(sets.subset(*set, Set::FULL) && !sets.disjoint(Set::FULL, *set) || set.is_empty());
            let (boxes, _) = sets.cover(*set, 2);
            let mut roomy = sets.clone().with_budget(1 << 20);
            let shown = roomy.cubes(&boxes).unwrap();
            assert!(roomy.subset(shown, *set));
        }
        assert_eq!(sets.and(Set::FULL, Set::EMPTY), Ok(Set::EMPTY));
        // With more room the same manager goes on, and gets everything right.
        let mut sets = sets.with_budget(1 << 20);
        for (cube, set) in cubes.iter().zip(&expected) {
            let mine = sets.cube(cube).unwrap();
            assert_eq!(sets.fingerprint(mine, &weights), roomy.fingerprint(*set, &weights));
        }
    }
    assert!(errors > 50, "the budgets were never spent");
}

#[test]
fn wide_nodes_spend_the_interval_budget() {
    let mut sets = Manager::new(Family::V4).with_budget(100);
    let even_ports = FieldSet::mask(0, 1);
    let result = sets.cube(&Cube::any().with(Field::Dport, even_ports));
    assert_eq!(result, Err(SetError::IntervalBudget { limit: 6400 }));
    assert!(sets.cube(&Cube::any().with(Field::Dport, FieldSet::one(80))).is_ok());
}

#[test]
fn copies_keep_the_packets() {
    let mut sets = Manager::new(Family::V4);
    let made: Vec<Set> = cubes(2, 40).iter().map(|cube| sets.cube(cube).unwrap()).collect();
    let union = sets.union_all(made.clone()).unwrap();
    let roots = [made[3], Set::FULL, union, made[3], Set::EMPTY];
    let weights = Weights::new(2);
    let (small, moved) = sets.compact(&roots);
    assert!(small.node_count() < sets.node_count() && small.bytes() > 0);
    assert_eq!((moved[0], moved[1], moved[4]), (moved[3], Set::FULL, Set::EMPTY));
    for (old, new) in roots.iter().zip(&moved) {
        assert_eq!(sets.fingerprint(*old, &weights), small.fingerprint(*new, &weights));
    }
    // Importing what is already there finds it.
    let before = sets.node_count();
    assert_eq!(sets.import(&small, &moved).unwrap(), roots);
    assert_eq!(sets.node_count(), before);
    let mut other = Manager::new(Family::V4);
    let copied = other.import(&sets, &roots).unwrap();
    for (old, new) in roots.iter().zip(&copied) {
        assert_eq!(sets.fingerprint(*old, &weights), other.fingerprint(*new, &weights));
    }
    assert_eq!(Manager::new(Family::V6).import(&sets, &roots), Err(SetError::LayoutMismatch));
    let narrow = Layout::narrow(Family::V4);
    assert_eq!(Manager::with_layout(narrow).import(&sets, &roots), Err(SetError::LayoutMismatch));
    let tiny = Manager::new(Family::V4).with_budget(5).import(&sets, &roots);
    assert_eq!(tiny, Err(SetError::NodeBudget { limit: 5 }));
}

/// Work for one source: sets, unions, rewrites.
fn work(sets: &mut Manager, base: &[Set], seed: u64) -> Vec<Set> {
    let mut out = Vec::new();
    for (cube, &set) in cubes(seed, 25).iter().zip(base.iter().cycle()) {
        let cube = sets.cube(cube).unwrap();
        let met = sets.or(cube, set).unwrap();
        out.push(sets.set_field(met, Field::Dst, &FieldSet::range(5, 5 + u128::from(seed))).unwrap());
        out.push(sets.diff(set, cube).unwrap());
        out.push(Set(u32::from(sets.subset(cube, set))));
    }
    out
}

#[test]
fn rollback_drops_the_scratch_and_makes_ids_repeat() {
    let mut sets = Manager::new(Family::V4);
    let made: Vec<Set> = cubes(3, 30).iter().map(|cube| sets.cube(cube).unwrap()).collect();
    let (mut base, roots) = sets.compact(&made);
    base.freeze();
    let count = base.node_count();
    let weights = Weights::new(3);
    let prints: Vec<u64> = roots.iter().map(|&root| base.fingerprint(root, &weights)).collect();
    let mut worker = base.clone();
    let first = work(&mut worker, &roots, 100);
    let counted = worker.node_count();
    assert!(counted > count);
    worker.rollback();
    let bytes = worker.bytes();
    for seed in [200, 300] {
        worker.rollback();
        assert_eq!(worker.bytes(), bytes, "the scratch leaks");
        assert_eq!(worker.node_count(), count);
        for (&root, &print) in roots.iter().zip(&prints) {
            assert_eq!(worker.fingerprint(root, &weights), print);
        }
        work(&mut worker, &roots, seed);
    }
    // The same work after other work, and in a fresh clone, gives the same ids.
    worker.rollback();
    assert_eq!(work(&mut worker, &roots, 100), first);
    assert_eq!(worker.node_count(), counted);
    let mut clone = base.clone();
    assert_eq!(work(&mut clone, &roots, 100), first);
}

#[test]
fn rollback_without_freeze_empties_the_manager() {
    let mut sets = Manager::new(Family::V6);
    sets.cube(&Cube::any().with(Field::Dport, FieldSet::one(1))).unwrap();
    sets.rollback();
    assert_eq!(sets.node_count(), 2);
    assert!(sets.cube(&Cube::any().with(Field::Dport, FieldSet::one(1))).is_ok());
}

#[test]
fn odd_masks_do_not_explode() {
    // 10.x.x.7: the wildcard 0.255.255.0.
    let mut sets = Manager::new(Family::V4);
    let lines: Vec<FoldLine> = (0..200u128)
        .map(|host| {
            let cube = Cube::any()
                .with(Field::Src, FieldSet::mask(0x0a00_0000 | host, 0xff00_00ff))
                .with(Field::Dst, FieldSet::mask(0xac00_0000 | (host % 16) << 8, 0xff00_0f00))
                .with(Field::Dport, FieldSet::one(host * 7));
            let action = if host % 3 == 0 { FoldAction::Deny } else { FoldAction::Permit };
            FoldLine::exact(action, sets.cube(&cube).unwrap())
        })
        .collect();
    let folded = sets.fold_list(&lines, FoldDefault::Deny).unwrap();
    assert!(!folded.may_permit.is_empty());
    assert!(sets.bytes() < 8 << 20, "{} bytes", sets.bytes());
}

#[test]
fn a_layout_for_the_masks_keeps_nodes_narrow() {
    // Every other host, in 500 places: 32,768 intervals in a digit of 16 bits, 128 in one of 8.
    let masks: Vec<FieldSet> = (0..500u128).map(|net| FieldSet::mask(net << 17 | 1, 0xfffe_0001)).collect();
    let layout = Layout::for_masks(Family::V4, masks.iter().map(|mask| (Field::Src, mask)));
    let mut narrow = Manager::with_layout(layout).with_budget(20_000);
    let sets: Vec<Set> =
        masks.iter().map(|mask| narrow.cube(&Cube::any().with(Field::Src, mask.clone())).unwrap()).collect();
    let union = narrow.union_all(sets).unwrap();
    assert!(narrow.bytes() < 4 << 20, "{} bytes", narrow.bytes());
    let weights = Weights::new(4);
    let mut wide = Manager::new(Family::V4);
    let sets =
        masks.iter().map(|mask| wide.cube(&Cube::any().with(Field::Src, mask.clone())).unwrap()).collect();
    let other = wide.union_all(sets).unwrap();
    assert_eq!(narrow.fingerprint(union, &weights), wide.fingerprint(other, &weights));
}

#[test]
fn unused_ghost_fields_cost_nothing() {
    let mut sets = Manager::new(Family::V4);
    let all: Vec<Field> =
        Field::ALL.into_iter().filter(|f| !matches!(f, Field::Translated | Field::Src0)).collect();
    let mut random = Random::new(9);
    let made = (0..30).map(|_| generate::cube(&mut random, &all, Family::V4)).collect::<Vec<_>>();
    let union = sets.cubes(&made).unwrap();
    let untouched = sets.set_field(union, Field::Src0, &FieldSet::Any).unwrap();
    let nodes = sets.node_count();
    assert_eq!(untouched, union);
    assert_eq!(sets.set_field(union, Field::Translated, &FieldSet::Any).unwrap(), union);
    assert_eq!(sets.node_count(), nodes);
}

#[test]
fn fields_of_different_width_do_not_rename() {
    let mut sets = Manager::new(Family::V4);
    assert_eq!(sets.rename_field(Set::FULL, Field::Dport, Field::Dst), Err(SetError::WidthMismatch));
    assert!(sets.rename_field(Set::FULL, Field::Dport, Field::Sport).is_ok());
}

/// Among 400,000 nodes of one shape some share their 32-bit hash; they must stay apart all the same.
#[test]
fn colliding_hashes_keep_sets_apart() {
    let mut sets = Manager::new(Family::V4);
    let ports = |field, port| Cube::any().with(field, FieldSet::one(port));
    let mut made = Vec::new();
    for sport in 0..640 {
        let sport = FieldSet::one(sport * 3 + 1);
        for dport in 0..640 {
            let cube = ports(Field::Dport, dport * 5 + 1).with(Field::Sport, sport.clone());
            made.push(sets.cube(&cube).unwrap());
        }
    }
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), 640 * 640);
}

#[test]
fn managers_move_between_threads() {
    fn moves<T: Send + Sync + Clone>(_: &T) {}
    moves(&Manager::new(Family::V6));
}
