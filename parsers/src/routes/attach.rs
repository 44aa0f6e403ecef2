//! Binds the names in exported tables to a device.

use std::collections::BTreeMap;

use sekisho_diag::{Code, Diagnostic, FileId, Severity, Span};
use sekisho_model::{
    Device, Interface, InterfaceId, NextHop, Poison, RouteTable, Scope, TableRoute, Tri, VrfId,
};
use sekisho_net::{Family, Prefix};

use super::{ExportRow, RawNextHop, TableExport, codes};

/// Adds tables to a device. Rows that do not fit the configuration garble their table, and a table of a
/// VRF that the device does not have makes the routes of all its VRFs unknown: the two were then taken
/// at different times, or from different devices.
pub fn attach(file: FileId, exports: &[TableExport], device: &mut Device) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for export in exports {
        let Some(vrf) = device.find_vrf(&export.vrf) else {
            unknown_vrf(export, device, &mut diagnostics);
            continue;
        };
        let table = bind(file, export, vrf, device, &mut diagnostics);
        if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize) {
            vrf.tables.push((export.family, table));
            // SOUNDNESS: the row shows that multicast is routed, whatever the configuration shows of it.
            let routed = export.rows.iter().find(|row| row.next_hop == RawNextHop::Multicast);
            vrf.multicast.extend(routed.map(|row| (export.family, row.span)));
        }
    }
    diagnostics
}

fn unknown_vrf(export: &TableExport, device: &mut Device, diagnostics: &mut Vec<Diagnostic>) {
    let message =
        format!("device `{}` has no vrf `{}`, but this route table is of that vrf", device.name, export.vrf);
    // A platform's built-in tables are empty and belong to nobody.
    if export.rows.is_empty() && export.garbled.is_empty() {
        diagnostics.push(Diagnostic::new(codes::UNKNOWN_VRF, Severity::Info, message, export.span));
        return;
    }
    let help = "export configuration and tables at the same time";
    diagnostics
        .push(Diagnostic::new(codes::UNKNOWN_VRF, Severity::Error, message, export.span).with_help(help));
    for id in 0..device.vrfs.len() {
        let vrf = VrfId(u32::try_from(id).unwrap_or(u32::MAX));
        device.poisons.push(Poison {
            scope: Scope::Routes(vrf, export.family),
            span: export.span,
            why: "route table of a vrf that the configuration does not have".to_owned(),
        });
    }
}

/// Messages of one table, grouped so that a thousand rows by one missing interface are one message.
#[derive(Default)]
struct Problems {
    found: BTreeMap<(Code, String), (Span, usize)>,
}

impl Problems {
    fn add(&mut self, code: Code, message: String, span: Span) {
        self.found.entry((code, message)).or_insert((span, 0)).1 += 1;
    }
}

fn bind(
    file: FileId,
    export: &TableExport,
    vrf: VrfId,
    device: &Device,
    out: &mut Vec<Diagnostic>,
) -> RouteTable {
    let mut problems = Problems::default();
    let mut garbled = export.garbled.clone();
    let mut routes = Vec::new();
    for row in &export.rows {
        match next_hop(row, vrf, device) {
            Ok(next_hop) => routes.push(TableRoute {
                prefix: row.prefix,
                next_hop,
                protocol: row.protocol.to_owned(),
                backup: row.backup,
                span: row.span,
            }),
            Err((code, message)) => {
                problems.add(code, message, row.span);
                garbled.push(row.span);
            }
        }
    }
    time_skew(export, vrf, device, out);
    for ((code, message), (span, rows)) in problems.found {
        let message = if rows > 1 { format!("{message} (in {rows} rows)") } else { message };
        let help = "the table may lead anywhere until it agrees with the configuration; export both at the same time";
        out.push(Diagnostic::new(code, Severity::Warning, message, span).with_help(help));
    }
    garbled.sort_unstable();
    garbled.dedup();
    RouteTable { file, routes, complete: export.complete, garbled }
}

type Misfit = (Code, String);

fn next_hop(row: &ExportRow, vrf: VrfId, device: &Device) -> Result<NextHop, Misfit> {
    let own = matches!(row.protocol, "connected" | "local") && !row.replicated;
    Ok(match &row.next_hop {
        RawNextHop::Discard => NextHop::Discard,
        RawNextHop::Unknown => NextHop::Unknown,
        // No unicast look-up gets there: multicast is forwarded by rules of its own.
        RawNextHop::Multicast => NextHop::Receive,
        RawNextHop::Receive { interface: None } => NextHop::Receive,
        RawNextHop::Receive { interface: Some(name) } => {
            interface(name, own.then_some(vrf), device)?;
            NextHop::Receive
        }
        RawNextHop::Interface { name } => NextHop::Interface(interface(name, own.then_some(vrf), device)?),
        RawNextHop::Via { addr, interface: out, vrf: target } => {
            let interface = out.as_deref().map(|name| interface(name, None, device)).transpose()?;
            let target = match target.as_deref() {
                None => None,
                Some(name) => Some(device.find_vrf(name).ok_or_else(|| {
                    (
                        codes::UNKNOWN_VRF,
                        format!("next hop vrf `{name}` is not in the configuration of `{}`", device.name),
                    )
                })?),
            };
            NextHop::Via { addr: *addr, interface, vrf: target.filter(|t| *t != vrf) }
        }
    })
}

/// The interface of a name: it must exist, be up and be routed; an interface that owns a connected
/// route must be in the table's VRF.
fn interface(name: &str, own: Option<VrfId>, device: &Device) -> Result<InterfaceId, Misfit> {
    let Some((id, found)) = device.find_interface(name) else {
        let message = format!("interface `{name}` is not in the configuration of `{}`", device.name);
        return Err((codes::UNKNOWN_INTERFACE, message));
    };
    if !found.is_up() {
        return Err((codes::DOWN_INTERFACE, format!("interface `{name}` of `{}` is shut down", device.name)));
    }
    let Some(l3) = &found.l3 else {
        let message = format!("interface `{name}` of `{}` is not a routed interface", device.name);
        return Err((codes::DOWN_INTERFACE, message));
    };
    if own.is_some_and(|vrf| vrf != l3.vrf) {
        let theirs = device.vrf(l3.vrf).map_or("?", |v| v.name.as_str());
        let message = format!(
            "interface `{name}` of `{}` is in vrf `{theirs}`, not in the vrf of this table",
            device.name
        );
        return Err((codes::OTHER_VRF, message));
    }
    Ok(id)
}

/// Compares connected routes with interface addresses. Both may be true at their time, so this only warns.
fn time_skew(export: &TableExport, vrf: VrfId, device: &Device, out: &mut Vec<Diagnostic>) {
    let mut listed: Vec<(InterfaceId, Prefix)> = Vec::new();
    for row in export.rows.iter().filter(|r| r.protocol == "connected" || r.protocol == "cef") {
        if let RawNextHop::Interface { name } = &row.next_hop
            && let Some((id, found)) = device.find_interface(name)
        {
            listed.push((id, row.prefix));
            if row.protocol == "connected" && !row.replicated && !configured(found, export.family, row.prefix)
            {
                let message = format!(
                    "connected route `{}` is not configured on interface `{name}` of `{}`",
                    row.prefix, device.name
                );
                out.push(Diagnostic::new(codes::TIME_SKEW, Severity::Warning, message, row.span));
            }
        }
    }
    if !export.complete {
        return;
    }
    for (id, found) in device.interface_ids().filter(|(_, i)| i.is_up()) {
        let Some(l3) = found.l3.as_ref().filter(|l| l.vrf == vrf) else { continue };
        for address in l3.addresses.iter().filter(|a| a.prefix.family() == export.family) {
            let host = address.prefix.len() == export.family.bits();
            if !host && !listed.contains(&(id, address.prefix)) {
                let message = format!(
                    "interface `{}` of `{}` is up in the configuration, but `{}` is not in its route table",
                    found.name, device.name, address.prefix
                );
                let help =
                    "it was down when the table was printed; the verdict covers both states as possible";
                out.push(
                    Diagnostic::new(codes::TIME_SKEW, Severity::Warning, message, export.span)
                        .with_label(address.span, "the address")
                        .with_help(help),
                );
            }
        }
    }
}

fn configured(interface: &Interface, family: Family, prefix: Prefix) -> bool {
    let Some(l3) = &interface.l3 else { return false };
    let unknown = match family {
        Family::V4 => l3.unknown_v4.is_some(),
        Family::V6 => l3.unknown_v6.is_some() || l3.ipv6 == Tri::Unknown,
    };
    unknown || l3.addresses.iter().any(|a| a.prefix == prefix)
}
