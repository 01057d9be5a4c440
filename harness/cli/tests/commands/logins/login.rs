//! A login command that keeps the token from its standard input, with the fault that its first argument names.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read, Result, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

fn keep(path: &str, is_new: bool, mode: u32, token: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).mode(mode);
    if is_new { options.create_new(true) } else { options.create(true).truncate(true) };
    let mut file = options.open(path)?;
    file.write_all(token)?;
    file.sync_all()
}

fn put_in_place(path: &str) -> Result<()> {
    fs::rename(path, "token")?;
    File::open(".")?.sync_all()
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let fault = arguments[1].as_str();
    let mut token = Vec::new();
    match fault {
        "argument" => token.extend_from_slice(arguments[2].as_bytes()),
        _ => drop(std::io::stdin().read_to_end(&mut token)?),
    }
    let temporary = format!("token.{}", std::process::id());
    match fault {
        "umask" => return keep("token", false, 0o666, &token),
        "chmod-after" => {
            keep("token", false, 0o666, &token)?;
            return fs::set_permissions("token", Permissions::from_mode(0o600));
        }
        "widens" => {
            keep(&temporary, true, 0o666, &token)?;
            return put_in_place(&temporary);
        }
        "parent" => {
            fs::create_dir_all(".tool")?;
            return keep(".tool/token", false, 0o600, &token);
        }
        _ => keep(&temporary, true, 0o600, &token)?,
    }
    put_in_place(&temporary)?;
    if fault == "left-over" {
        keep(&temporary, true, 0o600, &token)?;
    }
    if fault == "prints" {
        println!("logged in with {}", String::from_utf8_lossy(&token));
    }
    Ok(())
}
