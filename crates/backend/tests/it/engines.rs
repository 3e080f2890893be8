//! Both engines behind the same API.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
};

use api::{ModelInfo, SegmentEvent};
use axum::Router;
use backend::{
    AppState, Worker, app,
    config::{ModelConfig, ModelEngine},
    model_dir,
};
use marian::Translator;
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, TEN_MIB, demo, get, json, model_config, post, ready};

/// Returns the demo model in the candle engine, loaded once for all tests.
fn candle_model() -> (Arc<Translator>, ModelInfo) {
    static MODEL: OnceLock<(Arc<Translator>, ModelInfo)> = OnceLock::new();
    let config = ModelConfig {
        model_engine: ModelEngine::Candle,
        // The files of the demo model say four.
        model_beams: None,
        ..model_config()
    };
    MODEL
        .get_or_init(|| model_dir::load(&demo(), &config).unwrap())
        .clone()
}

async fn candle() -> Router {
    let worker = Worker::start(|| Ok(candle_model())).unwrap();
    worker.loaded().await.unwrap();
    app(AppState::new(worker, TEN_MIB, CancellationToken::new()))
}

/// Returns about 200 sentences in lists and paragraphs, with blank lines.
fn text() -> String {
    let sentences = [
        "Das Haus ist alt.",
        "Wir gehen heute Abend ins Kino.",
        "Der Hund schläft.",
        "Wo ist der Bahnhof?",
        "Ich weiß es nicht!",
        "Die Frau liest ein Buch.",
        "Das ist 🙂 gut.",
    ];
    let mut text = String::from("  Liste\r\n\r\n\n");
    let mut next = sentences.iter().cycle();
    let mut sentence = || next.next().unwrap();
    for number in 1..=40 {
        match number % 4 {
            0 => writeln!(text, "{}  {} {}\n\n", sentence(), sentence(), sentence()).unwrap(),
            1 => writeln!(text, "- {}\n\t- {}", sentence(), sentence()).unwrap(),
            2 => write!(text, "{number}. {}\r\n   {} \n", sentence(), sentence()).unwrap(),
            _ => write!(text, "* {}\n----\n  * {}\n\n", sentence(), sentence()).unwrap(),
        }
        write!(text, "{} {}\t{}\n ", sentence(), sentence(), sentence()).unwrap();
    }
    text
}

fn segments(answer: &Answer) -> Vec<SegmentEvent> {
    let events = answer.body.split("\n\n");
    let segments = events.filter_map(|event| event.strip_prefix("event: segment\ndata: "));
    segments
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// Returns the gaps of the source.
fn gaps<'a>(text: &'a str, segments: &[SegmentEvent]) -> Vec<&'a str> {
    let mut gaps = Vec::new();
    let mut at = 0;
    for segment in segments {
        gaps.push(&text[at..segment.start]);
        at = segment.end;
    }
    gaps.push(&text[at..]);
    gaps
}

/// Returns the text between the translations.
fn gaps_between<'a>(translated: &'a str, segments: &[SegmentEvent]) -> Vec<&'a str> {
    let mut gaps = Vec::new();
    let mut rest = translated;
    for segment in segments {
        let at = rest.find(&segment.translation).unwrap();
        gaps.push(&rest[..at]);
        rest = &rest[at + segment.translation.len()..];
    }
    gaps.push(rest);
    gaps
}

#[tokio::test]
async fn a_text_has_the_same_layout_with_both_engines() {
    let text = text();
    let mut places = Vec::new();
    for app in [ready().await, candle().await] {
        let streamed = segments(&post(&app, "/translate/stream", json(&text)).await);
        assert!((200..250).contains(&streamed.len()), "{}", streamed.len());
        let whole = post(&app, "/translate", json(&text)).await.json();
        let whole = whole["text_en"].as_str().unwrap();
        assert_eq!(gaps_between(whole, &streamed), gaps(&text, &streamed));
        let place = |segment: &SegmentEvent| (segment.index, segment.start, segment.end);
        places.push(streamed.iter().map(place).collect::<Vec<_>>());
    }
    assert_eq!(places[0], places[1]);
}

#[tokio::test]
async fn the_description_of_the_model_has_its_engine_and_device() {
    let answer = get(&candle().await, "/model").await;
    let model: ModelInfo = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&*model.engine, &*model.device), ("candle", "cpu"));
    assert_eq!((&*model.precision, model.beams), ("f32", 1));
}

#[tokio::test]
async fn the_candle_engine_links_nothing_and_is_not_asked_again() {
    let app = candle().await;
    let body = serde_json::json!({ "text_de": "Anna wohnt in Bern.", "links": true }).to_string();
    let first = post(&app, "/translate/stream", body.clone()).await;
    assert!(segments(&first)[0].links.is_empty());
    let again = post(&app, "/translate/stream", body).await;
    assert_eq!(segments(&again), segments(&first));
}
