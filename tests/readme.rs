//! The five-minute tour of the README, run as it is written.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail loudly")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Writes every fenced block that names a file (```` ```lang path ````) below `root`.
fn write_blocks(readme: &str, root: &Path) -> usize {
    let mut count = 0;
    let mut open: Option<(String, String)> = None;
    for line in readme.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => {
                let (path, text) = open.take().unwrap();
                if !path.is_empty() {
                    let file = root.join(path);
                    fs::create_dir_all(file.parent().unwrap()).unwrap();
                    fs::write(file, text).unwrap();
                    count += 1;
                }
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, Some(info)) => {
                let path = info.split_whitespace().nth(1).unwrap_or_default();
                open = Some((path.to_owned(), String::new()));
            }
            (None, None) => {}
        }
    }
    count
}

fn verify(root: &Path) -> Output {
    verify_with(root, &[])
}

fn verify_with(root: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["verify", "--color", "never", "--lang", "en", "--as-of", "2026-11-24"])
        .args(more)
        .current_dir(root)
        .output()
        .unwrap()
}

/// The first block of the text is part of what the run says.
fn shown(readme: &str, said: &str) {
    let block = readme.split("```").nth(1).unwrap();
    for line in block.lines().skip(1).filter(|l| !l.trim().is_empty()) {
        assert!(
            said.lines().any(|l| l.trim_end() == line.trim_end()),
            "the README shows `{line}`; the run says:\n{said}"
        );
    }
}

#[test]
fn the_sample_does_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let proven = verify(root);
    assert_eq!(proven.status.code(), Some(0), "{}", String::from_utf8_lossy(&proven.stdout));

    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let commands = readme.split("the mask of a whole block:").nth(1).unwrap();
    let output = commands.split_once("```sh").unwrap().1.split_once("```").unwrap();
    let directory = tempfile::tempdir().unwrap();
    for line in output.0.lines().filter(|l| l.starts_with("cp ")) {
        let from = root.join(line.split_whitespace().rev().nth(1).unwrap().trim_end_matches("/*.conf"));
        for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap()) {
            fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
        }
    }
    fs::remove_file(directory.path().join("expected.toml")).unwrap();
    let broken = verify_with(root, &[directory.path().to_str().unwrap(), "--policy", "zones.toml"]);
    assert_eq!(broken.status.code(), Some(1));
    shown(output.1, &String::from_utf8(broken.stdout).unwrap());
}

#[test]
fn the_tour_does_what_it_says() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let root = tempfile::tempdir().unwrap();
    assert_eq!(write_blocks(&readme, root.path()), 3, "two configs and one zones.toml");

    let open = verify(root.path());
    let text = String::from_utf8(open.stdout).unwrap();
    assert_eq!(open.status.code(), Some(1), "{text}");
    shown(readme.split("finds what a test left behind:").nth(1).unwrap(), &text);

    let config = root.path().join("configs/r2.cfg");
    let fixed = readme.split("Replace that line by `").nth(1).unwrap().split('`').next().unwrap();
    let before = fs::read_to_string(&config).unwrap();
    let after = before.replacen(" permit ip any any", fixed, 1);
    assert_ne!(before, after);
    fs::write(&config, after).unwrap();
    let closed = verify(root.path());
    assert_eq!(closed.status.code(), Some(0), "{}", String::from_utf8_lossy(&closed.stdout));
}
