//! What a thread allocates, counted: the tests of sizes ask for bytes, and never for seconds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static ALL: Cell<usize> = const { Cell::new(0) };
}

fn count(more: usize, less: usize) {
    // A thread that ends frees after its counters are gone.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + more as isize - less as isize);
        PEAK.with(|peak| peak.set(peak.get().max(now.get())));
        ALL.with(|all| all.set(all.get() + more));
    });
}

// SAFETY: everything is done by the system's allocator, with what this one was given; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the promises of this function, which are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// Bytes that a piece of code allocated in this thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocated {
    /// The most that was there at once, of what was not there before.
    pub(crate) peak: usize,
    /// All of it, one after the other.
    pub(crate) all: usize,
}

/// Does something, and says what it allocated.
pub(crate) fn allocated<R>(what: impl FnOnce() -> R) -> (R, Allocated) {
    let (before, all) = (NOW.get(), ALL.get());
    PEAK.set(before);
    let result = what();
    let peak = (PEAK.get() - before).unsigned_abs();
    (result, Allocated { peak, all: ALL.get() - all })
}
