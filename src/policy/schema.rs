//! The keys of every table. Plain data; [`sweep`](super::sweep) walks a file along it.

/// What a value must look like.
pub(super) enum Shape {
    /// Checked where it is read.
    Read,
    /// A string.
    Text,
    /// An integer.
    Int,
    /// `true` or `false`.
    Bool,
    /// A local date.
    Date,
    /// A list of strings.
    Texts,
    /// A table.
    Table(&'static Schema),
    /// A list of tables.
    Tables(&'static Schema),
}

/// What this release does with a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Read, or only for people.
    Now,
    /// Accepted without influence; the reader is told once per table kind.
    Later,
}

/// One key of a table.
pub(super) struct Key(pub(super) &'static str, pub(super) Shape, pub(super) Use);

/// The keys of one table kind.
pub(super) struct Schema {
    /// The table as the user writes it, such as `[[zones]]`.
    pub(super) label: &'static str,
    /// Its keys, nearest to the beginning first.
    pub(super) keys: &'static [Key],
}

use Shape::{Bool, Date, Int, Read, Table as One, Tables as Many, Text, Texts};
use Use::{Later, Now};

/// The file.
pub(super) const TOP: Schema = Schema {
    label: "zones.toml",
    keys: &[
        Key("schema_version", Read, Now),
        Key("snapshot", Read, Now),
        Key("zones", Many(&ZONE), Now),
        Key("externals", Many(&EXTERNAL), Now),
        Key("flows", Many(&FLOW), Now),
        Key("links", Many(&LINK), Now),
        Key("hosts", Many(&HOST), Now),
        Key("body", One(&BODY), Later),
        Key("policy", One(&POLICY), Now),
        Key("clauses", Many(&CLAUSE), Later),
        Key("people", Many(&PERSON), Later),
        Key("devices", Many(&DEVICE), Later),
        Key("gateways", Many(&GATEWAY), Now),
        Key("required", Many(&REQUIRED), Now),
        Key("exceptions", Many(&EXCEPTION), Later),
        Key("changes", Many(&CHANGE), Later),
        Key("documents", One(&DOCUMENTS), Later),
    ],
};

const ZONE: Schema = Schema {
    label: "[[zones]]",
    keys: &[
        Key("id", Read, Now),
        Key("kind", Read, Now),
        Key("name_ja", Text, Now),
        Key("name_en", Text, Now),
        Key("subnets", Read, Now),
        Key("interfaces", Read, Now),
        Key("vlans", Read, Now),
        Key("vrfs", Read, Now),
        Key("devices", Read, Now),
        Key("next_hops", Read, Now),
        Key("internet", Read, Now),
        Key("treated_as", Read, Now),
        Key("cloud_areas", Many(&CLOUD_AREA), Later),
        Key("important_information", Read, Later),
        Key("important_info_permit", Read, Later),
        Key("shared_platform", Read, Later),
    ],
};

const CLOUD_AREA: Schema = Schema {
    label: "cloud_areas",
    keys: &[
        Key("provider", Text, Now),
        Key("account", Text, Now),
        Key("network", Text, Now),
        Key("cidrs", Texts, Now),
        Key("config", Text, Now),
    ],
};

const EXTERNAL: Schema = Schema {
    label: "[[externals]]",
    keys: &[
        Key("id", Read, Now),
        Key("kind", Read, Now),
        Key("name_ja", Text, Now),
        Key("name_en", Text, Now),
        Key("attached_to", Read, Now),
        Key("internet_connected", Read, Now),
        Key("internet_evidence", One(&EVIDENCE), Now),
        Key("interfaces", Read, Now),
        Key("subnets", Read, Now),
        Key("next_hops", Read, Now),
        Key("transit", Read, Now),
        Key("same_network_as", Read, Now),
        Key("reachable_via", Read, Now),
        Key("approval", One(&APPROVAL), Now),
        Key("expires", Read, Now),
        Key("line", Read, Now),
        Key("operator", Text, Now),
        Key("public_body", Bool, Later),
        Key("safety_basis", One(&EVIDENCE), Later),
        Key("allowed_services", Texts, Later),
        Key("address_source", One(&ADDRESS_SOURCE), Later),
        Key("survey", One(&EVIDENCE), Later),
    ],
};

const EVIDENCE: Schema = Schema {
    label: "evidence",
    keys: &[Key("doc", Text, Now), Key("date", Date, Now), Key("answered_by", Text, Now)],
};

const ADDRESS_SOURCE: Schema = Schema {
    label: "address_source",
    keys: &[Key("publisher", Text, Now), Key("date", Date, Now), Key("sha256", Text, Now)],
};

const APPROVAL: Schema = Schema {
    label: "approval",
    keys: &[
        Key("number", Text, Now),
        Key("applicant", Text, Now),
        Key("approver", Text, Now),
        Key("date", Date, Now),
        Key("expires", Date, Now),
        Key("document", Text, Now),
    ],
};

const FLOW: Schema = Schema {
    label: "[[flows]]",
    keys: &[
        Key("id", Read, Now),
        Key("match", One(&MATCH), Now),
        Key("initiator", Read, Now),
        Key("helpers", Read, Now),
        Key("purpose_ja", Text, Now),
        Key("purpose_en", Text, Now),
        Key("approval", One(&APPROVAL), Now),
        Key("expires", Read, Now),
        Key("review_by", Date, Later),
        Key("via", Read, Now),
        Key("data_flow", Text, Later),
        Key("important", Bool, Later),
        Key("clauses", Texts, Later),
    ],
};

const MATCH: Schema = Schema {
    label: "match",
    keys: &[
        Key("from", Read, Now),
        Key("to", Read, Now),
        Key("src", Read, Now),
        Key("dst", Read, Now),
        Key("proto", Read, Now),
        Key("ports", Read, Now),
        Key("src_ports", Read, Now),
        Key("icmp", Read, Now),
    ],
};

const LINK: Schema = Schema { label: "[[links]]", keys: &[Key("a", Read, Now), Key("b", Read, Now)] };

const HOST: Schema = Schema {
    label: "[[hosts]]",
    keys: &[
        Key("id", Read, Now),
        Key("addresses", Read, Now),
        Key("forwards", Read, Now),
        Key("evidence", One(&EVIDENCE), Now),
    ],
};

const BODY: Schema = Schema {
    label: "[body]",
    keys: &[
        Key("name_ja", Text, Now),
        Key("name_en", Text, Now),
        Key("code", Text, Now),
        Key("prefecture", Text, Now),
    ],
};

const POLICY: Schema = Schema {
    label: "[policy]",
    keys: &[
        Key("model", Text, Later),
        Key("preset_edition", Text, Later),
        Key("profiles", Texts, Later),
        Key("source_model", Read, Now),
        Key("max_prefix_v4", Int, Later),
        Key("max_prefix_v6", Int, Later),
        Key("evidence_max_age_days", Int, Later),
        Key("unused_rule_days", Int, Later),
        Key("failures", Int, Later),
        Key("fiscal_year_start", Text, Later),
    ],
};

const CLAUSE: Schema = Schema {
    label: "[[clauses]]",
    keys: &[
        Key("id", Read, Now),
        Key("state", Text, Now),
        Key("reason", Text, Now),
        Key("approver", Text, Now),
    ],
};

const PERSON: Schema = Schema {
    label: "[[people]]",
    keys: &[Key("id", Read, Now), Key("name", Text, Now), Key("roles", Texts, Now), Key("dept", Text, Now)],
};

const DEVICE: Schema = Schema {
    label: "[[devices]]",
    keys: &[
        Key("id", Read, Now),
        Key("asset_no", Text, Now),
        Key("format", Text, Now),
        Key("config", Text, Now),
        Key("manager", Text, Now),
        Key("hostname", Text, Now),
        Key("ha_pair", Text, Now),
    ],
};

const LEG: Schema = Schema { label: "leg", keys: &[Key("zone", Read, Now), Key("hosts", Read, Now)] };

const GATEWAY: Schema = Schema {
    label: "[[gateways]]",
    keys: &[
        Key("id", Read, Now),
        Key("kind", Read, Now),
        Key("leg_a", One(&LEG), Now),
        Key("leg_b", One(&LEG), Now),
        Key("ports", Read, Now),
        Key("forwarding", Read, Now),
        Key("evidence", One(&EVIDENCE), Now),
        Key("inspects", Bool, Now),
    ],
};

const REQUIRED: Schema = Schema {
    label: "[[required]]",
    keys: &[
        Key("id", Read, Now),
        Key("match", One(&MATCH), Now),
        Key("purpose_ja", Text, Now),
        Key("purpose_en", Text, Now),
        Key("ha", Read, Now),
    ],
};

const EXCEPTION: Schema = Schema {
    label: "[[exceptions]]",
    keys: &[
        Key("id", Read, Now),
        Key("clause", Text, Now),
        Key("scope", Texts, Now),
        Key("reason_ja", Text, Now),
        Key("permit_number", Text, Now),
        Key("applicant", Text, Now),
        Key("approver", Text, Now),
        Key("approved_on", Date, Now),
        Key("expires_on", Date, Now),
        Key("emergency", Bool, Now),
        Key("reported_on", Date, Now),
        Key("compensating", Text, Now),
        Key("document", Text, Now),
    ],
};

const CHANGE: Schema = Schema {
    label: "[[changes]]",
    keys: &[
        Key("id", Read, Now),
        Key("device", Text, Now),
        Key("date", Date, Now),
        Key("worker", Text, Now),
        Key("checker", Text, Now),
        Key("one_person_reason", Text, Now),
        Key("approval", One(&APPROVAL), Now),
        Key("before_sha256", Text, Now),
        Key("after_sha256", Text, Now),
        Key("summary_ja", Text, Now),
        Key("consult_no", Text, Now),
        Key("tested_run", Text, Now),
    ],
};

const DOCUMENTS: Schema = Schema {
    label: "[documents]",
    keys: &[
        Key("classification", Text, Now),
        Key("audience", Texts, Now),
        Key("retention_years", Int, Now),
        Key("redact_by_default", Bool, Now),
    ],
};
