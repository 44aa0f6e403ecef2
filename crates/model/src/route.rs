//! VRFs, configured routes and exported tables.

use std::net::IpAddr;

use sekisho_diag::{FileId, Span};
use sekisho_net::{Family, Prefix};

use crate::InterfaceId;

/// Index into [`crate::Device::vrfs`]; 0 is the global table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VrfId(pub u32);

/// Where a route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NextHop {
    /// To a neighbour. Without an interface the address is looked up again in `vrf` (the route's own
    /// VRF when `None`).
    Via {
        /// Address of the neighbour.
        addr: IpAddr,
        /// Interface, if stated.
        interface: Option<InterfaceId>,
        /// VRF in which the address is resolved, if it is another one.
        vrf: Option<VrfId>,
    },
    /// Out by an interface, the destination itself being resolved on its segment.
    Interface(InterfaceId),
    /// Dropped (null interface, blackhole).
    Discard,
    /// To the device itself (a `receive` or local entry of an exported table).
    Receive,
    /// Not understood: anywhere in the VRF.
    Unknown,
}

/// A configured route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Destination.
    pub prefix: Prefix,
    /// Where it leads.
    pub next_hop: NextHop,
    /// Administrative distance; of one prefix the lowest wins.
    pub distance: u8,
    /// Whether the device may withdraw it by itself (tracked object, DHCP default, permanent no).
    pub conditional: bool,
    /// The line.
    pub span: Span,
}

/// One row of an exported table. Several rows of one prefix are alternatives (ECMP).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRoute {
    /// Destination.
    pub prefix: Prefix,
    /// Where it leads.
    pub next_hop: NextHop,
    /// The device's word for the protocol, such as `connected`, `static`, `ospf`, `cef`.
    pub protocol: String,
    /// A repair or backup path: possible, never certain.
    pub backup: bool,
    /// The row.
    pub span: Span,
}

/// An exported routing or forwarding table of one VRF and family, as the device printed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// The file.
    pub file: FileId,
    /// Rows in file order.
    pub routes: Vec<TableRoute>,
    /// Whether a destination without a row is certainly dropped. False when the head of the export is
    /// missing, so that rows may be missing too.
    pub complete: bool,
    /// Rows that were not understood: the table may lead anywhere.
    pub garbled: Vec<Span>,
}

/// Routes that leak from one VRF into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VrfLeak {
    /// VRF whose routes appear here.
    pub from: VrfId,
    /// The line.
    pub span: Span,
}

/// A virtual routing table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vrf {
    /// Name; `default` for the global table.
    pub name: String,
    /// The line that opens it.
    pub span: Option<Span>,
    /// Configured routes.
    pub routes: Vec<Route>,
    /// Exported tables (several: each of them may be the truth).
    pub tables: Vec<(Family, RouteTable)>,
    /// Lines because of which there may be routes that the config does not show (a routing protocol,
    /// a stripped file), per family.
    pub unknown_routes: Vec<(Family, Span)>,
    /// Leaks into this VRF.
    pub leaks: Vec<VrfLeak>,
    /// Multicast is routed: the line.
    pub multicast: Vec<(Family, Span)>,
}

impl Vrf {
    /// An empty table.
    #[must_use]
    pub fn new(name: String, span: Option<Span>) -> Self {
        Self {
            name,
            span,
            routes: Vec::new(),
            tables: Vec::new(),
            unknown_routes: Vec::new(),
            leaks: Vec::new(),
            multicast: Vec::new(),
        }
    }
}
