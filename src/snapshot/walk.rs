//! The list of files below a path, in the order of their paths.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::SnapshotError;

/// A file and its path relative to the snapshot, with `/` separators.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub path: String,
    pub absolute: PathBuf,
}

/// What lies below a path.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub files: Vec<Entry>,
    /// Paths that could not be listed, and why.
    pub problems: Vec<(String, String)>,
}

/// Lists a directory, or one file. Links are followed; hidden directories are skipped, no ignore file is obeyed.
pub(super) fn walk(root: &Path) -> Result<Listing, SnapshotError> {
    let metadata = fs::metadata(root).map_err(|_| SnapshotError::Missing(root.to_owned()))?;
    if !metadata.is_dir() {
        let name = root.file_name().map_or_else(|| root.to_string_lossy(), |n| n.to_string_lossy());
        let entry = Entry { path: name.into_owned(), absolute: root.to_owned() };
        return Ok(Listing { files: vec![entry], problems: Vec::new() });
    }
    if let Err(source) = fs::read_dir(root) {
        return Err(SnapshotError::Directory { path: root.to_owned(), source });
    }
    let mut listing = Listing::default();
    let walker = WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(true)
        .filter_entry(|entry| {
            let hidden = entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
            !(hidden && entry.file_type().is_some_and(|t| t.is_dir()))
        })
        .build();
    for entry in walker {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|t| t.is_dir()) => {}
            Ok(entry) => {
                let absolute = entry.into_path();
                listing.files.push(Entry { path: relative(root, &absolute), absolute });
            }
            Err(error) => listing.problems.push(problem(root, &error)),
        }
    }
    listing.files.sort();
    listing.problems.sort();
    Ok(listing)
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    parts.map(|c| c.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// The path of a listing error, and its cause without the path.
fn problem(root: &Path, error: &ignore::Error) -> (String, String) {
    match error {
        ignore::Error::WithPath { path, err } => (relative(root, path), problem(root, err).1),
        ignore::Error::WithDepth { err, .. } => problem(root, err),
        ignore::Error::Loop { child, .. } => {
            (relative(root, child), "a link leads back to its own directory".to_owned())
        }
        ignore::Error::Io(cause) => (String::new(), cause.kind().to_string()),
        other => (String::new(), other.to_string()),
    }
}
