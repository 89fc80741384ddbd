//! Regions that would cost without end: work is bounded by counts, what is left out is counted, and what
//! is plain to see is called all the same.

use fafnir_io::bam::{RecordFields, RecordView, Records, encode, flag};
use fafnir_io::{ContigId, vcf};
use fafnir_variant_caller::{Capped, ForcedAlleles, Scratch};

use super::genome::{READ, Random, caller, random_bases, reference, summary};

const C: ContigId = ContigId(0);
const LENGTH: usize = 3_000;
/// Where the pile lies.
const PILE: std::ops::Range<usize> = 1_200..1_800;
/// The heterozygous variant.
const SNV: usize = 1_500;

/// A read as it is aligned.
struct Placed {
    position: usize,
    cigar: Vec<u32>,
    bases: Vec<u8>,
}

impl Placed {
    fn whole(position: usize, bases: Vec<u8>) -> Self {
        Self {
            position,
            cigar: vec![(bases.len() as u32) << 4],
            bases,
        }
    }
}

fn encoded(mut placed: Vec<Placed>) -> Vec<u8> {
    placed.sort_by_key(|read| read.position);
    let mut out = Vec::new();
    for (number, read) in placed.iter().enumerate() {
        let name = format!("p{number}");
        let qualities = vec![35; read.bases.len()];
        let fields = RecordFields {
            name: name.as_bytes(),
            flag: [0, flag::REVERSE][usize::from(number % 3 == 0)],
            contig: 0,
            position: read.position as i32,
            mapping_quality: 60,
            cigar: &read.cigar,
            mate_contig: -1,
            mate_position: -1,
            template_length: 0,
            bases: &read.bases,
            qualities: &qualities,
        };
        encode(&fields, &mut out, |_| {});
    }
    out
}

fn other(base: u8) -> u8 {
    if base == b'A' { b'C' } else { b'A' }
}

/// `bases` with another at [`SNV`].
fn changed(bases: &[u8]) -> Vec<u8> {
    let mut changed = bases.to_vec();
    changed[SNV] = other(bases[SNV]);
    changed
}

/// `sample` with an error at one base in `every`.
fn misread(sample: &[u8], every: usize, random: &mut Random) -> Vec<u8> {
    let read = |&base: &u8| match random.below(every) {
        0 => b"ACGT"[random.below(4)],
        _ => base,
    };
    sample.iter().map(read).collect()
}

/// Reads of the [`PILE`], so many fold, from `chromosomes` in turn, with an error at one base in 100.
fn pile(chromosomes: &[Vec<u8>], fold: usize, random: &mut Random) -> Vec<Placed> {
    (0..PILE.len() * fold / READ)
        .map(|number| {
            let start = PILE.start + random.below(PILE.len() - READ);
            let sample = &chromosomes[number % chromosomes.len()];
            let read = misread(&sample[start..start + READ], 100, random);
            Placed::whole(start, read)
        })
        .collect()
}

fn snv(bases: &[u8]) -> String {
    let [from, to] = [bases[SNV], other(bases[SNV])].map(char::from);
    format!("{} {from} {to} 0/1", SNV + 1)
}

/// The calls of the contig, for which the limit on cells is held, and what was left out.
fn called(bases: &[u8], records: &[u8], forced: ForcedAlleles) -> (Vec<vcf::Record>, Capped) {
    let caller = caller(reference(bases)).with_forced(forced);
    let views: Vec<RecordView<'_>> = Records::new(records).collect();
    let span = 0..bases.len() as u32;
    let mut scratch = Scratch::default();
    let found = caller.call_span(C, span.clone(), &views, &mut scratch);
    let regions = caller.find_regions(C, span, &views).len() as u64;
    assert!(scratch.pairhmm_cells() <= regions * caller.options().max_region_cells);
    let capped = scratch.take_capped();
    assert_eq!(scratch.take_capped(), Capped::default());
    (found, capped)
}

#[test]
fn a_variant_in_a_pile_is_called() {
    let bases = random_bases(LENGTH, 1);
    let chromosomes = [bases.clone(), changed(&bases)];
    let reads = pile(&chromosomes, 5_000, &mut Random::new(3));
    let (found, capped) = called(&bases, &encoded(reads), ForcedAlleles::default());
    assert_eq!(summary(&found), [snv(&bases)]);
    assert_eq!((capped.regions, capped.reads), (1, 1));
}

#[test]
fn a_deletion_in_a_pile_is_assembled() {
    const DELETED: std::ops::Range<usize> = 1_560..1_620;
    let bases = random_bases(LENGTH, 1);
    let shorter = [&bases[..DELETED.start], &bases[DELETED.end..]].concat();
    let mut random = Random::new(7);
    let mut reads = pile(&[changed(&bases)], 2_500, &mut random);
    // Reads of the other chromosome are clipped at the deletion.
    for _ in 0..reads.len() {
        let start = PILE.start + random.below(PILE.len() - READ);
        let bases = misread(&shorter[start..start + READ], 100, &mut random);
        let before = DELETED.start.saturating_sub(start).min(READ) as u32;
        let after = READ as u32 - before;
        let (position, cigar) = match (before, after) {
            (0, _) => (start + DELETED.len(), vec![after << 4]),
            (_, 0) => (start, vec![before << 4]),
            (b, a) if b > a => (start, vec![b << 4, a << 4 | 4]),
            (b, a) => (DELETED.end, vec![b << 4 | 4, a << 4]),
        };
        reads.push(Placed {
            position,
            cigar,
            bases,
        });
    }
    let (found, capped) = called(&bases, &encoded(reads), ForcedAlleles::default());
    let text = summary(&found);
    assert_eq!(text.len(), 2, "{text:?}");
    assert_eq!(text[0], snv(&bases));
    let length = |allele: &[u8]| allele.len();
    let (deletion, kept) = (&found[1].reference, &found[1].alternates[0]);
    assert_eq!((length(deletion), length(kept)), (61, 1), "{text:?}");
    assert!(text[1].ends_with(" 0/1"));
    assert!(capped.reads > 0, "{capped:?}");
}

#[test]
fn clips_of_strangers_hide_no_variant() {
    let bases = random_bases(LENGTH, 1);
    let chromosomes = [bases.clone(), changed(&bases)];
    let mut reads = pile(&chromosomes, 60, &mut Random::new(3));
    // 5,000 reads of 200 sequences, of which 60 % are clipped.
    for number in 0..5_000 {
        let start = SNV - 40 + number / 500;
        let mut read = random_bases(90, (number % 200) as u64 + 50);
        read.extend_from_slice(&chromosomes[number % 2][start..start + 60]);
        reads.push(Placed {
            position: start,
            cigar: vec![90 << 4 | 4, 60 << 4],
            bases: read,
        });
    }
    let (found, capped) = called(&bases, &encoded(reads), ForcedAlleles::default());
    assert_eq!(summary(&found), [snv(&bases)]);
    assert!(capped.assembly > 0 && capped.reads > 0, "{capped:?}");
}

/// Five sequences, each different in one base of 8, of which each has one read in 17.
#[test]
fn a_crowd_of_candidates_hides_no_variant() {
    let bases = random_bases(LENGTH, 1);
    let mut random = Random::new(5);
    let mut chromosomes = Vec::new();
    for _ in 0..6 {
        chromosomes.extend([bases.clone(), changed(&bases)]);
    }
    for _ in 0..5 {
        chromosomes.push(misread(&bases, 6, &mut random));
    }
    let reads = pile(&chromosomes, 700, &mut random);
    let (found, capped) = called(&bases, &encoded(reads), ForcedAlleles::default());
    assert!(capped.candidates > 0 && capped.haplotypes > 0, "{capped:?}");
    assert!(
        summary(&found).contains(&snv(&bases)),
        "{:?}",
        summary(&found)
    );
}

#[test]
fn two_hundred_alleles_asked_for_hide_no_variant() {
    let bases = random_bases(LENGTH, 1);
    let chromosomes = [bases.clone(), changed(&bases)];
    let reads = encoded(pile(&chromosomes, 60, &mut Random::new(3)));
    let reference = reference(&bases);
    let at = SNV - 10;
    let mut random = Random::new(9);
    let mut forced = ForcedAlleles::default();
    for _ in 0..200 {
        let inserted: Vec<u8> = (0..6).map(|_| b"ACGT"[random.below(4)]).collect();
        let before = &bases[at..=at];
        let allele = [before, &inserted].concat();
        forced
            .add(&reference, C, at as u32, before, &allele)
            .unwrap();
    }
    let forced = forced.sorted();
    let asked = forced.len();
    assert!(asked > 190);
    let (found, capped) = called(&bases, &reads, forced);
    assert!(capped.candidates > 0 && capped.haplotypes > 0, "{capped:?}");
    let text: Vec<String> = summary(&found);
    assert!(text.contains(&snv(&bases)), "{text:?}");
    // Each is there, if without a genotype.
    let alleles: usize = found.iter().map(|record| record.alternates.len()).sum();
    assert_eq!(alleles, asked + 1);
}

/// Copies of a monomer, one base in 20 different, or none in the reference; reads of other copies fall
/// anywhere.
#[test]
fn a_satellite_is_bounded() {
    const MONOMER: usize = 171;
    let monomer = random_bases(MONOMER, 11);
    let mut random = Random::new(13);
    let mut copies = |count: usize| -> Vec<u8> {
        let copy = |_| misread(&monomer, 15, &mut random);
        (0..count).flat_map(copy).collect()
    };
    let (diverged, strangers) = (copies(8), copies(300));
    let capped = of_satellite(&diverged, &strangers, MONOMER);
    assert!(capped.regions > 0, "{capped:?}");
    // No k-mer is short enough for a read and occurs once.
    let short = monomer[..60].repeat(23);
    let capped = of_satellite(&short, &strangers, MONOMER);
    assert!(capped.regions > 0 && capped.unassembled > 0, "{capped:?}");
}

fn of_satellite(bases: &[u8], strangers: &[u8], monomer: usize) -> Capped {
    let mut random = Random::new(17);
    let reads = (0..bases.len() * 300 / READ).map(|_| {
        let start = random.below(bases.len() - READ);
        let from = start % monomer + monomer * random.below(298);
        Placed::whole(start, strangers[from..from + READ].to_vec())
    });
    let (_, capped) = called(bases, &encoded(reads.collect()), ForcedAlleles::default());
    capped
}

#[test]
fn unknown_bases_have_no_variants() {
    let mut bases = random_bases(LENGTH, 1);
    let sample = bases.clone();
    bases[1_000..2_000].fill(b'N');
    let mut random = Random::new(3);
    let reads = (0..10_000).map(|number| {
        let start = (PILE.start + random.below(PILE.len() - READ)) / 20 * 20;
        let cigar: &[u32] = match number % 4 {
            0 => &[148 << 4],
            1 => &[60 << 4 | 4, 88 << 4],
            2 => &[60 << 4, 3 << 4 | 1, 85 << 4],
            _ => &[60 << 4, 5 << 4 | 2, 88 << 4],
        };
        Placed {
            position: start,
            cigar: cigar.to_vec(),
            bases: sample[start..start + READ].to_vec(),
        }
    });
    let (found, capped) = called(&bases, &encoded(reads.collect()), ForcedAlleles::default());
    assert_eq!(summary(&found), [""; 0]);
    assert!(capped.unassembled > 0, "{capped:?}");
}
