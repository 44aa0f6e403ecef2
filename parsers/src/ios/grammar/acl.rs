//! `access-list`, `ip access-list`, `ipv6 access-list`.
//!
//! **Scope of what is not understood.** A child of a list block is taken for an entry of that list, and
//! its harm confined to the list, only if its first word can begin nothing else: a sequence number,
//! `permit`, `deny`, `remark`, `evaluate`, `dynamic`, `sequence`, `no`, `default`. Any other child may be
//! the damaged header of another block, even of an interface: scope anywhere. A line `access-list N ...` is an entry of list N.

mod entry;
mod option;

pub(crate) use entry::icmp_message;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map_opt, opt, verify};
use sekisho_model::Coverage;
use sekisho_net::Family;

use super::word::{Res, end, kw, kws, negated, number, word};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::acl::{Action, Ast, Body, Edit, Entry, ListKind, ListName, Statement};

/// Reads a top-level block of this feature; true when it was one, every line of it marked.
pub(crate) fn top_level(block: &Block<'_>, ast: &mut Ast, marks: &mut Marks) -> bool {
    let text = block.line.trimmed();
    let (no, text) = negated(text);
    if kw("access-list").parse(text).is_ok() {
        numbered(&block.line, no, text, ast, marks);
        orphans(&block.children, marks);
        return true;
    }
    if let Ok((rest, ())) = kws("ip access-list").parse(text) {
        named(block, no, rest, Family::V4, ast, marks);
        return true;
    }
    if let Ok((rest, ())) = kws("ipv6 access-list").parse(text) {
        named(block, no, rest, Family::V6, ast, marks);
        return true;
    }
    if kws("mac access-list").parse(text).is_ok() {
        // A list of frames can only drop, and only where it is bound; the binding is the interface's line.
        frames(block, marks);
        return true;
    }
    false
}

/// Lines below a line that opens no block: they belong to nothing known.
pub(crate) fn orphans(children: &[Block<'_>], marks: &mut Marks) {
    for child in children {
        stray(&child.line, marks);
        orphans(&child.children, marks);
    }
}

/// A line inside a block that can be nothing of that block: perhaps the damaged opening of another one,
/// an interface included.
pub(crate) fn stray(line: &Line<'_>, marks: &mut Marks) {
    marks.unrecognized(line, PendingScope::Anywhere);
}

fn frames(block: &Block<'_>, marks: &mut Marks) {
    marks.approximated(&block.line, "frame list");
    for child in &block.children {
        let known = sequence(child.line.trimmed());
        match first_word(known.1) {
            "permit" | "deny" | "remark" | "no" | "exit" => marks.approximated(&child.line, "frame list"),
            _ => stray(&child.line, marks),
        }
        orphans(&child.children, marks);
    }
}

/// Kind of a list by its number.
fn kind_of_number(n: u32) -> Option<ListKind> {
    match n {
        1..=99 | 1300..=1999 => Some(ListKind::Standard),
        100..=199 | 2000..=2699 => Some(ListKind::Extended),
        _ => None,
    }
}

/// ```text
/// numbered = ["no"] "access-list" number [entry]
///          / "access-list" "compiled"
/// ```
fn numbered<'a>(line: &Line<'a>, no: bool, text: &'a str, ast: &mut Ast, marks: &mut Marks) {
    let Ok((rest, (_, name))) = (kw("access-list"), word).parse(text) else {
        return marks.unrecognized(line, PendingScope::Device);
    };
    if name == "compiled" && rest.is_empty() {
        return marks.ignored(line);
    }
    let number: Option<u32> = name.parse().ok().filter(|_| name.bytes().all(|b| b.is_ascii_digit()));
    let kind = match number {
        // Frame, type-code and other layer-2 or non-IP lists: no IP packet is let through by them.
        Some(200..=299 | 600..=799 | 1100..=1199) => return marks.approximated(line, "frame list"),
        Some(n) => kind_of_number(n),
        // Not the syntax of this system, but the line can only be an entry of that list.
        None => None,
    };
    let list = (name.to_owned(), Family::V4);
    let Some(kind) = kind else {
        let action = kw("extended").parse(rest).map_or(rest, |(after, _)| after);
        let body = Body::Garbled(entry::action(action).ok().map(|(_, a)| a));
        ast.statements.push(add(list, line, None, body, rest));
        return marks.list_entry(line, name, Coverage::Unrecognized);
    };
    if no {
        // What follows the number does not matter on old releases, which remove the whole list.
        // Source: Cisco IOS Security Command Reference, `access-list (IP extended)`, "no".
        let edit = if rest.is_empty() { Edit::RemoveList } else { Edit::Unknown };
        let exact = edit == Edit::RemoveList;
        ast.statements.push(Statement { list, span: line.span(), line: line.number, edit });
        return if exact { marks.modeled(line) } else { marks.approximated(line, format!("list {name}")) };
    }
    entry_line(line, kind, &list, rest, ast, marks);
}

/// ```text
/// named = ["no"] "ip access-list" ("standard" / "extended") name
///       / "ip access-list resequence" name start step
///       / "ip access-list" ("persistent" / "logging" ... / "log-update" ... / "helper" ... / "match-local-traffic")
///       / ["no"] "ipv6 access-list" name
/// ```
fn named<'a>(block: &Block<'a>, no: bool, rest: &'a str, family: Family, ast: &mut Ast, marks: &mut Marks) {
    let line = &block.line;
    if is_setting(rest) {
        marks.ignored(line);
        return orphans(&block.children, marks);
    }
    if kw("role-based").parse(rest).is_ok() {
        return frames(block, marks);
    }
    if let Ok((_, edit)) = resequence(rest) {
        let (name, start, step) = edit;
        let list = (name.to_owned(), family);
        ast.statements.push(Statement {
            list,
            span: line.span(),
            line: line.number,
            edit: Edit::Resequence(start, step),
        });
        marks.modeled(line);
        return orphans(&block.children, marks);
    }
    let Some((kind, name)) = header(family, rest) else {
        marks.unrecognized(line, PendingScope::Device);
        return orphans(&block.children, marks);
    };
    let list = (name.to_owned(), family);
    let edit = if no { Edit::RemoveList } else { Edit::Open(kind) };
    ast.statements.push(Statement { list: list.clone(), span: line.span(), line: line.number, edit });
    marks.modeled(line);
    if no {
        return orphans(&block.children, marks);
    }
    children(&block.children, kind, &list, ast, marks);
}

/// Global settings of lists that change no decision about transit packets.
fn is_setting(rest: &str) -> bool {
    matches!(first_word(rest), "persistent" | "logging" | "log-update" | "helper" | "match-local-traffic")
}

fn header(family: Family, rest: &str) -> Option<(ListKind, &str)> {
    let one: Res<'_, &str> = (word, end).parse(rest).map(|(r, (w, ()))| (r, w));
    match family {
        Family::V6 => one.ok().map(|(_, name)| (ListKind::V6, name)),
        Family::V4 => {
            let typed: Res<'_, _> = (alt((kw("standard"), kw("extended"))), word, end).parse(rest);
            let (_, (kind, name, ())) = typed.ok()?;
            let kind =
                if kind.eq_ignore_ascii_case("standard") { ListKind::Standard } else { ListKind::Extended };
            // A numbered list is of the kind of its number, whatever the header says.
            let fits = name.parse().ok().and_then(kind_of_number).is_none_or(|k| k == kind);
            fits.then_some((kind, name))
        }
    }
}

fn resequence(rest: &str) -> Res<'_, (&str, u32, u32)> {
    let big = || number(u32::MAX);
    let (rest, (_, name, start, step, ())) = (kw("resequence"), word, big(), opt(big()), end).parse(rest)?;
    Ok((rest, (name, start, step.unwrap_or(10))))
}

fn children(blocks: &[Block<'_>], kind: ListKind, list: &ListName, ast: &mut Ast, marks: &mut Marks) {
    for (at, child) in blocks.iter().enumerate() {
        let line = &child.line;
        let text = line.trimmed();
        if text == "exit" {
            // What follows belongs to no list.
            marks.ignored(line);
            orphans(&child.children, marks);
            return orphans(blocks.get(at + 1..).unwrap_or_default(), marks);
        }
        child_line(line, kind, list, text, ast, marks);
        // Deeper indentation means nothing here.
        children(&child.children, kind, list, ast, marks);
    }
}

fn child_line<'a>(
    line: &Line<'a>,
    kind: ListKind,
    list: &ListName,
    text: &'a str,
    ast: &mut Ast,
    marks: &mut Marks,
) {
    let (no, body) = negated(text);
    let head = first_word(body).to_ascii_lowercase();
    if no || head == "no" || head == "default" {
        return removal(line, list, no, body, ast, marks);
    }
    let starts_entry =
        matches!(head.as_str(), "permit" | "deny" | "remark" | "evaluate" | "dynamic" | "sequence");
    if starts_entry || head.bytes().all(|b| b.is_ascii_digit()) {
        return entry_line(line, kind, list, text, ast, marks);
    }
    stray(line, marks);
}

/// `removal = "no" (sequence / "sequence" sequence / entry)`
fn removal(line: &Line<'_>, list: &ListName, no: bool, body: &str, ast: &mut Ast, marks: &mut Marks) {
    let alone: Res<'_, u32> =
        (opt(kw("sequence")), number(u32::MAX), end).parse(body).map(|(r, (_, n, ()))| (r, n));
    let edit = match alone {
        Ok((_, n)) if no => Edit::RemoveSequence(n),
        _ if no && first_word(body) == "remark" => return marks.ignored(line),
        _ if no && matches!(first_word(body), "permit" | "deny" | "evaluate" | "dynamic") => {
            Edit::RemoveText(words(body))
        }
        _ => Edit::Unknown,
    };
    if edit == Edit::Unknown {
        marks.list_entry(line, &list.0, Coverage::Unrecognized);
    } else {
        marks.modeled(line);
    }
    ast.statements.push(Statement { list: list.clone(), span: line.span(), line: line.number, edit });
}

/// `entry = [sequence / "sequence" sequence] (rule / "remark" text / "evaluate" name)`
fn entry_line<'a>(
    line: &Line<'a>,
    kind: ListKind,
    list: &ListName,
    text: &'a str,
    ast: &mut Ast,
    marks: &mut Marks,
) {
    let (sequence, body) = sequence(text);
    if first_word(body) == "remark" {
        return marks.ignored(line);
    }
    let evaluate: Res<'_, &str> = (kw("evaluate"), word, end).parse(body).map(|(r, (_, name, ()))| (r, name));
    let parsed = match evaluate {
        Ok((_, name)) if kind != ListKind::Standard => Body::Evaluate(name.to_owned()),
        _ => match entry::rule(line, kind, body) {
            Some(rule) => Body::Rule(Box::new(rule)),
            None => Body::Garbled(entry::action(body).ok().map(|(_, a): (_, Action)| a)),
        },
    };
    let state = match &parsed {
        Body::Garbled(_) => Coverage::Unrecognized,
        Body::Evaluate(_) => Coverage::Modeled,
        Body::Rule(rule) if rule.conditions.is_empty() && rule.time_range.is_none() => Coverage::Modeled,
        Body::Rule(_) => Coverage::Approximated,
    };
    ast.statements.push(add(list.clone(), line, sequence, parsed, body));
    match state {
        Coverage::Modeled => marks.modeled(line),
        state => marks.list_entry(line, &list.0, state),
    }
}

fn add(list: ListName, line: &Line<'_>, sequence: Option<u32>, body: Body, text: &str) -> Statement {
    let entry = Entry { span: line.span(), sequence, body, text: words(text) };
    Statement { list, span: line.span(), line: line.number, edit: Edit::Add(entry) }
}

/// Splits a leading sequence number.
fn sequence(text: &str) -> (Option<u32>, &str) {
    let stated: Res<'_, u32> = map_opt((opt(kw("sequence")), number(u32::MAX)), |(_, n)| Some(n)).parse(text);
    match stated {
        Ok((rest, n)) => (Some(n), rest),
        Err(_) => (None, text),
    }
}

fn first_word(text: &str) -> &str {
    let head: Res<'_, &str> = verify(word, |_: &str| true).parse(text);
    head.map_or("", |(_, w)| w)
}

/// The words with one blank between them.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
