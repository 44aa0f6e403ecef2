//! VRF definitions.

use sekisho_diag::{Span, Spanned};

/// Where routes come from besides the VRF's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LeakSource {
    /// `import ipv4 unicast map`, `route-replicate from global`: the global table.
    Global,
    /// `route-replicate from vrf NAME`.
    Named(String),
}

/// One VRF, all its blocks merged.
#[derive(Clone, Debug)]
pub(crate) struct Vrf {
    /// Name and the line that opened it first.
    pub name: Spanned<String>,
    /// Imported route targets. The family of the block is left out: a target of one family counts
    /// for both, which only adds leaks.
    pub imports: Vec<Spanned<String>>,
    /// Exported route targets.
    pub exports: Vec<Spanned<String>>,
    /// `export map`: exported under targets that a route map chooses.
    pub export_map: Option<Span>,
    /// Leaks into this VRF that need no target.
    pub leaks_in: Vec<Spanned<LeakSource>>,
    /// `export ipv4 unicast map`: leaks into the global table.
    pub leaks_to_global: Vec<Span>,
}

impl Vrf {
    /// An empty VRF.
    pub(crate) fn new(name: Spanned<String>) -> Self {
        Self {
            name,
            imports: Vec::new(),
            exports: Vec::new(),
            export_map: None,
            leaks_in: Vec::new(),
            leaks_to_global: Vec::new(),
        }
    }
}
