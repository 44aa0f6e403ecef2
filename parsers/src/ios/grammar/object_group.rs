//! `object-group`.
//!
//! A member line that is not understood widens its group only if its first word can begin nothing but a
//! member; any other child may be the damaged header of another block: scope anywhere.

mod member;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use sekisho_diag::Spanned;
use sekisho_model::Coverage;

use super::acl::{orphans, stray};
use super::word::{Res, end, kw, kws, negated, word};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::object_group::{Ast, Group, Kind, Member};

/// Reads a top-level block of this feature; true when it was one, every line of it marked.
pub(crate) fn top_level(block: &Block<'_>, ast: &mut Ast, marks: &mut Marks) -> bool {
    let line = &block.line;
    let (no, text) = negated(line.trimmed());
    if kw("object-group").parse(text).is_err() {
        return false;
    }
    let Some((kind, name)) = header(text) else {
        marks.unrecognized(line, PendingScope::Device);
        orphans(&block.children, marks);
        return true;
    };
    marks.modeled(line);
    let known = ast.groups.iter().position(|g| g.name.value == name && g.kind == kind);
    if no {
        // A group in use is not removed; whether this one was is not decided here.
        if let Some(group) = known.and_then(|at| ast.groups.get_mut(at)) {
            group.members.push(Spanned::new(Member::Unknown, line.span()));
            group.edited = Some(line.span());
        }
        orphans(&block.children, marks);
        return true;
    }
    let mut group = match known {
        Some(at) => ast.groups.remove(at),
        None => Group {
            name: Spanned::new(name.to_owned(), line.span_of(name)),
            kind,
            members: Vec::new(),
            first_block: 0,
            edited: None,
        },
    };
    members(&block.children, &mut group, marks);
    if known.is_none() {
        group.first_block = group.members.len();
    }
    ast.groups.push(group);
    true
}

/// ```text
/// header = "object-group" ("network" / "v6-network" / "ip address" / "ip port" / "protocol" / "v6-service"
///                         / "security" / "fqdn" / "geo") name
///        / "object-group service" name ["tcp" / "udp" / "tcp-udp"]
/// ```
fn header(text: &str) -> Option<(Kind, &str)> {
    let kinds = alt((
        value(Kind::Network, kw("network")),
        value(Kind::Network6, kw("v6-network")),
        value(Kind::Pool, kws("ip address")),
        value(Kind::Port, kws("ip port")),
        value(Kind::Protocol, kw("protocol")),
        value(Kind::Service, alt((kw("service"), kw("v6-service")))),
        value(Kind::Other, alt((kw("security"), kw("fqdn"), kw("geo")))),
    ));
    let ports = alt((kw("tcp-udp"), kw("tcp"), kw("udp")));
    let parsed: Res<'_, _> = (kw("object-group"), kinds, word, opt(ports), end).parse(text);
    let (_, (_, kind, name, ports, ())) = parsed.ok()?;
    match (kind, ports) {
        // Members are ports; the entry that uses the group names the protocol.
        (Kind::Service, Some(_)) => Some((Kind::Port, name)),
        (_, Some(_)) => None,
        (kind, None) => Some((kind, name)),
    }
}

fn members(blocks: &[Block<'_>], group: &mut Group, marks: &mut Marks) {
    for (at, child) in blocks.iter().enumerate() {
        let line = &child.line;
        if line.trimmed() == "exit" {
            marks.ignored(line);
            orphans(&child.children, marks);
            return orphans(blocks.get(at + 1..).unwrap_or_default(), marks);
        }
        member_line(line, group, marks);
        members(&child.children, group, marks);
    }
}

fn member_line(line: &Line<'_>, group: &mut Group, marks: &mut Marks) {
    let (no, text) = negated(line.trimmed());
    let head: Res<'_, &str> = word(text);
    let head = head.map_or("", |(_, w)| w).to_ascii_lowercase();
    if head == "description" {
        return marks.ignored(line);
    }
    let parsed = member::member(group.kind, text);
    if parsed.is_none() && !member::starts_member(&head) {
        return stray(line, marks);
    }
    let scope = format!("object-group {}", group.name.value);
    if no {
        // Which earlier member this is does not matter: none of them is certain any more.
        group.edited = Some(line.span());
        return marks.approximated(line, scope);
    }
    match parsed {
        Some(member) => {
            group.members.push(Spanned::new(member, line.span()));
            marks.modeled(line);
        }
        None => {
            group.members.push(Spanned::new(Member::Unknown, line.span()));
            marks.ledger.mark(line.number, Coverage::Unrecognized, Some(scope));
        }
    }
}
