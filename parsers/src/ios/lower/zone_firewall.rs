//! Zone-based firewall: gates on departure, by the zone of arrival.
//!
//! - Between two zones: the policy of their zone pair; without a pair, or without a policy, everything is
//!   dropped. Within a zone everything passes, unless a pair of the zone with itself has a policy.
//! - Between a zone and an interface without one everything is dropped. With `zone security default` the
//!   interfaces without a zone are the members of that zone.
//! - The zone `self` concerns the router's own packets, which are not transit.
//! - A class of the policy passes (`inspect`, `pass`), or drops; what no class matches is dropped.
//!
//! Source: Cisco IOS Security Configuration Guide, "Zone-based policy firewall".
//!
//! **Translation.** Whether a policy on the way to an `ip nat outside` interface sees addresses before or after
//! the translation is described differently: on such interfaces its tests of translated fields decide
//! nothing, unless the question `zone-policy-before-nat` is answered. On the way inside, the destination has been translated before the route look-up.
//!
//! The gate holds for both families (releases before 15.1(2)T leave IPv6 alone: an assumption of the
//! device). An interface in a zone that is not defined may be in none: its gates may drop, no more.

mod class;

pub(super) use class::either_side;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{
    Action, Alternative, AppHelper, Assumption, ContextId, Device, Line, ListId, Predicate, RuleList, Stage,
};
use sekisho_net::{Family, Field, Protocol};

use super::acl::Lists;
use crate::common::Marks;
use crate::ios::ast::Config;
use crate::ios::ast::interface::{Interface, NatSide};
use crate::ios::ast::nat::Direction;
use crate::ios::ast::zone_firewall::{ClassAction, PolicyMap, ZonePair};
use crate::ios::codes_filter;
use class::Classes;

/// Whether a policy on the way to an `ip nat outside` interface sees addresses before the translation.
const BEFORE_NAT: &str = "zone-policy-before-nat";

/// Zone of an interface.
type Zone = Option<String>;

/// Puts the gates on every interface.
pub(crate) fn lower_zones(config: &Config, device: &mut Device, lists: &Lists, marks: &mut Marks) {
    let Some(first) = config.interfaces.iter().find_map(|i| i.zone.as_ref()) else { return };
    device.assumptions.push(Assumption {
        id: "zone-filter-ipv6",
        text: "the zone-based firewall filters IPv6 as it filters IPv4".to_owned(),
        span: Some(first.span),
    });
    let unzoned: Zone = config.zones.zones.contains_key("default").then(|| "default".to_owned());
    let zones: Vec<Zone> = (0..device.interfaces.len())
        .map(|i| {
            config
                .interfaces
                .get(i)
                .and_then(|c| c.zone.as_ref())
                .map(|z| z.value.clone())
                .or_else(|| unzoned.clone())
        })
        .collect();
    undefined_zones(config, marks);
    helpers(config, device);
    let arrivals = arrivals(device, &zones, &unzoned);
    let mut gates = Gates { config, lists, outside: false, built: Vec::new() };
    let answer = config.answers.get(BEFORE_NAT).copied();
    for (at, zone) in zones.iter().enumerate() {
        let span = config.interfaces.get(at).map(|i| i.zone.as_ref().map_or(i.name.span, |z| z.span));
        let span = span.unwrap_or(first.span);
        let translated = !config.nat.statements.is_empty();
        let outside = translated && config.interfaces.get(at).is_some_and(is_outside);
        gates.outside = outside && answer.is_none();
        let mut first = 0;
        for (from, contexts) in &arrivals {
            for stage in gates.between(from, zone, span, device, marks) {
                if outside && !device.alternatives.iter().any(|a| a.name == BEFORE_NAT) {
                    device.alternatives.push(Alternative { name: BEFORE_NAT, span: Some(span) });
                }
                let stage = Stage::When { from: contexts.clone(), stage: Box::new(stage) };
                let Some(interface) = device.interfaces.get_mut(at) else { continue };
                // Translations stand first in the program.
                if outside && answer == Some(true) {
                    interface.egress.insert(first, stage);
                    first += 1;
                } else {
                    interface.egress.push(stage);
                }
            }
        }
    }
}

/// Applications whose further sessions `inspect` may let pass, on their usual ports.
///
/// SOUNDNESS: whether a class without `match protocol` inspects them depends on the release: it may.
pub(super) const INSPECTED: &[(&str, Protocol, u16)] = &[
    ("ftp", Protocol::TCP, 21),
    ("tftp", Protocol::UDP, 69),
    ("sip", Protocol::TCP, 5060),
    ("sip", Protocol::UDP, 5060),
    ("h323", Protocol::TCP, 1720),
    ("h323", Protocol::UDP, 1719),
    ("rtsp", Protocol::TCP, 554),
    ("rtsp", Protocol::TCP, 8554),
    ("sqlnet", Protocol::TCP, 1521),
    ("sunrpc", Protocol::TCP, 111),
    ("sunrpc", Protocol::UDP, 111),
    ("msrpc", Protocol::TCP, 135),
    ("pptp", Protocol::TCP, 1723),
    ("rsh", Protocol::TCP, 514),
    ("mgcp", Protocol::UDP, 2427),
    ("skinny", Protocol::TCP, 2000),
];

fn helpers(config: &Config, device: &mut Device) {
    let inspects = |map: &&PolicyMap| map.classes.iter().any(|c| c.action == Some(ClassAction::Inspect));
    if let Some(map) = config.zones.policies.iter().find(inspects) {
        device.helpers.extend(AppHelper::defaults(INSPECTED, Some(map.name.span)));
    }
}

fn is_outside(interface: &Interface) -> bool {
    interface.nat_side.as_ref().is_some_and(|s| s.value == NatSide::Outside)
}

fn undefined_zones(config: &Config, marks: &mut Marks) {
    for zone in config.interfaces.iter().filter_map(|i| i.zone.as_ref()) {
        if !config.zones.zones.contains_key(&zone.value) {
            let message = format!("zone `{}` is not defined: the interface may be in no zone", zone.value);
            marks.diagnostic(codes_filter::ZONE_UNDEFINED, Severity::Warning, message, zone.span);
        }
    }
}

/// Zones of arrival with their contexts. A context that no interface has counts as unzoned.
fn arrivals(device: &Device, zones: &[Zone], unzoned: &Zone) -> Vec<(Zone, Vec<ContextId>)> {
    let mut names: BTreeSet<&Zone> = zones.iter().collect();
    names.insert(unzoned);
    let used: BTreeSet<ContextId> = device.interfaces.iter().map(|i| i.context).collect();
    let mut out = Vec::new();
    for name in names {
        let members = device.interfaces.iter().zip(zones).filter(|(_, z)| *z == name);
        let mut contexts: BTreeSet<ContextId> = members.map(|(i, _)| i.context).collect();
        if name == unzoned {
            let all = (0..device.contexts.len()).map(|i| ContextId(u32::try_from(i).unwrap_or(u32::MAX)));
            contexts.extend(all.filter(|c| !used.contains(c)));
        }
        if !contexts.is_empty() {
            out.push((name.clone(), contexts.into_iter().collect()));
        }
    }
    out
}

/// Gates between zones, each policy lowered once.
struct Gates<'a> {
    config: &'a Config,
    lists: &'a Lists,
    /// Whether the packet leaves by an interface that may translate it.
    outside: bool,
    built: Vec<(String, bool, [ListId; 2])>,
}

impl Gates<'_> {
    fn between(
        &mut self,
        from: &Zone,
        to: &Zone,
        span: Span,
        device: &mut Device,
        marks: &mut Marks,
    ) -> Vec<Stage> {
        let defined = |z: &Zone| z.as_ref().is_none_or(|name| self.config.zones.zones.contains_key(name));
        let surely = defined(from) && defined(to);
        let drop = |why: String, span: Span| {
            vec![if surely { Stage::Drop { span, why } } else { Stage::MayDrop { span, why } }]
        };
        let (source, destination) = match (from, to) {
            (None, None) => return Vec::new(),
            (Some(zone), None) => {
                return drop(format!("from zone {zone} to an interface without a zone"), span);
            }
            (None, Some(zone)) => {
                return drop(format!("from an interface without a zone to zone {zone}"), span);
            }
            (Some(source), Some(destination)) => (source, destination),
        };
        let pairs: Vec<&ZonePair> = self
            .config
            .zones
            .pairs
            .iter()
            .filter(|p| p.source == *source && p.destination == *destination)
            .collect();
        let pair = match pairs.as_slice() {
            [] if source == destination => return Vec::new(),
            [] => return drop(format!("no zone pair from {source} to {destination}"), span),
            [pair] => *pair,
            [first, ..] => {
                let why = format!("several zone pairs from {source} to {destination}");
                return vec![Stage::MayDrop { span: first.span, why }];
            }
        };
        let Some(policy) = &pair.policy else {
            if source == destination {
                return Vec::new();
            }
            return drop(format!("zone pair {} has no policy", pair.name), pair.span);
        };
        let Some(map) = self.config.zones.policies.iter().find(|p| p.name.value == policy.value) else {
            let message = format!(
                "policy map `{}` is not defined: what the zone pair lets through is not known",
                policy.value
            );
            marks.push(Diagnostic::new(
                codes_filter::ZONE_POLICY_UNDEFINED,
                Severity::Warning,
                message,
                policy.span,
            ));
            return vec![Stage::MayDrop {
                span: policy.span,
                why: format!("undefined policy map {}", policy.value),
            }];
        };
        if !surely {
            let why = format!("policy map {} between zones that are not both defined", policy.value);
            return vec![Stage::MayDrop { span: policy.span, why }];
        }
        self.policy(map, device, marks).map(|list| Stage::Filter { list, span: policy.span }).to_vec()
    }

    fn policy(&mut self, map: &PolicyMap, device: &mut Device, marks: &mut Marks) -> [ListId; 2] {
        let known = self.built.iter().find(|(name, o, _)| *name == map.name.value && *o == self.outside);
        if let Some((_, _, ids)) = known {
            return *ids;
        }
        let ids = Family::ALL.map(|family| {
            let mut list = rules(self.config, self.lists, map, family, device, marks);
            if self.outside && family == Family::V4 {
                on_either_side(self.config, &mut list);
            }
            device.lists.push(list);
            ListId(u32::try_from(device.lists.len() - 1).unwrap_or(u32::MAX))
        });
        self.built.push((map.name.value.clone(), self.outside, ids));
        ids
    }
}

/// Makes a list independent of the translation on departure.
fn on_either_side(config: &Config, list: &mut RuleList) {
    let mut fields = vec![Field::Src, Field::Sport];
    if config.nat.statements.iter().any(|s| s.direction == Direction::OutsideSource) {
        fields.extend([Field::Dst, Field::Dport]);
    }
    for line in &mut list.lines {
        let widened = class::either_side(&line.matches, &fields);
        if widened != line.matches {
            line.matches = widened;
            line.conditions.push("before or after translation".to_owned());
        }
    }
    list.name.push_str(" (translated)");
}

/// A policy map as a list for one family.
fn rules(
    config: &Config,
    lists: &Lists,
    map: &PolicyMap,
    family: Family,
    device: &Device,
    marks: &mut Marks,
) -> RuleList {
    let classes = Classes { config, device, lists, family };
    let mut lines = Vec::new();
    // `class-default` is the last class, wherever it was written.
    let (default, named): (Vec<_>, Vec<_>) = map.classes.iter().partition(|c| c.class.is_none());
    for class in named.into_iter().chain(default) {
        let found = classes.of(class.class.as_ref());
        if family == Family::V4 {
            for (span, message) in &found.unknown {
                marks.diagnostic(
                    codes_filter::ZONE_POLICY_UNDEFINED,
                    Severity::Warning,
                    message.clone(),
                    *span,
                );
            }
        }
        let mut conditions = found.conditions;
        let mut matches = found.matches;
        let action = match class.action {
            Some(ClassAction::Inspect) => {
                matches = class::inspected(&matches, family);
                Action::Permit
            }
            Some(ClassAction::Pass) => Action::Permit,
            Some(ClassAction::Drop) => Action::Deny,
            Some(ClassAction::Unknown) => Action::Unknown,
            // A class without an action; `class-default` drops.
            None if class.class.is_none() => Action::Deny,
            None => Action::Unknown,
        };
        if class.limited && action != Action::Deny {
            matches = Predicate::at_most(matches.may);
            conditions.push("rate limit or deep inspection".to_owned());
        }
        let origins = found.origins;
        let opens = class.action == Some(ClassAction::Inspect);
        lines.push(Line {
            action,
            matches,
            span: class.span,
            conditions,
            origins,
            stateless_reply: false,
            opens,
            replies: None,
        });
        if class.limited && action == Action::Permit {
            // What the limit rejects is dropped and meets no other class; that it may be dropped is enough.
            lines.push(Line {
                action: Action::Deny,
                matches: classes.of(class.class.as_ref()).matches,
                span: class.span,
                conditions: Vec::new(),
                origins: Vec::new(),
                stateless_reply: false,
                opens: false,
                replies: None,
            });
        }
    }
    RuleList {
        name: format!("policy-map {}", map.name.value),
        family,
        lines,
        default: Action::Deny,
        span: Some(map.name.span),
        stateful: map.classes.iter().any(|c| c.action == Some(ClassAction::Inspect)),
        default_opens: false,
    }
}
