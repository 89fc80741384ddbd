//! Alignments beside what bwa mem makes of the same reads.

mod alt_contigs;
mod explain;
mod libraries;
mod split_reads;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::support::{fafnir, folder, run, succeed, tool};

/// One line of SAM.
#[derive(Clone, Debug)]
struct Line {
    flag: u16,
    contig: String,
    position: u32,
    quality: u8,
    cigar: String,
    mate: (String, u32),
    template_length: i32,
    bases: String,
    tags: HashMap<String, String>,
}

/// The lines of each read of each template.
type Lines = BTreeMap<(String, u16), Vec<Line>>;

const SECONDARY: u16 = 0x100;
const SUPPLEMENTARY: u16 = 0x800;

impl Line {
    fn parse(text: &str) -> ((String, u16), Self) {
        let fields: Vec<&str> = text.split('\t').collect();
        let flag = fields[1].parse().unwrap();
        let tags = fields[11..].iter().map(|t| (t[..2].into(), t[5..].into()));
        let line = Self {
            flag,
            contig: fields[2].into(),
            position: fields[3].parse().unwrap(),
            quality: fields[4].parse().unwrap(),
            cigar: fields[5].into(),
            mate: (fields[6].into(), fields[7].parse().unwrap()),
            template_length: fields[8].parse().unwrap(),
            bases: fields[9].into(),
            tags: tags.collect(),
        };
        ((fields[0].into(), flag & 0xc0), line)
    }

    fn is(&self, bits: u16) -> bool {
        self.flag & bits != 0
    }

    fn is_primary(&self) -> bool {
        !self.is(SECONDARY | SUPPLEMENTARY)
    }

    fn strand(&self) -> char {
        if self.is(0x10) { '-' } else { '+' }
    }

    /// Place and bases, however they are clipped.
    fn part(&self) -> String {
        let cigar = self.cigar.replace('H', "S");
        let strand = self.strand();
        format!("{},{},{strand},{cigar}", self.contig, self.position)
    }

    /// The entry that the read's other lines have for this one.
    fn entry(&self) -> String {
        format!("{},{},{}", self.part(), self.quality, self.tags["NM"])
    }

    /// What is named in SA or XA.
    fn named(&self, tag: &str) -> BTreeSet<String> {
        let text = self.tags.get(tag).map_or("", String::as_str);
        text.split_terminator(';').map(str::to_owned).collect()
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (self.0 >> 33) as usize
    }

    fn sequence(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| b"ACGT"[self.next() % 4]).collect()
    }

    /// The sequence with one base in `every` replaced.
    fn differ(&mut self, sequence: &[u8], every: usize) -> Vec<u8> {
        let mut out = sequence.to_vec();
        for base in &mut out {
            if self.next().is_multiple_of(every) {
                *base = b"ACGT"[(b"ACGT".iter().position(|b| b == base).unwrap() + 1) % 4];
            }
        }
        out
    }
}

fn reverse_complement(sequence: &[u8]) -> Vec<u8> {
    let complement = |b: &u8| match b {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        _ => b'A',
    };
    sequence.iter().rev().map(complement).collect()
}

/// A genome with families of repeats, indexed by both programs, and reads of it.
struct Fixture {
    folder: TempDir,
    /// The first 300,000 bases have no repeat.
    sequence: Vec<u8>,
    /// Copies of three families: 3 and 9 a little different, 2 alike.
    families: [Vec<usize>; 3],
    /// Done once bwa has its index.
    indexed: OnceLock<()>,
}

const UNIQUE: usize = 300_000;
const REPEAT: usize = 600;

impl Fixture {
    fn new() -> Self {
        let mut random = Random(11);
        let mut sequence = random.sequence(UNIQUE);
        let families = [(3, 400), (9, 400), (2, usize::MAX)].map(|(copies, every)| {
            let family = random.sequence(REPEAT);
            let place = |_| {
                let start = sequence.len();
                sequence.extend(random.differ(&family, every));
                sequence.extend(random.sequence(2000));
                start
            };
            (0..copies).map(place).collect()
        });
        let folder = folder();
        write_reference(folder.path(), &[("chr1", &sequence)]);
        run([
            Path::new("index"),
            &folder.path().join("ref.fa"),
            Path::new("--quiet"),
        ]);
        Self {
            folder,
            sequence,
            families,
            indexed: OnceLock::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_reads(&self, name: &str, reads: &[(String, Vec<u8>, Vec<u8>)]) -> [PathBuf; 2] {
        [1, 2].map(|end| {
            let path = self.path(&format!("{name}_{end}.fq"));
            let mut text = Vec::new();
            for (name, first, second) in reads {
                let bases = if end == 1 { first } else { second };
                text.extend(format!("@{name}\n").bytes());
                text.extend(bases);
                text.extend(b"\n+\n");
                text.extend(vec![b'I'; bases.len()]);
                text.push(b'\n');
            }
            fs::write(&path, text).unwrap();
            path
        })
    }

    /// `fafnir align` of these files.
    fn command(&self, reads: &[PathBuf]) -> Command {
        let mut command = fafnir();
        command.args(["align", "--RGSM", "s", "--ref"]);
        command.arg(self.path("ref.fafnir"));
        for (option, path) in ["-1", "-2"].iter().zip(reads) {
            command.arg(option).arg(path);
        }
        command
    }

    fn align(&self, reads: &[PathBuf], options: &[&str]) -> PathBuf {
        let stem = reads[0].file_stem().unwrap().to_string_lossy();
        let bam = self.path(&format!("{stem}{}.bam", options.concat()));
        let mut command = self.command(reads);
        command.args(["--quiet", "--force", "--unsorted", "-o"]);
        command.arg(&bam).args(options);
        succeed(command);
        bam
    }

    /// Our lines and bwa's.
    fn both(&self, reads: &[PathBuf], ours: &[&str], theirs: &[&str]) -> Option<[Lines; 2]> {
        let (mut view, mut bwa) = (tool("samtools")?, tool("bwa")?);
        self.indexed.get_or_init(|| {
            let mut index = Command::new("bwa");
            index.arg("index").arg(self.path("ref.fa"));
            succeed(index);
        });
        view.arg("view").arg(self.align(reads, ours));
        bwa.arg("mem")
            .args(theirs)
            .arg(self.path("ref.fa"))
            .args(reads);
        Some([view, bwa].map(|command| {
            let mut lines = Lines::new();
            let text = String::from_utf8(succeed(command)).unwrap();
            for line in text.lines().filter(|l| !l.starts_with('@')) {
                let (read, line) = Line::parse(line);
                lines.entry(read).or_default().push(line);
            }
            lines
        }))
    }
}

/// Writes `ref.fa`.
fn write_reference(folder: &Path, contigs: &[(&str, &[u8])]) {
    let mut text = Vec::new();
    for (name, sequence) in contigs {
        text.extend(format!(">{name}\n").bytes());
        text.extend(*sequence);
        text.push(b'\n');
    }
    fs::write(folder.join("ref.fa"), text).unwrap();
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(Fixture::new)
}
