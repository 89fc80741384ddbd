//! Reading sheets.

use fafnir_io::bcl::adapters::AdapterBehavior;
use fafnir_io::bcl::sample_sheet::{SampleSheet, SheetErrorKind, Version};
use proptest::prelude::*;

const V1: &str = "[Header]\nIEMFileVersion,4\n\n[Reads]\n151\n151\n\n[Settings]\nAdapter,AGATC\n\n\
    [Data]\nLane,Sample_ID,Sample_Name,index,index2,Sample_Project\n\
    1,a,Alpha,ACGTACGT,TTTTCCCC,P1\n1,b,Beta,GGGGACGT,TTTTAAAA,P1\n2,a,Alpha,ACGTACGT,TTTTCCCC,P1\n";

fn sheet(text: &str) -> SampleSheet {
    SampleSheet::parse("sheet.csv", text.as_bytes()).unwrap()
}

/// Where an error is, and what it says.
fn error(text: impl AsRef<[u8]>) -> (usize, usize, String) {
    let error = SampleSheet::parse("sheet.csv", text.as_ref()).unwrap_err();
    (error.line, error.column, error.kind.to_string())
}

fn v2(settings: &str, data: &str) -> String {
    format!(
        "[Header]\nFileFormatVersion,2\n[BCLConvert_Settings]\n{settings}[BCLConvert_Data]\n{data}"
    )
}

/// What two sheets have in common whatever their line ends.
fn content(sheet: &SampleSheet) -> String {
    let libraries: Vec<_> = sheet
        .libraries()
        .iter()
        .map(|library| {
            (
                library.lane,
                library.sample,
                &library.indexes,
                &library.settings,
            )
        })
        .collect();
    format!("{:?} {:?} {libraries:?}", sheet.settings(), sheet.samples())
}

#[test]
fn version_1_is_read() {
    let sheet = sheet(V1);
    assert_eq!(sheet.version(), Version::V1);
    let [a, b] = sheet.samples() else {
        panic!("two samples");
    };
    assert_eq!(
        (a.number, a.id.as_str(), b.number, b.id.as_str()),
        (1, "a", 2, "b")
    );
    assert_eq!(
        (a.name.as_deref(), a.project.as_deref()),
        (Some("Alpha"), Some("P1"))
    );
    let libraries = sheet.libraries();
    assert_eq!(
        libraries
            .iter()
            .map(|library| library.sample)
            .collect::<Vec<_>>(),
        [0, 1, 0]
    );
    assert_eq!(libraries[2].lane, Some(2));
    assert_eq!(libraries[1].indexes, [b"GGGGACGT", b"TTTTAAAA"]);
    assert_eq!(libraries[1].line, 14);
    // bcl2fastq2's Adapter is of both reads unless AdapterRead2 is given.
    assert_eq!(
        libraries[0].settings.adapters,
        [vec![b"AGATC".to_vec()], vec![b"AGATC".to_vec()]]
    );
}

#[test]
fn version_2_is_read_with_settings_of_samples() {
    let text = v2(
        "SoftwareVersion,4.3.13\nAdapterRead1,CTGTCTC+AGATC\nadapterbehavior,MASK\nAdapterStringency,0.8\n\
         MinimumAdapterOverlap,3\nMinimumTrimmedReadLength,20\nMaskShortReads,10\nTrimUMI,0\nNoLaneSplitting,true\n\
         CreateFastqForIndexReads,1\nIndependentIndexCollisionCheck,1;3\nIndex2ColumnReverseComplement,Y\nFastqCompressionFormat,gzip\n",
        "Lane,Sample_ID,Index,Index2,OverrideCycles,BarcodeMismatchesIndex1,BarcodeMismatchesIndex2,AdapterRead2,custom_x\n\
         1,a,acgt,GGGG,Y50;I4;I4;Y50,2,0,,z\n1,b,TTTT,,Y50;I4;N4;Y50,,na,AAAA,\n",
    );
    let sheet = sheet(&text);
    let settings = sheet.settings();
    assert_eq!(sheet.version(), Version::V2);
    assert_eq!(settings.minimum_adapter_overlap, 3);
    assert_eq!(
        (
            settings.minimum_trimmed_read_length,
            settings.mask_short_reads
        ),
        (Some(20), Some(10))
    );
    assert!(
        !settings.trim_umi && settings.no_lane_splitting && settings.create_fastq_for_index_reads
    );
    assert_eq!(settings.independent_index_lanes, [1, 3]);
    assert!(settings.index2_column_reverse_complement);
    let [a, b] = sheet.libraries() else {
        panic!("two lines");
    };
    assert_eq!(a.indexes[0], b"ACGT");
    assert_eq!(
        (a.settings.barcode_mismatches, b.settings.barcode_mismatches),
        ([2, 0], [1, 1])
    );
    assert_eq!(
        a.settings.adapters[0],
        [b"CTGTCTC".to_vec(), b"AGATC".to_vec()]
    );
    assert_eq!(
        (a.settings.adapters[1].len(), &b.settings.adapters[1]),
        (0, &vec![b"AAAA".to_vec()])
    );
    assert_eq!(a.settings.adapter_behavior, AdapterBehavior::Mask);
    assert_eq!(a.settings.adapter_stringency, 0.8);
    let cycles = b.settings.override_cycles.as_ref().unwrap();
    assert_eq!(
        (cycles.text.as_str(), cycles.line, cycles.column),
        ("Y50;I4;N4;Y50", b.line, 5)
    );
}

#[test]
fn defaults_are_those_of_bcl_convert() {
    let sheet = sheet(&v2("", "Sample_ID\na\n"));
    let settings = sheet.settings();
    assert!(
        settings.trim_umi && !settings.no_lane_splitting && !settings.create_fastq_for_index_reads
    );
    assert_eq!(settings.minimum_adapter_overlap, 1);
    assert_eq!(
        (
            settings.minimum_trimmed_read_length,
            settings.mask_short_reads
        ),
        (None, None)
    );
    let of_sample = &sheet.libraries()[0].settings;
    assert_eq!(of_sample.barcode_mismatches, [1, 1]);
    assert_eq!(of_sample.adapter_behavior, AdapterBehavior::Trim);
    assert_eq!(of_sample.adapter_stringency, 0.9);
    assert_eq!(of_sample.override_cycles, None);
    assert_eq!(
        (sheet.libraries()[0].lane, &sheet.samples()[0].name),
        (None, &None)
    );
}

#[test]
fn spreadsheets_and_editors_write_the_same_sheet() {
    let expected = content(&sheet(V1));
    let variants = [
        V1.replace('\n', "\r\n"),
        V1.replace('\n', "\r"),
        format!("\u{feff}{V1}"),
        V1.replace('\n', ",,,\n"),
        V1.replace("[Data]\n", "# a comment, \"of ours\n[Data],,,\n\n,,,,\n"),
        V1.replace("[Settings]", "[settings]")
            .replace("Sample_ID", "SAMPLE_ID")
            .replace("index", "Index"),
        V1.replace("Alpha", "\" Alpha \"")
            .replace(",P1", ", \"P1\" "),
        V1.trim_end().to_owned(),
        V1.replace("[Data]", "[Manifests]\nA,b\n[Data]") + "\n[Cloud_Data]\nanything,\"at all\"\n",
    ];
    for variant in variants {
        assert_eq!(content(&sheet(&variant)), expected, "{variant:?}");
    }
}

#[test]
fn quotes_hold_commas_and_quotes() {
    let text = "[Data]\nSample_ID,Description\na,\"one, \"\"two\"\"\"\n";
    assert_eq!(sheet(text).samples().len(), 1);
    assert_eq!(error("[Data]\nSample_ID,Description\na,\"one\n").0, 3);
    assert!(
        error("[Data]\nSample_ID,Description\na,\"one\n")
            .2
            .contains("not closed")
    );
    assert!(
        error("[Data]\nSample_ID\n\"a\\\"b\"\n")
            .2
            .contains("after a closing quote")
    );
    assert_eq!(error("[Data]\nSample_ID,Description\na,one, two\n").1, 3);
}

#[test]
fn other_formats_are_refused_clearly() {
    let utf16: Vec<u8> = V1.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for text in [
        [&b"\xff\xfe"[..], &utf16].concat(),
        utf16,
        b"\xfe\xff\0[".to_vec(),
    ] {
        let (line, column, message) = error(&text);
        assert_eq!((line, column), (1, 1));
        assert!(message.contains("UTF-16"), "{message}");
    }
    assert!(error("sample\tbarcode_1\na\tACGT\n").2.contains("tabs"));
    assert!(
        error("[Data]\t\nSample_ID\tindex\na\tACGT\n")
            .2
            .contains("tabs")
    );
    assert!(error("[Header];;\nx;y\n").2.contains("semicolons"));
    assert!(
        error("FCID,Lane,SampleID\nX,1,a\n")
            .2
            .contains("no section")
    );
    assert!(error("[Data\nSample_ID\na\n").2.contains("no section"));
    for text in ["", "\n\n", "# nothing\n", "[Header]\na,b\n"] {
        assert!(error(text).2.contains("[Data] is missing"), "{text:?}");
    }
    assert!(
        error("[BCLConvert_Settings]\n[Data]\nSample_ID\na\n")
            .2
            .contains("[BCLConvert_Data]")
    );
    assert!(
        error("[Header]\nFileFormatVersion,2\n[Data]\nSample_ID\na\n")
            .2
            .contains("[BCLConvert_Data]")
    );
    assert!(
        error("[Header]\nFileFormatVersion,3\n[Data]\nSample_ID\na\n")
            .2
            .contains("1 or 2")
    );
    assert!(error("[Data]\n").2.contains("column names"));
    assert!(error("[Data]\nSample_ID\n").2.contains("no samples"));
    assert_eq!(error("[Data]\nSample_ID\na\n[data]\nSample_ID\nb\n").0, 4);
}

#[test]
fn errors_name_line_and_column() {
    let settings = |text: &str| error(v2(text, "Sample_ID\na\n"));
    let data = |text: &str| error(v2("", text));
    let cases = [
        (
            settings("AdapterBehaviour,trim\n"),
            (4, 1),
            "\"AdapterBehaviour\" is not known",
        ),
        (settings("TrimUMI,maybe\n"), (4, 2), "true or false"),
        (settings("TrimUMI,1\nTRIMUMI,1\n"), (5, 1), "line 4"),
        (settings("OverrideCycles,Y50,I8\n"), (4, 3), "\"I8\""),
        (
            settings("AdapterRead1,ACGN\n"),
            (4, 2),
            "several adapters joined by '+'",
        ),
        (
            settings("AdapterRead1,ACG+\n"),
            (4, 2),
            "several adapters joined by '+'",
        ),
        (settings("AdapterStringency,0.4\n"), (4, 2), "0.5 to 1"),
        (settings("AdapterStringency,NaN\n"), (4, 2), "0.5 to 1"),
        (settings("MinimumAdapterOverlap,4\n"), (4, 2), "1, 2 or 3"),
        (settings("BarcodeMismatchesIndex1,3\n"), (4, 2), "0, 1 or 2"),
        (settings("MaskShortReads,-1\n"), (4, 2), "number of bases"),
        (
            settings("FindAdaptersWithIndels,true\n"),
            (4, 1),
            "set it to false",
        ),
        (settings("FastqCompressionFormat,dragen\n"), (4, 1), "gzip"),
        (settings("Read1UMILength,8\n"), (4, 1), "OverrideCycles"),
        (
            data("Sample,index\na,ACGT\n"),
            (5, 1),
            "no column Sample_ID",
        ),
        (
            data("Sample_ID,sample_id\na,a\n"),
            (5, 2),
            "first as column 1",
        ),
        (
            data("Sample_ID,Overridecycle\na,Y5\n"),
            (5, 2),
            "Custom_Overridecycle",
        ),
        (
            data("Sample_ID,index\na,ACXT\n"),
            (6, 2),
            "bases A, C, G and T",
        ),
        (data("Lane,Sample_ID\n0,a\n"), (6, 1), "number of one lane"),
        (
            data("Lane,Sample_ID\n1+2,a\n"),
            (6, 1),
            "number of one lane",
        ),
        (data("Lane,Sample_ID\n1,a\n,b\n"), (7, 1), "line 6"),
        (data("Sample_ID\na/b\n"), (6, 1), "'/'"),
        (
            data("Sample_ID,Sample_Project\na,Logs\n"),
            (6, 2),
            "converter's own",
        ),
        (
            data("index,Sample_ID\nACGT,\n"),
            (6, 2),
            "Sample_ID is empty",
        ),
        (data("Sample_ID,Sample_Name\na,x\na,y\n"), (7, 2), "line 6"),
        (
            data("Sample_ID,BarcodeMismatchesIndex2\na,7\n"),
            (6, 2),
            "0, 1 or 2",
        ),
        (
            error(
                "[Header]\nFileFormatVersion,2\n[Reads]\nRead1Cycles,151\nRead2Cycles,0\n[BCLConvert_Data]\nSample_ID\na\n",
            ),
            (5, 2),
            "leave the line out",
        ),
    ];
    for ((line, column, message), at, part) in cases {
        assert_eq!((line, column), at, "{message}");
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
    let both = error(v2(
        "OverrideCycles,Y5\n",
        "Sample_ID,OverrideCycles\na,Y5\n",
    ));
    assert_eq!((both.0, both.1), (6, 2));
    let whole = SampleSheet::parse("x.csv", b"[Data]\nSample_ID\na b\n").unwrap_err();
    assert_eq!(
        whole.to_string(),
        "x.csv: line 3, column 1: Sample_ID \"a b\" has the character ' ': use letters, digits, '-', '_' and '.' (not first)"
    );
}

#[test]
fn unknown_settings_of_version_1_are_warnings() {
    let sheet = sheet(
        "[Settings]\nFilterPCRDuplicates,1\nNothing,\nReverseComplement,1\n[Data]\nSample_ID,GenomeFolder\na,x\n",
    );
    assert_eq!(sheet.warnings().len(), 1);
    assert!(sheet.warnings()[0].message.contains("FilterPCRDuplicates"));
    assert!(sheet.settings().reverse_complement);
    // What would change the reads is not passed over.
    assert!(
        error("[Settings]\nRead1EndWithCycle,100\n[Data]\nSample_ID\na\n")
            .2
            .contains("OverrideCycles")
    );
}

#[test]
fn adapters_of_version_1_have_several_names() {
    let adapters = |settings: &str| {
        let sheet = sheet(&format!("[Settings]\n{settings}[Data]\nSample_ID\na\n"));
        let samples = &sheet.settings().samples;
        (
            samples.adapters.clone().map(|of| of.concat()),
            samples.adapter_behavior,
        )
    };
    let (trim, mask) = (AdapterBehavior::Trim, AdapterBehavior::Mask);
    assert_eq!(
        adapters("TrimAdapter,AC\n"),
        ([b"AC".to_vec(), b"AC".to_vec()], trim)
    );
    assert_eq!(
        adapters("Adapter,AC\nAdapterRead2,GT\n"),
        ([b"AC".to_vec(), b"GT".to_vec()], trim)
    );
    assert_eq!(
        adapters("MaskAdapter,AC\nMaskAdapterRead2,GT\n"),
        ([b"AC".to_vec(), b"GT".to_vec()], mask)
    );
    assert_eq!(
        adapters("AdapterRead1,AC\n"),
        ([b"AC".to_vec(), Vec::new()], trim)
    );
    assert_eq!(
        error("[Settings]\nAdapter,AC\nTrimAdapter,AC\n[Data]\nSample_ID\na\n").0,
        3
    );
    let mixed = error("[Settings]\nAdapter,AC\nMaskAdapterRead2,AC\n[Data]\nSample_ID\na\n");
    assert!(mixed.2.contains("both reads"));
}

#[test]
fn samples_are_told_apart_by_id_and_project() {
    let sheet = sheet("[Data]\nSample_ID,Sample_Project,index\na,P,AAAA\na,Q,CCCC\na,P,GGGG\n");
    let numbers: Vec<_> = sheet
        .libraries()
        .iter()
        .map(|library| library.sample)
        .collect();
    assert_eq!(numbers, [0, 1, 0]);
    assert_eq!(sheet.samples()[1].number, 2);
}

#[test]
fn latin_1_in_what_nobody_reads_is_no_error() {
    let text = b"[Header]\nInvestigator Name,M\xfcller\n[Data]\nSample_ID,Description\na,\xe9\n";
    assert!(SampleSheet::parse("x", text).is_ok());
    let text = b"[Data]\nSample_ID\n\xfc\n";
    let error = SampleSheet::parse("x", text).unwrap_err();
    assert!(matches!(error.kind, SheetErrorKind::Name { .. }));
}

#[test]
fn a_hundred_thousand_samples_are_read() {
    let mut text = v2("", "Lane,Sample_ID,index,index2,OverrideCycles\n");
    for i in 0..100_000 {
        text += &format!("1,sample_{i},ACGTACGT,ACGTACGT,Y151;I8;I8;Y151\n");
    }
    assert_eq!(sheet(&text).samples().len(), 100_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = SampleSheet::parse("x", &text);
    }

    /// Pieces of sheets in any order: these get further than bytes do.
    #[test]
    fn no_pieces_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "[Data]", "[Header]", "[BCLConvert_Data]", "[BCLConvert_Settings]", "[Settings]", "[Reads]", "[", "]",
        "\n", "\n", "\n", "\r", ",", ",", ",", "\"", "#", "\t", "\u{feff}", "\0", "é",
        "Sample_ID", "Lane", "index", "Index2", "OverrideCycles", "Sample_Project", "Sample_Name",
        "FileFormatVersion", "AdapterRead1", "AdapterStringency", "TrimUMI", "Read2Cycles",
        "1", "2", "0.9", "ACGT", "a", "b", "Y8;I8", "na", "inf", "+", ";",
    ]), 0..60)) {
        let text = pieces.concat();
        if let Ok(sheet) = SampleSheet::parse("x", text.as_bytes()) {
            let _ = sheet.lane(1, &crate::reads(&[8, -8]));
            prop_assert!(!sheet.samples().is_empty());
        }
    }
}
