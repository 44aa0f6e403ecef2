//! Ways to a false PROVEN, each written down as a case of `tests/cases` with the hole open and closed.
//!
//! A case is prose with a network, a policy and what must come out; `soundness/case.rs` says how it is
//! written. A section that ends in "also in IPv6" is judged a second time in IPv6 and must give the same.

#[path = "soundness/case.rs"]
mod case;
#[path = "soundness/judge.rs"]
mod judge;
#[path = "soundness/mirror.rs"]
mod mirror;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Judges every section of a case.
fn check(name: &str) {
    let text = fs::read_to_string(directory().join(name)).unwrap();
    let sections = case::read(&text);
    assert!(!sections.is_empty(), "{name} expects nothing");
    let mut wrong = String::new();
    let mut verdicts = BTreeSet::new();
    for section in &sections {
        wrong.push_str(&judge::problems(section, &mut verdicts));
        if section.mirrored {
            wrong.push_str(&judge::problems(&mirror::section(section), &mut verdicts));
        }
    }
    assert!(wrong.is_empty(), "{name}\n{wrong}");
    assert!(verdicts.len() > 1, "{name} gives one verdict in all sections, so that it may show nothing");
}

macro_rules! cases {
    ($($test:ident: $file:literal,)*) => {
        const FILES: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $test() {
                check($file);
            }
        )*
    };
}

cases! {
}

#[test]
fn every_case_is_run() {
    let mut found: Vec<String> =
        fs::read_dir(directory()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    let mut named: Vec<&str> = FILES.to_vec();
    named.sort_unstable();
    assert_eq!(found, named);
}
