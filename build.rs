//! Embeds the pages of `docs/codes/<layer>/<name>.md` for `sekisho explain`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let missing = |name: &str| io::Error::new(io::ErrorKind::NotFound, format!("{name} is not set"));
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| missing("CARGO_MANIFEST_DIR"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| missing("OUT_DIR"))?);
    let codes = root.join("docs/codes");
    println!("cargo::rerun-if-changed=docs/codes");
    let mut table =
        String::from("/// Code and page, sorted by code.\npub(super) static PAGES: &[(&str, &str)] = &[\n");
    for layer in sorted(&codes)? {
        println!("cargo::rerun-if-changed={}", layer.display());
        for page in sorted(&layer)? {
            if page.extension().is_some_and(|e| e == "md") {
                let text = fs::read_to_string(&page)?;
                let _ = writeln!(table, "    ({:?}, {text:?}),", format!("{}/{}", stem(&layer), stem(&page)));
            }
        }
    }
    table.push_str("];\n");
    fs::write(out.join("pages.rs"), table)
}

fn sorted(directory: &Path) -> io::Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut all = fs::read_dir(directory)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    all.sort();
    Ok(all)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}
