//! IPv4 lines of an interface.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value};
use sekisho_net::Family;

use super::Statement;
use crate::ios::ast::inspect::Inspection;
use crate::ios::ast::interface::{AccessGroup, Address4, Direction, Helper, NatSide, Rpf, TargetVrf};
use crate::ios::grammar::word::{Res, ipv4, kw, kws, mask, number, word};

/// `direction = "in" / "out"`
pub(super) fn direction(input: &str) -> Res<'_, Direction> {
    alt((value(Direction::In, kw("in")), value(Direction::Out, kw("out")))).parse(input)
}

/// `input-output = "input" / "output"`
pub(super) fn input_output(input: &str) -> Res<'_, Direction> {
    alt((value(Direction::In, kw("input")), value(Direction::Out, kw("output")))).parse(input)
}

/// `ipv4-address = ipv4 mask ["secondary"]`
fn address(input: &str) -> Res<'_, Address4> {
    map((ipv4, mask, opt(kw("secondary"))), |(addr, len, secondary)| Address4 {
        addr,
        len,
        secondary: secondary.is_some(),
    })
    .parse(input)
}

/// `unknown-address = "dhcp" ... / "negotiated" ["previous"] / "pool" name`
fn unknown_address(input: &str) -> Res<'_, Statement> {
    alt((
        value(Statement::Unknown4 { learns_default: true }, (kw("dhcp"), nom::combinator::rest)),
        value(Statement::Unknown4 { learns_default: false }, (kw("negotiated"), opt(kw("previous")))),
        value(Statement::Unknown4 { learns_default: false }, (kw("pool"), word)),
    ))
    .parse(input)
}

/// `verify = "ip verify unicast" ("reverse-path" / "source reachable-via" ("rx" / "any")
/// *("allow-default" / "allow-self-ping" / "l2-src")) [list]`
///
/// SOUNDNESS: whether `reverse-path` counts a default route differs between releases; it is taken to
/// count, so that fewer packets are certainly dropped.
fn verify(input: &str) -> Res<'_, Statement> {
    let (rest, ()) = kws("verify unicast").parse(input)?;
    rpf(Family::V4, rest)
}

/// What follows `verify unicast` in either family.
pub(super) fn rpf(family: Family, input: &str) -> Res<'_, Statement> {
    let option = |input| {
        alt((value(true, kw("allow-default")), value(false, alt((kw("allow-self-ping"), kw("l2-src"))))))
            .parse(input)
    };
    let options = |input| -> Res<'_, bool> {
        map(nom::multi::many0(option), |found: Vec<bool>| found.contains(&true)).parse(input)
    };
    alt((
        map((kw("reverse-path"), options, opt(word)), move |(_, _, list)| Rpf {
            family,
            strict: true,
            allow_default: true,
            exempting_list: list.is_some(),
        }),
        map(
            (
                kws("source reachable-via"),
                alt((value(true, kw("rx")), value(false, kw("any")))),
                options,
                opt(word),
            ),
            move |((), strict, allow_default, list)| Rpf {
                family,
                strict,
                allow_default,
                exempting_list: list.is_some(),
            },
        ),
    ))
    .map(Statement::Rpf)
    .parse(input)
}

/// `helper = "helper-address" ["vrf" name / "global"] ipv4 ["redundancy" name]`
fn helper(input: &str) -> Res<'_, Statement> {
    map(
        (
            kw("helper-address"),
            opt(alt((
                map((kw("vrf"), word), |(_, v)| TargetVrf::Named(v.to_owned())),
                value(TargetVrf::Global, kw("global")),
            ))),
            ipv4,
            opt((kw("redundancy"), word)),
        ),
        |(_, vrf, to, _)| Statement::Helper(Helper { to: to.into(), vrf: vrf.unwrap_or(TargetVrf::Own) }),
    )
    .parse(input)
}

/// Lines whose effect is known but not modelled, or only as something wider.
fn other(input: &str) -> Res<'_, Statement> {
    const BOTH: &[Direction] = &[Direction::In, Direction::Out];
    alt((
        value(Statement::Multicast(Family::V4), (kw("pim"), nom::combinator::rest)),
        value(Statement::Multicast(Family::V4), (kw("igmp"), nom::combinator::rest)),
        value(Statement::Multicast(Family::V4), (kw("dvmrp"), nom::combinator::rest)),
        value(Statement::Approximate("directed broadcast"), (kw("directed-broadcast"), opt(word))),
        map((kw("inspect"), word, direction), |(_, name, direction)| {
            Statement::Inspect(Inspection { family: Family::V4, name: name.to_owned(), direction })
        }),
        map((kw("ips"), word, direction), |_| Statement::Restrict(BOTH, "intrusion prevention")),
        value(Statement::Restrict(BOTH, "URL filter"), (kw("urlfilter"), word, opt(direction))),
        value(Statement::Restrict(&[Direction::In], "source guard"), kws("verify source port-security")),
        value(Statement::Restrict(&[Direction::In], "source guard"), kws("verify source")),
        value(Statement::Poison("authentication proxy"), (alt((kw("admission"), kw("auth-proxy"))), word)),
        value(
            Statement::Poison("WCCP redirection"),
            (kw("wccp"), opt((kw("vrf"), word)), word, kw("redirect"), alt((kw("in"), kw("out")))),
        ),
        value(
            Statement::Poison("WCCP redirection"),
            (kw("wccp"), opt((kw("vrf"), word)), word, kws("group-listen")),
        ),
        value(Statement::Poison("VRF selection by source"), (kws("vrf select source"), opt(word))),
        value(Statement::Poison("VRF receive"), (kws("vrf receive"), word)),
        value(Statement::Poison("VRF autoclassification"), (kws("vrf autoclassify source"), opt(word))),
        value(Statement::Poison("mobile IP"), (kw("mobile"), nom::combinator::rest)),
        value(Statement::Poison("LISP"), (kw("lisp"), nom::combinator::rest)),
        value(Statement::Poison("BGP policy accounting"), kws("policy-list")),
    ))
    .parse(input)
}

/// Lines that switch on a routing protocol.
fn routing(input: &str) -> Res<'_, Statement> {
    alt((
        value(
            Statement::Routing(Family::V4),
            (kw("ospf"), number(65535), opt((kw("area"), word, opt((kw("secondaries"), kw("none")))))),
        ),
        value(Statement::Routing(Family::V4), (kws("router isis"), opt(word))),
        value(Statement::Routing(Family::V4), (kws("rip advertise"), word)),
    ))
    .parse(input)
}

/// Every IPv4 line without `no`.
pub(super) fn positive(input: &str) -> Res<'_, Statement> {
    let (rest, _) = kw("ip").parse(input)?;
    alt((
        map((kw("address"), address), |(_, a)| Statement::Address4(a)),
        map((kw("address"), unknown_address), |(_, s)| s),
        value(
            Statement::Unknown4 { learns_default: false },
            (kw("unnumbered"), word, opt(word), opt(kw("poll"))),
        ),
        map((kws("vrf forwarding"), word, opt((kw("downstream"), word))), |((), v, _)| {
            Statement::Vrf(Some(v.to_owned()))
        }),
        map((kw("access-group"), word, direction), |(_, list, direction)| {
            Statement::AccessGroup(AccessGroup { family: Family::V4, list: list.to_owned(), direction })
        }),
        verify,
        helper,
        routing,
        value(Statement::ProxyArp(true), kw("proxy-arp")),
        value(Statement::LocalProxyArp(true), kw("local-proxy-arp")),
        value(Statement::NatSide(NatSide::Inside), kws("nat inside")),
        value(Statement::NatSide(NatSide::Outside), kws("nat outside")),
        value(Statement::Poison("NAT virtual interface"), kws("nat enable")),
        map((kws("policy route-map"), word), |((), m)| Statement::Policy(Family::V4, Some(m.to_owned()))),
        other,
    ))
    .parse(rest)
}

/// Every IPv4 line with `no`; the input stands after it.
pub(super) fn negative(input: &str) -> Res<'_, Statement> {
    let (rest, _) = kw("ip").parse(input)?;
    let off = |input| -> Res<'_, Statement> {
        value(
            Statement::Ignored,
            (
                alt((
                    kw("pim"),
                    kw("igmp"),
                    kw("directed-broadcast"),
                    kw("ips"),
                    kw("wccp"),
                    kw("mobile"),
                    kw("ospf"),
                    kw("lisp"),
                    kw("verify"),
                )),
                nom::combinator::rest,
            ),
        )
        .parse(input)
    };
    alt((
        map_opt((kw("address"), opt(address)), |(_, a)| Some(Statement::NoAddress4(a))),
        value(Statement::NoAddress4(None), (kws("address dhcp"), nom::combinator::rest)),
        value(Statement::NoAddress4(None), kws("address negotiated")),
        value(Statement::NoAddress4(None), (kw("unnumbered"), nom::combinator::rest)),
        value(Statement::Vrf(None), (kws("vrf forwarding"), opt(word))),
        map((kw("access-group"), opt(word), direction), |(_, _, d)| {
            Statement::NoAccessGroup(Family::V4, Some(d))
        }),
        value(Statement::NoAccessGroup(Family::V4, None), kw("access-group")),
        value(Statement::NoRpf(Family::V4), (kws("verify unicast"), nom::combinator::rest)),
        map((kw("inspect"), opt(word), opt(direction)), |(_, name, direction)| {
            Statement::NoInspect(Family::V4, name.map(str::to_owned), direction)
        }),
        map((kw("helper-address"), opt(ipv4)), |(_, a)| Statement::NoHelper(a.map(Into::into))),
        value(Statement::ProxyArp(false), kw("proxy-arp")),
        value(Statement::LocalProxyArp(false), kw("local-proxy-arp")),
        value(Statement::NoNatSide, (kw("nat"), alt((kw("inside"), kw("outside"))))),
        value(Statement::Ignored, kws("nat enable")),
        value(Statement::Policy(Family::V4, None), (kws("policy route-map"), opt(word))),
        off,
    ))
    .parse(rest)
}
