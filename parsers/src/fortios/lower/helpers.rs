//! Session helpers and the SIP gateway: what opens further sessions for permitted ones.
//!
//! Source: `FortiOS` CLI Reference, `config system session-helper`; Administration Guide, "SIP ALG": it is on
//! unless `default-voip-alg-mode` says `kernel-helper-based` and the session helper for SIP is deleted.
//! `dns-udp` opens nothing.

use sekisho_model::{AppHelper, Assumption, Coverage, Device};
use sekisho_net::{PortRange, Protocol};

use super::Scope;
use crate::common::Marks;
use crate::fortios::{marks as state, value};

/// The factory table, without `dns-udp`.
const FACTORY: &[(&str, Protocol, u16)] = &[
    ("pptp", Protocol::TCP, 1723),
    ("h323", Protocol::TCP, 1720),
    ("h323", Protocol::UDP, 1719),
    ("sqlnet", Protocol::TCP, 1521),
    ("tftp", Protocol::UDP, 69),
    ("rtsp", Protocol::TCP, 554),
    ("rtsp", Protocol::TCP, 7070),
    ("rtsp", Protocol::TCP, 8554),
    ("ftp", Protocol::TCP, 21),
    ("mms", Protocol::TCP, 1863),
    ("sunrpc", Protocol::TCP, 111),
    ("sunrpc", Protocol::UDP, 111),
    ("sip", Protocol::UDP, 5060),
    ("rsh", Protocol::TCP, 514),
    ("rsh", Protocol::TCP, 512),
    ("msrpc", Protocol::TCP, 135),
    ("msrpc", Protocol::UDP, 135),
    ("mgcp", Protocol::UDP, 2427),
    ("mgcp", Protocol::UDP, 2727),
];
/// Ports of the SIP gateway.
const SIP: &[(&str, Protocol, u16)] = &[("sip", Protocol::TCP, 5060), ("sip", Protocol::UDP, 5060)];

/// The helper of a name of `FortiOS`; `None` for one that opens nothing.
fn policy_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "dns-tcp" | "dns-udp" => return None,
        "ftp" => "ftp",
        "tftp" => "tftp",
        "sip" => "sip",
        "h323" | "h245I" | "h245O" | "ras" => "h323",
        "rtsp" => "rtsp",
        "pptp" => "pptp",
        "tns" => "sqlnet",
        "pmap" => "sunrpc",
        "dcerpc" => "msrpc",
        "rsh" => "rsh",
        "mgcp" => "mgcp",
        "mms" => "mms",
        _ => "unknown",
    })
}

/// `config system session-helper`, and the SIP gateway.
pub(super) fn lower_helpers(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    let tables = scope.tables("system session-helper");
    let stated: Vec<_> = tables.iter().flat_map(|t| &t.entries).collect();
    // SOUNDNESS: a line that is not understood may be one that adds a helper or keeps it.
    let garbled = tables.iter().any(|t| !t.body.all_garbled().is_empty())
        || stated.iter().any(|e| !e.body.all_garbled().is_empty());
    if stated.is_empty() || garbled {
        device.helpers.extend(AppHelper::defaults(FACTORY, None));
    } else if let Some(table) = tables.first() {
        device.assumptions.push(Assumption {
            id: "fortios-session-helpers",
            text: "the exported table of session helpers is complete".to_owned(),
            span: Some(table.span),
        });
    }
    for entry in stated {
        let name = entry.body.value("name").map_or("", |w| w.text.as_ref());
        let Some(name) = policy_name(name) else { continue };
        let number = |key| entry.body.get(key).and_then(value::number::<u16>);
        let protocols = match number("protocol") {
            Some(6) => vec![Protocol::TCP],
            Some(17) => vec![Protocol::UDP],
            _ => vec![Protocol::TCP, Protocol::UDP],
        };
        let ports = match number("port") {
            Some(port) => PortRange::one(port),
            None => PortRange::ANY,
        };
        for protocol in protocols {
            device.helpers.push(AppHelper { name, protocol, ports, span: Some(entry.span) });
        }
    }
    for table in &tables {
        state::table(marks, table, Coverage::Modeled, None);
    }
    let kernel = scope
        .tables("system settings")
        .iter()
        .any(|t| t.body.value("default-voip-alg-mode").is_some_and(|w| w.text == "kernel-helper-based"));
    if !kernel {
        device.helpers.extend(AppHelper::defaults(SIP, None));
    }
    device.helpers.sort();
    device.helpers.dedup_by_key(|h| (h.name, h.protocol, h.ports));
}
