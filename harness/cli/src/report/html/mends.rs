//! The changes that were tried.

use interloper_record::Run;
use interloper_record::lookup::label;

use super::markup::Element;
use super::page::section;
use crate::report::mends::sentences;

/// Returns what was tried to mend the findings of each store; `None` if that was not asked for.
pub(super) fn mends(run: &Run) -> Option<Element> {
    let mut block = section("mends", "Changes that were tried");
    for mends in &run.mends {
        let list = sentences(mends).iter().fold(Element::new("ul"), |list, sentence| {
            list.with(Element::new("li").text(sentence))
        });
        block = block.with(Element::new("h3").text(&label(run, &mends.store))).with(list);
    }
    (!run.mends.is_empty()).then_some(block)
}
