//! Any-routing: what a device may do with a packet if nothing is taken for granted about its routes.
//!
//! Routes come and go: lines change, protocols learn, links fail. Under any-routing a look-up delivers own
//! addresses and may send every other destination anywhere within its VRF and the VRFs that the configuration joins
//! with it. What this still cannot cross, no route will.

use sekisho_model::{Device, InterfaceId, NextHop, VrfId};

/// What is taken for granted about routes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Routing {
    /// The routes of the configs and of the exported tables.
    #[default]
    Given,
    /// Nothing: whatever they are.
    Any,
}

impl Routing {
    /// `given` or `any`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Any => "any",
        }
    }
}

/// A VRF and every VRF into which the configuration lets its packets go: VRFs that leak into it, VRFs that
/// one of its routes names, and VRFs of interfaces by which one of its routes leaves.
#[must_use]
pub fn joined_vrfs(device: &Device, vrf: VrfId) -> Vec<VrfId> {
    let mut out = vec![vrf];
    let mut at = 0;
    while let Some(&next) = out.get(at) {
        let Some(table) = device.vrf(next) else { break };
        let leaks = table.leaks.iter().map(|leak| leak.from);
        let configured = table.routes.iter().map(|route| route.next_hop);
        let exported = table.tables.iter().flat_map(|(_, t)| &t.routes).map(|row| row.next_hop);
        let named = configured.chain(exported).flat_map(|next_hop| led_into(device, next_hop));
        for other in leaks.chain(named) {
            if !out.contains(&other) {
                out.push(other);
            }
        }
        at += 1;
    }
    out
}

/// The VRFs that a next hop states, by name or by interface.
fn led_into(device: &Device, next_hop: NextHop) -> impl Iterator<Item = VrfId> {
    let of = |id: InterfaceId| device.interface(id).and_then(|i| i.l3.as_ref()).map(|l3| l3.vrf);
    let (named, interface) = match next_hop {
        NextHop::Via { interface, vrf, .. } => (vrf, interface.and_then(of)),
        NextHop::Interface(interface) => (None, of(interface)),
        NextHop::Discard | NextHop::Receive | NextHop::Unknown => (None, None),
    };
    named.into_iter().chain(interface)
}
