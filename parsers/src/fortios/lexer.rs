//! Text to commands: words, quotes, comments, prompts and pager lines. No keywords but those that tell a
//! lost quotation mark from a long text.
//!
//! Blank lines and comments are marked here. A quoted string may span lines; its lines belong to its
//! command. When the string swallows what looks like commands, a quotation mark has been lost or the
//! text is a script: the string then ends with its first line and the command is broken.

use std::borrow::Cow;

use sekisho_diag::{FileId, SourceFile, Span};
use sekisho_model::Coverage;

use super::tree::Word;
use crate::common::Marks;

/// One command with all its words, the keyword among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command<'a> {
    /// At least one.
    pub words: Vec<Word<'a>>,
    /// From the first word to the last.
    pub span: Span,
    /// First and last line.
    pub lines: (u32, u32),
    /// It holds a quotation mark without its pair.
    pub broken: bool,
    /// It was typed at a prompt.
    pub prompted: bool,
}

/// A text as commands.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexed<'a> {
    pub commands: Vec<Command<'a>>,
    /// What follows `#config-version=`.
    pub header: Option<&'a str>,
    /// Whether any line begins with a prompt.
    pub capture: bool,
}

/// Splits a text into commands, and marks blank and comment lines.
pub(super) fn lex<'a>(file: FileId, source: &'a SourceFile, marks: &mut Marks) -> Lexed<'a> {
    let text = source.text();
    let lines = crate::common::lines(file, text);
    let mut out = Lexed::default();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        let (rest, prompted) = content(line.text);
        out.capture |= prompted;
        if rest.is_empty() || rest.starts_with('#') {
            if let Some(header) = rest.strip_prefix("#config-version=") {
                out.header.get_or_insert(header);
            }
            marks.ledger.mark(line.number, Coverage::Ignored, None);
            index += 1;
            continue;
        }
        let start = line.span_of(rest).start as usize;
        let mut scanner = Scanner { file, text, at: start, broken: false };
        let words = scanner.words();
        let crossed = text.get(start..scanner.at).map_or(0, |t| t.matches('\n').count());
        let last = lines.get(index + crossed).map_or(line.number, |l| l.number);
        match (words.first(), words.last()) {
            (Some(from), Some(to)) => out.commands.push(Command {
                span: from.span.to(to.span),
                lines: (line.number, last),
                broken: scanner.broken,
                prompted,
                words,
            }),
            _ => marks.ledger.mark(line.number, Coverage::Ignored, None),
        }
        index += crossed + 1;
    }
    out
}

/// What a line says behind a pager's mark and a prompt, and whether there is a prompt.
fn content(line: &str) -> (&str, bool) {
    let blank = |c: char| c.is_whitespace() || c == '\u{8}' || c == '\u{feff}';
    let mut rest = line.trim_matches(blank);
    while let Some(behind) = rest.strip_prefix("--More--") {
        rest = behind.trim_start_matches(blank);
    }
    match behind_prompt(rest) {
        Some(command) if !line.starts_with([' ', '\t']) => (command.trim(), true),
        _ => (rest, false),
    }
}

/// The text behind `NAME # `, `NAME (CONTEXT) # ` or the same with `$`.
fn behind_prompt(line: &str) -> Option<&str> {
    let (name, rest) = line.split_once(' ')?;
    if name.is_empty() || name.starts_with('#') || name.contains('"') || KEYWORDS.contains(&name) {
        return None;
    }
    let rest = match rest.strip_prefix('(') {
        Some(inner) => inner.split_once(") ")?.1,
        None => rest,
    };
    let behind = rest.strip_prefix(['#', '$'])?;
    (behind.is_empty() || behind.starts_with(' ')).then_some(behind)
}

/// Words that begin a command.
const KEYWORDS: &[&str] = &[
    "config", "edit", "set", "unset", "next", "end", "append", "select", "unselect", "rename", "clone",
    "move", "delete", "purge",
];

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    broken: bool,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|t| t.chars().next())
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// All words up to the end of the line; a quoted string may carry on to a later one.
    fn words(&mut self) -> Vec<Word<'a>> {
        let mut words = Vec::new();
        while let Some(c) = self.peek() {
            if c == '\n' {
                break;
            }
            if c.is_whitespace() || c == '\u{8}' {
                self.bump();
                continue;
            }
            let script = matches!(words.get(1), Some(Word { text: Cow::Borrowed("script"), .. }));
            words.push(self.word(script));
        }
        words
    }

    fn word(&mut self, script: bool) -> Word<'a> {
        let start = self.at;
        let quoted = self.peek().is_some_and(is_quote);
        let mut parts = 0;
        let mut plain = true;
        let mut built = String::new();
        while let Some(c) = self.peek() {
            if c.is_whitespace() {
                break;
            }
            self.bump();
            if is_quote(c) {
                parts += 1;
                plain &= self.quoted(c, script, &mut built);
            } else if c == '\\' {
                plain = false;
                match self.peek() {
                    Some(next) if next != '\n' && next != '\r' => {
                        self.bump();
                        built.push(next);
                    }
                    _ => built.push(c),
                }
            } else {
                parts += 2;
                built.push(c);
            }
        }
        let span = Span::new(self.file, start, self.at);
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let borrowed = match (plain, parts) {
            (true, 1) => raw.get(1..raw.len().saturating_sub(1)),
            (true, n) if n % 2 == 0 && !raw.contains(is_quote) => Some(raw),
            _ => None,
        };
        let text = match borrowed {
            Some(raw) if raw == built => Cow::Borrowed(raw),
            _ => Cow::Owned(built),
        };
        Word { text, quoted, span }
    }

    /// The rest of a quoted string behind its opening mark; whether it holds no escapes.
    fn quoted(&mut self, mark: char, script: bool, built: &mut String) -> bool {
        let opened = self.at;
        let kept = built.len();
        let mut plain = true;
        let mut line_end = None;
        while let Some(c) = self.bump() {
            if c == mark {
                if line_end.is_some() && self.swallowed(opened, script) {
                    break;
                }
                return plain;
            }
            if c == '\\' {
                plain = false;
                if let Some(next) = self.bump() {
                    // Only quotation marks and the backslash itself need the escape.
                    if !is_quote(next) && next != '\\' {
                        built.push(c);
                    }
                    built.push(next);
                    if next == '\n' {
                        line_end.get_or_insert(self.at - 1);
                    }
                    continue;
                }
            }
            if c == '\n' {
                line_end.get_or_insert(self.at - 1);
            }
            built.push(c);
        }
        // No pair, or one that belongs to another string: the string ends with its first line.
        self.broken = true;
        self.at = line_end.unwrap_or(self.text.len());
        built.truncate(kept);
        built.push_str(self.text.get(opened..self.at).unwrap_or_default().trim_end_matches('\r'));
        false
    }

    /// Whether a string that spans lines, just closed, has swallowed commands.
    // SOUNDNESS: where a mark was lost, the next one opens a string of another command. So the line that
    // closes the string begins like a command, or the text goes on behind the mark. Whole commands inside
    // are allowed in scripts only.
    fn swallowed(&self, opened: usize, script: bool) -> bool {
        let inside = self.text.get(opened..self.at - 1).unwrap_or_default();
        let mut lines: Vec<&str> = inside.split('\n').skip(1).map(str::trim).collect();
        let last = lines.pop().unwrap_or_default();
        let first_word = |line: &str| line.split_whitespace().next().is_some_and(|w| KEYWORDS.contains(&w));
        let bracket = |line: &str| {
            let mut words = line.split_whitespace();
            matches!(
                (words.next(), words.next()),
                (Some("next" | "end"), None) | (Some("config" | "edit"), Some(_))
            )
        };
        let goes_on = self.peek().is_some_and(|c| !c.is_whitespace());
        let closes_badly = first_word(last) && !(script && last == "end") && last.contains(' ');
        goes_on || closes_badly || (!script && lines.iter().chain([&last]).any(|l| bracket(l)))
    }
}

fn is_quote(c: char) -> bool {
    c == '"' || c == '\''
}
