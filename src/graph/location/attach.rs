//! Zones and externals: from the attachments of the policy to locations.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use sekisho_diag::{Code, Diagnostic, Severity, Span, Spanned};
use sekisho_model::{Device, InterfaceKind, VrfId};
use sekisho_net::{Family, Prefix};

use super::index::Index;
use super::{Context, Domain, DomainKind, Domains, Location};
use crate::policy::{Attachment, InterfaceRef};
use crate::routing::{Decision, Target};
use crate::topology::{Place, PortRef, is_up};

/// A name of the policy that no config has. Source: policy schema, E012.
pub const UNKNOWN_NAME: Code = Code("zones/unknown-name");
/// An attachment that is there, but down.
pub const DOWN: Code = Code("zones/attachment-down");
/// Two attachments that put one interface into two zones.
pub const CONTRADICTORY: Code = Code("zones/contradictory-attachment");
/// Subnets of a zone that no modelled location carries.
pub const PARTLY_UNLOCATED: Code = Code("zones/zone-partly-unlocated");
/// A next hop that a modelled interface owns.
pub const OWNED_NEXT_HOP: Code = Code("zones/next-hop-is-modelled");

/// Builds the domains of the policy.
pub(super) fn declared(context: &Context<'_>, domains: &mut Domains) {
    let policy = context.policy;
    let index = Index::of(context.devices);
    let mut claims: BTreeMap<PortRef, (usize, String, Option<Span>)> = BTreeMap::new();
    let zones = policy
        .zones
        .iter()
        .enumerate()
        .map(|(i, z)| (DomainKind::Zone(i), z.id.value.clone(), &z.attachment));
    let externals = policy
        .externals
        .iter()
        .enumerate()
        .map(|(i, e)| (DomainKind::External(i), format!("ext:{}", e.id.value), &e.attachment));
    for (kind, id, attachment) in zones.chain(externals) {
        let mut domain =
            Domain { id, kind, locations: Vec::new(), unlocated: BTreeMap::new(), broken: Vec::new() };
        let mut placer = Placer { context, index: &index, domain: &mut domain, domains };
        placer.place(attachment);
        let index = domains.list.len();
        for location in &domain.locations {
            let (Some(port), None) = (location.port, location.next_hop) else { continue };
            let claim = (index, location.why.clone(), location.span);
            match claims.get(&port) {
                Some((other, why, span)) if *other != index => {
                    let first = domains.list.get(*other).map_or(String::new(), |d| d.id.clone());
                    let name = port_name(context.devices, port);
                    let message = format!(
                        "`{name}` belongs to `{first}` ({why}) and to `{}` ({})",
                        domain.id, location.why
                    );
                    let mut diagnostic =
                        Diagnostic::new(CONTRADICTORY, Severity::Error, message, location.span).with_help(
                            "let one zone only name the interface, its VLAN, its VRF or its subnet",
                        );
                    if let Some(span) = span {
                        diagnostic = diagnostic.with_label(*span, "the other attachment");
                    }
                    domains.errors.push(diagnostic);
                }
                _ => {
                    claims.insert(port, claim);
                }
            }
        }
        domains.list.push(domain);
    }
    for host in &policy.hosts {
        domains.known.extend(host.addresses.iter().map(|a| a.value));
    }
    let interfaces = context.topology.segments().iter().flat_map(|s| &s.interfaces);
    let layer3 =
        interfaces.filter_map(|(port, _)| context.devices.get(port.device)?.interface(port.interface));
    let modelled: HashSet<IpAddr> =
        layer3.filter_map(|i| i.l3.as_ref()).flat_map(|l3| &l3.addresses).map(|a| a.addr).collect();
    domains.known.retain(|addr| !modelled.contains(addr));
}

/// `device:interface` of a port.
fn port_name(devices: &[Device], port: PortRef) -> String {
    let device = devices.get(port.device);
    let interface = device.and_then(|d| d.interface(port.interface));
    format!("{}:{}", device.map_or("?", |d| d.name.as_str()), interface.map_or("?", |i| i.name.as_str()))
}

struct Placer<'a, 'b> {
    context: &'a Context<'b>,
    index: &'a Index<'b>,
    domain: &'a mut Domain,
    domains: &'a mut Domains,
}

impl Placer<'_, '_> {
    fn place(&mut self, attachment: &Attachment) {
        for interface in &attachment.interfaces {
            self.interface(interface);
        }
        for vlan in &attachment.vlans {
            self.vlan(vlan.value.device.as_deref(), vlan.value.vlan, vlan.span);
        }
        for vrf in &attachment.vrfs {
            self.vrf(&vrf.value.device, &vrf.value.vrf, vrf.span);
        }
        for device in &attachment.devices {
            self.device(&device.value, device.span);
        }
        for subnet in &attachment.subnets {
            self.subnet(*subnet);
        }
        for next_hop in &attachment.next_hops {
            self.next_hop(*next_hop);
        }
        self.unlocated(attachment);
    }

    fn add(&mut self, place: Place, port: Option<PortRef>, why: String, span: Option<Span>) {
        self.domain.locations.push(Location { place, next_hop: None, port, why, span, others_only: false });
    }

    fn broken(&mut self, what: &str, device: &str, span: Span, help: &str) {
        let message = format!("{what} does not exist in the config of `{device}`");
        self.domain
            .broken
            .push(Diagnostic::new(UNKNOWN_NAME, Severity::Warning, message, span).with_help(help));
    }

    /// Index of a device by name; records the mistake otherwise.
    fn find_device(&mut self, name: &str, span: Span) -> Option<usize> {
        let found = self.index.device(name);
        if found.is_none() {
            let names: Vec<&str> = self.context.devices.iter().map(|d| d.name.as_str()).collect();
            let message = format!("no config of a device `{name}` is in the snapshot");
            let help = format!("the snapshot has: {}", names.join(", "));
            let diagnostic = Diagnostic::new(UNKNOWN_NAME, Severity::Warning, message, span).with_help(help);
            self.domain.broken.push(diagnostic);
        }
        found
    }

    fn interface(&mut self, reference: &Spanned<InterfaceRef>) {
        let InterfaceRef { device, interface } = &reference.value;
        let Some(index) = self.find_device(device, reference.span) else { return };
        let Some(model) = self.context.devices.get(index) else { return };
        let Some((id, found)) = model.find_interface(interface) else {
            let names: Vec<&str> = model.interfaces.iter().map(|i| i.name.as_str()).collect();
            let help = format!("its interfaces are: {}", names.join(", "));
            self.broken(&format!("interface `{interface}`"), device, reference.span, &help);
            return;
        };
        let port = PortRef { device: index, interface: id };
        if !is_up(model, id) {
            let message = format!("`{device}:{interface}` is shut down and gives the zone no location");
            self.domains.diagnostics.push(Diagnostic::new(DOWN, Severity::Warning, message, reference.span));
            return;
        }
        let why = format!("interface {device}:{}", found.name);
        let mut places: Vec<Place> = self.context.topology.of_port(port).map(|(_, p)| p).collect();
        let layer3 = self.context.topology.of_interface(port);
        places.retain(|p| Some(*p) != layer3);
        places.dedup();
        if let Some(place) = layer3 {
            self.add(place, Some(port), why.clone(), Some(reference.span));
        }
        for place in places {
            self.add(place, None, why.clone(), Some(reference.span));
        }
    }

    fn vlan(&mut self, device: Option<&str>, vlan: u16, span: Span) {
        let indices: Vec<usize> = match device {
            Some(name) => self.find_device(name, span).into_iter().collect(),
            None => (0..self.context.devices.len()).collect(),
        };
        let mut found = false;
        for index in indices.iter().copied() {
            let Some(model) = self.context.devices.get(index) else { continue };
            if !model.vlans.contains(&vlan) {
                continue;
            }
            let svi = model.interface_ids().find(|(id, i)| i.svi_vlan == Some(vlan) && is_up(model, *id));
            let port = svi.map(|(id, _)| PortRef { device: index, interface: id });
            let place = port
                .and_then(|p| self.context.topology.of_interface(p))
                .or_else(|| self.context.topology.of_vlan(index, vlan));
            if let Some(place) = place {
                found = true;
                self.add(place, port, format!("vlan {}:{vlan}", model.name), Some(span));
            }
        }
        if !found && let Some(name) = device {
            let help = "name a VLAN that the device carries on an up port or interface";
            if !indices.is_empty() {
                self.broken(&format!("VLAN {vlan}"), name, span, help);
            }
        } else if !found {
            self.broken(&format!("VLAN {vlan}"), "any device", span, "name a VLAN that some device carries");
        }
    }

    fn vrf(&mut self, device: &str, vrf: &str, span: Span) {
        let Some(index) = self.find_device(device, span) else { return };
        let Some(model) = self.context.devices.get(index) else { return };
        let Some(id) = model.find_vrf(vrf) else {
            let names: Vec<&str> = model.vrfs.iter().map(|v| v.name.as_str()).collect();
            let help = format!("its VRFs are: {}", names.join(", "));
            self.broken(&format!("VRF `{vrf}`"), device, span, &help);
            return;
        };
        self.layer3_of(index, Some(id), &format!("vrf {device}:{vrf}"), span);
    }

    fn device(&mut self, name: &str, span: Span) {
        let Some(index) = self.find_device(name, span) else { return };
        let why = format!("device {name}");
        self.layer3_of(index, None, &why, span);
        let places: Vec<Place> = self.context.topology.vlans_of(index).map(|(_, p)| p).collect();
        for place in places {
            self.add(place, None, why.clone(), Some(span));
        }
    }

    /// All up layer-3 interfaces of a device, or of one VRF of it; links between devices left out.
    fn layer3_of(&mut self, index: usize, vrf: Option<VrfId>, why: &str, span: Span) {
        let Some(model) = self.context.devices.get(index) else { return };
        for (id, interface) in model.interface_ids() {
            let inside = interface.l3.as_ref().is_some_and(|l3| vrf.is_none_or(|v| l3.vrf == v));
            if !inside || interface.kind == InterfaceKind::Loopback {
                continue;
            }
            let port = PortRef { device: index, interface: id };
            let Some(place) = self.context.topology.of_interface(port) else { continue };
            let transit = self
                .context
                .topology
                .segment(place.segment)
                .is_some_and(|s| s.is_transit(self.context.devices));
            if !transit {
                self.add(place, Some(port), why.to_owned(), Some(span));
            }
        }
    }

    fn subnet(&mut self, subnet: Spanned<Prefix>) {
        for (port, _) in self.index.overlapping(subnet.value) {
            let Some(place) = self.context.topology.of_interface(port) else { continue };
            let segment = self.context.topology.segment(place.segment);
            if segment.is_some_and(|s| s.is_transit(self.context.devices)) {
                continue;
            }
            let why = format!("subnet {} of {}", subnet.value, port_name(self.context.devices, port));
            self.add(place, Some(port), why, Some(subnet.span));
        }
    }

    fn next_hop(&mut self, next_hop: Spanned<IpAddr>) {
        let addr = next_hop.value;
        let mut found = false;
        let mut owned = false;
        for (port, _) in self.index.around(addr) {
            let Some(place) = self.context.topology.of_interface(port) else { continue };
            let segment = self.context.topology.segment(place.segment);
            if segment.is_some_and(|s| s.owners(self.context.devices, addr).next().is_some()) {
                owned = true;
                continue;
            }
            found = true;
            let why = format!("next hop {addr} on {}", port_name(self.context.devices, port));
            let span = Some(next_hop.span);
            self.domain.locations.push(Location {
                place,
                next_hop: Some(addr),
                port: Some(port),
                why,
                span,
                others_only: false,
            });
        }
        if found {
            self.domains.known.insert(addr);
        } else if owned {
            let message = format!("next hop `{addr}` is an interface of a device in the snapshot");
            let help = "name the interface of the neighbour, or remove the next hop";
            let diagnostic =
                Diagnostic::new(OWNED_NEXT_HOP, Severity::Warning, message, next_hop.span).with_help(help);
            self.domain.broken.push(diagnostic);
        } else {
            let message = format!("next hop `{addr}` lies in no connected network of the snapshot");
            let help = "check the address, or add the config of the device that is its neighbour";
            let diagnostic =
                Diagnostic::new(UNKNOWN_NAME, Severity::Warning, message, next_hop.span).with_help(help);
            self.domain.broken.push(diagnostic);
        }
    }

    /// Subnets that no location carries, and the neighbours behind which routes put them.
    fn unlocated(&mut self, attachment: &Attachment) {
        for family in Family::ALL {
            let mut left = Vec::new();
            let mut first = None;
            for subnet in attachment.subnets.iter().filter(|s| s.value.family() == family) {
                let rest = subtract(subnet.value, &self.carried(subnet.value));
                if rest.is_empty() {
                    continue;
                }
                first = first.or(Some(*subnet));
                left.extend(rest);
                self.behind_routes(*subnet);
            }
            left.sort_unstable();
            if let Some(subnet) = first {
                let has_neighbour = self.domain.locations.iter().any(|l| l.next_hop.is_some());
                let declared_elsewhere =
                    !attachment.next_hops.is_empty() || !attachment.interfaces.is_empty();
                let covered = !self.carried(subnet.value).is_empty();
                if !has_neighbour && !declared_elsewhere && !covered {
                    let message = format!("no interface of the snapshot lies in subnet `{}`", subnet.value);
                    let help = "check the subnet, or name the interface or next hop behind which it lies";
                    self.domains.diagnostics.push(
                        Diagnostic::new(PARTLY_UNLOCATED, Severity::Warning, message, subnet.span)
                            .with_help(help),
                    );
                }
                self.domain.unlocated.insert(family, left);
            }
        }
    }

    /// Connected prefixes of interfaces with a location that share addresses with a subnet.
    fn carried(&self, subnet: Prefix) -> Vec<Prefix> {
        let located = |(port, prefix)| self.context.topology.of_interface(port).map(|_| prefix);
        self.index.overlapping(subnet).filter_map(located).collect()
    }

    /// Locations at the unmodelled next hops of routes to prefixes of the subnet.
    fn behind_routes(&mut self, subnet: Spanned<Prefix>) {
        let mut found = Vec::new();
        for (&(device, _, family), fib) in self.context.fibs {
            if family != subnet.value.family() {
                continue;
            }
            for route in fib.routes.iter().filter(|r| r.prefix.len() > 0 && r.prefix.overlaps(&subnet.value))
            {
                for decision in fib.sure_decisions(route.prefix.first()) {
                    let Decision::Forward { interface, target: Target::Address(addr) } = decision else {
                        continue;
                    };
                    found.push((PortRef { device, interface }, addr, route.span));
                }
            }
        }
        for (port, addr, _) in found {
            let Some(place) = self.context.topology.of_interface(port) else { continue };
            let segment = self.context.topology.segment(place.segment);
            if segment.is_none_or(|s| s.owners(self.context.devices, addr).next().is_some()) {
                continue;
            }
            let why =
                format!("route to {} by {addr} on {}", subnet.value, port_name(self.context.devices, port));
            let span = Some(subnet.span);
            self.domain.locations.push(Location {
                place,
                next_hop: Some(addr),
                port: Some(port),
                why,
                span,
                others_only: false,
            });
        }
    }
}

/// The ranges of a prefix outside other prefixes.
fn subtract(prefix: Prefix, others: &[Prefix]) -> Vec<(u128, u128)> {
    let mut inside: Vec<(u128, u128)> =
        others.iter().filter(|o| o.overlaps(&prefix)).map(|o| (o.first(), o.last())).collect();
    inside.sort_unstable();
    let mut out = Vec::new();
    let mut from = Some(prefix.first());
    for (lo, hi) in inside {
        let Some(start) = from else { break };
        if lo > start {
            out.push((start, lo - 1));
        }
        if hi >= start {
            from = hi.checked_add(1);
        }
    }
    if let Some(start) = from.filter(|s| *s <= prefix.last()) {
        out.push((start, prefix.last()));
    }
    out
}
