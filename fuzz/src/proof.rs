//! Statements, envelopes and keys.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use fafnir_attest::dsse::{Envelope, PayloadType};
use fafnir_attest::json as canonical;
use fafnir_attest::key::{SigningKey, VerifyingKey};
use fafnir_attest::publish::{Claims, OutputDirectory};
use fafnir_attest::statement::{BuildDefinition, RunDetails, Statement, Subject, SubjectKind};

use super::scratch::{self, File};

/// JSON; canonical bytes read as the same value, and are canonical.
pub fn json(data: &[u8]) {
    if let Ok(value) = canonical::parse(data) {
        let bytes = canonical::canonical(&value);
        let again = canonical::parse(&bytes).expect("canonical JSON reads");
        assert_eq!(canonical::canonical(&again), bytes);
    }
}

/// Values of all kinds.
pub fn json_seeds() -> Vec<Vec<u8>> {
    vec![br#"{"b":[1,-2.5e3,true,null,"\u00e9\n"],"a":{"":[]}}"#.to_vec()]
}

/// An envelope of any kind.
pub fn envelope(data: &[u8]) {
    for kind in [
        PayloadType::Statement,
        PayloadType::KernelPackage,
        PayloadType::Recalibration,
    ] {
        if let Ok(envelope) = Envelope::from_json(data, kind) {
            let again =
                Envelope::from_json(&envelope.to_json(), kind).expect("what was written reads");
            assert_eq!(again, envelope);
            assert!(envelope.verify(&[]).is_err());
        }
    }
}

/// A signed statement.
pub fn envelope_seeds() -> Vec<Vec<u8>> {
    vec![signed().0]
}

/// What an envelope of a statement holds.
pub fn statement(data: &[u8]) {
    let _ = Statement::from_json(data);
}

/// A statement.
pub fn statement_seeds() -> Vec<Vec<u8>> {
    let (envelope, key) = signed();
    let envelope = Envelope::from_json(&envelope, PayloadType::Statement).expect("an envelope");
    let payload = envelope.verify(&[key]).expect("what was signed");
    vec![payload.into_inner()]
}

/// A published folder's envelope.
fn signed() -> (Vec<u8>, VerifyingKey) {
    let folder = scratch::folder();
    let key = SigningKey::development_in(&folder.path().join("keys")).expect("a key");
    let claims = Claims {
        prefix: "s",
        envelope: ".dsse.json",
        suffixes: &[".bam"],
    };
    let path = folder.path().join("out");
    let out = OutputDirectory::claim(&path, &claims, false).expect("a folder");
    let bam = out.write("s.bam", b"x").expect("a file");
    let statement = Statement::new(
        vec![Subject::new(&bam, SubjectKind::Result)],
        BuildDefinition::default(),
        RunDetails::new(out.run_id(), "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"),
    );
    let envelope = out.sign(&statement, &key).expect("a signature");
    out.publish(vec![bam], envelope).expect("a folder");
    let bytes = fs::read(path.join("s.dsse.json")).expect("an envelope");
    (bytes, key.public_key())
}

thread_local! {
    static FILE: File = {
        let file = File::new("key.pem");
        file.write(b"");
        fs::set_permissions(&file.path, Permissions::from_mode(0o600)).expect("a mode");
        file
    };
}

/// PEM of a public key; what was read is written so that it reads the same.
pub fn public_key(data: &[u8]) {
    FILE.with(|file| {
        if let Ok(key) = VerifyingKey::load(file.write(data)) {
            let again = VerifyingKey::load(file.write(key.to_pem().as_bytes()));
            assert_eq!(
                again.expect("what was written reads").key_id(),
                key.key_id()
            );
        }
    });
}

/// A public key.
pub fn public_key_seeds() -> Vec<Vec<u8>> {
    vec![signed().1.to_pem().into_bytes()]
}

/// PEM of a private key.
pub fn signing_key(data: &[u8]) {
    FILE.with(|file| {
        let _ = SigningKey::load(file.write(data));
    });
}

/// A private key.
pub fn signing_key_seeds() -> Vec<Vec<u8>> {
    let folder = scratch::folder();
    let path = folder.path().join("key.pem");
    SigningKey::generate(&path).expect("a key");
    vec![fs::read(path).expect("a key")]
}
