//! What is the same for every source: where packets count as having reached a domain, and which of its
//! addresses make a readable example.
//!
//! [`Targets::of`] computes it once per run in the base sets, before the searches take their copies.

use std::collections::BTreeSet;
use std::net::IpAddr;

use petgraph::graph::NodeIndex;
use sekisho_header_space::{Manager, Set};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, Protocol, addr_bits, flags};

use super::{ProofError, Question, any};
use crate::graph::location::{Domain, DomainId, DomainKind, Location};
use crate::graph::transfer::Pair;
use crate::graph::{Graph, Node, Sets};
use crate::topology::{Segment, SegmentId};

/// A place where packets count as having reached a domain, and which of them count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Sink {
    pub(super) index: NodeIndex,
    pub(super) node: Node,
    pub(super) counts: Pair,
}

/// One domain as a target, in one family.
#[derive(PartialEq, Eq)]
pub(super) struct Target {
    pub(super) sinks: Vec<Sink>,
    /// The same places under any routes; none for a domain of which no location carries some subnet.
    pub(super) any: Vec<Sink>,
    /// Destinations on its segments: hosts, and those that are none (addresses of modelled interfaces,
    /// network and broadcast addresses).
    pub(super) gaps: (Set, Set),
    /// Its addresses as destinations.
    to: Set,
    /// Its addresses as sources, those of modelled interfaces left out.
    from: Set,
}

/// Sets that make a readable example, besides the addresses: before them, and after them.
#[derive(PartialEq, Eq)]
struct Wishes {
    first: Set,
    others: Vec<Set>,
}

/// All domains as targets; equal ones have the same sets, if these belong to the same managers.
#[derive(PartialEq, Eq)]
pub(super) struct Targets {
    v4: Vec<Target>,
    v6: Vec<Target>,
    wishes_v4: Wishes,
    wishes_v6: Wishes,
}

impl Targets {
    /// Computes all targets; their sets belong to `sets` and its clones.
    ///
    /// # Errors
    /// [`ProofError`] when the packet sets outgrow their budget.
    pub(super) fn of(question: &Question<'_>, sets: &mut Sets) -> Result<Self, ProofError> {
        let places: Vec<Places<'_>> = question.domains.list.iter().map(|d| Places::of(question, d)).collect();
        let mut all = |family: Family| -> Result<(Vec<Target>, Wishes), ProofError> {
            let manager = sets.of(family);
            let targets = places
                .iter()
                .map(|p| target(question, manager, p))
                .collect::<Result<Vec<_>, ProofError>>()?;
            Ok((targets, wishes(manager)?))
        };
        let (v4, wishes_v4) = all(Family::V4)?;
        let (v6, wishes_v6) = all(Family::V6)?;
        Ok(Self { v4, v6, wishes_v4, wishes_v6 })
    }

    /// The places where packets count as having reached a domain, in another graph of the same question.
    ///
    /// # Errors
    /// [`ProofError`] when the packet sets outgrow their budget.
    pub(super) fn sinks_in(
        question: &Question<'_>,
        graph: &Graph,
        sets: &mut Sets,
        id: DomainId,
    ) -> Result<Vec<(Family, Sink)>, ProofError> {
        let Some(domain) = question.domains.get(id) else { return Ok(Vec::new()) };
        let places = Places::of(question, domain);
        let mut out = Vec::new();
        for family in Family::ALL {
            let sinks = sinks(question, graph, sets.of(family), &places)?;
            out.extend(sinks.into_iter().map(|sink| (family, sink)));
        }
        Ok(out)
    }

    /// One target in one family.
    pub(super) fn get(&self, family: Family, id: DomainId) -> Option<&Target> {
        match family {
            Family::V4 => self.v4.get(id.0),
            Family::V6 => self.v6.get(id.0),
        }
    }

    /// Sets that make a readable example for a pair, most important first.
    pub(super) fn preferred(&self, family: Family, from: DomainId, to: DomainId) -> Vec<Set> {
        let wishes = match family {
            Family::V4 => &self.wishes_v4,
            Family::V6 => &self.wishes_v6,
        };
        let mut out = vec![wishes.first];
        out.extend(self.get(family, from).map(|t| t.from));
        out.extend(self.get(family, to).map(|t| t.to));
        out.extend(&wishes.others);
        out
    }
}

/// Where a domain is: of locations that are alike the first.
struct Places<'q> {
    domain: &'q Domain,
    locations: Vec<&'q Location>,
    /// Its segments with layer 3, each once, in the order of its locations.
    faces: Vec<&'q Segment>,
}

impl<'q> Places<'q> {
    fn of(question: &'q Question<'_>, domain: &'q Domain) -> Self {
        let mut seen = BTreeSet::new();
        let mut known = BTreeSet::new();
        let mut places = Self { domain, locations: Vec::new(), faces: Vec::new() };
        for location in &domain.locations {
            let place = question.graph.stands_for(location.place);
            if !seen.insert((place, location.next_hop, location.others_only)) {
                continue;
            }
            places.locations.push(location);
            let segment = question.topology.segment(location.place.segment);
            let face = segment.filter(|s| !s.interfaces.is_empty());
            places.faces.extend(face.filter(|_| known.insert(location.place.segment)));
        }
        places
    }
}

fn target(question: &Question<'_>, sets: &mut Manager, places: &Places<'_>) -> Result<Target, ProofError> {
    let family = sets.family();
    let addresses = addresses(question, family, places);
    let owned = modelled(question, family, places);
    let from = sets.field_ranges(Field::Src, &addresses)?;
    let owned = sets.field_ranges(Field::Src, &owned)?;
    Ok(Target {
        sinks: sinks(question, question.graph, sets, places)?,
        any: if any::is_located(places.domain) {
            sinks(question, question.any, sets, places)?
        } else {
            Vec::new()
        },
        gaps: host_sets(question, sets, places)?,
        to: sets.field_ranges(Field::Dst, &addresses)?,
        from: sets.diff(from, owned)?,
    })
}

/// Where packets count as having reached a domain: nodes and which of their packets count.
fn sinks(
    question: &Question<'_>,
    graph: &Graph,
    sets: &mut Manager,
    places: &Places<'_>,
) -> Result<Vec<Sink>, ProofError> {
    let family = sets.family();
    let domain = places.domain;
    let mut out = Vec::new();
    // Places that are alike share a node.
    let mut seen = BTreeSet::new();
    let mut add = |node: Node, counts: Pair| {
        if let Some(index) = graph.find(family, node)
            && seen.insert((index, counts))
        {
            out.push(Sink { index, node, counts });
        }
    };
    for location in &places.locations {
        let place = location.place;
        match location.next_hop {
            Some(addr) if Family::of(addr) == family => {
                let lost = question.devices.iter().any(|d| d.anywhere_poison().is_some());
                add(Node::Neighbour(place.segment, addr), if lost { Pair::DOUBTFUL } else { Pair::FULL });
            }
            // The neighbour may speak this family as well, by an address that the policy does not name.
            Some(_) if !domain.has_neighbour(place.segment, family) => {
                add(Node::Handed(place.part), Pair::DOUBTFUL);
            }
            Some(_) => {}
            None if location.others_only => {
                add(Node::Handed(place.part), Pair::FULL);
                for addr in graph.neighbours(family, place.segment) {
                    if !question.domains.is_next_hop(place.segment, addr) {
                        add(Node::Neighbour(place.segment, addr), Pair::FULL);
                    }
                }
            }
            None => {
                add(Node::Wire(place.segment), Pair::DOUBTFUL);
                add(Node::Shared(place.part), Pair::FULL);
                let hosts = match domain.kind {
                    DomainKind::Zone(_) => hosts(question, sets, location)?,
                    _ => Set::FULL,
                };
                add(Node::Handed(place.part), Pair { may: Set::FULL, sure: hosts });
                for addr in named(question, graph, family, place.segment) {
                    let sure = match domain.kind {
                        DomainKind::Zone(_) => {
                            sets.field_ranges(Field::Dst, &[(addr_bits(addr), addr_bits(addr))])?
                        }
                        _ => Set::FULL,
                    };
                    add(Node::Neighbour(place.segment, addr), Pair { may: Set::FULL, sure });
                }
            }
        }
    }
    if let Some(ranges) = domain.unlocated.get(&family) {
        let set = sets.field_ranges(Field::Dst, &joined(ranges))?;
        for (f, node, index) in graph.nodes() {
            if f == family && matches!(node, Node::Handed(_) | Node::Neighbour(..)) {
                out.push(Sink { index, node, counts: Pair::at_most(set) });
            }
        }
    }
    Ok(out)
}

/// Neighbours on a segment that the policy names and behind which no domain lies: hosts like the others there.
/// Where a segment has several parts or owners, nobody knows on which side they are.
fn named(question: &Question<'_>, graph: &Graph, family: Family, id: SegmentId) -> Vec<IpAddr> {
    let all = graph.neighbours(family, id).filter(|addr| !question.domains.is_next_hop(id, *addr));
    let all: Vec<IpAddr> = all.collect();
    let whole = || question.topology.segment(id).is_some_and(|s| s.doubtful_joins.is_empty());
    let alone = || question.domains.on_segment(id).count() == 1;
    if all.is_empty() || !whole() || !alone() { Vec::new() } else { all }
}

/// Sorted ranges with touching ones joined.
fn joined(ranges: &[(u128, u128)]) -> Vec<(u128, u128)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut out: Vec<(u128, u128)> = Vec::new();
    for (lo, hi) in sorted {
        match out.last_mut() {
            Some((_, end)) if lo <= end.saturating_add(1) => *end = (*end).max(hi),
            _ => out.push((lo, hi)),
        }
    }
    out
}

/// Host addresses of a location's segment, as destinations; network and broadcast addresses left out.
fn hosts(question: &Question<'_>, sets: &mut Manager, location: &Location) -> Result<Set, ProofError> {
    let family = sets.family();
    let Some(segment) = question.topology.segment(location.place.segment) else { return Ok(Set::EMPTY) };
    let prefixes = segment.prefixes(question.devices);
    let ranges: Vec<(u128, u128)> = prefixes
        .iter()
        .filter(|p| p.family() == family)
        .filter_map(|p| {
            let edge = u128::from(family == Family::V4 && p.len() < 31);
            let (lo, hi) = (p.first() + edge, p.last() - edge);
            (lo <= hi).then_some((lo, hi))
        })
        .collect();
    Ok(sets.field_ranges(Field::Dst, &joined(&ranges))?)
}

/// Addresses of modelled interfaces on the segments of a domain, as ranges.
fn modelled(question: &Question<'_>, family: Family, places: &Places<'_>) -> Vec<(u128, u128)> {
    let owned = places.faces.iter().flat_map(|s| s.addresses(question.devices, family).into_keys());
    joined(&owned.map(|a| (a, a)).collect::<Vec<_>>())
}

/// Addresses of hosts of a domain, as ranges.
fn addresses(question: &Question<'_>, family: Family, places: &Places<'_>) -> Vec<(u128, u128)> {
    let mut out = Vec::new();
    for segment in &places.faces {
        let host = |p: &Prefix| {
            let edge = u128::from(p.len() + 2 <= family.bits());
            (p.first() + edge, p.last() - edge)
        };
        out.extend(segment.prefixes(question.devices).iter().filter(|p| p.family() == family).map(host));
    }
    out.extend(places.domain.unlocated.get(&family).into_iter().flatten());
    joined(&out)
}

/// Destinations on the segments of a domain: hosts, and those that are none.
fn host_sets(
    question: &Question<'_>,
    sets: &mut Manager,
    places: &Places<'_>,
) -> Result<(Set, Set), ProofError> {
    let family = sets.family();
    let mut taken = modelled(question, family, places);
    let mut all = Vec::new();
    for segment in &places.faces {
        for prefix in segment.prefixes(question.devices).iter().filter(|p| p.family() == family) {
            all.push((prefix.first(), prefix.last()));
            if prefix.len() + 2 <= family.bits() {
                taken.extend([(prefix.first(), prefix.first()), (prefix.last(), prefix.last())]);
            }
        }
    }
    let all = sets.field_ranges(Field::Dst, &joined(&all))?;
    let taken = sets.field_ranges(Field::Dst, &joined(&taken))?;
    Ok((sets.diff(all, taken)?, sets.and(all, taken)?))
}

/// Sets that make a readable example, addresses left out.
fn wishes(sets: &mut Manager) -> Result<Wishes, ProofError> {
    let family = sets.family();
    let field = |sets: &mut Manager, field, set| sets.cube(&Cube::any().with(field, set));
    let syn = FieldSet::one(u128::from(flags::SYN));
    let echo = if family == Family::V4 { (Protocol::ICMP, 8) } else { (Protocol::ICMPV6, 128) };
    let ping = Cube::any()
        .with(Field::Proto, FieldSet::one(u128::from(echo.0.0)))
        .with(Field::IcmpType, FieldSet::one(echo.1))
        .with(Field::IcmpCode, FieldSet::one(0));
    let first = field(sets, Field::Fragment, FieldSet::one(0))?;
    let mut others = vec![
        field(sets, Field::Proto, FieldSet::one(u128::from(Protocol::TCP.0)))?,
        field(sets, Field::Flags, syn)?,
        field(sets, Field::Sport, FieldSet::one(40_000))?,
    ];
    for port in [443_u128, 22, 3389, 445, 80] {
        others.push(field(sets, Field::Dport, FieldSet::one(port))?);
    }
    others.push(field(sets, Field::Proto, FieldSet::one(u128::from(Protocol::UDP.0)))?);
    others.push(sets.cube(&ping)?);
    for field_ in [Field::IcmpType, Field::IcmpCode, Field::Flags, Field::Src0] {
        others.push(field(sets, field_, FieldSet::one(0))?);
    }
    Ok(Wishes { first, others })
}
