//! Class and policy maps of type `inspect`.

use nom::branch::alt;
use nom::combinator::opt;
use sekisho_diag::Spanned;
use sekisho_model::Coverage;

use super::{first_word, is_exit, unread};
use crate::common::{Block, Line, Marks};
use crate::ios::ast::zone_firewall::{Ast, ClassAction, ClassMap, Criterion, PolicyClass, PolicyMap};
use crate::ios::grammar::acl::{orphans, stray};
use crate::ios::grammar::word::{kw, kws, negated, whole, word};

/// ```text
/// class-map = ["no"] "class-map type inspect" ["match-any" / "match-all"] name *(criterion / "description" text)
///           / "class-map type inspect" application ["match-any" / "match-all"] name ...
/// ```
/// The second form (deep inspection) is used below the first only and can do no more than drop.
pub(super) fn class_map(block: &Block<'_>, no: bool, rest: &str, ast: &mut Ast, marks: &mut Marks) {
    let kind = || alt((kw("match-any"), kw("match-all")));
    let Some((kind, name)) = whole((opt(kind()), word), rest) else {
        if whole((word, opt(alt((kw("match-any"), kw("match-all")))), word), rest).is_some() {
            return deep(block, marks);
        }
        return unread(block, marks);
    };
    marks.modeled(&block.line);
    if no {
        ast.classes.retain(|c| c.name != name);
        return orphans(&block.children, marks);
    }
    let all = !kind.is_some_and(|k| k.eq_ignore_ascii_case("match-any"));
    let at = ast.classes.iter().position(|c| c.name == name).unwrap_or_else(|| {
        ast.classes.push(ClassMap { name: name.to_owned(), all, criteria: Vec::new() });
        ast.classes.len() - 1
    });
    let Some(class) = ast.classes.get_mut(at) else { return };
    if class.all != all {
        class.criteria.push(Criterion::Undecided("class map of both kinds".to_owned()));
    }
    let scope = format!("class-map {name}");
    for child in &block.children {
        criterion_line(&child.line, class, &scope, marks);
        orphans(&child.children, marks);
    }
}

fn criterion_line(line: &Line<'_>, class: &mut ClassMap, scope: &str, marks: &mut Marks) {
    let (no, text) = negated(line.trimmed());
    match first_word(text) {
        "description" => marks.ignored(line),
        "exit" if is_exit(line) => marks.ignored(line),
        "match" => match criterion(line, text) {
            Some(_) if no => {
                // The criterion that goes away may be any of those before.
                class.criteria.push(Criterion::Undecided("removed criterion".to_owned()));
                marks.approximated(line, scope);
            }
            Some(found) => {
                let exact = !matches!(found, Criterion::Undecided(_));
                class.criteria.push(found);
                if exact { marks.modeled(line) } else { marks.approximated(line, scope) }
            }
            None => {
                class.criteria.push(Criterion::Undecided("unread criterion".to_owned()));
                marks.ledger.mark(line.number, Coverage::Unrecognized, Some(scope.to_owned()));
            }
        },
        _ => stray(line, marks),
    }
}

/// ```text
/// criterion = "match access-group" ["name"] name / "match protocol" name / "match class-map" name
///           / "match not" ... / "match" ("user-group" / "security-group") ...
/// ```
fn criterion(line: &Line<'_>, text: &str) -> Option<Criterion> {
    let named = |w: &str| Spanned::new(w.to_owned(), line.span_of(w));
    if let Some((_, _, name)) = whole((kws("match access-group"), opt(kw("name")), word), text) {
        return Some(Criterion::List(named(name)));
    }
    if let Some((_, name)) = whole((kws("match protocol"), word), text) {
        return Some(Criterion::Protocol(name.to_ascii_lowercase()));
    }
    if let Some((_, name)) = whole((kws("match class-map"), word), text) {
        return Some(Criterion::Class(named(name)));
    }
    let heads = alt((kw("not"), kw("user-group"), kw("security-group"), kw("protocol"), kw("application")));
    whole((kw("match"), heads, nom::combinator::rest), text).map(|_| Criterion::Undecided(text.to_owned()))
}

/// A map of deep inspection: its lines decide about payloads.
fn deep(block: &Block<'_>, marks: &mut Marks) {
    marks.approximated(&block.line, "zone policy");
    fn below(children: &[Block<'_>], marks: &mut Marks) {
        for child in children {
            let (_, text) = negated(child.line.trimmed());
            match first_word(text) {
                "match" | "class" | "allow" | "reset" | "log" | "description" | "exit" => {
                    marks.approximated(&child.line, "zone policy");
                }
                _ => stray(&child.line, marks),
            }
            below(&child.children, marks);
        }
    }
    below(&block.children, marks);
}

/// ```text
/// policy-map = ["no"] "policy-map type inspect" name *class
/// class      = ("class type inspect" name / "class class-default") *action
/// action     = "inspect" [name] / "pass" ["log"] / "drop" ["log"] / "police" ... / "service-policy" ... / "exit"
/// ```
/// An action at the level of its class belongs to the class before.
pub(super) fn policy_map(block: &Block<'_>, no: bool, rest: &str, ast: &mut Ast, marks: &mut Marks) {
    let line = &block.line;
    let Some(name) = whole(word, rest) else {
        return if whole((word, word), rest).is_some() { deep(block, marks) } else { unread(block, marks) };
    };
    marks.modeled(line);
    if no {
        ast.policies.retain(|p| p.name.value != name);
        return orphans(&block.children, marks);
    }
    let at = ast.policies.iter().position(|p| p.name.value == name).unwrap_or_else(|| {
        ast.policies
            .push(PolicyMap { name: Spanned::new(name.to_owned(), line.span_of(name)), classes: Vec::new() });
        ast.policies.len() - 1
    });
    let Some(policy) = ast.policies.get_mut(at) else { return };
    let mut current = None;
    for child in &block.children {
        if first_word(child.line.trimmed()) == "class" {
            current = Some(class(&child.line, policy, marks));
            for action in &child.children {
                action_line(&action.line, policy, current, marks);
                orphans(&action.children, marks);
            }
        } else {
            action_line(&child.line, policy, current, marks);
            orphans(&child.children, marks);
        }
    }
}

/// Opens a class and gives its place.
fn class(line: &Line<'_>, policy: &mut PolicyMap, marks: &mut Marks) -> usize {
    let text = line.trimmed();
    let default = whole(kws("class class-default"), text).is_some();
    let named: Option<(_, &str)> = whole((kws("class type inspect"), word), text);
    let class = match (default, named) {
        (true, _) => None,
        (false, Some((_, name))) => Some(Spanned::new(name.to_owned(), line.span_of(name))),
        (false, None) => {
            // The name is taken as undefined: the class may match anything.
            let scope = format!("policy-map {}", policy.name.value);
            marks.ledger.mark(line.number, Coverage::Unrecognized, Some(scope));
            policy.classes.push(PolicyClass {
                class: Some(Spanned::new(String::new(), line.span())),
                action: Some(ClassAction::Unknown),
                limited: true,
                span: line.span(),
            });
            return policy.classes.len() - 1;
        }
    };
    marks.modeled(line);
    let same = |c: &PolicyClass| c.class.as_ref().map(|n| &n.value) == class.as_ref().map(|n| &n.value);
    if let Some(at) = policy.classes.iter().position(same) {
        // Entered again: it keeps its place; whether an action of the first time stays is not decided here.
        if let Some(old) = policy.classes.get_mut(at) {
            old.action = Some(ClassAction::Unknown);
        }
        return at;
    }
    policy.classes.push(PolicyClass { class, action: None, limited: false, span: line.span() });
    policy.classes.len() - 1
}

fn action_line(line: &Line<'_>, policy: &mut PolicyMap, current: Option<usize>, marks: &mut Marks) {
    let (no, text) = negated(line.trimmed());
    let scope = format!("policy-map {}", policy.name.value);
    let log = || opt(kw("log"));
    let action = if whole((kw("inspect"), opt(word)), text).is_some() {
        Some(ClassAction::Inspect)
    } else if whole((kw("pass"), log()), text).is_some() {
        Some(ClassAction::Pass)
    } else if whole((kw("drop"), log()), text).is_some() {
        Some(ClassAction::Drop)
    } else {
        None
    };
    let head = first_word(text);
    if matches!(head, "description" | "exit") {
        return marks.ignored(line);
    }
    let Some(class) = current.and_then(|at| policy.classes.get_mut(at)) else { return stray(line, marks) };
    match action {
        Some(found) => {
            let settled = class.action.is_none() && !no;
            class.action = Some(if settled { found } else { ClassAction::Unknown });
            if settled { marks.modeled(line) } else { marks.approximated(line, scope) }
        }
        None if matches!(head, "police" | "service-policy" | "urlfilter" | "content-scan") => {
            class.limited = true;
            marks.approximated(line, scope);
        }
        None if matches!(head, "inspect" | "pass" | "drop") => {
            class.action = Some(ClassAction::Unknown);
            marks.ledger.mark(line.number, Coverage::Unrecognized, Some(scope));
        }
        None => stray(line, marks),
    }
}
