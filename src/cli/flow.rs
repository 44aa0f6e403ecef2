//! One packet from its options.

use std::net::IpAddr;

use clap::{Args as ClapArgs, ValueEnum};
use sekisho_net::{Family, Field, Packet, addr_bits};

use super::failure::Failure;
use crate::report::messages::{Lang, Text};
use crate::report::ranges::FLAGS;

/// Protocol names; numbers are taken as well. Source: IANA protocol numbers.
const PROTOCOLS: [(&str, u8); 18] = [
    ("hopopt", 0),
    ("icmp", 1),
    ("igmp", 2),
    ("ipip", 4),
    ("tcp", 6),
    ("egp", 8),
    ("igp", 9),
    ("udp", 17),
    ("ipv6", 41),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("icmpv6", 58),
    ("eigrp", 88),
    ("ospf", 89),
    ("pim", 103),
    ("vrrp", 112),
    ("sctp", 132),
];

/// Which fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Fragment {
    /// A whole packet or the first fragment.
    #[value(alias = "whole", alias = "whole-or-first")]
    Initial,
    /// A later fragment, which shows no ports.
    #[value(alias = "non-initial")]
    Later,
}

/// The header of a packet.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Packet")]
pub(super) struct FlowArgs {
    /// Source address
    #[arg(long, value_name = "ADDRESS")]
    pub(super) src: IpAddr,
    /// Destination address
    #[arg(long, value_name = "ADDRESS")]
    pub(super) dst: IpAddr,
    /// Protocol: tcp, udp, icmp, … or a number
    #[arg(long, value_name = "NAME|N")]
    pub(super) proto: String,
    /// Source port
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(super) sport: u16,
    /// Destination port
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(super) dport: u16,
    /// TCP flags: S, SA, or SYN,ACK [default: SYN]
    #[arg(long, value_name = "FLAGS")]
    pub(super) flags: Option<String>,
    /// ICMP type [default: 8, for IPv6 128]
    #[arg(long, value_name = "N")]
    pub(super) icmp_type: Option<u8>,
    /// ICMP code
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) icmp_code: u8,
    /// Fragment
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(super) fragment: Option<Fragment>,
}

impl FlowArgs {
    /// The packet.
    ///
    /// # Errors
    /// [`Failure`] when a value is none, or the addresses are of two families.
    pub(super) fn packet(&self, lang: Lang) -> Result<Packet, Failure> {
        if self.src.is_ipv4() != self.dst.is_ipv4() {
            return Err(Failure::new(lang, &Text::MixedFamilies));
        }
        let proto = protocol(&self.proto).ok_or_else(|| {
            let expected = "a number from 0 to 255, or tcp, udp, icmp, icmpv6, esp, gre, ospf, …";
            Failure::new(lang, &Text::BadValue { option: "--proto", value: &self.proto, expected })
        })?;
        let flags = match self.flags.as_deref() {
            None if proto == 6 => sekisho_net::flags::SYN,
            None => 0,
            Some(text) => flag_bits(text).ok_or_else(|| {
                let expected = "letters such as SA, or names such as SYN,ACK";
                Failure::new(lang, &Text::BadValue { option: "--flags", value: text, expected })
            })?,
        };
        let echo = match proto {
            1 => 8,
            58 => 128,
            _ => 0,
        };
        let packet = Packet::zero(Family::of(self.dst))
            .with(Field::Src, addr_bits(self.src))
            .with(Field::Dst, addr_bits(self.dst))
            .with(Field::Proto, proto.into())
            .with(Field::Sport, self.sport.into())
            .with(Field::Dport, self.dport.into())
            .with(Field::Flags, flags.into())
            .with(Field::IcmpType, self.icmp_type.unwrap_or(echo).into())
            .with(Field::IcmpCode, self.icmp_code.into())
            .with(Field::Fragment, u128::from(self.fragment == Some(Fragment::Later)));
        Ok(packet)
    }
}

fn protocol(text: &str) -> Option<u8> {
    let lower = text.trim().to_ascii_lowercase();
    let named = match lower.as_str() {
        "ipv6-icmp" | "icmp6" => Some(58),
        "ospfigp" => Some(89),
        "ahp" => Some(51),
        _ => PROTOCOLS.iter().find(|(name, _)| *name == lower).map(|(_, n)| *n),
    };
    named.or_else(|| lower.parse().ok())
}

/// `SA`, `SYN,ACK`, `syn+ack`, a number, or nothing for none.
fn flag_bits(text: &str) -> Option<u8> {
    let upper = text.trim().to_ascii_uppercase();
    if let Some(hex) = upper.strip_prefix("0X") {
        return u8::from_str_radix(hex, 16).ok();
    }
    let mut bits = 0;
    for word in upper.split([',', '+', ' ', '|']).filter(|w| !w.is_empty() && *w != "NONE") {
        match FLAGS.iter().find(|(_, name)| *name == word) {
            Some((bit, _)) => bits |= bit,
            None => {
                for letter in word.chars() {
                    bits |= match letter {
                        'S' => 0x02,
                        'A' | '.' => 0x10,
                        'R' => 0x04,
                        'F' => 0x01,
                        'P' => 0x08,
                        'U' => 0x20,
                        'E' => 0x40,
                        'C' | 'W' => 0x80,
                        _ => return None,
                    };
                }
            }
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_protocols() {
        for (text, bits) in [
            ("S", 2),
            ("SA", 0x12),
            ("SYN,ACK", 0x12),
            ("ack", 0x10),
            ("none", 0),
            ("0x14", 0x14),
            ("FIN", 1),
        ] {
            assert_eq!(flag_bits(text), Some(bits), "{text}");
        }
        assert_eq!(flag_bits("XYZ"), None);
        for (text, number) in [("tcp", 6), ("ICMP", 1), ("89", 89), ("HOPOPT", 0), ("ipv6-icmp", 58)] {
            assert_eq!(protocol(text), Some(number), "{text}");
        }
        assert_eq!(protocol("256"), None);
        assert_eq!(protocol("tpc"), None);
    }
}
