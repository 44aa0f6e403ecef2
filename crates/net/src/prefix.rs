//! Canonical network prefixes.

use std::fmt;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::{Family, addr_bits, bits_addr, parse_addr};

/// A network prefix whose host bits are zero, so equal networks compare equal.
///
/// Ordered by (family, address, length). Source: RFC 4632 section 3.1, RFC 4291 section 2.3.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(IpNetwork);

/// Why a text is not a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// No `/LEN` follows the address.
    #[error("`{0}` has no prefix length")]
    NoLength(String),
    /// The text is not ADDRESS/LENGTH.
    #[error("`{0}` is not a network prefix")]
    Syntax(String),
    /// The length is beyond the family's width.
    #[error("prefix length {0} is too long for the address family")]
    Length(u32),
    /// Bits beyond the length are set; the second field is the canonical form.
    #[error("`{0}` has host bits set; the network is `{1}`")]
    HostBits(String, String),
    /// The mask is not a run of ones followed by zeros.
    #[error("mask `{0}` is not contiguous")]
    Mask(IpAddr),
}

impl Prefix {
    /// The prefix of `len` bits that contains `addr`.
    ///
    /// # Errors
    /// [`PrefixError::Length`] when `len` exceeds 32 or 128.
    pub fn new(addr: IpAddr, len: u32) -> Result<Self, PrefixError> {
        let family = Family::of(addr);
        if len > family.bits() {
            return Err(PrefixError::Length(len));
        }
        let network = bits_addr(family, addr_bits(addr) & mask_bits(family, len));
        let short = u8::try_from(len).map_err(|_| PrefixError::Length(len))?;
        IpNetwork::new(network, short).map(Self).map_err(|_| PrefixError::Length(len))
    }

    /// The prefix that holds one address only.
    #[must_use]
    pub fn host(addr: IpAddr) -> Self {
        Self(IpNetwork::from(addr))
    }

    /// `0.0.0.0/0` or `::/0`.
    #[must_use]
    pub fn all(family: Family) -> Self {
        match Self::new(bits_addr(family, 0), 0) {
            Ok(prefix) => prefix,
            Err(_) => Self::host(bits_addr(family, 0)),
        }
    }

    /// The prefix of an address and a dotted mask (`255.255.255.0`).
    ///
    /// # Errors
    /// [`PrefixError::Mask`] when the mask is not contiguous or of the other family.
    pub fn with_mask(addr: IpAddr, mask: IpAddr) -> Result<Self, PrefixError> {
        let family = Family::of(addr);
        let bits = addr_bits(mask);
        let len = (bits << (128 - family.bits())).leading_ones();
        if Family::of(mask) != family || bits != mask_bits(family, len) {
            return Err(PrefixError::Mask(mask));
        }
        Self::new(addr, len)
    }

    /// Parses `ADDRESS/LENGTH`, clearing host bits.
    ///
    /// # Errors
    /// [`PrefixError`] naming what is wrong.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let (addr, len) = text.split_once('/').ok_or_else(|| PrefixError::NoLength(text.to_owned()))?;
        let syntax = || PrefixError::Syntax(text.to_owned());
        let addr = parse_addr(addr).map_err(|_| syntax())?;
        if len.is_empty() || len.len() > 3 || !len.bytes().all(|b| b.is_ascii_digit()) {
            return Err(syntax());
        }
        if len.len() > 1 && len.starts_with('0') {
            return Err(syntax());
        }
        Self::new(addr, len.parse().map_err(|_| syntax())?)
    }

    /// Parses `ADDRESS/LENGTH` and refuses set host bits.
    ///
    /// # Errors
    /// As [`Prefix::parse`], and [`PrefixError::HostBits`].
    pub fn parse_strict(text: &str) -> Result<Self, PrefixError> {
        let prefix = Self::parse(text)?;
        let addr = text.split_once('/').map(|(a, _)| a).unwrap_or(text);
        if parse_addr(addr).ok() == Some(prefix.addr()) {
            Ok(prefix)
        } else {
            Err(PrefixError::HostBits(text.to_owned(), prefix.to_string()))
        }
    }

    /// Address family.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.0.ip())
    }

    /// Network address.
    #[must_use]
    pub fn addr(&self) -> IpAddr {
        self.0.ip()
    }

    /// Network address as a number.
    #[must_use]
    pub fn first(&self) -> u128 {
        addr_bits(self.0.ip())
    }

    /// Last address as a number.
    #[must_use]
    pub fn last(&self) -> u128 {
        self.first() | (self.family().max_addr() & !mask_bits(self.family(), self.len()))
    }

    /// Prefix length in bits, 0 to 32 or 0 to 128.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a prefix length, not a container size")]
    pub fn len(&self) -> u32 {
        u32::from(self.0.prefix())
    }

    /// The mask as a number.
    #[must_use]
    pub fn mask(&self) -> u128 {
        mask_bits(self.family(), self.len())
    }

    /// Whether `addr` lies inside; false for the other family.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        Family::of(addr) == self.family() && addr_bits(addr) & self.mask() == self.first()
    }

    /// Whether every address of `other` lies inside.
    #[must_use]
    pub fn covers(&self, other: &Prefix) -> bool {
        self.len() <= other.len() && self.contains(other.addr())
    }

    /// Whether the two share an address.
    #[must_use]
    pub fn overlaps(&self, other: &Prefix) -> bool {
        self.covers(other) || other.covers(self)
    }
}

/// The mask of `len` leading ones within the family's width.
fn mask_bits(family: Family, len: u32) -> u128 {
    let width = family.bits();
    if len == 0 { 0 } else { family.max_addr() & (u128::MAX << (width.saturating_sub(len))) }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.addr(), self.len())
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_cleared_or_refused() {
        let p = Prefix::parse("10.0.0.1/24").unwrap();
        assert_eq!(p, Prefix::parse("10.0.0.0/24").unwrap());
        assert_eq!(p.to_string(), "10.0.0.0/24");
        assert!(
            matches!(Prefix::parse_strict("10.0.0.1/24"), Err(PrefixError::HostBits(_, fix)) if fix == "10.0.0.0/24")
        );
    }

    #[test]
    fn bare_addresses_and_odd_lengths_are_refused() {
        assert!(matches!(Prefix::parse("10.0.0.1"), Err(PrefixError::NoLength(_))));
        for bad in ["10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0/8", "::/129", "10.0.0.0/255.0.0.0"] {
            assert!(Prefix::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_at_the_extremes() {
        let all4 = Prefix::all(Family::V4);
        assert_eq!((all4.first(), all4.last()), (0, u128::from(u32::MAX)));
        let all6 = Prefix::all(Family::V6);
        assert_eq!((all6.first(), all6.last()), (0, u128::MAX));
        let host = Prefix::parse("2001:db8::1/128").unwrap();
        assert_eq!(host.first(), host.last());
    }

    #[test]
    fn masks_must_be_contiguous() {
        let addr = "10.1.2.3".parse().unwrap();
        assert_eq!(
            Prefix::with_mask(addr, "255.255.255.0".parse().unwrap()).unwrap().to_string(),
            "10.1.2.0/24"
        );
        assert_eq!(Prefix::with_mask(addr, "0.0.0.0".parse().unwrap()).unwrap().to_string(), "0.0.0.0/0");
        assert!(Prefix::with_mask(addr, "255.0.255.0".parse().unwrap()).is_err());
    }
}
