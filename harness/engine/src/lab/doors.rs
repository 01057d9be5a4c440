//! Ways in to a server that the store opens.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use interloper_driver::Door as Named;

use super::{Abort, CaseResult, Lab};
use crate::principal::Principal;
use crate::prober::{Ask, Asked, Door};
use crate::sandbox::Tier;
use crate::tree::NodeKind;

/// State of a listening socket in /proc/net/tcp: proc_net_tcp(5).
const LISTENS: &str = "0A";
/// Flag of a socket that accepts connections in /proc/net/unix: `__SO_ACCEPTCON`.
const ACCEPTS: u32 = 1 << 16;

impl Lab<'_> {
    /// Returns the ways in to servers that are open now, each with the programs that hello says ask there: those that hello names, the Unix
    /// sockets among what was made, and where the sandbox has a network of its own, abstract sockets and ports on loopback.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn doors(&self) -> CaseResult<BTreeMap<Door, Vec<Ask>>> {
        let mut doors: BTreeMap<Door, Vec<Ask>> = BTreeMap::new();
        for named in &self.hello.doors {
            let (door, at) = self.door_of(named);
            doors.entry(door).or_default().push(program(&named.ask, &at));
        }
        for node in self.made()? {
            // Only the kind is asked for, wherever the path leads.
            let is_socket = |found: fs::Metadata| found.file_type().is_socket();
            if node.kind == NodeKind::Other && fs::symlink_metadata(&node.path).is_ok_and(is_socket)
            {
                doors.entry(Door::Socket(node.path)).or_default();
            }
        }
        if self.worker.tier() == Tier::Namespaces {
            let table = |name: &str| {
                fs::read_to_string(Path::new("/proc/self/net").join(name)).unwrap_or_default()
            };
            for door in ["tcp", "tcp6"].iter().flat_map(|name| ports(&table(name))) {
                doors.entry(door).or_default();
            }
            for door in abstract_sockets(&table("unix")) {
                doors.entry(door).or_default();
            }
        }
        Ok(doors)
    }

    /// Returns the questions that hello names for the store's own user: what is there, and what was deleted.
    pub fn questions_of_the_owner(&self) -> Vec<(Door, Ask)> {
        let of = |named: &Named| {
            let (door, at) = self.door_of(named);
            let programs =
                [&named.ask, &named.recover].into_iter().filter(|words| !words.is_empty());
            let asks = programs.map(|words| (door.clone(), program(words, &at)));
            asks.collect::<Vec<_>>()
        };
        self.hello.doors.iter().flat_map(of).collect()
    }

    /// Returns a door of hello, and what stands for it in a program's arguments.
    fn door_of(&self, named: &Named) -> (Door, String) {
        match named.path.parse() {
            Ok(address) => (Door::Port(address), named.path.clone()),
            Err(_) => {
                let path = self.home().join(&named.path);
                let at = path.display().to_string();
                (Door::Socket(path), at)
            }
        }
    }

    /// Lets a principal ask a server.
    ///
    /// # Errors
    /// [`Abort::Skip`] in the tier without other processes; when a prober cannot be believed.
    pub fn ask_door(&mut self, who: Principal, door: &Door, ask: &Ask) -> CaseResult<Asked> {
        if !self.worker.team().is_real() {
            let why = "needs other users as processes (tier uids or namespaces)";
            return Err(Abort::Skip(why.into()));
        }
        Ok(self.worker.team().ask_door(who, self.mint_seed, door, ask)?)
    }

    /// Returns what a story calls a door.
    pub fn display_door(&self, door: &Door) -> String {
        match door {
            Door::Socket(path) => format!("the socket {}", self.display_path(path)),
            Door::Abstract(name) => format!("the socket @{}", String::from_utf8_lossy(name)),
            Door::Port(address) => format!("the port {address}"),
        }
    }
}

/// Returns the question of a program; `at` is the door.
fn program(words: &[String], at: &str) -> Ask {
    Ask::Program(words.iter().map(|word| word.replace("{door}", at)).collect())
}

/// Reads the ports that accept connections from a table of TCP sockets.
fn ports(table: &str) -> Vec<Door> {
    let address = |line: &str| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (local, _, state) = (fields.next()?, fields.next()?, fields.next()?);
        let (address, port) = local.split_once(':').filter(|_| state == LISTENS)?;
        let port = u16::from_str_radix(port, 16).ok()?;
        Some(SocketAddr::new(ip(address)?, port))
    };
    table.lines().skip(1).filter_map(address).map(|at| Door::Port(reachable(at))).collect()
}

/// Reads an address: words of 32 bits, each in the machine's order.
fn ip(text: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(text.get(at..at + 8)?, 16).ok();
    match text.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?.to_ne_bytes()))),
        32 => {
            let mut bytes = [0; 16];
            for n in 0..4 {
                bytes[4 * n..4 * n + 4].copy_from_slice(&word(8 * n)?.to_ne_bytes());
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

/// Returns the address to connect to: of a server that listens everywhere, that of loopback.
fn reachable(at: SocketAddr) -> SocketAddr {
    let ip = match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, at.port())
}

/// Reads the abstract sockets that accept connections from a table of Unix sockets: unix(7).
fn abstract_sockets(table: &str) -> Vec<Door> {
    let name = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
        let name = fields.nth(3)?.strip_prefix('@').filter(|_| flags & ACCEPTS != 0)?;
        Some(Door::Abstract(name.as_bytes().to_owned()))
    };
    table.lines().skip(1).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_accept_connections_are_read() {
        let table = "  sl  local_address rem_address   st\n   0: 0100007F:18EB 00000000:0000 0A 0\n   1: 0100007F:18EC 0100007F:18EB 01 0\n   2: 00000000:0050 00000000:0000 0A 0\n";
        let at = |text: &str| Door::Port(text.parse().unwrap());
        assert_eq!(ports(table), [at("127.0.0.1:6379"), at("127.0.0.1:80")]);
        let table = "  sl\n   0: 00000000000000000000000001000000:18EB 0:0 0A\n";
        assert_eq!(ports(table), [at("[::1]:6379")]);
    }

    #[test]
    fn abstract_sockets_that_accept_connections_are_read() {
        let table = "Num RefCount Protocol Flags Type St Inode Path\n0: 2 0 00010000 0001 01 7 @store\n0: 3 0 00000000 0001 03 8 @peer\n0: 2 0 00010000 0001 01 9 /run/store\n";
        assert_eq!(abstract_sockets(table), [Door::Abstract(b"store".to_vec())]);
    }
}
