//! The kits of other languages: one file each, which a driver in that language imports.

/// `interloper_driver.py`, for Python 3.8 or later.
pub const PYTHON: &str = include_str!("../python/interloper_driver.py");

/// `interloper_driver.js`, for Node.
pub const NODE: &str = include_str!("../node/interloper_driver.js");

/// `interloper_driver.go`, for Go.
pub const GO: &str = include_str!("../go/interloper_driver.go");

/// `interloper_driver.php`, for PHP 8.0 or later.
pub const PHP: &str = include_str!("../php/interloper_driver.php");

/// `interloper_driver.rb`, for Ruby 3.0 or later.
pub const RUBY: &str = include_str!("../ruby/interloper_driver.rb");
