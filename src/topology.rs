//! Who is on the wire with whom: layer-2 segments and the evidence for them.
//!
//! Two partitions are kept. A **segment** holds everything that may share a wire under some reading of
//! the input; its **parts** hold what surely does. Every attachment point (a layer-3 interface, a wire
//! with a tag, a VLAN of a device) lies in one part of one segment. The rules are those of
//! `docs/semantics.md` section 2; entry function: [`Topology::build`].

mod infer;
mod join;
mod segment;
mod vlans;

use std::collections::{BTreeMap, BTreeSet};

use sekisho_diag::Span;
use sekisho_model::{Device, InterfaceId, PairedTunnels};

pub use segment::{PartId, Place, Segment, SegmentId, is_full};

/// An interface of a device of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRef {
    /// Index of the device in the snapshot.
    pub device: usize,
    /// Interface.
    pub interface: InterfaceId,
}

/// A declared cable between two ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortLink {
    /// One end.
    pub a: PortRef,
    /// The other end.
    pub b: PortRef,
    /// Where it is declared.
    pub span: Option<Span>,
}

/// Where a pair of attachment points was joined, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Why the two may share a wire, in words.
    pub why: String,
    /// The lines behind it.
    pub spans: Vec<Span>,
}

/// Frames that can hop from one segment to another by double tagging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoubleTag {
    /// Segment of the native VLAN.
    pub from: SegmentId,
    /// Segment of a VLAN of the trunk.
    pub to: SegmentId,
    /// The trunk.
    pub trunk: PortRef,
}

/// A point where something attaches to layer 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Point {
    /// The layer-3 side of an interface.
    Layer3(PortRef),
    /// Frames with a tag (0: untagged) on the wire of a port.
    Wire(PortRef, u16),
    /// A VLAN inside a device.
    Bridge(usize, u16),
}

/// Layer 2 of the whole snapshot.
#[derive(Clone, Debug)]
pub struct Topology {
    segments: Vec<Segment>,
    parts: Vec<SegmentId>,
    points: BTreeMap<Point, Place>,
    double_tags: Vec<DoubleTag>,
    open_trunks: Vec<(PortRef, Vec<SegmentId>)>,
    linked: BTreeSet<PortRef>,
    inferred: bool,
    links: Vec<PortLink>,
    paired: PairedTunnels,
}

impl Topology {
    /// Computes the segments of the snapshot from its devices and the declared cables.
    ///
    /// `attached` are ports whose far side the policy names (a zone or an external): nothing else is
    /// inferred for their trunks.
    #[must_use]
    pub fn build(devices: &[Device], links: &[PortLink], attached: &BTreeSet<PortRef>) -> Self {
        join::build(devices, links, attached)
    }

    /// Tunnels whose far end is certain.
    #[must_use]
    pub fn paired(&self) -> &PairedTunnels {
        &self.paired
    }

    /// All segments, by id.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment of an id.
    #[must_use]
    pub fn segment(&self, id: SegmentId) -> Option<&Segment> {
        self.segments.get(id.0 as usize)
    }

    /// The segment of a part.
    #[must_use]
    pub fn segment_of(&self, part: PartId) -> Option<SegmentId> {
        self.parts.get(part.0 as usize).copied()
    }

    /// Number of parts.
    #[must_use]
    pub fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// Where the layer-3 side of an up interface lies; `None` when it is down or carries no layer 3.
    #[must_use]
    pub fn of_interface(&self, port: PortRef) -> Option<Place> {
        self.points.get(&Point::Layer3(port)).copied()
    }

    /// Where a VLAN of a device lies.
    #[must_use]
    pub fn of_vlan(&self, device: usize, vlan: u16) -> Option<Place> {
        self.points.get(&Point::Bridge(device, vlan)).copied()
    }

    /// Every place that the wire of a port reaches, one per tag that it carries.
    pub fn of_port(&self, port: PortRef) -> impl Iterator<Item = (u16, Place)> + '_ {
        self.points.range(Point::Wire(port, 0)..=Point::Wire(port, u16::MAX)).filter_map(|(point, place)| {
            match point {
                Point::Wire(_, tag) => Some((*tag, *place)),
                _ => None,
            }
        })
    }

    /// VLANs of a device that have a place.
    pub fn vlans_of(&self, device: usize) -> impl Iterator<Item = (u16, Place)> + '_ {
        self.points.range(Point::Bridge(device, 0)..=Point::Bridge(device, u16::MAX)).filter_map(
            |(point, place)| match point {
                Point::Bridge(_, vlan) => Some((*vlan, *place)),
                _ => None,
            },
        )
    }

    /// One-way hops by double tagging.
    #[must_use]
    pub fn double_tags(&self) -> &[DoubleTag] {
        &self.double_tags
    }

    /// Ports whose far side nobody names and that carry several VLANs: whoever sits there belongs to all of
    /// them, so that a sender in one may be a sender in each other.
    #[must_use]
    pub fn open_trunks(&self) -> &[(PortRef, Vec<SegmentId>)] {
        &self.open_trunks
    }

    /// Whether the port, or the physical port under it, has a declared cable.
    #[must_use]
    pub fn is_linked(&self, port: PortRef) -> bool {
        self.linked.contains(&port)
    }

    /// Whether some join rests on inference and not on a declaration.
    #[must_use]
    pub fn has_inferred_joins(&self) -> bool {
        self.inferred
    }

    /// The declared cables that joined up ports.
    #[must_use]
    pub fn links(&self) -> &[PortLink] {
        &self.links
    }
}

/// Whether an interface and everything under it is up.
#[must_use]
pub fn is_up(device: &Device, id: InterfaceId) -> bool {
    let Some(interface) = device.interface(id) else { return false };
    interface.is_up()
        && interface.parent.is_none_or(|p| p != id && device.interface(p).is_some_and(|i| i.is_up()))
}

#[cfg(test)]
mod tests;
