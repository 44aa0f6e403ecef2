//! Names of operating systems and printed formats.

/// An operating system whose configuration is recognised; only some are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Os {
    /// Cisco IOS and IOS-XE.
    CiscoIos,
    /// Cisco IOS-XR.
    CiscoIosXr,
    /// Cisco NX-OS.
    CiscoNxos,
    /// Cisco ASA and PIX.
    CiscoAsa,
    /// Arista EOS.
    AristaEos,
    /// Fortinet FortiOS.
    Fortios,
    /// Juniper Junos.
    JuniperJunos,
    /// Palo Alto Networks PAN-OS.
    PaloAltoPanos,
    /// Check Point Gaia and policy exports.
    CheckPoint,
    /// Linux: iptables, nftables, ifupdown, FRR.
    Linux,
    /// YAMAHA RTX, NVR, FWX.
    YamahaRtx,
    /// NEC UNIVERGE IX.
    NecIx,
    /// ALAXALA AX.
    AlaxalaAx,
    /// Allied Telesis `AlliedWare` Plus.
    AlliedAwplus,
    /// APRESIA.
    Apresia,
    /// Fujitsu Si-R.
    FujitsuSir,
    /// Amazon Web Services resource lists.
    Aws,
    /// Microsoft Azure resource lists.
    Azure,
    /// Huawei VRP or H3C Comware.
    Huawei,
    /// `MikroTik` `RouterOS`.
    Mikrotik,
    /// `VyOS` or `EdgeOS`.
    Vyos,
}

impl Os {
    /// All of them, in the order of the documentation.
    pub const ALL: [Os; 21] = [
        Os::CiscoIos,
        Os::CiscoIosXr,
        Os::CiscoNxos,
        Os::CiscoAsa,
        Os::AristaEos,
        Os::Fortios,
        Os::JuniperJunos,
        Os::PaloAltoPanos,
        Os::CheckPoint,
        Os::Linux,
        Os::YamahaRtx,
        Os::NecIx,
        Os::AlaxalaAx,
        Os::AlliedAwplus,
        Os::Apresia,
        Os::FujitsuSir,
        Os::Aws,
        Os::Azure,
        Os::Huawei,
        Os::Mikrotik,
        Os::Vyos,
    ];

    /// The name by which the user states it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Os::CiscoIos => "cisco_ios",
            Os::CiscoIosXr => "cisco_iosxr",
            Os::CiscoNxos => "cisco_nxos",
            Os::CiscoAsa => "cisco_asa",
            Os::AristaEos => "arista_eos",
            Os::Fortios => "fortios",
            Os::JuniperJunos => "juniper_junos",
            Os::PaloAltoPanos => "paloalto_panos",
            Os::CheckPoint => "checkpoint",
            Os::Linux => "linux",
            Os::YamahaRtx => "yamaha_rtx",
            Os::NecIx => "nec_ix",
            Os::AlaxalaAx => "alaxala_ax",
            Os::AlliedAwplus => "allied_awplus",
            Os::Apresia => "apresia",
            Os::FujitsuSir => "fujitsu_sir",
            Os::Aws => "aws",
            Os::Azure => "azure",
            Os::Huawei => "huawei_vrp",
            Os::Mikrotik => "mikrotik_routeros",
            Os::Vyos => "vyos",
        }
    }

    /// The product as its maker writes it.
    #[must_use]
    pub fn product(self) -> &'static str {
        match self {
            Os::CiscoIos => "Cisco IOS",
            Os::CiscoIosXr => "Cisco IOS-XR",
            Os::CiscoNxos => "Cisco NX-OS",
            Os::CiscoAsa => "Cisco ASA",
            Os::AristaEos => "Arista EOS",
            Os::Fortios => "FortiOS",
            Os::JuniperJunos => "Junos",
            Os::PaloAltoPanos => "PAN-OS",
            Os::CheckPoint => "Check Point",
            Os::Linux => "Linux",
            Os::YamahaRtx => "YAMAHA RTX",
            Os::NecIx => "NEC UNIVERGE IX",
            Os::AlaxalaAx => "ALAXALA AX",
            Os::AlliedAwplus => "AlliedWare Plus",
            Os::Apresia => "APRESIA",
            Os::FujitsuSir => "Fujitsu Si-R",
            Os::Aws => "AWS",
            Os::Azure => "Azure",
            Os::Huawei => "Huawei VRP",
            Os::Mikrotik => "MikroTik RouterOS",
            Os::Vyos => "VyOS",
        }
    }

    /// The system of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Os::ALL.into_iter().find(|os| os.name() == name)
    }

    /// Whether this release reads its configurations.
    #[must_use]
    pub fn is_read(self) -> bool {
        matches!(self, Os::CiscoIos | Os::Fortios)
    }
}

/// A printed table format that is recognised; only some are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteFormat {
    /// IOS, IOS-XE `show ip route`, `show ipv6 route`, `show ip cef`.
    Ios,
    /// The tables of another system.
    Other(Os),
}

impl RouteFormat {
    /// Whether this release reads it.
    #[must_use]
    pub fn is_read(self) -> bool {
        self == RouteFormat::Ios
    }

    /// The system that prints it.
    #[must_use]
    pub fn os(self) -> Os {
        match self {
            RouteFormat::Ios => Os::CiscoIos,
            RouteFormat::Other(os) => os,
        }
    }
}
