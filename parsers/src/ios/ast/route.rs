//! Static routes and routing processes.

use std::net::IpAddr;

use sekisho_diag::{Span, Spanned};
use sekisho_net::{Family, Prefix};

/// VRF in which a next hop is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NextHopVrf {
    /// The route's own.
    Own,
    /// `global` or `nexthop-vrf default`.
    Global,
    /// `nexthop-vrf NAME`.
    Named(String),
}

/// `ip route` or `ipv6 route`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StaticRoute {
    /// The whole line.
    pub span: Span,
    /// VRF of the route.
    pub vrf: Option<Spanned<String>>,
    /// Destination.
    pub prefix: Prefix,
    /// Interface by canonical name.
    pub interface: Option<Spanned<String>>,
    /// Next hop.
    pub next_hop: Option<IpAddr>,
    /// VRF of the next hop.
    pub next_hop_vrf: NextHopVrf,
    /// `dhcp`: the next hop comes from DHCP.
    pub dhcp: bool,
    /// Administrative distance; 1 by default.
    pub distance: u8,
    /// `track N`: the device may withdraw it.
    pub tracked: bool,
}

impl StaticRoute {
    /// Whether a `no` line with these words removes `other`.
    pub(crate) fn removes(&self, other: &StaticRoute) -> bool {
        let same = |a: &Option<Spanned<String>>, b: &Option<Spanned<String>>| {
            a.as_ref().map(|s| &s.value) == b.as_ref().map(|s| &s.value)
        };
        let whole = self.interface.is_none() && self.next_hop.is_none() && !self.dhcp;
        same(&self.vrf, &other.vrf)
            && self.prefix == other.prefix
            && (whole
                || (same(&self.interface, &other.interface)
                    && self.next_hop == other.next_hop
                    && self.dhcp == other.dhcp))
    }
}

/// A routing process: routes that the configuration does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    /// VRF; `None` for the global table.
    pub vrf: Option<String>,
    /// Every VRF of the device instead (VPN routes, or a line that was not understood).
    pub every_vrf: bool,
    /// Family.
    pub family: Family,
    /// The line because of which.
    pub span: Span,
}
