//! What `interloper init` writes, and where.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Write what tests a store, a client or an application of your own: a driver with its kit, the commands of a tool, or a manifest
///
/// The files run as they stand, with a store, a client or an application of a few lines in the place of yours. It overwrites nothing.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  interloper init python                a driver in Python, in this directory
  interloper init php tests/sessions    a driver in PHP, in a directory of its own
  interloper init command               a tool that keeps a token, without a driver
  interloper init client                an HTTP client, with a driver in Python
  interloper init application web       a web application, without a driver")]
pub(crate) struct InitArgs {
    /// The language of the driver; `command` for a tool, `client` for an HTTP client, `application` for a web application of any language
    #[arg(value_enum)]
    pub(crate) what: InitWhat,
    /// Where to write it; the directory is made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}

/// What can be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InitWhat {
    /// A driver in Python
    Python,
    /// A driver in Node
    Node,
    /// A driver in PHP
    Php,
    /// A driver in Ruby
    Ruby,
    /// A driver in Go
    Go,
    /// A driver in Rust
    Rust,
    /// Three commands in a shell script
    Shell,
    /// The commands of a tool that is installed
    Command,
    /// An HTTP client, with a driver in Python
    Client,
    /// A web application: how it is started, and what a browser sends
    Application,
}
