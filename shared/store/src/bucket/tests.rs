//! Objects over HTTP, against a bucket on this machine.

use super::fake::Fake;
use super::*;

const WHAT: &str = "payloads";

#[tokio::test]
async fn an_object_comes_back_byte_for_byte() -> anyhow::Result<()> {
    let fake = Fake::start().await?;
    for (key, content) in [("a b/ü%2F+&=?#", vec![7; 10_000]), ("empty", vec![]), ("noise", vec![0, 255, 10])] {
        let content = Bytes::from(content);
        for _ in 0..2 {
            fake.bucket.put_object(WHAT, key, content.clone()).await?;
        }
        assert_eq!(fake.bucket.get_object(WHAT, key).await?, Some(content), "{key}");
    }
    assert_eq!(fake.keys(), ["a b/ü%2F+&=?#", "empty", "noise"]);
    assert_eq!(fake.bucket.get_object(WHAT, "absent").await?, None);
    Ok(())
}

#[tokio::test]
async fn what_gets_smaller_lies_there_compressed_and_says_so() -> anyhow::Result<()> {
    let fake = Fake::start().await?;
    fake.bucket.put_object(WHAT, "zeros", Bytes::from(vec![0; 100_000])).await?;
    fake.bucket.put_object(WHAT, "short", Bytes::from_static(b"x")).await?;
    let objects = fake.inside().objects.clone();
    assert_eq!(objects["zeros"].encoding.as_deref(), Some("gzip"));
    assert!(objects["zeros"].content.len() < 1_000);
    assert_eq!((objects["short"].encoding.as_deref(), &objects["short"].content[..]), (None, &b"x"[..]));
    Ok(())
}

#[tokio::test]
async fn a_damaged_object_is_unreadable() -> anyhow::Result<()> {
    let fake = Fake::start().await?;
    fake.bucket.put_object(WHAT, "key", Bytes::from(vec![0; 100_000])).await?;
    if let Some(object) = fake.inside().objects.get_mut("key") {
        object.content.truncate(50);
    }
    let error = fake.bucket.get_object(WHAT, "key").await.err();
    let error = error.ok_or_else(|| anyhow::anyhow!("it was read"))?;
    assert!(!error.is_transient() && error.to_string().starts_with("object key in bucket payloads"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_folder_goes_whole_and_alone() -> anyhow::Result<()> {
    let fake = Fake::start().await?;
    for number in 0..10 {
        for folder in ["ü&/1/", "ü&/10/", "ü&/"] {
            fake.bucket.put_object(WHAT, &format!("{folder}{number}"), Bytes::new()).await?;
        }
    }
    for _ in 0..2 {
        fake.bucket.remove_folder(WHAT, "ü&/1/").await?;
        let keys = fake.keys();
        assert!(keys.len() == 20 && !keys.iter().any(|key| key.starts_with("ü&/1/")), "{keys:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_ours_is_not_deleted() -> anyhow::Result<()> {
    let fake = Fake::start().await?;
    fake.bucket.put_object(WHAT, "a/b c", Bytes::new()).await?;
    let error = fake.bucket.remove_folder(WHAT, "a/").await.err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("object a/b%20c is not one of ours")));
    assert_eq!(fake.keys(), ["a/b c"]);
    Ok(())
}

/// However often the client tries: it gives up after the third answer.
async fn refused(refusals: &[(u16, &'static str)]) -> anyhow::Result<(Option<Error>, usize)> {
    let fake = Fake::start().await?;
    fake.inside().refusals.extend(refusals);
    let error = fake.bucket.get_object(WHAT, "key").await.err();
    let requests = fake.inside().requests.len();
    Ok((error, requests))
}

#[tokio::test]
async fn a_busy_bucket_is_asked_again_and_then_unavailable() -> anyhow::Result<()> {
    let (error, requests) = refused(&[(503, "SlowDown"); 3]).await?;
    assert!(matches!(error, Some(Error::Unavailable { what: WHAT, .. })), "{error:?}");
    assert_eq!(requests, 3);
    let (error, requests) = refused(&[(503, "SlowDown"), (500, "InternalError")]).await?;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(requests, 3);
    Ok(())
}

/// An outage, a missing permission or a wrong name must never end executions.
#[tokio::test]
async fn only_what_is_certain_to_fail_again_lasts() -> anyhow::Result<()> {
    for (status, code) in
        [(403, "AccessDenied"), (403, "RequestTimeTooSkewed"), (404, "NoSuchBucket"), (400, "Unheard")]
    {
        let (error, _) = refused(&[(status, code)]).await?;
        assert!(error.as_ref().is_some_and(Error::is_transient), "{code}: {error:?}");
    }
    let fake = Fake::start().await?;
    let error = fake.bucket.put_object(WHAT, &"k".repeat(1_025), Bytes::new()).await.err();
    assert!(error.as_ref().is_some_and(|error| !error.is_transient()), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_missing_bucket_is_named() -> anyhow::Result<()> {
    let fake = Fake::start().await?;
    let other = Bucket::new(&fake.connection, "other");
    let expected = "payloads is not available: PutObject on bucket other failed: there is no bucket other in this \
                    region; check the bucket's name";
    let error = other.put_object(WHAT, "key", Bytes::new()).await.err().map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some(expected));
    for error in [other.get_object(WHAT, "key").await.err(), other.remove_folder(WHAT, "a/").await.err()] {
        assert!(error.is_some_and(|error| error.to_string().contains("there is no bucket other")));
    }
    Ok(())
}
