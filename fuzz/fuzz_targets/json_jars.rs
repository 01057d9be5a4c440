//! The oracles of `json_jars`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(JSON_JARS);
