//! What `diff` says, as data: the one source of the JSON and of the text.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_diag::SourceMap;
use serde::Serialize;

use super::messages::{DiffText, Lang, Text};
use super::ranges::{RangeView, range};
use super::verify::{self, FindingView, LocationView, Parts, VerifyView, WitnessView, Word};
use crate::proof::compare::{Difference, Shift};
use crate::proof::{Evidence, Note};

/// Version of the JSON of `diff`.
pub const SCHEMA: &str = "sekisho-diff/1";

/// A change and what it does.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DiffView {
    /// `sekisho-diff/1`.
    pub schema: &'static str,
    /// Day of evaluation, `YYYY-MM-DD`.
    pub as_of: String,
    /// What the exit code says: the worst of what is new.
    pub verdict: Word,
    /// Whether the independent check contradicted the engine on either side.
    pub disagreement: bool,
    /// Before the change.
    pub before: SideView,
    /// After the change.
    pub after: SideView,
    /// Input files that differ.
    pub files: Vec<FileView>,
    /// Pairs of domains between which other packets arrive than before.
    pub pairs: Vec<ChangeView>,
    /// Pairs with another verdict than before.
    pub verdicts: Vec<TurnView>,
    /// Findings that were not there before.
    pub new: Vec<FindingView>,
    /// Findings that are gone.
    pub resolved: Vec<FindingView>,
    /// Findings that were there before, by id.
    pub persisting: Vec<String>,
}

/// One side of a change.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SideView {
    /// The snapshot, as named.
    pub snapshot: String,
    /// Its verdict.
    pub verdict: Word,
}

/// An input file that differs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileView {
    /// Path within the snapshot.
    pub file: String,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
    /// Of a changed file, lines that it has now and did not have before.
    pub added: Vec<LocationView>,
    /// Of a changed file, lines that it had before and does not have now.
    pub removed: Vec<LocationView>,
}

/// A pair of domains between which other packets arrive than before, in one family.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeView {
    /// Source.
    pub from: String,
    /// Target.
    pub to: String,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// What arrives now and did not before.
    pub opened: Option<ShiftView>,
    /// What arrived before and no longer does.
    pub closed: Option<ShiftView>,
}

/// Packets that arrive on one side of a change only.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShiftView {
    /// Whether some of them surely arrive, and not only because something is not known.
    pub sure: bool,
    /// Whether some of them surely arrive and are not whitelisted.
    pub forbidden: bool,
    /// Headers on arrival.
    pub ranges: Vec<RangeView>,
    /// Whether the ranges are all of them.
    pub complete: bool,
    /// One of them and its way.
    pub witness: WitnessView,
    /// Lines that let it through, those that the change touched first.
    pub passes: Vec<LineView>,
    /// Lines that stop it on the other side.
    pub stops: Vec<LineView>,
}

/// A line, and whether the change touched it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LineView {
    /// Where.
    pub location: LocationView,
    /// Whether the file of the other side lacks this line.
    pub changed: bool,
}

/// A pair with another verdict than before.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TurnView {
    /// Source.
    pub from: String,
    /// Target.
    pub to: String,
    /// Before; absent when the pair is new.
    pub before: Option<Word>,
    /// After; absent when the pair is gone.
    pub after: Option<Word>,
}

/// One side of a change, with its report.
pub struct Side<'a> {
    /// The snapshot, as named.
    pub name: &'a str,
    /// What its report is made from.
    pub parts: Parts<'a>,
}

/// Builds the view.
#[must_use]
pub fn view(before: &Side<'_>, after: &Side<'_>, differences: &[Difference], lang: Lang) -> DiffView {
    let (was, is) = (verify::view(&before.parts, lang), verify::view(&after.parts, lang));
    let pairs: Vec<ChangeView> = differences
        .iter()
        .map(|d| ChangeView {
            from: d.from.clone(),
            to: d.to.clone(),
            family: if d.family == sekisho_net::Family::V4 { "ipv4" } else { "ipv6" },
            opened: d.opened.as_ref().map(|s| shift(s, d.family, after, before, lang)),
            closed: d.closed.as_ref().map(|s| shift(s, d.family, before, after, lang)),
        })
        .collect();
    let old: BTreeSet<&String> = was.findings.iter().map(|f| &f.id).collect();
    let now: BTreeSet<&String> = is.findings.iter().map(|f| &f.id).collect();
    let new: Vec<FindingView> = is.findings.iter().filter(|f| !old.contains(&f.id)).cloned().collect();
    let worse = pairs.iter().filter_map(|p| p.opened.as_ref()).any(|o| o.forbidden);
    let verdict =
        new.iter().map(|f| f.verdict).chain(worse.then_some(Word::Violated)).max().unwrap_or(Word::Proven);
    DiffView {
        schema: SCHEMA,
        as_of: is.as_of.clone(),
        verdict,
        disagreement: was.disagreement || is.disagreement,
        before: SideView { snapshot: before.name.to_owned(), verdict: was.verdict },
        after: SideView { snapshot: after.name.to_owned(), verdict: is.verdict },
        files: files((before, &was), (after, &is), lang),
        pairs,
        verdicts: turns(&was, &is),
        resolved: was.findings.iter().filter(|f| !now.contains(&f.id)).cloned().collect(),
        persisting: is.findings.iter().filter(|f| old.contains(&f.id)).map(|f| f.id.clone()).collect(),
        new,
    }
}

fn shift(
    shift: &Shift,
    family: sekisho_net::Family,
    here: &Side<'_>,
    there: &Side<'_>,
    lang: Lang,
) -> ShiftView {
    ShiftView {
        sure: shift.sure,
        forbidden: shift.forbidden,
        ranges: shift.ranges.iter().map(|c| range(family, c)).collect(),
        complete: shift.complete,
        witness: verify::witness(&here.parts, lang, &shift.witness),
        passes: lines(&shift.passes, here, there, lang),
        stops: lines(&shift.stops, there, here, lang),
    }
}

/// Lines of one side, those that the change touched first: the line itself, or one of the block below it.
fn lines(evidence: &[Evidence], here: &Side<'_>, there: &Side<'_>, lang: Lang) -> Vec<LineView> {
    let mut out: Vec<LineView> = evidence
        .iter()
        .map(|e| {
            let changed = block(here.parts.sources, &e.file, e.line) != same_block(here, there, e);
            let mut location = verify::location(&here.parts, lang, e);
            if changed {
                location.note = lang.say(&Text::Diff(DiffText::Touched));
            }
            LineView { location, changed }
        })
        .collect();
    out.sort_by_key(|line| !line.changed);
    out
}

/// A line with the lines below it that are indented more.
fn block(sources: &SourceMap, file: &str, line: u32) -> Vec<String> {
    let Some((_, source)) = sources.iter().find(|(_, f)| f.path() == file) else { return Vec::new() };
    let indent = |n: u32| source.line_text(n).len() - source.line_text(n).trim_start().len();
    let below = (line + 1..=source.line_count()).take_while(|n| indent(*n) > indent(line));
    std::iter::once(line).chain(below).map(|n| source.line_text(n).trim().to_owned()).collect()
}

/// The block on the other side that starts with the same line, the one most like it first.
fn same_block(here: &Side<'_>, there: &Side<'_>, e: &Evidence) -> Vec<String> {
    let mine = block(here.parts.sources, &e.file, e.line);
    let starts = (1..).zip(texts(there.parts.sources, &e.file));
    let same = starts.filter(|(_, text)| mine.first().is_some_and(|first| first == text));
    let blocks: Vec<Vec<String>> = same.map(|(n, _)| block(there.parts.sources, &e.file, n)).collect();
    blocks.iter().find(|b| **b == mine).or(blocks.first()).cloned().unwrap_or_default()
}

fn files(
    (before, was): (&Side<'_>, &VerifyView),
    (after, is): (&Side<'_>, &VerifyView),
    lang: Lang,
) -> Vec<FileView> {
    let of = |view: &VerifyView| -> BTreeMap<String, String> {
        view.inputs.iter().map(|i| (i.file.clone(), i.sha256.clone())).collect()
    };
    let (was, is) = (of(was), of(is));
    let all: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let change = |file: &String| match (was.get(file), is.get(file)) {
        (None, Some(_)) => Some("added"),
        (Some(_), None) => Some("removed"),
        (Some(a), Some(b)) if a != b => Some("changed"),
        _ => None,
    };
    let view = |file: &String| {
        let change = change(file)?;
        let lines =
            |here, there| if change == "changed" { beyond(file, here, there, lang) } else { Vec::new() };
        Some(FileView {
            file: file.clone(),
            change,
            added: lines(after, before),
            removed: lines(before, after),
        })
    };
    all.into_iter().filter_map(view).collect()
}

/// Lines of a file of one side that the other side has less often.
fn beyond(file: &str, here: &Side<'_>, there: &Side<'_>, lang: Lang) -> Vec<LocationView> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts(there.parts.sources, file) {
        *known.entry(text).or_default() += 1;
    }
    let mut out = Vec::new();
    for (line, text) in (1..).zip(texts(here.parts.sources, file)) {
        match known.get_mut(text).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None if text.is_empty() => {}
            None => {
                let at = Evidence { file: file.to_owned(), line, note: Note::None };
                out.push(verify::location(&here.parts, lang, &at));
            }
        }
    }
    out
}

/// The lines of a file, without blanks at their ends.
fn texts<'s>(sources: &'s SourceMap, file: &str) -> Vec<&'s str> {
    let found = sources.iter().find(|(_, f)| f.path() == file);
    found.map_or_else(Vec::new, |(_, f)| (1..=f.line_count()).map(|n| f.line_text(n).trim()).collect())
}

fn turns(before: &VerifyView, after: &VerifyView) -> Vec<TurnView> {
    let of = |view: &VerifyView| -> BTreeMap<(String, String), Word> {
        view.pairs.iter().map(|p| ((p.from.clone(), p.to.clone()), p.verdict)).collect()
    };
    let (was, is) = (of(before), of(after));
    let gone = before.pairs.iter().filter(|p| !is.contains_key(&(p.from.clone(), p.to.clone())));
    let all = after.pairs.iter().chain(gone).map(|p| (p.from.clone(), p.to.clone()));
    all.map(|pair| {
        let (before, after) = (was.get(&pair).copied(), is.get(&pair).copied());
        TurnView { from: pair.0, to: pair.1, before, after }
    })
    .filter(|turn| turn.before != turn.after)
    .collect()
}
