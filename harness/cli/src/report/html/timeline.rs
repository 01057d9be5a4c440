//! The steps of a story as a picture: steps across, principals down, dark where somebody had a secret.

use interloper_record::{Event, StepEvent, Window};

use super::markup::Element;

/// The size of a cell, in CSS pixels.
const CELL: usize = 14;

/// The width of the column with the names, in CSS pixels.
const NAMES: usize = 90;

/// As many steps as a picture shows.
const MOST: usize = 120;

/// Returns the picture of a story that has steps with other principals in them; `None` if there is nothing to see.
pub(super) fn timeline(story: &[Event]) -> Option<Element> {
    let steps: Vec<&StepEvent> = story
        .iter()
        .filter_map(|event| match event {
            Event::Step(step) => Some(step),
            _ => None,
        })
        .take(MOST)
        .collect();
    let mut principals: Vec<&str> =
        steps.iter().flat_map(|step| &step.others).map(|one| one.principal.as_str()).collect();
    principals.sort_unstable();
    principals.dedup();
    if principals.is_empty() || steps.len() < 2 {
        return None;
    }
    let (width, height) = (NAMES + steps.len() * CELL + 2, (principals.len() + 1) * CELL + 4);
    let mut picture = Element::new("svg")
        .class("timeline")
        .attribute("role", "img")
        .attribute("aria-label", &spoken(&steps))
        .attribute("viewBox", &format!("0 0 {width} {height}"))
        .attribute("width", &width.to_string());
    for (row, principal) in principals.iter().enumerate() {
        let name = Element::new("text")
            .attribute("x", "0")
            .attribute("y", &((row + 1) * CELL - 3).to_string())
            .text(principal);
        picture = picture.with(name);
        for (column, step) in steps.iter().enumerate() {
            let access = step.others.iter().find(|one| one.principal == *principal);
            let class = match access {
                Some(one) if one.secret => "secret",
                Some(one) if one.access.contains(['r', 'w', 'x', 'c']) => "open",
                Some(_) => "shut",
                None => "unknown",
            };
            let words = format!(
                "{}. {}: {principal} {}",
                step.number,
                step.call,
                access.map_or("was not tried", |one| one.access.as_str())
            );
            let cell = rectangle(column, row, class).with(Element::new("title").text(&words));
            picture = picture.with(cell);
        }
    }
    for (column, step) in steps.iter().enumerate() {
        let class = match step.window {
            Some(Window::Opened) => "opened",
            Some(Window::Closed) => "closed",
            None => continue,
        };
        picture = picture.with(rectangle(column, principals.len(), class));
    }
    Some(picture)
}

fn rectangle(column: usize, row: usize, class: &str) -> Element {
    let number = |n: usize| n.to_string();
    Element::new("rect")
        .class(class)
        .attribute("x", &number(NAMES + column * CELL))
        .attribute("y", &number(row * CELL + 1))
        .attribute("width", &number(CELL - 2))
        .attribute("height", &number(CELL - 2))
}

/// Returns what the picture shows, for whoever does not see it.
fn spoken(steps: &[&StepEvent]) -> String {
    let at = |window| steps.iter().find(|step| step.window == Some(window));
    let steps_in_all = format!("{} steps", steps.len());
    match (at(Window::Opened), at(Window::Closed)) {
        (Some(opened), Some(closed)) => format!(
            "{steps_in_all}: somebody else has a secret from step {} to step {}",
            opened.number, closed.number
        ),
        (Some(opened), None) => {
            format!("{steps_in_all}: somebody else has a secret from step {}", opened.number)
        }
        _ => steps_in_all,
    }
}
