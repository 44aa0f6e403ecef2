//! Machines with legs in several domains: whoever has one of them may go on from its other leg.
//!
//! SOUNDNESS: that a machine forwards no packets does not keep it from opening sessions. Such a hop is never sure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sekisho_net::{Family, Prefix, addr_bits};

use super::chains::{By, Edge};
use super::hop;
use crate::graph::location::DomainId;
use crate::policy::Host;
use crate::proof::Question;
use crate::topology::SegmentId;

/// Hops through the machines that the policy declares.
pub(super) fn hops(question: &Question<'_>) -> Vec<Edge> {
    let mut out = Vec::new();
    let several = question.policy.hosts.iter().enumerate().filter(|(_, h)| h.addresses.len() > 1);
    let several: Vec<(usize, &Host)> = several.collect();
    if several.is_empty() {
        return out;
    }
    let places = Places::of(question);
    for (index, host) in several {
        let homes: BTreeSet<DomainId> =
            host.addresses.iter().flat_map(|a| places.homes(question, a.value)).collect();
        let gateway = question
            .policy
            .gateways
            .iter()
            .position(|g| g.addresses().any(|a| host.addresses.iter().any(|b| a.value == b.value)));
        for (from, to) in homes.iter().flat_map(|from| homes.iter().map(move |to| (from.0, to.0))) {
            if from == to {
                continue;
            }
            let mut edge = hop((from, to), By::Host(index), false);
            edge.gateway = gateway;
            let directions = question.whitelist.directions(question).iter().enumerate();
            let through = directions.filter(|(_, d)| gateway.is_some_and(|g| d.gateways.contains(&g)));
            edge.gone = through.map(|(number, _)| number).collect();
            out.push(edge);
        }
    }
    out
}

/// Connected prefixes with the segments that have them.
struct Places(Vec<(Prefix, SegmentId)>);

impl Places {
    fn of(question: &Question<'_>) -> Self {
        let segments = question.topology.segments().iter().enumerate();
        Self(
            segments
                .flat_map(|(n, segment)| {
                    let id = SegmentId(u32::try_from(n).unwrap_or(u32::MAX));
                    segment.prefixes(question.devices).into_iter().map(move |p| (p, id))
                })
                .collect(),
        )
    }

    /// The domains in which an address may be: those of a segment with a prefix that holds it, and those that have it
    /// in a subnet or as a neighbour.
    fn homes(&self, question: &Question<'_>, addr: IpAddr) -> BTreeSet<DomainId> {
        let (family, bits) = (Family::of(addr), addr_bits(addr));
        let segments: BTreeSet<SegmentId> =
            self.0.iter().filter(|(p, _)| p.contains(addr)).map(|(_, segment)| *segment).collect();
        let is_home = |id: &DomainId| {
            question.domains.get(*id).is_some_and(|domain| {
                let ranges = domain.unlocated.get(&family).into_iter().flatten();
                domain.locations.iter().any(|l| match l.next_hop {
                    None => segments.contains(&l.place.segment),
                    Some(next_hop) => next_hop == addr,
                }) || ranges.into_iter().any(|(lo, hi)| *lo <= bits && bits <= *hi)
            })
        };
        question.domains.ids().filter(is_home).collect()
    }
}
