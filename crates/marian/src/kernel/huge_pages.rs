//! Huge pages. A decoder step reads tens of megabytes of weights; with pages of 4 kB it would look
//! up thousands of page addresses.

/// Asks the operating system to back memory that has not been written yet with huge pages. The
/// system is free to ignore this.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a system call that takes an address")]
pub(crate) fn advise_huge_pages(memory: &mut [i8]) {
    /// Bytes of a huge page on x86-64; elsewhere the size is a fraction or a multiple of this.
    const HUGE_PAGE: usize = 2 << 20;
    let start = memory.as_ptr().align_offset(HUGE_PAGE).min(memory.len());
    let whole = (memory.len() - start) / HUGE_PAGE * HUGE_PAGE;
    let pages = &mut memory[start..start + whole];
    if !pages.is_empty() {
        // SAFETY: the memory is borrowed mutably, and the advice does not change its contents.
        unsafe { libc::madvise(pages.as_mut_ptr().cast(), pages.len(), libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn advise_huge_pages(_: &mut [i8]) {}
