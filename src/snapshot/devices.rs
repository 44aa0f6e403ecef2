//! Devices of all configurations, and what happens when two files describe one device.

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, FileId, Severity, Span};
use sekisho_model::{Coverage, Device, Interface, InterfaceId, Ledger, Poison, Scope, Vrf, VrfId};
use sekisho_parsers::ParsedConfig;
use sekisho_parsers::detect::is_export;

use super::{Role, Snapshot, cluster, codes, hints};

/// Adds the devices of the configurations. `damaged` tells which files hold undecodable bytes.
pub(super) fn collect(
    snapshot: &mut Snapshot,
    configs: Vec<(usize, FileId, ParsedConfig)>,
    damaged: &[bool],
) {
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for (at, file, mut config) in configs {
        let path = snapshot.files.get(at).map_or_else(String::new, |f| f.path.clone());
        snapshot.diagnostics.append(&mut config.diagnostics);
        let mut poisons = unaccounted(&mut config.ledger, snapshot);
        if damaged.get(at).copied().unwrap_or(false) {
            poisons.extend(undecodable(&config.ledger, snapshot));
        }
        if !config.ends {
            snapshot.incomplete.push(file);
            if snapshot.sources.get(file).is_some_and(|s| is_export(s.text())) {
                snapshot.cut_off.push(file);
            }
        }
        let mut names = Vec::new();
        for mut device in config.devices {
            device.poisons.extend(poisons.iter().cloned());
            if device.name.is_empty() {
                hints::config_device(&path).clone_into(&mut device.name);
                device.name_span = None;
            }
            if device.name_span.is_none() && by_name.contains_key(&device.name) {
                // Without a host name two files of one name are two devices.
                let message = format!(
                    "`{path}` has no host name, and `{}` is taken; the device is called `{path}`",
                    device.name
                );
                device.name.clone_from(&path);
                let at = Span::new(file, 0, 0);
                snapshot.diagnostics.push(Diagnostic::new(
                    codes::NO_HOSTNAME,
                    Severity::Warning,
                    message,
                    at,
                ));
            }
            name_member(snapshot, &by_name, &mut device, &path);
            names.push(device.name.clone());
            match by_name.get(&device.name) {
                None => {
                    by_name.insert(device.name.clone(), snapshot.devices.len());
                    snapshot.devices.push(device);
                }
                Some(&first) => second(snapshot, first, device, file, &path),
            }
        }
        snapshot.ledgers.push(config.ledger);
        if let Some(input) = snapshot.files.get_mut(at) {
            input.role = Role::Config(names);
        }
    }
}

/// Gives the second member of a cluster with the host name of the first another name, that of its file.
fn name_member(snapshot: &mut Snapshot, by_name: &BTreeMap<String, usize>, device: &mut Device, path: &str) {
    let known = by_name.get(&device.name).and_then(|at| snapshot.devices.get(*at));
    // A virtual system is named by the others of its box.
    let Some(known) = known.filter(|_| !device.name.contains('/')) else { return };
    if !cluster::are_two_members(snapshot, known, device) {
        return;
    }
    let name = hints::config_device(path).to_owned();
    let name = if by_name.contains_key(&name) { path.to_owned() } else { name };
    let message =
        format!("two members of a cluster are called `{}`; that of `{path}` is called `{name}`", device.name);
    let at = device.name_span;
    let help = "give each member its own host name";
    snapshot
        .diagnostics
        .push(Diagnostic::new(codes::ONE_NAME, Severity::Warning, message, at).with_help(help));
    device.name = name;
}

/// A second configuration of a device: ignored when the text is the same, else joined with the first.
fn second(snapshot: &mut Snapshot, first: usize, device: Device, file: FileId, path: &str) {
    let text = |f: FileId| snapshot.sources.get(f).map_or("", |s| s.text());
    let Some(known) = snapshot.devices.get(first) else { return };
    let first_path = known.files.first().map_or("", |f| snapshot.sources.path(*f)).to_owned();
    let at = device.name_span.unwrap_or(Span::new(file, 0, 0));
    if known.files.first().is_some_and(|f| text(*f) == text(file)) {
        let message = format!("`{path}` and `{first_path}` hold the same configuration of `{}`", device.name);
        snapshot.diagnostics.push(Diagnostic::new(codes::SAME_CONFIG, Severity::Info, message, at));
        return;
    }
    let message = format!("`{path}` and `{first_path}` hold different configurations of `{}`", device.name);
    let mut diagnostic = Diagnostic::new(codes::TWO_EXPORTS, Severity::Error, message, at)
        .with_help("keep the newer file, or give the devices different host names; until then the device may do anything");
    if let Some(span) = known.name_span {
        diagnostic = diagnostic.with_label(span, "the other one");
    }
    snapshot.diagnostics.push(diagnostic);
    if let Some(known) = snapshot.devices.get_mut(first) {
        join(known, device, file, path, at);
    }
}

/// Joins two exports under one name: either may be the truth, or they are two devices. The joined device
/// may do anything, on every segment that either of them touches.
// SOUNDNESS: a poisoned device havocs its own segments only, so those of the second must become its own.
fn join(first: &mut Device, second: Device, file: FileId, path: &str, at: Span) {
    first.files.push(file);
    first.poisons.push(Poison {
        scope: Scope::Device,
        span: at,
        why: "two different exports of one device".to_owned(),
    });
    let vrfs: Vec<VrfId> = second.vrfs.iter().map(|vrf| vrf_of(first, vrf)).collect();
    let offset = u32::try_from(first.interfaces.len()).unwrap_or(u32::MAX);
    let moved = |id: InterfaceId| InterfaceId(id.0.saturating_add(offset));
    let renamed = |vrf: VrfId| vrfs.get(vrf.0 as usize).copied().unwrap_or_default();
    for interface in second.interfaces {
        let taken = first.interfaces.iter().any(|i| i.name == interface.name);
        let name = if taken { format!("{}@{path}", interface.name) } else { interface.name.clone() };
        let mut copy = Interface { name, ..interface };
        copy.parent = copy.parent.map(moved);
        copy.aggregate = copy.aggregate.map(moved);
        // Lists and translations of the second are not joined: the device may do anything anyway.
        copy.ingress.clear();
        copy.egress.clear();
        copy.context = sekisho_model::ContextId(0);
        if let Some(l3) = &mut copy.l3 {
            l3.vrf = renamed(l3.vrf);
        }
        if let Some(tunnel) = &mut copy.tunnel {
            tunnel.outer_vrf = renamed(tunnel.outer_vrf);
        }
        for relay in &mut copy.relays {
            relay.vrf = renamed(relay.vrf);
        }
        first.interfaces.push(copy);
    }
    first.vlans.extend(second.vlans);
    first.vlans.sort_unstable();
    first.vlans.dedup();
}

/// The VRF of the same name, added when the device has none.
fn vrf_of(device: &mut Device, vrf: &Vrf) -> VrfId {
    device.find_vrf(&vrf.name).unwrap_or_else(|| {
        let id = VrfId(u32::try_from(device.vrfs.len()).unwrap_or(u32::MAX));
        device.vrfs.push(Vrf::new(vrf.name.clone(), vrf.span));
        id
    })
}

/// Lines that the parser forgot. There should be none; if there are, the device may do anything.
pub(super) fn unaccounted(ledger: &mut Ledger, snapshot: &mut Snapshot) -> Vec<Poison> {
    let lines: Vec<u32> = ledger.unaccounted().collect();
    let mut poisons = Vec::new();
    for line in lines {
        ledger.mark(line, Coverage::Unrecognized, Some("device".to_owned()));
        let span = span_of(ledger.file, line, snapshot);
        poisons.push(Poison { scope: Scope::Device, span, why: Poison::UNREAD.to_owned() });
        let message = format!("line {line} of `{}` is not accounted for", snapshot.sources.path(ledger.file));
        let help = "this is a fault of the reader: please report it; the device may do anything until then";
        snapshot
            .diagnostics
            .push(Diagnostic::new(codes::UNACCOUNTED_LINE, Severity::Warning, message, span).with_help(help));
    }
    poisons
}

/// Lines with undecodable bytes that were read as something: two names may have become one.
fn undecodable(ledger: &Ledger, snapshot: &Snapshot) -> Vec<Poison> {
    let Some(source) = snapshot.sources.get(ledger.file) else { return Vec::new() };
    let mut poisons = Vec::new();
    for (line, state) in ledger.iter() {
        let text = source.line_text(line);
        let remark = text.trim_start().starts_with("description ")
            || text.contains(" remark ")
            || text.trim_start().starts_with("remark ");
        let read = state.is_some_and(|s| matches!(s.state, Coverage::Modeled | Coverage::Approximated));
        if read && !remark && text.contains('\u{fffd}') {
            let span = span_of(ledger.file, line, snapshot);
            poisons.push(Poison { scope: Scope::Device, span, why: "undecodable bytes".to_owned() });
        }
    }
    poisons
}

fn span_of(file: FileId, line: u32, snapshot: &Snapshot) -> Span {
    let Some(source) = snapshot.sources.get(file) else { return Span::new(file, 0, 0) };
    let text = source.line_text(line).trim();
    let at = (text.as_ptr() as usize).saturating_sub(source.text().as_ptr() as usize);
    let at = if text.is_empty() { 0 } else { at };
    Span::new(file, at, at + text.len())
}
