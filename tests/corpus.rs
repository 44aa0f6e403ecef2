//! Public material: real configurations, recorded labs, and what others found out about them.
//!
//! The material is not part of the repository. It is looked for at `$SEKISHO_CORPUS`, else beside the
//! workspace in `shared/corpus`; without it every test here is skipped and says so.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

#[path = "common/program.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sekisho::analysis::{analyze, tables};
use sekisho::policy::{self, Date, Policy};
use sekisho::proof::{Report, Verdict};
use sekisho::report::routes::{Filter, views};
use sekisho::snapshot::{self, LoadOptions, Role, Snapshot};
use sekisho_model::Coverage;
use sekisho_parsers::detect::Os;
use serde::Deserialize;
use serde_json::Value;

/// Day of evaluation.
const AS_OF: &str = "2026-12-01";

/// Part of the lines of real configurations that may be unrecognized.
const UNRECOGNIZED: f64 = 0.02;

/// Where the material is.
fn corpus(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let path = std::env::var_os("SEKISHO_CORPUS").map_or_else(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    // Not by a macro that the test harness keeps to itself.
    let text = format!("\n*** SKIPPED: {test}: no corpus at {} (set SEKISHO_CORPUS) ***\n", path.display());
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    None
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> T {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Files of a directory tree, in order.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            out.extend(files(&path));
        } else {
            out.push(path);
        }
    }
    out
}

#[derive(Debug, Deserialize)]
struct Fact {
    id: String,
    vendor: String,
    config_path: String,
    query: Value,
    expect: Value,
}

impl Fact {
    /// The material that it speaks of; paths of facts start with `corpus/`.
    fn path(&self, corpus: &Path) -> PathBuf {
        corpus.join(self.config_path.strip_prefix("corpus/").unwrap())
    }
}

fn facts(corpus: &Path, name: &str) -> Vec<Fact> {
    let all: Vec<Fact> = read(&corpus.join("facts").join(name));
    all.into_iter().filter(|f| matches!(f.vendor.as_str(), "ios" | "fortios")).collect()
}

/// Options of `filter` that name the filter; an error says why it cannot be asked.
fn which(filter: &Value) -> Result<Vec<String>, String> {
    let text = |key: &str| filter[key].as_str();
    let option = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
    if let Some(name) = text("name") {
        return Ok(option("--name", name));
    }
    if let (Some(interface), Some(stage)) = (text("interface"), text("stage")) {
        let stage = match stage {
            "incomingFilter" => "in",
            "outgoingFilter" => "out",
            "preTransformationOutgoingFilter" => "policy",
            other => return Err(format!("no stage {other} on this system")),
        };
        return Ok([option("--interface", interface), option("--stage", stage)].concat());
    }
    if let (Some(from), Some(to)) = (text("from_zone"), text("to_zone")) {
        return Ok([option("--from-zone", from), option("--to-zone", to)].concat());
    }
    let groups = ["service_object_group", "icmp_object_group", "protocol_object_group", "service_object"];
    match groups.iter().find_map(|key| text(key)) {
        Some(group) => Ok(option("--object-group", group)),
        None => Err(format!("no option for {filter}")),
    }
}

/// Options of the packet of a fact.
fn packet(flow: &Value) -> Vec<String> {
    let fields = [
        ("--src", "src_ip", Some("0.0.0.0")),
        ("--dst", "dst_ip", Some("0.0.0.0")),
        ("--proto", "protocol", None),
        ("--sport", "src_port", None),
        ("--dport", "dst_port", None),
        ("--icmp-type", "icmp_type", None),
        ("--icmp-code", "icmp_code", None),
    ];
    let mut out = Vec::new();
    for (option, key, default) in fields {
        let value = match &flow[key] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => default.map(str::to_owned),
        };
        out.extend(value.into_iter().flat_map(|v| [option.to_owned(), v]));
    }
    out
}

#[test]
fn filters_decide_as_known() {
    let Some(corpus) = corpus("filters_decide_as_known") else { return };
    let all = facts(&corpus, "batfish_flow_facts.json");
    assert!(all.len() >= 40, "{}", all.len());
    let (mut exact, mut undecided, mut unasked) = (0, Vec::new(), Vec::new());
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    for fact in &all {
        assert_eq!(fact.query["kind"], "filter", "{}", fact.id);
        let named = match which(&fact.query["filter"]) {
            Ok(named) => named,
            Err(why) => {
                unasked.push(format!("{}: {why}", fact.id));
                continue;
            }
        };
        let path = fact.path(&corpus);
        let mut args = vec!["filter".to_owned(), path.to_str().unwrap().to_owned()];
        args.extend(named);
        args.extend(packet(&fact.query["flow"]));
        if let Some(interface) = fact.query["ingress_interface"].as_str() {
            args.extend(["--in-interface".to_owned(), interface.to_owned()]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let answer = match program::json("filter.json", &args) {
            Ok(answer) => answer,
            Err(said) => {
                unasked.push(format!("{}: {said}", fact.id));
                continue;
            }
        };
        let (want, got) = (fact.expect["action"].as_str().unwrap(), answer["decision"].as_str().unwrap());
        let line = format!("{} {}: {want}, answered {got} {}", fact.id, fact.query["filter"], answer["note"]);
        match (want, got) {
            _ if want == got => exact += 1,
            (_, "undecided") => undecided.push(line),
            ("permit", _) => closed.push(line),
            _ => open.push(line),
        }
    }
    println!(
        "{} facts: {exact} exact, {} undecided, {} wrongly permitted, {} wrongly denied, {} not asked",
        all.len(),
        undecided.len(),
        open.len(),
        closed.len(),
        unasked.len()
    );
    for line in undecided.iter().chain(&unasked) {
        println!("  {line}");
    }
    assert!(closed.is_empty(), "what passes is answered as a certain deny: {closed:#?}");
    assert!(open.is_empty(), "what is stopped is answered as a certain permit: {open:#?}");
    assert!(unasked.is_empty(), "{unasked:#?}");
}

#[derive(Debug, Deserialize)]
struct Lab {
    snapshot_path: String,
    routes: Vec<LabRoute>,
}

#[derive(Debug, Deserialize)]
struct LabRoute {
    device: String,
    vrf: String,
    prefix: String,
    protocol: String,
    next_hop_ip: Option<String>,
    next_hop_interface: Option<String>,
}

/// `ospf-e2` is `ospf`.
fn protocol(word: &str) -> String {
    word.split('-').next().unwrap().to_ascii_lowercase()
}

#[test]
fn tables_are_as_the_devices_printed_them() {
    let Some(corpus) = corpus("tables_are_as_the_devices_printed_them") else { return };
    let mut bad = String::new();
    let mut labs = 0;
    for path in files(&corpus.join("expected_ribs")) {
        if !path.file_name().unwrap().to_str().unwrap().starts_with("ios") {
            continue;
        }
        let lab: Lab = read(&path);
        let dir = corpus.join(lab.snapshot_path.strip_prefix("corpus/").unwrap());
        let snapshot = snapshot::load(&dir, &LoadOptions::default()).unwrap();
        let ours = views(&snapshot.devices, &tables(&snapshot.devices), Filter::default());
        let (mut same, mut used) = (0, BTreeSet::new());
        for want in &lab.routes {
            // A recursive route has no interface of its own; ours is the one that it leads to.
            let found = ours.iter().position(|r| {
                (&r.device, &r.vrf, &r.prefix) == (&want.device, &want.vrf, &want.prefix)
                    && protocol(&r.protocol) == protocol(&want.protocol)
                    && r.next_hop_ip == want.next_hop_ip
                    && (want.next_hop_interface.is_none() || r.next_hop_interface == want.next_hop_interface)
            });
            match found {
                Some(at) => {
                    used.insert(at);
                    same += 1;
                }
                None => writeln!(bad, "  missing {want:?}").unwrap(),
            }
        }
        for (at, more) in ours.iter().enumerate() {
            if !used.contains(&at) && !more.prefix.contains(':') {
                writeln!(bad, "  additional {more:?}").unwrap();
            }
        }
        println!("{}: {same} of {} routes", dir.file_name().unwrap().display(), lab.routes.len());
        labs += 1;
    }
    assert!(labs >= 3, "{labs}");
    assert!(bad.is_empty(), "\n{bad}");
}

/// A host of a lab.
#[derive(Debug, Deserialize)]
struct Host {
    #[serde(rename = "hostInterfaces")]
    interfaces: BTreeMap<String, HostInterface>,
}

#[derive(Debug, Deserialize)]
struct HostInterface {
    prefix: String,
    gateway: String,
}

/// What a trace of one packet says.
struct Traced {
    possible: bool,
    certain: bool,
    word: String,
}

fn traced(lab: &Path, from: &str, packet: &[String]) -> Traced {
    let mut args = vec!["trace", lab.to_str().unwrap(), "--from", from];
    args.extend(packet.iter().map(String::as_str));
    let walk = program::json("trace.json", &args).unwrap();
    Traced {
        possible: walk["possible"] == true,
        certain: walk["certain"] == true,
        word: walk["disposition"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn what_answered_in_a_lab_can_be_reached() {
    let Some(corpus) = corpus("what_answered_in_a_lab_can_be_reached") else { return };
    let all = facts(&corpus, "lab_connectivity.json");
    let (mut exact, mut weakened, mut unasked, mut wrong) = (0, Vec::new(), Vec::new(), Vec::new());
    for fact in &all {
        let lab = fact.path(&corpus);
        let snapshot = snapshot::load(&lab, &LoadOptions::default()).unwrap();
        let (flow, id) = (&fact.query["flow"], &fact.id);
        let host: Host = read(&lab.join(format!("hosts/{}.json", fact.query["src_host"].as_str().unwrap())));
        let own = host.interfaces.values().next().unwrap();
        let src = own.prefix.split('/').next().unwrap();
        let dst = flow["dst_ip"].as_str().unwrap();
        if src == dst {
            unasked.push(format!("{id}: the host asks itself; the device sees nothing"));
            continue;
        }
        // The interface at which an address is the neighbour or the device's own.
        let behind = |gateway: &str| {
            let addresses = |i: &sekisho_model::Interface| {
                i.l3.iter().flat_map(|l3| l3.addresses.clone()).collect::<Vec<_>>()
            };
            let mut ports = snapshot.devices.iter().flat_map(|d| d.interfaces.iter().map(move |i| (d, i)));
            let found = ports.find(|(_, i)| addresses(i).iter().any(|a| a.addr.to_string() == gateway));
            found.map(|(d, i)| format!("{}:{}", d.name, i.name))
        };
        let from = behind(&own.gateway).unwrap();
        let application = flow["application"].as_str().unwrap();
        let (forth, back): (Vec<&str>, Vec<&str>) = match application.split_once('/') {
            Some((proto, port)) => (
                vec!["--proto", proto, "--sport", "50000", "--dport", port],
                vec!["--proto", proto, "--sport", port, "--dport", "50000"],
            ),
            None => {
                (vec!["--proto", "icmp", "--icmp-type", "8"], vec!["--proto", "icmp", "--icmp-type", "0"])
            }
        };
        let packet = |src: &str, dst: &str, rest: &[&str]| -> Vec<String> {
            ["--src", src, "--dst", dst].iter().chain(rest).map(|s| (*s).to_owned()).collect()
        };
        let mut ways = vec![traced(&lab, &from, &packet(src, dst, &forth))];
        let target = files(&lab.join("hosts")).into_iter().find_map(|path| {
            let host: Host = read(&path);
            host.interfaces.into_values().find(|i| i.prefix.split('/').next() == Some(dst))
        });
        // A reply of the device itself meets no filter.
        if let Some(target) = target {
            let mut reply = packet(dst, src, &back);
            if application.starts_with("tcp") {
                reply.extend(["--flags".to_owned(), "SA".to_owned()]);
            }
            ways.push(traced(&lab, &behind(&target.gateway).unwrap(), &reply));
        }
        let words: Vec<&str> = ways.iter().map(|w| w.word.as_str()).collect();
        let (possible, certain) = (ways.iter().all(|w| w.possible), ways.iter().all(|w| w.certain));
        let line = format!("{id} {application} {src} -> {dst}: {words:?}");
        match fact.expect["reachable"] == true {
            true if !possible => wrong.push(line),
            true if !certain => weakened.push(line),
            false if possible => weakened.push(line),
            _ => exact += 1,
        }
    }
    println!(
        "{} facts: {exact} exact, {} weakened, {} wrong, {} not asked",
        all.len(),
        weakened.len(),
        wrong.len(),
        unasked.len()
    );
    for line in weakened.iter().chain(&unasked) {
        println!("  {line}");
    }
    assert!(exact > 0);
    assert!(wrong.is_empty(), "what answered is proven unreachable: {wrong:#?}");
}

fn parse_policy(snapshot: &mut Snapshot, text: &str) -> Policy {
    let file = snapshot.sources.add("zones.toml", text);
    let (policy, said) = policy::load(&snapshot.sources, file);
    policy.unwrap_or_else(|| panic!("{said:?}\n{text}"))
}

/// A zone at each of the first few interfaces with an address.
fn some_policy(snapshot: &Snapshot) -> String {
    let mut out = "schema_version = 1\n".to_owned();
    let mut ports = Vec::new();
    for device in &snapshot.devices {
        let with =
            device.interfaces.iter().filter(|i| i.l3.as_ref().is_some_and(|l3| !l3.addresses.is_empty()));
        ports.extend(with.map(|i| format!("{}:{}", device.name, i.name)));
    }
    if ports.is_empty() {
        let name = &snapshot.devices[0].name;
        return format!("{out}[[zones]]\nid = \"z\"\nkind = \"other\"\ndevices = [\"{name}\"]\n");
    }
    for (at, port) in ports.iter().take(3).enumerate() {
        writeln!(out, "[[zones]]\nid = \"z{at}\"\nkind = \"other\"\ninterfaces = [\"{port}\"]").unwrap();
    }
    out
}

/// Everything from the files to the verdicts; `Err` when the policy does not fit the network.
fn judge(snapshot: &mut Snapshot, text: &str) -> Result<Report, String> {
    let policy = parse_policy(snapshot, text);
    let analysis = analyze(&snapshot.devices, &policy, &snapshot.sources).map_err(|e| format!("{e:?}"))?;
    let as_of = Date::parse(AS_OF).unwrap();
    let report = analysis
        .prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &[], &[])
        .map_err(|e| e.to_string())?;
    assert!(!report.disagreement, "the reference semantics disagrees");
    Ok(report)
}

/// Lines by state.
#[derive(Default)]
struct Lines {
    counts: BTreeMap<Coverage, usize>,
    unaccounted: usize,
    /// First words of lines that nobody understood, with their number.
    unrecognized: BTreeMap<String, usize>,
}

impl Lines {
    fn add(&mut self, snapshot: &Snapshot) {
        for ledger in &snapshot.ledgers {
            self.unaccounted += ledger.unaccounted().count();
            let source = snapshot.sources.get(ledger.file).unwrap();
            assert_eq!(ledger.line_count(), source.line_count() as usize, "{}", source.path());
            for (number, state) in ledger.iter() {
                let Some(state) = state else { continue };
                *self.counts.entry(state.state).or_default() += 1;
                if state.state == Coverage::Unrecognized {
                    let words: Vec<&str> = source.line_text(number).split_whitespace().take(3).collect();
                    *self.unrecognized.entry(words.join(" ")).or_default() += 1;
                }
            }
        }
    }

    fn count(&self, state: Coverage) -> usize {
        self.counts.get(&state).copied().unwrap_or_default()
    }

    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    fn share(&self) -> f64 {
        let all: usize = self.counts.values().sum();
        self.count(Coverage::Unrecognized) as f64 / all.max(1) as f64
    }

    fn describe(&self) -> String {
        let counts: Vec<String> =
            Coverage::ALL.iter().map(|s| format!("{} {}", self.count(*s), s.word())).collect();
        format!("{}; unrecognized {:.2} %", counts.join(", "), 100.0 * self.share())
    }
}

/// Loads one file, stated to be a Cisco IOS configuration where it does not show what it is.
fn load_config(path: &Path) -> (Snapshot, bool) {
    let snapshot = snapshot::load(path, &LoadOptions::default()).unwrap();
    if !snapshot.devices.is_empty() {
        return (snapshot, false);
    }
    let options = LoadOptions { os: Some(Os::CiscoIos), ..LoadOptions::default() };
    (snapshot::load(path, &options).unwrap(), true)
}

#[test]
fn every_configuration_is_read_to_its_last_line() {
    let Some(corpus) = corpus("every_configuration_is_read_to_its_last_line") else { return };
    let labs =
        ["ios_add_path", "ios_ibgp_split_horizon", "iosxe_connectivity_sample", "iosxe_ebgp_loop_prevention"];
    let mut sets: Vec<(&str, bool, Vec<PathBuf>)> = vec![
        ("batfish/testconfigs", false, files(&corpus.join("batfish/testconfigs/cisco_ios"))),
        ("batfish/example", true, files(&corpus.join("batfish/networks/example/live/configs"))),
    ];
    let lab = |name: &str| files(&corpus.join("lab_validation").join(name).join("configs"));
    sets.push(("lab_validation", true, labs.iter().flat_map(|l| lab(l)).collect()));
    sets.push(("batfish/fortios", false, files(&corpus.join("batfish/testconfigs/fortios"))));
    let japan = files(&corpus.join("japan/fortios"));
    sets.push((
        "japan/fortios",
        true,
        japan.into_iter().filter(|p| p.extension().is_some_and(|e| e == "conf")).collect(),
    ));
    let stanford = files(&corpus.join("stanford_backbone"));
    let is_config = |p: &PathBuf| p.to_str().unwrap().ends_with("_config.txt");
    sets.push(("stanford", true, stanford.into_iter().filter(is_config).collect()));
    let mut bad = String::new();
    for (name, real, paths) in sets {
        let (mut lines, mut stated, mut unjudged) = (Lines::default(), 0, Vec::new());
        for path in &paths {
            let (mut snapshot, was_stated) = load_config(path);
            stated += usize::from(was_stated);
            let shown = path.file_name().unwrap().display();
            if snapshot.devices.is_empty() {
                writeln!(bad, "  {name}/{shown}: no device; {:?}", snapshot.files).unwrap();
                continue;
            }
            lines.add(&snapshot);
            let text = some_policy(&snapshot);
            if let Err(why) = judge(&mut snapshot, &text) {
                unjudged.push(format!("{shown}: {why}"));
            }
        }
        println!("{name}: {} files, {stated} by stating the system; {}", paths.len(), lines.describe());
        let mut heads: Vec<(&String, &usize)> = lines.unrecognized.iter().collect();
        heads.sort_by_key(|(head, n)| (std::cmp::Reverse(**n), (*head).clone()));
        for (head, number) in heads.iter().take(12) {
            println!("    {number} x {head}");
        }
        for line in &unjudged {
            println!("    not judged {line}");
        }
        if lines.unaccounted > 0 {
            writeln!(bad, "  {name}: {} lines without a state", lines.unaccounted).unwrap();
        }
        if real && lines.share() >= UNRECOGNIZED {
            writeln!(bad, "  {name}: {:.2} % unrecognized", 100.0 * lines.share()).unwrap();
        }
    }
    assert!(bad.is_empty(), "\n{bad}");
}

/// A whole network of labs at once: the configurations find each other and their tables.
#[test]
fn whole_networks_are_judged() {
    let Some(corpus) = corpus("whole_networks_are_judged") else { return };
    for name in [
        "batfish/networks/example/live/configs",
        "lab_validation/ios_add_path",
        "lab_validation/ios_ibgp_split_horizon",
        "lab_validation/iosxe_ebgp_loop_prevention",
    ] {
        let start = Instant::now();
        let mut snapshot = snapshot::load(&corpus.join(name), &LoadOptions::default()).unwrap();
        let text = some_policy(&snapshot);
        let report = judge(&mut snapshot, &text).unwrap();
        let n = report.pairs.iter().fold(BTreeMap::new(), |mut n: BTreeMap<Verdict, usize>, p| {
            *n.entry(p.verdict).or_default() += 1;
            n
        });
        println!("{name}: {} devices, {n:?}, {:.2?}", snapshot.devices.len(), start.elapsed());
        assert!(!report.pairs.is_empty());
    }
}

/// Zones of the backbone: offices of several buildings, management, and a data centre.
const STANFORD: &str = r#"
schema_version = 1

[[zones]]
id = "offices"
kind = "other"
subnets = ["172.19.2.0/24", "172.19.3.0/24", "172.19.4.0/24"]

[[zones]]
id = "labs"
kind = "other"
subnets = ["172.19.64.0/21"]

[[zones]]
id = "servers"
kind = "other"
subnets = ["172.24.64.0/22"]

[[zones]]
id = "private"
kind = "other"
subnets = ["192.168.0.0/16"]
"#;

#[test]
fn the_backbone_is_judged() {
    let Some(corpus) = corpus("the_backbone_is_judged") else { return };
    let dir = tempfile::tempdir().unwrap();
    let wanted = |p: &PathBuf| ["_config.txt", "_route.txt"].iter().any(|e| p.to_str().unwrap().ends_with(e));
    for path in files(&corpus.join("stanford_backbone")).into_iter().filter(wanted) {
        fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
    }
    let start = Instant::now();
    let mut snapshot = snapshot::load(dir.path(), &LoadOptions::default()).unwrap();
    let read = start.elapsed();
    assert_eq!(snapshot.devices.len(), 16);
    let bound = snapshot.files.iter().filter(|f| matches!(&f.role, Role::Routes(d) if d.len() == 1)).count();
    assert_eq!(bound, 12, "tables bound to their devices");
    assert_eq!(snapshot.unread, Vec::<String>::new());
    let policy = parse_policy(&mut snapshot, STANFORD);
    let analysis = analyze(&snapshot.devices, &policy, &snapshot.sources).unwrap();
    let built = start.elapsed();
    let as_of = Date::parse(AS_OF).unwrap();
    let report = analysis.prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &[], &[]).unwrap();
    let proved = start.elapsed();
    assert!(!report.disagreement);
    let domains: Vec<String> =
        analysis.domains.ids().map(|id| analysis.domains.get(id).unwrap().id.clone()).collect();
    assert_eq!(report.pairs.len(), domains.len() * (domains.len() - 1), "{domains:?}");
    let name = |id| analysis.domains.get(id).unwrap().id.as_str();
    for pair in &report.pairs {
        if ["offices", "labs", "servers", "private"].contains(&name(pair.from)) {
            println!("  {} -> {}: {}", name(pair.from), name(pair.to), pair.verdict.word());
        }
    }
    println!(
        "{} pairs; read {read:.2?}, built after {built:.2?}, proved after {proved:.2?}; peak memory {}",
        report.pairs.len(),
        peak_memory()
    );
}

/// Highest resident memory of this process, where the system tells it.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |l| l.trim().to_owned())
}
