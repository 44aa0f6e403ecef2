//! `sekisho trace`: one packet by the reference semantics.

use sekisho_model::{Device, Encapsulation, InterfaceId};
use sekisho_reference::format::Port;
use sekisho_reference::{Start, trace_json, walk};

use super::args::{Format, TraceArgs};
use super::failure::Failure;
use super::input::{self, PolicyText};
use super::terminal::Terminal;
use super::{Outcome, names};
use crate::analysis;
use crate::proof::export;
use crate::report::messages::{Lang, Thing};
use crate::report::{diagnostics, json, ranges, text};

/// Version of the JSON of `trace`.
const SCHEMA: &str = "sekisho-trace/1";

/// Follows the packet.
pub(super) fn run(args: &TraceArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let lang = terminal.lang;
    let packet = args.flow.packet(lang)?;
    let mut snapshot = input::snapshot(&args.snapshot, &args.input, terminal)?;
    let policy = match &args.policy {
        None => None,
        Some(file) => {
            let text = PolicyText::read(Some(file), terminal)?;
            Some(text.load(&mut snapshot.sources, Vec::new(), terminal)?.0)
        }
    };
    let (device, interface) = names::port(&snapshot.devices, &args.from, lang)?;
    let start = start(&snapshot.devices, device, interface, args.vlan, lang)?;
    let network = analysis::network_of(&snapshot.devices, policy.as_ref(), &snapshot.sources);
    let walked = walk(&network, start, export::packet(&packet));
    let out = match terminal.format {
        Format::Json => {
            let mut value = trace_json(&network, &walked);
            if let Some(object) = value.as_object_mut() {
                object.insert("schema".to_owned(), SCHEMA.into());
            }
            json::render(&value)
        }
        Format::Text => {
            let head = ranges::one_line(&ranges::header(&packet));
            text::trace::walk(&head, &network, &walked, &snapshot.sources, &terminal.stdout())
        }
    };
    let err = diagnostics::brief(&snapshot.diagnostics, &snapshot.sources, &terminal.stderr());
    Ok(Outcome { out, err, code: super::PROVEN })
}

/// Where the packet starts: at the interface that takes frames with the tag, or on the wire of a
/// switched port.
fn start(
    devices: &[Device],
    at: usize,
    interface: InterfaceId,
    vlan: Option<u16>,
    lang: Lang,
) -> Result<Start, Failure> {
    let port = |id: InterfaceId| Port { device: at, interface: id.0 as usize };
    let Some((device, entry)) = devices.get(at).and_then(|d| Some((d, d.interface(interface)?))) else {
        return Ok(Start::Ingress(port(interface)));
    };
    let routed_vlan = |tag| device.interface_ids().find(|(_, i)| i.svi_vlan == Some(tag)).map(|(id, _)| id);
    match (vlan, &entry.l2) {
        (None, None) => Ok(Start::Ingress(port(interface))),
        (None, Some(_)) => Ok(Start::Segment(port(interface))),
        (Some(tag), Some(_)) => {
            Ok(routed_vlan(tag).map_or(Start::Segment(port(interface)), |id| Start::Ingress(port(id))))
        }
        (Some(tag), None) => {
            let own = entry.encapsulation == Encapsulation::Vlan(tag) || entry.svi_vlan == Some(tag);
            let unit = device
                .interface_ids()
                .find(|(_, i)| i.parent == Some(interface) && i.encapsulation == Encapsulation::Vlan(tag));
            match unit {
                _ if own => Ok(Start::Ingress(port(interface))),
                Some((id, _)) => Ok(Start::Ingress(port(id))),
                None => Err(names::no_such(lang, Thing::Vlan, &tag.to_string(), std::iter::empty())),
            }
        }
    }
}
