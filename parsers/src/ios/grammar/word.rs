//! Words: the pieces of which every production is built.
//!
//! All of them work inside one trimmed line, skip the blanks that follow them, and never cross the
//! line's end. Key words are matched whole and without regard to case, as the device does; they are
//! never abbreviated in what a device prints, so an abbreviation is not understood.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nom::bytes::complete::take_while1;
use nom::character::complete::space0;
use nom::combinator::{eof, map_opt, verify};
use nom::sequence::terminated;
use nom::{IResult, Parser};
use sekisho_net::Prefix;

/// Result of a production on a line's text.
pub(crate) type Res<'a, T> = IResult<&'a str, T>;

/// `word = 1*VCHAR`
pub(crate) fn word(input: &str) -> Res<'_, &str> {
    terminated(take_while1(|c: char| !c.is_whitespace()), space0).parse(input)
}

/// `end = ` nothing left on the line
pub(crate) fn end(input: &str) -> Res<'_, ()> {
    eof.map(|_| ()).parse(input)
}

/// One key word: `kw("ip")`.
pub(crate) fn kw<'a>(
    wanted: &'static str,
) -> impl Parser<&'a str, Output = &'a str, Error = nom::error::Error<&'a str>> {
    verify(word, move |w: &str| w.eq_ignore_ascii_case(wanted))
}

/// Several key words in a row: `kws("ip address")`.
pub(crate) fn kws<'a>(
    wanted: &'static str,
) -> impl Parser<&'a str, Output = (), Error = nom::error::Error<&'a str>> {
    move |input: &'a str| {
        let mut rest = input;
        for w in wanted.split(' ') {
            (rest, _) = kw(w).parse(rest)?;
        }
        Ok((rest, ()))
    }
}

/// `rest = 1*(VCHAR / SP)`: free text up to the end of the line.
pub(crate) fn rest(input: &str) -> Res<'_, &str> {
    take_while1(|_| true).parse(input)
}

/// A decimal number of at most `max`.
pub(crate) fn number<'a>(max: u32) -> impl Parser<&'a str, Output = u32, Error = nom::error::Error<&'a str>> {
    map_opt(word, move |w: &str| {
        let digits = !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit());
        if digits { w.parse::<u32>().ok().filter(|&n| n <= max) } else { None }
    })
}

/// `vlan = %d1-4094`
pub(crate) fn vlan_id(input: &str) -> Res<'_, u16> {
    map_opt(number(4094), |n| u16::try_from(n).ok().filter(|&v| v >= 1)).parse(input)
}

/// `ipv4 = dotted quad`
pub(crate) fn ipv4(input: &str) -> Res<'_, Ipv4Addr> {
    map_opt(word, |w: &str| w.parse().ok()).parse(input)
}

/// `ipv6 = RFC 4291 text form`
pub(crate) fn ipv6(input: &str) -> Res<'_, Ipv6Addr> {
    map_opt(word, |w: &str| w.parse().ok()).parse(input)
}

/// `mask = dotted quad of leading ones`, as a prefix length
pub(crate) fn mask(input: &str) -> Res<'_, u8> {
    map_opt(ipv4, |m| {
        let bits = u32::from(m);
        let len = bits.leading_ones();
        (bits.count_ones() == len).then(|| u8::try_from(len).ok()).flatten()
    })
    .parse(input)
}

/// `ipv6-prefix = ipv6 "/" %d0-128`, host bits kept
pub(crate) fn ipv6_with_len(input: &str) -> Res<'_, (Ipv6Addr, u8)> {
    map_opt(word, |w: &str| {
        let (addr, len) = w.split_once('/')?;
        let digits = !len.is_empty() && len.bytes().all(|b| b.is_ascii_digit());
        let len = len.parse::<u8>().ok().filter(|&n| digits && n <= 128)?;
        Some((addr.parse().ok()?, len))
    })
    .parse(input)
}

/// `ipv4 SP mask` as a prefix, host bits cleared
pub(crate) fn prefix4(input: &str) -> Res<'_, Prefix> {
    map_opt((ipv4, mask), |(addr, len)| Prefix::new(IpAddr::V4(addr), u32::from(len)).ok()).parse(input)
}

/// Runs `production` over a whole line; `None` when it does not match to the end.
pub(crate) fn whole<'a, T>(
    production: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
    text: &'a str,
) -> Option<T> {
    terminated(production, end).parse(text.trim()).ok().map(|(_, value)| value)
}

/// Splits a leading `no`.
pub(crate) fn negated(text: &str) -> (bool, &str) {
    match kw("no").parse(text) {
        Ok((rest, _)) if !rest.is_empty() => (true, rest),
        _ => (false, text),
    }
}
