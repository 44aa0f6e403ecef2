//! Reading what the arguments name: policy and snapshot.

use std::fs;
use std::path::{Path, PathBuf};

use sekisho_diag::{Diagnostic, SourceMap, sort_diagnostics};
use sekisho_parsers::detect::Os;
use sha2::{Digest, Sha256};

use super::args::InputArgs;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::policy::{self, Policy};
use crate::proof::{Because, Evidence, Note, Reason};
use crate::recheck::Recheck;
use crate::report::diagnostics;
use crate::report::messages::{Text, Thing};
use crate::snapshot::{self, LoadOptions, Snapshot, TextEncoding};

/// The policy file when nothing is said.
pub(super) const POLICY: &str = "zones.toml";

/// The text of a policy file.
pub(super) struct PolicyText {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Path as shown.
    pub(super) shown: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub(super) sha256: String,
    bytes: u64,
    text: String,
}

impl PolicyText {
    /// Reads the named file, else `./zones.toml`.
    pub(super) fn read(named: Option<&Path>, terminal: &Terminal) -> Result<Self, Failure> {
        let path = named.map_or_else(|| PathBuf::from(POLICY), Path::to_path_buf);
        let shown = path.to_string_lossy().replace('\\', "/");
        let lang = terminal.lang;
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Failure::new(lang, &Text::NoPolicy(&shown)).help(lang, &Text::NoPolicyHelp)
            }
            _ => Failure::new(lang, &Text::CannotRead { file: &shown, why: &error.to_string() }),
        })?;
        Ok(Self::of(&path, &bytes))
    }

    /// The policy of some bytes that stand for a file.
    pub(super) fn of(path: &Path, bytes: &[u8]) -> Self {
        let shown = path.to_string_lossy().replace('\\', "/");
        let sha256 = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        // Bytes that are not UTF-8 become marks, which the reader of the policy refuses.
        let text = String::from_utf8_lossy(bytes).into_owned();
        Self { path: path.to_path_buf(), shown, sha256, bytes: bytes.len() as u64, text }
    }

    /// Path as shown, SHA-256 and size.
    pub(super) fn parts(&self) -> (&str, &str, u64) {
        (&self.shown, &self.sha256, self.bytes)
    }

    /// The policy and what is to be said about it; its spans lie in `sources`.
    ///
    /// # Errors
    /// [`Failure`] when the policy has mistakes that stop the run.
    pub(super) fn load(
        &self,
        sources: &mut SourceMap,
        mut before: Vec<Diagnostic>,
        terminal: &Terminal,
    ) -> Result<(Policy, Vec<Diagnostic>), Failure> {
        let file = sources.add(self.shown.clone(), self.text.clone());
        let (policy, mut said) = policy::load(sources, file);
        let Some(policy) = policy else {
            let count = said.iter().filter(|d| d.severity == sekisho_diag::Severity::Error).count();
            before.append(&mut said);
            return Err(self.mistakes(before, count, sources, terminal));
        };
        Ok((policy, said))
    }

    /// The failure that the policy has mistakes.
    pub(super) fn mistakes(
        &self,
        mut said: Vec<Diagnostic>,
        count: usize,
        sources: &SourceMap,
        terminal: &Terminal,
    ) -> Failure {
        sort_diagnostics(&mut said, sources);
        let text = diagnostics::render(&said, sources, &terminal.stderr());
        Failure::new(terminal.lang, &Text::PolicyMistakes { file: &self.shown, count }).after(text)
    }

    /// The snapshot that the policy names, relative to its file.
    pub(super) fn snapshot(&self, terminal: &Terminal) -> Result<PathBuf, Failure> {
        let (policy, _) = self.load(&mut SourceMap::default(), Vec::new(), terminal)?;
        let lang = terminal.lang;
        let Some(directory) = policy.snapshot else {
            return Err(Failure::new(lang, &Text::NoSnapshot(&self.shown)).help(lang, &Text::NoSnapshotHelp));
        };
        Ok(self.path.parent().unwrap_or(Path::new("")).join(directory.value))
    }
}

/// What was stated about the input.
pub(super) fn options(args: &InputArgs, terminal: &Terminal) -> Result<LoadOptions, Failure> {
    let lang = terminal.lang;
    let unknown = |what, name: &str, known: &str| {
        Failure::new(lang, &Text::NoSuch { what, name }).help(lang, &Text::Known(known))
    };
    let read: Vec<&str> = Os::ALL.into_iter().filter(|os| os.is_read()).map(Os::name).collect();
    let os = match args.os.as_deref() {
        None => None,
        Some(name) => {
            let lower = name.to_ascii_lowercase().replace('-', "_");
            Some(Os::from_name(&lower).ok_or_else(|| unknown(Thing::Os, name, &read.join(", ")))?)
        }
    };
    let encoding = match args.encoding.as_deref() {
        None => None,
        Some(name) => Some(
            TextEncoding::from_label(name)
                .ok_or_else(|| unknown(Thing::Encoding, name, "utf-8, shift_jis, euc-jp, iso-2022-jp"))?,
        ),
    };
    Ok(LoadOptions { os, encoding })
}

/// Reads a snapshot.
///
/// # Errors
/// [`Failure`] when it does not exist, or holds no device.
pub(super) fn snapshot(path: &Path, args: &InputArgs, terminal: &Terminal) -> Result<Snapshot, Failure> {
    snapshot_again(path, args, None, terminal)
}

/// Reads a snapshot, with what is known from before.
///
/// # Errors
/// As [`snapshot`].
pub(super) fn snapshot_again(
    path: &Path,
    args: &InputArgs,
    before: Option<&mut Recheck>,
    terminal: &Terminal,
) -> Result<Snapshot, Failure> {
    let lang = terminal.lang;
    let options = options(args, terminal)?;
    let loaded = match before {
        Some(recheck) => recheck.load(path, &options),
        None => snapshot::load(path, &options),
    };
    let loaded = loaded.map_err(|error| {
        let why = error.to_string();
        let shown = path.display().to_string();
        Failure::new(lang, &Text::CannotRead { file: &shown, why: &why })
    })?;
    if loaded.devices.is_empty() {
        let shown = path.display().to_string();
        let text = diagnostics::render(&loaded.diagnostics, &loaded.sources, &terminal.stderr());
        let failure =
            Failure::new(lang, &Text::NothingReadable(&shown)).help(lang, &Text::NothingReadableHelp);
        return Err(failure.after(text));
    }
    Ok(loaded)
}

/// Reasons why nothing may be proven: files that may be devices, files that were cut off, and route tables
/// that were given but are not used.
pub(super) fn blocked(snapshot: &Snapshot) -> Vec<Reason> {
    let unread =
        snapshot.unread.iter().map(|file| Reason::new(None, Because::UnreadFile { file: file.clone() }));
    let cut = snapshot.cut_off.iter().map(|id| {
        let file = snapshot.sources.path(*id).to_owned();
        let line = snapshot.sources.get(*id).map_or(1, sekisho_diag::SourceFile::line_count);
        let place = Evidence { file: file.clone(), line, note: Note::None };
        Reason::new(Some(place), Because::CutOff { file })
    });
    let tables = snapshot.unused_tables.iter().map(|file| {
        let owned = !snapshot.ownerless_tables.contains(file);
        Reason::new(None, Because::UnusedTable { file: file.clone(), owned })
    });
    unread.chain(cut).chain(tables).collect()
}

/// Files that do not show where they end, without signs of being cut off.
pub(super) fn open_ended(snapshot: &Snapshot) -> Vec<String> {
    let ids = snapshot.incomplete.iter().filter(|id| !snapshot.cut_off.contains(id));
    ids.map(|id| snapshot.sources.path(*id).to_owned()).collect()
}
