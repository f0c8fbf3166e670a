//! Timestamps as the States Language writes them: RFC 3339 with an upper-case `T` and an offset or `Z`.

use jiff::Timestamp;

/// Digits that [`Timestamp`] keeps of a second; further ones are dropped.
const FRACTION_DIGITS: usize = 9;

/// The instant that a text names; none unless it is RFC 3339 with an upper-case `T` and an offset or `Z`.
pub fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    let clock = time.get(..8)?;
    let rest = time.get(8..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
            let (fraction, zone) = rest.split_at(end);
            (Some(fraction), zone)
        }
        None => (None, rest),
    };
    if !fits(date, "dddd-dd-dd") || !fits(clock, "dd:dd:dd") || fraction == Some("") {
        return None;
    }
    if zone != "Z" && !is_offset(zone) {
        return None;
    }
    let fraction = fraction.map_or("0", |digits| digits.get(..FRACTION_DIGITS).unwrap_or(digits));
    let parse = |date: &str| format!("{date}T{clock}.{fraction}{zone}").parse().ok();
    // The last day of the last year stands for "never" in many a definition, and an offset puts it beyond what can be
    // reckoned with: it is the last instant then.
    parse(date).or_else(|| {
        let year_before = format!("9998{}", date.strip_prefix("9999")?);
        parse(&year_before).map(|_: Timestamp| Timestamp::MAX)
    })
}

/// Whether a text is an offset of less than a day.
fn is_offset(zone: &str) -> bool {
    let fits = fits(zone, "+dd:dd") || fits(zone, "-dd:dd");
    fits && zone.get(1..3).is_some_and(|hours| hours < "24") && zone.get(4..).is_some_and(|minutes| minutes < "60")
}

/// Whether a text has the shape of a pattern, in which `d` stands for a digit.
fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            _ => byte == wanted,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse_timestamp(text).map(|instant| instant.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn only_rfc_3339_with_t_and_an_offset_is_a_timestamp() {
        check("2016-03-14T01:59:00Z", Some("2016-03-14T01:59:00Z"));
        check("2016-03-05T21:29:29.243167252Z", Some("2016-03-05T21:29:29.243167252Z"));
        check("2016-03-05T21:29:29.2431672529Z", Some("2016-03-05T21:29:29.243167252Z"));
        check("2016-03-14T01:59:00+01:00", Some("2016-03-14T00:59:00Z"));
        check("2016-03-14T01:59:00-00:30", Some("2016-03-14T02:29:00Z"));
        check("2016-03-14T01:59:00+23:59", Some("2016-03-13T02:00:00Z"));
        check("2016-03-14T01:59:00+24:00", None);
        check("2016-03-14T01:59:00-01:60", None);
        check("9999-12-31T23:59:59Z", Some("9999-12-30T22:00:00.999999999Z"));
        check("9999-12-31T23:59:59-14:00", Some("9999-12-30T22:00:00.999999999Z"));
        check("9999-12-32T23:59:59Z", None);
        check("9999-12-31T24:59:59Z", None);
        check("9999-12-31T23:59:59+99:00", None);
        check("2016-13-05T21:29:29Z", None);
        check("05-12-2016T21:29:29Z", None);
        check("2016-12-05T25:29:29Z", None);
        check("2016-03-14 01:59:00Z", None);
        check("2016-03-14t01:59:00z", None);
        check("2016-03-14T01:59:00", None);
        check("2016-03-14T01:59Z", None);
        check("2016-03-14", None);
        check("2016-03-14T01:59:00.Z", None);
        check("2016-03-14T01:59:0é", None);
        check("", None);
    }
}
