//! The page is one file whose script is its own, whatever the record says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interloper_record::{Family, Policy, Run, root_causes};
use sha2::{Digest, Sha256};

use crate::fixture::rich;
use crate::render::render;
use crate::report::Format;

const FAMILY: Family = Family { id: "one", sentence: "one thing", fix: "another" };

fn page() -> (Run, String) {
    let mut run = rich();
    run.root_causes = root_causes(&run, |_, _| FAMILY);
    let page = render(&run, Format::Html, &Policy::default());
    (run, page)
}

/// Returns the texts between a start and an end.
fn between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    page.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// Checks that the page has no element but its own: one script, one style, each with the hash that the policy names, and no handler.
pub(crate) fn faults(page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for element in ["script", "style"] {
        let (start, end) = (format!("<{element}>"), format!("</{element}>"));
        let found = between(page, &start, &end);
        if found.len() != 1 || page.matches(&format!("<{element}")).count() != 1 {
            faults.push(format!("{} {element}s", found.len()));
        }
        let hash = found.first().map(|text| STANDARD.encode(Sha256::digest(text.as_bytes())));
        if !hash
            .is_some_and(|hash| page.contains(&format!("{element}-src &#39;sha256-{hash}&#39;")))
        {
            faults.push(format!("the policy does not name the {element}"));
        }
    }
    for tag in between(page, "<", ">") {
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap_or_default();
        if !ELEMENTS.contains(&name) && tag != "!doctype html" {
            faults.push(format!("an element {name:?}"));
        }
        // Every second part is a value in quotes.
        let names: String = tag.split('"').step_by(2).collect();
        if names.split_whitespace().any(|name| name.starts_with("on")) {
            faults.push(format!("a handler in {tag:?}"));
        }
    }
    faults
}

const ELEMENTS: [&str; 45] = [
    "a", "body", "caption", "code", "dd", "details", "div", "dl", "dt", "fieldset", "form", "h1",
    "h2", "head", "header", "html", "input", "label", "legend", "li", "main", "meta", "ol", "p",
    "pre", "rect", "script", "section", "span", "strong", "style", "summary", "svg", "table",
    "tbody", "td", "text", "th", "thead", "title", "tr", "ul", "", "!doctype", "html",
];

#[test]
fn the_page_is_its_own_and_every_link_leads_somewhere() {
    let (run, page) = page();
    assert_eq!(faults(&page), [""; 0]);
    let links = between(&page, "href=\"#f-", "\"");
    assert!(!links.is_empty());
    for link in links {
        assert!(page.contains(&format!("id=\"f-{link}\"")), "{link}");
    }
    let findings: usize = run.results.iter().map(|result| result.findings.len()).sum();
    assert_eq!(page.matches("class=\"finding\"").count(), findings);
    // Nothing is loaded from anywhere.
    assert!(!page.contains("src=\"") && !page.contains("href=\"http"), "it loads something");
}

#[test]
fn a_page_that_a_text_breaks_out_of_is_noticed() {
    let (_, page) = page();
    for broken in ["<img onerror=\"x()\">", "<script>x()</script>", "<b>"] {
        assert_ne!(faults(&page.replace("</h1>", &format!("{broken}</h1>"))), [""; 0], "{broken}");
    }
}

#[test]
fn the_windows_of_a_story_are_a_picture_with_words() {
    let (_, page) = page();
    let pictures = between(&page, "<svg ", ">");
    for picture in &pictures {
        assert!(picture.contains("aria-label=") && picture.contains("role=\"img\""), "{picture}");
    }
    assert!(!pictures.is_empty(), "the record has a stepped story");
}
