//! Large pages: a step reads tens of megabytes of weights, and with pages of 4 kB looks up thousands of times where the
//! next one lies.

/// Asks the system to back memory that was not written yet with large pages, where it has them. It need not.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a call of the system with an address")]
pub(crate) fn ask_for_large(memory: &mut [i8]) {
    /// Bytes of a large page of x86-64; of other processors it is a part or a multiple.
    const LARGE: usize = 2 << 20;
    let start = memory.as_ptr().align_offset(LARGE).min(memory.len());
    let whole = (memory.len() - start) / LARGE * LARGE;
    let pages = &mut memory[start..start + whole];
    if !pages.is_empty() {
        // SAFETY: the memory is ours, and the advice changes nothing of what is in it.
        unsafe { libc::madvise(pages.as_mut_ptr().cast(), pages.len(), libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn ask_for_large(_: &mut [i8]) {}
