//! Static routes, and the lines because of which there may be others.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::{Coverage, Device, InterfaceId, NextHop, Route, VrfId, VrfLeak};
use sekisho_net::{Family, Prefix, bits_addr};

use super::sdwan::{DEFAULT_ZONE, Sdwan};
use super::{Scope, vrf};
use crate::common::Marks;
use crate::fortios::tree::{Body, Entry, Setting, Table};
use crate::fortios::{marks as state, value};

/// Distance of a static route. Source: `FortiOS` CLI Reference, `config router static`.
const DISTANCE: u8 = 10;
/// Distance of a route that comes with a leased address. Source: the same, `config system interface`.
const LEASED: u8 = 5;

/// Settings of a static route that cannot change where it leads.
const HARMLESS: &[&str] =
    &["comment", "comments", "link-monitor-exempt", "preferred-source", "tag", "weight", "bfd"];

/// A route before priorities are compared.
struct Draft {
    vrf: VrfId,
    route: Route,
    priority: u32,
}

/// Fills the routing tables.
pub(super) fn lower_routes(
    scope: &Scope<'_, '_>,
    sdwan: &Sdwan<'_, '_>,
    device: &mut Device,
    marks: &mut Marks,
) {
    let mut drafts: Vec<Draft> = Vec::new();
    for (path, family) in [("router static", Family::V4), ("router static6", Family::V6)] {
        for table in scope.tables(path) {
            state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
            for entry in &table.entries {
                let mut reader = Static { scope, sdwan, family, entry, device, marks, out: Vec::new() };
                reader.read();
                drafts.append(&mut reader.out);
            }
        }
    }
    leased(scope, device, &mut drafts);
    tunnel_networks(scope, device, &mut drafts);
    monitored(scope, device, &mut drafts, marks);
    by_priority(&mut drafts);
    for draft in drafts {
        if let Some(vrf) = device.vrfs.get_mut(draft.vrf.0 as usize) {
            vrf.routes.push(draft.route);
        }
    }
    protocols(scope, device, marks);
    learned(scope, device);
}

/// Of the routes of one destination and distance, those of a higher priority value stand by.
///
/// Source: `FortiOS` Administration Guide, Routing concepts: priority.
fn by_priority(drafts: &mut [Draft]) {
    let mut least: BTreeMap<(VrfId, Prefix, u8), u32> = BTreeMap::new();
    for d in drafts.iter() {
        let key = (d.vrf, d.route.prefix, d.route.distance);
        let best = least.entry(key).or_insert(d.priority);
        *best = (*best).min(d.priority);
    }
    for d in drafts {
        if least.get(&(d.vrf, d.route.prefix, d.route.distance)).is_some_and(|&best| d.priority > best) {
            d.route.conditional = true;
        }
    }
}

/// One `edit` of `config router static` that is being read.
struct Static<'r, 't, 'a> {
    scope: &'r Scope<'t, 'a>,
    sdwan: &'r Sdwan<'t, 'a>,
    family: Family,
    entry: &'t Entry<'a>,
    device: &'r mut Device,
    marks: &'r mut Marks,
    out: Vec<Draft>,
}

impl Static<'_, '_, '_> {
    fn read(&mut self) {
        let entry = self.entry;
        state::lines(self.marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
        for garbled in entry.body.all_garbled() {
            self.unknown(garbled.span);
        }
        let mut doubtful = !entry.body.all_garbled().is_empty();
        for setting in &entry.body.settings {
            let name = setting.name.text.as_ref();
            let known = setting.unset || self.understood(name, setting);
            if HARMLESS.contains(&name) {
                state::ignored(self.marks, setting);
            } else if known {
                state::modeled(self.marks, setting);
            } else {
                doubtful = true;
                let lines = setting.lines.0..=setting.lines.1;
                state::lines(self.marks, lines, Coverage::Unrecognized, Some(self.words()));
                self.unknown(setting.span);
            }
        }
        for table in &entry.body.tables {
            doubtful = true;
            state::table(self.marks, table, Coverage::Unrecognized, Some(self.words()));
            self.unknown(table.span);
        }
        let off = entry.body.get("status").is_some_and(|s| value::switch(s) == Some(false));
        if off && !doubtful {
            return;
        }
        for name in ["internet-service", "internet-service-custom"] {
            if let Some(setting) = entry.body.get(name).filter(|s| value::word(s) != Some("0")) {
                let lines = setting.lines.0..=setting.lines.1;
                state::lines(self.marks, lines, Coverage::Approximated, Some(self.words()));
                self.unknown(setting.span);
                return;
            }
        }
        let Some(prefixes) = self.prefixes() else { return };
        for (prefix, span) in prefixes {
            self.push(prefix, span, doubtful);
        }
    }

    fn words(&self) -> &'static str {
        if self.family == Family::V4 { "IPv4 routes of the device" } else { "IPv6 routes of the device" }
    }

    /// The routes of the family are not known, in every table.
    fn unknown(&mut self, span: Span) {
        for index in 0..self.device.vrfs.len() {
            unknown(self.device, VrfId(u32::try_from(index).unwrap_or(u32::MAX)), self.family, span);
        }
    }

    /// Whether a setting is known and its value is one of those it may have.
    fn understood(&self, name: &str, setting: &Setting<'_>) -> bool {
        match name {
            "dst" if self.family == Family::V4 => value::prefix4(&setting.values).is_some(),
            "dst" => value::prefix6(&setting.values).is_some(),
            "gateway" => value::word(setting).is_some_and(|w| w.parse::<IpAddr>().is_ok()),
            "distance" => value::number::<u8>(setting).is_some(),
            "priority" => value::number::<u32>(setting).is_some(),
            "vrf" => value::word(setting) == Some("unspecified") || value::number::<u16>(setting).is_some(),
            "status" | "blackhole" | "dynamic-gateway" | "sdwan" | "virtual-wan-link" => {
                value::switch(setting).is_some()
            }
            "device" | "dstaddr" | "internet-service" | "internet-service-custom" => {
                value::word(setting).is_some()
            }
            "sdwan-zone" => !setting.values.is_empty(),
            "src" => value::prefix4(&setting.values).is_some_and(|p| p.len() == 0),
            _ => false,
        }
    }

    /// Its destinations; `None` when they are not known, which is noted.
    fn prefixes(&mut self) -> Option<Vec<(Prefix, Span)>> {
        let entry = self.entry;
        if let Some(setting) = entry.body.get("dstaddr") {
            let name = value::word(setting).unwrap_or_default();
            let found = networks(self.scope, name, self.family, 0);
            if found.is_none() {
                let lines = setting.lines.0..=setting.lines.1;
                state::lines(self.marks, lines, Coverage::Approximated, Some(self.words()));
                self.unknown(setting.span);
            }
            return found.map(|all| all.into_iter().map(|p| (p, setting.span)).collect());
        }
        let Some(setting) = entry.body.get("dst") else {
            return Some(vec![(Prefix::all(self.family), entry.span)]);
        };
        let prefix = match self.family {
            Family::V4 => value::prefix4(&setting.values),
            Family::V6 => value::prefix6(&setting.values),
        };
        // One that cannot be read has made the routes unknown already.
        prefix.map(|p| vec![(p, setting.span)])
    }

    fn push(&mut self, prefix: Prefix, span: Span, doubtful: bool) {
        let entry = self.entry;
        let body = &entry.body;
        let span = if body.get("dst").is_some() || body.get("dstaddr").is_some() { span } else { entry.span };
        let table = body.get("vrf").and_then(|s| value::number::<u16>(s).map(|n| (n, s.span)));
        let stated = table.map(|(number, at)| vrf(self.device, number, at));
        let distance = body.get("distance").and_then(value::number::<u8>);
        let priority = body.get("priority").and_then(value::number::<u32>).unwrap_or(1).max(1);
        let mut add = |vrf: VrfId, next_hop: NextHop, distance: u8, conditional: bool| {
            let route = Route { prefix, next_hop, distance, conditional: conditional || doubtful, span };
            self.out.push(Draft { vrf, route, priority });
        };
        if value::enabled(body, "blackhole").is_some() {
            add(stated.unwrap_or_default(), NextHop::Discard, distance.unwrap_or(DISTANCE), false);
            return;
        }
        let zones = sdwan_zones(body);
        if !zones.is_empty() {
            // The distance of such a route differs by release: it stands by, beside all others.
            for member in self.sdwan.members.iter().filter(|m| zones.iter().any(|z| *z == m.zone)) {
                let (id, at) = (member.interface, self.device.interface(member.interface));
                let vrf = at.and_then(|i| i.l3.as_ref()).map_or(VrfId(0), |l3| l3.vrf);
                let gateway = member.gateways.iter().copied().find(|g| Family::of(*g) == self.family);
                let leased = is_leased(self.scope, at.map_or("", |i| i.name.as_str()));
                let next_hop = match gateway {
                    Some(addr) => NextHop::Via { addr, interface: Some(id), vrf: None },
                    None if leased => NextHop::Unknown,
                    None => NextHop::Interface(id),
                };
                add(vrf, next_hop, distance.unwrap_or(1), true);
            }
            return;
        }
        let conditional = value::enabled(body, "bfd").is_some();
        let gateway = body.value("gateway").and_then(|w| w.text.parse::<IpAddr>().ok());
        let gateway = gateway.filter(|g| !g.is_unspecified() && Family::of(*g) == self.family);
        let device = body.value("device").filter(|w| !w.text.is_empty());
        let id = device.and_then(|w| find(self.device, &w.text));
        let vrf = id
            .and_then(|id| self.device.interface(id))
            .and_then(|i| i.l3.as_ref())
            .map(|l3| l3.vrf)
            .or(stated)
            .unwrap_or_default();
        let leased = device.is_some_and(|w| is_leased(self.scope, &w.text));
        let next_hop = match (gateway, id) {
            _ if value::enabled(body, "dynamic-gateway").is_some() => NextHop::Unknown,
            (Some(addr), interface) => NextHop::Via { addr, interface, vrf: None },
            (None, Some(_)) if leased => NextHop::Unknown,
            (None, Some(id)) => NextHop::Interface(id),
            (None, None) => NextHop::Unknown,
        };
        let unknown = next_hop == NextHop::Unknown;
        add(vrf, next_hop, distance.unwrap_or(DISTANCE), conditional || unknown);
    }
}

/// The SD-WAN zones that a route leads into.
fn sdwan_zones<'b>(body: &'b Body<'_>) -> Vec<&'b str> {
    if let Some(setting) = body.get("sdwan-zone") {
        return setting.values.iter().map(|w| w.text.as_ref()).collect();
    }
    let on = |name: &str| value::enabled(body, name).is_some();
    if on("sdwan") || on("virtual-wan-link") { vec![DEFAULT_ZONE] } else { Vec::new() }
}

/// The networks of an address object; `None` when they are not certain.
pub(super) fn networks(scope: &Scope<'_, '_>, name: &str, family: Family, depth: u8) -> Option<Vec<Prefix>> {
    let (address, group) = match family {
        Family::V4 => ("firewall address", "firewall addrgrp"),
        Family::V6 => ("firewall address6", "firewall addrgrp6"),
    };
    let entry =
        |path: &str| scope.tables(path).into_iter().flat_map(|t| &t.entries).find(|e| e.key.text == name);
    if let Some(entry) = entry(address) {
        let body = &entry.body;
        let kind = body.value("type").map_or("ipmask", |w| w.text.as_ref());
        if !body.all_garbled().is_empty() {
            return None;
        }
        return match (family, kind) {
            (Family::V4, "ipmask") => value::prefix4(&body.get("subnet")?.values).map(|p| vec![p]),
            (Family::V4, "iprange") => {
                let end = |n: &str| body.value(n).and_then(|w| w.text.parse::<IpAddr>().ok());
                range(end("start-ip")?, end("end-ip")?)
            }
            (Family::V6, "ipmask" | "ipprefix") => value::prefix6(&body.get("ip6")?.values).map(|p| vec![p]),
            _ => None,
        };
    }
    let entry = entry(group)?;
    let plain = value::enabled(&entry.body, "exclude").is_none() && entry.body.all_garbled().is_empty();
    if depth > 8 || !plain {
        return None;
    }
    let mut out = Vec::new();
    for member in &entry.body.get("member")?.values {
        out.extend(networks(scope, &member.text, family, depth + 1)?);
    }
    Some(out)
}

/// The smallest set of prefixes that covers a range of addresses.
fn range(first: IpAddr, last: IpAddr) -> Option<Vec<Prefix>> {
    let family = Family::of(first);
    let (mut lo, hi) = (sekisho_net::addr_bits(first), sekisho_net::addr_bits(last));
    if family != Family::of(last) || lo > hi {
        return None;
    }
    let mut out = Vec::new();
    loop {
        let most = family.bits().min(lo.trailing_zeros());
        let fits = |bits: u32| bits == 0 || (1_u128.checked_shl(bits).is_some_and(|n| n - 1 <= hi - lo));
        let bits = (0..=most).rev().find(|&b| fits(b)).unwrap_or(0);
        out.push(Prefix::new(bits_addr(family, lo), family.bits() - bits).ok()?);
        let step = 1_u128.checked_shl(bits)?;
        match lo.checked_add(step) {
            Some(next) if next <= hi => lo = next,
            _ => return Some(out),
        }
    }
}

fn find(device: &Device, name: &str) -> Option<InterfaceId> {
    device.interface_ids().find(|(_, i)| i.name == name).map(|(id, _)| id)
}

/// Whether the neighbour of an interface is told by DHCP, so that the file does not name it.
pub(super) fn is_leased(scope: &Scope<'_, '_>, name: &str) -> bool {
    let port = scope.ports.iter().find(|p| p.name == name);
    port.is_some_and(|p| p.entry.body.get("mode").is_some_and(|s| value::word(s) == Some("dhcp")))
}

/// Default routes that come with an address: `defaultgw` is on unless a line says otherwise.
fn leased(scope: &Scope<'_, '_>, device: &Device, drafts: &mut Vec<Draft>) {
    for port in scope.ports.iter().filter(|p| p.vdom == scope.vdom.name) {
        let body = &port.entry.body;
        let mode = body.get("mode").filter(|s| value::word(s) != Some("static"));
        let v6 = body.table("ipv6").map(|t| &t.body);
        let learns6 = v6.and_then(|b| {
            value::enabled(b, "autoconf")
                .or_else(|| b.get("ip6-mode").filter(|s| value::word(s) != Some("static")).map(|s| s.span))
        });
        let off = body.get("defaultgw").is_some_and(|s| value::switch(s) == Some(false));
        let Some((id, lowered)) = device.interface_ids().find(|(_, i)| i.name == port.name) else { continue };
        let vrf = lowered.l3.as_ref().map_or(VrfId(0), |l3| l3.vrf);
        let distance = body.get("distance").and_then(value::number::<u8>).unwrap_or(LEASED);
        let mut add = |family: Family, next_hop: NextHop, span: Span| {
            let route = Route { prefix: Prefix::all(family), next_hop, distance, conditional: true, span };
            drafts.push(Draft { vrf, route, priority: 1 });
        };
        if let Some(mode) = mode.filter(|_| !off) {
            // A point-to-point session has one neighbour; a lease names its own.
            let next_hop =
                if value::word(mode) == Some("pppoe") { NextHop::Interface(id) } else { NextHop::Unknown };
            add(Family::V4, next_hop, mode.span);
        }
        if let Some(span) = learns6 {
            add(Family::V6, NextHop::Unknown, span);
        }
    }
}

/// The far end of a tunnel is reached through it.
fn tunnel_networks(scope: &Scope<'_, '_>, device: &Device, drafts: &mut Vec<Draft>) {
    for port in scope.ports.iter().filter(|p| p.vdom == scope.vdom.name) {
        let Some(setting) = port.entry.body.get("remote-ip") else { continue };
        let Some(prefix) = value::prefix4(&setting.values).filter(|p| p.len() > 0) else { continue };
        let Some((id, lowered)) = device.interface_ids().find(|(_, i)| i.name == port.name) else { continue };
        let vrf = lowered.l3.as_ref().map_or(VrfId(0), |l3| l3.vrf);
        let mut prefixes = vec![prefix];
        if let Some((far, _)) = value::far_end4(&setting.values) {
            prefixes.push(Prefix::host(IpAddr::V4(far)));
        }
        prefixes.dedup();
        for prefix in prefixes {
            let route = Route {
                prefix,
                next_hop: NextHop::Interface(id),
                distance: 0,
                conditional: false,
                span: setting.span,
            };
            drafts.push(Draft { vrf, route, priority: 1 });
        }
    }
}

/// A link monitor takes the routes of its interface away while its server does not answer.
fn monitored(scope: &Scope<'_, '_>, device: &Device, drafts: &mut [Draft], marks: &mut Marks) {
    for table in scope.tables("system link-monitor") {
        state::table(marks, table, Coverage::Modeled, None);
        for entry in &table.entries {
            let named = entry.body.value("srcintf").and_then(|w| find(device, &w.text));
            for draft in drafts.iter_mut() {
                let by = match draft.route.next_hop {
                    NextHop::Via { interface, .. } => interface,
                    NextHop::Interface(id) => Some(id),
                    _ => None,
                };
                if named.is_none() || by == named {
                    draft.route.conditional |= by.is_some();
                }
            }
        }
    }
}

fn unknown(device: &mut Device, vrf: VrfId, family: Family, span: Span) {
    if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize)
        && !vrf.unknown_routes.contains(&(family, span))
    {
        vrf.unknown_routes.push((family, span));
    }
}

/// Tables of routing protocols, and the families whose routes they bring. Every export holds them, empty.
const PROTOCOLS: &[(&str, &[Family])] = &[
    ("router bgp", &Family::ALL),
    ("router eigrp", &[Family::V4]),
    ("router isis", &Family::ALL),
    ("router ospf", &[Family::V4]),
    ("router ospf6", &[Family::V6]),
    ("router rip", &[Family::V4]),
    ("router ripng", &[Family::V6]),
];

/// A protocol that speaks on some interface or to some neighbour makes the routes unknown.
fn protocols(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    for (path, families) in PROTOCOLS {
        for table in scope.tables(path) {
            state::table(marks, table, Coverage::Modeled, None);
            let Some(span) = speaks(table) else { continue };
            for index in 0..device.vrfs.len() {
                for family in *families {
                    unknown(device, VrfId(u32::try_from(index).unwrap_or(u32::MAX)), *family, span);
                }
            }
            if *path == "router bgp" {
                leak(table, device);
            }
        }
    }
}

/// The line by which a protocol is at work.
// SOUNDNESS: settings alone open no session; anything else does, whatever its name.
fn speaks(table: &Table<'_>) -> Option<Span> {
    let inner = table.body.tables.iter().filter(|t| !t.path.starts_with("redistribute"));
    inner
        .flat_map(|t| t.entries.first().map(|e| e.span))
        .next()
        .or_else(|| table.body.all_garbled().first().map(|g| g.span))
        .or_else(|| table.entries.first().map(|e| e.span))
        .or_else(|| {
            let as_number = table.body.get("as").filter(|s| value::word(s) != Some("0"));
            as_number.map(|s| s.span)
        })
}

/// Routes may leak between all tables where BGP says so.
fn leak(table: &Table<'_>, device: &mut Device) {
    let leaks = |t: &&Table<'_>| t.path.starts_with("vrf") && !t.entries.is_empty();
    let Some(span) = table.body.tables.iter().find(leaks).map(|t| t.span) else { return };
    let count = u32::try_from(device.vrfs.len()).unwrap_or(u32::MAX);
    for (to, vrf) in device.vrfs.iter_mut().enumerate() {
        let others = (0..count).filter(|&from| from as usize != to);
        vrf.leaks.extend(others.map(|from| VrfLeak { from: VrfId(from), span }));
    }
}

/// Tunnels whose far end brings its routes along, and the addresses of VPN clients.
fn learned(scope: &Scope<'_, '_>, device: &mut Device) {
    let mut spans: Vec<(Option<Family>, Span)> =
        scope.tunnels.learning().map(|(_, span)| (None, span)).collect();
    let client = scope.used.iter().find(|(name, _)| name.starts_with("ssl."));
    if let Some((name, span)) = client {
        let mut routes = Vec::new();
        if pools(scope, &mut routes) {
            if let Some(id) = find(device, name) {
                for (prefix, span) in routes {
                    let next_hop = NextHop::Interface(id);
                    let route = Route { prefix, next_hop, distance: 0, conditional: true, span };
                    if let Some(vrf) = device.vrfs.first_mut() {
                        vrf.routes.push(route);
                    }
                }
            }
        } else {
            spans.push((None, *span));
        }
    }
    for (family, span) in spans {
        for index in 0..device.vrfs.len() {
            let vrf = VrfId(u32::try_from(index).unwrap_or(u32::MAX));
            for each in Family::ALL.into_iter().filter(|f| family.is_none_or(|only| only == *f)) {
                unknown(device, vrf, each, span);
            }
        }
    }
}

/// The address pools of VPN clients; false when some are not known.
fn pools(scope: &Scope<'_, '_>, out: &mut Vec<(Prefix, Span)>) -> bool {
    let mut all = true;
    let mut read = |body: &Body<'_>, setting: &str, family: Family| {
        let Some(setting) = body.get(setting) else { return };
        for word in &setting.values {
            match networks(scope, &word.text, family, 0) {
                Some(found) => out.extend(found.into_iter().map(|p| (p, setting.span))),
                None => all = false,
            }
        }
    };
    for table in scope.tables("vpn ssl settings") {
        read(&table.body, "tunnel-ip-pools", Family::V4);
        read(&table.body, "tunnel-ipv6-pools", Family::V6);
    }
    for table in scope.tables("vpn ssl web portal") {
        for entry in &table.entries {
            read(&entry.body, "ip-pools", Family::V4);
            read(&entry.body, "ipv6-pools", Family::V6);
        }
    }
    all
}
