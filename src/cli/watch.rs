//! `sekisho watch`: judges again whenever a file of the snapshot or the policy changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::args::WatchArgs;
use super::failure::Failure;
use super::input::PolicyText;
use super::terminal::Terminal;
use super::verify::{self, Verdicts};
use super::{CANNOT_RUN, Outcome, write};
use crate::proof::Verdict;
use crate::recheck::Recheck;
use crate::report::messages::Text;
use crate::report::verify::Word;

/// Changed verdicts that are told one by one.
const SHOWN: usize = 20;

/// What a look at the files sees: time of change and size.
type Look = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Judges, waits for a change, judges again; ends after the runs asked for, else never.
pub(super) fn run(args: &WatchArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let policy = PolicyText::read(args.verify.policy.as_deref(), terminal)?;
    let snapshot = match &args.verify.snapshot {
        Some(path) => path.clone(),
        None => policy.snapshot(terminal)?,
    };
    let places = [snapshot, policy.path];
    let mut recheck = Recheck::default();
    let mut before: Option<Verdicts> = None;
    let mut done = 0;
    loop {
        let seen = look(&places);
        let start = Instant::now();
        let code = match verify::judge(&args.verify, Some(&mut recheck), terminal) {
            Ok((outcome, verdicts)) => {
                write(std::io::stderr(), &outcome.err);
                write(std::io::stdout(), &outcome.out);
                let news = changed(before.as_ref(), &verdicts, terminal);
                write(std::io::stdout(), &news);
                before = Some(verdicts);
                outcome.code
            }
            // The next save may mend it.
            Err(failure) => {
                write(std::io::stderr(), &failure.render(&terminal.stderr()));
                CANNOT_RUN
            }
        };
        let (files, millis) = (recheck.unchanged_files(), start.elapsed().as_millis());
        let text = Text::Watched { unchanged: files, millis: u64::try_from(millis).unwrap_or(u64::MAX) };
        write(std::io::stderr(), &format!("{}\n", terminal.lang.say(&text)));
        done += 1;
        if args.runs.is_some_and(|runs| done >= runs) {
            return Ok(Outcome { out: String::new(), err: String::new(), code });
        }
        let pause = || std::thread::sleep(Duration::from_millis(args.interval.max(1)));
        while look(&places) == seen {
            pause();
        }
        // Whoever saves a file empties it first.
        loop {
            let before = look(&places);
            pause();
            if look(&places) == before {
                break;
            }
        }
    }
}

/// Pairs whose verdict is another than before, a line each.
fn changed(before: Option<&Verdicts>, now: &Verdicts, terminal: &Terminal) -> String {
    let Some(before) = before else { return String::new() };
    let mut out = String::new();
    let differ: Vec<_> = now.iter().filter(|(pair, verdict)| before.get(*pair) != Some(*verdict)).collect();
    for (pair, verdict) in differ.iter().take(SHOWN) {
        let word = |verdict: Verdict| terminal.lang.say(&Text::Cell(Word::from(verdict)));
        let old = before.get(*pair).map_or_else(|| "-".to_owned(), |verdict| word(*verdict));
        let text = Text::VerdictChanged { from: &pair.0, to: &pair.1, old: &old, new: &word(**verdict) };
        out.push_str(&terminal.lang.say(&text));
        out.push('\n');
    }
    if differ.len() > SHOWN {
        out.push_str(&terminal.lang.say(&Text::MoreChanges(differ.len() - SHOWN)));
        out.push('\n');
    }
    out
}

/// Every file under the places. A file that changes while it is read looks different the next time.
fn look(places: &[PathBuf]) -> Look {
    let mut out = Look::new();
    let mut open: Vec<PathBuf> = places.to_vec();
    while let Some(path) = open.pop() {
        let Ok(metadata) = fs::metadata(&path) else {
            out.insert(path, (None, 0));
            continue;
        };
        if metadata.is_dir() {
            open.extend(entries(&path));
        }
        let size = if metadata.is_dir() { 0 } else { metadata.len() };
        out.insert(path, (metadata.modified().ok(), size));
    }
    out
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| !(p.is_symlink() && p.is_dir())).collect()
}
