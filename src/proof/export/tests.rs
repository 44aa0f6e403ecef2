use super::*;
use sekisho_model::{
    Action, Address, AddressRole, Device, Interface, InterfaceId, InterfaceKind, L3, Line, ListId, NatRule,
    NatTable, NextHop, Poison, Predicate, Rewrite, Route, RuleList, Scope, Stage, Target, Tri, VrfId,
};
use sekisho_net::{PortRange, addr_bits};
use sekisho_reference::{Disposition, Start, format::Port, validate, walk};

/// A device whose config has the given lines, and the span of each.
fn config(sources: &mut SourceMap, lines: usize) -> (Device, Vec<Span>) {
    let text: String = (1..=lines).map(|n| format!("line {n}\n")).collect();
    let file = sources.add("core1.cfg", text.clone());
    let starts: Vec<usize> = text.match_indices("line").map(|(at, _)| at).collect();
    let spans = starts.into_iter().map(|at| Span::new(file, at, at + 4)).collect();
    (Device::new("core1".to_owned(), "IOS", file), spans)
}

fn routed(name: &str, addr: &str, prefix: &str, span: Span) -> Interface {
    let mut i = Interface::new(name.to_owned(), InterfaceKind::Physical, span);
    i.l3 = Some(L3 {
        vrf: VrfId(0),
        vrf_span: None,
        addresses: vec![Address {
            addr: addr.parse().unwrap(),
            prefix: Prefix::parse(prefix).unwrap(),
            role: AddressRole::Own,
            span,
        }],
        unknown_v4: None,
        unknown_v6: None,
        ipv6: Tri::No,
        proxy_arp: Tri::No,
    });
    i
}

/// Two networks, a default route, and a list that denies the web to one host.
fn core(sources: &mut SourceMap) -> Device {
    let (mut d, at) = config(sources, 9);
    d.forwards_v4 = Tri::Yes;
    d.interfaces.push(routed("e0", "10.0.0.1", "10.0.0.0/24", at[1]));
    d.interfaces.push(routed("e1", "10.0.1.1", "10.0.1.0/24", at[2]));
    let host = Cube::any()
        .with(Field::Dst, FieldSet::one(addr_bits("192.0.2.9".parse().unwrap())))
        .with(Field::Dport, FieldSet::range(80, 81))
        .with(Field::Fragment, FieldSet::one(0));
    let line = |action, matches, span| Line {
        action,
        matches,
        span,
        conditions: vec!["time-range T".to_owned()],
        origins: Vec::new(),
        stateless_reply: false,
        opens: false,
        replies: None,
    };
    d.lists.push(RuleList {
        name: "101".to_owned(),
        family: Family::V4,
        lines: vec![
            line(Action::Deny, Predicate::exact(vec![host]), at[5]),
            line(Action::Permit, Predicate::any(), at[6]),
        ],
        default: Action::Deny,
        span: Some(at[4]),
        stateful: false,
        default_opens: false,
    });
    d.interfaces[0].ingress.push(Stage::Filter { list: ListId(0), span: at[3] });
    d.vrfs[0].routes.push(Route {
        prefix: Prefix::parse("0.0.0.0/0").unwrap(),
        next_hop: NextHop::Via { addr: "10.0.1.9".parse().unwrap(), interface: None, vrf: None },
        distance: 1,
        conditional: false,
        span: at[7],
    });
    d
}

fn web(dport: u128) -> sekisho_net::Packet {
    let addr = |a: &str| addr_bits(a.parse().unwrap());
    sekisho_net::Packet::zero(Family::V4)
        .with(Field::Src, addr("10.0.0.7"))
        .with(Field::Dst, addr("192.0.2.9"))
        .with(Field::Proto, 6)
        .with(Field::Dport, dport)
}

#[test]
fn a_device_walks_as_it_was_written() {
    let mut sources = SourceMap::default();
    let d = core(&mut sources);
    let n = network(&[d], &sources, &[], &[]);
    validate(&n).unwrap();
    let start = Start::Ingress(Port { device: 0, interface: 0 });
    let denied = walk(&n, start, packet(&web(80)));
    assert_eq!(denied.disposition(), Some(Disposition::DeniedIn));
    assert_eq!(denied.branches[0].hops[0].steps[0].place.as_deref(), Some("core1.cfg:6"));
    let passed = walk(&n, start, packet(&web(443)));
    assert_eq!(passed.disposition(), Some(Disposition::ExitsNetwork));
    let steps = &passed.branches[0].hops[0].steps;
    let places: Vec<_> = steps.iter().filter_map(|s| s.place.as_deref()).collect();
    assert_eq!(places, ["core1.cfg:7", "core1.cfg:8"]);
    let later = packet(&web(80).with(Field::Fragment, 1));
    assert_eq!(walk(&n, start, later).disposition(), Some(Disposition::ExitsNetwork));
}

#[test]
fn lists_decide_alike_before_and_after() {
    let mut sources = SourceMap::default();
    let d = core(&mut sources);
    let n = network(std::slice::from_ref(&d), &sources, &[], &[]);
    for dport in [0, 79, 80, 81, 82, 65_535] {
        for fragment in [0, 1] {
            let p = web(dport).with(Field::Fragment, fragment);
            let line = d.lists[0].lines.iter().position(|l| l.matches.must_match(&p));
            let decision = plain::decide_list(&n, 0, 0, &packet(&p)).unwrap();
            assert_eq!(decision.deciders[0].line, line, "{p}");
        }
    }
}

#[test]
fn predicates_keep_must_and_may_apart() {
    let exact = predicate(&Predicate::any(), Family::V4);
    assert_eq!((exact.may.len(), exact.must), (1, None));
    let unknown = predicate(&Predicate::unknown(), Family::V4);
    assert_eq!((unknown.may.len(), unknown.must), (1, Some(vec![])));
}

#[test]
fn field_sets_are_cut_to_their_width() {
    let wide = FieldSet::Ranges(vec![(0, u128::MAX), (5, 4), (1 << 32, u128::MAX)]);
    let c = cube(&Cube::any().with(Field::Src, wide), Family::V4);
    let all = ("0.0.0.0".parse().unwrap(), "255.255.255.255".parse().unwrap());
    assert_eq!(c.src, Some(format::Values::Ranges(vec![all])));
    let odd = cube(&Cube::any().with(Field::Dst, FieldSet::mask(0x0a02_0001, 0xffff_0001)), Family::V4);
    let expected =
        format::Values::Mask { value: "10.2.0.1".parse().unwrap(), care: "255.255.0.1".parse().unwrap() };
    assert_eq!(odd.dst, Some(expected));
    let six = cube(&Cube::any().with(Field::Dst, FieldSet::one(1)), Family::V6);
    assert_eq!(six.dst, Some(format::Values::Ranges(vec![("::1".parse().unwrap(), "::1".parse().unwrap())])));
}

#[test]
fn packets_keep_every_field() {
    let p = web(80).with(Field::Sport, 1234).with(Field::Flags, 0x12).with(Field::IcmpType, 8);
    let p = p.with(Field::IcmpCode, 3).with(Field::Translated, 1).with(Field::Src0, 0x0a00_0063);
    let plain = packet(&p);
    assert_eq!((plain.sport, plain.dport, plain.proto), (1234, 80, 6));
    assert_eq!((plain.flags, plain.icmp_type, plain.icmp_code), (0x12, 8, 3));
    assert_eq!(plain.src0, Some("10.0.0.99".parse().unwrap()));
    assert_eq!(packet(&p.with(Field::Translated, 0)).src0, None);
}

#[test]
fn what_cannot_be_said_is_widened() {
    let mut sources = SourceMap::default();
    let (mut d, at) = config(&mut sources, 3);
    let rule = |field, target| NatRule {
        family: Family::V4,
        matches: Predicate::any(),
        rewrites: vec![Rewrite { field, target }],
        may_skip: false,
        span: at[1],
    };
    let shift = Target::Shift {
        from: Prefix::parse("10.0.0.0/24").unwrap(),
        to: Prefix::parse("10.1.0.0/16").unwrap(),
    };
    d.nats.push(NatTable { name: "N".to_owned(), rules: vec![rule(Field::Src, shift)] });
    let n = network(std::slice::from_ref(&d), &sources, &[], &[]);
    assert_eq!(n.devices[0].nats[0].rules[0].rewrites, [format::Rewrite::Src(format::Target::Unknown)]);
    assert!(n.devices[0].poisons.is_empty());
    d.nats[0].rules.push(rule(Field::Proto, Target::Unknown));
    let n = network(&[d], &sources, &[], &[]);
    assert_eq!(n.devices[0].poisons[0].scope, format::Scope::Device);
}

#[test]
fn links_neighbours_relays_and_poison() {
    let mut sources = SourceMap::default();
    let mut d = core(&mut sources);
    let span = d.interfaces[0].span;
    d.interfaces[0].relays.push(model::Relay {
        to: "10.0.1.5".parse().unwrap(),
        ports: vec![PortRange::new(67, 68).unwrap()],
        vrf: VrfId(0),
        span,
    });
    d.poisons.push(Poison { scope: Scope::Anywhere, span, why: "cut off".to_owned() });
    d.poisons.push(Poison { scope: Scope::Interface(InterfaceId(1)), span, why: "unread".to_owned() });
    let link = PortLink { a: (0, InterfaceId(0)), b: (0, InterfaceId(1)) };
    let known = KnownNeighbour { addresses: vec!["10.0.1.9".parse().unwrap()], forwards: Tri::Unknown };
    let n = network(&[d], &sources, &[link], &[known]);
    validate(&n).unwrap();
    assert_eq!(n.links, [((0, 0).into(), (0, 1).into())]);
    assert_eq!(n.known_neighbours[0].forwards, format::Tri::Unknown);
    assert_eq!(n.devices[0].interfaces[0].relays[0].ports, [(67, 68)]);
    let scopes: Vec<_> = n.devices[0].poisons.iter().map(|p| p.scope.clone()).collect();
    assert_eq!(scopes, [format::Scope::Anywhere, format::Scope::Interface(1)]);
}
