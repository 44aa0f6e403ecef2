//! The corpora of the fuzz targets, and damaged copies of them, through the same functions.
//!
//! `fuzz/run.sh` looks for new inputs, guided by coverage; what it finds worth keeping goes to `fuzz/corpus`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail loudly")]

#[path = "../fuzz/harness.rs"]
mod harness;

use std::fs;
use std::path::Path;

/// Damaged copies of each input.
const COPIES: u64 = 200;

/// A small generator of numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((x ^ (x >> 31)) % n.max(1) as u64).unwrap()
    }
}

/// Words that readers look for.
const WORDS: [&str; 18] = [
    "!",
    "end",
    "\n",
    "next",
    "set",
    "unset",
    "config",
    "edit",
    "no ",
    "permit",
    "\"",
    "any",
    "0",
    "4294967296",
    "::",
    "{",
    "\u{3000}",
    "[[",
];

/// A copy with some bytes changed, lines moved, doubled or lost, words put in.
fn damaged(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = text.to_vec();
    for _ in 0..=random.below(4) {
        let lines: Vec<Vec<u8>> = out.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        if lines.is_empty() {
            return out;
        }
        let (a, b) = (random.below(lines.len()), random.below(lines.len()));
        let mut lines = lines;
        match random.below(6) {
            0 => drop(lines.remove(a)),
            1 => lines.swap(a, b),
            2 => lines.insert(a, lines[b].clone()),
            3 => {
                let at = random.below(lines[a].len());
                lines[a][at] = u8::try_from(random.below(256)).unwrap();
            }
            4 => {
                let at = random.below(lines[a].len());
                let word = WORDS[random.below(WORDS.len())].bytes();
                lines[a].splice(at..at, word);
            }
            _ => lines.truncate(a + 1),
        }
        out = lines.concat();
    }
    out
}

#[test]
fn nothing_panics_on_the_corpora_and_what_is_like_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut tried = 0;
    for (name, run) in harness::TARGETS {
        let mut files: Vec<_> = fs::read_dir(root.join(name)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "no corpus for {name}");
        for file in files {
            let text = fs::read(&file).unwrap();
            run(&text);
            let mut random = Random(text.len() as u64);
            for _ in 0..COPIES {
                run(&damaged(&text, &mut random));
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried} inputs");
}
