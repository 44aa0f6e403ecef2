//! What all line-oriented vendors share: logical lines with spans and the block tree by indentation.

mod block;
mod line;

pub use block::{Block, block_tree};
pub use line::{Line, lines};
