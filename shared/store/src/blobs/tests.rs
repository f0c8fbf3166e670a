//! The port, and where payloads lie.

use super::*;
use crate::bucket::fake::Fake;
use crate::bucket::sha256;
use model::RunId;
use model::StateMachineArn;
use model::arn::Place;

fn run(machine: &str, execution: &str, run: &str) -> RunKey {
    let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
    RunKey { execution: StateMachineArn::new(&place, machine).execution(execution), run: RunId(run.into()) }
}

fn key(run: &RunKey, content: &Bytes) -> BlobKey {
    BlobKey { run: run.clone(), sha256: sha256(content) }
}

#[tokio::test]
async fn payloads_live_and_go_with_their_run() -> anyhow::Result<()> {
    let fake = Fake::start().await?;
    let blobs: &dyn Blobs = &fake.bucket;
    let (one, other) = (run("ünï.m", "..", "1"), run("ünï.m", "..", "2"));
    let contents: Vec<Bytes> = (0..8).map(|number| Bytes::from(format!("{number}").repeat(10_000))).collect();
    for content in &contents {
        for run in [&one, &other] {
            blobs.put(&key(run, content), content.clone()).await?;
            assert_eq!(blobs.get(&key(run, content)).await?.as_ref(), Some(content));
        }
    }
    blobs.remove(&one).await?;
    blobs.remove(&one).await?;
    for content in &contents {
        assert_eq!(blobs.get(&key(&one, content)).await?, None);
        assert_eq!(blobs.get(&key(&other, content)).await?.as_ref(), Some(content));
    }
    Ok(())
}

#[test]
fn keys_say_whose_payload_it_is() {
    let check = |machine, execution, expected: &str| assert_eq!(folder(&run(machine, execution, "r-1")), expected);
    check("pay", "one", "executions/pay/one/r-1/");
    check("ü", "a=b", "executions/ü/a=b/r-1/");
    check("..", ".", "executions/%2E%2E/%2E/r-1/");
    check("a/b%2F", "...", "executions/a%2Fb%252F/.../r-1/");
}

#[test]
fn the_longest_names_fit() {
    let run = run(&"𝄞".repeat(80), &"𝄞".repeat(80), "0190b3f4-6a3c-7d2e-8f1a-0123456789ab");
    assert!(object(&key(&run, &Bytes::new())).len() <= 1_024);
}
