//! The files of the backbone: where they are, and the snapshot that they make.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The directory of the backbone, if the corpus is at hand; says loudly when it is not.
pub fn backbone(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("SEKISHO_CORPUS").map_or_else(beside, PathBuf::from);
    let path = corpus.join("stanford_backbone");
    if path.is_dir() {
        return Some(path.canonicalize().unwrap());
    }
    // Not by a macro that the test harness keeps to itself.
    let text = format!("\n*** SKIPPED: {test}: no {} (set SEKISHO_CORPUS) ***\n", path.display());
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    None
}

/// A file of this test's own directory.
pub fn own(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stanford").join(name)).unwrap()
}

/// Files of a directory whose names end so, sorted.
pub fn ending(directory: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let all = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut out: Vec<PathBuf> =
        all.filter(|p| endings.iter().any(|e| p.to_str().unwrap().ends_with(e))).collect();
    out.sort();
    out
}

/// A directory of links to files: what the verdict is made from.
pub struct Links(tempfile::TempDir);

impl Links {
    /// Links to the files with these endings.
    pub fn to(backbone: &Path, endings: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for file in ending(backbone, endings) {
            link(&file, &directory.path().join(file.file_name().unwrap()));
        }
        Self(directory)
    }

    /// Where the links are.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

#[cfg(unix)]
fn link(file: &Path, at: &Path) {
    std::os::unix::fs::symlink(file, at).unwrap();
}

#[cfg(not(unix))]
fn link(file: &Path, at: &Path) {
    fs::copy(file, at).unwrap();
}
