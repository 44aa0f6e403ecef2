//! First-match rule lists and the (must, may) predicates of their lines.

use sekisho_diag::Span;
use sekisho_net::{Cube, Family, Packet};

/// Index into [`crate::Device::lists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListId(pub u32);

/// What a line does to a packet that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Let it pass.
    Permit,
    /// Drop it.
    Deny,
    /// Either: the action was not understood.
    Unknown,
}

/// A pair (must, may) of packet sets, must within may: a packet of `must` matches in every world, a
/// packet outside `may` in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// Union of cubes that may match.
    pub may: Vec<Cube>,
    /// Union of cubes that must match; `None` means the same as `may`.
    pub must: Option<Vec<Cube>>,
}

impl Predicate {
    /// Exactly the union of these cubes.
    #[must_use]
    pub fn exact(cubes: Vec<Cube>) -> Self {
        Self { may: cubes, must: None }
    }

    /// At most the union of these cubes, perhaps nothing.
    #[must_use]
    pub fn at_most(cubes: Vec<Cube>) -> Self {
        Self { may: cubes, must: Some(Vec::new()) }
    }

    /// Every packet, certainly.
    #[must_use]
    pub fn any() -> Self {
        Self::exact(vec![Cube::any()])
    }

    /// Any packet, perhaps.
    #[must_use]
    pub fn unknown() -> Self {
        Self::at_most(vec![Cube::any()])
    }

    /// The cubes that must match.
    #[must_use]
    pub fn must(&self) -> &[Cube] {
        self.must.as_deref().unwrap_or(&self.may)
    }

    /// Whether must equals may.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.must.is_none()
    }

    /// Whether the packet may match.
    #[must_use]
    pub fn may_match(&self, packet: &Packet) -> bool {
        self.may.iter().any(|c| c.contains(packet))
    }

    /// Whether the packet must match.
    #[must_use]
    pub fn must_match(&self, packet: &Packet) -> bool {
        self.must().iter().any(|c| c.contains(packet))
    }
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it does.
    pub action: Action,
    /// Whom it matches, for packets of the list's family.
    pub matches: Predicate,
    /// Where it stands.
    pub span: Span,
    /// Why the predicate is not exact, as noun phrases (`time-range HOURS`, `undefined object-group G`).
    pub conditions: Vec<String>,
    /// Lines of other lists through which it got its predicate (a class that names an access list), so
    /// that a report can name the entry that matched.
    pub origins: Vec<Span>,
    /// Whether it lets replies pass by their look (TCP flags) and not by a session.
    pub stateless_reply: bool,
    /// Whether a packet that it lets pass opens a session, whose replies come back by themselves.
    pub opens: bool,
    /// Whom it matches of the packets of sessions that the device knows, if that is another question than
    /// for new packets (`evaluate` of IOS matches replies alone).
    pub replies: Option<Predicate>,
}

impl Line {
    /// Whom it matches of new packets, or of packets of sessions that the device knows.
    #[must_use]
    pub fn matches_of(&self, in_session: bool) -> &Predicate {
        self.replies.as_ref().filter(|_| in_session).unwrap_or(&self.matches)
    }
}

/// An ordered first-match list for packets of one family.
///
/// Lists are lowered by role: one that selects (NAT, policy route) is stored like a filter, and its
/// user says what a permit means there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleList {
    /// Name as in the config.
    pub name: String,
    /// Family of the packets that it tests.
    pub family: Family,
    /// Lines in order.
    pub lines: Vec<Line>,
    /// What happens to a packet that no line matches.
    pub default: Action,
    /// Where the list starts; `None` for one that is referenced but not defined.
    pub span: Option<Span>,
    /// Whether it decides about new packets only: replies of sessions that the device knows pass it.
    pub stateful: bool,
    /// Whether a packet that no line matches opens a session if it passes.
    pub default_opens: bool,
}
