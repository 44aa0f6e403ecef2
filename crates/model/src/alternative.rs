//! Named questions about a device to which the input gives no answer, and which have only two.

use sekisho_diag::Span;

/// Something that a device does or does not do, as its release decides. The model holds both; a parser that is
/// given the answer writes it exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alternative {
    /// Stable name of the question, such as `match-vip-default`.
    pub name: &'static str,
    /// A line that it is about.
    pub span: Option<Span>,
}
