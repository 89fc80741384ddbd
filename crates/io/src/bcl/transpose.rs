//! From cycle-major to cluster-major, in blocks that fit the cache.

/// Clusters of a block: a cache line of each cycle.
const BLOCK: usize = 64;
/// Rows and columns that are transposed at a time.
const SIDE: usize = 8;

/// Writes the calls of each cluster in `rows`, a row a cycle, to `out[cluster * stride + first]`
/// and behind.
///
/// # Panics
///
/// If rows differ in length, or `out` is shorter than they need.
pub(super) fn transpose(rows: &[Vec<u8>], out: &mut [u8], stride: usize, first: usize) {
    let clusters = rows.first().map_or(0, Vec::len);
    for start in (0..clusters).step_by(BLOCK) {
        let end = clusters.min(start + BLOCK);
        for (group, rows) in rows.chunks(SIDE).enumerate() {
            let column = first + SIDE * group;
            let mut cluster = start;
            if let Some(rows) = rows.first_chunk::<SIDE>() {
                while cluster + SIDE <= end {
                    let square = rows.each_ref().map(|row| load(&row[cluster..]));
                    for (i, calls) in transpose_square(square).into_iter().enumerate() {
                        let at = (cluster + i) * stride + column;
                        out[at..at + SIDE].copy_from_slice(&calls.to_le_bytes());
                    }
                    cluster += SIDE;
                }
            }
            for cluster in cluster..end {
                for (i, row) in rows.iter().enumerate() {
                    out[cluster * stride + column + i] = row[cluster];
                }
            }
        }
    }
}

fn load(bytes: &[u8]) -> u64 {
    let mut word = [0; SIDE];
    word.copy_from_slice(&bytes[..SIDE]);
    u64::from_le_bytes(word)
}

/// Swaps halves, quarters and eighths of words across the diagonal.
fn transpose_square(mut words: [u64; SIDE]) -> [u64; SIDE] {
    for (step, mask) in [
        (4, 0x0000_0000_ffff_ffff),
        (2, 0x0000_ffff_0000_ffff),
        (1, 0x00ff_00ff_00ff_00ff),
    ] {
        let shift = 8 * step;
        for i in (0..SIDE).filter(|i| i & step == 0) {
            let swapped = ((words[i] >> shift) ^ words[i + step]) & mask;
            words[i + step] ^= swapped;
            words[i] ^= swapped << shift;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_lands_where_it_belongs() {
        for (cycles, clusters) in [(1, 1), (8, 8), (7, 65), (32, 129), (31, 64), (9, 0)] {
            let call = |cycle: usize, cluster: usize| (cycle * 131 + cluster * 7) as u8;
            let rows: Vec<Vec<u8>> = (0..cycles)
                .map(|cycle| (0..clusters).map(|cluster| call(cycle, cluster)).collect())
                .collect();
            let (stride, first) = (cycles + 5, 3);
            let mut out = vec![0xee; clusters * stride];
            transpose(&rows, &mut out, stride, first);
            for (i, found) in out.into_iter().enumerate() {
                let (cluster, column) = (i / stride, i % stride);
                let expected = match column.checked_sub(first) {
                    Some(cycle) if cycle < cycles => call(cycle, cluster),
                    _ => 0xee,
                };
                assert_eq!(
                    found, expected,
                    "{cycles} x {clusters}: {cluster}, {column}"
                );
            }
        }
    }
}
