#![allow(clippy::unwrap_used)]

use md5::{Digest, Md5};
use proptest::prelude::*;

use super::*;
use crate::reference::ContigId;

fn message(text: &[u8]) -> String {
    read("ref.fa", text).unwrap_err().to_string()
}

#[test]
fn odd_but_valid() {
    let text = b">a one\r\nACgt\r\nNNRAC\r\n\r\n>b\tx\nT\n>c\nacgu";
    let reference = read("ref.fa", &text[..]).unwrap();
    let names: Vec<_> = reference
        .contigs()
        .iter()
        .map(|c| (&*c.name, c.length))
        .collect();
    assert_eq!(names, [("a", 9), ("b", 1), ("c", 4)]);
    let mut bases = Vec::new();
    reference.bases(ContigId(0), 0..100, &mut bases);
    assert_eq!(bases, [0, 1, 2, 3, 4, 4, 4, 0, 1]);
    assert_eq!(reference.contigs()[0].md5, *Md5::digest(b"ACGTNNRAC"));
    assert_eq!(reference.contigs()[2].md5, *Md5::digest(b"ACGU"));
    assert_eq!(reference.contigs()[1].offset, 32);
    assert_eq!(reference.unknown(), [4..7, 67..68]);
}

#[test]
fn errors_say_where() {
    assert_eq!(
        message(b">a\nAC\nAC-T\n"),
        "ref.fa: line 3: byte 8: '-' is no IUPAC nucleotide letter"
    );
    assert_eq!(
        message(b">a\nAC GT\n"),
        "ref.fa: line 2: byte 5: ' ' is no IUPAC nucleotide letter"
    );
    for (text, part) in [
        (&b""[..], "no sequence"),
        (b"\n\n", "no sequence"),
        (b"ACGT\n", "expected a header"),
        (b"@r\nACGT\n+\nIIII\n", "expected a header"),
        (b"> a\nAC\n", "no name"),
        (b">a\n>b\nA\n", "contig a has no sequence"),
        (b">a\nC\n>b\n", "contig b has no sequence"),
        (b">a\nC\n>a x\nC\n", "contig a occurs twice"),
        (b">a,b\nC\n", "SAM does not allow"),
        (b">a\nMKL\n", "'L'"),
    ] {
        let error = message(text);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn uneven_lines_are_read_but_not_indexed() {
    for (text, line) in [
        (&b">a\nACG\nACGT\n"[..], 3),
        (b">a\nACG\nAC\nA\n>b\nA\nAA\n", 4),
        (b">a\nA\n>b\nACG\n\nACG\n", 6),
        (b">a\n\nACG\n", 3),
        (b">a\nACG\nACG\r\n", 3),
        (b">a\nACG\r\nACG\nA\n", 4),
        (b">a\nACG\nAC \nA\n", 4),
    ] {
        assert!(read("x", text).is_ok());
        let error = read_with_index("x", text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(matches!(error.kind, FastaErrorKind::Uneven(_)));
    }
}

/// The same by the plainest means.
fn oracle(sequence: &[u8]) -> Vec<u8> {
    sequence
        .iter()
        .map(|b| {
            b"ACGT"
                .iter()
                .position(|x| x == &b.to_ascii_uppercase())
                .map_or(4, |i| i as u8)
        })
        .collect()
}

proptest! {
    #[test]
    fn any_width_and_piece(
        contigs in prop::collection::vec("[ACGTacgtNnRY]{1,200}|A{20000}N{70}C{33}", 1..5),
        width in 1..90usize,
        crlf in any::<bool>(),
        final_newline in any::<bool>(),
        span in (0..300u32, 0..300u32),
    ) {
        let mut text = String::new();
        let end = if crlf { "\r\n" } else { "\n" };
        for (i, contig) in contigs.iter().enumerate() {
            text += &format!(">c{i} description{end}");
            for line in contig.as_bytes().chunks(width) {
                text += std::str::from_utf8(line).unwrap();
                text += end;
            }
        }
        if !final_newline {
            text.truncate(text.trim_end().len());
        }
        let reference = read("x", Slow(text.as_bytes(), width * 7)).unwrap();
        for (i, contig) in contigs.iter().enumerate() {
            let codes = oracle(contig.as_bytes());
            let mut bases = vec![9];
            reference.bases(ContigId(i as u32), 0..u32::MAX, &mut bases);
            prop_assert_eq!(&bases[1..], &codes[..]);
            let md5: [u8; 16] = Md5::digest(contig.to_ascii_uppercase()).into();
            prop_assert_eq!(reference.contigs()[i].md5, md5);
            bases.clear();
            reference.bases(ContigId(i as u32), span.0..span.1, &mut bases);
            let to = codes.len().min(span.1 as usize);
            prop_assert_eq!(&bases[..], codes.get(span.0 as usize..to).unwrap_or_default());
        }
        let (_, fai) = read_with_index("x", Slow(text.as_bytes(), width * 7)).unwrap();
        for (entry, contig) in fai.entries.iter().zip(&contigs) {
            prop_assert_eq!(entry.length, contig.len() as u64);
            for (i, base) in contig.bytes().enumerate() {
                let (row, column) = (i as u64 / entry.line_bases, i as u64 % entry.line_bases);
                let at = entry.offset + row * entry.line_width + column;
                prop_assert_eq!(text.as_bytes()[at as usize], base);
            }
        }
        prop_assert_eq!(fai.entries.len(), contigs.len());
        prop_assert!(reference.unknown().windows(2).all(|r| r[0].end < r[1].start));
    }

    #[test]
    fn arbitrary_bytes_never_panic(text in "[>ACGTN\n\r ac\t-]{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("x", text.as_bytes());
        let _ = read("x", &bytes[..]);
    }
}

/// Hands out few bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(out.len()).min(self.0.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}
