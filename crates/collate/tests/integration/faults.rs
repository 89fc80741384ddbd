//! What does not fit is refused.

use std::path::PathBuf;

use fafnir_collate::{CollateError, Collator, Options, Scratch};
use fafnir_io::bam::RecordBatch;

use crate::budget::some_templates;
use crate::order::options;
use crate::templates::batches;

fn add(options: Options, batch: RecordBatch) -> Result<(), CollateError> {
    let collator = Collator::new(options);
    collator.add(collator.prepare(batch, &mut Scratch::default()))
}

#[test]
fn a_missing_directory_is_named() {
    let batch = batches(&some_templates(200), 100).remove(0);
    let options = Options {
        temporary_directory: PathBuf::from("/nowhere/at/all"),
        ..options(0)
    };
    let message = add(options, batch).unwrap_err().to_string();
    assert!(message.contains("/nowhere/at/all"), "{message}");
}

/// What a failed addition lost must not be missing from a finished result.
#[test]
fn after_a_failed_addition_nothing_is_finished() {
    let mut scratch = Scratch::default();
    let batch = batches(&some_templates(200), 100).remove(0);
    let nowhere = Options {
        temporary_directory: PathBuf::from("/nowhere/at/all"),
        ..options(0)
    };
    let mut foreign = batch.clone();
    foreign.read_group = 99;
    for (options, bad) in [(nowhere, batch.clone()), (options(u64::MAX), foreign)] {
        let collator = Collator::new(options);
        assert!(collator.add(collator.prepare(bad, &mut scratch)).is_err());
        let more = collator.add(collator.prepare(batch.clone(), &mut scratch));
        assert!(matches!(more, Err(CollateError::Incomplete)));
        assert!(matches!(collator.finish(), Err(CollateError::Incomplete)));
    }
}

#[test]
fn a_record_outside_the_reference_is_refused() {
    let batch = batches(&some_templates(200), 100).remove(0);
    let short = Options {
        contig_lengths: vec![20_000_000, 300_000, 1000],
        ..options(u64::MAX)
    };
    let error = add(short, batch.clone()).unwrap_err();
    assert!(
        matches!(error, CollateError::OutsideReference { contig: 2, .. }),
        "{error}"
    );
    let fewer = Options {
        contig_lengths: vec![20_000_000],
        ..options(u64::MAX)
    };
    let error = add(fewer, batch).unwrap_err();
    assert!(
        matches!(error, CollateError::OutsideReference { contig: 1, .. }),
        "{error}"
    );
}

#[test]
fn an_unknown_read_group_is_refused() {
    let mut batch = batches(&some_templates(20), 10).remove(0);
    batch.read_group = 4;
    let error = add(options(0), batch).unwrap_err();
    assert!(
        matches!(error, CollateError::UnknownReadGroup { read_group: 4, .. }),
        "{error}"
    );
}
