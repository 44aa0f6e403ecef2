//! Lines of an interface that are neither IP nor `switchport` nor redundancy.

use std::net::IpAddr;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value};
use sekisho_net::Family;

use super::Statement;
use super::ip::input_output;
use crate::ios::ast::interface::{Direction, Dot1q, TunnelEnd};
use crate::ios::grammar::word::{Res, ipv4, ipv6, kw, kws, number, vlan_id, word};
use crate::ios::names;

const BOTH: &[Direction] = &[Direction::In, Direction::Out];

/// `encapsulation = "encapsulation dot1q" vlan ["native"]`
fn encapsulation(input: &str) -> Res<'_, Statement> {
    alt((
        map((kws("encapsulation dot1q"), vlan_id, opt(kw("native"))), |((), vlan, native)| {
            Statement::Encapsulation(Some(Dot1q { vlan, native: native.is_some() }))
        }),
        value(
            Statement::Poison("double tag"),
            (kws("encapsulation dot1q"), vlan_id, kw("second-dot1q"), word),
        ),
        value(Statement::Poison("ISL encapsulation"), (kws("encapsulation isl"), vlan_id)),
    ))
    .parse(input)
}

/// `channel-group = "channel-group" number ["mode" mode ["non-silent"]]`
fn channel_group(input: &str) -> Res<'_, Statement> {
    let mode = alt((kw("on"), kw("active"), kw("passive"), kw("auto"), kw("desirable")));
    map((kw("channel-group"), number(4096), opt((kw("mode"), mode, opt(kw("non-silent"))))), |(_, n, _)| {
        Statement::ChannelGroup(u16::try_from(n).ok())
    })
    .parse(input)
}

/// `vrf = "vrf forwarding" name ["downstream" name]`
fn vrf(input: &str) -> Res<'_, Statement> {
    map((kws("vrf forwarding"), word, opt((kw("downstream"), word))), |((), v, _)| {
        Statement::Vrf(Some(v.to_owned()))
    })
    .parse(input)
}

/// `tunnel-end = ipv4 / ipv6 / interface / word`
fn tunnel_end(input: &str) -> Res<'_, TunnelEnd> {
    alt((
        map(ipv4, |a| TunnelEnd::Address(IpAddr::V4(a))),
        map(ipv6, |a| TunnelEnd::Address(IpAddr::V6(a))),
        map_opt((word, word), |(w, n)| {
            names::canonical(&format!("{w}{n}")).map(|(n, _)| TunnelEnd::Interface(n))
        }),
        map_opt(word, |w| names::canonical(w).map(|(n, _)| TunnelEnd::Interface(n))),
        value(TunnelEnd::Other, word),
    ))
    .parse(input)
}

/// `tunnel = "tunnel" ("source" end / "destination" end / "vrf" name / "mode" mode /
/// "protection ipsec profile" name ["shared"] [("ikev2-profile" / "isakmp-profile") name])`
///
/// Modes that carry plain IP in IP, GRE or ESP are one thing to the model; the others are not.
fn tunnel(input: &str) -> Res<'_, Statement> {
    let (rest, _) = kw("tunnel").parse(input)?;
    let mode = alt((
        value((), (kw("gre"), alt((kw("ip"), kw("ipv6"), kw("multipoint"))), opt(kw("ipv6")))),
        value(
            (),
            (kw("ipsec"), alt((kw("ipv4"), kw("ipv6"))), opt((kw("v6-overlay"), nom::combinator::rest))),
        ),
        value((), (kws("ipsec dual-overlay"), nom::combinator::rest)),
        value((), (kw("ipv6ip"), opt(alt((kw("6to4"), kw("isatap"), kw("auto-tunnel"), kw("6rd")))))),
        value((), (kw("ipip"), opt(kw("decapsulate-any")))),
        value((), alt((kw("ipv6"), kw("iptalk"), kw("cayman"), kw("nos"), kw("eon")))),
    ));
    alt((
        map((kw("source"), tunnel_end), |(_, e)| Statement::TunnelSource(e)),
        map((kw("destination"), tunnel_end), |(_, e)| Statement::TunnelDestination(e)),
        map((kw("vrf"), word), |(_, v)| Statement::TunnelVrf(v.to_owned())),
        map(
            (
                kws("protection ipsec profile"),
                word,
                opt(kw("shared")),
                opt((alt((kw("ikev2-profile"), kw("isakmp-profile"))), word)),
            ),
            |((), name, _, _)| Statement::TunnelProtection(name.to_owned()),
        ),
        value(Statement::TunnelMode, (kw("mode"), mode)),
        value(Statement::Poison("MPLS tunnel"), (kws("mode mpls"), nom::combinator::rest)),
        value(Statement::Poison("MPLS tunnel"), (kws("mpls traffic-eng"), nom::combinator::rest)),
        value(Statement::Poison("unidirectional link"), (kw("udlr"), nom::combinator::rest)),
    ))
    .parse(rest)
}

/// `service-policy = "service-policy" ["type" kind] ("input" / "output") name`
fn service_policy(input: &str) -> Res<'_, Statement> {
    alt((
        map((kw("service-policy"), input_output, word), |(_, d, name)| {
            Statement::ServicePolicy(d, name.to_owned())
        }),
        value(
            Statement::Ignored,
            (kws("service-policy type performance-monitor"), opt(kw("inline")), input_output, word),
        ),
        map((kws("service-policy type qos"), input_output, word), |((), d, name)| {
            Statement::ServicePolicy(d, name.to_owned())
        }),
        value(
            Statement::Poison("service policy of this type"),
            (kws("service-policy type"), nom::combinator::rest),
        ),
        value(Statement::Poison("subscriber session"), (kws("service-policy control"), word)),
    ))
    .parse(input)
}

/// Lines that move packets in ways that are not modelled.
fn movers(input: &str) -> Res<'_, Statement> {
    let poison =
        |why| move |input| Ok::<_, nom::Err<nom::error::Error<&str>>>((input, Statement::Poison(why)));
    let after = |words, why| map((kws(words), nom::combinator::rest), move |_| Statement::Poison(why));
    alt((
        after("bridge-group", "bridge group"),
        map((kws("mpls ip"), poison("MPLS")), |(_, s)| s),
        after("tag-switching ip", "MPLS"),
        after("mpls traffic-eng", "MPLS traffic engineering"),
        after("xconnect", "layer-2 cross connection"),
        after("service instance", "service instance"),
        after("l2protocol-tunnel", "layer-2 protocol tunnel"),
        after("crypto map", "crypto map"),
        after("crypto ipsec client", "VPN client"),
        after("pppoe enable", "PPPoE server"),
        after("source template", "template"),
        after("vrf select", "VRF selection"),
        after("vrf receive", "VRF receive"),
        after("otv", "OTV"),
        after("lisp", "LISP"),
        after("rep", "REP ring"),
        after("vlan mapping", "VLAN mapping"),
        after("connect", "switched connection"),
        after("protocol", "dial-in session"),
        after("member", "overlay member"),
    ))
    .parse(input)
}

/// 802.1X lines by which a server or an event chooses the VLAN of the port.
fn port_access(input: &str) -> Res<'_, Statement> {
    let why = "VLAN chosen at run time";
    alt((
        value(
            Statement::Poison(why),
            (alt((kw("authentication"), kw("dot1x"), kw("access-session"))), kws("port-control auto")),
        ),
        map((kws("authentication event"), nom::combinator::rest), move |_| Statement::Poison(why)),
        map((kws("dot1x guest-vlan"), nom::combinator::rest), move |_| Statement::Poison(why)),
        map((kws("dot1x auth-fail"), nom::combinator::rest), move |_| Statement::Poison(why)),
        map((kws("dot1x critical"), nom::combinator::rest), move |_| Statement::Poison(why)),
        value(Statement::Poison(why), (kw("mab"), opt(kw("eap")))),
        map((kws("authentication fallback"), word), move |_| Statement::Poison(why)),
    ))
    .parse(input)
}

/// Everything else without `no`.
pub(super) fn positive(input: &str) -> Res<'_, Statement> {
    alt((
        encapsulation,
        channel_group,
        vrf,
        tunnel,
        service_policy,
        map((kws("zone-member security"), word), |((), z)| Statement::Zone(Some(z.to_owned()))),
        value(
            Statement::RoutedPort,
            (kws("pppoe-client dial-pool-number"), number(255), nom::combinator::rest),
        ),
        value(Statement::LearnsDefault4, (kws("ppp ipcp route default"), opt(number(255)))),
        value(Statement::Routing(Family::V4), (kws("clns router isis"), opt(word))),
        map((kw("ospfv3"), number(65535), family, kw("area"), word), |(_, _, f, _, _)| Statement::Routing(f)),
        value(
            Statement::Restrict(&[Direction::In], "MAC access list"),
            (kws("mac access-group"), word, kw("in")),
        ),
        value(
            Statement::Restrict(&[Direction::Out], "MAC access list"),
            (kws("mac access-group"), word, kw("out")),
        ),
        value(Statement::Restrict(BOTH, "security group policy"), kws("cts role-based enforcement")),
        value(Statement::Restrict(BOTH, "backup interface"), (kws("backup interface"), word, opt(word))),
        value(Statement::Restrict(BOTH, "backup interface"), (kws("backup delay"), word, word)),
        movers,
        port_access,
    ))
    .parse(input)
}

/// `family = "ipv4" / "ipv6"`
fn family(input: &str) -> Res<'_, Family> {
    alt((value(Family::V4, kw("ipv4")), value(Family::V6, kw("ipv6")))).parse(input)
}

/// Everything else with `no`; the input stands after it.
pub(super) fn negative(input: &str) -> Res<'_, Statement> {
    alt((
        value(Statement::Encapsulation(None), (kws("encapsulation dot1q"), nom::combinator::rest)),
        value(Statement::ChannelGroup(None), (kw("channel-group"), nom::combinator::rest)),
        value(Statement::Vrf(None), (kws("vrf forwarding"), opt(word))),
        value(Statement::Zone(None), (kws("zone-member security"), opt(word))),
        value(
            Statement::Ignored,
            (
                alt((
                    value((), kw("bridge-group")),
                    kws("mpls ip"),
                    kws("tag-switching ip"),
                    kws("mpls traffic-eng"),
                    value((), kw("xconnect")),
                    value((), kw("service-policy")),
                    value((), kw("mab")),
                    kws("crypto map"),
                    kws("cts role-based"),
                    kws("backup interface"),
                    kws("mac access-group"),
                    kws("clns router"),
                    kws("pppoe enable"),
                    kws("authentication event"),
                    value((), kw("l2protocol-tunnel")),
                    kws("pppoe-client dial-pool-number"),
                )),
                nom::combinator::rest,
            ),
        ),
    ))
    .parse(input)
}
