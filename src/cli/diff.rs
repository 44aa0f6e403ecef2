//! `sekisho diff`.

use std::path::{Path, PathBuf};

use sekisho_diag::{Diagnostic, sort_diagnostics};

use super::args::{DiffArgs, Format, InputArgs};
use super::failure::Failure;
use super::input::{self, PolicyText};
use super::progress::Progress;
use super::terminal::Terminal;
use super::{DISAGREEMENT, Outcome, PROVEN, UNDECIDED, VIOLATED, git};
use crate::analysis::{self, Analysis, AnalysisError};
use crate::policy::{Date, Policy};
use crate::proof::{self, Reason, compare};
use crate::report::messages::{Step, Text};
use crate::report::verify::{Parts, Word};
use crate::report::{diagnostics, diff, json, text};
use crate::snapshot::Snapshot;

/// One side of the change, read and analysed.
struct Side {
    name: String,
    policy_text: PolicyText,
    policy: Policy,
    snapshot: Snapshot,
    analysis: Analysis,
    said: Vec<Diagnostic>,
    blocked: Vec<Reason>,
    open_ended: Vec<String>,
}

/// What a change opens and closes.
pub(super) fn run(args: &DiffArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let lang = terminal.lang;
    let as_of = super::verify::day(args.as_of.as_deref(), terminal)?;
    let progress = Progress::new(lang);
    progress.step(Step::Read);
    let (before, after) = match &args.git {
        Some(range) => {
            let (old, new) = git::revisions(range, terminal)?;
            let side = |rev: &str| of_revision(args, rev, as_of, terminal);
            (side(old)?, side(new)?)
        }
        None => {
            let side = |path: &Option<PathBuf>| {
                let path = path.clone().unwrap_or_default();
                let policy = PolicyText::read(args.policy.as_deref(), terminal)?;
                Side::read(path.display().to_string(), policy, &path, as_of, &args.input, terminal)
            };
            (side(&args.before)?, side(&args.after)?)
        }
    };
    progress.step(Step::Prove);
    let failed = |why: String| Failure::new(lang, &Text::Failed(&why));
    let (old, new) = (before.question(as_of), after.question(as_of));
    let differences = compare::compare(&old, &new).map_err(|e| failed(e.to_string()))?;
    let was = proof::prove(&old).map_err(|e| failed(e.to_string()))?;
    let is = proof::prove(&new).map_err(|e| failed(e.to_string()))?;
    drop(progress);
    let view = diff::view(
        &diff::Side { name: &before.name, parts: before.parts(&was, as_of) },
        &diff::Side { name: &after.name, parts: after.parts(&is, as_of) },
        &differences,
        lang,
    );
    let out = match terminal.format {
        Format::Text => text::diff::render(&view, &terminal.stdout()),
        Format::Json => json::render(&view),
    };
    let code = match view.verdict {
        _ if view.disagreement => DISAGREEMENT,
        Word::Proven => PROVEN,
        Word::Violated => VIOLATED,
        Word::Undecided => UNDECIDED,
    };
    let err = diagnostics::render(&after.said, &after.snapshot.sources, &terminal.stderr());
    Ok(Outcome { out, err, code })
}

/// The side of a revision: its snapshot, and its policy if it holds one.
fn of_revision(args: &DiffArgs, revision: &str, as_of: Date, terminal: &Terminal) -> Result<Side, Failure> {
    let stated = args.policy.clone().unwrap_or_else(|| PathBuf::from(input::POLICY));
    let policy = match git::file(revision, &stated, terminal.lang)? {
        Some(bytes) => PolicyText::of(&stated, &bytes),
        None => PolicyText::read(args.policy.as_deref(), terminal)?,
    };
    let directory = match &args.before {
        Some(path) => path.clone(),
        None => policy.snapshot(terminal)?,
    };
    let files = git::checkout(revision, &directory, terminal)?;
    let name = format!("{revision}:{}", directory.display());
    Side::read(name, policy, files.path(), as_of, &args.input, terminal)
}

impl Side {
    fn read(
        name: String,
        policy_text: PolicyText,
        path: &Path,
        as_of: Date,
        input: &InputArgs,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let mut snapshot = input::snapshot(path, input, terminal)?;
        let mut said = snapshot.diagnostics.clone();
        let (policy, mut about) = policy_text.load(&mut snapshot.sources, said.clone(), terminal)?;
        said.append(&mut about);
        said.extend(policy.date_findings(as_of));
        let analysis = match analysis::analyze(&snapshot.devices, &policy, &snapshot.sources) {
            Ok(analysis) => analysis,
            Err(AnalysisError::Policy(errors)) => {
                let count = errors.len();
                said.extend(errors);
                return Err(policy_text.mistakes(said, count, &snapshot.sources, terminal));
            }
            Err(error) => return Err(Failure::new(terminal.lang, &Text::Failed(&error.to_string()))),
        };
        said.extend(analysis.domains.diagnostics.iter().cloned());
        sort_diagnostics(&mut said, &snapshot.sources);
        let blocked = analysis.blocked(&input::blocked(&snapshot));
        let open_ended = input::open_ended(&snapshot);
        Ok(Self { name, policy_text, policy, snapshot, analysis, said, blocked, open_ended })
    }

    fn question(&self, as_of: Date) -> proof::Question<'_> {
        let Self { snapshot, policy, blocked, open_ended, .. } = self;
        self.analysis.question(&snapshot.devices, policy, &snapshot.sources, as_of, blocked, open_ended)
    }

    fn parts<'a>(&'a self, report: &'a proof::Report, as_of: Date) -> Parts<'a> {
        Parts {
            report,
            devices: &self.snapshot.devices,
            topology: &self.analysis.topology,
            domains: &self.analysis.domains,
            policy: &self.policy,
            policy_file: (self.policy_text.shown.clone(), self.policy_text.sha256.clone()),
            as_of,
            sources: &self.snapshot.sources,
            files: &self.snapshot.files,
            ledgers: &self.snapshot.ledgers,
            diagnostics: &self.said,
        }
    }
}
