//! Values of settings, global or of one sample.

use super::error::SheetErrorKind;
use crate::bcl::adapters::AdapterBehavior;

/// A value, or why it is none.
pub(super) type Value<T> = Result<T, SheetErrorKind>;

fn invalid(setting: &str, value: &str, expected: &'static str) -> SheetErrorKind {
    SheetErrorKind::Value {
        setting: setting.to_owned(),
        value: value.to_owned(),
        expected,
    }
}

/// `true` or `1`, `false` or `0`; also `yes` and `no`, which sheets of version 1 have.
pub(super) fn switch(setting: &str, value: &str) -> Value<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" => Ok(true),
        "0" | "false" | "f" | "no" | "n" => Ok(false),
        _ => Err(invalid(setting, value, "true or false, or 1 or 0")),
    }
}

/// A number of bases.
pub(super) fn length(setting: &str, value: &str) -> Value<usize> {
    value
        .parse::<u32>()
        .map(|length| length as usize)
        .map_err(|_| invalid(setting, value, "a number of bases, from 0 on"))
}

/// A lane.
pub(super) fn lane(setting: &str, value: &str) -> Value<u8> {
    value
        .parse()
        .ok()
        .filter(|&lane| lane > 0)
        .ok_or_else(|| invalid(setting, value, "the number of one lane, from 1 on"))
}

/// `BarcodeMismatchesIndex1` and `2`: 0, 1 or 2 (BCL Convert, "Sample Sheet").
pub(super) fn mismatches(setting: &str, value: &str) -> Value<u8> {
    match value {
        "0" => Ok(0),
        "1" => Ok(1),
        "2" => Ok(2),
        _ => Err(invalid(setting, value, "0, 1 or 2")),
    }
}

/// `MinimumAdapterOverlap`: 1, 2 or 3 (BCL Convert, "Sample Sheet").
pub(super) fn overlap(setting: &str, value: &str) -> Value<usize> {
    match value {
        "1" => Ok(1),
        "2" => Ok(2),
        "3" => Ok(3),
        _ => Err(invalid(setting, value, "1, 2 or 3")),
    }
}

/// `AdapterStringency`: from 0.5 to 1 (BCL Convert, "Sample Sheet").
pub(super) fn stringency(setting: &str, value: &str) -> Value<f32> {
    value
        .parse()
        .ok()
        .filter(|stringency| (0.5..=1.0).contains(stringency))
        .ok_or_else(|| invalid(setting, value, "a number from 0.5 to 1"))
}

/// `AdapterBehavior`.
pub(super) fn behavior(setting: &str, value: &str) -> Value<AdapterBehavior> {
    match value.to_ascii_lowercase().as_str() {
        "trim" => Ok(AdapterBehavior::Trim),
        "mask" => Ok(AdapterBehavior::Mask),
        _ => Err(invalid(setting, value, "trim or mask")),
    }
}

/// Adapters of one read: bases, several joined by `+`.
pub(super) fn adapters(setting: &str, value: &str) -> Value<Vec<Vec<u8>>> {
    let adapter = |text: &str| {
        let bases = text.trim().to_ascii_uppercase().into_bytes();
        let valid = !bases.is_empty() && bases.iter().all(|base| b"ACGT".contains(base));
        valid.then_some(bases)
    };
    value
        .split('+')
        .map(adapter)
        .collect::<Option<_>>()
        .ok_or_else(|| {
            invalid(
                setting,
                value,
                "bases A, C, G and T, several adapters joined by '+'",
            )
        })
}

/// `IndependentIndexCollisionCheck`: lanes separated by `;`.
pub(super) fn lanes(setting: &str, value: &str) -> Value<Vec<u8>> {
    value
        .split(';')
        .map(|value| lane(setting, value.trim()))
        .collect()
}

/// An index: bases in upper case.
pub(super) fn index(setting: &str, value: &str) -> Value<Vec<u8>> {
    let bases = value.to_ascii_uppercase().into_bytes();
    match bases.iter().all(|base| b"ACGT".contains(base)) {
        true => Ok(bases),
        // BCL Convert takes N for no wildcard either (Illumina Knowledge 5671).
        false => Err(invalid(
            setting,
            value,
            "bases A, C, G and T; cycles are left out by OverrideCycles",
        )),
    }
}
