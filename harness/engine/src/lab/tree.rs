//! What is in the sandbox now, and what the case found there.

use super::{CaseResult, Lab};
use crate::tree::{Node, Tree};

impl Lab<'_> {
    /// Everything in the writable places now.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn tree(&self) -> CaseResult<Tree> {
        Ok(Tree::read(self.worker.roots(), self.worker.layout().shown())?)
    }

    /// Everything that was not there when the case began: what the store made, and what the case put there.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn made(&self) -> CaseResult<Vec<Node>> {
        let tree = self.tree()?;
        Ok(tree.new_since(&self.baseline).cloned().collect())
    }

    /// What was there when the case began.
    pub fn baseline(&self) -> &Tree {
        &self.baseline
    }
}
