//! Interfaces as configured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sekisho_diag::{Span, Spanned};
use sekisho_model::{InterfaceKind, VlanSet};
use sekisho_net::Family;

/// `ip nat inside` or `ip nat outside`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum NatSide {
    /// `ip nat inside`.
    Inside,
    /// `ip nat outside`.
    Outside,
}

/// Direction of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// `in`.
    In,
    /// `out`.
    Out,
}

/// `ip access-group NAME in` or `ipv6 traffic-filter NAME in`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessGroup {
    /// Family of the list.
    pub family: Family,
    /// Name or number of the list.
    pub list: String,
    /// Direction.
    pub direction: Direction,
}

/// `ip verify unicast ...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rpf {
    /// Family that is checked.
    pub family: Family,
    /// `reachable-via rx` or `reverse-path`.
    pub strict: bool,
    /// Whether a default route counts.
    pub allow_default: bool,
    /// Whether packets that fail may be let through by a list.
    pub exempting_list: bool,
}

/// An IPv4 address line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address4 {
    /// The address.
    pub addr: Ipv4Addr,
    /// Prefix length, 0 to 32.
    pub len: u8,
    /// `secondary`.
    pub secondary: bool,
}

/// An IPv6 address line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address6 {
    /// The address as written.
    pub addr: Ipv6Addr,
    /// Prefix length, 0 to 128.
    pub len: u8,
    /// `eui-64`: the low half comes from the hardware address.
    pub eui64: bool,
}

/// VRF in which a relayed packet is routed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetVrf {
    /// That of the interface.
    Own,
    /// `global`.
    Global,
    /// `vrf NAME`.
    Named(String),
}

/// `ip helper-address` or `ipv6 dhcp relay destination`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Helper {
    /// Where to.
    pub to: IpAddr,
    /// VRF of the relayed packet.
    pub vrf: TargetVrf,
}

/// `switchport mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SwitchMode {
    /// `access`.
    Access,
    /// `trunk`.
    Trunk,
    /// `dynamic auto` or `dynamic desirable`.
    Dynamic,
}

/// `switchport trunk allowed vlan ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllowedVlans {
    /// A list, `all` or `none`.
    Set(Vec<(u16, u16)>),
    /// `add LIST`.
    Add(Vec<(u16, u16)>),
    /// `remove LIST`.
    Remove(Vec<(u16, u16)>),
    /// `except LIST`.
    Except(Vec<(u16, u16)>),
}

/// Layer-2 lines of a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Switchport {
    /// The plain `switchport` line (true) or `no switchport` (false).
    pub plain: Option<Spanned<bool>>,
    /// `switchport mode`.
    pub mode: Option<Spanned<SwitchMode>>,
    /// `switchport access vlan`.
    pub access: Option<Spanned<u16>>,
    /// `switchport voice vlan`.
    pub voice: Option<Spanned<u16>>,
    /// `switchport trunk native vlan`.
    pub native: Option<Spanned<u16>>,
    /// Allowed VLANs after all edits.
    pub allowed: Option<Spanned<VlanSet>>,
    /// Any other `switchport` line.
    pub other: Option<Span>,
}

impl Switchport {
    /// Whether any line beside the plain one speaks of layer 2.
    pub(crate) fn has_details(&self) -> bool {
        self.mode.is_some()
            || self.access.is_some()
            || self.voice.is_some()
            || self.native.is_some()
            || self.allowed.is_some()
            || self.other.is_some()
    }
}

/// `encapsulation dot1Q`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dot1q {
    /// VLAN tag.
    pub vlan: u16,
    /// `native`: untagged as well.
    pub native: bool,
}

/// Near end of a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TunnelEnd {
    /// An address.
    Address(IpAddr),
    /// An interface by canonical name.
    Interface(String),
    /// Anything else (`dynamic`, a host name).
    Other,
}

/// Tunnel lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tunnel {
    /// `tunnel source`.
    pub source: Option<TunnelEnd>,
    /// `tunnel destination`.
    pub destination: Option<TunnelEnd>,
    /// `tunnel vrf`.
    pub vrf: Option<Spanned<String>>,
    /// `tunnel protection ipsec profile`.
    pub protection: Option<Spanned<String>>,
}

/// A restriction that the model knows only as `MayDrop`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Restriction {
    /// On arrival (`In`) or departure.
    pub direction: Direction,
    /// What it is, as a noun phrase.
    pub why: String,
    /// The line.
    pub span: Span,
}

/// One interface, all its blocks merged.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    /// Canonical full name and the line that opened it first.
    pub name: Spanned<String>,
    /// What the name says it is.
    pub kind: InterfaceKind,
    /// `description`.
    pub description: Option<Spanned<String>>,
    /// `shutdown`.
    pub shutdown: Option<Span>,
    /// `[ip] vrf forwarding`.
    pub vrf: Option<Spanned<String>>,
    /// `no ip address` was written.
    pub no_address: bool,
    /// A line shows that the port is not switched (it carries PPPoE for a dialer).
    pub routed_port: bool,
    /// `ip address A M`, primary first as written.
    pub addresses4: Vec<Spanned<Address4>>,
    /// `ip address dhcp`, `negotiated`, `ip unnumbered`.
    pub unknown4: Option<Span>,
    /// The address comes with a default route (`dhcp`, `ppp ipcp route default`).
    pub learns_default4: Option<Span>,
    /// `ipv6 address P/L`.
    pub addresses6: Vec<Spanned<Address6>>,
    /// `ipv6 address autoconfig`, `dhcp`, a general prefix, `ipv6 unnumbered`.
    pub unknown6: Option<Span>,
    /// The address comes with a default route (`autoconfig`).
    pub learns_default6: Option<Span>,
    /// `ipv6 enable` or a link-local address.
    pub ipv6_enabled: Option<Span>,
    /// Virtual addresses of HSRP, VRRP and GLBP, with their groups.
    pub shared: Vec<Spanned<(u16, IpAddr)>>,
    /// Layer-2 lines.
    pub switchport: Switchport,
    /// `encapsulation dot1Q`.
    pub encapsulation: Option<Spanned<Dot1q>>,
    /// `channel-group N`.
    pub channel_group: Option<Spanned<u16>>,
    /// Access-group bindings; at most one per family and direction.
    pub access_groups: Vec<Spanned<AccessGroup>>,
    /// `ip verify unicast`; at most one per family.
    pub rpf: Vec<Spanned<Rpf>>,
    /// Relays.
    pub helpers: Vec<Spanned<Helper>>,
    /// `ip pim`, `ip igmp`, `ipv6 pim`, `ipv6 mld`.
    pub multicast: Vec<(Family, Span)>,
    /// Lines that switch on a routing protocol here.
    pub routing: Vec<(Family, Span)>,
    /// `[no] ip proxy-arp`.
    pub proxy_arp: Option<Spanned<bool>>,
    /// `ip local-proxy-arp`.
    pub local_proxy_arp: bool,
    /// `ip nat inside` or `outside`.
    pub nat_side: Option<Spanned<NatSide>>,
    /// `zone-member security NAME`.
    pub zone: Option<Spanned<String>>,
    /// `ip policy route-map NAME`.
    pub policy_v4: Option<Spanned<String>>,
    /// `ipv6 policy route-map NAME`.
    pub policy_v6: Option<Spanned<String>>,
    /// Tunnel lines.
    pub tunnel: Tunnel,
    /// `service-policy input|output NAME`.
    pub service_policies: Vec<Spanned<(Direction, String)>>,
    /// `ip inspect NAME in|out`; at most one per family and direction.
    pub inspections: Vec<Spanned<super::inspect::Inspection>>,
    /// Restrictions known only as such.
    pub restrictions: Vec<Restriction>,
}
