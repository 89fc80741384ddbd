//! Names of known variants (`--dbsnp`), read in the order of the tiles.

use std::{io::Read, ops::RangeInclusive, path::Path};

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    ContigId, Reference,
    tile::{TILE_SIZE, Tile},
    vcf::{FieldLine, Record, SiteReader, VcfReadError, trim},
};

use crate::error::{Class, Error};

/// What a record has beside its ID where it is known.
pub(super) const FLAG: FieldLine = FieldLine {
    id: "DB",
    number: "0",
    kind: "Flag",
    description: "An allele is in the file of known variants",
};

/// Bases that sites are at hand for before a tile and behind it: a record's alleles begin within its
/// longest reference allele.
const REACH: u32 = 1_024;
/// How far before an allele the site may begin that names it, in common bases.
const LONGEST_START: u32 = 64;

/// A VCF file of known variants, which lie in the order of the reference.
pub(super) struct KnownVariants<R> {
    reader: SiteReader<R>,
    /// Those of the last tile that may matter to the next one.
    kept: KnownSites,
    /// The site that was read last and not used yet; `None` at the end.
    ahead: Option<(ContigId, u32)>,
    /// Its ID, REF and ALT.
    columns: Vec<u8>,
}

/// Known variants of a part of a contig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownSites {
    contig: ContigId,
    /// 0-based, ascending.
    positions: Vec<u32>,
    /// Where the columns ID, REF and ALT of each start in `text`.
    starts: Vec<usize>,
    text: Vec<u8>,
}

impl KnownVariants<Pending> {
    /// Opens a file of variants on `reference`.
    pub(super) fn open(path: &Path, reference: &Reference) -> Result<Self, Error> {
        let input = Pending::open(path, None)?.with_role("known variants");
        Self::new(&path.display().to_string(), input, reference).map_err(bad_file)
    }

    /// Reads the rest of the file and proves what was read.
    pub(super) fn finish(mut self) -> Result<InputProof, Error> {
        // A file of other contigs alone is only known at its end.
        while self.ahead.is_some() {
            self.advance().map_err(bad_file)?;
        }
        Ok(self.reader.into_inner().finish()?)
    }
}

impl<R: Read> KnownVariants<R> {
    fn new(name: &str, input: R, reference: &Reference) -> Result<Self, VcfReadError> {
        let mut variants = Self {
            reader: SiteReader::new(name, input, reference, true)?,
            kept: KnownSites::new(ContigId(0)),
            ahead: None,
            columns: Vec::new(),
        };
        variants.advance()?;
        Ok(variants)
    }

    /// The variants in and near a tile; tiles must be asked for in genome order.
    pub(super) fn near(&mut self, tile: Tile) -> Result<KnownSites, Error> {
        let first = (tile.contig, tile.start().saturating_sub(REACH));
        let end = (tile.contig, tile.start().saturating_add(TILE_SIZE + REACH));
        let mut sites = KnownSites::new(tile.contig);
        if self.kept.contig == tile.contig {
            std::mem::swap(&mut sites, &mut self.kept);
        }
        while let Some(place) = self.ahead.filter(|place| *place < end) {
            if place >= first {
                sites.push(place.1, &self.columns);
            }
            self.advance().map_err(bad_file)?;
        }
        self.kept = sites.from(tile.start() + TILE_SIZE - REACH);
        Ok(sites)
    }

    fn advance(&mut self) -> Result<(), VcfReadError> {
        self.ahead = None;
        if let Some(site) = self.reader.next_site()? {
            self.ahead = Some((site.contig, site.position));
            self.columns.clear();
            for column in [site.id, b"\t", site.reference, b"\t", site.alternates] {
                self.columns.extend_from_slice(column);
            }
        }
        Ok(())
    }
}

impl KnownSites {
    fn new(contig: ContigId) -> Self {
        Self {
            contig,
            positions: Vec::new(),
            starts: Vec::new(),
            text: Vec::new(),
        }
    }

    fn push(&mut self, position: u32, columns: &[u8]) {
        self.positions.push(position);
        self.starts.push(self.text.len());
        self.text.extend_from_slice(columns);
    }

    /// Those from `position` on.
    fn from(&self, position: u32) -> Self {
        let from = self.positions.partition_point(|p| *p < position);
        let text = self.starts.get(from).copied().unwrap_or(self.text.len());
        Self {
            contig: self.contig,
            positions: self.positions[from..].to_vec(),
            starts: self.starts[from..].iter().map(|s| s - text).collect(),
            text: self.text[text..].to_vec(),
        }
    }

    /// Columns ID, REF and ALT of the sites that begin in `span`, with their positions.
    fn within(&self, span: RangeInclusive<u32>) -> impl Iterator<Item = (u32, [&[u8]; 3])> {
        let from = self.positions.partition_point(|p| p < span.start());
        let to = self.positions.partition_point(|p| p <= span.end());
        (from..to).map(|i| {
            let end = self.starts.get(i + 1).copied().unwrap_or(self.text.len());
            let mut columns = self.text[self.starts[i]..end].split(|b| *b == b'\t');
            let columns = [(); 3].map(|()| columns.next().unwrap_or_default());
            (self.positions[i], columns)
        })
    }

    /// Names the record after the known variants that have one of its alleles.
    pub(super) fn name(&self, record: &mut Record) {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut known = false;
        for allele in &record.alternates {
            if matches!(allele.first(), None | Some(b'*' | b'<')) {
                continue;
            }
            let ours = trim(record.position, &record.reference, allele);
            let near = record.position.saturating_sub(LONGEST_START)..=ours.0;
            for (position, [id, reference, alternates]) in self.within(near) {
                let same = |theirs: &[u8]| {
                    let (at, reference, allele) = trim(position, reference, theirs);
                    at == ours.0
                        && reference.eq_ignore_ascii_case(ours.1)
                        && allele.eq_ignore_ascii_case(ours.2)
                };
                if !alternates.split(|b| *b == b',').any(same) {
                    continue;
                }
                known = true;
                for name in id.split(|b| *b == b';') {
                    if !matches!(name, b"" | b".") && !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        if known {
            record.id = String::from_utf8_lossy(&names.join(&b';')).into_owned();
            record.info.push((FLAG.id, String::new()));
        }
    }
}

fn bad_file(error: VcfReadError) -> Error {
    Error::from_source(Class::Input, error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use fafnir_io::fasta;

    use super::*;

    const T: u32 = TILE_SIZE;

    fn reference() -> Reference {
        let text = format!(
            ">chr1\n{}\n>chr2\n{}\n",
            "A".repeat(3 * T as usize),
            "C".repeat(500)
        );
        fasta::read("ref.fa", text.as_bytes()).unwrap()
    }

    fn variants(records: &str) -> KnownVariants<std::io::Cursor<String>> {
        let text = format!("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\n{records}");
        KnownVariants::new("known.vcf", std::io::Cursor::new(text), &reference()).unwrap()
    }

    fn record(position: u32, reference: &str, alternates: &[&str]) -> Record {
        Record {
            contig: ContigId(0),
            position,
            id: String::new(),
            reference: reference.into(),
            alternates: alternates.iter().map(|a| a.as_bytes().to_vec()).collect(),
            quality: 50.0,
            filters: Vec::new(),
            info: Vec::new(),
            format: Vec::new(),
        }
    }

    #[test]
    fn tiles_see_all_that_lies_near_them() {
        let places = [
            (0, 5),
            (0, T - REACH - 1),
            (0, T - REACH),
            (0, T - 1),
            (0, T),
            (0, T + 7),
            (1, 9),
        ];
        let lines = |contig: u32| {
            let of = places.iter().filter(move |(c, _)| *c == contig);
            of.map(|(c, p)| format!("chr{}\t{}\trs{p}\tA\tC\t.\n", c + 1, p + 1))
        };
        let mut variants = variants(&lines(0).chain(lines(1)).collect::<String>());
        let tile = |contig, index| Tile {
            contig: ContigId(contig),
            index,
        };
        let positions = |sites: KnownSites| sites.positions;
        let first = [5, T - REACH - 1, T - REACH, T - 1, T, T + 7];
        assert_eq!(positions(variants.near(tile(0, 0)).unwrap()), first);
        assert_eq!(positions(variants.near(tile(0, 1)).unwrap()), first[2..]);
        let none = variants.near(tile(0, 2)).unwrap();
        assert!(none.positions.is_empty());
        let last = variants.near(tile(1, 0)).unwrap();
        assert_eq!(last.within(9..=9).next().unwrap().1[0], b"rs9");
    }

    #[test]
    fn alleles_are_named_however_they_are_spelled() {
        let mut variants = variants(
            "chr1\t10\trs1\tA\tC,T\t.\nchr1\t10\trs2;rs3\tAAA\tCAA\t.\nchr1\t10\trs4\tAA\tA\t.\n\
             chr1\t12\trs5\tA\tG\t.\nchr1\t20\t.\tA\tG\t.\nchr1\t30\trs6\tA\t<DEL>\t.\n",
        );
        let sites = variants
            .near(Tile {
                contig: ContigId(0),
                index: 0,
            })
            .unwrap();
        for (reference, alternates, name, known) in [
            ("A", &["C"][..], "rs1;rs2;rs3", true),
            ("A", &["T"], "rs1", true),
            ("A", &["G"], "", false),
            ("AAA", &["AA"], "rs4", true),
            ("AAAA", &["AAGA", "AAA"], "rs5;rs4", true),
            ("A", &["*"], "", false),
        ] {
            let mut record = record(9, reference, alternates);
            sites.name(&mut record);
            assert_eq!(
                (record.id.as_str(), !record.info.is_empty()),
                (name, known),
                "{alternates:?}"
            );
        }
        // Known, but without a name.
        let mut nameless = record(19, "A", &["G"]);
        sites.name(&mut nameless);
        assert_eq!((nameless.id.as_str(), nameless.info.len()), ("", 1));
    }
}
