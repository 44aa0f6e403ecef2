//! Addresses as numbers: families, prefixes, and the ranges that never travel.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// Address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// Family of an address.
    #[must_use]
    pub fn of(addr: IpAddr) -> Self {
        if addr.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    /// Width of an address in bits.
    #[must_use]
    pub fn bits(self) -> u8 {
        match self {
            Self::Ipv4 => 32,
            Self::Ipv6 => 128,
        }
    }

    /// The largest address as a number.
    #[must_use]
    pub fn max(self) -> u128 {
        u128::MAX >> (128 - self.bits())
    }

    /// The address of a number; bits beyond the width are dropped.
    #[must_use]
    pub fn address(self, number: u128) -> IpAddr {
        match self {
            Self::Ipv4 => Ipv4Addr::from(u32::try_from(number & self.max()).unwrap_or(u32::MAX)).into(),
            Self::Ipv6 => Ipv6Addr::from(number).into(),
        }
    }
}

/// The number of an address, most significant bit first.
#[must_use]
pub fn number(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(a) => u32::from(a).into(),
        IpAddr::V6(a) => a.into(),
    }
}

/// A network prefix without host bits; `192.0.2.0/24` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix {
    first: IpAddr,
    len: u8,
}

impl Prefix {
    /// The prefix of `len` bits that holds `addr`; `None` when `len` exceeds the family's width.
    #[must_use]
    pub fn new(addr: IpAddr, len: u8) -> Option<Self> {
        let family = Family::of(addr);
        let free = family.bits().checked_sub(len)?;
        let host = u128::MAX.checked_shr((128 - free).into()).unwrap_or(0);
        Some(Self { first: family.address(number(addr) & !host), len })
    }

    /// Family of its addresses.
    #[must_use]
    pub fn family(self) -> Family {
        Family::of(self.first)
    }

    /// Length in bits.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a length in bits, not the size of a container")]
    pub fn len(self) -> u8 {
        self.len
    }

    /// First address as a number.
    #[must_use]
    pub fn first(self) -> u128 {
        number(self.first)
    }

    /// The bits that tell its addresses apart, as a mask.
    #[must_use]
    pub fn host_mask(self) -> u128 {
        self.family().max().checked_shr(self.len.into()).unwrap_or(0)
    }

    /// Last address as a number.
    #[must_use]
    pub fn last(self) -> u128 {
        self.first() | self.host_mask()
    }

    /// Whether an address lies inside; never for the other family.
    #[must_use]
    pub fn contains(self, addr: IpAddr) -> bool {
        Family::of(addr) == self.family() && number(addr) & !self.host_mask() == self.first()
    }

    /// Whether the two have an address in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.first) || other.contains(self.first)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.len)
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.to_string()
    }
}

impl TryFrom<String> for Prefix {
    type Error = String;

    /// Only the canonical spelling is accepted, so that equal networks are equal bytes.
    fn try_from(text: String) -> Result<Self, String> {
        let parse = || {
            let (addr, len) = text.split_once('/')?;
            Self::new(addr.parse().ok()?, len.parse().ok()?)
        };
        parse().filter(|p| p.to_string() == text).ok_or_else(|| format!("`{text}` is not a canonical prefix"))
    }
}

fn in_any(addr: IpAddr, v4: &[(Ipv4Addr, u8)], v6: &[(Ipv6Addr, u8)]) -> bool {
    let v4 = v4.iter().map(|&(a, len)| (IpAddr::from(a), len));
    let v6 = v6.iter().map(|&(a, len)| (IpAddr::from(a), len));
    v4.chain(v6).any(|(a, len)| Prefix::new(a, len).is_some_and(|p| p.contains(addr)))
}

const MULTICAST4: (Ipv4Addr, u8) = (Ipv4Addr::new(224, 0, 0, 0), 4);
const MULTICAST6: (Ipv6Addr, u8) = (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8);
const LINK_LOCAL6: (Ipv6Addr, u8) = (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10);

/// Whether an address, as source or destination, takes a packet out of every sure flow.
#[must_use]
pub fn is_martian(addr: IpAddr) -> bool {
    let v4 = [(Ipv4Addr::UNSPECIFIED, 8), (Ipv4Addr::new(127, 0, 0, 0), 8), (Ipv4Addr::new(224, 0, 0, 0), 3)];
    in_any(addr, &v4, &[(Ipv6Addr::UNSPECIFIED, 128), (Ipv6Addr::LOCALHOST, 128), LINK_LOCAL6, MULTICAST6])
}

/// Whether an address is multicast.
#[must_use]
pub fn is_multicast(addr: IpAddr) -> bool {
    in_any(addr, &[MULTICAST4], &[MULTICAST6])
}

/// Whether an address is link-local IPv6.
#[must_use]
pub fn is_link_local(addr: IpAddr) -> bool {
    in_any(addr, &[], &[LINK_LOCAL6])
}

/// Whether packets to this destination are not routed: multicast, limited broadcast, link-local.
#[must_use]
pub fn is_unroutable(addr: IpAddr) -> bool {
    in_any(addr, &[MULTICAST4, (Ipv4Addr::BROADCAST, 32)], &[MULTICAST6, LINK_LOCAL6])
}
