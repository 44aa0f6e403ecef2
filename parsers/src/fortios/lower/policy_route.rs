//! Policy routes and SD-WAN rules: decisions that precede the route look-up.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::{
    Coverage, Device, InterfaceId, NextHop, PolicyRoute, PolicyRouteAction, PolicyRouteEntry, PolicyRouteId,
    Predicate, Stage,
};
use sekisho_net::{Cube, FRAGMENT_LATER, FRAGMENT_WHOLE, Family, Field, FieldSet, Prefix};

use super::sdwan::Sdwan;
use super::{Scope, route};
use crate::common::Marks;
use crate::fortios::tree::{Entry, Setting};
use crate::fortios::{marks as state, value};

/// Settings that are harmless: comments, marks on packets, and what only orders members.
const HARMLESS: &[&str] = &["comments", "comment", "seq-num", "tos", "tos-mask"];

/// An entry and the interfaces by which its packets arrive (`None`: any).
struct Bound {
    from: Option<Vec<InterfaceId>>,
    entries: Vec<PolicyRouteEntry>,
}

/// Binds the policy routes as the last ingress stage of every layer-3 interface.
pub(super) fn lower_policy_routes(
    scope: &Scope<'_, '_>,
    sdwan: &Sdwan<'_, '_>,
    device: &mut Device,
    marks: &mut Marks,
) {
    let mut bound: Vec<Bound> = Vec::new();
    let mut first: Option<Span> = None;
    for (path, family) in [("router policy", Family::V4), ("router policy6", Family::V6)] {
        for table in scope.tables(path) {
            state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
            for entry in &table.entries {
                first.get_or_insert(table.span);
                bound.extend(policy(scope, family, entry, device, marks));
            }
        }
    }
    // SD-WAN rules come after the policy routes.
    for rule in &sdwan.rules {
        first.get_or_insert(rule.entry.span);
        bound
            .push(Bound { from: None, entries: sdwan_rule(scope, sdwan, rule.entry, &rule.members, device) });
    }
    let Some(span) = first else { return };
    let mut done: Vec<(Vec<bool>, PolicyRouteId)> = Vec::new();
    for index in 0..device.interfaces.len() {
        let id = InterfaceId(u32::try_from(index).unwrap_or(u32::MAX));
        if device.interface(id).is_none_or(|i| i.l3.is_none()) {
            continue;
        }
        let applies: Vec<bool> =
            bound.iter().map(|b| b.from.as_ref().is_none_or(|from| from.contains(&id))).collect();
        if !applies.contains(&true) {
            continue;
        }
        let known = done.iter().find(|(a, _)| *a == applies).map(|d| d.1);
        let policy = known.unwrap_or_else(|| {
            let policy = PolicyRouteId(u32::try_from(device.policy_routes.len()).unwrap_or(u32::MAX));
            let chosen = bound.iter().zip(&applies).filter(|(_, yes)| **yes);
            let entries = chosen.flat_map(|(b, _)| b.entries.iter().cloned()).collect();
            let name = match device.interface(id) {
                Some(i) => format!("policy routes of {}", i.name),
                None => "policy routes".to_owned(),
            };
            device.policy_routes.push(PolicyRoute { name, entries, span: Some(span) });
            done.push((applies.clone(), policy));
            policy
        });
        if let Some(interface) = device.interfaces.get_mut(index) {
            interface.ingress.push(Stage::PolicyRoute { policy, span });
        }
    }
}

/// One `edit` of `config router policy`.
fn policy(
    scope: &Scope<'_, '_>,
    family: Family,
    entry: &Entry<'_>,
    device: &Device,
    marks: &mut Marks,
) -> Option<Bound> {
    state::lines(marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
    let words = format!("policy route {}", entry.key.text);
    let mut unread = !entry.body.all_garbled().is_empty();
    let mut partly = false;
    let mut cube = vec![Cube::any()];
    let mut ports = PortTests::default();
    for setting in &entry.body.settings {
        if setting.unset {
            state::modeled(marks, setting);
            continue;
        }
        let name = setting.name.text.as_ref();
        let current = entry.body.get(name).is_some_and(|s| s.span == setting.span);
        let known = match name {
            _ if HARMLESS.contains(&name) => {
                state::ignored(marks, setting);
                continue;
            }
            "src" | "dst" => networks(setting, family).map(|sets| {
                let field = if name == "src" { Field::Src } else { Field::Dst };
                if current && !sets.is_empty() {
                    cube = sets
                        .iter()
                        .flat_map(|s| cube.iter().map(|c| c.clone().with(field, s.clone())))
                        .collect();
                }
            }),
            "protocol" => value::number::<u8>(setting).map(|number| {
                if current && number != 0 {
                    for c in &mut cube {
                        c.set(Field::Proto, FieldSet::one(u128::from(number)));
                    }
                    ports.protocol = Some(number);
                }
            }),
            "start-port" | "end-port" | "start-source-port" | "end-source-port" => {
                value::number::<u16>(setting).map(|number| {
                    if current {
                        ports.set(name, number);
                    }
                })
            }
            "input-device" | "output-device" => Some(()),
            "gateway" => value::word(setting).and_then(|w| w.parse::<IpAddr>().ok()).map(|_| ()),
            "action" => matches!(value::word(setting), Some("permit" | "deny")).then_some(()),
            "status" | "input-device-negate" => value::switch(setting).map(|_| ()),
            "src-negate" | "dst-negate" => match value::switch(setting) {
                Some(false) => Some(()),
                Some(true) => {
                    unread = true;
                    Some(())
                }
                None => None,
            },
            "srcaddr"
            | "dstaddr"
            | "internet-service-id"
            | "internet-service-custom"
            | "users"
            | "groups" => {
                partly = true;
                state::approximated(marks, setting, &words);
                Some(())
            }
            _ => None,
        };
        match known {
            Some(()) => state::modeled(marks, setting),
            None => {
                unread = true;
                state::widened(marks, setting, Coverage::Unrecognized, &words);
            }
        }
    }
    for table in &entry.body.tables {
        unread = true;
        state::table(marks, table, Coverage::Unrecognized, Some(&words));
    }
    let off = entry.body.get("status").is_some_and(|s| value::switch(s) == Some(false));
    if off && !unread {
        return None;
    }
    let from = if unread { None } else { from(entry, device) };
    if unread {
        let matches = Predicate::unknown();
        let action = PolicyRouteAction::Unknown;
        return Some(Bound {
            from,
            entries: vec![PolicyRouteEntry { family, matches, action, span: entry.span }],
        });
    }
    let matches = ports.apply(cube, partly || off);
    let denied = entry.body.get("action").is_some_and(|s| value::word(s) == Some("deny"));
    let entries = if denied {
        // Source: `FortiOS` Administration Guide, Policy routes: `deny` stops policy routing.
        vec![PolicyRouteEntry { family, matches, action: PolicyRouteAction::Normal, span: entry.span }]
    } else {
        let output = entry.body.get("output-device").map_or(&[][..], |s| &s.values);
        let out: Vec<InterfaceId> = output.iter().filter_map(|w| find(device, &w.text)).collect();
        let gateway = entry.body.value("gateway").and_then(|w| w.text.parse::<IpAddr>().ok());
        let gateways: Vec<IpAddr> = gateway.into_iter().filter(|g| !g.is_unspecified()).collect();
        ways(scope, family, &matches, &out, &gateways, device, entry.span)
    };
    Some(Bound { from, entries })
}

/// The ways that a rule may choose among, each of them possible, and ordinary look-up besides: the device
/// takes a way only while a route by it exists.
fn ways(
    scope: &Scope<'_, '_>,
    family: Family,
    matches: &Predicate,
    out: &[InterfaceId],
    gateways: &[IpAddr],
    device: &Device,
    span: Span,
) -> Vec<PolicyRouteEntry> {
    let mut addresses: Vec<IpAddr> = gateways.iter().copied().filter(|g| Family::of(*g) == family).collect();
    if addresses.is_empty() {
        // Without a gateway of its own, that of a route by the interface.
        let routes = device.vrfs.iter().flat_map(|v| &v.routes);
        addresses.extend(routes.filter_map(|r| match r.next_hop {
            NextHop::Via { addr, interface: Some(by), .. } if out.contains(&by) => Some(addr),
            _ => None,
        }));
        addresses.retain(|a| Family::of(*a) == family);
        addresses.dedup();
    }
    let leased = out.iter().filter_map(|id| device.interface(*id)).any(|i| route::is_leased(scope, &i.name));
    let may = || Predicate::at_most(matches.may.clone());
    let entry = |action| PolicyRouteEntry { family, matches: may(), action, span };
    let mut entries = Vec::new();
    if !addresses.is_empty() {
        entries.push(entry(PolicyRouteAction::NextHops { addresses, certain: false }));
    }
    if !out.is_empty() {
        entries.push(entry(PolicyRouteAction::Interfaces(out.to_vec())));
    }
    if leased || entries.is_empty() {
        entries.push(entry(PolicyRouteAction::Unknown));
    }
    entries
}

/// One rule of SD-WAN: whatever it matches may take any of its members.
fn sdwan_rule(
    scope: &Scope<'_, '_>,
    sdwan: &Sdwan<'_, '_>,
    entry: &Entry<'_>,
    numbers: &[String],
    device: &Device,
) -> Vec<PolicyRouteEntry> {
    let off = entry.body.get("status").is_some_and(|s| value::switch(s) == Some(false));
    if off && entry.body.all_garbled().is_empty() {
        return Vec::new();
    }
    let named = |m: &&super::sdwan::Member| numbers.is_empty() || numbers.contains(&m.number);
    // SOUNDNESS: `priority-zone` may name more; then all of them.
    let zones = entry.body.get("priority-zone").is_some();
    let members: Vec<_> = sdwan.members.iter().filter(|m| zones || named(m)).collect();
    let out: Vec<InterfaceId> = members.iter().map(|m| m.interface).collect();
    let gateways: Vec<IpAddr> = members.iter().flat_map(|m| m.gateways.iter().copied()).collect();
    let mut entries = Vec::new();
    for family in Family::ALL {
        let cubes = sdwan_cubes(scope, entry, family);
        let matches = Predicate::at_most(cubes);
        entries.extend(ways(scope, family, &matches, &out, &gateways, device, entry.span));
    }
    entries
}

/// The packets that a rule may match: by its destinations where they are certain networks.
fn sdwan_cubes(scope: &Scope<'_, '_>, entry: &Entry<'_>, family: Family) -> Vec<Cube> {
    let name = if family == Family::V4 { "dst" } else { "dst6" };
    let negated = value::enabled(&entry.body, "dst-negate").is_some();
    let garbled = !entry.body.all_garbled().is_empty();
    let Some(setting) = entry.body.get(name).filter(|_| !negated && !garbled) else {
        return vec![Cube::any()];
    };
    let mut prefixes: Vec<Prefix> = Vec::new();
    for word in &setting.values {
        match route::networks(scope, &word.text, family, 0) {
            Some(found) => prefixes.extend(found),
            None => return vec![Cube::any()],
        }
    }
    prefixes.iter().map(|p| Cube::any().with(Field::Dst, FieldSet::prefix(*p))).collect()
}

/// The interfaces by which packets arrive that a policy route tests; `None` for any.
fn from(entry: &Entry<'_>, device: &Device) -> Option<Vec<InterfaceId>> {
    let setting = entry.body.get("input-device").filter(|s| !s.values.is_empty())?;
    if setting.values.iter().any(|w| w.text == "any") {
        return None;
    }
    let named: Vec<InterfaceId> = setting.values.iter().filter_map(|w| find(device, &w.text)).collect();
    if value::enabled(&entry.body, "input-device-negate").is_some() {
        return Some(device.interface_ids().map(|(id, _)| id).filter(|id| !named.contains(id)).collect());
    }
    Some(named)
}

fn find(device: &Device, name: &str) -> Option<InterfaceId> {
    device.interface_ids().find(|(_, i)| i.name == name).map(|(id, _)| id)
}

/// Networks such as `10.0.0.0/255.0.0.0`, `10.0.0.0/8` or `10.0.0.0 255.0.0.0`; `None` when one is none.
fn networks(setting: &Setting<'_>, family: Family) -> Option<Vec<FieldSet>> {
    let values = &setting.values;
    if family == Family::V6 {
        let sets = values.iter().map(|w| value::prefix6(std::slice::from_ref(w)).map(FieldSet::prefix));
        return sets.collect();
    }
    if values.len() == 2
        && values.iter().all(|w| !w.text.contains('/'))
        && let Some(prefix) = value::prefix4(values)
    {
        return Some(vec![FieldSet::prefix(prefix)]);
    }
    let one = |text: &str| -> Option<Prefix> {
        let (addr, mask) = text.split_once('/')?;
        match mask.parse::<u32>() {
            Ok(len) => Prefix::new(addr.parse().ok()?, len).ok(),
            Err(_) => Prefix::with_mask(addr.parse().ok()?, mask.parse().ok()?).ok(),
        }
    };
    values.iter().map(|w| one(&w.text).filter(|p| p.family() == Family::V4).map(FieldSet::prefix)).collect()
}

/// Port tests, which count for TCP, UDP and SCTP only.
#[derive(Default)]
struct PortTests {
    protocol: Option<u8>,
    destination: (Option<u16>, Option<u16>),
    source: (Option<u16>, Option<u16>),
}

impl PortTests {
    fn set(&mut self, name: &str, number: u16) {
        match name {
            "start-port" => self.destination.0 = Some(number),
            "end-port" => self.destination.1 = Some(number),
            "start-source-port" => self.source.0 = Some(number),
            _ => self.source.1 = Some(number),
        }
    }

    /// What a rule matches, with its port tests. `doubt`: it may match less than that.
    // SOUNDNESS: a later fragment has no ports; whether it follows the first one is not documented.
    fn apply(&self, cubes: Vec<Cube>, doubt: bool) -> Predicate {
        let ranges = [
            (Field::Dport, self.destination.0.unwrap_or(0), self.destination.1.unwrap_or(u16::MAX)),
            (Field::Sport, self.source.0.unwrap_or(0), self.source.1.unwrap_or(u16::MAX)),
        ];
        let tests = |(_, lo, hi): &&(Field, u16, u16)| *lo > 1 || *hi < u16::MAX;
        let tested = matches!(self.protocol, Some(6 | 17 | 132)) && ranges.iter().any(|r| tests(&r));
        if !tested {
            return if doubt { Predicate::at_most(cubes) } else { Predicate::exact(cubes) };
        }
        let mut whole = cubes.clone();
        for cube in &mut whole {
            cube.set(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
            for (field, lo, hi) in ranges.iter().filter(tests) {
                cube.set(*field, FieldSet::range(u128::from(*lo), u128::from(*hi)));
            }
        }
        let later = cubes.into_iter().map(|c| c.with(Field::Fragment, FieldSet::one(FRAGMENT_LATER)));
        let may = whole.iter().cloned().chain(later).collect();
        Predicate { may, must: Some(if doubt { Vec::new() } else { whole }) }
    }
}
