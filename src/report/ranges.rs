//! Packets and sets of packets in the words of an engineer: prefixes, ranges, names.

use sekisho_net::{
    Cube, FRAGMENT_LATER, Family, Field, FieldSet, Packet, Prefix, Protocol, addr_bits, bits_addr, flags,
};
use serde::Serialize;

use super::messages::{Lang, Text};

/// Values of one field that are shown before the rest is counted.
const SHOWN: usize = 8;

/// A header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HeaderView {
    /// Source address.
    pub src: String,
    /// Destination address.
    pub dst: String,
    /// Protocol: its name, else its number.
    pub proto: String,
    /// Source port, for protocols that have one.
    pub sport: Option<u16>,
    /// Destination port, for protocols that have one.
    pub dport: Option<u16>,
    /// TCP flags that are set.
    pub flags: Option<Vec<&'static str>>,
    /// ICMP type.
    pub icmp_type: Option<u8>,
    /// ICMP code.
    pub icmp_code: Option<u8>,
    /// `whole-or-first` or `later`.
    pub fragment: &'static str,
    /// Source as sent, once a translation has changed it.
    pub src_as_sent: Option<String>,
}

/// A box of packets: one set per field, absent where any value will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RangeView {
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Source addresses: prefixes, ranges, or `ADDRESS mask MASK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src: Option<Vec<String>>,
    /// Destination addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst: Option<Vec<String>>,
    /// Protocols.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proto: Option<Vec<String>>,
    /// Source ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sport: Option<Vec<String>>,
    /// Destination ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dport: Option<Vec<String>>,
    /// TCP flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<String>>,
    /// ICMP types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp_type: Option<Vec<String>>,
    /// ICMP codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp_code: Option<Vec<String>>,
    /// `whole-or-first` or `later`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<Vec<String>>,
    /// Sources as sent, of packets whose source was translated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_as_sent: Option<Vec<String>>,
    /// The same for people: addresses that are no prefix or range as the prefix around them.
    #[serde(skip)]
    pub readable: Option<Box<RangeView>>,
}

/// The view of a packet.
#[must_use]
pub fn header(packet: &Packet) -> HeaderView {
    let proto = packet.proto();
    let later = packet.is_later_fragment();
    let number = |field, shown: bool| u16::try_from(packet.get(field)).ok().filter(|_| shown && !later);
    let byte = |field, shown: bool| u8::try_from(packet.get(field)).ok().filter(|_| shown && !later);
    let icmp = proto == Protocol::ICMP || proto == Protocol::ICMPV6;
    let translated = packet.get(Field::Translated) == 1;
    HeaderView {
        src: packet.src().to_string(),
        dst: packet.dst().to_string(),
        proto: proto.to_string(),
        sport: number(Field::Sport, proto.has_ports()),
        dport: number(Field::Dport, proto.has_ports()),
        flags: byte(Field::Flags, proto == Protocol::TCP).map(flag_names),
        icmp_type: byte(Field::IcmpType, icmp),
        icmp_code: byte(Field::IcmpCode, icmp),
        fragment: if later { "later" } else { "whole-or-first" },
        src_as_sent: translated.then(|| bits_addr(packet.family, packet.get(Field::Src0)).to_string()),
    }
}

/// One line about a header: `tcp 10.1.0.2:1024 -> 10.2.0.9:443 SYN`.
#[must_use]
pub fn one_line(header: &HeaderView) -> String {
    let end = |addr: &str, port: Option<u16>| match port {
        Some(port) if addr.contains(':') => format!("[{addr}]:{port}"),
        Some(port) => format!("{addr}:{port}"),
        None => addr.to_owned(),
    };
    let mut out =
        format!("{} {} -> {}", header.proto, end(&header.src, header.sport), end(&header.dst, header.dport));
    if let Some(flags) = header.flags.as_ref().filter(|f| !f.is_empty()) {
        out.push_str(&format!(" {}", flags.join("+")));
    }
    if let (Some(kind), Some(code)) = (header.icmp_type, header.icmp_code) {
        out.push_str(&format!(" type {kind} code {code}"));
    }
    if header.fragment == "later" {
        out.push_str(" (later fragment)");
    }
    out
}

fn flag_names(bits: u8) -> Vec<&'static str> {
    FLAGS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect()
}

/// TCP flags and their names, in the order in which they are shown.
pub const FLAGS: [(u8, &str); 8] = [
    (flags::SYN, "SYN"),
    (flags::ACK, "ACK"),
    (flags::RST, "RST"),
    (flags::FIN, "FIN"),
    (flags::PSH, "PSH"),
    (flags::URG, "URG"),
    (flags::ECE, "ECE"),
    (flags::CWR, "CWR"),
];

/// The view of a box.
#[must_use]
pub fn range(family: Family, cube: &Cube) -> RangeView {
    let readable = exact(family, &readable(family, cube));
    RangeView { readable: Some(Box::new(readable)), ..exact(family, cube) }
}

/// The box with address masks that are no prefix widened to the prefix around them.
fn readable(family: Family, cube: &Cube) -> Cube {
    let mut out = cube.clone();
    for field in [Field::Src, Field::Dst, Field::Src0] {
        if let FieldSet::Mask { value, care } = *cube.get(field) {
            let unused = 128 - family.bits();
            let len = (care << unused).leading_ones().min(family.bits());
            if let Ok(prefix) = Prefix::new(bits_addr(family, value), len) {
                out = out.with(field, FieldSet::range(prefix.first(), prefix.last()));
            }
        }
    }
    out
}

fn exact(family: Family, cube: &Cube) -> RangeView {
    let addresses = |field| {
        limited(ranges_of(cube.get(field)).map_or_else(|m| masked(family, m), |r| all_addresses(family, r)))
    };
    let numbers = |field| limited(numbers_of(field, family, cube.get(field)));
    let any = |field: Field| covers_all(cube.get(field), field, family);
    let present = |field: Field, values: Vec<String>| (!any(field)).then_some(values);
    RangeView {
        family: family.word(),
        src: present(Field::Src, addresses(Field::Src)),
        dst: present(Field::Dst, addresses(Field::Dst)),
        proto: present(Field::Proto, numbers(Field::Proto)),
        sport: present(Field::Sport, numbers(Field::Sport)),
        dport: present(Field::Dport, numbers(Field::Dport)),
        flags: present(Field::Flags, numbers(Field::Flags)),
        icmp_type: present(Field::IcmpType, numbers(Field::IcmpType)),
        icmp_code: present(Field::IcmpCode, numbers(Field::IcmpCode)),
        fragment: present(Field::Fragment, numbers(Field::Fragment)),
        src_as_sent: present(Field::Src0, addresses(Field::Src0))
            .filter(|_| !cube.get(Field::Translated).contains(0)),
        readable: None,
    }
}

/// A part of a box that a line about it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Protocols.
    Proto,
    /// Sources.
    Src,
    /// Sources as sent.
    SrcAsSent,
    /// Source ports.
    Sport,
    /// Destinations.
    Dst,
    /// Destination ports.
    Dport,
    /// TCP flags.
    Flags,
    /// ICMP types.
    IcmpType,
    /// ICMP codes.
    IcmpCode,
    /// Later fragments.
    Later,
}

/// One line about a box; `any packet` is left to the caller: it gets an empty text.
#[must_use]
pub fn one_line_range(view: &RangeView, lang: Lang) -> String {
    let view = view.readable.as_deref().unwrap_or(view);
    let later = view.fragment.as_ref().filter(|f| f.iter().any(|x| x == "later")).map(|_| Vec::new());
    let parts = [
        (Part::Proto, &view.proto),
        (Part::Src, &view.src),
        (Part::SrcAsSent, &view.src_as_sent),
        (Part::Sport, &view.sport),
        (Part::Dst, &view.dst),
        (Part::Dport, &view.dport),
        (Part::Flags, &view.flags),
        (Part::IcmpType, &view.icmp_type),
        (Part::IcmpCode, &view.icmp_code),
        (Part::Later, &later),
    ];
    let say = |(part, values): (Part, &Option<Vec<String>>)| {
        values.as_ref().map(|v| lang.say(&Text::Range(part, &v.join(", "))))
    };
    parts.into_iter().filter_map(say).collect::<Vec<_>>().join(" ")
}

fn covers_all(set: &FieldSet, field: Field, family: Family) -> bool {
    match set {
        FieldSet::Any => true,
        FieldSet::Ranges(ranges) => ranges.iter().any(|&(lo, hi)| lo == 0 && hi >= field.max(family)),
        FieldSet::Mask { care, .. } => care & field.max(family) == 0,
    }
}

fn limited(mut values: Vec<String>) -> Vec<String> {
    let left = values.len().saturating_sub(SHOWN);
    if left > 0 {
        values.truncate(SHOWN);
        values.push(format!("… ({left} more)"));
    }
    values
}

/// The ranges of a set, or its mask.
fn ranges_of(set: &FieldSet) -> Result<&[(u128, u128)], (u128, u128)> {
    match set {
        FieldSet::Any => Ok(&[]),
        FieldSet::Ranges(ranges) => Ok(ranges),
        FieldSet::Mask { value, care } => Err((*value, *care)),
    }
}

fn masked(family: Family, (value, care): (u128, u128)) -> Vec<String> {
    let (value, care) = (bits_addr(family, value), bits_addr(family, care));
    match Prefix::with_mask(value, care) {
        Ok(prefix) => vec![prefix.to_string()],
        Err(_) => vec![format!("{value} mask {care}")],
    }
}

fn all_addresses(family: Family, ranges: &[(u128, u128)]) -> Vec<String> {
    let mut sorted: Vec<(u128, u128)> = ranges.iter().copied().filter(|(lo, hi)| lo <= hi).collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(lo, hi)| address_range(family, lo, hi)).collect()
}

/// A prefix where the range is one, else both ends; a single address stands alone.
fn address_range(family: Family, lo: u128, hi: u128) -> String {
    let hi = hi.min(family.max_addr());
    let addr = bits_addr(family, lo);
    if lo == hi {
        return addr.to_string();
    }
    let size = hi - lo;
    let bits = 128 - size.leading_zeros();
    let aligned = size.checked_add(1).is_none_or(|s| s.is_power_of_two() && lo.is_multiple_of(s));
    match Prefix::new(addr, family.bits().saturating_sub(bits)) {
        Ok(prefix) if aligned && addr_bits(prefix.addr()) == lo => prefix.to_string(),
        _ => format!("{addr}-{}", bits_addr(family, hi)),
    }
}

fn numbers_of(field: Field, family: Family, set: &FieldSet) -> Vec<String> {
    if field == Field::Flags {
        return flags_of(set);
    }
    let ranges = match set {
        FieldSet::Any => return Vec::new(),
        FieldSet::Ranges(ranges) => ranges.clone(),
        FieldSet::Mask { value, care } => {
            let max = field.max(family);
            if care & max == max {
                vec![(*value, *value)]
            } else {
                return vec![format!("{value:#x} mask {:#x}", care & max)];
            }
        }
    };
    let mut sorted = ranges;
    sorted.sort_unstable();
    sorted.into_iter().filter(|(lo, hi)| lo <= hi).map(|(lo, hi)| number_range(field, lo, hi)).collect()
}

fn number_range(field: Field, lo: u128, hi: u128) -> String {
    let one = |n: u128| match field {
        Field::Proto => Protocol(u8::try_from(n).unwrap_or(u8::MAX)).to_string(),
        Field::Fragment => (if n == FRAGMENT_LATER { "later" } else { "whole-or-first" }).to_owned(),
        _ => n.to_string(),
    };
    match field {
        _ if lo == hi => one(lo),
        Field::Proto => format!("{lo}-{hi}"),
        _ => format!("{}-{}", one(lo), one(hi)),
    }
}

/// `SYN !ACK` for a mask, names for single values, numbers for ranges.
fn flags_of(set: &FieldSet) -> Vec<String> {
    let named = |bits: u128, care: u128| {
        let words = FLAGS.iter().filter(|(bit, _)| care & u128::from(*bit) != 0).map(|(bit, name)| {
            if bits & u128::from(*bit) != 0 { (*name).to_owned() } else { format!("!{name}") }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    match set {
        FieldSet::Any => Vec::new(),
        FieldSet::Mask { value, care } => vec![named(*value, *care)],
        FieldSet::Ranges(ranges) => ranges
            .iter()
            .map(|&(lo, hi)| match (lo == hi, lo) {
                (true, 0) => "none".to_owned(),
                (true, bits) => named(bits, bits),
                _ => format!("{lo:#04x}-{hi:#04x}"),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_well() {
        let v4 = |text: &str| addr_bits(text.parse().unwrap());
        let cube = Cube::any()
            .with(
                Field::Dst,
                FieldSet::Ranges(vec![(v4("10.2.0.0"), v4("10.2.0.255")), (v4("10.3.0.1"), v4("10.3.0.9"))]),
            )
            .with(Field::Src, FieldSet::mask(v4("10.0.0.1"), v4("255.0.0.255")))
            .with(Field::Proto, FieldSet::one(6))
            .with(Field::Dport, FieldSet::Ranges(vec![(0, 79), (443, 443)]))
            .with(Field::Sport, FieldSet::range(0, 65535))
            .with(Field::Flags, FieldSet::mask(0x02, 0x12));
        let view = range(Family::V4, &cube);
        assert_eq!(
            one_line_range(&view, Lang::En),
            "tcp from 10.0.0.0/8 to 10.2.0.0/24, 10.3.0.1-10.3.0.9 port 0-79, 443 flags SYN !ACK"
        );
        assert_eq!(view.sport, None);
        assert_eq!(one_line_range(&range(Family::V6, &Cube::any()), Lang::En), "");
        let all = FieldSet::range(0, u128::MAX);
        assert_eq!(range(Family::V6, &Cube::any().with(Field::Dst, all)).dst, None);
        let half = FieldSet::range(1 << 127, u128::MAX);
        assert_eq!(
            range(Family::V6, &Cube::any().with(Field::Dst, half)).dst,
            Some(vec!["8000::/1".to_owned()])
        );
    }

    #[test]
    fn packets_read_well() {
        let packet = Packet::zero(Family::V4)
            .with(Field::Src, 0x0a01_0002)
            .with(Field::Dst, 0x0a02_0009)
            .with(Field::Proto, 6)
            .with(Field::Sport, 1024)
            .with(Field::Dport, 443)
            .with(Field::Flags, 2);
        assert_eq!(one_line(&header(&packet)), "tcp 10.1.0.2:1024 -> 10.2.0.9:443 SYN");
        let echo = packet.with(Field::Proto, 1).with(Field::IcmpType, 8);
        assert_eq!(one_line(&header(&echo)), "icmp 10.1.0.2 -> 10.2.0.9 type 8 code 0");
    }
}
