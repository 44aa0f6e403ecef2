//! Colours, widths and line breaks of a terminal.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::messages::Lang;
use super::verify::Word;

/// How a text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Language.
    pub lang: Lang,
    /// Whether to use colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

impl Layout {
    /// The text in a style, if colours are used.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A heading.
    #[must_use]
    pub fn heading(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// Something of less interest.
    #[must_use]
    pub fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// A text in the colour of a verdict.
    #[must_use]
    pub fn verdict(&self, verdict: Word, text: &str) -> String {
        let color = match verdict {
            Word::Proven => AnsiColor::Green,
            Word::Undecided => AnsiColor::Yellow,
            Word::Violated => AnsiColor::Red,
        };
        let style = color.on_default();
        self.paint(if verdict == Word::Violated { style.bold() } else { style }, text)
    }
}

/// Columns that a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The text with spaces up to a width.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text cut to a width, with `…` where something is missing.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if columns(&out) + c.width().unwrap_or(0) + 1 > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Breaks a text into lines: at blanks, before wide characters, which need none, and within words that are
/// longer than a line. The first line starts with `first`, the others with as many blanks.
#[must_use]
pub fn wrap(first: &str, text: &str, width: usize) -> String {
    let indent = columns(first);
    let room = width.saturating_sub(indent).max(12);
    let mut lines: Vec<String> = vec![String::new()];
    for piece in pieces(text).into_iter().flat_map(|p| chopped(p, room)) {
        let used = lines.last().map_or(0, |l| columns(l));
        if used > 0 && used + columns(piece.trim_end()) > room {
            lines.push(String::new());
        }
        let start = lines.last().is_some_and(String::is_empty);
        if let Some(line) = lines.last_mut() {
            line.push_str(if start { piece.trim_start() } else { piece });
        }
    }
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let start = if at == 0 { first.to_owned() } else { " ".repeat(indent) };
        out.push_str(format!("{start}{line}").trim_end());
        out.push('\n');
    }
    out
}

/// A word in parts of at most `room` columns.
fn chopped(word: &str, room: usize) -> Vec<&str> {
    if columns(word.trim_end()) <= room {
        return vec![word];
    }
    let mut out = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (at, c) in word.char_indices() {
        let wide = c.width().unwrap_or(0);
        if used + wide > room {
            out.extend(word.get(start..at));
            (start, used) = (at, 0);
        }
        used += wide;
    }
    out.extend(word.get(start..).filter(|s| !s.is_empty()));
    out
}

/// Words with the blanks after them; each wide character is a word. Closing marks stay with what they
/// close.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let wide = |c: char| c.width() == Some(2);
        let closes = "、。」』）】，．：；？！・ーっゃゅょッャュョ)],.;:".contains(c);
        let opens = |b: char| "「『（【([`".contains(b);
        let after = |b: char| !opens(b) && ((b == ' ' && c != ' ') || wide(b) || wide(c));
        if before.is_some_and(after) && !closes && at > start {
            out.extend(text.get(start..at));
            start = at;
        }
        before = Some(c);
    }
    out.extend(text.get(start..).filter(|s| !s.is_empty()));
    out
}
