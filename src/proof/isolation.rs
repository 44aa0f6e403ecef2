//! One source against every target: what arrives, what the whitelist leaves of it, and one packet of that.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;
use sekisho_header_space::{Manager, Set};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, Prefix, Protocol, flags};

use super::whitelist::{self, Permitted};
use super::{ProofError, Question};
use crate::graph::location::{Domain, DomainId, DomainKind, Location};
use crate::graph::transfer::{Pair, Reading};
use crate::graph::{Node, Sets};
use crate::policy::{InternetRule, ZoneKind, ZoneRef};
use crate::routing::Doubt;
use crate::search::{Order, Reach, TraceStep, forward_reach};
use crate::topology::PartId;

/// Everything found out about one source.
pub(super) struct Source {
    pub(super) from: DomainId,
    pub(super) pairs: Vec<Judged>,
    /// Whitelisted peers of zones that must not have to do with the Internet: (index of the flow, what of
    /// the peer's packets reaches the Internet).
    pub(super) peers: Vec<(usize, Arrival)>,
}

/// Whether anything arrives at all, whitelisted or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) may: bool,
    pub(super) sure: bool,
}

/// One ordered pair.
pub(super) struct Judged {
    pub(super) to: DomainId,
    pub(super) arrival: Arrival,
    /// A packet outside the whitelist that surely arrives.
    pub(super) open: Option<Path>,
    /// A packet outside the whitelist that may arrive.
    pub(super) doubtful: Option<Path>,
    /// Packets that pass because they look like replies of whitelisted sessions.
    pub(super) replies: Vec<(Family, Vec<Cube>)>,
    /// Whether a whitelisted packet may arrive.
    pub(super) realised: bool,
}

/// A packet that is not whitelisted, where it came from, and what it stands for.
pub(super) struct Path {
    pub(super) family: Family,
    /// Header on arrival.
    pub(super) packet: Packet,
    /// From the source to the target.
    pub(super) steps: Vec<TraceStep>,
    /// Boxes of packets on arrival for which the same holds, the packet's own first.
    pub(super) ranges: Vec<Cube>,
    /// Doubts along the way that concern the packet.
    pub(super) doubts: Vec<Doubt>,
    /// The place where it arrives.
    pub(super) at: Node,
}

/// How many boxes a finding shows.
const RANGES: usize = 4;

/// Runs the search of a source and judges all its pairs.
pub(super) fn judge(
    question: &Question<'_>,
    order: &Order,
    sets: &mut Sets,
    from: DomainId,
) -> Result<Source, ProofError> {
    let Some(domain) = question.domains.get(from) else {
        return Ok(Source { from, pairs: Vec::new(), peers: Vec::new() });
    };
    let seeds = seeds(question, sets, domain)?;
    let sensitive = is_mynumber(question, domain);
    let reach = forward_reach(question.graph, order, sets, &seeds, sensitive)?;
    let targets: Vec<DomainId> = question.domains.ids().filter(|to| *to != from).collect();
    let any_sensitive =
        targets.iter().any(|to| question.domains.get(*to).is_some_and(|d| is_mynumber(question, d)));
    let routed = if any_sensitive && !sensitive && !question.graph.source_routing.is_empty() {
        Some(forward_reach(question.graph, order, sets, &seeds, true)?)
    } else {
        None
    };
    let mut pairs = Vec::new();
    for to in targets {
        let Some(target) = question.domains.get(to) else { continue };
        let reach = routed.as_ref().filter(|_| is_mynumber(question, target)).unwrap_or(&reach);
        pairs.push(pair(question, sets, reach, (from, domain), (to, target))?);
    }
    let peers = peers(question, sets, &reach, from)?;
    Ok(Source { from, pairs, peers })
}

fn is_mynumber(question: &Question<'_>, domain: &Domain) -> bool {
    match domain.kind {
        DomainKind::Zone(index) => {
            question.policy.zones.get(index).is_some_and(|z| z.kind == ZoneKind::MyNumber)
        }
        _ => false,
    }
}

/// Any header, handed to any interface of the segments of the domain.
fn seeds(
    question: &Question<'_>,
    sets: &mut Sets,
    domain: &Domain,
) -> Result<Vec<(NodeIndex, Pair)>, ProofError> {
    let parts: BTreeSet<PartId> = domain.locations.iter().map(|l| l.place.part).collect();
    let mut out = Vec::new();
    for family in Family::ALL {
        let ordinary = question.graph.ordinary.get(&family).copied().unwrap_or(Set::EMPTY);
        let manager = sets.of(family);
        let fresh = manager.cube(&Cube::any().with(Field::Translated, FieldSet::one(0)))?;
        let sure = manager.and(ordinary, fresh)?;
        for &part in &parts {
            if let Some(node) = question.graph.find(family, Node::Inject(part)) {
                out.push((node, Pair { may: fresh, sure }));
            }
        }
    }
    Ok(out)
}

/// Where packets count as having reached a domain: nodes and which of their packets count.
fn sinks(
    question: &Question<'_>,
    sets: &mut Manager,
    domain: &Domain,
) -> Result<Vec<(NodeIndex, Node, Pair)>, ProofError> {
    let family = sets.family();
    let mut out = Vec::new();
    let mut add = |node: Node, counts: Pair| {
        if let Some(index) = question.graph.find(family, node) {
            out.push((index, node, counts));
        }
    };
    for location in &domain.locations {
        let place = location.place;
        match location.next_hop {
            Some(addr) if Family::of(addr) == family => {
                add(Node::Neighbour(place.segment, addr), Pair::FULL);
            }
            // The neighbour may speak this family as well, by an address that the policy does not name.
            Some(_) if !domain.has_neighbour(place.segment, family) => {
                add(Node::Handed(place.part), Pair::DOUBTFUL);
            }
            Some(_) => {}
            None if location.others_only => {
                add(Node::Handed(place.part), Pair::FULL);
                for addr in question.graph.neighbours(family, place.segment) {
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
            }
        }
    }
    if let Some(ranges) = domain.unlocated.get(&family) {
        let set = sets.field_ranges(Field::Dst, &joined(ranges))?;
        for (f, node, index) in question.graph.nodes() {
            if f == family && matches!(node, Node::Handed(_) | Node::Neighbour(..)) {
                out.push((index, node, Pair::at_most(set)));
            }
        }
    }
    Ok(out)
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

fn pair(
    question: &Question<'_>,
    sets: &mut Sets,
    reach: &Reach,
    (from, source): (DomainId, &Domain),
    (to, target): (DomainId, &Domain),
) -> Result<Judged, ProofError> {
    let mut judged = Judged {
        to,
        arrival: Arrival::default(),
        open: None,
        doubtful: None,
        replies: Vec::new(),
        realised: false,
    };
    for family in Family::ALL {
        let manager = sets.of(family);
        let sinks = sinks(question, manager, target)?;
        let gaps = host_sets(question, manager, target)?;
        let permitted = whitelist::permitted(question, manager, from, to)?;
        let mut replies = Set::EMPTY;
        let (mut open, mut doubtful) = (Vec::new(), Vec::new());
        let ordinary = question.graph.ordinary.get(&family).copied().unwrap_or(Set::FULL);
        for (index, node, counts) in sinks {
            let state = reach.at(index);
            let arrived = Pair {
                may: manager.and(state.may, counts.may)?,
                sure: manager.and(state.sure, counts.sure)?,
            };
            judged.arrival.may |= !arrived.may.is_empty();
            judged.arrival.sure |= !arrived.sure.is_empty();
            judged.realised |= !manager.disjoint(arrived.may, permitted.flows);
            let (left, looks) = leftover(manager, arrived, &permitted)?;
            replies = manager.or(replies, looks)?;
            if !left.sure.is_empty() {
                // Martians never arrive; counting them in makes the ranges readable.
                let strange = manager.diff(left.may, ordinary)?;
                let shown = manager.or(left.sure, strange)?;
                open.push((index, node, left.sure, smooth(manager, shown, gaps)?));
            }
            if !left.may.is_empty() {
                doubtful.push((index, node, left.may, smooth(manager, left.may, gaps)?));
            }
        }
        if !replies.is_empty() {
            let shown = smooth(manager, replies, gaps)?;
            judged.replies.push((family, manager.cover(shown, RANGES).0));
        }
        let preferred = preferred(question, manager, source, target)?;
        let at = (family, &preferred[..]);
        if judged.open.is_none() {
            judged.open = follow(question, sets, reach, at, &open, Reading::Sure)?;
        }
        if judged.open.is_none() && judged.doubtful.is_none() {
            judged.doubtful = follow(question, sets, reach, at, &doubtful, Reading::May)?;
        }
    }
    Ok(judged)
}

/// Addresses of modelled interfaces on the segments of a domain, as ranges.
fn modelled(question: &Question<'_>, family: Family, domain: &Domain) -> Vec<(u128, u128)> {
    let segments = domain.locations.iter().filter_map(|l| question.topology.segment(l.place.segment));
    let owned = segments.flat_map(|s| s.addresses(question.devices, family).into_keys().collect::<Vec<_>>());
    joined(&owned.map(|a| (a, a)).collect::<Vec<_>>())
}

/// Destinations on the segments of a domain: hosts, and those that are none (addresses of modelled
/// interfaces, network and broadcast addresses).
fn host_sets(question: &Question<'_>, sets: &mut Manager, domain: &Domain) -> Result<(Set, Set), ProofError> {
    let family = sets.family();
    let mut taken = modelled(question, family, domain);
    let mut all = Vec::new();
    for segment in domain.locations.iter().filter_map(|l| question.topology.segment(l.place.segment)) {
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

/// The set with destinations that are no hosts counted in where every host of the segments is in it, so
/// that ranges read as whole networks.
fn smooth(sets: &mut Manager, set: Set, (hosts, gaps): (Set, Set)) -> Result<Set, ProofError> {
    if hosts.is_empty() {
        return Ok(set);
    }
    let missing = sets.diff(hosts, set)?;
    let missing = sets.set_field(missing, Field::Dst, &FieldSet::Any)?;
    let filler = sets.diff(gaps, missing)?;
    Ok(sets.or(set, filler)?)
}

/// What the whitelist leaves, and what of it only looks like replies.
fn leftover(sets: &mut Manager, arrived: Pair, permitted: &Permitted) -> Result<(Pair, Set), ProofError> {
    let may = sets.diff(arrived.may, permitted.flows)?;
    let sure = sets.diff(arrived.sure, permitted.flows)?;
    let looks = sets.and(may, permitted.replies)?;
    let left = Pair { may: sets.diff(may, permitted.replies)?, sure: sets.diff(sure, permitted.replies)? };
    Ok((left, looks))
}

/// Sets that make a readable example, most important first.
fn preferred(
    question: &Question<'_>,
    sets: &mut Manager,
    source: &Domain,
    target: &Domain,
) -> Result<Vec<Set>, ProofError> {
    let family = sets.family();
    let addresses = |domain: &Domain| -> Vec<(u128, u128)> {
        let mut out = Vec::new();
        for location in &domain.locations {
            let Some(segment) = question.topology.segment(location.place.segment) else { continue };
            let prefixes: Vec<Prefix> =
                segment.prefixes(question.devices).into_iter().filter(|p| p.family() == family).collect();
            let host = |p: &Prefix| {
                let edge = u128::from(p.len() + 2 <= family.bits());
                (p.first() + edge, p.last() - edge)
            };
            out.extend(prefixes.iter().map(host));
        }
        out.extend(domain.unlocated.get(&family).into_iter().flatten());
        joined(&out)
    };
    let from = sets.field_ranges(Field::Src, &addresses(source))?;
    let owned = modelled(question, family, source);
    let owned = sets.field_ranges(Field::Src, &owned)?;
    let from = sets.diff(from, owned)?;
    let to = sets.field_ranges(Field::Dst, &addresses(target))?;
    let field = |sets: &mut Manager, field, set| sets.cube(&Cube::any().with(field, set));
    let syn = FieldSet::one(u128::from(flags::SYN));
    let echo = if family == Family::V4 { (Protocol::ICMP, 8) } else { (Protocol::ICMPV6, 128) };
    let ping = Cube::any()
        .with(Field::Proto, FieldSet::one(u128::from(echo.0.0)))
        .with(Field::IcmpType, FieldSet::one(echo.1))
        .with(Field::IcmpCode, FieldSet::one(0));
    let mut out = vec![
        field(sets, Field::Fragment, FieldSet::one(0))?,
        from,
        to,
        field(sets, Field::Proto, FieldSet::one(u128::from(Protocol::TCP.0)))?,
        field(sets, Field::Flags, syn)?,
        field(sets, Field::Sport, FieldSet::one(40_000))?,
    ];
    for port in [443_u128, 22, 3389, 445, 80] {
        out.push(field(sets, Field::Dport, FieldSet::one(port))?);
    }
    out.push(field(sets, Field::Proto, FieldSet::one(u128::from(Protocol::UDP.0)))?);
    out.push(sets.cube(&ping)?);
    for field_ in [Field::IcmpType, Field::IcmpCode, Field::Flags, Field::Src0] {
        out.push(field(sets, field_, FieldSet::one(0))?);
    }
    Ok(out)
}

/// Picks a readable packet that arrives and follows it back to its source.
fn follow(
    question: &Question<'_>,
    sets: &mut Sets,
    reach: &Reach,
    (family, preferred): (Family, &[Set]),
    arrivals: &[(NodeIndex, Node, Set, Set)],
    reading: Reading,
) -> Result<Option<Path>, ProofError> {
    for &(index, at, set, shown) in arrivals {
        let manager = sets.of(family);
        let mut narrow = set;
        for &wish in preferred {
            let next = manager.and(narrow, wish)?;
            if !next.is_empty() {
                narrow = next;
            }
        }
        let Some(packet) = manager.pick(narrow) else { continue };
        let widest = manager.widen(shown, &packet);
        let steps = reach.trace(question.graph, sets, index, packet, reading)?;
        let manager = sets.of(family);
        let first = manager.cube(&widest)?;
        let rest = manager.diff(shown, first)?;
        let mut ranges = vec![widest];
        ranges.extend(manager.cover(rest, RANGES - 1).0);
        let doubts = doubts_along(question, &steps);
        return Ok(Some(Path { family, packet, steps, ranges, doubts, at }));
    }
    Ok(None)
}

/// The doubts on the way of a packet that concern it.
fn doubts_along(question: &Question<'_>, steps: &[TraceStep]) -> Vec<Doubt> {
    let mut out: Vec<Doubt> = Vec::new();
    let mut before: Option<&TraceStep> = None;
    for step in steps {
        let edge = step.edge.and_then(|e| question.graph.graph.edge_weight(e));
        for doubt in edge.into_iter().flat_map(|e| &e.doubts) {
            let concerned = doubt.concerns(&step.packet) || before.is_some_and(|b| doubt.concerns(&b.packet));
            if concerned && !out.iter().any(|d| d.span == doubt.span && d.why == doubt.why) {
                out.push(doubt.clone());
            }
        }
        before = Some(step);
    }
    out
}

/// Whitelisted peers in this source of zones for which the Internet is forbidden: does the peer reach it?
fn peers(
    question: &Question<'_>,
    sets: &mut Sets,
    reach: &Reach,
    from: DomainId,
) -> Result<Vec<(usize, Arrival)>, ProofError> {
    let mut out = Vec::new();
    let forbids = |reference: ZoneRef| match reference {
        ZoneRef::Zone(index) => {
            question.policy.zones.get(index).is_some_and(|z| z.internet == InternetRule::Forbidden)
        }
        _ => false,
    };
    for (index, flow) in question.policy.flows.iter().enumerate() {
        if !question.policy.granted(question.as_of).any(|f| f.span == flow.span) {
            continue;
        }
        let ends = [(flow.from.value, flow.to.value, &flow.dst), (flow.to.value, flow.from.value, &flow.src)];
        for (zone, peer, addresses) in ends {
            let zone_peer =
                matches!(peer, ZoneRef::Zone(_)) && question.domains.of_reference(peer) == Some(from);
            if !zone_peer || !forbids(zone) || zone == peer {
                continue;
            }
            let prefixes: Vec<Prefix> = addresses.iter().map(|p| p.value).collect();
            let mut arrival = Arrival::default();
            for target in question.domains.ids().filter(|d| whitelist::is_internet(question, *d)) {
                let Some(target) = question.domains.get(target) else { continue };
                reaches(question, sets, reach, target, &prefixes, &mut arrival)?;
            }
            out.push((index, arrival));
        }
    }
    Ok(out)
}

/// Adds whether packets sent by these addresses reach a target.
fn reaches(
    question: &Question<'_>,
    sets: &mut Sets,
    reach: &Reach,
    target: &Domain,
    prefixes: &[Prefix],
    arrival: &mut Arrival,
) -> Result<(), ProofError> {
    for family in Family::ALL {
        let manager = sets.of(family);
        let mine: Vec<(u128, u128)> =
            prefixes.iter().filter(|p| p.family() == family).map(|p| (p.first(), p.last())).collect();
        let sent = if prefixes.is_empty() { FieldSet::Any } else { FieldSet::Ranges(mine) };
        let fresh = Cube::any().with(Field::Translated, FieldSet::one(0)).with(Field::Src, sent.clone());
        let later = Cube::any().with(Field::Translated, FieldSet::one(1)).with(Field::Src0, sent);
        let sent = manager.cubes(&[fresh, later])?;
        for (index, _, counts) in sinks(question, manager, target)? {
            let state = reach.at(index);
            let may = manager.and(state.may, counts.may)?;
            arrival.may |= !manager.disjoint(may, sent);
            let sure = manager.and(state.sure, counts.sure)?;
            arrival.sure |= !manager.disjoint(sure, sent);
        }
    }
    Ok(())
}
