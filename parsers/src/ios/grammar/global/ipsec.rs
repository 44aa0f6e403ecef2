//! IPsec transform sets and profiles: whether what a protected tunnel takes is authenticated.

use nom::Parser;
use nom::combinator::map;

use crate::common::{Block, Marks};
use crate::ios::ast::Config;
use crate::ios::grammar::word::{Res, kws, negated, rest, whole, word};
use crate::ios::grammar::{looks_top_level, mark_children, unread};

/// Reads `crypto ipsec transform-set` and `crypto ipsec profile`; true when it was one of them.
pub(super) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    transform_set(block, config, marks) || profile(block, config, marks)
}

/// `transform-set = "crypto ipsec transform-set" name algorithm *algorithm`
///
/// Source: Cisco IOS Security Command Reference, `crypto ipsec transform-set`: algorithms that authenticate
/// are named `ah-*-hmac`, `esp-*-hmac`, `esp-gcm`, `esp-gmac`.
fn transform_set(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let line = |input| {
        map((kws("crypto ipsec transform-set"), word, rest), |((), name, algorithms)| {
            (name.to_owned(), algorithms.to_owned())
        })
        .parse(input)
    };
    let (no, text) = negated(block.line.trimmed());
    let Some((name, algorithms)) = whole(line, text) else { return false };
    marks.modeled(&block.line);
    children(block, marks, |_| false);
    let authenticates = |word: &str| {
        let kind = word.starts_with("esp-") || word.starts_with("ah-");
        (kind && word.ends_with("-hmac")) || matches!(word, "esp-gcm" | "esp-gmac")
    };
    config.global.authenticating.retain(|known| *known != name);
    if !no && algorithms.split_whitespace().any(authenticates) {
        config.global.authenticating.push(name);
    }
    true
}

/// `profile = "crypto ipsec profile" name *( "set transform-set" 1*name / ... )`
fn profile(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let opening = |input| -> Res<'_, String> {
        map((kws("crypto ipsec profile"), word), |((), n)| n.to_owned()).parse(input)
    };
    let Some(name) = whole(opening, block.line.trimmed()) else { return false };
    marks.modeled(&block.line);
    let mut sets: Vec<String> = Vec::new();
    children(block, marks, |text| {
        let line =
            |input| map((kws("set transform-set"), rest), |((), names): ((), &str)| names).parse(input);
        let found: Option<&str> = whole(line, text);
        sets.extend(found.into_iter().flat_map(str::split_whitespace).map(str::to_owned));
        found.is_some()
    });
    config.global.ipsec_profiles.push((name, sets));
    true
}

/// Whether a line of a set or profile only says how keys and lifetimes are negotiated.
///
/// Source: Cisco IOS Security Command Reference, `crypto ipsec profile`, `crypto ipsec transform-set`.
fn negotiates(text: &str) -> bool {
    const GROUPS: [&str; 10] = [
        "group1", "group2", "group5", "group14", "group15", "group16", "group19", "group20", "group21",
        "group24",
    ];
    let number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix("no ").unwrap_or(text);
    match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["description", ..] | ["responder-only"] | ["mode", "tunnel" | "transport"] => true,
        ["mode", "transport", "require"] | ["set", "mixed-mode"] | ["set", "pfs"] => true,
        ["set", "pfs", group] => GROUPS.contains(group),
        ["set", "ikev2-profile" | "isakmp-profile" | "identity", _] => true,
        ["set", "security-association", "lifetime", "seconds" | "kilobytes" | "days", n] => {
            number(n) || *n == "disable"
        }
        ["set", "security-association", "idle-time", n] => number(n),
        ["set", "security-association", "idle-time", n, "default"] => number(n),
        ["set", "security-association", "replay", "disable"] => true,
        ["set", "security-association", "replay", "window-size", n] => number(n),
        _ => false,
    }
}

/// Marks the lines of a block: those that `read` takes are modelled, those that negotiate ignored.
///
/// SOUNDNESS: any other line may say what the profile is, and a child that reads as a top-level statement is
/// not believed to be a child.
fn children(block: &Block<'_>, marks: &mut Marks, mut read: impl FnMut(&str) -> bool) {
    mark_children(block, marks, |line, marks| {
        if looks_top_level(line.trimmed()) {
            unread(line, marks);
        } else if read(line.trimmed()) {
            marks.modeled(line);
        } else if negotiates(line.trimmed()) {
            marks.ignored(line);
        } else {
            unread(line, marks);
        }
    });
}
