//! What may follow the addresses of an entry.

use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value, verify};
use nom::multi::many1;
use nom::{IResult, Parser};
use sekisho_diag::Spanned;
use sekisho_net::{Family, flags};

use crate::common::Line;
use crate::ios::ast::acl::Flags;
use crate::ios::grammar::word::{Res, end, kw, number, word};

/// The options of one entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// TCP flags.
    pub flags: Option<Flags>,
    /// `fragments`.
    pub fragments: bool,
    /// `time-range NAME`.
    pub time_range: Option<Spanned<String>>,
    /// `reflect NAME`.
    pub reflect: Option<String>,
    /// Everything that a header of the model cannot decide.
    pub conditions: Vec<String>,
}

/// `*option`, in any order, each at most once where it matters
pub(super) fn options<'a>(
    line: &Line<'a>,
    family: Family,
    tcp: bool,
    input: &'a str,
) -> IResult<&'a str, Options> {
    let mut out = Options::default();
    let mut rest = input;
    while end(rest).is_err() {
        if let Ok((after, found)) = flag_test(rest)
            && tcp
            && out.flags.is_none()
        {
            out.flags = Some(found);
            rest = after;
        } else if let Ok((after, _)) = kw("fragments").parse(rest) {
            out.fragments = true;
            rest = after;
        } else if let Ok((after, (_, name))) = (kw("time-range"), word).parse(rest)
            && out.time_range.is_none()
        {
            out.time_range = Some(Spanned::new(name.to_owned(), line.span_of(name)));
            rest = after;
        } else if let Ok((after, name)) = reflect(rest)
            && out.reflect.is_none()
        {
            out.reflect = Some(name.to_owned());
            rest = after;
        } else if let Ok((after, text)) = condition(family, rest) {
            out.conditions.push(text);
            rest = after;
        } else if let Ok((after, true)) = log(rest) {
            rest = after;
        } else {
            break;
        }
    }
    Ok((rest, out))
}

/// `log = [("log" / "log-input") [word]]`, the word (a tag) only at the end of the line
pub(super) fn log(input: &str) -> Res<'_, bool> {
    let (rest, found) = opt(alt((kw("log-input"), kw("log")))).parse(input)?;
    if found.is_none() {
        return Ok((input, false));
    }
    let tag: Res<'_, _> = (verify(word, |w: &str| !is_option(w)), end).parse(rest);
    Ok((tag.map_or(rest, |(after, _)| after), true))
}

fn is_option(word: &str) -> bool {
    matches!(
        word,
        "fragments"
            | "time-range"
            | "reflect"
            | "dscp"
            | "precedence"
            | "tos"
            | "ttl"
            | "option"
            | "established"
    )
}

/// `reflect = "reflect" name ["timeout" seconds]`
fn reflect(input: &str) -> Res<'_, &str> {
    map((kw("reflect"), word, opt((kw("timeout"), number(u32::MAX)))), |(_, name, _)| name).parse(input)
}

/// ```text
/// flag-test = "established" / ("match-any" / "match-all") 1*(("+" / "-") flag) / 1*flag
/// ```
/// `established` is ACK or RST. Several bare flags match a packet that has any of them (the old style);
/// only a packet that has all of them is taken to match certainly.
/// Source: Cisco IOS Security Configuration Guide 12.4T, "ACL TCP flags filtering".
fn flag_test(input: &str) -> Res<'_, Flags> {
    let signed = || {
        many1(map_opt(word, |w: &str| {
            let (sign, name) = w.split_at_checked(1)?;
            let bit = flag(name)?;
            match sign {
                "+" => Some((bit, bit)),
                "-" => Some((0, bit)),
                _ => None,
            }
        }))
    };
    let exact = |sets: Vec<(u8, u8)>| Flags { may: sets.clone(), must: sets };
    alt((
        map(kw("established"), move |_| exact(vec![(flags::ACK, flags::ACK), (flags::RST, flags::RST)])),
        map((kw("match-any"), signed()), move |(_, sets)| exact(sets)),
        map_opt((kw("match-all"), signed()), move |(_, sets)| {
            let mut all = (0, 0);
            for (v, c) in sets {
                if all.1 & c != 0 {
                    return None;
                }
                all = (all.0 | v, all.1 | c);
            }
            Some(exact(vec![all]))
        }),
        map(many1(map_opt(word, flag)), |bits| {
            let all = bits.iter().fold(0, |a, b| a | b);
            Flags { may: bits.iter().map(|&b| (b, b)).collect(), must: vec![(all, all)] }
        }),
    ))
    .parse(input)
}

fn flag(name: &str) -> Option<u8> {
    Some(match name {
        "ack" => flags::ACK,
        "fin" => flags::FIN,
        "psh" => flags::PSH,
        "rst" => flags::RST,
        "syn" => flags::SYN,
        "urg" => flags::URG,
        _ => return None,
    })
}

/// Tests of header parts that the model does not have.
///
/// ```text
/// condition = ("dscp" / "precedence" / "tos" / "option" / "flow-label") word
///           / "ttl" ("range" number number / ("eq" / "neq" / "lt" / "gt") 1*number)
///           / ("dest-option-type" / "mobility-type" / "routing-type") word
///           / "dest-option" / "mobility" / "routing" / "hbh" / "auth" / "undetermined-transport"
/// ```
/// The second and third line of names are IPv6 only, `option`, `tos`, `precedence` and `ttl` IPv4 only.
fn condition(family: Family, input: &str) -> Res<'_, String> {
    let with = |name: &'static str| map((kw(name), word), move |(_, w): (_, &str)| format!("{name} {w}"));
    let bare = |name: &'static str| value(name.to_owned(), kw(name));
    match family {
        Family::V4 => alt((with("dscp"), with("precedence"), with("tos"), with("option"), ttl)).parse(input),
        Family::V6 => alt((
            with("dscp"),
            with("flow-label"),
            with("dest-option-type"),
            with("mobility-type"),
            with("routing-type"),
            bare("dest-option"),
            bare("mobility"),
            bare("routing"),
            bare("hbh"),
            bare("auth"),
            bare("undetermined-transport"),
        ))
        .parse(input),
    }
}

fn ttl(input: &str) -> Res<'_, String> {
    let range = map((kw("range"), number(255), number(255)), |(_, a, b)| format!("ttl range {a} {b}"));
    let operator = alt((kw("eq"), kw("neq"), kw("lt"), kw("gt")));
    let other = map((operator, many1(number(255))), |(op, n): (&str, Vec<u32>)| {
        let n: Vec<String> = n.iter().map(u32::to_string).collect();
        format!("ttl {op} {}", n.join(" "))
    });
    map((kw("ttl"), alt((range, other))), |(_, text)| text).parse(input)
}
