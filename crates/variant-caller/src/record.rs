//! What was found, in VCF's terms, with DRAGEN's names.

use fafnir_io::{ContigId, vcf};

use crate::CallerOptions;
use crate::genotype::{Allele, Genotypes, Site, informative_allele, log_sum};
use crate::likelihood::Likelihoods;

/// Hard filters of DRAGEN 3.7 to 4 without machine learning.
const SUBSTITUTION_QUALITY: f64 = 10.41;
const INDEL_QUALITY: f64 = 7.83;
/// Calls with at most this many informative fragments are filtered.
const LOW_DEPTH: usize = 1;
const MOST_QUALITY: f64 = 3000.0;
const MOST_PHRED: f64 = 999.0;

/// A line `##FILTER`, `##INFO` or `##FORMAT` of the VCF header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// `ID`.
    pub id: &'static str,
    /// `Number`; empty for filters.
    pub number: &'static str,
    /// `Type`; empty for filters.
    pub kind: &'static str,
    /// `Description`, without quotes.
    pub description: &'static str,
}

/// What the records of a caller refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// `##FILTER` lines other than PASS.
    pub filters: &'static [HeaderLine],
    /// `##INFO` lines.
    pub info: &'static [HeaderLine],
    /// `##FORMAT` lines.
    pub format: &'static [HeaderLine],
}

const fn filter(id: &'static str, description: &'static str) -> HeaderLine {
    field(id, "", "", description)
}

const fn field(
    id: &'static str,
    number: &'static str,
    kind: &'static str,
    description: &'static str,
) -> HeaderLine {
    HeaderLine {
        id,
        number,
        kind,
        description,
    }
}

pub(crate) const HEADER: Header = Header {
    filters: &[
        filter(
            "DRAGENSnpHardQUAL",
            "Set if true: QUAL < 10.41 of a substitution",
        ),
        filter(
            "DRAGENIndelHardQUAL",
            "Set if true: QUAL < 7.83 of an indel",
        ),
        filter("LowDepth", "Set if true: DP <= 1"),
    ],
    info: &[
        field(
            "AC",
            "A",
            "Integer",
            "Copies of each ALT allele in the genotype",
        ),
        field(
            "AF",
            "A",
            "Float",
            "Share of the genotype's alleles that are each ALT allele",
        ),
        field("AN", "1", "Integer", "Number of alleles in the genotype"),
        field(
            "DP",
            "1",
            "Integer",
            "Fragments that cover the position, informative or not",
        ),
        field(
            "FS",
            "1",
            "Float",
            "Phred-scaled p-value of Fisher's exact test for strand bias",
        ),
        field("MQ", "1", "Float", "Root mean square of MAPQ"),
        field("QD", "1", "Float", "QUAL by informative fragments"),
        field(
            "SOR",
            "1",
            "Float",
            "Symmetric odds ratio of the 2x2 table of strand and allele",
        ),
        field(
            "FractionInformativeReads",
            "1",
            "Float",
            "Share of fragments that tell the alleles apart",
        ),
    ],
    format: &[
        field("GT", "1", "String", "Genotype"),
        field("AD", "R", "Integer", "Informative fragments of each allele"),
        field(
            "AF",
            "A",
            "Float",
            "Share of informative fragments that show each ALT allele",
        ),
        field("DP", "1", "Integer", "Informative fragments"),
        field(
            "F1R2",
            "R",
            "Integer",
            "Informative fragments of each allele whose first read lies forward",
        ),
        field(
            "F2R1",
            "R",
            "Integer",
            "Informative fragments of each allele whose first read lies reverse",
        ),
        field(
            "GQ",
            "1",
            "Integer",
            "Phred-scaled probability that the genotype is wrong",
        ),
        field(
            "PL",
            "G",
            "Integer",
            "Phred-scaled genotype likelihoods, normalised",
        ),
        field("GP", "G", "Float", "Phred-scaled genotype posteriors"),
        field(
            "SB",
            "4",
            "Integer",
            "Fragments by allele and strand: reference forward, reverse, ALT forward, reverse",
        ),
    ],
};

/// Where a record's bases come from.
pub(crate) struct Sequence<'a> {
    pub(crate) contig: ContigId,
    /// Base codes from `offset` on.
    pub(crate) bases: &'a [u8],
    pub(crate) offset: u32,
}

/// The site's record, if a variant is called there with enough confidence.
pub(crate) fn record(
    site: &Site,
    genotypes: &Genotypes,
    likelihoods: &Likelihoods,
    sequence: &Sequence<'_>,
    options: &CallerOptions,
) -> Option<vcf::Record> {
    let all = site.genotypes(options.ploidy);
    let best = (0..all.len()).max_by(|&a, &b| {
        genotypes.posteriors[a]
            .total_cmp(&genotypes.posteriors[b])
            .then(b.cmp(&a))
    })?;
    let (x, y) = all[best];
    let called: Vec<usize> = {
        let mut alleles = vec![0, x, y];
        alleles.sort_unstable();
        alleles.dedup();
        alleles
    };
    let spanned = |a: usize| site.alleles[a] == Allele::Spanned;
    if called.iter().all(|&a| a == 0 || spanned(a)) {
        return None;
    }
    let quality = (-10.0 * site.log_no_variant(&genotypes.posteriors, options.ploidy))
        .clamp(0.0, MOST_QUALITY);
    if quality < f64::from(options.emit_confidence) {
        return None;
    }
    let (reference, alternates) = spell(site, &called, sequence)?;
    let is_indel = alternates
        .iter()
        .any(|a| a != b"*" && a.len() != reference.len());
    let counts = count(site, likelihoods, &called);

    let mut filters = Vec::new();
    if !is_indel && quality < SUBSTITUTION_QUALITY {
        filters.push("DRAGENSnpHardQUAL");
    }
    if is_indel && quality < INDEL_QUALITY {
        filters.push("DRAGENIndelHardQUAL");
    }
    if counts.informative() <= LOW_DEPTH {
        filters.push("LowDepth");
    }
    let number = |allele: usize| called.iter().position(|&c| c == allele).unwrap_or(0);
    let genotype = if options.ploidy == 1 {
        number(x).to_string()
    } else {
        format!("{}/{}", number(x), number(y))
    };
    Some(vcf::Record {
        contig: sequence.contig,
        position: site.position,
        reference,
        alternates,
        quality: quality as f32,
        filters,
        info: info(&called, (x, y), options.ploidy, quality, &counts),
        format: format_fields(
            genotype,
            site,
            genotypes,
            &called,
            best,
            options.ploidy,
            &counts,
        ),
    })
}

/// REF and ALT of the called alleles.
fn spell(
    site: &Site,
    called: &[usize],
    sequence: &Sequence<'_>,
) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    let events = |a: usize| match &site.alleles[a] {
        Allele::Events(events) => events.as_slice(),
        Allele::Spanned => &[],
    };
    let end = called
        .iter()
        .flat_map(|&a| events(a))
        .map(|e| e.end())
        .max()?
        .max(site.position + 1);
    let letters = |codes: &[u8]| -> Vec<u8> {
        codes
            .iter()
            .map(|&c| b"ACGTN"[usize::from(c.min(4))])
            .collect()
    };
    let from = (site.position - sequence.offset) as usize;
    let to = (end - sequence.offset) as usize;
    let reference = letters(sequence.bases.get(from..to)?);
    let alternates = called
        .iter()
        .skip(1)
        .map(|&a| {
            if site.alleles[a] == Allele::Spanned {
                return b"*".to_vec();
            }
            let mut codes = Vec::new();
            let window = site.position..end;
            crate::haplotype::sequence(
                events(a),
                sequence.bases,
                sequence.offset,
                &window,
                &mut codes,
            );
            letters(&codes)
        })
        .collect();
    Some((reference, alternates))
}

/// Fragments at a site by called allele.
#[derive(Debug, Default)]
struct Counts {
    covering: usize,
    /// Sum of squared MAPQ of covering fragments.
    squares: f64,
    by_allele: Vec<usize>,
    f1r2: Vec<usize>,
    /// `[forward, reverse]` of each allele.
    strands: Vec<[usize; 2]>,
}

impl Counts {
    fn informative(&self) -> usize {
        self.by_allele.iter().sum()
    }

    /// Reference forward, reverse, alternates forward, reverse.
    fn table(&self) -> [usize; 4] {
        let mut table = [self.strands[0][0], self.strands[0][1], 0, 0];
        for [forward, reverse] in &self.strands[1..] {
            table[2] += forward;
            table[3] += reverse;
        }
        table
    }
}

fn count(site: &Site, likelihoods: &Likelihoods, called: &[usize]) -> Counts {
    let mut counts = Counts {
        by_allele: vec![0; called.len()],
        f1r2: vec![0; called.len()],
        strands: vec![[0; 2]; called.len()],
        ..Counts::default()
    };
    for (number, fragment) in likelihoods.fragments.iter().enumerate() {
        if !fragment.span.contains(&site.position) {
            continue;
        }
        counts.covering += 1;
        counts.squares += f64::from(fragment.mapping_quality).powi(2);
        let values = site.allele_likelihoods(likelihoods.row(number));
        let Some(allele) = informative_allele(&values, called) else {
            continue;
        };
        let at = called.iter().position(|&c| c == allele).unwrap_or(0);
        counts.by_allele[at] += 1;
        counts.f1r2[at] += usize::from(fragment.f1r2);
        counts.strands[at][usize::from(fragment.reverse)] += 1;
    }
    counts
}

fn info(
    called: &[usize],
    (x, y): (usize, usize),
    ploidy: u8,
    quality: f64,
    counts: &Counts,
) -> Vec<(&'static str, String)> {
    let copies = |a: usize| {
        if ploidy == 1 {
            usize::from(x == a)
        } else {
            usize::from(x == a) + usize::from(y == a)
        }
    };
    let table = counts.table();
    let informative = counts.informative();
    let covering = counts.covering.max(1) as f64;
    vec![
        (
            "AC",
            join(called.iter().skip(1).map(|&a| copies(a).to_string())),
        ),
        (
            "AF",
            join(
                called
                    .iter()
                    .skip(1)
                    .map(|&a| format!("{:.3}", copies(a) as f64 / f64::from(ploidy))),
            ),
        ),
        ("AN", ploidy.to_string()),
        ("DP", counts.covering.to_string()),
        ("FS", format!("{:.3}", fisher_strand(table))),
        ("MQ", format!("{:.2}", (counts.squares / covering).sqrt())),
        ("QD", format!("{:.2}", quality / informative.max(1) as f64)),
        ("SOR", format!("{:.3}", strand_odds_ratio(table))),
        (
            "FractionInformativeReads",
            format!("{:.3}", informative as f64 / covering),
        ),
    ]
}

fn format_fields(
    genotype: String,
    site: &Site,
    genotypes: &Genotypes,
    called: &[usize],
    best: usize,
    ploidy: u8,
    counts: &Counts,
) -> Vec<(&'static str, String)> {
    let all = site.genotypes(ploidy);
    let kept: Vec<usize> = (0..all.len())
        .filter(|&g| called.contains(&all[g].0) && called.contains(&all[g].1))
        .collect();
    let most = kept
        .iter()
        .map(|&g| genotypes.likelihoods[g])
        .fold(f64::NEG_INFINITY, f64::max);
    let phred = |v: f64| (-10.0 * v).clamp(0.0, MOST_PHRED);
    let others = log_sum(
        (0..all.len())
            .filter(|&g| g != best)
            .map(|g| genotypes.posteriors[g]),
    );
    let informative = counts.informative();
    let list = |values: &[usize]| join(values.iter().map(ToString::to_string));
    vec![
        ("GT", genotype),
        ("AD", list(&counts.by_allele)),
        (
            "AF",
            join(
                counts.by_allele[1..]
                    .iter()
                    .map(|&n| format!("{:.3}", n as f64 / informative.max(1) as f64)),
            ),
        ),
        ("DP", informative.to_string()),
        ("F1R2", list(&counts.f1r2)),
        (
            "F2R1",
            join(
                counts
                    .by_allele
                    .iter()
                    .zip(&counts.f1r2)
                    .map(|(all, f1r2)| (all - f1r2).to_string()),
            ),
        ),
        ("GQ", format!("{:.0}", phred(others).min(99.0))),
        (
            "PL",
            join(
                kept.iter()
                    .map(|&g| format!("{:.0}", phred(genotypes.likelihoods[g] - most))),
            ),
        ),
        (
            "GP",
            join(
                kept.iter()
                    .map(|&g| format!("{:.3}", phred(genotypes.posteriors[g]))),
            ),
        ),
        ("SB", list(&counts.table())),
    ]
}

fn join(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(",")
}

/// Phred of the two-sided p-value of Fisher's exact test on a 2x2 table.
fn fisher_strand([a, b, c, d]: [usize; 4]) -> f64 {
    let total = a + b + c + d;
    let (row, column) = (a + b, a + c);
    let log_factorial: Vec<f64> = std::iter::once(0.0)
        .chain((1..=total).scan(0.0, |sum, n| {
            *sum += libm::log10(n as f64);
            Some(*sum)
        }))
        .collect();
    let choose = |n: usize, k: usize| log_factorial[n] - log_factorial[k] - log_factorial[n - k];
    let log_p = |x: usize| choose(row, x) + choose(total - row, column - x) - choose(total, column);
    let observed = log_p(a);
    let least = (row + column).saturating_sub(total);
    let p = log_sum(
        (least..=row.min(column))
            .map(log_p)
            .filter(|&p| p <= observed + 1e-7),
    );
    (-10.0 * p).max(0.0)
}

/// GATK's `StrandOddsRatio`.
fn strand_odds_ratio(table: [usize; 4]) -> f64 {
    let [a, b, c, d] = table.map(|n| n as f64 + 1.0);
    let ratio = (a * d) / (b * c);
    let symmetric = ratio + 1.0 / ratio;
    let reference = a.min(b) / a.max(b);
    let alternate = c.min(d) / c.max(d);
    libm::log(symmetric) + libm::log(reference) - libm::log(alternate)
}
