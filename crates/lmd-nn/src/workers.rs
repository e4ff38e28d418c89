//! Where networks run: on one thread of rayon's pool, while the other threads busy-wait for its tasks.
//!
//! A network is hundreds of operations, most of them shorter than it takes to wake a sleeping thread, so
//! [`with_spinning_pool`] keeps the pool's threads awake while it runs.
//!
//! # Why this cannot hang
//!
//! Rayon runs whatever job it finds on top of the job that waits, so a job that waits for something *below* it
//! on the stack waits for ever. A thread that spins is such a job: it can be found by a thread that is inside
//! some task J of the caller, in the `join` of J that waits for J's second half, and J then goes on only after
//! the spinning ends. Were the spinning to last until the caller has finished, which itself waits for J, nothing
//! would go on (version 0.1.0 could hang so). Therefore:
//!
//! 1. *A turn of spinning ends by itself*, after [`TURN`], whatever the caller does. What it executes in between are
//!    jobs of rayon, each of which ends: it waits for its own parts only, and these are never below it.
//! 2. *The next turn is a new job*, which the thread asks of itself before it leaves. Between two turns control
//!    returns to whatever lies below; a waiting `join` looks there whether its second half is done before it takes
//!    another job. J is delayed by one turn, not stopped.
//! 3. *Nobody waits for the spinning.* The jobs own what they read, and the caller returns without them.
//!
//! The rule for everything else that runs inside a pool: **no job may wait for what another job does, other than by
//! rayon's own `join`, `scope` and iterators, and no lock may be held across one of these** — the thread that waits
//! in them may take up a second caller's whole network and come to the same lock. Values that are made when first
//! needed are therefore made outside of their [`OnceLock`](std::sync::OnceLock), by [`get_or_compute`].

#[cfg(feature = "flex")]
use std::sync::OnceLock;

#[cfg(feature = "flex")]
pub use spinning::with_spinning_pool;

/// Runs tensor operations; without the processor backend nothing has to be done for them.
#[cfg(not(feature = "flex"))]
pub fn with_spinning_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    work()
}

/// The value of `cell`, computed before the cell is locked: `compute` may share its work among threads, and one of
/// these may come here again, for the same cell, on top of it. Two callers at once may both compute; the value of the first
/// is kept, so both have to be equal.
#[cfg(feature = "flex")]
pub(crate) fn get_or_compute<T>(cell: &OnceLock<T>, compute: impl FnOnce() -> T) -> &T {
    if let Some(value) = cell.get() {
        return value;
    }
    let value = compute();
    cell.get_or_init(|| value)
}

#[cfg(feature = "flex")]
mod spinning {
    use std::cell::Cell;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    /// How long a thread spins before it returns to what it may have interrupted. Long against the microsecond
    /// that the next turn costs, short against a forward pass.
    const TURN: Duration = Duration::from_millis(2);
    /// How often a thread looks in vain before it offers the core to other programs at every look.
    const LOOKS: u32 = 2000;
    /// Looks in vain from one reading of the clock to the next.
    const LOOKS_PER_READING: u32 = 32;

    thread_local! {
        /// How many requests to spin this thread has executed that were meant for other threads.
        static NO_OPS: Cell<u32> = const { Cell::new(0) };
    }

    /// True while a call holds the right to make the pool spin.
    static POOL_OWNER: AtomicBool = AtomicBool::new(false);

    /// Runs tensor operations on a thread of rayon's pool while the pool's other threads busy-wait for tasks:
    /// sharing an operation among cores then costs neither a change of thread nor waking one. Worth it around many
    /// small operations (on two cores a forward pass of the bundled U-Net took as long as on one without).
    ///
    /// Within another call, or beside one, `work` only runs on a thread of the pool; the first call makes the pool spin
    /// for both.
    ///
    /// # Panics
    ///
    /// When `work` does; the pool rests then as well.
    pub fn with_spinning_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
        if POOL_OWNER.swap(true, Ordering::Acquire) {
            return rayon::scope(|_| work());
        }
        let _owner = Owner;
        spinning_while(work)
    }

    fn spinning_while<R: Send>(work: impl FnOnce() -> R + Send) -> R {
        rayon::scope(|_| {
            let _spinning = Spinning::start();
            work()
        })
    }

    /// The right to make the pool spin.
    struct Owner;

    impl Drop for Owner {
        fn drop(&mut self) {
            POOL_OWNER.store(false, Ordering::Release);
        }
    }

    /// The other threads of this thread's pool, spinning until this is dropped.
    struct Spinning {
        over: Arc<AtomicBool>,
    }

    impl Spinning {
        /// To be called on a thread of a pool, which is the one that does not spin.
        fn start() -> Self {
            let over = Arc::new(AtomicBool::new(false));
            match rayon::current_thread_index() {
                Some(caller) if rayon::current_num_threads() > 1 => {
                    next_turn(Arc::clone(&over), Threads::AllBut(caller));
                }
                _ => {}
            }
            Self { over }
        }
    }

    impl Drop for Spinning {
        fn drop(&mut self) {
            self.over.store(true, Ordering::Release);
        }
    }

    /// Threads of a pool, by their indices in it.
    #[derive(Clone, Copy)]
    enum Threads {
        AllBut(usize),
        Only(usize),
    }

    impl Threads {
        fn contain(self, thread: usize) -> bool {
            match self {
                Self::AllBut(one) => thread != one,
                Self::Only(one) => thread == one,
            }
        }
    }

    /// Asks some threads for one turn of spinning each, after which each asks itself for the next.
    fn next_turn(over: Arc<AtomicBool>, threads: Threads) {
        rayon::spawn_broadcast(move |context| {
            let thread = context.index();
            if !threads.contain(thread) {
                NO_OPS.set(NO_OPS.get().wrapping_add(1));
            } else if !spin(&over) {
                next_turn(Arc::clone(&over), Threads::Only(thread));
            }
        });
    }

    /// Executes a task of the pool if there is one, and returns whether it did. A request to spin that is meant for another
    /// thread, as every turn of every thread sends to all, is no task: counted as one, a thread of a large pool would never
    /// have looked in vain for long. (Nor does a task count that waited and executed such a request meanwhile. That is wrong
    /// by one look in vain.)
    fn execute_task() -> bool {
        let no_ops = NO_OPS.get();
        rayon::yield_now() == Some(rayon::Yield::Executed) && NO_OPS.get() == no_ops
    }

    /// Executes tasks for one [`TURN`], or until `over` is set; returns whether it is.
    fn spin(over: &AtomicBool) -> bool {
        let start = Instant::now();
        let mut idle: u32 = 0;
        while !over.load(Ordering::Acquire) {
            if execute_task() {
                idle = 0;
            } else {
                idle = idle.saturating_add(1);
                if idle < LOOKS {
                    std::hint::spin_loop();
                } else {
                    std::thread::yield_now();
                }
            }
            if (idle.is_multiple_of(LOOKS_PER_READING) || idle >= LOOKS) && start.elapsed() >= TURN {
                return false;
            }
        }
        true
    }

    #[cfg(test)]
    mod tests;
}
