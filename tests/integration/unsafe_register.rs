//! `docs/UNSAFE.md` lists every use of `unsafe`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::support::repository;

#[test]
fn every_site_is_registered() {
    let mut found = BTreeMap::new();
    for folder in ["src", "crates", "benches", "tests", "fuzz"] {
        visit(&repository(folder), &mut |path| {
            let text = fs::read_to_string(&path).unwrap();
            let sites = text.lines().map(sites).sum::<usize>();
            if sites > 0 {
                let root = repository("");
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, sites);
            }
        });
    }
    let register = fs::read_to_string(repository("docs/UNSAFE.md")).unwrap();
    let registered: BTreeMap<String, usize> = register
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let file = cells.next()?.strip_suffix('`')?;
            Some((file.to_owned(), cells.next()?.parse().ok()?))
        })
        .collect();
    assert_eq!(
        found, registered,
        "sources on the left, docs/UNSAFE.md on the right"
    );
}

fn visit(folder: &Path, each: &mut impl FnMut(PathBuf)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            visit(&path, each);
        } else if path.extension().is_some_and(|e| e == "rs") {
            each(path);
        }
    }
}

/// Uses of the keyword: before a block, a function, an implementation or a trait.
fn sites(line: &str) -> usize {
    let code = line.split("//").next().unwrap_or_default();
    let keyword = [
        "unsafe ", "fn", "unsafe ", "{", "unsafe ", "impl", "unsafe ", "trait", "unsafe ", "extern",
    ];
    keyword
        .chunks(2)
        .map(|pair| code.matches(&pair.concat()).count())
        .sum()
}

#[test]
fn the_keyword_is_found_in_all_its_uses() {
    let keyword = "unsafe";
    for (line, count) in [
        (format!("let x = {keyword} {{ f() }};"), 1),
        (format!("pub {keyword} fn f() {{}} // {keyword} fn"), 1),
        (format!("{keyword} impl Send for X {{}}"), 1),
        (format!("/// {keyword} code"), 0),
        (format!("#![forbid({keyword}_code)]"), 0),
    ] {
        assert_eq!(sites(&line), count, "{line}");
    }
}
