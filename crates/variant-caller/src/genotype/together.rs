//! Priors of events that stand together.

/// Variants come in clusters, and where a repeat has one other length it often has two: of the events of a
/// haplotype pair, the least likely has its whole prior, the others this share of theirs (log10).
const COMPANY_SHARE: f64 = 0.6;

/// log10 priors of events that stand together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Together {
    sum: f64,
    least: f64,
    second: f64,
}

impl Together {
    pub(super) fn of(priors: impl Iterator<Item = f64>) -> Self {
        priors.fold(Self::default(), |all, prior| Self {
            sum: all.sum + prior,
            least: all.least.min(prior),
            second: all.second.min(prior.max(all.least)),
        })
    }

    pub(super) fn all(&self) -> f64 {
        COMPANY_SHARE * self.sum + (1.0 - COMPANY_SHARE) * self.least
    }

    /// That of all but one of them.
    pub(super) fn without(&self, prior: f64) -> f64 {
        let least = if prior <= self.least {
            self.second
        } else {
            self.least
        };
        COMPANY_SHARE * (self.sum - prior) + (1.0 - COMPANY_SHARE) * least
    }
}
