//! Splitting a text into lines that know where they are.

use sekisho_diag::{FileId, Span};

/// One line of a file, without its line break, not trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The file.
    pub file: FileId,
    /// Line number, from 1.
    pub number: u32,
    /// Byte offset of the first character in the file.
    pub start: usize,
    /// The text.
    pub text: &'a str,
}

impl<'a> Line<'a> {
    /// Number of leading blanks (a tab counts as one).
    #[must_use]
    pub fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches([' ', '\t']).len()
    }

    /// The text without leading and trailing blanks.
    #[must_use]
    pub fn trimmed(&self) -> &'a str {
        self.text.trim()
    }

    /// Span of the trimmed text.
    #[must_use]
    pub fn span(&self) -> Span {
        let trimmed = self.trimmed();
        if trimmed.is_empty() {
            return Span::new(self.file, self.start, self.start + self.text.len());
        }
        self.span_of(trimmed)
    }

    /// Span of `part`, which must be a slice of this line's text; the whole line otherwise.
    #[must_use]
    pub fn span_of(&self, part: &str) -> Span {
        let base = self.text.as_ptr() as usize;
        let at = part.as_ptr() as usize;
        let inside = at >= base && at + part.len() <= base + self.text.len();
        if inside {
            let from = self.start + (at - base);
            Span::new(self.file, from, from + part.len())
        } else {
            Span::new(self.file, self.start, self.start + self.text.len())
        }
    }
}

/// All lines of a text; `\n`, `\r\n` and a missing last line break are equal. Numbers agree with
/// [`sekisho_diag::SourceFile`].
#[must_use]
pub fn lines(file: FileId, text: &str) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    let mut start = 0;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        out.push(Line { file, number, start, text: raw.trim_end_matches(['\n', '\r']) });
        start += raw.len();
    }
    if out.is_empty() {
        out.push(Line { file, number: 1, start: 0, text: "" });
    }
    out
}
