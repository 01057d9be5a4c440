//! The engine of Interloper: sandbox, probers, canaries, residue search, runner and verdicts.
//!
//! Depend on the facade `interloper` to test a store; this crate is for those who add scenarios or reports.
//! `docs/src/architecture.md` says how its parts hang together.

pub mod access;
#[cfg(test)]
#[expect(unsafe_code, reason = "an allocator that counts, for the tests of sizes")]
mod allocated;
mod bpf;
mod breach;
pub mod canary;
#[expect(unsafe_code, reason = "the filter is put on by a bare system call")]
mod confine;
mod driver;
mod error;
mod http;
mod lab;
pub mod mend;
mod messages;
pub mod model;
mod paths;
mod plan;
mod power;
mod principal;
#[expect(unsafe_code, reason = "capabilities, securebits and keyrings, which nix does not wrap")]
mod privilege;
mod prober;
mod random;
pub mod residue;
pub mod role;
mod runner;
mod sandbox;
mod scenario;
mod shape;
mod stepper;
pub mod strategy;
mod supervisor;
mod token;
mod trace;
mod tree;
mod words;
mod worker;
mod worker_state;
mod workload;

pub use access::{Access, ProbeResult, Sighting};
pub use breach::{AppBreach, AppStage, Breach, Examination};
pub use interloper_record as record;

pub use driver::{Hosting, Observation, StoreSpec, faketime};
pub use error::{Error, Result};
pub use http::{
    AUTHORITY_FILE, Certificate, HttpResponse, Jar, Kept, NotKept, OTHER_PORT, Origin, Page,
    Received, SITE_PORT, StoredCookie, TLS_PORT,
};
pub use lab::{
    Abort, Actor, App, AppVerb, Besides, CaseResult, Client, Clock, Completion, DiskState, Fetch,
    Fetched, IdReply, Lab, Landed, Loaded, Mark, Memory, NameNormalizer, NodeAccess,
    OperationTrace, ParentDir, PowerLoss, PowerLosses, Prepared, Reached, Rehearsal, Reply,
    Request, Residue, Resume, Seen, Sent, SteppedRun, StopEvent, Story, StoryGuards, Underway,
    View, Violation, no_answer,
};
pub use plan::{COMMON_UMASKS, Plan, Profile, Sweep};
pub use principal::{Identity, Ids, Principal};
pub use prober::{Ask, Asked, Door, Peers, Plant, Used};
pub use random::Random;
pub use record::Workload;
pub use runner::{
    Explored, Explorer, Replayed, Runner, SavedInput, Search, SearchNews, SearchOrder, SearchState,
};
pub use sandbox::{FileSpec, Host, Layout, Note, Tier};
pub use scenario::{About, Case, Check, Input, Need, Property, Scenario, unit};
pub use shape::{AuthShape, CANARIES_EACH, CookieShape, Shape};
pub use stepper::{
    Draw, Fault, Ingredients, Kept as KeptBytes, Printed, Step, Taken, TurningPoint,
    turning_points, uptime,
};
pub use token::Token;
pub use trace::TraceOrder;
pub use tree::{Node, NodeKind, Snapshot, Tree};
pub use worker::{Worker, WorkerHandle};
pub use workload::{operation_of, workloads_of};
