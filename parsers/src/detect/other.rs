//! Route tables, and tables that are neither configuration nor routes.

use super::{Os, RouteFormat, numbered};
use crate::routes::{Command, prompt};

/// Lines that are looked at for the head of a table.
const HEAD: usize = 80;

type Evidence<'a> = (u32, &'a str);

/// Route tables: the line that shows it, and whose format it is.
pub(super) fn routes(text: &str) -> Option<(Evidence<'_>, RouteFormat)> {
    let mut candidate = None;
    for (at, (number, line)) in numbered(text).enumerate() {
        let t = line.trim();
        let line = (number, line);
        if let Some((_, command)) = prompt(t)
            && matches!(Command::parse(command), Command::Table { .. } | Command::Filtered(_))
        {
            candidate = candidate.or(Some(line));
        }
        if t.starts_with("Codes:") {
            return Some((line, legend(text, number)));
        }
        if t.split_whitespace().eq(["Prefix", "Next", "Hop", "Interface"])
            || t.starts_with("IPv6 Routing Table - ")
        {
            return Some((line, RouteFormat::Ios));
        }
        if let Some(os) = foreign(t) {
            return Some((line, RouteFormat::Other(os)));
        }
        if at < HEAD && candidate.is_none() && (ios_row(t) || t.starts_with("Gateway of last resort is")) {
            candidate = Some(line);
        }
        // Past the head only a file that already looks like a table is searched on.
        if at >= HEAD && candidate.is_none() {
            return None;
        }
    }
    candidate.map(|line| (line, RouteFormat::Ios))
}

/// Whose legend follows line `from`.
fn legend(text: &str, from: u32) -> RouteFormat {
    let lines: Vec<&str> = numbered(text)
        .skip_while(|(n, _)| *n + 2 < from)
        .take_while(|(n, l)| *n < from + 24 && (*n <= from || !l.contains(" via ")))
        .map(|(_, l)| l)
        .collect();
    let legend = lines.join("\n");
    let has = |s: &str| legend.contains(s);
    if has("InterVRF") || has("V - VPN") {
        RouteFormat::Other(Os::CiscoAsa)
    } else if has("VRF: ") || has("Source Codes") || has("B I - iBGP") {
        RouteFormat::Other(Os::AristaEos)
    } else if has("access/subscriber") || has("FRR Backup path") {
        RouteFormat::Other(Os::CiscoIosXr)
    } else if has("V - BGP VPNv4") || has("Routing table for VRF=") {
        RouteFormat::Other(Os::Fortios)
    } else if has("K - kernel") {
        RouteFormat::Other(Os::Linux)
    } else if has("M - mobile")
        || has("C - Connected, L - Local")
        || has("MR - Mobile Router")
        || has("I - IGRP")
    {
        RouteFormat::Ios
    } else {
        RouteFormat::Other(Os::AlliedAwplus)
    }
}

/// Heads of the tables of other systems.
fn foreign(t: &str) -> Option<Os> {
    let junos = |rest: &str| rest.contains(" destinations, ") && rest.contains(" routes (");
    if t.starts_with("IP Route Table for VRF ") || t.starts_with("IPv6 Routing Table for VRF ") {
        Some(Os::CiscoNxos)
    } else if t.starts_with("Routing table for VRF=") {
        Some(Os::Fortios)
    } else if t.split_once(": ").is_some_and(|(name, rest)| name.contains("inet") && junos(rest)) {
        Some(Os::JuniperJunos)
    } else if t.starts_with("VRF: ") || t.starts_with("VRF name: ") {
        Some(Os::AristaEos)
    } else if t.starts_with("default via ") && t.contains(" dev ") {
        Some(Os::Linux)
    } else {
        None
    }
}

/// A row without its legend: `C    10.0.0.0/8 is directly connected, Vlan1`, `S* 0.0.0.0/0 [1/0] via 10.0.0.1`.
fn ios_row(t: &str) -> bool {
    let mut words = t.split_whitespace();
    let code = words.next().is_some_and(|w| w.len() <= 4 && w.starts_with(|c: char| c.is_ascii_alphabetic()));
    let addressed = t.split_whitespace().skip(1).take(3).any(|w| {
        w.starts_with(|c: char| c.is_ascii_digit())
            && w.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'/'))
    });
    code && addressed
        && (t.contains("] via ") || t.contains(" is directly connected") || t.contains(" is a summary"))
}

/// The line that shows that a text of tables also holds a configuration.
pub(super) fn configuration(text: &str) -> Option<Evidence<'_>> {
    let asked = |line: &str| {
        prompt(line).is_some_and(|(_, command)| {
            let words: Vec<&str> = command.split_whitespace().filter(|w| *w != "do").collect();
            matches!(words.as_slice(), [show, what, ..] if show.starts_with("sh")
                && ["run", "start", "conf"].iter().any(|w| what.starts_with(w)))
        })
    };
    let signed =
        |line: &str| line.starts_with("Current configuration :") || line.starts_with("boot-start-marker");
    let shown = numbered(text).find(|(_, line)| asked(line) || signed(line));
    shown.or_else(|| match super::config::os(text) {
        Some((line, _, super::Confidence::Certain)) => Some(line),
        _ => None,
    })
}

/// Files of network analysis tools, every line of which has the tool's form: what it is.
pub(super) fn tool_file(text: &str) -> Option<&'static str> {
    let all = |fits: fn(&str) -> bool| text.lines().map(str::trim).filter(|l| !l.is_empty()).all(fits);
    if all(port_number) {
        return Some("a list of port numbers of an analysis tool");
    }
    all(transfer).then_some("a transfer function of an analysis tool")
}

/// `$DEVICE`, or `PORT:NUMBER`.
fn port_number(line: &str) -> bool {
    let word = |s: &str| !s.is_empty() && !s.contains(char::is_whitespace);
    match line.strip_prefix('$') {
        Some(device) => word(device),
        None => line.split_once(':').is_some_and(|(port, number)| {
            word(port) && word(number) && number.chars().all(|c| c.is_ascii_digit())
        }),
    }
}

/// Fields parted by `$`, or a lone `#`.
fn transfer(line: &str) -> bool {
    line == "#" || line.matches('$').count() > 4 && !line.contains(char::is_whitespace)
}

/// Tables that say nothing about forwarding policy: the line that shows it, and what it is.
pub(super) fn table(text: &str) -> Option<(Evidence<'_>, &'static str)> {
    numbered(text)
        .take(HEAD)
        .find_map(|(number, line)| table_line(line.trim()).map(|what| ((number, line), what)))
}

fn table_line(t: &str) -> Option<&'static str> {
    let words: Vec<&str> = t.split_whitespace().collect();
    Some(match words.as_slice() {
        ["Protocol", "Address", "Age", "(min)", "Hardware", ..] => "an ARP table",
        ["Internet", addr, _, _, "ARPA", ..] if addr.parse::<std::net::Ipv4Addr>().is_ok() => "an ARP table",
        ["vlan", "mac", "address", "type", ..]
        | ["Vlan", "Mac", "Address", "Type", ..]
        | ["Mac", "Address", "Table", ..] => "a MAC address table",
        ["Spanning", "tree", "enabled", "protocol", _] | ["Spanning", "tree", "instance(s)", ..] => {
            "a spanning-tree table"
        }
        ["Interface", "IP-Address", "OK?", "Method", "Status", "Protocol"] => "an interface list",
        [_, "is", "up,", "line", "protocol", "is", ..]
        | [_, "is", "down,", "line", "protocol", "is", ..]
        | [_, "is", "administratively", "down,", "line", "protocol", "is", ..] => "an interface list",
        ["Name", "Default", "RD", "Protocols", "Interfaces"] | ["Name", "Default", "RD", "Interfaces"] => {
            "a VRF list"
        }
        ["Capability", "Codes:", ..] | ["Device", "ID", "Local", "Intrfce", ..] => "a neighbour list",
        ["BGP", "table", "version", "is", ..] => "a BGP table",
        _ => return None,
    })
}
