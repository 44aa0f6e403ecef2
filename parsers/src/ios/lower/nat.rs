//! Address translation: tables on the interfaces with `ip nat outside`.
//!
//! On arrival from outside: first `outside source` (the source becomes its local address), then
//! `inside source` and `inside destination` backwards (the destination becomes its local address), all
//! before the route look-up. On departure to outside, for packets that came in by an inside interface:
//! first `inside source`, then `outside source` backwards, before the output list.
//! Source: Cisco document 6209, "NAT order of operation".
//!
//! Static entries precede dynamic ones: port, host, network; then dynamic ones in config order.
//!
//! **Mappings of dynamic translation.** A mapping without `overload` is an inbound hole for anybody while it
//! exists: a packet to a pool address may reach any inside host that the list selects. A mapping with
//! `overload` answers only the peer for which it was made (its entry holds both ends), so that it admits
//! replies alone, unless `ip nat settings` changes the kind of mapping.
//!
//! **VRFs.** A statement whose VRF is not that of the outside interface carries packets from one table into
//! another, which a rewrite cannot say: the outside interface is poisoned.

mod table;

#[cfg(test)]
pub(crate) mod tests;

use sekisho_diag::{Severity, Span};
use sekisho_model::{
    ContextId, Coverage, Device, NatId, NatRule, NatTable, NextHop, Route, Stage, Tri, VrfId,
};
use sekisho_net::{Family, Prefix};

use super::acl::Lists;
use crate::common::{Marks, PendingPoison, PendingScope};
use crate::ios::ast::Config;
use crate::ios::ast::interface::{Interface, NatSide};
use crate::ios::ast::nat::{Direction, Endpoint, Kind, Pair, Statement};
use crate::ios::codes_filter;
use table::Builder;

/// Lowers translation and puts it on the outside interfaces.
pub(crate) fn lower_nat(config: &Config, device: &mut Device, lists: &Lists, marks: &mut Marks) {
    if config.nat.statements.is_empty() {
        return;
    }
    let inside = sides(config, NatSide::Inside);
    let outside = sides(config, NatSide::Outside);
    let mut contexts: Vec<ContextId> =
        inside.iter().filter_map(|(at, _)| device.interfaces.get(*at)).map(|i| i.context).collect();
    contexts.sort_unstable();
    contexts.dedup();
    operands(config, device, lists, marks);
    for (at, interface) in &outside {
        let Some(side) = &interface.nat_side else { continue };
        crossings(config, interface, marks);
        let builder = Builder { config, device, lists, outside: vrf(interface), inside: &inside };
        let [in_source, in_destination, out_source, out_destination] = builder.tables();
        let ingress = [("outside source", in_source), ("inside source, inbound", in_destination)];
        let egress = [("inside source", out_source), ("outside source, outbound", out_destination)];
        for (name, rules) in ingress {
            if let Some(stage) = add(device, name, rules, side.span)
                && let Some(target) = device.interfaces.get_mut(*at)
            {
                target.ingress.push(stage);
            }
        }
        let mut position = 0;
        for (name, rules) in egress {
            if let Some(stage) = add(device, name, rules, side.span)
                && let Some(target) = device.interfaces.get_mut(*at)
                && !contexts.is_empty()
            {
                target
                    .egress
                    .insert(position, Stage::When { from: contexts.clone(), stage: Box::new(stage) });
                position += 1;
            }
        }
    }
    // The router answers ARP for the addresses that it translates, whatever `ip proxy-arp` says.
    for (at, _) in inside.iter().chain(&outside) {
        if let Some(l3) = device.interfaces.get_mut(*at).and_then(|i| i.l3.as_mut())
            && l3.proxy_arp == Tri::No
        {
            l3.proxy_arp = Tri::Unknown;
        }
    }
    for statement in config.nat.statements.iter() {
        add_route(config, device, statement);
    }
}

fn sides(config: &Config, wanted: NatSide) -> Vec<(usize, &Interface)> {
    config
        .interfaces
        .iter()
        .enumerate()
        .filter(|(_, i)| i.nat_side.as_ref().is_some_and(|s| s.value == wanted))
        .collect()
}

fn vrf(interface: &Interface) -> Option<&str> {
    interface.vrf.as_ref().map(|v| v.value.as_str())
}

fn add(device: &mut Device, name: &str, rules: Vec<NatRule>, span: Span) -> Option<Stage> {
    if rules.is_empty() {
        return None;
    }
    let known = device.nats.iter().position(|t| t.rules == rules);
    let at = known.unwrap_or_else(|| {
        device.nats.push(NatTable { name: format!("ip nat {name}"), rules });
        device.nats.len() - 1
    });
    Some(Stage::Nat { table: NatId(u32::try_from(at).unwrap_or(u32::MAX)), span })
}

/// Poisons an outside interface whose statements carry packets into another VRF.
fn crossings(config: &Config, interface: &Interface, marks: &mut Marks) {
    for statement in &config.nat.statements {
        let Some(own) = &statement.options.vrf else { continue };
        if vrf(interface) == Some(own.value.as_str()) {
            continue;
        }
        let name = &interface.name.value;
        marks.ledger.mark(statement.line, Coverage::Unsupported, Some(format!("interface {name}")));
        marks.poisons.push(PendingPoison {
            scope: PendingScope::Interface(name.clone()),
            span: statement.span,
            why: "translation between VRFs".to_owned(),
        });
        let message =
            format!("translation between vrf `{}` and interface `{name}` is not modelled", own.value);
        marks.diagnostic(codes_filter::NAT_UNSUPPORTED, Severity::Warning, message, statement.span);
    }
}

/// Warns of lists, pools, route maps and interfaces that are not known.
fn operands(config: &Config, device: &Device, lists: &Lists, marks: &mut Marks) {
    use crate::ios::ast::nat::{Selector, Source};
    let mut missing = |what: &str, name: &str, span: Span| {
        let message = format!("{what} `{name}` of this translation is not known");
        marks.diagnostic(codes_filter::NAT_UNKNOWN_OPERAND, Severity::Warning, message, span);
    };
    for statement in &config.nat.statements {
        let Kind::Dynamic(selector, source) = &statement.kind else { continue };
        match selector {
            Selector::List(name) if lists.selector(&name.value, Family::V4).is_none() => {
                missing("access list", &name.value, name.span);
            }
            Selector::RouteMap(name) if config.route_maps.of(&name.value).is_empty() => {
                missing("route map", &name.value, name.span);
            }
            Selector::List(_) | Selector::RouteMap(_) => {}
        }
        match source {
            Source::Pool(name) if !config.nat.pools.iter().any(|p| p.name.value == name.value) => {
                missing("pool", &name.value, name.span);
            }
            Source::Interface(name) if device.find_interface(&name.value).is_none() => {
                missing("interface", &name.value, name.span);
            }
            Source::Pool(_) | Source::Interface(_) => {}
        }
    }
}

/// `add-route`: a host route to the local address of an outside host, by way of its global address. What
/// a dynamic statement or a pool adds depends on the traffic.
fn add_route(config: &Config, device: &mut Device, statement: &Statement) {
    use crate::ios::ast::nat::Source;
    let pool_adds = match &statement.kind {
        Kind::Dynamic(_, Source::Pool(name)) => {
            config.nat.pools.iter().any(|p| p.name.value == name.value && p.add_route)
        }
        Kind::Static(_) | Kind::Dynamic(..) => false,
    };
    if !statement.options.add_route && !pool_adds {
        return;
    }
    let id = statement.options.vrf.as_ref().and_then(|v| device.find_vrf(&v.value)).unwrap_or(VrfId(0));
    let Some(table) = device.vrfs.get_mut(id.0 as usize) else { return };
    match (&statement.kind, statement.direction) {
        (Kind::Static(Pair::Host(global, Endpoint::Address(local))), Direction::OutsideSource) => {
            table.routes.push(Route {
                prefix: Prefix::host((*local).into()),
                next_hop: NextHop::Via { addr: (*global).into(), interface: None, vrf: None },
                distance: 1,
                conditional: true,
                span: statement.span,
            });
        }
        _ => table.unknown_routes.push((Family::V4, statement.span)),
    }
}
