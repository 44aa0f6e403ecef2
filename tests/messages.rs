//! Everything that parsers say in a verdict exists in Japanese.

#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sekisho::report::messages::ja::phrase::{PHRASES, phrase};

/// Sources below a directory, tests left out.
fn sources(directory: &str, out: &mut Vec<(String, String)>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    for entry in fs::read_dir(root).unwrap().map(|e| e.unwrap()) {
        let path = format!("{directory}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            sources(&path, out);
        } else if path.ends_with(".rs") && !path.contains("tests") {
            out.push((path, fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

/// String literals that stand between two marks on one line.
fn literals(text: &str, before: &str, after: &str) -> Vec<String> {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = Vec::new();
    for piece in one_line.split(before).skip(1) {
        let Some((_, rest)) = piece.split_once('"') else { continue };
        // The literal stands before the statement ends.
        let end = piece.find(after).unwrap_or(0);
        if end < piece.len() - rest.len() {
            continue;
        }
        out.extend(rest.split_once('"').map(|(literal, _)| literal.to_owned()));
    }
    out
}

/// The phrases of a source file: literals where a line is given up, and where a line of a list depends on
/// something. Names in braces become `NAME`.
fn phrases(text: &str) -> BTreeSet<String> {
    let marks = [
        ("Statement::Poison(", ")"),
        ("SwitchLine::Strange(", ")"),
        ("conditions.push(", ";"),
        (".unsupported(", ";"),
        ("poison_at(", ";"),
        ("MayDrop { span", "}"),
        ("self.unknown(", ";"),
        ("why: ", ","),
    ];
    let mut out = BTreeSet::new();
    for (before, after) in marks {
        out.extend(literals(text, before, after));
    }
    for call in literals(text, "after(", ")") {
        // `after(words, why)`: the second literal is the phrase.
        let marker = format!("after(\"{call}\", \"");
        out.extend(text.split(&marker).skip(1).filter_map(|r| Some(r.split_once('"')?.0.to_owned())));
    }
    out.into_iter()
        .map(|phrase| {
            let mut plain = String::new();
            let mut rest = phrase.as_str();
            while let Some((head, tail)) = rest.split_once('{') {
                plain.push_str(head);
                plain.push_str("NAME");
                rest = tail.split_once('}').map_or("", |(_, r)| r);
            }
            plain + rest
        })
        .filter(|p| !p.is_empty())
        .collect()
}

#[test]
fn what_parsers_give_up_is_translated() {
    let mut files = Vec::new();
    sources("parsers/src/ios", &mut files);
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, text) in &files {
        // Lines that only widen a scope are not shown in a verdict.
        let bound = text.split("fn bound_elsewhere").next().unwrap();
        for found in phrases(bound) {
            // The place of a line, not what it is.
            if found == "device" {
                continue;
            }
            let known = PHRASES.iter().any(|(english, _)| *english == found) || phrase(&found) != found;
            if !known {
                missing.push(format!("{path}: {found}"));
            }
            seen.insert(found);
        }
    }
    assert!(seen.len() > 60, "the scan finds next to nothing: {seen:?}");
    assert!(missing.is_empty(), "no Japanese for\n{}", missing.join("\n"));
}
