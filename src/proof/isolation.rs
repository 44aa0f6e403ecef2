//! One source against every target: what arrives, what the whitelist leaves of it, and one packet of that.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;
use sekisho_header_space::{Manager, Set};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, Prefix};

use super::any::{self, Apart};
use super::crossing;
use super::reasons::Deciding;
use super::relay::hops::{self, Carried};
use super::sessions::{self, Sessions};
use super::target::{Sink, Target, Targets};
use super::whitelist::{self, Permitted};
use super::{Orders, ProofError, Question};
use crate::graph::location::{Domain, DomainId, DomainKind, Location};
use crate::graph::transfer::{Pair, Reading};
use crate::graph::{Graph, Node, Sets};
use crate::policy::{InternetRule, ZoneKind, ZoneRef};
use crate::routing::Doubt;
use crate::search::{Met, Reach, Steps, TraceStep, forward_reach};
use crate::topology::PartId;

/// Everything found out about one source.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) from: DomainId,
    pub(super) pairs: Vec<Judged>,
    /// Whitelisted peers of zones that must not have to do with the Internet: (index of the flow, what of
    /// the peer's packets reaches the Internet).
    pub(super) peers: Vec<(usize, Arrival)>,
    /// Sessions that it may open.
    pub(super) sessions: Sessions,
    /// The nodes of the graph under the routes given that were looked at, and of that under any.
    pub(super) met: (Met, Met),
}

impl Source {
    /// The same with the doubts on the way as they stand now.
    pub(super) fn retold(&self, question: &Question<'_>) -> Self {
        let mut told = self.clone();
        for path in told.pairs.iter_mut().flat_map(|p| [&mut p.open, &mut p.doubtful]).flatten() {
            path.doubts = doubts_along(question, &path.steps);
        }
        told
    }

    /// Whether a packet outside the whitelist surely arrives somewhere.
    pub(super) fn is_open(&self) -> bool {
        self.pairs.iter().any(|pair| pair.open.is_some())
    }
}

/// Whether anything arrives at all, whitelisted or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) may: bool,
    pub(super) sure: bool,
}

/// One ordered pair.
#[derive(Clone)]
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
    /// What may arrive beside the whitelist, as boxes, where a device keeps sessions.
    pub(super) left: Vec<Left>,
    /// Whitelist entries that carry sessions.
    pub(super) carried: Vec<Carried>,
    /// Whether helpers may let anything pass.
    pub(super) helped: bool,
    /// Set if nothing outside the whitelist arrives under any routes.
    pub(super) apart: Option<Apart>,
    /// What would decide it, if it was found out.
    pub(super) deciding: Option<Deciding>,
}

/// Packets of a family as boxes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) family: Family,
    pub(super) boxes: Vec<Cube>,
    /// Whether the boxes are all.
    pub(super) whole: bool,
}

/// A packet that is not whitelisted, where it came from, and what it stands for.
#[derive(Clone)]
pub(super) struct Path {
    pub(super) family: Family,
    /// Header on arrival.
    pub(super) packet: Packet,
    /// From the source to the target.
    pub(super) steps: Vec<TraceStep>,
    /// Boxes of packets on arrival for which the same holds, the packet's own first; only of what surely
    /// crosses between declared domains.
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
    targets: &Targets,
    orders: &Orders,
    sets: &mut Sets,
    from: DomainId,
) -> Result<Source, ProofError> {
    let mut source = Source {
        from,
        pairs: Vec::new(),
        peers: Vec::new(),
        sessions: Sessions::default(),
        met: (Met::default(), Met::default()),
    };
    let Some(domain) = question.domains.get(from) else { return Ok(source) };
    let (given, any) = (&mut source.met.0, &mut source.met.1);
    let mut apart = any::apart(question, targets, &orders.any, sets, (from, domain), any)?;
    let order = &orders.given;
    let seeds = seeds(question, question.graph, sets, domain)?;
    let sensitive = is_mynumber(question, domain);
    let reach = forward_reach(question.graph, order, sets, &seeds, sensitive)?;
    let others: Vec<DomainId> = question.domains.ids().filter(|to| *to != from).collect();
    let any_sensitive =
        others.iter().any(|to| question.domains.get(*to).is_some_and(|d| is_mynumber(question, d)));
    let routed = if any_sensitive && !sensitive && !question.graph.source_routing.is_empty() {
        Some(forward_reach(question.graph, order, sets, &seeds, true)?)
    } else {
        None
    };
    reach.met(given);
    if let Some(routed) = &routed {
        routed.met(given);
    }
    for to in others {
        let Some(target) = question.domains.get(to) else { continue };
        let reach = routed.as_ref().filter(|_| is_mynumber(question, target)).unwrap_or(&reach);
        let mut judged = pair(question, targets, sets, reach, from, to)?;
        judged.apart = apart.remove(&to);
        if judged.realised {
            judged.carried = hops::carried(question, targets, sets, reach, (from, to))?;
        }
        source.pairs.push(judged);
    }
    source.peers = peers(question, targets, sets, &reach, from)?;
    // SOUNDNESS: a session to a system of マイナンバー利用事務系 may begin by a source route.
    source.sessions = sessions::opened(question, sets, routed.as_ref().unwrap_or(&reach), from)?;
    Ok(source)
}

pub(super) fn is_mynumber(question: &Question<'_>, domain: &Domain) -> bool {
    match domain.kind {
        DomainKind::Zone(index) => {
            question.policy.zones.get(index).is_some_and(|z| z.kind == ZoneKind::MyNumber)
        }
        _ => false,
    }
}

/// Any header, handed to any interface of the segments of the domain.
pub(super) fn seeds(
    question: &Question<'_>,
    graph: &Graph,
    sets: &mut Sets,
    domain: &Domain,
) -> Result<Vec<(NodeIndex, Pair)>, ProofError> {
    // A device that may have an interface anywhere may itself be the neighbour behind which a domain lies.
    let lost = question.devices.iter().any(|d| d.anywhere_poison().is_some());
    let part = |l: &Location| graph.stands_for(l.place).part;
    let parts: BTreeSet<PartId> = domain.locations.iter().map(part).collect();
    let certain = domain.locations.iter().filter(|l| !lost || l.next_hop.is_none());
    let certain: BTreeSet<PartId> = certain.map(part).collect();
    let mut out = Vec::new();
    for family in Family::ALL {
        let ordinary = graph.ordinary.get(&family).copied().unwrap_or(Set::EMPTY);
        let manager = sets.of(family);
        let fresh = manager.cube(&Cube::any().with(Field::Translated, FieldSet::one(0)))?;
        let sure = manager.and(ordinary, fresh)?;
        for &part in &parts {
            if let Some(node) = graph.find(family, Node::Inject(part)) {
                let sure = if certain.contains(&part) { sure } else { Set::EMPTY };
                out.push((node, Pair { may: fresh, sure }));
            }
        }
    }
    Ok(out)
}

fn pair(
    question: &Question<'_>,
    targets: &Targets,
    sets: &mut Sets,
    reach: &Reach,
    from: DomainId,
    to: DomainId,
) -> Result<Judged, ProofError> {
    let mut judged = Judged {
        to,
        arrival: Arrival::default(),
        open: None,
        doubtful: None,
        replies: Vec::new(),
        realised: false,
        left: Vec::new(),
        carried: Vec::new(),
        helped: false,
        apart: None,
        deciding: None,
    };
    // Only findings between declared domains show ranges.
    let declared = |id| question.domains.get(id).is_some_and(Domain::is_declared);
    let shows = declared(from) && declared(to);
    for family in Family::ALL {
        let Some(target) = targets.get(family, to) else { continue };
        let manager = sets.of(family);
        let permitted = whitelist::permitted(question, manager, from, to)?;
        let mut replies = Set::EMPTY;
        let (mut open, mut doubtful) = (Vec::new(), Vec::new());
        for &Sink { index, node, counts } in &target.sinks {
            let state = reach.at(index);
            if state.may.is_empty() {
                continue;
            }
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
                open.push(Arrived { index, node, left });
            }
            if !left.may.is_empty() {
                doubtful.push(Arrived { index, node, left });
            }
        }
        if !replies.is_empty() {
            let shown = smooth(manager, replies, target.gaps)?;
            judged.replies.push((family, manager.cover(shown, RANGES).0));
        }
        if !question.graph.exits.is_empty() && !doubtful.is_empty() {
            let left = manager.union_all(doubtful.iter().map(|a| a.left.may).collect())?;
            let (boxes, whole) = manager.few_boxes(left, crossing::LEFT);
            judged.left.push(Left { family, boxes, whole });
        }
        let preferred = targets.preferred(family, from, to);
        let mut follow = |arrivals: &[Arrived], reading| -> Result<Option<Path>, ProofError> {
            let by = (reading, Steps::default());
            let Some(mut path) = follow(question, sets, reach, (family, &preferred), arrivals, by)? else {
                return Ok(None);
            };
            if let (true, Reading::Sure, Some(first)) = (shows, reading, arrivals.first()) {
                path.ranges = ranges(question, sets.of(family), target, first.left, &path.packet)?;
            }
            Ok(Some(path))
        };
        if judged.open.is_none() {
            judged.open = follow(&open, Reading::Sure)?;
        }
        if judged.open.is_none() && judged.doubtful.is_none() {
            judged.doubtful = follow(&doubtful, Reading::May)?;
        }
    }
    Ok(judged)
}

/// What the whitelist leaves of the packets that arrive at a place.
pub(super) struct Arrived {
    pub(super) index: NodeIndex,
    pub(super) node: Node,
    pub(super) left: Pair,
}

/// Boxes of packets that surely arrive, the one around the packet first.
fn ranges(
    question: &Question<'_>,
    sets: &mut Manager,
    target: &Target,
    left: Pair,
    packet: &Packet,
) -> Result<Vec<Cube>, ProofError> {
    let ordinary = question.graph.ordinary.get(&sets.family()).copied().unwrap_or(Set::FULL);
    // Martians never arrive; counting them in makes the ranges readable.
    let strange = sets.diff(left.may, ordinary)?;
    let shown = sets.or(left.sure, strange)?;
    let shown = smooth(sets, shown, target.gaps)?;
    let widest = sets.widen(shown, packet);
    let first = sets.cube(&widest)?;
    let rest = sets.diff(shown, first)?;
    let mut ranges = vec![widest];
    ranges.extend(sets.cover(rest, RANGES - 1).0);
    Ok(ranges)
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

/// Picks a readable packet of the first place and follows it back to its source; ranges are left out.
pub(super) fn follow(
    question: &Question<'_>,
    sets: &mut Sets,
    reach: &Reach,
    (family, preferred): (Family, &[Set]),
    arrivals: &[Arrived],
    (reading, by): (Reading, Steps<'_>),
) -> Result<Option<Path>, ProofError> {
    let Some(arrived) = arrivals.first() else { return Ok(None) };
    let manager = sets.of(family);
    let mut narrow = arrived.left.get(reading);
    for &wish in preferred {
        let next = manager.and(narrow, wish)?;
        if !next.is_empty() {
            narrow = next;
        }
    }
    let Some(packet) = manager.pick(narrow) else { return Ok(None) };
    let steps = reach.trace_by(question.graph, sets, (arrived.index, packet), reading, by)?;
    let doubts = doubts_along(question, &steps);
    Ok(Some(Path { family, packet, steps, ranges: Vec::new(), doubts, at: arrived.node }))
}

/// The doubts on the way of a packet that concern it.
pub(super) fn doubts_along(question: &Question<'_>, steps: &[TraceStep]) -> Vec<Doubt> {
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
    targets: &Targets,
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
        if !question.policy.grants(flow, question.as_of) {
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
                reaches(targets, sets, reach, target, &prefixes, &mut arrival)?;
            }
            out.push((index, arrival));
        }
    }
    Ok(out)
}

/// Adds whether packets sent by these addresses reach a target.
fn reaches(
    targets: &Targets,
    sets: &mut Sets,
    reach: &Reach,
    target: DomainId,
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
        for &Sink { index, counts, .. } in targets.get(family, target).into_iter().flat_map(|t| &t.sinks) {
            let state = reach.at(index);
            let may = manager.and(state.may, counts.may)?;
            arrival.may |= !manager.disjoint(may, sent);
            let sure = manager.and(state.sure, counts.sure)?;
            arrival.sure |= !manager.disjoint(sure, sent);
        }
    }
    Ok(())
}
