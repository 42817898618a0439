//! Sizes, rates and durations in words a person reads at a glance.

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// A number of bytes: `0 B`, `999 B`, `1.0 KiB`, `12.3 MiB`, `123 GiB`.
pub fn bytes(n: u64) -> String {
    let (number, unit) = scaled(n);
    format!("{number} {unit}")
}

/// The same in at most five columns, for narrow lists: `999`, `1.0K`, `12.3M`, `123G`.
pub fn short(n: u64) -> String {
    let (number, unit) = scaled(n);
    match unit {
        "B" => number,
        unit => format!("{number}{}", &unit[..1]),
    }
}

fn scaled(n: u64) -> (String, &'static str) {
    if n < 1024 {
        return (n.to_string(), UNITS[0]);
    }
    let mut value = n as f64;
    let mut unit = 0;
    // 1023.95 would print as 1024.0 of the smaller unit
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let number = if value >= 99.95 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    (number, UNITS[unit])
}

/// A rate in bytes a second: `12.3 MiB/s`.
pub fn rate(bytes_per_second: u64) -> String {
    format!("{}/s", bytes(bytes_per_second))
}

/// A speed as [`read_rate`] takes it, in the largest unit that tells it exactly: `500K`, `2M`.
pub fn written_rate(bytes_per_second: u64) -> String {
    let fits = |(_, unit): &(&str, u64)| bytes_per_second >= *unit && bytes_per_second.is_multiple_of(*unit);
    let units = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];
    let (letter, unit) = units.into_iter().find(fits).unwrap_or(("", 1));
    format!("{}{letter}", bytes_per_second / unit)
}

/// A rate as it is written: `500`, `500K`, `2M`, `1.5G`, with or without `B` or `iB`: powers of 1024.
pub fn read_rate(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[number.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1024.0 * 1024.0,
        "g" | "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err("a number of bytes a second, such as 500K or 2M".into()),
    };
    match number.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be in range"
        )]
        Ok(n) if n * factor >= 1.0 && n * factor < 1e18 => Ok((n * factor) as u64),
        _ => Err("a number of bytes a second, such as 500K or 2M".into()),
    }
}

/// Whole seconds: `5 s`, `1:05`, `2:03:04`, `3 d 4 h`.
pub fn duration(seconds: u64) -> String {
    let (m, s) = (seconds / 60, seconds % 60);
    let (h, m_in_h) = (m / 60, m % 60);
    match seconds {
        0..60 => format!("{s} s"),
        60..3600 => format!("{m}:{s:02}"),
        3600..86_400 => format!("{h}:{m_in_h:02}:{s:02}"),
        _ => format!("{} d {} h", h / 24, h % 24),
    }
}

/// `1 file`, `3 files`: the noun with its number.
pub fn count(n: u64, singular: &str, plural: &str) -> String {
    format!("{n} {}", if n == 1 { singular } else { plural })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (n, long, narrow) in [
            (0, "0 B", "0"),
            (1023, "1023 B", "1023"),
            (1024, "1.0 KiB", "1.0K"),
            (1_048_575, "1.0 MiB", "1.0M"),
            (12_900_000, "12.3 MiB", "12.3M"),
            (u64::MAX, "16.0 EiB", "16.0E"),
        ] {
            assert_eq!(bytes(n), long);
            assert_eq!(short(n), narrow);
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration(59), "59 s");
        assert_eq!(duration(65), "1:05");
        assert_eq!(duration(7384), "2:03:04");
        assert_eq!(duration(273_600), "3 d 4 h");
    }

    #[test]
    fn rates() {
        for (text, want) in [("500", 500), ("1K", 1024), ("1.5MiB", 1_572_864), ("2g", 2 << 30)] {
            assert_eq!(read_rate(text), Ok(want), "{text}");
        }
        for (rate, want) in [(500, "500"), (1024, "1K"), (1_572_864, "1536K"), (2 << 30, "2G")] {
            assert_eq!(written_rate(rate), want);
            assert_eq!(read_rate(want), Ok(rate));
        }
        for bad in ["", "0", "-1", "5X", "nan", "inf", "M"] {
            assert!(read_rate(bad).is_err(), "{bad}");
        }
    }
}
