//! Diagnostic codes of exported route tables; each has a page `docs/codes/routes/<name>.md`.

use sekisho_diag::Code;

/// The text is an error message, a cut or a filtered view.
pub const REFUSED: Code = Code("routes/refused");
/// The file holds no table.
pub const NO_TABLE: Code = Code("routes/no-table");
/// A line of a table is not understood.
pub const UNPARSED_ROW: Code = Code("routes/unparsed-row");
/// The head of a table is missing.
pub const NO_LEGEND: Code = Code("routes/no-legend");
/// A table has fewer or more rows than it says itself.
pub const MISSING_ROWS: Code = Code("routes/missing-rows");
/// A row names an interface that the configuration does not have.
pub const UNKNOWN_INTERFACE: Code = Code("routes/unknown-interface");
/// A row names an interface that is down or not routed in the configuration.
pub const DOWN_INTERFACE: Code = Code("routes/down-interface");
/// A table or a next hop names a VRF that the configuration does not have.
pub const UNKNOWN_VRF: Code = Code("routes/unknown-vrf");
/// A connected route lies on an interface of another VRF.
pub const OTHER_VRF: Code = Code("routes/other-vrf");
/// The connected routes of the table and the addresses of the configuration differ.
pub const TIME_SKEW: Code = Code("routes/time-skew");

/// Every code and one line about it.
pub const ALL: &[(Code, &str)] = &[
    (REFUSED, "the route table is an error message, cut or filtered"),
    (NO_TABLE, "the file holds no route table that can be read"),
    (UNPARSED_ROW, "a line of a route table is not understood"),
    (NO_LEGEND, "the head of a route table is missing"),
    (MISSING_ROWS, "a route table has not as many rows as it says"),
    (UNKNOWN_INTERFACE, "a route names an interface that the configuration does not have"),
    (DOWN_INTERFACE, "a route names an interface that is down or not routed"),
    (UNKNOWN_VRF, "a route table names a VRF that the configuration does not have"),
    (OTHER_VRF, "a connected route lies on an interface of another VRF"),
    (TIME_SKEW, "route table and configuration are of different times"),
];
