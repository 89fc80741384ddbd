//! What others make of the records.

use std::io::Write;
use std::process::{Command, Stdio};

use fafnir_io::bam::header::HeaderContig;
use fafnir_io::vcf::VcfHeader;

use super::genome::{Gaps, call, caller, random_bases, reads, reference, truth};

/// bcftools reads all fields under their header lines and has nothing to say.
#[test]
fn bcftools_accepts_every_field_without_a_warning() {
    if Command::new("bcftools").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("FAFNIR_REQUIRE").is_none_or(|v| v != "all"),
            "bcftools is required and missing"
        );
        println!("SKIPPED: bcftools is not installed");
        return;
    }
    let bases = random_bases(3_000, 4);
    let variants = [
        truth(500, 12, "", [true, false]),
        truth(
            505,
            1,
            if bases[505] == b'A' { "C" } else { "A" },
            [false, true],
        ),
        truth(900, 0, "GATTACA", [true, true]),
        truth(
            1_400,
            1,
            if bases[1_400] == b'A' { "C" } else { "A" },
            [true, false],
        ),
    ];
    let records = call(&bases, &reads(&bases, &variants, 40, 8, Gaps::Found));
    assert!(records.len() >= 4);
    let reference = reference(&bases);
    let caller = caller(reference.clone());
    let lines = caller.header();
    let header = VcfHeader {
        filters: lines.filters,
        infos: lines.info.to_vec(),
        formats: lines.format.to_vec(),
        contigs: reference.contigs().iter().map(HeaderContig::from).collect(),
        samples: vec![String::from("S")],
        ..VcfHeader::default()
    };
    let mut text = header.to_text().into_bytes();
    for record in &records {
        record.write_text("c", &mut text);
    }
    // Every field is asked for, so that its number and type are checked.
    let fields = "%AC %AF %AN %DP %FS %MQ %MQRankSum %ReadPosRankSum %QD %SOR \
                  %FractionInformativeReads [%GT %AD %AF %DP %F1R2 %F2R1 %GQ %PL %GP %SB %MB]\n";
    let mut child = Command::new("bcftools")
        .args(["query", "-f", fields, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).lines().count(),
        records.len()
    );
}
