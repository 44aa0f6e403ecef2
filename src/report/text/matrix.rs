//! The matrix: rows are sources, columns targets. Symbols and words carry it without colour.

use std::collections::BTreeMap;

use crate::report::messages::Text;
use crate::report::style::{Layout, columns, cut, pad};
use crate::report::verify::{VerifyView, Word};

/// `undeclared:*` up to this number have rows of their own.
const UNDECLARED: usize = 3;
/// Columns of the name of a row.
const NAME: usize = 28;

/// A row and column: its name, and the ids that it stands for.
struct Axis {
    name: String,
    ids: Vec<String>,
}

/// The matrix with its legend.
pub(super) fn render(view: &VerifyView, layout: &Layout) -> String {
    let axes = axes(view, layout);
    let cells: BTreeMap<(&str, &str), Word> =
        view.pairs.iter().map(|p| ((p.from.as_str(), p.to.as_str()), p.verdict)).collect();
    let cell = |from: &Axis, to: &Axis| -> Option<Word> {
        let pairs = from.ids.iter().flat_map(|f| to.ids.iter().map(move |t| (f.as_str(), t.as_str())));
        pairs.filter_map(|pair| cells.get(&pair).copied()).max()
    };
    let mut out = wide(&axes, &cell, layout).unwrap_or_else(|| narrow(&axes, &cell, layout));
    out.push_str(&layout.dim(&layout.lang.say(&Text::Legend)));
    out.push('\n');
    out
}

fn axes(view: &VerifyView, layout: &Layout) -> Vec<Axis> {
    let undeclared = view.domains.iter().filter(|d| d.kind == "undeclared").count();
    let together = undeclared > UNDECLARED;
    let mut out: Vec<Axis> = Vec::new();
    let mut rest = Vec::new();
    for domain in &view.domains {
        if together && domain.kind == "undeclared" {
            rest.push(domain.id.clone());
        } else {
            out.push(Axis { name: domain.id.clone(), ids: vec![domain.id.clone()] });
        }
    }
    if !rest.is_empty() {
        out.push(Axis { name: layout.lang.say(&Text::UndeclaredRow(rest.len())), ids: rest });
    }
    out
}

fn symbol(verdict: Option<Word>) -> &'static str {
    match verdict {
        None => "-",
        Some(Word::Proven) => "+",
        Some(Word::Undecided) => "?",
        Some(Word::Violated) => "x",
    }
}

/// Names over the columns and a word in every cell; `None` when it does not fit.
fn wide(axes: &[Axis], cell: &dyn Fn(&Axis, &Axis) -> Option<Word>, layout: &Layout) -> Option<String> {
    let word = |v: Option<Word>| match v {
        None => symbol(v).to_owned(),
        Some(w) => format!("{} {}", symbol(v), layout.lang.say(&Text::Cell(w))),
    };
    let first = layout.lang.say(&Text::FromTo);
    let names: Vec<String> = axes.iter().map(|a| cut(&a.name, NAME)).collect();
    let name = names.iter().map(|n| columns(n)).chain([columns(&first)]).max().unwrap_or(0);
    let widths: Vec<usize> = axes
        .iter()
        .zip(&names)
        .map(|(to, head)| {
            axes.iter().map(|from| columns(&word(cell(from, to)))).max().unwrap_or(0).max(columns(head))
        })
        .collect();
    if name + widths.iter().map(|w| w + 2).sum::<usize>() > layout.width {
        return None;
    }
    let mut out = pad(&first, name);
    for (head, width) in names.iter().zip(&widths) {
        out.push_str(&format!("  {}", pad(head, *width)));
    }
    out = out.trim_end().to_owned();
    out.push('\n');
    for (from, head) in axes.iter().zip(&names) {
        let mut line = pad(head, name);
        for (to, width) in axes.iter().zip(&widths) {
            let verdict = cell(from, to);
            let text = pad(&word(verdict), *width);
            line.push_str("  ");
            line.push_str(&verdict.map_or(text.clone(), |w| layout.verdict(w, &text)));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    Some(out)
}

/// Numbers over the columns and a symbol in every cell, in as many blocks as needed.
fn narrow(axes: &[Axis], cell: &dyn Fn(&Axis, &Axis) -> Option<Word>, layout: &Layout) -> String {
    let digits = axes.len().to_string().len();
    let names: Vec<String> =
        axes.iter().enumerate().map(|(n, a)| format!("{:>digits$} {}", n + 1, cut(&a.name, NAME))).collect();
    let first = layout.lang.say(&Text::FromTo);
    let name = names.iter().map(|n| columns(n)).chain([columns(&first)]).max().unwrap_or(0);
    let per_block = layout.width.saturating_sub(name).checked_div(digits + 2).unwrap_or(1).max(1);
    let numbered: Vec<(usize, &Axis)> = axes.iter().enumerate().collect();
    let mut out = String::new();
    for block in numbered.chunks(per_block) {
        if !out.is_empty() {
            out.push('\n');
        }
        let mut line = pad(&first, name);
        for (n, _) in block {
            line.push_str(&format!("  {:>digits$}", n + 1));
        }
        out.push_str(&line);
        out.push('\n');
        for (from, head) in axes.iter().zip(&names) {
            let mut line = pad(head, name);
            for (_, to) in block {
                let verdict = cell(from, to);
                let text = format!("{:>digits$}", symbol(verdict));
                line.push_str("  ");
                line.push_str(&verdict.map_or(text.clone(), |w| layout.verdict(w, &text)));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}
