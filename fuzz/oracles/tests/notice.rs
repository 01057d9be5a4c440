//! The oracles notice what they are for: a parser and stores that do it wrong.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use interloper_driver::{Failure, Hello, Open, Session, SessionStore};
use interloper_flawed::hardened_plain;
use interloper_oracles::cookies::{CookieParser, agree_on_cookie, third_party};
use interloper_oracles::{Action, Script, run_history};

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
    let violation = run_history(Folded::default, &script).unwrap_err();
    assert_eq!(violation.oracle, "as the map has it");
    assert_eq!(run_history(hardened_plain, &script), Ok(()));
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
        assert_eq!(run_history(hardened_plain, &Script { actions }), Ok(()), "{at}");
    }
}
