//! The page of one run, or of several that were merged.

use std::io::{self, Write};

use interloper_record::lookup::{findings, trouble_sentence};
use interloper_record::{Policy, Run, Verdict};

use super::markup::Element;
use super::page::{facts, filter, page, section};
use super::{finding, matrix, mends, overview};
use crate::report::Report;
use crate::report::time::utc;

/// Writes a page for a browser.
pub(crate) struct Html {
    policy: Policy,
}

impl Html {
    /// Creates a writer.
    pub(crate) fn new(policy: Policy) -> Html {
        Html { policy }
    }
}

impl Report for Html {
    fn write(&self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let main = Element::new("main")
            .with(troubles(run))
            .with(overview::grid(run))
            .with(overview::causes(run))
            .with(mends::mends(run))
            .with(list(run, &self.policy))
            .with(matrix::matrix(run))
            .with(untested(run));
        out.write_all(page(&title(run), header(run, &self.policy), main).as_bytes())
    }
}

fn title(run: &Run) -> String {
    let stores: Vec<&str> = run.stores.iter().map(|store| store.name.as_str()).collect();
    format!("Interloper: {}", stores.join(", "))
}

fn header(run: &Run, policy: &Policy) -> Element {
    let outcome = policy.judge(run);
    let cases: u64 = run.results.iter().map(|result| result.tested).sum();
    let told = [
        format!("{} · Interloper {}", utc(run.started), run.interloper),
        format!("{} results · {cases} cases", run.results.len()),
        format!("tier {} · kernel {}", run.host.tier, run.host.kernel),
        format!("profile {} · seed {}", run.asked.profile, run.asked.seed),
    ];
    let exit = format!("exit {}: {}", outcome.exit.code(), outcome.words());
    Element::new("header")
        .with(Element::new("h1").text(&title(run)))
        .with(Element::new("p").class("exit").text(&exit))
        .with(facts(&told))
}

fn troubles(run: &Run) -> Option<Element> {
    let list = run.troubles.iter().fold(Element::new("ul"), |list, trouble| {
        list.with(Element::new("li").text(&trouble_sentence(trouble)))
    });
    (!run.troubles.is_empty()).then(|| section("troubles", "Not tested").with(list))
}

/// Returns every finding, below the filter.
fn list(run: &Run, policy: &Policy) -> Element {
    let found = findings(run);
    if found.is_empty() {
        return section("findings", "Findings").with(Element::new("p").text("None."));
    }
    found.into_iter().fold(filter(section("findings", "Findings")), |section, found| {
        section.with(finding::finding(run, found, policy))
    })
}

/// Returns what was not tested, and why.
fn untested(run: &Run) -> Element {
    let mut list = Element::new("ul");
    for sentence in &run.asked.left_out {
        list = list.with(Element::new("li").text(&format!("left out: {sentence}")));
    }
    for result in &run.results {
        if matches!(result.verdict, Verdict::Skip | Verdict::Error) {
            let reason = result.reason.as_deref().unwrap_or("no reason was recorded");
            let target = format!("{}/{}", result.store, result.setup);
            let what = format!("{}: {} {target}: {reason}", result.verdict, result.scenario);
            list = list.with(Element::new("li").text(&what));
        }
    }
    let unsupported =
        run.results.iter().filter(|result| result.verdict == Verdict::Unsupported).count();
    if unsupported > 0 {
        let what =
            format!("unsupported: {unsupported} results, because the store has no such thing");
        list = list.with(Element::new("li").text(&what));
    }
    section("uncovered", "Not covered").with(list)
}
