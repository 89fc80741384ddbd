//! How a batch that needs more working memory than there is runs in slices.

use std::cmp::Reverse;

/// One job, as a work item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) job: u32,
    pub(super) rows: usize,
    /// Columns of working memory.
    pub(super) columns: usize,
    /// Directions that a row stores.
    pub(super) directions: usize,
}

/// Jobs that run together.
#[derive(Debug, Default)]
pub(super) struct Slice {
    /// Each work item's job.
    pub(super) order: Vec<u32>,
    /// By work-group, as kernels document: first column, first direction, directions a row.
    pub(super) groups: Vec<u32>,
    /// Columns and directions of all work-groups, each times a work-group's items.
    pub(super) columns: usize,
    pub(super) directions: usize,
}

/// Working memory that a slice may take, unless a single work-group needs more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) columns: usize,
    pub(super) directions: usize,
}

/// Sorts jobs so that those of a work-group are of like size, the largest first, and cuts them where
/// working memory ends.
pub(super) fn slices(mut items: Vec<Item>, group: usize, limits: Limits) -> Vec<Slice> {
    items.sort_unstable_by_key(|item| (Reverse((item.rows, item.columns)), item.job));
    let mut slices: Vec<Slice> = Vec::new();
    for items in items.chunks(group) {
        let most = |of: fn(&Item) -> usize| items.iter().map(of).max().unwrap_or(0);
        let rows = most(|item| if item.directions > 0 { item.rows } else { 0 });
        let stride = most(|item| item.directions);
        let (columns, directions) = (most(|item| item.columns), rows * stride);
        let fits = |slice: &&mut Slice| {
            (slice.columns + columns) * group <= limits.columns
                && (slice.directions + directions) * group <= limits.directions
        };
        let slice = match slices.last_mut().filter(fits) {
            Some(slice) => slice,
            None => slices.push_mut(Slice::default()),
        };
        let starts = [slice.columns, slice.directions, stride];
        slice.groups.extend(starts.map(|start| start as u32));
        slice.order.extend(items.iter().map(|item| item.job));
        slice.columns += columns;
        slice.directions += directions;
    }
    slices
}
