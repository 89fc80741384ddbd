//! gVCF, and what joint genotyping makes of it.

use fafnir_io::gvcf::{GvcfReader, GvcfRecord};
use fafnir_io::{ContigId, Reference};
use fafnir_joint_genotyper::{Genotyper, Intake, JointOptions, Pedigree};

const FASTA: &[u8] = b">chr1\nACGTACGTACGTACGTACGTACGTACGTACGT\n>chr2\nNNTTTTTTTT\n";
const GVCF: &str = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=32>\n\
    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tdad\tmum\tkid\n\
    chr1\t1\t.\tA\t<NON_REF>\t.\t.\tEND=4\tGT:DP:GQ:MIN_DP:PL\t0/0:9:20:7:0,20,200\t./.\t0/0:3\n\
    chr1\t5\t.\tA\tG,<*>\t3.2\t.\tDP=5;MQ=60\tGT:AD:PL\t0/1:2,3,0:30,0,40,36,49,90\t0:.:0,9,9\t.\n\
    chr1\t9\t.\tACGT\tA,*,<NON_REF>\t.\t.\t.\tGL\t-9,0,-9,-3,-4,-9,-9,-9,-9,-9\t.\t.\n\
    chr1\t10\t.\tC\tCA\t.\t.\tRAW_MQandDP=7200,2\tGT:PL\t.:.\t0/1:90,0,90\t1/1:90,9,0\n\
    chr2\t3\t.\tT\t<DEL>\t.\t.\tEND=9\tGT\t0/1\t./.\t./.\n";
const PEDIGREE: &[u8] = b"#f i\nf dad 0 0 1\nf mum 0 0 2\nf kid dad mum 1 2\nf far x 0 other\n";

thread_local! {
    static REFERENCE: Reference = fafnir_io::fasta::read("ref.fa", FASTA).expect("a FASTA file");
}

/// Records, and genotypes of their samples.
pub fn gvcf(data: &[u8]) {
    REFERENCE.with(|reference| {
        let Ok(mut reader) = GvcfReader::new("a.g.vcf", data, reference) else {
            return;
        };
        let mut record = GvcfRecord::default();
        let mut last = (ContigId(0), 0);
        while let Ok(true) = reader.read(reference, &mut record) {
            let place = (record.contig, record.position);
            assert!(last <= place && record.position < record.end);
            assert_eq!(record.samples.len(), reader.samples().len());
            last = place;
        }
        let reader = GvcfReader::new("a.g.vcf", data, reference).expect("it was read before");
        let names = reader.samples().to_vec();
        let pedigree = Pedigree::parse(&String::from_utf8_lossy(PEDIGREE)).expect("a pedigree");
        let genotyper = Genotyper::new(JointOptions::default(), &names, Some(&pedigree));
        let Ok(mut intake) = Intake::new(reader, reference) else {
            return;
        };
        while let Some((contig, position)) = intake.next_place() {
            let start = position / 16 * 16;
            let span = start..start + 16;
            let Ok(columns) = intake.take(contig, span.clone(), reference) else {
                return;
            };
            let genotyped = genotyper.genotype(contig, &span, &columns, |_| true);
            for record in &genotyped.records {
                assert!(span.contains(&record.site.position));
                let mut text = Vec::new();
                record.write_text("chr1", &mut text);
                let columns = text.split(|byte| *byte == b'\t').count();
                assert_eq!(columns, 9 + names.len());
            }
        }
    });
}

/// Blocks and variants of several tools.
pub fn gvcf_seeds() -> Vec<Vec<u8>> {
    vec![
        GVCF.as_bytes().to_vec(),
        super::reads::bgzf(GVCF.as_bytes()),
    ]
}

/// PED.
pub fn pedigree(data: &[u8]) {
    let names = ["dad", "mum", "kid"].map(String::from);
    if let Ok(pedigree) = Pedigree::parse(&String::from_utf8_lossy(data)) {
        let genotyper = Genotyper::new(JointOptions::default(), &names, Some(&pedigree));
        assert!(genotyper.trios() <= names.len());
    }
}

/// A family.
pub fn pedigree_seeds() -> Vec<Vec<u8>> {
    vec![PEDIGREE.to_vec()]
}
