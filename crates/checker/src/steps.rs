//! The steps inside devices: arrival, stages, look-up, departure, local delivery, unread lines.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_plain::Family;
use sekisho_plain::address::number;
use sekisho_plain::fib::{Lookup, Toward, Via, View};
use sekisho_plain::format::{
    Device, Interface, Kind, List, Network, PolicyAction, Port, Rewrite, Stage, Tri,
};
use sekisho_plain::tunnel::mirrors;

use crate::block::{Block, DST, MARK, SRC, inner, outer};
use crate::certificate::{Policy, Routing};
use crate::domain::{Context, Domains};
use crate::plan::{Change, Place, Plan, Step};
use crate::wires::Wires;

/// Inclusive ranges of values of one field, sorted and disjoint.
pub(crate) type Ranges = Vec<(u128, u128)>;

/// What the steps are derived from, and the steps found so far.
pub(crate) struct Builder<'a, 'n> {
    pub(crate) network: &'n Network,
    pub(crate) policy: &'a Policy,
    pub(crate) wires: &'a Wires,
    pub(crate) lookups: &'a BTreeMap<(usize, usize, Family), Lookup>,
    pub(crate) domains: &'a Domains,
    routing: Routing,
    source_routes: bool,
    /// The family at work.
    pub(crate) family: Family,
    index: BTreeMap<(Family, Place), usize>,
    pub(crate) places: Vec<(Family, Place)>,
    steps: Vec<Step<'n>>,
}

pub(crate) fn build<'n>(
    network: &'n Network,
    policy: &Policy,
    routing: Routing,
    source_routes: bool,
) -> Plan<'n> {
    let attaches = policy.zones.iter().map(|z| &z.attach).chain(policy.externals.iter().map(|e| &e.attach));
    let attached: BTreeSet<Port> = attaches.flat_map(|a| a.interfaces.iter().copied()).collect();
    let wires = Wires::new(network, &attached);
    let mut lookups = BTreeMap::new();
    for (at, device) in network.devices.iter().enumerate() {
        for vrf in 0..device.vrfs.len() {
            for family in [Family::Ipv4, Family::Ipv6] {
                lookups.extend(View::new(network, at).map(|v| ((at, vrf, family), v.lookup(vrf, family))));
            }
        }
    }
    let domains = Domains::new(&Context { network, wires: &wires, lookups: &lookups }, policy);
    let mut b = Builder {
        network,
        policy,
        wires: &wires,
        lookups: &lookups,
        domains: &domains,
        routing,
        source_routes,
        family: Family::Ipv4,
        index: BTreeMap::new(),
        places: Vec::new(),
        steps: Vec::new(),
    };
    for family in [Family::Ipv4, Family::Ipv6] {
        b.family = family;
        for device in 0..network.devices.len() {
            b.device(device);
        }
        b.leave_all();
        b.segments();
    }
    let (places, steps, index) = (b.places, b.steps, b.index);
    let declared = policy.zones.len() + policy.externals.len();
    let named = domains.list.iter().take(declared).flat_map(|d| &d.locations).map(|l| l.segment).collect();
    let inferred = wires.are_inferred(network, &named);
    Plan::from_parts(places, steps, domains, inferred, index)
}

/// Blocks with a field in some ranges.
pub(crate) fn having(family: Family, field: usize, ranges: &[(u128, u128)]) -> Vec<Block> {
    ranges.iter().map(|r| Block::full(family).with(field, *r)).collect()
}

/// Sorted ranges with touching ones joined.
pub(crate) fn sorted(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut out: Ranges = Vec::new();
    for (lo, hi) in ranges {
        match out.last_mut() {
            Some((_, end)) if lo <= end.saturating_add(1) => *end = (*end).max(hi),
            _ => out.push((lo, hi)),
        }
    }
    out
}

/// The addresses of a family in none of some sorted ranges.
pub(crate) fn others(family: Family, ranges: &[(u128, u128)]) -> Ranges {
    let mut out = Vec::new();
    let mut from = Some(0);
    for &(lo, hi) in ranges {
        out.extend(from.filter(|f| *f < lo).map(|f| (f, lo - 1)));
        from = hi.checked_add(1);
    }
    out.extend(from.filter(|f| *f <= family.max()).map(|f| (f, family.max())));
    out
}

/// The values in both.
fn common(a: &[(u128, u128)], b: &[(u128, u128)]) -> Ranges {
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (x.0.max(y.0), x.1.min(y.1))));
    pairs.filter(|(lo, hi)| lo <= hi).collect()
}

/// Destinations that are multicast, and all that no look-up forwards.
pub(crate) fn not_unicast(family: Family) -> (Ranges, Ranges) {
    match family {
        Family::Ipv4 => {
            let multicast = (0xe000_0000, 0xefff_ffff);
            (vec![multicast], vec![multicast, (0xffff_ffff, 0xffff_ffff)])
        }
        Family::Ipv6 => {
            let multicast = (0xff00 << 112, u128::MAX);
            (vec![multicast], vec![(0xfe80 << 112, (0xfec0 << 112) - 1), multicast])
        }
    }
}

impl<'n> Builder<'_, 'n> {
    fn place(&mut self, family: Family, place: Place) -> usize {
        let next = self.places.len();
        let at = *self.index.entry((family, place)).or_insert(next);
        if at == next {
            self.places.push((family, place));
        }
        at
    }

    pub(crate) fn step(&mut self, from: Place, to: Place, change: Change<'n>) {
        if matches!(&change, Change::Within(blocks) if blocks.is_empty()) {
            return;
        }
        let (from, to) = (self.place(self.family, from), self.place(self.family, to));
        self.steps.push(Step { from, to, change });
    }

    pub(crate) fn pass(&mut self, from: Place, to: Place) {
        self.step(from, to, Change::Pass);
    }

    /// If anything gets to the first place, anything of either family may get to the second.
    pub(crate) fn anything(&mut self, from: Place, to: Place) {
        let from = self.place(self.family, from);
        for family in [Family::Ipv4, Family::Ipv6] {
            let to = self.place(family, to);
            self.steps.push(Step { from, to, change: Change::Anything });
        }
    }

    /// Up layer-3 interfaces of a device.
    pub(crate) fn layer3(&self, device: usize) -> Vec<(Port, &'n Interface)> {
        let mine = self.network.ports().filter(|(p, i)| p.device == device && i.l3.is_some());
        mine.filter(|(p, _)| self.network.is_up(*p)).collect()
    }

    fn device(&mut self, at: usize) {
        let network = self.network;
        let Some(device) = network.device(at) else { return };
        let contexts: BTreeSet<usize> = device.interfaces.iter().map(|i| i.context).collect();
        let marks = uses_marks(device);
        for (port, interface) in self.layer3(at) {
            self.arrive(port, interface, device, marks);
        }
        for vrf in 0..device.vrfs.len() {
            for &context in &contexts {
                self.look(at, vrf, context, device);
            }
        }
        let mut contexts = contexts;
        if self.helpers(at, device, marks) {
            contexts.insert(in_session(device));
        }
        self.unread(at, device, &contexts);
    }

    /// From the wire to the look-up.
    fn arrive(&mut self, port: Port, interface: &'n Interface, device: &'n Device, marks: bool) {
        let Some(l3) = interface.l3.as_ref().filter(|_| interface.accepts(self.family) != Tri::No) else {
            return;
        };
        let start = marks.then_some(Change::Assign(MARK, (0, 0)));
        let Some(stages) = self.program(port, l3.vrf, interface.context, device, &interface.ingress) else {
            return;
        };
        let policy = interface.ingress.iter().find_map(|s| match s {
            Stage::PolicyRoute { policy, .. } => Some(*policy),
            _ => None,
        });
        let look = Place::Look(port.device, l3.vrf, interface.context);
        let next = if policy.is_some() { Place::Steer(port) } else { look };
        self.chain(start.into_iter().chain(stages).collect(), |n| Place::Ingress(port, n), next);
        if let Some(policy) = policy {
            self.steer(Place::Steer(port), port, (l3.vrf, interface.context), device, policy);
        }
    }

    /// One place per change, and the place after the last.
    pub(crate) fn chain(&mut self, changes: Vec<Change<'n>>, at: impl Fn(usize) -> Place, next: Place) {
        let last = changes.len();
        if last == 0 {
            return self.pass(at(0), next);
        }
        for (n, change) in changes.into_iter().enumerate() {
            let to = if n + 1 == last { next } else { at(n + 1) };
            self.step(at(n), to, change);
        }
    }

    /// The changes of a program for packets of a context; `None` when it drops everything. Packets of sessions
    /// meet no translation, no filter of new packets and nothing that depends on the context.
    pub(crate) fn program(
        &self,
        port: Port,
        vrf: usize,
        context: usize,
        device: &'n Device,
        stages: &'n [Stage],
    ) -> Option<Vec<Change<'n>>> {
        let known = context == in_session(device);
        let mut out = Vec::new();
        for stage in stages {
            let mut stage = stage;
            let mut met = true;
            while let Stage::When { from, stage: inner } = stage {
                met &= from.contains(&context);
                stage = inner;
            }
            match stage {
                _ if !met => {}
                Stage::Drop { .. } => return None,
                Stage::Filter { list, .. } => {
                    let list = device.lists.get(*list).filter(|l| l.family == self.family);
                    let list = list.filter(|l| !known || !passes_sessions(l));
                    out.extend(list.map(Change::Filter));
                }
                Stage::Nat { .. } if known => {}
                Stage::Nat { table, .. } => {
                    let table = device.nats.get(*table);
                    let mine = |r: &sekisho_plain::format::NatRule| r.family == self.family;
                    out.extend(table.filter(|t| t.rules.iter().any(mine)).map(Change::Translate));
                }
                Stage::AntiSpoof { family, strict, .. } if *family == self.family => {
                    out.extend(self.sources_with_a_route(port, vrf, *strict));
                }
                Stage::AntiSpoof { .. }
                | Stage::PolicyRoute { .. }
                | Stage::MayDrop { .. }
                | Stage::When { .. } => {}
            }
        }
        Some(out)
    }

    /// The sources that may pass a check against the routes; `None` when any may.
    fn sources_with_a_route(&self, port: Port, vrf: usize, strict: bool) -> Option<Change<'n>> {
        let view = View::new(self.network, port.device)?;
        let known = view.unknown_routes(vrf, self.family).is_none() && view.leak_closure(vrf).len() == 1;
        if !known || self.routing == Routing::Any {
            return None;
        }
        let back = |via: Via| match via {
            Via::Out { interface, .. } => !strict || interface == port.interface,
            Via::Local | Via::Discard => !strict,
            Via::NoRoute => false,
        };
        let lookup = self.lookups.get(&(port.device, vrf, self.family))?;
        let ranges = lookup.ranges.iter().filter(|(_, _, legs)| legs.iter().any(|l| back(l.via)));
        let ranges = sorted(ranges.map(|(lo, hi, _)| (*lo, *hi)).collect());
        Some(Change::Within(having(self.family, SRC, &ranges)))
    }

    /// Own addresses of a VRF, as destinations: those that are its own, and those it shares.
    fn own(&self, device: usize, vrf: usize) -> (Ranges, Ranges) {
        let mine =
            self.layer3(device).into_iter().filter(|(_, i)| i.l3.as_ref().is_some_and(|l3| l3.vrf == vrf));
        let all: Vec<_> =
            mine.flat_map(|(_, i)| i.addresses()).filter(|a| Family::of(a.addr) == self.family).collect();
        let of = |shared| {
            let some = all.iter().filter(|a| a.shared == shared).map(|a| number(a.addr));
            sorted(some.map(|a| (a, a)).collect())
        };
        (of(false), of(true))
    }

    /// The look-up of a VRF.
    pub(crate) fn look(&mut self, at: usize, vrf: usize, context: usize, device: &'n Device) {
        let family = self.family;
        let me = Place::Look(at, vrf, context);
        let local = Place::Local(at, vrf, context);
        let (own, shared) = self.own(at, vrf);
        let answered = sorted(own.iter().chain(&shared).copied().collect());
        self.step(me, local, Change::Within(having(family, DST, &answered)));
        if device.forwards(family) != Tri::No {
            let (multicast, unroutable) = not_unicast(family);
            let routed = others(family, &sorted(own.into_iter().chain(unroutable).collect()));
            let mut ways: BTreeMap<Via, Ranges> = BTreeMap::new();
            let lookup = self.lookups.get(&(at, vrf, family));
            for (lo, hi, legs) in lookup.iter().flat_map(|l| &l.ranges) {
                for leg in legs {
                    ways.entry(leg.via).or_default().push((*lo, *hi));
                }
            }
            let view = View::new(self.network, at);
            if self.routing == Routing::Any {
                // A route may make the device receive an address that is not its own.
                let all = view.into_iter().flat_map(|v| v.everywhere(vrf)).chain([Via::Local]);
                ways = all.map(|via| (via, vec![(0, family.max())])).collect();
            }
            for (via, ranges) in ways {
                let blocks = having(family, DST, &common(&sorted(ranges), &routed));
                match via {
                    Via::Out { interface, target } => {
                        let exit = Place::Egress(Port { device: at, interface }, context, target, 0);
                        self.step(me, exit, Change::Within(blocks));
                    }
                    Via::Local => self.step(me, local, Change::Within(blocks)),
                    Via::Discard | Via::NoRoute => {}
                }
            }
            let here = |i: &Interface| i.l3.as_ref().is_some_and(|l3| l3.vrf == vrf);
            let ports: Vec<_> = self.layer3(at).into_iter().filter(|(_, i)| here(i)).collect();
            let line = device.vrfs.get(vrf).is_some_and(|v| v.multicast.iter().any(|(f, _)| *f == family));
            if line || ports.iter().any(|(_, i)| i.multicast.is_some()) {
                for (port, _) in ports {
                    let exit = Place::Egress(port, context, Toward::Any, 0);
                    self.step(me, exit, Change::Within(having(family, DST, &multicast)));
                }
            }
        }
        for (port, interface) in self.layer3(at) {
            // A paired tunnel takes nothing but what its other end sent.
            if interface.tunnel.is_some() && mirrors(self.network, port).is_empty() {
                self.anything(local, Place::Ingress(port, 0));
            }
        }
        if self.source_routes && device.source_route != Tri::No {
            // What has another destination by now belongs to no session.
            let known = context == in_session(device);
            let all: BTreeSet<usize> =
                device.interfaces.iter().map(|i| i.context).filter(|_| known).collect();
            for context in all.into_iter().chain([context]) {
                self.step(local, Place::Look(at, vrf, context), Change::Assign(DST, (0, family.max())));
            }
        }
    }

    /// A policy route: each entry to its targets, the rest to the look-up.
    pub(crate) fn steer(
        &mut self,
        me: Place,
        port: Port,
        (vrf, context): (usize, usize),
        device: &'n Device,
        policy: usize,
    ) {
        let look = Place::Look(port.device, vrf, context);
        let Some(model) = device.policy_routes.get(policy) else { return };
        let Some(view) = View::new(self.network, port.device) else { return };
        let exit = |via: &Via| match *via {
            Via::Out { interface, target } => {
                Some(Place::Egress(Port { interface, ..port }, context, target, 0))
            }
            _ => None,
        };
        let any = self.routing == Routing::Any;
        let all = |v: usize| if any { view.everywhere(v) } else { view.anywhere(v) };
        let everywhere: Vec<Place> =
            (0..device.vrfs.len()).flat_map(all).filter_map(|via| exit(&via)).collect();
        if device.forwards(self.family) == Tri::No || model.place.is_none() {
            self.pass(me, look);
            if device.forwards(self.family) != Tri::No {
                everywhere.into_iter().for_each(|to| self.pass(me, to));
            }
            return;
        }
        let family = self.family;
        let mut missed = Vec::new();
        for entry in model.entries.iter().filter(|e| e.family == family) {
            let hit = Change::Select(outer(&entry.matches, family), missed.clone());
            missed.extend(inner(&entry.matches, family));
            let mut to: Vec<Place> = match &entry.action {
                PolicyAction::Drop | PolicyAction::Vrf(_) => Vec::new(),
                _ => vec![look],
            };
            match &entry.action {
                PolicyAction::Normal | PolicyAction::Drop => {}
                PolicyAction::Vrf(other) => to.push(Place::Look(port.device, *other, context)),
                PolicyAction::Unknown => to.extend(&everywhere),
                PolicyAction::Interfaces(all) => {
                    let up = all.iter().filter(|i| self.network.is_up(Port { interface: **i, ..port }));
                    let target = if any { Toward::Any } else { Toward::Destination };
                    let out = up.map(|&interface| Via::Out { interface, target });
                    to.extend(out.filter_map(|via| exit(&via)));
                }
                // To whom a next hop leads is a matter of routes; own addresses are steered as well.
                PolicyAction::NextHops { .. } | PolicyAction::DefaultNextHops(_) if any => {
                    to.extend(view.everywhere(vrf).iter().filter_map(exit));
                }
                PolicyAction::NextHops { addresses, .. } | PolicyAction::DefaultNextHops(addresses) => {
                    for &addr in addresses {
                        let target = Toward::Address(addr);
                        let near = view
                            .connected(vrf, addr)
                            .into_iter()
                            .map(|interface| Via::Out { interface, target });
                        let far = view.routes(vrf, addr).into_iter().map(|leg| match leg.via {
                            Via::Out { interface, target: Toward::Destination } => {
                                Via::Out { interface, target }
                            }
                            via => via,
                        });
                        to.extend(near.chain(far).filter_map(|via| exit(&via)));
                    }
                }
            }
            for to in to {
                self.step(me, to, hit.clone());
            }
        }
        self.step(me, look, Change::Select(vec![Block::full(family)], missed));
        let (own, shared) = self.own(port.device, vrf);
        self.step(me, look, Change::Within(having(family, DST, &[own, shared].concat())));
    }

    /// From the look-up to the wire, for every way out that some look-up takes.
    fn leave_all(&mut self) {
        let network = self.network;
        let mut at = 0;
        while let Some(&(family, place)) = self.places.get(at) {
            at += 1;
            let Place::Egress(port, context, target, 0) = place else { continue };
            let (Some(device), Some(interface)) = (network.device(port.device), network.interface(port))
            else {
                continue;
            };
            let carries = family == self.family && network.is_up(port) && interface.is_attached();
            let Some(l3) = interface.l3.as_ref().filter(|_| carries) else { continue };
            let Some(mut stages) = self.program(port, l3.vrf, context, device, &interface.egress) else {
                continue;
            };
            if uses_marks(device) {
                stages.push(Change::Assign(MARK, (0, 0xffff)));
            }
            self.chain(stages, |n| Place::Egress(port, context, target, n), Place::Sent(port, target));
        }
    }

    /// Lines that were not understood.
    fn unread(&mut self, at: usize, device: &'n Device, contexts: &BTreeSet<usize>) {
        let network = self.network;
        let wires = self.wires;
        let touched: Vec<usize> = (0..wires.segments.len())
            .filter(|s| wires.segments.get(*s).is_some_and(|s| s.devices.contains(&at)))
            .collect();
        let looks: Vec<Place> = (0..device.vrfs.len())
            .flat_map(|vrf| contexts.iter().map(move |context| Place::Look(at, vrf, *context)))
            .collect();
        let mut lost = network.anywhere_poison(at).is_some();
        if network.device_poison(at).is_some() {
            self.let_loose(Place::PoisonedDevice(at), at, &touched, &[]);
        }
        for interface in 0..device.interfaces.len() {
            let port = Port { device: at, interface };
            let Some(model) = network.interface(port) else { continue };
            if network.interface_poison(port).is_none() || !network.is_up(port) {
                continue;
            }
            let mut on: BTreeSet<usize> =
                wires.of_interface(port).map(|(segment, _)| segment).into_iter().collect();
            if on.is_empty() || model.l2.is_some() {
                on.extend(wires.of_port(port));
            }
            lost |= on.is_empty() && model.is_attached();
            let me = Place::PoisonedPort(port);
            if model.l3.is_some() {
                self.pass(Place::Ingress(port, 0), me);
            }
            for &segment in &on {
                self.pass(Place::Wire(segment), me);
                self.anything(me, Place::Flood(segment));
            }
            for &look in &looks {
                self.pass(look, me);
                self.anything(me, look);
            }
        }
        if lost {
            let open =
                |s: &usize| wires.segments.get(*s).is_some_and(|s| !s.closed || s.devices.contains(&at));
            let anywhere: Vec<usize> = (0..wires.segments.len()).filter(open).collect();
            self.let_loose(Place::Lost(at), at, &anywhere, &looks);
        }
    }

    /// Whatever reaches the segments or interfaces of a device may come out of it as anything.
    fn let_loose(&mut self, me: Place, device: usize, segments: &[usize], looks: &[Place]) {
        for &segment in segments {
            self.pass(Place::Wire(segment), me);
            self.anything(me, Place::Flood(segment));
        }
        for (port, _) in self.layer3(device) {
            self.pass(Place::Ingress(port, 0), me);
        }
        for &look in looks {
            self.pass(look, me);
            self.anything(me, look);
        }
    }

    /// Where a packet that a device makes itself may go, past all stages.
    pub(crate) fn own_packets(&self, device: usize, vrf: usize, to: u128) -> Vec<Place> {
        let network = self.network;
        let lookup = self.lookups.get(&(device, vrf, self.family));
        let hit = lookup.and_then(|l| l.ranges.iter().find(|(lo, hi, _)| *lo <= to && to <= *hi));
        let given = hit.iter().flat_map(|(_, _, legs)| legs).map(|leg| leg.via);
        let mine = self.own(device, vrf).0.iter().any(|(lo, hi)| *lo <= to && to <= *hi);
        let view = View::new(network, device).filter(|_| !mine);
        let any = view.map_or_else(Vec::new, |v| v.everywhere(vrf));
        let ways: BTreeSet<Via> =
            if self.routing == Routing::Any { any.into_iter().collect() } else { given.collect() };
        let out = ways.into_iter().filter_map(|via| match via {
            Via::Out { interface, target } => Some((Port { device, interface }, target)),
            _ => None,
        });
        let attached = out.filter(|(p, _)| network.interface(*p).is_some_and(Interface::is_attached));
        attached.map(|(port, target)| Place::Sent(port, target)).collect()
    }
}

/// The context of packets of sessions: none of the device's own.
pub(crate) fn in_session(device: &Device) -> usize {
    device.contexts.len()
}

/// Whether packets of sessions may pass a list whatever its lines say of new ones.
fn passes_sessions(list: &List) -> bool {
    list.stateful || list.lines.iter().any(|l| l.replies.is_some())
}

/// Whether some translation of a device writes marks.
fn uses_marks(device: &Device) -> bool {
    device.nats.iter().flat_map(|n| &n.rules).flat_map(|r| &r.rewrites).any(|r| matches!(r, Rewrite::Mark(_)))
}

/// Whether packets leave by an interface through a tunnel.
pub(crate) fn is_tunnel(interface: &Interface) -> bool {
    interface.kind == Kind::Tunnel
}
