//! Declared cables and the segments that follow from them and from inference.

use sekisho_diag::SourceMap;
use sekisho_model::Device;
use serde::Serialize;

use super::port_name;
use crate::topology::{PortRef, Segment, Topology};

/// Version of the JSON.
pub const SCHEMA: &str = "sekisho-links/1";

/// Layer 2.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct View {
    /// `sekisho-links/1`.
    pub schema: &'static str,
    /// Whether some join rests on inference.
    pub inferred: bool,
    /// Declared cables between up ports.
    pub links: Vec<LinkView>,
    /// Segments.
    pub segments: Vec<SegmentView>,
    /// One-way hops by double tagging.
    pub double_tags: Vec<DoubleTagView>,
}

/// A declared cable.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LinkView {
    /// One end.
    pub a: String,
    /// The other end.
    pub b: String,
}

/// Everything that may share a wire.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SegmentView {
    /// Number within the run.
    pub segment: u32,
    /// Connected prefixes.
    pub prefixes: Vec<String>,
    /// Routed interfaces.
    pub interfaces: Vec<String>,
    /// VLANs of devices, as `DEVICE:VLAN`.
    pub vlans: Vec<String>,
    /// Other ports with the tag under which they carry it, as `DEVICE:PORT` or `DEVICE:PORT.TAG`.
    pub ports: Vec<String>,
    /// Switched ports without a declared cable.
    pub open_ports: Vec<String>,
    /// Whether only modelled interfaces can be on it.
    pub transit: bool,
    /// Joins that are not sure.
    pub doubtful: Vec<JoinView>,
}

/// A join that is not sure.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JoinView {
    /// Why the two may share a wire.
    pub why: String,
    /// The lines behind it, as `FILE:LINE`.
    pub places: Vec<String>,
}

/// A one-way hop by double tagging.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoubleTagView {
    /// Segment of the native VLAN.
    pub from: u32,
    /// Segment of a VLAN of the trunk.
    pub to: u32,
    /// The trunk.
    pub trunk: String,
}

/// Builds the view.
#[must_use]
pub fn view(topology: &Topology, devices: &[Device], sources: &SourceMap) -> View {
    let links =
        topology.links().iter().map(|l| LinkView { a: port_name(devices, l.a), b: port_name(devices, l.b) });
    let double = topology.double_tags().iter().map(|d| DoubleTagView {
        from: d.from.0,
        to: d.to.0,
        trunk: port_name(devices, d.trunk),
    });
    let segments = (0u32..).zip(topology.segments()).map(|(n, s)| segment(n, s, devices, sources));
    View {
        schema: SCHEMA,
        inferred: topology.has_inferred_joins(),
        links: links.collect(),
        segments: segments.collect(),
        double_tags: double.collect(),
    }
}

fn segment(number: u32, segment: &Segment, devices: &[Device], sources: &SourceMap) -> SegmentView {
    let device = |index: usize| devices.get(index).map_or("?", |d| d.name.as_str());
    let routed = |p: &PortRef| segment.interfaces.iter().any(|(i, _)| i == p);
    let wires = segment.wires.iter().filter(|(p, tag, _)| *tag != 0 || !routed(p));
    let ports = wires.map(|(p, tag, _)| match tag {
        0 => port_name(devices, *p),
        tag => format!("{}.{tag}", port_name(devices, *p)),
    });
    SegmentView {
        segment: number,
        prefixes: segment.prefixes(devices).iter().map(ToString::to_string).collect(),
        interfaces: segment.interfaces.iter().map(|(p, _)| port_name(devices, *p)).collect(),
        vlans: segment.bridges.iter().map(|(d, vlan, _)| format!("{}:{vlan}", device(*d))).collect(),
        ports: ports.collect(),
        open_ports: segment.open_ports.iter().map(|p| port_name(devices, *p)).collect(),
        transit: segment.is_transit(devices),
        doubtful: segment
            .doubtful_joins
            .iter()
            .map(|j| JoinView {
                why: j.why.clone(),
                places: j.spans.iter().map(|s| sources.place(*s)).collect(),
            })
            .collect(),
    }
}
