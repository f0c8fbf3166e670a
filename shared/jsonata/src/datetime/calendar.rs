//! The calendar: milliseconds since 1970 into years, months, weeks and days, and back.

const DAY: f64 = 86_400_000.0;
/// The furthest from 1970 that JavaScript's dates go.
const MAX_MILLIS: f64 = 8.64e15;

/// A moment, in UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Date {
    millis: f64,
    pub(super) year: i64,
    /// From 0.
    pub(super) month: i64,
    pub(super) day: i64,
}

/// A component of a date, by the letter of its picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Component {
    Number(f64),
    Text(&'static str),
    Nothing,
}

impl Date {
    /// The moment; none beyond what JavaScript's dates can hold.
    pub(crate) fn new(millis: f64) -> Option<Self> {
        if millis.is_nan() || millis.abs() > MAX_MILLIS {
            return None;
        }
        let millis = millis.trunc();
        let (year, month, day) = civil((millis / DAY).floor());
        Some(Self { millis, year, month, day })
    }

    /// Milliseconds of a calendar date, whose parts may overflow into the next larger ones.
    pub(super) fn utc(parts: [f64; 7]) -> f64 {
        let [year, month, day, hour, minute, second, milli] = parts.map(f64::trunc);
        let year = full_year(year);
        let (year, month) = (year + (month / 12.0).floor(), month.rem_euclid(12.0));
        if !year.is_finite() || year.abs() > 400_000.0 {
            return f64::NAN;
        }
        let days = days(year, month) + day - 1.0;
        let millis = days * DAY + ((hour * 60.0 + minute) * 60.0 + second) * 1000.0 + milli;
        if millis.abs() <= MAX_MILLIS { millis } else { f64::NAN }
    }

    /// The component of a moment; none beyond what JavaScript's dates can hold has no numbers.
    pub(super) fn component_of(date: Option<Self>, letter: char) -> Component {
        match (date, letter) {
            (Some(date), _) => date.component(letter),
            (None, 'P') => Component::Text("am"),
            (None, 'C' | 'E') => Component::Text("ISO"),
            (None, 'Z' | 'z') => Component::Nothing,
            (None, _) => Component::Number(f64::NAN),
        }
    }

    fn time_of_day(self) -> f64 {
        self.millis.rem_euclid(DAY)
    }

    pub(super) fn component(self, letter: char) -> Component {
        #[expect(clippy::cast_precision_loss, reason = "parts of a date are small")]
        let (year, month, day) = (self.year as f64, self.month as f64, self.day as f64);
        // As in the reference, which goes through JavaScript's rule for years of two digits even where it counts days.
        let today = days(full_year(year), month) + day - 1.0;
        let hour = (self.time_of_day() / 3_600_000.0).floor();
        Component::Number(match letter {
            'Y' => year,
            'M' => month + 1.0,
            'D' => day,
            'd' => today - days(full_year(year), 0.0) + 1.0,
            'F' => weekday((self.millis / DAY).floor()),
            'W' => week(today, 52.0, (year, 0.0), (year - 1.0, 0.0), (year + 1.0, 0.0)),
            'w' => week(today, 4.0, (year, month), previous(year, month), next(year, month)),
            'X' => {
                let now = self.millis / DAY;
                match () {
                    () if now < first_week(year, 0.0) => year - 1.0,
                    () if now >= first_week(year + 1.0, 0.0) => year + 1.0,
                    () => year,
                }
            }
            'x' => {
                let now = self.millis / DAY;
                let (next_year, next_month) = next(year, month);
                match () {
                    () if now < first_week(year, month) => previous(year, month).1 + 1.0,
                    () if now >= first_week(next_year, next_month) => next_month + 1.0,
                    () => month + 1.0,
                }
            }
            'H' => hour,
            'h' => match hour % 12.0 {
                0.0 => 12.0,
                hour => hour,
            },
            'P' => return Component::Text(if hour >= 12.0 { "pm" } else { "am" }),
            'm' => (self.time_of_day() / 60_000.0).floor() % 60.0,
            's' => (self.time_of_day() / 1000.0).floor() % 60.0,
            'f' => self.time_of_day() % 1000.0,
            'C' | 'E' => return Component::Text("ISO"),
            _ => return Component::Nothing,
        })
    }
}

/// JavaScript takes years of two digits to be of the twentieth century.
fn full_year(year: f64) -> f64 {
    if (0.0..=99.0).contains(&year) { 1900.0 + year } else { year }
}

/// Days from 1970 to the first of a month, months from 0.
fn days(year: f64, month: f64) -> f64 {
    // Years begin in March, so that the leap day is the last.
    let year = if month < 2.0 { year - 1.0 } else { year };
    let era = (year / 400.0).floor();
    let year_of_era = year - era * 400.0;
    let month_of_year = (month + 10.0) % 12.0;
    let day_of_year = ((153.0 * month_of_year + 2.0) / 5.0).floor();
    let day_of_era = year_of_era * 365.0 + (year_of_era / 4.0).floor() - (year_of_era / 100.0).floor() + day_of_year;
    era * 146_097.0 + day_of_era - 719_468.0
}

/// Year, month from 0, and day of a day counted from 1970.
fn civil(days: f64) -> (i64, i64, i64) {
    #[expect(clippy::cast_possible_truncation, reason = "JavaScript's dates have at most a hundred million days")]
    let days = days as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_of_year = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_of_year + 2) / 5 + 1;
    let month = (month_of_year + 2) % 12;
    (year_of_era + era * 400 + i64::from(month < 2), month, day)
}

/// From 1 for Monday to 7.
fn weekday(day: f64) -> f64 {
    (day + 3.0).rem_euclid(7.0) + 1.0
}

fn next(year: f64, month: f64) -> (f64, f64) {
    if month == 11.0 { (year + 1.0, 0.0) } else { (year, month + 1.0) }
}

fn previous(year: f64, month: f64) -> (f64, f64) {
    if month == 0.0 { (year - 1.0, 11.0) } else { (year, month - 1.0) }
}

/// The Monday of the first week: the one that has the first Thursday.
fn first_week(year: f64, month: f64) -> f64 {
    let first = days(full_year(year), month);
    let weekday = weekday(first);
    if weekday > 4.0 { first + 8.0 - weekday } else { first - (weekday - 1.0) }
}

/// The number of the week within a year or a month, whose last week has the number `last` or one more.
fn week(today: f64, last: f64, this: (f64, f64), before: (f64, f64), after: (f64, f64)) -> f64 {
    let count = |(year, month): (f64, f64)| (today - first_week(year, month)) / 7.0 + 1.0;
    let week = count(this);
    if week > last && today >= first_week(after.0, after.1) {
        return 1.0;
    }
    if week < 1.0 { count(before).floor() } else { week.floor() }
}

#[cfg(test)]
mod tests {
    use super::{Component, Date};

    #[test]
    fn days_and_dates_are_each_other_s_inverse() {
        for day in (-800_000..800_000).step_by(97) {
            let millis = f64::from(day) * 86_400_000.0;
            let date = Date::new(millis).expect("within range");
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let parts = [date.year as f64, date.month as f64, date.day as f64, 0.0, 0.0, 0.0, 0.0];
            if !(0.0..100.0).contains(&parts[0]) {
                assert_eq!(Date::utc(parts), millis, "{date:?}");
            }
        }
    }

    #[test]
    fn the_first_of_2005_is_in_week_53() {
        let date = Date::new(Date::utc([2005.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])).expect("within range");
        assert_eq!(date.component('W'), Component::Number(53.0));
        assert_eq!(date.component('X'), Component::Number(2004.0));
        assert_eq!(date.component('F'), Component::Number(6.0));
    }
}
