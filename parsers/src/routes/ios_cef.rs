//! IOS and IOS-XE `show ip cef [vrf X]`: header `Prefix  Next Hop  Interface`, then rows in columns.
//!
//! The next-hop column holds an address or one of the words below; a row with a blank prefix is one more
//! next hop of the row above. The table ends with the entry of the limited broadcast address, which
//! shows that nothing is missing at its end.
//! Source: Cisco IOS IP Switching Command Reference, `show ip cef`.

use std::net::IpAddr;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::{space0, space1};
use nom::combinator::{all_consuming, opt, value};
use nom::sequence::{delimited, preceded};
use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::Coverage;
use sekisho_net::{Family, Prefix, parse_addr};

use super::ios_show_ip_route::is_null;
use super::{Command, ExportRow, Format, RawNextHop, Section, TableExport, VrfArgument, codes};
use crate::common::{Line, Marks};

/// Unparsed rows of one table that get a message of their own.
const REPORTED: usize = 10;

/// The next-hop column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hop {
    Address(IpAddr),
    Attached,
    Receive,
    Drop,
    Multicast,
}

/// Whether a line is the header of the table.
pub(super) fn is_header(text: &str) -> bool {
    text.split_whitespace().eq(["Prefix", "Next", "Hop", "Interface"])
}

/// Whether a line is a whole row: a prefix in the first column and columns that are understood.
pub(super) fn is_row(line: &Line<'_>) -> bool {
    line.indent() == 0 && first_word(line).is_some() && hop(after_first(line.trimmed())).is_some()
}

/// Reads the table in `body`.
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
        if is_header(line.text) {
            finish(table.take(), section, exports, marks);
            table = Some(Table::new(section, line, true));
            above.clear();
            marks.ignored(line);
            continue;
        }
        if table.is_none() && first_word(line).is_none() && hop(line.trimmed()).is_none() {
            marks.ignored(line);
            above.push(*line);
            continue;
        }
        let table = table.get_or_insert_with(|| {
            // Without the header, what stands above the first row may have been rows too.
            let mut headless = Table::new(section, line, false);
            above.drain(..).for_each(|l| headless.garble(&l, marks));
            headless
        });
        let taken = table.row(line, rest, marks);
        rest = rest.get(taken..).unwrap_or(&[]);
    }
    finish(table, section, exports, marks);
}

/// A table while it is read.
struct Table {
    export: TableExport,
    last: Option<Prefix>,
    unparsed: usize,
}

impl Table {
    fn new(section: &Section<'_>, line: &Line<'_>, complete: bool) -> Self {
        let vrf = match &section.command {
            Command::Table { vrf: VrfArgument::Named(name), .. } => name.clone(),
            _ => "default".to_owned(),
        };
        let export = TableExport {
            format: Format::IosCef,
            device_hint: section.host.clone(),
            vrf,
            family: Family::V4,
            rows: Vec::new(),
            complete,
            ends: section.followed,
            garbled: Vec::new(),
            span: line.span(),
        };
        let mut table = Self { export, last: None, unparsed: 0 };
        // `vrf *` prints no name with each table, and IPv6 has another form.
        let unclear = |c: &Command| {
            matches!(
                c,
                Command::Table { vrf: VrfArgument::All, .. } | Command::Table { family: Family::V6, .. }
            )
        };
        if unclear(&section.command) {
            table.export.garbled.push(line.span());
        }
        table
    }

    /// Reads one row; returns how many of the following lines were its continuation.
    fn row(&mut self, line: &Line<'_>, rest: &[Line<'_>], marks: &mut Marks) -> usize {
        let mut span = line.span();
        let mut taken = 0;
        let prefix = match (first_word(line), line.indent()) {
            (Some(prefix), 0) => Some(prefix),
            (None, 1..) => self.last,
            _ => None,
        };
        let mut columns =
            if line.indent() == 0 { after_first(line.trimmed()) } else { line.trimmed() }.to_owned();
        // A wrapped row: the columns that did not fit stand on the next line.
        if let Some(next) = rest.first().filter(|n| n.indent() > 0 && !n.trimmed().is_empty()) {
            let lone = next.trimmed().split_whitespace().count() == 1;
            let continues = columns.is_empty()
                || (lone && matches!(hop(&columns), Some((Hop::Address(_) | Hop::Attached, None))));
            if continues && line.indent() == 0 {
                columns = format!("{columns} {}", next.trimmed());
                span = span.to(next.span());
                taken = 1;
            }
        }
        let row = prefix.and_then(|prefix| Some((prefix, next_hop(prefix, hop(columns.trim())?)?)));
        let lines = std::iter::once(line).chain(rest.iter().take(taken));
        match row {
            Some((prefix, next_hop)) => {
                self.last = Some(prefix);
                self.push(prefix, next_hop, span);
                lines.for_each(|l| marks.modeled(l));
            }
            None => {
                self.last = None;
                lines.for_each(|l| self.garble(l, marks));
            }
        }
        taken
    }

    fn push(&mut self, prefix: Prefix, next_hop: RawNextHop, span: Span) {
        self.export.rows.push(ExportRow {
            prefix,
            next_hop,
            protocol: "cef",
            distance: None,
            metric: None,
            backup: false,
            replicated: false,
            span,
        });
    }

    /// A line of the table that is not understood.
    fn garble(&mut self, line: &Line<'_>, marks: &mut Marks) {
        self.export.garbled.push(line.span());
        self.unparsed += 1;
        let scope = format!("ipv4 routes of vrf {}", self.export.vrf);
        marks.ledger.mark(line.number, Coverage::Unrecognized, Some(scope));
        if self.unparsed <= REPORTED {
            let message = format!("forwarding table line `{}` is not understood", line.trimmed());
            let help = "the table may lead anywhere until the line is corrected or the table exported again";
            marks.push(
                Diagnostic::new(codes::UNPARSED_ROW, Severity::Warning, message, line.span()).with_help(help),
            );
        }
    }
}

/// The prefix in the first column; host bits must be clear.
fn first_word(line: &Line<'_>) -> Option<Prefix> {
    let word = line.text.split_whitespace().next()?;
    Prefix::parse_strict(word).ok().filter(|p| p.family() == Family::V4)
}

fn after_first(text: &str) -> &str {
    text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim())
}

/// Next hop and interface columns; `None` when any part is not understood.
fn hop(text: &str) -> Option<(Hop, Option<&str>)> {
    let word = |input| take_till1::<_, &str, nom::error::Error<&str>>(char::is_whitespace).parse(input);
    let name = nom::combinator::verify(word, |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | ':' | '_' | '-'))
    });
    let address = nom::combinator::map_opt(word, |w: &str| {
        parse_addr(w).ok().filter(|a| Family::of(*a) == Family::V4).map(Hop::Address)
    });
    let target = alt((
        value(Hop::Attached, tag("attached")),
        value(Hop::Receive, tag("receive")),
        value(Hop::Drop, alt((tag("drop"), tag("discard"), tag("no route")))),
        value(Hop::Multicast, tag("multicast")),
        address,
    ));
    let note = opt(preceded(space0, delimited(tag("("), take_till1(|c| c == ')'), tag(")"))));
    let row = (target, opt(preceded(space1, name)), note, space0);
    all_consuming(row).parse(text).ok().map(|(_, (hop, interface, _, _))| (hop, interface))
}

/// What the columns mean for a destination.
fn next_hop(prefix: Prefix, (hop, interface): (Hop, Option<&str>)) -> Option<RawNextHop> {
    let null = interface.is_some_and(is_null);
    let interface = interface.map(str::to_owned);
    Some(match hop {
        Hop::Drop => RawNextHop::Discard,
        Hop::Attached if null => RawNextHop::Discard,
        Hop::Attached => RawNextHop::Interface { name: interface? },
        Hop::Receive => RawNextHop::Receive { interface: interface.filter(|_| !null) },
        // For anything but multicast the word would be a surprise.
        Hop::Multicast if Prefix::parse("224.0.0.0/4").is_ok_and(|m| m.covers(&prefix)) => {
            RawNextHop::Multicast
        }
        Hop::Multicast => return None,
        Hop::Address(_) if null => RawNextHop::Discard,
        Hop::Address(addr) => RawNextHop::Via { addr, interface, vrf: None },
    })
}

/// Hands a table over.
fn finish(table: Option<Table>, section: &Section<'_>, exports: &mut Vec<TableExport>, marks: &mut Marks) {
    let Some(mut table) = table else { return };
    if !table.export.complete {
        let message =
            format!("the forwarding table of vrf `{}` has no header: rows may be missing", table.export.vrf);
        let help = "export the whole output of the command; a destination without a row counts as unknown until then";
        marks.push(
            Diagnostic::new(codes::NO_LEGEND, Severity::Warning, message, table.export.span).with_help(help),
        );
    }
    if table.unparsed > REPORTED {
        let message =
            format!("{} more lines of this forwarding table are not understood", table.unparsed - REPORTED);
        marks.diagnostic(codes::UNPARSED_ROW, Severity::Warning, message, table.export.span);
    }
    let broadcast = Prefix::parse("255.255.255.255/32").ok();
    table.export.ends = section.followed || table.export.rows.last().map(|r| r.prefix) == broadcast;
    exports.push(table.export);
}
