//! Section 4: what happens between arrival and look-up, and between look-up and departure.

use sekisho_reference::format::*;
use sekisho_reference::{Disposition, Family, Reference, Start, decide_list, filter_json};

use crate::build::*;

/// A router between two networks with one list, one translation table.
fn router(lists: Vec<List>, rules: Vec<NatRule>) -> Network {
    let r = device("r", vec![routed("e0", &["10.0.0.1/24"]), routed("e1", &["10.0.1.1/24"])]).with(|d| {
        d.lists = lists;
        d.nats = vec![Nat { name: "N".to_owned(), rules }];
    });
    net(vec![r])
}

fn ingress(network: Network, stage: Stage) -> Network {
    network.with(|n| n.devices[0].interfaces[0].ingress.push(stage))
}

fn egress(network: Network, stage: Stage) -> Network {
    network.with(|n| n.devices[0].interfaces[1].egress.push(stage))
}

const PASS: &str = "sure delivered_to_subnet r.e1 10.0.1.9";
const MAYBE_PASS: &str = "maybe delivered_to_subnet r.e1 10.0.1.9";

#[track_caller]
fn sent(network: &Network, expected: &[&str]) {
    check(network, "r:e0", tcp("10.0.0.7", "10.0.1.9"), expected);
}

fn any() -> Predicate {
    exact(&[Cube::default()])
}

fn perhaps() -> Predicate {
    at_most(&[Cube::default()])
}

#[test]
fn the_first_match_decides() {
    let host = || exact(&[cube("10.0.0.7/32", "", None)]);
    let decide = |lines, default| ingress(router(vec![list(lines, default)], vec![]), filter(0));
    sent(&decide(vec![line(Action::Permit, host()), line(Action::Deny, any())], Action::Deny), &[PASS]);
    sent(
        &decide(vec![line(Action::Deny, host()), line(Action::Permit, any())], Action::Deny),
        &["sure denied_in r"],
    );
    sent(&decide(vec![], Action::Permit), &[PASS]);
    sent(&decide(vec![], Action::Deny), &["sure denied_in r"]);
    let both = [MAYBE_PASS, "maybe denied_in r"].map(str::to_owned);
    let both: Vec<&str> = both.iter().map(String::as_str).collect();
    sent(&decide(vec![], Action::Unknown), &both);
    sent(&decide(vec![line(Action::Deny, perhaps())], Action::Permit), &both);
    sent(&decide(vec![line(Action::Permit, perhaps())], Action::Permit), &[PASS]);
    sent(&decide(vec![line(Action::Deny, perhaps())], Action::Deny), &["sure denied_in r"]);
}

#[test]
fn another_family_passes_untouched() {
    let deny = list(vec![], Action::Deny).with(|l| l.family = Family::Ipv6);
    sent(&ingress(router(vec![deny], vec![]), filter(0)), &[PASS]);
}

#[test]
fn departure_filters_deny_out() {
    let n = egress(router(vec![list(vec![], Action::Deny)], vec![]), filter(0));
    sent(&n, &["sure denied_out r.e1"]);
}

/// Every combination of tests and actions against every resolution of them.
#[test]
fn lists_agree_with_all_their_resolutions() {
    let tests = [Tri::No, Tri::Unknown, Tri::Yes];
    let actions = [Action::Permit, Action::Deny, Action::Unknown];
    let matches = |t| match t {
        Tri::No => exact(&[]),
        Tri::Unknown => perhaps(),
        Tri::Yes => any(),
    };
    let choices = |a| match a {
        Action::Permit => vec![true],
        Action::Deny => vec![false],
        Action::Unknown => vec![true, false],
    };
    let n = 9usize;
    for code in 0..n.pow(3) {
        for default in actions {
            let picks: Vec<(Tri, Action)> =
                (0..3u32).map(|k| code / n.pow(k) % n).map(|c| (tests[c / 3], actions[c % 3])).collect();
            let lines = picks.iter().map(|&(t, a)| line(a, matches(t))).collect();
            let network = router(vec![list(lines, default)], vec![]);
            let decision = decide_list(&network, 0, 0, &tcp("10.0.0.7", "10.0.1.9")).unwrap();
            // Resolve: bit k of `world` says whether the k-th doubtful line matches.
            let mut results = Vec::new();
            for world in 0..8u32 {
                let hit = picks.iter().enumerate().find(|(k, (t, _))| match t {
                    Tri::No => false,
                    Tri::Yes => true,
                    Tri::Unknown => world >> k & 1 == 1,
                });
                results.extend(choices(hit.map_or(default, |(_, (_, a))| *a)));
            }
            let expected = (results.contains(&true), !results.contains(&false));
            assert_eq!((decision.possible, decision.certain), expected, "{picks:?} {default:?}");
            // The lines that decide are those that some world picks.
            let named: Vec<_> = decision.deciders.iter().map(|d| d.line).collect();
            let mut picked: Vec<Option<usize>> = (0..8u32)
                .map(|world| {
                    picks.iter().position(|_| false).or_else(|| {
                        picks.iter().enumerate().position(|(k, (t, _))| {
                            *t == Tri::Yes || (*t == Tri::Unknown && world >> k & 1 == 1)
                        })
                    })
                })
                .collect();
            picked.sort_by_key(|p| p.unwrap_or(usize::MAX));
            picked.dedup();
            assert_eq!(named, picked, "{picks:?}");
        }
    }
}

#[test]
fn cubes_test_every_field() {
    let p = tcp("10.0.0.7", "10.0.1.9").with(|p| {
        p.flags = 0b0001_0010;
        p.icmp_type = 8;
        p.icmp_code = 3;
    });
    let one = |v: u16| Some(Values::Ranges(vec![(0, 0), (v, v)]));
    let addr = |a: &str| Some(Values::Ranges(vec![(ip(a), ip(a))]));
    let mask = |value, care| Some(Values::Mask { value, care });
    let fits = |c: Cube| c.contains(&p);
    assert!(fits(Cube { src: addr("10.0.0.7"), dst: addr("10.0.1.9"), ..Cube::default() }));
    assert!(!fits(Cube { src: addr("10.0.1.9"), ..Cube::default() }));
    assert!(!fits(Cube { dst: addr("10.0.0.7"), ..Cube::default() }));
    assert!(fits(Cube { proto: one(6), dport: one(80), sport: one(40_000), ..Cube::default() }));
    assert!(!fits(Cube { proto: one(17), ..Cube::default() }));
    assert!(!fits(Cube { dport: one(81), ..Cube::default() }));
    assert!(!fits(Cube { sport: one(80), ..Cube::default() }));
    assert!(fits(Cube { flags: mask(0x10, 0x14), icmp_type: one(8), icmp_code: one(3), ..Cube::default() }));
    assert!(!fits(Cube { flags: mask(0x04, 0x04), ..Cube::default() }));
    assert!(!fits(Cube { icmp_type: one(3), ..Cube::default() }));
    assert!(!fits(Cube { icmp_code: one(8), ..Cube::default() }));
    assert!(!fits(Cube { fragment: mask(1, 1), ..Cube::default() }));
    assert!(!fits(Cube { translated: mask(1, 1), ..Cube::default() }));
    assert!(!fits(Cube { src: Some(Values::Ranges(vec![])), ..Cube::default() }));
    let odd = |care| Some(Values::Mask { value: ip("0.0.0.1"), care: ip(care) });
    assert!(fits(Cube { src: odd("0.0.0.1"), dst: odd("0.0.0.1"), ..Cube::default() }));
    assert!(!fits(Cube { src: odd("0.0.0.3"), ..Cube::default() }));
    assert!(!fits(Cube { src: Some(Values::Ranges(vec![(ip("::"), ip("ffff::"))])), ..Cube::default() }));
    let moved = p.with(|p| p.src0 = Some(ip("10.9.9.9")));
    let as_sent = Cube { src0: addr("10.9.9.9"), translated: mask(1, 1), ..Cube::default() };
    assert!(as_sent.contains(&moved) && !as_sent.contains(&p));
}

#[test]
fn later_fragments_show_no_ports() {
    let web = list(vec![line(Action::Deny, exact(&[cube("", "", Some(80))]))], Action::Permit);
    let n = ingress(router(vec![web], vec![]), filter(0));
    sent(&n, &["sure denied_in r"]);
    let later = tcp("10.0.0.7", "10.0.1.9").with(|p| p.later_fragment = true);
    check(&n, "r:e0", later, &[PASS]);
}

#[test]
fn filters_as_json() {
    let lines = vec![line(Action::Deny, perhaps()).with(|l| l.place = "r.cfg:7".to_owned())];
    let n = router(vec![list(lines, Action::Permit).with(|l| l.place = Some("r.cfg:6".to_owned()))], vec![]);
    let decision = decide_list(&n, 0, 0, &tcp("10.0.0.7", "10.0.1.9")).unwrap();
    let json = filter_json(&decision);
    let expected = serde_json::json!({
        "decision": "undecided", "possible": true, "certain": false, "file": "r.cfg", "line": 7
    });
    assert_eq!(json, expected);
    assert!(decide_list(&n, 0, 0, &tcp("2001:db8::1", "2001:db8::2")).is_none());
}

#[test]
fn drops_and_possible_drops() {
    let stage = |why: &str| (String::from("x:1"), why.to_owned());
    let (place, why) = stage("closed");
    sent(&ingress(router(vec![], vec![]), Stage::Drop { place, why }), &["sure denied_in r"]);
    let (place, why) = stage("inspection");
    let n = egress(router(vec![], vec![]), Stage::MayDrop { place, why });
    sent(&n, &[MAYBE_PASS, "maybe denied_out r.e1"]);
}

#[test]
fn stages_ask_for_the_ingress_context() {
    let when = |from| Stage::When {
        from: vec![from],
        stage: Box::new(Stage::Drop { place: "x:1".to_owned(), why: "closed".to_owned() }),
    };
    let inside = |n: Network| n.with(|n| n.devices[0].interfaces[0].context = 1);
    sent(&egress(router(vec![], vec![]), when(1)), &[PASS]);
    sent(&egress(inside(router(vec![], vec![])), when(1)), &["sure denied_out r.e1"]);
    sent(&ingress(inside(router(vec![], vec![])), when(0)), &[PASS]);
    sent(&ingress(router(vec![], vec![]), when(0)), &["sure denied_in r"]);
}

fn rule(rewrites: Vec<Rewrite>) -> NatRule {
    NatRule { family: Family::Ipv4, matches: any(), rewrites, may_skip: false, place: "nat:1".to_owned() }
}

fn nat(rules: Vec<NatRule>) -> Network {
    egress(router(vec![], rules), Stage::Nat { table: 0, place: "bind:1".to_owned() })
}

fn one_of(from: &str, to: &str) -> Target<std::net::IpAddr> {
    Target::OneOf(Values::Ranges(vec![(ip(from), ip(to))]))
}

#[test]
fn static_translation_and_the_source_as_sent() {
    let n = nat(vec![rule(vec![Rewrite::Src(one_of("192.0.2.1", "192.0.2.1"))])]);
    sent(&n, &["sure delivered_to_subnet r.e1 10.0.1.9 as 192.0.2.1 -> 10.0.1.9"]);
    // A second translation keeps the source as first sent.
    let twice = egress(n, Stage::Nat { table: 0, place: "bind:2".to_owned() });
    let reference = Reference::new(&twice).unwrap();
    let start = Start::Ingress(port(&twice, "r:e0"));
    let walk = reference.walk(start, tcp("10.0.0.7", "10.0.1.9"), sekisho_reference::Options::default());
    assert_eq!(walk.branches[0].end.packet.src0, Some(ip("10.0.0.7")));
    assert_eq!(walk.branches[0].end.packet.src, ip("192.0.2.1"));
}

#[test]
fn the_destination_decides_after_translation() {
    let n = ingress(
        router(vec![], vec![rule(vec![Rewrite::Dst(one_of("10.0.1.77", "10.0.1.77"))])]),
        Stage::Nat { table: 0, place: "bind:1".to_owned() },
    );
    check(
        &n,
        "r:e0",
        tcp("10.0.0.7", "192.0.2.9"),
        &["sure delivered_to_subnet r.e1 10.0.1.77 as 10.0.0.7 -> 10.0.1.77"],
    );
}

#[test]
fn shifts_keep_the_offset() {
    let shift = Target::Shift { from: prefix("10.0.0.0/24"), to: prefix("192.0.2.0/24") };
    let n = nat(vec![rule(vec![Rewrite::Src(shift)])]);
    sent(&n, &["sure delivered_to_subnet r.e1 10.0.1.9 as 192.0.2.7 -> 10.0.1.9"]);
}

#[test]
fn each_address_of_a_pool_is_a_sure_choice() {
    let n = nat(vec![rule(vec![Rewrite::Src(one_of("192.0.2.1", "192.0.2.2"))])]);
    sent(
        &n,
        &[
            "sure delivered_to_subnet r.e1 10.0.1.9 as 192.0.2.1 -> 10.0.1.9",
            "sure delivered_to_subnet r.e1 10.0.1.9 as 192.0.2.2 -> 10.0.1.9",
        ],
    );
}

#[test]
fn a_large_pool_is_tried_where_it_makes_a_difference() {
    let deny = list(vec![line(Action::Deny, exact(&[cube("192.0.100.7/32", "", None)]))], Action::Permit);
    let n = router(vec![deny], vec![rule(vec![Rewrite::Src(one_of("192.0.0.0", "192.0.255.255"))])]);
    let n = egress(n, Stage::Nat { table: 0, place: "bind:1".to_owned() });
    let n = egress(n, filter(0));
    sent(
        &n,
        &[
            "sure delivered_to_subnet r.e1 10.0.1.9 as 192.0.0.0 -> 10.0.1.9",
            "sure delivered_to_subnet r.e1 10.0.1.9 as 192.0.100.8 -> 10.0.1.9",
            "sure delivered_to_subnet r.e1 10.0.1.9 as 192.0.255.255 -> 10.0.1.9",
            "sure denied_out r.e1 as 192.0.100.7 -> 10.0.1.9",
        ],
    );
}

#[test]
fn unknown_values_are_never_sure() {
    let n = nat(vec![rule(vec![Rewrite::Src(Target::Unknown)])]);
    let all = lines(&n, Start::Ingress(port(&n, "r:e0")), tcp("10.0.0.7", "10.0.1.9"));
    assert!(all.iter().all(|l| l.starts_with("maybe ")), "{all:?}");
    assert!(all.iter().any(|l| l.contains("as 10.0.1.0 ->")), "{all:?}");
}

#[test]
fn rules_are_resolved_like_lines() {
    let to = |a: &str| vec![Rewrite::Src(one_of(a, a))];
    let a = "delivered_to_subnet r.e1 10.0.1.9 as 192.0.2.1 -> 10.0.1.9";
    let b = "delivered_to_subnet r.e1 10.0.1.9 as 192.0.2.2 -> 10.0.1.9";
    let doubtful = rule(to("192.0.2.1")).with(|r| r.matches = perhaps());
    sent(&nat(vec![doubtful.clone()]), &[MAYBE_PASS, &format!("maybe {a}")]);
    sent(&nat(vec![doubtful, rule(to("192.0.2.2"))]), &[&format!("maybe {a}"), &format!("maybe {b}")]);
    let other = rule(to("192.0.2.1")).with(|r| r.matches = exact(&[cube("10.0.0.8/32", "", None)]));
    sent(&nat(vec![other]), &[PASS]);
    sent(&nat(vec![rule(vec![]), rule(to("192.0.2.2"))]), &[PASS]);
    let skip = rule(to("192.0.2.1")).with(|r| r.may_skip = true);
    sent(&nat(vec![skip]), &[MAYBE_PASS, &format!("sure {a}")]);
    let six = rule(to("192.0.2.1")).with(|r| {
        r.family = Family::Ipv6;
        r.rewrites.clear();
    });
    sent(&nat(vec![six, rule(to("192.0.2.2"))]), &[&format!("sure {b}")]);
}

fn spoof(strict: bool, allow_default: bool, routes: Vec<Route>) -> Network {
    let stage = Stage::AntiSpoof { family: Family::Ipv4, strict, allow_default, place: "urpf:1".to_owned() };
    ingress(router(vec![], vec![]), stage).with(|n| n.devices[0].vrfs[0].routes = routes)
}

#[track_caller]
fn spoofed(network: &Network, src: &str, expected: &[&str]) {
    check(network, "r:e0", tcp(src, "10.0.1.9"), expected);
}

const DENIED: &str = "sure denied_in r";
const EITHER: [&str; 2] = [MAYBE_PASS, "maybe denied_in r"];

#[test]
fn sources_are_checked_against_the_routes() {
    let remote = || route("10.9.0.0/16", via("10.0.0.9"));
    let wrong = || route("10.8.0.0/16", via("10.0.1.9"));
    let strict = spoof(true, false, vec![remote(), wrong()]);
    spoofed(&strict, "10.0.0.7", &[PASS]);
    spoofed(&strict, "10.9.0.7", &EITHER);
    spoofed(&strict, "10.8.0.7", &[DENIED]);
    spoofed(&strict, "172.16.0.1", &[DENIED]);
    let loose = spoof(false, false, vec![remote(), wrong()]);
    spoofed(&loose, "10.8.0.7", &EITHER);
    spoofed(&loose, "172.16.0.1", &[DENIED]);
    // A default route counts if it is allowed.
    let default = || vec![route("0.0.0.0/0", via("10.0.0.9"))];
    spoofed(&spoof(true, false, default()), "172.16.0.1", &[DENIED]);
    spoofed(&spoof(true, true, default()), "172.16.0.1", &EITHER);
    spoofed(&spoof(false, true, default()), "172.16.0.1", &EITHER);
    // One of several routes back will do.
    let backup = route("10.8.0.0/16", via("10.0.0.9")).with(|r| r.distance = 200);
    spoofed(&spoof(true, false, vec![wrong(), backup]), "10.8.0.7", &EITHER);
    // A longer route elsewhere takes the certainty away.
    let longer = spoof(true, false, vec![route("10.0.0.7/32", via("10.0.1.9"))]);
    spoofed(&longer, "10.0.0.7", &[DENIED]);
    // Unknown routes may lead back.
    let unknown = spoof(true, false, vec![]).with(|n| {
        n.devices[0].vrfs[0].unknown_routes.push((Family::Ipv4, "ospf:1".to_owned()));
    });
    let all = lines(&unknown, Start::Ingress(port(&unknown, "r:e0")), tcp("172.16.0.1", "10.0.1.9"));
    assert!(all.contains(&MAYBE_PASS.to_owned()) && all.contains(&"maybe denied_in r".to_owned()), "{all:?}");
    // The other family is not checked.
    let six = spoof(true, false, vec![]).with(|n| {
        n.devices[0].interfaces[0].ingress[0] = Stage::AntiSpoof {
            family: Family::Ipv6,
            strict: true,
            allow_default: false,
            place: "u:1".to_owned(),
        };
    });
    spoofed(&six, "172.16.0.1", &[PASS]);
}

#[test]
fn interfaces_take_families() {
    let n = router(vec![], vec![]);
    check(&n, "r:e0", tcp("2001:db8::1", "2001:db8::2"), &["sure denied_in r"]);
    let perhaps = n.clone().with(|n| l3(&mut n.devices[0].interfaces[0]).ipv6 = Tri::Unknown);
    check(&perhaps, "r:e0", tcp("2001:db8::1", "2001:db8::2"), &["maybe denied_in r", "maybe no_route r"]);
    let nameless = n.clone().with(|n| {
        let l3 = l3(&mut n.devices[0].interfaces[0]);
        l3.addresses.clear();
        l3.unknown_v4 = Some("dhcp:1".to_owned());
    });
    // The prefix of the address that nobody knows may be longer than any other.
    sent(&nameless, &["maybe insufficient_info r.e0", PASS]);
    sent(&n.with(|n| n.devices[0].interfaces[0].up = false), &["sure denied_in r"]);
}

#[test]
fn martians_are_never_sure() {
    let n = router(vec![], vec![]);
    for src in ["0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1"] {
        spoofed(&n, src, &[MAYBE_PASS, "maybe no_route r"]);
    }
    spoofed(&n, "223.255.255.255", &[PASS]);
    let six = n.with(|n| {
        n.devices[0].interfaces[0] = routed("e0", &["2001:db8::1/64"]);
        n.devices[0].interfaces[1] = routed("e1", &["2001:db8:1::1/64"]);
    });
    for src in ["::", "::1", "fe80::7", "ff02::1"] {
        let expected = ["maybe delivered_to_subnet r.e1 2001:db8:1::9", "maybe no_route r"];
        check(&six, "r:e0", tcp(src, "2001:db8:1::9"), &expected);
    }
    let mapped = ["sure delivered_to_subnet r.e1 2001:db8:1::9"];
    check(&six, "r:e0", tcp("::ffff:10.0.0.1", "2001:db8:1::9"), &mapped);
}

#[test]
fn steps_name_their_lines() {
    let deny =
        list(vec![line(Action::Deny, any()).with(|l| l.place = "core1.cfg:42".to_owned())], Action::Permit);
    let n = ingress(router(vec![deny], vec![]), filter(0));
    let walk = sekisho_reference::walk(&n, Start::Ingress(port(&n, "r:e0")), tcp("10.0.0.7", "10.0.1.9"));
    assert_eq!(walk.disposition(), Some(Disposition::DeniedIn));
    assert!(!walk.possible() && !walk.certain());
    let json = sekisho_reference::trace_json(&n, &walk);
    assert_eq!(json["disposition"], "denied_in");
    let expected = serde_json::json!({
        "stage": "filter", "decision": "deny", "file": "core1.cfg", "line": 42, "sure": true, "why": "list L"
    });
    assert_eq!(json["hops"][0]["steps"][0], expected);
    assert_eq!(
        json["final"],
        serde_json::json!({
            "src": "10.0.0.7", "dst": "10.0.1.9", "proto": "tcp", "sport": 40000, "dport": 80
        })
    );
}
