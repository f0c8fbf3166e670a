//! What `ratchet validate` prints, byte for byte. Its files stand beside this one; `UPDATE_GOLDEN=1` writes them anew.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};

#[path = "../support/mod.rs"]
mod support;

use support::ratchet;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate")
}

/// Compares what is printed of a definition with `DEFINITION.FORMAT.txt`, and its last line with this one.
fn check(name: &str, arguments: &[&str], format: &str, code: i32, sum: &str) -> anyhow::Result<()> {
    let there = tempfile::tempdir()?;
    let definition = format!("{name}.asl.json");
    std::fs::copy(folder().join(&definition), there.path().join(&definition))?;
    let ended = ratchet(there.path(), &[&["validate", &definition, "--format", format], arguments].concat())?;
    ensure!(ended.code == Some(code), "{name}: {ended:#?}");
    ensure!(ended.stderr.trim_end() == sum, "{name}: {ended:#?}");
    ensure!(!ended.stdout.contains('\u{1b}'), "colours are for terminals: {ended:#?}");
    let golden = folder().join(format!("{name}.{format}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &ended.stdout)?;
    }
    let expected = std::fs::read_to_string(&golden).with_context(|| format!("failed to read {}", golden.display()))?;
    ensure!(ended.stdout == expected, "{} differs; printed was:\n{}", golden.display(), ended.stdout);
    Ok(())
}

#[test]
fn errors_are_shown_under_their_lines() -> anyhow::Result<()> {
    check("order", &[], "pretty", 1, "0 of 1 valid, 8 errors")
}

#[test]
fn errors_are_told_in_a_line_each() -> anyhow::Result<()> {
    check("order", &[], "short", 1, "0 of 1 valid, 8 errors")
}

#[test]
fn errors_are_data() -> anyhow::Result<()> {
    check("order", &[], "json", 1, "0 of 1 valid, 8 errors")
}

#[test]
fn expressions_of_jsonata_are_shown_with_what_to_write() -> anyhow::Result<()> {
    check("jsonata", &[], "pretty", 1, "0 of 1 valid, 7 errors, 1 warning")
}

#[test]
fn hints_refuse_nothing_and_say_what_to_do() -> anyhow::Result<()> {
    check("hints", &[], "pretty", 0, "1 of 1 valid, 5 warnings")
}

#[test]
fn text_that_is_no_json_is_shown_where_reading_stopped() -> anyhow::Result<()> {
    check("cut", &[], "pretty", 1, "0 of 1 valid, 1 error")
}

#[test]
fn a_definition_may_be_wrong_for_express_alone() -> anyhow::Result<()> {
    check("hints", &["--type", "express"], "short", 1, "0 of 1 valid, 1 error, 1 warning")
}
