//! What tools that share no code with us say to our files.

use std::io::Write as _;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use fafnir_attest::{
    Sha256Digest,
    dsse::{Envelope, PayloadType, pae},
    key::{SigningKey, VerifyingKey},
};

use crate::{open, state};

/// A scratch directory with `s.dsse.json`, `pae.bin`, `sig.der` and `pub.pem`.
fn signed(directory: &Path) -> SigningKey {
    let key = SigningKey::generate(directory.join("lab.key.pem")).unwrap();
    let output = open(directory, "s", false).unwrap();
    let staged = [
        output.write("s.vcf.gz", b"variants").unwrap(),
        output.write("s.log", b"5 s").unwrap(),
    ];
    let envelope = Envelope::sign(&state(&output, &staged), &key).unwrap();
    let payload = envelope.verify(&[key.public_key()]).unwrap().into_inner();
    fs::write(directory.join("s.dsse.json"), envelope.to_json()).unwrap();
    fs::write(
        directory.join("pae.bin"),
        pae(PayloadType::Statement.as_str(), &payload),
    )
    .unwrap();
    fs::write(directory.join("sig.der"), &envelope.signatures()[0].sig).unwrap();
    fs::write(directory.join("pub.pem"), key.public_key().to_pem()).unwrap();
    key
}

/// Runs a tool; `None`, said aloud, when it is not there.
fn tool(directory: &Path, program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) => skip(&format!("cannot run {program}: {error}")),
    }
}

fn skip<T>(why: &str) -> Option<T> {
    let required = std::env::var("FAFNIR_REQUIRE").is_ok_and(|value| value == "all");
    assert!(!required, "{why}, and FAFNIR_REQUIRE=all");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    None
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn openssl_accepts_our_signature_and_no_other_bytes() {
    let scratch = tempfile::tempdir().unwrap();
    signed(scratch.path());
    let verify = [
        "dgst",
        "-sha256",
        "-verify",
        "pub.pem",
        "-signature",
        "sig.der",
        "pae.bin",
    ];
    let Some(output) = tool(scratch.path(), "openssl", &verify) else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("Verified OK"));

    for name in ["pae.bin", "sig.der"] {
        let path = scratch.path().join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        fs::write(&path, bad).unwrap();
        let output = tool(scratch.path(), "openssl", &verify).unwrap();
        assert!(!output.status.success(), "{name}: {}", said(&output));
        fs::write(&path, good).unwrap();
    }
}

#[test]
fn keys_go_to_openssl_and_come_from_it() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let key = signed(scratch.path());
    let to_der = [
        "pkey",
        "-in",
        "lab.key.pem",
        "-pubout",
        "-outform",
        "DER",
        "-out",
        "pub.der",
    ];
    let Some(output) = tool(scratch.path(), "openssl", &to_der) else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
    let der = fs::read(at("pub.der")).unwrap();
    assert_eq!(
        Sha256Digest::of(&der).to_string(),
        key.public_key().key_id()
    );

    let make = |curve: &str| {
        let option = format!("ec_paramgen_curve:{curve}");
        let arguments = [
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            &option,
            "-out",
            "made.pem",
        ];
        let output = tool(scratch.path(), "openssl", &arguments).unwrap();
        assert!(output.status.success(), "{}", said(&output));
    };
    make("P-256");
    let made = SigningKey::load(at("made.pem")).unwrap();
    let export = ["pkey", "-in", "made.pem", "-pubout", "-out", "made.pub.pem"];
    assert!(
        tool(scratch.path(), "openssl", &export)
            .unwrap()
            .status
            .success()
    );
    assert_eq!(
        VerifyingKey::load(at("made.pub.pem")).unwrap(),
        made.public_key()
    );
    make("P-384");
    assert!(SigningKey::load(at("made.pem")).is_err(), "another curve");
}

const PYTHON_CHECK: &str = r#"
import json, sys
try:
    from google.protobuf import json_format
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey
except ImportError as missing:
    print(missing)
    sys.exit(77)

wire = json.load(open("s.dsse.json"))
keyid = wire["signatures"][0]["keyid"]
key = SSlibKey(keyid, "ecdsa", "ecdsa-sha2-nistp256", {"public": open("pub.pem").read()})
envelope = Envelope.from_dict(wire)
assert list(envelope.verify([key], 1)) == [keyid]

payload = envelope.payload
for changed in (payload + b" ", payload.replace(b"s.vcf.gz", b"t.vcf.gz")):
    envelope.payload = changed
    try:
        envelope.verify([key], 1)
    except VerificationError:
        continue
    sys.exit("a changed payload was accepted")

statement = Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement()))
statement.validate()
assert [subject.name for subject in statement.pb.subject] == ["s.log", "s.vcf.gz"]
provenance = json_format.Parse(
    json.dumps(json.loads(payload)["predicate"]), provenance_pb2.Provenance()
)
assert provenance.build_definition.build_type == "urn:fafnir:germline:v1"
assert provenance.build_definition.resolved_dependencies[0].name == "r1.fastq.gz"
assert not provenance.build_definition.resolved_dependencies[0].annotations["claimed"]
assert provenance.run_details.metadata.started_on.ToJsonString() == "2026-01-01T00:00:00Z"
"#;

/// securesystemslib checks the envelope; in-toto-attestation, which knows every field of the two
/// formats and refuses others, reads statement and predicate.
#[test]
fn securesystemslib_and_in_toto_accept_our_envelope() {
    let scratch = tempfile::tempdir().unwrap();
    signed(scratch.path());
    let Some(output) = tool(scratch.path(), "python3", &["-c", PYTHON_CHECK]) else {
        return;
    };
    match output.status.code() {
        Some(0) => {}
        Some(77) => drop(skip::<()>(said(&output).trim())),
        _ => panic!("{}", said(&output)),
    }
}
