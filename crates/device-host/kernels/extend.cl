// Banded affine extension, contract version 0: the definition stands in fafnir-fpga-hal, `extend`.
//
// OpenCL C 1.2, one job to a work item. The row above lies in global memory: private arrays times a
// large work-group overflow the stack of CPU devices.
//
// `batch` is the payload of an extend frame: words [match, mismatch, gap open, gap extend], then by
// job [start], [query length], [target length], [band], [z-drop], [reversed], then the bases.
// `cells` holds two words (H, I) for each base of the batch and one column 0 a job.
// `results` is by job [score], [query end], [target end], [end-to-end score], [end-to-end target].

#define NEVER (INT_MIN / 2)
#define NOT_REACHED INT_MIN
#define N 4

__kernel void extend(__global const uchar *batch,
                     const uint count,
                     __global int *cells,
                     __global int *results)
{
    const size_t job = get_global_id(0);
    if (job >= count)
        return;
    __global const int *words = (__global const int *)batch;
    const int match = words[0];
    const int mismatch = -words[1];
    const int gap_open = words[2];
    const int gap_extend = words[3];
    const int gap_first = gap_open + gap_extend;

    __global const int *fields = words + 4;
    const size_t start = (uint)fields[job];
    const int n = fields[(size_t)count + job];
    const int m = fields[(size_t)count * 2 + job];
    const int band = fields[(size_t)count * 3 + job];
    const int z_drop = fields[(size_t)count * 4 + job];
    const int reversed = fields[(size_t)count * 5 + job];
    __global const uchar *query = batch + 4 * (4 + 6 * (size_t)count) + start;
    __global const uchar *target = query + n;
    __global int *row = cells + 2 * (start + job);

    for (int j = 0; j <= m; j++) {
        const int edge = j == 0 ? 0 : -gap_open - gap_extend * j;
        const int score = j <= band ? edge : NEVER;
        row[2 * j] = score;
        row[2 * j + 1] = score - gap_first;
    }

    int best = 0, best_i = 0, best_j = 0;
    int end_score = n == 0 ? 0 : NOT_REACHED, end_j = 0;
    for (int i = 1; i <= n; i++) {
        const int first = max(i - band, 1);
        const int last = min(i + band, m);
        const int query_base = query[reversed ? n - i : i - 1];
        int row_best = NEVER, row_j = 0;
        int deletion = NEVER;
        int diagonal = row[2 * (first - 1)];
        if (i <= band) {
            row_best = -gap_open - gap_extend * i;
            row[0] = row_best;
            deletion = row_best - gap_first;
        } else if (first > last) {
            break;
        }
        for (int j = first; j <= last; j++) {
            const int target_base = target[reversed ? m - j : j - 1];
            const int pair = query_base == N || target_base == N ? -1
                             : query_base == target_base         ? match
                                                                 : mismatch;
            const int above = row[2 * j];
            const int insertion = row[2 * j + 1];
            const int score = max(diagonal + pair, max(deletion, insertion));
            diagonal = above;
            if (score > row_best) {
                row_best = score;
                row_j = j;
            }
            const int open = score - gap_first;
            deletion = max(open, deletion - gap_extend);
            row[2 * j] = score;
            row[2 * j + 1] = max(open, insertion - gap_extend);
        }

        if (row_best > best) {
            best = row_best;
            best_i = i;
            best_j = row_j;
        }
        if (i == n) {
            end_score = row_best;
            end_j = row_j;
        }
        const int shift = (i - best_i) - (row_j - best_j);
        if (z_drop > 0 && best - row_best > z_drop + gap_extend * (shift < 0 ? -shift : shift))
            break;
    }

    results[job] = best;
    results[(size_t)count + job] = best_i;
    results[(size_t)count * 2 + job] = best_j;
    results[(size_t)count * 3 + job] = end_score;
    results[(size_t)count * 4 + job] = end_j;
}
