//! What can be typed for a store that is none of the registry: a driver, or ordinary commands.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::values::store_name;

impl DriverArgs {
    /// Returns whether they name a store.
    pub(crate) fn is_given(&self) -> bool {
        self.driver.is_some() || self.app.is_some() || self.command.is_given()
    }

    /// Returns the words that name the store again; none if there is none. A command is the last of them.
    pub(crate) fn words(&self) -> Vec<String> {
        let CommandArgs { command, load, delete, stdin, file, env, serve } = &self.command;
        let flags = [("--driver", &self.driver), ("--load", load), ("--delete", delete)];
        let flags = flags.into_iter().chain([("--stdin", stdin), ("--file", file)]);
        let mut words: Vec<String> = flags
            .filter_map(|(flag, value)| Some([flag.to_owned(), value.clone()?]))
            .chain(env.iter().map(|value| ["--env".to_owned(), value.clone()]))
            .flatten()
            .collect();
        let app = self.app.iter().map(|app| app.to_string_lossy().into_owned());
        words.extend(app.flat_map(|app| ["--app".to_owned(), app]));
        words.extend(serve.then(|| "--serve".to_owned()));
        if self.command.is_given() {
            words.push("--".into());
            words.extend(command.iter().cloned());
        }
        words
    }
}

/// Ordinary commands as a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CommandArgs {
    /// Test an ordinary command: it saves a session, and {secret} stands for the secret that it is given
    ///
    /// It runs as the owner, in an empty home. {path} stands for a file that the harness chooses, {id} for the session's id, {server} for
    /// the address of --serve. The sandbox shows its program; --bind shows other files of the host.
    #[arg(last = true, value_name = "CMD", group = "own")]
    pub(crate) command: Vec<String>,
    /// With -- CMD: the command that prints the secret again, or sends it to {server}; a status other than 0 means that there is no session
    #[arg(long, value_name = "CMD", requires = "command")]
    pub(crate) load: Option<String>,
    /// With -- CMD: the command that removes the session, as a logout does
    #[arg(long, value_name = "CMD", requires = "command")]
    pub(crate) delete: Option<String>,
    /// With -- CMD: the text on its standard input [default: none]
    #[arg(long, value_name = "TEXT", requires = "command")]
    pub(crate) stdin: Option<String>,
    /// With -- CMD: the text of an input file, in no directory, whose path {file} stands for
    #[arg(long, value_name = "TEXT", requires = "command")]
    pub(crate) file: Option<String>,
    /// With -- CMD: an environment variable of the commands; repeatable
    #[arg(long, value_name = "NAME=VALUE", requires = "command")]
    pub(crate) env: Vec<String>,
    /// With -- CMD: run a loopback server, which sets the secret as a cookie unless the command is given it; needs tier namespaces
    #[arg(long, requires = "command")]
    pub(crate) serve: bool,
}

impl CommandArgs {
    /// Returns whether there is a command.
    pub(crate) fn is_given(&self) -> bool {
        !self.command.is_empty()
    }
}

/// A store that is none of the registry.
#[derive(Clone, Debug, Args)]
pub(crate) struct DriverArgs {
    /// Test the store whose driver this command starts
    ///
    /// The command is split as a shell would split it, and run without one. The sandbox shows the program, its runtime, and
    /// the directory of each file that an argument names, read-only at their own paths. --bind shows more.
    #[arg(long, value_name = "CMD", group = "own")]
    pub(crate) driver: Option<String>,
    /// Test the web application that this manifest describes: what starts it, and which requests log in and say who is logged in; or the HTTP
    /// client, and the command that sends a request
    ///
    /// It is started in the sandbox, as its owner, for each case. The sandbox shows the manifest's directory, read-only.
    #[arg(long, visible_alias = "client", value_name = "FILE", group = "own")]
    pub(crate) app: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) command: CommandArgs,
    /// Name of the store of --driver, --app or -- CMD in every report [default: the name in the driver's hello, or the program]
    #[arg(long, value_name = "NAME", requires = "own", value_parser = store_name)]
    pub(crate) name: Option<String>,
    /// Show this file or directory of the host to the drivers, read-only; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) bind: Vec<PathBuf>,
}
