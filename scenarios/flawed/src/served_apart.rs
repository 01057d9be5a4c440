//! The reference store with a server in a process of its own, which lives on when the store's process ends.
//!
//! The server is a few lines of Perl, as another program's would be. It writes what it is given as the reference store does (a new file, fsync,
//! rename, fsync of the directory), and answers then; or, in the flaw, when it is asked to end.

use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use interloper_driver::{Door, ErrorKind, Failure};

use crate::flaws::doors;
use crate::hardened::{Found, Hardened, READING, Seal, Sound, Steps, hex, read};

/// Answers `put NAME HEX`, `get NAME`, `del NAME` and `all`, each a line, on the socket `door` in the directory that it is started in. With `late` it
/// writes at SIGTERM, and with `soft` it keeps what is deleted under another name.
const SERVER: &str = r#"
use strict; use IO::Socket::UNIX; use IO::Handle; use Fcntl; use POSIX ();
my ($late, %held) = @ARGV;
POSIX::close($_) for 3 .. 9; umask 077; $SIG{PIPE} = 'IGNORE';
sub synced { open(my $dir, '<', '.') or die; $dir->sync; }
sub put {
    my ($name, $hex) = @_;
    sysopen(my $file, ".tmp-$$", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) or return 0;
    my $whole = syswrite($file, pack('H*', $hex)) == length($hex) / 2 && $file->sync && close($file) && rename(".tmp-$$", $name);
    unlink ".tmp-$$"; synced; return $whole;
}
sub get { my ($name) = @_; open(my $file, '<', $name) or return; local $/; return unpack('H*', <$file>); }
$SIG{TERM} = sub { put($_, $held{$_}) for grep { defined $held{$_} } keys %held; unlink 'door'; exit 0 };
unlink 'door';
my $server = IO::Socket::UNIX->new(Local => 'door', Listen => 16) or die $!;
print "ready\n"; close STDOUT;
while (1) {
    my $client = $server->accept or next;
    my ($word, $name, $hex) = split ' ', <$client> // '';
    my $answer = 'no';
    if ($word eq 'put') { if ($late eq 'late') { $held{$name} = $hex; $answer = 'ok' } else { $answer = put($name, $hex) ? 'ok' : 'no' } }
    if ($word eq 'get') { my $found = $held{$name} // get($name); $answer = defined $found ? "ok $found" : 'none' }
    if ($word eq 'del') { delete $held{$name}; $late eq 'soft' ? rename($name, ".old-$name") : unlink($name); synced; $answer = 'ok' }
    if ($word eq 'all') { $answer = join ' ', map { pack 'H*', get($_) } grep { -f } glob '* .old-*' }
    print $client "$answer\n";
}
"#;

/// The reference store with a server in a process of its own.
pub fn hardened_served_apart() -> Hardened {
    Hardened::with("hardened-served-apart", Seal::Plain, &ServedApart("soon"))
}

/// A client of it, in a program that every Debian has.
const CLIENT: &str = r#"my $s = IO::Socket::UNIX->new($ARGV[0]) or die $!; print $s qq(all\n); $s->flush; print <$s>"#;

/// The server, which writes `soon` or `late`, or deletes in a `soft` way.
pub(crate) struct ServedApart(pub(crate) &'static str);

impl Steps for ServedApart {
    fn doors(&self) -> Vec<Door> {
        doors(&["perl", "-MIO::Socket::UNIX", "-e", CLIENT, "{door}"].map(str::to_owned))
    }
    fn has_server(&self) -> bool {
        true
    }
    fn serve(&self, dir: BorrowedFd<'_>) -> Result<Option<i32>, Failure> {
        // It may have been started by another process, which has named it.
        if connect(dir).is_ok() {
            return Ok(None);
        }
        let mut server = Command::new("perl")
            .args(["-e", SERVER, self.0])
            .current_dir(path(dir))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut said = String::new();
        if let Some(out) = server.stdout.take() {
            BufReader::new(out).read_line(&mut said)?;
        }
        match said.is_empty() {
            true => Err(Failure::new(
                ErrorKind::Io,
                format!("the server ended: {:?}", server.wait()?.code()),
            )),
            false => Ok(Some(server.id().cast_signed())),
        }
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        ask(dir, &format!("put {name} {}", hex(sealed))).map(drop)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        // The key is in another directory, which has no server.
        if connect(dir).is_err() {
            return read(dir, name, READING, read_only);
        }
        let answer = ask(dir, &format!("get {name}"))?;
        answer.strip_prefix("ok ").map(bytes).transpose()
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        // It serves one client after the other: this connection must not be open while another waits.
        let is_served = connect(dir).is_ok();
        match is_served {
            true => ask(dir, &format!("del {name}")).map(drop),
            false => Sound.remove(dir, name),
        }
    }
}

fn path(dir: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", dir.as_raw_fd())
}

fn connect(dir: BorrowedFd<'_>) -> std::io::Result<UnixStream> {
    UnixStream::connect(format!("{}/door", path(dir)))
}

fn ask(dir: BorrowedFd<'_>, line: &str) -> Result<String, Failure> {
    let mut server = connect(dir)?;
    server.set_read_timeout(Some(Duration::from_secs(5)))?;
    server.write_all(format!("{line}\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(server).read_line(&mut answer)?;
    match answer.trim_end() {
        "" | "no" => Err(Failure::new(ErrorKind::Io, "the server did not do it")),
        answer => Ok(answer.to_owned()),
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>, Failure> {
    let pair = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(pair).collect();
    bytes.ok_or_else(|| Failure::corrupt("the server answered no hexadecimal digits"))
}
