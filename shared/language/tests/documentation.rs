//! Every code of a finding is explained in `docs/validation.md`.

const PAGE: &str = include_str!("../../../docs/validation.md");
const SOURCE: &str = include_str!("../src/diagnostic.rs");

/// The codes that `Code::as_str` spells.
fn codes() -> impl Iterator<Item = &'static str> {
    let spelled = SOURCE.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""));
    let codes = spelled.map(|(_, code)| code.trim_end_matches("\","));
    codes.filter(|code| !matches!(*code, "ERROR" | "WARNING"))
}

#[test]
fn every_code_has_its_line() {
    assert!(codes().count() > 20);
    for code in codes() {
        assert!(PAGE.contains(&format!("`{code}`")), "docs/validation.md says nothing of {code}");
    }
}

#[test]
fn the_page_explains_no_code_that_is_not_there() {
    let known: Vec<&str> = codes().collect();
    let words = PAGE
        .split('`')
        .filter(|word| word.contains('_') && word.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase()));
    for word in words.filter(|word| *word != "NO_COLOR") {
        assert!(known.contains(&word), "docs/validation.md explains {word}");
    }
}
