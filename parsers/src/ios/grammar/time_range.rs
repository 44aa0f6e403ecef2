//! `time-range`: when it is active does not matter, only that it is defined.

use nom::Parser;

use super::acl::{orphans, stray};
use super::word::{Res, end, kw, negated, word};
use crate::common::{Block, Marks, PendingScope};
use crate::ios::ast::time_range::Ast;

/// Reads a top-level block of this feature; true when it was one, every line of it marked.
///
/// ```text
/// time-range = ["no"] "time-range" name
///              *(("absolute" / "periodic") text / "exit" / "no" text)
/// ```
pub(crate) fn top_level(block: &Block<'_>, ast: &mut Ast, marks: &mut Marks) -> bool {
    let line = &block.line;
    let (no, text) = negated(line.trimmed());
    if kw("time-range").parse(text).is_err() {
        return false;
    }
    let header: Res<'_, _> = (kw("time-range"), word, end).parse(text);
    match header {
        Ok((_, (_, name, ()))) => {
            marks.modeled(line);
            if no {
                ast.defined.remove(name);
            } else {
                ast.defined.entry(name.to_owned()).or_insert_with(|| line.span());
            }
        }
        Err(_) => marks.unrecognized(line, PendingScope::Device),
    }
    for child in &block.children {
        let head: Res<'_, &str> = word(child.line.trimmed());
        match head.map_or("", |(_, w)| w) {
            "absolute" | "periodic" | "no" | "exit" => marks.modeled(&child.line),
            _ => stray(&child.line, marks),
        }
        orphans(&child.children, marks);
    }
    true
}
