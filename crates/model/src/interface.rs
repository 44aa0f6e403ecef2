//! Interfaces: layer 2, layer 3, and the programs of stages bound to them.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_net::{Family, PortRange, Prefix};

use crate::{ContextId, Stage, Tri, VrfId};

/// Index into [`crate::Device::interfaces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InterfaceId(pub u32);

/// What an interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InterfaceKind {
    /// A physical port.
    Physical,
    /// A tagged or untagged unit of a physical port or aggregate; see [`Interface::parent`].
    Subinterface,
    /// The routed interface of a VLAN of this device; see [`Interface::svi_vlan`].
    Svi,
    /// A link aggregate; its members name it in [`Interface::aggregate`].
    Aggregate,
    /// A loopback.
    Loopback,
    /// A tunnel end.
    Tunnel,
    /// A discard interface.
    Null,
    /// Something that carries packets but is none of the above.
    Other,
}

/// Administrative state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AdminState {
    /// Not shut down. The line protocol is taken as up.
    Up,
    /// `shutdown`: down in this snapshot.
    Down,
}

/// How a sub-interface picks its frames from its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encapsulation {
    /// Untagged frames (also: a routed physical port).
    Untagged,
    /// Frames with this VLAN tag, 1 to 4094.
    Vlan(u16),
    /// Not stated or not understood: any frame.
    Unknown,
}

/// A set of VLAN ids, 1 to 4094.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VlanSet(Vec<(u16, u16)>);

impl VlanSet {
    /// All VLANs.
    #[must_use]
    pub fn all() -> Self {
        Self(vec![(1, 4094)])
    }

    /// No VLAN.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds an inclusive range.
    pub fn insert(&mut self, lo: u16, hi: u16) {
        if lo <= hi {
            self.0.push((lo, hi));
            self.0.sort_unstable();
        }
    }

    /// Removes an inclusive range.
    pub fn remove(&mut self, lo: u16, hi: u16) {
        let mut left = Vec::new();
        for &(a, b) in &self.0 {
            if b < lo || a > hi {
                left.push((a, b));
                continue;
            }
            if a < lo {
                left.push((a, lo - 1));
            }
            if b > hi {
                left.push((hi + 1, b));
            }
        }
        self.0 = left;
    }

    /// Whether `vlan` is in the set.
    #[must_use]
    pub fn contains(&self, vlan: u16) -> bool {
        self.0.iter().any(|&(lo, hi)| lo <= vlan && vlan <= hi)
    }

    /// The inclusive ranges, sorted by start; they may touch or overlap.
    #[must_use]
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.0
    }
}

/// Mode of a switched port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum L2Mode {
    /// One untagged VLAN.
    Access,
    /// Tagged VLANs and one native VLAN.
    Trunk,
    /// Negotiated or not stated: either of the two.
    Dynamic,
}

/// A switched port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L2Port {
    /// Mode.
    pub mode: L2Mode,
    /// The line that fixes the mode, if any.
    pub mode_span: Option<Span>,
    /// Access VLAN.
    pub access_vlan: u16,
    /// The line that names the access VLAN; `None` for the default.
    pub access_span: Option<Span>,
    /// Tagged voice VLAN of an access port.
    pub voice_vlan: Option<u16>,
    /// VLANs that the trunk carries.
    pub allowed: VlanSet,
    /// The line that limits the allowed VLANs; `None` for the default (all).
    pub allowed_span: Option<Span>,
    /// Native (untagged) VLAN of the trunk.
    pub native_vlan: u16,
}

/// Why an address belongs to an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressRole {
    /// Configured on the interface.
    Own,
    /// Shared with other members of a redundancy group (HSRP, VRRP, GLBP): at any time one member,
    /// not known which, answers for it.
    Shared,
}

/// An interface address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub addr: IpAddr,
    /// The connected prefix that comes with it. A shared address has the host prefix.
    pub prefix: Prefix,
    /// Own or shared.
    pub role: AddressRole,
    /// The line.
    pub span: Span,
}

/// Layer-3 part of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L3 {
    /// VRF of the interface.
    pub vrf: VrfId,
    /// The line that binds the VRF; `None` for the global table.
    pub vrf_span: Option<Span>,
    /// Addresses in config order.
    pub addresses: Vec<Address>,
    /// The line that makes IPv4 addresses unknown: DHCP, negotiated, unnumbered. The interface then
    /// has IPv4 with an unknown address and an unknown connected prefix.
    pub unknown_v4: Option<Span>,
    /// The same for IPv6: DHCP, autoconfiguration, general prefix.
    pub unknown_v6: Option<Span>,
    /// Whether IPv6 packets are accepted (an IPv6 address, `ipv6 enable`, or unknown).
    pub ipv6: Tri,
    /// Whether the interface answers ARP or ND for addresses that are not its own.
    pub proxy_arp: Tri,
}

/// A UDP broadcast relay (DHCP relay, helper address).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Where the relayed packets go.
    pub to: IpAddr,
    /// UDP destination ports that are relayed.
    pub ports: Vec<PortRange>,
    /// VRF in which the relayed packet is routed.
    pub vrf: VrfId,
    /// The line.
    pub span: Span,
}

/// A tunnel end. Its inner packets enter and leave by this interface; its outer packets are not
/// followed: whoever can reach the device may inject, unless the tunnel is authenticated and its far end
/// certain ([`crate::PairedTunnels`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// Far end, if it is stated as an address.
    pub destination: Option<IpAddr>,
    /// Near end, if it is stated as an address.
    pub source: Option<IpAddr>,
    /// VRF in which the outer packet is routed.
    pub outer_vrf: VrfId,
    /// The line by which the device takes and sends only packets that are encrypted and authenticated with
    /// keys that the far end has.
    pub authenticated: Option<Span>,
    /// The line that makes this a tunnel.
    pub span: Span,
}

/// An interface of another virtual system of the same box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerPort {
    /// Name of the device that has it.
    pub device: String,
    /// Name of the interface.
    pub interface: String,
    /// The line that says so.
    pub span: Span,
}

/// An interface of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Canonical full name, such as `GigabitEthernet0/1.10`.
    pub name: String,
    /// The line that opens it.
    pub span: Span,
    /// The line that holds the description, and its text.
    pub description: Option<String>,
    /// What it is.
    pub kind: InterfaceKind,
    /// Administrative state.
    pub admin: AdminState,
    /// The `shutdown` line.
    pub admin_span: Option<Span>,
    /// Parent of a sub-interface.
    pub parent: Option<InterfaceId>,
    /// Frames of the parent that belong to this interface (untagged for anything but sub-interfaces).
    pub encapsulation: Encapsulation,
    /// Aggregate of which this port is a member.
    pub aggregate: Option<InterfaceId>,
    /// VLAN of a switched virtual interface.
    pub svi_vlan: Option<u16>,
    /// Switched port.
    pub l2: Option<L2Port>,
    /// Routed interface.
    pub l3: Option<L3>,
    /// Tunnel end.
    pub tunnel: Option<Tunnel>,
    /// Class of the interface when packets enter by it.
    pub context: ContextId,
    /// From arrival to the route look-up, in order.
    pub ingress: Vec<Stage>,
    /// From the route look-up to departure, in order.
    pub egress: Vec<Stage>,
    /// UDP broadcast relays.
    pub relays: Vec<Relay>,
    /// The line that switches on multicast routing or a multicast proxy, if any.
    pub multicast: Option<Span>,
    /// Far end of a cable inside the box, between two virtual systems.
    pub cable: Option<PeerPort>,
    /// The port of which this one is a copy, because virtual systems share it: both are one wire.
    pub same_port: Option<PeerPort>,
}

impl Interface {
    /// An up interface with nothing on it.
    #[must_use]
    pub fn new(name: String, kind: InterfaceKind, span: Span) -> Self {
        Self {
            name,
            span,
            description: None,
            kind,
            admin: AdminState::Up,
            admin_span: None,
            parent: None,
            encapsulation: Encapsulation::Untagged,
            aggregate: None,
            svi_vlan: None,
            l2: None,
            l3: None,
            tunnel: None,
            context: ContextId(0),
            ingress: Vec::new(),
            egress: Vec::new(),
            relays: Vec::new(),
            multicast: None,
            cable: None,
            same_port: None,
        }
    }

    /// Whether it is up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.admin == AdminState::Up
    }

    /// Whether packets of a family can enter by layer 3 here.
    #[must_use]
    pub fn accepts(&self, family: Family) -> Tri {
        let Some(l3) = &self.l3 else { return Tri::No };
        match family {
            Family::V4 => {
                if l3.unknown_v4.is_some() || l3.addresses.iter().any(|a| a.prefix.family() == Family::V4) {
                    Tri::Yes
                } else {
                    Tri::No
                }
            }
            Family::V6 => l3.ipv6,
        }
    }
}
