//! Applets and scheduled commands: what the device does by itself at run time.

use nom::Parser;
use nom::branch::alt;

use crate::common::{Block, Marks, PendingScope};
use crate::ios::grammar::word::{kws, negated};
use crate::ios::grammar::{mark_children, unread};

/// Statements of an applet beside its actions.
const STATEMENTS: &[&str] = &["event", "trigger", "correlate", "attribute", "description", "maxrun", "set"];

/// Actions that neither enter a command nor load another configuration.
///
/// Source: Cisco IOS Embedded Event Manager Command Reference, `action`.
const ACTIONS: &[&str] = &[
    "add",
    "append",
    "break",
    "cns-event",
    "comment",
    "context",
    "continue",
    "counter",
    "decrement",
    "divide",
    "else",
    "elseif",
    "end",
    "exit",
    "foreach",
    "gets",
    "handle-error",
    "help",
    "if",
    "increment",
    "info",
    "mail",
    "multiply",
    "publish-event",
    "puts",
    "regexp",
    "set",
    "snmp-trap",
    "snmp-object-value",
    "string",
    "subtract",
    "syslog",
    "track",
    "wait",
    "while",
];

/// Commands that change nothing.
const COMMANDS: &[&str] =
    &["enable", "show", "ping", "traceroute", "terminal", "clear", "debug", "undebug", "exit", "end"];

/// What a line of an applet does.
enum Does {
    Nothing,
    Command,
    Unknown,
}

/// `applet = "event manager applet" name ... *( "event" ... / "action" label action ... )
/// / "kron policy-list" name *( "cli" command )`
///
/// SOUNDNESS: a command that is not known to change nothing may enter the configuration mode and
/// change anything at run time.
pub(super) fn block(block: &Block<'_>, marks: &mut Marks) -> bool {
    let opening = |input| alt((kws("event manager applet"), kws("kron policy-list"))).parse(input);
    if opening(block.line.trimmed()).is_err() {
        return false;
    }
    marks.ignored(&block.line);
    mark_children(block, marks, |line, marks| match what(line.trimmed()) {
        Does::Nothing => marks.ignored(line),
        Does::Command => marks.unsupported(line, PendingScope::Device, "command at run time"),
        Does::Unknown => unread(line, marks),
    });
    true
}

fn what(text: &str) -> Does {
    let is = |list: &[&str], word: &str| list.iter().any(|w| w.eq_ignore_ascii_case(word));
    let (_, body) = negated(text);
    let words: Vec<&str> = body.split_whitespace().collect();
    let harmless = |command: &[&str]| command.first().is_some_and(|w| is(COMMANDS, w.trim_matches('"')));
    match words.as_slice() {
        ["action", _, "cli", "command", command @ ..] | ["cli", command @ ..] => {
            if harmless(command) {
                Does::Nothing
            } else {
                Does::Command
            }
        }
        ["action", _, verb, ..] if is(ACTIONS, verb) => Does::Nothing,
        [first, ..] if is(STATEMENTS, first) => Does::Nothing,
        _ => Does::Unknown,
    }
}
