//! `ip nat` statements.

use std::net::Ipv4Addr;

use sekisho_diag::{Span, Spanned};
use sekisho_net::Protocol;

/// Whose addresses a statement translates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// `ip nat inside source`: the source of packets from inside, the destination of packets to inside.
    InsideSource,
    /// `ip nat outside source`: the source of packets from outside, the destination of packets to outside.
    OutsideSource,
    /// `ip nat inside destination`: the destination of packets to inside (load sharing).
    InsideDestination,
}

/// An address, or that of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The address.
    Address(Ipv4Addr),
    /// The primary address of an interface, by canonical name.
    Interface(String),
}

/// What a static statement ties together: first as written, then second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// Whole addresses.
    Host(Ipv4Addr, Endpoint),
    /// One port of each; the protocol may have no ports (`esp`), then both are `None`.
    Port {
        /// TCP, UDP or ESP.
        protocol: Protocol,
        /// First address and port.
        first: (Ipv4Addr, Option<u16>),
        /// Second address and port.
        second: (Endpoint, Option<u16>),
    },
    /// Networks of one length.
    Network(Ipv4Addr, Ipv4Addr, u8),
}

/// What selects the packets of a dynamic statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    /// `list NAME`.
    List(Spanned<String>),
    /// `route-map NAME`.
    RouteMap(Spanned<String>),
}

/// New addresses of a dynamic statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// `pool NAME`.
    Pool(Spanned<String>),
    /// `interface NAME`.
    Interface(Spanned<String>),
}

/// Options behind a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `vrf NAME`.
    pub vrf: Option<Spanned<String>>,
    /// `route-map NAME` of a static statement.
    pub route_map: Option<Spanned<String>>,
    /// `overload`.
    pub overload: bool,
    /// `add-route`.
    pub add_route: bool,
    /// `reversible`: sessions may be opened from the other side.
    pub reversible: bool,
    /// `redundancy NAME`: only the active member translates.
    pub redundancy: bool,
}

/// How a statement translates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Fixed pairs.
    Static(Pair),
    /// Addresses taken from a set.
    Dynamic(Selector, Source),
}

/// One translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Whose addresses.
    pub direction: Direction,
    /// How.
    pub kind: Kind,
    /// Options.
    pub options: Options,
    /// The line.
    pub span: Span,
    /// Number of the line, from 1.
    pub line: u32,
    /// Its words, which `no` repeats.
    pub text: String,
}

/// `ip nat pool`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pool {
    /// Name.
    pub name: Spanned<String>,
    /// Inclusive ranges.
    pub ranges: Vec<(Ipv4Addr, Ipv4Addr)>,
    /// A line of the pool was not understood: it may hold any address.
    pub unknown: bool,
    /// `add-route`.
    pub add_route: bool,
}

/// Translation statements in config order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    /// Statements.
    pub statements: Vec<Statement>,
    /// Pools.
    pub pools: Vec<Pool>,
    /// A setting because of which a translation may admit packets of anybody.
    pub open_mappings: Option<Span>,
}
