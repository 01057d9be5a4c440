//! The `[[documented]]` entries of a manifest, checked when it is read: one of no scenario would be noticed only after the run.

use interloper::CATALOGUE;
use interloper_engine::About;
use interloper_record::documented::Announcement;
use interloper_record::known::Glob;
use toml::Spanned;

use super::manifest::Fault;
use super::registry::{nearest, suggestion};

/// Checks the entries of a manifest about a subject of this kind.
///
/// # Errors
/// The fault of the first that is wrong, and its line.
pub(super) fn check(
    entries: &[Spanned<Announcement>],
    about: About,
    text: &str,
) -> Result<(), Fault> {
    for entry in entries {
        if let Some(why) = wrong(entry.get_ref(), about) {
            let line = text[..entry.span().start].matches('\n').count() + 1;
            return Err((Some(line), format!("documented: {why}")));
        }
    }
    Ok(())
}

fn wrong(entry: &Announcement, about: About) -> Option<String> {
    let scenarios = CATALOGUE.iter().filter(|scenario| scenario.about() == about);
    let ids: Vec<&str> = scenarios.map(|scenario| scenario.id).collect();
    let glob = Glob::new(&entry.scenario);
    if ids.iter().any(|id| glob.matches(id)) {
        return entry.wrong();
    }
    let nearest = suggestion(&nearest(&entry.scenario, ids.iter().copied()));
    Some(format!(
        "no scenario about {} has a name like {:?}{nearest}; `interloper scenarios` lists the names",
        plural(about),
        entry.scenario
    ))
}

fn plural(about: About) -> &'static str {
    match about {
        About::Store => "stores",
        About::Client => "clients",
        About::Application => "applications",
        About::Parser => "parsers",
    }
}
