//! Unions of cubes: intersection, difference, and the packets that a list selects.
//!
//! Every function says on which side it errs. Sets of ranges are exact; only a non-contiguous bit
//! pattern against a range is not.

use sekisho_model::{Action, Predicate, RuleList};
use sekisho_net::{Cube, Family, Field, FieldSet};

/// Unions of more cubes than this are widened (may) or emptied (must).
const MANY: usize = 1024;

/// Disjoint sorted ranges.
pub(crate) type Ranges = Vec<(u128, u128)>;

/// The set as disjoint sorted ranges; `None` for a wide bit pattern that is not a prefix.
fn as_ranges(set: &FieldSet, family: Family, field: Field) -> Option<Ranges> {
    let max = field.max(family);
    match set {
        FieldSet::Any => Some(vec![(0, max)]),
        FieldSet::Ranges(ranges) => Some(normal(ranges.iter().map(|&(lo, hi)| (lo, hi.min(max))).collect())),
        FieldSet::Mask { value, care } => {
            let care = care & max;
            let bits = field.bits(family);
            let free = max & !care;
            // A prefix: the free bits are a run at the low end.
            if free & free.wrapping_add(1) == 0 {
                let low = value & care;
                return Some(vec![(low, low | free)]);
            }
            (bits <= 8)
                .then(|| normal((0..=max).filter(|x| x & care == value & care).map(|x| (x, x)).collect()))
        }
    }
}

/// Sorts, drops empty ranges, joins what touches.
pub(crate) fn normal(mut ranges: Ranges) -> Ranges {
    ranges.retain(|(lo, hi)| lo <= hi);
    ranges.sort_unstable();
    let mut out: Ranges = Vec::with_capacity(ranges.len());
    for (lo, hi) in ranges {
        match out.last_mut() {
            Some(last) if lo <= last.1.saturating_add(1) => last.1 = last.1.max(hi),
            _ => out.push((lo, hi)),
        }
    }
    out
}

pub(crate) fn meet(a: &Ranges, b: &Ranges) -> Ranges {
    let all = a.iter().flat_map(|x| b.iter().map(move |y| (x.0.max(y.0), x.1.min(y.1))));
    normal(all.collect())
}

pub(crate) fn minus(a: &Ranges, b: &Ranges) -> Ranges {
    let mut left = a.clone();
    for &(lo, hi) in b {
        let mut next = Vec::with_capacity(left.len() + 1);
        for (x, y) in left {
            if y < lo || x > hi {
                next.push((x, y));
                continue;
            }
            if let Some(end) = lo.checked_sub(1).filter(|end| x <= *end) {
                next.push((x, end));
            }
            if let Some(start) = hi.checked_add(1).filter(|start| *start <= y) {
                next.push((start, y));
            }
        }
        left = next;
    }
    left
}

fn from_ranges(ranges: Ranges, family: Family, field: Field) -> FieldSet {
    if ranges == [(0, field.max(family))] { FieldSet::Any } else { FieldSet::Ranges(ranges) }
}

/// Intersection of two sets of one field, and whether it is exact (else it is too large); `None` when
/// it is empty.
fn meet_sets(a: &FieldSet, b: &FieldSet, family: Family, field: Field) -> Option<(FieldSet, bool)> {
    if *a == FieldSet::Any || a == b {
        return Some((b.clone(), true));
    }
    if *b == FieldSet::Any {
        return Some((a.clone(), true));
    }
    if let (Some(x), Some(y)) = (as_ranges(a, family, field), as_ranges(b, family, field)) {
        let both = meet(&x, &y);
        return (!both.is_empty()).then(|| (from_ranges(both, family, field), true));
    }
    match (a, b) {
        (FieldSet::Mask { value: v, care: c }, FieldSet::Mask { value: w, care: d }) => {
            (v & d == w & c).then(|| (FieldSet::mask(v | w, c | d), true))
        }
        (FieldSet::Ranges(ranges), mask) | (mask, FieldSet::Ranges(ranges)) => {
            let single = ranges.iter().all(|(lo, hi)| lo == hi);
            if single {
                let kept: Ranges = ranges.iter().copied().filter(|(x, _)| mask.contains(*x)).collect();
                return (!kept.is_empty()).then_some((FieldSet::Ranges(kept), true));
            }
            // SOUNDNESS: the ranges alone are larger than the intersection.
            Some((FieldSet::Ranges(ranges.clone()), false))
        }
        (a, _) => Some((a.clone(), false)),
    }
}

/// Intersection of two cubes, and whether it is exact (else it is too large); `None` when it is empty.
fn meet_cubes(a: &Cube, b: &Cube, family: Family) -> Option<(Cube, bool)> {
    let mut out = Cube::any();
    let mut exact = true;
    for field in Field::ALL {
        let (set, sure) = meet_sets(a.get(field), b.get(field), family, field)?;
        if set.is_empty() {
            return None;
        }
        out.set(field, set);
        exact &= sure;
    }
    Some((out, exact))
}

/// The cubes of `a` without `b`; `None` when it cannot be written as cubes.
fn without(a: &Cube, b: &Cube, family: Family) -> Option<Vec<Cube>> {
    if meet_cubes(a, b, family).is_none() {
        return Some(vec![a.clone()]);
    }
    let mut rest = a.clone();
    let mut out = Vec::new();
    for field in Field::ALL {
        let (have, take) = (rest.get(field).clone(), b.get(field));
        if *take == FieldSet::Any || have == *take {
            continue;
        }
        let (x, y) = (as_ranges(&have, family, field)?, as_ranges(take, family, field)?);
        let outside = minus(&x, &y);
        if !outside.is_empty() {
            out.push(rest.clone().with(field, from_ranges(outside, family, field)));
        }
        rest.set(field, from_ranges(meet(&x, &y), family, field));
    }
    Some(out)
}

/// Both predicates hold. May errs to the large side, must to the small one.
pub(crate) fn and(a: &Predicate, b: &Predicate, family: Family) -> Predicate {
    let pairs = |x: &[Cube], y: &[Cube]| -> Vec<(Cube, bool)> {
        x.iter().flat_map(|p| y.iter().filter_map(move |q| meet_cubes(p, q, family))).collect()
    };
    let may: Vec<(Cube, bool)> = pairs(&a.may, &b.may);
    let must: Vec<Cube> =
        pairs(a.must(), b.must()).into_iter().filter(|(_, exact)| *exact).map(|(c, _)| c).collect();
    let exact = a.is_exact() && b.is_exact() && may.iter().all(|(_, e)| *e);
    if may.len() > MANY {
        // SOUNDNESS: one operand alone is larger than the intersection.
        let smaller = if a.may.len() <= b.may.len() { a } else { b };
        return Predicate::at_most(smaller.may.clone());
    }
    let may = may.into_iter().map(|(c, _)| c).collect();
    Predicate { may, must: (!exact).then_some(must) }
}

/// The predicate does not hold. May errs to the large side, must to the small one.
pub(crate) fn not(a: &Predicate, family: Family) -> Predicate {
    let all = [Cube::any()];
    let (must, may): (Vec<&Cube>, Vec<&Cube>) = (a.must().iter().collect(), a.may.iter().collect());
    let mut exact = a.is_exact();
    let outside = large_difference(&all, &must, family, &mut exact);
    let must = if exact { None } else { Some(small_difference(&all, &may, family)) };
    Predicate { may: outside, must }
}

/// One of the predicates holds. Exact if they all are.
pub(crate) fn or(all: &[Predicate]) -> Predicate {
    let may = all.iter().flat_map(|p| p.may.iter().cloned()).collect();
    let exact = all.iter().all(Predicate::is_exact);
    let must = (!exact).then(|| all.iter().flat_map(|p| p.must().iter().cloned()).collect());
    Predicate { may, must }
}

/// The packets that a first-match list permits, for a list that selects and does not filter.
///
/// May: what a permit may match, less what an earlier deny must match. Must: what a permit must match,
/// less what an earlier deny, or a line of unknown action, may match. Where a difference cannot be
/// written as cubes, or takes too many, may keeps the whole and must drops it.
pub(crate) fn selected(list: &RuleList) -> Predicate {
    let family = list.family;
    let (mut may, mut must) = (Vec::new(), Vec::new());
    let (mut surely_denied, mut perhaps_denied): (Vec<&Cube>, Vec<&Cube>) = (Vec::new(), Vec::new());
    let mut exact = list.default == Action::Deny;
    for line in &list.lines {
        exact &= line.matches.is_exact() && line.action != Action::Unknown;
        if line.action == Action::Deny {
            surely_denied.extend(line.matches.must());
        } else {
            may.extend(large_difference(&line.matches.may, &surely_denied, family, &mut exact));
        }
        if line.action == Action::Permit {
            must.extend(small_difference(line.matches.must(), &perhaps_denied, family));
        } else {
            perhaps_denied.extend(&line.matches.may);
        }
    }
    match list.default {
        Action::Permit | Action::Unknown => Predicate { may: vec![Cube::any()], must: Some(must) },
        Action::Deny => Predicate { may, must: (!exact).then_some(must) },
    }
}

fn large_difference(cubes: &[Cube], take: &[&Cube], family: Family, exact: &mut bool) -> Vec<Cube> {
    let mut left = cubes.to_vec();
    for t in take {
        if left.len() > MANY {
            *exact = false;
            break;
        }
        left = left
            .into_iter()
            .flat_map(|c| {
                without(&c, t, family).unwrap_or_else(|| {
                    *exact = false;
                    vec![c]
                })
            })
            .collect();
    }
    left
}

fn small_difference(cubes: &[Cube], take: &[&Cube], family: Family) -> Vec<Cube> {
    let mut left = cubes.to_vec();
    for t in take {
        left = left.into_iter().flat_map(|c| without(&c, t, family).unwrap_or_default()).collect();
        if left.len() > MANY {
            return Vec::new();
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(lo: u128, hi: u128) -> Cube {
        Cube::any().with(Field::Src, FieldSet::range(lo, hi))
    }

    #[test]
    fn difference_is_exact_on_ranges() {
        let a = v4(0, 99).with(Field::Dport, FieldSet::range(0, 9));
        let b = v4(10, 19).with(Field::Dport, FieldSet::range(5, 20));
        let left = without(&a, &b, Family::V4).unwrap();
        for src in 0..120u128 {
            for port in 0..25u128 {
                let p = sekisho_net::Packet::zero(Family::V4).with(Field::Src, src).with(Field::Dport, port);
                let want = a.contains(&p) && !b.contains(&p);
                assert_eq!(left.iter().any(|c| c.contains(&p)), want, "{src} {port}");
            }
        }
    }

    #[test]
    fn pattern_against_range_errs_to_the_large_side() {
        let odd = Cube::any().with(Field::Src, FieldSet::mask(1, 1));
        let (both, exact) = meet_cubes(&odd, &v4(0, 9), Family::V4).unwrap();
        assert!(!exact);
        assert!(both.get(Field::Src).contains(3));
        assert_eq!(without(&v4(0, 9), &odd, Family::V4), None);
        let p = and(&Predicate::exact(vec![odd]), &Predicate::exact(vec![v4(0, 9)]), Family::V4);
        assert!(p.must().is_empty() && !p.may.is_empty());
    }
}
