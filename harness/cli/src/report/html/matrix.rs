//! Readings beside each other: a row for each vector, a column for each parser or application.

use std::collections::BTreeMap;

use interloper_record::{Difference, ReadAs, Reading, Run, ScenarioResult};

use super::markup::Element;
use super::page::section;

/// Returns a table for each scenario that kept readings; `None` if none did.
pub(super) fn matrix(run: &Run) -> Option<Element> {
    let mut by_scenario: BTreeMap<&str, Vec<&ScenarioResult>> = BTreeMap::new();
    for result in run.results.iter().filter(|result| !result.readings.is_empty()) {
        by_scenario.entry(&result.scenario).or_default().push(result);
    }
    let tables = by_scenario.into_iter().map(|(scenario, results)| table(scenario, &results));
    let tables: Vec<Element> = tables.collect();
    if tables.is_empty() {
        return None;
    }
    let words = Difference::ALL.iter().fold(Element::new("ul"), |list, difference| {
        let what = format!("{difference}: {}", difference.sentence());
        list.with(Element::new("li").text(&what))
    });
    let legend = Element::new("details")
        .with(Element::new("summary").text("The words in a cell; `=` is as RFC 6265 reads it"))
        .with(words);
    let section = section("readings", "Readings").with(legend);
    Some(tables.into_iter().fold(section, |section, table| section.with(table)))
}

fn table(scenario: &str, results: &[&ScenarioResult]) -> Element {
    let header = |text: &str, scope| Element::new("th").attribute("scope", scope).text(text);
    let mut head = Element::new("tr").with(header("input", "col"));
    // The vectors in the order in which they were read; every parser gets the same.
    let mut vectors: Vec<&Reading> = Vec::new();
    for result in results {
        head = head.with(header(&format!("{} / {}", result.store, result.setup), "col"));
        for reading in &result.readings {
            if vectors.iter().all(|known| known.vector != reading.vector) {
                vectors.push(reading);
            }
        }
    }
    let mut body = Element::new("tbody");
    for vector in vectors {
        let name = header("", "row")
            .attribute("title", &vector.vector)
            .with(Element::new("code").text(&vector.input));
        let row = Element::new("tr").with(name);
        body = body.with(results.iter().fold(row, |row, result| {
            let reading = result.readings.iter().find(|one| one.vector == vector.vector);
            row.with(cell(reading))
        }));
    }
    let caption = Element::new("caption").text(scenario);
    let head = Element::new("thead").with(head);
    let table = Element::new("table").with(caption).with(head).with(body);
    Element::new("div").class("scrolls").attribute("tabindex", "0").with(table)
}

fn cell(reading: Option<&Reading>) -> Element {
    let cell = Element::new("td");
    let Some(reading) = reading else { return cell.class("none").text("–") };
    match &reading.read {
        ReadAs::Reference => cell.class("pass").text("="),
        ReadAs::Refused => cell.text("refused"),
        ReadAs::Failed { how } => cell.class("medium").text(how),
        ReadAs::Person { who } => cell.text(who.as_deref().unwrap_or("nobody")),
        ReadAs::Other { pairs, differences } => {
            let words: Vec<&str> = differences.iter().map(|one| one.as_str()).collect();
            let pairs: Vec<String> =
                pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let read = if pairs.is_empty() { "no cookie".to_owned() } else { pairs.join(" | ") };
            let grave = differences.first().is_some_and(|one| *one <= Difference::Added);
            let cell = cell.class(if grave { "medium" } else { "info" });
            cell.attribute("title", &read).text(&words.join(", "))
        }
    }
}
