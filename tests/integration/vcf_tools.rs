//! Calls of every kind in the hands of bcftools and Picard.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::support::{folder, gunzip, small, succeed, tiled, tiled_results, tool};

const VCF: &str = "s.hard-filtered.vcf.gz";

/// Calls with haploid regions, and with alleles that were asked for: absent, unseen, and beside others.
fn odd() -> &'static Path {
    static RESULTS: OnceLock<PathBuf> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let kept = folder().keep();
        let bed = kept.join("ploidy.bed");
        fs::write(&bed, "chr2\t0\t5000\t1\n").unwrap();
        let bases = String::from_utf8(gunzip(&small().reference)).unwrap();
        let chr1: Vec<u8> = bases
            .lines()
            .skip(1)
            .take_while(|l| !l.starts_with('>'))
            .collect::<String>()
            .into();
        let mut asked =
            String::from("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n");
        for at in (100..12_000).step_by(101) {
            let replaced = String::from_utf8_lossy(&chr1[at..at + 1 + at % 6]);
            let first = &replaced[..1];
            let other = ["A", "C", "G", "T"][at % 4];
            asked += &format!(
                "chr1\t{}\t.\t{replaced}\t{other},{first}GA\t.\t.\t.\n",
                at + 1
            );
        }
        let vcf = kept.join("asked.vcf");
        fs::write(&vcf, asked).unwrap();
        let mut command = small().command("run", &kept);
        command
            .arg("--ploidy-bed")
            .arg(bed)
            .arg("--vc-forcegt-vcf")
            .arg(vcf);
        succeed(command);
        kept
    })
}

/// Both files of calls, with their references.
fn files() -> [(PathBuf, &'static Path); 2] {
    [
        (tiled_results().join(VCF), &tiled().reference),
        (odd().join(VCF), &small().reference),
    ]
}

fn records(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[test]
fn forced_alleles_are_all_there() {
    let calls = records(&gunzip(&odd().join(VCF)));
    let forced: Vec<&String> = calls.iter().filter(|line| line.contains(";FGT")).collect();
    assert!(forced.len() > 100, "{}", forced.len());
    assert!(forced.iter().any(|line| line.contains("\t0/0:")));
    assert!(forced.iter().any(|line| line.contains(";FGT;NML\t")));
    assert!(
        calls
            .iter()
            .any(|line| line.starts_with("chr2\t") && line.contains("\t1:"))
    );
}

#[test]
fn normalisation_changes_nothing() {
    for (file, fasta) in files() {
        let Some(mut norm) = tool("bcftools") else {
            return;
        };
        let folder = folder();
        let reference = folder.path().join("ref.fa");
        fs::copy(fasta, &reference).unwrap();
        norm.args(["norm", "--check-ref", "e", "-f"])
            .arg(&reference)
            .arg(&file);
        let normal = records(&succeed(norm));
        let mut view = tool("bcftools").unwrap();
        view.args(["view", "-H"]).arg(&file);
        let plain = records(&succeed(view));
        assert!(plain.len() > 40);
        assert_eq!(normal, plain, "{}", file.display());
    }
}

#[test]
fn counts_of_alleles_are_those_of_bcftools() {
    for (file, _) in files() {
        let Some(mut fill) = tool("bcftools") else {
            return;
        };
        fill.args(["+fill-tags"])
            .arg(&file)
            .args(["--", "-t", "AN,AC"]);
        let filled = records(&succeed(fill));
        for (filled, ours) in filled.iter().zip(records(&gunzip(&file))) {
            let find = |line: &str, key: &str| {
                let info = line.split('\t').nth(7).unwrap();
                let field = info.split(';').find_map(|field| field.strip_prefix(key));
                field.unwrap().to_owned()
            };
            for key in ["AN=", "AC="] {
                assert_eq!(find(filled, key), find(&ours, key), "{ours}");
            }
        }
    }
}

#[test]
fn picard_reads_the_calls_and_their_index() {
    let folder = folder();
    for (number, (file, fasta)) in files().into_iter().enumerate() {
        let Some(mut dictionary) = tool("PicardCommandLine") else {
            return;
        };
        let path = |name: &str| folder.path().join(format!("{number}.{name}"));
        dictionary
            .arg("CreateSequenceDictionary")
            .arg(format!("R={}", fasta.display()))
            .arg(format!("O={}", path("dict").display()))
            .arg("QUIET=true");
        succeed(dictionary);
        let mut metrics = tool("PicardCommandLine").unwrap();
        metrics
            .args(["CollectVariantCallingMetrics", "QUIET=true"])
            .arg(format!("I={}", file.display()))
            .arg(format!("DBSNP={}", file.display()))
            .arg(format!("SD={}", path("dict").display()))
            .arg(format!("O={}", path("metrics").display()));
        succeed(metrics);
        let told = fs::read_to_string(path("metrics.variant_calling_summary_metrics")).unwrap();
        let mut lines = told
            .lines()
            .skip_while(|line| !line.starts_with("TOTAL_SNPS"));
        let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
        let at = names
            .split('\t')
            .position(|name| name == "TOTAL_SNPS")
            .unwrap();
        let snps: usize = values.split('\t').nth(at).unwrap().parse().unwrap();
        assert!(snps > 20, "{snps}");
    }
}
