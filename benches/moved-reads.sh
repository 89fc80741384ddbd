#!/usr/bin/env bash
# Maps the same simulated reads with two commits and lists every read that moved.
#
#   benches/moved-reads.sh BASELINE [COMMIT]     COMMIT is HEAD by default
#
# A read has moved if its primary record's contig, position, strand, CIGAR or MAPQ differs. The last
# lines count them, and how many reads of each commit lie within 20 bases of where they came from.
# Needs samtools. Takes two release builds; PAIRS, SEED, LENGTH and GENOME_SIZE change the reads.
set -euo pipefail
cd "$(dirname "$0")/.."

baseline=${1:?usage: benches/moved-reads.sh BASELINE [COMMIT]}
commit=${2:-HEAD}
work=target/moved-reads
mkdir -p "$work"

build() {
  local commit tree
  commit=$(git rev-parse --verify "$1^{commit}")
  tree=$work/tree-$commit
  program=$work/fafnir-$commit
  [[ -x $program ]] && return
  git worktree add --quiet --force --detach "$tree" "$commit"
  CARGO_TARGET_DIR=$work/build cargo build --quiet --release --bin fafnir --manifest-path "$tree/Cargo.toml"
  mv "$work/build/release/fafnir" "$program"
  git worktree remove --force "$tree"
}

place() {
  "$1" index --quiet --force -o "$work/index.fafnir" "$work/reference.fa" >/dev/null
  "$1" align --quiet --unsorted --compression-level 0 -o - --RGSM sample -r "$work/index.fafnir" \
    -1 "$work"/reads_R1.fastq.gz -2 "$work"/reads_R2.fastq.gz |
    samtools view -F 0x900 - | cut -f 1-6 |
    awk -v OFS='\t' '
      function has(flag, bit) { return int(flag / bit) % 2 }
      { print $1 "/" (has($2, 128) ? 2 : 1), has($2, 16) ? "-" : "+", $3, $4, $6, $5 }'
}

build "$baseline"; old=$program
build "$commit"; new=$program
"$new" simulate --quiet --output-directory "$work" --seed "${SEED:-1}" \
  --genome-size "${GENOME_SIZE:-20000000}" --pairs "${PAIRS:-500000}" --read-length "${LENGTH:-150}" >/dev/null
mv "$work/ref.fa" "$work/reference.fa"
place "$old" >"$work/old.tsv"
place "$new" >"$work/new.tsv"

# Records come in the order of the reads, so both lists have the same reads in the same order.
paste "$work/old.tsv" "$work/new.tsv" |
  awk -F'\t' -v OFS='\t' '
    $1 != $7 { print "not the same read: " $1 " and " $7 > "/dev/stderr"; exit 1 }
    $2 FS $3 FS $4 FS $5 FS $6 != $8 FS $9 FS $10 FS $11 FS $12 {
      print $1, $3 ":" $4 $2 " " $5 " MAPQ " $6, "->", $9 ":" $10 $8 " " $11 " MAPQ " $12
    }' >"$work/moved.tsv"
cat "$work/moved.tsv"

right() {
  gzip -dc "$work/positions.tsv.gz" | awk -F'\t' '
    FNR == NR { place[$1 "/1"] = $2 FS $3; place[$1 "/2"] = $2 FS $5; next }
    { split(place[$1], true, FS); d = $4 - true[2]; if ($3 == true[1] && d * d <= 400) n++ }
    END { print n + 0 }' - "$1"
}
printf '%s of %s reads moved; in place: %s with %s, %s with %s\n' \
  "$(wc -l <"$work/moved.tsv")" "$(wc -l <"$work/new.tsv")" \
  "$(right "$work/old.tsv")" "$baseline" "$(right "$work/new.tsv")" "$commit"
