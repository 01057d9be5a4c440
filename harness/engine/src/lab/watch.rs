//! Watching an operation as every other principal, after each of its steps.
//!
//! Invariant: each attempt is made anew whenever its answer could be another. A write changes contents and nothing else, so after one
//! that is what is read again, by the harness first: where it finds each secret where it was, whoever reads the same bytes finds no other.
//! Whatever else may have changed, everything is tried again.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use super::stepping::RawStop;
use super::unseen::Explained;
use super::{Abort, CaseResult, Completion, Lab, NodeAccess, Request, Resume, StopEvent};
use crate::access::{
    Access, ProbeResult, READ_LIMIT, Sighting, Target, read_from_start, sightings,
};
use crate::error::{Context, Error};
use crate::principal::Principal;
use crate::prober::Used;
use crate::sandbox::beneath;
use crate::stepper::{Effect, Step};
use crate::tree::NodeKind;
use crate::tree::read_node;
use crate::tree::{Node, Tree};

/// An operation, watched.
#[derive(Debug)]
pub struct OperationTrace {
    /// Access of the others before the first step.
    pub before: View,
    /// Each step, and what others could do after it.
    pub steps: Vec<(Step, View)>,
    /// Change that no step explains, as a story prints it.
    pub unseen: Option<String>,
    /// The programs that the process which served it has started, with their arguments.
    pub started: Vec<Vec<Vec<u8>>>,
}

/// Access of all other principals at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Node that the step is about, as it is then: the last of its paths that exists.
    pub target: Option<Node>,
    /// Access of each principal to the target, and whether what it read held a secret.
    pub by: Vec<(Principal, Access, bool)>,
    /// Every node that another could read a secret in.
    pub secrets: Vec<(Principal, PathBuf)>,
    /// Use that each descriptor kept at an earlier moment still has.
    pub used: Vec<(Principal, Used)>,
}

impl View {
    /// Returns the principals that had a secret then, by a path or by a descriptor they kept.
    pub fn who_has_secret(&self) -> Vec<Principal> {
        let by_path = self.secrets.iter().map(|(who, _)| *who);
        let kept = self.used.iter().filter(|(_, used)| !used.seen.is_empty());
        let mut who: Vec<Principal> = by_path.chain(kept.map(|(who, _)| *who)).collect();
        who.sort_unstable();
        who.dedup();
        who
    }
}

fn may_read(tried: &ProbeResult) -> bool {
    tried.access.contains(Access::READ)
}

/// Returns whether a file is the same but for what is in it.
fn only_written(before: &Node, now: &Node) -> bool {
    let Node { size, modified, .. } = *now;
    now.kind == NodeKind::File && *now == Node { size, modified, ..before.clone() }
}

/// State that is carried from one step to the next.
#[derive(Default)]
struct Watcher {
    tree: Tree,
    probed: BTreeMap<PathBuf, NodeAccess>,
    last: View,
    /// Number of descriptors that each principal has kept; one without an entry was not asked yet.
    kept: BTreeMap<Principal, u32>,
    /// The secrets in a file that was written to, when everybody last looked. By its path: files of two roots may have one inode number.
    contents: BTreeMap<PathBuf, Vec<Sighting>>,
    /// Changes that are explained since the tree was last read.
    explained: Explained,
    /// Change that no step explains, as a story prints it.
    unseen: Option<String>,
    /// The same files, open: only writes came since, and those change no name.
    open: BTreeMap<PathBuf, File>,
    /// Whether more may have changed than the last step names: its thread is not the only one, or files are mapped into memory.
    more: bool,
}

/// Request, the step that has happened, and the steps that are under way.
type After<'a> = (&'a Request, &'a Step, &'a [Step]);

/// Nodes to look at between two steps.
#[derive(Default)]
struct Changes {
    /// Nodes on which everything is to be tried.
    changed: Vec<Node>,
    /// Files of which only the contents may be others.
    written: Vec<Node>,
}

impl Lab<'_> {
    /// Goes through an operation; after each step every other principal tries everything on what has changed, keeps what it may open,
    /// and uses what it kept before. How the operation ended comes with what was seen.
    ///
    /// # Errors
    /// When a prober cannot be believed, or the harness broke.
    pub fn watch(&mut self, request: &Request) -> CaseResult<(OperationTrace, Completion)> {
        let mut eyes = Watcher::default();
        // What was there before counts as changed now: somebody may have opened it long ago.
        self.look(&mut eyes, None)?;
        let before = eyes.last.clone();
        self.begin(request)?;
        // Probers put back what they move, and nobody else is there.
        self.keep_paths(true);
        let watched = self.watch_steps(request, &mut eyes, before);
        self.keep_paths(false);
        watched
    }

    fn keep_paths(&mut self, keep: bool) {
        let key = self.key();
        if let Ok(driver) = self.worker.driver_at_work(key) {
            driver.keep_paths(keep);
        }
    }

    fn watch_steps(
        &mut self,
        request: &Request,
        eyes: &mut Watcher,
        before: View,
    ) -> CaseResult<(OperationTrace, Completion)> {
        let mut steps = Vec::new();
        let mut going: Vec<Step> = Vec::new();
        let sees_results = self.sees_results()?;
        loop {
            let turn = self.turn(Resume::Continue)?;
            if let RawStop::Event(StopEvent::Held(step)) = &turn {
                eyes.more |= step.thread > 1;
            }
            let (happened, still): (Vec<Step>, _) = match &turn {
                // Several threads may be in calls, and this one's is over.
                RawStop::Returned(step) => {
                    going.retain(|other| other.number != step.number);
                    (vec![step.clone()], going)
                }
                // A thread that makes a call is in none.
                RawStop::Event(StopEvent::Held(next)) if sees_results => {
                    going.into_iter().partition(|step| step.thread == next.thread)
                }
                // That there is a next moment says that the step before has happened.
                RawStop::Event(_) => (going, Vec::new()),
            };
            going = still;
            for step in happened {
                if step.changes {
                    self.look(eyes, Some((request, &step, &going)))?;
                }
                let view = self.view(&step, eyes);
                steps.push((step, view));
            }
            let RawStop::Event(moment) = turn else { continue };
            let ending = match moment {
                StopEvent::Held(step) => {
                    eyes.explained.add(&step);
                    going.push(step);
                    continue;
                }
                StopEvent::Answered(answer) => Completion(Ok(answer)),
                StopEvent::Ended(observation) => Completion(Err(observation)),
                StopEvent::Blocked => {
                    return Err(Abort::Harness(Error::Untrustworthy(format!(
                        "{} waits for somebody else, and nobody else is there",
                        request.word()
                    ))));
                }
            };
            let started = self.programs_started()?;
            let tree = self.tree()?;
            self.see_unseen(eyes, &tree, request);
            let unseen = eyes.unseen.take();
            return Ok((OperationTrace { before, steps, unseen, started }, ending));
        }
    }

    /// Has every other principal look at what may have changed after a step; without one, at everything.
    fn look(&mut self, eyes: &mut Watcher, after: Option<After<'_>>) -> CaseResult<()> {
        let step = after.map(|(_, step, _)| step);
        let effect = step.and_then(|step| step.inner.effect);
        eyes.more |= effect == Some(Effect::Map);
        let written = match step {
            Some(step) if effect == Some(Effect::Write) && !eyes.more => {
                self.written(&mut eyes.tree, step)?
            }
            _ => None,
        };
        let news = match written {
            Some(written) if self.team_sees_the_same(eyes, &written)? => return Ok(()),
            Some(written) => Changes { changed: Vec::new(), written },
            None => {
                // Whatever was where: everybody looks at what is there now.
                eyes.contents.clear();
                eyes.open.clear();
                let tree = self.tree()?;
                if let Some((request, _, going)) = after {
                    self.see_unseen(eyes, &tree, request);
                    eyes.explained = Explained::default();
                    going.iter().for_each(|step| eyes.explained.add(step));
                }
                let attributes = step.filter(|_| effect == Some(Effect::Attribute));
                self.news(eyes, tree, attributes)
            }
        };
        if self.worker.team().is_real() {
            self.ask_around(eyes, &news)?;
        } else {
            let all: Vec<Node> = news.changed.into_iter().chain(news.written).collect();
            for probed in self.probe_quietly(&all)? {
                eyes.probed.insert(probed.node.path.clone(), probed);
            }
            eyes.last = View::default();
        }
        for probed in eyes.probed.values() {
            let secrets = probed.who_saw_secret().into_iter();
            eyes.last.secrets.extend(secrets.map(|(who, _)| (who, probed.node.path.clone())));
        }
        Ok(())
    }

    /// Looks whether something changed that no step since the last look explains.
    fn see_unseen(&mut self, eyes: &mut Watcher, now: &Tree, request: &Request) {
        let unseen = self.note_unseen(&eyes.explained, &eyes.tree, now, request.word());
        eyes.unseen = eyes.unseen.take().or(unseen);
    }

    /// Returns whether the secrets in files that were written to are where they were when everybody last looked.
    fn team_sees_the_same(&mut self, eyes: &mut Watcher, written: &[Node]) -> CaseResult<bool> {
        if !self.worker.team().is_real() {
            return Ok(false);
        }
        let is_refused = |node: &Node| {
            let by = eyes.probed.get(&node.path).map(|probed| &probed.by);
            by.is_some_and(|by| by.iter().all(|(_, tried)| !may_read(tried)))
        };
        // Nobody sees what nobody may read.
        let nobody = eyes.kept.values().all(|kept| *kept == 0) && written.iter().all(is_refused);
        let mut same = true;
        for node in written.iter().filter(|_| !nobody) {
            if !eyes.open.contains_key(&node.path) {
                let file = beneath::open_file(&node.path).on("read", &node.path)?;
                eyes.open.insert(node.path.clone(), file);
            }
            let Some(file) = eyes.open.get(&node.path) else { continue };
            let now = sightings(&self.search, &read_from_start(file));
            if eyes.contents.get(&node.path) != Some(&now) {
                same = false;
                eyes.contents.insert(node.path.clone(), now);
            }
        }
        let probed = |node: &Node| eyes.probed.contains_key(&node.path);
        if !same || !written.iter().all(probed) {
            return Ok(false);
        }
        for node in written {
            if let Some(probed) = eyes.probed.get_mut(&node.path) {
                probed.node = node.clone();
                for (_, tried) in probed.by.iter_mut().filter(|(_, tried)| may_read(tried)) {
                    tried.read = node.size.min(READ_LIMIT);
                }
            }
        }
        Ok(true)
    }

    /// Returns the files that a step wrote to, under all their names; `None` if the whole tree must be read to know.
    ///
    /// Reading the tree costs more than the step. A write to a descriptor changes one inode: not what names there are, nor who may use them.
    fn written(&self, tree: &mut Tree, step: &Step) -> CaseResult<Option<Vec<Node>>> {
        let inode = match step.inner.inode {
            // Of two descriptors it is not said which is written to.
            Some(inode) if step.paths.len() == 1 => inode,
            _ => return Ok(None),
        };
        let mut written = Vec::new();
        let files = tree.nodes.values_mut().filter(|node| node.kind == NodeKind::File);
        for node in files.filter(|node| node.inode == inode) {
            match read_node(&node.path)? {
                Some(now) if only_written(node, &now) => *node = now,
                // It has lost its setuid bit, or is not what was thought.
                _ => return Ok(None),
            }
            // A clock that ticks a few hundred times a second does not tell two writes apart: it counts as changed, whatever it says.
            if !self.baseline().nodes.contains_key(&node.path) {
                written.push(node.clone());
            }
        }
        Ok((!written.is_empty()).then_some(written))
    }

    /// Returns the changes in the whole tree; a node whose attributes a step sets counts as changed, since an ACL does not show in a mode.
    fn news(&self, eyes: &mut Watcher, tree: Tree, attributes: Option<&Step>) -> Changes {
        let named = |node: &Node| attributes.is_some_and(|step| step.paths.contains(&node.path));
        // Another mode of a directory changes what is possible with everything below it.
        let anew = tree.nodes.values().any(|node| {
            let before = eyes.tree.nodes.get(&node.path);
            let was = |before: &Node| (before.mode, before.uid, before.gid);
            node.kind == NodeKind::Dir
                && before.is_some_and(|before| was(before) != was(node) || named(node))
        });
        let mut news = Changes::default();
        for node in tree.new_since(self.baseline()) {
            match eyes.tree.nodes.get(&node.path) {
                _ if anew || named(node) => news.changed.push(node.clone()),
                Some(before) if before == node => {}
                Some(before) if only_written(before, node) => news.written.push(node.clone()),
                _ => news.changed.push(node.clone()),
            }
        }
        eyes.probed.retain(|path, _| tree.nodes.contains_key(path));
        eyes.tree = tree;
        news
    }

    /// Lets the others look: one round trip for each who could see anything new.
    fn ask_around(&mut self, eyes: &mut Watcher, news: &Changes) -> CaseResult<()> {
        let target = |node: &Node| Target { path: node.path.clone(), kind: node.kind };
        let targets: Vec<Target> = news.changed.iter().map(target).collect();
        let mut orders = Vec::new();
        for who in self.others() {
            // Whoever was refused a file is refused it still: nothing was changed but what is in it.
            let readable = |node: &&Node| {
                let by = eyes.probed.get(&node.path).map(|probed| &probed.by);
                by.is_none_or(|by| by.iter().any(|(by, tried)| by == who && may_read(tried)))
            };
            let written: Vec<Target> = news.written.iter().filter(readable).map(target).collect();
            // What is kept is used at each moment: what it leads to may have changed.
            let has_kept = eyes.kept.get(who).is_none_or(|kept| *kept > 0);
            if has_kept || !targets.is_empty() || !written.is_empty() {
                orders.push((*who, written));
            }
        }
        let looked = self.worker.team().look(self.mint_seed, &orders, &targets)?;
        eyes.last = View::default();
        for node in &news.changed {
            let fresh = NodeAccess { node: node.clone(), by: Vec::new() };
            eyes.probed.insert(node.path.clone(), fresh);
        }
        for node in &news.written {
            if let Some(probed) = eyes.probed.get_mut(&node.path) {
                probed.node = node.clone();
            }
        }
        for ((who, written), looked) in orders.into_iter().zip(looked) {
            for (target, tried) in targets.iter().zip(looked.tried) {
                if let Some(probed) = eyes.probed.get_mut(&target.path) {
                    probed.by.push((who, tried));
                }
            }
            for (target, read) in written.iter().zip(looked.written) {
                let by = eyes.probed.get_mut(&target.path).map(|probed| probed.by.iter_mut());
                for (_, tried) in by.into_iter().flatten().filter(|(by, _)| *by == who) {
                    tried.access.set(Access::READ, may_read(&read));
                    (tried.read, tried.seen) = (read.read, read.seen.clone());
                }
            }
            eyes.last.used.extend(looked.used.into_iter().map(|used| (who, used)));
            eyes.kept.insert(who, looked.kept);
        }
        Ok(())
    }

    fn view(&self, step: &Step, eyes: &Watcher) -> View {
        let mut view = eyes.last.clone();
        let target = step.paths.iter().rev().find_map(|path| eyes.tree.nodes.get(path));
        view.target = target.cloned();
        if let Some(probed) = target.and_then(|node| eyes.probed.get(&node.path)) {
            view.by = probed
                .by
                .iter()
                .map(|(who, tried)| (*who, tried.access, !tried.seen.is_empty()))
                .collect();
        }
        view
    }

    /// Returns the programs that the driver started in this case, with their arguments.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn programs_started(&mut self) -> CaseResult<Vec<Vec<Vec<u8>>>> {
        let key = self.key();
        let driver = self.worker.driver(key)?;
        Ok(driver.stepper().map(|stepper| stepper.started.clone()).unwrap_or_default())
    }
}
