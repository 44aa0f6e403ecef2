//! One concrete header.

use std::fmt;
use std::net::IpAddr;

use crate::{FIELD_COUNT, Family, Field, Protocol, bits_addr};

/// [`Field::Fragment`] of a whole packet or first fragment.
pub const FRAGMENT_WHOLE: u128 = 0;
/// [`Field::Fragment`] of a later fragment, which shows no ports, flags or ICMP type.
pub const FRAGMENT_LATER: u128 = 1;

/// Bits of [`Field::Flags`]. Source: RFC 9293 section 3.1.
pub mod flags {
    /// FIN.
    pub const FIN: u8 = 0x01;
    /// SYN.
    pub const SYN: u8 = 0x02;
    /// RST.
    pub const RST: u8 = 0x04;
    /// PSH.
    pub const PSH: u8 = 0x08;
    /// ACK.
    pub const ACK: u8 = 0x10;
    /// URG.
    pub const URG: u8 = 0x20;
    /// ECE.
    pub const ECE: u8 = 0x40;
    /// CWR.
    pub const CWR: u8 = 0x80;
}

/// A concrete header: one value per field. Fields that the protocol does not have carry any value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Packet {
    /// Address family.
    pub family: Family,
    values: [u128; FIELD_COUNT],
}

impl Packet {
    /// A packet of the family with every field zero.
    #[must_use]
    pub fn zero(family: Family) -> Self {
        Self { family, values: [0; FIELD_COUNT] }
    }

    /// The value of a field.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "Field::index is below FIELD_COUNT by construction")]
    pub fn get(&self, field: Field) -> u128 {
        self.values[field.index()]
    }

    /// Sets a field, cutting the value to the field's width.
    #[expect(clippy::indexing_slicing, reason = "Field::index is below FIELD_COUNT by construction")]
    pub fn set(&mut self, field: Field, value: u128) {
        self.values[field.index()] = value & field.max(self.family);
    }

    /// The packet with one field replaced.
    #[must_use]
    pub fn with(mut self, field: Field, value: u128) -> Self {
        self.set(field, value);
        self
    }

    /// Destination address.
    #[must_use]
    pub fn dst(&self) -> IpAddr {
        bits_addr(self.family, self.get(Field::Dst))
    }

    /// Source address as on the wire.
    #[must_use]
    pub fn src(&self) -> IpAddr {
        bits_addr(self.family, self.get(Field::Src))
    }

    /// Protocol number.
    #[must_use]
    pub fn proto(&self) -> Protocol {
        Protocol(u8::try_from(self.get(Field::Proto)).unwrap_or(u8::MAX))
    }

    /// Whether this is a later fragment.
    #[must_use]
    pub fn is_later_fragment(&self) -> bool {
        self.get(Field::Fragment) == FRAGMENT_LATER
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proto = self.proto();
        write!(f, "{proto} {} -> {}", self.src(), self.dst())?;
        if self.is_later_fragment() {
            return f.write_str(" (later fragment)");
        }
        if proto.has_ports() {
            write!(f, " port {} -> {}", self.get(Field::Sport), self.get(Field::Dport))?;
        } else if proto == Protocol::ICMP || proto == Protocol::ICMPV6 {
            write!(f, " type {} code {}", self.get(Field::IcmpType), self.get(Field::IcmpCode))?;
        }
        if proto == Protocol::TCP {
            let bits = self.get(Field::Flags);
            let names: Vec<&str> = [
                (flags::SYN, "SYN"),
                (flags::ACK, "ACK"),
                (flags::RST, "RST"),
                (flags::FIN, "FIN"),
                (flags::PSH, "PSH"),
                (flags::URG, "URG"),
                (flags::ECE, "ECE"),
                (flags::CWR, "CWR"),
            ]
            .into_iter()
            .filter(|(bit, _)| bits & u128::from(*bit) != 0)
            .map(|(_, name)| name)
            .collect();
            write!(f, " flags {}", if names.is_empty() { "none".to_owned() } else { names.join("+") })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
