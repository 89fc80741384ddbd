//! Read-backed phasing: which alleles of neighbouring heterozygous sites stand on one chromosome, as told
//! by fragments that cover both.

use rustc_hash::FxHashMap;

use fafnir_io::vcf;

use crate::SiteCall;

/// log10 odds by which one phase must be likelier than the other.
const LEAST_LOG_ODDS: f64 = 3.0;
/// log10 of the likelihoods' ratio that a fragment counts for at most: it may have been misplaced, or made
/// of two molecules. So no single fragment decides.
const MOST_OF_FRAGMENT: f64 = 2.0;
/// Sets that may be open at once: far more than reads of two chromosomes keep apart. The noise of a pile
/// opens one a site, and each site is compared with all.
const MOST_OPEN: usize = 64;
/// A fragment's sites are not farther apart.
const MOST_DISTANCE: u32 = 2_000;

/// A phase set that may yet grow.
struct Set {
    /// Sites, by number, and whether their higher allele stands on the first chromosome.
    members: Vec<(usize, bool)>,
    last: u32,
    /// For each fragment, log10 of the likelihoods' ratio of the first chromosome over the second one.
    fragments: FxHashMap<u64, f64>,
}

/// Phases the heterozygous sites among `calls`, which are those of one tile by position: genotypes of a set
/// of two or more are written as `0|1` or `1|0`, with the POS of the first as `PS`. Sets end with the
/// tile. Gives the number of sets that ended before because too many were open.
pub fn phase(calls: &mut [SiteCall]) -> u64 {
    let mut ended = 0;
    let mut open: Vec<Set> = Vec::new();
    for number in 0..calls.len() {
        let call = &calls[number];
        if call.fragments.is_empty() {
            continue;
        }
        let position = call.position();
        let (near, done) = std::mem::take(&mut open)
            .into_iter()
            .partition(|set| position - set.last <= MOST_DISTANCE);
        open = near;
        let done: Vec<Set> = done;
        let mut set = Set {
            members: vec![(number, false)],
            last: position,
            fragments: call.fragments.iter().copied().collect(),
        };
        // From the nearest on: the earliest set, which gives the name, takes the others in.
        for i in (0..open.len()).rev() {
            let odds = log_odds(&open[i].fragments, &set);
            if odds.abs() >= LEAST_LOG_ODDS {
                let mut earlier = open.remove(i);
                earlier.join(set, odds < 0.0);
                set = earlier;
            }
        }
        open.push(set);
        open.sort_by_key(|set| set.members[0].0);
        for set in done {
            set.write(calls);
        }
        if open.len() > MOST_OPEN {
            let earliest = (0..open.len()).min_by_key(|&i| open[i].last).unwrap_or(0);
            open.remove(earliest).write(calls);
            ended += 1;
        }
    }
    for set in open {
        set.write(calls);
    }
    ended
}

/// log10 odds of the first chromosomes of both being one, against being two.
fn log_odds(known: &FxHashMap<u64, f64>, set: &Set) -> f64 {
    let mut shared: Vec<(u64, f64, f64)> = set
        .fragments
        .iter()
        .filter_map(|(name, b)| known.get(name).map(|a| (*name, *a, *b)))
        .collect();
    // A sum in an order of its own.
    shared.sort_unstable_by_key(|(name, ..)| *name);
    shared
        .iter()
        .map(|(_, a, b)| {
            let limit = |v: f64| v.clamp(-MOST_OF_FRAGMENT, MOST_OF_FRAGMENT);
            let [a, b] = [limit(*a), limit(*b)].map(libm::exp10);
            libm::log10((a * b + 1.0) / (a + b))
        })
        .sum()
}

impl Set {
    /// Takes in a set that begins later, with its chromosomes changed round where `swapped`.
    fn join(&mut self, later: Self, swapped: bool) {
        let members = later.members.into_iter();
        self.members.extend(members.map(|(n, s)| (n, s != swapped)));
        self.members.sort_unstable();
        self.last = self.last.max(later.last);
        for (name, ratio) in later.fragments {
            let ratio = if swapped { -ratio } else { ratio };
            *self.fragments.entry(name).or_default() += ratio;
        }
    }

    fn write(&self, calls: &mut [SiteCall]) {
        if self.members.len() < 2 {
            return;
        }
        let Some(first) = calls[self.members[0].0].records().next() else {
            return;
        };
        let set = (first.position + 1).to_string();
        let letters = |allele: &[u8]| String::from_utf8_lossy(allele).into_owned();
        let alternate = first
            .alternates
            .first()
            .map_or_else(String::new, |a| letters(a));
        let name = format!("{set}_{}_{alternate}", letters(&first.reference));
        // The first site has its lower allele first.
        let turned = self.members[0].1;
        for &(number, swapped) in &self.members {
            let call = &mut calls[number];
            if let Some(record) = &mut call.variant {
                write_genotype(record, swapped != turned);
                record.format.push(("PS", set.clone()));
            }
            if let Some(record) = &mut call.detailed {
                let genotype = write_genotype(record, swapped != turned);
                record.format.push(("PGT", genotype));
                record.format.push(("PID", name.clone()));
                record.format.push(("PS", set.clone()));
            }
        }
    }
}

/// Writes GT as phased, and gives it.
fn write_genotype(record: &mut vcf::Record, swapped: bool) -> String {
    let Some((_, genotype)) = record.format.iter_mut().find(|(key, _)| *key == "GT") else {
        return String::new();
    };
    if let Some((a, b)) = genotype.split_once('/') {
        *genotype = if swapped {
            format!("{b}|{a}")
        } else {
            format!("{a}|{b}")
        };
    }
    genotype.clone()
}

#[cfg(test)]
mod tests {
    use fafnir_io::ContigId;

    use super::*;

    /// A heterozygous site, its fragments given as name and sign.
    fn site(position: u32, fragments: &[(u64, f64)]) -> SiteCall {
        let record = vcf::Record {
            contig: ContigId(0),
            position,
            id: String::new(),
            reference: b"A".to_vec(),
            alternates: vec![b"C".to_vec()],
            quality: 50.0,
            filters: Vec::new(),
            info: Vec::new(),
            format: vec![("GT", "0/1".to_owned())],
        };
        SiteCall {
            variant: Some(record.clone()),
            detailed: Some(record),
            fragments: fragments.iter().map(|(n, s)| (*n, 3.5 * s)).collect(),
        }
    }

    fn phased(mut calls: Vec<SiteCall>) -> Vec<(String, String)> {
        phase(&mut calls);
        calls
            .iter()
            .map(|call| {
                let field = |record: &Option<vcf::Record>, name| {
                    let all = record.iter().flat_map(|r| &r.format);
                    all.filter(|(key, _)| *key == name)
                        .map(|(_, value)| value.clone())
                        .collect::<String>()
                };
                if !field(&call.variant, "PS").is_empty() {
                    assert_eq!(field(&call.detailed, "PGT"), field(&call.variant, "GT"));
                    assert!(field(&call.detailed, "PID").ends_with("_A_C"));
                }
                (field(&call.variant, "GT"), field(&call.variant, "PS"))
            })
            .collect()
    }

    fn text(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn two_fragments_that_agree_tell_the_phase() {
        let trans = vec![
            site(100, &[(1, 1.0), (2, 1.0), (3, -1.0)]),
            site(150, &[(1, -1.0), (2, -1.0), (3, 1.0), (4, 1.0)]),
            // One fragment, or two that contradict each other, do not.
            site(200, &[(4, 1.0)]),
            site(250, &[(3, 1.0), (4, -1.0)]),
        ];
        let expected = [("0|1", "101"), ("1|0", "101"), ("0/1", ""), ("0/1", "")];
        assert_eq!(phased(trans), text(&expected));
    }

    /// Noise, of which no site has to do with another, does not grow without bounds; what is clear and
    /// near is phased among it.
    #[test]
    fn sets_that_wait_are_bounded() {
        let noise = (0..500).map(|n| site(100 + 4 * n, &[(u64::from(n) + 10, 1.0)]));
        let mut calls: Vec<SiteCall> = noise.collect();
        calls[300] = site(1_300, &[(1, 1.0), (2, 1.0)]);
        calls[310] = site(1_340, &[(1, 1.0), (2, 1.0)]);
        let ended = phase(&mut calls);
        assert_eq!(ended, 499 - MOST_OPEN as u64);
        let phased = |call: &SiteCall| call.variant.as_ref().is_some_and(|r| r.format.len() > 1);
        let found = (0..500).filter(|&n| phased(&calls[n]));
        assert_eq!(found.collect::<Vec<_>>(), [300, 310]);
    }

    #[test]
    fn a_site_may_join_two_sets() {
        let sites = vec![
            site(100, &[(1, 1.0), (2, 1.0)]),
            site(150, &[(3, 1.0), (4, -1.0)]),
            site(200, &[(1, -1.0), (2, -1.0), (3, 1.0), (4, -1.0)]),
            // Too far away to have fragments in common: names may be alike.
            site(9_000, &[(1, 1.0), (2, 1.0)]),
        ];
        let expected = [("0|1", "101"), ("1|0", "101"), ("1|0", "101"), ("0/1", "")];
        assert_eq!(phased(sites), text(&expected));
    }
}
