//! Writes the seeds of the crate cookie_store: `cargo run DIRECTORY` (the folder `fuzz/seeds`).

use std::{env, fs, path::Path};

use cookie_store::serde::json;
use cookie_store::CookieStore;

fn main() {
    let folder = Path::new(&env::args().nth(1).expect("a directory")).join("cookie_store");
    fs::create_dir_all(&folder).unwrap();
    let mut jar = CookieStore::new();
    let url = "https://www.example.org/app/".parse().unwrap();
    for header in [
        "session=abc.def-123; Path=/; HttpOnly; SameSite=Lax",
        "kept=a b; Expires=Fri, 05 Jan 2057 10:00:00 GMT; Domain=example.org; Secure",
        "odd=\"x\\\"y\"; Partitioned",
        "none=",
    ] {
        jar.parse(header, &url).unwrap();
    }
    for (name, jar) in [("jar", jar), ("empty", CookieStore::new())] {
        let mut file = fs::File::create(folder.join(name)).unwrap();
        json::save_incl_expired_and_nonpersistent(&jar, &mut file).unwrap();
    }
}
