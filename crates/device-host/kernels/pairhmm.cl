// The PairHMM in f32, contract version 0: the definition stands in fafnir-fpga-hal, `pairhmm`.
//
// OpenCL C 1.2, one pair to a work item. No fused multiply-add, no division (OpenCL's is not
// correctly rounded), sums in the order written. The row above lies in global memory, interleaved as in
// extend.cl.
//
// `batch` is the payload of a pairhmm frame: words [read bases, haplotype bases], then by pair
// [read start], [read length], [haplotype start], [haplotype length], [row 0 of D], then by read base
// seven probabilities, then the reads' bases, padded to a word, and the haplotypes' bases.
// `order` is the pair of each work item. `groups` is three words a work-group, of which the first is
// its first column (times the items of a work-group). `columns` holds M, I and I + D of each column.

#pragma OPENCL FP_CONTRACT OFF

#define N 4
#define INITIAL 0x1.0p120f
#define LEAST_MATCH 0x1.0p-100f

__kernel void pairhmm(__global const uchar *batch,
                      const uint count,
                      __global const uint *order,
                      const uint items,
                      __global const uint *groups,
                      __global float *columns,
                      __global float *sums)
{
    const size_t item = get_global_id(0);
    if (item >= items)
        return;
    const size_t pair = order[item];
    const size_t lanes = get_local_size(0);
    __global float *row = columns + 3 * lanes * groups[3 * get_group_id(0)] + get_local_id(0);
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
    for (size_t j = 0; j < haplotype_length; j++) {
        row[3 * j * lanes] = 0.0f;
        row[(3 * j + 1) * lanes] = 0.0f;
        row[(3 * j + 2) * lanes] = start;
    }
    for (uint i = 0; i < read_length; i++) {
        const int read_base = read[i];
        float diagonal_match = 0.0f;
        float diagonal_gap = i == 0 ? start : 0.0f;
        float left_match = 0.0f;
        float left_deletion = 0.0f;
        for (size_t j = 0; j < haplotype_length; j++) {
            const int base = haplotype[j];
            const float above_match = row[3 * j * lanes];
            const float above_insertion = row[(3 * j + 1) * lanes];
            const float above_gap = row[(3 * j + 2) * lanes];
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
            row[3 * j * lanes] = matched;
            row[(3 * j + 1) * lanes] = insertion;
            row[(3 * j + 2) * lanes] = insertion + deletion;
            diagonal_match = above_match;
            diagonal_gap = above_gap;
            left_match = matched;
            left_deletion = deletion;
        }
    }
    float sum = 0.0f;
    for (size_t j = 0; j < haplotype_length; j++)
        sum = sum + (row[3 * j * lanes] + row[(3 * j + 1) * lanes]);
    sums[pair] = sum;
}
