//! Reads the access lists and forwarding tables of the Stanford backbone: just enough for these files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, bits_addr};

use super::Rule;
use super::synthetic::prefix;

/// One router's routes; a key is a next hop.
pub type Table = Vec<(Prefix, usize)>;

/// The directory of the Stanford files: `$SEKISHO_CORPUS` itself, or `stanford_backbone` in it, or beside the project.
pub fn directory() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("SEKISHO_CORPUS").map_or(beside, PathBuf::from);
    [corpus.join("stanford_backbone"), corpus]
        .into_iter()
        .find(|dir| dir.join("bbra_rtr_config.txt").is_file())
}

fn files(ending: &str) -> Vec<String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().is_some_and(|name| name.ends_with(ending)))
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// All access lists of all routers.
pub fn access_lists() -> Vec<Vec<Rule>> {
    files("_config.txt").iter().flat_map(|text| lists_of(text)).collect()
}

fn lists_of(text: &str) -> Vec<Vec<Rule>> {
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut lists: Vec<Vec<Rule>> = Vec::new();
    let mut current: Option<(String, bool)> = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, extended, body) = if words.first() == Some(&"access-list") {
            current = None;
            let number: u32 = words[1].parse().unwrap();
            let extended = (100..=199).contains(&number) || (2000..=2699).contains(&number);
            (words[1].to_owned(), extended, &words[2..])
        } else if line.starts_with("ip access-list") {
            current = Some((words[3].to_owned(), words[2] == "extended"));
            continue;
        } else if let Some((name, extended)) = current.clone().filter(|_| line.starts_with(' ')) {
            (name, extended, &words[..])
        } else {
            current = None;
            continue;
        };
        if !matches!(body.first(), Some(&"permit" | &"deny")) {
            continue;
        }
        let rule = Rule { cube: Reader { words: &body[1..] }.cube(extended), permit: body[0] == "permit" };
        let place = *names.entry(name).or_insert_with(|| {
            lists.push(Vec::new());
            lists.len() - 1
        });
        lists[place].push(rule);
    }
    lists
}

struct Reader<'a> {
    words: &'a [&'a str],
}

impl<'a> Reader<'a> {
    fn word(&mut self) -> &'a str {
        let (first, rest) = self.words.split_first().unwrap();
        self.words = rest;
        first
    }

    fn cube(&mut self, extended: bool) -> Cube {
        let mut cube = Cube::any();
        if !extended {
            return cube.with(Field::Src, self.address());
        }
        let protocol = self.word();
        if protocol != "ip" {
            cube.set(Field::Proto, FieldSet::one(protocol_number(protocol)));
        }
        cube.set(Field::Src, self.address());
        cube.set(Field::Sport, self.ports());
        cube.set(Field::Dst, self.address());
        cube.set(Field::Dport, self.ports());
        for word in self.words {
            match *word {
                "established" => {
                    let values = (0..256u128).filter(|flags| flags & 0x14 != 0).map(|v| (v, v)).collect();
                    cube.set(Field::Flags, FieldSet::Ranges(values));
                }
                "echo" => cube.set(Field::IcmpType, FieldSet::one(8)),
                "echo-reply" => cube.set(Field::IcmpType, FieldSet::one(0)),
                "unreachable" => cube.set(Field::IcmpType, FieldSet::one(3)),
                _ => {}
            }
        }
        cube
    }

    fn address(&mut self) -> FieldSet {
        match self.word() {
            "any" => FieldSet::Any,
            "host" => prefix(address(self.word()), 32, Family::V4),
            text if self.words.first().is_some_and(|next| next.contains('.')) => {
                let care = 0xffff_ffff & !address(self.word());
                FieldSet::mask(address(text), care)
            }
            text => prefix(address(text), 32, Family::V4),
        }
    }

    fn ports(&mut self) -> FieldSet {
        let Some(&operator) = self.words.first() else {
            return FieldSet::Any;
        };
        if !matches!(operator, "eq" | "gt" | "lt" | "range" | "neq") {
            return FieldSet::Any;
        }
        self.word();
        let first = port(self.word());
        match operator {
            "gt" => FieldSet::range(first + 1, 65535),
            "lt" => FieldSet::range(0, first - 1),
            "range" => FieldSet::range(first, port(self.word())),
            "neq" => FieldSet::Ranges(vec![(0, first - 1), (first + 1, 65535)]),
            _ => {
                let mut values = vec![(first, first)];
                while let Some(Ok(more)) = self.words.first().map(|word| word.parse::<u32>()) {
                    self.word();
                    values.push((more.into(), more.into()));
                }
                values.sort_unstable();
                FieldSet::Ranges(values)
            }
        }
    }
}

fn address(text: &str) -> u128 {
    u128::from(text.parse::<std::net::Ipv4Addr>().unwrap().to_bits())
}

fn protocol_number(name: &str) -> u128 {
    match name {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        "gre" => 47,
        "esp" => 50,
        "ah" | "ahp" => 51,
        "igmp" => 2,
        "ospf" => 89,
        "eigrp" => 88,
        "pim" => 103,
        "ipip" | "ipinip" => 4,
        number => number.parse().unwrap_or_else(|_| panic!("protocol {number}")),
    }
}

fn port(name: &str) -> u128 {
    const NAMES: [(&str, u128); 47] = [
        ("www", 80),
        ("netbios-ss", 139),
        ("netbios-ssn", 139),
        ("netbios-ns", 137),
        ("netbios-dgm", 138),
        ("snmp", 161),
        ("snmptrap", 162),
        ("smtp", 25),
        ("ftp", 21),
        ("ftp-data", 20),
        ("lpd", 515),
        ("ident", 113),
        ("cmd", 514),
        ("domain", 53),
        ("finger", 79),
        ("whois", 43),
        ("telnet", 23),
        ("ntp", 123),
        ("bootps", 67),
        ("bootpc", 68),
        ("sunrpc", 111),
        ("tftp", 69),
        ("syslog", 514),
        ("login", 513),
        ("exec", 512),
        ("pop3", 110),
        ("pop2", 109),
        ("nntp", 119),
        ("time", 37),
        ("biff", 512),
        ("who", 513),
        ("echo", 7),
        ("discard", 9),
        ("chargen", 19),
        ("daytime", 13),
        ("isakmp", 500),
        ("non500-isakmp", 4500),
        ("kerberos", 88),
        ("klogin", 543),
        ("kshell", 544),
        ("gopher", 70),
        ("irc", 194),
        ("bgp", 179),
        ("rip", 520),
        ("tacacs", 49),
        ("talk", 517),
        ("xdmcp", 177),
    ];
    match NAMES.iter().find(|(known, _)| *known == name) {
        Some(&(_, number)) => number,
        None => name.parse().unwrap_or_else(|_| panic!("port {name}")),
    }
}

/// The forwarding tables, one per router; a key is the interface, counted per router.
pub fn forwarding_tables() -> Vec<Table> {
    files("_route.txt").iter().map(|text| table_of(text)).collect()
}

fn table_of(text: &str) -> Table {
    let mut keys: HashMap<String, usize> = HashMap::new();
    let mut routes: Vec<(u128, u32, usize)> = Vec::new();
    for line in text.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((network, length)) = words.first().and_then(|word| word.split_once('/')) else {
            continue;
        };
        let Some(&hop) = words.get(1) else {
            continue;
        };
        let name = if matches!(hop, "drop" | "receive") { hop } else { words.get(2).copied().unwrap_or("") };
        let count = keys.len();
        let key = *keys.entry(name.to_owned()).or_insert(count);
        let (network, length) = (address(network), length.parse().unwrap());
        if !routes.iter().rev().take(4).any(|route| (route.0, route.1) == (network, length)) {
            routes.push((network, length, key));
        }
    }
    routes.sort_by_key(|route| (route.0, route.1));
    routes.dedup_by_key(|route| (route.0, route.1));
    let prefix = |network, length| Prefix::new(bits_addr(Family::V4, network), length).unwrap();
    routes.into_iter().map(|(network, length, key)| (prefix(network, length), key)).collect()
}
