//! What is genotyped together.

use std::path::{Path, PathBuf};

use fafnir_joint_genotyper::JointOptions;

use crate::error::Error;

/// gVCF files of the samples that are genotyped together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cohort {
    /// The files, of one or more samples each; the samples of the output are in this order.
    pub files: Vec<PathBuf>,
    /// PED file of who is whose child.
    pub pedigree: Option<PathBuf>,
    /// How they are genotyped.
    pub options: JointOptions,
}

impl Cohort {
    /// Checks that there are files, none of them twice.
    ///
    /// # Errors
    ///
    /// [`Class::Usage`](crate::Class::Usage), with what is wrong.
    pub fn validate(&self) -> Result<(), Error> {
        if self.files.is_empty() {
            return Err(Error::usage(
                "no gVCF files given; name them with --variant or --variant-list",
            ));
        }
        let mut files: Vec<&PathBuf> = self.files.iter().collect();
        files.sort_unstable();
        match files.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Error::usage(format!(
                "{}: is given twice; its samples would count twice",
                pair[0].display()
            ))),
            None => Ok(()),
        }
    }
}

/// The files that a list names: one a line, from the list's folder on; empty lines and those with
/// `#` are passed over.
///
/// # Errors
///
/// A list without files.
pub fn parse_variant_list(path: &Path, text: &str) -> Result<Vec<PathBuf>, Error> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let lines = text.lines().map(str::trim);
    let named = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let files: Vec<PathBuf> = named.map(|line| folder.join(line)).collect();
    if files.is_empty() {
        return Err(Error::input(format!(
            "{}: names no file; write the path of a gVCF file in each line",
            path.display()
        )));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lists_name_files_from_their_own_folder() {
        let files =
            parse_variant_list(Path::new("x/list.txt"), "# all\na.g.vcf.gz\r\n\n/b/c.vcf\n");
        assert_eq!(
            files.unwrap(),
            [Path::new("x/a.g.vcf.gz"), Path::new("/b/c.vcf")]
        );
        let error = parse_variant_list(Path::new("l"), "\n#a\n").unwrap_err();
        assert!(error.to_string().contains("names no file"), "{error}");
    }

    #[test]
    fn no_file_counts_twice() {
        let cohort = |files: &[&str]| Cohort {
            files: files.iter().map(PathBuf::from).collect(),
            ..Cohort::default()
        };
        cohort(&["a", "b"]).validate().unwrap();
        for wrong in [&[][..], &["a", "b", "a"]] {
            let error = cohort(wrong).validate().unwrap_err();
            assert_eq!(error.class(), crate::Class::Usage);
        }
    }
}
