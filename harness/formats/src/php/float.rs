//! Floats in PHP's spelling.

/// A float as `serialize()` spells it with a `serialize_precision` of -1, the default, or of 17, which was it once. The two differ, so the
/// spelling is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Float(String);

impl Float {
    /// Returns a float of that spelling: `0.1`, `-1.0E+25`, `INF`, `-INF` or `NAN`. `None` if PHP spells the number in another way.
    pub fn new(text: &str) -> Option<Float> {
        let begins =
            text.strip_prefix('-').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit());
        let number = begins.then(|| text.parse::<f64>().ok()).flatten();
        let number = number.filter(|number| number.is_finite());
        // Sixteen digits after the first are seventeen.
        let spelt = number.is_some_and(|number| {
            shortest(number).any(|digits| spelling(&digits) == text)
                || spelling(&format!("{number:.16e}")) == text
        });
        (spelt || matches!(text, "INF" | "-INF" | "NAN")).then(|| Float(text.to_owned()))
    }

    /// Returns its spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its value.
    pub fn value(&self) -> f64 {
        self.0.to_ascii_lowercase().parse().unwrap_or(f64::NAN)
    }
}

/// Returns the shortest spellings of a number. Of two that are as near, PHP takes the even one and Rust the other.
fn shortest(number: f64) -> impl Iterator<Item = String> {
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (first, last) = mantissa.split_at(mantissa.len() - 1);
    let last = last.bytes().next().unwrap_or_default();
    let near = [last, last - 1, last + 1].into_iter().filter(u8::is_ascii_digit);
    let texts = near.map(|last| format!("{first}{}e{exponent}", char::from(last)));
    texts.filter(|text| text.parse() == Ok(number)).collect::<Vec<_>>().into_iter()
}

/// Spells a number as `php_gcvt` in `main/snprintf.c` does, from its spelling in Rust: `-1.25e7`.
///
/// An exponent is written if the point is more than 3 places before the digits, or more than 17 behind the first.
fn spelling(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (minus, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    let zeros = |count: usize| "0".repeat(count);
    match exponent {
        ..-4 | 17.. => {
            let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
            format!("{minus}{}.{rest}E{exponent:+}", &digits[..1])
        }
        ..0 => format!("{minus}0.{}{digits}", zeros((-exponent - 1) as usize)),
        _ => {
            let whole = exponent as usize + 1;
            match digits.split_at_checked(whole) {
                Some((whole, "")) => format!("{minus}{whole}"),
                Some((whole, fraction)) => format!("{minus}{whole}.{fraction}"),
                None => format!("{minus}{digits}{}", zeros(whole - digits.len())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PHP 8.2 wrote them, the first with a precision of -1 and the last three with 17.
    #[test]
    fn the_spellings_of_php_are_read() {
        for (text, value) in [
            ("-0", -0.0),
            ("0.1", 0.1),
            ("1000000000000000", 1e15),
            ("10000000000000000", 1e16),
            ("1.0E+17", 1e17),
            ("1.2345678901234568E+17", 123_456_789_012_345_678.0),
            ("0.0001", 1e-4),
            ("1.0E-5", 1e-5),
            ("1.5E+300", 1.5e300),
            ("INF", f64::INFINITY),
            ("901865903728601.2", 901_865_903_728_601.2),
            ("0.10000000000000001", 0.1),
            ("1.0000000000000001E-5", 1e-5),
            ("1.5000000000000001E+300", 1.5e300),
        ] {
            assert_eq!(Float::new(text).map(|float| float.value()), Some(value), "{text}");
        }
        assert!(Float::new("NAN").is_some_and(|float| float.value().is_nan()));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "1E5",
            "1.0E+",
            "inf",
            "0x1",
            "--1",
            "+1",
            "007.5",
            "1.50",
            "1.0E+05",
            "1.0E+5",
            "1.0",
            "0.0",
            "0.00001",
            "1.0E+16",
            "0.1000000000000000055511",
            "1e5",
            "1.0E+400",
            "-NAN",
        ] {
            assert_eq!(Float::new(text), None, "{text}");
        }
    }
}
