#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_written_model_is_read_back() {
    for karyotype in [None, Some(Karyotype::MALE)] {
        let model = Model::default().with_karyotype(karyotype);
        let mut bytes = Vec::new();
        model.write(&mut bytes).unwrap();
        assert_eq!(Model::read(bytes.as_slice()).unwrap(), model);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.contains("\"XY\""), karyotype.is_some());
        assert!(Model::read(text.replace("XY", "YX").as_bytes()).is_err() == karyotype.is_some());
    }
}

#[test]
fn what_is_no_model_is_refused() {
    let edited = |edit: fn(&mut Model)| {
        let mut model = Model::default();
        edit(&mut model);
        let mut bytes = Vec::new();
        model.write(&mut bytes).unwrap();
        Model::read(bytes.as_slice()).unwrap_err()
    };
    assert!(matches!(
        edited(|m| m.version = 9),
        ModelError::Version { found: 9, .. }
    ));
    assert!(matches!(
        edited(|m| m.repeat_gap_open.truncate(3)),
        ModelError::Table {
            table: "repeat_gap_open",
            ..
        }
    ));
    assert!(matches!(
        edited(|m| m.repeat_indel_prior[2][5] = -1.0),
        ModelError::Table {
            table: "repeat_indel_prior",
            ..
        }
    ));
    assert!(matches!(
        edited(|m| m.gap_open = 1000.0),
        ModelError::Table {
            table: "gap_open",
            ..
        }
    ));
    assert!(matches!(Model::read(&b"{}"[..]), Err(ModelError::Json(_))));
}

#[test]
fn longer_tracts_slip_more() {
    let model = Model::default();
    for period in 1..=MAX_PERIOD {
        for repeats in 1..MAX_REPEATS {
            assert!(
                model.repeat_gap_open(period, repeats)
                    >= model.repeat_gap_open(period, repeats + 1)
            );
            assert!(
                model.repeat_indel_prior(period, repeats)
                    >= model.repeat_indel_prior(period, repeats + 1)
            );
        }
    }
}
