//! What was found, in VCF's terms, with DRAGEN's names.

mod counts;
mod header;
mod non_ref;

use std::ops::Range;

use fafnir_io::{ContigId, vcf};

use crate::event::Event;
use crate::forced::{FORCED, NORMAL, unknown};
use crate::genotype::{Allele, Genotypes, Site, log_sum};
use crate::likelihood::Likelihoods;
use crate::{CallerOptions, ReferenceConfidence, SiteCall};

pub(crate) use counts::fisher_strand;
use counts::{Counts, count, strand_odds_ratio};
pub use header::Header;
pub(crate) use header::{GVCF_HEADER, HEADER};

/// The highest QUAL.
pub(crate) const MOST_QUALITY: f64 = 3000.0;
const MOST_PHRED: f64 = 999.0;

/// Where a record's bases come from.
pub(crate) struct Sequence<'a> {
    pub(crate) contig: ContigId,
    /// Base codes from `offset` on.
    pub(crate) bases: &'a [u8],
    pub(crate) offset: u32,
    /// Copies of them.
    pub(crate) ploidy: u8,
}

impl Sequence<'_> {
    /// POS, REF and ALT of an event alone, if all its bases are at hand.
    pub(crate) fn spell(&self, event: &Event) -> Option<(u32, Vec<u8>, Vec<u8>)> {
        let position = event.anchor();
        let events = std::slice::from_ref(event);
        let (reference, allele) = self.spelled(events, position..event.end().max(position + 1))?;
        Some((position, reference, allele))
    }

    /// The bases of `span`, and what they are with `events`.
    fn spelled(&self, events: &[Event], span: Range<u32>) -> Option<(Vec<u8>, Vec<u8>)> {
        let from = span.start.checked_sub(self.offset)? as usize;
        let reference = self.bases.get(from..(span.end - self.offset) as usize)?;
        let mut codes = Vec::new();
        crate::haplotype::sequence(events, self.bases, self.offset, &span, &mut codes);
        Some((letters(reference), letters(&codes)))
    }
}

fn letters(codes: &[u8]) -> Vec<u8> {
    codes
        .iter()
        .map(|&c| b"ACGTN"[usize::from(c.min(4))])
        .collect()
}

/// Fragments that must show an allele for a gVCF record where it is not called; what is weaker, the block
/// tells.
const LEAST_SUPPORT: usize = 2;

/// The site's records: if a variant is called there with enough confidence, if one of the alleles was
/// asked for, or if a gVCF file is to say that none is called.
pub(crate) fn site_call(
    site: &Site,
    genotypes: &Genotypes,
    likelihoods: &Likelihoods,
    sequence: &Sequence<'_>,
    asked: &[Event],
    options: &CallerOptions,
) -> Option<SiteCall> {
    let all = site.genotypes(sequence.ploidy);
    let best = (0..all.len()).max_by(|&a, &b| {
        genotypes.posteriors[a]
            .total_cmp(&genotypes.posteriors[b])
            .then(b.cmp(&a))
    })?;
    let (x, y) = all[best];
    let forced: Vec<usize> = (1..site.alleles.len())
        .filter(|&a| matches!(&site.alleles[a], Allele::Events(e) if e.len() == 1 && asked.contains(&e[0])))
        .collect();
    let called: Vec<usize> = {
        let mut alleles = vec![0, x, y];
        alleles.extend(forced.iter().copied());
        alleles.sort_unstable();
        alleles.dedup();
        alleles
    };
    // Not the negative, as below: a QUAL of 0 would be -0.
    let quality = (0.0 - 10.0 * site.log_no_variant(&genotypes.posteriors, sequence.ploidy))
        .clamp(0.0, MOST_QUALITY);
    let is_variant = [x, y].into_iter().any(|a| site.is_variant(a));
    let normal = is_variant && quality >= f64::from(options.emit_confidence);
    let is_written = normal || !forced.is_empty();
    let is_detailed = options.reference_confidence != ReferenceConfidence::None;
    if !is_written && !is_detailed {
        return None;
    }
    let shown = match (x, y) {
        _ if is_variant || !forced.is_empty() => called,
        (0, 0) => vec![0, supported(site, likelihoods)?],
        // A deletion that has a record covers it.
        _ => return None,
    };
    let record = record(
        site,
        genotypes,
        likelihoods,
        sequence,
        options,
        &shown,
        best,
        quality,
        (!forced.is_empty(), normal),
    )?;
    let detailed = is_detailed.then(|| {
        let mut detailed = record.clone();
        if !is_variant && !is_written {
            // Filters are for calls.
            detailed.filters = vec![".".into()];
        }
        // Joint genotyping adds these up.
        let Counts {
            squares, covering, ..
        } = count(site, likelihoods, &[0]);
        let sums = format!("{squares:.0},{covering}");
        detailed.info.push(("RAW_MQandDP", sums));
        non_ref::add(
            &mut detailed,
            site,
            genotypes,
            likelihoods,
            &shown,
            sequence.ploidy,
        );
        detailed
    });
    let is_heterozygous = normal && sequence.ploidy == 2 && x != y;
    Some(SiteCall {
        variant: is_written.then_some(record),
        detailed,
        fragments: match is_heterozygous {
            true => ratios(site, likelihoods, (x, y)),
            false => Vec::new(),
        },
    })
}

/// The variant allele that most fragments show, against the reference.
fn supported(site: &Site, likelihoods: &Likelihoods) -> Option<usize> {
    let support = |allele: usize| count(site, likelihoods, &[0, allele]).by_allele[1];
    (1..site.alleles.len())
        .filter(|&allele| site.is_variant(allele))
        .map(|allele| (support(allele), std::cmp::Reverse(allele)))
        .max()
        .filter(|(fragments, _)| *fragments >= LEAST_SUPPORT)
        .map(|(_, std::cmp::Reverse(allele))| allele)
}

/// How the fragments that cover the site tell `x` from `y`: see [`SiteCall::fragments`].
fn ratios(site: &Site, likelihoods: &Likelihoods, (x, y): (usize, usize)) -> Vec<(u64, f64)> {
    let fragments = likelihoods.fragments.iter().enumerate();
    fragments
        .filter(|(_, fragment)| fragment.covers(site.position))
        .map(|(number, fragment)| {
            let values = site.allele_likelihoods(likelihoods.row(number));
            (fragment.name, values[x] - values[y])
        })
        .filter(|(_, ratio)| *ratio != 0.0)
        .collect()
}

/// The record of the alleles `called`, with the genotype `best`: whether alleles were asked for, and
/// whether it would stand without that.
#[allow(clippy::too_many_arguments)]
fn record(
    site: &Site,
    genotypes: &Genotypes,
    likelihoods: &Likelihoods,
    sequence: &Sequence<'_>,
    options: &CallerOptions,
    called: &[usize],
    best: usize,
    quality: f64,
    (is_forced, normal): (bool, bool),
) -> Option<vcf::Record> {
    let (x, y) = site.genotypes(sequence.ploidy)[best];
    let (reference, alternates) = spell(site, called, sequence)?;
    let counts = count(site, likelihoods, called);
    let number = |allele: usize| called.iter().position(|&c| c == allele).unwrap_or(0);
    let genotype = if sequence.ploidy == 1 {
        number(x).to_string()
    } else {
        format!("{}/{}", number(x), number(y))
    };
    let mut info = info(called, (x, y), sequence.ploidy, quality, &counts);
    if is_forced {
        info.push((FORCED, String::new()));
        info.extend(normal.then(|| (NORMAL, String::new())));
    }
    let mut record = vcf::Record {
        contig: sequence.contig,
        position: site.position,
        id: String::new(),
        reference,
        alternates,
        quality: quality as f32,
        filters: Vec::new(),
        info,
        format: format_fields(
            genotype,
            site,
            genotypes,
            called,
            best,
            sequence.ploidy,
            &counts,
        ),
    };
    // Nothing tells the genotypes apart.
    if is_forced
        && !normal
        && record
            .format
            .iter()
            .any(|(key, v)| *key == "PL" && is_flat(v))
    {
        record.quality = f32::NAN;
        for (key, value) in &mut record.info {
            match *key {
                "AN" => *value = String::from("0"),
                "AC" => *value = join(called[1..].iter().map(|_| String::from("0"))),
                _ => {}
            }
        }
        for (key, value) in &mut record.format {
            match *key {
                "GT" => *value = unknown(sequence.ploidy).to_owned(),
                "GQ" => *value = String::from("0"),
                _ => {}
            }
        }
    }
    options.filters.apply(&mut record);
    Some(record)
}

/// Whether all likelihoods are alike.
fn is_flat(likelihoods: &str) -> bool {
    likelihoods.split(',').all(|value| value == "0")
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
    let mut fields = vec![
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
    ];
    if let Some(score) = counts.mapping_quality_rank_sum() {
        fields.push(("MQRankSum", format!("{:.3}", score + 0.0)));
    }
    if let Some(score) = counts.read_position_rank_sum() {
        fields.push(("ReadPosRankSum", format!("{:.3}", score + 0.0)));
    }
    fields
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
    // Not the negative: that of 0 would be written as -0.
    let phred = |v: f64| (0.0 - 10.0 * v).clamp(0.0, MOST_PHRED);
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
        (
            "PRI",
            join(kept.iter().map(|&g| {
                let (x, y) = all[g];
                format!("{:.2}", phred(site.prior(x, y, ploidy)) + 0.0)
            })),
        ),
        ("SB", list(&counts.table())),
        ("MB", list(&counts.mates())),
    ]
}

fn join(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(",")
}
