//! One test per rule of `docs/semantics.md`, on networks small enough to check by hand.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "semantics/build.rs"]
mod build;
#[path = "semantics/programs.rs"]
mod programs;
#[path = "semantics/routes.rs"]
mod routes;
#[path = "semantics/segments.rs"]
mod segments;
#[path = "semantics/wire.rs"]
mod wire;
