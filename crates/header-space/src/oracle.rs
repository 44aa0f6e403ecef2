//! Other ways to the same answers, for tests: OxiDD at full width, and every packet of a small universe.
//!
//! `bdd` is the second engine; `small` is a universe of 4,096 packets in which sets are lists of bits; `generate` makes
//! random field sets. The tests compare by fingerprint with the one and packet by packet with the other.

mod bdd;
mod differential;
mod exhaustive;
mod generate;
mod lifecycle;
mod lists;
mod routes;
mod shift;
mod small;
