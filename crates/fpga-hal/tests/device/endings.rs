//! Hosts that die or hang: each call returns, with an error that says so.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    thread,
};

use fafnir_fpga_hal::{
    device::{Device, DeviceError, serve::Connection},
    extend,
};

use crate::{
    AMPLE, SHORT,
    fakes::{Fake, fake_host, open},
};

/// Sends a batch of one job; what ends the device ends it for the next, too.
fn ask(device: &Device, limit: std::time::Duration) -> DeviceError {
    let mut batch = extend::Batch::new(extend::Scoring::default());
    batch.push(extend::Job::default()).unwrap();
    let mut out = extend::Results::default();
    let error = device.extend(&batch, &mut out, limit).unwrap_err();
    assert!(out.is_empty());
    let again = device.extend(&batch, &mut out, limit);
    assert!(matches!(again, Err(DeviceError::Closed)), "{again:?}");
    assert_eq!(device.process_id(), None);
    error
}

pub(crate) fn die_after(connection: &Connection, batches: usize) {
    for _ in 0..batches {
        connection.next().unwrap();
    }
    eprintln!("ouch");
    std::process::abort();
}

pub(crate) fn answer_nothing(_: &Connection, _: usize) {
    loop {
        thread::park();
    }
}

#[test]
fn a_host_that_hangs_is_ended() {
    let silent = Fake::script("exec sleep 600");
    assert!(matches!(
        silent.open(SHORT),
        Err(DeviceError::TimedOut { .. })
    ));
    let device = open("answer nothing", 0);
    assert!(matches!(
        ask(&device, SHORT),
        DeviceError::TimedOut { limit: SHORT, .. }
    ));
    // Half a header does not help, nor does talking.
    let slow = Fake::script("cat $files/hello; printf FDH1; exec yes fafnir >&2");
    match ask(&slow.open(AMPLE).unwrap(), SHORT) {
        DeviceError::TimedOut { stderr, .. } => assert!(stderr.contains("fafnir")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_host_that_dies_is_told() {
    for batches in 0..2 {
        let device = open("die after", batches);
        match ask(&device, AMPLE) {
            DeviceError::Died { status, stderr } => {
                assert!(status.contains("signal: 6"), "{status}");
                assert!(stderr.contains("ouch\n"), "{stderr}");
            }
            other => panic!("{other:?}"),
        }
    }
    let gone = Fake::script("exit 7").open(AMPLE);
    match gone {
        Err(DeviceError::Died { status, .. }) => assert!(status.contains('7'), "{status}"),
        other => panic!("{other:?}"),
    }
    let nowhere = Device::open(Path::new("/nonexistent"), fake_host(), 0, None, AMPLE);
    assert!(matches!(nowhere, Err(DeviceError::Start { .. })));
    let no_driver = Device::open(fake_host(), Path::new("/nonexistent"), 0, None, AMPLE);
    assert!(matches!(no_driver, Err(DeviceError::Icd { .. })));
}

#[test]
fn a_dropped_device_leaves_nothing() {
    for act in ["echo", "answer nothing"] {
        let device = open(act, 0);
        let process = PathBuf::from(format!("/proc/{}", device.process_id().unwrap()));
        let environment = fs::read(process.join("environ")).unwrap();
        let folder = environment
            .split(|&byte| byte == 0)
            .find_map(|variable| variable.strip_prefix(b"TMPDIR="));
        let folder = PathBuf::from(OsStr::from_bytes(folder.unwrap()));
        assert!(folder.is_dir());
        drop(device);
        assert!(!process.exists());
        assert!(!folder.exists());
    }
}

#[test]
fn a_host_is_given_little() {
    // The memory is not inherited, and of the environment only what drivers read.
    let script =
        "ls -l /proc/self/fd >&2; echo ${CARGO_MANIFEST_DIR-unset} $HOME $TMPDIR >&2; exit 7";
    match Fake::script(script).open(AMPLE) {
        Err(DeviceError::Died { stderr, .. }) => {
            assert!(!stderr.contains("memfd"), "{stderr}");
            assert!(stderr.contains("unset /"), "{stderr}");
        }
        other => panic!("{other:?}"),
    }
}
