//! Diagnostic codes of zones.toml.
//!
//! A code is stable for ever; `ALL` lists each with a line of description and the number under which the
//! regulation's policy chapter knows it. Every code has a page `docs/codes/zones/<name>.md`.

use sekisho_diag::Code;

/// The file is not TOML, or not UTF-8.
pub const NOT_TOML: Code = Code("zones/not-toml");
/// `schema_version` is absent or not supported.
pub const SCHEMA_VERSION: Code = Code("zones/schema-version");
/// A key that the schema does not have.
pub const UNKNOWN_KEY: Code = Code("zones/unknown-key");
/// A required key is absent.
pub const MISSING_KEY: Code = Code("zones/missing-key");
/// A value has another type than its key wants, or is empty.
pub const WRONG_TYPE: Code = Code("zones/wrong-type");
/// A word outside the closed list of its key.
pub const BAD_VALUE: Code = Code("zones/bad-value");
/// The file or one of its tables is too long.
pub const LIMIT: Code = Code("zones/limit");
/// A value or key that looks like a secret.
pub const SECRET: Code = Code("zones/secret");
/// Two entries share an id.
pub const DUPLICATE_ID: Code = Code("zones/duplicate-id");
/// An id of the wrong form, or a reserved one.
pub const BAD_ID: Code = Code("zones/bad-id");
/// A reference to something that the file does not define.
pub const UNDEFINED_REFERENCE: Code = Code("zones/undefined-reference");
/// A zone or external of unknown kind.
pub const UNKNOWN_KIND: Code = Code("zones/unknown-kind");
/// Not an address or prefix.
pub const BAD_ADDRESS: Code = Code("zones/bad-address");
/// A prefix with host bits set.
pub const HOST_BITS: Code = Code("zones/host-bits");
/// IPv4 and IPv6 in one match.
pub const MIXED_FAMILIES: Code = Code("zones/mixed-families");
/// A port, protocol or ICMP type that cannot be.
pub const PORT_PROTOCOL: Code = Code("zones/port-protocol");
/// A range that no zone can own.
pub const RESERVED_RANGE: Code = Code("zones/reserved-range");
/// Two owners of the same addresses.
pub const OVERLAP: Code = Code("zones/overlap");
/// Two owners of the same interface, VLAN, VRF, device, next hop or host.
pub const ATTACHED_TWICE: Code = Code("zones/attached-twice");
/// A cloud area that does not say which zone it is treated as.
pub const NO_TREATED_AS: Code = Code("zones/no-treated-as");
/// A zone or external that is nowhere.
pub const NO_ATTACHMENT: Code = Code("zones/no-attachment");
/// An endpoint that is not `DEVICE:NAME`.
pub const BAD_ENDPOINT: Code = Code("zones/bad-endpoint");
/// A link whose two ends are the same.
pub const SELF_LINK: Code = Code("zones/self-link");
/// An external does not say whether it is connected to the Internet.
pub const INTERNET_UNSTATED: Code = Code("zones/internet-unstated");
/// A declaration "no" without a document and date.
pub const NO_EVIDENCE: Code = Code("zones/no-evidence");
/// A declaration "no" that the same entry contradicts.
pub const INTERNET_CONTRADICTED: Code = Code("zones/internet-contradicted");
/// A flow whose addresses lie outside its zone.
pub const OUTSIDE_ZONE: Code = Code("zones/outside-zone");
/// A flow that another one contains.
pub const CONTAINED_FLOW: Code = Code("zones/contained-flow");
/// A TCP or UDP flow without ports.
pub const ALL_PORTS: Code = Code("zones/all-ports");
/// An expiry before the approval, or a review after the expiry.
pub const EXPIRY_ORDER: Code = Code("zones/expiry-order");
/// Approved after the day of evaluation.
pub const NOT_YET_APPROVED: Code = Code("zones/not-yet-approved");
/// Expired at the day of evaluation.
pub const EXPIRED: Code = Code("zones/expired");
/// A gateway that parts nothing: one address on both legs, forwarding, the wrong zones.
pub const GATEWAY: Code = Code("zones/gateway-misdeclared");
/// A flow by a gateway to ports that the gateway does not declare.
pub const GATEWAY_PORT: Code = Code("zones/gateway-port");
/// A flow by a gateway that ends at no leg of it.
pub const GATEWAY_END: Code = Code("zones/gateway-end");
/// A gateway and a host of one address that do not say the same.
pub const GATEWAY_HOST: Code = Code("zones/gateway-host");
/// A gateway by which no flow goes.
pub const GATEWAY_UNUSED: Code = Code("zones/gateway-unused");
/// A flow between an LGWAN segment and an Internet segment without a gateway.
pub const NO_GATEWAY: Code = Code("zones/no-gateway");
/// Read, but without influence on the verdict in this release.
pub const NOT_EVALUATED: Code = Code("zones/not-evaluated");

/// Every code: the code, one line about it, and its alias in the policy chapter (empty when it has none).
pub const ALL: &[(Code, &str, &str)] = &[
    (NOT_TOML, "the file is not TOML or not UTF-8", "E001"),
    (SCHEMA_VERSION, "schema_version is absent or not supported", "E002"),
    (UNKNOWN_KEY, "a key that the schema does not have", "E003"),
    (MISSING_KEY, "a required key is absent", "E004"),
    (WRONG_TYPE, "a value of the wrong type, or an empty one", "E004"),
    (BAD_VALUE, "a word outside the list of its key", ""),
    (LIMIT, "the file or one of its tables is too long", "E005"),
    (SECRET, "a value or key that looks like a secret", "E009"),
    (DUPLICATE_ID, "two entries share an id", "E010"),
    (BAD_ID, "an id of the wrong form, or a reserved one", ""),
    (UNDEFINED_REFERENCE, "a reference to something that the file does not define", "E011"),
    (UNKNOWN_KIND, "a zone or external of unknown kind", ""),
    (BAD_ADDRESS, "not an address or prefix", "E020"),
    (HOST_BITS, "a prefix with host bits set", "E021"),
    (MIXED_FAMILIES, "IPv4 and IPv6 in one match", "E022"),
    (PORT_PROTOCOL, "a port, protocol or ICMP type that cannot be", "E023"),
    (RESERVED_RANGE, "a range that no zone can own", "E024"),
    (OVERLAP, "two owners of the same addresses", "E030"),
    (ATTACHED_TWICE, "two owners of the same interface, VLAN, VRF, device, next hop or host", "E031"),
    (NO_TREATED_AS, "a cloud area that does not say which zone it is treated as", "E033"),
    (NO_ATTACHMENT, "a zone or external without any attachment", "E034"),
    (BAD_ENDPOINT, "an endpoint that is not DEVICE:NAME", ""),
    (SELF_LINK, "a link whose two ends are the same", ""),
    (INTERNET_UNSTATED, "an external does not state its Internet connection", "E040"),
    (NO_EVIDENCE, "a declaration \"no\" without document and date", "E041"),
    (INTERNET_CONTRADICTED, "a declaration \"no\" that the same entry contradicts", "E042"),
    (OUTSIDE_ZONE, "a flow whose addresses lie outside its zone", "E052"),
    (CONTAINED_FLOW, "a flow that another one contains", "E057"),
    (ALL_PORTS, "a TCP or UDP flow without ports permits all of them", ""),
    (EXPIRY_ORDER, "an expiry before the approval, or a review after the expiry", "E070"),
    (NOT_YET_APPROVED, "approved after the day of evaluation", "E071"),
    (EXPIRED, "expired at the day of evaluation", "E072"),
    (GATEWAY, "a gateway that parts nothing: flows by it grant nothing", "E060"),
    (GATEWAY_PORT, "a flow by a gateway to ports that the gateway does not declare", "E055"),
    (GATEWAY_END, "a flow by a gateway that ends at no leg of it", ""),
    (GATEWAY_HOST, "a gateway and a host of one address that do not say the same", ""),
    (GATEWAY_UNUSED, "a gateway by which no flow goes", ""),
    (NO_GATEWAY, "a flow between an LGWAN segment and an Internet segment without a gateway", "E054"),
    (NOT_EVALUATED, "read, but without influence on the verdict in this release", ""),
];
