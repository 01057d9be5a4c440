//! The page of a scan: what others can do on this host, each with the commands that end it.

use interloper_record::lookup::plural;
use interloper_record::{Exit, Scan, ScanFile, ScanFinding};

use super::markup::Element;
use super::overview::badge;
use super::page::{facts, filter, page, section};
use crate::report::time::utc;

/// Returns the page of a scan with its exit code and the reason of that.
pub(crate) fn scan(scan: &Scan, (exit, why): &(Exit, String)) -> String {
    let title = match &scan.paths[..] {
        [] => "Interloper: scan of the known places".to_owned(),
        paths => format!("Interloper: scan of {}", paths.join(", ")),
    };
    let counts = &scan.counts;
    let mut told = vec![
        format!("{} · Interloper {} · uid {}", utc(scan.started), scan.interloper, scan.uid),
        plural(counts.judged as usize, "file judged", "files judged"),
        format!("{} read", counts.read),
        format!("{} with live credentials", counts.live),
        format!("{} names in {} ms", counts.entries, scan.millis),
    ];
    if counts.kept_by_directory > 0 {
        told.push(format!("{} kept from others by a directory alone", counts.kept_by_directory));
    }
    told.extend(scan.interrupted.iter().map(|early| format!("ended early by {}", early.by)));
    let header = Element::new("header")
        .with(Element::new("h1").text(&title))
        .with(Element::new("p").class("exit").text(&format!("exit {}: {why}", exit.code())))
        .with(facts(&told));
    let main = Element::new("main").with(list(scan)).with(left_out(scan));
    page(&title, header, main)
}

fn list(scan: &Scan) -> Element {
    let list = section("findings", "Findings");
    if scan.findings.is_empty() {
        return list.with(Element::new("p").text("None."));
    }
    scan.findings.iter().fold(filter(list), |list, found| list.with(finding(found)))
}

fn finding(found: &ScanFinding) -> Element {
    let summary = Element::new("summary")
        .with(badge(found.severity))
        .text(" ")
        .with(Element::new("code").text(&found.at))
        .text(" ")
        .with(Element::new("span").class("word").text(found.cause.as_str()))
        .with(Element::new("span").class("sentence").text(&found.sentence));
    let paths = found.files.iter().map(|file| file.path.as_str());
    let tools = found.files.iter().filter_map(|file| file.tool.as_deref());
    let words: Vec<&str> = paths.chain(tools).collect();
    let search =
        format!("{} {} {} {}", found.cause.as_str(), found.at, found.sentence, words.join(" "));
    let scrolls = Element::new("div").class("scrolls").attribute("tabindex", "0");
    let more = (found.more > 0)
        .then(|| Element::new("p").class("count").text(&format!("and {} more", found.more)));
    let details = Element::new("details")
        .class("finding")
        .attribute("data-severity", found.severity.as_str())
        .attribute("data-search", &search.to_lowercase())
        .with(summary)
        .with(scrolls.with(files(&found.files)))
        .with(more);
    // Each is one line, however long it is: it is to be copied.
    found.fixes.iter().fold(details, |details, fix| details.with(Element::new("pre").text(fix)))
}

fn files(files: &[ScanFile]) -> Element {
    let header = |text| Element::new("th").attribute("scope", "col").text(text);
    let columns = ["path", "mode", "tool", "holds"];
    let head = columns.iter().fold(Element::new("tr"), |row, column| row.with(header(column)));
    let rows = files.iter().map(|file| {
        let mode = file.mode.as_deref().unwrap_or("not there yet");
        let cells = [
            file.path.as_str(),
            mode,
            file.tool.as_deref().unwrap_or_default(),
            file.holds.as_deref().unwrap_or_default(),
        ];
        cells.iter().fold(Element::new("tr"), |row, cell| row.with(Element::new("td").text(cell)))
    });
    Element::new("table")
        .with(Element::new("caption").text("Files that are reached"))
        .with(Element::new("thead").with(head))
        .with(rows.fold(Element::new("tbody"), |body, row| body.with(row)))
}

fn left_out(scan: &Scan) -> Option<Element> {
    let list = scan.left_out.iter().fold(Element::new("ul"), |list, left| {
        let more = match left.count {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        let path = Element::new("code").text(&left.path);
        list.with(Element::new("li").with(path).text(&format!("{more}: {}", left.why)))
    });
    (!scan.left_out.is_empty()).then(|| section("uncovered", "Not looked at").with(list))
}
