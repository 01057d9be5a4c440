//! The causes of this area, with their sentences and severities.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{Lab, Observation, Violation};

use super::input::FuzzInput;
use super::subject::Subject;

/// Something that a damaged file did.
pub(super) struct Harm {
    /// Word of the cause, which never changes.
    pub(super) cause: &'static str,
    sentence: &'static str,
    severity: Severity,
    is_hang: bool,
    /// What happened, in a clause.
    pub(super) outcome: String,
}

macro_rules! harms {
    ($($name:ident = $cause:literal, $severity:ident: $sentence:literal;)+) => {
        impl Harm {
            $(pub(super) fn $name(outcome: impl Into<String>) -> Harm {
                Harm {
                    cause: $cause,
                    sentence: $sentence,
                    severity: Severity::$severity,
                    is_hang: false,
                    outcome: outcome.into(),
                }
            })+
        }
    };
}

harms! {
    ran = "ran", High: "a session file told the store what to run, and it ran";
    others_data = "others-data", High: "a damaged file gave another session's data, which is not in it";
    forged = "forged", High: "a file that nobody but the store can write was changed, and loaded as a session";
    smuggled = "smuggled", Medium: "a session that was loaded from a damaged file had more entries after it was saved and loaded again";
    not_kept = "not-kept", Medium: "a session that was loaded from a damaged file was saved, with the answer ok, and is not what loads then";
    memory = "memory", Medium: "a small file made the store ask for memory out of all proportion to it";
    neighbour = "neighbour", Medium: "damage to one session changed what another loads as";
    neighbours_file = "neighbours-file", Medium: "loading a damaged session changed a file of the store that was not damaged";
    outside = "outside", Medium: "loading a damaged session made a file outside of the store's directory";
    lied = "lied", Medium: "a save over a damaged session answered ok, and is not what loads";
    save_crash = "save-crash", Medium: "the store crashed when a damaged session was saved anew";
    secret_in_output = "secret-in-output", Medium: "the store's error output shows a secret of a damaged file";
    slow = "slow", Low: "a load takes processor time that grows much faster than the file does";
    crash = "crash", Medium: "the store crashed on a damaged file";
    save_refused = "save-refused", Low: "after its file was damaged, a session cannot be saved any more";
    destroyed = "destroyed", Low: "a load that failed removed or changed the damaged file, so that nothing is left to look into";
}

impl Harm {
    /// Returns the harm that a driver did instead of answering a load; `None` if it answered, though nothing that the protocol knows: a number
    /// beyond what JSON's readers take, or a list in the place of a map, which the store's own caller would see.
    pub(super) fn by_driver(seen: &Observation) -> Option<Harm> {
        Some(match seen {
            Observation::Hang(what) => Harm {
                cause: "hang",
                sentence: "the store did not answer in time on a damaged file",
                severity: Severity::Medium,
                is_hang: true,
                outcome: what.clone(),
            },
            Observation::Crash(what) if what.contains("MiB in memory") => Harm::memory(what),
            Observation::Crash(what) => Harm::crash(what),
            Observation::Protocol(_) | Observation::Trouble(_) => return None,
        })
    }

    /// Returns it as a violation, with the input as evidence.
    pub(super) fn violation(
        self,
        lab: &Lab<'_>,
        subject: &Subject,
        input: &FuzzInput,
    ) -> Violation {
        let path = lab.display_path(&subject.file(input.file).0.path);
        let what = format!("{path} replaced by {} bytes", input.bytes.len());
        let mut violation = Violation::new(self.cause, self.sentence)
            .severity(self.severity)
            .evidence(Evidence::Damage { what, outcome: self.outcome })
            .evidence(Evidence::Input {
                path,
                length: input.bytes.len() as u64,
                base64: STANDARD.encode(&input.bytes),
            });
        violation.is_hang = self.is_hang;
        violation
    }
}
