//! The system's allocator, and a count of what each thread asked it for.
//!
//! It runs for every allocation of a program that is fuzzed. What is aligned as usual is asked of the C library: in [`System`]'s own code for
//! that is a variable, which AddressSanitizer would make room for each time.
#![expect(unsafe_code, reason = "an allocator is unsafe, and this one hands everything on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

/// What the C library's `malloc` aligns to on every system that has a fuzzer, as its pointers are that long.
const USUAL: usize = size_of::<usize>();

// SAFETY: all is the system's, which on Unix takes from the C library and gives back to it. The cell needs neither memory nor a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        if layout.align() <= USUAL {
            // SAFETY: any size will do.
            return unsafe { libc::malloc(layout.size()).cast() };
        }
        // SAFETY: as promised by the caller.
        unsafe { aligned(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // A vector that grows may be copied, so it counts again at each size.
        count(size);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[cold]
#[inline(never)]
unsafe fn aligned(layout: Layout) -> *mut u8 {
    // SAFETY: as promised by the caller.
    unsafe { System.alloc(layout) }
}

fn count(size: usize) {
    BYTES.set(BYTES.get().wrapping_add(size as u64));
}

/// Returns the bytes that this thread ever asked for.
pub(crate) fn bytes() -> u64 {
    BYTES.get()
}
