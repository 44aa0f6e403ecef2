//! Who answers for whom on a segment: static neighbours, proxy ARP, wireless LANs.

use sekisho_model::{Coverage, Device, Tri};

use super::Scope;
use crate::common::{Marks, PendingScope};
use crate::fortios::tree::Entry;
use crate::fortios::{marks as state, value};

/// Reads the tables of neighbours.
pub(super) fn lower_neighbours(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    // A static entry may hand the packets of a neighbour to somebody else on the segment.
    for path in ["system arp-table", "system ipv6-neighbor-cache"] {
        for table in scope.tables(path) {
            state::table(marks, table, Coverage::Modeled, None);
            for entry in &table.entries {
                let on = of(entry).filter(|name| device.interfaces.iter().any(|i| i.name == *name));
                let place = on.map_or(PendingScope::Device, PendingScope::Interface);
                state::unsupported(marks, entry.all_lines(), entry.span, place, "static neighbour entry");
            }
        }
    }
    for table in scope.tables("system proxy-arp") {
        state::table(marks, table, Coverage::Approximated, Some("proxy ARP of the interface"));
        for entry in &table.entries {
            let on = of(entry);
            let known = entry.body.all_garbled().is_empty() && on.is_some();
            for interface in &mut device.interfaces {
                let here = !known || on.as_ref() == Some(&interface.name);
                if let Some(l3) = interface.l3.as_mut().filter(|_| here) {
                    l3.proxy_arp = Tri::Unknown;
                }
            }
        }
    }
    for table in scope.tables("wireless-controller vap") {
        state::table(marks, table, Coverage::Ignored, None);
        for entry in &table.entries {
            wireless(entry, marks);
        }
    }
}

fn of(entry: &Entry<'_>) -> Option<String> {
    entry.body.value("interface").map(|w| w.text.to_string())
}

/// A wireless LAN whose clients do not all arrive on its own interface.
fn wireless(entry: &Entry<'_>, marks: &mut Marks) {
    const ELSEWHERE: &[(&str, &str)] = &[
        ("local-bridging", "wireless LAN that is bridged locally"),
        ("dynamic-vlan", "VLANs of wireless clients at run time"),
        ("mesh-backhaul", "wireless mesh"),
        ("vlan-pooling", "VLANs of wireless clients at run time"),
        ("vlanid", "tagged wireless LAN"),
    ];
    for (name, why) in ELSEWHERE {
        let Some(setting) = entry.body.get(name) else { continue };
        if !matches!(value::word(setting), Some("disable" | "0")) {
            let scope = PendingScope::Interface(entry.key.text.to_string());
            state::unsupported(marks, setting.lines.0..=setting.lines.1, setting.span, scope, *why);
        }
    }
    for garbled in entry.body.all_garbled() {
        let scope = PendingScope::Interface(entry.key.text.to_string());
        state::unrecognized(marks, [], garbled.span, scope);
    }
}
