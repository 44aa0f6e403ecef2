//! English words of `diff` and `margin`.

use crate::report::messages::{DiffText, MarginText};
use crate::report::verify::Word;

/// The message.
pub(super) fn say(text: DiffText<'_>) -> String {
    match text {
        DiffText::Header { before, after, as_of } => {
            format!("sekisho: from {before} to {after}, as of {as_of}")
        }
        DiffText::FileChange(word) => word.to_owned(),
        DiffText::Opened => "Newly reachable".to_owned(),
        DiffText::Closed => "No longer reachable".to_owned(),
        DiffText::SameReach => "Between all zones the same packets arrive as before.".to_owned(),
        DiffText::Forbidden => "outside the whitelist".to_owned(),
        DiffText::Perhaps => "perhaps: it depends on what is not known".to_owned(),
        DiffText::Passes => "passes by".to_owned(),
        DiffText::Stops => "else ends".to_owned(),
        DiffText::Touched => "changed".to_owned(),
        DiffText::Turned => "Verdicts that turned".to_owned(),
        DiffText::New => "New findings".to_owned(),
        DiffText::AlsoNew => "New findings that violate nothing".to_owned(),
        DiffText::Resolved => "Findings that are gone".to_owned(),
        DiffText::Counts { new, resolved, persisting } => {
            format!("Findings: {new} new, {resolved} gone, {persisting} as before")
        }
        DiffText::Conclusion(Word::Proven) => "Nothing new to object to (exit 0)".to_owned(),
        DiffText::Conclusion(Word::Undecided) => {
            "The change leaves something new undecided (exit 3)".to_owned()
        }
        DiffText::Conclusion(Word::Violated) => "The change opens what must stay closed (exit 1)".to_owned(),
        DiffText::NotARange(text) => format!("`{text}` is not of the form REV..REV"),
        DiffText::Git { what, why } => format!("git {what}: {why}"),
        DiffText::NothingThere { revision, path } => {
            format!("revision `{revision}` has no files in `{path}`")
        }
    }
}

/// What `margin` says.
pub(super) fn margin(text: MarginText) -> String {
    match text {
        MarginText::Header { tried, of } if tried == of => {
            format!("Lines that alone keep zones apart (each of {of} lines was taken out)")
        }
        MarginText::Header { tried, of } => {
            format!(
                "Lines that alone keep zones apart (the first {tried} of {of} lines were taken out; see --most)"
            )
        }
        MarginText::MorePairs(n) => format!("{n} more"),
        MarginText::JudgedAgain { lines, of } => {
            format!(
                "{lines} of {of} lines were judged again in full; without the others nothing more arrives"
            )
        }
        MarginText::Summary { held, of } => {
            format!("{held} of {of} proven pairs are held by a single line; no single line opens the others")
        }
    }
}
