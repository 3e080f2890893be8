//! Names and descriptions of the metrics.

/// Accepted texts.
pub(crate) const ACCEPTED: &str = "frontend_texts_accepted_total";
/// Completely translated texts.
pub(crate) const TRANSLATED: &str = "frontend_texts_translated_total";
/// Attempts that ended because no replica of the backend could continue.
pub(crate) const ATTEMPTS_FAILED: &str = "frontend_attempts_failed_total";
/// Chunks of texts by outcome: `done`, `returned` or `repeated`.
pub(crate) const CHUNKS: &str = "frontend_chunks_total";
/// Translations that are waiting for the database.
pub(crate) const WAITING_TO_STORE: &str = "frontend_waiting_to_store";
/// 1 while the database is up, otherwise 0.
pub(crate) const DATABASE_UP: &str = "frontend_database_up";
/// 1 while any replica of the backend is up, otherwise 0.
pub(crate) const BACKEND_UP: &str = "frontend_backend_up";
/// Addresses that the backend's names resolve to.
pub(crate) const REPLICAS: &str = "frontend_replicas";

/// Responses of the APIs, by `api` and `status`.
pub(crate) const API_REQUESTS: &str = "frontend_api_requests_total";
/// Characters that the APIs have accepted.
pub(crate) const API_CHARACTERS: &str = "frontend_api_characters_total";

/// Installs the recorder of the process and describes all metrics; may be called again.
pub(crate) fn install() {
    service::metrics::install();
    let counters = [
        (ACCEPTED, "Accepted texts."),
        (TRANSLATED, "Completely translated texts."),
        (
            ATTEMPTS_FAILED,
            "Attempts that ended because no replica of the backend could continue.",
        ),
        (
            CHUNKS,
            "Chunks of texts by outcome: done, returned by a replica that failed, or repeated on \
             a second replica.",
        ),
        (API_REQUESTS, "Responses of the APIs, by API and status."),
        (API_CHARACTERS, "Characters that the APIs have translated."),
    ];
    for (name, description) in counters {
        metrics::describe_counter!(name, description);
    }
    let gauges = [
        (
            WAITING_TO_STORE,
            "Translations that are waiting for the database.",
        ),
        (DATABASE_UP, "1 while the database is up, otherwise 0."),
        (
            BACKEND_UP,
            "1 while any replica of the backend is up, otherwise 0.",
        ),
        (REPLICAS, "Addresses that the backend's names resolve to."),
    ];
    for (name, description) in gauges {
        metrics::describe_gauge!(name, description);
        metrics::gauge!(name).increment(0.0);
    }
    // Counters exist from the start, so that rates have no gap.
    for name in [ACCEPTED, TRANSLATED, ATTEMPTS_FAILED, API_CHARACTERS] {
        metrics::counter!(name).increment(0);
    }
    for outcome in ["done", "returned", "repeated"] {
        metrics::counter!(CHUNKS, "outcome" => outcome).increment(0);
    }
}

/// Sets a gauge that is either 1 or 0.
pub(crate) fn set_up(name: &'static str, is_up: bool) {
    metrics::gauge!(name).set(f64::from(u8::from(is_up)));
}
