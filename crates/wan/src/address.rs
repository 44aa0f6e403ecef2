//! Where every site has its addresses: one quarter of 10.0.0.0/8 per layer, four /24 of each for every slot.

use std::fmt;

/// Slots of the plan: a town takes one, a city [`CITY_SLOTS`].
pub const SLOTS: u32 = 4096;
/// Slots of a city.
pub const CITY_SLOTS: u32 = 8;
/// Slots behind one aggregation router of the prefecture.
pub const SLOTS_PER_AGGREGATE: u32 = 16;

/// An IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ip(pub u32);

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0.to_be_bytes();
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Net {
    /// First address.
    pub first: Ip,
    /// Prefix length.
    pub len: u32,
}

impl Net {
    const fn new(first: u32, len: u32) -> Self {
        Self { first: Ip(first), len }
    }

    /// A single address.
    #[must_use]
    pub const fn host(ip: Ip) -> Self {
        Self { first: ip, len: 32 }
    }

    /// The address number `n`.
    #[must_use]
    pub const fn at(self, n: u32) -> Ip {
        Ip(self.first.0 + n)
    }

    /// Network mask.
    #[must_use]
    pub const fn mask(self) -> Ip {
        Ip(if self.len == 0 { 0 } else { u32::MAX << (32 - self.len) })
    }

    /// Inverted mask, as access lists write it.
    #[must_use]
    pub const fn wildcard(self) -> Ip {
        Ip(!self.mask().0)
    }

    /// `10.0.0.0 255.255.255.0`.
    #[must_use]
    pub fn masked(self) -> String {
        format!("{} {}", self.first, self.mask())
    }

    /// `10.0.0.0 0.0.0.255`, or `host 10.0.0.1`.
    #[must_use]
    pub fn wild(self) -> String {
        if self.len == 32 {
            format!("host {}", self.first)
        } else {
            format!("{} {}", self.first, self.wildcard())
        }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.len)
    }
}

/// A quarter of 10.0.0.0/8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// My Number segment.
    Mynumber,
    /// LGWAN segment.
    Lgwan,
    /// Internet segment.
    Inet,
    /// Management, transit, register gateway, maintenance, schools.
    Other,
}

impl Layer {
    const fn base(self) -> u32 {
        (10 << 24)
            | match self {
                Self::Mynumber => 0,
                Self::Lgwan => 64 << 16,
                Self::Inet => 128 << 16,
                Self::Other => 192 << 16,
            }
    }

    /// The whole quarter.
    #[must_use]
    pub const fn all(self) -> Net {
        Net::new(self.base(), 10)
    }

    /// The /24 number `n` of a slot; a city counts on into its further slots.
    #[must_use]
    pub const fn net(self, slot: u32, n: u32) -> Net {
        Net::new(self.base() + ((slot * 4 + n) << 8), 24)
    }

    /// Everything of the slots behind one aggregation router.
    #[must_use]
    pub const fn aggregate(self, index: u32) -> Net {
        Net::new(self.base() + ((index * SLOTS_PER_AGGREGATE * 4) << 8), 18)
    }

    /// Everything of one site.
    #[must_use]
    pub const fn site(self, slot: u32, city: bool) -> Net {
        Net::new(self.base() + ((slot * 4) << 8), if city { 19 } else { 22 })
    }
}

/// A part of a /24.
#[must_use]
pub const fn part(net: Net, offset: u32, len: u32) -> Net {
    Net::new(net.first.0 + offset, len)
}

/// Closed networks of the prefecture, of which every site has a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// LGWAN, 172.30.0.0/16.
    Lgwan,
    /// Security cloud, 172.27.0.0/16.
    Security,
    /// Government Cloud, 172.28.0.0/16.
    Cloud,
    /// Resident register network, 172.29.0.0/16.
    Register,
    /// Education network, 172.26.0.0/16.
    School,
}

impl Carrier {
    const fn base(self) -> u32 {
        let second: u32 = match self {
            Self::School => 26,
            Self::Security => 27,
            Self::Cloud => 28,
            Self::Register => 29,
            Self::Lgwan => 30,
        };
        (172 << 24) | (second << 16)
    }

    /// The /30 between a site and the carrier: `.1` the carrier, `.2` the site.
    #[must_use]
    pub const fn line(self, slot: u32) -> Net {
        Net::new(self.base() + (128 << 8) + slot * 4, 30)
    }

    /// The /30 between an aggregation router (`.2`) and the core (`.1`).
    #[must_use]
    pub const fn uplink(self, aggregate: u32) -> Net {
        let third: u32 = match self {
            Self::Lgwan => 0,
            Self::Security => 64,
            Self::Cloud => 128,
            Self::School | Self::Register => 192,
        };
        Net::new((172 << 24) | (31 << 16) | (third << 8) | (aggregate * 4), 30)
    }

    /// The whole network.
    #[must_use]
    pub const fn all(self) -> Net {
        Net::new(self.base(), 16)
    }

    /// The /30 where the prefecture is joined to the operator (`.1`).
    #[must_use]
    pub const fn exit(self) -> Net {
        Net::new(self.base(), 30)
    }

    /// A host of the carrier's services.
    #[must_use]
    pub const fn service(self, third: u32, host: u32) -> Ip {
        Ip(self.base() + (third << 8) + host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_its_own_networks() {
        assert_eq!(Layer::Mynumber.net(0, 3).to_string(), "10.0.3.0/24");
        assert_eq!(Layer::Lgwan.net(SLOTS - 1, 3).to_string(), "10.127.255.0/24");
        assert_eq!(Layer::Inet.aggregate(1).to_string(), "10.128.64.0/18");
        assert_eq!(Carrier::Lgwan.line(SLOTS - 1).to_string(), "172.30.191.252/30");
        assert_eq!(Carrier::Cloud.uplink(255).to_string(), "172.31.131.252/30");
        assert_eq!(Layer::Other.net(1, 0).masked(), "10.192.4.0 255.255.255.0");
        assert_eq!(part(Layer::Other.net(1, 0), 128, 25).wild(), "10.192.4.128 0.0.0.127");
    }
}
