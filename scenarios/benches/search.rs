//! How fast a database of 100 MB is searched for secrets, beside adding up its bytes and looking for one string in it; and how fast text is
//! that looks like base64, which has to be read from each of four beginnings.

use std::time::Duration;

use aho_corasick::AhoCorasick;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use interloper_engine::Random;
use interloper_engine::canary::Mint;
use interloper_engine::residue::Search;

const LENGTH: usize = 100 << 20;

/// Bytes as they lie in databases: pages of text, of numbers, and of nothing.
fn database(mint: &Mint, canaries: u16) -> Vec<u8> {
    let mut random = Random::new(7);
    let mut bytes = Vec::with_capacity(LENGTH);
    while bytes.len() < LENGTH {
        match random.below(3) {
            0 => bytes.resize(bytes.len() + 4096, 0),
            1 => bytes.extend((0..512).flat_map(|_| random.next().to_le_bytes())),
            _ => {
                let row =
                    format!("{{\"id\":{},\"user\":\"somebody\",\"at\":1700000000}}", random.next());
                bytes.extend(row.repeat(4096 / row.len()).bytes());
            }
        }
    }
    bytes.truncate(LENGTH);
    for n in 0..canaries {
        let text = mint.canary(n);
        let at = LENGTH / (usize::from(canaries) + 1) * (usize::from(n) + 1);
        bytes[at..at + text.text().len()].copy_from_slice(text.text().as_bytes());
    }
    bytes
}

/// Characters of base64 in runs of so many, with something between them: tokens, or one that is as long as the file.
fn tokens(length: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = Random::new(8);
    let text = (0..TOKENS).map(|n| match n % (length + 1) {
        last if last == length => b'.',
        _ => ALPHABET[random.below(64)],
    });
    text.collect()
}

const TOKENS: usize = 16 << 20;

fn base64(criterion: &mut Criterion) {
    let search = Search::new(&Mint::new(1));
    let mut group = criterion.benchmark_group("search of 16 MiB that look like base64");
    group.throughput(Throughput::Bytes(TOKENS as u64)).sample_size(10);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    for length in [342, 4096, TOKENS] {
        let bytes = tokens(length);
        group.bench_function(format!("in runs of {length}"), |bencher| {
            bencher.iter(|| search.search(&bytes).len());
        });
    }
    group.finish();
}

fn benches(criterion: &mut Criterion) {
    let mint = Mint::new(1);
    let search = Search::new(&mint);
    let mut group = criterion.benchmark_group("search of 100 MiB");
    group.throughput(Throughput::Bytes(LENGTH as u64)).sample_size(10);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    for canaries in [1, 1_000] {
        let bytes = database(&mint, canaries);
        group.bench_function(format!("{canaries} canaries, everything"), |bencher| {
            bencher.iter(|| search.search(&bytes).len());
        });
    }
    let bytes = database(&mint, 0);
    group.bench_function("none, as they are and in plain encodings", |bencher| {
        bencher.iter(|| search.contains_any(&bytes));
    });
    group.bench_function("the bytes added up", |bencher| {
        bencher.iter(|| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    });
    let one = AhoCorasick::new([mint.canary(0).text()]).ok();
    group.bench_function("one string, by aho-corasick", |bencher| {
        bencher.iter(|| one.as_ref().is_some_and(|one| one.is_match(&bytes)));
    });
    group.finish();
}

criterion_group!(search, benches, base64);
criterion_main!(search);
