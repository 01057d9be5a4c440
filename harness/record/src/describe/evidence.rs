//! The sentences of evidence.

use super::{answered, sent};
use crate::event::HttpEvent;
use crate::evidence::{Action, CookieFault, Evidence, GivenBy, PathChange, Secret};

/// Returns a fact in a sentence without its full stop.
pub fn evidence(fact: &Evidence) -> String {
    match fact {
        Evidence::Probe { principal, action, path, secret } => {
            probe(principal, *action, path, secret.as_ref())
        }
        Evidence::Mode { path, kind, mode, was: None } => format!("stat: {kind} {mode} {path}"),
        Evidence::Mode { path, kind, mode, was: Some(was) } => {
            format!("stat: {kind} {was} before the save, {mode} after it: {path}")
        }
        Evidence::Residue { path, part, secret } => {
            format!("{part} of {path}: {}", super::secret(secret))
        }
        Evidence::Answer { after, call, by, answer } => {
            let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            format!("{}{call}{by} answered {answer}", before(after, ", "))
        }
        Evidence::NoAnswer { after, call, seen, failure: _ } => {
            format!("{}{}{seen}", before(after, ", "), before(call, ": "))
        }
        Evidence::Altered { after, by, what } => {
            let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            format!("{}loaded{by}: {what}", before(after, ", "))
        }
        Evidence::OthersSession { id, which, saved } => {
            let which = if which.is_empty() { String::new() } else { format!(", {which},") };
            format!("a load of {id}{which} answered the session that was saved under {saved}")
        }
        Evidence::RepeatedId { id, by } => match by {
            GivenBy::OneProcess => format!("{id:?} was given for two sessions"),
            GivenBy::TwoProcesses => {
                format!("{id:?} was given by two processes that were started apart")
            }
        },
        Evidence::OrderedIds { ids } => {
            format!("each of {ids} ids is after the one {ids} before it, in both processes")
        }
        Evidence::FewBits { bits, ids, examples, asked: _ } => {
            let examples: Vec<String> = examples.iter().map(|ids| ids.join(", ")).collect();
            let examples = match &examples[..] {
                [] => String::new(),
                some => format!(": {}", some.join("; ")),
            };
            format!("at most {bits} bits vary among {ids} ids of each process{examples}")
        }
        Evidence::SameId { by, id, asked, kept: 0 } => {
            let id = id.as_ref().map_or_else(String::new, |id| format!(", {id:?}"));
            format!(
                "with the contents, the time, the process's number and the layout of its memory held, {by} gave the same id{id} though each of the {asked} random bytes that it asked the kernel for was another"
            )
        }
        Evidence::SameId { by, id: _, asked, kept } => format!(
            "with {kept} random bytes kept, the time, the process's number and the layout of its memory held, and all others of the {asked} random bytes changed, {by} gave the same id"
        ),
        Evidence::Changed { by, change, path } => {
            let did = match change {
                PathChange::Made => "made",
                PathChange::MadeDirectory => "made the directory",
                PathChange::Written => "wrote",
                PathChange::Removed => "removed",
            };
            format!("{by} {did} {path}")
        }
        Evidence::Output { bytes, when, has } => {
            let when = if when.is_empty() { String::new() } else { format!(" {when}") };
            format!("{bytes} bytes of output{when}, {has} among them")
        }
        Evidence::Cookie { cookie, fault } => self::cookie(cookie, fault),
        Evidence::Asked { after, principal, door, with, secret } => {
            let after = before(after, ", ");
            format!("{after}{principal} asked at {door} with {with}: {secret} in the answer")
        }
        Evidence::Planted { dir, payload, path, step, operation, call, outcome } => {
            format!(
                "{dir}, {payload} at {path} before step {step} of {operation}, {call}: {outcome}"
            )
        }
        Evidence::Sysctls { values } => {
            let words = values.iter().map(|one| format!("{} {}", one.name, one.value));
            words.collect::<Vec<_>>().join(", ")
        }
        Evidence::Unexplained { after, loads } => {
            let (after, loads) = (before(after, ", "), loads.join(", "));
            format!("{after}{loads}: no order of the operations explains it")
        }
        Evidence::Damage { what, outcome } => format!("{what}: {outcome}"),
        Evidence::Input { path, length, base64 } => {
            format!("{path} holds {length} bytes, in base64: {}", cut(base64))
        }
        Evidence::Search { inputs, changes } => {
            let (changes, s) = (changes, if *changes == 1 { "" } else { "s" });
            format!("input {inputs} of a search, {changes} change{s} away from what it began with")
        }
        Evidence::Interrupted { operation, by, outcome } => {
            format!("{operation}: {}: {outcome}", by.clause)
        }
        Evidence::Exchange { exchange, after } => {
            let HttpEvent { actor, .. } = exchange;
            let (after, sent) = (before(after, ", "), sent(exchange));
            format!("{after}{actor} sent {sent}: {}", answered(exchange))
        }
        Evidence::Observed { what } => what.clone(),
    }
}

fn probe(principal: &str, action: Action, path: &str, secret: Option<&Secret>) -> String {
    let got = secret.map(super::secret);
    let got =
        |before: &str| got.as_ref().map_or_else(String::new, |secret| format!("{before}{secret}"));
    match action {
        Action::Read => {
            format!("{principal} opened {path} for reading{}", got(" and got "))
        }
        Action::Write => {
            format!("{principal} opened {path} for writing (it wrote nothing)")
        }
        Action::ReadKept => {
            format!("{principal} read {path} through a descriptor opened before{}", got(": "))
        }
        Action::WriteKept => {
            format!("{principal} can write to {path} through a descriptor opened before")
        }
        Action::Create => format!("{principal} created a file in {path} and removed it"),
        Action::Replace => {
            format!("{principal} moved {path} away, or its own file in its place, and back")
        }
        Action::List => format!("{principal} listed {path}{}", got(" and got ")),
    }
}

fn cookie(cookie: &str, fault: &CookieFault) -> String {
    match fault {
        CookieFault::NotHttpOnly => {
            format!("the browser keeps {cookie} without HttpOnly, and the login needs it")
        }
        CookieFault::NotSecure => {
            format!("the browser keeps {cookie} without Secure, and the login needs it")
        }
        CookieFault::SameSite { value } => {
            format!("the browser keeps {cookie} with SameSite {value}, and the login needs it")
        }
        CookieFault::OtherHosts { domain } => {
            format!("the browser sends {cookie} to every host below {domain}")
        }
        CookieFault::LivesLong { days } => format!("the browser keeps {cookie} for {days} days"),
        CookieFault::Left => format!("the browser still has {cookie} after the logout"),
        CookieFault::InAnswer { request, part } => {
            format!("the answer to {request} has the value of {cookie} in its {part}")
        }
    }
}

/// Returns a clause with what separates it from the next; nothing for an empty one.
fn before(clause: &str, separator: &str) -> String {
    if clause.is_empty() { String::new() } else { format!("{clause}{separator}") }
}

/// Number of characters of an input that a sentence has; the record has all of it.
const SHOWN: usize = 400;

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… (the record has all of it)", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_what_came_before_it_and_who_was_asked_only_if_it_is_known() {
        let fact = Evidence::answer("load(\"alpha\")", "absent");
        assert_eq!(evidence(&fact), "load(\"alpha\") answered absent");
        let fact = fact.after("after the purge");
        assert_eq!(evidence(&fact), "after the purge, load(\"alpha\") answered absent");
    }

    #[test]
    fn a_request_that_is_not_answered_is_named_unless_the_story_ends_with_it() {
        let of = |call: &str| Evidence::NoAnswer {
            after: String::new(),
            call: call.into(),
            failure: "crash".into(),
            seen: "it exited with code 1".into(),
        };
        assert_eq!(evidence(&of("")), "it exited with code 1");
        assert_eq!(evidence(&of("save")), "save: it exited with code 1");
        let later = of("save").after("in round 3");
        assert_eq!(evidence(&later), "in round 3, save: it exited with code 1");
    }

    #[test]
    fn a_session_of_another_id_is_told_with_both_ids() {
        let of = |which: &str| {
            let (id, saved) = ("\"a\"".into(), "\"A\"".into());
            evidence(&Evidence::OthersSession { id, which: which.into(), saved })
        };
        assert_eq!(of(""), "a load of \"a\" answered the session that was saved under \"A\"");
        let never = of("which was never saved");
        assert_eq!(
            never,
            "a load of \"a\", which was never saved, answered the session that was saved under \"A\""
        );
    }

    #[test]
    fn a_change_says_who_made_it() {
        let said = [
            (PathChange::Made, "a save made ~/x"),
            (PathChange::MadeDirectory, "a save made the directory ~/x"),
            (PathChange::Written, "a save wrote ~/x"),
            (PathChange::Removed, "a save removed ~/x"),
        ];
        for (change, sentence) in said {
            assert_eq!(evidence(&Evidence::changed("a save", change, "~/x")), sentence);
        }
    }

    #[test]
    fn what_was_printed_is_told_with_its_length() {
        let of = |when: &str| {
            evidence(&Evidence::Output { bytes: 7, when: when.into(), has: "a secret".into() })
        };
        assert_eq!(of(""), "7 bytes of output, a secret among them");
        assert_eq!(of("when it ended"), "7 bytes of output when it ended, a secret among them");
    }

    #[test]
    fn random_bytes_that_were_kept_are_counted_and_the_id_shown_only_if_it_may_be() {
        let of = |id: Option<&str>, kept| {
            let (by, id) = ("create".into(), id.map(str::to_owned));
            evidence(&Evidence::SameId { by, id, asked: 16, kept })
        };
        assert!(
            of(Some("k7"), 0).contains("create gave the same id, \"k7\" though each of the 16")
        );
        assert!(of(None, 0).contains("create gave the same id though each of the 16"));
        assert!(of(None, 7).starts_with("with 7 random bytes kept,"));
    }

    #[test]
    fn ids_that_are_credentials_are_counted_and_not_shown() {
        let of = |examples: &[[&str; 2]]| {
            let examples = examples.iter().map(|ids| ids.map(str::to_owned).to_vec()).collect();
            evidence(&Evidence::FewBits { bits: 40, asked: 64, ids: 300, examples })
        };
        assert_eq!(of(&[]), "at most 40 bits vary among 300 ids of each process");
        let shown = of(&[["a", "b"], ["c", "d"]]);
        assert_eq!(shown, "at most 40 bits vary among 300 ids of each process: a, b; c, d");
    }

    #[test]
    fn only_facts_that_name_what_came_before_them_take_it() {
        let fact = Evidence::RepeatedId { id: "x".into(), by: GivenBy::TwoProcesses };
        assert_eq!(fact.clone().after("later"), fact);
    }
}
