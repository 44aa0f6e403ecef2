//! The one place where a parser says what became of a line.

use sekisho_diag::{Code, Diagnostic, FileId, Severity, Span};
use sekisho_model::{Coverage, Ledger, Poison};
use sekisho_net::Family;

use super::Line;

/// A poison whose scope is still a name; resolved when the device stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingScope {
    /// The whole device: a line that certainly opens no interface.
    Device,
    /// The whole device, and perhaps an interface that the model lacks: a block whose opening line was
    /// not understood, or text cut off in the middle.
    Anywhere,
    /// The interface of this canonical name.
    Interface(String),
    /// The routes of a VRF by name (`default` for the global table) and a family.
    Routes(String, Family),
}

/// A poison waiting for the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingPoison {
    /// How far.
    pub scope: PendingScope,
    /// Which line.
    pub span: Span,
    /// Why, as a noun phrase.
    pub why: String,
}

/// Ledger, diagnostics and poisons of one file while it is parsed.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The ledger.
    pub ledger: Ledger,
    /// Diagnostics so far.
    pub diagnostics: Vec<Diagnostic>,
    /// Poisons so far.
    pub poisons: Vec<PendingPoison>,
}

impl Marks {
    /// For a file of `lines` lines.
    #[must_use]
    pub fn new(file: FileId, lines: u32) -> Self {
        Self { ledger: Ledger::new(file, lines), diagnostics: Vec::new(), poisons: Vec::new() }
    }

    /// The line's meaning is in the model, exactly.
    pub fn modeled(&mut self, line: &Line<'_>) {
        self.ledger.mark(line.number, Coverage::Modeled, None);
    }

    /// The line cannot affect forwarding, by the vendor's explicit list.
    pub fn ignored(&mut self, line: &Line<'_>) {
        self.ledger.mark(line.number, Coverage::Ignored, None);
    }

    /// The line is in the model, widened within `scope` (words such as `list F`).
    pub fn approximated(&mut self, line: &Line<'_>, scope: impl Into<String>) {
        self.ledger.mark(line.number, Coverage::Approximated, Some(scope.into()));
    }

    /// The line is recognised but not modelled; its scope is poisoned.
    pub fn unsupported(&mut self, line: &Line<'_>, scope: PendingScope, why: impl Into<String>) {
        self.ledger.mark(line.number, Coverage::Unsupported, Some(scope_words(&scope)));
        self.poisons.push(PendingPoison { scope, span: line.span(), why: why.into() });
    }

    /// The line is not understood; its scope is poisoned.
    pub fn unrecognized(&mut self, line: &Line<'_>, scope: PendingScope) {
        self.ledger.mark(line.number, Coverage::Unrecognized, Some(scope_words(&scope)));
        self.poisons.push(PendingPoison { scope, span: line.span(), why: Poison::UNREAD.to_owned() });
    }

    /// A line that can only be an entry of a list, not understood: the list itself carries an unknown
    /// line, so that no poison is needed. `supported` tells unrecognised from recognised-unsupported.
    pub fn list_entry(&mut self, line: &Line<'_>, list: &str, state: Coverage) {
        self.ledger.mark(line.number, state, Some(format!("list {list}")));
    }

    /// Adds a diagnostic.
    pub fn diagnostic(&mut self, code: Code, severity: Severity, message: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::new(code, severity, message, span));
    }

    /// Adds a finished diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// The scope in words, for the ledger.
fn scope_words(scope: &PendingScope) -> String {
    match scope {
        PendingScope::Device | PendingScope::Anywhere => "device".to_owned(),
        PendingScope::Interface(name) => format!("interface {name}"),
        PendingScope::Routes(vrf, family) => format!("{} routes of vrf {vrf}", family.word()),
    }
}
