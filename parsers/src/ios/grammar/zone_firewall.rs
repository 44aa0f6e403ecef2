//! `zone security`, `zone-pair security`, and class, policy and parameter maps of type `inspect`.
//!
//! A line of a class or policy map that is not understood leaves its class undecided.

mod map;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::opt;
use sekisho_diag::Spanned;

use super::acl::{orphans, stray};
use super::word::{Res, end, kw, kws, negated, number, whole, word};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::zone_firewall::{Ast, ZonePair};

/// Reads a top-level block of this feature; true when it was one, every line of it marked.
pub(crate) fn top_level(block: &Block<'_>, ast: &mut Ast, marks: &mut Marks) -> bool {
    let text = block.line.trimmed();
    let (no, text) = negated(text);
    if let Ok((rest, ())) = kws("zone security").parse(text) {
        zone(block, no, rest, ast, marks);
    } else if let Ok((rest, ())) = kws("zone-pair security").parse(text) {
        pair(block, no, rest, ast, marks);
    } else if let Ok((rest, ())) = kws("class-map type inspect").parse(text) {
        map::class_map(block, no, rest, ast, marks);
    } else if let Ok((rest, ())) = kws("policy-map type inspect").parse(text) {
        map::policy_map(block, no, rest, ast, marks);
    } else if let Ok((rest, ())) = kws("ip port-map").parse(text) {
        port_map(block, no, rest, ast, marks);
    } else if parameters(text) {
        parameter_map(block, marks);
    } else {
        return false;
    }
    true
}

fn unread(block: &Block<'_>, marks: &mut Marks) {
    marks.unrecognized(&block.line, PendingScope::Device);
    orphans(&block.children, marks);
}

/// `zone = ["no"] "zone security" name *("description" text)`
fn zone(block: &Block<'_>, no: bool, rest: &str, ast: &mut Ast, marks: &mut Marks) {
    let Some(name) = whole(word, rest) else { return unread(block, marks) };
    marks.modeled(&block.line);
    if no {
        ast.zones.remove(name);
    } else {
        ast.zones.entry(name.to_owned()).or_insert_with(|| block.line.span());
    }
    for child in &block.children {
        // `protection` names a parameter map: limits on half-open connections, which only drop.
        match first_word(child.line.trimmed()) {
            "description" | "exit" => marks.ignored(&child.line),
            "protection" => marks.approximated(&child.line, "zone policy"),
            _ => stray(&child.line, marks),
        }
        orphans(&child.children, marks);
    }
}

/// ```text
/// zone-pair = ["no"] "zone-pair security" name ["source" name "destination" name]
///             *("service-policy type inspect" name / "description" text)
/// ```
fn pair(block: &Block<'_>, no: bool, rest: &str, ast: &mut Ast, marks: &mut Marks) {
    let line = &block.line;
    let ends = opt((kw("source"), word, kw("destination"), word));
    let Some((name, ends)) = whole((word, ends), rest) else { return unread(block, marks) };
    if no {
        ast.pairs.retain(|p| p.name != name);
        marks.modeled(line);
        return orphans(&block.children, marks);
    }
    let known = ast.pairs.iter().position(|p| p.name == name);
    let at = match (known, ends) {
        (Some(at), None) => at,
        (known, Some((_, source, _, destination))) => {
            let (source, destination) = (source.to_owned(), destination.to_owned());
            let same = |p: &ZonePair| p.source == source && p.destination == destination;
            match known.filter(|at| ast.pairs.get(*at).is_some_and(same)) {
                Some(at) => at,
                None => {
                    ast.pairs.push(ZonePair {
                        name: name.to_owned(),
                        source,
                        destination,
                        policy: None,
                        span: line.span(),
                    });
                    ast.pairs.len() - 1
                }
            }
        }
        (None, None) => return unread(block, marks),
    };
    marks.modeled(line);
    for child in &block.children {
        let text = child.line.trimmed();
        let (no, body) = negated(text);
        let policy: Option<(_, &str)> = whole((kws("service-policy type inspect"), word), body);
        match (policy, ast.pairs.get_mut(at)) {
            (Some((_, name)), Some(pair)) => {
                pair.policy = (!no).then(|| Spanned::new(name.to_owned(), child.line.span_of(name)));
                marks.modeled(&child.line);
            }
            _ if matches!(first_word(text), "description" | "exit") => marks.ignored(&child.line),
            _ => stray(&child.line, marks),
        }
        orphans(&child.children, marks);
    }
}

/// `port-map = "ip port-map" name "port" ["tcp" / "udp"] (port / "from" port "to" port) ["list" name] ["description" text]`
///
/// Which ports are added does not matter: an application with further ports may use any.
fn port_map(block: &Block<'_>, no: bool, rest: &str, ast: &mut Ast, marks: &mut Marks) {
    let transport = opt(alt((kw("tcp"), kw("udp"))));
    let head: Res<'_, _> = (word, kw("port"), transport, opt(kw("from")), number(65535)).parse(rest);
    if !no {
        ast.port_maps.push(head.ok().map(|(_, (name, ..))| name.to_owned()));
    }
    marks.approximated(&block.line, "zone policy");
    orphans(&block.children, marks);
}

/// `parameter-map type (inspect / inspect-global / inspect-vrf / inspect-zone) [name]`
fn parameters(text: &str) -> bool {
    let kinds = alt((kw("inspect"), kw("inspect-global"), kw("inspect-vrf"), kw("inspect-zone")));
    whole((kws("parameter-map type"), kinds, opt(word)), text).is_some()
}

/// Limits, timers and logs. They decide which sessions are kept, not which are allowed.
fn parameter_map(block: &Block<'_>, marks: &mut Marks) {
    marks.ignored(&block.line);
    for child in &block.children {
        let (_, text) = negated(child.line.trimmed());
        let known = matches!(
            first_word(text),
            "alert"
                | "audit-trail"
                | "dns-timeout"
                | "max-incomplete"
                | "one-minute"
                | "sessions"
                | "log"
                | "description"
                | "exit"
                | "per-box"
                | "aggressive-aging"
                | "zone-mismatch"
        ) || matches!(text.split_once(' '), Some(("tcp" | "udp" | "icmp", rest)) if timer(rest));
        if known {
            marks.ignored(&child.line)
        } else {
            stray(&child.line, marks)
        }
        orphans(&child.children, marks);
    }
}

/// `timer = ("idle-time" / "half-open" / "half-close" / "synwait-time" / "finwait-time" / "ageout-time"
///          / "max-incomplete" / "syn-flood") ...`
fn timer(rest: &str) -> bool {
    matches!(
        first_word(rest),
        "idle-time"
            | "half-open"
            | "half-close"
            | "synwait-time"
            | "finwait-time"
            | "ageout-time"
            | "max-incomplete"
            | "syn-flood"
    )
}

fn first_word(text: &str) -> &str {
    let head: Res<'_, &str> = word(text);
    head.map_or("", |(_, w)| w)
}

/// Whether a line is only `exit`.
fn is_exit(line: &Line<'_>) -> bool {
    let parsed: Res<'_, _> = (kw("exit"), end).parse(line.trimmed());
    parsed.is_ok()
}
