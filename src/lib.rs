//! fafnir.
