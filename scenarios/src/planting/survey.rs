//! Where and when something can be planted: the paths of a dry run, and what the kernel lets the attacker do before each of its steps.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use interloper_driver::Operation;
use interloper_engine::{
    Abort, CaseResult, Lab, Loaded, NameNormalizer, NodeKind, ParentDir, Rehearsal, Request, Shape,
    Snapshot, Step, StoryGuards, Workload,
};

use super::bait::Baits;

/// The slot of a session that was saved long ago, and is no more.
pub(super) const OLDER: u16 = 4;

/// An operation that is attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TargetOp {
    pub(super) workload: Workload,
    /// Whether the session that the workload begins with is missing.
    pub(super) missing: bool,
}

impl TargetOp {
    /// Returns the name for stories.
    pub(super) fn word(self) -> &'static str {
        if self.missing { "look-up" } else { self.workload.as_str() }
    }
}

pub(super) const SAVE: TargetOp = TargetOp { workload: Workload::Save, missing: false };
pub(super) const UPDATE: TargetOp = TargetOp { workload: Workload::Update, missing: false };
pub(super) const LOAD: TargetOp = TargetOp { workload: Workload::Load, missing: false };
/// A load of what nobody saved: whoever plants a session first is believed or not.
pub(super) const LOAD_MISSING: TargetOp = TargetOp { workload: Workload::Load, missing: true };
pub(super) const DELETE: TargetOp = TargetOp { workload: Workload::Delete, missing: false };

/// Calls that go by a descriptor alone: to plant something before one is to plant it before the next call that goes by a name.
const BY_DESCRIPTOR: &[&str] = &[
    "close",
    "fallocate",
    "fchmod",
    "fchown",
    "fcntl",
    "fdatasync",
    "flock",
    "fstat",
    "fsync",
    "ftruncate",
    "ioctl",
    "lseek",
    "pread64",
    "pwrite64",
    "read",
    "readv",
    "write",
    "writev",
];

/// Parent directory that is prepared: the store can be attacked there.
pub(super) struct PreparedDir {
    pub(super) parent_dir: ParentDir,
    pub(super) baits: Baits,
    /// Nodes of an older session of this store: each path in the directory, and a file's contents.
    pub(super) older: Vec<(PathBuf, Option<Vec<u8>>)>,
    /// Sandbox with nothing of the store's in the directory.
    clean: Snapshot,
}

impl PreparedDir {
    /// Sets a scene, and lets the store save a session there that is gone afterwards.
    pub(super) fn new(
        lab: &mut Lab<'_>,
        parent_dir: ParentDir,
        shape: &Shape,
    ) -> CaseResult<PreparedDir> {
        lab.set_parent_dir(parent_dir)?;
        let baits = Baits::lay(lab, parent_dir)?;
        let bare = lab.snapshot()?;
        lab.must_save(Workload::ID, OLDER, shape)?;
        // What does not work there by itself says nothing of what was planted.
        if lab.hello().can_do(Operation::Load)
            && !matches!(lab.load(Workload::ID)?, Loaded::Present(_))
        {
            return Err(Abort::Ineffective("what is saved there does not load".into()));
        }
        lab.finish_store()?;
        let mut older = Vec::new();
        for node in lab.made()? {
            if node.uid != lab.uid_of(lab.runs()) || baits.has(&node.path) {
                continue;
            }
            match node.kind {
                NodeKind::File => older.push((node.path.clone(), Some(lab.read(&node.path)?))),
                NodeKind::Dir => older.push((node.path.clone(), None)),
                NodeKind::Symlink | NodeKind::Other => {}
            }
        }
        // A key that is elsewhere stays, so that the older session is still one.
        match lab.setup().is_named() {
            true => {
                lab.clear_temporary(|path| baits.has(path))?;
                lab.set_parent_dir(parent_dir)?;
            }
            false => lab.restore(&bare)?,
        }
        let clean = lab.snapshot()?;
        Ok(PreparedDir { parent_dir, baits, older, clean })
    }
}

/// Step and path at which the attacker could plant something.
pub(super) struct InjectionPoint {
    pub(super) prepared: Rc<PreparedDir>,
    pub(super) target_op: TargetOp,
    pub(super) start: Rc<Snapshot>,
    pub(super) request: Request,
    /// The step before which it is done.
    pub(super) step: u32,
    /// The step's call, for stories.
    pub(super) call: String,
    pub(super) target: PathBuf,
    /// Whether the store takes the path for a directory.
    pub(super) as_dir: bool,
    /// Whether it is the first point for this path, or the one before it is made.
    pub(super) first: bool,
    /// Whether an earlier step looked at the path, and this one goes by its name again: between the two it may have become another.
    pub(super) follows: bool,
}

/// Steps of one operation in one parent directory, and the injection points that they give.
pub(super) struct Survey {
    pub(super) rehearsal: Rehearsal,
    pub(super) points: Vec<InjectionPoint>,
}

/// Goes through an operation, and lets the attacker try before each step which of its paths it could plant something at.
pub(super) fn survey(
    lab: &mut Lab<'_>,
    prepared: &Rc<PreparedDir>,
    target_op: TargetOp,
    shape: &Shape,
) -> CaseResult<Survey> {
    lab.restore(&prepared.clean)?;
    let mut open: Vec<(Step, PathBuf)> = Vec::new();
    let attacker = prepared.parent_dir.attacker();
    let mut look = |lab: &mut Lab<'_>, step: &Step| {
        if BY_DESCRIPTOR.contains(&&*step.name) {
            return Ok(());
        }
        let targets: BTreeSet<PathBuf> =
            step.paths.iter().flat_map(|path| lab.exposed(path)).collect();
        for target in targets {
            if lab.can_plant(attacker, &target)? {
                open.push((step.clone(), target));
            }
        }
        Ok(())
    };
    let (start, request, rehearsal) = lab.aside(|lab| {
        match target_op.missing {
            true => lab.restart()?,
            false => lab.prepare_workload(target_op.workload, shape)?,
        }
        lab.finish_store()?;
        let start = Rc::new(lab.snapshot()?);
        let request = lab.workload_request(target_op.workload, shape);
        let rehearsal = lab.rehearse_looking(&request, &mut look)?;
        Ok((start, request, rehearsal))
    })?;
    let mut names: NameNormalizer = rehearsal.names.reset();
    let mut seen: BTreeSet<(PathBuf, bool)> = BTreeSet::new();
    let mut points = Vec::new();
    let mut looked: BTreeSet<PathBuf> = BTreeSet::new();
    for (step, target) in open {
        // A name that is made up anew each time is there before anybody knows it.
        if !rehearsal.names.is_predictable(&target) {
            continue;
        }
        let makes = makes(&step, &target);
        let named = step.paths.contains(&target);
        let follows = named && !looked.insert(target.clone());
        let first =
            seen.insert((target.clone(), false)) | (makes && seen.insert((target.clone(), true)));
        points.push(InjectionPoint {
            prepared: Rc::clone(prepared),
            target_op,
            start: Rc::clone(&start),
            request: request.clone(),
            step: step.number,
            call: names.call(&step),
            as_dir: is_dir(&rehearsal.steps, &target),
            target,
            first,
            follows,
        });
    }
    Ok(Survey { rehearsal, points })
}

/// Returns whether a step makes what the path names, or moves something there.
fn makes(step: &Step, path: &Path) -> bool {
    (step.umask.is_some() || step.names()) && step.paths.iter().any(|named| named == path)
}

/// Returns whether the steps take a path for a directory.
fn is_dir(steps: &[Step], path: &Path) -> bool {
    steps.iter().any(|step| {
        let itself = step.paths.iter().any(|named| named == path);
        let below = step.paths.iter().any(|named| named != path && named.starts_with(path));
        below || (itself && (matches!(&*step.name, "mkdir" | "mkdirat") || step.opens_directory()))
    })
}
