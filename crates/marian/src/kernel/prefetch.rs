//! Prefetching: requests memory before it is needed.

use super::aligned::CACHE_LINE;

/// Prefetches the cache line in which a value starts into the second-level cache. Does nothing on
/// processors other than x86-64.
#[inline(always)]
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "an intrinsic that takes a pointer, which it never dereferences"
    )
)]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every x86-64 processor has this instruction, and it does not access the memory.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(value).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Prefetches a whole slice.
#[inline(always)]
pub(crate) fn prefetch_all<T>(values: &[T]) {
    for value in values.iter().step_by((CACHE_LINE / size_of::<T>()).max(1)) {
        prefetch(value);
    }
    // A slice need not start on a cache line.
    if let Some(last) = values.last() {
        prefetch(last);
    }
}
