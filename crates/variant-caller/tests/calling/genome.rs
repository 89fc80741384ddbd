//! A reference, a diploid sample and its reads.

use std::sync::Arc;

use fafnir_fpga_hal::Hal;
use fafnir_io::bam::{RecordFields, RecordView, Records, encode, flag};
use fafnir_io::reference::Storage;
use fafnir_io::{Contig, ContigId, Reference, vcf};
use fafnir_variant_caller::{Caller, CallerOptions, Model, Scratch};

pub(crate) const READ: usize = 148;

/// A small generator of numbers (xorshift), so that tests are the same everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % n as u64) as usize
    }
}

/// A variant of the sample: replaces `deleted` bases at `position` (0-based) on the haplotypes named.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) position: usize,
    pub(crate) deleted: usize,
    pub(crate) inserted: &'static str,
    pub(crate) on: [bool; 2],
}

pub(crate) fn truth(
    position: usize,
    deleted: usize,
    inserted: &'static str,
    on: [bool; 2],
) -> Truth {
    Truth {
        position,
        deleted,
        inserted,
        on,
    }
}

pub(crate) fn random_bases(length: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length).map(|_| b"ACGT"[random.below(4)]).collect()
}

/// A reference of one contig, `c`.
pub(crate) fn reference(bases: &[u8]) -> Arc<Reference> {
    let mut words = vec![0u64; bases.len().div_ceil(32)];
    let mut unknown = Vec::new();
    for (i, base) in bases.iter().enumerate() {
        let code = match base {
            b'A' => 0,
            b'C' => 1,
            b'G' => 2,
            b'T' => 3,
            _ => {
                unknown.push(i as u64..i as u64 + 1);
                0
            }
        };
        words[i / 32] |= code << (2 * (i % 32));
    }
    let contig = Contig {
        name: String::from("c"),
        length: bases.len() as u32,
        md5: [0; 16],
        offset: 0,
    };
    Arc::new(Reference::new(
        vec![contig],
        Storage::Owned(Arc::new(words)),
        unknown,
    ))
}

/// A haplotype's bases, each with the reference position it lies on, or that it is inserted.
fn haplotype(reference: &[u8], truth: &[Truth], which: usize) -> Vec<(u8, Option<usize>)> {
    let mut out = Vec::new();
    let mut at = 0;
    for variant in truth.iter().filter(|t| t.on[which]) {
        out.extend((at..variant.position).map(|i| (reference[i], Some(i))));
        let substituted = variant.deleted == variant.inserted.len();
        out.extend(
            variant
                .inserted
                .bytes()
                .enumerate()
                .map(|(i, base)| (base, substituted.then_some(variant.position + i))),
        );
        at = variant.position + variant.deleted;
    }
    out.extend((at..reference.len()).map(|i| (reference[i], Some(i))));
    out
}

/// What an aligner may do with gaps that lie near a read's end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// All are found.
    Found,
    /// None is: the shorter side of a read is clipped.
    Clipped,
}

/// Sorted records at `depth`, errors at one base in 300, from both haplotypes in turn.
pub(crate) fn reads(
    reference: &[u8],
    truth: &[Truth],
    depth: usize,
    seed: u64,
    gaps: Gaps,
) -> Vec<u8> {
    let mut random = Random::new(seed);
    let haplotypes = [0, 1].map(|h| haplotype(reference, truth, h));
    let mut records: Vec<(i32, Vec<u8>)> = Vec::new();
    for number in 0..reference.len() * depth / READ {
        let source = &haplotypes[number % 2];
        let start = random.below(source.len() - READ);
        let part = &source[start..start + READ];
        let mut bases: Vec<u8> = part.iter().map(|(b, _)| *b).collect();
        let mut qualities = vec![37; READ];
        for (base, quality) in bases.iter_mut().zip(&mut qualities) {
            if random.below(300) == 0 {
                *base = b"ACGT"[random.below(4)];
                *quality = 20;
            }
        }
        let Some((position, cigar)) = alignment(part, gaps) else {
            continue;
        };
        let mut bytes = Vec::new();
        encode(
            &RecordFields {
                name: format!("r{number}").as_bytes(),
                flag: if random.below(2) == 0 {
                    0
                } else {
                    flag::REVERSE
                },
                contig: 0,
                position,
                mapping_quality: 60,
                cigar: &cigar,
                mate_contig: -1,
                mate_position: -1,
                template_length: 0,
                bases: &bases,
                qualities: &qualities,
            },
            &mut bytes,
            |_| {},
        );
        records.push((position, bytes));
    }
    records.sort_by_key(|(position, _)| *position);
    records.into_iter().flat_map(|(_, bytes)| bytes).collect()
}

fn alignment(part: &[(u8, Option<usize>)], gaps: Gaps) -> Option<(i32, Vec<u32>)> {
    // One operation for each base or deleted run.
    let mut operations: Vec<(u32, u32)> = Vec::new();
    let mut push = |kind: u32, length: u32| match operations.last_mut() {
        Some((k, l)) if *k == kind => *l += length,
        _ => operations.push((kind, length)),
    };
    let mut last = None;
    for (_, at) in part {
        match at {
            Some(at) => {
                if let Some(last) = last
                    && at - last > 1
                {
                    push(2, (at - last - 1) as u32);
                }
                push(0, 1);
                last = Some(*at);
            }
            None => push(1, 1),
        }
    }
    let mut first = part.iter().find_map(|(_, at)| *at)?;
    // An insertion at an end is a clip.
    for end in [0, operations.len() - 1] {
        if operations[end].0 == 1 {
            operations[end].0 = 4;
        }
    }
    let matches = operations.iter().filter(|(k, _)| *k == 0).count();
    if gaps == Gaps::Clipped && matches > 1 {
        let longest = (0..operations.len())
            .filter(|&i| operations[i].0 == 0)
            .max_by_key(|&i| operations[i].1)?;
        let on_read = |ops: &[(u32, u32)]| -> u32 {
            ops.iter().filter(|(k, _)| *k != 2).map(|(_, l)| l).sum()
        };
        let on_reference = |ops: &[(u32, u32)]| -> u32 {
            ops.iter()
                .filter(|(k, _)| matches!(k, 0 | 2))
                .map(|(_, l)| l)
                .sum()
        };
        first += on_reference(&operations[..longest]) as usize;
        let (left, right) = (
            on_read(&operations[..longest]),
            on_read(&operations[longest + 1..]),
        );
        operations = [(4, left), operations[longest], (4, right)]
            .into_iter()
            .filter(|(_, l)| *l > 0)
            .collect();
    }
    let cigar = operations.iter().map(|(k, l)| l << 4 | k).collect();
    Some((first as i32, cigar))
}

pub(crate) fn caller(reference: Arc<Reference>) -> Caller {
    Caller::new(
        CallerOptions::default(),
        reference,
        Model::default(),
        Hal::new().unwrap(),
    )
}

/// All calls of the contig.
pub(crate) fn call(reference_bases: &[u8], records: &[u8]) -> Vec<vcf::Record> {
    let caller = caller(reference(reference_bases));
    let views: Vec<RecordView<'_>> = Records::new(records).collect();
    let span = 0..reference_bases.len() as u32;
    caller.call_span(ContigId(0), span, &views, &mut Scratch::default())
}

/// The calls that pass, as `POS REF ALT GT` with POS from 1.
pub(crate) fn summary(records: &[vcf::Record]) -> Vec<String> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    records
        .iter()
        .filter(|r| r.filters.is_empty())
        .map(|r| {
            let alternates: Vec<String> = r.alternates.iter().map(|a| text(a)).collect();
            format!(
                "{} {} {} {}",
                r.position + 1,
                text(&r.reference),
                alternates.join(","),
                r.format[0].1
            )
        })
        .collect()
}
