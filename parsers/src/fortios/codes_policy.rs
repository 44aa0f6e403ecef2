//! Diagnostic codes of objects, policies and translation; each has a page in `docs/codes/fortios/`.

use sekisho_diag::Code;

/// A line of an object was not understood.
pub const OBJECT_UNREAD: Code = Code("fortios/object-unread");
/// A name refers to no object.
pub const OBJECT_UNDEFINED: Code = Code("fortios/object-undefined");
/// A group has no members.
pub const OBJECT_EMPTY: Code = Code("fortios/object-empty");
/// A group is a member of itself.
pub const OBJECT_CYCLE: Code = Code("fortios/object-cycle");
/// Two objects have one name.
pub const OBJECT_DUPLICATE: Code = Code("fortios/object-duplicate");
/// A service of the factory configuration is used that the export lacks.
pub const SERVICE_FACTORY: Code = Code("fortios/service-factory");
/// A line of a policy was not understood.
pub const POLICY_UNREAD: Code = Code("fortios/policy-unread");
/// A policy lacks a setting that it must have.
pub const POLICY_INCOMPLETE: Code = Code("fortios/policy-incomplete");
/// A policy does something that the model does not have.
pub const POLICY_UNSUPPORTED: Code = Code("fortios/policy-unsupported");
/// A policy names an interface or zone that does not exist.
pub const POLICY_INTERFACE: Code = Code("fortios/policy-interface");
/// What a virtual address does is not known.
pub const VIP_UNKNOWN: Code = Code("fortios/vip-unknown");
/// A pool is undefined or not understood.
pub const POOL_UNKNOWN: Code = Code("fortios/pool-unknown");
/// Whether denies stop packets to virtual addresses is not known.
pub const MATCH_VIP_UNKNOWN: Code = Code("fortios/match-vip-unknown");

/// All codes with their one-line meanings.
pub const ALL: &[(Code, &str)] = &[
    (OBJECT_UNREAD, "a line of an address, service or other object was not understood"),
    (OBJECT_UNDEFINED, "a name refers to no object"),
    (OBJECT_EMPTY, "a group has no members"),
    (OBJECT_CYCLE, "a group is a member of itself, or nested too deeply"),
    (OBJECT_DUPLICATE, "two objects have one name"),
    (SERVICE_FACTORY, "a factory service is used that the export lacks"),
    (POLICY_UNREAD, "a line of a policy was not understood"),
    (POLICY_INCOMPLETE, "a policy lacks a setting that it must have"),
    (POLICY_UNSUPPORTED, "a policy or setting that the model does not have"),
    (POLICY_INTERFACE, "a policy names an interface or zone that does not exist"),
    (VIP_UNKNOWN, "what a virtual address does is not fully known"),
    (POOL_UNKNOWN, "a pool is undefined or not understood"),
    (MATCH_VIP_UNKNOWN, "whether denies stop packets to virtual addresses is not known"),
];
