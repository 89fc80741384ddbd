//! Drivers that are absent, crash or hang, under the real host.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use fafnir_fpga_hal::{
    Hal, Isa,
    device::{Device, DeviceError, Frame, Kind, compile, probe},
    extend, pairhmm,
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use tempfile::TempDir;

use crate::{
    AMPLE, host,
    jobs::{Owned, bases},
    open_pocl, pocl,
};

/// Builds a driver whose first call does `fault`, and returns the file that names it.
fn broken_driver(folder: &Path, name: &str, fault: &str) -> PathBuf {
    let source = folder.join(format!("{name}.c"));
    let library = folder.join(format!("lib{name}.so"));
    let icd = folder.join(format!("{name}.icd"));
    let code = format!(
        "#include <fcntl.h>
         #include <stdlib.h>
         #include <string.h>
         #include <unistd.h>
         int clIcdGetPlatformIDsKHR(unsigned n, void **p, unsigned *c) {{ {fault}; return -1001; }}
         int clGetPlatformInfo(void) {{ return -30; }}
         void *clGetExtensionFunctionAddress(const char *name) {{
             return strcmp(name, \"clIcdGetPlatformIDsKHR\") ? 0 : (void *)clIcdGetPlatformIDsKHR;
         }}"
    );
    fs::write(&source, code).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.unwrap().success());
    fs::write(&icd, format!("{}\n", library.display())).unwrap();
    icd
}

fn send_signal(id: u32, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &id.to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn batch() -> extend::Batch {
    let mut batch = extend::Batch::new(extend::Scoring::default());
    batch.push(extend::Job::default()).unwrap();
    batch
}

#[test]
fn a_broken_driver_hides_nobody() {
    let Some((pocl, _)) = pocl() else { return };
    let folder = TempDir::new().unwrap();
    let icds = [
        broken_driver(folder.path(), "aborts", "abort()"),
        pocl,
        broken_driver(folder.path(), "crashes", "*(volatile int *)0 = 0"),
        broken_driver(folder.path(), "exits", "_exit(3)"),
        broken_driver(folder.path(), "empty", ""),
        folder.path().join("absent.icd"),
    ];
    let reports = probe(host(), &icds, AMPLE);
    let named: Vec<&Path> = reports.iter().map(|report| report.icd.as_path()).collect();
    assert_eq!(named, icds);
    let error = |index: usize| reports[index].error.clone().unwrap_or_default();
    assert!(error(0).contains("signal: 6"), "{}", error(0));
    assert!(!reports[1].devices.is_empty());
    assert!(error(2).contains("signal: 11"), "{}", error(2));
    assert!(error(3).contains("exit status: 3"), "{}", error(3));
    assert_eq!((reports[4].devices.len(), error(4)), (0, String::new()));
    assert!(error(5).contains("absent.icd"), "{}", error(5));

    let hangs = [broken_driver(folder.path(), "hangs", "for (;;) pause()")];
    let reports = probe(host(), &hangs, Duration::from_secs(1));
    let error = reports[0].error.as_deref();
    assert!(
        error.is_some_and(|error| error.contains("did not answer")),
        "{error:?}"
    );
}

#[test]
fn a_driver_without_its_library_has_no_device() {
    if pocl().is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let icd = folder.path().join("missing.icd");
    fs::write(&icd, "libfafnir-no-such-driver.so\n").unwrap();
    let reports = probe(host(), std::slice::from_ref(&icd), AMPLE);
    assert_eq!((reports[0].devices.len(), &reports[0].error), (0, &None));
    // Nor does it take the program's own limit to say so.
    let output = Command::new(host())
        .arg("probe")
        .env("OCL_ICD_VENDORS", &icd)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("missing.icd") && !text.contains("error"),
        "{text}"
    );
    match Device::open(host(), &icd, 0, None, AMPLE) {
        Err(DeviceError::Refused { message }) => assert!(message.contains("no device 0")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_driver_and_no_loader() {
    let run = |variable: &str, value: &Path, argument: &str| {
        let output = Command::new(host())
            .arg(argument)
            .env(variable, value)
            .output();
        let output = output.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status, text(output.stdout), text(output.stderr))
    };
    let folder = TempDir::new().unwrap();
    if pocl().is_some() {
        let (status, stdout, _) = run("OCL_ICD_VENDORS", Path::new("/nonexistent"), "probe");
        assert!(status.success());
        assert_eq!(stdout.trim(), "[]");
        let (status, _, stderr) = run("OCL_ICD_VENDORS", Path::new("/nonexistent"), "list");
        assert!(
            !status.success() && stderr.contains("not a socket"),
            "{stderr}"
        );
    }
    // The program does not start where the loader cannot be loaded, and its parent says so.
    fs::write(folder.path().join("libOpenCL.so.1"), "no library").unwrap();
    let (status, _, stderr) = run("LD_LIBRARY_PATH", folder.path(), "probe");
    assert!(
        !status.success() && stderr.contains("libOpenCL.so.1"),
        "{stderr}"
    );
    let icd = folder.path().join("any.icd");
    let program = host().display();
    let library_path = folder.path().display();
    fs::write(
        &icd,
        format!("LD_LIBRARY_PATH='{library_path}' exec '{program}' \"$@\"\n"),
    )
    .unwrap();
    let fake = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fpga-hal/tests/device/fake-host.sh"
    ));
    let reports = probe(fake, &[icd], AMPLE);
    let error = reports[0].error.as_deref();
    assert!(
        error.is_some_and(|error| error.contains("libOpenCL.so.1")),
        "{error:?}"
    );
}

#[test]
fn a_device_that_stops_or_is_killed_in_the_middle_of_a_batch() {
    let mut out = extend::Results::default();
    for kill in [false, true] {
        let Some(device) = open_pocl() else {
            return;
        };
        device.extend(&batch(), &mut out, AMPLE).unwrap();
        assert_eq!(out.len(), 1);
        let id = device.process_id().unwrap();
        send_signal(id, "-STOP");
        let (limit, expected) = if kill {
            (AMPLE, "signal: 9")
        } else {
            (Duration::from_secs(1), "did not answer")
        };
        let error = thread::scope(|scope| {
            if kill {
                scope.spawn(|| send_signal(id, "-KILL"));
            }
            device.extend(&batch(), &mut out, limit).unwrap_err()
        });
        assert!(error.to_string().contains(expected), "{error}");
        assert!(out.is_empty());
    }
}

#[test]
fn a_dropped_device_ends_its_process() {
    let Some(device) = open_pocl() else { return };
    let id = device.process_id().unwrap();
    drop(device);
    assert!(!Path::new(&format!("/proc/{id}")).exists());
}

#[test]
fn the_host_survives_any_batch() {
    let Some(device) = open_pocl() else { return };
    let kinds = prop_oneof![
        Just((Kind::Extend, extend::CONTRACT)),
        Just((Kind::Pairhmm, pairhmm::CONTRACT)),
    ];
    let payload = prop_oneof![
        vec(any::<u8>(), 0..400),
        vec(0u8..3, 0..400),
        vec(Just(0u8), 0..400),
    ];
    let ask = |question: &Frame| device.submit(question).unwrap().unwrap().wait(AMPLE);
    TestRunner::default()
        .run(
            &(kinds, 0u32..12, payload),
            |((kind, contract), count, payload)| {
                let answer = ask(&Frame {
                    kind,
                    contract,
                    count,
                    payload,
                });
                let survived = matches!(answer, Ok(_) | Err(DeviceError::Refused { .. }));
                prop_assert!(survived, "{answer:?}");
                Ok(())
            },
        )
        .unwrap();
    ask(&extend::wire::encode(&batch(), 0..1).unwrap()).unwrap();
}

#[test]
fn batches_of_several_threads_do_not_mix() {
    let Some(device) = open_pocl() else { return };
    let hal = Hal::with_isa(Isa::Scalar).unwrap();
    let target = bases(1, 300);
    thread::scope(|scope| {
        for thread in 0..3 {
            let (device, hal, target) = (&device, &hal, &target);
            scope.spawn(move || {
                for round in 0..20 {
                    let mut batch = extend::Batch::new(extend::Scoring::default());
                    for start in 0..50 * (thread + 1) {
                        let query = &target[start..][..40 + round];
                        batch.push(Owned::new(query, target).job()).unwrap();
                    }
                    let (mut got, mut expected) = Default::default();
                    device.extend(&batch, &mut got, AMPLE).unwrap();
                    hal.extend(&batch, &mut expected);
                    assert_eq!(got.len(), expected.len());
                    for index in 0..batch.len() {
                        assert_eq!(got.chosen(index), expected.chosen(index));
                        assert_eq!(got.cigar(index), expected.cigar(index));
                    }
                }
            });
        }
    });
}

#[test]
fn a_program_is_built_once_and_loaded() {
    let Some((icd, info)) = pocl() else { return };
    let (compiled_for, program) = compile(host(), &icd, info.index, AMPLE).unwrap();
    assert_eq!(compiled_for.name, info.name);
    let device = Device::open(host(), &icd, info.index, Some(&program), AMPLE).unwrap();
    let mut out = extend::Results::default();
    device.extend(&batch(), &mut out, AMPLE).unwrap();
    assert_eq!(out.len(), 1);
    // What the runtime does to a damaged one is its own affair, and in its own process.
    let damaged = &program[..program.len() / 2];
    let failed = Device::open(host(), &icd, info.index, Some(damaged), AMPLE);
    assert!(
        matches!(
            failed,
            Err(DeviceError::Died { .. } | DeviceError::Refused { .. })
        ),
        "{failed:?}"
    );
}

#[test]
fn a_host_dies_with_its_parent() {
    if pocl().is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    // It holds the pipe open as long as it lives.
    let hang = format!(
        "int pipe = open(\"{}\", O_WRONLY);
         if (write(pipe, \"hangs\", 5) == 5) sleep(60);
         if (write(pipe, \"lives\", 5) == 5) abort()",
        pipe.display()
    );
    let icd = broken_driver(folder.path(), "hangs", &hang);
    let mut parent = Command::new(host())
        .arg("probe")
        .env("OCL_ICD_VENDORS", &icd)
        .env("FAFNIR_DRIVER_PATHS", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let id = parent.id();
    let other_end = pipe.clone();
    thread::spawn(move || {
        parent.wait().unwrap();
        // So that the test ends even if the driver was never loaded.
        OpenOptions::new().write(true).open(other_end)
    });
    let mut pipe = File::open(&pipe).unwrap();
    let mut said = [0; 5];
    pipe.read_exact(&mut said).unwrap();
    send_signal(id, "-KILL");
    let mut rest = Vec::new();
    pipe.read_to_end(&mut rest).unwrap();
    assert_eq!((&said, &rest[..]), (b"hangs", &b""[..]));
}

#[test]
fn a_host_whose_parent_was_gone_first_ends() {
    if pocl().is_none() {
        return;
    }
    let (_socket, childs) = UnixStream::pair().unwrap();
    // To the host it is the same if its parent is another, so that it was given away.
    let output = Command::new("sh")
        .args(["-c", "\"$0\" list; exit $?"])
        .arg(host())
        .stdin(OwnedFd::from(childs))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is gone"), "{said}");
    assert!(!output.status.success());
}

#[test]
fn a_host_without_a_parent_says_so() {
    if pocl().is_none() {
        return;
    }
    let (socket, childs) = UnixStream::pair().unwrap();
    let mut child = Command::new(host())
        .args(["serve", "0"])
        .stdin(OwnedFd::from(childs))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // No memory comes with it.
    (&socket).write_all(&[0; 64]).unwrap();
    let mut said = String::new();
    let stderr = child.stderr.as_mut().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert!(said.contains("no shared memory"), "{said}");
    assert!(!child.wait().unwrap().success());
}
