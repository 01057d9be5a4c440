//! The kits of other languages: one file each, which a driver in that language imports.

/// `interloper_driver.py`, for Python 3.8 or later.
pub const PYTHON: &str = include_str!("../python/interloper_driver.py");

/// `interloper_driver.js`, for Node.
pub const NODE: &str = include_str!("../node/interloper_driver.js");

/// `interloper_driver.go`, for Go.
pub const GO: &str = include_str!("../go/interloper_driver.go");
