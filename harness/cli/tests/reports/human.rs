//! What a person reads.

use interloper_record::{
    Access, Allow, AnswerEvent, Event, OperationEvent, Policy, Severity, StepEvent, Verdict, Window,
};

use crate::fixture::{empty, finding, result, rich, store, with};
use crate::render::render;
use crate::report::{Extent, Format};

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn a_rich_run_reads_well() {
    let text = plain(&render(&rich(), Format::Human, &Policy::default()));
    insta::assert_snapshot!(text);
}

#[test]
fn a_summary_has_the_causes_and_the_areas_and_no_story() {
    let mut out = Vec::new();
    Format::Human.writer(Policy::default(), 100, Extent::Summary).write(&rich(), &mut out).unwrap();
    insta::assert_snapshot!(plain(&String::from_utf8(out).unwrap()));
}

#[test]
fn a_narrow_terminal_has_the_story_below_itself() {
    let mut run = rich();
    run.results.truncate(2);
    let mut out = Vec::new();
    Format::Human.writer(Policy::default(), 80, Extent::Whole).write(&run, &mut out).unwrap();
    insta::assert_snapshot!(plain(&String::from_utf8(out).unwrap()));
}

#[test]
fn a_clean_run_says_so_in_few_lines() {
    let mut run = empty();
    run.stores = vec![store("hardened", "0.1.0", &["file"])];
    run.results = vec![result("hardened", "file", "permissions::nobody_reaches", Verdict::Pass)];
    insta::assert_snapshot!(plain(&render(&run, Format::Human, &Policy::default())));
}

#[test]
fn an_empty_run_says_that_nothing_was_run() {
    insta::assert_snapshot!(plain(&render(&empty(), Format::Human, &Policy::default())));
}

#[test]
fn the_record_writes_no_escape_sequences_of_its_own() {
    // The fixture has a file name with one; the only ones left are the writer's colours.
    let text = render(&rich(), Format::Human, &Policy::default());
    assert!(text.contains('\u{1b}'), "the report is coloured");
    assert!(!text.contains("\u{1b}[31m1000"));
    assert!(plain(&text).contains(r"\u{1b}[31m1000"));
}

#[test]
fn lines_fit_and_replay_tokens_are_whole() {
    let run = rich();
    for width in [72, 80, 100, 140] {
        let mut out = Vec::new();
        Format::Human
            .writer(Policy::default(), width, Extent::Whole)
            .write(&run, &mut out)
            .unwrap();
        let text = plain(&String::from_utf8(out).unwrap());
        for line in text.lines() {
            let columns = line.chars().count();
            let replay = line.contains("interloper replay");
            assert!(replay || columns <= width, "{columns} columns of {width}: {line}");
            assert_eq!(line.trim_end(), line, "no spaces at the end");
        }
        for found in run.results.iter().flat_map(|result| &result.findings) {
            let whole = format!("interloper replay {}\n", found.replay);
            assert!(found.known.is_some() || text.contains(&whole), "{whole}");
        }
    }
}

#[test]
fn a_finding_below_the_threshold_is_no_failure() {
    let mut run = empty();
    run.results = vec![with(
        result("a", "file", "permissions::mode_owner_only", Verdict::Fail),
        vec![finding("lax", Severity::Low)],
    )];
    let say = |fail_on| {
        let policy = Policy { fail_on, allow: vec![Allow::Skip] };
        plain(&render(&run, Format::Human, &policy))
    };
    assert!(say(Severity::Medium).starts_with("WARN  permissions::mode_owner_only"));
    assert!(say(Severity::Low).starts_with("FAIL  permissions::mode_owner_only"));
}

#[test]
fn the_call_of_a_step_is_read_as_a_whole() {
    let others = ["groupmate", "stranger"].map(|who| Access {
        principal: who.into(),
        access: "r".into(),
        secret: true,
    });
    let step = |number: u32, call: &str, window: Option<Window>| {
        Event::Step(StepEvent {
            client: None,
            number,
            call: call.into(),
            mode: Some("-rw-r--r--".into()),
            others: others.to_vec(),
            window,
        })
    };
    let open = r#"openat("~/sessions/alpha.json", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666)"#;
    let mut window = finding("readable-during-save", Severity::High);
    window.story = vec![
        Event::Skipped { steps: 8 },
        step(9, open, None),
        step(11, "write(5 ~/sessions/alpha.json, 546 bytes)", Some(Window::Opened)),
        Event::Operation(OperationEvent {
            client: None,
            operation: "save".into(),
            call: r#"save("alpha", {one secret})"#.into(),
            answer: AnswerEvent::Ok,
        }),
    ];
    let mut run = empty();
    run.stores = vec![store("httpie", "3.2.4", &["file"])];
    run.results =
        vec![with(result("httpie", "file", "exposure::no_window", Verdict::Fail), vec![window])];
    let text = plain(&render(&run, Format::Human, &Policy::default()));
    assert!(text.contains(open), "{text}");
    let end = text.find("smallest case").unwrap();
    insta::assert_snapshot!(&text[..end]);
    for width in [72, 80, 140] {
        let mut out = Vec::new();
        Format::Human
            .writer(Policy::default(), width, Extent::Whole)
            .write(&run, &mut out)
            .unwrap();
        for line in plain(&String::from_utf8(out).unwrap()).lines() {
            let replay = line.contains("interloper replay");
            assert!(replay || line.chars().count() <= width, "{width}: {line}");
        }
    }
}
