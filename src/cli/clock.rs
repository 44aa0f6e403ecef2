//! The day in Japan: the only reading of the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::policy::Date;

/// Japan Standard Time is nine hours ahead of UTC, all year.
const OFFSET: u64 = 9 * 3600;

/// Today in Japan; `None` when the clock is set before 1970.
pub(super) fn today() -> Option<Date> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    civil(seconds.checked_add(OFFSET)? / 86_400)
}

/// The calendar day of a number of days since 1970-01-01.
fn civil(mut days: u64) -> Option<Date> {
    let mut year: u16 = 1970;
    let leap = |y: u16| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year = year.checked_add(1)?;
    }
    let february = if leap(year) { 29 } else { 28 };
    for (month, length) in (1u8..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if days < length {
            return Date::new(year, month, u8::try_from(days + 1).ok()?);
        }
        days -= length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        let day = |n| civil(n).unwrap().to_string();
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(59), "1970-03-01");
        assert_eq!(day(11_016), "2000-02-29");
        assert_eq!(day(20_781), "2026-11-24");
        assert!(today().is_some());
    }
}
