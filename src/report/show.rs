//! What `show` says: one view per topic.

pub mod coverage;
pub mod graph;
pub mod links;
pub mod model;
pub mod zones;

use sekisho_model::Device;

use crate::topology::PortRef;

/// `DEVICE:INTERFACE`.
#[must_use]
pub fn port_name(devices: &[Device], port: PortRef) -> String {
    let device = devices.get(port.device);
    let interface = device.and_then(|d| d.interface(port.interface));
    format!("{}:{}", device.map_or("?", |d| d.name.as_str()), interface.map_or("?", |i| i.name.as_str()))
}
