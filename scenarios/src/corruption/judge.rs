//! Setting damage up, and judging what the store makes of it.

use interloper_driver::{ErrorKind, Promise, Session};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, CaseResult, Lab, Loaded, Node, NodeKind, Shape, Snapshot, StoryGuards, Violation,
};

use crate::support::{missing, try_load};

/// A store with one session that will be damaged and one that will not.
pub(super) struct DamageFixture {
    pub(super) snapshot: Snapshot,
    /// The files that the session is in.
    pub(super) files: Vec<Node>,
    /// The files that the neighbour is in, where they are others.
    pub(super) theirs: Vec<Node>,
    /// The session as it loaded before the damage: what the store loses by itself is another scenario's subject.
    whole: Session,
    /// The neighbour as it loaded before the damage.
    neighbour: Option<Session>,
    /// Whether the neighbour is in files of its own, so that it must survive.
    apart: bool,
}

/// Upper limit of the description of a loss, in characters.
const MOST_TOLD: usize = 200;

/// Answers that are right besides `corrupt` and absent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Also {
    /// None.
    Nothing,
    /// Errors of the operating system: the file cannot be read, or is no file.
    System,
    /// None; but part of the neighbour's session stands in the file, and where nothing is promised nothing forbids to answer what is there.
    Spliced,
    /// Those of [`Also::System`]; the link leads to the neighbour's file.
    Link,
}

impl DamageFixture {
    /// Saves the session and its neighbour, and finds the session's files.
    pub(super) fn new(lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<DamageFixture> {
        lab.expect_variations("changes of a file that holds the session");
        let before = lab.tree()?;
        lab.must_save("beta", 1, shape)?;
        let without = lab.tree()?;
        lab.must_save("alpha", 0, shape)?;
        let neighbour = match lab.load("beta")? {
            Loaded::Present(session) => Some(*session),
            _ => None,
        };
        let Loaded::Present(whole) = lab.load("alpha")? else {
            return Err(Abort::Ineffective(
                "what was saved did not load, so damage shows nothing".into(),
            ));
        };
        lab.finish_store()?;
        let mut files = lab.files_with_secrets(0)?;
        if files.is_empty() {
            // Encrypted: what saving made or changed.
            let tree = lab.tree()?;
            let changed = tree.changed_since(&without).filter(|node| node.kind == NodeKind::File);
            files = changed.cloned().collect();
        }
        let neighbours = lab.files_with_secrets(1)?;
        let apart = neighbours.iter().all(|node| files.iter().all(|file| file.path != node.path))
            && files.iter().all(|file| !without.nodes.contains_key(&file.path));
        if files.is_empty() {
            return Err(Abort::Ineffective("no file was found that holds the session".into()));
        }
        let theirs = match neighbours.is_empty() {
            // Encrypted: what its saving made beside the session's files, and no key that is elsewhere.
            true => without.changed_since(&before).cloned().collect(),
            false => neighbours,
        };
        let beside =
            |node: &Node| files.iter().any(|file| file.path.parent() == node.path.parent());
        let in_both = |node: &Node| files.iter().any(|file| file.path == node.path);
        let is_theirs = |node: &Node| node.kind == NodeKind::File && beside(node) && !in_both(node);
        let theirs = theirs.into_iter().filter(is_theirs).collect();
        let snapshot = lab.snapshot()?;
        Ok(DamageFixture { snapshot, files, theirs, whole: *whole, neighbour, apart })
    }

    /// Returns whether the session is in files that no other shares.
    pub(super) fn is_apart(&self) -> bool {
        self.apart
    }

    /// Damages the session's files, loads it, and puts everything back.
    ///
    /// `damage` gives the words for what it did, or none where it would change nothing.
    pub(super) fn try_damage(
        &self,
        lab: &mut Lab<'_>,
        also: Also,
        damage: impl FnOnce(&mut Lab<'_>) -> CaseResult<Option<String>>,
    ) -> CaseResult<()> {
        let Some(what) = damage(lab)? else { return Ok(()) };
        lab.if_reported(|lab| self.load(lab, also, &what))
    }

    fn load(&self, lab: &mut Lab<'_>, also: Also, what: &str) -> CaseResult<()> {
        lab.record_damage(what);
        let loaded = lab.load("alpha");
        let outcome = self.judge(lab, loaded, also, what)?;
        self.check_output(lab, what)?;
        if let Some(harm) = self.neighbours_harm(lab, also)? {
            let fact = damaged(what, format!("then {harm}"));
            let sentence = "damage to one session kept another from loading";
            lab.report(
                Violation::new("neighbour", sentence).severity(Severity::Medium).evidence(fact),
            );
        }
        lab.count_step(&outcome);
        lab.restore(&self.snapshot)
    }

    fn judge(
        &self,
        lab: &mut Lab<'_>,
        loaded: CaseResult<Loaded>,
        also: Also,
        what: &str,
    ) -> CaseResult<String> {
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(Abort::Driver(seen)) => {
                let sentence = format!("{} on a damaged file", seen.sentence());
                lab.report(
                    Violation::by_driver("", &seen, sentence)
                        .severity(Severity::Medium)
                        .evidence(damaged(what, seen.clause())),
                );
                lab.restart()?;
                return Ok(format!("damage: {}", seen.word()));
            }
            Err(stop) => return Err(stop),
        };
        let session = match &loaded {
            Loaded::Absent => return Ok("damage: absent".into()),
            Loaded::Failed(failure) => {
                let right = match failure.kind {
                    ErrorKind::Corrupt | ErrorKind::Absent => true,
                    ErrorKind::Denied | ErrorKind::Io => matches!(also, Also::System | Also::Link),
                    _ => false,
                };
                if !right {
                    let sentence = "a damaged file is answered with an unrelated error: the store did not notice what it is";
                    let fact = damaged(what, failure.to_string());
                    lab.report(
                        Violation::new("unrelated-error", sentence)
                            .severity(Severity::Low)
                            .evidence(fact),
                    );
                }
                // Errors end up in logs, as output does.
                if !lab.slots_in(&failure.message).is_empty() {
                    let fact = damaged(what, "a secret is in the message of the error");
                    let sentence = "the error that a damaged file is answered with shows a secret";
                    lab.report(
                        Violation::new("secret-in-error", sentence)
                            .severity(Severity::Medium)
                            .evidence(fact),
                    );
                }
                return Ok(format!("damage: err {}", failure.kind));
            }
            Loaded::Present(session) => session,
        };
        if missing(&self.whole, session).is_empty() && !has_more(&self.whole, session) {
            return Ok("damage: intact".into());
        }
        let others = lab.slots_of(session).into_iter().any(|slot| slot != 0);
        let authentic = lab.hello().promises.contains(&Promise::Encrypted);
        // Who promises that nobody can write a session has one forged; in another, whoever can write the file is its owner.
        let forged = if authentic { Severity::High } else { Severity::Low };
        // A change that nobody notices is used as if it were right.
        let altered = if authentic { Severity::High } else { Severity::Medium };
        let (cause, sentence, severity) = match (others, also) {
            (true, Also::Spliced) => (
                "spliced",
                "a part of another session's file, put into this one's, was answered as this one's",
                forged,
            ),
            (true, Also::Link) => (
                "followed-link",
                "a link in the place of a session file was followed to another session's, which was answered",
                forged,
            ),
            (true, _) => {
                ("others-data", "a damaged file gave another session's data", Severity::High)
            }
            (false, _) => (
                "altered",
                "a damaged file was loaded as a session, with parts lost or changed and no error",
                altered,
            ),
        };
        let lost = missing(&self.whole, session);
        let lost = lost.first().map_or("more than was saved", |missing| &missing.what);
        // A value may have become as long as it likes.
        let lost: String = lost.chars().take(MOST_TOLD).collect();
        let fact = damaged(what, format!("loaded, but {lost}"));
        lab.report(Violation::new(cause, sentence).severity(severity).evidence(fact));
        Ok(format!("damage: {cause}"))
    }

    /// Returns the harm to the neighbour, in a clause; `None` if it loads as before, or shares its file with the session.
    ///
    /// While another name leads to its file, whoever refuses files with two names does what is right.
    pub(super) fn neighbours_harm(
        &self,
        lab: &mut Lab<'_>,
        also: Also,
    ) -> CaseResult<Option<String>> {
        let Some(neighbour) = self.neighbour.as_ref().filter(|_| self.apart) else {
            return Ok(None);
        };
        let loaded = match lab.load("beta") {
            Err(Abort::Driver(seen)) => {
                lab.restart()?;
                return Ok(Some(format!("load(\"beta\"): {}", seen.clause())));
            }
            other => other?,
        };
        let well = match &loaded {
            Loaded::Present(session) => missing(neighbour, session).is_empty(),
            Loaded::Failed(_) => also == Also::Link,
            Loaded::Absent => false,
        };
        Ok((!well).then(|| format!("load(\"beta\") answered {}", loaded.word())))
    }

    fn check_output(&self, lab: &mut Lab<'_>, what: &str) -> CaseResult<()> {
        let output = lab.output()?;
        let text = String::from_utf8_lossy(&output).into_owned();
        if !lab.slots_in(&text).is_empty() {
            let fact = damaged(what, "a secret is in what the store wrote to its output");
            let sentence = "the store's error output shows a secret";
            lab.report(
                Violation::new("secret-in-output", sentence)
                    .severity(Severity::Medium)
                    .evidence(fact),
            );
        }
        Ok(())
    }
}

/// Saves where something that is no session file stands in its place, and reports a save that was answered ok and is not kept.
///
/// What the driver did instead of answering is the caller's to judge.
pub(super) fn save_over(lab: &mut Lab<'_>, shape: &Shape, what: &str) -> CaseResult<()> {
    if lab.save("alpha", 2, shape)?.is_err() {
        return Ok(());
    }
    lab.restart()?;
    let answer = match try_load(lab, "alpha")? {
        Ok(Loaded::Present(session)) if lab.slots_of(&session).contains(&2) => return Ok(()),
        Ok(loaded) => loaded.word(),
        Err(seen) => seen.clause().to_owned(),
    };
    let fact = damaged(what, format!("save answered ok, and load is answered with {answer}"));
    let sentence = "a save answered ok although it had not been done";
    lab.report(Violation::new("lied", sentence).severity(Severity::Medium).evidence(fact));
    Ok(())
}

/// Returns whether a loaded session has parts that were not saved.
fn has_more(saved: &Session, loaded: &Session) -> bool {
    loaded.data.len() > saved.data.len()
        || loaded.cookies.len() > saved.cookies.len()
        || loaded.headers.len() > saved.headers.len()
        || (loaded.auth.is_some() && saved.auth.is_none())
}

/// Returns the evidence that a damage led to something.
pub(super) fn damaged(what: &str, outcome: impl Into<String>) -> Evidence {
    Evidence::Damage { what: what.to_owned(), outcome: outcome.into() }
}
