//! Simple questions to the plain network: what is up, who owns an address, does a test match.
//!
//! Each answer is read off one or two fields; nothing about paths or segments is here.

use std::net::IpAddr;

use crate::address::{Family, number};
use crate::cable::is_linked;
use crate::packet::Packet;

use super::{
    Address, Cube, Device, Interface, Kind, Network, Poison, Port, Predicate, Rewrite, Scope, Tri, Values,
};

impl Network {
    /// The device of a position.
    #[must_use]
    pub fn device(&self, device: usize) -> Option<&Device> {
        self.devices.get(device)
    }

    /// The interface of a port.
    #[must_use]
    pub fn interface(&self, port: Port) -> Option<&Interface> {
        self.devices.get(port.device)?.interfaces.get(port.interface)
    }

    /// Every interface of every device.
    pub fn ports(&self) -> impl Iterator<Item = (Port, &Interface)> {
        self.devices.iter().enumerate().flat_map(|(device, d)| {
            d.interfaces.iter().enumerate().map(move |(interface, i)| (Port { device, interface }, i))
        })
    }

    /// Whether an interface is up: not shut down, and neither is any parent.
    #[must_use]
    pub fn is_up(&self, port: Port) -> bool {
        let lineage = self.lineage(port);
        lineage.iter().all(|&p| self.interface(p).is_some_and(|i| i.up)) && !lineage.is_empty()
    }

    /// An interface, its parent, the parent's parent, and so on.
    #[must_use]
    pub fn lineage(&self, port: Port) -> Vec<Port> {
        let mut out = Vec::new();
        let mut next = Some(port);
        while let Some(p) = next.filter(|p| !out.contains(p)) {
            let Some(interface) = self.interface(p) else { break };
            out.push(p);
            next = interface.parent.map(|parent| Port { interface: parent, ..p });
        }
        out
    }

    /// The poison of a whole device, if any.
    #[must_use]
    pub fn device_poison(&self, device: usize) -> Option<&Poison> {
        let whole = |p: &&Poison| matches!(p.scope, Scope::Device | Scope::Anywhere);
        self.device(device)?.poisons.iter().find(whole)
    }

    /// The poison by which a device may sit on segments where nothing shows it, if any.
    #[must_use]
    pub fn anywhere_poison(&self, device: usize) -> Option<&Poison> {
        self.device(device)?.poisons.iter().find(|p| match p.scope {
            Scope::Anywhere => true,
            Scope::Interface(interface) => self.is_loose(Port { device, interface }, p.unread),
            Scope::Device | Scope::Routes { .. } => false,
        })
    }

    /// Whether nothing certain shows where an up interface is attached: no declared cable, and either no
    /// address or an unread line that may state one more.
    fn is_loose(&self, port: Port, unread: bool) -> bool {
        let Some(interface) = self.interface(port) else { return false };
        self.is_up(port)
            && interface.is_attached()
            && interface.l2.is_none()
            && (unread || interface.addresses().next().is_none())
            && !is_linked(self, port)
    }

    /// The poison of one interface, if any.
    #[must_use]
    pub fn interface_poison(&self, port: Port) -> Option<&Poison> {
        self.device(port.device)?.poisons.iter().find(|p| p.scope == Scope::Interface(port.interface))
    }

    /// Whether nothing sure goes through an interface: it, a parent or its device is poisoned.
    #[must_use]
    pub fn is_poisoned(&self, port: Port) -> bool {
        self.device_poison(port.device).is_some()
            || self.lineage(port).iter().any(|&p| self.interface_poison(p).is_some())
    }
}

impl Interface {
    /// Whether packets of a family can enter by layer 3.
    #[must_use]
    pub fn accepts(&self, family: Family) -> Tri {
        match (&self.l3, family) {
            (None, _) => Tri::No,
            (Some(l3), Family::Ipv6) => l3.ipv6,
            (Some(l3), Family::Ipv4) => {
                let any = l3.unknown_v4.is_some() || l3.addresses.iter().any(|a| a.addr.is_ipv4());
                if any { Tri::Yes } else { Tri::No }
            }
        }
    }

    /// The role of an address on this interface: `Some(shared)`, or `None` when it is not there.
    #[must_use]
    pub fn owns(&self, addr: IpAddr) -> Option<bool> {
        let mut roles = self.addresses().filter(|a| a.addr == addr).map(|a| a.shared);
        roles.clone().find(|shared| !shared).or_else(|| roles.next())
    }

    /// All addresses.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> + Clone {
        self.l3.iter().flat_map(|l3| &l3.addresses)
    }

    /// Connected prefixes; a shared address brings none.
    pub fn connected(&self) -> impl Iterator<Item = &Address> + Clone {
        self.addresses().filter(|a| !a.shared)
    }

    /// Whether it may have an address of the family that nobody knows.
    #[must_use]
    pub fn has_unknown_address(&self, family: Family) -> bool {
        self.l3.as_ref().is_some_and(|l3| match family {
            Family::Ipv4 => l3.unknown_v4.is_some(),
            Family::Ipv6 => l3.unknown_v6.is_some(),
        })
    }

    /// Whether it is attached to a segment at all.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        !matches!(self.kind, Kind::Loopback | Kind::Null)
    }
}

impl Device {
    /// Whether packets of a family are forwarded.
    #[must_use]
    pub fn forwards(&self, family: Family) -> Tri {
        match family {
            Family::Ipv4 => self.forwards_v4,
            Family::Ipv6 => self.forwards_v6,
        }
    }
}

impl Predicate {
    /// Whether a packet matches: yes, no, or either.
    #[must_use]
    pub fn test(&self, packet: &Packet) -> Tri {
        let hit = |cubes: &[Cube]| cubes.iter().any(|c| c.contains(packet));
        if hit(self.must.as_deref().unwrap_or(&self.may)) {
            Tri::Yes
        } else if hit(&self.may) {
            Tri::Unknown
        } else {
            Tri::No
        }
    }
}

impl Cube {
    /// Whether a packet lies inside.
    #[must_use]
    pub fn contains(&self, p: &Packet) -> bool {
        fn small(set: &Option<Values<u16>>, value: impl Into<u16>) -> bool {
            let value = value.into();
            set.as_ref().is_none_or(|s| match s {
                Values::Ranges(r) => r.iter().any(|&(lo, hi)| lo <= value && value <= hi),
                Values::Mask { value: v, care } => value & care == v & care,
            })
        }
        fn addr(set: &Option<Values<IpAddr>>, value: IpAddr) -> bool {
            let x = number(value);
            let same = |a: &IpAddr| Family::of(*a) == Family::of(value);
            set.as_ref().is_none_or(|s| match s {
                Values::Ranges(r) => {
                    r.iter().any(|(lo, hi)| same(lo) && same(hi) && number(*lo) <= x && x <= number(*hi))
                }
                Values::Mask { value: v, care } => same(v) && x & number(*care) == number(*v) & number(*care),
            })
        }
        addr(&self.dst, p.dst)
            && addr(&self.src, p.src)
            && addr(&self.src0, p.src0.unwrap_or_else(|| p.family().address(0)))
            && small(&self.translated, p.src0.is_some())
            && small(&self.proto, p.proto)
            && small(&self.mark, p.mark)
            && small(&self.dport, p.dport)
            && small(&self.sport, p.sport)
            && small(&self.flags, p.flags)
            && small(&self.icmp_type, p.icmp_type)
            && small(&self.icmp_code, p.icmp_code)
            && small(&self.fragment, p.later_fragment)
    }
}

impl Rewrite {
    /// Whether it changes the source: address or port.
    #[must_use]
    pub fn is_source(&self) -> bool {
        matches!(self, Self::Src(_) | Self::Sport(_))
    }

    /// Whether it changes the destination: address or port.
    #[must_use]
    pub fn is_destination(&self) -> bool {
        matches!(self, Self::Dst(_) | Self::Dport(_))
    }
}
