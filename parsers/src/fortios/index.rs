//! Names of interfaces and zones, as policies use them.

use std::collections::BTreeMap;

use sekisho_diag::Span;
use sekisho_model::{InterfaceId, Tri};

/// A zone of interfaces, or an SD-WAN zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Its members, in config order.
    pub members: Vec<InterfaceId>,
    /// Whether traffic between members passes without a policy (`intrazone allow`).
    pub intrazone: Tri,
    /// The `edit` line.
    pub span: Span,
    /// Whether it may have members that are not known: a line of it was not understood.
    pub open: bool,
}

/// Interfaces and zones of a virtual domain by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct InterfaceIndex {
    /// Interfaces that the domain has.
    pub interfaces: BTreeMap<String, InterfaceId>,
    /// Zones and SD-WAN zones.
    pub zones: BTreeMap<String, Zone>,
}

impl InterfaceIndex {
    /// The interfaces that a name in `srcintf` or `dstintf` stands for: a zone's members, or the
    /// interface itself. `any` stands for all. `None` for a name that nothing has.
    pub(crate) fn resolve(&self, name: &str) -> Option<Vec<InterfaceId>> {
        if name == "any" {
            return Some(self.interfaces.values().copied().collect());
        }
        if let Some(zone) = self.zones.get(name) {
            return Some(zone.members.clone());
        }
        self.interfaces.get(name).map(|&id| vec![id])
    }

    /// The zone that holds an interface.
    pub(crate) fn zone_of(&self, id: InterfaceId) -> Option<(&str, &Zone)> {
        self.zones.iter().find(|(_, z)| z.members.contains(&id)).map(|(name, z)| (name.as_str(), z))
    }
}
