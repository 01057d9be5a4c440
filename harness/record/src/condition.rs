//! What a finding needs besides another user of the host, and the rule by which it counts.

use interloper_driver::Umask;
use serde::{Deserialize, Serialize};

use crate::{Finding, Severity};

/// The umasks that people have, in octal: the defaults of distributions, login managers and hardening guides.
const USUAL: [u16; 5] = [0o0002, 0o0007, 0o0022, 0o0027, 0o0077];

/// As many umasks as a clause names.
const NAMED: usize = 4;

/// Something that must be so for a finding to happen, and that is not so on every host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// Every usual umask that was tested passes; only others show it.
    RareUmask,
    /// A setting of the kernel does not have the value that distributions ship.
    Setting {
        /// Its name: `fs.protected_symlinks`.
        name: String,
        /// The value under which it happens.
        value: String,
    },
    /// Nobody but the owner, or root, can do what it takes.
    OwnerAlone,
}

impl Severity {
    /// Returns what a consequence of this severity counts under a condition: one less where the host must be set up in an unusual way, and
    /// low at most where only the owner's own hand can do it.
    ///
    /// ```
    /// use interloper_record::{Condition, Severity};
    ///
    /// assert_eq!(Severity::High.under(None), Severity::High);
    /// assert_eq!(Severity::High.under(Some(&Condition::RareUmask)), Severity::Medium);
    /// assert_eq!(Severity::High.under(Some(&Condition::OwnerAlone)), Severity::Low);
    /// ```
    pub fn under(self, condition: Option<&Condition>) -> Severity {
        match condition {
            None => self,
            Some(Condition::RareUmask | Condition::Setting { .. }) => self.lower(),
            Some(Condition::OwnerAlone) => self.min(Severity::Low),
        }
    }
}

impl Condition {
    /// Returns the condition that a set of umasks is: those that were tested, and those of them that fail.
    pub fn of_umasks(tested: &[Umask], failed: &[Umask]) -> Option<Condition> {
        let usual = |umask: &&Umask| USUAL.contains(&umask.bits());
        let rare = !failed.is_empty() && !failed.iter().any(|umask| usual(&umask));
        (rare && tested.iter().any(|umask| usual(&umask))).then_some(Condition::RareUmask)
    }

    /// Returns the condition in a clause that follows the finding's sentence.
    fn clause(&self, failed: &[Umask]) -> String {
        match self {
            Condition::RareUmask => {
                let names: Vec<String> =
                    failed.iter().take(NAMED).map(ToString::to_string).collect();
                let more = failed.len().saturating_sub(NAMED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("only under the umask {}{more}", names.join(", "))
            }
            Condition::Setting { name, value } => format!("only where {name} is {value}"),
            Condition::OwnerAlone => "which only the owner could bring about".into(),
        }
    }
}

impl Finding {
    /// Returns the sentence with the condition that it needs.
    pub fn told(&self) -> String {
        match &self.condition {
            Some(condition) => {
                format!("{}, {}", self.sentence, condition.clause(&self.matrix.failed))
            }
            None => self.sentence.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn umasks(words: &[&str]) -> Vec<Umask> {
        words.iter().map(|word| word.parse().unwrap()).collect()
    }

    #[test]
    fn only_umasks_that_nobody_has_are_rare() {
        let of = |tested: &[&str], failed: &[&str]| {
            Condition::of_umasks(&umasks(tested), &umasks(failed)).is_some()
        };
        assert!(of(&["0000", "0022"], &["0000"]));
        assert!(!of(&["0000", "0002", "0022"], &["0000", "0002"]));
        // Nobody knows what a usual one does.
        assert!(!of(&["0000"], &["0000"]));
        assert!(!of(&["0022"], &[]));
    }
}
