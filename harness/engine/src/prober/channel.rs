//! Shared memory between the supervisor and one prober.
//!
//! One request at a time: the word says whose turn it is, and each side sleeps on it in `futex(2)` while it is the other's.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Context, Error, Result};

/// The size of the mapping, in bytes; pages that nobody touched cost nothing.
const SIZE: usize = 64 << 20;
const HEADER: usize = 64;

const IDLE: u32 = 0;
const ASKED: u32 = 1;
const ANSWERED: u32 = 2;

/// The mapping. Both processes hold it from the fork on.
pub(crate) struct Channel {
    base: *mut u8,
}

impl Channel {
    /// Maps fresh shared memory.
    pub(crate) fn new() -> Result<Channel> {
        // SAFETY: a new anonymous mapping, checked before use.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SIZE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error()).doing("map memory for a prober");
        }
        Ok(Channel { base: base.cast() })
    }

    fn turn(&self) -> &AtomicU32 {
        // SAFETY: the mapping is page-aligned, lives as long as self, and these four bytes are only ever used as this atomic.
        unsafe { &*self.base.cast::<AtomicU32>() }
    }

    fn len(&self) -> &AtomicU32 {
        // SAFETY: as above, for the next four bytes.
        unsafe { &*self.base.add(4).cast::<AtomicU32>() }
    }

    /// Sends a request from the supervisor's side, without waiting. The caller must wait before it sends again.
    pub(crate) fn send(&self, request: &impl Serialize) -> Result<()> {
        self.put(request)?;
        self.pass(ASKED);
        Ok(())
    }

    /// Waits for the answer, on the supervisor's side.
    ///
    /// `alive` is asked now and then whether there is still somebody to answer. The inner error says why there is no answer.
    pub(crate) fn wait<A: DeserializeOwned>(
        &self,
        deadline: Duration,
        mut alive: impl FnMut() -> bool,
    ) -> Result<std::result::Result<A, &'static str>> {
        let began = Instant::now();
        while self.turn().load(Ordering::Acquire) != ANSWERED {
            self.sleep_while(ASKED, Some(Duration::from_millis(200)));
            if self.turn().load(Ordering::Acquire) == ANSWERED {
                break;
            }
            if !alive() {
                return Ok(Err("has ended"));
            }
            if began.elapsed() > deadline {
                return Ok(Err("does not answer"));
            }
        }
        let answer = self.take();
        self.turn().store(IDLE, Ordering::Release);
        answer.map(Ok)
    }

    /// Waits for a request on the prober's side, and answers it.
    pub(crate) fn answer<R: DeserializeOwned, A: Serialize>(
        &self,
        respond: impl FnOnce(R) -> A,
    ) -> Result<()> {
        while self.turn().load(Ordering::Acquire) != ASKED {
            let turn = self.turn().load(Ordering::Acquire);
            if turn != ASKED {
                self.sleep_while(turn, None);
            }
        }
        let request = self.take()?;
        self.put(&respond(request))?;
        self.pass(ANSWERED);
        Ok(())
    }

    fn put(&self, message: &impl Serialize) -> Result<()> {
        // SAFETY: it is this side's turn, so nobody else touches the body; it lies within the mapping.
        let body = unsafe { std::slice::from_raw_parts_mut(self.base.add(HEADER), SIZE - HEADER) };
        let used = postcard::to_slice(message, body)
            .map_err(|error| Error::Supervisor(format!("message too large for a prober: {error}")))?
            .len();
        self.len().store(used as u32, Ordering::Release);
        Ok(())
    }

    fn take<M: DeserializeOwned>(&self) -> Result<M> {
        let len = (self.len().load(Ordering::Acquire) as usize).min(SIZE - HEADER);
        // SAFETY: as in `put`.
        let body = unsafe { std::slice::from_raw_parts(self.base.add(HEADER), len) };
        postcard::from_bytes(body).map_err(|error| {
            Error::Supervisor(format!("cannot decode a prober's message: {error}"))
        })
    }

    fn pass(&self, to: u32) {
        self.turn().store(to, Ordering::Release);
        // SAFETY: an aligned word of a live mapping.
        unsafe {
            libc::syscall(libc::SYS_futex, self.turn().as_ptr(), libc::FUTEX_WAKE, 1);
        }
    }

    fn sleep_while(&self, value: u32, at_most: Option<Duration>) {
        let timeout = at_most.map(|duration| libc::timespec {
            tv_sec: duration.as_secs() as libc::time_t,
            tv_nsec: duration.subsec_nanos().into(),
        });
        let pointer = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: an aligned word of a live mapping, and a timeout that outlives the call or null.
        unsafe {
            libc::syscall(libc::SYS_futex, self.turn().as_ptr(), libc::FUTEX_WAIT, value, pointer);
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // SAFETY: this side's mapping, made in `new` and not used after.
        unsafe { libc::munmap(self.base.cast(), SIZE) };
    }
}
