//! Replies: what the reference semantics lets through while devices know sessions, the engine has among the
//! packets of sessions that may cross.
//!
//! On drawn networks with lists that open sessions, a packet is walked, and what looks like a reply of it is
//! sent by every host, while the devices know what the packet opened. Where such a reply gets to another
//! zone only because of the session, the engine must not call the replies of the pair clean.

use std::collections::{BTreeMap, BTreeSet};

use sekisho::analysis::{Analysis, analyze};
use sekisho::graph::location::DomainId;
use sekisho::policy::{self, Date};
use sekisho::proof::{RepliesStatus, Report, Verdict, export, to_plain};
use sekisho::topology::PortRef;
use sekisho_model::{Action, ListId, Predicate, Stage};
use sekisho_net::{Cube, Field};
use sekisho_reference::{Options, Packet, Reference, Session, Start};

use super::network::{Drawn, Rng, Seen, draw, packet};
use super::{from_port, to_port};

/// Networks of a run; `SEKISHO_REPLIES=N` draws more.
const NETWORKS: u64 = 400;

const ZONES: &str = "schema_version = 1\n";

#[test]
#[ignore = "minutes: crossings are rare on drawn networks"]
fn replies_of_the_reference_are_known_to_the_engine() {
    let networks = std::env::var("SEKISHO_REPLIES").ok().and_then(|n| n.parse().ok()).unwrap_or(NETWORKS);
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for seed in 0..networks {
        let mut rng = Rng(0x5e55_0000 + seed);
        let mut seen = Seen::new();
        let mut drawn = draw(&mut rng, &mut seen);
        open_sessions(&mut rng, &mut drawn);
        compare(seed, &mut drawn, &mut rng, &mut seen, &mut counts, &mut failures);
    }
    println!("{counts:?}");
    failures.truncate(5);
    assert!(failures.is_empty(), "the engine does not know of\n\n{}", failures.join("\n\n"));
    for what in ["sessions", "crossed", "clean", "may cross"] {
        assert!(counts.get(what).is_some_and(|n| *n > 0), "`{what}` did not occur: {counts:?}");
    }
}

/// Makes the lists of the devices open sessions, and puts more of them on the way.
fn open_sessions(rng: &mut Rng, drawn: &mut Drawn) {
    drawn.links.clear();
    for device in &mut drawn.devices {
        device.poisons.clear();
        for list in &mut device.lists {
            (list.default, list.stateful) = (Action::Deny, rng.chance(60));
            for line in list.lines.iter_mut().filter(|l| l.action != Action::Deny) {
                line.opens = rng.chance(70);
            }
            if let Some(first) = list.lines.first().cloned().filter(|_| !list.stateful && rng.chance(50)) {
                let cubes = vec![if rng.chance(50) { Cube::any() } else { swapped(&first.matches.may[0]) }];
                let replies =
                    if rng.chance(70) { Predicate::exact(cubes) } else { Predicate::at_most(cubes) };
                let mut line = first;
                (line.action, line.opens) = (Action::Permit, false);
                (line.matches, line.replies) = (Predicate::exact(Vec::new()), Some(replies));
                list.lines.insert(0, line);
            }
        }
        let lists = u32::try_from(device.lists.len()).unwrap();
        for interface in device.interfaces.iter_mut().filter(|i| i.l3.is_some() && lists > 0) {
            let span = interface.span;
            for stages in [&mut interface.egress, &mut interface.ingress] {
                for list in (0..lists).filter(|_| rng.chance(45)) {
                    stages.insert(0, Stage::Filter { list: ListId(list), span });
                }
            }
        }
    }
}

fn swapped(cube: &Cube) -> Cube {
    Cube::any()
        .with(Field::Src, cube.get(Field::Dst).clone())
        .with(Field::Dst, cube.get(Field::Src).clone())
        .with(Field::Proto, cube.get(Field::Proto).clone())
}

/// The domains whose hosts are on the segment of a port.
fn at(analysis: &Analysis, port: PortRef) -> Vec<DomainId> {
    let Some(place) = analysis.topology.of_interface(port) else { return Vec::new() };
    let on = |id: &DomainId| {
        let locations = &analysis.domains.get(*id).unwrap().locations;
        locations.iter().any(|l| l.place.segment == place.segment && l.next_hop.is_none())
    };
    analysis.domains.ids().filter(on).collect()
}

fn compare(
    seed: u64,
    drawn: &mut Drawn,
    rng: &mut Rng,
    seen: &mut Seen,
    counts: &mut BTreeMap<&'static str, usize>,
    failures: &mut Vec<String>,
) {
    let mut text = ZONES.to_owned();
    for n in 0..6 {
        text += &format!("[[zones]]\nid = \"z{n}\"\nkind = \"other\"\nsubnets = [\"10.0.{n}.0/24\"]\n");
    }
    let file = drawn.sources.add("zones.toml", text);
    let policy = policy::load(&drawn.sources, file).0.unwrap();
    let Ok(analysis) = analyze(&drawn.devices, &policy, &drawn.sources) else { return };
    let day = Date::parse("2026-11-25").unwrap();
    let report = analysis.prove(&drawn.devices, &policy, &drawn.sources, day, &[], &[]).unwrap();
    for pair in &report.pairs {
        let word = match pair.replies {
            RepliesStatus::Clean => "clean",
            RepliesStatus::MayCross => "may cross",
            RepliesStatus::Cross => "cross",
        };
        *counts.entry(word).or_default() += 1;
    }
    let plain = export::network(&drawn.devices, &drawn.sources, &[], &[]);
    let reference = Reference::new(&plain).unwrap();
    let ports: Vec<PortRef> = drawn
        .devices
        .iter()
        .enumerate()
        .flat_map(|(device, d)| d.interface_ids().map(move |(interface, i)| (device, interface, i)))
        // What a tunnel takes from whom is another matter.
        .filter(|(_, _, i)| i.l3.is_some() && i.tunnel.is_none())
        .map(|(device, interface, _)| PortRef { device, interface })
        .collect();
    for &enters in &ports {
        if at(&analysis, enters).is_empty() {
            continue;
        }
        for _ in 0..6 {
            let opener = to_plain(&packet(rng, seen));
            let walk = reference.walk(Start::Ingress(to_port(enters)), opener, Options::default());
            let sessions: Vec<Session> =
                walk.branches.iter().flat_map(|way| reference.opened(way)).take(8).collect();
            *counts.entry("sessions").or_default() += sessions.len();
            for session in &sessions {
                for &from in &ports {
                    let reply = reply(rng, session);
                    let found =
                        Sent { analysis: &analysis, report: &report, reference: &reference, from, reply };
                    let crossed = found.unknown(&sessions, counts);
                    failures.extend(crossed.map(|what| format!("seed {seed}: {what}, opened by {opener:?}")));
                }
            }
        }
    }
}

/// What looks like a reply: most often one, sometimes a fragment of it or an error about it.
fn reply(rng: &mut Rng, session: &Session) -> Packet {
    let mut reply = Packet { flags: 0x10, ..session.arrives };
    if rng.chance(15) {
        (reply.later_fragment, reply.sport, reply.dport, reply.flags) = (true, 0, 0, 0);
    } else if rng.chance(15) {
        let error = if reply.dst.is_ipv4() { (1, 3) } else { (58, 1) };
        (reply.proto, reply.icmp_type, reply.sport, reply.dport, reply.flags) = (error.0, error.1, 0, 0, 0);
    }
    reply
}

/// A reply that a host hands to an interface.
struct Sent<'a> {
    analysis: &'a Analysis,
    report: &'a Report,
    reference: &'a Reference<'a>,
    from: PortRef,
    reply: Packet,
}

impl Sent<'_> {
    /// A pair of zones between which the reply gets only because of the sessions, and of which the engine says
    /// that replies are clean.
    fn unknown(&self, sessions: &[Session], counts: &mut BTreeMap<&'static str, usize>) -> Option<String> {
        let senders = at(self.analysis, self.from);
        if senders.is_empty() {
            return None;
        }
        let start = Start::Ingress(to_port(self.from));
        let walk = self.reference.walk_among(sessions, start, self.reply, Options::default());
        let new = self.reference.walk(start, self.reply, Options::default());
        let wires = |w: &sekisho_reference::Walk| -> BTreeSet<PortRef> {
            w.wires.iter().map(|w| from_port(w.port.device, w.port.interface)).collect()
        };
        let reached: BTreeSet<DomainId> =
            wires(&walk).difference(&wires(&new)).flat_map(|p| at(self.analysis, *p)).collect();
        for &from in &senders {
            for &to in reached.iter().filter(|to| !senders.contains(to)) {
                let pair = |a, b| self.report.pairs.iter().find(|p| p.from == a && p.to == b);
                let (Some(there), Some(back)) = (pair(from, to), pair(to, from)) else { continue };
                // What arrives as a new packet anyway, or answers what does, is no crossing.
                if (there.verdict, back.verdict) != (Verdict::Proven, Verdict::Proven) {
                    continue;
                }
                *counts.entry("crossed").or_default() += 1;
                if there.replies == RepliesStatus::Clean {
                    let ways: Vec<String> = walk.branches.iter().map(super::way).collect();
                    let (from, to, reply) = (from.0, to.0, self.reply);
                    let text = format!(
                        "from {from} by {:?} to {to}: {reply:?} among {sessions:?}\n{}",
                        self.from,
                        ways.join("\n")
                    );
                    return Some(text.chars().take(3_000).collect());
                }
            }
        }
        None
    }
}
