//! The tables that we build, against the same tables as another tool normalised them.
//!
//! `apkeep_dataplane/stanford-noacl` holds rules `+ fwd ROUTER ADDRESS LENGTH PORT PRIORITY`, longest match
//! first, where PORT is a physical port, `vlanN` for hosts on a VLAN interface, or `self`. It is compared
//! and never read by a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sekisho::routing::{Decision, Fib, Target};
use sekisho_model::Device;
use serde::Deserialize;

/// The rules of one router: sorted by prefix length, longest last.
type Rules = Vec<(u32, u32, String)>;

/// Ports that carry a VLAN, by router and VLAN interface.
type Vlans = BTreeMap<(String, String), BTreeSet<String>>;

/// The other tool's view of the network.
pub struct Other {
    rules: BTreeMap<String, Rules>,
    vlans: Vlans,
}

impl Other {
    pub fn read(directory: &Path) -> Self {
        let mut rules: BTreeMap<String, Rules> = BTreeMap::new();
        for line in fs::read_to_string(directory.join("updates")).unwrap().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let ["+", "fwd", router, address, length, port, _] = words[..] else { continue };
            let rule = (address.parse().unwrap(), length.parse().unwrap(), port.to_owned());
            rules.entry(router.to_owned()).or_default().push(rule);
        }
        let mut vlans = Vlans::new();
        for line in fs::read_to_string(directory.join("vlan.txt")).unwrap().lines() {
            let mut words = line.split_whitespace().map(str::to_owned);
            let (Some(router), Some(vlan)) = (words.next(), words.next()) else { continue };
            vlans.entry((router, vlan)).or_default().extend(words);
        }
        Self { rules, vlans }
    }

    /// The port of the longest rule.
    fn port(&self, router: &str, address: u32) -> Option<&str> {
        let inside =
            |(at, length, _): &&(u32, u32, String)| *length == 0 || (address ^ at) >> (32 - length) == 0;
        let rules = self.rules[router].iter().filter(inside);
        rules.max_by_key(|(_, length, _)| *length).map(|(_, _, port)| port.as_str())
    }
}

/// `TenGigabitEthernet3/1.3` is `te3/1`, `Vlan10` is `vlan10`.
fn short(name: &str) -> String {
    let name = name.split('.').next().unwrap().to_ascii_lowercase();
    for (long, short) in [("tengigabitethernet", "te"), ("gigabitethernet", "gi"), ("fastethernet", "fa")] {
        if let Some(rest) = name.strip_prefix(long) {
            return format!("{short}{rest}");
        }
    }
    name.strip_prefix("port-channel").map_or(name.clone(), |n| format!("po{n}"))
}

/// What a table does with an address, in the other tool's words.
fn words(device: &Device, fib: &Fib, address: u32) -> BTreeSet<String> {
    let own = fib.own.iter().any(|(a, _)| *a == std::net::IpAddr::from(address.to_be_bytes()));
    if own {
        return BTreeSet::from(["self".to_owned()]);
    }
    let word = |decision| match decision {
        Decision::Forward { interface, target } => {
            let name = short(&device.interface(interface).unwrap().name);
            match target {
                Target::Destination => name,
                _ => format!("{name} by a next hop"),
            }
        }
        Decision::Discard | Decision::Receive => "self".to_owned(),
        Decision::Anywhere(_) => "anywhere".to_owned(),
    };
    fib.sure_decisions(u128::from(address)).map(word).collect()
}

/// Addresses for which the two tables stand to each other in the same way.
#[derive(Debug, Default)]
pub struct Kind {
    pub addresses: u64,
    pub ranges: Vec<String>,
}

impl Kind {
    pub fn add(&mut self, other: Kind) {
        self.addresses += other.addresses;
        self.ranges.extend(other.ranges);
    }
}

/// Addresses that a router takes for its own, by the text of its table.
pub fn received(table: &Path) -> BTreeSet<u32> {
    let text = fs::read_to_string(table).unwrap();
    let host = |line: &str| {
        let mut words = line.split_whitespace();
        let address: std::net::Ipv4Addr = words.next()?.strip_suffix("/32")?.parse().ok()?;
        (words.next()? == "receive").then(|| u32::from(address))
    };
    text.lines().filter_map(host).collect()
}

/// How the two tables of a router stand to each other.
pub fn compare(
    other: &Other,
    device: &Device,
    fib: &Fib,
    received: &BTreeSet<u32>,
) -> BTreeMap<&'static str, Kind> {
    let router = &device.name;
    let mut cuts: BTreeSet<u64> = BTreeSet::from([0, 1 << 32]);
    for (address, length, _) in &other.rules[router] {
        cuts.extend([u64::from(*address), u64::from(*address) + (1_u64 << (32 - length))]);
    }
    for (lo, hi) in fib.sure.iter().flat_map(|entry| &entry.ranges) {
        cuts.extend([u64::try_from(*lo).unwrap(), u64::try_from(*hi).unwrap() + 1]);
    }
    for (address, _) in &fib.own {
        if let std::net::IpAddr::V4(a) = address {
            let a = u64::from(u32::from(*a));
            cuts.extend([a, a + 1]);
        }
    }
    let cuts: Vec<u64> = cuts.into_iter().collect();
    let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
    for pair in cuts.windows(2) {
        let (lo, size) = (u32::try_from(pair[0]).unwrap(), pair[1] - pair[0]);
        let last = u32::try_from(pair[1] - 1).unwrap();
        let (ours, theirs) = (words(device, fib, lo), other.port(router, lo));
        let is_own = |a| {
            received.contains(&a)
                || fib.own.iter().any(|(o, _)| *o == std::net::IpAddr::from(std::net::Ipv4Addr::from(a)))
        };
        let own = size <= 16 && (lo..=last).all(is_own);
        let entry = kinds.entry(kind(other, router, &ours, theirs, own)).or_default();
        entry.addresses += size;
        let address = std::net::Ipv4Addr::from(lo);
        entry.ranges.push(format!("{router} {address} +{size}: {ours:?}, {theirs:?}"));
    }
    kinds
}

fn kind(
    other: &Other,
    router: &str,
    ours: &BTreeSet<String>,
    theirs: Option<&str>,
    own: bool,
) -> &'static str {
    let Some(port) = theirs else {
        return if ours.is_empty() { "same" } else { "no rule there" };
    };
    // A next hop on a VLAN interface is behind one of the ports that carry the VLAN.
    let behind = |word: &String| {
        let Some(name) = word.strip_suffix(" by a next hop") else { return false };
        let ports = other.vlans.get(&(router.to_owned(), name.to_owned()));
        name == port || ports.is_some_and(|p| p.contains(port))
    };
    let next_hop = |word: &String| word.starts_with("vlan") && word.ends_with(" by a next hop");
    match ours {
        _ if ours.contains(port) || ours.iter().any(behind) => "same",
        _ if ours.is_empty() => "no route here",
        _ if ours.contains("self") && own => "received here, forwarded there",
        _ if ours.contains("self") => "dropped here, forwarded there",
        _ if port == "self" => "forwarded here, dropped there",
        _ if ours.iter().all(next_hop) => "next hop behind an unlisted port",
        _ => "another port",
    }
}

/// Why the tables differ where they do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    difference: Vec<Difference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    kind: String,
    addresses: u64,
    ranges: usize,
    why: String,
}

impl Explained {
    /// Differences that are not explained, and explanations of nothing.
    pub fn problems(&self, found: &BTreeMap<&str, Kind>) -> Vec<String> {
        let mut out = Vec::new();
        for (kind, found) in found.iter().filter(|(kind, _)| **kind != "same") {
            if !self.difference.iter().any(|d| d.kind == **kind) {
                out.push(format!("{kind} is not explained: {:#?}", found.ranges));
            }
        }
        for known in &self.difference {
            let is = found.get(known.kind.as_str()).map_or((0, 0), |k| (k.addresses, k.ranges.len()));
            if is != (known.addresses, known.ranges) || known.ranges == 0 || known.why.is_empty() {
                out.push(format!("{is:?} instead of {known:?}"));
            }
        }
        if !found.contains_key("same") {
            out.push("nothing is the same".to_owned());
        }
        out
    }
}
