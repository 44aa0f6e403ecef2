//! What happens on a segment: who gets a packet that a device or a host puts there.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::address::{Family, Prefix, is_link_local, is_multicast, is_unroutable, number};
use crate::fib::{Toward, Via, View};
use crate::format::{Interface, Kind, Port, Tri};
use crate::outcome::{Disposition, Hop, OnWire};
use crate::packet::Packet;
use crate::policy;

use super::{Meeting, Trail, Walker};

/// Protocol number of UDP.
const UDP: u8 = 17;

impl<'a> Walker<'a> {
    pub(super) fn note(&mut self, trail: &mut Trail, port: Port, may: usize, sure: &[usize]) {
        let sure: Vec<Option<usize>> = sure.iter().copied().map(Some).filter(|_| trail.sure).collect();
        for sure in if sure.is_empty() { vec![None] } else { sure } {
            let wire = OnWire { port, may, sure };
            trail.wires.push(wire);
            self.wires.insert(wire);
        }
    }

    /// A host or neighbour sends on the segment of an interface, to everyone there.
    pub(super) fn send(&mut self, trail: &Trail, port: Port, first: bool) {
        for home in self.segments.may(port) {
            for may in self.segments.sendable(home) {
                let sure = if may == home { self.segments.sure_within(port, may) } else { Vec::new() };
                let mut on = trail.but(may == home);
                self.note(&mut on, port, may, &sure);
                self.poison_on(&on, may);
                for to in self.segments.routed(may) {
                    if self.accepts(to, &trail.packet) == Tri::No {
                        continue;
                    }
                    let meets = self.segments.sure(to).iter().any(|s| sure.contains(s));
                    self.follow(on.but(meets), Meeting::Arrival(to));
                    self.relays(&on, to, true);
                }
                self.neighbours_on(&on, may);
                if first {
                    self.among_hosts(&on, may);
                }
            }
        }
    }

    /// A host sends to another host of its segment: no device sees it.
    pub(super) fn among_hosts(&mut self, trail: &Trail, may: usize) {
        let dst = trail.packet.dst;
        let members: Vec<_> = self.members(may);
        let local = members.iter().any(|(_, i)| i.connected().any(|a| a.prefix.contains(dst)));
        if local && members.iter().all(|(_, i)| i.owns(dst).is_none()) && !is_unroutable(dst) {
            self.end(trail, Disposition::DeliveredToSubnet, "host of the segment", Some(dst), None);
        }
    }

    pub(super) fn members(&self, may: usize) -> Vec<(Port, &'a Interface)> {
        let network = self.network;
        self.segments.routed(may).into_iter().filter_map(|p| Some((p, network.interface(p)?))).collect()
    }

    pub(super) fn accepts(&self, port: Port, packet: &Packet) -> Tri {
        self.network.interface(port).map_or(Tri::No, |i| i.accepts(packet.family()))
    }

    /// Known neighbours on a segment may pass on what is sent there.
    pub(super) fn neighbours_on(&mut self, trail: &Trail, may: usize) {
        let members = self.members(may);
        for (at, known) in self.network.known_neighbours.iter().enumerate() {
            let holds =
                |a: &IpAddr| members.iter().any(|(_, i)| i.connected().any(|c| c.prefix.contains(*a)));
            if known.addresses.iter().any(holds) {
                self.passes_on(trail, at);
            }
        }
    }

    /// A known neighbour that forwards sends what it got on every segment where it has an address.
    pub(super) fn passes_on(&mut self, trail: &Trail, neighbour: usize) {
        let network = self.network;
        let Some(known) = network.known_neighbours.get(neighbour) else { return };
        if known.forwards == Tri::No || !self.forwarded.insert((neighbour, trail.packet)) {
            return;
        }
        for (port, interface) in network.ports().filter(|(p, _)| network.is_up(*p)) {
            let holds = |a: &IpAddr| interface.connected().any(|c| c.prefix.contains(*a));
            if known.addresses.iter().any(holds) {
                self.send(&trail.but(false), port, false);
            }
        }
    }

    /// UDP broadcasts on a segment go to where a relay sends them. Whoever sends may broadcast; what a
    /// device routes to the segment is a broadcast by its destination only.
    pub(super) fn relays(&mut self, trail: &Trail, port: Port, sender: bool) {
        let packet = trail.packet;
        let Some(interface) = self.network.interface(port) else { return };
        let directed = |p: Prefix| p.last() == number(packet.dst) && p.contains(packet.dst);
        let broadcast = sender
            || is_multicast(packet.dst)
            || is_unroutable(packet.dst)
            || interface.connected().any(|a| directed(a.prefix));
        if packet.proto != UDP || packet.later_fragment || !broadcast {
            return;
        }
        for relay in &interface.relays {
            let port_fits = relay.ports.iter().any(|&(lo, hi)| lo <= packet.dport && packet.dport <= hi);
            if port_fits && relay.to.is_ipv4() == packet.dst.is_ipv4() {
                let mut trail = trail.but(false);
                trail.packet = Packet { dst: relay.to, src0: None, ..packet };
                self.own_packet(&trail, port, relay.vrf);
                self.follow(trail, Meeting::LookUp(port, relay.vrf));
            }
        }
    }

    /// A packet that a device makes itself leaves past all stages of the interface.
    fn own_packet(&mut self, trail: &Trail, port: Port, vrf: usize) {
        if !self.relayed.insert((port, vrf, trail.packet)) {
            return;
        }
        let any = self.options.any_routing;
        for (_, leg) in policy::route(self.network, port.device, vrf, None, &trail.packet, any) {
            if let Via::Out { interface, target } = leg.via
                && let Some(exit) = self.network.interface(Port { interface, ..port })
            {
                let mut trail = trail.but(false);
                trail.hops.push(Hop {
                    device: port.device,
                    in_interface: None,
                    out_interface: Some(interface),
                    packet_in: trail.packet,
                    packet_out: trail.packet,
                    steps: Vec::new(),
                });
                self.on_the_wire(trail, Port { interface, ..port }, exit, target);
            }
        }
    }

    pub(super) fn tunnels(&self, device: usize) -> Vec<Port> {
        let is_tunnel = |p: &Port| {
            self.network.is_up(*p)
                && self.network.interface(*p).is_some_and(|i| i.kind == Kind::Tunnel || i.tunnel.is_some())
        };
        self.ports_of(device).into_iter().filter(is_tunnel).collect()
    }

    /// Tunnel interfaces that are certainly the far end of one; none where it is not certain.
    pub(super) fn mirrors(&self, port: Port) -> Vec<Port> {
        sekisho_plain::tunnel::mirrors(self.network, port)
    }

    pub(super) fn on_the_wire(&mut self, mut trail: Trail, from: Port, exit: &Interface, target: Toward) {
        if !exit.is_attached() {
            return self.end(&trail, Disposition::NullRoute, "no cable on this interface", None, None);
        }
        let tunnel = exit.kind == Kind::Tunnel || exit.tunnel.is_some();
        trail.sure &= !tunnel;
        let segments = self.segments.may(from);
        for &may in &segments {
            let sure = self.segments.sure_within(from, may);
            self.note(&mut trail, from, may, &sure);
        }
        for may in segments {
            self.poison_on(&trail, may);
            for (to, _) in self.members(may).into_iter().filter(|(p, _)| *p != from) {
                self.relays(&trail, to, false);
            }
            match target {
                // Where a tunnel leads is said by its ends and not by the subnet on it.
                _ if tunnel => self.neighbours_on(&trail, may),
                Toward::Any => self.hand_to_anyone(&trail, from, may),
                Toward::Address(addr) => self.hand_to_owner(&trail, from, may, addr, true),
                Toward::Destination => self.hand_to_owner(&trail, from, may, trail.packet.dst, false),
            }
        }
        if tunnel {
            if self.mirrors(from).is_empty() {
                self.leaves_the_model(&trail, from);
            }
            self.through_tunnel(&trail, from, exit);
        }
    }

    pub(super) fn arrive(&mut self, trail: &Trail, to: Port, sure: bool) {
        if self.accepts(to, &trail.packet) != Tri::No {
            self.follow(trail.but(sure), Meeting::Arrival(to));
        }
    }

    pub(super) fn hand_to_anyone(&mut self, trail: &Trail, from: Port, may: usize) {
        for (to, _) in self.members(may).into_iter().filter(|(p, _)| *p != from) {
            self.arrive(trail, to, false);
        }
        self.neighbours_on(trail, may);
        self.leaves_the_model(trail, from);
    }

    /// The end at a neighbour that nobody knows.
    fn leaves_the_model(&mut self, trail: &Trail, from: Port) {
        if self.told.insert((from, trail.packet)) {
            self.end(&trail.but(false), Disposition::InsufficientInfo, "to any neighbour", None, None);
        }
    }

    /// Who gets a packet that is meant for an address on a segment.
    pub(super) fn hand_to_owner(
        &mut self,
        trail: &Trail,
        from: Port,
        may: usize,
        addr: IpAddr,
        next_hop: bool,
    ) {
        let network = self.network;
        let others: Vec<_> = self.members(may).into_iter().filter(|(p, _)| *p != from).collect();
        let owners: Vec<(Port, bool)> =
            others.iter().filter_map(|(p, i)| Some((*p, i.owns(addr)?))).collect();
        let here = self.segments.sure_within(from, may);
        let (sure, doubtful): (Vec<_>, Vec<_>) =
            owners.iter().partition(|(p, _)| self.segments.sure(*p).iter().any(|s| here.contains(s)));
        let own = || sure.iter().filter(|(_, shared)| !shared).map(|(p, _)| network.device(p.device));
        let cluster = own().next().flatten().and_then(|d| d.cluster.as_ref());
        let members = cluster.is_some() && own().all(|d| d.and_then(|d| d.cluster.as_ref()) == cluster);
        let single = !sure.is_empty() && (own().count() <= 1 || members);
        for &(to, _) in &sure {
            self.arrive(trail, to, single);
        }
        for &(to, _) in &doubtful {
            self.arrive(trail, to, false);
        }
        if single {
            return;
        }
        let family = trail.packet.family();
        let neighbours = network.known_neighbours.iter().enumerate();
        let named: Vec<usize> =
            neighbours.filter(|(_, k)| k.addresses.contains(&addr)).map(|(n, _)| n).collect();
        let modelled = network.ports().any(|(p, i)| network.is_up(p) && i.owns(addr).is_some());
        // A link-local address may be in no config: an interface makes its own.
        let unknown = |i: &Interface| {
            i.has_unknown_address(family) || (is_link_local(addr) && i.accepts(family) != Tri::No)
        };
        let nameless = others.iter().any(|(_, i)| unknown(i));
        let known = !named.is_empty() && !modelled;
        if !known {
            for (to, interface) in &others {
                let proxy = interface.l3.as_ref().is_some_and(|l3| l3.proxy_arp != Tri::No);
                if (proxy || unknown(interface)) && interface.owns(addr).is_none() {
                    self.arrive(trail, *to, false);
                }
            }
        }
        let sure = known || (owners.is_empty() && !nameless);
        self.hand_to_neighbour(&trail.but(sure), from, may, addr, next_hop);
        if known {
            named.iter().for_each(|n| self.delivers(trail, *n, addr));
        }
        named.into_iter().for_each(|n| self.passes_on(trail, n));
    }

    /// A known neighbour that certainly forwards hands what it got by one of its addresses to the hosts of
    /// the subnets of the others.
    fn delivers(&mut self, trail: &Trail, neighbour: usize, by: IpAddr) {
        let network = self.network;
        let Some(known) = network.known_neighbours.get(neighbour) else { return };
        let dst = trail.packet.dst;
        let near = self.homes(by);
        for leg in known.addresses.iter().filter(|leg| known.forwards == Tri::Yes && **leg != by) {
            for may in self.homes(*leg).into_iter().filter(|may| !near.contains(may)) {
                let members = self.members(may);
                let subnet = |(_, i): &(Port, &Interface)| {
                    i.connected().any(|c| c.prefix.contains(*leg) && c.prefix.contains(dst))
                };
                let taken = members.iter().any(|(_, i)| i.owns(dst).is_some())
                    || network.known_neighbours.iter().any(|k| k.addresses.contains(&dst));
                let Some((port, _)) = members.iter().find(|m| subnet(m)).filter(|_| !taken) else { continue };
                let sure = self.segments.sure_within(*port, may);
                let whole = members.iter().all(|(p, _)| self.segments.sure_within(*p, may) == sure);
                let mut there = trail.but(whole);
                self.note(&mut there, *port, may, &sure);
                self.end(
                    &there,
                    Disposition::DeliveredToSubnet,
                    "by a neighbour that forwards",
                    Some(dst),
                    None,
                );
            }
        }
    }

    /// Segments with a connected prefix that holds the address.
    fn homes(&self, addr: IpAddr) -> BTreeSet<usize> {
        let holds = |i: &Interface| i.connected().any(|c| c.prefix.contains(addr));
        let ports = self.network.ports().filter(|(p, i)| self.network.is_up(*p) && holds(i));
        ports.flat_map(|(p, _)| self.segments.may(p)).collect()
    }

    /// The end at a neighbour that nobody modelled.
    pub(super) fn hand_to_neighbour(
        &mut self,
        trail: &Trail,
        from: Port,
        may: usize,
        addr: IpAddr,
        next_hop: bool,
    ) {
        let connected: Vec<Prefix> =
            self.network.interface(from).iter().flat_map(|i| i.connected()).map(|a| a.prefix).collect();
        let on_net = connected.iter().any(|p| p.contains(addr));
        let family = trail.packet.family();
        let mut same = connected.iter().filter(|p| p.family() == family).peekable();
        let full = same.peek().is_some() && same.all(|p| self.is_full(*p, may));
        let (disposition, why) = if full {
            (Disposition::NeighborUnreachable, "every address of the segment is modelled")
        } else if (next_hop && addr != trail.packet.dst) || !on_net {
            (Disposition::ExitsNetwork, "next hop is not modelled")
        } else {
            (Disposition::DeliveredToSubnet, "host of the segment")
        };
        self.end(trail, disposition, why, Some(addr), None);
    }

    /// Whether every usable address of a prefix is owned on a segment.
    pub(super) fn is_full(&self, prefix: Prefix, may: usize) -> bool {
        let (first, last) = (prefix.first(), prefix.last());
        let edges = prefix.family().bits() == 32 && prefix.len() < 31;
        let usable = |x: u128| !(edges && (x == first || x == last));
        let owned: BTreeSet<u128> = self
            .members(may)
            .iter()
            .flat_map(|(_, i)| i.addresses())
            .filter(|a| prefix.contains(a.addr) && usable(number(a.addr)))
            .map(|a| number(a.addr))
            .collect();
        let room = (last - first).saturating_add(1).saturating_sub(if edges { 2 } else { 0 });
        u128::try_from(owned.len()).is_ok_and(|n| n >= room)
    }

    /// Out by a tunnel: into the tunnels of whoever owns the far end, and to somewhere else.
    pub(super) fn through_tunnel(&mut self, trail: &Trail, from: Port, exit: &Interface) {
        let network = self.network;
        let mirrors = self.mirrors(from);
        if !mirrors.is_empty() {
            return mirrors.into_iter().for_each(|to| self.arrive(trail, to, false));
        }
        let destination = exit.tunnel.as_ref().and_then(|t| t.destination);
        let owns = |device, addr| {
            let vrfs = network.device(device).map_or(0, |d| d.vrfs.len());
            View::new(network, device).is_some_and(|v| (0..vrfs).any(|f| v.own_address(f, addr).is_some()))
        };
        let learns = |device| {
            let ports = self.ports_of(device).into_iter().filter(|p| network.is_up(*p));
            ports
                .filter_map(|p| network.interface(p))
                .any(|i| i.has_unknown_address(Family::Ipv4) || i.has_unknown_address(Family::Ipv6))
        };
        let modelled = |addr| (0..network.devices.len()).any(|d| owns(d, addr));
        let ends: Vec<usize> = match destination {
            Some(addr) if modelled(addr) => (0..network.devices.len()).filter(|d| owns(*d, addr)).collect(),
            Some(_) => (0..network.devices.len()).filter(|d| *d != from.device && learns(*d)).collect(),
            None => (0..network.devices.len()).filter(|d| *d != from.device).collect(),
        };
        for device in ends {
            let open = |p: &Port| *p != from && self.mirrors(*p).is_empty();
            for to in self.tunnels(device).into_iter().filter(open).collect::<Vec<_>>() {
                self.arrive(trail, to, false);
            }
        }
        let device = network.device(from.device).map_or("", |d| d.name.as_str());
        let external = format!("undeclared:{device}:{}", exit.name);
        let why = "into a tunnel";
        self.end(&trail.but(false), Disposition::InsufficientInfo, why, destination, Some(external));
    }
}
