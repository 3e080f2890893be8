//! Reading `application/x-www-form-urlencoded` of any size in the memory of the text alone.
//!
//! Frameworks collect a body before they decode it: a text of 10 MiB then needs up to 60 (a browser
//! sends each line break as `%0D%0A`), and a longer one is refused while the browser is still
//! sending, which shows a reset connection instead of our page. So the body is decoded as it
//! arrives, and text over the limit is counted and dropped.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::Error;

/// Maximum bytes of a form, as a multiple of the maximum text: the six bytes of an encoded line
/// break, and as much again for somebody who pasted twice as much as allowed.
const MAX_BYTES_PER_TEXT_BYTE: usize = 12;

/// Minimum of that maximum, however low the limit of a text is: 64 MiB.
const MIN_MAX_BYTES: usize = 64 << 20;

/// Maximum length of a value other than the text; a UUID has 36 characters.
const MAX_FIELD_BYTES: usize = 64;

/// Maximum memory of the long texts that arrive at the same time, in bytes: six of 10 MiB. Others
/// wait, which costs nothing: they are not read.
const LONG_TEXTS_BYTES: usize = 64 << 20;

/// Maximum size of the form of a short text, in bytes. Short texts have room of their own, so that
/// none waits for long ones that arrive over a slow connection.
const MAX_SHORT_FORM_BYTES: usize = 64 << 10;

/// Maximum memory of the short texts that arrive at the same time, in bytes.
const SHORT_TEXTS_BYTES: usize = 16 << 20;

/// Maximum wait for room for a text of a page.
const ROOM_TIMEOUT: Duration = Duration::from_secs(30);

/// Unit in which memory is counted, in bytes.
const UNIT: usize = 1 << 10;

/// A text that arrives in pieces. Text over the limit is counted and dropped.
#[derive(Debug)]
pub(crate) struct Text {
    limit: usize,
    kept: Vec<u8>,
    /// Number of bytes, including those that were dropped.
    bytes: u64,
    after_cr: bool,
}

impl Text {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: Vec::new(),
            bytes: 0,
            after_cr: false,
        }
    }

    /// Appends a byte. CR LF, which browsers send for every line break, and a CR alone become one
    /// LF.
    pub(crate) fn push(&mut self, byte: u8) {
        let second_half = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
        if second_half {
            return;
        }
        self.bytes += 1;
        if self.bytes <= self.limit as u64 {
            self.kept.push(if byte == b'\r' { b'\n' } else { byte });
        }
    }

    fn too_long(&self) -> Error {
        Error::TooLong {
            size: self.bytes,
            limit: self.limit,
        }
    }

    /// Returns the text.
    ///
    /// # Errors
    /// It is too long or not UTF-8.
    pub(crate) fn finish(self) -> Result<String, Error> {
        if self.bytes > self.limit as u64 {
            return Err(self.too_long());
        }
        String::from_utf8(self.kept).map_err(|_| Error::NotUtf8)
    }
}

/// The fields of our form.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// The text, with LF for line breaks; `None` if the field is missing.
    pub(crate) text: Option<String>,
    /// The id that the form was served with.
    pub(crate) nonce: Option<Uuid>,
}

/// Memory for forms that arrive.
#[derive(Clone, Debug)]
pub struct Forms {
    long_texts: Arc<Semaphore>,
    short_texts: Arc<Semaphore>,
    max_text_bytes: usize,
    max_wait: Duration,
}

impl Forms {
    /// Creates the memory for texts of up to `max_text_bytes` bytes.
    #[must_use]
    pub fn new(max_text_bytes: usize) -> Self {
        Self::with_room(
            LONG_TEXTS_BYTES,
            SHORT_TEXTS_BYTES,
            max_text_bytes,
            ROOM_TIMEOUT,
        )
    }

    /// Creates the memory for texts of up to `max_text_bytes` bytes: `long` bytes for long ones, but
    /// always enough for one, and `short` bytes for short ones. A text waits for room for up to
    /// `max_wait`.
    pub(crate) fn with_room(
        long: usize,
        short: usize,
        max_text_bytes: usize,
        max_wait: Duration,
    ) -> Self {
        let room = |bytes: usize| {
            let units = bytes.div_ceil(UNIT).min(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(units))
        };
        Self {
            long_texts: room(long.max(max_text_bytes)),
            short_texts: room(short),
            max_text_bytes,
            max_wait,
        }
    }

    /// Waits for room for the text of a form, which is no longer than its body. Returns `None` if
    /// there is none in time.
    pub(crate) fn room_for(
        &self,
        request: &Request,
    ) -> impl Future<Output = Option<OwnedSemaphorePermit>> + use<> {
        self.room(service::body::size(request))
    }

    /// Waits for room for a text of up to `size` bytes, or of unknown size. Returns `None` if there
    /// is none in time.
    pub(crate) fn room(
        &self,
        size: Option<usize>,
    ) -> impl Future<Output = Option<OwnedSemaphorePermit>> + use<> {
        let bytes = size.unwrap_or(usize::MAX).min(self.max_text_bytes);
        let wanted = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let is_short = size.is_some_and(|size| size <= MAX_SHORT_FORM_BYTES);
        let room = Arc::clone(if is_short {
            &self.short_texts
        } else {
            &self.long_texts
        });
        let max_wait = self.max_wait;
        async move {
            // The semaphores are never closed.
            let room = timeout(max_wait, room.acquire_many_owned(wanted)).await;
            room.ok().and_then(Result::ok)
        }
    }

    /// Returns the bytes for which there is room.
    pub(crate) fn bytes(room: &OwnedSemaphorePermit) -> usize {
        room.num_permits() * UNIT
    }

    /// Frees the part of `room` that `bytes` do not need: the size of a compressed body is known only
    /// when it has arrived.
    pub(crate) fn shrink(room: &mut OwnedSemaphorePermit, bytes: usize) {
        let spare = room.num_permits().saturating_sub(bytes.div_ceil(UNIT));
        drop(room.split(spare));
    }
}

/// Reads a form with a text of up to `limit` bytes.
///
/// # Errors
/// The text is too long or not UTF-8, or the body is incomplete, too slow or wrongly encoded.
pub(crate) async fn read(request: Request, limit: usize) -> Result<Fields, Error> {
    let max_bytes = limit
        .saturating_mul(MAX_BYTES_PER_TEXT_BYTE)
        .max(MIN_MAX_BYTES);
    let mut decoder = Decoder::new(limit);
    let mut read = 0;
    service::body::read(request, |chunk| {
        read += chunk.len();
        if read > max_bytes {
            return Err(decoder.too_long());
        }
        decoder.feed(chunk);
        Ok(())
    })
    .await?;
    decoder.finish()
}

/// Field that the bytes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Text,
    Nonce,
    Other,
}

/// A percent sign and the digits after it so far.
#[derive(Clone, Copy, Debug)]
enum Escape {
    None,
    Percent,
    Digit(u8),
}

#[derive(Debug)]
struct Decoder {
    limit: usize,
    field: Field,
    escape: Escape,
    name: Vec<u8>,
    nonce: Vec<u8>,
    text: Option<Text>,
}

impl Decoder {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            field: Field::Name,
            escape: Escape::None,
            name: Vec::new(),
            nonce: Vec::new(),
            text: None,
        }
    }

    fn feed(&mut self, chunk: &[u8]) {
        for &byte in chunk {
            match (self.escape, byte) {
                (Escape::None, b'%') => self.escape = Escape::Percent,
                (Escape::None, b'&') => self.end_field(),
                (Escape::None, b'=') if self.field == Field::Name => self.begin_value(),
                (Escape::None, b'+') => self.push(b' '),
                (Escape::None, _) => self.push(byte),
                // As in browsers, an invalid escape stands for itself.
                (Escape::Percent, _) if byte.is_ascii_hexdigit() => {
                    self.escape = Escape::Digit(byte);
                }
                (Escape::Percent, _) => {
                    self.unescaped(b"%", byte);
                }
                (Escape::Digit(first), _) => match (hex(first), hex(byte)) {
                    (Some(high), Some(low)) => {
                        self.escape = Escape::None;
                        self.push(high << 4 | low);
                    }
                    _ => self.unescaped(&[b'%', first], byte),
                },
            }
        }
    }

    fn unescaped(&mut self, held: &[u8], next: u8) {
        self.escape = Escape::None;
        for &byte in held {
            self.push(byte);
        }
        self.feed(&[next]);
    }

    fn begin_value(&mut self) {
        self.field = match self.name.as_slice() {
            // The first of several counts, as in most frameworks.
            b"text" if self.text.is_none() => {
                self.text = Some(Text::new(self.limit));
                Field::Text
            }
            b"nonce" => Field::Nonce,
            _ => Field::Other,
        };
    }

    fn end_field(&mut self) {
        self.name.clear();
        self.field = Field::Name;
    }

    fn push(&mut self, byte: u8) {
        match self.field {
            Field::Text => {
                if let Some(text) = &mut self.text {
                    text.push(byte);
                }
            }
            Field::Name if self.name.len() < MAX_FIELD_BYTES => self.name.push(byte),
            Field::Nonce if self.nonce.len() < MAX_FIELD_BYTES => self.nonce.push(byte),
            _ => {}
        }
    }

    fn too_long(&self) -> Error {
        let text = self.text.as_ref().map(Text::too_long);
        text.unwrap_or(Error::TooLong {
            size: 0,
            limit: self.limit,
        })
    }

    fn finish(mut self) -> Result<Fields, Error> {
        match std::mem::replace(&mut self.escape, Escape::None) {
            Escape::None => {}
            Escape::Percent => self.push(b'%'),
            Escape::Digit(digit) => {
                self.push(b'%');
                self.push(digit);
            }
        }
        let nonce = str::from_utf8(&self.nonce).ok();
        Ok(Fields {
            text: self.text.map(Text::finish).transpose()?,
            nonce: nonce.and_then(|nonce| Uuid::parse_str(nonce).ok()),
        })
    }
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::FutureExt as _;

    use super::*;

    /// Decodes `body` in chunks of `size` bytes.
    fn decode_in(body: &[u8], limit: usize, size: usize) -> Result<Fields, Error> {
        let mut decoder = Decoder::new(limit);
        body.chunks(size).for_each(|chunk| decoder.feed(chunk));
        decoder.finish()
    }

    fn text(body: &str) -> Option<String> {
        let whole = decode_in(body.as_bytes(), 100, 1000).expect("decoded").text;
        for size in 1..5 {
            let parts = decode_in(body.as_bytes(), 100, size).expect("decoded").text;
            assert_eq!(parts, whole, "in chunks of {size}");
        }
        whole
    }

    #[test]
    fn a_text_is_decoded_wherever_the_chunks_end() {
        assert_eq!(
            text("nonce=x&text=Gr%C3%BC%c3%9fe+an+alle%21&x=y").as_deref(),
            Some("Grüße an alle!")
        );
        assert_eq!(text("text=1%2B1=2&text=other").as_deref(), Some("1+1=2"));
        assert_eq!(text("text=").as_deref(), Some(""));
        assert_eq!(text("text").as_deref(), None);
        assert_eq!(text("nonce=text").as_deref(), None);
        assert_eq!(text("text=%00").as_deref(), Some("\0"));
    }

    #[test]
    fn every_kind_of_line_break_is_one_lf() {
        assert_eq!(
            text("text=a%0D%0Ab%0Dc%0Ad%0D%0D%0A%0Ae%0D").as_deref(),
            Some("a\nb\nc\nd\n\n\ne\n")
        );
    }

    #[test]
    fn a_percent_sign_that_is_no_escape_stands_for_itself() {
        assert_eq!(
            text("text=100%+%zz+%4+%%41%").as_deref(),
            Some("100% %zz %4 %A%")
        );
        assert_eq!(text("text=5%4&x=").as_deref(), Some("5%4"));
    }

    #[test]
    fn the_limit_counts_decoded_bytes_and_the_error_says_how_many_there_were() {
        let exact = "text=".to_owned() + &"%C3%BC".repeat(50);
        assert!(decode_in(exact.as_bytes(), 100, 7).is_ok());
        let lines = "text=".to_owned() + &"%0D%0A".repeat(100);
        assert!(decode_in(lines.as_bytes(), 100, 7).is_ok());
        let over = "text=".to_owned() + &"a".repeat(1234);
        let error = decode_in(over.as_bytes(), 100, 7).expect_err("too long");
        assert!(matches!(
            error,
            Error::TooLong {
                size: 1234,
                limit: 100
            }
        ));
    }

    #[test]
    fn what_is_not_utf8_is_refused_rather_than_guessed() {
        let error = decode_in(b"text=Stra%DFe", 100, 9).expect_err("Latin-1");
        assert!(matches!(error, Error::NotUtf8));
    }

    #[tokio::test(start_paused = true)]
    async fn long_texts_wait_for_those_before_them_and_short_ones_for_none() {
        let forms = Forms::new(LONG_TEXTS_BYTES);
        let long = || {
            let chunks = futures_util::stream::pending::<Result<&str, std::io::Error>>();
            forms.room_for(&Request::new(Body::from_stream(chunks)))
        };
        let first = long().await.expect("room");
        let mut second = Box::pin(long());
        assert!(second.as_mut().now_or_never().is_none(), "it may be long");
        let mut short = Request::new(Body::from("text=Ja"));
        assert!(forms.room_for(&short).now_or_never().flatten().is_some());
        // A few compressed bytes may be a long text.
        let gzip = "gzip".parse().expect("a header");
        short.headers_mut().insert("content-encoding", gzip);
        assert!(forms.room_for(&short).now_or_never().is_none());
        drop(first);
        let _second = second.await.expect("room");
        // The third waits in vain, on a clock that jumps.
        assert!(long().await.is_none());
    }

    #[test]
    fn the_nonce_is_an_id_or_nothing() {
        let id = Uuid::now_v7();
        let body = format!("nonce={id}&text=a");
        assert_eq!(
            decode_in(body.as_bytes(), 9, 9).expect("read").nonce,
            Some(id)
        );
        assert_eq!(
            decode_in(b"nonce=1&text=a", 9, 9).expect("read").nonce,
            None
        );
    }
}
