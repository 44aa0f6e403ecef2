//! Flows that another flow contains: harmless, but one of the two is not what its author thinks.
//!
//! A warning only, so the search is bounded and not complete: a flow is compared with those that have a
//! source and a destination prefix around its first ones.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_diag::{Diagnostic, Severity, SourceMap, Spanned};
use sekisho_net::{PortRange, Prefix, Protocol};

use super::flow::{Flow, FlowProto};
use super::syntax::{Context, quote};
use super::{Policy, ZoneRef, codes};

/// Flows compared per place of the index, and index places per flow.
const MOST: usize = 64;

/// A pair of zones, a source and a destination prefix (`None` is any).
type Place = (ZoneRef, ZoneRef, Option<Prefix>, Option<Prefix>);

/// Warns of each flow that another one contains; of two equal ones, of the later.
pub(super) fn check(cx: &mut Context, sources: &SourceMap, policy: &Policy) {
    let mut index: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    let mut lengths: BTreeSet<u32> = BTreeSet::new();
    for (number, flow) in policy.flows.iter().enumerate() {
        let places = sides(&flow.src).flat_map(|src| sides(&flow.dst).map(move |dst| (src, dst)));
        for (src, dst) in places.take(MOST) {
            lengths.extend(src.iter().chain(&dst).map(Prefix::len));
            let bucket = index.entry((flow.from.value, flow.to.value, src, dst)).or_default();
            if bucket.len() < MOST {
                bucket.push(number);
            }
        }
    }
    let around = |prefix: Option<&Spanned<Prefix>>| -> Vec<Option<Prefix>> {
        let wider = prefix.into_iter().flat_map(|p| {
            let fits = lengths.range(..=p.value.len());
            fits.filter_map(|&len| Prefix::new(p.value.addr(), len).ok()).map(Some)
        });
        std::iter::once(None).chain(wider).collect()
    };
    for (number, flow) in policy.flows.iter().enumerate() {
        let (sources_around, targets_around) = (around(flow.src.first()), around(flow.dst.first()));
        let places = sources_around.iter().flat_map(|src| targets_around.iter().map(move |dst| (*src, *dst)));
        let candidates = places
            .filter_map(|(src, dst)| index.get(&(flow.from.value, flow.to.value, src, dst)))
            .flatten()
            .filter(|&&other| other != number)
            .filter_map(|&other| policy.flows.get(other).map(|wide| (other, wide)))
            .filter(|(_, wide)| wide.void.is_none());
        let container = candidates
            .filter(|(other, wide)| contains(wide, flow) && (*other < number || !contains(flow, wide)))
            .min_by_key(|(other, _)| *other);
        if let Some((_, wide)) = container {
            let (inner, outer) = (quote(&flow.id.value), quote(&wide.id.value));
            let line = sources.line(wide.id.span);
            let message = format!("flow {inner} is contained in flow {outer} of line {line}");
            let found = Diagnostic::new(codes::CONTAINED_FLOW, Severity::Warning, message, flow.id.span)
                .with_label(wide.id.span, "the wider flow")
                .with_help("remove one of the two, or narrow the wider one");
            cx.diagnostics.push(found);
        }
    }
}

/// The prefixes of one side; any is `None`.
fn sides(side: &[Spanned<Prefix>]) -> impl Iterator<Item = Option<Prefix>> {
    let any = if side.is_empty() { Some(None) } else { None };
    any.into_iter().chain(side.iter().map(|p| Some(p.value)))
}

/// Whether every packet of `narrow` is certainly one of `wide`; both have the same ends.
fn contains(wide: &Flow, narrow: &Flow) -> bool {
    let side = |wide: &[Spanned<Prefix>], narrow: &[Spanned<Prefix>]| {
        wide.is_empty()
            || (!narrow.is_empty() && narrow.iter().all(|n| wide.iter().any(|w| w.value.covers(&n.value))))
    };
    let ports = |wide: &[PortRange], narrow: &[PortRange]| {
        let inside = |n: &PortRange| wide.iter().any(|w| w.lo() <= n.lo() && n.hi() <= w.hi());
        wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(inside))
    };
    let proto = match (wide.proto, narrow.proto) {
        (FlowProto::Any, _) => true,
        (FlowProto::Icmp, FlowProto::Number(p)) => matches!(p, Protocol::ICMP | Protocol::ICMPV6),
        (a, b) => a == b,
    };
    let icmp = wide.icmp.is_empty()
        || (!narrow.icmp.is_empty() && narrow.icmp.iter().all(|message| wide.icmp.contains(message)));
    proto
        && icmp
        && side(&wide.src, &narrow.src)
        && side(&wide.dst, &narrow.dst)
        && ports(&wide.ports, &narrow.ports)
        && ports(&wide.src_ports, &narrow.src_ports)
}
