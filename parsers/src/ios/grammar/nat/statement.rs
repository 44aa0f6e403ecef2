//! One `ip nat inside|outside` statement.

use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value};
use nom::{IResult, Parser};
use sekisho_diag::Spanned;
use sekisho_net::Protocol;

use crate::common::Line;
use crate::ios::ast::nat::{Direction, Endpoint, Kind, Options, Pair, Selector, Source, Statement};
use crate::ios::grammar::ports::{Transport, port};
use crate::ios::grammar::word::{Res, end, ipv4, kw, kws, mask, number, word};
use crate::ios::names;

/// ```text
/// statement = "inside" "source" (static / dynamic) *option
///           / "outside" "source" (static / dynamic) *option
///           / "inside" "destination" "list" name "pool" name *option
/// ```
pub(super) fn statement<'a>(line: &Line<'a>, rest: &'a str, text: String) -> Option<Statement> {
    let (rest, direction) = direction(rest).ok()?;
    let (rest, kind) = match direction {
        Direction::InsideDestination => dynamic(line, rest).ok()?,
        Direction::InsideSource | Direction::OutsideSource => {
            alt((map((kw("static"), pair), |(_, p)| Kind::Static(p)), |i| dynamic(line, i)))
                .parse(rest)
                .ok()?
        }
    };
    let options = options(line, rest)?;
    Some(Statement { direction, kind, options, span: line.span(), line: line.number, text })
}

fn direction(input: &str) -> Res<'_, Direction> {
    alt((
        value(Direction::InsideSource, kws("inside source")),
        value(Direction::OutsideSource, kws("outside source")),
        value(Direction::InsideDestination, kws("inside destination")),
    ))
    .parse(input)
}

/// ```text
/// pair = ("tcp" / "udp") address port endpoint port / "esp" address endpoint
///      / "network" address address (mask / "/" length) / address endpoint
/// ```
fn pair(input: &str) -> Res<'_, Pair> {
    let length = alt((
        mask,
        map_opt(word, |w: &str| {
            let digits = w.strip_prefix('/').filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse().ok().filter(|n: &u8| *n <= 32)
        }),
    ));
    alt((
        |input| {
            let (rest, (protocol, names)) = transport_of(input)?;
            let one = || port(names);
            map((ipv4, one(), endpoint, one()), move |(a, p, b, q)| Pair::Port {
                protocol,
                first: (a, Some(p)),
                second: (b, Some(q)),
            })
            .parse(rest)
        },
        map((kw("esp"), ipv4, endpoint), |(_, a, b)| Pair::Port {
            protocol: Protocol::ESP,
            first: (a, None),
            second: (b, None),
        }),
        map((kw("network"), ipv4, ipv4, length), |(_, a, b, len)| Pair::Network(a, b, len)),
        map((ipv4, endpoint), |(a, b)| Pair::Host(a, b)),
    ))
    .parse(input)
}

fn transport_of(input: &str) -> Res<'_, (Protocol, Transport)> {
    alt((
        value((Protocol::TCP, Transport::Tcp), kw("tcp")),
        value((Protocol::UDP, Transport::Udp), kw("udp")),
    ))
    .parse(input)
}

/// `endpoint = address / "interface" interface`
fn endpoint(input: &str) -> Res<'_, Endpoint> {
    let by_name = map((kw("interface"), interface), |(_, name)| Endpoint::Interface(name));
    alt((map(ipv4, Endpoint::Address), by_name)).parse(input)
}

/// `interface = type number`, with or without a blank between them, as the canonical name
pub(crate) fn interface(input: &str) -> Res<'_, String> {
    let joined = map_opt(word, |w: &str| names::canonical(w).map(|(name, _)| name));
    let apart = map_opt((word, word), |(a, b): (&str, &str)| {
        names::canonical(&format!("{a}{b}")).map(|(name, _)| name)
    });
    alt((joined, apart)).parse(input)
}

/// `dynamic = ("list" / "route-map") name ("pool" name / "interface" interface)`
fn dynamic<'a>(line: &Line<'a>, input: &'a str) -> IResult<&'a str, Kind> {
    let named = |w: &str| Spanned::new(w.to_owned(), line.span_of(w));
    let (rest, selector) = alt((
        map((kw("list"), word), |(_, w)| Selector::List(named(w))),
        map((kw("route-map"), word), |(_, w)| Selector::RouteMap(named(w))),
    ))
    .parse(input)?;
    let (after, source) = alt((
        map((kw("pool"), word), |(_, w)| Source::Pool(named(w))),
        map((kw("interface"), interface), |(_, name)| {
            Source::Interface(Spanned::new(name, line.span_of(rest)))
        }),
    ))
    .parse(rest)?;
    Ok((after, Kind::Dynamic(selector, source)))
}

/// ```text
/// option = "vrf" name / "route-map" name / "overload" / "add-route" / "reversible" / "match-in-vrf"
///        / "redundancy" name / "mapping-id" number / "extendable" / "no-alias" / "no-payload" / "forced"
/// ```
fn options(line: &Line<'_>, input: &str) -> Option<Options> {
    let mut out = Options::default();
    let mut rest = input;
    let named = |w: &str| Some(Spanned::new(w.to_owned(), line.span_of(w)));
    while end(rest).is_err() {
        let (after, w) = word(rest).ok()?;
        let (after, argument) = match w {
            "vrf" | "route-map" | "redundancy" => word(after).map(|(r, a)| (r, Some(a))).ok()?,
            "mapping-id" => {
                (opt(number(u32::MAX)).parse(after).ok().map(|(r, _): (&str, Option<u32>)| r)?, None)
            }
            _ => (after, None),
        };
        match (w, argument) {
            ("vrf", Some(name)) => out.vrf = named(name),
            ("route-map", Some(name)) => out.route_map = named(name),
            ("redundancy", Some(_)) => out.redundancy = true,
            ("overload", _) => out.overload = true,
            ("add-route", _) => out.add_route = true,
            ("reversible", _) => out.reversible = true,
            // An explicit VRF of both sides is compared with the interfaces anyway; the others decide
            // about aliases, payloads and identifiers.
            ("match-in-vrf" | "mapping-id" | "extendable" | "no-alias" | "no-payload" | "forced", _) => {}
            _ => return None,
        }
        rest = after;
    }
    Some(out)
}
