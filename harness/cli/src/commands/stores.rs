//! `interloper stores`: which there are, and what is installed for them.

use interloper_record::Exit;
use serde::Serialize;

use super::text::{DIM, GREEN, YELLOW, clean, hanging, heading, pad, paint};
use crate::args::{ListFormat, StoreNames, StoresAction, StoresArgs};
use crate::failure::Failure;
use crate::output::{self, note};
use crate::subjects::{self, Cache, Entry, SubjectError};

/// Lists stores, or does to them what is asked.
pub(crate) fn stores(args: &StoresArgs) -> Result<Exit, Failure> {
    match &args.action {
        None => list(args.format)?,
        Some(StoresAction::Install(names)) => {
            each(names, |entry| match entry.interpreter() {
                Some(_) => {
                    let spec = entry.prepare()?;
                    Ok(match spec.interpreter {
                        Some(at) => {
                            format!("{} is installed, and runs on {}", entry.name, at.display())
                        }
                        None => format!("{} is installed", entry.name),
                    })
                }
                None => Ok(format!("{} is part of this program", entry.name)),
            })?;
        }
        Some(StoresAction::Update(names)) => {
            each(names, |entry| match entry.update()? {
                Some(place) => {
                    Ok(format!("{} is installed anew in {}", entry.name, place.display()))
                }
                None => Ok(format!("{} has nothing to update", entry.name)),
            })?;
        }
        Some(StoresAction::Remove(names)) => each(names, remove)?,
    }
    Ok(Exit::Clean)
}

fn each(
    names: &StoreNames,
    mut act: impl FnMut(&Entry) -> Result<String, Failure>,
) -> Result<(), Failure> {
    for entry in subjects::select(&names.names)? {
        let said = act(&entry)?;
        note(&said);
    }
    Ok(())
}

fn remove(entry: &Entry) -> Result<String, Failure> {
    // Without a cache there is nothing to remove, and none is made for that.
    if !Cache::path()?.is_dir() {
        return Ok(format!("nothing is installed for {}", entry.name));
    }
    let cache = Cache::open()?;
    let _lock = cache.lock()?;
    let installed = cache.installed(&entry.name)?;
    for place in &installed {
        cache.remove(place)?;
    }
    entry.remove_shared(&cache)?;
    Ok(match installed.len() {
        0 => format!("nothing is installed for {}", entry.name),
        _ => format!("{} is removed", entry.name),
    })
}

/// A store as the list has it.
#[derive(Serialize)]
struct Listed {
    name: String,
    version: Option<String>,
    description: String,
    homepage: Option<String>,
    /// `bundled`, `runtime` (part of a runtime that the host has or lacks), `installed`, `available` or `flawed`.
    state: &'static str,
    /// Where it is installed, or the runtime that it is part of.
    paths: Vec<String>,
    /// What this host lacks for it.
    needs: Option<String>,
}

fn listed(entry: &Entry) -> Listed {
    let found = entry.interpreter();
    let installed = entry.installed();
    let state = match &found {
        None if entry.is_flawed() => "flawed",
        None => "bundled",
        Some(_) if !entry.needs_install() => "runtime",
        Some(_) if installed.is_empty() => "available",
        Some(_) => "installed",
    };
    let (program, needs) = match found {
        Some(Ok(found)) => (Some(found.program), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, None),
    };
    let paths = if state == "runtime" { program.into_iter().collect() } else { installed };
    Listed {
        name: entry.name.clone(),
        version: entry.version(),
        description: entry.sentence.clone(),
        homepage: entry.homepage().map(ToOwned::to_owned),
        state,
        paths: paths.iter().map(|path| path.display().to_string()).collect(),
        needs,
    }
}

fn list(format: ListFormat) -> Result<(), Failure> {
    let all = subjects::all().map_err(SubjectError::from)?;
    let all: Vec<Listed> = all.iter().map(listed).collect();
    let text = match format {
        ListFormat::Json => {
            let text = serde_json::to_string_pretty(&all)
                .map_err(|error| output::OutputError::Stdout(error.into()))?;
            text + "\n"
        }
        ListFormat::Human => table(&all),
    };
    output::print(&text)?;
    Ok(())
}

fn table(all: &[Listed]) -> String {
    let width = output::width();
    let (flawed, stores): (Vec<&Listed>, Vec<&Listed>) =
        all.iter().partition(|store| store.state == "flawed");
    let names = stores.iter().map(|store| store.name.len()).max().unwrap_or(0);
    let mut text = heading("stores");
    for store in stores {
        let state = match store.state {
            "bundled" => paint(GREEN, "here"),
            "installed" => paint(GREEN, "installed"),
            _ if store.needs.is_some() => paint(YELLOW, "its runtime is missing"),
            "runtime" => paint(GREEN, "here"),
            _ => paint(DIM, "installed on first use"),
        };
        let head = format!("  {}  ", pad(&store.name, names));
        let version = store.version.as_deref().map_or_else(String::new, |v| format!(" ({v})"));
        let what = format!("{}{version}", clean(&store.description));
        text += &hanging(&head, head.len(), names + 4, &what, width);
        let at: Vec<&str> = store.paths.iter().chain(&store.needs).map(String::as_str).collect();
        let paths = clean(&at.join(", "));
        let place =
            if paths.is_empty() { String::new() } else { paint(DIM, &format!("  {paths}")) };
        text += &format!("{}{state}{place}\n", " ".repeat(names + 4));
    }
    text.push('\n');
    text += &heading(
        "flawed stores, each the reference store with one step done wrong: what proves the catalogue",
    );
    let names = flawed.iter().map(|store| store.name.len()).max().unwrap_or(0);
    for store in flawed {
        let head = format!("  {}  ", pad(&store.name, names));
        text += &hanging(&head, head.len(), names + 4, &clean(&store.description), width);
    }
    text +=
        "\n`interloper check NAME` checks one; `interloper check --driver CMD` checks your own.\n";
    text
}
