//! Sessions in the graph: where they begin, and the way of their packets past the filters.
//!
//! A packet of a session that a device knows meets the stages of the interface by which it arrives but for
//! translations and filters of new packets, has its translation undone, and is routed like any packet; it
//! then leaves past the gates between ingress contexts (`docs/semantics.md` section 9). Which packets
//! belong to sessions is not known here: a search that follows sessions says so ([`Known`]).

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::EdgeIndex;
use sekisho_header_space::{Manager, Set, SetError};
use sekisho_model::{Action, ContextId, Device, Interface, ListId, RuleList, Stage, VrfId};
use sekisho_net::{Cube, Family, Field, FieldSet};

use super::Node;
use super::build::Builder;
use super::device::{self, Program};
use super::transfer::{self, Op, Pair};
use crate::routing::Target;
use crate::topology::{PortRef, is_up};

/// The ingress context of packets of sessions: no gate between contexts is about it.
pub const IN_SESSION: ContextId = ContextId(u32::MAX);

/// A way out of a device on which sessions begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Family of its packets.
    pub family: Family,
    /// The edge from the look-up to the wire.
    pub edge: EdgeIndex,
    /// The interface by which the session leaves.
    pub port: PortRef,
    /// The class of the interfaces by which it enters.
    pub context: ContextId,
    /// Lists whose lines open sessions on this way.
    pub lists: Vec<ListId>,
    /// Packets that some of these lines may match, before a translation on the way.
    pub opens: Set,
}

/// Packets of sessions, by the interface on which they are told: programs, each with its own operations.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// By family and interface.
    pub programs: BTreeMap<(Family, PortRef), Vec<Vec<Op>>>,
}

impl Known {
    /// What a step of sessions makes of packets that arrive.
    ///
    /// # Errors
    /// [`SetError`] when the sets outgrow their budget.
    pub fn apply(
        &self,
        sets: &mut Manager,
        port: PortRef,
        ops: &[Op],
        input: Pair,
    ) -> Result<Pair, SetError> {
        let Some(programs) = self.programs.get(&(sets.family(), port)) else { return Ok(Pair::EMPTY) };
        let arrived = transfer::apply(sets, ops, input)?;
        let mut out = Pair::EMPTY;
        for program in programs {
            let one = transfer::apply(sets, program, arrived)?;
            out = Pair { may: sets.or(out.may, one.may)?, sure: sets.or(out.sure, one.sure)? };
        }
        Ok(out)
    }

    /// The operations of a step of sessions that may have made a packet, one way each.
    pub fn ways(&self, family: Family, port: PortRef, ops: &[Op]) -> Vec<Vec<Op>> {
        let programs = self.programs.get(&(family, port)).map_or(&[][..], Vec::as_slice);
        programs.iter().map(|p| ops.iter().chain(p).cloned().collect()).collect()
    }
}

/// Whether some list of the device lets packets of sessions pass.
#[must_use]
pub fn keeps_sessions(device: &Device) -> bool {
    device.lists.iter().any(|l| l.stateful)
}

/// The way of packets of sessions through a device that keeps any.
pub(super) fn build(
    b: &mut Builder<'_>,
    index: usize,
    vrfs: &[VrfId],
    leaving: &mut BTreeSet<(PortRef, ContextId, Target)>,
) -> Result<(), SetError> {
    let Some(device) = b.input.devices.get(index).filter(|d| keeps_sessions(d)) else { return Ok(()) };
    for (id, interface) in device.interface_ids().filter(|(id, i)| i.l3.is_some() && is_up(device, *id)) {
        arrive(b, PortRef { device: index, interface: id }, interface, leaving)?;
    }
    for &vrf in vrfs {
        device::look(b, index, vrf, IN_SESSION, leaving)?;
    }
    Ok(())
}

fn arrive(
    b: &mut Builder<'_>,
    port: PortRef,
    interface: &Interface,
    leaving: &mut BTreeSet<(PortRef, ContextId, Target)>,
) -> Result<(), SetError> {
    let Some(l3) = interface.l3.as_ref().filter(|_| interface.accepts(b.family).possible()) else {
        return Ok(());
    };
    let vrf = l3.vrf;
    let mut program = device::entrance(b, port, interface);
    let mut steer = None;
    for stage in &interface.ingress {
        match stage {
            Stage::PolicyRoute { policy, .. } => steer = Some(*policy),
            _ => run(b, port, vrf, stage, &mut program)?,
        }
    }
    b.session(port, program.ops, program.doubts);
    let told = Node::Replied(port);
    match steer {
        Some(policy) => device::policy_route(b, told, port, (vrf, IN_SESSION), policy, leaving),
        None => {
            b.pass(told, Node::Look(port.device, vrf, IN_SESSION));
            Ok(())
        }
    }
}

/// A stage that packets of sessions meet; the others let them pass.
fn run(
    b: &mut Builder<'_>,
    port: PortRef,
    vrf: VrfId,
    stage: &Stage,
    program: &mut Program,
) -> Result<(), SetError> {
    let skipped = match stage {
        Stage::Filter { list, .. } => {
            b.device(port.device).and_then(|d| d.list(*list)).is_some_and(|l| l.stateful)
        }
        Stage::Nat { .. } | Stage::When { .. } => true,
        _ => false,
    };
    if skipped { Ok(()) } else { device::run(b, port, vrf, IN_SESSION, stage, program) }
}

/// Stages of the egress that a packet of this context meets.
pub(super) fn meets(b: &Builder<'_>, port: PortRef, context: ContextId, stage: &Stage) -> bool {
    let new_only = match stage {
        Stage::Filter { list, .. } => {
            b.device(port.device).and_then(|d| d.list(*list)).is_some_and(|l| l.stateful)
        }
        Stage::Nat { .. } => true,
        _ => false,
    };
    context != IN_SESSION || !new_only
}

/// The lists on a way out whose lines open sessions for packets of the builder's family.
pub(super) fn openers(b: &Builder<'_>, port: PortRef, context: ContextId, stages: &[Stage]) -> Vec<ListId> {
    let Some(device) = b.device(port.device).filter(|_| context != IN_SESSION) else { return Vec::new() };
    let mut out = Vec::new();
    for stage in stages {
        let stage = match stage {
            Stage::When { from, stage } if from.contains(&context) => stage,
            Stage::When { .. } => continue,
            stage => stage,
        };
        let Stage::Filter { list, .. } = stage else { continue };
        if device.list(*list).is_some_and(|l| l.family == b.family && may_open(l)) {
            out.push(*list);
        }
    }
    out
}

/// Whether some packet that the list lets pass opens a session.
fn may_open(list: &RuleList) -> bool {
    list.stateful && (list.default_opens || list.lines.iter().any(|line| line.opens))
}

/// Packets, before the stages on departure, that lines which open sessions may match.
pub(super) fn opening(
    b: &mut Builder<'_>,
    port: PortRef,
    context: ContextId,
    stages: &[Stage],
    lists: &[ListId],
) -> Result<Set, SetError> {
    let device = port.device;
    if b.device(device).is_some_and(|d| sees_translated(d, context, stages)) {
        return Ok(Set::FULL);
    }
    let mut sets = Vec::new();
    for &id in lists {
        let Some(list) = b.input.devices.get(device).and_then(|d| d.list(id)) else { continue };
        if list.default_opens {
            return Ok(Set::FULL);
        }
        for line in list.lines.iter().filter(|l| l.opens && l.action != Action::Deny) {
            sets.push(b.sets.cubes(&line.matches.may)?);
        }
    }
    b.sets.union_all(sets)
}

/// Whether a line that opens sessions tests what a translation before it has changed, so that it says nothing of
/// packets before the translation.
fn sees_translated(device: &Device, context: ContextId, stages: &[Stage]) -> bool {
    let mut changed: BTreeSet<Field> = BTreeSet::new();
    for stage in stages {
        let stage = match stage {
            Stage::When { from, stage } if from.contains(&context) => stage,
            Stage::When { .. } => continue,
            stage => stage,
        };
        match stage {
            Stage::Nat { table, .. } => {
                let rules = device.nat(*table).map_or(&[][..], |t| t.rules.as_slice());
                changed.extend(rules.iter().flat_map(|r| &r.rewrites).map(|r| r.field));
            }
            Stage::Filter { list, .. } => {
                let lines = device.list(*list).map_or(&[][..], |l| l.lines.as_slice());
                let cubes = lines.iter().filter(|l| l.opens).flat_map(|l| &l.matches.may);
                let tests = |c: &Cube| changed.iter().any(|f| *c.get(*f) != FieldSet::Any);
                if cubes.into_iter().any(tests) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
