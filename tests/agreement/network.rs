//! Random small networks: devices drawn from a seed, with the odd things that real ones have.

#[path = "pairs.rs"]
mod pairs;

use std::collections::BTreeMap;
use std::net::IpAddr;

use sekisho::topology::{PortLink, PortRef};
use sekisho_diag::{FileId, SourceMap, Span};
use sekisho_model::*;
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, PortRange, Prefix, addr_bits, bits_addr};

/// SplitMix64.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[usize::try_from(self.below(items.len() as u64)).unwrap()]
    }
}

/// How often each odd thing was drawn.
pub type Seen = BTreeMap<&'static str, usize>;

/// A drawn network.
pub struct Drawn {
    pub devices: Vec<Device>,
    pub links: Vec<PortLink>,
    pub sources: SourceMap,
    /// Nothing was drawn for which the engine deliberately widens more than the reference.
    pub exact: bool,
}

const SUBNETS: u64 = 6;

pub fn span() -> Span {
    Span::new(FileId(0), 0, 1)
}

fn v4(subnet: u64, host: u64) -> IpAddr {
    bits_addr(Family::V4, u128::from(0x0a00_0000 + (subnet << 8) + host))
}

fn v6(subnet: u64, host: u64) -> IpAddr {
    bits_addr(Family::V6, (0x2001_0db8_u128 << 96) + (u128::from(subnet) << 64) + u128::from(host))
}

fn addr(family: Family, subnet: u64, host: u64) -> IpAddr {
    match family {
        Family::V4 => v4(subnet, host),
        Family::V6 => v6(subnet, host),
    }
}

fn prefix(family: Family, subnet: u64) -> Prefix {
    let len = if family == Family::V4 { 24 } else { 64 };
    Prefix::new(addr(family, subnet, 0), len).unwrap()
}

fn see(seen: &mut Seen, what: &'static str) {
    *seen.entry(what).or_default() += 1;
}

pub fn draw(rng: &mut Rng, seen: &mut Seen) -> Drawn {
    let mut sources = SourceMap::default();
    let file = sources.add("drawn.cfg", "drawn\n");
    let count = 2 + rng.below(3);
    let mut out = Drawn { devices: Vec::new(), links: Vec::new(), sources, exact: true };
    for index in 0..count {
        let device = device(rng, seen, &mut out, index, file);
        out.devices.push(device);
    }
    if rng.chance(30) {
        chassis(rng, seen, &mut out);
    }
    if rng.chance(50) {
        trunk(rng, seen, &mut out);
    }
    pairs::draw(rng, seen, &mut out);
    out
}

fn device(rng: &mut Rng, seen: &mut Seen, out: &mut Drawn, index: u64, file: FileId) -> Device {
    let mut d = Device::new(format!("d{index}"), "drawn", file);
    d.forwards_v4 = if rng.chance(95) { Tri::Yes } else { *rng.pick(&[Tri::No, Tri::Unknown]) };
    d.forwards_v6 = if rng.chance(80) { Tri::Yes } else { *rng.pick(&[Tri::No, Tri::Unknown]) };
    d.source_route = Tri::No;
    d.vlans = vec![1, 10, 20];
    if rng.chance(40) {
        see(seen, "vrf");
        d.vrfs.push(Vrf::new("RED".to_owned(), Some(span())));
    }
    d.contexts.push(Context { name: "inside".to_owned() });
    let first = rng.below(SUBNETS);
    for n in 0..2 + rng.below(3) {
        let interface = interface(rng, seen, &d, index, (first + n) % SUBNETS, n);
        d.interfaces.push(interface);
    }
    for n in 0..3 {
        let list = list(rng, seen, n);
        d.lists.push(list);
    }
    bind(rng, seen, &mut d);
    for vrf in 0..d.vrfs.len() {
        routes(rng, seen, out, &mut d, vrf);
    }
    odd(rng, seen, out, &mut d);
    d
}

fn interface(rng: &mut Rng, seen: &mut Seen, d: &Device, index: u64, subnet: u64, n: u64) -> Interface {
    let mut i = Interface::new(format!("e{n}"), InterfaceKind::Physical, span());
    i.admin = if rng.chance(95) { AdminState::Up } else { AdminState::Down };
    let vrf = VrfId(u32::try_from(rng.below(d.vrfs.len() as u64)).unwrap());
    let address = |family, subnet| Address {
        addr: addr(family, subnet, index + 1),
        prefix: prefix(family, subnet),
        role: AddressRole::Own,
        span: span(),
    };
    let mut addresses = vec![address(Family::V4, subnet)];
    let dual = rng.chance(60);
    if dual {
        see(seen, "ipv6");
        addresses.push(address(Family::V6, subnet));
    }
    if rng.chance(15) {
        see(seen, "secondary");
        addresses.push(address(Family::V4, subnet + 100));
    }
    if rng.chance(12) {
        see(seen, "shared address");
        let gateway = addr(Family::V4, subnet, 254);
        addresses.push(Address {
            addr: gateway,
            prefix: Prefix::host(gateway),
            role: AddressRole::Shared,
            span: span(),
        });
    }
    i.l3 = Some(L3 {
        vrf,
        vrf_span: None,
        addresses,
        unknown_v4: None,
        unknown_v6: None,
        ipv6: if dual { Tri::Yes } else { *rng.pick(&[Tri::No, Tri::No, Tri::Unknown]) },
        proxy_arp: *rng.pick(&[Tri::No, Tri::Yes, Tri::Unknown]),
    });
    i.context = ContextId(u32::try_from(rng.below(2)).unwrap());
    i
}

pub fn field_set(rng: &mut Rng, family: Family) -> FieldSet {
    let subnet = rng.below(SUBNETS);
    match rng.below(5) {
        0 => FieldSet::Any,
        1 => FieldSet::one(addr_bits(addr(family, subnet, rng.below(6)))),
        2 => FieldSet::mask(addr_bits(addr(family, subnet, 1)), addr_bits(addr(family, 0xff, 1)) | 1),
        _ => FieldSet::prefix(prefix(family, subnet)),
    }
}

fn cube(rng: &mut Rng, family: Family) -> Cube {
    let mut cube =
        Cube::any().with(Field::Dst, field_set(rng, family)).with(Field::Src, field_set(rng, family));
    match rng.below(4) {
        0 => {}
        1 => cube.set(Field::Proto, FieldSet::one(17)),
        2 => {
            cube.set(Field::Proto, FieldSet::one(6));
            cube.set(Field::Dport, FieldSet::one(u128::from(*rng.pick(&[22_u16, 80, 443]))));
            cube.set(Field::Fragment, FieldSet::one(0));
        }
        _ => cube.set(Field::Fragment, FieldSet::one(u128::from(rng.below(2)))),
    }
    if rng.chance(12) {
        cube.set(Field::Mark, FieldSet::range(0, u128::from(rng.below(2))));
    }
    cube
}

fn predicate(rng: &mut Rng, seen: &mut Seen, family: Family) -> Predicate {
    let cubes: Vec<Cube> = (0..1 + rng.below(2)).map(|_| cube(rng, family)).collect();
    if rng.chance(88) {
        return Predicate::exact(cubes);
    }
    see(seen, "unknown line");
    if rng.chance(50) { Predicate::at_most(cubes) } else { Predicate::unknown() }
}

fn list(rng: &mut Rng, seen: &mut Seen, n: u64) -> RuleList {
    let family = if n == 2 { Family::V6 } else { Family::V4 };
    let lines = (0..1 + rng.below(4))
        .map(|_| {
            let unknown = rng.chance(4);
            if unknown {
                see(seen, "unknown line");
            }
            Line {
                action: if unknown {
                    Action::Unknown
                } else {
                    *rng.pick(&[Action::Permit, Action::Permit, Action::Deny])
                },
                matches: predicate(rng, seen, family),
                span: span(),
                conditions: Vec::new(),
                origins: Vec::new(),
                stateless_reply: false,
                opens: false,
                replies: None,
            }
        })
        .collect();
    let default = *rng.pick(&[Action::Deny, Action::Permit]);
    let mut list = RuleList {
        name: format!("L{n}"),
        family,
        lines,
        default,
        span: Some(span()),
        stateful: rng.chance(25),
        default_opens: false,
    };
    if list.stateful {
        see(seen, "stateful list");
        list.default_opens = default == Action::Permit && rng.chance(50);
        for line in list.lines.iter_mut().filter(|l| l.action != Action::Deny) {
            line.opens = rng.chance(80);
        }
    }
    list
}

fn bind(rng: &mut Rng, seen: &mut Seen, d: &mut Device) {
    let nat = rng.chance(45);
    d.nats.push(translations(rng, seen, "in", Field::Dst));
    d.nats.push(translations(rng, seen, "out", Field::Src));
    if nat {
        see(seen, "nat");
    }
    let policy = policy_route(rng, seen, d);
    d.policy_routes.push(policy);
    for n in 0..d.interfaces.len() {
        let filter = |rng: &mut Rng| Stage::Filter {
            list: ListId(u32::try_from(rng.below(3)).unwrap()),
            span: span(),
        };
        let mut ingress = Vec::new();
        let mut egress = Vec::new();
        if rng.chance(35) {
            ingress.push(filter(rng));
        }
        if rng.chance(12) {
            see(seen, "anti-spoof");
            let family = *rng.pick(&Family::ALL);
            ingress.push(Stage::AntiSpoof {
                family,
                strict: rng.chance(60),
                allow_default: true,
                span: span(),
            });
        }
        if nat && n == 0 {
            ingress.push(Stage::Nat { table: NatId(0), span: span() });
            let stage = Box::new(Stage::Nat { table: NatId(1), span: span() });
            egress.push(Stage::When { from: vec![ContextId(1)], stage });
        }
        if rng.chance(15) {
            see(seen, "policy route");
            ingress.push(Stage::PolicyRoute { policy: PolicyRouteId(0), span: span() });
        }
        if rng.chance(25) {
            egress.push(filter(rng));
        }
        if rng.chance(10) {
            see(seen, "zone gate");
            let stage = Box::new(Stage::Drop { span: span(), why: "no pair".to_owned() });
            egress.push(Stage::When { from: vec![ContextId(u32::try_from(rng.below(2)).unwrap())], stage });
        }
        d.interfaces[n].ingress = ingress;
        d.interfaces[n].egress = egress;
    }
}

/// A table of one to three translations of a source or destination.
fn translations(rng: &mut Rng, seen: &mut Seen, name: &str, field: Field) -> NatTable {
    let (local, global) =
        (v4(rng.below(SUBNETS), 1 + rng.below(5)), v4(rng.below(SUBNETS), 200 + rng.below(3)));
    let (from, to) = if field == Field::Src { (local, global) } else { (global, local) };
    let mut rules = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let mut matched = FieldSet::one(addr_bits(from));
        let mut rewrites = Vec::new();
        match rng.below(6) {
            0 => {
                see(seen, "pool");
                let first = addr_bits(to);
                rewrites.push(Rewrite { field, target: Target::OneOf(FieldSet::range(first, first + 2)) });
                rewrites.push(Rewrite { field: Field::Sport, target: Target::OneOf(FieldSet::Any) });
            }
            1 => {
                // A whole network moves in parts that no test tells apart.
                let len = if rng.chance(50) { 30 } else { 24 };
                see(seen, if len == 30 { "shift" } else { "network that moves" });
                let block = |host: IpAddr| Prefix::new(host, len).unwrap();
                matched = FieldSet::prefix(block(from));
                rewrites.push(Rewrite { field, target: Target::Shift { from: block(from), to: block(to) } });
            }
            2 => {
                see(seen, "port forwarding");
                rewrites.push(Rewrite { field, target: Target::OneOf(FieldSet::one(addr_bits(to))) });
                rewrites.push(Rewrite { field: Field::Dport, target: Target::OneOf(FieldSet::one(80)) });
            }
            3 => see(seen, "exemption"),
            _ => {
                see(seen, "static nat");
                rewrites.push(Rewrite { field, target: Target::OneOf(FieldSet::one(addr_bits(to))) });
            }
        }
        if field == Field::Dst && rng.chance(50) {
            see(seen, "mark");
            let mark = u128::from(1 + rng.below(2));
            rewrites.push(Rewrite { field: Field::Mark, target: Target::OneOf(FieldSet::one(mark)) });
        }
        let mut cube = Cube::any().with(field, matched);
        if rng.chance(30) {
            cube.set(Field::Proto, FieldSet::one(6));
        }
        let matches =
            if rng.chance(90) { Predicate::exact(vec![cube]) } else { Predicate::at_most(vec![cube]) };
        let may_skip = rng.chance(10);
        rules.push(NatRule { family: Family::V4, matches, rewrites, may_skip, span: span() });
    }
    NatTable { name: name.to_owned(), rules }
}

fn policy_route(rng: &mut Rng, seen: &mut Seen, d: &Device) -> PolicyRoute {
    let hop = v4(rng.below(SUBNETS), 1 + rng.below(6));
    let action = match rng.below(6) {
        0 => PolicyRouteAction::Normal,
        1 => PolicyRouteAction::Drop,
        2 => PolicyRouteAction::Vrf(VrfId(u32::try_from(d.vrfs.len() - 1).unwrap())),
        3 => PolicyRouteAction::Interfaces(vec![InterfaceId(0)]),
        4 => PolicyRouteAction::DefaultNextHops(vec![hop]),
        _ => PolicyRouteAction::NextHops { addresses: vec![hop], certain: rng.chance(70) },
    };
    let entry = PolicyRouteEntry {
        family: Family::V4,
        matches: predicate(rng, seen, Family::V4),
        action,
        span: span(),
    };
    PolicyRoute { name: "PBR".to_owned(), entries: vec![entry], span: rng.chance(90).then(span) }
}

fn routes(rng: &mut Rng, seen: &mut Seen, out: &mut Drawn, d: &mut Device, vrf: usize) {
    for _ in 0..2 + rng.below(4) {
        let family = if rng.chance(70) { Family::V4 } else { Family::V6 };
        let wanted = if rng.chance(40) { Prefix::all(family) } else { prefix(family, rng.below(SUBNETS)) };
        let next_hop = match rng.below(12) {
            0 => NextHop::Discard,
            1 => NextHop::Interface(InterfaceId(0)),
            _ => {
                let addr = addr(family, rng.below(SUBNETS), 1 + rng.below(6));
                NextHop::Via { addr, interface: None, vrf: None }
            }
        };
        let conditional = rng.chance(10);
        let distance = if rng.chance(90) { 1 } else { 200 };
        let route = Route { prefix: wanted, next_hop, distance, conditional, span: span() };
        if d.vrfs[vrf].routes.iter().any(|r| r.prefix == wanted && r.distance == distance) {
            see(seen, "ecmp");
        }
        d.vrfs[vrf].routes.push(route);
    }
    if rng.chance(6) {
        see(seen, "unknown routes");
        d.vrfs[vrf].unknown_routes.push((*rng.pick(&Family::ALL), span()));
        out.exact = false;
    }
    if vrf == 1 && rng.chance(20) {
        see(seen, "leak");
        d.vrfs[0].leaks.push(VrfLeak { from: VrfId(1), span: span() });
        out.exact = false;
    }
}

/// Things after which the engine may widen more than the reference does.
fn odd(rng: &mut Rng, seen: &mut Seen, out: &mut Drawn, d: &mut Device) {
    if rng.chance(5) {
        see(seen, "poison");
        let scope = match rng.below(3) {
            0 => Scope::Device,
            1 => Scope::Interface(InterfaceId(0)),
            _ => Scope::Routes(VrfId(0), Family::V4),
        };
        let why = if rng.chance(50) { Poison::UNREAD } else { "drawn" };
        d.poisons.push(Poison { scope, span: span(), why: why.to_owned() });
        out.exact = false;
    }
    if rng.chance(5) {
        see(seen, "dhcp address");
        if let Some(l3) = d.interfaces.last_mut().and_then(|i| i.l3.as_mut()) {
            l3.addresses.clear();
            l3.unknown_v4 = Some(span());
        }
        out.exact = false;
    }
    if rng.chance(6) {
        see(seen, "relay");
        let relay = Relay {
            to: v4(rng.below(SUBNETS), 3),
            ports: vec![PortRange::one(67)],
            vrf: VrfId(0),
            span: span(),
        };
        d.interfaces[0].relays.push(relay);
    }
    if rng.chance(6) {
        see(seen, "tunnel");
        let mut t = Interface::new("t0".to_owned(), InterfaceKind::Tunnel, span());
        let address =
            Address { addr: v4(50, 1), prefix: prefix(Family::V4, 50), role: AddressRole::Own, span: span() };
        t.l3 = Some(L3 {
            vrf: VrfId(0),
            vrf_span: None,
            addresses: vec![address],
            unknown_v4: None,
            unknown_v6: None,
            ipv6: Tri::No,
            proxy_arp: Tri::No,
        });
        t.tunnel = Some(Tunnel {
            destination: Some(v4(1, 1)),
            source: None,
            outer_vrf: VrfId(0),
            authenticated: rng.chance(50).then(span),
            span: span(),
        });
        d.interfaces.push(t);
        out.exact = false;
    }
}

/// Makes virtual systems of one box of the first two devices: a port that both share, with a unit in each,
/// and a cable between them inside the box.
fn chassis(rng: &mut Rng, seen: &mut Seen, out: &mut Drawn) {
    see(seen, "virtual systems");
    let peer = |device: usize, interface: &str| {
        Some(PeerPort { device: format!("d{device}"), interface: interface.to_owned(), span: span() })
    };
    for index in 0..2 {
        let l3 = |subnet: u64| L3 {
            vrf: VrfId(0),
            vrf_span: None,
            addresses: vec![Address {
                addr: v4(subnet, index as u64 + 1),
                prefix: prefix(Family::V4, subnet),
                role: AddressRole::Own,
                span: span(),
            }],
            unknown_v4: None,
            unknown_v6: None,
            ipv6: Tri::No,
            proxy_arp: Tri::No,
        };
        let mut port = Interface::new("p".to_owned(), InterfaceKind::Physical, span());
        port.same_port = if index == 1 { peer(0, "p") } else { None };
        let mut unit = Interface::new("p.u".to_owned(), InterfaceKind::Subinterface, span());
        let vlan = *rng.pick(&[10, 20]);
        unit.encapsulation = Encapsulation::Vlan(vlan);
        unit.parent = Some(InterfaceId(u32::try_from(out.devices[index].interfaces.len()).unwrap()));
        unit.l3 = Some(l3(60 + u64::from(vlan / 20)));
        let mut inner = Interface::new("v".to_owned(), InterfaceKind::Other, span());
        inner.l3 = Some(l3(70));
        inner.cable = peer(1 - index, "v");
        out.devices[index].interfaces.extend([port, unit, inner]);
        let next_hop = NextHop::Via { addr: v4(70, 2 - index as u64), interface: None, vrf: None };
        let wanted = prefix(Family::V4, rng.below(SUBNETS));
        out.devices[index].vrfs[0].routes.push(Route {
            prefix: wanted,
            next_hop,
            distance: 1,
            conditional: false,
            span: span(),
        });
    }
}

/// A switch with a trunk to a router with sub-interfaces, by a declared cable.
fn trunk(rng: &mut Rng, seen: &mut Seen, out: &mut Drawn) {
    see(seen, "trunk");
    let mut switch = Device::new("sw".to_owned(), "drawn", FileId(0));
    switch.forwards_v4 = *rng.pick(&[Tri::No, Tri::Yes]);
    switch.forwards_v6 = Tri::No;
    switch.source_route = Tri::No;
    switch.vlans = vec![1, 10, 20];
    let l2 = |mode, vlan, allowed: VlanSet| L2Port {
        mode,
        mode_span: None,
        access_vlan: vlan,
        access_span: None,
        voice_vlan: None,
        allowed,
        allowed_span: None,
        native_vlan: 1,
    };
    let mut allowed = VlanSet::none();
    allowed.insert(10, 10);
    if rng.chance(50) {
        allowed.insert(20, 20);
    }
    let mut up = Interface::new("up".to_owned(), InterfaceKind::Physical, span());
    up.l2 = Some(l2(L2Mode::Trunk, 1, allowed));
    let mut access = Interface::new("a".to_owned(), InterfaceKind::Physical, span());
    access.l2 = Some(l2(L2Mode::Access, *rng.pick(&[10, 20]), VlanSet::all()));
    switch.interfaces = vec![up, access];
    let l3 = |addresses| L3 {
        vrf: VrfId(0),
        vrf_span: None,
        addresses,
        unknown_v4: None,
        unknown_v6: None,
        ipv6: Tri::No,
        proxy_arp: Tri::Yes,
    };
    let own = |subnet, host| Address {
        addr: v4(subnet, host),
        prefix: prefix(Family::V4, subnet),
        role: AddressRole::Own,
        span: span(),
    };
    for (vlan, subnet) in [(10, 60), (20, 61)] {
        let mut svi = Interface::new(format!("Vlan{vlan}"), InterfaceKind::Svi, span());
        svi.svi_vlan = Some(vlan);
        svi.l3 = Some(l3(vec![own(subnet, 2)]));
        switch.interfaces.push(svi);
    }
    let router = usize::try_from(rng.below(out.devices.len() as u64)).unwrap();
    let device = &mut out.devices[router];
    let parent = InterfaceId(u32::try_from(device.interfaces.len()).unwrap());
    device.interfaces.push(Interface::new("tr".to_owned(), InterfaceKind::Physical, span()));
    for (vlan, subnet) in [(10, 60), (20, 61)] {
        let mut sub = Interface::new(format!("tr.{vlan}"), InterfaceKind::Subinterface, span());
        sub.parent = Some(parent);
        sub.encapsulation = Encapsulation::Vlan(vlan);
        sub.l3 = Some(l3(vec![own(subnet, 1)]));
        device.interfaces.push(sub);
    }
    let a = PortRef { device: router, interface: parent };
    let b = PortRef { device: out.devices.len(), interface: InterfaceId(0) };
    out.links.push(PortLink { a, b, span: None });
    out.devices.push(switch);
}

/// A packet at the boundary values that the networks are drawn from.
pub fn packet(rng: &mut Rng, seen: &mut Seen) -> Packet {
    let family = if rng.chance(75) { Family::V4 } else { Family::V6 };
    let subnet = |rng: &mut Rng| *rng.pick(&[0, 1, 2, 3, 4, 5, 60, 61, 100, 9]);
    let host = |rng: &mut Rng| *rng.pick(&[1, 2, 3, 4, 5, 6, 200, 201, 254, 77]);
    let (ds, dh, ss, sh) = (subnet(rng), host(rng), subnet(rng), host(rng));
    let mut p = Packet::zero(family)
        .with(Field::Dst, addr_bits(addr(family, ds, dh)))
        .with(Field::Src, addr_bits(addr(family, ss, sh)))
        .with(Field::Proto, u128::from(*rng.pick(&[6_u8, 6, 17, 1])))
        .with(Field::Sport, 40_000)
        .with(Field::Dport, u128::from(*rng.pick(&[22_u16, 80, 443, 67])));
    if family == Family::V6 {
        see(seen, "ipv6 packet");
    }
    if rng.chance(20) {
        see(seen, "later fragment");
        p.set(Field::Fragment, 1);
    }
    p
}
