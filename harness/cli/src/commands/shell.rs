//! `interloper completions` and `interloper man`: made from the definitions that the command line is read by.

use clap::CommandFactory;
use interloper_record::Exit;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::Failure;
use crate::output;

/// Prints the completions for a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output::print_plain(&script)?;
    Ok(Exit::Clean)
}

/// Prints the manual: the page of the command, and one section for each of its commands.
pub(crate) fn man() -> Result<Exit, Failure> {
    let command = Cli::command();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(output::OutputError::Stdout)?;
    for sub in command.get_subcommands() {
        let name = format!("interloper-{}", sub.get_name());
        let sub = sub.clone().display_name(&name);
        clap_mangen::Man::new(sub)
            .title(name)
            .render(&mut page)
            .map_err(output::OutputError::Stdout)?;
    }
    output::print_plain(&page)?;
    Ok(Exit::Clean)
}
