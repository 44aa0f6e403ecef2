//! Routing processes: their routes are not computed, so a block says only which tables may hold
//! routes that the configuration does not show.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use sekisho_diag::Span;
use sekisho_model::Coverage;
use sekisho_net::Family;

use super::word::{Res, kw, kws, negated, whole, word};
use super::{looks_top_level, mark_tree, unread};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::ast::route::Process;

/// First words of the lines of routing processes.
///
/// Source: Cisco IOS IP Routing command references for OSPF, BGP, EIGRP, RIP and IS-IS.
const WORDS: &[&str] = &[
    "address-family",
    "adjacency-check",
    "advertise",
    "advertise-map",
    "af-interface",
    "aggregate-address",
    "always-compare-med",
    "area",
    "authentication",
    "auto-cost",
    "auto-summary",
    "bandwidth",
    "bfd",
    "bgp",
    "capability",
    "compatible",
    "default",
    "default-information",
    "default-metric",
    "default-originate",
    "description",
    "discard-route",
    "distance",
    "distribute-list",
    "domain-id",
    "domain-password",
    "domain-tag",
    "dead-interval",
    "eigrp",
    "event-log-size",
    "exit",
    "exit-address-family",
    "exit-af-interface",
    "exit-af-topology",
    "exit-peer-policy",
    "exit-peer-session",
    "exit-service-family",
    "fast-flood",
    "fast-reroute",
    "flash-update-threshold",
    "graceful-restart",
    "hello",
    "hello-interval",
    "hello-padding",
    "help",
    "hold-time",
    "hostname",
    "ignore",
    "import",
    "inherit",
    "input-queue",
    "interface-id",
    "is-type",
    "ispf",
    "isis",
    "limit",
    "log-adj-changes",
    "log-adjacency-changes",
    "log-neighbor-changes",
    "log-neighbor-warnings",
    "lsp-full",
    "lsp-gen-interval",
    "lsp-mtu",
    "lsp-password",
    "lsp-refresh-interval",
    "manual",
    "match",
    "max-area-addresses",
    "max-lsa",
    "max-lsp-lifetime",
    "max-metric",
    "maximum-paths",
    "maximum-prefix",
    "metric",
    "metric-style",
    "microloop",
    "mode",
    "mpls",
    "multi-topology",
    "neighbor",
    "net",
    "network",
    "next-hop-self",
    "nsf",
    "nsr",
    "nsap",
    "offset-list",
    "ospfv3",
    "output-delay",
    "partition",
    "passive-interface",
    "poison-reverse",
    "prc-interval",
    "prefix-suppression",
    "priority",
    "process-min-time",
    "protocol",
    "queue-depth",
    "redistribute",
    "redistribute-internal",
    "refresh",
    "rfc1583",
    "route-map",
    "route-target",
    "router-id",
    "scope",
    "segment-routing",
    "sentinel",
    "service-family",
    "set-attached-bit",
    "set-overload-bit",
    "send-lifetime",
    "shutdown",
    "snmp",
    "soo",
    "spf-interval",
    "split-horizon",
    "stub",
    "stub-site",
    "summary-address",
    "summary-metric",
    "summary-prefix",
    "synchronization",
    "table-map",
    "template",
    "timers",
    "topology",
    "traffic-share",
    "triggered",
    "ttl-security",
    "update-source",
    "use",
    "validate-update-source",
    "variance",
    "vendor-specific",
    "version",
    "vrf",
    "weight",
    "additional-paths",
    "capability-vrf-lite",
    "local-as",
    "remote-as",
    "send-community",
    "ebgp-multihop",
    "password",
    "prefix-list",
    "filter-list",
    "allowas-in",
    "as-override",
    "activate",
    "soft-reconfiguration",
    "slow-peer",
    "unsuppress-map",
    "maximum-route",
    "fall-over",
    "disable-connected-check",
    "dmzlink-bw",
    "transport",
    "translate-update",
    "route-reflector-client",
    "ha-mode",
    "remove-private-as",
    "advertisement-interval",
    "capability-negotiation",
    "exit-sf-interface",
    "sf-interface",
    "summary",
    "default-router",
];

/// A process of several families starts with IPv4; its `address-family` lines and the interfaces' lines
/// add IPv6.
///
/// `opening = "router" protocol [instance] ["vrf" name] / "ipv6 router" protocol [instance] ["vrf" name]`
fn opening(input: &str) -> Res<'_, (Vec<Family>, Option<String>)> {
    let v4 = || vec![Family::V4];
    let v6 = || vec![Family::V6];
    let both = || Family::ALL.to_vec();
    let vrf = || opt(map((kw("vrf"), word), |(_, v)| v.to_owned()));
    alt((
        map((kws("router ospf"), word, vrf()), move |((), _, v)| (v4(), v)),
        map((kws("router ospfv3"), word), move |_| (both(), None)),
        map((kws("router bgp"), word), move |_| (v4(), None)),
        map((kws("router eigrp"), word), move |_| (v4(), None)),
        map(kws("router rip"), move |()| (v4(), None)),
        map((kws("router isis"), opt(word)), move |_| (v4(), None)),
        map(kws("router odr"), move |()| (v4(), None)),
        map((kws("router egp"), word), move |_| (v4(), None)),
        map((kws("router igrp"), word), move |_| (v4(), None)),
        map((kws("ipv6 router ospf"), word, vrf()), move |((), _, v)| (v6(), v)),
        map((kws("ipv6 router rip"), word, vrf()), move |((), _, v)| (v6(), v)),
        map((kws("ipv6 router eigrp"), word), move |_| (v6(), None)),
        map((kws("ipv6 router isis"), opt(word)), move |_| (v6(), None)),
    ))
    .parse(input)
}

/// Tables of an `address-family` line.
enum Table {
    /// One family, in the global table or a VRF.
    One(Vec<Family>, Option<String>),
    /// VPN routes: every VRF.
    Vpn(Family),
    /// No IP routes.
    Other,
}

/// `address-family = "address-family" ("ipv4" / "ipv6" / "vpnv4" / "vpnv6" / "l2vpn" ...) *word`
fn address_family(input: &str) -> Res<'_, Table> {
    let (rest, _) = kw("address-family").parse(input)?;
    let (rest, kind) = word(rest)?;
    let mut words = rest.split_whitespace();
    let vrf = words.find(|w| w.eq_ignore_ascii_case("vrf")).and_then(|_| words.next()).map(str::to_owned);
    let table = match kind.to_ascii_lowercase().as_str() {
        "ipv4" => Table::One(vec![Family::V4], vrf),
        "ipv6" => Table::One(vec![Family::V6], vrf),
        "vpnv4" => Table::Vpn(Family::V4),
        "vpnv6" => Table::Vpn(Family::V6),
        "l2vpn" | "nsap" | "rtfilter" | "link-state" => Table::Other,
        // A family that is not known here may concern any table.
        _ => return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag))),
    };
    Ok(("", table))
}

/// Reads a routing process; true when the line opens one.
pub(crate) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let text = block.line.trimmed();
    let Some((families, vrf)) = whole(opening, text) else { return other_process(block, text, marks) };
    let scope = scope_words(&families, vrf.as_deref());
    marks.approximated(&block.line, scope.clone());
    let span = block.line.span();
    for &family in &families {
        config.processes.push(Process { vrf: vrf.clone(), every_vrf: false, family, span });
    }
    let mut processes = Vec::new();
    for child in &block.children {
        mark_tree(child, marks, |line, marks| read_line(line, &scope, &mut processes, marks));
    }
    config.processes.append(&mut processes);
    true
}

/// Processes that build tunnels or that are not known.
fn other_process(block: &Block<'_>, text: &str, marks: &mut Marks) -> bool {
    let unknown = |input| (kws("router"), word, nom::combinator::rest).parse(input);
    if whole(unknown, text).is_none() {
        return false;
    }
    mark_tree(block, marks, |line, marks| {
        marks.unsupported(line, PendingScope::Device, "routing process of this kind");
    });
    true
}

fn read_line(line: &Line<'_>, scope: &str, processes: &mut Vec<Process>, marks: &mut Marks) {
    let text = line.trimmed();
    let (_, body) = negated(text);
    let span = line.span();
    let first = body.split_whitespace().next().unwrap_or_default();
    if looks_top_level(text) {
        unread(line, marks);
        return;
    }
    let mover =
        |input| value((), alt((kws("mpls ldp autoconfig"), kws("segment-routing mpls")))).parse(input);
    if body == text && mover(text).is_ok_and(|(_, ())| true) {
        marks.unsupported(line, PendingScope::Device, "MPLS");
        return;
    }
    match whole(address_family, text) {
        Some(Table::One(families, vrf)) => {
            marks.approximated(line, scope_words(&families, vrf.as_deref()));
            processes.extend(families.into_iter().map(|family| Process {
                vrf: vrf.clone(),
                every_vrf: false,
                family,
                span,
            }));
            return;
        }
        Some(Table::Vpn(family)) => {
            marks.approximated(line, format!("{} routes of every vrf", family.word()));
            processes.push(Process { vrf: None, every_vrf: true, family, span });
            return;
        }
        Some(Table::Other) => {
            marks.approximated(line, scope);
            return;
        }
        None => {}
    }
    if let Some(vrf) = whole(map((kw("vrf"), word), |(_, v)| v.to_owned()), text) {
        marks.approximated(line, format!("routes of vrf {vrf}"));
        processes.extend(Family::ALL.map(|family| Process {
            vrf: Some(vrf.clone()),
            every_vrf: false,
            family,
            span,
        }));
        return;
    }
    if !first.eq_ignore_ascii_case("address-family") && WORDS.iter().any(|w| w.eq_ignore_ascii_case(first)) {
        marks.approximated(line, scope);
        return;
    }
    // The mode reaches routes only, but which table is not known.
    any_table(line, span, processes, marks);
}

/// SOUNDNESS: a line that is not understood may be a damaged `address-family`: routes of every table.
fn any_table(line: &Line<'_>, span: Span, processes: &mut Vec<Process>, marks: &mut Marks) {
    marks.ledger.mark(line.number, Coverage::Unrecognized, Some("routes of every vrf".to_owned()));
    processes.extend(Family::ALL.map(|family| Process { vrf: None, every_vrf: true, family, span }));
}

fn scope_words(families: &[Family], vrf: Option<&str>) -> String {
    let vrf = vrf.unwrap_or("default");
    match families {
        [one] => format!("{} routes of vrf {vrf}", one.word()),
        _ => format!("routes of vrf {vrf}"),
    }
}
