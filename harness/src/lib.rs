//! A property-based security test harness for session storage.

pub use interloper_driver as driver;
pub use interloper_engine as engine;
pub use interloper_scenarios as scenarios;
