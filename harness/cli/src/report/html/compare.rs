//! The page of two runs beside each other: what is new, of another severity, gone, and no longer tested.

use interloper_record::lookup::{FindingRef, plural};
use interloper_record::{Comparison, Policy, Run};

use super::finding;
use super::markup::Element;
use super::page::{facts, filter, page, section};
use crate::report::time::utc;

/// Returns the page of two runs, the earlier one first, and of what differs between them.
pub(crate) fn comparison(
    (earlier, later): (&Run, &Run),
    found: &Comparison<'_>,
    words: &str,
    policy: &Policy,
) -> String {
    let title = format!("Interloper: {} to {}", utc(earlier.started), utc(later.started));
    let header = Element::new("header")
        .with(Element::new("h1").text("Interloper: two runs compared"))
        .with(Element::new("p").class("exit").text(words))
        .with(facts(&[told("earlier", earlier), told("later", later)]));
    let mut main = Element::new("main");
    let changed: Vec<_> = found.changed.iter().map(|(one, _)| *one).collect();
    let was: Vec<String> =
        found.changed.iter().map(|(_, was)| format!("it was {was} in the earlier run")).collect();
    let lists = [
        ("new", "New", later, &found.new, "in the later run alone"),
        ("changed", "Of another severity", later, &changed, ""),
        ("gone", "Gone", earlier, &found.gone, "tested in the later run, and not found"),
        ("untested", "No longer tested", earlier, &found.untested, "not tested in the later run"),
    ];
    let any = lists.iter().any(|(_, _, _, found, _)| !found.is_empty());
    let findings = section("findings", "Differences");
    main = main.with(match any {
        true => filter(findings),
        false => findings.with(Element::new("p").text("None.")),
    });
    for (id, heading, run, found, word) in lists.into_iter().filter(|list| !list.3.is_empty()) {
        let heading = format!("{heading}: {}", plural(found.len(), "finding", "findings"));
        let list = found.iter().enumerate().fold(section(id, &heading), |list, (n, one)| {
            let word = if word.is_empty() { was.get(n).map_or("", String::as_str) } else { word };
            list.with(difference(run, *one, word, policy))
        });
        main = main.with(list);
    }
    page(&title, header, main)
}

fn difference(run: &Run, found: FindingRef<'_>, word: &str, policy: &Policy) -> Element {
    finding::finding(run, found, policy).with(Element::new("p").class("word").text(word))
}

/// Returns what a run was, in a line.
fn told(which: &str, run: &Run) -> String {
    let stores: Vec<&str> = run.stores.iter().map(|store| store.name.as_str()).collect();
    format!(
        "{which}: {} · {} · Interloper {} · profile {} · seed {} · {} results",
        utc(run.started),
        stores.join(", "),
        run.interloper,
        run.asked.profile,
        run.asked.seed,
        run.results.len()
    )
}
