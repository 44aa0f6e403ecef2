//! Static routes, and the lines because of which there may be others.

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{Device, InterfaceId, NextHop, Route, VrfId};
use sekisho_net::{Family, Prefix};

use super::vrf::vrf_id;
use crate::common::Marks;
use crate::ios::ast::Config;
use crate::ios::ast::route::{NextHopVrf, StaticRoute};
use crate::ios::codes;

/// Fills the VRFs. `stripped` is the line that shows that routing was taken out of the file.
pub(super) fn lower_routes(config: &Config, stripped: Option<Span>, device: &mut Device, marks: &mut Marks) {
    for route in &config.routes {
        let next_hop = next_hop(route, device, marks);
        let lowered = Route {
            prefix: route.prefix,
            next_hop,
            distance: route.distance,
            conditional: route.tracked || route.dhcp || config.global.static_bfd.is_some(),
            span: route.span,
        };
        let vrf = vrf_id(device, route.vrf.as_ref().map(|v| v.value.as_str()));
        if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize) {
            vrf.routes.push(lowered);
        }
    }
    learned_defaults(config, device);
    for process in &config.processes {
        if process.every_vrf {
            for index in 0..device.vrfs.len() {
                unknown(
                    device,
                    VrfId(u32::try_from(index).unwrap_or(u32::MAX)),
                    process.family,
                    process.span,
                );
            }
        } else {
            unknown(device, vrf_id(device, process.vrf.as_deref()), process.family, process.span);
        }
    }
    for interface in &config.interfaces {
        let vrf = vrf_id(device, interface.vrf.as_ref().map(|v| v.value.as_str()));
        for &(family, span) in &interface.routing {
            unknown(device, vrf, family, span);
        }
    }
    for &span in &config.global.default_networks {
        unknown(device, VrfId(0), Family::V4, span);
    }
    if let Some(span) = stripped {
        for index in 0..device.vrfs.len() {
            for family in Family::ALL {
                unknown(device, VrfId(u32::try_from(index).unwrap_or(u32::MAX)), family, span);
            }
        }
    }
    multicast(config, stripped, device);
}

fn next_hop(route: &StaticRoute, device: &Device, marks: &mut Marks) -> NextHop {
    let vrf = match &route.next_hop_vrf {
        NextHopVrf::Own => None,
        NextHopVrf::Global => Some(VrfId(0)),
        NextHopVrf::Named(name) => Some(vrf_id(device, Some(name))),
    };
    if route.dhcp {
        return NextHop::Unknown;
    }
    let interface = match &route.interface {
        None => None,
        Some(name) if name.value.starts_with("Null") => return NextHop::Discard,
        Some(name) => match find(device, &name.value) {
            Some(id) => Some(id),
            None => {
                marks.push(Diagnostic::new(
                    codes::UNDEFINED_INTERFACE,
                    Severity::Warning,
                    format!("this route leaves by `{}`, which is not in the file", name.value),
                    route.span,
                ));
                return NextHop::Unknown;
            }
        },
    };
    match (route.next_hop, interface) {
        (Some(addr), interface) => NextHop::Via { addr, interface, vrf },
        (None, Some(interface)) => NextHop::Interface(interface),
        (None, None) => NextHop::Unknown,
    }
}

fn find(device: &Device, name: &str) -> Option<InterfaceId> {
    device.interface_ids().find(|(_, i)| i.name == name).map(|(id, _)| id)
}

/// Default routes that come with an address (DHCP, PPP, router advertisements): to a neighbour that
/// the file does not name, and only while the lease or session lasts.
///
/// Source: Cisco IOS IP Addressing Command Reference, `ip address dhcp`: distance 254.
fn learned_defaults(config: &Config, device: &mut Device) {
    for interface in &config.interfaces {
        let vrf = vrf_id(device, interface.vrf.as_ref().map(|v| v.value.as_str()));
        let learned = [(Family::V4, interface.learns_default4), (Family::V6, interface.learns_default6)];
        for (family, span) in learned {
            let (Some(span), Some(vrf)) = (span, device.vrfs.get_mut(vrf.0 as usize)) else { continue };
            vrf.routes.push(Route {
                prefix: Prefix::all(family),
                next_hop: NextHop::Unknown,
                distance: 254,
                conditional: true,
                span,
            });
        }
    }
}

fn unknown(device: &mut Device, vrf: VrfId, family: Family, span: Span) {
    if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize)
        && !vrf.unknown_routes.contains(&(family, span))
    {
        vrf.unknown_routes.push((family, span));
    }
}

/// Multicast is routed where `multicast-routing` says so; in a stripped file, wherever an interface
/// speaks a multicast protocol.
fn multicast(config: &Config, stripped: Option<Span>, device: &mut Device) {
    for line in &config.global.multicast {
        let (family, vrf) = &line.value;
        let vrf = vrf_id(device, vrf.as_deref());
        if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize) {
            vrf.multicast.push((*family, line.span));
        }
    }
    if stripped.is_none() {
        return;
    }
    for interface in &config.interfaces {
        let vrf = vrf_id(device, interface.vrf.as_ref().map(|v| v.value.as_str()));
        for &(family, span) in &interface.multicast {
            if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize)
                && vrf.multicast.iter().all(|(f, _)| *f != family)
            {
                vrf.multicast.push((family, span));
            }
        }
    }
}
