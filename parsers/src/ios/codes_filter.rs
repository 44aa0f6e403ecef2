//! Diagnostic codes of filters, object groups, translation, zones and route maps.

use sekisho_diag::Code;

/// A binding names a list that is not defined.
pub const ACL_UNDEFINED: Code = Code("ios/acl-undefined");
/// A binding names a list without entries.
pub const ACL_EMPTY: Code = Code("ios/acl-empty");
/// An entry re-uses a sequence number.
pub const ACL_DUPLICATE_SEQUENCE: Code = Code("ios/acl-duplicate-sequence");
/// A line edits a list in a way that was not understood.
pub const ACL_UNKNOWN_EDIT: Code = Code("ios/acl-unknown-edit");
/// An entry of a list was not understood.
pub const ACL_UNREAD_ENTRY: Code = Code("ios/acl-unread-entry");
/// An entry names a time range that is not defined.
pub const TIME_RANGE_UNDEFINED: Code = Code("ios/time-range-undefined");
/// An object group is undefined, empty, cyclic or has a member that was not understood.
pub const OBJECT_GROUP_UNKNOWN: Code = Code("ios/object-group-unknown");
/// A translation names a list, pool or interface that is not known.
pub const NAT_UNKNOWN_OPERAND: Code = Code("ios/nat-unknown-operand");
/// A translation that the model does not have.
pub const NAT_UNSUPPORTED: Code = Code("ios/nat-unsupported");
/// An interface is a member of a zone that is not defined.
pub const ZONE_UNDEFINED: Code = Code("ios/zone-undefined");
/// A zone pair names a policy that is not defined.
pub const ZONE_POLICY_UNDEFINED: Code = Code("ios/zone-policy-undefined");
/// An interface is bound to a route map that is not defined.
pub const ROUTE_MAP_UNDEFINED: Code = Code("ios/route-map-undefined");
/// An entry of a policy route is not modelled.
pub const ROUTE_MAP_UNKNOWN: Code = Code("ios/route-map-unknown");

/// All codes with their one-line meanings.
pub const ALL: &[(Code, &str)] = &[
    (ACL_UNDEFINED, "a binding names a list that is not defined and filters nothing"),
    (ACL_EMPTY, "a binding names a list without entries and filters nothing"),
    (ACL_DUPLICATE_SEQUENCE, "an entry re-uses a sequence number"),
    (ACL_UNKNOWN_EDIT, "a line edits a list in a way that was not understood"),
    (ACL_UNREAD_ENTRY, "an entry of a list was not understood"),
    (TIME_RANGE_UNDEFINED, "an entry names a time range that is not defined"),
    (OBJECT_GROUP_UNKNOWN, "an object group is undefined, empty, cyclic or not fully understood"),
    (NAT_UNKNOWN_OPERAND, "a translation names a list, pool or interface that is not known"),
    (NAT_UNSUPPORTED, "a translation that the model does not have"),
    (ZONE_UNDEFINED, "an interface is a member of a zone that is not defined"),
    (ZONE_POLICY_UNDEFINED, "a zone pair names a policy or class that is not defined"),
    (ROUTE_MAP_UNDEFINED, "an interface is bound to a route map that is not defined"),
    (ROUTE_MAP_UNKNOWN, "an entry of a policy route is not modelled"),
];
