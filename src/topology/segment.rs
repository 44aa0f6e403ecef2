//! Segments and their parts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_model::{AddressRole, Device};
use sekisho_net::{Family, Prefix, addr_bits};

use super::{Join, PortRef};

/// A class of attachment points that may share a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId(pub u32);

/// A class of attachment points that surely share a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartId(pub u32);

/// Where an attachment point lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Segment.
    pub segment: SegmentId,
    /// Part of that segment.
    pub part: PartId,
}

/// Everything that may share one wire.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// Up layer-3 interfaces, sorted, with their parts.
    pub interfaces: Vec<(PortRef, PartId)>,
    /// Switched or routed wires of up ports, sorted: (port, tag, part).
    pub wires: Vec<(PortRef, u16, PartId)>,
    /// VLANs of devices: (device, VLAN, part).
    pub bridges: Vec<(usize, u16, PartId)>,
    /// Up switched ports without a declared cable: somebody may plug in.
    pub open_ports: Vec<PortRef>,
    /// Devices with any attachment point here.
    pub devices: BTreeSet<usize>,
    /// Joins of this segment that are not sure.
    pub doubtful_joins: Vec<Join>,
    /// Declared cables alone join it, and every wire of it is one of their ends.
    pub closed_by_cables: bool,
}

impl Segment {
    /// Owners of an address among the up interfaces of the segment.
    pub fn owners<'a>(
        &'a self,
        devices: &'a [Device],
        addr: IpAddr,
    ) -> impl Iterator<Item = (PortRef, PartId, AddressRole)> + 'a {
        self.interfaces.iter().filter_map(move |&(port, part)| {
            let l3 = devices.get(port.device)?.interface(port.interface)?.l3.as_ref()?;
            l3.addresses.iter().find(|a| a.addr == addr).map(|a| (port, part, a.role))
        })
    }

    /// Every address owned on the segment, with its owners.
    #[must_use]
    pub fn addresses(
        &self,
        devices: &[Device],
        family: Family,
    ) -> BTreeMap<u128, Vec<(PortRef, PartId, AddressRole)>> {
        let mut out: BTreeMap<u128, Vec<_>> = BTreeMap::new();
        for &(port, part) in &self.interfaces {
            let l3 = devices
                .get(port.device)
                .and_then(|d| d.interface(port.interface))
                .and_then(|i| i.l3.as_ref());
            for address in l3.iter().flat_map(|l3| &l3.addresses) {
                if Family::of(address.addr) == family {
                    out.entry(addr_bits(address.addr)).or_default().push((port, part, address.role));
                }
            }
        }
        out
    }

    /// Connected prefixes of the own addresses on the segment (host prefixes left out).
    #[must_use]
    pub fn prefixes(&self, devices: &[Device]) -> BTreeSet<Prefix> {
        let mut out = BTreeSet::new();
        for &(port, _) in &self.interfaces {
            let l3 = devices
                .get(port.device)
                .and_then(|d| d.interface(port.interface))
                .and_then(|i| i.l3.as_ref());
            for address in l3.iter().flat_map(|l3| &l3.addresses) {
                if address.role == AddressRole::Own && address.prefix.len() < address.prefix.family().bits() {
                    out.insert(address.prefix);
                }
            }
        }
        out
    }

    /// Nobody but modelled interfaces can be here: no open port, no unknown address, and either cables
    /// close it or every usable address of every prefix is owned.
    #[must_use]
    pub fn is_transit(&self, devices: &[Device]) -> bool {
        if !self.open_ports.is_empty() || self.interfaces.len() < 2 {
            return false;
        }
        if self.closed_by_cables {
            return true;
        }
        let unknown = self.interfaces.iter().any(|(port, _)| {
            devices
                .get(port.device)
                .and_then(|d| d.interface(port.interface))
                .and_then(|i| i.l3.as_ref())
                .is_none_or(|l3| l3.unknown_v4.is_some() || l3.unknown_v6.is_some())
        });
        let prefixes = self.prefixes(devices);
        !unknown && !prefixes.is_empty() && prefixes.iter().all(|p| is_full(self, devices, *p))
    }
}

/// Whether every usable address of a prefix is an address of an interface of the segment.
#[must_use]
pub fn is_full(segment: &Segment, devices: &[Device], prefix: Prefix) -> bool {
    let host_bits = prefix.family().bits() - prefix.len();
    if host_bits > 8 {
        return false;
    }
    let (mut first, mut last) = (prefix.first(), prefix.last());
    if prefix.family() == Family::V4 && host_bits >= 2 {
        first += 1;
        last -= 1;
    }
    let owned = segment.addresses(devices, prefix.family());
    (first..=last).all(|a| owned.contains_key(&a))
}
