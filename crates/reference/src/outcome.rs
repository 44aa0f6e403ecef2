//! How walks end.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::format::{Port, Tri};
use crate::packet::Packet;

/// How a packet ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Delivered to a device itself.
    Accepted,
    /// On a connected segment, to an address that nobody modelled owns.
    DeliveredToSubnet,
    /// Handed to a next hop that nobody modelled owns.
    ExitsNetwork,
    /// Dropped between arrival and look-up.
    DeniedIn,
    /// Dropped between look-up and departure.
    DeniedOut,
    /// Not forwarded: no route, not routed at all, or a family that the device does not forward.
    NoRoute,
    /// Discarded by a route or policy.
    NullRoute,
    /// Every address of the segment is modelled, and none is the target.
    NeighborUnreachable,
    /// The same packet came back to the same interface.
    Loop,
    /// The input does not say: unread lines, any neighbour, a tunnel, or the walk's budget.
    InsufficientInfo,
}

impl Disposition {
    /// The word of the JSON output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::DeliveredToSubnet => "delivered_to_subnet",
            Self::ExitsNetwork => "exits_network",
            Self::DeniedIn => "denied_in",
            Self::DeniedOut => "denied_out",
            Self::NoRoute => "no_route",
            Self::NullRoute => "null_route",
            Self::NeighborUnreachable => "neighbor_unreachable",
            Self::Loop => "loop",
            Self::InsufficientInfo => "insufficient_info",
        }
    }

    /// Whether the packet was not stopped by anything that the input shows.
    #[must_use]
    pub fn is_passed(self) -> bool {
        !matches!(self, Self::DeniedIn | Self::DeniedOut | Self::NoRoute | Self::NullRoute | Self::Loop)
    }
}

/// One decision on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What decided: `filter`, `nat`, `route`, …
    pub stage: String,
    /// What it decided.
    pub decision: String,
    /// `FILE:LINE` of what decided.
    pub place: Option<String>,
    /// Whether it can be decided so in every world.
    pub sure: bool,
    /// Reason in words; empty when the decision says it all.
    pub why: String,
    /// Whether the packet opened a session here.
    pub opens: Tri,
}

/// The way through one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The device.
    pub device: usize,
    /// Interface of arrival; `None` for a packet that starts at a look-up.
    pub in_interface: Option<usize>,
    /// Interface of departure.
    pub out_interface: Option<usize>,
    /// Header on arrival.
    pub packet_in: Packet,
    /// Header on departure or at the end.
    pub packet_out: Packet,
    /// Decisions in order.
    pub steps: Vec<Step>,
}

/// A segment that the packet was on. Segments are numbered by [`crate::Segments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OnWire {
    /// Interface by which it was put there (for a host: the interface that names the segment).
    pub port: Port,
    /// Class under all joins.
    pub may: usize,
    /// Class under the sure joins, when it is surely there.
    pub sure: Option<usize>,
}

/// What an unread line, a tunnel end or a source route may let loose: headers of any kind, which the
/// walk does not enumerate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Havoc {
    /// Any header of either family on the wire of the segments of these interfaces, and into every
    /// interface there.
    pub leaves: Vec<Port>,
    /// Any header of either family arrives on these interfaces.
    pub enters: Vec<Port>,
    /// Any header of either family, in any VRF and context, meets the look-up of these devices.
    pub lookups: Vec<usize>,
    /// The header with any destination meets the look-up as if it had arrived on these interfaces.
    pub redirects: Vec<Port>,
    /// Where the cause stands.
    pub place: Option<String>,
}

/// Where a branch ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Last device; `None` when no device saw the packet.
    pub device: Option<usize>,
    /// Interface by which it left that device.
    pub out_interface: Option<usize>,
    /// Neighbour for whom it was meant; `None` when it did not leave or the neighbour is unknown.
    pub target: Option<IpAddr>,
    /// External of a tunnel: `undeclared:DEVICE:INTERFACE`.
    pub external: Option<String>,
    /// Header at the end.
    pub packet: Packet,
}

/// One way that the packet can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Devices in order.
    pub hops: Vec<Hop>,
    /// How it ends.
    pub disposition: Disposition,
    /// Whether it can be taken in every world.
    pub sure: bool,
    /// Why it ends so.
    pub why: String,
    /// Segments that it was on, in order.
    pub wires: Vec<OnWire>,
    /// What it lets loose; such a branch is never sure and is [`Disposition::InsufficientInfo`].
    pub havoc: Option<Havoc>,
    /// Where it ends.
    pub end: End,
}

impl Branch {
    /// Whether the packet may come out anywhere in the scope of an unread line.
    #[must_use]
    pub fn anywhere(&self) -> bool {
        self.havoc.is_some()
    }
}

/// All ways that a packet can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The ways, shortest first; never empty.
    ///
    /// A header that comes again, on another way, to an interface where it was met already is not
    /// followed a second time, unless only the new way is sure: its further ways are those of the first
    /// meeting. [`Walk::wires`] is complete all the same. Each loop is found; one whose parts were all
    /// met from elsewhere is a branch without hops.
    pub branches: Vec<Branch>,
    /// Every segment that the packet was on, sorted.
    pub wires: Vec<OnWire>,
    /// Whether the budget ran out; then a branch says that the packet may be anywhere.
    pub exhausted: bool,
}

impl Walk {
    /// Some branch is passed: accepted, delivered, out of the network, unreachable or unknown.
    #[must_use]
    pub fn possible(&self) -> bool {
        self.branches.iter().any(|b| b.disposition.is_passed())
    }

    /// Every branch is passed.
    #[must_use]
    pub fn certain(&self) -> bool {
        self.branches.iter().all(|b| b.disposition.is_passed())
    }

    /// The branch that speaks for the walk: the first sure one, else the first that is passed.
    #[must_use]
    pub fn main(&self) -> Option<&Branch> {
        let find = |f: &dyn Fn(&&Branch) -> bool| self.branches.iter().find(f);
        find(&|b| b.sure).or_else(|| find(&|b| b.disposition.is_passed())).or_else(|| find(&|_| true))
    }

    /// The disposition that all sure branches share; without a sure branch, that all share.
    #[must_use]
    pub fn disposition(&self) -> Option<Disposition> {
        let any_sure = self.branches.iter().any(|b| b.sure);
        let mut all = self.branches.iter().filter(|b| b.sure || !any_sure).map(|b| b.disposition);
        let first = all.next()?;
        all.all(|d| d == first).then_some(first)
    }
}
