//! Diagnostic codes of this vendor; each has a page in `docs/codes/fortios/`.

use sekisho_diag::Code;

/// A line was not understood.
pub const UNRECOGNIZED_LINE: Code = Code("fortios/unrecognized-line");
/// A line is known but not modelled.
pub const UNSUPPORTED_LINE: Code = Code("fortios/unsupported-line");
/// A table is neither read nor known to be harmless.
pub const UNKNOWN_TABLE: Code = Code("fortios/unknown-table");
/// No `set hostname`.
pub const NO_HOSTNAME: Code = Code("fortios/no-hostname");
/// The header does not tell the release.
pub const NO_VERSION: Code = Code("fortios/no-version");
/// Brackets that do not fit, or a block open at the end.
pub const BROKEN_STRUCTURE: Code = Code("fortios/broken-structure");
/// A virtual domain is named but has no body.
pub const VDOM_MISSING: Code = Code("fortios/vdom-missing");
/// An interface is named but not defined.
pub const UNDEFINED_INTERFACE: Code = Code("fortios/undefined-interface");
/// The far end of a link between virtual domains is not in the file.
pub const LINK_WITHOUT_PEER: Code = Code("fortios/link-without-peer");

/// All codes with their one-line meanings.
pub const ALL: &[(Code, &str)] = &[
    (UNRECOGNIZED_LINE, "a line was not understood"),
    (UNSUPPORTED_LINE, "a line is known but not modelled"),
    (UNKNOWN_TABLE, "a table is neither read nor known to be harmless"),
    (NO_HOSTNAME, "the configuration has no host name"),
    (NO_VERSION, "the file does not tell the release"),
    (BROKEN_STRUCTURE, "blocks do not fit together"),
    (VDOM_MISSING, "a virtual domain has no body"),
    (UNDEFINED_INTERFACE, "an interface is named but not defined"),
    (LINK_WITHOUT_PEER, "the far end of a link between virtual domains is missing"),
];
