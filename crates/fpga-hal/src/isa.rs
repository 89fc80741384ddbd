use std::{env, fmt};

use crate::{HalError, arch::Avx2, known_answer};

/// The environment variable that overrides [`Isa::detect`].
pub(crate) const FORCE_ISA: &str = "FAFNIR_FORCE_ISA";

/// An instruction set that the kernels are written for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Isa {
    /// Portable Rust: the definition that all others are held against.
    Scalar,
    /// x86-64 with AVX2: 32 lanes of 8 bits, 16 lanes of 16 bits, 8 lanes of f32.
    Avx2,
}

impl Isa {
    /// Returns the best available instruction set whose kernels pass their known-answer test.
    ///
    /// `FAFNIR_FORCE_ISA=scalar|avx2` names one instead; then it is that one or an error.
    ///
    /// # Errors
    ///
    /// [`HalError::UnknownIsa`] and [`HalError::IsaUnavailable`] when forced,
    /// [`HalError::KnownAnswer`] when the forced one, or none at all, computes correctly.
    pub fn detect() -> Result<Self, HalError> {
        let forced = env::var_os(FORCE_ISA).map(|value| value.to_string_lossy().into_owned());
        Self::choose(forced.as_deref())
    }

    /// Returns whether this processor offers the instruction set.
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            Self::Avx2 => Avx2::new().is_some(),
        }
    }

    /// Returns the name, as in `FAFNIR_FORCE_ISA`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
        }
    }

    pub(crate) fn choose(forced: Option<&str>) -> Result<Self, HalError> {
        let forced = match forced {
            Some("scalar") => Self::Scalar,
            Some("avx2") => Self::Avx2,
            Some(value) => {
                return Err(HalError::UnknownIsa {
                    value: value.to_owned(),
                });
            }
            None if known_answer::check(Self::Avx2).is_ok() => return Ok(Self::Avx2),
            None => Self::Scalar,
        };
        known_answer::check(forced).map(|()| forced)
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forced_isa_is_that_one_or_an_error() {
        assert_eq!(Isa::choose(Some("scalar")), Ok(Isa::Scalar));
        assert_eq!(
            Isa::choose(Some("sse9")),
            Err(HalError::UnknownIsa {
                value: "sse9".to_owned()
            })
        );
        assert!(Isa::choose(Some("")).is_err());
        let avx2 = Isa::choose(Some("avx2"));
        if Isa::Avx2.is_available() {
            assert_eq!(avx2, Ok(Isa::Avx2));
            assert_eq!(Isa::choose(None), Ok(Isa::Avx2));
        } else {
            assert_eq!(avx2, Err(HalError::IsaUnavailable { isa: Isa::Avx2 }));
            assert_eq!(Isa::choose(None), Ok(Isa::Scalar));
        }
    }
}
