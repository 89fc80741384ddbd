//! What a sample knows of a position, and its genotype likelihoods over the site's alleles.

use fafnir_io::gvcf::Alternate;
use fafnir_io::vcf::trim;

use crate::column::{Block, Column, Variant, VariantSite};
use crate::genotype;
use crate::site::Site;

/// Phred by which reads speak against an allele that nobody looked for, each.
const PHRED_PER_READ: u32 = 3;

/// Which of a sample's records speak of a position.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known<'a> {
    /// Variants that begin there; several where a tool writes one for each kind.
    Here(&'a [Variant]),
    /// A variant that began before and reaches over the position.
    Over(&'a Variant),
    /// A block without a variant.
    Block(&'a Block),
    Nothing,
}

/// Finds what a column knows of ascending positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    block: usize,
    variant: usize,
}

impl Cursor {
    pub(crate) fn at<'a>(&mut self, column: &'a Column, position: u32) -> Known<'a> {
        let variants = &column.variants;
        while variants
            .get(self.variant)
            .is_some_and(|v| v.site.end <= position)
        {
            self.variant += 1;
        }
        while column
            .blocks
            .get(self.block)
            .is_some_and(|b| b.end <= position)
        {
            self.block += 1;
        }
        let before = |v: &&Variant| v.site.position < position;
        let from = self.variant + variants[self.variant..].iter().take_while(before).count();
        let here = |v: &&Variant| v.site.position == position;
        let count = variants[from..].iter().take_while(here).count();
        if count > 0 {
            return Known::Here(&variants[from..from + count]);
        }
        let over = || {
            variants[self.variant..from]
                .iter()
                .filter(|v| v.site.end > position)
        };
        let deleted = |v: &&Variant| v.is_carried(|allele| deletes(&v.site, allele, position));
        if let Some(deletion) = over().find(deleted) {
            return Known::Over(deletion);
        }
        let block = column.blocks.get(self.block);
        match (block.filter(|b| b.start <= position), over().next_back()) {
            (Some(block), _) => Known::Block(block),
            (None, Some(variant)) => Known::Over(variant),
            (None, None) => Known::Nothing,
        }
    }
}

impl Variant {
    /// Whether the likeliest genotype has an alternative allele (from 1) for which `test` holds.
    fn is_carried(&self, test: impl Fn(usize) -> bool) -> bool {
        let likelihoods = &self.sample.likelihoods;
        let alleles = self.site.alternates.len() + 1;
        let genotypes = genotype::all(alleles, self.sample.ploidy).zip(likelihoods);
        let best = genotypes.min_by_key(|(_, phred)| **phred);
        best.is_some_and(|((a, b), _)| [a, b].into_iter().any(|x| x > 0 && test(x)))
    }

    /// Number of the allele that stands for all unseen ones.
    fn unseen(&self) -> Option<usize> {
        let is = |allele: &Alternate| *allele == Alternate::NonReference;
        self.site.alternates.iter().position(is).map(|i| i + 1)
    }

    /// How much likelier, in phred, the sample is with the allele (from 1) than without it.
    pub(crate) fn support(&self, allele: usize) -> u32 {
        let alleles = self.site.alternates.len() + 1;
        let least = |with: bool| {
            let genotypes =
                genotype::all(alleles, self.sample.ploidy).zip(&self.sample.likelihoods);
            let some = genotypes.filter(|((a, b), _)| (*a == allele || *b == allele) == with);
            some.map(|(_, phred)| *phred).min()
        };
        match (least(true), least(false)) {
            (Some(with), Some(without)) => without.saturating_sub(with),
            _ => 0,
        }
    }
}

/// Whether alternative allele `allele` (from 1) lacks the reference's base at `position`, which
/// lies behind the record's own. In a repeat the deleted bases are the leftmost that they can be: those
/// behind the record's first.
pub(crate) fn deletes(site: &VariantSite, allele: usize, position: u32) -> bool {
    let Some(Alternate::Bases(bases)) = site.alternates.get(allele.wrapping_sub(1)) else {
        return false;
    };
    let (start, reference, bases) = trim(site.position, &site.reference, bases);
    // What both begin with is still there.
    let same = reference.first() == bases.first();
    let changed = start + u32::from(same)..start + reference.len() as u32;
    changed.contains(&position) && reference.len() > bases.len()
}

/// What a sample says of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Copies.
    pub(crate) ploidy: u8,
    /// Phred of each genotype's likelihood, the least 0. Empty where the sample tells nothing.
    pub(crate) likelihoods: Vec<u32>,
    pub(crate) depth: Option<u32>,
    /// Reads of each of the site's alleles; empty where unknown.
    pub(crate) depths: Vec<u32>,
}

/// Of which of a record's alleles each of the site's is made.
enum Source {
    /// Any of these, of which reads are known.
    Seen(Vec<usize>),
    /// The one for all that were not seen.
    Unseen(usize),
    /// Nobody looked.
    Unknown,
}

impl Evidence {
    pub(crate) fn new(known: Known<'_>, site: &Site) -> Self {
        match known {
            Known::Nothing => Self::default(),
            Known::Block(block) => Self::of_block(block, site),
            Known::Over(variant) => {
                let sources: Vec<Source> = (0..site.alleles())
                    .map(|a| over(variant, site, a))
                    .collect();
                let mut evidence = Self::of_sources(variant, &sources);
                evidence.normalise();
                evidence
            }
            Known::Here([variant]) => {
                let sources: Vec<Source> = (0..site.alleles())
                    .map(|a| here(variant, site, a))
                    .collect();
                let mut evidence = Self::of_sources(variant, &sources);
                evidence.normalise();
                evidence
            }
            Known::Here(variants) => Self::of_several(variants, site),
        }
    }

    /// Whether all genotypes are alike to the sample.
    pub(crate) fn is_empty(&self) -> bool {
        self.likelihoods.iter().all(|phred| *phred == 0)
    }

    fn of_block(block: &Block, site: &Site) -> Self {
        let known = block.likelihoods();
        let ploidy = block.ploidy;
        let likelihoods = genotype::all(site.alleles(), ploidy)
            .map(|(a, b)| known[genotype::index(a.min(1), b.min(1), ploidy)]);
        let mut depths = vec![0; site.alleles()];
        depths[0] = block.depth.unwrap_or(0);
        let mut evidence = Self {
            ploidy,
            likelihoods: likelihoods.collect(),
            depth: block.depth,
            depths,
        };
        evidence.normalise();
        evidence
    }

    fn of_sources(variant: &Variant, sources: &[Source]) -> Self {
        let sample = &variant.sample;
        let ploidy = sample.ploidy;
        let mut evidence = Self {
            ploidy,
            depth: sample.depth,
            ..Self::default()
        };
        if !sample.depths.is_empty() {
            let depth = |source: &Source| match source {
                Source::Seen(alleles) => alleles.iter().map(|a| sample.depths[*a]).sum(),
                _ => 0,
            };
            evidence.depths = sources.iter().map(depth).collect();
        }
        let known = &sample.likelihoods;
        if known.is_empty() {
            return evidence;
        }
        let of = |a: usize, b: usize| known[genotype::index(a, b, ploidy)];
        let worst = known.iter().copied().max().unwrap_or(0);
        let against = sample.depth.unwrap_or(1).saturating_mul(PHRED_PER_READ);
        let likelihood = |(a, b): (usize, usize)| match (sources[a].alleles(), sources[b].alleles())
        {
            ([], []) => worst.saturating_add(against),
            ([], others) | (others, []) if ploidy == 2 => {
                let alone = others.iter().map(|x| of(*x, *x)).min().unwrap_or(worst);
                alone.saturating_add(against)
            }
            (first, second) => {
                let pairs = first
                    .iter()
                    .flat_map(|x| second.iter().map(move |y| (*x, *y)));
                pairs.map(|(x, y)| of(x, y)).min().unwrap_or(worst)
            }
        };
        evidence.likelihoods = genotype::all(sources.len(), ploidy)
            .map(likelihood)
            .collect();
        evidence
    }

    /// Records of one sample at one position are evidence of their own each: an allele of one is the
    /// reference to the others.
    fn of_several(variants: &[Variant], site: &Site) -> Self {
        let mut all = Self::default();
        let mut sums: Vec<i64> = Vec::new();
        for variant in variants {
            let source = |allele| match here(variant, site, allele) {
                Source::Seen(alleles) => Source::Seen(alleles),
                _ if variants
                    .iter()
                    .any(|v| matches!(here(v, site, allele), Source::Seen(_))) =>
                {
                    Source::Seen(vec![0])
                }
                unseen => unseen,
            };
            let sources: Vec<Source> = (0..site.alleles()).map(source).collect();
            let one = Self::of_sources(variant, &sources);
            if one.likelihoods.is_empty() || (!sums.is_empty() && one.ploidy != all.ploidy) {
                continue;
            }
            let reference = i64::from(one.likelihoods[0]);
            sums.resize(one.likelihoods.len(), 0);
            for (sum, phred) in sums.iter_mut().zip(&one.likelihoods) {
                *sum += i64::from(*phred) - reference;
            }
            all.add_depths(variant, site);
            all.ploidy = one.ploidy;
            all.depth = all.depth.max(one.depth);
        }
        let least = sums.iter().copied().min().unwrap_or(0);
        let phred = |sum: &i64| (sum - least).min(i64::from(u32::MAX)) as u32;
        all.likelihoods = sums.iter().map(phred).collect();
        all
    }

    /// Adds the reads of a record's alleles. Those that another record counts as its allele are its
    /// reference, so that the least of these is right.
    fn add_depths(&mut self, variant: &Variant, site: &Site) {
        let known = &variant.sample.depths;
        if known.is_empty() {
            return;
        }
        let before = self.depths.first().copied();
        self.depths.resize(site.alleles(), 0);
        for (allele, depth) in self.depths.iter_mut().enumerate().skip(1) {
            if let Some(own) = site.find(variant, allele) {
                *depth += known[own];
            }
        }
        self.depths[0] = before.map_or(known[0], |before| before.min(known[0]));
    }

    fn normalise(&mut self) {
        let least = self.likelihoods.iter().copied().min().unwrap_or(0);
        self.likelihoods
            .iter_mut()
            .for_each(|phred| *phred -= least);
    }
}

impl Source {
    fn alleles(&self) -> &[usize] {
        match self {
            Self::Seen(alleles) => alleles,
            Self::Unseen(allele) => std::slice::from_ref(allele),
            Self::Unknown => &[],
        }
    }

    fn of_unseen(variant: &Variant) -> Self {
        variant.unseen().map_or(Self::Unknown, Self::Unseen)
    }
}

/// Alleles of a record at the site's own position that are the site's allele.
fn here(variant: &Variant, site: &Site, allele: usize) -> Source {
    if allele == 0 {
        return Source::Seen(vec![0]);
    }
    match site.find(variant, allele) {
        Some(own) => Source::Seen(vec![own]),
        None => Source::of_unseen(variant),
    }
}

/// The same of a record that began before: what deletes the base is `*`, all else the reference.
fn over(variant: &Variant, site: &Site, allele: usize) -> Source {
    let count = variant.site.alternates.len();
    let deleting = |a: &usize| deletes(&variant.site, *a, site.position);
    let unseen = variant.unseen();
    if allele == 0 {
        let others =
            (1..=count).filter(|a| !(site.has_spanned() && deleting(a)) && Some(*a) != unseen);
        return Source::Seen(std::iter::once(0).chain(others).collect());
    }
    if site.is_spanned(allele) {
        let deletions: Vec<usize> = (1..=count).filter(deleting).collect();
        if !deletions.is_empty() {
            return Source::Seen(deletions);
        }
    }
    Source::of_unseen(variant)
}
