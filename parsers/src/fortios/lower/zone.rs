//! Zones and ingress contexts.

use sekisho_diag::{Diagnostic, Severity};
use sekisho_model::{Context, ContextId, Coverage, Device, InterfaceId, Tri};

use super::{Scope, interface, sdwan::Sdwan};
use crate::common::{Marks, PendingScope};
use crate::fortios::index::{InterfaceIndex, Zone};
use crate::fortios::tree::Entry;
use crate::fortios::{codes, marks as state, value};

/// Reads the zones, gives every layer-3 interface its context, and names everything for the policies.
pub(super) fn lower_zones(
    scope: &Scope<'_, '_>,
    sdwan: &Sdwan,
    device: &mut Device,
    marks: &mut Marks,
) -> InterfaceIndex {
    let mut zones: Vec<(String, Zone)> = Vec::new();
    for table in scope.tables("system zone") {
        state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
        for entry in &table.entries {
            let zone = zone(entry, scope, device, marks);
            zones.push((entry.key.text.to_string(), zone));
        }
    }
    for (name, zone) in &sdwan.zones {
        zones.push((name.clone(), zone.clone()));
    }
    undefined(scope, &zones, device, marks);
    let mut index = InterfaceIndex { interfaces: interface::by_name(scope, device), ..Default::default() };
    let mut seen: Vec<InterfaceId> = Vec::new();
    for (name, zone) in zones {
        if zone.members.iter().any(|m| seen.contains(m)) || index.interfaces.contains_key(&name) {
            let why = "zone that shares a member or a name with another";
            state::unsupported(marks, [], zone.span, PendingScope::Device, why);
        }
        seen.extend(&zone.members);
        index.zones.insert(name, zone);
    }
    contexts(&index, device);
    index
}

/// One `edit` of `config system zone`. Traffic between members is denied by default.
///
/// Source: `FortiOS` CLI Reference, `config system zone`.
fn zone(entry: &Entry<'_>, scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) -> Zone {
    state::lines(marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
    let mut out = Zone { members: Vec::new(), intrazone: Tri::No, span: entry.span, open: false };
    for garbled in entry.body.all_garbled() {
        out.open = true;
        state::unrecognized(marks, [], garbled.span, PendingScope::Device);
    }
    for setting in &entry.body.settings {
        match (setting.name.text.as_ref(), value::word(setting)) {
            ("interface", _) | ("intrazone", Some("allow" | "deny")) => state::modeled(marks, setting),
            (_, _) if setting.unset => state::modeled(marks, setting),
            ("description" | "comment" | "comments", _) => state::ignored(marks, setting),
            _ => {
                out.open = true;
                let lines = setting.lines.0..=setting.lines.1;
                state::unrecognized(marks, lines, setting.span, PendingScope::Device);
            }
        }
    }
    for table in &entry.body.tables {
        if table.path == "tagging" {
            state::table(marks, table, Coverage::Ignored, None);
        } else {
            out.open = true;
            state::unrecognized(marks, table.all_lines(), table.span, PendingScope::Device);
        }
    }
    if let Some(setting) = entry.body.get("intrazone") {
        out.intrazone = match value::word(setting) {
            Some("allow") => Tri::Yes,
            Some("deny") => Tri::No,
            _ => Tri::Unknown,
        };
    }
    if out.open {
        out.intrazone = Tri::Unknown;
    }
    for word in entry.body.get("interface").map_or(&[][..], |s| &s.values) {
        let member = interface::named(scope, device, marks, &word.text, word.span);
        if !out.members.contains(&member) {
            out.members.push(member);
        }
    }
    out
}

/// Interfaces that policies and routes name and the file lacks.
fn undefined(scope: &Scope<'_, '_>, zones: &[(String, Zone)], device: &mut Device, marks: &mut Marks) {
    for (name, span) in &scope.used {
        let known = name == "any"
            || zones.iter().any(|(z, _)| z == name)
            || device.interfaces.iter().any(|i| i.name == *name);
        if known || name.is_empty() {
            continue;
        }
        // A domain may name a port of another one by mistake only; then nothing is certain either.
        if scope.ports.iter().any(|p| p.name == *name) {
            let message = format!("interface `{name}` belongs to another virtual domain");
            marks.push(Diagnostic::new(codes::UNDEFINED_INTERFACE, Severity::Warning, message, *span));
            let why = "interface of another virtual domain";
            state::unsupported(marks, [], *span, PendingScope::Anywhere, why);
            continue;
        }
        interface::named(scope, device, marks, name, *span);
    }
}

/// One context per layer-3 interface.
fn contexts(index: &InterfaceIndex, device: &mut Device) {
    for (name, &id) in &index.interfaces {
        let Some(target) = device.interfaces.get_mut(id.0 as usize) else { continue };
        if target.l3.is_none() {
            continue;
        }
        let context = match index.zone_of(id) {
            Some((zone, _)) => format!("zone {zone}, {name}"),
            None => format!("interface {name}"),
        };
        target.context = ContextId(u32::try_from(device.contexts.len()).unwrap_or(u32::MAX));
        device.contexts.push(Context { name: context });
    }
}
