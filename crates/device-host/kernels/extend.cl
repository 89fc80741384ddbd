// Banded affine extension, contract version 0: the definition stands in fafnir-fpga-hal, `extend`.
//
// OpenCL C 1.2, one job to a work item. The row above and the directions lie in global memory: private
// arrays times a large work-group overflow the stack of CPU devices. There the cells of a
// work-group's items are interleaved, so that items in step touch neighbours.
//
// `batch` is the payload of an extend frame: words [match, mismatch, gap open, gap extend], then by
// job [start], [query length], [target length], [band], [z-drop], [end bonus], [flags], then the bases.
// `order` is the job of each work item. `groups` is by work-group [first column], [first direction]
// (each times the items of a work-group), [directions a row].
// `columns` holds (H, I) of each column that the band reaches, and of column 0. `directions` holds a
// byte a cell, of jobs with traceback alone.
// `found` is by job [score], [query end], [target end], [end-to-end score], [end-to-end target],
// [operations]. `paths` has SLOT words a job: BAM operations, the last of the extension first.

#define NEVER (INT_MIN / 2)
#define NOT_REACHED INT_MIN
#define N 4

#define REVERSED 1
#define TRACEBACK 2

#define SLOT 24
// In place of a number of operations: the path does not fit its slot.
#define LEFT -1

// Bits of a direction.
#define GAP 1
#define GAP_IS_INSERTION 2
#define EXTEND_DELETION 4
#define EXTEND_INSERTION 8

// BAM's operations; the path goes any way from a cell whose last one was a match.
#define MATCH 0
#define INSERTION 1
#define DELETION 2

typedef struct {
    __global uint *slot;
    uint runs;
    uint operation;
    uint length;
} Path;

// Appends an operation; equal ones in a row are one run.
static void push(Path *path, uint operation, uint length)
{
    if (length == 0)
        return;
    if (path->length > 0 && path->operation == operation) {
        path->length += length;
        return;
    }
    if (path->length > 0 && path->runs < SLOT)
        path->slot[path->runs] = path->length << 4 | path->operation;
    path->runs += path->length > 0;
    path->operation = operation;
    path->length = length;
}

// Writes the last run and returns the number of runs, or LEFT.
static int finish(Path *path)
{
    if (path->length > 0 && path->runs < SLOT)
        path->slot[path->runs] = path->length << 4 | path->operation;
    path->runs += path->length > 0;
    return path->runs <= SLOT ? (int)path->runs : LEFT;
}

__kernel void extend(__global const uchar *batch,
                     const uint count,
                     __global const uint *order,
                     const uint items,
                     __global const uint *groups,
                     __global int2 *columns,
                     __global uchar *directions,
                     __global int *found,
                     __global uint *paths)
{
    const size_t item = get_global_id(0);
    if (item >= items)
        return;
    const size_t job = order[item];
    const size_t lanes = get_local_size(0);
    const size_t lane = get_local_id(0);
    __global const uint *group = groups + 3 * get_group_id(0);
    __global int2 *row = columns + group[0] * lanes + lane;
    directions += group[1] * lanes + lane;
    const size_t stride = group[2];

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
    const int end_bonus = fields[(size_t)count * 5 + job];
    const int flags = fields[(size_t)count * 6 + job];
    const bool reversed = flags & REVERSED;
    const bool traceback = flags & TRACEBACK;
    // 1 where a gap wins over an equal diagonal, in traceback alone.
    const int gap_bonus = reversed ? 1 : 0;
    __global const uchar *query = batch + 4 * (4 + 7 * (size_t)count) + start;
    __global const uchar *target = query + n;

    const int reach = min(m, n + band);
    for (int j = 0; j <= reach; j++) {
        const int edge = j == 0 ? 0 : -gap_open - gap_extend * j;
        const int score = j <= band ? edge : NEVER;
        row[j * lanes] = (int2)(score, score - gap_first);
    }

    int best = 0, best_i = 0, best_j = 0;
    int end_score = n == 0 ? 0 : NOT_REACHED, end_j = 0;
    for (int i = 1; i <= n; i++) {
        const int first = max(i - band, 1);
        const int last = min(i + band, m);
        const int query_base = query[reversed ? n - i : i - 1];
        __global uchar *direction = directions + (i - 1) * stride * lanes;
        int row_best = NEVER, row_j = 0;
        int deletion = NEVER;
        int diagonal = row[(first - 1) * lanes].x;
        if (i <= band) {
            row_best = -gap_open - gap_extend * i;
            row[0].x = row_best;
            deletion = row_best - gap_first;
        } else if (first > last) {
            break;
        }
        for (int j = first; j <= last; j++) {
            const int target_base = target[reversed ? m - j : j - 1];
            const int pair = query_base == N || target_base == N ? -1
                             : query_base == target_base         ? match
                                                                 : mismatch;
            const int2 above = row[j * lanes];
            const int insertion = above.y;
            const int paired = diagonal + pair;
            const int gap = max(deletion, insertion);
            const int score = max(paired, gap);
            diagonal = above.x;
            if (score > row_best) {
                row_best = score;
                row_j = j;
            }
            const int open = score - gap_first;
            if (traceback) {
                *direction = (gap + gap_bonus > paired ? GAP : 0)
                             | (insertion > deletion ? GAP_IS_INSERTION : 0)
                             | (deletion - gap_extend > open ? EXTEND_DELETION : 0)
                             | (insertion - gap_extend > open ? EXTEND_INSERTION : 0);
                direction += lanes;
            }
            deletion = max(open, deletion - gap_extend);
            row[j * lanes] = (int2)(score, max(open, insertion - gap_extend));
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

    int operations = 0;
    if (traceback) {
        const bool to_end = end_score != NOT_REACHED && end_score + end_bonus >= best;
        int i = to_end ? n : best_i;
        int j = to_end ? end_j : best_j;
        Path path = {paths + job * SLOT, 0, 0, 0};
        uint state = MATCH;
        // Along the edges there is only one way.
        while (i > 0 && j > 0) {
            if (state == MATCH) {
                const int bits = directions[((i - 1) * stride + (j - max(i - band, 1))) * lanes];
                if (!(bits & GAP)) {
                    push(&path, MATCH, 1);
                    i--;
                    j--;
                    continue;
                }
                state = bits & GAP_IS_INSERTION ? INSERTION : DELETION;
            }
            push(&path, state, 1);
            if (state == DELETION)
                j--;
            else
                i--;
            const int extends = state == DELETION ? EXTEND_DELETION : EXTEND_INSERTION;
            if (i > 0 && j > 0
                && !(directions[((i - 1) * stride + (j - max(i - band, 1))) * lanes] & extends))
                state = MATCH;
        }
        push(&path, DELETION, j);
        push(&path, INSERTION, i);
        operations = finish(&path);
    }

    found[job] = best;
    found[(size_t)count + job] = best_i;
    found[(size_t)count * 2 + job] = best_j;
    found[(size_t)count * 3 + job] = end_score;
    found[(size_t)count * 4 + job] = end_j;
    found[(size_t)count * 5 + job] = operations;
}
