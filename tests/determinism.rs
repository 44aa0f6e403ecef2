//! The same bytes for the same input: whatever the threads, the order of the files and the number of runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

#[path = "common/binary.rs"]
mod binary;

use std::fs;
use std::path::Path;

use binary::{POLICY, ROUTER, verify, write};
use tempfile::TempDir;

/// A sample and what is open in it, so that there is something to tell.
fn sample(reverse: bool) -> TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let policy = fs::read_to_string(root.join("samples/branch/zones.toml"))
        .unwrap()
        .replace("snapshot = \"base\"", "snapshot = \"configs\"");
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for directory in ["samples/branch/base", "samples/branch/variants/any-any-left"] {
        for entry in fs::read_dir(root.join(directory)).unwrap().map(|e| e.unwrap()) {
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".cfg") {
                files.retain(|(n, _)| *n != name);
                files.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    files.push(("extra.cfg".to_owned(), ROUTER.replace("hostname r1", "hostname extra").into_bytes()));
    files.sort();
    if reverse {
        files.reverse();
    }
    let list: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (n.as_str(), t.as_slice())).collect();
    write(&policy, &list)
}

/// Standard output, standard error and exit code.
fn bytes(dir: &Path, format: &str, threads: Option<&str>) -> (Vec<u8>, Vec<u8>, Option<i32>) {
    let output = verify(dir, &["--format", format], threads);
    assert!(!output.stdout.is_empty());
    (output.stdout, output.stderr, output.status.code())
}

#[test]
fn threads_files_and_runs_do_not_matter() {
    let (one, two) = (sample(false), sample(true));
    for format in ["json", "text"] {
        let first = bytes(one.path(), format, Some("1"));
        assert!(first.2.is_some_and(|code| code == 1 || code == 3), "{:?}", first.2);
        for (dir, threads) in [
            (&one, Some("1")),
            (&one, Some("2")),
            (&one, Some("5")),
            (&two, Some("2")),
            (&two, None),
            (&one, None),
        ] {
            let again = bytes(dir.path(), format, threads);
            assert!(again == first, "{format} differs with {threads:?} threads");
        }
    }
}

#[test]
fn a_proof_is_told_alike() {
    let files: [(&str, &[u8]); 1] = [("r1.cfg", ROUTER.as_bytes())];
    let (one, two) = (write(POLICY, &files), write(POLICY, &files));
    let first = bytes(one.path(), "json", Some("1"));
    assert_eq!(first.2, Some(0));
    assert!(bytes(two.path(), "json", Some("2")) == first, "a second directory tells another story");
}
