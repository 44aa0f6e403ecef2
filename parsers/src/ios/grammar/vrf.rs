//! VRF definitions.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value, verify};
use sekisho_diag::{Span, Spanned};

use super::word::{Res, kw, kws, negated, number, whole, word};
use super::{mark_children, unread, unread_tree};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::ast::vrf::{LeakSource, Vrf};
use crate::ios::ignored;

/// What one line of a VRF definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum VrfLine {
    AddressFamily,
    Target { import: bool, export: bool, target: String },
    ImportMap,
    ExportMap,
    LeakIn(LeakSource),
    LeakToGlobal,
    MulticastTunnel,
}

/// `opening = ("ip vrf" / "vrf definition") name`
fn opening(input: &str) -> Res<'_, &str> {
    alt((map((kws("ip vrf"), word), |((), n)| n), map((kws("vrf definition"), word), |((), n)| n)))
        .parse(input)
}

/// `target = "route-target" ["import" / "export" / "both"] rt ["stitching"]`
fn target(input: &str) -> Res<'_, VrfLine> {
    let direction = opt(alt((
        value((true, false), kw("import")),
        value((false, true), kw("export")),
        value((true, true), kw("both")),
    )));
    map((kw("route-target"), direction, community, opt(kw("stitching"))), |(_, direction, target, _)| {
        let (import, export) = direction.unwrap_or((true, true));
        VrfLine::Target { import, export, target: target.to_owned() }
    })
    .parse(input)
}

/// `rt = (%d0-4294967295 / dotted number / ipv4) ":" %d0-4294967295`
fn community(input: &str) -> Res<'_, &str> {
    verify(word, |text: &str| {
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        text.split_once(':').is_some_and(|(a, n)| a.split('.').all(digits) && digits(n))
    })
    .parse(input)
}

/// `family = "address-family" ("ipv4" / "ipv6") ["unicast" / "multicast"]`
fn family(input: &str) -> Res<'_, VrfLine> {
    value(
        VrfLine::AddressFamily,
        (kw("address-family"), alt((kw("ipv4"), kw("ipv6"))), opt(alt((kw("unicast"), kw("multicast"))))),
    )
    .parse(input)
}

/// `leak = ("import" / "export") ("ipv4" / "ipv6") ("unicast" / "multicast") [limit] "map" name [option]
/// / "route-replicate" ["recursive"] "from" [("vrf" name / "global")] ...`
fn leak(input: &str) -> Res<'_, VrfLine> {
    let map_of_family = |words: &'static str| {
        (
            kw(words),
            alt((kw("ipv4"), kw("ipv6"))),
            alt((kw("unicast"), kw("multicast"))),
            opt(number(u32::MAX)),
            kw("map"),
            word,
            opt(word),
        )
    };
    let from = alt((
        map((kw("vrf"), word), |(_, v)| LeakSource::Named(v.to_owned())),
        value(LeakSource::Global, kw("global")),
    ));
    alt((
        value(VrfLine::LeakIn(LeakSource::Global), map_of_family("import")),
        value(VrfLine::LeakToGlobal, map_of_family("export")),
        map(
            (kw("route-replicate"), opt(kw("recursive")), kw("from"), from, nom::combinator::rest),
            |(_, _, _, from, _)| VrfLine::LeakIn(from),
        ),
    ))
    .parse(input)
}

/// Every line of a VRF definition.
fn vrf_line(input: &str) -> Res<'_, VrfLine> {
    alt((
        family,
        target,
        leak,
        value(VrfLine::ImportMap, (kws("import map"), word)),
        value(VrfLine::ExportMap, (kws("export map"), word)),
        value(VrfLine::MulticastTunnel, (kw("mdt"), nom::combinator::rest)),
    ))
    .parse(input)
}

/// Reads a VRF definition; true when the line opens one.
pub(crate) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let Some(name) = whole(opening, block.line.trimmed()) else { return false };
    marks.modeled(&block.line);
    let position = config.vrfs.iter().position(|v| v.name.value == name);
    let mut vrf = match position.and_then(|at| config.vrfs.get(at)) {
        Some(known) => known.clone(),
        None => Vrf::new(Spanned::new(name.to_owned(), block.line.span())),
    };
    for child in &block.children {
        read_line(&child.line, &mut vrf, marks);
        let nested = whole(family, child.line.trimmed()).is_some();
        for grandchild in &child.children {
            if nested {
                read_line(&grandchild.line, &mut vrf, marks);
                mark_children(grandchild, marks, unread);
            } else {
                unread_tree(grandchild, marks);
            }
        }
    }
    match position.and_then(|at| config.vrfs.get_mut(at)) {
        Some(known) => *known = vrf,
        None => config.vrfs.push(vrf),
    }
    true
}

fn read_line(line: &Line<'_>, vrf: &mut Vrf, marks: &mut Marks) {
    let text = line.trimmed();
    let (no, body) = negated(text);
    let Some(statement) = whole(vrf_line, body) else {
        if ignored::vrf_line(text) {
            marks.ignored(line);
        } else {
            unread(line, marks);
        }
        return;
    };
    match &statement {
        VrfLine::ImportMap | VrfLine::ExportMap | VrfLine::LeakIn(_) | VrfLine::LeakToGlobal => {
            marks.approximated(line, format!("routes of vrf {}", vrf.name.value));
        }
        VrfLine::MulticastTunnel if !no => {
            marks.unsupported(line, PendingScope::Device, "multicast distribution tunnel");
        }
        _ => marks.modeled(line),
    }
    apply(statement, no, vrf, line.span());
}

/// `no` removes a target only when it names it; anything else stays, which only adds leaks.
fn apply(statement: VrfLine, no: bool, vrf: &mut Vrf, span: Span) {
    match statement {
        VrfLine::Target { import, export, target } => {
            if import {
                vrf.imports.retain(|t| t.value != target);
            }
            if export {
                vrf.exports.retain(|t| t.value != target);
            }
            if import && !no {
                vrf.imports.push(Spanned::new(target.clone(), span));
            }
            if export && !no {
                vrf.exports.push(Spanned::new(target, span));
            }
        }
        VrfLine::ExportMap if !no => vrf.export_map = Some(span),
        VrfLine::LeakIn(source) if !no => vrf.leaks_in.push(Spanned::new(source, span)),
        VrfLine::LeakToGlobal if !no => vrf.leaks_to_global.push(span),
        _ => {}
    }
}
