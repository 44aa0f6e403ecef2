//! Fortinet FortiOS.
//!
//! The way of a file: `lexer` makes commands, `grammar` (with `scripts`) the tree of `config`, `edit` and
//! `set`, `vdom` splits it by virtual domains. Line states: see `marks`.

pub mod codes_policy;
mod grammar;
mod index;
mod lexer;
mod marks;
mod objects;
mod policy;
mod scripts;
mod tree;
mod vdom;
mod version;

#[cfg(test)]
mod tests;
