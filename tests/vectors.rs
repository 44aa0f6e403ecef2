//! Vendor vectors: what a real device does with one packet, asked of every part of the program.
//!
//! `tests/vectors/*.json` hold a configuration, a packet, the verdict and its source. Each is asked of
//! `trace` (the reference semantics), of `filter` at the interfaces of the packet, of `routes`, of
//! `verify` with a zone at each interface and nothing permitted, and of the engine with this packet alone
//! as its source. A packet that passes is never denied and never proven away. A packet that is stopped is
//! shown to be, or counted as weakened with the reason.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sekisho::analysis::analyze;
use sekisho::graph::Node;
use sekisho::graph::transfer::Pair;
use sekisho::policy::Policy;
use sekisho::routing::Target;
use sekisho::search::{Order, forward_reach};
use sekisho::snapshot::{self, LoadOptions};
use sekisho::topology::PortRef;
use sekisho_net::{Cube, Family, Field, FieldSet, Packet, addr_bits, flags};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

/// Answers to documented vectors that are less than exact: id, question, reason.
const WEAKENED: [(&str, &str, &str); 1] =
    [("fortios-012", "trace", "source translation may choose another source port")];

/// Interfaces that the rows of a table alone name: name, address, network, mask of the network.
fn ports_beside(table: &str) -> [(&'static str, &'static str, &'static str, &'static str); 3] {
    let (wide, narrow) = ("255.255.255.240", "255.255.255.252");
    let (network, mask) =
        if table.contains("10.0.0.0/30") { ("10.0.0.0/30", narrow) } else { ("10.0.0.0/28", wide) };
    [
        ("GigabitEthernet0/0", "10.9.0.1", "10.9.0.0/24", "255.255.255.0"),
        ("GigabitEthernet0/1", "10.0.0.1", network, mask),
        ("GigabitEthernet0/2", "10.0.1.1", "10.0.1.0/30", narrow),
    ]
}

/// What stands above a table.
const LEGEND: &str = "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2
       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2
       ia - IS-IS inter area, * - candidate default, U - per-user static route
       o - ODR, P - periodic downloaded static route, H - NHRP, l - LISP
       + - replicated route, % - next hop override

";

/// The gateway of last resort, as the table's own default route says.
fn last_resort(table: &str) -> String {
    let default = table.lines().find(|l| l.contains(" 0.0.0.0/0 ")).unwrap();
    let via = default.split(" via ").nth(1).unwrap().split(',').next().unwrap();
    format!("{via} to network 0.0.0.0")
}

/// The device of a table alone, and the table as the device prints it, legend and own networks included.
fn around(table: &str) -> (String, String) {
    let mut config = "hostname r1\n".to_owned();
    let mut whole = LEGEND.to_owned();
    writeln!(whole, "Gateway of last resort is {}\n\n{table}", last_resort(table)).unwrap();
    for (name, address, network, mask) in ports_beside(table) {
        write!(config, "!\ninterface {name}\n ip address {address} {mask}\n").unwrap();
        if !table.contains(network) {
            writeln!(whole, "C     {network} is directly connected, {name}").unwrap();
        }
        writeln!(whole, "L     {address}/32 is directly connected, {name}").unwrap();
    }
    (config, whole)
}

/// Ends of a device's export.
const TAIL: &str = "no ip source-route\nend\n";

#[derive(Debug, Deserialize)]
struct Vector {
    id: String,
    config: Config,
    query: Query,
    expect: Expect,
    why: String,
    confidence: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Config {
    Device(String),
    Table { text: String },
}

#[derive(Debug, Deserialize)]
struct Query {
    in_interface: String,
    out_interface: Option<String>,
    src: String,
    dst: String,
    proto: String,
    sport: Option<u16>,
    dport: Option<u16>,
    flags: Option<String>,
    fragment: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Expect {
    verdict: Word,
    #[serde(default)]
    next_hops: BTreeSet<String>,
    prefix: Option<String>,
    #[serde(default)]
    translated: Translated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Permit,
    MayPermit,
    Route,
    AcceptLocal,
    Deny,
    DropNoRoute,
    DropNull,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Translated {
    src: Option<String>,
    dst: Option<String>,
    sport: Option<u64>,
    dport: Option<u64>,
}

/// How well an answer fits.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fit {
    Exact,
    /// Sound, but less than the device knows.
    Weakened(String),
    /// Unsound.
    Wrong(String),
    /// The question does not fit the vector.
    Unasked(String),
}

/// A vector on disk.
struct Case<'v> {
    vector: &'v Vector,
    dir: TempDir,
}

fn vectors() -> Vec<Vector> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut all = Vec::new();
    for name in ["cisco_ios.json", "rib_ios.json", "fortios.json", "fortios_japan.json"] {
        let text = fs::read_to_string(dir.join(name)).unwrap();
        let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
        all.extend(rows.into_iter().map(|row| serde_json::from_value::<Vector>(plain(row)).unwrap()));
    }
    all
}

/// A row whose expectation is one word, in the form of the others.
fn plain(mut row: Value) -> Value {
    let translated = row["translated_to"].clone();
    let verdict = match row["expect"].as_str() {
        None => return row,
        Some("pass" | "translated") => "permit",
        Some("reject") => "deny",
        Some(other) => panic!("{other}"),
    };
    row["expect"] = serde_json::json!({ "verdict": verdict });
    if !translated.is_null() {
        row["expect"]["translated"] = translated;
    }
    row
}

impl Vector {
    /// Whether the configuration is one of FortiOS.
    fn is_fortios(&self) -> bool {
        matches!(&self.config, Config::Device(text) if text.starts_with("config "))
    }

    /// Name of the device.
    fn device(&self) -> &'static str {
        let named = matches!(&self.config, Config::Device(text) if text.contains("set hostname \"fgt\""));
        if named { "fgt" } else { "r1" }
    }

    /// Interfaces by which the packet may leave when the vector names none.
    fn ways_out(&self) -> Vec<&str> {
        match (&self.query.out_interface, self.is_fortios()) {
            (Some(out), _) => vec![out],
            (None, false) => vec!["GigabitEthernet0/1", "GigabitEthernet0/2"],
            (None, true) => {
                ["port1", "port2", "wan1"].into_iter().filter(|p| *p != self.query.enters()).collect()
            }
        }
    }
}

impl Word {
    /// Whether the packet passes, or may.
    fn passes(self) -> bool {
        matches!(self, Word::Permit | Word::MayPermit | Word::Route | Word::AcceptLocal)
    }
}

impl Query {
    /// Interface of arrival; a table alone has none.
    fn enters(&self) -> &str {
        if self.in_interface == "any" { "GigabitEthernet0/0" } else { &self.in_interface }
    }

    /// The packet as it arrives.
    fn packet(&self) -> Packet {
        let number = |address: &str| addr_bits(address.parse().unwrap());
        let (proto, flags) = match self.proto.as_str() {
            "tcp" => (6, flags::SYN),
            "udp" => (17, 0),
            "icmp" => (1, 0),
            other => panic!("{other}"),
        };
        let flags = match self.flags.as_deref() {
            None => flags,
            Some("ACK") => flags::ACK,
            Some("S") => flags::SYN,
            Some(other) => panic!("{other}"),
        };
        Packet::zero(Family::V4)
            .with(Field::Src, number(&self.src))
            .with(Field::Dst, number(&self.dst))
            .with(Field::Proto, proto)
            .with(Field::Sport, self.sport.unwrap_or_default().into())
            .with(Field::Dport, self.dport.unwrap_or_default().into())
            .with(Field::Flags, flags.into())
            .with(Field::Fragment, u128::from(self.fragment.as_deref() == Some("non-initial")))
    }

    /// The packet as it leaves.
    fn expected(&self, translated: &Translated) -> Packet {
        let Translated { src, dst, sport, dport } = translated;
        let mut packet = self.packet();
        if src.is_some() {
            let sent = packet.get(Field::Src);
            packet = packet.with(Field::Translated, 1).with(Field::Src0, sent);
        }
        for (field, address) in [(Field::Src, src), (Field::Dst, dst)] {
            if let Some(address) = address {
                packet = packet.with(field, addr_bits(address.parse().unwrap()));
            }
        }
        for (field, port) in [(Field::Sport, sport), (Field::Dport, dport)] {
            if let Some(port) = port {
                packet = packet.with(field, u128::from(*port));
            }
        }
        packet
    }

    /// The options of the packet.
    fn options(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            out.extend(value.map(|v| [name.to_owned(), v]).into_iter().flatten());
        };
        add("--src", Some(self.src.clone()));
        add("--dst", Some(self.dst.clone()));
        add("--proto", Some(self.proto.clone()));
        add("--sport", self.sport.map(|p| p.to_string()));
        add("--dport", self.dport.map(|p| p.to_string()));
        add("--flags", self.flags.clone().map(|f| if f == "S" { "SYN".to_owned() } else { f }));
        add("--fragment", self.fragment.clone());
        out
    }
}

impl<'v> Case<'v> {
    fn new(vector: &'v Vector) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("configs")).unwrap();
        let config = match &vector.config {
            Config::Device(text) => text.clone(),
            Config::Table { text } => {
                let (config, table) = around(text);
                fs::write(dir.path().join("configs/r1_route.txt"), table).unwrap();
                config
            }
        };
        let tail = if vector.is_fortios() { "" } else { TAIL };
        fs::write(dir.path().join("configs/r1.cfg"), format!("{config}{tail}")).unwrap();
        Self { vector, dir }
    }

    fn configs(&self) -> String {
        self.dir.path().join("configs").to_str().unwrap().to_owned()
    }

    fn is_table(&self) -> bool {
        matches!(self.vector.config, Config::Table { .. })
    }

    fn ask(&self, schema: &str, args: &[&str]) -> Value {
        let options = self.vector.query.options();
        let all: Vec<&str> = args.iter().copied().chain(options.iter().map(String::as_str)).collect();
        program::json(schema, &all).unwrap_or_else(|said| panic!("{}: {said}", self.vector.id))
    }

    /// What the reference semantics does with the packet.
    fn trace(&self) -> Fit {
        let Vector { query, expect, .. } = self.vector;
        let walk = self.ask("trace.json", &["trace", &self.configs(), "--from", query.enters()]);
        let (possible, certain) = (walk["possible"] == true, walk["certain"] == true);
        let disposition = walk["disposition"].as_str().unwrap();
        if !expect.verdict.passes() {
            let word = match expect.verdict {
                Word::DropNoRoute => disposition == "no_route",
                Word::DropNull => disposition == "null_route",
                _ => disposition.starts_with("denied"),
            };
            return match possible {
                false if word => Fit::Exact,
                false => Fit::Weakened(format!("stopped as {disposition}")),
                true => Fit::Weakened("trace cannot exclude that it passes".to_owned()),
            };
        }
        if !possible {
            return Fit::Wrong(format!("trace says {disposition}"));
        }
        let passed: Vec<&Value> = walk["branches"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|b| PASSED.contains(&b["disposition"].as_str().unwrap()))
            .collect();
        let targets: BTreeSet<String> =
            passed.iter().filter_map(|b| b["target"].as_str()).map(str::to_owned).collect();
        let missing: Vec<&String> = expect.next_hops.difference(&targets).collect();
        if !missing.is_empty() {
            return Fit::Wrong(format!("trace never hands it to {missing:?}"));
        }
        let matches = |branch: &&&Value| self.is_as_expected(branch);
        if !passed.iter().any(|b| matches(&b)) {
            return Fit::Wrong("no way of the trace ends as expected".to_owned());
        }
        let all = passed.iter().all(|b| matches(&b));
        let sure = passed.iter().all(|b| b["sure"] == true);
        match expect.verdict {
            Word::Permit | Word::Route | Word::AcceptLocal if !certain || !all || !sure => {
                Fit::Weakened(format!("trace says {disposition}, not surely as expected"))
            }
            Word::Route if targets != expect.next_hops => {
                Fit::Weakened(format!("trace also goes to {targets:?}"))
            }
            Word::MayPermit if expect.next_hops.is_empty() && certain => {
                Fit::Weakened("trace is surer than the device".to_owned())
            }
            _ => Fit::Exact,
        }
    }

    /// Whether a way ends as the vector says.
    fn is_as_expected(&self, branch: &Value) -> bool {
        let Vector { query, expect, .. } = self.vector;
        let last = &branch["final"];
        let Translated { src, dst, sport, dport } = &expect.translated;
        let port = |name: &str, want: Option<u64>, sent: Option<u16>| match want.or(sent.map(u64::from)) {
            Some(port) => last[name] == port,
            None => true,
        };
        let local = branch["disposition"] == "accepted";
        let interface = match &query.out_interface {
            Some(name) if expect.next_hops.is_empty() => branch["out_interface"] == name.as_str(),
            _ => true,
        };
        last["src"] == src.as_deref().unwrap_or(&query.src)
            && last["dst"] == dst.as_deref().unwrap_or(&query.dst)
            && port("sport", *sport, query.sport)
            && port("dport", *dport, query.dport)
            && local == (expect.verdict == Word::AcceptLocal)
            && (local || interface)
    }

    /// What the filters at both interfaces say: all of them pass what passes, one stops what is stopped.
    fn filter(&self) -> Fit {
        let Vector { query, expect, .. } = self.vector;
        let (Some(out), false) = (&query.out_interface, self.is_table()) else {
            return Fit::Unasked("no filter takes part".to_owned());
        };
        if self.vector.is_fortios() && expect.translated.dst.is_some() {
            return Fit::Unasked("policies see the packet after translation".to_owned());
        }
        let (configs, enters) = (self.configs(), query.enters());
        let ask = |interface: &str, stage: &str| {
            let args =
                ["filter", &configs, "--interface", interface, "--stage", stage, "--in-interface", enters];
            let answer = self.ask("filter.json", &args);
            let decision = answer["decision"].as_str().unwrap().to_owned();
            assert_eq!(answer["possible"] == true, decision != "deny", "{}", self.vector.id);
            assert_eq!(answer["certain"] == true, decision == "permit", "{}", self.vector.id);
            decision
        };
        // The output filter sees the packet after translation, which this question does not do.
        let mut words = vec![ask(enters, "in"), ask(out, "policy")];
        if expect.translated.dst.is_none() && expect.translated.src.is_none() {
            words.push(ask(out, "out"));
        }
        let denied = words.iter().any(|w| w == "deny");
        let undecided = words.iter().any(|w| w == "undecided");
        match expect.verdict {
            v if v.passes() && denied => Fit::Wrong(format!("filters say {words:?}")),
            Word::Permit if undecided => Fit::Weakened(format!("filters say {words:?}")),
            Word::Deny if !denied => Fit::Weakened(format!("filters say {words:?}")),
            _ => Fit::Exact,
        }
    }

    /// Which routes take the packet, by the table that is used.
    fn routes(&self) -> Fit {
        let expect = &self.vector.expect;
        let Some(prefix) = expect.prefix.as_deref().filter(|_| self.is_table()) else {
            return Fit::Unasked("no table".to_owned());
        };
        let rows = program::json("routes.json", &["routes", &self.configs()]).unwrap();
        let rows: Vec<&Value> = rows
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| r["prefix"] == prefix && r["vrf"] == "default")
            .collect();
        let hops: BTreeSet<String> =
            rows.iter().filter_map(|r| r["next_hop_ip"].as_str()).map(str::to_owned).collect();
        let drops = rows.iter().any(|r| r["next_hop_interface"] == "Null0");
        if hops == expect.next_hops && !rows.is_empty() && drops == (expect.verdict == Word::DropNull) {
            Fit::Exact
        } else {
            Fit::Wrong(format!("routes has {rows:?}"))
        }
    }

    /// Verdict of a zone at the interface of arrival towards each zone at another one.
    fn verify(&self) -> Vec<String> {
        let (query, device) = (&self.vector.query, self.vector.device());
        let outs = self.vector.ways_out();
        let mut policy = format!(
            "schema_version = 1\n\n[[zones]]\nid = \"in\"\nkind = \"other\"\ninterfaces = [\"{device}:{}\"]\n",
            query.enters()
        );
        for (at, out) in outs.iter().enumerate() {
            write!(
                policy,
                "\n[[zones]]\nid = \"out{at}\"\nkind = \"other\"\ninterfaces = [\"{device}:{out}\"]\n"
            )
            .unwrap();
        }
        let path = self.dir.path().join("zones.toml");
        fs::write(&path, &policy).unwrap();
        let path = path.to_str().unwrap();
        let args = ["verify", &self.configs(), "--policy", path, "--as-of", "2026-12-01"];
        let view = program::json("verify.json", &args)
            .unwrap_or_else(|said| panic!("{}: {said}\n{policy}", self.vector.id));
        let verdict = |to: &str| {
            let pairs = view["pairs"].as_array().unwrap();
            let found = pairs.iter().find(|p| p["from"] == "in" && p["to"] == to).unwrap();
            found["verdict"].as_str().unwrap().to_owned()
        };
        (0..outs.len()).map(|at| verdict(&format!("out{at}"))).collect()
    }

    /// The verdict of the engine when nothing is permitted.
    fn nothing_permitted(&self) -> Fit {
        let expect = &self.vector.expect;
        let words = self.verify();
        if expect.verdict.passes() {
            // The default of the table goes to both interfaces, the others to one.
            return match words.iter().find(|w| *w == "proven") {
                Some(_) => Fit::Wrong(format!("verify says {words:?}")),
                None if expect.verdict != Word::MayPermit && words.iter().any(|w| w == "undecided") => {
                    Fit::Weakened(format!("verify says {words:?}"))
                }
                None => Fit::Exact,
            };
        }
        match words.iter().all(|w| w == "proven") {
            true => Fit::Exact,
            false => Fit::Unasked("other packets pass".to_owned()),
        }
    }

    /// What the engine makes of this one packet.
    fn engine(&self) -> Fit {
        let Vector { query, expect, .. } = self.vector;
        let snapshot = snapshot::load(Path::new(&self.configs()), &LoadOptions::default()).unwrap();
        let mut analysis = analyze(&snapshot.devices, &Policy::default(), &snapshot.sources).unwrap();
        let device = &snapshot.devices[0];
        let port = |name: &str| PortRef { device: 0, interface: device.find_interface(name).unwrap().0 };
        let (sent, want) = (query.packet(), query.expected(&expect.translated));
        let mut cube = Cube::any();
        for field in Field::ALL {
            cube.set(field, FieldSet::one(sent.get(field)));
        }
        let seed = Pair::exact(analysis.sets.of(Family::V4).cube(&cube).unwrap());
        let entry = analysis.graph.find(Family::V4, Node::Arrive(port(query.enters()))).unwrap();
        let order = Order::of(&analysis.graph);
        let seeds = [(entry, seed)];
        let reach = forward_reach(&analysis.graph, &order, &mut analysis.sets, &seeds, false).unwrap();
        let sets = analysis.sets.get(Family::V4);
        let (mut wires, mut hops, mut may, mut sure) = (0, BTreeSet::new(), false, false);
        let out =
            query.out_interface.as_deref().map(|name| analysis.topology.of_interface(port(name)).unwrap());
        for (_, node, index) in
            analysis.graph.nodes().filter(|(f, _, n)| *f == Family::V4 && reach.touches(*n))
        {
            let pair = reach.at(index);
            match node {
                Node::Wire(segment) => {
                    wires += 1;
                    let there = out.is_none_or(|o| o.segment == segment);
                    may |= there && sets.contains(pair.may, &want);
                }
                Node::Handed(part) => {
                    let there = out.is_none_or(|o| o.part == part);
                    sure |= there && sets.contains(pair.sure, &want);
                }
                Node::Leave(_, _, Target::Address(addr)) => {
                    hops.insert(addr.to_string());
                }
                Node::Local(..) if expect.verdict == Word::AcceptLocal => {
                    may = true;
                    sure |= sets.contains(pair.sure, &want);
                }
                _ => {}
            }
        }
        let missing: Vec<&String> = expect.next_hops.difference(&hops).collect();
        match expect.verdict {
            v if v.passes() && !may => Fit::Wrong("the engine does not bring it there".to_owned()),
            v if v.passes() && !missing.is_empty() => {
                Fit::Wrong(format!("the engine never hands it to {missing:?}"))
            }
            Word::Route if hops != expect.next_hops => {
                Fit::Weakened(format!("the engine also goes to {hops:?}"))
            }
            Word::Permit | Word::Route | Word::AcceptLocal if !sure => {
                Fit::Weakened("the engine is not sure that it arrives".to_owned())
            }
            v if !v.passes() && wires > 0 => {
                Fit::Weakened("the engine cannot exclude that it passes".to_owned())
            }
            _ => Fit::Exact,
        }
    }
}

const PASSED: [&str; 5] =
    ["accepted", "delivered_to_subnet", "exits_network", "neighbor_unreachable", "insufficient_info"];

#[test]
fn devices_do_what_their_vendors_say() {
    let all = vectors();
    assert!(all.len() >= 14, "{}", all.len());
    let (mut counts, mut notes, mut wrong) = ([0; 4], String::new(), String::new());
    let mut weakened: BTreeSet<(String, String)> = BTreeSet::new();
    for vector in &all {
        let case = Case::new(vector);
        let answers = [
            ("trace", case.trace()),
            ("filter", case.filter()),
            ("routes", case.routes()),
            ("verify", case.nothing_permitted()),
            ("engine", case.engine()),
        ];
        for (question, fit) in answers {
            let head = format!("{} {question}", vector.id);
            match fit {
                Fit::Exact => counts[0] += 1,
                Fit::Weakened(how) => {
                    counts[1] += 1;
                    writeln!(notes, "  weakened  {head}: {how}").unwrap();
                    if matches!(vector.confidence.as_str(), "high" | "documented") {
                        weakened.insert((vector.id.clone(), question.to_owned()));
                    }
                }
                Fit::Wrong(how) => {
                    counts[2] += 1;
                    writeln!(wrong, "  {head}: {how}; {}", vector.why).unwrap();
                }
                Fit::Unasked(why) => {
                    counts[3] += 1;
                    writeln!(notes, "  not asked {head}: {why}").unwrap();
                }
            }
        }
    }
    let [exact, weak, bad, unasked] = counts;
    println!(
        "{} vectors: {exact} answers exact, {weak} weakened, {bad} wrong, {unasked} not asked",
        all.len()
    );
    print!("{notes}");
    assert!(wrong.is_empty(), "wrong:\n{wrong}");
    let known: BTreeSet<(String, String)> =
        WEAKENED.iter().map(|(id, question, _)| ((*id).to_owned(), (*question).to_owned())).collect();
    assert_eq!(weakened, known, "the list of weakened answers is out of date");
}
