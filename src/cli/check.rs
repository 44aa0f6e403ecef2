//! `sekisho check`: a certificate, and perhaps the files from which it was made.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sekisho_checker::{self as checker, Certificate, InputKind};

use super::args::{CheckArgs, Format};
use super::failure::Failure;
use super::input::{self, PolicyText};
use super::terminal::Terminal;
use super::{DISAGREEMENT, Outcome, PROVEN, UNDECIDED};
use crate::analysis;
use crate::certify::{self, PolicyFile};
use crate::policy::Date;
use crate::report::check::{self, FilesView};
use crate::report::messages::{CheckText, Text};
use crate::report::{json, text};
use crate::snapshot;

/// Checks a certificate.
pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let lang = terminal.lang;
    let as_of = super::verify::day(args.as_of.as_deref(), terminal)?.to_string();
    let file = args.certificate.to_string_lossy().replace('\\', "/");
    let bytes = fs::read(&args.certificate)
        .map_err(|error| Failure::new(lang, &Text::CannotRead { file: &file, why: &error.to_string() }))?;
    // Bytes that are not UTF-8 become marks, which no certificate holds outside its names.
    let content = String::from_utf8_lossy(&bytes);
    let view = match Certificate::read(&content) {
        Err(error) => check::malformed(&file, &as_of, &error, lang),
        Ok(_) if content.len() != bytes.len() => {
            let error = checker::ReadError::Shape("it is not UTF-8".to_owned());
            check::malformed(&file, &as_of, &error, lang)
        }
        Ok(certificate) => {
            let outcome = checker::check(&certificate, &as_of);
            let files = match &args.configs {
                Some(dir) => compare(&certificate, dir, args, terminal)?,
                None => (Vec::new(), FilesView::default()),
            };
            check::view(&file, &as_of, &certificate, &outcome, files, lang)
        }
    };
    let code = match view.result {
        "accepted" => PROVEN,
        "not-confirmed" => UNDECIDED,
        _ => DISAGREEMENT,
    };
    let out = match terminal.format {
        Format::Text => text::check::render(&view, &terminal.stdout()),
        Format::Json => json::render(&view),
    };
    Ok(Outcome { out, err: String::new(), code })
}

/// Compares the files of a directory, and the policy, with the inputs of the certificate.
fn compare(
    certificate: &Certificate,
    dir: &Path,
    args: &CheckArgs,
    terminal: &Terminal,
) -> Result<(Vec<String>, FilesView), Failure> {
    let lang = terminal.lang;
    let options = input::options(&args.input, terminal)?;
    let raw = snapshot::raw(dir, &options).map_err(|error| {
        let shown = dir.display().to_string();
        Failure::new(lang, &Text::CannotRead { file: &shown, why: &error.to_string() })
    })?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut lines: BTreeMap<String, u32> = BTreeMap::new();
    for file in raw {
        lines.insert(file.path.clone(), file.lines);
        files.insert(file.path, file.bytes);
    }
    let policy = args.policy.as_deref().map(|path| PolicyText::read(Some(path), terminal)).transpose()?;
    let of_policy = certificate.inputs.iter().find(|i| i.kind == InputKind::Policy);
    if let (Some(named), Some(stated)) = (&policy, of_policy) {
        let bytes = fs::read(&named.path).unwrap_or_default();
        lines.insert(stated.path.clone(), stated.lines);
        files.insert(stated.path.clone(), bytes);
    }
    let mut view = FilesView {
        compared: files.len(),
        policy: of_policy.is_some_and(|p| files.contains_key(&p.path)),
        reparsed: false,
    };
    let say = |text: CheckText<'_>| lang.say(&Text::Check(text));
    let mut problems: Vec<String> =
        checker::compare_inputs(certificate, &files).iter().map(|p| say(CheckText::Problem(p))).collect();
    for input in &certificate.inputs {
        if let Some(&lines) = lines.get(&input.path).filter(|n| **n != input.lines) {
            let stated = input.lines;
            problems.push(say(CheckText::LineCount { file: &input.path, lines, stated }));
        }
    }
    if let Some(policy) = policy.filter(|_| args.reparse && problems.is_empty()) {
        let other = read_again(certificate, dir, args, &policy, terminal)?;
        problems.extend(other.iter().map(|part| say(CheckText::Differs(part))));
        view.reparsed = other.is_empty();
    }
    Ok((problems, view))
}

/// What of the certificate the files, read again, do not give.
fn read_again(
    certificate: &Certificate,
    dir: &Path,
    args: &CheckArgs,
    policy_text: &PolicyText,
    terminal: &Terminal,
) -> Result<Vec<&'static str>, Failure> {
    let lang = terminal.lang;
    let mut snapshot = input::snapshot(dir, &args.input, terminal)?;
    let (policy, _) = policy_text.load(&mut snapshot.sources, Vec::new(), terminal)?;
    let Some(policy_file) = PolicyFile::last(policy_text.parts(), &snapshot.sources) else {
        return Ok(vec!["policy"]);
    };
    let analysis = analysis::analyze(&snapshot.devices, &policy, &snapshot.sources)
        .map_err(|error| Failure::new(lang, &Text::Failed(&error.to_string())))?;
    let Some(as_of) = Date::parse(&certificate.as_of) else { return Ok(vec!["policy"]) };
    let again = certify::read_again(&snapshot, &policy, &policy_file, &analysis, as_of);
    let parts = [
        ("list of inputs", again.inputs == certificate.inputs),
        ("ledger", again.ledger == certificate.ledger),
        ("policy", again.policy == certificate.policy),
        ("model", again.model == certificate.model),
    ];
    Ok(parts.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect())
}
