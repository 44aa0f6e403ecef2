//! What an IOS configuration says, in the vendor's own words.
//!
//! Statements that may be entered again are merged here as the device merges them (a later line wins,
//! `no` removes); nothing is resolved against other statements.

pub(crate) mod acl;
pub(crate) mod global;
pub(crate) mod inspect;
pub(crate) mod interface;
pub(crate) mod nat;
pub(crate) mod object_group;
pub(crate) mod route;
pub(crate) mod route_map;
pub(crate) mod time_range;
pub(crate) mod vrf;
pub(crate) mod zone_firewall;

use sekisho_diag::FileId;

/// One configuration file.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The file.
    pub file: FileId,
    /// Interfaces by order of first appearance; one entry per canonical name. `lower` keeps the order:
    /// the interface of index `i` here has index `i` in the device.
    pub interfaces: Vec<interface::Interface>,
    /// VRF definitions by order of first appearance, one entry per name.
    pub vrfs: Vec<vrf::Vrf>,
    /// Static routes in order, removed ones taken out.
    pub routes: Vec<route::StaticRoute>,
    /// Routing processes in order.
    pub processes: Vec<route::Process>,
    /// Everything that stands alone at the top level.
    pub global: global::Global,
    /// Access lists.
    pub acls: acl::Ast,
    /// Object groups.
    pub object_groups: object_group::Ast,
    /// Time ranges.
    pub time_ranges: time_range::Ast,
    /// Address translation.
    pub nat: nat::Ast,
    /// Zone-based firewall.
    pub zones: zone_firewall::Ast,
    /// Inspection rules.
    pub inspect: inspect::Ast,
    /// Route maps.
    pub route_maps: route_map::Ast,
    /// Answers to questions that the text leaves open.
    pub answers: crate::Answers,
}

impl Config {
    /// An empty configuration.
    pub(crate) fn new(file: FileId) -> Self {
        Self {
            file,
            interfaces: Vec::new(),
            vrfs: Vec::new(),
            routes: Vec::new(),
            processes: Vec::new(),
            global: global::Global::default(),
            acls: acl::Ast::default(),
            object_groups: object_group::Ast::default(),
            time_ranges: time_range::Ast::default(),
            nat: nat::Ast::default(),
            zones: zone_firewall::Ast::default(),
            inspect: inspect::Ast::default(),
            route_maps: route_map::Ast::default(),
            answers: crate::Answers::new(),
        }
    }
}
