//! Which whitelist entries carry a session from one domain to another, while the sets of a search are at hand.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sekisho_diag::Spanned;
use sekisho_header_space::{Manager, Set};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, addr_bits};

use super::waypoint::Direction;
use crate::graph::Sets;
use crate::graph::location::DomainId;
use crate::graph::transfer::Pair;
use crate::policy::{Flow, ZoneRef};
use crate::proof::isolation::Arrival;
use crate::proof::target::{Sink, Targets};
use crate::proof::{ProofError, Question};
use crate::search::Reach;

/// A whitelist entry that a packet may use between two domains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::proof) struct Carried {
    /// Index of the entry.
    pub(super) flow: usize,
    /// Whether a packet of it surely arrives.
    pub(super) sure: bool,
    /// For directions of gateways (by index) in which the entry goes by none of them, but its addresses may
    /// be theirs: what is left of it without these addresses.
    pub(super) without: BTreeMap<usize, Arrival>,
}

/// The entries that carry sessions from one domain to another.
pub(in crate::proof) fn carried(
    question: &Question<'_>,
    targets: &Targets,
    sets: &mut Sets,
    reach: &Reach,
    (from, to): (DomainId, DomainId),
) -> Result<Vec<Carried>, ProofError> {
    let flows: Vec<(usize, &Flow)> = question.whitelist.numbered(question, from, to).collect();
    let mut out: BTreeMap<usize, Carried> = BTreeMap::new();
    if flows.is_empty() {
        return Ok(Vec::new());
    }
    let near = near(question, from, to);
    for family in Family::ALL {
        let Some(target) = targets.get(family, to) else { continue };
        let manager = sets.of(family);
        let (mut may, mut sure) = (Set::EMPTY, Set::EMPTY);
        for &Sink { index, counts, .. } in &target.sinks {
            let state = reach.at(index);
            let here = manager.and(state.may, counts.may)?;
            may = manager.or(may, here)?;
            let here = manager.and(state.sure, counts.sure)?;
            sure = manager.or(sure, here)?;
        }
        if may.is_empty() {
            continue;
        }
        for &(index, flow) in &flows {
            let permitted = manager.cubes(&flow.cubes(family))?;
            let used = Pair { may: manager.and(may, permitted)?, sure: manager.and(sure, permitted)? };
            if used.may.is_empty() {
                continue;
            }
            let entry = out.entry(index).or_insert_with(|| Carried { flow: index, ..Carried::default() });
            entry.sure |= !used.sure.is_empty();
            for beside in near.iter().filter(|b| b.meets(flow)) {
                let theirs = between(manager, beside)?;
                let left = entry.without.entry(beside.number).or_default();
                left.may |= !manager.diff(used.may, theirs)?.is_empty();
                left.sure |= !manager.diff(used.sure, theirs)?.is_empty();
            }
        }
    }
    Ok(out.into_values().collect())
}

/// A direction of gateways, with their addresses at the ends of a pair.
struct Near<'q> {
    number: usize,
    direction: &'q Direction,
    senders: Vec<IpAddr>,
    receivers: Vec<IpAddr>,
}

/// The directions whose gateways have addresses in one of two domains.
fn near<'q>(question: &'q Question<'_>, from: DomainId, to: DomainId) -> Vec<Near<'q>> {
    let all = question.whitelist.directions(question).iter().enumerate();
    let all = all.map(|(number, direction)| Near {
        number,
        direction,
        senders: addresses(question, direction, from),
        receivers: addresses(question, direction, to),
    });
    all.filter(|n| !n.senders.is_empty() || !n.receivers.is_empty()).collect()
}

impl Near<'_> {
    /// Whether an entry goes by none of the gateways although addresses at its ends may be theirs.
    fn meets(&self, flow: &Flow) -> bool {
        let has = |side: &[Spanned<Prefix>], mine: &[IpAddr]| {
            mine.iter().any(|a| side.is_empty() || side.iter().any(|p| p.value.contains(*a)))
        };
        !flow.via.is_some_and(|v| self.direction.gateways.contains(&v.value))
            && (has(&flow.src, &self.senders) || has(&flow.dst, &self.receivers))
    }
}

/// The addresses of the gateways of a direction in a domain.
///
/// SOUNDNESS: elsewhere the same address is somebody else's, who only claims it.
fn addresses(question: &Question<'_>, direction: &Direction, domain: DomainId) -> Vec<IpAddr> {
    let gateways = direction.gateways.iter().filter_map(|g| question.policy.gateways.get(*g));
    let here = |zone: usize| question.domains.of_reference(ZoneRef::Zone(zone)) == Some(domain);
    let legs = gateways.flat_map(|g| &g.legs).filter(|l| here(l.zone.value));
    legs.flat_map(|l| &l.hosts).map(|a| a.value).collect()
}

/// Packets that the gateways send or get.
fn between(sets: &mut Manager, near: &Near<'_>) -> Result<Set, ProofError> {
    let family = sets.family();
    let values = |addresses: &[IpAddr]| {
        let mine = addresses.iter().filter(|a| Family::of(**a) == family);
        FieldSet::Ranges(mine.map(|a| (addr_bits(*a), addr_bits(*a))).collect())
    };
    let as_sent = |translated, field| {
        Cube::any().with(Field::Translated, FieldSet::one(translated)).with(field, values(&near.senders))
    };
    let to = Cube::any().with(Field::Dst, values(&near.receivers));
    let cubes = [to, as_sent(0, Field::Src), as_sent(1, Field::Src0)];
    Ok(sets.cubes(&cubes.into_iter().filter(|c| !c.is_empty()).collect::<Vec<_>>())?)
}
