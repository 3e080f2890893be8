//! A mock of the backend. It speaks the same protocol, knows the sentences of one letter, and
//! translates a sentence when the test case permits it.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock, Mutex};

use api::{
    AtomCheck, DoneEvent, EVENT_DONE, EVENT_SEGMENT, Flag, LostAtom, ModelInfo, SegmentEvent,
    TranslateRequest,
};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// A typical letter, for test cases and screenshots.
pub(crate) const LETTER: &str = "\
Sehr geehrte Frau Keller

Hiermit bestätigen wir den Eingang Ihrer Kündigung der Wohnung an der Seestrasse 14. \
Das Mietverhältnis endet am 31. März. \
Bitte vereinbaren Sie bis Ende Februar einen Termin für die Übergabe.

Folgende Unterlagen sind mitzubringen:
1. sämtliche Schlüssel
2. das Protokoll der letzten Übergabe

Die Reinigung muss vor der Übergabe abgeschlossen sein. \
Allfällige Schäden werden gemeinsam aufgenommen.";

static KNOWN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    HashMap::from([
        ("Sehr geehrte Frau Keller", "Dear Ms Keller"),
        (
            "Hiermit bestätigen wir den Eingang Ihrer Kündigung der Wohnung an der Seestrasse 14.",
            "We hereby confirm receipt of your notice for the flat at Seestrasse 14.",
        ),
        (
            "Das Mietverhältnis endet am 31. März.",
            "The tenancy ends on 31 March.",
        ),
        (
            "Bitte vereinbaren Sie bis Ende Februar einen Termin für die Übergabe.",
            "Please arrange an appointment for the handover by the end of February.",
        ),
        (
            "Folgende Unterlagen sind mitzubringen:",
            "Please bring the following documents:",
        ),
        ("sämtliche Schlüssel", "all keys"),
        (
            "das Protokoll der letzten Übergabe",
            "the record of the last handover",
        ),
        (
            "Die Reinigung muss vor der Übergabe abgeschlossen sein.",
            "Cleaning must be finished before the handover.",
        ),
        (
            "Allfällige Schäden werden gemeinsam aufgenommen.",
            "Any damage is recorded together.",
        ),
        ("Guten Morgen!", "Good morning!"),
        ("Wie geht es dir?", "How are you?"),
        (
            "Der Abfall wird jeden Dienstag abgeholt.",
            "Waste is collected every Tuesday.",
        ),
        (
            "Karton bitte gebündelt bereitstellen.",
            "Please put out cardboard in bundles.",
        ),
    ])
});

/// A free port of this machine.
const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A model that flags sentences of the letter: three that may be translated poorly, two with
/// numbers that may be in the wrong place, and one whose date is changed.
pub(crate) const CLUMSY: &str = "clumsy-de-en";

/// Behaviour of the mock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Translates a sentence for each permit.
    Willing,
    /// Answers that it is busy.
    Busy,
    /// Rejects every text as too long.
    Strict,
}

/// The running mock.
#[derive(Clone, Debug)]
pub(crate) struct Backend {
    pub(crate) url: String,
    leave: Arc<Semaphore>,
    mood: Arc<Mutex<Mood>>,
    /// Its model, and a token that ends running answers when the model is replaced.
    model: Arc<Mutex<(&'static str, CancellationToken)>>,
    demo: bool,
}

impl Backend {
    /// Starts one that translates everything at once.
    pub(crate) async fn eager() -> Self {
        let backend = Self::patient().await;
        backend.let_go(Semaphore::MAX_PERMITS / 2);
        backend
    }

    /// Starts one that waits for [`Backend::let_go`].
    pub(crate) async fn patient() -> Self {
        Self::patient_at(ANYWHERE).await
    }

    /// Starts one that waits, at an address.
    pub(crate) async fn patient_at(address: SocketAddr) -> Self {
        Self::start(address, false).await
    }

    /// Starts one that reports the demo model, and waits.
    pub(crate) async fn demo() -> Self {
        Self::start(ANYWHERE, true).await
    }

    async fn start(address: SocketAddr, demo: bool) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let backend = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            leave: Arc::new(Semaphore::new(0)),
            mood: Arc::new(Mutex::new(Mood::Willing)),
            model: Arc::new(Mutex::new((
                if demo { "demo-de-en" } else { "opus-mt-de-en" },
                CancellationToken::new(),
            ))),
            demo,
        };
        let router = Router::new()
            .route("/model", get(model))
            .route("/translate/stream", post(translate))
            .layer(DefaultBodyLimit::disable())
            .with_state(backend.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        backend
    }

    /// Permits this number of further sentences.
    pub(crate) fn let_go(&self, sentences: usize) {
        self.leave.add_permits(sentences);
    }

    /// Switches to another model, which appends its name to each sentence.
    pub(crate) fn get_model(&self, name: &'static str) {
        let mut model = self.model.lock().unwrap();
        model.1.cancel();
        *model = (name, CancellationToken::new());
    }

    /// Sets its behaviour.
    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

async fn model(State(backend): State<Backend>) -> Json<ModelInfo> {
    let name = backend.model.lock().unwrap().0;
    Json(ModelInfo {
        name: name.to_owned(),
        commit: None,
        source_language: "de".to_owned(),
        target_language: "en".to_owned(),
        precision: "f32".to_owned(),
        engine: "native".to_owned(),
        device: "cpu".to_owned(),
        beams: 1,
        demo: backend.demo,
    })
}

async fn translate(
    State(backend): State<Backend>,
    Json(TranslateRequest {
        text_de, wrapped, ..
    }): Json<TranslateRequest>,
) -> Response {
    let mood = *backend.mood.lock().unwrap();
    match mood {
        Mood::Willing => {}
        Mood::Busy => {
            let headers = [(header::RETRY_AFTER, "1")];
            return (StatusCode::SERVICE_UNAVAILABLE, headers).into_response();
        }
        Mood::Strict => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
    let (model, end) = backend.model.lock().unwrap().clone();
    let segments = segment::segments(
        &text_de,
        segment::Rules {
            language: "de",
            wrapped,
        },
    );
    let events = async_stream::stream! {
        let total = segments.len();
        for (index, segment) in segments.into_iter().enumerate() {
            let Some(leave) = end.run_until_cancelled(backend.leave.acquire()).await else {
                yield Err(io::Error::other("another model comes"));
                return;
            };
            leave.unwrap().forget();
            let sentence = &text_de[segment.start..segment.end];
            let event = SegmentEvent {
                index,
                start: segment.start,
                end: segment.end,
                translation: translation(sentence, model),
                done: index + 1,
                total,
                flags: flags(sentence, model),
                atoms: atoms(sentence, model),
                links: Vec::new(),
            };
            yield Ok(event_of(EVENT_SEGMENT, &event));
        }
        yield Ok(event_of(EVENT_DONE, &DoneEvent { sentences: total, duration_ms: 1 }));
    };
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// Returns the flags of a sentence: this model has problems with handovers and numbers.
fn flags(sentence: &str, model: &str) -> Vec<Flag> {
    if model != CLUMSY {
        return Vec::new();
    }
    let all = [
        ("Übergabe", Flag::Looped),
        ("1", Flag::Positioned),
        ("31. März", Flag::Atoms),
    ];
    let flags = all.into_iter().filter(|(word, _)| sentence.contains(word));
    flags.map(|(_, flag)| flag).collect()
}

/// Returns the check of a sentence's numbers: the clumsy model changes a date.
fn atoms(sentence: &str, model: &str) -> AtomCheck {
    let found = usize::from(sentence.contains('1'));
    let is_changed = model == CLUMSY && sentence.contains("31. März");
    let lost = is_changed.then(|| LostAtom {
        source: Some("31. März".to_owned()),
        target: Some("30 March".to_owned()),
    });
    AtomCheck {
        found,
        kept: found - usize::from(is_changed),
        lost: lost.into_iter().collect(),
    }
}

/// Returns the translation of a sentence.
fn translation(sentence: &str, model: &str) -> String {
    let known = KNOWN.get(sentence).map(|known| (*known).to_owned());
    let known = known.unwrap_or_else(|| format!("EN {sentence}"));
    match model {
        "demo-de-en" | "opus-mt-de-en" | CLUMSY => known,
        _ => format!("{known} ({model})"),
    }
}

fn event_of(name: &str, data: &impl serde::Serialize) -> Event {
    Event::default().event(name).json_data(data).unwrap()
}
