//! Text from bytes: UTF-8, or UTF-16 with a byte order mark.

use std::borrow::Cow;

/// Error of bytes that are not valid text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid {encoding} from byte {at} on")]
pub struct InvalidText {
    /// Encoding that the bytes should have: UTF-8 or UTF-16.
    pub encoding: &'static str,
    /// Number of valid bytes before the fault.
    pub at: usize,
}

/// Returns the text in `bytes`, without the byte order mark: UTF-16 if there is a mark of UTF-16,
/// which is never valid UTF-8, and UTF-8 otherwise.
///
/// # Errors
/// The bytes are not valid in that encoding; for UTF-16 that is an odd byte or a lone surrogate.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, InvalidText> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => match str::from_utf8(bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).into()),
            Err(error) => Err(InvalidText {
                encoding: "UTF-8",
                at: error.valid_up_to(),
            }),
        },
    }
}

/// Decodes what follows a byte order mark.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, InvalidText> {
    let (units, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 2;
    for character in char::decode_utf16(units.iter().map(|bytes| unit(*bytes))) {
        let Ok(character) = character else {
            break;
        };
        at += 2 * character.len_utf16();
        text.push(character);
    }
    if odd.is_empty() && at == 2 + bytes.len() {
        return Ok(text);
    }
    Err(InvalidText {
        encoding: "UTF-16",
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes `text` with its mark.
    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    }

    #[test]
    fn a_byte_order_mark_tells_the_encoding() {
        let text = "Grüße, 🙂!\r\n";
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).expect("text"), text);
        }
        for empty in [&b""[..], b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"] {
            assert_eq!(decode(empty).expect("text"), "");
        }
    }

    #[test]
    fn a_fault_has_its_encoding_and_place() {
        for (bytes, encoding, at) in [
            (&b"Gr\xfc\xdfe"[..], "UTF-8", 2),
            (b"a\xff\xfe", "UTF-8", 1),
            (b"\xff\xfea\0b", "UTF-16", 4),
            (b"\xff\xfea", "UTF-16", 2),
            // A high surrogate without a low one, and the reverse.
            (b"\xff\xfea\0\x3d\xd8b\0", "UTF-16", 4),
            (b"\xfe\xff\0a\xd8\x3d", "UTF-16", 4),
            (b"\xfe\xff\xde\x42\0a", "UTF-16", 2),
        ] {
            assert_eq!(decode(bytes), Err(InvalidText { encoding, at }));
        }
    }
}
