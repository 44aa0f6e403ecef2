//! Policies beside the table of policies: multicast, drop-only ones, those of the device itself.

use std::rc::Rc;

use sekisho_diag::Span;
use sekisho_model::{Action, Coverage, Device, ManagementAccess, Predicate, Stage, Tri};
use sekisho_net::{Cube, Family, Field, FieldSet};

use super::nothing;
use super::ports::Ports;
use super::rule::{Context, Rule, SourceNat, field};
use super::setting;
use crate::common::{Marks, cube};
use crate::fortios::codes_policy as codes;
use crate::fortios::index::InterfaceIndex;
use crate::fortios::marks as states;
use crate::fortios::objects::address;
use crate::fortios::objects::catalogue::{Found, merge};
use crate::fortios::objects::reading::{self, Vocabulary, flag, number, words};
use crate::fortios::objects::values::AddressSet;
use crate::fortios::objects::vip::unsupported;
use crate::fortios::tree::{Body, Entry, Vdom};

const MULTICAST: Vocabulary = Vocabulary {
    modelled: &[
        "srcintf",
        "dstintf",
        "srcaddr",
        "dstaddr",
        "action",
        "status",
        "protocol",
        "start-port",
        "end-port",
        "snat",
        "snat-ip",
        "dnat",
    ],
    harmless: &[
        "uuid",
        "id",
        "name",
        "comments",
        "logtraffic",
        "utm-status",
        "ips-sensor",
        "auto-asic-offload",
        "traffic-shaper",
        "custom-tags",
    ],
    tables: &[],
    harmless_tables: &[],
};

fn multicast_range(family: Family) -> (u128, u128) {
    match family {
        Family::V4 => (0xe000_0000, 0xefff_ffff),
        Family::V6 => (0xff << 120, u128::MAX),
    }
}

/// Multicast that may pass; packets to groups meet no other policy. What is refused is not modelled.
///
/// SOUNDNESS: a permit may match, none must, and denies match nothing.
pub(super) fn multicast(vdom: &Vdom<'_, '_>, context: &mut Context<'_>, marks: &mut Marks) -> Vec<Rule> {
    let mut out = Vec::new();
    let group = |family| {
        let (lo, hi) = multicast_range(family);
        Predicate::at_most(vec![Cube::any().with(Field::Dst, FieldSet::range(lo, hi))])
    };
    if setting(vdom, "multicast-skip-policy", Tri::No).possible() {
        let line = vdom.table("system settings").and_then(|t| t.body.get("multicast-skip-policy"));
        let span = line.map(|s| s.span);
        out.extend(span.map(|s| any_multicast(s, "multicast without policies", context, group)));
    }
    for (family, path) in
        [(Family::V4, "firewall multicast-policy"), (Family::V6, "firewall multicast-policy6")]
    {
        let Some(table) = vdom.table(path) else { continue };
        let scope = "every multicast policy";
        if let Some(span) = reading::outside_entries(table, scope, codes::POLICY_UNREAD, marks) {
            out.push(any_multicast(span, "unread line among the multicast policies", context, group));
        }
        let mut groups = address::multicast(vdom, context.device, family, marks);
        for entry in &table.entries {
            let scope = format!("multicast policy {}", entry.key.text);
            let unread = reading::entry(entry, &MULTICAST, &scope, codes::POLICY_UNREAD, marks).is_some();
            if unread {
                let why = format!("unread line of {scope}");
                out.push(any_multicast(entry.span, &why, context, group));
                continue;
            }
            let body = &entry.body;
            let off = flag(body, "status", Tri::Yes) == Tri::No;
            if off || body.value("action").is_some_and(|w| w.text == "deny") {
                continue;
            }
            if !words(body, "dnat").is_empty() && body.value("dnat").is_some_and(|w| w.text != "0.0.0.0") {
                unsupported(context.poisons, marks, entry.span, "translation of multicast destinations");
            }
            out.push(one(entry, &scope, family, group(family), &mut groups, context, marks));
        }
    }
    if out.is_empty() {
        // Objects without a policy: their lines still need a state.
        for family in Family::ALL {
            if vdom
                .table(if family == Family::V4 {
                    "firewall multicast-policy"
                } else {
                    "firewall multicast-policy6"
                })
                .is_none()
            {
                address::multicast(vdom, context.device, family, marks);
            }
        }
    }
    out
}

fn any_multicast(span: Span, why: &str, context: &Context<'_>, group: impl Fn(Family) -> Predicate) -> Rule {
    let mut rule = Rule::unknown(span, context.device, why);
    rule.action = Action::Permit;
    rule.v4 = group(Family::V4);
    rule.v6 = group(Family::V6);
    rule
}

fn one(
    entry: &Entry<'_>,
    scope: &str,
    family: Family,
    group: Predicate,
    groups: &mut address::Addresses,
    context: &mut Context<'_>,
    marks: &mut Marks,
) -> Rule {
    let body = &entry.body;
    let sources = if family == Family::V4 { &mut *context.v4 } else { &mut *context.v6 };
    let source = addresses(body, "srcaddr", sources, family, marks);
    let destination = addresses(body, "dstaddr", groups, family, marks);
    let mut matches = cube::and(&group, &field(&source.value, Field::Src, family), family);
    matches = cube::and(&matches, &field(&destination.value, Field::Dst, family), family);
    if let Some(protocol) = body.value("protocol").and_then(|w| number::<u8>(&w.text)).filter(|n| *n != 0) {
        let here = Predicate::exact(vec![Cube::any().with(Field::Proto, FieldSet::one(protocol.into()))]);
        matches = cube::and(&matches, &here, family);
    }
    let matches = Predicate::at_most(matches.may);
    let (v4, v6) = if family == Family::V4 { (matches, nothing()) } else { (nothing(), matches) };
    let translated = flag(body, "snat", Tri::No).possible();
    Rule {
        span: entry.span,
        action: Action::Permit,
        v4,
        v6,
        conditions: vec!["multicast routing".to_owned()],
        origins: source.origins.into_iter().chain(destination.origins).collect(),
        from: Ports::read(body, "srcintf", scope, context.device, context.index, marks),
        to: Ports::read(body, "dstintf", scope, context.device, context.index, marks),
        nat: if translated { SourceNat::Unknown } else { SourceNat::None },
    }
}

fn addresses(
    body: &Body<'_>,
    setting: &str,
    all: &mut address::Addresses,
    family: Family,
    marks: &mut Marks,
) -> Found<AddressSet> {
    let names = words(body, setting);
    let found: Vec<Rc<_>> = names.iter().map(|w| all.resolve(&w.text, w.span, marks)).collect();
    if found.is_empty() {
        return Found { value: AddressSet::unknown(family), conditions: Vec::new(), origins: Vec::new() };
    }
    merge(&found, family)
}

/// Tables that can only drop, and what a report calls them.
const DROPS: &[(&str, &str)] = &[
    ("firewall interface-policy", "interface policy"),
    ("firewall interface-policy6", "interface policy"),
    ("firewall acl", "access control list"),
    ("firewall acl6", "access control list"),
    ("firewall DoS-policy", "DoS policy"),
    ("firewall DoS-policy6", "DoS policy"),
    ("firewall ttl-policy", "TTL policy"),
    ("firewall ipmacbinding setting", "IP and MAC binding"),
    ("firewall ipmacbinding table", "IP and MAC binding"),
];

/// Policies that may drop a packet on arrival and do nothing else.
pub(super) fn drops(vdom: &Vdom<'_, '_>, index: &InterfaceIndex, device: &mut Device, marks: &mut Marks) {
    for (path, what) in DROPS {
        let Some(table) = vdom.table(path) else { continue };
        states::table(marks, table, Coverage::Approximated, Some(what));
        let mut places: Vec<(Span, Option<Vec<usize>>)> = Vec::new();
        if !table.body.settings.is_empty() || !table.body.garbled.is_empty() {
            places.push((table.span, None));
        }
        for entry in &table.entries {
            let names = ["interface", "srcintf"].iter().flat_map(|s| words(&entry.body, s));
            let ids: Option<Vec<_>> = names.map(|w| index.resolve(&w.text)).collect();
            let ids = ids.map(|all| all.into_iter().flatten().map(|i| i.0 as usize).collect::<Vec<_>>());
            places.push((entry.span, ids.filter(|all| !all.is_empty() && entry.body.garbled.is_empty())));
        }
        for (span, ids) in places {
            for (at, interface) in device.interfaces.iter_mut().enumerate() {
                if ids.as_ref().is_none_or(|all| all.contains(&at)) {
                    interface.ingress.insert(0, Stage::MayDrop { span, why: (*what).to_owned() });
                }
            }
        }
    }
}

/// Policies for packets to the device itself: recorded, never a restriction.
pub(super) fn local(vdom: &Vdom<'_, '_>, device: &mut Device, marks: &mut Marks) {
    for path in ["firewall local-in-policy", "firewall local-in-policy6"] {
        let Some(table) = vdom.table(path) else { continue };
        states::table(marks, table, Coverage::Approximated, Some("local delivery"));
        for entry in &table.entries {
            let service = format!("local-in policy {}", entry.key.text);
            device.management.push(ManagementAccess { service, list: None, span: entry.span });
        }
    }
}
