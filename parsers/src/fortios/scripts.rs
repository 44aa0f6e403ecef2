//! Script commands on a table: `rename`, `clone`, `move`, `delete`, `purge`.
//!
//! A command on an entry that the file does not show cannot be carried out: the device may have had it.

use std::borrow::Cow;
use std::collections::HashMap;

use super::grammar::Frame;
use super::tree::{Body, Table, Word};

/// Entries of a table by key; of several with one key, the last.
pub(super) fn index(table: &Table<'_>) -> HashMap<String, usize> {
    table.entries.iter().enumerate().map(|(i, e)| (e.key.text.to_string(), i)).collect()
}

/// A new name of an object, to be carried into what refers to it.
pub(super) struct Rename {
    from: String,
    to: String,
    /// Settings that refer to objects of this kind.
    references: fn(path: &str, setting: &str) -> bool,
}

/// Carries a command out.
///
/// # Errors
/// Why it cannot be, as a noun phrase.
pub(super) fn run(
    keyword: &str,
    arguments: &[Word<'_>],
    table: &mut Table<'_>,
) -> Result<Option<Rename>, &'static str> {
    let find = |table: &Table<'_>, name: &str| table.entries.iter().position(|e| e.key.text == name);
    let text = |i: usize| arguments.get(i).map_or("", |w| w.text.as_ref());
    match keyword {
        "rename" | "clone" if text(1) == "to" => {
            let at =
                find(table, text(0)).ok_or("a script command on an entry that the file does not show")?;
            if find(table, text(2)).is_some() {
                return Err("a script command whose new name is taken");
            }
            let key = arguments.get(2).map(|w| Word {
                text: Cow::Owned(w.text.to_string()),
                quoted: w.quoted,
                span: w.span,
            });
            let (Some(entry), Some(key)) = (table.entries.get_mut(at), key) else {
                return Err("a script command without a name");
            };
            if keyword == "clone" {
                let mut copy = entry.clone();
                copy.key = key;
                table.entries.push(copy);
                return Ok(None);
            }
            let references = referrers(&table.path).ok_or("`rename` in a table whose users are not known")?;
            entry.key = key;
            Ok(Some(Rename { from: text(0).to_owned(), to: text(2).to_owned(), references }))
        }
        "move" if matches!(text(1), "before" | "after") => {
            let missing = "`move` of an entry that the file does not show";
            let from = find(table, text(0)).ok_or(missing)?;
            let to = find(table, text(2)).ok_or(missing)?;
            if from == to {
                return Ok(None);
            }
            let entry = table.entries.remove(from);
            let to = if from < to { to - 1 } else { to };
            let at = if text(1) == "after" { to + 1 } else { to };
            table.entries.insert(at.min(table.entries.len()), entry);
            Ok(None)
        }
        "delete" => {
            if !may_delete(&table.path) {
                return Err("`delete` in a table whose users are not known");
            }
            for name in arguments {
                let at = find(table, &name.text).ok_or("`delete` of an entry that the file does not show")?;
                let entry = table.entries.remove(at);
                entry.collect_lines(&mut table.own_lines);
            }
            Ok(None)
        }
        "purge" if may_delete(&table.path) => {
            for entry in std::mem::take(&mut table.entries) {
                entry.collect_lines(&mut table.own_lines);
            }
            Ok(None)
        }
        _ => Err("a script command that is not understood"),
    }
}

/// Tables whose entries certainly go, or whose absence only widens what refers to them. (The device
/// refuses to delete what is in use.)
fn may_delete(path: &str) -> bool {
    referrers(path).is_some() || path.starts_with("firewall schedule ")
}

/// Which settings refer to the entries of a table.
fn referrers(path: &str) -> Option<fn(&str, &str) -> bool> {
    const ADDRESSES: fn(&str, &str) -> bool = |path, setting| {
        setting.contains("addr")
            || (path.starts_with("firewall addrgrp") && matches!(setting, "member" | "exclude-member"))
    };
    const SERVICES: fn(&str, &str) -> bool =
        |path, setting| setting == "service" || (path == "firewall service group" && setting == "member");
    match path {
        "firewall address" | "firewall addrgrp" | "firewall address6" | "firewall addrgrp6" => {
            Some(ADDRESSES)
        }
        "firewall service custom" | "firewall service group" => Some(SERVICES),
        // Nothing refers to the name of a policy.
        "firewall policy" | "firewall policy6" | "router static" | "router static6" | "router policy" => {
            Some(|_, _| false)
        }
        _ => None,
    }
}

impl Rename {
    /// Carries the name into a body and everything within.
    pub(super) fn apply(&self, body: &mut Body<'_>) {
        self.body("", body);
    }

    /// Carries the name into an open block.
    pub(super) fn apply_frame(&self, frame: &mut Frame<'_>) {
        match frame {
            Frame::Table { table, .. } => self.table(table),
            Frame::Entry { entry, .. } => self.body("", &mut entry.body),
        }
    }

    fn table(&self, table: &mut Table<'_>) {
        let path = table.path.clone();
        self.body(&path, &mut table.body);
        for entry in &mut table.entries {
            self.body(&path, &mut entry.body);
        }
    }

    fn body(&self, path: &str, body: &mut Body<'_>) {
        for setting in &mut body.settings {
            if !(self.references)(path, &setting.name.text) {
                continue;
            }
            for value in &mut setting.values {
                if value.text == self.from.as_str() {
                    value.text = Cow::Owned(self.to.clone());
                }
            }
        }
        for table in &mut body.tables {
            self.table(table);
        }
    }
}
