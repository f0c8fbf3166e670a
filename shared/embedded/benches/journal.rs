//! The journal's speed: durable puts by the number of concurrent writers, and head reads.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use model::arn::Place;
use model::{RunId, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{ExecutionStatus, Journal, Meta, StoredRecord};
use orchestrator::{RecordKey, RunKey};
use ratchet_embedded::store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A record of the usual size.
const BODY_BYTES: usize = 600;

/// Each of the writers puts records of an execution of its own, one after another.
fn puts(criterion: &mut Criterion) {
    let (runtime, directory, store) = set_up();
    let mut group = criterion.benchmark_group("put");
    group.throughput(Throughput::Elements(1));
    for writers in [1, 16, 256] {
        group.bench_with_input(BenchmarkId::from_parameter(writers), &writers, |bencher, &writers| {
            bencher.iter_custom(|puts| runtime.block_on(put_by(&store, writers, puts)));
        });
    }
    group.finish();
    drop((store, directory));
}

fn heads(criterion: &mut Criterion) {
    let (runtime, directory, store) = set_up();
    let runs: Vec<RunKey> = runtime.block_on(async {
        let mut runs = Vec::new();
        for _ in 0..200 {
            let run = start(&store).await;
            for seq in 1..10 {
                let _ = store.put(&record(&run, seq)).await;
            }
            runs.push(run);
        }
        runs
    });
    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Elements(1));
    let mut next = runs.iter().cycle();
    group.bench_function("head", |bencher| {
        bencher.iter(|| {
            let found = next.next().map(|run| runtime.block_on(store.head(run, &StrandId::root())));
            assert!(matches!(found, Some(Ok(Some(_)))));
        });
    });
    group.bench_function("meta", |bencher| {
        bencher.iter(|| {
            let found = next.next().map(|run| runtime.block_on(store.meta(&run.execution)));
            assert!(matches!(found, Some(Ok(Some(_)))));
        });
    });
    group.finish();
    drop((store, directory));
}

async fn put_by(store: &Arc<Store>, writers: u64, puts: u64) -> Duration {
    let mut runs = Vec::new();
    for _ in 0..writers {
        runs.push(start(store).await);
    }
    let began = Instant::now();
    let tasks = (0..).zip(runs).map(|(writer, run)| {
        let store = Arc::clone(store);
        let share = puts / writers + u64::from(writer < puts % writers);
        tokio::spawn(async move {
            for seq in 1..=share {
                let put = store.put(&record(&run, seq)).await;
                assert!(put.is_ok(), "{put:?}");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert!(task.await.is_ok());
    }
    began.elapsed()
}

async fn start(store: &Store) -> RunKey {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("0b6e3d4c-8f7a-4c21-9d55-{:012x}", NEXT.fetch_add(1, Ordering::Relaxed));
    let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
    let machine = StateMachineArn::new(&place, "machine");
    let meta = Meta {
        execution: machine.execution(&name),
        run: RunId(name.into()),
        machine,
        revision: "1".into(),
        status: ExecutionStatus::Running,
        seq: 0,
        started: Timestamp::from_micros(1_000),
        stopped: None,
        input_hash: "0".repeat(64),
        stop: None,
        trace_header: None,
        expires: None,
        redriven: None,
        qualifier: None,
    };
    let run = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
    let started = store.start(&meta, &record(&run, 0)).await;
    assert!(started.is_ok(), "{started:?}");
    run
}

fn record(run: &RunKey, seq: Seq) -> StoredRecord {
    let key = RecordKey { run: run.clone(), strand: StrandId::root(), seq };
    StoredRecord { key, body: Bytes::from(vec![b'x'; BODY_BYTES]), expires: None }
}

fn set_up() -> (Runtime, TempDir, Arc<Store>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let directory = TempDir::new().expect("a directory for the database");
    let store = Store::open(directory.path()).expect("a store");
    (runtime, directory, Arc::new(store))
}

criterion_group!(benches, puts, heads);
criterion_main!(benches);
