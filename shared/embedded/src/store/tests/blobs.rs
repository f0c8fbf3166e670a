//! Payloads in files: where they lie, what a crash leaves, and when they go.

use super::*;
use orchestrator::ports::{BlobKey, Blobs};
use std::fs;
use std::path::PathBuf;

const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn key(meta: &Meta) -> BlobKey {
    BlobKey { run: run(meta), sha256: HASH.to_owned() }
}

/// Everything in the folder, however deep, that is not a folder itself.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

#[tokio::test]
async fn a_payload_is_one_file_named_by_hashes_alone_and_there_after_reopening() -> Result<()> {
    let directory = TempDir::new()?;
    let meta = meta("../../elsewhere");
    let store = Store::open(directory.path())?;
    for _ in 0..2 {
        Blobs::put(&store, &key(&meta), Bytes::from_static(b"abc")).await?;
    }
    drop(store);
    let found = files(&directory.path().join("blobs"))?;
    let [file] = found.as_slice() else { anyhow::bail!("{found:?}") };
    let names: Vec<String> =
        file.strip_prefix(directory.path())?.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    ensure!(names.len() == 3 && names[0] == "blobs" && names[2] == HASH, "{names:?}");
    ensure!(names[1].len() == 64 && names[1].bytes().all(|byte| byte.is_ascii_hexdigit()), "{names:?}");
    let store = Store::open(directory.path())?;
    ensure!(store.get(&key(&meta)).await? == Some(Bytes::from_static(b"abc")));
    Ok(())
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_not_found_and_goes_with_its_run() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let meta = meta("one");
    Blobs::put(&store, &key(&meta), Bytes::from_static(b"abc")).await?;
    let file = files(&directory.path().join("blobs"))?.pop().context("there is a file")?;
    fs::rename(&file, file.with_file_name(format!("{HASH}.9b2e")))?;
    ensure!(store.get(&key(&meta)).await?.is_none());
    store.remove(&run(&meta)).await?;
    ensure!(files(&directory.path().join("blobs"))?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_no_hash_is_refused_and_reaches_no_file() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let long = "a".repeat(65);
    for name in ["", "..", "../../lock", "abc", &HASH.to_uppercase(), &long] {
        let key = BlobKey { sha256: name.to_owned(), ..key(&meta("one")) };
        let refused = [Blobs::put(&store, &key, Bytes::new()).await.err(), store.get(&key).await.err()];
        for error in refused {
            ensure!(error.is_some_and(|error| !error.is_transient() && error.to_string().contains("no SHA-256")));
        }
    }
    ensure!(!directory.path().join("blobs").exists());
    Ok(())
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_a_reason_to_try_again() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    // In the way of the folder.
    fs::write(directory.path().join("blobs"), "")?;
    let error = Blobs::put(&store, &key(&meta("one")), Bytes::new()).await.err().context("it was written")?;
    ensure!(error.is_transient(), "{error}");
    fs::remove_file(directory.path().join("blobs"))?;
    Blobs::put(&store, &key(&meta("one")), Bytes::new()).await?;
    Ok(())
}

#[tokio::test]
async fn what_there_is_of_an_expired_execution_goes_when_its_name_starts_anew() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let old = Meta { expires: Some(Timestamp::from_micros(5_000)), ..meta("one") };
    let other = started(&store, "other").await?;
    ensure!(store.start(&old, &record(&old, 0)).await? == StartOutcome::New);
    for meta in [&old, &other] {
        Blobs::put(&store, &key(meta), Bytes::from_static(b"abc")).await?;
        store.join(&join_key(meta), &EndedChild { index: 0, seq: 2, succeeded: true }).await?;
    }
    let new = Meta { run: RunId("anew".into()), started: Timestamp::from_micros(5_000), ..meta("one") };
    ensure!(store.start(&new, &record(&new, 0)).await? == StartOutcome::New);
    ensure!(store.records(&run(&old)).await?.is_empty());
    ensure!(store.joined(&join_key(&old), 0..u32::MAX).await?.is_empty());
    ensure!(store.get(&key(&old)).await?.is_none());
    ensure!(store.get(&key(&other)).await?.is_some());
    ensure!(store.joined(&join_key(&other), 0..u32::MAX).await?.len() == 1);
    Ok(())
}
