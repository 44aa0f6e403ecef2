//! What `trace` and `filter` print as JSON.

use serde::Serialize;
use serde_json::Value;

use crate::format::{Network, Port};
use crate::list::Decision;
use crate::outcome::{Branch, Disposition, Hop, Step, Walk};
use crate::packet::Packet;

#[derive(Serialize)]
struct Header {
    src: String,
    dst: String,
    proto: String,
    sport: u16,
    dport: u16,
}

#[derive(Serialize)]
struct StepView {
    stage: String,
    decision: String,
    file: Option<String>,
    line: Option<u64>,
    sure: bool,
    why: String,
}

#[derive(Serialize)]
struct HopView {
    device: String,
    in_interface: Option<String>,
    out_interface: Option<String>,
    steps: Vec<StepView>,
}

#[derive(Serialize)]
struct HavocView {
    leaves: Vec<String>,
    enters: Vec<String>,
    lookups: Vec<String>,
    redirects: Vec<String>,
    file: Option<String>,
    line: Option<u64>,
}

#[derive(Serialize)]
struct BranchView {
    disposition: &'static str,
    sure: bool,
    why: String,
    anywhere: bool,
    #[serde(rename = "final")]
    last: Header,
    out_interface: Option<String>,
    target: Option<String>,
    external: Option<String>,
    hops: Vec<HopView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    havoc: Option<HavocView>,
}

#[derive(Serialize)]
struct TraceView {
    disposition: &'static str,
    possible: bool,
    certain: bool,
    #[serde(rename = "final")]
    last: Option<Header>,
    out_interface: Option<String>,
    hops: Vec<HopView>,
    branches: Vec<BranchView>,
    exhausted: bool,
}

#[derive(Serialize)]
struct FilterView {
    decision: &'static str,
    possible: bool,
    certain: bool,
    file: Option<String>,
    line: Option<u64>,
}

/// The file and line of a place; a place without a line number is all file.
#[must_use]
pub fn split_place(place: &str) -> (&str, Option<u64>) {
    match place.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some((file, line)) => (file, Some(line)),
        None => (place, None),
    }
}

fn file_line(place: Option<&str>) -> (Option<String>, Option<u64>) {
    place.map(split_place).map_or((None, None), |(file, line)| (Some(file.to_owned()), line))
}

/// A walk as JSON. The top level repeats the branch that speaks for it ([`Walk::main`]).
#[must_use]
pub fn trace_json(network: &Network, walk: &Walk) -> Value {
    let main = walk.main().map(|b| branch(network, b));
    let (last, out_interface, hops) =
        main.map_or((None, None, Vec::new()), |m| (Some(m.last), m.out_interface, m.hops));
    let view = TraceView {
        disposition: walk.disposition().map_or("undecided", Disposition::word),
        possible: walk.possible(),
        certain: walk.certain(),
        last,
        out_interface,
        hops,
        branches: walk.branches.iter().map(|b| branch(network, b)).collect(),
        exhausted: walk.exhausted,
    };
    serde_json::to_value(view).unwrap_or_default()
}

/// A decision of a list as JSON; `possible` and `certain` speak of a permit. An undecided one names
/// the first line on which it depends.
#[must_use]
pub fn filter_json(decision: &Decision) -> Value {
    let by = decision.decider(decision.possible);
    let open = decision.deciders.iter().find(|d| d.why.is_some());
    let named = if decision.word() == "undecided" { open.or(by) } else { by };
    let (file, line) = file_line(named.and_then(|d| d.place.as_deref()));
    let view = FilterView {
        decision: decision.word(),
        possible: decision.possible,
        certain: decision.certain,
        file,
        line,
    };
    serde_json::to_value(view).unwrap_or_default()
}

fn header(packet: &Packet) -> Header {
    let proto = match packet.proto {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "icmpv6".to_owned(),
        n => n.to_string(),
    };
    Header {
        src: packet.src.to_string(),
        dst: packet.dst.to_string(),
        proto,
        sport: packet.sport,
        dport: packet.dport,
    }
}

fn interface(network: &Network, device: Option<usize>, at: Option<usize>) -> Option<String> {
    network.interface(Port { device: device?, interface: at? }).map(|i| i.name.clone())
}

fn device(network: &Network, at: usize) -> String {
    network.device(at).map_or_else(String::new, |d| d.name.clone())
}

fn step(step: &Step) -> StepView {
    let (file, line) = file_line(step.place.as_deref());
    let Step { stage, decision, sure, why, .. } = step.clone();
    StepView { stage, decision, file, line, sure, why }
}

fn hop(network: &Network, hop: &Hop) -> HopView {
    HopView {
        device: device(network, hop.device),
        in_interface: interface(network, Some(hop.device), hop.in_interface),
        out_interface: interface(network, Some(hop.device), hop.out_interface),
        steps: hop.steps.iter().map(step).collect(),
    }
}

fn branch(network: &Network, branch: &Branch) -> BranchView {
    let name = |p: &Port| {
        let of = interface(network, Some(p.device), Some(p.interface)).unwrap_or_default();
        format!("{}:{of}", device(network, p.device))
    };
    let havoc = branch.havoc.as_ref().map(|h| {
        let (file, line) = file_line(h.place.as_deref());
        HavocView {
            leaves: h.leaves.iter().map(name).collect(),
            enters: h.enters.iter().map(name).collect(),
            lookups: h.lookups.iter().map(|&d| device(network, d)).collect(),
            redirects: h.redirects.iter().map(name).collect(),
            file,
            line,
        }
    });
    BranchView {
        disposition: branch.disposition.word(),
        sure: branch.sure,
        why: branch.why.clone(),
        anywhere: branch.anywhere(),
        last: header(&branch.end.packet),
        out_interface: interface(network, branch.end.device, branch.end.out_interface),
        target: branch.end.target.map(|a| a.to_string()),
        external: branch.end.external.clone(),
        hops: branch.hops.iter().map(|h| hop(network, h)).collect(),
        havoc,
    }
}
