//! The contract of the port `Blobs`.

use super::{fresh, machine_arn};
use anyhow::{Result, ensure};
use bytes::Bytes;
use model::RunId;
use orchestrator::RunKey;
use orchestrator::ports::{BlobKey, Blobs};
use std::sync::Arc;

type Adapter = Arc<dyn Blobs>;

/// Lists every contract of this port for [`crate::each_contract`].
#[macro_export]
macro_rules! blobs_contracts {
    ($make:expr) => {
        $crate::each_contract! { $make;
            blobs::a_payload_comes_back_byte_for_byte,
            blobs::a_payload_may_be_put_again,
            blobs::many_put_one_payload_at_once,
            blobs::a_payload_that_is_not_there_is_none,
            blobs::runs_have_payloads_of_their_own,
            blobs::all_payloads_of_a_run_go_and_no_others,
            blobs::any_name_of_an_execution_will_do,
        }
    };
}

/// Payloads are opaque: empty, binary, large.
pub async fn a_payload_comes_back_byte_for_byte(blobs: Adapter) -> Result<()> {
    let run = run("one");
    let contents = [Bytes::new(), Bytes::from_static(&[0, 255, 0, 10, 13]), Bytes::from(vec![7; 5_000_000])];
    for (number, content) in contents.into_iter().enumerate() {
        let key = key(&run, number);
        blobs.put(&key, content.clone()).await?;
        ensure!(blobs.get(&key).await? == Some(content), "{number}");
    }
    Ok(())
}

/// By a worker that does a step again.
pub async fn a_payload_may_be_put_again(blobs: Adapter) -> Result<()> {
    let key = key(&run("one"), 1);
    for _ in 0..3 {
        blobs.put(&key, Bytes::from_static(b"content")).await?;
    }
    ensure!(blobs.get(&key).await? == Some(Bytes::from_static(b"content")));
    Ok(())
}

/// Whoever has its answer finds it, whole.
pub async fn many_put_one_payload_at_once(blobs: Adapter) -> Result<()> {
    let (key, content) = (key(&run("one"), 1), Bytes::from(vec![b'x'; 300_000]));
    let puts = (0..10).map(|_| {
        let (blobs, key, content) = (Arc::clone(&blobs), key.clone(), content.clone());
        tokio::spawn(async move {
            blobs.put(&key, content).await?;
            blobs.get(&key).await
        })
    });
    for put in puts.collect::<Vec<_>>() {
        ensure!(put.await?? == Some(content.clone()));
    }
    Ok(())
}

/// Absence is an answer, not an error.
pub async fn a_payload_that_is_not_there_is_none(blobs: Adapter) -> Result<()> {
    let run = run("one");
    ensure!(blobs.get(&key(&run, 1)).await?.is_none());
    blobs.remove(&run).await?;
    blobs.put(&key(&run, 1), Bytes::from_static(b"content")).await?;
    ensure!(blobs.get(&key(&run, 2)).await?.is_none());
    Ok(())
}

/// Also two runs of one name: the old one's may go while the new one lives.
pub async fn runs_have_payloads_of_their_own(blobs: Adapter) -> Result<()> {
    let old = run("one");
    let new = RunKey { run: RunId(fresh("run").into()), ..old.clone() };
    blobs.put(&key(&old, 1), Bytes::from_static(b"content")).await?;
    ensure!(blobs.get(&key(&new, 1)).await?.is_none());
    blobs.put(&key(&new, 1), Bytes::from_static(b"content")).await?;
    blobs.remove(&old).await?;
    ensure!(blobs.get(&key(&old, 1)).await?.is_none());
    ensure!(blobs.get(&key(&new, 1)).await? == Some(Bytes::from_static(b"content")));
    Ok(())
}

/// However many there are, and they may come again.
pub async fn all_payloads_of_a_run_go_and_no_others(blobs: Adapter) -> Result<()> {
    let (gone, other) = (run("one"), run("one"));
    blobs.put(&key(&other, 0), Bytes::from_static(b"other")).await?;
    for number in 0..40 {
        blobs.put(&key(&gone, number), Bytes::from(format!("payload {number}"))).await?;
    }
    for _ in 0..2 {
        blobs.remove(&gone).await?;
        for number in 0..40 {
            ensure!(blobs.get(&key(&gone, number)).await?.is_none(), "{number}");
        }
    }
    ensure!(blobs.get(&key(&other, 0)).await? == Some(Bytes::from_static(b"other")));
    blobs.put(&key(&gone, 3), Bytes::from_static(b"again")).await?;
    ensure!(blobs.get(&key(&gone, 3)).await? == Some(Bytes::from_static(b"again")));
    Ok(())
}

/// It is no path, and no part of one.
pub async fn any_name_of_an_execution_will_do(blobs: Adapter) -> Result<()> {
    let machine = machine_arn("machine");
    let run = RunId(fresh("run").into());
    let long = "n".repeat(80);
    let names = [".", "..", "../..", "a/b", "/", "a\\b", "A", "a", "CON", "a b?*", "ü😀", "%2e", "a.", &long, "\u{1}"];
    let keys = names.map(|name| key(&RunKey { execution: machine.execution(name), run: run.clone() }, 1));
    for (name, key) in names.iter().zip(&keys) {
        blobs.put(key, Bytes::from((*name).to_owned())).await?;
    }
    for (name, key) in names.iter().zip(&keys) {
        let found = blobs.get(key).await?;
        ensure!(found.as_deref() == Some(name.as_bytes()), "{name}: {found:?}");
    }
    Ok(())
}

fn run(name: &str) -> RunKey {
    RunKey { execution: machine_arn("machine").execution(name), run: RunId(fresh("run").into()) }
}

/// What a store takes for a hash.
fn key(run: &RunKey, number: usize) -> BlobKey {
    BlobKey { run: run.clone(), sha256: format!("{number:064x}") }
}
