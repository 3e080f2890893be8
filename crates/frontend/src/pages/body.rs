//! Reading `application/x-www-form-urlencoded` of any size in the memory of the text alone.
//!
//! Frameworks take a body whole or not at all: whole, a text of 10 MiB needs up to 60 (a browser
//! sends each line break as `%0D%0A`), and not at all, the browser sees a reset connection instead
//! of our page, because it was still sending. So the body is decoded as it arrives, and what is
//! over the limit is read, counted and dropped.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use crate::error::Error;

/// Where reading ends for good, as a multiple of the longest text: the six bytes of an encoded line
/// break, and as much again for somebody who pasted twice as much as allowed.
const MOST_ENCODED_BYTES: u64 = 12;

/// The least that is read before giving up, whatever the limit: 64 MiB.
const LEAST_READ: u64 = 64 << 20;

/// Longest value of a field other than the text; a UUID has 36 characters.
const LONGEST_FIELD: usize = 64;

/// The fields of our form.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// The text, with LF for line breaks; `None` where the field is missing.
    pub(crate) text: Option<String>,
    /// The id that the form was served with.
    pub(crate) nonce: Option<Uuid>,
}

/// Longest wait for the next piece of a form. Whoever is on the way by telephone gets a second
/// chance; whoever only holds the place of others does not.
const IDLE: Duration = Duration::from_secs(30);

/// Least speed of a form, in bytes a second: a bad mobile line. Slower ones hold the places of others.
const SLOWEST: u64 = 8 << 10;

/// Most memory of the books that arrive at the same time, in bytes: six of 10 MiB. The others wait in
/// front of the door, which costs nothing: they are not read.
const ARRIVING: usize = 64 << 20;

/// Up to here a form is a letter, in bytes. Letters have room of their own, for none shall wait for
/// books that come over a slow line.
const LETTER: usize = 64 << 10;

/// Most memory of the letters that arrive at the same time, in bytes.
const LETTERS: usize = 16 << 20;

/// Longest wait for room.
const IN_FRONT: Duration = Duration::from_secs(30);

/// The unit in which it is counted, in bytes.
const PIECE: usize = 1 << 10;

/// Memory for forms that arrive.
#[derive(Clone, Debug)]
pub struct Forms {
    books: Arc<Semaphore>,
    letters: Arc<Semaphore>,
    limit: usize,
}

impl Forms {
    /// For texts of up to `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let room = |bytes: usize| {
            let pieces = bytes.div_ceil(PIECE).min(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(pieces))
        };
        Self {
            books: room(ARRIVING.max(limit)),
            letters: room(LETTERS),
            limit,
        }
    }

    /// Waits for room for the text of a form, which is no longer than its body says; none where it
    /// does not come in time.
    pub(crate) fn room_for(
        &self,
        body: &Body,
    ) -> impl Future<Output = Option<OwnedSemaphorePermit>> + use<> {
        let size = body.size_hint().upper();
        let size = size.and_then(|size| usize::try_from(size).ok());
        let bytes = size.unwrap_or(self.limit).min(self.limit);
        let wanted = u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX);
        let is_letter = size.is_some_and(|size| size <= LETTER);
        let room = Arc::clone(if is_letter {
            &self.letters
        } else {
            &self.books
        });
        async move {
            // The semaphores are never closed.
            let room = timeout(IN_FRONT, room.acquire_many_owned(wanted)).await;
            room.ok().and_then(Result::ok)
        }
    }
}

/// Reads a form whose text may have `limit` bytes.
///
/// # Errors
/// The text is too long or not UTF-8, or the body broke off or does not go on.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Fields, Error> {
    read_within(body, limit, IDLE).await
}

async fn read_within(body: Body, limit: usize, idle: Duration) -> Result<Fields, Error> {
    let give_up = (limit as u64)
        .saturating_mul(MOST_ENCODED_BYTES)
        .max(LEAST_READ);
    let expected = body.size_hint().upper().unwrap_or(give_up).min(give_up);
    let until = Instant::now() + idle + Duration::from_secs(expected / SLOWEST);
    let mut chunks = body.into_data_stream();
    let mut decoder = Decoder::new(limit);
    let mut read = 0;
    while let Some(chunk) = timeout_at(until.min(Instant::now() + idle), chunks.next())
        .await
        .map_err(|_| Error::Stalled)?
    {
        let chunk = chunk.map_err(|_| Error::BrokenBody)?;
        read += chunk.len() as u64;
        if read > give_up {
            break;
        }
        decoder.feed(&chunk);
    }
    decoder.finish()
}

/// Which field the bytes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Text,
    Nonce,
    Other,
}

/// A percent sign and what followed it so far.
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
    text: Option<Vec<u8>>,
    /// Bytes of the text, those included that were not kept.
    text_bytes: u64,
    after_cr: bool,
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
            text_bytes: 0,
            after_cr: false,
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
                // As browsers do: what is no escape stands for itself.
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
            // The first one counts, as in most frameworks.
            b"text" if self.text.is_none() => {
                self.text = Some(Vec::new());
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
            Field::Text => self.push_text(byte),
            Field::Name if self.name.len() < LONGEST_FIELD => self.name.push(byte),
            Field::Nonce if self.nonce.len() < LONGEST_FIELD => self.nonce.push(byte),
            _ => {}
        }
    }

    /// CR LF, and a CR alone, are one LF: browsers send the former for every line break.
    fn push_text(&mut self, byte: u8) {
        let second_half = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
        if second_half {
            return;
        }
        self.text_bytes += 1;
        if let Some(text) = &mut self.text
            && self.text_bytes <= self.limit as u64
        {
            text.push(if byte == b'\r' { b'\n' } else { byte });
        }
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
        if self.text_bytes > self.limit as u64 {
            return Err(Error::TooLong {
                size: self.text_bytes,
                limit: self.limit,
            });
        }
        let text = self.text.map(String::from_utf8).transpose();
        let nonce = str::from_utf8(&self.nonce).ok();
        Ok(Fields {
            text: text.map_err(|_| Error::NotUtf8)?,
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

    #[tokio::test]
    async fn a_form_that_does_not_go_on_is_given_up() {
        let start = futures_util::stream::iter([Ok::<_, std::io::Error>("text=Gu")]);
        let body = Body::from_stream(start.chain(futures_util::stream::pending()));
        let error = read_within(body, 100, Duration::ZERO)
            .await
            .expect_err("nothing follows");
        assert!(matches!(error, Error::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn books_wait_for_those_before_them_and_letters_for_none() {
        let forms = Forms::new(ARRIVING);
        let book = || {
            let chunks = futures_util::stream::pending::<Result<&str, std::io::Error>>();
            forms.room_for(&Body::from_stream(chunks))
        };
        let first = book().await.expect("room");
        let mut second = Box::pin(book());
        assert!(second.as_mut().now_or_never().is_none(), "it may be long");
        let letter = forms.room_for(&Body::from("text=Ja"));
        assert!(letter.now_or_never().flatten().is_some());
        drop(first);
        let _second = second.await.expect("room");
        // The third waits in vain, on a clock that jumps.
        assert!(book().await.is_none());
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
