//! Translation of one packet: every rule that may apply, every value that makes a difference.
//!
//! A pool may have millions of values. Those between two numbers that the network compares with are
//! alike for every test, so one of each kind is tried. Entry: [`translate`].

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::address::{Family, Prefix, number};
use crate::format::{Cube, Nat, Network, NextHop, PolicyAction, Predicate, Rewrite, Target, Values};
use crate::list::first_match;
use crate::packet::Packet;

/// Values tried of one pool. Beyond, a result says that there are more.
const VALUES: usize = 48;

/// One result of a table.
pub(crate) struct Translation {
    /// The header after the table.
    pub packet: Packet,
    /// Whether the device can do it in every world.
    pub sure: bool,
    /// The rule, if one applied.
    pub place: Option<String>,
    /// Further values are possible that were not tried.
    pub open: bool,
}

/// All results of a table for one packet.
pub(crate) fn translate(network: &Network, table: &Nat, packet: &Packet) -> Vec<Translation> {
    let tests = table.rules.iter().map(|r| (r.family == packet.family()).then_some(&r.matches));
    let (hits, closed) = first_match(tests, packet);
    let single = hits.len() == 1 && closed;
    let mut out = Vec::new();
    let unchanged = |sure, place| Translation { packet: *packet, sure, place, open: false };
    if !closed {
        out.push(unchanged(hits.is_empty(), None));
    }
    for rule in hits.into_iter().filter_map(|at| table.rules.get(at)) {
        let place = Some(rule.place.clone());
        let mut results = vec![unchanged(single, place.clone())];
        for rewrite in &rule.rewrites {
            results = results.iter().flat_map(|r| apply(network, rewrite, r)).collect();
        }
        out.append(&mut results);
        if rule.may_skip {
            out.push(unchanged(false, place));
        }
    }
    out
}

fn apply(network: &Network, rewrite: &Rewrite, before: &Translation) -> Vec<Translation> {
    let packet = before.packet;
    let family = packet.family();
    let (old, choice) = match rewrite {
        Rewrite::Src(target) => (packet.src, addresses(network, family, target, packet.src)),
        Rewrite::Dst(target) => (packet.dst, addresses(network, family, target, packet.dst)),
        Rewrite::Sport(target) => (packet.src, ports(network, target, packet.sport)),
        Rewrite::Dport(target) => (packet.src, ports(network, target, packet.dport)),
        Rewrite::Mark(target) => (packet.src, ports(network, target, packet.mark)),
    };
    let make = |&value: &u128| {
        let mut packet = packet;
        let port = u16::try_from(value).unwrap_or(u16::MAX);
        match rewrite {
            Rewrite::Src(_) => packet.translate_src(Family::of(old).address(value)),
            Rewrite::Dst(_) => packet.dst = Family::of(old).address(value),
            Rewrite::Sport(_) => packet.sport = port,
            Rewrite::Dport(_) => packet.dport = port,
            Rewrite::Mark(_) => packet.mark = port,
        }
        let place = before.place.clone();
        Translation { packet, sure: before.sure && choice.sure, place, open: before.open }
    };
    let mut out: Vec<_> = choice.values.iter().map(make).collect();
    if choice.open {
        let place = before.place.clone();
        out.push(Translation { packet, sure: false, place, open: true });
    }
    out
}

struct Choice {
    values: Vec<u128>,
    sure: bool,
    open: bool,
}

fn addresses(network: &Network, family: Family, target: &Target<IpAddr>, old: IpAddr) -> Choice {
    let (cuts, masks) = address_cuts(network, family);
    let ranges = |set: &[(IpAddr, IpAddr)]| set.iter().map(|(a, b)| (number(*a), number(*b))).collect();
    match target {
        Target::Shift { from, to } if from.len() == to.len() && from.contains(old) => {
            let value = to.first() | (number(old) & to.host_mask());
            Choice { values: vec![value], sure: true, open: false }
        }
        // Outside the prefix the offset means nothing: the field stays.
        Target::Shift { .. } => Choice { values: vec![number(old)], sure: false, open: false },
        Target::OneOf(Values::Ranges(set)) => choose(ranges(set), &cuts, masks, number(old)),
        Target::OneOf(Values::Mask { value, care }) => {
            masked(number(*value), number(*care) & family.max(), family.max())
        }
        Target::Unknown => unknown(choose(vec![(0, family.max())], &cuts, masks, number(old))),
    }
}

fn ports(network: &Network, target: &Target<u16>, old: u16) -> Choice {
    let (cuts, masks) = port_cuts(network);
    let ranges = |set: &[(u16, u16)]| set.iter().map(|&(a, b)| (a.into(), b.into())).collect();
    let max = u128::from(u16::MAX);
    match target {
        Target::OneOf(Values::Ranges(set)) => choose(ranges(set), &cuts, masks, old.into()),
        Target::OneOf(Values::Mask { value, care }) => masked((*value).into(), (*care).into(), max),
        Target::Unknown | Target::Shift { .. } => unknown(choose(vec![(0, max)], &cuts, masks, old.into())),
    }
}

/// The values of some ranges that the network can tell apart, the old one first.
fn choose(ranges: Vec<(u128, u128)>, cuts: &BTreeSet<u128>, masks: bool, old: u128) -> Choice {
    let mut values: Vec<u128> = Vec::new();
    values.extend(ranges.iter().any(|&(lo, hi)| lo <= old && old <= hi).then_some(old));
    let mut open = false;
    for (lo, hi) in ranges.into_iter().filter(|(lo, hi)| lo <= hi) {
        let all = hi - lo < VALUES as u128;
        let picked = cuts.range(lo..=hi).copied().chain([lo, hi]);
        let more: Vec<u128> = if all { (lo..=hi).collect() } else { picked.take(VALUES + 1).collect() };
        open |= !all && masks;
        for value in more {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    open |= values.len() > VALUES;
    values.truncate(VALUES);
    // An empty pool says nothing about what the device does.
    open |= values.is_empty();
    Choice { values, sure: true, open }
}

/// The values with some bits given.
fn masked(value: u128, care: u128, max: u128) -> Choice {
    let free = max & !care;
    let mut values = Vec::new();
    let mut bits = 0u128;
    for _ in 0..VALUES {
        values.push((value & care) | bits);
        bits = bits.wrapping_sub(free) & free;
        if bits == 0 {
            break;
        }
    }
    Choice { values, sure: true, open: bits != 0 }
}

fn unknown(choice: Choice) -> Choice {
    Choice { sure: false, ..choice }
}

fn predicates(network: &Network) -> impl Iterator<Item = &Predicate> {
    network.devices.iter().flat_map(|d| {
        let lists = d.lists.iter().flat_map(|l| l.lines.iter().map(|x| &x.matches));
        let nats = d.nats.iter().flat_map(|n| n.rules.iter().map(|x| &x.matches));
        let policies = d.policy_routes.iter().flat_map(|p| p.entries.iter().map(|x| &x.matches));
        lists.chain(nats).chain(policies)
    })
}

fn cubes(network: &Network) -> impl Iterator<Item = &Cube> {
    predicates(network).flat_map(|p| p.may.iter().chain(p.must.iter().flatten()))
}

/// The ports where some test begins or stops to match, and whether a test is a bit pattern.
fn port_cuts(network: &Network) -> (BTreeSet<u128>, bool) {
    let (mut cuts, mut masks) = (BTreeSet::new(), false);
    let relays = network.ports().flat_map(|(_, i)| &i.relays).flat_map(|r| r.ports.iter().copied());
    let mut cut = |(lo, hi): (u16, u16)| cuts.extend([u128::from(lo), u128::from(hi) + 1]);
    relays.for_each(&mut cut);
    for set in cubes(network).flat_map(|c| [&c.sport, &c.dport, &c.mark]).flatten() {
        match set {
            Values::Ranges(ranges) => ranges.iter().copied().for_each(&mut cut),
            Values::Mask { .. } => masks = true,
        }
    }
    (cuts, masks)
}

/// The same for addresses, with everything that a look-up or a segment compares them with.
fn address_cuts(network: &Network, family: Family) -> (BTreeSet<u128>, bool) {
    let (mut cuts, mut masks) = (BTreeSet::new(), false);
    let mut cut = |lo: IpAddr, hi: IpAddr| {
        if Family::of(lo) == family && Family::of(hi) == family {
            cuts.extend([number(lo), number(hi).saturating_add(1)]);
        }
    };
    for set in cubes(network).flat_map(|c| [&c.src, &c.dst, &c.src0]).flatten() {
        match set {
            Values::Ranges(ranges) => ranges.iter().for_each(|(lo, hi)| cut(*lo, *hi)),
            Values::Mask { .. } => masks = true,
        }
    }
    let mut prefixes: Vec<Prefix> = Vec::new();
    let mut hosts: Vec<IpAddr> = network.known_neighbours.iter().flat_map(|k| k.addresses.clone()).collect();
    for (_, interface) in network.ports() {
        prefixes.extend(interface.addresses().map(|a| a.prefix));
        hosts.extend(interface.addresses().map(|a| a.addr).chain(interface.relays.iter().map(|r| r.to)));
    }
    for device in &network.devices {
        let next_hop = |n: &NextHop| if let NextHop::Via { addr, .. } = n { Some(*addr) } else { None };
        for vrf in &device.vrfs {
            let rows = || vrf.tables.iter().flat_map(|t| &t.rows);
            prefixes.extend(vrf.routes.iter().map(|r| r.prefix).chain(rows().map(|r| r.prefix)));
            hosts.extend(vrf.routes.iter().filter_map(|r| next_hop(&r.next_hop)));
            hosts.extend(rows().filter_map(|r| next_hop(&r.next_hop)));
        }
        for action in device.policy_routes.iter().flat_map(|p| &p.entries).map(|e| &e.action) {
            if let PolicyAction::NextHops { addresses, .. } | PolicyAction::DefaultNextHops(addresses) =
                action
            {
                hosts.extend(addresses);
            }
        }
        for rewrite in device.nats.iter().flat_map(|n| &n.rules).flat_map(|r| &r.rewrites) {
            if let Rewrite::Src(Target::Shift { from, to }) | Rewrite::Dst(Target::Shift { from, to }) =
                rewrite
            {
                prefixes.extend([from, to]);
            }
        }
    }
    hosts.into_iter().for_each(|h| cut(h, h));
    let of = |p: Prefix, n| p.family().address(n);
    prefixes.into_iter().for_each(|p| cut(of(p, p.first()), of(p, p.last())));
    // What is never routed begins and ends here.
    for (addr, len) in
        [("0.0.0.0", 8), ("127.0.0.0", 8), ("224.0.0.0", 4), ("240.0.0.0", 4), ("255.255.255.255", 32)]
    {
        let prefix = addr.parse().ok().and_then(|a| Prefix::new(a, len));
        prefix.into_iter().for_each(|p| cut(of(p, p.first()), of(p, p.last())));
    }
    cuts.retain(|c| *c <= family.max());
    (cuts, masks)
}
