//! The look-up of a VRF whatever its routes are.

use std::collections::BTreeSet;

use sekisho_header_space::SetError;
use sekisho_model::{ContextId, InterfaceKind, VrfId};

use super::{local_delivery, multicast, own_sets, ports_of};
use crate::graph::Node;
use crate::graph::build::Builder;
use crate::graph::transfer::{Op, Pair};
use crate::routing::{Target, joined_vrfs};
use crate::topology::PortRef;

/// Interfaces by which some route of a VRF may lead out.
pub(super) fn ports(b: &Builder<'_>, index: usize, vrf: VrfId) -> Vec<PortRef> {
    let Some(device) = b.device(index) else { return Vec::new() };
    let vrfs = joined_vrfs(device, vrf).into_iter();
    let attached = |port: &PortRef| {
        let kind = device.interface(port.interface).map(|i| i.kind);
        !matches!(kind, Some(InterfaceKind::Loopback | InterfaceKind::Null))
    };
    vrfs.flat_map(|v| ports_of(b, index, v)).filter(attached).collect()
}

/// Own addresses are delivered; any other destination may be sent by any interface of the VRF and those
/// joined with it to any neighbour, delivered, or dropped.
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
    if device.forwards(b.family).possible() {
        let fixed = b.sets.or(own, b.not_unicast)?;
        let routed = Pair::at_most(b.sets.complement(fixed)?);
        // A route may make the device receive an address that is not its own.
        b.edge(me, local, vec![Op::Keep(routed)], Vec::new());
        for port in ports(b, index, vrf) {
            leaving.insert((port, context, Target::Any));
            b.edge(me, Node::Leave(port, context, Target::Any), vec![Op::Keep(routed)], Vec::new());
        }
        multicast(b, index, vrf, context, leaving);
    }
    local_delivery(b, index, vrf, context);
    Ok(())
}
