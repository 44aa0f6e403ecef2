//! The central table of source translation.
//!
//! Source: FortiOS CLI Reference, `config firewall central-snat-map`.

use std::rc::Rc;

use sekisho_model::{Device, Predicate, Tri};
use sekisho_net::{Cube, Family, Field, FieldSet};

use super::ports::Ports;
use super::rule::{Context, SourceNat, field};
use super::source::Central;
use crate::common::{Marks, cube};
use crate::fortios::codes_policy as codes;
use crate::fortios::objects::catalogue::{Found, merge};
use crate::fortios::objects::reading::{self, Vocabulary, flag, number, port_range, words};
use crate::fortios::objects::values::AddressSet;
use crate::fortios::objects::vip::unsupported;
use crate::fortios::tree::{Entry, Table};

const ENTRY: Vocabulary = Vocabulary {
    modelled: &[
        "status",
        "type",
        "orig-addr",
        "orig-addr6",
        "dst-addr",
        "dst-addr6",
        "srcintf",
        "dstintf",
        "nat-ippool",
        "nat-ippool6",
        "protocol",
        "orig-port",
        "dst-port",
        "nat-port",
        "nat",
        "nat46",
        "nat64",
        "port-preserve",
        "port-random",
    ],
    harmless: &["uuid", "comments", "custom-tags"],
    tables: &[],
    harmless_tables: &[],
};

/// Reads the table. `used` is whether central translation is on.
pub(super) fn entries(
    table: Option<&Table<'_>>,
    used: bool,
    context: &mut Context<'_>,
    marks: &mut Marks,
) -> Vec<Central> {
    let Some(table) = table else { return Vec::new() };
    let mut out = Vec::new();
    let scope = "the central translation";
    if let Some(span) = reading::outside_entries(table, scope, codes::POLICY_UNREAD, marks) {
        out.extend(Family::ALL.map(|family| unknown(span, family, context.device)));
    }
    for entry in &table.entries {
        let scope = format!("central translation {}", entry.key.text);
        let unread = reading::entry(entry, &ENTRY, &scope, codes::POLICY_UNREAD, marks).is_some();
        if unread {
            out.extend(Family::ALL.map(|family| unknown(entry.span, family, context.device)));
        } else if used {
            out.extend(one(entry, &scope, context, marks));
        }
    }
    out
}

fn unknown(span: sekisho_diag::Span, family: Family, device: &Device) -> Central {
    let why = "unread central translation";
    Central {
        span,
        family,
        from: Ports::unknown(device, why),
        to: Ports::unknown(device, why),
        matches: Predicate::unknown(),
        nat: SourceNat::Unknown,
    }
}

fn one(entry: &Entry<'_>, scope: &str, context: &mut Context<'_>, marks: &mut Marks) -> Vec<Central> {
    let body = &entry.body;
    if flag(body, "status", Tri::Yes) == Tri::No {
        return Vec::new();
    }
    if ["nat46", "nat64"].iter().any(|s| flag(body, s, Tri::No) != Tri::No) {
        unsupported(context.poisons, marks, entry.span, "translation between IPv4 and IPv6");
    }
    let family = match body.value("type").map(|w| w.text.as_ref()) {
        None | Some("ipv4") => Family::V4,
        Some("ipv6") => Family::V6,
        Some(_) => {
            return Family::ALL.into_iter().map(|f| unknown(entry.span, f, context.device)).collect();
        }
    };
    let (from, to, pool) = match family {
        Family::V4 => ("orig-addr", "dst-addr", "nat-ippool"),
        Family::V6 => ("orig-addr6", "dst-addr6", "nat-ippool6"),
    };
    let mut addresses = |setting: &str| -> Found<AddressSet> {
        let all = if family == Family::V4 { &mut *context.v4 } else { &mut *context.v6 };
        let names = words(body, setting);
        let found: Vec<Rc<_>> = names.iter().map(|w| all.resolve(&w.text, w.span, marks)).collect();
        if found.is_empty() {
            let conditions = vec![format!("missing {setting}")];
            return Found { value: AddressSet::unknown(family), conditions, origins: Vec::new() };
        }
        merge(&found, family)
    };
    let source = field(&addresses(from).value, Field::Src, family);
    let destination = field(&addresses(to).value, Field::Dst, family);
    let mut matches = cube::and(&source, &destination, family);
    let status = flag(body, "status", Tri::Yes);
    let mut exact = status == Tri::Yes;
    match words(body, "protocol") {
        [] => {}
        [w] => match number::<u8>(&w.text) {
            Some(0) => {}
            Some(n) => {
                let here = Predicate::exact(vec![Cube::any().with(Field::Proto, FieldSet::one(n.into()))]);
                matches = cube::and(&matches, &here, family);
            }
            None => exact = false,
        },
        _ => exact = false,
    }
    // Ports: what they may match is not narrowed, so that nothing is missed.
    let ported = ["orig-port", "dst-port", "nat-port"];
    let set = |s: &&str| words(body, s).iter().any(|w| port_range(&w.text) != Some((0, 0)));
    exact &= !ported.iter().any(set);
    let pools: Vec<String> = words(body, pool).iter().map(|w| w.text.to_string()).collect();
    let nat = match (flag(body, "nat", Tri::Yes), pools.is_empty()) {
        (Tri::No, _) => SourceNat::None,
        (Tri::Yes, true) => SourceNat::Interface { keeps_ports: false },
        (Tri::Yes, false) => match family {
            Family::V4 => SourceNat::Pools { v4: pools, v6: Vec::new(), keeps_ports: false },
            Family::V6 => SourceNat::Pools { v4: Vec::new(), v6: pools, keeps_ports: false },
        },
        (Tri::Unknown, _) => SourceNat::Unknown,
    };
    let matches = if exact { matches } else { Predicate::at_most(matches.may) };
    let (device, index) = (context.device, context.index);
    vec![Central {
        span: entry.span,
        family,
        from: Ports::read(body, "srcintf", scope, device, index, marks),
        to: Ports::read(body, "dstintf", scope, device, index, marks),
        matches,
        nat,
    }]
}
