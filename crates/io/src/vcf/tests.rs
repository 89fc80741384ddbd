#![allow(clippy::unwrap_used)]

use super::*;

fn number(value: f32) -> String {
    let mut out = Vec::new();
    write_number(value, &mut out);
    String::from_utf8(out).unwrap()
}

fn record() -> Record {
    Record {
        contig: ContigId(0),
        position: 9,
        id: String::new(),
        reference: b"AC".to_vec(),
        alternates: vec![b"A".to_vec(), b"*".to_vec()],
        quality: 30.456,
        filters: vec![],
        info: vec![("DP", "3".into()), ("DB", String::new())],
        format: vec![("GT", "1/2".into()), ("GQ", String::new())],
    }
}

fn line(record: &Record) -> String {
    let mut out = Vec::new();
    record.write_text("chr1", &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn numbers() {
    for (value, text) in [
        (0.0, "0"),
        (-0.001, "0"),
        (100.0, "100"),
        (30.5, "30.5"),
        (30.456, "30.46"),
        (-1.25, "-1.25"),
        (f32::NAN, "."),
        (f32::INFINITY, "."),
    ] {
        assert_eq!(number(value), text);
    }
}

#[test]
fn lines() {
    assert_eq!(
        line(&record()),
        "chr1\t10\t.\tAC\tA,*\t30.46\tPASS\tDP=3;DB\tGT:GQ\t1/2:.\n"
    );
    let bare = Record {
        alternates: vec![],
        filters: vec!["a".into(), "b".into()],
        info: vec![],
        format: vec![],
        quality: f32::NAN,
        ..record()
    };
    assert_eq!(line(&bare), "chr1\t10\t.\tAC\t.\t.\ta;b\t.\t.\t.\n");
    let known = Record {
        id: "rs1;rs2".into(),
        ..bare.clone()
    };
    assert!(line(&known).starts_with("chr1\t10\trs1;rs2\tAC\t"));
    assert_eq!(bare.end(), 11);
    let block = Record {
        info: vec![("END", "50".into())],
        ..record()
    };
    assert_eq!(block.end(), 50);
}

#[test]
fn blocks() {
    let line = |block: &Block| {
        let mut out = Vec::new();
        block.write_text("chr1", &mut out);
        String::from_utf8(out).unwrap()
    };
    let block = Block {
        contig: ContigId(0),
        span: 9..20,
        reference: b'G',
        is_called: true,
        depth: 7,
        depths: Depths::Least(5),
        quality: 15,
        likelihoods: Likelihoods::Diploid([0, 15, 120]),
    };
    assert_eq!(
        line(&block),
        "chr1\t10\t.\tG\t<NON_REF>\t.\t.\tEND=20\tGT:DP:GQ:MIN_DP:PL\t0/0:7:15:5:0,15,120\n"
    );
    let single = Block {
        span: 9..10,
        is_called: false,
        depth: 0,
        depths: Depths::ByAllele([0, 0]),
        quality: 0,
        likelihoods: Likelihoods::Haploid([0, 0]),
        ..block
    };
    assert_eq!(
        line(&single),
        "chr1\t10\t.\tG\t<NON_REF>\t.\t.\t.\tGT:AD:DP:GQ:PL\t.:0,0:0:0:0,0\n"
    );
}

#[test]
fn disorder_is_an_error() {
    let contig = |name: &str| crate::bam::header::HeaderContig {
        name: name.into(),
        length: 1000,
        md5: None,
    };
    let header = VcfHeader {
        contigs: vec![contig("a"), contig("b")],
        ..VcfHeader::default()
    };
    let at = |contig, position| Record {
        contig: ContigId(contig),
        position,
        ..record()
    };
    let mut compressor = crate::bgzf::Compressor::new(1).unwrap();
    for (records, good) in [
        (vec![at(0, 5), at(0, 5), at(1, 1)], true),
        (vec![at(0, 5), at(0, 4)], false),
        (vec![at(1, 5), at(0, 6)], false),
        (vec![at(2, 5)], false),
    ] {
        let mut writer = VcfWriter::new(Vec::new(), &header, 1).unwrap();
        let result = VcfTile::new(&records, &header, &mut compressor)
            .and_then(|tile| writer.write_tile(&tile));
        assert_eq!(result.is_ok(), good);
    }
}

fn reference() -> crate::Reference {
    let text = format!(">chr1\n{}\n>chr2\n{}\n", "A".repeat(100), "C".repeat(50));
    crate::fasta::read("ref.fa", text.as_bytes()).unwrap()
}

/// What the sites of a file are, as text.
fn sites(text: &str, ordered: bool) -> Result<Vec<String>, VcfReadError> {
    let reference = reference();
    let mut reader = SiteReader::new("x.vcf", text.as_bytes(), &reference, ordered)?;
    let mut found = Vec::new();
    while let Some(site) = reader.next_site()? {
        let text = String::from_utf8_lossy;
        found.push(format!(
            "{}:{} {} {} {}",
            site.contig.0,
            site.position,
            text(site.id),
            text(site.reference),
            text(site.alternates)
        ));
    }
    Ok(found)
}

const START: &str = "##fileformat=VCFv4.2\n";
const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

#[test]
fn sites_of_the_reference_are_read_and_others_passed_over() {
    let tail = "\t.\t.\tX=".to_owned() + &"y".repeat(3 << 20);
    let text = format!(
        "{START}##contig=<ID=chr9>\n##contig=<ID=chr1,length=100>\n{COLUMNS}\
         chr1\t5\trs1\tA\tC,G\t.\t.\t.\r\nchr9\t7\t.\tA\tC{tail}\nchr1\t0\t.\tA\tC\t.\t.\t.\n\
         \nchr2\t50\t.\tCC\tC{tail}\nchr2\t51\t.\tN\t<DEL>\t.\t.\t.\nchr1\t100\t.\ta\tg\t."
    );
    let expected = ["0:4 rs1 A C,G", "1:49 . CC C", "0:99 . a g"];
    assert_eq!(sites(&text, false).unwrap(), expected);
    let error = sites(&text, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "x.vcf: line 11: chr1:100 comes too late: records must be sorted, and contigs in the order of \
         the reference"
    );
    // A header alone, and one without the line of columns.
    assert!(
        sites(&format!("{START}{COLUMNS}"), true)
            .unwrap()
            .is_empty()
    );
    assert!(sites(START, true).unwrap().is_empty());
}

#[test]
fn what_is_no_vcf_of_the_reference_says_so() {
    for (text, message) in [
        (
            String::new(),
            "x.vcf: line 1: it does not start with ##fileformat=VCF: is this a VCF file?",
        ),
        (
            "chr1\t1\t2\n".into(),
            "x.vcf: line 1: it does not start with ##fileformat=VCF: is this a VCF file?",
        ),
        (
            format!("{START}{COLUMNS}chr1\t5\t.\tA\tC\n"),
            "x.vcf: line 3: 5 columns within the first MiB of the line: VCF has 8 or more, separated by tabs",
        ),
        (
            format!("{START}{COLUMNS}chr1\t-5\t.\tA\tC\t.\t.\t.\n"),
            "x.vcf: line 3: \"-5\" is no POS: expected a number",
        ),
        (
            format!("{START}{COLUMNS}chr2\t52\t.\tA\tC\t.\t.\t.\n"),
            "x.vcf: line 3: POS 52 lies beyond the end of chr2, which has 50 bases: is the file for another reference?",
        ),
        (
            format!("{START}##contig=<ID=chr2,length=51>\n"),
            "x.vcf: line 2: the header says that chr2 has 51 bases, but the reference's has 50: is the file for another reference?",
        ),
        (
            format!("{START}##contig=<ID=chr2>\n##contig=<ID=chr1>\n{COLUMNS}"),
            "x.vcf: line 3: chr1 comes too late: records must be sorted, and contigs in the order of the reference",
        ),
        (
            format!("{START}##contig=<ID=1>\n{COLUMNS}"),
            "x.vcf: line 3: no contig is one of the reference: the file has 1, the reference chr1; bcftools annotate --rename-chrs gives contigs other names",
        ),
        (
            format!("{START}{COLUMNS}1\t5\t.\tA\tC\t.\t.\t.\n"),
            "x.vcf: line 4: no contig is one of the reference: the file has 1, the reference chr1; bcftools annotate --rename-chrs gives contigs other names",
        ),
    ] {
        assert_eq!(sites(&text, true).unwrap_err().to_string(), message);
    }
}

#[test]
fn alleles_are_trimmed_behind_first() {
    for (reference, allele, expected) in [
        ("A", "C", (10, "A", "C")),
        ("ACG", "ATG", (11, "C", "T")),
        ("ACG", "A", (10, "ACG", "A")),
        ("CAA", "CA", (10, "CA", "C")),
        ("TCAA", "TCA", (11, "CA", "C")),
        ("AC", "ATC", (10, "A", "AT")),
        ("acg", "ATG", (11, "c", "T")),
        ("AA", "AA", (10, "A", "A")),
    ] {
        let (position, r, a) = trim(10, reference.as_bytes(), allele.as_bytes());
        let found = (
            position,
            std::str::from_utf8(r).unwrap(),
            std::str::from_utf8(a).unwrap(),
        );
        assert_eq!(found, expected, "{reference} {allele}");
    }
}
