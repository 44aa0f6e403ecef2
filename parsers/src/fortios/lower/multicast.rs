//! Multicast: forwarded where a multicast policy accepts it or multicast is routed.

use sekisho_diag::Span;
use sekisho_model::{Action, Coverage, Device, Line, ListId, Predicate, Stage};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix};

use super::Scope;
use crate::common::Marks;
use crate::fortios::{marks as state, value};

/// Marks the routing tables that may forward multicast, and opens the policies for it.
///
/// Without a multicast policy nothing is forwarded (Source: `FortiOS` Administration Guide, Multicast
/// forwarding), unless policies are skipped.
pub(super) fn lower_multicast(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    let mut found: Vec<(Family, Span)> = Vec::new();
    for (path, family) in
        [("firewall multicast-policy", Family::V4), ("firewall multicast-policy6", Family::V6)]
    {
        for table in scope.tables(path) {
            // SOUNDNESS: a policy that is switched off or denies counts too.
            found.extend(table.entries.first().map(|e| (family, e.span)));
            found.extend(table.body.all_garbled().first().map(|g| (family, g.span)));
        }
    }
    let mut routed: Vec<(Family, Span)> = Vec::new();
    for (path, family) in [("router multicast", Family::V4), ("router multicast6", Family::V6)] {
        for table in scope.tables(path) {
            // Every export holds the table, empty.
            let body = &table.body;
            let empty = table.entries.is_empty()
                && body.settings.is_empty()
                && body.tables.is_empty()
                && body.all_garbled().is_empty();
            let state = if empty { Coverage::Modeled } else { Coverage::Approximated };
            state::table(marks, table, state, Some("multicast of the device").filter(|_| !empty));
            if let Some(span) = value::enabled(&table.body, "multicast-routing") {
                routed.push((family, span));
            }
            for inner in &table.body.tables {
                routed.extend(inner.entries.first().map(|e| (family, e.span)));
            }
        }
    }
    for table in scope.tables("system settings") {
        if let Some(span) = value::enabled(&table.body, "multicast-skip-policy") {
            found.extend(Family::ALL.map(|f| (f, span)));
        }
    }
    for (family, span) in routed.iter().copied() {
        open(device, family, span);
    }
    found.extend(routed);
    for (family, span) in found {
        for vrf in &mut device.vrfs {
            if vrf.multicast.iter().all(|(f, _)| *f != family) {
                vrf.multicast.push((family, span));
            }
        }
    }
}

/// Policies do not speak of multicast: in their lists it may pass or not.
fn open(device: &mut Device, family: Family, span: Span) {
    let mut lists: Vec<ListId> = Vec::new();
    for stage in device.interfaces.iter().flat_map(|i| &i.egress) {
        filters(stage, &mut lists);
    }
    let text = if family == Family::V4 { "224.0.0.0/4" } else { "ff00::/8" };
    let Ok(prefix) = Prefix::parse(text) else { return };
    let cube = Cube::any().with(Field::Dst, FieldSet::prefix(prefix));
    for id in lists {
        let Some(list) = device.lists.get_mut(id.0 as usize).filter(|l| l.family == family) else { continue };
        if list.lines.first().is_some_and(|l| l.span == span) {
            continue;
        }
        list.lines.insert(
            0,
            Line {
                action: Action::Unknown,
                matches: Predicate::exact(vec![cube.clone()]),
                span,
                conditions: vec!["multicast policies are not read".to_owned()],
                origins: Vec::new(),
                stateless_reply: false,
                opens: false,
                replies: None,
            },
        );
    }
}

fn filters(stage: &Stage, out: &mut Vec<ListId>) {
    match stage {
        Stage::Filter { list, .. } if !out.contains(list) => out.push(*list),
        Stage::When { stage, .. } => filters(stage, out),
        _ => {}
    }
}
