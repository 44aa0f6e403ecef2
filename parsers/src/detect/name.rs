//! What a file name alone says.

/// Names of files that describe a repository, and endings of documents and programs. A device writes none of them.
const DOCUMENTS: &[(&str, &str)] = &[
    ("md", "a document"),
    ("rst", "a document"),
    ("adoc", "a document"),
    ("html", "a document"),
    ("pdf", "a document"),
    ("doc", "a document"),
    ("docx", "a document"),
    ("xls", "a spreadsheet"),
    ("xlsx", "a spreadsheet"),
    ("csv", "a spreadsheet"),
    ("ppt", "a document"),
    ("pptx", "a document"),
    ("vsd", "a drawing"),
    ("vsdx", "a drawing"),
    ("drawio", "a drawing"),
    ("svg", "a drawing"),
    ("png", "an image"),
    ("jpg", "an image"),
    ("jpeg", "an image"),
    ("gif", "an image"),
    ("bmp", "an image"),
    ("ico", "an image"),
    ("webp", "an image"),
    ("toml", "a TOML file"),
    ("lock", "a lock file"),
    ("py", "a program"),
    ("rb", "a program"),
    ("rs", "a program"),
    ("pl", "a program"),
    ("js", "a program"),
];

/// Endings that a configuration may have, but that say "something else" when nothing was recognised inside.
const LEFTOVERS: &[(&str, &str)] =
    &[("yaml", "a YAML file"), ("yml", "a YAML file"), ("sh", "a shell script"), ("log", "a log")];

/// Why a file of this name is no configuration, whatever stands in it.
pub(super) fn document(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let lower = file.to_ascii_lowercase();
    let stem = lower.split_once('.').map_or(lower.as_str(), |(s, _)| s);
    if matches!(
        stem,
        "readme" | "license" | "licence" | "copying" | "changelog" | "notice" | "makefile" | "codeowners"
    ) {
        return Some("a document");
    }
    if matches!(lower.as_str(), "router.db" | "routers.all" | "routers.up" | "routers.down" | "host_nos.txt")
    {
        return Some("a list of devices");
    }
    if lower.ends_with("layer1_topology.json") {
        return Some("a cabling file, which this release does not read");
    }
    ending(&lower, DOCUMENTS)
}

/// Why a file of this name, in which nothing was recognised, is probably no configuration.
pub(super) fn leftover(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next().unwrap_or(path);
    if file.starts_with('.') {
        return Some("a hidden file");
    }
    let command = file.starts_with("show_") || file.starts_with("show ");
    if command && !["run", "start", "conf", "route", "cef", "tech"].iter().any(|w| file.contains(w)) {
        return Some("the output of another command");
    }
    ending(&file.to_ascii_lowercase(), LEFTOVERS)
}

fn ending(lower: &str, list: &[(&str, &'static str)]) -> Option<&'static str> {
    let (stem, ending) = lower.rsplit_once('.')?;
    list.iter().find(|(e, _)| *e == ending && !stem.is_empty()).map(|(_, reason)| *reason)
}
