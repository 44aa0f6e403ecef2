//! Zones, externals, links and hosts: what they are. How they are read is in `read`.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use sekisho_diag::{Span, Spanned};
use sekisho_net::Prefix;

use super::{Approval, Date, InForce};

/// An end of a flow: an index into [`Policy::zones`](super::Policy::zones) or
/// [`Policy::externals`](super::Policy::externals), or the Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ZoneRef {
    /// A zone, written as its id.
    Zone(usize),
    /// An external, written `ext:ID`.
    External(usize),
    /// Every address that no zone and no external owns, written `internet`.
    Internet,
}

/// An interface, written `DEVICE:INTERFACE`; the device ends at the first colon.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InterfaceRef {
    /// Device id; a VDOM is `host/vdom`.
    pub device: String,
    /// Name as in the config.
    pub interface: String,
}

impl fmt::Display for InterfaceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.interface)
    }
}

/// A VLAN, written `DEVICE:NUMBER`, or an integer for all devices.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VlanRef {
    /// Device id; `None` is every device.
    pub device: Option<String>,
    /// VLAN number, 1 to 4094.
    pub vlan: u16,
}

impl fmt::Display for VlanRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.device {
            Some(device) => write!(f, "{device}:{}", self.vlan),
            None => write!(f, "{}", self.vlan),
        }
    }
}

/// A routing table, written `DEVICE:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VrfRef {
    /// Device id.
    pub device: String,
    /// Name as in the config; `default` is the global table.
    pub vrf: String,
}

impl fmt::Display for VrfRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.vrf)
    }
}

/// Where a zone or external is; each list in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Interfaces.
    pub interfaces: Vec<Spanned<InterfaceRef>>,
    /// VLANs.
    pub vlans: Vec<Spanned<VlanRef>>,
    /// Routing tables.
    pub vrfs: Vec<Spanned<VrfRef>>,
    /// Whole devices, by id.
    pub devices: Vec<Spanned<String>>,
    /// Addresses.
    pub subnets: Vec<Spanned<Prefix>>,
    /// Neighbours whose config is not at hand.
    pub next_hops: Vec<Spanned<IpAddr>>,
}

impl Attachment {
    /// Whether the two can only be in different routing tables: both name some, and share none.
    #[must_use]
    pub fn is_apart(&self, other: &Attachment) -> bool {
        let names: BTreeSet<&VrfRef> = self.vrfs.iter().map(|v| &v.value).collect();
        !names.is_empty() && !other.vrfs.is_empty() && !other.vrfs.iter().any(|v| names.contains(&v.value))
    }
}

/// What a zone is for. Source: the zone kinds of the municipal presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ZoneKind {
    /// マイナンバー利用事務系.
    MyNumber,
    /// LGWAN接続系.
    LgwanSegment,
    /// インターネット接続系.
    InternetSegment,
    /// Sanitising, screen transfer and mail relay.
    Relay,
    /// Servers for the public.
    PublicDmz,
    /// Citizens' terminals and public wireless.
    PublicTerminal,
    /// Operation and management network.
    Management,
    /// Development and test.
    Development,
    /// An area on the government cloud; counts as the zone of `treated_as`.
    GovernmentCloudArea,
    /// Schools.
    School,
    /// Water works and other municipal enterprises.
    Water,
    /// Any other network.
    Other,
}

impl ZoneKind {
    /// The words of zones.toml.
    pub const WORDS: [(&'static str, ZoneKind); 12] = [
        ("mynumber", Self::MyNumber),
        ("lgwan-seg", Self::LgwanSegment),
        ("internet-seg", Self::InternetSegment),
        ("relay", Self::Relay),
        ("public-dmz", Self::PublicDmz),
        ("public-terminal", Self::PublicTerminal),
        ("mgmt", Self::Management),
        ("dev", Self::Development),
        ("govcloud-area", Self::GovernmentCloudArea),
        ("school", Self::School),
        ("water", Self::Water),
        ("other", Self::Other),
    ];

    /// Whether the zone may have to do with the Internet when its entry does not say so.
    #[must_use]
    pub fn internet_default(self) -> InternetRule {
        match self {
            Self::MyNumber | Self::LgwanSegment | Self::Relay | Self::Management => InternetRule::Forbidden,
            Self::InternetSegment | Self::PublicDmz | Self::PublicTerminal => InternetRule::Allowed,
            _ => InternetRule::Unstated,
        }
    }
}

/// Whether externals and peers of a zone may be connected to the Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InternetRule {
    /// A connected endpoint is a violation, an unknown one undecided.
    Forbidden,
    /// Connected endpoints are in order.
    Allowed,
    /// A connected endpoint is told, and changes no verdict.
    Unstated,
}

/// A set of locations that must be kept apart from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Unique over the file.
    pub id: Spanned<String>,
    /// What it is for.
    pub kind: ZoneKind,
    /// Name for Japanese reports.
    pub name_ja: Option<String>,
    /// Name for English reports.
    pub name_en: Option<String>,
    /// Where it is.
    pub attachment: Attachment,
    /// As written, else by kind, else (cloud areas) as the zone of `treated_as`.
    pub internet: InternetRule,
    /// The zone whose rules hold here.
    pub treated_as: Option<Spanned<ZoneRef>>,
    /// The entry.
    pub span: Span,
}

/// What an external is. Source: the external kinds of the municipal presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExternalKind {
    /// LGWAN itself.
    Lgwan,
    /// 住民基本台帳ネットワーク.
    JukiNet,
    /// 自治体中間サーバー.
    InterimServer,
    /// 自治体情報セキュリティクラウド.
    SecurityCloud,
    /// A body of the state.
    NationalBody,
    /// The prefecture.
    Prefecture,
    /// A service provider on LGWAN.
    LgwanAsp,
    /// A contractor, such as for remote maintenance.
    Contractor,
    /// A service on the Internet.
    Saas,
    /// An Internet provider.
    Isp,
    /// A closed network of a carrier.
    CarrierClosed,
    /// Another municipality.
    OtherMunicipality,
    /// A direct way to named services on the Internet.
    Breakout,
    /// Anything else.
    Other,
}

impl ExternalKind {
    /// The words of zones.toml.
    pub const WORDS: [(&'static str, ExternalKind); 14] = [
        ("lgwan", Self::Lgwan),
        ("juki-net", Self::JukiNet),
        ("interim-server", Self::InterimServer),
        ("security-cloud", Self::SecurityCloud),
        ("national-body", Self::NationalBody),
        ("prefecture", Self::Prefecture),
        ("lgwan-asp", Self::LgwanAsp),
        ("contractor", Self::Contractor),
        ("saas", Self::Saas),
        ("isp", Self::Isp),
        ("carrier-closed", Self::CarrierClosed),
        ("other-municipality", Self::OtherMunicipality),
        ("breakout", Self::Breakout),
        ("other", Self::Other),
    ];
}

/// A state that is declared, and may be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Declared {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Nobody has said.
    Unknown,
}

impl Declared {
    /// The words of zones.toml.
    pub const WORDS: [(&'static str, Declared); 3] =
        [("yes", Self::Yes), ("no", Self::No), ("unknown", Self::Unknown)];
}

/// Whether an external hands packets from one of its links to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transit {
    /// Anything that reaches one link may come out of another.
    Possible,
    /// Declared not to happen, with evidence.
    Excluded,
}

/// A document that supports a declaration; without document and date there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Document number or title.
    pub doc: String,
    /// Its date.
    pub date: Date,
    /// Who answered.
    pub answered_by: Option<String>,
    /// The entry.
    pub span: Span,
}

/// A network or body that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// Unique over the file.
    pub id: Spanned<String>,
    /// What it is.
    pub kind: ExternalKind,
    /// Name for Japanese reports.
    pub name_ja: Option<String>,
    /// Name for English reports.
    pub name_en: Option<String>,
    /// Index of the zone that it is attached to.
    pub attached_to: Spanned<usize>,
    /// Whether it is connected to the Internet, as written; absent is unknown.
    pub internet_declared: Spanned<Declared>,
    /// The same after weighing: "no" only with evidence, "yes" if the entry contradicts itself.
    pub internet: Declared,
    /// Evidence for "no".
    pub evidence: Option<Evidence>,
    /// Where it is; only interfaces, subnets and next hops.
    pub attachment: Attachment,
    /// Whether it forwards between its links.
    pub transit: Transit,
    /// Externals (or the Internet) that are the same network.
    pub same_network_as: Vec<Spanned<ZoneRef>>,
    /// Externals (or the Internet) through which it is reached.
    pub reachable_via: Vec<Spanned<ZoneRef>>,
    /// The written permission.
    pub approval: Approval,
    /// The entry.
    pub span: Span,
}

impl External {
    /// Whether the permission is in force on a day; without dates it always is.
    #[must_use]
    pub fn in_force(&self, as_of: Date) -> bool {
        self.approval.state(as_of) == InForce::Yes
    }
}

/// A cable between two interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// One end.
    pub a: Spanned<InterfaceRef>,
    /// The other end.
    pub b: Spanned<InterfaceRef>,
    /// The entry.
    pub span: Span,
}

/// A neighbour whose config is not at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Unique over the file.
    pub id: Spanned<String>,
    /// Its addresses; at least one.
    pub addresses: Vec<Spanned<IpAddr>>,
    /// Whether it forwards between its segments; absent is unknown.
    pub forwards: Declared,
    /// Where that was stated; with `no` and without it a warning says so.
    pub evidence: Option<Evidence>,
    /// The entry.
    pub span: Span,
}
