//! Reports: one writer for each format, made from the run record and nothing else.
//!
//! | where | what |
//! |---|---|
//! | [`human`] | the report a person reads in a terminal |
//! | [`html`] | a page for a browser |
//! | [`json`] | the record itself |
//! | [`junit`] | one test case for each result, for the test view of a CI server |
//! | [`sarif`] | one alert for each finding, for code scanning |
//! | [`scan`] | what other users can do to this host's credentials, made from the record of a scan |
//! | [`trace`] | the steps of an operation, made from the record of a trace |
//! | [`mends`] | what was tried to mend findings, in sentences |
//! | [`time`], [`umask`] | what the writers share: times, sets of umasks |
//!
//! A further format is a file with one `impl Report` and a line in [`Format`].

mod html;
mod human;
mod json;
mod junit;
mod mends;
mod sarif;
pub(crate) mod scan;
mod time;
pub(crate) use html::{comparison as html_of_comparison, scan as html_of_scan};
pub(crate) use human::whole;
pub(crate) use sarif::of_scan as sarif_of_scan;
pub(crate) mod trace;
mod umask;

use std::io::{self, Write};

use clap::ValueEnum;
use interloper_record::{Policy, Run};

/// The width of text for people, in columns, if there is no terminal.
pub(crate) const WIDTH: usize = 100;

/// A writer of one format.
pub(crate) trait Report {
    /// Writes the whole report of `run`.
    ///
    /// The human writer always writes colours: the caller passes a stream that strips them where they are not
    /// wanted (`anstream::AutoStream` for a terminal, `anstream::StripStream` for a file).
    fn write(&self, run: &Run, out: &mut dyn Write) -> io::Result<()>;
}

/// The formats, by the names that `--format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for a person
    Human,
    /// The run record, from which `interloper report` makes any other format
    Json,
    /// JUnit XML: one test case for each scenario
    Junit,
    /// SARIF 2.1.0: one alert for each finding
    Sarif,
    /// One page for a browser, which loads nothing
    Html,
}

/// How much of a run the report for people tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What fits a screen: root causes, what was not tested, the summary
    Summary,
    /// Each finding with its story besides, notes, and what passed
    Whole,
}

impl Format {
    /// Returns the writer of this format.
    ///
    /// A policy is needed because a report says what the run comes to; `width` and `extent` are for [`Format::Human`] alone.
    pub(crate) fn writer(self, policy: Policy, width: usize, extent: Extent) -> Box<dyn Report> {
        match self {
            Format::Human => Box::new(human::Human::new(policy, width, extent)),
            Format::Json => Box::new(json::Json),
            Format::Junit => Box::new(junit::Junit::new(policy)),
            Format::Sarif => Box::new(sarif::Sarif::new(policy)),
            Format::Html => Box::new(html::Html::new(policy)),
        }
    }
}
