//! The engine of Interloper: sandbox, probers, canaries, residue search, runner and verdicts.
