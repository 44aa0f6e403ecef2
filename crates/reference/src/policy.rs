//! What decides where a packet goes: a policy route, if there is one, and the look-up.

use std::net::IpAddr;

use crate::address::is_unroutable;
use crate::any;
use crate::fib::{Leg, Toward, Via, View, fib_lookup};
use crate::format::{Network, PolicyAction, PolicyEntry, PolicyRoute, Tri};
use crate::list::first_match;
use crate::outcome::Step;
use crate::packet::Packet;

/// Where a packet goes from a VRF: each result with the step of the policy route that led to it. With
/// `any_routing`, nothing is taken for granted about routes.
pub(crate) fn route(
    network: &Network,
    device: usize,
    vrf: usize,
    policy: Option<&PolicyRoute>,
    packet: &Packet,
    any_routing: bool,
) -> Vec<(Option<Step>, Leg)> {
    let Some(view) = View::new(network, device) else { return Vec::new() };
    let look_up = |vrf| match any_routing {
        true => any::look_up(view, vrf, packet.dst),
        false => fib_lookup(network, device, vrf, packet.dst),
    };
    let Some(policy) = policy.filter(|_| !is_unroutable(packet.dst)) else {
        return look_up(vrf).into_iter().map(|leg| (None, leg)).collect();
    };
    let name = |decision: &str, place: Option<&String>, sure| Step {
        stage: "policy-route".to_owned(),
        decision: decision.to_owned(),
        place: place.cloned(),
        sure,
        why: policy.name.clone(),
        opens: Tri::No,
    };
    let anywhere = |place: Option<&String>| {
        // A clause that is not understood, or a policy that is missing, may name another VRF.
        let all = |v| if any_routing { view.everywhere(v) } else { view.anywhere(v) };
        let vias = (0..view.device.vrfs.len()).flat_map(all);
        let legs = vias.map(|v| Leg::new(v, false, place.map(String::as_str), "policy route not understood"));
        legs.chain(look_up(vrf).into_iter().map(Leg::maybe)).collect::<Vec<_>>()
    };
    let tagged = |legs: Vec<Leg>, word: &str, place: Option<&String>, sure: bool| {
        let step = name(word, place, sure);
        legs.into_iter().map(move |l| (Some(step.clone()), if sure { l } else { l.maybe() }))
    };
    if policy.place.is_none() {
        return tagged(anywhere(None), "undefined", None, false).collect();
    }
    let tests = policy.entries.iter().map(|e| (e.family == packet.family()).then_some(&e.matches));
    let (hits, closed) = first_match(tests, packet);
    let sure = hits.len() + usize::from(!closed) == 1;
    let mut out = Vec::new();
    for entry in hits.iter().filter_map(|&at| policy.entries.get(at)) {
        let legs = match &entry.action {
            PolicyAction::Unknown => anywhere(Some(&entry.place)),
            PolicyAction::Normal => look_up(vrf),
            PolicyAction::Vrf(other) => look_up(*other),
            PolicyAction::Drop => vec![leg(entry, Via::Discard, true)],
            // To whom a next hop leads is a matter of routes; own addresses are steered as well.
            PolicyAction::NextHops { .. } | PolicyAction::DefaultNextHops(_) if any_routing => {
                let steered = view.everywhere(vrf).into_iter().map(|via| leg(entry, via, false));
                steered.chain(look_up(vrf).into_iter().map(Leg::maybe)).collect()
            }
            PolicyAction::NextHops { addresses, certain } => {
                let first = addresses.iter().position(|&a| !view.connected(vrf, a).is_empty());
                let at =
                    |(i, &a): (usize, &IpAddr)| candidate(view, vrf, entry, a, *certain && first == Some(i));
                let legs = addresses.iter().enumerate().flat_map(at);
                legs.chain(look_up(vrf).into_iter().map(Leg::maybe)).collect()
            }
            PolicyAction::DefaultNextHops(addresses) => {
                let legs = addresses.iter().flat_map(|&a| candidate(view, vrf, entry, a, false));
                let specific = |l: &Leg| l.via == Via::Local || l.prefix.is_some_and(|p| p.len() > 0);
                let normal = look_up(vrf).into_iter().map(|l| if specific(&l) { l } else { l.maybe() });
                legs.chain(normal).collect()
            }
            PolicyAction::Interfaces(interfaces) => {
                let target = if any_routing { Toward::Any } else { Toward::Destination };
                let via = |interface| Via::Out { interface, target };
                let up = interfaces.iter().enumerate().filter(|(_, i)| view.is_up(**i));
                let legs = up.map(|(at, &i)| leg(entry, via(i), at == 0));
                legs.chain(look_up(vrf).into_iter().map(Leg::maybe)).collect()
            }
        };
        let word = match &entry.action {
            PolicyAction::Normal => "look-up",
            PolicyAction::NextHops { .. } | PolicyAction::DefaultNextHops(_) => "next hop",
            PolicyAction::Interfaces(_) => "interface",
            PolicyAction::Vrf(_) => "another VRF",
            PolicyAction::Drop => "drop",
            PolicyAction::Unknown => "unknown",
        };
        out.extend(tagged(legs, word, Some(&entry.place), sure));
    }
    if !closed {
        out.extend(tagged(look_up(vrf), "look-up", policy.place.as_ref(), sure));
    }
    out
}

fn leg(entry: &PolicyEntry, via: Via, sure: bool) -> Leg {
    Leg::new(via, sure, Some(&entry.place), "policy route")
}

/// A next hop of a policy route: by the connected network that holds it, else resolved by the routes.
fn candidate(view: View<'_>, vrf: usize, entry: &PolicyEntry, addr: IpAddr, sure: bool) -> Vec<Leg> {
    let connected = view.connected(vrf, addr);
    if !connected.is_empty() {
        let via = |interface| Via::Out { interface, target: Toward::Address(addr) };
        return connected.into_iter().map(|i| leg(entry, via(i), sure)).collect();
    }
    let resolved = view.routes(vrf, addr).into_iter().filter_map(|l| match l.via {
        Via::Out { interface, target: Toward::Destination } => {
            Some(Via::Out { interface, target: Toward::Address(addr) })
        }
        Via::Out { .. } | Via::Discard => Some(l.via),
        Via::Local | Via::NoRoute => None,
    });
    resolved.map(|via| leg(entry, via, false)).collect()
}
