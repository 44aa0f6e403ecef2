//! How a case is written.
//!
//! Each `##` section is one network. Its fenced blocks are
//!
//! - `ios NAME`: the lines of the config of `NAME` between its `hostname` line and its `end`; `version`,
//!   `no ip source-route` and `no ipv6 source-route` are added;
//! - `fortios NAME`: the tables of the config of `NAME` after its header and host name;
//! - `raw FILE`: a file as it stands;
//! - `toml`: the policy without `schema_version`;
//! - `diff NAME`: lines to take out (`-`), to put in (`+`) and to find the place by (blank); hunks
//!   are parted by `@@`. `NAME` is a device, or `zones.toml`;
//! - `expect`: one expectation a line, see [`Expect`].
//!
//! A section has the blocks of the first one, and its own instead of or on top of them.

use std::collections::BTreeMap;

/// One network with its expectations.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Heading.
    pub name: String,
    /// Whether it is to be judged in IPv6 as well.
    pub mirrored: bool,
    /// Configs by device, without the lines that all have.
    pub devices: BTreeMap<String, String>,
    /// Other files by name.
    pub files: BTreeMap<String, String>,
    /// The policy.
    pub policy: String,
    /// What must come out.
    pub expect: Vec<Expect>,
}

/// What must come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `A -> B: WORD` or `A <-> B: WORD`, where the word is a verdict, `open` (any but proven) or `absent`.
    Pair(String, String, String),
    /// `routing A -> B: WORD`: what a proven pair takes for granted about routes.
    Routing(String, String, String),
    /// `leans A -> B: DEVICE PREFIX; DEVICE no route; ...`: the routes that a proven pair leans on.
    Leans(String, String, String),
    /// `verdict: WORD`.
    Verdict(String),
    /// `names DEVICE: LINE`: some finding names this line of the config or of `zones.toml`.
    Names(String, String),
    /// `says TEXT`: some finding, reason, witness or message has this text.
    Says(String),
    /// `finds CODE`: there is such a finding or message.
    Finds(String),
    /// `assumes ID` or `assumes not ID`: what the proven pairs lean on.
    Assumes(String, bool),
    /// `cabling: WORD`, of all pairs.
    Cabling(String),
    /// `external ID: WORD`: is it connected to the Internet?
    External(String, String),
    /// `replies A -> B: WORD`: whether packets of sessions go astray this way.
    Replies(String, String, String),
    /// `required ID: WORD`: `met`, `undecided` or `broken`.
    Required(String, String),
    /// `chain A -> B: none`, or `exists` or `may` with the flows of the shortest chain (`-` for a hop without one).
    /// An end may be `internet`.
    Chain(String, String, String),
    /// `gateway G A -> B: WORD`: whether every chain passes the gateway or one beside it; `absent`.
    Gateway(String, String, String),
    /// `denied relay: WORD`: the verdict with `--deny relay`.
    DeniedRelay(String),
    /// `stops: TEXT`: no verdict at all, with a mistake that says so.
    Stops(String),
}

/// Reads a case.
pub fn read(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            let mut section = sections.first().cloned().unwrap_or_default();
            heading.clone_into(&mut section.name);
            section.mirrored = heading.ends_with("also in IPv6");
            section.expect.clear();
            sections.push(section);
        } else if let Some(kind) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            let section = sections.last_mut().unwrap();
            block(section, kind, &body);
        }
    }
    for section in &sections {
        assert!(!section.expect.is_empty(), "section `{}` expects nothing", section.name);
    }
    sections
}

fn block(section: &mut Section, kind: &str, body: &[&str]) {
    let text = body.iter().map(|l| format!("{l}\n")).collect::<String>();
    match kind.split_once(' ').unwrap_or((kind, "")) {
        ("ios" | "fortios", name) => drop(section.devices.insert(name.to_owned(), text)),
        ("raw", name) => drop(section.files.insert(name.to_owned(), text)),
        ("toml", "") => section.policy = text,
        ("diff", "zones.toml") => change(&mut section.policy, body),
        ("diff", name) => {
            let config = section.devices.get_mut(name).unwrap_or_else(|| panic!("no config of `{name}`"));
            change(config, body);
        }
        ("expect", "") => section.expect.extend(body.iter().flat_map(|l| expect(l))),
        _ => panic!("`{kind}` is no kind of block"),
    }
}

/// Applies the hunks of a difference.
fn change(text: &mut String, body: &[&str]) {
    for hunk in body.split(|l| l.starts_with("@@")) {
        let side = |mark: char| -> String {
            let lines = hunk.iter().filter(|l| l.starts_with(' ') || l.starts_with(mark));
            lines.map(|l| format!("{}\n", l.get(1..).unwrap_or(""))).collect()
        };
        let (old, new) = (side('-'), side('+'));
        let whole = format!("\n{text}");
        let found = whole.matches(&format!("\n{old}")).count();
        assert_eq!(found, 1, "{found} places for\n{old}in\n{text}");
        *text = whole.replacen(&format!("\n{old}"), &format!("\n{new}"), 1).split_off(1);
    }
}

/// What three words make.
type Make = fn(String, String, String) -> Expect;

fn expect(line: &str) -> Vec<Expect> {
    let owned = str::to_owned;
    let after = |word: &str| line.strip_prefix(word).map(owned);
    let parts = |rest: &str| {
        let (a, b) = rest.split_once(": ").unwrap_or_else(|| panic!("`{line}` has no colon"));
        (a.to_owned(), b.to_owned())
    };
    if let Some(rest) = after("names ") {
        let (device, line) = parts(&rest);
        return vec![Expect::Names(device, line)];
    }
    if let Some(rest) = after("says ") {
        return vec![Expect::Says(rest)];
    }
    if let Some(rest) = after("finds ") {
        return vec![Expect::Finds(rest)];
    }
    if let Some(rest) = after("assumes not ") {
        return vec![Expect::Assumes(rest, false)];
    }
    if let Some(rest) = after("assumes ") {
        return vec![Expect::Assumes(rest, true)];
    }
    if let Some(rest) = after("replies ") {
        let (pair, word) = parts(&rest);
        let (a, b) = pair.split_once(" -> ").unwrap_or_else(|| panic!("`{line}` is no pair"));
        return vec![Expect::Replies(owned(a), owned(b), word)];
    }
    if let Some(rest) = after("gateway ") {
        let (head, word) = parts(&rest);
        let (gateway, ends) = head.split_once(' ').unwrap_or_else(|| panic!("`{line}` names no gateway"));
        return vec![Expect::Gateway(owned(gateway), owned(ends), word)];
    }
    if let Some(word) = after("denied relay: ") {
        return vec![Expect::DeniedRelay(word)];
    }
    if let Some(rest) = after("required ") {
        let (id, word) = parts(&rest);
        return vec![Expect::Required(id, word)];
    }
    if let Some(rest) = after("external ") {
        let (id, word) = parts(&rest);
        return vec![Expect::External(id, word)];
    }
    if let Some(word) = after("verdict: ") {
        return vec![Expect::Verdict(word)];
    }
    if let Some(word) = after("cabling: ") {
        return vec![Expect::Cabling(word)];
    }
    if let Some(text) = after("stops: ") {
        return vec![Expect::Stops(text)];
    }
    let makes: [(&str, Make); 3] =
        [("routing ", Expect::Routing), ("leans ", Expect::Leans), ("chain ", Expect::Chain)];
    for (word, make) in makes {
        if let Some(rest) = after(word) {
            let (pair, word) = parts(&rest);
            let (a, b) = pair.split_once(" -> ").unwrap_or_else(|| panic!("`{line}` is no expectation"));
            return vec![make(owned(a), owned(b), word)];
        }
    }
    let (pair, verdict) = line.rsplit_once(": ").unwrap_or_else(|| panic!("`{line}` is no expectation"));
    if let Some((a, b)) = pair.split_once(" <-> ") {
        return vec![
            Expect::Pair(owned(a), owned(b), owned(verdict)),
            Expect::Pair(owned(b), owned(a), owned(verdict)),
        ];
    }
    let (a, b) = pair.split_once(" -> ").unwrap_or_else(|| panic!("`{line}` is no expectation"));
    vec![Expect::Pair(owned(a), owned(b), owned(verdict))]
}
