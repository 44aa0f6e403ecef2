//! Words of `check`.

use sekisho_checker::ReadError;

use super::count;
use crate::report::messages::CheckText;

/// The message.
pub(super) fn say(text: &CheckText<'_>) -> String {
    match *text {
        CheckText::Header { file, as_of } => format!("sekisho: check of {file} as of {as_of}"),
        CheckText::Made { tool, as_of } => format!("written by {tool} for {as_of}"),
        CheckText::ValidUntil(Some(day)) => format!("valid until {day}"),
        CheckText::ValidUntil(None) => "valid without an end: no approval that it uses expires".to_owned(),
        CheckText::Malformed(error) => malformed(error),
        CheckText::Problem(what) | CheckText::Refused(what) => what.to_owned(),
        CheckText::Claims { answer, count: n } => format!("{} {}", count(n, "claim"), word(answer)),
        CheckText::Claim { from, to } => {
            format!("nothing outside the whitelist gets from `{from}` to `{to}`")
        }
        CheckText::NotProven(n) => format!("{} not claimed: nothing is said about them", count(n, "pair")),
        CheckText::Files(n) => format!("{} compared with the inputs", count(n, "file")),
        CheckText::NoFiles => {
            "the configurations were not compared: `--configs DIR` shows whether they are the ones".to_owned()
        }
        CheckText::NoPolicy => "the policy file was not compared: name it with `--policy FILE`".to_owned(),
        CheckText::Reparsed => "parsed again: ledger, policy and model are the same".to_owned(),
        CheckText::Differs(part) => format!("parsed again, the files give another {part}"),
        CheckText::LineCount { file, lines, stated } => {
            format!("{file} has {} instead of {stated}", count(lines as usize, "line"))
        }
        CheckText::RestsOn => "What the accepted claims rest on".to_owned(),
        CheckText::Conclusion("accepted") => "ACCEPTED (exit 0): every claim holds".to_owned(),
        CheckText::Conclusion("not-confirmed") => {
            "NOT CONFIRMED (exit 3): the check would have taken too long for some claims".to_owned()
        }
        CheckText::Conclusion("malformed") => "REFUSED (exit 4): this is no sealed certificate".to_owned(),
        CheckText::Conclusion(_) => "REFUSED (exit 4): do not rely on this certificate".to_owned(),
    }
}

fn word(answer: &str) -> &'static str {
    match answer {
        "accepted" => "accepted",
        "refused" => "refused",
        _ => "not confirmed",
    }
}

fn malformed(error: &ReadError) -> String {
    error.to_string()
}
