//! Policies on the lowered model: one packet at a time, between two interfaces.

mod damage;
mod fixture;
mod objects;
mod pairs;
mod random;
mod translation;
mod traps;
