//! `time-range`: only whether a name is defined matters.
//!
//! Proofs speak of all times: a permit with a time range is taken as active, a deny as inactive. A name
//! without a definition leaves its entries active, so that definition and reference must be told apart.

use std::collections::BTreeMap;

use sekisho_diag::Span;

/// Time ranges by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    /// Where each is defined.
    pub defined: BTreeMap<String, Span>,
}
