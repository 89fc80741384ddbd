//! The files of a conversion until they are published: a statement for each folder.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fafnir_attest::InputProof;
use fafnir_attest::key::SigningKey;
use fafnir_attest::publish::{Claims, OutputDirectory, StagedFile, StagedOutput};
use fafnir_attest::statement::{
    BuildDefinition, CONVERSION_BUILD_TYPE, Dependency, RunDetails, Statement, Subject,
    SubjectKind, timestamp,
};
use fafnir_io::bgzf::EOF_BLOCK;
use serde_json::{Map, Value};

use crate::error::Error;

/// Files of a folder that a statement can list within the size of envelopes.
const MAX_FILES: usize = 40_000;

/// What the names of statements and records start with, in each folder.
const PREFIX: &str = "bcl";

/// All files of a conversion. Dropped before they are published, they leave nothing behind.
pub(super) struct Outputs {
    root: PathBuf,
    /// By path relative to the root.
    folders: BTreeMap<PathBuf, Folder>,
    /// Open FASTQ files, and their paths relative to the root.
    fastq: Vec<(PathBuf, StagedFile)>,
    places: HashMap<PathBuf, usize>,
    force: bool,
}

struct Folder {
    directory: OutputDirectory,
    /// FASTQ files that were started.
    fastq: usize,
    staged: Vec<(StagedOutput, SubjectKind)>,
}

/// What a statement says beside the files.
pub(super) struct Statements<'a> {
    pub(super) begun_at: SystemTime,
    pub(super) inputs: &'a [InputProof],
    pub(super) parameters: Map<String, Value>,
    pub(super) internal: Map<String, Value>,
    pub(super) key: &'a SigningKey,
}

impl Outputs {
    /// Makes the folder, and refuses earlier results unless `force`.
    pub(super) fn new(root: &Path, force: bool) -> Result<Self, Error> {
        let mut outputs = Self {
            root: root.to_owned(),
            folders: BTreeMap::new(),
            fastq: Vec::new(),
            places: HashMap::new(),
            force,
        };
        outputs.folder(Path::new(""))?;
        Ok(outputs)
    }

    fn folder(&mut self, relative: &Path) -> Result<&mut Folder, Error> {
        let folder = match self.folders.entry(relative.to_owned()) {
            Entry::Occupied(folder) => return Ok(folder.into_mut()),
            Entry::Vacant(folder) => folder,
        };
        let claims = Claims {
            prefix: PREFIX,
            envelope: ".dsse.json",
            suffixes: &["-inputs.sha256"],
        };
        let directory = OutputDirectory::claim(self.root.join(relative), &claims, self.force)?;
        Ok(folder.insert(Folder {
            directory,
            fastq: 0,
            staged: Vec::new(),
        }))
    }

    /// Starts a FASTQ file, or gives the place of one that was started.
    pub(super) fn fastq(&mut self, relative: &Path) -> Result<usize, Error> {
        if let Some(&place) = self.places.get(relative) {
            return Ok(place);
        }
        let name = file_name(relative);
        let folder = self.folder(relative.parent().unwrap_or_else(|| Path::new("")))?;
        if folder.fastq == MAX_FILES {
            return Err(Error::usage(format!(
                "{}: more than {MAX_FILES} FASTQ files in one folder: give samples projects and \
                 --bcl-sampleproject-subdirectories, or convert lane after lane with \
                 --bcl-only-lane, each into a folder of its own",
                folder.directory.path().display()
            )));
        }
        folder.fastq += 1;
        let file = folder.directory.create_one_of_many(&name)?;
        self.places.insert(relative.to_owned(), self.fastq.len());
        self.fastq.push((relative.to_owned(), file));
        Ok(self.fastq.len() - 1)
    }

    /// Appends to a FASTQ file.
    pub(super) fn append(&mut self, place: usize, bytes: &[u8]) -> Result<(), Error> {
        let (path, file) = &mut self.fastq[place];
        let written = file.write_all(bytes);
        written.map_err(|error| Error::writing(&self.root.join(path), error))
    }

    /// Writes another file.
    pub(super) fn write(
        &mut self,
        relative: &Path,
        kind: SubjectKind,
        write: impl FnOnce(&mut StagedFile) -> io::Result<()>,
    ) -> Result<(), Error> {
        let path = self.root.join(relative);
        let name = file_name(relative);
        let folder = self.folder(relative.parent().unwrap_or_else(|| Path::new("")))?;
        let mut file = folder.directory.create(&name)?;
        write(&mut file).map_err(|error| Error::writing(&path, error))?;
        folder.staged.push((file.finish()?, kind));
        Ok(())
    }

    /// Ends the FASTQ files, signs, and gives all files their names: those of the folder itself
    /// last. After an error files of other folders may have their names, with their statements.
    pub(super) fn publish(mut self, statements: Statements<'_>) -> Result<Vec<PathBuf>, Error> {
        for place in 0..self.fastq.len() {
            self.append(place, &EOF_BLOCK)?;
        }
        for (path, file) in std::mem::take(&mut self.fastq) {
            let staged = file.finish()?;
            let folder = self.folder(path.parent().unwrap_or_else(|| Path::new("")))?;
            folder.staged.push((staged, SubjectKind::Result));
        }
        let mut signed = Vec::new();
        for folder in self.folders.into_values() {
            let envelope = folder
                .directory
                .sign(&statements.of(&folder), statements.key)?;
            signed.push((folder, envelope));
        }
        let mut paths = Vec::new();
        for (folder, envelope) in signed.into_iter().rev() {
            let outputs: Vec<StagedOutput> = folder
                .staged
                .into_iter()
                .map(|(output, _)| output)
                .collect();
            let names = outputs.iter().chain([&envelope]).map(StagedOutput::name);
            paths.extend(names.map(|name| folder.directory.path().join(name)));
            folder.directory.publish(outputs, envelope)?;
        }
        paths.sort();
        Ok(paths)
    }
}

impl Statements<'_> {
    fn of(&self, folder: &Folder) -> Statement {
        let subjects = folder
            .staged
            .iter()
            .map(|(output, kind)| Subject::new(output, *kind));
        let definition = BuildDefinition {
            build_type: CONVERSION_BUILD_TYPE.to_owned(),
            external_parameters: self.parameters.clone(),
            internal_parameters: self.internal.clone(),
            resolved_dependencies: self.inputs.iter().map(Dependency::from).collect(),
        };
        let details = RunDetails::new(
            folder.directory.run_id(),
            &timestamp(self.begun_at),
            &timestamp(SystemTime::now()),
        );
        Statement::new(subjects.collect(), definition, details)
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
