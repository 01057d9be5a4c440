//! What ids are made of, by intervention: the same program is started again and again, and gets from the harness what it asks the kernel
//! for. Only what stays the same, or changes, proves anything.
//!
//! 1. Other random bytes, for the same contents, at the same time and in a process of the same number: an id that stays the same has none
//!    of the kernel's randomness in it. Then contents, time and number are changed, to tell which of them it follows.
//! 2. The same again. An id that is another one now has an ingredient that cannot be held, and the rest would prove nothing.
//! 3. The same random bytes, at another time and in another process: an id that stays the same is made of randomness alone.
//! 4. Of the random bytes up to seven are kept, and all others changed: an id that stays the same can be found by trying those. Profile
//!    quick looks only for those that a program asked for by themselves, or first.
//!
//! A UUID of a version that holds the time is told as such, since its random part is drawn once for all.
//!
//! Each program begins with the sandbox as it was. The memory's layout is the same each time, where the host allows that: what the kernel
//! chooses it by is fewer than 64 bits, so an id that follows from an address can be tried.

use std::ops::Range;

use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, CaseResult, Draw, Ingredients, KeptBytes, Lab, Profile, Snapshot, StoryGuards, Taken,
    Violation, uptime,
};

use super::time_uuid::with_time;

/// An id, and what made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    /// The operation: `create`.
    pub(crate) by: &'static str,
    /// The id.
    pub(crate) text: String,
}

/// Makes ids in a process that has just been started, with the secrets of a slot: the same operations in the same order each time.
pub(crate) type Make<'m> = dyn FnMut(&mut Lab<'_>, u16) -> CaseResult<Vec<Id>> + 'm;

/// Number of random bytes below which an id can be found by trying: 64 bits (OWASP Session Management Cheat Sheet).
const FEW: u64 = 8;
/// Seconds by which the time of the processes is ahead. Whoever waits up to a moment by the real clock waits no shorter then.
const AHEAD: i64 = 20;
/// Another time, in seconds after the first.
const LATER: i64 = 7919;
/// Another time since the host has been started, in seconds after the first. Whoever waits up to a moment by it waits so much longer.
const MOMENT: i64 = 3;
/// Number of the first process: more than any that there is on a machine as it comes (pid_max, proc_sys_kernel(5)).
const PROCESS: i32 = 3_000_000;
const OTHER_PROCESS: i32 = 3_141_592;
/// Seeds of random bytes. The first is the usual one.
const USUAL: u64 = 1;
const OTHER: u64 = 2;
const THIRD: u64 = 3;
/// Number of characters below which an id has no room for 64 bits, in hexadecimal digits.
const SHORT: usize = 16;
/// Number of processes whose random bytes are looked at.
const PROCESSES: usize = 4;

/// Examines what ids are made of.
pub(crate) struct Examination<'m> {
    make: &'m mut Make<'m>,
    empty: Snapshot,
    usual: Ingredients,
    /// Flag that ids may be shown: those of applications are credentials.
    shown: bool,
}

/// Ids that one process made.
struct Made {
    ids: Vec<Id>,
    taken: Taken,
}

impl<'m> Examination<'m> {
    /// Prepares the examination from the sandbox as it is now.
    pub(crate) fn new(
        lab: &mut Lab<'_>,
        make: &'m mut Make<'m>,
        shown: bool,
    ) -> CaseResult<Examination<'m>> {
        let empty = lab.snapshot()?;
        let time = lab.now().saturating_add(AHEAD);
        let uptime = uptime().saturating_add(MOMENT);
        let usual = Ingredients { random: USUAL, kept: Vec::new(), time, uptime, process: PROCESS };
        Ok(Examination { make, empty, usual, shown })
    }

    /// Has the next process begin as the first of the examination did.
    pub(crate) fn begin_as_usual(&mut self, lab: &mut Lab<'_>) -> CaseResult<()> {
        lab.restore(&self.empty)?;
        lab.choose(self.usual.clone())
    }

    /// Puts the sandbox back to what it was, and has the kernel answer again.
    pub(crate) fn end(self, lab: &mut Lab<'_>) -> CaseResult<()> {
        lab.restore(&self.empty)?;
        lab.choose_nothing()
    }

    /// Returns what was proven.
    pub(crate) fn run(&mut self, lab: &mut Lab<'_>) -> CaseResult<Vec<Violation>> {
        let usual = self.usual.clone();
        let first = self.made(lab, usual.clone(), 0)?;
        let other = self.made(lab, Ingredients { random: OTHER, ..usual.clone() }, 0)?;
        let same = unchanged(&first, &other);
        tell(lab, "other random bytes of the kernel's, the same time and process", &first, &same);
        if !same.is_empty() {
            return Ok(vec![self.predictable(lab, &first, same)?]);
        }
        if let Some(violation) = self.holds_the_time(&first) {
            return Ok(vec![violation]);
        }
        let changed = Ingredients { process: OTHER_PROCESS, ..self.later() };
        let elsewhere = self.made(lab, changed, 0)?;
        let same = unchanged(&first, &elsewhere);
        tell(lab, "the same random bytes, another time and process", &first, &same);
        let alone = same.len() == first.ids.len();
        if !alone {
            let again = self.made(lab, usual, 0)?;
            let same = unchanged(&first, &again);
            tell(lab, "the same random bytes, time and process", &first, &same);
            if same.len() < first.ids.len() {
                lab.add_note(
                    "something goes into ids that cannot be held, such as a generator of the processor's: more was not proven of them",
                );
                return Ok(Vec::new());
            }
        }
        lab.add_note(match alone {
            true => "ids are made of the kernel's random bytes, and neither of the time nor of the process's number",
            false => "the time or the process's number goes into ids, besides the kernel's random bytes",
        });
        let few = self.few(lab, &first)?;
        Ok(few.into_iter().collect())
    }

    /// Starts a program anew and has it make ids.
    fn made(&mut self, lab: &mut Lab<'_>, ingredients: Ingredients, slot: u16) -> CaseResult<Made> {
        lab.restore(&self.empty)?;
        lab.choose(ingredients)?;
        let ids = lab.aside(|lab| (self.make)(lab, slot)).map_err(|abort| match abort {
            // That a program cannot work with a clock that stands still is no fault of its own.
            Abort::Driver(seen) => Abort::Ineffective(format!(
                "it does not work with random bytes and a time that the harness chose: {}",
                seen.clause()
            )),
            other => other,
        })?;
        lab.count_step("process with chosen random bytes, time and number");
        Ok(Made { ids, taken: lab.taken() })
    }

    /// Returns a violation if an id is a UUID that holds the time.
    fn holds_the_time(&self, made: &Made) -> Option<Violation> {
        let (by, (uuid, version)) =
            made.ids.iter().find_map(|id| Some((id.by, with_time(&id.text, self.usual.time)?)))?;
        let shown = if self.shown { format!(" {uuid}") } else { String::new() };
        let sentence =
            "an id is a UUID made of the time: the rest of it is the same in the next one";
        let fact = format!(
            "{by} gave the UUID{shown} of version {version}, whose time is the one that the process got, in steps of 100 ns; what does not follow from that stays for all that a process makes (RFC 9562, sections 5.1, 5.6 and 8)"
        );
        Some(Violation::new("time-uuid", sentence).evidence(fact))
    }

    /// Returns the usual ingredients at another time.
    fn later(&self) -> Ingredients {
        let (time, uptime) = (self.usual.time + LATER, self.usual.uptime + MOMENT);
        Ingredients { time, uptime, ..self.usual.clone() }
    }

    /// Tells which ingredients predictable ids have.
    fn predictable(
        &mut self,
        lab: &mut Lab<'_>,
        first: &Made,
        mut same: Vec<usize>,
    ) -> CaseResult<Violation> {
        let sentence = "an id has none of the kernel's random bytes in it: it follows from what can be known or tried";
        let asked: u64 = first.taken.draws.iter().map(|draw| draw.count).sum();
        let id = &first.ids[same[0]];
        let shown = self.shown.then(|| id.text.clone());
        let fact = Evidence::SameId { by: id.by.to_owned(), id: shown, asked, kept: 0 };
        let violation = Violation::new("predictable", sentence).evidence(fact);
        let later = self.later();
        let changes = [
            ("other contents", 1, self.usual.clone(), "the contents of the session"),
            ("another time", 0, later.clone(), "the clock"),
            (
                "another time and process",
                0,
                Ingredients { process: OTHER_PROCESS, ..later },
                "the number of the process",
            ),
        ];
        for (what, slot, ingredients, follows) in changes {
            let made = self.made(lab, Ingredients { random: THIRD, ..ingredients }, slot)?;
            let still = unchanged(first, &made);
            same.retain(|index| still.contains(index));
            tell(lab, &format!("other random bytes, {what}"), first, &same);
            if same.is_empty() {
                let fact = format!("with {what} it gave another id: it follows {follows}");
                let violation = violation.evidence(fact);
                // Whoever guesses such an id has to guess what the session holds.
                return Ok(if slot == 0 {
                    violation
                } else {
                    violation.severity(Severity::Medium)
                });
            }
        }
        let nothing = "with other contents, another time and process it gave the same id, too: it follows a count, or a seed or key that is the same each time";
        let violation = violation.evidence(nothing);
        // A key that only the owner has would make it hard to guess, which cannot be told from here; but for one that is short.
        let short = first.ids[same[0]].text.len() < SHORT;
        Ok(if short { violation } else { violation.severity(Severity::Medium) })
    }

    /// Looks for few random bytes that the first id follows from.
    fn few(&mut self, lab: &mut Lab<'_>, first: &Made) -> CaseResult<Option<Violation>> {
        let draws = &first.taken.draws;
        // One process more, and none where ids are as they should be: what is longer is kept up to its seventh byte.
        if lab.plan().profile == Profile::Quick {
            let begins =
                draws.iter().map(|draw| (draw.process, draw.at..draw.at + draw.count.min(FEW - 1)));
            if !self.follows(lab, first, begins, 0)? {
                return Ok(None);
            }
        }
        for process in 0..PROCESSES {
            let own: Vec<Draw> =
                draws.iter().filter(|draw| draw.process == process).copied().collect();
            let Some(all) = own.last().map(|draw| draw.at + draw.count) else { break };
            if !self.follows(lab, first, [(process, 0..all)], 0)? {
                continue;
            }
            let Some(window) = self.window(lab, first, process, &own)? else { return Ok(None) };
            // Once more with a session that has other secrets.
            if !self.follows(lab, first, [(process, window.clone())], 1)? {
                return Ok(None);
            }
            let (kept, by) = (window.end - window.start, first.ids[0].by.to_owned());
            let asked: u64 = draws.iter().map(|draw| draw.count).sum();
            let sentence =
                "an id follows from fewer than 64 random bits, the time and the process's number";
            let fact = Evidence::SameId { by, id: None, asked, kept };
            return Ok(Some(Violation::new("few-random-bytes", sentence).evidence(fact)));
        }
        Ok(None)
    }

    /// Returns whether the first id stays the same if these random bytes of processes stay, and all others change.
    fn follows(
        &mut self,
        lab: &mut Lab<'_>,
        first: &Made,
        kept: impl IntoIterator<Item = (usize, Range<u64>)>,
        slot: u16,
    ) -> CaseResult<bool> {
        let kept =
            kept.into_iter().map(|(process, bytes)| KeptBytes { random: USUAL, process, bytes });
        let kept = kept.collect();
        let ingredients = Ingredients { random: THIRD, kept, ..self.usual.clone() };
        let made = self.made(lab, ingredients, slot)?;
        Ok(unchanged(first, &made).contains(&0))
    }

    /// Returns fewer than eight random bytes that the first id follows from. It follows from all that `draws` gave.
    ///
    /// 1. The first draws that are enough are found by bisection: the last byte that matters is in the last of them.
    /// 2. It is the last byte of that, as a rule; otherwise it is found by bisection, too.
    /// 3. The seven bytes up to it are enough, or not.
    fn window(
        &mut self,
        lab: &mut Lab<'_>,
        first: &Made,
        process: usize,
        draws: &[Draw],
    ) -> CaseResult<Option<Range<u64>>> {
        let (mut low, mut high) = (0, draws.len() - 1);
        while low < high {
            let middle = (low + high) / 2;
            let end = draws[middle].at + draws[middle].count;
            match self.follows(lab, first, [(process, 0..end)], 0)? {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        let Draw { at, count, .. } = draws[low];
        let mut end = at + count;
        if count >= FEW && self.follows(lab, first, [(process, 0..end - 1)], 0)? {
            let (mut low, mut high) = (at + 1, end - 1);
            while low < high {
                let middle = (low + high) / 2;
                match self.follows(lab, first, [(process, 0..middle)], 0)? {
                    true => high = middle,
                    false => low = middle + 1,
                }
            }
            end = low;
        }
        for start in [at.max(end.saturating_sub(FEW - 1)), end.saturating_sub(FEW - 1)] {
            if self.follows(lab, first, [(process, start..end)], 0)? {
                return Ok(Some(start..end));
            }
        }
        Ok(None)
    }
}

/// Returns the places of the ids that are the same.
fn unchanged(one: &Made, other: &Made) -> Vec<usize> {
    let pairs = one.ids.iter().zip(&other.ids).enumerate();
    pairs.filter(|(_, (one, other))| one == other).map(|(place, _)| place).collect()
}

/// Tells what came of a process with these ingredients.
fn tell(lab: &mut Lab<'_>, what: &str, first: &Made, same: &[usize]) {
    let by = |place: &usize| first.ids[*place].by;
    let outcome = match same {
        [] => "another id".to_owned(),
        same => {
            format!("the same id from {}", same.iter().map(by).collect::<Vec<_>>().join(" and "))
        }
    };
    lab.record(format!("starts it anew with {what}"), outcome);
}
