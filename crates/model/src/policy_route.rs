//! Policy routes: decisions that precede the route look-up.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_net::Family;

use crate::{InterfaceId, Predicate, VrfId};

/// Index into [`crate::Device::policy_routes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyRouteId(pub u32);

/// What a policy-route entry does with a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyRouteAction {
    /// Ordinary route look-up.
    Normal,
    /// To one of these next hops; if none is usable, ordinary look-up. `certain` is false when the
    /// device tests the next hop's availability by itself.
    NextHops {
        /// Candidates in order.
        addresses: Vec<IpAddr>,
        /// Whether the first candidate is certainly used when it lies on a connected network.
        certain: bool,
    },
    /// To one of these next hops, only when no route but a default one exists.
    DefaultNextHops(Vec<IpAddr>),
    /// Out by one of these interfaces; if none is usable, ordinary look-up.
    Interfaces(Vec<InterfaceId>),
    /// Route look-up in another VRF.
    Vrf(VrfId),
    /// Dropped.
    Drop,
    /// Not understood: anywhere.
    Unknown,
}

/// One entry; the first that matches decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRouteEntry {
    /// Family of the packets it matches.
    pub family: Family,
    /// Which packets.
    pub matches: Predicate,
    /// What happens to them.
    pub action: PolicyRouteAction,
    /// Where it stands.
    pub span: Span,
}

/// An ordered policy route; no entry, ordinary route look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRoute {
    /// Name as in the config.
    pub name: String,
    /// Entries in order.
    pub entries: Vec<PolicyRouteEntry>,
    /// Where it starts; `None` when it is referenced but not defined: anything may happen.
    pub span: Option<Span>,
}
