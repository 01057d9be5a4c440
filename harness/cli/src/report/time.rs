//! Times in words and in the one form machines agree on.

/// Returns a time in Unix seconds as RFC 3339 in UTC: `2026-04-14T10:00:00Z`.
pub(crate) fn utc(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Returns the date of a day counted from 1970-01-01.
///
/// Years are taken to begin in March, so that the leap day is a year's last and every month's length follows one
/// line; 146 097 is the number of days in 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Returns a duration in milliseconds for people: `0.8 s`, `12 s`, `3 min 4 s`, `2 h 5 min`.
pub(crate) fn took(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, millis % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{took, utc};

    #[test]
    fn dates_around_leap_days_and_the_epoch() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(utc(1_776_160_800), "2026-04-14T10:00:00Z");
    }

    #[test]
    fn durations_keep_what_matters() {
        assert_eq!(took(840), "0.8 s");
        assert_eq!(took(12_345), "12 s");
        assert_eq!(took(184_000), "3 min 4 s");
        assert_eq!(took(7_500_000), "2 h 5 min");
    }
}
