//! Records whose every text is chosen by somebody who means harm: a store, an attacker, or who changed the file.

use interloper_record::known::{KnownFailures, write_known};
use interloper_record::{Policy, Run, compare};
use serde_json::Value;

use crate::fixture::rich;
use crate::render::render;
use crate::report::{Format, html_of_comparison};
use crate::{html, junit, sarif};

/// The words that a record takes from a fixed list.
const FIXED: [&str; 9] =
    ["verdict", "severity", "event", "status", "fact", "action", "part", "window", "how"];

/// Puts `text` in place of every other text; a number behind it keeps ids apart, as they are in any record.
fn poison(value: &mut Value, text: &str, n: &mut usize) {
    match value {
        Value::String(string) => {
            *n += 1;
            *string = if text.is_empty() { String::new() } else { format!("{text}{n}") };
        }
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text, n)),
        Value::Object(map) => {
            let free = map.iter_mut().filter(|(key, _)| !FIXED.contains(&key.as_str()));
            free.for_each(|(_, item)| poison(item, text, n));
        }
        _ => {}
    }
}

fn poisoned(text: &str) -> Run {
    let mut value = serde_json::to_value(rich()).expect("a record is JSON");
    poison(&mut value, text, &mut 0);
    serde_json::from_value(value).expect("only texts were changed")
}

#[test]
fn no_text_breaks_a_report() {
    let long = "a".repeat(3000);
    let wide = "会话 ".repeat(200);
    let texts = [
        "",
        " ",
        "\n\n",
        "]]>&amp;<!-- ",
        "\u{1b}]0;title\u{7}\u{1b}[2J",
        "\u{0}\u{fffe}\u{202e}\u{7f}",
        "```` ``` |",
        "::",
        "</script></style><script>alert(1)</script><img src=x onerror=alert(1)>",
        "\" onclick=\"alert(1)\" x='",
        r#"\*"'"""#,
        &long,
        &wide,
    ];
    for (n, text) in texts.into_iter().enumerate() {
        let run = poisoned(text);
        let policy = Policy::default();

        let human = render(&run, Format::Human, &policy);
        let plain = anstream::adapter::strip_str(&human).to_string();
        // Colours are all that is left for the terminal to obey: none of them ends in anything but `m`.
        assert!(!plain.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        let coloured = human.matches('\u{1b}').count();
        assert_eq!(coloured, human.matches("\u{1b}[").count(), "{text:?}");

        let xml = render(&run, Format::Junit, &policy);
        assert_eq!(junit::valid(&format!("junit-hostile-{n}.xml"), &xml), Ok(()), "{text:?}");
        let log = serde_json::from_str(&render(&run, Format::Sarif, &policy)).unwrap();
        // Rules have to differ, which empty texts cannot.
        if !text.is_empty() {
            assert_eq!(sarif::faults(&log), [""; 0], "{text:?}");
        }
        let page = render(&run, Format::Html, &policy);
        assert_eq!(html::faults(&page), [""; 0], "{text:?}");
        assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        let (other, words) = (rich(), text);
        let found = compare(&other, &run);
        let page = html_of_comparison((&other, &run), &found, words, &policy);
        assert_eq!(html::faults(&page), [""; 0], "{text:?}");
        assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        let json = render(&run, Format::Json, &policy);
        assert_eq!(serde_json::from_str::<Run>(&json).unwrap(), run, "{text:?}");
    }
}

#[test]
fn a_written_list_reads_back_whatever_the_texts() {
    for (n, text) in ["a\nb", "\u{1b}[2J", r#"\*"'"""#, "'''", "é\u{202e}"].into_iter().enumerate()
    {
        let run = poisoned(text);
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = path.join(format!("hostile-{n}.toml"));
        std::fs::write(&path, write_known(&run)).unwrap();
        let read = KnownFailures::read(&path);
        // A store of two lines is no name: it is refused on reading, with its line.
        let two_lines = text.contains('\n');
        assert_eq!(read.is_err(), two_lines, "{text:?}: {read:?}");
    }
}
