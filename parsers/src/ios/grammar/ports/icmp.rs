//! ICMP message names.

use crate::ios::ast::acl::Icmp;

/// How much of a type a name covers.
#[derive(Clone, Copy)]
enum Codes {
    /// This code.
    One(u8),
    /// All codes of the type.
    All,
    /// Code 0 certainly, the others perhaps: the type defines no other code.
    Zero,
    /// This code certainly, the others perhaps.
    Perhaps(u8),
}

use Codes::{All, One, Perhaps, Zero};

/// Source: Cisco IOS Security Command Reference, `permit (IP)`, ICMP message names; numbers from the
/// IANA registry of ICMP parameters.
const ICMP4: [(&str, u8, Codes); 44] = [
    ("administratively-prohibited", 3, One(13)),
    ("alternate-address", 6, Zero),
    ("conversion-error", 31, Zero),
    ("dod-host-prohibited", 3, One(10)),
    ("dod-net-prohibited", 3, One(9)),
    ("echo", 8, Zero),
    ("echo-reply", 0, Zero),
    ("general-parameter-problem", 12, Perhaps(0)),
    ("host-isolated", 3, One(8)),
    ("host-precedence-unreachable", 3, One(14)),
    ("host-redirect", 5, One(1)),
    ("host-tos-redirect", 5, One(3)),
    ("host-tos-unreachable", 3, One(12)),
    ("host-unknown", 3, One(7)),
    ("host-unreachable", 3, One(1)),
    ("information-reply", 16, Zero),
    ("information-request", 15, Zero),
    ("mask-reply", 18, Zero),
    ("mask-request", 17, Zero),
    ("mobile-redirect", 32, Zero),
    ("net-redirect", 5, One(0)),
    ("net-tos-redirect", 5, One(2)),
    ("net-tos-unreachable", 3, One(11)),
    ("net-unreachable", 3, One(0)),
    ("network-unknown", 3, One(6)),
    ("no-room-for-option", 12, Perhaps(2)),
    ("option-missing", 12, Perhaps(1)),
    ("packet-too-big", 3, One(4)),
    ("parameter-problem", 12, All),
    ("port-unreachable", 3, One(3)),
    ("precedence-unreachable", 3, One(15)),
    ("protocol-unreachable", 3, One(2)),
    ("reassembly-timeout", 11, One(1)),
    ("redirect", 5, All),
    ("router-advertisement", 9, Zero),
    ("router-solicitation", 10, Zero),
    ("source-quench", 4, Zero),
    ("source-route-failed", 3, One(5)),
    ("time-exceeded", 11, All),
    ("timestamp-reply", 14, Zero),
    ("timestamp-request", 13, Zero),
    ("traceroute", 30, Zero),
    ("ttl-exceeded", 11, One(0)),
    ("unreachable", 3, All),
];

/// Source: Cisco IOS IPv6 Command Reference, `permit (IPv6)`, ICMPv6 message names; numbers from the
/// IANA registry of ICMPv6 parameters.
const ICMP6: [(&str, u8, Codes); 36] = [
    ("beyond-scope", 1, One(2)),
    ("destination-unreachable", 1, Perhaps(3)),
    ("dhaad-reply", 145, Zero),
    ("dhaad-request", 144, Zero),
    ("echo-reply", 129, Zero),
    ("echo-request", 128, Zero),
    ("header", 4, One(0)),
    ("hop-limit", 3, One(0)),
    ("mld-query", 130, Zero),
    ("mld-reduction", 132, Zero),
    ("mld-report", 131, Zero),
    ("mldv2-report", 143, Zero),
    ("mpd-advertisement", 147, Zero),
    ("mpd-solicitation", 146, Zero),
    ("nd-na", 136, Zero),
    ("nd-ns", 135, Zero),
    ("next-header", 4, One(1)),
    ("next-header-type", 4, One(1)),
    ("ni-query", 139, All),
    ("ni-response", 140, All),
    ("no-admin", 1, One(1)),
    ("no-route", 1, One(0)),
    ("packet-too-big", 2, Zero),
    ("parameter-option", 4, One(2)),
    ("parameter-problem", 4, All),
    ("port-unreachable", 1, One(4)),
    ("reassembly-timeout", 3, One(1)),
    ("redirect", 137, Zero),
    ("renum-command", 138, One(0)),
    ("renum-result", 138, One(1)),
    ("renum-seq-number", 138, One(255)),
    ("router-advertisement", 134, Zero),
    ("router-renumbering", 138, All),
    ("router-solicitation", 133, Zero),
    ("time-exceeded", 3, All),
    ("unreachable", 1, All),
];

fn look_up(table: &[(&str, u8, Codes)], name: &str) -> Option<Icmp> {
    let &(_, kind, codes) = table.iter().find(|(n, ..)| n.eq_ignore_ascii_case(name))?;
    Some(match codes {
        One(code) => Icmp { kind, code: Some(code), sure_code: None },
        All => Icmp { kind, code: None, sure_code: None },
        Zero => Icmp { kind, code: None, sure_code: Some(0) },
        Perhaps(code) => Icmp { kind, code: None, sure_code: Some(code) },
    })
}

/// The message of an IPv4 name.
pub(crate) fn icmp4_name(name: &str) -> Option<Icmp> {
    look_up(&ICMP4, name)
}

/// The message of an IPv6 name.
pub(crate) fn icmp6_name(name: &str) -> Option<Icmp> {
    look_up(&ICMP6, name)
}
