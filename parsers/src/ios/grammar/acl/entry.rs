//! One `permit` or `deny`.

use std::net::IpAddr;

use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, success, value};
use nom::{IResult, Parser};
use sekisho_diag::Spanned;
use sekisho_net::{Family, FieldSet, Prefix, Protocol, Wildcard, addr_bits};

use super::option::{self, Options};
use crate::common::Line;
use crate::ios::ast::acl::{Action, Addresses, Icmp, ListKind, Ports, Rule, Service};
use crate::ios::grammar::ports::{Transport, icmp4_name, icmp6_name, ports, protocol};
use crate::ios::grammar::word::{Res, end, ipv4, ipv6, kw, number, word};

/// `action = "permit" / "deny"`
pub(super) fn action(input: &str) -> Res<'_, Action> {
    alt((value(Action::Permit, kw("permit")), value(Action::Deny, kw("deny")))).parse(input)
}

/// `entry = standard / extended`, to the end of the line
pub(super) fn rule<'a>(line: &Line<'a>, kind: ListKind, input: &'a str) -> Option<Rule> {
    let parsed = match kind {
        ListKind::Standard => standard(input),
        ListKind::Extended | ListKind::V6 => extended(line, kind.family(), input),
    };
    let (rest, rule) = parsed.ok()?;
    end(rest).is_ok().then_some(rule)
}

/// `standard = action (any / host / address [wildcard]) ["log" [word]]`
///
/// An address without a wildcard is one host.
fn standard(input: &str) -> Res<'_, Rule> {
    let host_only = map(ipv4, |a| one(IpAddr::V4(a)));
    let source = alt((any, host(Family::V4), wildcard, host_only));
    let (rest, (action, source, _)) = (action, source, option::log).parse(input)?;
    Ok((rest, plain(action, Service::Any, Addresses::Set(source), Addresses::Set(FieldSet::Any))))
}

fn plain(action: Action, service: Service, source: Addresses, destination: Addresses) -> Rule {
    Rule {
        action,
        service,
        source,
        source_ports: None,
        destination,
        destination_ports: None,
        icmp: None,
        flags: None,
        fragments: false,
        time_range: None,
        reflect: None,
        conditions: Vec::new(),
    }
}

/// ```text
/// extended = ["dynamic" name ["timeout" number]] action service
///            addresses [ports] addresses [ports] [icmp-message] *option
/// ```
fn extended<'a>(line: &Line<'a>, family: Family, input: &'a str) -> IResult<&'a str, Rule> {
    let (rest, dynamic) = opt(dynamic).parse(input)?;
    let (rest, action) = action(rest)?;
    let (rest, (service, extension)) = service(line, family, rest)?;
    let (rest, source) = addresses(line, family, rest)?;
    let (rest, source_ports) = opt(port_test(line, &service)).parse(rest)?;
    let (rest, destination) = addresses(line, family, rest)?;
    let (rest, destination_ports) = opt(port_test(line, &service)).parse(rest)?;
    let (rest, icmp) = icmp(family, &service, rest)?;
    let (rest, igmp) = igmp(&service, rest)?;
    let (rest, options) =
        option::options(line, family, matches!(service, Service::Protocol(Protocol::TCP)), rest)?;
    let Options { flags, fragments, time_range, reflect, mut conditions } = options;
    conditions.extend(dynamic.map(|name| format!("dynamic {name}")));
    conditions.extend(extension.map(|name| format!("extension header {name}")));
    conditions.extend(igmp.map(|name| format!("igmp {name}")));
    let mut rule = plain(action, service, source, destination);
    (rule.source_ports, rule.destination_ports) = (source_ports, destination_ports);
    (rule.icmp, rule.flags, rule.fragments) = (icmp, flags, fragments);
    (rule.time_range, rule.reflect, rule.conditions) = (time_range, reflect, conditions);
    Ok((rest, rule))
}

/// `dynamic = "dynamic" name ["timeout" number]`
fn dynamic(input: &str) -> Res<'_, &str> {
    map((kw("dynamic"), word, opt((kw("timeout"), word))), |(_, name, _)| name).parse(input)
}

/// `service = "ip" / "ipv6" / protocol / "object-group" name`
///
/// Protocol numbers of IPv6 extension headers do not name an upper protocol: any protocol, on condition.
fn service<'a>(
    line: &Line<'a>,
    family: Family,
    input: &'a str,
) -> IResult<&'a str, (Service, Option<String>)> {
    let all = match family {
        Family::V4 => "ip",
        Family::V6 => "ipv6",
    };
    let header = map_opt(word, |w: &str| {
        let extension = matches!(
            w.to_ascii_lowercase().as_str(),
            "hbh" | "ahp" | "0" | "43" | "44" | "51" | "60" | "135"
        );
        (family == Family::V6 && extension).then(|| (Service::Any, Some(w.to_owned())))
    });
    alt((
        map(kw(all), |_| (Service::Any, None)),
        header,
        map(protocol(family), |p| (Service::Protocol(p), None)),
        map((kw("object-group"), word), |(_, name): (_, &str)| {
            (Service::Group(Spanned::new(name.to_owned(), line.span_of(name))), None)
        }),
    ))
    .parse(input)
}

/// `addresses = any / host / "object-group" name / "addrgroup" name / address wildcard / prefix`
fn addresses<'a>(line: &Line<'a>, family: Family, input: &'a str) -> IResult<&'a str, Addresses> {
    let group = map((alt((kw("object-group"), kw("addrgroup"))), word), |(_, name): (_, &str)| {
        Addresses::Group(Spanned::new(name.to_owned(), line.span_of(name)))
    });
    match family {
        Family::V4 => alt((map(alt((any, host(Family::V4), wildcard)), Addresses::Set), group)).parse(input),
        Family::V6 => alt((map(alt((any, host(Family::V6), prefix6)), Addresses::Set), group)).parse(input),
    }
}

/// `any = "any"`
fn any(input: &str) -> Res<'_, FieldSet> {
    value(FieldSet::Any, kw("any")).parse(input)
}

/// `host = "host" address`
fn host(family: Family) -> impl FnMut(&str) -> Res<'_, FieldSet> {
    move |input| {
        let (rest, _) = kw("host").parse(input)?;
        match family {
            Family::V4 => map(ipv4, |a| one(IpAddr::V4(a))).parse(rest),
            Family::V6 => map(ipv6, |a| one(IpAddr::V6(a))).parse(rest),
        }
    }
}

/// `address wildcard`: a 1 of the wildcard is a bit that does not matter, wherever it stands
fn wildcard(input: &str) -> Res<'_, FieldSet> {
    map_opt((ipv4, ipv4), |(a, w)| Some(pattern(Wildcard::from_inverse(IpAddr::V4(a), IpAddr::V4(w))?)))
        .parse(input)
}

/// `prefix = ipv6 "/" length`
fn prefix6(input: &str) -> Res<'_, FieldSet> {
    map_opt(word, |w: &str| Prefix::parse(w).ok().filter(|p| p.family() == Family::V6).map(FieldSet::prefix))
        .parse(input)
}

/// A bit pattern, as a range where it is one.
fn pattern(wildcard: Wildcard) -> FieldSet {
    wildcard.as_prefix().map_or_else(|| wildcard.to_field_set(), FieldSet::prefix)
}

fn one(addr: IpAddr) -> FieldSet {
    FieldSet::one(addr_bits(addr))
}

/// `ports / "portgroup" name`, only after a protocol that has ports
fn port_test<'a>(line: &Line<'a>, service: &Service) -> impl FnMut(&'a str) -> IResult<&'a str, Ports> {
    let transport = match service {
        Service::Protocol(p) => Transport::of(*p),
        Service::Any | Service::Group(_) => None,
    };
    let line = *line;
    move |input| {
        let Some(transport) = transport else {
            return Err(nom::Err::Error(nom::error::make_error(input, nom::error::ErrorKind::Verify)));
        };
        let group = map((kw("portgroup"), word), |(_, name): (_, &str)| {
            Ports::Group(Spanned::new(name.to_owned(), line.span_of(name)))
        });
        alt((map(ports(transport), Ports::Set), group)).parse(input)
    }
}

/// `icmp-message = name / type [code]`, only after `icmp`
fn icmp<'a>(family: Family, service: &Service, input: &'a str) -> IResult<&'a str, Option<Icmp>> {
    let wanted = match family {
        Family::V4 => Protocol::ICMP,
        Family::V6 => Protocol::ICMPV6,
    };
    if *service != Service::Protocol(wanted) {
        return success(None).parse(input);
    }
    opt(icmp_message(family)).parse(input)
}

/// `icmp-message = name / type [code]`
pub(crate) fn icmp_message(family: Family) -> impl FnMut(&str) -> Res<'_, Icmp> {
    move |input| {
        let byte = || map_opt(number(255), |n| u8::try_from(n).ok());
        let named = map_opt(word, |w: &str| match family {
            Family::V4 => icmp4_name(w),
            Family::V6 => icmp6_name(w),
        });
        let numbered = map((byte(), opt(byte())), |(kind, code)| Icmp { kind, code, sure_code: None });
        alt((numbered, named)).parse(input)
    }
}

/// `igmp-type = name / number`, only after `igmp`; a header of the model does not show it
fn igmp<'a>(service: &Service, input: &'a str) -> IResult<&'a str, Option<String>> {
    if *service != Service::Protocol(Protocol(2)) {
        return success(None).parse(input);
    }
    let names = [
        "dvmrp",
        "host-query",
        "host-report",
        "mtrace-resp",
        "mtrace-route",
        "pim",
        "trace",
        "v1host-report",
        "v2host-report",
        "v2leave-group",
        "v3host-report",
    ];
    let named = map_opt(word, |w: &str| names.contains(&w).then(|| w.to_owned()));
    opt(alt((map(number(255), |n| n.to_string()), named))).parse(input)
}
