//! SD-WAN: its zones for the policies, its members as a choice of ways, its rules before the routes.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::{Coverage, Device, InterfaceId, Tri};

use super::{Scope, interface};
use crate::common::{Marks, PendingScope};
use crate::fortios::index::Zone;
use crate::fortios::tree::{Entry, Table};
use crate::fortios::{marks as state, value};

/// The zone of members that name none. Source: `FortiOS` CLI Reference, `config system sdwan`.
pub(super) const DEFAULT_ZONE: &str = "virtual-wan-link";

/// One member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub number: String,
    pub zone: String,
    pub interface: InterfaceId,
    /// Gateways, of both families.
    pub gateways: Vec<IpAddr>,
    pub span: Span,
}

/// One rule.
#[derive(Clone, Debug)]
pub(super) struct Rule<'t, 'a> {
    pub entry: &'t Entry<'a>,
    /// Numbers of members that it may choose; empty: any.
    pub members: Vec<String>,
}

/// The table of a domain.
#[derive(Clone, Debug, Default)]
pub(super) struct Sdwan<'t, 'a> {
    pub members: Vec<Member>,
    pub zones: Vec<(String, Zone)>,
    pub rules: Vec<Rule<'t, 'a>>,
    /// Measurements may take routes away.
    pub measured: bool,
}

/// Settings of members that are read or harmless, of rules, and of the table itself.
const MEMBER_HARMLESS: &[&str] = &[
    "comment",
    "cost",
    "ingress-spillover-threshold",
    "preferred-source",
    "priority",
    "priority-in-sla",
    "priority-out-sla",
    "source",
    "source6",
    "spillover-threshold",
    "transport-group",
    "volume-ratio",
    "weight",
    "seq-num",
];
const TABLE_HARMLESS: &[&str] = &[
    "app-perf-log-period",
    "duplication-max-discrepancy",
    "duplication-max-num",
    "fail-detect",
    "fail-alert-interfaces",
    "load-balance-mode",
    "neighbor-hold-boot-time",
    "neighbor-hold-down",
    "neighbor-hold-down-time",
    "speedtest-bypass-routing",
];

/// Reads `config system sdwan`, `config system virtual-wan-link`.
pub(super) fn read<'t, 'a>(scope: &Scope<'t, 'a>, device: &mut Device, marks: &mut Marks) -> Sdwan<'t, 'a> {
    let mut out = Sdwan::default();
    let mut default_span = None;
    for path in ["system sdwan", "system virtual-wan-link"] {
        for table in scope.tables(path) {
            default_span.get_or_insert(table.span);
            read_table(table, scope, &mut out, device, marks);
        }
    }
    // SOUNDNESS: policies that name the zone show that it has members; the file lacks them.
    let named = scope.used.get(DEFAULT_ZONE).copied();
    if let (None, Some(span)) = (default_span, named) {
        let why = "SD-WAN whose members are not in the file";
        state::unsupported(marks, [], span, PendingScope::Device, why);
    }
    let default_span = default_span.or(named);
    if let Some(span) = default_span
        && out.zones.iter().all(|(name, _)| name != DEFAULT_ZONE)
    {
        out.zones.push((DEFAULT_ZONE.to_owned(), new_zone(span)));
    }
    for member in &out.members {
        match out.zones.iter_mut().find(|(name, _)| *name == member.zone) {
            Some((_, zone)) => zone.members.push(member.interface),
            None => {
                let mut zone = new_zone(member.span);
                zone.members.push(member.interface);
                out.zones.push((member.zone.clone(), zone));
            }
        }
    }
    out
}

// SOUNDNESS: whether traffic between members of an SD-WAN zone needs a policy is not documented.
fn new_zone(span: Span) -> Zone {
    Zone { members: Vec::new(), intrazone: Tri::Unknown, span, open: false }
}

fn read_table<'t, 'a>(
    table: &'t Table<'a>,
    scope: &Scope<'t, 'a>,
    out: &mut Sdwan<'t, 'a>,
    device: &mut Device,
    marks: &mut Marks,
) {
    state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    for setting in &table.body.settings {
        let name = setting.name.text.as_ref();
        if TABLE_HARMLESS.contains(&name) {
            state::ignored(marks, setting);
        } else if name == "status" && value::switch(setting).is_some() {
            state::modeled(marks, setting);
        } else {
            let lines = setting.lines.0..=setting.lines.1;
            state::unrecognized(marks, lines, setting.span, PendingScope::Device);
        }
    }
    for entry in &table.entries {
        state::unrecognized(marks, entry.all_lines(), entry.span, PendingScope::Device);
    }
    // SOUNDNESS: whether policies see the zones of members that are switched off is not documented.
    let on = table.body.get("status").is_some_and(|s| value::switch(s) == Some(true));
    if !on && table.body.table("members").is_some_and(|t| !t.entries.is_empty()) {
        let why = "members of an SD-WAN that is switched off";
        state::unsupported(marks, [], table.span, PendingScope::Device, why);
    }
    for inner in &table.body.tables {
        match inner.path.as_str() {
            "members" => {
                state::lines(marks, inner.own_lines.iter().copied(), Coverage::Modeled, None);
                for entry in &inner.entries {
                    out.members.extend(member(entry, scope, device, marks));
                }
            }
            "zone" => {
                state::table(marks, inner, Coverage::Modeled, None);
                for entry in &inner.entries {
                    out.zones.push((entry.key.text.to_string(), new_zone(entry.span)));
                }
            }
            "service" => {
                state::table(marks, inner, Coverage::Approximated, Some("SD-WAN"));
                out.rules.extend(inner.entries.iter().map(rule));
            }
            "health-check" => {
                out.measured |= !inner.entries.is_empty();
                state::table(marks, inner, Coverage::Approximated, Some("SD-WAN"));
            }
            // Copies of packets, neighbours of BGP whose routes are unknown in any case.
            "duplication" | "neighbor" | "health-check-fortiguard" => {
                state::table(marks, inner, Coverage::Approximated, Some("SD-WAN"));
            }
            _ => state::unrecognized(marks, inner.all_lines(), inner.span, PendingScope::Device),
        }
    }
}

fn rule<'t, 'a>(entry: &'t Entry<'a>) -> Rule<'t, 'a> {
    let mut members = Vec::new();
    for name in ["priority-members", "members", "dst-members", "priority-member"] {
        members
            .extend(entry.body.get(name).map_or(&[][..], |s| &s.values).iter().map(|w| w.text.to_string()));
    }
    Rule { entry, members }
}

fn member(
    entry: &Entry<'_>,
    scope: &Scope<'_, '_>,
    device: &mut Device,
    marks: &mut Marks,
) -> Option<Member> {
    state::lines(marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
    let mut gateways = Vec::new();
    for setting in &entry.body.settings {
        let name = setting.name.text.as_ref();
        let lines = setting.lines.0..=setting.lines.1;
        match name {
            "interface" | "zone" => state::modeled(marks, setting),
            "status" if value::switch(setting) == Some(true) => state::modeled(marks, setting),
            "status" => {
                let why = "member of SD-WAN that is switched off";
                state::unsupported(marks, lines, setting.span, PendingScope::Device, why);
            }
            "gateway" | "gateway6" => match value::word(setting).and_then(|w| w.parse::<IpAddr>().ok()) {
                Some(addr) => {
                    state::modeled(marks, setting);
                    if !addr.is_unspecified() {
                        gateways.push(addr);
                    }
                }
                None => state::unrecognized(marks, lines, setting.span, PendingScope::Device),
            },
            _ if MEMBER_HARMLESS.contains(&name) => state::ignored(marks, setting),
            _ => state::unrecognized(marks, lines, setting.span, PendingScope::Device),
        }
    }
    for table in &entry.body.tables {
        state::unrecognized(marks, table.all_lines(), table.span, PendingScope::Device);
    }
    let word = entry.body.value("interface")?;
    let interface = interface::named(scope, device, marks, &word.text, word.span);
    let zone = entry.body.value("zone").map_or(DEFAULT_ZONE, |w| w.text.as_ref()).to_owned();
    Some(Member { number: entry.key.text.to_string(), zone, interface, gateways, span: entry.span })
}
