//! `object-group`: named sets of addresses, services, protocols and ports.

use sekisho_diag::{Span, Spanned};
use sekisho_net::{FieldSet, Protocol};

use super::acl::Icmp;

/// What a group holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// IPv4 addresses: `network`.
    Network,
    /// IPv4 addresses: `ip address`, whose masks may be subnet masks or wildcards.
    Pool,
    /// IPv6 addresses: `v6-network`.
    Network6,
    /// Protocols with their ports or ICMP types: `service`, `v6-service`.
    Service,
    /// Protocols: `protocol`.
    Protocol,
    /// Ports: `ip port`, and `service NAME tcp` with `port-object` members.
    Port,
    /// Anything else, of which nothing is known: `security`, `fqdn`, `geo`.
    Other,
}

/// One service of a service group; source and destination ports belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Service {
    /// Protocols; empty for any protocol.
    pub protocols: Vec<Protocol>,
    /// Source ports.
    pub source: Option<FieldSet>,
    /// Destination ports.
    pub destination: Option<FieldSet>,
    /// ICMP type and, when stated, code.
    pub icmp: Option<Icmp>,
}

/// A member line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// Addresses.
    Addresses(FieldSet),
    /// Services.
    Service(Service),
    /// Ports.
    Ports(FieldSet),
    /// Another group.
    Group(String),
    /// A line that was not understood, or that a header cannot decide: it may add anything.
    Unknown,
}

/// A group; a name that is entered again adds to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Name.
    pub name: Spanned<String>,
    /// What it holds.
    pub kind: Kind,
    /// Members in order.
    pub members: Vec<Spanned<Member>>,
    /// Number of members of the first block. Whether a second block of the same name adds to the first
    /// is not certain, so that only these must match.
    pub first_block: usize,
    /// A line removes members: none of them must match.
    pub edited: Option<Span>,
}

/// Object groups in order of first appearance; kinds have separate names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    /// Groups.
    pub groups: Vec<Group>,
}

impl Ast {
    /// The group of a name that satisfies `kinds`.
    pub(crate) fn find(&self, name: &str, kinds: &[Kind]) -> Option<&Group> {
        self.groups.iter().find(|g| g.name.value == name && kinds.contains(&g.kind))
    }
}
