//! Lines and reasons that findings name, as data. Their `Display` is English; other languages are
//! exhaustive matches in `report::messages`.

use std::fmt;

use crate::routing::Why;

/// A line of an input file and what it has to do with the matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// File, as shown.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What it does.
    pub note: Note,
}

/// What a line has to do with the matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// The line speaks for itself.
    None,
    /// The packet enters a device by this interface.
    Enters,
    /// The packet leaves a device by this interface.
    Leaves,
    /// The interface belongs to no zone.
    NoZone,
    /// The declaration of an external.
    Declared,
    /// The link of an external.
    Link,
    /// A whitelist entry.
    Flow,
    /// A required flow.
    Required,
    /// The line that puts an interface into its VRF.
    Vrf,
    /// What was decided here.
    Step {
        /// Stage, such as `filter`.
        stage: String,
        /// What it decided.
        decision: String,
    },
    /// The line permits the packet that opens a session.
    Opens {
        /// The list in which it stands.
        list: String,
    },
    /// An entry of a list.
    List {
        /// The list.
        name: String,
    },
    /// A named object that a rule uses.
    Object {
        /// The object.
        name: String,
    },
    /// An access port.
    Access {
        /// The port.
        interface: String,
    },
    /// A port that carries a VLAN.
    Carries {
        /// The port.
        interface: String,
        /// The VLAN.
        vlan: u16,
        /// Whether it carries all because it has no list of allowed VLANs.
        all: bool,
    },
    /// An interface on the segment.
    OnSegment,
    /// What is not known because of the line.
    Doubt(Why),
    /// A declared cable ends at a port that no config has.
    LostCable {
        /// The port, as declared.
        end: String,
    },
}

impl Note {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Note::None
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::None => Ok(()),
            Note::Enters => f.write_str("enters here"),
            Note::Leaves => f.write_str("leaves here"),
            Note::NoZone => f.write_str("belongs to no zone"),
            Note::Declared => f.write_str("declared here"),
            Note::Link => f.write_str("the link"),
            Note::Required => f.write_str("the required flow"),
            Note::Flow => f.write_str("the whitelist entry"),
            Note::Vrf => f.write_str("the VRF of the interface"),
            Note::Step { stage, decision } => write!(f, "{stage}: {decision}"),
            Note::Opens { list } => write!(f, "opens the session, list `{list}`"),
            Note::List { name } => write!(f, "list `{name}`"),
            Note::Object { name } => write!(f, "object `{name}`"),
            Note::Access { interface } => write!(f, "access port {interface}"),
            Note::Carries { interface, vlan, all: false } => write!(f, "{interface} carries VLAN {vlan}"),
            Note::Carries { interface, vlan, all: true } => {
                write!(f, "{interface} carries VLAN {vlan}: no list of allowed VLANs")
            }
            Note::OnSegment => f.write_str("on the segment"),
            Note::Doubt(why) => why.fmt(f),
            Note::LostCable { end } => write!(f, "a declared cable ends at `{end}`, which no config has"),
        }
    }
}

/// Something that would have to be resolved to decide an UNDECIDED.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The line, if one is to blame.
    pub place: Option<Evidence>,
    /// What is not known.
    pub why: Because,
    /// The same in English words.
    pub text: String,
}

impl Reason {
    /// A reason with its line, if one is to blame.
    #[must_use]
    pub fn new(place: Option<Evidence>, why: Because) -> Self {
        let text = why.to_string();
        Self { place, why, text }
    }
}

/// What is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// Something about the way of a packet.
    Doubt(Why),
    /// The packet may reach the segment, but no host of it is certain to get it.
    NoHost,
    /// A required flow works only in some worlds.
    NotAlways,
    /// A required flow has too many parts to walk each.
    TooManyParts,
    /// Some way of a required flow ends elsewhere.
    Stray {
        /// How, in the words of the reference semantics.
        end: String,
    },
    /// Whether somebody can open the session of a reply.
    SessionMayBeOpen,
    /// Nobody has said who is behind some interfaces.
    NotAssigned {
        /// The interfaces, as `DEVICE:INTERFACE`.
        interfaces: Vec<String>,
    },
    /// A zone or external has no location.
    NoLocation,
    /// A declaration of the policy could not be applied.
    Broken {
        /// What is wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// An external declared as unconnected has a possible path to the Internet.
    PossiblePath,
    /// Whether an external is connected to the Internet was not declared with evidence.
    NoEvidence,
    /// A whitelisted peer may reach the Internet.
    PeerMayReach,
    /// Both answers to a question were tried, and the verdicts differ.
    Alternative {
        /// The device.
        device: String,
        /// Name of the question.
        name: &'static str,
    },
    /// The policy has no zone.
    NoZones,
    /// A declared cable ends at a port that no config has.
    LostCable {
        /// The port, as declared.
        end: String,
    },
    /// A file that may be a device could not be read.
    UnreadFile {
        /// The file.
        file: String,
    },
    /// A file was cut off.
    CutOff {
        /// The file.
        file: String,
    },
    /// A route table was given but is not used.
    UnusedTable {
        /// The file.
        file: String,
        /// Whether it names a device of the snapshot; else one may be missing.
        owned: bool,
    },
}

impl Because {
    /// Whether it leaves nothing open but the routes.
    #[must_use]
    pub fn is_about_routes(&self) -> bool {
        matches!(self, Self::UnusedTable { owned: true, .. })
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Because::Doubt(why) => why.fmt(f),
            Because::NoHost => {
                f.write_str("the packet may reach the segment, but no host of it is certain to get it")
            }
            Because::NotAlways => f.write_str("it works only if unknown parts of the input turn out well"),
            Because::TooManyParts => {
                f.write_str("the rules cut it into too many parts to walk one packet of each")
            }
            Because::Stray { end } => {
                write!(f, "some way of the packet ends elsewhere: {}", end.replace('_', " "))
            }
            Because::SessionMayBeOpen => {
                f.write_str("whether the session can be open, and with these addresses, is not certain")
            }
            Because::NotAssigned { interfaces } => {
                write!(f, "nobody has said who is behind {}", interfaces.join(", "))
            }
            Because::NoLocation => f.write_str("no location of the snapshot belongs to it"),
            Because::Broken { message, .. } => f.write_str(message),
            Because::PossiblePath => f.write_str("the graph has a possible path from it to the Internet"),
            Because::NoEvidence => {
                f.write_str("nobody has said with evidence whether it is connected to the Internet")
            }
            Because::PeerMayReach => f.write_str("the peer may reach the Internet"),
            Because::Alternative { device, name } => {
                write!(f, "{}: it decides this pair", question(device, name))
            }
            Because::NoZones => f.write_str("the policy has no zone, so that there is nothing to prove"),
            Because::LostCable { end } => {
                write!(f, "a declared cable ends at `{end}`, which no config has")
            }
            Because::UnreadFile { file } => write!(f, "`{file}` may be a device but could not be read"),
            Because::CutOff { file } => {
                write!(f, "`{file}` has no `end` line although it is an export: it may be cut off")
            }
            Because::UnusedTable { file, .. } => {
                write!(f, "route table `{file}` is not used: other routes may be in use than the configs say")
            }
        }
    }
}

/// A question that a configuration leaves open, in English words.
#[must_use]
pub fn question(device: &str, name: &str) -> String {
    match name {
        "match-vip-default" => {
            format!(
                "it is not known whether denies of `{device}` stop packets to virtual addresses by default"
            )
        }
        "traffic-redirect-default" => format!(
            "it is not known whether `{device}` lets packets leave by the interface by which they came without a \
             policy"
        ),
        "zone-policy-before-nat" => format!(
            "it is not known whether zone policies of `{device}` see addresses before or after the translation on \
             departure"
        ),
        other => format!("it is not known how `{device}` decides `{other}`"),
    }
}
