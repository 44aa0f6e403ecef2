//! Access lists: the edits of a file become first-match lists.
//!
//! - Entries are tried by sequence number; one without a number gets the last number plus 10.
//! - A number that is already taken: releases differ (refused, or replaced), so that each of the two
//!   entries may match and none must. An entry that repeats another word for word is refused.
//!   Source: Cisco IOS, "IP Access List Entry Sequence Numbering", sequence numbering behavior.
//! - The implicit deny at the end exists only in a list that has an entry. If none of its entries was
//!   understood, the end is unknown.
//! - An entry that was not understood keeps its place; a line that edits the list in an unknown way
//!   makes the whole list unknown.

mod reflexive;
mod rule;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{Action, Assumption, Coverage, Device, Line, ListId, Predicate, RuleList};
use sekisho_net::{Cube, FRAGMENT_WHOLE, Family, Field, FieldSet, Protocol};

use crate::common::Marks;
pub(crate) use crate::common::cube;
use crate::ios::ast::Config;
use crate::ios::ast::acl::{self, Body, Edit, Entry, ListKind, ListName};
use crate::ios::codes_filter;
pub(super) use reflexive::are_used;

/// The lists of a device by name and family.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    /// `None` for a list without entries.
    map: BTreeMap<ListName, Option<ListId>>,
    /// Lists that are bound to an interface and filter nothing.
    open: BTreeMap<ListName, ListId>,
    /// Lists with `evaluate` lines: what they select depends on the sessions of the moment.
    evaluating: BTreeSet<ListName>,
}

impl Lists {
    /// The list bound under `name`; an undefined or empty one is a list that permits everything.
    pub(crate) fn binding(
        &self,
        name: &str,
        family: Family,
        span: Span,
        marks: &mut Marks,
    ) -> Option<ListId> {
        let (code, what) = match self.map.get(&(name.to_owned(), family)) {
            Some(Some(id)) => return Some(*id),
            Some(None) => (codes_filter::ACL_EMPTY, "has no entries"),
            None => (codes_filter::ACL_UNDEFINED, "is not defined"),
        };
        let message = format!("access list `{name}` {what}: this binding lets everything through");
        marks.push(
            Diagnostic::new(code, Severity::Warning, message, span)
                .with_help("define the list or remove the binding; a missing list is no deny"),
        );
        self.open.get(&(name.to_owned(), family)).copied()
    }

    /// The list of a name, if it has entries, as a filter.
    pub(crate) fn defined(&self, name: &str, family: Family) -> Option<ListId> {
        self.map.get(&(name.to_owned(), family)).copied().flatten()
    }

    /// The list of a name, if it has entries. For uses that select packets, where an undefined or empty
    /// list is unknown both ways, and so is one that depends on sessions.
    pub(crate) fn selector(&self, name: &str, family: Family) -> Option<ListId> {
        let name = (name.to_owned(), family);
        self.map.get(&name).copied().flatten().filter(|_| !self.evaluating.contains(&name))
    }
}

/// Lowers every access list.
pub(crate) fn lower_lists(config: &Config, device: &mut Device, marks: &mut Marks) -> Lists {
    let mut lists = Lists::default();
    if let Some(first) = config.acls.statements.iter().find(|s| s.list.1 == Family::V6) {
        device.assumptions.push(Assumption {
            id: "ipv6-extension-headers",
            text: "IPv6 access lists find the upper-layer protocol behind any extension headers".to_owned(),
            span: Some(first.span),
        });
    }
    for (name, edited) in edits(&config.acls, marks) {
        if edited.entries.is_empty() && edited.unknown.is_none() {
            lists.map.insert(name, None);
            continue;
        }
        let id = ListId(u32::try_from(device.lists.len()).unwrap_or(u32::MAX));
        if edited.entries.iter().any(|e| matches!(e.entry.body, Body::Evaluate(_))) {
            lists.evaluating.insert(name.clone());
        }
        device.lists.push(list(config, &name, &edited, marks));
        lists.map.insert(name, Some(id));
    }
    for group in config.interfaces.iter().flat_map(|i| &i.access_groups) {
        let name = (group.value.list.clone(), group.value.family);
        if lists.map.get(&name).copied().flatten().is_none() && !lists.open.contains_key(&name) {
            let id = ListId(u32::try_from(device.lists.len()).unwrap_or(u32::MAX));
            device.lists.push(RuleList {
                name: name.0.clone(),
                family: name.1,
                lines: Vec::new(),
                default: Action::Permit,
                span: None,
                stateful: false,
                default_opens: false,
            });
            lists.open.insert(name, id);
        }
    }
    lists
}

/// An entry in its place.
struct Placed<'a> {
    sequence: u32,
    entry: &'a Entry,
    line: u32,
    /// Whether the device may have refused it.
    doubtful: bool,
}

/// A list after all edits.
struct Edited<'a> {
    /// First line that speaks of it.
    span: Span,
    kind: Option<ListKind>,
    entries: Vec<Placed<'a>>,
    /// Words of all entries that were ever added.
    texts: HashSet<&'a str>,
    /// An edit that was not understood.
    unknown: Option<Span>,
}

/// Applies the edits, in order of first appearance of the lists.
fn edits<'a>(ast: &'a acl::Ast, marks: &mut Marks) -> Vec<(ListName, Edited<'a>)> {
    let mut lists: Vec<Option<(ListName, Edited<'a>)>> = Vec::new();
    let mut places: HashMap<&'a ListName, usize> = HashMap::new();
    for statement in &ast.statements {
        if statement.edit == Edit::RemoveList {
            if let Some(slot) = places.remove(&statement.list).and_then(|at| lists.get_mut(at)) {
                *slot = None;
            }
            continue;
        }
        let at = *places.entry(&statement.list).or_insert_with(|| {
            lists.push(Some((statement.list.clone(), Edited::new(statement.span))));
            lists.len() - 1
        });
        if let Some(Some((name, edited))) = lists.get_mut(at) {
            apply(&name.0, edited, statement, marks);
        }
    }
    lists.into_iter().flatten().collect()
}

fn apply<'a>(name: &str, edited: &mut Edited<'a>, statement: &'a acl::Statement, marks: &mut Marks) {
    let unknown = |edited: &mut Edited<'_>, marks: &mut Marks| {
        edited.unknown.get_or_insert(statement.span);
        let message = format!("what this line does to access list `{name}` is not known");
        marks.diagnostic(codes_filter::ACL_UNKNOWN_EDIT, Severity::Warning, message, statement.span);
        marks.ledger.mark(statement.line, Coverage::Approximated, Some(format!("list {name}")));
    };
    match &statement.edit {
        Edit::RemoveList => {}
        // A name of the other kind is refused, and what follows is then no part of the list.
        Edit::Open(kind) if edited.kind.is_some_and(|k| k != *kind) => unknown(edited, marks),
        Edit::Open(kind) => edited.kind = Some(*kind),
        Edit::Add(entry) => edited.add(name, entry, statement.line, marks),
        Edit::RemoveSequence(n) => {
            // Numbers that were never stated depend on every line before having been understood.
            let counted =
                edited.entries.iter().all(|p| !p.doubtful && !matches!(p.entry.body, Body::Garbled(_)));
            let before = edited.entries.len();
            edited.entries.retain(|p| p.sequence != *n);
            if !counted || edited.entries.len() == before {
                unknown(edited, marks);
            }
        }
        Edit::RemoveText(text) => {
            let before = edited.entries.len();
            edited.entries.retain(|p| p.entry.text != *text);
            if edited.entries.len() == before {
                unknown(edited, marks);
            }
        }
        Edit::Resequence(start, step) => {
            let mut next = *start;
            for placed in &mut edited.entries {
                placed.sequence = next;
                next = next.saturating_add(*step);
            }
        }
        Edit::Unknown => unknown(edited, marks),
    }
}

impl<'a> Edited<'a> {
    fn new(span: Span) -> Self {
        Self { span, kind: None, entries: Vec::new(), texts: HashSet::new(), unknown: None }
    }

    fn add(&mut self, name: &str, entry: &'a Entry, line: u32, marks: &mut Marks) {
        let last = self.entries.last().map_or(0, |p| p.sequence);
        let sequence = match (entry.sequence, &entry.body) {
            (Some(n), _) => n,
            // Neither number nor action: it may stand anywhere. In front it can override every other.
            (None, Body::Garbled(None)) => 0,
            (None, _) => last.saturating_add(10),
        };
        let mut doubtful = false;
        if !self.texts.insert(&entry.text)
            && let Some(same) = self.entries.iter().find(|p| p.entry.text == entry.text)
        {
            if same.sequence <= sequence && !same.doubtful {
                return;
            }
            doubtful = true;
        }
        let at = self.entries.partition_point(|p| p.sequence <= sequence);
        let before = self.entries.iter_mut().take(at).rev();
        for taken in before.take_while(|p| entry.sequence.is_some() && p.sequence == sequence) {
            taken.doubtful = true;
            doubtful = true;
            marks.push(
                Diagnostic::new(
                    codes_filter::ACL_DUPLICATE_SEQUENCE,
                    Severity::Warning,
                    format!("access list `{name}` already has an entry {sequence}"),
                    entry.span,
                )
                .with_label(taken.entry.span, "the other entry")
                .with_help(
                    "whether the second entry is refused or replaces the first depends on the release",
                ),
            );
        }
        self.entries.insert(at, Placed { sequence, entry, line, doubtful });
    }
}

fn list(config: &Config, name: &ListName, edited: &Edited<'_>, marks: &mut Marks) -> RuleList {
    let family = name.1;
    let mut lines = Vec::new();
    if let Some(span) = edited.unknown {
        lines.push(unknown_line(Action::Unknown, span, "unknown edit"));
    }
    let mut understood = false;
    for placed in &edited.entries {
        understood |= !matches!(placed.entry.body, Body::Garbled(_));
        let mut line = entry(config, name, placed.entry, marks);
        if placed.doubtful {
            line.matches = Predicate::at_most(line.matches.may);
            line.conditions.push("entry that may have been refused".to_owned());
        }
        if !line.conditions.is_empty() {
            marks.ledger.mark(placed.line, Coverage::Approximated, Some(format!("list {}", name.0)));
        }
        lines.push(line);
    }
    if family == Family::V6 {
        lines.extend([136, 135].map(|kind| neighbor_discovery(kind, edited.span)));
    }
    let sure = understood && edited.unknown.is_none();
    RuleList {
        name: name.0.clone(),
        family,
        lines,
        default: if sure { Action::Deny } else { Action::Unknown },
        span: Some(edited.span),
        stateful: false,
        default_opens: false,
    }
}

/// Every IPv6 list ends in `permit icmp any any nd-na`, `nd-ns`, before the implicit deny.
/// Source: Cisco IOS IPv6 Command Reference, `ipv6 access-list`, usage guidelines.
fn neighbor_discovery(kind: u8, span: Span) -> Line {
    let cube = Cube::any()
        .with(Field::Proto, FieldSet::one(Protocol::ICMPV6.0.into()))
        .with(Field::IcmpType, FieldSet::one(kind.into()))
        .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
    Line {
        action: Action::Permit,
        matches: Predicate::exact(vec![cube]),
        span,
        conditions: Vec::new(),
        origins: Vec::new(),
        stateless_reply: false,
        opens: false,
        replies: None,
    }
}

fn unknown_line(action: Action, span: Span, why: &str) -> Line {
    Line {
        action,
        matches: Predicate::unknown(),
        span,
        conditions: vec![why.to_owned()],
        origins: Vec::new(),
        stateless_reply: false,
        opens: false,
        replies: None,
    }
}

fn action(action: acl::Action) -> Action {
    match action {
        acl::Action::Permit => Action::Permit,
        acl::Action::Deny => Action::Deny,
    }
}

fn entry(config: &Config, name: &ListName, entry: &Entry, marks: &mut Marks) -> Line {
    match &entry.body {
        Body::Garbled(word) => {
            let message = format!("this entry of access list `{}` was not understood", name.0);
            marks.diagnostic(codes_filter::ACL_UNREAD_ENTRY, Severity::Warning, message, entry.span);
            let action = word.map_or(Action::Unknown, action);
            // SOUNDNESS: it may end in `reflect`.
            let opens = action != Action::Deny && reflexive::are_used(config);
            Line { opens, ..unknown_line(action, entry.span, "unread entry") }
        }
        Body::Evaluate(reflexive) => Line {
            action: Action::Permit,
            // No new packet matches.
            matches: Predicate::exact(Vec::new()),
            span: entry.span,
            conditions: Vec::new(),
            origins: Vec::new(),
            stateless_reply: false,
            opens: false,
            replies: Some(reflexive::replies(config, name.1, reflexive)),
        },
        Body::Rule(found) => {
            let lowered = rule::lower(config, name.1, found);
            if let Some((range, span)) = lowered.undefined_time_range {
                let message = format!("time range `{range}` is not defined: the entry is always active");
                marks.diagnostic(codes_filter::TIME_RANGE_UNDEFINED, Severity::Warning, message, span);
            }
            for (span, reason) in lowered.unknown_group {
                let message = format!("{reason}: what it matches is not known");
                marks.diagnostic(codes_filter::OBJECT_GROUP_UNKNOWN, Severity::Warning, message, span);
            }
            Line {
                action: action(found.action),
                matches: lowered.matches,
                span: entry.span,
                conditions: lowered.conditions,
                origins: Vec::new(),
                stateless_reply: lowered.stateless_reply,
                opens: found.reflect.is_some() && found.action == acl::Action::Permit,
                replies: None,
            }
        }
    }
}
