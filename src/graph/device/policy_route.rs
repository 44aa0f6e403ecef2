//! Policy routes: where each entry sends what it gets, and what is left to the look-up.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sekisho_header_space::{Set, SetError};
use sekisho_model::{ContextId, PolicyRouteAction, VrfId};
use sekisho_net::{Cube, Field, FieldSet, addr_bits};

use super::{decide, own_sets};
use crate::graph::Node;
use crate::graph::build::Builder;
use crate::graph::transfer::{Op, Pair};
use crate::routing::{Decision, Doubt, Fib, Routing, Target, Why};
use crate::topology::{PortRef, is_up};

/// A policy route: each entry to its targets, the rest to the look-up.
pub(in crate::graph) fn policy_route(
    b: &mut Builder<'_>,
    from: Node,
    port: PortRef,
    (vrf, context): (VrfId, ContextId),
    policy: sekisho_model::PolicyRouteId,
    leaving: &mut BTreeSet<(PortRef, ContextId, Target)>,
) -> Result<(), SetError> {
    let Some(device) = b.input.devices.get(port.device) else { return Ok(()) };
    let look = Node::Look(port.device, vrf, context);
    let local = Node::Local(port.device, vrf, context);
    let at = (port.device, context);
    let Some(model) = device.policy_route(policy) else { return Ok(()) };
    let forwards = device.forwards(b.family);
    if !forwards.possible() {
        b.pass(from, look);
        return Ok(());
    }
    if model.span.is_none() {
        let doubt = Doubt::new(None, Why::UndefinedPolicyRoute { name: model.name.clone() });
        b.maybe(from, look, doubt.clone());
        for other in (0..device.vrfs.len()).filter_map(|v| u32::try_from(v).ok()) {
            let anywhere = Decision::Anywhere(VrfId(other));
            decide(b, from, local, at, anywhere, Pair::DOUBTFUL, std::slice::from_ref(&doubt), leaving);
        }
        return Ok(());
    }
    let (mut left, mut sure_left) = (Set::FULL, if forwards.certain() { Set::FULL } else { Set::EMPTY });
    let family = b.family;
    for entry in model.entries.iter().filter(|e| e.family == family) {
        let may = b.sets.cubes(&entry.matches.may)?;
        let must = if entry.matches.is_exact() { may } else { b.sets.cubes(entry.matches.must())? };
        let part = Pair { may: b.sets.and(left, may)?, sure: b.sets.and(sure_left, must)? };
        left = b.sets.diff(left, must)?;
        sure_left = b.sets.diff(sure_left, may)?;
        let doubts = vec![Doubt::new(entry.span, Why::PolicyRouteEntry { name: model.name.clone() })];
        let perhaps = Pair::at_most(part.may);
        let to_look =
            |b: &mut Builder<'_>, pair: Pair| b.edge(from, look, vec![Op::Keep(pair)], doubts.clone());
        match &entry.action {
            PolicyRouteAction::Normal => to_look(b, part),
            PolicyRouteAction::Drop => {}
            PolicyRouteAction::Vrf(other) => {
                b.edge(from, Node::Look(port.device, *other, context), vec![Op::Keep(part)], doubts.clone());
            }
            PolicyRouteAction::Unknown => {
                // SOUNDNESS: a clause that is not understood may name another VRF.
                to_look(b, perhaps);
                for other in (0..device.vrfs.len()).filter_map(|v| u32::try_from(v).ok()) {
                    let anywhere = Decision::Anywhere(VrfId(other));
                    decide(b, from, local, at, anywhere, perhaps, &doubts, leaving);
                }
            }
            // To whom a next hop leads is a matter of routes; own addresses are steered as well.
            PolicyRouteAction::NextHops { .. } | PolicyRouteAction::DefaultNextHops(_)
                if b.routing == Routing::Any =>
            {
                to_look(b, perhaps);
                decide(b, from, local, at, Decision::Anywhere(vrf), perhaps, &doubts, leaving);
            }
            PolicyRouteAction::Interfaces(ids) => {
                to_look(b, perhaps);
                let target = if b.routing == Routing::Any { Target::Any } else { Target::Destination };
                for (n, id) in ids.iter().filter(|id| is_up(device, **id)).enumerate() {
                    let decision = Decision::Forward { interface: *id, target };
                    decide(
                        b,
                        from,
                        local,
                        at,
                        decision,
                        if n == 0 { part } else { perhaps },
                        &doubts,
                        leaving,
                    );
                }
            }
            PolicyRouteAction::NextHops { addresses, certain } => {
                to_look(b, perhaps);
                for (n, addr) in addresses.iter().enumerate() {
                    let (found, on_link) = candidate(b, port.device, vrf, *addr);
                    for decision in found {
                        let sure = n == 0 && *certain && on_link;
                        decide(
                            b,
                            from,
                            local,
                            at,
                            decision,
                            if sure { part } else { perhaps },
                            &doubts,
                            leaving,
                        );
                    }
                }
            }
            PolicyRouteAction::DefaultNextHops(addresses) => {
                let specific = specific_routes(b, port.device, vrf)?;
                let sure = b.sets.and(part.sure, specific)?;
                to_look(b, Pair { may: part.may, sure });
                for addr in addresses {
                    for decision in candidate(b, port.device, vrf, *addr).0 {
                        decide(b, from, local, at, decision, perhaps, &doubts, leaving);
                    }
                }
            }
        }
    }
    b.edge(from, look, vec![Op::Keep(Pair { may: left, sure: sure_left })], Vec::new());
    if let Some(fib) = b.input.fibs.get(&(port.device, vrf.0, b.family)) {
        // SOUNDNESS: whether packets to the device itself are steered too is not documented: both.
        let (own, shared) = own_sets(b, fib)?;
        let own = b.sets.or(own, shared)?;
        b.edge(from, look, vec![Op::Keep(Pair::at_most(own))], Vec::new());
    }
    Ok(())
}

/// Destinations for which a route other than the default is surely in use.
fn specific_routes(b: &mut Builder<'_>, device: usize, vrf: VrfId) -> Result<Set, SetError> {
    let Some(fib) = b.input.fibs.get(&(device, vrf.0, b.family)) else { return Ok(Set::EMPTY) };
    let cubes: Vec<Cube> = fib
        .routes
        .iter()
        .filter(|r| r.prefix.len() > 0)
        .map(|r| Cube::any().with(Field::Dst, FieldSet::prefix(r.prefix)))
        .collect();
    b.sets.cubes(&cubes)
}

/// Where a next hop of a policy route may lead, and whether it is connected. One that is not goes the way that its
/// address may take by any of the tables in use.
fn candidate(b: &Builder<'_>, index: usize, vrf: VrfId, addr: IpAddr) -> (Vec<Decision>, bool) {
    let Some(device) = b.input.devices.get(index) else { return (Vec::new(), false) };
    let (mut found, on_link) = Fib::next_hop(device, vrf, addr);
    if !on_link {
        for other in Fib::leak_closure(device, vrf) {
            let Some(fib) = b.input.fibs.get(&(index, other.0, b.family)) else { continue };
            found.extend(fib.maybe_decisions(addr_bits(addr)).filter_map(|decision| match decision {
                Decision::Forward { interface, target: Target::Destination } => {
                    Some(Decision::Forward { interface, target: Target::Address(addr) })
                }
                Decision::Receive => None,
                other => Some(other),
            }));
            if !fib.anywhere.is_empty() {
                found.push(Decision::Anywhere(other));
            }
        }
        found.sort();
        found.dedup();
    }
    (found, on_link)
}
