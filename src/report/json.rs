//! JSON: the view as it is, indented, with a final line break.

use serde::Serialize;

/// The JSON text of a view.
#[must_use]
pub fn render<T: Serialize>(view: &T) -> String {
    let mut out = serde_json::to_string_pretty(view).unwrap_or_default();
    out.push('\n');
    out
}
