//! The sex chromosomes of a sample: estimated from its reads, or named.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use fafnir::simulate::{Simulation, SimulationOptions, Written, genome::GenomeOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Sample, folder, gunzip, stderr, succeed, tool};

const VCF: &str = "s.hard-filtered.vcf.gz";
const METRICS: &str = "s.ploidy_estimation_metrics.csv";

/// Samples of a genome of an autosome, X and Y.
struct Family {
    folder: TempDir,
    male: Sample,
    female: Sample,
}

/// The reads of chromosomes of which everybody has two, cut down to what this sample has.
fn reads(written: &Written, to: &Path, has: impl Fn(&str, &str) -> bool) -> [PathBuf; 2] {
    let table = String::from_utf8(gunzip(written.positions.as_ref().unwrap())).unwrap();
    let places: HashMap<&str, (&str, &str)> = table
        .lines()
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            (columns[0], (columns[1], columns[6]))
        })
        .collect();
    fs::create_dir(to).unwrap();
    [&written.r1, written.r2.as_ref().unwrap()].map(|path| {
        let text = String::from_utf8(gunzip(path)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let of_sample = lines.chunks(4).filter(|record| {
            let name = record[0].split(' ').next().unwrap();
            let (contig, haplotype) = places[name.trim_start_matches('@')];
            has(contig, haplotype)
        });
        let of_sample: Vec<String> = of_sample.map(|r| r.join("\n") + "\n").collect();
        let path = to.join(path.file_stem().unwrap());
        fs::write(&path, of_sample.concat()).unwrap();
        path
    })
}

fn family() -> &'static Family {
    static FAMILY: OnceLock<Family> = OnceLock::new();
    FAMILY.get_or_init(|| {
        let mut genome = GenomeOptions::of_size(240_000, 3);
        for (contig, name) in genome.contigs.iter_mut().zip(["chr1", "chrX", "chrY"]) {
            contig.0 = name.to_owned();
        }
        let mut options = SimulationOptions {
            seed: 11,
            genome,
            ..SimulationOptions::default()
        };
        options.reads.depth = 24.0;
        options.variants.snv_rate = 0.002;
        let folder = folder();
        let written = Simulation::new(options).write_to(folder.path()).unwrap();
        let sample = |name: &str, has: &dyn Fn(&str, &str) -> bool| {
            let [r1, r2] = reads(&written, &folder.path().join(name), has);
            Sample::new(written.reference.clone(), r1, r2, name)
        };
        let male = sample("male", &|contig, haplotype| {
            contig == "chr1" || haplotype == "0"
        });
        let female = sample("female", &|contig, _| contig != "chrY");
        // What X and Y have in common.
        fs::write(
            folder.path().join("par.bed"),
            "chrX\t0\t5000\nchrY\t0\t5000\n",
        )
        .unwrap();
        Family {
            folder,
            male,
            female,
        }
    })
}

impl Family {
    fn par(&self) -> String {
        self.folder.path().join("par.bed").display().to_string()
    }
}

/// Runs with more arguments; gives the folder, and what was said.
fn ran(sample: &Sample, more: &[&str]) -> (TempDir, String) {
    let out = folder();
    let output = sample
        .command("run", out.path())
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    (out, stderr(&output))
}

/// Genotypes of the calls on a contig.
fn genotypes(folder: &Path, contig: &str) -> Vec<String> {
    let text = String::from_utf8(gunzip(&folder.join(VCF))).unwrap();
    let records = text.lines().filter(|line| !line.starts_with('#'));
    records
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|record| record[0] == contig && record[1].parse::<u32>().unwrap() > 5_000)
        .map(|record| record[9].split(':').next().unwrap().to_owned())
        .collect()
}

fn copies(folder: &Path) -> Value {
    let replay = fs::read(folder.join("s-replay.json")).unwrap();
    let replay: Value = serde_json::from_slice(&replay).unwrap();
    replay["effective"]["copies"].clone()
}

#[test]
fn a_male_has_one_x_and_one_y() {
    let par = &family().par();
    let (out, said) = ran(&family().male, &["--par-bed", par]);
    let told = copies(out.path());
    assert_eq!(
        (&told["sampleSex"], &told["karyotype"]),
        (&"auto".into(), &"XY".into())
    );
    for contig in ["chrX", "chrY"] {
        let found = genotypes(out.path(), contig);
        assert!(
            found.len() > 20 && found.iter().all(|g| g == "1"),
            "{contig} {found:?}"
        );
    }
    assert!(
        genotypes(out.path(), "chr1")
            .iter()
            .all(|g| g.contains(['/', '|']))
    );
    let metrics = fs::read_to_string(out.path().join(METRICS)).unwrap();
    let lines: Vec<&str> = metrics.lines().collect();
    assert!(
        lines[0].starts_with("PLOIDY ESTIMATION,,Autosomal median coverage,2"),
        "{said}"
    );
    assert_eq!(
        lines[3],
        "PLOIDY ESTIMATION,,1 median / Autosomal median,1.00"
    );
    assert_eq!(lines[6], "PLOIDY ESTIMATION,,Ploidy estimation,XY");
    let model = fs::read_to_string(out.path().join("s.model.json")).unwrap();
    assert!(model.contains("\"karyotype\": \"XY\""));

    // Its BAM tells the same, whatever is called of it, and so does its model without asking reads.
    let bam = out.path().join("s.bam");
    let call = |more: &[&str]| {
        let again = folder();
        let mut command = family().male.command("call", again.path());
        succeed({
            command
                .arg("-b")
                .arg(&bam)
                .args(["--par-bed", par])
                .args(more);
            command
        });
        again
    };
    let file = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
    let again = call(&[]);
    for name in [VCF, METRICS] {
        assert!(file(out.path(), name) == file(again.path(), name), "{name}");
    }
    let part = call(&["-L", "chrX"]);
    assert_eq!(
        genotypes(part.path(), "chrX"),
        genotypes(out.path(), "chrX")
    );
    let model = out.path().join("s.model.json");
    let given = call(&["--model", model.to_str().unwrap()]);
    assert!(file(out.path(), VCF) == file(given.path(), VCF));
    assert!(!given.path().join(METRICS).exists());
    for more in [["--sample-sex", "none"], ["--model", "default"]] {
        let found = genotypes(call(&more).path(), "chrX");
        assert!(
            !found.is_empty() && found.iter().all(|g| g.contains(['/', '|'])),
            "{more:?}"
        );
    }
}

#[test]
fn a_female_has_no_y() {
    let (out, _) = ran(&family().female, &[]);
    assert_eq!(copies(out.path())["karyotype"], "XX");
    assert!(
        genotypes(out.path(), "chrX")
            .iter()
            .any(|g| g == "0/1" || g == "0|1")
    );
    assert_eq!(genotypes(out.path(), "chrY"), [""; 0]);
}

#[test]
fn what_is_odd_is_said() {
    // Nobody knows what X and Y of this genome have in common.
    let (out, said) = ran(&family().male, &[]);
    assert!(said.contains("--par-bed"), "{said}");
    assert_eq!(copies(out.path())["karyotype"], Value::Null);
    assert!(
        genotypes(out.path(), "chrX")
            .iter()
            .all(|g| g.contains(['/', '|']))
    );
    // A sample that is not whose it is said to be.
    let (out, said) = ran(&family().male, &["--sample-sex", "female"]);
    assert!(
        said.contains("is that of XY, --sample-sex says XX"),
        "{said}"
    );
    assert_eq!(genotypes(out.path(), "chrY"), [""; 0]);
    // Too few reads to tell anything.
    let few = ["r1", "r2"].map(|name| family().folder.path().join(format!("few_{name}.fastq")));
    for (path, all) in few.iter().zip([&family().male.r1, &family().male.r2]) {
        let text = fs::read_to_string(all).unwrap();
        let lines: Vec<&str> = text.lines().take(4 * 300).collect();
        fs::write(path, lines.join("\n") + "\n").unwrap();
    }
    let out = folder();
    let [r1, r2] = few.each_ref().map(|path| path.to_str().unwrap());
    let mut command = family()
        .male
        .command_on("run", &["-1", r1, "-2", r2], out.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("--sample-sex"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn multiqc_shows_the_sex() {
    let Some(mut multiqc) = tool("multiqc") else {
        return;
    };
    let (results, _) = ran(&family().female, &[]);
    let out = folder();
    multiqc.args(["--module", "dragen", "--no-ansi", "-o"]);
    succeed({
        multiqc.arg(out.path()).arg(results.path());
        multiqc
    });
    let stats = out.path().join("multiqc_data/multiqc_general_stats.txt");
    let table = fs::read_to_string(stats).unwrap();
    let mut rows = table.lines().map(|line| line.split('\t'));
    let column = rows
        .next()
        .unwrap()
        .position(|name| name.ends_with("Ploidy_estimation"));
    let value = rows.next().unwrap().nth(column.unwrap());
    assert_eq!(value, Some("XX"), "{table}");
}
