//! One page that a browser shows, without a server or a network: what was found, by target and area, by root cause, one by one.
//!
//! | file | what |
//! |---|---|
//! | `run` | the page of a run |
//! | `compare` | the page of two runs beside each other |
//! | `scan` | the page of a scan |
//! | `page` | what every page has: the policy, the style, the filter |
//! | `markup` | elements with escaped text: nothing of the record is markup |
//! | `overview` | targets by areas, root causes |
//! | `matrix` | what parsers make of each vector |
//! | `finding` | one finding with its story |
//! | `timeline` | the steps of a story as a picture |
//! | `page.css`, `page.js` | how it looks, and the filter |

mod compare;
mod finding;
mod markup;
mod matrix;
mod mends;
mod overview;
mod page;
mod run;
mod scan;
mod timeline;

pub(crate) use compare::comparison;
pub(crate) use run::Html;
pub(crate) use scan::scan;
