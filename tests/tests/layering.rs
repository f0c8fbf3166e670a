//! Who may know whom: what `cargo metadata` says, held against the rules of ARCHITECTURE.md.

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// Our crates from the bottom up. A crate may know those of lower layers, and no other of its own.
const LAYERS: [&[&str]; 9] = [
    &["ratchet-model", "ratchet-jsonata", "ratchet-shapes"],
    &["ratchet-expression"],
    &["ratchet-language"],
    &["ratchet-engine"],
    &["ratchet-orchestrator"],
    // What binaries and adapters stand on: the environment, the clock, the way to AWS.
    &["ratchet-bootstrap", "ratchet-aws"],
    &[
        "ratchet-api",
        "ratchet-store",
        "ratchet-queue",
        "ratchet-integrations",
        "ratchet-embedded",
        "ratchet-simulation",
    ],
    // The adapters over AWS put together, for all functions.
    &["ratchet-deployment"],
    // Whatever runs: the functions, the CLI, these tests.
    &[],
];

/// The layer of whatever [`LAYERS`] does not name.
const WIRING: usize = 8;

/// What stands beside the layers: it describes what they do, knows none of them, and none of them knows it.
const APART: [&str; 1] = ["ratchet-protocol"];

/// What must work without a clock, input or output.
const PURE: [&str; 6] =
    ["ratchet-model", "ratchet-jsonata", "ratchet-shapes", "ratchet-expression", "ratchet-language", "ratchet-engine"];

/// What a pure crate may use besides our own.
const ALLOWED_IN_PURE: [&str; 12] = [
    "serde",
    "serde_json",
    "thiserror",
    "jiff",
    "indexmap",
    "base64",
    "md-5",
    "ryu-js",
    "sha1",
    "sha2",
    "regex",
    "unicode-ident",
];

fn metadata(with_dependencies: bool) -> Result<Metadata> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |how: &str| {
        let mut command = MetadataCommand::new();
        command.manifest_path(root.join("Cargo.toml")).other_options(vec![how.to_owned()]);
        if !with_dependencies {
            command.no_deps();
        }
        command.exec()
    };
    // What was built here is here; crates for other platforms may have to be asked for.
    read("--offline").or_else(|_| read("--locked")).context("failed to run cargo metadata")
}

fn layer(name: &str) -> usize {
    LAYERS.iter().position(|layer| layer.contains(&name)).unwrap_or(WIRING)
}

/// Names of the package's dependencies, those of its tests apart.
fn dependencies(package: &Package, of_tests: bool) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(move |dependency| (dependency.kind == DependencyKind::Development) == of_tests)
        .map(|dependency| dependency.name.as_str())
}

#[test]
fn crates_know_only_those_below_them() -> Result<()> {
    let metadata = metadata(false)?;
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        for of_tests in [false, true] {
            for known in dependencies(package, of_tests).filter(|known| ours.contains(known)) {
                // Tests of an adapter may stand on the simulation.
                let stands_on_simulation = of_tests && known == "ratchet-simulation";
                let is_apart = APART.contains(&name) || APART.contains(&known);
                if is_apart || (layer(known) >= layer(name) && !stands_on_simulation) {
                    wrong.push(format!("{name} must not know {known}"));
                }
            }
        }
    }
    wrong.extend(APART.iter().filter(|name| !ours.contains(**name)).map(|name| format!("there is no {name}")));
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn pure_crates_use_nothing_that_waits_or_asks() -> Result<()> {
    let metadata = metadata(false)?;
    let mut wrong = Vec::new();
    for package in metadata.packages.iter().filter(|package| PURE.contains(&package.name.as_str())) {
        for known in dependencies(package, false) {
            if !ALLOWED_IN_PURE.contains(&known) && !PURE.contains(&known) {
                wrong.push(format!("{} must not use {known}", package.name));
            }
        }
    }
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn the_cli_is_built_without_any_aws_crate() -> Result<()> {
    let metadata = metadata(true)?;
    let resolve = metadata.resolve.as_ref().context("cargo metadata resolves dependencies")?;
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let packages: BTreeMap<&PackageId, _> = metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let cli = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli").canonicalize()?;
    let is_cli = |package: &&Package| package.manifest_path.parent().is_some_and(|folder| folder == cli);
    let cli = metadata.workspace_packages().into_iter().find(is_cli).context("there is no crate in cli/")?;

    let mut seen = BTreeSet::from([&cli.id]);
    let mut queue = VecDeque::from([&cli.id]);
    let mut found = Vec::new();
    while let Some(id) = queue.pop_front() {
        let package = packages.get(id).with_context(|| format!("{id} is no package"))?;
        if package.name.starts_with("aws-") {
            found.push(package.name.to_string());
        }
        let node = nodes.get(id).with_context(|| format!("{id} is not resolved"))?;
        for dependency in &node.deps {
            let is_built = dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            if is_built && seen.insert(&dependency.pkg) {
                queue.push_back(&dependency.pkg);
            }
        }
    }
    anyhow::ensure!(seen.len() > 1, "the CLI has no dependencies: the graph was not read");
    anyhow::ensure!(found.is_empty(), "the CLI is built with {}", found.join(", "));
    Ok(())
}

#[test]
fn the_architecture_names_the_crates_that_exist() -> Result<()> {
    let metadata = metadata(false)?;
    let root = metadata.workspace_root.as_std_path();
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).context("failed to read ARCHITECTURE.md")?;
    let row = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    let named: BTreeSet<String> = text.lines().filter_map(row).collect();
    let mut there = BTreeSet::new();
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
        there.insert(folder.as_std_path().strip_prefix(root)?.display().to_string());
    }
    let missing: Vec<_> = there.difference(&named).collect();
    let gone: Vec<_> = named.difference(&there).collect();
    anyhow::ensure!(missing.is_empty(), "ARCHITECTURE.md has no row for {missing:?}");
    anyhow::ensure!(gone.is_empty(), "ARCHITECTURE.md has rows for {gone:?}, which do not exist");
    Ok(())
}

/// The text of every Rust file of the project.
fn sources(folder: &Path, found: &mut String) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

#[test]
fn the_failure_table_names_tests_that_exist() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    let (_, section) = text.split_once("## When something fails").context("the failure table is not there")?;
    let rows = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let mut code = String::new();
    for folder in ["shared", "tests", "cli"] {
        sources(&root.join(folder), &mut code)?;
    }
    let mut count = 0;
    for row in rows.skip(2) {
        let tests = row.trim_end_matches('|').rsplit('|').next().context("a row has columns")?;
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).filter(|name| !name.contains('/')).collect();
        ensure!(!names.is_empty(), "a row without a test: {row}");
        for name in names {
            ensure!(code.contains(&format!("fn {name}(")), "there is no test {name}");
            count += 1;
        }
    }
    ensure!(count >= 15, "only {count} tests are named");
    Ok(())
}
