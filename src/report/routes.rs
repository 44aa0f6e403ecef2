//! What `routes` says.

use std::collections::BTreeMap;

use sekisho_model::{Device, InterfaceKind};
use sekisho_net::Family;
use serde::Serialize;

use crate::routing::Fib;

/// One route of the table used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RouteView {
    /// Device.
    pub device: String,
    /// VRF; `default` for the global table.
    pub vrf: String,
    /// Destination.
    pub prefix: String,
    /// `connected`, `local`, `static`, or the word of the exported table.
    pub protocol: String,
    /// Next-hop address.
    pub next_hop_ip: Option<String>,
    /// Next-hop interface; the null interface for a route that drops.
    pub next_hop_interface: Option<String>,
}

/// Which routes are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Of this device only.
    pub device: Option<&'a str>,
    /// Of this VRF only.
    pub vrf: Option<&'a str>,
}

/// Routes in the order of devices, VRFs, families and prefixes.
#[must_use]
pub fn views(
    devices: &[Device],
    fibs: &BTreeMap<(usize, u32, Family), Fib>,
    filter: Filter<'_>,
) -> Vec<RouteView> {
    let mut out = Vec::new();
    for (&(index, vrf, _), fib) in fibs {
        let Some(device) = devices.get(index) else { continue };
        let Some(vrf) = device.vrfs.get(vrf as usize) else { continue };
        let wanted = filter.device.is_none_or(|d| device.name.eq_ignore_ascii_case(d))
            && filter.vrf.is_none_or(|v| vrf.name == v);
        if !wanted {
            continue;
        }
        let null = || {
            let found = device.interfaces.iter().find(|i| i.kind == InterfaceKind::Null);
            found.map_or("Null0".to_owned(), |i| i.name.clone())
        };
        out.extend(fib.routes.iter().map(|route| {
            let interface = route.interface.and_then(|i| device.interface(i)).map(|i| i.name.clone());
            RouteView {
                device: device.name.clone(),
                vrf: vrf.name.clone(),
                prefix: route.prefix.to_string(),
                protocol: route.protocol.clone(),
                next_hop_ip: route.next_hop.map(|a| a.to_string()),
                next_hop_interface: interface.or_else(|| route.discard.then(null)),
            }
        }));
    }
    out
}
