//! Encodings of text files: bytes to text.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::Error;

/// Returns the text of a file of plain text, without a byte order mark: as the mark says, in UTF-8,
/// or in windows-1252.
///
/// # Errors
/// The bytes are not valid in the encoding of the mark, or they are no text.
pub fn decode_text(bytes: &[u8]) -> Result<String, Error> {
    Ok(decode(bytes, None)?.text)
}

/// Text of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The text, without a byte order mark.
    pub(crate) text: String,
    /// Whether the same file in UTF-8 should have a byte order mark: it had one, or it was in
    /// another encoding, and the programs that read it may not expect UTF-8.
    pub(crate) marked: bool,
}

/// Decodes a file: by its byte order mark, as UTF-8 if it is valid, else by the encoding that it
/// declares itself, else as windows-1252, which includes all that German files in one byte per
/// character are encoded in.
///
/// UTF-8 comes before a declaration, because text in another encoding is hardly ever valid UTF-8,
/// and declarations are often wrong.
///
/// # Errors
/// The bytes are not valid in the encoding of the mark, or they are no text.
pub(crate) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> Result<Decoded, Error> {
    let (encoding, marked, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, true, &bytes[length..]),
        None if str::from_utf8(bytes).is_ok() => (UTF_8, false, bytes),
        None => (declared.unwrap_or(WINDOWS_1252), false, bytes),
    };
    let (text, is_damaged) = encoding.decode_without_bom_handling(bytes);
    if is_damaged && marked {
        return Err(Error::Damaged(if encoding == UTF_8 {
            "it is not valid UTF-8"
        } else {
            "it is not valid UTF-16"
        }));
    }
    if text.contains('\0') {
        return Err(Error::Damaged("it is not text"));
    }
    Ok(Decoded {
        text: text.into_owned(),
        marked: marked || encoding != UTF_8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes, None).expect("text").text
    }

    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    }

    #[test]
    fn a_byte_order_mark_tells_the_encoding() {
        let german = "Grüße, 🙂!\r\n";
        for bytes in [
            format!("\u{feff}{german}").into_bytes(),
            utf_16(german, u16::to_le_bytes),
            utf_16(german, u16::to_be_bytes),
        ] {
            let decoded = decode(&bytes, Some(WINDOWS_1252)).expect("text");
            assert_eq!((decoded.text.as_str(), decoded.marked), (german, true));
        }
    }

    #[test]
    fn files_without_a_mark_are_utf_8_or_windows_1252() {
        assert_eq!(text("Grüße für 5 €".as_bytes()), "Grüße für 5 €");
        assert_eq!(text(b"Gr\xfc\xdfe f\xfcr 5 \x80"), "Grüße für 5 €");
        assert_eq!(text(b"\x84so\x93 \x96 \x81"), "„so“ – \u{81}");
        assert_eq!(text(b""), "");
    }

    #[test]
    fn a_declaration_counts_for_what_is_not_utf_8() {
        let declared = Encoding::for_label(b"koi8-r");
        assert!(declared.is_some());
        let decoded = decode(b"\xf0\xd2\xc9\xd7\xc5\xd4", declared).expect("text");
        assert_eq!((decoded.text.as_str(), decoded.marked), ("Привет", true));
        let decoded = decode("Grüße".as_bytes(), declared).expect("text");
        assert_eq!((decoded.text.as_str(), decoded.marked), ("Grüße", false));
    }

    #[test]
    fn damaged_text_is_refused() {
        for (bytes, reason) in [
            (&b"\xff\xfea"[..], "UTF-16"),
            (b"\xff\xfe\x3d\xd8a\0", "UTF-16"),
            (b"\xef\xbb\xbfGr\xfc\xdfe", "UTF-8"),
            (b"PK\x03\x04\0\0", "not text"),
            (b"G\0r\0u\0", "not text"),
        ] {
            let error = decode(bytes, None).expect_err("refused").to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
