//! The ids that references can name, and what to say when they name nothing.

use std::collections::BTreeMap;

use sekisho_diag::Spanned;

use super::codes;
use super::suggest::nearest;
use super::syntax::{Context, Table, quote};
use super::zone::ZoneRef;

/// The ids that a reference can name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Zones by id.
    pub(super) zones: BTreeMap<String, usize>,
    /// Externals by id, without `ext:`.
    pub(super) externals: BTreeMap<String, usize>,
    /// Gateways by id.
    pub(super) gateways: BTreeMap<String, usize>,
}

impl Names {
    /// Collects the first entry of each id.
    pub(super) fn collect(zones: &[Table<'_>], externals: &[Table<'_>], gateways: &[Table<'_>]) -> Self {
        let ids = |tables: &[Table<'_>]| {
            let mut map = BTreeMap::new();
            for (index, table) in tables.iter().enumerate() {
                if let Some(id) = table.get("id").and_then(|node| node.get_ref().as_str()) {
                    map.entry(id.to_owned()).or_insert(index);
                }
            }
            map
        };
        Self { zones: ids(zones), externals: ids(externals), gateways: ids(gateways) }
    }

    /// What a text names, if anything.
    fn find(&self, text: &str) -> Option<ZoneRef> {
        match text.strip_prefix("ext:") {
            Some(id) => self.externals.get(id).map(|&index| ZoneRef::External(index)),
            None if text == "internet" => Some(ZoneRef::Internet),
            None => self.zones.get(text).map(|&index| ZoneRef::Zone(index)),
        }
    }

    /// What a text names; reports when it names nothing.
    pub(super) fn resolve(
        &self,
        cx: &mut Context,
        by: &str,
        text: &Spanned<String>,
    ) -> Option<Spanned<ZoneRef>> {
        let found = self.find(&text.value);
        if found.is_none() {
            self.undefined(cx, by, text, "declare a zone with this id, or an external and write `ext:ID`");
        }
        found.map(|found| Spanned::new(found, text.span))
    }

    /// Reports a reference to nothing.
    pub(super) fn undefined(&self, cx: &mut Context, by: &str, text: &Spanned<String>, otherwise: &str) {
        let word = text.value.as_str();
        let bare = word.strip_prefix("ext:").unwrap_or(word);
        let plain = quote(bare);
        let help = if self.externals.contains_key(bare) {
            let prefixed = quote(&format!("ext:{bare}"));
            format!("{plain} is an external: write {prefixed} in a match, {plain} elsewhere")
        } else if self.zones.contains_key(bare) {
            format!("{plain} is a zone: write {plain} where a zone may stand")
        } else {
            let known = self.zones.keys().chain(self.externals.keys()).map(String::as_str);
            let cost = self.zones.len() + self.externals.len();
            match if cx.spend(cost) { nearest(bare, known) } else { None } {
                Some(near) => format!("did you mean {}?", quote(near)),
                None => otherwise.to_owned(),
            }
        };
        let message = format!("{} is not defined (used by {by})", quote(word));
        cx.error(codes::UNDEFINED_REFERENCE, text.span, message, help);
    }
}
