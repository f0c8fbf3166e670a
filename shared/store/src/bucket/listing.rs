//! Answers of ListObjectsV2: XML, of which little matters.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

/// One page of a bucket's keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// As the answer has them: percent-encoded, if that was asked for and is known there.
    pub(super) keys: Vec<String>,
    /// Continues the list; none: this is all.
    pub(super) next: Option<String>,
}

/// Why an answer is not understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("it is not UTF-8: {0}")]
    Text(#[from] std::str::Utf8Error),
    #[error("it is no XML: {0}")]
    Xml(#[from] quick_xml::Error),
    #[error("it is not a ListBucketResult")]
    Other,
    #[error("it has an entity that S3 has not: {0}")]
    Entity(String),
    #[error("it says that there is more, and not where")]
    NoToken,
}

/// Reads an answer.
pub(super) fn read(body: &[u8]) -> Result<Listing, Damage> {
    let mut reader = Reader::from_str(std::str::from_utf8(body)?);
    let mut listing = Listing::default();
    let (mut is_result, mut is_truncated) = (false, false);
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(reference) => text.push(character(&reference)?),
            Event::End(_) => {
                match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                    ["ListBucketResult"] => is_result = true,
                    ["ListBucketResult", "Contents", "Key"] => listing.keys.push(std::mem::take(&mut text)),
                    ["ListBucketResult", "IsTruncated"] => is_truncated = text.trim() == "true",
                    ["ListBucketResult", "NextContinuationToken"] => listing.next = Some(std::mem::take(&mut text)),
                    _ => {}
                }
                path.pop();
            }
            Event::Eof if !is_result => return Err(Damage::Other),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if !is_truncated {
        listing.next = None;
    } else if listing.next.is_none() {
        return Err(Damage::NoToken);
    }
    Ok(listing)
}

fn character(reference: &BytesRef<'_>) -> Result<char, Damage> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character);
    }
    match reference.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(Damage::Entity(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, keys: &[&str], next: Option<&str>) {
        let expected =
            Listing { keys: keys.iter().map(|key| (*key).to_owned()).collect(), next: next.map(str::to_owned) };
        assert_eq!(read(body.as_bytes()).ok(), Some(expected), "{body}");
    }

    #[test]
    fn keys_and_the_token_are_read() {
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix>Key</Prefix>\
             <IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b&#43;c==</NextContinuationToken>\
             <Contents><Key>executions/a%2Bb/1</Key><Owner><Key>no</Key></Owner><Size>1</Size></Contents>\
             <Contents><Key>x&lt;y</Key></Contents></ListBucketResult>",
            &["executions/a%2Bb/1", "x<y"],
            Some("a&b+c=="),
        );
        check("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>", &[], None);
    }

    #[test]
    fn what_is_no_list_is_damage() {
        for body in [
            "",
            "<Error><Code>AccessDenied</Code></Error>",
            "<ListBucketResult><Contents>",
            "<ListBucketResult></Other>",
            "<ListBucketResult>&unknown;</ListBucketResult>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        ] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
        assert!(read(&[255, 254]).is_err());
    }
}
