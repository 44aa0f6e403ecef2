//! High availability: which cluster the device is a member of, and its interfaces for management alone.
//!
//! Members of a cluster (FGCP) have the same configuration but for host name, priority and the interfaces
//! reserved for management. Each of them is a device of its own here, evaluated as if it were active.

use sekisho_diag::Span;
use sekisho_model::{Assumption, Cluster, Coverage, Device, NextHop, Route, Vrf, VrfId};
use sekisho_net::{Family, Prefix, bits_addr};

use super::Scope;
use crate::common::{Marks, PendingScope};
use crate::fortios::tree::{Entry, Setting, Table};
use crate::fortios::{marks as state, value};

/// Distance of the default route of a reserved interface; it has no rival.
const DISTANCE: u8 = 10;

/// The table in which interfaces reserved for management lie.
///
/// Source: `FortiOS` Administration Guide 7.2, HA, Out-of-band management with reserved management
/// interfaces: their routes are in a hidden domain of this name, apart from those of the traffic.
const TABLE: &str = "vsys_hamgmt";

/// Tables within `config system ha`. Source: `FortiOS` CLI Reference 6.0 to 7.6, `config system ha`.
const INNER: &[&str] =
    &["ha-mgmt-interfaces", "unicast-peers", "secondary-vcluster", "vcluster", "frup-settings"];

/// `config system ha`.
pub(super) fn lower_cluster(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    let Some(table) = scope.tables("system ha").first().copied() else { return };
    lower(scope, table, device, marks);
    for (lines, span) in not_understood(table, device) {
        state::unrecognized(marks, lines.0..=lines.1, span, PendingScope::Device);
    }
}

/// Lines that may say which interfaces are reserved, or how, and cannot be read.
///
/// SOUNDNESS: reserved interfaces have a table in common, past all policies; one that is missed there is
/// taken to be apart from the others.
fn not_understood(table: &Table<'_>, device: &Device) -> Vec<((u32, u32), Span)> {
    let mut out = Vec::new();
    out.extend(table.body.all_garbled().into_iter().map(|g| (g.lines, g.span)));
    let strange = |t: &&Table<'_>| !INNER.contains(&t.path.as_str());
    out.extend(table.body.tables.iter().filter(strange).map(|t| (t.lines, t.span)));
    let reserved: Vec<&Table<'_>> =
        table.body.tables.iter().filter(|t| t.path == "ha-mgmt-interfaces").collect();
    // The switch may be the setting that is misspelt.
    let stated = table.body.get("ha-mgmt-status").and_then(value::switch).is_some();
    out.extend(reserved.iter().filter(|t| !stated && !t.entries.is_empty()).map(|t| (t.lines, t.span)));
    for entry in reserved.iter().flat_map(|t| &t.entries) {
        let known = entry.body.value("interface");
        if !known.is_some_and(|w| device.interfaces.iter().any(|i| i.name == w.text)) {
            out.push((entry.lines, entry.span));
        }
        let bad = |s: &&Setting<'_>| match s.name.text.as_ref() {
            "interface" => s.values.len() != 1,
            "gateway" | "gateway6" => value::word(s).is_none_or(|w| w.parse::<std::net::IpAddr>().is_err()),
            // A route to less than everything is wider as one to everything.
            "dst" | "dst6" => false,
            _ => true,
        };
        out.extend(entry.body.settings.iter().filter(|s| !s.unset).filter(bad).map(|s| (s.lines, s.span)));
    }
    out
}

fn lower(scope: &Scope<'_, '_>, table: &Table<'_>, device: &mut Device, marks: &mut Marks) {
    let is = |name: &str, words: &[&str]| {
        table.body.get(name).and_then(|s| value::word(s)).is_some_and(|w| words.contains(&w))
    };
    if !is("mode", &["a-p", "a-a"]) {
        return;
    }
    let text = |name: &str| table.body.value(name).map_or_else(String::new, |w| w.text.to_string());
    let number = text("group-id");
    let number = if number.is_empty() { "0" } else { number.as_str() };
    let system = if scope.vdom.single { String::new() } else { format!("/{}", scope.vdom.name) };
    let name = format!("{} group {number}{system}", text("group-name")).trim_start().to_owned();
    let own_lines = own_lines(scope, table);
    device.cluster = Some(Cluster { name, span: table.span, own_lines });
    device.assumptions.push(Assumption {
        id: "fortios-ha-members",
        text: "members of a cluster that are not in the snapshot have the configuration of one that is"
            .to_owned(),
        span: Some(table.span),
    });
    // Heartbeats, priorities and what a member watches decide which member is active: a choice in any case.
    state::table(marks, table, Coverage::Ignored, None);
    state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    for name in ["mode", "group-id", "group-name", "ha-mgmt-status"] {
        table.body.get(name).into_iter().for_each(|setting| state::modeled(marks, setting));
    }
    if is("ha-mgmt-status", &["enable"]) {
        for inner in table.body.tables.iter().filter(|t| t.path == "ha-mgmt-interfaces") {
            reserved(inner, device, marks);
        }
    }
}

/// Lines that each member has for itself.
///
/// Source: `FortiOS` Administration Guide 7.2, HA, Synchronizing the configuration: what is not synchronized.
fn own_lines(scope: &Scope<'_, '_>, table: &Table<'_>) -> Vec<u32> {
    let mut out = table.all_lines();
    for global in scope.tables("system global") {
        let settings = ["hostname", "alias"].into_iter().filter_map(|name| global.body.get(name));
        out.extend(settings.flat_map(|s| s.lines.0..=s.lines.1));
    }
    let reserved = table.body.tables.iter().filter(|t| t.path == "ha-mgmt-interfaces");
    for entry in reserved.flat_map(|t| &t.entries) {
        let name = entry.body.value("interface").map(|w| w.text.to_string());
        let ports = scope.ports.iter().filter(|p| Some(&p.name) == name.as_ref());
        out.extend(ports.flat_map(|p| p.entry.all_lines()));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// `config ha-mgmt-interfaces`: interfaces that carry no traffic, each with a default route of its own.
fn reserved(table: &Table<'_>, device: &mut Device, marks: &mut Marks) {
    state::table(marks, table, Coverage::Modeled, None);
    for entry in &table.entries {
        let Some(name) = entry.body.value("interface").map(|w| w.text.to_string()) else { continue };
        let found = device.interface_ids().find(|(_, i)| i.name == name).map(|(id, _)| id);
        let Some(id) = found else { continue };
        let vrf = hidden(device, entry);
        let Some(l3) = device.interfaces.get_mut(id.0 as usize).and_then(|i| i.l3.as_mut()) else {
            continue;
        };
        l3.vrf = vrf;
        l3.vrf_span = Some(entry.span);
        let gateways = ["gateway", "gateway6"].into_iter().filter_map(|setting| entry.body.get(setting));
        for setting in gateways {
            let Some(addr) = value::word(setting).and_then(|w| w.parse::<std::net::IpAddr>().ok()) else {
                continue;
            };
            let Ok(prefix) = Prefix::new(bits_addr(Family::of(addr), 0), 0) else { continue };
            let next_hop = NextHop::Via { addr, interface: Some(id), vrf: None };
            let route =
                Route { prefix, next_hop, distance: DISTANCE, conditional: false, span: setting.span };
            if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize) {
                vrf.routes.push(route);
            }
        }
    }
}

/// The table of the reserved interfaces, made with the first of them.
fn hidden(device: &mut Device, entry: &Entry<'_>) -> VrfId {
    device.find_vrf(TABLE).unwrap_or_else(|| {
        device.vrfs.push(Vrf::new(TABLE.to_owned(), Some(entry.span)));
        VrfId(u32::try_from(device.vrfs.len() - 1).unwrap_or(u32::MAX))
    })
}
