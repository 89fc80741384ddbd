//! `RunInfo.xml` and `RunParameters.xml` of every line of instruments.

use std::fs;

use fafnir_io::bcl::{Instrument, RunInfo, RunParameters, TileId, TileNaming};
use proptest::prelude::*;

use crate::data::data;

fn parse(text: &str) -> Result<RunInfo, String> {
    RunInfo::parse("RunInfo.xml", text.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn real_files_are_understood() {
    let folder = "bcl/viral-core_runinfo/test/input/TestRunInfo";
    let Some(folder) = data(folder) else { return };
    use Instrument::*;
    // File, instrument, run, flow cell, lanes, tiles, cycles of the reads, second index reversed.
    let expected = [
        (
            "hiseq",
            None,
            700,
            "HVFF2ADXX",
            2,
            0,
            [101, 8, 8, 101],
            None,
        ),
        (
            "miseq",
            Some(MiSeq),
            6,
            "000000000-AEF96",
            1,
            0,
            [101, 8, 8, 101],
            None,
        ),
        (
            "nextseq550",
            Some(NextSeq500),
            109,
            "HMTLKAFX2",
            4,
            288,
            [149, 10, 10, 149],
            None,
        ),
        (
            "nextseq-1000-2000-p1",
            Some(NextSeq2000),
            75,
            "AAG27M7M5",
            1,
            32,
            [151, 8, 8, 151],
            Some(true),
        ),
        (
            "novaseq",
            Some(NovaSeq6000),
            98,
            "HCYTJDMXX",
            2,
            1408,
            [101, 8, 8, 101],
            None,
        ),
        (
            "novaseq-x-plus",
            Some(NovaSeqX),
            433,
            "22J5GLLT4",
            8,
            6272,
            [151, 10, 10, 151],
            Some(true),
        ),
    ];
    for (name, instrument, run, flowcell, lanes, tiles, cycles, reversed) in expected {
        let path = folder.join(format!("RunInfo-{name}.xml"));
        let info = RunInfo::parse(name, &fs::read(path).unwrap()).unwrap();
        assert_eq!(Instrument::of_run(&info, None), instrument, "{name}");
        assert_eq!(
            (info.run_number, info.flowcell.as_str()),
            (run, flowcell),
            "{name}"
        );
        assert_eq!(
            (info.layout.lanes, info.layout.tiles.len()),
            (lanes, tiles),
            "{name}"
        );
        let found: Vec<_> = info.reads.iter().map(|read| read.cycles).collect();
        assert_eq!(found, cycles, "{name}");
        assert_eq!(
            info.reads.iter().filter(|read| read.is_index).count(),
            2,
            "{name}"
        );
        assert_eq!(info.reads[2].is_reverse_complement, reversed, "{name}");
        assert_eq!(info.cycles(), info.read_cycles(3).end, "{name}");
    }
    // The others are of instruments with made-up names.
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        RunInfo::parse(&path.to_string_lossy(), &fs::read(&path).unwrap()).unwrap();
        files += 1;
    }
    assert!(files > expected.len());
}

#[test]
fn what_is_missing_or_wrong_is_named_with_its_line() {
    let good = r#"<?xml version="1.0"?>
<RunInfo><Run Id="r" Number="1">
<Flowcell>F</Flowcell><Instrument>A00001</Instrument>
<Reads><Read Number="1" NumCycles="5" IsIndexedRead="N"/></Reads>
<FlowcellLayout LaneCount="1" SurfaceCount="2" SwathCount="1" TileCount="3">
<TileSet TileNamingConvention="FiveDigit"><Tiles><Tile>1_11101</Tile></Tiles></TileSet>
</FlowcellLayout></Run></RunInfo>"#;
    let info = parse(good).unwrap();
    assert_eq!(
        info.layout.tiles,
        [TileId {
            lane: 1,
            tile: 11101
        }]
    );
    assert_eq!(info.layout.tile_naming, Some(TileNaming::FiveDigit));
    assert_eq!(parse(&format!("\u{feff}{good}")), Ok(info));

    let cases = [
        (
            "<Read Number=\"1\"",
            "<Rod Number=\"1\"",
            "no <Read> with cycles",
        ),
        (
            "NumCycles=\"5\"",
            "NumCycles=\"0\"",
            "no <Read> with cycles",
        ),
        (
            "NumCycles=\"5\"",
            "NumCycles=\"-5\"",
            "line 4: NumCycles=\"-5\" of <Read> is no whole number",
        ),
        (
            "=\"N\"",
            "=\"Q\"",
            "line 4: IsIndexedRead=\"Q\" is neither Y nor N",
        ),
        ("1_11101", "11101", "line 6: \"11101\" is no tile"),
        (
            "LaneCount=\"1\"",
            "LaneCount=\"0\"",
            "line 5: LaneCount is 0",
        ),
        (
            "LaneCount=\"1\"",
            "",
            "line 5: <FlowcellLayout> has no attribute LaneCount",
        ),
        (
            "<Instrument>A00001",
            "<Instrument>",
            "line 3: <Instrument> is empty",
        ),
        (
            "</FlowcellLayout></Run></RunInfo>",
            "",
            "the XML ends too early",
        ),
        ("</Reads>", "</Reeds>", "line 4: the XML is damaged"),
    ];
    for (from, to, message) in cases {
        let error = parse(&good.replace(from, to)).unwrap_err();
        assert!(
            error.starts_with("RunInfo.xml: line ") && error.contains(message),
            "{error}"
        );
    }
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(good.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let error = RunInfo::parse("RunInfo.xml", &utf16)
        .unwrap_err()
        .to_string();
    assert!(error.contains("UTF-16: save it as UTF-8"), "{error}");
}

#[test]
fn nothing_is_fetched_and_nothing_expands() {
    let body = "<RunInfo><Run Id=\"r\" Number=\"1\"><Flowcell>&x;</Flowcell></Run></RunInfo>";
    for doctype in [
        "<!DOCTYPE RunInfo [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>",
        "<!DOCTYPE RunInfo SYSTEM \"http://localhost/run.dtd\">",
        "<!DOCTYPE RunInfo [<!ENTITY x \"&y;&y;\"><!ENTITY y \"ha\">]>",
    ] {
        let error = parse(&format!("{doctype}\n{body}")).unwrap_err();
        assert!(
            error.contains("line 1: a document type definition is not allowed"),
            "{error}"
        );
    }
    let error = parse(body).unwrap_err();
    assert!(error.contains("the entity &x; is not allowed"), "{error}");
    let deep = "<a>".repeat(100_000);
    assert!(parse(&deep).unwrap_err().contains("nested too deeply"));
}

#[test]
fn instruments_are_told_by_parameters_then_by_serial_number() {
    use Instrument::*;
    let cases = [
        (
            "<Setup><ApplicationName>MiSeq Control Software</ApplicationName></Setup>",
            "X",
            MiSeq,
            false,
        ),
        (
            "<Setup><ApplicationName>HiSeq Control Software</ApplicationName></Setup>",
            "D00123",
            HiSeq2500,
            false,
        ),
        (
            "<Setup><ApplicationName>HiSeq Control Software</ApplicationName></Setup>",
            "K00123",
            HiSeq4000,
            true,
        ),
        (
            "<Setup><ApplicationName>HiSeq Control Software</ApplicationName></Setup>",
            "ST-E00123",
            HiSeqX,
            true,
        ),
        (
            "<Setup><ApplicationName>NextSeq Control Software</ApplicationName></Setup>",
            "X",
            NextSeq500,
            true,
        ),
        (
            "<ApplicationName>NextSeq 1000/2000 Control Software</ApplicationName>",
            "X",
            NextSeq2000,
            true,
        ),
        (
            "<Application>NovaSeq Control Software</Application>",
            "X",
            NovaSeq6000,
            true,
        ),
        (
            "<Application>NovaSeq Control Software</Application><RfidsInfo><SbsConsumableVersion>1</SbsConsumableVersion></RfidsInfo>",
            "X",
            NovaSeq6000,
            false,
        ),
        (
            "<Application>control-software</Application><InstrumentType>NovaSeqXPlus</InstrumentType>",
            "X",
            NovaSeqX,
            true,
        ),
        ("<Side>A</Side>", "VH00123", NextSeq2000, true),
        ("<Side>A</Side>", "M00123", MiSeq, false),
        ("<Side>A</Side>", "MN00123", MiniSeq, true),
    ];
    for (body, serial, instrument, reversed) in cases {
        let xml = format!("<RunParameters>{body}</RunParameters>");
        let parameters = RunParameters::parse("RunParameters.xml", xml.as_bytes()).unwrap();
        let info = RunInfo {
            run_id: "r".into(),
            run_number: 1,
            flowcell: "F".into(),
            instrument: serial.into(),
            date: String::new(),
            reads: Vec::new(),
            layout: Default::default(),
        };
        let found = Instrument::of_run(&info, Some(&parameters)).unwrap();
        assert_eq!(found, instrument, "{body} {serial}");
        assert_eq!(
            found.reverse_complements_i5(Some(&parameters)),
            reversed,
            "{body} {serial}"
        );
    }
    assert_eq!(Instrument::of_serial("Molly"), None);
}

proptest! {
    #[test]
    fn any_text_is_an_answer_or_an_error(text in r#"[<>/=" &;a-dRunIfo!\[\]?-]{0,200}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes: Vec<u8>) {
        let _ = RunInfo::parse("RunInfo.xml", &bytes);
        let _ = RunParameters::parse("RunParameters.xml", &bytes);
    }
}
