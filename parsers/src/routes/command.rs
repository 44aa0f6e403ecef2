//! The command that printed a text: prompt echoes, titles and file names.

use sekisho_net::Family;

/// A printed format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// IOS and IOS-XE `show ip route`, `show ipv6 route`.
    IosShowIpRoute,
    /// IOS and IOS-XE `show ip cef`.
    IosCef,
}

/// The VRF argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VrfArgument {
    /// None: the global table.
    Global,
    /// `vrf NAME`.
    Named(String),
    /// `vrf *`: every table, each under its own heading.
    All,
}

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// No command is shown.
    Unstated,
    /// A whole table.
    Table {
        /// Format.
        format: Format,
        /// Family.
        family: Family,
        /// Table.
        vrf: VrfArgument,
    },
    /// A part of a table: the argument that cuts it down.
    Filtered(String),
    /// Something else than a route table.
    Other,
}

impl Command {
    /// Reads a command line as typed, abbreviations included (`sh ip ro vrf RED`). An empty line states nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() {
            return Command::Unstated;
        }
        if words.first() == Some(&"do") {
            words.remove(0);
        }
        let abbreviates = |at: usize, full: &str, least: usize| {
            words.get(at).is_some_and(|w| w.len() >= least && full.starts_with(&w.to_ascii_lowercase()))
        };
        let family = match words.get(1).map(|w| w.to_ascii_lowercase()) {
            Some(w) if w == "ip" => Family::V4,
            Some(w) if w == "ipv6" => Family::V6,
            _ => return Command::Other,
        };
        if !abbreviates(0, "show", 2) {
            return Command::Other;
        }
        let format = if abbreviates(2, "route", 2) {
            Format::IosShowIpRoute
        } else if abbreviates(2, "cef", 2) {
            Format::IosCef
        } else {
            return Command::Other;
        };
        let mut vrf = VrfArgument::Global;
        let mut at = 3;
        if words.get(at) == Some(&"vrf") {
            let Some(name) = words.get(at + 1) else { return Command::Filtered("vrf".to_owned()) };
            vrf = if *name == "*" { VrfArgument::All } else { VrfArgument::Named((*name).to_owned()) };
            at += 2;
        }
        // These two add alternative paths to the rows and take nothing away.
        if matches!(words.get(at), Some(&"repair-paths" | &"next-hop-override")) {
            at += 1;
        }
        match words.get(at..) {
            None | Some([]) => Command::Table { format, family, vrf },
            Some(rest) => Command::Filtered(rest.join(" ")),
        }
    }
}

/// Splits a line that begins with an exec prompt into host name and command: `r1#show ip route`,
/// `r1(config)#do sh ip ro`, `r1>`.
#[must_use]
pub fn prompt(text: &str) -> Option<(&str, &str)> {
    let trimmed = text.trim_start();
    let at = trimmed.find(['#', '>'])?;
    let (front, back) = trimmed.split_at_checked(at)?;
    let host = front.split_once('(').map_or(front, |(host, _)| host).trim_end();
    let named = host.chars().next().is_some_and(|c| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'));
    let mode = front.strip_prefix(host).unwrap_or("").trim();
    let mode_ok = mode.is_empty() || (mode.starts_with('(') && mode.ends_with(')'));
    let command = back.get(1..)?.trim();
    // A damaged row must never pass for a prompt: what follows it would then not be read as rows.
    let verb = command.split_whitespace().next().unwrap_or("");
    let typed = verb.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == '!')
        && !command.contains('[')
        && !command.contains("connected")
        && !command.split_whitespace().any(|w| w == "via");
    (named && mode_ok && typed).then_some((host, command))
}

/// A line that is nothing but a route command, bare or as a comment: `show ip route`, `!Command: show ip cef`.
pub(super) fn title(text: &str) -> Option<Command> {
    let bare =
        text.trim_start_matches(['!', '#', ' ', '-', '=', '*']).trim_end_matches([' ', '-', '=', '*', ':']);
    let bare = bare.strip_prefix("Command:").map_or(bare, str::trim_start);
    if !bare.to_ascii_lowercase().starts_with("sh") {
        return None;
    }
    match Command::parse(bare) {
        Command::Other | Command::Unstated => None,
        command => Some(command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let table = |format, family, vrf| Command::Table { format, family, vrf };
        let rib = |vrf| table(Format::IosShowIpRoute, Family::V4, vrf);
        for (text, want) in [
            ("show ip route", rib(VrfArgument::Global)),
            ("sh ip ro", rib(VrfArgument::Global)),
            ("do show ip route vrf RED", rib(VrfArgument::Named("RED".into()))),
            ("show ip route vrf *", rib(VrfArgument::All)),
            ("show ip route vrf RED repair-paths", rib(VrfArgument::Named("RED".into()))),
            ("show ip route 10.0.0.0", Command::Filtered("10.0.0.0".into())),
            ("show ip route | include 10", Command::Filtered("| include 10".into())),
            ("show ip route vrf RED static", Command::Filtered("static".into())),
            ("show ipv6 route", table(Format::IosShowIpRoute, Family::V6, VrfArgument::Global)),
            ("show ip cef vrf A", table(Format::IosCef, Family::V4, VrfArgument::Named("A".into()))),
            ("show ip cef summary", Command::Filtered("summary".into())),
            ("show version", Command::Other),
            ("show ip arp", Command::Other),
            ("ship ip route", Command::Other),
            ("", Command::Unstated),
        ] {
            assert_eq!(Command::parse(text), want, "{text}");
        }
    }

    #[test]
    fn prompts() {
        assert_eq!(prompt("r1#show ip route "), Some(("r1", "show ip route")));
        assert_eq!(prompt("r1(config)#do sh ip ro"), Some(("r1", "do sh ip ro")));
        assert_eq!(prompt("core-1.example>"), Some(("core-1.example", "")));
        assert_eq!(prompt("# a comment"), None);
        assert_eq!(prompt("C    10.0.0.0/8 is directly connected, Vlan1"), None);
        assert_eq!(prompt("The device # 5"), None);
        for damaged in
            ["C#   10.0.0.0/8 is directly connected, Vlan1", "0.0.0.0/8# drop", "via#FE80::1, Vlan1"]
        {
            assert_eq!(prompt(damaged), None, "{damaged}");
        }
        assert_eq!(title("!Command: show ip route vrf A"), Some(Command::parse("show ip route vrf A")));
        assert_eq!(title("show version"), None);
        assert_eq!(title("S    10.0.0.0/8 [1/0] via 10.1.1.1"), None);
    }
}
