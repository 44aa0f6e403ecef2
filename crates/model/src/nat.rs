//! Address translation as first-match tables of rewrites.

use sekisho_diag::Span;
use sekisho_net::{Family, Field, FieldSet, Prefix};

use crate::Predicate;

/// Index into [`crate::Device::nats`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NatId(pub u32);

/// What a field becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One of these values, chosen by the device (one value: certain).
    OneOf(FieldSet),
    /// The same offset in another prefix of the same length.
    Shift {
        /// Prefix of the value before.
        from: Prefix,
        /// Prefix of the value after.
        to: Prefix,
    },
    /// Not known from the input: any value.
    Unknown,
}

/// The rewrite of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Source or destination address or port.
    pub field: Field,
    /// New value.
    pub target: Target,
}

/// One translation. The first rule that matches translates; no rule, no change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatRule {
    /// Family of the packets it matches; it never changes the family.
    pub family: Family,
    /// Which packets, by the header before this table.
    pub matches: Predicate,
    /// What changes; empty means an exemption (the packet leaves the table unchanged).
    pub rewrites: Vec<Rewrite>,
    /// Whether a matching packet may also pass unchanged (exhausted pool, unknown state).
    pub may_skip: bool,
    /// Where it stands.
    pub span: Span,
}

/// An ordered table of translations, run as one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatTable {
    /// Shown to the user, such as `ip nat inside source`.
    pub name: String,
    /// Rules in order of precedence.
    pub rules: Vec<NatRule>,
}
