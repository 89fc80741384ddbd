//! The names that outputs and subjects may have: one plain component, so that no statement can
//! point outside its directory.

/// Says why `name` is not a plain file name, if it is not.
///
/// # Errors
///
/// The reason, to stand after the name.
pub fn refuse(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        Err("is empty")
    } else if name.starts_with('.') {
        // Covers `.` and `..`, and the temporary names of unfinished runs.
        Err("starts with a dot")
    } else if name.contains(['/', '\\']) {
        Err("is a path, not a file name")
    } else if name.chars().any(char::is_control) {
        Err("contains a control character")
    } else if name.len() > 240 {
        Err("is longer than 240 bytes")
    } else {
        Ok(())
    }
}
