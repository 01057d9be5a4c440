//! The run record: everything a report may know, and the only thing it sees.
//!
//! Invariant: any format can be made later from a run's JSON, so nothing a reader needs is left out of it.
//!
//! | module | what |
//! |---|---|
//! | `run`, `scenario`, `result`, `finding` | a run, down to one cause |
//! | `condition` | what a finding needs besides another user, and how it counts then |
//! | `root_cause` | what several findings have in common |
//! | `mend` | changes to a store's calls that were tried |
//! | `reading` | what a parser makes of inputs that parsers read in different ways |
//! | `event`, `evidence` | what happened in a case and what proves a finding, as data |
//! | [`describe`] | the sentences that reports make of that |
//! | `trace` | what `interloper trace` shows |
//! | `scan` | what `interloper scan` finds |
//! | [`known`] | files of known failures: read, applied, written |
//! | [`documented`] | findings that the documentation of the software announces |
//! | `merge`, `compare`, `policy`, [`lookup`] | several runs as one, two beside each other, the exit code, and what reports look up |
//! | `token` | the text of a replay token |

mod compare;
mod condition;
pub mod describe;
pub mod documented;
mod event;
mod evidence;
mod finding;
#[cfg(feature = "json")]
pub mod json;
pub mod known;
pub mod lookup;
mod mend;
mod merge;
mod policy;
mod reading;
mod result;
mod root_cause;
mod run;
mod scan;
mod scenario;
#[cfg(feature = "schema")]
pub mod schema;
mod token;
mod trace;
mod workload;

pub use compare::{Comparison, compare, mark_old};
pub use condition::Condition;
pub use event::{
    Access, AnswerEvent, ClientAction, Event, HttpEvent, Interruption, InterruptionKind,
    OperationEvent, ProbeEvent, Shown, ShownPart, StepEvent, Window,
};
pub use evidence::{Action, CookieFault, Evidence, GivenBy, Part, PathChange, Secret, Sysctl};
pub use finding::{Documented, Finding, Matrix, Stale};
pub use mend::{
    CallRole, Change, ChangedCall, Changes, Mends, OtherDesign, Rule, Together, TriedChange,
};
pub use merge::{MergeError, NOT_SELECTED, merge};
pub use policy::{Allow, Exit, Outcome, Policy, Reason};
pub use reading::{Difference, ReadAs, Reading};
pub use result::{Attempt, AttemptKind, Coverage, ScenarioResult, Tried, Verdict};
pub use root_cause::{Family, RootCause, findings_of, root_causes};
pub use run::{
    HostInfo, Interrupted, RECORD_FORMAT, Run, RunConfig, StoreInfo, Trouble, TroubleKind,
};
pub use scan::{
    Consequence, LeftOut, LeftOutKind, Reach, SCAN_FORMAT, Scan, ScanCause, ScanCounts, ScanFile,
    ScanFinding,
};
pub use scenario::{ScenarioInfo, Severity};
pub use token::{TokenError, TokenText};
pub use trace::{Commit, Holder, TRACE_FORMAT, Trace, TraceStep, Traces};
pub use workload::Workload;
