//! Which sessions a source may open on the devices that keep any, as boxes, and the steps of their packets.
//!
//! A session is kept as the boxes of its replies, as they arrive on the side by which it left, and what
//! undoing the translation makes of them. Boxes are made from boxes: no packet set is ever swapped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sekisho_diag::Span;
use sekisho_header_space::{Manager, Set, SetError};
use sekisho_model::{
    Action, AppHelper, ContextId, Device, ListId, NatRule, NatTable, Predicate, Rewrite, Stage, Target,
};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, PortRange, Protocol};

use super::{ProofError, Question};
use crate::graph::Sets;
use crate::graph::location::DomainId;
use crate::graph::sessions::{Exit, Known, matches_replies};
use crate::graph::transfer::{self, Op, Pair, Translation};
use crate::routing::{Doubt, Why};
use crate::search::Reach;
use crate::topology::{PortRef, is_up};

/// Boxes of the sessions of one source on one way out; beyond, the lines of the list stand for them.
const BOXES: usize = 128;

/// What undoing the translation of a session makes of its replies.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Undo {
    /// The opener's addresses, if the device translated them.
    pub(super) dst: Option<FieldSet>,
    /// Whether the responder's address as the opener knows it is another one.
    pub(super) src: bool,
}

/// What a helper may let pass between the two ends of a control session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pinhole {
    pub(super) family: Family,
    /// The interface by which the control session leaves.
    pub(super) port: PortRef,
    /// The class of the interfaces by which it enters.
    pub(super) context: ContextId,
    /// Number of the helper on the device.
    pub(super) helper: usize,
    /// The ends on the side of the opener: source, destination.
    near: (FieldSet, FieldSet),
    /// The ends on the side of the responder.
    far: (FieldSet, FieldSet),
}

/// What sources may do by the sessions of devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sessions {
    pub(super) opened: Vec<Opened>,
    pub(super) pinholes: Vec<Pinhole>,
}

/// Sessions that one source may open by one way out of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) family: Family,
    /// The interface by which they leave, and their replies come back.
    pub(super) port: PortRef,
    /// Whether their replies may be told on the other interfaces of the device, too.
    elsewhere: bool,
    /// Who opens them.
    pub(super) by: DomainId,
    /// The lists that permit them.
    pub(super) lists: Vec<ListId>,
    /// Replies as they arrive.
    pub(super) replies: Vec<Cube>,
    /// The same as far as the sessions can surely be opened.
    pub(super) sure: Vec<Cube>,
    pub(super) undo: Undo,
}

/// The opposite direction of a box of packets: later fragments, which show no ports, besides. What is
/// opened by later fragments alone has no others.
pub(super) fn answers(cube: &Cube) -> Vec<Cube> {
    let base = Cube::any()
        .with(Field::Proto, cube.get(Field::Proto).clone())
        .with(Field::Src, cube.get(Field::Dst).clone())
        .with(Field::Dst, cube.get(Field::Src).clone());
    let whole = base
        .clone()
        .with(Field::Sport, cube.get(Field::Dport).clone())
        .with(Field::Dport, cube.get(Field::Sport).clone())
        .with(Field::Fragment, FieldSet::one(0));
    let later = base.with(Field::Fragment, FieldSet::one(1));
    if cube.get(Field::Fragment).contains(0) { vec![whole, later] } else { vec![later] }
}

/// The opposite direction of a box of packets on arrival, source as sent: the answers on their arrival.
pub(super) fn answers_as_sent(cube: &Cube) -> Vec<Cube> {
    let from = match cube.get(Field::Translated) {
        FieldSet::Any => vec![cube.get(Field::Src).clone(), cube.get(Field::Src0).clone()],
        set if set.contains(1) => vec![cube.get(Field::Src0).clone()],
        _ => vec![cube.get(Field::Src).clone()],
    };
    let mut out = Vec::new();
    for to in from {
        for answer in answers(&cube.clone().with(Field::Src, to)) {
            let sender = answer.get(Field::Src).clone();
            let plain = answer.clone().with(Field::Translated, FieldSet::one(0));
            let moved = answer.with(Field::Translated, FieldSet::one(1));
            out.push(plain);
            out.push(moved.with(Field::Src, FieldSet::Any).with(Field::Src0, sender));
        }
    }
    out
}

/// ICMP errors about a session go to its opener, whoever sends them. Source: RFC 792, RFC 4443.
pub(super) fn errors(family: Family, to: &FieldSet) -> Cube {
    let (protocol, kinds) = match family {
        Family::V4 => (Protocol::ICMP, vec![(3, 4), (11, 12)]),
        Family::V6 => (Protocol::ICMPV6, vec![(1, 4)]),
    };
    Cube::any()
        .with(Field::Proto, FieldSet::one(u128::from(protocol.0)))
        .with(Field::IcmpType, FieldSet::Ranges(kinds))
        .with(Field::Fragment, FieldSet::one(0))
        .with(Field::Dst, to.clone())
}

/// The sessions that a source may open anywhere, given what it can bring where.
pub(super) fn opened(
    question: &Question<'_>,
    sets: &mut Sets,
    reach: &Reach,
    by: DomainId,
) -> Result<Sessions, ProofError> {
    let mut out = Sessions::default();
    for exit in &question.graph.exits {
        let Some((from, _)) = question.graph.graph.edge_endpoints(exit.edge) else { continue };
        let sets = sets.of(exit.family);
        let input = reach.at(from);
        if !input.may.is_empty() {
            on_exit(question, sets, exit, input, by, &mut out)?;
        }
    }
    Ok(out)
}

/// Which packets open sessions on a way out: on arrival there, and as they leave.
fn openers(sets: &mut Manager, exit: &Exit, translates: bool) -> Result<(Pair, Pair), SetError> {
    let (before, after) = (exit.before, exit.after);
    if !translates {
        let all = Pair { may: sets.or(before.may, after.may)?, sure: sets.or(before.sure, after.sure)? };
        return Ok((all, Pair::FULL));
    }
    // SOUNDNESS: with lists on both sides of a translation, whatever leaves may have opened a session.
    Ok(match (before.may.is_empty(), after.may.is_empty()) {
        (_, true) => (before, Pair::FULL),
        (true, false) => (Pair::FULL, after),
        (false, false) => (Pair::DOUBTFUL, Pair::FULL),
    })
}

fn both(sets: &mut Manager, a: Pair, b: Pair) -> Result<Pair, SetError> {
    Ok(Pair { may: sets.and(a.may, b.may)?, sure: sets.and(a.sure, b.sure)? })
}

fn on_exit(
    question: &Question<'_>,
    sets: &mut Manager,
    exit: &Exit,
    input: Pair,
    by: DomainId,
    out: &mut Sessions,
) -> Result<(), ProofError> {
    let (Some(edge), Some(device)) =
        (question.graph.graph.edge_weight(exit.edge), question.devices.get(exit.port.device))
    else {
        return Ok(());
    };
    let src = translates_destination(device, exit);
    let translates = edge.ops.iter().any(|op| matches!(op, Op::Translate(_)));
    let (comes, leaves) = openers(sets, exit, translates)?;
    let input = both(sets, input, comes)?;
    let elsewhere = matches_replies(device);
    let fresh = sets.cube(&Cube::any().with(Field::Translated, FieldSet::one(0)))?;
    let mut add = |boxes: &[Cube], sure: &[Cube], dst: Option<FieldSet>| {
        let undo = Undo { dst, src };
        out.pinholes.extend(pinholes(device, exit, boxes, &undo));
        let (replies, sure) = (replies(exit.family, boxes), replies(exit.family, sure));
        if !replies.is_empty() {
            let lists = exit.lists.clone();
            let (family, port) = (exit.family, exit.port);
            out.opened.push(Opened { family, port, elsewhere, by, lists, replies, sure, undo });
        }
    };
    let certain = !src;
    let mut parts = vec![input];
    if translates {
        let before = Pair { may: sets.and(input.may, fresh)?, sure: sets.and(input.sure, fresh)? };
        let after = Pair { may: sets.diff(input.may, fresh)?, sure: Set::EMPTY };
        parts = vec![before, after];
    }
    for (n, part) in parts.into_iter().enumerate() {
        let left = transfer::apply(sets, &edge.ops, part)?;
        let left = both(sets, left, leaves)?;
        if left.may.is_empty() {
            continue;
        }
        if !translates {
            let (boxes, whole) = sets.few_boxes(left.may, BOXES);
            let boxes = if whole { boxes } else { of_lines(device, exit) };
            let sure = if certain { sets.few_boxes(left.sure, BOXES).0 } else { Vec::new() };
            add(&boxes, &sure, None);
            continue;
        }
        // Translated before it came here: which source goes with which is not known.
        if n > 0 {
            let (boxes, whole) = sets.few_boxes(left.may, BOXES);
            let (senders, all) = sets.few_boxes(part.may, BOXES);
            let boxes = if whole { boxes } else { vec![Cube::any()] };
            let senders = if all { union(&senders, Field::Src) } else { FieldSet::Any };
            add(&translated(&boxes), &[], Some(senders));
            continue;
        }
        for (kept, cube) in [(true, fresh), (false, sets.complement(fresh)?)] {
            let some = Pair { may: sets.and(left.may, cube)?, sure: sets.and(left.sure, cube)? };
            if some.may.is_empty() {
                continue;
            }
            let (boxes, whole) = sets.few_boxes(some.may, BOXES);
            let sure = if certain { sets.few_boxes(some.sure, BOXES).0 } else { Vec::new() };
            if kept {
                let boxes = match whole {
                    true => boxes,
                    false if leaves_elsewhere(device, exit) => vec![Cube::any()],
                    false => of_lines(device, exit),
                };
                add(&boxes, &sure, None);
                continue;
            }
            let boxes = if whole { boxes } else { vec![Cube::any()] };
            let mut by_sender: BTreeMap<FieldSet, (Vec<Cube>, Vec<Cube>)> = BTreeMap::new();
            for cube in boxes {
                by_sender.entry(cube.get(Field::Src0).clone()).or_default().0.push(cube);
            }
            for cube in sure {
                by_sender.entry(cube.get(Field::Src0).clone()).or_default().1.push(cube);
            }
            for (sender, (boxes, sure)) in by_sender {
                let (all, sure) = (translated(&boxes), translated(&sure));
                // SOUNDNESS: a box that is sure may be in no box of the others as cut here.
                let all: Vec<Cube> = all.into_iter().chain(sure.iter().cloned()).collect();
                add(&all, &sure, Some(sender));
            }
        }
    }
    Ok(())
}

/// Whether the destination may have been another one when the packet came to the device.
fn translates_destination(device: &Device, exit: &Exit) -> bool {
    let entrances = device.interface_ids().filter(|(id, i)| i.context == exit.context && is_up(device, *id));
    let mut entering = entrances.flat_map(|(_, i)| &i.ingress);
    entering.any(|stage| rewrites_destination(device, exit.family, stage)) || leaves_elsewhere(device, exit)
}

/// Whether the way out may change the destination, so that what its lists permit is not what leaves.
fn leaves_elsewhere(device: &Device, exit: &Exit) -> bool {
    let leaving = device.interface(exit.port.interface).map_or(&[][..], |i| i.egress.as_slice());
    leaving.iter().any(|stage| rewrites_destination(device, exit.family, stage))
}

fn rewrites_destination(device: &Device, family: Family, stage: &Stage) -> bool {
    let stage = if let Stage::When { stage, .. } = stage { stage } else { stage };
    let Stage::Nat { table, .. } = stage else { return false };
    let rules = device.nat(*table).map_or(&[][..], |t| t.rules.as_slice());
    let changes = |r: &NatRule| r.rewrites.iter().any(|w| matches!(w.field, Field::Dst | Field::Dport));
    rules.iter().any(|r| r.family == family && changes(r))
}

fn replies(family: Family, boxes: &[Cube]) -> Vec<Cube> {
    boxes.iter().flat_map(|c| answers(c).into_iter().chain([errors(family, c.get(Field::Src))])).collect()
}

/// Sessions whose source port the device may have changed.
fn translated(boxes: &[Cube]) -> Vec<Cube> {
    boxes.iter().map(|c| c.clone().with(Field::Sport, FieldSet::Any)).collect()
}

/// What helpers may let pass for sessions, given as they leave.
fn pinholes(device: &Device, exit: &Exit, boxes: &[Cube], undo: &Undo) -> Vec<Pinhole> {
    let mut out = Vec::new();
    for (helper, known) in device.helpers.iter().enumerate() {
        let controls = |c: &&Cube| {
            c.get(Field::Proto).contains(u128::from(known.protocol.0))
                && c.get(Field::Fragment).contains(0)
                && meets(c.get(Field::Dport), known.ports)
        };
        for cube in boxes.iter().filter(controls) {
            let (src, dst) = (cube.get(Field::Src).clone(), cube.get(Field::Dst).clone());
            let near_src = undo.dst.clone().unwrap_or_else(|| src.clone());
            let near_dst = if undo.src { FieldSet::Any } else { dst.clone() };
            out.push(Pinhole {
                family: exit.family,
                port: exit.port,
                context: exit.context,
                helper,
                near: (near_src, near_dst),
                far: (src, dst),
            });
        }
    }
    out
}

/// Whether a set of ports meets a range.
fn meets(ports: &FieldSet, range: PortRange) -> bool {
    let (lo, hi) = (u128::from(range.lo()), u128::from(range.hi()));
    match ports {
        FieldSet::Any | FieldSet::Mask { .. } => true,
        FieldSet::Ranges(ranges) => ranges.iter().any(|r| r.0 <= hi && lo <= r.1),
    }
}

/// All values of a field in some boxes.
fn union(boxes: &[Cube], field: Field) -> FieldSet {
    let mut out = Vec::new();
    for cube in boxes {
        match cube.get(field) {
            FieldSet::Ranges(ranges) => out.extend(ranges),
            FieldSet::Any | FieldSet::Mask { .. } => return FieldSet::Any,
        }
    }
    FieldSet::Ranges(out)
}

/// What the lists of a way out permit at most, whoever sends it.
fn of_lines(device: &Device, exit: &Exit) -> Vec<Cube> {
    let mut out = Vec::new();
    for list in exit.lists.iter().filter_map(|l| device.list(*l)) {
        let permits = list.lines.iter().filter(|l| l.opens && l.action != Action::Deny);
        out.extend(permits.flat_map(|l| l.matches.may.iter().cloned()));
        if list.default_opens {
            out.push(Cube::any());
        }
    }
    out
}

/// The steps of packets of all these sessions.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub(super) fn known(question: &Question<'_>, sets: &mut Sets, opened: &[Opened]) -> Result<Known, SetError> {
    type Both = (Vec<Set>, Vec<Set>);
    let mut alike: BTreeMap<(Family, PortRef, &Undo), Both> = BTreeMap::new();
    for session in opened {
        let manager = sets.of(session.family);
        let slot = alike.entry((session.family, session.port, &session.undo)).or_default();
        slot.0.push(manager.cubes(&session.replies)?);
        slot.1.push(manager.cubes(&session.sure)?);
    }
    let mut known = Known::default();
    for ((family, port, undo), (may, sure)) in alike {
        let manager = sets.of(family);
        let (may, sure) = (manager.union_all(may)?, manager.union_all(sure)?);
        let mut program = vec![Op::Keep(Pair { may: manager.or(may, sure)?, sure })];
        if let Some(dst) = &undo.dst {
            program.push(Op::Assign(Field::Dst, dst.clone()));
            program.push(Op::Assign(Field::Dport, FieldSet::Any));
        }
        let device = question.devices.get(port.device);
        if undo.src
            && let Some(interface) = device.and_then(|d| d.interface(port.interface))
            && let Some(table) = Translation::compile(&any_source(family, interface.span), manager)?
        {
            program.push(Op::Translate(Arc::new(table)));
        }
        for other in device.filter(|d| matches_replies(d)).into_iter().flat_map(|d| others(d, port)) {
            let mut perhaps = program.clone();
            perhaps.insert(0, Op::Keep(Pair::DOUBTFUL));
            known.programs.entry((family, other)).or_default().push(perhaps);
        }
        known.programs.entry((family, port)).or_default().push(program);
    }
    Ok(known)
}

/// The other up layer-3 interfaces of a device.
fn others(device: &Device, port: PortRef) -> impl Iterator<Item = PortRef> + '_ {
    let up = device.interface_ids().filter(move |(id, i)| i.l3.is_some() && is_up(device, *id));
    up.filter(move |(id, _)| *id != port.interface)
        .map(move |(interface, _)| PortRef { device: port.device, interface })
}

/// Whether some line that opens sessions may match a control session of a helper, whoever sends it.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub(super) fn helpers_may_act(question: &Question<'_>, sets: &mut Sets) -> Result<bool, SetError> {
    may_help(&question.graph.exits, question.devices, sets)
}

/// Whether helpers may do anything by sessions that begin on some ways out of a graph: by a control session that
/// lines may match, or that a translation may make.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub(crate) fn may_help(exits: &[Exit], devices: &[Device], sets: &mut Sets) -> Result<bool, SetError> {
    for exit in exits {
        let Some(device) = devices.get(exit.port.device).filter(|d| !d.helpers.is_empty()) else { continue };
        if leaves_elsewhere(device, exit) || meets_control(exit, &device.helpers, sets)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether what opens sessions on a way out holds a control session of a helper.
fn meets_control(exit: &Exit, helpers: &[AppHelper], sets: &mut Sets) -> Result<bool, SetError> {
    let manager = sets.of(exit.family);
    for helper in helpers {
        let ports = (u128::from(helper.ports.lo()), u128::from(helper.ports.hi()));
        let control = Cube::any()
            .with(Field::Proto, FieldSet::one(u128::from(helper.protocol.0)))
            .with(Field::Dport, FieldSet::Ranges(vec![ports]))
            .with(Field::Fragment, FieldSet::one(0));
        let control = manager.cube(&control)?;
        if !manager.disjoint(exit.before.may, control) || !manager.disjoint(exit.after.may, control) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The steps of what helpers let pass.
///
/// # Errors
/// [`SetError`] when the sets outgrow their budget.
pub(super) fn let_pass(
    question: &Question<'_>,
    sets: &mut Sets,
    pinholes: &[Pinhole],
) -> Result<Known, SetError> {
    let mut seen = BTreeSet::new();
    let mut known = Known::default();
    // What is not translated is one step.
    let mut plain: BTreeMap<(Family, PortRef), Vec<Set>> = BTreeMap::new();
    for hole in pinholes {
        let Some(device) = question.devices.get(hole.port.device) else { continue };
        if !seen.insert((hole.family, hole.port, hole.context, &hole.near, &hole.far)) {
            continue;
        }
        let manager = sets.of(hole.family);
        let ends = |(src, dst): (&FieldSet, &FieldSet)| {
            Cube::any().with(Field::Src, src.clone()).with(Field::Dst, dst.clone())
        };
        let ((near_src, near_dst), (far_src, far_dst)) = (&hole.near, &hole.far);
        let back = manager.cube(&ends((far_dst, far_src)))?;
        let forth = manager.cube(&ends((near_src, near_dst)))?;
        let translated = hole.near != hole.far;
        if translated {
            let program = becomes(question, manager, hole, back, (near_dst, near_src))?;
            known.programs.entry((hole.family, hole.port)).or_default().push(program);
        } else {
            plain.entry((hole.family, hole.port)).or_default().push(back);
        }
        let program = becomes(question, manager, hole, forth, (far_src, far_dst))?;
        let entrances =
            device.interface_ids().filter(|(id, i)| i.context == hole.context && is_up(device, *id));
        for (interface, _) in entrances {
            let port = PortRef { device: hole.port.device, interface };
            if translated {
                known.programs.entry((hole.family, port)).or_default().push(program.clone());
            } else {
                plain.entry((hole.family, port)).or_default().push(forth);
            }
        }
    }
    for ((family, port), found) in plain {
        let all = sets.of(family).union_all(found)?;
        known.programs.entry((family, port)).or_default().push(vec![Op::Keep(Pair::at_most(all))]);
    }
    Ok(known)
}

/// The operations on packets between two ends that become others; nothing is sure about them.
fn becomes(
    question: &Question<'_>,
    sets: &mut Manager,
    hole: &Pinhole,
    set: Set,
    (src, dst): (&FieldSet, &FieldSet),
) -> Result<Vec<Op>, SetError> {
    let mut ops = vec![Op::Keep(Pair::at_most(set)), Op::Assign(Field::Dst, dst.clone())];
    let device = question.devices.get(hole.port.device);
    if let Some(interface) = device.and_then(|d| d.interface(hole.port.interface)) {
        let mut table = any_source(hole.family, interface.span);
        for rewrite in table.rules.iter_mut().flat_map(|r| &mut r.rewrites) {
            rewrite.target = Target::OneOf(src.clone());
        }
        ops.extend(Translation::compile(&table, sets)?.map(|t| Op::Translate(Arc::new(t))));
    }
    Ok(ops)
}

impl Pinhole {
    /// Whether a packet of a family that arrives on an interface of the device may be let pass.
    pub(super) fn explains(&self, question: &Question<'_>, port: PortRef, arrived: &Packet) -> bool {
        let here = |src: &FieldSet, dst: &FieldSet| {
            src.contains(arrived.get(Field::Src)) && dst.contains(arrived.get(Field::Dst))
        };
        let interface = question.devices.get(port.device).and_then(|d| d.interface(port.interface));
        self.family == arrived.family
            && self.port.device == port.device
            && ((self.port == port && here(&self.far.1, &self.far.0))
                || (interface.is_some_and(|i| i.context == self.context) && here(&self.near.0, &self.near.1)))
    }

    /// Why such a packet may pass.
    pub(super) fn doubt(&self, question: &Question<'_>) -> Option<Doubt> {
        let device = question.devices.get(self.port.device)?;
        let helper = device.helpers.get(self.helper)?;
        let why = Why::Helper { device: device.name.clone(), helper: helper.name.to_owned() };
        Some(Doubt::new(helper.span.or(device.name_span), why))
    }
}

/// A translation of every source into an unknown one, if it is translated at all.
fn any_source(family: Family, span: Span) -> NatTable {
    let rule = NatRule {
        family,
        matches: Predicate::unknown(),
        rewrites: vec![Rewrite { field: Field::Src, target: Target::Unknown }],
        may_skip: true,
        span,
    };
    NatTable { name: String::new(), rules: vec![rule] }
}

impl Opened {
    /// Whether a packet that arrives on the side of the sessions, and goes on to this address, is a reply.
    pub(super) fn explains(&self, port: PortRef, arrived: &Packet, goes_on: &Packet) -> bool {
        let to = goes_on.get(Field::Dst);
        let dst = self.undo.dst.as_ref().map_or(arrived.get(Field::Dst) == to, |set| set.contains(to));
        self.family == arrived.family
            && (self.port == port || (self.elsewhere && self.port.device == port.device))
            && dst
            && self.replies.iter().any(|c| c.contains(arrived))
    }
}
