//! Messages about the user's files, in the look of rustc: code, place, source line, help.
//!
//! Of each code the first few are shown with their source, the others on one line each, so that nothing
//! is left out and nothing drowns. Lines that may hold a secret are never shown.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use sekisho_diag::{Diagnostic, Severity, SourceFile, SourceMap, Span};

use super::messages::Text;
use super::secret;
use super::style::Layout;

/// Diagnostics of one code that are shown with their source.
const IN_FULL: usize = 3;

/// All diagnostics in their order.
#[must_use]
pub fn render(all: &[Diagnostic], sources: &SourceMap, layout: &Layout) -> String {
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    let mut full = String::new();
    let mut short = String::new();
    for diagnostic in all {
        let count = seen.entry(diagnostic.code).or_default();
        *count += 1;
        if *count <= IN_FULL || diagnostic.severity == Severity::Error {
            full.push_str(&one(diagnostic, sources, layout));
            full.push_str("\n\n");
        } else {
            short.push_str(&line(diagnostic, sources));
            short.push('\n');
        }
    }
    if !short.is_empty() {
        full.push_str(&layout.lang.say(&Text::MoreDiagnostics));
        full.push('\n');
        full.push_str(&short);
        full.push('\n');
    }
    full
}

/// Errors in full, and how much else there is to say: for commands that do not judge.
#[must_use]
pub fn brief(all: &[Diagnostic], sources: &SourceMap, layout: &Layout) -> String {
    let (errors, others): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|d| d.severity == Severity::Error);
    let mut out = render(&errors, sources, layout);
    let warnings = others.iter().filter(|d| d.severity == Severity::Warning).count();
    if warnings > 0 {
        out.push_str(&layout.lang.say(&Text::OtherDiagnostics(warnings)));
        out.push('\n');
    }
    out
}

/// A diagnostic on one line: `FILE:LINE: severity[code]: message`.
fn line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = diagnostic.span.map_or(String::new(), |s| format!("{}: ", sources.place(s)));
    format!("{place}{}[{}]: {}", diagnostic.severity.word(), diagnostic.code, diagnostic.message)
}

/// One diagnostic in full.
#[must_use]
pub fn one(diagnostic: &Diagnostic, sources: &SourceMap, layout: &Layout) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group =
        Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str()));
    if let Some(span) = diagnostic.span {
        let shown = !secret::is_about_one(diagnostic);
        group = group.element(place(span, AnnotationKind::Primary, None, sources, shown));
    }
    for label in &diagnostic.labels {
        let text = Some(label.text.as_str());
        let shown = !secret::is_about_one(diagnostic);
        group = group.element(place(label.span, AnnotationKind::Context, text, sources, shown));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if layout.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(layout.width).render(&[group])
}

/// The lines of a span with the span underlined, or the place alone.
fn place<'a>(
    span: Span,
    kind: AnnotationKind,
    label: Option<&'a str>,
    sources: &'a SourceMap,
    shown: bool,
) -> Element<'a> {
    let path = sources.path(span.file);
    let line = sources.line(span);
    let bare = || Element::from(Origin::path(path).line(line as usize));
    let Some(source) = sources.get(span.file).filter(|_| shown) else { return bare() };
    let text = source.line_text(line);
    if text.trim().is_empty() || span.start == span.end || secret::may_hold(text) {
        return bare();
    }
    let Some(start) = line_start(source, span) else { return bare() };
    let from = (span.start as usize).saturating_sub(start).min(text.len());
    let to = (span.end as usize).saturating_sub(start).clamp(from, text.len());
    let mut annotation = kind.span(from..to);
    if let Some(label) = label {
        annotation = annotation.label(label);
    }
    Element::from(Snippet::source(text).line_start(line as usize).path(path).annotation(annotation))
}

/// The byte at which the line of a span starts.
fn line_start(source: &SourceFile, span: Span) -> Option<usize> {
    let before = source.text().get(..span.start as usize)?;
    Some(before.rfind('\n').map_or(0, |at| at + 1))
}
