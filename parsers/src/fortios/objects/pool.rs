//! Pools of source addresses.
//!
//! Source: FortiOS CLI Reference, `config firewall ippool`, `ippool6`.

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::Tri;
use sekisho_net::Family;

use super::reading::{self, Vocabulary, address, flag};
use crate::common::Marks;
use crate::fortios::codes_policy as codes;
use crate::fortios::tree::Vdom;

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pool {
    /// Its addresses; `None` where they are not understood.
    pub range: Option<(u128, u128)>,
    /// Whether source ports stay as they are.
    pub keeps_ports: bool,
    /// Whether the device may answer ARP for its addresses.
    pub answers: bool,
    /// Whether a mapping lets anybody in from outside (full cone).
    pub open: bool,
    /// The `edit` line.
    pub span: Span,
}

/// Pools of one family by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pools {
    /// By name.
    pub map: BTreeMap<String, Pool>,
    /// A line outside the pools was not understood.
    pub unread: bool,
}

const OBJECT: Vocabulary = Vocabulary {
    modelled: &[
        "type",
        "startip",
        "endip",
        "arp-reply",
        "permit-any-host",
        "nat64",
        "nat46",
        "startport",
        "endport",
        "source-startip",
        "source-endip",
        "block-size",
        "port-per-user",
        "num-blocks-per-user",
        "arp-intf",
        "associated-interface",
        "source-prefix6",
        "client-prefix-length",
        "cgn-block-size",
        "cgn-client-startip",
        "cgn-client-endip",
        "cgn-client-ipv6shift",
        "cgn-port-start",
        "cgn-port-end",
        "cgn-overload",
        "cgn-fixedalloc",
        "cgn-spa",
        "exclude-ip",
        "internal-prefix",
        "external-prefix",
    ],
    harmless: &[
        "uuid",
        "comments",
        "comment",
        "pba-timeout",
        "pba-interim-log",
        "add-nat64-route",
        "add-nat46-route",
        "tcp-session-quota",
        "udp-session-quota",
        "icmp-session-quota",
        "privileged-port-use-pba",
        "subnet-broadcast-in-ippool",
        "utilization-alarm-raise",
        "utilization-alarm-clear",
        "fabric-object",
        "fabric-force-sync",
        "fabric-object-source",
        "color",
    ],
    tables: &[],
    harmless_tables: &[],
};

/// Reads the pools of a family.
pub(crate) fn pools(vdom: &Vdom<'_, '_>, family: Family, marks: &mut Marks) -> Pools {
    let path = match family {
        Family::V4 => "firewall ippool",
        Family::V6 => "firewall ippool6",
    };
    let mut out = Pools::default();
    let Some(table) = vdom.table(path) else { return out };
    out.unread = reading::outside_entries(table, "every pool", codes::OBJECT_UNREAD, marks).is_some();
    for entry in &table.entries {
        let scope = format!("pool {}", entry.key.text);
        let body = &entry.body;
        let unread = reading::entry(entry, &OBJECT, &scope, codes::OBJECT_UNREAD, marks).is_some();
        let end = |name: &str| body.value(name).and_then(|w| address(&w.text, family));
        let range = match (end("startip"), end("endip")) {
            (Some(lo), Some(hi)) if lo <= hi && !unread => Some((lo, hi)),
            _ => {
                let message = format!("the addresses of {scope} are not understood");
                let help = "give it `startip` and `endip`";
                marks.push(
                    Diagnostic::new(codes::POOL_UNKNOWN, Severity::Warning, message, entry.span)
                        .with_help(help),
                );
                None
            }
        };
        let kind = body.value("type").map(|w| w.text.as_ref());
        let pool = Pool {
            range,
            keeps_ports: kind == Some("one-to-one"),
            answers: unread || flag(body, "arp-reply", Tri::Yes).possible(),
            open: unread || flag(body, "permit-any-host", Tri::No).possible(),
            span: entry.span,
        };
        out.map.insert(entry.key.text.to_string(), pool);
    }
    out
}
