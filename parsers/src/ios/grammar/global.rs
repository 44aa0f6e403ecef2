//! Top-level statements that stand alone, and small blocks.

mod applet;
mod blocks;
mod ipsec;
mod vlan;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use sekisho_diag::Spanned;
use sekisho_net::Family;

use super::ports::{Transport, port};
use super::stray_children;
use super::switchport::vlan_list;
use super::word::{Res, ipv4, kw, kws, negated, number, whole, word};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::ast::global::{ForwardProtocol, Global, ManagementList};

pub(crate) use blocks::quality;

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Statement {
    Hostname(String),
    IpRouting,
    Ipv6Routing,
    SourceRoute,
    Ipv6SourceRoute,
    TagsNative,
    Multicast(Family, Option<String>),
    ForwardProtocol(Option<u16>),
    VlanFilter(Vec<(u16, u16)>),
    DefaultNetwork,
    ProxyArpOff,
    Management(ManagementList),
    /// In the model only as something wider, or judged where it is bound.
    Approximate(&'static str),
    /// Not modelled and able to move packets.
    Poison(&'static str),
}

/// `routing = "ip routing" / "ipv6 unicast-routing" / "ip source-route" / "ipv6 source-route" / ...`
fn routing(input: &str) -> Res<'_, Statement> {
    let vrf = || opt(map((kw("vrf"), word), |(_, v)| v.to_owned()));
    alt((
        value(Statement::IpRouting, kws("ip routing")),
        value(Statement::Ipv6Routing, kws("ipv6 unicast-routing")),
        value(Statement::SourceRoute, kws("ip source-route")),
        value(Statement::Ipv6SourceRoute, kws("ipv6 source-route")),
        map((kws("ip multicast-routing"), vrf(), opt(kw("distributed"))), |((), v, _)| {
            Statement::Multicast(Family::V4, v)
        }),
        map((kws("ipv6 multicast-routing"), vrf()), |((), v)| Statement::Multicast(Family::V6, v)),
        value(Statement::DefaultNetwork, (kws("ip default-network"), ipv4)),
        value(Statement::ProxyArpOff, kws("ip arp proxy disable")),
        value(Statement::TagsNative, kws("vlan dot1q tag native")),
    ))
    .parse(input)
}

/// `forward = "ip forward-protocol udp" [port]`
fn forward(input: &str) -> Res<'_, Statement> {
    map((kws("ip forward-protocol udp"), opt(port(Transport::Udp))), |((), p)| Statement::ForwardProtocol(p))
        .parse(input)
}

/// `management = "ip http access-class" ["ipv4" / "ipv6"] list / "ntp access-group" kind list / ...`
fn management(input: &str) -> Res<'_, Statement> {
    let entry = |service: &str, family, list: &str| {
        Statement::Management(ManagementList { service: service.to_owned(), list: list.to_owned(), family })
    };
    let ntp = alt((kw("peer"), kw("serve"), kw("serve-only"), kw("query-only")));
    alt((
        map((kws("ip http access-class ipv6"), word), move |((), l)| entry("http", Family::V6, l)),
        map((kws("ip http access-class ipv4"), word), move |((), l)| entry("http", Family::V4, l)),
        map((kws("ip http access-class"), word), move |((), l)| entry("http", Family::V4, l)),
        map(
            (kws("ntp access-group"), opt(alt((kw("ipv4"), kw("ipv6")))), ntp, word, opt(kw("kod"))),
            move |((), f, _, l, _)| {
                let v6 = f.is_some_and(|f| f.eq_ignore_ascii_case("ipv6"));
                entry("ntp", if v6 { Family::V6 } else { Family::V4 }, l)
            },
        ),
        map(
            (
                kws("snmp-server community"),
                word,
                opt((kw("view"), word)),
                opt(alt((kw("ro"), kw("rw")))),
                opt((kw("ipv6"), word)),
                word,
            ),
            move |((), _, _, _, _, l)| entry("snmp", Family::V4, l),
        ),
        map((kws("snmp-server tftp-server-list"), word), move |((), l)| entry("snmp", Family::V4, l)),
    ))
    .parse(input)
}

/// Lines that move packets in ways that are not modelled.
fn movers(input: &str) -> Res<'_, Statement> {
    let after = |words, why| map((kws(words), nom::combinator::rest), move |_| Statement::Poison(why));
    alt((
        after("ip forward-protocol spanning-tree", "flooding of broadcasts"),
        after("ip forward-protocol turbo-flood", "flooding of broadcasts"),
        after("ip mobile", "mobile IP"),
        after("ipv6 mobile", "mobile IP"),
        after("frame-relay switching", "frame relay switching"),
        after("x25 routing", "X.25 switching"),
        after("connect", "switched connection"),
        after("bridge-domain", "bridge domain"),
        after("l2vpn", "layer-2 VPN"),
        after("l2 vfi", "layer-2 VPN"),
        after("webvpn", "SSL VPN"),
        after("crypto vpn", "SSL VPN"),
        after("crypto ssl", "SSL VPN"),
        after("vpdn-group", "dial-in group"),
        after("segment-routing", "segment routing"),
        after("mpls static", "MPLS"),
        after("ipv6 nat", "address translation between families"),
        after("nat64", "address translation between families"),
        after("service-insertion", "service insertion"),
        after("macro auto", "port macros at run time"),
    ))
    .parse(input)
}

/// Lines that act only where something binds them, and are judged there.
fn bound_elsewhere(input: &str) -> Res<'_, Statement> {
    let after = |words, what| map((kws(words), nom::combinator::rest), move |_| Statement::Approximate(what));
    alt((
        after("bridge irb", "bridge groups"),
        after("bridge crb", "bridge groups"),
        map((kw("bridge"), number(255), nom::combinator::rest), |_| Statement::Approximate("bridge groups")),
        after("ip wccp", "WCCP redirection"),
        after("ipv6 wccp", "WCCP redirection"),
        after("pseudowire-class", "pseudowires"),
        after("template", "templates"),
        after("vrf upgrade-cli", "VRF definitions"),
        after("vrf rd-auto", "VRF definitions"),
    ))
    .parse(input)
}

/// Every line without its `no`.
fn statement(input: &str) -> Res<'_, Statement> {
    alt((
        map((kw("hostname"), word), |(_, n)| Statement::Hostname(n.to_owned())),
        routing,
        forward,
        map(
            (kws("vlan filter"), word, kw("vlan-list"), alt((value(vec![(1, 4094)], kw("all")), vlan_list))),
            |((), _, _, l)| Statement::VlanFilter(l),
        ),
        management,
        movers,
        bound_elsewhere,
    ))
    .parse(input)
}

/// Reads a stand-alone line or a small block; true when it was one.
pub(crate) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    if blocks::block(block, config, marks) {
        return true;
    }
    let (no, body) = negated(block.line.trimmed());
    let Some(statement) = whole(statement, body) else { return false };
    if let Statement::Poison(why) = statement {
        if no {
            marks.ignored(&block.line);
            stray_children(block, marks);
        } else {
            super::mark_tree(block, marks, |line, marks| marks.unsupported(line, PendingScope::Device, why));
        }
        return true;
    }
    if let Statement::Approximate(what) = statement {
        super::mark_tree(block, marks, |line, marks| marks.approximated(line, what));
        return true;
    }
    stray_children(block, marks);
    apply(statement, no, &block.line, &mut config.global, marks);
    true
}

fn apply(statement: Statement, no: bool, line: &Line<'_>, global: &mut Global, marks: &mut Marks) {
    let span = line.span();
    marks.modeled(line);
    match statement {
        Statement::Hostname(name) if !no => global.hostname = Some(Spanned::new(name, span)),
        Statement::IpRouting => global.ip_routing = Some(Spanned::new(!no, span)),
        Statement::Ipv6Routing => global.ipv6_routing = Some(Spanned::new(!no, span)),
        Statement::SourceRoute => global.source_route = Some(Spanned::new(!no, span)),
        Statement::Ipv6SourceRoute => global.ipv6_source_route = Some(Spanned::new(!no, span)),
        Statement::TagsNative => global.tags_native = Some(Spanned::new(!no, span)),
        Statement::Multicast(family, vrf) => {
            global.multicast.retain(|m| m.value != (family, vrf.clone()));
            if !no {
                global.multicast.push(Spanned::new((family, vrf), span));
            }
        }
        Statement::ForwardProtocol(port) => {
            global.forward_protocols.push(Spanned::new(ForwardProtocol { on: !no, port }, span));
        }
        Statement::VlanFilter(list) => {
            // The `no` form keeps the filter: it only restricts, and what it restricts is unsure anyway.
            global.vlan_filters.push(Spanned::new(list, span));
            marks.approximated(line, "filtered VLANs");
        }
        Statement::DefaultNetwork => {
            if !no {
                global.default_networks.push(span);
                marks.approximated(line, "ipv4 routes of vrf default");
            }
        }
        Statement::ProxyArpOff => global.proxy_arp_off = (!no).then_some(span),
        Statement::Management(list) => {
            global.management.retain(|m| !no || m.value != list);
            if !no {
                global.management.push(Spanned::new(list, span));
            }
        }
        Statement::Hostname(_) | Statement::Approximate(_) | Statement::Poison(_) => {}
    }
}
