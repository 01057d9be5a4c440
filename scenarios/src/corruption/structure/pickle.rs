//! Python's pickles, as Beaker and cachelib keep sessions in them: <https://docs.python.org/3/library/pickletools.html>.
//!
//! A pickle is a program for a machine with a stack; what is changed here are its instructions. Protocols 2 to 5 begin with the instruction
//! PROTO. Protocols 0 and 1 do not, so a file is one of those if all of it runs on the stack without taking what is not there.

use super::mutation::{Changes, DEEP, Kind, LONG, Mutations};

/// Number of instructions that get every change each.
const INSTRUCTIONS: usize = 120;
/// Upper limit of bytes before a pickle: cachelib writes the session's end there.
const BEFORE: usize = 8;

const PROTO: u8 = 0x80;
const FRAME: u8 = 0x95;
const STOP: u8 = b'.';
const LIST: u8 = b']';
const APPEND: u8 = b'a';
const UNICODE: u8 = b'X';

/// Argument behind an instruction.
#[derive(Clone, Copy)]
enum Argument {
    Bytes(usize),
    Lines(usize),
    /// Bytes whose count is a number of so many bytes.
    Counted(usize),
}

/// Contents that a pickle never has, with their descriptions: each takes the place of the whole.
const WHOLES: [(&[u8], Kind, &str); 8] = [
    (b"\x80\x02]q\x00h\x00a.", Kind::Nested, "a list that is in itself"),
    (b"\x80\x02}q\x00X\x01\0\0\0ah\x00s.", Kind::Nested, "a dict that is in itself"),
    (b"\x80\x02\x8b\xff\xff\xff\x7f.", Kind::Enlarged, "a number of 2 GiB"),
    (b"\x80\x02X\xff\xff\xff\xffx.", Kind::Enlarged, "a string of 4 GiB"),
    (b"\x80\x02Nr\xff\xff\xff\xff.", Kind::Enlarged, "a memo of 4,294,967,295 places"),
    (b"\x80\x02Pinterloper\n.", Kind::Spelt, "an object that is kept elsewhere"),
    (b"\x80\x02\x82\x01.", Kind::Spelt, "an object of the registry of extensions"),
    (b"\x80\x02cinterloper_nowhere\nNothing\n)R.", Kind::Spelt, "an object of no module"),
];

/// Replacements for a value, with their descriptions.
const VALUES: [(&[u8], &str); 7] = [
    (b"N", "None"),
    (b"\x88", "True"),
    (b"K\x07", "7"),
    (b"X\0\0\0\0", "an empty string"),
    (b"]", "an empty list"),
    (b"}", "an empty dict"),
    (b"G\x7f\xf8\0\0\0\0\0\0", "NaN"),
];

/// Returns the changes of a file that is a pickle, or has one behind a few bytes.
pub(super) fn pickle<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let (before, program) = split(whole)?;
    let theirs = other.and_then(split).map(|(_, program)| program).unwrap_or_default();
    // As it is without frames.
    let unchanged = [before, &program.concat()].concat();
    Some(Changes::of(unchanged, move |out| {
        change_whole(whole, before, &program, out);
        // Neither the first instruction nor the last: those are above.
        for n in 1..(program.len() - 1).min(INSTRUCTIONS) {
            change_instruction(before, &program, n, theirs.get(n).copied(), out);
        }
    }))
}

/// Adds the changes to the whole pickle.
fn change_whole(whole: &[u8], before: &[u8], program: &[&[u8]], out: &mut Mutations<'_>) {
    let instead = |pickle: &[u8]| [before, pickle].concat();
    for (pickle, kind, what) in WHOLES {
        out.must(kind, || instead(pickle), what);
    }
    let deep = || {
        let lists = [&[PROTO, 2][..], &vec![LIST; DEEP], &vec![APPEND; DEEP - 1], &[STOP]];
        instead(&lists.concat())
    };
    out.must(Kind::Nested, deep, "lists in lists, very deep");
    out.must(Kind::Doubled, || whole.repeat(2), "the pickle twice");
    let cut = || instead(&program[..program.len() - 1].concat());
    out.must(Kind::Spelt, cut, "without its last instruction");
    // In protocols 0 and 1 the first instruction is empty, and the second is no PROTO.
    let later = || instead(&[&[PROTO, 0xff][..], &program[1..].concat()].concat());
    out.must(Kind::Spelt, later, "its protocol is 255");
    let frame = || instead(&[program[0], &[FRAME], &[0xff; 8], &program[1..].concat()].concat());
    out.must(Kind::Enlarged, frame, "a frame of 2^64 - 1 bytes");
}

/// Adds the changes to the n-th instruction.
fn change_instruction(
    before: &[u8],
    program: &[&[u8]],
    n: usize,
    theirs: Option<&[u8]>,
    out: &mut Mutations<'_>,
) {
    let code = program[n];
    let at = format!("instruction {n}, {}", word(code));
    // Other instructions in the place of so many.
    let instead = |count: usize, new: &[&[u8]]| {
        let rest = program[n + count..].iter();
        let all = program[..n].iter().chain(new).chain(rest);
        std::iter::once(&before).chain(all).copied().collect::<Vec<_>>().concat()
    };
    out.put(Kind::Dropped, || instead(1, &[]), format_args!("without {at}"));
    out.put(Kind::Doubled, || instead(1, &[code, code]), format_args!("{at} twice"));
    if n + 2 < program.len() {
        let what = format_args!("{at} and the next change places");
        out.put(Kind::Exchanged, || instead(2, &[program[n + 1], code]), what);
    }
    if !is_value(code) {
        return;
    }
    for (value, word) in VALUES {
        out.put(Kind::Retyped, || instead(1, &[value]), format_args!("{at} is {word}"));
    }
    let text = |bytes: &[u8]| [&[UNICODE], &(bytes.len() as u32).to_le_bytes()[..], bytes].concat();
    let long = || instead(1, &[&text(&vec![b'x'; LONG])]);
    out.put(Kind::Enlarged, long, format_args!("{at} is very long"));
    out.put(Kind::Nested, || instead(1, &[code, b"\x85"]), format_args!("{at} in a tuple"));
    let odd = || instead(1, &[&text(b"\xff")]);
    out.put(Kind::Spelt, odd, format_args!("{at} is not UTF-8"));
    if let Some(theirs) = theirs.filter(|theirs| is_value(theirs)) {
        let what = format_args!("{at} is another session's");
        out.put(Kind::Spliced, || instead(1, &[theirs]), what);
    }
}

/// Splits into the bytes before a pickle and its instructions. A pickle of protocol 0 or 1 begins at the file's first byte, or behind a
/// number of 4 or 8 bytes; others may begin behind any few bytes, some of which may look like PROTO.
fn split(whole: &[u8]) -> Option<(&[u8], Vec<&[u8]>)> {
    let begins = |at: usize| {
        let (before, rest) = whole.split_at_checked(at)?;
        program(rest).map(|program| (before, program))
    };
    let proto = |at: &usize| {
        let two = whole.get(*at..at + 2);
        two.is_some_and(|two| two[0] == PROTO && matches!(two[1], 2..=5))
    };
    let named = (0..=BEFORE).filter(proto).find_map(begins);
    named.or_else(|| [0, 4, BEFORE].into_iter().find_map(begins))
}

/// Returns the instructions of a pickle that is all of the bytes, without frames: those say where others may be read from, and nothing of
/// the session. The first one is PROTO, or empty in protocols 0 and 1.
fn program(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let named = bytes.first() == Some(&PROTO);
    let mut program = if named { Vec::new() } else { vec![&bytes[..0]] };
    let (mut rest, mut stack) = (bytes, Stack::default());
    while let Some(code) = rest.first() {
        let (instruction, after) = rest.split_at_checked(length(rest)?)?;
        // PROTO stands once.
        if *code == PROTO && !program.is_empty() {
            return None;
        }
        stack.run(*code)?;
        if *code != FRAME {
            program.push(instruction);
        }
        rest = after;
        if *code == STOP {
            break;
        }
    }
    let ends = program.last() == Some(&&[STOP][..]) && rest.is_empty();
    // One value and STOP are too few to tell text from a pickle that does not say what it is.
    let least = if named { 3 } else { 4 };
    (ends && program.len() >= least).then_some(program)
}

/// The machine's stack, without its values: how many there are above each mark, and below the first.
struct Stack(Vec<usize>);

impl Default for Stack {
    fn default() -> Stack {
        Stack(vec![0])
    }
}

impl Stack {
    /// Runs an instruction; `None` if it takes a value or a mark that is not there. `pickletools` has what each takes and gives.
    fn run(&mut self, code: u8) -> Option<()> {
        match code {
            b'(' => self.0.push(0),
            b'.' => return (self.0 == [1]).then_some(()),
            PROTO | FRAME => {}
            // To the mark.
            b'1' => return self.mark(0, 0),
            b'd' | b'l' | b't' | b'i' | b'o' | 0x91 => return self.mark(0, 1),
            b'e' | b'u' | 0x90 => return self.mark(1, 1),
            b'0' => return self.take(1, 0),
            b'2' => return self.take(1, 2),
            b'p' | b'q' | b'r' | 0x94 | b'Q' | 0x85 | 0x98 => return self.take(1, 1),
            b'R' | b'b' | b'a' | 0x81 | 0x86 | 0x93 => return self.take(2, 1),
            b's' | 0x87 | 0x92 => return self.take(3, 1),
            _ => return self.take(0, 1),
        }
        Some(())
    }

    fn take(&mut self, taken: usize, given: usize) -> Option<()> {
        let values = self.0.last_mut()?;
        *values = values.checked_sub(taken)? + given;
        Some(())
    }

    /// Takes all above the last mark, and the mark.
    fn mark(&mut self, taken: usize, given: usize) -> Option<()> {
        self.0.pop()?;
        self.take(taken, given)
    }
}

/// Returns the length of the pickle that the bytes begin with, whatever comes after it; `None` if they begin with none.
pub(in crate::corruption) fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        at = at.checked_add(length(rest)?).filter(|end| *end <= bytes.len())?;
        if rest[0] == STOP {
            return Some(at);
        }
    }
}

/// Returns the length of the first instruction with its argument.
fn length(bytes: &[u8]) -> Option<usize> {
    let behind = match argument(*bytes.first()?)? {
        Argument::Bytes(count) => count,
        Argument::Lines(count) => {
            let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.nth(count - 1)?.0
        }
        Argument::Counted(size) => {
            let number = bytes.get(1..=size)?;
            let count = number.iter().rev().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
            usize::try_from(count).ok()?.checked_add(size)?
        }
    };
    behind.checked_add(1)
}

fn argument(code: u8) -> Option<Argument> {
    Some(match code {
        b'('
        | b'.'
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'Q'
        | b'R'
        | b'a'
        | b'b'
        | b'd'
        | b'}'
        | b'e'
        | b'l'
        | b']'
        | b'o'
        | b's'
        | b't'
        | b')'
        | b'u'
        | 0x81
        | 0x85..=0x89
        | 0x8f..=0x94
        | 0x97
        | 0x98 => Argument::Bytes(0),
        b'K' | b'h' | b'q' | PROTO | 0x82 => Argument::Bytes(1),
        b'M' | 0x83 => Argument::Bytes(2),
        b'J' | b'j' | b'r' | 0x84 => Argument::Bytes(4),
        b'G' | FRAME => Argument::Bytes(8),
        b'F' | b'I' | b'L' | b'P' | b'S' | b'V' | b'g' | b'p' => Argument::Lines(1),
        b'c' | b'i' => Argument::Lines(2),
        b'U' | 0x8c | b'C' | 0x8a => Argument::Counted(1),
        b'T' | UNICODE | b'B' | 0x8b => Argument::Counted(4),
        0x8d | 0x8e | 0x96 => Argument::Counted(8),
        _ => return None,
    })
}

/// Returns whether it puts a value on the stack that has none below it.
fn is_value(instruction: &[u8]) -> bool {
    matches!(
        instruction[0],
        b'N' | b'I'
            | b'L'
            | b'F'
            | b'S'
            | b'V'
            | b'K'
            | b'M'
            | b'J'
            | b'G'
            | b'U'
            | b'T'
            | b'C'
            | b'B'
            | UNICODE
            | 0x88..=0x8e
    )
}

/// Returns an instruction as `pickletools` would be asked for it: its code, and the text behind it where there is one.
fn word(instruction: &[u8]) -> String {
    let code = instruction[0];
    let behind = match argument(code) {
        Some(Argument::Counted(size)) => &instruction[size + 1..],
        _ => &[],
    };
    match std::str::from_utf8(behind) {
        Ok(text) if !text.is_empty() && text.len() <= 40 => format!("{code:#04x} {text:?}"),
        _ => format!("{code:#04x}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// Pickles of a session in each protocol, a line each: in hexadecimal, and where its instructions begin.
    const WRITER: &str = r#"
import pickle, pickletools
for user in "alpha", "beta":
    session = {"_id": user * 9, "n": [1, 300, 70000, 2**40, -1, 1.5], "t": (None, True, user), "b": user.encode(), "s": {user}}
    for protocol in 0, 1, 2, 3, 4, 5:
        text = pickle.dumps(session, protocol)
        at = [str(at) for code, _, at in pickletools.genops(text) if code.name != "FRAME"]
        print(text.hex(), ",".join(at))
"#;

    /// Reads a pickle in hexadecimal from each line, and says what it is: two names are looked up, which it needs in protocol 2.
    const READER: &str = r#"
import codecs, io, pickle, sys
class Reader(pickle.Unpickler):
    def find_class(self, module, name): return {"set": set, "encode": codecs.encode}[name]
for line in sys.stdin:
    try: print("ok", repr(Reader(io.BytesIO(bytes.fromhex(line))).load())[:200].encode("unicode_escape").decode())
    except Exception as error: print("err", type(error).__name__)
"#;

    fn python(program: &str, input: String) -> Vec<String> {
        let mut python = Command::new("python3")
            .args(["-c", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("this test needs python3: {error}"));
        let mut to = python.stdin.take().unwrap();
        let writer = std::thread::spawn(move || to.write_all(input.as_bytes()));
        let done = python.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(done.status.success());
        String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn from_hex(text: &str) -> Vec<u8> {
        let digits = text.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap());
        digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect()
    }

    /// Returns for each protocol a session's pickle, the offsets of its instructions, and another session's pickle.
    fn pickles() -> Vec<(Vec<u8>, Vec<usize>, Vec<u8>)> {
        let lines = python(WRITER, String::new());
        let (ours, theirs) = lines.split_at(lines.len() / 2);
        let pair = ours.iter().zip(theirs).map(|(ours, theirs)| {
            let (bytes, at) = ours.split_once(' ').unwrap();
            let at = at.split(',').map(|at| at.parse().unwrap()).collect();
            (from_hex(bytes), at, from_hex(theirs.split_once(' ').unwrap().0))
        });
        pair.collect()
    }

    #[test]
    fn instructions_begin_where_python_says() {
        for (bytes, at, _) in pickles() {
            let (before, program) = split(&bytes).unwrap();
            let begins = program
                .iter()
                .filter(|one| !one.is_empty())
                .map(|one| one.as_ptr() as usize - bytes.as_ptr() as usize);
            assert_eq!((before, begins.collect::<Vec<_>>()), (&b""[..], at));
            let late = [b"\x01\x02\x03\x04", &bytes[..]].concat();
            assert_eq!(split(&late).unwrap().0, b"\x01\x02\x03\x04");
        }
    }

    #[test]
    fn python_reads_another_session_or_refuses() {
        let small = |one: &&super::super::mutation::Mutation| one.bytes.len() < LONG;
        for (bytes, _, theirs) in pickles() {
            let all = pickle(&bytes, Some(&theirs)).unwrap().all();
            let all: Vec<_> = all.iter().filter(small).collect();
            let lines = all.iter().map(|one| hex(&one.bytes) + "\n").collect::<String>();
            let read = python(READER, hex(&bytes) + "\n" + &lines);
            let (whole, read) = read.split_first().unwrap();
            assert!(whole.starts_with("ok") && read.len() == all.len(), "{whole}");
            let same = read.iter().filter(|line| *line == whole).count();
            let refused = read.iter().filter(|line| line.starts_with("err")).count();
            // Memo instructions may be missing without harm; most are not.
            assert!(same * 4 < all.len(), "{same} of {} change nothing", all.len());
            assert!(
                refused > 20 && refused + same < all.len(),
                "{refused} refused of {}",
                all.len()
            );
            let of = |what: &str| {
                let n = all.iter().position(|one| one.what.contains(what));
                &read[n.unwrap_or_else(|| panic!("no change {what:?}"))]
            };
            assert!(of("a list that is in itself").contains("[[...]]"));
            let spliced = of("another session's");
            assert!(spliced.contains("betabeta"), "{spliced}");
            assert!(of("2^64 - 1").starts_with("err"));
        }
    }

    /// cachelib writes the end of a session before its pickle: here a time of 2026 that looks like PROTO itself.
    #[test]
    fn a_time_that_looks_like_a_pickle_is_none() {
        let whole = include_bytes!("cases/pickle-cachelib-time-8002.bin");
        let (before, program) = split(whole).unwrap();
        assert_eq!((before, program[0]), (&whole[..4], &[PROTO, 5][..]));
        let (bytes, ..) = pickles().pop().unwrap();
        for protocol in 2..=5 {
            for time in [
                [PROTO, protocol, 0x51, 0x6a],
                [0x51, PROTO, protocol, 0x6a],
                [0x6a, 0x51, PROTO, protocol],
            ] {
                let late = [&time[..], &bytes].concat();
                assert_eq!(split(&late).map(|(before, _)| before), Some(&time[..]));
            }
        }
    }

    #[test]
    fn a_pickle_of_protocol_0_has_changes() {
        let whole = include_bytes!("cases/pickle-protocol-0");
        let all = pickle(whole, None).unwrap().all();
        assert!(all.iter().any(|one| one.what == "its protocol is 255"));
        assert!(all.len() > 60, "{}", all.len());
    }

    #[test]
    fn what_is_no_pickle_is_left_alone() {
        for bytes in [
            // Each letter is an instruction, and what they take is not there.
            &b"bad."[..],
            b"Nus.",
            b"(NNa",
            b"(N.",
            b"I5\n.",
            b"NN0.x",
            b"",
            b"\x80\x02",
            b"\x80\x02.",
            b"\x80\x02N",
            b"\x80\x02X\xff\xff\xff\xff.",
            b"N.",
        ] {
            assert!(pickle(bytes, None).is_none(), "{bytes:?}");
        }
    }
}
