//! Reading the body of a request: decoded, not too slowly, and to its end even if it is refused.
//!
//! A client that sends everything before it reads gets the response to a refused body only if the
//! server has read that body; otherwise it sees a connection reset.

use std::{io, time::Duration};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder};
use axum::{
    body::{BodyDataStream, Bytes, HttpBody as _},
    extract::Request,
    http::{HeaderMap, header},
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    task::{self, coop},
    time::{Instant, timeout_at},
};
use tokio_util::io::StreamReader;

/// Maximum pause within a body. A client that is silent for longer is gone or hostile, and would
/// hold memory that others need.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Time for a body on top of that for its length.
const GRACE: Duration = Duration::from_secs(30);

/// Minimum average speed of a body: a bad mobile connection. It keeps a client from holding memory
/// for ever by sending a byte now and then; ten megabytes may take 20 minutes.
const MIN_BYTES_PER_SECOND: u64 = 8 * 1024;

/// Size of the chunks in which a body is decoded, in bytes.
const CHUNK: usize = 64 * 1024;

/// Maximum bytes read from a refused body: sixteen novels. They are discarded, so they cost only
/// bandwidth.
const MAX_DRAIN_BYTES: usize = 256 * 1024 * 1024;

/// Maximum time for reading a refused body.
const MAX_DRAIN_TIME: Duration = Duration::from_mins(1);

/// Error of reading a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The connection ended in the middle of the body.
    #[error("the body ended before it was complete")]
    Aborted,
    /// The client stopped sending, or sent too slowly.
    #[error("the body did not arrive in time")]
    Slow,
    /// The `Content-Encoding` is not supported, or the body does not match it.
    #[error("the body does not have a supported content encoding: gzip, deflate or br")]
    Encoding,
}

/// Reads the body, decoded from its `Content-Encoding`, and passes it to `sink` in chunks of up to
/// 64 KiB. A compressed body of any size takes no more memory than that: a limit is up to `sink`.
/// If either fails, the rest of the body is discarded.
///
/// # Errors
/// The body is incomplete, too slow or wrongly encoded, or `sink` returned an error.
pub async fn read<E: From<Error>>(
    request: Request,
    sink: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let (parts, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let outcome = decode(&parts.headers, &mut body, sink).await;
    if outcome.is_err() {
        discard(body).await;
    }
    outcome
}

/// Returns the time until which the next bytes of a body must arrive, of which `read` have.
fn deadline(start: Instant, read: u64) -> Instant {
    let deadline = start + GRACE + Duration::from_secs(read / MIN_BYTES_PER_SECOND);
    deadline.min(Instant::now() + MAX_PAUSE)
}

/// Returns the body, decoded from its `Content-Encoding`, as a stream of chunks of up to 64 KiB, which
/// takes no more memory than that. It is never ready twice in a row, so a parser that takes whatever is
/// ready holds one chunk. Whoever refuses the body reads on with [`discard`].
///
/// # Errors
/// The body is incomplete, too slow or wrongly encoded; the rest is discarded.
pub fn stream(request: Request) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    async_stream::stream! {
        let (parts, body) = request.into_parts();
        let mut body = body.into_data_stream();
        let mut failed = None;
        match Chunks::new(&parts.headers, &mut body) {
            Ok(mut chunks) => loop {
                match chunks.next().await {
                    Ok([]) => break,
                    Ok(chunk) => {
                        yield Ok(Bytes::copy_from_slice(chunk));
                        task::yield_now().await;
                    }
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            },
            Err(error) => failed = Some(error),
        }
        if let Some(error) = failed {
            discard(body).await;
            yield Err(error);
        }
    }
}

/// Reads and discards an unwanted body, up to a limit. A client that waits for permission to send it
/// (`Expect: 100-continue`) gets none, because the response alone is enough.
pub async fn drain(request: Request) {
    let expects_continue = request
        .headers()
        .get(header::EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    if !expects_continue {
        discard(request.into_body().into_data_stream()).await;
    }
}

/// Returns the size of the body in bytes, if it is known beforehand: not for a compressed body, nor
/// for one that is sent in chunks.
#[must_use]
pub fn size(request: &Request) -> Option<usize> {
    let size = request.body().size_hint().exact();
    let size = size.filter(|_| is_plain(request.headers()));
    size.and_then(|size| usize::try_from(size).ok())
}

async fn decode<E: From<Error>>(
    headers: &HeaderMap,
    body: &mut BodyDataStream,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut chunks = Chunks::new(headers, body)?;
    loop {
        match chunks.next().await? {
            [] => return Ok(()),
            chunk => sink(chunk)?,
        }
    }
}

/// A body that is being decoded.
struct Chunks<'a> {
    reader: Box<dyn AsyncRead + Send + Unpin + 'a>,
    chunk: Vec<u8>,
    /// Bytes so far.
    read: u64,
    start: Instant,
}

impl<'a> Chunks<'a> {
    fn new(headers: &HeaderMap, body: &'a mut BodyDataStream) -> Result<Self, Error> {
        Ok(Self {
            reader: decoder(headers, body)?,
            chunk: vec![0; CHUNK],
            read: 0,
            start: Instant::now(),
        })
    }

    /// Returns the next bytes; none at the end.
    async fn next(&mut self) -> Result<&[u8], Error> {
        // A few bytes may inflate to very many chunks, in which nothing else would wait.
        coop::consume_budget().await;
        let until = deadline(self.start, self.read);
        let count = timeout_at(until, self.reader.read(&mut self.chunk))
            .await
            .map_err(|_| Error::Slow)?
            .map_err(|error| match error.kind() {
                io::ErrorKind::ConnectionAborted => Error::Aborted,
                _ => Error::Encoding,
            })?;
        self.read += count as u64;
        Ok(&self.chunk[..count])
    }
}

/// Returns a reader of the decoded body. Its errors are of the kind `ConnectionAborted` if the
/// connection ended.
fn decoder<'a>(
    headers: &HeaderMap,
    body: &'a mut BodyDataStream,
) -> Result<Box<dyn AsyncRead + Send + Unpin + 'a>, Error> {
    let body = body.map_err(|_| io::Error::from(io::ErrorKind::ConnectionAborted));
    let body = StreamReader::new(body);
    Ok(match encoding(headers).as_str() {
        "" | "identity" => Box::new(body),
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(body);
            decoder.multiple_members(true);
            Box::new(decoder)
        }
        "deflate" => Box::new(ZlibDecoder::new(body)),
        "br" => Box::new(BrotliDecoder::new(body)),
        _ => return Err(Error::Encoding),
    })
}

/// Returns the value of `Content-Encoding` in lower case; several are joined by commas.
fn encoding(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let values: Vec<_> = values
        .map(|value| value.to_str().unwrap_or("unreadable"))
        .collect();
    values.join(",").to_ascii_lowercase()
}

fn is_plain(headers: &HeaderMap) -> bool {
    matches!(encoding(headers).as_str(), "" | "identity")
}

/// Reads and discards the rest of an unwanted body, up to a limit.
pub async fn discard<E>(mut body: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    let until = Instant::now() + MAX_DRAIN_TIME;
    let mut left = MAX_DRAIN_BYTES;
    while let Ok(Some(Ok(chunk))) = timeout_at(until, body.next()).await {
        match left.checked_sub(chunk.len()) {
            Some(fewer) => left = fewer,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        iter,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use async_compression::{
        Level,
        tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder},
    };
    use axum::body::Body;
    use futures_util::{FutureExt as _, stream as streams};

    use super::*;

    fn request(encoding: Option<&str>, body: Body) -> Request {
        let mut request = Request::new(body);
        if let Some(encoding) = encoding {
            let value = encoding.parse().expect("a header");
            request
                .headers_mut()
                .insert(header::CONTENT_ENCODING, value);
        }
        request
    }

    async fn whole(request: Request) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        read(request, |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        })
        .await
        .map(|()| bytes)
    }

    /// Sends chunks without a known length.
    fn in_chunks<S>(chunks: S) -> Body
    where
        S: Stream<Item = &'static [u8]> + Send + 'static,
    {
        Body::from_stream(chunks.map(Ok::<_, io::Error>))
    }

    async fn compressed(encoding: &str, plain: &[u8]) -> Vec<u8> {
        let mut encoder: Box<dyn AsyncRead + Unpin> = match encoding {
            "gzip" => Box::new(GzipEncoder::new(plain)),
            "deflate" => Box::new(ZlibEncoder::new(plain)),
            _ => Box::new(BrotliEncoder::with_quality(plain, Level::Fastest)),
        };
        let mut bytes = Vec::new();
        encoder.read_to_end(&mut bytes).await.expect("compressed");
        bytes
    }

    #[tokio::test]
    async fn a_body_is_decoded_wherever_its_chunks_end() {
        let plain = "Grüße aus Bern. ".repeat(10_000).into_bytes();
        for encoding in ["gzip", "deflate", "br"] {
            let bytes = compressed(encoding, &plain).await;
            let pieces: Vec<_> = bytes.chunks(7).map(Bytes::copy_from_slice).collect();
            let body = Body::from_stream(streams::iter(pieces.into_iter().map(Ok::<_, io::Error>)));
            let upper = encoding.to_ascii_uppercase();
            let decoded = whole(request(Some(&upper), body)).await;
            assert!(decoded.expect(encoding) == plain, "{encoding}");
        }
        for plainly in [None, Some("identity")] {
            let decoded = whole(request(plainly, Body::from(plain.clone()))).await;
            assert!(decoded.expect("read") == plain);
        }
        let mut twice = compressed("gzip", b"one ").await;
        twice.extend(compressed("gzip", b"two").await);
        let decoded = whole(request(Some("gzip"), Body::from(twice))).await;
        assert_eq!(decoded.expect("both members"), b"one two");
    }

    #[tokio::test]
    async fn a_stream_is_decoded_too_and_ready_for_one_chunk_at_a_time() {
        let plain = "Grüße aus Bern. ".repeat(10_000).into_bytes();
        let bytes = compressed("gzip", &plain).await;
        let mut decoded = Vec::new();
        let mut body = Box::pin(stream(request(Some("gzip"), Body::from(bytes))));
        while let Some(chunk) = body.next().await {
            decoded.extend(chunk.expect("a chunk"));
            assert!(body.next().now_or_never().is_none());
        }
        assert!(decoded == plain);
        let broken = stream(request(Some("br"), Body::from("Guten Tag!")));
        let broken: Vec<_> = broken.collect().await;
        assert_eq!(broken, [Err(Error::Encoding)]);
    }

    #[tokio::test]
    async fn a_body_that_does_not_match_its_encoding_is_an_error() {
        for encoding in ["gzip", "deflate", "br"] {
            let bytes = compressed(encoding, &[b'x'; 1000]).await;
            let half = Body::from(bytes[..bytes.len() / 2].to_vec());
            let half = whole(request(Some(encoding), half)).await;
            assert_eq!(half.expect_err("half"), Error::Encoding, "{encoding}");
            let plain = whole(request(Some(encoding), Body::from("Guten Tag!"))).await;
            assert_eq!(plain.expect_err("plain"), Error::Encoding, "{encoding}");
        }
        for unknown in ["zstd", "gzip, br", "\u{e4}"] {
            let other = whole(request(Some(unknown), Body::from("x"))).await;
            assert_eq!(other.expect_err("unknown"), Error::Encoding);
        }
    }

    #[tokio::test]
    async fn a_bomb_is_decoded_only_up_to_the_limit() {
        for encoding in ["gzip", "deflate", "br"] {
            let bomb = compressed(encoding, &vec![0; 10_000_000]).await;
            assert!(bomb.len() < 20_000, "{encoding}: {}", bomb.len());
            let (mut decoded, mut largest) = (0, 0);
            let outcome = read(request(Some(encoding), Body::from(bomb)), |chunk| {
                decoded += chunk.len();
                largest = largest.max(chunk.len());
                // Any error will do.
                (decoded < 1_000_000).then_some(()).ok_or(Error::Slow)
            });
            outcome.await.expect_err("over the limit");
            assert!(decoded < 1_000_000 + CHUNK, "{encoding}: {decoded}");
            assert!(largest <= CHUNK, "{encoding}: {largest}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_or_is_too_slow_is_given_up() {
        static FAST: [u8; 128 * 1024] = [b'x'; _];
        let silent = in_chunks(streams::iter([&b"text"[..]]).chain(streams::pending()));
        let start = Instant::now();
        let error = whole(request(None, silent)).await.expect_err("silent");
        assert_eq!(error, Error::Slow);
        assert!(start.elapsed() >= MAX_PAUSE);

        let trickle = |bytes: &'static [u8]| {
            let chunks = streams::iter(iter::repeat_n(bytes, 100));
            in_chunks(chunks.then(async |chunk| {
                tokio::time::sleep(MAX_PAUSE / 2).await;
                chunk
            }))
        };
        let error = whole(request(None, trickle(b"x"))).await;
        assert_eq!(error.expect_err("too slow"), Error::Slow);
        let bytes = whole(request(None, trickle(&FAST))).await;
        assert_eq!(bytes.expect("in time").len(), 100 * FAST.len());
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_an_error() {
        for encoding in [None, Some("gzip")] {
            let chunks = [Ok(&b"\x1f\x8b"[..]), Err(io::Error::other("gone"))];
            let body = Body::from_stream(streams::iter(chunks));
            let error = whole(request(encoding, body)).await.expect_err("broken");
            assert_eq!(error, Error::Aborted);
        }
    }

    #[tokio::test]
    async fn a_refused_body_is_read_to_its_end_unless_the_client_waits_for_permission() {
        static SENT: AtomicUsize = AtomicUsize::new(0);
        let body = || {
            SENT.store(0, Ordering::Relaxed);
            in_chunks(streams::iter(0..1000).map(|_| {
                SENT.fetch_add(1, Ordering::Relaxed);
                &[b'x'; 100][..]
            }))
        };
        let refused = read(request(None, body()), |_| Err(Error::Slow)).await;
        assert_eq!(refused, Err(Error::Slow));
        assert_eq!(SENT.load(Ordering::Relaxed), 1000);

        drain(request(None, body())).await;
        assert_eq!(SENT.load(Ordering::Relaxed), 1000);

        let mut waiting = request(None, body());
        let value = "100-Continue".parse().expect("a header");
        waiting.headers_mut().insert(header::EXPECT, value);
        drain(waiting).await;
        assert_eq!(SENT.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_arrives_in_time_or_ends_with_an_error() {
        let whole = async |request| stream(request).collect::<Vec<_>>().await;
        let body = in_chunks(streams::iter([&b"one"[..], b"two"]));
        let expected = [Ok("one".into()), Ok("two".into())];
        assert_eq!(whole(request(None, body)).await, expected);
        let silent = in_chunks(streams::iter([&b"one"[..]]).chain(streams::pending()));
        let expected = [Ok("one".into()), Err(Error::Slow)];
        assert_eq!(whole(request(None, silent)).await, expected);
        let cut = streams::iter([Ok(&b"one"[..]), Err(io::Error::other("gone"))]);
        let expected = [Ok("one".into()), Err(Error::Aborted)];
        let cut = request(None, Body::from_stream(cut));
        assert_eq!(whole(cut).await, expected);
        let gzip = request(Some("gzip"), Body::from("one"));
        assert_eq!(whole(gzip).await, [Err(Error::Encoding)]);
    }

    #[test]
    fn the_size_of_a_compressed_body_is_unknown() {
        assert_eq!(size(&request(None, Body::from("12345"))), Some(5));
        assert_eq!(size(&request(Some("gzip"), Body::from("12345"))), None);
        assert_eq!(size(&request(None, in_chunks(streams::pending()))), None);
    }
}
