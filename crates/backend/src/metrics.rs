//! Metrics: names, descriptions, and the middleware that counts requests.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use marian::Audit;
use metrics::Unit;

/// Requests answered, by route and status.
pub const REQUESTS: &str = "backend_requests_total";
/// Time to the head of a response, by route.
pub const REQUEST_SECONDS: &str = "backend_request_seconds";
/// Texts with at least one sentence, by outcome: `done`, `cancelled` or `failed`.
pub const JOBS: &str = "backend_jobs_total";
/// Sentences translated.
pub const SENTENCES: &str = "backend_sentences_total";
/// Tokens read by the model.
pub const SOURCE_TOKENS: &str = "backend_source_tokens_total";
/// Tokens written by the model.
pub const TARGET_TOKENS: &str = "backend_target_tokens_total";
/// Numbers, references and other atoms of the sentences, by outcome: `kept` or `lost`.
pub const ATOMS: &str = "backend_atoms_total";
/// Lookups among the sentences that were translated recently or are in progress for the same
/// request: `hit` or `miss`.
pub const CACHE_LOOKUPS: &str = "backend_cache_lookups_total";
/// Requests running or waiting.
pub const QUEUE_REQUESTS: &str = "backend_queue_requests";
/// Bytes held by these requests.
pub const QUEUE_BYTES: &str = "backend_queue_bytes";
/// Time to the first translated sentence of a text, from the moment the entire text was received
/// and parsed.
pub const FIRST_SENTENCE_SECONDS: &str = "backend_first_sentence_seconds";
/// Rows of a decoder step.
pub const BATCH_ROWS: &str = "backend_batch_rows";

/// Installs the recorder of the process and describes all metrics; may be called repeatedly.
///
/// # Panics
/// If the process has another recorder.
pub fn install() {
    service::metrics::install();
    let counters = [
        (REQUESTS, "Requests answered, by route and status."),
        (
            JOBS,
            "Texts with at least one sentence, by outcome: done, cancelled or failed.",
        ),
        (SENTENCES, "Sentences translated."),
        (SOURCE_TOKENS, "Tokens read by the model."),
        (TARGET_TOKENS, "Tokens written by the model."),
        (
            ATOMS,
            "Numbers, references and marks of the sentences, by outcome: kept or lost.",
        ),
        (
            CACHE_LOOKUPS,
            "Lookups among the sentences translated recently or in progress for the same request: hit or miss.",
        ),
    ];
    for (name, description) in counters {
        metrics::describe_counter!(name, description);
    }
    metrics::describe_gauge!(QUEUE_REQUESTS, "Requests running or waiting.");
    metrics::describe_gauge!(QUEUE_BYTES, Unit::Bytes, "Bytes held by these requests.");
    let histograms = [
        (
            REQUEST_SECONDS,
            Unit::Seconds,
            "Time to the head of a response.",
        ),
        (
            FIRST_SENTENCE_SECONDS,
            Unit::Seconds,
            "Time from the complete receipt of a text to its first translated sentence.",
        ),
        (BATCH_ROWS, Unit::Count, "Rows of a decoder step."),
    ];
    for (name, unit, description) in histograms {
        metrics::describe_histogram!(name, unit, description);
    }
    // Counters exist from the start, so that a rate over them has no gap.
    for name in [SENTENCES, SOURCE_TOKENS, TARGET_TOKENS] {
        metrics::counter!(name).increment(0);
    }
    for outcome in ["done", "cancelled", "failed"] {
        metrics::counter!(JOBS, "outcome" => outcome).increment(0);
    }
    for outcome in ["kept", "lost"] {
        metrics::counter!(ATOMS, "outcome" => outcome).increment(0);
    }
    for outcome in ["hit", "miss"] {
        metrics::counter!(CACHE_LOOKUPS, "outcome" => outcome).increment(0);
    }
    metrics::gauge!(QUEUE_REQUESTS).increment(0.0);
    metrics::gauge!(QUEUE_BYTES).increment(0.0);
}

/// Counts the atoms of a sentence.
pub(crate) fn count_atoms(audit: &Audit) {
    let lost = audit.found - audit.kept;
    metrics::counter!(ATOMS, "outcome" => "kept").increment(audit.kept as u64);
    metrics::counter!(ATOMS, "outcome" => "lost").increment(lost as u64);
}

/// Counts a request. The route is its pattern in the table, never the path chosen by a client: each
/// distinct value would be a time series of its own.
pub async fn count(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    metrics::counter!(REQUESTS, "route" => route.clone(), "status" => status).increment(1);
    metrics::histogram!(REQUEST_SECONDS, "route" => route).record(start.elapsed());
    response
}
