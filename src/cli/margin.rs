//! `sekisho margin`: which single lines hold the walls.
//!
//! Each line that the model was made from is taken out, one at a time. Where one step shows that nothing gets
//! anywhere that did not before ([`crate::standing`]), that is all; else everything is judged again. A
//! line whose loss breaks the structure of its file, so that other lines are no longer understood, says
//! nothing about walls and is left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sekisho_diag::SourceMap;
use sekisho_model::{Coverage, Device};

use super::args::{Format, MarginArgs};
use super::failure::Failure;
use super::input::{self, PolicyText};
use super::progress::Progress;
use super::terminal::Terminal;
use super::verify::Verdicts;
use super::{Outcome, PROVEN};
use crate::analysis;
use crate::policy::{self, Date};
use crate::proof::Verdict;
use crate::recheck::Recheck;
use crate::report::margin::{self, Holding, Tried};
use crate::report::messages::{Step, Text, Thing};
use crate::report::{json, secret, text};
use crate::snapshot::{LoadOptions, Role, Snapshot};
use crate::standing::Standing;

/// What every trial starts from.
struct Whole {
    devices: Vec<Device>,
    verdicts: Verdicts,
    /// Lines that are not understood, and files that are not read or do not end.
    unread: (usize, usize),
    /// The text of every file, by its path.
    files: BTreeMap<String, String>,
    policy: (String, String),
    options: LoadOptions,
    as_of: Date,
    /// Whether each line is judged again in any case.
    thorough: bool,
}

/// One line taken out.
struct Trial<'a> {
    file: &'a str,
    line: u32,
}

/// Tries every line.
pub(super) fn run(args: &MarginArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let lang = terminal.lang;
    let as_of = super::verify::day(args.as_of.as_deref(), terminal)?;
    let policy_text = PolicyText::read(args.policy.as_deref(), terminal)?;
    let path = match &args.snapshot {
        Some(path) => path.clone(),
        None => policy_text.snapshot(terminal)?,
    };
    let progress = Progress::new(lang);
    progress.step(Step::Read);
    let snapshot = input::snapshot(&path, &args.input, terminal)?;
    let failed = |why: String| Failure::new(lang, &Text::Failed(&why));
    let files: BTreeMap<String, String> = snapshot
        .files
        .iter()
        .filter_map(|f| Some((f.path.clone(), snapshot.sources.get(f.file?)?.text().to_owned())))
        .collect();
    let ledgers = snapshot.ledgers.iter().map(|l| (snapshot.sources.path(l.file).to_owned(), l));
    let configs = snapshot.files.iter().filter(|f| matches!(f.role, Role::Config(_)));
    let configs: Vec<&str> = configs.map(|f| f.path.as_str()).collect();
    if let Some(name) = args.file.iter().find(|name| !configs.contains(&name.as_str())) {
        let failure = Failure::new(lang, &Text::NoSuch { what: Thing::File, name });
        return Err(failure.help(lang, &Text::Known(&configs.join(", "))));
    }
    let wanted = |path: &str| args.file.is_empty() || args.file.iter().any(|name| name == path);
    let mut lines: Vec<(String, u32)> = Vec::new();
    for (path, ledger) in ledgers.filter(|(path, _)| configs.contains(&path.as_str()) && wanted(path)) {
        let count = files.get(&path).map_or(0, |text| text.lines().count());
        let modeled = |n: &u32| {
            let state = ledger.get(*n).map(|entry| entry.state);
            matches!(state, Some(Coverage::Modeled | Coverage::Approximated))
        };
        lines.extend(
            (1..=u32::try_from(count).unwrap_or(u32::MAX)).filter(modeled).map(|n| (path.clone(), n)),
        );
    }
    let options = input::options(&args.input, terminal)?;
    let mut whole = Whole {
        devices: Vec::new(),
        verdicts: BTreeMap::new(),
        unread: unread(&snapshot),
        files,
        policy: (policy_text.shown.clone(), policy_text.text().to_owned()),
        options,
        as_of,
        thorough: args.thorough,
    };
    progress.step(Step::Prove);
    let mut first = Worker::new(&whole, 0).map_err(|e| failed(e.to_string()))?;
    let judged = first.judge(&whole).map_err(failed)?;
    let Some((devices, verdicts)) = judged else {
        return Err(failed("the policy cannot be applied to this snapshot; see `sekisho verify`".to_owned()));
    };
    (whole.devices, whole.verdicts) = (devices, verdicts);
    drop(first);
    let of = lines.len();
    lines.truncate(args.most);
    let share = lines.len().div_ceil(rayon::current_num_threads()).max(1);
    let found: Vec<Result<(Vec<Holding>, usize), String>> = lines
        .par_chunks(share)
        .enumerate()
        .map(|(n, lines)| {
            let mut worker = Worker::new(&whole, n + 1).map_err(|e| e.to_string())?;
            worker.stand(&whole)?;
            let mut found = Vec::new();
            for (file, line) in lines {
                found.extend(worker.without(&whole, &Trial { file, line: *line })?);
            }
            Ok((found, worker.judged))
        })
        .collect();
    let (mut holdings, mut judged) = (Vec::new(), 0);
    for part in found {
        let (found, again) = part.map_err(failed)?;
        holdings.extend(found);
        judged += again;
    }
    drop(progress);
    let proven = whole.verdicts.iter().filter(|(_, v)| **v == Verdict::Proven).map(|(pair, _)| pair.clone());
    let tried = Tried { lines: lines.len(), of, judged_again: judged };
    let view = margin::view(proven.collect(), holdings, tried, as_of.to_string());
    let out = match terminal.format {
        Format::Text => text::margin::render(&view, &terminal.stdout()),
        Format::Json => json::render(&view),
    };
    Ok(Outcome { out, err: String::new(), code: PROVEN })
}

/// Lines that are not understood, and files that are not read or do not end.
fn unread(snapshot: &Snapshot) -> (usize, usize) {
    let lines = snapshot.ledgers.iter();
    let lines = lines.map(|l| l.count(Coverage::Unsupported) + l.count(Coverage::Unrecognized)).sum();
    (lines, snapshot.unread.len() + snapshot.cut_off.len() + snapshot.incomplete.len())
}

/// A copy of the snapshot in a directory of its own, and what is known of it from the trial before.
struct Worker {
    directory: PathBuf,
    recheck: Recheck,
    /// The whole network, for the first step.
    standing: Option<Standing>,
    /// Lines for which everything was judged again.
    judged: usize,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A directory that stays behind harms nobody.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Worker {
    fn new(whole: &Whole, number: usize) -> std::io::Result<Self> {
        let name = format!("sekisho-margin-{}-{number}", std::process::id());
        let worker = Self {
            directory: std::env::temp_dir().join(name),
            recheck: Recheck::default(),
            standing: None,
            judged: 0,
        };
        for (path, text) in &whole.files {
            let at = worker.directory.join(path);
            fs::create_dir_all(at.parent().unwrap_or(Path::new("")))?;
            fs::write(at, text)?;
        }
        Ok(worker)
    }

    /// Judges the whole network, and computes what may be where in it.
    fn stand(&mut self, whole: &Whole) -> Result<(), String> {
        if whole.thorough {
            return Ok(());
        }
        let mut snapshot =
            self.recheck.load(&self.directory, &whole.options).map_err(|error| error.to_string())?;
        self.judge_snapshot(whole, &mut snapshot)?;
        let mut snapshot =
            self.recheck.load(&self.directory, &whole.options).map_err(|error| error.to_string())?;
        let sources = &mut snapshot.sources;
        let file = sources.add(whole.policy.0.clone(), whole.policy.1.clone());
        let (Some(policy), _) = policy::load(sources, file) else { return Ok(()) };
        let Ok(analysis) = analysis::analyze(&snapshot.devices, &policy, &snapshot.sources) else {
            return Ok(());
        };
        if !input::blocked(&snapshot).is_empty() {
            return Ok(());
        }
        let standing = Standing::of(snapshot.devices, policy, &snapshot.sources, analysis, whole.as_of);
        self.standing = Some(standing.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Whether one step shows that every proof stands.
    fn is_kept(&mut self, whole: &Whole, snapshot: &Snapshot) -> bool {
        let Some(standing) = &mut self.standing else { return false };
        let mut sources = snapshot.sources.clone();
        sources.add(whole.policy.0.clone(), whole.policy.1.clone());
        input::blocked(snapshot).is_empty() && standing.is_kept(&snapshot.devices, &sources)
    }

    /// Devices and verdicts of the directory as it stands; `None` when the policy cannot be applied.
    fn judge(&mut self, whole: &Whole) -> Result<Option<(Vec<Device>, Verdicts)>, String> {
        let mut snapshot =
            self.recheck.load(&self.directory, &whole.options).map_err(|error| error.to_string())?;
        self.judge_snapshot(whole, &mut snapshot)
    }

    fn judge_snapshot(
        &mut self,
        whole: &Whole,
        snapshot: &mut Snapshot,
    ) -> Result<Option<(Vec<Device>, Verdicts)>, String> {
        let sources: &mut SourceMap = &mut snapshot.sources;
        let file = sources.add(whole.policy.0.clone(), whole.policy.1.clone());
        let (Some(policy), _) = policy::load(sources, file) else { return Ok(None) };
        let analyzed = self.recheck.analyze(&snapshot.devices, &policy, &snapshot.sources);
        let Ok(analysis) = analyzed else { return Ok(None) };
        let (blocked, open_ended) = (input::blocked(snapshot), input::open_ended(snapshot));
        let report = analysis
            .prove(&snapshot.devices, &policy, &snapshot.sources, whole.as_of, &blocked, &open_ended)
            .map_err(|error| error.to_string())?;
        let name = |id| analysis.domains.get(id).map_or_else(String::new, |d| d.id.clone());
        let verdicts = report.pairs.iter().map(|p| ((name(p.from), name(p.to)), p.verdict)).collect();
        self.recheck.keep(snapshot.devices.clone(), analysis);
        Ok(Some((std::mem::take(&mut snapshot.devices), verdicts)))
    }

    /// The pairs that are no longer proven without a line; `None` when there are none, or nobody can tell.
    fn without(&mut self, whole: &Whole, trial: &Trial<'_>) -> Result<Option<Holding>, String> {
        let Some(text) = whole.files.get(trial.file) else { return Ok(None) };
        let mut taken = String::with_capacity(text.len());
        let mut quote = "";
        for (n, line) in (1..).zip(text.split_inclusive('\n')) {
            if n == trial.line {
                quote = line.trim();
                // An empty line keeps the places of all others.
                taken.push('\n');
            } else {
                taken.push_str(line);
            }
        }
        let path = self.directory.join(trial.file);
        fs::write(&path, taken).map_err(|error| error.to_string())?;
        let holding = self.changed(whole);
        fs::write(&path, text).map_err(|error| error.to_string())?;
        let pairs = holding?;
        let quote = if secret::may_hold(quote) { String::new() } else { quote.to_owned() };
        let holding = Holding { file: trial.file.to_owned(), line: trial.line, quote, pairs };
        Ok(Some(holding).filter(|h| !h.pairs.is_empty()))
    }

    fn changed(&mut self, whole: &Whole) -> Result<Vec<(String, String, Verdict)>, String> {
        let mut snapshot =
            self.recheck.load(&self.directory, &whole.options).map_err(|error| error.to_string())?;
        if snapshot.devices == whole.devices || unread(&snapshot) != whole.unread {
            return Ok(Vec::new());
        }
        if self.is_kept(whole, &snapshot) {
            return Ok(Vec::new());
        }
        self.judged += 1;
        let Some((_, verdicts)) = self.judge_snapshot(whole, &mut snapshot)? else { return Ok(Vec::new()) };
        let proven = whole.verdicts.iter().filter(|(_, v)| **v == Verdict::Proven);
        let lost = proven.filter_map(|(pair, _)| {
            let verdict = *verdicts.get(pair).filter(|v| **v != Verdict::Proven)?;
            Some((pair.0.clone(), pair.1.clone(), verdict))
        });
        Ok(lost.collect())
    }
}
