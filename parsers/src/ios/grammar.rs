//! Lines to statements: every top-level block finds its reader here, and every line its state.

pub(crate) mod acl;
pub(crate) mod global;
pub(crate) mod inspect;
pub(crate) mod interface;
pub(crate) mod line;
pub(crate) mod nat;
pub(crate) mod object_group;
pub(crate) mod ports;
pub(crate) mod route;
pub(crate) mod route_map;
pub(crate) mod router;
pub(crate) mod switchport;
pub(crate) mod time_range;
pub(crate) mod vrf;
pub(crate) mod word;
pub(crate) mod zone_firewall;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use sekisho_diag::Severity;

use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::codes;
use crate::ios::ignored::{self, Children};
use word::{kw, kws, negated, whole, word};

/// Reads every block of the file into `config` and marks every line.
pub(crate) fn read(blocks: &[Block<'_>], config: &mut Config, marks: &mut Marks) {
    for block in blocks {
        read_block(block, config, marks);
    }
}

fn read_block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) {
    let text = block.line.trimmed();
    config.global.has_route_map |= kw("route-map").parse(text).is_ok();
    let done = interface::block(block, config, marks)
        || vrf::block(block, config, marks)
        || route::line(block, config, marks)
        || router::block(block, config, marks)
        || line::block(block, config, marks)
        || global::block(block, config, marks)
        || harmless_line(block, text, marks)
        || acl::top_level(block, &mut config.acls, marks)
        || object_group::top_level(block, &mut config.object_groups, marks)
        || time_range::top_level(block, &mut config.time_ranges, marks)
        || nat::top_level(block, &mut config.nat, marks)
        || zone_firewall::top_level(block, &mut config.zones, marks)
        || inspect::top_level(block, &mut config.inspect, marks)
        || route_map::top_level(block, &mut config.route_maps, marks)
        || global::quality(block, config, marks)
        || harmless_block(block, text, marks);
    if !done {
        unread_tree(block, marks);
    }
}

/// How far the ignorance about a line outside of an interface block reaches.
///
/// SOUNDNESS: a block whose opening line is not understood may be an interface; so may the lines after
/// a damaged opening line, if they would be statements of an interface.
fn unread_scope(text: &str, has_children: bool) -> PendingScope {
    if has_children || looks_top_level(text) || interface::makes_an_interface(text) {
        PendingScope::Anywhere
    } else {
        PendingScope::Device
    }
}

/// Marks a line outside of an interface block that is not understood.
pub(crate) fn unread(line: &Line<'_>, marks: &mut Marks) {
    marks.unrecognized(line, unread_scope(line.trimmed(), false));
}

/// Marks a block that is not understood, with everything under it.
pub(crate) fn unread_tree(block: &Block<'_>, marks: &mut Marks) {
    marks.unrecognized(&block.line, unread_scope(block.line.trimmed(), !block.children.is_empty()));
    for child in &block.children {
        unread_tree(child, marks);
    }
}

/// A single line of the allow-list.
fn harmless_line(block: &Block<'_>, text: &str, marks: &mut Marks) -> bool {
    if !block.children.is_empty() || !ignored::global_line(text) {
        return false;
    }
    marks.ignored(&block.line);
    true
}

/// A block of the allow-list, or a single line of it that has children.
fn harmless_block(block: &Block<'_>, text: &str, marks: &mut Marks) -> bool {
    match ignored::children_of(text) {
        Some(Children::Any) => {
            marks.ignored(&block.line);
            ignore_children(block, marks);
            true
        }
        Some(Children::None) => {
            marks.ignored(&block.line);
            stray_children(block, marks);
            true
        }
        None => false,
    }
}

/// Marks the children of a block whose mode cannot reach forwarding.
///
/// SOUNDNESS: a child that reads as a top-level statement is not believed to be a child: a damaged
/// indentation would otherwise hide it.
pub(crate) fn ignore_children(block: &Block<'_>, marks: &mut Marks) {
    mark_children(block, marks, |line, marks| {
        if looks_top_level(line.trimmed()) {
            unread(line, marks);
        } else {
            marks.ignored(line);
        }
    });
}

/// Children under a statement that opens no block: they belong to nothing known.
pub(crate) fn stray_children(block: &Block<'_>, marks: &mut Marks) {
    if block.children.is_empty() {
        return;
    }
    marks.diagnostic(
        codes::STRAY_INDENT,
        Severity::Warning,
        "indented lines under a statement that opens no block",
        block.line.span(),
    );
    mark_children(block, marks, unread);
}

/// Calls `mark` for a block's line and everything under it.
pub(crate) fn mark_tree(block: &Block<'_>, marks: &mut Marks, mut mark: impl FnMut(&Line<'_>, &mut Marks)) {
    fn walk(block: &Block<'_>, marks: &mut Marks, mark: &mut dyn FnMut(&Line<'_>, &mut Marks)) {
        mark(&block.line, marks);
        for child in &block.children {
            walk(child, marks, mark);
        }
    }
    walk(block, marks, &mut mark);
}

/// Calls `mark` for everything under a block's line.
pub(crate) fn mark_children(
    block: &Block<'_>,
    marks: &mut Marks,
    mut mark: impl FnMut(&Line<'_>, &mut Marks),
) {
    for child in &block.children {
        mark_tree(child, marks, &mut mark);
    }
}

/// Whether a line reads as a top-level statement that matters for forwarding. Used where text should
/// be free: banners, macros, blocks of other worlds.
pub(crate) fn looks_top_level(text: &str) -> bool {
    let (_, text) = negated(text.trim());
    let action = || alt((kw("permit"), kw("deny")));
    let heads = |input| -> word::Res<'_, ()> {
        alt((
            value((), (kws("access-list"), word, action(), nom::combinator::rest)),
            value((), (kws("ip access-list"), alt((kw("standard"), kw("extended"))), word)),
            value((), (kws("ipv6 access-list"), word)),
            value((), (kws("ip vrf"), word)),
            value((), (kws("vrf definition"), word)),
            value(
                (),
                (
                    kws("router"),
                    alt((kw("ospf"), kw("bgp"), kw("eigrp"), kw("rip"), kw("isis"), kw("ospfv3"))),
                    opt(word),
                    opt(word),
                    opt(word),
                ),
            ),
            kws("ip routing"),
            kws("ipv6 unicast-routing"),
            value((), (kws("ip nat"), alt((kw("inside"), kw("outside"), kw("pool"))), nom::combinator::rest)),
            value((), (kw("route-map"), word, action(), word)),
            value((), (kws("zone security"), word)),
            value((), (kws("zone-pair security"), nom::combinator::rest)),
            value((), (kw("object-group"), alt((kw("network"), kw("service"), kw("protocol"))), word)),
        ))
        .parse(input)
    };
    interface::opening(text).is_some()
        || route::static_route(sekisho_diag::FileId(0), text).is_some()
        || whole(heads, text).is_some()
}
