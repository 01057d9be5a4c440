//! The oracles notice what they are for: a parser and stores that do it wrong.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use interloper_driver::{Failure, Hello, Keeps, Open, Operation, Session, SessionStore, Setup};
use interloper_flawed::hardened_plain;
use interloper_oracles::cookies::{CookieParser, agree_on_cookie, third_party};
use interloper_oracles::{Action, Damage, Script, run_history};

/// Keeps what stands in quotes together.
struct Quotes;

impl CookieParser for Quotes {
    fn name(&self) -> &'static str {
        "quotes"
    }

    fn cookie(&self, header: &str) -> Option<Result<Vec<(String, String)>, String>> {
        let mut quoted = false;
        let pieces = header.split(|c| {
            quoted ^= c == '"';
            c == ';' && !quoted
        });
        let pairs = pieces.filter_map(|piece| piece.split_once('='));
        Some(Ok(pairs.map(|(name, value)| (name.trim().into(), value.trim().into())).collect()))
    }
}

#[test]
fn a_parser_that_differs_is_noticed() {
    assert_eq!(agree_on_cookie(&Quotes, "a=b; c=\"d\""), Ok(()));
    let violation = agree_on_cookie(&Quotes, "a=\"b; c=d\"").unwrap_err();
    assert_eq!(violation.oracle, "two parsers agree");
    for parser in third_party() {
        assert_eq!(agree_on_cookie(*parser, "a=\"b; c=d\""), Ok(()), "{}", parser.name());
    }
}

/// Takes ids for the same that differ in case only.
#[derive(Default)]
struct Folded(BTreeMap<String, Session>);

impl SessionStore for Folded {
    fn hello(&self) -> Hello {
        Hello::new("folded", "1")
            .keeps([Keeps::Data])
            .ops([Operation::Save, Operation::Load, Operation::Delete])
            .setups([Setup::dir()])
    }
    fn open(&mut self, _: &Open) -> Result<(), Failure> {
        Ok(())
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        self.0.insert(id.to_lowercase(), session.clone());
        Ok(())
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        Ok(self.0.get(&id.to_lowercase()).cloned())
    }
    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.0.remove(&id.to_lowercase());
        Ok(())
    }
}

#[test]
fn a_store_that_gives_the_session_of_another_is_noticed() {
    let script = Script { actions: vec![Action::Save(0, "x".into()), Action::Load(1)] };
    let violation = run_history(Folded::default, Damage::Never, &script).unwrap_err();
    assert_eq!(violation.oracle, "as the map has it");
    let told = "load \"Alpha\" gave {\"data\":{\"id\":\"alpha\",\"text\":\"x\"}}, and nothing was saved; the history:\n  \
                save \"alpha\" with the text \"x\"\n  load \"Alpha\"";
    assert_eq!(violation.evidence, told);
    assert_eq!(run_history(hardened_plain, Damage::Noticed, &script), Ok(()));
}

#[test]
fn the_hardened_store_refuses_every_damaged_byte() {
    for at in 0..400 {
        let actions = vec![
            Action::Save(0, "x".into()),
            Action::Save(3, "y".into()),
            Action::Load(0),
            Action::Damage((at % 3) as u8, at, 1),
            Action::Load(0),
            Action::Load(3),
            Action::Save(0, "z".into()),
            Action::Load(0),
        ];
        assert_eq!(
            run_history(hardened_plain, Damage::Noticed, &Script { actions }),
            Ok(()),
            "{at}"
        );
    }
}

/// Keeps sessions in files as they are, and refuses ids that are no names.
#[derive(Default)]
struct Plain(PathBuf);

impl SessionStore for Plain {
    fn hello(&self) -> Hello {
        Hello::new("plain", "1")
            .keeps([Keeps::Data])
            .ops([Operation::Save, Operation::Load])
            .setups([Setup::dir()])
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0 = at.path()?.to_owned();
        Ok(std::fs::create_dir_all(&self.0)?)
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        if id.contains('/') {
            return Err(Failure::invalid("no name"));
        }
        Ok(std::fs::write(self.0.join(id), serde_json::to_vec(session)?)?)
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        Ok(Some(serde_json::from_slice(&std::fs::read(self.0.join(id))?)?))
    }
}

#[test]
fn what_a_store_never_promised_is_not_asked_of_it() {
    let plain =
        vec![Action::Save(2, "x".into()), Action::Load(2), Action::Delete(0), Action::Again];
    let script = Script { actions: plain };
    assert_eq!(run_history(Plain::default, Damage::Noticed, &script), Ok(()));
    let swapped = vec![
        Action::Save(0, "x".into()),
        Action::Save(3, "y".into()),
        Action::Swap(0, 1),
        Action::Load(0),
    ];
    let script = Script { actions: swapped };
    assert_eq!(run_history(Plain::default, Damage::Never, &script), Ok(()));
    assert_eq!(run_history(Plain::default, Damage::Survived, &script), Ok(()));
    assert!(run_history(Plain::default, Damage::Noticed, &script).is_err());
}

#[test]
fn a_store_that_cannot_be_fuzzed_is_told_why() {
    struct Nothing;
    impl SessionStore for Nothing {
        fn hello(&self) -> Hello {
            Hello::new("nothing", "1")
        }
        fn open(&mut self, _: &Open) -> Result<(), Failure> {
            Ok(())
        }
        fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
            Ok(())
        }
        fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
            Ok(None)
        }
    }
    let script = Script { actions: Vec::new() };
    let violation = run_history(|| Nothing, Damage::Never, &script).unwrap_err();
    assert_eq!(violation.oracle, "a store that can be fuzzed");
}
