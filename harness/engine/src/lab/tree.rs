//! What is in the sandbox now, and what the case found there.

use super::{CaseResult, Lab};
use crate::tree::{Node, Tree};

impl Lab<'_> {
    /// Returns the present tree of all writable places.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn tree(&self) -> CaseResult<Tree> {
        Ok(Tree::read(self.worker.roots(), self.worker.layout().shown())?)
    }

    /// Returns the nodes that did not exist when the case began: those that the store made, and those that the case put there.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn made(&self) -> CaseResult<Vec<Node>> {
        let tree = self.tree()?;
        Ok(tree.new_since(&self.baseline).cloned().collect())
    }

    /// Returns the tree as it was when the case began.
    pub fn baseline(&self) -> &Tree {
        &self.baseline
    }
}
