//! Names of reads and files.

use std::path::Path;

use fafnir_io::bcl::file_name::{FileNaming, FileOf, NameError, UNDETERMINED};
use fafnir_io::bcl::read_name::{ReadName, ReadNames, push_umi};

fn name(umi: &[u8], read: u8, passed_filter: bool, index: &[u8]) -> String {
    let names = ReadNames::new("A00111", 296, "HJCWWDSXX", 1);
    let mut out = Vec::new();
    let name = ReadName {
        tile: 1101,
        x: 1000,
        y: 4_294_967_295,
        umi,
        read,
        passed_filter,
        index,
    };
    names.push(&name, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn reads_are_named_as_documented() {
    let start = "@A00111:296:HJCWWDSXX:1:1101:1000:4294967295";
    assert_eq!(
        name(b"", 1, true, b"ACGT+TTGG"),
        format!("{start} 1:N:0:ACGT+TTGG")
    );
    assert_eq!(
        name(b"AC+GT", 2, false, b"7"),
        format!("{start}:AC+GT 2:Y:0:7")
    );
}

#[test]
fn umis_are_joined_and_turned_ones_marked() {
    let mut umi = Vec::new();
    push_umi(b"AACN", false, &mut umi);
    push_umi(b"AACN", true, &mut umi);
    assert_eq!(umi, b"AACN+rNGTT");
}

const FILE: FileOf<'_> = FileOf {
    id: "s-1",
    name: Some("Tumour"),
    project: Some("Trial_2"),
    number: 3,
    lane: 1,
    is_index: false,
    read: 2,
};

#[test]
fn files_are_named_as_documented() {
    let path = |naming: FileNaming, file: FileOf<'_>| naming.path(&file).unwrap();
    let plain = FileNaming::default();
    assert_eq!(path(plain, FILE), Path::new("s-1_S3_L001_R2_001.fastq.gz"));
    let index = FileOf {
        is_index: true,
        read: 1,
        ..FILE
    };
    assert_eq!(path(plain, index), Path::new("s-1_S3_L001_I1_001.fastq.gz"));
    let one = FileNaming {
        no_lane_splitting: true,
        ..plain
    };
    assert_eq!(path(one, FILE), Path::new("s-1_S3_R2_001.fastq.gz"));
    let folders = FileNaming {
        project_folders: true,
        ..plain
    };
    assert_eq!(
        path(folders, FILE),
        Path::new("Trial_2/s-1_S3_L001_R2_001.fastq.gz")
    );
    let names = FileNaming {
        sample_names: true,
        ..plain
    };
    assert_eq!(
        path(names, FILE),
        Path::new("Tumour_S3_L001_R2_001.fastq.gz")
    );
    let both = FileNaming {
        sample_names: true,
        ..folders
    };
    assert_eq!(
        path(both, FILE),
        Path::new("Trial_2/s-1/Tumour_S3_L001_R2_001.fastq.gz")
    );
    let rest = FileOf {
        id: UNDETERMINED,
        name: None,
        number: 0,
        ..FILE
    };
    assert_eq!(
        path(both, rest),
        Path::new("Undetermined_S0_L001_R2_001.fastq.gz")
    );
}

#[test]
fn no_name_leaves_the_folder() {
    let naming = FileNaming {
        project_folders: true,
        sample_names: true,
        ..FileNaming::default()
    };
    let long = "a".repeat(101);
    let bad = [
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "a b",
        "a:b",
        "é",
        "a\0",
        "all",
        "UNDETERMINED",
        &long,
    ];
    for bad in bad {
        assert!(naming.path(&FileOf { id: bad, ..FILE }).is_err(), "{bad:?}");
        assert!(
            naming
                .path(&FileOf {
                    name: Some(bad),
                    ..FILE
                })
                .is_err(),
            "{bad:?}"
        );
        assert!(
            naming
                .path(&FileOf {
                    project: Some(bad),
                    ..FILE
                })
                .is_err(),
            "{bad:?}"
        );
    }
    assert_eq!(
        naming.path(&FileOf { id: "", ..FILE }),
        Err(NameError::Empty)
    );
    assert!(
        naming
            .path(&FileOf {
                project: Some("Reports"),
                ..FILE
            })
            .is_err()
    );
}
