//! Policies on the lowered model: one packet at a time, between two interfaces.

mod damage;
mod fixture;
mod objects;
mod pairs;
mod translation;
mod traps;
