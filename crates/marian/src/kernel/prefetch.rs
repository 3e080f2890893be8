//! Asking for memory before it is needed.

use super::lines::LINE;

/// Asks for the line that a value begins in to be brought into the second-level cache. Only on x86-64;
/// elsewhere it comes when it is read.
#[inline(always)]
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "an intrinsic that takes a pointer, which it never follows"
    )
)]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every x86-64 has it, and it reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(value).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Asks for all of a slice.
#[inline(always)]
pub(crate) fn prefetch_all<T>(values: &[T]) {
    for value in values.iter().step_by((LINE / size_of::<T>()).max(1)) {
        prefetch(value);
    }
    // A slice need not begin with a line.
    if let Some(last) = values.last() {
        prefetch(last);
    }
}
