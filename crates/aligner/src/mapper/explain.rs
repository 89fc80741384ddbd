//! Tells how one template is mapped, by running the stages again on it alone.

use std::fmt::{Display, Write};

use fafnir_io::{
    ReadPairBatch, Reads,
    bam::{RecordView, flag},
};

use super::{Aligner, Scratch, name_hash, source_of};
use crate::{
    alignment::{Alignment, contig_at},
    candidates::{Candidate, CandidateFinder},
    insert_size::{InsertSizeModel, Orientation},
    mapq::{self, Rivals},
    pairing::{best_pair, place_single},
    probe::Probes,
    seeding::SeedHits,
};

/// Places of a seed that are named.
const NAMED: usize = 8;

/// Lines of text, two spaces further in for each level.
struct Lines(String);

impl Lines {
    fn add(&mut self, level: usize, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{:1$}{line}", "", 2 * level);
    }
}

impl Aligner {
    /// How template number `index` of `batch` is mapped, as text: seeds and their places, candidates,
    /// alignments, pairing, mapping quality, and the records that [`Self::map`] makes of it.
    pub fn explain(
        &self,
        batch: &ReadPairBatch,
        index: usize,
        model: &InsertSizeModel,
        scratch: &mut Scratch,
    ) -> String {
        let one = alone(batch, index);
        let mut out = Lines(String::new());
        let name = String::from_utf8_lossy(one.first.name(0)).into_owned();
        out.add(0, format_args!("template {name}"));
        self.align(&one, true, scratch);
        let reads = scratch.reads.len();
        for read in 0..reads {
            let length = scratch.reads.length(read);
            out.add(0, format_args!("read {} of {length} bases", read + 1));
            self.explain_candidates(&one, read, scratch, &mut out);
            self.explain_alignments("alignments", read, scratch, &mut out);
        }
        if one.is_paired() {
            let before = [0, 1].map(|read| scratch.alignments.of(read).len());
            self.rescue(&one, model, scratch);
            for (read, before) in before.into_iter().enumerate() {
                if scratch.alignments.of(read).len() != before {
                    let what = format!("alignments of read {} after mate rescue", read + 1);
                    self.explain_alignments(&what, read, scratch, &mut out);
                }
            }
        }
        for read in 0..reads {
            self.explain_quality(read, scratch, &mut out);
        }
        if one.is_paired() {
            self.explain_pairing(model, scratch, &mut out);
        }
        out.add(0, "records");
        let records = self.map(&one, model, b"", scratch);
        for record in records.template(0) {
            out.add(1, self.spell(&record));
        }
        out.0
    }

    fn explain_candidates(
        &self,
        one: &ReadPairBatch,
        read: usize,
        scratch: &Scratch,
        out: &mut Lines,
    ) {
        let (reference, table) = (self.index.reference(), self.index.seeds());
        let reads = &scratch.reads;
        let mut probes = Probes::default();
        probes.find(reads, read..read + 1, !one.is_paired(), (reference, table));
        for place in probes.places().iter().flatten() {
            out.add(1, format_args!("probes agree on {}", self.candidate(place)));
        }
        let mut seeds = SeedHits::default();
        seeds.find(reads, &[read], table);
        out.add(1, format_args!("{} seeds", seeds.of(0).len()));
        let length = reads.length(read);
        for seed in seeds.of(0) {
            let mut line = format!("at {}: {} places", seed.position, seed.places.len());
            for place in table.places(seed.places).take(NAMED) {
                let lie = seed.lie(place, length);
                let at = lie.diagonal + i64::from(lie.start);
                line += &format!(" {}{}", self.place(at), strand(lie.reverse));
            }
            out.add(2, line);
        }
        let mut candidates = Vec::new();
        let (source, index) = source_of(one, read);
        let left_out = CandidateFinder::default().find(
            seeds.of(0),
            (length, name_hash(source.name(index))),
            (reference, table),
            self.options.max_seed_places,
            &mut candidates,
        );
        let note = if left_out {
            ", some places left out"
        } else {
            ""
        };
        out.add(1, format_args!("{} candidates{note}", candidates.len()));
        for candidate in &candidates {
            out.add(2, self.candidate(candidate));
        }
    }

    fn explain_alignments(&self, what: &str, read: usize, scratch: &Scratch, out: &mut Lines) {
        let alignments = scratch.alignments.of(read);
        out.add(1, format_args!("{} {what}", alignments.len()));
        for a in alignments {
            let rescued = if a.rescued { ", by its mate alone" } else { "" };
            let alternate = if a.alternate {
                ", on an ALT contig"
            } else {
                ""
            };
            let line = format!(
                "{}: score {}, {} disjoint seeds{rescued}{alternate}",
                self.alignment(a, read, scratch),
                a.score,
                a.disjoint
            );
            out.add(2, line);
        }
    }

    /// The mapping quality of a read by itself.
    fn explain_quality(&self, read: usize, scratch: &Scratch, out: &mut Lines) {
        let evidence = scratch.evidence(read);
        let Some(placed) = place_single(&evidence, &self.options) else {
            out.add(0, format_args!("read {} has no place by itself", read + 1));
            return;
        };
        let own = &evidence.alignments[placed.alignment];
        let rivals = |hidden| {
            let (all, length) = (evidence.alignments, evidence.length);
            Rivals::of(all, placed.alignment, length, hidden, &self.options)
        };
        let (seen, judged) = (rivals(false), rivals(evidence.hidden));
        out.add(
            0,
            format_args!(
                "read {} by itself: score {}, best rival seen {}, judged against {}, {} rivals close: \
                 MAPQ {}",
                read + 1,
                own.score,
                seen.best,
                judged.best,
                judged.close,
                placed.quality
            ),
        );
    }

    /// The arithmetic of the pair.
    fn explain_pairing(&self, model: &InsertSizeModel, scratch: &Scratch, out: &mut Lines) {
        for (orientation, sizes) in model.iter() {
            out.add(
                0,
                format_args!("insert size {} {sizes}", orientation.name()),
            );
        }
        let evidence = [0, 1].map(|read| scratch.evidence(read));
        let [Some(first), Some(second)] = [0, 1].map(|i| place_single(&evidence[i], &self.options))
        else {
            out.add(0, "no pair: a read has no place");
            return;
        };
        let score = |i: usize, number: usize| evidence[i].alignments[number].score;
        let (s1, s2) = (score(0, first.alignment), score(1, second.alignment));
        let unpaired = self.options.unpaired_penalty;
        let alone = s1 + s2 - unpaired;
        out.add(
            0,
            format_args!("unpaired: {s1} + {s2} - {unpaired} = {alone}"),
        );
        let Some(best) = best_pair([&evidence[0], &evidence[1]], model, &self.options) else {
            out.add(0, "no two places make a proper pair");
            return;
        };
        let [i, j] = best.alignments;
        let pair = [&evidence[0].alignments[i], &evidence[1].alignments[j]];
        let length = Orientation::of_pair(pair[0], pair[1]);
        let what = length.map_or_else(String::new, |(o, l)| format!("{} {l}", o.name()));
        let (s1, s2) = (pair[0].score, pair[1].score);
        let penalty = s1 + s2 - best.score;
        out.add(
            0,
            format_args!(
                "best pair, {what}: {s1} + {s2} - {penalty} = {}; next pair {}, {} close: MAPQ {}",
                best.score,
                best.rival,
                best.close,
                mapq::difference(best.score, best.rival.max(alone), best.close, &self.options)
            ),
        );
        let verdict = if best.score > alone {
            "paired"
        } else {
            "unpaired"
        };
        out.add(0, format_args!("placed {verdict}"));
    }

    fn place(&self, concatenated: i64) -> String {
        match contig_at(self.index.reference(), concatenated) {
            Some((id, start, _)) => {
                let name = &self.index.reference().contig(id).name;
                format!("{name}:{}", concatenated - start + 1)
            }
            None => "beyond a contig's end".into(),
        }
    }

    fn candidate(&self, candidate: &Candidate) -> String {
        let at = candidate.diagonal + i64::from(candidate.start);
        let spare = if candidate.spare { ", spare" } else { "" };
        format!(
            "{}{}: bases {} to {} of the oriented read, {} covered, {} disjoint seeds{spare}",
            self.place(at),
            strand(candidate.reverse),
            candidate.start,
            candidate.end,
            candidate.coverage,
            candidate.disjoint
        )
    }

    fn alignment(&self, a: &Alignment, read: usize, scratch: &Scratch) -> String {
        let contig = &self.index.reference().contig(a.contig).name;
        let mut out = format!("{contig}:{}{} ", a.start + 1, strand(a.reverse));
        let mut op = |length: u32, kind: char| {
            if length > 0 {
                out += &format!("{length}{kind}");
            }
        };
        op(a.query_start, 'S');
        for o in scratch.alignments.cigar(a) {
            op(o >> 4, char::from(b"MID"[(o & 15) as usize]));
        }
        op(scratch.reads.length(read) - a.query_end, 'S');
        out
    }

    fn spell(&self, record: &RecordView<'_>) -> String {
        if record.flag() & flag::UNMAPPED != 0 {
            return format!("flag {}, unmapped", record.flag());
        }
        let contig = &self.index.reference().contigs()[record.contig() as usize].name;
        let cigar = record.cigar();
        let cigar: String = cigar
            .map(|op| format!("{}{}", op.length, char::from(op.kind)))
            .collect();
        format!(
            "flag {}, {contig}:{}, MAPQ {}, {cigar}",
            record.flag(),
            record.position() + 1,
            record.mapping_quality()
        )
    }
}

fn strand(reverse: bool) -> char {
    if reverse { '-' } else { '+' }
}

/// A batch of this template.
fn alone(batch: &ReadPairBatch, index: usize) -> ReadPairBatch {
    let cut = |reads: &Reads| {
        let mut one = Reads::default();
        if index < reads.len() {
            one.push(
                reads.name(index),
                reads.bases(index),
                reads.qualities(index),
            );
        }
        one
    };
    ReadPairBatch {
        first: cut(&batch.first),
        second: cut(&batch.second),
        ..*batch
    }
}
