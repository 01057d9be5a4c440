//! The page is one file whose script is its own, whatever the record says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interloper_record::{
    Consequence, Exit, Family, LeftOut, LeftOutKind, Policy, Reach, Run, Scan, ScanCause,
    ScanCounts, ScanFile, ScanFinding, Severity, compare, root_causes,
};
use sha2::{Digest, Sha256};

use crate::fixture::rich;
use crate::render::render;
use crate::report::{Format, html_of_comparison, html_of_scan};

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

/// Returns a scan with everything in it, each text of it this one.
fn scanned(text: &str) -> Scan {
    let text = || text.to_owned();
    let file = |mode: Option<String>| ScanFile {
        path: text(),
        tool: Some(text()),
        mode,
        holds: Some(text()),
    };
    Scan {
        format: 1,
        interloper: text(),
        started: 1_776_160_800,
        millis: 3,
        uid: 0,
        paths: vec![text()],
        counts: ScanCounts { judged: 2, kept_by_directory: 1, ..ScanCounts::default() },
        findings: vec![ScanFinding {
            cause: ScanCause::Readable,
            severity: Severity::High,
            consequence: Consequence::TakesOver,
            reach: Reach::Anyone,
            sentence: text(),
            at: text(),
            who: vec![text()],
            condition: Some(text()),
            files: vec![file(Some(text())), file(None)],
            more: 4,
            fixes: vec![text(), text()],
            fingerprint: text(),
        }],
        left_out: vec![LeftOut { kind: LeftOutKind::Link, path: text(), count: 3, why: text() }],
        interrupted: None,
    }
}

#[test]
fn the_page_of_a_scan_is_its_own_whatever_the_names_of_files() {
    for text in
        ["/home/a", "</script><script>x()</script>", "\" onclick=\"x()", "\u{1b}[2J\u{202e}"]
    {
        let judged = (Exit::Findings, text.to_owned());
        let page = html_of_scan(&scanned(text), &judged);
        assert_eq!(faults(&page), [""; 0], "{text:?}");
        assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        assert_eq!(page.matches("class=\"finding\"").count(), 1, "{text:?}");
        assert!(page.contains("and 4 more") && page.contains("not there yet"), "{text:?}");
        assert!(page.contains(" and 2 more: "), "{text:?}");
    }
}

#[test]
fn the_page_of_two_runs_has_each_difference_once_below_what_became_of_it() {
    let mut earlier = rich();
    // The fixture's own are not all different.
    let all = earlier.results.iter_mut().flat_map(|result| &mut result.findings);
    for (n, finding) in all.enumerate() {
        finding.fingerprint = format!("{n:016x}");
    }
    let mut later = earlier.clone();
    let mut found = later.results.iter_mut().flat_map(|result| &mut result.findings);
    let renewed = found.next().expect("the record has findings");
    renewed.fingerprint = "feedfeedfeedfeed".into();
    let worsened = found.next().expect("the record has more findings");
    worsened.severity = match worsened.severity {
        Severity::Low => Severity::High,
        _ => Severity::Low,
    };
    let differences = compare(&earlier, &later);
    let page = html_of_comparison((&earlier, &later), &differences, "words", &Policy::default());
    assert_eq!(faults(&page), [""; 0]);
    for heading in ["New: 1 finding", "Of another severity: 1 finding", "Gone: 1 finding"] {
        assert!(page.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
    assert_eq!(page.matches("class=\"finding\"").count(), 3);
    let alike = compare(&earlier, &earlier);
    let page = html_of_comparison((&earlier, &earlier), &alike, "words", &Policy::default());
    assert!(page.contains("<p>None.</p>") && !page.contains("class=\"finding\""), "{page}");
}
