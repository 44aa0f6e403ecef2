//! What was read before: files whose bytes have not changed are not parsed again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use sekisho_diag::FileId;
use sekisho_parsers::detect::Kind;

use super::parse::One;
use super::{InputFile, LoadOptions, Snapshot, SnapshotError};

/// Loads after which an entry that nobody asked for is dropped.
const KEPT: u64 = 4;

/// Everything that the reading of a file depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    sha256: String,
    path: String,
    /// Places of the result carry the number of the file.
    file: FileId,
    encoding: &'static str,
    kind: Option<Kind>,
}

impl Key {
    fn of(input: &InputFile, file: FileId) -> Self {
        Self {
            sha256: input.sha256.clone(),
            path: input.path.clone(),
            file,
            encoding: input.encoding,
            kind: input.detection.as_ref().map(|d| d.kind.clone()),
        }
    }
}

/// Results of earlier readings, by content. A load through a cache gives what [`super::load`] gives.
#[derive(Debug, Default)]
pub struct Cache {
    entries: HashMap<Key, (u64, Arc<One>)>,
    load: u64,
    hits: usize,
}

impl Cache {
    /// Reads a snapshot as [`super::load`] does.
    ///
    /// # Errors
    /// As [`super::load`].
    pub fn load(&mut self, path: &Path, options: &LoadOptions) -> Result<Snapshot, SnapshotError> {
        self.load += 1;
        self.hits = 0;
        let snapshot = super::load_with(path, options, &super::Answered::new(), Some(self))?;
        let oldest = self.load.saturating_sub(KEPT);
        self.entries.retain(|_, (used, _)| *used > oldest);
        Ok(snapshot)
    }

    /// Files that the last load did not parse again.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.hits
    }

    /// What a file said when it was read before.
    pub(super) fn find(&self, input: &InputFile, file: FileId) -> Option<Arc<One>> {
        self.entries.get(&Key::of(input, file)).map(|(_, one)| Arc::clone(one))
    }

    /// Keeps what a file says.
    pub(super) fn keep(&mut self, input: &InputFile, file: FileId, one: &Arc<One>) {
        let entry = self.entries.insert(Key::of(input, file), (self.load, Arc::clone(one)));
        self.hits += usize::from(entry.is_some());
    }
}
