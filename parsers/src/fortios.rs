//! Fortinet FortiOS.
//!
//! Reads backups, `show`, `show full-configuration` and scripts of releases 5.6 to 7.6 (Source: `FortiOS` CLI
//! References and Administration Guides of those releases); see `docs/vendors/fortios.md`. Each virtual
//! domain becomes a device.
//!
//! | what | how |
//! |---|---|
//! | ports, VLANs, aggregates, hardware and software switches, loopbacks, tunnels, links between domains | modelled |
//! | addresses of both families, secondary ones, VRRP; DHCP, PPPoE, delegated ones | modelled, unknown where the file does not say |
//! | zones, SD-WAN zones | modelled: one ingress context per interface |
//! | static routes, policy routes, SD-WAN rules | modelled; SD-WAN is a choice |
//! | OSPF, BGP, RIP, IS-IS, dial-in tunnels | unknown routes |
//! | policies, objects, translation | modelled, see `policy` and `objects` |
//! | profiles | may cut what a policy lets pass: not credited |
//! | transparent and policy-based mode, virtual wires, explicit proxy, VXLAN, policy-based IPsec, asymmetric routing | unsupported: poison the domain |
//!
//! The way of a file: `lexer` makes commands, `grammar` (with `scripts`) the tree of `config`, `edit` and
//! `set`, `vdom` splits it by virtual domains, `lower` builds the devices, `links` joins them. Line states:
//! see `marks`; `ignored` is the allow-list. Nothing here fails: a line that is not understood poisons what
//! it stands in.

pub mod codes;
pub mod codes_policy;
mod grammar;
mod ignored;
mod index;
mod lexer;
mod links;
mod lower;
mod marks;
mod objects;
mod policy;
mod scripts;
mod tree;
mod value;
mod vdom;
mod version;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sekisho_diag::{Diagnostic, FileId, Severity, SourceFile};
use sekisho_model::{Coverage, Device, Poison, Scope};

use crate::common::{Marks, PendingScope};
use grammar::Tree;
use lower::interface::{Port, ports};
use tree::{Table, Vdom};
use vdom::Split;
use version::Version;

/// Reads one configuration file. `name_hint` names the device when the file has no host name.
///
/// Every line of the file has a state in the ledger of the result.
#[must_use]
pub fn parse(file: FileId, source: &SourceFile, name_hint: &str) -> crate::ParsedConfig {
    parse_answered(file, source, name_hint, &crate::Answers::new())
}

/// As [`parse`], with answers to questions that the text leaves open (`Device::alternatives`).
#[must_use]
pub fn parse_answered(
    file: FileId,
    source: &SourceFile,
    name_hint: &str,
    answers: &crate::Answers,
) -> crate::ParsedConfig {
    let mut marks = Marks::new(file, source.line_count());
    let lexed = lexer::lex(file, source, &mut marks);
    let version = version(lexed.header, &mut marks);
    let tree = grammar::read(lexed, source, &mut marks);
    let mut split = vdom::split(&tree);
    let host = Host::of(&split, name_hint, &mut marks);
    let ports = interfaces(&mut split);
    let mut devices: Vec<Device> = Vec::new();
    for vdom in &split.vdoms {
        let mut device = lower::lower(vdom, (version, answers), &ports, host.name(vdom), file, &mut marks);
        device.name_span = host.span;
        lower::resolve_poisons(&mut device, &mut marks);
        devices.push(device);
    }
    let unread = unread(&split, &marks);
    for (vdom, device) in split.vdoms.iter().zip(&mut devices) {
        rest(vdom, &unread, &mut marks);
        lower::resolve_poisons(device, &mut marks);
    }
    links::join(&split, &ports, &mut devices, &mut marks);
    for table in &split.brackets {
        brackets(table, &mut marks);
    }
    let everywhere = file_poisons(&tree, &split, &devices, &mut marks);
    account_for_the_rest(source, &mut devices, &mut marks);
    for device in &mut devices {
        device.poisons.extend(everywhere.iter().cloned());
    }
    let ends = ends(&tree, &split);
    crate::ParsedConfig { devices, ledger: marks.ledger, diagnostics: marks.diagnostics, ends }
}

/// Whether the text shows where it ends.
///
/// With virtual domains the last one is closed, and all that are named have a body. Without them a backup
/// ends with the tables of multicast routing.
fn ends(tree: &Tree<'_>, split: &Split<'_, '_>) -> bool {
    let last = tree.root.tables.iter().max_by_key(|t| t.lines.1);
    let final_table =
        last.is_some_and(|t| matches!(t.path.as_str(), "router multicast" | "router multicast6"));
    tree.closed && split.missing.is_empty() && (!split.brackets.is_empty() || final_table)
}

/// The release of the header.
fn version(header: Option<&str>, marks: &mut Marks) -> Option<Version> {
    let version = header.and_then(Version::from_header);
    if version.is_none() {
        marks.push(
            Diagnostic::new(
                codes::NO_VERSION,
                Severity::Info,
                "the file does not tell its release: defaults that differ by release are taken both ways",
                None,
            )
            .with_help("keep the `#config-version=` line of the backup"),
        );
    }
    version
}

/// How the devices are called.
struct Host {
    host: String,
    span: Option<sekisho_diag::Span>,
    several: bool,
}

impl Host {
    fn of(split: &Split<'_, '_>, hint: &str, marks: &mut Marks) -> Self {
        let global = split.vdoms.iter().flat_map(|v| v.global.iter());
        let found = global
            .filter(|t| t.path == "system global")
            .find_map(|t| t.body.get("hostname").and_then(|s| s.values.first()))
            .filter(|w| !w.text.is_empty());
        if found.is_none() {
            marks.push(
                Diagnostic::new(
                    codes::NO_HOSTNAME,
                    Severity::Warning,
                    format!("no `set hostname` line; the device is called `{hint}`"),
                    None,
                )
                .with_help("two files of one device are joined by their host name"),
            );
        }
        Self {
            host: found.map_or_else(|| hint.to_owned(), |w| w.text.to_string()),
            span: found.map(|w| w.span),
            several: split.vdoms.iter().any(|v| !v.single),
        }
    }

    fn name(&self, vdom: &Vdom<'_, '_>) -> String {
        if self.several || !vdom.single { format!("{}/{}", self.host, vdom.name) } else { self.host.clone() }
    }
}

/// The interfaces of the file; domains that only interfaces name are added, without a body.
fn interfaces<'t, 'a>(split: &mut Split<'t, 'a>) -> Vec<Port<'t, 'a>> {
    let mut tables: Vec<&'t Table<'a>> = Vec::new();
    for vdom in &split.vdoms {
        for table in vdom.global.iter().chain(&vdom.tables).copied().filter(|t| t.path == "system interface")
        {
            if !tables.iter().any(|known| std::ptr::eq(*known, table)) {
                tables.push(table);
            }
        }
    }
    let mut out: Vec<Port<'t, 'a>> = Vec::new();
    for table in tables {
        let owner = split.vdoms.iter().find(|v| v.tables.iter().any(|t| std::ptr::eq(*t, table)));
        let default = owner.or(split.vdoms.first()).map_or("root", |v| v.name.as_str());
        // SOUNDNESS: an interface of which the domain is not read may belong to any.
        if owner.is_none() || split.vdoms.len() > 1 {
            for entry in table.entries.iter().filter(|e| e.body.value("vdom").is_none()) {
                let why = "an interface without a virtual domain";
                split.breaks.push(grammar::Break { span: entry.span, why });
            }
        }
        out.extend(ports(table, default));
    }
    // Without virtual domains all interfaces are of one; its name does not matter.
    if let [only] = split.vdoms.as_mut_slice()
        && only.single
    {
        let names: BTreeSet<&str> = out.iter().map(|p| p.vdom.as_str()).collect();
        if let (Some(name), 1) = (names.first(), names.len()) {
            (*name).clone_into(&mut only.name);
        }
    }
    let global = split.vdoms.first().map_or_else(Vec::new, |v| v.global.clone());
    let single = split.vdoms.iter().any(|v| v.single);
    for port in &out {
        if split.vdoms.iter().any(|v| v.name == port.vdom) {
            continue;
        }
        let span = port.entry.body.value("vdom").map_or(port.entry.span, |w| w.span);
        split.missing.push((port.vdom.clone(), span));
        split.vdoms.push(Vdom {
            name: port.vdom.clone(),
            single: false,
            tables: Vec::new(),
            global: if single { Vec::new() } else { global.clone() },
        });
    }
    out
}

/// Tables that no module has read.
fn unread<'t, 'a>(split: &Split<'t, 'a>, marks: &Marks) -> Vec<&'t Table<'a>> {
    let all = split.vdoms.iter().flat_map(|v| v.global.iter().chain(&v.tables)).copied();
    let read = |t: &Table<'_>| {
        READ.contains(&t.path.as_str()) || t.own_lines.iter().any(|&l| marks.ledger.get(l).is_some())
    };
    all.filter(|t| !read(t)).collect()
}

/// Tables that are read after the domains, or of which a domain reads only its part.
const READ: &[&str] = &["system interface", "system vdom-link"];

/// Tables that no module has read: harmless by the allow-list, or a poison of the domain.
fn rest(vdom: &Vdom<'_, '_>, unread: &[&Table<'_>], marks: &mut Marks) {
    let global = if vdom.single { &[][..] } else { &vdom.global };
    for table in vdom.tables.iter().chain(global) {
        if table.path == "system interface" {
            marks::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
        }
        if !unread.iter().any(|t| std::ptr::eq(*t, *table)) {
            entries(table, marks);
            continue;
        }
        if is_empty(table) || ignored::is_harmless(&table.path) {
            marks::table(marks, table, Coverage::Ignored, None);
            continue;
        }
        let lines = table.all_lines();
        if let Some((anywhere, why)) = ignored::unsupported(&table.path) {
            let scope = if anywhere { PendingScope::Anywhere } else { PendingScope::Device };
            marks::unsupported(marks, lines, table.span, scope, why);
            continue;
        }
        marks::lines(marks, lines, Coverage::Unrecognized, Some("device"));
        marks.push(
            Diagnostic::new(
                codes::UNKNOWN_TABLE,
                Severity::Warning,
                format!("table `{}` is not known: nothing is certain about `{}`", table.path, vdom.name),
                table.span,
            )
            .with_help("report it, or remove the table if it cannot affect forwarding"),
        );
        // SOUNDNESS: its name may be that of the interfaces, with a letter changed.
        marks.poisons.push(crate::common::PendingPoison {
            scope: PendingScope::Anywhere,
            span: table.span,
            why: "unknown table".to_owned(),
        });
    }
}

/// Whether a table holds nothing, at any depth: then it does nothing, whatever its name.
fn is_empty(table: &Table<'_>) -> bool {
    let body = &table.body;
    table.entries.is_empty() && body.settings.is_empty() && body.tables.iter().all(is_empty)
}

/// Tables whose rows are entries only: a setting outside them has lost its `edit`.
fn entries(table: &Table<'_>, marks: &mut Marks) {
    const ROWS: &[&str] = &[
        "system interface",
        "system zone",
        "router static",
        "router static6",
        "router policy",
        "router policy6",
        "system switch-interface",
        "system virtual-switch",
        "system vdom-link",
    ];
    if !ROWS.contains(&table.path.as_str()) {
        return;
    }
    for setting in &table.body.settings {
        let lines = setting.lines.0..=setting.lines.1;
        marks::unrecognized(marks, lines, setting.span, PendingScope::Anywhere);
    }
    for inner in &table.body.tables {
        marks::unrecognized(marks, inner.all_lines(), inner.span, PendingScope::Anywhere);
    }
}

/// Marks `config vdom` and `config global`, whose tables are marked already.
fn brackets(table: &Table<'_>, marks: &mut Marks) {
    marks::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
    for entry in &table.entries {
        marks::lines(marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
    }
}

/// What is wrong with the file as a whole may be wrong with every domain.
fn file_poisons(
    tree: &Tree<'_>,
    split: &Split<'_, '_>,
    devices: &[Device],
    marks: &mut Marks,
) -> Vec<Poison> {
    let mut out: Vec<Poison> = Vec::new();
    for found in tree.breaks.iter().chain(&split.breaks) {
        marks.push(
            Diagnostic::new(
                codes::BROKEN_STRUCTURE,
                Severity::Warning,
                format!("{}: what follows may stand in the wrong block", found.why),
                found.span,
            )
            .with_help("export the whole configuration again"),
        );
        out.push(Poison { scope: Scope::Anywhere, span: found.span, why: found.why.to_owned() });
    }
    for (name, span) in &split.missing {
        marks.push(
            Diagnostic::new(
                codes::VDOM_MISSING,
                Severity::Warning,
                format!("virtual domain `{name}` has no body in the file: it may do anything"),
                *span,
            )
            .with_help("export the whole configuration, with all virtual domains"),
        );
        out.push(Poison {
            scope: Scope::Anywhere,
            span: *span,
            why: format!("virtual domain `{name}` without a body"),
        });
    }
    // Lines outside any block, of a bracket itself, or of a table that no reader widens.
    for garbled in unclaimed(tree) {
        let known = out.iter().any(|p| p.span == garbled.1)
            || devices.iter().flat_map(|d| &d.poisons).any(|p| p.span == garbled.1);
        if !known {
            marks.push(Diagnostic::new(
                codes::UNRECOGNIZED_LINE,
                Severity::Warning,
                format!("{}: nothing is certain about the device", garbled.2),
                garbled.1,
            ));
            out.push(Poison { scope: garbled.0, span: garbled.1, why: garbled.2.to_owned() });
        }
    }
    out
}

/// Garbled lines whose table does not answer for them: scope, place, reason.
fn unclaimed(tree: &Tree<'_>) -> Vec<(Scope, sekisho_diag::Span, &'static str)> {
    let mut out: Vec<_> = tree.root.garbled.iter().map(|g| (Scope::Anywhere, g.span, g.why)).collect();
    for table in &tree.root.tables {
        walk(table, &mut out);
    }
    out
}

fn walk(table: &Table<'_>, out: &mut Vec<(Scope, sekisho_diag::Span, &'static str)>) {
    if policy::owns(&table.path) {
        return;
    }
    // Between entries, the line may have opened one.
    out.extend(table.body.garbled.iter().map(|g| (Scope::Anywhere, g.span, g.why)));
    let claimed = answers(&table.path);
    for entry in &table.entries {
        if !claimed {
            // In a table of wires the line may have named a member.
            let wires = matches!(
                table.path.as_str(),
                "system switch-interface" | "system virtual-switch" | "system vdom-link"
            );
            let scope = if wires { Scope::Anywhere } else { Scope::Device };
            out.extend(entry.body.garbled.iter().map(|g| (scope, g.span, g.why)));
            for inner in &entry.body.tables {
                walk(inner, out);
            }
        }
    }
    for inner in &table.body.tables {
        walk(inner, out);
    }
}

/// Tables whose reader widens an entry that holds a garbled line.
fn answers(path: &str) -> bool {
    matches!(
        path,
        "system interface"
            | "system zone"
            | "router static"
            | "router static6"
            | "router policy"
            | "router policy6"
    )
}

/// The last net: a line that no module has marked is not understood.
fn account_for_the_rest(source: &SourceFile, devices: &mut [Device], marks: &mut Marks) {
    let left: Vec<u32> = marks.ledger.unaccounted().collect();
    if left.is_empty() {
        return;
    }
    let lines = crate::common::lines(marks.ledger.file, source.text());
    for number in left {
        let Some(line) = lines.get(number as usize - 1) else { continue };
        marks.ledger.mark(number, Coverage::Unrecognized, Some("device".to_owned()));
        for device in devices.iter_mut() {
            device.poisons.push(Poison {
                scope: Scope::Device,
                span: line.span(),
                why: "line without a reader".to_owned(),
            });
        }
    }
}
