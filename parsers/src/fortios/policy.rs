//! Policies and translation: tables of policies become lists between pairs of interfaces.
//!
//! Order of a first packet: interface policies and access control lists (drop only), destination
//! translation, policy routes and routes, policies by pair of interfaces in file order, pass within a zone,
//! implicit deny, source translation. Source: FortiOS 6.4 Administration Guide, "Life of a packet".
//!
//! | what | how |
//! |---|---|
//! | `firewall policy`, `policy6`, `consolidated policy` | modelled |
//! | users, devices, tags, applications, Internet services, schedules | may match, never must |
//! | `multicast-policy` | may pass |
//! | `interface-policy`, `DoS-policy`, `acl`, `ttl-policy`, `ipmacbinding` | may drop |
//! | `local-in-policy` | recorded; local delivery is never restricted |
//! | `security-policy`, `proxy-policy`, policies between the families, policy-based IPsec | unsupported |

mod central;
mod destination;
mod others;
mod pairs;
mod ports;
mod rule;
mod source;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{Action, Alternative, Assumption, Device, NamedSet, Predicate, Tri};
use sekisho_net::{Cube, Family, Field};

use self::pairs::Gates;
use self::rule::{Context, Rule, Table};
use self::source::Sources;
use super::codes_policy as codes;
use super::index::InterfaceIndex;
use super::objects::address::{self, Addresses};
use super::objects::pool::pools;
use super::objects::reading::{self, Vocabulary, flag, words};
use super::objects::service::{Services, services};
use super::objects::vip::{self, unsupported, vips};
use super::tree::Vdom;
use super::version::Version;
use crate::common::Marks;

/// Tables that are read here, the ledger of their lines included.
const OWN: &[&str] = &[
    "firewall address",
    "firewall address6",
    "firewall addrgrp",
    "firewall addrgrp6",
    "firewall multicast-address",
    "firewall multicast-address6",
    "firewall service custom",
    "firewall service group",
    "firewall schedule recurring",
    "firewall schedule onetime",
    "firewall schedule group",
    "firewall vip",
    "firewall vip6",
    "firewall vipgrp",
    "firewall vipgrp6",
    "firewall vip46",
    "firewall vip64",
    "firewall vipgrp46",
    "firewall vipgrp64",
    "firewall policy46",
    "firewall policy64",
    "firewall nat64",
    "firewall nat46",
    "firewall ippool",
    "firewall ippool6",
    "firewall policy",
    "firewall policy6",
    "firewall consolidated policy",
    "firewall central-snat-map",
    "firewall multicast-policy",
    "firewall multicast-policy6",
    "firewall interface-policy",
    "firewall interface-policy6",
    "firewall acl",
    "firewall acl6",
    "firewall DoS-policy",
    "firewall DoS-policy6",
    "firewall ttl-policy",
    "firewall ipmacbinding setting",
    "firewall ipmacbinding table",
    "firewall local-in-policy",
    "firewall local-in-policy6",
    "firewall security-policy",
    "firewall proxy-policy",
];

/// Whether [`lower`] reads a table of a virtual domain and marks its lines.
pub(crate) fn owns(path: &str) -> bool {
    OWN.contains(&path)
}

/// Adds lists, translation and everything else that policies say to a device whose interfaces, zones and
/// ingress contexts stand, policy routes included.
pub(crate) fn lower(
    vdom: &Vdom<'_, '_>,
    (version, answers): (Option<Version>, &crate::Answers),
    device: &mut Device,
    index: &InterfaceIndex,
    marks: &mut Marks,
) {
    let match_vip = answered(match_vip_default(version), MATCH_VIP, answers);
    let mut poisons = Vec::new();
    let mut v4 = address::unicast(vdom, device, Family::V4, marks);
    let mut v6 = address::unicast(vdom, device, Family::V6, marks);
    let mut services = services(vdom, marks);
    let pools = Family::ALL.map(|family| pools(vdom, family, marks));
    let always = schedules(vdom, marks);
    let central = setting(vdom, "central-nat", Tri::No);
    let mut reading = vip::Context { index, services: &mut services, poisons: &mut poisons };
    let vips = vips(vdom, &mut reading, marks);
    let mut context = Context {
        device,
        index,
        v4: &mut v4,
        v6: &mut v6,
        services: &mut services,
        vips: &vips,
        poisons: &mut poisons,
        referenced: BTreeSet::new(),
        always,
        central: central != Tri::No,
        match_vip,
    };
    unmodelled(vdom, &vips, &pools, &mut context, marks);
    let multicast = others::multicast(vdom, &mut context, marks);
    let (mut rules, span) = tables(vdom, &mut context, marks);
    rules.splice(0..0, multicast);
    let table = vdom.table("firewall central-snat-map");
    let entries = central::entries(table, context.central, &mut context, marks);
    note_match_vip(&rules, &context, marks);
    // Without virtual addresses the question changes nothing.
    let asks = match_vip_default(version) == Tri::Unknown && !context.central && !vips.all.is_empty();
    let deny = rules.iter().find(|r| r.action == Action::Deny).map(|r| r.span);
    let mut open: Vec<Alternative> = Vec::new();
    open.extend(deny.filter(|_| asks).map(|span| Alternative { name: MATCH_VIP, span: Some(span) }));
    let referenced = std::mem::take(&mut context.referenced);
    let sources = Sources {
        pools,
        central: (central != Tri::No).then_some(entries),
        backwards: source::backwards(&vips),
    };
    let redirects = ["allow-traffic-redirect", "ipv6-allow-traffic-redirect"]
        .map(|name| setting(vdom, name, answered(redirect_default(version), REDIRECT, answers)));
    if redirect_default(version) == Tri::Unknown {
        open.push(Alternative { name: REDIRECT, span });
    }
    let gates = Gates { rules: &rules, sources: &sources, index, redirects, span };
    pairs::bind(&gates, device);
    destination::bind(&vips, &referenced, central != Tri::No, device);
    others::drops(vdom, index, device, marks);
    others::local(vdom, device, marks);
    source::answer_for_others(device, &vips, &sources.pools);
    sets(&mut v4, &mut v6, &mut services, device, marks);
    assume(&services, device, marks);
    device.poisons.extend(poisons);
    device.alternatives.extend(open);
}

/// Whether denies stop packets to virtual addresses where neither the policy nor the release says.
const MATCH_VIP: &str = "match-vip-default";
/// Whether a packet may leave by the interface by which it came, where neither a setting nor the release says.
const REDIRECT: &str = "traffic-redirect-default";

/// A default with the answer to the question that it leaves open, if one is given.
fn answered(default: Tri, name: &str, answers: &crate::Answers) -> Tri {
    match answers.get(name) {
        Some(true) if default == Tri::Unknown => Tri::Yes,
        Some(false) if default == Tri::Unknown => Tri::No,
        _ => default,
    }
}

/// A switch of the virtual domain or, as releases differ, of the whole box.
fn setting(vdom: &Vdom<'_, '_>, name: &str, default: Tri) -> Tri {
    let own = vdom.table("system settings").map(|t| &t.body);
    let global = vdom.global_table("system global").map(|t| &t.body);
    let found = own.into_iter().chain(global).find(|b| b.get(name).is_some());
    found.map_or(default, |b| flag(b, name, Tri::Unknown))
}

/// Whether denies stop packets to virtual addresses where the policy does not say.
/// Source: FortiOS 7.2 release notes and Technical Tip 94794; 7.2.3 and 7.2.4 are both named.
fn match_vip_default(version: Option<Version>) -> Tri {
    match version {
        None => Tri::Unknown,
        Some(v) if v < Version::new(7, 2, 3) => Tri::No,
        Some(v) if v < Version::new(7, 2, 4) => Tri::Unknown,
        Some(_) => Tri::Yes,
    }
}

/// Whether a packet may leave by the interface by which it came without a policy.
fn redirect_default(version: Option<Version>) -> Tri {
    let Some(version) = version else { return Tri::Unknown };
    let later = version >= Version::new(8, 0, 0)
        || (version.major, version.minor) == (7, 6) && version.patch >= 5
        || (version.major, version.minor) == (7, 4) && version.patch >= 10;
    if later { Tri::No } else { Tri::Yes }
}

const SCHEDULE: Vocabulary = Vocabulary {
    modelled: &["day", "start", "end", "start-utc", "end-utc", "member", "label-day"],
    harmless: &[
        "uuid",
        "color",
        "comment",
        "expiration-days",
        "fabric-object",
        "fabric-force-sync",
        "fabric-object-source",
        "global-object",
    ],
    tables: &[],
    harmless_tables: &[],
};

/// Whether the schedule `always` is what its name says. All others may hold or not.
fn schedules(vdom: &Vdom<'_, '_>, marks: &mut Marks) -> bool {
    let mut always = true;
    for kind in ["recurring", "onetime", "group"] {
        let Some(table) = vdom.table(&format!("firewall schedule {kind}")) else { continue };
        always &= reading::outside_entries(table, "every schedule", codes::OBJECT_UNREAD, marks).is_none();
        for entry in &table.entries {
            let scope = format!("schedule {}", entry.key.text);
            let unread = reading::entry(entry, &SCHEDULE, &scope, codes::OBJECT_UNREAD, marks);
            if entry.key.text == "always" {
                let days: BTreeSet<&str> = words(&entry.body, "day")
                    .iter()
                    .map(|w| w.text.as_ref())
                    .filter(|d| *d != "none")
                    .collect();
                let midnight = |name: &str| {
                    entry.body.value(name).is_none_or(|w| w.text.bytes().all(|b| b == b'0' || b == b':'))
                };
                let whole = days.len() == 7 && midnight("start") && midnight("end");
                always &= unread.is_none() && kind == "recurring" && whole;
            }
        }
    }
    always
}

/// Tables that the model does not have, and lines from which nothing can be told.
fn unmodelled(
    vdom: &Vdom<'_, '_>,
    vips: &vip::Vips,
    pools: &[super::objects::pool::Pools; 2],
    context: &mut Context<'_>,
    marks: &mut Marks,
) {
    if let Some(span) = vips.all.first().map(|v| v.span).filter(|_| vips.unread) {
        unsupported(context.poisons, marks, span, "unread line among the virtual addresses");
    } else if vips.unread
        && let Some(table) = vdom.table("firewall vip").or_else(|| vdom.table("firewall vip6"))
    {
        unsupported(context.poisons, marks, table.span, "unread line among the virtual addresses");
    }
    for pool in pools.iter().flat_map(|p| p.map.values()).filter(|p| p.open) {
        unsupported(context.poisons, marks, pool.span, "translation that lets anybody in");
    }
    for path in ["firewall security-policy", "firewall proxy-policy"] {
        let Some(table) = vdom.table(path) else { continue };
        let unread = reading::outside_entries(table, "the device", codes::POLICY_UNREAD, marks).is_some();
        if unread || !table.entries.is_empty() {
            for entry in &table.entries {
                let state = sekisho_model::Coverage::Unsupported;
                super::marks::entry(marks, entry, state, Some("device"));
            }
            let why =
                if path.ends_with("proxy-policy") { "proxy policies" } else { "policies by application" };
            unsupported(context.poisons, marks, table.span, why);
        }
    }
}

/// All policies in order, and the line of their table.
fn tables(vdom: &Vdom<'_, '_>, context: &mut Context<'_>, marks: &mut Marks) -> (Vec<Rule>, Option<Span>) {
    let kinds = [
        ("firewall policy", Table::Both),
        ("firewall consolidated policy", Table::Consolidated),
        ("firewall policy6", Table::Six),
    ];
    let (mut rules, mut span) = (Vec::new(), None);
    let mut holders: [Option<Span>; 2] = [None; 2];
    for (path, kind) in kinds {
        let Some(table) = vdom.table(path) else { continue };
        span.get_or_insert(table.span);
        let mut here = Vec::new();
        let scope = "every policy";
        if let Some(at) = reading::outside_entries(table, scope, codes::POLICY_UNREAD, marks) {
            here.push(Rule::unknown(at, context.device, "unread line among the policies"));
        }
        here.extend(table.entries.iter().filter_map(|entry| rule::rule(entry, kind, context, marks)));
        for (slot, family) in holders.iter_mut().zip(Family::ALL) {
            if here.iter().any(|r| !r.matches(family).may.is_empty()) {
                // SOUNDNESS: which of two tables is in use depends on the release.
                if slot.is_some() {
                    let why = "policies of one family in two tables";
                    unsupported(context.poisons, marks, table.span, why);
                }
                slot.get_or_insert(table.span);
            }
        }
        rules.extend(here);
    }
    (rules, span)
}

fn note_match_vip(rules: &[Rule], context: &Context<'_>, marks: &mut Marks) {
    let matters = !context.central && !context.vips.all.is_empty() && context.match_vip == Tri::Unknown;
    let deny = rules.iter().find(|r| r.action == Action::Deny);
    if let Some(deny) = deny.filter(|_| matters) {
        let message = "whether denies stop packets to virtual addresses depends on the release, which the \
                       file does not say";
        marks.push(
            Diagnostic::new(codes::MATCH_VIP_UNKNOWN, Severity::Info, message, deny.span)
                .with_help("keep the first line of the backup (#config-version=), or set match-vip"),
        );
    }
}

/// Addresses and services by themselves.
fn sets(
    v4: &mut Addresses,
    v6: &mut Addresses,
    services: &mut Services,
    device: &mut Device,
    marks: &mut Marks,
) {
    for (family, all) in Family::ALL.into_iter().zip([v4, v6]) {
        for name in all.names() {
            let Some(span) = all.span(&name) else { continue };
            let found = all.resolve(&name, span, marks);
            let either = [Field::Src, Field::Dst].map(|f| rule::field(&found.value, f, family));
            let matches = crate::common::cube::or(&either);
            let conditions = found.conditions.clone();
            device.sets.push(NamedSet { name, family, matches, span, conditions });
        }
    }
    for name in services.names() {
        let Some(span) = services.span(&name) else { continue };
        let found = services.resolve(&name, span, marks);
        for family in Family::ALL {
            let matches = found.value.of(family).clone();
            let mut conditions = found.conditions.clone();
            if conditions.is_empty() && !matches.is_exact() {
                conditions.push("fragments".to_owned());
            }
            device.sets.push(NamedSet { name: name.clone(), family, matches, span, conditions });
        }
    }
}

/// Factory services that the export lacks.
fn assume(services: &Services, device: &mut Device, marks: &mut Marks) {
    for (name, span) in &services.assumed {
        let message = format!("service `{name}` is not in the file: taken as the vendor ships it");
        marks.push(
            Diagnostic::new(codes::SERVICE_FACTORY, Severity::Info, message, *span)
                .with_help("export the whole configuration (show full-configuration)"),
        );
        device.assumptions.push(Assumption {
            id: "fortios-factory-services",
            text: format!("service {name} is as the vendor ships it"),
            span: Some(*span),
        });
    }
}

/// Every packet of nothing: what a rule of the other family matches.
fn nothing() -> Predicate {
    Predicate::exact(Vec::<Cube>::new())
}
