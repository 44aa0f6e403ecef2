//! One entry as a predicate.
//!
//! **Fragments.** An entry without a layer-4 test matches whole packets and all fragments. A permit with a
//! layer-4 test (ports, ICMP message, TCP flags) matches later fragments on addresses and protocol alone;
//! a deny with such a test never matches them. `fragments` matches only them.
//! Source: Cisco IOS IP Configuration Guide, "Configuring IP services", fragment table.
//!
//! **IPv6.** `Proto` is taken as the upper-layer protocol behind all extension headers. Whether a permit
//! with a layer-4 test lets later fragments through is not certain: may, not must.

use sekisho_diag::Span;
use sekisho_model::Predicate;
use sekisho_net::{Cube, FRAGMENT_LATER, FRAGMENT_WHOLE, Family, Field, FieldSet, Protocol};

use crate::ios::ast::Config;
use crate::ios::ast::acl::{Action, Addresses, Icmp, Ports, Rule, Service};
use crate::ios::lower::object_group::{self, Resolved};

/// An entry, lowered.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    /// Whom it matches.
    pub matches: Predicate,
    /// Why the predicate is not exact.
    pub conditions: Vec<String>,
    /// Whether it admits replies by their flags.
    pub stateless_reply: bool,
    /// A time range that it names and nobody defines.
    pub undefined_time_range: Option<(String, Span)>,
    /// An object group of which not everything is known: where it is named, and why.
    pub unknown_group: Vec<(Span, String)>,
}

/// Tests beside the addresses; ports and messages only together with their protocols.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Upper {
    cube: Cube,
    protocols: FieldSet,
    layer4: bool,
}

/// A pair of possible and certain values.
struct Pair<T> {
    may: Vec<T>,
    must: Vec<T>,
}

/// Lowers an entry of a list of the family.
pub(super) fn lower(config: &Config, family: Family, rule: &Rule) -> Lowered {
    let mut out = Lowered {
        matches: Predicate::any(),
        conditions: rule.conditions.clone(),
        stateless_reply: false,
        undefined_time_range: None,
        unknown_group: Vec::new(),
    };
    let source = addresses(config, family, &rule.source, &mut out);
    let destination = addresses(config, family, &rule.destination, &mut out);
    let upper = upper(config, family, rule, &mut out);
    time_range(config, rule, &mut out);
    let mut may_fragments = rule.fragments;
    if rule.fragments && upper.may.iter().any(|u| u.layer4) {
        // No device accepts the two together; what one would do with them is not known.
        out.conditions.push("fragments with a layer-4 test".to_owned());
        may_fragments = false;
    }
    let permit = rule.action == Action::Permit;
    let product = |uppers: &[Upper], src: &[FieldSet], dst: &[FieldSet], later: bool| -> Vec<Cube> {
        let mut cubes = Vec::new();
        for u in uppers {
            for s in src {
                for d in dst {
                    let with = |c: &Cube| c.clone().with(Field::Src, s.clone()).with(Field::Dst, d.clone());
                    let fragment = |value| FieldSet::one(value);
                    if may_fragments {
                        cubes.push(with(&u.cube).with(Field::Fragment, fragment(FRAGMENT_LATER)));
                    } else if u.layer4 {
                        cubes.push(with(&u.cube).with(Field::Fragment, fragment(FRAGMENT_WHOLE)));
                        if later {
                            let layer3 = Cube::any().with(Field::Proto, u.protocols.clone());
                            cubes.push(with(&layer3).with(Field::Fragment, fragment(FRAGMENT_LATER)));
                        }
                    } else {
                        cubes.push(with(&u.cube));
                    }
                }
            }
        }
        cubes
    };
    let may = product(&upper.may, &source.may, &destination.may, permit || rule.fragments);
    let must = if out.conditions.is_empty() {
        product(&upper.must, &source.must, &destination.must, permit && family == Family::V4)
    } else {
        Vec::new()
    };
    for (_, reason) in &out.unknown_group {
        out.conditions.push(reason.clone());
    }
    out.stateless_reply = permit && replies_only(rule);
    out.matches = Predicate { must: (may != must).then_some(must), may };
    out
}

/// Whether every packet that passes the flag test carries ACK or RST: replies of established connections.
fn replies_only(rule: &Rule) -> bool {
    use sekisho_net::flags::{ACK, RST};
    rule.flags.as_ref().is_some_and(|f| f.may.iter().all(|(value, _)| value & (ACK | RST) != 0))
}

/// A time range that is defined is active at some time: a condition. One that is not defined leaves a
/// permit active; of a deny that is not taken for certain.
/// Source: Cisco 10000 Series Router Feature Guide, "Time-based ACLs", restrictions.
fn time_range(config: &Config, rule: &Rule, out: &mut Lowered) {
    let Some(name) = &rule.time_range else { return };
    let defined = config.time_ranges.defined.contains_key(&name.value);
    if defined || rule.action == Action::Deny {
        out.conditions.push(format!("time-range {}", name.value));
    }
    if !defined {
        out.undefined_time_range = Some((name.value.clone(), name.span));
    }
}

fn note<T>(resolved: &Resolved<T>, span: Span, out: &mut Lowered) {
    out.unknown_group.extend(resolved.reasons.iter().map(|r| (span, r.clone())));
}

fn addresses(config: &Config, family: Family, addresses: &Addresses, out: &mut Lowered) -> Pair<FieldSet> {
    match addresses {
        Addresses::Set(set) => Pair { may: vec![set.clone()], must: vec![set.clone()] },
        Addresses::Group(name) => {
            let found = object_group::addresses(&config.object_groups, &name.value, family);
            note(&found, name.span, out);
            sets(found)
        }
    }
}

fn sets(resolved: Resolved<FieldSet>) -> Pair<FieldSet> {
    let may = resolved.possible.map_or_else(|| vec![FieldSet::Any], merged);
    Pair { may, must: merged(resolved.sure) }
}

/// One set for all ranges, one for each bit pattern.
fn merged(sets: Vec<FieldSet>) -> Vec<FieldSet> {
    if sets.contains(&FieldSet::Any) {
        return vec![FieldSet::Any];
    }
    let mut ranges = Vec::new();
    let mut out = Vec::new();
    for set in sets {
        match set {
            FieldSet::Ranges(r) => ranges.extend(r),
            other => out.push(other),
        }
    }
    if !ranges.is_empty() {
        out.push(FieldSet::Ranges(ranges));
    }
    out
}

fn upper(config: &Config, family: Family, rule: &Rule, out: &mut Lowered) -> Pair<Upper> {
    let protocols = match &rule.service {
        Service::Group(name) => {
            let found = object_group::services(&config.object_groups, &name.value);
            note(&found, name.span, out);
            let services = |list: Vec<_>, sure| list.iter().flat_map(|s| service(family, s, sure)).collect();
            return Pair {
                may: found.possible.map_or_else(|| vec![Upper::any()], |list| services(list, false)),
                must: services(found.sure, true),
            };
        }
        Service::Any => return Pair { may: vec![Upper::any()], must: vec![Upper::any()] },
        Service::Protocol(p) => FieldSet::one(p.0.into()),
    };
    let base = Upper::of(protocols);
    let mut pair = Pair { may: vec![base.clone()], must: vec![base] };
    for (field, test) in [(Field::Sport, &rule.source_ports), (Field::Dport, &rule.destination_ports)] {
        let Some(test) = test else { continue };
        let found = match test {
            Ports::Set(set) => Pair { may: vec![set.clone()], must: vec![set.clone()] },
            Ports::Group(name) => {
                let found = object_group::ports(&config.object_groups, &name.value);
                note(&found, name.span, out);
                sets(found)
            }
        };
        pair = Pair { may: each(&pair.may, field, &found.may), must: each(&pair.must, field, &found.must) };
    }
    if let Some(test) = rule.icmp {
        pair = Pair { may: message(&pair.may, test, false), must: message(&pair.must, test, true) };
    }
    if let Some(test) = &rule.flags {
        let patterns = |list: &[(u8, u8)]| -> Vec<FieldSet> {
            list.iter().map(|&(v, c)| FieldSet::mask(v.into(), c.into())).collect()
        };
        pair = Pair {
            may: each(&pair.may, Field::Flags, &patterns(&test.may)),
            must: each(&pair.must, Field::Flags, &patterns(&test.must)),
        };
    }
    pair
}

/// Every upper test combined with every set of one field.
fn each(uppers: &[Upper], field: Field, sets: &[FieldSet]) -> Vec<Upper> {
    let combined = |u: &Upper, s: &FieldSet| Upper {
        layer4: true,
        cube: u.cube.clone().with(field, s.clone()),
        ..u.clone()
    };
    uppers.iter().flat_map(|u| sets.iter().map(move |s| combined(u, s))).collect()
}

fn message(uppers: &[Upper], test: Icmp, sure: bool) -> Vec<Upper> {
    let code = if sure { test.code.or(test.sure_code) } else { test.code };
    let typed = each(uppers, Field::IcmpType, &[FieldSet::one(test.kind.into())]);
    match code {
        Some(code) => each(&typed, Field::IcmpCode, &[FieldSet::one(code.into())]),
        None => typed,
    }
}

/// A member of a service group. `icmp` means ICMPv6 in an IPv6 list, and then its messages are unknown.
fn service(family: Family, service: &crate::ios::ast::object_group::Service, sure: bool) -> Vec<Upper> {
    let mut icmp = service.icmp;
    let mut numbers = Vec::new();
    for &p in &service.protocols {
        let p = if family == Family::V6 && p == Protocol::ICMP { Protocol::ICMPV6 } else { p };
        numbers.push((u128::from(p.0), u128::from(p.0)));
    }
    if family == Family::V6 && icmp.is_some() {
        if sure {
            return Vec::new();
        }
        icmp = None;
    }
    let base = if numbers.is_empty() { Upper::any() } else { Upper::of(FieldSet::Ranges(numbers)) };
    let mut uppers = vec![base];
    for (field, ports) in [(Field::Sport, &service.source), (Field::Dport, &service.destination)] {
        if let Some(set) = ports {
            uppers = each(&uppers, field, std::slice::from_ref(set));
        }
    }
    match icmp {
        Some(test) => message(&uppers, test, sure),
        None => uppers,
    }
}

impl Upper {
    fn any() -> Self {
        Self { cube: Cube::any(), protocols: FieldSet::Any, layer4: false }
    }

    fn of(protocols: FieldSet) -> Self {
        Self { cube: Cube::any().with(Field::Proto, protocols.clone()), protocols, layer4: false }
    }
}
