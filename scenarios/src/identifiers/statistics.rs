//! Statistics of ids, as information: what looks random need not be, and what does not look so is no proof of anything by itself.
//!
//! The tests are those that tools for ids have: monobit, poker, runs and the longest run (FIPS 140-1, section 4.11.1), serial (NIST SP 800-22,
//! section 2.11), chi squared of the characters at each place, repeats, and compression. Each but the last two gives the probability that random bits
//! would look at least as odd.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::estimate::alphabet_of;

/// Probability below which a test says that ids are odd: of many tests of many stores, none says it by chance.
const ODD: f64 = 0.000_01;
/// Part of their size below which bits are odd that were compressed. Random bits grow.
const COMPRESSED: f64 = 0.98;
/// The fewest bits of which something is said.
const FEWEST: usize = 4_000;

/// Results of the tests of ids.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statistics {
    /// Number of bits that were tested.
    pub(crate) bits: usize,
    /// The tests that say that ids are odd.
    pub(crate) odd: Vec<&'static str>,
}

/// Tests ids; `None` if too few bits of them vary, or they are written in no known alphabet.
pub(crate) fn of(ids: &[String]) -> Option<Statistics> {
    let (places, size) = digits(ids)?;
    let bits = bits(&places, size);
    if bits.len() < FEWEST {
        return None;
    }
    let tests = [
        ("monobit", monobit(&bits)),
        ("poker", poker(&bits)),
        ("runs", runs(&bits)),
        ("longest run", longest_run(&bits)),
        ("serial", serial(&bits, 3)),
        ("chi squared", chi_squared_at_each(&places, size)),
    ];
    let mut odd: Vec<&str> =
        tests.into_iter().filter(|(_, p)| *p < ODD).map(|(name, _)| name).collect();
    if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
        odd.push("repeats");
    }
    if compressed(&bits).is_some_and(|part| part < COMPRESSED) {
        odd.push("compression");
    }
    Some(Statistics { bits: bits.len(), odd })
}

impl Statistics {
    /// Returns a note about so many ids.
    pub(crate) fn note(&self, ids: usize) -> String {
        let Statistics { bits, odd } = self;
        let tests = "monobit, poker, runs, longest run, serial, chi squared, repeats, compression";
        match odd[..] {
            [] => format!(
                "statistics of {ids} ids, {bits} bits ({tests}): nothing odd, which proves nothing"
            ),
            _ => format!(
                "statistics of {ids} ids, {bits} bits ({tests}): odd by {}, which is worth a look",
                odd.join(", ")
            ),
        }
    }
}

/// Returns the characters as numbers, for each place that takes any character of the alphabet, and the alphabet's size.
fn digits(ids: &[String]) -> Option<(Vec<Vec<usize>>, usize)> {
    let length = ids.first()?.len();
    if ids.iter().any(|id| id.len() != length) {
        return None;
    }
    let at = |place: usize| ids.iter().map(move |id| id.as_bytes()[place]);
    let counted = |place: usize| -> BTreeMap<u8, usize> {
        at(place).fold(BTreeMap::new(), |mut seen, byte| {
            *seen.entry(byte).or_default() += 1;
            seen
        })
    };
    let seen: Vec<_> = (0..length).map(|place| (place, counted(place))).collect();
    let varying = seen.iter().filter(|(_, seen)| seen.len() > 1);
    let used: BTreeSet<u8> = varying.clone().flat_map(|(_, seen)| seen.keys().copied()).collect();
    // 5 bits are written in 32 of the 36 letters and digits.
    let alphabet: Vec<u8> = match used.len().is_power_of_two() {
        true => used.into_iter().collect(),
        false => alphabet_of(used)?.to_vec(),
    };
    let whole = varying.filter(|(_, seen)| seen.len() > alphabet.len() / 2);
    let number = |byte: u8| alphabet.iter().position(|other| *other == byte).unwrap_or_default();
    let places: Vec<Vec<usize>> =
        whole.map(|(place, _)| at(*place).map(number).collect()).collect();
    (!places.is_empty()).then_some((places, alphabet.len()))
}

/// Returns the bits of the characters, id by id. Where the alphabet's size is no power of two, characters beyond the largest are left out.
fn bits(places: &[Vec<usize>], size: usize) -> Vec<u8> {
    let wide = size.ilog2();
    let ids = places.first().map_or(0, Vec::len);
    let digits = (0..ids).flat_map(|id| places.iter().map(move |place| place[id]));
    let digits = digits.filter(|digit| *digit < 1 << wide);
    digits.flat_map(|digit| (0..wide).rev().map(move |bit| (digit >> bit & 1) as u8)).collect()
}

/// Ones and zeros are as many (SP 800-22, section 2.1).
fn monobit(bits: &[u8]) -> f64 {
    let n = bits.len() as f64;
    let ones = ones(bits);
    erfc((2.0 * ones - n).abs() / (2.0 * n).sqrt())
}

/// Each group of four bits comes as often as any other (FIPS 140-1).
fn poker(bits: &[u8]) -> f64 {
    let mut counts = [0_usize; 16];
    for group in bits.chunks_exact(4) {
        counts[group.iter().fold(0, |number, bit| number << 1 | usize::from(*bit))] += 1;
    }
    chi_squared(&counts)
}

/// Bits change as often as they should (SP 800-22, section 2.3).
fn runs(bits: &[u8]) -> f64 {
    let n = bits.len() as f64;
    let part = ones(bits) / n;
    // Without as many ones as zeros the number says nothing: the monobit test has said it.
    if (part - 0.5).abs() >= 2.0 / n.sqrt() {
        return 0.0;
    }
    let changes = bits.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64 + 1.0;
    let spread = part * (1.0 - part);
    erfc((changes - 2.0 * n * spread).abs() / (2.0 * (2.0 * n).sqrt() * spread))
}

/// No run is longer than chance makes it: in n bits about n / 2^k runs have k bits or more.
fn longest_run(bits: &[u8]) -> f64 {
    let longest = bits.chunk_by(|one, other| one == other).map(<[u8]>::len).max().unwrap_or(0);
    let expected = bits.len() as f64 * 0.5_f64.powi(longest as i32);
    1.0 - (-expected).exp()
}

/// Each group of `m` bits that overlap comes as often as any other (SP 800-22, section 2.11, the first of the two probabilities).
fn serial(bits: &[u8], m: usize) -> f64 {
    let psi = |m: usize| -> f64 {
        let mut counts = vec![0_u64; 1 << m];
        for at in 0..bits.len() {
            let group = (0..m).map(|n| usize::from(bits[(at + n) % bits.len()]));
            counts[group.fold(0, |number, bit| number << 1 | bit)] += 1;
        }
        let squares: f64 = counts.iter().map(|count| (*count as f64).powi(2)).sum();
        squares * counts.len() as f64 / bits.len() as f64 - bits.len() as f64
    };
    let difference = psi(m) - psi(m - 1);
    upper_gamma(0.5_f64.powi(2 - m as i32), difference / 2.0)
}

/// At each place every character comes as often as any other: the least of the probabilities, for as many places as there are.
fn chi_squared_at_each(places: &[Vec<usize>], size: usize) -> f64 {
    let of_place = |place: &Vec<usize>| {
        let mut counts = vec![0; size];
        place.iter().for_each(|digit| counts[*digit] += 1);
        // Below five of each, the distribution is another.
        if place.len() < 5 * size { 1.0 } else { chi_squared(&counts) }
    };
    let least = places.iter().map(of_place).fold(1.0, f64::min);
    (least * places.len() as f64).min(1.0)
}

/// Returns the probability of counts that are at least as uneven.
fn chi_squared(counts: &[usize]) -> f64 {
    let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let sum: f64 = counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
    upper_gamma((counts.len() - 1) as f64 / 2.0, sum / 2.0)
}

/// Returns the part of their size to which DEFLATE compresses bits.
fn compressed(bits: &[u8]) -> Option<f64> {
    let byte = |bits: &[u8]| bits.iter().fold(0, |number, bit| number << 1 | bit);
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bytes).ok()?;
    Some(encoder.finish().ok()?.len() as f64 / bytes.len() as f64)
}

fn ones(bits: &[u8]) -> f64 {
    bits.iter().filter(|bit| **bit == 1).count() as f64
}

/// The complementary error function, for x from 0 on.
fn erfc(x: f64) -> f64 {
    upper_gamma(0.5, x * x)
}

/// The regularised upper incomplete gamma function Q(a, x), for a in halves: by its series below a + 1, by Lentz's continued fraction above
/// (DLMF, sections 8.7 and 8.9).
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (1.0 - front * sum).max(0.0);
    }
    let tiny = f64::MIN_POSITIVE / f64::EPSILON;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut fraction = d;
    for n in 1..1_000 {
        let n = f64::from(n);
        let numerator = -n * (n - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    front * fraction
}

/// The logarithm of the gamma function of a half or a whole number.
fn ln_gamma(a: f64) -> f64 {
    let (mut at, mut sum) = if a.fract() == 0.0 { (1.0, 0.0) } else { (0.5, PI.ln() / 2.0) };
    while at < a {
        sum += f64::ln(at);
        at += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use entropy::math;
    use entropy::nist::{frequency, runs as other_runs, serial as other_serial};
    use interloper_engine::Random;

    use super::*;

    fn noise(seed: u64, count: usize) -> Vec<u8> {
        let mut random = Random::new(seed);
        (0..count).map(|_| (random.next() >> 63) as u8).collect()
    }

    /// Bits of which one in so many is made the same as the one before.
    fn sticky(seed: u64, count: usize, one_in: usize) -> Vec<u8> {
        let mut bits = noise(seed, count);
        let mut random = Random::new(seed ^ 1);
        for at in 1..count {
            if random.below(one_in) == 0 {
                bits[at] = bits[at - 1];
            }
        }
        bits
    }

    #[track_caller]
    fn same(own: f64, other: f64) {
        assert!((own - other).abs() < 1e-9, "{own} is not {other}");
    }

    #[test]
    fn functions_agree_with_another_implementation() {
        for x in [0.01, 0.3, 0.9, 1.5, 2.2, 4.0, 6.0] {
            same(erfc(x), math::erfc(x));
            for a in [0.5, 1.0, 2.0, 7.5, 15.5, 31.5] {
                same(upper_gamma(a, x * a), math::igamc(a, x * a));
            }
        }
    }

    #[test]
    fn tests_agree_with_another_implementation() {
        for seed in 0..10 {
            for bits in [noise(seed, 20_000), sticky(seed, 20_000, 60)] {
                same(monobit(&bits), frequency::frequency(&bits).p_value);
                same(runs(&bits), other_runs::runs(&bits).p_value);
                same(serial(&bits, 3), other_serial::serial_both(&bits, 3)[0].p_value);
            }
        }
    }

    /// The example of SP 800-22, sections 2.1.8 and 2.3.8: the first 100 binary digits of pi.
    #[test]
    fn published_values_come() {
        let text = "1100100100001111110110101010001000100001011010001100001000110100110001001100011001100010100010111000";
        let bits: Vec<u8> = text.bytes().map(|byte| byte - b'0').collect();
        assert!((monobit(&bits) - 0.109_599).abs() < 1e-6);
        assert!((runs(&bits) - 0.500_798).abs() < 1e-6);
    }

    fn hex(seed: u64, count: usize) -> Vec<String> {
        let mut random = Random::new(seed);
        (0..count).map(|_| format!("{:016x}{:016x}", random.next(), random.next())).collect()
    }

    #[test]
    fn random_ids_are_not_odd_in_any_alphabet() {
        for seed in 0..5 {
            let said = of(&hex(seed, 256)).unwrap();
            assert_eq!(said, Statistics { bits: 256 * 128, odd: Vec::new() });
            let mut random = Random::new(seed);
            let digits = b"abcdefghijklmnopqrstuvwxyz0123456789";
            // As Django, and PHP with 5 bits a character.
            for count in [36, 32] {
                let digit = |_| char::from(digits[random.below(count)]);
                let ids = (0..32 * 1_024).map(digit).collect::<Vec<char>>();
                let ids: Vec<String> = ids.chunks(32).map(|id| id.iter().collect()).collect();
                let said = of(&ids).unwrap();
                assert!(said.odd.is_empty() && said.bits > 130_000, "{said:?}");
            }
        }
    }

    #[test]
    fn places_that_do_not_vary_are_left_out() {
        let ids: Vec<String> =
            hex(3, 256).iter().map(|id| format!("sess-4{}-{}", &id[..15], &id[15..])).collect();
        assert_eq!(of(&ids).unwrap(), Statistics { bits: 256 * 128, odd: Vec::new() });
        assert_eq!(of(&["same".to_owned(), "same".to_owned()]), None);
    }

    #[test]
    fn ids_that_repeat_or_favour_are_odd() {
        let twice: Vec<String> = hex(1, 256).iter().map(|id| id[..16].repeat(2)).collect();
        assert_eq!(of(&twice).unwrap().odd, ["compression"]);
        let mut random = Random::new(2);
        let mut digit = || (random.next() % 16) & (random.next() % 16);
        let favours = (0..256).map(|_| (0..32).map(|_| format!("{:x}", digit())).collect());
        let odd = of(&favours.collect::<Vec<String>>()).unwrap().odd;
        assert!(odd.contains(&"monobit") && odd.contains(&"chi squared"), "{odd:?}");
    }
}
