//! Where networks run: on one worker thread, with the others awake.

#[cfg(feature = "flex")]
pub use awake::on_a_worker;

/// Runs tensor operations; here nothing has to be done for them.
#[cfg(not(feature = "flex"))]
pub fn on_a_worker<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    work()
}

#[cfg(feature = "flex")]
mod awake {
    use std::sync::atomic::{AtomicBool, Ordering};

    /// How often an idle worker looks for tasks before it lets other programs run.
    const LOOKS: u32 = 2000;

    /// Whether some work keeps the workers awake already.
    static LED: AtomicBool = AtomicBool::new(false);

    /// Runs tensor operations on one of the processor's worker threads, so that sharing their work
    /// among cores costs no change of thread; worth it around many small operations.
    ///
    /// The other workers look for tasks all the while: a network has hundreds of them, most shorter than
    /// it takes to wake a thread (on two cores a forward of the bundled U-Net took as long as on one).
    pub fn on_a_worker<R: Send>(work: impl FnOnce() -> R + Send) -> R {
        if LED.swap(true, Ordering::Acquire) {
            return rayon::scope(|_| work()); // within another call, or beside one
        }
        let lead = Lead;
        let done = AtomicBool::new(false);
        rayon::scope(|scope| {
            let leader = rayon::current_thread_index();
            let done = &done;
            scope.spawn_broadcast(move |_, context| {
                if Some(context.index()) != leader {
                    look_for_tasks(done);
                }
            });
            let _finish = Finish(done);
            let result = work();
            drop(lead);
            result
        })
    }

    fn look_for_tasks(done: &AtomicBool) {
        let mut idle = 0;
        while !done.load(Ordering::Acquire) {
            if rayon::yield_now() == Some(rayon::Yield::Executed) {
                idle = 0;
            } else if idle < LOOKS {
                idle += 1;
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }

    /// Lets the others rest when the work is over, even by a panic.
    struct Finish<'a>(&'a AtomicBool);

    impl Drop for Finish<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }

    /// The right to keep the workers awake.
    struct Lead;

    impl Drop for Lead {
        fn drop(&mut self) {
            LED.store(false, Ordering::Release);
        }
    }
}
