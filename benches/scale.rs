//! How the cost of a proof grows with the network: generated municipal networks of 10², 10³ and, when
//! `SEKISHO_SCALE` names them, more devices; and what a recheck after a change of one line costs.
//!
//! ```sh
//! cargo bench --bench scale                                   # 100 and 1,000 devices
//! SEKISHO_SCALE=100,1000,10000 cargo bench --bench scale      # these
//! SEKISHO_SCALE=1000 SEKISHO_RULES=100 cargo bench --bench scale   # with 100 further rules in every list
//! ```
//!
//! Each size runs in processes of its own, so that peaks of memory do not mix; times are the best of
//! several runs.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sekisho::analysis;
use sekisho::policy::{self, Date};
use sekisho::proof::Verdict;
use sekisho::recheck::Recheck;
use sekisho::snapshot::{self, LoadOptions};
use sekisho_wan::plan::Sites;
use sekisho_wan::{Options, generate};

/// Day of evaluation.
const DAY: &str = "2026-11-24";

/// What a size costs.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    read: Duration,
    build: Duration,
    prove: Duration,
    /// A recheck after a change of one line.
    line: Duration,
    /// Peak of the resident memory in the cold run, KiB.
    peak: u64,
    proven: bool,
}

impl Cost {
    fn total(&self) -> Duration {
        self.read + self.build + self.prove
    }
}

fn say(text: &str) {
    // A bench has nowhere to fail to when its output is closed.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Writes a network to a directory; its number of rules.
fn write(devices: usize, rules: usize, directory: &Path) -> Option<usize> {
    let sites = if rules > 0 { Sites::Perturbed } else { Sites::Identical };
    let network = generate(&Options { devices, rules, sites, seed: 1, ..Options::default() });
    let configs = directory.join("configs");
    fs::create_dir_all(&configs).ok()?;
    for file in &network.files {
        fs::write(configs.join(&file.name), &file.text).ok()?;
    }
    fs::write(directory.join("zones.toml"), &network.policy).ok()?;
    Some(network.rules())
}

/// The highest resident memory of this process so far, KiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// From the files of a directory to the verdict.
fn cold(directory: &Path) -> Option<Cost> {
    let mut cost = Cost::default();
    let start = Instant::now();
    let mut snapshot = snapshot::load(&directory.join("configs"), &LoadOptions::default()).ok()?;
    let text = fs::read_to_string(directory.join("zones.toml")).ok()?;
    let file = snapshot.sources.add("zones.toml", text);
    let policy = policy::load(&snapshot.sources, file).0?;
    cost.read = start.elapsed();
    let start = Instant::now();
    let analysis = analysis::analyze(&snapshot.devices, &policy, &snapshot.sources).ok()?;
    cost.build = start.elapsed();
    let start = Instant::now();
    let day = Date::parse(DAY)?;
    let report = analysis.prove(&snapshot.devices, &policy, &snapshot.sources, day, &[], &[]).ok()?;
    cost.prove = start.elapsed();
    cost.proven = report.verdict == Verdict::Proven;
    cost.peak = peak();
    Some(cost)
}

/// From the files to the verdict, with what is known from before.
fn again(recheck: &mut Recheck, directory: &Path) -> Option<Duration> {
    let start = Instant::now();
    let mut snapshot = recheck.load(&directory.join("configs"), &LoadOptions::default()).ok()?;
    let text = fs::read_to_string(directory.join("zones.toml")).ok()?;
    let file = snapshot.sources.add("zones.toml", text);
    let policy = policy::load(&snapshot.sources, file).0?;
    let analysis = recheck.analyze(&snapshot.devices, &policy, &snapshot.sources).ok()?;
    let day = Date::parse(DAY)?;
    let report = analysis.prove(&snapshot.devices, &policy, &snapshot.sources, day, &[], &[]).ok()?;
    std::hint::black_box(report.pairs.len());
    let time = start.elapsed();
    recheck.keep(snapshot.devices, analysis);
    Some(time)
}

/// Puts a line into a list of one router, or takes it out again.
fn change(directory: &Path, round: usize) -> Option<()> {
    let router = directory.join("configs/T0001-SCR1.cfg");
    let text = fs::read_to_string(&router).ok()?;
    let entry = " 5 deny   tcp host 172.27.1.1 host 10.128.0.77 eq 8080\n";
    let head = "ip access-list extended SC-IN\n";
    let text = match round % 2 {
        0 => text.replace(head, &format!("{head}{entry}")),
        _ => text.replace(entry, ""),
    };
    fs::write(router, text).ok()
}

/// The best time of a recheck after a change of one line.
fn recheck(directory: &Path) -> Option<Duration> {
    let mut recheck = Recheck::default();
    again(&mut recheck, directory)?;
    let rounds = (0..4).map(|round| {
        change(directory, round)?;
        again(&mut recheck, directory)
    });
    rounds.collect::<Option<Vec<_>>>()?.into_iter().min()
}

/// The child process: one cold run of a directory, then rechecks; the cost on standard output.
fn child(directory: &str) -> Option<()> {
    let directory = Path::new(directory);
    let cost = cold(directory)?;
    let line = recheck(directory)?;
    let times = [cost.read, cost.build, cost.prove, line].map(|d| d.as_micros().to_string()).join(" ");
    say(&format!("{times} {} {}\n", cost.peak, u8::from(cost.proven)));
    Some(())
}

/// One cold run in a process of its own.
fn run(directory: &Path) -> Option<Cost> {
    let me = std::env::current_exe().ok()?;
    let output = Command::new(me).arg("--run").arg(directory).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let values: Vec<u64> = text.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    let &[read, build, prove, line, peak, proven] = values.as_slice() else { return None };
    let [read, build, prove, line] = [read, build, prove, line].map(Duration::from_micros);
    Some(Cost { read, build, prove, line, peak, proven: proven == 1 })
}

/// A row of the table; the time of the best run.
fn row(devices: usize, rules: usize, runs: usize) -> Option<Duration> {
    let directory = tempfile::tempdir().ok()?;
    let written = write(devices, rules, directory.path())?;
    let costs: Vec<Cost> = (0..runs).filter_map(|_| run(directory.path())).collect();
    let best = costs.iter().min_by_key(|c| c.total())?;
    let seconds = |d: Duration| format!("{:.2}", d.as_secs_f64());
    say(&format!(
        "{devices:>8} {written:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>8}  {}\n",
        seconds(best.read),
        seconds(best.build),
        seconds(best.prove),
        seconds(best.total()),
        seconds(costs.iter().map(|c| c.line).min()?),
        best.peak / 1024,
        if best.proven { "proven" } else { "NOT PROVEN" }
    ));
    Some(best.total())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, directory] = arguments.as_slice()
        && flag == "--run"
    {
        if child(directory).is_none() {
            say("failed\n");
        }
        return;
    }
    let sizes = std::env::var("SEKISHO_SCALE").unwrap_or_else(|_| "100,1000".to_owned());
    let (rules, runs) = (number("SEKISHO_RULES", 0), number("SEKISHO_RUNS", 5));
    say(&format!(
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>8}\n",
        "devices", "rules", "read s", "build s", "prove s", "total s", "one line s", "peak MB"
    ));
    let mut before: Option<(usize, Duration)> = None;
    for devices in sizes.split(',').filter_map(|s| s.trim().parse::<usize>().ok()) {
        let Some(total) = row(devices, rules, if devices > 5000 { runs.min(2) } else { runs }) else {
            say(&format!("{devices:>8} FAILED\n"));
            continue;
        };
        if let Some((smaller, time)) = before {
            let growth = total.as_secs_f64() / time.as_secs_f64().max(1e-9);
            say(&format!("{:>8} {growth:.1} times the time of {smaller} devices\n", ""));
        }
        before = Some((devices, total));
    }
}
