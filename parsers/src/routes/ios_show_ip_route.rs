//! IOS and IOS-XE `show ip route [vrf X]` and `show ipv6 route [vrf X]`.
//!
//! A table is: an optional heading (`Routing Table: X`, `IPv6 Routing Table - X - 9 entries`), the
//! legend (`Codes: ...`), `Gateway of last resort ...`, then rows. Rows of IPv4 stand under network
//! headers (`10.0.0.0/24 is subnetted, 2 subnets`) which give their children the length and say how
//! many there are: a filtered or cut table does not add up, and is garbled. [`row`] has the grammar.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::Coverage;
use sekisho_net::{Family, Prefix};

use super::{Command, Format, Section, TableExport, VrfArgument, codes};
use crate::common::{Line, Marks};

mod finish;
mod head;
mod next_hop;
mod row;

pub(super) use head::is_null;
use head::{class_length, gateway, legend_items, network_header};
use row::Code;

/// Unparsed rows of one table that get a message of their own.
const REPORTED: usize = 10;

/// A network header and what stood under it.
struct Network {
    span: Span,
    /// The classful network.
    network: Prefix,
    /// Length of the children that print none.
    child_length: Option<u32>,
    /// Number of subnets it announces.
    announced: usize,
    seen: BTreeSet<Prefix>,
}

/// The destination to which further clauses belong.
struct Open {
    code: Code,
    prefix: Prefix,
    distance: Option<u8>,
    metric: Option<u32>,
    span: Span,
    /// First row of the destination.
    first: usize,
    /// Rows of `[NHO]` clauses: packets go there and not to the others.
    overriding: Vec<usize>,
}

/// `Gateway of last resort is A to network N`.
struct Gateway {
    addr: IpAddr,
    network: Prefix,
    span: Span,
}

/// A table while it is read.
struct Table {
    export: TableExport,
    legend: bool,
    in_legend: bool,
    gateway_line: bool,
    gateway: Option<Gateway>,
    networks: Vec<Network>,
    open: Option<Open>,
    /// Entries that an IPv6 heading announces.
    entries: Option<(usize, Span)>,
    unparsed: usize,
    /// The family is stated, not guessed.
    family_known: bool,
}

/// Whether a line opens a table of this format.
pub(super) fn is_heading(text: &str) -> bool {
    let t = text.trim();
    t.starts_with("Codes:") || t.starts_with("Routing Table:") || t.starts_with("IPv6 Routing Table")
}

/// Reads the tables in `body`.
pub(super) fn read(
    section: &Section<'_>,
    body: &[Line<'_>],
    exports: &mut Vec<TableExport>,
    marks: &mut Marks,
) {
    let mut table: Option<Table> = None;
    let mut above: Vec<Line<'_>> = Vec::new();
    let mut rest = body;
    while let [line, tail @ ..] = rest {
        rest = tail;
        if line.trimmed().is_empty() {
            marks.ignored(line);
            continue;
        }
        if opens(line.trimmed(), table.as_ref()) {
            if let Some(done) = table.take() {
                finish::finish(done, section, exports, marks);
            }
            above.clear();
            table = Some(Table::new(section, line));
        } else if table.is_none() && row_like(line) {
            // Without a heading, what stands above the first row may have been rows too.
            let mut headless = Table::new(section, line);
            above.drain(..).for_each(|l| headless.garble(&l, marks));
            table = Some(headless);
        }
        let Some(table) = &mut table else {
            marks.ignored(line);
            above.push(*line);
            continue;
        };
        let taken = table.line(line, rest, section, marks);
        rest = rest.get(taken..).unwrap_or(&[]);
    }
    if let Some(done) = table {
        finish::finish(done, section, exports, marks);
    }
}

/// Whether a line can only stand inside a table.
fn row_like(line: &Line<'_>) -> bool {
    row::head(line.text).is_some() || row::is_clause(line.text) || network_header(line).is_some()
}

/// Whether a line opens another table than the one being read.
fn opens(text: &str, current: Option<&Table>) -> bool {
    match current {
        None => is_heading(text) || text.starts_with("Gateway of last resort"),
        Some(table) if text.starts_with("Codes:") => {
            table.legend || table.gateway_line || !table.export.rows.is_empty()
        }
        Some(_) => is_heading(text),
    }
}

impl Table {
    fn new(section: &Section<'_>, line: &Line<'_>) -> Self {
        let (family, vrf) = match &section.command {
            Command::Table { family, vrf: VrfArgument::Named(name), .. } => (Some(*family), name.clone()),
            Command::Table { family, .. } => (Some(*family), "default".to_owned()),
            _ => (None, "default".to_owned()),
        };
        Self {
            export: TableExport {
                format: Format::IosShowIpRoute,
                device_hint: section.host.clone(),
                vrf,
                family: family.unwrap_or(Family::V4),
                rows: Vec::new(),
                complete: false,
                ends: section.followed,
                garbled: Vec::new(),
                span: line.span(),
            },
            legend: false,
            in_legend: false,
            gateway_line: false,
            gateway: None,
            networks: Vec::new(),
            open: None,
            entries: None,
            unparsed: 0,
            family_known: family.is_some(),
        }
    }

    /// Reads one line; returns how many of the following ones were its continuation.
    fn line(
        &mut self,
        line: &Line<'_>,
        rest: &[Line<'_>],
        section: &Section<'_>,
        marks: &mut Marks,
    ) -> usize {
        let text = line.trimmed();
        if self.in_legend && legend_items(text) {
            marks.ignored(line);
            return 0;
        }
        self.in_legend = false;
        if self.heading(line, section, marks) {
            return 0;
        }
        if let Some(network) = network_header(line) {
            self.open_done();
            self.networks.push(network);
            marks.modeled(line);
            return 0;
        }
        self.row(line, rest, marks)
    }

    /// Headings, legend and gateway line.
    fn heading(&mut self, line: &Line<'_>, section: &Section<'_>, marks: &mut Marks) -> bool {
        let text = line.trimmed();
        if let Some(name) = text.strip_prefix("Routing Table:") {
            return self.name(name.trim(), line, section, marks);
        }
        if let Some(rest) = text.strip_prefix("IPv6 Routing Table") {
            let parts: Vec<&str> = rest.trim_start_matches([' ', '-']).split(" - ").map(str::trim).collect();
            let count =
                parts.last().and_then(|p| p.strip_suffix("entries").or_else(|| p.strip_suffix("entry")));
            let Some(count) = count.and_then(|n| n.trim().parse().ok()) else {
                self.garble(line, marks);
                return true;
            };
            if !self.set_family(Family::V6) {
                self.garble(line, marks);
                return true;
            }
            self.entries = Some((count, line.span()));
            if let [name, _] = parts.as_slice() {
                return self.name(name, line, section, marks);
            }
            marks.modeled(line);
            return true;
        }
        if let Some(rest) = text.strip_prefix("Codes:") {
            if !legend_items(rest) {
                self.garble(line, marks);
                return true;
            }
            // The legend of IPv6 writes `Connected` with a capital letter.
            if rest.contains("C - Connected") && !self.family_known {
                self.set_family(Family::V6);
            }
            self.legend = true;
            self.in_legend = true;
            marks.ignored(line);
            return true;
        }
        if let Some(rest) = text.strip_prefix("Gateway of last resort is ") {
            if std::mem::replace(&mut self.gateway_line, true) {
                self.garble(line, marks);
                return true;
            }
            if rest != "not set" {
                match gateway(rest) {
                    Some((addr, network)) => {
                        self.gateway = Some(Gateway { addr, network, span: line.span() })
                    }
                    None => {
                        self.garble(line, marks);
                        return true;
                    }
                }
            }
            marks.modeled(line);
            return true;
        }
        false
    }

    /// The VRF of a heading; it must agree with the command.
    fn name(&mut self, name: &str, line: &Line<'_>, section: &Section<'_>, marks: &mut Marks) -> bool {
        let name = if name == "global" { "default" } else { name };
        let agrees = match &section.command {
            Command::Table { vrf: VrfArgument::Global, .. } => name == "default",
            Command::Table { vrf: VrfArgument::Named(wanted), .. } => name == wanted,
            _ => true,
        };
        name.clone_into(&mut self.export.vrf);
        if agrees && !name.is_empty() {
            marks.modeled(line);
        } else {
            self.garble(line, marks);
        }
        true
    }

    /// False when the family is already another one.
    fn set_family(&mut self, family: Family) -> bool {
        if self.family_known {
            return self.export.family == family;
        }
        self.export.family = family;
        self.family_known = true;
        true
    }

    /// A row with its wrapped lines, or a further clause of the row above.
    fn row(&mut self, line: &Line<'_>, rest: &[Line<'_>], marks: &mut Marks) -> usize {
        let mut text = line.trimmed().to_owned();
        let mut span = line.span();
        let mut taken = 0;
        // A line that ends in a comma, or in the prefix of an IPv4 row, goes on below.
        while let Some(next) = rest.get(taken) {
            let bare = row::head(&text).is_some_and(|h| h.rest.is_empty());
            let wrapped = text.ends_with(',') || (bare && row::is_clause(next.text));
            if !wrapped || next.trimmed().is_empty() || next.indent() == 0 {
                break;
            }
            text.push(' ');
            text.push_str(next.trimmed());
            span = span.to(next.span());
            taken += 1;
        }
        let understood = match row::head(&text) {
            Some(head) => self.head(&head, span),
            None if row::is_clause(&text) => self.clause(&text, span),
            None => false,
        };
        let lines = std::iter::once(line).chain(rest.iter().take(taken));
        if understood {
            lines.for_each(|l| marks.modeled(l));
        } else {
            self.open = None;
            lines.for_each(|l| self.garble(l, marks));
        }
        taken
    }

    fn head(&mut self, head: &row::Head<'_>, span: Span) -> bool {
        self.open_done();
        let family = Family::of(head.addr);
        if !self.set_family(family) {
            return false;
        }
        let Some(prefix) = self.prefix(head) else { return false };
        if let Some(network) = self.networks.iter_mut().rev().find(|n| n.network.covers(&prefix)) {
            network.seen.insert(prefix);
        }
        let mut open = Open {
            code: head.code,
            prefix,
            distance: None,
            metric: None,
            span,
            first: self.export.rows.len(),
            overriding: Vec::new(),
        };
        if family == Family::V6 {
            let Some((distance, metric)) = row::shared(head.rest) else { return false };
            (open.distance, open.metric) = (Some(distance), Some(metric));
            self.open = Some(open);
            return true;
        }
        let Some(path) = row::path(head.rest) else { return false };
        self.open = Some(open);
        self.push(path, span)
    }

    fn clause(&mut self, text: &str, span: Span) -> bool {
        row::path(text).is_some_and(|path| self.push(path, span))
    }

    /// The destination of a row. Without a printed length it comes from the header above, or, where
    /// the head of the table is there so that no header can be missing, from the class.
    fn prefix(&self, head: &row::Head<'_>) -> Option<Prefix> {
        let strict = |length| Prefix::new(head.addr, length).ok().filter(|p| p.addr() == head.addr);
        if let Some(length) = head.length {
            return strict(length);
        }
        if let Some(network) = self.networks.last().filter(|n| n.network.contains(head.addr)) {
            return strict(network.child_length?);
        }
        if !self.legend && !self.gateway_line {
            return None;
        }
        class_length(head.addr).and_then(strict)
    }

    /// A line of the table that is not understood.
    fn garble(&mut self, line: &Line<'_>, marks: &mut Marks) {
        self.export.garbled.push(line.span());
        self.unparsed += 1;
        let scope = format!("{} routes of vrf {}", self.export.family.word(), self.export.vrf);
        marks.ledger.mark(line.number, Coverage::Unrecognized, Some(scope));
        if self.unparsed <= REPORTED {
            let message = format!("route table line `{}` is not understood", line.trimmed());
            let help = "the table may lead anywhere until the line is corrected or the table exported again";
            marks.push(
                Diagnostic::new(codes::UNPARSED_ROW, Severity::Warning, message, line.span()).with_help(help),
            );
        }
    }
}
