//! Line states of settings, entries and tables.
//!
//! Whoever reads a table gives every line of it a state: its own lines (`config`, `edit`, `next`, `end`,
//! script commands) with [`lines`] over `own_lines`, each setting with [`modeled`], [`ignored`],
//! [`approximated`], [`unsupported`] or [`unrecognized`]. [`table`] and [`entry`] do it for everything
//! within. Of two states of a line the more harmful one stays, so that a table may be marked as a whole
//! first and its bad settings afterwards. Garbled lines are marked when the tree is built. Tables that
//! nobody reads go through the allow-list in `ignored`; what no one has marked at the end poisons the
//! device.

use sekisho_diag::Span;
use sekisho_model::{Coverage, Poison};
use sekisho_net::Family;

use super::tree::{Entry, Setting, Table};
use crate::common::{Marks, PendingPoison, PendingScope};

/// Marks lines.
pub(super) fn lines(
    marks: &mut Marks,
    lines: impl IntoIterator<Item = u32>,
    state: Coverage,
    scope: Option<&str>,
) {
    for line in lines {
        marks.ledger.mark(line, state, scope.map(str::to_owned));
    }
}

/// Marks everything in a table.
pub(super) fn table(marks: &mut Marks, table: &Table<'_>, state: Coverage, scope: Option<&str>) {
    lines(marks, table.all_lines(), state, scope);
}

/// Marks everything in an entry.
pub(super) fn entry(marks: &mut Marks, entry: &Entry<'_>, state: Coverage, scope: Option<&str>) {
    lines(marks, entry.all_lines(), state, scope);
}

/// The setting is in the model, exactly.
pub(super) fn modeled(marks: &mut Marks, setting: &Setting<'_>) {
    lines(marks, setting.lines.0..=setting.lines.1, Coverage::Modeled, None);
}

/// The setting cannot affect forwarding.
pub(super) fn ignored(marks: &mut Marks, setting: &Setting<'_>) {
    lines(marks, setting.lines.0..=setting.lines.1, Coverage::Ignored, None);
}

/// The setting is in the model, widened within `scope` (words such as `policy 5`).
pub(super) fn approximated(marks: &mut Marks, setting: &Setting<'_>, scope: &str) {
    lines(marks, setting.lines.0..=setting.lines.1, Coverage::Approximated, Some(scope));
}

/// The setting is known but not modelled; what it stands in (in words) is widened by the reader.
pub(super) fn widened(marks: &mut Marks, setting: &Setting<'_>, state: Coverage, scope: &str) {
    lines(marks, setting.lines.0..=setting.lines.1, state, Some(scope));
}

/// Lines are known but not modelled; their scope is poisoned.
pub(super) fn unsupported(
    marks: &mut Marks,
    range: impl IntoIterator<Item = u32>,
    span: Span,
    scope: PendingScope,
    why: impl Into<String>,
) {
    lines(marks, range, Coverage::Unsupported, Some(&words(&scope)));
    marks.poisons.push(PendingPoison { scope, span, why: why.into() });
}

/// Lines are not understood; their scope is poisoned.
pub(super) fn unrecognized(
    marks: &mut Marks,
    range: impl IntoIterator<Item = u32>,
    span: Span,
    scope: PendingScope,
) {
    lines(marks, range, Coverage::Unrecognized, Some(&words(&scope)));
    marks.poisons.push(PendingPoison { scope, span, why: UNRECOGNIZED.to_owned() });
}

/// Why a line that is not understood poisons its scope.
pub(super) const UNRECOGNIZED: &str = Poison::UNREAD;

/// A scope in words, for the ledger.
pub(super) fn words(scope: &PendingScope) -> String {
    match scope {
        PendingScope::Device | PendingScope::Anywhere => "device".to_owned(),
        PendingScope::Interface(name) => format!("interface {name}"),
        PendingScope::Routes(vrf, family) => {
            let family: Family = *family;
            format!("{} routes of vrf {vrf}", family.word())
        }
    }
}
