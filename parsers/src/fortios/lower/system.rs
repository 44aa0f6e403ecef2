//! The domain as a whole: mode of operation, forwarding, management access.

mod settings;

use sekisho_model::{Coverage, Device, ManagementAccess, Tri};

use super::Scope;
use crate::common::{Marks, PendingScope};
use crate::fortios::tree::Table;
use crate::fortios::{marks as state, value};
use settings::{GLOBAL, GLOBAL_HARMLESS, SETTINGS, SETTINGS_HARMLESS};

/// `config system settings`, `config system global`, and the settings of VPN that matter here.
pub(super) fn lower_settings(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    device.forwards_v4 = Tri::Yes;
    device.forwards_v6 = Tri::Yes;
    // Source: not documented. SOUNDNESS: either.
    device.source_route = Tri::Unknown;
    for table in scope.tables("system settings") {
        settings_table(table, marks);
    }
    for table in scope.tables("system global") {
        global_table(table, marks);
    }
    for path in ["vpn ipsec phase1", "vpn ipsec manualkey", "vpn ipsec concentrator"] {
        for entry in scope.tables(path).into_iter().flat_map(|t| &t.entries) {
            let why = "policy-based IPsec";
            state::unsupported(marks, entry.all_lines(), entry.span, PendingScope::Device, why);
        }
        for table in scope.tables(path) {
            state::table(marks, table, Coverage::Modeled, None);
        }
    }
    switched_on(scope, marks);
}

/// Services by which the device makes connections or carries packets past the policies.
const SERVICES: &[(&str, &str, &str)] = &[
    ("vpn l2tp", "status", "L2TP clients"),
    ("vpn pptp", "status", "PPTP clients"),
    ("web-proxy explicit", "status", "explicit proxy"),
    ("ftp-proxy explicit", "status", "explicit proxy"),
    ("system nd-proxy", "status", "neighbour discovery proxy"),
    ("system nat64", "status", "NAT64"),
];

fn switched_on(scope: &Scope<'_, '_>, marks: &mut Marks) {
    for (path, setting, why) in SERVICES {
        for table in scope.tables(path) {
            state::table(marks, table, Coverage::Modeled, None);
            if let Some(found) = table.body.get(setting).filter(|s| value::switch(s) != Some(false)) {
                let lines = found.lines.0..=found.lines.1;
                state::unsupported(marks, lines, found.span, PendingScope::Device, *why);
            }
            for garbled in table.body.all_garbled() {
                state::unrecognized(marks, [], garbled.span, PendingScope::Device);
            }
        }
    }
}

fn settings_table(table: &Table<'_>, marks: &mut Marks) {
    state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    for setting in &table.body.settings {
        let name = setting.name.text.as_ref();
        let lines = setting.lines.0..=setting.lines.1;
        // One that is replaced or unset later has no effect.
        let current = table.body.get(name).is_some_and(|s| s.span == setting.span);
        let known = SETTINGS.iter().find(|(n, _, _)| *n == name);
        match known {
            _ if SETTINGS_HARMLESS.contains(&name) => state::ignored(marks, setting),
            Some(_) if !current => state::modeled(marks, setting),
            Some((_, good, _)) if value::word(setting).is_some_and(|w| good.contains(&w)) => {
                state::modeled(marks, setting);
            }
            Some((_, _, why)) => {
                state::unsupported(marks, lines, setting.span, PendingScope::Device, *why);
            }
            None => state::unrecognized(marks, lines, setting.span, PendingScope::Device),
        }
    }
    inner(table, &["gui-default-policy-columns"], marks);
}

fn global_table(table: &Table<'_>, marks: &mut Marks) {
    state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    for setting in &table.body.settings {
        let name = setting.name.text.as_ref();
        let lines = setting.lines.0..=setting.lines.1;
        let known = GLOBAL.iter().find(|(n, _, _)| *n == name);
        match known {
            _ if name == "hostname" => state::modeled(marks, setting),
            _ if GLOBAL_HARMLESS.contains(&name) => state::ignored(marks, setting),
            Some(_) if setting.unset => state::modeled(marks, setting),
            Some((_, good, _)) if value::word(setting).is_some_and(|w| good.contains(&w)) => {
                state::modeled(marks, setting);
            }
            Some((_, _, why)) => state::unsupported(marks, lines, setting.span, PendingScope::Device, *why),
            None => state::unrecognized(marks, lines, setting.span, PendingScope::Device),
        }
    }
    inner(table, &[], marks);
}

/// Inner tables and entries of a table that has none: harmless by name, or not understood.
fn inner(table: &Table<'_>, harmless: &[&str], marks: &mut Marks) {
    for inner in &table.body.tables {
        if harmless.contains(&inner.path.as_str()) {
            state::table(marks, inner, Coverage::Ignored, None);
        } else {
            state::unrecognized(marks, inner.all_lines(), inner.span, PendingScope::Device);
        }
    }
    for entry in &table.entries {
        state::unrecognized(marks, entry.all_lines(), entry.span, PendingScope::Device);
    }
}

/// Who may manage the device: never restricts transit.
pub(super) fn lower_management(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    let mut add =
        |service: String, span| device.management.push(ManagementAccess { service, list: None, span });
    for port in scope.ports.iter().filter(|p| p.vdom == scope.vdom.name) {
        if let Some(setting) = port.entry.body.get("allowaccess") {
            let services: Vec<&str> = setting.values.iter().map(|w| w.text.as_ref()).collect();
            add(format!("{} on {}", services.join(" "), port.name), setting.span);
        }
    }
    for path in ["firewall local-in-policy", "firewall local-in-policy6"] {
        for table in scope.tables(path) {
            state::table(marks, table, Coverage::Modeled, None);
            for entry in &table.entries {
                add(format!("local-in policy {}", entry.key.text), entry.span);
            }
        }
    }
    for table in scope.tables("system admin") {
        state::table(marks, table, Coverage::Modeled, None);
        for entry in &table.entries {
            let trusted =
                entry.body.settings.iter().find(|s| !s.unset && s.name.text.starts_with("trusthost"));
            if let Some(setting) = trusted {
                add(format!("administrator {}", entry.key.text), setting.span);
            }
        }
    }
}
