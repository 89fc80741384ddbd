#![allow(clippy::unwrap_used)]

use super::haplotype::Haplotype;
use super::*;
use crate::edit::Edit;
use crate::genome::{Genome, GenomeOptions};

fn reference() -> Reference {
    let options = GenomeOptions {
        contigs: vec![("a".into(), 1_000_000), ("b".into(), 70_000)],
        ..GenomeOptions::default()
    };
    Genome::new(&options, 5).unwrap().reference(&|_| {})
}

fn simulate(reference: &Reference) -> Truth {
    Truth::simulate(reference, &VariantOptions::default(), 5, &|_| {}).unwrap()
}

#[test]
fn rates_are_those_of_the_options() {
    let reference = reference();
    let truth = simulate(&reference);
    let all: Vec<_> = truth.contigs.iter().flatten().collect();
    let snvs = all
        .iter()
        .filter(|v| v.reference.len() == 1 && v.alternates.iter().all(|a| a.len() == 1))
        .count();
    let indels = all
        .iter()
        .filter(|v| v.alternates.iter().any(|a| a.len() != v.reference.len()))
        .count();
    let homozygous = all.iter().filter(|v| v.genotype == [1, 1]).count();
    assert!((900..1150).contains(&snvs), "{snvs} SNVs");
    assert!((90..170).contains(&indels), "{indels} indels");
    let ratio = (all.len() - homozygous) as f64 / homozygous as f64;
    assert!((1.3..2.0).contains(&ratio), "het/hom {ratio}");
}

#[test]
fn records_are_sound_minimal_and_apart() {
    let reference = reference();
    for (contig, variants) in reference.contigs.iter().zip(&simulate(&reference).contigs) {
        assert!(
            variants
                .windows(2)
                .all(|pair| pair[0].end() < pair[1].position)
        );
        for variant in variants {
            let span = &contig.sequence[variant.position as usize..variant.end() as usize];
            assert!(
                span.eq_ignore_ascii_case(&variant.reference) && !span.contains(&b'N'),
                "{variant:?}"
            );
            for alternate in &variant.alternates {
                let mut edit =
                    Edit::trimmed(variant.position, &variant.reference, alternate).unwrap();
                let start = edit.start;
                edit.left_align(&contig.sequence);
                assert_eq!(edit.start, start, "{variant:?} is not left-aligned");
            }
        }
    }
}

#[test]
fn what_is_written_is_read_again() {
    let reference = reference();
    let truth = simulate(&reference);
    let file = tempfile::NamedTempFile::new().unwrap();
    truth.write_vcf(&reference, "S", file.as_file()).unwrap();
    assert!(Truth::read_vcf(file.path(), &reference).unwrap() == (truth, Ignored::default()));
}

#[test]
fn a_foreign_vcf_is_refused_and_what_cannot_be_spelled_is_counted() {
    let reference = Reference {
        contigs: vec![crate::Contig {
            name: "c".into(),
            sequence: b"ACGTACGTAC".to_vec(),
        }],
    };
    let read = |records: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        let header =
            "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n";
        std::fs::write(file.path(), format!("{header}{records}")).unwrap();
        Truth::read_vcf(file.path(), &reference)
    };
    assert!(read("c\t2\t.\tA\tG\t.\t.\t.\tGT\t0/1\n").is_err());
    let (truth, ignored) = read(
        "c\t2\t.\tC\tG,T\t.\t.\t.\tGT\t0|2\nc\t2\t.\tCG\tC\t.\t.\t.\tGT\t0|1\nc\t6\t.\tC\t<DUP>\t.\t.\t.\tGT\t0/1\n\
         c\t8\t.\tT\tG\t.\t.\t.\tGT\t0/0\n",
    )
    .unwrap();
    assert_eq!(
        ignored,
        Ignored {
            unusable: 1,
            overlapping: 1
        }
    );
    assert_eq!(truth.count(), 1);
    assert_eq!(
        (
            &truth.contigs[0][0].alternates,
            truth.contigs[0][0].genotype
        ),
        (&vec![b"T".to_vec()], [0, 1])
    );
}

#[test]
fn haplotypes_are_what_replaying_gives() {
    let reference = reference();
    let truth = simulate(&reference);
    for (contig, variants) in reference.contigs.iter().zip(&truth.contigs) {
        for number in [0, 1] {
            let (mut replayed, mut origins, mut at) = (Vec::new(), Vec::new(), 0);
            for variant in variants
                .iter()
                .filter(|variant| variant.genotype[number] > 0)
            {
                let span = at..variant.position as usize;
                replayed.extend(contig.sequence[span.clone()].to_ascii_uppercase());
                origins.extend(span.map(|position| position as u32));
                let alternate = &variant.alternates[usize::from(variant.genotype[number]) - 1];
                replayed.extend_from_slice(alternate);
                origins.extend(
                    (0..alternate.len() as u32).map(|k| (variant.position + k).min(variant.end())),
                );
                at = variant.end() as usize;
            }
            replayed.extend(contig.sequence[at..].to_ascii_uppercase());
            origins.extend(at as u32..contig.sequence.len() as u32);
            let haplotype = Haplotype::new(&contig.sequence, variants, number);
            assert_eq!(haplotype.length(), replayed.len() as u64);
            for start in (0..replayed.len()).step_by(97) {
                let length = 331.min(replayed.len() - start);
                let mut extracted = Vec::new();
                haplotype.extract(start as u64, 331, &mut extracted);
                assert_eq!(extracted, replayed[start..start + length]);
                // An inserted base belongs to the one after it.
                assert!(
                    haplotype
                        .to_reference(start as u64)
                        .abs_diff(origins[start])
                        <= 60
                );
            }
        }
    }
}
