//! The product of integers with the vector instructions of x86.
//!
//! Each kernel is compiled for instructions that the processor may lack. That is why calling it is
//! `unsafe`, and why it is only called after a check of the processor. Registers are filled from
//! arrays by value, which needs no pointer.

#![expect(
    unsafe_code,
    reason = "functions compiled for more than the baseline instructions, and bytes read unchecked in one of them"
)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m256i, __m512i, _mm256_abs_epi8, _mm256_add_epi32, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_sign_epi8,
    _mm512_dpbusd_epi32, _mm512_set1_epi32,
};

use pulp::bytemuck::cast;

use super::layout::{GROUP, Panel};
use crate::kernel::PANEL;
use crate::kernel::prefetch::prefetch;

pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
}

pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// Implements `Kernel::sums` with AVX2.
pub(super) fn sums_avx2(x: &[u8], depth: usize, panel: Panel, sums: &mut [i32]) {
    assert!(has_avx2(), "checked when the kernel was chosen");
    // SAFETY: the processor supports the instructions that the function is compiled for.
    unsafe { avx2(x, depth, panel, sums) }
}

/// Implements `Kernel::sums` with AVX-512.
pub(super) fn sums_avx512(x: &[u8], depth: usize, panel: Panel, sums: &mut [i32]) {
    assert!(has_avx512(), "checked when the kernel was chosen");
    // SAFETY: the processor supports the instructions that the function is compiled for.
    unsafe { avx512(x, depth, panel, sums) }
}

/// Divides rows into tiles of the given sizes, the largest first, as evenly as possible: tiles of
/// five rows share their weights better than one of eight and one of two. The panel to prefetch is
/// divided into as many parts.
macro_rules! tiles {
    ($tile:ident, [$max:literal, $($size:literal),*], $x:ident, $depth:ident, $panel:ident, $sums:ident) => {
        let (mut x, mut sums) = ($x, $sums.as_chunks_mut::<PANEL>().0);
        let part = $panel.ahead.len().div_ceil(sums.len().div_ceil($max).max(1)).max(1);
        let mut ahead = $panel.ahead.chunks(part);
        while !sums.is_empty() {
            let size = sums.len().div_ceil(sums.len().div_ceil($max));
            let (this_x, rest_x) = x.split_at(size * $depth);
            let (this_sums, rest_sums) = sums.split_at_mut(size);
            let panel = Panel {
                ahead: ahead.next().unwrap_or_default(),
                ..$panel
            };
            match size {
                $max => $tile::<$max>(this_x, $depth, panel, this_sums),
                $($size => $tile::<$size>(this_x, $depth, panel, this_sums),)*
                _ => unreachable!("no other tile size exists"),
            }
            (x, sums) = (rest_x, rest_sums);
        }
    };
}

/// Returns the rows of a tile in groups, each cut to `groups` groups, so that the compiler can see
/// that none is shorter.
#[inline(always)]
fn rows<const ROWS: usize>(x: &[u8], depth: usize, groups: usize) -> [&[[u8; GROUP]]; ROWS] {
    let mut rows: [&[[u8; GROUP]]; ROWS] = [&[]; ROWS];
    for (row, bytes) in rows.iter_mut().zip(x.chunks_exact(depth)) {
        *row = &bytes.as_chunks().0[..groups];
    }
    rows
}

/// The kernel prefetches the next panel evenly while it multiplies this one. Only the first tile of
/// a panel reads memory, as fast as it can; during the later tiles memory would be idle. A single
/// tile waits for memory alone, and is fastest in the order that the processor's own prefetching
/// detects.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn avx512(x: &[u8], depth: usize, mut panel: Panel, sums: &mut [i32]) {
    // Eight rows of two registers each keep the multiplier busy; the addresses of more rows would
    // not fit the registers.
    if sums.len() <= 8 * PANEL {
        panel.ahead = &[];
    }
    tiles!(tile_avx512, [8, 7, 6, 5, 4, 3, 2, 1], x, depth, panel, sums);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile_avx512<const ROWS: usize>(x: &[u8], depth: usize, panel: Panel, sums: &mut [[i32; PANEL]]) {
    let mut totals = [cast::<[i32; PANEL], [__m512i; 2]>(*panel.start); ROWS];
    let groups = panel.weights.as_chunks::<{ PANEL * GROUP }>().0;
    assert!(x.len() == ROWS * depth && depth == groups.len() * GROUP);
    // At most one cache line per group; with less than a line, a prefetch costs only its
    // instruction.
    let ahead = panel.ahead;
    let mut ahead = ahead.chunks(ahead.len().div_ceil(groups.len().max(1)).max(1));
    for (group, weights) in groups.iter().enumerate() {
        if let Some([first, ..]) = ahead.next() {
            prefetch(first);
        }
        let weights = cast::<[i8; PANEL * GROUP], [__m512i; 2]>(*weights);
        for (row, totals) in totals.iter_mut().enumerate() {
            // SAFETY: `x` has `ROWS` rows of `depth` bytes, as asserted above; checking the bounds
            // here would take as many instructions as the products do.
            let bytes = unsafe {
                x.as_ptr()
                    .add(row * depth + group * GROUP)
                    .cast::<[u8; GROUP]>()
                    .read()
            };
            let factor = _mm512_set1_epi32(i32::from_ne_bytes(bytes));
            for (total, weights) in totals.iter_mut().zip(weights) {
                *total = _mm512_dpbusd_epi32(*total, factor, weights);
            }
        }
    }
    for (sums, totals) in sums.iter_mut().zip(totals) {
        *sums = cast(totals);
    }
}

#[target_feature(enable = "avx2")]
fn avx2(x: &[u8], depth: usize, panel: Panel, sums: &mut [i32]) {
    // Two rows of four registers each, the weights and intermediate results: 15 of 16 registers.
    tiles!(tile_avx2, [2, 1], x, depth, panel, sums);
}

#[target_feature(enable = "avx2")]
fn tile_avx2<const ROWS: usize>(x: &[u8], depth: usize, panel: Panel, sums: &mut [[i32; PANEL]]) {
    const REGISTERS: usize = PANEL / 8;
    let ones = _mm256_set1_epi16(1);
    let mut totals = [[_mm256_setzero_si256(); REGISTERS]; ROWS];
    let groups = panel.weights.as_chunks::<{ PANEL * GROUP }>().0;
    let rows = rows::<ROWS>(x, depth, groups.len());
    for (group, weights) in groups.iter().enumerate() {
        let weights = cast::<[i8; PANEL * GROUP], [__m256i; REGISTERS]>(*weights);
        for row in 0..ROWS {
            // Back to signed bytes, whose magnitudes are at most 128: the sum of two products of
            // those with 127 fits 16 bits, which that of two whole unsigned bytes would not.
            let signed = u32::from_ne_bytes(rows[row][group]) ^ 0x8080_8080;
            let factor = _mm256_set1_epi32(signed.cast_signed());
            let magnitude = _mm256_abs_epi8(factor);
            for register in 0..REGISTERS {
                let pairs =
                    _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(weights[register], factor));
                totals[row][register] =
                    _mm256_add_epi32(totals[row][register], _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    for (sums, totals) in sums.iter_mut().zip(totals) {
        *sums = cast(totals);
    }
}
