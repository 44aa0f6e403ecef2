//! Language, colours and width of the output.

use std::env;
use std::io::{IsTerminal, stderr, stdout};

use super::args::{Color, Format, Language, OutputArgs};
use crate::report::messages::Lang;
use crate::report::style::Layout;

/// Columns when nothing says otherwise.
const WIDTH: usize = 80;

/// How to write to the user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Format of the standard output.
    pub(super) format: Format,
    /// Language.
    pub(super) lang: Lang,
    width: usize,
    colors: (bool, bool),
}

impl Terminal {
    /// From the arguments and the environment.
    pub(super) fn new(args: OutputArgs) -> Self {
        let lang = match (args.look.lang, args.format) {
            (Some(Language::Ja), _) => Lang::Ja,
            (Some(Language::En), _) | (None, Format::Json) => Lang::En,
            (None, Format::Text) => locale(),
        };
        let columns = || env::var("COLUMNS").ok()?.parse::<usize>().ok();
        let width = args.look.width.map(usize::from).or_else(columns).unwrap_or(WIDTH).clamp(40, 400);
        let on = |terminal: bool| match args.look.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Self {
            format: args.format,
            lang,
            width,
            colors: (on(stdout().is_terminal()), on(stderr().is_terminal())),
        }
    }

    /// Layout of the standard output.
    pub(super) fn stdout(&self) -> Layout {
        Layout { lang: self.lang, color: self.colors.0, width: self.width }
    }

    /// Layout of the standard error.
    pub(super) fn stderr(&self) -> Layout {
        Layout { lang: self.lang, color: self.colors.1, width: self.width }
    }
}

/// The language of the locale.
fn locale() -> Lang {
    let value = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|k| env::var(k).ok().filter(|v| !v.is_empty()));
    if value.is_some_and(|v| v.starts_with("ja")) { Lang::Ja } else { Lang::En }
}
