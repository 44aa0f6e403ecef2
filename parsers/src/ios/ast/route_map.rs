//! `route-map` clauses.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_net::Family;

use super::acl::Action;

/// A `match` line. Lines of one clause must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// `match ip|ipv6 address LIST ...`: one of the lists permits.
    Address(Family, Vec<String>),
    /// A test of what a header of the model does not show (`length`, `interface`): in words.
    Condition(String),
    /// A test of routes (`tag`, `community`, `metric`), not understood as a test of packets.
    Other,
}

/// A `set` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// `set ip|ipv6 next-hop A ...`; `certain` is false when the device tests or resolves it by itself.
    NextHop {
        /// Addresses in order.
        addresses: Vec<IpAddr>,
        /// Whether the first connected one is certainly used.
        certain: bool,
    },
    /// `set ip|ipv6 default next-hop A ...`.
    DefaultNextHop(Vec<IpAddr>),
    /// `set interface NAME ...`, canonical names.
    Interface(Vec<String>),
    /// `set vrf NAME`.
    Vrf(String),
    /// `set global`.
    Global,
    /// Marking or an attribute of routes: no effect on where a packet goes.
    Harmless,
    /// Not understood.
    Unknown,
}

/// `route-map NAME permit|deny SEQUENCE` with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    /// Name of the route map.
    pub name: String,
    /// Action.
    pub action: Action,
    /// Sequence number.
    pub sequence: u32,
    /// The header line.
    pub span: Span,
    /// `match` lines.
    pub matches: Vec<Match>,
    /// `set` lines.
    pub sets: Vec<Set>,
    /// A line that was not understood, or that changes the flow between clauses (`continue`).
    pub unknown: Option<Span>,
}

/// Clauses of all route maps; one entry per (name, sequence).
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    /// Clauses in order of first appearance.
    pub clauses: Vec<Clause>,
}

impl Ast {
    /// The clauses of a route map by sequence number.
    pub(crate) fn of(&self, name: &str) -> Vec<&Clause> {
        let mut found: Vec<&Clause> = self.clauses.iter().filter(|c| c.name == name).collect();
        found.sort_by_key(|c| c.sequence);
        found
    }
}
