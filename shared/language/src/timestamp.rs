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
    if zone != "Z" && !fits(zone, "+dd:dd") && !fits(zone, "-dd:dd") {
        return None;
    }
    let fraction = fraction.map_or("0", |digits| digits.get(..FRACTION_DIGITS).unwrap_or(digits));
    format!("{date}T{clock}.{fraction}{zone}").parse().ok()
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
