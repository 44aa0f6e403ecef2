//! Edits of IOS configurations.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{Change, Kind};

/// An interface of a config.
struct Interface<'a> {
    name: &'a str,
    at: usize,
    /// Line of its address, the address and its mask.
    address: Option<(usize, Ipv4Addr, Ipv4Addr)>,
    vrf: Option<(usize, &'a str)>,
    /// Lines that put lists on it.
    groups: Vec<usize>,
    ipv6: bool,
    nat: bool,
}

pub fn edits(text: &str) -> Vec<(Kind, Vec<Change>)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    lists(&lines, &mut out);
    let interfaces = interfaces(&lines);
    groups(&lines, &interfaces, &mut out);
    routes(&lines, &interfaces, &mut out);
    layer2(&lines, &mut out);
    domains(&interfaces, &mut out);
    pairs(&lines, &interfaces, &mut out);
    out
}

fn is_group(line: &str) -> bool {
    line.starts_with(" ip access-group ") || line.starts_with(" ipv6 traffic-filter ")
}

fn interfaces<'a>(lines: &[&'a str]) -> Vec<Interface<'a>> {
    let mut out: Vec<Interface<'a>> = Vec::new();
    let mut inside = false;
    for (at, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix("interface ") {
            inside = true;
            let (address, vrf, groups) = (None, None, Vec::new());
            out.push(Interface { name, at, address, vrf, groups, ipv6: false, nat: false });
            continue;
        }
        inside &= line.starts_with(' ') || line.starts_with('!');
        let Some(last) = out.last_mut().filter(|_| inside) else { continue };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["ip", "address", addr, mask] => {
                let parsed = addr.parse().ok().zip(mask.parse().ok());
                last.address = parsed.map(|(a, m)| (at, a, m));
            }
            ["vrf", "forwarding", name] => last.vrf = Some((at, name)),
            ["ipv6", "address", ..] => last.ipv6 = true,
            ["ip", "nat", ..] => last.nat = true,
            _ if is_group(line) => last.groups.push(at),
            _ => {}
        }
    }
    out
}

/// Lines of access lists.
fn lists(lines: &[&str], out: &mut Vec<(Kind, Vec<Change>)>) {
    let mut inside = false;
    let mut before: Option<usize> = None;
    for (at, line) in lines.iter().enumerate() {
        if line.contains("access-list ") && !line.starts_with(' ') {
            inside = line.starts_with("ip access-list ") || line.starts_with("ipv6 access-list ");
            before = None;
            continue;
        }
        if !line.starts_with(' ') {
            inside = false;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let first = usize::from(words.first().is_some_and(|w| w.parse::<u32>().is_ok()));
        let Some(&action) = words.get(first).filter(|w| inside && matches!(**w, "permit" | "deny")) else {
            continue;
        };
        if action == "deny" {
            out.push((Kind::DenyRemoved, vec![Change::without(at)]));
        } else {
            permit(at, &words, out);
        }
        if let Some(b) = before
            && let (Some(x), Some(y)) = (rest(lines[b]), rest(line))
            && x.starts_with("deny") != y.starts_with("deny")
        {
            let swapped = |line: &str, rest: &str, other: &str| line.replacen(rest, other, 1);
            let changes =
                vec![Change::line(b, swapped(lines[b], x, y)), Change::line(at, swapped(line, y, x))];
            out.push((Kind::OrderSwapped, changes));
        }
        before = Some(at);
    }
}

/// An entry from its action on.
fn rest(line: &str) -> Option<&str> {
    line.find("permit ").or_else(|| line.find("deny ")).and_then(|at| line.get(at..))
}

/// What makes a permit wider.
fn permit(at: usize, words: &[&str], out: &mut Vec<(Kind, Vec<Change>)>) {
    let with = |from: usize, count: usize, put: &[String]| {
        let mut words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        words.splice(from..from + count, put.iter().cloned());
        vec![Change::line(at, format!(" {}", words.join(" ")))]
    };
    let any = ["any".to_owned()];
    let v4 = |n: usize| words.get(n).and_then(|w| w.parse::<Ipv4Addr>().ok());
    let mut n = 0;
    while let Some(word) = words.get(n) {
        let mut used = 1;
        match *word {
            "host" => {
                used = 2;
                out.push((Kind::AddressToAny, with(n, 2, &any)));
                if let Some(addr) = v4(n + 1) {
                    let [a, b, c, _] = addr.octets();
                    let wide = [format!("{a}.{b}.{c}.0"), "0.0.0.255".to_owned()];
                    out.push((Kind::MaskWidened, with(n, 2, &wide)));
                }
            }
            "object-group" => {
                used = 2;
                out.push((Kind::AddressToAny, with(n, 2, &any)));
            }
            "eq" | "gt" | "lt" => {
                used = 2;
                out.push((Kind::PortsWidened, with(n, 2, &[])));
            }
            "range" => {
                used = 3;
                out.push((Kind::PortsWidened, with(n, 3, &[])));
            }
            "established" | "echo-reply" => out.push((Kind::PortsWidened, with(n, 1, &[]))),
            prefix if prefix.contains('/') => {
                out.push((Kind::AddressToAny, with(n, 1, &any)));
                let (addr, len) = prefix.split_once('/').unwrap();
                if let Ok(len) = len.parse::<u32>() {
                    let wide = [format!("{addr}/{}", len.saturating_sub(16))];
                    out.push((Kind::MaskWidened, with(n, 1, &wide)));
                }
            }
            _ => {
                if let (Some(addr), Some(wild)) = (v4(n), v4(n + 1)) {
                    used = 2;
                    out.push((Kind::AddressToAny, with(n, 2, &any)));
                    let wild = (u32::from(wild) << 8) | 255;
                    let base = Ipv4Addr::from(u32::from(addr) & !wild);
                    let wide = [base.to_string(), Ipv4Addr::from(wild).to_string()];
                    out.push((Kind::MaskWidened, with(n, 2, &wide)));
                }
            }
        }
        n += used;
    }
}

/// Lists on interfaces.
fn groups(lines: &[&str], interfaces: &[Interface<'_>], out: &mut Vec<(Kind, Vec<Change>)>) {
    for interface in interfaces {
        for &at in &interface.groups {
            let line = lines[at];
            out.push((Kind::GroupRemoved, vec![Change::without(at)]));
            let turned = match line.rsplit_once(' ') {
                Some((head, "in")) => format!("{head} out"),
                Some((head, _)) => format!("{head} in"),
                None => continue,
            };
            out.push((Kind::GroupTurned, vec![Change::line(at, turned)]));
            let words: Vec<&str> = line.split_whitespace().collect();
            let wrong = line.replacen(words[2], &format!("{}-", words[2]), 1);
            out.push((Kind::NameMisspelt, vec![Change::line(at, wrong)]));
            let free =
                |i: &&Interface<'_>| i.at != interface.at && i.address.is_some() && i.groups.is_empty();
            for other in interfaces.iter().filter(free).take(2) {
                let moved = Change::before(other.address.unwrap().0 + 1, vec![line.to_owned()]);
                out.push((Kind::GroupMoved, vec![Change::without(at), moved]));
            }
        }
    }
}

/// Static routes.
fn routes(lines: &[&str], interfaces: &[Interface<'_>], out: &mut Vec<(Kind, Vec<Change>)>) {
    let mut hops: BTreeSet<&str> = BTreeSet::new();
    let route = |line: &str| line.starts_with("ip route ");
    for line in lines.iter().filter(|l| route(l)) {
        hops.extend(line.split_whitespace().filter(|w| w.parse::<Ipv4Addr>().is_ok()).nth(2));
    }
    for (at, line) in lines.iter().enumerate().filter(|(_, l)| route(l)) {
        let addrs: Vec<&str> = line.split_whitespace().filter(|w| w.parse::<Ipv4Addr>().is_ok()).collect();
        let [prefix, mask, hop, ..] = addrs.as_slice() else { continue };
        for other in hops.iter().filter(|h| *h != hop) {
            let turned = line.replace(&format!(" {hop}"), &format!(" {other}"));
            out.push((Kind::RouteChanged, vec![Change::line(at, turned)]));
        }
        let wide = line.replacen(&format!("{prefix} {mask}"), "0.0.0.0 0.0.0.0", 1);
        out.push((Kind::RouteChanged, vec![Change::line(at, wide)]));
    }
    // From the table of one interface straight to the network of an interface of another.
    let Some(end) = lines.iter().rposition(|l| *l == "end") else { return };
    for from in interfaces.iter().filter(|i| i.address.is_some()) {
        for to in interfaces.iter().filter(|i| i.vrf.map(|v| v.1) != from.vrf.map(|v| v.1)) {
            let Some((_, addr, mask)) = to.address else { continue };
            let net = Ipv4Addr::from(u32::from(addr) & u32::from(mask));
            let vrf = from.vrf.map_or(String::new(), |(_, v)| format!("vrf {v} "));
            let line = format!("ip route {vrf}{net} {mask} {}", to.name);
            out.push((Kind::RouteLeaked, vec![Change::before(end, vec![line])]));
        }
    }
}

/// Ports, trunks, tags.
fn layer2(lines: &[&str], out: &mut Vec<(Kind, Vec<Change>)>) {
    let mut vlans: BTreeSet<u32> = BTreeSet::new();
    for line in lines {
        let number = line.strip_prefix("vlan ").or_else(|| line.strip_prefix(" switchport access vlan "));
        let number = number.or_else(|| line.strip_prefix(" encapsulation dot1Q "));
        vlans.extend(number.and_then(|n| n.split(' ').next()?.parse::<u32>().ok()));
    }
    for (at, line) in lines.iter().enumerate() {
        for head in [" switchport access vlan ", " encapsulation dot1Q "] {
            let Some(old) = line.strip_prefix(head) else { continue };
            for vlan in vlans.iter().filter(|v| v.to_string() != old) {
                out.push((Kind::VlanMoved, vec![Change::line(at, format!("{head}{vlan}"))]));
            }
        }
        if line.starts_with(" switchport trunk allowed vlan ") {
            out.push((Kind::TrunkWidened, vec![Change::without(at)]));
        }
        if *line == " switchport mode access" {
            out.push((Kind::TrunkWidened, vec![Change::line(at, " switchport mode trunk".to_owned())]));
        }
    }
}

/// Routing domains of interfaces.
fn domains(interfaces: &[Interface<'_>], out: &mut Vec<(Kind, Vec<Change>)>) {
    let all: BTreeSet<&str> = interfaces.iter().filter_map(|i| i.vrf).map(|v| v.1).collect();
    for (at, own) in interfaces.iter().filter_map(|i| i.vrf) {
        out.push((Kind::VrfChanged, vec![Change::without(at)]));
        for other in all.iter().filter(|v| **v != own) {
            out.push((Kind::VrfChanged, vec![Change::line(at, format!(" vrf forwarding {other}"))]));
        }
    }
}

/// What takes two interfaces: translation between them, IPv6 on both.
fn pairs(lines: &[&str], interfaces: &[Interface<'_>], out: &mut Vec<(Kind, Vec<Change>)>) {
    let Some(end) = lines.iter().rposition(|l| *l == "end") else { return };
    for inside in interfaces {
        for outside in interfaces.iter().filter(|o| o.at != inside.at) {
            let same = inside.vrf.map(|v| v.1) == outside.vrf.map(|v| v.1);
            let (Some((i, host, _)), Some((o, near, mask))) = (inside.address, outside.address) else {
                continue;
            };
            let long = u32::from(mask).leading_ones() > 29;
            if same && !inside.nat && !outside.nat && !long {
                let local = Ipv4Addr::from(u32::from(host) ^ 6);
                let global = Ipv4Addr::from(u32::from(near) ^ 5);
                let vrf = inside.vrf.map_or(String::new(), |(_, v)| format!(" vrf {v}"));
                out.push((
                    Kind::NatAdded,
                    vec![
                        Change::before(i + 1, vec![" ip nat inside".to_owned()]),
                        Change::before(o + 1, vec![" ip nat outside".to_owned()]),
                        Change::before(
                            end,
                            vec![format!("ip nat inside source static {local} {global}{vrf}")],
                        ),
                    ],
                ));
            }
            if inside.at < outside.at && !inside.ipv6 && !outside.ipv6 && same {
                let address = |n: u32| vec![format!(" ipv6 address 2001:DB8:AA:{n}::1/64")];
                out.push((
                    Kind::Ipv6Opened,
                    vec![
                        Change::before(i + 1, address(1)),
                        Change::before(o + 1, address(2)),
                        Change::before(end, vec!["ipv6 unicast-routing".to_owned()]),
                    ],
                ));
            }
        }
    }
}
