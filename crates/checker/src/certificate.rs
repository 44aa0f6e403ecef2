//! The certificate as data: what was read, what is claimed, and the sets that show it.
//!
//! Integers, strings and lists only. The text of a certificate is canonical: one line of JSON without
//! spaces, keys sorted, no unknown and no duplicate key, sealed by its own SHA-256. [`Certificate::read`]
//! accepts nothing else. What everything means is in `docs/certificate.md`.

use std::fmt::Write as _;
use std::net::IpAddr;

use sekisho_plain::format::{Cube, Network, Port};
use sekisho_plain::{Family, Prefix};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Version of the format.
pub const FORMAT: u32 = 2;

/// What the claims of every certificate speak of.
pub const ABOUT: &str =
    "packets that begin something, and packets that helpers let pass; not replies of sessions";

/// Declares wire types: all public, documented, comparable, and strict about unknown keys.
macro_rules! wire {
    ($($(#[$meta:meta])* pub $kind:ident $name:ident { $($body:tt)* })*) => {
        $($(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "snake_case")]
        pub $kind $name { $($body)* })*
    };
}

wire! {
    /// A proof of isolation that can be checked without the program that found it.
    pub struct Certificate {
        /// [`FORMAT`].
        pub format: u32,
        /// [`ABOUT`].
        pub about: String,
        /// Program and version that wrote it.
        pub tool: String,
        /// Day for which the policy was evaluated, `YYYY-MM-DD`.
        pub as_of: String,
        /// Earliest end of an approval that the claims lean on, `YYYY-MM-DD`.
        pub valid_until: Option<String>,
        /// SHA-256 of the text with this field empty, in hexadecimal.
        pub seal: String,
        /// Files read, sorted by path.
        pub inputs: Vec<Input>,
        /// What became of every line of every configuration, in the order of the inputs.
        pub ledger: Vec<Ledger>,
        /// The policy.
        pub policy: Policy,
        /// Assumptions on which some claim leans.
        pub assume: Vec<Assumption>,
        /// Devices, cables and neighbours.
        pub model: Network,
        /// Pairs that are proven.
        pub claims: Vec<Claim>,
        /// All other ordered pairs: source, target.
        pub not_proven: Vec<(String, String)>,
        /// Sets of headers, used by the invariants by their position. The first is every header.
        pub sets: Vec<Vec<Cube>>,
        /// For each source what it can bring where at most.
        pub invariants: Vec<Invariant>,
    }

    /// A file.
    pub struct Input {
        /// Path within the snapshot.
        pub path: String,
        /// SHA-256 of its bytes, in hexadecimal.
        pub sha256: String,
        /// Number of bytes.
        pub bytes: u64,
        /// Number of lines.
        pub lines: u32,
        /// What it is.
        pub kind: InputKind,
        /// Devices that it describes, by their positions in the model.
        pub devices: Vec<usize>,
    }

    /// What a file is.
    #[derive(Copy)]
    pub enum InputKind {
        /// A configuration.
        Config,
        /// An exported routing table.
        Routes,
        /// The policy.
        Policy,
        /// Neither: not read, with no effect on the model.
        Other,
    }

    /// What became of the lines of one file.
    pub struct Ledger {
        /// The file, by its position in the inputs.
        pub input: usize,
        /// Runs of lines: first, last, state. Together they are lines 1 to the last one.
        pub runs: Vec<(u32, u32, State)>,
    }

    /// What became of a line.
    #[derive(Copy)]
    pub enum State {
        /// It is in the model.
        Modeled,
        /// It cannot affect forwarding.
        Ignored,
        /// It is in the model, wider than it is.
        Approximated,
        /// It is known, but its effect is not in the model.
        Unsupported,
        /// It was not understood.
        Unrecognized,
    }

    /// The policy, as it is in force on the day of evaluation. Names are resolved.
    pub struct Policy {
        /// Zones.
        pub zones: Vec<Zone>,
        /// Networks of others.
        pub externals: Vec<External>,
        /// Permitted flows.
        pub whitelist: Vec<Entry>,
    }

    /// A zone.
    pub struct Zone {
        /// Its id.
        pub id: String,
        /// Its kind, as in the policy file.
        pub kind: String,
        /// Where it is.
        pub attach: Attach,
    }

    /// A network of somebody else.
    pub struct External {
        /// `ext:` and its id.
        pub id: String,
        /// Where it is.
        pub attach: Attach,
        /// Whether it may hand packets from one of its links to another.
        pub transit: bool,
        /// Externals that are one network with it, by position.
        pub joined: Vec<usize>,
    }

    /// Where a zone or external is.
    pub struct Attach {
        /// Interfaces.
        pub interfaces: Vec<Port>,
        /// VLANs of one device, or of all.
        pub vlans: Vec<(Option<usize>, u16)>,
        /// VRFs: device, VRF.
        pub vrfs: Vec<(usize, usize)>,
        /// Whole devices.
        pub devices: Vec<usize>,
        /// Subnets.
        pub subnets: Vec<Prefix>,
        /// Neighbours behind which it lies.
        pub next_hops: Vec<IpAddr>,
    }

    /// A permitted flow between two domains, in one family.
    pub struct Entry {
        /// Its id in the policy file.
        pub id: String,
        /// Source domain.
        pub from: String,
        /// Target domain.
        pub to: String,
        /// Family.
        pub family: Family,
        /// Headers on arrival: source as sent, destination as delivered.
        pub cubes: Vec<Cube>,
        /// Whether these are replies of a TCP session that the flow of the other direction opens.
        pub replies: bool,
    }

    /// Something that is taken for granted.
    pub struct Assumption {
        /// Its id, of a closed list (`docs/assumptions.md`).
        pub id: String,
        /// What it says.
        pub text: String,
    }

    /// A proven pair.
    pub struct Claim {
        /// Source domain.
        pub from: String,
        /// Target domain.
        pub to: String,
        /// Ids of the assumptions on which it leans.
        pub leans_on: Vec<String>,
        /// The invariant that shows it, by position.
        pub invariant: usize,
    }

    /// For one source a set of headers per place that holds everything it can bring there.
    pub struct Invariant {
        /// Source domain.
        pub from: String,
        /// Whether it holds for the routes as given or for any.
        pub routing: Routing,
        /// Whether devices may obey source routes.
        pub source_routes: bool,
        /// Place and set; a place that is not named holds nothing. Sorted by place.
        pub at: Vec<(String, usize)>,
    }

    /// Which routes an invariant allows for.
    #[derive(Copy, PartialOrd, Ord)]
    pub enum Routing {
        /// Whatever the routes are.
        Any,
        /// The routes of the model.
        Given,
    }
}

/// Why a text is no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not JSON of the right shape.
    #[error("not a certificate: {0}")]
    Shape(String),
    /// A version that this program does not know.
    #[error("format {0} is not known to this program")]
    Format(u32),
    /// Not in canonical form.
    #[error("not in canonical form, from byte {0}")]
    NotCanonical(usize),
    /// Changed after it was sealed.
    #[error("the seal does not fit the text: it was changed after it was written")]
    Seal,
}

impl Certificate {
    /// Reads a certificate and checks its form and its seal.
    ///
    /// # Errors
    /// [`ReadError`] for whatever differs from the canonical text of a sealed certificate.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        let body = text.strip_suffix('\n').unwrap_or(text);
        let certificate: Self = serde_json::from_str(body).map_err(|e| ReadError::Shape(e.to_string()))?;
        if certificate.format != FORMAT {
            return Err(ReadError::Format(certificate.format));
        }
        let canonical = certificate.canonical();
        if canonical != body {
            let same = canonical.bytes().zip(body.bytes()).take_while(|(a, b)| a == b).count();
            return Err(ReadError::NotCanonical(same));
        }
        // Quotes inside strings are escaped, so that only the key itself reads like this.
        let sealed = format!("\"seal\":\"{}\"", certificate.seal);
        if certificate.seal != hex_digest(body.replacen(&sealed, "\"seal\":\"\"", 1)) {
            return Err(ReadError::Seal);
        }
        Ok(certificate)
    }

    /// The canonical text, sealed, with a line end.
    #[must_use]
    pub fn write(mut self) -> String {
        self.seal = self.digest();
        let mut text = self.canonical();
        text.push('\n');
        text
    }

    /// SHA-256 of the canonical text with an empty seal.
    #[must_use]
    pub fn digest(&self) -> String {
        let unsealed = Self { seal: String::new(), ..self.clone() };
        hex_digest(unsealed.canonical())
    }

    /// Keys sorted, no spaces. A value of ours always has a JSON form.
    fn canonical(&self) -> String {
        serde_json::to_value(self).map_or_else(|e| e.to_string(), |value| value.to_string())
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn hex_digest(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes.as_ref()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
