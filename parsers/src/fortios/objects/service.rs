//! Services and service groups.
//!
//! A service is a relation: the source ports of a block belong to its destination ports. A test of ports
//! or ICMP messages decides whole packets and first fragments; later fragments may follow either way.
//! ICMP services match no IPv6 packet and ICMP6 services no IPv4 packet.
//! Source: FortiOS CLI Reference, `config firewall service custom`, `group`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sekisho_model::{Predicate, Tri};
use sekisho_net::{Cube, FRAGMENT_LATER, FRAGMENT_WHOLE, Family, Field, FieldSet, Protocol};

use super::address::members;
use super::catalogue::{Catalogue, Content, Found, Object};
use super::factory::{self, Shipped};
use super::reading::{self, Vocabulary, address_range, flag, number, port_range, words};
use crate::common::{Marks, cube};
use crate::fortios::codes_policy as codes;
use crate::fortios::tree::{Body, Entry, Table, Vdom};

/// What a service matches, per family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    v4: Predicate,
    v6: Predicate,
}

impl Service {
    /// For one family.
    pub(crate) fn of(&self, family: Family) -> &Predicate {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    fn each(make: impl Fn(Family) -> Predicate) -> Self {
        Self { v4: make(Family::V4), v6: make(Family::V6) }
    }
}

impl Content for Service {
    fn unknown(_: Family) -> Self {
        Self::each(|_| Predicate::unknown())
    }

    fn union(parts: &[Rc<Found<Self>>], _: Family) -> Self {
        Self::each(|family| {
            let all: Vec<Predicate> = parts.iter().map(|p| p.value.of(family).clone()).collect();
            compact(cube::or(&all))
        })
    }

    fn without(&self, take: &Self, _: Family) -> Self {
        Self::each(|family| cube::and(self.of(family), &cube::not(take.of(family), family), family))
    }

    fn doubtful(&self) -> Self {
        Self::each(|family| Predicate::at_most(self.of(family).may.clone()))
    }
}

/// Services of a virtual domain.
pub(crate) type Services = Catalogue<Service>;

const OBJECT: Vocabulary = Vocabulary {
    modelled: &[
        "protocol",
        "protocol-number",
        "tcp-portrange",
        "udp-portrange",
        "udplite-portrange",
        "sctp-portrange",
        "icmptype",
        "icmpcode",
        "iprange",
        "fqdn",
        "proxy",
        "explicit-proxy",
        "app-service-type",
        "app-category",
        "application",
    ],
    harmless: &[
        "uuid",
        "category",
        "comment",
        "color",
        "visibility",
        "tcp-halfclose-timer",
        "tcp-halfopen-timer",
        "tcp-timewait-timer",
        "tcp-rst-timer",
        "udp-idle-timer",
        "session-ttl",
        "check-reset-range",
        "helper",
        "fabric-object",
        "fabric-force-sync",
        "fabric-object-source",
        "global-object",
    ],
    tables: &[],
    harmless_tables: &[],
};

const GROUP: Vocabulary = Vocabulary {
    modelled: &["member", "proxy", "explicit-proxy"],
    harmless: &[
        "uuid",
        "comment",
        "color",
        "fabric-object",
        "fabric-force-sync",
        "fabric-object-source",
        "global-object",
    ],
    tables: &[],
    harmless_tables: &[],
};

/// Reads all services and groups.
pub(crate) fn services(vdom: &Vdom<'_, '_>, marks: &mut Marks) -> Services {
    let mut all = Catalogue::new("service", Family::V4, predefined);
    if let Some(table) = vdom.table("firewall service custom") {
        all.open |= outside(table, marks);
        for entry in &table.entries {
            let scope = format!("service {}", entry.key.text);
            let unread = reading::entry(entry, &OBJECT, &scope, codes::OBJECT_UNREAD, marks).is_some();
            let found = object(entry, &scope, unread, marks);
            all.add(&entry.key.text, Object::Single(found), marks);
        }
    }
    if let Some(table) = vdom.table("firewall service group") {
        all.open |= outside(table, marks);
        for entry in &table.entries {
            let scope = format!("service group {}", entry.key.text);
            let mut unread = reading::entry(entry, &GROUP, &scope, codes::OBJECT_UNREAD, marks).is_some();
            unread |= for_proxies(&entry.body);
            let (members, excluded) = (members(&entry.body, "member"), Vec::new());
            all.add(&entry.key.text, Object::Group { members, excluded, unread, span: entry.span }, marks);
        }
    }
    all
}

fn outside(table: &Table<'_>, marks: &mut Marks) -> bool {
    reading::outside_entries(table, "every service", codes::OBJECT_UNREAD, marks).is_some()
}

fn for_proxies(body: &Body<'_>) -> bool {
    flag(body, "proxy", Tri::No) != Tri::No || flag(body, "explicit-proxy", Tri::No) != Tri::No
}

fn object(entry: &Entry<'_>, scope: &str, unread: bool, marks: &mut Marks) -> Found<Service> {
    let body = &entry.body;
    let opaque = |condition: String| Found {
        value: Service::unknown(Family::V4),
        conditions: vec![condition],
        origins: vec![entry.span],
    };
    if unread {
        return opaque(format!("unread line of {scope}"));
    }
    if for_proxies(body) {
        return opaque(format!("{scope} of the web proxy"));
    }
    let Some(parts) = parts(body) else {
        let at = body.settings.first().map_or(entry.span, |s| s.span);
        let message = format!("what {scope} matches is not understood");
        marks.push(
            sekisho_diag::Diagnostic::new(codes::OBJECT_UNREAD, sekisho_diag::Severity::Warning, message, at)
                .with_help("correct its protocol and ports, or export the configuration again"),
        );
        for setting in body.settings.iter().filter(|s| OBJECT.modelled.contains(&s.name.text.as_ref())) {
            let state = sekisho_model::Coverage::Unrecognized;
            crate::fortios::marks::widened(marks, setting, state, scope);
        }
        return opaque(format!("unread {scope}"));
    };
    let mut found = Found { value: lowered(&parts), conditions: Vec::new(), origins: vec![entry.span] };
    if let Some(application) = body.value("app-service-type").filter(|w| w.text != "disable") {
        found.value = found.value.doubtful();
        found.conditions.push(format!("{scope} ({})", application.text));
    }
    match destination(body) {
        None => {}
        Some(Some((lo, hi))) => {
            let here = Predicate::exact(vec![Cube::any().with(Field::Dst, FieldSet::range(lo, hi))]);
            found.value.v4 = cube::and(&found.value.v4, &here, Family::V4);
            found.value.v6 = Predicate::at_most(found.value.v6.may);
            found.conditions.push(format!("{scope} (IPv4 destinations)"));
        }
        Some(None) => {
            found.value = found.value.doubtful();
            found.conditions.push(format!("{scope} (destination by name)"));
        }
    }
    found
}

/// The destinations to which a service is limited: none, a range, or something else.
fn destination(body: &Body<'_>) -> Option<Option<(u128, u128)>> {
    let named = !words(body, "fqdn").is_empty();
    match words(body, "iprange") {
        [] if named => Some(None),
        [] => None,
        [one] if one.text == "0.0.0.0" && !named => None,
        [one] if !named => Some(address_range(&one.text, Family::V4)),
        _ => Some(None),
    }
}

/// One alternative of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A protocol; `None` for any.
    Protocol(Option<u8>),
    /// Ports of a protocol: destinations, sources.
    Ports(u8, (u128, u128), (u128, u128)),
    /// Messages of ICMP for a family: type, code.
    Icmp(Family, Option<u8>, Option<u8>),
}

const EVERY_PORT: (u128, u128) = (0, 65535);

fn parts(body: &Body<'_>) -> Option<Vec<Part>> {
    let small = |name: &str| match words(body, name) {
        [] => Some(None),
        [one] => number::<u8>(&one.text).map(Some),
        _ => None,
    };
    let icmp = |family| Some(vec![Part::Icmp(family, small("icmptype")?, small("icmpcode")?)]);
    match body.value("protocol").map(|w| w.text.as_ref()) {
        Some("ICMP") => icmp(Family::V4),
        Some("ICMP6") => icmp(Family::V6),
        Some("IP") => Some(vec![Part::Protocol(small("protocol-number")?.filter(|n| *n != 0))]),
        None | Some("TCP/UDP/SCTP" | "TCP/UDP" | "TCP/UDP/UDP-Lite/SCTP") => {
            let mut out = Vec::new();
            let tables = [
                ("tcp-portrange", 6),
                ("udp-portrange", 17),
                ("udplite-portrange", 136),
                ("sctp-portrange", 132),
            ];
            for (setting, protocol) in tables {
                for word in words(body, setting).iter().flat_map(|w| w.text.split_whitespace()) {
                    out.push(block(word, protocol)?);
                }
            }
            (!out.is_empty()).then_some(out)
        }
        Some(_) => None,
    }
}

/// `DST[-DST][:SRC[-SRC]]`.
fn block(text: &str, protocol: u8) -> Option<Part> {
    let (to, from) = match text.split_once(':') {
        Some((to, from)) => (port_range(to)?, port_range(from)?),
        None => (port_range(text)?, EVERY_PORT),
    };
    Some(Part::Ports(protocol, to, from))
}

fn shipped_parts(shipped: Shipped) -> Option<Vec<Part>> {
    match shipped {
        Shipped::Protocol(0) => Some(vec![Part::Protocol(None)]),
        Shipped::Protocol(number) => Some(vec![Part::Protocol(Some(number))]),
        Shipped::Icmp(kind) => Some(vec![Part::Icmp(Family::V4, kind, None)]),
        Shipped::Icmp6(kind) => Some(vec![Part::Icmp(Family::V6, kind, None)]),
        Shipped::Ports(tcp, udp) => {
            let each =
                |text: &'static str, protocol| text.split_whitespace().map(move |w| block(w, protocol));
            each(tcp, 6).chain(each(udp, 17)).collect()
        }
    }
}

fn predefined(name: &str, _: Family) -> Option<Found<Service>> {
    let all = factory::shipped(name);
    let parts: Option<Vec<Vec<Part>>> = all.into_iter().map(shipped_parts).collect();
    let parts: Vec<Part> = parts?.concat();
    if parts.is_empty() {
        return None;
    }
    Some(Found { value: lowered(&parts), conditions: Vec::new(), origins: Vec::new() })
}

fn lowered(parts: &[Part]) -> Service {
    Service::each(|family| {
        let all: Vec<Predicate> = parts.iter().map(|p| part(p, family)).collect();
        compact(cube::or(&all))
    })
}

fn part(part: &Part, family: Family) -> Predicate {
    let protocol = |number: u8| Cube::any().with(Field::Proto, FieldSet::one(number.into()));
    match part {
        Part::Protocol(None) => Predicate::any(),
        Part::Protocol(Some(number)) => Predicate::exact(vec![protocol(*number)]),
        Part::Ports(_, EVERY_PORT, EVERY_PORT) | Part::Icmp(_, None, None) => match part {
            Part::Icmp(of, ..) if *of != family => Predicate::exact(Vec::new()),
            Part::Icmp(..) => Predicate::exact(vec![protocol(icmp(family).0)]),
            Part::Ports(number, ..) | Part::Protocol(Some(number)) => {
                Predicate::exact(vec![protocol(*number)])
            }
            Part::Protocol(None) => Predicate::any(),
        },
        Part::Ports(number, to, from) => {
            let port = |range: &(u128, u128)| {
                if *range == EVERY_PORT { FieldSet::Any } else { FieldSet::range(range.0, range.1) }
            };
            let test = protocol(*number).with(Field::Dport, port(to)).with(Field::Sport, port(from));
            tested(&protocol(*number), test)
        }
        Part::Icmp(of, ..) if *of != family => Predicate::exact(Vec::new()),
        Part::Icmp(_, kind, code) => {
            let mut test = protocol(icmp(family).0);
            for (field, value) in [(Field::IcmpType, kind), (Field::IcmpCode, code)] {
                if let Some(value) = value {
                    test.set(field, FieldSet::one((*value).into()));
                }
            }
            tested(&protocol(icmp(family).0), test)
        }
    }
}

fn icmp(family: Family) -> Protocol {
    match family {
        Family::V4 => Protocol::ICMP,
        Family::V6 => Protocol::ICMPV6,
    }
}

/// A test of ports or messages.
///
/// SOUNDNESS: the device puts fragments together or remembers what became of the first one; a later
/// fragment may match whatever its ports are.
fn tested(protocol: &Cube, test: Cube) -> Predicate {
    let whole = test.with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
    let later = protocol.clone().with(Field::Fragment, FieldSet::one(FRAGMENT_LATER));
    Predicate { may: vec![whole.clone(), later], must: Some(vec![whole]) }
}

/// The same set in fewer cubes: those that differ in one field only are joined.
pub(crate) fn compact(predicate: Predicate) -> Predicate {
    let Predicate { may, must } = predicate;
    Predicate { may: joined(may), must: must.map(joined) }
}

fn joined(cubes: Vec<Cube>) -> Vec<Cube> {
    if cubes.iter().any(Cube::is_any) {
        return vec![Cube::any()];
    }
    let mut cubes = cubes;
    for field in [Field::Dport, Field::IcmpType, Field::Proto] {
        let mut groups: BTreeMap<Cube, Option<cube::Ranges>> = BTreeMap::new();
        let mut rest: BTreeSet<Cube> = BTreeSet::new();
        for one in cubes {
            let group = one.clone().with(field, FieldSet::Any);
            match one.get(field) {
                FieldSet::Any => {
                    groups.insert(group, None);
                }
                FieldSet::Ranges(ranges) => {
                    if let Some(all) = groups.entry(group).or_insert_with(|| Some(Vec::new())) {
                        all.extend(ranges);
                    }
                }
                FieldSet::Mask { .. } => {
                    rest.insert(one);
                }
            }
        }
        let join = |(group, ranges): (Cube, Option<cube::Ranges>)| match ranges {
            None => group,
            Some(ranges) => group.with(field, FieldSet::Ranges(cube::normal(ranges))),
        };
        cubes = groups.into_iter().map(join).chain(rest).collect();
    }
    cubes
}
