//! The check of the source address that every interface makes.
//!
//! Source: `FortiOS` Administration Guide, Reverse path look-up: a packet passes if some active route to its
//! source leaves by the interface on which it arrived (with `strict-src-check`, only the best one). So a
//! source with a certain route surely passes. SOUNDNESS: no packet is taken to be dropped.

use sekisho_model::{
    Action, AdminState, Device, InterfaceId, InterfaceKind, L3, Line, ListId, NextHop, Predicate, RuleList,
    Stage,
};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix};

use super::Scope;
use crate::fortios::value;

/// Binds the check to the interfaces that make it.
pub(super) fn lower_checks(scope: &Scope<'_, '_>, device: &mut Device) {
    let strict =
        scope.tables("system settings").iter().any(|t| value::enabled(&t.body, "strict-src-check").is_some());
    for index in 0..device.interfaces.len() {
        let id = InterfaceId(u32::try_from(index).unwrap_or(u32::MAX));
        let Some(interface) = device.interface(id) else { continue };
        let (Some(l3), false) = (&interface.l3, interface.kind == InterfaceKind::Tunnel) else { continue };
        let port = scope.ports.iter().find(|p| p.name == interface.name);
        let off = port.and_then(|p| p.entry.body.get("src-check"));
        if interface.admin == AdminState::Down || off.is_some_and(|s| value::switch(s) == Some(false)) {
            continue;
        }
        let span = interface.span;
        let lists: Vec<RuleList> = Family::ALL
            .into_iter()
            .map(|family| RuleList {
                name: format!("source check of {}", interface.name),
                family,
                lines: sources(device, id, l3, family, strict),
                default: Action::Unknown,
                span: Some(span),
                stateful: false,
                default_opens: false,
            })
            .collect();
        for list in lists {
            let id = ListId(u32::try_from(device.lists.len()).unwrap_or(u32::MAX));
            device.lists.push(list);
            if let Some(interface) = device.interfaces.get_mut(index) {
                interface.ingress.push(Stage::Filter { list: id, span });
            }
        }
    }
}

/// One line per network that surely has a route by the interface.
fn sources(device: &Device, id: InterfaceId, l3: &L3, family: Family, strict: bool) -> Vec<Line> {
    let mut found: Vec<(Prefix, sekisho_diag::Span)> =
        l3.addresses.iter().filter(|a| a.prefix.family() == family).map(|a| (a.prefix, a.span)).collect();
    let routes = device.vrf(l3.vrf).map_or(&[][..], |v| &v.routes);
    for route in routes.iter().filter(|r| r.prefix.family() == family && !r.conditional && !strict) {
        let by = match route.next_hop {
            NextHop::Via { interface, .. } => interface,
            NextHop::Interface(by) => Some(by),
            _ => None,
        };
        // Routes of protocols have other distances; one that stands by is not active.
        let best = routes.iter().filter(|r| r.prefix == route.prefix).all(|r| r.distance >= route.distance);
        if by == Some(id) && best && route.distance <= 10 {
            found.push((route.prefix, route.span));
        }
    }
    found.dedup_by_key(|(prefix, _)| *prefix);
    found
        .into_iter()
        .map(|(prefix, span)| Line {
            action: Action::Permit,
            matches: Predicate::exact(vec![Cube::any().with(Field::Src, FieldSet::prefix(prefix))]),
            span,
            conditions: Vec::new(),
            origins: Vec::new(),
            stateless_reply: false,
            opens: false,
            replies: None,
        })
        .collect()
}
