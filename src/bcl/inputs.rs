//! Proof of what was read. A run folder may have hundreds of thousands of files: their digests are
//! in a list, as `sha256sum` writes and checks it, and the statement names the list.

use std::path::{Component, Path, PathBuf};

use fafnir_attest::{FileDigest, InputProof, Pending};
use rayon::prelude::*;

use super::plan::RunPlan;
use crate::error::Error;

/// Digests of the run folder's files.
pub(super) struct Inputs {
    /// Lines of `sha256sum`, by path relative to the run folder.
    pub(super) list: Vec<u8>,
    /// The list, as the statement has it.
    pub(super) proof: InputProof,
}

/// Reads all files of the plan's lanes on the current pool.
pub(super) fn prove(plan: &RunPlan) -> Result<Inputs, Error> {
    let (folder, path) = (&plan.folder, &plan.demultiplexing.run_folder);
    let lanes = plan.lane_numbers();
    let mut files: Vec<PathBuf> = folder.files();
    files.retain(|file| lane_of(file, path).is_none_or(|lane| lanes.contains(&lane)));
    files.sort();
    let lines: Vec<String> = files
        .par_iter()
        .map(|file| {
            let digest = Pending::open(file, None)?.finish()?.digest.sha256;
            let name = file.strip_prefix(path).unwrap_or(file);
            Ok(format!("{digest}  {}\n", name.display()))
        })
        .collect::<Result<_, Error>>()?;
    let list = lines.concat().into_bytes();
    let digest = FileDigest::of(&list);
    let proof = InputProof::new(&folder.run_info().run_id, "run folder", digest, None)?;
    Ok(Inputs { list, proof })
}

/// The lane that a file is of by a folder such as `L001`; none for files of the whole run.
fn lane_of(file: &Path, run_folder: &Path) -> Option<u8> {
    let below = file.strip_prefix(run_folder).ok()?;
    below.components().find_map(|part| match part {
        Component::Normal(name) => name.to_str()?.strip_prefix('L')?.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_of_the_lane_of_their_folder() {
        let lane = |file: &str| lane_of(&Path::new("/L009/run").join(file), Path::new("/L009/run"));
        assert_eq!(
            lane("Data/Intensities/BaseCalls/L003/C1.1/L003_1.cbcl"),
            Some(3)
        );
        assert_eq!(lane("Data/Intensities/s.locs"), None);
    }
}
