//! The grammar of one row (nom): a head `CODE PREFIX` and next-hop clauses. Syntax only.
//!
//! ```text
//! row    = code *flag prefix [ clause ]
//! clause = *mark [ "[" distance "/" metric "]" ] ( "via" target / "is directly connected" / "is a summary" ) *( "," item )
//! mark   = "[RPR]" / "[NHO]"
//! target = address [ "(" vrf ")" / "%" vrf ] / interface
//! item   = age / interface / "tag" number / "directly connected" / "receive" / ...
//! ```
//! Source: Cisco IOS IP Routing: Protocol-Independent Command Reference, `show ip route`, `show ipv6 route`.

use std::net::IpAddr;

use nom::IResult;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::character::complete::{char, space0, space1, u8 as number_u8, u32 as number_u32};
use nom::combinator::{all_consuming, opt, value};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use sekisho_net::parse_addr;

/// What stands before the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    /// Protocol word.
    pub protocol: &'static str,
    /// `+` or `&`: replicated from another VRF.
    pub replicated: bool,
    /// `%` or `p`: packets follow another next hop than the one shown.
    pub overridden: bool,
}

impl Code {
    /// Whether the null interface means a drop. Translation and overlay routes point there and are
    /// forwarded all the same.
    pub(super) fn null_drops(self) -> bool {
        !matches!(self.protocol, "nat" | "lisp" | "omp" | "nhrp" | "application")
    }
}

/// Code, destination, and the rest of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub code: Code,
    pub addr: IpAddr,
    /// Prefix length in bits, if printed.
    pub length: Option<u32>,
    pub rest: &'a str,
}

/// What a bracketed word says about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// `[RPR]`: used when the others fail.
    Repair,
    /// `[NHO]`: used instead of the others.
    Override,
}

/// Where a clause leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Neighbour { addr: IpAddr, vrf: Option<String> },
    Connected,
    Summary,
    Receive,
}

/// One next-hop clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub mark: Option<Mark>,
    pub distance: Option<u8>,
    pub metric: Option<u32>,
    pub target: Target,
    pub interface: Option<String>,
}

/// Reads `CODE PREFIX`; `None` when the line does not begin like a row.
pub(super) fn head(text: &str) -> Option<Head<'_>> {
    let trimmed = text.trim_start();
    let at = trimmed
        .split_whitespace()
        .find(|w| destination(w).is_some())
        .map(|w| w.as_ptr() as usize - trimmed.as_ptr() as usize)?;
    let (front, back) = trimmed.split_at_checked(at)?;
    let word_end = back.find(char::is_whitespace).unwrap_or(back.len());
    let (word, rest) = back.split_at_checked(word_end)?;
    let (addr, mut length) = destination(word)?;
    let code = code(front, addr.is_ipv6())?;
    let mut rest = rest.trim();
    if length.is_none()
        && let Some((mask, tail)) = rest.split_once(char::is_whitespace)
        && let Ok(mask) = parse_addr(mask)
    {
        length = Some(sekisho_net::Prefix::with_mask(addr, mask).ok()?.len());
        rest = tail.trim();
    }
    Some(Head { code, addr, length, rest })
}

/// `ADDRESS` or `ADDRESS/LENGTH`. A bare IPv6 address is no destination.
pub(super) fn destination(word: &str) -> Option<(IpAddr, Option<u32>)> {
    match word.split_once('/') {
        Some((addr, length)) => {
            let addr = parse_addr(addr).ok()?;
            let strict = (1..=3).contains(&length.len()) && length.bytes().all(|b| b.is_ascii_digit());
            let length = strict.then(|| length.parse().ok())??;
            (length <= if addr.is_ipv6() { 128 } else { 32 }).then_some((addr, Some(length)))
        }
        None => parse_addr(word).ok().filter(IpAddr::is_ipv4).map(|addr| (addr, None)),
    }
}

/// The words before the prefix. Flags may stick to the code (`O*E2`) or stand alone (`S   +`).
fn code(front: &str, ipv6: bool) -> Option<Code> {
    let flag = |c: char| matches!(c, '*' | '+' | '%' | '&');
    let replicated = front.contains(['+', '&']);
    let mut overridden = front.contains('%');
    let mut words: Vec<&str> =
        front.split(|c: char| c.is_whitespace() || flag(c)).filter(|w| !w.is_empty()).collect();
    if words.len() > 1 && words.last() == Some(&"p") {
        overridden = true;
        words.pop();
    }
    let protocol = if ipv6 { ipv6_protocol(&words)? } else { ipv4_protocol(&words)? };
    Some(Code { protocol, replicated, overridden })
}

/// Source: legends of IOS 12.2 to IOS-XE 17.
fn ipv4_protocol(words: &[&str]) -> Option<&'static str> {
    Some(match words {
        ["C"] => "connected",
        ["L"] => "local",
        ["S"] => "static",
        ["U"] => "static-user",
        ["P"] => "static-periodic",
        ["R"] => "rip",
        ["I"] => "igrp",
        ["M"] => "mobile",
        ["B"] => "bgp",
        ["D"] => "eigrp",
        ["D", "EX"] => "eigrp-ex",
        ["E"] => "egp",
        ["O"] => "ospf",
        ["O", "IA"] => "ospf-ia",
        ["O", "N1"] => "ospf-n1",
        ["O", "N2"] => "ospf-n2",
        ["O", "E1"] => "ospf-e1",
        ["O", "E2"] => "ospf-e2",
        ["i"] => "isis",
        ["i", "L1"] => "isis-l1",
        ["i", "L2"] => "isis-l2",
        ["i", "ia"] => "isis-ia",
        ["i", "su"] => "isis-su",
        ["o"] => "odr",
        ["H" | "G" | "g"] => "nhrp",
        ["l"] => "lisp",
        ["a"] => "application",
        ["m"] => "omp",
        ["n"] | ["n", "Ni" | "No" | "Nd"] => "nat",
        _ => return None,
    })
}

/// Source: legends of IOS 12.4 to IOS-XE 17, `show ipv6 route`.
fn ipv6_protocol(words: &[&str]) -> Option<&'static str> {
    Some(match words {
        ["C"] => "connected",
        ["L" | "LC"] => "local",
        ["S"] => "static",
        ["U"] => "static-user",
        ["R"] => "rip",
        ["MR"] | ["M"] => "mobile",
        ["HA"] => "home-agent",
        ["B"] => "bgp",
        ["D"] => "eigrp",
        ["EX"] => "eigrp-ex",
        ["O"] => "ospf",
        ["OI"] => "ospf-ia",
        ["OE1"] => "ospf-e1",
        ["OE2"] => "ospf-e2",
        ["ON1"] => "ospf-n1",
        ["ON2"] => "ospf-n2",
        ["I1"] => "isis-l1",
        ["I2"] => "isis-l2",
        ["IA"] => "isis-ia",
        ["IS"] => "isis-su",
        ["ND" | "NDp" | "NDr" | "DCE"] => "nd",
        ["H"] => "nhrp",
        ["l" | "la" | "lr" | "ld" | "lA" | "le" | "ls"] => "lisp",
        ["a"] => "application",
        ["m"] => "omp",
        ["RL"] => "rpl",
        _ => return None,
    })
}

/// Whether a line can only be a further clause of the row above.
pub(super) fn is_clause(text: &str) -> bool {
    let trimmed = text.trim_start();
    trimmed.starts_with('[') || trimmed.starts_with("via ") || trimmed.starts_with("is directly connected")
}

/// `[DISTANCE/METRIC]`, and a tag behind it: what an IPv6 row carries for all its clauses.
pub(super) fn shared(text: &str) -> Option<(u8, u32)> {
    let tail = opt((char(','), space0, tag("tag"), space1, number_u32));
    all_consuming(terminated(brackets, (tail, space0))).parse(text.trim()).ok().map(|(_, pair)| pair)
}

/// One whole clause; `None` when any part of it is not understood.
pub(super) fn path(text: &str) -> Option<Path> {
    all_consuming(terminated(clause, space0)).parse(text.trim()).ok().map(|(_, path)| path)
}

fn brackets(input: &str) -> IResult<&str, (u8, u32)> {
    delimited(char('['), separated_pair(number_u8, char('/'), number_u32), char(']')).parse(input)
}

fn clause(input: &str) -> IResult<&str, Path> {
    let mark = alt((value(Mark::Repair, tag("[RPR]")), value(Mark::Override, tag("[NHO]"))));
    let (input, mark) = opt(terminated(mark, space0)).parse(input)?;
    let (input, pair) = opt(terminated(brackets, space0)).parse(input)?;
    let (input, target) = opt(alt((
        preceded((tag("via"), space1), via),
        value((Target::Summary, None), tag("is a summary")),
        preceded((tag("is possibly down,"), space1, tag("routing via"), space1), via),
        directly_connected,
    )))
    .parse(input)?;
    let (input, items) = many0(preceded((space0, char(','), space0), item)).parse(input)?;
    let failed = || nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify));
    let (mut target, mut interface) = match target {
        Some((target, interface)) => (target, interface),
        // `[200/0], 3w4d, Null0`: an interface and nothing else.
        None if pair.is_some() => (Target::Connected, None),
        None => return Err(failed()),
    };
    for item in items {
        match item {
            Item::Nothing => {}
            Item::Receive => target = Target::Receive,
            Item::Interface(name) if interface.is_none() => interface = Some(name.to_owned()),
            Item::Interface(_) => return Err(failed()),
        }
    }
    if target == Target::Connected && interface.is_none() {
        return Err(failed());
    }
    Ok((input, Path { mark, distance: pair.map(|p| p.0), metric: pair.map(|p| p.1), target, interface }))
}

fn directly_connected(input: &str) -> IResult<&str, (Target, Option<String>)> {
    let (input, _) = tag("is directly connected").parse(input)?;
    let (input, _) = opt(preceded(space1, vrf_note)).parse(input)?;
    Ok((input, (Target::Connected, None)))
}

/// The target of `via`: an address, with the VRF it belongs to, or (IPv6) an interface.
fn via(input: &str) -> IResult<&str, (Target, Option<String>)> {
    let (input, word) = take_till1(|c: char| c == ',' || c.is_whitespace() || c == '(').parse(input)?;
    let (address, leak) = word.split_once('%').map_or((word, None), |(a, v)| (a, Some(v)));
    let Ok(addr) = parse_addr(address) else {
        let failed = || nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify));
        let (_, name) =
            all_consuming(interface).parse(word).map_err(|_: nom::Err<nom::error::Error<&str>>| failed())?;
        return Ok((input, (Target::Connected, Some(name.to_owned()))));
    };
    let (input, note) = opt(preceded(space0, vrf_note)).parse(input)?;
    let vrf = note.or(leak).map(str::to_owned);
    Ok((input, (Target::Neighbour { addr, vrf }, None)))
}

/// `(RED)` or `(nexthop in vrf RED)`.
fn vrf_note(input: &str) -> IResult<&str, &str> {
    let name = take_while1(|c: char| !c.is_whitespace() && c != ')');
    delimited(char('('), preceded(opt(tag("nexthop in vrf ")), name), char(')')).parse(input)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item<'a> {
    /// Says nothing about where packets go.
    Nothing,
    Receive,
    Interface(&'a str),
}

fn item(input: &str) -> IResult<&str, Item<'_>> {
    alt((
        value(Item::Nothing, (tag("directly connected"), end)),
        value(Item::Nothing, (tag("indirectly connected"), end)),
        value(Item::Receive, (tag("receive"), end)),
        value(Item::Nothing, (alt((tag("tag"), tag("label"), tag("c:"))), space1, number_u32, end)),
        value(Item::Nothing, (age, end)),
        interface.map(Item::Interface),
    ))
    .parse(input)
}

/// The end of an item: a comma, blanks up to the end of the line, or the end.
fn end(input: &str) -> IResult<&str, ()> {
    let rest = input.trim_start();
    if rest.is_empty() || rest.starts_with(',') {
        Ok((input, ()))
    } else {
        Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify)))
    }
}

/// `00:10:00`, `1d02h`, `3w4d`, `never`.
fn age(input: &str) -> IResult<&str, &str> {
    let timed = nom::combinator::verify(
        take_while1(|c: char| {
            c.is_ascii_digit() || matches!(c, ':' | '.' | 'y' | 'w' | 'd' | 'h' | 'm' | 's')
        }),
        |s: &str| s.starts_with(|c: char| c.is_ascii_digit()),
    );
    alt((timed, tag("never"))).parse(input)
}

/// An interface name: a letter first, no blanks.
fn interface(input: &str) -> IResult<&str, &str> {
    nom::combinator::verify(
        take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | ':' | '_' | '-')),
        |s: &str| s.starts_with(|c: char| c.is_ascii_alphabetic()),
    )
    .parse(input)
}
