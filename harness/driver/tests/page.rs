//! The examples on the protocol's page are lines of the protocol.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use interloper_driver::{Answer, ChildEvent, Door, Request, Setup, TypedOp};

const PAGE: &str = include_str!("../../../docs/src/protocol.md");

#[test]
fn each_request_and_its_answer_are_what_the_types_say() {
    let mut asked: Option<Request> = None;
    let (mut requests, mut answers, mut events) = (0, 0, 0);
    for line in PAGE.lines() {
        if let Some(request) = line.strip_prefix("→ ") {
            let request: Request = serde_json::from_str(request).expect(line);
            assert_eq!(request.n, requests, "{line}");
            requests += 1;
            asked = Some(request);
        }
        let Some(answer) = line.strip_prefix("← ").map(str::trim_start) else { continue };
        // Who writes it is said behind it.
        let answer = &answer[..answer.rfind('}').map_or(0, |end| end + 1)];
        if answer.starts_with("{\"event\"") {
            serde_json::from_str::<ChildEvent>(answer).expect(line);
            events += 1;
        } else if !answer.is_empty() {
            let answer: Answer = serde_json::from_str(answer).expect(line);
            let request = asked.take().expect(line);
            assert_eq!((answer.n, answer.ok.is_some()), (request.n, answer.err.is_none()));
            if let Some(ok) = answer.ok {
                request.op.reader()(ok).expect(line);
            }
            answers += 1;
        }
    }
    assert_eq!((requests, answers, events), (20, 20, 1));
}

#[test]
fn the_setups_and_doors_are_what_the_types_say() {
    let example = |heading: &str| {
        let after = PAGE.split_once(heading).unwrap().1.split_once("```json\n").unwrap().1;
        after.split_once("```").unwrap().0
    };
    let setups: Vec<Setup> = serde_json::from_str(example("#### Setups")).unwrap();
    assert_eq!(setups[..2], [Setup::home(), Setup::file().one_session()]);
    assert_eq!(setups[3], Setup::dir());
    let doors: Vec<Door> = serde_json::from_str(example("#### Doors")).unwrap();
    assert_eq!(doors[0].ask[2], "{door}");
}
