//! Wildcard masks of any shape.

use std::fmt;
use std::net::IpAddr;

use crate::{Family, FieldSet, Prefix, addr_bits, bits_addr};

/// Addresses that equal `value` on the bits of `care`; the care bits may be non-contiguous.
///
/// Cisco writes the complement: a wildcard bit of 1 means "do not care".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wildcard {
    family: Family,
    value: u128,
    care: u128,
}

impl Wildcard {
    /// From an address and the bits that must match; value bits outside `care` are cleared.
    #[must_use]
    pub fn new(family: Family, value: u128, care: u128) -> Self {
        let care = care & family.max_addr();
        Self { family, value: value & care, care }
    }

    /// From an address and a Cisco wildcard mask (1 = do not care). `None` if families differ.
    #[must_use]
    pub fn from_inverse(addr: IpAddr, wildcard: IpAddr) -> Option<Self> {
        let family = Family::of(addr);
        (Family::of(wildcard) == family).then(|| Self::new(family, addr_bits(addr), !addr_bits(wildcard)))
    }

    /// Address family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// The prefix with the same addresses, if the care bits are a leading run.
    #[must_use]
    pub fn as_prefix(&self) -> Option<Prefix> {
        let len = (self.care << (128 - self.family.bits())).leading_ones();
        let prefix = Prefix::new(bits_addr(self.family, self.value), len).ok()?;
        (prefix.mask() == self.care).then_some(prefix)
    }

    /// The set of addresses as a field set.
    #[must_use]
    pub fn to_field_set(&self) -> FieldSet {
        FieldSet::mask(self.value, self.care)
    }
}

impl From<Prefix> for Wildcard {
    fn from(prefix: Prefix) -> Self {
        Self::new(prefix.family(), prefix.first(), prefix.mask())
    }
}

impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_prefix() {
            Some(prefix) => prefix.fmt(f),
            None => write!(
                f,
                "{} wildcard {}",
                bits_addr(self.family, self.value),
                bits_addr(self.family, !self.care & self.family.max_addr())
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_hosts_only() {
        let w = Wildcard::from_inverse("10.2.0.1".parse().unwrap(), "0.0.0.254".parse().unwrap()).unwrap();
        assert_eq!(w.as_prefix(), None);
        let set = w.to_field_set();
        assert!(set.contains(0x0a02_0003));
        assert!(!set.contains(0x0a02_0006));
    }

    #[test]
    fn prefixes_are_recognised() {
        let w = Wildcard::from_inverse("10.2.0.9".parse().unwrap(), "0.0.0.255".parse().unwrap()).unwrap();
        assert_eq!(w.to_string(), "10.2.0.0/24");
        let any =
            Wildcard::from_inverse("0.0.0.0".parse().unwrap(), "255.255.255.255".parse().unwrap()).unwrap();
        assert_eq!(any.to_string(), "0.0.0.0/0");
    }
}
