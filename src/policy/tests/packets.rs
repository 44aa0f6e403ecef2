//! What an entry permits, packet by packet.

use sekisho_net::{Cube, Family, Field, Packet, addr_bits, flags, parse_addr};

use super::*;

/// Reads `PROTO SRC SPORT DST DPORT [WORD…]`; words: flag names, `later`, `type=T/C`, `sent=ADDR`.
fn packet(text: &str) -> Packet {
    let mut words = text.split_whitespace();
    let mut next = || words.next().unwrap();
    let proto: u128 = match next() {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        "icmpv6" => 58,
        other => other.parse().unwrap(),
    };
    let (src, sport) = (parse_addr(next()).unwrap(), next().parse().unwrap());
    let (dst, dport) = (parse_addr(next()).unwrap(), next().parse().unwrap());
    let mut p = Packet::zero(Family::of(src))
        .with(Field::Proto, proto)
        .with(Field::Src, addr_bits(src))
        .with(Field::Dst, addr_bits(dst))
        .with(Field::Sport, sport)
        .with(Field::Dport, dport);
    let mut set = 0;
    for word in words {
        match word {
            "syn" => set |= flags::SYN,
            "ack" => set |= flags::ACK,
            "rst" => set |= flags::RST,
            "later" => p.set(Field::Fragment, 1),
            _ => match word.split_once('=').unwrap() {
                ("type", message) => {
                    let (kind, code) = message.split_once('/').unwrap();
                    p.set(Field::IcmpType, kind.parse().unwrap());
                    p.set(Field::IcmpCode, code.parse().unwrap());
                }
                (_, sent) => {
                    p.set(Field::Translated, 1);
                    p.set(Field::Src0, addr_bits(parse_addr(sent).unwrap()));
                }
            },
        }
    }
    p.with(Field::Flags, u128::from(set))
}

/// Checks which packets lie in the cubes of the packet's own family.
fn check_packets(cubes: impl Fn(Family) -> Vec<Cube>, inside: &[&str], outside: &[&str]) {
    let holds = |text: &str| {
        let p = packet(text);
        cubes(p.family).iter().any(|cube| cube.contains(&p))
    };
    inside.iter().for_each(|text| assert!(holds(text), "should be permitted: {text}"));
    outside.iter().for_each(|text| assert!(!holds(text), "should not be permitted: {text}"));
}

#[test]
fn ports_sources_and_fragments() {
    let flow = flow_of(
        "from = \"a\", to = \"b\", proto = \"tcp\", src = [\"10.1.1.0/24\", \"10.1.3.0/24\"], dst = \"10.2.0.5/32\", ports = [443, \"8000-8010\"]",
        "",
    );
    check_packets(
        |family| flow.cubes(family),
        &[
            "tcp 10.1.1.9 50000 10.2.0.5 443 syn",
            "tcp 10.1.3.9 1 10.2.0.5 8010",
            "tcp 10.1.1.9 0 10.2.0.5 0 later",
            "tcp 192.0.2.1 50000 10.2.0.5 443 sent=10.1.3.7",
            "tcp 192.0.2.1 0 10.2.0.5 0 later sent=10.1.3.7",
        ],
        &[
            "tcp 10.1.2.9 50000 10.2.0.5 443",
            "tcp 10.1.1.9 50000 10.2.0.6 443",
            "tcp 10.1.1.9 50000 10.2.0.5 444",
            "udp 10.1.1.9 50000 10.2.0.5 443",
            "udp 10.1.1.9 0 10.2.0.5 0 later",
            "tcp 10.1.2.9 0 10.2.0.5 0 later",
            // Sent by another host and translated into a permitted address.
            "tcp 10.1.1.9 50000 10.2.0.5 443 sent=10.1.2.7",
            "tcp 2001:db8:1::1 50000 2001:db8:2::5 443",
        ],
    );
}

#[test]
fn the_opener_may_be_the_business_target() {
    let flow = flow_of(
        "from = \"a\", to = \"b\", proto = \"tcp\", src = \"10.1.0.5/32\", dst = \"10.2.0.9/32\", ports = 22, src_ports = \"1024-65535\"",
        ", initiator = \"to\"",
    );
    check_packets(
        |family| flow.cubes(family),
        &["tcp 10.2.0.9 40000 10.1.0.5 22 syn"],
        &[
            "tcp 10.1.0.5 40000 10.2.0.9 22 syn",
            "tcp 10.2.0.9 22 10.1.0.5 40000",
            "tcp 10.2.0.9 22 10.1.0.5 22",
        ],
    );
}

#[test]
fn no_ports_is_all_ports_of_the_protocol_in_both_families() {
    let flow = flow_of("from = \"a\", to = \"b\", proto = \"udp\", ports = \"any\"", "");
    check_packets(
        |family| flow.cubes(family),
        &[
            "udp 10.1.0.1 1 10.2.0.1 2",
            "udp 10.9.9.9 0 10.9.9.8 0 later",
            "udp 2001:db8::1 1 2001:db8::2 2",
            "udp 10.1.0.1 1 10.2.0.1 2 sent=10.7.7.7",
        ],
        &["tcp 10.1.0.1 1 10.2.0.1 2"],
    );
    assert_eq!(flow.cubes(Family::V4).len(), 1);
    let any = flow_of("from = \"a\", to = \"b\", proto = \"any\"", "");
    assert!(any.cubes(Family::V6).iter().all(Cube::is_any));
}

#[test]
fn icmp_is_the_protocol_of_the_family() {
    let flow = flow_of("from = \"a\", to = \"b\", proto = \"icmp\", icmp = [\"echo\", \"3/4\"]", "");
    check_packets(
        |family| flow.cubes(family),
        &[
            "icmp 10.1.0.1 0 10.2.0.1 0 type=8/0",
            "icmp 10.1.0.1 0 10.2.0.1 0 type=8/7",
            "icmp 10.1.0.1 0 10.2.0.1 0 type=3/4",
            "icmp 10.1.0.1 0 10.2.0.1 0 later",
            "icmpv6 2001:db8::1 0 2001:db8::2 0 type=128/0",
        ],
        &[
            "icmp 10.1.0.1 0 10.2.0.1 0 type=0/0",
            "icmp 10.1.0.1 0 10.2.0.1 0 type=3/3",
            "icmpv6 10.1.0.1 0 10.2.0.1 0 type=128/0",
            "icmp 2001:db8::1 0 2001:db8::2 0 type=8/0",
            "icmpv6 2001:db8::1 0 2001:db8::2 0 type=8/0",
            "udp 10.1.0.1 0 10.2.0.1 0 type=8/0",
        ],
    );
    let all = flow_of("from = \"a\", to = \"b\", proto = \"icmp\"", "");
    check_packets(
        |family| all.cubes(family),
        &["icmp 10.1.0.1 0 10.2.0.1 0 type=0/0", "icmpv6 2001:db8::1 0 2001:db8::2 0 type=135/0"],
        &["58 10.1.0.1 0 10.2.0.1 0", "1 2001:db8::1 0 2001:db8::2 0"],
    );
    // A message that IPv4 does not have permits nothing there, not even fragments.
    let neighbours =
        flow_of("from = \"a\", to = \"b\", proto = \"icmp\", icmp = \"neighbor-solicitation\"", "");
    assert!(neighbours.cubes(Family::V4).is_empty());
    assert_eq!(neighbours.cubes(Family::V6).len(), 2);
    assert!(flow_of("from = \"a\", to = \"b\", proto = 58", "").cubes(Family::V4).is_empty());
    assert!(flow_of("from = \"a\", to = \"b\", proto = 1", "").cubes(Family::V6).is_empty());
}

#[test]
fn a_whole_family_prefix_is_that_family_only() {
    let flow = flow_of("from = \"a\", to = \"ext:x\", proto = 47, dst = [\"0.0.0.0/0\"]", "");
    assert_eq!(flow.cubes(Family::V4).len(), 1);
    assert!(flow.cubes(Family::V6).is_empty());
    check_packets(
        |family| flow.cubes(family),
        &["47 10.1.0.1 0 192.0.2.1 0"],
        &["47 2001:db8::1 0 2001:db8::2 0"],
    );
}

#[test]
fn replies_need_a_flag() {
    let flow = flow_of(
        "from = \"a\", to = \"b\", proto = \"tcp\", src = \"10.1.1.0/24\", dst = \"10.2.0.5/32\", ports = 443",
        "",
    );
    check_packets(
        |family| flow.reply_cubes(family),
        &[
            "tcp 10.2.0.5 443 10.1.1.9 50000 syn ack",
            "tcp 10.2.0.5 443 10.1.1.9 50000 rst",
            "tcp 10.2.0.5 0 10.1.1.9 0 later",
            "tcp 192.0.2.9 443 10.1.1.9 50000 ack sent=10.2.0.5",
        ],
        &[
            "tcp 10.2.0.5 443 10.1.1.9 50000 syn",
            "tcp 10.2.0.5 443 10.1.1.9 50000",
            "tcp 10.2.0.5 80 10.1.1.9 50000 ack",
            "tcp 10.2.0.6 443 10.1.1.9 50000 ack",
            "tcp 10.2.0.5 443 10.1.2.9 50000 ack",
            "tcp 10.1.1.9 50000 10.2.0.5 443 ack",
            "tcp 10.2.0.5 443 10.1.1.9 50000 ack sent=10.2.0.6",
            "udp 10.2.0.5 443 10.1.1.9 50000 ack",
        ],
    );
    assert!(
        flow_of("from = \"a\", to = \"b\", proto = \"udp\", ports = 53", "")
            .reply_cubes(Family::V4)
            .is_empty()
    );
    let any = flow_of("from = \"a\", to = \"b\", proto = \"any\"", "");
    check_packets(
        |family| any.reply_cubes(family),
        &["tcp 10.2.0.5 1 10.1.1.9 2 ack"],
        &["tcp 10.2.0.5 1 10.1.1.9 2 syn", "udp 10.2.0.5 1 10.1.1.9 2"],
    );
}

#[test]
fn unevaluated_keys_do_not_widen_an_entry() {
    let plain = "from = \"a\", to = \"b\", proto = \"tcp\", src = \"10.1.1.0/24\", ports = 443";
    let bare = flow_of(plain, "");
    let full = flow_of(
        plain,
        ", data_flow = \"both\", important = true, clauses = [\"toyonaka-28-2\"], review_by = 2027-01-01, helpers = [\"ftp\"]",
    );
    for family in Family::ALL {
        assert_eq!(bare.cubes(family), full.cubes(family));
        assert_eq!(bare.reply_cubes(family), full.reply_cubes(family));
    }
}
