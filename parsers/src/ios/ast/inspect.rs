//! Inspection rules (CBAC): `ip inspect name`, and where they are applied.

use std::collections::BTreeMap;

use sekisho_diag::Spanned;
use sekisho_net::Family;

use super::interface::Direction;

/// `ip inspect NAME in` or `out` of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspection {
    /// Family of the packets.
    pub family: Family,
    /// The rule.
    pub name: String,
    /// Direction.
    pub direction: Direction,
}

/// Inspection rules: the protocols of each, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    /// By family and name.
    pub rules: BTreeMap<(Family, String), Vec<Spanned<String>>>,
    /// Some line takes a rule or a protocol away: it is kept, but nothing about inspection is certain.
    pub edited: bool,
}
