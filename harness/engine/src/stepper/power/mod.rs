//! What a power loss may leave: the legal states of what was not synced.
