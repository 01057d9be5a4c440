//! The test_store! macro of Interloper.
