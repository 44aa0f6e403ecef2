//! Which VLAN numbers must be told apart.

use std::collections::BTreeSet;

use sekisho_model::{Device, Encapsulation};

/// One number of every class of VLANs that the snapshot treats alike: every number that is named
/// somewhere, and the first of every run between two ends of ranges.
#[must_use]
pub fn representatives(devices: &[Device]) -> Vec<u16> {
    let mut out: BTreeSet<u16> = BTreeSet::from([1]);
    for device in devices {
        out.extend(device.vlans.iter().copied());
        for interface in &device.interfaces {
            out.extend(interface.svi_vlan);
            if let Encapsulation::Vlan(tag) = interface.encapsulation {
                out.insert(tag);
            }
            let Some(port) = &interface.l2 else { continue };
            out.insert(port.access_vlan);
            out.insert(port.native_vlan);
            out.extend(port.voice_vlan);
            for &(lo, hi) in port.allowed.ranges() {
                out.insert(lo);
                out.insert(hi.saturating_add(1));
            }
        }
    }
    out.into_iter().filter(|v| (1..=4094).contains(v)).collect()
}
