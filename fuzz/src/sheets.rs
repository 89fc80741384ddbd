//! Tables and expressions that users write.

use std::path::Path;

use fafnir::HardFilters;
use fafnir_io::bcl::override_cycles::{CyclePlan, ReadCycles};
use fafnir_io::bcl::sample_sheet::SampleSheet;

fn run() -> Vec<ReadCycles> {
    let read = |cycles, is_index| ReadCycles {
        cycles,
        is_index,
        is_reverse_complement: false,
    };
    vec![
        read(26, false),
        read(8, true),
        read(8, true),
        read(26, false),
    ]
}

/// A sample sheet, and what it means for a lane.
pub fn sample_sheet(data: &[u8]) {
    let Ok(sheet) = SampleSheet::parse("SampleSheet.csv", data) else {
        return;
    };
    assert!(!sheet.samples().is_empty());
    for lane in [1, 2] {
        if let Ok(plan) = sheet.lane(lane, &run()) {
            assert_eq!(plan.libraries.len(), plan.plan_of.len());
            let found = plan.demultiplexer.assign(b"ACGTACGT", b"TTTTCCCC");
            assert!(found.is_none_or(|found| found.barcode < plan.libraries.len()));
        }
    }
}

/// Sheets of both versions.
pub fn sample_sheet_seeds() -> Vec<Vec<u8>> {
    [
        "[Header]\nIEMFileVersion,4\n[Reads]\n26\n26\n[Settings]\nAdapter,AGATC\n\
         ReverseComplement,0\n[Data]\nLane,Sample_ID,Sample_Name,index,index2,Sample_Project\n\
         1,a,Alpha,ACGTACGT,TTTTCCCC,P1\n2,b,Beta,GGGGACGT,TTTTAAAA,P1\n",
        "\u{feff}[Header]\r\nFileFormatVersion,2\r\n[Reads]\r\nRead1Cycles,26\r\n\
         [BCLConvert_Settings]\r\nAdapterRead1,AGATCGG+CTGTCTC\r\nAdapterStringency,0.8\r\n\
         OverrideCycles,U7N1Y18;I8;I8;Y26\r\nBarcodeMismatchesIndex1,1\r\nTrimUMI,0\r\n\
         NoLaneSplitting,true\r\n[BCLConvert_Data]\r\nLane,Sample_ID,index,index2\r\n\
         1,\"a\",ACGTACGT,TTTTCCCC\r\n1,b,GGGGACGT,TTTTAAAA\r\n",
        "[BCLConvert_Settings]\nCreateFastqForIndexReads,1\n[BCLConvert_Data]\n\
         Sample_ID,index,index2,OverrideCycles,BarcodeMismatchesIndex1,AdapterBehavior,Sample_Project\n\
         a,ACGTAC,,Y26;I6N2;N8;Y26,0,mask,p\nb,GGGGACGT,TTTTAAAA,Y26;I8;I8;Y26,1,trim,q\n",
        "[BCLConvert_Data]\nSample_ID\nonly\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Hard filters.
pub fn hard_filters(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match text.parse::<HardFilters>() {
        Ok(filters) => assert_eq!(filters.to_string().parse(), Ok(filters)),
        Err(error) => assert!(error.column <= text.chars().count() + 1),
    }
}

/// All operators.
pub fn hard_filters_seeds() -> Vec<Vec<u8>> {
    [
        "a:snp:QUAL<10.41;b:indel:(MQ <= 3e1 || INFO/DP != 7) && GQ==0",
        "LowDepth:all:DP>1&&QD>=.5;",
        "none",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// `OverrideCycles`.
pub fn override_cycles(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(plan) = CyclePlan::new(&run(), Some(&text)) else {
        return;
    };
    let cycles: usize = run().iter().map(|read| read.cycles).sum();
    for range in plan.reads().iter().flat_map(|read| &read.kept_and_umi) {
        assert!(range.start < range.end && range.end <= cycles);
    }
}

/// Masks of all letters.
pub fn override_cycles_seeds() -> Vec<Vec<u8>> {
    ["Y26;I8;I8;Y26", "U7N1Y18; I6N2; N8; n1u7Y18", "Y*;I*;I*;Y*"]
        .map(|text| text.as_bytes().to_vec())
        .into()
}

/// `fastq_list.csv`.
pub fn fastq_list(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for sample in [None, Some("s")] {
        let _ = fafnir::parse_fastq_list(Path::new("list/fastq_list.csv"), &text, sample);
    }
}

/// Lists of two lanes.
pub fn fastq_list_seeds() -> Vec<Vec<u8>> {
    [
        "RGID,RGSM,RGLB,Lane,Read1File,Read2File\na.1,s,l,1,a_R1.fq.gz,a_R2.fq.gz\n\
         a.2,s,l,2,/b_R1.fq.gz,/b_R2.fq.gz\n",
        "\u{feff}RGSM,RGID,RGPL,Read1File\r\n\"s\",\"a,1\",ILLUMINA,\"x \"\"y\"\".fq\"\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
