//! Alleles that are genotyped whether reads show them or not.

use std::ops::Range;

use fafnir_io::vcf::{self, trim};
use fafnir_io::{ContigId, Reference};

use crate::assembly;
use crate::event::Event;
use crate::evidence::{Active, indel_end};
use crate::record::Sequence;
use crate::region::Candidate;
use crate::{HardFilters, SiteCall};

/// Reference bases on both sides of an allele that it may be moved over or aligned with.
const REACH: u32 = 300;

/// Alleles to genotype everywhere they are, such as those of a VCF file (`--vc-forcegt-vcf`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForcedAlleles {
    /// The events of each contig, by POS of their records.
    contigs: Vec<Vec<Event>>,
}

/// Why an allele cannot be genotyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForcedError {
    /// REF is not what the reference has there.
    #[error("REF is not what the reference has there: is the file for another reference?")]
    OtherReference,
    /// Symbolic, longer than [`MAX_INDEL`](crate::MAX_INDEL), no change, or of unknown bases.
    #[error("it is symbolic, no change, of unknown bases, or longer than a small variant")]
    NotSmall,
}

impl ForcedAlleles {
    /// Adds an allele of VCF: `bases` replace `replaced`, whose first base lies at 0-based `position`.
    /// It is normalised as calls are; one that is several changes is genotyped as these.
    ///
    /// # Errors
    /// An allele that cannot be genotyped, which is not added.
    pub fn add(
        &mut self,
        reference: &Reference,
        contig: ContigId,
        position: u32,
        replaced: &[u8],
        bases: &[u8],
    ) -> Result<(), ForcedError> {
        let length = reference.contig(contig).length;
        let whole = u64::from(position) + replaced.len() as u64;
        if whole > u64::from(length) {
            return Err(ForcedError::OtherReference);
        }
        let mut there = Vec::new();
        reference.bases(contig, position..whole as u32, &mut there);
        let known = there.iter().zip(replaced);
        if known
            .clone()
            .any(|(&ours, theirs)| ours < 4 && code(*theirs) != Some(ours))
        {
            return Err(ForcedError::OtherReference);
        }
        if there.contains(&4) {
            return Err(ForcedError::NotSmall);
        }
        let (position, replaced, bases) = trim(position, replaced, bases);
        let bases: Option<Vec<u8>> = bases.iter().map(|b| code(*b)).collect();
        let bases = bases
            .filter(|b| !b.is_empty())
            .ok_or(ForcedError::NotSmall)?;
        let end = position + replaced.len() as u32;
        let window = position.saturating_sub(REACH)..end.saturating_add(REACH).min(length);
        let mut around = Vec::new();
        reference.bases(contig, window.clone(), &mut around);
        let haplotype = [
            &around[..(position - window.start) as usize],
            &bases,
            &around[(end - window.start) as usize..],
        ]
        .concat();
        let mut events = assembly::events(&around, &haplotype, window.start).unwrap_or_default();
        // Each stands alone, so that none is in another's way.
        for event in &mut events {
            event.left_align(&around, window.start, REACH);
        }
        // An indel before the first base has no base to be anchored at.
        let good = |e: &Event| e.is_short() && (e.position > 0 || !e.is_indel());
        if events.is_empty() || !events.iter().all(good) {
            return Err(ForcedError::NotSmall);
        }
        let contig = contig.0 as usize;
        if self.contigs.len() <= contig {
            self.contigs.resize_with(contig + 1, Vec::new);
        }
        self.contigs[contig].extend(events);
        Ok(())
    }

    /// Puts what was added in order, each once.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        for events in &mut self.contigs {
            events.sort_by(|a, b| (a.anchor(), a).cmp(&(b.anchor(), b)));
            events.dedup();
        }
        self
    }

    /// Number of alleles.
    pub fn len(&self) -> usize {
        self.contigs.iter().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those whose records begin in `span`.
    pub(crate) fn within(&self, contig: ContigId, span: &Range<u32>) -> &[Event] {
        let events = self.contigs.get(contig.0 as usize);
        let events = events.map_or(&[][..], Vec::as_slice);
        let from = events.partition_point(|e| e.anchor() < span.start);
        let to = events.partition_point(|e| e.anchor() < span.end);
        &events[from..to.max(from)]
    }
}

fn code(base: u8) -> Option<u8> {
    match base.to_ascii_uppercase() {
        b'A' => Some(0),
        b'C' => Some(1),
        b'G' => Some(2),
        b'T' => Some(3),
        _ => None,
    }
}

/// The place that makes a forced allele a candidate. `bases` are the reference's codes from `offset`
/// on.
pub(crate) fn place(event: &Event, bases: &[u8], offset: u32) -> Active {
    let end = indel_end(event, bases, offset);
    Active {
        span: event.anchor()..end.max(event.anchor() + 1),
        // Reads that show it make a place of their own.
        candidate: Some(Candidate {
            event: event.clone(),
            support: 0,
        }),
    }
}

/// Adds records without a genotype for those of `forced` that no record has: the limits of a region
/// left them out.
pub(crate) fn add_missing(
    forced: &[Event],
    sites: &mut Vec<SiteCall>,
    sequence: &Sequence<'_>,
    filters: &HardFilters,
) {
    for event in forced {
        let Some((position, reference, allele)) = sequence.spell(event) else {
            continue;
        };
        let has = |record: &vcf::Record| {
            record.alternates.iter().any(|other| {
                trim(record.position, &record.reference, other)
                    == (position, reference.as_slice(), allele.as_slice())
            })
        };
        if sites.iter().filter_map(|s| s.variant.as_ref()).any(has) {
            continue;
        }
        let haploid = sequence.ploidy == 1;
        let likelihoods = if haploid { "0,0" } else { "0,0,0" };
        let mut record = vcf::Record {
            contig: sequence.contig,
            position,
            id: String::new(),
            reference,
            alternates: vec![allele],
            quality: f32::NAN,
            filters: Vec::new(),
            info: vec![
                ("AC", "0".into()),
                ("AF", "0.000".into()),
                ("AN", "0".into()),
                ("DP", "0".into()),
                (FORCED, String::new()),
            ],
            format: vec![
                ("GT", unknown(sequence.ploidy).into()),
                ("AD", "0,0".into()),
                ("DP", "0".into()),
                ("GQ", "0".into()),
                ("PL", likelihoods.into()),
            ],
        };
        filters.apply(&mut record);
        let at = sites.partition_point(|s| s.position() <= position);
        let site = SiteCall {
            variant: Some(record),
            // A block tells what there is to tell.
            detailed: None,
            fragments: Vec::new(),
        };
        sites.insert(at, site);
    }
}

/// INFO: an allele of the record was asked for.
pub(crate) const FORCED: &str = "FGT";
/// INFO: the record would be there without having been asked for.
pub(crate) const NORMAL: &str = "NML";

/// The genotype of which nothing is known.
pub(crate) fn unknown(ploidy: u8) -> &'static str {
    if ploidy == 1 { "." } else { "./." }
}
