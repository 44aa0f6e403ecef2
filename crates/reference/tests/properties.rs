//! Random networks: their JSON comes back the same, broken ones are refused, and nothing panics.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "semantics/build.rs"]
#[expect(dead_code, reason = "the builders are shared with the tests of the rules")]
mod build;

use std::net::IpAddr;

use build::With;
use sekisho_reference::format::*;
use sekisho_reference::{
    Branch, Disposition, Family, Options, Packet, Prefix, Reference, Start, Walk, trace_json, validate,
};

/// A small deterministic source of numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn flip(&mut self, one_in: usize) -> bool {
        self.roll(one_in) == 0
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())].clone()
    }

    fn many<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.roll(most + 1)).map(|_| make(self)).collect()
    }

    fn perhaps<T>(&mut self, one_in: usize, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flip(one_in).then(|| make(self))
    }

    fn small(&mut self, below: u8) -> u8 {
        u8::try_from(self.roll(below.into())).unwrap()
    }

    fn tri(&mut self) -> Tri {
        self.pick(&[Tri::No, Tri::Unknown, Tri::Yes, Tri::Yes])
    }

    fn family(&mut self) -> Family {
        self.pick(&[Family::Ipv4, Family::Ipv4, Family::Ipv4, Family::Ipv6])
    }

    /// A few networks and hosts, so that things meet.
    fn addr(&mut self, family: Family) -> IpAddr {
        let (net, host) = (self.small(4), self.pick(&[1u8, 2, 3, 9, 255]));
        match family {
            Family::Ipv4 if self.flip(20) => {
                self.pick(&["224.0.0.5", "127.0.0.1", "255.255.255.255"]).parse().unwrap()
            }
            Family::Ipv6 if self.flip(10) => self.pick(&["fe80::1", "ff02::1", "::1"]).parse().unwrap(),
            Family::Ipv4 => IpAddr::from([10, 0, net, host]),
            Family::Ipv6 => IpAddr::from([0x2001, 0xdb8, net.into(), 0, 0, 0, 0, host.into()]),
        }
    }

    fn prefix(&mut self, family: Family) -> Prefix {
        let len = match family {
            Family::Ipv4 => self.pick(&[0, 8, 16, 24, 24, 25, 30, 32]),
            Family::Ipv6 => self.pick(&[0, 32, 48, 64, 127, 128]),
        };
        Prefix::new(self.addr(family), len).unwrap()
    }

    fn addrs(&mut self, family: Family) -> Option<Values<IpAddr>> {
        self.perhaps(2, |d| {
            if d.flip(6) {
                let low: IpAddr = if family == Family::Ipv4 { "0.0.0.3" } else { "::3" }.parse().unwrap();
                return Values::Mask { value: d.addr(family), care: low };
            }
            Values::Ranges(d.many(2, |d| {
                let p = d.prefix(family);
                (family.address(p.first()), family.address(p.last()))
            }))
        })
    }

    fn numbers(&mut self, all: &[u16]) -> Option<Values<u16>> {
        let (lo, hi) = (self.pick(all), self.pick(all));
        self.perhaps(3, |d| {
            if d.flip(4) { Values::Mask { value: lo, care: hi } } else { Values::Ranges(vec![(lo, hi)]) }
        })
    }

    fn cube(&mut self, family: Family) -> Cube {
        Cube {
            dst: self.addrs(family),
            proto: self.numbers(&[6, 17]),
            dport: self.numbers(&[53, 67, 80]),
            sport: self.numbers(&[1, 1024, 65_535]),
            flags: self.numbers(&[2, 16]),
            icmp_type: self.numbers(&[0, 8]),
            icmp_code: self.numbers(&[0, 1]),
            fragment: self.numbers(&[0, 1]),
            translated: self.perhaps(9, |_| Values::Ranges(vec![(0, 0)])),
            src0: None,
            mark: None,
            src: self.addrs(family),
        }
    }

    fn predicate(&mut self, family: Family) -> Predicate {
        let may = self.many(2, |d| d.cube(family));
        let must = self.perhaps(3, |d| if d.flip(2) { Vec::new() } else { may.clone() });
        Predicate { may, must }
    }

    fn action(&mut self) -> Action {
        self.pick(&[Action::Permit, Action::Permit, Action::Deny, Action::Unknown])
    }

    fn place(&mut self) -> String {
        format!("r.cfg:{}", self.roll(99) + 1)
    }

    fn list(&mut self) -> List {
        let family = self.family();
        let lines = self.many(3, |d| Line {
            action: d.action(),
            matches: d.predicate(family),
            place: d.place(),
            conditions: Vec::new(),
            opens: false,
            replies: None,
        });
        List {
            name: "L".to_owned(),
            family,
            lines,
            default: self.action(),
            place: self.perhaps(2, Self::place),
            stateful: false,
            default_opens: false,
        }
    }

    fn target(&mut self, family: Family) -> Target<IpAddr> {
        match self.roll(4) {
            0 => Target::Unknown,
            1 => {
                let (a, b) = (self.addr(family), self.addr(family));
                let len = if family == Family::Ipv4 { 24 } else { 64 };
                Target::Shift { from: Prefix::new(a, len).unwrap(), to: Prefix::new(b, len).unwrap() }
            }
            _ => {
                let p = self.prefix(family);
                Target::OneOf(Values::Ranges(vec![(family.address(p.first()), family.address(p.last()))]))
            }
        }
    }

    fn nat(&mut self) -> Nat {
        let rules = self.many(2, |d| {
            let family = d.family();
            let rewrites = d.many(2, |d| match d.roll(4) {
                0 => Rewrite::Src(d.target(family)),
                1 => Rewrite::Dst(d.target(family)),
                2 => Rewrite::Sport(Target::OneOf(Values::Ranges(vec![(1024, 65_535)]))),
                _ => Rewrite::Dport(Target::OneOf(Values::Ranges(vec![(80, 80)]))),
            });
            NatRule { family, matches: d.predicate(family), rewrites, may_skip: d.flip(4), place: d.place() }
        });
        Nat { name: "N".to_owned(), rules }
    }

    fn policy(&mut self, interfaces: usize) -> PolicyRoute {
        let entries = self.many(2, |d| {
            let family = d.family();
            let action = match d.roll(7) {
                0 => PolicyAction::Normal,
                1 => PolicyAction::NextHops { addresses: d.many(2, |d| d.addr(family)), certain: d.flip(2) },
                2 => PolicyAction::DefaultNextHops(d.many(2, |d| d.addr(family))),
                3 => PolicyAction::Interfaces(d.many(2, |d| d.roll(interfaces))),
                4 => PolicyAction::Vrf(d.roll(2)),
                5 => PolicyAction::Drop,
                _ => PolicyAction::Unknown,
            };
            PolicyEntry { family, matches: d.predicate(family), action, place: d.place() }
        });
        PolicyRoute { name: "P".to_owned(), entries, place: self.perhaps(2, Self::place) }
    }

    fn stage(&mut self, ingress: bool) -> Stage {
        let place = self.place();
        match self.roll(8) {
            0 | 1 => Stage::Filter { list: self.roll(2), place },
            2 => {
                let (strict, allow_default) = (self.flip(2), self.flip(2));
                Stage::AntiSpoof { family: self.family(), strict, allow_default, place }
            }
            3 => Stage::Nat { table: self.roll(2), place },
            4 if ingress => Stage::PolicyRoute { policy: 0, place },
            5 => Stage::When { from: self.many(2, |d| d.roll(2)), stage: Box::new(self.stage(ingress)) },
            6 => Stage::MayDrop { place, why: "inspection".to_owned() },
            _ => Stage::Filter { list: 0, place },
        }
    }

    fn next_hop(&mut self, family: Family, interfaces: usize) -> NextHop {
        match self.roll(8) {
            0 => NextHop::Interface(self.roll(interfaces)),
            1 => NextHop::Discard,
            2 => self.pick(&[NextHop::Receive, NextHop::Unknown]),
            _ => NextHop::Via {
                addr: self.addr(family),
                interface: self.perhaps(4, |d| d.roll(interfaces)),
                vrf: self.perhaps(6, |d| d.roll(2)),
            },
        }
    }

    fn vrf(&mut self, interfaces: usize) -> Vrf {
        let routes = self.many(4, |d| {
            let family = d.family();
            Route {
                prefix: d.prefix(family),
                next_hop: d.next_hop(family, interfaces),
                distance: d.pick(&[1, 1, 200]),
                conditional: d.flip(6),
                place: d.place(),
            }
        });
        let tables = self.many(1, |d| {
            let family = d.family();
            let rows = d.many(4, |d| Row {
                prefix: d.prefix(family),
                next_hop: d.next_hop(family, interfaces),
                protocol: "ospf".to_owned(),
                backup: d.flip(5),
                place: d.place(),
            });
            Table { family, rows, complete: !d.flip(4), garbled: d.many(1, Self::place) }
        });
        Vrf {
            routes,
            tables,
            unknown_routes: self.many(1, |d| (d.family(), d.place())),
            leaks: self.perhaps(4, |d| Leak { from: d.roll(2), place: d.place() }).into_iter().collect(),
            multicast: self.perhaps(6, |d| (d.family(), d.place())).into_iter().collect(),
            ..build::vrf("v")
        }
    }

    fn interface(&mut self, at: usize) -> Interface {
        let kinds = [
            Kind::Physical,
            Kind::Physical,
            Kind::Physical,
            Kind::Svi,
            Kind::Subinterface,
            Kind::Aggregate,
            Kind::Loopback,
            Kind::Tunnel,
            Kind::Null,
            Kind::Other,
        ];
        let kind = self.pick(&kinds);
        let vlan = |d: &mut Self| d.pick(&[1u16, 10, 20, 4094]);
        let l2 = self.perhaps(3, |d| L2 {
            mode: d.pick(&[Mode::Access, Mode::Trunk, Mode::Dynamic]),
            access_vlan: vlan(d),
            voice_vlan: d.perhaps(4, vlan),
            allowed: d.pick(&[vec![(1, 4094)], vec![(10, 10), (15, 30)], vec![]]),
            native_vlan: vlan(d),
        });
        let l3 = (l2.is_none() && !self.flip(6)).then(|| L3 {
            vrf: self.pick(&[0, 0, 1]),
            addresses: self.many(2, |d| {
                let family = d.family();
                let addr = d.addr(family);
                let shared = d.flip(6);
                let len =
                    if shared { family.bits() } else { d.pick(&[family.bits() - 8, family.bits() - 2]) };
                Address { addr, prefix: Prefix::new(addr, len).unwrap(), shared, place: d.place() }
            }),
            unknown_v4: self.perhaps(8, Self::place),
            unknown_v6: self.perhaps(8, Self::place),
            ipv6: self.tri(),
            proxy_arp: self.tri(),
        });
        let tunnel = (kind == Kind::Tunnel).then(|| {
            let family = self.family();
            Tunnel {
                destination: self.perhaps(2, |d| d.addr(family)),
                source: self.perhaps(2, |d| d.addr(family)),
                authenticated: self.flip(2),
                place: self.place(),
            }
        });
        build::plain(&format!("i{at}")).with(|i| {
            i.up = !self.flip(10);
            i.kind = kind;
            i.parent = (kind == Kind::Subinterface).then(|| self.roll(3));
            i.encapsulation =
                self.pick(&[Encapsulation::Untagged, Encapsulation::Vlan(10), Encapsulation::Unknown]);
            i.aggregate = self.perhaps(8, |d| d.roll(3));
            i.svi_vlan = (kind == Kind::Svi).then(|| vlan(self));
            (i.l2, i.l3, i.tunnel) = (l2, l3, tunnel);
            i.context = self.roll(2);
            i.ingress = self.many(2, |d| d.stage(true));
            i.egress = self.many(2, |d| d.stage(false));
            i.relays = self
                .perhaps(6, |d| Relay {
                    to: d.addr(Family::Ipv4),
                    ports: vec![(67, 68)],
                    vrf: d.roll(2),
                    place: d.place(),
                })
                .into_iter()
                .collect();
            i.multicast = self.perhaps(12, Self::place);
        })
    }

    fn network(&mut self) -> Network {
        let devices = (0..=self.roll(3)).map(|at| {
            let n = 3 + self.roll(3);
            build::device(&format!("d{at}"), (0..n).map(|i| self.interface(i)).collect()).with(|d| {
                d.vrfs = vec![self.vrf(n), self.vrf(n)];
                d.lists = vec![self.list(), self.list()];
                d.nats = vec![self.nat(), self.nat()];
                d.policy_routes = vec![self.policy(n)];
                (d.forwards_v4, d.forwards_v6) = (self.tri(), self.tri());
                (d.source_route, d.tags_native) = (self.tri(), self.tri());
                let scope = match self.roll(4) {
                    0 => Scope::Device,
                    1 => Scope::Anywhere,
                    2 => Scope::Interface(self.roll(n)),
                    _ => Scope::Routes { vrf: self.roll(2), family: self.family() },
                };
                d.poisons = self.perhaps(4, |_| build::poison(scope)).into_iter().collect();
            })
        });
        let devices: Vec<Device> = devices.collect();
        let n = devices.len();
        let links = self.many(2, |d| {
            let mut end = || Port { device: d.roll(n), interface: d.roll(3) };
            (end(), end())
        });
        let known_neighbours = self.many(1, |d| {
            let family = d.family();
            KnownNeighbour { addresses: d.many(2, |d| d.addr(family)), forwards: d.tri() }
        });
        Network { devices, links, same_ports: Vec::new(), known_neighbours }
    }

    fn packet(&mut self) -> Packet {
        let family = self.family();
        let proto = self.pick(&[1, 6, 17]);
        let (src, dst) = (self.addr(family), self.addr(family));
        Packet::new(src, dst, proto).ports(self.pick(&[1, 1024]), self.pick(&[53, 67, 80])).with(|p| {
            p.flags = self.pick(&[2, 16]);
            p.later_fragment = self.flip(8);
        })
    }

    fn start(&mut self, network: &Network) -> Start {
        let device = self.roll(network.devices.len());
        let port = Port { device, interface: self.roll(network.devices[device].interfaces.len()) };
        match self.roll(3) {
            0 => Start::Ingress(port),
            1 => Start::Segment(port),
            _ => Start::LookUp { port, vrf: self.roll(2) },
        }
    }
}

const RUNS: u64 = 600;
const OPTIONS: Options = Options { budget: 400, source_route: true, sure_only: false, any_routing: false };

#[test]
fn json_comes_back_the_same() {
    for seed in 1..=RUNS {
        let network = Dice(seed).network();
        let text = serde_json::to_string(&network).unwrap();
        assert_eq!(serde_json::from_str::<Network>(&text).unwrap(), network, "seed {seed}");
    }
}

#[test]
fn walks_of_random_networks_hold_together() {
    for seed in 1..=RUNS {
        let mut dice = Dice(seed * 7919);
        let network = dice.network();
        validate(&network).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let reference = Reference::new(&network).unwrap();
        for _ in 0..3 {
            let (start, packet) = (dice.start(&network), dice.packet());
            let walk = reference.walk(start, packet, OPTIONS);
            assert!(!walk.branches.is_empty(), "seed {seed}");
            assert_eq!(walk, reference.walk(start, packet, OPTIONS), "seed {seed}");
            let _ = trace_json(&network, &walk);
            for branch in &walk.branches {
                assert!(branch.wires.iter().all(|w| walk.wires.contains(w)), "seed {seed}");
                let steps = branch.hops.iter().flat_map(|h| &h.steps);
                assert!(!branch.sure || steps.into_iter().all(|s| s.sure), "seed {seed}");
                assert!(!branch.sure || branch.havoc.is_none(), "seed {seed}");
                assert!(!branch.sure || !branch.end.packet.is_martian(), "seed {seed}");
            }
            let sure = reference.walk(start, packet, Options { sure_only: true, ..OPTIONS });
            if !walk.exhausted && !sure.exhausted {
                // The same certain ends, whether the ways that are not certain are followed or not.
                let certain = |w: &Walk| -> Vec<Branch> {
                    let ended =
                        |b: &&Branch| b.sure && b.disposition != Disposition::Loop && b.end.device.is_some();
                    w.branches.iter().filter(ended).cloned().collect()
                };
                assert_eq!(certain(&walk), certain(&sure), "seed {seed}");
            }
        }
    }
}

/// Something poisoned may do more and certainly less.
#[test]
fn poison_takes_certainty_away() {
    for seed in 1..=RUNS {
        let mut dice = Dice(seed * 104_729);
        let network = dice.network().with(|n| n.devices.iter_mut().for_each(|d| d.poisons.clear()));
        let (start, packet) = (dice.start(&network), dice.packet());
        let device = dice.roll(network.devices.len());
        let sick = network.clone().with(|n| n.devices[device].poisons.push(build::poison(Scope::Device)));
        let walk = Reference::new(&sick).unwrap().walk(start, packet, OPTIONS);
        for branch in walk.branches.iter().filter(|b| b.sure) {
            assert!(branch.hops.iter().all(|h| h.device != device), "seed {seed}");
        }
    }
}

#[test]
fn mutated_json_never_panics() {
    for seed in 1..=RUNS {
        let mut dice = Dice(seed * 31);
        let network = dice.network();
        let (start, packet) = (dice.start(&network), dice.packet());
        let mut value = serde_json::to_value(&network).unwrap();
        for _ in 0..=dice.roll(3) {
            mutate(&mut value, &mut dice);
        }
        let Ok(network) = serde_json::from_value::<Network>(value) else { continue };
        match Reference::new(&network) {
            Ok(reference) => drop(reference.walk(start, packet, OPTIONS)),
            Err(_) => {
                let walk = sekisho_reference::walk(&network, start, packet);
                assert!(walk.branches.iter().all(|b| !b.sure && b.anywhere()), "seed {seed}");
            }
        }
    }
}

/// Changes a random leaf.
fn mutate(value: &mut serde_json::Value, dice: &mut Dice) {
    use serde_json::Value;
    match value {
        Value::Array(all) if !all.is_empty() => {
            let at = dice.roll(all.len());
            if dice.flip(12) {
                all.remove(at);
            } else {
                mutate(&mut all[at], dice);
            }
        }
        Value::Object(all) if !all.is_empty() => {
            let at = dice.roll(all.len());
            mutate(all.values_mut().nth(at).unwrap(), dice);
        }
        Value::Number(n) => *n = dice.pick(&[0u64, 1, 2, 7, 4095, u64::from(u32::MAX)]).into(),
        Value::Bool(b) => *b = !*b,
        Value::String(s) => {
            *s = dice.pick(&["no", "yes", "10.0.0.1", "0.0.0.0/0", "::/0", "tunnel", ""]).to_owned()
        }
        other => *other = serde_json::json!(dice.roll(5)),
    }
}
