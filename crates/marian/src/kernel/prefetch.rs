//! Asking for memory before it is needed.

/// Asks for all of a slice to be brought into the second-level cache. Only on x86-64; elsewhere it comes when it is read.
#[inline(always)]
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "an intrinsic that takes a pointer, which it never follows"
    )
)]
pub(crate) fn prefetch<T>(values: &[T]) {
    /// Bytes that come together.
    const LINE: usize = 64;
    for line in values.chunks((LINE / size_of::<T>()).max(1)) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
            // SAFETY: every x86-64 has it, and it reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = line;
    }
}
