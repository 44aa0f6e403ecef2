//! Destination translation: virtual addresses on the interfaces by which packets arrive.
//!
//! The table is the last step before policy routes and the route look-up. A virtual address that some
//! enabled policy names, or with central translation, certainly translates; one that no policy names may
//! or may not. Which of two overlapping ones translates is not documented.

use std::collections::BTreeSet;

use sekisho_diag::Span;
use sekisho_model::{Device, InterfaceId, NatId, NatRule, NatTable, Predicate, Rewrite, Stage, Target};
use sekisho_net::{Cube, FRAGMENT_WHOLE, Field, FieldSet};

use crate::common::cube;
use crate::fortios::objects::vip::{Vip, Vips};

/// Puts the tables on the interfaces.
pub(super) fn bind(vips: &Vips, referenced: &BTreeSet<u16>, central: bool, device: &mut Device) {
    let certain: Vec<bool> = vips
        .all
        .iter()
        .map(|vip| (central || referenced.contains(&vip.mark)) && !overlaps(vip, &vips.all))
        .collect();
    let mut tables: Vec<(Vec<usize>, NatId)> = Vec::new();
    for at in 0..device.interfaces.len() {
        let here: Vec<usize> = (0..vips.all.len())
            .filter(|&n| vips.all.get(n).is_some_and(|v| applies(v, at) && !v.pieces.is_empty()))
            .collect();
        let Some(span) = here.first().and_then(|&n| vips.all.get(n)).map(|v| v.span) else { continue };
        let routed = device.interfaces.get(at).is_some_and(|i| i.l3.is_some());
        if !routed {
            continue;
        }
        let known = tables.iter().find(|(all, _)| *all == here).map(|(_, id)| *id);
        let table = known.unwrap_or_else(|| {
            let id = NatId(u32::try_from(device.nats.len()).unwrap_or(u32::MAX));
            let rules = here.iter().flat_map(|&n| rules(vips, n, &certain, central)).collect();
            device.nats.push(NatTable { name: "virtual addresses".to_owned(), rules });
            tables.push((here, id));
            id
        });
        if let Some(interface) = device.interfaces.get_mut(at) {
            insert(&mut interface.ingress, table, span);
        }
    }
}

/// Before the first policy route.
fn insert(stages: &mut Vec<Stage>, table: NatId, span: Span) {
    fn routes(stage: &Stage) -> bool {
        match stage {
            Stage::PolicyRoute { .. } => true,
            Stage::When { stage, .. } => routes(stage),
            _ => false,
        }
    }
    let at = stages.iter().position(routes).unwrap_or(stages.len());
    stages.insert(at, Stage::Nat { table, span });
}

fn applies(vip: &Vip, interface: usize) -> bool {
    let here = |id: &InterfaceId| id.0 as usize == interface;
    vip.interfaces.as_ref().is_none_or(|all| all.iter().any(here))
}

/// Whether another virtual address may translate one of the same whole packets.
fn overlaps(vip: &Vip, all: &[Vip]) -> bool {
    let meet = |a: &Option<Vec<InterfaceId>>, b: &Option<Vec<InterfaceId>>| match (a, b) {
        (Some(a), Some(b)) => a.iter().any(|id| b.contains(id)),
        _ => true,
    };
    let near = |other: &Vip| match (vip.external, other.external) {
        (Some((a, b)), Some((c, d))) => a <= d && c <= b,
        _ => true,
    };
    let whole = Predicate::exact(vec![Cube::any().with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE))]);
    let shared = |a: &Predicate, b: &Predicate| {
        let both = cube::and(&cube::and(a, &whole, vip.family), b, vip.family);
        !both.may.is_empty()
    };
    all.iter().any(|other| {
        other.mark != vip.mark
            && other.family == vip.family
            && near(other)
            && meet(&vip.interfaces, &other.interfaces)
            && vip.pieces.iter().any(|p| other.pieces.iter().any(|q| shared(&p.matches, &q.matches)))
    })
}

fn rules(vips: &Vips, at: usize, certain: &[bool], central: bool) -> Vec<NatRule> {
    let Some(vip) = vips.all.get(at) else { return Vec::new() };
    let certain = certain.get(at).copied().unwrap_or(false);
    let rule = |piece: &crate::fortios::objects::vip::Piece| {
        let matches =
            if certain { piece.matches.clone() } else { Predicate::at_most(piece.matches.may.clone()) };
        let mut rewrites = piece.rewrites.clone();
        if !central {
            let target = Target::OneOf(FieldSet::one(vip.mark.into()));
            rewrites.push(Rewrite { field: Field::Mark, target });
        }
        NatRule { family: vip.family, matches, rewrites, may_skip: false, span: vip.span }
    };
    vip.pieces.iter().map(rule).collect()
}
