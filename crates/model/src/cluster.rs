//! High availability: devices that stand for one another.

use sekisho_diag::Span;

/// The cluster of which a device is a member. Members have the same addresses; at any time one of them,
/// not known which, answers for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Name by which the members of one cluster know each other; equal on all of them. For a virtual
    /// system it ends with the name of the system.
    pub name: String,
    /// Where the config makes the device a member.
    pub span: Span,
    /// Lines of the file, counted from 1, that each member has for itself: host name, priority, interfaces
    /// reserved for management.
    pub own_lines: Vec<u32>,
}
