use super::Reference;

/// Contigs of the reference that an error names.
const SHOWN: usize = 5;

/// Longest part of a name that an error repeats, in characters.
const NAME_SHOWN: usize = 200;

/// A file names a contig that the reference does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "contig {name:?} is not in the reference, which has {known}: is the file for another reference?"
)]
pub struct UnknownContig {
    /// The name, or its first 200 characters.
    pub name: String,
    /// The first names of the reference.
    pub known: String,
}

impl UnknownContig {
    pub(crate) fn new(name: &str, reference: &Reference) -> Self {
        let names = reference.contigs().iter().map(|contig| &*contig.name);
        let mut known = names.take(SHOWN).collect::<Vec<_>>().join(", ");
        let rest = reference.contigs().len().saturating_sub(SHOWN);
        if rest > 0 {
            known += &format!(" and {rest} more");
        }
        Self {
            name: name.chars().take(NAME_SHOWN).collect(),
            known,
        }
    }
}
