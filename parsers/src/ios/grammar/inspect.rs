//! `ip inspect name`: which protocols a rule inspects. Timers and limits are harmless.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use sekisho_diag::Spanned;
use sekisho_net::Family;

use super::stray_children;
use super::word::{Res, kw, kws, negated, word};
use crate::common::{Block, Marks};
use crate::ios::ast::inspect::Ast;

/// Reads a line of this feature; true when it was one.
///
/// ```text
/// rule = ["no"] ("ip" / "ipv6") "inspect name" name [protocol *option]
/// ```
/// Options (alert, audit trail, timeouts, lists of Java senders) open nothing, so that none need be known.
pub(crate) fn top_level(block: &Block<'_>, ast: &mut Ast, marks: &mut Marks) -> bool {
    let (no, text) = negated(block.line.trimmed());
    let family = alt((value(Family::V4, kw("ip")), value(Family::V6, kw("ipv6"))));
    let head: Res<'_, _> = (family, kws("inspect name"), word, opt(word)).parse(text);
    let Ok((_, (family, (), name, protocol))) = head else { return false };
    ast.edited |= no;
    if let Some(protocol) = protocol.filter(|_| !no) {
        let rule = ast.rules.entry((family, name.to_owned())).or_default();
        rule.push(Spanned::new(protocol.to_ascii_lowercase(), block.line.span()));
    } else if !no {
        return false;
    }
    marks.modeled(&block.line);
    stray_children(block, marks);
    true
}
