//! `PREFIX.vc_metrics.csv`: what was called.

use fafnir_io::vcf::Record;
use fafnir_variant_caller::Capped;

use super::{line, ratio, share};

/// Counts of variant records, before and after filtering.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallMetrics {
    /// All records.
    pub all: CallCounts,
    /// Records that pass all filters.
    pub passing: CallCounts,
    /// Regions of which something was left out.
    pub capped: Capped,
}

/// Counts of variant records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Records.
    pub total: u64,
    /// With one alternative allele.
    pub biallelic: u64,
    /// Substitutions of single bases.
    pub snps: u64,
    /// Homozygous insertions.
    pub insertions_homozygous: u64,
    /// Heterozygous insertions.
    pub insertions_heterozygous: u64,
    /// Homozygous deletions.
    pub deletions_homozygous: u64,
    /// Heterozygous deletions.
    pub deletions_heterozygous: u64,
    /// Heterozygous with two alternative alleles of different kinds.
    pub indels_heterozygous: u64,
    /// Transitions.
    pub transitions: u64,
    /// Transversions.
    pub transversions: u64,
    /// Heterozygous records.
    pub heterozygous: u64,
    /// Homozygous records.
    pub homozygous: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Snp,
    Insertion,
    Deletion,
    Other,
}

impl CallCounts {
    fn add(&mut self, record: &Record) {
        let genotype = record
            .format
            .iter()
            .find(|(key, _)| *key == "GT")
            .map_or("", |(_, value)| value.as_str());
        let alleles: Vec<Option<usize>> = genotype
            .split(['/', '|'])
            .map(|allele| allele.parse().ok())
            .collect();
        let heterozygous = alleles.windows(2).any(|pair| pair[0] != pair[1]);
        let mut kinds = Vec::with_capacity(2);
        for index in alleles.iter().flatten().filter_map(|a| a.checked_sub(1)) {
            if let Some(allele) = record.alternates.get(index)
                && allele != b"*"
            {
                let kind = kind(&record.reference, allele);
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        self.total += 1;
        self.biallelic += u64::from(record.alternates.len() == 1);
        if heterozygous {
            self.heterozygous += 1;
        } else {
            self.homozygous += 1;
        }
        match (kinds.as_slice(), heterozygous) {
            ([Kind::Snp], _) => self.snps += 1,
            ([Kind::Insertion], false) => self.insertions_homozygous += 1,
            ([Kind::Insertion], true) => self.insertions_heterozygous += 1,
            ([Kind::Deletion], false) => self.deletions_homozygous += 1,
            ([Kind::Deletion], true) => self.deletions_heterozygous += 1,
            ([_, _, ..], true) => self.indels_heterozygous += 1,
            _ => {}
        }
        if kinds == [Kind::Snp] {
            for allele in &record.alternates {
                match (record.reference.as_slice(), allele.as_slice()) {
                    (b"A", b"G") | (b"G", b"A") | (b"C", b"T") | (b"T", b"C") => {
                        self.transitions += 1;
                    }
                    ([_], [b'A' | b'C' | b'G' | b'T']) => self.transversions += 1,
                    _ => {}
                }
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        for (sum, count) in [
            (&mut self.total, other.total),
            (&mut self.biallelic, other.biallelic),
            (&mut self.snps, other.snps),
            (&mut self.insertions_homozygous, other.insertions_homozygous),
            (
                &mut self.insertions_heterozygous,
                other.insertions_heterozygous,
            ),
            (&mut self.deletions_homozygous, other.deletions_homozygous),
            (
                &mut self.deletions_heterozygous,
                other.deletions_heterozygous,
            ),
            (&mut self.indels_heterozygous, other.indels_heterozygous),
            (&mut self.transitions, other.transitions),
            (&mut self.transversions, other.transversions),
            (&mut self.heterozygous, other.heterozygous),
            (&mut self.homozygous, other.homozygous),
        ] {
            *sum += count;
        }
    }

    /// Insertions, deletions and mixtures.
    pub fn indels(&self) -> u64 {
        self.insertions_homozygous
            + self.insertions_heterozygous
            + self.deletions_homozygous
            + self.deletions_heterozygous
            + self.indels_heterozygous
    }

    fn write(&self, out: &mut String, section: &str, sample: &str) {
        let mut of = |metric: &str, count: u64| {
            share(out, section, sample, metric, count, self.total);
        };
        of("Total", self.total);
        of("Biallelic", self.biallelic);
        of("Multiallelic", self.total - self.biallelic);
        of("SNPs", self.snps);
        of("Insertions (Hom)", self.insertions_homozygous);
        of("Insertions (Het)", self.insertions_heterozygous);
        of("Deletions (Hom)", self.deletions_homozygous);
        of("Deletions (Het)", self.deletions_heterozygous);
        of("Indels (Het)", self.indels_heterozygous);
        line(out, section, sample, "SNP Transitions", self.transitions);
        line(
            out,
            section,
            sample,
            "SNP Transversions",
            self.transversions,
        );
        let changes = ratio(self.transitions, self.transversions);
        line(out, section, sample, "Ti/Tv ratio", changes);
        line(out, section, sample, "Heterozygous", self.heterozygous);
        line(out, section, sample, "Homozygous", self.homozygous);
        let zygosity = ratio(self.heterozygous, self.homozygous);
        line(out, section, sample, "Het/Hom ratio", zygosity);
    }
}

fn kind(reference: &[u8], allele: &[u8]) -> Kind {
    use std::cmp::Ordering;
    match allele.len().cmp(&reference.len()) {
        Ordering::Greater => Kind::Insertion,
        Ordering::Less => Kind::Deletion,
        Ordering::Equal => {
            let changed = reference.iter().zip(allele).filter(|(a, b)| a != b).count();
            if changed == 1 { Kind::Snp } else { Kind::Other }
        }
    }
}

impl CallMetrics {
    pub(crate) fn add(&mut self, record: &Record) {
        self.all.add(record);
        if record.filters.is_empty() {
            self.passing.add(record);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.passing.merge(&other.passing);
        self.capped.merge(&other.capped);
    }

    /// `PREFIX.vc_metrics.csv`.
    pub fn to_csv(&self, sample: &str, reads: u64) -> String {
        let mut out = String::new();
        let summary = "VARIANT CALLER SUMMARY";
        line(&mut out, summary, "", "Number of samples", 1);
        line(&mut out, summary, "", "Reads Processed", reads);
        for (metric, count) in [
            ("Regions limited", self.capped.regions),
            ("Regions limited by reads", self.capped.reads),
            ("Regions limited by candidates", self.capped.candidates),
            ("Regions limited by haplotypes", self.capped.haplotypes),
            ("Regions limited in assembly", self.capped.assembly),
            ("Regions not assembled", self.capped.unassembled),
            ("Phase sets limited", self.capped.phase_sets),
        ] {
            line(&mut out, summary, "", metric, count);
        }
        self.all.write(&mut out, "VARIANT CALLER PREFILTER", sample);
        self.passing
            .write(&mut out, "VARIANT CALLER POSTFILTER", sample);
        out
    }
}

#[cfg(test)]
mod tests {
    use fafnir_io::ContigId;

    use super::*;

    fn record(alleles: &[&str], genotype: &str, filters: &[&str]) -> Record {
        let alleles: Vec<Vec<u8>> = alleles.iter().map(|a| a.as_bytes().to_vec()).collect();
        Record {
            contig: ContigId(0),
            position: 0,
            id: String::new(),
            reference: alleles[0].clone(),
            alternates: alleles[1..].to_vec(),
            quality: 50.0,
            filters: filters.iter().map(|f| (*f).into()).collect(),
            info: Vec::new(),
            format: vec![("GT", genotype.to_owned())],
        }
    }

    #[test]
    fn each_record_counts_once_by_its_genotype() {
        let mut metrics = CallMetrics::default();
        for record in [
            record(&["A", "G"], "0/1", &[]),
            record(&["A", "C"], "1/1", &["LowDepth"]),
            record(&["A", "AT"], "1/1", &[]),
            record(&["AT", "A"], "0/1", &[]),
            record(&["AT", "A", "ATT"], "1/2", &[]),
            record(&["A", "C", "*"], "1/2", &[]),
        ] {
            metrics.add(&record);
        }
        metrics.capped.regions = 2;
        let mut twice = metrics.clone();
        twice.merge(&metrics);
        assert_eq!((twice.all.total, twice.capped.regions), (12, 4));
        let all = metrics.all;
        assert_eq!(
            (all.total, all.biallelic, all.snps, all.indels()),
            (6, 4, 3, 3)
        );
        assert_eq!((all.transitions, all.transversions), (1, 2));
        assert_eq!((all.heterozygous, all.homozygous), (4, 2));
        assert_eq!(all.indels_heterozygous, 1);
        assert_eq!(metrics.passing.total, 5);
        let csv = metrics.to_csv("s", 7);
        assert!(csv.contains("VARIANT CALLER SUMMARY,,Reads Processed,7\n"));
        assert!(csv.contains("VARIANT CALLER SUMMARY,,Regions limited,2\n"));
        assert!(csv.contains("VARIANT CALLER POSTFILTER,s,Total,5,100.00\n"));
        assert!(csv.contains("VARIANT CALLER PREFILTER,s,Ti/Tv ratio,0.50\n"));
    }
}
