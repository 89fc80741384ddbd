#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::FileDigest;

fn subject(name: &str) -> Subject {
    Subject {
        name: name.to_owned(),
        digest: DigestSet {
            sha256: Sha256Digest::of(name.as_bytes()),
        },
        annotations: SubjectAnnotations {
            kind: SubjectKind::Result,
            size: 5,
        },
    }
}

fn statement(names: &[&str]) -> Statement {
    let reads = InputProof::new("r1.fastq.gz", "reads", FileDigest::of(b"reads"), None).unwrap();
    let mut definition = BuildDefinition::default();
    definition.resolved_dependencies.push((&reads).into());
    definition
        .external_parameters
        .insert("preset".to_owned(), json!("germline"));
    Statement::new(
        names.iter().map(|name| subject(name)).collect(),
        definition,
        RunDetails::new(
            "0123456789abcdef",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:01Z",
        ),
    )
}

#[test]
fn the_payload_is_the_same_bytes_whatever_the_order_of_subjects() {
    let payload = statement(&["b.vcf.gz", "a.bam"]).to_json(false).unwrap();
    assert_eq!(
        payload,
        statement(&["a.bam", "b.vcf.gz"]).to_json(false).unwrap()
    );
    let subject = |name| {
        let digest = Sha256Digest::of(str::as_bytes(name));
        format!(
            r#"{{"annotations":{{"kind":"result","size":5}},"digest":{{"sha256":"{digest}"}},"name":"{name}"}}"#
        )
    };
    let expected = [
        r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"buildDefinition":{"#,
        r#""buildType":"urn:fafnir:germline:v1","externalParameters":{"preset":"germline"},"#,
        r#""internalParameters":{"developmentKey":false},"resolvedDependencies":[{"#,
        r#""annotations":{"claimed":false,"role":"reads","size":5},"digest":{"sha256":"#,
        r#""3566cf23ecb6f832d67d1439e0cb3d05eb7f4ad702c6f478aa96f19812f18e8c"},"#,
        r#""name":"r1.fastq.gz"}]},"runDetails":{"builder":{"id":"urn:fafnir","version":"#,
        concat!(
            r#"{"fafnir":""#,
            env!("CARGO_PKG_VERSION"),
            r#""}},"byproducts":[],"#
        ),
        r#""metadata":{"finishedOn":"2026-01-01T00:00:01Z","invocationId":"0123456789abcdef","#,
        r#""startedOn":"2026-01-01T00:00:00Z"}}},"#,
        r#""predicateType":"https://slsa.dev/provenance/v1","subject":["#,
        &subject("a.bam"),
        ",",
        &subject("b.vcf.gz"),
        "]}",
    ];
    assert_eq!(String::from_utf8(payload).unwrap(), expected.concat());
}

#[test]
fn a_statement_comes_back_as_it_was() {
    let stated = statement(&["a.bam", "a.vcf.gz"]);
    let back = Statement::from_json(&stated.to_json(true).unwrap()).unwrap();
    assert!(back.is_signed_by_development_key());
    assert_eq!(back.subject, stated.subject);
    assert_eq!(back.predicate.run_details, stated.predicate.run_details);
    let again = Statement::from_json(&stated.to_json(false).unwrap()).unwrap();
    assert!(!again.is_signed_by_development_key());
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let long = "x".repeat(241);
    let bad = [
        "",
        ".",
        "..",
        "../a",
        "/etc/passwd",
        "a/b",
        "a\\b",
        ".a.part",
        "a\0",
        "a\nb",
        &long,
    ];
    for name in bad {
        let error = statement(&[name]).to_json(false).unwrap_err();
        assert!(matches!(error, AttestError::Statement(_)), "{name:?}");
    }
    assert!(statement(&["a b \u{e9}..bam"]).to_json(false).is_ok());
}

#[test]
fn repeated_and_absent_subjects_are_refused() {
    let twice = statement(&["a", "a"])
        .to_json(false)
        .unwrap_err()
        .to_string();
    assert!(twice.contains("\"a\" is listed twice"), "{twice}");
    assert!(statement(&[]).to_json(false).is_err());
}

#[test]
fn unknown_missing_and_foreign_fields_are_refused() {
    let good: Value = serde_json::from_slice(&statement(&["a"]).to_json(false).unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut changed = good.clone();
        change(&mut changed);
        Statement::from_json(&json::canonical(&changed))
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&|v| v["revoked"] = json!(true)).contains("revoked"));
    assert!(refused(&|v| v["subject"][0]["digest"]["sha1"] = json!("00")).contains("sha1"));
    assert!(refused(&|v| v["subject"][0]["annotations"]["kind"] = json!("toy")).contains("toy"));
    assert!(refused(&|v| v["subject"][0]["annotations"]["size"] = json!(-1)).contains("-1"));
    assert!(refused(&|v| v["subject"][0]["digest"] = json!({})).contains("sha256"));
    assert!(refused(&|v| v["_type"] = json!("https://in-toto.io/Statement/v0.1")).contains("v0.1"));
    assert!(refused(&|v| v["predicateType"] = json!("x")).contains("slsa"));
    let other_build = |v: &mut Value| {
        v["predicate"]["buildDefinition"]["buildType"] = json!("urn:other");
    };
    assert!(refused(&other_build).contains("urn:other"));
    let upper = |v: &mut Value| {
        let digest = &mut v["subject"][0]["digest"]["sha256"];
        *digest = json!(digest.as_str().unwrap().to_uppercase());
    };
    assert!(refused(&upper).contains("lower-case"));
}

/// Against `date -u -d @SECONDS +%FT%TZ`.
#[test]
fn timestamps_are_rfc_3339() {
    let cases = [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (1_709_164_800, "2024-02-29T00:00:00Z"),
        (1_767_225_599, "2025-12-31T23:59:59Z"),
        (1_767_225_600, "2026-01-01T00:00:00Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ];
    for (seconds, expected) in cases {
        assert_eq!(
            timestamp(UNIX_EPOCH + Duration::from_secs(seconds)),
            expected
        );
    }
    assert_eq!(timestamp(UNIX_EPOCH - Duration::from_secs(9)), cases[0].1);
}
