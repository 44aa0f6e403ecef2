//! Values of settings: addresses, masks, numbers, switches.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sekisho_diag::Span;
use sekisho_net::Prefix;

use super::tree::{Body, Setting, Word};

/// `A M` or `A/len`: the address as written and its length. `None` when it is neither, or the mask has holes.
// SOUNDNESS: an address without its mask has lost it, and with it the network.
pub(super) fn address4(values: &[Word<'_>]) -> Option<(Ipv4Addr, u32)> {
    match values {
        [one] => {
            let (addr, len) = one.text.split_once('/')?;
            let len: u32 = len.parse().ok().filter(|&l| l <= 32)?;
            Some((addr.parse().ok()?, len))
        }
        [addr, mask] => {
            let addr: Ipv4Addr = addr.text.parse().ok()?;
            let mask: Ipv4Addr = mask.text.parse().ok()?;
            let bits = u32::from(mask);
            (bits.leading_ones() + bits.trailing_zeros() >= 32).then_some((addr, bits.leading_ones()))
        }
        _ => None,
    }
}

/// The far end of a tunnel: as [`address4`], or a host without a mask.
pub(super) fn far_end4(values: &[Word<'_>]) -> Option<(Ipv4Addr, u32)> {
    match values {
        [one] if !one.text.contains('/') => Some((one.text.parse().ok()?, 32)),
        _ => address4(values),
    }
}

/// A destination of a route, `A M` or `A/len`, host bits cleared.
pub(super) fn prefix4(values: &[Word<'_>]) -> Option<Prefix> {
    let (addr, len) = address4(values)?;
    Prefix::new(IpAddr::V4(addr), len).ok()
}

/// `A/len` of IPv6.
pub(super) fn address6(values: &[Word<'_>]) -> Option<(Ipv6Addr, u32)> {
    let [one] = values else { return None };
    let (addr, len) = one.text.split_once('/')?;
    let len: u32 = len.parse().ok().filter(|&l| l <= 128)?;
    Some((addr.parse().ok()?, len))
}

/// A destination of an IPv6 route.
pub(super) fn prefix6(values: &[Word<'_>]) -> Option<Prefix> {
    let (addr, len) = address6(values)?;
    Prefix::new(IpAddr::V6(addr), len).ok()
}

/// The only value of a setting as a number.
pub(super) fn number<T: std::str::FromStr>(setting: &Setting<'_>) -> Option<T> {
    match setting.values.as_slice() {
        [one] => one.text.parse().ok(),
        _ => None,
    }
}

/// `enable` or `disable`.
pub(super) fn switch(setting: &Setting<'_>) -> Option<bool> {
    match word(setting)? {
        "enable" => Some(true),
        "disable" => Some(false),
        _ => None,
    }
}

/// The only value of a setting.
pub(super) fn word<'s>(setting: &'s Setting<'_>) -> Option<&'s str> {
    match setting.values.as_slice() {
        [one] => Some(one.text.as_ref()),
        _ => None,
    }
}

/// Whether a body says `set NAME enable`: the setting's place.
// SOUNDNESS: a value that is neither `enable` nor `disable` counts as both; the caller says which of the
// two is the wider reading by asking for `enabled` or for `not disabled`.
pub(super) fn enabled(body: &Body<'_>, name: &str) -> Option<Span> {
    body.get(name).filter(|s| switch(s) != Some(false)).map(|s| s.span)
}
