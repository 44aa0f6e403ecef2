//! The tree of `config`, `edit` and `set` that every FortiOS configuration is.
//!
//! It holds what the file says after script commands (`append`, `move`, `rename`, `delete`, ...) have been
//! carried out, in file order, without any knowledge of what a table means.

use std::borrow::Cow;

use sekisho_diag::Span;

/// A word of a command, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// Its text; escapes (`\"`, `\\`) resolved, line breaks of a quoted string kept.
    pub text: Cow<'a, str>,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// `set NAME VALUE...` or `unset NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<'a> {
    /// `srcintf`.
    pub name: Word<'a>,
    /// Its values; empty for `unset` and for a `set` without values.
    pub values: Vec<Word<'a>>,
    /// Whether it puts the default back.
    pub unset: bool,
    /// The command, all its lines.
    pub span: Span,
    /// First and last line of the command.
    pub lines: (u32, u32),
}

/// The settings and inner tables of an `edit`, or of a `config` without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body<'a> {
    /// Settings in file order; a later one of the same name replaces an earlier one.
    pub settings: Vec<Setting<'a>>,
    /// Inner `config` blocks.
    pub tables: Vec<Table<'a>>,
}

/// An `edit KEY` ... `next`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// `KEY`.
    pub key: Word<'a>,
    /// What it holds.
    pub body: Body<'a>,
    /// The `edit` line.
    pub span: Span,
    /// Lines from `edit` to `next`.
    pub lines: (u32, u32),
}

/// A `config PATH` ... `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table<'a> {
    /// `firewall policy`, words joined by one space.
    pub path: String,
    /// Settings and tables outside any `edit`.
    pub body: Body<'a>,
    /// Entries in the order of evaluation.
    pub entries: Vec<Entry<'a>>,
    /// The `config` line.
    pub span: Span,
    /// Lines from `config` to `end`.
    pub lines: (u32, u32),
}

impl<'a> Body<'a> {
    /// The setting in force of a name; an `unset` counts as none.
    pub(crate) fn get(&self, name: &str) -> Option<&Setting<'a>> {
        self.settings.iter().rev().find(|s| s.name.text == name).filter(|s| !s.unset)
    }

    /// The first value of the setting in force.
    pub(crate) fn value(&self, name: &str) -> Option<&Word<'a>> {
        self.get(name).and_then(|s| s.values.first())
    }

    /// The inner table of a path.
    pub(crate) fn table(&self, path: &str) -> Option<&Table<'a>> {
        self.tables.iter().find(|t| t.path == path)
    }
}
