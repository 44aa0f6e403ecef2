//! Edits of FortiOS configurations.

use std::net::Ipv4Addr;

use super::{Change, Kind};

pub fn edits(text: &str) -> Vec<(Kind, Vec<Change>)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    // The tables around a line, and where the entry at hand begins.
    let mut path: Vec<&str> = Vec::new();
    let mut entry = 0;
    let mut before: Option<(usize, usize)> = None;
    for (at, line) in lines.iter().enumerate() {
        let words = line.trim();
        if let Some(table) = words.strip_prefix("config ") {
            path.push(table);
            before = None;
        } else if words == "end" {
            path.pop();
        } else if words.starts_with("edit ") {
            entry = at;
        }
        match path.last().copied() {
            Some("firewall policy") => {
                policy(&lines, at, words, &mut out);
                if words == "next" {
                    swapped(&lines, before, (entry, at), &mut out);
                    before = Some((entry, at));
                }
            }
            Some("firewall address") => object(at, line, &mut out),
            Some("firewall service custom") => {
                if let Some((head, _)) = line.split_once("-portrange ") {
                    let wide = format!("{head}-portrange 1-65535");
                    out.push((Kind::ObjectWidened, vec![Change::line(at, wide)]));
                }
            }
            Some("router static") => route(&lines, at, line, &mut out),
            Some("system interface") => member(&lines, at, line, &mut out),
            _ => {}
        }
    }
    virtual_addresses(&lines, &mut out);
    out
}

/// Lines of a policy.
fn policy(lines: &[&str], at: usize, words: &str, out: &mut Vec<(Kind, Vec<Change>)>) {
    let indent = " ".repeat(lines[at].len() - words.len());
    let with = |text: &str| vec![Change::line(at, format!("{indent}{text}"))];
    let mut parts = words.split_whitespace();
    match (parts.next(), parts.next(), parts.next()) {
        (Some("set"), Some(end @ ("srcintf" | "dstintf")), Some(_)) => {
            out.push((Kind::PolicyEndsWidened, with(&format!("set {end} \"any\""))));
        }
        (Some("set"), Some(end @ ("srcaddr" | "dstaddr")), Some(old)) if old != "\"all\"" => {
            out.push((Kind::PolicyAddressesWidened, with(&format!("set {end} \"all\""))));
        }
        (Some("set"), Some("service"), Some(old)) if old != "\"ALL\"" => {
            out.push((Kind::PolicyServicesWidened, with("set service \"ALL\"")));
        }
        (Some("set"), Some("action"), Some("deny")) => {
            out.push((Kind::PolicyTurned, with("set action accept")));
        }
        (Some("set"), Some("status"), Some("disable")) => {
            out.push((Kind::PolicyTurned, vec![Change::without(at)]));
        }
        _ => {}
    }
}

/// Two policies that follow each other, of which one denies.
fn swapped(
    lines: &[&str],
    before: Option<(usize, usize)>,
    this: (usize, usize),
    out: &mut Vec<(Kind, Vec<Change>)>,
) {
    let Some(before) = before else { return };
    let of =
        |(from, to): (usize, usize)| lines[from..=to].iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    let (a, b) = (of(before), of(this));
    let accepts = |lines: &[String]| lines.iter().any(|l| l.trim() == "set action accept");
    if accepts(&a) != accepts(&b) {
        let changes = vec![
            Change { at: before.0, gone: a.len(), put: b.clone() },
            Change { at: this.0, gone: b.len(), put: a },
        ];
        out.push((Kind::OrderSwapped, changes));
    }
}

/// Address objects.
fn object(at: usize, line: &str, out: &mut Vec<(Kind, Vec<Change>)>) {
    let Some((head, rest)) = line.split_once("set subnet ") else { return };
    let Some((addr, mask)) = rest.split_once(' ') else { return };
    let (Ok(addr), Ok(mask)) = (addr.parse::<Ipv4Addr>(), mask.trim().parse::<Ipv4Addr>()) else { return };
    for wide in [u32::from(mask) << 8, 0] {
        let addr = Ipv4Addr::from(u32::from(addr) & wide);
        let text = format!("{head}set subnet {addr} {}", Ipv4Addr::from(wide));
        out.push((Kind::ObjectWidened, vec![Change::line(at, text)]));
    }
}

/// Static routes: another network, another way.
fn route(lines: &[&str], at: usize, line: &str, out: &mut Vec<(Kind, Vec<Change>)>) {
    if line.trim().starts_with("set dst ") {
        out.push((Kind::RouteChanged, vec![Change::without(at)]));
    }
    if let Some((head, old)) = line.split_once("set device ") {
        let mut others: Vec<&str> = lines
            .iter()
            .filter_map(|l| l.split_once("set device "))
            .map(|(_, d)| d)
            .filter(|d| *d != old)
            .collect();
        others.sort_unstable();
        others.dedup();
        for other in others {
            out.push((Kind::RouteChanged, vec![Change::line(at, format!("{head}set device {other}"))]));
        }
    }
}

/// The VLAN of an interface.
fn member(lines: &[&str], at: usize, line: &str, out: &mut Vec<(Kind, Vec<Change>)>) {
    let Some((head, old)) = line.split_once("set vlanid ") else { return };
    for (_, other) in lines.iter().filter_map(|l| l.split_once("set vlanid ")).filter(|(_, v)| *v != old) {
        out.push((Kind::VlanMoved, vec![Change::line(at, format!("{head}set vlanid {other}"))]));
    }
}

/// A virtual address that a policy names besides: it leads to the host of some object.
fn virtual_addresses(lines: &[&str], out: &mut Vec<(Kind, Vec<Change>)>) {
    let Some(policies) = lines.iter().position(|l| *l == "config firewall policy") else { return };
    let hosts: Vec<&str> = lines
        .iter()
        .filter_map(|l| l.trim().strip_prefix("set subnet ")?.strip_suffix(" 255.255.255.255"))
        .filter(|addr| *addr != "0.0.0.0")
        .collect();
    for (n, (at, line)) in
        lines.iter().enumerate().skip(policies).filter(|(_, l)| l.contains("set dstaddr ")).enumerate()
    {
        for host in hosts.iter().skip(n % 3).step_by(3) {
            let table =
                ["config firewall vip", "edit \"SECOND\"", "set extip 203.0.113.77", "set extintf \"any\""];
            let mut put: Vec<String> = table.iter().map(|l| (*l).to_owned()).collect();
            put.extend([format!("set mappedip \"{host}\""), "next".to_owned(), "end".to_owned()]);
            let named = format!("{} \"SECOND\"", line.replace("\"all\"", "\"SECOND\""));
            out.push((Kind::NatAdded, vec![Change::before(policies, put), Change::line(at, named)]));
        }
    }
}
