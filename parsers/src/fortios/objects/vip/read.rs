//! One virtual address.

use sekisho_diag::{Diagnostic, Severity};
use sekisho_model::{Coverage, InterfaceId, Predicate, Rewrite, Target, Tri};
use sekisho_net::{Cube, FRAGMENT_LATER, FRAGMENT_WHOLE, Family, Field, FieldSet, Prefix, bits_addr};

use super::{Context, Piece, Vip, unsupported};
use crate::common::{Marks, cube};
use crate::fortios::codes_policy as codes;
use crate::fortios::marks as states;
use crate::fortios::objects::address::literal;
use crate::fortios::objects::reading::{self, Vocabulary, flag, port_range, words};
use crate::fortios::objects::values::Values;
use crate::fortios::tree::{Body, Entry, Table};

/// Ranges are cut into at most this many pieces, and port ranges into as many.
const MANY: usize = 256;

/// An inclusive range.
type Range = (u128, u128);

const VIP: Vocabulary = Vocabulary {
    modelled: &[
        "type",
        "extip",
        "extaddr",
        "mappedip",
        "mapped-addr",
        "extintf",
        "portforward",
        "protocol",
        "extport",
        "mappedport",
        "service",
        "src-filter",
        "srcintf-filter",
        "status",
        "arp-reply",
        "ndp-reply",
        "nat-source-vip",
        "nat44",
        "nat46",
        "nat64",
        "nat66",
        "ipv6-mappedip",
        "ipv6-mappedport",
        "ipv4-mappedip",
        "ipv4-mappedport",
        "embedded-ipv4-address",
        "portmapping-type",
        "server-type",
        "ldb-method",
        "src-vip-filter",
        "one-click-gslb-server",
    ],
    harmless: &[
        "id",
        "uuid",
        "comment",
        "color",
        "gratuitous-arp-interval",
        "dns-mapping-ttl",
        "persistence",
        "monitor",
        "max-embryonic-connections",
        "add-nat46-route",
        "add-nat64-route",
        "h2-support",
        "h3-support",
        "auth-portal",
        "auth-virtual-host",
        "empty-cert-action",
        "user-agent-detect",
        "client-cert",
        "http-redirect",
        "http-cookie-domain-from-host",
        "http-cookie-domain",
        "http-cookie-path",
        "http-cookie-generation",
        "http-cookie-age",
        "http-cookie-share",
        "https-cookie-secure",
        "http-multiplex",
        "http-multiplex-ttl",
        "http-multiplex-max-request",
        "http-multiplex-max-concurrent-request",
        "log-blocked-traffic",
        "http-supported-max-version",
        "http-ip-header",
        "http-ip-header-name",
        "outlook-web-access",
        "weblogic-server",
        "websphere-server",
        "ssl-mode",
        "ssl-certificate",
        "ssl-dh-bits",
        "ssl-algorithm",
        "ssl-server-algorithm",
        "ssl-pfs",
        "ssl-min-version",
        "ssl-max-version",
        "ssl-server-min-version",
        "ssl-server-max-version",
        "ssl-accept-ffdhe-groups",
        "ssl-send-empty-frags",
        "ssl-client-fallback",
        "ssl-client-renegotiation",
        "ssl-client-session-state-type",
        "ssl-client-session-state-timeout",
        "ssl-client-session-state-max",
        "ssl-client-rekey-count",
        "ssl-server-renegotiation",
        "ssl-server-session-state-type",
        "ssl-server-session-state-timeout",
        "ssl-server-session-state-max",
        "ssl-http-location-conversion",
        "ssl-http-match-host",
        "ssl-hpkp",
        "ssl-hpkp-primary",
        "ssl-hpkp-backup",
        "ssl-hpkp-age",
        "ssl-hpkp-report-uri",
        "ssl-hpkp-include-subdomains",
        "ssl-hsts",
        "ssl-hsts-age",
        "ssl-hsts-include-subdomains",
        "gslb-hostname",
        "gslb-domain-name",
        "fabric-object",
    ],
    tables: &["realservers"],
    harmless_tables: &["ssl-cipher-suites", "ssl-server-cipher-suites", "gslb-public-ips", "quic"],
};

const REAL_SERVER: Vocabulary = Vocabulary {
    modelled: &["type", "address", "ip", "port", "status", "client-ip"],
    harmless: &[
        "weight",
        "holddown-interval",
        "healthcheck",
        "http-host",
        "max-connections",
        "monitor",
        "translate-host",
        "verify-cert",
        "id",
    ],
    tables: &[],
    harmless_tables: &[],
};

/// What a virtual address is before it is written as rules.
struct Draft {
    /// External destinations; `None` for any.
    external: Option<Range>,
    /// Protocol, if ports are tested.
    protocol: Option<u128>,
    /// External ports.
    ports: Option<Range>,
    /// Ports may change, and it is not known which.
    unknown_ports: bool,
    /// Everything else that must hold.
    limits: Predicate,
    conditions: Vec<String>,
}

/// Reads one.
pub(super) fn vip(
    entry: &Entry<'_>,
    family: Family,
    mark: u16,
    context: &mut Context<'_>,
    marks: &mut Marks,
) -> Vip {
    let name = entry.key.text.to_string();
    let scope = format!("virtual address {name}");
    let body = &entry.body;
    let mut vip = Vip {
        name,
        family,
        mark,
        span: entry.span,
        interfaces: None,
        external: None,
        pieces: Vec::new(),
        mapped: Values::all(family),
        reverse: None,
        forced_reverse: flag(body, "nat-source-vip", Tri::No) != Tri::No,
        answers: true,
        conditions: Vec::new(),
    };
    let unread = reading::entry(entry, &VIP, &scope, codes::OBJECT_UNREAD, marks).is_some();
    let servers = body.table("realservers").map(|t| real_servers(t, family, &scope, marks));
    if unread {
        vip.pieces = anything(Predicate::unknown());
        vip.conditions.push(format!("unread line of {scope}"));
        return vip;
    }
    if crosses(body, family) {
        states::entry(marks, entry, Coverage::Unsupported, Some("device"));
        unsupported(context.poisons, marks, entry.span, "virtual address of the other family");
    }
    vip.answers = flag(body, "arp-reply", Tri::Yes).possible() || family == Family::V6;
    let mut draft = Draft {
        external: None,
        protocol: None,
        ports: None,
        unknown_ports: false,
        limits: Predicate::any(),
        conditions: Vec::new(),
    };
    match flag(body, "status", Tri::Yes) {
        Tri::Yes => {}
        Tri::No => {
            vip.mapped = Values::default();
            vip.answers = false;
            return vip;
        }
        Tri::Unknown => draft.conditions.push(format!("unread status of {scope}")),
    }
    vip.interfaces = interfaces(body, context, &mut draft, &scope, marks);
    limits(body, family, context, &mut draft, &scope, marks);
    external(body, family, &mut draft, &scope);
    vip.external = draft.external;
    pieces(body, family, servers, &draft, &scope, &mut vip);
    if !draft.conditions.is_empty() {
        for piece in &mut vip.pieces {
            piece.matches = Predicate::at_most(std::mem::take(&mut piece.matches.may));
        }
    }
    vip.conditions.extend(draft.conditions);
    for condition in vip.conditions.iter().take(1) {
        let message = format!("{condition}: the translation may or may not take place, and may be another");
        marks.push(
            Diagnostic::new(codes::VIP_UNKNOWN, Severity::Info, message, entry.span)
                .with_help("give addresses and ports as numbers"),
        );
    }
    vip
}

fn crosses(body: &Body<'_>, family: Family) -> bool {
    match family {
        Family::V4 => flag(body, "nat46", Tri::No) != Tri::No || flag(body, "nat44", Tri::Yes) != Tri::Yes,
        Family::V6 => flag(body, "nat64", Tri::No) != Tri::No || flag(body, "nat66", Tri::Yes) != Tri::Yes,
    }
}

/// A rewrite to any address and port.
fn anything(matches: Predicate) -> Vec<Piece> {
    let rewrites = [Field::Dst, Field::Dport].map(|field| Rewrite { field, target: Target::Unknown });
    vec![Piece { matches: Predicate::at_most(matches.may), rewrites: rewrites.to_vec() }]
}

/// Where packets for it arrive; an IPv6 virtual address has no interface.
fn interfaces(
    body: &Body<'_>,
    context: &Context<'_>,
    draft: &mut Draft,
    scope: &str,
    marks: &mut Marks,
) -> Option<Vec<InterfaceId>> {
    let mut all: Option<Vec<InterfaceId>> = None;
    for setting in ["extintf", "srcintf-filter"] {
        let names = words(body, setting);
        if names.is_empty() {
            continue;
        }
        let mut here: Option<Vec<InterfaceId>> = Some(Vec::new());
        for word in names {
            match context.index.resolve(&word.text) {
                _ if word.text == "any" => here = None,
                Some(ids) => {
                    let open = context.index.zones.get(word.text.as_ref()).is_some_and(|z| z.open);
                    if open {
                        draft.conditions.push(format!("members of zone {}", word.text));
                        here = None;
                    }
                    if let Some(here) = &mut here {
                        here.extend(ids);
                    }
                }
                None => {
                    let message = format!("interface `{}` of {scope} does not exist", word.text);
                    marks.push(
                        Diagnostic::new(codes::POLICY_INTERFACE, Severity::Warning, message, word.span)
                            .with_help("export the whole configuration, or correct the name"),
                    );
                    draft.conditions.push(format!("undefined interface {}", word.text));
                    here = None;
                }
            }
        }
        all = match (all, here) {
            (None, other) | (other, None) => other,
            (Some(a), Some(b)) => Some(a.into_iter().filter(|i| b.contains(i)).collect()),
        };
    }
    all
}

/// Sources and services to which it is limited.
fn limits(
    body: &Body<'_>,
    family: Family,
    context: &mut Context<'_>,
    draft: &mut Draft,
    scope: &str,
    marks: &mut Marks,
) {
    let sources = words(body, "src-filter");
    if !sources.is_empty() {
        let ranges: Option<Vec<Range>> = sources.iter().map(|w| literal(&w.text, family)).collect();
        match ranges {
            Some(ranges) => {
                let here = Cube::any().with(Field::Src, FieldSet::Ranges(cube::normal(ranges)));
                draft.limits = cube::and(&draft.limits, &Predicate::exact(vec![here]), family);
            }
            None => draft.conditions.push(format!("unread source filter of {scope}")),
        }
    }
    let services = words(body, "service");
    if !services.is_empty() {
        let found: Vec<_> =
            services.iter().map(|w| context.services.resolve(&w.text, w.span, marks)).collect();
        let any: Vec<Predicate> = found.iter().map(|f| f.value.of(family).clone()).collect();
        draft.limits = cube::and(&draft.limits, &cube::or(&any), family);
        draft.conditions.extend(found.iter().flat_map(|f| f.conditions.iter().cloned()));
    }
}

/// External addresses, protocol and ports.
fn external(body: &Body<'_>, family: Family, draft: &mut Draft, scope: &str) {
    match words(body, "extip") {
        [one] => match literal(&one.text, family) {
            // The address of the interface, whatever it is.
            Some((0, 0)) => draft.conditions.push(format!("{scope} (address of the interface)")),
            Some(range) => draft.external = Some(range),
            None => draft.conditions.push(format!("unread external address of {scope}")),
        },
        _ => draft.conditions.push(format!("{scope} without external address")),
    }
    let balanced = body.value("type").is_some_and(|w| w.text == "server-load-balance");
    let protocol = match body.value("protocol").map(|w| w.text.as_ref()) {
        None | Some("tcp") => Some(6),
        Some("udp") => Some(17),
        Some("sctp") => Some(132),
        Some("icmp") => Some(if family == Family::V4 { 1 } else { 58 }),
        Some(_) => None,
    };
    let by_server = match body.value("server-type").map(|w| w.text.as_ref()) {
        Some("udp") => Some(17),
        Some("ip") => return,
        Some("tcp" | "http" | "https" | "ssl" | "imaps" | "pop3s" | "smtps") => Some(6),
        _ => None,
    };
    let forwards = flag(body, "portforward", Tri::No);
    if forwards == Tri::Unknown {
        draft.unknown_ports = true;
        draft.conditions.push(format!("unread port forwarding of {scope}"));
    }
    if !balanced && forwards != Tri::Yes {
        return;
    }
    draft.protocol = if balanced { by_server } else { protocol };
    if draft.protocol.is_none() {
        draft.conditions.push(format!("protocol of {scope}"));
    }
    if draft.protocol.is_some_and(|p| p == 1 || p == 58) {
        return;
    }
    match words(body, "extport") {
        [one] => match port_range(&one.text) {
            Some((0, 0)) if balanced => {}
            Some(range) => draft.ports = Some(range),
            None => {
                draft.unknown_ports = true;
                draft.conditions.push(format!("unread external port of {scope}"));
            }
        },
        [] if balanced => {}
        _ => {
            draft.unknown_ports = true;
            draft.conditions.push(format!("external port of {scope}"));
        }
    }
}

/// Where real servers are.
#[derive(Default)]
struct Servers {
    addresses: Vec<Range>,
    ports: Vec<u128>,
    /// One of them is not known.
    unknown: bool,
}

fn real_servers(table: &Table<'_>, family: Family, scope: &str, marks: &mut Marks) -> Servers {
    let mut out = Servers::default();
    out.unknown |= reading::outside_entries(table, scope, codes::OBJECT_UNREAD, marks).is_some();
    for entry in &table.entries {
        let body = &entry.body;
        out.unknown |= reading::entry(entry, &REAL_SERVER, scope, codes::OBJECT_UNREAD, marks).is_some();
        if body.value("status").is_some_and(|w| w.text == "disable") {
            continue;
        }
        let named = body.value("type").is_some_and(|w| w.text != "ip");
        match body.value("ip").and_then(|w| literal(&w.text, family)).filter(|_| !named) {
            Some(range) => out.addresses.push(range),
            None => out.unknown = true,
        }
        match body.value("port").map(|w| port_range(&w.text)) {
            None | Some(Some((0, 0))) => {}
            Some(Some((port, _))) => out.ports.push(port),
            Some(None) => out.unknown = true,
        }
    }
    out.unknown |= out.addresses.is_empty();
    out
}

/// The rules.
fn pieces(
    body: &Body<'_>,
    family: Family,
    servers: Option<Servers>,
    draft: &Draft,
    scope: &str,
    vip: &mut Vip,
) {
    let mapped: Option<Vec<Range>> =
        words(body, "mappedip").iter().map(|w| literal(&w.text, family)).collect();
    let mapped = mapped.filter(|m| !m.is_empty());
    match (body.value("type").map(|w| w.text.as_ref()), mapped) {
        (None | Some("static-nat"), Some(mapped)) if mapped.len() == 1 => {
            fixed(body, family, mapped.first().copied().unwrap_or_default(), draft, scope, vip);
        }
        (Some("load-balance"), Some(mapped)) => {
            vip.mapped = ranges(&mapped);
            let rewrites = vec![one_of(Field::Dst, mapped)];
            let matches = matches(draft, draft.external, draft.ports, family);
            let mut out = vec![Piece { matches, rewrites }];
            change_ports(body, draft, &mut out, family, scope, vip);
            vip.pieces = out;
        }
        (Some("server-load-balance"), _) => match servers {
            Some(servers) if !servers.unknown => balanced(body, family, servers, draft, scope, vip),
            _ => unknown_target(family, draft, format!("real servers of {scope}"), vip),
        },
        (kind, _) => {
            let kind = kind.unwrap_or("static-nat");
            unknown_target(family, draft, format!("{scope} ({kind})"), vip);
        }
    }
}

fn unknown_target(family: Family, draft: &Draft, condition: String, vip: &mut Vip) {
    vip.pieces = anything(matches(draft, draft.external, draft.ports, family));
    vip.conditions.push(condition);
}

fn ranges(all: &[Range]) -> Values {
    Values::union(&all.iter().map(|&(lo, hi)| Values::range(lo, hi)).collect::<Vec<_>>())
}

fn one_of(field: Field, ranges: Vec<Range>) -> Rewrite {
    Rewrite { field, target: Target::OneOf(FieldSet::Ranges(ranges)) }
}

fn balanced(body: &Body<'_>, family: Family, servers: Servers, draft: &Draft, scope: &str, vip: &mut Vip) {
    let mut ports = servers.ports;
    ports.sort_unstable();
    ports.dedup();
    let direct = body.value("server-type").is_some_and(|w| matches!(w.text.as_ref(), "tcp" | "udp" | "ip"));
    vip.mapped = ranges(&servers.addresses);
    let mut rewrites = vec![one_of(Field::Dst, servers.addresses)];
    let mut matches = matches(draft, draft.external, draft.ports, family);
    let limited =
        body.table("realservers").iter().flat_map(|t| &t.entries).any(|e| e.body.get("client-ip").is_some());
    if ports.len() > 1 || !direct || limited {
        matches = Predicate::at_most(matches.may);
        vip.conditions.push(format!("real servers of {scope}"));
    }
    if !ports.is_empty() {
        rewrites.push(one_of(Field::Dport, ports.into_iter().map(|p| (p, p)).collect()));
    }
    vip.pieces = vec![Piece { matches, rewrites }];
}

/// One range to another of the same size, and ports likewise.
fn fixed(body: &Body<'_>, family: Family, mapped: Range, draft: &Draft, scope: &str, vip: &mut Vip) {
    vip.mapped = Values::range(mapped.0, mapped.1);
    let Some(external) = draft.external else {
        let rewrites = vec![one_of(Field::Dst, vec![mapped])];
        let mut out = vec![Piece { matches: matches(draft, None, draft.ports, family), rewrites }];
        change_ports(body, draft, &mut out, family, scope, vip);
        vip.pieces = out;
        return;
    };
    let same = external.1 - external.0 == mapped.1 - mapped.0;
    let mut out = Vec::new();
    match split(external, mapped, family).filter(|_| same) {
        Some(parts) => {
            for (from, target) in parts {
                let rewrites = vec![Rewrite { field: Field::Dst, target }];
                out.push(Piece { matches: matches(draft, Some(from), draft.ports, family), rewrites });
            }
            if draft.ports.is_none() && draft.protocol.is_none() {
                vip.reverse = Some((mapped, external));
            }
        }
        None => {
            vip.conditions.push(format!("address ranges of {scope}"));
            let rewrites = vec![one_of(Field::Dst, vec![mapped])];
            let matches = matches(draft, Some(external), draft.ports, family);
            out.push(Piece { matches: Predicate::at_most(matches.may), rewrites });
        }
    }
    change_ports(body, draft, &mut out, family, scope, vip);
    vip.pieces = out;
}

/// Adds the rewrite of ports.
fn change_ports(
    body: &Body<'_>,
    draft: &Draft,
    pieces: &mut Vec<Piece>,
    family: Family,
    scope: &str,
    vip: &mut Vip,
) {
    let Some(external) = draft.ports else {
        if draft.unknown_ports {
            for piece in pieces.iter_mut() {
                piece.rewrites.push(Rewrite { field: Field::Dport, target: Target::Unknown });
            }
        }
        return;
    };
    let target = match words(body, "mappedport") {
        [] => return,
        [one] => port_range(&one.text),
        _ => None,
    };
    let Some(target) = target else {
        vip.conditions.push(format!("mapped port of {scope}"));
        for piece in pieces.iter_mut() {
            piece.matches = Predicate::at_most(std::mem::take(&mut piece.matches.may));
            piece.rewrites.push(Rewrite { field: Field::Dport, target: Target::Unknown });
        }
        return;
    };
    if target == external {
        return;
    }
    let count = usize::try_from(external.1 - external.0 + 1).unwrap_or(usize::MAX);
    let many = body.value("portmapping-type").is_some_and(|w| w.text != "1-to-1");
    let same = external.1 - external.0 == target.1 - target.0;
    if same && !many && count.saturating_mul(pieces.len()) <= MANY {
        let all = std::mem::take(pieces);
        for piece in all {
            for offset in 0..=(external.1 - external.0) {
                let port = external.0 + offset;
                let here = Predicate::exact(vec![Cube::any().with(Field::Dport, FieldSet::one(port))]);
                let later = Cube::any().with(Field::Fragment, FieldSet::one(FRAGMENT_LATER));
                let here = cube::or(&[here, Predicate::at_most(vec![later])]);
                let mut rewrites = piece.rewrites.clone();
                let to = target.0 + offset;
                rewrites.push(one_of(Field::Dport, vec![(to, to)]));
                pieces.push(Piece { matches: cube::and(&piece.matches, &here, family), rewrites });
            }
        }
        return;
    }
    let choice = external.0 == external.1 && !many;
    for piece in pieces.iter_mut() {
        if !choice {
            piece.matches = Predicate::at_most(std::mem::take(&mut piece.matches.may));
        }
        piece.rewrites.push(one_of(Field::Dport, vec![target]));
    }
    if !choice {
        vip.conditions.push(format!("port ranges of {scope}"));
    }
}

/// Packets to external addresses and ports, within the limits.
fn matches(draft: &Draft, external: Option<Range>, ports: Option<Range>, family: Family) -> Predicate {
    let mut base = Cube::any();
    if let Some((lo, hi)) = external {
        base.set(Field::Dst, FieldSet::range(lo, hi));
    }
    if let Some(protocol) = draft.protocol {
        base.set(Field::Proto, FieldSet::one(protocol));
    }
    let tested = match ports {
        None => Predicate::exact(vec![base]),
        Some((lo, hi)) => {
            let whole = base
                .clone()
                .with(Field::Dport, FieldSet::range(lo, hi))
                .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
            let later = base.with(Field::Fragment, FieldSet::one(FRAGMENT_LATER));
            Predicate { may: vec![whole.clone(), later], must: Some(vec![whole]) }
        }
    };
    cube::and(&tested, &draft.limits, family)
}

/// Two ranges of one size as shifts of aligned blocks; `None` if there are too many.
pub(crate) fn split(from: Range, to: Range, family: Family) -> Option<Vec<(Range, Target)>> {
    let mut out = Vec::new();
    let (mut a, mut b) = (from.0, to.0);
    loop {
        let left = from.1.checked_sub(a)?;
        let aligned = |x: u128| if x == 0 { family.bits() } else { x.trailing_zeros() };
        let fits = if left == u128::MAX { 128 } else { (left + 1).ilog2() };
        let bits = aligned(a).min(aligned(b)).min(fits).min(family.bits());
        let last = if bits == 128 { u128::MAX } else { a | ((1 << bits) - 1) };
        let target = if bits == 0 {
            Target::OneOf(FieldSet::one(b))
        } else {
            let len = family.bits() - bits;
            let prefix = |x: u128| Prefix::new(bits_addr(family, x), len).ok();
            Target::Shift { from: prefix(a)?, to: prefix(b)? }
        };
        out.push(((a, last), target));
        if last >= from.1 {
            return Some(out);
        }
        if out.len() >= MANY {
            return None;
        }
        b = b.checked_add(last - a)?.checked_add(1)?;
        a = last.checked_add(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_into_aligned_blocks() {
        let whole = split((0x0a00_0000, 0x0a00_00ff), (0x0b00_0000, 0x0b00_00ff), Family::V4).unwrap();
        assert_eq!(whole.len(), 1);
        assert!(matches!(whole[0].1, Target::Shift { .. }));
        let odd = split((10, 19), (20, 29), Family::V4).unwrap();
        let covered: u128 = odd.iter().map(|((lo, hi), _)| hi - lo + 1).sum();
        assert_eq!(covered, 10);
        for ((lo, _), target) in &odd {
            match target {
                Target::OneOf(set) => assert!(set.contains(lo + 10)),
                Target::Shift { to, .. } => assert_eq!(to.first(), lo + 10),
                Target::Unknown => panic!("unknown"),
            }
        }
        assert_eq!(split((1, 600), (2, 601), Family::V4), None);
    }
}
