//! Names that nobody has: an entry with one never holds, and hides that what it was meant for is not listed.

use super::{KnownError, KnownFailures};

impl KnownFailures {
    /// Looks whether the names in the file are those of stores and scenarios that are there.
    ///
    /// `is_store` says whether a store has a name, and `catalogue` is the id of every scenario.
    ///
    /// # Errors
    /// At the first entry whose store or scenario nobody has, with its file and line.
    pub fn check_names(
        &self,
        is_store: impl Fn(&str) -> bool,
        catalogue: &[impl AsRef<str>],
    ) -> Result<(), KnownError> {
        for entry in &self.entries {
            let error = |what: String, way_out| KnownError::Entry {
                path: self.file.clone(),
                line: entry.line,
                what,
                way_out,
            };
            if !is_store(&entry.store) {
                return Err(error(
                    format!("there is no store {:?}", entry.store),
                    "name the store as `interloper stores` does, or as --name or its driver does",
                ));
            }
            if !catalogue.iter().any(|id| entry.scenario.matches(id.as_ref())) {
                return Err(error(
                    format!("no scenario has a name like {:?}", entry.scenario.to_string()),
                    "mend the pattern or remove the entry; `interloper scenarios` lists the names",
                ));
            }
        }
        Ok(())
    }
}
