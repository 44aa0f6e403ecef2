//! `sekisho verify --certificate FILE` and `--check`.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use sekisho_checker::{self as checker, Answer, Certificate};

use super::failure::Failure;
use super::terminal::Terminal;
use crate::certify::{Judged, certify};
use crate::graph::location::{DomainId, Domains};
use crate::proof::Report;
use crate::report::messages::Text;

/// What is wanted.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    /// File to write.
    pub(super) file: Option<&'a Path>,
    /// Whether the check runs.
    pub(super) check: bool,
}

/// A pair that is not borne out: why, and whether that is a contradiction.
struct Against {
    pair: (DomainId, DomainId),
    why: String,
    wrong: bool,
}

/// Writes and checks the certificate; returns the report without the proofs that are not borne out.
pub(super) fn run(judged: &Judged<'_>, request: Request<'_>, terminal: &Terminal) -> Result<Report, Failure> {
    let failed = |why: String| Failure::new(terminal.lang, &Text::Failed(&why));
    let mut report = judged.report.clone();
    if request.file.is_none() && !request.check {
        return Ok(report);
    }
    let written = certify(judged).map_err(|error| failed(error.to_string()))?;
    let mut certificate = written.certificate;
    let domains = &judged.analysis.domains;
    let helped = written.helped.into_iter();
    let mut against: Vec<Against> = written
        .disagreements
        .into_iter()
        .map(|d| Against { pair: (d.from, d.to), why: d.why, wrong: true })
        .chain(helped.map(|d| Against { pair: (d.from, d.to), why: d.why, wrong: false }))
        .collect();
    if request.check {
        against.extend(check(&mut certificate, domains));
    }
    for Against { pair, why, wrong } in &against {
        let name = |id| domains.get(id).map_or("", |d| d.id.as_str());
        report.contradict(*pair, (name(pair.0), name(pair.1)), why, *wrong);
    }
    if let Some(file) = request.file {
        save(file, &certificate.write()).map_err(|error| {
            let shown = file.display().to_string();
            Failure::new(terminal.lang, &Text::CannotWrite { file: &shown, why: &error.to_string() })
        })?;
    }
    Ok(report)
}

/// Checks the certificate as it will be read, and takes out of it what is not accepted.
fn check(certificate: &mut Certificate, domains: &Domains) -> Vec<Against> {
    let id = |name: &String| domains.list.iter().position(|d| d.id == *name).map(DomainId);
    let text = certificate.clone().write();
    let outcome = match Certificate::read(&text) {
        Ok(read) => checker::check(&read, &read.as_of),
        Err(error) => checker::Outcome { problems: vec![error.to_string()], claims: Vec::new() },
    };
    let mut against = Vec::new();
    let claims = std::mem::take(&mut certificate.claims);
    for (at, claim) in claims.into_iter().enumerate() {
        let (why, wrong) = match (outcome.problems.first(), outcome.claims.get(at)) {
            (None, Some(Answer::Accepted)) => {
                certificate.claims.push(claim);
                continue;
            }
            (Some(problem), _) => (problem.clone(), true),
            (None, Some(Answer::Refused(why))) => (why.clone(), true),
            (None, Some(Answer::NotConfirmed) | None) => ("the check was given up".to_owned(), false),
        };
        let pair = id(&claim.from).zip(id(&claim.to));
        against.extend(pair.map(|pair| Against { pair, why, wrong }));
        certificate.not_proven.push((claim.from, claim.to));
    }
    let used: Vec<&String> = certificate.claims.iter().flat_map(|c| &c.leans_on).collect();
    certificate.assume.retain(|a| used.contains(&&a.id));
    against
}

/// Writes a file whole or not at all.
fn save(file: &Path, text: &str) -> std::io::Result<()> {
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let beside: PathBuf = file.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = File::create_new(&beside).and_then(|mut to| {
        to.write_all(text.as_bytes())?;
        to.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&beside, file));
    if renamed.is_err() {
        // What is left of it is of no use.
        let _ = fs::remove_file(&beside);
    }
    renamed
}
