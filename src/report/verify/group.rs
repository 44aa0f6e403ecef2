//! Undecided findings by what would decide them: one line of a config is one thing to resolve, however
//! many pairs depend on it.

use serde::Serialize;

use super::{FindingView, LocationView, Word};
use crate::report::ranges::HeaderView;

/// The code of findings that block every proof.
const INCOMPLETE: &str = "isolation/incomplete-input";
/// Codes of findings about an ordered pair of the matrix.
const PAIRS: [&str; 2] = ["isolation/undecided", "isolation/not-assigned"];

/// One thing that would decide undecided pairs: a line, or a declaration that is missing.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GroupView {
    /// Code of the findings.
    pub code: &'static str,
    /// The line to blame.
    pub location: Option<LocationView>,
    /// What is not known because of it, the most frequent first.
    pub texts: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether no pair at all can be proven.
    pub all: bool,
    /// The pairs that it concerns.
    pub pairs: Vec<EndsView>,
    /// The findings, by id.
    pub findings: Vec<String>,
    /// What was found, where it is not about a pair.
    #[serde(skip)]
    pub about: Vec<String>,
    /// A packet that may pass in the first of the pairs.
    #[serde(skip)]
    pub example: Option<HeaderView>,
    /// How often each of the texts was given.
    #[serde(skip)]
    counts: Vec<usize>,
}

/// An ordered pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EndsView {
    /// Source.
    pub from: String,
    /// Target.
    pub to: String,
}

/// The reasons of all undecided findings: those that block everything, then those that concern most pairs.
#[must_use]
pub fn groups(findings: &[FindingView]) -> Vec<GroupView> {
    let mut out: Vec<GroupView> = Vec::new();
    for finding in findings.iter().filter(|f| f.verdict == Word::Undecided) {
        for reason in &finding.reasons {
            let same = |g: &GroupView| match (&g.location, &reason.location) {
                (Some(a), Some(b)) => a.file == b.file && a.line == b.line,
                (None, None) => g.texts.contains(&reason.text),
                _ => false,
            };
            let at = out.iter().position(same).unwrap_or_else(|| {
                out.push(GroupView {
                    code: finding.code,
                    location: reason.location.clone(),
                    texts: Vec::new(),
                    help: reason.help.clone(),
                    all: false,
                    pairs: Vec::new(),
                    findings: Vec::new(),
                    about: Vec::new(),
                    example: None,
                    counts: Vec::new(),
                });
                out.len() - 1
            });
            if let Some(group) = out.get_mut(at) {
                join(group, finding, &reason.text);
            }
        }
    }
    out.iter_mut().for_each(most_frequent_first);
    out.sort_by(|a, b| {
        let key =
            |g: &GroupView| (!g.all, std::cmp::Reverse(g.pairs.len()), g.location.clone(), g.texts.clone());
        key(a).cmp(&key(b))
    });
    out
}

/// Sorts the texts of a reason: what was said most often is its title.
fn most_frequent_first(group: &mut GroupView) {
    let mut counted: Vec<(usize, String)> =
        group.counts.iter().copied().zip(std::mem::take(&mut group.texts)).collect();
    counted.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    (group.counts, group.texts) = counted.into_iter().unzip();
}

/// Adds a finding to the reason that it depends on.
fn join(group: &mut GroupView, finding: &FindingView, text: &str) {
    match group.texts.iter().position(|t| t == text).and_then(|at| group.counts.get_mut(at)) {
        Some(count) => *count += 1,
        None => {
            group.texts.push(text.to_owned());
            group.counts.push(1);
        }
    }
    if group.findings.contains(&finding.id) {
        return;
    }
    group.findings.push(finding.id.clone());
    group.all |= finding.code == INCOMPLETE;
    match (&finding.from, &finding.to) {
        (Some(from), Some(to)) if PAIRS.contains(&finding.code) => {
            group.pairs.push(EndsView { from: from.clone(), to: to.clone() });
            if group.example.is_none() {
                group.example = finding.example.clone();
            }
        }
        _ if finding.code == INCOMPLETE => {}
        _ => group.about.push(finding.message.clone()),
    }
}
