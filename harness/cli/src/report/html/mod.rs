//! One page that a browser shows, without a server or a network: what was found, by target and area, by root cause, one by one.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the page, from its policy to its parts |
//! | [`markup`] | elements with escaped text: nothing of the record is markup |
//! | [`overview`] | targets by areas, root causes |
//! | [`finding`] | one finding with its story |
//! | [`timeline`] | the steps of a story as a picture |
//! | `page.css`, `page.js` | how it looks, and the filter |

mod finding;
mod markup;
mod mends;
mod overview;
mod timeline;

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interloper_record::lookup::{findings, trouble_sentence};
use interloper_record::{Policy, Run, Verdict};
use sha2::{Digest, Sha256};

use super::Report;
use super::time::utc;
use markup::Element;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

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
        let body = Element::new("body")
            .with(header(run, &self.policy))
            .with(
                Element::new("main")
                    .with(troubles(run))
                    .with(overview::grid(run))
                    .with(overview::causes(run))
                    .with(mends::mends(run))
                    .with(list(run, &self.policy))
                    .with(untested(run)),
            )
            .with(Element::new("script").verbatim(SCRIPT));
        // What the page's own script and style are is said by their hashes: nothing else runs, and nothing is loaded.
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'",
            hash(STYLE),
            hash(SCRIPT)
        );
        let meta = |name: &str, value: &str, content: &str| {
            Element::new("meta").attribute(name, value).attribute("content", content).void()
        };
        let head = Element::new("head")
            .with(Element::new("meta").attribute("charset", "utf-8").void())
            .with(meta("http-equiv", "Content-Security-Policy", &policy))
            .with(meta("name", "viewport", "width=device-width, initial-scale=1"))
            .with(meta("name", "color-scheme", "light dark"))
            .with(Element::new("title").text(&title(run)))
            .with(Element::new("style").verbatim(STYLE));
        let page = Element::new("html").attribute("lang", "en").with(head).with(body);
        writeln!(out, "<!doctype html>\n{page}")
    }
}

fn title(run: &Run) -> String {
    let stores: Vec<&str> = run.stores.iter().map(|store| store.name.as_str()).collect();
    format!("Interloper: {}", stores.join(", "))
}

fn header(run: &Run, policy: &Policy) -> Element {
    let outcome = policy.judge(run);
    let cases: u64 = run.results.iter().map(|result| result.tested).sum();
    let facts = [
        format!("{} · Interloper {}", utc(run.started), run.interloper),
        format!("{} results · {cases} cases", run.results.len()),
        format!("tier {} · kernel {}", run.host.tier, run.host.kernel),
        format!("profile {} · seed {}", run.asked.profile, run.asked.seed),
    ];
    let list = facts.iter().fold(Element::new("ul").class("facts"), |list, fact| {
        list.with(Element::new("li").text(fact))
    });
    let exit = format!("exit {}: {}", outcome.exit.code(), outcome.words());
    Element::new("header")
        .with(Element::new("h1").text(&title(run)))
        .with(Element::new("p").class("exit").text(&exit))
        .with(list)
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
    let search = Element::new("input")
        .attribute("type", "search")
        .attribute("id", "search")
        .attribute("placeholder", "Search findings")
        .attribute("aria-label", "Search findings")
        .void();
    let levels = ["high", "medium", "low", "info"].into_iter().fold(
        Element::new("fieldset").with(Element::new("legend").text("Severity")),
        |set, level| {
            let input = Element::new("input")
                .attribute("type", "checkbox")
                .attribute("name", "severity")
                .attribute("value", level)
                .attribute("checked", "")
                .void();
            set.with(Element::new("label").with(input).text(&format!(" {level}")))
        },
    );
    let count = Element::new("p").attribute("id", "count").attribute("role", "status");
    let form = Element::new("form").attribute("role", "search").with(search).with(levels);
    found
        .into_iter()
        .fold(section("findings", "Findings").with(form).with(count), |section, found| {
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

fn section(id: &str, heading: &str) -> Element {
    Element::new("section").attribute("id", id).with(Element::new("h2").text(heading))
}
