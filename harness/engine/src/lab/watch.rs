//! Watching an operation as every other principal, after each of its steps.

use std::collections::BTreeMap;
use std::path::PathBuf;

use interloper_driver::Failure;

use super::stepping::Turn;
use super::{Act, Flow, Lab, Moment, Names, Node, Probed, Request, Stop, Tree};
use crate::driver::Observation;
use crate::error::Error;
use crate::principal::Principal;
use crate::prober::{Access, Used};
use crate::record::StoryLine;
use crate::stepper::Step;

/// An operation, watched.
#[derive(Debug)]
pub struct Watched {
    /// What others could do before the first step.
    pub before: View,
    /// Each step, and what others could do after it.
    pub steps: Vec<(Step, View)>,
    /// The answer, or what the driver did instead.
    pub answer: Result<Result<serde_json::Value, Failure>, Observation>,
    /// The programs that the process which served it has started, with their arguments.
    pub started: Vec<Vec<Vec<u8>>>,
}

/// What others could do at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// What the step is about, as it is then: the last of its paths that is there.
    pub target: Option<Node>,
    /// What each could do with that, and whether there was a secret in what it read.
    pub by: Vec<(Principal, Access, bool)>,
    /// Every node that another could read a secret in.
    pub secrets: Vec<(Principal, PathBuf)>,
    /// What the descriptors that were kept at earlier moments are still good for.
    pub used: Vec<(Principal, Used)>,
}

impl View {
    /// Those who had a secret then, by a path or by a descriptor they kept.
    pub fn who_has_secret(&self) -> Vec<Principal> {
        let by_path = self.secrets.iter().map(|(who, _)| *who);
        let kept = self.used.iter().filter(|(_, used)| !used.seen.is_empty());
        let mut who: Vec<Principal> = by_path.chain(kept.map(|(who, _)| *who)).collect();
        who.sort_unstable();
        who.dedup();
        who
    }
}

/// What is known between two steps.
struct Eyes {
    tree: Tree,
    probed: BTreeMap<PathBuf, Probed>,
    last: View,
}

impl Lab<'_> {
    /// Goes through an operation; after each step every other principal tries everything on what has changed, keeps what it may open,
    /// and uses what it kept before.
    ///
    /// # Errors
    /// When a prober cannot be believed, or the harness broke.
    pub fn watch(&mut self, request: &Request) -> Flow<Watched> {
        let mut eyes =
            Eyes { tree: Tree::default(), probed: BTreeMap::new(), last: View::default() };
        // What was there before counts as changed now: somebody may have opened it long ago.
        self.look(&mut eyes)?;
        let before = eyes.last.clone();
        self.begin(request)?;
        let mut steps = Vec::new();
        let mut going: Vec<Step> = Vec::new();
        let sees_results = self.sees_results()?;
        loop {
            let turn = self.turn(Act::Continue)?;
            let (happened, still): (Vec<Step>, _) = match &turn {
                // Several threads may be in calls, and this one's is over.
                Turn::Returned(step) => {
                    going.retain(|other| other.number != step.number);
                    (vec![step.clone()], going)
                }
                // A thread that makes a call is in none.
                Turn::Moment(Moment::Held(next)) if sees_results => {
                    going.into_iter().partition(|step| step.thread == next.thread)
                }
                // That there is a next moment says that the step before has happened.
                Turn::Moment(_) => (going, Vec::new()),
            };
            going = still;
            for step in happened {
                if step.changes {
                    self.look(&mut eyes)?;
                }
                let view = self.view(&step, &eyes);
                steps.push((step, view));
            }
            let Turn::Moment(moment) = turn else { continue };
            let answer = match moment {
                Moment::Held(step) => {
                    going.push(step);
                    continue;
                }
                Moment::Answered(answer) => Ok(answer),
                Moment::Ended(observation) => Err(observation),
                Moment::Blocked => {
                    return Err(Stop::Broke(Error::Untrustworthy(format!(
                        "{} waits for somebody else, and nobody else is there",
                        request.word()
                    ))));
                }
            };
            let started = self.programs_started()?;
            return Ok(Watched { before, steps, answer, started });
        }
    }

    /// Every other principal tries what has changed.
    fn look(&mut self, eyes: &mut Eyes) -> Flow<()> {
        let tree = self.tree()?;
        // Another mode of a directory changes what is possible with everything below it.
        let anew = tree.nodes.values().any(|node| {
            let before = eyes.tree.nodes.get(&node.path);
            let was = |before: &Node| (before.mode, before.uid, before.gid);
            node.kind == crate::prober::NodeKind::Dir
                && before.is_some_and(|before| was(before) != was(node))
        });
        let baseline = self.baseline().clone();
        let changed: Vec<Node> = tree
            .new_since(&baseline)
            .filter(|node| anew || eyes.tree.nodes.get(&node.path) != Some(node))
            .cloned()
            .collect();
        eyes.probed.retain(|path, _| tree.nodes.contains_key(path));
        for probed in self.probe_quietly(&changed)? {
            eyes.probed.insert(probed.node.path.clone(), probed);
        }
        eyes.last = View::default();
        for probed in eyes.probed.values() {
            let secrets = probed.who_saw_secret().into_iter();
            eyes.last.secrets.extend(secrets.map(|(who, _)| (who, probed.node.path.clone())));
        }
        if self.bench.team().is_real() {
            for who in self.others() {
                // First what it has, then what it can get: a descriptor that was got now shows nothing that the path does not.
                let used = self.use_kept(*who)?;
                eyes.last.used.extend(used.into_iter().map(|used| (*who, used)));
                if !changed.is_empty() {
                    self.keep(*who, &changed)?;
                }
            }
        }
        eyes.tree = tree;
        Ok(())
    }

    fn view(&self, step: &Step, eyes: &Eyes) -> View {
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

    /// The programs that the driver started in this case, with their arguments.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn programs_started(&mut self) -> Flow<Vec<Vec<Vec<u8>>>> {
        let seat = self.seat();
        let driver = self.bench.driver(seat)?;
        Ok(driver.stepper().map(|stepper| stepper.started.clone()).unwrap_or_default())
    }
}

impl Lab<'_> {
    /// Tells the steps that made a difference to others; how many did not is said in between.
    pub fn tell_watched(&mut self, watched: &Watched, names: &mut Names) {
        // The answer was told when it came; the steps that led to it stand above it.
        let answer = self.story.pop();
        let mut silent = 0_usize;
        let mut had = watched.before.who_has_secret();
        let mut last: Option<(String, Vec<String>)> = None;
        for (step, view) in &watched.steps {
            let call = names.call(step);
            let has = view.who_has_secret();
            let mode = view.target.as_ref().map(Node::mode_string).unwrap_or_default();
            let others: Vec<String> = view
                .by
                .iter()
                .map(|(who, access, _)| (who, access.letters()))
                .filter(|(_, letters)| letters != "-")
                .map(|(who, letters)| format!("{who} {letters}"))
                .collect();
            let mark = match (had.is_empty(), has.is_empty()) {
                (true, false) => Some("secret readable".to_owned()),
                (false, true) => Some("closed".to_owned()),
                _ => None,
            };
            let now = (mode.clone(), others.clone());
            let news = step.changes && !others.is_empty() && last.as_ref() != Some(&now);
            if mark.is_none() && !news {
                silent += 1;
                continue;
            }
            self.tell_silence(&mut silent);
            let did = format!("  step {}  {call}", step.number);
            self.story.push(StoryLine { did, result: mode, others, mark });
            had = has;
            last = Some(now);
        }
        self.tell_silence(&mut silent);
        self.story.extend(answer);
    }

    fn tell_silence(&mut self, steps: &mut usize) {
        if *steps > 0 {
            let count = std::mem::take(steps);
            let did =
                if count == 1 { "  … 1 step".into() } else { format!("  … {count} steps") };
            self.story.push(StoryLine { did, ..StoryLine::default() });
        }
    }
}
