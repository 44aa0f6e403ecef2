//! `sekisho verify`.

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, sort_diagnostics};

use super::args::{Deny, Format, VerifyArgs};
use super::failure::Failure;
use super::input::{self, PolicyText};
use super::progress::Progress;
use super::terminal::Terminal;
use super::{DISAGREEMENT, Outcome, PROVEN, UNDECIDED, VIOLATED, certificate, clock};
use crate::alternatives::{self, Asked};
use crate::analysis::{self, AnalysisError};
use crate::certify::{Judged, PolicyFile};
use crate::policy::Date;
use crate::proof::{Denied, Report, Verdict};
use crate::recheck::Recheck;
use crate::report::messages::{Step, Text};
use crate::report::{diagnostics, json, text, verify};
use crate::snapshot;

/// Verdicts by the names of both ends.
pub(super) type Verdicts = BTreeMap<(String, String), Verdict>;

/// Judges every pair of zones.
pub(super) fn run(args: &VerifyArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    Ok(judge(args, None, terminal)?.0)
}

/// Judges every pair of zones, with what is known from before.
pub(super) fn judge(
    args: &VerifyArgs,
    mut before: Option<&mut Recheck>,
    terminal: &Terminal,
) -> Result<(Outcome, Verdicts), Failure> {
    let lang = terminal.lang;
    let as_of = day(args.as_of.as_deref(), terminal)?;
    let policy_text = PolicyText::read(args.policy.as_deref(), terminal)?;
    let path = match &args.snapshot {
        Some(path) => path.clone(),
        None => policy_text.snapshot(terminal)?,
    };
    let progress = Progress::new(lang);
    progress.step(Step::Read);
    let mut snapshot = input::snapshot_again(&path, &args.input, before.as_deref_mut(), terminal)?;
    let mut said: Vec<Diagnostic> = snapshot.diagnostics.clone();
    let (policy, mut about) = policy_text.load(&mut snapshot.sources, said.clone(), terminal)?;
    said.append(&mut about);
    said.extend(policy.date_findings(as_of));
    progress.step(Step::Build);
    let failed = |why: String| Failure::new(lang, &Text::Failed(&why));
    let analyzed = match before.as_deref_mut() {
        Some(recheck) => recheck.analyze(&snapshot.devices, &policy, &snapshot.sources),
        None => analysis::analyze(&snapshot.devices, &policy, &snapshot.sources),
    };
    let analysis = match analyzed {
        Ok(analysis) => analysis,
        Err(AnalysisError::Policy(errors)) => {
            let count = errors.len();
            said.extend(errors);
            return Err(policy_text.mistakes(said, count, &snapshot.sources, terminal));
        }
        Err(error) => return Err(failed(error.to_string())),
    };
    said.extend(analysis.domains.diagnostics.iter().cloned());
    sort_diagnostics(&mut said, &snapshot.sources);
    progress.step(Step::Prove);
    let (blocked, open_ended) = (input::blocked(&snapshot), input::open_ended(&snapshot));
    let mut report = analysis
        .prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &blocked, &open_ended)
        .map_err(|error| failed(error.to_string()))?;
    let asked = Asked {
        snapshot: &snapshot,
        policy: &policy,
        analysis: &analysis,
        as_of,
        blocked: &blocked,
        open_ended: &open_ended,
    };
    let options = input::options(&args.input, terminal)?;
    alternatives::settle(&mut report, &asked, |answers| {
        snapshot::load_answered(&path, &options, answers).ok()
    })
    .map_err(|error| failed(error.to_string()))?;
    report.deny(Denied {
        session_crossing: args.deny.contains(&Deny::SessionCrossing),
        relay: args.deny.contains(&Deny::Relay),
    });
    let report = match PolicyFile::last(policy_text.parts(), &snapshot.sources) {
        Some(policy_file) => {
            let request = certificate::Request { file: args.certificate.as_deref(), check: args.check };
            let judged = Judged {
                snapshot: &snapshot,
                policy: &policy,
                policy_file,
                analysis: &analysis,
                report: &report,
                as_of,
            };
            certificate::run(&judged, request, terminal)?
        }
        None => report,
    };
    drop(progress);
    let parts = verify::Parts {
        report: &report,
        devices: &snapshot.devices,
        topology: &analysis.topology,
        domains: &analysis.domains,
        policy: &policy,
        policy_file: (policy_text.shown.clone(), policy_text.sha256.clone()),
        as_of,
        sources: &snapshot.sources,
        files: &snapshot.files,
        ledgers: &snapshot.ledgers,
        diagnostics: &said,
    };
    let view = verify::view(&parts, lang);
    let out = match terminal.format {
        Format::Text => text::verify(&view, &terminal.stdout()),
        Format::Json => json::render(&view),
    };
    let err = diagnostics::render(&said, &snapshot.sources, &terminal.stderr());
    let name = |id| analysis.domains.get(id).map_or_else(String::new, |d| d.id.clone());
    let verdicts = report.pairs.iter().map(|p| ((name(p.from), name(p.to)), p.verdict)).collect();
    if let Some(recheck) = before {
        recheck.keep(snapshot.devices, analysis);
    }
    Ok((Outcome { out, err, code: exit_code(&report) }, verdicts))
}

fn exit_code(report: &Report) -> u8 {
    match report.verdict {
        _ if report.disagreement => DISAGREEMENT,
        Verdict::Proven => PROVEN,
        Verdict::Violated => VIOLATED,
        Verdict::Undecided => UNDECIDED,
    }
}

/// The day of evaluation: as stated, else today in Japan.
pub(super) fn day(stated: Option<&str>, terminal: &Terminal) -> Result<Date, Failure> {
    let Some(text) = stated else {
        return clock::today().ok_or_else(|| {
            let why = "the clock of this machine is not set; use `--as-of`";
            Failure::new(terminal.lang, &Text::Usage(why))
        });
    };
    Date::parse(text).ok_or_else(|| {
        Failure::new(
            terminal.lang,
            &Text::BadValue { option: "--as-of", value: text, expected: "a day as YYYY-MM-DD" },
        )
    })
}
