//! The program `fafnir`.
fn main() {}
