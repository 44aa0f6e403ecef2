//! Replies that go astray: packets of sessions that reach another domain than the opener's, or come from
//! another one than the responder's.
//!
//! After all sources have been searched for new packets, each is searched again for what it can bring
//! where as a packet of a session that somebody may have opened. What of that neither arrives as new
//! packets nor answers the whitelist (nor what a finding has already told) crosses.

mod confirm;

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;
use sekisho_header_space::{Manager, Set};
use sekisho_model::{Action, Line};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, Protocol, flags};

use super::evidence::{Because, Evidence, Note, Reason};
use super::isolation::{self, Path, Source};
use super::sessions::{self, Opened, Sessions};
use super::target::{Sink, Targets};
use super::verdict::{Finding, FindingKind, Verdict, about, evidence};
use super::{ProofError, Question, replay, whitelist};
use crate::graph::location::{Domain, DomainId};
use crate::graph::sessions::Known;
use crate::graph::transfer::{Pair, Reading};
use crate::graph::{Node, Sets};
use crate::routing::Doubt;
use crate::search::{Met, Order, Reach, Steps, TraceStep, forward_reach, search};
use crate::topology::PortRef;

pub(super) use confirm::confirm;

/// Boxes of a finding that its replies are compared with.
pub(super) const LEFT: usize = 12;

/// Replies of sessions that cross between two domains.
#[derive(Clone)]
pub(super) struct Crossing {
    pub(super) to: DomainId,
    pub(super) family: Family,
    /// A reply on arrival.
    pub(super) packet: Packet,
    /// The same as sent.
    pub(super) sent: Packet,
    /// Boxes of replies on arrival.
    pub(super) ranges: Vec<Cube>,
    /// Whether it surely crosses once the session is open.
    pub(super) sure: bool,
    /// From the source to the target.
    pub(super) steps: Vec<TraceStep>,
    /// What may keep it from crossing.
    pub(super) doubts: Vec<Doubt>,
    /// The first of the sessions that the packet is a reply of, and the packet that opens it.
    pub(super) session: Option<(usize, Packet)>,
    /// Where it is told as a packet of the session, its header there, and that with the translation undone.
    told: Option<(PortRef, Packet, Packet)>,
}

/// What was found about the replies of one source.
#[derive(Clone, Default)]
pub(super) struct Replies {
    pub(super) crossings: Vec<Crossing>,
    /// What helpers may bring to each other domain; none where they let nothing pass.
    pub(super) helped: BTreeMap<DomainId, Helped>,
    /// The nodes that were looked at.
    pub(super) met: Met,
}

/// What helpers may bring from one domain to another.
#[derive(Clone, Default)]
pub(super) struct Helped {
    /// Whether anything arrives that way, granted or not.
    pub(super) arrives: bool,
    /// A packet that the whitelist does not cover.
    pub(super) path: Option<Path>,
    /// The pinhole that lets it pass.
    hole: Option<usize>,
}

/// What is the same for all sources.
pub(super) struct Followed<'a> {
    pub(super) found: &'a Sessions,
    /// The steps of what helpers let pass.
    pub(super) helped: &'a Known,
    /// The same, and those of replies.
    pub(super) known: &'a Known,
    pub(super) judged: &'a [Arc<Source>],
}

/// Follows the packets that a source may send into sessions.
pub(super) fn judge(
    question: &Question<'_>,
    targets: &Targets,
    order: &Order,
    sets: &mut Sets,
    followed: &Followed<'_>,
    from: DomainId,
) -> Result<Replies, ProofError> {
    let mut out = Replies::default();
    let Some(domain) = question.domains.get(from) else { return Ok(out) };
    let seeds = isolation::seeds(question, question.graph, sets, domain)?;
    let others = question.domains.ids().filter(|to| *to != from);
    let (with, without): (Vec<_>, Vec<_>) =
        others.partition(|to| question.domains.get(*to).is_some_and(|t| routed(question, domain, t)));
    for (source_routes, wanted) in [(false, without), (true, with)] {
        if wanted.is_empty() {
            continue;
        }
        let new = forward_reach(question.graph, order, sets, &seeds, source_routes)?;
        let by = Steps { source_routes, sessions: Some(followed.helped), resolved: None };
        let entries = self::entries(question, sets, &new, by)?;
        let helped = search(question.graph, order, sets, &entries, by)?;
        new.met(&mut out.met);
        helped.met(&mut out.met);
        if !entries.is_empty() {
            let ways = Ways { new: &new, sessions: &helped, steps: by };
            for &to in &wanted {
                out.helped.insert(to, helped_pair(question, targets, sets, &ways, followed, (from, to))?);
            }
        }
        let steps = Steps { source_routes, sessions: Some(followed.known), resolved: None };
        let entries = self::entries(question, sets, &new, steps)?;
        if entries.is_empty() {
            continue;
        }
        let replies = search(question.graph, order, sets, &entries, steps)?;
        replies.met(&mut out.met);
        let ways = Ways { new: &new, sessions: &replies, steps };
        for &to in &wanted {
            for family in Family::ALL {
                let known = (&ways, &helped);
                if let Some(crossing) = pair(question, targets, sets, known, followed, (from, to), family)? {
                    out.crossings.push(crossing);
                    break;
                }
            }
        }
    }
    out.crossings.sort_by_key(|c| c.to);
    Ok(out)
}

impl Replies {
    /// The same with the doubts on the way as they stand now.
    pub(super) fn retell(&mut self, question: &Question<'_>, found: &Sessions) {
        for crossing in &mut self.crossings {
            crossing.doubts = isolation::doubts_along(question, &crossing.steps);
        }
        for helped in self.helped.values_mut() {
            helped.retell(question, found);
        }
    }
}

impl Helped {
    /// The doubts on the way as they stand now.
    fn retell(&mut self, question: &Question<'_>, found: &Sessions) {
        let hole = self.hole.and_then(|n| found.pinholes.get(n));
        if let Some(path) = &mut self.path {
            path.doubts = hole.and_then(|h| h.doubt(question)).into_iter().collect();
            path.doubts.extend(isolation::doubts_along(question, &path.steps));
        }
    }
}

/// Whether source routes count between two domains: some device may obey them, and one end is a system
/// of マイナンバー利用事務系.
fn routed(question: &Question<'_>, from: &Domain, to: &Domain) -> bool {
    !question.graph.source_routing.is_empty()
        && (isolation::is_mynumber(question, from) || isolation::is_mynumber(question, to))
}

/// Where new packets of the source are taken for packets of sessions.
fn entries(
    question: &Question<'_>,
    sets: &mut Sets,
    new: &Reach,
    steps: Steps<'_>,
) -> Result<Vec<(NodeIndex, Pair)>, ProofError> {
    let mut out = Vec::new();
    for &edge in &question.graph.session_edges {
        let (Some((from, to)), Some(weight)) =
            (question.graph.graph.edge_endpoints(edge), question.graph.graph.edge_weight(edge))
        else {
            continue;
        };
        let input = new.at(from);
        let Some(&(family, _)) = question.graph.graph.node_weight(from) else { continue };
        if input.may.is_empty() {
            continue;
        }
        let output = steps.output(sets.of(family), (edge, weight), input)?;
        if !output.may.is_empty() {
            out.push((to, output));
        }
    }
    Ok(out)
}

/// What a source can bring where as new packets, and as packets of sessions.
struct Ways<'a> {
    new: &'a Reach,
    sessions: &'a Reach,
    steps: Steps<'a>,
}

/// What helpers may bring from one domain to another beside what the whitelist grants.
fn helped_pair(
    question: &Question<'_>,
    targets: &Targets,
    sets: &mut Sets,
    ways: &Ways<'_>,
    followed: &Followed<'_>,
    (from, to): (DomainId, DomainId),
) -> Result<Helped, ProofError> {
    let mut out = Helped::default();
    for family in Family::ALL {
        let Some(target) = targets.get(family, to) else { continue };
        let mut granted = None;
        for &Sink { index, node, counts } in &target.sinks {
            let manager = sets.of(family);
            let may = manager.and(ways.sessions.at(index).may, counts.may)?;
            if may.is_empty() {
                continue;
            }
            out.arrives = true;
            let granted = match granted {
                Some(set) => set,
                None => *granted.insert(self::granted(question, manager, from, to)?),
            };
            let known = manager.or(granted, ways.new.at(index).may)?;
            let left = manager.diff(may, known)?;
            if left.is_empty() || out.path.is_some() {
                continue;
            }
            let mut narrow = left;
            for wish in targets.preferred(family, from, to) {
                let next = manager.and(narrow, wish)?;
                if !next.is_empty() {
                    narrow = next;
                }
            }
            let Some(packet) = manager.pick(narrow) else { continue };
            let way = back(question, sets, ways, (index, packet), Reading::May)?;
            if let Some(Way { port, arrived, .. }) = &way {
                let mut holes = followed.found.pinholes.iter();
                out.hole = holes.position(|h| h.explains(question, *port, arrived));
            }
            let steps = way.map_or(Vec::new(), |w| w.steps);
            out.path = Some(Path { family, packet, steps, ranges: Vec::new(), doubts: Vec::new(), at: node });
            out.retell(question, followed.found);
        }
    }
    Ok(out)
}

/// What the whitelist permits between two domains, what it consents to helpers for counted in.
fn granted(
    question: &Question<'_>,
    sets: &mut Manager,
    from: DomainId,
    to: DomainId,
) -> Result<Set, ProofError> {
    let family = sets.family();
    let permitted = whitelist::permitted(question, sets, from, to)?;
    let mut cubes = Vec::new();
    for flow in question.whitelist.between(question, from, to) {
        cubes.extend(flow.helper_cubes(family, false));
    }
    for flow in question.whitelist.between(question, to, from) {
        cubes.extend(flow.helper_cubes(family, true));
    }
    let helped = sets.cubes(&cubes)?;
    let all = sets.or(permitted.flows, permitted.replies)?;
    Ok(sets.or(all, helped)?)
}

fn pair(
    question: &Question<'_>,
    targets: &Targets,
    sets: &mut Sets,
    (ways, helped): (&Ways<'_>, &Reach),
    followed: &Followed<'_>,
    (from, to): (DomainId, DomainId),
    family: Family,
) -> Result<Option<Crossing>, ProofError> {
    let Some(target) = targets.get(family, to) else { return Ok(None) };
    let manager = sets.of(family);
    let mut expected: Option<Set> = None;
    let mut found: Vec<(NodeIndex, Node, Pair)> = Vec::new();
    for &Sink { index, node, counts } in &target.sinks {
        let state = ways.sessions.at(index);
        let may = manager.and(state.may, counts.may)?;
        if may.is_empty() {
            continue;
        }
        let expected = match expected {
            Some(set) => set,
            None => {
                let Some(set) = answered(question, manager, followed, from, to)? else {
                    return Ok(None);
                };
                expected = Some(set);
                set
            }
        };
        let before = manager.or(ways.new.at(index).may, expected)?;
        let before = manager.or(before, helped.at(index).may)?;
        let may = manager.diff(may, before)?;
        if may.is_empty() {
            continue;
        }
        let sure = manager.and(state.sure, counts.sure)?;
        let sure = manager.diff(sure, before)?;
        found.push((index, node, Pair { may, sure }));
    }
    found.sort_by_key(|(_, _, pair)| pair.sure.is_empty());
    let Some(&(index, _, pair)) = found.first() else { return Ok(None) };
    let sure = !pair.sure.is_empty();
    let reading = if sure { Reading::Sure } else { Reading::May };
    let set = pair.get(reading);
    let preferred = wishes(manager, targets.preferred(family, from, to))?;
    let mut narrow = set;
    for wish in preferred {
        let next = manager.and(narrow, wish)?;
        if !next.is_empty() {
            narrow = next;
        }
    }
    let Some(packet) = manager.pick(narrow) else { return Ok(None) };
    let ranges = vec![manager.widen(set, &packet)];
    let mut crossing = Crossing {
        to,
        family,
        packet,
        sent: packet,
        ranges,
        sure,
        steps: Vec::new(),
        doubts: Vec::new(),
        session: None,
        told: None,
    };
    follow(question, sets, ways, followed, index, reading, &mut crossing)?;
    Ok(Some(crossing))
}

/// Replies that the whitelist expects from one domain to another, and those to what a finding tells;
/// `None` when there are too many of the latter to tell them from others.
fn answered(
    question: &Question<'_>,
    sets: &mut Manager,
    followed: &Followed<'_>,
    from: DomainId,
    to: DomainId,
) -> Result<Option<Set>, ProofError> {
    let family = sets.family();
    let permitted = whitelist::permitted(question, sets, from, to)?;
    let mut cubes = Vec::new();
    for flow in question.whitelist.between(question, to, from) {
        cubes.extend(flow.answer_cubes(family));
    }
    let opposite = followed.judged.iter().find(|s| s.from == to);
    let opposite = opposite.and_then(|s| s.pairs.iter().find(|p| p.to == from));
    for left in opposite.into_iter().flat_map(|p| &p.left).filter(|l| l.family == family) {
        if !left.whole {
            return Ok(None);
        }
        for cube in &left.boxes {
            cubes.extend(sessions::answers_as_sent(cube));
            cubes.push(sessions::errors(family, cube.get(Field::Src)));
        }
    }
    let mut all = sets.cubes(&cubes)?;
    for set in [permitted.flows, permitted.replies] {
        all = sets.or(all, set)?;
    }
    Ok(Some(all))
}

/// What makes a readable reply: the answer of a server.
fn wishes(sets: &mut Manager, preferred: Vec<Set>) -> Result<Vec<Set>, ProofError> {
    let one =
        |sets: &mut Manager, field, value: u128| sets.cube(&Cube::any().with(field, FieldSet::one(value)));
    let mut out: Vec<Set> = preferred.iter().take(1).copied().collect();
    out.push(one(sets, Field::Proto, u128::from(Protocol::TCP.0))?);
    out.extend(preferred.iter().skip(1).take(2));
    out.push(one(sets, Field::Flags, u128::from(flags::SYN | flags::ACK))?);
    for port in [443, 80, 22, 53] {
        out.push(one(sets, Field::Sport, port)?);
    }
    out.push(one(sets, Field::Dport, 40_000)?);
    out.push(one(sets, Field::IcmpType, 0)?);
    Ok(out)
}

/// The way of a packet of a session from its source.
struct Way {
    /// Where it was told as one.
    port: PortRef,
    /// Its header there, before and after the translation was undone.
    arrived: Packet,
    goes_on: Packet,
    steps: Vec<TraceStep>,
}

/// Follows a packet of a session back to its source.
fn back(
    question: &Question<'_>,
    sets: &mut Sets,
    ways: &Ways<'_>,
    at: (NodeIndex, Packet),
    reading: Reading,
) -> Result<Option<Way>, ProofError> {
    let graph = question.graph;
    let late = ways.sessions.trace_by(graph, sets, at, reading, ways.steps)?;
    let Some(first) = late.first().cloned() else { return Ok(None) };
    let edge = graph.session_edges.iter().copied().find(|edge| {
        let to = graph.graph.edge_endpoints(*edge).and_then(|(_, to)| graph.graph.node_weight(to));
        to == Some(&(first.family, first.node))
    });
    let (Some(edge), Node::Replied(port)) = (edge, first.node) else { return Ok(None) };
    let (Some(weight), Some((from, _))) = (graph.graph.edge_weight(edge), graph.graph.edge_endpoints(edge))
    else {
        return Ok(None);
    };
    let input = ways.new.at(from).get(reading);
    let before = ways.steps.source(sets.of(first.family), (edge, weight), input, &first.packet, reading)?;
    let Some(arrived) = before else { return Ok(None) };
    let mut steps = ways.new.trace(graph, sets, from, arrived, reading)?;
    let goes_on = first.packet;
    steps.push(TraceStep { edge: Some(edge), ..first });
    steps.extend(late.into_iter().skip(1));
    Ok(Some(Way { port, arrived, goes_on, steps }))
}

/// Follows the packet back to its source, and finds the session that it belongs to.
fn follow(
    question: &Question<'_>,
    sets: &mut Sets,
    ways: &Ways<'_>,
    followed: &Followed<'_>,
    index: NodeIndex,
    reading: Reading,
    crossing: &mut Crossing,
) -> Result<(), ProofError> {
    let Some(way) = back(question, sets, ways, (index, crossing.packet), reading)? else { return Ok(()) };
    let Way { port, arrived, goes_on, steps } = way;
    crossing.sent = steps.first().map_or(arrived, |s| s.packet);
    let found = followed.found.opened.iter().position(|o| o.explains(port, &arrived, &goes_on));
    crossing.told = Some((port, arrived, goes_on));
    crossing.session = found.map(|n| (n, opening(&arrived, &goes_on)));
    crossing.doubts = isolation::doubts_along(question, &steps);
    crossing.steps = steps;
    Ok(())
}

/// The packet that opens the session of a reply, as the device's lists saw it.
fn opening(arrived: &Packet, goes_on: &Packet) -> Packet {
    let mut packet = Packet::zero(arrived.family)
        .with(Field::Src, goes_on.get(Field::Dst))
        .with(Field::Dst, arrived.get(Field::Src))
        .with(Field::Proto, arrived.get(Field::Proto))
        .with(Field::Sport, goes_on.get(Field::Dport))
        .with(Field::Dport, arrived.get(Field::Sport));
    match (arrived.proto(), arrived.family) {
        (Protocol::TCP, _) => packet.set(Field::Flags, u128::from(flags::SYN)),
        (Protocol::ICMP, _) => packet.set(Field::IcmpType, 8),
        (Protocol::ICMPV6, _) => packet.set(Field::IcmpType, 128),
        _ => {}
    }
    packet
}

/// The finding about replies that cross.
pub(super) fn tell(
    question: &Question<'_>,
    opened: &[Opened],
    from: DomainId,
    crossing: &Crossing,
) -> Finding {
    let session = crossing.session.and_then(|(n, packet)| Some((opened.get(n)?, packet)));
    let opener = session.and_then(|(s, _)| question.domains.get(s.by)).map(|d| d.id.clone());
    let kind = FindingKind::SessionCrossing {
        opener,
        example: crossing.sent,
        ranges: crossing.ranges.iter().map(|c| (crossing.family, c.clone())).collect(),
        sure: crossing.sure,
    };
    let mut finding = about(question, from, crossing.to, kind, Verdict::Proven);
    finding.locations = session.iter().flat_map(|(s, packet)| permit(question, s, packet)).collect();
    finding.locations.extend(replay::lines_on_the_way(question, &crossing.steps));
    for doubt in &crossing.doubts {
        let place = doubt.span.map(|s| evidence(question, s, Note::Doubt(doubt.why.clone())));
        finding.reasons.push(Reason::new(place, Because::Doubt(doubt.why.clone())));
    }
    if !crossing.sure && finding.reasons.is_empty() {
        finding.reasons.push(Reason::new(finding.locations.first().cloned(), Because::SessionMayBeOpen));
    }
    finding
}

/// The line that permits the packet which opens a session, and the entries from which it has its words.
fn permit(question: &Question<'_>, session: &Opened, packet: &Packet) -> Vec<Evidence> {
    let Some(device) = question.devices.get(session.port.device) else { return Vec::new() };
    // A reply by an ICMP error does not show the whole session.
    let error = matches!(packet.proto(), Protocol::ICMP | Protocol::ICMPV6);
    let opener = |l: &Line| l.matches.may.iter().any(|c| c.get(Field::Src).contains(packet.get(Field::Src)));
    let opens = |l: &&Line| {
        l.opens && l.action != Action::Deny && (l.matches.may_match(packet) || (error && opener(l)))
    };
    let found = session.lists.iter().filter_map(|l| device.list(*l)).find_map(|list| {
        let first = list.lines.iter().find(opens)?;
        Some((list, first))
    });
    let Some((list, first)) = found else { return Vec::new() };
    let mut out = vec![evidence(question, first.span, Note::Opens { list: list.name.clone() })];
    for other in device.lists.iter().filter(|l| l.family == packet.family) {
        let named =
            other.lines.iter().filter(|l| first.origins.contains(&l.span) && l.matches.may_match(packet));
        out.extend(named.map(|l| evidence(question, l.span, Note::List { name: other.name.clone() })));
    }
    out
}
