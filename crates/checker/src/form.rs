//! The form of a certificate: files, ledger, references, matrix, assumptions, validity.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_plain::format::{Network, Tri};
use sekisho_plain::tunnel::mirrors;

use crate::certificate::{ABOUT, Attach, Certificate, InputKind, Invariant, Routing, State, hex_digest};
use crate::check::inexact;
use crate::plan::Plan;

/// Packets that look like replies of permitted TCP sessions open none.
pub(crate) const TCP_REPLY: &str = "tcp-reply";

/// What is wrong with a certificate before any set is looked at. The model is well formed.
pub(crate) fn problems(certificate: &Certificate, as_of: &str) -> Vec<String> {
    let mut out = Vec::new();
    if certificate.about != ABOUT {
        out.push(format!("its claims are not said to be about {ABOUT}"));
    }
    ledger(certificate, &mut out);
    references(certificate, &mut out);
    if certificate.valid_until.as_deref().is_some_and(|until| as_of > until) {
        let until = certificate.valid_until.as_deref().unwrap_or("");
        out.push(format!("it was valid until {until}; today is {as_of}"));
    }
    if as_of < certificate.as_of.as_str() {
        out.push(format!("it was made for {}, after {as_of}", certificate.as_of));
    }
    let listed: BTreeSet<&String> = certificate.assume.iter().map(|a| &a.id).collect();
    let used: BTreeSet<&String> = certificate.claims.iter().flat_map(|c| &c.leans_on).collect();
    out.extend(used.difference(&listed).map(|id| format!("the assumption `{id}` is not explained")));
    out.extend(listed.difference(&used).map(|id| format!("no claim leans on the assumption `{id}`")));
    if certificate
        .sets
        .first()
        .is_none_or(|first| first.len() != 1 || first.iter().any(|c| *c != Default::default()))
    {
        out.push("the first set is not every header".to_owned());
    }
    out
}

/// Every line of every configuration has one state, and what was not understood is marked in the model.
fn ledger(certificate: &Certificate, out: &mut Vec<String>) {
    let marks = inexact(&certificate.model);
    let mut described: BTreeMap<usize, bool> =
        (0..certificate.model.devices.len()).map(|device| (device, false)).collect();
    let paths: Vec<&String> = certificate.inputs.iter().map(|i| &i.path).collect();
    if !paths.windows(2).all(|pair| pair.first() < pair.last()) {
        out.push("the inputs are not sorted by path, or one is there twice".to_owned());
    }
    for (at, input) in certificate.inputs.iter().enumerate() {
        for device in &input.devices {
            match described.get_mut(device) {
                Some(seen) => *seen |= input.kind == InputKind::Config,
                None => out.push(format!("{} describes a device that is not in the model", input.path)),
            }
        }
        let runs: Vec<_> = certificate.ledger.iter().filter(|l| l.input == at).collect();
        let read = matches!(input.kind, InputKind::Config | InputKind::Routes);
        if read && input.devices.is_empty() {
            out.push(format!("{} describes no device", input.path));
        }
        match (read, runs.as_slice()) {
            (false, []) => {}
            (true, [one]) => {
                let mut next = 1;
                for &(first, last, state) in &one.runs {
                    if first != next || last < first {
                        out.push(format!("the ledger of {} leaves out or repeats line {next}", input.path));
                        break;
                    }
                    next = last.saturating_add(1);
                    let marked = (first..=last).any(|line| marks.contains(&format!("{}:{line}", input.path)));
                    if matches!(state, State::Unsupported | State::Unrecognized) && !marked {
                        let line = format!("{}:{first}", input.path);
                        out.push(format!(
                            "{line} was not understood, and nothing in the model stands for it"
                        ));
                    }
                }
                if next != input.lines.saturating_add(1) {
                    out.push(format!("the ledger of {} ends before line {}", input.path, input.lines));
                }
            }
            _ => out.push(format!("{} has no ledger of its own", input.path)),
        }
    }
    if certificate.ledger.iter().any(|l| l.input >= certificate.inputs.len()) {
        out.push("a ledger names no input".to_owned());
    }
    for (device, _) in described.into_iter().filter(|(_, seen)| !seen) {
        let name = certificate.model.devices.get(device).map_or("?", |d| d.name.as_str());
        out.push(format!("no configuration among the inputs describes {name}"));
    }
}

/// Positions of the policy lead somewhere, and no id stands for two things.
fn references(certificate: &Certificate, out: &mut Vec<String>) {
    let policy = &certificate.policy;
    let network = &certificate.model;
    let fits = |attach: &Attach| {
        let device = |d: usize| network.device(d).is_some();
        attach.interfaces.iter().all(|p| network.interface(*p).is_some())
            && attach.vlans.iter().all(|(d, _)| d.is_none_or(device))
            && attach.vrfs.iter().all(|(d, v)| network.device(*d).is_some_and(|d| *v < d.vrfs.len()))
            && attach.devices.iter().all(|d| device(*d))
    };
    let attaches = policy.zones.iter().map(|z| (&z.id, &z.attach));
    let all = attaches.chain(policy.externals.iter().map(|e| (&e.id, &e.attach)));
    let mut ids = BTreeSet::new();
    for (id, attach) in all {
        if !fits(attach) {
            out.push(format!("`{id}` is attached to something that is not in the model"));
        }
        if !ids.insert(id) || id == "unassigned" || id.starts_with("undeclared:") {
            out.push(format!("the id `{id}` is not its own"));
        }
    }
    for external in &policy.externals {
        if external.joined.iter().any(|other| *other >= policy.externals.len()) {
            out.push(format!("`{}` is joined with nothing", external.id));
        }
    }
}

/// Claims and pairs that are not proven are together every ordered pair of domains, each once.
pub(crate) fn matrix(certificate: &Certificate, plan: &Plan<'_>) -> Vec<String> {
    let ids: Vec<&String> = plan.domains.list.iter().map(|d| &d.id).collect();
    let mut missing: BTreeSet<(&String, &String)> =
        ids.iter().flat_map(|a| ids.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b).collect();
    let claimed = certificate.claims.iter().map(|c| (&c.from, &c.to));
    let stated = claimed.chain(certificate.not_proven.iter().map(|(a, b)| (a, b)));
    let mut out = Vec::new();
    for pair in stated {
        if !missing.remove(&pair) {
            out.push(format!("`{}` to `{}` is no pair of the model, or there twice", pair.0, pair.1));
        }
    }
    out.extend(missing.into_iter().map(|(a, b)| format!("nothing is said about `{a}` to `{b}`")));
    out
}

/// Ids of the assumptions on which a claim with an invariant leans at least.
pub(crate) fn leaned_on(network: &Network, plan: &Plan<'_>, invariant: &Invariant) -> Vec<&'static str> {
    let mut out = vec!["host-forwarding", "state-empty"];
    let routed =
        |device: usize| network.ports().filter(|(p, i)| p.device == device && i.l3.is_some()).count() > 1;
    let obeys = |(at, d): (usize, &sekisho_plain::format::Device)| d.source_route != Tri::No && routed(at);
    if !invariant.source_routes && network.devices.iter().enumerate().any(obeys) {
        out.push("source-route");
    }
    let tables = network.devices.iter().flat_map(|d| &d.vrfs).any(|v| !v.tables.is_empty());
    if invariant.routing == Routing::Given && tables {
        out.push("exported-routes");
    }
    if network.ports().any(|(p, _)| !mirrors(network, p).is_empty()) {
        out.push("crypto");
    }
    if plan.inferred_cabling {
        out.push("inferred-cabling");
    }
    out
}

/// What differs between the inputs of a certificate and the files of a folder: path and bytes of each.
#[must_use]
pub fn compare_inputs(certificate: &Certificate, files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut out = Vec::new();
    for input in &certificate.inputs {
        match files.get(&input.path) {
            None if input.kind == InputKind::Policy => {}
            None => out.push(format!("{} is missing", input.path)),
            Some(bytes) if hex_digest(bytes) != input.sha256 => {
                out.push(format!("{} is not the file that was read", input.path));
            }
            Some(bytes) if bytes.len() as u64 != input.bytes => {
                out.push(format!("{} has {} bytes instead of {}", input.path, bytes.len(), input.bytes));
            }
            Some(_) => {}
        }
    }
    let known: BTreeSet<&String> = certificate.inputs.iter().map(|i| &i.path).collect();
    out.extend(files.keys().filter(|path| !known.contains(path)).map(|path| format!("{path} was not read")));
    out
}
