//! What a gVCF file needs: records with `<NON_REF>`, and phase.

use fafnir_fpga_hal::Hal;
use fafnir_io::ContigId;
use fafnir_io::bam::{RecordView, Records};
use fafnir_io::vcf;
use fafnir_variant_caller::{
    Caller, CallerOptions, ForcedAlleles, Model, ReferenceConfidence, Scratch, SiteCall, phase,
};

use super::genome::{Gaps, Truth, random_bases, reads, reference, truth};

fn detailed(bases: &[u8], emit_confidence: f32) -> Caller {
    let options = CallerOptions {
        reference_confidence: ReferenceConfidence::Gvcf,
        emit_confidence,
        ..CallerOptions::default()
    };
    Caller::new(
        options,
        reference(bases),
        Model::default(),
        Hal::new().unwrap(),
    )
}

fn phased(bases: &[u8], truth: &[Truth]) -> Vec<SiteCall> {
    let records = reads(bases, truth, 40, 5, Gaps::Found);
    let views: Vec<RecordView<'_>> = Records::new(&records).collect();
    let span = 0..bases.len() as u32;
    let caller = detailed(bases, 3.0);
    let mut sites = caller.call_sites(ContigId(0), span, &views, &mut Scratch::default());
    phase(&mut sites);
    sites
}

fn field<'a>(record: &'a vcf::Record, name: &str) -> &'a str {
    let found = record.format.iter().find(|(key, _)| *key == name);
    found.map_or("", |(_, value)| value.as_str())
}

fn other(base: u8) -> &'static str {
    ["A", "C", "G", "T"][(base as usize / 2 + 2) % 4]
}

#[test]
fn fragments_tell_which_alleles_stand_together() {
    let bases = random_bases(4_000, 11);
    let snv = |at: usize, on| truth(at, 1, other(bases[at]), on);
    // Two on one chromosome, one on the other; far away, alone, one more, and a homozygous one.
    let truth = [
        snv(1_000, [true, false]),
        truth(1_060, 3, "", [true, false]),
        snv(1_100, [false, true]),
        snv(1_130, [true, true]),
        snv(3_000, [false, true]),
    ];
    let sites = phased(&bases, &truth);
    let variants: Vec<&vcf::Record> = sites.iter().filter_map(|s| s.variant.as_ref()).collect();
    let found: Vec<[&str; 2]> = variants
        .iter()
        .map(|r| [field(r, "GT"), field(r, "PS")])
        .collect();
    let expected = [
        ["0|1", "1001"],
        ["0|1", "1001"],
        ["1|0", "1001"],
        ["1/1", ""],
        ["0/1", ""],
    ];
    assert_eq!(found, expected);
    let detailed: Vec<&vcf::Record> = sites.iter().filter_map(|s| s.detailed.as_ref()).collect();
    let name = format!("1001_{}_{}", char::from(bases[1_000]), other(bases[1_000]));
    assert_eq!(field(detailed[2], "PID"), name);
    assert_eq!(field(detailed[2], "PGT"), "1|0");
}

#[test]
fn other_alleles_are_unlikely_where_fragments_show_the_two() {
    let bases = random_bases(3_000, 12);
    let sites = phased(
        &bases,
        &[truth(1_500, 1, other(bases[1_500]), [true, false])],
    );
    let record = sites[0].detailed.as_ref().unwrap();
    assert_eq!(record.alternates[1], b"<NON_REF>");
    let numbers = |name: &str| -> Vec<f64> {
        let values = field(record, name).split(',');
        values.map(|v| v.parse().unwrap()).collect()
    };
    // In VCF's order: 0/0, 0/1, 1/1, 0/2, 1/2, 2/2.
    let likelihoods = numbers("PL");
    assert_eq!(likelihoods.len(), 6);
    assert_eq!(likelihoods[1], 0.0);
    assert!(
        likelihoods[3] > 100.0 && likelihoods[4] > 100.0,
        "{likelihoods:?}"
    );
    assert!(
        likelihoods[5] >= likelihoods[3].max(likelihoods[4]),
        "{likelihoods:?}"
    );
    assert_eq!(numbers("GP").len(), 6);
    assert_eq!(numbers("AD").len(), 3);
}

/// Where no fragment tells anything all likelihoods are 0.
#[test]
fn nothing_is_written_as_minus_zero() {
    let bases = random_bases(3_000, 14);
    let base = &bases[1_500..1_501];
    let mut asked = ForcedAlleles::default();
    let reference = reference(&bases);
    asked
        .add(
            &reference,
            ContigId(0),
            1_500,
            base,
            other(base[0]).as_bytes(),
        )
        .unwrap();
    let caller = detailed(&bases, 3.0).with_forced(asked.sorted());
    let sites = caller.call_sites(ContigId(0), 0..3_000, &[], &mut Scratch::default());
    let record = sites[0].detailed.as_ref().unwrap();
    for name in ["PL", "GP", "PRI"] {
        let values = field(record, name);
        assert_eq!(values.split(',').count(), 6, "{name}={values}");
        assert!(!values.contains('-'), "{name}={values}");
    }
}

#[test]
fn any_cut_gives_the_same_sites() {
    let bases = random_bases(6_000, 13);
    let variants: Vec<Truth> = (400..5_000)
        .step_by(130)
        .enumerate()
        .map(|(i, at)| match i % 3 {
            0 => truth(at, 1, other(bases[at]), [true, false]),
            1 => truth(at, 1 + i % 7, "", [false, true]),
            _ => truth(at, 0, "GATC", [true, true]),
        })
        .collect();
    // Some are not called, and told in the gVCF file alone.
    let records = reads(&bases, &variants, 6, 3, Gaps::Found);
    let views: Vec<RecordView<'_>> = Records::new(&records).collect();
    let caller = detailed(&bases, 50.0);
    let of = |span| caller.call_sites(ContigId(0), span, &views, &mut Scratch::default());
    let whole = of(0..6_000);
    assert!(whole.iter().all(|site| site.detailed.is_some()));
    assert!(
        whole.iter().any(|site| site.variant.is_none()),
        "all are called"
    );
    for cut in [1, 997, 2_500, 2_531, 4_444, 5_999] {
        let parts: Vec<SiteCall> = of(0..cut).into_iter().chain(of(cut..6_000)).collect();
        assert!(parts == whole, "cut at {cut}");
    }
}
