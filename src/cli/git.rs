//! Files of a revision, by the program `git`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::failure::Failure;
use super::terminal::Terminal;
use crate::report::messages::{DiffText, Lang, Text};

/// Files of a revision, written to a directory of their own, which is removed with this value.
pub(super) struct Checkout(PathBuf);

impl Drop for Checkout {
    fn drop(&mut self) {
        // A directory that stays behind harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Checkout {
    /// Where the files are.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

/// The two revisions of `REV..REV`; an empty side is `HEAD`.
pub(super) fn revisions<'t>(range: &'t str, terminal: &Terminal) -> Result<(&'t str, &'t str), Failure> {
    let Some((before, after)) = range.split_once("..").filter(|(_, after)| !after.starts_with('.')) else {
        return Err(Failure::new(terminal.lang, &Text::Diff(DiffText::NotARange(range))));
    };
    let or_head = |rev: &'t str| if rev.is_empty() { "HEAD" } else { rev };
    Ok((or_head(before), or_head(after)))
}

/// Writes the files below a directory of the repository, as a revision has them.
///
/// # Errors
/// [`Failure`] when git fails, or the revision has no such directory.
pub(super) fn checkout(revision: &str, directory: &Path, terminal: &Terminal) -> Result<Checkout, Failure> {
    let lang = terminal.lang;
    let shown = directory.display().to_string();
    let listed = git(&["ls-tree", "-r", "--name-only", "-z", revision, "--", &shown], lang)?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let names: Vec<&str> = listed.split('\0').filter(|n| !n.is_empty()).collect();
    if names.is_empty() {
        return Err(Failure::new(lang, &Text::Diff(DiffText::NothingThere { revision, path: &shown })));
    }
    let failed = |path: &Path, error: &std::io::Error| {
        let file = path.display().to_string();
        Failure::new(lang, &Text::CannotRead { file: &file, why: &error.to_string() })
    };
    let unique: String = revision.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let root = std::env::temp_dir().join(format!("sekisho-{}-{unique}", std::process::id()));
    let checkout = Checkout(root.clone());
    for name in names {
        let inside = Path::new(name).strip_prefix(directory).unwrap_or(Path::new(name));
        let inside = if inside.as_os_str().is_empty() { Path::new(name) } else { inside };
        let path = root.join(inside);
        let parent = path.parent().unwrap_or(&root);
        fs::create_dir_all(parent).map_err(|e| failed(parent, &e))?;
        fs::write(&path, show(revision, name, lang)?).map_err(|e| failed(&path, &e))?;
    }
    Ok(checkout)
}

/// The bytes of a file as a revision has it; `None` when it has none.
pub(super) fn file(revision: &str, path: &Path, lang: Lang) -> Result<Option<Vec<u8>>, Failure> {
    let name = path.display().to_string();
    let listed = git(&["ls-tree", "--name-only", "-z", revision, "--", &name], lang)?;
    match String::from_utf8_lossy(&listed).split('\0').find(|n| !n.is_empty()) {
        Some(name) => show(revision, name, lang).map(Some),
        None => Ok(None),
    }
}

/// The bytes of a file; its name is relative to the current directory.
fn show(revision: &str, name: &str, lang: Lang) -> Result<Vec<u8>, Failure> {
    git(&["show", &format!("{revision}:./{name}")], lang)
}

fn git(arguments: &[&str], lang: Lang) -> Result<Vec<u8>, Failure> {
    let what = arguments.first().copied().unwrap_or_default();
    let failed = |why: &str| Failure::new(lang, &Text::Diff(DiffText::Git { what, why }));
    let output = Command::new("git").args(arguments).output().map_err(|e| failed(&e.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim()))
}
