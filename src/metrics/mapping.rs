//! `PREFIX.mapping_metrics.csv`: what became of the reads.

use fafnir_io::bam::{RecordView, aux::AuxValue, flag};

use super::{FragmentLengths, line, share};

/// Counts of one read group or of a whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// Reads, each once.
    pub reads: u64,
    /// Mapped reads marked as duplicates. Their unmapped mates, which are marked too, count as
    /// unmapped: so unique, duplicate and unmapped reads add up to all.
    pub duplicates: u64,
    /// Reads of pairs.
    pub paired: u64,
    /// Reads that failed quality control.
    pub failed: u64,
    /// Mapped reads.
    pub mapped: u64,
    /// Mapped reads whose mate is unmapped.
    pub singletons: u64,
    /// Mapped reads whose mate is mapped.
    pub both_mapped: u64,
    /// Properly paired reads.
    pub proper: u64,
    /// Pairs' reads mapped to different contigs.
    pub apart: u64,
    /// Those with MAPQ of at least 10.
    pub apart_confident: u64,
    /// Mapped reads by MAPQ: from 40, 30, 20, 10, 0.
    pub by_mapping_quality: [u64; 5],
    /// Secondary alignments.
    pub secondary: u64,
    /// Supplementary alignments.
    pub supplementary: u64,
    /// Bases of quality 30 and more that are neither clipped nor in a duplicate.
    pub good_unique_bases: u64,
    /// First (or only) reads, and second reads.
    pub ends: [EndCounts; 2],
    /// Lengths of proper pairs' fragments.
    pub fragments: FragmentLengths,
}

/// Counts of first or of second reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndCounts {
    /// Mapped reads.
    pub mapped: u64,
    /// Mapped reads with an insertion or deletion.
    pub with_indel: u64,
    /// Bases.
    pub bases: u64,
    /// Bases of mapped reads.
    pub mapped_bases: u64,
    /// Soft-clipped bases of mapped reads.
    pub clipped_bases: u64,
    /// Edit distance to the reference (`NM`).
    pub mismatches: u64,
    /// Inserted and deleted bases within `NM`.
    pub indel_bases: u64,
    /// Bases of quality 30 and more.
    pub good_bases: u64,
}

/// Metrics of all reads and of each read group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingMetrics {
    /// All reads.
    pub all: ReadCounts,
    /// Read groups in the header's order, each with its `ID`; what has no known `RG` is in `all`
    /// alone.
    pub groups: Vec<(String, ReadCounts)>,
}

impl ReadCounts {
    fn add(&mut self, record: &RecordView<'_>) {
        let bits = record.flag();
        if bits & flag::SECONDARY != 0 {
            self.secondary += 1;
            return;
        }
        if bits & flag::SUPPLEMENTARY != 0 {
            self.supplementary += 1;
            return;
        }
        let duplicate = u64::from(bits & flag::DUPLICATE != 0);
        let end = &mut self.ends[usize::from(bits & flag::LAST != 0)];
        let good =
            |qualities: &[u8]| qualities.iter().filter(|q| (30..255).contains(*q)).count() as u64;
        let bases = record.length() as u64;
        self.reads += 1;
        self.paired += u64::from(bits & flag::PAIRED != 0);
        self.failed += u64::from(bits & flag::QC_FAIL != 0);
        end.bases += bases;
        end.good_bases += good(record.qualities());
        if bits & flag::UNMAPPED != 0 {
            return;
        }
        self.mapped += 1;
        self.duplicates += duplicate;
        end.mapped += 1;
        end.mapped_bases += bases;
        let quality = record.mapping_quality();
        self.by_mapping_quality[4 - usize::from(quality / 10).min(4)] += 1;
        if bits & flag::PAIRED != 0 {
            if bits & flag::MATE_UNMAPPED != 0 {
                self.singletons += 1;
            } else {
                self.both_mapped += 1;
                let proper = bits & flag::PROPER != 0;
                self.proper += u64::from(proper);
                if proper && record.template_length() > 0 {
                    self.fragments.add(record.template_length().unsigned_abs());
                }
                let apart = record.mate_contig() != record.contig();
                self.apart += u64::from(apart);
                self.apart_confident += u64::from(apart && quality >= 10);
            }
        }
        let (mut at, mut unclipped_good, mut indel_bases) = (0, 0, 0);
        for op in record.cigar() {
            let length = op.length as usize;
            match op.kind {
                b'S' => end.clipped_bases += u64::from(op.length),
                b'I' | b'D' => indel_bases += u64::from(op.length),
                _ => {}
            }
            if matches!(op.kind, b'M' | b'I' | b'=' | b'X') {
                unclipped_good += good(record.qualities().get(at..at + length).unwrap_or_default());
            }
            if matches!(op.kind, b'M' | b'I' | b'S' | b'=' | b'X') {
                at += length;
            }
        }
        if duplicate == 0 {
            self.good_unique_bases += unclipped_good;
        }
        end.with_indel += u64::from(indel_bases > 0);
        end.indel_bases += indel_bases;
        if let Some(AuxValue::Integer(distance)) = record.aux(b"NM") {
            end.mismatches += u64::try_from(distance).unwrap_or(0);
        }
    }

    fn merge(&mut self, other: &Self) {
        for (sum, count) in [
            (&mut self.reads, other.reads),
            (&mut self.duplicates, other.duplicates),
            (&mut self.paired, other.paired),
            (&mut self.failed, other.failed),
            (&mut self.mapped, other.mapped),
            (&mut self.singletons, other.singletons),
            (&mut self.both_mapped, other.both_mapped),
            (&mut self.proper, other.proper),
            (&mut self.apart, other.apart),
            (&mut self.apart_confident, other.apart_confident),
            (&mut self.secondary, other.secondary),
            (&mut self.supplementary, other.supplementary),
            (&mut self.good_unique_bases, other.good_unique_bases),
        ] {
            *sum += count;
        }
        self.fragments.merge(&other.fragments);
        let bins = self.by_mapping_quality.iter_mut();
        bins.zip(other.by_mapping_quality)
            .for_each(|(a, b)| *a += b);
        for (end, more) in self.ends.iter_mut().zip(&other.ends) {
            end.mapped += more.mapped;
            end.with_indel += more.with_indel;
            end.bases += more.bases;
            end.mapped_bases += more.mapped_bases;
            end.clipped_bases += more.clipped_bases;
            end.mismatches += more.mismatches;
            end.indel_bases += more.indel_bases;
            end.good_bases += more.good_bases;
        }
    }

    fn write(&self, out: &mut String, section: &str, group: &str, total: &str) {
        let mut of = |metric: &str, count: u64, total: u64| {
            share(out, section, group, metric, count, total);
        };
        let reads = self.reads;
        of(total, reads, reads);
        of("Number of duplicate marked reads", self.duplicates, reads);
        of(
            "Number of unique reads (excl. duplicate marked reads)",
            reads - self.duplicates,
            reads,
        );
        of("Reads with mate sequenced", self.paired, reads);
        of("Reads without mate sequenced", reads - self.paired, reads);
        of("QC-failed reads", self.failed, reads);
        of("Mapped reads", self.mapped, reads);
        of("Mapped reads R1", self.ends[0].mapped, reads);
        of("Mapped reads R2", self.ends[1].mapped, reads);
        of(
            "Number of unique & mapped reads (excl. duplicate marked reads)",
            self.mapped - self.duplicates,
            reads,
        );
        of("Unmapped reads", reads - self.mapped, reads);
        of(
            "Singleton reads (itself mapped; mate unmapped)",
            self.singletons,
            reads,
        );
        of(
            "Paired reads (itself & mate mapped)",
            self.both_mapped,
            reads,
        );
        of("Properly paired reads", self.proper, reads);
        of(
            "Not properly paired reads (discordant)",
            self.both_mapped - self.proper,
            reads,
        );
        of(
            "Paired reads mapped to different chromosomes",
            self.apart,
            reads,
        );
        of(
            "Paired reads mapped to different chromosomes (MAPQ>=10)",
            self.apart_confident,
            reads,
        );
        let bins = ["[40:inf)", "[30:40)", "[20:30)", "[10:20)", "[ 0:10)"];
        for (bin, count) in bins.iter().zip(self.by_mapping_quality) {
            of(&format!("Reads with MAPQ {bin}"), count, reads);
        }
        of(
            "Reads with MAPQ NA (Unmapped reads)",
            reads - self.mapped,
            reads,
        );
        self.write_bases(out, section, group);
        let alignments = self.mapped + self.secondary + self.supplementary;
        line(out, section, group, "Total alignments", alignments);
        line(out, section, group, "Secondary alignments", self.secondary);
        let supplementary = self.supplementary;
        line(
            out,
            section,
            group,
            "Supplementary (chimeric) alignments",
            supplementary,
        );
        let length = match reads {
            0 => "NA".to_owned(),
            reads => format!("{:.2}", self.bases() as f64 / reads as f64),
        };
        line(out, section, group, "Estimated read length", length);
    }

    fn write_bases(&self, out: &mut String, section: &str, group: &str) {
        let mut of = |metric: &str, count: u64, total: u64| {
            share(out, section, group, metric, count, total);
        };
        let ends = [("R1", &self.ends[0]), ("R2", &self.ends[1])];
        for (name, end) in ends {
            of(
                &format!("Reads with indel {name}"),
                end.with_indel,
                end.mapped,
            );
        }
        of("Total bases", self.bases(), self.bases());
        for (name, end) in ends {
            of(&format!("Total bases {name}"), end.bases, self.bases());
        }
        for (name, end) in ends {
            of(&format!("Mapped bases {name}"), end.mapped_bases, end.bases);
        }
        for (name, end) in ends {
            of(
                &format!("Soft-clipped bases {name}"),
                end.clipped_bases,
                end.mapped_bases,
            );
        }
        for (name, end) in ends {
            of(
                &format!("Mismatched bases {name}"),
                end.mismatches,
                end.mapped_bases,
            );
        }
        for (name, end) in ends {
            of(
                &format!("Mismatched bases {name} (excl. indels)"),
                end.mismatches.saturating_sub(end.indel_bases),
                end.mapped_bases,
            );
        }
        let good = self.ends[0].good_bases + self.ends[1].good_bases;
        of("Q30 bases", good, self.bases());
        for (name, end) in ends {
            of(&format!("Q30 bases {name}"), end.good_bases, end.bases);
        }
        of(
            "Q30 bases (excl. dups & clipped bases)",
            self.good_unique_bases,
            self.bases(),
        );
    }

    fn write_fragments(&self, out: &mut String, section: &str, group: &str) {
        let decimals =
            |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), |v| format!("{v:.2}"));
        let fragments = &self.fragments;
        for (metric, value) in [
            ("mean", fragments.mean()),
            ("median", fragments.median().map(|m| m as f64)),
            ("standard deviation", fragments.standard_deviation()),
        ] {
            let metric = format!("Insert length: {metric}");
            line(out, section, group, &metric, decimals(value));
        }
    }

    /// Bases of all reads.
    pub fn bases(&self) -> u64 {
        self.ends[0].bases + self.ends[1].bases
    }
}

impl MappingMetrics {
    /// No reads yet, of these read groups.
    pub(crate) fn new<'a>(groups: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            groups: groups
                .into_iter()
                .map(|id| (id.to_owned(), ReadCounts::default()))
                .collect(),
            ..Self::default()
        }
    }

    /// Counts a record in its read group, or in `all` where it has none that is known, until
    /// [`Self::sum`].
    pub(crate) fn add(&mut self, record: &RecordView<'_>) {
        let id = match record.aux(b"RG") {
            Some(AuxValue::Text(id)) => id,
            _ => b"",
        };
        let group = self.groups.iter_mut().find(|(g, _)| g.as_bytes() == id);
        let counts = group.map_or(&mut self.all, |(_, counts)| counts);
        counts.add(record);
    }

    /// Counts what calling alone asks for: reads, the mapped ones, and duplicates.
    pub(crate) fn tally(&mut self, record: &RecordView<'_>) {
        let bits = record.flag();
        if bits & (flag::SECONDARY | flag::SUPPLEMENTARY) == 0 {
            let mapped = bits & flag::UNMAPPED == 0;
            self.all.reads += 1;
            self.all.mapped += u64::from(mapped);
            self.all.duplicates += u64::from(mapped && bits & flag::DUPLICATE != 0);
        }
    }

    /// Adds the read groups to `all`, once everything is counted.
    pub(crate) fn sum(mut self) -> Self {
        for (_, counts) in &self.groups {
            self.all.merge(counts);
        }
        self
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for ((_, sum), (_, counts)) in self.groups.iter_mut().zip(&other.groups) {
            sum.merge(counts);
        }
    }

    /// `PREFIX.mapping_metrics.csv`, for a reference of `reference_bases`.
    pub fn to_csv(&self, reference_bases: u64) -> String {
        const SUMMARY: &str = "MAPPING/ALIGNING SUMMARY";
        let mut out = String::new();
        self.all.write(&mut out, SUMMARY, "", "Total input reads");
        let coverage = super::ratio(self.all.bases(), reference_bases);
        line(
            &mut out,
            SUMMARY,
            "",
            "Average sequenced coverage over genome",
            coverage,
        );
        self.all.write_fragments(&mut out, SUMMARY, "");
        for (id, counts) in &self.groups {
            const SECTION: &str = "MAPPING/ALIGNING PER RG";
            counts.write(&mut out, SECTION, id, "Total reads in RG");
            counts.write_fragments(&mut out, SECTION, id);
        }
        out
    }
}

#[cfg(test)]
mod tests;
