//! Who is whose child: PED files, as PLINK and DRAGEN read them.

use rustc_hash::FxHashMap;

/// People and their parents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pedigree {
    people: Vec<Person>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    name: String,
    father: Option<String>,
    mother: Option<String>,
}

/// What is wrong with a pedigree file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {reason}")]
pub struct PedigreeError {
    /// Line, 1-based.
    pub line: usize,
    /// Why.
    pub reason: String,
}

/// Both parents and their children, as numbers of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) father: usize,
    pub(crate) mother: usize,
    pub(crate) children: Vec<usize>,
}

impl Pedigree {
    /// Reads PED: family, individual, father, mother, sex, and what may follow, separated by tabs or
    /// spaces; `0` is nobody, and lines with `#` are passed over.
    ///
    /// # Errors
    /// Too few columns, an individual twice, a sex that is not 0, 1, 2 or `other`, a father who is
    /// female or a mother who is male, somebody who is his own parent.
    pub fn parse(text: &str) -> Result<Self, PedigreeError> {
        let mut people: Vec<Person> = Vec::new();
        let mut lines: FxHashMap<&str, usize> = FxHashMap::default();
        let mut sexes: FxHashMap<&str, &str> = FxHashMap::default();
        let rows = || {
            let lines = text
                .lines()
                .enumerate()
                .map(|(i, line)| (i + 1, line.trim()));
            lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        };
        for (line, row) in rows() {
            let wrong = |reason: String| Err(PedigreeError { line, reason });
            let columns: Vec<&str> = row.split_whitespace().collect();
            let [_, name, father, mother, sex, ..] = columns[..] else {
                return wrong(format!(
                    "{} columns; expected family, individual, father, mother and sex",
                    columns.len()
                ));
            };
            if let Some(before) = lines.insert(name, line) {
                return wrong(format!("{name} stands in line {before} already"));
            }
            if !matches!(sex, "0" | "1" | "2" | "other") {
                return wrong(format!(
                    "sex {sex:?} is not 1 (male), 2 (female) or 0 (unknown)"
                ));
            }
            if [father, mother].contains(&name) {
                return wrong(format!("{name} is a parent of its own"));
            }
            sexes.insert(name, sex);
            let known = |parent: &str| (parent != "0").then(|| parent.to_owned());
            people.push(Person {
                name: name.to_owned(),
                father: known(father),
                mother: known(mother),
            });
        }
        for (line, row) in rows() {
            let mut columns = row.split_whitespace().skip(2);
            for (role, wrong) in [("father", "2"), ("mother", "1")] {
                let parent = columns.next().unwrap_or("0");
                if sexes.get(parent) == Some(&wrong) {
                    let sex = if wrong == "2" { "female" } else { "male" };
                    let reason = format!("{parent} is a {role} here, but {sex}");
                    return Err(PedigreeError { line, reason });
                }
            }
        }
        Ok(Self { people })
    }

    /// Families with both parents among the `samples`, in the order of the file; and how many
    /// children among them lack a parent there.
    pub(crate) fn families(&self, samples: &[String]) -> (Vec<Family>, usize) {
        let number = |name: &String| samples.iter().position(|sample| sample == name);
        let (mut families, mut incomplete): (Vec<Family>, usize) = (Vec::new(), 0);
        for person in &self.people {
            let Some(child) = number(&person.name) else {
                continue;
            };
            if person.father.is_none() && person.mother.is_none() {
                continue;
            }
            let parents = [&person.father, &person.mother].map(|p| p.as_ref().and_then(number));
            let [Some(father), Some(mother)] = parents else {
                incomplete += 1;
                continue;
            };
            let same = |family: &&mut Family| (family.father, family.mother) == (father, mother);
            match families.iter_mut().find(same) {
                Some(family) => family.children.push(child),
                None => families.push(Family {
                    father,
                    mother,
                    children: vec![child],
                }),
            }
        }
        (families, incomplete)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn families_have_both_parents_among_the_samples() {
        let text = "#fam id father mother sex phenotype\nf dad 0 0 1 1\nf\tmum\t0\t0\t2\t1\n\
            f kid dad mum 2 2\nf sib dad mum 1\nf half dad other 0 0\nf far x y 1\n";
        let pedigree = Pedigree::parse(text).unwrap();
        let samples = ["sib", "mum", "kid", "dad", "half"].map(String::from);
        let (families, incomplete) = pedigree.families(&samples);
        let family = Family {
            father: 3,
            mother: 1,
            children: vec![2, 0],
        };
        assert_eq!((families, incomplete), (vec![family], 1));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (text, line, why) in [
            ("f a 0 0", 1, "4 columns"),
            ("f a 0 0 1\nf a 0 0 1", 2, "a stands in line 1 already"),
            ("\nf a 0 0 male", 2, "sex \"male\""),
            ("f a a 0 1", 1, "parent of its own"),
            ("f k d m 1\nf d 0 0 2", 1, "d is a father here, but female"),
            ("f m 0 0 1\nf k d m 1", 2, "m is a mother here, but male"),
        ] {
            let error = Pedigree::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
