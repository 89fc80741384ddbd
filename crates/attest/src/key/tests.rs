#![allow(clippy::unwrap_used)]

use std::{
    ffi::OsString,
    os::unix::fs::{PermissionsExt, symlink},
    thread,
};

use super::*;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// s and n - s both fit the equation, so that anybody can make one from the other.
#[test]
fn a_signature_has_one_form() {
    let scratch = tempfile::tempdir().unwrap();
    let key = SigningKey::generate(scratch.path().join("k")).unwrap();
    for message in 0..32u8 {
        let der = key.sign(&[message]);
        let low = Signature::from_der(&der).unwrap();
        assert!(low.normalize_s().is_none());
        let (r, s) = low.split_scalars();
        let high = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
        assert!(key.key.verifying_key().verify(&[message], &high).is_ok());
        let high = high.to_der();
        assert!(key.public_key().verifies(&[message], &der));
        assert!(!key.public_key().verifies(&[message], high.as_bytes()));
    }
}

/// RFC 6979 appendix A.2.5, SHA-256.
#[test]
fn signatures_are_those_of_rfc_6979() {
    let scalar = [
        0xC9, 0xAF, 0xA9, 0xD8, 0x45, 0xBA, 0x75, 0x16, 0x6B, 0x5C, 0x21, 0x57, 0x67, 0xB1, 0xD6,
        0x93, 0x4E, 0x50, 0xC3, 0xDB, 0x36, 0xE8, 0x9B, 0x12, 0x7B, 0x8A, 0x62, 0x2B, 0x12, 0x0F,
        0x67, 0x21,
    ];
    let key = SigningKey {
        key: ecdsa::SigningKey::from_slice(&scalar).unwrap(),
        development: false,
    };
    let expected = [
        (
            "sample",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
             F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            "test",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367\
             019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
        ),
    ];
    for (message, r_and_s) in expected {
        // The document's signature, or its other form where s is the higher one.
        let der = key.sign(message.as_bytes());
        let ours = Signature::from_der(&der).unwrap();
        let given: Vec<u8> = (0..r_and_s.len() / 2)
            .map(|i| u8::from_str_radix(&r_and_s[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        let given = Signature::from_slice(&given).unwrap();
        assert_eq!(ours, given.normalize_s().unwrap_or(given));
        assert!(key.public_key().verifies(message.as_bytes(), &der));
        assert!(!key.public_key().verifies(b"other", &der));
    }
}

#[test]
fn a_generated_key_is_private_and_loads_again() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("new/keys/lab.key.pem");
    let made = SigningKey::generate(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let loaded = SigningKey::load(&path).unwrap();
    assert_eq!(loaded.public_key(), made.public_key());
    assert!(!loaded.is_development());

    let before = fs::read(&path).unwrap();
    assert!(
        SigningKey::generate(&path).is_err(),
        "a key is never overwritten"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    let shown = format!("{made:?}");
    assert_eq!(shown, format!("SigningKey({})", made.public_key().key_id()));
}

#[test]
fn a_key_that_others_can_use_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("lab.key.pem");
    SigningKey::generate(&path).unwrap();
    for open in [0o644, 0o640, 0o604, 0o660, 0o610] {
        set_mode(&path, open);
        let error = SigningKey::load(&path).unwrap_err();
        assert!(matches!(error, AttestError::Key { .. }));
        let text = error.to_string();
        assert!(
            text.contains("chmod 600") && text.contains("lab.key.pem"),
            "{text}"
        );
    }
    set_mode(&path, 0o400);
    assert!(SigningKey::load(&path).is_ok());
}

#[test]
fn what_is_no_regular_file_with_a_key_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("lab.key.pem");
    let key = SigningKey::generate(&path).unwrap();
    let link = scratch.path().join("link.pem");
    symlink(&path, &link).unwrap();
    for not_regular in [link.as_path(), scratch.path(), Path::new("/dev/null")] {
        let error = SigningKey::load(not_regular).unwrap_err().to_string();
        assert!(error.contains("regular file"), "{error}");
    }
    let missing = SigningKey::load(scratch.path().join("none")).unwrap_err();
    assert!(matches!(missing, AttestError::Read { .. }));

    let public = key.public_key().to_pem();
    let pem = fs::read_to_string(&path).unwrap();
    let cut = &pem[..pem.len() / 2];
    for wrong in [
        "",
        "no key",
        &public,
        cut,
        &pem.replace("PRIVATE", "EC PRIVATE"),
    ] {
        let other = scratch.path().join("other.pem");
        write_text(&other, wrong);
        let error = SigningKey::load(&other).unwrap_err().to_string();
        assert!(error.contains("PKCS#8"), "{error}");
    }
    let other = scratch.path().join("other.pub.pem");
    for (wrong, what) in [
        (pem, "a private key is no public key"),
        (public.replace('A', "B"), "a damaged key"),
    ] {
        write_text(&other, &wrong);
        let error = VerifyingKey::load(&other).unwrap_err();
        assert!(matches!(error, AttestError::Key { .. }), "{what}");
    }
}

fn write_text(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    set_mode(path, 0o600);
}

#[test]
fn public_keys_go_through_pem() {
    let scratch = tempfile::tempdir().unwrap();
    let public = SigningKey::generate(scratch.path().join("k"))
        .unwrap()
        .public_key();
    let path = scratch.path().join("pub.pem");
    fs::write(&path, public.to_pem()).unwrap();
    assert_eq!(VerifyingKey::load(&path).unwrap(), public);
    assert_eq!(public.key_id().len(), 64);
}

#[test]
fn the_development_key_is_made_once() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("share/fafnir");
    let ids: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| SigningKey::development_in(&directory).unwrap()))
            .collect();
        runs.into_iter()
            .map(|run| run.join().unwrap().public_key().key_id())
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));

    let key = SigningKey::development_in(&directory).unwrap();
    assert!(key.is_development());
    assert_eq!(mode(&directory.join(DEVELOPMENT_KEY)), 0o600);
    let public = VerifyingKey::load(directory.join(DEVELOPMENT_PUBLIC_KEY)).unwrap();
    assert_eq!(public, key.public_key());
    let by_path = SigningKey::load(directory.join(DEVELOPMENT_KEY)).unwrap();
    assert!(by_path.is_development());
    let copy = scratch.path().join("lab.pem");
    fs::copy(directory.join(DEVELOPMENT_KEY), &copy).unwrap();
    let copied = SigningKey::load(&copy).unwrap();
    assert!(copied.is_development(), "whatever it is called");
    assert_eq!(copied.public_key(), public);
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        2,
        "no temporary files"
    );

    fs::write(directory.join(DEVELOPMENT_PUBLIC_KEY), "stale").unwrap();
    SigningKey::development_in(&directory).unwrap();
    assert_eq!(
        VerifyingKey::load(directory.join(DEVELOPMENT_PUBLIC_KEY)).unwrap(),
        public
    );
}

#[test]
fn the_key_directory_follows_the_environment() {
    let with = |set: &[(&str, &str)]| {
        let set: Vec<_> = set.to_vec();
        key_directory(move |name| {
            let found = set.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| OsString::from(value))
        })
    };
    let all = [
        ("FAFNIR_KEY_DIR", "/a"),
        ("XDG_DATA_HOME", "/b"),
        ("HOME", "/c"),
    ];
    assert_eq!(with(&all).unwrap(), Path::new("/a"));
    assert_eq!(with(&all[1..]).unwrap(), Path::new("/b/fafnir"));
    assert_eq!(
        with(&all[2..]).unwrap(),
        Path::new("/c/.local/share/fafnir")
    );
    let empty = [("FAFNIR_KEY_DIR", ""), ("HOME", "/c")];
    assert_eq!(with(&empty).unwrap(), Path::new("/c/.local/share/fafnir"));
    assert!(matches!(with(&[]), Err(AttestError::NoKeyDirectory)));
}
