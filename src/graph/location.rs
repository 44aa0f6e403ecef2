//! Who is where: zones, externals and everything that no one has declared, as locations on segments.
//!
//! A [`Domain`] is a row and a column of the verdict matrix. Each segment that somebody can sit on
//! belongs to the domains that attach to it, else to `unassigned`, or to `undeclared:DEVICE:INTERFACE`
//! when it is the unmodelled far side of one routed interface. Rules: design section 3.

mod attach;
mod index;
mod undeclared;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_diag::{Diagnostic, Span};
use sekisho_model::Device;
use sekisho_net::Family;

use crate::policy::{Policy, ZoneRef};
use crate::routing::Fib;
use crate::topology::{PartId, Place, PortRef, SegmentId, Topology};

/// Index into [`Domains::list`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainId(pub usize);

/// What a row of the matrix stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainKind {
    /// A zone of the policy, by index.
    Zone(usize),
    /// An external of the policy, by index.
    External(usize),
    /// Locations that belong to nobody.
    Unassigned,
    /// The unmodelled far side of an interface.
    Undeclared(PortRef),
}

/// One location of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Where.
    pub place: Place,
    /// `None`: anybody on the segment. Otherwise the neighbour with this address alone.
    pub next_hop: Option<IpAddr>,
    /// The interface or port through which it was found, if any.
    pub port: Option<PortRef>,
    /// Why the segment belongs to the domain, in words.
    pub why: String,
    /// The line of the policy or config that says so.
    pub span: Option<Span>,
    /// Of the segment only neighbours that no next hop of the policy names.
    pub others_only: bool,
}

/// A zone, an external, or what nobody declared.
#[derive(Clone, Debug)]
pub struct Domain {
    /// As shown: `ID`, `ext:ID`, `unassigned`, `undeclared:DEVICE:INTERFACE`.
    pub id: String,
    /// What it is.
    pub kind: DomainKind,
    /// Its locations, sorted by place.
    pub locations: Vec<Location>,
    /// Addresses of its subnets that no modelled location carries, sorted ranges per family.
    pub unlocated: BTreeMap<Family, Vec<(u128, u128)>>,
    /// Declarations that could not be applied (a name that no config has): its pairs are not decided.
    pub broken: Vec<Diagnostic>,
}

impl Domain {
    /// Segments on which anybody belongs to the domain.
    pub fn segments(&self) -> BTreeSet<SegmentId> {
        self.locations.iter().filter(|l| l.next_hop.is_none()).map(|l| l.place.segment).collect()
    }

    /// Whether a neighbour with an address of the family on the segment belongs to it.
    #[must_use]
    pub fn has_neighbour(&self, segment: SegmentId, family: Family) -> bool {
        let on = self.locations.iter().filter(|l| l.place.segment == segment);
        on.filter_map(|l| l.next_hop).any(|addr| Family::of(addr) == family)
    }

    /// Whether it was declared in the policy.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        matches!(self.kind, DomainKind::Zone(_) | DomainKind::External(_))
    }
}

/// Everything that has a row in the matrix.
#[derive(Clone, Debug, Default)]
pub struct Domains {
    /// Zones in policy order, externals in policy order, `unassigned`, then `undeclared:*` by name.
    pub list: Vec<Domain>,
    /// Addresses that the policy gives to neighbours whose config is not at hand.
    pub known: BTreeSet<IpAddr>,
    /// Neighbours behind which some domain lies.
    behind: BTreeSet<(SegmentId, IpAddr)>,
    /// Messages about the attachments: findings and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// Mistakes that stop the run: two attachments that disagree.
    pub errors: Vec<Diagnostic>,
}

/// What the locations are computed from.
pub struct Context<'a> {
    /// Devices of the snapshot.
    pub devices: &'a [Device],
    /// Layer 2.
    pub topology: &'a Topology,
    /// Tables by (device, VRF index, family).
    pub fibs: &'a BTreeMap<(usize, u32, Family), Fib>,
    /// The policy.
    pub policy: &'a Policy,
}

impl Domains {
    /// Places every zone and external, and gives the rest to `unassigned` and `undeclared:*`.
    #[must_use]
    pub fn build(context: &Context<'_>) -> Self {
        let mut domains = Self::default();
        attach::declared(context, &mut domains);
        let locations = domains.list.iter().flat_map(|d| &d.locations);
        domains.behind = locations.filter_map(|l| Some((l.place.segment, l.next_hop?))).collect();
        undeclared::rest(context, &mut domains);
        for domain in &mut domains.list {
            domain.locations.sort_by_key(|l| (l.place, l.next_hop, l.port));
            domain.locations.dedup_by_key(|l| (l.place, l.next_hop));
        }
        domains
    }

    /// The domain of an id.
    #[must_use]
    pub fn get(&self, id: DomainId) -> Option<&Domain> {
        self.list.get(id.0)
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = DomainId> + use<> {
        (0..self.list.len()).map(DomainId)
    }

    /// The domain that a reference of the policy stands for; `internet` has none of its own.
    #[must_use]
    pub fn of_reference(&self, reference: ZoneRef) -> Option<DomainId> {
        // Zones come first, then externals, each in the order of the policy.
        let first_external = self.list.partition_point(|d| matches!(d.kind, DomainKind::Zone(_)));
        let at = match reference {
            ZoneRef::Zone(index) => index,
            ZoneRef::External(index) => first_external + index,
            ZoneRef::Internet => return None,
        };
        let kind = self.list.get(at)?.kind;
        let same = match reference {
            ZoneRef::Zone(index) => kind == DomainKind::Zone(index),
            ZoneRef::External(index) => kind == DomainKind::External(index),
            ZoneRef::Internet => false,
        };
        same.then_some(DomainId(at))
    }

    /// Per segment the neighbours behind which some domain lies, with the part where each is.
    #[must_use]
    pub fn next_hops(&self) -> BTreeMap<SegmentId, BTreeSet<(IpAddr, PartId)>> {
        let mut out: BTreeMap<SegmentId, BTreeSet<(IpAddr, PartId)>> = BTreeMap::new();
        for location in self.list.iter().flat_map(|d| &d.locations) {
            if let Some(addr) = location.next_hop {
                out.entry(location.place.segment).or_default().insert((addr, location.place.part));
            }
        }
        out
    }

    /// Whether some domain lies behind this neighbour on this segment.
    #[must_use]
    pub fn is_next_hop(&self, segment: SegmentId, addr: IpAddr) -> bool {
        self.behind.contains(&(segment, addr))
    }

    /// Domains with a location on a segment (next hops left out).
    pub fn on_segment(&self, segment: SegmentId) -> impl Iterator<Item = &Domain> {
        self.list
            .iter()
            .filter(move |d| d.locations.iter().any(|l| l.next_hop.is_none() && l.place.segment == segment))
    }
}
