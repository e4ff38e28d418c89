//! A hung pool cannot be joined, so every test here runs under a watchdog that fails it instead.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use rayon::prelude::*;

use super::*;

/// Fails the test when `work` takes longer than any machine needs for it.
fn under_watchdog(work: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(240)) {
        Ok(()) => thread.join().unwrap(),
        Err(mpsc::RecvTimeoutError::Disconnected) => std::panic::resume_unwind(thread.join().unwrap_err()),
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the pool hangs"),
    }
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// Waits outside of rayon, so that the waiting thread takes up no other job.
fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
}

fn busy(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Nested parallel loops, as operations of a network are; returns how many elements were visited.
fn some_operations(count: usize) -> usize {
    let visited = AtomicUsize::new(0);
    for _ in 0..count {
        (0..4).into_par_iter().for_each(|_| {
            (0..4).into_par_iter().for_each(|_| {
                busy(Duration::from_micros(1));
                visited.fetch_add(1, Ordering::Relaxed);
            });
        });
    }
    visited.into_inner()
}

/// The circle of version 0.1.0, forced. A thread is inside a task of the caller whose second half is stolen when the
/// request to spin reaches it: it spins on top of a task that the caller waits for.
#[test]
fn a_thread_that_spins_above_a_task_of_the_caller_returns_to_it() {
    under_watchdog(|| {
        let flags: [AtomicBool; 4] = Default::default();
        let [task_began, half_stolen, asked, first_half_over] = &flags;
        let halves = AtomicUsize::new(0);
        pool(3).install(|| {
            rayon::scope(|_| {
                let second_half = || {
                    half_stolen.store(true, Ordering::Release);
                    wait_for(first_half_over);
                    // The other thread is in the `join` by now, which finds nothing but the request.
                    busy(Duration::from_millis(20));
                    halves.fetch_add(1, Ordering::Relaxed);
                };
                let first_half = || {
                    wait_for(half_stolen);
                    wait_for(asked);
                    halves.fetch_add(1, Ordering::Relaxed);
                    first_half_over.store(true, Ordering::Release);
                };
                let task = || {
                    task_began.store(true, Ordering::Release);
                    rayon::join(first_half, second_half);
                };
                let caller = || {
                    wait_for(task_began);
                    wait_for(half_stolen);
                    let spinning = Spinning::start();
                    asked.store(true, Ordering::Release);
                    spinning
                };
                // The spinning is over only after both, as the caller of `with_spinning_pool` is.
                let (spinning, ()) = rayon::join(caller, task);
                drop(spinning);
            });
        });
        assert_eq!(halves.into_inner(), 2);
    });
}

/// The same circle as it comes about by chance, with a window as wide as the call: the pool is asked to spin while its
/// threads are at tasks of the caller already.
#[test]
fn a_pool_asked_to_spin_amid_tasks_finishes_them() {
    under_watchdog(|| {
        for threads in [2, 3, 5] {
            let pool = pool(threads);
            for _ in 0..200 {
                let late = || {
                    busy(Duration::from_micros(20));
                    let spinning = Spinning::start();
                    (some_operations(2), spinning)
                };
                let ((first, spinning), second) = pool.install(|| rayon::join(late, || some_operations(4)));
                assert_eq!(first + second, 16 * 6);
                drop(spinning);
            }
        }
    });
}

#[test]
fn ten_thousand_calls_of_three_threads_return() {
    under_watchdog(|| {
        let pool = pool(3);
        for _ in 0..10_000 {
            assert_eq!(pool.install(|| spinning_while(|| some_operations(3))), 48);
        }
    });
}

/// Threads that call at once, as those of a server do, and from inside of each other's jobs.
#[test]
fn calls_beside_and_within_each_other_return() {
    under_watchdog(|| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                std::thread::spawn(|| {
                    for _ in 0..500 {
                        let visited = with_spinning_pool(|| {
                            with_spinning_pool(|| some_operations(2)) + some_operations(1)
                        });
                        assert_eq!(visited, 48);
                    }
                })
            })
            .collect();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
    });
}

/// Else the threads of a large pool, which get such requests all the time, would never offer their cores to others.
#[test]
fn requests_meant_for_other_threads_are_no_tasks() {
    under_watchdog(|| {
        pool(1).install(|| {
            assert!(!execute_task());
            next_turn(Arc::new(AtomicBool::new(false)), Threads::Only(1));
            assert!(!execute_task());
            assert_eq!(NO_OPS.get(), 1);
            rayon::spawn(|| {});
            assert!(execute_task());
        });
    });
}

#[test]
fn the_pool_rests_after_a_panic() {
    under_watchdog(|| {
        let call = || spinning_while(|| panic!("a fault"));
        let pool = pool(2);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.install(call))).is_err());
        assert_eq!(pool.install(|| spinning_while(|| some_operations(1))), 16);
        drop(pool); // the jobs that spin keep it alive no longer
    });
}

/// The job of a second caller may be taken up by a thread that computes a value for the first, on top of it.
#[test]
fn a_value_is_computed_while_its_cell_is_free() {
    under_watchdog(|| {
        let cell = Arc::new(std::sync::OnceLock::new());
        pool(1).install(|| {
            let again = Arc::clone(&cell);
            let value = super::super::get_or_compute(&cell, || {
                rayon::spawn(move || {
                    super::super::get_or_compute(&again, || 7);
                });
                assert_eq!(rayon::yield_now(), Some(rayon::Yield::Executed));
                7
            });
            assert_eq!(*value, 7);
        });
        assert_eq!(cell.get(), Some(&7));
    });
}
