//! Virtual addresses: destination translation before the route look-up.
//!
//! A virtual address of number k rewrites the destination and writes the mark k on the packet, so that
//! policies can tell a translated packet from one that was sent to the mapped address.
//! Source: FortiOS Administration Guide, "Virtual IPs"; CLI Reference, `config firewall vip`, `vip6`.

mod read;

pub(crate) use read::split;

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{Coverage, InterfaceId, Poison, Predicate, Rewrite, Scope};
use sekisho_net::Family;

use super::reading::{self, Vocabulary, words};
use super::service::Services;
use super::values::Values;
use crate::common::Marks;
use crate::fortios::codes_policy as codes;
use crate::fortios::index::InterfaceIndex;
use crate::fortios::marks as states;
use crate::fortios::tree::{Vdom, Word};

/// One rewrite of a virtual address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Which packets.
    pub matches: Predicate,
    /// What they become, the mark left out.
    pub rewrites: Vec<Rewrite>,
}

/// A virtual address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vip {
    /// Its name.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// The number that it writes on packets.
    pub mark: u16,
    /// The `edit` line.
    pub span: Span,
    /// Interfaces by which the packets arrive; `None` for any.
    pub interfaces: Option<Vec<InterfaceId>>,
    /// External destinations; `None` for any.
    pub external: Option<(u128, u128)>,
    /// Disjoint rewrites.
    pub pieces: Vec<Piece>,
    /// Destinations after the rewrite, as far as they are known.
    pub mapped: Values,
    /// Mapped range and external range of the same size, where sources may be rewritten backwards.
    pub reverse: Option<((u128, u128), (u128, u128))>,
    /// The backward rewrite needs no policy that translates.
    pub forced_reverse: bool,
    /// Whether the device may answer ARP for the external addresses.
    pub answers: bool,
    /// Why the translation is not exact, as noun phrases.
    pub conditions: Vec<String>,
}

/// Virtual addresses and their groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vips {
    /// In config order, IPv4 first.
    pub all: Vec<Vip>,
    /// Positions in `all` by name; `None` in it for a group that was not understood.
    names: BTreeMap<(Family, String), Option<Vec<usize>>>,
    /// A line outside the entries was not understood.
    pub unread: bool,
}

impl Vips {
    /// Whether a name is a virtual address or a group of them.
    pub(crate) fn has(&self, name: &str, family: Family) -> bool {
        self.names.contains_key(&(family, name.to_owned()))
    }

    /// The virtual addresses of a name; `None` when the name is not fully understood.
    pub(crate) fn of(&self, name: &str, family: Family) -> Option<Vec<usize>> {
        self.names.get(&(family, name.to_owned()))?.clone()
    }
}

const GROUP: Vocabulary = Vocabulary {
    modelled: &["member", "interface"],
    harmless: &["uuid", "color", "comments", "comment"],
    tables: &[],
    harmless_tables: &[],
};

/// Tables of translations between the families.
const CROSSING: &[&str] = &[
    "firewall vip46",
    "firewall vip64",
    "firewall vipgrp46",
    "firewall vipgrp64",
    "firewall policy46",
    "firewall policy64",
    "firewall nat64",
    "firewall nat46",
];

/// What reading virtual addresses depends on.
pub(crate) struct Context<'c> {
    /// Interfaces and zones.
    pub index: &'c InterfaceIndex,
    /// Services, for virtual addresses that are limited to some.
    pub services: &'c mut Services,
    /// Poisons of the device, for what the model does not have.
    pub poisons: &'c mut Vec<Poison>,
}

/// Reads all virtual addresses.
pub(crate) fn vips(vdom: &Vdom<'_, '_>, context: &mut Context<'_>, marks: &mut Marks) -> Vips {
    let mut out = Vips::default();
    for (family, path) in [(Family::V4, "firewall vip"), (Family::V6, "firewall vip6")] {
        let Some(table) = vdom.table(path) else { continue };
        let scope = "every virtual address";
        out.unread |= reading::outside_entries(table, scope, codes::OBJECT_UNREAD, marks).is_some();
        for entry in &table.entries {
            let at = out.all.len();
            let Ok(mark) = u16::try_from(at + 1) else {
                poison(context.poisons, entry.span, "more virtual addresses than the model can tell apart");
                break;
            };
            let vip = read::vip(entry, family, mark, context, marks);
            out.names.insert((family, vip.name.clone()), Some(vec![at]));
            out.all.push(vip);
        }
    }
    for (family, path) in [(Family::V4, "firewall vipgrp"), (Family::V6, "firewall vipgrp6")] {
        let Some(table) = vdom.table(path) else { continue };
        let scope = "every group of virtual addresses";
        out.unread |= reading::outside_entries(table, scope, codes::OBJECT_UNREAD, marks).is_some();
        for entry in &table.entries {
            let scope = format!("virtual address group {}", entry.key.text);
            let unread = reading::entry(entry, &GROUP, &scope, codes::OBJECT_UNREAD, marks).is_some();
            let members = members(&out, words(&entry.body, "member"), family, &scope, entry.span, marks);
            out.names.insert((family, entry.key.text.to_string()), members.filter(|_| !unread));
        }
    }
    for path in CROSSING {
        for table in vdom.table(path).into_iter().filter(|t| !t.entries.is_empty()) {
            states::table(marks, table, Coverage::Unsupported, Some("device"));
            unsupported(context.poisons, marks, table.span, "translation between IPv4 and IPv6");
        }
    }
    out
}

fn members(
    vips: &Vips,
    names: &[Word<'_>],
    family: Family,
    scope: &str,
    at: Span,
    marks: &mut Marks,
) -> Option<Vec<usize>> {
    if names.is_empty() {
        let message = format!("{scope} has no members: what it matches is not known");
        let diagnostic = Diagnostic::new(codes::OBJECT_EMPTY, Severity::Warning, message, at);
        marks.push(diagnostic.with_help("give the group members, or remove it"));
        return None;
    }
    let mut out = Vec::new();
    for word in names {
        match vips.of(&word.text, family) {
            Some(found) => out.extend(found),
            None => {
                let message = format!("virtual address `{}` is not defined", word.text);
                marks.push(
                    Diagnostic::new(codes::OBJECT_UNDEFINED, Severity::Warning, message, word.span)
                        .with_help("export the whole configuration, or correct the name"),
                );
                return None;
            }
        }
    }
    Some(out)
}

/// Poisons the device because of something that the model does not have, and says so.
pub(crate) fn unsupported(poisons: &mut Vec<Poison>, marks: &mut Marks, span: Span, why: &str) {
    let message = format!("{why}: nothing is certain about the device");
    marks.push(
        Diagnostic::new(codes::POLICY_UNSUPPORTED, Severity::Warning, message, span)
            .with_help("this is not modelled yet; pairs that depend on the device stay undecided"),
    );
    poison(poisons, span, why);
}

fn poison(poisons: &mut Vec<Poison>, span: Span, why: &str) {
    poisons.push(Poison { scope: Scope::Device, span, why: why.to_owned() });
}
