// The PairHMM in f32, contract version 0: the definition stands in fafnir-fpga-hal, `pairhmm`.
//
// OpenCL C 1.2, one pair to a work item. No fused multiply-add, no division (OpenCL's is not
// correctly rounded), sums in the order written.
//
// `batch` is the payload of a pairhmm frame: words [read bases, haplotype bases], then by pair
// [read start], [read length], [haplotype start], [haplotype length], [row 0 of D], then by read base
// seven probabilities, then the reads' bases, padded to a word, and the haplotypes' bases.
// `cells` holds three floats (M, I, I + D) a column; a pair's first column is in `starts`.

#pragma OPENCL FP_CONTRACT OFF

#define N 4
#define INITIAL 0x1.0p120f
#define LEAST_MATCH 0x1.0p-100f

__kernel void pairhmm(__global const uchar *batch,
                      const uint count,
                      __global const ulong *starts,
                      __global float *cells,
                      __global float *sums)
{
    const size_t pair = get_global_id(0);
    if (pair >= count)
        return;
    __global const uint *words = (__global const uint *)batch;
    const size_t bases = words[0];
    __global const uint *fields = words + 2;
    const size_t read_start = fields[pair];
    const uint read_length = fields[(size_t)count + pair];
    const size_t haplotype_start = fields[(size_t)count * 2 + pair];
    const uint haplotype_length = fields[(size_t)count * 3 + pair];
    const float start = as_float(fields[(size_t)count * 4 + pair]);
    __global const float *agree = (__global const float *)(fields + (size_t)count * 5) + read_start;
    __global const float *differ = agree + bases;
    __global const float *match_to_match = differ + bases;
    __global const float *gap_to_match = match_to_match + bases;
    __global const float *match_to_insertion = gap_to_match + bases;
    __global const float *match_to_deletion = match_to_insertion + bases;
    __global const float *gap_to_gap = match_to_deletion + bases;
    __global const uchar *reads = batch + 4 * (2 + (size_t)count * 5 + bases * 7);
    __global const uchar *read = reads + read_start;
    __global const uchar *haplotype = reads + ((bases + 3) & ~(size_t)3) + haplotype_start;

    if (read_length == 0) {
        sums[pair] = INITIAL;
        return;
    }
    __global float *row = cells + 3 * starts[pair];
    for (size_t j = 0; j < haplotype_length; j++) {
        row[3 * j] = 0.0f;
        row[3 * j + 1] = 0.0f;
        row[3 * j + 2] = start;
    }
    for (uint i = 0; i < read_length; i++) {
        const int read_base = read[i];
        float diagonal_match = 0.0f;
        float diagonal_gap = i == 0 ? start : 0.0f;
        float left_match = 0.0f;
        float left_deletion = 0.0f;
        for (size_t j = 0; j < haplotype_length; j++) {
            const int base = haplotype[j];
            const float above_match = row[3 * j];
            const float above_insertion = row[3 * j + 1];
            const float above_gap = row[3 * j + 2];
            const bool same = read_base == base || read_base == N || base == N;
            const float emission = same ? agree[i] : differ[i];
            const float from_match = diagonal_match * match_to_match[i];
            const float from_gap = diagonal_gap * gap_to_match[i];
            const float product = emission * (from_match + from_gap);
            const float matched = product > LEAST_MATCH ? product : LEAST_MATCH;
            const float insertion_opened = above_match * match_to_insertion[i];
            const float insertion_continued = above_insertion * gap_to_gap[i];
            const float insertion = insertion_opened + insertion_continued;
            const float deletion_opened = left_match * match_to_deletion[i];
            const float deletion_continued = left_deletion * gap_to_gap[i];
            const float deletion = deletion_opened + deletion_continued;
            row[3 * j] = matched;
            row[3 * j + 1] = insertion;
            row[3 * j + 2] = insertion + deletion;
            diagonal_match = above_match;
            diagonal_gap = above_gap;
            left_match = matched;
            left_deletion = deletion;
        }
    }
    float sum = 0.0f;
    for (size_t j = 0; j < haplotype_length; j++)
        sum = sum + (row[3 * j] + row[3 * j + 1]);
    sums[pair] = sum;
}
