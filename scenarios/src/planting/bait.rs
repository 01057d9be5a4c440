//! What planted things lead to: nothing of it may be touched.

use std::path::{Path, PathBuf};

use interloper_engine::{
    Abort, CaseResult, Lab, Node, NodeKind, ParentDir, Plant, Principal, Sighting, Tree,
};

/// The bytes of what is the owner's, and no session.
const WORDS: &[u8] = b"the owner's own words\n";

/// Files and directories of the owner and of the attacker, outside of the store's place.
#[derive(Clone, Debug)]
pub(super) struct Baits {
    /// A file of the owner's that nobody else reaches.
    pub(super) victim: PathBuf,
    /// A directory of the owner's that nobody else reaches, with a file in it.
    pub(super) private: PathBuf,
    /// A file of the attacker's that everybody may write to.
    pub(super) loot: PathBuf,
    /// A directory of the attacker's that everybody may write to.
    pub(super) drop: PathBuf,
    /// Path in that directory at which nothing exists.
    pub(super) nothing: PathBuf,
    /// A file of the owner's in the file system of the scene: hard links lead to no other.
    pub(super) near_victim: PathBuf,
    /// A file of the attacker's there that everybody may write to.
    pub(super) near_loot: PathBuf,
}

impl Baits {
    /// Puts them where they belong; each is made by whom it belongs to.
    pub(super) fn lay(lab: &Lab<'_>, parent_dir: ParentDir) -> CaseResult<Baits> {
        let attacker = parent_dir.attacker();
        let (own, theirs) = (lab.home(), lab.home_of(attacker));
        // A hard link leads to nothing in another file system.
        let near = match parent_dir {
            ParentDir::Made => [own.join("interloper-near"), theirs.join("interloper-near")],
            _ => [lab.tmp().join("interloper-victim"), lab.tmp().join("interloper-loot")],
        };
        let [near_victim, near_loot] = near;
        let baits = Baits {
            victim: own.join("interloper-victim"),
            private: own.join("interloper-private"),
            loot: theirs.join("interloper-loot"),
            drop: theirs.join("interloper-drop"),
            nothing: theirs.join("interloper-drop/nothing"),
            near_victim,
            near_loot,
        };
        lab.make_file(&baits.victim, WORDS, 0o600)?;
        lab.make_file(&baits.near_victim, WORDS, 0o600)?;
        lab.make_dir(&baits.private, 0o700)?;
        lab.make_file(&baits.private.join("kept"), WORDS, 0o600)?;
        let make = |what: Plant, at: &Path| match lab.plant(attacker, &what, at)? {
            Ok(()) => Ok(()),
            Err(errno) => Err(Abort::Skip(format!("{attacker} cannot make its own bait: {errno}"))),
        };
        let wide = || Plant::File { bytes: Vec::new(), mode: 0o666 };
        make(wide(), &baits.loot)?;
        make(wide(), &baits.near_loot)?;
        make(Plant::Dir { mode: 0o777 }, &baits.drop)?;
        Ok(baits)
    }

    /// Returns all of them.
    fn all(&self) -> [&Path; 6] {
        [&self.victim, &self.private, &self.loot, &self.drop, &self.near_victim, &self.near_loot]
            .map(PathBuf::as_path)
    }

    /// Returns what became of them since an earlier look.
    pub(super) fn disturbed(
        &self,
        lab: &Lab<'_>,
        before: &Tree,
        attacker: Principal,
    ) -> CaseResult<Vec<Disturbance>> {
        let after = lab.tree()?;
        let mut facts = Vec::new();
        for path in before.nodes.keys().filter(|path| self.has(path)) {
            if !after.nodes.contains_key(path) {
                let fact = format!("{} is gone", lab.display_path(path));
                facts.push(Disturbance { path: path.clone(), secret: false, fact });
            }
        }
        for node in after.nodes.values().filter(|node| self.has(&node.path)) {
            let was = before.nodes.get(&node.path);
            if was.is_some_and(|was| plain(was) == plain(node)) {
                continue;
            }
            let read = secret_read(lab, node, attacker)?;
            let secret = read_clause(attacker, read.as_ref());
            let now = format!("{} {} bytes", node.mode_string(), node.size);
            let fact = match was {
                None => format!("{} was made: {now}{secret}", lab.display_path(&node.path)),
                Some(was) => format!(
                    "{} is {now}, and was {} {} bytes{secret}",
                    lab.display_path(&node.path),
                    was.mode_string(),
                    was.size
                ),
            };
            facts.push(Disturbance { path: node.path.clone(), secret: read.is_some(), fact });
        }
        Ok(facts)
    }

    /// Returns whether a path is one of them, or below one.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.all().iter().any(|bait| path.starts_with(bait))
    }
}

/// Returns the compared fields of a node: a directory's time says only that something in it changed, which is reported for that.
fn plain(node: &Node) -> (NodeKind, u32, u32, u32, u64, i128) {
    let Node { kind, mode, uid, gid, .. } = *node;
    match kind {
        NodeKind::Dir => (kind, mode, uid, gid, 0, 0),
        _ => (kind, mode, uid, gid, node.size, node.modified),
    }
}

/// Something that became of a bait.
pub(super) struct Disturbance {
    /// Of which.
    pub(super) path: PathBuf,
    /// Whether the attacker reads a secret in it.
    pub(super) secret: bool,
    /// The change, in a clause.
    pub(super) fact: String,
}

/// Returns the secret that a principal reads in a file.
fn secret_read(lab: &Lab<'_>, node: &Node, who: Principal) -> CaseResult<Option<Sighting>> {
    if node.kind != NodeKind::File {
        return Ok(None);
    }
    let probed = lab.probe_quietly(std::slice::from_ref(node))?;
    let saw = probed.iter().flat_map(|probed| probed.who_saw_secret()).find(|(saw, _)| *saw == who);
    Ok(saw.map(|(_, seen)| seen))
}

fn read_clause(who: Principal, read: Option<&Sighting>) -> String {
    read.map_or_else(String::new, |seen| format!("; {who} reads {} in it", seen.clause()))
}
