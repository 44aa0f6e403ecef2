//! What stands between each pair of interfaces: lists of policies, source translation.
//!
//! Interfaces that all policies treat alike are one class; a pair of classes has one sequence of
//! policies, and equal sequences are one list. So a table between zones gives lists per pair of zones,
//! however many interfaces the zones have.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_diag::Span;
use sekisho_model::{
    Action, ContextId, Device, Line, ListId, NatId, NatTable, Predicate, RuleList, Stage, Tri,
};
use sekisho_net::Family;

use super::rule::Rule;
use super::source::{Sources, Translation};
use crate::fortios::index::InterfaceIndex;

/// Position of a rule and whether it certainly stands between the pair.
type Step = (usize, bool);

/// What a list does with a packet that no policy matches, and before any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Frame {
    /// Policies, then the implicit deny.
    Policies,
    /// Policies, then a pass within the zone.
    Intrazone,
    /// Policies, then perhaps a pass within the zone.
    PerhapsIntrazone,
    /// Perhaps a pass without any policy: the packet leaves by the interface by which it came.
    Redirect,
}

/// How a list is told from others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    steps: [Vec<Step>; 2],
    frame: [Frame; 2],
}

/// What all pairs have in common.
pub(super) struct Gates<'g> {
    /// All policies in order of evaluation.
    pub rules: &'g [Rule],
    /// Source translation.
    pub sources: &'g Sources,
    /// Interfaces and zones.
    pub index: &'g InterfaceIndex,
    /// Whether packets may leave by the interface by which they came without a policy, per family.
    pub redirects: [Tri; 2],
    /// The line of the table.
    pub span: Option<Span>,
}

/// Puts lists and translations on the interfaces by which packets leave.
pub(super) fn bind(gates: &Gates<'_>, device: &mut Device) {
    let routed: Vec<usize> =
        device.interfaces.iter().enumerate().filter(|(_, i)| i.l3.is_some()).map(|(at, _)| at).collect();
    let columns = |side: fn(&Rule) -> &super::ports::Ports, at: usize| -> Vec<Step> {
        let found = gates.rules.iter().enumerate().map(|(n, r)| (n, side(r).of(at)));
        found.filter(|(_, t)| t.possible()).map(|(n, t)| (n, t.certain())).collect()
    };
    let mut classes = Classes::default();
    let arrivals: Vec<usize> = routed.iter().map(|&at| classes.of(columns(|r| &r.from, at))).collect();
    let departures: Vec<usize> = routed.iter().map(|&at| classes.of(columns(|r| &r.to, at))).collect();
    let names: Vec<String> = device
        .interface_ids()
        .map(|(id, i)| gates.index.zone_of(id).map_or(i.name.clone(), |(zone, _)| zone.to_owned()))
        .collect();
    let zones: Vec<Option<(String, Tri)>> = device
        .interface_ids()
        .map(|(id, _)| gates.index.zone_of(id).map(|(name, zone)| (name.to_owned(), zone.intrazone)))
        .collect();
    let mut build = Build { gates, lists: BTreeMap::new(), names: BTreeSet::new(), nats: BTreeMap::new() };
    let mut sequences: BTreeMap<(usize, usize), [Vec<Step>; 2]> = BTreeMap::new();
    for (&to, &departure) in routed.iter().zip(&departures) {
        let mut groups: BTreeMap<([ListId; 2], Option<NatId>), Vec<ContextId>> = BTreeMap::new();
        for (&from, &arrival) in routed.iter().zip(&arrivals) {
            let steps = sequences.entry((arrival, departure)).or_insert_with(|| {
                let both = meet(classes.steps(arrival), classes.steps(departure));
                Family::ALL.map(|family| {
                    let counts =
                        |s: &&Step| gates.rules.get(s.0).is_some_and(|r| !r.matches(family).may.is_empty());
                    both.iter().filter(counts).copied().collect()
                })
            });
            let zone = |at: usize| zones.get(at).and_then(Option::as_ref);
            let frame = Family::ALL.map(|family| frame(gates, family, from == to, zone(from), zone(to)));
            let key = Key { steps: steps.clone(), frame };
            let name = |at: usize| names.get(at).map_or("", String::as_str);
            let label = if from == to {
                let own = device.interfaces.get(from).map_or("", |i| i.name.as_str());
                format!("policy {own} -> {own}")
            } else {
                format!("policy {} -> {}", name(from), name(to))
            };
            let lists = build.lists(&key, &label, device);
            let nat = build.nat(&key, &label, from, to, device);
            let context = device.interfaces.get(from).map_or(ContextId(0), |i| i.context);
            groups.entry((lists, nat)).or_default().push(context);
        }
        let Some(interface) = device.interfaces.get_mut(to) else { continue };
        let span = gates.span.unwrap_or(interface.span);
        for ((lists, nat), mut from) in groups {
            from.sort_unstable();
            from.dedup();
            let mut push = |stage: Stage| {
                interface.egress.push(Stage::When { from: from.clone(), stage: Box::new(stage) });
            };
            for list in lists {
                push(Stage::Filter { list, span });
            }
            if let Some(table) = nat {
                push(Stage::Nat { table, span });
            }
        }
    }
}

/// Interfaces that all policies treat alike.
#[derive(Default)]
struct Classes {
    by_steps: BTreeMap<Vec<Step>, usize>,
    all: Vec<Vec<Step>>,
}

impl Classes {
    fn of(&mut self, steps: Vec<Step>) -> usize {
        if let Some(&at) = self.by_steps.get(&steps) {
            return at;
        }
        let at = self.all.len();
        self.by_steps.insert(steps.clone(), at);
        self.all.push(steps);
        at
    }

    fn steps(&self, at: usize) -> &[Step] {
        self.all.get(at).map_or(&[], Vec::as_slice)
    }
}

/// Rules that stand on both sides.
fn meet(a: &[Step], b: &[Step]) -> Vec<Step> {
    let mut out = Vec::new();
    let mut rest = b.iter().peekable();
    for &(rule, sure) in a {
        while rest.peek().is_some_and(|(other, _)| *other < rule) {
            rest.next();
        }
        if let Some((_, other)) = rest.peek().filter(|(other, _)| *other == rule) {
            out.push((rule, sure && *other));
        }
    }
    out
}

fn frame(
    gates: &Gates<'_>,
    family: Family,
    same: bool,
    from: Option<&(String, Tri)>,
    to: Option<&(String, Tri)>,
) -> Frame {
    let [v4, v6] = gates.redirects;
    let redirects = if family == Family::V4 { v4 } else { v6 };
    if same && redirects.possible() {
        return Frame::Redirect;
    }
    match (from, to) {
        (Some((a, intrazone)), Some((b, _))) if a == b => match (intrazone, same) {
            (Tri::No, _) => Frame::Policies,
            (Tri::Yes, false) => Frame::Intrazone,
            // Whether a zone is within itself on one interface is not documented.
            _ => Frame::PerhapsIntrazone,
        },
        _ => Frame::Policies,
    }
}

struct Build<'b, 'g> {
    gates: &'b Gates<'g>,
    lists: BTreeMap<Key, [ListId; 2]>,
    names: BTreeSet<String>,
    nats: BTreeMap<(Vec<Translation>, usize), Option<NatId>>,
}

impl Build<'_, '_> {
    fn lists(&mut self, key: &Key, label: &str, device: &mut Device) -> [ListId; 2] {
        if let Some(ids) = self.lists.get(key) {
            return *ids;
        }
        let name = self.name(label);
        let mut ids = [ListId(0); 2];
        for (slot, family) in ids.iter_mut().zip(Family::ALL) {
            *slot = ListId(u32::try_from(device.lists.len()).unwrap_or(u32::MAX));
            device.lists.push(self.list(key, family, name.clone()));
        }
        self.lists.insert(key.clone(), ids);
        ids
    }

    /// A name that no other list has.
    fn name(&mut self, label: &str) -> String {
        let mut name = label.to_owned();
        let mut number = 2;
        while !self.names.insert(name.clone()) {
            name = format!("{label} ({number})");
            number += 1;
        }
        name
    }

    fn list(&self, key: &Key, family: Family, name: String) -> RuleList {
        let Key { steps: [four, six], frame: [frame4, frame6] } = key;
        let (steps, frame) = match family {
            Family::V4 => (four, frame4),
            Family::V6 => (six, frame6),
        };
        let mut lines = Vec::new();
        let at = self.gates.span;
        if let (Frame::Redirect, Some(span)) = (frame, at) {
            // Such packets are forwarded without a session. Source: FortiOS handbook, layer-3 forwarding in
            // and out of one interface.
            lines.push(Line {
                action: Action::Permit,
                matches: Predicate::unknown(),
                span,
                conditions: vec![
                    "redirection by the interface of arrival (allow-traffic-redirect)".to_owned(),
                ],
                origins: Vec::new(),
                stateless_reply: false,
                opens: false,
                replies: None,
            });
        }
        for &(rule, sure) in steps {
            let Some(rule) = self.gates.rules.get(rule) else { continue };
            lines.push(line(rule, family, sure));
        }
        let default = match (frame, at) {
            (Frame::Policies, _) | (Frame::Redirect, Some(_)) => Action::Deny,
            (Frame::Intrazone, _) => Action::Permit,
            (Frame::PerhapsIntrazone, _) | (Frame::Redirect, None) => Action::Unknown,
        };
        let span = lines.first().map(|l| l.span).or(at);
        let default_opens = matches!(frame, Frame::Intrazone | Frame::PerhapsIntrazone);
        RuleList { name, family, lines, default, span, stateful: true, default_opens }
    }

    fn nat(&mut self, key: &Key, label: &str, from: usize, to: usize, device: &mut Device) -> Option<NatId> {
        let [v4, v6] = &key.steps;
        let mut all = self.gates.sources.between(self.gates.rules, [v4, v6], from, to);
        if key.frame.contains(&Frame::Redirect) {
            all.iter_mut().for_each(|t| t.sure = false);
        }
        if !self.gates.sources.changes(self.gates.rules, &all) {
            return None;
        }
        if let Some(id) = self.nats.get(&(all.clone(), to)) {
            return *id;
        }
        let rules = self.gates.sources.rules(self.gates.rules, &all, to, device);
        let id = NatId(u32::try_from(device.nats.len()).unwrap_or(u32::MAX));
        device.nats.push(NatTable { name: format!("source translation, {label}"), rules });
        self.nats.insert((all, to), Some(id));
        Some(id)
    }
}

/// A policy as a line; one that only perhaps stands between the pair matches nothing for certain.
fn line(rule: &Rule, family: Family, sure: bool) -> Line {
    let mut matches = rule.matches(family).clone();
    let mut conditions = if matches.is_exact() { Vec::new() } else { rule.conditions.clone() };
    if !sure {
        matches = Predicate::at_most(matches.may);
        conditions = rule.conditions.clone();
        conditions.extend(rule.from.conditions.iter().chain(&rule.to.conditions).cloned());
        conditions.dedup();
    }
    Line {
        action: rule.action,
        matches,
        span: rule.span,
        conditions,
        origins: rule.origins.clone(),
        stateless_reply: false,
        opens: true,
        replies: None,
    }
}
