//! Devices that belong together: ends of authenticated tunnels, members of a cluster.

use std::net::IpAddr;

use crate::format::{Network, Port};

impl Network {
    /// Tunnel interfaces of other devices that mirror an authenticated one: its far end is one of them, and
    /// nobody else. Empty where the far end is not certain.
    #[must_use]
    pub fn mirrors(&self, port: Port) -> Vec<Port> {
        let Some((near, away)) = self.certain_ends(port) else { return Vec::new() };
        let others = self.ports().map(|(p, _)| p).filter(|p| p.device != port.device);
        others.filter(|p| self.certain_ends(*p) == Some((away, near))).collect()
    }

    /// Both ends of an authenticated tunnel about which nothing is unread: the address of its device first.
    fn certain_ends(&self, port: Port) -> Option<(IpAddr, IpAddr)> {
        let interface = self.interface(port)?;
        let tunnel = interface.tunnel.as_ref().filter(|t| t.authenticated)?;
        let (near, away) = (tunnel.source?, tunnel.destination?);
        let owned = self.ports().any(|(p, i)| {
            p.device == port.device && i.owns(near).is_some() && self.interface_poison(p).is_none()
        });
        let carries = self.is_up(port) && interface.l3.is_some();
        (owned && carries && !self.is_poisoned(port)).then_some((near, away))
    }

    /// Whether all these interfaces are of members of one cluster.
    #[must_use]
    pub fn is_one_cluster(&self, ports: impl IntoIterator<Item = Port>) -> bool {
        let mut clusters =
            ports.into_iter().map(|p| self.device(p.device).and_then(|d| d.cluster.as_deref()));
        let first = clusters.next().flatten();
        first.is_some() && clusters.all(|c| c == first)
    }
}
