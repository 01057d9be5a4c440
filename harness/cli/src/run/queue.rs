//! What is left to do, and who gets what: the long units first, so that no worker is left with one at the end.

use std::collections::VecDeque;

use interloper_driver::SetupName;
use interloper_engine::Scenario;

use super::weight::weight;

/// One scenario on one store in one setup.
#[derive(Clone)]
pub(crate) struct Unit {
    /// Where its result goes.
    pub(crate) slot: usize,
    pub(crate) store: usize,
    pub(crate) setup: SetupName,
    pub(crate) scenario: &'static Scenario,
}

/// What is left to do, store by store.
pub(crate) struct Queue {
    lanes: Vec<Lane>,
}

#[derive(Default)]
struct Lane {
    units: VecDeque<Unit>,
    /// The weight of what is left.
    weight: u64,
    /// How many threads were last given work of it.
    threads: u64,
}

impl Lane {
    fn pop(&mut self) -> Option<Unit> {
        let unit = self.units.pop_front()?;
        self.weight -= weight(unit.scenario.id);
        Some(unit)
    }
}

impl Queue {
    /// A queue of these units.
    pub(crate) fn new(stores: usize, mut units: Vec<Unit>) -> Queue {
        // Stable: units of one weight stay in the order of the catalogue.
        units.sort_by_key(|unit| std::cmp::Reverse(weight(unit.scenario.id)));
        let mut lanes: Vec<Lane> = (0..stores).map(|_| Lane::default()).collect();
        for unit in units {
            let lane = &mut lanes[unit.store];
            lane.weight += weight(unit.scenario.id);
            lane.units.push_back(unit);
        }
        Queue { lanes }
    }

    /// The next unit for a thread that has a worker of this store, or of none.
    pub(crate) fn next(&mut self, current: Option<usize>) -> Option<Unit> {
        if let Some(store) = current {
            if let Some(unit) = self.lanes[store].pop() {
                return Some(unit);
            }
            self.lanes[store].threads -= 1;
        }
        // Where the most is left for each thread that is there already; the first of equals.
        let share = |store: &usize| self.lanes[*store].weight / (self.lanes[*store].threads + 1);
        let waiting = (0..self.lanes.len()).filter(|store| !self.lanes[*store].units.is_empty());
        let store = waiting.rev().max_by_key(share)?;
        self.lanes[store].threads += 1;
        self.lanes[store].pop()
    }
}

#[cfg(test)]
mod tests {
    use interloper::CATALOGUE;

    use super::*;

    #[test]
    fn long_units_come_first_and_every_unit_comes_once() {
        let unit = |(slot, scenario): (usize, &&'static Scenario)| Unit {
            slot,
            store: slot % 2,
            setup: SetupName::default(),
            scenario,
        };
        let units: Vec<Unit> = CATALOGUE.iter().enumerate().map(unit).collect();
        let all = units.len();
        let mut queue = Queue::new(2, units);
        let mut last = None;
        let mut came: Vec<Unit> = Vec::new();
        while let Some(unit) = queue.next(last) {
            last = Some(unit.store);
            came.push(unit);
        }
        let mut slots: Vec<usize> = came.iter().map(|unit| unit.slot).collect();
        slots.sort_unstable();
        assert_eq!(slots, (0..all).collect::<Vec<_>>());
        for store in 0..2 {
            let weights = came.iter().filter(|unit| unit.store == store);
            let weights: Vec<u64> = weights.map(|unit| weight(unit.scenario.id)).collect();
            assert!(weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
        }
    }

    #[test]
    fn a_thread_without_a_store_goes_where_the_most_is_left_for_it() {
        let unit =
            |slot, store| Unit { slot, store, setup: SetupName::default(), scenario: CATALOGUE[0] };
        let mut queue = Queue::new(2, vec![unit(0, 0), unit(1, 1), unit(2, 1), unit(3, 1)]);
        assert_eq!(queue.next(None).map(|unit| unit.store), Some(1));
        assert_eq!(queue.next(None).map(|unit| unit.store), Some(0));
        assert_eq!(queue.next(Some(0)).map(|unit| unit.store), Some(1));
    }
}
