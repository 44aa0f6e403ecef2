//! What all line-oriented vendors share: logical lines with spans, the block tree by indentation, and
//! the bookkeeping of what became of each line.

mod block;
pub(crate) mod cube;
mod line;
mod marks;

pub use block::{Block, block_tree};
pub use line::{Line, lines};
pub use marks::{Marks, PendingPoison, PendingScope};
