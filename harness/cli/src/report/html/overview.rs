//! The first screen: targets by areas, and root causes.

use std::collections::{BTreeMap, BTreeSet};

use interloper_record::lookup::{label, parts, plural};
use interloper_record::{RootCause, Run, ScenarioResult, Severity, Verdict, findings_of};

use super::finding::anchor;
use super::markup::Element;
use super::page::section;

/// Returns the table of targets by areas. A cell has the worst severity of what is new, and how many scenarios passed of those that were tested.
pub(super) fn grid(run: &Run) -> Element {
    let areas: BTreeSet<&str> =
        run.results.iter().map(|result| parts(&result.scenario).0).collect();
    let mut targets: BTreeMap<(&str, &str), Vec<&ScenarioResult>> = BTreeMap::new();
    for result in &run.results {
        targets.entry((&result.store, &result.setup)).or_default().push(result);
    }
    let header = |text: &str, scope| Element::new("th").attribute("scope", scope).text(text);
    let head = areas.iter().fold(Element::new("tr").with(header("target", "col")), |row, area| {
        row.with(header(area, "col"))
    });
    let mut body = Element::new("tbody");
    for ((store, setup), results) in targets {
        let name = format!("{} / {setup}", label(run, store));
        let row = Element::new("tr").with(header(&name, "row"));
        body = body.with(areas.iter().fold(row, |row, area| {
            let of_it: Vec<_> =
                results.iter().filter(|result| parts(&result.scenario).0 == *area).collect();
            row.with(cell(&of_it, area, store, setup))
        }));
    }
    let table = Element::new("table")
        .with(Element::new("caption").text("Scenarios that passed, of those tested, by area"))
        .with(Element::new("thead").with(head))
        .with(body);
    let scrolls = Element::new("div").class("scrolls").attribute("tabindex", "0").with(table);
    section("targets", "Targets").with(scrolls)
}

fn cell(results: &[&&ScenarioResult], area: &str, store: &str, setup: &str) -> Element {
    let count = |verdict| results.iter().filter(|result| result.verdict == verdict).count();
    let (pass, fail) = (count(Verdict::Pass), count(Verdict::Fail));
    let findings = results.iter().flat_map(|result| &result.findings);
    let worst = findings.filter(|one| one.is_new()).map(|one| one.severity).max();
    let tested = pass + fail;
    let (class, words) = match (tested, worst) {
        (0, _) => ("none", "not tested".to_owned()),
        (_, None) => ("pass", format!("{pass}/{tested}")),
        (_, Some(severity)) => (severity.as_str(), format!("{pass}/{tested} {severity}")),
    };
    let cell = Element::new("td").class(class);
    match worst {
        // The filter reads the link's fragment: words that all have to be in a finding.
        Some(_) => {
            let to = format!("#?{area}:: {store}/{setup}");
            cell.with(Element::new("a").attribute("href", &to).text(&words))
        }
        None => cell.text(&words),
    }
}

/// Returns the root causes of what is new, each with its findings.
pub(super) fn causes(run: &Run) -> Option<Element> {
    let causes: Vec<Element> = run.root_causes.iter().filter_map(|cause| one(run, cause)).collect();
    if causes.is_empty() {
        return None;
    }
    let list = causes.into_iter().fold(Element::new("ol"), |list, cause| list.with(cause));
    Some(section("causes", "Root causes").with(list))
}

fn one(run: &Run, cause: &RootCause) -> Option<Element> {
    let found: Vec<_> =
        findings_of(run, cause).into_iter().filter(|found| found.finding.is_new()).collect();
    let worst = found.iter().map(|found| found.finding.severity).max()?;
    let summary = Element::new("summary")
        .with(badge(worst))
        .with(Element::new("strong").text(&format!(" {}: {} ", cause.store, cause.sentence)))
        .with(Element::new("span").class("count").text(&plural(
            found.len(),
            "finding",
            "findings",
        )));
    let links = found.iter().fold(Element::new("ul"), |list, found| {
        let finding = found.finding;
        let target = format!("{}/{}", found.result.store, found.result.setup);
        let text = format!("{} {target}: {}", found.result.scenario, finding.told());
        let link = Element::new("a").attribute("href", &format!("#{}", anchor(found)));
        list.with(Element::new("li").with(badge(finding.severity)).text(" ").with(link.text(&text)))
    });
    let step = cause.step.as_ref().map(|step| {
        let code = Element::new("code").text(step);
        Element::new("p").text("First call that lets others in: ").with(code)
    });
    let fix = Element::new("p").class("fix").text(&format!("Fix: {}", cause.fix));
    let details = Element::new("details").with(summary).with(step).with(fix).with(links);
    Some(Element::new("li").with(details))
}

/// Returns a severity as a coloured word.
pub(super) fn badge(severity: Severity) -> Element {
    Element::new("span").class(&format!("badge {severity}")).text(severity.as_str())
}
