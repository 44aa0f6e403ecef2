//! Addresses, groups and services: must and may against brute force, and what goes wrong with objects.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sekisho_net::Field;

use super::fixture::{Firewall, OBJECTS, policy, read, tcp, udp};
use crate::fortios::codes_policy as codes;

const ACCEPT: &str = "        set action accept\n";

/// A policy whose source is a name.
fn from(name: &str, more: &str) -> String {
    policy(1, "port2", "port3", &format!("{ACCEPT}{more}"))
        .replace("srcaddr \"all\"", &format!("srcaddr \"{name}\""))
}

fn source(firewall: &Firewall, src: &str) -> (bool, bool) {
    firewall.passes(2, 3, &tcp(src, "10.2.0.5", 22))
}

#[test]
fn kinds_of_addresses() {
    let with = |lines: &str| {
        let object = format!("config firewall address\n    edit \"A\"\n{lines}    next\nend\n");
        read(&format!("{OBJECTS}{object}{}", from("A", "")))
    };
    let known = [
        ("", "10.1.0.5", "10.1.0.6", true),
        ("        set subnet 10.1.0.0/30\n", "10.1.0.3", "10.1.0.4", false),
        (
            "        set type ipmask\n        set subnet 10.1.0.9 255.255.255.252\n",
            "10.1.0.8",
            "10.1.0.12",
            false,
        ),
        (
            "        set type iprange\n        set start-ip 10.1.0.5\n        set end-ip 10.1.0.7\n",
            "10.1.0.7",
            "10.1.0.8",
            false,
        ),
        // Bits that are 1 must match: the third octet is free.
        (
            "        set type wildcard\n        set wildcard 10.1.0.5 255.255.0.255\n",
            "10.1.77.5",
            "10.1.0.6",
            false,
        ),
    ];
    for (lines, inside, outside, also) in known {
        let firewall = with(lines);
        assert_eq!(source(&firewall, inside), (true, true), "{lines}");
        assert_eq!(source(&firewall, outside).0, also, "{lines}");
        assert!(firewall.codes().is_empty(), "{lines} {:?}", firewall.marks.diagnostics);
    }
    let opaque = [
        "        set type fqdn\n        set fqdn \"www.example.jp\"\n",
        "        set type geography\n        set country \"JP\"\n",
        "        set type dynamic\n        set sdn \"aws\"\n",
        "        set type mac\n        set macaddr \"00:00:5e:00:53:01\"\n",
        "        set type route-tag\n        set route-tag 5\n",
        "        set type interface-subnet\n        set interface \"port9\"\n",
        "        set type hologram\n",
        "        set subnet 10.1.0.0 255.0.255.0\n",
        "        set subnet 10.1.0.x 255.255.255.0\n",
        "        set subnet\n",
        "        set type iprange\n        set start-ip 10.1.0.5\n",
        "        set type iprange\n        set start-ip 10.1.0.5\n        set end-ip 10.1.0.1\n",
        "        set colour 5\n",
    ];
    for lines in opaque {
        assert_eq!(source(&with(lines), "10.1.0.5"), (true, false), "{lines}");
    }
    let connected = with(
        "        set type interface-subnet\n        set interface \"port2\"\n        set subnet 10.1.0.0 255.255.255.0\n",
    );
    assert_eq!((source(&connected, "10.1.0.5"), source(&connected, "10.9.0.5").0), ((true, true), false));
}

#[test]
fn undefined_empty_cyclic_and_duplicate_names() {
    let group = |lines: &str| {
        let text = format!("config firewall addrgrp\n{lines}end\n");
        read(&format!("{OBJECTS}{text}{}", from("G", "")))
    };
    let cases = [
        ("", codes::OBJECT_UNDEFINED),
        ("    edit \"G\"\n    next\n", codes::OBJECT_EMPTY),
        ("    edit \"G\"\n        set member \"NET1\" \"nobody\"\n    next\n", codes::OBJECT_UNDEFINED),
        (
            "    edit \"G\"\n        set member \"H\"\n    next\n    edit \"H\"\n        set member \"NET1\" \"G\"\n    next\n",
            codes::OBJECT_CYCLE,
        ),
        ("    edit \"G\"\n        set membre \"NET1\"\n    next\n", codes::OBJECT_UNREAD),
    ];
    for (lines, code) in cases {
        let firewall = group(lines);
        assert_eq!(source(&firewall, "10.9.0.5"), (true, false), "{lines}");
        let found = firewall.marks.diagnostics.iter().find(|d| d.code == code);
        assert!(
            found.is_some_and(|d| d.span.is_some() && d.help.is_some()),
            "{lines} {:?}",
            firewall.marks.diagnostics
        );
    }
    // What is known of a group stays certain.
    let partly = group("    edit \"G\"\n        set member \"NET1\" \"nobody\"\n    next\n");
    assert_eq!(source(&partly, "10.1.0.5"), (true, true));
    let twice = group(
        "    edit \"NET1\"\n        set member \"SRV2\"\n    next\n    edit \"G\"\n        set member \"NET1\"\n    next\n",
    );
    assert_eq!(source(&twice, "10.1.0.5"), (true, false));
    assert_eq!(source(&twice, "10.2.0.5"), (true, false));
    assert_eq!(source(&twice, "10.9.0.5"), (false, false));
    assert!(twice.codes().contains(&codes::OBJECT_DUPLICATE));
    let deep: String = (0..100)
        .map(|n| format!("    edit \"D{n}\"\n        set member \"D{}\"\n    next\n", n + 1))
        .collect();
    let deep = group(&format!(
        "{deep}    edit \"D100\"\n        set member \"NET1\"\n    next\n    edit \"G\"\n        set member \"D0\"\n    next\n"
    ));
    assert_eq!(source(&deep, "10.9.0.5"), (true, false));
}

#[test]
fn a_garbled_table_of_addresses_is_unknown() {
    let lost = OBJECTS.replace("    edit \"NET1\"\n", "    deit \"NET1\"\n");
    let firewall = read(&format!("{lost}{}", from("NET1", "")));
    assert_eq!(source(&firewall, "10.9.0.5"), (true, false));
}

/// A generator of small random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Addresses 10.1.0.0 to 10.1.0.15 in one world.
type World = BTreeSet<u64>;

/// Objects O0.. are ranges; U is unknown; groups G0.. have members among what is before them and
/// may exclude. Each set of worlds (U = every subset of a few) is computed by brute force.
#[test]
fn groups_against_brute_force() {
    for seed in 0..150 {
        let mut random = Random(seed);
        let mut text = OBJECTS.replace("    edit \"NET1\"", "    edit \"U\"\n        set type fqdn\n        set fqdn \"a.example\"\n    next\n    edit \"NET1\"");
        // Extra worlds of the unknown object.
        let worlds: Vec<World> = (0..8)
            .map(|_| (0..16).filter(|_| random.below(2) == 0).collect())
            .chain([World::new(), (0..16).collect()])
            .collect();
        let mut names = vec!["U".to_owned()];
        let mut sets: Vec<Vec<World>> = vec![worlds.clone()];
        text.push_str("config firewall address\n");
        for n in 0..4 {
            let (a, b) = (random.below(16), random.below(16));
            let (lo, hi) = (a.min(b), a.max(b));
            writeln!(text, "    edit \"O{n}\"\n        set type iprange\n        set start-ip 10.1.0.{lo}\n        set end-ip 10.1.0.{hi}\n    next").unwrap();
            names.push(format!("O{n}"));
            sets.push(vec![(lo..=hi).collect(); worlds.len()]);
        }
        text.push_str("end\nconfig firewall addrgrp\n");
        for n in 0..4 {
            let mut pick = |count: u64| -> Vec<usize> {
                (0..=random.below(count))
                    .map(|_| usize::try_from(random.below(names.len() as u64)).unwrap())
                    .collect()
            };
            let members = pick(3);
            let excluded = if n % 2 == 1 { pick(2) } else { Vec::new() };
            let quoted =
                |all: &[usize]| all.iter().map(|&i| format!(" \"{}\"", names[i])).collect::<String>();
            write!(text, "    edit \"G{n}\"\n        set member{}\n", quoted(&members)).unwrap();
            if !excluded.is_empty() {
                write!(text, "        set exclude enable\n        set exclude-member{}\n", quoted(&excluded))
                    .unwrap();
            }
            text.push_str("    next\n");
            let here = (0..worlds.len()).map(|w| {
                let all =
                    |list: &[usize]| list.iter().flat_map(|&i| sets[i][w].iter().copied()).collect::<World>();
                let (has, not) = (all(&members), all(&excluded));
                has.difference(&not).copied().collect::<World>()
            });
            let here = here.collect();
            names.push(format!("G{n}"));
            sets.push(here);
        }
        text.push_str("end\n");
        for (at, name) in names.iter().enumerate() {
            for negate in [false, true] {
                let more = if negate { "        set srcaddr-negate enable\n" } else { "" };
                let firewall = read(&format!("{text}{}", from(name, more)));
                for x in 0..16 {
                    let (may, sure) = source(&firewall, &format!("10.1.0.{x}"));
                    let inside = |w: &World| w.contains(&x) != negate;
                    let some = sets[at].iter().any(inside);
                    let every = sets[at].iter().all(inside);
                    assert!(!some || may, "seed {seed} {name} {x} {negate}: possible but excluded\n{text}");
                    assert!(every || !sure, "seed {seed} {name} {x} {negate}: sure but not always\n{text}");
                    // Where no unknown object takes part, both are exact.
                    let exact =
                        sets[at].windows(2).all(|w| w[0] == w[1]) && !may_involve_unknown(&text, name);
                    assert!(
                        !exact || (may, sure) == (some, every),
                        "seed {seed} {name} {x} {negate}\n{text}"
                    );
                }
            }
        }
    }
}

/// Whether `U` is among the members of a name, at any depth.
fn may_involve_unknown(text: &str, name: &str) -> bool {
    if name == "U" {
        return true;
    }
    let Some(body) = text.split(&format!("edit \"{name}\"\n")).nth(1).and_then(|t| t.split("next").next())
    else {
        return false;
    };
    let members =
        body.lines().filter(|l| l.trim_start().starts_with("set member") || l.contains("exclude-member"));
    members.flat_map(|l| l.split('"').skip(1).step_by(2)).any(|m| may_involve_unknown(text, m))
}

#[test]
fn kinds_of_services() {
    let with = |lines: &str| {
        let object = format!("config firewall service custom\n    edit \"S\"\n{lines}    next\nend\n");
        let accept = policy(1, "port2", "port3", ACCEPT).replace("service \"ALL\"", "service \"S\"");
        read(&format!("{OBJECTS}{object}{accept}"))
    };
    let ssh = tcp("10.1.0.5", "10.2.0.5", 22);
    let passes = |lines: &str| with(lines).passes(2, 3, &ssh);
    assert_eq!(passes("        set tcp-portrange 20-25\n"), (true, true));
    assert_eq!(passes("        set protocol TCP/UDP/SCTP\n        set udp-portrange 22\n"), (false, false));
    assert_eq!(passes("        set protocol IP\n        set protocol-number 6\n"), (true, true));
    assert_eq!(passes("        set protocol IP\n        set protocol-number 17\n"), (false, false));
    assert_eq!(passes("        set protocol IP\n        set protocol-number 0\n"), (true, true));
    assert_eq!(passes("        set tcp-portrange 22\n        set iprange 10.2.0.1-10.2.0.9\n"), (true, true));
    assert_eq!(
        passes("        set tcp-portrange 22\n        set iprange 10.2.0.6-10.2.0.9\n"),
        (false, false)
    );
    assert_eq!(passes("        set tcp-portrange 22\n        set fqdn \"a.example\"\n"), (true, false));
    assert_eq!(passes("        set tcp-portrange 22\n        set app-service-type app-id\n"), (true, false));
    for unread in [
        "",
        "        set tcp-portrange 2x\n",
        "        set tcp-portrange 25-20\n",
        "        set protocol QUIC\n",
        "        set tcp-port 9\n",
        "        set tcp-portrange 9\n        set proxy enable\n",
        "        set protocol ICMP\n        set icmptype 300\n",
    ] {
        assert_eq!(passes(unread), (true, false), "{unread}");
    }
    let echo = with("        set protocol ICMP\n        set icmptype 8\n");
    let icmp = |kind: u128| super::fixture::ip("10.1.0.5", "10.2.0.5", 1).with(Field::IcmpType, kind);
    assert_eq!((echo.passes(2, 3, &icmp(8)), echo.passes(2, 3, &icmp(5))), ((true, true), (false, false)));
    let group =
        "config firewall service group\n    edit \"S\"\n        set member \"SSH\" \"DNS\"\n    next\nend\n";
    let accept = policy(1, "port2", "port3", ACCEPT).replace("service \"ALL\"", "service \"S\"");
    let firewall = read(&format!("{OBJECTS}{group}{accept}"));
    assert!(firewall.passes(2, 3, &ssh).1 && firewall.passes(2, 3, &udp("10.1.0.5", "10.2.0.5", 53)).1);
    assert!(!firewall.passes(2, 3, &udp("10.1.0.5", "10.2.0.5", 22)).0);
    let own = policy(1, "port2", "port3", ACCEPT).replace("service \"ALL\"", "service \"Kaikei\"");
    let firewall = read(&format!("{OBJECTS}{own}"));
    assert_eq!(
        (firewall.passes(2, 3, &ssh), firewall.codes()),
        ((true, false), vec![codes::OBJECT_UNDEFINED])
    );
}

/// Packets of a session, not only the first, may pass; only what opens one certainly does.
#[test]
fn sessions() {
    let firewall = read(&format!("{OBJECTS}{}", from("all", "")));
    let ack = tcp("10.1.0.5", "10.2.0.5", 22).with(Field::Flags, sekisho_net::flags::ACK.into());
    assert_eq!(firewall.passes(2, 3, &ack), (true, false));
    let reply = super::fixture::ip("10.1.0.5", "10.2.0.5", 1);
    assert_eq!(firewall.passes(2, 3, &reply), (true, false));
    assert_eq!(firewall.passes(2, 3, &super::fixture::ip("10.1.0.5", "10.2.0.5", 47)), (true, true));
}

/// Thousands of objects and policies.
#[test]
fn large_tables() {
    let mut text = OBJECTS.to_owned();
    text.push_str("config firewall address\n");
    for n in 0..5000 {
        writeln!(
            text,
            "    edit \"A{n}\"\n        set subnet 10.{}.{}.{} 255.255.255.255\n    next",
            n / 250 % 200,
            n % 250,
            n % 7
        )
        .unwrap();
    }
    text.push_str("end\nconfig firewall addrgrp\n");
    for n in 0..50 {
        let members: String = (0..100).map(|m| format!(" \"A{}\"", n * 100 + m)).collect();
        writeln!(text, "    edit \"G{n}\"\n        set member{members}\n    next").unwrap();
    }
    let all: String = (0..50).map(|n| format!(" \"G{n}\"")).collect();
    writeln!(text, "    edit \"EVERYONE\"\n        set member{all}\n    next\nend\nconfig firewall policy")
        .unwrap();
    for n in 0..2000 {
        let (source, ports) = (format!("G{}", n % 50), ["port1", "port2", "port3"]);
        let source = if n % 100 == 0 { "EVERYONE" } else { &source };
        write!(
            text,
            "    edit {}\n        set srcintf \"{}\"\n        set dstintf \"{}\"\n        set srcaddr \"{source}\"\n        \
             set dstaddr \"A{n}\"\n        set action accept\n        set schedule \"always\"\n        \
             set service \"HTTPS\" \"SSH\" \"DNS\"\n    next\n",
            n + 1,
            ports[n % 3],
            ports[(n / 3 + 1) % 3]
        )
        .unwrap();
    }
    text.push_str("end\n");
    let start = std::time::Instant::now();
    let firewall = read(&text);
    let took = start.elapsed();
    println!("{} lines in {took:?}", text.lines().count());
    assert!(firewall.device.lists.iter().map(|l| l.lines.len()).sum::<usize>() >= 2000);
    assert!(took.as_millis() < 3000, "{took:?}");
}

/// Many virtual addresses, none of them over another.
#[test]
fn many_virtual_addresses() {
    let mut text = OBJECTS.to_owned();
    text.push_str("config firewall vip\n");
    for n in 0..600 {
        let (a, b) = (n / 250, n % 250);
        writeln!(text, "    edit \"V{n}\"\n        set extip 203.0.{a}.{b}\n        set extintf \"any\"\n        set mappedip \"10.2.{a}.{b}\"\n    next").unwrap();
    }
    let names: String = (0..600).map(|n| format!(" \"V{n}\"")).collect();
    writeln!(text, "end\nconfig firewall vipgrp\n    edit \"VS\"\n        set member{names}\n    next\nend")
        .unwrap();
    text.push_str(&policy(1, "port1", "port3", ACCEPT).replace("dstaddr \"all\"", "dstaddr \"VS\""));
    let start = std::time::Instant::now();
    let firewall = read(&text);
    let took = start.elapsed();
    println!("{took:?}");
    let fate = firewall.send(1, 3, tcp("198.51.100.9", "203.0.1.7", 22));
    assert!(fate.sure && fate.may.iter().all(|p| p.get(Field::Dst) == 0x0a02_0107), "{fate:?}");
    assert!(took.as_millis() < 2000, "{took:?}");
}
