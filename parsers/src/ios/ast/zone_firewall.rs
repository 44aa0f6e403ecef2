//! Zones, zone pairs, and their class and policy maps.

use std::collections::BTreeMap;

use sekisho_diag::{Span, Spanned};

/// A criterion of a class map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Criterion {
    /// `match access-group N` or `match access-group name NAME`.
    List(Spanned<String>),
    /// `match protocol NAME`.
    Protocol(String),
    /// `match class-map NAME`.
    Class(Spanned<String>),
    /// `match not ...`, or a test that a header does not decide, in words.
    Undecided(String),
}

/// `class-map type inspect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassMap {
    /// Name.
    pub name: String,
    /// `match-all` (the default) rather than `match-any`.
    pub all: bool,
    /// Criteria in order.
    pub criteria: Vec<Criterion>,
}

/// What a policy does with a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClassAction {
    /// `inspect`: passes, replies come back by themselves.
    Inspect,
    /// `pass`: passes, one way.
    Pass,
    /// `drop`.
    Drop,
    /// No action, or one that was not understood.
    Unknown,
}

/// A class of a policy map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyClass {
    /// Name of the class map; `None` for `class-default`.
    pub class: Option<Spanned<String>>,
    /// Action.
    pub action: Option<ClassAction>,
    /// Something may drop packets that the action would pass (a rate limit, deep inspection).
    pub limited: bool,
    /// The line.
    pub span: Span,
}

/// `policy-map type inspect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyMap {
    /// Name.
    pub name: Spanned<String>,
    /// Classes in order.
    pub classes: Vec<PolicyClass>,
}

/// `zone-pair security`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ZonePair {
    /// Name.
    pub name: String,
    /// From this zone.
    pub source: String,
    /// To this zone.
    pub destination: String,
    /// `service-policy type inspect NAME`.
    pub policy: Option<Spanned<String>>,
    /// The line.
    pub span: Span,
}

/// Zone-based firewall statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    /// `zone security NAME`.
    pub zones: BTreeMap<String, Span>,
    /// Pairs in order, one per name.
    pub pairs: Vec<ZonePair>,
    /// Class maps, one per name.
    pub classes: Vec<ClassMap>,
    /// Policy maps, one per name.
    pub policies: Vec<PolicyMap>,
    /// Application names that `ip port-map` gives further ports; `None` when one was not understood.
    pub port_maps: Vec<Option<String>>,
}
