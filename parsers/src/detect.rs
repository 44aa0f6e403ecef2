//! What a text is: the configuration of which operating system, which route table, or neither.
//!
//! A wrong guess is dangerous in one direction only: a text of another system read as IOS. So every line
//! that another system's text has and an IOS configuration cannot have is a veto (`config.rs`), and
//! IOS is concluded only from lines of its own. What is not recognised is [`Kind::Unknown`], which a
//! caller must report: never silence. The entry is [`detect`].

mod config;
mod export;
mod name;
mod os;
mod other;
mod signature;
#[cfg(test)]
mod tests;

pub use export::is_export;
pub use os::{Os, RouteFormat};

/// How sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// Several weak signs, none against.
    Likely,
    /// A line that only this kind of text has.
    Certain,
}

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A device configuration.
    Config(Os),
    /// Route or forwarding tables.
    Routes(RouteFormat),
    /// Certainly no configuration and no route table: why, as a noun phrase.
    NotAConfig(&'static str),
    /// A configuration among other things: behind tables in one capture, or in a file that is named
    /// like a document.
    Mixed,
    /// Nothing but blanks and comments.
    Empty,
    /// Not recognised.
    Unknown,
}

/// What a text is, and which line decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// The kind.
    pub kind: Kind,
    /// Line number (from 1) and trimmed text of the deciding line; `None` when the file name decided.
    pub evidence: Option<(u32, String)>,
    /// How sure.
    pub confidence: Confidence,
}

impl Detection {
    fn new(kind: Kind, evidence: Option<(u32, &str)>, confidence: Confidence) -> Self {
        let shorten = |s: &str| s.trim().chars().take(80).collect();
        Self { kind, evidence: evidence.map(|(n, s)| (n, shorten(s))), confidence }
    }
}

/// Decides from the path (relative, `/` between its parts) and the text.
#[must_use]
pub fn detect(path: &str, text: &str) -> Detection {
    if text.lines().all(|l| matches!(l.trim(), "" | "!" | "#" | "end")) {
        return Detection::new(Kind::Empty, None, Confidence::Certain);
    }
    if let Some(reason) = name::document(path) {
        // A device must not disappear because of the ending of its file.
        let hidden = other::configuration(text).or_else(|| config::os(text).map(|(line, ..)| line));
        if let Some(line) = hidden {
            return Detection::new(Kind::Mixed, Some(line), Confidence::Certain);
        }
        return Detection::new(Kind::NotAConfig(reason), None, Confidence::Certain);
    }
    let table = match other::routes(text) {
        Some((line, format)) => Some((line, Kind::Routes(format))),
        None => other::table(text).map(|(line, reason)| (line, Kind::NotAConfig(reason))),
    };
    if let Some((line, kind)) = table {
        // A device must not disappear because its configuration stands behind a table.
        if let Some(configuration) = other::configuration(text) {
            return Detection::new(Kind::Mixed, Some(configuration), Confidence::Certain);
        }
        return Detection::new(kind, Some(line), Confidence::Certain);
    }
    if let Some(reason) = other::tool_file(text) {
        return Detection::new(Kind::NotAConfig(reason), None, Confidence::Certain);
    }
    if let Some((line, os, confidence)) = config::os(text) {
        return Detection::new(Kind::Config(os), Some(line), confidence);
    }
    if let Some(reason) = name::leftover(path) {
        return Detection::new(Kind::NotAConfig(reason), None, Confidence::Likely);
    }
    Detection::new(Kind::Unknown, None, Confidence::Likely)
}

/// The lines of a text with their numbers, from 1.
fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines())
}
