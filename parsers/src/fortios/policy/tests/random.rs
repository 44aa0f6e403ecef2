//! Random tables of policies against a second reading of the manual, written on plain data.
//!
//! Everything here is decidable, so that the model must say exactly what this reading says, for packets
//! that open a session.

use std::fmt::Write as _;

use sekisho_net::{Field, addr_bits};

use super::fixture::{OBJECTS, read, tcp, udp};

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// Names of addresses, and first and last of 10.1.0.0 to 10.1.0.15.
const ADDRESSES: [(&str, u128, u128); 5] =
    [("all", 0, 255), ("LOW", 0, 7), ("HIGH", 8, 15), ("ONE", 5, 5), ("none", 1, 0)];
/// Names of services: TCP or UDP, ports of destinations.
const SERVICES: [(&str, bool, u16, u16); 3] =
    [("T", true, 80, 89), ("U", false, 80, 84), ("S", true, 22, 22)];
/// Virtual addresses: external, mapped.
const VIPS: [(&str, u128, u128); 2] = [("V1", 12, 2), ("V2", 13, 9)];

struct Policy {
    from: Vec<&'static str>,
    to: Vec<&'static str>,
    source: Vec<usize>,
    /// Plain addresses, or a virtual one.
    destination: Result<Vec<usize>, usize>,
    service: Option<Vec<usize>>,
    accept: bool,
    enabled: bool,
    negate: [bool; 3],
    match_vip: bool,
}

fn policies(random: &mut Random) -> Vec<Policy> {
    let names = ["port1", "Z", "any"];
    let count = 1 + random.below(5);
    let some =
        |random: &mut Random, n: usize| (0..=random.below(2)).map(|_| random.below(n)).collect::<Vec<_>>();
    let one = |random: &mut Random| {
        let ports = vec![names[random.below(3)]];
        let virtual_one = random.chance(3);
        let destination =
            if virtual_one { Err(random.below(VIPS.len())) } else { Ok(some(random, ADDRESSES.len())) };
        Policy {
            from: ports,
            to: vec![names[random.below(3)]],
            source: some(random, ADDRESSES.len()),
            service: (!random.chance(3)).then(|| some(random, SERVICES.len())),
            accept: random.chance(2),
            enabled: !random.chance(6),
            negate: [random.chance(4), !virtual_one && random.chance(4), random.chance(6)],
            match_vip: random.chance(2),
            destination,
        }
    };
    (0..count).map(|_| one(random)).collect()
}

fn text(policies: &[Policy], intrazone: bool) -> String {
    let mut out = format!(
        "config system global\n    set allow-traffic-redirect disable\nend\nconfig system zone\n    edit \"Z\"\n        \
         set interface \"port2\" \"port3\"\n        set intrazone {}\n    next\nend\n{OBJECTS}config firewall address\n",
        if intrazone { "allow" } else { "deny" }
    );
    for (name, lo, hi) in &ADDRESSES[1..4] {
        write!(out, "    edit \"{name}\"\n        set type iprange\n        set start-ip 10.1.0.{lo}\n        set end-ip 10.1.0.{hi}\n    next\n").unwrap();
    }
    out.push_str("end\nconfig firewall service custom\n");
    for (name, is_tcp, lo, hi) in SERVICES {
        let kind = if is_tcp { "tcp" } else { "udp" };
        write!(out, "    edit \"{name}\"\n        set {kind}-portrange {lo}-{hi}\n    next\n").unwrap();
    }
    out.push_str("end\nconfig firewall vip\n");
    for (name, external, mapped) in VIPS {
        write!(out, "    edit \"{name}\"\n        set extip 10.1.0.{external}\n        set mappedip \"10.1.0.{mapped}\"\n        set extintf \"any\"\n    next\n").unwrap();
    }
    out.push_str("end\nconfig firewall policy\n");
    for (n, p) in policies.iter().enumerate() {
        let quoted = |all: &[&str]| all.iter().map(|n| format!(" \"{n}\"")).collect::<String>();
        let addresses = |all: &[usize]| quoted(&all.iter().map(|&i| ADDRESSES[i].0).collect::<Vec<_>>());
        let destination = match &p.destination {
            Ok(all) => addresses(all),
            Err(v) => quoted(&[VIPS[*v].0]),
        };
        let service = match &p.service {
            None => " \"ALL\"".to_owned(),
            Some(all) => quoted(&all.iter().map(|&i| SERVICES[i].0).collect::<Vec<_>>()),
        };
        write!(
            out,
            "    edit {}\n        set srcintf{}\n        set dstintf{}\n        set srcaddr{}\n        set dstaddr{destination}\n        \
             set service{service}\n        set schedule \"always\"\n        set action {}\n",
            100 - n,
            quoted(&p.from),
            quoted(&p.to),
            addresses(&p.source),
            if p.accept { "accept" } else { "deny" }
        )
        .unwrap();
        for (name, on) in ["srcaddr-negate", "dstaddr-negate", "service-negate"].iter().zip(p.negate) {
            if on {
                writeln!(out, "        set {name} enable").unwrap();
            }
        }
        if !p.accept {
            writeln!(out, "        set match-vip {}", if p.match_vip { "enable" } else { "disable" })
                .unwrap();
        }
        if !p.enabled {
            out.push_str("        set status disable\n");
        }
        out.push_str("    next\n");
    }
    out.push_str("end\n");
    out
}

/// What becomes of a packet: the destination with which it leaves; `None` where the manual leaves it open.
fn manual(
    policies: &[Policy],
    intrazone: bool,
    from: usize,
    to: usize,
    (src, dst): (u128, u128),
    (is_tcp, port): (bool, u16),
) -> Option<Option<u128>> {
    let named = |v: usize| policies.iter().any(|p| p.enabled && matches!(p.destination, Err(d) if d == v));
    let hit = VIPS.iter().position(|(_, external, _)| *external == dst);
    if hit.is_some_and(|v| !named(v)) {
        return None;
    }
    let now = hit.map_or(dst, |v| VIPS[v].2);
    let zone = |port: usize| if port == 1 { "port1" } else { "Z" };
    let here = |names: &[&str], port: usize| names.iter().any(|n| *n == "any" || *n == zone(port));
    let within = |all: &[usize], x: u128| all.iter().any(|&i| ADDRESSES[i].1 <= x && x <= ADDRESSES[i].2);
    for p in policies.iter().filter(|p| p.enabled && here(&p.from, from) && here(&p.to, to)) {
        let service = p.service.as_ref().is_none_or(|all| {
            all.iter().any(|&i| SERVICES[i].1 == is_tcp && (SERVICES[i].2..=SERVICES[i].3).contains(&port))
        });
        if within(&p.source, src) == p.negate[0] || service == p.negate[2] {
            continue;
        }
        match (&p.destination, hit) {
            (Err(v), Some(h)) if *v != h => continue,
            (Err(_), Some(_)) => {}
            // A packet to the mapped address itself, and the policy of the virtual one.
            (Err(v), None) if p.accept && VIPS[*v].2 == dst => return None,
            (Err(_), None) => continue,
            (Ok(all), None) if within(all, now) == p.negate[1] => continue,
            (Ok(_), None) => {}
            (Ok(_), Some(_)) if !p.accept && !p.match_vip => continue,
            (Ok(all), Some(_)) => {
                let everything = all.contains(&0) && !p.negate[1];
                let nothing = all.iter().all(|i| *i == 4) && !p.negate[1] || all.contains(&0) && p.negate[1];
                if nothing {
                    continue;
                }
                // A permit with plain addresses, or a deny with some of them: either.
                if p.accept || !everything {
                    return None;
                }
            }
        }
        return Some(p.accept.then_some(now));
    }
    let passes = intrazone && from != 1 && to != 1 && from != to;
    if from == to && from != 1 && intrazone {
        return None;
    }
    Some(passes.then_some(now))
}

#[test]
fn random_tables_agree_with_the_manual() {
    let (mut decided, mut open) = (0, 0);
    for seed in 0..400 {
        let mut random = Random(seed);
        let policies = policies(&mut random);
        let intrazone = random.chance(2);
        let text = text(&policies, intrazone);
        let firewall = read(&text);
        for _ in 0..300 {
            let (from, to) = (1 + random.below(3), 1 + random.below(3));
            let (src, dst) = (random.below(16), random.below(16));
            let is_tcp = !random.chance(3);
            let port = [22, 80, 84, 85, 443][random.below(5)];
            let make = if is_tcp { tcp } else { udp };
            let packet = make(&format!("10.1.0.{src}"), &format!("10.1.0.{dst}"), port);
            let fate = firewall.send(from, to, packet);
            let pair = (u128::try_from(src).unwrap(), u128::try_from(dst).unwrap());
            let said = manual(&policies, intrazone, from, to, pair, (is_tcp, port));
            let describe = || {
                format!(
                    "seed {seed} port{from} -> port{to} {src} -> {dst} tcp {is_tcp} {port}: {fate:?}\n{text}"
                )
            };
            let base = addr_bits("10.1.0.0".parse().unwrap());
            match said {
                None => {
                    open += 1;
                    assert!(!fate.sure || fate.may.len() == 1, "{}", describe());
                }
                Some(None) => {
                    decided += 1;
                    assert!(fate.may.is_empty(), "{}", describe());
                }
                Some(Some(now)) => {
                    decided += 1;
                    assert!(fate.sure, "{}", describe());
                    assert!(fate.may.iter().all(|p| p.get(Field::Dst) == base + now), "{}", describe());
                }
            }
        }
    }
    println!("{decided} decided, {open} open");
    assert!(decided > 50_000 && open > 1000, "{decided} {open}");
}
