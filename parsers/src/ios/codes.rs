//! Diagnostic codes of this vendor; each has a page in `docs/codes/ios/`.

use sekisho_diag::Code;

/// A line was not understood.
pub const UNRECOGNIZED_LINE: Code = Code("ios/unrecognized-line");
/// A line is known but not modelled.
pub const UNSUPPORTED_LINE: Code = Code("ios/unsupported-line");
/// No `hostname` line.
pub const NO_HOSTNAME: Code = Code("ios/no-hostname");
/// The text has no `end` line.
pub const NO_END: Code = Code("ios/no-end");
/// Text after the `end` line.
pub const AFTER_END: Code = Code("ios/after-end");
/// The end of a banner, certificate or macro was not found.
pub const OPEN_FREE_TEXT: Code = Code("ios/open-free-text");
/// A line inside free text reads as configuration.
pub const CONFIG_IN_FREE_TEXT: Code = Code("ios/config-in-free-text");
/// The file refers to routing that it does not define.
pub const STRIPPED: Code = Code("ios/stripped-config");
/// A VRF is used but not defined.
pub const UNDEFINED_VRF: Code = Code("ios/undefined-vrf");
/// An interface is named but not defined.
pub const UNDEFINED_INTERFACE: Code = Code("ios/undefined-interface");
/// A VRF binding that follows the addresses, which it removes.
pub const VRF_AFTER_ADDRESS: Code = Code("ios/vrf-after-address");
/// A port that is both switched and routed.
pub const SWITCHED_AND_ROUTED: Code = Code("ios/switched-and-routed");
/// A port of which the file does not say whether it is switched.
pub const PORT_MODE_UNKNOWN: Code = Code("ios/port-mode-unknown");
/// Indented lines under a statement that opens no block.
pub const STRAY_INDENT: Code = Code("ios/stray-indent");

/// All codes with their one-line meanings.
pub const ALL: &[(Code, &str)] = &[
    (UNRECOGNIZED_LINE, "a line was not understood"),
    (UNSUPPORTED_LINE, "a line is known but not modelled"),
    (NO_HOSTNAME, "the configuration has no host name"),
    (NO_END, "the text does not show its end"),
    (AFTER_END, "text follows the end line"),
    (OPEN_FREE_TEXT, "the end of a free text was not found"),
    (CONFIG_IN_FREE_TEXT, "a line inside free text reads as configuration"),
    (STRIPPED, "the file refers to routing that it does not define"),
    (UNDEFINED_VRF, "a VRF is used but not defined"),
    (UNDEFINED_INTERFACE, "an interface is named but not defined"),
    (VRF_AFTER_ADDRESS, "a VRF binding follows the addresses of its interface"),
    (SWITCHED_AND_ROUTED, "a port is both switched and routed"),
    (PORT_MODE_UNKNOWN, "the file does not say whether a port is switched"),
    (STRAY_INDENT, "indented lines under a statement that opens no block"),
];
