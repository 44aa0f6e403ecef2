//! Every word for people, in English and Japanese.
//!
//! [`Text`] is the closed list of messages; each language is one exhaustive match, so that a missing
//! translation does not compile. Reasons come typed from the engine ([`Because`], [`Note`]); only what
//! parsers call an unread line, and what the reference semantics decides, are English words, which
//! `ja::phrase` translates by a list. Diagnostics about input files are in English.

pub mod en;
pub mod ja;

use sekisho_checker::ReadError;

use crate::proof::{Because, FindingKind, Note};

use super::ranges::Part;
use super::verify::{Advice, AssuranceView, ChainView, CoverageView, LeanView, Word};

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// The message in this language; no line break at its end.
    #[must_use]
    pub fn say(self, text: &Text<'_>) -> String {
        match self {
            Lang::En => en::say(text),
            Lang::Ja => ja::say(text),
        }
    }
}

/// Everything that can be said.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// What was found.
    Finding {
        /// The finding.
        kind: &'a FindingKind,
        /// Source; empty when it is not about a pair.
        from: &'a str,
        /// Target.
        to: &'a str,
    },
    /// What to do about a finding.
    Advice(&'a Advice),
    /// Why a finding is undecided.
    Because(&'a Because),
    /// What to do about that; may be empty.
    Remedy(Remedy<'a>),
    /// What a line has to do with a finding; may be empty.
    Note(&'a Note),
    /// A stage of a device.
    Stage(&'a str),
    /// What a stage decided.
    Decision(&'a str),
    /// Why, as the reference semantics puts it.
    StepWhy(&'a str),
    /// How a packet ends, by its word.
    Disposition(&'a str),
    /// Something taken for granted.
    Assumption {
        /// Id.
        id: &'a str,
        /// What the engine says.
        text: &'a str,
    },
    /// The first line: what was judged.
    Header {
        /// Day of evaluation.
        as_of: &'a str,
        /// Number of input files.
        files: usize,
    },
    /// Head of the first column of the matrix.
    FromTo,
    /// What the symbols of the matrix mean.
    Legend,
    /// A verdict as a word of the matrix.
    Cell(Word),
    /// The row of all `undeclared:*`.
    UndeclaredRow(usize),
    /// Heading of the findings.
    Findings,
    /// Heading of what would decide the undecided.
    Decide,
    /// Heading of the externals.
    Externals,
    /// Heading of what a proof rests on.
    RestsOn,
    /// Heading of findings that change no verdict.
    Notes,
    /// Zones and what stands for them in the matrix.
    Keys,
    /// Label: the line that decides.
    Line,
    /// Label: which pairs a reason concerns.
    PairsLabel,
    /// How many pairs, of all.
    Pairs {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
    },
    /// Label: another way to mend it.
    Or,
    /// Some entries are not shown.
    More(usize),
    /// Label: the packet.
    Packet,
    /// Label: the header on arrival.
    Arrives,
    /// Label: an example.
    Example,
    /// Label: where it enters.
    Enters(&'a str),
    /// Label: a hop.
    Hop(usize),
    /// Label: what else may pass the same way.
    Ranges,
    /// A part of a box of packets with its values.
    Range(Part, &'a str),
    /// Any packet at all.
    AnyPacket,
    /// A packet has several ways.
    Ways(usize),
    /// The first hops are those of an earlier way.
    SameHops {
        /// How many hops.
        hops: usize,
        /// Number of the way.
        way: usize,
    },
    /// The severity of a finding, by its word.
    Severity(&'a str),
    /// No label.
    Blank,
    /// Label: what else a reason is about.
    Also,
    /// Before reasons of pairs that depend on something else as well.
    AlsoOpen,
    /// Some of what is named for so many pairs may not be needed.
    MaybeNotMinimal(usize),
    /// Label: the header with which a packet leaves a device that has changed it.
    LeavesAs,
    /// Label: responsible lines.
    Lines,
    /// Label: what to do.
    Help,
    /// The witness was not confirmed.
    NotReplayed,
    /// Whether an external is connected to the Internet: `yes`, `no`, `unknown`.
    Internet(&'a str),
    /// What the proven pairs rest on.
    Assurance(AssuranceView),
    /// Of how many pairs that is so.
    OfPairs(usize),
    /// Before the routes that pairs lean on: whether none can be left out.
    LeansOn(bool),
    /// Something that pairs lean on, without its lines.
    Lean(&'a LeanView),
    /// Routes that pairs lean on were not found.
    LeansUnknown,
    /// Lines by state.
    Coverage(CoverageView),
    /// The last line.
    Conclusion(Word),
    /// The last line when the independent check disagreed.
    Disagreement,
    /// More diagnostics follow on one line each.
    MoreDiagnostics,
    /// Warnings that are not shown here.
    OtherDiagnostics(usize),
    /// No policy file.
    NoPolicy(&'a str),
    /// What to do about it.
    NoPolicyHelp,
    /// A file cannot be read.
    CannotRead {
        /// The file.
        file: &'a str,
        /// Why.
        why: &'a str,
    },
    /// A file cannot be written.
    CannotWrite {
        /// The file.
        file: &'a str,
        /// Why.
        why: &'a str,
    },
    /// Neither an argument nor the policy names the configs.
    NoSnapshot(&'a str),
    /// What to do about it.
    NoSnapshotHelp,
    /// The policy has mistakes.
    PolicyMistakes {
        /// The file.
        file: &'a str,
        /// How many.
        count: usize,
    },
    /// Nothing in the snapshot can be read.
    NothingReadable(&'a str),
    /// What to do about it.
    NothingReadableHelp,
    /// Something that was named does not exist: kind, name.
    NoSuch {
        /// What it should be.
        what: Thing,
        /// Its name.
        name: &'a str,
    },
    /// What it may have been meant to be.
    DidYouMean(&'a str),
    /// What there is instead.
    Known(&'a str),
    /// A name fits several.
    Ambiguous {
        /// What it should be.
        what: Thing,
        /// Its name.
        name: &'a str,
    },
    /// A value cannot be understood.
    BadValue {
        /// The option.
        option: &'a str,
        /// The value.
        value: &'a str,
        /// What it should be.
        expected: &'a str,
    },
    /// Source and destination are of different families.
    MixedFamilies,
    /// Options that do not go together, or are missing.
    Usage(&'a str),
    /// The analysis itself failed.
    Failed(&'a str),
    /// Progress.
    Progress(Step),
    /// A run of `watch` is over.
    Watched {
        /// Files that were not parsed again.
        unchanged: usize,
        /// How long it took.
        millis: u64,
    },
    /// So many more verdicts are others than in the run before.
    MoreChanges(usize),
    /// The verdict of a pair is another than in the run before.
    VerdictChanged {
        /// Source.
        from: &'a str,
        /// Target.
        to: &'a str,
        /// Word of the verdict before.
        old: &'a str,
        /// Word of the verdict now.
        new: &'a str,
    },
    /// No filter is bound, so that everything passes.
    NoFilter(&'a str),
    /// A list is bound but not defined.
    UndefinedList(&'a str),
    /// Whether an external is connected to the Internet, as a flag in a drawing: `internet`, `yes`, `no`,
    /// `unknown`.
    InternetBadge(&'a str),
    /// What a drawing shows.
    GraphCounts {
        /// Number of devices.
        devices: usize,
        /// Number of zones.
        zones: usize,
        /// Number of externals.
        externals: usize,
    },
    /// Labels of `trace`, `filter`, `routes` and `show`.
    Label(Label),
    /// Words of `diff`.
    Diff(DiffText<'a>),
    /// Words of `margin`.
    Margin(MarginText),
    /// Words of `check`.
    Check(CheckText<'a>),
    /// Words about chains of sessions and gateways.
    Relay(RelayText<'a>),
}

/// Words about chains of sessions and gateways.
#[derive(Clone, Copy, Debug)]
pub enum RelayText<'a> {
    /// Heading of the chains.
    Chains,
    /// How many pairs chains alone join.
    Counts {
        /// How many.
        pairs: usize,
        /// How many of them for certain.
        certain: usize,
    },
    /// A chain.
    Chain(&'a ChainView),
    /// What opens sessions and is not followed.
    NotFollowed,
    /// Label of that.
    NotFollowedLabel,
    /// Heading of the gateways.
    Gateways,
    /// Whether every chain passes.
    Passed(Word),
    /// Gateways by which chains may go instead.
    Beside(&'a [String]),
}

/// Words of `check`.
#[derive(Clone, Copy, Debug)]
pub enum CheckText<'a> {
    /// Headline.
    Header {
        /// The certificate.
        file: &'a str,
        /// Day of the check.
        as_of: &'a str,
    },
    /// Who wrote it, and for which day.
    Made {
        /// Program and version.
        tool: &'a str,
        /// Day of evaluation.
        as_of: &'a str,
    },
    /// Until when it is valid.
    ValidUntil(Option<&'a str>),
    /// The text is no certificate.
    Malformed(&'a ReadError),
    /// What is wrong with the certificate as a whole.
    Problem(&'a str),
    /// Claims of one answer: `accepted`, `refused`, `not-confirmed`.
    Claims {
        /// The answer.
        answer: &'a str,
        /// How many claims have it.
        count: usize,
    },
    /// One claim.
    Claim {
        /// Source.
        from: &'a str,
        /// Target.
        to: &'a str,
    },
    /// Why a claim is refused, in the words of the check.
    Refused(&'a str),
    /// Pairs that the certificate does not claim.
    NotProven(usize),
    /// Files compared with the inputs.
    Files(usize),
    /// The files were not compared.
    NoFiles,
    /// The policy was not among the compared files.
    NoPolicy,
    /// The files were parsed again and gave the same ledger, policy and model.
    Reparsed,
    /// The files, parsed again, give something else than the certificate says.
    Differs(&'a str),
    /// An input has another number of lines.
    LineCount {
        /// The input.
        file: &'a str,
        /// Its lines.
        lines: u32,
        /// What the certificate says.
        stated: u32,
    },
    /// Heading of what the accepted claims rest on.
    RestsOn,
    /// The last line.
    Conclusion(&'a str),
}

/// Words of `margin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginText {
    /// The first line: lines that were tried, of all.
    Header {
        /// How many.
        tried: usize,
        /// Of how many.
        of: usize,
    },
    /// Further pairs of a line.
    MorePairs(usize),
    /// For how many lines everything was judged again.
    JudgedAgain {
        /// How many.
        lines: usize,
        /// Of how many.
        of: usize,
    },
    /// The last line: proven pairs that a single line holds, of all.
    Summary {
        /// How many.
        held: usize,
        /// Of how many.
        of: usize,
    },
}

/// Words of `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffText<'a> {
    /// The first line.
    Header {
        /// The snapshot before.
        before: &'a str,
        /// The snapshot after.
        after: &'a str,
        /// Day of evaluation.
        as_of: &'a str,
    },
    /// What happened to a file: `added`, `removed`, `changed`.
    FileChange(&'a str),
    /// Heading of what newly arrives.
    Opened,
    /// Heading of what no longer arrives.
    Closed,
    /// Nothing of that kind.
    SameReach,
    /// It is not whitelisted.
    Forbidden,
    /// It is not sure.
    Perhaps,
    /// Label: lines that let a packet through.
    Passes,
    /// Label: lines that stop it on the other side.
    Stops,
    /// The change touched the line.
    Touched,
    /// Heading of verdicts that turned.
    Turned,
    /// Heading of new findings.
    New,
    /// Heading of new findings that violate nothing.
    AlsoNew,
    /// Heading of findings that are gone.
    Resolved,
    /// How many of each.
    Counts {
        /// New.
        new: usize,
        /// Gone.
        resolved: usize,
        /// As before.
        persisting: usize,
    },
    /// The last line.
    Conclusion(Word),
    /// Not two revisions.
    NotARange(&'a str),
    /// Git failed.
    Git {
        /// The git command.
        what: &'a str,
        /// What it said.
        why: &'a str,
    },
    /// A revision without the snapshot.
    NothingThere {
        /// The revision.
        revision: &'a str,
        /// The directory.
        path: &'a str,
    },
}

/// A reason for which something is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Remedy<'a> {
    /// The reason.
    pub why: &'a Because,
    /// Lines of the same file that are not understood or not modelled, the line itself counted.
    pub like_it: usize,
}

/// Something that the user can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A device.
    Device,
    /// An interface.
    Interface,
    /// A VRF.
    Vrf,
    /// A list.
    List,
    /// An object group.
    Group,
    /// A firewall zone of a device.
    Zone,
    /// A VLAN of an interface.
    Vlan,
    /// A code.
    Code,
    /// An operating system.
    Os,
    /// An encoding.
    Encoding,
    /// A configuration of the snapshot.
    File,
}

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reading the files.
    Read,
    /// Building the graph.
    Build,
    /// Judging the pairs.
    Prove,
}

/// A label in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Every way passes.
    Certain,
    /// Some way passes.
    Possible,
    /// No way passes.
    Impossible,
    /// A way that may be taken in some world only.
    Maybe,
    /// A way that can be taken in every world.
    Sure,
    /// One of several ways.
    Way,
    /// Permit.
    Permit,
    /// Deny.
    Deny,
    /// Undecided.
    Undecided,
    /// Device.
    Device,
    /// VRF.
    Vrf,
    /// Prefix.
    Prefix,
    /// Protocol.
    Protocol,
    /// Next hop.
    NextHop,
    /// Interface.
    Interface,
    /// File.
    File,
    /// Total.
    Total,
    /// Address.
    Address,
    /// Segment.
    Segment,
    /// Why.
    Why,
    /// Zone.
    Zone,
    /// Declared cables.
    DeclaredLinks,
    /// Segments.
    Segments,
    /// No location.
    NoLocation,
    /// Title of the drawing.
    GraphTitle,
    /// An external.
    External,
    /// What belongs to no zone.
    Nobody,
    /// A declared cable.
    Cable,
    /// Devices.
    Devices,
    /// Zones.
    Zones,
}
