//! The files of the folder `Logs`.

use std::fmt;

/// What is said of a conversion. Times are not, so that files are the same every time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs {
    info: String,
    warnings: String,
}

impl Logs {
    /// Says what was done.
    pub fn info(&mut self, message: impl fmt::Display) {
        self.info.push_str(&format!("INFO: {message}\n"));
    }

    /// Says what a user should look at; `Info.log` has it too.
    pub fn warning(&mut self, message: impl fmt::Display) {
        let line = format!("WARNING: {message}\n");
        self.info.push_str(&line);
        self.warnings.push_str(&line);
    }

    /// Names and texts of the files of a conversion that came to its end ("Output Files"): no error
    /// is left to log, and `FastqComplete.txt` says so to whoever waits for it.
    pub fn files(&self) -> [(&'static str, &str); 4] {
        [
            ("Errors.log", ""),
            ("FastqComplete.txt", ""),
            ("Info.log", &self.info),
            ("Warnings.log", &self.warnings),
        ]
    }
}
