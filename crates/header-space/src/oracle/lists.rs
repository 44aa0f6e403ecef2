//! Folds and shadows against every way to settle the doubts, packet by packet.

use sekisho_net::{Cube, Family, Field, FieldSet};

use super::small::{Members, SIZE, Small};
use crate::random::Random;
use crate::{
    ChainAction, ChainId, ChainLine, FoldAction, FoldDefault, FoldLine, Layout, Manager, Set, SetError,
    Shadow,
};

/// Packets that may and that must match, as sets and as answers.
struct Doubt {
    may: Set,
    must: Set,
    in_may: Members,
    in_must: Members,
}

fn doubt(small: &Small, sets: &mut Manager, random: &mut Random) -> Doubt {
    let (may, in_may) = small.random_set(sets, random);
    let (core, in_core) = small.random_set(sets, random);
    if random.below(3) > 0 {
        return Doubt { may, must: may, in_must: in_may.clone(), in_may };
    }
    let must = sets.and(may, core).unwrap();
    let in_must = in_may.iter().zip(&in_core).map(|(&a, &b)| a && b).collect();
    Doubt { may, must, in_may, in_must }
}

/// Whether some way, and whether every way, to settle the doubts from line `at` on permits the packet.
fn settle(lines: &[(FoldAction, Doubt)], packet: usize, default: FoldDefault) -> (bool, bool) {
    let Some(((action, doubt), rest)) = lines.split_first() else {
        return (default == FoldDefault::Permit, default == FoldDefault::Permit);
    };
    let mut ways: Vec<(bool, bool)> = Vec::new();
    if doubt.in_may[packet] {
        ways.push(match action {
            FoldAction::Permit => (true, true),
            FoldAction::Deny => (false, false),
            FoldAction::Unknown => (true, false),
        });
    }
    if !doubt.in_must[packet] {
        ways.push(settle(rest, packet, default));
    }
    (ways.iter().any(|way| way.0), ways.iter().all(|way| way.1))
}

#[test]
fn folds_hold_for_every_way_to_settle_doubts() {
    for (seed, family) in (0..40).zip([Family::V4, Family::V6].into_iter().cycle()) {
        let small = Small::new(family);
        let mut random = Random::new(seed);
        let mut sets = Manager::new(family);
        let exact = seed % 4 == 0;
        let lines: Vec<(FoldAction, Doubt)> = (0..random.below(9))
            .map(|_| {
                let mut doubt = doubt(&small, &mut sets, &mut random);
                let mut action =
                    [FoldAction::Permit, FoldAction::Deny, FoldAction::Unknown][random.below(3) as usize];
                if exact {
                    doubt.must = doubt.may;
                    doubt.in_must = doubt.in_may.clone();
                    action = if action == FoldAction::Unknown { FoldAction::Deny } else { action };
                }
                (action, doubt)
            })
            .collect();
        let input: Vec<FoldLine> = lines
            .iter()
            .map(|(action, doubt)| FoldLine { action: *action, may: doubt.may, must: doubt.must })
            .collect();
        for default in [FoldDefault::Permit, FoldDefault::Deny] {
            let folded = sets.fold_list(&input, default).unwrap();
            let expected: Vec<(bool, bool)> =
                (0..SIZE).map(|packet| settle(&lines, packet, default)).collect();
            let (may, must): (Members, Members) = expected.into_iter().unzip();
            assert_eq!(small.of_set(&sets, folded.may_permit), may, "seed {seed} {default:?} may");
            assert_eq!(small.of_set(&sets, folded.must_permit), must, "seed {seed} {default:?} must");
            assert!(!exact || folded.may_permit == folded.must_permit);
        }
        check_shadows(&small, &mut sets, &input);
    }
}

/// Shadows by definition: no packet of `may` is outside all earlier `must`.
fn check_shadows(small: &Small, sets: &mut Manager, lines: &[FoldLine]) {
    let found = sets.find_shadowed(lines).unwrap();
    assert_eq!(found.len(), lines.len());
    let mut covered = vec![false; SIZE];
    for (index, (line, shadow)) in lines.iter().zip(found).enumerate() {
        let may = small.of_set(sets, line.may);
        let live = may.iter().zip(&covered).any(|(&may, &covered)| may && !covered);
        let hiding = sets.shadowing_lines(lines, index).unwrap();
        match shadow {
            Shadow::Empty => assert!(line.may.is_empty() && hiding.is_none()),
            Shadow::Shadowed => {
                assert!(!live && may.contains(&true), "line {index} is live");
                let hiding = hiding.unwrap();
                let union = hiding.iter().map(|&line| lines[line].must).collect();
                let union = sets.union_all(union).unwrap();
                assert!(hiding.iter().all(|&line| line < index) && sets.subset(line.may, union));
            }
            Shadow::Live(packet) => {
                assert!(live && hiding.is_none(), "line {index} is shadowed");
                assert!(sets.contains(line.may, &packet));
                assert!(lines[..index].iter().all(|earlier| !sets.contains(earlier.must, &packet)));
            }
        }
        for (covered, must) in covered.iter_mut().zip(small.of_set(sets, line.must)) {
            *covered |= must;
        }
    }
}

#[test]
fn a_gap_of_one_packet_keeps_a_line_alive() {
    let mut sets = Manager::new(Family::V6);
    let line = |sets: &mut Manager, values| {
        let set = sets.cube(&Cube::any().with(Field::Dst, values)).unwrap();
        FoldLine::exact(FoldAction::Permit, set)
    };
    let gap = 0x2001_0db8_0000_0000_0000_0000_1234_5678;
    let low = line(&mut sets, FieldSet::range(0, gap - 1));
    let high = line(&mut sets, FieldSet::range(gap + 1, u128::MAX));
    let all = line(&mut sets, FieldSet::Any);
    let found = sets.find_shadowed(&[low, high, all, all]).unwrap();
    assert!(matches!(found[2], Shadow::Live(packet) if packet.get(Field::Dst) == gap));
    assert_eq!(found[3], Shadow::Shadowed);
    assert_eq!(sets.shadowing_lines(&[low, high, all, all], 3).unwrap(), Some(vec![0, 1, 2]));
}

type Chains = Vec<Vec<(ChainAction, Doubt)>>;

/// What may become of a packet: accepted, dropped, given back.
fn walk(chains: &Chains, chain: usize, line: usize, packet: usize) -> [bool; 3] {
    const ACCEPT: [bool; 3] = [true, false, false];
    const DROP: [bool; 3] = [false, true, false];
    const BACK: [bool; 3] = [false, false, true];
    let either = |a: [bool; 3], b: [bool; 3]| [a[0] || b[0], a[1] || b[1], a[2] || b[2]];
    let Some((action, doubt)) = chains[chain].get(line) else {
        return BACK;
    };
    let mut ends = [false; 3];
    let on = |ends| either(ends, walk(chains, chain, line + 1, packet));
    if !doubt.in_must[packet] {
        ends = on(ends);
    }
    if !doubt.in_may[packet] {
        return ends;
    }
    match *action {
        ChainAction::Accept => either(ends, ACCEPT),
        ChainAction::Drop => either(ends, DROP),
        ChainAction::Return => either(ends, BACK),
        ChainAction::Continue => on(ends),
        ChainAction::Unknown => on(either(ends, [true; 3])),
        ChainAction::Goto(ChainId(callee)) => either(ends, walk(chains, callee, 0, packet)),
        ChainAction::Jump(ChainId(callee)) => {
            let [accept, drop, back] = walk(chains, callee, 0, packet);
            let ends = either(ends, [accept, drop, false]);
            if back { on(ends) } else { ends }
        }
    }
}

#[test]
fn chains_hold_for_every_way_to_settle_doubts() {
    for seed in 0..30 {
        let small = Small::new(Family::V4);
        let mut random = Random::new(seed);
        let mut sets = Manager::with_layout(Layout::new(Family::V4));
        // Chain c calls chains below it only.
        let chains: Chains = (0..4)
            .map(|chain: u32| {
                let lines = (0..random.below(7)).map(|_| {
                    let callee = ChainId(random.below(chain.max(1)) as usize);
                    let action = match random.below(8) {
                        0 | 1 => ChainAction::Accept,
                        2 => ChainAction::Drop,
                        3 => ChainAction::Return,
                        4 if chain > 0 => ChainAction::Goto(callee),
                        5 | 6 if chain > 0 => ChainAction::Jump(callee),
                        6 => ChainAction::Unknown,
                        _ => ChainAction::Continue,
                    };
                    (action, doubt(&small, &mut sets, &mut random))
                });
                lines.collect()
            })
            .collect();
        let input: Vec<Vec<ChainLine>> = chains
            .iter()
            .map(|lines| {
                let line = |(action, doubt): &(ChainAction, Doubt)| ChainLine {
                    action: *action,
                    may: doubt.may,
                    must: doubt.must,
                };
                lines.iter().map(line).collect()
            })
            .collect();
        let entries: Vec<ChainId> = [3, 1, 3].map(ChainId).to_vec();
        let summaries = sets.fold_chains(&input, &entries).unwrap();
        for (entry, summary) in entries.iter().zip(summaries) {
            let ends: Vec<[bool; 3]> = (0..SIZE).map(|packet| walk(&chains, entry.0, 0, packet)).collect();
            for (end, set) in [summary.accept, summary.drop, summary.back].into_iter().enumerate() {
                let expected: Members = ends.iter().map(|ends| ends[end]).collect();
                assert_eq!(small.of_set(&sets, set), expected, "seed {seed} chain {entry:?} end {end}");
            }
            let open = summary.with_policy(&mut sets, FoldDefault::Permit).unwrap();
            let expected: Members = ends.iter().map(|ends| !ends[1]).collect();
            assert_eq!(small.of_set(&sets, open.must_permit), expected);
            let closed = summary.with_policy(&mut sets, FoldDefault::Deny).unwrap();
            let expected: Members = ends.iter().map(|ends| ends[0]).collect();
            assert_eq!(small.of_set(&sets, closed.may_permit), expected);
        }
    }
}

#[test]
fn calls_in_a_circle_and_into_nothing_are_errors() {
    let mut sets = Manager::new(Family::V4);
    let jump = |chain| vec![ChainLine::exact(ChainAction::Jump(ChainId(chain)), Set::FULL)];
    let goto = |chain| vec![ChainLine::exact(ChainAction::Goto(ChainId(chain)), Set::FULL)];
    let circle = [jump(1), goto(2), jump(0), jump(3)];
    assert_eq!(sets.fold_chains(&circle, &[ChainId(0)]), Err(SetError::ChainCycle(0)));
    assert_eq!(sets.fold_chains(&circle, &[ChainId(3)]), Err(SetError::ChainCycle(3)));
    assert_eq!(sets.fold_chains(&[jump(7)], &[ChainId(0)]), Err(SetError::UnknownChain(7)));
    assert_eq!(sets.fold_chains(&[], &[ChainId(0)]), Err(SetError::UnknownChain(0)));
    // A circle that no entry reaches does no harm.
    assert!(sets.fold_chains(&[vec![], jump(1)], &[ChainId(0)]).is_ok());
}

#[test]
fn deep_calls_need_no_stack() {
    let mut sets = Manager::new(Family::V4);
    let depth = 100_000;
    let mut chains: Vec<Vec<ChainLine>> = (1..depth)
        .map(|callee| vec![ChainLine::exact(ChainAction::Jump(ChainId(callee)), Set::FULL)])
        .collect();
    chains.push(vec![ChainLine::exact(ChainAction::Accept, Set::FULL)]);
    let summary = sets.fold_chains(&chains, &[ChainId(0)]).unwrap();
    assert_eq!((summary[0].accept, summary[0].back), (Set::FULL, Set::EMPTY));
}
