//! Which whitelist entries carry a session from one domain to another, while the sets of a search are at hand.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sekisho_header_space::{Manager, Set};
use sekisho_net::{Cube, Family, Field, FieldSet, addr_bits};

use super::waypoint::Direction;
use crate::graph::Sets;
use crate::graph::location::DomainId;
use crate::graph::transfer::Pair;
use crate::policy::Flow;
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
            for (number, direction) in question.whitelist.directions(question).iter().enumerate() {
                if !direction.meets(question, flow) {
                    continue;
                }
                let theirs = between(manager, &direction.addresses(question))?;
                let left = entry.without.entry(number).or_default();
                left.may |= !manager.diff(used.may, theirs)?.is_empty();
                left.sure |= !manager.diff(used.sure, theirs)?.is_empty();
            }
        }
    }
    Ok(out.into_values().collect())
}

/// Packets that one of these addresses sends or gets.
fn between(sets: &mut Manager, addresses: &[IpAddr]) -> Result<Set, ProofError> {
    let family = sets.family();
    let mine = addresses.iter().filter(|a| Family::of(**a) == family);
    let mine = FieldSet::Ranges(mine.map(|a| (addr_bits(*a), addr_bits(*a))).collect());
    let as_sent = |translated, field| {
        Cube::any().with(Field::Translated, FieldSet::one(translated)).with(field, mine.clone())
    };
    let cubes = [Cube::any().with(Field::Dst, mine.clone()), as_sent(0, Field::Src), as_sent(1, Field::Src0)];
    Ok(sets.cubes(&cubes)?)
}

impl Direction {
    /// Whether an entry goes by none of the gateways although its addresses may be theirs.
    fn meets(&self, question: &Question<'_>, flow: &Flow) -> bool {
        let mine = |side: &[sekisho_diag::Spanned<sekisho_net::Prefix>], addr: IpAddr| {
            side.is_empty() || side.iter().any(|p| p.value.contains(addr))
        };
        !flow.via.is_some_and(|v| self.gateways.contains(&v.value))
            && self.addresses(question).iter().any(|a| mine(&flow.src, *a) || mine(&flow.dst, *a))
    }

    /// All addresses of the gateways.
    fn addresses(&self, question: &Question<'_>) -> Vec<IpAddr> {
        let gateways = self.gateways.iter().filter_map(|g| question.policy.gateways.get(*g));
        gateways.flat_map(|g| g.addresses()).map(|a| a.value).collect()
    }
}
