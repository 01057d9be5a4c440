//! A database of SQLite, page by page: <https://www.sqlite.org/fileformat2.html>.

use super::mutation::{Changes, Kind, Mutations};

const MAGIC: &[u8] = b"SQLite format 3\0";
/// Length of the file's header: the first page's begins after it.
const HEADER: usize = 100;
/// Number of cells of a page that get every change each.
const CELLS: usize = 6;
/// Distance of two pages that change places: all pairs would be as many as the square of the pages.
const APART: usize = 4;
/// Pages of a tree: inside of an index, inside of a table, and the leaves of each.
const TYPES: [u8; 4] = [0x02, 0x05, 0x0a, 0x0d];
/// A leaf of a table: its cells are rows.
const ROWS: u8 = 0x0d;
/// A page inside of a table: its cells lead to other pages.
const INSIDE: u8 = 0x05;

/// Fields of the file's header: offset, replacement, kind and description.
const HEADERS: [(usize, &[u8], Kind, &str); 15] = [
    (0, b"SQLite format 4\0", Kind::Spelt, "its first bytes are of another version"),
    (16, &[0x02, 0x00], Kind::Enlarged, "pages are said to have 512 bytes"),
    (16, &[0x00, 0x01], Kind::Enlarged, "pages are said to have 65,536 bytes"),
    (16, &[0x00, 0x00], Kind::Enlarged, "pages are said to have no bytes"),
    (18, &[2, 2], Kind::Retyped, "it is said to have a log (WAL)"),
    (18, &[3, 3], Kind::Spelt, "it is said to be of a version that is none"),
    (20, &[0xff], Kind::Enlarged, "most of each page is said to be reserved"),
    (28, &[0xff; 4], Kind::Enlarged, "it is said to have 4,294,967,295 pages"),
    (32, &[0, 0, 0, 1, 0, 0, 0, 1], Kind::Nested, "its first page is said to be free"),
    (32, &[0, 0, 0, 2, 0, 0, 0, 2], Kind::Nested, "its second page is said to be free"),
    (40, &[0xff; 4], Kind::Spelt, "its schema is said to be another"),
    (44, &[0, 0, 0, 9], Kind::Spelt, "its schema is said to be of a later format"),
    (52, &[0, 0, 0, 1], Kind::Retyped, "it is said to be vacuumed by itself"),
    (56, &[0, 0, 0, 2], Kind::Retyped, "its text is said to be UTF-16"),
    (56, &[0, 0, 0, 9], Kind::Spelt, "its text is said to be in an encoding that is none"),
];

/// Returns the changes of a file that is whole pages of a database.
pub(super) fn sqlite<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let database = Database::of(whole)?;
    let other = other.and_then(Database::of).filter(|other| other.size == database.size);
    Some(Changes::of(whole, move |out| {
        for (at, bytes, kind, what) in HEADERS {
            out.must(kind, || database.with(at, bytes), what);
        }
        for page in 0..database.pages() {
            database.change_page(page, out);
            let theirs = other.as_ref().filter(|other| page < other.pages());
            if let Some(theirs) = theirs.map(|other| other.page(page)) {
                let number = page + 1;
                let what = format_args!("page {number} is another session's");
                out.must(Kind::Spliced, || database.with(page * database.size, theirs), what);
            }
            let cells = database.cells(page);
            for cell in 0..cells.len().min(CELLS) {
                database.change_cell(page, cell, &cells, out);
            }
        }
    }))
}

struct Database<'b> {
    bytes: &'b [u8],
    /// Size of a page, in bytes.
    size: usize,
}

impl<'b> Database<'b> {
    fn of(bytes: &'b [u8]) -> Option<Database<'b>> {
        let size = match number(bytes.get(16..18)?) {
            1 => 65_536,
            size => size,
        };
        let whole = size.is_power_of_two() && size >= 512 && bytes.len().is_multiple_of(size);
        (bytes.starts_with(MAGIC) && whole).then_some(Database { bytes, size })
    }

    fn pages(&self) -> usize {
        self.bytes.len() / self.size
    }

    /// Pages are numbered from 0 here, and from 1 in the file and in words.
    fn page(&self, page: usize) -> &'b [u8] {
        &self.bytes[page * self.size..][..self.size]
    }

    /// Returns the offset of the header of a tree's page.
    fn head(&self, page: usize) -> usize {
        page * self.size + if page == 0 { HEADER } else { 0 }
    }

    fn kind(&self, page: usize) -> u8 {
        self.bytes[self.head(page)]
    }

    /// Returns the offsets of the pointers to a page's cells; none if it is no page of a tree.
    fn cells(&self, page: usize) -> Vec<usize> {
        let (head, kind) = (self.head(page), self.kind(page));
        if !TYPES.contains(&kind) {
            return Vec::new();
        }
        let first = head + if kind < 0x0a { 12 } else { 8 };
        let count = number(&self.bytes[head + 3..head + 5]);
        let end = (page + 1) * self.size;
        (0..count).map(|n| first + 2 * n).filter(|at| at + 2 <= end).collect()
    }

    /// Returns the offset of a cell by its pointer; `None` if that leads out of the page.
    fn cell(&self, page: usize, pointer: usize) -> Option<usize> {
        let within = number(&self.bytes[pointer..pointer + 2]);
        (within < self.size).then_some(page * self.size + within)
    }

    /// Returns the file with other bytes at a place.
    fn with(&self, at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut changed = self.bytes.to_owned();
        let end = (at + bytes.len()).min(changed.len());
        changed[at..end].copy_from_slice(&bytes[..end - at]);
        changed
    }

    fn change_page(&self, page: usize, out: &mut Mutations<'_>) {
        let number = page + 1;
        let (at, head) = (page * self.size, self.head(page));
        let zeros = || self.with(at, &vec![0; self.size]);
        out.must(Kind::Dropped, zeros, format_args!("page {number} is zeros"));
        if number == self.pages() && page > 0 {
            let shorter = || self.bytes[..at].to_vec();
            out.must(Kind::Dropped, shorter, format_args!("without page {number}"));
        }
        let twice = || [self.bytes, self.page(page)].concat();
        out.put(Kind::Doubled, twice, format_args!("page {number} stands at the end, too"));
        for other in number..self.pages().min(number + APART) {
            let both = || {
                let mut both = self.with(at, self.page(other));
                both[other * self.size..][..self.size].copy_from_slice(self.page(page));
                both
            };
            let what = format_args!("pages {number} and {} change places", other + 1);
            out.put(Kind::Exchanged, both, what);
        }
        if !TYPES.contains(&self.kind(page)) {
            return;
        }
        for kind in TYPES.into_iter().chain([0]) {
            let what = format_args!("page {number} is said to be of type {kind:#04x}");
            out.put(Kind::Retyped, || self.with(head, &[kind]), what);
        }
        // No cell, and the right-most pointer leads to the page itself.
        let own = (number as u32).to_be_bytes();
        let inside = [&[INSIDE, 0, 0, 0, 0, 0, 0, 0][..], &own].concat();
        let what = format_args!("page {number} leads to itself");
        out.must(Kind::Nested, || self.with(head, &inside), what);
        let what = format_args!("page {number} is said to have 65,535 cells");
        out.put(Kind::Enlarged, || self.with(head + 3, &[0xff, 0xff]), what);
        let what = format_args!("page {number} has a free block in its header");
        out.put(Kind::Spelt, || self.with(head + 1, &[0, 1]), what);
        let what = format_args!("the cells of page {number} begin in its header");
        out.put(Kind::Spelt, || self.with(head + 5, &[0, 1]), what);
    }

    fn change_cell(&self, page: usize, n: usize, cells: &[usize], out: &mut Mutations<'_>) {
        let pointer = cells[n];
        let it = format!("cell {} of page {}", n + 1, page + 1);
        let head = self.head(page);
        let without = || {
            let mut without = self.bytes.to_owned();
            let end = cells[cells.len() - 1];
            without.copy_within(pointer + 2..end + 2, pointer);
            without[head + 3..head + 5].copy_from_slice(&(cells.len() as u16 - 1).to_be_bytes());
            without
        };
        out.put(Kind::Dropped, without, format_args!("without {it}"));
        for (to, word) in [([0, 0], "in the page's header"), ([0xff, 0xff], "beyond the page")] {
            let what = format_args!("{it} is said to be {word}");
            out.put(Kind::Spelt, || self.with(pointer, &to), what);
        }
        let own = &self.bytes[pointer..pointer + 2];
        if let Some(next) = cells.get(n + 1) {
            let theirs = &self.bytes[*next..next + 2];
            let what = format_args!("{it} stands for the next, too");
            out.put(Kind::Doubled, || self.with(*next, own), what);
            let both = || self.with(pointer, &[theirs, own].concat());
            out.put(Kind::Exchanged, both, format_args!("{it} and the next change places"));
        }
        let Some(at) = self.cell(page, pointer) else { return };
        if self.kind(page) == ROWS {
            self.change_row(page, (n, cells), at, &it, out);
        }
        let what = format_args!("{it} is said to be longer than any file");
        out.put(Kind::Enlarged, || self.with(at, &[0xff; 9]), what);
    }

    /// Adds the changes to a row: its length, its number, and the record: the length of its header, the type of each column, the columns.
    fn change_row(
        &self,
        page: usize,
        (n, cells): (usize, &[usize]),
        at: usize,
        it: &str,
        out: &mut Mutations<'_>,
    ) {
        let Some(id) = self.after(at) else { return };
        let Some(record) = self.after(id) else { return };
        // An index leads to a row by its number: with another's, it leads to another's row. Rows stand in the order of their numbers.
        let next = cells.get(n + 1).and_then(|next| self.after(self.cell(page, *next)?));
        if let Some(other) = next {
            let both = || {
                let mut both = self.bytes.to_owned();
                both.swap(id, other);
                both[cells[n]..cells[n] + 4].rotate_left(2);
                both
            };
            let what = format_args!("{it} and the next have each other's number");
            out.must(Kind::Spliced, both, what);
        }
        let what = format_args!("the header of {it} is said to be longer");
        out.put(Kind::Enlarged, || self.with(record, &[0x7f]), what);
        let end = record + usize::from(self.bytes[record]);
        let mut column = record + 1;
        for number in 1.. {
            let Some(next) = self.after(column).filter(|next| *next <= end) else { break };
            let of = format!("column {number} of {it}");
            // A longer spelling of 0: NULL takes no bytes, whatever stands there.
            let null = || self.with(column, &[vec![0x80; next - column - 1], vec![0]].concat());
            out.put(Kind::Retyped, null, format_args!("{of} is NULL"));
            // The lowest bit says whether it is text or bytes.
            let last = self.bytes[next - 1];
            let other = || self.with(next - 1, &[last ^ 1]);
            out.put(Kind::Retyped, other, format_args!("{of} is bytes where it was text"));
            let longer = (last & 0x80) | (last.wrapping_add(2) & 0x7f);
            let longer = || self.with(next - 1, &[longer]);
            out.put(Kind::Enlarged, longer, format_args!("{of} is said to be a byte longer"));
            column = next;
        }
    }

    /// Returns the offset after a number of variable length: the last of at most nine bytes has no high bit.
    fn after(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..)?;
        let last = bytes.iter().take(9).position(|byte| byte & 0x80 == 0);
        last.or((bytes.len() >= 9).then_some(8)).map(|last| at + last + 1)
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use rusqlite::types::Value;
    use rusqlite::{Connection, Result};

    use super::*;

    fn data_of(id: &str) -> String {
        format!("{{{id}}}").repeat(40)
    }

    /// Makes a database with two sessions in a table, as the bundled store keeps them.
    fn database(path: &Path, ids: [&str; 2]) -> Vec<u8> {
        let connection = Connection::open(path).unwrap();
        let table = "CREATE TABLE s (id TEXT PRIMARY KEY, data TEXT NOT NULL, expires INTEGER)";
        connection.execute(table, ()).unwrap();
        for id in ids {
            let row = (id, data_of(id), 7);
            connection.execute("INSERT INTO s VALUES (?1, ?2, ?3)", row).unwrap();
        }
        drop(connection);
        fs::read(path).unwrap()
    }

    /// Returns what SQLite finds of a session, and its check of the whole file.
    fn read(path: &Path, bytes: &[u8]) -> (Result<Value>, Result<String>) {
        fs::write(path, bytes).unwrap();
        let ask = |query: &str| Connection::open(path)?.query_row(query, (), |row| row.get(0));
        let check = Connection::open(path)
            .and_then(|file| file.query_row("PRAGMA integrity_check", (), |row| row.get(0)));
        (ask("SELECT data FROM s WHERE id = 'alpha'"), check)
    }

    #[test]
    fn sqlite_sees_what_is_said_of_each_change() {
        let dir = tempfile::tempdir().unwrap();
        let whole = database(&dir.path().join("one"), ["alpha", "beta"]);
        let other = database(&dir.path().join("two"), ["gamma", "delta"]);
        let all = sqlite(&whole, Some(&other)).unwrap().all();
        let path = dir.path().join("changed");
        let found = |what: &str| {
            let one = all.iter().find(|one| one.what == what);
            read(&path, &one.unwrap_or_else(|| panic!("no change {what:?}")).bytes).0
        };
        let text = |id: &str| Ok(Value::Text(data_of(id)));
        assert_eq!(read(&path, &whole).0, text("alpha"));
        assert_eq!(found("cell 1 of page 2 and the next have each other's number"), text("beta"));
        assert_eq!(found("column 2 of cell 1 of page 2 is NULL"), Ok(Value::Null));
        let bytes = found("column 2 of cell 1 of page 2 is bytes where it was text");
        assert!(matches!(bytes, Ok(Value::Blob(_))), "{bytes:?}");
        let longer = found("column 2 of cell 1 of page 2 is said to be a byte longer");
        assert!(longer != text("alpha"), "{longer:?}");
        assert!(found("without page 3").is_err());
        assert!(found("page 2 leads to itself").is_err());
    }

    #[test]
    fn nearly_every_change_is_one_to_sqlite() {
        let dir = tempfile::tempdir().unwrap();
        let whole = database(&dir.path().join("one"), ["alpha", "beta"]);
        let all = sqlite(&whole, None).unwrap().all();
        let path = dir.path().join("changed");
        let harmless = |bytes: &[u8]| {
            let (session, check) = read(&path, bytes);
            session == Ok(Value::Text(data_of("alpha"))) && check.is_ok_and(|said| said == "ok")
        };
        assert!(harmless(&whole));
        // What SQLite does not look at, or reads as what it was.
        let harmless_to_it = |what: &str| {
            what.ends_with("stands at the end, too")
                || what.ends_with("is bytes where it was text")
                || HEADERS[..]
                    .iter()
                    .any(|(at, .., said)| [18, 40, 56].contains(at) && *said == what)
        };
        for one in all.iter().filter(|one| harmless(&one.bytes)) {
            assert!(harmless_to_it(&one.what), "{} changes nothing", one.what);
        }
        assert!(all.len() > 60, "{}", all.len());
    }

    #[test]
    fn what_is_no_database_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let whole = database(&dir.path().join("one"), ["alpha", "beta"]);
        assert!(sqlite(&whole[..whole.len() - 1], None).is_none());
        assert!(sqlite(&whole[..50], None).is_none() && sqlite(b"", None).is_none());
        // Whatever pages say, nothing here is read that is not there.
        for seed in 0..=255_u8 {
            let mut wild = whole.clone();
            wild[100..].iter_mut().enumerate().for_each(|(n, byte)| {
                *byte = byte.wrapping_add((n as u8).wrapping_mul(seed));
            });
            let _ = sqlite(&wild, Some(&whole)).map(|changes| changes.all());
        }
    }
}
