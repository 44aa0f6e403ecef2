//! From results to what the user reads: view structs, and one renderer per format.
//!
//! The views ([`verify`], [`show`], [`routes`]) are the only types that are serialised; their JSON is
//! versioned and described in `docs/schema/`. Every word for people comes from [`messages`], in English
//! or Japanese. Nothing here does input or output, and no byte depends on threads or on file order.

pub mod check;
pub mod diagnostics;
pub mod diff;
pub mod filter;
pub mod json;
pub mod margin;
pub mod messages;
pub mod ranges;
pub mod routes;
pub mod secret;
pub mod show;
pub mod style;
pub mod table;
pub mod text;
pub mod verify;

#[cfg(test)]
mod tests;
