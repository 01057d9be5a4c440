//! Tables of a SQLite database, read from its bytes: <https://www.sqlite.org/fileformat2.html>.
//!
//! Only what a browser's cookies need: rows of ordinary tables in UTF-8. A log beside the file (WAL) is not looked at, nor are indexes and free
//! pages. Each page is read once at most, so a database whose pages lead to each other ends, and costs no more than its size.

use std::collections::HashSet;

use crate::error::{Error, Reason};
use crate::limits::check_length;
use crate::reader::Reader;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// The header of the file, before the first page's own.
const HEADER: usize = 100;
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;
/// So many levels no tree of 2^31 pages has.
const MAX_LEVELS: usize = 40;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// An integer.
    Int(i64),
    /// A float.
    Real(f64),
    /// A text, in UTF-8 unless somebody damaged it.
    Text(Vec<u8>),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number, which an `INTEGER PRIMARY KEY` has instead of a value.
    pub id: i64,
    /// Its values; a row that is older than its table's last columns has fewer.
    pub cells: Vec<Cell>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The page that its tree begins with.
    root: usize,
}

/// A database.
pub struct Database<'a> {
    bytes: &'a [u8],
    /// Size of a page, in bytes.
    size: usize,
    /// What of it is used.
    usable: usize,
}

impl<'a> Database<'a> {
    /// Returns a database, of which nothing but the header was read.
    ///
    /// # Errors
    /// Where it is none, its text is no UTF-8, or it is too long.
    pub fn new(bytes: &'a [u8]) -> Result<Database<'a>, Error> {
        check_length(bytes)?;
        let expected = |at, what| Err(Error::new(at, Reason::Expected(what)));
        if !bytes.starts_with(MAGIC) || bytes.len() < HEADER {
            return expected(0, "a database of SQLite");
        }
        let size = match number(&bytes[16..18]) {
            1 => 65_536,
            size => size,
        };
        let usable = size.saturating_sub(bytes[20].into());
        if !size.is_power_of_two() || size < 512 || usable < 480 {
            return expected(16, "the size of a page");
        }
        // 0 stands in a database in which no text was ever kept.
        if number(&bytes[56..60]) > 1 {
            return expected(56, "UTF-8");
        }
        Ok(Database { bytes, size, usable })
    }

    /// Returns the number that the application gave its schema: `PRAGMA user_version`.
    pub fn user_version(&self) -> u32 {
        number(&self.bytes[60..64]) as u32
    }

    /// Returns its tables.
    ///
    /// # Errors
    /// What is wrong with the database, and where.
    pub fn tables(&self) -> Result<Vec<Table>, Error> {
        let table = |row: Row| match row.cells.as_slice() {
            [Cell::Text(kind), Cell::Text(name), _, Cell::Int(root), Cell::Text(sql), ..]
                if kind == b"table" =>
            {
                Some(Table {
                    name: String::from_utf8_lossy(name).into_owned(),
                    columns: columns(&String::from_utf8_lossy(sql)),
                    root: usize::try_from(*root).ok()?,
                })
            }
            _ => None,
        };
        Ok(self.rows_below(1)?.into_iter().filter_map(table).collect())
    }

    /// Returns the rows of a table, in the order of their numbers.
    ///
    /// # Errors
    /// What is wrong with the database, and where.
    pub fn rows(&self, table: &Table) -> Result<Vec<Row>, Error> {
        self.rows_below(table.root)
    }

    fn rows_below(&self, root: usize) -> Result<Vec<Row>, Error> {
        let mut walk = Walk { database: self, seen: HashSet::new(), rows: Vec::new() };
        walk.page(root, 0)?;
        Ok(walk.rows)
    }

    /// Returns the offset of a page, which are numbered from 1.
    fn offset(&self, page: usize, from: usize) -> Result<usize, Error> {
        let offset = page.checked_sub(1).and_then(|page| page.checked_mul(self.size));
        offset
            .filter(|offset| {
                offset.checked_add(self.size).is_some_and(|end| end <= self.bytes.len())
            })
            .ok_or(Error::new(from, Reason::Range("the number of a page")))
    }
}

/// A walk over the pages of one tree.
struct Walk<'a, 'b> {
    database: &'a Database<'b>,
    seen: HashSet<usize>,
    rows: Vec<Row>,
}

impl<'b> Walk<'_, 'b> {
    /// Returns the offset of a page that was not there before.
    fn enter(&mut self, page: usize, from: usize) -> Result<usize, Error> {
        let offset = self.database.offset(page, from)?;
        match self.seen.insert(page) {
            true => Ok(offset),
            false => Err(Error::new(from, Reason::Twice("a page"))),
        }
    }

    fn page(&mut self, page: usize, level: usize) -> Result<(), Error> {
        let from = if page == 1 { HEADER } else { 0 };
        let offset = self.enter(page, 0)?;
        let head = offset + from;
        if level > MAX_LEVELS {
            return Err(Error::new(head, Reason::TooDeep));
        }
        let bytes = self.database.bytes;
        let (kind, count) = (bytes[head], number(&bytes[head + 3..head + 5]));
        let first = match kind {
            INTERIOR => head + 12,
            LEAF => head + 8,
            _ => return Err(Error::new(head, Reason::Expected("a page of a table"))),
        };
        if first + 2 * count > offset + self.database.size {
            return Err(Error::new(head + 3, Reason::Range("the number of cells")));
        }
        for pointer in (0..count).map(|nth| first + 2 * nth) {
            let cell = offset + number(&bytes[pointer..pointer + 2]);
            if cell + 4 > offset + self.database.size {
                return Err(Error::new(pointer, Reason::Range("the place of a cell")));
            }
            match kind {
                INTERIOR => self.page(number(&bytes[cell..cell + 4]), level + 1)?,
                _ => self.row(cell, offset + self.database.usable)?,
            }
        }
        match kind {
            INTERIOR => self.page(number(&bytes[head + 8..head + 12]), level + 1),
            _ => Ok(()),
        }
    }

    /// A cell of a leaf: the length of its record, its number, and as much of the record as fits.
    fn row(&mut self, cell: usize, end: usize) -> Result<(), Error> {
        let bytes = self.database.bytes;
        // The end of a page may be reserved for others.
        let here =
            bytes.get(cell..end).ok_or(Error::new(cell, Reason::Range("the place of a cell")))?;
        let mut reader = Reader::new(here)?;
        let at = |error: Error| Error::new(cell + error.at, error.reason);
        let length = varint(&mut reader).map_err(at)?;
        let id = varint(&mut reader).map_err(at)?;
        let length = usize::try_from(length)
            .ok()
            .filter(|&length| length <= bytes.len())
            .ok_or(Error::new(cell, Reason::Range("the length of a record")))?;
        let here = self.local(length);
        let mut record = reader.take(here).map_err(at)?.to_vec();
        if here < length {
            let next = number(&reader.array::<4>().map_err(at)?);
            self.overflow(next, length, &mut record, cell)?;
        }
        let cells = cells(&record).map_err(|error| Error::new(cell, error.reason))?;
        self.rows.push(Row { id, cells });
        Ok(())
    }

    /// How much of a record stands in its cell (section 1.6).
    fn local(&self, length: usize) -> usize {
        let usable = self.database.usable;
        let (most, least) = (usable - 35, (usable - 12) * 32 / 255 - 23);
        if length <= most {
            return length;
        }
        let some = least + (length - least) % (usable - 4);
        if some <= most { some } else { least }
    }

    fn overflow(
        &mut self,
        mut page: usize,
        length: usize,
        record: &mut Vec<u8>,
        from: usize,
    ) -> Result<(), Error> {
        while record.len() < length {
            let offset = self.enter(page, from)?;
            let rest = (length - record.len()).min(self.database.usable - 4);
            let bytes = self.database.bytes;
            record.extend(&bytes[offset + 4..offset + 4 + rest]);
            page = number(&bytes[offset..offset + 4]);
        }
        Ok(())
    }
}

/// A record: the length of its header, the type of each value, the values.
fn cells(record: &[u8]) -> Result<Vec<Cell>, Error> {
    let mut header = Reader::new(record)?;
    let length = usize::try_from(varint(&mut header)?).unwrap_or(usize::MAX);
    let mut body = Reader::new(record)?;
    body.take(length)?;
    let mut cells = Vec::new();
    while header.at() < length {
        let kind = varint(&mut header)?;
        let int = |bytes: &[u8]| {
            let minus = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
            let start = if minus { -1 } else { 0 };
            Cell::Int(bytes.iter().fold(start, |sum: i64, &byte| sum << 8 | i64::from(byte)))
        };
        let size = |kind: i64, less: i64| usize::try_from((kind - less) / 2).unwrap_or(usize::MAX);
        cells.push(match kind {
            0 => Cell::Null,
            1..=4 => int(body.take(kind as usize)?),
            5 => int(body.take(6)?),
            6 => int(body.take(8)?),
            7 => Cell::Real(f64::from_be_bytes(body.array()?)),
            8 => Cell::Int(0),
            9 => Cell::Int(1),
            12.. if kind % 2 == 0 => Cell::Blob(body.take(size(kind, 12))?.to_vec()),
            13.. => Cell::Text(body.take(size(kind, 13))?.to_vec()),
            _ => return Err(header.error(Reason::Expected("the type of a value"))),
        });
    }
    Ok(cells)
}

/// A number of one to nine bytes: seven bits each, and eight of the ninth.
fn varint(reader: &mut Reader<'_>) -> Result<i64, Error> {
    let mut number = 0_u64;
    for nth in 0..9 {
        let byte = reader.byte()?;
        if nth == 8 {
            number = number << 8 | u64::from(byte);
            break;
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(number.cast_signed())
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Returns the names of the columns of a CREATE TABLE, in their order.
fn columns(sql: &str) -> Vec<String> {
    let body = sql.split_once('(').map_or("", |(_, body)| body);
    let (mut parts, mut depth) = (vec![String::new()], 0_usize);
    for one in body.chars() {
        match one {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(one);
        }
    }
    let first = |part: &String| {
        let part = part.trim_start();
        let quoted = part.strip_prefix(['"', '`', '[']);
        match quoted {
            Some(rest) => rest.split(['"', '`', ']']).next().map(str::to_owned),
            None => part.split([' ', '\t', '\n', '\r', '(']).next().map(str::to_owned),
        }
    };
    let constraint = |name: &String| {
        ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", ""]
            .iter()
            .any(|word| name.eq_ignore_ascii_case(word))
    };
    parts.iter().filter_map(first).filter(|name| !constraint(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_names() {
        let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, \"a b\" TEXT DEFAULT 'x', c NUMERIC(5, 2), \
                   [d] TEXT,\n\te INTEGER CHECK(e > 0), CONSTRAINT u UNIQUE (id, c))";
        assert_eq!(columns(sql), ["id", "a b", "c", "d", "e"]);
        assert!(columns("CREATE TABLE t").is_empty());
    }

    #[test]
    fn numbers_of_every_length() {
        for (bytes, number) in [
            (&[0x00][..], 0),
            (&[0x7f], 127),
            (&[0x81, 0x00], 128),
            (&[0xff; 9], -1),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 1),
        ] {
            let mut reader = Reader::new(bytes).unwrap();
            assert_eq!(varint(&mut reader), Ok(number), "{bytes:?}");
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn what_is_no_database_is_refused() {
        for bytes in [&b""[..], b"SQLite format 3\0", &[0; 512]] {
            assert!(Database::new(bytes).is_err());
        }
    }
}
