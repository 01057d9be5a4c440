//! How long a scenario takes beside the others, roughly: what is long is begun first.

/// The scenarios that take much longer than the others, with how many times as long. `check --timings` measures it.
const LONG: [(&str, u64); 0] = [];

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
