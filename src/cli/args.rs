//! Arguments as they are typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::flow::FlowArgs;

/// Proves that no path crosses a zone border except the whitelisted flows.
#[derive(Parser)]
#[command(name = "sekisho", version, max_term_width = 100, propagate_version = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Judge every pair of zones: proven, violated or undecided
    Verify(VerifyArgs),
    /// What a change of the configurations opens and closes
    Diff(DiffArgs),
    /// Which single lines hold the walls: each is taken out and everything judged again
    Margin(MarginArgs),
    /// Check a certificate without searching: does each claim follow?
    Check(CheckArgs),
    /// Judge again whenever a file changes
    Watch(WatchArgs),
    /// Follow one packet, hop by hop
    Trace(TraceArgs),
    /// Which line of one filter decides one packet
    Filter(FilterArgs),
    /// The forwarding tables that are used
    Routes(RoutesArgs),
    /// What was understood of the input
    Show(ShowArgs),
    /// The page of a diagnostic or finding
    Explain(ExplainArgs),
    /// Print a completion script
    #[command(hide = true)]
    Completions(CompletionsArgs),
}

impl Command {
    /// How the output is wanted.
    pub(super) fn output(&self) -> OutputArgs {
        match self {
            Command::Verify(a) => a.output.clone(),
            Command::Diff(a) => a.output.clone(),
            Command::Margin(a) => a.output.clone(),
            Command::Check(a) => a.output.clone(),
            Command::Watch(a) => a.verify.output.clone(),
            Command::Trace(a) => a.output.clone(),
            Command::Filter(a) => a.output.clone(),
            Command::Routes(a) => a.output.clone(),
            Command::Show(a) => OutputArgs { format: a.format.into(), look: a.look.clone() },
            Command::Explain(a) => a.output.clone(),
            Command::Completions(_) => OutputArgs::default(),
        }
    }
}

/// Output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; described by docs/schema.
    Json,
}

/// A kind of finding that changes no verdict by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    /// Replies of sessions that reach another zone, or come from another one.
    SessionCrossing,
    /// Chains of sessions between zones without direct permission, and to and from the Internet.
    Relay,
}

/// Output format of `show`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowFormat {
    /// For people.
    #[default]
    Text,
    /// For programs; described by docs/schema.
    Json,
    /// A picture, of `graph` and `zones`.
    Svg,
}

/// Language of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

impl From<ShowFormat> for Format {
    fn from(format: ShowFormat) -> Self {
        match format {
            ShowFormat::Json => Format::Json,
            // A picture speaks to people, as text does.
            ShowFormat::Text | ShowFormat::Svg => Format::Text,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the output is wanted.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) look: LookArgs,
}

/// How the output is to look.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(super) struct LookArgs {
    /// Language [default: by the locale for text, English for JSON]
    #[arg(long, value_enum, value_name = "LANG")]
    pub(super) lang: Option<Language>,
    /// Colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: Color,
    /// Columns of text output [default: 80, or COLUMNS]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=400))]
    pub(super) width: Option<u16>,
}

/// How the input is to be read.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Operating system of every configuration, where it is not recognised (cisco_ios, …)
    #[arg(long, value_name = "NAME")]
    pub(super) os: Option<String>,
    /// Encoding of files that are not UTF-8 (shift_jis, euc-jp, …)
    #[arg(long, value_name = "NAME")]
    pub(super) encoding: Option<String>,
}

/// `verify`.
#[derive(ClapArgs)]
pub(super) struct VerifyArgs {
    /// Directory of configurations, or one file [default: `snapshot` of the policy]
    pub(super) snapshot: Option<PathBuf>,
    /// The policy [default: ./zones.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Day of evaluation, for approvals and expiries [default: today in Japan]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) as_of: Option<String>,
    /// Findings beside the verdicts that count as breaches
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub(super) deny: Vec<Deny>,
    /// Write a certificate of what is proven
    #[arg(long, value_name = "FILE")]
    pub(super) certificate: Option<PathBuf>,
    /// Check the certificate of what is proven; exit 4 where it does not bear out the search
    #[arg(long)]
    pub(super) check: bool,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// `check`.
#[derive(ClapArgs)]
pub(super) struct CheckArgs {
    /// The certificate
    pub(super) certificate: PathBuf,
    /// Directory of the configurations: each must be the one that was read, and no other may be there
    #[arg(long, value_name = "DIR")]
    pub(super) configs: Option<PathBuf>,
    /// The policy: it must be the one that was read
    #[arg(long, value_name = "FILE", requires = "configs")]
    pub(super) policy: Option<PathBuf>,
    /// Parse the configurations again, and compare ledger, policy and model
    #[arg(long, requires = "configs", requires = "policy")]
    pub(super) reparse: bool,
    /// Day on which the certificate must be valid [default: today in Japan]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) as_of: Option<String>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// `margin`.
#[derive(ClapArgs)]
pub(super) struct MarginArgs {
    /// Directory of configurations [default: `snapshot` of the policy]
    pub(super) snapshot: Option<PathBuf>,
    /// The policy [default: ./zones.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Lines that are tried at most, in the order of the files
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(super) most: usize,
    /// Try only the lines of this file (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) file: Vec<String>,
    /// Judge everything again for each line, even where one step shows that the proofs stand
    #[arg(long)]
    pub(super) thorough: bool,
    /// Day of evaluation, for approvals and expiries [default: today in Japan]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) as_of: Option<String>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// `diff`.
#[derive(ClapArgs)]
pub(super) struct DiffArgs {
    /// Directory of configurations before the change; with --git the only one, the same for both revisions
    /// [default with --git: `snapshot` of the policy]
    #[arg(required_unless_present = "git")]
    pub(super) before: Option<PathBuf>,
    /// Directory of configurations after the change
    #[arg(required_unless_present = "git", conflicts_with = "git")]
    pub(super) after: Option<PathBuf>,
    /// Compare two revisions of the git repository
    #[arg(long, value_name = "REV..REV")]
    pub(super) git: Option<String>,
    /// The policy; with --git, each revision has its own if it holds the file [default: ./zones.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Day of evaluation, for approvals and expiries [default: today in Japan]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) as_of: Option<String>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// `watch`.
#[derive(ClapArgs)]
pub(super) struct WatchArgs {
    #[command(flatten)]
    pub(super) verify: VerifyArgs,
    /// Milliseconds between two looks at the files
    #[arg(long, value_name = "MS", default_value_t = 500)]
    pub(super) interval: u64,
    /// Stop after this many verdicts, with the exit code of the last
    #[arg(long, value_name = "N")]
    pub(super) runs: Option<u64>,
}

/// `trace`.
#[derive(ClapArgs)]
pub(super) struct TraceArgs {
    /// Directory of configurations, or one file
    pub(super) snapshot: PathBuf,
    /// Where the packet arrives
    #[arg(long, value_name = "[DEVICE:]INTERFACE")]
    pub(super) from: String,
    /// VLAN tag with which it arrives
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4094))]
    pub(super) vlan: Option<u16>,
    #[command(flatten)]
    pub(super) flow: FlowArgs,
    /// A policy, for declared cables and neighbours
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Where an interface filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StageWord {
    /// What arrives.
    In,
    /// What leaves.
    Out,
    /// Between firewall zones, for what leaves.
    Policy,
}

/// `filter`.
#[derive(ClapArgs)]
pub(super) struct FilterArgs {
    /// Configuration, or directory of configurations
    pub(super) file: PathBuf,
    /// The device, where there are several
    #[arg(long, value_name = "DEVICE")]
    pub(super) device: Option<String>,
    /// A list by its name
    #[arg(long, value_name = "ACL", group = "which")]
    pub(super) name: Option<String>,
    /// The filters of an interface
    #[arg(long, value_name = "INTERFACE", group = "which")]
    pub(super) interface: Option<String>,
    /// Which filters of the interface
    #[arg(long, value_enum, requires = "interface", value_name = "STAGE")]
    pub(super) stage: Option<StageWord>,
    /// The policy from this firewall zone
    #[arg(long, value_name = "ZONE", group = "which", requires = "to_zone")]
    pub(super) from_zone: Option<String>,
    /// The policy to this firewall zone
    #[arg(long, value_name = "ZONE", requires = "from_zone")]
    pub(super) to_zone: Option<String>,
    /// An object group: permit means that the packet matches
    #[arg(long, value_name = "GROUP", group = "which")]
    pub(super) object_group: Option<String>,
    /// Interface by which the packet arrived
    #[arg(long, value_name = "INTERFACE")]
    pub(super) in_interface: Option<String>,
    #[command(flatten)]
    pub(super) flow: FlowArgs,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// `routes`.
#[derive(ClapArgs)]
pub(super) struct RoutesArgs {
    /// Directory of configurations, or one file
    pub(super) snapshot: PathBuf,
    /// Of this device only
    #[arg(long, value_name = "DEVICE")]
    pub(super) device: Option<String>,
    /// Of this VRF only; the global table is `default`
    #[arg(long, value_name = "VRF")]
    pub(super) vrf: Option<String>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Topic {
    /// What became of each line.
    Coverage,
    /// Which locations belong to which zone, and why.
    Zones,
    /// The network with its zones.
    Graph,
    /// Cables and segments.
    Links,
    /// Devices as they were understood.
    Model,
}

/// State of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LineWord {
    /// In the model, exactly.
    Modeled,
    /// Cannot affect forwarding.
    Ignored,
    /// In the model, widened.
    Approximated,
    /// Recognised, not modelled.
    Unsupported,
    /// Not understood.
    Unrecognized,
}

/// `show`.
#[derive(ClapArgs)]
pub(super) struct ShowArgs {
    /// What to show
    #[arg(value_enum)]
    pub(super) topic: Topic,
    /// Directory of configurations, or one file [default: `snapshot` of the policy]
    pub(super) snapshot: Option<PathBuf>,
    /// The policy [default: ./zones.toml where one is needed]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// With `coverage`: list the lines of this state
    #[arg(long, value_enum, value_name = "STATE")]
    pub(super) lines: Option<LineWord>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Output")]
    pub(super) format: ShowFormat,
    #[command(flatten)]
    pub(super) look: LookArgs,
}

/// `explain`.
#[derive(ClapArgs)]
pub(super) struct ExplainArgs {
    /// Code such as `isolation/open`; without one, all codes are listed
    pub(super) code: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// `completions`.
#[derive(ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}
