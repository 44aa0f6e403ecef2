//! What concerns the device as a whole: forwarding, source routes, management, VLANs.

use sekisho_diag::{Severity, Span};
use sekisho_model::{Assumption, Device, InterfaceKind, ManagementAccess, Tri};
use sekisho_net::Family;

use super::acl::Lists;
use crate::common::Marks;
use crate::ios::ast::Config;
use crate::ios::codes;

/// The line that shows that routing was taken out of the file: it speaks of a routing protocol on an
/// interface and has no routing process, or names a route map and has none.
///
/// SOUNDNESS: in such a file the absence of a line says nothing about the device.
pub(super) fn stripped(config: &Config, marks: &mut Marks) -> Option<Span> {
    let global = &config.global;
    let process = global.wants_process.filter(|_| config.processes.is_empty());
    let line = process.or_else(|| global.wants_route_map.filter(|_| !global.has_route_map))?;
    marks.diagnostic(
        codes::STRIPPED,
        Severity::Warning,
        "the file speaks of routing that it does not define: routes and IPv6 forwarding are unknown",
        line,
    );
    Some(line)
}

/// Fills the fields of the device that no other module fills.
pub(super) fn lower_global(config: &Config, stripped: Option<Span>, lists: &Lists, device: &mut Device) {
    let global = &config.global;
    device.forwards_v4 = match &global.ip_routing {
        Some(line) if line.value => Tri::Yes,
        Some(_) => Tri::No,
        None => default_routing(config),
    };
    if global.ip_routing.is_none() && device.forwards_v4 == Tri::Yes {
        device.assumptions.push(Assumption {
            id: "ios-ip-routing-default",
            text: "IPv4 is routed because no line switches it off".to_owned(),
            span: None,
        });
    }
    // Source: Cisco IOS IPv6 Command Reference, `ipv6 unicast-routing`: disabled by default.
    device.forwards_v6 = match &global.ipv6_routing {
        Some(line) if line.value => Tri::Yes,
        Some(_) => Tri::No,
        None if stripped.is_some() => Tri::Unknown,
        None => Tri::No,
    };
    device.source_route = source_route(config, device.forwards_v6);
    device.tags_native = match &global.tags_native {
        Some(line) if line.value => Tri::Yes,
        _ => Tri::No,
    };
    for entry in &global.management {
        let list = lists.selector(&entry.value.list, entry.value.family);
        device.management.push(ManagementAccess {
            service: entry.value.service.clone(),
            list,
            span: entry.span,
        });
    }
    device.vlans = vlans(config, device);
}

/// Whether IPv4 is routed when no line says so.
///
/// Routers route by default. Switches differ by platform: one whose ports are routed unless a plain
/// `switchport` line says otherwise routes by default; and a routing process cannot be configured
/// without `ip routing`.
fn default_routing(config: &Config) -> Tri {
    let physical = |i: &&crate::ios::ast::interface::Interface| i.kind == InterfaceKind::Physical;
    let switch = config.interfaces.iter().any(|i| i.switchport.plain.is_some() || i.switchport.has_details());
    let routed_by_default = config
        .interfaces
        .iter()
        .filter(physical)
        .any(|i| i.switchport.plain.as_ref().is_some_and(|p| p.value));
    let process = config.processes.iter().any(|p| p.family == Family::V4);
    if switch && !routed_by_default && !process { Tri::Unknown } else { Tri::Yes }
}

/// Whether source routes are obeyed.
///
/// `ip source-route` is on by default (Source: Cisco IOS IP Application Services Command Reference;
/// later IOS-XE releases print the line). Routing headers of type 0 are deprecated (RFC 5095), but
/// releases before that obey them unless `no ipv6 source-route` is given. So: certainly off needs
/// `no ip source-route`, and for IPv6 either its own line or a device that does not route IPv6.
fn source_route(config: &Config, forwards_v6: Tri) -> Tri {
    let off = |line: &Option<sekisho_diag::Spanned<bool>>| line.as_ref().is_some_and(|l| !l.value);
    let v4_off = off(&config.global.source_route);
    let v6_off = off(&config.global.ipv6_source_route) || forwards_v6 == Tri::No;
    if v4_off && v6_off {
        Tri::No
    } else if config.global.source_route.as_ref().is_some_and(|l| l.value) {
        Tri::Yes
    } else {
        Tri::Unknown
    }
}

/// VLANs that the file names, sorted.
fn vlans(config: &Config, device: &Device) -> Vec<u16> {
    let mut out: Vec<u16> = Vec::new();
    for range in &config.global.vlans {
        out.extend(range.value.0..=range.value.1);
    }
    for interface in &device.interfaces {
        out.extend(interface.svi_vlan);
        if let Some(l2) = &interface.l2 {
            out.push(l2.access_vlan);
            out.extend(l2.voice_vlan);
            out.push(l2.native_vlan);
            if l2.allowed_span.is_some() {
                out.extend(l2.allowed.ranges().iter().flat_map(|&(lo, hi)| [lo, hi]));
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}
