//! `config system interface` of the whole file, and whose each interface is.

use crate::fortios::tree::{Entry, Table};

/// An interface of the file.
#[derive(Clone, Debug)]
pub(crate) struct Port<'t, 'a> {
    /// Its `edit`.
    pub entry: &'t Entry<'a>,
    /// Its name.
    pub name: String,
    /// The domain that owns it.
    pub vdom: String,
}

/// Collects the interfaces of a table. One that names no domain belongs to `default`.
pub(crate) fn ports<'t, 'a>(table: &'t Table<'a>, default: &str) -> Vec<Port<'t, 'a>> {
    let port = |entry: &'t Entry<'a>| Port {
        entry,
        name: entry.key.text.to_string(),
        vdom: entry.body.value("vdom").map_or_else(|| default.to_owned(), |w| w.text.to_string()),
    };
    table.entries.iter().map(port).collect()
}
