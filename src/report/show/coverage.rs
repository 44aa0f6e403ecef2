//! What became of each line of the input.

use sekisho_diag::SourceMap;
use sekisho_model::{Coverage, Ledger};
use serde::Serialize;

use crate::report::secret;
use crate::report::verify::{CoverageView, coverage};

/// Version of the JSON.
pub const SCHEMA: &str = "sekisho-coverage/1";

/// Lines by file and state.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct View {
    /// `sekisho-coverage/1`.
    pub schema: &'static str,
    /// Per file.
    pub files: Vec<FileView>,
    /// Of all files.
    pub total: CoverageView,
    /// Lines of the state that was asked for.
    pub lines: Vec<LineView>,
}

/// One file.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileView {
    /// Path.
    pub file: String,
    /// Its lines by state.
    pub coverage: CoverageView,
}

/// One line.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LineView {
    /// Path.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// State.
    pub state: &'static str,
    /// What the uncertainty is confined to.
    pub scope: Option<String>,
    /// Its text; absent when it may hold a secret.
    pub text: Option<String>,
}

/// Builds the view; `wanted` is the state whose lines are listed.
#[must_use]
pub fn view(ledgers: &[Ledger], sources: &SourceMap, wanted: Option<Coverage>) -> View {
    let mut lines = Vec::new();
    for ledger in ledgers {
        let source = sources.get(ledger.file);
        for (line, state) in ledger.iter() {
            let Some(state) = state.filter(|s| Some(s.state) == wanted) else { continue };
            let text = source.map_or("", |s| s.line_text(line));
            lines.push(LineView {
                file: sources.path(ledger.file).to_owned(),
                line,
                state: state.state.word(),
                scope: state.scope.clone(),
                text: (!secret::may_hold(text)).then(|| text.to_owned()),
            });
        }
    }
    let files = ledgers
        .iter()
        .map(|l| FileView {
            file: sources.path(l.file).to_owned(),
            coverage: coverage(std::slice::from_ref(l)),
        })
        .collect();
    View { schema: SCHEMA, files, total: coverage(ledgers), lines }
}
