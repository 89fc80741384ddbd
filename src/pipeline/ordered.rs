//! Work spread over the pool whose results keep the order of their items.

use std::thread;

use crossbeam_channel::{Receiver, bounded};
use rayon::ThreadPool;

use crate::error::{Class, Error};

/// Applies `work` to every item on the pool's threads and hands the results to `sink` in the
/// items' order, on the calling thread. `items` are drawn on a thread of their own, at most
/// `ahead` before the result that `sink` waits for: that bounds the memory.
///
/// # Errors
///
/// The first error, in the items' order, of `items`, `work` or `sink`. What was begun is finished,
/// nothing new is started.
pub(crate) fn map_in_order<T: Send, R: Send>(
    pool: &ThreadPool,
    ahead: usize,
    items: impl Iterator<Item = Result<T, Error>> + Send,
    work: impl Fn(T) -> Result<R, Error> + Sync,
    mut sink: impl FnMut(R) -> Result<(), Error>,
) -> Result<(), Error> {
    let work = &work;
    let (queue, results) = bounded::<Receiver<Result<R, Error>>>(ahead.max(1));
    pool.in_place_scope(|jobs| {
        thread::scope(|threads| {
            threads.spawn(move || {
                for item in items {
                    let (give, take) = bounded(1);
                    // The sink is gone when it met an error: then nothing more is wanted.
                    if queue.send(take).is_err() {
                        return;
                    }
                    match item {
                        Ok(item) => jobs.spawn(move |_| {
                            let _ = give.send(work(item));
                        }),
                        Err(error) => {
                            let _ = give.send(Err(error));
                            return;
                        }
                    }
                }
            });
            for result in results {
                // A job that panicked sends nothing; the scope passes its panic on.
                let result = result
                    .recv()
                    .map_err(|_| Error::new(Class::Bug, "a worker stopped"))?;
                sink(result?)?;
            }
            Ok(())
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
    }

    #[test]
    fn results_keep_their_order() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            let items = (0..1000u64).map(Ok);
            let square = |i: u64| {
                // Uneven work, so that jobs overtake one another.
                Ok((0..(i * 7919) % 1000).fold(i * i, |a, _| std::hint::black_box(a)))
            };
            map_in_order(&pool(threads), 5, items, square, |r| {
                seen.push(r);
                Ok(())
            })
            .unwrap();
            assert_eq!(seen, (0..1000).map(|i| i * i).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn no_more_is_drawn_than_allowed() {
        let (drawn, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items = (0..200).map(|i| {
            drawn.fetch_add(1, Ordering::SeqCst);
            Ok(i)
        });
        map_in_order(&pool(2), 4, items, Ok, |_: i32| {
            let ahead = drawn.load(Ordering::SeqCst) - taken.fetch_add(1, Ordering::SeqCst);
            // Queue, the one in the sink, and the one that waits to enter the queue.
            assert!(ahead <= 4 + 2, "{ahead} items drawn ahead");
            Ok(())
        })
        .unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), 200);
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let mut seen = Vec::new();
        let work = |i: u32| {
            if i >= 10 {
                Err(Error::input(format!("item {i}")))
            } else {
                Ok(i)
            }
        };
        let error = map_in_order(&pool(3), 3, (0..).map(Ok), work, |i| {
            seen.push(i);
            Ok(())
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "item 10");
        assert_eq!(seen, (0..10).collect::<Vec<_>>());

        let error = map_in_order(&pool(3), 3, (0..).map(Ok), Ok, |i: u32| {
            if i == 5 {
                Err(Error::input("sink"))
            } else {
                Ok(())
            }
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "sink");
    }

    #[test]
    fn an_error_of_the_source_comes_after_the_results_before_it() {
        let items = (0..3).map(Ok).chain([Err(Error::input("end"))]);
        let mut count = 0;
        let error = map_in_order(&pool(2), 2, items, Ok, |_: u32| {
            count += 1;
            Ok(())
        })
        .unwrap_err();
        assert_eq!((count, error.to_string().as_str()), (3, "end"));
    }
}
