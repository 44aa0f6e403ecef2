//! Which device a route table belongs to.
//!
//! A table bound to the wrong device could prove anything, so a host name in the table's prompt must agree
//! with the device, and a hint that fits two devices binds to none.

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, FileId, Severity};
use sekisho_model::Device;
use sekisho_parsers::routes::{ParsedRoutes, TableExport, attach};

use super::{Role, Snapshot, codes, devices, hints};

/// Prompts are cut after this many characters.
const PROMPT_LENGTH: usize = 20;

/// Binds all tables to their devices.
pub(super) fn attach_all(snapshot: &mut Snapshot, files: Vec<(usize, FileId, ParsedRoutes)>) {
    for (at, file, mut parsed) in files {
        let path = snapshot.files.get(at).map_or_else(String::new, |f| f.path.clone());
        if !parsed.exports.is_empty() && !parsed.ends() {
            snapshot.incomplete.push(file);
        }
        snapshot.diagnostics.append(&mut parsed.diagnostics);
        let forgotten = devices::unaccounted(&mut parsed.ledger, snapshot);
        for table in &mut parsed.exports {
            table.garbled.extend(forgotten.iter().map(|p| p.span));
        }
        let mut names: Vec<String> = Vec::new();
        if parsed.exports.is_empty() {
            unused(None, &path, snapshot);
        }
        for table in parsed.exports {
            match owner(&table, &path, snapshot) {
                Ok(owner) => {
                    let Some(device) = snapshot.devices.get_mut(owner) else { continue };
                    if !names.contains(&device.name) {
                        names.push(device.name.clone());
                    }
                    let mut found = attach(file, std::slice::from_ref(&table), device);
                    snapshot.diagnostics.append(&mut found);
                }
                Err(why) => {
                    let message = format!("route table of `{path}` is not used: {why}");
                    let help = format!(
                        "name the file after its device, or keep the prompt line; devices are: {}",
                        candidates(&snapshot.devices)
                    );
                    unused(table.device_hint.as_deref(), &path, snapshot);
                    snapshot.diagnostics.push(
                        Diagnostic::new(codes::ROUTES_WITHOUT_DEVICE, Severity::Error, message, table.span)
                            .with_help(help),
                    );
                }
            }
        }
        snapshot.ledgers.push(parsed.ledger);
        if let Some(input) = snapshot.files.get_mut(at) {
            input.role = Role::Routes(names);
        }
    }
}

/// Notes a table that is not used. If its prompt or else its file name is that of no device of the snapshot,
/// the table shows besides that a device is missing.
pub(super) fn unused(prompt: Option<&str>, path: &str, snapshot: &mut Snapshot) {
    let known = match prompt {
        Some(host) => !named(host, snapshot).is_empty(),
        None => owner_by_path(path, snapshot).is_ok(),
    };
    snapshot.unused_tables.push(path.to_owned());
    if !known {
        snapshot.ownerless_tables.push(path.to_owned());
    }
}

/// The index of the device that a table belongs to, or why none can be named.
fn owner(table: &TableExport, path: &str, snapshot: &Snapshot) -> Result<usize, String> {
    let by_path = owner_by_path(path, snapshot);
    let Some(host) = &table.device_hint else { return by_path };
    let by_prompt: Vec<usize> = named(host, snapshot);
    match (by_prompt.as_slice(), by_path) {
        ([one], Ok(other)) if *one != other => {
            Err(format!("its prompt says `{host}`, its file name another device"))
        }
        ([one], _) => Ok(*one),
        ([], Ok(other)) => {
            // The name of a device without a host name is the name of its file, which a prompt cannot show.
            let device = snapshot.devices.get(other).filter(|d| d.name_span.is_none());
            device
                .map(|_| other)
                .ok_or_else(|| format!("its prompt says `{host}`, which is no device of the snapshot"))
        }
        ([], Err(_)) => Err(format!("its prompt says `{host}`, which is no device of the snapshot")),
        _ => Err(format!("its prompt `{host}` fits several devices")),
    }
}

/// Devices of a host name.
fn named(host: &str, snapshot: &Snapshot) -> Vec<usize> {
    let all = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let hits = snapshot.devices.iter().enumerate().filter(|(_, d)| fits(&d.name));
        hits.map(|(i, _)| i).collect()
    };
    let exact = all(&|name| name == host);
    if !exact.is_empty() {
        return exact;
    }
    let folded = all(&|name| name.eq_ignore_ascii_case(host));
    if !folded.is_empty() || host.len() < PROMPT_LENGTH {
        return folded;
    }
    all(&|name| name.starts_with(host))
}

/// The device that the path names: by its name, or by the name of its configuration file.
fn owner_by_path(path: &str, snapshot: &Snapshot) -> Result<usize, String> {
    let mut aliases: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (index, device) in snapshot.devices.iter().enumerate() {
        for file in &device.files {
            let config = snapshot.sources.path(*file);
            let dir = hints::directory(config).to_owned();
            for alias in [hints::config_device(config), device.name.as_str()] {
                aliases.entry(alias.to_ascii_lowercase()).or_default().push((index, dir.clone()));
            }
        }
    }
    for hint in hints::route_devices(path) {
        let Some(hits) = aliases.get(&hint.to_ascii_lowercase()) else { continue };
        let here: Vec<usize> =
            hits.iter().filter(|(_, dir)| dir == hints::directory(path)).map(|(index, _)| *index).collect();
        let mut all: Vec<usize> = if here.is_empty() { hits.iter().map(|(i, _)| *i).collect() } else { here };
        all.sort_unstable();
        all.dedup();
        return match all.as_slice() {
            [one] => Ok(*one),
            _ => Err(format!("`{hint}` fits several devices")),
        };
    }
    Err("no device of the snapshot has its name".to_owned())
}

/// Names for a help text, at most ten.
fn candidates(devices: &[Device]) -> String {
    let mut names: Vec<String> = devices.iter().take(10).map(|d| format!("`{}`", d.name)).collect();
    if devices.len() > names.len() {
        names.push(format!("and {} more", devices.len() - names.len()));
    }
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
