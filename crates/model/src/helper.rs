//! Application helpers: what a stateful device may open by itself for a permitted control session.

use sekisho_diag::Span;
use sekisho_net::{PortRange, Protocol};

/// A helper that is not certainly off. For a session with this protocol and a responder's port of these the
/// device may let further sessions pass between the two ends, either way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppHelper {
    /// Name as in the policy (`ftp`, `sip`, …).
    pub name: &'static str,
    /// Protocol of the control session.
    pub protocol: Protocol,
    /// Its responder's ports.
    pub ports: PortRange,
    /// The line that switches it on; `None` for a default.
    pub span: Option<Span>,
}

impl AppHelper {
    /// Helpers from a table of names, protocols and ports.
    #[must_use]
    pub fn defaults(table: &[(&'static str, Protocol, u16)], span: Option<Span>) -> Vec<Self> {
        let one = |&(name, protocol, port)| Self { name, protocol, ports: PortRange::one(port), span };
        table.iter().map(one).collect()
    }
}
