//! The system's time zone as a table.

use chrono::{DateTime, Local, Offset as _, TimeZone as _, Utc};

use crate::app::zone::Zone;

/// From 1970 to the end of 2040; files dated later get the last offset known.
const LAST: i64 = 2_240_611_200;

/// Local time as this machine has it.
pub fn local_zone() -> Zone {
    Zone::sample(0, LAST, |seconds| {
        DateTime::from_timestamp(seconds, 0).map_or(0, |moment| {
            Local
                .offset_from_utc_datetime(&moment.naive_utc())
                .fix()
                .local_minus_utc()
        })
    })
}

/// Now, in Unix seconds.
pub fn unix_now() -> i64 {
    Utc::now().timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_system() {
        let zone = local_zone();
        for seconds in [0, 951_782_400, 1_700_000_000, 1_720_000_000, 2_000_000_000] {
            let moment = DateTime::from_timestamp(seconds, 0).unwrap();
            let offset = moment.with_timezone(&Local).offset().fix().local_minus_utc();
            assert_eq!(zone.offset(seconds), offset);
        }
    }
}
