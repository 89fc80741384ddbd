//! A fragment's end becomes a FASTQ record.

use super::ReadOptions;
use super::quality::QualityModel;
use super::template::Template;
use crate::random::{Random, threshold};
use crate::reference::complement;

/// What follows a fragment that is shorter than the read: Illumina's published TruSeq sequences. After them the
/// machine sees no light, which two-colour chemistry calls G.
const ADAPTERS: [&[u8]; 2] = [
    b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCACATTACTCGATCTCGTATGCCGTCTTCTGCTTG",
    b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGTAGGCTATAGTGTAGATCTCGGTGGTCGCCGTATCATT",
];

pub(super) struct Sequencer<'a> {
    options: &'a ReadOptions,
    model: &'a QualityModel,
    /// Below it a random word means an N.
    unknown: u32,
    /// Chance of an inserted or deleted base in a read.
    indel: f64,
    template: Vec<u8>,
    qualities: Vec<u8>,
}

impl<'a> Sequencer<'a> {
    pub(super) fn new(options: &'a ReadOptions, model: &'a QualityModel) -> Self {
        Self {
            options,
            model,
            unknown: threshold(options.unknown),
            indel: (options.indel_errors * f64::from(options.length)).min(1.0),
            template: Vec::new(),
            qualities: Vec::new(),
        }
    }

    /// Appends the FASTQ record of the first (0) or second (1) read.
    pub(super) fn read(
        &mut self,
        random: &mut Random,
        template: &Template,
        name: &[u8],
        mate: usize,
        out: &mut Vec<u8>,
    ) {
        let length = self.options.length as usize;
        let reverse = template.place.as_ref().is_some_and(|place| place.reverse) != (mate == 1);
        let fragment = self.orient(&template.bases, reverse, mate);
        if random.chance(self.indel) {
            let at = random.below(length as u32) as usize;
            if random.chance(0.5) {
                self.template.remove(at);
            } else {
                let base = random.base();
                self.template.insert(at, base);
            }
        }
        out.push(b'@');
        out.extend_from_slice(name);
        out.extend_from_slice([b" 1:N:0:", b" 2:N:0:"][mate]);
        out.extend_from_slice(self.options.index.as_bytes());
        out.push(b'\n');
        self.qualities.clear();
        let mut read = self.model.start(random, mate);
        for cycle in 0..length {
            let mut quality = self
                .model
                .next(random, &mut read, mate, cycle, cycle >= fragment);
            let mut base = self.template[cycle];
            let word = random.word();
            if word < self.unknown {
                (base, quality) = (b'N', 2);
            } else if self.model.is_wrong(random, quality) {
                base = random.other_base(base);
            }
            out.push(base);
            self.qualities.push(quality + 33);
        }
        out.extend_from_slice(b"\n+\n");
        out.extend_from_slice(&self.qualities);
        out.push(b'\n');
    }

    /// Fills the template from the read's end of the fragment, adapter and G behind it; returns how much is fragment.
    fn orient(&mut self, bases: &[u8], reverse: bool, mate: usize) -> usize {
        // One base more than the read, should the machine skip one.
        let wanted = self.options.length as usize + 1;
        self.template.clear();
        if reverse {
            self.template.extend(
                bases
                    .iter()
                    .rev()
                    .take(wanted)
                    .map(|&base| complement(base)),
            );
        } else {
            self.template.extend(bases.iter().take(wanted));
        }
        let fragment = self.template.len();
        self.template
            .extend(ADAPTERS[mate].iter().take(wanted - fragment));
        self.template.resize(wanted, b'G');
        fragment
    }
}
