//! Devices as they were understood.

use sekisho_diag::SourceMap;
use sekisho_model::{Action, Device, Encapsulation, Interface, InterfaceKind, L2Mode, NextHop, Stage};
use sekisho_parsers::detect::Os;
use serde::Serialize;

/// Version of the JSON.
pub const SCHEMA: &str = "sekisho-model/1";

/// All devices.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct View {
    /// `sekisho-model/1`.
    pub schema: &'static str,
    /// Devices.
    pub devices: Vec<DeviceView>,
}

/// One device.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceView {
    /// Name.
    pub device: String,
    /// Operating system, by the name that `--os` takes.
    pub os: &'static str,
    /// The product as its maker writes it.
    pub product: &'static str,
    /// Its files.
    pub files: Vec<String>,
    /// Interfaces.
    pub interfaces: Vec<InterfaceView>,
    /// VRFs with their configured routes and tables.
    pub vrfs: Vec<VrfView>,
    /// Lists with their number of lines.
    pub lists: Vec<ListView>,
    /// Translation tables with their number of rules.
    pub nat: Vec<NatView>,
    /// What lowering took for granted, as `ID: TEXT`.
    pub assumptions: Vec<String>,
    /// Lines whose effect is not known, as `FILE:LINE: WHY`.
    pub unknown: Vec<String>,
}

/// One interface.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InterfaceView {
    /// Name.
    pub interface: String,
    /// What it is.
    pub kind: &'static str,
    /// Whether it is up.
    pub up: bool,
    /// VRF of a routed one.
    pub vrf: Option<String>,
    /// Addresses, each with its prefix length.
    pub addresses: Vec<String>,
    /// VLANs: of a sub-interface, a VLAN interface or a switched port.
    pub vlans: Option<String>,
    /// Filters and translations for what arrives.
    pub ingress: Vec<String>,
    /// Filters and translations for what leaves.
    pub egress: Vec<String>,
}

/// One VRF.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VrfView {
    /// Name.
    pub vrf: String,
    /// Configured routes, as `PREFIX via NEXT HOP`.
    pub routes: Vec<String>,
    /// Rows of exported tables.
    pub table_rows: usize,
    /// Lines because of which there may be other routes, as `FILE:LINE`.
    pub unknown_routes: Vec<String>,
}

/// One list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListView {
    /// Name.
    pub list: String,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Number of lines.
    pub lines: usize,
    /// What happens at its end: `permit`, `deny` or `unknown`.
    pub default: &'static str,
}

/// One translation table.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NatView {
    /// Name.
    pub table: String,
    /// Number of rules.
    pub rules: usize,
}

/// Builds the view.
#[must_use]
pub fn view(devices: &[Device], sources: &SourceMap) -> View {
    View { schema: SCHEMA, devices: devices.iter().map(|d| device(d, sources)).collect() }
}

/// The name of a system and of its product, from either.
pub(crate) fn system(either: &'static str) -> (&'static str, &'static str) {
    let known = Os::ALL.into_iter().find(|os| os.name() == either || os.product() == either);
    known.map_or((either, either), |os| (os.name(), os.product()))
}

fn device(device: &Device, sources: &SourceMap) -> DeviceView {
    let (os, product) = system(device.os);
    let vrfs = device.vrfs.iter().map(|v| VrfView {
        vrf: v.name.clone(),
        routes: v
            .routes
            .iter()
            .map(|r| format!("{} via {}", r.prefix, next_hop(device, r.next_hop)))
            .collect(),
        table_rows: v.tables.iter().map(|(_, t)| t.routes.len()).sum(),
        unknown_routes: v.unknown_routes.iter().map(|(_, s)| sources.place(*s)).collect(),
    });
    let lists = device.lists.iter().map(|l| ListView {
        list: l.name.clone(),
        family: l.family.word(),
        lines: l.lines.len(),
        default: match l.default {
            Action::Permit => "permit",
            Action::Deny => "deny",
            Action::Unknown => "unknown",
        },
    });
    DeviceView {
        device: device.name.clone(),
        os,
        product,
        files: device.files.iter().map(|f| sources.path(*f).to_owned()).collect(),
        interfaces: device.interfaces.iter().map(|i| interface(device, i)).collect(),
        vrfs: vrfs.collect(),
        lists: lists.collect(),
        nat: device.nats.iter().map(|n| NatView { table: n.name.clone(), rules: n.rules.len() }).collect(),
        assumptions: device.assumptions.iter().map(|a| format!("{}: {}", a.id, a.text)).collect(),
        unknown: device.poisons.iter().map(|p| format!("{}: {}", sources.place(p.span), p.why)).collect(),
    }
}

fn next_hop(device: &Device, hop: NextHop) -> String {
    let name = |id| device.interface(id).map_or("?", |i| i.name.as_str());
    match hop {
        NextHop::Via { addr, interface: None, .. } => addr.to_string(),
        NextHop::Via { addr, interface: Some(id), .. } => format!("{addr} {}", name(id)),
        NextHop::Interface(id) => name(id).to_owned(),
        NextHop::Discard => "discard".to_owned(),
        NextHop::Receive => "receive".to_owned(),
        NextHop::Unknown => "unknown".to_owned(),
    }
}

fn interface(device: &Device, interface: &Interface) -> InterfaceView {
    let vrf = interface.l3.as_ref().and_then(|l3| device.vrf(l3.vrf)).map(|v| v.name.clone());
    let addresses =
        interface.l3.iter().flat_map(|l3| &l3.addresses).map(|a| format!("{}/{}", a.addr, a.prefix.len()));
    InterfaceView {
        interface: interface.name.clone(),
        kind: match interface.kind {
            InterfaceKind::Physical => "physical",
            InterfaceKind::Subinterface => "subinterface",
            InterfaceKind::Svi => "svi",
            InterfaceKind::Aggregate => "aggregate",
            InterfaceKind::Loopback => "loopback",
            InterfaceKind::Tunnel => "tunnel",
            InterfaceKind::Null => "null",
            InterfaceKind::Other => "other",
        },
        up: interface.is_up(),
        vrf,
        addresses: addresses.collect(),
        vlans: vlans(interface),
        ingress: interface.ingress.iter().map(|s| stage(device, s)).collect(),
        egress: interface.egress.iter().map(|s| stage(device, s)).collect(),
    }
}

fn vlans(interface: &Interface) -> Option<String> {
    if let Some(l2) = &interface.l2 {
        let ranges =
            l2.allowed.ranges().iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
        let allowed = ranges.collect::<Vec<_>>().join(",");
        return Some(match l2.mode {
            L2Mode::Access => format!("access {}", l2.access_vlan),
            L2Mode::Trunk => format!("trunk {allowed} native {}", l2.native_vlan),
            L2Mode::Dynamic => {
                format!("access {} or trunk {allowed} native {}", l2.access_vlan, l2.native_vlan)
            }
        });
    }
    match (interface.svi_vlan, interface.encapsulation) {
        (Some(vlan), _) | (None, Encapsulation::Vlan(vlan)) => Some(vlan.to_string()),
        (None, Encapsulation::Unknown) => Some("unknown".to_owned()),
        (None, Encapsulation::Untagged) => None,
    }
}

fn stage(device: &Device, of: &Stage) -> String {
    match of {
        Stage::Filter { list, .. } => {
            format!("filter {}", device.list(*list).map_or("?", |l| l.name.as_str()))
        }
        Stage::AntiSpoof { strict, .. } => format!("anti-spoof {}", if *strict { "strict" } else { "loose" }),
        Stage::Nat { table, .. } => format!("nat {}", device.nat(*table).map_or("?", |n| n.name.as_str())),
        Stage::PolicyRoute { policy, .. } => {
            format!("policy-route {}", device.policy_route(*policy).map_or("?", |p| p.name.as_str()))
        }
        Stage::When { from, stage: inner } => {
            let names =
                from.iter().filter_map(|c| device.contexts.get(c.0 as usize)).map(|c| c.name.as_str());
            format!("from {}: {}", names.collect::<Vec<_>>().join(" or "), stage(device, inner))
        }
        Stage::Drop { why, .. } => format!("drop: {why}"),
        Stage::MayDrop { why, .. } => format!("may drop: {why}"),
    }
}
