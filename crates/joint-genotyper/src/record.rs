//! A site and its genotypes as a line of VCF.

use std::io::Write;

use fafnir_io::ContigId;
use fafnir_io::vcf::{self, write_number};

use crate::evidence::{Evidence, Known};
use crate::family::Origin;
use crate::site::Site;
use crate::statistics::Zygosity;

const MOST_QUALITY: f64 = 1e6;
const MOST_PHRED: f64 = 999.0;
const MOST_GENOTYPE_QUALITY: f64 = 99.0;
const FORMAT: &str = "GT:AD:DP:GQ:PL:GP";
const FAMILY_FORMAT: &str = "GT:AD:DP:GQ:PL:GP:DQ:DN";
/// Samples below which nothing is said of random mating.
const FEW_SAMPLES: usize = 10;

/// A record of all samples.
#[derive(Clone, Debug, PartialEq)]
pub struct JointRecord {
    /// All of it but the samples' columns; no filters.
    pub site: vcf::Record,
    /// Number of children with a variant that is `DeNovo`.
    pub denovo: usize,
    format: &'static str,
    /// The samples' columns, each with a tab before it.
    columns: Vec<u8>,
}

/// A sample's genotype.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) ploidy: u8,
    /// `None` where nothing is known.
    pub(crate) alleles: Option<(usize, usize)>,
    /// Probability that it is another.
    pub(crate) wrong: f64,
    pub(crate) posteriors: Vec<f64>,
    pub(crate) denovo: Option<(f64, Origin)>,
}

/// All that a record says.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) site: Site,
    pub(crate) quality: f64,
    pub(crate) mapping: Option<f64>,
    pub(crate) samples: Vec<Evidence>,
    pub(crate) calls: Vec<Call>,
}

/// Root mean square of MAPQ over the records that begin at the position.
pub(crate) fn mapping_quality(known: &[Known<'_>]) -> Option<f64> {
    let (mut squares, mut reads) = (0.0, 0.0);
    for known in known {
        let Known::Here(variants) = known else {
            continue;
        };
        for variant in *variants {
            let Some(mapping) = variant.site.mapping else {
                continue;
            };
            match mapping.reads {
                Some(count) => {
                    squares += mapping.squares;
                    reads += count as f64;
                }
                None => {
                    let weight = f64::from(variant.sample.depth.unwrap_or(1));
                    squares += mapping.squares * weight;
                    reads += weight;
                }
            }
        }
    }
    (reads > 0.0).then(|| (squares / reads).sqrt())
}

impl Found {
    /// The record; with `families`, DQ and DN too.
    pub(crate) fn into_record(self, contig: ContigId, families: bool) -> JointRecord {
        let mut columns = Vec::new();
        for (sample, call) in self.samples.iter().zip(&self.calls) {
            columns.push(b'\t');
            write_sample(sample, call, families, &mut columns);
        }
        let info = self.info();
        let new = |call: &&Call| matches!(call.denovo, Some((_, Origin::New)));
        JointRecord {
            denovo: self.calls.iter().filter(new).count(),
            format: match families {
                true => FAMILY_FORMAT,
                false => FORMAT,
            },
            columns,
            site: vcf::Record {
                contig,
                position: self.site.position,
                id: String::new(),
                reference: self.site.reference,
                alternates: self
                    .site
                    .alternates
                    .into_iter()
                    .map(|allele| allele.unwrap_or_else(|| b"*".to_vec()))
                    .collect(),
                quality: self.quality.clamp(0.0, MOST_QUALITY) as f32,
                filters: Vec::new(),
                info,
                format: Vec::new(),
            },
        }
    }

    fn info(&self) -> Vec<(&'static str, String)> {
        let (mut copies, mut zygosity) = (vec![0_u64; self.site.alleles()], Zygosity::default());
        let (mut depth, mut of_carriers) = (0, 0);
        for (sample, call) in self.samples.iter().zip(&self.calls) {
            let own = u64::from(sample.depth.unwrap_or(0));
            depth += own;
            let Some((a, b)) = call.alleles else {
                continue;
            };
            copies[a] += 1;
            if call.ploidy == 2 {
                copies[b] += 1;
                match (a, b) {
                    (0, 0) => zygosity.reference += 1,
                    (a, b) if a == b => zygosity.alternate += 1,
                    _ => zygosity.heterozygous += 1,
                }
            }
            if a > 0 || b > 0 {
                of_carriers += own;
            }
        }
        let all: u64 = copies.iter().sum();
        let share = |copies: &u64| decimals(*copies as f64 / all.max(1) as f64, 6);
        let mut info = vec![
            ("AC", join(copies[1..].iter().map(u64::to_string))),
            ("AF", join(copies[1..].iter().map(share))),
            ("AN", all.to_string()),
            ("DP", depth.to_string()),
        ];
        if zygosity.samples() >= FEW_SAMPLES {
            info.push(("ExcessHet", decimals(zygosity.excess_heterozygosity(), 4)));
            info.push(("InbreedingCoeff", decimals(zygosity.inbreeding(), 4)));
        }
        info.extend(self.mapping.map(|mapping| ("MQ", decimals(mapping, 2))));
        let by_depth = self.quality / of_carriers.max(1) as f64;
        info.push(("QD", decimals(by_depth, 2)));
        info
    }
}

impl JointRecord {
    /// Appends the line; `contig` is the name of its contig.
    pub fn write_text(&self, contig: &str, out: &mut Vec<u8>) {
        self.site.write_site(contig, out);
        out.push(b'\t');
        out.extend_from_slice(self.format.as_bytes());
        out.extend_from_slice(&self.columns);
        out.push(b'\n');
    }
}

fn write_sample(sample: &Evidence, call: &Call, families: bool, out: &mut Vec<u8>) {
    let Some((a, b)) = call.alleles else {
        out.extend_from_slice(if sample.ploidy == 1 { b"." } else { b"./." });
        // What is missing at the end may be left out, but readers of columns like them.
        out.extend_from_slice(b":.:");
        optional(out, sample.depth);
        out.extend_from_slice(b":.:.:.");
        if families {
            out.extend_from_slice(b":.:.");
        }
        return;
    };
    number(out, a as u64);
    if call.ploidy == 2 {
        out.push(b'/');
        number(out, b as u64);
    }
    out.push(b':');
    match sample.depths.as_slice() {
        [] => out.push(b'.'),
        depths => list(out, depths, |out, depth| number(out, u64::from(*depth))),
    }
    out.push(b':');
    optional(out, sample.depth);
    out.push(b':');
    let quality = phred(call.wrong).min(MOST_GENOTYPE_QUALITY);
    number(out, quality.round() as u64);
    out.push(b':');
    list(out, &sample.likelihoods, |out, phred| {
        number(out, u64::from(*phred))
    });
    out.push(b':');
    list(out, &call.posteriors, |out, p| {
        write_number(phred(*p) as f32, out)
    });
    if families {
        out.push(b':');
        match call.denovo {
            Some((quality, denovo)) => {
                out.extend_from_slice(decimals(quality, 4).as_bytes());
                out.push(b':');
                out.extend_from_slice(match denovo {
                    Origin::Inherited => b"Inherited",
                    Origin::Doubtful => b"LowDQ",
                    Origin::New => b"DeNovo",
                });
            }
            None => out.extend_from_slice(b".:."),
        }
    }
}

fn phred(probability: f64) -> f64 {
    if probability > 0.0 {
        (-10.0 * libm::log10(probability)).clamp(0.0, MOST_PHRED)
    } else {
        MOST_PHRED
    }
}

/// Appends items with commas between them.
fn list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write(out, item);
    }
}

fn number(out: &mut Vec<u8>, value: u64) {
    let _ = write!(out, "{value}");
}

fn optional(out: &mut Vec<u8>, value: Option<u32>) {
    match value {
        Some(value) => number(out, u64::from(value)),
        None => out.push(b'.'),
    }
}

/// A number with at most so many decimals, without zeros at the end.
fn decimals(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

fn join(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(",")
}
