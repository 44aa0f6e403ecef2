//! One test per rule of `docs/semantics.md`, on networks small enough to check by hand.

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
