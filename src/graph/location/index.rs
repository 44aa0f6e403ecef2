//! What placing looks up again and again: devices by name, interfaces by connected prefix.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use sekisho_model::{AddressRole, Device, InterfaceId, InterfaceKind};
use sekisho_net::{Family, Prefix, addr_bits};

use crate::topology::{PortRef, is_up};

/// Devices by name, and up interfaces with an own address by its connected prefix.
pub(super) struct Index<'a> {
    devices: &'a [Device],
    names: HashMap<&'a str, usize>,
    connected: Vec<(PortRef, Prefix)>,
    /// Positions in `connected`, by family, first address and length.
    by_prefix: BTreeMap<(Family, u128, u32), Vec<usize>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(devices: &'a [Device]) -> Self {
        let mut names = HashMap::with_capacity(devices.len());
        for (index, device) in devices.iter().enumerate() {
            names.entry(device.name.as_str()).or_insert(index);
        }
        let connected = connected(devices);
        let mut by_prefix: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, (_, prefix)) in connected.iter().enumerate() {
            by_prefix.entry((prefix.family(), prefix.first(), prefix.len())).or_default().push(at);
        }
        Self { devices, names, connected, by_prefix }
    }

    /// The device of a name, else the only one of that name in other letter case.
    pub(super) fn device(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied().or_else(|| {
            let mut hits = self.devices.iter().enumerate().filter(|(_, d)| d.name.eq_ignore_ascii_case(name));
            hits.next().filter(|_| hits.next().is_none()).map(|(i, _)| i)
        })
    }

    /// Interfaces whose connected prefix shares an address with this one, in the order of devices and
    /// interfaces.
    pub(super) fn overlapping(&self, prefix: Prefix) -> impl Iterator<Item = (PortRef, Prefix)> + '_ {
        let (family, first) = (prefix.family(), prefix.first());
        let inside = (family, first, prefix.len())..=(family, prefix.last(), u32::MAX);
        let mut hits: Vec<usize> = self
            .by_prefix
            .range(inside)
            .filter(|((_, _, len), _)| *len >= prefix.len())
            .flat_map(|(_, at)| at.iter().copied())
            .collect();
        for len in 0..prefix.len() {
            let wider = (family, cut(family, first, len), len);
            hits.extend(self.by_prefix.get(&wider).into_iter().flatten());
        }
        hits.sort_unstable();
        hits.into_iter().filter_map(|at| self.connected.get(at).copied())
    }

    /// Interfaces whose connected prefix holds an address.
    pub(super) fn around(&self, addr: IpAddr) -> impl Iterator<Item = (PortRef, Prefix)> + '_ {
        let (family, bits) = (Family::of(addr), addr_bits(addr));
        let mut hits: Vec<usize> = (0..=family.bits())
            .filter_map(|len| self.by_prefix.get(&(family, cut(family, bits, len), len)))
            .flatten()
            .copied()
            .collect();
        hits.sort_unstable();
        hits.into_iter().filter_map(|at| self.connected.get(at).copied())
    }
}

/// The first address of the prefix of a length around an address.
fn cut(family: Family, addr: u128, len: u32) -> u128 {
    let host = family.bits() - len;
    if host >= 128 { 0 } else { addr >> host << host }
}

/// Up interfaces with an own address and its connected prefix.
fn connected(devices: &[Device]) -> Vec<(PortRef, Prefix)> {
    let mut out = Vec::new();
    for (index, device) in devices.iter().enumerate() {
        for (id, interface) in device.interface_ids().filter(|(id, _)| is_up(device, *id)) {
            if matches!(interface.kind, InterfaceKind::Loopback | InterfaceKind::Null) {
                continue;
            }
            let port = PortRef { device: index, interface: InterfaceId(id.0) };
            let l3 = interface.l3.iter();
            out.extend(
                l3.flat_map(|l3| &l3.addresses)
                    .filter(|a| a.role == AddressRole::Own)
                    .map(|a| (port, a.prefix)),
            );
        }
    }
    out
}
