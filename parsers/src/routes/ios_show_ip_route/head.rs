//! The lines above the rows: legend, gateway of last resort, network headers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sekisho_net::{Prefix, parse_addr};

use super::{Network, row};
use crate::common::Line;

/// Whether every comma-separated item explains a code: `O - OSPF, IA - OSPF inter area`.
pub(super) fn legend_items(text: &str) -> bool {
    let mut items = text.split(',').map(str::trim).filter(|i| !i.is_empty()).peekable();
    items.peek().is_some()
        && items.all(|item| {
            item.split_once(" - ").is_some_and(|(code, words)| {
                (1..=3).contains(&code.trim().len()) && !words.is_empty() && !words.contains(['/', '['])
            })
        })
}

/// `A to network N`.
pub(super) fn gateway(text: &str) -> Option<(IpAddr, Prefix)> {
    let (addr, network) = text.split_once(" to network ")?;
    let network = parse_addr(network.trim()).ok()?;
    let length = if network.is_unspecified() { 0 } else { class_length(network)? };
    Some((parse_addr(addr.trim()).ok()?, Prefix::new(network, length).ok()?))
}

/// `10.0.0.0/24 is subnetted, 2 subnets` or `10.0.0.0/8 is variably subnetted, 5 subnets, 3 masks`.
pub(super) fn network_header(line: &Line<'_>) -> Option<Network> {
    let (front, back) = line.trimmed().split_once(" is ")?;
    let (variably, rest) = match back.strip_prefix("variably ") {
        Some(rest) => (true, rest),
        None => (false, back),
    };
    let counts = rest.strip_prefix("subnetted, ")?;
    let (announced, masks) = counts.split_once(" subnets").or_else(|| counts.split_once(" subnet"))?;
    let masks_ok = if variably {
        masks
            .strip_prefix(", ")
            .and_then(|m| m.split_once(' '))
            .is_some_and(|(n, word)| n.parse::<u32>().is_ok() && matches!(word, "masks" | "mask"))
    } else {
        masks.is_empty()
    };
    let (addr, length) = match front.split_once(' ') {
        Some((addr, mask)) => {
            let addr = parse_addr(addr).ok()?;
            (addr, Prefix::with_mask(addr, parse_addr(mask.trim()).ok()?).ok()?.len())
        }
        None => row::destination(front).and_then(|(addr, length)| Some((addr, length?)))?,
    };
    let network = Prefix::new(addr, class_length(addr)?.min(length)).ok()?;
    masks_ok.then_some(Network {
        span: line.span(),
        network,
        child_length: (!variably).then_some(length),
        announced: announced.parse().ok()?,
        seen: BTreeSet::new(),
    })
}

/// Length of the classful network of an address; none for 0/8, loopback, multicast and reserved.
pub(super) fn class_length(addr: IpAddr) -> Option<u32> {
    let IpAddr::V4(v4) = addr else { return None };
    match v4.octets() {
        [0 | 127, ..] => None,
        [a, ..] if a < 128 => Some(8),
        [a, ..] if a < 192 => Some(16),
        [a, ..] if a < 224 => Some(24),
        _ => None,
    }
}

/// Whether an interface name is the null interface.
pub(in crate::routes) fn is_null(name: &str) -> bool {
    name.get(..4).is_some_and(|w| w.eq_ignore_ascii_case("null"))
        && name.get(4..).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
}
