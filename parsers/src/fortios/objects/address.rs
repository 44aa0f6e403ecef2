//! Addresses and address groups of both families.
//!
//! Names, countries, tags and other things that no header shows may hold any address and must hold none.
//! Source: FortiOS CLI Reference, `config firewall address`, `address6`, `addrgrp`.

use sekisho_diag::Span;
use sekisho_model::{AddressRole, Device, Tri};
use sekisho_net::{Family, Prefix, Wildcard, addr_bits, parse_addr};

use super::catalogue::{Catalogue, Content, Found, Member, Object};
use super::reading::{self, Vocabulary, flag, words};
use super::values::{AddressSet, Values};
use crate::common::Marks;
use crate::fortios::codes_policy as codes;
use crate::fortios::tree::{Body, Entry, Table, Vdom};

impl Content for AddressSet {
    fn unknown(family: Family) -> Self {
        Self::unknown(family)
    }

    fn union(parts: &[std::rc::Rc<Found<Self>>], _: Family) -> Self {
        Self::union(parts.iter().map(|p| &p.value))
    }

    fn without(&self, take: &Self, family: Family) -> Self {
        self.without(take, family)
    }

    fn doubtful(&self) -> Self {
        Self::at_most(self.may.clone())
    }
}

/// Addresses of one family.
pub(crate) type Addresses = Catalogue<AddressSet>;

const OBJECT: Vocabulary = Vocabulary {
    modelled: &[
        "type",
        "subnet",
        "start-ip",
        "end-ip",
        "wildcard",
        "ip6",
        "interface",
        "fqdn",
        "country",
        "wildcard-fqdn",
        "sdn",
        "sdn-addr-type",
        "sub-type",
        "macaddr",
        "start-mac",
        "end-mac",
        "route-tag",
        "template",
        "host",
        "host-type",
        "epg-name",
        "tenant",
        "organization",
        "subnet-name",
        "sdn-tag",
        "policy-group",
        "obj-tag",
        "obj-type",
        "obj-id",
        "tag-type",
        "tag-detection-level",
        "filter",
        "clearpass-spt",
        "fsso-group",
        "hw-vendor",
        "hw-model",
        "hw-version",
        "os",
        "sw-version",
        "agent-id",
        "node-ip-only",
        "managed-subnetwork-size",
        "ipam-allocate-unique",
        "sso-attribute-value",
    ],
    harmless: &[
        "uuid",
        "comment",
        "color",
        "visibility",
        "associated-interface",
        "allow-routing",
        "cache-ttl",
        "fabric-object",
        "fabric-force-sync",
        "fabric-object-source",
        "display-with",
        "custom-tags",
        "tags",
        "passive-fqdn-learning",
        "dirty",
        "global-object",
    ],
    tables: &[],
    // Learned values of dynamic objects, which are unknown anyway, and tags.
    harmless_tables: &["tagging", "list", "subnet-segment"],
};

const GROUP: Vocabulary = Vocabulary {
    modelled: &["member", "exclude", "exclude-member", "category"],
    harmless: &[
        "type",
        "uuid",
        "comment",
        "color",
        "visibility",
        "allow-routing",
        "fabric-object",
        "fabric-force-sync",
        "fabric-object-source",
        "display-with",
        "custom-tags",
        "tags",
        "global-object",
    ],
    tables: &[],
    harmless_tables: &["tagging"],
};

/// Addresses of unicast policies.
pub(crate) fn unicast(vdom: &Vdom<'_, '_>, device: &Device, family: Family, marks: &mut Marks) -> Addresses {
    let mut all = Catalogue::new(word(family), family, predefined);
    let (objects, groups) = match family {
        Family::V4 => ("firewall address", "firewall addrgrp"),
        Family::V6 => ("firewall address6", "firewall addrgrp6"),
    };
    add_objects(&mut all, vdom.table(objects), device, family, marks);
    add_groups(&mut all, vdom.table(groups), marks);
    for table in [vdom.table("system external-resource"), vdom.global_table("system external-resource")] {
        for entry in table.iter().flat_map(|t| &t.entries) {
            if all.has(&entry.key.text) {
                continue;
            }
            let condition = format!("external list {}", entry.key.text);
            let object = unknown(entry, family, condition);
            all.add(&entry.key.text, Object::Single(object), marks);
        }
    }
    all
}

/// Addresses of multicast policies, as destinations.
pub(crate) fn multicast(
    vdom: &Vdom<'_, '_>,
    device: &Device,
    family: Family,
    marks: &mut Marks,
) -> Addresses {
    let mut all = Catalogue::new("multicast address", family, predefined);
    let path = match family {
        Family::V4 => "firewall multicast-address",
        Family::V6 => "firewall multicast-address6",
    };
    add_objects(&mut all, vdom.table(path), device, family, marks);
    all
}

fn word(family: Family) -> &'static str {
    match family {
        Family::V4 => "address",
        Family::V6 => "IPv6 address",
    }
}

fn add_objects(
    all: &mut Addresses,
    table: Option<&Table<'_>>,
    device: &Device,
    family: Family,
    marks: &mut Marks,
) {
    let Some(table) = table else { return };
    let scope = format!("every {}", all.kind);
    all.open |= reading::outside_entries(table, &scope, codes::OBJECT_UNREAD, marks).is_some();
    for entry in &table.entries {
        let name = &entry.key.text;
        let scope = format!("{} {name}", all.kind);
        let unread = reading::entry(entry, &OBJECT, &scope, codes::OBJECT_UNREAD, marks);
        let found = match unread {
            Some(_) => unknown(entry, family, format!("unread line of {scope}")),
            None => object(entry, device, family, &scope, marks),
        };
        all.add(name, Object::Single(found), marks);
    }
}

fn unknown(entry: &Entry<'_>, family: Family, condition: String) -> Found<AddressSet> {
    Found { value: AddressSet::unknown(family), conditions: vec![condition], origins: vec![entry.span] }
}

/// One address. `scope` names it.
fn object(
    entry: &Entry<'_>,
    device: &Device,
    family: Family,
    scope: &str,
    marks: &mut Marks,
) -> Found<AddressSet> {
    let body = &entry.body;
    let default =
        if scope.starts_with("multicast") && family == Family::V4 { "multicastrange" } else { "ipmask" };
    let kind = body.value("type").map_or(default, |w| w.text.as_ref());
    let values = match (kind, family) {
        ("ipmask" | "ipprefix", _) => prefix(body, family),
        ("iprange" | "multicastrange", _) => range(body, family),
        ("broadcastmask", Family::V4) => prefix(body, family),
        ("wildcard", Family::V4) => wildcard(body),
        ("interface-subnet", Family::V4) => {
            return match interface_subnet(body, device) {
                Some(values) => exact(entry, values),
                None => unknown(entry, family, format!("{scope} (subnet of an interface)")),
            };
        }
        (other, _) => return unknown(entry, family, format!("{scope} ({other})")),
    };
    match values {
        Some(values) => exact(entry, values),
        None => {
            let places = ["subnet", "ip6", "start-ip", "end-ip", "wildcard"];
            let at = places.iter().find_map(|p| body.get(p)).map_or(entry.span, |s| s.span);
            let message = format!("the addresses of {scope} are not understood");
            marks.push(
                sekisho_diag::Diagnostic::new(
                    codes::OBJECT_UNREAD,
                    sekisho_diag::Severity::Warning,
                    message,
                    at,
                )
                .with_help("correct the line, or export the configuration again"),
            );
            for setting in places.iter().filter_map(|p| body.get(p)) {
                crate::fortios::marks::widened(marks, setting, sekisho_model::Coverage::Unrecognized, scope);
            }
            unknown(entry, family, format!("unread {scope}"))
        }
    }
}

fn exact(entry: &Entry<'_>, values: Values) -> Found<AddressSet> {
    Found { value: AddressSet::exact(values), conditions: Vec::new(), origins: vec![entry.span] }
}

/// `subnet A M`, `subnet A/LEN`, `ip6 A/LEN`; everything by default.
fn prefix(body: &Body<'_>, family: Family) -> Option<Values> {
    let setting = match family {
        Family::V4 => "subnet",
        Family::V6 => "ip6",
    };
    // A multicast address of IPv6 is written `ip6` as well; other tables use the same two names.
    let Some(found) = body.get(setting) else { return Some(Values::all(family)) };
    let texts: Vec<&str> = found.values.iter().map(|w| w.text.as_ref()).collect();
    let prefix = match texts.as_slice() {
        [one] => Prefix::parse(one).ok()?,
        [addr, mask] if family == Family::V4 => {
            Prefix::with_mask(parse_addr(addr).ok()?, parse_addr(mask).ok()?).ok()?
        }
        _ => return None,
    };
    (prefix.family() == family).then(|| Values::range(prefix.first(), prefix.last()))
}

fn range(body: &Body<'_>, family: Family) -> Option<Values> {
    let end = |name: &str| match body.get(name)?.values.as_slice() {
        [one] => reading::address(&one.text, family),
        _ => None,
    };
    let (lo, hi) = (end("start-ip")?, end("end-ip")?);
    (lo <= hi).then(|| Values::range(lo, hi))
}

/// `wildcard A M`: bits that are 1 in the mask must match.
fn wildcard(body: &Body<'_>) -> Option<Values> {
    match body.get("wildcard")?.values.as_slice() {
        [addr, mask] => {
            let value = reading::address(&addr.text, Family::V4)?;
            let care = reading::address(&mask.text, Family::V4)?;
            Some(Values::wildcard(Wildcard::new(Family::V4, value, care)))
        }
        _ => None,
    }
}

/// The connected network of the interface, if its address is fixed and the object says the same.
fn interface_subnet(body: &Body<'_>, device: &Device) -> Option<Values> {
    let name = &body.value("interface")?.text;
    let interface = device.interfaces.iter().find(|i| i.name == *name)?;
    let l3 = interface.l3.as_ref().filter(|l3| l3.unknown_v4.is_none())?;
    let own = l3.addresses.iter().find(|a| a.role == AddressRole::Own && a.prefix.family() == Family::V4)?;
    let connected = Values::range(own.prefix.first(), own.prefix.last());
    let same = body.get("subnet").is_none() || prefix(body, Family::V4).as_ref() == Some(&connected);
    same.then_some(connected)
}

fn add_groups(all: &mut Addresses, table: Option<&Table<'_>>, marks: &mut Marks) {
    let Some(table) = table else { return };
    let scope = format!("every {} group", all.kind);
    all.open |= reading::outside_entries(table, &scope, codes::OBJECT_UNREAD, marks).is_some();
    for entry in &table.entries {
        let name = &entry.key.text;
        let scope = format!("{} group {name}", all.kind);
        let body = &entry.body;
        let mut unread = reading::entry(entry, &GROUP, &scope, codes::OBJECT_UNREAD, marks).is_some();
        let excludes = flag(body, "exclude", Tri::No);
        unread |= excludes == Tri::Unknown;
        unread |= body.value("category").is_some_and(|w| w.text != "default");
        let excluded = if excludes == Tri::Yes { members(body, "exclude-member") } else { Vec::new() };
        let members = members(body, "member");
        all.add(name, Object::Group { members, excluded, unread, span: entry.span }, marks);
    }
}

/// Names and where they stand.
pub(crate) fn members(body: &Body<'_>, name: &str) -> Vec<Member> {
    words(body, name).iter().map(|w| (w.text.to_string(), w.span)).collect()
}

/// `all` and `none` exist in every configuration.
fn predefined(name: &str, family: Family) -> Option<Found<AddressSet>> {
    let values = match name {
        "all" => Values::all(family),
        "none" => Values::default(),
        _ => return None,
    };
    Some(Found { value: AddressSet::exact(values), conditions: Vec::new(), origins: Vec::<Span>::new() })
}

/// Addresses of one IPv4 or IPv6 text: `A`, `A-B`, `A/LEN`.
pub(crate) fn literal(text: &str, family: Family) -> Option<(u128, u128)> {
    if text.contains('/') {
        let prefix = Prefix::parse(text).ok().filter(|p| p.family() == family)?;
        return Some((prefix.first(), prefix.last()));
    }
    reading::address_range(text, family).or_else(|| {
        let addr = parse_addr(text).ok()?;
        (Family::of(addr) == family).then(|| (addr_bits(addr), addr_bits(addr)))
    })
}
