//! Section 5: look-ups and policy routes.

use sekisho_reference::format::*;
use sekisho_reference::{Family, Toward, Via, fib_lookup};

use crate::build::*;

/// Results of a look-up on device 0: `sure out e1 10.0.0.9`, `maybe local`, …
fn results(network: &Network, vrf: usize, addr: &str) -> Vec<String> {
    sekisho_reference::validate(network).unwrap();
    let name = |i: usize| network.devices[0].interfaces[i].name.as_str();
    let mut out: Vec<String> = fib_lookup(network, 0, vrf, ip(addr))
        .into_iter()
        .map(|leg| {
            let what = match leg.via {
                Via::Local => "local".to_owned(),
                Via::Discard => "discard".to_owned(),
                Via::NoRoute => "none".to_owned(),
                Via::Out { interface, target: Toward::Destination } => format!("{} itself", name(interface)),
                Via::Out { interface, target: Toward::Address(a) } => format!("{} {a}", name(interface)),
                Via::Out { interface, target: Toward::Any } => format!("{} any", name(interface)),
            };
            format!("{} {what}", if leg.sure { "sure" } else { "maybe" })
        })
        .collect();
    out.sort();
    out.dedup();
    out
}

#[track_caller]
fn check(network: &Network, addr: &str, expected: &[&str]) {
    assert_eq!(results(network, 0, addr), expected, "{addr}");
}

/// A router with two networks and some routes.
fn router(routes: Vec<Route>) -> Network {
    let mut r = device("r", vec![routed("e0", &["10.0.0.1/24"]), routed("e1", &["10.0.1.1/24"])]);
    r.vrfs[0].routes = routes;
    net(vec![r])
}

fn change(network: Network, change: impl FnOnce(&mut Device)) -> Network {
    network.with(|n| change(&mut n.devices[0]))
}

#[test]
fn own_addresses_are_local() {
    let n = router(vec![route("10.0.0.1/32", via("10.0.1.9"))]);
    check(&n, "10.0.0.1", &["sure local"]);
    check(&change(n.clone(), |d| d.interfaces[0].up = false), "10.0.0.1", &["sure e1 10.0.1.9"]);
    assert_eq!(results(&n, 1, "10.0.0.1"), ["sure none"]);
}

#[test]
fn shared_addresses_may_be_elsewhere() {
    let n =
        change(router(vec![]), |d| l3(&mut d.interfaces[0]).addresses.push(address("10.0.0.254/32", true)));
    check(&n, "10.0.0.254", &["maybe e0 itself", "sure local"]);
}

#[test]
fn connected_prefixes_and_no_route() {
    let n = router(vec![]);
    check(&n, "10.0.0.7", &["sure e0 itself"]);
    check(&n, "10.9.9.9", &["sure none"]);
    check(&change(n, |d| d.interfaces[0].up = false), "10.0.0.7", &["sure none"]);
}

#[test]
fn the_longest_prefix_wins() {
    let n = router(vec![route("0.0.0.0/0", via("10.0.0.9")), route("10.9.0.0/16", via("10.0.1.9"))]);
    check(&n, "10.9.1.1", &["sure e1 10.0.1.9"]);
    check(&n, "10.8.1.1", &["sure e0 10.0.0.9"]);
    check(&router(vec![route("10.0.0.0/24", via("10.0.1.9"))]), "10.0.0.7", &["sure e0 itself"]);
}

#[test]
fn equal_routes_are_sure_choices() {
    let n = router(vec![route("10.9.0.0/16", via("10.0.0.9")), route("10.9.0.0/16", via("10.0.1.9"))]);
    check(&n, "10.9.1.1", &["sure e0 10.0.0.9", "sure e1 10.0.1.9"]);
}

#[test]
fn a_floating_route_is_possible() {
    let floating = route("10.9.0.0/16", via("10.0.1.9")).with(|r| r.distance = 200);
    let n = router(vec![route("10.9.0.0/16", via("10.0.0.9")), floating]);
    check(&n, "10.9.1.1", &["maybe e1 10.0.1.9", "sure e0 10.0.0.9"]);
    // It takes over when the better one is not installed.
    check(&change(n, |d| d.interfaces[0].up = false), "10.9.1.1", &["sure e1 10.0.1.9"]);
}

#[test]
fn conditional_routes_are_possible_beside_the_base() {
    let tracked = |to| route(to, via("10.0.1.9")).with(|r| r.conditional = true);
    let base = || route("10.9.0.0/16", via("10.0.0.9"));
    check(
        &router(vec![base(), tracked("10.9.1.0/24")]),
        "10.9.1.1",
        &["maybe e1 10.0.1.9", "sure e0 10.0.0.9"],
    );
    check(
        &router(vec![base(), tracked("10.9.0.0/16")]),
        "10.9.1.1",
        &["maybe e1 10.0.1.9", "sure e0 10.0.0.9"],
    );
    check(&router(vec![base(), tracked("0.0.0.0/0")]), "10.9.1.1", &["sure e0 10.0.0.9"]);
    check(&router(vec![tracked("10.9.0.0/16")]), "10.9.1.1", &["maybe e1 10.0.1.9", "maybe none"]);
    // A worse unconditional route is what remains when the better one is withdrawn.
    let worse = base().with(|r| r.distance = 200);
    check(
        &router(vec![tracked("10.9.0.0/16"), worse]),
        "10.9.1.1",
        &["maybe e1 10.0.1.9", "sure e0 10.0.0.9"],
    );
}

#[test]
fn next_hops_are_looked_up_again() {
    let n = router(vec![route("10.9.0.0/16", via("10.8.0.1")), route("10.8.0.0/16", via("10.0.1.9"))]);
    check(&n, "10.9.1.1", &["sure e1 10.0.1.9"]);
    // Not installed when nothing holds the next hop, or only the route itself.
    let n = router(vec![route("10.9.0.0/16", via("10.8.0.1")), route("0.0.0.0/0", via("10.0.0.9"))]);
    check(
        &change(n, |d| {
            d.vrfs[0].routes.remove(1);
        }),
        "10.9.1.1",
        &["sure none"],
    );
    check(&router(vec![route("10.9.0.0/16", via("10.9.0.1"))]), "10.9.1.1", &["sure none"]);
    let n = router(vec![route("10.9.0.0/16", via("10.9.0.1")), route("0.0.0.0/0", via("10.0.0.9"))]);
    check(&n, "10.9.1.1", &["sure e0 10.0.0.9"]);
    let ring = router(vec![route("10.9.0.0/16", via("10.8.0.1")), route("10.8.0.0/16", via("10.9.0.1"))]);
    check(&ring, "10.9.1.1", &["sure none"]);
}

#[test]
fn a_next_hop_by_a_conditional_route_is_conditional() {
    let tracked = route("10.8.0.0/16", via("10.0.1.9")).with(|r| r.conditional = true);
    let n = router(vec![route("10.9.0.0/16", via("10.8.0.1")), tracked]);
    check(&n, "10.9.1.1", &["maybe e1 10.0.1.9", "maybe none"]);
}

#[test]
fn stated_interfaces_must_be_up_and_routed() {
    let stated = NextHop::Via { addr: ip("10.7.7.7"), interface: Some(1), vrf: None };
    let n = router(vec![route("10.9.0.0/16", stated), route("10.8.0.0/16", NextHop::Interface(1))]);
    check(&n, "10.9.1.1", &["sure e1 10.7.7.7"]);
    check(&n, "10.8.1.1", &["sure e1 itself"]);
    let switched = change(n.clone(), |d| d.interfaces[1].l3 = None);
    check(&switched, "10.9.1.1", &["sure none"]);
    let down = change(n, |d| d.interfaces[1].up = false);
    check(&down, "10.9.1.1", &["sure none"]);
    check(&down, "10.8.1.1", &["sure none"]);
}

#[test]
fn discard_receive_and_unknown() {
    let n = router(vec![
        route("10.9.0.0/16", NextHop::Discard),
        route("10.8.0.0/16", NextHop::Receive),
        route("10.7.0.0/16", NextHop::Unknown),
        route("0.0.0.0/0", via("10.0.0.9")),
    ]);
    check(&n, "10.9.1.1", &["sure discard"]);
    check(&n, "10.8.1.1", &["sure local"]);
    check(&n, "10.7.1.1", &["maybe e0 any", "maybe e1 any"]);
}

#[test]
fn next_hops_in_another_table() {
    let hop = NextHop::Via { addr: ip("10.5.0.9"), interface: None, vrf: Some(1) };
    let n = change(router(vec![route("10.9.0.0/16", hop)]), |d| {
        d.interfaces.push(routed("b", &["10.5.0.1/24"]).with(|i| l3(i).vrf = 1));
    });
    check(&n, "10.9.1.1", &["sure b 10.5.0.9"]);
    check(&n, "10.5.0.9", &["sure none"]);
    // An exported table there says where the next hop is; the config there remains possible.
    let exported = change(n.clone(), |d| {
        d.interfaces.push(routed("b2", &["10.6.0.1/24"]).with(|i| l3(i).vrf = 1));
        d.vrfs[1].tables.push(table(vec![row("10.5.0.0/24", NextHop::Interface(3))]));
    });
    check(&exported, "10.9.1.1", &["maybe b 10.5.0.9", "sure b2 10.5.0.9"]);
    // What another table may know counts as well.
    let unknown = change(n, |d| d.vrfs[1].unknown_routes.push((Family::Ipv4, "bgp:1".to_owned())));
    check(&unknown, "10.9.1.1", &["maybe b any", "sure b 10.5.0.9"]);
}

#[test]
fn next_hops_of_the_other_family_may_be_anywhere() {
    let n = router(vec![route("10.9.0.0/16", via("2001:db8::1"))]);
    check(&n, "10.9.1.1", &["maybe e0 any", "maybe e1 any"]);
}

#[test]
fn unknown_routes_lead_anywhere() {
    let n = change(router(vec![]), |d| d.vrfs[0].unknown_routes.push((Family::Ipv4, "ospf:1".to_owned())));
    check(&n, "10.0.0.7", &["maybe e0 any", "maybe e1 any", "sure e0 itself"]);
    check(&n, "10.9.9.9", &["maybe e0 any", "maybe e1 any", "maybe none"]);
    check(&n, "10.0.0.1", &["sure local"]);
    let other =
        change(router(vec![]), |d| d.vrfs[0].unknown_routes.push((Family::Ipv6, "ospf:1".to_owned())));
    check(&other, "10.9.9.9", &["sure none"]);
    let routes = poison(Scope::Routes { vrf: 0, family: Family::Ipv4 });
    check(
        &change(router(vec![]), |d| d.poisons.push(routes)),
        "10.9.9.9",
        &["maybe e0 any", "maybe e1 any", "maybe none"],
    );
    // Also out by what leaks in, and never by a loopback.
    let leaking = change(n, |d| {
        d.interfaces.push(routed("b", &["10.5.0.1/24"]).with(|i| l3(i).vrf = 1));
        d.interfaces.push(routed("lo", &["10.6.0.1/32"]).with(|i| i.kind = Kind::Loopback));
        d.vrfs[0].leaks.push(Leak { from: 1, place: "leak:1".to_owned() });
    });
    check(&leaking, "10.9.9.9", &["maybe b any", "maybe e0 any", "maybe e1 any", "maybe none"]);
}

#[test]
fn leaks_are_possible() {
    let n = change(router(vec![route("0.0.0.0/0", via("10.0.0.9"))]), |d| {
        d.interfaces.push(routed("b", &["10.5.0.1/24"]).with(|i| l3(i).vrf = 1));
        d.vrfs[0].leaks.push(Leak { from: 1, place: "leak:1".to_owned() });
    });
    check(&n, "10.5.0.9", &["maybe b itself", "sure e0 10.0.0.9"]);
    check(&n, "10.5.0.1", &["maybe b itself", "maybe local", "sure e0 10.0.0.9"]);
    assert_eq!(results(&n, 1, "10.0.0.7"), ["sure none"]);
}

#[test]
fn exported_tables_are_alternatives() {
    let exported =
        |t| change(router(vec![route("10.9.0.0/16", via("10.0.0.9"))]), |d| d.vrfs[0].tables.push(t));
    let stated = NextHop::Via { addr: ip("10.0.1.9"), interface: Some(1), vrf: None };
    let n = exported(table(vec![row("10.9.0.0/16", stated)]));
    check(&n, "10.9.1.1", &["maybe e0 10.0.0.9", "sure e1 10.0.1.9"]);
    check(&n, "10.8.1.1", &["sure none"]);
    // Known routes replace what the config does not show.
    let learned = |d: &mut Device| d.vrfs[0].unknown_routes.push((Family::Ipv4, "ospf:1".to_owned()));
    check(&change(n.clone(), learned), "10.8.1.1", &["sure none"]);
    // Next hops are looked up in the same table; one that is nowhere may be anywhere.
    let n = exported(table(vec![row("10.9.0.0/16", via("10.7.0.1")), row("10.7.0.0/16", stated)]));
    check(&n, "10.9.1.1", &["maybe e0 10.0.0.9", "sure e1 10.0.1.9"]);
    let n = exported(table(vec![row("10.9.0.0/16", via("10.7.0.1"))]));
    check(&n, "10.9.1.1", &["maybe e0 10.0.0.9", "maybe e0 any", "maybe e1 any"]);
    // A backup is possible.
    let backup = row("10.9.0.0/16", NextHop::Interface(0)).with(|r| r.backup = true);
    let n = exported(table(vec![row("10.9.0.0/16", stated), backup]));
    check(&n, "10.9.1.1", &["maybe e0 10.0.0.9", "maybe e0 itself", "sure e1 10.0.1.9"]);
}

#[test]
fn tables_with_gaps_do_not_show_what_is_missing() {
    let exported = |t| change(router(vec![]), |d| d.vrfs[0].tables.push(t));
    let good = || row("10.9.0.0/16", NextHop::Interface(1));
    let garbled = table(vec![good()]).with(|t| t.garbled.push("table:7".to_owned()));
    let partial = table(vec![good()]).with(|t| t.complete = false);
    let missing = table(vec![good(), row("10.6.0.0/16", NextHop::Interface(2))]);
    for t in [garbled, partial, missing] {
        let n = change(exported(t), |d| d.interfaces.push(plain("e2").with(|i| i.up = false)));
        check(&n, "10.9.1.1", &["maybe e0 any", "maybe e1 any", "maybe e1 itself"]);
        check(&n, "10.8.1.1", &["maybe e0 any", "maybe e1 any", "maybe none"]);
        check(&n, "10.0.0.7", &["maybe e0 any", "maybe e1 any", "maybe none", "sure e0 itself"]);
    }
}

#[test]
fn two_tables_are_sure_together() {
    let n = change(router(vec![]), |d| {
        d.vrfs[0].tables.push(table(vec![
            row("10.9.0.0/16", NextHop::Interface(0)),
            row("10.8.0.0/16", NextHop::Interface(1)),
        ]));
        d.vrfs[0].tables.push(table(vec![
            row("10.9.0.0/16", NextHop::Interface(1)),
            row("10.8.0.0/16", NextHop::Interface(1)),
        ]));
    });
    check(&n, "10.9.1.1", &["maybe e0 itself", "maybe e1 itself"]);
    check(&n, "10.8.1.1", &["sure e1 itself"]);
}

#[test]
fn multicast_leaves_only_with_multicast_routing() {
    let n = router(vec![route("0.0.0.0/0", via("10.0.0.9"))]);
    for addr in ["224.0.0.5", "239.1.1.1", "255.255.255.255"] {
        check(&n, addr, &["sure none"]);
    }
    let routing = change(n.clone(), |d| d.vrfs[0].multicast.push((Family::Ipv4, "pim:1".to_owned())));
    check(&routing, "239.1.1.1", &["maybe e0 any", "maybe e1 any", "maybe none"]);
    check(&routing, "255.255.255.255", &["sure none"]);
    let proxy = change(n, |d| d.interfaces[0].multicast = Some("igmp:1".to_owned()));
    check(&proxy, "239.1.1.1", &["maybe e0 any", "maybe e1 any", "maybe none"]);
}

#[test]
fn ipv6() {
    let n = net(vec![device("r", vec![routed("e0", &["2001:db8::1/64", "fe80::1/64"])]).with(|d| {
        d.vrfs[0].routes.push(route("::/0", via("2001:db8::9")));
    })]);
    check(&n, "2001:db8::7", &["sure e0 itself"]);
    check(&n, "2001:db9::7", &["sure e0 2001:db8::9"]);
    check(&n, "fe80::1", &["sure local"]);
    check(&n, "fe80::9", &["sure none"]);
    check(&n, "ff02::1", &["sure none"]);
    check(&n, "10.0.0.1", &["sure none"]);
}

/// Three networks, and a policy route on arrival at the first.
fn policy(entries: Vec<PolicyEntry>) -> Network {
    change(router(vec![route("0.0.0.0/0", via("10.0.1.9"))]), |d| {
        d.interfaces.push(routed("e2", &["10.0.2.1/24"]));
        d.policy_routes.push(PolicyRoute { name: "P".to_owned(), entries, place: Some("map:1".to_owned()) });
        d.interfaces[0].ingress.push(Stage::PolicyRoute { policy: 0, place: "bind:1".to_owned() });
    })
}

fn entry(matches: Predicate, action: PolicyAction) -> PolicyEntry {
    PolicyEntry { family: Family::Ipv4, matches, action, place: "map:2".to_owned() }
}

fn all(action: PolicyAction) -> Vec<PolicyEntry> {
    vec![entry(exact(&[Cube::default()]), action)]
}

#[track_caller]
fn routed_to(network: &Network, expected: &[&str]) {
    crate::build::check(network, "r:e0", tcp("10.0.0.7", "10.9.9.9"), expected);
}

const NORMAL: &str = "sure exits_network r.e1 10.0.1.9";
const MAYBE_NORMAL: &str = "maybe exits_network r.e1 10.0.1.9";

#[test]
fn policy_routes_precede_the_look_up() {
    let hops = |addrs: &[&str], certain| PolicyAction::NextHops {
        addresses: addrs.iter().map(|a| ip(a)).collect(),
        certain,
    };
    routed_to(&policy(vec![]), &[NORMAL]);
    routed_to(&policy(all(PolicyAction::Normal)), &[NORMAL]);
    routed_to(&policy(all(hops(&["10.0.2.9"], true))), &[MAYBE_NORMAL, "sure exits_network r.e2 10.0.2.9"]);
    routed_to(&policy(all(hops(&["10.0.2.9"], false))), &[MAYBE_NORMAL, "maybe exits_network r.e2 10.0.2.9"]);
    // The first candidate on a connected network is the sure one.
    routed_to(
        &policy(all(hops(&["10.7.7.7", "10.0.2.9", "10.0.2.8"], true))),
        &[MAYBE_NORMAL, "maybe exits_network r.e2 10.0.2.8", "sure exits_network r.e2 10.0.2.9"],
    );
}

#[test]
fn policy_routes_for_want_of_a_route() {
    let default = || policy(all(PolicyAction::DefaultNextHops(vec![ip("10.0.2.9")])));
    routed_to(&default(), &[MAYBE_NORMAL, "maybe exits_network r.e2 10.0.2.9"]);
    let specific = change(default(), |d| d.vrfs[0].routes.push(route("10.9.0.0/16", via("10.0.1.8"))));
    routed_to(&specific, &["maybe exits_network r.e2 10.0.2.9", "sure exits_network r.e1 10.0.1.8"]);
}

#[test]
fn policy_routes_by_interface_table_and_drop() {
    routed_to(
        &policy(all(PolicyAction::Interfaces(vec![2]))),
        &[MAYBE_NORMAL, "sure exits_network r.e2 10.9.9.9"],
    );
    let down = change(policy(all(PolicyAction::Interfaces(vec![2]))), |d| d.interfaces[2].up = false);
    routed_to(&down, &[MAYBE_NORMAL]);
    let other = change(policy(all(PolicyAction::Vrf(1))), |d| l3(&mut d.interfaces[2]).vrf = 1);
    routed_to(&other, &["sure no_route r"]);
    let other = change(other, |d| d.vrfs[1].routes.push(route("0.0.0.0/0", via("10.0.2.9"))));
    routed_to(&other, &["sure exits_network r.e2 10.0.2.9"]);
    routed_to(&policy(all(PolicyAction::Drop)), &["sure null_route r"]);
}

#[test]
fn policy_routes_not_understood_lead_anywhere() {
    let anywhere = [
        MAYBE_NORMAL,
        "maybe insufficient_info r.e0",
        "maybe insufficient_info r.e1",
        "maybe insufficient_info r.e2",
    ];
    routed_to(&policy(all(PolicyAction::Unknown)), &anywhere);
    let undefined = change(policy(all(PolicyAction::Drop)), |d| d.policy_routes[0].place = None);
    routed_to(&undefined, &anywhere);
}

#[test]
fn policy_entries_are_resolved_like_lines() {
    let first = entry(at_most(&[Cube::default()]), PolicyAction::Drop);
    let n = policy(vec![first.clone()]);
    routed_to(&n, &[MAYBE_NORMAL, "maybe null_route r"]);
    let then = entry(exact(&[Cube::default()]), PolicyAction::Interfaces(vec![2]));
    routed_to(
        &policy(vec![first, then]),
        &[MAYBE_NORMAL, "maybe exits_network r.e2 10.9.9.9", "maybe null_route r"],
    );
    let other = entry(exact(&[cube("10.0.0.8/32", "", None)]), PolicyAction::Drop);
    routed_to(&policy(vec![other]), &[NORMAL]);
}

#[test]
fn devices_that_do_not_forward_drop() {
    let n =
        |forwards| change(router(vec![route("0.0.0.0/0", via("10.0.1.9"))]), |d| d.forwards_v4 = forwards);
    routed_to(&n(Tri::No), &["sure no_route r"]);
    routed_to(&n(Tri::Unknown), &[MAYBE_NORMAL, "maybe no_route r"]);
    crate::build::check(&n(Tri::No), "r:e0", tcp("10.0.0.7", "10.0.1.1"), &["sure accepted r 10.0.1.1"]);
    // A shared address is local all the same.
    let shared =
        change(n(Tri::No), |d| l3(&mut d.interfaces[0]).addresses.push(address("10.0.0.9/32", true)));
    let expected = ["maybe no_route r", "sure accepted r 10.0.0.9"];
    crate::build::check(&shared, "r:e0", tcp("10.0.0.7", "10.0.0.9"), &expected);
}
