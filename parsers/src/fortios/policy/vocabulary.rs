//! Settings of policies: which of them are read, which narrow what a policy matches, which need a model
//! that does not exist, and which cannot change what passes.
//!
//! Source: FortiOS CLI Reference 5.6 to 7.6, `config firewall policy`, `policy6`, `consolidated policy`.

use crate::fortios::objects::reading::Vocabulary;

/// Settings of the three tables of policies.
pub(super) const POLICY: Vocabulary = Vocabulary {
    modelled: &[
        "srcintf", "dstintf", "srcaddr", "dstaddr", "srcaddr4", "dstaddr4", "srcaddr6", "dstaddr6", "service",
        "action", "status", "schedule", "srcaddr-negate", "dstaddr-negate", "srcaddr6-negate",
        "dstaddr6-negate", "service-negate", "nat", "ippool", "poolname", "poolname4", "poolname6",
        "fixedport", "match-vip", "match-vip-only", "vpntunnel", "inbound", "outbound", "natinbound",
        "natoutbound", "natip", "internet-service", "internet-service-src", "internet-service6",
        "internet-service6-src", "ssl-mirror", "ssl-mirror-intf", "decrypted-traffic-mirror", "nat46", "nat64",
        "permit-any-host", "permit-stun-host", "pcp-inbound", "pcp-outbound", "pcp-poolname", "wccp", "wanopt",
        "wanopt-profile", "wanopt-peer", "webproxy-forward-server", "identity-based-route", "rtp-nat",
        "rtp-addr", "http-policy-redirect", "ssh-policy-redirect", "ztna-policy-redirect", "redirect-url",
        // Settings that narrow: see `narrowing`.
        "users", "groups", "fsso-groups", "devices", "ztna-status", "ztna-device-ownership", "ztna-ems-tag",
        "ztna-ems-tag-secondary", "ztna-ems-tag6", "ztna-tags-match-logic", "ztna-geo-tag", "ztna-destination",
        "ztna-ems-tag-negate", "internet-service-name", "internet-service-id", "internet-service-group",
        "internet-service-custom", "internet-service-custom-group", "internet-service-negate",
        "internet-service-fortiguard", "internet-service-src-name", "internet-service-src-id",
        "internet-service-src-group", "internet-service-src-custom", "internet-service-src-custom-group",
        "internet-service-src-negate", "internet-service-src-fortiguard", "internet-service6-name",
        "internet-service6-group", "internet-service6-custom", "internet-service6-custom-group",
        "internet-service6-negate", "internet-service6-fortiguard", "internet-service6-src-name",
        "internet-service6-src-group", "internet-service6-src-custom", "internet-service6-src-custom-group",
        "internet-service6-src-negate", "internet-service6-src-fortiguard", "network-service-dynamic",
        "network-service-src-dynamic", "reputation-minimum", "reputation-direction", "reputation-minimum6",
        "reputation-direction6", "src-vendor-mac", "tos", "tos-mask", "tos-negate", "sgt", "sgt-check",
        "vlan-filter", "application", "app-category", "app-group", "url-category", "policy-expiry",
        "policy-expiry-date", "policy-expiry-date-utc", "custom-tags", "saml-server", "scim", "scim-users",
        "scim-groups", "rsso", "ntlm",
    ],
    harmless: &[
        "name", "uuid", "uuid-idx", "comments", "label", "global-label", "fabric-object", "fabric-force-sync",
        "fabric-object-source", "fabric-policy", "logtraffic", "logtraffic-start", "log-http-transaction",
        "capture-packet", "custom-log-fields", "replacemsg-override-group", "block-notification", "tags",
        // Inspection: it may cut off a flow that the policy permits, never permit another.
        "utm-status", "inspection-mode", "profile-type", "profile-group", "av-profile", "webfilter-profile",
        "dnsfilter-profile", "emailfilter-profile", "spamfilter-profile", "dlp-profile", "dlp-sensor",
        "file-filter-profile", "ips-sensor", "application-list", "voip-profile", "ips-voip-filter",
        "sctp-filter-profile", "diameter-filter-profile", "virtual-patch-profile", "icap-profile",
        "cifs-profile", "videofilter-profile", "waf-profile", "ssh-filter-profile", "casb-profile",
        "telemetry-profile", "llm-profile", "profile-protocol-options", "ssl-ssh-profile", "webproxy-profile",
        "gtp-profile", "scan-botnet-connections", "dsri", "app-monitor", "learning-mode",
        // Sessions, queues and marks on the wire.
        "firewall-session-dirty", "schedule-timeout", "send-deny-packet", "anti-replay",
        "tcp-session-without-syn", "session-ttl", "timeout-send-rst", "auto-asic-offload", "np-acceleration",
        "traffic-shaper", "traffic-shaper-reverse", "per-ip-shaper", "dynamic-shaping", "diffserv-copy",
        "diffserv-forward", "diffserv-reverse", "diffservcode-forward", "diffservcode-rev", "vlan-cos-fwd",
        "vlan-cos-rev", "tcp-mss-sender", "tcp-mss-receiver", "delay-tcp-npu-session", "fec",
        "passive-wan-health-measurement", "port-preserve", "port-random", "webcache", "webcache-https",
        "wanopt-detection", "wanopt-passive-opt", "geoip-anycast", "geoip-match",
        // How users are asked for their names.
        "fsso", "wsso", "fsso-agent-for-ntlm", "ntlm-guest", "ntlm-enabled-browsers", "auth-path", "disclaimer",
        "email-collect", "auth-cert", "auth-redirect-addr", "captive-portal-exempt", "radius-mac-auth-bypass",
        "radius-ip-auth-bypass",
    ],
    tables: &[],
    harmless_tables: &[],
};

/// Lists that narrow what a policy matches to something that no header shows, and their name for a report.
pub(super) const NARROWING: &[(&str, &str)] = &[
    ("users", "users"),
    ("groups", "user groups"),
    ("fsso-groups", "user groups"),
    ("devices", "devices"),
    ("ztna-ems-tag", "ZTNA tags"),
    ("ztna-ems-tag-secondary", "ZTNA tags"),
    ("ztna-ems-tag6", "ZTNA tags"),
    ("ztna-geo-tag", "ZTNA tags"),
    ("ztna-destination", "ZTNA destinations"),
    ("network-service-dynamic", "a network service list"),
    ("network-service-src-dynamic", "a network service list"),
    ("src-vendor-mac", "hardware vendors"),
    ("sgt", "security group tags"),
    ("application", "applications"),
    ("app-category", "applications"),
    ("app-group", "applications"),
    ("url-category", "URL categories"),
    ("vlan-filter", "VLAN tags"),
    ("custom-tags", "tags"),
    ("saml-server", "users"),
    ("scim-users", "users"),
    ("scim-groups", "user groups"),
    ("policy-expiry-date", "its expiry date"),
    ("policy-expiry-date-utc", "its expiry date"),
];

/// Switches that narrow when they are on, or set to other than their default.
pub(super) const NARROWING_SWITCHES: &[(&str, &str, &str)] = &[
    ("ztna-status", "disable", "ZTNA"),
    ("ztna-device-ownership", "disable", "ZTNA"),
    ("sgt-check", "disable", "security group tags"),
    ("policy-expiry", "disable", "its expiry date"),
    ("reputation-minimum", "0", "reputation"),
    ("reputation-minimum6", "0", "reputation"),
    ("tos-mask", "0x00", "type of service"),
    ("rsso", "disable", "users"),
    ("ntlm", "disable", "users"),
];

/// Switches that make the device do what the model does not have, when they are on.
pub(super) const UNSUPPORTED_SWITCHES: &[(&str, &str)] = &[
    ("nat46", "translation between IPv4 and IPv6"),
    ("nat64", "translation between IPv4 and IPv6"),
    ("permit-any-host", "translation that lets anybody in"),
    ("permit-stun-host", "translation that lets anybody in"),
    ("pcp-inbound", "mappings made by hosts (PCP)"),
    ("pcp-outbound", "mappings made by hosts (PCP)"),
    ("wccp", "redirection to a cache (WCCP)"),
    ("wanopt", "WAN optimisation"),
    ("ssl-mirror", "mirroring of decrypted traffic"),
    ("rtp-nat", "translation of RTP"),
    ("http-policy-redirect", "redirection to the proxy"),
    ("ssh-policy-redirect", "redirection to the proxy"),
    ("ztna-policy-redirect", "redirection to the proxy"),
];

/// Names that do so when they are set.
pub(super) const UNSUPPORTED_NAMES: &[(&str, &str)] = &[
    ("decrypted-traffic-mirror", "mirroring of decrypted traffic"),
    ("webproxy-forward-server", "forwarding to another proxy"),
    ("identity-based-route", "routes by user"),
];
