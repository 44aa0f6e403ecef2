//! Cisco IOS and IOS-XE.
//!
//! Reads what `show running-config` prints, on routers and Catalyst switches, releases 12.x to 17.x
//! (Source: Cisco IOS and IOS-XE command references and configuration guides of those releases).
//!
//! | what | how |
//! |---|---|
//! | interfaces, sub-interfaces, VLAN interfaces, aggregates, loopbacks, tunnels | modelled |
//! | addresses of both families, DHCP and unnumbered ones, HSRP, VRRP, GLBP | modelled, unknown where the file does not say |
//! | access, trunk and dynamic ports, voice VLAN, allowed lists, native VLAN | modelled |
//! | VRFs, route targets, import and export maps | modelled; maps leak everything |
//! | static routes of both families | modelled |
//! | OSPF, BGP, EIGRP, RIP, IS-IS | unknown routes of the tables concerned |
//! | access groups, uRPF, relays, multicast, proxy ARP, source routes | modelled |
//! | access lists, object groups, translation, zones, policy routes | modelled, see their modules |
//! | inspection, reflexive lists | modelled: what opens sessions, and what lets their packets pass |
//! | filters of switched ports, VLAN maps, QoS drops | may drop |
//! | MPLS, bridge groups, cross connects, crypto maps, WCCP, 802.1X VLANs, SPAN | unsupported: poison the interface |
//! | LISP, SSL VPN, dial-in groups, bridge domains | unsupported: poison the device |
//!
//! The way of a file: [`lexer`] takes out comments and free text; the block tree follows the
//! indentation; [`grammar`] turns each line into a statement of [`ast`] and gives it its state;
//! [`ignored`] is the allow-list; [`lower`] builds the device. Nothing here fails: a line that is not
//! understood poisons its interface, or the device.

mod ast;
pub mod codes;
pub mod codes_filter;
mod grammar;
mod ignored;
mod lexer;
mod lower;
mod names;

use sekisho_diag::{Diagnostic, FileId, Severity, SourceFile};

use crate::common::{Marks, block_tree};

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
    let statements = lexer::lex(file, source, &mut marks);
    let blocks = block_tree(&statements.lines);
    let mut config = ast::Config::new(file);
    config.answers.clone_from(answers);
    grammar::read(&blocks, &mut config, &mut marks);
    let mut device = lower::lower(&config, source, name_hint, &mut marks);
    account_for_the_rest(source, &mut device, &mut marks);
    if !statements.ends {
        marks.push(
            Diagnostic::new(
                codes::NO_END,
                Severity::Info,
                "no `end` line: the file may have been cut off",
                None,
            )
            .with_help("export the whole configuration"),
        );
    }
    crate::ParsedConfig {
        devices: vec![device],
        ledger: marks.ledger,
        diagnostics: marks.diagnostics,
        ends: statements.ends,
    }
}

/// The last net: a line that no module has marked is not understood.
fn account_for_the_rest(source: &SourceFile, device: &mut sekisho_model::Device, marks: &mut Marks) {
    let left: Vec<u32> = marks.ledger.unaccounted().collect();
    if left.is_empty() {
        return;
    }
    let lines = crate::common::lines(marks.ledger.file, source.text());
    for number in left {
        let Some(line) = lines.get(number as usize - 1) else { continue };
        marks.ledger.mark(number, sekisho_model::Coverage::Unrecognized, Some("device".to_owned()));
        device.poisons.push(sekisho_model::Poison {
            scope: sekisho_model::Scope::Device,
            span: line.span(),
            why: "line without a reader".to_owned(),
        });
    }
}
