//! What a PROVEN takes for granted: a closed list, described in `docs/assumptions.md`.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::InterfaceKind;

use super::{Cabling, PairVerdict, Question};
use crate::policy::Declared;
use crate::routing::Routing;
use crate::topology::{PortRef, SegmentId, is_up};

/// Neighbours without a config do not forward between two segments unless the policy says so.
pub const HOST_FORWARDING: &str = "host-forwarding";
/// No session survives from an earlier config.
pub const STATE_EMPTY: &str = "state-empty";
/// Each export is complete although nothing in it shows where it ends.
pub const COMPLETE_EXPORT: &str = "complete-export";
/// Ports that share no subnet and no VLAN are not connected.
pub const INFERRED_CABLING: &str = "inferred-cabling";
/// Devices that may obey source routes do not, for zones of other kinds than `mynumber`.
pub const SOURCE_ROUTE: &str = "source-route";
/// Exported tables show the routes that are in use.
pub const EXPORTED_ROUTES: &str = "exported-routes";
/// Nobody but both ends can write or read what goes through an authenticated tunnel between two devices.
pub const CRYPTO: &str = "crypto";
/// Nobody but a gateway uses its addresses.
pub const GATEWAY_ADDRESS: &str = "gateway-address";
/// Gateways said to forward nothing between their legs forward nothing.
pub const GATEWAY_FORWARDING: &str = "gateway-forwarding";
/// Devices of the snapshot open no sessions for others.
pub const DEVICE_SESSIONS: &str = "device-sessions";
/// Packets that look like replies of whitelisted TCP sessions open none.
pub const TCP_REPLY: &str = "tcp-reply";

/// The assumptions of a run.
pub(super) struct Assumed {
    pub(super) cabling: Cabling,
    always: BTreeMap<&'static str, String>,
}

impl Assumed {
    /// Collects what every PROVEN of the run leans on.
    pub(super) fn of(question: &Question<'_>) -> Self {
        let mut always = BTreeMap::new();
        always.insert(
            HOST_FORWARDING,
            "neighbours whose config is not in the snapshot forward nothing from one segment to another"
                .to_owned(),
        );
        always.insert(STATE_EMPTY, "no session survives from an earlier config".to_owned());
        let cabling = cabling(question);
        if cabling == Cabling::Inferred {
            let text = "ports without a declared cable are connected as their subnets and VLANs suggest, and not otherwise";
            always.insert(INFERRED_CABLING, text.to_owned());
        }
        if !question.open_ended.is_empty() {
            let text = format!("nothing is missing at the end of {}", question.open_ended.join(", "));
            always.insert(COMPLETE_EXPORT, text);
        }
        if !question.topology.paired().is_empty() {
            let text = "keys of the tunnels between devices of the snapshot are secret, and what they protect can be neither forged nor read";
            always.insert(CRYPTO, text.to_owned());
        }
        let obeying: Vec<&str> = question
            .graph
            .source_routing
            .iter()
            .filter_map(|i| question.devices.get(*i))
            .filter(|d| d.interfaces.iter().filter(|i| i.l3.is_some()).count() > 1)
            .map(|d| d.name.as_str())
            .collect();
        if !obeying.is_empty() {
            let text = format!("packets with a source route are not obeyed by {}", obeying.join(", "));
            always.insert(SOURCE_ROUTE, text);
        }
        let exported: BTreeSet<&str> = question
            .devices
            .iter()
            .filter(|d| d.vrfs.iter().any(|v| !v.tables.is_empty()))
            .map(|d| d.name.as_str())
            .collect();
        if !exported.is_empty() {
            let names: Vec<&str> = exported.into_iter().collect();
            let text = format!("the exported tables show the routes in use on {}", names.join(", "));
            always.insert(EXPORTED_ROUTES, text);
        }
        for assumption in question.devices.iter().flat_map(|d| &d.assumptions) {
            always.entry(assumption.id).or_insert_with(|| assumption.text.clone());
        }
        Self { cabling, always }
    }

    /// Ids for one PROVEN pair.
    pub(super) fn of_pair(&self, routing: Routing, replies: bool) -> Vec<String> {
        let leans = |id: &&&str| routing == Routing::Given || **id != EXPORTED_ROUTES;
        let mut ids: Vec<String> = self.always.keys().filter(leans).map(|k| (*k).to_owned()).collect();
        if replies {
            ids.push(TCP_REPLY.to_owned());
        }
        ids.sort();
        ids
    }

    /// Ids with texts of everything that some pair leans on.
    pub(super) fn listed(&self, pairs: &[PairVerdict]) -> Vec<(String, String)> {
        let used: BTreeSet<&str> = pairs.iter().flat_map(|p| &p.assumptions).map(String::as_str).collect();
        let reply = "packets with ACK or RST that mirror a whitelisted TCP flow open no session";
        let mut out: Vec<(String, String)> = self
            .always
            .iter()
            .filter(|(id, _)| used.contains(**id))
            .map(|(i, t)| ((*i).to_owned(), t.clone()))
            .collect();
        if used.contains(TCP_REPLY) {
            out.push((TCP_REPLY.to_owned(), reply.to_owned()));
        }
        out.sort();
        out
    }
}

/// What the proof about gateways may lean on besides, with texts.
pub(super) fn of_gateways(question: &Question<'_>) -> Vec<(String, String)> {
    let forwarding: Vec<&str> = question
        .policy
        .gateways
        .iter()
        .filter(|g| g.forwarding == Declared::No && g.evidence.is_none())
        .map(|g| g.id.value.as_str())
        .collect();
    let text = format!("nothing is forwarded between the legs of {}", forwarding.join(", "));
    [
        (GATEWAY_ADDRESS, "nobody but the gateways themselves uses their addresses".to_owned()),
        (GATEWAY_FORWARDING, text),
        (
            DEVICE_SESSIONS,
            "devices of the snapshot open no sessions for others (names, proxies, VPN portals)".to_owned(),
        ),
    ]
    .map(|(id, text)| (id.to_owned(), text))
    .into()
}

/// Declared when every up port has a declared cable, or lies only on segments that the policy names.
/// Inferred joins beside that only add paths, which a PROVEN has then ruled out as well.
fn cabling(question: &Question<'_>) -> Cabling {
    let named: BTreeSet<SegmentId> = question
        .domains
        .list
        .iter()
        .filter(|d| d.is_declared())
        .flat_map(|d| &d.locations)
        .map(|l| l.place.segment)
        .collect();
    let settled = |port: PortRef| {
        let layer3 = question.topology.of_interface(port).map(|p| p.segment);
        let wires = question.topology.of_port(port).map(|(_, p)| p.segment);
        let mut carried = layer3.into_iter().chain(wires).filter(|s| {
            question.topology.segment(*s).is_some_and(|s| !s.interfaces.is_empty() || !s.bridges.is_empty())
        });
        question.topology.is_linked(port) || carried.all(|s| named.contains(&s))
    };
    let declared = question.devices.iter().enumerate().all(|(index, device)| {
        device.interface_ids().all(|(id, interface)| {
            let wired = matches!(interface.kind, InterfaceKind::Physical | InterfaceKind::Aggregate);
            !(wired && is_up(device, id)) || settled(PortRef { device: index, interface: id })
        })
    });
    if declared { Cabling::Declared } else { Cabling::Inferred }
}
