//! The catalogue's page of the book is what the code says.

use interloper::CATALOGUE;
use interloper_flawed::{app_flaws, client_flaws, flaws, parser_flaws};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/catalogue.md");

#[test]
fn the_committed_page_is_the_generated_one() {
    let page = page();
    if std::env::var_os("INTERLOPER_UPDATE").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let committed = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        committed == page,
        "docs/src/catalogue.md is old: run the test again with INTERLOPER_UPDATE=1"
    );
}

fn page() -> String {
    let mut page = String::from(
        "# The catalogue\n\nGenerated from the code (`INTERLOPER_UPDATE=1 cargo test -p interloper-cli --test catalogue`). \
         A scenario's name never changes. The flaws are small changes to the hardened store; each scenario is proven by those named with it.\n\n\
         The severity is that of a finding about which nothing else is known. A finding has another one if the scenario saw who can do it, or if it \
         needs a condition: [Severity](reading-a-finding.md#severity) has the rule.\n",
    );
    let mut area = "";
    for scenario in CATALOGUE {
        if scenario.area() != area {
            area = scenario.area();
            page += &format!("\n## {area}\n");
        }
        page += &format!("\n### `{}`\n\n{}\n\n", scenario.id, scenario.sentence);
        page += &format!("- **Fix**: {}\n", scenario.fix);
        page += &format!("- **Severity**: {}\n", scenario.severity);
        let mut references: Vec<String> = scenario.cwe.iter().map(|cwe| link(cwe)).collect();
        references.extend(scenario.owasp.iter().map(ToString::to_string));
        page += &format!("- **References**: {}\n", references.join(", "));
        let needs: Vec<String> = scenario.needs.iter().map(|need| need.words()).collect();
        page += &format!("- **Needs**: {}\n", needs.join(", "));
        for flaw in flaws().filter(|flaw| flaw.caught_by.contains(&scenario.id)) {
            let like = match flaw.cves {
                [] => String::new(),
                cves => format!(" (as {})", cves.join(", ")),
            };
            page += &format!("- **Caught**: `{}`: {}{like}\n", flaw.name, flaw.sentence);
        }
        let planted = app_flaws().chain(client_flaws()).chain(parser_flaws());
        for flaw in planted.filter(|flaw| flaw.caught_by.contains(&scenario.id)) {
            page += &format!("- **Caught**: `{}`: {}\n", flaw.name, flaw.sentence);
        }
    }
    page
}

fn link(cwe: &str) -> String {
    let number = cwe.trim_start_matches("CWE-");
    format!("[{cwe}](https://cwe.mitre.org/data/definitions/{number}.html)")
}
