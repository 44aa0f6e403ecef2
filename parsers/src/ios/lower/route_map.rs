//! Route maps where packets use them: policy routes and translation.
//!
//! A list that a clause names but nobody defines, or that is empty, is unknown both ways: for routes it
//! matches all, for packets that is not known.

#[cfg(test)]
mod tests;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{
    Device, InterfaceKind, PolicyRoute, PolicyRouteAction, PolicyRouteEntry, PolicyRouteId, Predicate, Stage,
    VrfId,
};
use sekisho_net::Family;

use super::acl::Lists;
use super::acl::cube;
use crate::common::Marks;
use crate::ios::ast::Config;
use crate::ios::ast::acl::Action;
use crate::ios::ast::route_map::{Clause, Match, Set};
use crate::ios::codes_filter;

/// Lowers the route maps of `ip policy route-map` and binds them as the last ingress stages.
pub(crate) fn lower_policy_routes(config: &Config, device: &mut Device, lists: &Lists, marks: &mut Marks) {
    let mut done: Vec<(String, Family, PolicyRouteId)> = Vec::new();
    for (at, interface) in config.interfaces.iter().enumerate() {
        for (family, bound) in [(Family::V4, &interface.policy_v4), (Family::V6, &interface.policy_v6)] {
            let Some(bound) = bound else { continue };
            let known = done.iter().find(|(name, f, _)| *name == bound.value && *f == family).map(|d| d.2);
            let policy = known.unwrap_or_else(|| {
                let id = PolicyRouteId(u32::try_from(device.policy_routes.len()).unwrap_or(u32::MAX));
                let lowered = policy_route(config, device, lists, &bound.value, family, bound.span, marks);
                device.policy_routes.push(lowered);
                done.push((bound.value.clone(), family, id));
                id
            });
            if let Some(target) = device.interfaces.get_mut(at) {
                target.ingress.push(Stage::PolicyRoute { policy, span: bound.span });
            }
        }
    }
}

fn policy_route(
    config: &Config,
    device: &Device,
    lists: &Lists,
    name: &str,
    family: Family,
    bound: Span,
    marks: &mut Marks,
) -> PolicyRoute {
    let clauses = config.route_maps.of(name);
    if clauses.is_empty() {
        let message = format!("route map `{name}` is not defined: packets may take any way");
        marks.push(
            Diagnostic::new(codes_filter::ROUTE_MAP_UNDEFINED, Severity::Warning, message, bound)
                .with_help("define the route map or remove the binding"),
        );
    }
    let entries = clauses.iter().map(|clause| PolicyRouteEntry {
        family,
        matches: predicate(device, lists, clause, family),
        action: policy_action(device, clause, family, marks),
        span: clause.span,
    });
    PolicyRoute { name: name.to_owned(), entries: entries.collect(), span: clauses.first().map(|c| c.span) }
}

/// The packets that a clause matches.
fn predicate(device: &Device, lists: &Lists, clause: &Clause, family: Family) -> Predicate {
    let mut out = Predicate::any();
    for test in &clause.matches {
        let next = match test {
            Match::Address(f, names) if *f == family => {
                let each: Vec<Predicate> = names.iter().map(|n| selected(device, lists, n, family)).collect();
                cube::or(&each)
            }
            // A test of the other family's addresses: whether it fails or is left out is not known.
            Match::Address(..) | Match::Condition(_) | Match::Other => Predicate::unknown(),
        };
        out = cube::and(&out, &next, family);
    }
    if clause.unknown.is_some() { Predicate::unknown() } else { out }
}

/// The packets that a list selects.
pub(crate) fn selected(device: &Device, lists: &Lists, name: &str, family: Family) -> Predicate {
    let list = lists.selector(name, family).and_then(|id| device.list(id));
    list.map_or_else(Predicate::unknown, cube::selected)
}

/// The packets that a route map may select for translation: those of a clause that permits.
pub(crate) fn translated(config: &Config, device: &Device, lists: &Lists, name: &str) -> Predicate {
    let clauses = config.route_maps.of(name);
    if clauses.is_empty() {
        return Predicate::unknown();
    }
    let permits = clauses.iter().filter(|c| c.action == Action::Permit);
    let all: Vec<Predicate> = permits.map(|c| predicate(device, lists, c, Family::V4)).collect();
    Predicate::at_most(cube::or(&all).may)
}

/// What a clause does. Of several ways of setting a target only the simple case is modelled.
fn policy_action(device: &Device, clause: &Clause, family: Family, marks: &mut Marks) -> PolicyRouteAction {
    if clause.unknown.is_some() {
        let message =
            format!("this clause of route map `{}` is not modelled: packets may take any way", clause.name);
        marks.diagnostic(codes_filter::ROUTE_MAP_UNKNOWN, Severity::Warning, message, clause.span);
        return PolicyRouteAction::Unknown;
    }
    if clause.action == Action::Deny {
        return PolicyRouteAction::Normal;
    }
    let mut targets = clause.sets.iter().filter(|s| **s != Set::Harmless);
    let (Some(set), None) = (targets.next(), targets.next()) else {
        let none = clause.sets.iter().all(|s| *s == Set::Harmless);
        return if none { PolicyRouteAction::Normal } else { PolicyRouteAction::Unknown };
    };
    let of_family = |a: &std::net::IpAddr| Family::of(*a) == family;
    match set {
        Set::NextHop { addresses, certain } => {
            let addresses: Vec<_> = addresses.iter().copied().filter(of_family).collect();
            // Without an address (a bare `verify-availability`, the other family) nothing is set.
            if addresses.is_empty() {
                PolicyRouteAction::Unknown
            } else {
                PolicyRouteAction::NextHops { addresses, certain: *certain }
            }
        }
        Set::DefaultNextHop(addresses) if addresses.iter().all(of_family) => {
            PolicyRouteAction::DefaultNextHops(addresses.clone())
        }
        Set::Interface(names) => interfaces(device, names),
        Set::Vrf(name) => device.find_vrf(name).map_or(PolicyRouteAction::Unknown, PolicyRouteAction::Vrf),
        Set::Global => PolicyRouteAction::Vrf(VrfId(0)),
        Set::DefaultNextHop(_) | Set::Harmless | Set::Unknown => PolicyRouteAction::Unknown,
    }
}

fn interfaces(device: &Device, names: &[String]) -> PolicyRouteAction {
    // `Null0` exists without being configured.
    if names.iter().all(|n| n == "Null0") {
        return PolicyRouteAction::Drop;
    }
    let found: Option<Vec<_>> = names.iter().map(|n| device.find_interface(n)).collect();
    match found {
        Some(all) if all.iter().all(|(_, i)| i.kind != InterfaceKind::Null) => {
            PolicyRouteAction::Interfaces(all.into_iter().map(|(id, _)| id).collect())
        }
        _ => PolicyRouteAction::Unknown,
    }
}
