#![allow(clippy::unwrap_used)]

use fafnir_io::reference::Storage;
use fafnir_io::vcf::Record;
use fafnir_io::{Contig, ContigId, Reference};
use proptest::prelude::*;

use super::features::{COUNT, FEATURES, Transform};
use super::logistic::{fit, logit};
use super::{FILTER, Features, KINDS, Recalibration, RecalibrationError};
use crate::HardFilters;

/// A reference of one contig.
fn reference(bases: &[u8]) -> Reference {
    let mut words = vec![0u64; bases.len().div_ceil(32)];
    for (i, base) in bases.iter().enumerate() {
        let code = b"ACGT".iter().position(|letter| letter == base).unwrap() as u64;
        words[i / 32] |= code << (2 * (i % 32));
    }
    let contig = Contig {
        name: String::from("c"),
        length: bases.len() as u32,
        md5: [0; 16],
        offset: 0,
    };
    Reference::new(vec![contig], Storage::Owned(words.into()), Vec::new())
}

/// Numbers from 0 up to 1 that are no one's choice.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut x = seed;
    move || {
        x = x
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (x >> 33) as f64 / (1u64 << 31) as f64
    }
}

/// Calls of both kinds; `right` decides by QUAL, which is 0 to 100, and by chance.
fn calls(number: usize, right: impl Fn(f64, f64) -> bool) -> Vec<(Features, bool)> {
    let mut chance = noise(5);
    (0..number)
        .map(|i| {
            let mut values = [0.0; COUNT];
            values.iter_mut().for_each(|value| *value = 10.0 * chance());
            values[0] = 100.0 * chance();
            values[7] = if i % 3 == 0 { f64::NAN } else { values[7] };
            let is_snv = i % 2 == 0;
            (Features { is_snv, values }, right(values[0], chance()))
        })
        .collect()
}

#[test]
fn transforms_are_those_that_they_are_called() {
    for (name, x, expected) in [
        ("identity", -2.5, -2.5),
        ("log1p", 0.0, 0.0),
        ("log1p", -3.0, 0.0),
        ("log1p", std::f64::consts::E - 1.0, 1.0),
        ("below60", 60.0, 0.0),
        ("below60", 250.0, 0.0),
        ("below60", 0.0, 61f64.ln()),
    ] {
        let all = [Transform::Identity, Transform::Log1p, Transform::Below60];
        let transform = all.into_iter().find(|t| t.name() == name).unwrap();
        let found = transform.of(x);
        assert!((found - expected).abs() < 1e-12, "{name} of {x}: {found}");
    }
}

#[test]
fn features_are_those_of_the_record() {
    // Ten A, then GC in turn.
    let bases: Vec<u8> = [b"A".repeat(10), b"GC".repeat(20)].concat();
    let reference = reference(&bases);
    let field = |fields: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect()
    };
    let mut record = Record {
        contig: ContigId(0),
        position: 0,
        id: String::new(),
        reference: b"AAA".to_vec(),
        alternates: vec![b"A".to_vec(), b"<NON_REF>".to_vec()],
        quality: 30.0,
        filters: Vec::new(),
        info: field(&[("MQ", "55.50"), ("FS", "1.250"), ("QD", "1.50")]),
        format: field(&[
            ("GT", "0|1"),
            ("AD", "15,5,0"),
            ("DP", "20"),
            ("GQ", "25"),
            ("MB", "8,7,0,5"),
        ]),
    };
    let features = Features::of(&record, &reference).unwrap();
    assert!(!features.is_snv());
    for (name, expected) in [
        ("QUAL", Some(30.0)),
        ("GQ", Some(25.0)),
        ("DP", Some(20.0)),
        ("MQ", Some(55.5)),
        ("FS", Some(1.25)),
        ("SOR", None),
        ("MQRankSum", None),
        ("OrientationFS", None),
        ("Imbalance", Some(0.25)),
        ("Heterozygous", Some(1.0)),
        ("Alternates", Some(1.0)),
        ("Inserted", Some(0.0)),
        ("Deleted", Some(2.0)),
        ("RepeatUnit", Some(1.0)),
        ("RepeatLength", Some(10.0)),
        // Of the first 28 bases.
        ("GC", Some(18.0 / 28.0)),
        ("Nothing", None),
    ] {
        assert_eq!(features.value(name), expected, "{name}");
    }
    // 8 and 3 of the 8 first reads with the reference's allele, by C(15, n) C(5, 8 - n) / C(20, 8).
    let p: f64 = (6_435.0 + 455.0) / 125_970.0;
    let found = features.value("MateFS").unwrap();
    assert!((found + 10.0 * p.log10()).abs() < 1e-9, "{found}");
    record.quality = f32::NAN;
    assert_eq!(Features::of(&record, &reference), None);
    record.quality = 30.0;
    record.format[0].1 = String::from("0/0");
    assert_eq!(Features::of(&record, &reference), None);
    record.format[0].1 = String::from("1/1");
    record.alternates[0] = b"AAC".to_vec();
    let features = Features::of(&record, &reference).unwrap();
    assert!(features.is_snv());
    assert_eq!(features.value("Imbalance"), Some(0.75));
}

#[test]
fn what_can_be_told_apart_is() {
    let calls = calls(2_000, |quality, _| quality > 40.0);
    let model = Recalibration::train(&calls, [3.0, 3.0]).unwrap();
    for (features, right) in &calls {
        let margin = (features.values[0] - 40.0).abs();
        if margin > 5.0 {
            assert_eq!(model.passes(features), *right, "{features:?}");
        }
        if margin > 30.0 {
            let quality = model.quality(features);
            assert_eq!(quality > 20.0, *right, "{quality} {features:?}");
        }
    }
    let (_, snv, indel) = model.weights().next().unwrap();
    let others = model
        .weights()
        .skip(1)
        .map(|(_, a, b)| a.abs().max(b.abs()));
    assert!(others.fold(0.0, f64::max) * 5.0 < snv.min(indel));
    assert_eq!(Recalibration::train(&calls, [3.0, 3.0]).unwrap(), model);
}

#[test]
fn as_many_are_wrong_as_qualities_say() {
    let odds = |quality: f64| (2.0 * quality.ln_1p() - 6.0).exp();
    let calls = calls(6_000, |quality, chance| {
        chance < odds(quality) / (1.0 + odds(quality))
    });
    let model = Recalibration::train(&calls, [3.0, 3.0]).unwrap();
    for is_snv in [true, false] {
        for low in [0.0, 2.0, 6.0] {
            let (mut number, mut wrong, mut expected) = (0.0, 0.0, 0.0);
            for (features, right) in calls.iter().filter(|(f, _)| f.is_snv == is_snv) {
                let quality = model.quality(features);
                if (low..low + 4.0).contains(&quality) {
                    number += 1.0;
                    wrong += f64::from(u8::from(!right));
                    expected += 10f64.powf(-quality / 10.0);
                }
            }
            assert!(number > 100.0);
            assert!(
                (wrong - expected).abs() < 0.05 * number,
                "{low} {number} {wrong} {expected}"
            );
        }
    }
}

/// At its maximum the penalised likelihood rises nowhere.
#[test]
fn the_fit_is_the_maximum() {
    let mut chance = noise(9);
    let rows: Vec<[f64; 3]> = (0..500)
        .map(|_| [0; 3].map(|_| 4.0 * chance() - 2.0))
        .collect();
    let labels: Vec<bool> = rows
        .iter()
        .map(|row| chance() < 1.0 / (1.0 + (-(1.0 + 2.0 * row[0] - row[2])).exp()))
        .collect();
    let weights = fit(&rows, &labels);
    for (found, true_one) in weights.iter().zip([1.0, 2.0, 0.0, -1.0]) {
        assert!((found - true_one).abs() < 0.4, "{weights:?}");
    }
    for at in 0..4 {
        let rest = rows.iter().zip(&labels).map(|(row, &label)| {
            let p = 1.0 / (1.0 + (-logit(row, &weights)).exp());
            let x = if at == 0 { 1.0 } else { row[at - 1] };
            (f64::from(u8::from(label)) - p) * x
        });
        let slope: f64 = rest.sum::<f64>() - if at == 0 { 0.0 } else { weights[at] };
        assert!(slope.abs() < 1e-6, "{at}: {slope}");
    }
}

#[test]
fn a_call_gets_quality_and_filters() {
    let calls = calls(2_000, |quality, _| quality > 40.0);
    let model = Recalibration::train(&calls, [3.0, 3.0]).unwrap();
    let filters: HardFilters = "Low:all:QUAL<1".parse().unwrap();
    let call = |quality: f32| Record {
        contig: ContigId(0),
        position: 7,
        id: String::new(),
        reference: b"A".to_vec(),
        alternates: vec![b"C".to_vec()],
        quality,
        filters: Vec::new(),
        info: Vec::new(),
        format: vec![("GT", String::from("0/1"))],
    };
    for (features, right) in &calls {
        if (features.values[0] - 40.0).abs() < 5.0 {
            continue;
        }
        let mut record = call(50.0);
        model.apply(&mut record, features, &filters);
        assert_eq!(record.quality, model.quality(features) as f32);
        let names: Vec<&str> = record.filters.iter().map(|name| &**name).collect();
        let expected: &[&str] = match *right {
            true => &[],
            false if record.quality < 1.0 => &["Low", FILTER],
            false => &[FILTER],
        };
        assert_eq!(names, expected);
    }
}

#[test]
fn what_training_did_not_give_is_refused() {
    let calls = calls(400, |quality, _| quality > 40.0);
    let model = Recalibration::train(&calls, [3.0, 2.0]).unwrap();
    let text = serde_json::to_string(&model).unwrap();
    let read: Recalibration = serde_json::from_str(&text).unwrap();
    assert_eq!((read.check(), &read), (Ok(()), &model));

    let few = &calls[..15];
    let error = Recalibration::train(few, [3.0; 2]).unwrap_err();
    assert!(
        matches!(error, RecalibrationError::TooFew { kind: "SNV", .. }),
        "{error}"
    );
    let mut other = model.clone();
    other.indel.terms[1].feature = String::from("Luck");
    let error = other.check().unwrap_err().to_string();
    assert!(
        error.contains("number 2 is identity of Luck, not identity of GQ"),
        "{error}"
    );
    let mut short = model.clone();
    short.snv.terms.pop();
    let last = FEATURES[COUNT - 1].0;
    let error = short.check().unwrap_err().to_string();
    assert!(
        error.contains(&format!("is none, not identity of {last}")),
        "{error}"
    );
    let mut wild = model;
    wild.snv.terms[3].scale = 0.0;
    let expected = RecalibrationError::Value {
        kind: KINDS[0],
        value: "scale",
    };
    assert_eq!(wild.check(), Err(expected));
}

proptest! {
    #[test]
    fn columns_read_as_what_they_were_written_from(
        is_snv: bool,
        values in proptest::array::uniform20(proptest::option::of(-1e6..1e6)),
    ) {
        let values = values.map(|value: Option<f64>| value.unwrap_or(f64::NAN));
        let features = Features { is_snv, values };
        let mut line = String::new();
        features.append_columns(&mut line);
        prop_assert_eq!(line.split('\t').count(), 1 + Features::names().count());
        let read = Features::from_columns(line.split('\t')).unwrap();
        prop_assert_eq!(read.is_snv, is_snv);
        for (found, written) in read.values.iter().zip(values) {
            prop_assert!(found.to_bits() == written.to_bits() || found.is_nan() && written.is_nan());
        }
        prop_assert_eq!(Features::from_columns(line.split('\t').skip(1)), None);
        prop_assert_eq!(Features::from_columns(line.split('\t').chain(["1"])), None);
    }
}
