//! The vendor-independent device model: what a parser writes and everybody else runs.
//!
//! A [`Device`] is interfaces, virtual routing tables, rule lists, translations and **programs of
//! stages** ([`Stage`]): each interface carries what happens to a packet between arriving on it and
//! the route look-up (`ingress`), and between the route look-up and leaving by it (`egress`).
//! Vendor knowledge ends here; `docs/semantics.md` says what each part means for a packet.
//!
//! Uncertainty is explicit. A [`Predicate`] is a pair (must, may) of packet sets; a [`Tri`] is yes,
//! no or unknown; an input line that was not understood is a [`Poison`] with a scope, and every line
//! of every file has one [`Coverage`] state in a [`Ledger`].

mod alternative;
mod cluster;
mod coverage;
mod device;
mod helper;
mod inner;
mod interface;
mod list;
mod nat;
mod paired;
mod policy_route;
mod route;
mod stage;

pub use alternative::Alternative;
pub use cluster::Cluster;
pub use coverage::{Coverage, Ledger, LineState};
pub use device::{Assumption, Context, ContextId, Device, ManagementAccess, NamedSet, Poison, Scope, Tri};
pub use helper::AppHelper;
pub use inner::{End, InnerWire, InnerWires};
pub use interface::{
    Address, AddressRole, AdminState, Encapsulation, Interface, InterfaceId, InterfaceKind, L2Mode, L2Port,
    L3, PeerPort, Relay, Tunnel, VlanSet,
};
pub use list::{Action, Line, ListId, Predicate, RuleList};
pub use nat::{NatId, NatRule, NatTable, Rewrite, Target};
pub use paired::PairedTunnels;
pub use policy_route::{PolicyRoute, PolicyRouteAction, PolicyRouteEntry, PolicyRouteId};
pub use route::{NextHop, Route, RouteTable, TableRoute, Vrf, VrfId, VrfLeak};
pub use stage::Stage;
