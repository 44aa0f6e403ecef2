//! Exported routing and forwarding tables: text in, [`TableExport`]s out, then [`attach`] to a device.
//!
//! A table is evidence only as far as it is whole. A text that shows a prompt error, a pager, an
//! interrupt or a filter argument is refused (no table at all, which leaves the device's routes as
//! unknown as they were); a row that is not understood garbles its table (it may lead anywhere); a
//! table without its head is not complete (a destination without a row is then unknown, not dropped).
//! No row is ever skipped in silence. The entry is [`parse`]; one file per printed format below.

use std::net::IpAddr;

use sekisho_diag::{Diagnostic, FileId, Severity, SourceFile, Span};
use sekisho_model::Ledger;
use sekisho_net::{Family, Prefix};

use crate::common::{Line, Marks, lines};

mod attach;
pub mod codes;
mod command;
mod ios_cef;
mod ios_show_ip_route;
#[cfg(test)]
mod tests;

pub use attach::attach;
pub use command::{Command, Format, VrfArgument, prompt};

/// Where a row leads, in the words of the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawNextHop {
    /// To a neighbour.
    Via {
        /// Its address.
        addr: IpAddr,
        /// Name of the interface, if printed.
        interface: Option<String>,
        /// VRF in which the address is resolved, if it is printed as another one.
        vrf: Option<String>,
    },
    /// Out by an interface, the destination being resolved there.
    Interface {
        /// Name of the interface.
        name: String,
    },
    /// Dropped.
    Discard,
    /// To the device itself.
    Receive {
        /// Name of the interface that owns the address, if printed.
        interface: Option<String>,
    },
    /// Multicast routing decides, which this table does not hold; the destination is multicast.
    Multicast,
    /// The row is understood, but where its packets go is not printed.
    Unknown,
}

/// One row of an exported table; the members of an ECMP group are rows of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRow {
    /// Destination.
    pub prefix: Prefix,
    /// Where it leads.
    pub next_hop: RawNextHop,
    /// `connected`, `local`, `static`, `rip`, `eigrp`, `eigrp-ex`, `ospf`, `ospf-ia`, `ospf-e2`, `bgp`, `cef`, ...
    pub protocol: &'static str,
    /// Administrative distance, 0 to 255, if printed.
    pub distance: Option<u8>,
    /// Metric, if printed.
    pub metric: Option<u32>,
    /// A repair or overridden path: possible, never certain.
    pub backup: bool,
    /// Replicated from another VRF, so that its interface may belong there.
    pub replicated: bool,
    /// The row, from its first to its last line.
    pub span: Span,
}

/// One table of one VRF and family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableExport {
    /// The format in which it was printed.
    pub format: Format,
    /// Host name in the prompt, if the export shows one.
    pub device_hint: Option<String>,
    /// Name of the VRF; `default` for the global table.
    pub vrf: String,
    /// Address family.
    pub family: Family,
    /// Rows in file order.
    pub rows: Vec<ExportRow>,
    /// Whether the head of the table is there.
    pub complete: bool,
    /// Whether the text shows that nothing is missing at its end (a prompt behind it, a count that
    /// agrees, the last entry of a forwarding table).
    pub ends: bool,
    /// Lines because of which the table may lead anywhere.
    pub garbled: Vec<Span>,
    /// The line that opens it.
    pub span: Span,
}

/// What a file of route tables says.
#[derive(Clone, Debug)]
pub struct ParsedRoutes {
    /// The tables in file order.
    pub exports: Vec<TableExport>,
    /// One state per line.
    pub ledger: Ledger,
    /// Messages for the user.
    pub diagnostics: Vec<Diagnostic>,
}

impl ParsedRoutes {
    /// Whether every table shows that nothing is missing at its end.
    #[must_use]
    pub fn ends(&self) -> bool {
        !self.exports.is_empty() && self.exports.iter().all(|t| t.ends)
    }
}

/// A command and the lines that it printed.
struct Section<'a> {
    host: Option<String>,
    command: Command,
    head: Option<Line<'a>>,
    body: Vec<Line<'a>>,
    /// Another prompt follows, so that the output is whole.
    followed: bool,
}

/// Reads the tables of one file.
///
/// `command` is the command whose output the file holds, where something other than the text tells so
/// (a file name such as `show_ip_route_vrf_RED.txt`); a prompt in the text goes before it.
#[must_use]
pub fn parse(file: FileId, source: &SourceFile, command: Option<&str>) -> ParsedRoutes {
    let all = lines(file, source.text());
    let mut marks = Marks::new(file, source.line_count());
    let mut exports = Vec::new();
    for section in sections(&all, command.map(Command::parse)) {
        read_section(&section, &mut exports, &mut marks);
    }
    let read = exports.iter().any(|t: &TableExport| !t.rows.is_empty() || t.complete);
    let refused = marks.diagnostics.iter().any(|d| d.code == codes::REFUSED);
    if !read && !refused {
        let message = "the file holds no route table that can be read";
        marks.diagnostic(codes::NO_TABLE, Severity::Error, message, Span::new(file, 0, 0));
    }
    ParsedRoutes { exports, ledger: marks.ledger, diagnostics: marks.diagnostics }
}

/// Cuts the text at the prompts that echo a command.
fn sections<'a>(all: &[Line<'a>], first: Option<Command>) -> Vec<Section<'a>> {
    let mut out = vec![Section {
        host: None,
        command: first.unwrap_or(Command::Unstated),
        head: None,
        body: Vec::new(),
        followed: false,
    }];
    for &line in all {
        let opened = prompt(line.text)
            .map(|(host, command)| (Some(host.to_owned()), Command::parse(command)))
            .or_else(|| command::title(line.text).map(|command| (None, command)));
        let Some((host, command)) = opened else {
            if let Some(last) = out.last_mut() {
                last.body.push(line);
            }
            continue;
        };
        if let Some(last) = out.last_mut() {
            last.followed = host.is_some();
        }
        out.push(Section { host, command, head: Some(line), body: Vec::new(), followed: false });
    }
    out
}

/// Reads what one command printed.
fn read_section(section: &Section<'_>, exports: &mut Vec<TableExport>, marks: &mut Marks) {
    if let Some(head) = &section.head {
        marks.ignored(head);
    }
    let blank = section.body.iter().all(|l| l.trimmed().is_empty());
    let refusal = match &section.command {
        Command::Other => {
            section.body.iter().for_each(|line| marks.ignored(line));
            return;
        }
        _ if blank => {
            section.body.iter().for_each(|line| marks.ignored(line));
            return;
        }
        Command::Filtered(argument) => {
            let at = section.head.or_else(|| section.body.first().copied());
            at.map(|line| (line, format!("the table was printed with the filter `{argument}`")))
        }
        _ => section.body.iter().find_map(|line| broken(line.text).map(|why| (*line, why))),
    };
    if let Some((line, why)) = refusal {
        section.body.iter().for_each(|l| refuse(l, marks));
        let help = "export the whole table again, with paging off (`terminal length 0`)";
        marks.push(
            Diagnostic::new(
                codes::REFUSED,
                Severity::Error,
                format!("route table refused: {why}"),
                line.span(),
            )
            .with_help(help),
        );
        return;
    }
    for chunk in chunks(section) {
        match chunk {
            (Format::IosCef, body) => ios_cef::read(section, body, exports, marks),
            (_, body) => ios_show_ip_route::read(section, body, exports, marks),
        }
    }
}

/// Splits a section between the two printed formats; the text of a stated command is of one format.
fn chunks<'s, 'a>(section: &'s Section<'a>) -> Vec<(Format, &'s [Line<'a>])> {
    if let Command::Table { format, .. } = section.command {
        return vec![(format, &section.body)];
    }
    let mut out = Vec::new();
    let mut rest: &[Line<'a>] = &section.body;
    // Rows of a forwarding table whose header is missing.
    let headless = rest.iter().find(|l| ios_cef::is_row(l) || ios_show_ip_route::is_heading(l.text));
    let mut format =
        if headless.is_some_and(ios_cef::is_row) { Format::IosCef } else { Format::IosShowIpRoute };
    while let Some(first) = rest.first() {
        if ios_cef::is_header(first.text) {
            format = Format::IosCef;
        } else if ios_show_ip_route::is_heading(first.text) {
            format = Format::IosShowIpRoute;
        }
        let heading = |l: &Line<'_>| ios_cef::is_header(l.text) || ios_show_ip_route::is_heading(l.text);
        let other = |l: &Line<'_>| heading(l) && ios_cef::is_header(l.text) != (format == Format::IosCef);
        let at = rest.iter().skip(1).position(other).map_or(rest.len(), |i| i + 1);
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.push((format, head));
        rest = tail;
    }
    out
}

/// Why a line shows that the text is not what the command printed.
fn broken(text: &str) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.starts_with('%') {
        return Some(format!("the device answered `{trimmed}`"));
    }
    if text.contains("--More--") || text.contains("-- More --") || text.contains("<--- More --->") {
        return Some("a pager prompt stands in the text".to_owned());
    }
    if text.contains("^C") || text.contains('\u{3}') {
        return Some("the output was interrupted".to_owned());
    }
    if text.contains('\u{8}') {
        return Some("the text was edited by a terminal (backspaces)".to_owned());
    }
    None
}

/// Marks a line of a refused text.
fn refuse(line: &Line<'_>, marks: &mut Marks) {
    if line.trimmed().is_empty() {
        marks.ignored(line);
    } else {
        let scope = Some("refused route table".to_owned());
        marks.ledger.mark(line.number, sekisho_model::Coverage::Unsupported, scope);
    }
}
