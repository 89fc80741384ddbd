//! How often seeds occur in a reference: what decides how fast it is mapped to.

use std::fmt;

use rayon::prelude::*;

use super::{Index, Seeds};

/// Upper bounds of the classes; the last has none.
const BOUNDS: [u64; 7] = [1, 2, 8, 48, 1000, 10_000, 100_000];

/// Seeds of an index by their number of places. Shows itself as a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeedFrequencies {
    /// Distinct seeds of each class: 1, 2, 3-8, 9-48, 49-1,000, 1,001-10,000, 10,001-100,000 places and more.
    pub seeds: [u64; BOUNDS.len() + 1],
    /// Places of the seeds of each class.
    pub places: [u64; BOUNDS.len() + 1],
    /// Places of the most frequent seed.
    pub most: u64,
}

impl Index {
    /// Counts the seeds by their number of places, on the current rayon pool.
    pub fn seed_frequencies(&self) -> SeedFrequencies {
        let table = self.seeds();
        (0..table.buckets())
            .into_par_iter()
            .with_min_len(1 << 16)
            .fold(SeedFrequencies::default, |sums, bucket| {
                sums.with_bucket(table, bucket)
            })
            .reduce(SeedFrequencies::default, SeedFrequencies::plus)
    }
}

impl SeedFrequencies {
    fn with_bucket(mut self, table: Seeds<'_>, bucket: usize) -> Self {
        for places in table.frequencies(bucket) {
            let places = places as u64;
            let class = BOUNDS.partition_point(|bound| *bound < places);
            self.seeds[class] += 1;
            self.places[class] += places;
            self.most = self.most.max(places);
        }
        self
    }

    fn plus(mut self, other: Self) -> Self {
        for class in 0..self.seeds.len() {
            self.seeds[class] += other.seeds[class];
            self.places[class] += other.places[class];
        }
        self.most = self.most.max(other.most);
        self
    }
}

impl fmt::Display for SeedFrequencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| places of a seed | seeds | share | places | share |")?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: |")?;
        let share = |part: u64, of: &[u64]| 100.0 * part as f64 / of.iter().sum::<u64>() as f64;
        let mut least = 1;
        for (class, (seeds, places)) in self.seeds.iter().zip(&self.places).enumerate() {
            let name = match BOUNDS.get(class) {
                Some(bound) if *bound == least => bound.to_string(),
                Some(bound) => format!("{least} to {bound}"),
                None => format!("more, at most {}", self.most),
            };
            let (of_seeds, of_places) = (share(*seeds, &self.seeds), share(*places, &self.places));
            writeln!(
                f,
                "| {name} | {seeds} | {of_seeds:.3} % | {places} | {of_places:.2} % |"
            )?;
            least = BOUNDS.get(class).map_or(least, |bound| bound + 1);
        }
        Ok(())
    }
}
