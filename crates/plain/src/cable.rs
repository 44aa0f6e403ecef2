//! Which interfaces have a declared cable: their own port, an aggregate of it, a copy of it.

use crate::format::{Kind, L2, Mode, Network, Port};

impl L2 {
    /// Whether a trunk lets a VLAN pass.
    #[must_use]
    pub fn allows(&self, vlan: u16) -> bool {
        self.mode != Mode::Access && self.allowed.iter().any(|&(lo, hi)| lo <= vlan && vlan <= hi)
    }

    /// Whether frames of a VLAN pass the port at all.
    #[must_use]
    pub fn carries(&self, vlan: u16) -> bool {
        let access = self.mode != Mode::Trunk && (self.access_vlan == vlan || self.voice_vlan == Some(vlan));
        access || self.allows(vlan)
    }
}

/// The port under a sub-interface; any other interface itself.
#[must_use]
pub fn base(network: &Network, port: Port) -> Port {
    network.lineage(port).last().copied().unwrap_or(port)
}

/// The physical side of an interface: its port, the aggregate, and the other members; for the routed
/// interface of a VLAN the up ports that carry the VLAN.
fn ports_under(network: &Network, port: Port) -> Vec<Port> {
    let svi = network.interface(port).filter(|i| i.kind == Kind::Svi).and_then(|i| i.svi_vlan);
    let Some(vlan) = svi else { return bundle(network, base(network, port)) };
    let carrying = network.ports().filter(|(p, i)| {
        p.device == port.device && network.is_up(*p) && i.l2.as_ref().is_some_and(|l2| l2.carries(vlan))
    });
    carrying.flat_map(|(p, _)| bundle(network, p)).chain([port]).collect()
}

/// A port, the aggregate it is or belongs to, and all members of that.
fn bundle(network: &Network, port: Port) -> Vec<Port> {
    let Some(interface) = network.interface(port) else { return Vec::new() };
    let head = interface.aggregate.map_or(port, |a| Port { interface: a, ..port });
    let members = network
        .ports()
        .filter(|(p, i)| p.device == head.device && i.aggregate == Some(head.interface))
        .map(|(p, _)| p);
    [port, head].into_iter().chain(members).collect()
}

/// Whether a declared cable ends under an interface.
#[must_use]
pub fn is_linked(network: &Network, port: Port) -> bool {
    let mut under = ports_under(network, port);
    // A cable on a port that virtual systems share is a cable on each of its copies.
    for _ in 0..2 {
        for &(a, b) in &network.same_ports {
            if under.contains(&a) || under.contains(&b) {
                under.extend(bundle(network, a));
                under.extend(bundle(network, b));
            }
        }
    }
    network.links.iter().any(|&(a, b)| [a, b].iter().any(|&end| under.contains(&base(network, end))))
}
