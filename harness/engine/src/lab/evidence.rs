//! Looking: what others can do, and where secrets are.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use interloper_driver::{Promise, Session};

use super::prepare::FILE_LIMIT;
use super::{Abort, CaseResult, Lab};
use crate::access::{Access, ProbeResult, Sighting, Target, first_of_each, sightings};
use crate::driver::{Descriptor, open_descriptors};
use crate::error::{Context, Error};
use crate::paths::text;
use crate::principal::Principal;
use crate::prober::Used;
use crate::record::{self, Action, Event, Evidence, Part, ProbeEvent, Severity};
use crate::sandbox::beneath;
use crate::shape::CANARIES_EACH;
use crate::tree::Node;
use crate::tree::NodeKind;

/// Most of a process's title that is read, in bytes: a store chooses its length, and it is read before each step.
const MOST_TITLE: u64 = 64 << 10;

/// A node and what each other principal could do with it.
#[derive(Clone, Debug)]
pub struct NodeAccess {
    /// The node.
    pub node: Node,
    /// Result of each principal's attempts.
    pub by: Vec<(Principal, ProbeResult)>,
}

impl NodeAccess {
    /// Returns the principals that could do any of it.
    pub fn who(&self, access: Access) -> Vec<Principal> {
        self.by
            .iter()
            .filter(|(_, tried)| tried.access.intersects(access))
            .map(|(principal, _)| *principal)
            .collect()
    }

    /// Returns the principals that read a secret, with the first that each read.
    pub fn who_saw_secret(&self) -> Vec<(Principal, Sighting)> {
        self.by
            .iter()
            .filter_map(|(principal, tried)| Some((*principal, tried.seen.first()?.clone())))
            .collect()
    }
}

/// A secret found in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residue {
    /// In, or at, which path.
    pub path: PathBuf,
    /// Part of it that holds the secret.
    pub part: Part,
    /// Secret that was found, and its offset.
    pub sighting: Sighting,
}

impl Residue {
    /// Returns the slot of the session whose secret it is.
    pub fn slot(&self) -> u16 {
        self.sighting.slot()
    }

    /// Returns it as evidence.
    pub fn evidence(&self, lab: &Lab<'_>) -> Evidence {
        Evidence::Residue {
            path: lab.display_path(&self.path),
            part: self.part,
            secret: self.sighting.secret(),
        }
    }
}

impl Sighting {
    /// Returns the slot of the session whose secret it is.
    pub fn slot(&self) -> u16 {
        self.canary / CANARIES_EACH
    }

    /// Returns the secret as evidence has it.
    pub fn secret(&self) -> record::Secret {
        record::Secret {
            number: self.canary,
            offset: self.offset,
            encoding: self.wrapped.to_string(),
        }
    }

    /// Returns the fact in a clause: `secret 3 at byte 233, base64 in zlib`.
    pub fn clause(&self) -> String {
        record::describe::secret(&self.secret())
    }
}

impl Lab<'_> {
    /// Lets each other principal try everything on each node; each node that anybody reached is a line of the story.
    ///
    /// # Errors
    /// When a prober cannot be believed.
    pub fn probe(&mut self, nodes: &[Node]) -> CaseResult<Vec<NodeAccess>> {
        let probed = self.probe_quietly(nodes)?;
        for one in &probed {
            self.record_probes(one);
        }
        Ok(probed)
    }

    /// Probes without a line in the story.
    ///
    /// # Errors
    /// When a prober cannot be believed.
    pub fn probe_quietly(&self, nodes: &[Node]) -> CaseResult<Vec<NodeAccess>> {
        let targets: Vec<Target> =
            nodes.iter().map(|node| Target { path: node.path.clone(), kind: node.kind }).collect();
        let mut probed: Vec<NodeAccess> =
            nodes.iter().map(|node| NodeAccess { node: node.clone(), by: Vec::new() }).collect();
        for principal in self.others() {
            let tried = self.worker.team().attempt(*principal, self.mint_seed, &targets);
            // A prediction needs to look where the harness, having one uid, may be shut out by the store's own umask.
            let tried = match tried {
                Err(error) if !self.worker.team().is_real() => {
                    return Err(Abort::Ineffective(format!("access cannot be predicted: {error}")));
                }
                tried => tried?,
            };
            for (probed, tried) in probed.iter_mut().zip(tried) {
                probed.by.push((*principal, tried));
            }
        }
        Ok(probed)
    }

    fn record_probes(&mut self, probed: &NodeAccess) {
        let interesting = Access::all() - Access::SEE;
        let reached = !probed.who(interesting).is_empty();
        if !reached && probed.node.kind != NodeKind::File {
            return;
        }
        let others = probed
            .by
            .iter()
            .map(|(principal, tried)| record::Access {
                principal: principal.to_string(),
                access: tried.access.letters(),
                secret: !tried.seen.is_empty(),
            })
            .collect();
        let path = self.display_path(&probed.node.path);
        let event = Event::Probe(ProbeEvent { path, mode: probed.node.mode_string(), others });
        // The same node looked at again with the same result is no news.
        if !self.story.events.contains(&event) {
            self.push(event);
        }
    }

    /// Returns the evidence that a principal did something to a path, and the secret that it got.
    pub fn probe_evidence(
        &self,
        who: Principal,
        action: Action,
        path: &Path,
        secret: Option<&Sighting>,
    ) -> Evidence {
        Evidence::Probe {
            principal: who.to_string(),
            action,
            path: self.display_path(path),
            secret: secret.map(Sighting::secret),
        }
    }

    /// Lets a principal open what it can of the nodes and keep the descriptors.
    ///
    /// # Errors
    /// [`Abort::Skip`] in the tier without other processes.
    pub fn keep(&mut self, principal: Principal, nodes: &[Node]) -> CaseResult<u32> {
        if !self.worker.team().is_real() {
            return Err(Abort::Skip(
                "needs other users as processes (tier uids or namespaces)".into(),
            ));
        }
        let targets: Vec<Target> =
            nodes.iter().map(|node| Target { path: node.path.clone(), kind: node.kind }).collect();
        Ok(self.worker.team().keep(principal, &targets)?)
    }

    /// Lets a principal use the descriptors it kept.
    ///
    /// # Errors
    /// When a prober cannot be believed.
    pub fn use_kept(&mut self, principal: Principal) -> CaseResult<Vec<Used>> {
        Ok(self.worker.team().use_kept(principal, self.mint_seed)?)
    }

    /// Returns every secret in everything the sandbox holds: contents, names, attributes, link targets.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn residue(&self) -> CaseResult<Vec<Residue>> {
        let mut found = Vec::new();
        for node in self.tree()?.nodes.values() {
            self.search_node(node, &mut found)?;
        }
        Ok(found)
    }

    /// Returns the secrets in one node.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn secrets_in(&self, node: &Node) -> CaseResult<Vec<Residue>> {
        let mut found = Vec::new();
        self.search_node(node, &mut found)?;
        Ok(found)
    }

    fn search_node(&self, node: &Node, found: &mut Vec<Residue>) -> CaseResult<()> {
        let mut whole = true;
        let mut look = |bytes: &[u8], part, begin: u64| {
            let examined = self.search.examine(bytes);
            whole &= examined.complete;
            found.extend(first_of_each(examined.hits).into_iter().map(|mut sighting| {
                sighting.offset += begin;
                Residue { path: node.path.clone(), part, sighting }
            }));
        };
        if let Some(name) = node.path.file_name() {
            look(name.as_bytes(), Part::Name, 0);
        }
        match node.kind {
            // Holes hold nothing, however long they are, and no block is on both sides of one.
            NodeKind::File => match beneath::segments(&node.path, FILE_LIMIT) {
                Ok((segments, _)) => segments
                    .iter()
                    .for_each(|segment| look(&segment.bytes, Part::Contents, segment.offset)),
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
                Err(error) => return Err(error).on("read", &node.path).map_err(Abort::Harness),
            },
            NodeKind::Symlink => {
                let target = beneath::read_link(&node.path).on("read", &node.path)?;
                look(target.as_os_str().as_bytes(), Part::LinkTarget, 0);
            }
            _ => {}
        }
        if node.kind != NodeKind::Symlink {
            for (_, value) in beneath::attributes(&node.path) {
                look(&value, Part::Attribute, 0);
            }
        }
        if !whole {
            // Nothing found in what was not looked at is no result.
            let why = format!("the search of {} was cut short by its bounds", text(&node.path));
            return Err(Abort::Harness(Error::Untrustworthy(why)));
        }
        Ok(())
    }

    /// Returns the files that a session is in: those with its secrets in clear, or else those that saving it again changes.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn files_with_secrets(&self, slot: u16) -> CaseResult<Vec<Node>> {
        let tree = self.tree()?;
        let mut paths: Vec<PathBuf> = self
            .residue()?
            .into_iter()
            .filter(|residue| residue.slot() == slot && residue.part == Part::Contents)
            .map(|residue| residue.path)
            .collect();
        paths.dedup();
        Ok(paths.iter().filter_map(|path| tree.nodes.get(path)).cloned().collect())
    }

    /// Returns the sessions, by slot, whose secrets are in a text.
    pub fn slots_in(&self, text: &str) -> Vec<u16> {
        self.slots_in_bytes(text.as_bytes())
    }

    /// Returns the sessions, by slot, whose secrets are in bytes, in any encoding that the search knows.
    pub fn slots_in_bytes(&self, bytes: &[u8]) -> Vec<u16> {
        let mut slots: Vec<u16> =
            sightings(&self.search, bytes).iter().map(Sighting::slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Returns where the secrets of a session are in bytes, as they are and in no encoding.
    pub fn offsets_in(&self, bytes: &[u8], slot: u16) -> Vec<usize> {
        let sightings = sightings(&self.search, bytes).into_iter();
        let plain = sightings.filter(|one| one.slot() == slot && one.wrapped.is_empty());
        plain.filter_map(|one| usize::try_from(one.offset).ok()).collect()
    }

    /// Returns the severity of a broken promise: one less if the store does not make it.
    pub fn where_promised(&self, promise: Promise, severity: Severity) -> Severity {
        if self.hello.promises.contains(&promise) { severity } else { severity.lower() }
    }

    /// Returns the sessions, by slot, whose secrets are in a session that was loaded.
    pub fn slots_of(&self, session: &Session) -> Vec<u16> {
        self.slots_in(&serde_json::to_string(session).unwrap_or_default())
    }

    /// Returns the descriptors of the driver that lead into the sandbox's writable places, and not to what the host shows there: PHP keeps the
    /// script that it runs open, and a driver may lie in `/tmp`.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn descriptors(&mut self) -> CaseResult<Vec<(i32, PathBuf, bool)>> {
        let pid = self.worker.driver(self.key())?.pid();
        let roots = self.worker.roots();
        let shown = self.worker.layout().unwritable();
        Ok(open_descriptors(pid, &roots)?
            .into_iter()
            .filter(|found| !shown.iter().any(|shown| found.path.starts_with(shown)))
            .map(|Descriptor { number, path, close_on_exec }| (number, path, close_on_exec))
            .collect())
    }

    /// Returns what every user sees of the driver's process in a list of processes: its arguments, which a program may change, and its name.
    ///
    /// # Errors
    /// When the driver cannot be reached.
    pub fn process_title(&mut self) -> CaseResult<String> {
        let pid = self.worker.driver(self.key())?.pid();
        let shown = ["cmdline", "comm"].map(|file| {
            let mut bytes = Vec::new();
            // Gone, it shows nothing.
            if let Ok(shown) = File::open(format!("/proc/{pid}/{file}")) {
                let _ = shown.take(MOST_TITLE).read_to_end(&mut bytes);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Ok(shown.join(" "))
    }

    /// Returns the names a principal listed, of those that were probed.
    pub fn names_listed(probed: &[NodeAccess]) -> Vec<(Principal, PathBuf, Vec<OsString>)> {
        probed
            .iter()
            .flat_map(|probed| {
                probed
                    .by
                    .iter()
                    .filter(|(_, tried)| tried.access.contains(Access::LIST))
                    .map(|(who, tried)| (*who, probed.node.path.clone(), tried.names.clone()))
            })
            .collect()
    }
}
