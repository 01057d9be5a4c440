//! One finding, folded: its story, its evidence, its fix, and the command that shows it again.

use interloper_record::lookup::{FindingRef, label, scenario};
use interloper_record::{Policy, Run, describe};

use super::markup::Element;
use super::overview::badge;
use super::timeline::timeline;
use crate::report::umask;

/// As many events and facts as are shown; the record has them all.
const MOST: usize = 60;

/// Returns the place of a finding in the page.
pub(super) fn anchor(found: &FindingRef<'_>) -> String {
    // A fingerprint is hexadecimal, in a record that nobody changed.
    let plain = found.finding.fingerprint.chars().filter(char::is_ascii_alphanumeric);
    format!("f-{}", plain.collect::<String>())
}

/// Returns a finding.
pub(super) fn finding(run: &Run, found: FindingRef<'_>, policy: &Policy) -> Element {
    let FindingRef { result, finding } = found;
    let target = format!("{}/{}", result.store, result.setup);
    let mut headline = vec![label(run, &result.store), result.setup.clone()];
    headline.extend(umask::headline(&finding.matrix));
    let word = match () {
        () if finding.documented.is_some() => "documented",
        () if finding.known.is_some() => "known",
        () if policy.fails(finding) => "fails",
        () => "",
    };
    let summary = Element::new("summary")
        .with(badge(finding.severity))
        .text(" ")
        .with(Element::new("code").text(&result.scenario))
        .text(&format!(" {} ", headline.join(" · ")))
        .with((!word.is_empty()).then(|| Element::new("span").class("word").text(word)))
        .with(Element::new("span").class("sentence").text(&finding.told()));
    let search = format!("{} {target} {} {}", result.scenario, finding.cause, finding.told());
    let info = scenario(run, &result.scenario);
    let references = info.map(|info| [&info.cwe[..], &info.owasp[..]].concat().join(" · "));
    let mut facts = Element::new("dl");
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            let list = std::mem::replace(&mut facts, Element::new("dl"));
            facts = list.with(Element::new("dt").text(name)).with(Element::new("dd").text(text));
        }
    };
    say("known", finding.known.as_deref().unwrap_or_default());
    if let Some(documented) = &finding.documented {
        say("documented", &documented.says);
        say("page", &documented.page);
    }
    say("smallest case", &finding.smallest);
    for fact in finding.evidence.iter().take(MOST) {
        say("evidence", &describe::evidence(fact));
    }
    say("fix", &finding.fix);
    say("see", &references.unwrap_or_default());
    say("cause", &finding.cause);
    let replay = Element::new("pre").text(&format!("interloper replay {}", finding.replay));
    Element::new("details")
        .class("finding")
        .attribute("id", &anchor(&found))
        .attribute("data-severity", finding.severity.as_str())
        .attribute("data-search", &search.to_lowercase())
        .with(summary)
        .with(timeline(&finding.story))
        .with(story(found))
        .with(facts)
        .with(replay)
}

fn story(found: FindingRef<'_>) -> Element {
    let events = &found.finding.story;
    let mut list = Element::new("ol").class("story");
    for event in events.iter().take(MOST) {
        let line = describe::line(event);
        let mut item = Element::new("li").with(Element::new("code").text(&line.did));
        if !line.result.is_empty() {
            item = item.text(&format!(" → {}", line.result));
        }
        for (who, could) in &line.others {
            item = item.text(&format!("   {who} {could}"));
        }
        let mark = line.mark.map(|mark| Element::new("strong").text(&format!("  ◀ {mark}")));
        list = list.with(item.with(mark));
    }
    if events.len() > MOST {
        let more = format!("… and {} more in the JSON record", events.len() - MOST);
        list = list.with(Element::new("li").text(&more));
    }
    list
}
