//! Whether the claims of a certificate are true: packets at the edges of its model, walked one by one.
//!
//! Who is where is told here in the plainest way: a zone is on the segments of the interfaces that it
//! names, of the routed interfaces inside its subnets, VLANs, VRFs and devices. What is not certain to be
//! there is left out, so that whatever is found to arrive does arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_checker::{Attach, Certificate, Routing};
use sekisho_plain::address::number;
use sekisho_plain::format::{Cube, Network, Port, Values};
use sekisho_plain::{Family, Segments};
use sekisho_reference::{Options, Packet, Reference, Start};

use crate::mutant::Rng;

/// Packets per source and place.
const PACKETS: usize = 48;

/// Where a declared domain certainly is.
#[derive(Default)]
struct Home {
    starts: Vec<Port>,
    segments: BTreeSet<usize>,
    /// Neighbours behind which it lies, with their segments.
    hops: Vec<(usize, IpAddr)>,
}

/// Walks packets for the accepted claims: how many, and claims that one of them breaks.
pub fn untrue(certificate: &Certificate, accepted: &[usize], rng: &mut Rng) -> (usize, Vec<String>) {
    let network = &certificate.model;
    let Ok(reference) = Reference::new(network) else {
        return (0, vec!["the model is malformed".to_owned()]);
    };
    let zones = certificate.policy.zones.iter().map(|z| (&z.id, &z.attach));
    let externals = certificate.policy.externals.iter().map(|e| (&e.id, &e.attach));
    let homes: BTreeMap<&String, Home> =
        zones.chain(externals).map(|(id, attach)| (id, home(network, &reference.segments, attach))).collect();
    let edges = Edges::of(certificate);
    let mut by_source: BTreeMap<(&String, bool, bool), Vec<usize>> = BTreeMap::new();
    for &at in accepted {
        let claim = &certificate.claims[at];
        let invariant = &certificate.invariants[claim.invariant];
        let key = (&claim.from, invariant.routing == Routing::Any, invariant.source_routes);
        by_source.entry(key).or_default().push(at);
    }
    let mut walked = 0;
    let mut broken = BTreeMap::new();
    for ((from, any_routing, source_route), claims) in by_source {
        let Some(source) = homes.get(from) else { continue };
        let options = Options { any_routing, source_route, budget: 4_000, ..Options::default() };
        for &start in &source.starts {
            for _ in 0..PACKETS {
                let packet = edges.draw(rng);
                let walk = reference.walk(Start::Segment(start), packet, options);
                walked += 1;
                for &at in &claims {
                    let claim = &certificate.claims[at];
                    let Some(target) = homes.get(&claim.to) else { continue };
                    if let Some(text) = arrives(certificate, at, target, &walk) {
                        broken.entry(at).or_insert_with(|| {
                            format!("{} -> {}: {packet} sent at {start:?}: {text}", claim.from, claim.to)
                        });
                    }
                }
            }
        }
    }
    (walked, broken.into_values().collect())
}

/// What arrives at a target on some way, and is not permitted.
fn arrives(
    certificate: &Certificate,
    at: usize,
    target: &Home,
    walk: &sekisho_reference::Walk,
) -> Option<String> {
    for branch in &walk.branches {
        if let Some(havoc) = &branch.havoc {
            // Anything may be on the wire there.
            let loose = |p: &Port| on(certificate, *p).is_some_and(|s| target.segments.contains(&s));
            if havoc.leaves.iter().any(loose) && !permits_all(certificate, at) {
                return Some(format!("anything is let loose by {:?}", havoc.place));
            }
        }
        // Only the last header is known where it was: earlier ones may have been translated since.
        let last = branch.wires.last();
        let on_wire = last.is_some_and(|w| target.segments.contains(&w.may));
        let handed = last.is_some_and(|w| {
            branch.end.target.is_some_and(|addr| target.hops.contains(&(w.may, addr)))
                && branch.hops.iter().len() > 0
        });
        let passed = branch.disposition.is_passed() && branch.havoc.is_none();
        let gone = branch.end.out_interface.is_some() || branch.hops.is_empty();
        if passed && gone && (on_wire || handed) && !permitted(certificate, at, &branch.end.packet) {
            return Some(format!(
                "arrives as {} ({:?} {})",
                branch.end.packet, branch.disposition, branch.why
            ));
        }
    }
    None
}

fn on(certificate: &Certificate, port: Port) -> Option<usize> {
    Segments::new(&certificate.model).may(port).into_iter().next()
}

/// Whether no header at all is forbidden for a claim.
fn permits_all(certificate: &Certificate, at: usize) -> bool {
    let claim = &certificate.claims[at];
    let replies = claim.leans_on.iter().any(|id| id == "tcp-reply");
    let entries = certificate.policy.whitelist.iter();
    let mut mine = entries.filter(|e| e.from == claim.from && e.to == claim.to && (replies || !e.replies));
    mine.any(|e| e.cubes.contains(&Cube::default()))
}

fn permitted(certificate: &Certificate, at: usize, packet: &Packet) -> bool {
    let claim = &certificate.claims[at];
    let replies = claim.leans_on.iter().any(|id| id == "tcp-reply");
    let family = Family::of(packet.dst);
    // Nobody outside a device sees what it notes on a packet.
    let packet = Packet { mark: 0, ..*packet };
    certificate.policy.whitelist.iter().any(|e| {
        e.from == claim.from
            && e.to == claim.to
            && e.family == family
            && (replies || !e.replies)
            && e.cubes.iter().any(|c| c.contains(&packet))
    })
}

fn home(network: &Network, segments: &Segments, attach: &Attach) -> Home {
    let mut home = Home::default();
    let mut ports: BTreeSet<Port> = attach.interfaces.iter().copied().collect();
    for (port, interface) in network.ports() {
        let alone = |port: Port| {
            let here: Vec<usize> = segments.may(port);
            let others = network.ports().filter(|(p, i)| {
                *p != port && i.l3.is_some() && segments.may(*p).iter().any(|s| here.contains(s))
            });
            others.count() == 0
        };
        let vlan = interface.svi_vlan.is_some_and(|vlan| {
            let has = network.device(port.device).is_some_and(|d| d.vlans.contains(&vlan));
            has && attach.vlans.iter().any(|(d, v)| *v == vlan && d.is_none_or(|d| d == port.device))
        });
        let inside = interface.l3.as_ref().is_some_and(|l3| {
            let vrf = attach.vrfs.contains(&(port.device, l3.vrf));
            let device = attach.devices.contains(&port.device);
            let subnet =
                l3.addresses.iter().any(|a| !a.shared && attach.subnets.iter().any(|s| s.overlaps(a.prefix)));
            vrf || device || subnet
        });
        // With others on the wire it may be a link between devices.
        if network.is_up(port) && interface.is_attached() && (vlan || (inside && alone(port))) {
            ports.insert(port);
        }
    }
    for port in ports.into_iter().filter(|p| network.is_up(*p)) {
        let here = segments.may(port);
        // A switched port may carry several segments: which is sent on is up to the sender.
        if here.len() == 1 {
            home.starts.push(port);
            home.segments.extend(here);
        }
    }
    for &addr in &attach.next_hops {
        for (port, interface) in network.ports().filter(|(p, _)| network.is_up(*p)) {
            if interface.connected().any(|a| a.prefix.contains(addr)) {
                home.hops.extend(segments.may(port).into_iter().map(|s| (s, addr)));
                home.starts.push(port);
            }
        }
    }
    home
}

/// Values at and beside the edges of everything that tests or changes a header.
struct Edges {
    v4: Vec<IpAddr>,
    v6: Vec<IpAddr>,
    ports: Vec<u16>,
    protos: Vec<u8>,
    flags: Vec<u8>,
    types: Vec<u8>,
    cubes: Vec<(Family, Cube)>,
}

impl Edges {
    fn of(certificate: &Certificate) -> Self {
        let mut cubes: Vec<(Family, Cube)> = Vec::new();
        for device in &certificate.model.devices {
            for list in &device.lists {
                cubes
                    .extend(list.lines.iter().flat_map(|l| &l.matches.may).map(|c| (list.family, c.clone())));
            }
            for rule in device.nats.iter().flat_map(|n| &n.rules) {
                cubes.extend(rule.matches.may.iter().map(|c| (rule.family, c.clone())));
            }
            for entry in device.policy_routes.iter().flat_map(|p| &p.entries) {
                cubes.extend(entry.matches.may.iter().map(|c| (entry.family, c.clone())));
            }
        }
        let whitelist = certificate.policy.whitelist.iter();
        cubes.extend(whitelist.flat_map(|e| e.cubes.iter().map(|c| (e.family, c.clone()))));
        let mut addresses: BTreeSet<IpAddr> = BTreeSet::new();
        let mut around = |addr: IpAddr| {
            let family = Family::of(addr);
            let n = number(addr);
            let near = [n.saturating_sub(1), n, n.saturating_add(1).min(family.max())];
            addresses.extend(near.map(|n| family.address(n)));
        };
        let (mut ports, mut protos) =
            (BTreeSet::from([0, 40_000, 65_535]), BTreeSet::from([1, 6, 17, 47, 58]));
        let (mut flags, mut types) = (BTreeSet::from([0, 2, 16, 4]), BTreeSet::from([0, 8, 128, 129]));
        for (_, cube) in &cubes {
            for values in [&cube.dst, &cube.src, &cube.src0].into_iter().flatten() {
                ends(values).into_iter().for_each(&mut around);
            }
            for values in [&cube.dport, &cube.sport].into_iter().flatten() {
                ports.extend(
                    ends(values).into_iter().flat_map(|p| [p.saturating_sub(1), p, p.saturating_add(1)]),
                );
            }
            let narrow = |v: &Values<u16>| {
                ends(v).into_iter().filter_map(|v| u8::try_from(v).ok()).collect::<Vec<_>>()
            };
            protos.extend(cube.proto.iter().flat_map(narrow));
            flags.extend(cube.flags.iter().flat_map(narrow));
            types.extend(cube.icmp_type.iter().chain(&cube.icmp_code).flat_map(narrow));
        }
        for (_, interface) in certificate.model.ports() {
            for address in interface.addresses() {
                around(address.addr);
                around(address.prefix.family().address(address.prefix.first()));
                around(address.prefix.family().address(address.prefix.last()));
            }
        }
        for device in &certificate.model.devices {
            for rewrite in device.nats.iter().flat_map(|n| &n.rules).flat_map(|r| &r.rewrites) {
                use sekisho_plain::format::{Rewrite, Target};
                if let Rewrite::Src(Target::OneOf(v)) | Rewrite::Dst(Target::OneOf(v)) = rewrite {
                    ends(v).into_iter().for_each(&mut around);
                }
            }
        }
        let zones = certificate.policy.zones.iter().map(|z| &z.attach);
        for attach in zones.chain(certificate.policy.externals.iter().map(|e| &e.attach)) {
            attach.next_hops.iter().copied().for_each(&mut around);
            for subnet in &attach.subnets {
                around(subnet.family().address(subnet.first()));
                around(subnet.family().address(subnet.last()));
            }
        }
        let (v4, v6) = addresses.into_iter().partition(IpAddr::is_ipv4);
        let list = |set: BTreeSet<u8>| set.into_iter().collect();
        Self {
            v4,
            v6,
            ports: ports.into_iter().collect(),
            protos: list(protos),
            flags: list(flags),
            types: list(types),
            cubes,
        }
    }

    /// A packet: inside some test of the model where that says something, at edges elsewhere.
    fn draw(&self, rng: &mut Rng) -> Packet {
        let guide = (!self.cubes.is_empty() && rng.below(4) > 0).then(|| rng.pick(&self.cubes).clone());
        let family = match &guide {
            Some((family, _)) => *family,
            None if self.v6.is_empty() || rng.below(3) > 0 => Family::Ipv4,
            None => Family::Ipv6,
        };
        let all = if family == Family::Ipv4 { &self.v4 } else { &self.v6 };
        let cube = guide.map(|(_, cube)| cube).unwrap_or_default();
        let mut addr = |values: &Option<Values<IpAddr>>| match values {
            Some(v) if !ends(v).is_empty() => *rng.pick(&ends(v)),
            _ => {
                if all.is_empty() {
                    family.address(1)
                } else {
                    *rng.pick(all)
                }
            }
        };
        let (dst, src) = (addr(&cube.dst), addr(&cube.src));
        // A mutant may mix families in one test.
        let own =
            |a: IpAddr| if Family::of(a) == family { a } else { family.address(number(a) & family.max()) };
        let mut small = |values: &Option<Values<u16>>, usual: u16| match values {
            Some(v) if !ends(v).is_empty() => *rng.pick(&ends(v)),
            _ => usual,
        };
        let (proto, dport, sport) =
            (small(&cube.proto, 999), small(&cube.dport, 999), small(&cube.sport, 999));
        let (flags, kind, code) =
            (small(&cube.flags, 999), small(&cube.icmp_type, 999), small(&cube.icmp_code, 0));
        let fragment = small(&cube.fragment, 0);
        let byte = |v: u16| u8::try_from(v).ok();
        let proto = byte(proto).unwrap_or_else(|| *rng.pick(&self.protos));
        let sport = if sport == 999 { *rng.pick(&self.ports) } else { sport };
        let dport = if dport == 999 { *rng.pick(&self.ports) } else { dport };
        Packet {
            flags: byte(flags).unwrap_or_else(|| *rng.pick(&self.flags)),
            icmp_type: byte(kind).unwrap_or_else(|| *rng.pick(&self.types)),
            icmp_code: byte(code).unwrap_or(0),
            later_fragment: fragment == 1 || rng.below(12) == 0,
            ..Packet::new(own(src), own(dst), proto).ports(sport, dport)
        }
    }
}

/// The ends of the ranges of a set of values, and two values of a bit pattern.
fn ends<T: Copy>(values: &Values<T>) -> Vec<T> {
    match values {
        Values::Ranges(all) => all.iter().flat_map(|(lo, hi)| [*lo, *hi]).collect(),
        Values::Mask { value, care: _ } => vec![*value],
    }
}
