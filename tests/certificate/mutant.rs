//! Changes of one thing in a certificate, drawn by a seed.

use std::collections::BTreeSet;

use serde_json::Value;

/// A small generator of numbers (splitmix64).
pub struct Rng(u64);

impl Rng {
    /// Numbers that depend on the seed alone.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def0)
    }

    /// A number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).unwrap()
    }

    /// One of some things.
    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

/// Values of a certificate that may stand in each other's place.
pub struct Pool {
    addresses: Vec<String>,
    prefixes: Vec<String>,
    words: Vec<String>,
}

/// Words of the formats that mean something.
const WORDS: [&str; 24] = [
    "permit",
    "deny",
    "unknown",
    "no",
    "yes",
    "access",
    "trunk",
    "dynamic",
    "physical",
    "svi",
    "loopback",
    "tunnel",
    "null",
    "other",
    "ipv4",
    "ipv6",
    "any",
    "given",
    "untagged",
    "mynumber",
    "modeled",
    "ignored",
    "unsupported",
    "device",
];

impl Pool {
    /// The values of a certificate.
    pub fn of(whole: &Value) -> Self {
        let mut texts = BTreeSet::new();
        collect(whole, &mut texts);
        let (mut addresses, mut prefixes) = (Vec::new(), Vec::new());
        for text in texts {
            if text.parse::<std::net::IpAddr>().is_ok() {
                addresses.push(text);
            } else if text.split_once('/').is_some_and(|(a, _)| a.parse::<std::net::IpAddr>().is_ok()) {
                prefixes.push(text);
            }
        }
        prefixes.extend(["0.0.0.0/0".to_owned(), "10.0.0.0/8".to_owned()]);
        addresses.extend(["0.0.0.0".to_owned(), "255.255.255.255".to_owned()]);
        Self { addresses, prefixes, words: WORDS.iter().map(|w| (*w).to_owned()).collect() }
    }
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.clone())),
        Value::Array(all) => all.iter().for_each(|v| collect(v, into)),
        Value::Object(all) => all.values().for_each(|v| collect(v, into)),
        _ => {}
    }
}

/// Parts of a certificate, by how often they are changed.
const SECTIONS: [(&str, usize); 9] = [
    ("model", 10),
    ("policy", 4),
    ("claims", 2),
    ("not_proven", 1),
    ("sets", 4),
    ("invariants", 4),
    ("ledger", 1),
    ("inputs", 1),
    ("assume", 1),
];

/// A copy with one thing changed, and the part where; `None` when there is nothing to change.
pub fn change(whole: &Value, pool: &Pool, rng: &mut Rng) -> Option<(&'static str, Value)> {
    let total: usize = SECTIONS.iter().map(|(_, n)| n).sum();
    let mut draw = rng.below(total);
    let section = SECTIONS.iter().find(|(_, n)| {
        let hit = draw < *n;
        draw = draw.saturating_sub(*n);
        hit
    })?;
    let mut changed = whole.clone();
    let part = changed.get_mut(section.0)?;
    let before = part.clone();
    for _ in 0..20 {
        alter(part, pool, rng);
        if *part != before {
            return Some((section.0, changed));
        }
    }
    None
}

/// Goes down to some value and changes it.
fn alter(value: &mut Value, pool: &Pool, rng: &mut Rng) {
    // A list or an object is changed itself now and then.
    let here = rng.below(6) == 0;
    match value {
        Value::Array(all) if all.is_empty() => {}
        Value::Array(all) if here => {
            let (a, b) = (rng.below(all.len()), rng.below(all.len()));
            match rng.below(4) {
                0 => drop(all.remove(a)),
                1 => {
                    let copy = all[a].clone();
                    all.insert(b, copy);
                }
                2 => all.swap(a, b),
                _ => {
                    let copy = all[a].clone();
                    all[b] = copy;
                }
            }
        }
        Value::Array(all) => {
            let at = rng.below(all.len());
            alter(&mut all[at], pool, rng);
        }
        Value::Object(all) if all.is_empty() => {}
        Value::Object(all) => {
            let keys: Vec<String> = all.keys().cloned().collect();
            let key = rng.pick(&keys).clone();
            if here {
                all.remove(&key);
            } else {
                alter(all.get_mut(&key).unwrap(), pool, rng);
            }
        }
        Value::Bool(b) => *b = !*b,
        Value::Null => *value = Value::from(rng.below(4)),
        Value::Number(n) => {
            let old = n.as_u64().unwrap_or(0);
            let new = match rng.below(6) {
                0 => old + 1,
                1 => old.saturating_sub(1),
                2 => 0,
                3 => 65_535,
                4 => old ^ (1 << rng.below(8)),
                _ => rng.next() % 256,
            };
            *value = Value::from(new);
        }
        Value::String(text) => *text = other(text, pool, rng),
    }
}

/// A text that may stand in the place of another.
fn other(text: &str, pool: &Pool, rng: &mut Rng) -> String {
    if let Ok(addr) = text.parse::<std::net::IpAddr>() {
        return match (addr, rng.below(3)) {
            (std::net::IpAddr::V4(a), 0) => {
                std::net::Ipv4Addr::from(u32::from(a).wrapping_add(1)).to_string()
            }
            (std::net::IpAddr::V4(a), 1) => {
                std::net::Ipv4Addr::from(u32::from(a) ^ (1 << rng.below(32))).to_string()
            }
            (std::net::IpAddr::V6(a), 0) => {
                std::net::Ipv6Addr::from(u128::from(a).wrapping_add(1)).to_string()
            }
            (std::net::IpAddr::V6(a), 1) => {
                std::net::Ipv6Addr::from(u128::from(a) ^ (1 << rng.below(128))).to_string()
            }
            _ => rng.pick(&pool.addresses).clone(),
        };
    }
    if text.contains('/') && pool.prefixes.iter().any(|p| p == text) {
        return rng.pick(&pool.prefixes).clone();
    }
    if pool.words.iter().any(|w| w == text) {
        return rng.pick(&pool.words).clone();
    }
    match rng.below(3) {
        0 => format!("{text}x"),
        1 => text.chars().skip(1).collect(),
        _ => String::new(),
    }
}
