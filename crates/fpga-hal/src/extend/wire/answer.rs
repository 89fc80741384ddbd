use super::{
    super::{batch::Batch, batch::Job, batch::Scoring, scalar},
    FIELDS, LEFT, PATH_SLOT, RESULT_FIELDS, REVERSED, Results, SCORING, TRACEBACK, check,
    encode_results,
};
use crate::device::{Frame, FrameError, words};

/// Returns what a device must answer to a batch, computed in scalar code.
///
/// # Errors
///
/// [`FrameError::Payload`] for what is no batch.
pub fn answer(question: &Frame) -> Result<Frame, FrameError> {
    let batch = decode(question)?;
    let count = batch.len();
    let mut results = Results::default();
    results.reset(count);
    scalar::run(&batch, 0..count, &mut results);
    let mut found = vec![0; RESULT_FIELDS * count];
    let mut paths = vec![0; PATH_SLOT * count];
    for index in 0..count {
        let path = results.cigar(index);
        let operations = match path.len() {
            length if length <= PATH_SLOT => length as i32,
            _ => LEFT,
        };
        let fields = [
            results.score(index),
            results.query_end(index).into(),
            results.target_end(index).into(),
            results.end_to_end_score(index),
            results.end_to_end_target(index).into(),
            operations,
        ];
        for (k, field) in fields.into_iter().enumerate() {
            found[k * count + index] = field;
        }
        // The last of the extension comes first.
        let slot = &mut paths[PATH_SLOT * index..];
        for (k, &operation) in path.iter().take(PATH_SLOT).enumerate() {
            let at = match batch.job(index).reversed {
                true => k,
                false => path.len() - 1 - k,
            };
            if at < PATH_SLOT {
                slot[at] = operation;
            }
        }
    }
    encode_results(&found, &paths)
}

/// Returns the batch that [`encode`](super::encode) made a frame of.
fn decode(frame: &Frame) -> Result<Batch, FrameError> {
    check(frame)?;
    let refused = |_| FrameError::Payload {
        what: "a job is larger than a batch takes",
    };
    let count = frame.count as usize;
    let (scoring, rest) = frame.payload.split_at(4 * SCORING);
    let (fields, bases) = rest.split_at(4 * FIELDS * count);
    let mut prices = words(scoring).map(|price| price as i8);
    let mut price = || prices.next().unwrap_or_default();
    let mut batch = Batch::new(Scoring {
        match_score: price(),
        mismatch: price(),
        gap_open: price(),
        gap_extend: price(),
    });
    let fields: Vec<u32> = words(fields).collect();
    for index in 0..count {
        let [start, query, target, band, z_drop, end_bonus, flags]: [u32; FIELDS] =
            std::array::from_fn(|k| fields[k * count + index]);
        let (query, target) =
            bases[start as usize..][..(query + target) as usize].split_at(query as usize);
        let job = Job {
            query,
            target,
            reversed: flags & REVERSED != 0,
            band: band as u16,
            z_drop: z_drop as u16,
            end_bonus: end_bonus as i16,
            traceback: flags & TRACEBACK != 0,
        };
        batch.push(job).map_err(refused)?;
    }
    Ok(batch)
}
