//! Places that no packet can tell apart, so that one node of the graph stands for all of them.
//!
//! Two parts of a segment are alike when no layer-3 interface is on either, no neighbour that the policy
//! names is on either, and both belong to the same domains: their edges lead to and come from the same
//! nodes. Two segments are alike when no layer-3 interface is on either, nobody but `unassigned` has a
//! location there, and everything else that makes edges agrees: the ports that carry them, the hops by
//! double tagging, the unread lines. Trunks that carry all VLANs make such segments by the thousand.
//!
//! INVARIANT: the nodes of alike places have the same edges up to alikeness, so that a search puts the same
//! packets on each of them; joining them changes no verdict.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::Device;

use super::Node;
use super::location::{DomainKind, Domains};
use crate::topology::{PartId, PortRef, Segment, SegmentId, Topology};

/// For each segment and each part the one that stands for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Classes {
    segments: Vec<SegmentId>,
    parts: Vec<PartId>,
    /// Segments and parts that stand for others, or for which another stands.
    joined_segments: Vec<bool>,
    joined_parts: Vec<bool>,
}

/// To whom a part belongs: domains, and whether only their other neighbours count.
type Owners = Vec<(usize, bool)>;

/// Everything about a segment without layer 3 from which edges are made.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Whether it has several parts.
    many: bool,
    owners: Vec<Owners>,
    /// Open trunks that carry it, by their place in the list.
    plugs: Vec<usize>,
    hops_in: Vec<(SegmentId, PortRef)>,
    hops_out: Vec<(SegmentId, PortRef)>,
    /// Devices and ports with unread lines.
    poisoned: Vec<usize>,
    poisoned_ports: Vec<PortRef>,
    closed: bool,
}

impl Classes {
    /// Finds the places that are alike.
    pub(super) fn of(devices: &[Device], topology: &Topology, domains: &Domains) -> Self {
        let segments: Vec<SegmentId> =
            (0..topology.segments().len()).map(|n| SegmentId(u32::try_from(n).unwrap_or(u32::MAX))).collect();
        let parts: Vec<PartId> =
            (0..topology.part_count()).map(|n| PartId(u32::try_from(n).unwrap_or(u32::MAX))).collect();
        let mut classes = Self {
            joined_segments: vec![false; segments.len()],
            joined_parts: vec![false; parts.len()],
            segments,
            parts,
        };
        let claims = Claims::of(topology, domains);
        let wiring = Wiring::of(devices, topology);
        let mut alike: BTreeMap<Key, (SegmentId, BTreeMap<Owners, PartId>)> = BTreeMap::new();
        for (index, segment) in topology.segments().iter().enumerate() {
            let id = SegmentId(u32::try_from(index).unwrap_or(u32::MAX));
            let all = all_parts(segment);
            let many = all.len() > 1;
            let faces: BTreeSet<PartId> = segment.interfaces.iter().map(|(_, part)| *part).collect();
            let mut by_owner: BTreeMap<Owners, PartId> = BTreeMap::new();
            for part in all.into_iter().filter(|p| !faces.contains(p) && !claims.named.contains(p)) {
                let owners = claims.owners.get(&part).cloned().unwrap_or_default();
                let first = *by_owner.entry(owners).or_insert(part);
                classes.join_parts(part, first);
            }
            let nobody_else = by_owner.keys().flatten().all(|(domain, _)| claims.unassigned == Some(*domain));
            if !segment.interfaces.is_empty() || !nobody_else || claims.named_segments.contains(&id) {
                continue;
            }
            let key = wiring.key(id, segment, many, by_owner.keys().cloned().collect());
            match alike.get(&key) {
                None => {
                    alike.insert(key, (id, by_owner));
                }
                Some((first, parts)) => {
                    classes.join_segments(id, *first);
                    for (owners, part) in &by_owner {
                        if let Some(&stands) = parts.get(owners) {
                            classes.join_parts(*part, stands);
                        }
                    }
                }
            }
        }
        classes.flatten();
        classes
    }

    fn join_parts(&mut self, part: PartId, stands: PartId) {
        if part == stands {
            return;
        }
        if let Some(slot) = self.parts.get_mut(part.0 as usize) {
            *slot = stands;
        }
        for id in [part, stands] {
            if let Some(slot) = self.joined_parts.get_mut(id.0 as usize) {
                *slot = true;
            }
        }
    }

    fn join_segments(&mut self, segment: SegmentId, stands: SegmentId) {
        if let Some(slot) = self.segments.get_mut(segment.0 as usize) {
            *slot = stands;
        }
        for id in [segment, stands] {
            if let Some(slot) = self.joined_segments.get_mut(id.0 as usize) {
                *slot = true;
            }
        }
    }

    /// A part may stand for others of its segment and then get one of another segment to stand for it.
    fn flatten(&mut self) {
        for index in 0..self.parts.len() {
            let Some(mut stands) = self.parts.get(index).copied() else { continue };
            while let Some(&next) = self.parts.get(stands.0 as usize).filter(|next| **next != stands) {
                stands = next;
            }
            if let Some(slot) = self.parts.get_mut(index) {
                *slot = stands;
            }
        }
    }

    /// The segment that stands for a segment.
    pub(super) fn segment(&self, id: SegmentId) -> SegmentId {
        self.segments.get(id.0 as usize).copied().unwrap_or(id)
    }

    /// The part that stands for a part.
    pub(super) fn part(&self, id: PartId) -> PartId {
        self.parts.get(id.0 as usize).copied().unwrap_or(id)
    }

    /// The node that stands for a node.
    pub(super) fn node(&self, node: Node) -> Node {
        match node {
            Node::Inject(part) => Node::Inject(self.part(part)),
            Node::Shared(part) => Node::Shared(self.part(part)),
            Node::Handed(part) => Node::Handed(self.part(part)),
            Node::Flood(segment) => Node::Flood(self.segment(segment)),
            Node::Proxy(segment) => Node::Proxy(self.segment(segment)),
            Node::Wire(segment) => Node::Wire(self.segment(segment)),
            Node::Sender(segment) => Node::Sender(self.segment(segment)),
            Node::Neighbour(segment, addr) => Node::Neighbour(self.segment(segment), addr),
            other => other,
        }
    }

    /// Whether a node stands for several places, so that the same edge may be made more than once.
    pub(super) fn is_joined(&self, node: Node) -> bool {
        let part = |id: PartId| self.joined_parts.get(id.0 as usize).copied().unwrap_or(false);
        let segment = |id: SegmentId| self.joined_segments.get(id.0 as usize).copied().unwrap_or(false);
        match node {
            Node::Inject(id) | Node::Shared(id) | Node::Handed(id) => part(id),
            Node::Flood(id) | Node::Proxy(id) | Node::Wire(id) | Node::Sender(id) => segment(id),
            Node::Neighbour(id, _) => segment(id),
            _ => false,
        }
    }
}

/// Parts of a segment.
pub(super) fn all_parts(segment: &Segment) -> BTreeSet<PartId> {
    let layer3 = segment.interfaces.iter().map(|(_, p)| *p);
    let wires = segment.wires.iter().map(|(_, _, p)| *p);
    layer3.chain(wires).chain(segment.bridges.iter().map(|(_, _, p)| *p)).collect()
}

/// What the domains say about places.
struct Claims {
    owners: BTreeMap<PartId, Owners>,
    /// Places where the policy names a neighbour.
    named: BTreeSet<PartId>,
    named_segments: BTreeSet<SegmentId>,
    unassigned: Option<usize>,
}

impl Claims {
    fn of(topology: &Topology, domains: &Domains) -> Self {
        let mut claims = Self {
            owners: BTreeMap::new(),
            named: BTreeSet::new(),
            named_segments: BTreeSet::new(),
            unassigned: domains.list.iter().position(|d| d.kind == DomainKind::Unassigned),
        };
        for (index, domain) in domains.list.iter().enumerate() {
            for location in &domain.locations {
                let part = location.place.part;
                if location.next_hop.is_some() {
                    claims.named.insert(part);
                    claims.named_segments.extend(topology.segment_of(part));
                } else {
                    claims.owners.entry(part).or_default().push((index, location.others_only));
                }
            }
        }
        for owners in claims.owners.values_mut() {
            owners.sort_unstable();
            owners.dedup();
        }
        claims
    }
}

/// What layer 2 and unread lines say about segments.
struct Wiring {
    plugs: BTreeMap<SegmentId, Vec<usize>>,
    hops_in: BTreeMap<SegmentId, Vec<(SegmentId, PortRef)>>,
    hops_out: BTreeMap<SegmentId, Vec<(SegmentId, PortRef)>>,
    poisoned: BTreeSet<usize>,
    poisoned_ports: BTreeSet<PortRef>,
}

impl Wiring {
    fn of(devices: &[Device], topology: &Topology) -> Self {
        let mut wiring = Self {
            plugs: BTreeMap::new(),
            hops_in: BTreeMap::new(),
            hops_out: BTreeMap::new(),
            poisoned: BTreeSet::new(),
            poisoned_ports: BTreeSet::new(),
        };
        for (index, (_, segments)) in topology.open_trunks().iter().enumerate() {
            for segment in segments {
                wiring.plugs.entry(*segment).or_default().push(index);
            }
        }
        for hop in topology.double_tags() {
            wiring.hops_in.entry(hop.to).or_default().push((hop.from, hop.trunk));
            wiring.hops_out.entry(hop.from).or_default().push((hop.to, hop.trunk));
        }
        for hops in wiring.hops_in.values_mut().chain(wiring.hops_out.values_mut()) {
            hops.sort_unstable();
        }
        for (index, device) in devices.iter().enumerate() {
            if !device.poisons.is_empty() {
                wiring.poisoned.insert(index);
            }
            for (id, _) in device.interface_ids().filter(|(id, _)| device.interface_poison(*id).is_some()) {
                wiring.poisoned_ports.insert(PortRef { device: index, interface: id });
            }
        }
        wiring
    }

    fn key(&self, id: SegmentId, segment: &Segment, many: bool, owners: Vec<Owners>) -> Key {
        let wires = segment.wires.iter().map(|(port, _, _)| *port);
        let poisoned_ports: BTreeSet<PortRef> = wires.filter(|p| self.poisoned_ports.contains(p)).collect();
        Key {
            many,
            owners,
            plugs: self.plugs.get(&id).cloned().unwrap_or_default(),
            hops_in: self.hops_in.get(&id).cloned().unwrap_or_default(),
            hops_out: self.hops_out.get(&id).cloned().unwrap_or_default(),
            poisoned: segment.devices.intersection(&self.poisoned).copied().collect(),
            poisoned_ports: poisoned_ports.into_iter().collect(),
            closed: segment.closed_by_cables,
        }
    }
}
