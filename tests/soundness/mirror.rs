//! The same network in IPv6: `10.A.B.C` becomes `2001:db8:A:B::C`.

use std::net::Ipv4Addr;

use crate::case::{Expect, Section};

/// Mirrors configs, policy and expected lines.
pub fn section(section: &Section) -> Section {
    let mut out = section.clone();
    out.name = format!("{} (mirrored)", section.name);
    for body in out.devices.values_mut() {
        *body = format!("ipv6 unicast-routing\n{}", lines(body));
    }
    out.policy = words(&out.policy);
    for expect in &mut out.expect {
        if let Expect::Names(device, line) = expect {
            *line = if device.contains('.') { words(line) } else { config_line(line) };
        }
    }
    out
}

/// All lines; a list ends with a deny of its own, because the implied one lets neighbour discovery pass.
fn lines(text: &str) -> String {
    let mut out = String::new();
    let mut in_list = false;
    for line in text.lines().chain(["!"]) {
        if in_list && !line.starts_with(' ') {
            out.push_str(" deny ipv6 any any\n");
        }
        in_list = line.starts_with("ip access-list extended") || (in_list && line.starts_with(' '));
        out.push_str(&config_line(line));
        out.push('\n');
    }
    out
}

/// One line of a config.
fn config_line(line: &str) -> String {
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let parts: Vec<&str> = line.split_whitespace().collect();
    let made = match parts.as_slice() {
        ["ip", "address", addr, mask, ..] => format!("ipv6 address {}/{}", host(addr), length(mask, false)),
        ["ip", "route", prefix, mask, rest @ ..] => {
            format!("ipv6 route {}/{} {}", host(prefix), length(mask, false), each(rest))
        }
        ["ip", "access-list", "extended", name] => format!("ipv6 access-list {name}"),
        ["ip", "access-group", rest @ ..] => format!("ipv6 traffic-filter {}", rest.join(" ")),
        [action @ ("permit" | "deny"), proto, rest @ ..] => {
            let proto = if *proto == "ip" { "ipv6" } else { proto };
            format!("{action} {proto} {}", ends(rest))
        }
        ["ip", "helper-address", addr] => format!("ipv6 dhcp relay destination {}", host(addr)),
        _ => return line.to_owned(),
    };
    format!("{indent}{made}")
}

/// Addresses with wildcards in an entry of a list.
fn ends(parts: &[&str]) -> String {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(word) = parts.get(at) {
        let wildcard = parts.get(at + 1).filter(|w| w.parse::<Ipv4Addr>().is_ok());
        let before = at.checked_sub(1).and_then(|b| parts.get(b));
        match wildcard {
            Some(wildcard) if word.parse::<Ipv4Addr>().is_ok() && before != Some(&"host") => {
                out.push(format!("{}/{}", host(word), length(wildcard, true)));
                at += 2;
            }
            _ => {
                out.push(host(word));
                at += 1;
            }
        }
    }
    out.join(" ")
}

fn each(parts: &[&str]) -> String {
    parts.iter().map(|p| host(p)).collect::<Vec<_>>().join(" ")
}

/// An address, or anything else unchanged.
fn host(word: &str) -> String {
    let Ok(addr) = word.parse::<Ipv4Addr>() else { return word.to_owned() };
    match addr.octets() {
        [0, 0, 0, 0] => "::".to_owned(),
        [_, a, b, 0] => format!("2001:db8:{a}:{b}::"),
        [_, a, b, c] => format!("2001:db8:{a}:{b}::{c}"),
    }
}

/// Prefix length of a mask or wildcard.
fn length(mask: &str, wildcard: bool) -> u32 {
    let bits = u32::from(mask.parse::<Ipv4Addr>().unwrap());
    long(if wildcard { bits.leading_zeros() } else { bits.leading_ones() })
}

fn long(length: u32) -> u32 {
    match length {
        0 => 0,
        8 => 32,
        16 => 48,
        24 => 64,
        longer => longer + 96,
    }
}

/// Quoted addresses and prefixes of a policy.
fn words(text: &str) -> String {
    let parts = text.split('"').map(|part| match part.split_once('/') {
        Some((addr, len)) if addr.parse::<Ipv4Addr>().is_ok() => {
            format!("{}/{}", host(addr), long(len.parse().unwrap()))
        }
        _ => host(part),
    });
    parts.collect::<Vec<_>>().join("\"")
}
