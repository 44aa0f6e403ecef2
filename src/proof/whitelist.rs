//! What the policy permits between two domains.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use sekisho_header_space::{Manager, Set, SetError};
use sekisho_net::Cube;

use super::Question;
use super::relay::waypoint::{Direction, directions};
use crate::graph::location::{DomainId, DomainKind};
use crate::policy::{Declared, ExternalKind, Flow, Policy, ZoneRef};

/// What a pair of domains may exchange.
pub(super) struct Permitted {
    /// Packets that open or carry a permitted session in its own direction.
    pub(super) flows: Set,
    /// Look-alike replies of permitted TCP sessions of the opposite direction, not in `flows`.
    pub(super) replies: Set,
}

/// The entries in force, by the domains that they are about, and the gateways between these; sorted when they
/// are first asked for.
#[derive(Debug, Default)]
pub struct Whitelist {
    sorted: OnceLock<BTreeMap<(DomainId, DomainId), Vec<usize>>>,
    directions: OnceLock<Vec<Direction>>,
}

impl Whitelist {
    /// The entries in force from one domain to another.
    pub(super) fn between<'q>(
        &self,
        question: &'q Question<'_>,
        from: DomainId,
        to: DomainId,
    ) -> impl Iterator<Item = &'q Flow> {
        self.numbered(question, from, to).map(|(_, flow)| flow)
    }

    /// The same with their indices.
    pub(super) fn numbered<'q>(
        &self,
        question: &'q Question<'_>,
        from: DomainId,
        to: DomainId,
    ) -> impl Iterator<Item = (usize, &'q Flow)> {
        let sorted = self.sorted.get_or_init(|| by_pair(question));
        let flows = &question.policy.flows;
        sorted.get(&(from, to)).into_iter().flatten().filter_map(|index| Some((*index, flows.get(*index)?)))
    }

    /// The directions in which entries in force go by gateways.
    pub(super) fn directions(&self, question: &Question<'_>) -> &[Direction] {
        self.directions.get_or_init(|| directions(question))
    }
}

/// The entries of the policy that are in force, by their ends.
fn by_pair(question: &Question<'_>) -> BTreeMap<(DomainId, DomainId), Vec<usize>> {
    let mut out: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    let flows = question.policy.flows.iter().enumerate();
    for (index, flow) in flows.filter(|(_, f)| question.policy.grants(f, question.as_of)) {
        for from in standing(question, flow.from.value) {
            for to in standing(question, flow.to.value) {
                out.entry((from, to)).or_default().push(index);
            }
        }
    }
    out
}

/// Computes what is permitted from one domain to another.
pub(super) fn permitted(
    question: &Question<'_>,
    sets: &mut Manager,
    from: DomainId,
    to: DomainId,
) -> Result<Permitted, SetError> {
    let family = sets.family();
    let between = |from, to| question.whitelist.between(question, from, to);
    let flows: Vec<Cube> = between(from, to).flat_map(|f| f.cubes(family)).collect();
    let replies: Vec<Cube> = between(to, from).flat_map(|f| f.reply_cubes(family)).collect();
    let flows = sets.cubes(&flows)?;
    let replies = sets.cubes(&replies)?;
    let replies = sets.diff(replies, flows)?;
    Ok(Permitted { flows, replies })
}

/// Whether a whitelist entry is about this ordered pair.
pub(super) fn joins(question: &Question<'_>, flow: &Flow, from: DomainId, to: DomainId) -> bool {
    standing(question, flow.from.value).contains(&from) && standing(question, flow.to.value).contains(&to)
}

/// The domains that a reference of the policy stands for; `internet` stands for every external that is
/// the Internet.
pub(super) fn standing(question: &Question<'_>, reference: ZoneRef) -> Vec<DomainId> {
    match reference {
        ZoneRef::Internet => question.domains.ids().filter(|id| is_internet(question, *id)).collect(),
        _ => question.domains.of_reference(reference).into_iter().collect(),
    }
}

/// Whether a domain is the Internet itself: an external of a kind that is one.
pub(super) fn is_internet(question: &Question<'_>, domain: DomainId) -> bool {
    match question.domains.get(domain).map(|d| d.kind) {
        Some(DomainKind::External(index)) => external_is_internet(question.policy, index),
        _ => false,
    }
}

/// Whether an external is the Internet itself, and not only a network that is connected to it.
pub(super) fn external_is_internet(policy: &Policy, index: usize) -> bool {
    policy.externals.get(index).is_some_and(|e| {
        let kind = matches!(e.kind, ExternalKind::Isp | ExternalKind::Breakout | ExternalKind::Saas);
        kind && e.internet != Declared::No
    })
}
