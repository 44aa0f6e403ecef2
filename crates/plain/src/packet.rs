//! One concrete header.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{Family, is_martian};

/// A concrete header. Fields that the protocol does not have carry any value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// Source address as on the wire.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// IP protocol or IPv6 next header.
    pub proto: u8,
    /// Source port.
    pub sport: u16,
    /// Destination port.
    pub dport: u16,
    /// TCP flags: CWR ECE URG ACK PSH RST SYN FIN from bit 7 to bit 0.
    pub flags: u8,
    /// ICMP type.
    pub icmp_type: u8,
    /// ICMP code.
    pub icmp_code: u8,
    /// Whether this is a later fragment, which shows no ports, flags or ICMP type.
    pub later_fragment: bool,
    /// Source address as sent, once a translation has changed it.
    pub src0: Option<IpAddr>,
    /// What the device at hand has written on the packet; 0 on the wire.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mark: u16,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(mark: &u16) -> bool {
    *mark == 0
}

impl Packet {
    /// A header with two addresses and zero elsewhere.
    #[must_use]
    pub fn new(src: IpAddr, dst: IpAddr, proto: u8) -> Self {
        Self {
            src,
            dst,
            proto,
            sport: 0,
            dport: 0,
            flags: 0,
            icmp_type: 0,
            icmp_code: 0,
            later_fragment: false,
            src0: None,
            mark: 0,
        }
    }

    /// The same header with ports.
    #[must_use]
    pub fn ports(self, sport: u16, dport: u16) -> Self {
        Self { sport, dport, ..self }
    }

    /// Address family: that of the destination.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.dst)
    }

    /// Whether no sure flow has such a packet.
    #[must_use]
    pub fn is_martian(&self) -> bool {
        is_martian(self.src) || is_martian(self.dst) || Family::of(self.src) != self.family()
    }

    /// Rewrites the source; the first time, the source as sent is remembered.
    pub fn translate_src(&mut self, to: IpAddr) {
        self.src0 = self.src0.or(Some(self.src));
        self.src = to;
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "protocol {} {} port {} -> {} port {}",
            self.proto, self.src, self.sport, self.dst, self.dport
        )
    }
}
