//! The one walk over the whole file that finds unknown keys, wrong shapes and secrets.
//!
//! It goes through every table, so that a mistake in one that this release does not evaluate is still
//! told. Keys of shape [`Shape::Read`] are checked by their readers. Entry function: [`sweep`].

use sekisho_diag::Span;
use toml::de::DeValue;

use super::codes;
use super::schema::{Key, Schema, Shape, TOP, Use};
use super::secret::{secret_key, secret_value};
use super::suggest::nearest;
use super::syntax::{Context, Node, Table, list, quote};

/// Tells unknown keys, wrong shapes, secrets and unevaluated keys of a table and of all tables in it.
pub(super) fn sweep(cx: &mut Context, table: &Table<'_>, schema: &'static Schema) {
    for (name, node) in table.entries {
        let at = cx.span(name.span());
        let Some(Key(known, shape, used)) = schema.keys.iter().find(|k| k.0 == name.get_ref().as_ref())
        else {
            unknown(cx, table, schema, name.get_ref(), at);
            continue;
        };
        if *used == Use::Later {
            match shape {
                Shape::Table(inner) | Shape::Tables(inner) if schema.label == TOP.label => {
                    cx.later(inner.label, None, at);
                }
                _ => cx.later(schema.label, Some(*known), at),
            }
        }
        check(cx, table, known, shape, node);
        secrets(cx, node);
    }
}

/// Reports a key that the schema does not have.
fn unknown(cx: &mut Context, table: &Table<'_>, schema: &'static Schema, key: &str, at: Span) {
    if secret_key(key) {
        let message = format!("key {} of {} looks like a secret", quote(key), table.name);
        cx.error(codes::SECRET, at, message, "remove it from the file, and change the secret if it was real");
        return;
    }
    let near = if cx.spend(schema.keys.len()) { nearest(key, schema.keys.iter().map(|k| k.0)) } else { None };
    let message = format!("unknown key {} in {}", quote(key), table.name);
    let help = match near {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("the keys here are {}", list(schema.keys.iter().map(|k| k.0))),
    };
    cx.error(codes::UNKNOWN_KEY, at, message, help);
}

/// Checks one value against its shape; goes into the tables that it holds.
fn check(cx: &mut Context, table: &Table<'_>, key: &'static str, shape: &Shape, node: &Node<'_>) {
    match shape {
        Shape::Read => {}
        Shape::Text => drop(cx.text(table, key, node)),
        Shape::Int => {
            if !node.get_ref().is_integer() {
                cx.wrong_type(table, key, node, "an integer");
            }
        }
        Shape::Bool => {
            if !node.get_ref().is_bool() {
                cx.wrong_type(table, key, node, "`true` or `false`");
            }
        }
        Shape::Date => drop(cx.date(table, key, node)),
        Shape::Texts => match node.get_ref() {
            DeValue::Array(items) => items.iter().for_each(|item| drop(cx.text(table, key, item))),
            _ => cx.wrong_type(table, key, node, "a list of strings"),
        },
        Shape::Table(inner) => match node.get_ref() {
            DeValue::Table(entries) => {
                let name = if table.is_top() { inner.label.to_owned() } else { table.inner_name(key) };
                let inside = Table { name, entries, span: cx.span(node.span()) };
                sweep(cx, &inside, inner);
            }
            _ => cx.wrong_type(table, key, node, "a table"),
        },
        Shape::Tables(inner) => {
            let DeValue::Array(items) = node.get_ref() else {
                cx.wrong_type(table, key, node, "a list of tables; write each entry as `[[…]]`");
                return;
            };
            for item in items {
                match item.get_ref() {
                    DeValue::Table(entries) => {
                        let name = Table::entry_name(inner.label, entries);
                        sweep(cx, &Table { name, entries, span: cx.span(item.span()) }, inner);
                    }
                    _ => cx.wrong_type(table, key, item, "a table"),
                }
            }
        }
    }
}

/// Reports texts that look like secrets in a value that is not a table (tables are walked by [`sweep`]).
fn secrets(cx: &mut Context, node: &Node<'_>) {
    match node.get_ref() {
        DeValue::String(text) if secret_value(text) => {
            let at = cx.span(node.span());
            let help = "remove it from the file, and change the secret if it was real";
            cx.error(codes::SECRET, at, "the value looks like a secret", help);
        }
        DeValue::Array(items) => items.iter().for_each(|item| secrets(cx, item)),
        _ => {}
    }
}
