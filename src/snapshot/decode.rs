//! Bytes to text: byte-order mark, UTF-8, the stated encoding, then a guess.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};

/// A text encoding, by its WHATWG label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// The encoding of a label such as `shift_jis`, `euc-jp`, `utf-8`.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Encoding::for_label(label.trim().as_bytes()).map(Self)
    }
}

/// A decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub text: String,
    /// Name of the encoding in lower case.
    pub encoding: &'static str,
    /// The encoding is a guess.
    pub guessed: bool,
    /// Some bytes are no characters; they stand as U+FFFD.
    pub malformed: bool,
}

/// Whether the bytes can be no text of any encoding used here.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    Encoding::for_bom(bytes).is_none() && bytes.contains(&0)
}

/// Decodes a file.
pub(super) fn decode(bytes: &[u8], stated: Option<TextEncoding>) -> Decoded {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes.get(length..).unwrap_or(&[]), false);
    }
    let escapes = bytes.windows(3).any(|w| matches!(w, b"\x1b$B" | b"\x1b$@"));
    if !escapes && let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: text.to_owned(), encoding: name(UTF_8), guessed: false, malformed: false };
    }
    match stated {
        Some(TextEncoding(encoding)) => with(encoding, bytes, false),
        None => with(guess(bytes, escapes), bytes, true),
    }
}

/// The one of the Japanese encodings that fits without error, or what the letters look like.
fn guess(bytes: &[u8], escapes: bool) -> &'static Encoding {
    if escapes {
        return ISO_2022_JP;
    }
    let fits = |e: &'static Encoding| e.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    match (fits(SHIFT_JIS), fits(EUC_JP)) {
        (true, false) => SHIFT_JIS,
        (false, true) => EUC_JP,
        _ => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            detector.guess(Some(b"jp"), Utf8Detection::Allow)
        }
    }
}

fn with(encoding: &'static Encoding, bytes: &[u8], guessed: bool) -> Decoded {
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    Decoded { text: text.into_owned(), encoding: name(encoding), guessed, malformed }
}

/// Names of the encodings in the way reports write them.
fn name(encoding: &'static Encoding) -> &'static str {
    match encoding.name() {
        "UTF-8" => "utf-8",
        "UTF-16LE" => "utf-16le",
        "UTF-16BE" => "utf-16be",
        "Shift_JIS" => "shift_jis",
        "EUC-JP" => "euc-jp",
        "ISO-2022-JP" => "iso-2022-jp",
        other => other,
    }
}
