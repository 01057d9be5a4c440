//! The steps at which windows open and close: a window is open while somebody else has a secret.

/// What a window does at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// No window is open.
    None,
    /// One opens.
    Opens,
    /// One stays open.
    Open,
    /// One closes.
    Closes,
}

impl Edge {
    /// Returns the mark at the left of the step.
    pub(crate) fn mark(self) -> char {
        match self {
            Edge::None => ' ',
            Edge::Opens => '┌',
            Edge::Open => '│',
            Edge::Closes => '└',
        }
    }

    /// Returns the mark at the left of the further lines of a step.
    pub(crate) fn beside(self) -> char {
        match self {
            Edge::None | Edge::Closes => ' ',
            Edge::Opens | Edge::Open => '│',
        }
    }
}

/// Returns the edge at each step, given whether a window was open before the first, and is open after each.
pub(crate) fn edges(before: bool, after: &[bool]) -> Vec<Edge> {
    let mut was = before;
    let edge = |is: &bool| {
        let edge = match (was, *is) {
            (false, false) => Edge::None,
            (false, true) => Edge::Opens,
            (true, true) => Edge::Open,
            (true, false) => Edge::Closes,
        };
        was = *is;
        edge
    };
    after.iter().map(edge).collect()
}

#[cfg(test)]
mod tests {
    use super::edges;

    fn marks(before: bool, after: &[u8]) -> String {
        let after: Vec<bool> = after.iter().map(|open| *open == 1).collect();
        edges(before, &after).into_iter().map(|edge| edge.mark()).collect()
    }

    #[test]
    fn a_window_is_bracketed_from_its_first_step_to_the_one_that_closes_it() {
        assert_eq!(marks(false, &[0, 0, 0]), "   ");
        assert_eq!(marks(false, &[0, 1, 1, 0, 0]), " ┌│└ ");
        assert_eq!(marks(false, &[1, 0, 1, 0]), "┌└┌└");
    }

    #[test]
    fn a_window_may_be_open_before_the_first_step_and_after_the_last() {
        assert_eq!(marks(true, &[1, 0, 0]), "│└ ");
        assert_eq!(marks(false, &[0, 1, 1]), " ┌│");
        assert_eq!(marks(true, &[1, 1]), "││");
        assert_eq!(marks(true, &[]), "");
    }
}
