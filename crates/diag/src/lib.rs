//! Source positions and diagnostics about the user's files. No rendering, no I/O.
//!
//! A [`SourceMap`] owns the decoded text of every file; a [`Span`] is a byte range in one of them and
//! travels with every model object, so that a report can quote `rtx.conf:42`. A [`Diagnostic`] speaks
//! of a span; diagnostics are collected, never thrown, and sorted by [`sort_diagnostics`].

mod code;
mod diagnostic;
mod source;

pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Severity, sort_diagnostics};
pub use source::{FileId, LineCol, SourceFile, SourceMap, Span, Spanned};
