//! Virtual addresses, pools, the address of the interface, the central table.

use sekisho_model::{Stage, Tri};
use sekisho_net::{Field, Packet, addr_bits};

use super::fixture::{Firewall, OBJECTS, policy, read, read_with, tcp, udp};
use crate::fortios::codes_policy as codes;

const ACCEPT: &str = "        set action accept\n";

fn number(address: &str) -> u128 {
    addr_bits(address.parse().unwrap())
}

fn vip(name: &str, settings: &[&str]) -> String {
    let lines: String = settings.iter().map(|s| format!("        set {s}\n")).collect();
    format!("config firewall vip\n    edit \"{name}\"\n{lines}    next\nend\n")
}

/// A policy from port1 to a virtual address behind port3.
fn to(name: &str) -> String {
    policy(7, "port1", "port3", ACCEPT).replace("dstaddr \"all\"", &format!("dstaddr \"{name}\""))
}

fn only(firewall: &Firewall, from: usize, to: usize, packet: Packet) -> Packet {
    let fate = firewall.send(from, to, packet);
    assert!(fate.sure, "{fate:?}");
    assert!(fate.may.windows(2).all(|w| w[0] == w[1]), "{fate:?}");
    fate.may[0]
}

#[test]
fn ports_are_forwarded_and_tested_afterwards() {
    let settings = [
        "extip 203.0.113.10",
        "extintf \"port1\"",
        "portforward enable",
        "mappedip \"10.2.0.8\"",
        "extport 8443",
        "mappedport 443",
    ];
    let services = "config firewall service custom\n    edit \"TCP8443\"\n        set tcp-portrange 8443\n    next\nend\n";
    let text = |service: &str| {
        let accept = to("W").replace("service \"ALL\"", &format!("service \"{service}\""));
        format!("{OBJECTS}{services}{}{accept}", vip("W", &settings))
    };
    let packet = tcp("198.51.100.7", "203.0.113.10", 8443);
    assert_eq!(read(&text("TCP8443")).passes(1, 3, &packet), (false, false));
    let firewall = read(&text("HTTPS"));
    let out = only(&firewall, 1, 3, packet);
    assert_eq!((out.get(Field::Dst), out.get(Field::Dport)), (number("10.2.0.8"), 443));
    // HTTPS is not in the file: the vendor's own is taken, and said to be.
    assert_eq!(firewall.codes(), [codes::SERVICE_FACTORY]);
    assert_eq!(firewall.device.assumptions.len(), 1);
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.7", "203.0.113.10", 443)), (false, false));
    assert_eq!(firewall.passes(1, 3, &udp("198.51.100.7", "203.0.113.10", 8443)), (false, false));
    // Only from its own interface.
    assert!(firewall.port(2).ingress.is_empty());
    assert_eq!(firewall.port(1).l3.as_ref().unwrap().proxy_arp, Tri::Unknown);
    assert_eq!(firewall.port(2).l3.as_ref().unwrap().proxy_arp, Tri::No);
}

#[test]
fn ranges_keep_their_offset() {
    let settings = ["extip 203.0.113.10-203.0.113.13", "extintf \"any\"", "mappedip \"10.2.0.20-10.2.0.23\""];
    let firewall = read(&format!("{OBJECTS}{}{}", vip("R", &settings), to("R")));
    let out = only(&firewall, 1, 3, tcp("198.51.100.7", "203.0.113.12", 80));
    assert_eq!(out.get(Field::Dst), number("10.2.0.22"));
    let ports = [
        "extip 203.0.113.10",
        "extintf \"any\"",
        "mappedip \"10.2.0.20\"",
        "portforward enable",
        "protocol udp",
        "extport 5000-5003",
        "mappedport 6000-6003",
    ];
    let firewall = read(&format!("{OBJECTS}{}{}", vip("P", &ports), to("P")));
    let out = only(&firewall, 1, 3, udp("198.51.100.7", "203.0.113.10", 5002));
    assert_eq!(out.get(Field::Dport), 6002);
}

#[test]
fn what_limits_a_virtual_address() {
    let base = ["extip 203.0.113.10", "extintf \"any\"", "mappedip \"10.2.0.20\""];
    let with = |line: &str| {
        let mut all = base.to_vec();
        all.push(line);
        read(&format!("{OBJECTS}{}{}", vip("V", &all), to("V")))
    };
    let from = |src: &str| tcp(src, "203.0.113.10", 22);
    let filtered = with("src-filter \"198.51.100.0/24\" \"192.0.2.1-192.0.2.9\"");
    assert!(filtered.passes(1, 3, &from("198.51.100.7")).1);
    assert!(filtered.passes(1, 3, &from("192.0.2.9")).1);
    assert_eq!(filtered.passes(1, 3, &from("192.0.2.10")), (false, false));
    let service = with("service \"SSH\"");
    assert!(service.passes(1, 3, &from("192.0.2.10")).1);
    assert_eq!(service.passes(1, 3, &tcp("192.0.2.10", "203.0.113.10", 23)), (false, false));
    let off = with("status disable");
    assert_eq!(off.passes(1, 3, &from("192.0.2.10")), (false, false));
    // What is not understood may translate to anything.
    for line in ["type fqdn", "src-filter \"nobody\"", "colour 7", "extip 203.0.113.256"] {
        let firewall = with(line);
        let (may, sure) = firewall.passes(1, 3, &from("192.0.2.10"));
        assert!(may && !sure, "{line}");
        assert!(firewall.codes().iter().any(|c| [codes::VIP_UNKNOWN, codes::OBJECT_UNREAD].contains(c)));
    }
    let crossing = with("nat46 enable");
    assert!(crossing.device.device_poison().is_some());
}

#[test]
fn unreferenced_and_overlapping_ones_may_translate() {
    let one = vip("A", &["extip 203.0.113.10", "extintf \"any\"", "mappedip \"10.2.0.20\""]);
    let two = vip("B", &["extip 203.0.113.10", "extintf \"port1\"", "mappedip \"10.2.0.30\""]);
    let open = policy(1, "any", "any", ACCEPT);
    let packet = tcp("198.51.100.7", "203.0.113.10", 80);
    let destinations = |text: String| {
        let firewall = read(&format!("{OBJECTS}{text}"));
        let fate = firewall.send(1, 3, packet);
        let mut all: Vec<u128> = fate.may.iter().map(|p| p.get(Field::Dst)).collect();
        all.sort_unstable();
        all.dedup();
        (all, fate.sure)
    };
    let (all, sure) = destinations(format!("{one}{open}"));
    assert_eq!((all, sure), (vec![number("10.2.0.20"), number("203.0.113.10")], false));
    let both = format!("{one}{two}{}{}", to("A"), to("B").replace("edit 7", "edit 8"));
    let (all, sure) = destinations(both);
    // Neither translation is certain, and both are possible.
    assert_eq!((all, sure), (vec![number("10.2.0.20"), number("10.2.0.30")], false));
}

#[test]
fn groups_of_virtual_addresses() {
    let one = vip("A", &["extip 203.0.113.10", "extintf \"any\"", "mappedip \"10.2.0.20\""]);
    let two = vip("B", &["extip 203.0.113.11", "extintf \"any\"", "mappedip \"10.2.0.30\""]);
    let group = "config firewall vipgrp\n    edit \"G\"\n        set member \"A\" \"B\"\n    next\nend\n";
    let firewall = read(&format!("{OBJECTS}{one}{two}{group}{}", to("G")));
    let out = only(&firewall, 1, 3, tcp("198.51.100.7", "203.0.113.11", 80));
    assert_eq!(out.get(Field::Dst), number("10.2.0.30"));
    let broken = group.replace("\"B\"", "\"C\"");
    let firewall = read(&format!("{OBJECTS}{one}{two}{broken}{}", to("G")));
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.7", "203.0.113.11", 80)), (true, false));
    assert!(firewall.codes().contains(&codes::OBJECT_UNDEFINED));
}

#[test]
fn plain_addresses_and_translated_packets() {
    let one = vip("A", &["extip 203.0.113.10", "extintf \"any\"", "mappedip \"10.2.0.20\""]);
    let referenced = to("A").replace("set action accept", "set action accept\n        set groups \"none\"");
    let plain = policy(9, "port1", "port3", ACCEPT);
    let firewall = read(&format!("{OBJECTS}{one}{referenced}{plain}"));
    // A permit to `all` need not let translated packets through.
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.7", "203.0.113.10", 80)), (true, false));
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.7", "10.2.0.20", 80)), (true, true));
    // Whether the policy of a virtual address lets through what was sent to the mapped address itself.
    let firewall = read(&format!("{OBJECTS}{one}{}", to("A")));
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.7", "10.2.0.20", 80)), (true, false));
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.7", "10.2.0.21", 80)), (false, false));
}

#[test]
fn real_servers_are_a_choice() {
    let servers = "        config realservers\n            edit 1\n                set ip 10.2.0.20\n                \
                   set port 80\n            next\n            edit 2\n                set ip 10.2.0.21\n                \
                   set port 80\n            next\n        end\n";
    let head = vip(
        "L",
        &[
            "type server-load-balance",
            "extip 203.0.113.10",
            "extintf \"any\"",
            "server-type tcp",
            "extport 8080",
        ],
    );
    let text = head.replace("    next\nend\n", &format!("{servers}    next\nend\n"));
    let firewall = read(&format!("{OBJECTS}{text}{}", to("L")));
    let fate = firewall.send(1, 3, tcp("198.51.100.7", "203.0.113.10", 8080));
    let mut all: Vec<(u128, u128)> =
        fate.may.iter().map(|p| (p.get(Field::Dst), p.get(Field::Dport))).collect();
    all.sort_unstable();
    assert!(fate.sure);
    assert_eq!(all, [(number("10.2.0.20"), 80), (number("10.2.0.21"), 80)]);
    let named = text.replace("set ip 10.2.0.21", "set type address");
    let fate =
        read(&format!("{OBJECTS}{named}{}", to("L"))).send(1, 3, tcp("198.51.100.7", "203.0.113.10", 8080));
    assert!(!fate.may.is_empty() && !fate.sure);
}

#[test]
fn sources_become_the_address_of_the_interface() {
    let nat = policy(1, "port2", "port1", &format!("{ACCEPT}        set nat enable\n"));
    let firewall = read(&format!("{OBJECTS}{nat}"));
    let out = only(&firewall, 2, 1, tcp("10.1.0.5", "198.51.100.7", 443));
    assert_eq!(out.get(Field::Src), number("203.0.113.1"));
    // Another pair, and another policy before it, keep the source.
    let keep = policy(2, "port2", "port1", ACCEPT).replace("dstaddr \"all\"", "dstaddr \"SRV2\"");
    let firewall = read(&format!("{OBJECTS}{keep}{nat}"));
    let out = only(&firewall, 2, 1, tcp("10.1.0.5", "10.2.0.5", 443));
    assert_eq!(out.get(Field::Src), number("10.1.0.5"));
    let out = only(&firewall, 2, 1, tcp("10.1.0.5", "10.2.0.6", 443));
    assert_eq!(out.get(Field::Src), number("203.0.113.1"));
    let secondary = [["203.0.113.1/24", "203.0.113.2/24"], ["10.1.0.1/24", ""], ["10.2.0.1/24", ""]];
    let fate =
        read_with(&format!("{OBJECTS}{nat}"), None, &secondary).send(2, 1, tcp("10.1.0.5", "10.2.0.6", 443));
    assert!(fate.may.iter().any(|p| p.get(Field::Src) == number("203.0.113.2")));
    assert!(fate.may.iter().any(|p| p.get(Field::Src) == number("203.0.113.1")));
}

#[test]
fn pools() {
    let pool = "config firewall ippool\n    edit \"P\"\n        set startip 203.0.113.40\n        \
                set endip 203.0.113.41\n    next\nend\n";
    let nat = |name: &str| {
        let lines = format!(
            "{ACCEPT}        set nat enable\n        set ippool enable\n        set poolname \"{name}\"\n"
        );
        policy(1, "port2", "port1", &lines)
    };
    let firewall = read(&format!("{OBJECTS}{pool}{}", nat("P")));
    let fate = firewall.send(2, 1, tcp("10.1.0.5", "198.51.100.7", 443));
    let mut all: Vec<u128> = fate.may.iter().map(|p| p.get(Field::Src)).collect();
    all.sort_unstable();
    assert_eq!((all, fate.sure), (vec![number("203.0.113.40"), number("203.0.113.41")], true));
    assert!((1..=3).all(|n| firewall.port(n).l3.as_ref().unwrap().proxy_arp == Tri::Unknown));
    let fate = read(&format!("{OBJECTS}{}", nat("Q"))).send(2, 1, tcp("10.1.0.5", "198.51.100.7", 443));
    assert!(fate.may.iter().any(|p| p.get(Field::Src) == u128::from(u32::MAX)), "{fate:?}");
    assert!(!fate.sure);
    let cone = pool.replace("    next", "        set permit-any-host enable\n    next");
    assert!(read(&format!("{OBJECTS}{cone}")).device.device_poison().is_some());
}

#[test]
fn a_virtual_address_backwards() {
    let one = vip("A", &["extip 203.0.113.10", "extintf \"port1\"", "mappedip \"10.2.0.20\""]);
    let nat = policy(1, "port3", "port1", &format!("{ACCEPT}        set nat enable\n"));
    let sources = |text: &str| {
        let fate = read(text).send(3, 1, tcp("10.2.0.20", "198.51.100.7", 443));
        let mut all: Vec<u128> = fate.may.iter().map(|p| p.get(Field::Src)).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let both = [number("203.0.113.1"), number("203.0.113.10")];
    assert_eq!(sources(&format!("{OBJECTS}{one}{nat}")), both);
    let plain = policy(1, "port3", "port1", ACCEPT);
    assert_eq!(sources(&format!("{OBJECTS}{one}{plain}")), [number("10.2.0.20")]);
    let forced = one.replace("    next", "        set nat-source-vip enable\n    next");
    assert_eq!(sources(&format!("{OBJECTS}{forced}{plain}")), [number("10.2.0.20"), number("203.0.113.10")]);
}

#[test]
fn central_translation() {
    let on = "config system settings\n    set central-nat enable\nend\n";
    let map = "config firewall central-snat-map\n    edit 1\n        set srcintf \"port2\"\n        set dstintf \"port1\"\n        \
               set orig-addr \"NET1\"\n        set dst-addr \"all\"\n    next\nend\n";
    let one = vip("A", &["extip 203.0.113.10", "extintf \"any\"", "mappedip \"10.2.0.20\""]);
    // `nat` of the policy says nothing; the virtual address acts although no policy names it.
    let out = policy(1, "port2", "port1", &format!("{ACCEPT}        set nat enable\n"));
    let inbound = policy(2, "port1", "port3", ACCEPT);
    let firewall = read(&format!("{on}{OBJECTS}{one}{map}{out}{inbound}"));
    assert_eq!(
        only(&firewall, 1, 3, tcp("198.51.100.7", "203.0.113.10", 80)).get(Field::Dst),
        number("10.2.0.20")
    );
    assert_eq!(
        only(&firewall, 2, 1, tcp("10.1.0.5", "198.51.100.7", 80)).get(Field::Src),
        number("203.0.113.1")
    );
    let other = tcp("10.1.9.5", "198.51.100.7", 80);
    assert_eq!(only(&firewall, 2, 1, other).get(Field::Src), number("10.1.9.5"));
    let broken = map.replace("orig-addr \"NET1\"", "orig-addr \"NET9\"");
    let fate = read(&format!("{on}{OBJECTS}{broken}{out}")).send(2, 1, other);
    assert!(fate.may.len() == 2 && !fate.sure);
}

#[test]
fn translation_stands_at_the_end_of_arrival() {
    let one = vip("A", &["extip 203.0.113.10", "extintf \"any\"", "mappedip \"10.2.0.20\""]);
    let dos = "config firewall DoS-policy\n    edit 1\n        set interface \"port1\"\n        \
               set srcaddr \"all\"\n        set dstaddr \"all\"\n        set service \"ALL\"\n    next\nend\n";
    let firewall = read(&format!("{OBJECTS}{one}{dos}{}", to("A")));
    assert!(matches!(firewall.port(1).ingress.as_slice(), [Stage::MayDrop { .. }, Stage::Nat { .. }]));
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.7", "203.0.113.10", 80)), (true, false));
}
