//! The one instruction of the processor that portable Rust cannot say.

/// Asks the cache for `slice[index]`; nothing happens where that lies outside.
#[inline(always)]
pub(crate) fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(item) = slice.get(index) {
        #[allow(unsafe_code)]
        // SAFETY: a prefetch of a valid reference's address reads nothing and cannot fault; SSE is
        // part of every x86_64.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(item).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
