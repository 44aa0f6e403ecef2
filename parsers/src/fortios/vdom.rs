//! Which tables belong to which virtual domain.
//!
//! A file with virtual domains names them first (`config vdom`, `edit root`, `next`, ...), then gives
//! `config global` and the body of each domain. A domain without a body was cut off.

use sekisho_diag::Span;

use super::grammar::{Break, Tree};
use super::tree::{Table, Vdom};

/// The file by virtual domains.
#[derive(Clone, Debug, Default)]
pub(super) struct Split<'t, 'a> {
    /// At least one.
    pub vdoms: Vec<Vdom<'t, 'a>>,
    /// Tables of the `vdom` and `global` brackets themselves.
    pub brackets: Vec<&'t Table<'a>>,
    /// Signs that the split may be wrong or that something is missing.
    pub breaks: Vec<Break>,
    /// Domains that are named but have no body.
    pub missing: Vec<(String, Span)>,
}

/// Splits the tables at the top.
pub(super) fn split<'t, 'a>(tree: &'t Tree<'a>) -> Split<'t, 'a> {
    let bracket = |t: &&Table<'_>| matches!(t.path.as_str(), "vdom" | "global");
    let brackets: Vec<&Table<'a>> = tree.root.tables.iter().filter(bracket).collect();
    let plain: Vec<&Table<'a>> = tree.root.tables.iter().filter(|t| !bracket(t)).collect();
    let mut out = Split { brackets, ..Split::default() };
    if out.brackets.is_empty() {
        let vdom = Vdom { name: "root".to_owned(), single: true, tables: plain.clone(), global: plain };
        out.vdoms.push(vdom);
        return out;
    }
    let mut global: Vec<&Table<'a>> = Vec::new();
    for table in &out.brackets {
        if table.path == "global" {
            global.extend(&table.body.tables);
        }
    }
    // SOUNDNESS: a table outside the brackets may belong to any domain.
    if let Some(first) = plain.first() {
        out.breaks.push(Break { span: first.span, why: "a table outside `config global` and `config vdom`" });
        global.extend(plain);
    }
    for entry in out.brackets.iter().filter(|t| t.path == "vdom").flat_map(|t| &t.entries) {
        if entry.body.tables.is_empty() {
            out.missing.push((entry.key.text.to_string(), entry.span));
        }
        out.vdoms.push(Vdom {
            name: entry.key.text.to_string(),
            single: false,
            tables: entry.body.tables.iter().collect(),
            global: global.clone(),
        });
    }
    if out.vdoms.is_empty() {
        out.vdoms.push(Vdom {
            name: "root".to_owned(),
            single: false,
            tables: Vec::new(),
            global: global.clone(),
        });
        if let Some(first) = out.brackets.first() {
            out.breaks.push(Break { span: first.span, why: "no virtual domain in the file" });
        }
    }
    out
}
