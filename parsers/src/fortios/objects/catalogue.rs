//! Objects and groups of one kind by name, resolved once each.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_net::Family;

use crate::common::Marks;
use crate::fortios::codes_policy as codes;

/// Groups nested deeper than this are not followed.
const DEEP: usize = 64;
/// Objects that one line names as its origins.
const ORIGINS: usize = 32;

/// What objects of one kind hold.
pub(crate) trait Content: Clone {
    /// Anything or nothing.
    fn unknown(family: Family) -> Self;
    /// The union of many.
    fn union(parts: &[Rc<Found<Self>>], family: Family) -> Self;
    /// Without another.
    fn without(&self, take: &Self, family: Family) -> Self;
    /// The same, but none of it for certain.
    fn doubtful(&self) -> Self;
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found<T> {
    /// What it matches.
    pub value: T,
    /// Why that is not exact, as noun phrases.
    pub conditions: Vec<String>,
    /// The `edit` lines of the objects behind it.
    pub origins: Vec<Span>,
}

/// A member of a group and where it is named.
pub(crate) type Member = (String, Span);

/// A definition.
#[derive(Clone, Debug)]
pub(crate) enum Object<T> {
    /// By itself.
    Single(Found<T>),
    /// By its members.
    Group {
        /// What it has.
        members: Vec<Member>,
        /// What is taken out of it again.
        excluded: Vec<Member>,
        /// A line of it was not understood.
        unread: bool,
        /// The `edit` line.
        span: Span,
    },
}

impl<T> Object<T> {
    fn span(&self) -> Option<Span> {
        match self {
            Object::Single(found) => found.origins.first().copied(),
            Object::Group { span, .. } => Some(*span),
        }
    }
}

/// Objects of one kind and family.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue<T> {
    /// As the messages call one, such as `address`.
    pub kind: &'static str,
    family: Family,
    objects: BTreeMap<String, Vec<Object<T>>>,
    /// What the vendor predefines under a name.
    predefined: fn(&str, Family) -> Option<Found<T>>,
    /// Predefined names that were used.
    pub assumed: BTreeMap<String, Span>,
    /// A line outside the objects was not understood: it may define, change or delete any of them.
    pub open: bool,
    cache: BTreeMap<String, Rc<Found<T>>>,
    reported: BTreeSet<String>,
}

impl<T: Content> Catalogue<T> {
    /// Without objects.
    pub(crate) fn new(
        kind: &'static str,
        family: Family,
        predefined: fn(&str, Family) -> Option<Found<T>>,
    ) -> Self {
        Self {
            kind,
            family,
            objects: BTreeMap::new(),
            predefined,
            assumed: BTreeMap::new(),
            open: false,
            cache: BTreeMap::new(),
            reported: BTreeSet::new(),
        }
    }

    /// Adds a definition; a second one of the same name is reported.
    pub(crate) fn add(&mut self, name: &str, object: Object<T>, marks: &mut Marks) {
        let all = self.objects.entry(name.to_owned()).or_default();
        if let (Some(first), Some(span)) = (all.first().and_then(Object::span), object.span()) {
            let message = format!("{} `{name}` is defined twice: either may be meant", self.kind);
            marks.push(
                Diagnostic::new(codes::OBJECT_DUPLICATE, Severity::Warning, message, span)
                    .with_label(first, "defined here as well")
                    .with_help("give one of them another name"),
            );
        }
        all.push(object);
    }

    /// Names in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.objects.keys().cloned().collect()
    }

    /// Where a name is defined.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.objects.get(name)?.first()?.span()
    }

    /// Whether a name is defined in the file.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.objects.contains_key(name)
    }

    /// What a name stands for at a place.
    pub(crate) fn resolve(&mut self, name: &str, at: Span, marks: &mut Marks) -> Rc<Found<T>> {
        self.walk(name, at, &mut Vec::new(), marks)
    }

    fn unknown(&self, why: String) -> Rc<Found<T>> {
        Rc::new(Found { value: T::unknown(self.family), conditions: vec![why], origins: Vec::new() })
    }

    fn walk(&mut self, name: &str, at: Span, path: &mut Vec<String>, marks: &mut Marks) -> Rc<Found<T>> {
        if let Some(found) = self.cache.get(name) {
            return Rc::clone(found);
        }
        let kind = self.kind;
        if self.open {
            return self.unknown(format!("unread line among the {kind} objects"));
        }
        if path.iter().any(|p| p == name) {
            self.report(
                name,
                codes::OBJECT_CYCLE,
                format!("{kind} `{name}` is a member of itself"),
                at,
                marks,
            );
            return self.unknown(format!("cyclic {kind} {name}"));
        }
        if path.len() >= DEEP {
            let message = format!("{kind} `{name}` is nested deeper than {DEEP} groups");
            self.report(name, codes::OBJECT_CYCLE, message, at, marks);
            return self.unknown(format!("deeply nested {kind} {name}"));
        }
        let found = match self.objects.get(name).cloned() {
            None => self.undefined(name, at, marks),
            Some(all) => {
                path.push(name.to_owned());
                let mut parts: Vec<Rc<Found<T>>> =
                    all.into_iter().map(|o| self.one(name, o, path, marks)).collect();
                path.pop();
                match (parts.pop(), parts.is_empty()) {
                    (Some(only), true) => only,
                    (last, _) => {
                        parts.extend(last);
                        let mut merged = merge(&parts, self.family);
                        merged.value = merged.value.doubtful();
                        merged.conditions.push(format!("{kind} {name} defined twice"));
                        Rc::new(merged)
                    }
                }
            }
        };
        self.cache.insert(name.to_owned(), Rc::clone(&found));
        found
    }

    fn one(
        &mut self,
        name: &str,
        object: Object<T>,
        path: &mut Vec<String>,
        marks: &mut Marks,
    ) -> Rc<Found<T>> {
        let kind = self.kind;
        let (members, excluded, unread, span) = match object {
            Object::Single(found) => return Rc::new(found),
            Object::Group { members, excluded, unread, span } => (members, excluded, unread, span),
        };
        if unread {
            return Rc::new(Found {
                value: T::unknown(self.family),
                conditions: vec![format!("unread line of {kind} {name}")],
                origins: vec![span],
            });
        }
        if members.is_empty() {
            let message = format!("{kind} group `{name}` has no members: what it matches is not known");
            self.report(name, codes::OBJECT_EMPTY, message, span, marks);
            return self.unknown(format!("empty {kind} group {name}"));
        }
        let mut all = |list: &[Member]| -> Found<T> {
            let parts: Vec<_> = list.iter().map(|(n, at)| self.walk(n, *at, path, marks)).collect();
            merge(&parts, self.family)
        };
        let mut found = all(&members);
        if !excluded.is_empty() {
            let taken = all(&excluded);
            found.value = found.value.without(&taken.value, self.family);
            found.conditions.extend(taken.conditions);
        }
        found.origins.truncate(ORIGINS - 1);
        found.origins.insert(0, span);
        Rc::new(found)
    }

    fn undefined(&mut self, name: &str, at: Span, marks: &mut Marks) -> Rc<Found<T>> {
        if let Some(found) = (self.predefined)(name, self.family) {
            self.assumed.entry(name.to_owned()).or_insert(at);
            return Rc::new(found);
        }
        let kind = self.kind;
        let message = format!("{kind} `{name}` is not defined: what it matches is not known");
        self.report(name, codes::OBJECT_UNDEFINED, message, at, marks);
        self.unknown(format!("undefined {kind} {name}"))
    }

    fn report(&mut self, name: &str, code: sekisho_diag::Code, message: String, at: Span, marks: &mut Marks) {
        if self.reported.insert(format!("{code} {name}")) {
            let help = match code {
                codes::OBJECT_UNDEFINED => "export the whole configuration, or correct the name",
                codes::OBJECT_EMPTY => "give the group members, or remove it",
                _ => "take the group out of its own members",
            };
            marks.push(Diagnostic::new(code, Severity::Warning, message, at).with_help(help));
        }
    }
}

/// The union of what several names stand for.
pub(crate) fn merge<T: Content>(parts: &[Rc<Found<T>>], family: Family) -> Found<T> {
    let (mut conditions, mut origins) = (Vec::new(), Vec::new());
    for part in parts {
        for condition in &part.conditions {
            if conditions.len() < ORIGINS && !conditions.contains(condition) {
                conditions.push(condition.clone());
            }
        }
        for origin in &part.origins {
            if origins.len() < ORIGINS && !origins.contains(origin) {
                origins.push(*origin);
            }
        }
    }
    Found { value: T::union(parts, family), conditions, origins }
}
