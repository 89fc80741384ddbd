//! What comparisons with a truth read.

use fafnir_simulate::Reference;
use fafnir_simulate::compare::Comparison;
use fafnir_simulate::variants::Truth;

use super::scratch::File;

const FASTA: &str = ">chr1\nACGTACGTACGTACGTTTTTACGTACGTACGT\n>chr2\nAAAAAAAACCCCCCCC\n";
const VCF: &str = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n\
    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts\n\
    chr1\t2\t.\tC\tT\t30\tPASS\t.\tGT:GQ\t0|1:20\nchr1\t9\t.\tA\tAT,AGG\t.\t.\tDP=3\tGT\t1/2\n\
    chr1\t16\t.\tTTTTT\tT\t30\tLowQ\t.\tGT\t1/1\nchr2\t8\t.\tAC\tCA\t3\tPASS\t.\tGT\t0/1\n";

/// Files of a comparison.
struct Files {
    reference: Reference,
    truth: File,
    other: File,
}

thread_local! {
    static FILES: Files = {
        let (fasta, truth) = (File::new("ref.fa"), File::new("truth.vcf"));
        truth.write(VCF.as_bytes());
        Files {
            reference: Reference::read_fasta(fasta.write(FASTA.as_bytes())).expect("a FASTA file"),
            truth,
            other: File::new("other"),
        }
    };
}

/// FASTA.
pub(super) fn fasta(data: &[u8]) {
    FILES.with(|files| {
        let _ = Reference::read_fasta(files.other.write(data));
    });
}

/// VCF as truth, and as calls.
pub fn vcf(data: &[u8]) {
    FILES.with(|files| {
        let path = files.other.write(data);
        let _ = Truth::read_vcf(path, &files.reference);
        for filtered in [false, true] {
            let comparison = Comparison {
                reference: &files.reference,
                truth: &files.truth.path,
                calls: path,
                regions: None,
                filtered,
            };
            let _ = comparison.run();
        }
    });
}

/// Variants of all kinds.
pub fn vcf_seeds() -> Vec<Vec<u8>> {
    vec![VCF.as_bytes().to_vec(), super::reads::bgzf(VCF.as_bytes())]
}

/// BED of the regions that a truth speaks for.
pub fn truth_regions(data: &[u8]) {
    FILES.with(|files| {
        let comparison = Comparison {
            reference: &files.reference,
            truth: &files.truth.path,
            calls: &files.truth.path,
            regions: Some(files.other.write(data)),
            filtered: false,
        };
        let _ = comparison.run();
    });
}

/// Lines of each kind.
pub fn truth_regions_seeds() -> Vec<Vec<u8>> {
    vec![b"#c\ntrack x\nchr1\t0\t12\tname\nchr2\t3\t16\n".to_vec()]
}
