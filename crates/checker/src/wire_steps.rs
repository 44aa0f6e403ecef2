//! The steps on the wire: who gets what a host or an interface puts on a segment.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_plain::address::{is_link_local, number};
use sekisho_plain::fib::Toward;
use sekisho_plain::format::{Interface, Network, Port, Tri};
use sekisho_plain::tunnel::mirrors;
use sekisho_plain::{Family, Prefix};

use crate::block::{Block, DPORT, DST, FRAGMENT, PROTO, TRANSLATED};
use crate::plan::{Change, Place};
use crate::steps::{Builder, Ranges, having, is_tunnel, not_unicast, others, sorted};

/// Interfaces on a segment up to which each sender has steps of its own to those that may answer for others.
const DIRECT: usize = 32;

/// UDP.
const UDP: u128 = 17;

impl Builder<'_, '_> {
    /// All steps on the wire of the family at work.
    pub(crate) fn segments(&mut self) {
        let sent: Vec<(Port, Toward)> = self
            .places
            .iter()
            .filter_map(|(f, place)| match place {
                Place::Sent(port, target) if *f == self.family => Some((*port, *target)),
                _ => None,
            })
            .collect();
        for segment in 0..self.wires.segments.len() {
            self.hosts(segment);
            self.grey(segment);
        }
        for device in 0..self.network.devices.len() {
            self.relays(device);
        }
        let relayed: BTreeSet<(Port, Toward)> = self
            .places
            .iter()
            .filter_map(|(f, place)| match place {
                Place::Sent(port, target) if *f == self.family => Some((*port, *target)),
                _ => None,
            })
            .chain(sent)
            .collect();
        for (port, target) in relayed {
            self.put(port, target);
            self.tunnel(port, target);
        }
        for (n, trunk) in self.wires.open_trunks.iter().enumerate() {
            for &segment in trunk {
                self.pass(Place::Host(segment), Place::Plugged(n));
                self.pass(Place::Plugged(n), Place::Flood(segment));
            }
        }
        for &(from, to) in &self.wires.hops {
            self.pass(Place::Host(from), Place::Flood(to));
        }
        self.externals();
    }

    fn members(&self, segment: usize) -> Vec<(Port, &Interface)> {
        let on = self.wires.segments.get(segment).into_iter().flat_map(|s| &s.layer3);
        on.filter_map(|p| Some((*p, self.network.interface(*p)?))).collect()
    }

    /// What a host on a segment may do, and who takes what is there for anybody.
    fn hosts(&mut self, segment: usize) {
        let flood = Place::Flood(segment);
        self.pass(Place::Host(segment), flood);
        self.pass(flood, Place::Wire(segment));
        self.pass(flood, Place::Handed(segment));
        let named = self.domains.named.iter().filter(|(s, a)| *s == segment && Family::of(*a) == self.family);
        for addr in named.map(|(_, a)| *a).collect::<Vec<_>>() {
            self.pass(flood, Place::Neighbour(segment, addr));
        }
        let members: Vec<(Port, bool)> =
            self.members(segment).iter().map(|(p, i)| (*p, may_answer(i))).collect();
        for &(port, answers) in &members {
            self.pass(flood, Place::Ingress(port, 0));
            if answers && members.len() > DIRECT {
                self.pass(Place::Proxy(segment), Place::Ingress(port, 0));
            }
        }
    }

    /// Addresses that the policy gives to neighbours and no up interface has.
    fn known(&self, on: impl Fn(IpAddr) -> bool) -> BTreeSet<IpAddr> {
        let all = self.network.known_neighbours.iter().flat_map(|n| &n.addresses).copied();
        let owned = |a: IpAddr| {
            let mut up = self.network.ports().filter(|(p, _)| self.network.is_up(*p));
            up.any(|(_, i)| i.owns(a).is_some())
        };
        all.filter(|a| Family::of(*a) == self.family && on(*a) && !owned(*a)).collect()
    }

    /// What an interface put on its segment.
    fn put(&mut self, port: Port, target: Toward) {
        let (network, wires, family) = (self.network, self.wires, self.family);
        let Some((segment, part)) = wires.of_interface(port) else { return };
        let Some(interface) = network.interface(port) else { return };
        let from = Place::Sent(port, target);
        self.pass(from, Place::Wire(segment));
        if is_tunnel(interface) {
            return;
        }
        // A sender does not deliver to itself.
        let members: Vec<(Port, &Interface)> = self
            .members(segment)
            .into_iter()
            .filter(|(p, _)| *p != port)
            .map(|(p, _)| p)
            .filter_map(|p| Some((p, network.interface(p)?)))
            .collect();
        let mut nameless: Vec<Port> =
            members.iter().filter(|(_, i)| i.has_unknown_address(family)).map(|(p, _)| *p).collect();
        let owners = |addr: IpAddr| -> Vec<(Port, usize, bool)> {
            wires.owners(network, segment, addr).into_iter().filter(|(p, ..)| *p != port).collect()
        };
        // Whether somebody surely gets what is meant for the owners of an address.
        let surely = |owners: &[(Port, usize, bool)]| {
            let near = owners.iter().all(|(_, p, _)| *p == part);
            near && (owners.len() == 1
                || owners.iter().all(|(.., shared)| *shared)
                || are_members(network, owners))
        };
        match target {
            Toward::Any if members.len() >= DIRECT => self.pass(from, Place::Flood(segment)),
            Toward::Any => {
                for (other, _) in &members {
                    self.pass(from, Place::Ingress(*other, 0));
                }
                self.pass(from, Place::Handed(segment));
                let named: Vec<IpAddr> =
                    self.domains.named.iter().filter(|(s, _)| *s == segment).map(|(_, a)| *a).collect();
                for addr in named.into_iter().filter(|a| Family::of(*a) == family) {
                    self.pass(from, Place::Neighbour(segment, addr));
                }
            }
            Toward::Address(addr) => {
                if is_link_local(addr) {
                    // A link-local address may be in no config: an interface makes its own.
                    nameless.extend(
                        members.iter().filter(|(_, i)| i.accepts(family) != Tri::No).map(|(p, _)| *p),
                    );
                }
                let found = if Family::of(addr) == family { owners(addr) } else { Vec::new() };
                for (owner, ..) in &found {
                    self.pass(from, Place::Ingress(*owner, 0));
                }
                if !found.is_empty() && surely(&found) {
                    return;
                }
                if found.is_empty() && !self.known(|a| a == addr).is_empty() {
                    return self.pass(from, Place::Neighbour(segment, addr));
                }
                if self.domains.named.contains(&(segment, addr)) && Family::of(addr) == family {
                    self.pass(from, Place::Neighbour(segment, addr));
                }
                self.unowned(from, segment, &members, &nameless, &Change::Pass);
            }
            Toward::Destination => {
                let mut by_owner: BTreeMap<Port, Ranges> = BTreeMap::new();
                let mut taken: Ranges = Vec::new();
                let stated = members.iter().flat_map(|(_, i)| i.addresses()).map(|a| a.addr);
                let stated: BTreeSet<IpAddr> = stated.filter(|a| Family::of(*a) == family).collect();
                for addr in stated {
                    let found = owners(addr);
                    let one = (number(addr), number(addr));
                    taken.extend(surely(&found).then_some(one));
                    for (owner, ..) in found {
                        by_owner.entry(owner).or_default().push(one);
                    }
                }
                for (owner, ranges) in by_owner {
                    let blocks = having(family, DST, &sorted(ranges));
                    self.step(from, Place::Ingress(owner, 0), Change::Within(blocks));
                }
                let prefixes = wires.prefixes(network, segment);
                for addr in self.known(|a| prefixes.iter().any(|p| p.contains(a))) {
                    let one = (number(addr), number(addr));
                    taken.push(one);
                    let blocks = having(family, DST, &[one]);
                    self.step(from, Place::Neighbour(segment, addr), Change::Within(blocks));
                }
                let rest = Change::Within(having(family, DST, &others(family, &sorted(taken))));
                self.unowned(from, segment, &members, &nameless, &rest);
            }
        }
    }

    /// To whoever may get what nobody surely owns.
    fn unowned(
        &mut self,
        from: Place,
        segment: usize,
        members: &[(Port, &Interface)],
        nameless: &[Port],
        change: &Change<'_>,
    ) {
        let change = || match change {
            Change::Within(blocks) => Change::Within(blocks.clone()),
            _ => Change::Pass,
        };
        for port in nameless {
            self.step(from, Place::Ingress(*port, 0), change());
        }
        if members.len() >= DIRECT {
            self.step(from, Place::Proxy(segment), change());
        } else {
            for (port, _) in members.iter().filter(|(_, i)| may_answer(i)) {
                self.step(from, Place::Ingress(*port, 0), change());
            }
        }
        self.step(from, Place::Handed(segment), change());
    }

    /// Out by a tunnel: into the tunnels of whoever owns the far end.
    fn tunnel(&mut self, port: Port, target: Toward) {
        let network = self.network;
        let Some(tunnel) = network.interface(port).and_then(|i| i.tunnel.as_ref()) else { return };
        let certain = mirrors(network, port);
        for &end in &certain {
            self.pass(Place::Sent(port, target), Place::Ingress(end, 0));
        }
        if !certain.is_empty() {
            return;
        }
        let owns = |device: usize, addr: IpAddr| {
            network.ports().any(|(p, i)| p.device == device && i.owns(addr).is_some())
        };
        let learns = |device: usize| {
            let unknown =
                |i: &Interface| i.has_unknown_address(Family::Ipv4) || i.has_unknown_address(Family::Ipv6);
            network.ports().any(|(p, i)| p.device == device && network.is_up(p) && unknown(i))
        };
        let all = 0..network.devices.len();
        let ends: Vec<usize> = match tunnel.destination {
            Some(addr) if all.clone().any(|d| owns(d, addr)) => all.filter(|d| owns(*d, addr)).collect(),
            Some(_) => all.filter(|d| *d != port.device && learns(*d)).collect(),
            None => all.filter(|d| *d != port.device).collect(),
        };
        for (end, interface) in network.ports().filter(|(p, _)| ends.contains(&p.device)) {
            if interface.tunnel.is_some() && interface.up && mirrors(network, end).is_empty() {
                self.pass(Place::Sent(port, target), Place::Ingress(end, 0));
            }
        }
    }

    /// Broadcasts that a device sends on to another network as its own packets.
    fn relays(&mut self, device: usize) {
        let (network, family) = (self.network, self.family);
        let mut number_of = 0;
        for (port, interface) in network.ports().filter(|(p, _)| p.device == device) {
            for relay in interface.relays.iter().filter(|r| Family::of(r.to) == family) {
                let me = Place::Relayed(device, number_of);
                number_of += 1;
                let Some((segment, _)) = self.wires.of_interface(port) else { continue };
                let mine = interface.addresses().filter(|a| Family::of(a.addr) == family);
                let directed = mine.map(|a: &_| a.prefix).map(|p: Prefix| (p.last(), p.last()));
                let dst = sorted(not_unicast(family).1.into_iter().chain(directed).collect());
                let to = number(relay.to);
                let on = |dst: (u128, u128)| {
                    let udp =
                        Block::full(family).with(PROTO, (UDP, UDP)).with(FRAGMENT, (0, 0)).with(DST, dst);
                    let ports = relay.ports.iter().map(|&(lo, hi)| (lo.into(), hi.into()));
                    ports.map(move |ports| udp.with(DPORT, ports))
                };
                let heard = dst.into_iter().flat_map(on).collect();
                let made = on((to, to)).map(|b| b.with(TRANSLATED, (0, 0))).collect();
                self.step(Place::Wire(segment), me, Change::Make(heard, made));
                self.pass(me, Place::Look(device, relay.vrf, interface.context));
                for exit in self.own_packets(device, relay.vrf, to) {
                    self.pass(me, exit);
                }
            }
        }
    }

    /// Known neighbours that may forward: from every segment where they are to every other.
    fn grey(&mut self, segment: usize) {
        let network = self.network;
        let prefixes = self.wires.prefixes(network, segment);
        for (n, neighbour) in network.known_neighbours.iter().enumerate() {
            let here = neighbour.addresses.iter().any(|a| prefixes.iter().any(|p| p.contains(*a)));
            if here && neighbour.forwards != Tri::No {
                self.pass(Place::Wire(segment), Place::Grey(n));
                self.pass(Place::Grey(n), Place::Flood(segment));
                for &(_, to) in self.wires.hops.iter().filter(|(from, _)| *from == segment) {
                    self.pass(Place::Grey(n), Place::Flood(to));
                }
            }
        }
    }

    /// Externals that hand packets from one of their links to another, as whatever they like.
    fn externals(&mut self) {
        let count = self.policy.externals.len();
        let mut group: Vec<usize> = (0..count).collect();
        for (at, external) in self.policy.externals.iter().enumerate() {
            for &other in &external.joined {
                if let (Some(&a), Some(&b)) = (group.get(at), group.get(other)) {
                    group.iter_mut().filter(|g| **g == b).for_each(|g| *g = a);
                }
            }
        }
        let mut links = Vec::new();
        for ((external, group), domain) in self
            .policy
            .externals
            .iter()
            .zip(&group)
            .zip(self.domains.list.iter().skip(self.policy.zones.len()))
        {
            links.extend(domain.locations.iter().map(|l| (*group, *l, external.transit)));
        }
        for &(group, from, transit) in links.iter().filter(|(.., transit)| *transit) {
            let place = match from.next_hop {
                Some(addr) if Family::of(addr) != self.family => continue,
                Some(addr) => Place::Neighbour(from.segment, addr),
                None => Place::Wire(from.segment),
            };
            let others: BTreeSet<usize> = links
                .iter()
                .filter(|(g, to, _)| *g == group && to.segment != from.segment && transit)
                .map(|(_, to, _)| to.segment)
                .collect();
            for to in others {
                self.anything(place, Place::Host(to));
            }
        }
    }
}

/// Whether the owners of an address are members of one cluster: one of them answers.
fn are_members(network: &Network, owners: &[(Port, usize, bool)]) -> bool {
    let mut clusters = owners.iter().map(|(p, ..)| network.device(p.device)?.cluster.as_ref());
    let first = clusters.next().flatten();
    first.is_some() && clusters.all(|c| c == first)
}

/// Whether an interface may take packets for addresses that are not its own.
fn may_answer(interface: &Interface) -> bool {
    interface.l3.as_ref().is_some_and(|l3| l3.proxy_arp != Tri::No)
}
