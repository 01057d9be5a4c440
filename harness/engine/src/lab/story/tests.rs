//! The guards of a story: which events each of them leaves in it.

use super::*;
use crate::lab::Abort;

impl StoryGuards for Story {
    fn story(&mut self) -> &mut Story {
        self
    }
}

impl Story {
    fn record(&mut self, did: &str) -> CaseResult<()> {
        self.events.push(Event::Harness { did: did.into(), outcome: String::new() });
        Ok(())
    }

    fn told(&self) -> Vec<&str> {
        let mut told = Vec::new();
        for event in &self.events {
            let Event::Harness { did, .. } = event else { panic!("another event: {event:?}") };
            told.push(did.as_str());
        }
        told
    }
}

fn begun() -> Story {
    let mut story = Story::default();
    story.record("before").unwrap();
    story
}

fn failing<T>(story: &mut Story) -> CaseResult<T> {
    story.record("inside")?;
    Err(Abort::Ineffective("refused".into()))
}

#[test]
fn what_is_done_aside_is_not_in_the_story_and_its_value_is_returned() {
    let mut story = begun();
    let done = story.aside(|story| {
        story.record("inside")?;
        Ok(7)
    });
    assert_eq!((done.ok(), story.told()), (Some(7), vec!["before"]));
}

#[test]
fn the_events_of_a_part_that_aborts_stay() {
    for guard in [
        |story: &mut Story| story.aside(failing::<()>),
        |story: &mut Story| story.if_reported(failing::<()>),
        |story: &mut Story| story.keep_if(failing, |()| false),
        |story: &mut Story| story.excerpt(failing::<()>).map(drop),
    ] {
        let mut story = begun();
        assert!(matches!(guard(&mut story), Err(Abort::Ineffective(_))));
        assert_eq!(story.told(), ["before", "inside"]);
    }
}

#[test]
fn events_stay_if_a_new_cause_was_reported() {
    let mut story = begun();
    let part = |cause: &'static str| {
        move |story: &mut Story| {
            story.record(cause)?;
            story.report(Violation::new(cause, "a sentence"));
            Ok(())
        }
    };
    story.if_reported(part("one")).unwrap();
    assert_eq!(story.told(), ["before", "one"]);
    // The same cause again adds to what was reported, whose story is there already.
    story.if_reported(part("one")).unwrap();
    assert_eq!(story.told(), ["before", "one"]);
    story.if_reported(|story| story.record("nothing")).unwrap();
    assert_eq!(story.told(), ["before", "one"]);
    story.if_reported(part("two")).unwrap();
    assert_eq!(story.told(), ["before", "one", "two"]);
}

#[test]
fn a_violation_reported_before_a_part_keeps_none_of_its_events() {
    let mut story = begun();
    story.report(Violation::new("one", "a sentence"));
    story.if_reported(|story| story.record("inside")).unwrap();
    assert_eq!(story.told(), ["before"]);
}

#[test]
fn the_value_of_a_part_decides_whether_its_events_stay() {
    for (value, told) in [(1, vec!["before"]), (2, vec!["before", "inside"])] {
        let mut story = begun();
        let done = story.keep_if(
            |story| {
                story.record("inside")?;
                Ok(value)
            },
            |value| *value > 1,
        );
        assert_eq!((done.ok(), story.told()), (Some(value), told));
    }
}

#[test]
fn an_excerpt_has_the_events_of_its_part_and_no_others() {
    let mut story = begun();
    let (done, events) = story
        .excerpt(|story| {
            story.record("one")?;
            story.record("two")?;
            Ok("value")
        })
        .unwrap();
    story.record("after").unwrap();
    assert_eq!((done, story.told()), ("value", vec!["before", "after"]));
    story.events = events;
    assert_eq!(story.told(), ["one", "two"]);
}

#[test]
fn guards_nest_and_the_outer_one_has_the_last_word() {
    let mut story = begun();
    let ((), events) = story
        .excerpt(|story| {
            story.record("one")?;
            story.aside(|story| story.record("two"))?;
            let mark = story.mark();
            story.keep_if(|story| story.record("three"), |()| true)?;
            assert_eq!(story.since(mark).len(), 1);
            Ok(())
        })
        .unwrap();
    assert_eq!((events.len(), story.told()), (2, vec!["before"]));
}
