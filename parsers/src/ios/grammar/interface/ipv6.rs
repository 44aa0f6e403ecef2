//! IPv6 lines of an interface.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use sekisho_net::Family;

use super::Statement;
use super::ip::{direction, rpf};
use crate::ios::ast::inspect::Inspection;
use crate::ios::ast::interface::{AccessGroup, Address6, Helper, TargetVrf};
use crate::ios::grammar::word::{Res, ipv6, ipv6_with_len, kw, kws, number, word};

/// `ipv6-address = ipv6 "/" len ["eui-64" / "anycast"] / ipv6 "link-local" / "autoconfig" ["default"]
/// / "dhcp" ["rapid-commit"] / prefix-name ipv6 "/" len ["eui-64"]`
fn address(input: &str) -> Res<'_, Statement> {
    let (rest, _) = kw("address").parse(input)?;
    alt((
        map((ipv6_with_len, opt(alt((kw("eui-64"), kw("anycast"))))), |((addr, len), how)| {
            let eui64 = how.is_some_and(|w| w.eq_ignore_ascii_case("eui-64"));
            Statement::Address6(Address6 { addr, len, eui64 })
        }),
        value(Statement::Ipv6Enable(true), (ipv6, kw("link-local"))),
        value(Statement::Unknown6 { learns_default: true }, (kw("autoconfig"), opt(kw("default")))),
        value(Statement::Unknown6 { learns_default: true }, (kw("dhcp"), opt(kw("rapid-commit")))),
        value(Statement::Unknown6 { learns_default: false }, (word, ipv6_with_len, opt(kw("eui-64")))),
    ))
    .parse(rest)
}

/// `relay = "dhcp relay destination" ["vrf" name / "global"] ipv6 [interface]`
fn relay(input: &str) -> Res<'_, Statement> {
    map(
        (
            kws("dhcp relay destination"),
            opt(alt((
                map((kw("vrf"), word), |(_, v)| TargetVrf::Named(v.to_owned())),
                value(TargetVrf::Global, kw("global")),
            ))),
            ipv6,
            opt(word),
            opt(word),
        ),
        |((), vrf, to, _, _)| Statement::Helper(Helper { to: to.into(), vrf: vrf.unwrap_or(TargetVrf::Own) }),
    )
    .parse(input)
}

/// Lines that switch on a routing protocol.
fn routing(input: &str) -> Res<'_, Statement> {
    let instance = || opt((kw("instance"), number(255)));
    alt((
        value(Statement::Routing(Family::V6), (kw("ospf"), number(65535), kw("area"), word, instance())),
        value(Statement::Routing(Family::V6), (kw("rip"), word, kw("enable"))),
        value(Statement::Routing(Family::V6), (kw("eigrp"), number(65535))),
        value(Statement::Routing(Family::V6), (kws("router isis"), opt(word))),
    ))
    .parse(input)
}

/// Every IPv6 line without `no`.
pub(super) fn positive(input: &str) -> Res<'_, Statement> {
    let (rest, _) = kw("ipv6").parse(input)?;
    alt((
        address,
        value(Statement::Ipv6Enable(true), kw("enable")),
        value(Statement::Unknown6 { learns_default: false }, (kw("unnumbered"), word, opt(word))),
        value(Statement::Unknown6 { learns_default: true }, kws("nd autoconfig default-route")),
        value(Statement::Unknown6 { learns_default: false }, kws("nd autoconfig prefix")),
        map((kw("traffic-filter"), word, direction), |(_, list, direction)| {
            Statement::AccessGroup(AccessGroup { family: Family::V6, list: list.to_owned(), direction })
        }),
        |input| {
            let (rest, ()) = kws("verify unicast").parse(input)?;
            rpf(Family::V6, rest)
        },
        relay,
        routing,
        value(Statement::Multicast(Family::V6), (kw("pim"), nom::combinator::rest)),
        value(Statement::Multicast(Family::V6), (kw("mld"), nom::combinator::rest)),
        map((kws("policy route-map"), word), |((), m)| Statement::Policy(Family::V6, Some(m.to_owned()))),
        map((kw("inspect"), word, direction), |(_, name, direction)| {
            Statement::Inspect(Inspection { family: Family::V6, name: name.to_owned(), direction })
        }),
        value(Statement::Poison("mobile IP"), (kw("mobile"), nom::combinator::rest)),
    ))
    .parse(rest)
}

/// Every IPv6 line with `no`; the input stands after it.
pub(super) fn negative(input: &str) -> Res<'_, Statement> {
    let (rest, _) = kw("ipv6").parse(input)?;
    alt((
        map((kw("address"), opt((ipv6_with_len, opt(alt((kw("eui-64"), kw("anycast"))))))), |(_, a)| {
            Statement::NoAddress6(a.map(|((addr, len), _)| Address6 { addr, len, eui64: false }))
        }),
        value(Statement::NoAddress6(None), (kws("address autoconfig"), opt(kw("default")))),
        value(Statement::NoAddress6(None), (kws("address dhcp"), opt(kw("rapid-commit")))),
        value(Statement::Ipv6Enable(false), kw("enable")),
        map((kw("traffic-filter"), opt(word), direction), |(_, _, d)| {
            Statement::NoAccessGroup(Family::V6, Some(d))
        }),
        value(Statement::NoRpf(Family::V6), (kws("verify unicast"), nom::combinator::rest)),
        map((kw("inspect"), opt(word), opt(direction)), |(_, name, direction)| {
            Statement::NoInspect(Family::V6, name.map(str::to_owned), direction)
        }),
        map((kws("dhcp relay destination"), opt(ipv6)), |((), a)| Statement::NoHelper(a.map(Into::into))),
        value(Statement::Policy(Family::V6, None), (kws("policy route-map"), opt(word))),
        value(
            Statement::Ignored,
            (
                alt((kw("pim"), kw("mld"), kw("ospf"), kw("rip"), kw("eigrp"), kw("mobile"))),
                nom::combinator::rest,
            ),
        ),
    ))
    .parse(rest)
}
