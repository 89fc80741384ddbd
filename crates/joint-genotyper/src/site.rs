//! The alleles of all samples at a position.

use std::ops::Range;

use fafnir_io::gvcf::Alternate;

use crate::column::Variant;
use crate::evidence::Known;

/// A position with its alleles, over the longest REF of all samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// 0-based.
    pub(crate) position: u32,
    pub(crate) reference: Vec<u8>,
    /// Alternative alleles; `None` is `*`.
    pub(crate) alternates: Vec<Option<Vec<u8>>>,
}

impl Site {
    /// Merges the alleles of what the samples know: those of bases in the order in which samples
    /// first show them, then `*`. Where there are more than `most`, those with the most support are
    /// kept; their number is given too.
    pub(crate) fn merge(position: u32, known: &[Known<'_>], most: usize) -> Option<(Self, usize)> {
        let variants = || {
            known.iter().flat_map(|known| match known {
                Known::Here(variants) => *variants,
                _ => &[],
            })
        };
        let longest = variants()
            .map(|v| &v.site.reference)
            .max_by_key(|r| r.len())?;
        let mut site = Self {
            position,
            reference: longest.clone(),
            alternates: Vec::new(),
        };
        let mut support: Vec<u64> = Vec::new();
        for variant in variants() {
            for (number, allele) in variant.site.alternates.iter().enumerate() {
                let Alternate::Bases(bases) = allele else {
                    continue;
                };
                let known = site
                    .alternates
                    .iter()
                    .position(|a| a.as_ref().is_some_and(|a| site.spells(a, variant, bases)));
                let known = known.unwrap_or_else(|| {
                    let tail = &site.reference[variant.site.reference.len()..];
                    site.alternates.push(Some([bases, tail].concat()));
                    support.push(0);
                    site.alternates.len() - 1
                });
                support[known] += u64::from(variant.support(number + 1));
            }
        }
        if site.alternates.is_empty() {
            return None;
        }
        let dropped = site.alternates.len().saturating_sub(most);
        if dropped > 0 {
            let mut order: Vec<usize> = (0..support.len()).collect();
            order.sort_by_key(|a| (std::cmp::Reverse(support[*a]), *a));
            let mut kept = order[..most].to_vec();
            kept.sort_unstable();
            site.alternates = kept.iter().map(|a| site.alternates[*a].take()).collect();
        }
        let spanned = |known: &Known<'_>| match known {
            Known::Here(variants) => variants
                .iter()
                .any(|v| v.site.alternates.contains(&Alternate::Spanned)),
            Known::Over(variant) => (1..=variant.site.alternates.len())
                .any(|a| crate::evidence::deletes(&variant.site, a, position)),
            _ => false,
        };
        if known.iter().any(spanned) {
            site.alternates.push(None);
        }
        Some((site, dropped))
    }

    /// The bases of REF.
    pub(crate) fn bases(&self) -> Range<u32> {
        self.position..self.position + self.reference.len() as u32
    }

    /// Number of alleles, with the reference.
    pub(crate) fn alleles(&self) -> usize {
        self.alternates.len() + 1
    }

    /// Whether allele `allele` is `*`.
    pub(crate) fn is_spanned(&self, allele: usize) -> bool {
        allele > 0 && self.alternates[allele - 1].is_none()
    }

    /// Whether `*` is among the alleles.
    pub(crate) fn has_spanned(&self) -> bool {
        self.alternates.iter().any(Option::is_none)
    }

    /// Whether allele `allele` is of bases that are not the reference's.
    pub(crate) fn is_variant(&self, allele: usize) -> bool {
        allele > 0 && self.alternates[allele - 1].is_some()
    }

    /// Whether allele `allele` is an insertion or deletion, or `*`.
    pub(crate) fn is_indel(&self, allele: usize) -> bool {
        allele > 0
            && self.alternates[allele - 1]
                .as_ref()
                .is_none_or(|bases| bases.len() != self.reference.len())
    }

    /// Number of a record's allele, at this position, that is this site's allele `allele` (from 1).
    pub(crate) fn find(&self, variant: &Variant, allele: usize) -> Option<usize> {
        let wanted = &self.alternates[allele - 1];
        let mut alternates = variant.site.alternates.iter();
        let found = alternates.position(|own| match (own, wanted) {
            (Alternate::Bases(bases), Some(wanted)) => self.spells(wanted, variant, bases),
            (Alternate::Spanned, None) => true,
            _ => false,
        });
        found.map(|number| number + 1)
    }

    /// Keeps the alternative alleles for which `keep` (from 1) holds, and cuts off what REF and all
    /// of them end with.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let mut number = 0;
        self.alternates.retain(|_| {
            number += 1;
            keep(number)
        });
    }

    /// Cuts off what REF and all alleles end with, but for one base.
    pub(crate) fn trim(&mut self) {
        let all = || self.alternates.iter().flatten().chain([&self.reference]);
        let shortest = all().map(Vec::len).min().unwrap_or(1);
        let mut cut = 0;
        while cut + 1 < shortest {
            let last = |allele: &Vec<u8>| allele[allele.len() - 1 - cut];
            let wanted = last(&self.reference);
            if !all().all(|allele| last(allele) == wanted) {
                break;
            }
            cut += 1;
        }
        for allele in self
            .alternates
            .iter_mut()
            .flatten()
            .chain([&mut self.reference])
        {
            allele.truncate(allele.len() - cut);
        }
    }

    /// Whether `bases` of a record, over this site's longer REF, are `allele`.
    fn spells(&self, allele: &[u8], variant: &Variant, bases: &[u8]) -> bool {
        let tail = &self.reference[variant.site.reference.len()..];
        allele.len() == bases.len() + tail.len()
            && allele.starts_with(bases)
            && allele.ends_with(tail)
    }
}
