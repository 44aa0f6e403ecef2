//! From TOML text to typed values with places.
//!
//! Works on the spanned tree of the `toml` crate and not on derived types: a derived reader stops at its
//! first error, and here all mistakes of a file are told together. [`Context`] collects them; a reader
//! that cannot give a value has reported why. Nothing here knows what a zone is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use sekisho_diag::{Code, Diagnostic, FileId, Severity, SourceMap, Span, Spanned};
use toml::de::{DeTable, DeValue};

use super::secret::secret_value;
use super::suggest::nearest;
use super::{Date, codes};

/// A value with its place in the text.
pub(super) type Node<'t> = toml::Spanned<DeValue<'t>>;

/// Longest file, in bytes.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// Most syntax errors that are told one by one.
const SYNTAX_ERRORS: usize = 100;

/// Characters of user text that a message quotes.
const QUOTED: usize = 64;

/// User text in backticks: cut, without control characters, and without anything like a secret.
pub(super) fn quote(text: &str) -> String {
    if secret_value(text) {
        return "`…`".to_owned();
    }
    let mut out = String::from("`");
    for (n, c) in text.chars().enumerate() {
        match c {
            _ if n == QUOTED => {
                out.push('…');
                break;
            }
            '`' => out.push('\''),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push('`');
    out
}

/// Words in backticks, separated by commas.
pub(super) fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

/// A table, its place, and how messages call it.
pub(super) struct Table<'t> {
    /// Such as ``[[flows]] `F-001` ``.
    pub(super) name: String,
    /// Its keys and values.
    pub(super) entries: &'t DeTable<'t>,
    /// Header or braces.
    pub(super) span: Span,
}

impl<'t> Table<'t> {
    /// The name of an entry of a list of tables.
    pub(super) fn entry_name(label: &str, entries: &DeTable<'_>) -> String {
        match entries.get("id").and_then(|id| id.get_ref().as_str()) {
            Some(id) => format!("{label} {}", quote(id)),
            None => label.to_owned(),
        }
    }

    /// Whether this is the file itself.
    pub(super) fn is_top(&self) -> bool {
        self.name == super::schema::TOP.label
    }

    /// The name of a table inside this one.
    pub(super) fn inner_name(&self, key: &str) -> String {
        format!("`{key}` of {}", self.name)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'t Node<'t>> {
        self.entries.get(key)
    }

    /// The table under a key; `None` when absent or (already reported) not a table.
    pub(super) fn table(&self, cx: &Context, key: &str) -> Option<Table<'t>> {
        let node = self.get(key)?;
        let entries = node.get_ref().as_table()?;
        Some(Table { name: self.inner_name(key), entries, span: cx.span(node.span()) })
    }

    /// The tables of the list under a key, in file order, without what is (already reported) not a table.
    pub(super) fn tables(&self, cx: &Context, key: &str) -> Vec<Table<'t>> {
        let items = self.get(key).and_then(|node| node.get_ref().as_array());
        items
            .into_iter()
            .flatten()
            .filter_map(|item| {
                let entries = item.get_ref().as_table()?;
                let name = Self::entry_name(&format!("[[{key}]]"), entries);
                Some(Table { name, entries, span: cx.span(item.span()) })
            })
            .collect()
    }
}

/// Where an unevaluated table kind was seen first, and which of its keys.
struct LaterUse {
    at: Span,
    keys: BTreeSet<&'static str>,
}

/// What the readers share: the file, and the diagnostics found so far.
pub(super) struct Context {
    file: FileId,
    /// Diagnostics, unsorted.
    pub(super) diagnostics: Vec<Diagnostic>,
    later: BTreeMap<&'static str, LaterUse>,
    /// Comparisons of words that may still be spent on suggestions.
    budget: usize,
}

impl Context {
    /// A context for one file.
    pub(super) fn new(file: FileId) -> Self {
        Self { file, diagnostics: Vec::new(), later: BTreeMap::new(), budget: 200_000 }
    }

    /// The span of a byte range.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    /// Whether `cost` more comparisons of words may be made.
    pub(super) fn spend(&mut self, cost: usize) -> bool {
        let enough = self.budget >= cost;
        self.budget = self.budget.saturating_sub(cost);
        enough
    }

    /// Adds a mistake that stops the run.
    pub(super) fn error(
        &mut self,
        code: Code,
        at: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.diagnostics.push(Diagnostic::new(code, Severity::Error, message, at).with_help(help));
    }

    /// Adds a finding; the run goes on.
    pub(super) fn warn(&mut self, code: Code, at: Span, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, Severity::Warning, message, at).with_help(help));
    }

    /// Notes that a table kind, or a key of it, has no influence in this release.
    pub(super) fn later(&mut self, label: &'static str, key: Option<&'static str>, at: Span) {
        let seen = self.later.entry(label).or_insert_with(|| LaterUse { at, keys: BTreeSet::new() });
        seen.at = seen.at.min(at);
        seen.keys.extend(key);
    }

    /// Turns the notes of [`Context::later`] into one warning per table kind.
    pub(super) fn report_later(&mut self) {
        for (label, LaterUse { at, keys }) in std::mem::take(&mut self.later) {
            let what = match keys.len() {
                0 => format!("`{label}` is read but not evaluated"),
                1 => format!("key {} of `{label}` is read but not evaluated", list(keys.into_iter())),
                _ => format!("keys {} of `{label}` are read but not evaluated", list(keys.into_iter())),
            };
            let help = "this release does not let it change a verdict, and it permits nothing";
            self.warn(codes::NOT_EVALUATED, at, what, help);
        }
    }

    /// Reports a value of the wrong type.
    pub(super) fn wrong_type(&mut self, table: &Table<'_>, key: &str, node: &Node<'_>, wanted: &str) {
        let found = match node.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{key}` of {} has the wrong type: {found}", table.name);
        let at = self.span(node.span());
        self.error(codes::WRONG_TYPE, at, message, format!("it must be {wanted}"));
    }

    /// Reports an absent key.
    pub(super) fn missing(&mut self, table: &Table<'_>, key: &str, help: &str) {
        let message = format!("{} lacks the required key `{key}`", table.name);
        self.error(codes::MISSING_KEY, table.span, message, help);
    }

    /// A string that is not empty.
    pub(super) fn text(&mut self, table: &Table<'_>, key: &str, node: &Node<'_>) -> Option<Spanned<String>> {
        let at = self.span(node.span());
        match node.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                let message = format!("`{key}` of {} is empty", table.name);
                self.error(codes::WRONG_TYPE, at, message, "write a value, or leave the key out");
                None
            }
            DeValue::String(text) => Some(Spanned::new(text.clone().into_owned(), at)),
            _ => {
                self.wrong_type(table, key, node, "a string");
                None
            }
        }
    }

    /// A local date, without a report when it is none.
    pub(super) fn plain_date(&self, node: &Node<'_>) -> Option<Spanned<Date>> {
        let value = node.get_ref().as_datetime()?;
        let (Some(date), None, None) = (value.date, value.time, value.offset) else { return None };
        Some(Spanned::new(Date::new(date.year, date.month, date.day)?, self.span(node.span())))
    }

    /// A local date.
    pub(super) fn date(&mut self, table: &Table<'_>, key: &str, node: &Node<'_>) -> Option<Spanned<Date>> {
        let date = self.plain_date(node);
        if date.is_none() {
            self.wrong_type(table, key, node, "a local date without quotes and time, such as `2027-03-31`");
        }
        date
    }

    /// The string under a key, if any.
    pub(super) fn optional(&mut self, table: &Table<'_>, key: &str) -> Option<Spanned<String>> {
        self.text(table, key, table.get(key)?)
    }

    /// The string under a key that must be there; empty when it was reported.
    pub(super) fn required(&mut self, table: &Table<'_>, key: &str, help: &str) -> Spanned<String> {
        let text = match table.get(key) {
            Some(node) => self.text(table, key, node),
            None => {
                self.missing(table, key, help);
                None
            }
        };
        text.unwrap_or_else(|| Spanned::new(String::new(), table.span))
    }

    /// The date under a key, if any.
    pub(super) fn optional_date(&mut self, table: &Table<'_>, key: &str) -> Option<Spanned<Date>> {
        self.date(table, key, table.get(key)?)
    }

    /// The values under a key: a list that is not empty, or one value without brackets.
    ///
    /// An empty list is refused: nobody can tell whether it means nothing or anything.
    pub(super) fn items<'t>(&mut self, table: &Table<'t>, key: &str) -> Vec<&'t Node<'t>> {
        let Some(node) = table.get(key) else { return Vec::new() };
        match node.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                let message = format!("`{key}` of {} is an empty list", table.name);
                let at = self.span(node.span());
                self.error(codes::WRONG_TYPE, at, message, "name at least one, or leave the key out");
                Vec::new()
            }
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![node],
        }
    }

    /// The strings under a key.
    pub(super) fn texts(&mut self, table: &Table<'_>, key: &str) -> Vec<Spanned<String>> {
        self.items(table, key).into_iter().filter_map(|node| self.text(table, key, node)).collect()
    }

    /// One word of a closed list.
    pub(super) fn word<T: Copy>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        words: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let text = self.optional(table, key)?;
        self.known(&table.inner_name(key), codes::BAD_VALUE, &text, words)
    }

    /// Looks a text up in a closed list.
    pub(super) fn known<T: Copy>(
        &mut self,
        what: &str,
        code: Code,
        text: &Spanned<String>,
        words: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(Spanned::new(*value, text.span));
        }
        let near =
            if self.spend(words.len()) { nearest(&text.value, words.iter().map(|w| w.0)) } else { None };
        let all = list(words.iter().map(|w| w.0));
        let help = match near {
            Some(word) => format!("did you mean `{word}`? The words are {all}"),
            None => format!("write one of {all}"),
        };
        self.error(code, text.span, format!("{what} cannot be {}", quote(&text.value)), help);
        None
    }
}

/// Parses the text; every syntax error is reported.
pub(super) fn parse<'t>(
    cx: &mut Context,
    sources: &'t SourceMap,
    file: FileId,
) -> Option<toml::Spanned<DeTable<'t>>> {
    let text = sources.get(file).map_or("", |f| f.text());
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; the limit is {MAX_BYTES}", text.len());
        cx.error(codes::LIMIT, cx.span(0..0), message, "merge entries whose addresses can be one prefix");
        return None;
    }
    if let Some(at) = text.find('\u{fffd}') {
        let help = "save the file as UTF-8";
        cx.error(codes::NOT_TOML, cx.span(at..at + 3), "the file is not UTF-8 at this place", help);
        return None;
    }
    let (table, mut errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Some(table);
    }
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let all = errors.len();
    for (number, error) in errors.into_iter().enumerate() {
        let at = cx.span(error.span().unwrap_or(0..0));
        if number == SYNTAX_ERRORS {
            let message = format!("not valid TOML: {} more mistakes", all - number);
            cx.error(codes::NOT_TOML, at, message, "correct the first ones; the others may follow from them");
            break;
        }
        let message = format!("not valid TOML: {}", one_line(error.message()));
        let help = "correct the line; strings need quotes, dates do not, keys may stand only once per table";
        cx.error(codes::NOT_TOML, at, message, help);
    }
    None
}

/// A message of the TOML reader in our form: one line, no full stop.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}
