//! The tables that this release evaluates, entry by entry.
//!
//! A reader always gives an entry, so that indices are those of the file; where a value was reported it
//! fills in something harmless, and the run stops before anyone sees it. References are looked up in
//! [`Names`]; relations between entries are the matter of `validate`.

use sekisho_diag::Spanned;
use toml::de::DeValue;

use super::codes;
use super::date::Date;
use super::flow::{Approval, Flow, FlowProto, Helper, Initiator};
use super::names::Names;
use super::syntax::{Context, Table, list, quote};
use super::value;
use super::zone::{
    Attachment, Declared, Evidence, External, ExternalKind, Host, InternetRule, Link, Transit, Zone,
    ZoneKind, ZoneRef,
};

/// Reads an id; its form and uniqueness are checked over the whole file.
pub(super) fn id(cx: &mut Context, table: &Table<'_>) -> Spanned<String> {
    cx.required(table, "id", "give the entry an id of letters, digits, `.`, `_` and `-`")
}

/// Reads a kind.
pub(super) fn kind<T: Copy>(cx: &mut Context, table: &Table<'_>, words: &[(&'static str, T)]) -> Option<T> {
    if table.get("kind").is_none() {
        cx.missing(table, "kind", "write `kind = \"other\"` for any network");
    }
    let text = cx.optional(table, "kind")?;
    cx.known(&table.inner_name("kind"), codes::UNKNOWN_KIND, &text, words).map(|found| found.value)
}

/// A text for people.
fn note(table: &Table<'_>, key: &str) -> Option<String> {
    table.get(key).and_then(|node| node.get_ref().as_str()).map(str::to_owned)
}

/// Reads the attachment; `keys` are the ones that count for this table.
fn attachment(cx: &mut Context, table: &Table<'_>, keys: &[&str]) -> Attachment {
    let interfaces = cx.texts(table, "interfaces");
    let found = Attachment {
        interfaces: interfaces.iter().filter_map(|text| value::interface(cx, text)).collect(),
        vlans: value::vlans(cx, table),
        vrfs: value::vrfs(cx, table),
        devices: cx.texts(table, "devices"),
        subnets: value::subnets(cx, table),
        next_hops: value::addresses(cx, table, "next_hops"),
    };
    if keys.iter().all(|key| table.get(key).is_none()) {
        let help = format!("add at least one of {}", list(keys.iter().copied()));
        cx.error(codes::NO_ATTACHMENT, table.span, format!("{} has no attachment", table.name), help);
    }
    found
}

/// Reads a zone.
pub(super) fn zone(cx: &mut Context, table: &Table<'_>, names: &Names) -> Zone {
    let id = id(cx, table);
    let kind = kind(cx, table, &ZoneKind::WORDS);
    let rules = [("forbidden", InternetRule::Forbidden), ("allowed", InternetRule::Allowed)];
    let internet = cx.word(table, "internet", &rules).map(|word| word.value);
    let keys = ["subnets", "interfaces", "vlans", "vrfs", "devices", "next_hops", "cloud_areas"];
    let attachment = attachment(cx, table, &keys);
    let treated_as = cx.optional(table, "treated_as").and_then(|text| {
        let found = names.zones.get(&text.value).map(|&zone| Spanned::new(ZoneRef::Zone(zone), text.span));
        if found.is_none() {
            names.undefined(cx, &table.name, &text, "write the id of the zone whose rules hold here");
        }
        found
    });
    if kind == Some(ZoneKind::GovernmentCloudArea) && table.get("treated_as").is_none() {
        let help = "add `treated_as` with the id of the zone whose rules hold here";
        let message = format!("{} does not say which zone it is treated as", table.name);
        cx.error(codes::NO_TREATED_AS, table.span, message, help);
    }
    let kind = kind.unwrap_or(ZoneKind::Other);
    Zone {
        id,
        kind,
        name_ja: note(table, "name_ja"),
        name_en: note(table, "name_en"),
        attachment,
        internet: internet.unwrap_or(kind.internet_default()),
        treated_as,
        span: table.span,
    }
}

/// Reads an approval, with `expires` of the entry itself; the earlier expiry counts.
fn approval(cx: &mut Context, table: &Table<'_>) -> Approval {
    let own = cx.optional_date(table, "expires");
    let Some(inner) = table.table(cx, "approval") else {
        order(cx, table, None, own);
        return Approval { expires: own, ..Approval::default() };
    };
    // The sweep has reported dates of the wrong type.
    let day = |key: &str| inner.get(key).and_then(|node| cx.plain_date(node));
    let expires = match (own, day("expires")) {
        (Some(a), Some(b)) => Some(if b.value < a.value { b } else { a }),
        (a, b) => a.or(b),
    };
    let date = day("date");
    order(cx, table, date, expires);
    Approval {
        number: note(&inner, "number"),
        applicant: note(&inner, "applicant"),
        approver: note(&inner, "approver"),
        document: note(&inner, "document"),
        date,
        expires,
    }
}

/// Refuses an expiry before the approval, and a review after the expiry.
fn order(cx: &mut Context, table: &Table<'_>, date: Option<Spanned<Date>>, expires: Option<Spanned<Date>>) {
    let Some(last) = expires else { return };
    if let Some(first) = date.filter(|first| first.value > last.value) {
        let message =
            format!("{} expires on {}, before its approval of {}", table.name, last.value, first.value);
        cx.error(codes::EXPIRY_ORDER, last.span, message, "correct one of the two dates");
    }
    let review = table.get("review_by").and_then(|node| cx.plain_date(node));
    if let Some(review) = review.filter(|review| review.value > last.value) {
        let message =
            format!("{} is reviewed on {}, after its expiry on {}", table.name, review.value, last.value);
        cx.error(codes::EXPIRY_ORDER, review.span, message, "review it on its last day or before");
    }
}

/// Reads evidence; both document and date must be there.
pub(super) fn evidence(cx: &Context, table: &Table<'_>, key: &str) -> Option<Evidence> {
    let inner = table.table(cx, key)?;
    let date = inner.get("date").and_then(|node| cx.plain_date(node))?;
    let doc = note(&inner, "doc").filter(|doc| !doc.trim().is_empty())?;
    Some(Evidence { doc, date: date.value, answered_by: note(&inner, "answered_by"), span: inner.span })
}

/// Words of `line`.
const LINES: [(&str, &str); 6] = [
    ("dedicated", "dedicated"),
    ("closed", "closed"),
    ("lgwan", "lgwan"),
    ("internet-vpn", "internet-vpn"),
    ("internet", "internet"),
    ("none", "none"),
];

/// Reads an external.
pub(super) fn external(cx: &mut Context, table: &Table<'_>, names: &Names) -> External {
    let id = id(cx, table);
    let kind = kind(cx, table, &ExternalKind::WORDS).unwrap_or(ExternalKind::Other);
    let zone = cx.required(table, "attached_to", "write the id of the zone that it is attached to");
    let index = names.zones.get(&zone.value).copied();
    if index.is_none() && !zone.value.is_empty() {
        names.undefined(cx, &table.name, &zone, "write the id of the zone that it is attached to");
    }
    let declared = cx.word(table, "internet_connected", &Declared::WORDS);
    let evidence = evidence(cx, table, "internet_evidence");
    let line = cx.word(table, "line", &LINES);
    let transit = cx.word(table, "transit", &[("yes", Transit::Possible), ("no", Transit::Excluded)]);
    if table.get("internet_connected").is_none() {
        let message = format!("{} does not state whether it is connected to the Internet", table.name);
        let help =
            "write `internet_connected = \"yes\"`, `\"no\"` or `\"unknown\"`; until then it is unknown";
        cx.warn(codes::INTERNET_UNSTATED, table.span, message, help);
    }
    let declared = declared.unwrap_or(Spanned::new(Declared::Unknown, table.span));
    let internet = weigh(cx, table, kind, declared, line, evidence.is_some());
    let transit = match transit {
        Some(word) if word.value == Transit::Excluded && evidence.is_none() => {
            let message = format!("`transit = \"no\"` of {} has no evidence and does not count", table.name);
            let help = "add `internet_evidence = { doc = \"…\", date = YYYY-MM-DD }`";
            cx.warn(codes::NO_EVIDENCE, word.span, message, help);
            Transit::Possible
        }
        Some(word) => word.value,
        None => Transit::Possible,
    };
    External {
        id,
        kind,
        name_ja: note(table, "name_ja"),
        name_en: note(table, "name_en"),
        attached_to: Spanned::new(index.unwrap_or(0), zone.span),
        internet_declared: declared,
        internet,
        evidence,
        attachment: attachment(cx, table, &["interfaces", "subnets", "next_hops"]),
        transit,
        same_network_as: peers(cx, table, names, "same_network_as"),
        reachable_via: peers(cx, table, names, "reachable_via"),
        approval: approval(cx, table),
        span: table.span,
    }
}

/// What a declared Internet connection is worth.
fn weigh(
    cx: &mut Context,
    table: &Table<'_>,
    kind: ExternalKind,
    declared: Spanned<Declared>,
    line: Option<Spanned<&str>>,
    evidence: bool,
) -> Declared {
    if declared.value != Declared::No {
        return declared.value;
    }
    let over = line.filter(|word| matches!(word.value, "internet" | "internet-vpn"));
    let by_kind = matches!(kind, ExternalKind::Isp | ExternalKind::Saas | ExternalKind::Breakout);
    let why = match over {
        Some(word) => Some(format!("its line is `{}`", word.value)),
        None if by_kind => Some("its kind is a service of the Internet".to_owned()),
        None => None,
    };
    if let Some(why) = why {
        let message = format!("{} is declared not connected to the Internet, but {why}", table.name);
        let help = "correct the declaration; until then it counts as connected";
        cx.warn(codes::INTERNET_CONTRADICTED, declared.span, message, help);
        return Declared::Yes;
    }
    if !evidence {
        let message = format!("`internet_connected = \"no\"` of {} has no evidence", table.name);
        let help = "add `internet_evidence = { doc = \"…\", date = YYYY-MM-DD }`; until then it is unknown";
        cx.warn(codes::NO_EVIDENCE, declared.span, message, help);
        return Declared::Unknown;
    }
    Declared::No
}

/// Externals named by another external, with or without `ext:`; also `internet`.
fn peers(cx: &mut Context, table: &Table<'_>, names: &Names, key: &str) -> Vec<Spanned<ZoneRef>> {
    let mut out = Vec::new();
    for text in cx.texts(table, key) {
        let bare = text.value.strip_prefix("ext:").unwrap_or(&text.value);
        match names.externals.get(bare) {
            Some(&index) => out.push(Spanned::new(ZoneRef::External(index), text.span)),
            None if text.value == "internet" => out.push(Spanned::new(ZoneRef::Internet, text.span)),
            None => names.undefined(cx, &table.inner_name(key), &text, "write the id of an external"),
        }
    }
    out
}

/// Reads a flow and turns it into the direction of its session.
pub(super) fn flow(cx: &mut Context, table: &Table<'_>, names: &Names) -> Flow {
    let id = id(cx, table);
    let initiator = cx.word(table, "initiator", &Initiator::WORDS).map_or(Initiator::From, |word| word.value);
    if table.get("match").is_none() {
        cx.missing(
            table,
            "match",
            "write `match = { from = \"…\", to = \"…\", proto = \"tcp\", ports = [\"443\"] }`",
        );
    }
    let mut flow = Flow {
        id,
        from: Spanned::new(ZoneRef::Internet, table.span),
        to: Spanned::new(ZoneRef::Internet, table.span),
        src: Vec::new(),
        dst: Vec::new(),
        proto: FlowProto::Any,
        ports: Vec::new(),
        src_ports: Vec::new(),
        icmp: Vec::new(),
        helpers: Vec::new(),
        via: None,
        initiator,
        approval: approval(cx, table),
        purpose_ja: note(table, "purpose_ja"),
        purpose_en: note(table, "purpose_en"),
        void: None,
        span: table.span,
    };
    for text in cx.texts(table, "helpers") {
        flow.helpers.extend(cx.known(&table.inner_name("helpers"), codes::BAD_VALUE, &text, &Helper::WORDS));
    }
    if let Some(via) = cx.optional(table, "via") {
        match names.gateways.get(&via.value) {
            Some(&index) => flow.via = Some(Spanned::new(index, via.span)),
            None => names.undefined(cx, &table.inner_name("via"), &via, "declare it under `[[gateways]]`"),
        }
    }
    if let Some(inner) = table.table(cx, "match") {
        flow_match(cx, &inner, names, &mut flow);
    }
    if initiator == Initiator::To {
        std::mem::swap(&mut flow.from, &mut flow.to);
        std::mem::swap(&mut flow.src, &mut flow.dst);
    }
    flow
}

/// Reads a match in the business direction.
fn flow_match(cx: &mut Context, table: &Table<'_>, names: &Names, flow: &mut Flow) {
    for key in ["from", "to"] {
        let text = cx.required(table, key, "write the id of a zone, `ext:ID` or `internet`");
        if text.value.is_empty() {
            continue;
        }
        if let Some(found) = names.resolve(cx, &table.inner_name(key), &text) {
            *(if key == "from" { &mut flow.from } else { &mut flow.to }) = found;
        }
    }
    flow.src = value::sides(cx, table, "src");
    flow.dst = value::sides(cx, table, "dst");
    if let (Some(first), Some(at)) = value::family_of(flow.src.iter().chain(&flow.dst)) {
        let message = format!("IPv4 and IPv6 are mixed in {}; it began with {}", table.name, first.word());
        cx.error(codes::MIXED_FAMILIES, at, message, "write one flow per family");
    }
    flow.ports = value::ports(cx, table, "ports");
    flow.src_ports = value::ports(cx, table, "src_ports");
    flow.icmp = value::icmp(cx, table);
    let Some(proto) = value::proto(cx, table) else { return };
    flow.proto = proto;
    for key in ["ports", "src_ports"] {
        if let Some(node) = table.get(key).filter(|_| !proto.has_ports()) {
            let message = format!("`{key}` of {} does not go with its protocol", table.name);
            let help = "ports belong to `tcp`, `udp` and `sctp`; write such a protocol, or leave them out";
            cx.error(codes::PORT_PROTOCOL, cx.span(node.span()), message, help);
        }
    }
    if let Some(node) = table.get("icmp").filter(|_| !proto.has_icmp()) {
        let message = format!("`icmp` of {} does not go with its protocol", table.name);
        cx.error(codes::PORT_PROTOCOL, cx.span(node.span()), message, "write `proto = \"icmp\"`");
    }
    if proto.has_ports() && table.get("ports").is_none() {
        let message = format!("{} names no ports, so every port is permitted", table.name);
        let help = "name the responder's ports; `ports = [\"any\"]` says that all are meant";
        cx.warn(codes::ALL_PORTS, table.span, message, help);
    }
}

/// Reads a link.
pub(super) fn link(cx: &mut Context, table: &Table<'_>) -> Option<Link> {
    let help = "write `a = \"DEVICE:INTERFACE\"` and `b = \"DEVICE:INTERFACE\"`";
    let (a, b) = (cx.required(table, "a", help), cx.required(table, "b", help));
    let end = |cx: &mut Context, text: &Spanned<String>| {
        if text.value.is_empty() { None } else { value::interface(cx, text) }
    };
    let (a, b) = (end(cx, &a), end(cx, &b));
    let (a, b) = (a?, b?);
    if a.value == b.value {
        let message = format!("the link joins {} with itself", quote(&a.value.to_string()));
        cx.error(codes::SELF_LINK, b.span, message, "name the interface at the other end of the cable");
    }
    Some(Link { a, b, span: table.span })
}

/// Reads a host.
pub(super) fn host(cx: &mut Context, table: &Table<'_>) -> Host {
    let id = id(cx, table);
    if table.get("addresses").is_none() {
        cx.missing(table, "addresses", "write `addresses = [\"10.1.0.254\"]`");
    }
    let addresses = value::addresses(cx, table, "addresses");
    let forwards = cx.word(table, "forwards", &Declared::WORDS);
    let evidence = evidence(cx, table, "evidence");
    if let Some(word) = forwards.as_ref().filter(|w| w.value == Declared::No && evidence.is_none()) {
        let message = format!("`forwards = \"no\"` of {} has no evidence", table.name);
        let help =
            "add `evidence = { doc = \"…\", date = YYYY-MM-DD }`: who has seen that it does not forward?";
        cx.warn(codes::NO_EVIDENCE, word.span, message, help);
    }
    let forwards = forwards.map_or(Declared::Unknown, |word| word.value);
    Host { id, addresses, forwards, evidence, span: table.span }
}

/// Checks keys of the file itself; gives `snapshot`.
pub(super) fn top(cx: &mut Context, table: &Table<'_>) -> Option<Spanned<String>> {
    let version = table.get("schema_version");
    let known = version.and_then(|node| node.get_ref().as_integer()).is_some_and(|n| n.to_string() == "1");
    if !known {
        let at = version.map_or_else(|| cx.span(0..0), |node| cx.span(node.span()));
        let message = "`schema_version` is absent or not supported";
        cx.error(codes::SCHEMA_VERSION, at, message, "write `schema_version = 1` at the top of the file");
    }
    if let Some(policy) = table.get("policy").and_then(|node| match node.get_ref() {
        DeValue::Table(entries) => Some(entries),
        _ => None,
    }) {
        let policy = Table { name: "[policy]".to_owned(), entries: policy, span: table.span };
        let word = cx.word(&policy, "source_model", &[("any", true), ("own-subnet", false)]);
        if let Some(word) = word.filter(|word| !word.value) {
            cx.later("[policy]", Some("source_model"), word.span);
        }
    }
    cx.optional(table, "snapshot")
}
