#![allow(clippy::unwrap_used)]

use clap::{CommandFactory, Parser, ValueEnum};
use fafnir_fpga_hal::{Hal, Isa, extend};

use super::*;
use crate::{
    break_even::{BreakEven, Cost, Timing},
    workload::{
        Sample,
        jobs::{self, JOBS},
    },
};

/// Large enough for a kernel's batch of jobs.
const SMALL: (u64, f64) = (60_000, 8.0);

fn small(devices: Devices) -> Bench {
    Bench {
        machine: Machine::detect(),
        clock: Clock::new(0.0),
        workload: Workload::new(SMALL.0, SMALL.1),
        table_bits: 22,
        devices,
    }
}

fn check(report: &Report) {
    for row in &report.rows {
        assert!(!row.name.is_empty());
        assert!(row.note.is_some() || !row.figures.is_empty(), "{row:?}");
        for figure in &row.figures {
            assert!(figure.value.is_finite() && figure.value > 0.0, "{row:?}");
        }
    }
}

/// Rows of `name`.
fn on<'a>(report: &'a Report, name: &str) -> Vec<&'a str> {
    let rows = report.rows.iter().filter(|row| row.name == name);
    rows.map(|row| row.on.as_str()).collect()
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
    let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
    let only = parse("fafnir-bench --only map,call --only sha256")
        .unwrap()
        .only;
    assert_eq!(only, [Name::Map, Name::Call, Name::Sha256]);
    assert!(parse("fafnir-bench --only nothing").is_err());
    assert!(parse("fafnir-bench --seconds -1").is_err());
    let device = |line: &str| parse(line).unwrap().device;
    assert_eq!(device("fafnir-bench"), Choice::All);
    assert_eq!(device("fafnir-bench --device none"), Choice::None);
    let named = Choice::Named("pocl".to_owned());
    assert_eq!(device("fafnir-bench --device pocl"), named);
    assert_eq!(device("fafnir-bench --device opencl:pocl"), named);
}

#[test]
fn everything_is_measured_once() {
    let report = small(Devices::default())
        .measure(Name::value_variants(), |_| ())
        .unwrap();
    check(&report);
    let mut names: Vec<&str> = report.rows.iter().map(|row| row.name.as_str()).collect();
    names.dedup();
    let expected: Vec<String> = Name::value_variants()
        .iter()
        .map(|name| name.text())
        .collect();
    assert_eq!(names, expected);
    let scalar = report.rows.iter().filter(|row| row.on == "scalar").count();
    assert_eq!(scalar, 3);
    assert_eq!(on(&report, "aes-gcm"), ["seal", "open"]);
    assert_eq!(
        on(&report, "memory"),
        ["waiting", "parallel", "waiting, huge", "parallel, huge"]
    );
    let table = report.to_table();
    assert!(table.lines().count() > report.rows.len());
    let first = "fafnir-bench ";
    let wide = table
        .lines()
        .find(|line| line.chars().count() > 100 && !line.starts_with(first));
    assert_eq!(wide, None);
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["rows"].as_array().unwrap().len(), report.rows.len());
    for row in json["rows"].as_array().unwrap() {
        let keys: Vec<&str> = row
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            [
                "break_even",
                "clock",
                "figures",
                "name",
                "note",
                "on",
                "seconds"
            ]
        );
    }
}

#[test]
fn what_is_chosen_is_measured_alone() {
    let report = small(Devices::default())
        .measure(&[Name::Sha256, Name::Pairhmm], |_| ())
        .unwrap();
    assert_eq!(on(&report, "sha256"), [""]);
    assert_eq!(on(&report, "pairhmm").len() + 1, report.rows.len());
}

#[test]
fn a_machine_without_devices_says_so_once() {
    let devices = Devices::open(&Choice::All, None).unwrap();
    let report = small(devices).measure(&[Name::Pairhmm], |_| ()).unwrap();
    check(&report);
    assert_eq!(on(&report, "opencl"), ["none"]);
    assert!(report.to_table().contains("fafnir-device-host"));

    let none = Devices::open(&Choice::None, None).unwrap();
    assert!(none.notes.is_empty());
    let error = Devices::open(&Choice::Named("alveo".to_owned()), None).unwrap_err();
    assert!(error.to_string().contains("alveo"), "{error}");
}

#[test]
fn a_device_is_measured_and_its_break_even_computed() {
    // Beside the program, of which a test lies one folder deeper.
    let host = fafnir::host_program().or_else(|| {
        let test = std::env::current_exe().ok()?;
        let host = test.parent()?.with_file_name("fafnir-device-host");
        host.is_file().then_some(host)
    });
    let devices = Devices::open(&Choice::All, host.as_deref()).unwrap();
    if devices.open.is_empty() {
        let why = format!("no OpenCL device: {:?}", devices.notes);
        let _ = writeln!(io::stderr(), "SKIPPED: {why}");
        assert_ne!(
            std::env::var("FAFNIR_REQUIRE").as_deref(),
            Ok("all"),
            "{why}"
        );
        return;
    }
    let report = small(devices)
        .measure(&[Name::Extend, Name::ExtendCigar, Name::Pairhmm], |_| ())
        .unwrap();
    check(&report);
    let device = &report.devices[0];
    let is_cpu = device.platform == "Portable Computing Language";
    assert!(device.test_double || !is_cpu, "{device:?}");
    let label = &device.on;
    let rows: Vec<&Row> = report.rows.iter().filter(|row| row.on == *label).collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert!(row.note.is_none(), "{row:?}");
        let batches = &row.break_even.as_ref().unwrap().batches;
        assert_eq!([batches[0].jobs, batches[1].jobs], [64, 128]);
    }
}

#[test]
fn costs_are_found_in_times() {
    let sizes = [64, 128, 256, 512, 1024, 4096, 65_536];
    let timings = |batch: f64, job: f64, disturbed: [f64; 7]| -> Vec<Timing> {
        let timing = |(&jobs, factor): (&usize, f64)| Timing {
            jobs,
            seconds: (batch + job * jobs as f64) * factor,
        };
        sizes.iter().zip(disturbed).map(timing).collect()
    };
    for (batch, job) in [(3e-4, 1e-7), (0.0, 2e-5), (5e-3, 0.0), (1e-6, 1e-5)] {
        let cost = Cost::fit(&timings(batch, job, [1.0; 7]));
        assert!((cost.batch_seconds - batch).abs() < 1e-9, "{cost:?}");
        assert!((cost.job_seconds - job).abs() < 1e-12, "{cost:?}");
    }
    // A tenth more or less of each time moves neither cost by much more.
    let cost = Cost::fit(&timings(3e-4, 1e-6, [1.1, 0.9, 1.1, 0.9, 1.1, 0.9, 1.1]));
    assert!((cost.batch_seconds / 3e-4 - 1.0).abs() < 0.2, "{cost:?}");
    assert!((cost.job_seconds / 1e-6 - 1.0).abs() < 0.2, "{cost:?}");
    // A device that is the faster the more it gets, or that seems to have answered before it began.
    let shrinking = [10.0, 5.0, 2.5, 1.2, 0.6, 0.15, 0.005];
    assert_eq!(Cost::fit(&timings(0.0, 1e-6, shrinking)).job_seconds, 0.0);
    let growing = [0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4];
    assert_eq!(Cost::fit(&timings(0.0, 1e-6, growing)).batch_seconds, 0.0);
}

#[test]
fn a_device_pays_from_the_least_batch_that_is_no_slower() {
    let cost = Cost {
        batch_seconds: 135e-6,
        job_seconds: 53e-9,
    };
    for cpu in [832e-9, 60e-9, 53.001e-9, 1.0] {
        let jobs = cost.break_even(cpu).unwrap() as f64;
        let device = |jobs: f64| cost.batch_seconds + cost.job_seconds * jobs;
        assert!(device(jobs) <= cpu * jobs * 1.000_001);
        assert!(jobs == 1.0 || device(jobs - 1.0) > cpu * (jobs - 1.0));
    }
    assert_eq!(cost.break_even(53e-9), None);
    assert_eq!(cost.break_even(1e-9), None);
    let timing = |jobs, seconds| Timing { jobs, seconds };
    let pays = BreakEven::new(
        vec![timing(100, 2e-4), timing(1000, 11e-4)],
        1.99e-6,
        0.9e-6,
    );
    assert_eq!((pays.one_core_jobs, pays.all_cores_jobs), (Some(102), None));
}

#[test]
fn huge_pages_are_counted_in_overlapping_mappings() {
    let smaps = "\
7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \nSize:   4096 kB\nAnonHugePages:      2048 kB\n\
7f0000400000-7f0000800000 rw-p 00000000 00:00 0          [anon: x-y]\nAnonHugePages:  4096 kB\n\
VmFlags: rd wr mr mw me ac sd hg \n\
7f0000800000-7f0000a00000 r--p 00000000 fe:00 77  /lib/a-b.so\nAnonHugePages:         0 kB\n";
    let count = |start, end| memory::huge_bytes(smaps, start, end) >> 20;
    assert_eq!(count(0x7f00_0000_0000, 0x7f00_0040_0000), 2);
    assert_eq!(count(0x7f00_0010_0000, 0x7f00_0050_0000), 6);
    assert_eq!(count(0x7f00_0040_0000, 0x7f00_0080_0000), 4);
    assert_eq!(count(0x7f00_0080_0000, 0x7f00_00a0_0000), 0);
    assert_eq!(count(0x1000, 0x2000), 0);
}

#[test]
fn most_extensions_reach_the_reads_end_where_the_simulator_put_them() {
    let sample = Sample::new(SMALL.0, SMALL.1).unwrap();
    let jobs = jobs::extensions(&sample, true, JOBS).unwrap();
    let mut results = extend::Results::default();
    Hal::with_isa(Isa::Scalar)
        .unwrap()
        .extend(&jobs.batch, &mut results);
    let count = jobs.batch.len();
    assert_eq!(count, JOBS);
    // Reversed jobs are anchored at the other end, where the target goes on.
    let good = (0..count)
        .filter(|i| results.chosen(*i).score >= 20)
        .count();
    assert!(good * 10 > count * 4, "{good} of {count}");
}
