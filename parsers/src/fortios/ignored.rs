//! The allow-list: tables that cannot affect what is forwarded where, whatever they hold.
//!
//! Whole names, never beginnings of names. A table that is neither read nor named here poisons its
//! domain. Profiles (antivirus, web filter, intrusion prevention, ...) can only cut what a policy lets
//! pass; what they cut is not credited.
//!
//! Source: `FortiOS` CLI Reference, 5.6 to 7.6.

/// Whether a table is harmless.
pub(super) fn is_harmless(path: &str) -> bool {
    TABLES.iter().any(|group| group.contains(&path))
}

const TABLES: &[&[&str]] = &[LOG, PROFILES, SYSTEM, ROUTING, FIREWALL, USERS, WIRELESS, VPN];

const LOG: &[&str] = &[
    "alertemail setting",
    "log custom-field", "log disk filter", "log disk setting", "log eventfilter", "log fortianalyzer filter",
    "log fortianalyzer override-filter", "log fortianalyzer override-setting", "log fortianalyzer setting",
    "log fortianalyzer2 filter", "log fortianalyzer2 override-filter", "log fortianalyzer2 override-setting",
    "log fortianalyzer2 setting", "log fortianalyzer3 filter", "log fortianalyzer3 override-filter",
    "log fortianalyzer3 override-setting", "log fortianalyzer3 setting", "log fortianalyzer-cloud filter",
    "log fortianalyzer-cloud override-filter", "log fortianalyzer-cloud override-setting",
    "log fortianalyzer-cloud setting", "log fortiguard filter", "log fortiguard override-filter",
    "log fortiguard override-setting", "log fortiguard setting", "log gui-display", "log memory filter",
    "log memory global-setting", "log memory setting", "log null-device filter", "log null-device setting",
    "log setting", "log syslogd filter", "log syslogd override-filter", "log syslogd override-setting",
    "log syslogd setting", "log syslogd2 filter", "log syslogd2 override-filter", "log syslogd2 override-setting",
    "log syslogd2 setting", "log syslogd3 filter", "log syslogd3 override-filter", "log syslogd3 override-setting",
    "log syslogd3 setting", "log syslogd4 filter", "log syslogd4 override-filter", "log syslogd4 override-setting",
    "log syslogd4 setting", "log tacacs+accounting filter", "log tacacs+accounting setting",
    "log tacacs+accounting2 filter", "log tacacs+accounting2 setting", "log tacacs+accounting3 filter",
    "log tacacs+accounting3 setting", "log threat-weight", "log webtrends filter", "log webtrends setting",
    "monitoring np6-ipsec-engine", "monitoring npu-hpe",
    "report chart", "report dataset", "report layout", "report setting", "report style", "report summary", "report theme",
];

const PROFILES: &[&str] = &[
    "antivirus exempt-list", "antivirus heuristic", "antivirus notification", "antivirus profile",
    "antivirus quarantine", "antivirus settings",
    "application custom", "application group", "application list", "application name", "application rule-settings",
    "casb attribute-match", "casb profile", "casb saas-application", "casb user-activity",
    "certificate ca", "certificate crl", "certificate hsm-local", "certificate local", "certificate remote",
    "diameter-filter profile",
    "dlp data-type", "dlp dictionary", "dlp exact-data-match", "dlp filepattern", "dlp fp-doc-source",
    "dlp fp-sensitivity", "dlp label", "dlp profile", "dlp sensitivity", "dlp sensor", "dlp settings",
    "dnsfilter domain-filter", "dnsfilter profile",
    "emailfilter block-allow-list", "emailfilter bwl", "emailfilter bword", "emailfilter dnsbl",
    "emailfilter fortishield", "emailfilter iptrust", "emailfilter mheader", "emailfilter options",
    "emailfilter profile",
    "endpoint-control client", "endpoint-control fctems", "endpoint-control fctems-override",
    "endpoint-control forticlient-registration-sync", "endpoint-control profile", "endpoint-control settings",
    "file-filter profile", "icap profile", "icap server", "icap server-group",
    "ips custom", "ips decoder", "ips global", "ips rule", "ips rule-settings", "ips sensor", "ips settings",
    "ips view-map",
    "sctp-filter profile", "spamfilter bwl", "spamfilter bword", "spamfilter dnsbl", "spamfilter fortishield",
    "spamfilter iptrust", "spamfilter mheader", "spamfilter options", "spamfilter profile",
    "ssh-filter profile", "videofilter keyword", "videofilter profile", "videofilter youtube-channel-filter",
    "videofilter youtube-key", "virtual-patch profile", "voip profile",
    "waf main-class", "waf profile", "waf signature", "waf sub-class",
    "webfilter content", "webfilter content-header", "webfilter cookie-ovrd", "webfilter fortiguard",
    "webfilter ftgd-local-cat", "webfilter ftgd-local-rating", "webfilter ftgd-local-risk",
    "webfilter ips-urlfilter-cache-setting", "webfilter ips-urlfilter-setting", "webfilter ips-urlfilter-setting6",
    "webfilter override", "webfilter override-user", "webfilter profile", "webfilter search-engine",
    "webfilter urlfilter", "webfilter ftgd-warning", "webfilter ftgd-local-category",
];

const SYSTEM: &[&str] = &[
    "automation setting",
    "system 3g-modem custom", "system accprofile", "system acme", "system affinity-interrupt",
    "system affinity-packet-redistribution", "system alarm", "system alias", "system api-user", 
    "system auto-install", "system automation-action", "system automation-condition",
    "system automation-destination", "system automation-stitch", "system automation-trigger",
    "system autoupdate push-update", "system autoupdate schedule", "system autoupdate tunneling",
    "system aux", "system bypass", "system central-management", "system cloud-service",
    "system console", "system csf", "system custom-language", "system ddns", "system dedicated-mgmt",
    "system device-upgrade", "system device-upgrade-exemptions", "system dhcp server", "system dhcp6 server",
    "system dns", "system dns-database", "system dns-server", "system dns64", "system dscp-based-priority",
    "system email-server", "system external-resource", "system fabric-vpn", "system federated-upgrade",
    "system fips-cc", "system fm", "system fortiai", "system fortiguard", "system fortimanager", "system fortisandbox",
    "system fsso-polling", "system ftm-push", "system geoip-country", "system geoip-override", "system gi-gk",
    "system ha", "system ha-monitor", "system health-check-fortiguard", "system ike", "system ipam",
    "system ips", "system ips-urlfilter-dns", "system ips-urlfilter-dns6", "system isf-queue-profile",
    "system lldp network-policy", "system modem", "system netflow",
    "system network-visibility", "system ngfw-settings", "system np6", "system np6xlite", "system npu", 
    "system ntp", "system object-tagging", "system password-policy", "system password-policy-guest-admin",
    "system physical-switch", "system probe-response",
    "system ptp", "system replacemsg admin", "system replacemsg alertmail", "system replacemsg auth",
    "system replacemsg automation", "system replacemsg custom-message", "system replacemsg device-detection-portal",
    "system replacemsg ec", "system replacemsg fortiguard-wf", "system replacemsg ftp", "system replacemsg http",
    "system replacemsg icap", "system replacemsg mail", "system replacemsg mm1", "system replacemsg mm3",
    "system replacemsg mm4", "system replacemsg mm7", "system replacemsg nac-quar", "system replacemsg nntp",
    "system replacemsg spam", "system replacemsg sslvpn", "system replacemsg traffic-quota",
    "system replacemsg utm", "system replacemsg webproxy", "system replacemsg-group", "system replacemsg-image",
    "system resource-limits", "system saml", "system sdn-connector", "system sdn-proxy", "system sdn-vpn",
    "system security-rating controls", "system security-rating settings", "system session-helper",
    "system session-ttl", "system sflow", "system smc-ntp", "system sms-server",
    "system snmp community", "system snmp mib-view", "system snmp rmon-stat", "system snmp sysinfo",
    "system snmp user", "system speed-test-schedule", "system speed-test-server", "system speed-test-setting",
    "system ssh-config", "system sso-admin", "system sso-forticloud-admin", "system sso-fortigate-cloud-admin",
    "system startup-error-log", "system status", "system storage", "system tos-based-priority", 
    "system vdom-dns", "system vdom-exception", "system vdom-netflow", "system vdom-property",
    "system vdom-radius-server", "system vdom-sflow", 
    "system vmlicense", "system fortindr", "system nethsm", 
    "system stp", 
    
];

const ROUTING: &[&str] = &[
    "router access-list", "router access-list6", "router aspath-list", "router auth-path", "router bfd",
    "router bfd6", "router community-list", "router extcommunity-list", "router key-chain",
    "router multicast-flow", "router prefix-list", "router prefix-list6", "router route-map", "router setting",
];

const FIREWALL: &[&str] = &[
    "firewall DoS-policy", "firewall DoS-policy6", "firewall acl", "firewall acl6",
    "firewall access-proxy-ssh-client-cert", "firewall access-proxy-virtual-host", "firewall auth-portal",
    "firewall decrypted-traffic-mirror", "firewall global",
    "firewall interface-policy", "firewall interface-policy6",
    "firewall city", "firewall country", "firewall internet-service", "firewall internet-service-addition",
    "firewall internet-service-custom", "firewall internet-service-custom-group", "firewall internet-service-definition",
    "firewall internet-service-extension", "firewall internet-service-fortiguard", "firewall internet-service-group", "firewall internet-service-ipbl-reason",
    "firewall internet-service-ipbl-vendor", "firewall internet-service-list",
    "firewall internet-service-append", "firewall internet-service-botnet", "firewall internet-service-name",
    "firewall internet-service-owner", "firewall internet-service-reputation",
    "firewall internet-service-sld", "firewall internet-service-subapp", "firewall ipmacbinding setting",
    "firewall ipmacbinding table", "firewall ldb-monitor", "firewall mms-profile",
    "firewall network-service-dynamic", "firewall on-demand-sniffer", "firewall profile-group",
    "firewall profile-protocol-options", "firewall proxy-address", "firewall proxy-addrgrp", "firewall region",
    "firewall shaper per-ip-shaper", "firewall shaper traffic-shaper", "firewall shaping-policy",
    "firewall shaping-profile", "firewall sniffer", "firewall ssh host-key", "firewall ssh local-ca",
    "firewall ssh local-key", "firewall ssh setting", "firewall ssl setting", "firewall ssl-server",
    "firewall ssl-ssh-profile", "firewall traffic-class", "firewall ttl-policy", "firewall vendor-mac",
    "firewall vendor-mac-summary", "firewall wildcard-fqdn custom", "firewall wildcard-fqdn group",
    "firewall gtp",
    "web-proxy debug-url", "web-proxy fast-fallback", "web-proxy forward-server", "web-proxy forward-server-group", "web-proxy global",
    "web-proxy isolator-server", "web-proxy profile", "web-proxy url-match", "web-proxy wisp",
    "wanopt auth-group", "wanopt cache-service", "wanopt content-delivery-network-rule", "wanopt peer",
    "wanopt remote-storage", "wanopt settings", "wanopt webcache",
    "ztna web-portal-bookmark",
    "dpdk cpus", "dpdk global", "nsxt service-chain", "nsxt setting",
    "authentication rule", "authentication scheme", "authentication setting",
    "rule fmwp", "rule iotd", "rule otdt", "rule otvp",
    "gui console", "telemetry-controller agent-profile", "telemetry-controller global", "telemetry-controller profile",
];

const USERS: &[&str] = &[
    "user adgrp", "user certificate", "user device", "user device-access-list", "user device-category",
    "user device-group", "user domain-controller", "user exchange", "user external-identity-provider",
    "user fortitoken", "user fsso", "user fsso-polling", "user group", "user krb-keytab", "user ldap",
    "user local", "user nac-policy", "user password-policy", "user peer", "user peergrp", "user pop3",
    "user quarantine", "user radius", "user saml", "user scim", "user security-exempt-list", "user setting", "user tacacs+",
    
];

const WIRELESS: &[&str] = &[
    "extender-controller dataplan", "extension-controller dataplan", "extension-controller fortigate-profile",
    "extension-controller extender-profile",
    "switch-controller 802-1X-settings", "switch-controller acl group", "switch-controller acl ingress",
    "switch-controller auto-config custom", "switch-controller auto-config default",
    "switch-controller auto-config policy", "switch-controller custom-command", "switch-controller dsl policy",
    "switch-controller flow-tracking", "switch-controller fortilink-settings", "switch-controller global",
    "switch-controller igmp-snooping", "switch-controller initial-config template",
    "switch-controller initial-config vlans", "switch-controller ip-source-guard-log",
    "switch-controller lldp-profile", "switch-controller lldp-settings", "switch-controller location",
    "switch-controller mac-policy", "switch-controller nac-device", "switch-controller nac-settings",
    "switch-controller network-monitor-settings", "switch-controller ptp interface-policy",
    "switch-controller ptp policy", "switch-controller ptp profile", "switch-controller ptp settings",
    "switch-controller qos dot1p-map", "switch-controller qos ip-dscp-map", "switch-controller qos qos-policy",
    "switch-controller qos queue-policy", "switch-controller quarantine", "switch-controller remote-log",
    "switch-controller security-policy 802-1X", "switch-controller security-policy captive-portal",
    "switch-controller security-policy local-access", "switch-controller sflow",
    "switch-controller snmp-community", "switch-controller snmp-sysinfo", "switch-controller snmp-trap-threshold",
    "switch-controller snmp-user", "switch-controller storm-control", "switch-controller storm-control-policy",
    "switch-controller stp-instance", "switch-controller stp-settings", "switch-controller switch-interface-tag",
    "switch-controller switch-log", "switch-controller switch-profile", "switch-controller system",
    "switch-controller traffic-sniffer", "switch-controller virtual-port-pool", "switch-controller poe",
    "wireless-controller address", "wireless-controller addrgrp", "wireless-controller ap-status",
    "wireless-controller apcfg-profile", "wireless-controller arrp-profile", "wireless-controller bonjour-profile",
    "wireless-controller global", "wireless-controller hotspot20 anqp-3gpp-cellular",
    "wireless-controller hotspot20 anqp-ip-address-type", "wireless-controller hotspot20 anqp-nai-realm",
    "wireless-controller hotspot20 anqp-network-auth-type", "wireless-controller hotspot20 anqp-roaming-consortium",
    "wireless-controller hotspot20 anqp-venue-name", "wireless-controller hotspot20 anqp-venue-url",
    "wireless-controller hotspot20 h2qp-advice-of-charge", "wireless-controller hotspot20 h2qp-conn-capability",
    "wireless-controller hotspot20 h2qp-operator-name", "wireless-controller hotspot20 h2qp-osu-provider",
    "wireless-controller hotspot20 h2qp-osu-provider-nai", "wireless-controller hotspot20 h2qp-terms-and-conditions",
    "wireless-controller hotspot20 h2qp-wan-metric", "wireless-controller hotspot20 hs-profile",
    "wireless-controller hotspot20 icon", "wireless-controller hotspot20 qos-map", "wireless-controller inter-controller",
    "wireless-controller lbs", "wireless-controller log", "wireless-controller mpsk-profile",
    "wireless-controller nac-profile", "wireless-controller qos-profile", "wireless-controller region",
    "wireless-controller setting", "wireless-controller snmp", "wireless-controller ssid-policy",
    "wireless-controller syslog-profile", "wireless-controller timers", "wireless-controller utm-profile",
    "wireless-controller vap-group", "wireless-controller wag-profile", "wireless-controller wids-profile",
    "wireless-controller wtp", "wireless-controller wtp-group", "wireless-controller wtp-profile",
];

const VPN: &[&str] = &[
    "vpn certificate ca", "vpn certificate crl", "vpn certificate hsm-local", "vpn certificate local",
    "vpn certificate ocsp-server", "vpn certificate remote", "vpn certificate setting",
    // Selectors only narrow what a tunnel carries.
    "vpn ipsec fec", "vpn ipsec forticlient", "vpn ipsec phase2-interface", "vpn kmip-server",
    "vpn qkd", "vpn ssl monitor", "vpn ssl settings", "vpn ssl web host-check-software",
    "vpn ssl web portal", "vpn ssl web realm", "vpn ssl web user-bookmark", "vpn ssl web user-group-bookmark",
];

/// Tables that are known but not modelled, and what they are.
pub(super) fn unsupported(path: &str) -> Option<(bool, &'static str)> {
    UNSUPPORTED.iter().find(|(name, _, _)| *name == path).map(|&(_, anywhere, why)| (anywhere, why))
}

/// Name, whether an interface may be missing because of it, what it is.
const UNSUPPORTED: &[(&str, bool, &str)] = &[
    ("extender-controller extender", true, "extender of another place"),
    ("extension-controller extender", true, "extender of another place"),
    ("extension-controller extender-vap", true, "wireless LAN of an extender"),
    ("firewall access-proxy", false, "access proxy"),
    ("firewall access-proxy6", false, "access proxy"),
    ("firewall identity-based-route", false, "routes by user"),
    ("firewall ip-translation", false, "translation of SCTP"),
    ("switch-controller managed-switch", false, "managed switches"),
    ("switch-controller dynamic-port-policy", false, "VLANs of managed switches at run time"),
    ("switch-controller vlan-policy", false, "VLANs of managed switches"),
    ("system auto-script", false, "script that the device runs"),
    ("system cluster-sync", false, "sessions shared between clusters"),
    ("system dhcp-relay", false, "relay"),
    ("system evpn", true, "EVPN"),
    ("system geneve", true, "layer-2 network in a tunnel"),
    ("system lte-modem", true, "modem"),
    ("system mac-address-table", false, "transparent mode"),
    ("system mobile-tunnel", true, "mobile network"),
    ("system pcp-server", false, "openings on request"),
    ("system pppoe-interface", true, "PPPoE interface of its own"),
    ("system virtual-wire-pair", false, "virtual wire pair"),
    ("system vne-interface", true, "tunnel of a virtual network"),
    ("system vne-tunnel", true, "IPv4 over IPv6 service of a carrier"),
    ("system vxlan", true, "layer-2 network in a tunnel"),
    ("system wccp", false, "redirection to caches"),
    ("vpn ssl client", true, "SSL VPN to another device"),
    ("wanopt profile", false, "WAN optimisation"),
];
