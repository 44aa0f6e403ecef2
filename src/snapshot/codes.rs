//! Diagnostic codes of the snapshot; each has a page `docs/codes/snapshot/<name>.md`.

use sekisho_diag::Code;

/// A file or directory cannot be read.
pub const UNREADABLE: Code = Code("snapshot/unreadable");
/// A file is larger than any configuration.
pub const TOO_LARGE: Code = Code("snapshot/too-large");
/// A file is not text.
pub const BINARY: Code = Code("snapshot/binary");
/// A file is blank.
pub const EMPTY: Code = Code("snapshot/empty");
/// The encoding of a file is a guess.
pub const ENCODING_GUESSED: Code = Code("snapshot/encoding-guessed");
/// Bytes that are no characters of the file's encoding.
pub const MALFORMED_BYTES: Code = Code("snapshot/malformed-bytes");
/// A configuration of a system that is not read.
pub const UNREAD_OS: Code = Code("snapshot/unread-os");
/// A route table in a format that is not read.
pub const UNREAD_FORMAT: Code = Code("snapshot/unread-format");
/// The operating system is concluded from weak signs.
pub const OS_GUESSED: Code = Code("snapshot/os-guessed");
/// The stated operating system contradicts the text.
pub const OS_CONTRADICTED: Code = Code("snapshot/os-contradicted");
/// A file is neither a configuration nor a route table.
pub const NOT_A_CONFIG: Code = Code("snapshot/not-a-config");
/// A file is not recognised.
pub const UNRECOGNIZED_FILE: Code = Code("snapshot/unrecognized-file");
/// Tables and a configuration in one file.
pub const MIXED_FILE: Code = Code("snapshot/mixed-file");
/// No device at all.
pub const NO_DEVICE: Code = Code("snapshot/no-device");
/// A configuration without a host name whose file name is taken.
pub const NO_HOSTNAME: Code = Code("snapshot/no-hostname");
/// One configuration twice.
pub const SAME_CONFIG: Code = Code("snapshot/same-config");
/// Two different configurations of one device.
pub const TWO_EXPORTS: Code = Code("snapshot/two-exports");
/// Two members of a cluster with one host name.
pub const ONE_NAME: Code = Code("snapshot/members-of-one-name");
/// Members of one cluster with different configurations.
pub const HA_DRIFT: Code = Code("snapshot/ha-drift");
/// A route table of no known device.
pub const ROUTES_WITHOUT_DEVICE: Code = Code("snapshot/routes-without-device");
/// A line that no reader has accounted for.
pub const UNACCOUNTED_LINE: Code = Code("snapshot/unaccounted-line");

/// Every code and one line about it.
pub const ALL: &[(Code, &str)] = &[
    (UNREADABLE, "a file or directory cannot be read"),
    (TOO_LARGE, "a file is larger than any configuration"),
    (BINARY, "a file is not text"),
    (EMPTY, "a file is blank"),
    (ENCODING_GUESSED, "the encoding of a file is a guess"),
    (MALFORMED_BYTES, "bytes that are no characters of the file's encoding"),
    (UNREAD_OS, "a configuration of an operating system that this release does not read"),
    (UNREAD_FORMAT, "a route table in a format that this release does not read"),
    (OS_GUESSED, "the operating system is concluded from weak signs"),
    (OS_CONTRADICTED, "the stated operating system contradicts the text"),
    (NOT_A_CONFIG, "a file is neither a configuration nor a route table"),
    (UNRECOGNIZED_FILE, "a file is not recognised"),
    (MIXED_FILE, "tables and a configuration in one file"),
    (NO_DEVICE, "the snapshot holds no device configuration"),
    (NO_HOSTNAME, "a configuration without a host name, whose file name is taken"),
    (SAME_CONFIG, "one configuration stands in two files"),
    (TWO_EXPORTS, "two different configurations of one device"),
    (ONE_NAME, "two members of a cluster have one host name"),
    (HA_DRIFT, "members of one cluster have different configurations"),
    (ROUTES_WITHOUT_DEVICE, "a route table of no known device"),
    (UNACCOUNTED_LINE, "a line that the reader has not accounted for"),
];
