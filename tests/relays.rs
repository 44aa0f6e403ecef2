//! Chains of sessions and gateways against a search over concrete hosts, on random small networks.
//!
//! One router stands between some zones and lets pass what its lists permit, some of it only at times. The
//! other side of the comparison knows hosts and permissions alone, and goes from host to host.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test may panic")]

#[path = "common/sample.rs"]
#[expect(dead_code, reason = "the samples are judged by other tests")]
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use sample::{AS_OF, Run};
use sekisho::graph::location::DomainId;
use sekisho::policy::Date;
use sekisho::proof::Verdict;

/// Networks, unless `SEKISHO_RELAYS` says how many.
const NETWORKS: u64 = 60;
/// Zones of a network.
const ZONES: u64 = 5;
/// Last bytes of the hosts of a zone; gateways have the first two.
const HOSTS: [u64; 5] = [2, 3, 4, 5, 6];

/// A stream of numbers by Sebastiano Vigna's splitmix64.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A host: zone and last byte.
type Host = (u64, u64);

/// What the router lets pass, or would if the list had it.
struct Permission {
    port: u64,
    from: u64,
    to: u64,
    /// One host; `None` is the whole subnet.
    src: Option<u64>,
    dst: Option<u64>,
    /// An address of another zone that everybody here claims as the source; the entry names none.
    claimed: Option<Host>,
    /// Whether the list has it, and whether only at times.
    listed: bool,
    sometimes: bool,
    /// Whether zones.toml has it.
    whitelisted: bool,
    via: Option<usize>,
}

impl Permission {
    fn sources(&self) -> Vec<Host> {
        HOSTS.iter().filter(|h| self.src.is_none_or(|s| s == **h)).map(|h| (self.from, *h)).collect()
    }

    fn targets(&self) -> Vec<Host> {
        HOSTS.iter().filter(|h| self.dst.is_none_or(|d| d == **h)).map(|h| (self.to, *h)).collect()
    }
}

/// A random network: permissions, and gateways by the zones of their legs.
struct Drawn {
    permissions: Vec<Permission>,
    gateways: Vec<(u64, u64)>,
}

impl Drawn {
    /// The addresses of a gateway: the second byte keeps two gateways apart.
    fn hosts(&self, gateway: usize) -> [Host; 2] {
        let (a, b) = self.gateways[gateway];
        let byte = HOSTS[gateway];
        [(a, byte), (b, byte)]
    }
}

fn draw(rng: &mut Rng) -> Drawn {
    let mut drawn = Drawn { permissions: Vec::new(), gateways: Vec::new() };
    for _ in 0..rng.below(3) {
        let a = rng.below(ZONES);
        drawn.gateways.push((a, (a + 1 + rng.below(ZONES - 1)) % ZONES));
    }
    for number in 0..4 + rng.below(6) {
        let from = rng.below(ZONES);
        let to = (from + 1 + rng.below(ZONES - 1)) % ZONES;
        let side = |rng: &mut Rng| rng.chance(60).then(|| HOSTS[rng.below(5) as usize]);
        let mut permission = Permission {
            port: 1000 + number,
            from,
            to,
            src: side(rng),
            dst: side(rng),
            claimed: None,
            listed: rng.chance(85),
            sometimes: rng.chance(25),
            whitelisted: rng.chance(90),
            via: None,
        };
        let legs: Vec<Host> = (0..drawn.gateways.len()).flat_map(|g| drawn.hosts(g)).collect();
        let foreign = legs.into_iter().find(|(zone, _)| *zone != from);
        if let Some(foreign) = foreign.filter(|_| rng.chance(15)) {
            permission.src = None;
            permission.claimed = Some(foreign);
        }
        // Flows that end at a leg go by the gateway, most of the time.
        for gateway in 0..drawn.gateways.len() {
            let ends = drawn.hosts(gateway);
            let leg = ends.iter().find(|(zone, _)| *zone == permission.to).copied();
            if let Some((_, byte)) = leg.filter(|_| rng.chance(50)) {
                permission.dst = Some(byte);
                permission.via = rng.chance(80).then_some(gateway);
                break;
            }
        }
        drawn.permissions.push(permission);
    }
    drawn
}

fn address(zone: u64, byte: Option<u64>) -> String {
    byte.map_or_else(|| format!("10.{zone}.0.0 0.0.0.7"), |b| format!("host 10.{zone}.0.{b}"))
}

/// The config of the router.
fn config(drawn: &Drawn) -> String {
    let mut out = "version 15.7\nhostname r1\nno ip source-route\nno ipv6 source-route\n".to_owned();
    out.push_str("time-range WORK\n periodic weekdays 8:00 to 17:00\n");
    for zone in 0..ZONES {
        write!(out, "interface GigabitEthernet0/{zone}\n ip address 10.{zone}.0.1 255.255.255.248\n")
            .unwrap();
        write!(out, " no ip proxy-arp\n ip access-group FROM-{zone} in\n").unwrap();
    }
    for zone in 0..ZONES {
        writeln!(out, "ip access-list extended FROM-{zone}").unwrap();
        for p in drawn.permissions.iter().filter(|p| p.listed && p.from == zone) {
            let src = p.claimed.map_or_else(|| address(p.from, p.src), |(z, b)| address(z, Some(b)));
            let dst = address(p.to, p.dst);
            let when = if p.sometimes { " time-range WORK" } else { "" };
            writeln!(out, " permit tcp {src} {dst} eq {}{when}", p.port).unwrap();
        }
        out.push_str(" deny ip any any\n");
    }
    out.push_str("end\n");
    out
}

fn policy(drawn: &Drawn) -> String {
    let mut out = "schema_version = 1\n".to_owned();
    for zone in 0..ZONES {
        write!(out, "[[zones]]\nid = \"z{zone}\"\nkind = \"other\"\nsubnets = [\"10.{zone}.0.0/29\"]\n")
            .unwrap();
    }
    let side = |zone: u64, byte: Option<u64>| {
        byte.map_or_else(|| format!("10.{zone}.0.0/29"), |b| format!("10.{zone}.0.{b}/32"))
    };
    for p in drawn.permissions.iter().filter(|p| p.whitelisted) {
        let (src, dst, port) = (side(p.from, p.src), side(p.to, p.dst), p.port);
        write!(out, "[[flows]]\nid = \"F{port}\"\nmatch = {{ from = \"z{}\", to = \"z{}\", ", p.from, p.to)
            .unwrap();
        let src = if p.claimed.is_some() { String::new() } else { format!("src = [\"{src}\"], ") };
        writeln!(out, "{src}dst = [\"{dst}\"], proto = \"tcp\", ports = [\"{port}\"] }}").unwrap();
        if let Some(gateway) = p.via {
            writeln!(out, "via = \"g{gateway}\"").unwrap();
        }
    }
    for (number, (a, b)) in drawn.gateways.iter().enumerate() {
        let byte = HOSTS[number];
        write!(out, "[[gateways]]\nid = \"g{number}\"\nkind = \"proxy\"\nports = [\"tcp/1-65535\"]\n")
            .unwrap();
        for (leg, zone) in [("leg_a", a), ("leg_b", b)] {
            writeln!(out, "{leg} = {{ zone = \"z{zone}\", hosts = [\"10.{zone}.0.{byte}\"] }}").unwrap();
        }
        out.push_str("forwarding = \"off\"\nevidence = { doc = \"D\", date = 2026-04-01 }\n");
    }
    out
}

/// The zones that somebody of a zone reaches from host to host, and by how many sessions at least. Taken away
/// are the entries by some gateways, and their hosts; not what passes without an entry.
fn walk(drawn: &Drawn, from: u64, sure: bool, without: &[usize]) -> BTreeMap<u64, usize> {
    let gone: BTreeSet<Host> = without.iter().flat_map(|g| drawn.hosts(*g)).collect();
    let everybody = |zone: u64| HOSTS.iter().map(move |h| (zone, *h));
    let mut steps: BTreeMap<Host, usize> = everybody(from).map(|h| (h, 0)).collect();
    let mut work: Vec<Host> = everybody(from).collect();
    while !work.is_empty() {
        let mut next = Vec::new();
        for host in work {
            // A gateway may open a session on its other side for whoever is on this one.
            for gateway in (0..drawn.gateways.len()).filter(|g| !sure && !without.contains(g)) {
                let legs = drawn.hosts(gateway);
                let others = legs.iter().filter(|l| legs.contains(&host) && l.0 != host.0);
                for (zone, _) in others {
                    if !steps.contains_key(&(*zone, HOSTS[0])) {
                        let here = steps[&host] + 1;
                        steps.extend(everybody(*zone).map(|h| (h, here)));
                        next.extend(everybody(*zone));
                    }
                }
            }
            for p in drawn.permissions.iter().filter(|p| p.listed && !(sure && p.sometimes)) {
                let taken = p.whitelisted && p.via.is_some_and(|g| without.contains(&g));
                if taken || !p.sources().contains(&host) || (p.whitelisted && gone.contains(&host)) {
                    continue;
                }
                let arrives = p.targets().iter().any(|t| !(p.whitelisted && gone.contains(t)));
                if arrives && !steps.contains_key(&(p.to, HOSTS[0])) {
                    // Whoever is in the zone is as good as everybody there.
                    let here = steps[&host] + 1;
                    steps.extend(everybody(p.to).map(|h| (h, here)));
                    next.extend(everybody(p.to));
                }
            }
        }
        work = next;
    }
    steps.into_iter().map(|((zone, _), n)| (zone, n)).collect()
}

fn judge(drawn: &Drawn) -> Run {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("r1.cfg"), config(drawn)).unwrap();
    let loaded =
        sample::load(dir.path(), &policy(drawn)).unwrap_or_else(|s| panic!("{}\n{}", s.0, policy(drawn)));
    loaded.judge(Date::parse(AS_OF).unwrap()).unwrap()
}

#[test]
fn chains_and_gateways_are_those_of_hosts() {
    let wanted = std::env::var("SEKISHO_RELAYS").ok().and_then(|n| n.parse().ok()).unwrap_or(NETWORKS);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..=wanted {
        let drawn = draw(&mut Rng(seed));
        let run = judge(&drawn);
        let about = || format!("seed {seed}\n{}\n{}", config(&drawn), policy(&drawn));
        for from in 0..ZONES {
            let (may, sure) = (walk(&drawn, from, false, &[]), walk(&drawn, from, true, &[]));
            for to in (0..ZONES).filter(|to| *to != from) {
                let ends = (DomainId(from as usize), Some(DomainId(to as usize)));
                let chain = run.report.relays.chain(&run.analysis.domains, &run.policy, ends);
                let got = chain.map(|c| (c.sure, c.hops.len()));
                let direct = drawn.permissions.iter().any(|p| p.listed && (p.from, p.to) == (from, to));
                let expected = match (may.get(&to), sure.get(&to)) {
                    (None, _) => None,
                    _ if direct => None,
                    (_, Some(n)) => Some((true, *n)),
                    (Some(n), None) => Some((false, *n)),
                };
                assert_eq!(got, expected, "z{from} -> z{to}, {}", about());
                let word = match got {
                    None => "no chain",
                    Some((true, _)) => "chain exists",
                    Some(_) => "chain may exist",
                };
                *seen.entry(word).or_default() += 1;
            }
        }
        for waypoint in &run.report.relays.waypoints {
            let number = |name: &String| name.trim_start_matches(['g', 'z']).parse::<usize>().unwrap();
            let mut without: Vec<usize> = waypoint.beside.iter().map(number).collect();
            without.push(number(&waypoint.gateway));
            let (from, to) = (number(&waypoint.from) as u64, number(&waypoint.to) as u64);
            let (may, sure) = (walk(&drawn, from, false, &without), walk(&drawn, from, true, &without));
            let expected = match (may.contains_key(&to), sure.contains_key(&to)) {
                (_, true) => Verdict::Violated,
                (true, false) => Verdict::Undecided,
                (false, false) => Verdict::Proven,
            };
            assert_eq!(waypoint.verdict, expected, "{waypoint:?}, {}", about());
            *seen.entry(expected.word()).or_default() += 1;
        }
        // Every gateway with a flow in force is judged.
        for p in drawn.permissions.iter().filter(|p| p.whitelisted) {
            let judged = |g: usize| run.report.relays.waypoints.iter().any(|w| w.gateway == format!("g{g}"));
            assert!(p.via.is_none_or(judged), "{}", about());
        }
    }
    println!("{seen:?}");
    for word in ["no chain", "chain exists", "chain may exist", "proven", "undecided", "violated"] {
        assert!(seen.get(word).is_some_and(|n| *n > 2), "{word}: {seen:?}");
    }
}
