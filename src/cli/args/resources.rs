//! How much of the machine may be used.

use clap::Args;

/// Threads and memory; their heading is that of the options around them.
#[derive(Args, Debug)]
pub(crate) struct ResourceArgs {
    #[command(flatten)]
    pub(crate) threads: ThreadArgs,

    /// Memory to plan with, such as 32G
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) memory: Option<u64>,
}

/// Threads alone.
#[derive(Args, Debug)]
pub(crate) struct ThreadArgs {
    /// Threads that work [default: all that this process may use]
    #[arg(short, long, value_name = "N", visible_alias = "num-threads")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl ThreadArgs {
    /// The number of threads; `all` where none is given.
    pub(crate) fn or(&self, all: usize) -> usize {
        self.threads.map_or(all, usize::from)
    }
}

/// A number of bytes with an optional K, M, G or T (powers of 1,024).
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        unit => return Err(format!("{unit} is no unit; use K, M, G or T")),
    };
    digits
        .parse::<u64>()
        .map_err(|e| e.to_string())?
        .checked_mul(1 << shift)
        .ok_or_else(|| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(parse_size("512"), Ok(512));
        assert_eq!(parse_size("4k"), Ok(4096));
        assert_eq!(parse_size("32G"), Ok(32 << 30));
        assert_eq!(parse_size("2GiB"), Ok(2 << 30));
        for wrong in ["", "G", "1X", "-1G", "1.5G", "99999999999T"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
