use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fafnir_attest::{
    AttestError,
    dsse::{Envelope, PayloadType, pae},
    key::SigningKey,
    statement::Statement,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{new_key, open, state};

fn a_statement() -> Statement {
    let scratch = tempfile::tempdir().unwrap();
    let output = open(scratch.path(), "s", false).unwrap();
    state(&output, &[output.write("s.vcf", b"variants").unwrap()])
}

/// The protocol's own example, and lengths in bytes, not characters.
#[test]
fn the_signed_bytes_are_those_of_the_specification() {
    assert_eq!(
        pae("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    assert_eq!(
        pae("caf\u{e9}", "\u{fc}\0".as_bytes()),
        "DSSEv1 5 caf\u{e9} 3 \u{fc}\0".as_bytes()
    );
}

#[test]
fn what_is_signed_verifies_and_is_deterministic() {
    let (key, statement) = (new_key(), a_statement());
    let envelope = Envelope::sign(&statement, &key).unwrap();
    assert_eq!(envelope, Envelope::sign(&statement, &key).unwrap());
    let back = from_json(&envelope.to_json()).unwrap();
    assert_eq!(back, envelope);
    let keys = [new_key().public_key(), key.public_key()];
    let payload = back.verify(&keys).unwrap();
    let read = Statement::from_json(payload.get()).unwrap();
    assert_eq!(read.subject, statement.subject);
    assert!(!read.is_signed_by_development_key());
    assert_eq!(envelope.signatures()[0].keyid, key.public_key().key_id());
}

#[test]
fn foreign_and_false_signatures_are_told_apart() {
    let (key, other) = (new_key(), new_key());
    let envelope = Envelope::sign(&a_statement(), &key).unwrap();
    for keys in [vec![], vec![other.public_key()]] {
        let error = envelope.verify(&keys).unwrap_err();
        assert!(matches!(error, AttestError::UnknownKey { .. }));
        assert!(error.to_string().contains(&key.public_key().key_id()));
    }
    // The signature of one statement on another.
    let mut swapped: Value = serde_json::from_slice(&envelope.to_json()).unwrap();
    let second = Envelope::sign(&a_statement(), &key).unwrap();
    let second: Value = serde_json::from_slice(&second.to_json()).unwrap();
    swapped["signatures"] = second["signatures"].clone();
    let error = parse(&swapped)
        .unwrap()
        .verify(&[key.public_key()])
        .unwrap_err();
    assert!(matches!(error, AttestError::BadSignature { .. }));
    // A key identifier proves nothing by itself.
    let mut renamed: Value = serde_json::from_slice(&envelope.to_json()).unwrap();
    renamed["signatures"][0]["keyid"] = json!(other.public_key().key_id());
    let error = parse(&renamed)
        .unwrap()
        .verify(&[other.public_key()])
        .unwrap_err();
    assert!(matches!(error, AttestError::BadSignature { .. }));
}

/// All signatures must hold, not one of them.
#[test]
fn two_signers_are_both_checked() {
    let (first, second) = (new_key(), new_key());
    let statement = a_statement();
    let one = Envelope::sign(&statement, &first).unwrap();
    let two = Envelope::sign(&statement, &second).unwrap();
    let mut both: Value = serde_json::from_slice(&one.to_json()).unwrap();
    let more: Value = serde_json::from_slice(&two.to_json()).unwrap();
    both["signatures"]
        .as_array_mut()
        .unwrap()
        .push(more["signatures"][0].clone());
    let envelope = parse(&both).unwrap();
    let keys = [first.public_key(), second.public_key()];
    assert!(envelope.verify(&keys).is_ok());
    for one_key in keys.chunks(1) {
        let error = envelope.verify(one_key).unwrap_err();
        assert!(matches!(error, AttestError::UnknownKey { .. }));
    }
    both["signatures"][1]["sig"] = both["signatures"][0]["sig"].clone();
    let error = parse(&both).unwrap().verify(&keys).unwrap_err();
    assert!(matches!(error, AttestError::BadSignature { .. }));
}

/// One is never taken for the other, whatever the envelope says that it carries.
#[test]
fn what_envelopes_carry_is_not_interchangeable() {
    use PayloadType::{KernelPackage, Recalibration, Statement};
    let key = new_key();
    let keys = [key.public_key()];
    let statement = Envelope::sign(&a_statement(), &key).unwrap();
    let description = json!({"format": 1, "a": [2, "x"]});
    let package = Envelope::sign_kernel_package(&description, &key);
    let payload = package.verify(&keys).unwrap();
    assert_eq!(payload.get(), br#"{"a":[2,"x"],"format":1}"#);
    assert_eq!(payload.proof().role, "kernel package");
    let recalibration = Envelope::sign_recalibration(&description, &key);
    for (envelope, own, other) in [
        (recalibration, Recalibration, KernelPackage),
        (statement, Statement, KernelPackage),
        (package, KernelPackage, Statement),
    ] {
        let bytes = envelope.to_json();
        assert_eq!(Envelope::from_json(&bytes, own).unwrap(), envelope);
        let error = Envelope::from_json(&bytes, other).unwrap_err().to_string();
        assert!(error.contains(own.as_str()) && error.contains(other.as_str()));
        let text = String::from_utf8(bytes).unwrap();
        let renamed = text.replace(own.as_str(), other.as_str());
        let renamed = Envelope::from_json(renamed.as_bytes(), other).unwrap();
        let error = renamed.verify(&keys).unwrap_err();
        assert!(matches!(error, AttestError::BadSignature { .. }));
    }
}

fn from_json(bytes: &[u8]) -> Result<Envelope, AttestError> {
    Envelope::from_json(bytes, PayloadType::Statement)
}

fn parse(value: &Value) -> Result<Envelope, AttestError> {
    from_json(&serde_json::to_vec(value).unwrap())
}

#[test]
fn only_the_one_form_is_read() {
    let envelope = Envelope::sign(&a_statement(), &new_key()).unwrap();
    let good: Value = serde_json::from_slice(&envelope.to_json()).unwrap();
    assert!(parse(&good).is_ok());
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut changed = good.clone();
        change(&mut changed);
        parse(&changed).unwrap_err().to_string()
    };
    assert!(refused(&|v| v["more"] = json!(1)).contains("more"));
    assert!(refused(&|v| v["signatures"][0]["cert"] = json!("")).contains("cert"));
    assert!(refused(&|v| v["signatures"] = json!([])).contains("no signature"));
    assert!(refused(&|v| v["signatures"] = json!({})).contains("sequence"));
    assert!(refused(&|v| v["payloadType"] = json!("text/plain")).contains("text/plain"));
    assert!(refused(&|v| v["payload"] = json!("not base64!")).contains("payload"));
    assert!(
        refused(&|v| v["payload"] = json!("QUI")).contains("payload"),
        "no padding"
    );
    assert!(
        refused(&|v| v["payload"] = json!("QUJ=")).contains("payload"),
        "trailing bits"
    );
    assert!(refused(&|v| v["signatures"][0]["sig"] = json!("_-8=")).contains("signature"));
    let repeat = |v: &mut Value| {
        let first = v["signatures"][0].clone();
        v["signatures"].as_array_mut().unwrap().push(first);
    };
    assert!(refused(&repeat).contains("two signatures"));
    for field in ["payload", "payloadType", "signatures"] {
        let remove = |v: &mut Value| {
            v.as_object_mut().unwrap().remove(field);
        };
        assert!(refused(&remove).contains(field));
    }
    let text = String::from_utf8(envelope.to_json()).unwrap();
    let twice = text.replacen('{', r#"{"payloadType":"text/plain","#, 1);
    let error = from_json(twice.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("twice"), "{error}");
    for document in [
        "",
        "[]",
        "null",
        "{}",
        &format!("{text}x"),
        &format!("{text}{text}"),
    ] {
        assert!(from_json(document.as_bytes()).is_err());
    }
    assert!(from_json(&vec![b' '; 16 * 1024 * 1024 + 1]).is_err());
    assert!(from_json("[".repeat(1_000_000).as_bytes()).is_err());
}

/// Every bit of the envelope, wherever it lies: payload, signature, key identifier, syntax.
#[test]
fn no_bit_can_be_flipped() {
    let key = new_key();
    let keys = [key.public_key()];
    let good = Envelope::sign(&a_statement(), &key).unwrap().to_json();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let accepted = from_json(&bad).and_then(|envelope| envelope.verify(&keys));
            assert!(accepted.is_err(), "byte {at}, bit {bit}");
        }
    }
}

/// Every byte of payload and signature under the base64.
#[test]
fn no_signed_byte_can_be_changed() {
    let key = new_key();
    let envelope = Envelope::sign(&a_statement(), &key).unwrap();
    let good: Value = serde_json::from_slice(&envelope.to_json()).unwrap();
    for pointer in ["/payload", "/signatures/0/sig"] {
        let text = good.pointer(pointer).unwrap().as_str().unwrap();
        let bytes = STANDARD.decode(text).unwrap();
        let changed = (0..bytes.len()).map(|at| {
            let mut bad = bytes.clone();
            bad[at] ^= 0x20;
            bad
        });
        let cut = bytes[..bytes.len() - 1].to_vec();
        let longer = [&bytes[..], b" "].concat();
        for bad in changed.chain([vec![], cut, longer]) {
            let mut value = good.clone();
            *value.pointer_mut(pointer).unwrap() = json!(STANDARD.encode(&bad));
            let envelope = parse(&value).unwrap();
            let error = envelope.verify(&[key.public_key()]).unwrap_err();
            assert!(matches!(error, AttestError::BadSignature { .. }));
        }
    }
}

/// Made once: writing a file for each case would take most of the test's time.
static SIGNED: LazyLock<(SigningKey, Envelope)> = LazyLock::new(|| {
    let key = new_key();
    let envelope = Envelope::sign(&a_statement(), &key).unwrap();
    (key, envelope)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = from_json(&bytes);
        let _ = Statement::from_json(&bytes);
    }

    #[test]
    fn reading_mutated_documents_never_panics(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4), 1..6),
    ) {
        let (key, envelope) = &*SIGNED;
        let payload = envelope.verify(&[key.public_key()]).unwrap().into_inner();
        for original in [envelope.to_json(), payload] {
            let mut bytes = original.clone();
            for (at, byte, kind) in &edits {
                let at = at.index(bytes.len());
                match kind {
                    0 => bytes[at] = *byte,
                    1 => bytes.insert(at, *byte),
                    2 if bytes.len() > 1 => drop(bytes.remove(at)),
                    _ => bytes.truncate(at + 1),
                }
            }
            let _ = Statement::from_json(&bytes);
            if let Ok(read) = from_json(&bytes)
                && bytes != original
                && let Ok(verified) = read.verify(&[key.public_key()])
            {
                // Only white space outside the payload may differ.
                prop_assert_eq!(read.to_json(), envelope.to_json());
                prop_assert!(Statement::from_json(verified.get()).is_ok());
            }
        }
    }
}
