//! Why the program cannot run, with what to do about it.

use anstyle::AnsiColor;

use crate::report::messages::{Lang, Text};
use crate::report::style::{Layout, wrap};

/// A failure: exit code 2.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure {
    /// Messages about the files that led to it.
    pub(super) before: String,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}

impl Failure {
    /// A failure without further help.
    pub(super) fn new(lang: Lang, message: &Text<'_>) -> Self {
        Self { message: lang.say(message), ..Self::default() }
    }

    /// Adds what to do.
    pub(super) fn help(self, lang: Lang, help: &Text<'_>) -> Self {
        Self { help: Some(lang.say(help)), ..self }
    }

    /// Adds messages that are printed before it.
    pub(super) fn after(self, before: String) -> Self {
        Self { before, ..self }
    }

    /// The text for the standard error.
    pub(super) fn render(&self, layout: &Layout) -> String {
        let head = layout.paint(AnsiColor::Red.on_default().bold(), "error");
        let text = wrap("", &format!("error: {}", self.message), layout.width);
        let mut out = self.before.clone();
        out.push_str(&text.replacen("error", &head, 1));
        if let Some(help) = &self.help {
            out.push_str(&wrap("  help: ", help, layout.width));
        }
        out
    }
}
