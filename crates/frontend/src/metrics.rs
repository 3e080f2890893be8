//! What is counted: names and descriptions.

/// Texts accepted.
pub(crate) const ACCEPTED: &str = "frontend_texts_accepted_total";
/// Texts translated to their end.
pub(crate) const TRANSLATED: &str = "frontend_texts_translated_total";
/// Attempts that ended because no replica of the backend could go on.
pub(crate) const ATTEMPTS_FAILED: &str = "frontend_attempts_failed_total";
/// Chunks of texts by how they ended: `done`, `returned` or `repeated`.
pub(crate) const CHUNKS: &str = "frontend_chunks_total";
/// Translations that wait for the database.
pub(crate) const WAITING_TO_STORE: &str = "frontend_waiting_to_store";
/// Whether the database is there: 1 or 0.
pub(crate) const DATABASE_UP: &str = "frontend_database_up";
/// Whether any replica of the backend is there: 1 or 0.
pub(crate) const BACKEND_UP: &str = "frontend_backend_up";
/// Addresses that the backend's name stands for.
pub(crate) const REPLICAS: &str = "frontend_replicas";

/// Installs the process's recorder and describes all metrics; may be called again.
pub(crate) fn install() {
    service::metrics::install();
    let counters = [
        (ACCEPTED, "Texts accepted."),
        (TRANSLATED, "Texts translated to their end."),
        (
            ATTEMPTS_FAILED,
            "Attempts that ended because no replica of the backend could go on.",
        ),
        (
            CHUNKS,
            "Chunks of texts by how they ended: done, returned by a replica that failed, or \
             repeated on a second one.",
        ),
    ];
    for (name, words) in counters {
        metrics::describe_counter!(name, words);
    }
    let gauges = [
        (WAITING_TO_STORE, "Translations that wait for the database."),
        (DATABASE_UP, "Whether the database is there: 1 or 0."),
        (
            BACKEND_UP,
            "Whether any replica of the backend is there: 1 or 0.",
        ),
        (REPLICAS, "Addresses that the backend's name stands for."),
    ];
    for (name, words) in gauges {
        metrics::describe_gauge!(name, words);
        metrics::gauge!(name).increment(0.0);
    }
    // Counters exist from the start, so that a rate over them has no hole.
    for name in [ACCEPTED, TRANSLATED, ATTEMPTS_FAILED] {
        metrics::counter!(name).increment(0);
    }
    for outcome in ["done", "returned", "repeated"] {
        metrics::counter!(CHUNKS, "outcome" => outcome).increment(0);
    }
}

/// Sets one of the gauges that are 1 or 0.
pub(crate) fn set_up(name: &'static str, is_up: bool) {
    metrics::gauge!(name).set(f64::from(u8::from(is_up)));
}
