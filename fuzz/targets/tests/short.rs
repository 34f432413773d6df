//! The fuzz targets over the committed seeds, over what once broke them, and over mutations of both. `make fuzz` does the
//! same for millions of inputs.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use std::{fs, panic::catch_unwind, path::Path, thread};

/// Mutations of each seed.
const MUTATIONS: usize = 500;

/// The stack of a thread that serves requests; nothing may need more.
const STACK: usize = 2 << 20;

#[test]
fn answers_are_read_whatever_they_hold() {
    hold("answers", fuzz_targets::answer);
}

/// What goes deep by repetition, in every syntax that is read; put where a value stands.
const DEEP: [&[u8]; 8] =
    [b"[", b"{\"a\":", b"[{\"a\":[", b"<a>", b"<member><item>", b"\x81", b"\xbf\x61a", b"a=[{a={"];

#[test]
fn answers_nested_however_deeply_need_no_more_stack_than_there_is() {
    let deep = |repeated: &[u8]| repeated.repeat(100_000);
    on_a_small_stack(move || {
        for operation in b'a'..=b'z' {
            for status in [b'0', b'5'] {
                for repeated in DEEP {
                    fuzz_targets::answer(&[&[operation, status, b'\n'], deep(repeated).as_slice()].concat());
                }
            }
        }
        // Where a value of any form is expected.
        let within = [
            &b"i0\n{\"additionalModelResponseFields\":"[..],
            &b"i0\n{\"output\":{\"message\":"[..],
            b"d0\n{\"Item\":",
        ];
        for (start, repeated) in within.iter().flat_map(|start| DEEP.map(|repeated| (start, repeated))) {
            fuzz_targets::answer(&[*start, deep(repeated).as_slice()].concat());
        }
        fuzz_targets::answer(&[b"d0\n{\"Item\":{\"a\":", deep(b"{\"L\":[").as_slice()].concat());
        fuzz_targets::answer(&[b"d0\n{\"Item\":{\"a\":", deep(b"{\"M\":{\"b\":").as_slice()].concat());
    });
}

#[test]
fn command_lines_nested_however_deeply_need_no_more_stack_than_there_is() {
    on_a_small_stack(|| {
        let starts = [
            "aws dynamodb put-item --table-name t --item ",
            "aws ec2 run-instances --image-id a --block-device-mappings ",
            "aws ec2 run-instances --image-id a --tag-specifications Tags=",
            "aws bedrock-runtime converse --model-id m --additional-model-request-fields ",
            "aws dynamodb put-item --cli-input-json ",
            "",
        ];
        let repeated = [r#"'{"L":['"#, "[", "{", "'[{'", "a=[{", "Ebs={", "(", "$(", "\"'"];
        for (start, repeated) in starts.iter().flat_map(|start| repeated.map(|repeated| (start, repeated))) {
            fuzz_targets::command_line(format!("{start}{}", repeated.repeat(12_000)).as_bytes());
        }
    });
}

#[test]
fn command_lines_are_read_or_refused_whatever_they_hold() {
    hold("command_line", fuzz_targets::command_line);
}

#[test]
fn an_index_is_loaded_or_refused_whatever_it_holds() {
    let seeds: Vec<_> = fuzz_targets::small_indexes()
        .into_iter()
        .map(|(protocol, index)| {
            // Otherwise what is changed in them would not reach the decoder.
            aws_call::Index::from_bytes(index.clone()).unwrap().verify().unwrap();
            (protocol.to_owned(), index)
        })
        .collect();
    hold_over(seeds, fuzz_targets::index_and_operations);
}

/// Runs a target over a folder of seeds.
fn hold(folder: &str, target: fn(&[u8])) {
    hold_over(seeds(folder), target);
}

/// Runs a target over seeds and mutations of them, on a small stack.
fn hold_over(seeds: Vec<(String, Vec<u8>)>, target: fn(&[u8])) {
    assert!(seeds.len() >= 5, "there are {} seeds", seeds.len());
    on_a_small_stack(move || {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for (name, seed) in &seeds {
            check(name, seed, target);
            for _ in 0..MUTATIONS {
                let (_, other) = &seeds[random.below(seeds.len())];
                check(name, &mutated(seed, other, &mut random), target);
            }
        }
    });
}

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK).spawn(run).unwrap();
    thread.join().expect("the inputs above break the target");
}

fn check(name: &str, input: &[u8], target: fn(&[u8])) {
    if catch_unwind(|| target(input)).is_err() {
        panic!("a mutation of {name}: {:?}", input.escape_ascii().to_string());
    }
}

fn seeds(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(folder);
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut seeds: Vec<_> = entries
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

/// One to eight changes: bytes flipped, set, left out, repeated or taken from another seed.
fn mutated(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = INTERESTING[random.below(INTERESTING.len())],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].repeat(1 + random.below(40));
                bytes.splice(at..at, piece);
            }
            4 => {
                let from = random.below(other.len() + 1);
                bytes
                    .splice(at..end, other[from..(from + random.below(48)).min(other.len())].iter().copied());
            }
            _ => bytes.truncate(if random.below(8) == 0 { at } else { bytes.len() }),
        }
    }
    bytes
}

/// Bytes that parsers look for.
const INTERESTING: &[u8] =
    b"\0\x01\x7f\x80\xff\xf6\xbf\x9f\x5f\x7f\xdb\x1b\x9b\xbb<>&;\"'{}[]:,\\/-+.eE0129 \n%#!?=";

/// Marsaglia's xorshift: any seed gives the same inputs for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit.max(1)
    }
}
