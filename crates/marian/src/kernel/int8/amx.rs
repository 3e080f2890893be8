//! The product of integers on AMX tiles, in inline assembly: the intrinsics are not stable yet.
//!
//! Eight tiles of 16 rows × 64 bytes: four hold 32 × 32 sums, two hold 32 rows × 64 bytes of
//! activations, two hold 16 groups of four inputs × 32 columns of weights. `tdpbusd` multiplies
//! unsigned with signed bytes and adds up four products at a time, exactly. (Intel 64 and IA-32
//! Architectures Software Developer's Manual, volume 1, chapter 18.)

#![expect(unsafe_code, reason = "inline assembly")]

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

use super::layout::{Panel, TILE_ROWS};
use crate::kernel::PANEL;

/// Returns whether the processor has tiles for bytes and the operating system lets this process use
/// them. Asks only once: Linux reserves room for the tiles' state on request, for all threads.
pub(super) fn is_permitted() -> bool {
    static PERMITTED: OnceLock<bool> = OnceLock::new();
    *PERMITTED.get_or_init(|| {
        const AMX_TILE: u32 = 1 << 24;
        const AMX_INT8: u32 = 1 << 25;
        let features = __cpuid_count(7, 0).edx;
        features & AMX_TILE != 0 && features & AMX_INT8 != 0 && request_permission()
    })
}

#[cfg(target_os = "linux")]
fn request_permission() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let result: i64;
    // SAFETY: the system call does not read this program's memory; the registers that it changes
    // are declared.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

#[cfg(not(target_os = "linux"))]
fn request_permission() -> bool {
    false
}

/// The operand of `ldtilecfg`.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes_per_row: [u16; 16],
    rows: [u8; 16],
}

/// The tiles of this thread, configured for rows of activations. Dropping them releases the tiles,
/// so that the operating system need not save eight kilobytes at every context switch of the
/// thread.
pub(super) struct Tiles {
    /// Rows per tile of sums or activations.
    tile_rows: usize,
    /// Tiles belong to the thread that configured them.
    _of_this_thread: std::marker::PhantomData<*const ()>,
}

impl Tiles {
    /// Configures the tiles for `rows` rows: exactly those if one tile holds them, else full tiles.
    /// Must only be called if [`is_permitted`].
    pub(super) fn new(rows: usize) -> Self {
        assert!(is_permitted(), "checked when the kernel was chosen");
        let tile_rows = rows.clamp(1, TILE_ROWS);
        let mut configuration = Configuration {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            bytes_per_row: [0; 16],
            rows: [0; 16],
        };
        configuration.bytes_per_row[..8].fill(64);
        // 0 to 3: sums; 4 and 5: activations; 6 and 7: weights, 16 groups of four inputs.
        configuration.rows[..6].fill(u8::try_from(tile_rows).unwrap_or(16));
        configuration.rows[6..8].fill(16);
        // SAFETY: the processor has tiles, and this is a valid configuration of palette 1.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const configuration, options(nostack));
        }
        Self {
            tile_rows,
            _of_this_thread: std::marker::PhantomData,
        }
    }

    /// Implements `Kernel::sums`, for as many rows as the tiles are configured for, or for two full
    /// tiles.
    pub(super) fn sums(&self, x: &[u8], depth: usize, panel: Panel, sums: &mut [i32]) {
        let rows = x.len() / depth;
        assert!(
            rows == self.tile_rows || (rows, self.tile_rows) == (2 * TILE_ROWS, TILE_ROWS),
            "tiles configured for another number of rows"
        );
        assert!(
            depth.is_multiple_of(64)
                && panel.weights.len() == depth * PANEL
                && sums.len() == rows * PANEL
        );
        let multiply = match (rows > TILE_ROWS, panel.ahead.is_empty()) {
            (true, false) => two_tiles::<AHEAD>,
            (true, true) => two_tiles::<0>,
            (false, false) => one_tile::<AHEAD>,
            (false, true) => one_tile::<0>,
        };
        // SAFETY: the tiles are configured for `rows` rows or for half of them, and the slices hold
        // everything that is accessed: rows · depth bytes of activations, depth · PANEL of weights,
        // PANEL initial sums, rows · PANEL sums.
        unsafe {
            multiply(
                x.as_ptr(),
                depth,
                panel.weights.as_ptr(),
                panel.start.as_ptr(),
                sums.as_mut_ptr(),
            );
        }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: the processor has tiles.
        unsafe { asm!("tilerelease", options(nostack, nomem)) }
    }
}

/// Bytes of a row of a panel's group, and of a row of its sums.
const STRIDE: usize = PANEL * 4;

/// Distance in bytes at which weights are prefetched: four steps of 64 inputs, about the latency of
/// a third-level cache. The processor's own prefetching, which starts over at every page, gives a
/// tenth fewer tokens per second on its own.
const AHEAD: usize = 4 * 64 * PANEL;

/// Prefetches half of the 2 048 bytes of weights of a later step, if any: 16 cache lines, starting
/// at line `first`. The last steps of a panel prefetch past its end; prefetching an unmapped
/// address is harmless.
macro_rules! prefetch_half {
    ($first:literal) => {
        concat!(
            ".if {ahead}\n",
            ".irp line, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n",
            "prefetcht0 [{w} + {ahead} + 64 * (",
            $first,
            " + \\line)]\n",
            ".endr\n",
            ".endif"
        )
    };
}

/// Multiplies 32 rows at `x`, of `depth` bytes each, with the panel at `weights`. Writes 32 rows of
/// sums to `out`, each of which starts from the sums at `start` (without an index register, all
/// rows of a tile are the same). Prefetches weights `A` bytes ahead, unless `A` is 0.
unsafe fn two_tiles<const A: usize>(
    x: *const u8,
    depth: usize,
    weights: *const i8,
    start: *const i32,
    out: *mut i32,
) {
    // SAFETY: guaranteed by the caller. Each of the depth / 64 iterations reads 64 bytes of each
    // row and 16 groups of weights.
    unsafe {
        asm!(
            "tileloadd tmm0, [{start}]",
            "tileloadd tmm1, [{start} + 64]",
            "tileloadd tmm2, [{start}]",
            "tileloadd tmm3, [{start} + 64]",
            "2:",
            "tileloadd tmm4, [{x0} + {depth}*1]",
            "tileloadd tmm6, [{w} + {stride}*1]",
            "tdpbusd tmm0, tmm4, tmm6",
            prefetch_half!("0"),
            "tileloadd tmm5, [{x1} + {depth}*1]",
            "tdpbusd tmm2, tmm5, tmm6",
            "tileloadd tmm7, [{w} + {stride}*1 + 64]",
            "tdpbusd tmm1, tmm4, tmm7",
            prefetch_half!("16"),
            "tdpbusd tmm3, tmm5, tmm7",
            "add {x0}, 64",
            "add {x1}, 64",
            "add {w}, 2048",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{o0} + {stride}*1], tmm0",
            "tilestored [{o0} + {stride}*1 + 64], tmm1",
            "tilestored [{o1} + {stride}*1], tmm2",
            "tilestored [{o1} + {stride}*1 + 64], tmm3",
            x0 = inout(reg) x => _,
            x1 = inout(reg) x.add(TILE_ROWS * depth) => _,
            w = inout(reg) weights => _,
            steps = inout(reg) depth / 64 => _,
            depth = in(reg) depth,
            stride = in(reg) STRIDE,
            start = in(reg) start,
            ahead = const A,
            o0 = in(reg) out,
            o1 = in(reg) out.add(TILE_ROWS * PANEL),
            out("tmm0") _,
            out("tmm1") _,
            out("tmm2") _,
            out("tmm3") _,
            out("tmm4") _,
            out("tmm5") _,
            out("tmm6") _,
            out("tmm7") _,
            options(nostack),
        );
    }
}

/// Multiplies as [`two_tiles`] does, for as many rows as the tiles are configured for.
unsafe fn one_tile<const A: usize>(
    x: *const u8,
    depth: usize,
    weights: *const i8,
    start: *const i32,
    out: *mut i32,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        asm!(
            "tileloadd tmm0, [{start}]",
            "tileloadd tmm1, [{start} + 64]",
            "2:",
            "tileloadd tmm4, [{x} + {depth}*1]",
            "tileloadd tmm6, [{w} + {stride}*1]",
            "tdpbusd tmm0, tmm4, tmm6",
            prefetch_half!("0"),
            "tileloadd tmm7, [{w} + {stride}*1 + 64]",
            "tdpbusd tmm1, tmm4, tmm7",
            prefetch_half!("16"),
            "add {x}, 64",
            "add {w}, 2048",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{o} + {stride}*1], tmm0",
            "tilestored [{o} + {stride}*1 + 64], tmm1",
            x = inout(reg) x => _,
            w = inout(reg) weights => _,
            steps = inout(reg) depth / 64 => _,
            depth = in(reg) depth,
            stride = in(reg) STRIDE,
            start = in(reg) start,
            ahead = const A,
            o = in(reg) out,
            out("tmm0") _,
            out("tmm1") _,
            out("tmm4") _,
            out("tmm6") _,
            out("tmm7") _,
            options(nostack),
        );
    }
}
