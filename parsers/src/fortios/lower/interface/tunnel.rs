//! Tunnel interfaces: IPsec, GRE, IPv6 in IPv4, IP in IP, SSL VPN. Encryption is not credited; selectors
//! only narrow what passes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::{Coverage, Device, Interface, InterfaceKind, Tunnel, VrfId};

use super::{find, layer3_of};
use crate::common::{Marks, PendingScope};
use crate::fortios::lower::Scope;
use crate::fortios::tree::{Entry, Vdom};
use crate::fortios::{marks as state, value};

/// One tunnel.
#[derive(Clone, Debug)]
struct End {
    destination: Option<IpAddr>,
    source: Option<IpAddr>,
    span: Span,
    /// The far end brings its routes along.
    learns: bool,
}

/// The tunnels of a domain by interface name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tunnels {
    ends: BTreeMap<String, End>,
}

/// Tables whose entries are tunnel interfaces.
const TABLES: &[&str] = &[
    "vpn ipsec phase1-interface",
    "vpn ipsec manualkey-interface",
    "system gre-tunnel",
    "system ipip-tunnel",
    "system sit-tunnel",
    "system ipv6-tunnel",
    "system ipsec-aggregate",
];

/// Interfaces that every device has for VPN clients, by the beginning of their names.
const CLIENTS: &[&str] = &["ssl.", "naf.", "l2t."];

/// Settings of tunnels that are read here.
const READ: &[&str] = &[
    "add-route",
    "assign-ip",
    "assign-ip-from",
    "default-gw",
    "destination",
    "interface",
    "ip-version",
    "local-gw",
    "local-gw6",
    "mode-cfg",
    "remote-gw",
    "remote-gw6",
    "source",
    "type",
];

/// Settings of tunnels that are harmless: what is negotiated, how, and how often.
///
/// Source: `FortiOS` CLI Reference, `config vpn ipsec phase1-interface`, `config system gre-tunnel`.
const HARMLESS: &[&str] = &[
    "acct-verify",
    "aggregate-member",
    "aggregate-weight",
    "algorithm",
    "assign-ip-type",
    "auth-method",
    "auth-method-remote",
    "authmethod",
    "authmethod-remote",
    "authpasswd",
    "authusr",
    "authusrgrp",
    "auto-discovery-crossover",
    "auto-discovery-forwarder",
    "auto-discovery-offer-interval",
    "auto-discovery-psk",
    "auto-discovery-receiver",
    "auto-discovery-sender",
    "auto-discovery-shortcuts",
    "auto-negotiate",
    "backup-gateway",
    "banner",
    "cert-id-validation",
    "cert-peer-password-validation",
    "cert-peer-username-strip",
    "cert-peer-username-validation",
    "cert-trust-store",
    "certificate",
    "checksum-reception",
    "checksum-transmission",
    "childless-ike",
    "client-auto-negotiate",
    "client-keep-alive",
    "client-resume",
    "client-resume-interval",
    "comments",
    "dev-id",
    "dev-id-notification",
    "dhgrp",
    "dhcp-ra-giaddr",
    "dhcp6-ra-linkaddr",
    "digital-signature-auth",
    "diffservcode",
    "distance",
    "dns-mode",
    "dns-suffix-search",
    "domain",
    "dpd",
    "dpd-retrycount",
    "dpd-retryinterval",
    "dscp-copying",
    "eap",
    "eap-cert-auth",
    "eap-exclude-peergrp",
    "eap-identity",
    "ems-sn-check",
    "enforce-unique-id",
    "esn",
    "exchange-fgt-device-id",
    "exchange-interface-ip",
    "exchange-ip-addr4",
    "exchange-ip-addr6",
    "fallback-tcp-threshold",
    "fec-base",
    "fec-codec",
    "fec-egress",
    "fec-health-check",
    "fec-ingress",
    "fec-mapping-profile",
    "fec-receive-timeout",
    "fec-redundant",
    "fec-send-timeout",
    "fgsp-sync",
    "fortinet-esp",
    "fragmentation",
    "fragmentation-mtu",
    "group-authentication",
    "group-authentication-secret",
    "ha-sync-esp-seqno",
    "idle-timeout",
    "idle-timeoutinterval",
    "ike-version",
    "inbound-dscp-copy",
    "include-local-lan",
    "internal-domain-list",
    "ip-delay-interval",
    "ip-fragmentation",
    "ipsec-tunnel-slot",
    "ipv4-dns-server1",
    "ipv4-dns-server2",
    "ipv4-dns-server3",
    "ipv4-end-ip",
    "ipv4-exclude-range",
    "ipv4-name",
    "ipv4-netmask",
    "ipv4-split-exclude",
    "ipv4-split-include",
    "ipv4-start-ip",
    "ipv4-wins-server1",
    "ipv4-wins-server2",
    "ipv6-dns-server1",
    "ipv6-dns-server2",
    "ipv6-dns-server3",
    "ipv6-end-ip",
    "ipv6-name",
    "ipv6-prefix",
    "ipv6-split-exclude",
    "ipv6-split-include",
    "ipv6-start-ip",
    "keepalive",
    "keepalive-failtimes",
    "keepalive-interval",
    "keylife",
    "keepalive-failure",
    "link-cost",
    "localid",
    "localid-type",
    "loopback-asymroute",
    "member",
    "mesh-selector-type",
    "mode",
    "mode-cfg-allow-client-selector",
    "monitor",
    "monitor-hold-down-delay",
    "monitor-hold-down-time",
    "monitor-hold-down-type",
    "monitor-hold-down-weekday",
    "nattraversal",
    "negotiate-timeout",
    "net-device",
    "network-id",
    "network-overlay",
    "npu-offload",
    "packet-redistribution",
    "passive-mode",
    "passive-tunnel-interface",
    "peer",
    "peergrp",
    "peerid",
    "peertype",
    "ppk",
    "ppk-identity",
    "ppk-secret",
    "priority",
    "proposal",
    "psksecret",
    "psksecret-remote",
    "qkd",
    "qkd-profile",
    "reauth",
    "rekey",
    "remote-gw-country",
    "remote-gw-end-ip",
    "remote-gw-match",
    "remote-gw-start-ip",
    "remote-gw-subnet",
    "rsa-signature-format",
    "rsa-signature-hash-override",
    "save-password",
    "send-cert-chain",
    "sequence-number-reception",
    "sequence-number-transmission",
    "signature-hash-alg",
    "split-include-service",
    "suite-b",
    "transport",
    "tunnel-search",
    "unity-support",
    "usrgrp",
    "wizard-type",
    "xauthtype",
    "auto-asic-offload",
    "use-sdwan",
    "key-inbound",
    "key-outbound",
    "keepalive-failures",
    "remote-spi",
    "local-spi",
    "enckey",
    "authkey",
    "encryption",
    "authentication",
];

impl Tunnels {
    /// Reads the tables of a domain.
    pub(crate) fn read(vdom: &Vdom<'_, '_>, marks: &mut Marks) -> Self {
        let mut out = Self::default();
        for path in TABLES {
            for table in vdom.tables.iter().filter(|t| t.path == *path) {
                state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
                for entry in &table.entries {
                    let end = end(entry, vdom, marks);
                    out.ends.insert(entry.key.text.to_string(), end);
                }
            }
        }
        out
    }

    /// Whether a tunnel has this name.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.ends.contains_key(name) || CLIENTS.iter().any(|c| name.starts_with(c))
    }

    /// The ends of a tunnel; unknown where no table speaks of it.
    pub(super) fn end(&self, name: &str, span: Span) -> Tunnel {
        let end = self.ends.get(name);
        Tunnel {
            destination: end.and_then(|e| e.destination),
            source: end.and_then(|e| e.source),
            outer_vrf: VrfId(0),
            // Not credited yet.
            authenticated: None,
            span: end.map_or(span, |e| e.span),
        }
    }

    /// Tunnels whose far end brings its routes along.
    pub(crate) fn learning(&self) -> impl Iterator<Item = (&str, Span)> {
        self.ends.iter().filter(|(_, e)| e.learns).map(|(name, e)| (name.as_str(), e.span))
    }
}

fn end(entry: &Entry<'_>, vdom: &Vdom<'_, '_>, marks: &mut Marks) -> End {
    let scope = || PendingScope::Interface(entry.key.text.to_string());
    state::lines(marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
    let mut doubtful = false;
    for garbled in entry.body.all_garbled() {
        doubtful = true;
        state::unrecognized(marks, garbled.lines.0..=garbled.lines.1, garbled.span, scope());
    }
    for setting in &entry.body.settings {
        let name = setting.name.text.as_ref();
        let lines = setting.lines.0..=setting.lines.1;
        match name {
            _ if READ.contains(&name) => state::modeled(marks, setting),
            _ if HARMLESS.contains(&name) => state::ignored(marks, setting),
            "encapsulation" if value::word(setting) == Some("none") => state::ignored(marks, setting),
            "encapsulation"
            | "encapsulation-address"
            | "encap-local-gw4"
            | "encap-local-gw6"
            | "encap-remote-gw4"
            | "encap-remote-gw6"
            | "vni" => {
                let why = "layer-2 network in a tunnel";
                state::unsupported(marks, lines, setting.span, PendingScope::Anywhere, why);
            }
            _ => {
                doubtful = true;
                state::unrecognized(marks, lines, setting.span, scope());
            }
        }
    }
    for table in &entry.body.tables {
        match table.path.as_str() {
            "ipv4-exclude-range" | "ipv6-exclude-range" | "internal-domain-list" => {
                state::table(marks, table, Coverage::Ignored, None);
            }
            _ => state::unrecognized(marks, table.all_lines(), table.span, scope()),
        }
    }
    let address = |names: &[&str]| {
        let found = names.iter().find_map(|n| entry.body.get(n))?;
        let addr: IpAddr = value::word(found)?.parse().ok()?;
        (!addr.is_unspecified() && !doubtful).then_some(addr)
    };
    let is = |name: &str, word: &str| entry.body.get(name).is_some_and(|s| value::word(s) == Some(word));
    let dial_in = is("type", "dynamic") || doubtful;
    let adds = !is("add-route", "disable") || phase2_adds(&entry.key.text, vdom);
    let gateway = entry.body.get("default-gw").is_some_and(|s| value::word(s) != Some("0.0.0.0"));
    End {
        // SOUNDNESS: a peer that is named or moves (`ddns`, `dynamic`) may be anybody.
        destination: address(&["remote-gw", "remote-gw6", "destination"])
            .filter(|_| !dial_in && !is("type", "ddns")),
        source: address(&["local-gw", "local-gw6", "source"]),
        span: entry.span,
        learns: (dial_in && adds) || is("mode-cfg", "enable") || gateway,
    }
}

/// Whether a phase 2 of this tunnel adds routes by itself.
fn phase2_adds(phase1: &str, vdom: &Vdom<'_, '_>) -> bool {
    let entries =
        vdom.tables.iter().filter(|t| t.path == "vpn ipsec phase2-interface").flat_map(|t| &t.entries);
    entries.filter(|e| e.body.value("phase1name").is_none_or(|w| w.text == phase1)).any(|e| {
        e.body.get("add-route").is_some_and(|s| !matches!(value::word(s), Some("disable" | "phase1")))
    })
}

/// Tunnels without an `edit` in `config system interface`, and those for VPN clients that nobody uses.
pub(super) fn implied(scope: &Scope<'_, '_>, device: &mut Device) {
    for (name, end) in &scope.tunnels.ends {
        if find(device, name).is_some() {
            continue;
        }
        push(scope, device, name, end.span);
    }
    // SOUNDNESS: the interfaces for clients exist on every device; they carry traffic where a policy, a
    // zone or a route names them.
    for (name, span) in &scope.used {
        if CLIENTS.iter().any(|c| name.starts_with(c)) && find(device, name).is_none() {
            push(scope, device, name, *span);
        }
    }
    for interface in &mut device.interfaces {
        let clients = CLIENTS.iter().any(|c| interface.name.starts_with(c));
        if clients && !scope.used.contains_key(&interface.name) {
            interface.admin = sekisho_model::AdminState::Down;
            interface.admin_span.get_or_insert(interface.span);
        }
    }
}

fn push(scope: &Scope<'_, '_>, device: &mut Device, name: &str, span: Span) {
    let mut tunnel = Interface::new(name.to_owned(), InterfaceKind::Tunnel, span);
    tunnel.l3 = Some(layer3_of(span));
    tunnel.tunnel = Some(scope.tunnels.end(name, span));
    device.interfaces.push(tunnel);
}
