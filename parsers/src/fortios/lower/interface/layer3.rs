//! Addresses of both families, redundancy groups, relays.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::{Address, AddressRole, Coverage, InterfaceKind, L3, Relay, Tri, VrfId};
use sekisho_net::{PortRange, Prefix, addr_bits};

use super::{Reader, settings};
use crate::fortios::lower::Scope;
use crate::fortios::tree::{Setting, Table, Word};
use crate::fortios::{marks as state, value};

/// UDP ports of DHCP servers and clients. Source: RFC 2131 section 4.1.
const DHCP: (u16, u16) = (67, 68);
/// UDP ports of DHCPv6 clients and servers. Source: RFC 8415 section 7.2.
const DHCPV6: (u16, u16) = (546, 547);

/// What the lines say, before it is put together.
#[derive(Default)]
struct Facts {
    addresses: Vec<Address>,
    unknown4: Option<Span>,
    unknown6: Option<Span>,
    /// IPv6 lines other than addresses.
    speaks6: bool,
    /// It may answer for addresses of others.
    answers: bool,
}

/// The layer-3 part, if it has one.
pub(super) fn routed(
    reader: &mut Reader<'_, '_, '_>,
    kind: InterfaceKind,
    vrf: (VrfId, Option<Span>),
    scope: &Scope<'_, '_>,
) -> Option<L3> {
    let mut facts = Facts::default();
    primary(reader, kind, &mut facts);
    secondary(reader, &mut facts);
    shared4(reader, &mut facts);
    ipv6(reader, &mut facts);
    // Packets enter a tunnel whether it has an address or not, and so they do where routes lead out.
    let named = scope.routed.get(&reader.name).copied();
    let has_v4 = facts.addresses.iter().any(|a| a.addr.is_ipv4());
    let without = if kind == InterfaceKind::Tunnel { Some(reader.entry.span) } else { named };
    if !has_v4 && facts.unknown4.is_none() {
        facts.unknown4 = without;
    }
    let has_v6 = facts.unknown6.is_some() || facts.addresses.iter().any(|a| a.addr.is_ipv6());
    if facts.addresses.is_empty() && facts.unknown4.is_none() && !has_v6 && !facts.speaks6 {
        return None;
    }
    Some(L3 {
        vrf: vrf.0,
        vrf_span: vrf.1,
        addresses: facts.addresses,
        unknown_v4: facts.unknown4,
        unknown_v6: facts.unknown6,
        // SOUNDNESS: whether an interface without an IPv6 line takes IPv6 packets is not documented.
        ipv6: if has_v6 { Tri::Yes } else { Tri::Unknown },
        proxy_arp: if facts.answers { Tri::Unknown } else { Tri::No },
    })
}

fn own(addr: IpAddr, len: u32, span: Span) -> Option<Address> {
    Some(Address { addr, prefix: Prefix::new(addr, len).ok()?, role: AddressRole::Own, span })
}

/// `set mode`, `set ip`, `set remote-ip`, `set management-ip`.
fn primary(reader: &mut Reader<'_, '_, '_>, kind: InterfaceKind, facts: &mut Facts) {
    let entry = reader.entry;
    if let Some(setting) = entry.body.get("mode") {
        match value::word(setting) {
            Some("static") => {}
            Some("dhcp" | "pppoe") => facts.unknown4 = Some(setting.span),
            _ => {
                reader.bad(setting);
                facts.unknown4 = Some(setting.span);
            }
        }
    }
    if let Some(setting) = entry.body.get("ipunnumbered").filter(|s| value::word(s) != Some("0.0.0.0")) {
        facts.unknown4 = Some(setting.span);
    }
    for name in ["ip", "management-ip"] {
        let Some(setting) = entry.body.get(name) else { continue };
        match value::address4(&setting.values) {
            // No address.
            Some((addr, 0)) if addr.is_unspecified() => {}
            // A tunnel's own address is a host; the far end's mask is that of the network.
            Some((addr, len)) if len > 0 => {
                let remote = entry.body.get("remote-ip").filter(|_| name == "ip");
                let network =
                    remote.and_then(|s| value::far_end4(&s.values)).filter(|(a, _)| !a.is_unspecified());
                let len = match network {
                    Some((far, far_len)) if kind == InterfaceKind::Tunnel => {
                        let prefix = Prefix::new(IpAddr::V4(far), far_len).ok();
                        let holds = prefix.is_some_and(|p| p.contains(IpAddr::V4(addr)));
                        if holds { far_len.min(len) } else { len }
                    }
                    _ => len,
                };
                facts.addresses.extend(own(IpAddr::V4(addr), len, setting.span));
            }
            _ => reader.bad(setting),
        }
    }
    if let Some(setting) = entry.body.get("remote-ip")
        && value::far_end4(&setting.values).is_none()
    {
        reader.bad(setting);
    }
}

/// `config secondaryip`, in force with `set secondary-IP enable`.
fn secondary(reader: &mut Reader<'_, '_, '_>, facts: &mut Facts) {
    let entry = reader.entry;
    let switch = entry.body.get("secondary-IP");
    let on = match switch.map(|s| (s, value::switch(s))) {
        None => false,
        Some((_, Some(on))) => on,
        Some((setting, None)) => {
            reader.bad(setting);
            true
        }
    };
    let Some(table) = entry.body.table("secondaryip") else { return };
    structure(reader, table);
    for inner in &table.entries {
        for setting in &inner.body.settings {
            match setting.name.text.as_ref() {
                "ip" => match value::address4(&setting.values) {
                    Some((addr, len)) if len > 0 => {
                        state::modeled(reader.marks, setting);
                        let current = inner.body.get("ip").is_some_and(|s| s.span == setting.span);
                        if on && current {
                            facts.addresses.extend(own(IpAddr::V4(addr), len, setting.span));
                        }
                    }
                    Some((addr, _)) if addr.is_unspecified() => state::modeled(reader.marks, setting),
                    _ => reader.bad(setting),
                },
                "allowaccess" => state::modeled(reader.marks, setting),
                "ping-serv-status" | "gwdetect" | "detectserver" | "detectprotocol" | "ha-priority"
                | "secip-relay-ip" => state::ignored(reader.marks, setting),
                _ => reader.bad(setting),
            }
        }
        extra_tables(reader, &inner.body.tables, &[]);
    }
}

/// Marks the brackets of an inner table; settings outside its entries are not understood.
fn structure(reader: &mut Reader<'_, '_, '_>, table: &Table<'_>) {
    state::lines(reader.marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    for inner in &table.entries {
        state::lines(reader.marks, inner.own_lines.iter().copied(), Coverage::Modeled, None);
    }
    for setting in &table.body.settings {
        reader.bad(setting);
    }
    extra_tables(reader, &table.body.tables, &[]);
}

/// Inner tables that are not read: harmless or not understood.
fn extra_tables(reader: &mut Reader<'_, '_, '_>, tables: &[Table<'_>], harmless: &[&str]) {
    for table in tables {
        if harmless.contains(&table.path.as_str()) {
            state::table(reader.marks, table, Coverage::Ignored, None);
        } else {
            reader.doubtful = true;
            let scope = reader.own_scope();
            state::unrecognized(reader.marks, table.all_lines(), table.span, scope);
        }
    }
}

/// `config vrrp`: whichever member is the master answers for the address.
fn shared4(reader: &mut Reader<'_, '_, '_>, facts: &mut Facts) {
    let Some(table) = reader.entry.body.table("vrrp") else { return };
    shared(reader, table, "vrip", facts);
}

fn shared(reader: &mut Reader<'_, '_, '_>, table: &Table<'_>, name: &str, facts: &mut Facts) {
    structure(reader, table);
    for group in &table.entries {
        // SOUNDNESS: a group that is switched off shares nothing; one whose switch is not understood does.
        let off = group.body.get("status").is_some_and(|s| value::switch(s) == Some(false));
        for setting in &group.body.settings {
            match setting.name.text.as_ref() {
                found if found == name => match value::word(setting).and_then(|w| w.parse::<IpAddr>().ok()) {
                    Some(addr) => {
                        state::modeled(reader.marks, setting);
                        let link_local = matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local());
                        let known = facts.addresses.iter().any(|a| a.addr == addr);
                        if !off && !link_local && !known && !addr.is_unspecified() {
                            facts.addresses.push(Address {
                                addr,
                                prefix: Prefix::host(addr),
                                role: AddressRole::Shared,
                                span: setting.span,
                            });
                        }
                    }
                    None => reader.bad(setting),
                },
                "status" if value::switch(setting).is_some() => state::modeled(reader.marks, setting),
                "vrgrp"
                | "version"
                | "priority"
                | "adv-interval"
                | "start-time"
                | "preempt"
                | "accept-mode"
                | "vrdst"
                | "vrdst-priority"
                | "vrdst6"
                | "ignore-default-route"
                | "proxy-arp" => {
                    state::ignored(reader.marks, setting);
                }
                _ => reader.bad(setting),
            }
        }
        for inner in &group.body.tables {
            if inner.path == "proxy-arp" {
                facts.answers = true;
                state::table(reader.marks, inner, Coverage::Approximated, Some("proxy ARP of the interface"));
            } else {
                extra_tables(reader, std::slice::from_ref(inner), &[]);
            }
        }
    }
}

/// `config ipv6`.
fn ipv6(reader: &mut Reader<'_, '_, '_>, facts: &mut Facts) {
    let Some(table) = reader.entry.body.table("ipv6") else { return };
    state::lines(reader.marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    for setting in &table.body.settings {
        let treatment = settings::treatment6(&setting.name.text);
        reader.treat(setting, treatment);
    }
    facts.speaks6 = !table.body.settings.is_empty() || !table.body.tables.is_empty();
    for entry in &table.entries {
        reader.doubtful = true;
        let scope = reader.own_scope();
        state::unrecognized(reader.marks, entry.all_lines(), entry.span, scope);
    }
    for name in ["ip6-address"] {
        let Some(setting) = table.body.get(name) else { continue };
        address6(reader, setting, &setting.values, facts);
    }
    if let Some(setting) = table.body.get("ip6-mode") {
        match value::word(setting) {
            Some("static") => {}
            Some("dhcp" | "pppoe" | "delegated") => facts.unknown6 = Some(setting.span),
            _ => {
                reader.bad(setting);
                facts.unknown6 = Some(setting.span);
            }
        }
    }
    if let Some(span) = value::enabled(&table.body, "autoconf") {
        facts.unknown6 = Some(span);
    }
    for inner in &table.body.tables {
        match inner.path.as_str() {
            "ip6-extra-addr" => {
                structure(reader, inner);
                for extra in &inner.entries {
                    let key = std::slice::from_ref(&extra.key);
                    match value::address6(key) {
                        Some((addr, len)) => {
                            facts.addresses.extend(own(IpAddr::V6(addr), len, extra.span));
                        }
                        None => {
                            reader.doubtful = true;
                            let scope = reader.own_scope();
                            state::unrecognized(reader.marks, extra.all_lines(), extra.span, scope);
                        }
                    }
                    for setting in &extra.body.settings {
                        reader.bad(setting);
                    }
                }
            }
            "vrrp6" => shared(reader, inner, "vrip6", facts),
            "ip6-prefix-list"
            | "ip6-delegated-prefix-list"
            | "dhcp6-iapd-list"
            | "client-options"
            | "ip6-rdnss-list"
            | "ip6-dnssl-list"
            | "ip6-route-list" => {
                state::table(reader.marks, inner, Coverage::Ignored, None);
            }
            _ => extra_tables(reader, std::slice::from_ref(inner), &[]),
        }
    }
}

fn address6(reader: &mut Reader<'_, '_, '_>, setting: &Setting<'_>, values: &[Word<'_>], facts: &mut Facts) {
    match value::address6(values) {
        Some((addr, 0)) if addr.is_unspecified() => {}
        Some((addr, len)) if len > 0 => {
            // A prefix whose interface part is left out is completed by the device.
            let addr = IpAddr::V6(addr);
            let bare = Prefix::new(addr, len).is_ok_and(|p| p.first() == addr_bits(addr)) && len < 127;
            if bare {
                facts.unknown6.get_or_insert(setting.span);
            }
            facts.addresses.extend(own(addr, len, setting.span));
        }
        _ => reader.bad(setting),
    }
}

/// `dhcp-relay-ip` and its like of IPv6.
pub(super) fn relays(reader: &mut Reader<'_, '_, '_>, vrf: VrfId) -> Vec<Relay> {
    let entry = reader.entry;
    let mut out = Vec::new();
    let v6 = entry.body.table("ipv6").map(|t| &t.body);
    let sets = [
        (Some(&entry.body), "dhcp-relay-service", "dhcp-relay-ip", DHCP),
        (v6, "dhcp6-relay-service", "dhcp6-relay-ip", DHCPV6),
    ];
    for (body, service, ip, ports) in sets {
        let Some(body) = body else { continue };
        // SOUNDNESS: a line that was not understood may be a damaged `set dhcp-relay-service enable`.
        let on = match body.get(service) {
            Some(setting) => match value::switch(setting) {
                Some(on) => on || reader.doubtful,
                None => {
                    reader.bad(setting);
                    true
                }
            },
            None => reader.doubtful,
        };
        let Some(setting) = body.get(ip) else { continue };
        for word in &setting.values {
            match (word.text.parse::<IpAddr>(), PortRange::new(ports.0, ports.1)) {
                (Ok(to), Ok(range)) if on => {
                    out.push(Relay { to, ports: vec![range], vrf, span: setting.span });
                }
                (Ok(_), _) => {}
                (Err(_), _) => reader.bad(setting),
            }
        }
    }
    out
}
