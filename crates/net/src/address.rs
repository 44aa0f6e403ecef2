//! IP addresses as numbers: `std::net` types at the edges, `u128` inside the engine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Address family of a packet, a prefix or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4, 32-bit addresses.
    V4,
    /// IPv6, 128-bit addresses.
    V6,
}

impl Family {
    /// Both families, in the order used by every output.
    pub const ALL: [Family; 2] = [Family::V4, Family::V6];

    /// Width of an address in bits: 32 or 128.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    /// Largest address as a number.
    #[must_use]
    pub fn max_addr(self) -> u128 {
        match self {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        }
    }

    /// Family of a `std` address.
    #[must_use]
    pub fn of(addr: IpAddr) -> Self {
        match addr {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }

    /// `ipv4` or `ipv6`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Family::V4 => "ipv4",
            Family::V6 => "ipv6",
        }
    }
}

/// The number of an address, most significant bit first, in the low 32 or 128 bits.
#[must_use]
pub fn addr_bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(a) => u128::from(u32::from(a)),
        IpAddr::V6(a) => u128::from(a),
    }
}

/// The address of a number; bits beyond the family's width are dropped.
#[must_use]
pub fn bits_addr(family: Family, bits: u128) -> IpAddr {
    match family {
        Family::V4 => {
            let low = u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(u32::MAX);
            IpAddr::V4(Ipv4Addr::from(low))
        }
        Family::V6 => IpAddr::V6(Ipv6Addr::from(bits)),
    }
}

/// The text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IP address")]
pub struct AddrError(pub String);

/// Parses a plain IPv4 or IPv6 address; no prefix length, no zone index.
///
/// # Errors
/// [`AddrError`] with the offending text.
pub fn parse_addr(text: &str) -> Result<IpAddr, AddrError> {
    text.parse().map_err(|_| AddrError(text.to_owned()))
}
