//! Settings of objects and policies against lists of what is known.

use std::net::IpAddr;

use sekisho_diag::{Code, Diagnostic, Severity, Span};
use sekisho_model::{Coverage, Tri};
use sekisho_net::{Family, addr_bits, parse_addr};

use crate::common::Marks;
use crate::fortios::marks;
use crate::fortios::tree::{Body, Entry, Table, Word};

/// What may stand in an entry of one table.
pub(crate) struct Vocabulary {
    /// Settings whose meaning is in the model.
    pub modelled: &'static [&'static str],
    /// Settings that cannot affect which packets pass.
    pub harmless: &'static [&'static str],
    /// Inner tables that the reader reads itself.
    pub tables: &'static [&'static str],
    /// Inner tables that cannot affect which packets pass.
    pub harmless_tables: &'static [&'static str],
}

/// Marks the lines of an entry and tells what of it was not understood. `scope` names it, such as `policy 5`.
pub(crate) fn entry(
    entry: &Entry<'_>,
    vocabulary: &Vocabulary,
    scope: &str,
    code: Code,
    marks: &mut Marks,
) -> Option<Span> {
    marks::lines(marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
    body(&entry.body, vocabulary, scope, code, marks)
}

/// The same for a body; the first place that was not understood.
pub(crate) fn body(
    body: &Body<'_>,
    vocabulary: &Vocabulary,
    scope: &str,
    code: Code,
    marks: &mut Marks,
) -> Option<Span> {
    let mut unread: Vec<(Span, String)> = Vec::new();
    for setting in &body.settings {
        let name: &str = &setting.name.text;
        if setting.values.is_empty() && !setting.unset {
            unread.push((setting.span, format!("`{name}` has no value")));
        } else if vocabulary.modelled.contains(&name) {
            marks::modeled(marks, setting);
            continue;
        } else if vocabulary.harmless.contains(&name) {
            marks::ignored(marks, setting);
            continue;
        } else {
            unread.push((setting.span, format!("setting `{name}` is not known")));
        }
        marks::widened(marks, setting, Coverage::Unrecognized, scope);
    }
    for table in &body.tables {
        let path = table.path.as_str();
        if vocabulary.tables.contains(&path) {
            continue;
        }
        if vocabulary.harmless_tables.contains(&path) {
            marks::table(marks, table, Coverage::Ignored, None);
        } else {
            marks::table(marks, table, Coverage::Unrecognized, Some(scope));
            unread.push((table.span, format!("table `{path}` is not known")));
        }
    }
    unread.extend(body.all_garbled().iter().map(|g| (g.span, g.why.to_owned())));
    for (span, what) in &unread {
        let message = format!("{what}: nothing is certain about {scope}");
        let help = "correct the line, or export the configuration again";
        marks.push(Diagnostic::new(code, Severity::Warning, message, *span).with_help(help));
    }
    unread.first().map(|(span, _)| *span)
}

/// Whatever stands in a table outside its entries; the first place of it.
pub(crate) fn outside_entries(table: &Table<'_>, scope: &str, code: Code, marks: &mut Marks) -> Option<Span> {
    const NOTHING: Vocabulary =
        Vocabulary { modelled: &[], harmless: &[], tables: &[], harmless_tables: &[] };
    marks::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    body(&table.body, &NOTHING, scope, code, marks)
}

/// `enable` or `disable`; anything else is unknown.
pub(crate) fn flag(body: &Body<'_>, name: &str, default: Tri) -> Tri {
    match body.value(name).map(|w| w.text.as_ref()) {
        None => default,
        Some("enable") => Tri::Yes,
        Some("disable") => Tri::No,
        Some(_) => Tri::Unknown,
    }
}

/// All values of a setting; none if it is not there. An empty string is no value.
pub(crate) fn words<'b, 'a>(body: &'b Body<'a>, name: &str) -> &'b [Word<'a>] {
    match body.get(name).map(|s| s.values.as_slice()) {
        Some([only]) if only.text.is_empty() => &[],
        Some(values) => values,
        None => &[],
    }
}

/// An address of a family as a number.
pub(crate) fn address(text: &str, family: Family) -> Option<u128> {
    let addr: IpAddr = parse_addr(text).ok()?;
    (Family::of(addr) == family).then(|| addr_bits(addr))
}

/// `A` or `A-B` as an inclusive range.
pub(crate) fn address_range(text: &str, family: Family) -> Option<(u128, u128)> {
    let (lo, hi) = text.split_once('-').unwrap_or((text, text));
    let (lo, hi) = (address(lo, family)?, address(hi, family)?);
    (lo <= hi).then_some((lo, hi))
}

/// `N` or `N-M` as an inclusive range of ports.
pub(crate) fn port_range(text: &str) -> Option<(u128, u128)> {
    let (lo, hi) = text.split_once('-').unwrap_or((text, text));
    let (lo, hi): (u16, u16) = (number(lo)?, number(hi)?);
    (lo <= hi).then(|| (lo.into(), hi.into()))
}

/// Decimal digits and nothing else.
pub(crate) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
