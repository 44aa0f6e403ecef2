//! Sections 3, 6, 7 and 8: sending, what happens on a segment, unread lines, and how walks end.

use sekisho_reference::format::*;
use sekisho_reference::{OnWire, Options, Reference, Segments, Start};

use crate::build::*;

/// Router `a` with a network of its own, a segment, and whoever else is on it.
fn site(others: Vec<Device>) -> Network {
    let a = device("a", vec![routed("in", &["10.1.0.1/24"]), routed("e", &["10.0.0.1/24"])]).with(|d| {
        d.vrfs[0].routes.push(route("10.2.0.0/16", via("10.0.0.2")));
    });
    net([vec![a], others].concat())
}

fn b() -> Device {
    device("b", vec![routed("e", &["10.0.0.2/24"]), routed("in", &["10.2.0.1/24"])])
}

fn proxy(device: Device, proxy_arp: Tri) -> Device {
    device.with(|d| l3(&mut d.interfaces[0]).proxy_arp = proxy_arp)
}

fn to_b() -> sekisho_reference::Packet {
    tcp("10.1.0.7", "10.2.0.9")
}

fn to_host() -> sekisho_reference::Packet {
    tcp("10.1.0.7", "10.0.0.9")
}

const AT_HOST: &str = "delivered_to_subnet a.e 10.0.0.9";

#[test]
fn the_owner_gets_it_and_nobody_else() {
    let n = site(vec![b(), proxy(device("c", vec![routed("e", &["10.0.0.3/24"])]), Tri::Yes)]);
    check(&n, "a:in", to_b(), &["sure delivered_to_subnet a>b.in 10.2.0.9"]);
    check(&n, "a:in", tcp("10.1.0.7", "10.0.0.2"), &["sure accepted a>b 10.0.0.2"]);
}

#[test]
fn an_owner_who_may_be_elsewhere_shares() {
    // The cable makes the join doubtful.
    let n = site(vec![b(), device("x", vec![plain("e")])]).with(|n| link(n, "b:e", "x:e"));
    check(
        &n,
        "a:in",
        to_b(),
        &["maybe delivered_to_subnet a>b.in 10.2.0.9", "maybe exits_network a.e 10.0.0.2"],
    );
}

#[test]
fn shared_addresses_are_sure_choices() {
    let member = |name: &str, addr: &str| {
        device(name, vec![routed("e", &[addr])])
            .with(|d| l3(&mut d.interfaces[0]).addresses.push(address("10.0.0.2/32", true)))
    };
    let n = site(vec![member("b", "10.0.0.11/24"), member("c", "10.0.0.12/24")]);
    check(
        &n,
        "a:in",
        tcp("10.1.0.7", "10.0.0.2"),
        &[
            // Each member may send it to the other.
            "maybe loop",
            "sure accepted a>b 10.0.0.2",
            "sure accepted a>c 10.0.0.2",
        ],
    );
}

#[test]
fn two_owners_are_doubtful() {
    let n = site(vec![b(), b().with(|d| d.name = "c".to_owned())]);
    let all = lines(&n, Start::Ingress(port(&n, "a:in")), to_b());
    for line in ["maybe delivered_to_subnet a>b.in 10.2.0.9", "maybe delivered_to_subnet a>c.in 10.2.0.9"] {
        assert!(all.contains(&line.to_owned()), "{all:?}");
    }
    assert!(all.iter().all(|l| l.starts_with("maybe")), "{all:?}");
}

#[test]
fn nobody_owns_it() {
    check(&site(vec![]), "a:in", to_host(), &[&format!("sure {AT_HOST}")]);
    check(&site(vec![]), "a:in", to_b(), &["sure exits_network a.e 10.0.0.2"]);
}

#[test]
fn proxy_arp_may_answer() {
    let n = |p| {
        site(vec![
            proxy(b(), p).with(|d| l3(&mut d.interfaces[0]).addresses[0] = address("10.0.0.3/24", false)),
        ])
    };
    check(&n(Tri::No), "a:in", to_b(), &["sure exits_network a.e 10.0.0.2"]);
    for p in [Tri::Yes, Tri::Unknown] {
        check(
            &n(p),
            "a:in",
            to_b(),
            &["maybe delivered_to_subnet a>b.in 10.2.0.9", "sure exits_network a.e 10.0.0.2"],
        );
    }
}

#[test]
fn an_unknown_address_may_be_the_one() {
    let n = site(vec![b().with(|d| {
        let l3 = l3(&mut d.interfaces[0]);
        l3.addresses[0] = address("10.0.0.3/24", false);
        l3.unknown_v4 = Some("dhcp:1".to_owned());
    })]);
    check(
        &n,
        "a:in",
        to_b(),
        &[
            "maybe delivered_to_subnet a>b.in 10.2.0.9",
            "maybe exits_network a.e 10.0.0.2",
            "maybe exits_network a>b>a.e 10.0.0.2",
            "maybe insufficient_info a>b.e",
            "maybe loop a>b>a.e",
        ],
    );
}

fn known(forwards: Tri, addresses: &[&str]) -> KnownNeighbour {
    KnownNeighbour { addresses: addresses.iter().map(|a| ip(a)).collect(), forwards }
}

#[test]
fn known_neighbours_are_who_they_are() {
    let other =
        proxy(device("c", vec![routed("e", &["10.0.0.3/24"]), routed("in", &["10.2.0.1/24"])]), Tri::Yes);
    let n = site(vec![other]).with(|n| n.known_neighbours.push(known(Tri::No, &["10.0.0.2"])));
    check(&n, "a:in", to_b(), &["sure exits_network a.e 10.0.0.2"]);
    // Not if a modelled interface owns the address, wherever that is.
    let elsewhere = n.with(|n| {
        n.devices.push(device("z", vec![routed("lo", &["10.0.0.2/32"]).with(|i| i.kind = Kind::Loopback)]))
    });
    check(
        &elsewhere,
        "a:in",
        to_b(),
        &["maybe delivered_to_subnet a>c.in 10.2.0.9", "sure exits_network a.e 10.0.0.2"],
    );
}

#[test]
fn known_neighbours_may_forward() {
    let far = device("f", vec![routed("e", &["10.3.0.1/24"]), routed("in", &["10.2.0.1/24"])]);
    let n = |forwards| {
        site(vec![far.clone()]).with(|n| n.known_neighbours.push(known(forwards, &["10.0.0.2", "10.3.0.2"])))
    };
    check(&n(Tri::No), "a:in", to_b(), &["sure exits_network a.e 10.0.0.2"]);
    for forwards in [Tri::Unknown, Tri::Yes] {
        let all = lines(&n(forwards), Start::Ingress(port(&n(forwards), "a:in")), to_b());
        assert!(all.contains(&"sure exits_network a.e 10.0.0.2".to_owned()), "{all:?}");
        assert!(all.contains(&"maybe delivered_to_subnet a>f.in 10.2.0.9".to_owned()), "{all:?}");
    }
    // A host may hand it what it sends.
    let n = n(Tri::Yes);
    let all = lines(&n, Start::Segment(port(&n, "a:e")), tcp("10.0.0.7", "10.2.0.9"));
    assert!(all.contains(&"maybe delivered_to_subnet f.in 10.2.0.9".to_owned()), "{all:?}");
    // One interface of the segment that shows where it is will do.
    let also = n
        .with(|n| {
            n.devices[0].interfaces[1].l3.as_mut().unwrap().addresses.push(address("10.8.0.1/24", false))
        })
        .with(|n| n.devices.push(device("g", vec![routed("e", &["10.8.0.2/24"])])));
    let all = lines(&also, Start::Segment(port(&also, "g:e")), tcp("10.0.0.7", "10.2.0.9"));
    assert!(all.contains(&"maybe delivered_to_subnet f.in 10.2.0.9".to_owned()), "{all:?}");
}

#[test]
fn known_neighbours_that_forward_deliver_to_their_other_subnet() {
    let far = device("f", vec![routed("e", &["10.3.0.1/24"])]);
    let n = |forwards| {
        site(vec![far.clone()]).with(|n| n.known_neighbours.push(known(forwards, &["10.0.0.2", "10.3.0.2"])))
    };
    let walk = |forwards, dst: &str| {
        let n = n(forwards).with(|n| n.devices[0].vrfs[0].routes.push(route("10.3.0.0/24", via("10.0.0.2"))));
        lines(&n, Start::Ingress(port(&n, "a:in")), tcp("10.1.0.9", dst))
    };
    let there = "sure delivered_to_subnet a.e 10.3.0.9".to_owned();
    assert!(walk(Tri::Yes, "10.3.0.9").contains(&there), "{:?}", walk(Tri::Yes, "10.3.0.9"));
    assert!(!walk(Tri::Unknown, "10.3.0.9").contains(&there));
    assert!(!walk(Tri::No, "10.3.0.9").contains(&there));
    // Not to an address of a device.
    assert!(!walk(Tri::Yes, "10.3.0.1").iter().any(|l| l.starts_with("sure delivered")));
}

#[test]
fn hosts_hand_it_to_everyone() {
    let n = site(vec![b()]);
    // The way by `a` comes to `b` as well, and is not followed twice.
    check_host(&n, "a:e", tcp("10.0.0.7", "10.2.0.9"), &["sure delivered_to_subnet b.in 10.2.0.9"]);
    check_host(
        &n,
        "a:e",
        tcp("10.0.0.7", "10.0.0.8"),
        &[
            "sure delivered_to_subnet 10.0.0.8",
            "sure delivered_to_subnet a.e 10.0.0.8",
            "sure delivered_to_subnet b.e 10.0.0.8",
        ],
    );
    // Maybe, where the join is doubtful; not at all for a family that is not accepted.
    let doubtful = site(vec![b(), device("x", vec![plain("e")])]).with(|n| link(n, "b:e", "x:e"));
    let all = lines(&doubtful, Start::Segment(port(&doubtful, "a:e")), tcp("10.0.0.7", "10.0.0.8"));
    assert!(all.contains(&"maybe delivered_to_subnet b.e 10.0.0.8".to_owned()), "{all:?}");
    assert!(all.contains(&"sure delivered_to_subnet a.e 10.0.0.8".to_owned()), "{all:?}");
    check_host(&n, "a:e", tcp("2001:db8::1", "2001:db8::2"), &["sure neighbor_unreachable"]);
    let martian = lines(&n, Start::Segment(port(&n, "a:e")), tcp("127.0.0.1", "10.2.0.9"));
    assert!(martian.iter().all(|l| l.starts_with("maybe")), "{martian:?}");
}

#[test]
fn double_tagging_reaches_other_vlans() {
    let s = device("s", vec![access("h", 1), trunk("t", 1, &[(1, 20)]), svi(10, &["10.10.0.1/24"])])
        .with(|d| d.tags_native = Tri::No);
    let n = net(vec![s]);
    check_host(&n, "s:h", tcp("10.9.0.1", "10.10.0.1"), &["maybe accepted s 10.10.0.1"]);
    let tags = n.with(|n| n.devices[0].tags_native = Tri::Yes);
    check_host(&tags, "s:h", tcp("10.9.0.1", "10.10.0.1"), &["sure neighbor_unreachable"]);
}

#[test]
fn every_segment_on_the_way_is_listed() {
    let n = site(vec![b()]);
    let reference = Reference::new(&n).unwrap();
    let walk = reference.walk(Start::Segment(port(&n, "a:in")), to_b(), Options::default());
    let segments = Segments::new(&n);
    let wire = |name: &str, sure: bool| {
        let port = port(&n, name);
        OnWire { port, may: segments.may(port)[0], sure: sure.then(|| segments.sure(port)[0]) }
    };
    let expected = [wire("a:in", true), wire("a:e", true), wire("b:in", true)];
    assert_eq!(walk.branches[0].wires, expected);
    assert_eq!(walk.wires.len(), 3);
    // A denied packet is not on the wire.
    let drop = Stage::Drop { place: "x:1".to_owned(), why: "closed".to_owned() };
    let denied = n.clone().with(|n| n.devices[0].interfaces[1].egress.push(drop));
    let walk = sekisho_reference::walk(&denied, Start::Ingress(port(&n, "a:in")), to_b());
    assert!(walk.wires.is_empty());
}

#[test]
fn full_segments_have_no_strangers() {
    let n = net(vec![
        device("a", vec![routed("in", &["10.1.0.1/24"]), routed("e", &["10.0.0.1/30"])])
            .with(|d| d.vrfs[0].routes.push(route("0.0.0.0/0", NextHop::Interface(1)))),
        device("b", vec![routed("e", &["10.0.0.2/30"])]),
    ]);
    check(&n, "a:in", to_b(), &["sure neighbor_unreachable a.e 10.2.0.9"]);
    let half = n.with(|n| n.devices[1].interfaces[0].up = false);
    check(&half, "a:in", to_b(), &["sure exits_network a.e 10.2.0.9"]);
}

#[test]
fn point_to_point_prefixes_have_no_edges() {
    let n = |b: &str| {
        net(vec![
            device("a", vec![routed("in", &["10.1.0.1/24"]), routed("e", &["10.0.0.0/31"])]),
            device("b", vec![routed("e", &[b])]),
        ])
    };
    let there = tcp("10.1.0.7", "10.0.0.1");
    check(&n("10.0.0.1/31"), "a:in", there, &["sure accepted a>b 10.0.0.1"]);
    check(&n("10.9.0.1/31"), "a:in", there, &["sure delivered_to_subnet a.e 10.0.0.1"]);
}

#[test]
fn hosts_of_a_second_network_are_hosts() {
    let n = site(vec![]).with(|n| {
        l3(&mut n.devices[0].interfaces[1]).addresses.push(address("10.8.0.1/24", false));
    });
    check(&n, "a:in", tcp("10.1.0.7", "10.8.0.9"), &["sure delivered_to_subnet a.e 10.8.0.9"]);
    check(&n, "a:in", to_host(), &[&format!("sure {AT_HOST}")]);
}

#[test]
fn loops_end() {
    let n = site(vec![b().with(|d| {
        d.interfaces.pop();
        d.vrfs[0].routes.push(route("0.0.0.0/0", via("10.0.0.1")));
    })]);
    check(&n, "a:in", to_b(), &["sure loop a>b>a.e"]);
}

#[test]
fn loops_whose_parts_are_met_apart_are_found() {
    let n = net(vec![
        device("a", vec![routed("e", &["10.0.0.1/24"])])
            .with(|d| d.vrfs[0].routes.push(route("0.0.0.0/0", via("10.0.0.2")))),
        device("b", vec![routed("e", &["10.0.0.2/24"])])
            .with(|d| d.vrfs[0].routes.push(route("0.0.0.0/0", via("10.0.0.1")))),
    ]);
    check_host(&n, "a:e", tcp("10.0.0.7", "10.2.0.9"), &["sure loop"]);
    check(&n, "a:e", tcp("10.0.0.7", "10.2.0.9"), &["sure loop a>b.e"]);
}

#[test]
fn loopbacks_swallow() {
    let n = site(vec![]).with(|n| {
        n.devices[0].interfaces.push(routed("lo", &["10.7.0.1/24"]).with(|i| i.kind = Kind::Loopback));
        n.devices[0].interfaces.push(plain("null0").with(|i| i.kind = Kind::Null));
        n.devices[0].vrfs[0].routes.push(route("10.8.0.0/16", NextHop::Interface(3)));
    });
    check(&n, "a:in", tcp("10.1.0.7", "10.7.0.9"), &["sure null_route a.lo"]);
    check(&n, "a:in", tcp("10.1.0.7", "10.8.0.9"), &["sure null_route a.null0"]);
}

fn tunnel(name: &str, address: &str, destination: Option<&str>) -> Interface {
    routed(name, &[address]).with(|i| {
        i.kind = Kind::Tunnel;
        i.tunnel = Some(Tunnel {
            destination: destination.map(ip),
            source: None,
            authenticated: false,
            place: "tunnel:1".to_owned(),
        });
    })
}

#[test]
fn tunnels_are_never_sure() {
    let n = |destination| {
        site(vec![b().with(|d| d.interfaces.push(tunnel("t", "10.5.0.2/24", None)))]).with(|n| {
            n.devices[0].interfaces.push(tunnel("t", "10.6.0.1/24", destination));
            n.devices[0].vrfs[0].routes[0].next_hop = NextHop::Interface(2);
        })
    };
    let outside = "maybe insufficient_info a.t 10.0.0.2 undeclared:a:t";
    check(
        &n(Some("10.0.0.2")),
        "a:in",
        to_b(),
        &["maybe delivered_to_subnet a>b.in 10.2.0.9", "maybe insufficient_info a.t", outside],
    );
    check(
        &n(Some("10.99.0.2")),
        "a:in",
        to_b(),
        &["maybe insufficient_info a.t", "maybe insufficient_info a.t 10.99.0.2 undeclared:a:t"],
    );
    // Without a stated far end it may be any tunnel of any other device.
    check(
        &n(None),
        "a:in",
        to_b(),
        &[
            "maybe delivered_to_subnet a>b.in 10.2.0.9",
            "maybe insufficient_info a.t",
            "maybe insufficient_info a.t undeclared:a:t",
        ],
    );
}

#[test]
fn tunnel_ends_take_anything() {
    let n = site(vec![b().with(|d| d.interfaces.push(tunnel("t", "10.5.0.2/24", None)))]);
    check(
        &n,
        "a:in",
        tcp("10.1.0.7", "10.0.0.2"),
        &["maybe insufficient_info a>b enters b:t", "sure accepted a>b 10.0.0.2"],
    );
}

/// A tunnel that takes nothing but what its far end has encrypted.
fn protected(name: &str, address: &str, source: &str, destination: &str) -> Interface {
    tunnel(name, address, Some(destination)).with(|i| {
        let tunnel = i.tunnel.as_mut().unwrap();
        (tunnel.source, tunnel.authenticated) = (Some(ip(source)), true);
    })
}

/// Router `a` with a protected tunnel to `b`, which has a second tunnel to somebody else.
fn paired() -> Network {
    let far = [
        protected("t", "10.5.0.2/24", "10.0.0.2", "10.0.0.1"),
        protected("u", "10.7.0.2/24", "10.0.0.2", "10.99.0.1"),
    ];
    site(vec![b().with(|d| d.interfaces.extend(far))]).with(|n| {
        n.devices[0].interfaces.push(protected("t", "10.5.0.1/24", "10.0.0.1", "10.0.0.2"));
        n.devices[0].vrfs[0].routes[0].next_hop = NextHop::Interface(2);
    })
}

#[test]
fn paired_tunnels_lead_to_one_another() {
    let n = paired();
    check(&n, "a:in", to_b(), &["maybe delivered_to_subnet a>b.in 10.2.0.9"]);
    // Whoever reaches the far end may put packets into the other tunnel of `b`, whose far end nobody knows.
    check(
        &n,
        "a:in",
        tcp("10.1.0.7", "10.0.0.2"),
        &["maybe insufficient_info a>b enters b:u", "sure accepted a>b 10.0.0.2"],
    );
}

#[test]
fn tunnels_are_paired_by_both_ends_alone() {
    let open = |change: fn(&mut Network)| {
        let n = paired().with(change);
        let found = lines(&n, Start::Ingress(port(&n, "a:in")), to_b());
        assert!(found.iter().any(|l| l.contains("undeclared:a:t")), "{found:?}");
    };
    open(|n| n.devices[1].interfaces[2].tunnel.as_mut().unwrap().authenticated = false);
    open(|n| n.devices[1].interfaces[2].tunnel.as_mut().unwrap().destination = Some(ip("10.0.0.9")));
    open(|n| n.devices[1].interfaces[2].tunnel.as_mut().unwrap().source = None);
    open(|n| n.devices[1].interfaces[2].up = false);
    // The source is no address of the device.
    open(|n| {
        n.devices[0].interfaces[2].tunnel.as_mut().unwrap().source = Some(ip("10.66.0.1"));
        n.devices[1].interfaces[2].tunnel.as_mut().unwrap().destination = Some(ip("10.66.0.1"));
    });
    // An unread line of the tunnel, or of the interface with its source address.
    for interface in [0, 2] {
        let n = paired().with(|n| n.devices[1].poisons.push(poison(Scope::Interface(interface))));
        assert!(sekisho_plain::tunnel::mirrors(&n, port(&n, "a:t")).is_empty(), "{interface}");
    }
}

#[test]
fn members_of_a_cluster_are_sure_choices() {
    let member = |name: &str, cluster: Option<&str>| {
        b().with(|d| {
            name.clone_into(&mut d.name);
            d.cluster = cluster.map(str::to_owned);
        })
    };
    let n = |clusters: [Option<&str>; 2]| {
        // A switch makes one sure segment of the three.
        let ports = ["p1", "p2", "p3"].map(|p| access(p, 5)).to_vec();
        site(vec![member("b", clusters[0]), member("c", clusters[1]), device("s", ports)]).with(|n| {
            link(n, "a:e", "s:p1");
            link(n, "b:e", "s:p2");
            link(n, "c:e", "s:p3");
        })
    };
    let both = |word: &str| ["b", "c"].map(|d| format!("{word} delivered_to_subnet a>{d}.in 10.2.0.9"));
    let found = |clusters| {
        let n = n(clusters);
        lines(&n, Start::Ingress(port(&n, "a:in")), to_b())
    };
    let pair = found([Some("pair"), Some("pair")]);
    assert!(both("sure").iter().all(|l| pair.contains(l)), "{pair:?}");
    for others in [[Some("pair"), Some("other")], [Some("pair"), None], [None, None]] {
        let found = found(others);
        assert!(both("maybe").iter().all(|l| found.contains(l)), "{found:?}");
    }
}

#[test]
fn relays_pass_broadcasts_on() {
    let n = site(vec![b()]).with(|n| {
        n.devices[0].interfaces[0].relays.push(Relay {
            to: ip("10.2.0.53"),
            ports: vec![(67, 68)],
            vrf: 0,
            place: "helper:1".to_owned(),
        });
    });
    let relayed = "maybe delivered_to_subnet a>b.in 10.2.0.53 as 10.1.0.7 -> 10.2.0.53".to_owned();
    let host = |p| lines(&n, Start::Segment(port(&n, "a:in")), p);
    assert!(host(udp("10.1.0.7", "255.255.255.255", 67)).contains(&relayed));
    assert!(host(udp("10.1.0.7", "10.1.0.9", 67)).contains(&relayed), "whoever sends picks the frame");
    assert!(!host(udp("10.1.0.7", "255.255.255.255", 69)).contains(&relayed));
    assert!(!host(tcp("10.1.0.7", "255.255.255.255")).contains(&relayed));
    let later = udp("10.1.0.7", "255.255.255.255", 67).with(|p| p.later_fragment = true);
    assert!(!host(later).contains(&relayed));
    // What is routed there must be a broadcast by its address.
    let n = n.with(|n| {
        n.devices[0].interfaces[0].relays.clear();
        n.devices[1].interfaces[0].relays.push(Relay {
            to: ip("10.2.0.53"),
            ports: vec![(67, 68)],
            vrf: 0,
            place: "helper:1".to_owned(),
        });
    });
    let routed = |dst| lines(&n, Start::Ingress(port(&n, "a:in")), udp("10.1.0.7", dst, 67));
    assert!(routed("10.0.0.255").contains(&relayed));
    assert!(!routed("10.0.0.9").contains(&relayed));
}

#[test]
fn source_routes_only_on_demand() {
    let n = site(vec![]).with(|n| n.devices[0].source_route = Tri::Unknown);
    let packet = tcp("10.1.0.7", "10.1.0.1");
    check(&n, "a:in", packet, &["sure accepted a 10.1.0.1"]);
    let options = Options { source_route: true, ..Options::default() };
    let start = Start::Ingress(port(&n, "a:in"));
    let expected = ["maybe insufficient_info a redirects a:in", "sure accepted a 10.1.0.1"];
    assert_eq!(lines_with(&n, start, packet, options), expected);
    let off = n.with(|n| n.devices[0].source_route = Tri::No);
    assert_eq!(lines_with(&off, start, packet, options), ["sure accepted a 10.1.0.1"]);
}

fn poisoned(network: Network, device: usize, scope: Scope) -> Network {
    network.with(|n| n.devices[device].poisons.push(poison(scope)))
}

#[test]
fn a_poisoned_device_lets_anything_loose() {
    let n = poisoned(site(vec![b()]), 1, Scope::Device);
    check(
        &n,
        "a:in",
        to_host(),
        &["maybe insufficient_info a.e leaves b:e,b:in lookups b", &format!("sure {AT_HOST}")],
    );
    check_host(
        &n,
        "b:in",
        tcp("10.2.0.7", "10.2.0.9"),
        &[
            "maybe delivered_to_subnet b.in 10.2.0.9",
            "maybe insufficient_info leaves b:e,b:in lookups b",
            "sure delivered_to_subnet 10.2.0.9",
        ],
    );
    check(&n, "a:in", tcp("10.1.0.7", "10.1.0.9"), &["sure delivered_to_subnet a.in 10.1.0.9"]);
    // Nothing sure goes through it.
    let through = lines(&n, Start::Ingress(port(&n, "a:in")), to_b());
    assert!(through.iter().all(|l| !(l.starts_with("sure") && l.contains(">b"))), "{through:?}");
}

#[test]
fn a_device_that_may_sit_anywhere() {
    let lost = device("z", vec![routed("e", &["10.77.0.1/24"])]);
    let n = poisoned(site(vec![lost]), 1, Scope::Anywhere);
    check(
        &n,
        "a:in",
        to_host(),
        &["maybe insufficient_info a.e leaves a:in,a:e,z:e lookups z", &format!("sure {AT_HOST}")],
    );
    // A segment that cables close is out of its reach.
    let closed = n.with(|n| {
        n.devices.push(device("c", vec![plain("p")]));
        link(n, "a:e", "c:p");
    });
    check(&closed, "a:in", to_host(), &[&format!("sure {AT_HOST}")]);
    // So is an interface whose only address may be the unread line.
    let loose = device("z", vec![plain("e")]);
    let n = poisoned(site(vec![loose.clone()]), 1, Scope::Interface(0));
    check(
        &n,
        "a:in",
        to_host(),
        &["maybe insufficient_info a.e leaves a:in,a:e,z:e lookups z", &format!("sure {AT_HOST}")],
    );
    let down = loose.with(|d| d.interfaces[0].up = false);
    check(
        &poisoned(site(vec![down]), 1, Scope::Interface(0)),
        "a:in",
        to_host(),
        &[&format!("sure {AT_HOST}")],
    );
}

#[test]
fn a_poisoned_interface() {
    let n = poisoned(site(vec![b()]), 0, Scope::Interface(1));
    // On its segment.
    let all = lines(&n, Start::Segment(port(&n, "b:e")), tcp("10.0.0.7", "10.0.0.9"));
    assert!(all.contains(&"maybe insufficient_info leaves a:e lookups a".to_owned()), "{all:?}");
    // At any look-up of its device; leaving by it is not sure.
    check(
        &n,
        "a:in",
        tcp("10.1.0.7", "10.1.0.9"),
        &["maybe insufficient_info a leaves a:e lookups a", "sure delivered_to_subnet a.in 10.1.0.9"],
    );
    let through = lines(&n, Start::Ingress(port(&n, "a:in")), to_b());
    assert!(through.iter().all(|l| l.starts_with("maybe")), "{through:?}");
    // Not on the segments of the others.
    check_host(
        &n,
        "b:in",
        tcp("10.2.0.7", "10.2.0.9"),
        &["sure delivered_to_subnet 10.2.0.9", "sure delivered_to_subnet b.in 10.2.0.9"],
    );
}

#[test]
fn an_unread_line_may_state_an_address_of_any_network() {
    let mut n = poisoned(site(vec![b()]), 0, Scope::Interface(1));
    n.devices[0].poisons[0].unread = true;
    let far = |n: &Network| {
        let all = lines(n, Start::Segment(port(n, "b:in")), tcp("10.2.0.7", "10.2.0.9"));
        all.iter().any(|l| l.contains("leaves a:in"))
    };
    assert!(far(&n), "the interface may be on any wire");
    n.links.push((port(&n, "a:e"), port(&n, "b:e")));
    assert!(!far(&n), "its cable is declared");
    n.devices[0].poisons[0].unread = false;
    n.links.clear();
    assert!(!far(&n), "the line is no address");
}

#[test]
fn a_poisoned_switched_port_only_joins() {
    let s = device("s", vec![access("p", 10), svi(10, &["10.0.0.1/24"]), svi(20, &["10.1.0.1/24"])]);
    let n = poisoned(net(vec![s]), 0, Scope::Interface(0));
    check_host(&n, "s:p", tcp("10.9.0.1", "10.1.0.1"), &["maybe accepted s 10.1.0.1"]);
    check(&n, "s:vlan10", tcp("10.0.0.7", "10.1.0.1"), &["sure accepted s 10.1.0.1"]);
}

#[test]
fn the_budget_ends_in_ignorance() {
    let n = site(vec![b()]);
    let options = Options { budget: 1, ..Options::default() };
    let reference = Reference::new(&n).unwrap();
    let walk = reference.walk(Start::Ingress(port(&n, "a:in")), to_b(), options);
    assert!(walk.exhausted && walk.possible());
    let havoc = walk.branches.last().unwrap().havoc.clone().unwrap();
    assert_eq!((havoc.leaves.len(), havoc.lookups.len()), (4, 2));
}

#[test]
fn a_broken_network_proves_nothing() {
    let n = site(vec![]).with(|n| n.devices[0].interfaces[0].ingress.push(filter(7)));
    let walk = sekisho_reference::walk(&n, Start::Ingress(port(&n, "a:in")), to_host());
    assert!(walk.possible() && walk.exhausted && walk.branches[0].anywhere());
}
