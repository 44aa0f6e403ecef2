//! `sekisho explain CODE`: the page of a diagnostic or finding.

use serde::Serialize;

use super::Outcome;
use super::args::{ExplainArgs, Format};
use super::failure::Failure;
use super::terminal::Terminal;
use crate::policy::suggest::nearest;
use crate::report::json;
use crate::report::messages::{Text, Thing};

mod pages {
    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}

use pages::PAGES;

/// A page as JSON.
#[derive(Serialize)]
struct PageView {
    code: &'static str,
    page: &'static str,
}

/// Prints a page, or the list of all codes.
pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Some(code) = &args.code else {
        let lines = PAGES.iter().map(|(code, page)| format!("{code:<34}  {}\n", first_sentence(page)));
        return Ok(Outcome::done(lines.collect()));
    };
    let wanted = code.trim().trim_matches(|c| c == '[' || c == ']').to_ascii_lowercase();
    let (code, page) = find(&wanted).ok_or_else(|| unknown(code, &wanted, terminal))?;
    Ok(Outcome::done(match terminal.format {
        Format::Text => page.to_owned(),
        Format::Json => json::render(&PageView { code, page }),
    }))
}

/// The page of a code, or of the only code with this name in any layer.
fn find(wanted: &str) -> Option<(&'static str, &'static str)> {
    let exact = PAGES.iter().find(|(code, _)| *code == wanted);
    let mut named =
        PAGES.iter().filter(|(code, _)| code.split_once('/').is_some_and(|(_, name)| name == wanted));
    exact.or_else(|| named.next().filter(|_| named.next().is_none())).copied()
}

fn unknown(code: &str, wanted: &str, terminal: &Terminal) -> Failure {
    let failure = Failure::new(terminal.lang, &Text::NoSuch { what: Thing::Code, name: code });
    let word = wanted.split_once('/').map_or(wanted, |(_, name)| name);
    let mut near: Vec<&str> = nearest(wanted, PAGES.iter().map(|p| p.0)).into_iter().collect();
    near.extend(
        PAGES.iter().map(|p| p.0).filter(|c| c.split_once('/').is_some_and(|(_, name)| name == word)),
    );
    let close = nearest(word, PAGES.iter().filter_map(|p| p.0.split_once('/')).map(|(_, name)| name));
    near.extend(PAGES.iter().map(|p| p.0).filter(|c| c.split_once('/').map(|(_, name)| name) == close));
    near.sort_unstable();
    near.dedup();
    if near.is_empty() {
        return failure.help(terminal.lang, &Text::Usage("`sekisho explain` lists all codes"));
    }
    failure.help(terminal.lang, &Text::DidYouMean(&near.join(", ")))
}

/// The first sentence under the title.
fn first_sentence(page: &str) -> &str {
    let text = page.lines().skip(1).map(str::trim).find(|l| !l.is_empty()).unwrap_or("");
    text.split_inclusive(". ").next().unwrap_or(text).trim_end().trim_end_matches('.')
}
