//! The matrix: rows are sources, columns targets. Symbols and words carry it without colour.
//!
//! With room there are ids over the columns and words in the cells; else numbers over the columns and
//! symbols in the cells. Names that have no room in their row stand below.

use std::collections::BTreeMap;

use crate::report::messages::Text;
use crate::report::style::{Layout, columns, cut, pad, wrap};
use crate::report::verify::{VerifyView, Word};

/// `undeclared:*` up to this number have rows of their own.
const UNDECLARED: usize = 3;
/// Columns of an id over a column.
const HEAD: usize = 28;
/// Least columns of the label of a row.
const LEAST: usize = 16;

/// A row and column: what it is called, and the ids that it stands for.
struct Axis {
    /// Id, or what stands for several.
    id: String,
    /// Name in the language of the report.
    name: Option<String>,
    ids: Vec<String>,
}

/// Verdict of the pairs that a row and a column stand for.
type Cell<'a> = &'a dyn Fn(&Axis, &Axis) -> Option<Word>;

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
    for line in wrap("", &layout.lang.say(&Text::Legend), layout.width).lines() {
        out.push_str(&layout.dim(line));
        out.push('\n');
    }
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
            out.push(Axis { id: domain.id.clone(), name: domain.name.clone(), ids: vec![domain.id.clone()] });
        }
    }
    if !rest.is_empty() {
        out.push(Axis { id: layout.lang.say(&Text::UndeclaredRow(rest.len())), name: None, ids: rest });
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

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(columns).max().unwrap_or(0)
}

/// Ids over the columns and a word in every cell; `None` when it does not fit.
fn wide(axes: &[Axis], cell: Cell<'_>, layout: &Layout) -> Option<String> {
    let word = |v: Option<Word>| match v {
        None => symbol(v).to_owned(),
        Some(w) => format!("{} {}", symbol(v), layout.lang.say(&Text::Cell(w))),
    };
    let first = layout.lang.say(&Text::FromTo);
    let heads: Vec<String> = axes.iter().map(|a| cut(&a.id, HEAD)).collect();
    let id = widest(heads.iter().map(String::as_str).chain([first.as_str()]));
    let widths: Vec<usize> = axes
        .iter()
        .zip(&heads)
        .map(|(to, head)| {
            axes.iter().map(|from| columns(&word(cell(from, to)))).max().unwrap_or(0).max(columns(head))
        })
        .collect();
    let cells = widths.iter().map(|w| w + 2).sum::<usize>();
    if id + cells > layout.width {
        return None;
    }
    let name = widest(axes.iter().filter_map(|a| a.name.as_deref()));
    let named = name > 0 && id + 2 + name + cells <= layout.width;
    let label = |id_text: &str, name_text: Option<&str>| match named {
        true => format!("{}  {}", pad(id_text, id), layout.dim(&pad(name_text.unwrap_or(""), name))),
        false => pad(id_text, id),
    };
    let mut out = if named { pad(&first, id + 2 + name) } else { pad(&first, id) };
    for (head, width) in heads.iter().zip(&widths) {
        out.push_str(&format!("  {}", pad(head, *width)));
    }
    out = out.trim_end().to_owned();
    out.push('\n');
    for (from, head) in axes.iter().zip(&heads) {
        let mut line = label(head, from.name.as_deref());
        for (to, width) in axes.iter().zip(&widths) {
            let verdict = cell(from, to);
            let text = pad(&word(verdict), *width);
            line.push_str("  ");
            line.push_str(&verdict.map_or(text.clone(), |w| layout.verdict(w, &text)));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if !named {
        keys(axes.iter().map(|a| (a.id.clone(), a)), |a| columns(&a.id) > HEAD, layout, &mut out);
    }
    Some(out)
}

/// What the short forms of a matrix stand for, where a name or a part of an id is not in the rows.
fn keys<'a>(
    axes: impl Iterator<Item = (String, &'a Axis)>,
    id_is_cut: impl Fn(&Axis) -> bool,
    layout: &Layout,
    out: &mut String,
) {
    let full = |a: &Axis| a.name.as_ref().map_or(a.id.clone(), |n| format!("{} {n}", a.id));
    let shown: Vec<String> = axes
        .filter(|(_, a)| a.name.is_some() || id_is_cut(a))
        .map(|(key, a)| match &a.name {
            Some(name) if key == a.id => format!("{key} = {name}"),
            _ => format!("{key} = {}", full(a)),
        })
        .collect();
    if !shown.is_empty() {
        let label = format!("{}: ", layout.lang.say(&Text::Keys));
        out.push_str(&wrap(&label, &shown.join("; "), layout.width));
    }
}

/// Numbers over the columns and a symbol in every cell; in blocks when there are very many.
fn narrow(axes: &[Axis], cell: Cell<'_>, layout: &Layout) -> String {
    let digits = axes.len().to_string().len();
    let first = layout.lang.say(&Text::FromTo);
    let key = |n: usize| format!("{:>digits$}", n + 1);
    let id = widest(axes.iter().map(|a| a.id.as_str()));
    let with_name = |a: &Axis| match &a.name {
        Some(name) => format!("{}  {name}", pad(&a.id, id)),
        None => a.id.clone(),
    };
    let taken = |gap: usize| digits + 1 + axes.len() * (digits + gap);
    let names: Vec<String> = axes.iter().map(with_name).collect();
    let ids: Vec<String> = axes.iter().map(|a| a.id.clone()).collect();
    // The widest form that fits: names in the rows, perhaps cut, ids in the rows, ids cut.
    let room = |gap: usize| layout.width.saturating_sub(taken(gap));
    let least = |labels: &[String]| widest(labels.iter().map(String::as_str));
    let (labels, gap, cut_to) = if digits > 1 && least(&names) > room(2) && least(&names) <= room(1) {
        (&names, 1, usize::MAX)
    } else if least(&names) <= room(2) || id + 2 + LEAST <= room(2) {
        (&names, 2, room(2))
    } else if let Some(gap) = [2, 1].into_iter().find(|gap| least(&ids) <= room(*gap)) {
        (&ids, gap, usize::MAX)
    } else if room(1) >= LEAST {
        (&ids, 1, room(1))
    } else {
        // In blocks.
        (&ids, 2, HEAD.min(layout.width / 2))
    };
    let rows: Vec<String> =
        labels.iter().enumerate().map(|(n, l)| format!("{} {}", key(n), cut(l, cut_to))).collect();
    let width = widest(rows.iter().map(String::as_str).chain([first.as_str()]));
    let per_block = layout.width.saturating_sub(width).checked_div(digits + gap).unwrap_or(1).max(1);
    let numbered: Vec<(usize, &Axis)> = axes.iter().enumerate().collect();
    let mut out = String::new();
    for block in numbered.chunks(per_block) {
        if !out.is_empty() {
            out.push('\n');
        }
        let mut line = pad(&first, width);
        for (n, _) in block {
            line.push_str(&format!("{}{}", " ".repeat(gap), key(*n)));
        }
        out.push_str(&line);
        out.push('\n');
        for (from, head) in axes.iter().zip(&rows) {
            let mut line = pad(head, width);
            for (_, to) in block {
                let verdict = cell(from, to);
                let text = format!("{:>digits$}", symbol(verdict));
                line.push_str(&" ".repeat(gap));
                line.push_str(&verdict.map_or(text.clone(), |w| layout.verdict(w, &text)));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    let named = std::ptr::eq(labels, &names);
    let whole = |n: usize| named && labels.get(n).is_none_or(|l| columns(l) <= cut_to);
    if !named || !(0..axes.len()).all(whole) {
        let cut_ones = axes.iter().enumerate().filter(|(n, _)| !whole(*n));
        let numbered = cut_ones.map(|(n, a)| (key(n).trim().to_owned(), a));
        keys(numbered, |a| columns(&a.id) > cut_to, layout, &mut out);
    }
    out
}
