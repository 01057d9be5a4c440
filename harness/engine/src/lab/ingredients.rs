//! Choosing what the store's processes get in place of the kernel's random bytes, the time and their number.

use super::{CaseResult, Lab};
use crate::driver::Leave;
use crate::stepper::{Hold, Ingredients, Taken};

impl Lab<'_> {
    /// Has each process that opens the store from here on get these in place of the kernel's answers. The processes that have it open are
    /// killed, and a store whose driver can fork is started anew, too: what a parent drew, its children share.
    ///
    /// Where the host lets no program be traced, the next operation ends the case as [`Abort::Skip`](super::Abort::Skip).
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn choose(&mut self, ingredients: Ingredients) -> CaseResult<()> {
        self.finish(Leave::Kill)?;
        self.worker.choose(ingredients);
        self.hold = Some(Hold::Answer);
        Ok(())
    }

    /// Returns what the processes took of what was chosen last.
    pub fn taken(&self) -> Taken {
        self.worker.taken()
    }

    /// Has the kernel answer again.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn choose_nothing(&mut self) -> CaseResult<()> {
        self.finish(Leave::Kill)?;
        self.hold = None;
        Ok(())
    }
}
