//! IP protocol numbers and port ranges.

use std::fmt;

/// IP protocol or IPv6 next-header number. Source: IANA protocol numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP for IPv4.
    pub const ICMP: Protocol = Protocol(1);
    /// IPv4 in IP.
    pub const IPIP: Protocol = Protocol(4);
    /// TCP.
    pub const TCP: Protocol = Protocol(6);
    /// UDP.
    pub const UDP: Protocol = Protocol(17);
    /// IPv6 in IP (6in4).
    pub const IPV6: Protocol = Protocol(41);
    /// GRE.
    pub const GRE: Protocol = Protocol(47);
    /// ESP.
    pub const ESP: Protocol = Protocol(50);
    /// AH.
    pub const AH: Protocol = Protocol(51);
    /// ICMP for IPv6.
    pub const ICMPV6: Protocol = Protocol(58);
    /// SCTP.
    pub const SCTP: Protocol = Protocol(132);

    /// Whether the header has source and destination ports (TCP, UDP, DCCP, SCTP, UDP-Lite).
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self.0, 6 | 17 | 33 | 132 | 136)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("icmp"),
            2 => f.write_str("igmp"),
            4 => f.write_str("ipip"),
            6 => f.write_str("tcp"),
            17 => f.write_str("udp"),
            41 => f.write_str("ipv6"),
            47 => f.write_str("gre"),
            50 => f.write_str("esp"),
            51 => f.write_str("ah"),
            58 => f.write_str("icmpv6"),
            88 => f.write_str("eigrp"),
            89 => f.write_str("ospf"),
            103 => f.write_str("pim"),
            132 => f.write_str("sctp"),
            n => write!(f, "{n}"),
        }
    }
}

/// An inclusive range of ports, `lo <= hi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    lo: u16,
    hi: u16,
}

/// The bounds are reversed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("port range {0}-{1} is reversed")]
pub struct PortRangeError(pub u16, pub u16);

impl PortRange {
    /// Every port.
    pub const ANY: PortRange = PortRange { lo: 0, hi: u16::MAX };

    /// A range of ports.
    ///
    /// # Errors
    /// [`PortRangeError`] when `lo > hi`.
    pub fn new(lo: u16, hi: u16) -> Result<Self, PortRangeError> {
        if lo <= hi { Ok(Self { lo, hi }) } else { Err(PortRangeError(lo, hi)) }
    }

    /// One port.
    #[must_use]
    pub fn one(port: u16) -> Self {
        Self { lo: port, hi: port }
    }

    /// First port.
    #[must_use]
    pub fn lo(self) -> u16 {
        self.lo
    }

    /// Last port.
    #[must_use]
    pub fn hi(self) -> u16 {
        self.hi
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lo == self.hi { write!(f, "{}", self.lo) } else { write!(f, "{}-{}", self.lo, self.hi) }
    }
}
