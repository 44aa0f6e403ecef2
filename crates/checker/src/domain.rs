//! Who is where: zones, externals, and everything that nobody declared, as locations on segments.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_plain::Family;

/// One location of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The segment.
    pub segment: usize,
    /// The neighbour with this address alone; otherwise anybody on the segment.
    pub next_hop: Option<IpAddr>,
    /// Only neighbours that no next hop of the policy names.
    pub others_only: bool,
}

/// A row and a column of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Id of a zone, `ext:ID`, `unassigned`, or `undeclared:DEVICE:INTERFACE`.
    pub id: String,
    /// Where it is.
    pub locations: BTreeSet<Location>,
    /// Addresses of its subnets that no modelled interface carries.
    pub unlocated: BTreeMap<Family, Vec<(u128, u128)>>,
    /// Whether devices that may obey source routes must be allowed to, from and to it.
    pub sensitive: bool,
}

/// Every domain, in the order of the matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// Zones, externals, `unassigned` if it is anywhere, `undeclared:*` by name.
    pub list: Vec<Domain>,
}
