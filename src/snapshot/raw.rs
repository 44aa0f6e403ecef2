//! Files as they lie there, for a comparison with what a certificate says was read.

use std::fs;
use std::path::Path;

use sekisho_diag::SourceMap;

use super::{LoadOptions, SnapshotError, decode, walk};

/// A file of a directory, without any meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFile {
    /// Path relative to the directory, with `/` separators.
    pub path: String,
    /// Its bytes; empty when it cannot be read.
    pub bytes: Vec<u8>,
    /// Number of lines; 0 when it is no text.
    pub lines: u32,
}

/// All files that a snapshot of the path would consist of, in the order of their paths.
///
/// # Errors
/// [`SnapshotError`] when the path does not exist or cannot be listed.
pub fn raw(path: &Path, options: &LoadOptions) -> Result<Vec<RawFile>, SnapshotError> {
    let listing = walk::walk(path)?;
    let read = |entry: walk::Entry| {
        let bytes = fs::read(&entry.absolute).unwrap_or_default();
        let lines = if decode::is_binary(&bytes) {
            0
        } else {
            let mut sources = SourceMap::default();
            let id = sources.add(entry.path.clone(), decode::decode(&bytes, options.encoding).text);
            sources.get(id).map_or(0, sekisho_diag::SourceFile::line_count)
        };
        RawFile { path: entry.path, bytes, lines }
    };
    let unlisted =
        listing.problems.into_iter().map(|(path, _)| RawFile { path, bytes: Vec::new(), lines: 0 });
    Ok(listing.files.into_iter().map(read).chain(unlisted).collect())
}
