//! Member lines of object groups.

use std::net::IpAddr;

use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, success, value};
use nom::{IResult, Parser};
use sekisho_net::{Family, FieldSet, Prefix, Protocol, Wildcard, addr_bits};

use crate::ios::ast::object_group::{Kind, Member, Service};
use crate::ios::grammar::acl::icmp_message;
use crate::ios::grammar::ports::{Transport, port, ports, protocol};
use crate::ios::grammar::word::{Res, ipv4, ipv6, kw, mask, number, whole, word};

/// Whether a word can begin nothing but a member.
pub(super) fn starts_member(head: &str) -> bool {
    let address = head.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'/') || head.contains(':');
    address
        || head.ends_with("-object")
        || matches!(
            head,
            "host"
                | "any"
                | "range"
                | "eq"
                | "neq"
                | "lt"
                | "gt"
                | "tcp"
                | "udp"
                | "tcp-udp"
                | "icmp"
                | "ahp"
                | "esp"
                | "gre"
        )
}

/// A member of a group of this kind; `None` when the line was not understood.
pub(super) fn member(kind: Kind, text: &str) -> Option<Member> {
    let nested = map((kw("group-object"), word), |(_, name): (_, &str)| Member::Group(name.to_owned()));
    if let Some(found) = whole(nested, text) {
        return Some(found);
    }
    match kind {
        Kind::Network => whole(address4, text).map(Member::Addresses),
        // Here a mask of all ones may be a host (subnet mask) or everything (wildcard).
        Kind::Pool if text.ends_with(" 255.255.255.255") => None,
        Kind::Pool => whole(address4, text).map(Member::Addresses),
        Kind::Network6 => whole(address6, text).map(Member::Addresses),
        Kind::Service => whole(service, text).map(Member::Service),
        Kind::Protocol => whole(protocol_object, text).map(Member::Service),
        Kind::Port => whole(port_object, text).map(Member::Ports),
        Kind::Other => None,
    }
}

/// ```text
/// address4 = [number] ["network-object"] ("any" / "host" address / "range" address address
///            / address "/" length / address ["/" length] / address mask)
/// ```
/// The mask is a subnet mask; a wildcard is recognised by its shape (`0.0.0.255`) and accepted as such. A
/// mask of zeros, which could be either, is not understood.
fn address4(input: &str) -> Res<'_, FieldSet> {
    let (rest, _) = opt(number(u32::MAX)).parse(input)?;
    let (rest, _) = opt(kw("network-object")).parse(rest)?;
    let range = map_opt((kw("range"), ipv4, ipv4), |(_, lo, hi)| {
        let (lo, hi) = (addr_bits(IpAddr::V4(lo)), addr_bits(IpAddr::V4(hi)));
        (lo <= hi).then(|| FieldSet::range(lo, hi))
    });
    let attached = map_opt(word, |w: &str| {
        Prefix::parse(w).ok().filter(|p| p.family() == Family::V4).map(FieldSet::prefix)
    });
    let spaced = map_opt((ipv4, word), |(a, w)| {
        let len = w.strip_prefix('/').filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))?;
        Prefix::new(IpAddr::V4(a), len.parse().ok()?).ok().map(FieldSet::prefix)
    });
    let masked = map_opt((ipv4, mask), |(a, len)| {
        if len == 0 { None } else { Prefix::new(IpAddr::V4(a), u32::from(len)).ok().map(FieldSet::prefix) }
    });
    let wild = map_opt((ipv4, ipv4), |(a, w)| {
        let trailing = u32::from(w);
        let shaped = trailing != 0 && trailing.trailing_ones() == trailing.count_ones();
        let wildcard = Wildcard::from_inverse(IpAddr::V4(a), IpAddr::V4(w))?;
        shaped.then(|| wildcard.as_prefix().map(FieldSet::prefix)).flatten()
    });
    alt((
        value(FieldSet::Any, kw("any")),
        map((kw("host"), ipv4), |(_, a)| FieldSet::one(addr_bits(IpAddr::V4(a)))),
        range,
        attached,
        spaced,
        masked,
        wild,
    ))
    .parse(rest)
}

/// `address6 = "any" / "host" address / prefix`
fn address6(input: &str) -> Res<'_, FieldSet> {
    let prefix = map_opt(word, |w: &str| {
        Prefix::parse(w).ok().filter(|p| p.family() == Family::V6).map(FieldSet::prefix)
    });
    let host = map((kw("host"), ipv6), |(_, a)| FieldSet::one(addr_bits(IpAddr::V6(a))));
    alt((value(FieldSet::Any, kw("any")), host, prefix)).parse(input)
}

/// ```text
/// service = ["service-object"] ("ip" / "icmp" [icmp-message] / ("tcp" / "udp" / "tcp-udp") ["source" ports] [["destination"] ports]
///           / protocol)
/// ```
fn service(input: &str) -> Res<'_, Service> {
    let (rest, _) = opt(kw("service-object")).parse(input)?;
    if let Ok((rest, _)) = kw("ip").parse(rest) {
        return success(Service::default()).parse(rest);
    }
    let transport = alt((
        value((Transport::Either, vec![Protocol::TCP, Protocol::UDP]), kw("tcp-udp")),
        value((Transport::Tcp, vec![Protocol::TCP]), kw("tcp")),
        value((Transport::Udp, vec![Protocol::UDP]), kw("udp")),
    ))
    .parse(rest);
    let transport: IResult<&str, (Transport, Vec<Protocol>)> = transport;
    if let Ok((rest, (names, protocols))) = transport {
        let (rest, source) = opt(map((kw("source"), group_ports(names)), |(_, p)| p)).parse(rest)?;
        let (rest, destination) =
            opt(map((opt(kw("destination")), group_ports(names)), |(_, p)| p)).parse(rest)?;
        return Ok((rest, Service { protocols, source, destination, icmp: None }));
    }
    let (rest, found) = protocol(Family::V4)(rest)?;
    let (rest, icmp) =
        if found == Protocol::ICMP { opt(icmp_message(Family::V4)).parse(rest)? } else { (rest, None) };
    Ok((rest, Service { protocols: vec![found], source: None, destination: None, icmp }))
}

/// `group-ports = ports / port`: `eq` may be left out
fn group_ports(names: Transport) -> impl FnMut(&str) -> Res<'_, FieldSet> {
    move |input| alt((ports(names), map(port(names), |p| FieldSet::one(p.into())))).parse(input)
}

/// `protocol-object = "protocol-object" ("ip" / protocol)`
fn protocol_object(input: &str) -> Res<'_, Service> {
    let (rest, _) = kw("protocol-object").parse(input)?;
    let any = map(kw("ip"), |_| Service::default());
    let one = map(protocol(Family::V4), |p| Service { protocols: vec![p], ..Service::default() });
    alt((any, one)).parse(rest)
}

/// `port-object = ["port-object"] ports`
fn port_object(input: &str) -> Res<'_, FieldSet> {
    map((opt(kw("port-object")), ports(Transport::Either)), |(_, p)| p).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Option<FieldSet> {
        whole(address4, text)
    }

    #[test]
    fn address_members() {
        let net = FieldSet::range(0x0a01_0000, 0x0a01_00ff);
        for text in [
            "10.1.0.0 255.255.255.0",
            "10.1.0.0 /24",
            "10.1.0.0/24",
            "range 10.1.0.0 10.1.0.255",
            "network-object 10.1.0.0 255.255.255.0",
            "10.1.0.0 0.0.0.255",
        ] {
            assert_eq!(addresses(text), Some(net.clone()), "{text}");
        }
        assert_eq!(addresses("host 10.1.0.1"), Some(FieldSet::one(0x0a01_0001)));
        assert_eq!(addresses("any"), Some(FieldSet::Any));
        assert_eq!(addresses("10.1.0.0 255.0.255.0"), None);
        assert_eq!(addresses("host www.example.org"), None);
    }

    #[test]
    fn service_members_keep_both_ports() {
        let parsed = whole(service, "tcp source range 1 100 eq www").unwrap();
        assert_eq!(parsed.source, Some(FieldSet::range(1, 100)));
        assert_eq!(parsed.destination, Some(FieldSet::Ranges(vec![(80, 80)])));
        assert_eq!(whole(service, "tcp-udp eq syslog").unwrap().protocols.len(), 2);
        assert_eq!(whole(service, "udp 53").unwrap().destination, Some(FieldSet::one(53)));
        assert_eq!(whole(service, "icmp echo").unwrap().icmp.map(|i| i.kind), Some(8));
        assert!(whole(service, "tcp eq nosuchname").is_none());
    }
}
