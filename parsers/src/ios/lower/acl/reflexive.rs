//! Reflexive lists: `reflect NAME` notes the packets that its entry permits, `evaluate NAME` permits their
//! replies.
//!
//! A noted packet is one temporary entry with addresses and ports exchanged, for as long as it lives; an
//! ICMP echo is answered by an echo reply. No new packet matches `evaluate`.
//! Source: Cisco IOS Security Configuration Guide, "Configuring IP Session Filtering (Reflexive Access Lists)".

use sekisho_model::Predicate;
use sekisho_net::{Cube, FRAGMENT_WHOLE, Family, Field, FieldSet, Protocol};

use super::{cube, rule};
use crate::ios::ast::Config;
use crate::ios::ast::acl::{Action, Body, Edit, Entry, Rule, Statement};
use crate::ios::ast::zone_firewall::ClassAction;

/// Whether some list evaluates a reflexive one.
pub(in crate::ios::lower) fn are_used(config: &Config) -> bool {
    entries(config).any(|(_, entry)| matches!(entry.body, Body::Evaluate(_)))
}

fn entries(config: &Config) -> impl Iterator<Item = (&Statement, &Entry)> {
    config.acls.statements.iter().filter_map(|s| match &s.edit {
        Edit::Add(entry) => Some((s, entry)),
        _ => None,
    })
}

fn permits(config: &Config, family: Family) -> impl Iterator<Item = (&Statement, &Rule)> {
    entries(config).filter(move |(s, _)| s.list.1 == family).filter_map(|(s, e)| match &e.body {
        Body::Rule(rule) if rule.action == Action::Permit => Some((s, &**rule)),
        _ => None,
    })
}

/// The packets of sessions that `evaluate NAME` may and surely does match.
///
/// SOUNDNESS: everything may be noted under a name that no entry was read to note anything under, and while
/// some entry was not read.
pub(super) fn replies(config: &Config, family: Family, name: &str) -> Predicate {
    let noted = |rule: &Rule| rule.reflect.as_deref() == Some(name);
    let mut may = Vec::new();
    let mut must = Vec::new();
    for (at, found) in permits(config, family).filter(|(_, rule)| noted(rule)) {
        let matches = rule::lower(config, family, found).matches;
        may.extend(matches.may.iter().map(mirrored));
        let alone = |c: &&Cube| is_noted_here(config, family, (at, name), c);
        must.extend(matches.must().iter().filter(alone).flat_map(|c| answers(c, family)));
    }
    let garbled = |(s, e): (&Statement, &Entry)| {
        s.list.1 == family && matches!(e.body, Body::Garbled(None | Some(Action::Permit)))
    };
    if may.is_empty() || entries(config).any(garbled) {
        return Predicate::unknown();
    }
    let must = if is_certain(config) { must } else { Vec::new() };
    Predicate { may, must: Some(must) }
}

/// Whether every session of the device is one of its reflexive lists, and the lists are what is written.
fn is_certain(config: &Config) -> bool {
    let inspects = config.zones.policies.iter().flat_map(|p| &p.classes);
    let mut edits = config.acls.statements.iter().map(|s| &s.edit);
    !inspects.into_iter().any(|c| c.action == Some(ClassAction::Inspect))
        && config.inspect.rules.is_empty()
        && edits.all(|e| matches!(e, Edit::Open(_) | Edit::Add(_)))
}

/// Whether no packet of a box that an entry notes under a name may meet another permit of the list, or be
/// noted under another name.
fn is_noted_here(config: &Config, family: Family, (at, name): (&Statement, &str), one: &Cube) -> bool {
    let one = Predicate::exact(vec![one.clone()]);
    permits(config, family).all(|(other, found)| {
        let same = found.reflect.as_deref() == Some(name);
        let concerns = !same && (other.list == at.list || found.reflect.is_some());
        !concerns || cube::and(&one, &rule::lower(config, family, found).matches, family).may.is_empty()
    })
}

/// The opposite direction: addresses and ports change places, flags and ICMP messages are free.
fn mirrored(cube: &Cube) -> Cube {
    Cube::any()
        .with(Field::Proto, cube.get(Field::Proto).clone())
        .with(Field::Src, cube.get(Field::Dst).clone())
        .with(Field::Dst, cube.get(Field::Src).clone())
        .with(Field::Sport, cube.get(Field::Dport).clone())
        .with(Field::Dport, cube.get(Field::Sport).clone())
        .with(Field::Fragment, cube.get(Field::Fragment).clone())
}

/// Replies that surely match: those of TCP and UDP, and echo replies.
fn answers(noted: &Cube, family: Family) -> Vec<Cube> {
    let (icmp, echo, reply) = match family {
        Family::V4 => (Protocol::ICMP, 8, 0),
        Family::V6 => (Protocol::ICMPV6, 128, 129),
    };
    let has = |p: Protocol| noted.get(Field::Proto).contains(p.0.into());
    if !noted.get(Field::Fragment).contains(FRAGMENT_WHOLE) {
        return Vec::new();
    }
    let of = |p: Protocol| {
        mirrored(noted)
            .with(Field::Proto, FieldSet::one(p.0.into()))
            .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE))
    };
    let ports = [Protocol::TCP, Protocol::UDP].into_iter().filter(|p| has(*p)).map(of);
    let echoes = has(icmp) && noted.get(Field::IcmpType).contains(echo);
    ports.chain(echoes.then(|| of(icmp).with(Field::IcmpType, FieldSet::one(reply)))).collect()
}
