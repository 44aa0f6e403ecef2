//! Plain tables: columns as wide as their widest cell, two blanks between them.

use super::style::{columns, pad};

/// Rows under a header, each line with `indent` blanks before it.
#[must_use]
pub fn render(header: &[&str], rows: &[Vec<String>], indent: usize) -> String {
    let count = header.len();
    let widths: Vec<usize> = (0..count)
        .map(|at| {
            let cells = rows.iter().filter_map(|r| r.get(at)).map(|c| columns(c));
            cells.chain(header.get(at).map(|h| columns(h))).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(c, w)| pad(c, *w)).collect();
        out.push_str(&" ".repeat(indent));
        out.push_str(padded.join("  ").trim_end());
        out.push('\n');
    };
    if header.iter().any(|h| !h.is_empty()) {
        line(&mut header.iter().copied());
    }
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    out
}
