//! `line con|aux|vty` blocks: who may manage the device.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use sekisho_diag::Spanned;
use sekisho_net::Family;

use super::word::{Res, kw, kws, whole, word};
use super::{mark_children, unread};
use crate::common::{Block, Marks};
use crate::ios::ast::Config;
use crate::ios::ast::global::ManagementList;
use crate::ios::ignored;

/// `opening = "line" [kind] first [last]`
fn opening(input: &str) -> Res<'_, ()> {
    let kind = alt((kw("con"), kw("console"), kw("aux"), kw("vty"), kw("tty"), kw("vty0")));
    value((), (kw("line"), opt(kind), word, opt(word))).parse(input)
}

/// `access-class = "access-class" list ("in" / "out") ["vrf-also" / "vrfname" name]
/// / "ipv6 access-class" list ("in" / "out") ["vrf-also"]`
fn access_class(input: &str) -> Res<'_, (Family, &str, bool)> {
    let direction = || alt((value(true, kw("in")), value(false, kw("out"))));
    let vrf = || opt(alt((value((), kw("vrf-also")), value((), (kw("vrfname"), word)))));
    alt((
        map((kw("access-class"), word, direction(), vrf()), |(_, list, inward, _)| {
            (Family::V4, list, inward)
        }),
        map((kws("ipv6 access-class"), word, direction(), vrf()), |((), list, inward, _)| {
            (Family::V6, list, inward)
        }),
    ))
    .parse(input)
}

/// Reads a `line` block; true when the line opens one.
pub(crate) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let text = block.line.trimmed();
    if whole(opening, text).is_none() {
        return false;
    }
    marks.ignored(&block.line);
    let service: String = text.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
    let management = &mut config.global.management;
    mark_children(block, marks, |line, marks| {
        let text = line.trimmed();
        let removal = |input| (kws("no access-class"), nom::combinator::rest).parse(input);
        if let Some((family, list, inward)) = whole(access_class, text) {
            marks.modeled(line);
            if inward {
                let entry = ManagementList { service: service.clone(), list: list.to_owned(), family };
                management.push(Spanned::new(entry, line.span()));
            }
        } else if whole(removal, text).is_some() {
            management.retain(|m| m.value.service != service);
            marks.modeled(line);
        } else if ignored::line_line(text) {
            marks.ignored(line);
        } else {
            // Line mode reaches sessions to the device only; but a line that nobody has read may be
            // a damaged statement of another mode.
            unread(line, marks);
        }
    });
    true
}
