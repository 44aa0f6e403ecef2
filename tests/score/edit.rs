//! Edits of configurations that are likely to break isolation, found by the text alone.

#[path = "fortios.rs"]
mod fortios;
#[path = "ios.rs"]
mod ios;

use std::collections::BTreeMap;

/// What an edit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A line that denies is taken out of a list.
    DenyRemoved,
    /// An address of a permit is widened.
    MaskWidened,
    /// An address of a permit becomes `any`.
    AddressToAny,
    /// The ports of a permit are taken out, and what else makes it narrow.
    PortsWidened,
    /// A list is taken off an interface.
    GroupRemoved,
    /// A list filters the other direction.
    GroupTurned,
    /// A list is on another interface.
    GroupMoved,
    /// The name of a list is misspelt where it is used.
    NameMisspelt,
    /// Two lines of a list, or two policies, change places.
    OrderSwapped,
    /// A policy is between any interfaces.
    PolicyEndsWidened,
    /// A policy is for all addresses.
    PolicyAddressesWidened,
    /// A policy is for all services.
    PolicyServicesWidened,
    /// A policy that denies accepts, or a disabled one is enabled.
    PolicyTurned,
    /// A static route leads elsewhere.
    RouteChanged,
    /// A static route leads from one routing domain into another.
    RouteLeaked,
    /// An interface is in another routing domain.
    VrfChanged,
    /// A translation gives a host a second address.
    NatAdded,
    /// A port or sub-interface is in another VLAN.
    VlanMoved,
    /// A trunk carries all VLANs, or a socket is a trunk.
    TrunkWidened,
    /// Two interfaces speak IPv6 without a filter.
    Ipv6Opened,
    /// An address or service object is widened.
    ObjectWidened,
    /// One member of a pair differs from the other: any of the above.
    MemberDrift,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::DenyRemoved,
        Self::MaskWidened,
        Self::AddressToAny,
        Self::PortsWidened,
        Self::GroupRemoved,
        Self::GroupTurned,
        Self::GroupMoved,
        Self::NameMisspelt,
        Self::OrderSwapped,
        Self::PolicyEndsWidened,
        Self::PolicyAddressesWidened,
        Self::PolicyServicesWidened,
        Self::PolicyTurned,
        Self::RouteChanged,
        Self::RouteLeaked,
        Self::VrfChanged,
        Self::NatAdded,
        Self::VlanMoved,
        Self::TrunkWidened,
        Self::Ipv6Opened,
        Self::ObjectWidened,
        Self::MemberDrift,
    ];
}

/// Lines (from 0) that are replaced by others.
#[derive(Clone, Debug)]
pub struct Change {
    pub at: usize,
    pub gone: usize,
    pub put: Vec<String>,
}

impl Change {
    fn line(at: usize, text: String) -> Self {
        Self { at, gone: 1, put: vec![text] }
    }

    fn without(at: usize) -> Self {
        Self { at, gone: 1, put: Vec::new() }
    }

    fn before(at: usize, put: Vec<String>) -> Self {
        Self { at, gone: 0, put }
    }
}

/// An edit of one file.
#[derive(Clone, Debug)]
pub struct Edit {
    pub kind: Kind,
    pub file: String,
    /// Changes at different lines.
    pub changes: Vec<Change>,
}

impl Edit {
    /// The text after the edit.
    pub fn apply(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut changes = self.changes.clone();
        changes.sort_by_key(|c| std::cmp::Reverse(c.at));
        for change in changes {
            lines.splice(change.at..change.at + change.gone, change.put);
        }
        lines.iter().map(|l| format!("{l}\n")).collect()
    }

    /// What it does, in a line.
    pub fn describe(&self, text: &str) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let parts: Vec<String> = self
            .changes
            .iter()
            .map(|c| {
                let gone: Vec<&str> = lines[c.at..c.at + c.gone].iter().map(|l| l.trim()).collect();
                let put: Vec<&str> = c.put.iter().map(|l| l.trim()).collect();
                format!("{}: `{}` -> `{}`", c.at + 1, gone.join(" / "), put.join(" / "))
            })
            .collect();
        format!("{:?} {} {}", self.kind, self.file, parts.join(", "))
    }
}

/// All edits of a network that anybody has thought of.
pub fn all(files: &BTreeMap<String, String>) -> Vec<Edit> {
    let mut out = Vec::new();
    for (name, text) in files {
        let found: Vec<(Kind, Vec<Change>)> = match name.rsplit_once('.') {
            Some((_, "cfg")) => ios::edits(text),
            Some((_, "conf")) => fortios::edits(text),
            _ => continue,
        };
        let paired = partner(name).is_some_and(|p| files.contains_key(&p));
        for (n, (kind, changes)) in found.into_iter().enumerate() {
            let kind = if paired && n % 2 == 1 { Kind::MemberDrift } else { kind };
            out.push(Edit { kind, file: name.clone(), changes });
        }
    }
    out
}

/// The file of the other member of a pair, by the number at the end of its name.
fn partner(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let (head, last) = (stem.get(..stem.len() - 1)?, stem.get(stem.len() - 1..)?);
    let other = match last {
        "1" => "2",
        "2" => "1",
        _ => return None,
    };
    Some(format!("{head}{other}.{ending}"))
}
