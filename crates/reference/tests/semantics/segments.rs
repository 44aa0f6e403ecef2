//! Section 2: who is on the wire with whom.

use sekisho_reference::format::*;
use sekisho_reference::{Segments, same_segment};

use crate::build::*;

const APART: (bool, bool) = (false, false);
const MAYBE: (bool, bool) = (true, false);
const SURE: (bool, bool) = (true, true);

#[track_caller]
fn check(network: &Network, a: &str, b: &str, expected: (bool, bool)) {
    sekisho_reference::validate(network).unwrap();
    assert_eq!(same_segment(network, port(network, a), port(network, b)), expected, "{a} {b}");
    assert_eq!(same_segment(network, port(network, b), port(network, a)), expected, "{b} {a}");
}

fn switch(ports: Vec<Interface>) -> Device {
    device("s", ports)
}

#[test]
fn access_ports_join_their_vlan() {
    let n = net(vec![switch(vec![access("a", 10), access("b", 10), access("c", 20), svi(10, &[])])]);
    check(&n, "s:a", "s:b", SURE);
    check(&n, "s:a", "s:vlan10", SURE);
    check(&n, "s:a", "s:c", APART);
    check(&n, "s:c", "s:vlan10", APART);
}

#[test]
fn a_voice_vlan_is_tagged() {
    let phone = access("a", 10).with(|i| i.l2.as_mut().unwrap().voice_vlan = Some(20));
    let n = net(vec![switch(vec![phone, access("b", 20), svi(20, &[])])]);
    check(&n, "s:a", "s:vlan20", SURE);
    // Untagged frames of a host behind the phone are not in it: a cable to an access port shows it.
    let phone = access("a", 10).with(|i| i.l2.as_mut().unwrap().voice_vlan = Some(20));
    let far = device("r", vec![routed("e", &["10.0.0.1/24"])]);
    let n = net(vec![switch(vec![phone, svi(20, &[]), svi(10, &[])]), far]).with(|n| link(n, "s:a", "r:e"));
    check(&n, "r:e", "s:vlan10", SURE);
    check(&n, "r:e", "s:vlan20", APART);
}

#[test]
fn ports_that_are_down_join_nothing() {
    let n = net(vec![switch(vec![access("a", 10).with(|i| i.up = false), svi(10, &[])])]);
    check(&n, "s:a", "s:vlan10", APART);
    let parent = plain("e").with(|i| i.up = false);
    let r = device("r", vec![parent, unit("e.10", 0, Encapsulation::Vlan(10), &["10.0.0.1/24"])]);
    let n = net(vec![r, device("q", vec![routed("e", &["10.0.0.2/24"])])]);
    check(&n, "r:e.10", "q:e", APART);
}

/// Two switches with a cable between trunk ports, and an interface per VLAN on each.
fn trunks(a: Interface, b: Interface) -> Network {
    let left = device("a", vec![a, svi(1, &[]), svi(10, &[]), svi(20, &[])]);
    let right = device("b", vec![b, svi(1, &[]), svi(10, &[]), svi(20, &[])]);
    net(vec![left, right]).with(|n| link(n, "a:t", "b:t"))
}

#[test]
fn trunks_carry_allowed_vlans_with_their_tag() {
    let n = trunks(trunk("t", 1, &[(10, 10)]), trunk("t", 1, &[(1, 4094)]));
    check(&n, "a:vlan10", "b:vlan10", SURE);
    check(&n, "a:vlan20", "b:vlan20", APART);
    check(&n, "a:vlan10", "b:vlan20", APART);
    check(&n, "a:vlan1", "b:vlan1", APART);
}

#[test]
fn native_vlans_meet_untagged() {
    let n = trunks(trunk("t", 10, &[(1, 4094)]), trunk("t", 20, &[(1, 4094)]));
    check(&n, "a:vlan10", "b:vlan20", SURE);
    check(&n, "a:vlan10", "b:vlan10", APART);
    check(&n, "a:vlan1", "b:vlan1", SURE);
    // A native VLAN that is not allowed does not pass.
    let n = trunks(trunk("t", 10, &[(20, 20)]), trunk("t", 10, &[(1, 4094)]));
    check(&n, "a:vlan10", "b:vlan10", APART);
}

#[test]
fn dynamic_ports_may_be_both() {
    let n = trunks(dynamic("t", 20, 10, &[(1, 1), (10, 10)]), trunk("t", 10, &[(1, 4094)]));
    check(&n, "a:vlan1", "b:vlan1", MAYBE);
    check(&n, "a:vlan10", "b:vlan10", MAYBE);
    check(&n, "a:vlan20", "b:vlan10", MAYBE);
    check(&n, "a:vlan20", "b:vlan20", APART);
}

#[test]
fn aggregates_carry_what_their_members_carry() {
    let bundle = |name: &str| {
        let channel = trunk("po", 1, &[(10, 10)]).with(|i| i.kind = Kind::Aggregate);
        device(name, vec![channel, plain("m").with(|i| i.aggregate = Some(0)), svi(10, &[]), svi(20, &[])])
    };
    let n = net(vec![bundle("a"), bundle("b")]).with(|n| link(n, "a:m", "b:m"));
    check(&n, "a:vlan10", "b:vlan10", SURE);
    check(&n, "a:vlan20", "b:vlan20", APART);
    let n = net(vec![bundle("a"), bundle("b")]);
    check(&n, "a:vlan10", "b:vlan10", APART);
}

#[test]
fn units_pick_frames_by_tag() {
    let router =
        |enc| device("r", vec![routed("e", &["10.0.0.1/24"]), unit("e.1", 0, enc, &["10.1.0.1/24"])]);
    let s = || switch(vec![trunk("t", 1, &[(1, 4094)]), svi(1, &[]), svi(10, &[]), svi(20, &[])]);
    let with = |enc| net(vec![router(enc), s()]).with(|n| link(n, "r:e", "s:t"));
    let n = with(Encapsulation::Vlan(10));
    check(&n, "r:e.1", "s:vlan10", SURE);
    check(&n, "r:e.1", "s:vlan20", APART);
    check(&n, "r:e", "s:vlan1", SURE);
    check(&n, "r:e", "r:e.1", APART);
    let n = with(Encapsulation::Untagged);
    check(&n, "r:e.1", "s:vlan1", SURE);
    let n = with(Encapsulation::Unknown);
    for vlan in ["s:vlan1", "s:vlan10", "s:vlan20"] {
        check(&n, "r:e.1", vlan, MAYBE);
    }
}

#[test]
fn unnamed_tags_are_tags_too() {
    // Two units that may take any frame meet on a tag that nobody names.
    let r = |name: &str, addr: &str| {
        device(name, vec![plain("e"), unit("e.1", 0, Encapsulation::Unknown, &[addr])])
    };
    let s = switch(vec![trunk("t", 1, &[(700, 800)]), trunk("u", 1, &[(750, 760)])]);
    let n = net(vec![r("a", "10.1.0.1/24"), r("b", "10.2.0.1/24"), s])
        .with(|n| link(n, "a:e", "s:t"))
        .with(|n| link(n, "b:e", "s:u"));
    check(&n, "a:e.1", "b:e.1", MAYBE);
    let s = switch(vec![trunk("t", 1, &[(700, 749)]), trunk("u", 1, &[(750, 760)])]);
    let n = net(vec![r("a", "10.1.0.1/24"), r("b", "10.2.0.1/24"), s])
        .with(|n| link(n, "a:e", "s:t"))
        .with(|n| link(n, "b:e", "s:u"));
    check(&n, "a:e.1", "b:e.1", APART);
}

fn pair(a: &str, b: &str) -> Network {
    net(vec![device("a", vec![routed("e", &[a])]), device("b", vec![routed("e", &[b])])])
}

#[test]
fn equal_prefixes_meet() {
    check(&pair("10.0.0.1/24", "10.0.0.2/24"), "a:e", "b:e", SURE);
    check(&pair("2001:db8::1/64", "2001:db8::2/64"), "a:e", "b:e", SURE);
    check(&pair("10.0.0.1/24", "10.0.1.2/24"), "a:e", "b:e", APART);
}

#[test]
fn overlapping_prefixes_may_meet() {
    check(&pair("10.0.0.1/24", "10.0.0.129/25"), "a:e", "b:e", MAYBE);
}

#[test]
fn a_common_address_makes_it_doubtful() {
    check(&pair("10.0.0.1/24", "10.0.0.1/24"), "a:e", "b:e", MAYBE);
}

#[test]
fn link_local_prefixes_say_nothing() {
    check(&pair("fe80::1/64", "fe80::2/64"), "a:e", "b:e", APART);
}

#[test]
fn a_cable_makes_inference_doubtful() {
    let n = pair("10.0.0.1/24", "10.0.0.2/24").with(|n| {
        n.devices.push(device("c", vec![plain("e")]));
        link(n, "a:e", "c:e");
    });
    check(&n, "a:e", "b:e", MAYBE);
    // Also through a unit, a member of an aggregate, and a port that carries the VLAN.
    let unit = vec![plain("e"), unit("x", 0, Encapsulation::Vlan(5), &["10.0.0.1/24"])];
    let member = vec![
        routed("x", &["10.0.0.1/24"]).with(|i| i.kind = Kind::Aggregate),
        plain("e").with(|i| i.aggregate = Some(0)),
    ];
    let vlan = vec![access("e", 5), svi(5, &["10.0.0.1/24"]).with(|i| i.name = "x".to_owned())];
    for interfaces in [unit, member, vlan] {
        let free = net(vec![
            device("a", interfaces),
            device("b", vec![routed("e", &["10.0.0.2/24"])]),
            device("c", vec![plain("e")]),
        ]);
        check(&free, "a:x", "b:e", SURE);
        check(&free.with(|n| link(n, "a:e", "c:e")), "a:x", "b:e", MAYBE);
    }
}

#[test]
fn a_cable_elsewhere_does_not() {
    // The cables of the switch end on a trunk without the VLAN, and on a routed port.
    let ports = vec![
        svi(5, &["10.0.0.1/24"]),
        access("p", 5),
        trunk("t", 1, &[(10, 20)]),
        routed("r", &["10.9.0.1/24"]),
    ];
    let n = net(vec![
        device("a", ports),
        device("b", vec![routed("e", &["10.0.0.2/24"])]),
        device("c", vec![plain("e"), plain("f")]),
    ])
    .with(|n| link(n, "a:t", "c:e"))
    .with(|n| link(n, "a:r", "c:f"));
    check(&n, "a:vlan5", "b:e", SURE);
}

#[test]
fn one_table_does_not_meet_itself() {
    let two = |vrf| {
        let b = routed("b", &["10.0.0.2/24"]).with(|i| l3(i).vrf = vrf);
        net(vec![device("a", vec![routed("a", &["10.0.0.1/24"]), b])])
    };
    check(&two(0), "a:a", "a:b", APART);
    check(&two(1), "a:a", "a:b", MAYBE);
}

#[test]
fn loopbacks_meet_nobody_and_tunnels_only_perhaps() {
    for (kind, expected) in [(Kind::Loopback, APART), (Kind::Null, APART), (Kind::Tunnel, MAYBE)] {
        let n = pair("10.0.0.1/24", "10.0.0.2/24").with(|n| n.devices[0].interfaces[0].kind = kind);
        check(&n, "a:e", "b:e", expected);
    }
}

#[test]
fn neighbours_share_vlans_of_free_trunks() {
    let s = |name: &str, addr: &str, allowed: &[(u16, u16)]| {
        device(name, vec![svi(5, &[addr]), trunk("t", 1, allowed), svi(10, &[]), svi(20, &[])])
    };
    let n = || net(vec![s("a", "10.0.0.1/24", &[(1, 15)]), s("b", "10.0.0.2/24", &[(1, 4094)])]);
    check(&n(), "a:vlan10", "b:vlan10", MAYBE);
    check(&n(), "a:vlan20", "b:vlan20", APART);
    // A trunk with a declared cable is not free.
    let cabled = n().with(|n| {
        n.devices.push(device("c", vec![plain("e")]));
        link(n, "a:t", "c:e");
    });
    check(&cabled, "a:vlan10", "b:vlan10", APART);
}

#[test]
fn nothing_sure_goes_through_poison() {
    let n = pair("10.0.0.1/24", "10.0.0.2/24");
    for scope in [Scope::Device, Scope::Anywhere, Scope::Interface(0)] {
        check(&n.clone().with(|n| n.devices[0].poisons = vec![poison(scope)]), "a:e", "b:e", MAYBE);
    }
    let routes = poison(Scope::Routes { vrf: 0, family: sekisho_reference::Family::Ipv4 });
    check(&n.with(|n| n.devices[0].poisons = vec![routes]), "a:e", "b:e", SURE);
    let s =
        switch(vec![access("a", 10), svi(10, &[])]).with(|d| d.poisons = vec![poison(Scope::Interface(0))]);
    check(&net(vec![s]), "s:a", "s:vlan10", MAYBE);
}

#[test]
fn a_poisoned_port_may_be_in_every_vlan() {
    let s = switch(vec![access("a", 10), access("b", 20), svi(20, &[]), svi(30, &[])]);
    check(&net(vec![s.clone()]), "s:a", "s:b", APART);
    let n = net(vec![s.with(|d| d.poisons = vec![poison(Scope::Interface(0))])]);
    check(&n, "s:a", "s:b", MAYBE);
    check(&n, "s:a", "s:vlan30", MAYBE);
}

fn sendable(network: &Network, from: u16, to: u16) -> bool {
    let segments = Segments::new(network);
    let (from, to) = (segments.vlan(0, from).unwrap(), segments.vlan(0, to).unwrap());
    segments.sendable(from).contains(&to)
}

#[test]
fn double_tagging_is_one_way() {
    let s = switch(vec![access("h", 1), trunk("t", 1, &[(1, 20)]), svi(1, &[]), svi(10, &[]), svi(30, &[])])
        .with(|d| d.tags_native = Tri::Unknown);
    let n = net(vec![s.clone()]);
    assert!(sendable(&n, 1, 10));
    assert!(!sendable(&n, 10, 1));
    assert!(!sendable(&n, 1, 30));
    // Not if the switch tags native frames, no host is in the native VLAN, or its port is cabled.
    assert!(!sendable(&net(vec![s.clone().with(|d| d.tags_native = Tri::Yes)]), 1, 10));
    assert!(!sendable(&net(vec![s.clone().with(|d| d.interfaces[0].up = false)]), 1, 10));
    let cabled = net(vec![s, device("c", vec![plain("e")])]).with(|n| link(n, "s:h", "c:e"));
    assert!(!sendable(&cabled, 1, 10));
}

#[test]
fn cables_close_a_segment() {
    let n = net(vec![switch(vec![access("a", 10), svi(10, &[])]), device("c", vec![routed("e", &[])])])
        .with(|n| link(n, "s:a", "c:e"));
    let segments = Segments::new(&n);
    assert!(!segments.open().contains(&segments.vlan(0, 10).unwrap()));
    let free = n.with(|n| n.devices[0].interfaces.push(access("b", 10)));
    let segments = Segments::new(&free);
    assert!(segments.open().contains(&segments.vlan(0, 10).unwrap()));
}
