//! Top-level statements that stand alone.

use sekisho_diag::{Span, Spanned};
use sekisho_net::Family;

/// A list that limits who may manage the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ManagementList {
    /// Service in words.
    pub service: String,
    /// The list.
    pub list: String,
    /// Family of the list.
    pub family: Family,
}

/// `[no] ip forward-protocol udp PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForwardProtocol {
    /// False for the `no` form.
    pub on: bool,
    /// The port; `None` for every default port.
    pub port: Option<u16>,
}

/// Everything at the top level that is not a block of its own kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Global {
    /// `hostname`.
    pub hostname: Option<Spanned<String>>,
    /// `[no] ip routing`.
    pub ip_routing: Option<Spanned<bool>>,
    /// `[no] ipv6 unicast-routing`.
    pub ipv6_routing: Option<Spanned<bool>>,
    /// `[no] ip source-route`.
    pub source_route: Option<Spanned<bool>>,
    /// `[no] ipv6 source-route`.
    pub ipv6_source_route: Option<Spanned<bool>>,
    /// `vlan dot1q tag native`.
    pub tags_native: Option<Spanned<bool>>,
    /// `ip multicast-routing`, `ipv6 multicast-routing`, with the VRF.
    pub multicast: Vec<Spanned<(Family, Option<String>)>>,
    /// UDP ports relayed by helper addresses.
    pub forward_protocols: Vec<Spanned<ForwardProtocol>>,
    /// VLANs of the database.
    pub vlans: Vec<Spanned<(u16, u16)>>,
    /// `vlan filter MAP vlan-list LIST`.
    pub vlan_filters: Vec<Spanned<Vec<(u16, u16)>>>,
    /// `ip default-network`, or anything else that may add a default route.
    pub default_networks: Vec<Span>,
    /// Static ARP and neighbour entries.
    pub static_arps: Vec<Spanned<std::net::IpAddr>>,
    /// `ip arp proxy disable`.
    pub proxy_arp_off: Option<Span>,
    /// `ip route static bfd`: static routes come and go.
    pub static_bfd: Option<Span>,
    /// QoS policies, by name: whether some class drops.
    pub qos_policies: Vec<(String, bool)>,
    /// Management restrictions.
    pub management: Vec<Spanned<ManagementList>>,
    /// The first interface line that speaks of a routing process.
    pub wants_process: Option<Span>,
    /// The first interface line that names a route map.
    pub wants_route_map: Option<Span>,
    /// Whether the file has any route map.
    pub has_route_map: bool,
    /// Transform sets with an algorithm that authenticates, by name.
    pub authenticating: Vec<String>,
    /// IPsec profiles with the transform sets that each names.
    pub ipsec_profiles: Vec<(String, Vec<String>)>,
}
