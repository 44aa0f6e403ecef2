//! Who is where: zones, externals, and everything that nobody declared, as locations on segments.
//!
//! Every segment on which somebody can be belongs to the domains that attach to it; else to
//! `undeclared:DEVICE:INTERFACE` if one routed interface is alone on it; else to `unassigned`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_plain::address::number;
use sekisho_plain::fib::{Lookup, Toward, Via};
use sekisho_plain::format::{Interface, Kind, Mode, Network, Port};
use sekisho_plain::tunnel::mirrors;
use sekisho_plain::{Family, Prefix};

use crate::certificate::{Attach, Policy};
use crate::wires::{Point, Wires, usable};

/// Kind of the zones from and to which source routes are always followed.
const SENSITIVE: &str = "mynumber";

/// One location of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The segment.
    pub segment: usize,
    /// The neighbour with this address alone; otherwise anybody on the segment.
    pub next_hop: Option<IpAddr>,
    /// Only neighbours that no next hop of the policy names.
    pub others_only: bool,
}

/// A row and a column of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Id of a zone, `ext:ID`, `unassigned`, or `undeclared:DEVICE:INTERFACE`.
    pub id: String,
    /// Where it is.
    pub locations: BTreeSet<Location>,
    /// Addresses of its subnets that no modelled interface carries.
    pub unlocated: BTreeMap<Family, Vec<(u128, u128)>>,
    /// Whether devices that may obey source routes must be allowed to, from and to it.
    pub sensitive: bool,
}

impl Domain {
    /// Whether it lies behind a neighbour with an address of the family on a segment.
    #[must_use]
    pub fn has_neighbour(&self, segment: usize, family: Family) -> bool {
        let on = self.locations.iter().filter(|l| l.segment == segment);
        on.filter_map(|l| l.next_hop).any(|addr| Family::of(addr) == family)
    }
}

/// Every domain, in the order of the matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// Zones, externals, `unassigned` if it is anywhere, `undeclared:*` by name.
    pub list: Vec<Domain>,
    /// Neighbours by which some domain of the policy lies: segment, address.
    pub named: BTreeSet<(usize, IpAddr)>,
}

/// What the locations are derived from.
pub(crate) struct Context<'a> {
    pub(crate) network: &'a Network,
    pub(crate) wires: &'a Wires,
    /// By device, VRF, family.
    pub(crate) lookups: &'a BTreeMap<(usize, usize, Family), Lookup>,
}

impl Domains {
    /// The domain of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Domain> {
        self.list.iter().find(|d| d.id == id)
    }

    pub(crate) fn new(context: &Context<'_>, policy: &Policy) -> Self {
        let mut domains = Self::default();
        let zones = policy.zones.iter().map(|z| (&z.id, &z.attach, z.kind == SENSITIVE));
        let externals = policy.externals.iter().map(|e| (&e.id, &e.attach, false));
        for (id, attach, sensitive) in zones.chain(externals) {
            let mut domain = empty(id.clone());
            domain.sensitive = sensitive;
            context.attach(attach, &mut domain);
            let hops = domain.locations.iter().filter_map(|l| Some((l.segment, l.next_hop?)));
            domains.named.extend(hops);
            domains.list.push(domain);
        }
        domains.rest(context);
        domains
    }

    /// Gives every segment that nobody declared to somebody.
    fn rest(&mut self, context: &Context<'_>) {
        let mut unassigned = empty("unassigned".to_owned());
        let mut undeclared = Vec::new();
        for (segment, wire) in context.wires.segments.iter().enumerate() {
            let claims: Vec<_> =
                self.list.iter().flat_map(|d| &d.locations).filter(|l| l.segment == segment).collect();
            let inhabitable = wire.layer3.iter().any(|p| context.is_attached(*p))
                || wire.open_ports.iter().any(|p| context.is_host_port(*p));
            let claimed = claims.iter().any(|l| l.next_hop.is_none());
            if claimed || !inhabitable || context.wires.is_transit(context.network, segment) {
                continue;
            }
            let location = |others_only| Location { segment, next_hop: None, others_only };
            if !claims.is_empty() {
                if !self.is_taken(context, segment) {
                    unassigned.locations.insert(location(true));
                }
                continue;
            }
            let bridged = wire.points.iter().any(|p| matches!(p, Point::Bridge(..)));
            match wire.layer3.as_slice() {
                &[port]
                    if !bridged && context.network.interface(port).is_some_and(|i| i.svi_vlan.is_none()) =>
                {
                    let device = context.network.device(port.device).map_or("", |d| d.name.as_str());
                    let name = context.network.interface(port).map_or("", |i| i.name.as_str());
                    let mut domain = empty(format!("undeclared:{device}:{name}"));
                    domain.locations.insert(location(false));
                    undeclared.push(domain);
                }
                _ => {
                    unassigned.locations.insert(location(false));
                }
            }
        }
        undeclared.sort_by(|a, b| a.id.cmp(&b.id));
        self.list.extend(Some(unassigned).filter(|u| !u.locations.is_empty()));
        self.list.extend(undeclared);
    }

    /// Whether every usable address of a segment is an interface or a named neighbour, and nobody can
    /// plug in.
    fn is_taken(&self, context: &Context<'_>, segment: usize) -> bool {
        let prefixes = context.wires.prefixes(context.network, segment);
        let owned = |a: IpAddr| !context.wires.owners(context.network, segment, a).is_empty();
        let taken = |a: IpAddr| self.named.contains(&(segment, a)) || owned(a);
        let closed = context.wires.segments.get(segment).is_some_and(|s| s.open_ports.is_empty());
        let full = |p: &Prefix| usable(*p, 3).is_some_and(|mut all| all.all(taken));
        closed && !prefixes.is_empty() && prefixes.iter().all(full)
    }
}

fn empty(id: String) -> Domain {
    Domain { id, locations: BTreeSet::new(), unlocated: BTreeMap::new(), sensitive: false }
}

impl Context<'_> {
    fn is_attached(&self, port: Port) -> bool {
        let attached = self.network.interface(port).is_some_and(Interface::is_attached);
        // Nobody else is in a tunnel whose far end is certain.
        attached && mirrors(self.network, port).is_empty()
    }

    fn is_host_port(&self, port: Port) -> bool {
        let l2 = self.network.interface(port).and_then(|i| i.l2.as_ref());
        l2.is_some_and(|l2| l2.mode != Mode::Trunk)
    }

    /// Up interfaces with a connected prefix, loopbacks left out.
    fn connected(&self) -> impl Iterator<Item = (Port, Prefix)> {
        let up = self.network.ports().filter(|(p, i)| self.network.is_up(*p) && i.is_attached());
        up.flat_map(|(p, i)| i.connected().map(move |a| (p, a.prefix)))
    }

    fn attach(&self, attach: &Attach, domain: &mut Domain) {
        let wires = self.wires;
        let mut on = BTreeSet::new();
        for &port in attach.interfaces.iter().filter(|p| self.network.is_up(**p)) {
            on.extend(wires.of_interface(port).map(|(segment, _)| segment));
            on.extend(wires.of_port(port));
        }
        for &(device, vlan) in &attach.vlans {
            let all = 0..self.network.devices.len();
            for device in all.filter(|d| device.is_none_or(|only| only == *d)) {
                let has = self.network.device(device).is_some_and(|d| d.vlans.contains(&vlan));
                let svi = self
                    .network
                    .ports()
                    .find(|(p, i)| p.device == device && i.svi_vlan == Some(vlan) && self.network.is_up(*p));
                let place = svi.and_then(|(p, _)| wires.of_interface(p)).map(|(segment, _)| segment);
                on.extend(place.or_else(|| wires.of_vlan(device, vlan)).filter(|_| has));
            }
        }
        for &(device, vrf) in &attach.vrfs {
            self.routed(device, Some(vrf), &mut on);
        }
        for &device in &attach.devices {
            self.routed(device, None, &mut on);
            on.extend(wires.of_vlans(device));
        }
        for &subnet in &attach.subnets {
            for (port, _) in self.connected().filter(|(_, prefix)| prefix.overlaps(subnet)) {
                let place = wires.of_interface(port).map(|(segment, _)| segment);
                on.extend(place.filter(|s| !wires.is_transit(self.network, *s)));
            }
        }
        domain.locations.extend(on.into_iter().map(|segment| Location {
            segment,
            next_hop: None,
            others_only: false,
        }));
        for &addr in &attach.next_hops {
            for (port, _) in self.connected().filter(|(_, prefix)| prefix.contains(addr)) {
                self.behind(port, addr, domain);
            }
        }
        self.unlocated(&attach.subnets, domain);
    }

    /// A neighbour behind which the domain lies, unless a modelled interface has its address.
    fn behind(&self, port: Port, addr: IpAddr, domain: &mut Domain) {
        if let Some((segment, _)) = self.wires.of_interface(port)
            && self.wires.owners(self.network, segment, addr).is_empty()
        {
            domain.locations.insert(Location { segment, next_hop: Some(addr), others_only: false });
        }
    }

    /// Up layer-3 interfaces of a device, or of one VRF of it; links between devices left out.
    fn routed(&self, device: usize, vrf: Option<usize>, on: &mut BTreeSet<usize>) {
        for (port, interface) in
            self.network.ports().filter(|(p, i)| p.device == device && i.kind != Kind::Loopback)
        {
            let inside = interface.l3.as_ref().is_some_and(|l3| vrf.is_none_or(|v| v == l3.vrf));
            let place = self.wires.of_interface(port).map(|(segment, _)| segment).filter(|_| inside);
            on.extend(place.filter(|s| !self.wires.is_transit(self.network, *s)));
        }
    }

    /// Addresses of subnets that no interface carries, and the neighbours to which routes send them.
    fn unlocated(&self, subnets: &[Prefix], domain: &mut Domain) {
        for family in [Family::Ipv4, Family::Ipv6] {
            let mut left = Vec::new();
            for subnet in subnets.iter().filter(|s| s.family() == family) {
                let rest = self.not_connected(*subnet);
                if !rest.is_empty() {
                    left.extend(rest);
                    self.routes_to(*subnet, domain);
                }
            }
            if !left.is_empty() {
                left.sort_unstable();
                domain.unlocated.insert(family, left);
            }
        }
    }

    /// The ranges of a prefix in no connected one.
    fn not_connected(&self, prefix: Prefix) -> Vec<(u128, u128)> {
        let mut inside: Vec<_> = self
            .connected()
            .map(|(_, p)| p)
            .filter(|p| p.overlaps(prefix))
            .map(|p| (p.first(), p.last()))
            .collect();
        inside.sort_unstable();
        let mut out = Vec::new();
        let mut from = Some(prefix.first());
        for (lo, hi) in inside {
            let Some(start) = from else { break };
            if lo > start {
                out.push((start, lo - 1));
            }
            from = if hi >= start { hi.checked_add(1) } else { from };
        }
        out.extend(from.filter(|s| *s <= prefix.last()).map(|start| (start, prefix.last())));
        out
    }

    fn routes_to(&self, subnet: Prefix, domain: &mut Domain) {
        for ((device, _, family), lookup) in self.lookups {
            let prefixes = lookup.prefixes.iter().filter(|p| p.len() > 0 && p.overlaps(subnet));
            for prefix in prefixes.filter(|_| *family == subnet.family()) {
                let first = number(family.address(prefix.first()));
                let hit = lookup.ranges.iter().find(|(lo, hi, _)| *lo <= first && first <= *hi);
                for leg in hit.iter().flat_map(|(_, _, legs)| legs).filter(|leg| leg.sure) {
                    if let Via::Out { interface, target: Toward::Address(addr) } = leg.via {
                        self.behind(Port { device: *device, interface }, addr, domain);
                    }
                }
            }
        }
    }
}
