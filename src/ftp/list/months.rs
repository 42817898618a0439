//! The names of months, and the word for "total", as `ls` prints them in the languages met.

use encoding_rs::Encoding;

/// Number of the month, and how it begins lines of `ls` in English, German, French, Spanish,
/// Italian, Portuguese, Catalan, Dutch, the Scandinavian and Baltic languages, Finnish, Polish, Czech,
/// Slovene, Hungarian, Romanian, Turkish, Greek, Russian, Ukrainian, Bulgarian and Indonesian. No name stands for two months.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan", "jän", "januar", "januari", "january", "janv", "ene", "gen", "sty", "led", "oca", "ian",
        "tammi", "янв", "січ", "janvier", "enero", "gennaio", "яну", "ιαν", "jaan",
    ],
    &[
        "feb", "febr", "februar", "februari", "february", "févr", "fév", "fev", "fevr", "fbro", "lut", "úno",
        "şub", "helmi", "фев", "лют", "février", "febrero", "febbraio", "φεβ", "veebr", "peb",
    ],
    &[
        "mar", "märz", "mär", "mrz", "march", "mars", "mrt", "maart", "márc", "bře", "maalis", "мар", "мрт",
        "mzo", "бер", "marzo", "març", "märts", "marts", "μάρ",
    ],
    &[
        "apr", "april", "avr", "avri", "avril", "abr", "kwi", "dub", "ápr", "nis", "huhti", "апр", "кві",
        "abril", "aprile", "απρ",
    ],
    &[
        "may", "mai", "mag", "maj", "mei", "máj", "kvě", "touko", "май", "мая", "тра", "mayo", "maggio",
        "maig", "maijs", "μάι",
    ],
    &[
        "jun", "juni", "june", "juin", "giu", "cze", "čer", "jún", "haz", "iun", "kesä", "июн", "чер", "čen",
        "junio", "giugno", "juny", "juuni", "jūn", "юни", "ιούν",
    ],
    &[
        "jul", "juli", "july", "juil", "juill", "lug", "lip", "čec", "júl", "tem", "iul", "heinä", "июл",
        "jui", "лип", "juillet", "julio", "luglio", "juuli", "jūl", "юли", "ιούλ",
    ],
    &[
        "aug", "august", "augusti", "augustus", "août", "ago", "sie", "srp", "ağu", "elo", "aout", "aoû",
        "agto", "авг", "сер", "agosto", "avg", "agu", "αύγ",
    ],
    &[
        "sep",
        "sept",
        "sbre",
        "september",
        "set",
        "wrz",
        "zář",
        "szept",
        "eyl",
        "syys",
        "сен",
        "вер",
        "septembre",
        "septiembre",
        "settembre",
        "сеп",
        "σεπ",
    ],
    &[
        "oct", "obre", "okt", "october", "oktober", "ott", "out", "paź", "říj", "eki", "loka", "окт", "жов",
        "octobre", "octubre", "ottobre", "οκτ",
    ],
    &[
        "nov",
        "nbre",
        "november",
        "lis",
        "noi",
        "kas",
        "marras",
        "ноя",
        "лис",
        "novembre",
        "noviembre",
        "ное",
        "νοέ",
    ],
    &[
        "dec",
        "dbre",
        "dez",
        "dezember",
        "december",
        "déc",
        "dic",
        "des",
        "gru",
        "pro",
        "ara",
        "joulu",
        "дек",
        "гру",
        "décembre",
        "diciembre",
        "dicembre",
        "dets",
        "δεκ",
    ],
];

/// `total`, in the same languages and some more.
const SUMS: [&str; 20] = [
    "total",
    "totale",
    "totaal",
    "totalt",
    "insgesamt",
    "gesamt",
    "razem",
    "celkem",
    "összesen",
    "toplam",
    "yhteensä",
    "samtals",
    "итого",
    "всего",
    "усього",
    "合計",
    "总计",
    "总用量",
    "總計",
    "합계",
];

/// Beside Latin-1: the character sets in which the months above have letters of their own.
static OLD_CHARSETS: [&Encoding; 6] = [
    encoding_rs::ISO_8859_2,
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1251,
    encoding_rs::KOI8_R,
    encoding_rs::ISO_8859_5,
    encoding_rs::WINDOWS_1253,
];

/// The month a text names: a name in one of the languages, in UTF-8 or an older character set, whatever its case,
/// with or without a dot or comma behind it; or a number with non-ASCII bytes behind it (`8月` in
/// any encoding).
pub(super) fn month(text: &[u8]) -> Option<u32> {
    if let Some(month) = english(text) {
        return Some(month);
    }
    // nothing that begins like a size or a name with a digit is looked up
    let (&first, _) = text.split_first()?;
    if first.is_ascii_digit() {
        return numbered(text);
    }
    if !(first.is_ascii_alphabetic() || first >= 0x80) || text.len() > 24 {
        return None;
    }
    let bare = text.strip_suffix(b",").unwrap_or(text);
    let bare = bare.strip_suffix(b".").unwrap_or(bare);
    let named = |name: &str| MONTHS.iter().position(|names| names.contains(&name));
    let at = named(&lower(bare)).or_else(|| OLD_CHARSETS.iter().find_map(|c| named(&lower_in(bare, c))))?;
    u32::try_from(at + 1).ok()
}

/// In small letters, read in one of the character sets of before UTF-8; nothing where it is UTF-8.
fn lower_in(text: &[u8], charset: &'static Encoding) -> String {
    if std::str::from_utf8(text).is_ok() {
        return String::new();
    }
    charset.decode_without_bom_handling(text).0.to_lowercase()
}

/// The month an English abbreviation names: `Jan`.
pub(super) fn english(text: &[u8]) -> Option<u32> {
    let name: [u8; 3] = text.try_into().ok()?;
    Some(match &name.map(|b| b.to_ascii_lowercase()) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// Whether a word means "total".
pub(super) fn is_sum(word: &[u8]) -> bool {
    word.len() <= 24 && SUMS.contains(&lower(word).as_str())
}

/// `8月`: a number, and a few bytes that are not ASCII.
fn numbered(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, sign) = text.split_at(digits);
    if sign.is_empty() || sign.len() > 4 || sign.is_ascii() {
        return None;
    }
    super::fields::small(number).filter(|month| (1..=12).contains(month))
}

/// In small letters; what is not UTF-8 is taken for Latin-1.
fn lower(text: &[u8]) -> String {
    match std::str::from_utf8(text) {
        Ok(text) => text.to_lowercase(),
        Err(_) => text.iter().flat_map(|b| char::from(*b).to_lowercase()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_two_months() {
        let mut all: Vec<&str> = MONTHS.concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn months_of_many_languages() {
        for (text, want) in [
            ("Jan", 1),
            ("DEC", 12),
            ("Juli,", 7),
            ("Okt.", 10),
            ("Mär", 3),
            ("août", 8),
            ("АПР", 4),
            ("čen", 6),
            ("ΙΟΎΛ", 7),
            ("8月", 8),
            ("12월", 12),
        ] {
            assert_eq!(month(text.as_bytes()), Some(want), "{text}");
        }
        assert_eq!(month(b"M\xe4r"), Some(3));
        assert_eq!(month(b"d\xe9c."), Some(12));
        assert_eq!(month(b"8\xed"), Some(8));
        for (text, want) in [
            (&b"\xff\xed\xe2"[..], 1), // янв in windows-1251
            (b"\xc6\xc5\xd7", 2),      // фев in KOI8-R
            (b"pa\xbc", 10),           // paź in ISO 8859-2
            (b"\xfano", 2),            // úno in ISO 8859-2
            (b"\xdc\xd0\xd9", 5),      // май in ISO 8859-5
        ] {
            assert_eq!(month(text), Some(want), "{text:x?}");
        }
        assert_eq!(month(b"\xff\xfe\xfd"), None);
        for text in [
            "Max",
            "13月",
            "0月",
            "8",
            "8x",
            "",
            ".",
            "Januaryfile",
            "8月2日xyz",
        ] {
            assert_eq!(month(text.as_bytes()), None, "{text}");
        }
        assert!(is_sum("Total".as_bytes()) && is_sum("合計".as_bytes()) && !is_sum(b"totals"));
    }
}
