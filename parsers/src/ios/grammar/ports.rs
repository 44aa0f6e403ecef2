//! Protocol, port and ICMP message names, and port tests.
//!
//! Port names differ by protocol: 512 is `exec` for TCP and `biff` for UDP. A name that is not in the
//! table of its protocol is not understood; it is never looked up elsewhere.

mod icmp;

pub(crate) use icmp::{icmp4_name, icmp6_name};

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, map_opt};
use nom::multi::many1;
use sekisho_net::{Family, FieldSet, Protocol};

use super::word::{Res, kw, number, word};

/// Which table of port names applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// TCP names.
    Tcp,
    /// UDP names.
    Udp,
    /// Names of either; the two tables give the same number to a name that both have.
    Either,
    /// Numbers only.
    Other,
}

impl Transport {
    /// The table for a protocol; `None` when the protocol has no ports.
    pub(crate) fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::TCP => Some(Transport::Tcp),
            Protocol::UDP => Some(Transport::Udp),
            other => other.has_ports().then_some(Transport::Other),
        }
    }
}

/// TCP port names of IOS 15.2 and IOS XE 16.9.
/// Source: Cisco IOS Security Command Reference, `permit (IP)`, TCP port names; `drip` from IOS 12.4.
const TCP: [(&str, u16); 37] = [
    ("bgp", 179),
    ("chargen", 19),
    ("cmd", 514),
    ("daytime", 13),
    ("discard", 9),
    ("domain", 53),
    ("drip", 3949),
    ("echo", 7),
    ("exec", 512),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("gopher", 70),
    ("hostname", 101),
    ("ident", 113),
    ("irc", 194),
    ("klogin", 543),
    ("kshell", 544),
    ("login", 513),
    ("lpd", 515),
    ("msrpc", 135),
    ("nntp", 119),
    ("onep-plain", 15001),
    ("onep-tls", 15002),
    ("pim-auto-rp", 496),
    ("pop2", 109),
    ("pop3", 110),
    ("smtp", 25),
    ("sunrpc", 111),
    ("syslog", 514),
    ("tacacs", 49),
    ("talk", 517),
    ("telnet", 23),
    ("time", 37),
    ("uucp", 540),
    ("whois", 43),
    ("www", 80),
];

/// UDP port names of IOS 15.2 and IOS XE 16.9.
/// Source: Cisco IOS Security Command Reference, `permit (IP)`, UDP port names.
const UDP: [(&str, u16); 28] = [
    ("biff", 512),
    ("bootpc", 68),
    ("bootps", 67),
    ("discard", 9),
    ("dnsix", 195),
    ("domain", 53),
    ("echo", 7),
    ("isakmp", 500),
    ("mobile-ip", 434),
    ("nameserver", 42),
    ("netbios-dgm", 138),
    ("netbios-ns", 137),
    ("netbios-ss", 139),
    ("non500-isakmp", 4500),
    ("ntp", 123),
    ("pim-auto-rp", 496),
    ("rip", 520),
    ("ripv6", 521),
    ("snmp", 161),
    ("snmptrap", 162),
    ("sunrpc", 111),
    ("syslog", 514),
    ("tacacs", 49),
    ("talk", 517),
    ("tftp", 69),
    ("time", 37),
    ("who", 513),
    ("xdmcp", 177),
];

/// IPv4 protocol names. Source: Cisco IOS Security Command Reference, `permit (IP)`, protocol.
const PROTOCOL4: [(&str, u8); 15] = [
    ("ahp", 51),
    ("eigrp", 88),
    ("esp", 50),
    ("gre", 47),
    ("icmp", 1),
    ("igmp", 2),
    ("igrp", 9),
    ("ipinip", 4),
    ("nos", 94),
    ("ospf", 89),
    ("pcp", 108),
    ("pim", 103),
    ("sctp", 132),
    ("tcp", 6),
    ("udp", 17),
];

/// IPv6 protocol names. Source: Cisco IOS IPv6 Command Reference, `permit (IPv6)`, protocol.
const PROTOCOL6: [(&str, u8); 7] =
    [("ahp", 51), ("esp", 50), ("icmp", 58), ("pcp", 108), ("sctp", 132), ("tcp", 6), ("udp", 17)];

fn look_up<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
}

/// The port of a name.
pub(crate) fn port_name(transport: Transport, name: &str) -> Option<u16> {
    match transport {
        Transport::Tcp => look_up(&TCP, name),
        Transport::Udp => look_up(&UDP, name),
        Transport::Either => look_up(&TCP, name).or_else(|| look_up(&UDP, name)),
        Transport::Other => None,
    }
}

/// `protocol = name / %d0-255`, without `ip` and `ipv6`
pub(crate) fn protocol(family: Family) -> impl FnMut(&str) -> Res<'_, Protocol> {
    move |input| {
        let named = map_opt(word, |w: &str| match family {
            Family::V4 => look_up(&PROTOCOL4, w),
            Family::V6 => look_up(&PROTOCOL6, w),
        });
        let numbered = map_opt(number(255), |n| u8::try_from(n).ok());
        map(alt((named, numbered)), Protocol).parse(input)
    }
}

/// `port = name / %d0-65535`
pub(crate) fn port(transport: Transport) -> impl FnMut(&str) -> Res<'_, u16> {
    move |input| {
        let numbered = map_opt(number(65535), |n| u16::try_from(n).ok());
        let named = map_opt(word, |w: &str| port_name(transport, w));
        alt((numbered, named)).parse(input)
    }
}

/// `ports = "eq" 1*port / "neq" 1*port / "lt" port / "gt" port / "range" port port`
///
/// `lt` and `gt` exclude the port itself, `range` includes both ends; `neq` means none of its ports.
pub(crate) fn ports(transport: Transport) -> impl FnMut(&str) -> Res<'_, FieldSet> {
    move |input| {
        let one = || port(transport);
        alt((
            map((kw("eq"), many1(one())), |(_, p)| {
                FieldSet::Ranges(p.into_iter().map(|p| (p.into(), p.into())).collect())
            }),
            map((kw("neq"), many1(one())), |(_, p)| none_of(p)),
            map((kw("lt"), one()), |(_, p)| below(p)),
            map((kw("gt"), one()), |(_, p)| above(p)),
            map_opt((kw("range"), one(), one()), |(_, lo, hi)| {
                (lo <= hi).then(|| FieldSet::range(lo.into(), hi.into()))
            }),
        ))
        .parse(input)
    }
}

fn below(port: u16) -> FieldSet {
    FieldSet::Ranges(port.checked_sub(1).map(|hi| (0, u128::from(hi))).into_iter().collect())
}

fn above(port: u16) -> FieldSet {
    FieldSet::Ranges(port.checked_add(1).map(|lo| (u128::from(lo), 65535)).into_iter().collect())
}

fn none_of(mut ports: Vec<u16>) -> FieldSet {
    ports.sort_unstable();
    let mut ranges = Vec::new();
    let mut from: u128 = 0;
    for p in ports.into_iter().map(u128::from) {
        if p > from {
            ranges.push((from, p - 1));
        }
        from = from.max(p + 1);
    }
    if from <= 65535 {
        ranges.push((from, 65535));
    }
    FieldSet::Ranges(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ios::grammar::word::whole;

    #[test]
    fn names_depend_on_the_protocol() {
        assert_eq!(port_name(Transport::Tcp, "cmd"), Some(514));
        assert_eq!(port_name(Transport::Udp, "syslog"), Some(514));
        assert_eq!(port_name(Transport::Udp, "cmd"), None);
        assert_eq!(
            (port_name(Transport::Tcp, "exec"), port_name(Transport::Udp, "biff")),
            (Some(512), Some(512))
        );
        assert_eq!(
            (port_name(Transport::Tcp, "login"), port_name(Transport::Udp, "who")),
            (Some(513), Some(513))
        );
        for (name, tcp) in TCP {
            assert!(
                port_name(Transport::Udp, name).is_none_or(|udp| udp == tcp),
                "{name} differs by protocol"
            );
        }
    }

    #[test]
    fn port_tests() {
        let parse = |text| whole(ports(Transport::Tcp), text);
        assert_eq!(parse("lt 1"), Some(FieldSet::Ranges(vec![(0, 0)])));
        assert_eq!(parse("lt 0"), Some(FieldSet::Ranges(vec![])));
        assert_eq!(parse("gt 65535"), Some(FieldSet::Ranges(vec![])));
        assert_eq!(parse("neq 0 80 81 65535"), Some(FieldSet::Ranges(vec![(1, 79), (82, 65534)])));
        assert_eq!(parse("range ftp-data ftp"), Some(FieldSet::range(20, 21)));
        assert_eq!(parse("eq www 443"), Some(FieldSet::Ranges(vec![(80, 80), (443, 443)])));
        assert_eq!(parse("range 9 8"), None);
        assert_eq!(parse("eq syslogg"), None);
    }
}
