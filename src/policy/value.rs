//! Readers of single values: addresses, prefixes, endpoints, ports, protocols, ICMP types.
//!
//! Each reports what is wrong and gives `None`; none of them guesses.

use std::net::IpAddr;

use sekisho_diag::{Span, Spanned};
use sekisho_net::{Family, PortRange, Prefix, PrefixError, Protocol, parse_addr};
use toml::de::DeValue;

use super::codes;
use super::flow::{FlowProto, IcmpType};
use super::suggest::nearest;
use super::syntax::{Context, Node, Table, list, quote};
use super::zone::{InterfaceRef, VlanRef, VrfRef};

/// Ranges that no zone or external can own. Source: RFC 6890, RFC 5771, RFC 4291 section 2.4.
const RESERVED: [(&str, &str); 10] = [
    ("0.0.0.0/8", "this network"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
];

/// A prefix without host bits.
fn prefix(cx: &mut Context, text: &Spanned<String>) -> Option<Spanned<Prefix>> {
    let quoted = quote(&text.value);
    match Prefix::parse_strict(&text.value) {
        Ok(prefix) => return Some(Spanned::new(prefix, text.span)),
        Err(PrefixError::HostBits(_, fix)) => {
            let host = text.value.split('/').next().and_then(|a| parse_addr(a).ok()).map(Prefix::host);
            let single = host.map_or(String::new(), |h| format!(", or `{h}` for the one address"));
            let help = format!("write `{fix}`{single}");
            cx.error(codes::HOST_BITS, text.span, format!("host bits are set in {quoted}"), help);
        }
        Err(PrefixError::NoLength(_)) if parse_addr(&text.value).is_ok() => {
            let host = parse_addr(&text.value).map_or(String::new(), |a| Prefix::host(a).to_string());
            let help = format!("write `{host}` for the one address");
            cx.error(codes::BAD_ADDRESS, text.span, format!("{quoted} has no prefix length"), help);
        }
        Err(_) => {
            let help = "write ADDRESS/LENGTH, such as `10.1.0.0/16` or `2001:db8::/48`";
            cx.error(codes::BAD_ADDRESS, text.span, format!("{quoted} is not a network prefix"), help);
        }
    }
    None
}

/// The addresses of a zone or external.
pub(super) fn subnets(cx: &mut Context, table: &Table<'_>) -> Vec<Spanned<Prefix>> {
    let texts = cx.texts(table, "subnets");
    let mut out = Vec::with_capacity(texts.len());
    for text in texts {
        let Some(found) = prefix(cx, &text) else { continue };
        let reserved = RESERVED.iter().find(|(range, _)| {
            Prefix::parse(range).is_ok_and(|r| r.family() == found.value.family() && r.overlaps(&found.value))
        });
        if let Some((range, what)) = reserved {
            let message = format!("{} holds addresses of `{range}` ({what})", quote(&text.value));
            let help = "name the real networks; what lies behind an interface is named by `interfaces`";
            cx.error(codes::RESERVED_RANGE, found.span, message, help);
        }
        out.push(found);
    }
    out
}

/// `src` or `dst` of a match; empty is any address.
pub(super) fn sides(cx: &mut Context, table: &Table<'_>, key: &str) -> Vec<Spanned<Prefix>> {
    let texts = cx.texts(table, key);
    if any_alone(cx, &texts, codes::BAD_ADDRESS) {
        return Vec::new();
    }
    texts.iter().filter_map(|text| prefix(cx, text)).collect()
}

/// Whether a list says `any`; `any` beside other values is refused.
fn any_alone(cx: &mut Context, texts: &[Spanned<String>], code: sekisho_diag::Code) -> bool {
    let Some(any) = texts.iter().find(|t| t.value == "any") else { return false };
    if texts.len() > 1 {
        cx.error(code, any.span, "`any` stands beside other values", "keep `any`, or the other values");
    }
    true
}

/// Plain addresses under a key.
pub(super) fn addresses(cx: &mut Context, table: &Table<'_>, key: &str) -> Vec<Spanned<IpAddr>> {
    let mut out = Vec::new();
    for text in cx.texts(table, key) {
        match parse_addr(&text.value) {
            Ok(addr) => out.push(Spanned::new(addr, text.span)),
            Err(_) => {
                let message = format!("{} is not an IP address", quote(&text.value));
                let help = "write one address without a prefix length, such as `10.1.0.254`";
                cx.error(codes::BAD_ADDRESS, text.span, message, help);
            }
        }
    }
    out
}

/// Splits `DEVICE:NAME` at the first colon.
fn endpoint(cx: &mut Context, text: &Spanned<String>, example: &str) -> Option<(String, String)> {
    let clean = |s: &str| !s.is_empty() && s.trim() == s && !s.chars().any(char::is_control);
    match text.value.split_once(':') {
        Some((device, name)) if clean(device) && clean(name) => Some((device.to_owned(), name.to_owned())),
        _ => {
            let message = format!("{} is not of the form DEVICE:NAME", quote(&text.value));
            cx.error(codes::BAD_ENDPOINT, text.span, message, format!("write it like `{example}`"));
            None
        }
    }
}

/// An interface.
pub(super) fn interface(cx: &mut Context, text: &Spanned<String>) -> Option<Spanned<InterfaceRef>> {
    let (device, interface) = endpoint(cx, text, "fw1:port3")?;
    Some(Spanned::new(InterfaceRef { device, interface }, text.span))
}

/// The routing tables of a zone.
pub(super) fn vrfs(cx: &mut Context, table: &Table<'_>) -> Vec<Spanned<VrfRef>> {
    let texts = cx.texts(table, "vrfs");
    let read = |text: &Spanned<String>| {
        let (device, vrf) = endpoint(cx, text, "core1:MYNUM")?;
        Some(Spanned::new(VrfRef { device, vrf }, text.span))
    };
    texts.iter().filter_map(read).collect()
}

/// The VLANs of a zone: strings `DEVICE:NUMBER`, or integers for all devices.
pub(super) fn vlans(cx: &mut Context, table: &Table<'_>) -> Vec<Spanned<VlanRef>> {
    let mut out = Vec::new();
    for node in cx.items(table, "vlans") {
        let at = cx.span(node.span());
        let (device, number) = match node.get_ref() {
            DeValue::Integer(_) => (None, integer(node)),
            DeValue::String(text) => {
                let text = Spanned::new(text.clone().into_owned(), at);
                let Some((device, number)) = endpoint(cx, &text, "core1:110") else { continue };
                (Some(device), decimal(&number))
            }
            _ => {
                cx.wrong_type(table, "vlans", node, "a list of `DEVICE:NUMBER` or integers");
                continue;
            }
        };
        match number.and_then(|n| u16::try_from(n).ok()).filter(|n| (1..=4094).contains(n)) {
            Some(vlan) => out.push(Spanned::new(VlanRef { device, vlan }, at)),
            None => {
                let help = "VLAN numbers go from 1 to 4094";
                cx.error(
                    codes::BAD_ENDPOINT,
                    at,
                    format!("`vlans` of {} has no such VLAN", table.name),
                    help,
                );
            }
        }
    }
    out
}

/// A TOML integer that is not negative.
fn integer(node: &Node<'_>) -> Option<u32> {
    let number = node.get_ref().as_integer()?;
    u32::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A decimal number without sign and leading zeros.
fn decimal(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// An integer, or a string; other types are reported.
fn scalar(cx: &mut Context, table: &Table<'_>, key: &str, node: &Node<'_>) -> Option<Spanned<String>> {
    if node.get_ref().is_integer() {
        let text =
            integer(node).map_or_else(|| "a number that is out of range".to_owned(), |n| n.to_string());
        return Some(Spanned::new(text, cx.span(node.span())));
    }
    cx.text(table, key, node)
}

/// A port from 1 to 65535, or a range of ports.
pub(super) fn port_range(text: &str) -> Option<PortRange> {
    let (lo, hi) = text.split_once('-').unwrap_or((text, text));
    let number = |s: &str| decimal(s).and_then(|n| u16::try_from(n).ok()).filter(|&n| n > 0);
    PortRange::new(number(lo)?, number(hi)?).ok()
}

/// `ports` or `src_ports`; empty is every port.
pub(super) fn ports(cx: &mut Context, table: &Table<'_>, key: &str) -> Vec<PortRange> {
    let nodes = cx.items(table, key);
    let texts: Vec<_> = nodes.into_iter().filter_map(|node| scalar(cx, table, key, node)).collect();
    if any_alone(cx, &texts, codes::PORT_PROTOCOL) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for text in &texts {
        let (lo, hi) = text.value.split_once('-').unwrap_or((&text.value, &text.value));
        let number = |s: &str| decimal(s).and_then(|n| u16::try_from(n).ok()).filter(|&n| n > 0);
        let quoted = quote(&text.value);
        let (message, help) = match (number(lo), number(hi)) {
            (Some(lo), Some(hi)) => match PortRange::new(lo, hi) {
                Ok(range) => {
                    out.push(range);
                    continue;
                }
                Err(_) => (format!("the port range {quoted} is reversed"), format!("write `{hi}-{lo}`")),
            },
            _ => (
                format!("{quoted} is not a port"),
                "write a number from 1 to 65535, or a range such as `8000-8010`".to_owned(),
            ),
        };
        cx.error(codes::PORT_PROTOCOL, text.span, message, help);
    }
    out
}

/// Protocol words of zones.toml; a number from 0 to 255 is accepted too.
const PROTOCOLS: [(&str, FlowProto); 15] = [
    ("tcp", FlowProto::Number(Protocol::TCP)),
    ("udp", FlowProto::Number(Protocol::UDP)),
    ("icmp", FlowProto::Icmp),
    ("any", FlowProto::Any),
    ("ip", FlowProto::Any),
    ("icmpv6", FlowProto::Number(Protocol::ICMPV6)),
    ("gre", FlowProto::Number(Protocol::GRE)),
    ("esp", FlowProto::Number(Protocol::ESP)),
    ("ah", FlowProto::Number(Protocol::AH)),
    ("sctp", FlowProto::Number(Protocol::SCTP)),
    ("ipip", FlowProto::Number(Protocol::IPIP)),
    ("igmp", FlowProto::Number(Protocol(2))),
    ("eigrp", FlowProto::Number(Protocol(88))),
    ("ospf", FlowProto::Number(Protocol(89))),
    ("pim", FlowProto::Number(Protocol(103))),
];

/// The protocol of a match.
pub(super) fn proto(cx: &mut Context, table: &Table<'_>) -> Option<FlowProto> {
    let Some(node) = table.get("proto") else {
        cx.missing(table, "proto", "write `proto = \"tcp\"`, `\"udp\"`, `\"icmp\"`, `\"any\"` or a number");
        return None;
    };
    let text = scalar(cx, table, "proto", node)?;
    if let Some((_, found)) = PROTOCOLS.iter().find(|(word, _)| *word == text.value) {
        return Some(*found);
    }
    if let Some(number) = decimal(&text.value).and_then(|n| u8::try_from(n).ok()) {
        return Some(FlowProto::Number(Protocol(number)));
    }
    let words = || PROTOCOLS.iter().map(|p| p.0);
    let near = if cx.spend(PROTOCOLS.len()) { nearest(&text.value, words()) } else { None };
    let help = match near {
        Some(word) => format!("did you mean `{word}`? Ports go into `ports`"),
        None => format!("write a number from 0 to 255, or one of {}", list(words())),
    };
    cx.error(codes::PORT_PROTOCOL, text.span, format!("{} is not a protocol", quote(&text.value)), help);
    None
}

/// A message type and perhaps its only code.
type TypeCode = (u8, Option<u8>);

/// Names of ICMP messages in IPv4 and IPv6. Source: IANA ICMP and ICMPv6 parameters.
const ICMP_NAMES: [(&str, Option<TypeCode>, Option<TypeCode>); 15] = [
    ("echo", Some((8, None)), Some((128, None))),
    ("echo-request", Some((8, None)), Some((128, None))),
    ("echo-reply", Some((0, None)), Some((129, None))),
    ("unreachable", Some((3, None)), Some((1, None))),
    ("destination-unreachable", Some((3, None)), Some((1, None))),
    ("packet-too-big", Some((3, Some(4))), Some((2, None))),
    ("time-exceeded", Some((11, None)), Some((3, None))),
    ("parameter-problem", Some((12, None)), Some((4, None))),
    ("redirect", Some((5, None)), Some((137, None))),
    ("router-solicitation", Some((10, None)), Some((133, None))),
    ("router-advertisement", Some((9, None)), Some((134, None))),
    ("neighbor-solicitation", None, Some((135, None))),
    ("neighbor-advertisement", None, Some((136, None))),
    ("timestamp", Some((13, None)), None),
    ("timestamp-reply", Some((14, None)), None),
];

/// The ICMP messages of a match; empty is every message.
pub(super) fn icmp(cx: &mut Context, table: &Table<'_>) -> Vec<IcmpType> {
    let nodes = cx.items(table, "icmp");
    let texts: Vec<_> = nodes.into_iter().filter_map(|node| scalar(cx, table, "icmp", node)).collect();
    if any_alone(cx, &texts, codes::PORT_PROTOCOL) {
        return Vec::new();
    }
    let byte = |s: &str| decimal(s).and_then(|n| u8::try_from(n).ok());
    let mut out = Vec::new();
    for text in &texts {
        if let Some((_, v4, v6)) = ICMP_NAMES.iter().find(|(word, _, _)| *word == text.value) {
            out.push(IcmpType { v4: *v4, v6: *v6 });
            continue;
        }
        let both = match text.value.split_once('/') {
            Some((kind, code)) => byte(kind).zip(byte(code)).map(|(kind, code)| (kind, Some(code))),
            None => byte(&text.value).map(|kind| (kind, None)),
        };
        if both.is_some() {
            out.push(IcmpType { v4: both, v6: both });
            continue;
        }
        let words = || ICMP_NAMES.iter().map(|n| n.0);
        let near = if cx.spend(ICMP_NAMES.len()) { nearest(&text.value, words()) } else { None };
        let help = match near {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("write TYPE or TYPE/CODE in numbers, or one of {}", list(words())),
        };
        let message = format!("{} is not an ICMP type", quote(&text.value));
        cx.error(codes::PORT_PROTOCOL, text.span, message, help);
    }
    out
}

/// The only family of a list of prefixes, and where the first prefix of the other one stands.
pub(super) fn family_of<'p>(
    prefixes: impl Iterator<Item = &'p Spanned<Prefix>>,
) -> (Option<Family>, Option<Span>) {
    let mut first = None;
    for prefix in prefixes {
        let family = prefix.value.family();
        if *first.get_or_insert(family) != family {
            return (first, Some(prefix.span));
        }
    }
    (first, None)
}
