//! One file: bytes, digest, text, and what it is.

use std::fmt::Write as _;
use std::fs;

use rayon::prelude::*;
use sekisho_diag::{Code, Severity};
use sekisho_parsers::detect::{Confidence, Detection, Kind, Os, RouteFormat, detect};
use sha2::{Digest, Sha256};

use super::walk::Entry;
use super::{InputFile, LoadOptions, Role, codes, decode, hints};

/// Largest file that is read, in bytes: 64 MiB.
const LARGEST: u64 = 64 << 20;

/// A message that waits for the file's id.
pub(super) struct Note {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    pub help: Option<String>,
    /// Byte offset in the text.
    pub at: usize,
}

/// A file that was read.
pub(super) struct Raw {
    pub input: InputFile,
    pub text: Option<String>,
    pub notes: Vec<Note>,
    /// The text holds replacement characters for bytes that could not be decoded.
    pub damaged: bool,
}

/// Reads all files; the order stays.
pub(super) fn read_all(files: &[Entry], options: &LoadOptions) -> Vec<Raw> {
    files.par_iter().map(|entry| read(entry, options)).collect()
}

impl Raw {
    fn new(path: &str) -> Self {
        let input = InputFile {
            path: path.to_owned(),
            file: None,
            sha256: String::new(),
            bytes: 0,
            encoding: "",
            detection: None,
            role: Role::Other(String::new()),
        };
        Self { input, text: None, notes: Vec::new(), damaged: false }
    }

    fn note(&mut self, code: Code, severity: Severity, message: String, help: Option<&str>) {
        self.notes.push(Note { code, severity, message, help: help.map(str::to_owned), at: 0 });
    }

    /// The file may be a device, and is not in the model.
    fn unread(mut self, code: Code, reason: &str, help: &str) -> Self {
        let message = format!("`{}` is not read: {reason}", self.input.path);
        self.note(code, Severity::Error, message, Some(help));
        self.input.role = Role::Unread(reason.to_owned());
        self
    }

    /// The file is certainly no device.
    fn other(mut self, reason: &str) -> Self {
        let message = format!("`{}` is not used: {reason}", self.input.path);
        self.note(codes::NOT_A_CONFIG, Severity::Info, message, None);
        self.input.role = Role::Other(reason.to_owned());
        self
    }
}

const MOVE_AWAY: &str = "move it out of the snapshot if it is not the export of a device";

fn read(entry: &Entry, options: &LoadOptions) -> Raw {
    let mut raw = Raw::new(&entry.path);
    let metadata = match fs::metadata(&entry.absolute) {
        Ok(metadata) => metadata,
        Err(error) => return raw.unread(codes::UNREADABLE, &error.kind().to_string(), MOVE_AWAY),
    };
    raw.input.bytes = metadata.len();
    if !metadata.is_file() {
        return raw.unread(codes::UNREADABLE, "not a regular file", MOVE_AWAY);
    }
    if metadata.len() > LARGEST {
        return raw.unread(codes::TOO_LARGE, "it is larger than 64 MiB", MOVE_AWAY);
    }
    let bytes = match fs::read(&entry.absolute) {
        Ok(bytes) => bytes,
        Err(error) => return raw.unread(codes::UNREADABLE, &error.kind().to_string(), MOVE_AWAY),
    };
    raw.input.bytes = bytes.len() as u64;
    raw.input.sha256 = hex(&Sha256::digest(&bytes));
    if decode::is_binary(&bytes) {
        // A terminal may have left NUL characters in a listing; a configuration with them is refused.
        let text = String::from_utf8_lossy(&bytes).replace('\0', "");
        return match detect(&entry.path, &text).kind {
            Kind::NotAConfig(reason) => raw.other(reason),
            _ => raw.unread(codes::BINARY, "it is not text (NUL bytes)", MOVE_AWAY),
        };
    }
    let decoded = decode::decode(&bytes, options.encoding);
    raw.input.encoding = decoded.encoding;
    raw.damaged = decoded.malformed;
    if decoded.guessed {
        let message = format!("the encoding of `{}` is taken for `{}`", entry.path, decoded.encoding);
        raw.note(
            codes::ENCODING_GUESSED,
            Severity::Info,
            message,
            Some("state it with `--encoding` if names look wrong"),
        );
    }
    if decoded.malformed {
        let at = decoded.text.find('\u{fffd}').unwrap_or(0);
        let message = format!("`{}` has bytes that are no characters of `{}`", entry.path, decoded.encoding);
        let help = Some("state the encoding with `--encoding`".to_owned());
        raw.notes.push(Note { code: codes::MALFORMED_BYTES, severity: Severity::Warning, message, help, at });
    }
    let detection = detect(&entry.path, &decoded.text);
    raw.text = Some(decoded.text);
    decide(raw, detection, options)
}

/// The role of a text, and what the user must hear about it.
fn decide(mut raw: Raw, mut detection: Detection, options: &LoadOptions) -> Raw {
    let path = raw.input.path.clone();
    let line =
        detection.evidence.as_ref().map_or_else(String::new, |(n, text)| format!(" (line {n}: `{text}`)"));
    if let Some(stated) = options.os {
        match detection.kind {
            Kind::Config(found) if found == stated => detection.confidence = Confidence::Certain,
            Kind::Config(found) => {
                let message = format!(
                    "`{path}` is read as {}, but looks like {}{line}",
                    stated.product(),
                    found.product()
                );
                raw.note(
                    codes::OS_CONTRADICTED,
                    Severity::Warning,
                    message,
                    Some("drop `--os` if the files are of several systems"),
                );
                detection =
                    Detection { kind: Kind::Config(stated), confidence: Confidence::Certain, ..detection };
            }
            Kind::Unknown => {
                detection =
                    Detection { kind: Kind::Config(stated), evidence: None, confidence: Confidence::Certain };
            }
            _ => {}
        }
    }
    raw.input.detection = Some(detection.clone());
    match detection.kind {
        Kind::Config(os) if os.is_read() => {
            if detection.confidence != Confidence::Certain {
                let message = format!("`{path}` is taken for {} by weak signs{line}", os.product());
                raw.note(codes::OS_GUESSED, Severity::Warning, message, Some("state it with `--os`"));
            }
            raw.input.role = Role::Config(Vec::new());
            raw
        }
        Kind::Config(os) => {
            let reason = format!("it looks like {}, which this release does not read{line}", os.product());
            raw.unread(
                codes::UNREAD_OS,
                &reason,
                "nothing can be proven while a device of the network is not read",
            )
        }
        Kind::Routes(RouteFormat::Ios) => {
            raw.input.role = Role::Routes(Vec::new());
            raw
        }
        Kind::Routes(format) => {
            let reason =
                format!("a route table of {}, which this release does not read", format.os().product());
            let message = format!("`{path}` is not used: {reason}{line}");
            raw.note(
                codes::UNREAD_FORMAT,
                Severity::Error,
                message,
                Some("the routes of the device stay as its configuration says"),
            );
            raw.input.role = Role::Other(reason);
            raw
        }
        Kind::Mixed => {
            let reason = format!("it holds a configuration among other things{line}");
            let help = "put the configuration into a file of its own with an ending such as `.cfg`, and take the rest out of the snapshot";
            raw.unread(codes::MIXED_FILE, &reason, help)
        }
        Kind::NotAConfig(reason) => raw.other(reason),
        Kind::Empty if hints::command(&path).is_some_and(|c| !c.contains("config") && !c.contains("run")) => {
            raw.other("a command without output")
        }
        Kind::Empty => raw.unread(codes::EMPTY, "it is blank", "export the device again, or remove the file"),
        Kind::Unknown => {
            let known: Vec<&str> = Os::ALL.into_iter().filter(|os| os.is_read()).map(Os::name).collect();
            let help = format!(
                "{MOVE_AWAY}, or state its system with `--os` (this release reads: {})",
                known.join(", ")
            );
            raw.unread(codes::UNRECOGNIZED_FILE, "it is not recognised as any configuration or table", &help)
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
