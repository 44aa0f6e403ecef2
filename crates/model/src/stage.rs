//! What a packet meets on its way through a device.

use sekisho_diag::Span;
use sekisho_net::Family;

use crate::{ContextId, ListId, NatId, PolicyRouteId};

/// One step of an interface's program. Stages run in order; each passes, drops or rewrites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A first-match filter. Packets of another family than the list's pass untouched.
    Filter {
        /// The list.
        list: ListId,
        /// The line that binds it here.
        span: Span,
    },
    /// A source-address check against the routes (uRPF).
    AntiSpoof {
        /// Family of the packets that it tests; others pass untouched.
        family: Family,
        /// True: the route back must leave by this interface; false: any route will do.
        strict: bool,
        /// Whether a default route counts as a route back.
        allow_default: bool,
        /// The line.
        span: Span,
    },
    /// A translation table.
    Nat {
        /// The table.
        table: NatId,
        /// The line that binds it here.
        span: Span,
    },
    /// A policy route (ingress only; the last ingress stage).
    PolicyRoute {
        /// The policy route.
        policy: PolicyRouteId,
        /// The line that binds it here.
        span: Span,
    },
    /// The inner stage, for packets that came in by an interface of one of these contexts.
    When {
        /// Ingress contexts.
        from: Vec<ContextId>,
        /// What they meet.
        stage: Box<Stage>,
    },
    /// Everything is dropped.
    Drop {
        /// The line because of which.
        span: Span,
        /// Why, as a noun phrase (`no zone pair from INSIDE to DMZ`).
        why: String,
    },
    /// Something that may drop any packet but can let none through that would not pass anyway, and
    /// changes no header (inspection, rate limit, encryption that leaves the rest in clear).
    MayDrop {
        /// The line.
        span: Span,
        /// What it is, as a noun phrase.
        why: String,
    },
}
