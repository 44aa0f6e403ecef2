//! Authenticated tunnels between two devices of the snapshot.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::{Device, End, Interface, InterfaceId};

/// Tunnel interfaces whose far end is certain: the device takes nothing by them but what the other end has
/// encrypted, and what it sends by them nobody else can read.
///
/// INVARIANT: the relation is symmetric; both ends are up, authenticated, free of unread lines, and each
/// states the address of the other, which the other's device has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairedTunnels {
    far: BTreeMap<End, Vec<End>>,
}

impl PairedTunnels {
    /// Finds the pairs. Several tunnels between the same two addresses are all paired with one another.
    #[must_use]
    pub fn of(devices: &[Device]) -> Self {
        let mut by_ends: BTreeMap<(IpAddr, IpAddr), Vec<End>> = BTreeMap::new();
        for (at, device) in devices.iter().enumerate() {
            for (id, interface) in device.interface_ids() {
                if let Some(ends) = certain_ends(device, id, interface) {
                    by_ends.entry(ends).or_default().push((at, id));
                }
            }
        }
        let mut far: BTreeMap<End, Vec<End>> = BTreeMap::new();
        for (&(near, away), here) in &by_ends {
            let there = by_ends.get(&(away, near)).into_iter().flatten();
            for &end in here {
                let others: Vec<End> = there.clone().copied().filter(|o| o.0 != end.0).collect();
                if !others.is_empty() {
                    far.insert(end, others);
                }
            }
        }
        Self { far }
    }

    /// The interfaces at the far end, if they are certain.
    #[must_use]
    pub fn far_ends(&self, end: End) -> Option<&[End]> {
        self.far.get(&end).map(Vec::as_slice)
    }

    /// Whether there is any pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.far.is_empty()
    }
}

/// Addresses of both ends of an authenticated tunnel that is up and fully read.
fn certain_ends(device: &Device, id: InterfaceId, interface: &Interface) -> Option<(IpAddr, IpAddr)> {
    let tunnel = interface.tunnel.as_ref().filter(|_| interface.is_up() && interface.l3.is_some())?;
    tunnel.authenticated?;
    let read = device.device_poison().is_none()
        && device.anywhere_poison().is_none()
        && device.interface_poison(id).is_none();
    let (near, away) = (tunnel.source?, tunnel.destination?);
    let owns = |i: &Interface| i.l3.as_ref().is_some_and(|l3| l3.addresses.iter().any(|a| a.addr == near));
    let mut owners = device.interface_ids().filter(|(_, i)| owns(i));
    (read && owners.any(|(id, _)| device.interface_poison(id).is_none())).then_some((near, away))
}
