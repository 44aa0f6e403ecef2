//! Which settings of an interface are read, which are harmless, and which are known but not modelled.

/// What becomes of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Read by a module of the interface.
    Read,
    /// Cannot affect forwarding.
    Harmless,
    /// Known, not modelled: the interface may do anything.
    Interface(&'static str),
    /// Known, not modelled: the whole virtual domain may do anything.
    Device(&'static str),
    /// Not known.
    Unknown,
}

/// Read by this and the neighbouring modules.
const READ: &[&str] = &[
    "alias", "allowaccess", "defaultgw", "description", "dhcp-relay-ip", "dhcp-relay-service",
    "dhcp-relay-request-all-server", "interface", "ip", "ipunnumbered", "management-ip", "member", "mode",
    "remote-ip", "secondary-IP", "status", "type", "vdom", "vlanid", "vrf",
];

/// Harmless, whatever their value.
///
/// Source: `FortiOS` CLI Reference, `config system interface`.
const HARMLESS: &[&str] = &[
    // Names, display, inventory, monitoring.
    "color", "comment", "comments", "devindex", "estimated-downstream-bandwidth", "estimated-upstream-bandwidth",
    "external", "fortiheartbeat", "lldp-network-policy", "lldp-reception", "lldp-transmission", "macaddr",
    "measured-downstream-bandwidth", "measured-upstream-bandwidth", "monitor-bandwidth", "role", "sample-direction",
    "sample-rate", "sflow-sampler", "netflow-sampler", "ipfix-sampler", "netflow-sample-rate", "netflow-sampler-id",
    "snmp-index", "speed", "tagging", "trust-ip-1", "trust-ip-2", "trust-ip-3", "trust-ip6-1", "trust-ip6-2",
    "trust-ip6-3", "uuid", "wifi-ap-profile", "device-identification", "device-access-list",
    "device-netscan", "device-user-identification", "device-identification-active-scan", "scan-botnet-connections",
    "internal", "dedicated-to", "fortilink-backup-link", "switch-controller-learning-limit",
    // Link properties.
    "annex", "auto-auth-extension-device", "ap-discover", "bfd-desired-min-tx", "bfd-detect-mult",
    "bfd-required-min-rx", "disc-retry-timeout", "lcp-echo-interval", "lcp-max-echo-fails", "padt-retry-timeout",
    "phy-mode", "mediatype", "forward-error-correction", "detected-peer-mtu", "lacp-ha-secondary", "lacp-ha-slave",
    "lacp-mode", "lacp-speed", "link-up-delay", "min-links", "min-links-down", "algorithm", "aggregate-type",
    "mtu", "mtu-override", "tcp-mss", "sw-algorithm", "split-interface",
    "ike-saml-server", "ping-serv-status", "polling-interval", "fail-action-on-extender",
    "fail-alert-interfaces", "fail-alert-method", "fail-detect", "fail-detect-option", "detectprotocol",
    "detectserver", "gwdetect", "ha-priority", "transmit-delay", "retransmit-interval", "system-id",
    "system-id-type", "mirroring-filter", "port-mirroring", "eip", "eap-supplicant", "eap-method", "eap-identity",
    "eap-password", "eap-ca-cert", "eap-user-cert", "defaultgw-metric", "stp", "stp-edge", "stp-ha-secondary",
    "stp-ha-slave", "stpforward", "stpforward-mode", "egress-queues", "ingress-cos", "egress-cos",
    "exclude-signatures", "np-qos-profile", "security-8021x-dynamic-vlan-id", "virtual-mac", "vrrp-virtual-mac",
    "dns-server-protocol", "connected-status",
    // Addresses of others, services of the box itself.
    "auth-type", "username", "password", "pppoe-unnumbered-negotiate", "pppoe-egress-cos", "service-name", "ac-name",
    "idle-timeout", "initiated", "auth-cert", "auth-portal-addr", "captive-portal", "cli-conn-status",
    "dhcp-broadcast-flag", "dhcp-classless-route-addition", "dhcp-client-identifier", "dhcp-renew-time",
    "dhcp-relay-agent-option", "dhcp-relay-circuit-id", "dhcp-relay-link-selection", "dhcp-relay-source-ip",
    "dhcp-relay-type", "dhcp-relay-interface", "dhcp-relay-interface-select-method",
    "dhcp-relay-allow-no-end-option", "dhcp-smart-relay", "dhcp-relay-vrf-select", "dhcp-snooping-server-list",
    "distance", "dns-server-override", "dns-query", "priority", "ping-speed", "pptp-auth-type",
    "pptp-password", "pptp-server-ip", "pptp-timeout", "pptp-user", "lcp-max-echo-failures", "weight",
    "preserve-session-route", "client-options", "dhcp-renew-timeout", "radius-accounting", "radius-server-vdom",
    // Only drop, delay, mark, inspect or count what would pass.
    "bandwidth-measure-time", "drop-fragment", "drop-overlapped-fragment", "egress-shaping-profile",
    "inbandwidth", "ingress-shaping-profile", "ident-accept", "icmp-accept-redirect", "icmp-send-redirect",
    "outbandwidth", "security-external-logout", "security-external-web", "security-groups", "security-mac-auth-bypass",
    "security-redirect-url", "security-ip-auth-bypass", "security-exempt-list", "security-mode",
    "spillover-threshold", "ingress-spillover-threshold", "src-check", "swc-first-create", "swc-vlan",
    "reachable-time", "broadcast-forticlient-discovery", "explicit-proxy-compat", "egress-shaping",
    "forward-domain", "monitor", "switch-controller-access-vlan", "switch-controller-arp-inspection",
    "switch-controller-dhcp-snooping", "switch-controller-dhcp-snooping-option82",
    "switch-controller-dhcp-snooping-verify-mac", "switch-controller-dynamic", "switch-controller-feature",
    "switch-controller-igmp-snooping", "switch-controller-igmp-snooping-fast-leave",
    "switch-controller-igmp-snooping-proxy", "switch-controller-iot-scanning", "switch-controller-mgmt-vlan",
    "switch-controller-nac", "switch-controller-netflow-collect", "switch-controller-offload",
    "switch-controller-offload-gw", "switch-controller-offload-ip", "switch-controller-rspan-mode",
    "switch-controller-source-ip", "switch-controller-traffic-policy", "fortilink-neighbor-detect",
    "fortilink-split-interface", "fortilink-stacking", "vlan-protocol",
];

/// Harmless with one value, something else with any other.
const SWITCHES: &[(&str, &str, Treatment)] = &[
    ("bfd", "global", Treatment::Harmless),
    ("bfd", "disable", Treatment::Harmless),
    ("broadcast-forward", "disable", Treatment::Interface("forwarding of broadcasts")),
    ("explicit-ftp-proxy", "disable", Treatment::Device("explicit proxy")),
    ("explicit-web-proxy", "disable", Treatment::Device("explicit proxy")),
    ("proxy-captive-portal", "disable", Treatment::Device("explicit proxy")),
    ("icap", "disable", Treatment::Interface("interception")),
    ("ips-sniffer-mode", "disable", Treatment::Interface("sniffer port")),
    ("l2forward", "disable", Treatment::Device("forwarding of other protocols between ports")),
    ("l2tp-client", "disable", Treatment::Device("layer-2 tunnel")),
    ("netbios-forward", "disable", Treatment::Interface("forwarding of NetBIOS broadcasts")),
    ("vlanforward", "disable", Treatment::Device("forwarding between VLANs")),
    ("ip-managed-by-fortiipam", "disable", Treatment::Interface("address from FortiIPAM")),
    ("ip-managed-by-fortiipam", "inherit-global", Treatment::Interface("address from FortiIPAM")),
    ("managed-device", "disable", Treatment::Harmless),
    // The port of managed switches; the switches themselves are another table.
    ("fortilink", "disable", Treatment::Harmless),
    ("fortilink", "enable", Treatment::Harmless),
    ("pptp-client", "disable", Treatment::Interface("address from a PPTP server")),
    ("subst", "disable", Treatment::Interface("rewritten link addresses")),
    ("substitute-dst-mac", "00:00:00:00:00:00", Treatment::Interface("rewritten link addresses")),
    ("wccp", "disable", Treatment::Interface("redirection to caches")),
    ("arpforward", "disable", Treatment::Harmless),
    ("trunk", "disable", Treatment::Device("VLANs of hardware switches")),
    ("vindex", "0", Treatment::Harmless),
    ("wins-ip", "0.0.0.0", Treatment::Interface("forwarding of NetBIOS broadcasts")),
    ("arpforward", "enable", Treatment::Harmless),
];

/// What becomes of a setting of an interface.
pub(super) fn treatment(name: &str, value: Option<&str>, unset: bool) -> Treatment {
    if READ.contains(&name) {
        return Treatment::Read;
    }
    if HARMLESS.contains(&name) {
        return Treatment::Harmless;
    }
    let mut known = SWITCHES.iter().filter(|(n, _, _)| *n == name).peekable();
    let Some((_, _, other)) = known.peek().copied() else { return Treatment::Unknown };
    let harmless = unset || known.any(|(_, v, _)| Some(*v) == value);
    if harmless { Treatment::Harmless } else { *other }
}

/// What becomes of a setting of the IPv6 part of an interface.
pub(super) fn treatment6(name: &str) -> Treatment {
    const READ6: &[&str] = &[
        "ip6-address", "ip6-allowaccess", "ip6-mode", "autoconf", "dhcp6-relay-ip", "dhcp6-relay-service",
        "ip6-upstream-interface", "ip6-subnet", "ip6-delegated-prefix-iaid", "ip6-prefix-mode",
    ];
    const HARMLESS6: &[&str] = &[
        "cli-conn6-status", "dhcp6-client-options", "dhcp6-information-request", "dhcp6-prefix-delegation",
        "dhcp6-prefix-hint", "dhcp6-prefix-hint-plt", "dhcp6-prefix-hint-vlt", "dhcp6-relay-type",
        "dhcp6-relay-source-interface", "dhcp6-relay-source-ip", "dhcp6-relay-interface-id",
        "icmp6-send-redirect", "interface-identifier", "ip6-default-life", "ip6-dns-server-override",
        "ip6-hop-limit", "ip6-link-mtu", "ip6-manage-flag", "ip6-max-interval", "ip6-min-interval",
        "ip6-other-flag", "ip6-reachable-time", "ip6-retrans-time", "ip6-send-adv", "nd-cert", "nd-cga-modifier",
        "nd-mode", "nd-security-level", "nd-timestamp-delta", "nd-timestamp-fuzz", "ra-send-mtu",
        "unique-autoconf-addr", "vrrp-virtual-mac6", "ip6-adv-rio", "ip6-route-pref", "vrip6_link_local",
        "ip6-rdnss-list", "ip6-dnssl-list",
    ];
    if READ6.contains(&name) {
        Treatment::Read
    } else if HARMLESS6.contains(&name) {
        Treatment::Harmless
    } else {
        Treatment::Unknown
    }
}
