//! What `serve` answers, over pipes in memory.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use interloper_driver::{
    Bytes, Failure, Header, Hello, Keeps, Open, Operation, Session, SessionStore, Setup, serve_on,
};
use serde_json::{Value, json};

#[derive(Default)]
struct Memory(Option<Session>);

impl SessionStore for Memory {
    fn hello(&self) -> Hello {
        Hello::new("memory", "1")
            .keeps([Keeps::Data])
            .ops([Operation::Save, Operation::Load])
            .setups([Setup::dir()])
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        at.path().map(drop)
    }
    fn save(&mut self, _: &str, session: &Session) -> Result<(), Failure> {
        self.0 = Some(session.clone());
        Ok(())
    }
    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Ok(self.0.clone())
    }
}

fn exchange(requests: &str) -> Vec<Value> {
    let mut answers = Vec::new();
    serve_on(&mut Memory::default(), requests.as_bytes(), &mut answers).unwrap();
    answers
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
fn a_history() {
    let umask = "0022";
    let answers = exchange(&format!(
        "{}\n{}\n{}\n{}\n{}\n",
        json!({"n": 0, "op": "hello", "protocol": 2, "from the future": true}),
        json!({"n": 1, "op": "open", "home": "/", "setup": "dir", "at": "/x", "umask": umask, "params": {}}),
        json!({"n": 2, "op": "load", "id": "a"}),
        json!({"n": 3, "op": "save", "id": "a", "session": {"data": {"k": 1}}}),
        json!({"n": 4, "op": "load", "id": "a"}),
    ));
    assert_eq!(answers[0]["ok"]["name"], "memory");
    assert_eq!(answers[1], json!({"n": 1, "ok": {}}));
    assert_eq!(answers[2], json!({"n": 2, "ok": {"absent": true}}));
    assert_eq!(answers[3], json!({"n": 3, "ok": {}}));
    assert_eq!(answers[4], json!({"n": 4, "ok": {"session": {"data": {"k": 1}}}}));
}

#[test]
fn what_it_refuses() {
    let answers = exchange(&format!(
        "{}\nnot json\n{}\n{}\n",
        json!({"n": 0, "op": "hello", "protocol": 99}),
        json!({"n": 1, "op": "open", "home": "/", "setup": "dir", "at": null, "umask": "0888"}),
        json!({"n": 2, "op": "purge"}),
    ));
    assert_eq!(answers[0]["err"]["kind"], "unsupported");
    assert_eq!(answers[1]["err"]["kind"], "invalid");
    assert_eq!(answers[2]["err"]["kind"], "invalid");
    assert_eq!(answers[3]["err"]["kind"], "unsupported");
}

#[test]
fn a_line_without_end_ends_the_driver() {
    let long = "x".repeat(interloper_driver::MAX_LINE + 2);
    let mut answers = Vec::new();
    assert!(serve_on(&mut Memory::default(), long.as_bytes(), &mut answers).is_err());
}

/// Splits at every `;`, and refuses what is no UTF-8.
struct Splits;

impl SessionStore for Splits {
    fn hello(&self) -> Hello {
        Hello::new("splits", "1").parses([Header::Cookie])
    }
    fn open(&mut self, _: &Open) -> Result<(), Failure> {
        Ok(())
    }
    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }
    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }
    fn parse(&mut self, _: Header, value: &[u8]) -> Result<Vec<(Bytes, Bytes)>, Failure> {
        let text =
            std::str::from_utf8(value).map_err(|error| Failure::invalid(error.to_string()))?;
        let pairs = text.split(';').filter_map(|piece| piece.split_once('='));
        Ok(pairs.map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[test]
fn a_parser_answers_its_reading_or_refuses() {
    let requests = [
        json!({"n": 0, "op": "hello", "protocol": 2}),
        json!({"n": 1, "op": "parse", "header": "cookie", "value": "a=1;b"}),
        json!({"n": 2, "op": "parse", "header": "cookie", "value": {"b64": "YT3/"}}),
        json!({"n": 3, "op": "parse", "header": "cookies", "value": ""}),
    ];
    let requests: Vec<String> = requests.iter().map(Value::to_string).collect();
    let mut answers = Vec::new();
    serve_on(&mut Splits, requests.join("\n").as_bytes(), &mut answers).unwrap();
    let lines = answers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let answers: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let hello = &answers[0]["ok"];
    assert_eq!((&hello["kind"], &hello["parses"]), (&json!("parser"), &json!(["cookie"])));
    assert_eq!(hello["setups"], json!([{"name": "default", "at": "none"}]));
    assert_eq!(answers[1]["ok"], json!({"pairs": [["a", "1"]]}));
    assert_eq!(answers[2]["err"]["kind"], "invalid");
    assert_eq!(answers[3]["err"]["kind"], "invalid");
}
