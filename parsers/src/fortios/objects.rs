//! Named objects that policies refer to: addresses, services, virtual addresses, pools.
//!
//! What an object matches is a pair (must, may). An object that is not defined, empty, cyclic or not
//! fully understood must match nothing and may match anything: a permit that uses it may match, a deny
//! that uses it need not.

pub(crate) mod address;
pub(crate) mod catalogue;
pub(crate) mod factory;
pub(crate) mod pool;
pub(crate) mod reading;
pub(crate) mod service;
pub(crate) mod values;
pub(crate) mod vip;
