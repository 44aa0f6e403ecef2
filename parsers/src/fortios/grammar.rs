//! Commands to the tree: what is open, what closes it, and what is not understood.
//!
//! Every bracket that does not fit (`next` without `edit`, `edit` inside an open `edit`, `end` at the
//! top, a block open at the end of the file) is a [`Break`]: a line was lost or damaged, and what follows
//! may stand in the wrong block.

use std::collections::HashMap;

use sekisho_diag::{SourceFile, Span};
use sekisho_model::Coverage;

use super::lexer::{Command, Lexed};
use super::scripts;
use super::tree::{Body, Entry, Garbled, Setting, Table, Word};
use crate::common::Marks;

/// A place where the structure of the file is broken: an interface may be missing from what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Break {
    pub span: Span,
    pub why: &'static str,
}

/// The whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree<'a> {
    pub root: Body<'a>,
    pub breaks: Vec<Break>,
    /// Whether every block is closed, so that the file may end where it does.
    pub closed: bool,
}

/// Builds the tree. Lines that are no commands are marked here; commands are marked by whoever reads
/// their table.
pub(super) fn read<'a>(lexed: Lexed<'a>, source: &'a SourceFile, marks: &mut Marks) -> Tree<'a> {
    let mut builder = Builder { root: Body::default(), stack: Vec::new(), breaks: Vec::new(), marks };
    let mut last = None;
    for command in lexed.commands {
        last = Some(command.span);
        builder.command(command, lexed.capture);
    }
    let closed = builder.stack.is_empty();
    if !closed {
        let end = u32::try_from(source.text().len()).unwrap_or(u32::MAX);
        let at = last.unwrap_or(Span { file: builder.marks.ledger.file, start: end, end });
        builder.breaks.push(Break { span: at, why: "the file ends inside a block" });
        while builder.close_top(None) {}
    }
    Tree { root: builder.root, breaks: builder.breaks, closed: closed && last.is_some() }
}

/// An open block.
pub(super) enum Frame<'a> {
    Table {
        table: Table<'a>,
        /// Where it stood in its parent, if it is opened again.
        at: Option<usize>,
        /// Entries by key.
        index: HashMap<String, usize>,
    },
    Entry {
        entry: Entry<'a>,
        /// Where it stood in its table, if it is opened again.
        at: Option<usize>,
    },
}

impl<'a> Frame<'a> {
    pub(super) fn body(&mut self) -> &mut Body<'a> {
        match self {
            Frame::Table { table, .. } => &mut table.body,
            Frame::Entry { entry, .. } => &mut entry.body,
        }
    }
}

/// Commands that are no values, unless in quotation marks.
const COMMANDS: &[&str] = &["config", "edit", "set", "unset", "next", "end"];

struct Builder<'a, 'm> {
    root: Body<'a>,
    stack: Vec<Frame<'a>>,
    breaks: Vec<Break>,
    marks: &'m mut Marks,
}

impl<'a> Builder<'a, '_> {
    fn command(&mut self, command: Command<'a>, capture: bool) {
        if command.broken {
            self.structure(&command, "a quotation mark without its pair");
            self.garbled(&command, "a quotation mark without its pair");
            return;
        }
        // SOUNDNESS: the blocks that the second command opens or closes may balance, so that nothing else shows.
        let bare = |w: &Word<'_>| !w.quoted && COMMANDS.contains(&w.text.as_ref());
        if command.words.iter().skip(1).any(bare) {
            self.structure(&command, "two commands on one line");
            self.garbled(&command, "two commands on one line");
            return;
        }
        let mut words = command.words.iter();
        let keyword = words.next().map_or("", |w| w.text.as_ref());
        let count = command.words.len();
        match (keyword, count) {
            ("config", 2..) => self.config(&command),
            ("edit", 2) => self.edit(&command),
            ("next", 1) => self.next(&command),
            ("end", 1) => self.end(&command),
            ("set" | "select", 2..) | ("append" | "unselect", 3..) | ("unset", 2) => {
                self.setting(keyword, &command);
            }
            ("rename" | "clone", 4) | ("move", 4) | ("delete", 2..) | ("purge", 1) => {
                self.script(keyword, &command);
            }
            // Requests for output, and what a capture shows besides.
            ("show" | "get" | "exit" | "quit", _)
                if self.stack.is_empty() || (command.prompted && keyword != "exit") =>
            {
                self.ignored(&command);
            }
            ("current", 2) if capture && command.words.get(1).is_some_and(|w| w.text.starts_with("vf=")) => {
                self.ignored(&command);
            }
            _ if self.stack.is_empty() => {
                self.structure(&command, "a line that is no command");
                self.garbled(&command, "a line that is no command");
            }
            _ => self.garbled(&command, "a line that is no command"),
        }
    }

    fn ignored(&mut self, command: &Command<'_>) {
        for line in command.lines.0..=command.lines.1 {
            self.marks.ledger.mark(line, Coverage::Ignored, None);
        }
    }

    /// Notes that the structure is broken here.
    fn structure(&mut self, command: &Command<'_>, why: &'static str) {
        self.breaks.push(Break { span: command.span, why });
    }

    /// Marks a command as not understood, and keeps it with the open block.
    fn garbled(&mut self, command: &Command<'_>, why: &'static str) {
        for line in command.lines.0..=command.lines.1 {
            self.marks.ledger.mark(line, Coverage::Unrecognized, Some("device".to_owned()));
        }
        let garbled = Garbled { span: command.span, lines: command.lines, why };
        match self.stack.last_mut() {
            Some(frame) => frame.body().garbled.push(garbled),
            None => self.root.garbled.push(garbled),
        }
    }

    fn config(&mut self, command: &Command<'a>) {
        let path: Vec<&str> = command.words.iter().skip(1).map(|w| w.text.as_ref()).collect();
        let path = path.join(" ");
        let parent = match self.stack.last_mut() {
            Some(frame) => frame.body(),
            None => &mut self.root,
        };
        let known = parent.tables.iter().position(|t| t.path == path);
        let table = match known {
            Some(at) => parent.tables.remove(at),
            None => Table {
                path,
                body: Body::default(),
                entries: Vec::new(),
                span: command.span,
                lines: command.lines,
                own_lines: Vec::new(),
            },
        };
        let index = scripts::index(&table);
        let mut frame = Frame::Table { table, at: known, index };
        own_lines(&mut frame, command);
        self.stack.push(frame);
    }

    fn edit(&mut self, command: &Command<'a>) {
        if matches!(self.stack.last(), Some(Frame::Entry { .. })) {
            // A lost `next`, or a lost `config` of an inner table.
            self.structure(command, "`edit` inside an open `edit`");
            self.close_top(None);
        }
        let (Some(key), Some(Frame::Table { table, index, .. })) =
            (command.words.get(1), self.stack.last_mut())
        else {
            self.structure(command, "`edit` outside a table");
            self.garbled(command, "`edit` outside a table");
            return;
        };
        // `edit 0` makes a new entry with the next free number.
        let known = if key.text == "0" { None } else { index.get(key.text.as_ref()).copied() };
        let entry = match known {
            Some(at) if at < table.entries.len() => table.entries.remove(at),
            _ => Entry {
                key: key.clone(),
                body: Body::default(),
                span: command.span,
                lines: command.lines,
                own_lines: Vec::new(),
            },
        };
        let mut frame = Frame::Entry { entry, at: known };
        own_lines(&mut frame, command);
        self.stack.push(frame);
    }

    fn next(&mut self, command: &Command<'a>) {
        if let Some(Frame::Entry { .. }) = self.stack.last() {
            self.close_top(Some(command));
            return;
        }
        self.structure(command, "`next` without an open `edit`");
        self.garbled(command, "`next` without an open `edit`");
        // A lost `end` of an inner table: the entry around it is meant.
        let around = self.stack.len().checked_sub(2).and_then(|i| self.stack.get(i));
        if matches!(around, Some(Frame::Entry { .. })) {
            self.close_top(None);
            self.close_top(None);
        }
    }

    fn end(&mut self, command: &Command<'a>) {
        // `end` closes the open entry with its table.
        if let Some(Frame::Entry { .. }) = self.stack.last() {
            self.close_top(None);
        }
        if let Some(Frame::Table { .. }) = self.stack.last() {
            self.close_top(Some(command));
            return;
        }
        self.structure(command, "`end` without an open `config`");
        self.garbled(command, "`end` without an open `config`");
    }

    /// Closes the innermost block; false if none is open.
    fn close_top(&mut self, by: Option<&Command<'a>>) -> bool {
        let Some(mut frame) = self.stack.pop() else { return false };
        if let Some(command) = by {
            own_lines(&mut frame, command);
        }
        match frame {
            Frame::Table { mut table, at, .. } => {
                if let (Some(command), None) = (by, at) {
                    table.lines.1 = command.lines.1;
                }
                let parent = match self.stack.last_mut() {
                    Some(frame) => frame.body(),
                    None => &mut self.root,
                };
                let at = at.filter(|&i| i <= parent.tables.len()).unwrap_or(parent.tables.len());
                parent.tables.insert(at, table);
            }
            Frame::Entry { mut entry, at } => {
                if let (Some(command), None) = (by, at) {
                    entry.lines.1 = command.lines.1;
                }
                // INVARIANT: an entry is opened inside a table only.
                if let Some(Frame::Table { table, index, .. }) = self.stack.last_mut() {
                    let at = at.filter(|&i| i <= table.entries.len()).unwrap_or(table.entries.len());
                    index.insert(entry.key.text.to_string(), at);
                    table.entries.insert(at, entry);
                }
            }
        }
        true
    }

    fn setting(&mut self, keyword: &str, command: &Command<'a>) {
        if self.stack.is_empty() {
            self.structure(command, "a setting outside a table");
            self.garbled(command, "a setting outside a table");
            return;
        }
        let mut words = command.words.clone().into_iter().skip(1);
        let (Some(name), values) = (words.next(), words.collect::<Vec<_>>()) else { return };
        let Some(frame) = self.stack.last_mut() else { return };
        let body = frame.body();
        let values = match keyword {
            "append" => {
                let mut all = body.get(&name.text).map_or_else(Vec::new, |s| s.values.clone());
                all.extend(values);
                all
            }
            "unselect" => {
                let Some(old) = body.get(&name.text) else {
                    self.garbled(command, "`unselect` of values that the file does not show");
                    return;
                };
                old.values.iter().filter(|v| !values.iter().any(|w| w.text == v.text)).cloned().collect()
            }
            _ => values,
        };
        body.settings.push(Setting {
            name,
            values,
            unset: keyword == "unset",
            span: command.span,
            lines: command.lines,
        });
    }

    fn script(&mut self, keyword: &str, command: &Command<'a>) {
        let Some(Frame::Table { table, index, .. }) = self.stack.last_mut() else {
            self.structure(command, "a script command outside a table");
            self.garbled(command, "a script command outside a table");
            return;
        };
        let arguments = command.words.get(1..).unwrap_or_default();
        match scripts::run(keyword, arguments, table) {
            Ok(effect) => {
                table.own_lines.extend(command.lines.0..=command.lines.1);
                *index = scripts::index(table);
                if let Some(rename) = effect {
                    rename.apply(&mut self.root);
                    for frame in &mut self.stack {
                        rename.apply_frame(frame);
                    }
                }
            }
            Err(why) => self.garbled(command, why),
        }
    }
}

fn own_lines(frame: &mut Frame<'_>, command: &Command<'_>) {
    let lines = command.lines.0..=command.lines.1;
    match frame {
        Frame::Table { table, .. } => table.own_lines.extend(lines),
        Frame::Entry { entry, .. } => entry.own_lines.extend(lines),
    }
}
