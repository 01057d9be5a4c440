//! How long a scenario takes beside the others, roughly: what is long is begun first.

/// The scenarios that take much longer than the others, with how many times as long: means of `check --timings` over the bundled stores and
/// HTTPie. A wrong number costs a second at the end of a run, and no verdict.
const LONG: [(&str, u64); 23] = [
    ("faults::errors", 75),
    ("permissions::mode_owner_only", 50),
    ("permissions::nobody_reaches", 50),
    ("corruption::replaced_by_fifo", 50),
    ("corruption::random_bytes", 27),
    ("faults::power_loss", 24),
    ("concurrency::save_save", 20),
    ("concurrency::read_write", 18),
    ("faults::file_size", 17),
    ("exposure::no_window", 15),
    ("corruption::truncation", 15),
    ("faults::crash", 15),
    ("corruption::structure", 11),
    ("concurrency::save_delete", 11),
    ("corruption::wrong_types", 10),
    ("honesty::values", 9),
    ("concurrency::deadlock", 9),
    ("faults::short_writes", 9),
    ("corruption::huge", 9),
    ("planting::fifo", 8),
    ("concurrency::save_purge", 8),
    ("faults::disk_full", 7),
    ("planting::file", 6),
];

/// How long a scenario takes beside the others.
pub(crate) fn weight(scenario: &str) -> u64 {
    LONG.iter().find(|(id, _)| *id == scenario).map_or(1, |(_, weight)| *weight)
}

#[cfg(test)]
mod tests {
    use interloper::CATALOGUE;

    use super::*;

    #[test]
    fn every_long_scenario_is_one_of_the_catalogue() {
        for (id, _) in LONG {
            assert!(CATALOGUE.iter().any(|scenario| scenario.id == id), "{id}");
        }
    }
}
