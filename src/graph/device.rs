//! Edges inside a device: arrival, stages, route look-up, departure, local delivery, poison.

mod any;
mod policy_route;

use std::collections::{BTreeMap, BTreeSet};

use sekisho_header_space::{Set, SetError};
use sekisho_model::{ContextId, Device, Interface, InterfaceKind, ListId, Poison, Scope, Stage, Tri, VrfId};
use sekisho_net::{Cube, Family, Field, FieldSet, PortRange, addr_bits};

pub(super) use policy_route::policy_route;

use super::build::Builder;
use super::sessions::{self, Exit};
use super::transfer::{Op, Pair};
use super::{Lean, Node};
use crate::routing::{Decision, Doubt, Entry, Fib, Of, Routing, Target, Why};
use crate::topology::{PortRef, is_up};

/// Operations of a program with the doubts about them.
#[derive(Default)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) doubts: Vec<Doubt>,
}

impl Program {
    /// The position of the operation that was added last.
    fn last(&self) -> usize {
        self.ops.len().saturating_sub(1)
    }

    /// Adds a doubt about the operation that was added last.
    fn doubt(&mut self, doubt: Doubt) {
        self.doubts.push(doubt.about(Of::Op(self.last())));
    }
}

pub(super) fn build(b: &mut Builder<'_>, index: usize) -> Result<(), SetError> {
    let Some(device) = b.input.devices.get(index) else { return Ok(()) };
    let contexts: BTreeSet<ContextId> = device.interfaces.iter().map(|i| i.context).collect();
    let vrfs: Vec<VrfId> =
        (0..device.vrfs.len()).map(|v| VrfId(u32::try_from(v).unwrap_or(u32::MAX))).collect();
    let mut leaving = BTreeSet::new();
    for (id, interface) in device.interface_ids().filter(|(id, i)| i.l3.is_some() && is_up(device, *id)) {
        arrive(b, PortRef { device: index, interface: id }, interface, &mut leaving)?;
    }
    for &vrf in &vrfs {
        for &context in &contexts {
            b.leaning(Lean::Look(index, vrf), |b| match b.routing {
                Routing::Given => look(b, index, vrf, context, &mut leaving),
                Routing::Any => any::look(b, index, vrf, context, &mut leaving),
            })?;
        }
    }
    if b.follows_sessions() {
        sessions::build(b, index, &vrfs, &mut leaving)?;
    }
    for (port, context, target) in leaving {
        leave(b, port, context, target)?;
    }
    poison(b, index, &vrfs, &contexts);
    Ok(())
}

/// The doubt that an unread line casts on everything an interface does.
fn poison_doubt(b: &Builder<'_>, port: PortRef) -> Option<Doubt> {
    let device = b.device(port.device)?;
    let poison = device.device_poison().or_else(|| device.interface_poison(port.interface))?;
    Some(Doubt::new(poison.span, unread(poison, device, None)))
}

/// The words of an unread line.
fn unread(poison: &Poison, device: &Device, interface: Option<&Interface>) -> Why {
    Why::Unread {
        cause: poison.why.clone(),
        device: device.name.clone(),
        interface: interface.map(|i| i.name.clone()),
    }
}

/// From the wire to the look-up.
fn arrive(
    b: &mut Builder<'_>,
    port: PortRef,
    interface: &Interface,
    leaving: &mut BTreeSet<(PortRef, ContextId, Target)>,
) -> Result<(), SetError> {
    let accepts = interface.accepts(b.family);
    let Some(l3) = interface.l3.as_ref().filter(|_| accepts.possible()) else { return Ok(()) };
    let steer = interface.ingress.iter().rev().find_map(|stage| match stage {
        Stage::PolicyRoute { policy, .. } => Some(*policy),
        _ => None,
    });
    let look = Node::Look(port.device, l3.vrf, interface.context);
    let next = if steer.is_some() { Node::Steer(port) } else { look };
    let enter = |b: &mut Builder<'_>| -> Result<(), SetError> {
        let program = ingress(b, port, l3.vrf, interface)?;
        b.edge(Node::Arrive(port), next, program.ops, program.doubts);
        Ok(())
    };
    if interface.ingress.iter().any(|stage| checks_sources(stage, b.family)) {
        b.leaning(Lean::SourceCheck(port), enter)?;
    } else {
        enter(b)?;
    }
    if let Some(policy) = steer {
        b.leaning(Lean::PolicyRoute(port), |b| {
            policy_route(b, Node::Steer(port), port, (l3.vrf, interface.context), policy, leaving)
        })?;
    }
    Ok(())
}

/// Whether a stage asks the routes for the source.
fn checks_sources(stage: &Stage, family: Family) -> bool {
    match stage {
        Stage::AntiSpoof { family: tested, .. } => *tested == family,
        Stage::When { stage, .. } => checks_sources(stage, family),
        _ => false,
    }
}

/// The program of an interface before its policy route.
fn ingress(
    b: &mut Builder<'_>,
    port: PortRef,
    vrf: VrfId,
    interface: &Interface,
) -> Result<Program, SetError> {
    let mut program = entrance(b, port, interface);
    for stage in &interface.ingress {
        run(b, port, vrf, interface.context, stage, &mut program)?;
    }
    Ok(program)
}

/// What comes before the stages of an interface by which a packet arrives.
pub(super) fn entrance(b: &Builder<'_>, port: PortRef, interface: &Interface) -> Program {
    let mut program = Program::default();
    if b.device(port.device).is_some_and(Device::uses_marks) {
        program.ops.push(Op::Assign(Field::Mark, FieldSet::one(0)));
    }
    if interface.accepts(b.family) == Tri::Unknown {
        program.ops.push(Op::Keep(Pair::DOUBTFUL));
        let why = Why::Accepts { interface: interface.name.clone(), family: b.family };
        program.doubt(Doubt::new(interface.span, why));
    }
    if let Some(doubt) = poison_doubt(b, port) {
        program.ops.push(Op::Keep(Pair::DOUBTFUL));
        program.doubt(doubt);
    }
    program
}

/// One stage as an operation.
pub(super) fn run(
    b: &mut Builder<'_>,
    port: PortRef,
    vrf: VrfId,
    context: ContextId,
    stage: &Stage,
    program: &mut Program,
) -> Result<(), SetError> {
    match stage {
        Stage::Filter { list, .. } => {
            let in_session = context == sessions::IN_SESSION;
            let pair = b.list(port.device, *list, in_session)?;
            program.ops.push(Op::Keep(pair));
            if pair.may != pair.sure {
                let of = Of::Line { op: program.last(), device: port.device, list: *list };
                program.doubts.extend(list_doubts(b, of, *list, in_session));
            }
        }
        Stage::Nat { table, .. } => {
            let Some(compiled) = b.nat(port.device, *table)? else { return Ok(()) };
            program.ops.push(Op::Translate(compiled));
            let rules = b.input.devices.get(port.device).and_then(|d| d.nat(*table));
            let rules = rules.iter().flat_map(|t| &t.rules).enumerate();
            for (at, rule) in rules.filter(|(_, r)| !r.matches.is_exact() || r.may_skip) {
                let of = Of::Rule { op: program.last(), device: port.device, table: *table, rule: at };
                program.doubts.push(Doubt {
                    span: Some(rule.span),
                    why: Why::Translation,
                    when: Some(rule.matches.may.clone()),
                    of: Some(of),
                });
            }
        }
        Stage::AntiSpoof { family, strict, span, .. } if *family == b.family => {
            let pair = anti_spoof(b, port, vrf, *strict)?;
            program.ops.push(Op::Keep(pair));
            if pair.may != pair.sure {
                program.doubt(Doubt::new(*span, Why::SourceCheck));
            }
        }
        Stage::AntiSpoof { .. } | Stage::PolicyRoute { .. } => {}
        Stage::When { from, stage } => {
            if from.contains(&context) {
                run(b, port, vrf, context, stage, program)?;
            }
        }
        Stage::Drop { .. } => program.ops.push(Op::Keep(Pair::EMPTY)),
        Stage::MayDrop { span, why } => {
            program.ops.push(Op::Keep(Pair::DOUBTFUL));
            program.doubt(Doubt::new(*span, Why::MayDrop { cause: why.clone() }));
        }
    }
    Ok(())
}

/// The lines of a list whose match or action is not known, each with the packets that it concerns.
fn list_doubts(b: &Builder<'_>, of: Of, id: ListId, in_session: bool) -> Vec<Doubt> {
    let Of::Line { device, .. } = of else { return Vec::new() };
    let Some(list) = b.device(device).and_then(|d| d.list(id)) else { return Vec::new() };
    let uncertain = |l: &&sekisho_model::Line| {
        !l.matches_of(in_session).is_exact() || l.action == sekisho_model::Action::Unknown
    };
    list.lines
        .iter()
        .filter(uncertain)
        .map(|line| {
            let why = Why::ListLine { list: list.name.clone(), conditions: line.conditions.clone() };
            let when = Some(line.matches_of(in_session).may.clone());
            Doubt { span: Some(line.span), why, when, of: Some(of) }
        })
        .collect()
}

/// Sources that may and surely do pass a uRPF check. Source: Cisco IOS Security Command Reference,
/// `ip verify unicast source reachable-via`.
fn anti_spoof(b: &mut Builder<'_>, port: PortRef, vrf: VrfId, strict: bool) -> Result<Pair, SetError> {
    if b.routing == Routing::Any {
        // SOUNDNESS: some route may lead to any source by any interface.
        return Ok(Pair::DOUBTFUL);
    }
    let Some(fib) = b.input.fibs.get(&(port.device, vrf.0, b.family)) else { return Ok(Pair::DOUBTFUL) };
    let here =
        |d: &Decision| matches!(d, Decision::Forward { interface, .. } if *interface == port.interface);
    let unsure = |d: &Decision| matches!(d, Decision::Anywhere(_));
    let device = b.input.devices.get(port.device);
    let closure = device.map_or_else(Vec::new, |d| Fib::leak_closure(d, vrf));
    let known = fib.anywhere.is_empty() && closure.len() == 1;
    let may = if known {
        // SOUNDNESS: a discard route counts as a way back in loose mode; some releases take it so.
        let counts = |d: &Decision| !strict || here(d) || unsure(d);
        let entries: Vec<&Entry> = fib.maybe.iter().filter(|e| counts(&e.decision)).collect();
        let mut sets = Vec::new();
        for entry in entries {
            sets.push(b.sets.field_ranges(Field::Src, &entry.ranges)?);
        }
        b.sets.union_all(sets)?
    } else {
        Set::FULL
    };
    let on_link = Decision::Forward { interface: port.interface, target: Target::Destination };
    let mut sure = Set::EMPTY;
    for entry in fib.sure.iter().filter(|e| e.decision == on_link) {
        sure = b.sets.field_ranges(Field::Src, &entry.ranges)?;
    }
    let l3 = device.and_then(|d| d.interface(port.interface)).and_then(|i| i.l3.as_ref());
    let connected: Vec<Cube> = l3
        .iter()
        .flat_map(|l3| &l3.addresses)
        .filter(|a| a.prefix.family() == b.family)
        .map(|a| Cube::any().with(Field::Src, FieldSet::prefix(a.prefix)))
        .collect();
    let connected = b.sets.cubes(&connected)?;
    let sure = b.sets.and(sure, connected)?;
    let sure = b.sets.and(sure, may)?;
    Ok(Pair { may, sure })
}

/// A set of destinations.
fn destinations(b: &mut Builder<'_>, ranges: &[(u128, u128)]) -> Result<Set, SetError> {
    b.sets.field_ranges(Field::Dst, ranges)
}

/// Own addresses of a VRF: those that are surely delivered, and those shared with others.
fn own_sets(b: &mut Builder<'_>, fib: &Fib) -> Result<(Set, Set), SetError> {
    let of = |role| {
        let mut out: Vec<(u128, u128)> =
            fib.own.iter().filter(|(_, r)| *r == role).map(|(a, _)| (addr_bits(*a), addr_bits(*a))).collect();
        out.sort_unstable();
        out.dedup();
        out
    };
    let own = destinations(b, &join(of(sekisho_model::AddressRole::Own)))?;
    let shared = destinations(b, &join(of(sekisho_model::AddressRole::Shared)))?;
    Ok((own, shared))
}

/// Joins touching ranges of a sorted list.
fn join(ranges: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    let mut out: Vec<(u128, u128)> = Vec::new();
    for (lo, hi) in ranges {
        match out.last_mut() {
            Some((_, end)) if lo <= end.saturating_add(1) => *end = (*end).max(hi),
            _ => out.push((lo, hi)),
        }
    }
    out
}

/// The look-up of a VRF.
pub(super) fn look(
    b: &mut Builder<'_>,
    index: usize,
    vrf: VrfId,
    context: ContextId,
    leaving: &mut BTreeSet<(PortRef, ContextId, Target)>,
) -> Result<(), SetError> {
    let Some(device) = b.input.devices.get(index) else { return Ok(()) };
    let Some(fib) = b.input.fibs.get(&(index, vrf.0, b.family)) else { return Ok(()) };
    let me = Node::Look(index, vrf, context);
    let local = Node::Local(index, vrf, context);
    let (own, shared) = own_sets(b, fib)?;
    let answered = b.sets.or(own, shared)?;
    b.edge(me, local, vec![Op::Keep(Pair::exact(answered))], Vec::new());
    let forwards = device.forwards(b.family);
    if forwards.possible() {
        let routed = b.sets.or(own, b.not_unicast)?;
        let routed = b.sets.complement(routed)?;
        let surely = b.sets.diff(routed, shared)?;
        let mut decisions: BTreeMap<Decision, (Set, Set)> = BTreeMap::new();
        for entry in &fib.maybe {
            let set = destinations(b, &entry.ranges)?;
            decisions.entry(entry.decision).or_insert((Set::EMPTY, Set::EMPTY)).0 = set;
        }
        for entry in fib.sure.iter().filter(|_| forwards.certain()) {
            let set = destinations(b, &entry.ranges)?;
            decisions.entry(entry.decision).or_insert((Set::EMPTY, Set::EMPTY)).1 = set;
        }
        let mut doubts: Vec<Doubt> = fib.anywhere.clone();
        if forwards == Tri::Unknown {
            let why = Why::Forwards { device: device.name.clone(), family: b.family };
            doubts.push(Doubt::new(device.name_span, why));
        }
        leaks(b, index, vrf, &mut decisions, &mut doubts)?;
        if !fib.anywhere.is_empty() {
            decisions.entry(Decision::Anywhere(vrf)).or_insert((Set::EMPTY, Set::EMPTY)).0 = Set::FULL;
        }
        for (decision, (may, sure)) in decisions {
            let may = b.sets.or(may, sure)?;
            let pair = Pair { may: b.sets.and(may, routed)?, sure: b.sets.and(sure, surely)? };
            decide(b, me, local, (index, context), decision, pair, &doubts, leaving);
        }
        multicast(b, index, vrf, context, leaving);
    }
    local_delivery(b, index, vrf, context);
    Ok(())
}

/// Adds what VRFs that leak into this one may decide.
fn leaks(
    b: &mut Builder<'_>,
    index: usize,
    vrf: VrfId,
    decisions: &mut BTreeMap<Decision, (Set, Set)>,
    doubts: &mut Vec<Doubt>,
) -> Result<(), SetError> {
    let Some(device) = b.input.devices.get(index) else { return Ok(()) };
    for from in Fib::leak_closure(device, vrf).into_iter().skip(1) {
        let Some(other) = b.input.fibs.get(&(index, from.0, b.family)) else { continue };
        for entry in &other.maybe {
            let set = destinations(b, &entry.ranges)?;
            let slot = decisions.entry(entry.decision).or_insert((Set::EMPTY, Set::EMPTY));
            slot.0 = b.sets.or(slot.0, set)?;
        }
        let (own, shared) = own_sets(b, other)?;
        let own = b.sets.or(own, shared)?;
        let slot = decisions.entry(Decision::Receive).or_insert((Set::EMPTY, Set::EMPTY));
        slot.0 = b.sets.or(slot.0, own)?;
        if !other.anywhere.is_empty() {
            decisions.entry(Decision::Anywhere(from)).or_insert((Set::EMPTY, Set::EMPTY)).0 = Set::FULL;
        }
        for leak in device.vrf(vrf).into_iter().flat_map(|v| &v.leaks).filter(|l| l.from == from) {
            let vrf = device.vrf(from).map_or("?", |v| v.name.as_str()).to_owned();
            doubts.push(Doubt::new(leak.span, Why::Leak { vrf }));
        }
    }
    Ok(())
}

/// The edges of one decision.
#[expect(clippy::too_many_arguments, reason = "one call site; the arguments are the parts of one edge")]
fn decide(
    b: &mut Builder<'_>,
    from: Node,
    local: Node,
    (device, context): (usize, ContextId),
    decision: Decision,
    pair: Pair,
    doubts: &[Doubt],
    leaving: &mut BTreeSet<(PortRef, ContextId, Target)>,
) {
    let mut doubts = if pair.may == pair.sure { Vec::new() } else { doubts.to_vec() };
    if pair.may != pair.sure && doubts.is_empty() {
        doubts.push(Doubt::new(None, Why::RouteInUse));
    }
    match decision {
        Decision::Forward { interface, target } => {
            let port = PortRef { device, interface };
            leaving.insert((port, context, target));
            b.edge(from, Node::Leave(port, context, target), vec![Op::Keep(pair)], doubts);
        }
        Decision::Discard => {}
        Decision::Receive => b.edge(from, local, vec![Op::Keep(pair)], doubts),
        Decision::Anywhere(vrf) => {
            let ports = match b.routing {
                Routing::Given => {
                    let closure = b.device(device).map_or_else(Vec::new, |d| Fib::leak_closure(d, vrf));
                    closure.into_iter().flat_map(|v| ports_of(b, device, v)).collect()
                }
                Routing::Any => any::ports(b, device, vrf),
            };
            for port in ports {
                leaving.insert((port, context, Target::Any));
                let op = Op::Keep(Pair::at_most(pair.may));
                b.edge(from, Node::Leave(port, context, Target::Any), vec![op], doubts.clone());
            }
        }
    }
}

/// Up layer-3 interfaces of a VRF.
fn ports_of(b: &Builder<'_>, index: usize, vrf: VrfId) -> Vec<PortRef> {
    let Some(device) = b.device(index) else { return Vec::new() };
    device
        .interface_ids()
        .filter(|(id, i)| i.l3.as_ref().is_some_and(|l3| l3.vrf == vrf) && is_up(device, *id))
        .map(|(id, _)| PortRef { device: index, interface: id })
        .collect()
}

/// Multicast leaves by every interface of a VRF in which it is routed.
fn multicast(
    b: &mut Builder<'_>,
    index: usize,
    vrf: VrfId,
    context: ContextId,
    leaving: &mut BTreeSet<(PortRef, ContextId, Target)>,
) {
    let Some(device) = b.input.devices.get(index) else { return };
    let family = b.family;
    let line = device.vrf(vrf).and_then(|v| v.multicast.iter().find(|(f, _)| *f == family)).map(|(_, s)| *s);
    let ports = ports_of(b, index, vrf);
    let on_port = ports.iter().find_map(|p| device.interface(p.interface).and_then(|i| i.multicast));
    let Some(span) = line.or(on_port) else { return };
    for port in ports {
        leaving.insert((port, context, Target::Any));
        let op = Op::Keep(Pair::at_most(b.multicast));
        let doubt = Doubt::new(span, Why::Multicast);
        b.edge(
            Node::Look(index, vrf, context),
            Node::Leave(port, context, Target::Any),
            vec![op],
            vec![doubt],
        );
    }
}

/// What may come out of a device that a packet was delivered to.
fn local_delivery(b: &mut Builder<'_>, index: usize, vrf: VrfId, context: ContextId) {
    let Some(device) = b.input.devices.get(index) else { return };
    let local = Node::Local(index, vrf, context);
    for (id, interface) in device.interface_ids().filter(|(id, _)| is_up(device, *id)) {
        let Some(tunnel) = interface.tunnel.as_ref().filter(|_| interface.l3.is_some()) else { continue };
        if b.input.topology.paired().far_ends((index, id)).is_some() {
            continue;
        }
        let why = Why::TunnelInjection { device: device.name.clone(), interface: interface.name.clone() };
        let port = PortRef { device: index, interface: id };
        b.havoc(local, Node::Arrive(port), &Doubt::new(tunnel.span, why));
    }
    if device.source_route.possible() {
        let doubt = Doubt::new(device.name_span, Why::SourceRoute { device: device.name.clone() });
        // What has another destination by now belongs to no session.
        let contexts: BTreeSet<ContextId> = match context {
            sessions::IN_SESSION => device.interfaces.iter().map(|i| i.context).collect(),
            context => BTreeSet::from([context]),
        };
        for context in contexts {
            b.source_route(local, Node::Look(index, vrf, context), doubt.clone());
        }
    }
}

/// From the look-up to the wire.
fn leave(b: &mut Builder<'_>, port: PortRef, context: ContextId, target: Target) -> Result<(), SetError> {
    let Some(device) = b.input.devices.get(port.device) else { return Ok(()) };
    let Some(interface) = device.interface(port.interface) else { return Ok(()) };
    let carries = interface.l3.as_ref().filter(|_| is_up(device, port.interface));
    let Some(l3) =
        carries.filter(|_| !matches!(interface.kind, InterfaceKind::Loopback | InterfaceKind::Null))
    else {
        return Ok(());
    };
    let mut program = Program::default();
    if let Some(doubt) = poison_doubt(b, port) {
        program.ops.push(Op::Keep(Pair::DOUBTFUL));
        program.doubt(doubt);
    }
    let met = interface.egress.iter().filter(|s| sessions::meets(b, port, context, s));
    for stage in met.collect::<Vec<_>>() {
        run(b, port, l3.vrf, context, stage, &mut program)?;
    }
    let lists = sessions::openers(b, port, context, &interface.egress);
    if device.uses_marks() {
        program.ops.push(Op::Assign(Field::Mark, FieldSet::Any));
    }
    let (from, to) = (Node::Leave(port, context, target), Node::Sent(port, target));
    let edge = b.new_edge(from, to, program.ops, program.doubts);
    if let Some(edge) = edge.filter(|_| !lists.is_empty() && b.follows_sessions()) {
        let (before, after) = sessions::openings(b, port.device, &lists)?;
        let lists = lists.into_iter().map(|(list, _)| list).collect();
        b.exit(Exit { family: b.family, edge, port, context, lists, before, after });
    }
    Ok(())
}

/// Unread lines of the device and its interfaces.
fn poison(b: &mut Builder<'_>, index: usize, vrfs: &[VrfId], contexts: &BTreeSet<ContextId>) {
    let Some(device) = b.input.devices.get(index) else { return };
    let everywhere = device.anywhere_poison().map(|p| Doubt::new(p.span, unread(p, device, None)));
    let mut lost = everywhere;
    if let Some(poison) = device.device_poison() {
        let doubt = Doubt::new(poison.span, unread(poison, device, None));
        let me = Node::PoisonedDevice(index);
        for (id, _) in segments(b).into_iter().filter(|(_, s)| s.devices.contains(&index)) {
            b.maybe(Node::Wire(id), me, doubt.clone());
            b.havoc(me, Node::Flood(id), &doubt);
        }
        // SOUNDNESS: what comes in by a tunnel was on no segment of the device.
        for (id, _) in device.interface_ids().filter(|(id, i)| i.l3.is_some() && is_up(device, *id)) {
            b.maybe(Node::Arrive(PortRef { device: index, interface: id }), me, doubt.clone());
        }
    }
    for (id, interface) in device.interface_ids().filter(|(id, _)| is_up(device, *id)) {
        let Some(poison) = device.interface_poison(id) else { continue };
        let doubt = Doubt::new(poison.span, unread(poison, device, Some(interface)));
        let port = PortRef { device: index, interface: id };
        let mut on: BTreeSet<_> =
            b.input.topology.of_interface(port).map(|p| p.segment).into_iter().collect();
        if on.is_empty() || interface.l2.is_some() {
            on.extend(b.input.topology.of_port(port).map(|(_, p)| p.segment));
        }
        let attached = !matches!(interface.kind, InterfaceKind::Loopback | InterfaceKind::Null);
        if attached && (on.is_empty() || is_loose(b, port, device, interface)) {
            lost = lost.or(Some(doubt.clone()));
        }
        let me = Node::PoisonedInterface(port);
        if interface.l3.is_some() {
            b.maybe(Node::Arrive(port), me, doubt.clone());
        }
        for &segment in &on {
            b.maybe(Node::Wire(segment), me, doubt.clone());
            b.havoc(me, Node::Flood(segment), &doubt);
        }
        looks(b, index, vrfs, contexts, me, &doubt);
    }
    if let Some(doubt) = lost {
        let me = Node::Anywhere(index);
        for (id, _) in
            segments(b).into_iter().filter(|(_, s)| !s.closed_by_cables || s.devices.contains(&index))
        {
            b.maybe(Node::Wire(id), me, doubt.clone());
            b.havoc(me, Node::Flood(id), &doubt);
        }
        for (id, _) in device.interface_ids().filter(|(id, i)| i.l3.is_some() && is_up(device, *id)) {
            b.maybe(Node::Arrive(PortRef { device: index, interface: id }), me, doubt.clone());
        }
        looks(b, index, vrfs, contexts, me, &doubt);
    }
}

/// Whether nothing certain says on which wire a poisoned interface is: no declared cable, and either no
/// address or a line that may state one more.
fn is_loose(b: &Builder<'_>, port: PortRef, device: &Device, interface: &Interface) -> bool {
    let stated = interface.l3.as_ref().is_some_and(|l3| !l3.addresses.is_empty());
    let mine = |p: &&Poison| p.scope == Scope::Interface(port.interface);
    let unread = device.poisons.iter().filter(mine).any(Poison::is_unread);
    interface.l2.is_none() && !b.input.topology.is_linked(port) && (!stated || unread)
}

/// Joins a poisoned place with every look-up of its device, both ways.
fn looks(
    b: &mut Builder<'_>,
    index: usize,
    vrfs: &[VrfId],
    contexts: &BTreeSet<ContextId>,
    me: Node,
    doubt: &Doubt,
) {
    let sessions = b.follows_sessions() && b.device(index).is_some_and(sessions::keeps_sessions);
    // SOUNDNESS: what a policy route takes has not met the look-up.
    for port in steering(b, index) {
        b.maybe(Node::Steer(port), me, doubt.clone());
        if sessions {
            b.maybe(Node::Replied(port), me, doubt.clone());
        }
    }
    for &vrf in vrfs {
        if sessions {
            b.maybe(Node::Look(index, vrf, sessions::IN_SESSION), me, doubt.clone());
        }
        for &context in contexts {
            let look = Node::Look(index, vrf, context);
            b.maybe(look, me, doubt.clone());
            b.havoc(me, look, doubt);
        }
    }
}

/// Interfaces of a device whose packets meet a policy route.
fn steering(b: &Builder<'_>, index: usize) -> Vec<PortRef> {
    let Some(device) = b.input.devices.get(index) else { return Vec::new() };
    let steers =
        |i: &Interface| i.l3.is_some() && i.ingress.iter().any(|s| matches!(s, Stage::PolicyRoute { .. }));
    let ports = device.interface_ids().filter(|(id, i)| is_up(device, *id) && steers(i));
    ports.map(|(interface, _)| PortRef { device: index, interface }).collect()
}

fn segments<'a>(b: &Builder<'a>) -> Vec<(crate::topology::SegmentId, &'a crate::topology::Segment)> {
    b.input
        .topology
        .segments()
        .iter()
        .enumerate()
        .map(|(i, s)| (crate::topology::SegmentId(u32::try_from(i).unwrap_or(u32::MAX)), s))
        .collect()
}

/// Where packets that a device makes itself may go: they pass no egress stages.
pub(super) fn own_packets(b: &Builder<'_>, index: usize, vrf: VrfId, to: std::net::IpAddr) -> Vec<Node> {
    let Some(device) = b.device(index) else { return Vec::new() };
    let own = b.input.fibs.get(&(index, vrf.0, b.family)).map_or(&[][..], |fib| &fib.own);
    if own.contains(&(to, sekisho_model::AddressRole::Own)) {
        return Vec::new();
    }
    if b.routing == Routing::Any {
        return any::ports(b, index, vrf).into_iter().map(|port| Node::Sent(port, Target::Any)).collect();
    }
    let mut out = Vec::new();
    for table in Fib::leak_closure(device, vrf) {
        let Some(fib) = b.input.fibs.get(&(index, table.0, b.family)) else { continue };
        let mut decisions: BTreeSet<Decision> = fib.maybe_decisions(addr_bits(to)).collect();
        decisions.extend(fib.sure_decisions(addr_bits(to)));
        if !fib.anywhere.is_empty() {
            decisions.insert(Decision::Anywhere(table));
        }
        for decision in decisions {
            match decision {
                Decision::Forward { interface, target } => {
                    out.push(Node::Sent(PortRef { device: index, interface }, target));
                }
                Decision::Anywhere(vrf) => {
                    let tables = Fib::leak_closure(device, vrf).into_iter();
                    let ports = tables.flat_map(|v| ports_of(b, index, v));
                    out.extend(ports.map(|port| Node::Sent(port, Target::Any)));
                }
                Decision::Discard | Decision::Receive => {}
            }
        }
    }
    out.retain(|node| {
        let Node::Sent(port, _) = node else { return false };
        let interface = device.interface(port.interface);
        interface.is_some_and(|i| !matches!(i.kind, InterfaceKind::Loopback | InterfaceKind::Null))
    });
    out
}

/// The packets that a relay may make of a broadcast.
pub(super) fn relayed(
    b: &mut Builder<'_>,
    to: std::net::IpAddr,
    ports: &[PortRange],
) -> Result<Set, SetError> {
    if Family::of(to) != b.family {
        return Ok(Set::EMPTY);
    }
    let ports: Vec<(u128, u128)> = ports.iter().map(|p| (u128::from(p.lo()), u128::from(p.hi()))).collect();
    let cube = Cube::any()
        .with(Field::Dst, FieldSet::one(addr_bits(to)))
        .with(Field::Proto, FieldSet::one(17))
        .with(Field::Dport, FieldSet::Ranges(ports))
        .with(Field::Translated, FieldSet::one(0));
    b.sets.cube(&cube)
}
