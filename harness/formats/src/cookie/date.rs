//! Cookie dates: [RFC 6265 section 5.1.1](https://www.rfc-editor.org/rfc/rfc6265#section-5.1.1).

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const DAY: i64 = 86_400;

/// Reads a date as user agents do, in Unix seconds; `None` where there is none in it.
pub fn parse_date(bytes: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in bytes.split(|&byte| is_delimiter(byte)).filter(|token| !token.is_empty()) {
        if time.is_none() && take(&mut time, clock(token)) {
            continue;
        }
        if day.is_none() && take(&mut day, number(token, 1, 2)) {
            continue;
        }
        if month.is_none() && take(&mut month, month_of(token)) {
            continue;
        }
        if year.is_none() {
            take(&mut year, number(token, 2, 4));
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    let ((hour, minute, second), day, month) = (time?, day?, month?);
    let exists = year >= 1601
        && (1..=days_in(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 59;
    exists.then(|| days(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

/// Prints a date as RFC 9110 section 5.6.7 wants it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn print_date(seconds: i64) -> String {
    let (day_number, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(day_number);
    let weekday = DAYS[day_number.rem_euclid(7) as usize];
    let name = MONTHS[month as usize - 1];
    let month = format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

fn take<T>(place: &mut Option<T>, found: Option<T>) -> bool {
    *place = found;
    place.is_some()
}

/// `least` to `most` digits, then nothing or something that is no digit.
fn number(token: &[u8], least: usize, most: usize) -> Option<i64> {
    let digits = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (least..=most).contains(&digits).then(|| decimal(&token[..digits]))
}

fn decimal(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

fn clock(token: &[u8]) -> Option<(i64, i64, i64)> {
    let mut fields = token.splitn(3, |&byte| byte == b':');
    let mut whole = || fields.next().filter(|field| field.iter().all(u8::is_ascii_digit));
    let hour = number(whole()?, 1, 2)?;
    let minute = number(whole()?, 1, 2)?;
    Some((hour, minute, number(fields.next()?, 1, 2)?))
}

fn month_of(token: &[u8]) -> Option<i64> {
    let name = token.get(..3)?;
    MONTHS
        .iter()
        .zip(1..)
        .find(|(month, _)| name.eq_ignore_ascii_case(month.as_bytes()))
        .map(|(_, n)| n)
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day's number since 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// The year, month and day of a day's number.
fn civil(number: i64) -> (i64, i64, i64) {
    // A first guess that is never late, and at most one year early.
    let mut year = 1970 + number.div_euclid(366);
    if number < 0 {
        year = 1970 + number.div_euclid(365) - 1;
    }
    while days(year + 1, 1, 1) <= number {
        year += (number - days(year, 1, 1)).max(366) / 366;
    }
    let mut month = 1;
    while month < 12 && days(year, month + 1, 1) <= number {
        month += 1;
    }
    (year, month, number - days(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_of_the_rfcs() {
        let seconds = Some(784_111_777);
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse_date(text.as_bytes()), seconds, "{text}");
        }
        assert_eq!(print_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(parse_date(b"Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn dates_that_do_not_exist() {
        for text in [
            "31 Feb 2020 00:00:00",
            "29 Feb 2023 00:00:00",
            "1 Jan 1600 00:00:00",
            "1 Jan 2020 24:00:00",
            "1 Jan 2020 00:00",
            "",
        ] {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_date_is_read_back(seconds in -11_644_473_600i64..253_402_300_800) {
            prop_assert_eq!(parse_date(print_date(seconds).as_bytes()), Some(seconds));
        }
    }
}
