//! Access lists as configured: a sequence of edits.

use sekisho_diag::{Span, Spanned};
use sekisho_net::{Family, FieldSet, Protocol};

/// First word of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Action {
    /// `permit`.
    Permit,
    /// `deny`.
    Deny,
}

/// What an entry may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ListKind {
    /// IPv4, source only.
    Standard,
    /// IPv4.
    Extended,
    /// IPv6.
    V6,
}

impl ListKind {
    /// Family of the packets that the list tests.
    pub(crate) fn family(self) -> Family {
        match self {
            ListKind::Standard | ListKind::Extended => Family::V4,
            ListKind::V6 => Family::V6,
        }
    }
}

/// Name of a list; IPv4 and IPv6 lists have separate names.
pub(crate) type ListName = (String, Family);

/// The protocol word of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// `ip` or `ipv6`.
    Any,
    /// One protocol.
    Protocol(Protocol),
    /// `object-group NAME`: services or protocols.
    Group(Spanned<String>),
}

/// An address of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// `any`, `host A`, `A WILDCARD`, `P/L`.
    Set(FieldSet),
    /// `object-group NAME`, `addrgroup NAME`.
    Group(Spanned<String>),
}

/// A port test of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ports {
    /// `eq`, `neq`, `lt`, `gt`, `range`.
    Set(FieldSet),
    /// `portgroup NAME`.
    Group(Spanned<String>),
}

/// A test of TCP flags: unions of bit patterns (value, care).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    /// Packets that may pass the test.
    pub may: Vec<(u8, u8)>,
    /// Packets that must pass it.
    pub must: Vec<(u8, u8)>,
}

/// A test of ICMP type and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Icmp {
    /// Type.
    pub kind: u8,
    /// Code; any if not stated.
    pub code: Option<u8>,
    /// Of a message name: the only code of which it is certain that the name covers it. (`echo` is type
    /// 8, but whether a code other than 0 matches is not documented.)
    pub sure_code: Option<u8>,
}

/// One `permit` or `deny` that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// `permit` or `deny`.
    pub action: Action,
    /// Protocol.
    pub service: Service,
    /// Source.
    pub source: Addresses,
    /// Source ports.
    pub source_ports: Option<Ports>,
    /// Destination.
    pub destination: Addresses,
    /// Destination ports.
    pub destination_ports: Option<Ports>,
    /// ICMP type and, when stated, code.
    pub icmp: Option<Icmp>,
    /// TCP flags.
    pub flags: Option<Flags>,
    /// `fragments`.
    pub fragments: bool,
    /// `time-range NAME`.
    pub time_range: Option<Spanned<String>>,
    /// `reflect NAME`.
    pub reflect: Option<String>,
    /// Tests that a header of the model cannot decide, in words.
    pub conditions: Vec<String>,
}

/// What an entry line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Understood.
    Rule(Box<Rule>),
    /// `evaluate NAME`: the replies of what another list reflects.
    Evaluate(String),
    /// An entry, but not understood beyond its first word.
    Garbled(Option<Action>),
}

/// An entry line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The line.
    pub span: Span,
    /// Sequence number, if stated.
    pub sequence: Option<u32>,
    /// What it says.
    pub body: Body,
    /// Words of the line without the sequence number, one blank between them: what `no` repeats.
    pub text: String,
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The list is opened as one of a kind; without entries it stays empty.
    Open(ListKind),
    /// An entry is added.
    Add(Entry),
    /// `no SEQUENCE`.
    RemoveSequence(u32),
    /// `no permit ...`: the entry of the same words.
    RemoveText(String),
    /// The whole list is removed.
    RemoveList,
    /// `ip access-list resequence NAME START STEP`.
    Resequence(u32, u32),
    /// A line that changes the list in a way that was not understood.
    Unknown,
}

/// One line that speaks of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The list.
    pub list: ListName,
    /// Where.
    pub span: Span,
    /// Number of the line, from 1.
    pub line: u32,
    /// What happens to it.
    pub edit: Edit,
}

/// Access lists: all edits in config order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    /// The edits.
    pub statements: Vec<Statement>,
}
