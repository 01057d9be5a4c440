//! A home with right and wrong modes, ACLs, links and files that must not be opened: exactly what is wrong is found, and nothing is changed.
//!
//! The homes lie in /tmp, where everybody can go. As root the owner is another user, and groups are tried too.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, chown, mkfifo};
use serde_json::Value;
use tempfile::TempDir;

use crate::kit::{Done, INTERLOPER, interloper, root, run};

/// The owner of the homes where these tests run as root: nobody's uid.
const OWNER: u32 = 25_101;
const SECRET: &str = "CANARY-5f1c";

/// A home below a directory that everybody may search.
struct Home {
    top: TempDir,
    path: PathBuf,
}

impl Home {
    fn empty() -> Home {
        let top = tempfile::Builder::new().prefix("interloper-scan-").tempdir_in("/tmp").unwrap();
        let path = top.path().join("home");
        let home = Home { path, top };
        set_mode(home.top.path(), 0o755);
        fs::create_dir(&home.path).unwrap();
        set_mode(&home.path, 0o755);
        home
    }

    fn dir(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(&path).unwrap();
        set_mode(&path, mode);
        path
    }

    fn file(&self, name: impl AsRef<Path>, text: &str, mode: u32) -> PathBuf {
        let path = self.path.join(name);
        fs::write(&path, text).unwrap();
        set_mode(&path, mode);
        path
    }

    /// Gives everything to the owner, and two things to a group with another member.
    fn give_away(&self) {
        if !root() {
            return;
        }
        let all = nodes(&self.path);
        let owner = (Some(Uid::from_raw(OWNER)), Some(Gid::from_raw(OWNER)));
        for path in all.keys().chain([&self.path]) {
            std::os::unix::fs::lchown(path, Some(OWNER), Some(OWNER)).unwrap();
        }
        for name in [".config/gh/hosts.yml", "team"] {
            let path = self.path.join(name);
            if path.exists() {
                chown(&path, owner.0, Some(Gid::from_raw(1))).unwrap();
            }
        }
    }

    /// Runs the scan as the owner, with this home.
    fn scan(&self, args: &[&str]) -> Done {
        run(self.as_owner(INTERLOPER.into(), args))
    }

    fn as_owner(&self, program: PathBuf, args: &[&str]) -> Command {
        let mut command = match root() {
            true => {
                // The owner may not search the directories above the one that was built.
                let copy = self.top.path().join("interloper");
                if !copy.exists() {
                    fs::copy(&program, &copy).unwrap();
                    set_mode(&copy, 0o755);
                }
                let mut command = Command::new("setpriv");
                let id = OWNER.to_string();
                command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(copy);
                command
            }
            false => Command::new(program),
        };
        command.arg("scan").args(args).env("HOME", &self.path).current_dir("/tmp");
        for name in [
            "XDG_CONFIG_HOME",
            "NETRC",
            "KUBECONFIG",
            "WGETRC",
            "PIP_CONFIG_FILE",
            "GIT_CONFIG_GLOBAL",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Returns cause, severity, place below the home, and who, of each finding.
    fn found(&self, json: &str) -> BTreeSet<String> {
        let scan: Value = serde_json::from_str(json).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let findings = scan["findings"].as_array().unwrap().iter().map(|finding| {
            let at = text(&finding["at"]).replacen(self.path.to_str().unwrap(), "~", 1);
            let who: Vec<String> = finding["who"].as_array().unwrap().iter().map(text).collect();
            let (cause, severity) = (text(&finding["cause"]), text(&finding["severity"]));
            format!("{cause} {severity} {at} {}", who.join(", "))
        });
        findings.collect()
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn setfacl(args: &[&str], path: &Path) {
    assert!(Command::new("setfacl").args(args).arg("--").arg(path).status().unwrap().success());
}

/// Everything below a directory, as lstat(2) shows it; nothing is read for that.
fn nodes(dir: &Path) -> BTreeMap<PathBuf, [i64; 8]> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.symlink_metadata().unwrap().is_dir() {
            all.extend(nodes(&path));
        }
        all.insert(path, [0; 8]);
    }
    // A directory's access time is set by listing it: looked at last.
    for (path, seen) in &mut all {
        let there = path.symlink_metadata().unwrap();
        let times = [
            there.atime(),
            there.atime_nsec(),
            there.mtime(),
            there.mtime_nsec(),
            there.ctime(),
            there.ctime_nsec(),
        ];
        seen[..6].copy_from_slice(&times);
        seen[6..].copy_from_slice(&[there.size() as i64, i64::from(there.mode())]);
    }
    all
}

fn jar(value: &str, expires: i64) -> String {
    format!("# Netscape HTTP Cookie File\na.org\tFALSE\t/\tTRUE\t{expires}\tid\t{value}\n")
}

/// The name of a jar that a terminal would obey, and that is no text.
const ODD: &[u8] = b"a'b \n\x1b[2J\xff-cookies.txt";

/// Makes the home of the table below.
fn prepared() -> Home {
    let home = Home::empty();
    let live = jar(SECRET, 0);
    // As it should be.
    home.file(".netrc", SECRET, 0o600);
    home.file(".gitconfig", "[user]\n", 0o644);
    home.file(".profile", SECRET, 0o644);
    home.dir(".kube", 0o755);
    home.file(".kube/config", SECRET, 0o600);
    home.dir(".config", 0o755);
    home.dir(".config/httpie", 0o700);
    home.dir(".config/httpie/sessions", 0o755);
    home.dir(".config/httpie/sessions/a.org", 0o755);
    let session = format!(
        r#"{{"__meta__":{{"httpie":"3.2.4"}},"auth":{{}},"cookies":[{{"name":"a","value":"{SECRET}"}}],"headers":[]}}"#
    );
    home.file(".config/httpie/sessions/a.org/s.json", &session, 0o644);
    // The mask is empty, and with it what the ACL says.
    let masked = home.file(".pypirc", SECRET, 0o600);
    setfacl(&["-m", "u:daemon:r"], &masked);
    set_mode(&masked, 0o600);
    home.dir("sticky", 0o1777);
    home.file("sticky/cookies.txt", &live, 0o600);
    home.dir("src", 0o755);
    home.file("src/notes-about-cookies.txt", "# no jar\n", 0o644);
    home.file("src/empty-cookies.jar", "", 0o644);
    // Nothing that may be opened.
    mkfifo(&home.path.join(".curlrc"), Mode::from_bits_truncate(0o666)).unwrap();
    mkfifo(&home.path.join("src/cookies.txt"), Mode::from_bits_truncate(0o666)).unwrap();
    drop(UnixListener::bind(home.path.join("src/socket.cookies")).unwrap());
    symlink("/etc", home.path.join(".pip")).unwrap();
    home.dir("linked", 0o755);
    symlink("../.netrc", home.path.join("linked/cookies.txt")).unwrap();
    home.dir("big", 0o755);
    let big = home.file("big/cookies.txt", "", 0o644);
    File::options().write(true).open(big).unwrap().set_len(10 << 30).unwrap();
    // As it should not be.
    home.file(".git-credentials", SECRET, 0o644);
    home.dir(".aws", 0o755);
    home.file(".aws/credentials", SECRET, 0o666);
    home.dir(".docker", 0o777);
    home.file(".docker/config.json", SECRET, 0o600);
    home.dir(".config/gh", 0o755);
    home.file(".config/gh/hosts.yml", SECRET, if root() { 0o640 } else { 0o600 });
    let named = home.file(".wgetrc", SECRET, 0o600);
    setfacl(&["-m", "u:daemon:rw"], &named);
    let gcloud = home.dir(".config/gcloud", 0o755);
    home.file(".config/gcloud/application_default_credentials.json", SECRET, 0o600);
    setfacl(&["-d", "-m", "u:daemon:r,g::-,o::-"], &gcloud);
    home.dir("open", 0o777);
    home.file("open/cookies.txt", &live, 0o600);
    home.dir("team", if root() { 0o775 } else { 0o755 });
    home.file("team/cookies.txt", &live, 0o600);
    home.dir("private", 0o700);
    fs::hard_link(
        home.file("private/cookies.txt", &live, 0o644),
        home.top.path().join("elsewhere"),
    )
    .unwrap();
    home.dir("vault", 0o700);
    home.dir("jars", 0o755);
    fs::hard_link(home.file("vault/cookies.txt", &live, 0o644), home.path.join("jars/cookies.txt"))
        .unwrap();
    home.dir("expired", 0o755);
    home.file("expired/cookies.txt", &jar(SECRET, 1_000_000_000), 0o644);
    home.dir("odd", 0o755);
    home.file(Path::new("odd").join(OsStr::from_bytes(ODD)), &live, 0o644);
    home.dir("php", 0o755);
    home.file(format!("php/sess_{SECRET}"), &format!("token|s:11:\"{SECRET}\";"), 0o644);
    home.give_away();
    home
}

/// What is wrong at the known places; the groups have another member only where root gave the files away.
fn at_places() -> BTreeSet<String> {
    let mut wrong = vec![
        "inherited low ~/.config/gcloud user daemon",
        "readable high ~/.aws/credentials any user",
        "readable high ~/.git-credentials any user",
        "replaceable high ~/.docker any user",
        "writable high ~/.aws/credentials any user",
        "writable medium ~/.wgetrc user daemon",
    ];
    if root() {
        wrong.push("readable medium ~/.config/gh/hosts.yml group daemon (daemon)");
    }
    wrong.into_iter().map(str::to_owned).collect()
}

/// What is wrong anywhere in the tree.
fn in_the_tree() -> BTreeSet<String> {
    let mut wrong = at_places();
    let odd = "readable high ~/odd/a'b \n\u{1b}[2J\\xff-cookies.txt any user";
    let more = [
        "listed high ~/php any user",
        "readable high ~/jars/cookies.txt any user",
        "readable high ~/php/* any user",
        "readable low ~/expired/cookies.txt any user",
        "readable low ~/private/cookies.txt any user",
        "replaceable medium ~/open any user",
        odd,
    ];
    wrong.extend(more.map(str::to_owned));
    if root() {
        wrong.insert("replaceable medium ~/team group daemon (daemon)".into());
    }
    wrong
}

#[test]
fn exactly_what_is_wrong_at_the_known_places_is_found() {
    let home = prepared();
    let done = home.scan(&["--format", "json"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!(home.found(&done.out), at_places(), "{}", done.out);
    let scan: Value = serde_json::from_str(&done.out).unwrap();
    let left: Vec<&str> = scan["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| left["kind"].as_str().unwrap())
        .collect();
    assert_eq!(left, ["link", "special"], "{}", done.out);
}

#[test]
fn exactly_what_is_wrong_in_a_tree_is_found_by_its_owner_and_by_root() {
    let home = prepared();
    let path = home.path.to_str().unwrap();
    let done = home.scan(&[path, "--format", "json"]);
    assert_eq!(home.found(&done.out), in_the_tree(), "{}", done.out);
    if root() {
        let done = interloper(&["scan", path, "--format", "json"]);
        assert_eq!(home.found(&done.out), in_the_tree(), "{}", done.out);
    }
}

#[test]
fn no_secret_and_nothing_that_a_terminal_obeys_is_printed() {
    let home = prepared();
    let path = home.path.to_str().unwrap();
    for format in ["human", "json", "sarif", "html"] {
        let done = home.scan(&[path, "--format", format]);
        assert_eq!(done.code, Some(1), "{done:?}");
        for text in [&done.out, &done.err] {
            assert!(!text.contains(SECRET) && !text.contains('\u{1b}'), "{format}: {text}");
        }
    }
}

#[test]
fn what_is_written_for_machines_is_valid() {
    let home = prepared();
    let path = home.path.to_str().unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (format, schema) in [
        ("sarif", here.join("schemas/sarif-schema-2.1.0.json")),
        ("json", here.join("../record/schema/scan-1.json")),
    ] {
        // The standard's has one pattern that is no regular expression.
        let text = fs::read_to_string(schema).unwrap();
        let text = text
            .replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
        let schema: Value = serde_json::from_str(&text).unwrap();
        let done = home.scan(&[path, "--format", format]);
        let written: Value = serde_json::from_str(&done.out).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&written).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{format}: {errors:?}");
    }
}

#[test]
fn a_scan_changes_nothing_not_even_a_time_of_access() {
    let home = prepared();
    let path = home.path.to_str().unwrap();
    // Listing what is there sets the directories' times; after that, they must stay.
    nodes(&home.path);
    let before = nodes(&home.path);
    home.scan(&[path]);
    home.scan(&[]);
    assert_eq!(nodes(&home.path), before);
}

#[test]
fn nothing_is_opened_that_should_not_be() {
    let home = prepared();
    let log = home.top.path().join("strace.log");
    let scan = home.as_owner(INTERLOPER.into(), &[home.path.to_str().unwrap()]);
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-s", "4", "-e", "trace=%file,openat2,read,pread64", "-o"]).arg(&log);
    command.arg(scan.get_program()).args(scan.get_args()).env("HOME", &home.path);
    let done = run(command);
    if done.code != Some(1) {
        // A container may refuse ptrace.
        assert!(done.err.contains("ptrace"), "{done:?}");
        eprintln!("left out: {}", done.err);
        return;
    }
    let text = fs::read_to_string(&log).unwrap();
    let at_home = |line: &&str| line.contains(home.path.to_str().unwrap());
    let opens: Vec<&str> =
        text.lines().filter(|line| line.contains("openat")).filter(at_home).collect();
    assert!(opens.len() > 20, "{text}");
    for line in &opens {
        for name in [
            ".curlrc",
            "src/cookies.txt",
            "socket.cookies",
            "linked/cookies.txt",
            ".netrc",
            ".profile",
        ] {
            let opened =
                line.contains(&format!("\"{name}\"")) || line.contains(&format!("{name}>"));
            assert!(!opened, "{line}");
        }
        assert!(
            !line.contains("O_WRONLY") && !line.contains("O_RDWR") && !line.contains("O_CREAT"),
            "{line}"
        );
        assert!(line.contains("O_PATH") || line.contains("O_NOATIME"), "{line}");
        assert!(line.contains("O_NOFOLLOW") || line.contains("/proc/self/fd/"), "{line}");
    }
    let big =
        text.lines().filter(|line| line.contains("read") && line.contains("big/cookies.txt>"));
    let read: u64 =
        big.filter_map(|line| line.rsplit("= ").next()?.trim().parse::<u64>().ok()).sum();
    assert_eq!(read, 64 << 10);
    for call in ["unlink", "rename", "chmod", "chown", "mkdir", "truncate", "utime", "setxattr"] {
        let called = text.lines().filter(at_home).any(|line| line.contains(&format!(" {call}")));
        assert!(!called, "{call}");
    }
}

#[test]
fn what_a_fix_says_ends_its_finding() {
    let home = prepared();
    let path = home.path.to_str().unwrap().to_owned();
    let done = home.scan(&[&path, "--format", "json"]);
    let scan: Value = serde_json::from_str(&done.out).unwrap();
    let fixes = scan["findings"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|finding| finding["fixes"].as_array().unwrap());
    for fix in fixes {
        let fix = fix.as_str().unwrap();
        assert!(Command::new("bash").args(["-c", fix]).status().unwrap().success(), "{fix}");
    }
    let done = home.scan(&[&path, "--format", "json", "--allow", "skip"]);
    assert_eq!(home.found(&done.out), BTreeSet::new(), "{}", done.out);
    assert_eq!(done.code, Some(0));
}

#[test]
fn a_home_that_others_write_to_lets_them_plant_and_replace_everything() {
    let home = Home::empty();
    home.file(".netrc", SECRET, 0o600);
    home.give_away();
    set_mode(&home.path, 0o777);
    let done = home.scan(&["--format", "json"]);
    assert_eq!(
        home.found(&done.out),
        BTreeSet::from(["replaceable high ~ any user".to_owned()]),
        "{}",
        done.out
    );
    let text = home.scan(&[]).out;
    for word in
        ["any user can replace", "fix chmod go-w -- ", "not there yet", ".netrc (netrc)", "more"]
    {
        assert!(text.contains(word), "lacks {word:?}: {text}");
    }
    // Nobody comes there if a directory above is closed, whatever the modes below it are.
    set_mode(&home.path, 0o777);
    if root() {
        chown(home.top.path(), Some(Uid::from_raw(OWNER)), None).unwrap();
    }
    set_mode(home.top.path(), 0o700);
    let done = home.scan(&["--format", "json"]);
    assert_eq!(home.found(&done.out), BTreeSet::new(), "{}", done.out);
}

#[test]
fn a_file_that_is_named_is_judged_whatever_it_is_called() {
    let home = Home::empty();
    let token = home.file("token", SECRET, 0o644);
    home.file("other", SECRET, 0o644);
    home.give_away();
    let done = home.scan(&[token.to_str().unwrap(), "--format", "json"]);
    assert_eq!(
        home.found(&done.out),
        BTreeSet::from(["readable high ~/token any user".to_owned()]),
        "{}",
        done.out
    );
    let all = home.scan(&["--all", home.path.to_str().unwrap(), "--format", "json"]);
    assert_eq!(
        home.found(&all.out),
        BTreeSet::from(["readable high ~ any user".to_owned()]),
        "{}",
        all.out
    );
}

#[test]
fn what_is_typed_wrong_or_cannot_be_looked_at_is_said_in_a_line() {
    let home = Home::empty();
    let path = home.path.to_str().unwrap().to_owned();
    let table: [(&[&str], i32, &str); 9] = [
        (&["/no/such/file"], 2, "/no/such/file: there is no such file or directory"),
        (&["--all"], 2, "PATH"),
        (&["--format", "junit"], 2, "sarif"),
        (&["--fail-on", "severe"], 2, "medium"),
        (&["--timeout", "9"], 2, "90s"),
        (&["--max-entries", "0"], 2, "0"),
        (&["--output", "/no/such/dir/x.json"], 2, "/no/such/dir/x.json"),
        (&[&path, ".."], 2, "ends in `..`"),
        (&["--no-such-flag"], 2, "--no-such-flag"),
    ];
    for (args, code, word) in table {
        let done = home.scan(args);
        assert_eq!((done.code, &*done.out), (Some(code), ""), "{args:?}: {done:?}");
        assert!(done.err.contains(word), "{args:?} lacks {word:?}: {}", done.err);
    }
    let done = home.scan(&[&path]);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.out.contains("--all"), "{}", done.out);
    let allowed = home.scan(&[&path, "--allow", "skip"]);
    assert_eq!(allowed.code, Some(4), "nothing was judged: {allowed:?}");
    home.file("b", "", 0o600);
    home.file("a", "", 0o600);
    let done = home.scan(&[&path, "--all", "--max-entries", "1"]);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.out.contains("ended early by --max-entries 1"), "{}", done.out);
}

/// Returns the files below a home in which a user finds the secret by reading them, as the scan writes their paths.
fn read_by(uid: &str, home: &Home) -> BTreeSet<String> {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", uid, "--regid", uid, "--clear-groups", "find"]).arg(&home.path);
    // The large file has none.
    command.args(["-type", "f", "-size", "-9999", "-exec", "grep", "-lsaZ", SECRET, "{}", "+"]);
    let out = command.output().unwrap().stdout;
    let paths = out.split(|&byte| byte == 0).filter(|path| !path.is_empty());
    let text = paths.map(|path| {
        let chunks = path.utf8_chunks();
        chunks.fold(String::new(), |text, chunk| {
            let invalid = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
            text + chunk.valid() + &invalid.collect::<String>()
        })
    });
    text.map(|path| path.replace(&format!("sess_{SECRET}"), "*")).collect()
}

#[test]
fn what_is_readable_is_what_other_users_really_read() {
    if !root() {
        eprintln!("left out: only root can be another user");
        return;
    }
    let home = prepared();
    let path = home.path.to_str().unwrap();
    let done = interloper(&["scan", path, "--format", "json"]);
    let scan: Value = serde_json::from_str(&done.out).unwrap();
    // The conditional ones are about names that are not below the home.
    let readable = scan["findings"].as_array().unwrap().iter();
    let readable: Vec<&Value> = readable
        .filter(|one| one["cause"] == "readable" && one["reach"] != "conditional")
        .collect();
    for (uid, who, unknown) in [
        ("25102", &["any user"][..], &[".profile"][..]),
        ("1", &["any user", "user daemon", "group daemon (daemon)"], &[".profile", ".wgetrc"]),
    ] {
        let theirs = readable.iter().filter(|one| who.contains(&one["who"][0].as_str().unwrap()));
        let files = theirs.flat_map(|one| one["files"].as_array().unwrap());
        let mut found: BTreeSet<String> =
            files.map(|file| file["path"].as_str().unwrap().to_owned()).collect();
        // No file of a tool's, and one that is worth nothing to read by the table.
        found.extend(unknown.iter().map(|name| format!("{path}/{name}")));
        assert_eq!(found, read_by(uid, &home), "uid {uid}");
    }
}

/// Mounts a FUSE file system whose server never answers, and runs the rest of its arguments beside it: whoever asks it anything waits.
const MUTE: &str = "
import ctypes, os, sys
fd = os.open('/dev/fuse', os.O_RDWR)
os.set_inheritable(fd, True)
libc = ctypes.CDLL(None, use_errno=True)
options = f'fd={fd},rootmode=40000,user_id=0,group_id=0'.encode()
if libc.mount(b'mute', sys.argv[1].encode(), b'fuse', 0, options):
    sys.exit('left out: ' + os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[2], sys.argv[2:])
";

#[test]
fn a_server_that_does_not_answer_keeps_no_scan_waiting() {
    if !root() || !Path::new("/dev/fuse").exists() {
        eprintln!("left out: only root can mount here, and only with /dev/fuse");
        return;
    }
    let home = prepared();
    let mute = home.dir("mute", 0o755);
    let (path, mute) = (home.path.to_str().unwrap(), mute.to_str().unwrap());
    for at in [path.to_owned(), mute.to_owned(), format!("{mute}/below")] {
        let mut command = Command::new("unshare");
        command.args([
            "-m", "timeout", "-s", "KILL", "60", "python3", "-c", MUTE, mute, INTERLOPER, "scan",
            &at,
        ]);
        let done = run(command);
        if done.err.contains("left out") || done.err.contains("unshare failed") {
            eprintln!("{}", done.err);
            return;
        }
        assert_eq!(done.code, Some(if at == path { 1 } else { 4 }), "{at}: {done:?}");
        assert!(done.out.contains("--network enters it"), "{at}: {}", done.out);
    }
}
