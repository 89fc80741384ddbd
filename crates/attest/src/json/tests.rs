#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MAX_BYTES, MAX_DEPTH, canonical, parse};

#[test]
fn duplicate_keys_are_refused_at_any_level() {
    for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"c":2,"\u0061":3}}]"#] {
        let error = parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("\"a\" is there twice"), "{error}");
    }
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    for depth in [MAX_DEPTH + 1, 100_000] {
        let error = parse(nested(depth).as_bytes()).unwrap_err().to_string();
        assert!(error.contains("levels deep"), "{error}");
        assert!(parse("[".repeat(depth).as_bytes()).is_err());
        assert!(parse(r#"{"a":"#.repeat(depth).as_bytes()).is_err());
    }
}

#[test]
fn size_is_limited() {
    let mut text = b"[]".to_vec();
    text.resize(MAX_BYTES, b' ');
    assert!(parse(&text).is_ok());
    text.push(b' ');
    let error = parse(&text).unwrap_err().to_string();
    assert!(error.contains("more than"), "{error}");
}

#[test]
fn what_is_not_one_json_document_is_refused() {
    let texts: [&[u8]; 9] = [
        b"",
        b"{",
        b"{} {}",
        b"[1,]",
        b"nul",
        b"1e999",
        b"\"\xff\"",
        b"\xef\xbb\xbf{}",
        b"\"\\ud800\"",
    ];
    for text in texts {
        assert!(parse(text).is_err(), "{}", text.escape_ascii());
    }
}

#[test]
fn canonical_form_is_sorted_and_tight() {
    let value = json!({"b": [1, {"z": null, "a": "\u{e9}\n\""}], "a": -2.5, "B": true});
    assert_eq!(
        String::from_utf8(canonical(&value)).unwrap(),
        "{\"B\":true,\"a\":-2.5,\"b\":[1,{\"a\":\"\u{e9}\\n\\\"\",\"z\":null}]}"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Found by fuzzing: read as a float near it, the number was written in two ways.
#[test]
fn long_numbers_are_canonical() {
    let text = b"99999000000000000000000000000000001349849531";
    let bytes = canonical(&parse(text).unwrap());
    assert_eq!(canonical(&parse(&bytes).unwrap()), bytes);
}

proptest! {
    #[test]
    fn agrees_with_serde_json_where_both_accept(value in any_json()) {
        let text = serde_json::to_vec(&value).unwrap();
        // serde_json may lose the last digit of a float; both parsers lose the same one.
        let oracle: Value = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(canonical(&oracle), serde_json::to_vec(&oracle).unwrap());
        prop_assert_eq!(parse(&text).unwrap(), oracle);
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }
}
