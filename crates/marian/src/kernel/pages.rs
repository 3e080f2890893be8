//! Large pages: a step reads tens of megabytes of weights, and with pages of 4 kB looks up thousands of times where the
//! next one lies.

#![expect(unsafe_code, reason = "a call of the system with an address")]

/// A large page of x86-64.
const LARGE: usize = 2 << 20;

/// Asks the system to back memory that was not written yet with large pages, where it has them. It need not.
#[cfg(target_os = "linux")]
pub(crate) fn ask_for_large(memory: &mut [std::mem::MaybeUninit<i8>]) {
    let (_, whole, _) = split(memory);
    if !whole.is_empty() {
        // SAFETY: the memory is ours, and the advice changes nothing of what is in it.
        unsafe { libc::madvise(whole.as_mut_ptr().cast(), whole.len(), libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn ask_for_large(_: &mut [std::mem::MaybeUninit<i8>]) {}

/// What lies before the first whole page, all whole pages, and the rest.
fn split<T>(memory: &mut [T]) -> (&mut [T], &mut [T], &mut [T]) {
    let start = memory.as_ptr().align_offset(LARGE).min(memory.len());
    let (before, rest) = memory.split_at_mut(start);
    let whole = rest.len() / LARGE * LARGE;
    let (whole, behind) = rest.split_at_mut(whole);
    (before, whole, behind)
}
