//! Text to statement lines: takes out comments, what stands around the configuration, and free text.
//!
//! Free text (banners, certificates, keys, macros) is skipped by its delimiter. SOUNDNESS: it is
//! `Ignored` only if its end is found and no line in it reads as a statement that matters; else the
//! device is poisoned, because a wrong delimiter could swallow configuration.

use sekisho_diag::{FileId, Severity, SourceFile};

use crate::common::{Line, Marks, PendingScope, lines};
use crate::ios::codes;
use crate::ios::grammar::looks_top_level;

/// The lines of a file that carry statements.
#[derive(Debug)]
pub(crate) struct Statements<'a> {
    /// In file order.
    pub lines: Vec<Line<'a>>,
    /// Whether the `end` line was seen.
    pub ends: bool,
}

/// Where free text ends.
enum Until<'a> {
    /// The line that holds this delimiter.
    Delimiter(&'a str),
    /// The line that is this word.
    Word(&'static str),
    /// The `quit` line after lines of hexadecimal digits.
    Hex,
}

/// Splits a file. Every line that is not returned is marked here.
pub(crate) fn lex<'a>(file: FileId, source: &'a SourceFile, marks: &mut Marks) -> Statements<'a> {
    let all = lines(file, source.text());
    let mut out = Statements { lines: Vec::with_capacity(all.len()), ends: false };
    let mut index = 0;
    while let Some(line) = all.get(index) {
        index += 1;
        let text = line.trimmed().trim_start_matches('\u{feff}');
        if text.is_empty() || text.starts_with('!') {
            marks.ignored(line);
        } else if out.ends {
            after_end(line, text, marks);
        } else if line.indent() == 0 && text.eq_ignore_ascii_case("end") {
            marks.ignored(line);
            out.ends = true;
        } else if out.lines.is_empty() && is_preamble(text) {
            marks.ignored(line);
        } else if let Some(until) = free_text(text, all.get(index)) {
            index = skip(line, &all, index, &until, marks);
        } else if text.contains("^C") || text.contains('\u{3}') {
            // A delimiter in a statement that is not known to take one: what follows cannot be told
            // from configuration.
            marks.unrecognized(line, PendingScope::Anywhere);
        } else {
            out.lines.push(*line);
        }
    }
    out
}

/// Lines that tools and the device print before the configuration.
fn is_preamble(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let starts = ["current configuration :", "load for five secs", "time source is ", "uptime is ", "using "];
    lower == "building configuration..."
        || starts.iter().any(|s| lower.starts_with(s))
        || is_show_command(&lower)
        || is_prompt(text)
}

/// The echo of the command that printed the configuration.
fn is_show_command(lower: &str) -> bool {
    let mut words = lower.split_whitespace();
    let show =
        words.next().is_some_and(|w| w.len() >= 2 && "show".starts_with(w) || w == "more" || w == "write");
    let what = words.next().is_some_and(|w| {
        (w.len() >= 3 && ("running-config".starts_with(w) || "startup-config".starts_with(w)))
            || w.starts_with("system:running-config")
            || w.starts_with("nvram:startup-config")
            || "terminal".starts_with(w)
    });
    show && what
}

/// `host#command`
fn is_prompt(text: &str) -> bool {
    let Some(at) = text.find(['#', '>']) else { return false };
    let host = text.get(..at).unwrap_or_default();
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-()".contains(&b))
}

fn after_end(line: &Line<'_>, text: &str, marks: &mut Marks) {
    if is_prompt(text) || text.eq_ignore_ascii_case("end") {
        marks.ignored(line);
        return;
    }
    marks.unrecognized(line, PendingScope::Anywhere);
    marks.diagnostic(codes::AFTER_END, Severity::Warning, "text follows the `end` line", line.span());
}

/// Whether a statement opens free text that goes on in the following lines, and where that ends.
fn free_text<'a>(text: &'a str, next: Option<&Line<'_>>) -> Option<Until<'a>> {
    if let Some(tail) = delimited_tail(text) {
        let delimiter = delimiter(tail)?;
        let body = tail.get(delimiter.len()..).unwrap_or_default();
        // Opened and closed on one line: an ordinary statement without free lines.
        return if body.contains(delimiter) {
            Some(Until::Delimiter(""))
        } else {
            Some(Until::Delimiter(delimiter))
        };
    }
    let lower = text.to_ascii_lowercase();
    let mut words = lower.split_whitespace();
    let hex_follows = || next.is_some_and(|l| is_hex(l.trimmed()) || l.trimmed() == "quit");
    match words.next() {
        Some("certificate") if hex_follows() => Some(Until::Hex),
        Some("key-string") if words.next().is_none() && hex_follows() => Some(Until::Hex),
        Some("macro") if words.next() == Some("name") => Some(Until::Word("@")),
        _ => None,
    }
}

/// What follows the words of a statement that takes a delimited text.
fn delimited_tail(text: &str) -> Option<&str> {
    const OPENERS: &[&str] = &[
        "banner motd",
        "banner login",
        "banner exec",
        "banner incoming",
        "banner prompt-timeout",
        "banner slip-ppp",
        "banner config-save",
        "aaa authentication banner",
        "aaa authentication fail-message",
        "vacant-message",
        "refuse-message",
        "ip admission auth-proxy-banner http",
        "ip auth-proxy auth-proxy-banner http",
        "ip http banner",
    ];
    OPENERS.iter().find_map(|opener| after_words(text, opener)).or_else(|| {
        // menu NAME title|prompt ^C...
        let rest = after_words(text, "menu")?;
        let (_, rest) = rest.split_once(' ')?;
        ["title", "prompt"].iter().find_map(|w| after_words(rest.trim_start(), w))
    })
}

/// The rest of `text` after these words, without leading blanks; `None` if nothing follows.
fn after_words<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let mut rest = text;
    for word in words.split(' ') {
        rest = rest.trim_start();
        let head = rest.get(..word.len())?;
        if !head.eq_ignore_ascii_case(word) {
            return None;
        }
        rest = rest.get(word.len()..)?;
        if !rest.starts_with([' ', '\t']) {
            return None;
        }
    }
    Some(rest.trim_start()).filter(|r| !r.is_empty())
}

/// `^C` as two characters, or any one character.
fn delimiter(tail: &str) -> Option<&str> {
    if tail.starts_with("^C") {
        return tail.get(..2);
    }
    let first = tail.chars().next()?;
    tail.get(..first.len_utf8())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.split_whitespace().all(|w| w.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Skips free text that `opener` opens; returns the index of the first line after it.
fn skip(opener: &Line<'_>, all: &[Line<'_>], index: usize, until: &Until<'_>, marks: &mut Marks) -> usize {
    if matches!(until, Until::Delimiter("")) {
        marks.ignored(opener);
        return index;
    }
    let body = all.get(index..).unwrap_or_default();
    let end = body.iter().position(|l| match until {
        Until::Delimiter(d) => l.text.contains(d),
        Until::Word(w) => l.trimmed() == *w,
        Until::Hex => l.trimmed().eq_ignore_ascii_case("quit"),
    });
    let Some(end) = end else {
        // The text never ends. Only the opener is taken for free text: what follows is read as
        // configuration, and the device is poisoned because either reading may be right.
        marks.unrecognized(opener, PendingScope::Anywhere);
        marks.diagnostic(
            codes::OPEN_FREE_TEXT,
            Severity::Warning,
            "the end of this free text was not found",
            opener.span(),
        );
        return index;
    };
    marks.ignored(opener);
    let mut whole = true;
    for line in body.iter().take(end + 1) {
        let text = line.trimmed();
        let odd = match until {
            Until::Hex => !is_hex(text) && !text.eq_ignore_ascii_case("quit"),
            Until::Word(_) | Until::Delimiter(_) => looks_top_level(text),
        };
        if odd {
            marks.unrecognized(line, PendingScope::Anywhere);
            if whole {
                marks.diagnostic(
                    codes::CONFIG_IN_FREE_TEXT,
                    Severity::Warning,
                    "a line inside free text reads as configuration",
                    line.span(),
                );
            }
            whole = false;
        } else {
            marks.ignored(line);
        }
    }
    index + end + 1
}
