//! Damage to any line of objects and policies: what may pass only grows, what certainly passes only shrinks.

use sekisho_net::{Field, Packet};

use super::fixture::{Firewall, ip, read, tcp, udp};

const TEXT: &str = r#"config firewall address
    edit "all"
    next
    edit "NET1"
        set subnet 10.1.0.0 255.255.255.0
    next
    edit "RANGE"
        set type iprange
        set start-ip 10.2.0.4
        set end-ip 10.2.0.9
    next
    edit "ODD"
        set type wildcard
        set wildcard 10.2.0.1 255.255.0.1
    next
end
config firewall addrgrp
    edit "GRP"
        set member "NET1" "RANGE"
        set exclude enable
        set exclude-member "ODD"
    next
end
config firewall service custom
    edit "ALL"
        set protocol IP
    next
    edit "WEB"
        set tcp-portrange 80 443:1024-65535
    next
    edit "PINGS"
        set protocol ICMP
        set icmptype 8
    next
end
config firewall service group
    edit "SRV"
        set member "WEB" "PINGS"
    next
end
config firewall vip
    edit "V1"
        set extip 203.0.113.50
        set mappedip "10.2.0.5"
        set extintf "port1"
        set portforward enable
        set extport 8080
        set mappedport 80
    next
    edit "V2"
        set extip 203.0.113.51
        set mappedip "10.2.0.6"
        set extintf "any"
        set src-filter "198.51.100.0/24"
    next
end
config firewall ippool
    edit "P"
        set startip 203.0.113.60
        set endip 203.0.113.61
    next
end
config firewall policy
    edit 4
        set srcintf "port1"
        set dstintf "any"
        set srcaddr "RANGE"
        set dstaddr "all"
        set schedule "always"
        set service "ALL"
        set match-vip enable
    next
    edit 2
        set name "deny most"
        set srcintf "port2"
        set dstintf "port3"
        set srcaddr "GRP"
        set dstaddr "RANGE"
        set action deny
        set schedule "always"
        set service "SRV"
        set srcaddr-negate enable
    next
    edit 3
        set srcintf "port2"
        set dstintf "port3" "port1"
        set srcaddr "NET1"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set service "SRV"
        set nat enable
        set ippool enable
        set poolname "P"
    next
    edit 1
        set srcintf "port1"
        set dstintf "port3"
        set srcaddr "all"
        set dstaddr "V1" "V2"
        set action accept
        set schedule "always"
        set service "SRV"
    next
end
"#;

fn packets() -> Vec<Packet> {
    let mut out = Vec::new();
    let sources = ["10.1.0.5", "10.2.0.5", "10.2.0.4", "10.9.0.1", "198.51.100.9"];
    for src in sources {
        for dst in ["10.2.0.5", "10.2.0.6", "10.2.0.20", "203.0.113.50", "203.0.113.51", "192.0.2.1"] {
            for port in [80, 443, 8080, 22] {
                out.push(tcp(src, dst, port));
                out.push(udp(src, dst, port));
            }
            out.push(ip(src, dst, 1).with(Field::IcmpType, 8));
            out.push(ip(src, dst, 47));
        }
    }
    out
}

fn all(firewall: &Firewall) -> Vec<(Vec<Packet>, bool)> {
    let mut out = Vec::new();
    for from in 1..=3 {
        for to in 1..=3 {
            for packet in packets() {
                let fate = firewall.send(from, to, packet);
                out.push((fate.may, fate.sure));
            }
        }
    }
    out
}

/// A line in several states of disrepair.
fn damaged(line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut out = Vec::new();
    let first = words[0];
    // Two letters of the first word change places.
    let mut letters: Vec<char> = first.chars().collect();
    if letters.len() > 1 {
        letters.swap(0, 1);
        out.push(line.replacen(first, &letters.iter().collect::<String>(), 1));
    }
    // The name of the setting is wrong, the rest is cut off, the line is broken, a blank is lost.
    if let [_, name, ..] = words.as_slice() {
        out.push(line.replacen(name, &format!("{name}x"), 1));
        out.push(line.split_once(first).map(|(a, _)| format!("{a}{first}")).unwrap());
        out.push(line.replacen(&format!("{first} "), first, 1));
        out.push(line.replacen(&format!("{first} "), &format!("{first}\n"), 1));
        if words.len() > 2 {
            out.push(format!("{}{first} {name}", " ".repeat(line.len() - line.trim_start().len())));
        }
    }
    // A digit of a value becomes a letter.
    if let Some(at) =
        words.get(2..).and_then(|w| w.iter().position(|w| w.chars().any(|c| c.is_ascii_digit())))
    {
        let word = words[at + 2];
        let digit = word.chars().find(char::is_ascii_digit).unwrap();
        out.push(line.replacen(word, &word.replacen(digit, "o", 1), 1));
    }
    out.retain(|d| d != line);
    out
}

/// Brackets of tables are read before policies are, and damage to them poisons the device there.
fn is_bracket(line: &str) -> bool {
    matches!(line.split_whitespace().next(), Some("config" | "end" | "next"))
}

#[test]
fn damage_only_weakens() {
    let whole = all(&read(TEXT));
    let mut tried = 0;
    for (number, line) in TEXT.lines().enumerate().filter(|(_, l)| !is_bracket(l)) {
        for new in damaged(line) {
            // A policy's number and name say nothing.
            let harmless =
                line.trim_start().starts_with("edit ") && line.ends_with(|c: char| c.is_ascii_digit());
            let lines = TEXT.lines().enumerate();
            let text: String =
                lines.map(|(n, l)| format!("{}\n", if n == number { &new } else { l })).collect();
            let firewall = read(&text);
            tried += 1;
            if firewall.device.device_poison().is_some() {
                continue;
            }
            let broken = all(&firewall);
            let describe = || format!("line {}: `{line}` -> `{new}`", number + 1);
            for (at, ((may, sure), (may_then, sure_then))) in whole.iter().zip(&broken).enumerate() {
                assert!(may.is_empty() || !may_then.is_empty(), "{} closes packet {at}", describe());
                assert!(*sure || !sure_then, "{} opens packet {at} for certain", describe());
                // What it may become stays possible, unless it may become anything.
                let anything =
                    may_then.iter().any(|p| [p.get(Field::Dst), p.get(Field::Src)].contains(&0xffff_ffff));
                let missing = may.iter().find(|p| !may_then.contains(p));
                assert!(
                    anything || harmless || missing.is_none(),
                    "{} loses {missing:?} of {at}: {may_then:?}",
                    describe()
                );
            }
        }
    }
    println!("{tried} damaged texts, {} packets each", whole.len());
    assert!(tried > 300, "{tried}");
}
