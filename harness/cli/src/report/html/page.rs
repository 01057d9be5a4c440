//! Parts of every page: its head with a policy that lets nothing else run, the style, the filter and the script.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::markup::Element;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Returns a whole page as text.
pub(super) fn page(title: &str, header: Element, main: Element) -> String {
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
        .with(Element::new("title").text(title))
        .with(Element::new("style").verbatim(STYLE));
    let body =
        Element::new("body").with(header).with(main).with(Element::new("script").verbatim(SCRIPT));
    let html = Element::new("html").attribute("lang", "en").with(head).with(body);
    format!("<!doctype html>\n{html}\n")
}

/// Returns a section with its heading.
pub(super) fn section(id: &str, heading: &str) -> Element {
    Element::new("section").attribute("id", id).with(Element::new("h2").text(heading))
}

/// Returns the facts that stand below a title.
pub(super) fn facts(facts: &[String]) -> Element {
    facts.iter().fold(Element::new("ul").class("facts"), |list, fact| {
        list.with(Element::new("li").text(fact))
    })
}

/// Adds the filter of the findings that follow: words to search for, severities, and how many are shown.
pub(super) fn filter(section: Element) -> Element {
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
    section.with(form).with(count)
}
