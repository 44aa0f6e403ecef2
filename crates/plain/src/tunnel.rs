//! Tunnels of which both ends are certain: authenticated, in the snapshot, and fully read.

use std::net::IpAddr;

use crate::format::{Network, Port};

/// Both ends of an authenticated tunnel about which nothing is unread: its own address first.
fn certain_ends(network: &Network, port: Port) -> Option<(IpAddr, IpAddr)> {
    let tunnel = network.interface(port)?.tunnel.as_ref().filter(|t| t.authenticated)?;
    let (near, away) = (tunnel.source?, tunnel.destination?);
    let owned = network.ports().any(|(p, i)| {
        p.device == port.device && i.owns(near).is_some() && network.interface_poison(p).is_none()
    });
    let carries = network.is_up(port) && network.interface(port)?.l3.is_some();
    (owned && carries && !network.is_poisoned(port)).then_some((near, away))
}

/// Tunnel interfaces of other devices that mirror an authenticated one: its far end is one of them, and
/// nobody else. Empty where the far end is not certain.
#[must_use]
pub fn mirrors(network: &Network, port: Port) -> Vec<Port> {
    let Some((near, away)) = certain_ends(network, port) else { return Vec::new() };
    let others = network.ports().map(|(p, _)| p).filter(|p| p.device != port.device);
    others.filter(|p| certain_ends(network, *p) == Some((away, near))).collect()
}
