//! One input: it takes the place of a session's file, the session is loaded, and everything around it is looked at.

use std::path::Path;

use interloper_driver::{Enforces, Failure, Keeps, Kind, Promise, Session};
use interloper_engine::{
    Abort, CaseResult, Lab, Loaded, Memory, NodeKind, Observation, Shape, Tree,
};

use super::behaviour::{of_failure, of_load};
use super::input::FuzzInput;
use super::scale::{COSTLY, is_out_of_proportion, shrunk};
use super::seeds;
use super::subject::{Baseline, NEIGHBOUR, NEIGHBOURS_SLOT, OWN, Subject};
use super::verdict::Harm;
use crate::support::same;

/// How much is done with one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// The session is loaded, and then its neighbour.
    Load,
    /// What was loaded is saved under another id, and the session is saved anew; the sandbox has to be put back afterwards.
    Full,
}

/// Memory that a store may take for any input, in bytes.
const ROOM: u64 = 64 << 20;
/// Memory that it may take for each byte of an input.
const FOR_EACH: u64 = 256;
/// Memory that it may map for any input, in bytes: runtimes map more than they use.
const MAPPED: u64 = 512 << 20;
/// What runtimes say when they are refused memory.
const REFUSED: [&str; 6] = [
    "MemoryError",
    "NoMemoryError",
    "bad_alloc",
    "out of memory",
    "Array buffer allocation failed",
    "failed to allocate memory",
];
/// Id under which what was loaded is saved.
const OTHER: &str = "gamma";
/// Slot of the secrets of the session that is saved anew.
const ANEW: u16 = 2;

/// What came of one input.
#[derive(Default)]
pub(super) struct Seen {
    /// What was new about it, perhaps.
    pub(super) words: Vec<String>,
    /// Places of the store's code that ran for the first time in this process.
    pub(super) lines: Vec<u64>,
    pub(super) harms: Vec<Harm>,
    /// Whether it loaded as a session.
    pub(super) loads: bool,
    /// Processor time of the load, in nanoseconds.
    pub(super) nanos: u64,
    /// Whether the sandbox is another than before, or the process is gone.
    pub(super) dirty: bool,
}

/// The means to try inputs in one process.
pub(super) struct Exercise<'e, 'l> {
    pub(super) lab: &'e mut Lab<'l>,
    pub(super) subject: &'e Subject,
    pub(super) baseline: &'e mut Baseline,
    pub(super) shape: &'e Shape,
}

impl Exercise<'_, '_> {
    /// Tries one input.
    pub(super) fn run(&mut self, input: &FuzzInput, depth: Depth) -> CaseResult<Seen> {
        let mut seen = Seen::default();
        let path = self.subject.file(input.file).0.path.clone();
        self.lab.overwrite(&path, &input.bytes)?;
        let before = self.lab.processor_nanos()?;
        let loaded = self.load(&mut seen, Harm::by_driver)?;
        if let Some(loaded) = &loaded {
            seen.loads = matches!(loaded, Loaded::Present(_));
            seen.lines = self.lab.new_lines()?;
            seen.nanos = self.lab.processor_nanos()?.saturating_sub(before);
            let own = &self.subject.file(input.file).1;
            seen.words = of_load(loaded, &self.subject.whole, &input.bytes, own);
            self.judge(loaded, input, &mut seen)?;
            self.judge_memory(loaded, input, &mut seen)?;
        }
        self.look(loaded.as_ref(), input, &path, &mut seen)?;
        self.judge_neighbour(&mut seen)?;
        if depth == Depth::Full {
            seen.dirty = true;
            if let Some(Loaded::Present(session)) = &loaded {
                self.round_trip(session, &mut seen)?;
            }
            self.save_anew(&mut seen)?;
            self.judge_cost(input, &mut seen)?;
        }
        let harms = seen.harms.iter().map(|harm| format!("harm {}", harm.cause));
        seen.words.extend(harms);
        Ok(seen)
    }

    /// Loads the session that is damaged; `None` if the driver did something else than answer.
    fn load(
        &mut self,
        seen: &mut Seen,
        harm: fn(&Observation) -> Option<Harm>,
    ) -> CaseResult<Option<Loaded>> {
        match self.lab.load(OWN) {
            Ok(loaded) => Ok(Some(loaded)),
            Err(Abort::Driver(did)) => {
                self.died(&did, harm, seen)?;
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    fn died(
        &mut self,
        did: &Observation,
        harm: fn(&Observation) -> Option<Harm>,
        seen: &mut Seen,
    ) -> CaseResult<()> {
        let failure = Failure::new(interloper_driver::ErrorKind::Other, did.clause());
        seen.words.push(format!("{} {}", did.word(), of_failure(&failure)));
        seen.harms.extend(harm(did));
        seen.dirty = true;
        self.lab.restart()
    }

    /// Judges what was loaded.
    fn judge(&mut self, loaded: &Loaded, input: &FuzzInput, seen: &mut Seen) -> CaseResult<()> {
        let (said, session) = match loaded {
            Loaded::Absent => (String::new(), None),
            Loaded::Failed(failure) => (failure.message.clone(), None),
            Loaded::Present(session) => {
                (serde_json::to_string(session).unwrap_or_default(), Some(session))
            }
        };
        let theirs = |slots: Vec<u16>| slots.contains(&NEIGHBOURS_SLOT);
        if theirs(self.lab.slots_in(&said)) && !theirs(self.lab.slots_in_bytes(&input.bytes)) {
            seen.harms.push(Harm::others_data(format!(
                "load({OWN:?}) answered with a secret of {NEIGHBOUR:?}"
            )));
        }
        let output = self.lab.output()?;
        let new = output.get(self.baseline.output..).unwrap_or(&output);
        if !new.is_empty() && !self.lab.slots_in_bytes(new).is_empty() {
            seen.harms.push(Harm::secret_in_output("a secret is in what the store printed"));
        }
        self.baseline.output = output.len();
        if let Some(session) = session
            && self.is_authenticated()
            && !same(&self.subject.whole, session)
            && !seeds::sessions(self.lab).iter().any(|saved| same(saved, session))
        {
            seen.harms.push(Harm::forged("it loaded as a session that nobody saved"));
        }
        Ok(())
    }

    /// Returns whether the store says that it notices a changed file.
    fn is_authenticated(&self) -> bool {
        let hello = self.lab.hello();
        hello.promises.contains(&Promise::Encrypted)
            || hello.enforces.contains(&Enforces::Integrity)
    }

    fn judge_memory(
        &mut self,
        loaded: &Loaded,
        input: &FuzzInput,
        seen: &mut Seen,
    ) -> CaseResult<()> {
        let now = self.lab.memory()?;
        let Memory { resident, mapped } = now.since(self.baseline.memory);
        self.baseline.memory = now;
        let length = input.bytes.len() as u64;
        let mib = |bytes: u64| bytes >> 20;
        if resident > ROOM + FOR_EACH * length {
            let used = mib(resident);
            seen.harms.push(Harm::memory(format!("it took {used} MiB more for {length} bytes")));
        } else if mapped > MAPPED + FOR_EACH * length {
            let used = mib(mapped);
            seen.harms.push(Harm::memory(format!("it mapped {used} MiB more for {length} bytes")));
        } else if let Loaded::Failed(failure) = loaded
            && let Some(words) = REFUSED.iter().find(|words| failure.message.contains(**words))
        {
            seen.harms.push(Harm::memory(format!("for {length} bytes: {words}")));
        }
        Ok(())
    }

    /// Measures whether a load that took long takes out of proportion to the input: with its longest run a quarter and a sixteenth as long.
    fn judge_cost(&mut self, input: &FuzzInput, seen: &mut Seen) -> CaseResult<()> {
        let costly = seen.nanos >= COSTLY;
        let quarter = costly.then(|| shrunk(&input.bytes)).flatten();
        let Some(quarter) = quarter else { return Ok(()) };
        let Some(sixteenth) = shrunk(&quarter) else { return Ok(()) };
        let path = self.subject.file(input.file).0.path.clone();
        let mut costs = [0; 3];
        for (cost, bytes) in costs.iter_mut().zip([&sixteenth, &quarter, &input.bytes]) {
            // The least of two: what else the machine does only ever adds to it.
            for n in 0..2 {
                self.lab.overwrite(&path, bytes)?;
                let before = self.lab.processor_nanos()?;
                if self.load(seen, Harm::by_driver)?.is_none() {
                    return Ok(());
                }
                let nanos = self.lab.processor_nanos()?.saturating_sub(before);
                *cost = if n == 0 { nanos } else { nanos.min(*cost) };
            }
        }
        if is_out_of_proportion(costs) {
            let [least, middle, most] = costs.map(|nanos| nanos / 1_000_000);
            let lengths = [&sixteenth, &quarter, &input.bytes].map(|bytes| bytes.len());
            let [short, longer, whole] = lengths;
            seen.harms.push(Harm::slow(format!(
                "{short}, {longer} and {whole} bytes took {least}, {middle} and {most} ms of processor time"
            )));
        }
        Ok(())
    }

    /// Looks at what the load left in the sandbox.
    fn look(
        &mut self,
        loaded: Option<&Loaded>,
        input: &FuzzInput,
        path: &Path,
        seen: &mut Seen,
    ) -> CaseResult<()> {
        let tree = self.lab.tree()?;
        let before = &self.subject.tree;
        if tree.nodes.contains_key(&self.subject.marker) {
            let marker = self.subject.marker.display();
            seen.harms.push(Harm::ran(format!("loading it made {marker}")));
        }
        let kept = tree.nodes.contains_key(path) && self.lab.read(path)? == input.bytes;
        seen.dirty |= !kept;
        let failed = !matches!(loaded, Some(Loaded::Present(_)));
        if !kept && failed && !self.is_moved(&tree, input)? {
            let left = match tree.nodes.get(path) {
                Some(node) if node.size == 0 => "is empty",
                Some(_) => "holds other bytes",
                None => "is gone",
            };
            seen.words.push(format!("then {left}"));
            let path = self.lab.display_path(path);
            seen.harms.push(Harm::destroyed(format!("after the load, {path} {left}")));
        }
        for (other, bytes) in &self.subject.others {
            let (now, then) = (tree.nodes.get(other), before.nodes.get(other));
            if now == then {
                continue;
            }
            seen.dirty = true;
            if now.is_none() || self.lab.read(other)? != *bytes {
                let other = self.lab.display_path(other);
                let what = if now.is_some() { "holds other bytes" } else { "is gone" };
                seen.harms.push(Harm::neighbours_file(format!("after the load, {other} {what}")));
            }
        }
        seen.dirty |= self.subject.files.iter().any(|(node, _)| {
            node.path != path && tree.nodes.get(&node.path) != before.nodes.get(&node.path)
        });
        for node in tree.new_since(before) {
            seen.dirty = true;
            let inside = |dir: &Path| node.path.starts_with(dir);
            let known =
                self.subject.within.as_deref().is_none_or(inside) || inside(&self.lab.tmp());
            if !known && node.kind == NodeKind::File {
                let path = self.lab.display_path(&node.path);
                seen.harms.push(Harm::outside(format!("loading it made {path}")));
            }
        }
        Ok(())
    }

    /// Returns whether the damaged bytes are in another file now: moved aside is not lost.
    fn is_moved(&self, tree: &Tree, input: &FuzzInput) -> CaseResult<bool> {
        let length = input.bytes.len() as u64;
        let files = tree.nodes.values().filter(|node| node.kind == NodeKind::File);
        for node in files.filter(|node| node.size == length) {
            if self.lab.read(&node.path)? == input.bytes {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Loads the neighbour, which must be as it was.
    fn judge_neighbour(&mut self, seen: &mut Seen) -> CaseResult<()> {
        let Some(neighbour) = self.subject.neighbour.as_ref().filter(|_| self.subject.apart) else {
            return Ok(());
        };
        let answer = match self.lab.load(NEIGHBOUR) {
            Ok(Loaded::Present(session)) if same(neighbour, &session) => return Ok(()),
            Ok(Loaded::Present(_)) => "another session".to_owned(),
            Ok(loaded) => loaded.word(),
            Err(Abort::Driver(did)) => {
                self.lab.restart()?;
                did.clause().to_owned()
            }
            Err(stop) => return Err(stop),
        };
        seen.dirty = true;
        seen.words.push(format!("neighbour {answer}"));
        seen.harms.push(Harm::neighbour(format!("load({NEIGHBOUR:?}) is answered with {answer}")));
        Ok(())
    }

    /// Saves what was loaded under another id: it has no more entries when it is loaded again.
    fn round_trip(&mut self, session: &Session, seen: &mut Seen) -> CaseResult<()> {
        let is_store = self.lab.hello().kind == Kind::Store;
        if !is_store || same(&self.subject.whole, session) {
            return Ok(());
        }
        let saved = kept(self.lab, session);
        let call = format!("save({OTHER:?}, what was loaded)");
        match self.lab.save_session(OTHER, saved.clone(), call) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Ok(()),
            Err(Abort::Driver(did)) => {
                return self.died(&did, save_harm, seen);
            }
            Err(stop) => return Err(stop),
        }
        let again = match self.lab.load(OTHER) {
            Ok(Loaded::Present(again)) => again,
            // It may have expired.
            Ok(Loaded::Absent) => return Ok(()),
            Ok(loaded) => {
                let what = format!("load({OTHER:?}) is answered with {}", loaded.word());
                seen.harms.push(Harm::not_kept(what));
                return Ok(());
            }
            Err(Abort::Driver(did)) => return self.died(&did, Harm::by_driver, seen),
            Err(stop) => return Err(stop),
        };
        // Only texts are compared: languages have other numbers, lists and maps than JSON has.
        let texts = saved.data.iter().filter(|(_, value)| value.is_string());
        let changed = texts.filter(|(key, value)| again.data.get(*key) != Some(*value)).count();
        if changed > 0 {
            seen.harms.push(Harm::not_kept(format!("{changed} of its texts came back as others")));
        }
        let gained = self.gained(&saved, &again);
        if gained > 0 {
            seen.harms.push(Harm::smuggled(format!(
                "what was loaded came back with {gained} more entries after a save and a load"
            )));
        }
        Ok(())
    }

    /// Returns the number of entries that were not saved and that no session of this store has by itself.
    fn gained(&self, saved: &Session, again: &Session) -> usize {
        let whole = &self.subject.whole;
        let data = again.data.keys();
        let data =
            data.filter(|key| !saved.data.contains_key(*key) && !whole.data.contains_key(*key));
        let has = |session: &Session, name: &str| session.cookies.iter().any(|c| c.name == name);
        let cookies = again.cookies.iter().map(|cookie| cookie.name.as_str());
        let cookies = cookies.filter(|name| !has(saved, name) && !has(whole, name));
        let named = |session: &Session, name: &str| {
            session.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
        };
        let headers = again.headers.iter().map(|(name, _)| name.as_str());
        let headers = headers.filter(|name| !named(saved, name) && !named(whole, name));
        data.count() + cookies.count() + headers.count()
    }

    /// Saves the session anew, as its user's next login does.
    fn save_anew(&mut self, seen: &mut Seen) -> CaseResult<()> {
        let saved = match self.lab.save(OWN, ANEW, self.shape) {
            Ok(saved) => saved,
            Err(Abort::Driver(did)) => {
                return self.died(&did, save_harm, seen);
            }
            Err(stop) => return Err(stop),
        };
        if let Err(failure) = saved {
            if self.subject.apart {
                let what = format!("save({OWN:?}) is answered with {failure}");
                seen.harms.push(Harm::save_refused(what));
            }
            return Ok(());
        }
        self.lab.restart()?;
        let answer = match self.lab.load(OWN) {
            Ok(Loaded::Present(session)) if self.lab.slots_of(&session).contains(&ANEW) => {
                return Ok(());
            }
            Ok(loaded) => loaded.word(),
            Err(Abort::Driver(did)) => {
                self.lab.restart()?;
                did.clause().to_owned()
            }
            Err(stop) => return Err(stop),
        };
        seen.harms
            .push(Harm::lied(format!("save answered ok, and load is answered with {answer}")));
        Ok(())
    }
}

/// Returns the harm that a driver did instead of answering a save.
fn save_harm(seen: &Observation) -> Option<Harm> {
    match Harm::by_driver(seen)? {
        hang if matches!(seen, Observation::Hang(_)) => Some(hang),
        _ => Some(Harm::save_crash(seen.clause())),
    }
}

/// Returns the parts of a session that the store says it keeps.
fn kept(lab: &Lab<'_>, session: &Session) -> Session {
    let keeps = |part| lab.hello().keeps.contains(&part);
    let mut kept = session.clone();
    if !keeps(Keeps::Data) {
        kept.data.clear();
    }
    if !keeps(Keeps::Cookies) {
        kept.cookies.clear();
    }
    if !keeps(Keeps::Headers) {
        kept.headers.clear();
    }
    if !keeps(Keeps::Auth) {
        kept.auth = None;
    }
    if !keeps(Keeps::Expires) {
        kept.expires_at = None;
    }
    kept
}
