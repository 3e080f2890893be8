//! Asking for memory before it is needed.

#![expect(
    unsafe_code,
    reason = "an intrinsic that takes a pointer, which it never follows"
)]

/// Bytes that come together.
const LINE: usize = 64;

/// Asks for all of a slice to be brought into the first-level cache.
#[inline(always)]
pub(crate) fn prefetch<T>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        let start = values.as_ptr().cast::<i8>();
        for offset in (0..size_of_val(values)).step_by(LINE) {
            // SAFETY: every x86-64 has it, and it reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(start.wrapping_add(offset)) };
        }
    }
}
