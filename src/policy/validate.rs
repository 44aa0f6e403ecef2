//! Relations over the whole file: ids, limits, cloud areas, and flows against the addresses of their zones.
//!
//! Who owns what is in `attach`; flows against each other in `contain`.

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, Severity, SourceMap, Spanned};
use sekisho_net::{Family, Prefix};

use super::schema::{Key, Shape, TOP};
use super::syntax::{Context, Table, quote};
use super::zone::{Attachment, InternetRule, ZoneKind, ZoneRef};
use super::{Policy, codes};

/// Most entries of one table: zones, and every other.
const MOST: (usize, usize) = (4096, 20_000);

/// Whether no table is too long; reports the ones that are.
pub(super) fn limits(cx: &mut Context, top: &Table<'_>) -> bool {
    let mut fine = true;
    for (name, node) in top.entries {
        let most = if name.get_ref() == "zones" { MOST.0 } else { MOST.1 };
        let Some(items) = node.get_ref().as_array() else { continue };
        if items.len() > most {
            let message =
                format!("{} has {} entries; the limit is {most}", quote(name.get_ref()), items.len());
            let at = items.get(most).map_or(name.span(), |item| item.span());
            let help = "merge entries: one entry may hold many prefixes and ports";
            cx.error(codes::LIMIT, cx.span(at), message, help);
            fine = false;
        }
    }
    fine
}

/// Checks the form of all ids, and that each is used once in the file. Ids of `[[clauses]]` are
/// references to a standard and do not count.
pub(super) fn ids(cx: &mut Context, sources: &SourceMap, top: &Table<'_>) {
    let mut all: Vec<Spanned<String>> = Vec::new();
    for Key(key, shape, _) in TOP.keys {
        let Shape::Tables(schema) = shape else { continue };
        if *key == "clauses" || !schema.keys.iter().any(|k| k.0 == "id") {
            continue;
        }
        for table in top.tables(cx, key) {
            all.extend(cx.optional(&table, "id"));
        }
    }
    all.sort_by_key(|id| id.span);
    let mut seen: BTreeMap<&str, &Spanned<String>> = BTreeMap::new();
    for id in &all {
        if let Some(why) = bad_id(&id.value) {
            let help = "use 1 to 64 letters, digits, `.`, `_` and `-`; the names of built-in zones are taken";
            cx.error(codes::BAD_ID, id.span, format!("the id {} {why}", quote(&id.value)), help);
        }
        match seen.get(id.value.as_str()) {
            Some(first) => {
                let line = sources.line(first.span);
                let message = format!("the id {} is already used in line {line}", quote(&id.value));
                let found = Diagnostic::new(codes::DUPLICATE_ID, Severity::Error, message, id.span)
                    .with_label(first.span, "first used here")
                    .with_help("rename one of the two; ids are unique over the whole file");
                cx.diagnostics.push(found);
            }
            None => drop(seen.insert(&id.value, id)),
        }
    }
}

/// Why a text cannot be an id, if so.
fn bad_id(id: &str) -> Option<&'static str> {
    let taken = ["internet", "unassigned"].contains(&id)
        || ["undeclared:", "device:", "ext:"].iter().any(|prefix| id.starts_with(prefix));
    if taken {
        return Some("is reserved");
    }
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if id.is_empty() || id.len() > 64 || !plain { Some("has a wrong form") } else { None }
}

/// Whether the file names a model or profiles, whose rules then hold.
pub(super) fn is_regulated(top: &Table<'_>) -> bool {
    let policy = top.get("policy").and_then(|node| node.get_ref().as_table());
    policy.is_some_and(|table| ["model", "profiles"].iter().any(|key| table.get(*key).is_some()))
}

/// Gives cloud areas without a rule of their own the one of the zone that they are treated as.
///
/// SOUNDNESS: a chain of cloud areas ends in `Forbidden`, the rule that permits least.
pub(super) fn inherit(policy: &mut Policy) {
    let area = |kind: ZoneKind| kind == ZoneKind::GovernmentCloudArea;
    let rules: Vec<_> = policy.zones.iter().map(|z| (z.kind, z.internet)).collect();
    for zone in policy.zones.iter_mut().filter(|z| area(z.kind) && z.internet == InternetRule::Unstated) {
        let Some(Spanned { value: ZoneRef::Zone(index), .. }) = zone.treated_as else { continue };
        zone.internet = match rules.get(index) {
            Some((kind, InternetRule::Unstated)) if area(*kind) => InternetRule::Forbidden,
            Some((_, rule)) => *rule,
            None => InternetRule::Forbidden,
        };
    }
}

/// The addresses of a zone or external as disjoint ranges per family, in order.
pub(super) struct Addresses {
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
    /// Whether it has nothing but subnets.
    only_subnets: bool,
}

impl Addresses {
    pub(super) fn new(attachment: &Attachment) -> Self {
        let ranges = |family| {
            let mut found: Vec<(u128, u128)> = attachment
                .subnets
                .iter()
                .filter(|s| s.value.family() == family)
                .map(|s| (s.value.first(), s.value.last()))
                .collect();
            found.sort_unstable();
            let mut merged: Vec<(u128, u128)> = Vec::with_capacity(found.len());
            for (lo, hi) in found {
                match merged.last_mut() {
                    Some(last) if lo <= last.1.saturating_add(1) => last.1 = last.1.max(hi),
                    _ => merged.push((lo, hi)),
                }
            }
            merged
        };
        let a = attachment;
        let only_subnets = a.interfaces.is_empty()
            && a.vlans.is_empty()
            && a.vrfs.is_empty()
            && a.devices.is_empty()
            && a.next_hops.is_empty();
        Self { v4: ranges(Family::V4), v6: ranges(Family::V6), only_subnets }
    }

    /// Whether a prefix is certainly not inside; unknown where other attachments may add addresses of a
    /// family that the subnets do not mention.
    pub(super) fn excludes(&self, prefix: &Prefix) -> bool {
        if self.v4.is_empty() && self.v6.is_empty() {
            return false;
        }
        let ranges = match prefix.family() {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        if ranges.is_empty() {
            return self.only_subnets;
        }
        let after = ranges.partition_point(|(lo, _)| *lo <= prefix.first());
        after.checked_sub(1).and_then(|n| ranges.get(n)).is_none_or(|(_, hi)| *hi < prefix.last())
    }
}

/// Finds flows with addresses outside their zone or external; they grant nothing.
pub(super) fn outside(cx: &mut Context, policy: &mut Policy) {
    let zones: Vec<_> = policy.zones.iter().map(|z| Addresses::new(&z.attachment)).collect();
    let externals: Vec<_> = policy.externals.iter().map(|e| Addresses::new(&e.attachment)).collect();
    let mut void = Vec::new();
    for (index, flow) in policy.flows.iter().enumerate() {
        for (end, prefixes) in [(flow.from.value, &flow.src), (flow.to.value, &flow.dst)] {
            let owner = match end {
                ZoneRef::Zone(n) => zones.get(n),
                ZoneRef::External(n) => externals.get(n),
                ZoneRef::Internet => None,
            };
            let Some(owner) = owner else { continue };
            for prefix in prefixes.iter().filter(|prefix| owner.excludes(&prefix.value)) {
                let (id, zone) = (quote(&flow.id.value), quote(&policy.name(end)));
                let message =
                    format!("`{}` of flow {id} is outside {zone}; the flow grants nothing", prefix.value);
                let help = "correct the address, or add its network to `subnets` of the zone";
                cx.warn(codes::OUTSIDE_ZONE, prefix.span, message, help);
                void.push(index);
            }
        }
    }
    for index in void {
        if let Some(flow) = policy.flows.get_mut(index) {
            flow.void = Some(codes::OUTSIDE_ZONE);
        }
    }
}
