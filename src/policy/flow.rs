//! Whitelist entries, and the packets that they permit.
//!
//! A flow is kept in the direction of its session: `from` opens, `to` answers, whatever the business
//! direction is. INVARIANT: [`Flow::cubes`] never holds a packet that the match of the entry does not
//! name; keys that this release does not evaluate neither widen nor narrow it.

use sekisho_diag::{Code, Span, Spanned};
use sekisho_net::{
    Cube, FRAGMENT_LATER, FRAGMENT_WHOLE, Family, Field, FieldSet, PortRange, Prefix, Protocol, flags,
};

use super::{Date, ZoneRef};

/// Who opens the session, in terms of the business direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Initiator {
    /// `match.from`.
    From,
    /// `match.to`.
    To,
}

impl Initiator {
    /// The words of zones.toml.
    pub const WORDS: [(&'static str, Initiator); 2] = [("from", Self::From), ("to", Self::To)];
}

/// The protocol of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowProto {
    /// Every protocol.
    Any,
    /// Protocol 1 in IPv4, 58 in IPv6.
    Icmp,
    /// One protocol; 1 exists in IPv4 only and 58 in IPv6 only.
    Number(Protocol),
}

impl FlowProto {
    /// The protocol number in a family: `Some(None)` is any, `None` is no packet at all.
    fn number(self, family: Family) -> Option<Option<Protocol>> {
        match (self, family) {
            (Self::Any, _) => Some(None),
            (Self::Icmp, Family::V4) => Some(Some(Protocol::ICMP)),
            (Self::Icmp, Family::V6) => Some(Some(Protocol::ICMPV6)),
            (Self::Number(Protocol::ICMP), Family::V6) | (Self::Number(Protocol::ICMPV6), Family::V4) => None,
            (Self::Number(protocol), _) => Some(Some(protocol)),
        }
    }

    /// Whether ports may be named.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Number(protocol) if protocol.has_ports())
    }

    /// Whether ICMP types may be named.
    #[must_use]
    pub fn has_icmp(self) -> bool {
        matches!(self, Self::Icmp | Self::Number(Protocol::ICMP | Protocol::ICMPV6))
    }
}

/// An ICMP message: type, and code unless every code is meant; `None` where the family has no such message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IcmpType {
    /// In IPv4.
    pub v4: Option<(u8, Option<u8>)>,
    /// In IPv6.
    pub v6: Option<(u8, Option<u8>)>,
}

/// An application whose second connections a firewall may open by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the name of a protocol")]
pub enum Helper {
    Ftp,
    Tftp,
    Sip,
    H323,
    Rtsp,
    Pptp,
    Irc,
    SqlNet,
    SunRpc,
    MsRpc,
    Rsh,
    Mgcp,
    Mms,
    Skinny,
}

impl Helper {
    /// The words of zones.toml.
    pub const WORDS: [(&'static str, Helper); 14] = [
        ("ftp", Self::Ftp),
        ("tftp", Self::Tftp),
        ("sip", Self::Sip),
        ("h323", Self::H323),
        ("rtsp", Self::Rtsp),
        ("pptp", Self::Pptp),
        ("irc", Self::Irc),
        ("sqlnet", Self::SqlNet),
        ("sunrpc", Self::SunRpc),
        ("msrpc", Self::MsRpc),
        ("rsh", Self::Rsh),
        ("mgcp", Self::Mgcp),
        ("mms", Self::Mms),
        ("skinny", Self::Skinny),
    ];
}

/// A written permission; every part may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Its number.
    pub number: Option<String>,
    /// Who asked.
    pub applicant: Option<String>,
    /// Who approved.
    pub approver: Option<String>,
    /// Where it is filed.
    pub document: Option<String>,
    /// First day.
    pub date: Option<Spanned<Date>>,
    /// Last day, itself in force; the earlier of `approval.expires` and `expires`.
    pub expires: Option<Spanned<Date>>,
}

/// Whether a permission is in force on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InForce {
    /// It is.
    Yes,
    /// It was approved later than that day.
    NotYet,
    /// Its last day is past.
    Expired,
}

impl Approval {
    /// Whether the permission is in force on a day; without dates it always is.
    #[must_use]
    pub fn state(&self, as_of: Date) -> InForce {
        if self.expires.is_some_and(|day| day.value < as_of) {
            InForce::Expired
        } else if self.date.is_some_and(|day| day.value > as_of) {
            InForce::NotYet
        } else {
            InForce::Yes
        }
    }
}

/// A whitelist entry, in the direction of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Unique over the file.
    pub id: Spanned<String>,
    /// Who opens the session.
    pub from: Spanned<ZoneRef>,
    /// Who answers.
    pub to: Spanned<ZoneRef>,
    /// The opener's addresses; empty is any. One family at most, together with `dst`.
    pub src: Vec<Spanned<Prefix>>,
    /// The responder's addresses; empty is any.
    pub dst: Vec<Spanned<Prefix>>,
    /// Protocol.
    pub proto: FlowProto,
    /// The responder's ports; empty is any.
    pub ports: Vec<PortRange>,
    /// The opener's ports; empty is any.
    pub src_ports: Vec<PortRange>,
    /// ICMP messages; empty is any.
    pub icmp: Vec<IcmpType>,
    /// Helpers that the entry consents to.
    pub helpers: Vec<Spanned<Helper>>,
    /// The gateway at which the session ends or begins, by index.
    pub via: Option<Spanned<usize>>,
    /// Whether the business direction is the session's (`From`) or its reverse (`To`).
    pub initiator: Initiator,
    /// The written permission.
    pub approval: Approval,
    /// Purpose for Japanese reports.
    pub purpose_ja: Option<String>,
    /// Purpose for English reports.
    pub purpose_en: Option<String>,
    /// Why the entry grants nothing on any day: the code of a finding about it.
    pub void: Option<Code>,
    /// The entry.
    pub span: Span,
}

impl Flow {
    /// Business direction: `match.from` and `match.to` as written.
    #[must_use]
    pub fn business(&self) -> (ZoneRef, ZoneRef) {
        match self.initiator {
            Initiator::From => (self.from.value, self.to.value),
            Initiator::To => (self.to.value, self.from.value),
        }
    }

    /// Whether the entry by itself grants something on a day; its externals are
    /// [`Policy::granted`](super::Policy::granted)'s matter.
    #[must_use]
    pub fn in_force(&self, as_of: Date) -> bool {
        self.void.is_none() && self.approval.state(as_of) == InForce::Yes
    }

    /// The packets that the entry permits from opener to responder; none when it is void.
    ///
    /// A union. The source counts as sent: once as it is on the wire, once as it was before a translation.
    /// An entry with ports or ICMP types covers the later fragments of its addresses and protocol, which
    /// show neither, and no others.
    #[must_use]
    pub fn cubes(&self, family: Family) -> Vec<Cube> {
        let Some(base) = self.base(family, &self.dst) else { return Vec::new() };
        let icmp = self.icmp_cubes(&base, family);
        let mut shapes = Vec::new();
        if !self.icmp.is_empty() {
            if icmp.is_empty() {
                return Vec::new();
            }
            shapes.extend(icmp);
            shapes.push(base.with(Field::Fragment, FieldSet::one(FRAGMENT_LATER)));
        } else if self.ports.is_empty() && self.src_ports.is_empty() {
            shapes.push(base);
        } else {
            let whole = base
                .clone()
                .with(Field::Dport, port_set(&self.ports))
                .with(Field::Sport, port_set(&self.src_ports))
                .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
            shapes.push(whole);
            shapes.push(base.with(Field::Fragment, FieldSet::one(FRAGMENT_LATER)));
        }
        as_sent(shapes, family, &self.src)
    }

    /// The packets from responder to opener that answer a TCP session: ACK or RST set, and later fragments.
    ///
    /// For filters that permit replies without state. Of an entry for any protocol, its TCP part; of other
    /// protocols nothing, since their replies cannot be told from new packets.
    #[must_use]
    pub fn reply_cubes(&self, family: Family) -> Vec<Cube> {
        if !matches!(self.proto, FlowProto::Any | FlowProto::Number(Protocol::TCP)) {
            return Vec::new();
        }
        let Some(base) = self.base(family, &self.src) else { return Vec::new() };
        let base = base.with(Field::Proto, FieldSet::one(u128::from(Protocol::TCP.0)));
        let whole = base
            .clone()
            .with(Field::Sport, port_set(&self.ports))
            .with(Field::Dport, port_set(&self.src_ports))
            .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
        let flag = |bit: u8| FieldSet::mask(u128::from(bit), u128::from(bit));
        let shapes = vec![
            whole.clone().with(Field::Flags, flag(flags::ACK)),
            whole.with(Field::Flags, flag(flags::RST)),
            base.with(Field::Fragment, FieldSet::one(FRAGMENT_LATER)),
        ];
        as_sent(shapes, family, &self.dst)
    }

    /// The packets from responder to opener that belong to a session of the entry, whatever the protocol,
    /// and ICMP errors about it. For what devices let pass because they know the session.
    #[must_use]
    pub fn answer_cubes(&self, family: Family) -> Vec<Cube> {
        let Some(base) = self.base(family, &self.src) else { return Vec::new() };
        let whole = base
            .clone()
            .with(Field::Sport, port_set(&self.ports))
            .with(Field::Dport, port_set(&self.src_ports))
            .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
        let later = base.clone().with(Field::Fragment, FieldSet::one(FRAGMENT_LATER));
        let mut cubes = as_sent(vec![whole, later], family, &self.dst);
        let (protocol, kinds) = match family {
            Family::V4 => (Protocol::ICMP, vec![(3, 4), (11, 12)]),
            Family::V6 => (Protocol::ICMPV6, vec![(1, 4)]),
        };
        let error = base
            .with(Field::Proto, FieldSet::one(u128::from(protocol.0)))
            .with(Field::IcmpType, FieldSet::Ranges(kinds))
            .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
        cubes.push(error);
        cubes
    }

    /// The packets between the ends of the entry, in the direction of its session or against it, that it
    /// permits because it consents to helpers: any protocol, all ports.
    #[must_use]
    pub fn helper_cubes(&self, family: Family, back: bool) -> Vec<Cube> {
        if self.helpers.is_empty() {
            return Vec::new();
        }
        let (from, to) = if back { (&self.dst, &self.src) } else { (&self.src, &self.dst) };
        let Some(base) = self.base(family, to) else { return Vec::new() };
        as_sent(vec![base.with(Field::Proto, FieldSet::Any)], family, from)
    }

    /// Protocol and destination; `None` when the entry has no packet in the family.
    fn base(&self, family: Family, to: &[Spanned<Prefix>]) -> Option<Cube> {
        let other = |side: &[Spanned<Prefix>]| {
            !side.is_empty() && side.iter().all(|prefix| prefix.value.family() != family)
        };
        if self.void.is_some() || other(&self.src) || other(&self.dst) {
            return None;
        }
        let proto = match self.proto.number(family)? {
            Some(protocol) => FieldSet::one(u128::from(protocol.0)),
            None => FieldSet::Any,
        };
        Some(Cube::any().with(Field::Proto, proto).with(Field::Dst, addr_set(family, to)))
    }

    /// One cube per ICMP message of the family.
    fn icmp_cubes(&self, base: &Cube, family: Family) -> Vec<Cube> {
        let messages = self.icmp.iter().filter_map(|message| match family {
            Family::V4 => message.v4,
            Family::V6 => message.v6,
        });
        messages
            .map(|(kind, code)| {
                let code = code.map_or(FieldSet::Any, |code| FieldSet::one(u128::from(code)));
                base.clone()
                    .with(Field::IcmpType, FieldSet::one(u128::from(kind)))
                    .with(Field::IcmpCode, code)
                    .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE))
            })
            .collect()
    }
}

/// Ports as a field set; empty is any.
fn port_set(ports: &[PortRange]) -> FieldSet {
    if ports.is_empty() {
        return FieldSet::Any;
    }
    FieldSet::Ranges(ports.iter().map(|r| (u128::from(r.lo()), u128::from(r.hi()))).collect())
}

/// Addresses of a family as a field set; empty is any.
fn addr_set(family: Family, prefixes: &[Spanned<Prefix>]) -> FieldSet {
    if prefixes.is_empty() {
        return FieldSet::Any;
    }
    let inside = prefixes.iter().map(|p| p.value).filter(|p| p.family() == family);
    FieldSet::Ranges(inside.map(|p| (p.first(), p.last())).collect())
}

/// Constrains the source as sent: untranslated packets by `Src`, translated ones by `Src0`.
fn as_sent(shapes: Vec<Cube>, family: Family, from: &[Spanned<Prefix>]) -> Vec<Cube> {
    if from.is_empty() {
        return shapes;
    }
    let addresses = addr_set(family, from);
    let both = |shape: Cube| {
        let plain = shape.clone().with(Field::Translated, FieldSet::one(0));
        let moved = shape.with(Field::Translated, FieldSet::one(1));
        [plain.with(Field::Src, addresses.clone()), moved.with(Field::Src0, addresses.clone())]
    };
    shapes.into_iter().flat_map(both).collect()
}
