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

/// A line that is no command, or a command that cannot be carried out. Its ledger state is set when the
/// tree is built; whoever reads the body widens what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Garbled {
    /// The line.
    pub span: Span,
    /// First and last line.
    pub lines: (u32, u32),
    /// Why, as a noun phrase.
    pub why: &'static str,
}

/// The settings and inner tables of an `edit`, or of a `config` without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body<'a> {
    /// Settings in file order; a later one of the same name replaces an earlier one.
    pub settings: Vec<Setting<'a>>,
    /// Inner `config` blocks.
    pub tables: Vec<Table<'a>>,
    /// Lines directly within that were not understood: any setting may be another.
    pub garbled: Vec<Garbled>,
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
    /// Lines from `edit` to `next`, where it is opened first.
    pub lines: (u32, u32),
    /// Its `edit` and `next` lines, wherever they stand.
    pub own_lines: Vec<u32>,
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
    /// Lines from `config` to `end`, where it is opened first. A table may be opened again.
    pub lines: (u32, u32),
    /// Its `config`, `end` and script lines and the lines of deleted entries, wherever they stand.
    pub own_lines: Vec<u32>,
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

    /// Lines not understood in this body and, at any depth, in its inner tables.
    pub(crate) fn all_garbled(&self) -> Vec<&Garbled> {
        let mut out: Vec<&Garbled> = self.garbled.iter().collect();
        for table in &self.tables {
            out.extend(table.body.all_garbled());
            for entry in &table.entries {
                out.extend(entry.body.all_garbled());
            }
        }
        out
    }

    /// Numbers of all lines of the settings and inner tables.
    fn collect_lines(&self, out: &mut Vec<u32>) {
        for setting in &self.settings {
            out.extend(setting.lines.0..=setting.lines.1);
        }
        for table in &self.tables {
            table.collect_lines(out);
        }
    }
}

impl Table<'_> {
    /// Numbers of all its lines, those of garbled commands left out.
    pub(crate) fn all_lines(&self) -> Vec<u32> {
        let mut out = Vec::new();
        self.collect_lines(&mut out);
        out
    }

    fn collect_lines(&self, out: &mut Vec<u32>) {
        out.extend(&self.own_lines);
        self.body.collect_lines(out);
        for entry in &self.entries {
            entry.collect_lines(out);
        }
    }
}

impl Entry<'_> {
    /// Numbers of all its lines, those of garbled commands left out.
    pub(crate) fn all_lines(&self) -> Vec<u32> {
        let mut out = Vec::new();
        self.collect_lines(&mut out);
        out
    }

    pub(super) fn collect_lines(&self, out: &mut Vec<u32>) {
        out.extend(&self.own_lines);
        self.body.collect_lines(out);
    }
}

/// The tables of one virtual domain.
#[derive(Clone, Debug)]
pub(crate) struct Vdom<'t, 'a> {
    /// Its name; `root` where the file has no virtual domains.
    pub name: String,
    /// Whether it is the only one, so that the file has no virtual domains.
    pub single: bool,
    /// Its own tables.
    pub tables: Vec<&'t Table<'a>>,
    /// The tables of `config global`; the own tables where the file has no virtual domains.
    pub global: Vec<&'t Table<'a>>,
}

impl<'t, 'a> Vdom<'t, 'a> {
    /// Its own table of a path.
    pub(crate) fn table(&self, path: &str) -> Option<&'t Table<'a>> {
        self.tables.iter().copied().find(|t| t.path == path)
    }

    /// The global table of a path.
    pub(crate) fn global_table(&self, path: &str) -> Option<&'t Table<'a>> {
        self.global.iter().copied().find(|t| t.path == path)
    }
}
