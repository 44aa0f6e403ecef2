//! One policy as a rule: between which interfaces, for which packets, what it does.
//!
//! The destination is the one after destination translation, and the service is tested on the port after
//! it. A virtual address in `dstaddr` means the packets that it has translated, told by their mark.
//! Source: FortiOS Administration Guide, "Firewall policy"; Technical Tips 94794 and 355966 (VIPs).

use std::collections::BTreeSet;
use std::rc::Rc;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{Action, Coverage, Device, Poison, Predicate, Tri};
use sekisho_net::{Cube, FRAGMENT_WHOLE, Family, Field, FieldSet, Protocol, flags};

use super::ports::Ports;
use super::vocabulary::{NARROWING, NARROWING_SWITCHES, POLICY, UNSUPPORTED_NAMES, UNSUPPORTED_SWITCHES};
use crate::common::{Marks, cube};
use crate::fortios::codes_policy as codes;
use crate::fortios::index::InterfaceIndex;
use crate::fortios::marks as states;
use crate::fortios::objects::address::Addresses;
use crate::fortios::objects::catalogue::{Found, merge};
use crate::fortios::objects::reading::{self, flag, words};
use crate::fortios::objects::service::Services;
use crate::fortios::objects::values::{AddressSet, Values};
use crate::fortios::objects::vip::{Vips, unsupported};
use crate::fortios::tree::{Body, Entry, Word};

/// What policies depend on.
pub(super) struct Context<'c> {
    pub device: &'c Device,
    pub index: &'c InterfaceIndex,
    pub v4: &'c mut Addresses,
    pub v6: &'c mut Addresses,
    pub services: &'c mut Services,
    pub vips: &'c Vips,
    pub poisons: &'c mut Vec<Poison>,
    /// Marks of virtual addresses that an enabled policy certainly names.
    pub referenced: BTreeSet<u16>,
    /// Whether `schedule always` is what its name says.
    pub always: bool,
    /// Central translation: virtual addresses are no objects of policies, `nat` says nothing.
    pub central: bool,
    /// Whether denies stop translated packets where the policy does not say.
    pub match_vip: Tri,
}

/// Which table a policy stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// `firewall policy`.
    Both,
    /// `firewall policy6`.
    Six,
    /// `firewall consolidated policy`.
    Consolidated,
}

/// What becomes of the source of a packet that a rule lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SourceNat {
    /// It stays.
    None,
    /// It becomes an address of the interface by which the packet leaves.
    Interface { keeps_ports: bool },
    /// It becomes an address of a pool; names of the pools per family.
    Pools { v4: Vec<String>, v6: Vec<String>, keeps_ports: bool },
    /// Not known.
    Unknown,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// The `edit` line.
    pub span: Span,
    pub action: Action,
    pub v4: Predicate,
    pub v6: Predicate,
    pub conditions: Vec<String>,
    pub origins: Vec<Span>,
    pub from: Ports,
    pub to: Ports,
    pub nat: SourceNat,
}

impl Rule {
    /// A policy of which nothing is known.
    pub(super) fn unknown(span: Span, device: &Device, why: &str) -> Self {
        Self {
            span,
            action: Action::Unknown,
            v4: Predicate::unknown(),
            v6: Predicate::unknown(),
            conditions: vec![why.to_owned()],
            origins: Vec::new(),
            from: Ports::unknown(device, why),
            to: Ports::unknown(device, why),
            nat: SourceNat::Unknown,
        }
    }

    /// For one family.
    pub(super) fn matches(&self, family: Family) -> &Predicate {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }
}

/// One side of a policy in one family.
enum Side {
    /// Not stated.
    Absent,
    /// These addresses, and virtual addresses by number; a `None` among them is any.
    Stated(Found<AddressSet>, Vec<Option<u16>>),
}

/// Reads a policy; `None` for one that is switched off.
pub(super) fn rule(
    entry: &Entry<'_>,
    table: Table,
    context: &mut Context<'_>,
    marks: &mut Marks,
) -> Option<Rule> {
    let scope = format!("policy {}", entry.key.text);
    let body = &entry.body;
    if let Some(at) = reading::entry(entry, &POLICY, &scope, codes::POLICY_UNREAD, marks) {
        return Some(Rule::unknown(at, context.device, &format!("unread line of {scope}")));
    }
    let mut doubts: Vec<String> = Vec::new();
    match flag(body, "status", Tri::Yes) {
        Tri::Yes => {}
        Tri::No => return None,
        Tri::Unknown => doubts.push(format!("unread status of {scope}")),
    }
    let mut action = action(body, context, entry.span, &mut doubts, marks);
    if action != Action::Deny {
        unsupported_settings(entry, context, marks);
    }
    schedule(body, context.always, &mut doubts);
    narrowing(body, &mut doubts);
    let from = Ports::read(body, "srcintf", &scope, context.device, context.index, marks);
    let to = Ports::read(body, "dstintf", &scope, context.device, context.index, marks);
    let bad_flags =
        ["srcaddr-negate", "dstaddr-negate", "srcaddr6-negate", "dstaddr6-negate", "service-negate"];
    if bad_flags.iter().any(|f| flag(body, f, Tri::No) == Tri::Unknown) {
        action = Action::Unknown;
        doubts.push(format!("unread switch of {scope}"));
    }
    let (origins, conditions, named) = (Vec::new(), Vec::new(), Vec::new());
    let mut reader = Reader { body, table, context, action, origins, conditions, named };
    let service = reader.service(&scope, marks);
    let [v4, v6] = reader.families(&service, &scope, entry.span, marks);
    let Reader { origins, mut conditions, named, .. } = reader;
    let exact = doubts.is_empty();
    if exact {
        context.referenced.extend(named);
    }
    let settle = |p: Predicate| if exact { p } else { Predicate::at_most(p.may) };
    conditions.extend(doubts);
    if conditions.is_empty() && action == Action::Permit {
        conditions.push("sessions and fragments".to_owned());
    } else if conditions.is_empty() && !(v4.is_exact() && v6.is_exact()) {
        conditions.push("fragments".to_owned());
    }
    conditions.dedup();
    Some(Rule {
        span: entry.span,
        action,
        v4: settle(v4),
        v6: settle(v6),
        conditions,
        origins,
        from,
        to,
        nat: source_nat(body, action),
    })
}

fn action(
    body: &Body<'_>,
    context: &mut Context<'_>,
    span: Span,
    doubts: &mut Vec<String>,
    marks: &mut Marks,
) -> Action {
    match body.value("action").map(|w| w.text.as_ref()) {
        None | Some("deny") => Action::Deny,
        Some("accept" | "learn") => Action::Permit,
        Some("ipsec") => {
            doubts.push("the IPsec tunnel of the policy".to_owned());
            unsupported(context.poisons, marks, span, "policy-based IPsec");
            Action::Permit
        }
        Some("ssl-vpn") => {
            doubts.push("users of the SSL VPN".to_owned());
            Action::Permit
        }
        Some(other) => {
            doubts.push(format!("action {other}"));
            Action::Unknown
        }
    }
}

fn unsupported_settings(entry: &Entry<'_>, context: &mut Context<'_>, marks: &mut Marks) {
    let body = &entry.body;
    let switches = UNSUPPORTED_SWITCHES.iter().filter(|(name, _)| flag(body, name, Tri::No) != Tri::No);
    let names = UNSUPPORTED_NAMES.iter().filter(|(name, _)| !words(body, name).is_empty());
    for (name, why) in switches.chain(names) {
        let Some(setting) = body.get(name) else { continue };
        states::widened(marks, setting, Coverage::Unsupported, "device");
        unsupported(context.poisons, marks, setting.span, why);
    }
}

/// SOUNDNESS: a policy with a time is taken as always there if it permits and never there if it denies.
fn schedule(body: &Body<'_>, always: bool, doubts: &mut Vec<String>) {
    match words(body, "schedule") {
        [one] if one.text == "always" && always => {}
        [one] => doubts.push(format!("schedule {}", one.text)),
        _ => doubts.push("a missing schedule".to_owned()),
    }
}

/// What no header shows.
fn narrowing(body: &Body<'_>, doubts: &mut Vec<String>) {
    let lists = NARROWING.iter().filter(|(name, _)| !words(body, name).is_empty()).map(|(_, why)| *why);
    let set = |name: &str, default: &str| body.value(name).is_some_and(|w| w.text != default);
    let switches =
        NARROWING_SWITCHES.iter().filter(|(name, default, _)| set(name, default)).map(|(_, _, why)| *why);
    for why in lists.chain(switches) {
        if !doubts.iter().any(|d| d == why) {
            doubts.push(why.to_owned());
        }
    }
}

fn source_nat(body: &Body<'_>, action: Action) -> SourceNat {
    if action == Action::Deny {
        return SourceNat::None;
    }
    let keeps_ports = flag(body, "fixedport", Tri::No) == Tri::Yes;
    match (flag(body, "nat", Tri::No), flag(body, "ippool", Tri::No)) {
        (Tri::No, _) => SourceNat::None,
        (Tri::Yes, Tri::No) => SourceNat::Interface { keeps_ports },
        (Tri::Yes, Tri::Yes) => {
            let names = |settings: &[&str]| {
                settings.iter().flat_map(|s| words(body, s)).map(|w| w.text.to_string()).collect()
            };
            SourceNat::Pools { v4: names(&["poolname", "poolname4"]), v6: names(&["poolname6"]), keeps_ports }
        }
        _ => SourceNat::Unknown,
    }
}

struct Reader<'r, 'a, 'c> {
    body: &'r Body<'a>,
    table: Table,
    context: &'r mut Context<'c>,
    action: Action,
    origins: Vec<Span>,
    conditions: Vec<String>,
    /// Marks of the virtual addresses in `dstaddr`.
    named: Vec<u16>,
}

impl Reader<'_, '_, '_> {
    fn note<T>(&mut self, found: &Found<T>) {
        self.origins.extend(&found.origins);
        self.conditions.extend(found.conditions.iter().cloned());
    }

    fn is_on(&self, setting: &str) -> bool {
        flag(self.body, setting, Tri::No) != Tri::No
    }

    /// Services per family.
    fn service(&mut self, scope: &str, marks: &mut Marks) -> [Predicate; 2] {
        let names = words(self.body, "service");
        let stated = !names.is_empty();
        // Entries of the vendor's database bring their own ports.
        let by_database = self.is_on("internet-service") || self.is_on("internet-service6");
        if !stated {
            if !by_database {
                self.conditions.push(format!("missing service of {scope}"));
            }
            return [Predicate::unknown(), Predicate::unknown()];
        }
        let found: Vec<Rc<_>> =
            names.iter().map(|w| self.context.services.resolve(&w.text, w.span, marks)).collect();
        let found = merge(&found, Family::V4);
        self.note(&found);
        let negated = self.is_on("service-negate");
        Family::ALL.map(|family| {
            let all = found.value.of(family);
            let all = if negated { cube::not(all, family) } else { all.clone() };
            if by_database { Predicate::at_most(all.may) } else { all }
        })
    }

    /// Both families; a family for which the policy says nothing is none of its business.
    fn families(
        &mut self,
        service: &[Predicate; 2],
        scope: &str,
        at: Span,
        marks: &mut Marks,
    ) -> [Predicate; 2] {
        let sides = Family::ALL.map(|family| {
            let source = self.side(family, true, marks);
            let destination = self.side(family, false, marks);
            (source, destination)
        });
        let present = |side: &Side| !matches!(side, Side::Absent);
        let stated = sides.iter().any(|(s, d)| present(s) || present(d));
        let incomplete = !stated || sides.iter().any(|(s, d)| present(s) != present(d));
        if incomplete {
            self.conditions.push(format!("missing addresses of {scope}"));
            let message = format!("{scope} lacks addresses: it may match any in their place");
            marks.push(
                Diagnostic::new(codes::POLICY_INCOMPLETE, Severity::Warning, message, at)
                    .with_help("export the whole configuration, or remove the policy"),
            );
        }
        let mut out = Vec::new();
        for ((family, (source, destination)), service) in Family::ALL.iter().zip(sides).zip(service) {
            let mine = !(self.table == Table::Six && *family == Family::V4);
            let nobody = !present(&source) && !present(&destination);
            out.push(match mine && !(nobody && stated) {
                true => self.predicate(*family, source, destination, service),
                false => Predicate::exact(Vec::new()),
            });
        }
        let v6 = out.pop().unwrap_or_else(Predicate::unknown);
        let v4 = out.pop().unwrap_or_else(Predicate::unknown);
        [v4, v6]
    }

    /// Names of the settings of one side: addresses, switch of the vendor's database.
    fn settings(&self, family: Family, source: bool) -> (&'static str, &'static str) {
        match (self.table, family, source) {
            (Table::Both, Family::V4, true) => ("srcaddr", "internet-service-src"),
            (Table::Both, Family::V4, false) => ("dstaddr", "internet-service"),
            (Table::Six, Family::V6, true) => ("srcaddr", "internet-service6-src"),
            (Table::Six, Family::V6, false) => ("dstaddr", "internet-service6"),
            (Table::Consolidated, Family::V4, true) => ("srcaddr4", "internet-service-src"),
            (Table::Consolidated, Family::V4, false) => ("dstaddr4", "internet-service"),
            (_, Family::V6, true) => ("srcaddr6", "internet-service6-src"),
            (_, Family::V6, false) => ("dstaddr6", "internet-service6"),
            (Table::Six, Family::V4, _) => ("", ""),
        }
    }

    fn side(&mut self, family: Family, source: bool, marks: &mut Marks) -> Side {
        let (setting, database) = self.settings(family, source);
        if self.is_on(database) {
            let condition = "the vendor's database of Internet services".to_owned();
            self.conditions.push(condition);
            return Side::Stated(plain(AddressSet::unknown(family)), Vec::new());
        }
        let names = words(self.body, setting);
        if names.is_empty() {
            return Side::Absent;
        }
        let (mut found, mut virtual_addresses) = (Vec::new(), Vec::new());
        for word in names {
            let targets = if source { None } else { self.virtual_addresses(word, family) };
            let defined = self.addresses(family).has(&word.text);
            if targets.is_none() || defined {
                found.push(self.addresses(family).resolve(&word.text, word.span, marks));
            }
            if let Some(targets) = targets {
                // A name of both kinds may be either.
                virtual_addresses.extend(if defined { vec![None] } else { targets });
            }
        }
        let found = merge(&found, family);
        self.note(&found);
        self.negated(found, virtual_addresses, family, source)
    }

    fn addresses(&mut self, family: Family) -> &mut Addresses {
        match family {
            Family::V4 => self.context.v4,
            Family::V6 => self.context.v6,
        }
    }

    /// Numbers of the virtual addresses of a name; `None` if it is none.
    fn virtual_addresses(&mut self, word: &Word<'_>, family: Family) -> Option<Vec<Option<u16>>> {
        let vips = self.context.vips;
        if !vips.has(&word.text, family) {
            return None;
        }
        let Some(all) = vips.of(&word.text, family) else {
            self.conditions.push(format!("unread virtual address group {}", word.text));
            return Some(vec![None]);
        };
        let all: Vec<_> = all.iter().filter_map(|&at| vips.all.get(at)).collect();
        for vip in &all {
            self.origins.push(vip.span);
            self.named.push(vip.mark);
        }
        Some(all.iter().map(|v| Some(v.mark)).collect())
    }

    fn negated(
        &mut self,
        found: Found<AddressSet>,
        virtual_addresses: Vec<Option<u16>>,
        family: Family,
        source: bool,
    ) -> Side {
        let (common, own) = if source {
            ("srcaddr-negate", "srcaddr6-negate")
        } else {
            ("dstaddr-negate", "dstaddr6-negate")
        };
        let six = family == Family::V6 && self.table != Table::Six;
        let explicit = six && self.body.get(own).is_some();
        let negated = self.is_on(if explicit { own } else { common });
        if !negated {
            return Side::Stated(found, virtual_addresses);
        }
        // Whether the switch of both families covers IPv6 depends on the release.
        if (six && !explicit) || !virtual_addresses.is_empty() {
            self.conditions.push(format!("what `{common}` covers"));
            return Side::Stated(plain(AddressSet::unknown(family)), vec![None]);
        }
        let value = found.value.negated(family);
        Side::Stated(Found { value, conditions: Vec::new(), origins: Vec::new() }, Vec::new())
    }

    fn predicate(
        &mut self,
        family: Family,
        source: Side,
        destination: Side,
        service: &Predicate,
    ) -> Predicate {
        let anything = || Side::Stated(plain(AddressSet::unknown(family)), vec![None]);
        let or_anything = |side: Side| if matches!(side, Side::Absent) { anything() } else { side };
        let (Side::Stated(source, _), Side::Stated(destination, virtual_addresses)) =
            (or_anything(source), or_anything(destination))
        else {
            return Predicate::unknown();
        };
        let source = field(&source.value, Field::Src, family);
        let destination = self.destination(family, &destination.value, &virtual_addresses);
        let both = cube::and(&source, &destination, family);
        let all = cube::and(&both, service, family);
        if self.action == Action::Permit { opening(all, family) } else { all }
    }

    /// Destinations and marks.
    fn destination(&mut self, family: Family, set: &AddressSet, numbers: &[Option<u16>]) -> Predicate {
        let all = field(set, Field::Dst, family);
        let vips = self.context.vips;
        if self.context.central || !vips.all.iter().any(|v| v.family == family) {
            return match numbers {
                [] => all,
                _ => Predicate::unknown(),
            };
        }
        let mark = |set: FieldSet| Cube::any().with(Field::Mark, set);
        let (sent, translated) = (mark(FieldSet::one(0)), mark(FieldSet::range(1, u16::MAX.into())));
        let only_sent = cube::and(&all, &Predicate::exact(vec![sent.clone()]), family);
        let everything = set.must.is_all(family);
        let (mut may, mut must) = match (self.action, self.match_vip()) {
            (Action::Permit, Tri::No) => (all.may.clone(), only_sent.must().to_vec()),
            (Action::Permit | Action::Unknown, _) => (all.may.clone(), Vec::new()),
            (_, Tri::No) => (only_sent.may.clone(), only_sent.must().to_vec()),
            (_, Tri::Yes) if everything => (vec![Cube::any()], vec![Cube::any()]),
            (_, _) => {
                let mut may = all.may.clone();
                if !set.may.is_empty() {
                    may.push(translated.clone());
                }
                (may, only_sent.must().to_vec())
            }
        };
        if set.may.is_empty() {
            (may, must) = (Vec::new(), Vec::new());
        }
        if numbers.contains(&None) {
            may.push(translated.clone());
            if self.action != Action::Deny {
                may.push(Cube::any());
            }
        }
        let known: Vec<u16> = numbers.iter().flatten().copied().collect();
        if !known.is_empty() {
            let marks = known.iter().map(|&n| (n.into(), n.into())).collect();
            let own = mark(FieldSet::Ranges(cube::normal(marks)));
            may.push(own.clone());
            must.push(own);
            // SOUNDNESS: whether the policy also lets packets through that were sent to the mapped
            // address is not documented.
            if self.action != Action::Deny {
                let mapped = vips.all.iter().filter(|v| known.contains(&v.mark)).map(|v| &v.mapped);
                let direct = |set| sent.clone().with(Field::Dst, set);
                may.extend(Values::union(mapped).field_sets(family).into_iter().map(direct));
            }
        }
        if may != must {
            self.conditions.push("destination translation".to_owned());
        }
        Predicate { must: (may != must).then_some(must), may }
    }

    /// Whether plain addresses match translated packets: for a deny, whether it does; for a permit, whether
    /// it matches nothing else.
    fn match_vip(&self) -> Tri {
        match self.action {
            Action::Permit => flag(self.body, "match-vip-only", Tri::No),
            _ => flag(self.body, "match-vip", self.context.match_vip),
        }
    }
}

fn plain(value: AddressSet) -> Found<AddressSet> {
    Found { value, conditions: Vec::new(), origins: Vec::new() }
}

/// Addresses as a predicate on one field.
pub(super) fn field(set: &AddressSet, field: Field, family: Family) -> Predicate {
    let cubes = |values: &Values| -> Vec<Cube> {
        values.field_sets(family).into_iter().map(|s| Cube::any().with(field, s)).collect()
    };
    let may = cubes(&set.may);
    Predicate { must: (!set.is_exact()).then(|| cubes(&set.must)), may }
}

/// What a permit certainly lets through: packets that open a session. A TCP packet without SYN, or an ICMP
/// message that asks nothing, may be refused as belonging to no session.
fn opening(all: Predicate, family: Family) -> Predicate {
    let protocol = |p: Protocol| Cube::any().with(Field::Proto, FieldSet::one(p.0.into()));
    let others = flags::ACK | flags::RST | flags::FIN;
    let syn = FieldSet::mask(flags::SYN.into(), (flags::SYN | others).into());
    let (icmp, asks): (Protocol, &[(u128, u128)]) = match family {
        Family::V4 => (Protocol::ICMP, &[(8, 8), (13, 13), (15, 15), (17, 17)]),
        Family::V6 => (Protocol::ICMPV6, &[(128, 128)]),
    };
    let whole = FieldSet::one(FRAGMENT_WHOLE);
    let [first, last] = if icmp.0 < Protocol::TCP.0 { [icmp, Protocol::TCP] } else { [Protocol::TCP, icmp] };
    let rest: Vec<(u128, u128)> = [
        (0, u128::from(first.0) - 1),
        (u128::from(first.0) + 1, u128::from(last.0) - 1),
        (u128::from(last.0) + 1, 255),
    ]
    .to_vec();
    let opens = Predicate::exact(vec![
        protocol(Protocol::TCP).with(Field::Flags, syn).with(Field::Fragment, whole.clone()),
        protocol(icmp).with(Field::IcmpType, FieldSet::Ranges(asks.to_vec())).with(Field::Fragment, whole),
        Cube::any().with(Field::Proto, FieldSet::Ranges(rest)),
    ]);
    let must = cube::and(&all, &opens, family).must().to_vec();
    Predicate { may: all.may, must: Some(must) }
}
