//! One type for everything the program says about a user's file.

use crate::{Code, SourceMap, Span};

/// How bad it is, most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The run cannot go on, or the input is refused.
    Error,
    /// The verdict is weaker than it could be, or the input is suspicious.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// `error`, `warning` or `info`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A secondary place and what it has to do with the matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// Why it matters: lower case, no full stop.
    pub text: String,
}

/// A message about the user's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// Severity.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, no line break, user text in backticks.
    pub message: String,
    /// Primary place; `None` when the matter has no place in a file (an absent file).
    pub span: Option<Span>,
    /// Secondary places.
    pub labels: Vec<Label>,
    /// What to do next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic at a place.
    #[must_use]
    pub fn new(
        code: Code,
        severity: Severity,
        message: impl Into<String>,
        span: impl Into<Option<Span>>,
    ) -> Self {
        Self { code, severity, message: message.into(), span: span.into(), labels: Vec::new(), help: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a secondary place.
    #[must_use]
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }
}

/// Sorts by (file path, offset, code, message) and drops exact repetitions.
pub fn sort_diagnostics(diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) {
    diagnostics.sort_by_cached_key(|d| {
        let place = d.span.map(|s| (sources.path(s.file).to_owned(), s.start));
        (place, d.code, d.message.clone())
    });
    diagnostics.dedup();
}
