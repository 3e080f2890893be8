//! Texts over the limit, a full queue, and clients that send before they read.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use backend::app;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use tower::ServiceExt as _;

use crate::support::{
    Served, TEN_MIB, ask, compressed, eventually, get, json, post, ready, state, translate,
};

#[tokio::test]
async fn the_limit_counts_bytes_of_text_and_is_stated() {
    let app = app(state(10).await);
    // Ten bytes of text, many more of JSON.
    let answer = post(
        &app,
        "/translate",
        r#"{"text_de":"\u002d\u002d\u002d\u002d\u002d\u002d\u002d\u002d\u002d\u002d"}"#,
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = translate(&app, "-----------").await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        answer.body,
        r#"{"detail":[{"loc":["body","text_de"],"msg":"The text has 11 bytes; the limit is 10 bytes (MAX_TEXT_BYTES)","type":"text_too_long"}]}"#
    );
}

#[tokio::test]
async fn a_body_that_is_both_too_long_and_not_json_is_refused_as_too_long() {
    let app = app(state(100_000).await);
    let answer = post(&app, "/translate", "x".repeat(500_000)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let answer = post(&app, "/translate", "x".repeat(50_000)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_body_far_over_the_limit_is_refused_with_and_without_a_length() {
    let app = app(state(1000).await);
    let body = json(&"a".repeat(5_000_000));
    let answer = ask(
        &app,
        Request::post("/translate")
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body.clone()))
            .unwrap(),
    )
    .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let answer = post(&app, "/translate", body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        answer.body.contains("limit is 1000 bytes"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_compressed_body_is_decoded_within_the_limit() {
    let state = state(1000).await;
    let app = app(state.clone());
    for encoding in ["gzip", "deflate", "br"] {
        for path in ["/translate", "/translate/stream"] {
            let send = async |body: &[u8]| {
                let request = Request::post(path)
                    .header(header::CONTENT_ENCODING, encoding)
                    .body(Body::from(compressed(encoding, body).await));
                ask(&app, request.unwrap()).await
            };
            let answer = send(json("---").as_bytes()).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            let answer = send(json(&"-".repeat(1001)).as_bytes()).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
            assert!(answer.body.contains("has 1001 bytes"), "{}", answer.body);
            // A thousand to one.
            let answer = send(json(&"-".repeat(2_000_000)).as_bytes()).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(answer.fault(), "text_too_long");
        }
    }
    assert_eq!(state.queue.requests(), 0);
}

#[tokio::test]
async fn an_encoding_that_is_unknown_or_wrong_is_refused() {
    let app = ready().await;
    for encoding in ["zstd", "gzip", "deflate", "br"] {
        let request = Request::post("/translate")
            .header(header::CONTENT_ENCODING, encoding)
            .body(Body::from(json("-")));
        let answer = ask(&app, request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(
            answer.body,
            r#"{"detail":[{"loc":["header","content-encoding"],"msg":"The body is not encoded as its Content-Encoding says; supported are gzip, deflate and br","type":"content_encoding"}]}"#
        );
    }
}

/// Sends everything before it reads anything, as curl and browsers do.
async fn send_then_read(served: &Served, path: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
        .write_all(body)
        .await
        .expect("the server keeps reading");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("a response and not a reset");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_megabytes_get_a_response_and_not_a_reset_connection() {
    let body = json(&"ä".repeat(15_000_000)).into_bytes();
    for limit in [TEN_MIB, 1000] {
        let served = Served::start(limit).await;
        for path in ["/translate", "/translate/stream"] {
            let answer = send_then_read(&served, path, &body).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
            assert!(
                answer.contains(&format!("limit is {limit} bytes")),
                "{answer}"
            );
        }
        let answer = send_then_read(&served, "/nowhere", &body).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
        assert_eq!(served.state.queue.requests(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_expects_continue_is_refused_at_once() {
    let served = Served::start(1000).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = "POST /translate HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 30000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_full_queue_refuses_requests_with_retry_after() {
    let state = state(TEN_MIB).await;
    let app = app(state.clone());
    let mut permits = Vec::new();
    while let Ok(permit) = state.queue.enter() {
        permits.push(permit);
    }
    for path in ["/translate", "/translate/stream"] {
        let answer = post(&app, path, json("Hallo.")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[header::RETRY_AFTER], "5");
        assert_eq!(answer.fault(), "busy");
    }
    // Busy is not broken: Swarm kills a container that is not ready, and Kubernetes sends it no
    // work.
    assert_eq!(get(&app, "/readyz").await.status, StatusCode::OK);
    permits.pop();
    assert_eq!(translate(&app, "-").await.status, StatusCode::OK);
}

#[tokio::test]
async fn bytes_are_limited_over_all_requests() {
    let state = state(TEN_MIB).await;
    let app = app(state.clone());
    let mut permit = state.queue.enter().unwrap();
    permit.hold(8 * TEN_MIB - 100).unwrap();
    let answer = translate(&app, &"-".repeat(500)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(permit);
    assert_eq!(
        translate(&app, &"-".repeat(500)).await.status,
        StatusCode::OK
    );
}

/// Opens a stream and leaves it open.
async fn open(app: &axum::Router, text: &str) -> axum::response::Response {
    let request = Request::post("/translate/stream").body(Body::from(json(text)));
    app.clone().oneshot(request.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_very_many_sentences_is_accepted_if_it_is_alone() {
    // Little text, but a million sentences: their overhead in memory alone exceeds the limit.
    let column = "1\n".repeat(1_000_000);
    let state = state(TEN_MIB).await;
    let app = app(state.clone());
    let mut permit = state.queue.enter().unwrap();
    permit.hold(4 * TEN_MIB).unwrap();
    for path in ["/translate", "/translate/stream"] {
        let answer = post(&app, path, json(&column)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[header::RETRY_AFTER], "5");
        assert_eq!(answer.fault(), "busy");
    }
    drop(permit);
    let alone = open(&app, &column).await;
    assert_eq!(alone.status(), StatusCode::OK);
    // Another such text has to wait; a short text fits beside it.
    let second = open(&app, &column).await;
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    let short = open(&app, "Das ist gut.").await;
    assert_eq!(short.status(), StatusCode::OK);
    drop((alone, short));
    eventually("no request holds a place", || state.queue.requests() == 0).await;
}

/// Sends a request and reads only the start of the first line of the response.
async fn ask_and_stop_reading(served: &Served, path: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let body = json(text);
    let length = body.len();
    let request =
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_nobody_reads_holds_its_place() {
    let served = Served::start(TEN_MIB).await;
    let queue = &served.state.queue;
    // Each response has more than ten megabytes, more than the system buffers for a connection, and
    // needs no model.
    let column = "1\n".repeat(150_000);
    for (path, text) in [
        ("/translate", "-".repeat(TEN_MIB)),
        ("/translate/stream", column),
    ] {
        let stream = ask_and_stop_reading(&served, path, &text).await;
        assert_eq!(queue.requests(), 1, "{path}");
        // The connection stays open throughout, so it is not its end that releases the place.
        let (mut answer, asked) = stream.into_split();
        let reading =
            tokio::spawn(async move { tokio::io::copy(&mut answer, &mut tokio::io::sink()).await });
        eventually("free once it is read", || queue.requests() == 0).await;
        reading.abort();
        drop(asked);

        let stream = ask_and_stop_reading(&served, path, &text).await;
        assert_eq!(queue.requests(), 1, "{path}");
        drop(stream);
        eventually("free once the client has gone", || queue.requests() == 0).await;
    }
}
