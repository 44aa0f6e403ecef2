//! Small networks by hand, and walks as lines of text.

use std::net::IpAddr;

use sekisho_reference::format::*;
use sekisho_reference::{Family, Options, Packet, Prefix, Reference, Start};

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// `10.0.0.1/24` as address and prefix.
pub fn on(text: &str) -> (IpAddr, Prefix) {
    let (addr, len) = text.split_once('/').unwrap();
    (ip(addr), Prefix::new(ip(addr), len.parse().unwrap()).unwrap())
}

pub fn prefix(text: &str) -> Prefix {
    on(text).1
}

pub trait With: Sized {
    /// The value after a change.
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl<T> With for T {}

pub fn net(devices: Vec<Device>) -> Network {
    Network { devices, links: Vec::new(), same_ports: Vec::new(), known_neighbours: Vec::new() }
}

pub fn link(network: &mut Network, a: &str, b: &str) {
    let ends = (port(network, a), port(network, b));
    network.links.push(ends);
}

/// The port of `device:interface`.
pub fn port(network: &Network, name: &str) -> Port {
    let (device, interface) = name.split_once(':').unwrap();
    let device = network.devices.iter().position(|d| d.name == device).expect(name);
    let at = network.devices[device].interfaces.iter().position(|i| i.name == interface).expect(name);
    Port { device, interface: at }
}

/// A forwarding device.
pub fn device(name: &str, interfaces: Vec<Interface>) -> Device {
    Device {
        name: name.to_owned(),
        interfaces,
        vrfs: vec![vrf("default"), vrf("blue")],
        contexts: vec!["none".to_owned(), "inside".to_owned()],
        lists: Vec::new(),
        nats: Vec::new(),
        policy_routes: Vec::new(),
        forwards_v4: Tri::Yes,
        forwards_v6: Tri::Yes,
        source_route: Tri::No,
        tags_native: Tri::Yes,
        vlans: vec![],
        cluster: None,
        helpers: Vec::new(),
        poisons: Vec::new(),
    }
}

pub fn vrf(name: &str) -> Vrf {
    Vrf {
        name: name.to_owned(),
        routes: Vec::new(),
        tables: Vec::new(),
        unknown_routes: Vec::new(),
        leaks: Vec::new(),
        multicast: Vec::new(),
    }
}

/// An up port with nothing on it.
pub fn plain(name: &str) -> Interface {
    Interface {
        name: name.to_owned(),
        place: format!("{name}:1"),
        up: true,
        kind: Kind::Physical,
        parent: None,
        encapsulation: Encapsulation::Untagged,
        aggregate: None,
        svi_vlan: None,
        l2: None,
        l3: None,
        tunnel: None,
        context: 0,
        ingress: Vec::new(),
        egress: Vec::new(),
        relays: Vec::new(),
        multicast: None,
    }
}

/// A routed port with addresses, global VRF, no proxy ARP.
pub fn routed(name: &str, addresses: &[&str]) -> Interface {
    let six = addresses.iter().any(|a| a.contains(':'));
    plain(name).with(|i| {
        i.l3 = Some(L3 {
            vrf: 0,
            addresses: addresses.iter().map(|a| address(a, false)).collect(),
            unknown_v4: None,
            unknown_v6: None,
            ipv6: if six { Tri::Yes } else { Tri::No },
            proxy_arp: Tri::No,
        });
    })
}

pub fn address(text: &str, shared: bool) -> Address {
    let (addr, prefix) = on(text);
    Address { addr, prefix, shared, place: format!("addr:{}", if shared { 2 } else { 1 }) }
}

pub fn l3(i: &mut Interface) -> &mut L3 {
    i.l3.as_mut().unwrap()
}

pub fn svi(vlan: u16, addresses: &[&str]) -> Interface {
    routed(&format!("vlan{vlan}"), addresses).with(|i| {
        i.kind = Kind::Svi;
        i.svi_vlan = Some(vlan);
    })
}

fn switched(name: &str, mode: Mode, access: u16, native: u16, allowed: &[(u16, u16)]) -> Interface {
    plain(name).with(|i| {
        i.l2 = Some(L2 {
            mode,
            access_vlan: access,
            voice_vlan: None,
            allowed: allowed.to_vec(),
            native_vlan: native,
        });
    })
}

pub fn access(name: &str, vlan: u16) -> Interface {
    switched(name, Mode::Access, vlan, 1, &[(1, 4094)])
}

pub fn trunk(name: &str, native: u16, allowed: &[(u16, u16)]) -> Interface {
    switched(name, Mode::Trunk, 1, native, allowed)
}

pub fn dynamic(name: &str, vlan: u16, native: u16, allowed: &[(u16, u16)]) -> Interface {
    switched(name, Mode::Dynamic, vlan, native, allowed)
}

pub fn unit(name: &str, parent: usize, encapsulation: Encapsulation, addresses: &[&str]) -> Interface {
    routed(name, addresses).with(|i| {
        i.kind = Kind::Subinterface;
        i.parent = Some(parent);
        i.encapsulation = encapsulation;
    })
}

pub fn via(to: &str) -> NextHop {
    NextHop::Via { addr: ip(to), interface: None, vrf: None }
}

pub fn route(to: &str, next_hop: NextHop) -> Route {
    Route { prefix: prefix(to), next_hop, distance: 1, conditional: false, place: format!("route {to}:1") }
}

pub fn row(to: &str, next_hop: NextHop) -> Row {
    Row {
        prefix: prefix(to),
        next_hop,
        protocol: "ospf".to_owned(),
        backup: false,
        place: format!("row {to}:1"),
    }
}

pub fn table(rows: Vec<Row>) -> Table {
    Table { family: Family::Ipv4, rows, complete: true, garbled: Vec::new() }
}

pub fn poison(scope: Scope) -> Poison {
    Poison { scope, place: "unread:1".to_owned(), why: "unread line".to_owned(), unread: false }
}

/// A cube of an optional source prefix, destination prefix and destination port.
pub fn cube(src: &str, dst: &str, dport: Option<u16>) -> Cube {
    let set = |text: &str| {
        (!text.is_empty()).then(|| {
            let p = prefix(text);
            Values::Ranges(vec![(p.family().address(p.first()), p.family().address(p.last()))])
        })
    };
    Cube {
        src: set(src),
        dst: set(dst),
        dport: dport.map(|p| Values::Ranges(vec![(p, p)])),
        fragment: dport.map(|_| Values::Ranges(vec![(0, 0)])),
        ..Cube::default()
    }
}

pub fn exact(cubes: &[Cube]) -> Predicate {
    Predicate { may: cubes.to_vec(), must: None }
}

pub fn at_most(cubes: &[Cube]) -> Predicate {
    Predicate { may: cubes.to_vec(), must: Some(Vec::new()) }
}

pub fn line(action: Action, matches: Predicate) -> Line {
    Line { action, matches, place: "acl:1".to_owned(), conditions: Vec::new(), opens: false, replies: None }
}

pub fn list(lines: Vec<Line>, default: Action) -> List {
    List {
        name: "L".to_owned(),
        family: Family::Ipv4,
        lines,
        default,
        place: Some("list:1".to_owned()),
        stateful: false,
        default_opens: false,
    }
}

pub fn filter(list: usize) -> Stage {
    Stage::Filter { list, place: "bind:1".to_owned() }
}

pub fn udp(src: &str, dst: &str, dport: u16) -> Packet {
    Packet::new(ip(src), ip(dst), 17).ports(40_000, dport)
}

pub fn tcp(src: &str, dst: &str) -> Packet {
    Packet::new(ip(src), ip(dst), 6).ports(40_000, 80)
}

/// All branches, one line each: `sure|maybe DISPOSITION device>device.out TARGET`, and what is let
/// loose. Sorted, without repetition.
pub fn lines(network: &Network, start: Start, packet: Packet) -> Vec<String> {
    lines_with(network, start, packet, Options::default())
}

pub fn lines_with(network: &Network, start: Start, packet: Packet, options: Options) -> Vec<String> {
    let reference = Reference::new(network).unwrap();
    let walk = reference.walk(start, packet, options);
    let port =
        |p: &Port| format!("{}:{}", network.devices[p.device].name, network.interface(*p).unwrap().name);
    let mut out: Vec<String> = walk
        .branches
        .iter()
        .map(|b| {
            let mut text = format!("{} {}", if b.sure { "sure" } else { "maybe" }, b.disposition.word());
            let path: Vec<&str> = b.hops.iter().map(|h| network.devices[h.device].name.as_str()).collect();
            if !path.is_empty() {
                text += &format!(" {}", path.join(">"));
            }
            if let (Some(device), Some(interface)) = (b.end.device, b.end.out_interface) {
                text += &format!(".{}", network.devices[device].interfaces[interface].name);
            }
            if let Some(target) = b.end.target {
                text += &format!(" {target}");
            }
            if let Some(external) = &b.end.external {
                text += &format!(" {external}");
            }
            if b.end.packet.src != packet.src || b.end.packet.dst != packet.dst {
                text += &format!(" as {} -> {}", b.end.packet.src, b.end.packet.dst);
            }
            if let Some(havoc) = &b.havoc {
                for (word, ports) in
                    [("leaves", &havoc.leaves), ("enters", &havoc.enters), ("redirects", &havoc.redirects)]
                {
                    if !ports.is_empty() {
                        text += &format!(" {word} {}", ports.iter().map(port).collect::<Vec<_>>().join(","));
                    }
                }
                if !havoc.lookups.is_empty() {
                    let names: Vec<_> =
                        havoc.lookups.iter().map(|&d| network.devices[d].name.as_str()).collect();
                    text += &format!(" lookups {}", names.join(","));
                }
            }
            text
        })
        .collect();
    out.sort();
    out.dedup();
    out
}

/// Compares the branches of a packet that arrives on `device:interface`.
#[track_caller]
pub fn check(network: &Network, from: &str, packet: Packet, expected: &[&str]) {
    assert_eq!(lines(network, Start::Ingress(port(network, from)), packet), expected);
}

/// The same for a host on the segment of `device:interface`.
#[track_caller]
pub fn check_host(network: &Network, from: &str, packet: Packet, expected: &[&str]) {
    assert_eq!(lines(network, Start::Segment(port(network, from)), packet), expected);
}
