//! Header fields, sets of values of one field, and cubes (one set per field).

use crate::{Family, Packet};

/// A header field, in the order of the packet-set diagram (order `ddp`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Field {
    /// Destination address, 32 or 128 bits.
    Dst = 0,
    /// IP protocol or IPv6 next header, 8 bits.
    Proto = 1,
    /// Destination port, 16 bits.
    Dport = 2,
    /// Source port, 16 bits.
    Sport = 3,
    /// TCP flags, 8 bits: CWR ECE URG ACK PSH RST SYN FIN from most to least significant.
    Flags = 4,
    /// ICMP type, 8 bits.
    IcmpType = 5,
    /// ICMP code, 8 bits.
    IcmpCode = 6,
    /// Fragment kind, 1 bit: 0 whole packet or first fragment, 1 later fragment.
    Fragment = 7,
    /// A number that a device writes on a packet for its own later stages, 16 bits: 0 on arrival, never
    /// seen by others.
    Mark = 8,
    /// Whether a source NAT has happened, 1 bit. 0: `Src` is the source as sent and `Src0` says nothing.
    Translated = 9,
    /// Source address as sent, valid only when `Translated` is 1.
    Src0 = 10,
    /// Source address as on the wire now.
    Src = 11,
}

/// Number of header fields.
pub const FIELD_COUNT: usize = 12;

impl Field {
    /// All fields in diagram order.
    pub const ALL: [Field; FIELD_COUNT] = [
        Field::Dst,
        Field::Proto,
        Field::Dport,
        Field::Sport,
        Field::Flags,
        Field::IcmpType,
        Field::IcmpCode,
        Field::Fragment,
        Field::Mark,
        Field::Translated,
        Field::Src0,
        Field::Src,
    ];

    /// Width in bits.
    #[must_use]
    pub fn bits(self, family: Family) -> u32 {
        match self {
            Field::Dst | Field::Src | Field::Src0 => family.bits(),
            Field::Proto | Field::Flags | Field::IcmpType | Field::IcmpCode => 8,
            Field::Dport | Field::Sport | Field::Mark => 16,
            Field::Fragment | Field::Translated => 1,
        }
    }

    /// Largest value.
    #[must_use]
    pub fn max(self, family: Family) -> u128 {
        match self.bits(family) {
            128 => u128::MAX,
            bits => (1u128 << bits) - 1,
        }
    }

    /// Position in [`Field::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

/// A set of values of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldSet {
    /// Every value.
    #[default]
    Any,
    /// Inclusive ranges; any order, may overlap. Empty means no value.
    Ranges(Vec<(u128, u128)>),
    /// Values equal to `value` on the bits of `care`; bits beyond the field's width are ignored.
    Mask {
        /// Required bits; zero outside `care`.
        value: u128,
        /// Bits that must match.
        care: u128,
    },
}

impl FieldSet {
    /// One value.
    #[must_use]
    pub fn one(value: u128) -> Self {
        Self::Ranges(vec![(value, value)])
    }

    /// An inclusive range.
    #[must_use]
    pub fn range(lo: u128, hi: u128) -> Self {
        Self::Ranges(vec![(lo, hi)])
    }

    /// A bit pattern; `care = 0` gives [`FieldSet::Any`].
    #[must_use]
    pub fn mask(value: u128, care: u128) -> Self {
        if care == 0 { Self::Any } else { Self::Mask { value: value & care, care } }
    }

    /// The addresses of a prefix.
    #[must_use]
    pub fn prefix(prefix: crate::Prefix) -> Self {
        if prefix.len() == 0 { Self::Any } else { Self::range(prefix.first(), prefix.last()) }
    }

    /// Whether `x` is in the set.
    #[must_use]
    pub fn contains(&self, x: u128) -> bool {
        match self {
            Self::Any => true,
            Self::Ranges(ranges) => ranges.iter().any(|&(lo, hi)| lo <= x && x <= hi),
            Self::Mask { value, care } => x & care == *value,
        }
    }

    /// Whether no value is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Ranges(ranges) if ranges.iter().all(|(lo, hi)| lo > hi))
    }
}

/// A product of field sets: all packets whose every field lies in the field's set.
///
/// A cube belongs to one family by context; it does not carry it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cube {
    sets: [FieldSet; FIELD_COUNT],
}

impl Cube {
    /// All packets.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// The set of one field.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "Field::index is below FIELD_COUNT by construction")]
    pub fn get(&self, field: Field) -> &FieldSet {
        &self.sets[field.index()]
    }

    /// Replaces the set of one field.
    #[expect(clippy::indexing_slicing, reason = "Field::index is below FIELD_COUNT by construction")]
    pub fn set(&mut self, field: Field, set: FieldSet) {
        self.sets[field.index()] = set;
    }

    /// The cube with one field's set replaced.
    #[must_use]
    pub fn with(mut self, field: Field, set: FieldSet) -> Self {
        self.set(field, set);
        self
    }

    /// Whether the packet lies in the cube.
    #[must_use]
    pub fn contains(&self, packet: &Packet) -> bool {
        Field::ALL.iter().all(|&f| self.get(f).contains(packet.get(f)))
    }

    /// Whether some field's set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.iter().any(FieldSet::is_empty)
    }

    /// Whether every field is [`FieldSet::Any`].
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.sets.iter().all(|s| *s == FieldSet::Any)
    }
}
