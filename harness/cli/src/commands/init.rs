//! `interloper init`: the files with which the test of a store, a client or an application begins.
//!
//! A language is a row of [`begun`]: its files, what has to be run before the driver is there, and the page that explains it. The drivers are
//! those beside the kits, which the pages of the book show.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use interloper_driver::kits::{self, templates};
use interloper_record::Exit;

use super::text::{BOLD, paint};
use crate::args::{InitArgs, InitWhat};
use crate::failure::Failure;
use crate::output;

/// The file that says what `interloper check` tests there.
const PROJECT: &str = "interloper.toml";

/// Why nothing was written, or not everything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    #[error("{} is there already, and init overwrites nothing: name another directory, or move the file away", .0.display())]
    Exists(PathBuf),
    #[error("cannot write {}: {source}; name a directory that you may write to", .path.display())]
    Unwritten { path: PathBuf, source: io::Error },
}

/// The beginning of a test.
struct Begun {
    /// The files to write besides the project's, by their paths, and their contents.
    files: Vec<(&'static str, String)>,
    /// The project's file: what is tested.
    project: String,
    /// The command that tries it before the store is tested.
    first: &'static str,
    /// The command that makes the driver, if it has to be made.
    build: Option<&'static str>,
    /// Subject of the second trial.
    then: &'static str,
    /// Instruction in front of the file's name.
    put: &'static str,
    /// File that the user's own is put into.
    edit: &'static str,
    /// The page of the book.
    page: &'static str,
}

/// Writes the files, and says what to do next.
///
/// # Errors
/// When one of them is there already, or cannot be written.
pub(crate) fn init(args: &InitArgs) -> Result<Exit, Failure> {
    let begun = begun(args.what);
    let mut files = begun.files;
    files.push((PROJECT, begun.project));
    // All or none: a file of the user's is found before the first is written.
    let there = files.iter().map(|(name, _)| args.dir.join(name)).find(|path| exists(path));
    if let Some(path) = there {
        return Err(InitError::Exists(path).into());
    }
    for (name, contents) in &files {
        write(&args.dir.join(name), contents)?;
    }
    let mut text = String::new();
    for (name, _) in &files {
        text += &format!("wrote {}\n", args.dir.join(name).display());
    }
    text += "\nNext:\n";
    let enter = (args.dir != Path::new(".")).then(|| format!("cd {}", args.dir.display()));
    let steps = [
        (enter.as_deref(), ""),
        (begun.build, "makes the driver"),
        (Some(begun.first), "is this right? As it stands, it is"),
        (Some("interloper check"), begun.then),
    ];
    for (command, what) in steps {
        if let Some(command) = command {
            text += &format!("  {:<50}  {what}\n", paint(BOLD, command)).replace("  \n", "\n");
        }
    }
    let Begun { put, edit, page, .. } = begun;
    text += &format!("\nThen {put} {edit}. {page} of the book explains it.\n");
    output::print(&text)?;
    Ok(Exit::Clean)
}

fn begun(what: InitWhat) -> Begun {
    match what {
        InitWhat::Python => interpreted(
            "python3",
            ("driver.py", templates::PYTHON),
            ("interloper_driver.py", kits::PYTHON),
            "docs/src/kit-python.md",
        ),
        InitWhat::Node => interpreted(
            "node",
            ("driver.js", templates::NODE),
            ("interloper_driver.js", kits::NODE),
            "docs/src/kit-node.md",
        ),
        InitWhat::Php => interpreted(
            "php",
            ("driver.php", templates::PHP),
            ("interloper_driver.php", kits::PHP),
            "docs/src/kit-php.md",
        ),
        InitWhat::Ruby => interpreted(
            "ruby",
            ("driver.rb", templates::RUBY),
            ("interloper_driver.rb", kits::RUBY),
            "docs/src/kit-ruby.md",
        ),
        InitWhat::Go => Begun {
            files: vec![
                ("driver.go", templates::GO.into()),
                ("go.mod", templates::GO_MODULE.into()),
                ("interloper/interloper_driver.go", kits::GO.into()),
                ("interloper/go.mod", "module interloper\n\ngo 1.18\n".into()),
            ],
            project: project("driver = \"./driver\"\n"),
            first: DRIVER_FIRST,
            build: Some("go build -o driver ."),
            then: STORE_THEN,
            put: STORE_PUT,
            edit: "driver.go",
            page: "docs/src/kit-go.md",
        },
        InitWhat::Rust => Begun {
            files: vec![("src/main.rs", templates::RUST.into()), ("Cargo.toml", rust_manifest())],
            project: project("driver = \"target/debug/files-driver\"\n"),
            first: DRIVER_FIRST,
            build: Some("cargo build"),
            then: STORE_THEN,
            put: STORE_PUT,
            edit: "src/main.rs",
            page: "docs/src/write-an-adapter.md",
        },
        InitWhat::Shell => Begun {
            files: vec![("store.sh", templates::SHELL.into())],
            project: project(SHELL),
            first: COMMANDS_FIRST,
            build: None,
            then: STORE_THEN,
            put: STORE_PUT,
            edit: "store.sh",
            page: "docs/src/check-a-command.md",
        },
        InitWhat::Command => Begun {
            files: Vec::new(),
            project: project(COMMAND),
            first: COMMANDS_FIRST,
            build: None,
            then: STORE_THEN,
            put: STORE_PUT,
            edit: PROJECT,
            page: "docs/src/check-a-command.md",
        },
        InitWhat::Client => Begun {
            then: "and then: is the client? This one is not",
            put: "put your client's calls into",
            ..interpreted(
                "python3",
                ("client.py", templates::CLIENT),
                ("interloper_driver.py", kits::PYTHON),
                "docs/src/check-a-client.md",
            )
        },
        InitWhat::Application => Begun {
            files: vec![
                ("app.toml", templates::APPLICATION_MANIFEST.into()),
                ("app.py", templates::APPLICATION.into()),
            ],
            project: project("app = \"app.toml\"\n"),
            first: "interloper check --scenario lifecycle::identity",
            build: None,
            then: "and then: is the application? This one is not",
            put: "describe your application in",
            edit: "app.toml",
            page: "docs/src/check-an-application.md",
        },
    }
}

/// Subject of the second trial of a store.
const STORE_THEN: &str = "and then: is the store? This one is not";

/// Instruction for a store of the user's own.
const STORE_PUT: &str = "put your store's calls into";

/// Command that tries whether a driver keeps the protocol.
const DRIVER_FIRST: &str = "interloper check --profile protocol";

/// Command that tries whether commands keep what they are given.
const COMMANDS_FIRST: &str = "interloper check --scenario honesty::saved_loads";

const SHELL: &str = "\
name = \"files\"
# {secret} stands for the secret of a session; it goes to standard input, since other users can read arguments.
command = [\"sh\", \"store.sh\", \"save\"]
stdin = \"{secret}\"
load = \"sh store.sh load\"
delete = \"sh store.sh delete\"
";

const COMMAND: &str = "\
name = \"files\"
# Put your tool's commands in place of these. {secret} stands for the secret of a session, {id} for its id, {path} for a file that the
# harness chooses, and {server}, with `serve = true`, for a server that sets and receives cookies.
command = [\"sh\", \"-c\", \"cat > token\"]   # as in: mytool login
stdin = \"{secret}\"
load = \"cat token\"                        # as in: mytool token; it prints the secret, and nothing else
delete = \"rm -f token\"                    # as in: mytool logout
";

/// Returns the beginning of a driver whose source an interpreter reads.
fn interpreted(
    program: &str,
    driver: (&'static str, &str),
    kit: (&'static str, &str),
    page: &'static str,
) -> Begun {
    Begun {
        files: vec![(driver.0, driver.1.into()), (kit.0, kit.1.into())],
        project: project(&format!("driver = \"{program} {}\"\n", driver.0)),
        first: DRIVER_FIRST,
        build: None,
        then: STORE_THEN,
        put: STORE_PUT,
        edit: driver.0,
        page,
    }
}

fn project(text: &str) -> String {
    format!(
        "# What `interloper check` tests in this directory. Its keys are the flags of `interloper check --help`.\n{text}"
    )
}

/// Returns the manifest of a driver in Rust; it names the sources that this program was made from, if they are still there.
fn rust_manifest() -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driver");
    match fs::canonicalize(source) {
        Ok(source) if source.join("Cargo.toml").is_file() => templates::RUST_MANIFEST
            .replace("../interloper/harness/driver", &source.display().to_string()),
        _ => templates::RUST_MANIFEST.to_owned(),
    }
}

/// Returns whether there is anything at a path, a link that leads nowhere included.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Writes a file that is not there. Its group may not write to it, whatever the umask: nobody else may change what a check runs.
fn write(path: &Path, contents: &str) -> Result<(), InitError> {
    let unwritten = |source| InitError::Unwritten { path: path.to_owned(), source };
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(unwritten)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path);
    let mut file = match file {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(InitError::Exists(path.to_owned()));
        }
        file => file.map_err(unwritten)?,
    };
    file.write_all(contents.as_bytes()).map_err(unwritten)
}
