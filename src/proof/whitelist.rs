//! What the policy permits between two domains.

use sekisho_header_space::{Manager, Set, SetError};
use sekisho_net::Cube;

use super::Question;
use crate::graph::location::{DomainId, DomainKind};
use crate::policy::{Declared, ExternalKind, Flow, Policy, ZoneRef};

/// What a pair of domains may exchange.
pub(super) struct Permitted {
    /// Packets that open or carry a permitted session in its own direction.
    pub(super) flows: Set,
    /// Look-alike replies of permitted TCP sessions of the opposite direction, not in `flows`.
    pub(super) replies: Set,
}

/// Computes what is permitted from one domain to another.
pub(super) fn permitted(
    question: &Question<'_>,
    sets: &mut Manager,
    from: DomainId,
    to: DomainId,
) -> Result<Permitted, SetError> {
    let family = sets.family();
    let mut flows: Vec<Cube> = Vec::new();
    let mut replies: Vec<Cube> = Vec::new();
    for flow in question.policy.granted(question.as_of) {
        if joins(question, flow, from, to) {
            flows.extend(flow.cubes(family));
        }
        if joins(question, flow, to, from) {
            replies.extend(flow.reply_cubes(family));
        }
    }
    let flows = sets.cubes(&flows)?;
    let replies = sets.cubes(&replies)?;
    let replies = sets.diff(replies, flows)?;
    Ok(Permitted { flows, replies })
}

/// Whether a whitelist entry is about this ordered pair.
pub(super) fn joins(question: &Question<'_>, flow: &Flow, from: DomainId, to: DomainId) -> bool {
    stands_for(question, flow.from.value, from) && stands_for(question, flow.to.value, to)
}

/// Whether a reference of the policy stands for a domain; `internet` stands for every external that is
/// the Internet.
fn stands_for(question: &Question<'_>, reference: ZoneRef, domain: DomainId) -> bool {
    match reference {
        ZoneRef::Internet => is_internet(question, domain),
        _ => question.domains.of_reference(reference) == Some(domain),
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
