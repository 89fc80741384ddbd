//! Bytes a second: decompression, compression, digests, encryption. Megabytes are uncompressed, of
//! 10^6 bytes.

use std::io;

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::AeadInPlace};
use anyhow::{Result, anyhow};
use fafnir_attest::Sha256Digest;
use fafnir_io::{bgzf::Compressor, decode::Decoder};

use crate::{
    measure::Clock,
    report::Row,
    workload::{Sample, flow::Flow},
};

/// The fastest level, and that of BAM files by default.
pub(crate) const LEVELS: [u8; 2] = [1, 6];

/// FASTQ as sequencers' software and as bgzip write it.
pub(crate) fn inflate(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    let text = &sample.fastq[0];
    let bgzf = Compressor::new(6)?.compress_bytes(text).bytes;
    [("gzip", &sample.gzip), ("bgzf", &bgzf)]
        .into_iter()
        .map(|(format, compressed)| {
            let seconds = clock.fastest(|| {
                Ok(io::copy(
                    &mut Decoder::new(compressed.as_slice()),
                    &mut io::sink(),
                )?)
            })?;
            Ok(Row::new(format, seconds).rate(text.len() as f64 / 1e6, "MB/s"))
        })
        .collect()
}

pub(crate) fn deflate(clock: Clock, flow: &Flow) -> Result<Vec<Row>> {
    let (bytes, starts) = flow.tile();
    LEVELS
        .into_iter()
        .map(|level| {
            let mut compressor = Compressor::new(level)?;
            let size = compressor.compress_records(bytes, starts).bytes.len();
            let seconds = clock.fastest(|| Ok(compressor.compress_records(bytes, starts)))?;
            Ok(Row::new(format!("level {level}"), seconds)
                .rate(bytes.len() as f64 / 1e6, "MB/s")
                .figure(100.0 * size as f64 / bytes.len() as f64, "% of the size"))
        })
        .collect()
}

pub(crate) fn sha256(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    let text = &sample.fastq[0];
    let seconds = clock.fastest(|| Ok(Sha256Digest::of(text)))?;
    Ok(vec![
        Row::new("", seconds).rate(text.len() as f64 / 1e6, "MB/s"),
    ])
}

/// As spilled reads are sealed: in place, in segments with a nonce each.
pub(crate) fn aes_gcm(clock: Clock, sample: &Sample) -> Result<Vec<Row>> {
    const SEGMENT: usize = 64 << 10;
    /// As much as a spilled tile has, at most.
    const SEGMENTS: usize = 64;

    let cipher = Aes256Gcm::new(&[7; 32].into());
    let nonce = |number: usize| {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&(number as u64).to_le_bytes());
        Nonce::from(nonce)
    };
    let text = &sample.fastq[0];
    let mut buffer = text[..text.len().min(SEGMENTS * SEGMENT)].to_vec();
    let seal = |buffer: &mut [u8]| {
        let segments = buffer.chunks_mut(SEGMENT).enumerate();
        let sealed = segments.map(|(number, segment)| {
            cipher.encrypt_in_place_detached(&nonce(number), b"", segment)
        });
        sealed
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| anyhow!("AES-GCM does not seal"))
    };
    let sealing = clock.fastest(|| seal(&mut buffer))?;
    let tags = seal(&mut buffer)?;
    let opening = clock.fastest_of(
        || Ok(buffer.clone()),
        |mut buffer| {
            let segments = buffer.chunks_mut(SEGMENT).zip(&tags).enumerate();
            for (number, (segment, tag)) in segments {
                cipher
                    .decrypt_in_place_detached(&nonce(number), b"", segment, tag)
                    .map_err(|_| anyhow!("AES-GCM does not open what it sealed"))?;
            }
            Ok(buffer)
        },
    )?;
    let row = |on, seconds| Row::new(on, seconds).rate(buffer.len() as f64 / 1e6, "MB/s");
    Ok(vec![row("seal", sealing), row("open", opening)])
}
