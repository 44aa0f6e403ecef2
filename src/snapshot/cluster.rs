//! Members of one cluster: two of one host name, and lines that only one of them has.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_diag::{Diagnostic, FileId, Severity, SourceFile, Span};
use sekisho_model::{Cluster, Device};

use super::{Snapshot, codes};

/// Lines that are told of one pair of members; the message says how many there are.
const TOLD: usize = 5;

/// A line with the lines above it that it belongs to.
type Statement<'a> = Vec<&'a str>;

/// Whether two devices of one name are members of one cluster: their files say so, and differ in what each
/// member has for itself.
pub(super) fn are_two_members(snapshot: &Snapshot, known: &Device, device: &Device) -> bool {
    let (Some(a), Some(b)) = (&known.cluster, &device.cluster) else { return false };
    let own = |cluster: &Cluster| -> Vec<String> {
        let Some(source) = snapshot.sources.get(cluster.span.file) else { return Vec::new() };
        cluster.own_lines.iter().map(|line| source.line_text(*line).trim().to_owned()).collect()
    };
    a.name == b.name && a.span.file != b.span.file && own(a) != own(b)
}

/// Tells the lines in which the members of one cluster differ.
pub(super) fn drift(snapshot: &mut Snapshot) {
    let mut first: BTreeMap<&str, &Device> = BTreeMap::new();
    let mut told: BTreeSet<(FileId, FileId)> = BTreeSet::new();
    let mut found = Vec::new();
    for device in &snapshot.devices {
        let Some(cluster) = &device.cluster else { continue };
        match first.get(cluster.name.as_str()) {
            None => {
                first.insert(&cluster.name, device);
            }
            Some(known) => {
                let Some(other) = &known.cluster else { continue };
                if told.insert((other.span.file, cluster.span.file)) {
                    found.extend(compare(snapshot, (known, other), (device, cluster)));
                }
            }
        }
    }
    snapshot.diagnostics.extend(found);
}

/// The message about two members, if they differ.
fn compare(snapshot: &Snapshot, a: (&Device, &Cluster), b: (&Device, &Cluster)) -> Option<Diagnostic> {
    let left = snapshot.sources.get(a.1.span.file)?;
    let right = snapshot.sources.get(b.1.span.file)?;
    let (in_left, in_right) = (statements(left, a.1), statements(right, b.1));
    let only = |mine: &[(u32, Statement<'_>)], others: &[(u32, Statement<'_>)], file| -> Vec<(FileId, u32)> {
        let mut left: BTreeMap<&[&str], usize> = BTreeMap::new();
        others.iter().for_each(|(_, s)| *left.entry(s).or_default() += 1);
        let alone = mine.iter().filter(|(_, s)| match left.get_mut(s.as_slice()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        alone.map(|(line, _)| (file, *line)).collect()
    };
    let mut lines = only(&in_right, &in_left, b.1.span.file);
    lines.extend(only(&in_left, &in_right, a.1.span.file));
    let what = if lines.is_empty() {
        // The same statements: they may stand in another order.
        let moved = in_left.iter().zip(&in_right).find(|((_, x), (_, y))| x != y)?;
        lines.push((b.1.span.file, moved.1.0));
        "the order of their lines".to_owned()
    } else {
        format!("{} lines", lines.len())
    };
    let message =
        format!("`{}` and `{}` are members of one cluster and differ in {what}", a.0.name, b.0.name);
    let mut spans =
        lines.iter().take(TOLD).filter_map(|&(file, line)| span(snapshot.sources.get(file)?, file, line));
    let mut out = Diagnostic::new(codes::HA_DRIFT, Severity::Info, message, spans.next());
    for span in spans {
        out = out.with_label(span, "only here");
    }
    let help = "each member is evaluated as the active one; export both on one day, or bring them to one configuration";
    Some(out.with_help(help))
}

/// The statements of a file that members share, each with its line. Secrets are encrypted by each for
/// itself, and identifiers mean nothing.
fn statements<'a>(source: &'a SourceFile, cluster: &Cluster) -> Vec<(u32, Statement<'a>)> {
    let own: BTreeSet<u32> = cluster.own_lines.iter().copied().collect();
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut out = Vec::new();
    for line in 1..=source.line_count() {
        let text = source.line_text(line);
        let trimmed = text.trim();
        let indent = text.len() - text.trim_start().len();
        above.retain(|(depth, _)| *depth < indent);
        let said = !(trimmed.is_empty() || trimmed.starts_with('#') || trimmed.starts_with("set uuid "));
        if said && !own.contains(&line) && !trimmed.contains(" ENC ") {
            out.push((line, above.iter().map(|(_, t)| *t).chain([trimmed]).collect()));
        }
        above.push((indent, trimmed));
    }
    out
}

fn span(source: &SourceFile, file: FileId, line: u32) -> Option<Span> {
    let text = source.line_text(line).trim();
    let at = (text.as_ptr() as usize).checked_sub(source.text().as_ptr() as usize)?;
    Some(Span::new(file, at, at + text.len()))
}
